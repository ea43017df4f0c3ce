"""The scan that a search starts from: the squared error at its best unknowns, with the prior, F.

F, on which the search will end, has several local minima, some of them narrow and near zero. So it
is computed on a grid that is logarithmic near zero, then on finer grids around the lowest local
minima of that.
"""

from __future__ import annotations

import functools

import numpy as np

from tsrnn._profile import profile
from tsrnn._smoother_problem import Problem

# How much of a series is scanned finely, and how many minima of the scan are looked into.
MOST_SCANNED = 4096
_MOST_MINIMA = 4

# How much higher than the lowest a minimum of the coarse scan may be and still be looked into.
_NEAR = 1.5

# The grid of one parameter.
Axis = tuple[float, ...]


def scan(problem: Problem) -> tuple[list[np.ndarray], np.ndarray]:
    """Return values of the free parameters near the lowest minima of F, and F, lowest first."""
    if problem.free.size == 0:
        return [np.empty(0)], np.zeros(1)
    axes = axes_of(problem.bounds, problem.y.size)
    if problem.y.size <= MOST_SCANNED:
        points, sse = _scan_in_full(problem, axes)
    else:
        # Minima of the recent past, and a wide grid lest the rest of the series has others.
        recent, _ = _scan_in_full(problem.recent(MOST_SCANNED), axes)
        points = np.column_stack([recent, full_grid(tuple(axis[::4] for axis in axes))])
        sse = _profiled(problem, points)
        # One start: what were separate minima are often one valley of the whole.
        best = [int(np.argmin(sse))]
        points, sse = points[:, best], sse[best]
    return list(points[problem.free].T), sse


def _scan_in_full(problem: Problem, axes: tuple[Axis, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return parameters, (K, n), near the lowest minima of F, and F, the lowest first."""
    coarse = full_grid(axes)
    shape = tuple(len(axis) for axis in axes)
    sse = _profiled(problem, coarse)
    minima = lowest_minima(sse.reshape(shape))
    around = [_grid_around(axes, int(i)) for i in minima]
    fine = np.concatenate(around, axis=1)
    sse = _profiled(problem, fine)
    # The lowest point about each minimum of the coarse grid.
    ends = np.cumsum([grid.shape[1] for grid in around])
    lowest = [
        end - grid.shape[1] + int(np.argmin(sse[end - grid.shape[1] : end]))
        for grid, end in zip(around, ends, strict=True)
    ]
    order = sorted(lowest, key=lambda i: sse[i])
    return fine[:, order], sse[order]


def _profiled(problem: Problem, points: np.ndarray) -> np.ndarray:
    """Return F at parameters (K, n)."""
    sse, _ = profile(problem.cell, points, problem.series, problem.initial_state)
    return sse * np.exp(problem.rates @ points[problem.free] / problem.n_observed)


# The grids below are asked for again at every series of the same length.


@functools.lru_cache(maxsize=256)
def axes_of(bounds: tuple[tuple[float, float], ...], n_timesteps: int) -> tuple[Axis, ...]:
    """Return the grid of each parameter: its ends, and points that crowd towards zero."""
    # A valley next to zero is about as wide as the reciprocal of the length. Zero itself is left
    # to the solver: at alpha = 0 every beta is alike, and a scan would not see which is better
    # next to it.
    width = min(1.0 / n_timesteps, 0.02)
    small = np.concatenate([[0.1 * width], np.geomspace(width, 0.05, 4)])
    unit = np.concatenate([small, [0.1, 0.2, 0.32, 0.45, 0.6, 0.75, 0.9, 1.0]])
    axes = []
    for lower, upper in bounds:
        if lower == upper:
            axes.append((lower,))
        elif lower > 0.0:
            # phi: what matters is how far it is from 1.
            axes.append(tuple(1.0 - np.geomspace(1.0 - lower, 1.0 - upper, 8)))
        else:
            axes.append(tuple(upper * unit))
    return tuple(axes)


@functools.lru_cache(maxsize=256)
def full_grid(axes: tuple[Axis, ...]) -> np.ndarray:
    """Return every combination of values, (K, n), the first axis slowest."""
    grid = np.stack([points.ravel() for points in np.meshgrid(*axes, indexing="ij")])
    grid.flags.writeable = False
    return grid


@functools.lru_cache(maxsize=4096)
def _grid_around(axes: tuple[Axis, ...], position: int) -> np.ndarray:
    """Return a finer grid that fills the cells around one point of a grid."""
    fine = []
    centre = np.unravel_index(position, [len(axis) for axis in axes])
    for axis, i in zip(axes, centre, strict=True):
        left, right = axis[max(i - 1, 0)], axis[min(i + 1, len(axis) - 1)]
        fine.append(np.unique(np.r_[np.linspace(left, axis[i], 4), np.linspace(axis[i], right, 4)]))
    return full_grid(tuple(tuple(values) for values in fine))


def lowest_minima(sse: np.ndarray, at_most: int = _MOST_MINIMA) -> np.ndarray:
    """Return the flat positions of the lowest local minima of a grid, best first."""
    from scipy.ndimage import minimum_filter

    is_minimum = sse <= minimum_filter(sse, size=3, mode="nearest")
    positions = np.flatnonzero(is_minimum.ravel())
    values, first = np.unique(sse.ravel()[positions], return_index=True)
    n_near = np.count_nonzero(values <= _NEAR * values[0])
    return positions[first[: min(n_near, at_most)]]
