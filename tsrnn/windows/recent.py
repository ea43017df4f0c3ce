"""The last values of series, of which later ones may still say that they were outliers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tsrnn._input.ragged import Batch, counted, offsets_of, rows_between
from tsrnn.windows.outliers import SETTLED, UNSETTLED, settled, without_outliers

# Values that are kept: those that are not settled, and as many before, that they are held against.
N_KEPT = 2 * UNSETTLED


@dataclass(frozen=True)
class Recent:
    """The last observed values of N series, as they came.

    Attributes
    ----------
    values : (N, 12) array
        The oldest first; NaN at the beginning where there were fewer.
    gaps : (N, 6) int64 array
        How many missing values came after each of the last six.
    fences : (N,) array
        How far values may lie outside of what is around them; see `tsrnn.windows.outliers`.
    """

    values: np.ndarray
    gaps: np.ndarray
    fences: np.ndarray

    @classmethod
    def of(cls, batch: Batch, fences: np.ndarray) -> Recent:
        """Keep the last values of series."""
        rows, series, left = _from_the_end(batch)
        after = np.append(rows[1:], 0)
        after = np.where(left == 0, batch.offsets[series + 1], after) - rows - 1
        values = np.full((batch.n_series, N_KEPT), np.nan)
        gaps = np.zeros((batch.n_series, UNSETTLED), dtype=np.int64)
        kept, last = left < N_KEPT, left < UNSETTLED
        values[series[kept], N_KEPT - 1 - left[kept]] = batch.values[rows[kept]]
        gaps[series[last], UNSETTLED - 1 - left[last]] = after[last]
        return cls(values, gaps, fences)

    def take(self, series: np.ndarray) -> Recent:
        """Return those of the series at these positions."""
        return Recent(self.values[series], self.gaps[series], self.fences[series])

    def then(self, values: np.ndarray, offsets: np.ndarray) -> Again:
        """Lay further values (R,) behind those that are not settled, and look at all of them."""
        is_kept = ~np.isnan(self.values)
        n_kept, lengths = is_kept.sum(axis=1), np.diff(offsets)
        n_head = np.maximum(n_kept - UNSETTLED, 0)
        n_old = n_kept + self.gaps.sum(axis=1)
        laid = offsets_of(n_old + lengths)
        place = np.arange(N_KEPT) - (N_KEPT - n_kept)[:, None]
        place[:, UNSETTLED + 1 :] += np.cumsum(self.gaps, axis=1)[:, :-1]
        rows = np.full(laid[-1], np.nan)
        rows[(laid[:-1, None] + place)[is_kept]] = self.values[is_kept]
        rows[rows_between(laid[:-1] + n_old, lengths)] = values
        batch = Batch(rows, laid, np.empty((rows.size, 0)))
        # Before the first that is kept there were others, but of short series.
        n_known = np.where(n_kept == N_KEPT, SETTLED, 0)
        nearer = settled(batch, self.fences, n_known=n_known)
        bounded = without_outliers(batch, self.fences, n_known=n_known)
        own = rows_between(laid[:-1] + n_head, np.diff(laid) - n_head)
        own_offsets = offsets_of(np.diff(laid) - n_head)
        return Again(
            nearer[own],
            bounded[own],
            own_offsets,
            n_unsettled_from(batch) - n_head,
            rows_between(own_offsets[1:] - lengths, lengths),
            Recent.of(batch, self.fences),
        )


class Again(NamedTuple):
    """Values from the first on that was not settled, with those that have come.

    Attributes
    ----------
    values : (S,) array
        Outliers at their fences.
    bounded : (S,) array
        Without outliers, the last as well.
    offsets : (N + 1,) array
    n_settled : (N,) int array
        How many of each series are settled now.
    new : int array
        The rows that have come.
    recent : Recent
        What is to be kept.
    """

    values: np.ndarray
    bounded: np.ndarray
    offsets: np.ndarray
    n_settled: np.ndarray
    new: np.ndarray
    recent: Recent


def n_unsettled_from(batch: Batch) -> np.ndarray:
    """Return how many steps of each series lie before those that are not settled, (N,)."""
    rows, series, left = _from_the_end(batch)
    n_before = batch.lengths.copy()
    first = np.flatnonzero(left < UNSETTLED)[::-1]  # the earliest is written last
    n_before[series[first]] = rows[first] - batch.offsets[series[first]]
    return n_before


def _from_the_end(batch: Batch) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return rows of observed values, their series, and how many follow each there."""
    rows = np.flatnonzero(~np.isnan(batch.values))
    counts = np.bincount(batch.series_of_row[rows], minlength=batch.n_series)
    series, place = counted(counts)
    return rows, series, counts[series] - 1 - place
