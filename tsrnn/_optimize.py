"""Minimising an objective with SciPy: theta -> (loss, gradient), within bounds.

An objective is any callable that takes a flat array of parameters and returns the loss, a float,
and its gradient, an array of the same shape.
"""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

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

# Those that step over the bounds on their way, if only by rounding.
_STEPS_OVER = {"trust-constr", "COBYQA", "Powell"}

# L-BFGS-B stops where a step lowers the loss by less than so much of it: its rounding.
_LOSS_TOLERANCE = 1e-12


@dataclass(frozen=True)
class Minimum:
    """Where an optimiser stopped."""

    theta: np.ndarray
    loss: float
    n_iter: int
    converged: bool
    message: str


class _Watched:
    """An objective that remembers its best value and refuses losses that are not finite."""

    def __init__(
        self, objective: Objective, bounds: list[tuple[float, float]], *, clips: bool
    ) -> None:
        self._objective = objective
        self._clips = clips
        self._lower, self._upper = np.array(bounds, dtype=float).reshape(-1, 2).T
        self.n_calls = 0
        self.best_theta: np.ndarray | None = None
        self.best_loss = np.inf

    def __call__(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        if self._clips:
            theta = np.clip(theta, self._lower, self._upper)
        loss, gradient = self._objective(theta)
        self.n_calls += 1
        if not (math.isfinite(loss) and np.isfinite(gradient).all()):
            with np.errstate(over="ignore", invalid="ignore"):
                norm = float(np.linalg.norm(gradient))
            raise TrainingDivergedError(
                f"the loss or its gradient is not finite (loss {loss}) at evaluation "
                f"{self.n_calls}; smaller starting weights, scaled data or another solver may help",
                step=self.n_calls,
                loss=float(loss),
                gradient_norm=norm,
            )
        if loss < self.best_loss:
            self.best_loss, self.best_theta = loss, theta.copy()
        return loss, gradient

    def loss(self, theta: np.ndarray) -> float:
        return self(theta)[0]


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
        A key of `SOLVERS`.
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
        If the loss or its gradient is not finite anywhere; `best_theta` then holds the best
        point before it.
    """
    import scipy.optimize

    watched = _Watched(objective, bounds, clips=solver in _STEPS_OVER)
    uses_gradient = SOLVERS[solver]
    lower, upper = np.array(bounds, dtype=float).reshape(-1, 2).T
    n_iter = 0
    try:
        # A search without gradients may stop short of a minimum, and does not if it starts afresh.
        for _ in range(1 if uses_gradient else 2):
            if n_iter >= max_iter:
                break
            best = start if watched.best_theta is None else watched.best_theta
            with _inner_warnings_ignored(solver):
                result = scipy.optimize.minimize(
                    watched if uses_gradient else watched.loss,
                    np.clip(best, lower, upper),
                    jac=True if uses_gradient else None,
                    bounds=bounds,
                    method=solver,
                    tol=tol,
                    options=_options(solver, max_iter - n_iter, gradient_tolerance or tol),
                    callback=None if callback is None else _halting(callback),
                )
            n_iter += int(result.get("nit", result.nfev))
    except TrainingDivergedError as error:
        error.best_theta = watched.best_theta
        raise
    message = str(result.message)
    # L-BFGS-B calls it abnormal when rounding stops its line search: at a minimum as sharp as
    # floating point allows that is where one wants to be, and its gradient tells.
    converged = bool(result.success) or _is_stationary(
        watched.best_theta, *objective(watched.best_theta), bounds
    )
    return Minimum(watched.best_theta, watched.best_loss, n_iter, converged, message)


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


def _is_stationary(
    theta: np.ndarray, loss: float, gradient: np.ndarray, bounds: list[tuple[float, float]]
) -> bool:
    """Whether the projected gradient is small against the loss."""
    lower, upper = np.array(bounds, dtype=float).T
    step = np.clip(theta - gradient / max(1.0, abs(loss)), lower, upper) - theta
    return bool(np.max(np.abs(step), initial=0.0) <= 1e-5)
