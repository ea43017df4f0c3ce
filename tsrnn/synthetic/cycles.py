"""Cycles of no fixed length, such as those of business."""

from __future__ import annotations

import numpy as np

from tsrnn.synthetic.recursion import autoregression
from tsrnn.synthetic.request import Request, between, log_normal
from tsrnn.synthetic.shocks import draw_shocks
from tsrnn.synthetic.walks import draw_drifts


def cycle_coefficients(radius: np.ndarray, length: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a_1 and a_2 of AR(2) processes whose roots have this modulus and wave length."""
    return 2.0 * radius * np.cos(2.0 * np.pi / length), -(radius**2)


def cycle(rng: np.random.Generator, request: Request) -> np.ndarray:
    """Draw AR(2) processes with complex roots, beside a drift as random walks have.

    The length of a cycle is log-uniform from 5 steps to six tenths of the series, the modulus of
    the roots is 1 minus a log-uniform number from 0.02 to 0.3.
    """
    n = request.n_series
    length = np.exp(rng.uniform(np.log(5.0), np.log(np.maximum(0.6 * request.lengths, 6.0))))
    radius = 1.0 - between(rng, 0.02, 0.3, n)
    x = autoregression(draw_shocks(rng, request), *cycle_coefficients(radius, length))
    drift = draw_drifts(rng, request) * log_normal(rng, 1.0, 0.7, n)
    return x + drift * request.steps()
