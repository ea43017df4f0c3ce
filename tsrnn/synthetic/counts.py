"""Whole numbers: demand with many zeros, and counts of a rate that changes."""

from __future__ import annotations

import numpy as np

from tsrnn.synthetic.frequencies import SEASONAL
from tsrnn.synthetic.recursion import autoregression
from tsrnn.synthetic.request import Request, between, chosen, log_normal
from tsrnn.synthetic.seasons import draw_patterns, repeated


def intermittent(rng: np.random.Generator, request: Request) -> np.ndarray:
    """Draw demand that is zero in most steps.

    A step has a demand with a probability that is log-uniform from 0.03 to 0.6 in the mean of a
    series, and that a season (log-normal) and, in a third of the series, a line to a half or to
    twice change. Sizes are 1 plus a gamma-mixed Poisson number of mean 0.2 to 30; in a quarter of
    the series all are multiples of a package of 2 to 24.
    """
    n = request.n_series
    probability = between(rng, 0.03, 0.6, n) * _rate(rng, request)
    occurs = rng.random(request.shape) < np.minimum(probability, 0.95)
    sizes = 1.0 + _mixed_poisson(rng, between(rng, 0.2, 30.0, n), request)
    package = np.where(chosen(rng, 0.25, n), rng.integers(2, 25, n), 1)
    return occurs * sizes * package


def counts(rng: np.random.Generator, request: Request) -> np.ndarray:
    """Draw gamma-mixed Poisson counts of a rate that changes with the season and walks.

    The mean rate is log-uniform from 0.5 to 300.
    """
    n = request.n_series
    rate = between(rng, 0.5, 300.0, n) * _rate(rng, request)
    walk = autoregression(rng.standard_normal(request.shape), 1.0 - between(rng, 0.003, 0.2, n))
    rate *= np.exp(np.clip(0.06 * walk, -2.0, 2.0))
    return _mixed_poisson(rng, rate, request)


def _rate(rng: np.random.Generator, request: Request) -> np.ndarray:
    """Draw how a rate changes about its mean, (T, n)."""
    n = request.n_series
    has = chosen(rng, request.prior(SEASONAL), n) & (request.periods > 1)
    patterns = draw_patterns(rng, request.periods) * (log_normal(rng, 0.4, 0.6, n) * has)
    season = repeated(patterns, request.periods, request.n_timesteps)
    end = np.where(chosen(rng, 1 / 3, n), between(rng, 0.25, 4.0, n), 1.0)
    return np.exp(np.clip(season, -3.0, 3.0) + np.log(end) * (request.shares() - 0.5))


def _mixed_poisson(rng: np.random.Generator, rate: np.ndarray, request: Request) -> np.ndarray:
    """Draw Poisson numbers, their rate times gamma variables of shape 1 to 100 in half of them."""
    shape = np.broadcast_to(rate, request.shape).copy()
    mixed = np.flatnonzero(chosen(rng, 0.5, request.n_series))
    form = between(rng, 1.0, 100.0, len(mixed))
    shape[:, mixed] *= rng.gamma(form, 1.0 / form, (request.n_timesteps, len(mixed)))
    return rng.poisson(shape).astype(float)
