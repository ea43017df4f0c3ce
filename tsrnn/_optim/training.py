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
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from tsrnn._optim.minibatch import MovingAverage, clip_by_norm
from tsrnn._optim.scipy_minimize import minimize
from tsrnn._optim.watch import Hook, Measure, Optimizer, Plan, Training, Watch
from tsrnn.exceptions import TrainingDivergedError

# Training that ends so many times above the loss of a constant answer has made things worse.
_WORSE_THAN_A_CONSTANT = 2.0

# Training has learned nothing that ends less than this share below the loss of the best constant
# answer; of many samples n a smaller share tells: what a single number that is fitted to pure noise
# gains once in a thousand times, the 99.9% point of chi squared of one degree of freedom, over n.
_GAIN = 0.01
_GAIN_OF_NOISE = 10.8


class Objective(Protocol):
    """A sum of weighted losses over rows.

    Attributes
    ----------
    n_rows : int
    n_samples : int
        Samples that they came as, which may have been more: those that are the same are one row.
    total_weight : float
        W of (1).
    constant_loss : float
        The mean loss of a sensible constant answer, positive: it tells what a bad loss is.
    best_constant_loss : float
        That of the best one, 0 where there is nothing to learn beyond it.
    explosion : float
        An epoch whose mean loss is so many times that, or that of the start, is no bad luck: the
        parameters have blown up, though they are finite.
    """

    n_rows: int
    n_samples: int
    total_weight: float
    constant_loss: float
    best_constant_loss: float
    explosion: float

    def loss(self, theta: np.ndarray, rows: np.ndarray) -> float:
        """Return the sum over the rows."""

    def loss_and_gradient(self, theta: np.ndarray, rows: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the sum over the rows, and its gradient, which the caller may write to."""


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

    def loss(self, theta: np.ndarray, rows: np.ndarray) -> float:
        """Return (2) alone."""
        with np.errstate(over="ignore", invalid="ignore"):
            loss = self._objective.loss(theta, rows)
            loss *= self._n_rows / (len(rows) * self._total_weight)
            if self._decay is not None:
                loss += 0.5 * float(self._decay @ np.square(theta))
        return loss

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


def train(
    objective: Objective,
    training: Training,
    plan: Plan,
    random_state: np.random.RandomState,
    *,
    measure: Measure | None = None,
    hook: Hook | None = None,
    partial: bool = False,
    goes_on: bool = False,
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
    goes_on : bool
        Whether theta has been trained before: what comes to nothing better than that is not kept.

    Raises
    ------
    KeyboardInterrupt
        Before the first epoch has ended; afterwards it ends training, and `training.warning` says
        so.
    """
    watch = Watch(training, plan, measure, hook)
    goes_on = goes_on and not partial
    try:
        if goes_on:
            watch.begin_at_the_start()
        if plan.optimizer is None:
            _search(objective, watch, plan, goes_on=goes_on)
        else:
            _run_epochs(objective, watch, plan, random_state, goes_on=goes_on, partial=partial)
    except KeyboardInterrupt:
        if watch.n_iter == 0:
            raise
        training.was_interrupted = True
        training.warning = (
            f"training was interrupted after {watch.n_iter} epochs: the best weights so far "
            "are kept"
        )
        return
    except TrainingDivergedError as error:
        error.best_theta = training.theta.copy()
        training.error = error
        return
    if training.warning is None and not (watch.stopped or partial):
        training.warning = _words_at_the_end(objective, watch, plan)


def _words_at_the_end(objective: Objective, watch: Watch, plan: Plan) -> str | None:
    """Say what the user should know of training that has come to its end, if there is anything."""
    nothing = words_for_nothing_learned(objective, watch.training.theta, watch.final_loss())
    is_search = plan.optimizer is None
    if watch.converged or (plan.max_iter_is_meant and not is_search):
        if nothing is None:
            return None
        return f"training has come to an end {nothing}; try {_remedies(plan)}"
    if is_search and watch.n_iter < plan.max_iter:
        return (
            f"training stopped after {watch.n_iter} iterations and had not converged "
            f"({watch.message})" + (f", {nothing}" if nothing else "") + f"; try {_remedies(plan)}"
        )
    losses = watch.training.history["loss"][-watch.n_iter :]
    advice = "raise max_iter"
    if nothing:
        advice += f", or try {_remedies(plan)}"
    elif not is_search and losses[-1] <= losses[0]:
        advice += ", or learning_rate_init where the loss still falls slowly"
    return (
        f"training stopped at max_iter={plan.max_iter} and had not converged"
        + (f", {nothing}" if nothing else "")
        + f": {advice}"
    )


def words_for_nothing_learned(objective: Objective, theta: np.ndarray, last: float) -> str | None:
    """Say that parameters are no better than a constant answer, if that is so.

    The last loss that is known tells for nothing where it is clearly lower. Where it is not, all
    rows are read once more: without the penalty, and without what is dropped at random.

    Parameters
    ----------
    objective : Objective
    theta : (K,) array
    last : float
        A loss of theirs, or of those shortly before, per row.
    """
    constant = objective.best_constant_loss
    if not 0.0 < constant < np.inf:
        return None
    least = constant * (1.0 - min(_GAIN, _GAIN_OF_NOISE / objective.n_samples))
    # Where weights leave one label alone, a constant is all but right, and so may the network be.
    least = max(least, _GAIN * objective.constant_loss)
    if last <= least:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        loss = objective.loss(theta, np.arange(objective.n_rows))
    loss /= objective.total_weight
    if loss <= least:
        return None
    return (
        f"at a loss of {loss:.4g}, where the best constant answer has {constant:.4g}: the network "
        "has learned nothing"
    )


def _remedies(plan: Plan) -> str:
    *ways, last = plan.remedies or ("another start",)
    return f"{', '.join(ways)} or {last}" if ways else last


def _run_epochs(
    objective: Objective,
    watch: Watch,
    plan: Plan,
    random_state: np.random.RandomState,
    *,
    goes_on: bool,
    partial: bool,
) -> None:
    """Descend epoch by epoch."""
    training = watch.training
    descent = _Descent(objective, plan, training)
    order = np.arange(objective.n_rows)
    try:
        while not watch.finished():
            measured_at = descent.theta.copy()
            if plan.batch_size < objective.n_rows:
                order = random_state.permutation(objective.n_rows)
            descent.epoch(order)
            watch.epoch(descent.loss(), descent.outcome(), measured_at)
            descent.close_epoch()
        last = descent.after_last_step() if watch.needs_last_step() else -np.inf
        training.theta = watch.best() if plan.early_stopping else descent.outcome()
    except TrainingDivergedError:
        watch.judge(descent.loss())
        training.theta = watch.best(_WORSE_THAN_A_CONSTANT * descent.reference)
        raise
    except KeyboardInterrupt:
        training.theta = _best_so_far(watch, plan, descent)
        raise
    finally:
        training.optimizer_state = descent.state
    if goes_on:
        _warn_if_worse_than_it_began(watch, plan, descent)
    if training.warning is None:
        # Where it goes on in another call, what is worse and no explosion is made good there.
        _warn_if_worse(watch, descent, -np.inf if partial else last)


class _Descent:
    """Steps of an optimiser over batches, and what is known of the epoch that is under way.

    Attributes
    ----------
    theta : (K,) array
        Where it is; moved in place.
    state : tuple of arrays
        Of the optimiser.
    reference : float
        The loss of a constant answer or of the first batch, whichever is larger: what is far
        beyond it has become worse than anything that it might have begun with.
    """

    def __init__(self, objective: Objective, plan: Plan, training: Training) -> None:
        optimizer: Any = plan.optimizer  # there is one: no search
        state = training.optimizer_state
        self.theta = training.theta
        self.state = optimizer.init(self.theta) if state is None else state
        self.reference = objective.constant_loss
        self._optimizer, self._batch_size = optimizer, plan.batch_size
        self._schedule = plan.schedule
        self._clip_norm = np.inf if plan.clip_norm is None else plan.clip_norm
        self._mean = _PenalisedMean(objective, plan.decay)
        self._explosion = objective.explosion
        ema = plan.ema_momentum
        self._average = None if ema is None else MovingAverage(self.theta, ema)
        self._n_steps = 0
        self._all_rows = np.arange(objective.n_rows)
        # The last batch, with its loss before the step.
        self._last = np.empty(0, np.int64), np.inf
        self.close_epoch()

    def epoch(self, order: np.ndarray) -> None:
        """Go through the rows in this order."""
        # What overflows is told by a loss that is not finite.
        with np.errstate(over="ignore", invalid="ignore"):
            for start in range(0, len(order), self._batch_size):
                self._step(order[start : start + self._batch_size])
        if self.loss() > self._explosion * self.reference:
            raise _exploded(self._n_steps - 1, self.loss(), self._norm, self.reference)

    def _step(self, rows: np.ndarray) -> None:
        loss, gradient = self._mean(self.theta, rows)
        self._norm = clip_by_norm(gradient, self._clip_norm)
        if not (math.isfinite(loss) and math.isfinite(self._norm)):
            raise _not_finite(self._n_steps, loss, self._norm)
        self._last = rows, loss
        if self._n_steps == 0:
            self.reference = max(self.reference, loss)
        self.state = self._optimizer_now().update(self.theta, gradient, self.state)
        if self._average is not None:
            self._average.take_in(self.theta)
        self._total += loss * len(rows)
        self._n_seen += len(rows)
        self._n_steps += 1

    def _optimizer_now(self) -> Optimizer:
        """Return the optimiser with the learning rate of this step."""
        if self._schedule is None:
            return self._optimizer
        rate = self._optimizer.learning_rate * self._schedule.share(self._n_steps)
        return replace(self._optimizer, learning_rate=rate)

    def loss(self) -> float:
        """Return the mean loss of the epoch as far as it has come, infinite before its first step.

        So what a step cannot be made from is not known to be good.
        """
        return self._total / self._n_seen if self._n_seen else np.inf

    def after_last_step(self) -> float:
        """Return the loss that the last batch has after its step.

        Raises
        ------
        TrainingDivergedError
            If it is not finite, or the weights have blown up.
        """
        rows, before = self._last
        loss = self._mean.loss(self.outcome(), rows)
        if not math.isfinite(loss):
            raise _not_finite(self._n_steps - 1, loss, self._norm)
        if loss > self._explosion * max(self.reference, before):
            raise _exploded(self._n_steps - 1, loss, self._norm, self.reference)
        # A batch that was as bad before its step tells of its rows, not of the step.
        return loss if loss > _WORSE_THAN_A_CONSTANT * before else -np.inf

    def loss_of_all(self, theta: np.ndarray) -> float:
        """Return the loss of all rows, nothing dropped, with these parameters."""
        return self._mean.loss(theta, self._all_rows)

    def is_within_an_epoch(self) -> bool:
        return self._n_seen > 0

    def close_epoch(self) -> None:
        """Begin to count anew."""
        self._total, self._n_seen = 0.0, 0

    def outcome(self) -> np.ndarray:
        """Return what is measured and kept: the parameters, or their average."""
        return self.theta if self._average is None else self._average.theta


def _best_so_far(watch: Watch, plan: Plan, descent: _Descent) -> np.ndarray:
    """Return the best parameters known when training is interrupted."""
    acceptable = _WORSE_THAN_A_CONSTANT * descent.reference
    if plan.early_stopping and watch.n_iter:
        return watch.best(acceptable)
    latest = descent.loss() if descent.is_within_an_epoch() else watch.latest
    is_good = latest <= (watch.lowest if watch.n_iter else acceptable)
    return descent.outcome() if is_good else watch.best(acceptable)


def _warn_if_worse(watch: Watch, descent: _Descent, last: float) -> None:
    """Refuse to leave behind, without a word, what is worse than a constant answer.

    Parameters
    ----------
    watch : Watch
    descent : _Descent
    last : float
        The loss after the last step, if what that has come to is what is left behind.
    """
    training = watch.training
    acceptable = _WORSE_THAN_A_CONSTANT * descent.reference
    if watch.ends_at_the_start():
        return
    loss = max(last, watch.final_loss())
    watch.judge(loss)
    # What was dropped at random may have been at fault.
    if loss > acceptable and descent.loss_of_all(training.theta) > acceptable:
        training.theta = watch.best(acceptable)
        training.warning = (
            f"training made the loss worse: {loss:.3g}, where a constant answer or the weights "
            f"that it started from have {descent.reference:.3g}. The best weights seen are kept; "
            "lower learning_rate_init"
        )


def _warn_if_worse_than_it_began(watch: Watch, plan: Plan, descent: _Descent) -> None:
    """Keep the best weights, and say so, where training went on and came to nothing better."""
    training = watch.training
    if plan.early_stopping:
        if watch.ends_at_the_start():
            training.warning = (
                "training went on, and no epoch had a lower val_loss than the weights that it "
                f"began with ({watch.lowest:.3g}), which are kept: lower learning_rate_init"
            )
        return
    before, after = map(descent.loss_of_all, (watch.start, training.theta))
    if after > before + plan.tol:
        best = watch.best()
        training.theta = best if descent.loss_of_all(best) <= before else watch.start
        training.warning = (
            f"training went on and made the loss worse: {after:.4g}, where the weights that it "
            f"began with have {before:.4g}. The best weights seen are kept; lower "
            "learning_rate_init"
        )


def _search(objective: Objective, watch: Watch, plan: Plan, *, goes_on: bool) -> None:
    """Search with all rows at once, in double precision."""
    training = watch.training
    dtype = training.theta.dtype
    mean = _PenalisedMean(objective, plan.decay)
    best: list[Any] = [np.inf, training.theta]

    def loss_and_gradient(theta: np.ndarray) -> tuple[float, np.ndarray]:
        theta = theta.astype(dtype)
        with np.errstate(over="ignore", invalid="ignore"):
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
    watch.message = minimum.message
    if goes_on and plan.early_stopping and watch.ends_at_the_start():
        watch.training.warning = (
            "the search went on, and no iteration had a lower val_loss than the weights that it "
            f"began with ({watch.lowest:.3g}), which are kept"
        )
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
