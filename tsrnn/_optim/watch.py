"""Training from epoch to epoch: how it is meant to go, where it has come to, when it stops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tsrnn._optim.minibatch import SGD, Adam, RMSprop, Schedule
from tsrnn.exceptions import TrainingDivergedError

Optimizer = RMSprop | Adam | SGD


@dataclass(frozen=True)
class Plan:
    """The plan of a training.

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
    schedule : Schedule or None
        Of the optimiser's learning rate; None leaves it as it is.
    max_iter_is_meant : bool
        Whether to end there is no news: the epochs are as many as were meant.
    remedies : tuple of str
        What may help where nothing is learned.
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
    schedule: Schedule | None = None
    max_iter_is_meant: bool = False
    remedies: tuple[str, ...] = ()

    @property
    def is_timed(self) -> bool:
        """Whether training ends with its schedule: its loss falls yet as the steps become small."""
        return self.schedule is not None and self.schedule.falls and not self.early_stopping


@dataclass
class Training:
    """The point that training has come to.

    Attributes
    ----------
    theta : (K,) array
    history : dict of str to list of float
        One number an epoch each: "loss", the mean of (2) over its batches, and what else was
        measured at its end.
    optimizer_state : tuple of arrays or None
        To go on from.
    best_loss : float
        The lowest of the loss that was watched since training was begun or gone on with.
    warning : str or None
        What the user should know.
    was_interrupted : bool
        Whether Ctrl-C ended it.
    error : TrainingDivergedError or None
        To be raised once `theta` is kept: the last good parameters.
    """

    theta: np.ndarray
    history: dict[str, list[float]] = field(default_factory=dict)
    optimizer_state: tuple[np.ndarray, ...] | None = None
    best_loss: float = np.inf
    warning: str | None = None
    was_interrupted: bool = False
    error: TrainingDivergedError | None = None

    @property
    def n_epochs(self) -> int:
        return len(self.history.get("loss", ()))


@dataclass(frozen=True)
class TrainingState:
    """The state of training that a callback gets at the end of an epoch.

    Attributes
    ----------
    epoch : int
        How many there have been, those of earlier calls included where training went on.
    history : dict of str to list of float
        As `history_` will be.
    weights : dict of str to array
        As `weights_` would be if training ended here; copies.
    member : int
        Which of several networks that are trained side by side, from 0.
    """

    epoch: int
    history: dict[str, list[float]]
    weights: dict[str, np.ndarray]
    member: int = 0


def is_told_to_end(answer: Any) -> bool:
    """Tell whether a callback's answer ends training; an array has no truth but of one value."""
    if isinstance(answer, np.ndarray) and answer.size != 1:
        raise TypeError(
            f"callback must return something true or false, got an array of shape {answer.shape}: "
            "return None to go on, or True to end the training"
        )
    return bool(answer)


# At the end of an epoch: what else to measure, by the names of the history; and whether to stop,
# given the parameters and the history so far.
Measure = Callable[[np.ndarray], dict[str, float]]
Hook = Callable[[np.ndarray, dict[str, list[float]]], bool]


class Watch:
    """Records kept from epoch to epoch: the history, the best parameters, when to stop."""

    def __init__(
        self, training: Training, plan: Plan, measure: Measure | None, hook: Hook | None
    ) -> None:
        self.training = training
        self.n_iter = 0
        self.converged = False
        self.stopped = False
        self.latest = -np.inf
        self.lowest = np.inf
        # How a search ended.
        self.message = ""
        # The training loss that the best parameters are known by.
        self.loss_of_best = np.inf
        self.start = training.theta.copy()
        self._best = self.start
        self._epoch_of_best = 0
        self._plan = plan
        self._measure = measure
        self._hook = hook
        self._n_unchanged = 0

    def begin_at_the_start(self) -> None:
        """Let the parameters that training goes on from be the best as long as none are better."""
        self.training.best_loss = np.inf
        if self._plan.early_stopping:
            self.lowest = self._measure(self.start)["val_loss"]  # type: ignore[misc]
            self.training.best_loss = self.lowest

    def ends_at_the_start(self) -> bool:
        """Whether no epoch was better than the parameters that training went on from."""
        return self.n_iter > 0 and self._epoch_of_best == 0

    def needs_last_step(self) -> bool:
        """Whether what training leaves behind is what the last step has come to."""
        return not self._plan.early_stopping or self._epoch_of_best == self.n_iter

    def finished(self) -> bool:
        return self.converged or self.stopped or self.n_iter >= self._plan.max_iter

    def epoch(self, loss: float, theta: np.ndarray, measured_at: np.ndarray) -> None:
        """Take note of an epoch that ended at theta.

        Its training loss was seen at `measured_at`, or from there on: parameters that are known to
        be as good as that, whatever the last step did.
        """
        self.judge(loss)
        self.latest = loss
        history = self.training.history
        self.n_iter += 1
        measured = {"loss": loss} | (self._measure(theta) if self._measure else {})
        for name, value in measured.items():
            history.setdefault(name, []).append(value)
        watched = measured["val_loss" if self._plan.early_stopping else "loss"]
        self._n_unchanged += 1
        if watched < self.lowest - self._plan.tol:
            self._n_unchanged = 0
        if watched < self.lowest:
            self.lowest, self.loss_of_best, self._epoch_of_best = watched, loss, self.n_iter
            self._best = (theta if self._plan.early_stopping else measured_at).copy()
        self.training.best_loss = min(self.training.best_loss, watched)
        is_flat = self._n_unchanged >= self._plan.n_iter_no_change
        self.converged = is_flat and not self._plan.is_timed
        if self._hook is not None:
            self.stopped = bool(self._hook(theta, history))

    def judge(self, loss: float) -> None:
        """Take the loss of what began at the best parameters for theirs.

        With early stopping they are those that an epoch ended at, after the step that its own loss
        does not know of.
        """
        if self._plan.early_stopping and self._epoch_of_best == self.n_iter:
            self.loss_of_best = loss

    def final_loss(self) -> float:
        """Return the training loss of what training leaves behind."""
        early = self._plan.early_stopping
        return self.loss_of_best if early else self.training.history["loss"][-1]

    def best(self, acceptable: float = np.inf) -> np.ndarray:
        """Return the parameters of the best epoch, or where it all began if none was acceptable."""
        return self._best if self.loss_of_best <= acceptable else self.start
