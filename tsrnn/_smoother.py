"""Fitting one exponential smoother to one series, in scaled units.

The squared error at the best initial state is scanned, and searched by a SciPy method from the
scan's lowest points. Other losses leave the initial state no closed form: parameters and state are
then searched together, from the same points and others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tsrnn._cell import Cell
from tsrnn._optimize import Minimum
from tsrnn._profile import ProfiledSSE
from tsrnn._scan import unroll
from tsrnn._smoother_problem import Problem, Settings, minimize_scaled, rounding
from tsrnn._smoother_robust import minimize_robust
from tsrnn._smoother_scan import MOST_SCANNED, scan

# How much higher than the lowest point of a scan another may be and still lead to the minimum, by
# the number of free parameters: the more, the coarser the scan. Measured on M3.
_WORTH_A_SEARCH = {2: 1.005, 3: 1.03}


@dataclass(frozen=True)
class SmootherFit:
    """A fitted smoother of one series, in the units of the series it was given.

    Attributes
    ----------
    theta : (K, 1) array
        Parameters in the cell's order.
    coefficients : (p,) array
        Of the regressors.
    states : (T + 1, S) array
        states[0] is the state before the first value.
    predictions : (T,) array
        One-step-ahead predictions of the series net of its regressors.
    n_iter : int
    converged : bool
    message : str
        The optimiser's.
    """

    theta: np.ndarray
    coefficients: np.ndarray
    states: np.ndarray
    predictions: np.ndarray
    n_iter: int
    converged: bool
    message: str


def fit_smoother(
    cell: Cell,
    series: np.ndarray,
    bounds: Sequence[tuple[float, float]],
    initial_state: np.ndarray | None,
    settings: Settings,
) -> SmootherFit:
    """Fit a linear smoother.

    Parameters
    ----------
    cell : Cell
    series : (1 + p, T) array
        y, of order one, NaN where missing, and p regressors, of order one.
    bounds : sequence of (lower, upper)
        For each parameter; equal where it is fixed.
    initial_state : (S,) or (S, 1 + p) array or None
        The state before the first value: constant, or constant and slopes in the coefficients of
        the regressors; learned where None.
    settings : Settings
    """
    problem = Problem(cell, series, bounds, initial_state)
    starts, sse = scan(problem)
    worth_a_search = sse <= _WORTH_A_SEARCH.get(problem.free.size, 1.0) * sse[0]
    minimum = minimize_squared(problem, starts[: np.count_nonzero(worth_a_search)], settings)
    if settings.loss != "likelihood":
        minimum = minimize_robust(problem, [minimum.theta, *starts], settings)
    theta, unknowns = problem.split(minimum.theta)
    coefficients, state = np.split(unknowns, [len(problem.regressors)])
    states, outputs = unroll(cell, theta, problem.net(unknowns), state[:, None])
    return SmootherFit(
        theta,
        coefficients,
        states[:, :, 0],
        outputs[:, 0, 0],
        minimum.n_iter,
        minimum.converged,
        minimum.message,
    )


def minimize_squared(problem: Problem, starts: list[np.ndarray], settings: Settings) -> Minimum:
    """Go from a scan's lowest points to the minimum of F."""
    profiled_sse = ProfiledSSE(problem.cell, problem.series, problem.initial_state)

    def objective(free_values):
        sse, gradient = profiled_sse(problem.theta(free_values))
        return sse / scale, gradient[problem.free, 0] / scale

    scale = 1.0
    scale = objective(starts[0])[0]
    if problem.free.size == 0 or scale <= rounding(problem):
        return Minimum(starts[0], scale, 0, True, "nothing to search")
    minima = [minimize_scaled(objective, start, problem.free_bounds, settings) for start in starts]
    best = min(minima, key=lambda minimum: minimum.loss)
    if problem.y.size > MOST_SCANNED:
        return best
    # The scan left out zero, which may be a minimum with a ridge before it; on a long series the
    # scan came close enough.
    corner = np.where(problem.lower[problem.free] == 0.0, 0.0, best.theta)
    loss_there = objective(corner)[0]
    return replace(best, theta=corner, loss=loss_there) if loss_there < best.loss else best
