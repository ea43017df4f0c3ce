"""Training: epochs of mini-batches or a full-batch search, early stopping, Ctrl-C, divergence.

Nothing here knows a cell. An objective is a sum over rows (samples) of weighted losses; what is
descended is its mean and a penalty on some of the parameters theta,

    L(theta) = (sum_i w_i loss_i(theta) + 1/2 sum_k decay_k theta_k^2) / W,  W = sum_i w_i.     (1)

So the penalty weighs as much whatever the batches are, and repeating a row is the same as doubling
its weight. The step of a batch B of n rows in all descends the estimate of (1)

    (n / |B|) sum_{i in B} w_i loss_i / W + 1/2 sum_k decay_k theta_k^2 / W,                    (2)

whose mean over batches drawn at random is (1) whatever the weights are: dividing by the weights of
the batch, which is more usual, is biased where they differ.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from tsrnn._minibatch import SGD, Adam, MovingAverage, RMSprop, clip_by_norm
from tsrnn._optimize import minimize
from tsrnn.exceptions import TrainingDivergedError

Optimizer = RMSprop | Adam | SGD

# Training that ends so many times above the loss of a constant answer has made things worse.
_WORSE_THAN_A_CONSTANT = 2.0


class Objective(Protocol):
    """A sum of weighted losses over rows.

    Attributes
    ----------
    n_rows : int
    total_weight : float
        W of (1).
    constant_loss : float
        The mean loss of a sensible constant answer, positive: it tells what a bad loss is.
    explosion : float
        An epoch whose mean loss is so many times that, or that of the start, is no bad luck: the
        parameters have blown up, though they are finite.
    """

    n_rows: int
    total_weight: float
    constant_loss: float
    explosion: float

    def loss_and_gradient(self, theta: np.ndarray, rows: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the sum over the rows, and its gradient, which the caller may write to."""


@dataclass(frozen=True)
class Plan:
    """How to train.

    Attributes
    ----------
    optimizer : RMSprop, Adam or SGD, or None
        None is the full-batch search by L-BFGS-B.
    batch_size : int
    max_iter : int
        Epochs; iterations of the search.
    tol, n_iter_no_change
        Mini-batches stop where the loss that is watched has not been lower than its lowest by more
        than `tol` for that many epochs in a row; the search stops at a gradient below `tol`.
    early_stopping : bool
        Watch "val_loss" rather than "loss", and go back to where it was lowest.
    clip_norm : float or None
        Longest gradient, by its Euclidean norm; the search ignores it.
    decay : (K,) array or None
        Of (1).
    ema_momentum : float or None
        Of a moving average of the parameters, step by step, which is what is measured and kept.
    """

    optimizer: Optimizer | None
    batch_size: int
    max_iter: int
    tol: float
    n_iter_no_change: int
    early_stopping: bool = False
    clip_norm: float | None = None
    decay: np.ndarray | None = None
    ema_momentum: float | None = None


@dataclass
class Training:
    """Where training has come to.

    Attributes
    ----------
    theta : (K,) array
    history : dict of str to list of float
        One number an epoch each: "loss", the mean of (2) over its batches, and what else was
        measured at its end.
    optimizer_state : tuple of arrays or None
        To go on from.
    best_loss : float
        The lowest of the loss that was watched.
    warning : str or None
        What the user should know.
    error : TrainingDivergedError or None
        To be raised once `theta` is kept: the last good parameters.
    """

    theta: np.ndarray
    history: dict[str, list[float]] = field(default_factory=dict)
    optimizer_state: tuple[np.ndarray, ...] | None = None
    best_loss: float = np.inf
    warning: str | None = None
    error: TrainingDivergedError | None = None

    @property
    def n_epochs(self) -> int:
        return len(self.history.get("loss", ()))


# At the end of an epoch: what else to measure, by the names of the history; and whether to stop,
# given the parameters and the history so far.
Measure = Callable[[np.ndarray], dict[str, float]]
Hook = Callable[[np.ndarray, dict[str, list[float]]], bool]


class _PenalisedMean:
    """(2) of a batch; memory for the penalty is taken once."""

    def __init__(self, objective: Objective, decay: np.ndarray | None) -> None:
        self._objective = objective
        self._total_weight = objective.total_weight
        self._n_rows = objective.n_rows
        self._decay = None if decay is None else decay / objective.total_weight
        self._pull = None if decay is None else np.empty_like(self._decay)

    def __call__(self, theta: np.ndarray, rows: np.ndarray) -> tuple[float, np.ndarray]:
        loss, gradient = self._objective.loss_and_gradient(theta, rows)
        scale = self._n_rows / (len(rows) * self._total_weight)
        loss *= scale
        gradient *= scale
        return self._penalised(theta, loss, gradient)

    def of_all(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        """Return (1), the gradient in double precision."""
        loss, gradient = self(theta, np.arange(self._n_rows))
        return loss, gradient.astype(float)

    def _penalised(
        self, theta: np.ndarray, loss: float, gradient: np.ndarray
    ) -> tuple[float, np.ndarray]:
        if self._decay is not None:
            np.multiply(self._decay, theta, out=self._pull)
            loss += 0.5 * float(self._pull @ theta)
            gradient += self._pull
        return loss, gradient


class _Watch:
    """What is kept from epoch to epoch: the history, the best parameters, when to stop."""

    def __init__(
        self, training: Training, plan: Plan, measure: Measure | None, hook: Hook | None
    ) -> None:
        self.training = training
        self.n_iter = 0
        self.converged = False
        self.stopped = False
        self.lowest = np.inf
        # The training loss of the epoch that the watched loss was lowest in.
        self.loss_of_best = np.inf
        self._start = training.theta.copy()
        self._best = self._start
        self._plan = plan
        self._measure = measure
        self._hook = hook
        self._n_unchanged = 0

    def finished(self) -> bool:
        return self.converged or self.stopped or self.n_iter >= self._plan.max_iter

    def epoch(self, loss: float, theta: np.ndarray, measured_at: np.ndarray) -> None:
        """Take note of an epoch that ended at theta.

        Its training loss was seen at `measured_at`, or from there on: parameters that are known to
        be as good as that, whatever the last step did.
        """
        history = self.training.history
        self.n_iter += 1
        measured = {"loss": loss} | (self._measure(theta) if self._measure else {})
        for name, value in measured.items():
            history.setdefault(name, []).append(value)
        watched = measured["val_loss" if self._plan.early_stopping else "loss"]
        if watched > self.lowest - self._plan.tol:
            self._n_unchanged += 1
        else:
            self._n_unchanged = 0
        if watched < self.lowest:
            self.lowest, self.loss_of_best = watched, loss
            self._best = (theta if self._plan.early_stopping else measured_at).copy()
        self.training.best_loss = min(self.training.best_loss, watched)
        self.converged = self._n_unchanged >= self._plan.n_iter_no_change
        if self._hook is not None:
            self.stopped = bool(self._hook(theta, history))

    def best(self, acceptable: float = np.inf) -> np.ndarray:
        """Return the parameters of the best epoch, or where it all began if none was acceptable."""
        return self._best if self.loss_of_best <= acceptable else self._start


def train(
    objective: Objective,
    training: Training,
    plan: Plan,
    random_state: np.random.RandomState,
    *,
    measure: Measure | None = None,
    hook: Hook | None = None,
    partial: bool = False,
) -> None:
    """Train, moving `training` on.

    Parameters
    ----------
    objective : Objective
    training : Training
        Its theta, (K,) float32 or float64, is where to start; it is written to.
    plan : Plan
    random_state : RandomState
        Draws the batches. Where one batch holds all rows there is nothing to draw.
    measure : callable, optional
        theta -> dict; called at the end of each epoch. With early stopping it must have "val_loss".
    hook : callable, optional
        (theta, history) -> bool; called at the end of each epoch. True ends training.
    partial : bool
        Whether training goes on in another call, so that not having converged is no news.
    """
    watch = _Watch(training, plan, measure, hook)
    run = _search if plan.optimizer is None else _run_epochs
    try:
        run(objective, watch, plan, random_state)
    except KeyboardInterrupt:
        training.warning = (
            f"training was interrupted after {watch.n_iter} epochs: the best weights so far "
            "are kept"
        )
        return
    except TrainingDivergedError as error:
        error.best_theta = training.theta.copy()
        training.error = error
        return
    if training.warning is None and not (watch.converged or watch.stopped or partial):
        training.warning = (
            f"training stopped at max_iter={plan.max_iter} and had not converged: raise max_iter, "
            "or learning_rate_init where the loss still falls slowly"
        )


def _run_epochs(
    objective: Objective, watch: _Watch, plan: Plan, random_state: np.random.RandomState
) -> None:
    """Descend batch by batch."""
    training, optimizer = watch.training, plan.optimizer
    mean = _PenalisedMean(objective, plan.decay)
    theta, n_rows = training.theta, objective.n_rows
    state = training.optimizer_state
    state = optimizer.init(theta) if state is None else state
    clip_norm = np.inf if plan.clip_norm is None else plan.clip_norm
    average = None if plan.ema_momentum is None else MovingAverage(theta, plan.ema_momentum)
    reference, step = objective.constant_loss, 0
    order = np.arange(n_rows)
    total, n_seen = 0.0, 0
    try:
        while not watch.finished():
            measured_at = theta.copy()
            total, n_seen = 0.0, 0
            if plan.batch_size < n_rows:
                order = random_state.permutation(n_rows)
            for start in range(0, n_rows, plan.batch_size):
                rows = order[start : start + plan.batch_size]
                loss, gradient = mean(theta, rows)
                norm = clip_by_norm(gradient, clip_norm)
                if not (math.isfinite(loss) and math.isfinite(norm)):
                    raise _not_finite(step, loss, norm)
                if step == 0:
                    reference = max(reference, loss)
                state = optimizer.update(theta, gradient, state)
                if average is not None:
                    average.follow(theta)
                total += loss * len(rows)
                n_seen += len(rows)
                step += 1
            if total > objective.explosion * reference * n_rows:
                raise _exploded(step - 1, total / n_rows, norm, reference)
            watch.epoch(total / n_rows, theta if average is None else average.theta, measured_at)
            total, n_seen = 0.0, 0
    except TrainingDivergedError:
        training.theta = watch.best(_WORSE_THAN_A_CONSTANT * reference)
        raise
    except KeyboardInterrupt:
        latest = total / n_seen if n_seen else training.history.get("loss", [0.0])[-1]
        acceptable = watch.lowest if watch.n_iter else _WORSE_THAN_A_CONSTANT * reference
        if (plan.early_stopping and watch.n_iter) or latest > acceptable:
            training.theta = watch.best(_WORSE_THAN_A_CONSTANT * reference)
        elif average is not None:
            training.theta = average.theta
        raise
    finally:
        training.optimizer_state = state
    if average is not None:
        training.theta = average.theta
    if plan.early_stopping:
        training.theta = watch.best()
    _warn_if_worse(watch, plan, reference)


def _warn_if_worse(watch: _Watch, plan: Plan, reference: float) -> None:
    """Refuse to leave behind, without a word, what is worse than a constant answer."""
    training = watch.training
    acceptable = _WORSE_THAN_A_CONSTANT * reference
    loss = watch.loss_of_best if plan.early_stopping else training.history["loss"][-1]
    if loss > acceptable:
        training.theta = watch.best(acceptable)
        training.warning = (
            f"training made the loss worse: {loss:.3g}, where a constant answer or the weights "
            f"that it started from have {reference:.3g}. The best weights seen are kept; lower "
            "learning_rate_init"
        )


def _search(
    objective: Objective, watch: _Watch, plan: Plan, random_state: np.random.RandomState
) -> None:
    """Search with all rows at once, in double precision."""
    training = watch.training
    dtype = training.theta.dtype
    mean = _PenalisedMean(objective, plan.decay)
    best = [np.inf, training.theta]

    def loss_and_gradient(theta: np.ndarray) -> tuple[float, np.ndarray]:
        theta = theta.astype(dtype)
        loss, gradient = mean.of_all(theta)
        if loss < best[0]:
            best[:] = loss, theta
        return loss, gradient

    def at_iteration(theta: np.ndarray, loss: float) -> bool:
        theta = theta.astype(dtype)
        watch.epoch(loss, theta, theta)
        return watch.stopped or (plan.early_stopping and watch.converged)

    try:
        minimum = minimize(
            loss_and_gradient,
            training.theta.astype(float),
            [(-np.inf, np.inf)] * training.theta.size,
            max_iter=plan.max_iter,
            tol=plan.tol,
            callback=at_iteration,
        )
    finally:
        training.theta = watch.best() if plan.early_stopping and watch.n_iter else best[1]
    # At a minimum from the start there is no iteration to tell of.
    if watch.n_iter == 0:
        watch.epoch(minimum.loss, training.theta, training.theta)
    watch.converged = minimum.converged or (plan.early_stopping and watch.converged)


def _not_finite(step: int, loss: float, norm: float) -> TrainingDivergedError:
    return TrainingDivergedError(
        f"the loss or its gradient is not finite at step {step} (loss {loss:g}, norm of the "
        f"gradient {norm:g}): lower learning_rate_init or set clip_norm; the last good weights are "
        "kept",
        step=step,
        loss=loss,
        gradient_norm=norm,
    )


def _exploded(step: int, loss: float, norm: float, reference: float) -> TrainingDivergedError:
    return TrainingDivergedError(
        f"the weights have blown up by step {step}: the mean loss of the epoch is {loss:.3g}, "
        f"where a constant answer or the weights at the start have {reference:.3g}; lower "
        "learning_rate_init or set clip_norm. The last good weights are kept",
        step=step,
        loss=loss,
        gradient_norm=norm,
    )
