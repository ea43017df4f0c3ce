"""Samples that networks of many series are trained on: windows at many origins, by the batch.

An origin is a row of a series: the window is what lies before it, and the targets are the values
from it on. Every series has a window's length of values before its first (see `padded`), so that
short ones are read too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tsrnn._input.ragged import Batch, offsets_of, rows_between
from tsrnn.windows.columns import Beside, around
from tsrnn.windows.lags import spreads_of
from tsrnn.windows.readings import Reading


@dataclass(frozen=True)
class SampleColumns:
    """Columns of series that were padded.

    Attributes
    ----------
    batch : Batch
        With scaled regressors.
    static : (N, S) array or None
    """

    batch: Batch
    static: np.ndarray | None


@dataclass(frozen=True)
class Samples:
    """Origins in series that were padded, and how they are read.

    Attributes
    ----------
    values : (R,) array
        Nothing missing.
    targets : (R,) array
        The same, NaN where missing.
    origins : (n,) int array
        Rows.
    scale : (n,) array
        s of the losses: the mean error of the (seasonal) naive forecast up to the origin.
    change : (n,) array
        Mean change of the series of each.
    window, n_ahead : int
    reading : Reading
    columns : SampleColumns or None
        None where values alone are read.
    """

    values: np.ndarray
    targets: np.ndarray
    origins: np.ndarray
    scale: np.ndarray
    change: np.ndarray
    window: int
    n_ahead: int
    reading: Reading
    columns: SampleColumns | None = None

    @property
    def n_samples(self) -> int:
        """The number of origins (n)."""
        return len(self.origins)

    def gather(self, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what a network reads of some samples, (k, T), and what losses know, (k, H + 4).

        All in units of the level, or of the unit where that is larger; see
        `tsrnn.windows.level_losses`. Single precision.
        """
        rows = self.origins[chosen][:, None]
        windows = self.values[rows + np.arange(-self.window, 0)]
        level, unit = self.reading.level_and_unit(windows, self.change[chosen])
        size = np.maximum(np.abs(level), unit)
        size = np.where(size > 0.0, size, 1.0)
        context = np.empty((len(chosen), self.n_ahead + 4), dtype=np.float32)
        context[:, :-4] = self.targets[rows + np.arange(self.n_ahead)] / size[:, None]
        scale = np.maximum(self.scale[chosen], _LEAST_SCALE * size)
        spread = spreads_of(windows, self.change[chosen])
        context[:, -4:] = (np.stack([level, unit, scale, spread]) / size).T
        return self.reading.inputs(windows, level, unit), context

    def beside(self, chosen: np.ndarray) -> Beside | None:
        """Return what columns say of some samples; None where values alone are read."""
        if self.columns is None:
            return None
        batch, rows = self.columns.batch, self.origins[chosen]
        series = np.searchsorted(batch.offsets, rows, side="right") - 1
        found = around(batch, rows, self.window, self.n_ahead)
        return Beside.of(found, self.columns.static, series)


# The least scale of errors, in levels: what a series that never changes would otherwise divide by.
_LEAST_SCALE = 1e-6


def padded(batch: Batch, window: int, period: int) -> tuple[Batch, np.ndarray]:
    """Put so many values before each series: its first value, or its first season again and again.

    Regressors are those of the steps whose values these are.

    Parameters
    ----------
    batch : Batch
        Each series begins with an observed value.
    window : int
    period : int

    Returns
    -------
    padded : Batch
    rows : (R,) int array
        Where the rows of the batch are in it.
    """
    n_series, starts = batch.n_series, batch.offsets[:-1]
    offsets = offsets_of(batch.lengths + window)
    rows = rows_between(offsets[:-1] + window, batch.lengths)
    values = np.empty(offsets[-1])
    values[rows] = batch.values
    season = np.where(batch.lengths >= period, period, 1)[:, None]
    source = starts[:, None] + np.arange(-window, 0) % season
    source = np.where(np.isnan(batch.values[source]), starts[:, None], source).ravel()
    led = (offsets[:-1, None] + np.arange(window)).ravel()
    values[led] = batch.values[source]
    regressors = np.empty((offsets[-1], batch.regressors.shape[1]))
    regressors[rows], regressors[led] = batch.regressors, batch.regressors[source]
    assert len(offsets) == n_series + 1
    return Batch(values, offsets, regressors), rows


def filled(batch: Batch, period: int) -> np.ndarray:
    """Return the values with those of a season before, or the last, in the place of missing ones.

    Each series has an observed first value, and those of its padding.
    """
    values = batch.values.copy()
    place = np.arange(values.size) - batch.offsets[:-1][batch.series_of_row]
    missing = np.flatnonzero(np.isnan(values))
    for row in missing.tolist():  # in the order of time: what is filled serves the next
        lag = period if place[row] >= period else 1
        values[row] = values[row - lag]
    return values


def origins_of(
    batch: Batch, window: int, n_ahead: int, least: int, most_samples: int, spare: int = 0
) -> np.ndarray:
    """Return the rows of a padded batch that samples begin their targets at.

    Those with `least` values before them and a known target among the `n_ahead` from there; the
    last ones of each series, as many of all as make `most_samples` together. None whose targets
    reach into the last `spare` values.
    """
    n_each = np.maximum(batch.lengths - spare - window - least - n_ahead + 1, 0)
    n_last = _most_of_each(n_each, most_samples)
    kept = np.minimum(n_each, n_last)
    origins = rows_between(batch.offsets[1:] - spare - n_ahead + 1 - kept, kept)
    n_known = np.r_[0, np.cumsum(~np.isnan(batch.values))]
    return origins[n_known[origins + n_ahead] > n_known[origins]]


def _most_of_each(counts: np.ndarray, most: int) -> int:
    """Return the largest k for which the sum of min(counts, k) is at most `most`; 1 at least."""
    low, high = 1, int(counts.max(initial=1))
    while low < high:
        k = (low + high + 1) // 2
        low, high = (k, high) if np.minimum(counts, k).sum() <= most else (low, k - 1)
    return low


def naive_scales(batch: Batch, window: int, period: int, origins: np.ndarray) -> np.ndarray:
    """Return the mean absolute change over a season in a series up to each origin, (n,).

    The series begin after their padding of `window` values; missing changes are left out, and
    without any the mean is that of the whole series.
    """
    starts = (batch.offsets[:-1] + window)[batch.series_of_row]
    row = np.arange(batch.values.size)
    change = np.abs(batch.values - np.roll(batch.values, period))
    is_known = (row - starts >= period) & ~np.isnan(change)
    total = np.r_[0.0, np.cumsum(np.where(is_known, change, 0.0))]
    count = np.r_[0, np.cumsum(is_known)]
    series = batch.series_of_row[origins]
    first, last = batch.offsets[series], batch.offsets[series + 1]
    n = count[origins] - count[first]
    of_part = (total[origins] - total[first]) / np.maximum(n, 1)
    of_all = (total[last] - total[first]) / np.maximum(count[last] - count[first], 1)
    return np.where(n > 0, of_part, of_all)
