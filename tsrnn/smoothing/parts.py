"""Fitted smoothers of one or more structures, of series that lie one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np

from tsrnn._compute.threads import in_threads
from tsrnn._input.ragged import Batch, rows_between
from tsrnn.smoothing.smoothers import SmootherBatch, lost

Parts: TypeAlias = tuple[tuple[np.ndarray, SmootherBatch], ...]
"""Which series, and their smoothers."""

# Series whose futures are computed at a time. It does not depend on the number of threads.
_CHUNK = 2048


class Moved(NamedTuple):
    """Smoothers that have seen further values.

    Attributes
    ----------
    parts : tuple
        Without the series that cannot be moved on.
    predictions, deviations : (n_rows,) arrays
        One-step-ahead; NaN where there is no smoother.
    lost : dict
        Why series at these positions cannot be moved on.
    """

    parts: Parts
    predictions: np.ndarray
    deviations: np.ndarray
    lost: dict[int, str]


@dataclass(frozen=True)
class SmootherParts:
    """Smoothers of series, whichever way models of columns and of panels have these.

    Attributes
    ----------
    parts : tuple of (array, SmootherBatch)
        Which series, and their smoothers.
    n_series : int
        With those that have no smoother.
    """

    parts: Parts
    n_series: int

    def _over(
        self, rows: Batch
    ) -> Iterator[tuple[np.ndarray, SmootherBatch, Batch, np.ndarray | slice]]:
        """Yield the series of each part, their smoothers, their rows, and where these are."""
        for series, smoothers in self.parts:
            if np.array_equal(series, np.arange(self.n_series)):
                yield series, smoothers, rows, slice(None)
            else:
                where = rows_between(rows.offsets[:-1][series], rows.lengths[series])
                yield series, smoothers, rows.take(series), where

    def _effect(self, rows: Batch) -> np.ndarray:
        """Return what the regressors of rows add to the series, (n_rows,)."""
        total = np.full(len(rows.regressors), np.nan)
        for _, smoothers, some, where in self._over(rows):
            total[where] = smoothers.effect(some)
        return total

    def _knowing(self, rows: Batch) -> Parts:
        """Return the smoothers that know the regressors of the next rows."""
        return tuple(
            (series, smoothers.with_regressors(some))
            for series, smoothers, some, _ in self._over(rows)
        )

    def _moved(self, rows: Batch) -> Moved:
        """See further values."""
        predictions, deviations = np.full((2, len(rows.values)), np.nan)
        parts, without = [], {}
        for series, smoothers, some, where in self._over(rows):
            later, predictions[where], deviations[where] = smoothers.advance(some)
            reasons = lost(smoothers, later, some, predictions[where])
            without |= {int(series[k]): reason for k, reason in reasons.items()}
            if reasons:
                kept = np.setdiff1d(np.arange(series.size), list(reasons))
                series, later = series[kept], later.take(kept)
            parts.append((series, later))
        return Moved(tuple(parts), predictions, deviations, without)

    def _of_each(
        self,
        compute: Callable[[SmootherBatch], np.ndarray],
        shape: tuple[int, ...],
        n_jobs: int | None,
    ) -> np.ndarray:
        """Put together arrays whose last axis is that of the series, (n_series, *shape)."""
        result = np.full((self.n_series, *shape), np.nan)
        chunks = [
            (smoothers, start, series[start : start + _CHUNK])
            for series, smoothers in self.parts
            for start in range(0, series.size, _CHUNK)
        ]

        def work(smoothers: SmootherBatch, start: int, series: np.ndarray) -> None:
            if series.size < smoothers.n_series:
                smoothers = smoothers.take(np.arange(start, start + series.size))
            result[series] = np.moveaxis(compute(smoothers), -1, 0)

        for _ in in_threads(work, chunks, n_jobs):
            pass
        return result
