"""Starts of the search for a smoother's optimum.

Smoothers with linear errors and no season start from the lowest points of a grid search (see
`tsrnn.smoothing.search.grid_search`). Seasonal ones have too many states for that: they start from
points that are far apart, with a heuristic initial state.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tsrnn._compute.threads import NEVER_STOPPED
from tsrnn._input.ragged import Batch
from tsrnn._scan.seasonal_start import seasonal_states
from tsrnn.cells.smoother_cell import SmoothingParameter
from tsrnn.smoothing.search.grid_search import profiled_starts
from tsrnn.smoothing.search.task import Task
from tsrnn.smoothing.structure import Structure

# Starts of the search, by the number of free smoothing parameters: the more, the coarser the grid.
_N_STARTS = {0: 1, 1: 2, 2: 4, 3: 4}

# How many of the usual starts of a seasonal smoother go along with those from related structures.
_N_BESIDE = 1


def starts_of(task: Task, stop: np.ndarray = NEVER_STOPPED) -> np.ndarray:
    """Return where to start, (N, n_starts, Q + U + C)."""
    names = task.free_names
    points = spread_starts(task.free_parameters, task.search_bounds)
    if task.structure.has_one_start:
        return np.repeat(points[None], task.batch.n_series, axis=0)
    if task.structure.seasonal is None:
        if task.nearby is not None and task.effort == "quick":
            return np.concatenate([task.nearby, flat_start(task)], axis=1)
        starts = profiled_starts(task, _N_STARTS[len(names)], stop)
        if any(parameter.part == "trend" for parameter in task.free_parameters):
            starts = np.concatenate([starts, _slow_starts(task, starts)], axis=1)
        if task.nearby is not None:
            return np.concatenate([starts, task.nearby], axis=1)
        if not task.structure.is_relative or not names:
            return starts
        # The squared error is not what is minimised: its minima may be far from it.
        further = np.repeat(starts[:, :1], len(points), axis=1)
        further[:, :, : len(names)] = points
        return np.concatenate([starts, further, flat_start(task)], axis=1)
    if task.nearby is not None and task.effort == "quick":
        points = points[:_N_BESIDE]
    n_starts, n_free = points.shape
    starts = np.zeros((task.batch.n_series, n_starts, n_free + task.states.shape[2] - 1))
    starts[:, :, :n_free] = points
    if task.n_free_state:
        states = heuristic_states(task.structure, task.batch)
        free_states = task.structure.free_state(states)
        starts[:, :, n_free : n_free + task.n_free_state] = free_states[:, None]
    if task.nearby is not None:
        return np.concatenate([starts, task.nearby], axis=1)
    if task.structure.is_positive and names:
        return np.concatenate([starts, flat_start(task)], axis=1)
    return starts


def _slow_starts(task: Task, starts: np.ndarray) -> np.ndarray:
    """Return the first start of each series, with trends that hardly change, (N, n, ..)."""
    slow = {j: one.slow for j, one in enumerate(task.free_parameters) if one.slow}
    points = list(dict.fromkeys(zip(*slow.values(), strict=True)))
    further = starts[:, :1].repeat(len(points), axis=1)
    for j, values in zip(slow, zip(*points, strict=True), strict=True):
        further[:, :, j] = values
    return further


def flat_start(task: Task) -> np.ndarray:
    """Return a start whose predictions of a positive series are positive, (N, 1, Q + U + C).

    A level that follows the series, with no trend and no season to speak of.
    """
    batch, structure, n_free = task.batch, task.structure, task.free.size
    values = [parameter.flat for parameter in task.free_parameters]
    start = np.zeros((batch.n_series, n_free + task.states.shape[2] - 1))
    start[:, :n_free] = np.clip(values, *task.search_bounds)
    if task.n_free_state:
        free_state = structure.free_state(level_states(structure, batch))
        start[:, n_free : n_free + task.n_free_state] = free_state
    return start[:, None]


def nearby_start(task: Task, parameters: dict[str, np.ndarray], states: np.ndarray) -> np.ndarray:
    """Return a start from the fit of a related structure, (N, Q + U + C).

    Parameters
    ----------
    task : Task
    parameters : dict of (N,) arrays
        By name, alpha for one; those that the related structure does not have may be missing.
    states : (S, N) array
        In scaled units.
    """
    n_free = task.free.size
    start = np.zeros((task.batch.n_series, n_free + task.states.shape[2] - 1))
    for j, parameter in enumerate(task.free_parameters):
        values = parameters.get(parameter.name, parameter.neutral)
        if parameter.beside_alpha:
            rest = 1.0 - parameters["alpha"]
            values = np.divide(values, rest, out=np.zeros_like(rest), where=rest > 0.0)
        if parameter.near_absent is not None:
            values = np.where(values == parameter.absent, parameter.near_absent, values)
        start[:, j] = np.clip(values, *task.search_bounds[:, j])
    free_state = task.structure.free_state(states.T)
    start[:, n_free : n_free + task.n_free_state] = free_state
    return start


def level_states(structure: Structure, batch: Batch) -> np.ndarray:
    """Return states (N, S) at the first value, with no trend and no season."""
    states = np.zeros((batch.n_series, structure.cell.n_state))
    observed = np.flatnonzero(~np.isnan(batch.values))
    states[:, 0] = batch.values[observed[np.searchsorted(observed, batch.offsets[:-1])]]
    states[:, structure.is_share] = 1.0
    return states


def heuristic_states(structure: Structure, batch: Batch) -> np.ndarray:
    """Return states (N, S) before the first value, from the first values.

    Without a season from the first two: (2 y_1 - y_2, y_2 - y_1), and y_1 where there is no trend;
    missing values between the two are steps of the trend. With one from the first cycles; see
    `tsrnn._scan.seasonal_start`. Complex smoothing has its own.
    """
    if structure.has_own_start:
        return structure.heuristic_states(batch)  # type: ignore[attr-defined]
    states = np.zeros((batch.n_series, structure.cell.n_state))
    if structure.seasonal is not None:
        seasonal_states(
            batch.values, batch.offsets, structure.period, structure.seasonal == "mul", states
        )
        if structure.trend is None:
            states[:, 0] += states[:, 1] * 0.5 * structure.period
            states[:, 1] = 0.0
        return states
    observed = np.flatnonzero(~np.isnan(batch.values))
    place = np.searchsorted(observed, batch.offsets[:-1])
    first, second = observed[place], observed[place + 1]
    states[:, 0] = batch.values[first]
    if structure.trend is not None:
        states[:, 1] = (batch.values[second] - batch.values[first]) / (second - first)
        states[:, 0] -= (first - batch.offsets[:-1] + 1) * states[:, 1]
    return states


def spread_starts(free: Sequence[SmoothingParameter], bounds: np.ndarray) -> np.ndarray:
    """Return parameters to start from that are far apart, (n_starts, Q)."""
    if not free:
        return np.zeros((1, 0))
    points = np.column_stack([parameter.spread for parameter in free])
    return np.array(list(dict.fromkeys(map(tuple, np.clip(points, *bounds).tolist()))))
