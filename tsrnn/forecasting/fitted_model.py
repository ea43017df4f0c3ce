"""The contract of fitted models, which move on through time: what a forecaster needs of a method.

The series of a model are columns of an array, or those of a panel, which may be of unequal lengths:
their rows lie one after another, and series i is `values[offsets[i]:offsets[i + 1]]`. `FittedModel`
is the contract of columns, and `PanelModel` what it becomes of a panel; a class that serves both
is handed `offsets` with the rows of a panel, and without them columns.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np

from tsrnn.forecasting.infinities import beyond_floats
from tsrnn.forecasting.intervals import normal_quantiles

Notes: TypeAlias = Any
"""Warnings of a fit: of columns a tuple of them, of a panel tuples by the position of the series.

A model that has moved on has none.
"""

Either: TypeAlias = Any
"""A `FittedModel` or a `PanelModel`, within a class that serves both."""

Progress: TypeAlias = Callable[[int], Any]
"""Called as a panel is fitted, with the number of series done since the last call."""


class FittedModel(Protocol):
    """A model of all series of a forecaster, at the end of what it has seen of them.

    Arrays have one row a time step and one column a series, and hold the series net of what
    regressors add to them. Models do not change: `advance` returns another. A method that derives
    its model from this class inherits what is written out below: no notes, no attributes that
    move, regressors without effect, no doubts, and quantiles of normal errors.
    """

    notes: tuple[Warning, ...] = ()
    """Warnings of the fit, for the user."""

    @property
    def without_season(self) -> Collection[int]:
        """Columns that no season was taken of, though it was looked for."""
        return ()

    @property
    def never_too_small(self) -> bool:
        """Whether a value may be too large to be usual, but not too small."""
        return False

    def effect(self, regressors: np.ndarray) -> np.ndarray:
        """Return what regressors (n, p) add to the series, (n, k)."""
        return np.zeros((len(regressors), self.forecast(1).shape[1]))

    def with_regressors(self, regressors: np.ndarray) -> FittedModel:
        """Return the model that knows regressors (n, p) of the next time steps, NaN where unknown.

        What it does then looks at them. A method whose regressors do no more than add their
        `effect` returns itself.
        """
        return self

    def advance(self, values: np.ndarray) -> tuple[FittedModel, np.ndarray, np.ndarray]:
        """See further values (n, k): the model then, one-step predictions, their deviations."""

    def attributes(self) -> dict[str, Any]:
        """Return the fitted attributes that move with the series."""
        return {}

    def forecast(self, horizon: int) -> np.ndarray:
        """Predict the next steps, (horizon, k)."""

    def deviation(self, horizon: int) -> np.ndarray:
        """Return standard deviations of the errors of `forecast`, (horizon, k)."""

    def quantiles(self, horizon: int, quantiles: np.ndarray) -> np.ndarray:
        """Return quantiles of the next values, (horizon, n_quantiles, k)."""
        parts = self.forecast(horizon), self.deviation(horizon)
        with np.errstate(over="ignore", invalid="ignore"):
            return beyond_floats(normal_quantiles(*parts, quantiles))

    def errors_of(
        self, values: np.ndarray, seen: Sequence[np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return by what values that were seen miss their predictions, and units of each, (n, k).

        On a scale on which errors are alike in these units, and as likely on either side. NaN is
        the error of a value that is missing, or usual whatever is expected. `seen` is as for
        `quantiles_seen`; the values may be others than those seen.
        """
        return values - seen[0], seen[1]

    def values_at(self, errors: np.ndarray, seen: Sequence[np.ndarray]) -> np.ndarray:
        """Return the values that have such errors, (n, k)."""
        return seen[0] + errors

    def quantiles_seen(self, seen: Sequence[np.ndarray], quantiles: np.ndarray) -> np.ndarray:
        """Return quantiles of values that were seen, (n, n_quantiles, k).

        `seen` are their one-step predictions and deviations, (n, k) each, and whatever else the
        forecaster keeps of them.
        """
        predictions, deviations = seen[:2]
        return normal_quantiles(predictions, deviations, quantiles)

    def doubts(self, horizon: int) -> Mapping[int, Warning]:
        """Return what the user should know of the forecast of so many steps, by column."""
        return {}

    def coefficients(self) -> Mapping[str, np.ndarray]:
        """Return what a regression has learned of each series, (N, p) arrays by their names."""
        return {}

    def named_weights(self) -> Mapping[str, np.ndarray]:
        """Return the weights of a combination's members, (N,) arrays by their names."""
        return {}

    def simulate(
        self, horizon: int, n_paths: int, random_state: np.random.RandomState
    ) -> np.ndarray:
        """Draw futures, (horizon, n_paths, k)."""


class PanelModel(Protocol):
    """A fitted model of a panel of N series, some of which may have failed.

    What lies ahead has the shapes of `FittedModel`, a column a series, and NaN for failures.
    Results do not depend on `n_jobs`, a number of joblib threads.
    """

    @property
    def failures(self) -> Mapping[int, Exception]:
        """Errors of series that could not be fitted, or moved on, by position."""

    @property
    def notes(self) -> Mapping[int, tuple[Warning, ...]]:
        """Warnings of the fits of series, by position."""

    def effect(self, regressors: np.ndarray, offsets: np.ndarray) -> np.ndarray:
        """Return what regressors (n_rows, p) add to the series, (n_rows,)."""

    def with_regressors(self, regressors: np.ndarray, offsets: np.ndarray) -> PanelModel:
        """Return the model that knows regressors (n_rows, p) of the next steps of each series."""

    def advance(
        self, values: np.ndarray, offsets: np.ndarray, n_jobs: int | None = None
    ) -> tuple[PanelModel, np.ndarray, np.ndarray]:
        """See further values (n_rows,): the model then, one-step predictions, their deviations.

        A series may have none. One that cannot be moved on joins the failures of the model
        returned.
        """

    def forecast(self, horizon: int, n_jobs: int | None = None) -> np.ndarray:
        """Predict the next steps, (horizon, N)."""

    def deviation(self, horizon: int, n_jobs: int | None = None) -> np.ndarray:
        """Return standard deviations of the errors of `forecast`, (horizon, N)."""

    def quantiles(
        self, horizon: int, quantiles: np.ndarray, n_jobs: int | None = None
    ) -> np.ndarray:
        """Return quantiles of the next values, (horizon, n_quantiles, N)."""

    def alone(self, i: int) -> FittedModel:
        """Return the model of the series at a position, which is no failure, as of a column."""

    def doubts(self, horizon: int) -> Mapping[int, Warning]:
        """Return what the user should know of the forecast of so many steps, by position."""

    def coefficients(self) -> Mapping[str, np.ndarray]:
        """Return what a regression has learned of each series, (N, p) arrays by their names."""

    def named_weights(self) -> Mapping[str, np.ndarray]:
        """Return the weights of a combination's members, (N,) arrays by their names."""
