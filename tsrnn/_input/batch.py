"""Ragged series, one after the other: what the smoothers are fitted to, many at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


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
        offsets = np.concatenate([[0], np.cumsum(self.lengths - n_leading)]).astype(np.int64)
        return Batch(self.values[kept], offsets, self.regressors[kept])

    @property
    def n_series(self) -> int:
        """How many series there are (N)."""
        return self.offsets.size - 1

    @property
    def lengths(self) -> np.ndarray:
        """How many rows each series has, (N,)."""
        return np.diff(self.offsets)

    @property
    def owners(self) -> np.ndarray:
        """To which series each row belongs, (R,)."""
        return np.repeat(np.arange(self.n_series), self.lengths)

    @property
    def steps(self) -> np.ndarray:
        """Which row of its series each row is, (R,)."""
        return np.arange(self.offsets[-1]) - np.repeat(self.offsets[:-1], self.lengths)

    def one(self, i: int) -> np.ndarray:
        """Return series i with its regressors, (1 + C, T)."""
        rows = slice(self.offsets[i], self.offsets[i + 1])
        return np.vstack([self.values[rows], self.regressors[rows].T])

    def some(self, series: np.ndarray) -> Batch:
        """Return a batch of the series at these positions, in this order."""
        lengths = self.lengths[series]
        offsets = np.zeros(len(series) + 1, dtype=np.int64)
        np.cumsum(lengths, out=offsets[1:])
        rows = np.arange(offsets[-1]) + np.repeat(self.offsets[:-1][series] - offsets[:-1], lengths)
        return Batch(self.values[rows], offsets, self.regressors[rows])

    def count_observed(self) -> np.ndarray:
        """Return how many values of each series are not missing, (N,)."""
        return self.add_up(~np.isnan(self.values)).astype(np.int64)

    def add_up(self, rows: np.ndarray) -> np.ndarray:
        """Return the sums of numbers, one a row, over each series, (N,)."""
        return np.bincount(self.owners, weights=rows, minlength=self.n_series)

    def largest(self, rows: np.ndarray) -> np.ndarray:
        """Return the largest of numbers (R,) or (R, C) in each series: no series is empty."""
        return np.maximum.reduceat(rows, self.offsets[:-1], axis=0)
