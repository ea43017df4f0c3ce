"""Regressors of sequences by recurrent networks: their arguments, and how they start."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Self, get_args

import numpy as np

from tsrnn._input.numbers import AnyFloat, AnyInt
from tsrnn._input.validation import check_choice
from tsrnn._optim.losses import NumberLoss
from tsrnn.exceptions import InvalidParameterError
from tsrnn.sequence.arguments import LearningRate, Solver
from tsrnn.sequence.base import store_arguments
from tsrnn.sequence.foreign_weights import from_keras, from_torch
from tsrnn.sequence.holt_start import holt_start
from tsrnn.sequence.losses import LossName
from tsrnn.sequence.objective import TrainingState
from tsrnn.sequence.regressor import NumberRegressor
from tsrnn.sequence.samples import Samples
from tsrnn.sequence.weights import RecurrentMethods, with_shape_of

Init = Literal["holt"]


class SequenceRegressor(RecurrentMethods, NumberRegressor):
    """Base of the sequence regressors."""

    def __init__(
        self,
        *,
        hidden_layer_sizes: AnyInt | Sequence[int] = (32,),
        loss: LossName | NumberLoss = "squared_error",
        quantiles: AnyFloat | Sequence[float] | None = None,
        huber_delta: AnyFloat = 1.0,
        solver: Solver = "adam",
        batch_size: AnyInt | Literal["auto"] = "auto",
        learning_rate_init: AnyFloat = 0.005,
        learning_rate: LearningRate = "constant",
        warmup_steps: AnyInt = 0,
        momentum: AnyFloat = 0.9,
        l2: AnyFloat = 1e-4,
        clip_norm: AnyFloat | None = 1.0,
        bptt_steps: AnyInt | None = None,
        max_iter: AnyInt = 200,
        tol: AnyFloat = 1e-4,
        n_iter_no_change: AnyInt = 10,
        early_stopping: bool = False,
        validation_fraction: AnyFloat = 0.1,
        init: Init | None = None,
        linear_path: bool = False,
        return_sequences: bool = False,
        bidirectional: bool = False,
        standardize: bool = True,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: bool | AnyInt = False,
        n_jobs: AnyInt | None = None,
        callback: Callable[[TrainingState], Any] | None = None,
    ) -> None:
        store_arguments(self, locals())

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
        return super()._of_weights(weights, with_shape_of(weights, parameters))

    def _initialize(self, theta: np.ndarray, samples: Samples, *, goes_on: bool) -> None:
        """Write the start that `init` asks for over weights drawn at random."""
        super()._initialize(theta, samples, goes_on=goes_on)
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
        if not self._loss.is_plain:
            raise InvalidParameterError(
                "init='holt' starts a network whose output is the prediction, and with "
                f"loss={self.loss!r} it is made of the output: set init=None"
            )
        samples = self._without_missing(samples)
        theta[:] = holt_start(
            samples.sequences.values.reshape(samples.sequences.n_sequences, lengths[0], -1),
            self._targets.alone(samples.targets),
            samples.weights,
            self._network,
            theta,
            gain=self.input_spread_[0] / self.target_spread_,
            offset=(self.input_center_[0] - self.target_center_) / self.target_spread_,
        )

    def _without_missing(self, samples: Samples) -> Samples:
        """Leave out the sequences one of whose targets is missing."""
        is_whole = ~np.isnan(samples.targets).any(axis=1)
        if not is_whole.any():
            raise InvalidParameterError(
                "init='holt' needs a sequence at least none of whose targets is missing, and each "
                "has a NaN in y: set init=None"
            )
        return samples if is_whole.all() else samples.take(np.flatnonzero(is_whole))
