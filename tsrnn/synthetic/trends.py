"""Trends that break, and trends that come to an end: piecewise lines, saturating curves."""

from __future__ import annotations

import numpy as np

from tsrnn.synthetic.frequencies import BREAKS, RISING
from tsrnn.synthetic.recursion import autoregression
from tsrnn.synthetic.request import Request, between, chosen, log_normal
from tsrnn.synthetic.shocks import draw_shocks

_MOST_BREAKS = 6


def about(rng: np.random.Generator, request: Request, curve: np.ndarray) -> np.ndarray:
    """Add what happens about a curve of changes of size 1, (T, n).

    Autoregressive shocks with a coefficient uniform on (0, 0.95), or in half of the series a random
    walk, whose changes are half the curve's in the median (spread 1 in logarithms).
    """
    n = request.n_series
    walks = chosen(rng, 0.5, n)
    persistence = np.where(walks, 0.999, rng.uniform(0.0, 0.95, n))
    shocks = draw_shocks(rng, request)
    noise = autoregression(shocks, persistence)
    noise -= noise[0]
    return curve + log_normal(rng, 0.5, 1.0, n) * noise


def broken_places(
    rng: np.random.Generator, request: Request, mean: np.ndarray | float
) -> np.ndarray:
    """Draw the times of breaks in order, (most breaks, n): infinite where there is none."""
    n = request.n_series
    n_breaks = np.minimum(rng.poisson(mean, n), _MOST_BREAKS)
    places = rng.random((_MOST_BREAKS, n)) * request.lengths
    places[np.arange(_MOST_BREAKS)[:, None] >= n_breaks] = np.inf
    return np.sort(places, axis=0)


def broken_trend(rng: np.random.Generator, request: Request) -> np.ndarray:
    """Draw continuous piecewise lines, with what happens about them.

    The number of breaks is Poisson's with the frequency's mean, their places are uniform over the
    life of a series, its last part included. Slopes are normal about a third of the one before; in
    a third of the series all but the first are near 0. Lines that end above their beginning are as
    many as the frequency has.
    """
    n = request.n_series
    places = broken_places(rng, request, request.prior(BREAKS))
    slopes = rng.standard_normal((_MOST_BREAKS + 1, n))
    slopes[1:] *= np.where(chosen(rng, 1 / 3, n), 0.1, 1.0)
    slopes[1:] += 0.33 * slopes[:-1]
    changes = np.repeat(slopes[:1], request.n_timesteps, axis=0)
    steps = request.steps()
    for place, before, after in zip(places, slopes[:-1], slopes[1:], strict=True):
        if np.isfinite(place).any():
            changes += (steps >= place) * (after - before)
    changes /= np.maximum(np.abs(changes).mean(axis=0), 0.2)
    return about(rng, request, turned(rng, request, np.cumsum(changes, axis=0)))


def saturation(rng: np.random.Generator, request: Request) -> np.ndarray:
    """Draw curves that come to a limit, or pass a peak, with what happens about them.

    With u the share of a series' life, a rate between 2 and 25 and a middle m uniform on
    (-0.1, 1.3): logistic growth 1 / (1 + exp(-rate (u - m))), a limit approached exponentially
    from m on, Gompertz's exp(-exp(-rate (u - m))), or a wave 1 / cosh(rate (u - m)), a quarter
    each; most end above their beginning, as many as the frequency has.
    """
    n = request.n_series
    rate, middle = between(rng, 2.0, 25.0, n), rng.uniform(-0.1, 1.3, n)
    kind = rng.integers(0, 4, n)
    x = np.clip(rate * (request.shares() - middle), -30.0, 30.0)
    curve = np.empty_like(x)
    for number, function in enumerate((_logistic, _approach, _gompertz, _hump)):
        at = np.flatnonzero(kind == number)
        curve[:, at] = function(x[:, at])
    changes = np.abs(np.diff(curve, axis=0)).mean(axis=0) if len(curve) > 1 else np.ones(n)
    return about(rng, request, turned(rng, request, curve / np.maximum(changes, 1e-4)))


def turned(rng: np.random.Generator, request: Request, curve: np.ndarray) -> np.ndarray:
    """Turn curves over until as many end above their beginning as the frequency has rising."""
    ends = curve[np.minimum(request.lengths, len(curve)) - 1, np.arange(request.n_series)]
    up = np.where(chosen(rng, request.prior(RISING), request.n_series), 1.0, -1.0)
    return curve * np.where(ends < curve[0], -up, up)


def _logistic(x: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-x))


def _approach(x: np.ndarray) -> np.ndarray:
    return 1.0 - np.exp(-np.maximum(x, 0.0))


def _gompertz(x: np.ndarray) -> np.ndarray:
    return np.exp(-np.exp(-x))


def _hump(x: np.ndarray) -> np.ndarray:
    return 1.0 / np.cosh(0.5 * x)
