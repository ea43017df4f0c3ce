"""The search for losses that are not the squared error: parameters and unknowns together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from tsrnn._optim.scipy_minimize import Minimum, Objective
from tsrnn._scan.linear import error_products
from tsrnn.smoothing.search.grid_search import grid_of, lowest_minima
from tsrnn.smoothing.search.profile import profile
from tsrnn.smoothing.search.scipy_methods.losses import AbsoluteError, Huber, Loss
from tsrnn.smoothing.search.scipy_methods.problem import (
    Problem,
    minimize_scaled,
    rounding,
)
from tsrnn.smoothing.search.task import Settings

# How many searches of a sum of magnitudes are followed to the end, and the change of the loss, as a
# share of it, at which one has settled.
_MOST_FOLLOWED = 3

# How many minima of a grid of losses are searched from.
_MOST_MINIMA = 8
_SETTLED = 1e-4

# The median magnitude of a standard normal variable.
_MEDIAN_OF_NORMAL = 0.6744897501960817


def minimize_robust(problem: Problem, starts: list[np.ndarray], settings: Settings) -> Minimum:
    """Search parameters and unknowns together for a loss that is not the squared error.

    The sum of magnitudes has kinks at which a gradient method stops early, so it is approached
    through Huber losses whose delta shrinks: from every start through the first, and on from where
    the best of them ended.
    """
    spread = _robust_deviation(problem, starts[0])
    if spread**2 * problem.n_observed <= rounding(problem):
        return Minimum(starts[0], 0.0, 0, True, "nothing to search")
    final: Loss = AbsoluteError()
    deltas = [1.0, 0.3, 0.1, 0.03, 0.01, 1e-3, 1e-4]
    if settings.loss == "huber":
        final, deltas = Huber(settings.huber_delta * spread), [settings.huber_delta]

    def stage(variables: np.ndarray, delta: float) -> Minimum:
        minimum = _minimize_jointly(problem, variables, Huber(delta * spread), settings)
        residuals = problem.residuals(*problem.split(minimum.theta))
        return replace(minimum, loss=final.value_and_gradient(residuals)[0])

    begun = [
        stage(problem.with_unknowns(start), deltas[0])
        for start in starts + _robust_minima(problem, final)
    ]
    begun.sort(key=lambda minimum: minimum.loss)
    if len(deltas) == 1:
        return begun[0]
    return min(
        (
            _approach(stage, minimum, deltas[1:], settings.max_iter)
            for minimum in begun[:_MOST_FOLLOWED]
        ),
        key=lambda minimum: minimum.loss,
    )


def _approach(
    stage: Callable[[np.ndarray, float], Minimum],
    start: Minimum,
    deltas: Sequence[float],
    max_iter: int,
) -> Minimum:
    """Minimise for one delta after the other; what counts is that the loss has settled."""
    best, n_iter, before, cut_short = start, start.n_iter, start.loss, False
    for delta in deltas:
        minimum = stage(best.theta, delta)
        n_iter += minimum.n_iter
        cut_short |= minimum.n_iter >= max_iter
        before = best.loss
        if minimum.loss <= best.loss:
            best = minimum
    settled = not cut_short and before - best.loss <= _SETTLED * best.loss
    return replace(best, n_iter=n_iter, converged=best.converged or settled)


def _robust_minima(problem: Problem, loss: Loss) -> list[np.ndarray]:
    """Return where a grid search finds minima of a loss, at the unknowns of the least SSE."""
    if problem.free.size == 0 or problem.structure.seasonal is not None:
        return []
    points, shape = grid_of(problem.free_parameters, np.array(problem.free_bounds).T)
    grid = np.repeat(problem.lower[:, None], points.shape[1], axis=1)
    grid[problem.free] = points
    _, unknowns = profile(problem.cell, grid, problem.series, problem.initial_state)
    losses = np.array(
        [
            loss.value_and_gradient(problem.residuals(grid[:, [i]], one))[0]
            for i, one in enumerate(unknowns)
        ]
    )
    return list(points[:, lowest_minima(losses, shape, _MOST_MINIMA)].T)


def _robust_deviation(problem: Problem, free_values: np.ndarray) -> float:
    """Return a standard deviation of the residuals from the median of their magnitudes."""
    theta = problem.theta(free_values)
    magnitudes = np.abs(problem.residuals(theta, problem.best_unknowns(theta)))
    median = float(np.nanmedian(magnitudes))
    # More than half of the residuals may vanish: then the mean of all must serve.
    return median / _MEDIAN_OF_NORMAL if median > 0.0 else float(np.nanmean(magnitudes))


def _minimize_jointly(
    problem: Problem, variables: np.ndarray, loss: Loss, settings: Settings
) -> Minimum:
    """Minimise a loss over free parameters and unknowns."""
    if variables.size == 0:
        return Minimum(variables, np.inf, 0, True, "nothing to search")
    n_free = problem.free.size
    unit = _units(problem, problem.theta(variables[:n_free]))
    scaled = np.r_[variables[:n_free], variables[n_free:] / unit]
    objective = _joint_objective(problem, loss, unit, scaled)
    bounds = problem.free_bounds + [(-np.inf, np.inf)] * unit.size
    minimum = minimize_scaled(objective, scaled, bounds, settings)
    return replace(minimum, theta=np.r_[minimum.theta[:n_free], minimum.theta[n_free:] * unit])


def _joint_objective(
    problem: Problem, loss: Loss, unit: np.ndarray, start: np.ndarray
) -> Objective:
    """Return a loss, divided by its value at the start, of parameters and unknowns / unit."""
    n_free = problem.free.size

    def unscaled(variables):
        free_values = variables[:n_free]
        split = problem.split(np.r_[free_values, variables[n_free:] * unit])
        value, d_theta, d_unknowns = problem.loss_and_gradients(*split, loss)
        slope = problem.slope(free_values, d_theta)
        return value, np.r_[slope, d_unknowns @ problem.unknown_map[1:, 1:] * unit]

    scale = unscaled(start)[0] or 1.0

    def objective(variables):
        value, gradient = unscaled(variables)
        return value / scale, gradient / scale

    return objective


def _units(problem: Problem, theta: np.ndarray) -> np.ndarray:
    """Return for each unknown the change that moves the errors by one, in mean square."""
    products = error_products(problem.cell, theta, problem.series)[:, :, 0]
    squares = np.diag(problem.unknown_map.T @ products @ problem.unknown_map)[1:]
    return np.sqrt(problem.n_observed / np.where(squares > 0.0, squares, 1.0))
