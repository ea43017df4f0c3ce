"""Forecasts that leave all reason: how far they lie outside of what their series have shown.

What takes a level and its potential on by (2) and (3) of `tsrnn.cells.complex_smoothing`, nothing
new seen, has an eigenvalue above 1 where a_1 is above 1, and one below it where a_1 is: forecasts
are exponentials, away from zero or towards it, and some steps ahead they are far from any data.

How far is counted in ranges of the series, its values that lie far out left aside, for one of them
would hide whatever comes. At the horizons of the competitions two such ranges are left by 9 of the
3003 series of M3 and 10 of 3000 of M4's yearly ones, all of them series that double within few
steps, and by none of M4's quarterly and weekly ones. One and a half would be left by twice as many.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tsrnn._input.ragged import Batch
from tsrnn._input.wording import Message, Phrase
from tsrnn.exceptions import UnreliableForecastWarning
from tsrnn.smoothing.far_out import far_out

DAMPED = Phrase("DoubleExpSmoothingRNN(damped=True)")

# How many times its range a forecast may lie outside of a series.
_MOST_RANGES = 2.0


@dataclass(frozen=True)
class Extent:
    """The smallest and the largest value of each of N series, and how far it ranges, (N,)."""

    low: np.ndarray
    high: np.ndarray
    whole: np.ndarray

    @classmethod
    def of(cls, batch: Batch) -> Extent:
        """Look at series with an observed value each, NaN where missing."""
        low, high = _ends(batch.values, batch.offsets)
        ordinary = np.where(far_out(batch), np.nan, batch.values)
        least, most = _ends(ordinary, batch.offsets)
        return cls(
            low, high, np.where(most > least, whole_range(least, most), whole_range(low, high))
        )

    def widened(self, batch: Batch) -> Extent:
        """Return the extents after further values of each series, which may have none."""
        low, high = self.low.copy(), self.high.copy()
        np.fmin.at(low, batch.series_of_row, batch.values)
        np.fmax.at(high, batch.series_of_row, batch.values)
        with np.errstate(over="ignore"):
            whole = self.whole + (self.low - low) + (high - self.high)
        return replace(self, low=low, high=high, whole=whole)

    def left_by(self, forecast: np.ndarray) -> dict[int, UnreliableForecastWarning]:
        """Say of which series forecasts, (horizon, N), leave all reason, by position.

        A series without a forecast, NaN, has none to leave it.
        """
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            outside = np.maximum(forecast - self.high, self.low - forecast) / self.whole
        notes = {}
        for i in np.flatnonzero((outside > _MOST_RANGES).any(axis=0)).tolist():
            step = int(np.argmax(outside[:, i] > _MOST_RANGES))
            notes[i] = UnreliableForecastWarning(
                Message(
                    "the forecast runs away: from step {step} on it lies more than {most:g} times "
                    "the range of the series outside of it, for complex smoothing goes on at an "
                    "exponential pace, away from zero or towards it. Take a shorter horizon, or "
                    "{cure}",
                    step=step + 1,
                    most=_MOST_RANGES,
                    cure=DAMPED,
                )
            )
        return notes


def whole_range(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Return how far series range, (N,): of a constant one that is its distance from zero."""
    with np.errstate(over="ignore"):
        return np.where(high > low, high - low, np.abs(high))


def _ends(values: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the smallest and the largest of each series' values, NaN where missing."""
    return np.fmin.reduceat(values, offsets[:-1]), np.fmax.reduceat(values, offsets[:-1])
