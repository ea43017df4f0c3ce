"""Series of unequal lengths, one after another: series i is `values[offsets[i]:offsets[i + 1]]`."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np


def others(n_series: int, some: Collection[int]) -> np.ndarray:
    """Return the positions of all series but some."""
    kept = np.ones(n_series, dtype=bool)
    kept[list(some)] = False
    return np.flatnonzero(kept)


def offsets_of(lengths: np.ndarray) -> np.ndarray:
    """Return where series of these lengths begin, and the end, (n_series + 1,)."""
    offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


def rows_between(starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return the rows of stretches that start here and are this long, one after another."""
    offsets = offsets_of(lengths)
    return np.arange(offsets[-1]) + np.repeat(starts - offsets[:-1], lengths)


def counted(lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for stretches of these lengths each row's stretch, and its place in it from 0."""
    stretch = np.repeat(np.arange(len(lengths)), lengths)
    return stretch, rows_between(np.zeros(len(lengths), dtype=np.int64), lengths)


def differences(values: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Return the changes within each series, (n_rows,): the last row of each repeats the first.

    So the extremes of a series' changes are those of all its rows here; of a single row it is 0.
    """
    changes = np.empty_like(values)
    np.subtract(values[1:], values[:-1], out=changes[:-1])
    first, last = offsets[:-1], offsets[1:] - 1
    changes[last] = np.where(first < last, changes[first], 0)
    return changes


def extremes(values: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the smallest and the largest value of each series; none may be empty."""
    starts = offsets[:-1]
    return np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)


def first_marked(mask: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the series with a marked row, in order, and the first such row of each."""
    rows = np.flatnonzero(mask)
    series, first = np.unique(np.searchsorted(offsets, rows, side="right") - 1, return_index=True)
    return series, rows[first]
