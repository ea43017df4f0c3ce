"""Fitting exponential smoothers: by compiled code, many at a time, or by a SciPy method.

The compiled solver serves the likelihood. A SciPy method searches one series at a time, with
gradients by backpropagation through time: of the squared error at the best initial state where
predictions and errors are linear in it, and of parameters and state together elsewhere, and for
losses other than the likelihood.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from tsrnn._optim.scipy_minimize import Minimum, lowest
from tsrnn.smoothing.search.compiled.fit import fit_lanes
from tsrnn.smoothing.search.profile import ProfiledSSE
from tsrnn.smoothing.search.scipy_methods.likelihood import minimize_likelihood
from tsrnn.smoothing.search.scipy_methods.problem import (
    Problem,
    minimize_scaled,
    rounding,
)
from tsrnn.smoothing.search.scipy_methods.robust import minimize_robust
from tsrnn.smoothing.search.starts import spread_starts, starts_of
from tsrnn.smoothing.search.task import Settings, Solution, Task, joined

# How much of a series is scanned.
MOST_SCANNED = 4096

# How much higher than the lowest start another may be and still be searched from.
_WORTH_A_SEARCH = 1.5

# How many starts of a long series are searched from, by the number of free parameters.
_MOST_OF_LONG = {1: 1, 2: 1, 3: 3}


def solve(
    task: Task,
    settings: Settings,
    n_jobs: int | None = None,
    progress: Callable[[int], Any] | None = None,
) -> Solution:
    """Fit every series of a task.

    "auto" is the compiled solver for the likelihood, but for series so long that windows of them
    are faster, and L-BFGS-B elsewhere. Which it is depends on each series alone, so that one comes
    out as it would without the others.
    """
    if settings.solver == "gauss-newton":
        return fit_lanes(task, settings.max_iter, settings.tol, n_jobs, progress)
    if settings.solver != "auto":
        return _solve_each(task, settings, progress)
    by_scipy = replace(settings, solver="L-BFGS-B")
    if settings.loss != "likelihood":
        return _solve_each(task, by_scipy, progress)
    has_windows = task.structure.seasonal is None and not task.structure.is_relative
    is_long = has_windows & (task.batch.lengths > MOST_SCANNED)
    if not is_long.any():
        return fit_lanes(task, settings.max_iter, settings.tol, n_jobs, progress)
    long, short = np.flatnonzero(is_long), np.flatnonzero(~is_long)
    parts = [_solve_each(task.some(long), by_scipy, progress)]
    if short.size:
        parts.append(fit_lanes(task.some(short), settings.max_iter, settings.tol, n_jobs, progress))
    return joined(parts, np.argsort(np.concatenate([long, short])))


def _solve_each(task: Task, settings: Settings, progress: Callable[[int], Any] | None) -> Solution:
    """Fit every series of a task by a SciPy method."""
    parts = []
    for i in range(task.batch.n_series):
        parts.append(_solve_one(Problem(task, i), settings))
        if progress is not None:
            progress(1)
    thetas, unknowns, minima = zip(*parts, strict=True)
    n_columns = task.batch.regressors.shape[1]
    return Solution(
        np.concatenate(thetas, axis=1),
        np.stack([one[n_columns:] for one in unknowns], axis=1),
        np.stack([one[:n_columns] for one in unknowns], axis=1),
        np.array([minimum.loss for minimum in minima]),
        np.array([minimum.n_iter for minimum in minima]),
        np.array([minimum.converged for minimum in minima]),
        minima[0].message,
    )


def _solve_one(problem: Problem, settings: Settings) -> tuple[np.ndarray, np.ndarray, Minimum]:
    """Return theta (K, 1), coefficients and initial state (C + S,), and how they were found."""
    structure = problem.structure
    if structure.is_relative or not structure.is_linear:
        minimum = minimize_likelihood(problem, settings)
        return *problem.split(minimum.theta), minimum
    if structure.seasonal is None:
        starts = _scanned_starts(problem)
    else:
        starts = [v[: problem.free.size] for v in starts_of(problem.as_task())[0]]
    minimum = minimize_squared(problem, starts, settings)
    if settings.loss != "likelihood":
        minimum = minimize_robust(problem, [minimum.theta, *starts], settings)
    return *problem.split(minimum.theta), minimum


def _scanned_starts(problem: Problem) -> list[np.ndarray]:
    """Return free parameters to search from, the lowest F first: where the compiled solver starts.

    Of a long series these are minima of its recent past, besides points that are far apart lest the
    rest of it has others. Few are enough there: what were separate minima are often one valley of
    the whole, but for those along phi.
    """
    n_free, is_long = problem.free.size, problem.y.size > MOST_SCANNED
    if n_free == 0:
        return [np.empty(0)]
    scanned = problem.recent(MOST_SCANNED) if is_long else problem
    points = starts_of(scanned.as_task())[0][:, :n_free]
    if is_long:
        bounds = np.array(problem.free_bounds).T
        points = np.concatenate([points, spread_starts(problem.free_parameters, bounds)])
    points = np.unique(points, axis=0)
    losses = problem.profiled(points.T)
    order = np.argsort(losses, kind="stable")
    n_starts = np.count_nonzero(losses <= _WORTH_A_SEARCH * losses[order[0]])
    return list(points[order[: _MOST_OF_LONG[n_free] if is_long else n_starts]])


def minimize_squared(problem: Problem, starts: list[np.ndarray], settings: Settings) -> Minimum:
    """Go from a scan's lowest points to the minimum of F."""
    profiled_sse = ProfiledSSE(problem.cell, problem.series, problem.initial_state)

    def objective(free_values):
        sse, gradient = profiled_sse(problem.theta(free_values))
        slope = problem.slope(free_values, gradient)
        value, slope = problem.with_prior(free_values, sse, slope)
        return value / scale, slope / scale

    scale = 1.0
    scale = objective(starts[0])[0]
    if problem.free.size == 0 or scale <= rounding(problem):
        return Minimum(starts[0], scale, 0, True, "nothing to search")
    minima = [minimize_scaled(objective, start, problem.free_bounds, settings) for start in starts]
    best = lowest(minima)
    # The scan left out zero, which may be a minimum with a ridge before it.
    corner = np.where(problem.lower[problem.free] == 0.0, 0.0, best.theta)
    loss_there = objective(corner)[0]
    return replace(best, theta=corner, loss=loss_there) if loss_there < best.loss else best
