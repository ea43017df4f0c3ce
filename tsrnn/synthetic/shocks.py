"""Shocks: what drives the families that are driven by chance.

Standard normal, or in 40 to 70% of the series, by frequency, with heavy tails: z exp(h z^2 / 2)
with h uniform up to 0.2 to 0.35 (Tukey's h distribution), for kurtoses from 3 to some hundreds,
scaled to a variance of 1. In an eighth of the series their size changes at once, by a log-normal
factor with a spread of 1, at any time. In another eighth it walks: its logarithm is an
autoregression of order 1 with a standard deviation of 0.1 to 0.6, which forgets in 3 to 200 steps.
"""

from __future__ import annotations

import numpy as np

from tsrnn.synthetic.frequencies import HEAVIEST, HEAVY
from tsrnn.synthetic.recursion import autoregression
from tsrnn.synthetic.request import Request, between, chosen, log_normal

_CHANGING_AT_ONCE = 0.12
_WALKING = 0.12


def draw_shocks(rng: np.random.Generator, request: Request) -> np.ndarray:
    """Draw shocks of every series, (T, n), of a size of about 1."""
    z = rng.standard_normal(request.shape)
    n = request.n_series
    heavy = np.flatnonzero(chosen(rng, request.prior(HEAVY), n))
    h = rng.random(len(heavy)) * request.prior(HEAVIEST)[heavy]
    part = z[:, heavy]
    # The variance of z exp(h z^2 / 2) is (1 - 2 h)^(-3/2).
    z[:, heavy] = (1.0 - 2.0 * h) ** 0.75 * part * np.exp(0.5 * h * np.minimum(part**2, 25.0))
    at_once = np.flatnonzero(chosen(rng, _CHANGING_AT_ONCE, n))
    z[:, at_once] *= _changed_at_once(rng, request, at_once)
    walking = np.flatnonzero(chosen(rng, _WALKING, n))
    z[:, walking] *= _walking(rng, request.n_timesteps, len(walking))
    return z


def _changed_at_once(rng: np.random.Generator, request: Request, series: np.ndarray) -> np.ndarray:
    n = len(series)
    when = rng.random(n) * request.lengths[series]
    factor = log_normal(rng, 1.0, 1.0, n)
    return np.where(request.steps() < when, 1.0, factor)


def _walking(rng: np.random.Generator, n_timesteps: int, n: int) -> np.ndarray:
    persistence = 1.0 - between(rng, 0.005, 0.3, n)
    size = rng.uniform(0.1, 0.6, n) * np.sqrt(1.0 - persistence**2)
    steps = rng.standard_normal((n_timesteps, n))
    return np.exp(size * autoregression(steps, persistence))
