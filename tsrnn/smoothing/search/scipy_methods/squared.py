"""The search for the least squared error, at each point with the linear unknowns at their best."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tsrnn._optim.scipy_minimize import Minimum, lowest
from tsrnn.smoothing.search.profile import ProfiledSSE
from tsrnn.smoothing.search.scipy_methods.problem import Problem, minimize_scaled, rounding
from tsrnn.smoothing.search.starts import spread_starts, starts_of
from tsrnn.smoothing.search.task import Settings

# Of a series longer than this no more is looked at for starts.
LONG = 4096

# How much higher than the lowest start another may be and still be searched from.
_WORTH_A_SEARCH = 1.5

# How many starts of a long series are searched from, by the number of free parameters.
_MOST_OF_LONG = {1: 1, 2: 1, 3: 3}


def parameter_starts(problem: Problem) -> list[np.ndarray]:
    """Return free parameters to search from: where the compiled solver starts.

    Without a season the lowest F comes first. Of a long series the starts are minima of its recent
    past, besides points that are far apart lest the rest of it has others. Few are enough there:
    what were separate minima are often one valley of the whole, but for those along phi.
    """
    n_free, is_long = problem.free.size, problem.y.size > LONG
    if problem.structure.seasonal is not None:
        return [v[:n_free] for v in starts_of(problem.as_task())[0]]
    if n_free == 0:
        return [np.empty(0)]
    recent = problem.recent(LONG) if is_long else problem
    points = starts_of(recent.as_task())[0][:, :n_free]
    if is_long:
        bounds = np.array(problem.free_bounds).T
        points = np.concatenate([points, spread_starts(problem.free_parameters, bounds)])
    points = np.unique(points, axis=0)
    losses = problem.profiled(points.T)
    order = np.argsort(losses, kind="stable")
    n_starts = np.count_nonzero(losses <= _WORTH_A_SEARCH * losses[order[0]])
    return list(points[order[: _MOST_OF_LONG[n_free] if is_long else n_starts]])


def minimize_squared(problem: Problem, starts: list[np.ndarray], settings: Settings) -> Minimum:
    """Go from starts to the lowest minimum of F."""
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
    # Grids leave out zero, which may be a minimum with a ridge before it.
    corner = np.where(problem.lower[problem.free] == 0.0, 0.0, best.theta)
    loss_there = objective(corner)[0]
    return replace(best, theta=corner, loss=loss_there) if loss_there < best.loss else best
