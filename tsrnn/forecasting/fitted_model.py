"""What a forecaster needs of a method: a fitted model that moves on through time."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from tsrnn.forecasting.intervals import normal_quantiles


class FittedModel(Protocol):
    """What a forecaster knows after `fit`: of all its series, at the end of what it has seen.

    Arrays have one row a time step and one column a series, and hold the series net of what
    regressors add to them. Models do not change: `advance` returns another. A method that derives
    its model from this class inherits what is written out below: no notes, no attributes that
    move, regressors without effect, and quantiles of normal errors.
    """

    notes: tuple[Warning, ...] = ()
    """What the user should know of the fit."""

    def effect(self, regressors: np.ndarray) -> np.ndarray:
        """Return what regressors (n, p) add to the series, (n, k)."""
        return np.zeros((len(regressors), self.forecast(1).shape[1]))

    def with_regressors(self, regressors: np.ndarray) -> FittedModel:
        """Return the model that knows regressors (n, p) of the next time steps, NaN where not told.

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
        return normal_quantiles(self.forecast(horizon), self.deviation(horizon), quantiles)

    def simulate(
        self, horizon: int, n_paths: int, random_state: np.random.RandomState
    ) -> np.ndarray:
        """Draw futures, (horizon, n_paths, k)."""
