"""Gaussian processes whose kernels are sums and products of a few.

A stationary kernel is the mean of cos(w (s - t)) over its spectral distribution of frequencies w,
so that

    x_t = sqrt(2 / J) sum_j a_j cos(w_j t + p_j),    a_j normal, p_j uniform              (1)

has the kernel, if the w_j are drawn from that distribution (random Fourier features, Rahimi and
Recht 2007); whatever J is the covariance is exact, and with J frequencies the values are nearly
jointly normal. The product of two kernels has as its spectral distribution that of sums of the
frequencies of each, and the product with the linear kernel c^2 + s t multiplies x by a line through
a point of the series. So each series has a kernel of its own at the price of J cosines a step.
"""

from __future__ import annotations

import numpy as np

from tsrnn.synthetic.request import Request, between, chosen, log_normal
from tsrnn.synthetic.trends import turned

_N_FREQUENCIES = 24
_MOST_HARMONICS = 8


def gaussian_process(rng: np.random.Generator, request: Request) -> np.ndarray:
    """Draw Gaussian processes: a kernel, or the sum of two, either by itself or times another.

    Kernels are RBF with length scales log-uniform from 0.02 to 1 of the series' life, rational
    quadratic with a shape of 0.5 to 3, periodic with a period from 5 steps to half of the series,
    and linear: the process times a line in a quarter of the series, a line beside it in
    another. White noise has a median size of a fiftieth of the process, spread 1.5 in logarithms.
    """
    first, second = _process(rng, request), _process(rng, request)
    n = request.n_series
    x = first + second * (rng.random(n) * chosen(rng, 0.6, n))
    line = request.shares() - rng.uniform(-0.5, 1.0, n)
    x *= np.where(chosen(rng, 0.25, n), line, 1.0)
    x += line * (2.0 * rng.standard_normal(n) * chosen(rng, 0.25, n))
    noise = log_normal(rng, 0.02, 1.5, n) * x.std(axis=0) * rng.standard_normal(x.shape)
    return turned(rng, request, x) + noise


def _process(rng: np.random.Generator, request: Request) -> np.ndarray:
    """Draw processes by (1), (T, n)."""
    n = request.n_series
    shape = _N_FREQUENCIES, n
    frequencies = _smooth(rng, request)
    periodic = _periodic(rng, request)
    kind = rng.integers(0, 3, n)  # smooth, periodic, their product
    frequencies *= kind != 1
    frequencies += periodic * (kind != 0)
    weights = rng.standard_normal(shape) * np.sqrt(2.0 / _N_FREQUENCIES)
    phases = rng.uniform(0.0, 2.0 * np.pi, shape)
    return waves(frequencies, weights, phases, request.n_timesteps)


def waves(
    frequencies: np.ndarray, weights: np.ndarray, phases: np.ndarray, n_timesteps: int
) -> np.ndarray:
    """Return (1): a turn of each wave by its frequency takes it from one step to the next.

    The turns are multiplied up by doubling: cosines of T steps are those of the first half times
    those of the turn by half of them.
    """
    waves = np.empty((n_timesteps, *frequencies.shape), dtype=complex)
    waves[0] = weights * np.exp(1j * phases)
    n_done = 1
    while n_done < n_timesteps:
        n_more = min(n_done, n_timesteps - n_done)
        np.multiply(waves[:n_more], np.exp(1j * n_done * frequencies), out=waves[n_done:][:n_more])
        n_done += n_more
    return waves.real.sum(axis=1)


def _smooth(rng: np.random.Generator, request: Request) -> np.ndarray:
    """Draw frequencies of RBF kernels, or in a third of the series rational quadratic ones."""
    n = request.n_series
    scale = between(rng, 0.02, 1.0, n) * np.maximum(request.lengths, 4)
    frequencies = rng.standard_normal((_N_FREQUENCIES, n)) / np.maximum(scale, 1.0)
    rational = np.flatnonzero(chosen(rng, 1 / 3, n))
    shape = between(rng, 0.5, 3.0, len(rational))
    # A rational quadratic kernel is a mixture of RBF ones with gamma-distributed precisions.
    mixed = rng.gamma(shape, 1.0 / shape, (_N_FREQUENCIES, len(rational)))
    frequencies[:, rational] *= np.sqrt(mixed)
    return np.minimum(np.abs(frequencies), np.pi)


def _periodic(rng: np.random.Generator, request: Request) -> np.ndarray:
    """Draw frequencies of periodic kernels: harmonics, the k-th with probability ~ r^k."""
    n = request.n_series
    period = np.exp(rng.uniform(np.log(5.0), np.log(np.maximum(0.5 * request.lengths, 6.0))))
    decay = rng.uniform(0.1, 0.8, n)
    # Geometric by inversion, cut at the last harmonic and at what steps can show.
    harmonic = 1.0 + np.floor(np.log(rng.random((_N_FREQUENCIES, n))) / np.log(decay))
    harmonic = np.minimum(harmonic, np.minimum(_MOST_HARMONICS, np.floor(period / 2.0)))
    return 2.0 * np.pi * harmonic / period
