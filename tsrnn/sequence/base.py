"""The base of the sequence estimators: arguments, training, what they tell of themselves.

A regressor or classifier adds how targets are read and what is learned of them; the rest about them
is known by its `_targets`. A kind of network adds its architecture and its engine, and a final
estimator of recurrent ones the cell.
"""

from __future__ import annotations

import copy
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from types import FrameType
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from tsrnn._input.notes import warn_user
from tsrnn._input.sequences import Sequences, TargetLayout, read_sequences
from tsrnn._input.validation import forget_fit, replaced_when_done
from tsrnn._optim.minibatch import State
from tsrnn._optim.network import Network
from tsrnn._optim.training import train
from tsrnn._optim.units import mean_and_deviation
from tsrnn._optim.watch import Plan, Training
from tsrnn.exceptions import InvalidParameterError
from tsrnn.sequence.arguments import (
    SEARCHES,
    LearningRate,
    check_arguments,
    holds_all,
    plan_of,
)
from tsrnn.sequence.objective import (
    CountedScore,
    NetworkEngine,
    NetworkObjective,
    hook_of,
    measure_of,
)
from tsrnn.sequence.samples import (
    Samples,
    check_weights,
    in_order,
    merged,
    split_off,
)
from tsrnn.sequence.targets import Targets

# Sequences in a batch, where that is left to us: scikit-learn's number.
_BATCH = 200


class SequenceEstimator(BaseEstimator, ABC):
    """Base of the sequence estimators; see the module's text."""

    weights_: dict[str, np.ndarray]
    loss_curve_: list[float]
    history_: dict[str, list[float]]
    n_iter_: int
    best_loss_: float
    n_features_in_: int
    n_timesteps_: int
    input_center_: np.ndarray
    input_spread_: np.ndarray

    _network: Any
    _optimizer_state: tuple[str, State | None]

    # Whether the end of `max_iter` epochs is no news: they are as many as were meant.
    _epochs_are_meant = False

    # Counts that may be "auto".
    _left_to_us: tuple[str, ...] = ("batch_size",)

    # Where an estimator does not have them as arguments.
    ema_momentum: float | None = None
    learning_rate: LearningRate = "constant"
    warmup_steps: int = 0
    return_sequences: bool = False
    bidirectional: bool = False
    bptt_steps: int | None = None
    linear_path: bool = False

    # The weights that an explosion of outputs is put down to.
    _explosive = "W_hh"

    # Why all sequences must be of one length, where they must.
    _why_windows = "linear_path=True reads whole sequences, all of one length"

    @property
    @abstractmethod
    def _targets(self) -> Targets:
        """The kind of targets there are, with what has been learned of them so far."""

    @abstractmethod
    def _read_targets(
        self, y: Any, sequences: Sequences, name: str
    ) -> tuple[np.ndarray, TargetLayout]:
        """Read targets, and how they were laid out."""

    @abstractmethod
    def _learn_targets(
        self, samples: Samples, classes: Any, *, goes_on: bool, partial: bool
    ) -> Samples:
        """Learn what training needs to know of targets, or refuse them."""

    def _learn_loss(self, *, goes_on: bool) -> None:
        """Learn which loss the arguments ask for, where there is a choice."""

    @abstractmethod
    def _learn_target_units(self, samples: Samples) -> None:
        """Learn the units of the targets that are trained on."""

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:
        """Train on sequences.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_timesteps) or (n_samples, n_timesteps, n_features), \
or list of (n_timesteps_i,) or (n_timesteps_i, n_features) arrays
            One sequence a sample; one feature a step where there is no axis for them. A list,
            Series or array of objects holds sequences of any lengths, even where they happen to be
            equal.
        y : array-like
            The target of each sequence, (n_samples,), or for a regressor (n_samples, n_outputs).
            With `return_sequences=True` that of each step: (n_samples, n_timesteps), or a list of
            (n_timesteps_i,) arrays, and for a regressor of several outputs with an axis for them.
            A number that is missing (NaN) is left out of the loss, and a sequence without any
            target altogether.
        sample_weight : array-like of shape (n_samples,), optional
            A weight counts in the loss like so many repetitions of the sequence. Batches and
            `validation_fraction` count sequences, whatever they weigh; one that outweighs what
            `early_stopping` may set aside is in both parts, its weight divided between them.
        X_val, y_val, sample_weight_val : optional
            Sequences to validate on at the end of each epoch, like X and y. With `early_stopping`
            they take the place of a part of X; without it they are only recorded.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For sequences, targets, weights or arguments that are not accepted; the message says
            which and where. The estimator is then as it was before.
        TrainingDivergedError
            If the loss or its gradient is not finite, or the weights blow up. The estimator then
            has the last good weights, and can predict.

        Warns
        -----
        ConvergenceWarning
            If training ended before it converged, made the loss worse, went on and came to nothing
            better, or learned nothing; or was interrupted by Ctrl-C, which ends it and keeps the
            best weights so far. Before the first epoch has ended, and in a search, a pipeline or a
            panel, that is a KeyboardInterrupt.
        """
        return self._finish(self._trained(X, y, sample_weight, X_val, y_val, sample_weight_val))

    def _trained(
        self, X: Any, y: Any, sample_weight: Any, X_val: Any, y_val: Any, sample_weight_val: Any
    ) -> Training:
        if (X_val is None) != (y_val is None):
            raise ValueError("X_val and y_val belong together: pass both or neither")
        validation = None if X_val is None else (X_val, y_val, sample_weight_val)
        with replaced_when_done(self) as new:
            return new._fit(X, y, sample_weight, validation)

    def _partial_fit(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Self:
        if self.early_stopping:
            raise InvalidParameterError(
                "partial_fit is one epoch on what it is given: it does not support "
                "early_stopping=True"
            )
        with replaced_when_done(self) as new:
            training = new._fit(X, y, sample_weight, None, partial=True, classes=classes)
        return self._finish(training)

    def _finish(self, training: Training) -> Self:
        from sklearn.exceptions import ConvergenceWarning

        if training.error is not None:
            raise training.error
        if training.was_interrupted and is_one_of_many():
            raise KeyboardInterrupt(training.warning)
        if training.warning is not None:
            warn_user(training.warning, ConvergenceWarning)
        return self

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        validation: tuple[Any, Any, Any] | None,
        *,
        partial: bool = False,
        classes: Any = None,
    ) -> Training:
        check_arguments(self)
        goes_on = "weights_" in vars(self) and (partial or self.warm_start)
        if not goes_on:
            forget_fit(self)
            self._random_state = check_random_state(self.random_state)
        elif self._random_state is not self.random_state:
            self._random_state = copy.deepcopy(self._random_state)
        self._learn_loss(goes_on=goes_on)
        samples = self._read(X, y, sample_weight, reset=not goes_on)
        samples = self._learn_targets(samples, classes, goes_on=goes_on, partial=partial)
        samples = in_order(samples, self._targets.as_numbers(samples.targets))
        held_out = None
        if validation is None and self.early_stopping:
            samples, held_out = self._set_aside(samples)
        if self._reads_alike() and holds_all(self, samples.sequences.n_sequences):
            samples = merged(samples)
        if not goes_on:
            self._learn_units(samples)
        if validation is not None:
            held_out = self._read_validation(*validation)
        training = self._start(samples, goes_on=goes_on, partial=partial)
        dtype = training.theta.dtype
        samples = self._in_units(samples, dtype)
        if not goes_on:
            self._initialize(training.theta, samples, goes_on=partial or self.warm_start)
        held_out = None if held_out is None else self._in_units(held_out, dtype)
        self._train(training, samples, held_out, partial=partial, goes_on=goes_on)
        self._keep(training)
        return training

    def _read_sequences(self, X: Any, *, reset: bool, name: str = "X") -> Sequences:
        sequences = read_sequences(self, X, reset=reset, name=name)
        if self._reads_windows if reset else "n_timesteps_" in vars(self):
            self._check_length(sequences, reset=reset, name=name)
        return sequences

    @property
    def _reads_windows(self) -> bool:
        """Whether all sequences must be of one length, as the arguments are."""
        return bool(self.linear_path)

    def _check_length(self, sequences: Sequences, *, reset: bool, name: str) -> None:
        """Refuse sequences that are not all of one length, at `fit` and after it."""
        lengths = sequences.lengths
        n_steps = int(lengths[0]) if reset else self.n_timesteps_
        is_other = lengths != n_steps
        if is_other.any():
            i = int(is_other.argmax())
            others = f"{name}[0] has" if reset else "those it was fitted on have"
            raise ValueError(
                f"{self._why_windows}: {name}[{i}] has {lengths[i]} steps, and {others} {n_steps}"
            )
        if reset:
            self.n_timesteps_ = n_steps

    def _read(self, X: Any, y: Any, sample_weight: Any, *, reset: bool, which: str = "") -> Samples:
        """Read sequences, targets and weights; `which` is what their names end in."""
        sequences = self._read_sequences(X, reset=reset, name=f"X{which}")
        targets, layout = self._read_targets(y, sequences, name=f"y{which}")
        if reset:
            self._target_layout = layout
        elif layout.by_step != self._target_layout.by_step:
            raise ValueError(
                f"{type(self).__name__} was fitted with "
                f"return_sequences={self._target_layout.by_step}, and it is now {layout.by_step}: "
                "fit it anew"
            )
        name = f"sample_weight{which}"
        weights = check_weights(sample_weight, sequences.n_sequences, sequences.dtype, name)
        return Samples(sequences, targets, weights, layout.by_step)

    def _read_validation(self, X_val: Any, y_val: Any, sample_weight_val: Any) -> Samples:
        samples = self._read(X_val, y_val, sample_weight_val, reset=False, which="_val")
        return self._targets.known(samples, "y_val")

    def _set_aside(self, samples: Samples) -> tuple[Samples, Samples]:
        """Divide samples into what is trained on and what is validated on."""
        labels = self._targets.to_stratify(samples)
        fraction = self.validation_fraction
        samples, held_out = split_off(samples, fraction, labels, self._random_state)
        self._targets.refuse_weightless(samples, "what early_stopping leaves of y to train on")
        self._targets.refuse_weightless(held_out, "the part of y that early_stopping sets aside")
        return samples, merged(held_out)

    def _batch_left_to_us(self, n_sequences: int) -> int:
        """Return how many sequences a batch has where `batch_size` is "auto"."""
        return _BATCH

    def _reads_alike(self) -> bool:
        """Tell whether sequences that are the same have the same loss at a step of training."""
        return True

    def _learn_units(self, samples: Samples) -> None:
        sequences = samples.sequences
        n_features = sequences.n_features
        self.input_center_, self.input_spread_ = np.zeros(n_features), np.ones(n_features)
        if self.standardize:
            self.input_center_, self.input_spread_ = mean_and_deviation(
                sequences.values, samples.step_weights
            )
        self._learn_target_units(samples)

    def _in_units(self, samples: Samples, dtype: np.dtype) -> Samples:
        """Return samples as the network reads them, in a precision."""
        sequences = samples.sequences.scaled(self.input_center_, self.input_spread_)
        return replace(
            samples,
            sequences=replace(sequences, values=sequences.values.astype(dtype, copy=False)),
            targets=self._targets.encoded(samples.targets, dtype),
            weights=samples.weights.astype(dtype, copy=False),
            kinds=None,
        )

    def _start(self, samples: Samples, *, goes_on: bool, partial: bool) -> Training:
        """Draw weights, or take those there are, and refuse them where they do not fit."""
        network = self._architecture(samples)
        if not goes_on:
            self._network = network
            try:
                theta = network.initial(self._random_state, samples.sequences.dtype)
            except (MemoryError, OverflowError, ValueError) as error:
                raise InvalidParameterError(
                    f"the network would have {network.n_parameters} parameters, more than there is "
                    "memory for: take smaller layers"
                ) from error
            return Training(theta)
        if network != self._network:
            raise ValueError(
                f"training cannot go on: the weights are those of {self._network}, and what is "
                f"asked for now is {network}; set warm_start=False and call fit to start anew"
            )
        solver, state = self._optimizer_state
        return Training(
            self._network.pack(self.weights_, self.weights_["b_y"].dtype),
            {name: list(values) for name, values in self.history_.items()},
            copy.deepcopy(state) if partial and solver == self.solver else None,
            self.best_loss_,
        )

    @abstractmethod
    def _architecture(self, samples: Samples) -> Network:
        """Return the network that the arguments and the samples ask for."""

    @abstractmethod
    def _engine(self) -> NetworkEngine:
        """Return what runs the network."""

    def _initialize(self, theta: np.ndarray, samples: Samples, *, goes_on: bool) -> None:
        """Write another start over weights drawn at random, where one is asked for.

        With `goes_on` training may go on with other samples.
        """

    def _train(
        self,
        training: Training,
        samples: Samples,
        held_out: Samples | None,
        *,
        partial: bool,
        goes_on: bool,
    ) -> None:
        from tqdm import tqdm

        plan = self._plan(samples.sequences, partial=partial)
        if self._epochs_are_meant:
            plan = replace(plan, max_iter_is_meant=True)
        progress = tqdm(
            total=plan.max_iter, desc=type(self).__name__, unit="epoch", disable=not self.verbose
        )
        parts = {}
        if self.verbose or held_out is not None:
            parts = {"": samples} | ({} if held_out is None else {"val_": held_out})
        with self._engine() as engine, progress:
            objective = self._objective(engine, samples)
            measure = measure_of(engine, parts, self._targets)
            if measure is None and self._targets.is_counted:
                objective.counted = CountedScore(self._targets)
                measure = objective.counted.measure
            train(
                objective,
                training,
                plan,
                self._random_state,
                measure=measure,
                hook=hook_of(self._network, progress, self.callback),
                partial=partial,
                goes_on=goes_on,
            )

    def _plan(self, sequences: Sequences, *, partial: bool) -> Plan:
        return plan_of(self, self._network, sequences, partial=partial)

    def _objective(self, engine: NetworkEngine, samples: Samples) -> NetworkObjective:
        return NetworkObjective(engine, samples, self._targets)

    def _take_over(
        self, network: Network, weights: Mapping[str, np.ndarray], *, n_features: int
    ) -> None:
        """Learn a network with weights that act on data as it is, of so many features a step."""
        self._network = network
        self.weights_ = network.unpack(network.pack(weights, weights["b_y"].dtype))
        self._target_layout = TargetLayout(network.n_outputs == 1, bool(self.return_sequences))
        self.input_center_, self.input_spread_ = np.zeros(n_features), np.ones(n_features)
        self.history_ = {"loss": []}
        self.loss_curve_ = self.history_["loss"]
        self.n_iter_, self.best_loss_ = 0, np.inf
        self._optimizer_state = (self.solver, None)
        self._random_state = check_random_state(self.random_state)

    def _keep(self, training: Training) -> None:
        self.weights_ = self._network.unpack(training.theta.copy())
        self.history_ = training.history
        self.loss_curve_ = training.history.setdefault("loss", [])
        self.n_iter_ = training.n_epochs
        self.best_loss_ = training.best_loss
        self._optimizer_state = (self.solver, training.optimizer_state)

    def _outputs(self, X: Any) -> tuple[np.ndarray, Sequences]:
        """Return the network's raw outputs, and the sequences."""
        theta, sequences = self._ready(X)
        with self._engine() as engine:
            outputs = engine.predict(theta, sequences)
        if not np.isfinite(outputs).all():
            warn_user(
                "the network's output is not finite: it explodes on X, as one with smaller "
                f"weights {self._explosive} does not",
                RuntimeWarning,
            )
        return outputs, sequences

    @property
    def _by_step(self) -> bool:
        return self._target_layout.by_step

    def _evaluated(
        self, X: Any, y: Any, sample_weight: Any
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return raw outputs, targets as they were read, and weights, a row for each of them."""
        check_is_fitted(self)
        samples = self._read(X, y, sample_weight, reset=False)
        dtype = samples.sequences.dtype
        scaled = samples.sequences.scaled(self.input_center_, self.input_spread_)
        with self._engine() as engine:
            outputs = engine.predict(self._network.pack(self.weights_, dtype), scaled)
        return outputs, samples.targets, samples.target_weights

    def _ready(self, X: Any) -> tuple[np.ndarray, Sequences]:
        """Return weights, and sequences as the network reads them: in the precision of X."""
        check_is_fitted(self)
        sequences = self._read_sequences(X, reset=False)
        scaled = sequences.scaled(self.input_center_, self.input_spread_)
        return self._network.pack(self.weights_, scaled.dtype), scaled


# Those who fit one estimator after the other, and those of whom an estimator is a part.
_FITTERS = (
    "sklearn",
    "joblib",
    "tsrnn.panel",
    "tsrnn.compose",
    "tsrnn.forecasting.anomalies",
    "tsrnn.forecasting.backtesting",
    "tsrnn.forecasting.conformal",
)


def is_one_of_many() -> bool:
    """Whether this fit is one of a search, a cross-validation or the like, which Ctrl-C is to end.

    It would go on with the score of what is left where it was stopped.
    """
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if (frame.f_globals.get("__name__") or "").startswith(_FITTERS):
            return True
        frame = frame.f_back
    return False


def store_arguments(estimator: SequenceEstimator, arguments: dict[str, Any]) -> None:
    """Store the arguments of `__init__`, unchanged."""
    for name, value in arguments.items():
        if name not in ("self", "__class__"):
            setattr(estimator, name, value)


def takes_batches(estimator: SequenceEstimator) -> bool:
    """Whether there is `partial_fit`.

    Raises
    ------
    AttributeError
        If not.
    """
    if estimator.solver in SEARCHES:
        raise AttributeError(
            f"partial_fit needs a mini-batch solver: solver={estimator.solver!r} is none"
        )
    if estimator.learning_rate != "constant" or estimator.warmup_steps:
        raise AttributeError(
            "partial_fit does not know how many steps there will be, by which learning_rate="
            f"{estimator.learning_rate!r} and warmup_steps={estimator.warmup_steps!r} go: leave "
            "both as they are by default"
        )
    return True
