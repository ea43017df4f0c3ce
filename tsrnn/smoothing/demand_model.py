"""Fitted models of intermittent demand: all series at once, no Python object for each.

With z the smoothed size of a demand and pi = o / z the probability of one in a period, every period
ahead is alike and independent of the others,

    x = 0 with probability 1 - pi, and else z r                                         (1)

where r is drawn from the sizes of the past, each in units of what z was before it, and all of them
in units of their mean. So its mean is the forecast o, and its variance

    z^2 (pi E r^2 - pi^2)                                                               (2)

Where values are counts, the z r of a series are rounded to whole numbers, 1 at least: down, but for
those with the largest remainders, as many as leave their mean at z (if ones leave it so small).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from tsrnn._input.ragged import Batch, laid_out
from tsrnn._scan.intermittent import filter_demand
from tsrnn.cells.croston import CROSTON, TSB
from tsrnn.cells.smoother_cell import SmootherCell
from tsrnn.forecasting.fitted_model import FittedModel, Notes
from tsrnn.forecasting.series_error import NumberedSeriesError

Variant = Literal["classic", "sba", "tsb"]

CELLS_OF: dict[str, SmootherCell] = {"classic": CROSTON, "sba": CROSTON, "tsb": TSB}
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
            notes.append(of_no_use(n_regressors))
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
        batch = Batch.of_either(values, offsets)
        wrong = no_demand(batch, self.counts)
        if offsets is None and wrong:
            raise wrong[min(wrong)]
        lost = {i: ValueError(error.reason) for i, error in wrong.items() if i not in self.failures}
        state, predictions, sizes = filter_demand(self.cell, batch, self.theta, self.state)
        if lost:
            state[:, list(lost)] = np.nan
        deviations = self.spread(predictions, sizes, batch.series_of_row)
        later = replace(self, state=state, failures={**self.failures, **lost}, notes=())
        rows = (laid_out(one, self.n_series, offsets) for one in (predictions, deviations))
        predictions, deviations = rows
        return later, predictions, deviations

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
        return np.tile(self._values_at(below, self.state[0], self._next()), (horizon, 1, 1))

    def quantiles_seen(self, seen: Sequence[np.ndarray], quantiles: np.ndarray) -> np.ndarray:
        """Return quantiles of values that were seen, (n, n_quantiles, N), those of (1)."""
        predictions = seen[0][:, None]
        shape = len(predictions), len(quantiles), self.n_series
        below = np.broadcast_to(np.asarray(quantiles)[:, None], shape)
        return self._values_at(below, self._sizes_seen(seen)[:, None], predictions)

    def alone(self, i: int) -> DemandModel:
        """Return the model of the series at a position."""
        start, stop = self.offsets[i : i + 2]
        return replace(
            self,
            theta=self.theta[:, [i]],
            state=self.state[:, [i]],
            shares=self.shares[start:stop],
            offsets=np.array([0, stop - start]),
            square=self.square[[i]],
            failures={},
            notes={},
        )

    def simulate(
        self, horizon: int, n_paths: int, random_state: np.random.RandomState
    ) -> np.ndarray:
        """Draw futures by (1), (horizon, n_paths, N)."""
        below = random_state.random_sample((horizon, n_paths, self.n_series))
        return self._values_at(below, self.state[0], self._next())

    def errors_of(
        self, values: np.ndarray, seen: Sequence[np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return by how much the root of a demand, in units of its smoothed size, is beyond 1.

        Sizes are skewed, and their roots less so. A period without demand is usual.
        """
        sizes, errors = self._sizes_seen(seen), np.full_like(values, np.nan)
        is_demand = (values > 0.0) & (sizes > 0.0)
        errors[is_demand] = np.sqrt(values[is_demand] / sizes[is_demand]) - 1.0
        errors[np.abs(errors) <= _ROUNDING] = 0.0
        return errors, np.ones_like(errors)

    def values_at(self, errors: np.ndarray, seen: Sequence[np.ndarray]) -> np.ndarray:
        """Return the demands that have such errors, 0 below the smoothed size."""
        with np.errstate(over="ignore"):
            return np.where(errors < 0.0, 0.0, self._sizes_seen(seen) * (1.0 + errors) ** 2)

    def _sizes_seen(self, seen: Sequence[np.ndarray]) -> np.ndarray:
        """Return the smoothed sizes z that columns were predicted by; 0 where nothing was."""
        predictions, deviations, *_ = seen
        # With o = z pi, (2) plus o^2 is z o E r^2.
        root = np.hypot(predictions, deviations)
        expects = predictions > 0.0
        ratio = np.divide(root, predictions, out=np.zeros_like(root), where=expects)
        return np.where(np.isnan(predictions), np.nan, root / self.square * ratio)

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

    def _values_at(
        self, below: np.ndarray, sizes: np.ndarray, predictions: np.ndarray
    ) -> np.ndarray:
        """Return the values that (1) is below with some probabilities (.., N).

        Sizes and predictions are those that the values have been, or are to be, expected with.
        """
        none = 1.0 - _probability(predictions, sizes)
        n_shares = np.diff(self.offsets)
        with np.errstate(divide="ignore", invalid="ignore"):
            rank = np.ceil((below - none) / (1.0 - none) * n_shares - _ROUNDING)
        is_demand = rank >= 1.0
        place = np.where(is_demand, np.minimum(rank, n_shares), 1.0).astype(np.int64) - 1
        values = self._drawn(self.offsets[:-1] + place, sizes)
        values[~is_demand] = 0.0
        return np.where(np.isnan(sizes), np.nan, values)

    def _drawn(self, places: np.ndarray, sizes: np.ndarray) -> np.ndarray:
        """Return z r with the shares at places (.., N), sizes being (N,) or, by rows, (n, 1, N)."""
        if not self.counts:
            return sizes * self.shares[places]
        if sizes.ndim == 1:
            return self._whole(sizes)[places]
        rows = [self._whole(size[0])[place] for size, place in zip(sizes, places, strict=True)]
        return np.array(rows).reshape(places.shape)

    def _whole(self, sizes: np.ndarray) -> np.ndarray:
        """Return z r with every share, (M,), as whole numbers whose means are the sizes (N,)."""
        n_shares = np.diff(self.offsets)
        series = np.repeat(np.arange(self.n_series), n_shares)
        exact = np.nan_to_num(sizes)[series] * self.shares
        nearest = np.rint(exact)
        is_whole = np.abs(exact - nearest) <= _ROUNDING * nearest
        lower = np.maximum(np.where(is_whole, nearest, np.floor(exact)), 1.0)
        left = exact - lower
        n_up = np.rint(np.bincount(series, left, self.n_series))
        order = np.lexsort((left, series))
        from_largest = np.repeat(self.offsets[1:], n_shares) - 1 - np.arange(series.size)
        lower[order] += from_largest < n_up[series]
        return lower


def of_no_use(n_regressors: int) -> UserWarning:
    """Say that regressors are ignored."""
    columns = "1 column" if n_regressors == 1 else f"{n_regressors} columns"
    return UserWarning(f"X has {columns}, of which CrostonForecaster makes no use: leave X out")


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
            digits, cure = "g", "demand is 0 or more: take returns out, or another forecaster"
        else:
            digits, cure = ".15g", "with counts=True values are whole numbers: set counts=False"
        errors[i] = NumberedSeriesError(i, f"is {value:{digits}} at position {place}, but {cure}")
    return errors
