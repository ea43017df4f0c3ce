"""A request for series of a family, and the draws that many of them make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tsrnn.synthetic.frequencies import Prior


@dataclass(frozen=True)
class Request:
    """Series to be drawn side by side, (T, n): time first, one column a series.

    Attributes
    ----------
    n_timesteps : int
        T: of the longest of them.
    lengths : (n,) int64 array
        How many of the T values each will keep: what happens at a share of a series' life is
        placed by these.
    periods : (n,) int64 array
        Steps of a season, 1 where there is none.
    frequencies : (n,) int64 array
        Positions in FREQUENCIES: whose priors each follows.
    """

    n_timesteps: int
    lengths: np.ndarray
    periods: np.ndarray
    frequencies: np.ndarray

    @property
    def n_series(self) -> int:
        """The number of series (n)."""
        return len(self.lengths)

    @property
    def shape(self) -> tuple[int, int]:
        """(T, n)."""
        return self.n_timesteps, len(self.lengths)

    def take(self, series: np.ndarray) -> Request:
        """Return the request for some of the series, no longer than the longest of these."""
        lengths = self.lengths[series]
        longest = int(lengths.max(initial=1))
        return Request(longest, lengths, self.periods[series], self.frequencies[series])

    def prior(self, prior: Prior) -> np.ndarray:
        """Return what a prior says for each series, (n,)."""
        return prior.by_frequency[self.frequencies]

    def shares(self) -> np.ndarray:
        """Return how much of its life each series has lived, 0 at its first value to 1, (T, n)."""
        return np.minimum(self.steps() / np.maximum(self.lengths - 1, 1), 1.0)

    def steps(self) -> np.ndarray:
        """Return 0, 1, 2, ..., (T, 1)."""
        return np.arange(self.n_timesteps, dtype=float)[:, None]


Draw = Callable[[np.random.Generator, Request], np.ndarray]


def between(rng: np.random.Generator, low: float, high: float, n: int) -> np.ndarray:
    """Draw numbers whose logarithms are uniform, (n,)."""
    return np.exp(rng.uniform(np.log(low), np.log(high), n))


def log_normal(rng: np.random.Generator, median: float, spread: float, n: int) -> np.ndarray:
    """Draw positive numbers with a standard deviation of `spread` in logarithms, (n,)."""
    return median * np.exp(spread * rng.standard_normal(n))


def chosen(rng: np.random.Generator, share: float | np.ndarray, n: int) -> np.ndarray:
    """Draw which of n series something befalls, (n,) bool."""
    return rng.random(n) < share
