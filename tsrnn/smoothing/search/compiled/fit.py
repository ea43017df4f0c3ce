"""One structure of exponential smoothing fitted to a chunk of series in compiled code.

The likelihood (see `tsrnn._scan.curvature`) is minimised from a few starts, many series and starts
side by side.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tsrnn.smoothing.search.compiled.gauss_newton import OUT_OF_ITERATIONS
from tsrnn.smoothing.search.compiled.rounds import Ends, Model, Rules, minimize_lanes, room_of
from tsrnn.smoothing.search.profile import best_unknowns
from tsrnn.smoothing.search.starts import flat_start, starts_of
from tsrnn.smoothing.search.task import Settings, Solution, Task, joined

# Rounds after which only promising starts go on, and how much higher than the best, as a factor of
# F, a start may be then. A fit that is one of many candidates may end in another optimum at times.
_PROBING = {"thorough": (5, 3.0), "quick": (1, 1.2)}

# An alpha below which the optimum may as well be at none.
_NEAR_NOTHING = 0.1

# Lanes: what a step of all of them reads and writes should stay in the L2 cache.
_LANES = 64


def fit_chunk(task: Task, settings: Settings, stop: np.ndarray) -> Solution:
    """Fit series whose lengths do not increase; they end early once `stop` is set."""
    solution = _search(task, starts_of(task, stop), settings, stop)
    names = task.free_names
    lost = np.flatnonzero(~np.isfinite(solution.loss))
    if lost.size and task.structure.is_positive:
        # From every start a prediction of theirs is not positive.
        rest = task.take(lost)
        found = _search(rest, flat_start(rest), settings, stop)
        solution = _lower(solution, found, lost)
    if task.structure.seasonal is None and "alpha" in names and task.bounds[0, 0] == 0.0:
        is_there = (solution.theta[0] == 0.0) & ("phi" not in names)
        near = np.flatnonzero((solution.theta[0] < _NEAR_NOTHING) & ~is_there)
        if near.size:
            corner = _at_nothing(task.take(near))
            found = _search(corner, starts_of(corner, stop), settings, stop)
            solution = _lower(solution, found, near)
    return solution


def _lower(solution: Solution, found: Solution, series: np.ndarray) -> Solution:
    """Return a solution, or where it is lower what was found for these series."""
    is_lower = found.loss < solution.loss[series]
    place = np.arange(solution.loss.size)
    place[series[is_lower]] = place.size + np.flatnonzero(is_lower)
    return joined([solution, found], place)


def _at_nothing(task: Task) -> Task:
    """Return the task of smoothers that learn nothing from the series after its beginning.

    At alpha = 0 there may be another optimum, with a ridge before it, that no grid has a point of.
    """
    bounds = task.bounds.copy()
    for k, parameter in zip(task.free, task.free_parameters, strict=True):
        if parameter.lower == 0.0:
            bounds[k] = 0.0
    return replace(task, bounds=bounds, nearby=None)


def _search(task: Task, starts: np.ndarray, settings: Settings, stop: np.ndarray) -> Solution:
    """Search from every start, (N, n_starts, Q + U + C), and return the best ends."""
    n_series, n_starts = starts.shape[:2]
    v = np.ascontiguousarray(starts.reshape(n_series * n_starts, -1))
    loss = np.empty(len(v))
    status, n_iter = np.empty((2, len(v)), dtype=np.int64)
    floors = task.batch.count_observed() * (8.0 * np.finfo(float).eps) ** 2
    n_lanes = min(_LANES, len(v))
    limits = settings.max_iter, settings.tol
    rules = Rules(n_starts, *_PROBING[task.effort], n_lanes, *limits, floors)
    model, ends = model_of(task), Ends(v, loss, status, n_iter)
    room = room_of(model, task.series, rules, ends)
    minimize_lanes(model, task.series, rules, stop, ends, *room)
    best = np.arange(n_series) * n_starts + np.argmin(loss.reshape(n_series, n_starts), axis=1)
    if v.shape[1]:
        n_iter = np.maximum(n_iter, 1)  # to see that it is the minimum already is one
    return _solution(task, v[best], loss[best], n_iter[best], status[best] != OUT_OF_ITERATIONS)


def model_of(task: Task) -> Model:
    """Return what a task fits as kernels take it."""
    structure, cell = task.structure, task.structure.cell
    return Model(
        cell.step.address,
        cell.tangent.address,
        structure.is_relative,
        structure.is_linear,
        task.bounds[:, 0].copy(),
        task.free,
        task.search_bounds,
        task.share_at,
        task.rates[task.free],
        task.states,
        decaying=-1,
        ages=np.zeros(1),
        pairs=task.pairs_at,
        most=task.bounds[task.free[task.pairs_at], 1],
    )


def _solution(
    task: Task, v: np.ndarray, loss: np.ndarray, n_iter: np.ndarray, converged: np.ndarray
) -> Solution:
    """Take the numbers that were searched to those of the cell."""
    n_free = task.free.size
    theta = task.theta_of(v[:, :n_free].T)
    linear = np.concatenate([np.ones((len(v), 1)), v[:, n_free:]], axis=1)
    states = np.einsum(
        "nsu,nu->sn", np.broadcast_to(task.states, (len(v), *task.states.shape[1:])), linear
    )
    coefficients = v[:, n_free + task.n_free_state :].T.copy()
    if coefficients.size and task.structure.is_linear and not task.structure.is_relative:
        _solve_again(task, theta, states, coefficients)
    return Solution(theta, states, coefficients, loss, n_iter, converged)


def _solve_again(
    task: Task, theta: np.ndarray, states: np.ndarray, coefficients: np.ndarray
) -> None:
    """Solve for coefficients and initial states once more, in place.

    A damped search leaves columns that say the same with a share each; a solution of the normal
    equations leaves the later ones out.
    """
    n_columns, n_free_state = len(coefficients), task.n_free_state
    order = np.r_[0, 1 + n_free_state : 1 + n_free_state + n_columns, 1 : 1 + n_free_state]
    for i in range(theta.shape[1]):
        of_state = np.ascontiguousarray(task.states[i if len(task.states) > 1 else 0][:, order])
        series = np.ascontiguousarray(task.batch.one(i))
        one = np.ascontiguousarray(theta[:, [i]])
        unknowns = best_unknowns(task.structure.cell, one, series, of_state)
        coefficients[:, i], states[:, i] = unknowns[:n_columns], unknowns[n_columns:]
