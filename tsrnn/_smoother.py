"""Fitting one exponential smoother to one series, in scaled units.

F, the squared error at the best initial state, has several local minima, some of them narrow and
near zero, so the search starts from a scan: F on a grid that is logarithmic near zero, then finer
grids around its lowest local minima, and from the best point a SciPy method. Other losses leave
the initial state no closed form: parameters and state are then searched together, from the same
minima.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tsrnn._cell import Cell
from tsrnn._heads import AbsoluteError, Huber, Loss
from tsrnn._optimize import Minimum, Objective, minimize
from tsrnn._profile import ProfiledSSE, best_unknowns, profile, unknown_map
from tsrnn._scan import backpropagate, error_products, unroll

# How much of a series is scanned finely, and how many minima of the scan are looked into.
_MOST_SCANNED = 4096
_MOST_MINIMA = 4

# How many searches of a sum of magnitudes are followed to the end, and the change of the loss, as a
# share of it, at which one has settled.
_MOST_FOLLOWED = 3
_SETTLED = 1e-4

# How much higher than the lowest a minimum of the coarse scan may be and still be looked into.
_NEAR = 1.5

# L-BFGS-B stops at a gradient of so many times the tolerance. What a step of a smaller one can gain
# is below the rounding of a sum of squares: the line search would try twenty times in vain.
_GRADIENT_TOLERANCE = 3000.0

# The median magnitude of a standard normal variable.
_MEDIAN_OF_NORMAL = 0.6744897501960817

# How much higher than the lowest point of a scan another may be and still lead to the minimum, by
# the number of free parameters: the more, the coarser the scan. Measured on M3.
_WORTH_A_SEARCH = {2: 1.005, 3: 1.03}

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
    problem = _Problem(cell, series, bounds, initial_state)
    starts, sse = _scan(problem)
    worth_a_search = sse <= _WORTH_A_SEARCH.get(problem.free.size, 1.0) * sse[0]
    minimum = _minimize_squared(problem, starts[: np.count_nonzero(worth_a_search)], settings)
    if settings.loss != "likelihood":
        minimum = _minimize_robust(problem, [minimum.theta, *starts], settings)
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


class _Problem:
    """One series with its regressors, one cell, and which of its numbers are free."""

    def __init__(self, cell, series, bounds, initial_state) -> None:
        self.cell = cell
        self.series = np.ascontiguousarray(series)
        self.y = self.series[0]
        self.regressors = self.series[1:]
        self.lower, self.upper = np.array(bounds, dtype=float).reshape(-1, 2).T
        self.free = np.flatnonzero(self.lower < self.upper)
        self.initial_state = initial_state
        self.unknown_map = unknown_map(cell, self.series, initial_state)
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

    @property
    def n_unknowns(self) -> int:
        """How many linear unknowns are free: coefficients, and the state unless it is given."""
        return self.unknown_map.shape[1] - 1

    def split(self, variables: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Theta and the linear unknowns; these at their best where only theta is searched."""
        theta = self.theta(variables[: self.free.size])
        free_unknowns = variables[self.free.size :]
        if free_unknowns.size < self.n_unknowns:
            return theta, self.best_unknowns(theta)
        return theta, (self.unknown_map @ np.r_[1.0, free_unknowns])[1:]

    def best_unknowns(self, theta: np.ndarray) -> np.ndarray:
        """Return coefficients and initial state, given or with the least SSE."""
        return best_unknowns(self.cell, theta, self.series, self.initial_state)

    def with_unknowns(self, free_values: np.ndarray) -> np.ndarray:
        """Return free parameters, and the free unknowns with the least SSE there."""
        unknowns = self.best_unknowns(self.theta(free_values))
        return np.concatenate([free_values, unknowns[: self.n_unknowns]])

    def recent(self, n_timesteps: int) -> _Problem:
        """Return the problem of the last values alone, their initial state to be learned."""
        return _Problem(self.cell, self.series[:, -n_timesteps:], self.bounds, None)

    def net(self, unknowns: np.ndarray) -> np.ndarray:
        """Return the series net of its regressors, (T, 1, 1)."""
        n_regressors = len(self.regressors)
        return (self.y - unknowns[:n_regressors] @ self.regressors)[:, None, None]

    def residuals(self, theta: np.ndarray, unknowns: np.ndarray) -> np.ndarray:
        """Errors of the one-step predictions, (T,)."""
        x, state = self.net(unknowns), unknowns[len(self.regressors) :]
        return (x - unroll(self.cell, theta, x, state[:, None])[1])[:, 0, 0]

    def loss_and_gradients(
        self, theta: np.ndarray, unknowns: np.ndarray, loss: Loss
    ) -> tuple[float, np.ndarray, np.ndarray]:
        """Return the loss and its gradients with respect to free parameters and unknowns."""
        x, state = self.net(unknowns), unknowns[len(self.regressors) :]
        states, outputs = unroll(self.cell, theta, x, state[:, None])
        value, d_residuals = loss.value_and_gradient(x - outputs)
        d_theta, d_state, d_x = backpropagate(
            self.cell, theta, x, states, outputs, d_outputs=-d_residuals
        )
        d_coefficients = -self.regressors @ (d_residuals + d_x)[:, 0, 0]
        return value, d_theta[self.free, 0], np.concatenate([d_coefficients, d_state[:, 0]])


def _scan(problem: _Problem) -> tuple[list[np.ndarray], np.ndarray]:
    """Return values of the free parameters near the lowest minima of F, and F, lowest first."""
    if problem.free.size == 0:
        return [np.empty(0)], np.zeros(1)
    axes = _axes(problem.bounds, problem.y.size)
    if problem.y.size <= _MOST_SCANNED:
        points, sse = _scan_in_full(problem, axes)
    else:
        # Minima of the recent past, and a wide grid lest the rest of the series has others.
        recent, _ = _scan_in_full(problem.recent(_MOST_SCANNED), axes)
        points = np.column_stack([recent, _grid(tuple(axis[::4] for axis in axes))])
        sse, _ = profile(problem.cell, points, problem.series, problem.initial_state)
        # One start: what were separate minima are often one valley of the whole.
        best = [int(np.argmin(sse))]
        points, sse = points[:, best], sse[best]
    return list(points[problem.free].T), sse


def _scan_in_full(problem: _Problem, axes: tuple[Axis, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return parameters, (K, n), near the lowest minima of F, and F, the lowest first."""
    coarse = _grid(axes)
    shape = tuple(len(axis) for axis in axes)
    sse, _ = profile(problem.cell, coarse, problem.series, problem.initial_state)
    minima = _lowest_minima(sse.reshape(shape))
    around = [_grid_around(axes, int(i)) for i in minima]
    fine = np.concatenate(around, axis=1)
    sse, _ = profile(problem.cell, fine, problem.series, problem.initial_state)
    # The lowest point about each minimum of the coarse grid.
    ends = np.cumsum([grid.shape[1] for grid in around])
    lowest = [
        end - grid.shape[1] + int(np.argmin(sse[end - grid.shape[1] : end]))
        for grid, end in zip(around, ends, strict=True)
    ]
    order = sorted(lowest, key=lambda i: sse[i])
    return fine[:, order], sse[order]


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


def _lowest_minima(sse: np.ndarray, at_most: int = _MOST_MINIMA) -> np.ndarray:
    """Return the flat positions of the lowest local minima of a grid, best first."""
    from scipy.ndimage import minimum_filter

    is_minimum = sse <= minimum_filter(sse, size=3, mode="nearest")
    positions = np.flatnonzero(is_minimum.ravel())
    values, first = np.unique(sse.ravel()[positions], return_index=True)
    n_near = np.count_nonzero(values <= _NEAR * values[0])
    return positions[first[: min(n_near, at_most)]]


def _minimize_squared(problem: _Problem, starts: list[np.ndarray], settings: Settings) -> Minimum:
    """Go from a scan's lowest points to the minimum of F."""
    profiled_sse = ProfiledSSE(problem.cell, problem.series, problem.initial_state)

    def objective(free_values):
        sse, gradient = profiled_sse(problem.theta(free_values))
        return sse / scale, gradient[problem.free, 0] / scale

    scale = 1.0
    scale = objective(starts[0])[0]
    if problem.free.size == 0 or scale <= _rounding(problem):
        return Minimum(starts[0], scale, 0, True, "nothing to search")
    minima = [_minimize(objective, start, problem.free_bounds, settings) for start in starts]
    best = min(minima, key=lambda minimum: minimum.loss)
    if problem.y.size > _MOST_SCANNED:
        return best
    # The scan left out zero, which may be a minimum with a ridge before it; on a long series the
    # scan came close enough.
    corner = np.where(problem.lower[problem.free] == 0.0, 0.0, best.theta)
    loss_there = objective(corner)[0]
    return replace(best, theta=corner, loss=loss_there) if loss_there < best.loss else best


def _minimize(objective, start, bounds, settings: Settings) -> Minimum:
    """Minimise a loss that is of order one at the start."""
    return minimize(
        objective,
        start,
        bounds,
        solver=settings.solver,
        max_iter=settings.max_iter,
        tol=settings.tol,
        gradient_tolerance=min(_GRADIENT_TOLERANCE * settings.tol, 1e-5),
    )


def _rounding(problem: _Problem) -> float:
    """Return an SSE that is rounding: the series, of order one, is followed exactly."""
    return problem.n_observed * (8.0 * np.finfo(float).eps) ** 2


def _minimize_robust(problem: _Problem, starts: list[np.ndarray], settings: Settings) -> Minimum:
    """Search parameters and unknowns together for a loss that is not the squared error.

    The sum of magnitudes has kinks at which a gradient method stops early, so it is approached
    through Huber losses whose delta shrinks: from every start through the first, and on from where
    the best of them ended.
    """
    spread = _robust_deviation(problem, starts[0])
    if spread**2 * problem.n_observed <= _rounding(problem):
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
            _follow(stage, minimum, deltas[1:], settings.max_iter)
            for minimum in begun[:_MOST_FOLLOWED]
        ),
        key=lambda minimum: minimum.loss,
    )


def _follow(
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


def _robust_minima(problem: _Problem, loss: Loss) -> list[np.ndarray]:
    """Return where a coarse scan finds minima of a loss, at the unknowns of the least SSE."""
    if problem.free.size == 0:
        return []
    axes = _axes(problem.bounds, problem.y.size)
    grid = _grid(axes)
    _, unknowns = profile(problem.cell, grid, problem.series, problem.initial_state)
    losses = np.array(
        [
            loss.value_and_gradient(problem.residuals(grid[:, [i]], one))[0]
            for i, one in enumerate(unknowns)
        ]
    )
    minima = _lowest_minima(losses.reshape([len(axis) for axis in axes]), at_most=8)
    return list(grid[problem.free][:, minima].T)


def _robust_deviation(problem: _Problem, free_values: np.ndarray) -> float:
    """Return a standard deviation of the residuals from the median of their magnitudes."""
    theta = problem.theta(free_values)
    magnitudes = np.abs(problem.residuals(theta, problem.best_unknowns(theta)))
    median = float(np.nanmedian(magnitudes))
    # More than half of the residuals may vanish: then the mean of all must serve.
    return median / _MEDIAN_OF_NORMAL if median > 0.0 else float(np.nanmean(magnitudes))


def _minimize_jointly(
    problem: _Problem, variables: np.ndarray, loss: Loss, settings: Settings
) -> Minimum:
    """Minimise a loss over free parameters and unknowns."""
    if variables.size == 0:
        return Minimum(variables, np.inf, 0, True, "nothing to search")
    n_free = problem.free.size
    unit = _units(problem, problem.theta(variables[:n_free]))
    scaled = np.r_[variables[:n_free], variables[n_free:] / unit]
    objective = _joint_objective(problem, loss, unit, scaled)
    bounds = problem.free_bounds + [(-np.inf, np.inf)] * unit.size
    minimum = _minimize(objective, scaled, bounds, settings)
    return replace(minimum, theta=np.r_[minimum.theta[:n_free], minimum.theta[n_free:] * unit])


def _joint_objective(
    problem: _Problem, loss: Loss, unit: np.ndarray, start: np.ndarray
) -> Objective:
    """Return a loss, divided by its value at the start, of parameters and unknowns / unit."""
    n_free = problem.free.size

    def unscaled(variables):
        split = problem.split(np.r_[variables[:n_free], variables[n_free:] * unit])
        value, d_free, d_unknowns = problem.loss_and_gradients(*split, loss)
        return value, np.r_[d_free, d_unknowns @ problem.unknown_map[1:, 1:] * unit]

    scale = unscaled(start)[0] or 1.0

    def objective(variables):
        value, gradient = unscaled(variables)
        return value / scale, gradient / scale

    return objective


def _units(problem: _Problem, theta: np.ndarray) -> np.ndarray:
    """Return for each unknown the change that moves the errors by one, in mean square."""
    products = error_products(problem.cell, theta, problem.series)[:, :, 0]
    squares = np.diag(problem.unknown_map.T @ products @ problem.unknown_map)[1:]
    return np.sqrt(problem.n_observed / np.where(squares > 0.0, squares, 1.0))
