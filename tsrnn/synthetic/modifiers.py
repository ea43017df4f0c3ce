"""Mishaps of series of any family: outliers, level shifts, digits, missing values."""

from __future__ import annotations

import numpy as np

from tsrnn.synthetic.request import Request, between, chosen, log_normal

# How many series have outliers at all.
OUTLYING = 0.25

# How many series are rounded.
_ROUNDED = 0.6


def outliers(rng: np.random.Generator, request: Request, series: np.ndarray) -> np.ndarray:
    """Draw single values far off in 1% of the steps, (T, k), in units of a series' mean change.

    Their sizes have a median of 5 in a series, spread 0.6 in logarithms, and either sign.
    """
    shape = request.n_timesteps, len(series)
    size = log_normal(rng, 5.0, 0.6, len(series))
    hit = rng.random(shape) < 0.01
    return hit * size * rng.standard_normal(shape)


def shifts(rng: np.random.Generator, request: Request, series: np.ndarray) -> np.ndarray:
    """Draw a sudden shift each, (T, k), at a time uniform over its life; median size 5 changes."""
    n = len(series)
    when = rng.random(n) * request.lengths[series]
    size = log_normal(rng, 5.0, 0.7, n) * rng.choice((-1.0, 1.0), n)
    return size * (request.steps() >= when)


def rounded(rng: np.random.Generator, request: Request, y: np.ndarray) -> np.ndarray:
    """Round 60% of the series, to the digit by which they change a step or one to three finer.

    To that digit itself one of eight.
    """
    n = request.n_series
    change = np.abs(np.diff(y, axis=0)).mean(axis=0) if len(y) > 1 else np.ones(n)
    change = np.where(change > 0.0, change, 1.0)
    unit = 10.0 ** (np.floor(np.log10(change)) - rng.choice(4, n, p=(0.125, 0.375, 0.3, 0.2)))
    at = np.flatnonzero(chosen(rng, _ROUNDED, n))
    y[:, at] = np.round(y[:, at] / unit[at]) * unit[at]
    return y


def missing(rng: np.random.Generator, request: Request, share: float) -> np.ndarray:
    """Draw which values are missing, (T, n) bool: the share of each series is exponential about it.

    Half of them lie alone, and half in gaps of a mean length log-uniform from 2 to 20.
    """
    n = request.n_series
    shares = np.minimum(share * rng.standard_exponential(n), 0.5 + 0.5 * share)
    alone = rng.random(request.shape) < 0.5 * shares
    length = between(rng, 2.0, 20.0, n)
    begins = rng.random(request.shape) < 0.5 * shares / length
    begun = np.where(begins, request.steps(), -np.inf)
    since = request.steps() - np.maximum.accumulate(begun, axis=0)
    gone = alone | (since < length)
    gone[0] = False
    return gone
