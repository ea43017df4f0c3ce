"""Fitting one exponential smoother to one series, in scaled units.

F, the squared error at the best initial state, has several local minima, some of them narrow and
near zero, so the search starts from a scan: F on a grid that is logarithmic near zero, then finer
grids around its lowest local minima, and from the best point a SciPy method. Other losses leave
the initial state no closed form: parameters and state are then searched together, from the same
minima.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tsrnn._cell import Cell
from tsrnn._heads import AbsoluteError, Huber, Loss
from tsrnn._optimize import Minimum, Objective, minimize
from tsrnn._profile import ProfiledSSE, best_state, profile
from tsrnn._scan import backpropagate, error_products, unroll

# How much of a series is scanned finely, and how many minima of the scan are looked into.
_MOST_SCANNED = 4096
_MOST_MINIMA = 4

# The median magnitude of a standard normal variable.
_MEDIAN_OF_NORMAL = 0.6744897501960817

# How much higher than the lowest point of a scan another may be and still lead to the minimum, by
# the number of free parameters: the more, the coarser the scan. Measured on M3.
_WORTH_A_SEARCH = {1: 1.0, 2: 1.005, 3: 1.03}

# The grid of one parameter.
Axis = tuple[float, ...]


@dataclass(frozen=True)
class Settings:
    """How to fit: the loss by name and the optimiser's options."""

    loss: str
    huber_delta: float
    solver: str
    max_iter: int
    tol: float


@dataclass(frozen=True)
class SmootherFit:
    """A fitted smoother of one series, in the units of the series it was given.

    Attributes
    ----------
    theta : (K, 1) array
        Parameters in the cell's order.
    states : (T + 1, S) array
        states[0] is the state before the first value.
    predictions : (T,) array
        One-step-ahead predictions.
    n_iter : int
    converged : bool
    message : str
        The optimiser's.
    """

    theta: np.ndarray
    states: np.ndarray
    predictions: np.ndarray
    n_iter: int
    converged: bool
    message: str


def fit_smoother(
    cell: Cell,
    y: np.ndarray,
    bounds: Sequence[tuple[float, float]],
    initial_state: np.ndarray | None,
    settings: Settings,
) -> SmootherFit:
    """Fit a linear smoother.

    Parameters
    ----------
    cell : Cell
    y : (T,) array
        The series, of order one, NaN where missing.
    bounds : sequence of (lower, upper)
        For each parameter; equal where it is fixed.
    initial_state : (S,) array or None
        The state before the first value; learned where None.
    settings : Settings
    """
    problem = _Problem(cell, y, bounds, initial_state)
    starts = _scan(problem)
    minimum = _minimize_squared(problem, starts, settings)
    if settings.loss != "likelihood":
        minimum = _minimize_robust(problem, [minimum.theta, *starts], settings)
    theta, state = problem.split(minimum.theta)
    if state is None:
        state = problem.best_state(theta)
    states, outputs = unroll(cell, theta, y[:, None, None], state[:, None])
    return SmootherFit(
        theta,
        states[:, :, 0],
        outputs[:, 0, 0],
        minimum.n_iter,
        minimum.converged,
        minimum.message,
    )


class _Problem:
    """One series, one cell, and which of its numbers are free."""

    def __init__(self, cell, y, bounds, initial_state) -> None:
        self.cell = cell
        self.y = np.ascontiguousarray(y)
        self.x = self.y[:, None, None]
        self.lower, self.upper = np.array(bounds, dtype=float).reshape(-1, 2).T
        self.free = np.flatnonzero(self.lower < self.upper)
        self.initial_state = initial_state
        self.n_observed = int(np.count_nonzero(~np.isnan(self.y)))

    @property
    def bounds(self) -> tuple[tuple[float, float], ...]:
        return tuple(zip(self.lower.tolist(), self.upper.tolist(), strict=True))

    @property
    def free_bounds(self) -> list[tuple[float, float]]:
        return [(low, high) for low, high in self.bounds if low < high]

    def theta(self, free_values: np.ndarray) -> np.ndarray:
        """All parameters, (K, 1), given the free ones."""
        theta = self.lower[:, None].copy()
        theta[self.free, 0] = free_values
        return theta

    def split(self, variables: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """Theta, and the initial state where it is among the variables."""
        n_free = self.free.size
        state = variables[n_free:] if variables.size > n_free else self.initial_state
        return self.theta(variables[:n_free]), state

    def best_state(self, theta: np.ndarray) -> np.ndarray:
        """Return the given initial state, or the one with the least SSE."""
        if self.initial_state is not None:
            return self.initial_state
        return best_state(self.cell, theta, self.y)

    def recent(self, n_timesteps: int) -> _Problem:
        """Return the problem of the last values alone, their initial state to be learned."""
        return _Problem(self.cell, self.y[-n_timesteps:], self.bounds, None)

    def residuals(self, theta: np.ndarray, state: np.ndarray) -> np.ndarray:
        """Errors of the one-step predictions, (T,)."""
        return self.y - unroll(self.cell, theta, self.x, state[:, None])[1][:, 0, 0]

    def loss_and_gradients(
        self, theta: np.ndarray, state: np.ndarray, loss: Loss
    ) -> tuple[float, np.ndarray, np.ndarray]:
        """Return the loss and its gradients with respect to the free parameters and the state."""
        states, outputs = unroll(self.cell, theta, self.x, state[:, None])
        value, d_residuals = loss.value_and_gradient(self.x - outputs)
        d_theta, d_state, _ = backpropagate(
            self.cell, theta, self.x, states, outputs, d_outputs=-d_residuals
        )
        return value, d_theta[self.free, 0], d_state[:, 0]


def _scan(problem: _Problem) -> list[np.ndarray]:
    """Return values of the free parameters near the lowest minima of F, the lowest first."""
    if problem.free.size == 0:
        return [np.empty(0)]
    axes = _axes(problem.bounds, problem.y.size)
    if problem.y.size <= _MOST_SCANNED:
        points = _scan_in_full(problem, axes)
    else:
        # Minima of the recent past, and a wide grid lest the rest of the series has others.
        points = np.column_stack(
            [
                _scan_in_full(problem.recent(_MOST_SCANNED), axes),
                _grid(tuple(axis[::3] for axis in axes)),
            ]
        )
        sse, _ = profile(problem.cell, points, problem.y, problem.initial_state)
        points = points[:, np.argsort(sse, kind="stable")[:_MOST_MINIMA]]
    return list(points[problem.free].T)


def _scan_in_full(problem: _Problem, axes: tuple[Axis, ...]) -> np.ndarray:
    """Return parameters, (K, n), near the lowest minima of F, the lowest first."""
    coarse = _grid(axes)
    shape = tuple(len(axis) for axis in axes)
    sse, _ = profile(problem.cell, coarse, problem.y, problem.initial_state)
    minima = _lowest_minima(sse.reshape(shape))
    around = [_grid_around(axes, int(i)) for i in minima]
    fine = np.concatenate(around, axis=1)
    sse, _ = profile(problem.cell, fine, problem.y, problem.initial_state)
    # The lowest point about each minimum of the coarse grid.
    ends = np.cumsum([grid.shape[1] for grid in around])
    lowest = [
        end - grid.shape[1] + int(np.argmin(sse[end - grid.shape[1] : end]))
        for grid, end in zip(around, ends, strict=True)
    ]
    return fine[:, sorted(lowest, key=lambda i: sse[i])]


# The grids below are asked for again at every series of the same length.


@functools.lru_cache(maxsize=256)
def _axes(bounds: tuple[tuple[float, float], ...], n_timesteps: int) -> tuple[Axis, ...]:
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
def _grid(axes: tuple[Axis, ...]) -> np.ndarray:
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
    return _grid(tuple(tuple(values) for values in fine))


def _lowest_minima(sse: np.ndarray) -> np.ndarray:
    """Return the flat positions of the lowest local minima of a grid, best first."""
    from scipy.ndimage import minimum_filter

    is_minimum = sse <= minimum_filter(sse, size=3, mode="nearest")
    positions = np.flatnonzero(is_minimum.ravel())
    values, first = np.unique(sse.ravel()[positions], return_index=True)
    return positions[first[:_MOST_MINIMA]]


def _minimize_squared(problem: _Problem, starts: list[np.ndarray], settings: Settings) -> Minimum:
    """Go from a scan's lowest points to the minimum of F."""
    profiled_sse = ProfiledSSE(problem.cell, problem.y, problem.initial_state)

    def objective(free_values):
        sse, gradient = profiled_sse(problem.theta(free_values))
        return sse / scale, gradient[problem.free, 0] / scale

    scale = 1.0
    scale = objective(starts[0])[0]
    if problem.free.size == 0 or scale <= _rounding(problem):
        return Minimum(starts[0], scale, 0, True, "nothing to search")
    minima = [
        _minimize(objective, start, problem.free_bounds, settings)
        for start in starts
        if objective(start)[0] <= _WORTH_A_SEARCH[problem.free.size]
    ]
    return min(minima, key=lambda minimum: minimum.loss)


def _minimize(objective, start, bounds, settings: Settings) -> Minimum:
    return minimize(
        objective,
        start,
        bounds,
        solver=settings.solver,
        max_iter=settings.max_iter,
        tol=settings.tol,
    )


def _rounding(problem: _Problem) -> float:
    """Return an SSE that is rounding: the series, of order one, is followed exactly."""
    return problem.n_observed * (8.0 * np.finfo(float).eps) ** 2


def _minimize_robust(problem: _Problem, starts: list[np.ndarray], settings: Settings) -> Minimum:
    """Search parameters and initial state together for a loss that is not the squared error.

    The sum of magnitudes has kinks at which a gradient method stops early, so it is approached
    through Huber losses whose delta shrinks.
    """
    spread = _robust_deviation(problem, starts[0])
    if spread**2 * problem.n_observed <= _rounding(problem):
        return Minimum(starts[0], 0.0, 0, True, "nothing to search")
    final: Loss = AbsoluteError()
    deltas = [1.0, 0.3, 0.1, 0.03, 0.01, 1e-3, 1e-4]
    if settings.loss == "huber":
        final, deltas = Huber(settings.huber_delta * spread), [settings.huber_delta]
    best = None
    for start in starts:
        minimum = _follow(problem, start, [Huber(delta * spread) for delta in deltas], settings)
        theta, state = problem.split(minimum.theta)
        value, _ = final.value_and_gradient(problem.residuals(theta, state))
        if best is None or value < best.loss:
            best = replace(minimum, loss=value)
    return best


def _robust_deviation(problem: _Problem, free_values: np.ndarray) -> float:
    """Return a standard deviation of the residuals from the median of their magnitudes."""
    theta = problem.theta(free_values)
    magnitudes = np.abs(problem.residuals(theta, problem.best_state(theta)))
    median = float(np.nanmedian(magnitudes))
    # More than half of the residuals may vanish: then the mean of all must serve.
    return median / _MEDIAN_OF_NORMAL if median > 0.0 else float(np.nanmean(magnitudes))


def _follow(
    problem: _Problem, start: np.ndarray, losses: Sequence[Loss], settings: Settings
) -> Minimum:
    """Minimise one loss after the other, each from where the last ended."""
    theta = problem.theta(start)
    unit = np.ones(0)
    variables = start
    if problem.initial_state is None:
        unit = _state_units(problem, theta)
        variables = np.concatenate([start, problem.best_state(theta) / unit])
    minimum = Minimum(variables, np.inf, 0, True, "nothing to search")
    n_iter = 0
    for loss in losses:
        if variables.size > 0:
            objective = _joint_objective(problem, loss, unit, minimum.theta)
            bounds = problem.free_bounds + [(-np.inf, np.inf)] * unit.size
            minimum = _minimize(objective, minimum.theta, bounds, settings)
        n_iter += minimum.n_iter
    values = minimum.theta.copy()
    values[start.size :] *= unit
    return replace(minimum, theta=values, n_iter=n_iter)


def _joint_objective(
    problem: _Problem, loss: Loss, unit: np.ndarray, start: np.ndarray
) -> Objective:
    """Return a loss, divided by its value at the start, of free parameters and state / unit."""
    n_free = start.size - unit.size

    def unscaled(variables):
        theta, state = problem.split(np.r_[variables[:n_free], variables[n_free:] * unit])
        value, d_free, d_state = problem.loss_and_gradients(theta, state, loss)
        return value, np.r_[d_free, d_state[: unit.size] * unit]

    scale = unscaled(start)[0] or 1.0

    def objective(variables):
        value, gradient = unscaled(variables)
        return value / scale, gradient / scale

    return objective


def _state_units(problem: _Problem, theta: np.ndarray) -> np.ndarray:
    """Return for each state variable the change that moves the errors by one, in mean square."""
    squares = np.einsum("iig->i", error_products(problem.cell, theta, problem.y)[1:, 1:])
    return np.sqrt(problem.n_observed / np.where(squares > 0.0, squares, 1.0))
