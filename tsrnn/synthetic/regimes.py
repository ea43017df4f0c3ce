"""Regimes: stretches with a level or a drift of their own, one after another."""

from __future__ import annotations

import numpy as np

from tsrnn.synthetic.recursion import autoregression
from tsrnn.synthetic.request import Request, between, chosen, log_normal
from tsrnn.synthetic.shocks import draw_shocks

_MOST = 64


def draw_stretches(rng: np.random.Generator, request: Request, mean: np.ndarray) -> np.ndarray:
    """Draw which stretch, 0, 1, 2, ..., each step belongs to, (T, n): geometric lengths."""
    changes = rng.random(request.shape) < 1.0 / mean
    changes[0] = False
    return np.minimum(np.cumsum(changes, axis=0), _MOST - 1)


def regimes(rng: np.random.Generator, request: Request) -> np.ndarray:
    """Draw levels that jump, or drifts that change, half of them between two only.

    The mean length of a regime is log-uniform from 6 steps to the length of the series. Levels are
    normal, in sizes of a shock times a log-normal number with a median of 3; about a level lies an
    AR(1) process with a coefficient uniform on (0, 0.8). Drifts, in 2 of 5 series, have a median
    size of 0.7 of the shocks of a random walk.
    """
    n = request.n_series
    mean = np.exp(rng.uniform(np.log(6.0), np.log(np.maximum(request.lengths, 7))))
    stretches = draw_stretches(rng, request, mean)
    values = rng.standard_normal((_MOST, n))
    two = np.flatnonzero(chosen(rng, 0.5, n))
    values[2:, two] = np.resize(values[:2, two], (_MOST - 2, len(two)))
    values = np.take_along_axis(values, stretches, axis=0)
    shocks = draw_shocks(rng, request)
    drifting = np.flatnonzero(chosen(rng, 0.4, n))
    levels = log_normal(rng, 3.0, 0.6, n) * values
    x = levels + autoregression(shocks, rng.uniform(0.0, 0.8, n))
    drift = log_normal(rng, 0.7, 0.6, n) * values
    x[:, drifting] = np.cumsum((drift + shocks)[:, drifting], axis=0)
    return x


def mean_reverting(rng: np.random.Generator, request: Request) -> np.ndarray:
    """Draw AR(1) processes about a level.

    The steps that they take to forget half of a shock are log-uniform from 2 to 60.
    """
    half_life = between(rng, 2.0, 60.0, request.n_series)
    return autoregression(draw_shocks(rng, request), 0.5 ** (1.0 / half_life))
