"""Search of a grid of smoothing parameters for the lowest minima of the profiled squared error.

At each point of the grid the initial state and the coefficients are at their best (see
`tsrnn.smoothing.search.profile`), which says where the optimum of a smoother with linear errors and
no season is to within a cell of the grid.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tsrnn._compute.compile import kernel
from tsrnn._compute.declare import (
    Integers,
    Slab,
    Slabs,
    StackedSlabs,
    Stop,
    Vector,
    inlined,
    shaped,
)
from tsrnn._input.ragged import Batch
from tsrnn._scan.linear import accumulate_errors, accumulate_products, tabulate_responses
from tsrnn.cells.smoother_cell import SmoothingParameter, step_at
from tsrnn.smoothing.search.profile import Normal, solve_for_unknowns
from tsrnn.smoothing.search.task import Series, Task

# Series up to this length are searched with tables; see `_profiled_starts`. A state whose own
# response is such a share of it is not told apart from the other.
_MOST_TABULATED = 4096
_SINGULAR = 1e-13

# A minimum so much higher than the lowest is not worth a search.
_NEAR = 1.5


class _Grid(NamedTuple):
    """Points to look at.

    Attributes
    ----------
    thetas : (K, G) array
        Parameters at the points.
    points : (Q, G) array
        What is searched there.
    shape : (Q,) array
        Of the grid.
    rates : (Q,) array
        Of the prior.
    """

    thetas: Slab
    points: Slab
    shape: Integers
    rates: Vector


class _Room(NamedTuple):
    """Scratch: parameters of all runs, a series with its regressors, and what is found of it."""

    thetas: Slab
    series: Slab
    states: Slabs
    scratch: Slabs
    products: Slabs
    losses: Vector
    unknowns: Slab
    lowest: Integers


class _Tables(NamedTuple):
    """Responses of the predictions of any complete series to unit states, and their products.

    Attributes
    ----------
    responses : (T, S, G) array
    grams : (T, S, S, G) array
        Up to each step.
    with_response : (S, G) array
        Of the errors of one series.
    """

    responses: Slabs
    grams: StackedSlabs
    with_response: Slab


def grid_of(
    free: Sequence[SmoothingParameter], bounds: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return every combination of values of free parameters, (Q, G), and the grid's shape.

    `bounds` (2, Q) cuts the grid.
    """
    axes = [
        np.unique(np.clip(parameter.grid, low, high))
        for parameter, low, high in zip(free, *bounds, strict=True)
    ]
    shape = np.array([len(axis) for axis in axes], dtype=np.int64)
    points = (
        np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")])
        if axes
        else np.zeros((0, 1))
    )
    return np.ascontiguousarray(points), shape


def profiled_starts(task: Task, n_starts: int, stop: np.ndarray) -> np.ndarray:
    """Return starts (N, n_starts, Q + U + C) at the lowest minima of the profiled squared error."""
    batch, cell, free = task.batch, task.structure.cell, task.free
    n_columns, n_linear = batch.regressors.shape[1], task.states.shape[2] - 1
    n_free_state = n_linear - n_columns
    points, shape = grid_of(task.free_parameters, task.search_bounds)
    thetas = np.repeat(task.bounds[:, :1], points.shape[1], axis=1)
    thetas[free] = points
    grid = _Grid(thetas, points, shape, task.rates[free])
    starts = np.zeros((batch.n_series, n_starts, free.size + n_linear))
    # The unknowns there are the coefficients first, then the state.
    maps = np.zeros((len(task.states), 1 + n_columns + cell.n_state, 1 + n_linear))
    maps[:, : 1 + n_columns, : 1 + n_columns] = np.eye(1 + n_columns)
    maps[:, 1 + n_columns :, 0] = task.states[:, :, 0]
    maps[:, 1 + n_columns :, 1 : 1 + n_columns] = task.states[:, :, 1 + n_free_state :]
    maps[:, 1 + n_columns :, 1 + n_columns :] = task.states[:, :, 1 : 1 + n_free_state]
    _profiled_starts(
        cell.step.address,
        task.series,
        maps,
        grid,
        np.r_[n_columns : n_columns + n_free_state, :n_columns].astype(np.int64),
        stop,
        starts,
        *_room_of(cell.n_state, grid, batch, maps),
    )
    return starts


def _room_of(
    n_state: int, grid: _Grid, batch: Batch, unknown_maps: np.ndarray
) -> tuple[_Room, Normal, _Tables]:
    """Make room for the search of a batch."""
    n_sets, n_columns = grid.points.shape[1], batch.regressors.shape[1]
    size, longest = 1 + n_columns + n_state, int(batch.lengths.max())
    room = _Room(
        np.tile(grid.thetas, size),
        np.empty((1 + n_columns, longest)),
        np.empty((2, n_state, size * n_sets)),
        np.empty((2, 1, size * n_sets)),
        np.empty((size, size, n_sets)),
        np.empty(n_sets),
        np.empty((n_sets, size - 1)),
        np.empty(n_sets, dtype=np.int64),
    )
    # Where the initial state is free and nothing else is unknown, what it adds to the errors of a
    # complete series is the same for all of them.
    has_tables = unknown_maps.shape[2] == 1 + n_state and n_columns == 0
    n_tabulated = longest if has_tables and longest <= _MOST_TABULATED else 0
    tables = _Tables(
        np.zeros((n_tabulated, n_state, n_sets)),
        np.zeros((n_tabulated, n_state, n_state, n_sets)),
        np.zeros((n_state, n_sets)),
    )
    return room, Normal.room(*unknown_maps.shape[1:]), tables


@kernel
def _profiled_starts(
    step_address: int,
    series: Series,
    unknown_maps: Slabs,
    grid: _Grid,
    free_unknowns: Integers,
    stop: Stop,
    starts: Slabs,
    room: _Room,
    normal: Normal,
    tables: _Tables,
):
    """Write starts (N, n_starts, Q + U + C) at the lowest minima of the profiled squared error.

    Parameters
    ----------
    step_address : int
    series : Series
    unknown_maps : (N or 1, 1 + C + S, 1 + n) array
        As `tsrnn.smoothing.search.profile.unknown_map` returns it, of each series or of all.
    grid : _Grid
    free_unknowns : (U + C,) array
        Where in (C coefficients, S states) the last U + C numbers of a start are found.
    stop : (1,) array
        Where another thread sets it to 1, all ends, and what is written means nothing.
    starts : (N, n_starts, Q + U + C) array
    room : _Room
    normal : Normal
    tables : _Tables
    """
    step = step_at(step_address)
    values, offsets, regressors = series.values, series.offsets, series.regressors
    points, losses, unknowns, lowest = grid.points, room.losses, room.unknowns, room.lowest
    n_series, n_starts, n_free = starts.shape[0], starts.shape[1], points.shape[0]
    has_tables = tables.responses.shape[0] > 0
    has_prior = False
    for j in range(grid.rates.shape[0]):
        has_prior = has_prior or grid.rates[j] != 0.0
    if has_tables:
        tabulate_responses(
            step, room.thetas, room.states, room.scratch, tables.responses, tables.grams
        )
    for i in range(n_series):
        if stop[0] != 0:
            return
        start, length = offsets[i], offsets[i + 1] - offsets[i]
        y = values[start : start + length]
        is_complete = has_tables
        for t in range(length):
            is_complete = is_complete and y[t] == y[t]
        if is_complete:
            _profile_complete(step, y, room, tables)
        else:
            rows = shaped(room.series, (room.series.shape[0], length))
            for t in range(length):
                rows[0, t] = y[t]
                for c in range(regressors.shape[1]):
                    rows[1 + c, t] = regressors[start + t, c]
            unknown_map = unknown_maps[i if unknown_maps.shape[0] > 1 else 0]
            accumulate_products(
                step,
                room.thetas,
                rows,
                room.states,
                room.scratch,
                room.products,
                True,
                stop,
            )
            for g in range(losses.shape[0]):
                losses[g] = solve_for_unknowns(
                    room.products[:, :, g], unknown_map, unknowns[g], normal
                )
        if has_prior:
            _weigh_by_prior(y, points, grid.rates, losses)
        n_found = _lowest_minima(losses, grid.shape, n_starts, lowest)
        for k in range(n_starts):
            g = lowest[min(k, n_found - 1)]
            for j in range(n_free):
                starts[i, k, j] = points[j, g]
            for j in range(free_unknowns.shape[0]):
                starts[i, k, n_free + j] = unknowns[g, free_unknowns[j]]


@inlined
def _weigh_by_prior(y, points, rates, losses):
    n_seen = 0
    for t in range(y.shape[0]):
        n_seen += y[t] == y[t]
    for g in range(losses.shape[0]):
        log_prior = 0.0
        for j in range(rates.shape[0]):
            log_prior += rates[j] * points[j, g] / n_seen
        losses[g] *= math.exp(log_prior)


@inlined
def _profile_complete(step, y, room, tables):
    """Fill the least SSE over initial states, and those, by the normal equations of each set."""
    losses, unknowns, with_response = room.losses, room.unknowns, tables.with_response
    gram = tables.grams[y.shape[0] - 1]
    n_state, n_sets = with_response.shape
    losses[:], with_response[:] = 0.0, 0.0
    accumulate_errors(
        step, room.thetas, y, room.states, room.scratch, tables.responses, losses, with_response
    )
    for b in range(n_sets):
        # Cholesky in place of two unknowns at most.
        first = gram[0, 0, b]
        unknowns[b, 0] = with_response[0, b] / first if first > 0.0 else 0.0
        if n_state > 1:
            slope = gram[1, 0, b] / first if first > 0.0 else 0.0
            rest = gram[1, 1, b] - slope * gram[1, 0, b]
            is_told_apart = rest > _SINGULAR * gram[1, 1, b]
            moved = with_response[1, b] - slope * with_response[0, b]
            unknowns[b, 1] = moved / rest if is_told_apart else 0.0
            unknowns[b, 0] -= slope * unknowns[b, 1]
        for i in range(n_state):
            losses[b] -= unknowns[b, i] * with_response[i, b]
        losses[b] = max(losses[b], 0.0)


def lowest_minima(losses: np.ndarray, shape: np.ndarray, at_most: int) -> np.ndarray:
    """Return where the lowest local minima of a grid of losses, (G,), are, best first."""
    lowest = np.empty(at_most, dtype=np.int64)
    n_found = np.empty(1, dtype=np.int64)
    _lowest_minima_of(losses, shape, lowest, n_found)
    return lowest[: n_found[0]]


@kernel
def _lowest_minima_of(
    losses: Vector,
    shape: Integers,
    lowest: Integers,
    n_found: Integers,
):
    n_found[0] = _lowest_minima(losses, shape, lowest.shape[0], lowest)


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
