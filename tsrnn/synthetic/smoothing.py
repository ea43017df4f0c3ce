"""Smoothing models: the library's own cells, fed with shocks about what they predict.

x_t = o_t + e_t, or x_t = o_t (1 + e_t) in the multiplicative ones (see `tsrnn.cells`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tsrnn._scan.unroll import generate
from tsrnn.cells.complex_smoothing import COMPLEX
from tsrnn.cells.holt_winters import holt_winters_add, holt_winters_mul
from tsrnn.cells.smoother_cell import SmootherCell
from tsrnn.cells.smoothing import HOLT
from tsrnn.synthetic.frequencies import ALPHA_A, ALPHA_B, CHANGE, CHANGE_SPREAD, SEASON, SEASONAL
from tsrnn.synthetic.request import Request, chosen
from tsrnn.synthetic.seasons import draw_patterns
from tsrnn.synthetic.shocks import draw_shocks
from tsrnn.synthetic.walks import draw_drifts

# A multiplicative model that goes so far up or down, as a factor, is run again with smaller shocks.
_FARTHEST = 30.0


def additive(rng: np.random.Generator, request: Request) -> np.ndarray:
    """Draw models of Holt and Winters with additive errors, undamped.

    alpha follows a beta distribution by frequency (a mean of 0.8 in yearly series, 0.33 in monthly
    ones), beta a Beta(1, 8), and is 0 in half of the series; the trend begins as a random walk's
    drift, in sizes of a shock times alpha. With a period, as many series have a season as the
    frequency has; gamma is a Beta(1, 8) share of 1 - alpha.
    """
    return _additive(rng, request, np.ones(request.n_series))


def damped(rng: np.random.Generator, request: Request) -> np.ndarray:
    """Draw the same with a damped trend: phi uniform between 0.8 and 0.995."""
    return _additive(rng, request, rng.uniform(0.8, 0.995, request.n_series))


def multiplicative(rng: np.random.Generator, request: Request) -> np.ndarray:
    """Draw models with errors, and a season, that grow with the level, which begins at 1.

    Parameters as in the additive ones, a third of the trends damped. The size of a relative shock
    is that by which the frequency's series change. A series that comes to a thirtieth or to thirty
    times its first level is run again, with shocks and a trend of a tenth, upward and steady.
    """
    n = request.n_series
    phi = np.where(chosen(rng, 1 / 3, n), rng.uniform(0.8, 0.995, n), 1.0)
    theta, trend = _parameters(rng, request, phi)
    spread = request.prior(CHANGE_SPREAD)
    size = 10.0 ** np.minimum(request.prior(CHANGE) + spread * rng.standard_normal(n), -0.5)
    seasons = 1.0 + np.clip(draw_seasons(rng, request) * size, -0.9, 3.0)
    shocks = np.clip(draw_shocks(rng, request) * size, -0.9, 3.0)
    start = np.concatenate([np.ones((1, n)), [trend * size], seasons])
    x = _by_period(holt_winters_mul, theta, start, shocks, request.periods, is_relative=True)
    left = np.flatnonzero(~((x > 1.0 / _FARTHEST) & (x < _FARTHEST)).all(axis=0))
    if left.size:
        theta, start, shocks = theta[:, left], start[:, left], 0.1 * shocks[:, left]
        theta[1], start[1] = 0.0, 0.1 * np.abs(start[1])
        start[2:] = 1.0 + 0.5 * (start[2:] - 1.0)
        periods = request.periods[left]
        again = _by_period(holt_winters_mul, theta, start, shocks, periods, is_relative=True)
        x[:, left] = np.clip(again, 0.1 / _FARTHEST, 10.0 * _FARTHEST)
    return x


def complex_smoothing(rng: np.random.Generator, request: Request) -> np.ndarray:
    """Draw complex smoothing models without a season.

    alpha_0 and alpha_1 are uniform on an ellipse about (1.4, 1) with half axes of 0.33 and 0.13, in
    all of which the smoother forgets where it began.
    """
    theta = draw_complex(rng, request.n_series)
    start = rng.standard_normal((2, request.n_series))
    return generate(COMPLEX, theta, start, draw_shocks(rng, request)[:, None, :])[:, 0]


def draw_complex(rng: np.random.Generator, n: int) -> np.ndarray:
    """Draw the parameters of complex smoothing models, (2, n)."""
    angle, radius = rng.uniform(0.0, 2.0 * np.pi, n), 0.33 * np.sqrt(rng.random(n))
    return np.stack([1.4 + radius * np.cos(angle), 1.0 + 0.4 * radius * np.sin(angle)])


def draw_seasons(rng: np.random.Generator, request: Request) -> np.ndarray:
    """Draw the seasonal states before the first step, (longest period, n), in sizes of a shock."""
    has = (request.periods > 1) & chosen(rng, request.prior(SEASONAL), request.n_series)
    size = request.prior(SEASON) * np.exp(0.8 * rng.standard_normal(request.n_series))
    return draw_patterns(rng, request.periods) * (size * has)


def _parameters(
    rng: np.random.Generator, request: Request, phi: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Draw (alpha, beta, gamma, phi), (4, n), and the trend before the first step, (n,)."""
    n = request.n_series
    alpha = rng.beta(request.prior(ALPHA_A), request.prior(ALPHA_B))
    moves = chosen(rng, 0.5, n)
    beta = rng.beta(1.0, 8.0, n) * moves
    gamma = rng.beta(1.0, 8.0, n) * (1.0 - alpha) * (request.periods > 1)
    trend = draw_drifts(rng, request) * np.maximum(alpha, 0.1)
    return np.stack([alpha, beta, gamma, phi]), trend


def _additive(rng: np.random.Generator, request: Request, phi: np.ndarray) -> np.ndarray:
    theta, trend = _parameters(rng, request, phi)
    start = np.concatenate(
        [np.zeros((1, request.n_series)), trend[None], draw_seasons(rng, request)]
    )
    return _by_period(holt_winters_add, theta, start, draw_shocks(rng, request), request.periods)


def _by_period(
    cell_of: Callable[[int], SmootherCell],
    theta: np.ndarray,
    start: np.ndarray,
    shocks: np.ndarray,
    periods: np.ndarray,
    *,
    is_relative: bool = False,
) -> np.ndarray:
    """Run series of the same period side by side, (T, n); those without a season by Holt's cell."""
    x = np.empty(shocks.shape)
    for period in np.unique(periods):
        at = np.flatnonzero(periods == period)
        if period == 1:
            cell, parameters, states = HOLT, theta[[0, 1, 3]][:, at], start[:2, at]
        else:
            cell, parameters, states = cell_of(int(period)), theta[:, at], start[: 2 + period, at]
        innovations = np.ascontiguousarray(shocks[:, None, at])
        made = generate(
            cell,
            np.ascontiguousarray(parameters),
            np.ascontiguousarray(states),
            innovations,
            is_relative=is_relative,
        )
        x[:, at] = made[:, 0]
    return x
