"""Pictures and numbers of a fitted network, and the ways of its weights in and out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from tsrnn._input.sequences import TargetLayout
from tsrnn._input.validation import of_one_moment
from tsrnn._recurrent.architecture import Architecture
from tsrnn._recurrent.engine import Engine
from tsrnn._recurrent.table import Table, table_of_counts
from tsrnn.network import RNN
from tsrnn.sequence.arguments import check_arguments, check_running, sizes_of_layers
from tsrnn.sequence.foreign_weights import to_keras, to_torch
from tsrnn.sequence.samples import Samples


class RecurrentMethods(ABC):
    """The part of a sequence estimator that is about its network, a recurrent one."""

    # What the modules of other frameworks call the cell: "elman", "gru" or "lstm".
    _kind_of_cell: str

    # What the rest of an estimator brings.
    weights_: dict[str, np.ndarray]
    bidirectional: bool
    linear_path: bool
    n_jobs: Any
    bptt_steps: Any
    _network: Any
    _by_step: Any
    _ready: Any
    _read: Any
    _in_units: Any
    _take_over: Any

    if TYPE_CHECKING:

        @property
        def _targets(self) -> Any: ...

    @property
    @abstractmethod
    def cell_name(self) -> str:
        """The key of the cell in the table of networks' cells."""

    def _architecture(self, samples: Samples) -> Architecture:
        n_features, n_steps = samples.sequences.n_features, int(samples.sequences.lengths[0])
        return Architecture(
            self.cell_name,
            n_features,
            sizes_of_layers(self),
            self._targets.n_outputs(samples.targets),
            bool(self.bidirectional),
            n_linear=n_steps * n_features if self.linear_path else 0,
        )

    def _engine(self) -> Engine:
        check_running(self)
        return Engine(
            self._network,
            n_jobs=self.n_jobs,
            bptt_steps=self.bptt_steps,
            return_sequences=self._by_step,
        )

    @of_one_moment
    def hidden_states(self, X: Any) -> np.ndarray:
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

    @of_one_moment
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
        samples = self._targets.known(self._read(X, y, None, reset=False), "y")
        samples = self._in_units(samples, samples.sequences.dtype)
        theta = self._network.pack(self.weights_, samples.sequences.dtype)
        weights = samples.weights / self._targets.total_weight(samples)
        with self._engine() as engine:
            return engine.gradient_norms(
                theta,
                samples.sequences,
                samples.targets,
                weights.astype(theta.dtype),
                self._targets.loss,
            )

    @of_one_moment
    def summary(self) -> Table:
        """Return a table of the layers: what each gives, and how many parameters it has.

        Returns
        -------
        table : str
            T stands for the number of steps. It shows as it is, in notebooks too. Before a fit
            there are question marks for what follows from the data.
        """
        return table_of(self) if "_network" in vars(self) else table_before_fit(self)

    @of_one_moment
    def to_rnn(self) -> RNN:
        """Return the network with its matrices in the open, standardisation folded into them.

        Returns
        -------
        rnn : RNN
            Its outputs at the last step (or, with `return_sequences=True`, at every step) are the
            predictions, in the units of the data; of a classifier the probability of the second
            class where there are two, and of each class where there are more.

        Raises
        ------
        TypeError
            For GRU and LSTM, several layers, two directions, or an embedding: the message names the
            part that has no place in an RNN.
        """
        check_is_fitted(self)
        return as_rnn(self)

    @of_one_moment
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

    @of_one_moment
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

    def _input_row_before_fit(self) -> tuple[str, str, int | None]:
        """Return what the arguments alone say of the first layer: its name, shape and count."""
        return "input", "(T, ?)", 0

    def _adopt(self, weights: Mapping[str, np.ndarray]) -> Self:
        """Make a fitted estimator of one that is not, with weights that act on data as it is."""
        check_arguments(self)
        network = architecture_of(self.cell_name, weights)
        self._take_over(network, weights, n_features=network.n_inputs)
        self.n_features_in_, self._sequence_kind = network.n_inputs, "sequences"
        return self


def with_shape_of(weights: Mapping[str, np.ndarray], parameters: dict[str, Any]) -> dict[str, Any]:
    """Add the arguments that follow from weights which are to act on data as it is."""
    network = architecture_of("elman_tanh", weights)
    return parameters | {
        "hidden_layer_sizes": network.hidden_sizes,
        "bidirectional": network.bidirectional,
        "standardize": False,
    }


def weights_of_data(estimator: BaseEstimator) -> dict[str, np.ndarray]:
    """Return weights that act on data in its own units: the standardisation taken into them.

    An input (x - c) / s is read as W (x - c) / s = (W / s) x - W c / s by every gate of the first
    layer, and an output o becomes s_y o + c_y.

    Raises
    ------
    TypeError
        Where outputs are no predictions, or there is a linear path; the message says which.
    """
    refuse_other_outputs(estimator)
    if "W_yx" in estimator.weights_:
        raise TypeError(
            f"the weights of this {type(estimator).__name__} have a linear path from the input to "
            "the output (linear_path=True), which has no place beside recurrent layers in another "
            "library"
        )
    network, weights = estimator._network, dict(estimator.weights_)
    center, spread = estimator.input_center_, estimator.input_spread_
    for layer in network.layers[0]:
        of_inputs = weights[f"W_hx{layer.suffix}"] / spread
        bias = weights[f"b_h{layer.suffix}"].copy()
        bias -= of_inputs @ center
        weights |= {f"W_hx{layer.suffix}": of_inputs, f"b_h{layer.suffix}": bias}
    target_center, target_spread = estimator._targets.units(network.n_outputs)
    weights["W_yh"] = weights["W_yh"] * target_spread[:, None]
    weights["b_y"] = weights["b_y"] * target_spread + target_center
    dtype = estimator.weights_["W_yh"].dtype
    return {name: np.array(array, dtype) for name, array in weights.items()}


def refuse_other_outputs(estimator: BaseEstimator) -> None:
    """Refuse to give weights away where outputs are no predictions.

    Raises
    ------
    TypeError
        It names what is made of the outputs.
    """
    obstacle = estimator._targets.between_output_and_prediction
    if obstacle:
        raise TypeError(
            "a head in the open has outputs that are predictions, and that of this "
            f"{type(estimator).__name__} has {obstacle}"
        )


def as_rnn(estimator: BaseEstimator) -> RNN:
    """Return a fitted Elman estimator as an explicit network.

    Raises
    ------
    TypeError
        For another network; the message names the part that has no place in it.
    """
    network = estimator._network
    name = type(estimator).__name__
    cell, _, activation = network.cell.partition("_")
    obstacles = {
        "an embedding": network.n_tokens > 0,
        f"a cell with gates ({cell.upper()})": cell != "elman",
        f"{len(network.hidden_sizes)} layers": len(network.hidden_sizes) > 1,
        "a layer that reads both ways": network.bidirectional,
        "a linear path": network.n_linear > 0,
        estimator._targets.between_output_and_prediction: True,
    }
    found = [what for what, is_there in obstacles.items() if is_there and what]
    if found:
        raise TypeError(
            f"to_rnn gives one hidden layer of Elman's, and this {name} has {' and '.join(found)}"
        )
    rnn = RNN(
        network.n_inputs,
        network.hidden_sizes[0],
        network.n_outputs,
        activation=activation,
        output_activation=estimator._targets.output_activation,
    )
    for weight, array in weights_of_data(estimator).items():
        setattr(rnn, weight, array)
    rnn.h_init = np.zeros(network.hidden_sizes[0])
    return rnn


def architecture_of(cell: str, weights: Mapping[str, np.ndarray]) -> Architecture:
    """Return the network whose weights these are."""
    bidirectional = "W_hh_l0_reverse" in weights
    plain = "W_hh" in weights
    n_layers = 1 if plain else sum(f"W_hh_l{i}" in weights for i in range(len(weights)))
    sizes = [weights["W_hh" if plain else f"W_hh_l{i}"].shape[1] for i in range(n_layers)]
    return Architecture(
        cell,
        weights["W_hx" if plain else "W_hx_l0"].shape[1],
        tuple(sizes),
        len(weights["b_y"]),
        bidirectional,
        n_tokens=len(weights["E"]) if "E" in weights else 0,
        n_linear=weights["W_yx"].shape[1] if "W_yx" in weights else 0,
    )


def table_of(estimator: BaseEstimator) -> Table:
    """Lay out layers, what they give, and how many parameters they have."""
    network = estimator._network
    steps = "T"
    what = "embedding" if network.n_tokens else "input"
    count = network.n_tokens * network.n_inputs
    rows = [(what, f"({steps}, {network.n_inputs})", count)]
    for i, (directions, size) in enumerate(zip(network.layers, network.hidden_sizes, strict=True)):
        count = sum(
            parameter.size for shape in directions for parameter in network.layer_parameters(shape)
        )
        is_last = i + 1 == len(network.layers)
        units = size * network.n_directions
        by_step = estimator._by_step or not is_last
        both = ", both ways" if network.bidirectional else ""
        rows.append(
            (f"{network.cell}{both}", f"({steps}, {units})" if by_step else f"({units},)", count)
        )
    m = network.n_outputs
    if network.n_linear:
        rows.append(("linear path", f"({m},)", m * network.n_linear))
    count = m * (network.n_features_out + 1)
    rows.append(("output", f"({steps}, {m})" if estimator._by_step else f"({m},)", count))
    dtype, n_iter = estimator.weights_["b_y"].dtype, estimator.n_iter_
    title = f"{type(estimator).__name__}, {dtype}, {n_iter} epochs"
    return table_of_counts(title, ("layer", "output"), rows)


def table_before_fit(estimator: BaseEstimator) -> Table:
    """Lay out what the arguments alone say of layers."""
    sizes = sizes_of_layers(estimator)
    both, n_directions = (", both ways", 2) if estimator.bidirectional else ("", 1)
    by_step = bool(estimator.return_sequences)
    rows = [estimator._input_row_before_fit()]
    for i, size in enumerate(sizes):
        units = size * n_directions
        is_by_step = by_step or i + 1 < len(sizes)
        shape = f"(T, {units})" if is_by_step else f"({units},)"
        rows.append((f"{estimator.cell_name}{both}", shape, None))
    if estimator.linear_path:
        rows.append(("linear path", "(?,)", None))
    rows.append(("output", "(T, ?)" if by_step else "(?,)", None))
    return table_of_counts(f"{type(estimator).__name__}, not fitted yet", ("layer", "output"), rows)
