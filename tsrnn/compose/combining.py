"""Forecasts of several members made one: the median or the mean of those that can be used.

Of a series whose values lie in [low, high], a range of R = high - low, the forecast of member m
lies outside by

    d_mh = max(f_mh - high, low - f_mh, 0) / R                                          (1)

h steps ahead. It is held at the limit

    d_mh <= max(1/2 + g_h, 3/2 min_m d_mh)                                              (2)

where g_h is how far a series of n values would go if it went through its range once more as it did,
min(h / (n - 1), 1), or at the side of large values of a series all of one sign, if this is more,

    g_h = far (min(far / M, M / near)^(2 min(h / (n - 1), 1)) - 1) / R                  (3)

where its sizes, the largest of which is `far`, the smallest `near` and the median M, grow as much
once more: what grows at an exponential pace has M^2 = far near, and what grows as a line has not.

A forecast runs away, which the user is told of, where

    d_mh > max(3 + g_h, 3 min_m d_mh).                                                  (4)

Held at a limit, a forecast leaves the combined one without a jump, as there is where a member is
left out. That is done with one that is not finite, from that step on, unless all are not. What is
said of a step does not depend on how many others are asked for. Members without a weight count for
nothing.

Up to the horizons of the M3 and M4 competitions the limit (2) hardly matters. Where halves of their
training series were forecast from what was before, up to 60 steps ahead, the mean of the default
members missed by as much as with (4) for a limit, or by less: from the tenth step on by 1 to 3% of
quarterly series, from the fifteenth by 3 and 4% of yearly ones, and from the twentieth by 7%, for
complex smoothing leaves trends at an exponential pace. Limits of 1 and 0.3 in the place of 1/2 made
less and little more of a difference, and yearly forecasts worse without (3).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

# How many ranges a forecast may lie outside of the series, and how many times as far as another:
# before it is held (2), and before it runs away (4).
_HELD, _RUNS_AWAY = (0.5, 1.5), (3.0, 3.0)


@dataclass(frozen=True)
class Span:
    """The ranges of N series, and how many values they have.

    Attributes
    ----------
    low, high, count : (N,) arrays
    middle : (N,) array
        Their medians: of the values that there were at first.
    """

    low: np.ndarray
    high: np.ndarray
    count: np.ndarray
    middle: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, offsets: np.ndarray) -> Span:
        """Look at series one after the other, each with a value."""
        starts = offsets[:-1]
        count = np.add.reduceat(~np.isnan(values), starts, dtype=np.int64)
        owner = np.repeat(np.arange(len(starts)), np.diff(offsets))
        ordered = values[np.lexsort((values, owner))]  # of each series, NaN last
        middle = 0.5 * ordered[starts + (count - 1) // 2] + 0.5 * ordered[starts + count // 2]
        return cls(ordered[starts], ordered[starts + count - 1], count, middle)

    def alone(self, i: int) -> Span:
        """Return the range of the series at a position."""
        return Span(self.low[[i]], self.high[[i]], self.count[[i]], self.middle[[i]])

    def after(self, values: np.ndarray, series: np.ndarray) -> Span:
        """Return the ranges after further values (R,), each of the series at a position."""
        low, high, count = self.low.copy(), self.high.copy(), self.count.copy()
        np.fmin.at(low, series, values)
        np.fmax.at(high, series, values)
        np.add.at(count, series, ~np.isnan(values))
        return replace(self, low=low, high=high, count=count)

    @property
    def half(self) -> np.ndarray:
        """Half of the ranges: what floats hold may be farther apart than they hold."""
        half = 0.5 * self.high - 0.5 * self.low
        size = np.maximum(np.abs(0.5 * self.low), np.abs(0.5 * self.high))
        return np.where(half > 0.0, half, np.where(size > 0.0, size, 1.0))

    def outside(self, forecasts: np.ndarray) -> np.ndarray:
        """Return how far forecasts (M, horizon, N) lie outside by (1)."""
        half = 0.5 * forecasts
        outside = np.fmax(half - 0.5 * self.high, 0.5 * self.low - half)
        with np.errstate(over="ignore", invalid="ignore"):
            return np.fmax(outside, 0.0) / self.half

    def growth(self, horizon: int) -> np.ndarray:
        """Return g_h of the side of large sizes, (horizon, N)."""
        sizes = np.abs([self.low, self.middle, self.high])
        grows = (np.sign(self.low) == np.sign(self.high)) & (self.low != 0.0)
        near, middle, far = np.where(grows, np.sort(sizes, axis=0), 1.0)
        time = self.time(horizon)
        with np.errstate(over="ignore", invalid="ignore"):
            more = np.minimum(far / middle, middle / near) ** (2.0 * time) - 1.0
            return np.fmax(0.5 * far / self.half * more, time)  # (3)

    def time(self, horizon: int) -> np.ndarray:
        """Return g_h of other sides: steps as shares of the series, (horizon, N)."""
        shares = np.arange(1, horizon + 1)[:, None] / np.maximum(self.count - 1, 1)
        return np.minimum(shares, 1.0)

    def held(self, forecasts: np.ndarray, limit: np.ndarray) -> np.ndarray:
        """Return the numbers at so many ranges outside, on the sides of forecasts."""
        with np.errstate(over="ignore"):
            beyond = 2.0 * (limit * self.half)
            return np.where(forecasts > self.high, self.high + beyond, self.low - beyond)


class Used(NamedTuple):
    """Hold what is combined.

    Attributes
    ----------
    forecasts : (M, horizon, N) array
        NaN for members that are left out; held at the limit where they go beyond it.
    held : (M, horizon, N) bool array
        Which forecasts are held at the limit.
    infinite, run_away : (M, N) int arrays
        The step, from 1, from which on a member is left out because its forecast is not finite, or
        at which it first runs away; 0 for none.
    """

    forecasts: np.ndarray
    held: np.ndarray
    infinite: np.ndarray
    run_away: np.ndarray


def usable(forecasts: np.ndarray, counted: np.ndarray, span: Span, known: np.ndarray) -> Used:
    """Tell which forecasts can be used, and hold those that go too far.

    Parameters
    ----------
    forecasts : (M, horizon, N) array
    counted : (M, N) bool array
        Which members were fitted and have a weight.
    span : Span
    known : (horizon, N) bool array
        The steps that forecasts are looked at: those whose regressors are known.
    """
    counted = counted[:, None]
    infinite = counted & known & ~np.isfinite(forecasts)
    looked_at = counted & known & ~infinite
    seen = np.where(looked_at, forecasts, 0.0)
    far = np.where(looked_at, span.outside(seen), np.inf)
    of_large = np.sign(seen) == np.sign(0.5 * span.low + 0.5 * span.high)
    grown = np.where(of_large, span.growth(len(known)), span.time(len(known)))
    limit, end = (
        np.maximum(ranges + grown, times * far.min(axis=0)) for ranges, times in (_HELD, _RUNS_AWAY)
    )
    run_away = looked_at & (far > end)
    finite = counted & ~np.logical_or.accumulate(infinite, axis=1)
    finite = np.where(finite.any(axis=0), finite, counted)
    held = looked_at & (far > limit)
    combined = np.where(held, span.held(seen, limit), forecasts)
    combined = np.where(finite, combined, np.nan)
    return Used(combined, held, _first(infinite & ~finite), _first(run_away & finite))


def _first(marked: np.ndarray) -> np.ndarray:
    """Return the first step that is marked, from 1; 0 for none."""
    return np.where(marked.any(axis=1), marked.argmax(axis=1) + 1, 0)


def unweighted(weights: np.ndarray, present: np.ndarray) -> np.ndarray:
    """Tell of which series there are members, but none with a weight, (N,)."""
    return np.asarray(present.any(axis=0)) & ~(present & (weights > 0.0)).any(axis=0)


def shares(weights: np.ndarray, present: np.ndarray) -> np.ndarray:
    """Return the weights (M, N) of members that are there, with the sum 1.

    Where none of these has a weight, they have the same.
    """
    weights = np.where(present, weights, 0.0)
    weights = np.where(weights.any(axis=0), weights, present)
    return weights / np.maximum(weights.sum(axis=0), 1e-300)


def median(values: np.ndarray) -> np.ndarray:
    """Return medians over the members, (.., N), of values (M, .., N), NaN where there is none."""
    ordered = np.sort(values, axis=0)  # NaN last
    count = np.count_nonzero(~np.isnan(ordered), axis=0)
    lower, upper = np.maximum(count - 1, 0) // 2, np.minimum(count // 2, len(values) - 1)
    low, high = (np.take_along_axis(ordered, k[None], axis=0)[0] for k in (lower, upper))
    return np.where(low == high, low, 0.5 * low + 0.5 * high)


def geometric_mean(sizes: np.ndarray) -> np.ndarray:
    """Return geometric means over the members, (.., N), of sizes (M, .., N), NaN where none.

    None counts as less than a hundredth of the largest: what is 0 does not make all 0.
    """
    known = ~np.isnan(sizes)
    largest = np.fmax.reduce(sizes, axis=0)
    with np.errstate(divide="ignore"):  # of sizes that are all 0
        logs = np.log(np.fmax(sizes, 0.01 * largest))
    count = np.count_nonzero(known, axis=0)
    total = np.where(known, logs, 0.0).sum(axis=0)
    return np.where(count > 0, np.exp(total / np.maximum(count, 1)), np.nan)


def mean(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return weighted means over the members, (.., N), of values (M, .., N), NaN where none.

    `weights` are (M, N). Where all members that are there have none, there is no mean.
    """
    known = ~np.isnan(values)
    shape = (len(weights), *(1,) * (values.ndim - 2), weights.shape[1])
    parts = np.where(known, weights.reshape(shape), 0.0)
    total = parts.sum(axis=0)
    parts /= np.where(total > 0.0, total, 1.0)
    known = parts > 0.0
    combined = np.where(known, parts * np.nan_to_num(values, posinf=np.inf, neginf=-np.inf), 0.0)
    return np.where(total > 0.0, combined.sum(axis=0), np.nan)
