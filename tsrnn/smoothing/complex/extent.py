"""Forecasts that leave all reason: how far they lie outside of what their series have shown.

What takes a level and its potential on by (2) and (3) of `tsrnn.cells.complex_smoothing`, nothing
new seen, has an eigenvalue above 1 where a_1 is above 1: trends are exponentials, and some steps
ahead they are far from any data.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tsrnn._input.ragged import Batch
from tsrnn._input.wording import Message, Phrase
from tsrnn.exceptions import UnreliableForecastWarning

DAMPED = Phrase("DoubleExpSmoothingRNN(damped=True)")

# How many times its range a forecast may lie outside of a series. Six years ahead none of M3's
# yearly series does so, and one of two thousand of M4's.
_MOST_RANGES = 3.0


@dataclass(frozen=True)
class Extent:
    """The smallest and the largest value of each of N series, (N,)."""

    low: np.ndarray
    high: np.ndarray

    @classmethod
    def of(cls, batch: Batch) -> Extent:
        """Look at series with an observed value each, NaN where missing."""
        starts = batch.offsets[:-1]
        return cls(np.fmin.reduceat(batch.values, starts), np.fmax.reduceat(batch.values, starts))

    def widened(self, batch: Batch) -> Extent:
        """Return the extents after further values of each series, which may have none."""
        low, high = self.low.copy(), self.high.copy()
        np.fmin.at(low, batch.series_of_row, batch.values)
        np.fmax.at(high, batch.series_of_row, batch.values)
        return replace(self, low=low, high=high)

    def left_by(self, forecast: np.ndarray) -> dict[int, UnreliableForecastWarning]:
        """Say of which series forecasts, (horizon, N), leave all reason, by position.

        A series without a forecast, NaN, has none to leave it.
        """
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            whole = np.where(self.high > self.low, self.high - self.low, np.abs(self.high))
            outside = np.maximum(forecast - self.high, self.low - forecast) / whole
        notes = {}
        for i in np.flatnonzero((outside > _MOST_RANGES).any(axis=0)).tolist():
            step = int(np.argmax(outside[:, i] > _MOST_RANGES))
            notes[i] = UnreliableForecastWarning(
                Message(
                    "the forecast runs away: from step {step} on it lies more than {most:g} times "
                    "the range of the series outside of it, for complex smoothing goes on with "
                    "trends at an exponential pace. Take a shorter horizon, or {cure}",
                    step=step + 1,
                    most=_MOST_RANGES,
                    cure=DAMPED,
                )
            )
        return notes
