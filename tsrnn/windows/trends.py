"""Trends of series, which excuse forecasts that go on so: how fast they rise or fall.

A series rises, or falls, in one of three ways.

- Its values and their times have a rank correlation of .7 or more.
- Moving means over a third of its length have one of .9, as where a season hides the trend, and
  change by a quarter of the range, as those of a series that stays where it is hardly ever do.
- It has turned once: from its lowest value on, or its highest, which lies before the last third,
  the rank correlation is .9, and .9 the other way before.

Its pace is the largest mean change a step over a third of its length, of the part since the turn,
or of the moving means. Where all its values lie on one side of 0, and the logarithms of the moving
means change in the second half by three quarters of what they do in the first, or more, it grows
as well: by the smaller of the two a step.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from tsrnn._input.ragged import Batch

# Rank correlations with time of a series that rises, and of moving means and parts that do.
_RISES, _CLEARLY = 0.7, 0.9

# Of the range, what moving means change by.
_MOVES = 0.25

# What the logarithms change by in the second half, in changes of the first.
_LASTS = 0.75


def trends(batch: Batch, zero: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Look at series with an observed value each, NaN where missing.

    Parameters
    ----------
    batch : Batch
    zero : (N,) array
        Where 0 lies in their units.

    Returns
    -------
    pace : (N,) array
        A step; negative of series that fall, 0 of those that do neither.
    growth : (N,) array
        Of logarithms, a step; 0 of series that do not grow.
    """
    rows = np.flatnonzero(~np.isnan(batch.values))
    counts = np.bincount(batch.series_of_row[rows], minlength=batch.n_series)
    first = np.cumsum(counts) - counts
    pace, growth = np.zeros((2, batch.n_series))
    for count in np.unique(counts[counts >= 3]).tolist():  # those of one length together
        alike = np.flatnonzero(counts == count)
        of_each = rows[first[alike, None] + np.arange(count)]
        times = (of_each - batch.offsets[alike, None]).astype(float)
        y = batch.values[of_each]
        varies = np.ptp(y, axis=1) > 0.0
        alike, times, y = alike[varies], times[varies], y[varies]
        pace[alike] = _paces(times, y)
        growth[alike] = _growths(times, y - zero[alike, None], np.sign(pace[alike]))
    return pace, growth


def _paces(times: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the paces of series (n, L)."""
    third = max(y.shape[1] // 3, 1)
    pace = np.zeros(len(y))
    correlation = _correlations(times, y)
    rises = np.abs(correlation) >= _RISES
    pace[rises] = _steepest(times[rises], y[rises], third, correlation[rises])
    means, middles = _moving_means(y, third), _moving_means(times, third)
    way = means[:, -1] - means[:, 0]
    moves = ~rises & (np.abs(way) >= _MOVES * np.ptp(y, axis=1))
    moves[moves] = np.sign(way[moves]) * _correlations(middles[moves], means[moves]) >= _CLEARLY
    pace[moves] = _steepest(middles[moves], means[moves], third, way[moves])
    if third > 2:
        end = _correlations(times[:, -third:], y[:, -third:])
        for i in np.flatnonzero(~rises & ~moves & (np.abs(end) >= _CLEARLY)).tolist():
            pace[i] = _since_turn(times[i], np.sign(end[i]) * y[i]) * np.sign(end[i])
    return pace


def _since_turn(times: np.ndarray, y: np.ndarray) -> float:
    """Return the pace of a series (L,) that rises since its lowest value; 0 if it did before."""
    turn, third = int(y.argmin()), len(y) // 3
    if not 2 <= turn <= len(y) - third:
        return 0.0
    before, after = np.s_[None, : turn + 1], np.s_[None, turn:]
    if np.ptp(y[before]) == 0.0 or _correlations(times[before], -y[before])[0] < _CLEARLY:
        return 0.0
    if _correlations(times[after], y[after])[0] < _CLEARLY:
        return 0.0
    return float(_steepest(times[after], y[after], (len(y) - turn) // 3, np.ones(1))[0])


def _growths(times: np.ndarray, y: np.ndarray, sign: np.ndarray) -> np.ndarray:
    """Return the growths of series (n, L), counted from 0, that rise or fall by their signs."""
    growth = np.zeros(len(y))
    grows = np.flatnonzero((sign != 0.0) & ((sign[:, None] * y).min(axis=1) > 0.0))
    third = max(y.shape[1] // 3, 1)
    logs = np.log(_moving_means(np.abs(y[grows]), third))
    middles = _moving_means(times[grows], third)
    half = (logs.shape[1] - 1) // 2
    if half:
        early = (logs[:, half] - logs[:, 0]) / (middles[:, half] - middles[:, 0])
        late = (logs[:, -1] - logs[:, half]) / (middles[:, -1] - middles[:, half])
        lasts = (early > 0.0) & (late >= _LASTS * early)
        growth[grows[lasts]] = np.minimum(early, late)[lasts]
    return growth


def _correlations(times: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the rank correlations of series (n, L) with their times; 0 of constants."""
    ranks = rankdata(y, axis=1) if y.size else y
    centred = (one - one.mean(axis=1, keepdims=True) for one in (times, ranks))
    t, r = centred
    sizes = np.sqrt((t * t).sum(axis=1) * (r * r).sum(axis=1))
    return (t * r).sum(axis=1) / np.where(sizes > 0.0, sizes, 1.0)


def _steepest(times: np.ndarray, y: np.ndarray, lag: int, sign: np.ndarray) -> np.ndarray:
    """Return the largest mean changes over a lag in the direction of the signs (n,)."""
    lag = max(min(lag, y.shape[1] - 1), 1)
    changes = (y[:, lag:] - y[:, :-lag]) / (times[:, lag:] - times[:, :-lag])
    largest = changes.max(axis=1, initial=0.0)
    return np.where(sign > 0.0, largest, changes.min(axis=1, initial=0.0))


def _moving_means(y: np.ndarray, length: int) -> np.ndarray:
    """Return the means of so many neighbours, (n, L - length + 1)."""
    return np.lib.stride_tricks.sliding_window_view(y, length, axis=1).mean(axis=2)
