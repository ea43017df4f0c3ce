r"""The exponent of Box and Cox, learned by maximum likelihood.

Whatever is forecast afterwards, the exponent is that under which the changes of a series from one
step to the next are most likely normal and alike: with z the series on the scale, m the period of
its season and c_j the mean change into position j of it,

    z_t - z_{t-1} = c_{t mod m} + e_t,    e_t normal with variance sigma^2             (1)

whose log-likelihood for n observed changes, sigma^2 and c at their best, is but for a constant

    -n / 2 log(sum_t e_t^2) + (lambda - 1) sum_t log(y_t - l)                          (2)

where the second part is the scale's own: values that lie close together there must not win by it.
It is looked for between 0, the logarithm, and 1, the series as it is. Below 0 the scale would end
at a finite number, and intervals beyond it would have no upper bound.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from tsrnn._input.ragged import offsets_of

# Changes that must be left beside their means, so that a variance can be told.
_FEWEST = 4

_GRID = np.linspace(0.0, 1.0, 11)

# Golden sections of an interval of 0.2: down to 1e-5, far below what a series can tell.
_N_SECTIONS = 21
_GOLDEN = 0.5 * (np.sqrt(5.0) - 1.0)


def geometric_means(logs: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Return the geometric means of series from the logarithms of their values, without missing."""
    seen = ~np.isnan(logs)
    series = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))[seen]
    count = np.bincount(series, minlength=len(offsets) - 1)
    total = np.bincount(series, logs[seen], len(offsets) - 1)
    return np.exp(total / np.maximum(count, 1))


def learn_exponents(
    logs: np.ndarray, offsets: np.ndarray, period: int
) -> tuple[np.ndarray, np.ndarray]:
    """Maximise (2) between 0 and 1 for every series of a panel.

    Parameters
    ----------
    logs : (n_rows,) array
        The logarithms of values in units of their geometric mean; NaN for missing ones.
    offsets : (N + 1,) array
        Series i is rows `offsets[i]` to `offsets[i + 1]`.
    period : int

    Returns
    -------
    exponents : (N,) array
        1 for series with too few changes to tell.
    told : (N,) bool array
        Which have enough.
    """
    problem = _Changes(logs, offsets, period)
    every = np.arange(problem.n_series)
    found = np.array([problem.likelihood(np.full(len(every), one)) for one in _GRID])
    best = found.argmax(axis=0)
    low, high = _GRID[np.maximum(best - 1, 0)], _GRID[np.minimum(best + 1, len(_GRID) - 1)]
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = problem.likelihood(left), problem.likelihood(right)
    for _ in range(_N_SECTIONS):
        lower_half = at_left >= at_right
        low, high = np.where(lower_half, low, left), np.where(lower_half, right, high)
        new = np.where(lower_half, high - _GOLDEN * (high - low), low + _GOLDEN * (high - low))
        at_new = problem.likelihood(new)
        left, right = np.where(lower_half, new, right), np.where(lower_half, left, new)
        at_left, at_right = (
            np.where(lower_half, at_new, at_right),
            np.where(lower_half, at_left, at_new),
        )
    middle = 0.5 * (low + high)
    # The ends of the range are no inner points of any section.
    on_grid = found[best, every] >= problem.likelihood(middle)
    exponents = np.where(on_grid, _GRID[best], middle)
    return np.where(problem.told, exponents, 1.0), problem.told


class _Changes:
    """The changes of series between neighbours that are both observed."""

    def __init__(self, logs: np.ndarray, offsets: np.ndarray, period: int) -> None:
        self.n_series, lengths = len(offsets) - 1, np.diff(offsets)
        series = np.repeat(np.arange(self.n_series), lengths)
        step = np.arange(len(logs)) - np.repeat(offsets[:-1], lengths)
        is_change = np.zeros(len(logs), dtype=bool)
        is_change[1:] = (series[1:] == series[:-1]) & ~np.isnan(logs[1:]) & ~np.isnan(logs[:-1])
        self.after = np.flatnonzero(is_change)
        self.row_series, self.logs = series, logs
        self.series = series[self.after]
        self.count = np.bincount(self.series, minlength=self.n_series)
        self.sum_logs = np.bincount(self.series, logs[self.after], self.n_series)
        # Means by position in the season only where there are two seasons of changes.
        periods = np.where(self.count >= 2 * period, period, 1)
        first = offsets_of(periods)
        self.cell = first[self.series] + step[self.after] % periods[self.series]
        self.per_cell = np.maximum(np.bincount(self.cell, minlength=first[-1]), 1)
        seen = np.bincount(self.cell, minlength=first[-1]) > 0
        n_means = np.add.reduceat(seen.astype(np.int64), first[:-1])
        changed = np.bincount(self.series, np.diff(logs)[self.after - 1] != 0.0, self.n_series) > 0
        self.told = (self.count - n_means >= _FEWEST) & changed

    def likelihood(self, exponents: np.ndarray) -> np.ndarray:
        """Return (2) of each series, (N,)."""
        by_row = exponents[self.row_series]
        # The scale of the logarithms, to the last digits where the exponent is near 0.
        with np.errstate(over="ignore", invalid="ignore"):
            z = self.logs * special.exprel(by_row * self.logs)
            change = z[self.after] - z[self.after - 1]
            means = np.bincount(self.cell, change, len(self.per_cell)) / self.per_cell
            left = np.bincount(self.series, (change - means[self.cell]) ** 2, self.n_series)
            size = np.bincount(self.series, change**2, self.n_series)
        least = np.finfo(float).eps ** 2 * size + np.finfo(float).tiny
        value = -0.5 * self.count * np.log(np.maximum(left, least))
        value += (exponents - 1.0) * self.sum_logs
        return np.where(np.isfinite(value), value, -np.inf)
