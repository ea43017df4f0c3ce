"""Forecasts of several members made one: the median or the mean of those that can be used.

Of a series whose values lie in [low, high], a range of R = high - low, the forecast of member m
lies outside by

    d_mh = max(f_mh - high, low - f_mh, 0) / R                                          (1)

h steps ahead. It runs away where d_mh > 3, unless all members go about as far: where it also
exceeds three times the smallest d_mh of them. From that step on it is left out, as is a forecast
that is not finite. What is said of a step does not depend on how many others are asked for. Where
all members would be left out, all stay.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

# How many ranges a forecast may lie outside of the series, and how many times as far as another.
_FAR, _FARTHER = 3.0, 3.0


@dataclass(frozen=True)
class Span:
    """The ranges of N series, and how many values they have.

    Attributes
    ----------
    low, high, count : (N,) arrays
    """

    low: np.ndarray
    high: np.ndarray
    count: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, offsets: np.ndarray) -> Span:
        """Look at series one after the other, each with a value."""
        starts = offsets[:-1]
        count = np.add.reduceat(~np.isnan(values), starts, dtype=np.int64)
        return cls(np.fmin.reduceat(values, starts), np.fmax.reduceat(values, starts), count)

    def after(self, values: np.ndarray, series: np.ndarray) -> Span:
        """Return the ranges after further values (R,), each of the series at a position."""
        low, high, count = self.low.copy(), self.high.copy(), self.count.copy()
        np.fmin.at(low, series, values)
        np.fmax.at(high, series, values)
        np.add.at(count, series, ~np.isnan(values))
        return replace(self, low=low, high=high, count=count)

    def outside(self, forecasts: np.ndarray) -> np.ndarray:
        """Return how far forecasts (M, horizon, N) lie outside by (1)."""
        # Halves, for the difference of what a float can hold may be beyond it.
        low, high = 0.5 * self.low, 0.5 * self.high
        unit = high - low
        size = np.maximum(np.abs(low), np.abs(high))
        unit = np.where(unit > 0.0, unit, np.where(size > 0.0, size, 1.0))
        half = 0.5 * forecasts
        outside = np.fmax(half - high, low - half)
        with np.errstate(over="ignore", invalid="ignore"):
            return np.fmax(outside, 0.0) / unit


class Used(NamedTuple):
    """Hold which forecasts are combined.

    Attributes
    ----------
    used : (M, horizon, N) bool array
    infinite, run_away : (M, N) int arrays
        The step, from 1, from which on a member is left out because its forecast is not finite, or
        runs away; 0 where it is not.
    """

    used: np.ndarray
    infinite: np.ndarray
    run_away: np.ndarray


def usable(forecasts: np.ndarray, present: np.ndarray, span: Span, known: np.ndarray) -> Used:
    """Tell which forecasts can be used.

    Parameters
    ----------
    forecasts : (M, horizon, N) array
    present : (M, N) bool array
        Which members were fitted.
    span : Span
    known : (horizon, N) bool array
        The steps that forecasts are looked at: those whose regressors are known.
    """
    infinite = present[:, None] & known & ~np.isfinite(forecasts)
    looked_at = present[:, None] & known & ~infinite
    far = np.where(looked_at, span.outside(np.where(looked_at, forecasts, 0.0)), np.inf)
    run_away = looked_at & (far > np.maximum(_FAR, _FARTHER * far.min(axis=0)))
    used = present[:, None] & ~np.logical_or.accumulate(infinite | run_away, axis=1)
    used = np.where(used.any(axis=0), used, present[:, None])
    return Used(used, _first(infinite & ~used), _first(run_away & ~used))


def _first(marked: np.ndarray) -> np.ndarray:
    """Return the first step that is marked, from 1; 0 for none."""
    return np.where(marked.any(axis=1), marked.argmax(axis=1) + 1, 0)


def median(values: np.ndarray) -> np.ndarray:
    """Return medians over the members, (.., N), of values (M, .., N), NaN where there is none."""
    ordered = np.sort(values, axis=0)  # NaN last
    count = np.count_nonzero(~np.isnan(ordered), axis=0)
    lower, upper = np.maximum(count - 1, 0) // 2, np.minimum(count // 2, len(values) - 1)
    low, high = (np.take_along_axis(ordered, k[None], axis=0)[0] for k in (lower, upper))
    return np.where(low == high, low, 0.5 * low + 0.5 * high)


def mean(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return weighted means over the members, (.., N), of values (M, .., N), NaN where none.

    `weights` are (M, N). Where all members that are there have none, they have the same.
    """
    known = ~np.isnan(values)
    shape = (len(weights), *(1,) * (values.ndim - 2), weights.shape[1])
    shares = np.where(known, weights.reshape(shape), 0.0)
    alone = shares.sum(axis=0) == 0.0
    shares = np.where(alone & known, 1.0, shares)
    total = shares.sum(axis=0)
    shares /= np.where(total > 0.0, total, 1.0)
    combined = np.where(known, shares * np.nan_to_num(values, posinf=np.inf, neginf=-np.inf), 0.0)
    return np.where(total > 0.0, combined.sum(axis=0), np.nan)
