"""Several seasons of a series, such as those of the day and of the week: taken off and put back.

A series with seasons of m_1 < m_2 < .. time steps is y_t = s_1t s_2t .. z_t (multiplicative) or
y_t = s_1t + s_2t + .. + z_t (additive). The seasons are those of MSTL, as statsmodels has it, of
the series, or of its logarithm if they multiply it: smoothed by STL in turn, the short ones first,
so that they may change along the series. What is forecast has the last of each, over and over.

Values that are missing are interpolated for the decomposition, and for it alone, between those at
the same place of the longest season, or of a shorter one where there are none. Each season is
tested for as one alone is (see `tsrnn.forecasting.season`), in the series less the classical
indices of those that were found. With regressors it is the series net of them that is decomposed;
their coefficients come from changes over the longest season.

Seasons that change along a series take some of its noise with them: what is left varies less than
it should, and what is carried on has errors of its own. How much that is follows from the lengths
of series and seasons alone, for MSTL is linear. It is seen on white noise: where noise of variance
1 leaves u^2 along the series, and a season that is carried on is off by v^2, errors of one step of
variance sigma^2 are short of

    sigma^2 ((1 + v^2) / u^2 - 1)                                                       (1)

which forecasts have more. On held-back values of M4's hourly series with two seasons intervals of
95% held 79% of the values without it, 62% of those of the first six hours; with it 92% and 90%
(`benchmarks/several_seasons.py --parts coverage`).

Source: K. Bandara, R. J. Hyndman and C. Bergmeir, MSTL: a seasonal-trend decomposition algorithm
for time series with multiple seasonal patterns, International Journal of Operational Research 52
(2025).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from tsrnn.forecasting.season import (
    HIDES,
    NOT_POSITIVE,
    UNTESTED,
    Seasons,
    coefficients,
    ends_of,
    filled_by_season,
    is_seasonal,
    seasonal_indices,
    without_largest,
)

# Of the longest season so many values of noise are looked at, at least: the widening is then known
# to some 5%. In longer series than this it is smaller by 2% at most.
_N_NOISES = 500
_MOST_SEASONS = 20


@dataclass(frozen=True)
class SeveralSeasons:
    """Several seasons of N series, of which one is put on the other.

    Attributes
    ----------
    parts : tuple of Seasons
    spread : (N,) array
        The standard deviation of what they add to errors, before factors.
    """

    parts: tuple[Seasons, ...]
    spread: np.ndarray

    def ahead(self, n_timesteps: int) -> tuple[np.ndarray, np.ndarray]:
        """Return factors and offsets of the next steps of all series, (n_timesteps, N)."""
        return _together([part.ahead(n_timesteps) for part in self.parts])

    def along(self, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return factors and offsets of the next rows of each series, (n_rows,)."""
        return _together([part.along(offsets) for part in self.parts])

    def after(self, n_timesteps: int | np.ndarray) -> SeveralSeasons:
        """Return the seasons after so many steps of all series, or of each, (N,)."""
        return replace(self, parts=tuple(part.after(n_timesteps) for part in self.parts))

    def alone(self, i: int) -> SeveralSeasons:
        """Return the seasons of the series at a position."""
        return SeveralSeasons(tuple(part.alone(i) for part in self.parts), self.spread[[i]])


def _together(pairs: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Put factors and offsets on each other: of either kind of season one of the two is neutral."""
    factors, offsets = zip(*pairs, strict=True)
    return np.prod(factors, axis=0), np.sum(offsets, axis=0)


class Decomposed(NamedTuple):
    """The seasons of one series.

    Attributes
    ----------
    along : (n,) array
        Factors or offsets of its rows, of all seasons together.
    cycles : list of (m,) arrays
        Each as it goes on, that of the first row first; neutral where it is not taken off.
    is_taken : (n_seasons,) array
    widening : float
        The deviation by (1), in units of that of an error of one step.
    reasons : list of str
        What is to be said of the series: that it is not adjusted for a season, and why.
    """

    along: np.ndarray
    cycles: list[np.ndarray]
    is_taken: np.ndarray
    widening: float
    reasons: list[str]


def decompose(
    y: np.ndarray, X: np.ndarray, periods: Sequence[int], model: str, *, test: bool
) -> Decomposed:
    """Look for the seasons of a series, as `find_season` does for one.

    Parameters
    ----------
    y : (n,) array
        NaN where missing, and not everywhere.
    X : (n, p) array
        Regressors that add to the series beside its seasons.
    periods : sequence of int
    model : {"mul", "add"}
    test : bool
        Whether a season must be significant.
    """
    began, ended = ends_of(y)
    inside, X = y[began:ended], X[began:ended]
    is_shown, reasons = _shown(inside, periods)
    is_taken, components, widening = is_shown, np.empty((inside.size, 0)), 0.0
    if is_shown.any():
        shown = [int(m) for m, one in zip(periods, is_shown, strict=True) if one]
        net = inside - X @ coefficients(inside, X, max(shown))
        if model == "mul" and np.nanmin(net) <= 0.0:
            why = NOT_POSITIVE[bool(np.nanmin(inside) > 0.0)]
            reasons.append(f"is not seasonally adjusted: {why}")
            is_taken = np.zeros_like(is_shown)
        elif test:
            is_taken, untaken = _significant(net, periods, is_shown, model, began)
            reasons += untaken
    if is_taken.any():
        taken = tuple(int(m) for m, one in zip(periods, is_taken, strict=True) if one)
        components = _smoothed(_filled(net, shown), taken, model)
        widening = _widening(min(inside.size // max(taken), _MOST_SEASONS), taken)
    along = np.full(y.size, 1.0 if model == "mul" else 0.0)
    cycles = [np.full(m, along[0]) for m in periods]
    for k, component in zip(np.flatnonzero(is_taken).tolist(), components.T, strict=True):
        cycles[k] = _last_cycle(component, periods[k], ended)
        season = np.resize(cycles[k], y.size)
        season[began:ended] = component
        along = along * season if model == "mul" else along + season
    return Decomposed(along, cycles, is_taken, widening, reasons)


def _last_cycle(component: np.ndarray, period: int, ended: int) -> np.ndarray:
    """Return the last season of one that ends before a row, that of the row 0 first."""
    return np.roll(component[-period:], ended % period)


def _shown(y: np.ndarray, periods: Sequence[int]) -> tuple[np.ndarray, list[str]]:
    """Tell which seasons a series shows, and what is to be said of others.

    Of one that was not observed at each of its positions the shorter ones tell the rest, if there
    are any.
    """
    is_shown, reasons = np.zeros(len(periods), dtype=bool), []
    observed = np.flatnonzero(~np.isnan(y))
    for k in np.argsort(periods).tolist():
        m = periods[k]
        n_unseen = m - np.unique(observed % m).size
        is_shown[k] = y.size > 2 * m and (n_unseen == 0 or is_shown.any())
        if y.size <= 2 * m:
            why = "it does not show more than two of them"
        else:
            why = f"it was never observed at {n_unseen} of its positions"
        if not is_shown[k]:
            reasons.append(f"is not adjusted for a season of {m} time steps: {why}")
        elif n_unseen:
            reasons.append(
                f"was never observed at {n_unseen} of the {m} positions of its season: what is "
                "forecast there is a guess by its shorter season"
            )
    return is_shown, reasons


def _filled(y: np.ndarray, periods: Sequence[int]) -> np.ndarray:
    """Interpolate what is missing, at the same place of the longest season where it can be."""
    for m in sorted(periods, reverse=True):
        y = filled_by_season(y, m)
    return y


def _significant(
    y: np.ndarray, periods: Sequence[int], candidates: np.ndarray, model: str, began: int
) -> tuple[np.ndarray, list[str]]:
    """Test for seasons; return which there are, and what is to be said of others.

    The series begins in the row `began`.
    """
    n_observed, reasons = int(np.count_nonzero(~np.isnan(y))), []
    is_tested = candidates & (n_observed >= 3 * np.array(periods))
    for k in np.flatnonzero(candidates & ~is_tested).tolist():
        reasons.append(
            f"is not adjusted for a season of {periods[k]} time steps: it has {n_observed} "
            f"observed values, and whether there is such a season is tested with three of them, "
            f"{3 * periods[k]} values, or more{UNTESTED}"
        )
    found, rest = _found(y, periods, candidates, is_tested, model), without_largest(y)
    if rest is not None and (is_tested & ~found).any():
        hidden = _found(rest[0], periods, candidates, is_tested, model) & ~found
        for k in np.flatnonzero(hidden).tolist():
            why = HIDES.format(row=began + rest[1], period=periods[k])
            reasons.append(f"is not adjusted for a season of {periods[k]} time steps: {why}")
    return found, reasons


def _found(
    y: np.ndarray,
    periods: Sequence[int],
    candidates: np.ndarray,
    is_tested: np.ndarray,
    model: str,
) -> np.ndarray:
    """Test for seasons, the short ones first; return which there are.

    A long season may hide a shorter one, which is tested again when that is taken off.
    """
    found = np.zeros(len(periods), dtype=bool)
    tested = sorted(np.flatnonzero(is_tested).tolist(), key=lambda k: periods[k])
    filled = _filled(y, np.array(periods)[candidates].tolist())
    while tested:
        new = next((k for k in tested if is_seasonal(y, periods[k])), None)
        if new is None:
            break
        found[new] = True
        tested.remove(new)
        indices = np.resize(seasonal_indices(filled, periods[new], model), y.size)
        if model == "mul":
            y, filled = y / indices, filled / indices
        else:
            y, filled = y - indices, filled - indices
    return found


def _smoothed(y: np.ndarray, periods: tuple[int, ...], model: str) -> np.ndarray:
    """Return the seasons along a complete series, (n, n_seasons), in the order of the periods."""
    # In units of their own, for squares of what a float can hold may be beyond it.
    unit = np.abs(y).max() or 1.0
    if model == "mul":
        return np.exp(_mstl(np.log(y / unit), periods))
    return _mstl(y / unit, periods) * unit


def _mstl(y: np.ndarray, periods: tuple[int, ...]) -> np.ndarray:
    """Return the seasons of MSTL along a complete series, (n, n_seasons)."""
    from statsmodels.tsa.seasonal import MSTL  # slow to import

    seasons = np.asarray(MSTL(y, periods=periods).fit().seasonal).reshape(y.size, -1)
    return seasons[:, np.argsort(np.argsort(periods))]  # which come from the shortest on


@lru_cache(maxsize=1000)
def _widening(n_longest: int, periods: tuple[int, ...]) -> float:
    """Return the deviation by (1) for a series of so many of the longest season."""
    random, longest = np.random.default_rng(0), max(periods)
    within, ahead = [], []
    for _ in range(0, _N_NOISES, longest):
        # Squares of signs do not vary.
        noise = random.choice([-1.0, 1.0], size=max(n_longest * longest, 2 * longest + 1))
        seasons = _mstl(noise, periods)
        within.append(np.mean((noise - seasons.sum(axis=1)) ** 2))
        rows = [noise.size - m + np.arange(longest) % m for m in periods]
        carried = sum(column[row] for column, row in zip(seasons.T, rows, strict=True))
        ahead.append(1.0 + np.mean(carried**2))
    return math.sqrt(max(np.mean(ahead) / np.mean(within) - 1.0, 0.0))
