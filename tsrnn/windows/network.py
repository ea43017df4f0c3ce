"""A regressor trained on the lag windows of many series, and what follows from it step by step.

Where a value is missing, the prediction of it takes its place in the windows that it lies in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.dummy import DummyRegressor

from tsrnn._input.ragged import Batch
from tsrnn.windows.lags import (
    Units,
    inputs,
    relative,
    rows_after_windows,
    windows_before,
    with_gaps_carried,
)

# Windows that are read at a time, which bounds the memory that it takes.
_CHUNK = 65536

# Errors that are kept, for futures to be drawn from.
_MOST_ERRORS = 10_000

# Targets that differ by no more than this share of them are alike, but for rounding.
_ALIKE = 1e-9

# What a target counts at most in the root mean square by which targets are cut off.
_LARGEST_COUNTED = 20.0


@dataclass(frozen=True)
class WindowSpec:
    """A regressor to train, and the windows to train it on.

    Attributes
    ----------
    estimator : regressor
        Not fitted.
    window : int
        Lags (T).
    n_ahead : int
        Values after a window that are predicted together (H).
    as_sequences : bool
        Whether it reads 3-D arrays.
    cut_off : float or None
        Targets are cut off at so many times their root mean square: a squared error would otherwise
        be about a few outliers.
    """

    estimator: Any
    window: int
    n_ahead: int
    as_sequences: bool
    cut_off: float | None


@dataclass(frozen=True)
class WindowNetwork:
    """A spec after training.

    Attributes
    ----------
    spec : WindowSpec
    estimator : regressor
        Fitted.
    errors : (n, H) array
        Of training windows, in units of their spreads: of all, or an even choice among many.
    deviation : float
        Root mean square of the errors one step ahead, in spreads.
    n_windows : int
        How many windows it was trained on.
    """

    spec: WindowSpec
    estimator: Any
    errors: np.ndarray
    deviation: float
    n_windows: int

    def step(
        self,
        windows: np.ndarray,
        regressors: np.ndarray,
        units: Units,
        ceilings: np.ndarray | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Predict the values after windows (n, T).

        Parameters
        ----------
        windows : (n, T) array
        regressors : (n, T, p) array
            Of the steps after each of the lags.
        units : Units
        ceilings : (n,) array, optional
            What the units of predictions are at most.

        Returns
        -------
        values : (n, H) array
        spread : (n,) array
            Their units.
        """
        z, level, spread = relative(windows, units)
        if ceilings is not None:
            spread = np.minimum(spread, ceilings)
        outputs = outputs_of(self.spec, self.estimator, z, regressors)
        return level[:, None] + spread[:, None] * outputs, spread


def outputs_of(
    spec: WindowSpec, estimator: Any, z: np.ndarray, regressors: np.ndarray
) -> np.ndarray:
    """Predict the values after relative windows (n, T), in their spreads, (n, H)."""
    pieces = [
        estimator.predict(
            inputs(
                z[start : start + _CHUNK],
                regressors[start : start + _CHUNK],
                as_sequences=spec.as_sequences,
            )
        )
        for start in range(0, len(z), _CHUNK)
    ]
    outputs = np.concatenate(pieces) if pieces else np.empty(0)
    return outputs.reshape(len(z), spec.n_ahead).astype(float)


def train(spec: WindowSpec, batch: Batch, units: Units) -> WindowNetwork:
    """Train on every window of the series without missing values.

    Parameters
    ----------
    spec : WindowSpec
    batch : Batch
        In scaled units, regressors too; every series begins with an observed value.
    units : Units

    Raises
    ------
    ValueError
        If there is no such window.
    """
    T, H = spec.window, spec.n_ahead
    rows = rows_after_windows(batch, T, H)
    if rows.size == 0:
        raise ValueError(_no_windows(batch, T, H))
    z, level, spread = relative(
        windows_before(batch.values, rows, T), units.take(batch.series_of_row[rows])
    )
    targets = batch.values[rows[:, None] + np.arange(H)] - level[:, None]
    varies = spread > 0.0
    if not varies.any():  # all are constant: that is learned, then
        varies[:], spread = True, np.ones(len(rows))
    z, spread, rows = z[varies], spread[varies], rows[varies]
    targets = targets[varies] / spread[:, None]
    regressors = windows_before(batch.regressors, rows + 1, T)
    X = inputs(z, regressors, as_sequences=spec.as_sequences)
    y = targets if spec.cut_off is None else _without_outliers(targets, spec.cut_off)
    estimator = clone(spec.estimator)
    if np.ptp(y, axis=0).max() <= _ALIKE * np.abs(y).max():
        # Of a line, or constants: there is nothing to learn, and training would only add noise.
        estimator = DummyRegressor()
    estimator.fit(X, y[:, 0] if H == 1 else y)
    errors = targets - outputs_of(spec, estimator, z, regressors)
    kept = np.unique(np.linspace(0, len(errors) - 1, _MOST_ERRORS).astype(np.int64))
    return WindowNetwork(
        spec, estimator, errors[kept], float(np.sqrt(np.mean(errors[:, 0] ** 2))), len(z)
    )


def _without_outliers(targets: np.ndarray, cut_off: float) -> np.ndarray:
    counted = np.clip(targets, -_LARGEST_COUNTED, _LARGEST_COUNTED)
    limit = cut_off * np.sqrt(np.mean(counted**2, axis=0))
    return np.clip(targets, -limit, limit)


def _no_windows(batch: Batch, window: int, n_ahead: int) -> str:
    """Say why there is no window to train on, and what would do."""
    after = "the value" if n_ahead == 1 else f"the {n_ahead} values"
    missing = np.flatnonzero(np.isnan(batch.values))
    breaks = np.unique(np.concatenate([batch.offsets, missing, missing + 1]))
    longest = int(np.diff(breaks).max())
    most = longest - n_ahead
    cure = f"set window to {most} or less" if most >= 2 else "a longer series is needed"
    return (
        f"no series has a window of {window} values and {after} after it without a missing one to "
        f"train on: {cure}, or train on more and longer series at once"
    )


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
    """

    values: np.ndarray
    predictions: np.ndarray
    spreads: np.ndarray
    ceilings: np.ndarray


def predict_along(
    network: WindowNetwork, batch: Batch, units: Units, ceilings: np.ndarray | None = None
) -> PredictedAlong:
    """Predict every value of series from the window before it.

    Each series has T values at least. Missing ones within the first T are carried forward. Where
    these end in missing ones, `ceilings` (N,) are those of their predictions.
    """
    T, series_of_row = network.spec.window, batch.series_of_row
    values = with_gaps_carried(batch, T)
    predictions, spreads = np.full((2, values.size), np.nan)
    ceilings = np.full(batch.n_series, np.inf) if ceilings is None else ceilings.copy()

    def predict(rows: np.ndarray, limits: np.ndarray | None) -> None:
        windows = windows_before(values, rows, T)
        regressors = windows_before(batch.regressors, rows + 1, T)
        ahead, spreads[rows] = network.step(
            windows, regressors, units.take(series_of_row[rows]), limits
        )
        predictions[rows] = ahead[:, 0]

    place = np.arange(values.size) - batch.offsets[:-1][series_of_row]
    missing = np.flatnonzero(np.isnan(values))
    goes_on = np.isnan(batch.values[missing - 1])
    goes_on |= (place[missing] == T) & np.isfinite(ceilings[series_of_row[missing]])
    rank = np.arange(missing.size) - np.searchsorted(series_of_row[missing], series_of_row[missing])
    for k in range(rank.max(initial=-1) + 1):
        of_rank = rank == k
        rows, begins = missing[of_rank], missing[of_rank & ~goes_on]
        ceilings[series_of_row[begins]] = np.inf
        predict(rows, ceilings[series_of_row[rows]])
        ceilings[series_of_row[begins]] = units.take(series_of_row[begins]).ceilings(
            spreads[begins]
        )
        values[rows] = predictions[rows]
    predict(np.flatnonzero((place >= T) & np.isnan(predictions)), None)
    has_more = batch.lengths > T
    is_over = has_more & ~np.isnan(batch.values[batch.offsets[1:] - 1])
    ceilings[is_over] = np.inf
    return PredictedAlong(values, predictions, spreads, ceilings)


def forecast_from(
    network: WindowNetwork,
    windows: np.ndarray,
    known: np.ndarray,
    future: np.ndarray,
    units: Units,
    horizon: int,
    ceilings: np.ndarray | None = None,
    draw: Callable[[], np.ndarray] | None = None,
) -> np.ndarray:
    """Predict the values after windows by taking predictions for values.

    Parameters
    ----------
    network : WindowNetwork
    windows : (n, T) array
    known : (n, T, p) array
        Regressors of the steps in the windows.
    future : (n, horizon, p) array
        Of those that follow.
    units : Units
    horizon : int
    ceilings : (n,) array, optional
        Of the units of predictions, where the windows end in predictions; infinite elsewhere.
    draw : callable, optional
        Gives errors (n, H), in spreads, to add to each H predictions.

    Returns
    -------
    values : (n, horizon) array
    """
    T = network.spec.window
    regressors = np.concatenate([known, future], axis=1)
    values = np.empty((len(windows), 0))
    if ceilings is None:
        ceilings = np.full(len(windows), np.inf)
    while values.shape[1] < horizon:
        j = values.shape[1]
        ahead, spread = network.step(windows, regressors[:, j + 1 : j + 1 + T], units, ceilings)
        if j == 0:
            ceilings = np.where(np.isinf(ceilings), units.ceilings(spread), ceilings)
        if draw is not None:
            ahead = ahead + spread[:, None] * draw()
        values = np.concatenate([values, ahead], axis=1)
        windows = np.concatenate([windows, ahead], axis=1)[:, -T:]
    return values[:, :horizon]
