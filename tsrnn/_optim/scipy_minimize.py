"""Minimising an objective with SciPy: theta -> (loss, gradient), within bounds.

An objective is any callable that takes a flat array of parameters and returns the loss, a float,
and its gradient, an array of the same shape.
"""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tsrnn.exceptions import TrainingDivergedError

if TYPE_CHECKING:
    from scipy.optimize import OptimizeResult

Objective = Callable[[np.ndarray], tuple[float, np.ndarray]]
Callback = Callable[[np.ndarray, float], bool]

# SciPy's methods that keep to bounds, and whether they use a gradient.
SOLVERS = {
    "L-BFGS-B": True,
    "TNC": True,
    "SLSQP": True,
    "trust-constr": True,
    "Nelder-Mead": False,
    "Powell": False,
    "COBYQA": False,
}

# What scikit-learn calls one of them.
SOLVER_NAMES = {"lbfgs": "L-BFGS-B"}

# Those that step over the bounds on their way, if only by rounding.
_STEPS_OVER = {"trust-constr", "COBYQA", "Powell"}

# Those that end by a barrier's criterion, or by one without gradients: there may be more to gain.
_END_SHORT = {"trust-constr", "Nelder-Mead", "Powell", "COBYQA"}

# Projected gradients, as shares of the loss: at the minimum, however a search ended, and where one
# that says it is at a minimum may be. L-BFGS-B says so next to losses that are walls, too.
_FLAT = 1e-5
_NEARLY_FLAT = 1e-3

# COBYQA's first steps, of 1 unless it is told, would leave the valley of the start: those of rates
# next to zero are this narrow.
_FIRST_STEP = 0.01

# L-BFGS-B stops where a step lowers the loss by less than so much of it: its rounding.
_LOSS_TOLERANCE = 1e-12


@dataclass(frozen=True)
class Minimum:
    """The point at which an optimiser stopped."""

    theta: np.ndarray
    loss: float
    n_iter: int
    converged: bool
    message: str


# Losses that differ by less than so much of them are the same.
_SAME = 1e-10


def lowest(minima: Sequence[Minimum]) -> Minimum:
    """Return the lowest; it has converged if any that is as low, from another start, has."""
    best = min(minima, key=lambda minimum: minimum.loss)
    most = best.loss + _SAME * abs(best.loss)
    converged = any(one.converged for one in minima if one.loss <= most)
    return replace(best, converged=converged)


class _Watched:
    """An objective that remembers its best value, and has walls where losses are not finite."""

    def __init__(
        self, objective: Objective, bounds: list[tuple[float, float]], *, clips: bool
    ) -> None:
        self._objective = objective
        self._clips = clips
        self.bounds = np.array(bounds, dtype=float).reshape(-1, 2).T
        self.n_calls = 0
        self.n_walls = 0
        self.best_theta: Any = None  # None, and its gradient too, before there is a good point
        self.best_loss = np.inf
        self._best_gradient: Any = None

    def __call__(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        if self._clips:
            theta = np.clip(theta, *self.bounds)
        loss, gradient = self._objective(theta)
        self.n_calls += 1
        if not (math.isfinite(loss) and np.isfinite(gradient).all()):
            return self._wall(theta, float(loss), gradient)
        if loss < self.best_loss:
            self.best_loss, self.best_theta = loss, theta.copy()
            self._best_gradient = np.array(gradient)
        return loss, gradient

    def _wall(
        self, theta: np.ndarray, loss: float, gradient: np.ndarray
    ) -> tuple[float, np.ndarray]:
        """Return what sends a search back to a shorter step from the best point.

        A parabola along the way from there, with the slope that the loss has there, whose lowest
        point is after a tenth of it: what a line search that interpolates tries next.

        Raises
        ------
        TrainingDivergedError
            If there is no good point yet, or nowhere else than there.
        """
        way = np.zeros(1) if self.best_theta is None else theta - self.best_theta
        if loss == -np.inf or not (way.any() and np.isfinite(way).all()):
            with np.errstate(over="ignore", invalid="ignore"):
                norm = float(np.linalg.norm(gradient))
            raise TrainingDivergedError(
                f"the loss or its gradient is not finite (loss {loss}) at evaluation "
                f"{self.n_calls}; smaller starting weights, scaled data or another solver may help",
                step=self.n_calls,
                loss=loss,
                gradient_norm=norm,
            )
        self.n_walls += 1
        fall = abs(float(self._best_gradient @ way)) or max(abs(self.best_loss), 1e-300)
        return self.best_loss + 4.0 * fall, 9.0 * fall / float(way @ way) * way

    def loss(self, theta: np.ndarray) -> float:
        return self(theta)[0]

    def is_flat(self, tolerance: float) -> bool:
        """Whether the projected gradient at the best point is small against the loss."""
        slope = self._best_gradient / max(1.0, abs(self.best_loss))
        step = np.clip(self.best_theta - slope, *self.bounds) - self.best_theta
        return bool(np.max(np.abs(step), initial=0.0) <= tolerance)


def minimize(
    objective: Objective,
    start: np.ndarray,
    bounds: list[tuple[float, float]],
    *,
    solver: str = "L-BFGS-B",
    max_iter: int = 200,
    tol: float = 1e-10,
    gradient_tolerance: float | None = None,
    callback: Callback | None = None,
) -> Minimum:
    """Minimise an objective from a start within its bounds.

    Parameters
    ----------
    objective : callable
        theta -> (loss, gradient).
    start : (n,) array
    bounds : list of (lower, upper)
    solver : str
        A key of `SOLVERS`. Where one without gradients, or with a barrier, has ended, L-BFGS-B goes
        on to the minimum next to it.
    max_iter : int
    tol : float
        What SciPy's `minimize` calls by that name; L-BFGS-B takes it for the gradient alone.
    gradient_tolerance : float, optional
        What L-BFGS-B takes instead.
    callback : callable, optional
        (theta, loss) -> bool, called by L-BFGS-B after each iteration; True ends the search.

    Returns
    -------
    Minimum
        The best point seen, which is not worse than the start.

    Raises
    ------
    TrainingDivergedError
        If the loss or its gradient is not finite at the start, or the loss minus infinity. Where
        they are not finite later on, the search is sent back to a shorter step.
    """
    import scipy.optimize

    watched = _Watched(objective, bounds, clips=solver in _STEPS_OVER)

    def run(method: str, n_iter: int) -> OptimizeResult:
        uses_gradient = SOLVERS[method]
        best = start if watched.best_theta is None else watched.best_theta
        with _inner_warnings_ignored(method):
            return scipy.optimize.minimize(
                watched if uses_gradient else watched.loss,
                np.clip(best, *watched.bounds),
                jac=True if uses_gradient else None,
                bounds=bounds,
                method=method,
                tol=tol,
                options=_options(method, n_iter, gradient_tolerance or tol),
                callback=None if callback is None else _halting(callback),
            )

    n_iter = 0
    try:
        # A search without gradients may stop short of a minimum, and does not if it starts afresh.
        for _ in range(1 if SOLVERS[solver] else 2):
            if n_iter >= max_iter:
                break
            result = run(solver, max_iter - n_iter)
            n_iter += _count(result)
            message, has_ended = str(result.message), bool(result.success)
            if solver not in _END_SHORT or not has_ended or n_iter >= max_iter:
                continue
            # The gradient tells what is left to gain, and takes it.
            result = run("L-BFGS-B", max_iter - n_iter)
            n_iter += _count(result)
            has_ended = bool(result.success)
            if has_ended and watched.is_flat(_NEARLY_FLAT):
                break
            message = str(result.message)
    except TrainingDivergedError as error:
        error.best_theta = watched.best_theta
        raise
    # L-BFGS-B calls it abnormal when rounding stops its line search: at a minimum as sharp as
    # floating point allows that is where one wants to be, and its gradient tells.
    has_ended &= solver not in _END_SHORT or watched.is_flat(_NEARLY_FLAT)
    converged = has_ended or watched.is_flat(_FLAT)
    if watched.n_walls:
        # Next to a wall steps are short, whatever is left to gain.
        converged &= watched.is_flat(_NEARLY_FLAT)
    if watched.n_walls and not converged:
        message += f"; the loss was not finite at {watched.n_walls} points"
    return Minimum(watched.best_theta, watched.best_loss, n_iter, converged, message)


def _count(result: OptimizeResult) -> int:
    """Return how many iterations a search took; of evaluations where it does not count them."""
    return int(result.get("nit", result.nfev))


def _halting(callback: Callback) -> Callable[..., None]:
    """Turn True into what SciPy understands; it goes by the name of the argument."""

    def at_iteration(intermediate_result: OptimizeResult) -> None:
        if callback(intermediate_result.x, float(intermediate_result.fun)):
            raise StopIteration

    return at_iteration


def _options(solver: str, max_iter: int, gradient_tolerance: float) -> dict[str, float]:
    """Return SciPy's options of a solver, which TNC and L-BFGS-B have names of their own for."""
    if solver == "TNC":
        return {"maxfun": max_iter}
    if solver == "L-BFGS-B":
        return {"maxiter": max_iter, "gtol": gradient_tolerance, "ftol": _LOSS_TOLERANCE}
    if solver == "COBYQA":
        return {"maxiter": max_iter, "initial_tr_radius": _FIRST_STEP}
    return {"maxiter": max_iter}


@contextlib.contextmanager
def _inner_warnings_ignored(solver: str) -> Iterator[None]:
    """Keep to itself that trust-constr saw no difference of gradients: it says if it converged.

    Only where it is needed: Python's filters belong to the process, not to a thread.
    """
    if solver != "trust-constr":
        yield
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", category=UserWarning)
        yield
