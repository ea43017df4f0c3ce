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

import numpy as np

from tsrnn.exceptions import TrainingDivergedError

Objective = Callable[[np.ndarray], tuple[float, np.ndarray]]

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

# L-BFGS-B stops at a gradient of so many times the tolerance, or where the loss falls by less than
# its rounding. SciPy's own choice, once the tolerance for both, stops too early in a curved valley,
# where a step may gain little, and too late elsewhere: what a step of a smaller gradient can gain
# is below the rounding of a sum of squares, and the line search tries twenty times in vain.
_GRADIENT_TOLERANCE = 3000.0
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

    def __init__(self, objective: Objective, bounds: list[tuple[float, float]]) -> None:
        self._objective = objective
        self._lower, self._upper = np.array(bounds, dtype=float).reshape(-1, 2).T
        self.n_calls = 0
        self.best_theta: np.ndarray | None = None
        self.best_loss = np.inf

    def __call__(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        # Some solvers step over the bounds on their way (trust-constr, COBYQA).
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
            self.best_loss, self.best_theta = loss, theta
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
        What SciPy's `minimize` calls by that name.

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

    watched = _Watched(objective, bounds)
    uses_gradient = SOLVERS[solver]
    options: dict[str, float] = {"maxfun" if solver == "TNC" else "maxiter": max_iter}
    if solver == "L-BFGS-B":
        options |= {"gtol": _GRADIENT_TOLERANCE * tol, "ftol": _LOSS_TOLERANCE}
    try:
        # A search without gradients may stop short of a minimum, and does not if it starts afresh.
        for _ in range(1 if uses_gradient else 2):
            with _inner_warnings_ignored(solver):
                result = scipy.optimize.minimize(
                    watched if uses_gradient else watched.loss,
                    start if watched.best_theta is None else watched.best_theta,
                    jac=True if uses_gradient else None,
                    bounds=bounds,
                    method=solver,
                    tol=tol,
                    options=options,
                )
    except TrainingDivergedError as error:
        error.best_theta = watched.best_theta
        raise
    n_iter = int(result.get("nit", watched.n_calls))
    message = str(result.message)
    # L-BFGS-B calls it abnormal when rounding stops its line search: at a minimum as sharp as
    # floating point allows that is where one wants to be, and its gradient tells.
    converged = bool(result.success) or _is_stationary(
        watched.best_theta, *objective(watched.best_theta), bounds
    )
    return Minimum(watched.best_theta, watched.best_loss, n_iter, converged, message)


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
