"""Single values far from all others: what windows, units and ranges take them for.

An outlier, as a comma in the wrong place makes it, would own what is learned: the mean change of
its series, the targets of its windows, the range that forecasts are held against. How far a value
lies outside of what is around it is its reach,

    e_t = max(y_t - max(a_t, b_t), min(a_t, b_t) - y_t, 0),                               (1)

with a_t and b_t the medians of the three observed values before it and after it. It is an outlier
where e_t is more than ten times what all others keep to: the largest reach, or the mean change,
without those of two values, or of one in two hundred of longer series. It is then taken to lie that
far outside, and no farther. Of three in a row that is the one in the middle at first, and then the
others, once that one is no longer beside them. So what repeats itself is none, as a peak once in a
season, nor are the values after a level has shifted for four steps or more.

Around the first two values there is only what comes after them. They must reach ten times as far
as the three values there differ, too: what has begun high and falls is no outlier. Of the last
value, or the last two that lie together, nobody knows yet whether they are a new level, and they
are read as they are; a single one before the last is an outlier as any. The range of a series
counts no outliers at all, nor those of the last two that are by what was before. Of a series that
is mostly 0 nothing is an outlier: what is rare there is what it is about.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from tsrnn._input.ragged import Batch, counted, offsets_of

# Values on either side that the medians are of, and how many of the first, and of the last, have
# too few on one side.
_AROUND, _AT_ENDS = 3, 2

# Of three in a row the first look finds the one in the middle, and the second the others.
_PASSES = 2

# How many of the last values later ones may still change: each look asks for three more. And how
# many must have been looked at for the first three to be what the others are held against alone.
UNSETTLED, SETTLED = _PASSES * _AROUND, _AROUND + _AT_ENDS

# How many times what others keep to makes an outlier.
_FAR = 10.0

# Outliers of a series, at most: so many, or this share.
_FEWEST, _SHARE = 2, 0.005

# Observed values of a series that is long enough to say what is usual.
_LEAST = 10


@dataclass(frozen=True)
class _Around:
    """Neighbourhoods of values of series, one after another, none missing.

    Attributes
    ----------
    low, high : (R,) arrays
        Of a_t and b_t.
    room : (R,) array
        Ten times what the values around differ by, where they are on one side alone; else 0.
    """

    low: np.ndarray
    high: np.ndarray
    room: np.ndarray

    @classmethod
    def of(
        cls, values: np.ndarray, lengths: np.ndarray, *, begins: np.ndarray, ends: bool
    ) -> _Around:
        """Look at series of these lengths.

        Parameters
        ----------
        values : (R,) array
        lengths : (N,) array
        begins : (N,) bool array
        ends : bool
            Whether the first two, and the last two, are held against the other side alone; else
            those are nowhere outside that have nothing on one side.
        """
        series, place = counted(lengths)
        left = lengths[series] - 1 - place
        a, apart_before = _side(values, place, -1)
        b, apart_after = _side(values, left, 1)
        room = np.zeros(values.size)
        first = np.flatnonzero((place < _AT_ENDS) & (left >= _AROUND) & begins[series])
        last = np.flatnonzero((left < _AT_ENDS) & (place >= _AROUND)) if ends else place[:0]
        a[first], room[first] = b[first], _FAR * apart_after[first]
        b[last], room[last] = a[last], _FAR * apart_before[last]
        return cls(np.minimum(a, b), np.maximum(a, b), room)

    def reach(self, values: np.ndarray) -> np.ndarray:
        """Return (1), (R,)."""
        return np.maximum(np.maximum(values - self.high, self.low - values), 0.0)


def _side(values: np.ndarray, n_known: np.ndarray, way: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the medians of up to three values on one side, and what they differ by.

    Of two it is their mean, of none the value itself.
    """
    rows = np.arange(values.size)
    one, two, three = (values[rows + way * np.minimum(n_known, k)] for k in (1, 2, 3))
    smaller, larger = np.minimum(one, two), np.maximum(one, two)
    median = np.maximum(smaller, np.minimum(larger, three))
    apart = np.maximum(larger, three) - np.minimum(smaller, three)
    return np.where(n_known >= _AROUND, median, 0.5 * one + 0.5 * two), apart


def fences_of(batch: Batch, zero: np.ndarray) -> np.ndarray:
    """Return how far values of each series may reach, (N,); infinite where nothing is too far.

    Parameters
    ----------
    batch : Batch
    zero : (N,) array
        Where 0 lies in the units of the series.
    """
    rows = np.flatnonzero(~np.isnan(batch.values))
    values, series = batch.values[rows], batch.series_of_row[rows]
    counts = np.bincount(series, minlength=batch.n_series)
    begins = np.ones(batch.n_series, dtype=bool)
    around = _Around.of(values, counts, begins=begins, ends=False)
    changes = np.abs(np.diff(values, prepend=values[:1]))
    most = np.maximum(_FEWEST, (_SHARE * counts).astype(np.int64))
    starts = offsets_of(counts)[:-1]
    changes[starts[counts > 0]] = 0.0
    is_long = counts >= _LEAST
    starts, most, counts_of_long = starts[is_long], most[is_long], counts[is_long]
    reach = _falling(around.reach(values), series)[starts + most]
    changes = _falling(changes, series)
    total = np.r_[0.0, np.cumsum(changes)]
    n_left = counts_of_long - 1 - 2 * most
    change = (total[starts + counts_of_long - 1] - total[starts + 2 * most]) / n_left
    fences = np.full(batch.n_series, np.inf)
    fences[is_long] = _FAR * np.maximum(reach, change)
    n_zeros = np.bincount(series, values == zero[series], minlength=batch.n_series)
    return np.where(2 * n_zeros > counts, np.inf, fences)


def _falling(sizes: np.ndarray, series: np.ndarray) -> np.ndarray:
    """Return the sizes of each series from the largest to the smallest."""
    return sizes[np.lexsort((-sizes, series))]


def settled(batch: Batch, fences: np.ndarray, *, n_known: int | np.ndarray = 0) -> np.ndarray:
    """Return the values (R,) with outliers at their fences.

    Parameters
    ----------
    batch : Batch
    fences : (N,) array
    n_known : int or (N,) int array
        How many values at the beginning of each series follow others that are not here, and were
        looked at before; 0 where series begin.
    """
    values = batch.values.copy()
    for _ in range(_PASSES):
        far = _far(replace(batch, values=values), fences, n_known, ends=False)
        values[far.rows] = np.clip(values[far.rows], far.low - far.room, far.high + far.room)
    return values


def without_outliers(
    batch: Batch, fences: np.ndarray, *, n_known: int | np.ndarray = 0
) -> np.ndarray:
    """Return the values (R,) with what is around them in the place of outliers, the last as well.

    The parameters are those of `settled`.
    """
    values = batch.values.copy()
    for _ in range(_PASSES):
        far = _far(replace(batch, values=values), fences, n_known, ends=True)
        values[far.rows] = np.clip(values[far.rows], far.low, far.high)
    return values


def unsettled(batch: Batch, nearer: np.ndarray, without: np.ndarray) -> np.ndarray:
    """Return the rows of last values that are outliers by what was before, and read as they are.

    Parameters
    ----------
    batch : Batch
    nearer, without : (R,) arrays
        Of `settled` and `without_outliers`.
    """
    rows = np.flatnonzero((without != nearer) & (nearer == batch.values))  # none that are NaN
    n_seen = np.cumsum(~np.isnan(batch.values))
    n_left = n_seen[batch.offsets[1:][batch.series_of_row[rows]] - 1] - n_seen[rows]
    return rows[n_left < _AT_ENDS]


class _Far(NamedTuple):
    """Outliers: their rows, what is around them, and how far outside they may lie."""

    rows: np.ndarray
    low: np.ndarray
    high: np.ndarray
    room: np.ndarray


def _far(batch: Batch, fences: np.ndarray, n_known: int | np.ndarray, *, ends: bool) -> _Far:
    n_before = np.broadcast_to(n_known, batch.n_series)
    rows = np.flatnonzero(~np.isnan(batch.values))
    values, series = batch.values[rows], batch.series_of_row[rows]
    counts = np.bincount(series, minlength=batch.n_series)
    around = _Around.of(values, counts, begins=n_before == 0, ends=ends)
    room = np.maximum(fences[series], around.room)
    is_new = rows - batch.offsets[series] >= n_before[series] - _AT_ENDS
    far = np.flatnonzero((around.reach(values) > room) & is_new)
    return _Far(rows[far], around.low[far], around.high[far], room[far])
