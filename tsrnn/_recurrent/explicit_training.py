"""Training of the explicit network: its losses, its arguments, and what is known of an epoch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, get_args

import numpy as np

from tsrnn._input.validation import check_choice, check_count, check_number
from tsrnn._optim.minibatch import SGD, Adam, RMSprop
from tsrnn._optim.scipy_minimize import SOLVER_NAMES, Minimum, minimize
from tsrnn._optim.watch import Optimizer, Plan
from tsrnn._recurrent.activations import Activation
from tsrnn.exceptions import InvalidParameterError, TrainingDivergedError

# Plain gradient descent is that of the textbook: no momentum.
# Those of scipy.optimize are the keys of `tsrnn._optim.scipy_minimize.SOLVERS`.
Solver = Literal[
    "sgd",
    "adam",
    "rmsprop",
    "L-BFGS-B",
    "TNC",
    "SLSQP",
    "trust-constr",
    "Nelder-Mead",
    "Powell",
    "COBYQA",
    "lbfgs",
]

_OPTIMIZERS: dict[str, Callable[[float], Optimizer]] = {
    "sgd": partial(SGD, momentum=0.0, nesterov=False),
    "adam": Adam,
    "rmsprop": RMSprop,
}
_RATE = 0.01

# Epochs without a lower loss after which training ends.
_PATIENCE = 10

_REMEDIES = ("another learning_rate_init", "more max_iter", "weights of another random_state")


@dataclass(frozen=True)
class SquaredErrors:
    """The sum of squared errors of activated outputs."""

    activation: Activation

    def value_and_gradient(
        self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray
    ) -> tuple[float, np.ndarray]:
        """Return the sum, and its gradient with respect to the outputs before activation."""
        with np.errstate(over="ignore", invalid="ignore"):
            y = self.activation.value(outputs)
            errors = y - targets
            d_outputs = self.activation.pulled_back(outputs, y, 2.0 * errors)
            return float(np.vdot(errors, errors)), d_outputs


class MeanSquares:
    """Squared errors of sequences for training; see `tsrnn._optim.training.Objective`.

    Parameters
    ----------
    outputs : callable
        theta -> what the network says, in the shape of y.
    loss_and_gradient : callable
        theta -> the mean square, and its gradient (K,).
    y : (B, T, m) array
    """

    # Errors of a hundred standard deviations.
    explosion = 1e4

    def __init__(
        self,
        outputs: Callable[[np.ndarray], np.ndarray],
        loss_and_gradient: Callable[[np.ndarray], tuple[float, np.ndarray]],
        y: np.ndarray,
    ) -> None:
        self.n_rows = self.n_samples = len(y)
        self.total_weight = float(y.size)
        with np.errstate(over="ignore", invalid="ignore"):
            self.best_constant_loss = float(np.mean(np.var(y, axis=(0, 1))))
            # Of a constant there is nothing to learn; then a bad error is one of its size.
            self.constant_loss = self.best_constant_loss or float(np.mean(y**2)) or 1.0
        self._outputs, self._mean, self._y = outputs, loss_and_gradient, y

    def loss(self, theta: np.ndarray, rows: np.ndarray) -> float:
        """Return the sum over all sequences."""
        with np.errstate(over="ignore", invalid="ignore"):
            return float(np.sum((self._outputs(theta) - self._y) ** 2))

    def loss_and_gradient(self, theta: np.ndarray, rows: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the sum over all sequences, and its gradient."""
        loss, gradient = self._mean(theta)
        return loss * self._y.size, gradient * self._y.size


class Search:
    """A search by one of SciPy's methods, in units in which numbers are of order one.

    Parameters
    ----------
    loss_and_gradient : callable
        theta -> (loss, gradient).
    start : (K,) array
    unit : float
        That of the root of the loss.
    units : (K,) array
        Those of the parameters.
    at_iteration : callable
        (theta, history) -> bool, called after each iteration of L-BFGS-B; True ends the search.

    Attributes
    ----------
    best : (K,) array
        The best parameters so far, however the search ends.
    history : dict
    was_stopped : bool
        Whether `at_iteration` ended it.
    """

    def __init__(
        self,
        loss_and_gradient: Callable[[np.ndarray], tuple[float, np.ndarray]],
        start: np.ndarray,
        unit: float,
        units: np.ndarray,
        at_iteration: Callable[[np.ndarray, dict[str, list[float]]], bool],
    ) -> None:
        self.best = start
        self.history: dict[str, list[float]] = {"loss": []}
        self.was_stopped = False
        self._lowest = np.inf
        self._loss_and_gradient, self._at_iteration = loss_and_gradient, at_iteration
        self._unit, self._units = unit, units

    def run(self, solver: str, max_iter: int, tol: float) -> Minimum:
        """Search; parameters of what is returned are in units of their own."""
        start = self.best / self._units
        try:
            return minimize(
                self._objective,
                start,
                [(-np.inf, np.inf)] * start.size,
                solver=solver,
                max_iter=max_iter,
                tol=tol,
                callback=self._iterated if solver == "L-BFGS-B" else None,
            )
        except TrainingDivergedError as error:
            error.best_theta = None if error.best_theta is None else self.best
            raise

    def _objective(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        theta = theta * self._units
        loss, gradient = self._loss_and_gradient(theta)
        if loss < self._lowest and np.isfinite(gradient).all():
            self._lowest, self.best = loss, theta
        return loss / self._unit**2, gradient * self._units / self._unit**2

    def _iterated(self, theta: np.ndarray, loss: float) -> bool:
        self.history["loss"].append(loss * self._unit**2)
        self.was_stopped = self._at_iteration(theta * self._units, self.history)
        return self.was_stopped


def steps_of(
    solver: Any, bptt_steps: Any, learning_rate_init: Any, clip_norm: Any, callback: Any
) -> Optimizer | None:
    """Return what makes the steps that arguments of `fit` ask for; None where SciPy does.

    Raises
    ------
    InvalidParameterError
        For arguments that are not accepted.
    """
    check_choice("solver", solver, get_args(Solver))
    if bptt_steps is not None:
        check_count("bptt_steps", bptt_steps, upper=np.inf)
    for name, value in (("learning_rate_init", learning_rate_init), ("clip_norm", clip_norm)):
        if value is None:
            continue
        check_number(name, value, 0.0, np.inf, include_lower=False, include_upper=False)
        if solver not in _OPTIMIZERS:
            raise InvalidParameterError(
                f"{name} is for solver='sgd', 'adam' and 'rmsprop': solver={solver!r} finds the "
                "length of its steps itself"
            )
    if callback is not None and not callable(callback):
        raise InvalidParameterError(f"callback must be None or callable, got {callback!r}")
    if callback is not None and solver not in (
        *_OPTIMIZERS,
        *SOLVER_NAMES,
        *SOLVER_NAMES.values(),
    ):
        raise InvalidParameterError(
            f"callback is called by 'sgd', 'adam', 'rmsprop' and 'L-BFGS-B', not by {solver!r}"
        )
    if solver not in _OPTIMIZERS:
        return None
    return _OPTIMIZERS[solver](_RATE if learning_rate_init is None else learning_rate_init)


def reach_of(bptt_steps: int | None, n_steps: int, solver: str, *, is_search: bool) -> int | None:
    """Return how far back gradients reach, None where that is all the way.

    Raises
    ------
    InvalidParameterError
        If it is not, and a search of SciPy's asks for it.
    """
    if bptt_steps is None or bptt_steps >= n_steps:
        return None
    if is_search:
        raise InvalidParameterError(
            f"bptt_steps={bptt_steps} cuts the gradient of {n_steps} steps, and what is left is no "
            f"gradient of the loss that solver={solver!r} searches: use 'sgd', 'adam' or "
            "'rmsprop', or bptt_steps=None"
        )
    return bptt_steps


def refuse_not_finite(loss: float, gradient: dict[str, np.ndarray]) -> None:
    """Refuse a loss or a gradient by name that says nothing.

    Raises
    ------
    TrainingDivergedError
    """
    spoilt = [name for name, array in gradient.items() if not np.isfinite(array).all()]
    if np.isfinite(loss) and not spoilt:
        return
    what = f"the gradient of {spoilt[0]}" if np.isfinite(loss) else f"the loss ({loss})"
    raise TrainingDivergedError(
        f"{what} is not finite: the network explodes on X, as one with smaller weights W_hh does "
        "not, or Y is too large to be squared",
        loss=loss,
    )


def plan_of(
    steps: Optimizer, objective: MeanSquares, clip_norm: float | None, max_iter: int, tol: float
) -> Plan:
    """Say how epochs go: one step each, along the gradient of all sequences."""
    return Plan(
        steps,
        batch_size=objective.n_rows,
        max_iter=max_iter,
        tol=tol * objective.constant_loss,
        n_iter_no_change=_PATIENCE,
        clip_norm=clip_norm,
        remedies=_REMEDIES,
    )
