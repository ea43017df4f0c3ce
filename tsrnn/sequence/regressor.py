"""Sequence regressors: targets that are numbers, standardised, under the squared error."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Self, get_args

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import Tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from tsrnn._input.sequences import Sequences, TargetLayout, read_targets
from tsrnn._input.validation import check_choice, of_one_moment
from tsrnn.exceptions import InvalidParameterError
from tsrnn.sequence.arguments import Solver
from tsrnn.sequence.base import SequenceEstimator, store_arguments, takes_batches
from tsrnn.sequence.foreign_weights import from_keras, from_torch
from tsrnn.sequence.holt_start import holt_start
from tsrnn.sequence.objective import TrainingState
from tsrnn.sequence.samples import Samples, center_and_spread
from tsrnn.sequence.targets import Numbers, r2
from tsrnn.sequence.weights import with_shape_of

Init = Literal["holt"]


class SequenceRegressor(RegressorMixin, SequenceEstimator):
    """Base of the sequence regressors."""

    target_center_: np.ndarray
    target_spread_: np.ndarray

    def __init__(
        self,
        *,
        hidden_layer_sizes: int | Sequence[int] = (32,),
        solver: Solver = "adam",
        batch_size: int | Literal["auto"] = "auto",
        learning_rate_init: float = 0.005,
        momentum: float = 0.9,
        l2: float = 1e-4,
        clip_norm: float | None = 1.0,
        bptt_steps: int | None = None,
        max_iter: int = 200,
        tol: float = 1e-4,
        n_iter_no_change: int = 10,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        init: Init | None = None,
        return_sequences: bool = False,
        bidirectional: bool = False,
        standardize: bool = True,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: bool | int = False,
        n_jobs: int | None = None,
        callback: Callable[[TrainingState], Any] | None = None,
    ) -> None:
        store_arguments(self, locals())

    @available_if(takes_batches)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train for one epoch, going on from where training is.

        The first call draws the weights and learns the units, from what it is given.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.

        Returns
        -------
        self
        """
        return self._partial_fit(X, y, sample_weight)

    @of_one_moment
    def predict(self, X: Any) -> np.ndarray:
        """Predict the target of each sequence, or of each of its steps.

        Parameters
        ----------
        X : array-like or list of arrays
            As for `fit`.

        Returns
        -------
        y : (n_samples,) or (n_samples, n_outputs) array
            In the shape and units of the targets at `fit`, and the precision of X. With
            `return_sequences=True` (n_samples, n_timesteps) or (n_samples, n_timesteps, n_outputs),
            or an object array of arrays where X is a list.

        Warns
        -----
        RuntimeWarning
            If a prediction is not finite, as it can be with an activation that has no bound.
        """
        outputs, sequences = self._outputs(X)
        return self._target_layout.arranged(self._targets.decoded(outputs), sequences)

    @of_one_moment
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the coefficient of determination R2 of the predictions.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`. With `return_sequences=True` every step counts, with the weight of its
            sequence.

        Returns
        -------
        score : float
            The mean over the outputs.
        """
        check_is_fitted(self)
        if not self._by_step:
            return super().score(X, y, sample_weight)
        outputs, targets, weights = self._evaluated(X, y, sample_weight)
        return r2(self._targets.decoded(outputs), targets, weights)

    @classmethod
    def from_keras_weights(cls, arrays: Sequence[np.ndarray], **parameters: Any) -> Self:
        """Make a fitted estimator of the weights of a Keras model.

        Parameters
        ----------
        arrays : list of array
            What `get_weights` of a Sequential of SimpleRNN, GRU or LSTM layers, or of Bidirectional
            ones of these, and a Dense returns.
        **parameters
            Of the estimator, without those that the weights decide: `hidden_layer_sizes`,
            `bidirectional` and `standardize` (False). For SimpleRNN `activation` must be what it is
            in Keras; `return_sequences=True` is that of the last layer.

        Returns
        -------
        estimator : estimator
            It predicts what the model does, and can be trained further by `partial_fit`.
        """
        return cls._of_weights(from_keras(cls._kind_of_cell, arrays), parameters)

    @classmethod
    def from_torch_weights(cls, state: Mapping[str, np.ndarray], **parameters: Any) -> Self:
        """Make a fitted estimator of the weights of a PyTorch model.

        Parameters
        ----------
        state : dict of str to array
            The `state_dict` of a module of RNN, GRU or LSTM layers and a Linear, whatever they are
            called.
        **parameters
            As for `from_keras_weights`; `activation` is RNN's `nonlinearity`.

        Returns
        -------
        estimator : estimator
            It predicts what the module does with `batch_first=True`, the Linear reading the states
            at the last step (in both directions, those that each ends in).
        """
        return cls._of_weights(from_torch(cls._kind_of_cell, state), parameters)

    @classmethod
    def _of_weights(cls, weights: dict[str, np.ndarray], parameters: dict[str, Any]) -> Self:
        estimator = cls(**with_shape_of(weights, parameters))._adopt(weights)
        n_outputs = len(weights["b_y"])
        estimator.target_center_, estimator.target_spread_ = np.zeros(n_outputs), np.ones(n_outputs)
        return estimator

    def __sklearn_tags__(self) -> Tags:
        """Tell scikit-learn what to expect."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.input_tags.three_d_array = True
        return tags

    def _initialize(self, theta: np.ndarray, samples: Samples) -> None:
        """Write the start that `init` asks for over weights drawn at random.

        Where a target is constant, that is all there is to say, and the head says it from the
        start: its gradient is zero, and it stays there.
        """
        targets, head = samples.targets, self._network.unpack(theta)
        is_constant = (targets == targets[0]).all(axis=0)
        head["W_yh"][is_constant] = 0.0
        head["b_y"][is_constant] = targets[0, is_constant]
        if self.init is None:
            return
        check_choice("init", self.init, get_args(Init))
        lengths = samples.sequences.lengths
        if self._by_step or (lengths != lengths[0]).any():
            raise InvalidParameterError(
                "init='holt' starts a network on windows of one length, with the values that "
                "follow them as targets, got "
                + ("return_sequences=True" if self._by_step else "sequences of several lengths")
            )
        theta[:] = holt_start(
            samples.sequences.values.reshape(len(lengths), lengths[0], -1),
            samples.targets,
            samples.weights,
            self._network,
            theta,
            gain=self.input_spread_[0] / self.target_spread_,
            offset=(self.input_center_[0] - self.target_center_) / self.target_spread_,
        )

    def _read_targets(
        self, y: Any, sequences: Sequences, name: str
    ) -> tuple[np.ndarray, TargetLayout]:
        by_step = bool(self.return_sequences)
        return read_targets(self, y, sequences, return_sequences=by_step, name=name)

    @property
    def _targets(self) -> Numbers:
        learned = vars(self)
        return Numbers(learned.get("target_center_"), learned.get("target_spread_"))

    def _learn_targets(
        self, samples: Samples, classes: Any, *, goes_on: bool, partial: bool
    ) -> Samples:
        return self._targets.known(samples, "y")

    def _learn_target_units(self, samples: Samples) -> None:
        n_outputs = samples.targets.shape[1]
        self.target_center_, self.target_spread_ = np.zeros(n_outputs), np.ones(n_outputs)
        if self.standardize:
            self.target_center_, self.target_spread_ = center_and_spread(
                samples.targets, samples.target_weights
            )
