"""Random walks with drift, and ARMA processes, stationary or summed."""

from __future__ import annotations

import numpy as np

from tsrnn.synthetic.frequencies import DRIFT, DRIFTING, RISING
from tsrnn.synthetic.recursion import arma
from tsrnn.synthetic.request import Request, chosen
from tsrnn.synthetic.shocks import draw_shocks


def draw_drifts(rng: np.random.Generator, request: Request) -> np.ndarray:
    """Draw drifts a step, in sizes of a shock, (n,): 0 in some, normal, more of them upward."""
    n = request.n_series
    drift = np.abs(rng.standard_normal(n)) * request.prior(DRIFT)
    drift *= chosen(rng, request.prior(DRIFTING), n)
    return np.where(chosen(rng, request.prior(RISING), n), drift, -drift)


def random_walk(rng: np.random.Generator, request: Request) -> np.ndarray:
    """Sum shocks and a drift.

    As many have a drift as the frequency says, normal with its standard deviation, upward mostly.
    """
    return np.cumsum(draw_shocks(rng, request) + draw_drifts(rng, request), axis=0)


def arma_process(rng: np.random.Generator, request: Request) -> np.ndarray:
    """Draw ARMA(2, 2) processes, half of them summed with a drift.

    The autoregressive part by its partial autocorrelations, the first uniform on (-0.5, 0.98), the
    second on (-0.6, 0.6); the moving average's, uniform on (-0.9, 0.6) and (-0.4, 0.4). Either has
    one coefficient in a third of the series, none in another.
    """
    n = request.n_series
    ar = _coefficients(rng, (-0.5, 0.98), (-0.6, 0.6), n)
    ma = -_coefficients(rng, (-0.6, 0.9), (-0.4, 0.4), n)
    x = arma(draw_shocks(rng, request), ar, ma)
    summed = np.flatnonzero(chosen(rng, 0.5, n))
    drift = draw_drifts(rng, request)[summed]
    x[:, summed] = np.cumsum(x[:, summed] + drift * x[:, summed].std(axis=0), axis=0)
    return x


def _coefficients(
    rng: np.random.Generator, first: tuple[float, float], second: tuple[float, float], n: int
) -> np.ndarray:
    """Draw coefficients of stationary processes by partial autocorrelations, (2, n)."""
    n_kept = rng.integers(0, 3, n)
    p_1 = rng.uniform(*first, n) * (n_kept >= 1)
    p_2 = rng.uniform(*second, n) * (n_kept == 2)
    return np.stack([p_1 * (1.0 - p_2), p_2])
