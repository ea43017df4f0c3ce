"""Lag windows of many series, and the units in which a network reads them.

A window w_1 .. w_T is read, and the values after it are predicted, in units of its own,

    z = (w - w_T) / s,    s = max(mean |w_t - w_{t-1}|, 0.1 c)                           (1)

so that a network that knows steps from one window knows them from all: it goes on with 1, 2, 3 at
any height and in any unit. c is the mean change of the series, lest a window that happens to be
flat should make a small step a large one. Where a network reads regressors as well, s is c: what
they add does not depend on how calm the window before was. A series that is constant has no unit:
its windows are zeros, and so is what is predicted of it.

Series are ragged, one after another, and begin with an observed value.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tsrnn._input.ragged import Batch
from tsrnn.forecasting.season import Seasons

# What s is at least, in mean changes of the series.
_LEAST = 0.1

# What is predicted from windows of forecasts is in units of s, but of no more than so many spreads
# of the last window seen, or mean changes where these are larger. The window itself, in units of s,
# is bounded, so that forecasts never grow faster than a line. With 3 they ran away farther, and
# forecast values held back from the training parts of M3 no better; with 1 series whose seasons
# grow were forecast worse.
_MOST = 1.5


@dataclass(frozen=True)
class Units:
    """Parts of which the spreads of the windows of series are made.

    Attributes
    ----------
    change : (N,) array
        c of each series.
    is_fixed : bool
        Whether s is c, and not of the window.
    seasons : Seasons or None
        Of the first step of each window, and on, where there are members that take them off.
    static : (N, S) array or None
        What static columns say of the series, where there are members that read them.
    """

    change: np.ndarray
    is_fixed: bool
    seasons: Seasons | None = None
    static: np.ndarray | None = None

    @classmethod
    def of(cls, batch: Batch) -> Units:
        """Find the units of series: from changes between observed values next to each other."""
        observed = np.flatnonzero(~np.isnan(batch.values))
        series_of_row, values = batch.series_of_row[observed], batch.values[observed]
        is_within = series_of_row[1:] == series_of_row[:-1]
        sizes, of_series = np.abs(np.diff(values))[is_within], series_of_row[1:][is_within]
        totals = np.bincount(of_series, weights=sizes, minlength=batch.n_series)
        counts = np.bincount(of_series, minlength=batch.n_series)
        return cls(totals / np.maximum(counts, 1), batch.regressors.shape[1] > 0)

    def take(self, series: np.ndarray) -> Units:
        """Return the units of the series at these positions."""
        seasons = None if self.seasons is None else self.seasons.take(series)
        static = None if self.static is None else self.static[series]
        return replace(self, change=self.change[series], seasons=seasons, static=static)

    def after(self, n_timesteps: int | np.ndarray) -> Units:
        """Return the units of windows so many steps later, of all or of each."""
        if self.seasons is None:
            return self
        return replace(self, seasons=self.seasons.after(n_timesteps))

    def spreads(self, windows: np.ndarray) -> np.ndarray:
        """Return s of a window of each series, (N,)."""
        if self.is_fixed:
            return self.change
        return spreads_of(windows, self.change)

    def ceilings(self, spreads: np.ndarray) -> np.ndarray:
        """Return the largest unit of forecasts, (N,), after windows with these spreads."""
        return _MOST * np.maximum(spreads, self.change)


def spreads_of(windows: np.ndarray, change: np.ndarray) -> np.ndarray:
    """Return s of windows (n, T) of series with these mean changes (n,), by (1)."""
    return np.maximum(np.abs(np.diff(windows, axis=1)).mean(axis=1), _LEAST * change)


def spreads_over_gaps(windows: np.ndarray, units: Units) -> np.ndarray:
    """Return s of windows (n, T) with missing values: of the changes that are known, or c."""
    if units.is_fixed:
        return units.change
    sizes = np.abs(np.diff(windows, axis=1))
    n_known = np.count_nonzero(~np.isnan(sizes), axis=1)
    mean = np.nansum(sizes, axis=1) / np.maximum(n_known, 1)
    return np.maximum(np.where(n_known > 0, mean, units.change), _LEAST * units.change)


def relative(windows: np.ndarray, units: Units) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Take windows to units of their own by (1).

    Parameters
    ----------
    windows : (n, T) array
        None of the last values is missing.
    units : Units
        Of the series of each.

    Returns
    -------
    z : (n, T) array
        NaN where a window is.
    level, spread : (n,) arrays
        w_T and s.
    """
    level, spread = windows[:, -1], units.spreads(windows)
    over_gaps = np.flatnonzero(np.isnan(spread))
    if over_gaps.size:
        spread[over_gaps] = spreads_over_gaps(windows[over_gaps], units.take(over_gaps))
    unit = np.where(spread > 0.0, spread, 1.0)[:, None]
    z = (windows - level[:, None]) / unit
    return np.where(spread[:, None] > 0.0, z, 0.0), level, spread


class ReadsByLag:
    """Base of what reads, with each lag, the regressors of the step after it.

    Attributes
    ----------
    window : int
        Lags (T).
    """

    window: int
    reads_ahead = False

    def regressors_at(self, batch: Batch, rows: np.ndarray) -> np.ndarray:
        """Return what is read with the windows before rows: regressors of the steps after lags."""
        return windows_before(batch.regressors, rows + 1, self.window)

    def laid_ahead(self, known: np.ndarray, future: np.ndarray) -> np.ndarray:
        """Return the regressors of windows (n, T, p) and of the steps that follow, in a row."""
        return np.concatenate([known, future], axis=1)

    def regressors_from(self, laid: np.ndarray, step: int) -> np.ndarray:
        """Return what of these is read with windows that begin so many steps later."""
        return laid[:, step + 1 : step + 1 + self.window]


def from_first_observed(batch: Batch) -> tuple[Batch, np.ndarray]:
    """Cut missing values off the beginnings of series: the batch, and its rows in the old one."""
    is_observed = ~np.isnan(batch.values)
    seen = np.cumsum(is_observed)
    before = np.r_[0, seen][batch.offsets[:-1]]
    rows = np.flatnonzero(seen > before[batch.series_of_row])
    lengths = np.bincount(batch.series_of_row[rows], minlength=batch.n_series)
    offsets = np.r_[0, np.cumsum(lengths)].astype(np.int64)
    return Batch(batch.values[rows], offsets, batch.regressors[rows]), rows


def rows_after_windows(batch: Batch, window: int, n_ahead: int) -> np.ndarray:
    """Return the rows that a window lies before, within the series, and n_ahead values from there.

    Without those whose window or values have a missing one.
    """
    place = np.arange(batch.values.size) - batch.offsets[:-1][batch.series_of_row]
    left = batch.lengths[batch.series_of_row] - place
    rows = np.flatnonzero((place >= window) & (left >= n_ahead))
    n_missing = np.r_[0, np.cumsum(np.isnan(batch.values))]
    return rows[n_missing[rows + n_ahead] == n_missing[rows - window]]


def windows_before(values: np.ndarray, rows: np.ndarray, window: int) -> np.ndarray:
    """Return the window before each of some rows, (n, window, ..)."""
    if rows.size == 0:
        return np.empty((0, window, *values.shape[1:]))
    windows = np.lib.stride_tricks.sliding_window_view(values, window, axis=0)[rows - window]
    return np.moveaxis(windows, -1, 1)


def inputs(z: np.ndarray, regressors: np.ndarray, *, as_sequences: bool) -> np.ndarray:
    """Put windows (n, T) and the regressors of the step after each lag, (n, T, p), together.

    As sequences of 1 + p features in single precision, which networks are twice as fast in, or as a
    matrix, for estimators that read no sequences.
    """
    together = z
    if regressors.shape[2]:
        together = np.concatenate([z[:, :, None], regressors], axis=2)
    return together.astype(np.float32) if as_sequences else together.reshape(len(z), -1)


def with_gaps_carried(batch: Batch, window: int) -> np.ndarray:
    """Return the values with the last observed one for those missing in the first window."""
    place = np.arange(batch.values.size) - batch.offsets[:-1][batch.series_of_row]
    is_observed = ~np.isnan(batch.values)
    source = np.maximum.accumulate(np.where(is_observed, np.arange(place.size), 0))
    return np.where(place < window, batch.values[source], batch.values)
