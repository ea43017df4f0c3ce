"""Fitted models of intermittent demand: all series at once, no Python object for each.

With z the smoothed size of a demand and pi = o / z the probability of one in a period, every period
ahead is alike and independent of the others,

    x = 0 with probability 1 - pi, and else z r                                         (1)

where r is drawn from the sizes of the past, each in units of what z was before it, and all of them
in units of their mean. So its mean is the forecast o, and its variance

    z^2 (pi E r^2 - pi^2)                                                               (2)

Where values are counts, z r is rounded to a whole number, 1 at least.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tsrnn._input.ragged import Batch
from tsrnn._scan.intermittent import filter_demand
from tsrnn.cells.croston import CROSTON, TSB
from tsrnn.cells.smoother_cell import SmootherCell
from tsrnn.forecasting.fitted_model import FittedModel, Notes
from tsrnn.forecasting.series_error import NumberedSeriesError

CELLS_OF = {"classic": CROSTON, "sba": CROSTON, "tsb": TSB}
"""The cell of each variant of `CrostonForecaster`."""

# A share of the shares, in which a probability is rounded.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class DemandModel(FittedModel):
    """Smoothed demand of series: of columns, or with `offsets` of a panel.

    Attributes
    ----------
    variant : {"classic", "sba", "tsb"}
    counts : bool
        Whether values are whole numbers.
    theta : (K, N) array
        NaN for failures, as the states.
    state : (S, N) array
    shares : (M,) array
        r of (1), of one series after the other and increasing in each, which has at least one.
    offsets : (N + 1,) int64 array
        Where those of each series begin.
    square : (N,) array
        E r^2, for an update is not to go through all of them again.
    failures, notes
    """

    variant: str
    counts: bool
    theta: np.ndarray
    state: np.ndarray
    shares: np.ndarray
    offsets: np.ndarray
    square: np.ndarray
    failures: Mapping[int, Exception] = field(default_factory=dict)
    notes: Notes = ()

    never_too_small = True

    @property
    def cell(self) -> SmootherCell:
        """The cell that has the variant's equations."""
        return CELLS_OF[self.variant]

    @property
    def n_series(self) -> int:
        """The number of series (N), with failures."""
        return self.offsets.size - 1

    def of_columns(self, n_regressors: int) -> DemandModel:
        """Return the model with its notes as columns have them, one on regressors among them."""
        notes = [note for i in sorted(self.notes) for note in self.notes[i]]
        if n_regressors:
            columns = "1 column" if n_regressors == 1 else f"{n_regressors} columns"
            notes.append(
                UserWarning(
                    f"X has {columns}, of which CrostonForecaster makes no use: leave X out"
                )
            )
        return replace(self, notes=tuple(notes))

    def effect(self, regressors: np.ndarray, offsets: np.ndarray | None = None) -> np.ndarray:
        """Return nothing: regressors are ignored."""
        shape = (len(regressors), self.n_series) if offsets is None else len(regressors)
        return np.zeros(shape)

    def with_regressors(
        self, regressors: np.ndarray, offsets: np.ndarray | None = None
    ) -> DemandModel:
        """Return itself: regressors are ignored."""
        return self

    def advance(
        self, values: np.ndarray, offsets: np.ndarray | None = None, n_jobs: int | None = None
    ) -> tuple[DemandModel, np.ndarray, np.ndarray]:
        """See further values: the model then, one-step predictions, their deviations."""
        nothing = np.empty((len(values), 0))
        if offsets is None:
            batch = Batch.of_columns(values, nothing)
        else:
            batch = Batch(values, offsets, nothing)
        wrong = no_demand(batch, self.counts)
        if offsets is None and wrong:
            raise wrong[min(wrong)]
        lost = {i: ValueError(error.reason) for i, error in wrong.items() if i not in self.failures}
        state, predictions, sizes = filter_demand(self.cell, batch, self.theta, self.state)
        if lost:
            state[:, list(lost)] = np.nan
        deviations = self.spread(predictions, sizes, batch.series_of_row)
        later = replace(self, state=state, failures={**self.failures, **lost}, notes=())
        if offsets is not None:
            return later, predictions, deviations
        shape = self.n_series, -1
        return later, predictions.reshape(shape).T.copy(), deviations.reshape(shape).T.copy()

    def attributes(self) -> dict[str, Any]:
        """Return the fitted attributes of columns that move with the series."""
        return {"state_": self.state[:, 0].copy() if self.n_series == 1 else self.state.T.copy()}

    def forecast(self, horizon: int, n_jobs: int | None = None) -> np.ndarray:
        """Predict the next steps, (horizon, N)."""
        return np.tile(self._next(), (horizon, 1))

    def deviation(self, horizon: int, n_jobs: int | None = None) -> np.ndarray:
        """Return standard deviations of the errors of `forecast`, (horizon, N)."""
        every = np.arange(self.n_series)
        return np.tile(self.spread(self._next(), self.state[0], every), (horizon, 1))

    def quantiles(
        self, horizon: int, quantiles: np.ndarray, n_jobs: int | None = None
    ) -> np.ndarray:
        """Return quantiles of the next values, (horizon, n_quantiles, N): exactly those of (1)."""
        below = np.tile(np.asarray(quantiles)[:, None], (1, self.n_series))
        return np.tile(self._values_at(below), (horizon, 1, 1))

    def simulate(
        self, horizon: int, n_paths: int, random_state: np.random.RandomState
    ) -> np.ndarray:
        """Draw futures by (1), (horizon, n_paths, N)."""
        return self._values_at(random_state.random_sample((horizon, n_paths, self.n_series)))

    def errors_of(
        self, values: np.ndarray, remembered: tuple[np.ndarray, ...]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return by how much the root of a demand, in units of its smoothed size, is beyond 1.

        Sizes are skewed, and their roots less so. A period without demand is usual.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            errors = np.sqrt(values / self._sizes(remembered)) - 1.0
        errors[np.abs(errors) <= _ROUNDING] = 0.0
        errors[values == 0.0] = np.nan
        return errors, np.ones_like(errors)

    def values_at(self, errors: np.ndarray, remembered: tuple[np.ndarray, ...]) -> np.ndarray:
        """Return the demands that have such errors, 0 below the smoothed size."""
        with np.errstate(over="ignore"):
            return np.where(errors < 0.0, 0.0, self._sizes(remembered) * (1.0 + errors) ** 2)

    def _sizes(self, remembered: tuple[np.ndarray, ...]) -> np.ndarray:
        """Return the smoothed sizes z by which columns were predicted: (2) solved for them."""
        predictions, deviations = remembered
        with np.errstate(divide="ignore", invalid="ignore"):
            sizes = (deviations**2 + predictions**2) / (predictions * self.square)
        return np.where(predictions > 0.0, sizes, np.nan)

    def _next(self) -> np.ndarray:
        """Return what the cell predicts of the next step, (N,)."""
        offsets = np.arange(self.n_series + 1, dtype=np.int64)
        unseen = Batch(np.full(self.n_series, np.nan), offsets, np.empty((self.n_series, 0)))
        return filter_demand(self.cell, unseen, self.theta, self.state)[1]

    def spread(self, predictions: np.ndarray, sizes: np.ndarray, series: np.ndarray) -> np.ndarray:
        """Return the deviations of rows of series by (2)."""
        probability = _probability(predictions, sizes)
        variance = probability * self.square[series] - probability**2
        return sizes * np.sqrt(np.maximum(variance, 0.0))

    def _values_at(self, below: np.ndarray) -> np.ndarray:
        """Return the values that (1) is below with some probabilities (.., N)."""
        size = self.state[0]
        none = 1.0 - _probability(self._next(), size)
        n_shares = np.diff(self.offsets)
        with np.errstate(divide="ignore", invalid="ignore"):
            rank = np.ceil((below - none) / (1.0 - none) * n_shares - _ROUNDING)
        is_demand = rank >= 1.0
        place = np.where(is_demand, np.minimum(rank, n_shares), 1.0).astype(np.int64) - 1
        values = size * self.shares[self.offsets[:-1] + place]
        if self.counts:
            values = np.maximum(np.rint(values), 1.0)
        values[~is_demand] = 0.0
        values[..., np.isnan(size)] = np.nan
        return values


def _probability(predictions: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return the probabilities of a demand; 0 where none was seen yet."""
    known = sizes != 0.0
    return np.divide(predictions, sizes, out=np.zeros_like(predictions), where=known)


def no_demand(batch: Batch, counts: bool) -> dict[int, NumberedSeriesError]:
    """Return what is wrong with series that hold what is no demand, by their number."""
    errors = {}
    with np.errstate(invalid="ignore"):
        wrong = batch.values < 0.0
        if counts:
            wrong |= batch.values != np.rint(np.where(np.isnan(batch.values), 0.0, batch.values))
            wrong &= ~np.isnan(batch.values)
    rows = np.flatnonzero(wrong)
    series, first = np.unique(batch.series_of_row[rows], return_index=True)
    for i, row in zip(series.tolist(), rows[first].tolist(), strict=True):
        value, place = batch.values[row], row - int(batch.offsets[i])
        if value < 0.0:
            cure = "demand is 0 or more: take returns out, or another forecaster"
        else:
            cure = "with counts=True values are whole numbers: set counts=False"
        errors[i] = NumberedSeriesError(i, f"is {value:g} at position {place}, but {cure}")
    return errors
