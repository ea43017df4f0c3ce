"""Where to start the search for a smoother's optimum: the lowest points of a scan.

For smoothers with linear errors and no season the scan is of the squared error with the initial
state and the coefficients at their best (see `tsrnn._profile`), which says where the optimum is to
within a cell of its grid. Seasonal ones have too many states for that: they start from points that
are far apart, with a heuristic initial state.
"""

from __future__ import annotations

import math

import numpy as np

from tsrnn._cell import step_at
from tsrnn._compile import borrowed, inlined, kernel
from tsrnn._linear_scan import accumulate_products
from tsrnn._profile import solve_for_unknowns
from tsrnn._scan import SLAB, SLABS

# Grids of smoothing parameters. Zero is left out: next to it a scan sees which way is down, and at
# alpha = 0 every beta is alike.
_GRIDS = {
    "alpha": (0.003, 0.03, 0.1, 0.2, 0.35, 0.5, 0.7, 0.85, 1.0),
    "beta": (0.003, 0.03, 0.1, 0.25, 0.5, 0.8, 1.0),
    "phi": (0.8, 0.9, 0.96, 0.99),
}

# Where seasonal smoothers start: from one of these or another nearly every series of M3 finds the
# best optimum that a hundred starts find. gamma stands for its share of 1 - alpha.
_SPREAD = {
    "alpha": (0.3, 0.02, 0.6, 0.02, 0.3, 0.6),
    "beta": (0.6, 0.005, 0.6, 0.6, 0.1, 0.01),
    "gamma": (0.3, 0.01, 0.01, 0.3, 0.9, 0.1),
    "phi": (0.97, 0.9, 0.82, 0.97, 0.82, 0.9),
}

# A minimum so much higher than the lowest is not worth a search.
_NEAR = 1.5


def grid_of(free: list[str], bounds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return every combination of values of the free parameters, (Q, G), and the grid's shape.

    `bounds` (2, Q) cuts the grid.
    """
    axes = [
        np.unique(np.clip(_GRIDS[name], low, high))
        for name, low, high in zip(free, *bounds, strict=True)
    ]
    shape = np.array([len(axis) for axis in axes], dtype=np.int64)
    points = (
        np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")])
        if axes
        else np.zeros((0, 1))
    )
    return np.ascontiguousarray(points), shape


def spread_starts(free: list[str], bounds: np.ndarray) -> np.ndarray:
    """Return parameters to start from that are far apart, (n_starts, Q)."""
    if not free:
        return np.zeros((1, 0))
    points = np.column_stack([_SPREAD[name] for name in free])
    return np.unique(np.clip(points, *bounds), axis=0)


@kernel(f"void(i8, f8[::1], i8[::1], {SLAB}, {SLABS}, {SLAB}, {SLAB}, i8[::1], i8[::1], {SLABS})")
def profiled_starts(
    step_address,
    values,
    offsets,
    regressors,
    unknown_maps,
    thetas,
    points,
    shape,
    free_unknowns,
    starts,
):
    """Write starts (N, n_starts, Q + U + C) at the lowest minima of the profiled squared error.

    Parameters
    ----------
    step_address : int
    values, offsets, regressors
        As `tsrnn._gauss_newton.minimize_lanes` takes them.
    unknown_maps : (N or 1, 1 + C + S, 1 + n) array
        As `tsrnn._profile.unknown_map` returns it, of each series or of all.
    thetas : (K, G) array
        Parameters at the points.
    points : (Q, G) array
        What is searched there.
    shape : (Q,) array
        Of the grid.
    free_unknowns : (U + C,) array
        Where in (C coefficients, S states) the last U + C numbers of a start are found.
    starts : (N, n_starts, Q + U + C) array
    """
    n_columns = regressors.shape[1]
    n_state = unknown_maps.shape[1] - 1 - n_columns
    n_sets, size = points.shape[1], 1 + n_columns + n_state
    longest = 0
    for i in range(offsets.shape[0] - 1):
        longest = max(longest, offsets[i + 1] - offsets[i])
    _scan_profiles(
        step_at(step_address),
        values,
        offsets,
        regressors,
        unknown_maps,
        points,
        shape,
        free_unknowns,
        starts,
        _for_each_run(thetas, size),
        np.empty((1 + n_columns, longest)),
        np.empty((2, n_state, size * n_sets)),
        np.empty((2, 1, size * n_sets)),
        np.empty((size, size, n_sets)),
        np.empty(n_sets),
        np.empty((n_sets, size - 1)),
        np.empty(n_sets, dtype=np.int64),
    )


@inlined
def _for_each_run(thetas, size):
    n_sets = thetas.shape[1]
    repeated = np.empty((thetas.shape[0], size * n_sets))
    for k in range(size):
        repeated[:, k * n_sets : (k + 1) * n_sets] = thetas
    return repeated


@inlined
def _scan_profiles(
    step,
    values,
    offsets,
    regressors,
    unknown_maps,
    points,
    shape,
    free_unknowns,
    starts,
    thetas,
    room,
    states,
    scratch,
    products,
    losses,
    unknowns,
    lowest,
):
    n_series, n_starts, n_free = starts.shape[0], starts.shape[1], points.shape[0]
    for i in range(n_series):
        start, length = offsets[i], offsets[i + 1] - offsets[i]
        series = borrowed(room.ravel()[: room.shape[0] * length].reshape(room.shape[0], length))
        for t in range(length):
            series[0, t] = values[start + t]
            for c in range(regressors.shape[1]):
                series[1 + c, t] = regressors[start + t, c]
        unknown_map = borrowed(unknown_maps[i if unknown_maps.shape[0] > 1 else 0])
        accumulate_products(
            step,
            borrowed(thetas),
            series,
            borrowed(states),
            borrowed(scratch),
            borrowed(products),
            True,
        )
        for g in range(losses.shape[0]):
            losses[g] = solve_for_unknowns(
                borrowed(products[:, :, g]), unknown_map, borrowed(unknowns[g])
            )
        n_found = _lowest_minima(losses, shape, n_starts, lowest)
        for k in range(n_starts):
            g = lowest[min(k, n_found - 1)]
            for j in range(n_free):
                starts[i, k, j] = points[j, g]
            for j in range(free_unknowns.shape[0]):
                starts[i, k, n_free + j] = unknowns[g, free_unknowns[j]]


@inlined
def _lowest_minima(losses, shape, at_most, lowest):
    """Write where the lowest local minima of a grid are, best first, and return how many."""
    n_found = 0
    for g in range(losses.shape[0]):
        if not (losses[g] < math.inf and _is_minimum(losses, shape, g)):
            continue
        place = min(n_found, at_most)
        while place > 0 and losses[g] < losses[lowest[place - 1]]:
            place -= 1
        for k in range(min(n_found, at_most - 1), place, -1):
            lowest[k] = lowest[k - 1]
        if place < at_most:
            lowest[place] = g
            n_found = min(n_found + 1, at_most)
    if n_found == 0:
        lowest[0] = losses.shape[0] // 2
        return 1
    n_near = 1
    while n_near < n_found and losses[lowest[n_near]] <= _NEAR * losses[lowest[0]]:
        n_near += 1
    return n_near


@inlined
def _is_minimum(losses, shape, place):
    """Whether no neighbour along an axis or a diagonal of two axes is lower."""
    stride = 1
    for i in range(shape.shape[0] - 1, -1, -1):
        at = (place // stride) % shape[i]
        for move in (-1, 1):
            if 0 <= at + move < shape[i] and losses[place + move * stride] < losses[place]:
                return False
            other_stride = 1
            for j in range(shape.shape[0] - 1, i, -1):
                other = (place // other_stride) % shape[j]
                for other_move in (-1, 1):
                    inside = 0 <= at + move < shape[i] and 0 <= other + other_move < shape[j]
                    if inside:
                        neighbour = place + move * stride + other_move * other_stride
                        if losses[neighbour] < losses[place]:
                            return False
                other_stride *= shape[j]
        stride *= shape[i]
    return True


@kernel(f"void(f8[::1], i8[::1], i8, b1, {SLAB})")
def seasonal_states(values, offsets, period, is_multiplicative, states):
    """Write heuristic states (N, 2 + m) before the first value, from the first cycles of a series.

    The level and trend go through the means of up to four cycles, and the seasons are what is left,
    averaged over the cycles and normalised.
    """
    for i in range(states.shape[0]):
        _seasonal_state(
            borrowed(values[offsets[i] : offsets[i + 1]]),
            period,
            is_multiplicative,
            borrowed(states[i]),
        )


@inlined
def _seasonal_state(y, period, is_multiplicative, state):
    n_cycles = min(max(y.shape[0] // period, 1), 4)
    first_mean, last_mean, first_cycle, last_cycle = math.nan, math.nan, 0, 0
    for c in range(n_cycles):
        total, count = 0.0, 0
        for t in range(c * period, min((c + 1) * period, y.shape[0])):
            if y[t] == y[t]:
                total += y[t]
                count += 1
        if count > 0:
            if first_mean != first_mean:
                first_mean, first_cycle = total / count, c
            last_mean, last_cycle = total / count, c
    first_mean = first_mean if first_mean == first_mean else 0.0
    trend = 0.0
    if last_cycle > first_cycle:
        trend = (last_mean - first_mean) / ((last_cycle - first_cycle) * period)
    level = first_mean - trend * (first_cycle * period + 0.5 * (period + 1))
    neutral = 1.0 if is_multiplicative else 0.0
    if is_multiplicative and (level <= 0.0 or level + n_cycles * period * trend <= 0.0):
        level, trend = first_mean, 0.0
    for j in range(period):
        total, count = 0.0, 0
        for t in range(j, min(n_cycles * period, y.shape[0]), period):
            if y[t] == y[t]:
                line = level + (t + 1) * trend
                total += y[t] / line if is_multiplicative else y[t] - line
                count += 1
        state[2 + j] = total / count if count > 0 else neutral
    mean = 0.0
    for j in range(period):
        mean += state[2 + j] / period
    for j in range(period):
        state[2 + j] = state[2 + j] / mean if is_multiplicative else state[2 + j] - mean
    state[0] = level * mean if is_multiplicative else level + mean
    state[1] = trend * mean if is_multiplicative else trend
