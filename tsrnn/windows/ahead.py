"""Steps that a trained regressor takes: along series, and after their ends.

Where a value is missing, the prediction of it takes its place in the windows that it lies in. A
regressor that predicts H values together predicts all H from the window before the first that is
missing, and goes on from there: a stretch of missing values is filled with what would have been
forecast. Where a series ends within such a stretch, the rest of the H is pending: it is what comes
next.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tsrnn._input.ragged import Batch
from tsrnn.windows.lagged import LagNetwork
from tsrnn.windows.lags import Units, windows_before, with_gaps_carried
from tsrnn.windows.network import WindowNetwork

# Numbers of windows that are read at a time, about, which bounds the memory that it takes.
_NUMBERS = 2**23


@dataclass(frozen=True)
class PredictedAlong:
    """One-step predictions along series.

    Attributes
    ----------
    values : (R,) array
        With predictions in the place of missing ones.
    predictions, spreads : (R,) arrays
        Of each value, from the window before it, and its unit; NaN for the first T.
    ceilings : (N,) array
        Of the units of what comes next where the last values are missing; infinite elsewhere.
    pending : (N, H - 1) array
        What comes next where the last values are missing, as far as it was predicted with them;
        then NaN.
    """

    values: np.ndarray
    predictions: np.ndarray
    spreads: np.ndarray
    ceilings: np.ndarray
    pending: np.ndarray


def predict_along(
    network: WindowNetwork | LagNetwork,
    batch: Batch,
    units: Units,
    ceilings: np.ndarray | None = None,
    pending: np.ndarray | None = None,
) -> PredictedAlong:
    """Predict every value of series from the window before it.

    Each series has T values at least. Missing ones within the first T are carried forward. Where
    these end in missing ones, `ceilings` (N,) and `pending` (N, H - 1) are those of what follows.
    """
    T, series_of_row, n_series = network.spec.window, batch.series_of_row, batch.n_series
    along = PredictedAlong(  # type: ignore[call-arg]
        with_gaps_carried(batch, T),
        *np.full((2, batch.values.size), np.nan),
        np.full(n_series, np.inf) if ceilings is None else ceilings.copy(),
        np.full((n_series, network.spec.n_ahead - 1), np.nan),
    )
    values, predictions, spreads, ceilings = (
        along.values,
        along.predictions,
        along.spreads,
        along.ceilings,
    )
    place = np.arange(values.size) - batch.offsets[:-1][series_of_row]
    # What is predicted with others, or from predictions: missing values, and the first after them.
    is_due = np.isnan(values)
    is_due[1:] |= is_due[:-1] & (place[1:] > T)
    is_due[place == T] |= np.isfinite(ceilings)[batch.lengths > T]
    due = np.flatnonzero(is_due)
    if pending is not None:
        if network.spec.reads_ahead:
            pending = _forecast_again(network, batch, values, units, pending)
        _lay(along, batch, batch.offsets[:-1] + T, np.arange(n_series), pending)
    with network.steps() as step:

        def predict(rows: np.ndarray, limits: np.ndarray | None) -> np.ndarray:
            windows = windows_before(values, rows, T)
            regressors = network.spec.regressors_at(batch, rows)
            of_each = units.take(series_of_row[rows]).after(place[rows] - T)
            ahead, spreads[rows] = step(windows, regressors, of_each, limits)
            return ahead

        goes_on = np.isnan(batch.values[due - 1])
        goes_on |= (place[due] == T) & np.isfinite(ceilings[series_of_row[due]])
        first_of_series = np.searchsorted(series_of_row[due], series_of_row[due])
        rank = np.arange(due.size) - first_of_series
        for k in range(rank.max(initial=-1) + 1):
            of_rank = (rank == k) & np.isnan(predictions[due])
            rows, begins = due[of_rank], due[of_rank & ~goes_on]
            ceilings[series_of_row[begins]] = np.inf
            ahead = predict(rows, ceilings[series_of_row[rows]])
            ceilings[series_of_row[begins]] = units.take(series_of_row[begins]).ceilings(
                spreads[begins]
            )
            _lay(along, batch, rows, series_of_row[rows], ahead)
        rows = np.flatnonzero((place >= T) & np.isnan(predictions))
        n_numbers = T * (1 + batch.regressors.shape[1])
        for some in np.array_split(rows, max(1, rows.size * n_numbers // _NUMBERS)):
            predictions[some] = predict(some, None)[:, 0]
    unknown = np.flatnonzero((place >= T) & np.isnan(spreads))  # of what was predicted with others
    spreads[unknown] = units.take(series_of_row[unknown]).spreads(
        windows_before(values, unknown, T)
    )
    has_more = batch.lengths > T
    is_over = has_more & ~np.isnan(batch.values[batch.offsets[1:] - 1])
    ceilings[is_over] = np.inf
    return along


def _forecast_again(
    network: Any, batch: Batch, values: np.ndarray, units: Units, pending: np.ndarray
) -> np.ndarray:
    """Return what is pending at the beginning of series, now that columns from there are known.

    It is forecast from where the stretch of missing values began.
    """
    T, H = network.spec.window, network.spec.n_ahead
    again, n_pending = pending.copy(), np.count_nonzero(~np.isnan(pending), axis=1)
    for j in np.unique(n_pending[n_pending > 0]).tolist():
        series, n_before = np.flatnonzero(n_pending == j), H - j
        rows = batch.offsets[:-1][series] + T - n_before
        with network.steps() as step:
            ahead, _ = step(
                windows_before(values, rows, T - n_before),
                network.spec.regressors_at(batch, rows, n_before),
                units.take(series).after(-n_before),
            )
        again[series, :j] = ahead[:, n_before:]
    return again


def _lay(
    along: PredictedAlong, batch: Batch, rows: np.ndarray, series: np.ndarray, ahead: np.ndarray
) -> None:
    """Put predictions (n, m) of rows and of those after them where they belong.

    Each stands for its value where that is missing, up to the first that is not. What lies beyond
    the end of a series is pending.
    """
    stops, last = batch.offsets[1:][series], batch.values.size - 1
    goes_on = np.ones(len(rows), dtype=bool)
    for j in range(ahead.shape[1]):
        row, one = rows + j, ahead[:, j]
        goes_on &= ~np.isnan(one)
        within, beyond = goes_on & (row < stops), goes_on & (row >= stops)
        along.predictions[row[within]] = one[within]
        along.pending[series[beyond], (row - stops)[beyond]] = one[beyond]
        gap = within & np.isnan(batch.values[np.minimum(row, last)])
        along.values[row[gap]] = one[gap]
        goes_on &= gap | beyond


def forecast_from(
    network: WindowNetwork | LagNetwork,
    windows: np.ndarray,
    known: np.ndarray,
    future: np.ndarray,
    units: Units,
    horizon: int,
    ceilings: np.ndarray | None = None,
    pending: np.ndarray | None = None,
    draw: Callable[[int], np.ndarray] | None = None,
) -> np.ndarray:
    """Predict the values after windows by taking predictions for values.

    Parameters
    ----------
    network : WindowNetwork or LagNetwork
    windows : (n, T) array
    known : (n, T, p) array
        Regressors of the steps in the windows.
    future : (n, horizon, p) array
        Of those that follow.
    units : Units
    horizon : int
    ceilings : (n,) array, optional
        Of the units of predictions, where the windows end in predictions; infinite elsewhere.
    pending : (n, H - 1) array, optional
        What was predicted with the last values of windows that end in predictions; then NaN.
    draw : callable, optional
        Gives so many errors (.., H), in spreads, to add to each H predictions.

    Returns
    -------
    values : (n, horizon) array
    """
    T, H = network.spec.window, network.spec.n_ahead
    if ceilings is None:
        ceilings = np.full(len(windows), np.inf)
    n_pending = np.zeros(len(windows), dtype=np.int64)
    if pending is not None:
        n_pending = np.count_nonzero(~np.isnan(pending), axis=1)
    spec = network.spec
    regressors = spec.laid_ahead(known, future)
    values = np.empty((len(windows), horizon))
    with network.steps() as step:
        for j in np.unique(n_pending).tolist():  # 0 but after missing values
            lanes = np.flatnonzero(n_pending == j)
            of_lanes = units.take(lanes)
            one = pending[lanes, :j] if pending is not None and j else np.empty((len(lanes), 0))
            if j and spec.reads_ahead:  # columns are known that were not when this was forecast
                n_before = H - j
                laid = spec.regressors_from(regressors[lanes], -n_before)
                ahead, _ = step(windows[lanes, :-n_before], laid, of_lanes.after(-n_before))
                one = ahead[:, n_before:]
            if j and draw is not None:
                spread = np.minimum(of_lanes.spreads(windows[lanes]), ceilings[lanes])
                one = one + spread[:, None] * draw(len(lanes))[:, H - j :]
            seen, limits = np.concatenate([windows[lanes], one], axis=1)[:, -T:], ceilings[lanes]
            while one.shape[1] < horizon:
                i = one.shape[1]
                known_now = spec.regressors_from(regressors[lanes], i)
                ahead, spread = step(seen, known_now, of_lanes.after(i), limits)
                if i == 0:
                    limits = np.where(np.isinf(limits), of_lanes.ceilings(spread), limits)
                if draw is not None:
                    ahead = ahead + spread[:, None] * draw(len(lanes))
                one = np.concatenate([one, ahead], axis=1)
                seen = np.concatenate([seen, ahead], axis=1)[:, -T:]
            values[lanes] = one[:, :horizon]
    return values
