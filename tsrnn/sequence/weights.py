"""What a fitted network tells of itself, and the ways of its weights in and out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from tsrnn._input.sequences import TargetLayout
from tsrnn.network import RNN
from tsrnn.sequence.arguments import check_arguments
from tsrnn.sequence.foreign_weights import to_keras, to_torch
from tsrnn.sequence.weight_arrays import architecture_of, as_rnn, table_of, weights_of_data


class NetworkMethods:
    """The part of a sequence estimator that is about its network."""

    # What the modules of other frameworks call the cell: "elman", "gru" or "lstm".
    _kind_of_cell: str

    def hidden_states(self, X: Any) -> Any:
        """Return the states of the last layer at every step.

        Parameters
        ----------
        X : array-like or list of arrays
            As for `fit`.

        Returns
        -------
        states : (n_samples, n_timesteps, n_units) array
            An object array of (n_timesteps_i, n_units) arrays where X is a list. With
            `bidirectional=True` the states of the forward direction come first.
        """
        theta, sequences = self._ready(X)
        with self._engine() as engine:
            states = engine.hidden_states(theta, sequences)
        return TargetLayout(is_flat=False, by_step=True).arranged(states, sequences)

    def gradient_norms(self, X: Any, y: Any) -> np.ndarray:
        """Return norms of the gradient of the loss with respect to hidden states, by lag.

        They tell how far back training sees: norms that fall towards zero as the lag grows are
        vanishing gradients, norms that grow exploding ones.

        Parameters
        ----------
        X, y
            As for `fit`.

        Returns
        -------
        norms : (n_layers, longest) array
            Column k is about the states k steps before the last one of each sequence: the root of
            the sum of squares, over sequences that are so long, of the gradient of the mean loss.
        """
        check_is_fitted(self)
        samples = self._known_targets(self._read(X, y, None, reset=False), "y")
        samples = self._in_units(samples, samples.sequences.dtype)
        theta = self._network.pack(self.weights_, samples.sequences.dtype)
        weights = samples.weights / self._total_weight(samples)
        with self._engine() as engine:
            return engine.gradient_norms(
                theta,
                samples.sequences,
                samples.targets,
                weights.astype(theta.dtype),
                self._loss(),
            )

    def summary(self) -> str:
        """Return a table of the layers: what each gives, and how many parameters it has.

        Returns
        -------
        table : str
            T stands for the number of steps.
        """
        check_is_fitted(self)
        return table_of(self)

    def to_rnn(self) -> RNN:
        """Return the network with its matrices in the open, standardisation folded into them.

        Returns
        -------
        rnn : RNN
            Its outputs at the last step (or, with `return_sequences=True`, at every step) are the
            predictions, in the units of the data; for two classes the probability of the second.

        Raises
        ------
        TypeError
            For GRU and LSTM, several layers, two directions, or three classes and more: the message
            names the part that has no place in an RNN.
        """
        check_is_fitted(self)
        return as_rnn(self)

    def to_keras_weights(self) -> list[np.ndarray]:
        """Return the weights as Keras lays them out, standardisation folded into them.

        Returns
        -------
        arrays : list of array
            For `set_weights` of a Sequential of SimpleRNN, GRU or LSTM layers (in Bidirectional
            with `bidirectional=True`) and a Dense, which for classes has a sigmoid (two) or a
            softmax (more) as its activation.
        """
        check_is_fitted(self)
        return to_keras(self._kind_of_cell, weights_of_data(self))

    def to_torch_weights(self, *, rnn: str = "rnn", head: str = "fc") -> dict[str, np.ndarray]:
        """Return the weights as PyTorch lays them out, standardisation folded into them.

        Parameters
        ----------
        rnn, head : str
            Names of the module's parts: an RNN, GRU or LSTM, and a Linear. Where layers have
            different numbers of units, the first is a ModuleList of one module for each.

        Returns
        -------
        state : dict of str to array
            For `load_state_dict`, once `torch.from_numpy` has made tensors of the arrays. For
            classes the Linear's outputs are logits.
        """
        check_is_fitted(self)
        return to_torch(self._kind_of_cell, weights_of_data(self), rnn=rnn, head=head)

    def _adopt(self, weights: Mapping[str, np.ndarray]) -> Self:
        """Make a fitted estimator of one that is not, with weights that act on data as it is."""
        check_arguments(self)
        network = architecture_of(self._cell_name, weights)
        self._network = network
        self.weights_ = network.unpack(network.pack(weights, weights["b_y"].dtype))
        self.n_features_in_ = network.n_inputs
        self._sequence_kind = "sequences"
        self._target_layout = TargetLayout(network.n_outputs == 1, bool(self.return_sequences))
        self.input_center_ = np.zeros(network.n_inputs)
        self.input_spread_ = np.ones(network.n_inputs)
        self.history_ = {"loss": []}
        self.loss_curve_ = self.history_["loss"]
        self.n_iter_, self.best_loss_ = 0, np.inf
        self._optimizer_state = (self.solver, None)
        self._random_state = check_random_state(self.random_state)
        return self


def with_shape_of(weights: Mapping[str, np.ndarray], parameters: dict[str, Any]) -> dict[str, Any]:
    """Add the arguments that follow from weights which are to act on data as it is."""
    network = architecture_of("elman_tanh", weights)
    return parameters | {
        "hidden_layer_sizes": network.hidden_sizes,
        "bidirectional": network.bidirectional,
        "standardize": False,
    }
