"""Sawtooths and trains of spikes: what builds up and is let go, what strikes and fades."""

from __future__ import annotations

import numpy as np

from tsrnn.synthetic.recursion import arma
from tsrnn.synthetic.request import Request, between, chosen, log_normal
from tsrnn.synthetic.shocks import draw_shocks


def sawtooth(rng: np.random.Generator, request: Request) -> np.ndarray:
    """Draw triangular waves, most of them steep on one side, with noise about them.

    The period is log-uniform from 4 steps to half of the series, and in half of the series not
    quite regular. The share of a period spent in rising is uniform, or in half of them 1 or 0.
    Noise has a median of a tenth of the height, spread 1 in logarithms.
    """
    n = request.n_series
    period = np.exp(rng.uniform(np.log(4.0), np.log(np.maximum(0.5 * request.lengths, 5.0))))
    speed = np.ones(request.shape) / period
    loose = np.flatnonzero(chosen(rng, 0.5, n))
    unevenness = rng.standard_normal((request.n_timesteps, len(loose)))
    speed[:, loose] *= np.exp(rng.uniform(0.1, 0.6, len(loose)) * unevenness)
    phase = (rng.random(n) + np.cumsum(speed, axis=0)) % 1.0
    share = rng.uniform(0.05, 0.95, n)
    share = np.where(chosen(rng, 0.5, n), np.round(share), share)
    with np.errstate(divide="ignore", invalid="ignore"):
        wave = np.where(phase < share, phase / share, (1.0 - phase) / (1.0 - share))
    height = 1.0 + chosen(rng, 0.3, n) * rng.uniform(-0.8, 2.0, n) * request.shares()
    noise = log_normal(rng, 0.1, 1.0, n) * draw_shocks(rng, request)
    return wave * height + noise


def spikes(rng: np.random.Generator, request: Request) -> np.ndarray:
    """Draw a quiet level with spikes that fade.

    Spikes come at random, every 5 to 40 steps in the mean, or in half of the series at regular
    intervals as long; of what is left after a step a coefficient uniform on (0, 0.85) tells, or
    nothing in half of the series. Their size is 3 to 30 times that of the noise, up in four of
    five series.
    """
    n = request.n_series
    interval = between(rng, 5.0, 40.0, n)
    at_random = rng.random(request.shape) < 1.0 / interval
    offset = rng.random(n) * interval
    beat = np.floor((request.steps() + offset) / interval)
    regular = np.diff(beat, axis=0, prepend=beat[:1]) > 0.0
    strikes = np.where(chosen(rng, 0.5, n), at_random, regular)
    up = np.where(chosen(rng, 0.8, n), 1.0, -1.0)
    size = up * between(rng, 3.0, 30.0, n)
    sizes = size * np.exp(0.3 * rng.standard_normal(request.shape)) * strikes
    fade = rng.uniform(0.0, 0.85, n) * chosen(rng, 0.5, n)
    return arma(sizes, np.stack([fade, np.zeros(n)])) + draw_shocks(rng, request)
