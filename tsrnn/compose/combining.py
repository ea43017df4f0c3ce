"""Forecasts of several members made one: the median or the mean of those that can be used.

Member m forecasts f_m, with the weight w_m where it is there. Of a series whose values lie in
[low, high], a range of R = high - low, its forecast lies outside by

    d_m = max_h max(f_mh - high, low - f_mh, 0) / R                                     (1)

It runs away where d_m > 3 (1 + h / n) with n values seen, unless all members go as far: where it
also exceeds ten times the smallest d_m of them. Members that run away are left out, as are those
that say so of themselves, and those whose forecasts are not finite; if all of them were, all stay.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

# How many ranges a forecast may lie outside of the series, and how many times as far as another.
_FAR, _FARTHER = 3.0, 10.0


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
        """Return how far forecasts (M, horizon, N) lie outside by (1), (M, N)."""
        # Halves, for the difference of what a float can hold may be beyond it.
        low, high = 0.5 * self.low, 0.5 * self.high
        unit = high - low
        size = np.maximum(np.abs(low), np.abs(high))
        unit = np.where(unit > 0.0, unit, np.where(size > 0.0, size, 1.0))
        half = 0.5 * forecasts
        outside = np.fmax(half - high, low - half)
        with np.errstate(over="ignore", invalid="ignore"):
            return np.fmax.reduce(np.fmax(outside, 0.0) / unit, axis=1)


def usable(
    forecasts: np.ndarray, present: np.ndarray, doubted: np.ndarray, span: Span, known: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Tell which members can be used for which series.

    Parameters
    ----------
    forecasts : (M, horizon, N) array
    present : (M, N) bool array
        Which were fitted.
    doubted : (M, N) bool array
        Which say themselves that they run away.
    span : Span
    known : (horizon, N) bool array
        The steps that forecasts are looked at: those whose regressors are known.

    Returns
    -------
    usable, infinite, run_away : (M, N) bool arrays
        The latter two are left out.
    """
    infinite = present & ~(np.isfinite(forecasts) | ~known).all(axis=1)
    left = present & ~infinite
    far = np.where(left, span.outside(np.where(known, forecasts, np.nan)), np.inf)
    limit = _FAR * (1.0 + forecasts.shape[1] / span.count)
    run_away = left & (far > np.maximum(limit, _FARTHER * far.min(axis=0)))
    left &= ~(run_away | doubted)
    none = ~left.any(axis=0)
    return np.where(none, present, left), infinite & ~none, run_away & ~doubted & ~none


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
