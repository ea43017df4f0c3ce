"""Worlds about a path: noise, shifts, a season, a level, a scale, digits.

A path z is put into units of its mean change first. With level L, relative change c (a mean change
as a share of the level) and season s a series is one of

    y = L exp(c (z + s))                        multiplicative                          (1)
    y = L (1 + c (z + s - centre))              additive                                (2)
    y = L (1 + c (z - centre)) exp(c s)         a line of a season that grows with it   (3)

in 60, 25 and 15 of a hundred series. The centre is the mean of the path, or where y would come
below a twentieth of the largest, in nine of ten series, a point that keeps it there.
"""

from __future__ import annotations

import numpy as np

from tsrnn.synthetic import modifiers
from tsrnn.synthetic.frequencies import (
    CHANGE,
    CHANGE_SPREAD,
    NOISE,
    NOISY,
    SEASON,
    SEASON_SPREAD,
    SEASONAL,
    SHIFTED,
)
from tsrnn.synthetic.recursion import arma
from tsrnn.synthetic.request import Request, chosen, log_normal
from tsrnn.synthetic.seasons import draw_season
from tsrnn.synthetic.shocks import draw_shocks
from tsrnn.synthetic.units import in_own_changes

# What the logarithm of a season in (1) and (3) comes to at most.
_MOST_OF_A_SEASON = 2.5


def dress(rng: np.random.Generator, request: Request, path: np.ndarray) -> np.ndarray:
    """Make series of paths that have no season yet, (T, n)."""
    z = in_own_changes(_disturbed(rng, request, path), request)
    return _placed(rng, request, z, _season(rng, request))


def dress_seasonal(rng: np.random.Generator, request: Request, path: np.ndarray) -> np.ndarray:
    """Make series of paths that have what season and noise they need, (T, n)."""
    z = in_own_changes(path, request)
    return _placed(rng, request, z, np.zeros(request.shape))


def dress_ratio(rng: np.random.Generator, request: Request, ratio: np.ndarray) -> np.ndarray:
    """Make series of positive paths about 1, (T, n)."""
    y = draw_levels(rng, request.n_series) * ratio
    return modifiers.rounded(rng, request, y)


def dress_counts(rng: np.random.Generator, request: Request, counts: np.ndarray) -> np.ndarray:
    """Leave counts as they are."""
    return counts


def draw_levels(rng: np.random.Generator, n: int) -> np.ndarray:
    """Draw levels: log-uniform from 3 to 30,000, (n,)."""
    return 10.0 ** rng.uniform(0.5, 4.5, n)


def _disturbed(rng: np.random.Generator, request: Request, path: np.ndarray) -> np.ndarray:
    """Add noise to some of the paths, in units of its changes, and sudden shifts to some."""
    n = request.n_series
    z = in_own_changes(path, request)
    noisy = np.flatnonzero(chosen(rng, request.prior(NOISY), n))
    if noisy.size:
        part = request.take(noisy)
        size = part.prior(NOISE) * log_normal(rng, 1.0, 1.0, noisy.size)
        noise = draw_shocks(rng, part)
        memory = rng.uniform(-0.3, 0.6, noisy.size) * chosen(rng, 0.3, noisy.size)
        noise = arma(noise, np.stack([memory, np.zeros(noisy.size)]))
        z[: len(noise), noisy] += size * noise
    shifted = np.flatnonzero(chosen(rng, request.prior(SHIFTED), n))
    z[:, shifted] += modifiers.shifts(rng, request, shifted)
    return z


def _season(rng: np.random.Generator, request: Request) -> np.ndarray:
    n = request.n_series
    season = np.zeros(request.shape)
    has = chosen(rng, request.prior(SEASONAL), n) & (request.periods > 1)
    series = np.flatnonzero(has)
    if series.size:
        part = request.take(series)
        spread = part.prior(SEASON_SPREAD) * rng.standard_normal(series.size)
        drawn = draw_season(rng, part)
        season[: len(drawn), series] = part.prior(SEASON) * np.exp(spread) * drawn
    return season


def _placed(
    rng: np.random.Generator, request: Request, z: np.ndarray, season: np.ndarray
) -> np.ndarray:
    """Put paths at levels by (1), (2) or (3), with outliers, to so many digits."""
    n = request.n_series
    outlying = np.flatnonzero(chosen(rng, modifiers.OUTLYING, n))
    z[:, outlying] += modifiers.outliers(rng, request, outlying)
    change = 10.0 ** (request.prior(CHANGE) + request.prior(CHANGE_SPREAD) * rng.standard_normal(n))
    kind = rng.choice(3, n, p=(0.6, 0.25, 0.15))
    inside = np.arange(len(z))[:, None] < request.lengths
    z, season = np.where(inside, z, 0.0), np.where(inside, season, 0.0)
    width = np.ptp(z, axis=0)
    change = _tamed(rng, change, width)
    has_season = season.any(axis=0)
    z[:, kind == 1] += season[:, kind == 1]  # (2)
    growth, growing = np.zeros_like(z), np.flatnonzero((kind != 1) & has_season)
    growth[:, growing] = _limited(change[growing] * season[:, growing])
    total = change * z
    y = _positive(rng, total)
    at = np.flatnonzero(kind == 0)  # (1)
    about = total[:, at] - total.mean(axis=0)[at]
    y[:, at] = np.exp(np.clip(about, -9.0, 9.0) + growth[:, at])
    at = np.flatnonzero((kind == 2) & has_season)  # (3)
    y[:, at] *= np.exp(growth[:, at])
    return modifiers.rounded(rng, request, draw_levels(rng, n) * y)


def _tamed(rng: np.random.Generator, change: np.ndarray, width: np.ndarray) -> np.ndarray:
    """Hold the range of a series within bounds: 2.3 times a log-normal number, in logarithms."""
    most = log_normal(rng, 2.3, 0.6, len(change))
    return np.minimum(change, most / np.maximum(width, 1.0))


def _limited(x: np.ndarray) -> np.ndarray:
    return _MOST_OF_A_SEASON * np.tanh(x / _MOST_OF_A_SEASON)


def _positive(rng: np.random.Generator, total: np.ndarray) -> np.ndarray:
    """Return 1 + total about its centre, kept above zero in nine of ten series."""
    low, mean = total.min(axis=0), total.mean(axis=0)
    least = 0.05 * np.maximum(np.ptp(total, axis=0), 1e-6)
    kept = chosen(rng, 0.9, total.shape[1])
    shift = np.where(kept, np.maximum(1.0 - mean, least - low), 1.0 - mean)
    return total + shift
