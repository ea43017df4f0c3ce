"""Series of unequal lengths, one after another: series i is `values[offsets[i]:offsets[i + 1]]`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np


def others(n_series: int, left_out: Collection[int]) -> np.ndarray:
    """Return the positions of all series but those left out."""
    kept = np.ones(n_series, dtype=bool)
    kept[list(left_out)] = False
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


def rows_of(offsets: np.ndarray, series: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of the series at these positions, and their offsets among these."""
    lengths = np.diff(offsets)[series]
    return rows_between(offsets[:-1][series], lengths), offsets_of(lengths)


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


def laid_out(rows: np.ndarray, n_series: int, offsets: np.ndarray | None) -> np.ndarray:
    """Lay rows of columns, one after another, beside each other, (T, N); those of a panel stay."""
    if offsets is not None:
        return rows
    return np.ascontiguousarray(rows.reshape(n_series, -1).T)


@dataclass(frozen=True)
class Batch:
    """Series of unequal lengths with their regressors; series i is rows offsets[i]:offsets[i + 1].

    Attributes
    ----------
    values : (R,) array
        NaN where missing.
    offsets : (N + 1,) int64 array
    regressors : (R, C) array
    """

    values: np.ndarray
    offsets: np.ndarray
    regressors: np.ndarray

    @classmethod
    def of_columns(cls, values: np.ndarray, regressors: np.ndarray) -> Batch:
        """Lay columns of the same length, (T, N), one after the other; all have the regressors."""
        n_timesteps, n_series = values.shape
        offsets = np.arange(n_series + 1, dtype=np.int64) * n_timesteps
        return cls(
            np.ascontiguousarray(values.T).ravel(), offsets, np.tile(regressors, (n_series, 1))
        )

    @classmethod
    def of_either(
        cls,
        values: np.ndarray,
        offsets: np.ndarray | None,
        regressors: np.ndarray | None = None,
    ) -> Batch:
        """Return columns, (T, N), as a batch, or where there are offsets the rows of a panel."""
        if regressors is None:
            regressors = np.empty((len(values), 0))
        if offsets is None:
            return cls.of_columns(values, regressors)
        return cls(values, offsets, regressors)

    def without_leading(self) -> Batch:
        """Return the batch without the missing values before each series begins.

        A model of a series that has not begun yet would be one of its beginning as well: of a trend
        that it is said to have had before, and of predictions that must be positive there.
        """
        observed = np.flatnonzero(~np.isnan(self.values))
        place = np.searchsorted(observed, self.offsets[:-1])
        n_leading = np.append(observed, self.values.size)[place] - self.offsets[:-1]
        n_leading = np.minimum(n_leading, self.lengths)
        if not n_leading.any():
            return self
        kept = np.arange(self.values.size) >= np.repeat(self.offsets[:-1] + n_leading, self.lengths)
        offsets = offsets_of(self.lengths - n_leading)
        return Batch(self.values[kept], offsets, self.regressors[kept])

    @property
    def n_series(self) -> int:
        """The number of series (N)."""
        return self.offsets.size - 1

    @property
    def lengths(self) -> np.ndarray:
        """The number of rows of each series, (N,)."""
        return np.diff(self.offsets)

    @property
    def series_of_row(self) -> np.ndarray:
        """To which series each row belongs, (R,)."""
        return np.repeat(np.arange(self.n_series), self.lengths)

    @property
    def steps(self) -> np.ndarray:
        """The position of each row in its series, (R,)."""
        return np.arange(self.offsets[-1]) - np.repeat(self.offsets[:-1], self.lengths)

    def one(self, i: int) -> np.ndarray:
        """Return series i with its regressors, (1 + C, T)."""
        rows = slice(self.offsets[i], self.offsets[i + 1])
        return np.vstack([self.values[rows], self.regressors[rows].T])

    def take(self, series: np.ndarray) -> Batch:
        """Return a batch of the series at these positions, in this order."""
        rows, offsets = rows_of(self.offsets, series)
        return Batch(self.values[rows], offsets, self.regressors[rows])

    def count_observed(self) -> np.ndarray:
        """Return how many values of each series are not missing, (N,)."""
        return self.sums(~np.isnan(self.values)).astype(np.int64)

    def sums(self, rows: np.ndarray) -> np.ndarray:
        """Return the sums of numbers, one a row, over each series, (N,)."""
        return np.bincount(self.series_of_row, weights=rows, minlength=self.n_series)

    def largest(self, rows: np.ndarray) -> np.ndarray:
        """Return the largest of numbers (R,) or (R, C) in each series: no series is empty."""
        return np.maximum.reduceat(rows, self.offsets[:-1], axis=0)
