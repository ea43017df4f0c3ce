"""Smooth paths: changes that go on from one step to the next."""

from __future__ import annotations

import numpy as np

from tsrnn.synthetic.recursion import autoregression
from tsrnn.synthetic.request import Request, chosen
from tsrnn.synthetic.shocks import draw_shocks
from tsrnn.synthetic.walks import draw_drifts


def smooth_path(rng: np.random.Generator, request: Request) -> np.ndarray:
    """Sum an autoregression of order 1 about a drift, whose coefficient is uniform on (0.1, 0.95).

    A quarter of the paths are integrated once more, at a coefficient of at most 0.7, and return
    slowly to their beginning.
    """
    n = request.n_series
    persistence = rng.uniform(0.1, 0.95, n)
    twice = chosen(rng, 0.25, n)
    changes = autoregression(draw_shocks(rng, request), np.minimum(persistence, 1 - 0.3 * twice))
    again = np.flatnonzero(twice)
    scale = np.sqrt(1.0 - persistence**2)
    changes[:, again] = autoregression(changes[:, again], np.full(len(again), 0.9))
    return np.cumsum(scale * changes + draw_drifts(rng, request), axis=0)
