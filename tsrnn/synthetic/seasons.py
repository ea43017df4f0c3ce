"""Seasons: patterns of a period, and how they change over the years."""

from __future__ import annotations

import numpy as np

from tsrnn.synthetic.recursion import autoregression
from tsrnn.synthetic.request import Request, between, chosen, log_normal

_MOST_HARMONICS = 12
_ROUGH = 0.35
_EVOLVING = 0.4
_TWO = 0.5

# The longer season beside that of a period: the week beside the day, the year beside the week.
_SECOND = {24: 168, 48: 336, 96: 672, 7: 364, 5: 260}


def draw_patterns(rng: np.random.Generator, periods: np.ndarray) -> np.ndarray:
    """Draw patterns of mean 0 and standard deviation 1, (longest period, n); 0 after each period.

    Two thirds are sums of harmonics of random phase, normal with weights k^-p, p uniform on
    (0.5, 2.5), up to a harmonic drawn from 1 to 12 (or half the period). The others are rough:
    independent normal values, or in half of them nearly the same ones but for one step in six.
    A period of 1 has a pattern of zeros.
    """
    n, longest = len(periods), int(periods.max(initial=1))
    rough = np.flatnonzero(chosen(rng, _ROUGH, n))
    smooth = np.setdiff1d(np.arange(n), rough)
    pattern = np.empty((longest, n))
    pattern[:, smooth] = _harmonics(rng, periods[smooth], longest)
    pattern[:, rough] = _rough(rng, longest, len(rough))
    inside = np.arange(longest)[:, None] < periods
    pattern *= inside
    pattern -= inside * (pattern.sum(axis=0) / periods)
    size = np.sqrt((pattern**2).sum(axis=0) / periods)
    return pattern / np.where(size > 0.0, size, 1.0)


def _harmonics(rng: np.random.Generator, periods: np.ndarray, longest: int) -> np.ndarray:
    n = len(periods)
    most = np.minimum(periods // 2, _MOST_HARMONICS)
    n_harmonics = rng.integers(1, np.maximum(most, 1) + 1)
    slope = rng.uniform(0.5, 2.5, n)
    angle = 2.0 * np.pi * np.arange(longest)[:, None] / periods
    pattern = np.zeros((longest, n))
    for k in range(1, int(n_harmonics.max(initial=0)) + 1):
        weight, phase = rng.standard_normal(n), rng.uniform(0.0, 2.0 * np.pi, n)
        at = np.flatnonzero((k <= n_harmonics) & (periods > 1))
        size = weight[at] * k ** -slope[at]
        pattern[:, at] += size * np.cos(k * angle[:, at] + phase[at])
    return pattern


def _rough(rng: np.random.Generator, longest: int, n: int) -> np.ndarray:
    pattern = rng.standard_normal((longest, n))
    sparse = chosen(rng, 0.5, n)
    loud = rng.random((longest, n)) < 1 / 6
    return pattern * np.where(sparse & ~loud, 0.1, 1.0)


def repeated(patterns: np.ndarray, periods: np.ndarray, n_timesteps: int) -> np.ndarray:
    """Repeat patterns, (longest period, n), along time, (T, n)."""
    places = np.arange(n_timesteps)[:, None] % periods
    return np.take_along_axis(patterns, places, axis=0)


def draw_season(rng: np.random.Generator, request: Request) -> np.ndarray:
    """Draw the season of every series along time, of a standard deviation of about 1, (T, n).

    In 40% the season evolves: its pattern goes over into another, in part (uniform) and at a
    random time, steadily or within a period; or its amplitude walks, its logarithm by 0.3 in the
    long run. Where a period has a longer one beside it (of a week beside the day, of a year beside
    the week), half have that season as well, at a size of 0.7 in the median, half of them as a
    factor of the first, too, as on weekends.
    """
    n = request.n_series
    patterns = draw_patterns(rng, request.periods)
    season = repeated(patterns, request.periods, request.n_timesteps)
    evolving = np.flatnonzero(chosen(rng, _EVOLVING, n))
    if evolving.size:
        season[:, evolving] = _evolved(rng, request, evolving, season[:, evolving])
    second = np.array([_SECOND.get(int(period), 0) for period in request.periods])
    two = np.flatnonzero(chosen(rng, _TWO, n) & (second > 0))
    if two.size:
        longer = repeated(draw_patterns(rng, second[two]), second[two], request.n_timesteps)
        factor = np.exp(rng.uniform(0.0, 0.4, two.size) * longer * chosen(rng, 0.5, two.size))
        longer *= log_normal(rng, 0.7, 0.6, two.size)
        season[:, two] = (season[:, two] * factor + longer) / 1.2
    return season


def _evolved(
    rng: np.random.Generator, request: Request, series: np.ndarray, season: np.ndarray
) -> np.ndarray:
    """Return seasons, (T, k), as they evolve; the middle of a change may be the end of a series."""
    n, periods, lengths = len(series), request.periods[series], request.lengths[series]
    other = repeated(draw_patterns(rng, periods), periods, request.n_timesteps)
    middle = rng.random(n) * lengths
    width = np.where(chosen(rng, 0.6, n), lengths * rng.uniform(0.2, 1.5, n), periods)
    share = np.clip((request.steps() - middle) / width + 0.5, 0.0, 1.0) * rng.random(n)
    changed = (season + share * (other - season)) / np.sqrt((1.0 - share) ** 2 + share**2)
    persistence = 1.0 - between(rng, 0.002, 0.05, n)
    walk = autoregression(rng.standard_normal((request.n_timesteps, n)), persistence)
    walk *= 0.3 * np.sqrt(1.0 - persistence**2)
    return np.where(chosen(rng, 0.5, n), changed, season * np.exp(walk))
