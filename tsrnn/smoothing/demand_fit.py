"""Fits of intermittent demand: where smoothing starts, what it learns, what past sizes were."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from tsrnn._input.numbers import AnyFloat
from tsrnn._input.ragged import Batch, offsets_of, others
from tsrnn._scan.intermittent import filter_demand, search_demand
from tsrnn.forecasting.fitted_model import Progress
from tsrnn.smoothing.demand_model import CELLS_OF, DemandModel, no_demand
from tsrnn.smoothing.fit import unnamed

# What alpha and beta are where nothing can be learned of them: the literature takes 0.05 to 0.2.
HELD_AT = 0.1

# Of fewer demands nothing is learned.
FEWEST = 4

# The most that is learned, as in the literature: beyond it forecasts follow the noise of the last
# few demands, of which there are seldom enough to tell that it is noise.
LARGEST = 0.3


@dataclass(frozen=True)
class DemandSpec:
    """A variant, and the way to fit it.

    Attributes
    ----------
    variant : {"classic", "sba", "tsb"}
    counts : bool
    alpha, beta : float or None
        None learns them.
    initial_state : "mean", "first" or (N or 1, 2) array
        Sizes and intervals, or probabilities with "tsb".
    """

    variant: str
    counts: bool
    alpha: AnyFloat | None
    beta: AnyFloat | None
    initial_state: str | np.ndarray


class DemandFit(NamedTuple):
    """Hold what a fit has found; NaN for series that failed.

    Attributes
    ----------
    model : DemandModel
    predictions, deviations : (R,) arrays
    initial_state : (2, N) array
    """

    model: DemandModel
    predictions: np.ndarray
    deviations: np.ndarray
    initial_state: np.ndarray


def fit_demand(
    spec: DemandSpec, batch: Batch, name: Callable[[int], str], n_jobs: int | None = None
) -> DemandFit:
    """Fit a variant to each series.

    Parameters
    ----------
    spec : DemandSpec
    batch : Batch
    name : callable
        What to call series i in warnings.
    n_jobs : int or None
    """
    failures = no_demand(batch, spec.counts)
    good = others(batch.n_series, failures)
    kept = batch.take(good)
    states, n_demands = _starts(spec, kept, good), _count_demands(kept)
    theta, held = _parameters(spec, kept, states, n_demands, n_jobs)
    ends, predictions, sizes = filter_demand(CELLS_OF[spec.variant], kept, theta, states)
    shares, offsets = _shares(kept, sizes)
    square = np.add.reduceat(shares**2, offsets[:-1]) / np.diff(offsets)
    model = DemandModel(spec.variant, spec.counts, theta, ends, shares, offsets, square)
    deviations = model.spread(predictions, sizes, kept.series_of_row)
    notes = _notes(n_demands, held, good, name)
    model = replace(model, failures=failures, notes=notes)
    fit = DemandFit(model, predictions, deviations, states[:2])
    return fit if not failures else _among_all(fit, batch, good)


def fit_demand_panel(
    spec: DemandSpec, batch: Batch, n_jobs: int | None, progress: Progress | None
) -> DemandModel:
    """Fit a variant to every series of a panel; see `Forecaster.fit_panel`."""
    model = fit_demand(spec, batch, unnamed, n_jobs).model
    if progress is not None:
        progress(batch.n_series)
    # The panel has another name for a series than its number.
    failures = {
        i: ValueError(error.reason)  # type: ignore[attr-defined]  # a NumberedSeriesError
        for i, error in model.failures.items()
    }
    return replace(model, failures=failures)


def _count_demands(batch: Batch) -> np.ndarray:
    return batch.sums(batch.values > 0.0).astype(np.int64)


def _parameters(
    spec: DemandSpec,
    batch: Batch,
    states: np.ndarray,
    n_demands: np.ndarray,
    n_jobs: int | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return parameters (K, N), and for which of alpha and beta demands are too few, (2, N)."""
    cell = CELLS_OF[spec.variant]
    correction = 1.0 if spec.variant == "sba" else 0.0
    every = [_bounds(spec.alpha), _bounds(spec.beta), (correction, correction)]
    bounds = np.array(every[: cell.n_parameters])
    low, high = bounds[:, :1], bounds[:, 1:]
    theta = np.full((cell.n_parameters, batch.n_series), np.nan)
    able = np.flatnonzero((n_demands >= FEWEST) & (low < high).any())
    if able.size:
        # In units of powers of two, in which squares of values are numbers.
        unit = np.exp2(np.frexp(batch.largest(np.nan_to_num(batch.values)))[1] - 1.0)
        scaled = replace(batch, values=batch.values / unit[batch.series_of_row]).take(able)
        in_units = np.concatenate([states[:1] / unit, states[1:]])[:, able]
        theta[:, able] = search_demand(cell, scaled, bounds, in_units, n_jobs)
    theta = np.where(np.isnan(theta), np.where(low < high, HELD_AT, low), theta)
    return theta, (low < high)[:2] & (n_demands < FEWEST)


def _bounds(given: AnyFloat | None) -> tuple[float, float]:
    return (0.0, LARGEST) if given is None else (float(given), float(given))


def _starts(spec: DemandSpec, batch: Batch, good: np.ndarray) -> np.ndarray:
    """Return the states before the first value, (S, N); a size of 0 where there is no demand."""
    demand, observed = batch.values > 0.0, ~np.isnan(batch.values)
    n_demands, n_observed = batch.sums(demand), batch.sums(observed)
    count = np.cumsum(observed) - np.repeat(
        np.concatenate([[0.0], np.cumsum(n_observed)])[:-1], batch.lengths
    )  # of the periods up to each row that were looked at
    rows = np.flatnonzero(demand)
    series, first = np.unique(batch.series_of_row[rows], return_index=True)
    states = np.zeros((CELLS_OF[spec.variant].n_state, batch.n_series))
    if spec.variant != "tsb":
        states[1:] = 1.0
    if isinstance(spec.initial_state, np.ndarray):
        given = np.broadcast_to(spec.initial_state.T, (2, good.size))
        states[:2] = given
    elif spec.initial_state == "first":
        states[0, series] = batch.values[rows[first]]
        if spec.variant == "tsb":
            begins = np.flatnonzero(observed & (count == 1.0))
            states[1, batch.series_of_row[begins]] = demand[begins]
        else:
            states[1, series] = count[rows[first]]
    elif series.size:
        last = np.append(first[1:], rows.size) - 1
        mean = _means(batch, demand)
        states[0, series] = mean[series]
        if spec.variant == "tsb":
            states[1] = n_demands / n_observed
        else:
            states[1, series] = count[rows[last]] / n_demands[series]
    return states


def _means(batch: Batch, demand: np.ndarray) -> np.ndarray:
    """Return the mean size of the demands of each series, (N,); sums might be beyond a float."""
    n_demands = np.maximum(batch.sums(demand), 1.0)
    parts = np.where(demand, batch.values, 0.0) / n_demands[batch.series_of_row]
    return batch.sums(parts)


def _shares(batch: Batch, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return past sizes in units of what was expected, as `DemandModel` has them, and offsets."""
    known = (batch.values > 0.0) & (sizes > 0.0)
    shares, series = batch.values[known] / sizes[known], batch.series_of_row[known]
    n_shares = np.bincount(series, minlength=batch.n_series)
    none = np.flatnonzero(n_shares == 0)
    shares, series = np.append(shares, np.ones(none.size)), np.append(series, none)
    n_shares = np.maximum(n_shares, 1)
    means = np.bincount(series, weights=shares, minlength=batch.n_series) / n_shares
    order = np.lexsort((shares, series))
    return (shares / means[series])[order], offsets_of(n_shares)


def _notes(
    n_demands: np.ndarray, held: np.ndarray, good: np.ndarray, name: Callable[[int], str]
) -> dict[int, tuple[Warning, ...]]:
    """Say what could not be learned, of series by their number among all."""
    notes: dict[int, tuple[Warning, ...]] = {}
    for k in np.flatnonzero((n_demands == 0) | held.any(axis=0)).tolist():
        i, n = int(good[k]), n_demands[k]
        if n == 0:
            text = "has no demand: it is forecast to stay so until an update brings one"
        else:
            words = " and ".join(np.array(["alpha", "beta"])[held[:, k]])
            demands = "1 demand" if n == 1 else f"{n} demands"
            text = f"has {demands}, too few to learn {words} from: {HELD_AT:g} is taken"
        notes[i] = (UserWarning(f"{name(i)} {text}"),)
    return notes


def _among_all(fit: DemandFit, batch: Batch, good: np.ndarray) -> DemandFit:
    """Put the series that were fitted at their places among all."""
    model = fit.model

    def placed(columns: np.ndarray) -> np.ndarray:
        full = np.full((len(columns), batch.n_series), np.nan)
        full[:, good] = columns
        return full

    n_shares = np.ones(batch.n_series, dtype=np.int64)
    n_shares[good] = np.diff(model.offsets)
    offsets = offsets_of(n_shares)
    shares = np.ones(offsets[-1])
    is_good = np.zeros(batch.n_series, dtype=bool)
    is_good[good] = True
    shares[np.repeat(is_good, n_shares)] = model.shares
    predictions, deviations = np.full((2, batch.values.size), np.nan)
    rows = is_good[batch.series_of_row]
    predictions[rows], deviations[rows] = fit.predictions, fit.deviations
    model = replace(
        model,
        theta=placed(model.theta),
        state=placed(model.state),
        shares=shares,
        offsets=offsets,
        square=placed(model.square[None])[0],
    )
    return DemandFit(model, predictions, deviations, placed(fit.initial_state))
