"""Rules for trained networks: weights of their shapes, words below the rows of a table."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, get_args

import numpy as np

from tsrnn._dense.architecture import DenseArchitecture
from tsrnn._input.sequences import TargetLayout
from tsrnn._optim.losses import (
    AbsoluteErrorLoss,
    HuberLoss,
    NumberLoss,
    PoissonLoss,
    QuantileLoss,
    SquaredErrorLoss,
)
from tsrnn._optim.network import Network
from tsrnn._recurrent.architecture import Architecture
from tsrnn.cells import NETWORK_CELLS
from tsrnn.network import RNN
from tsrnn.saving.checks import fields
from tsrnn.saving.checks.fields import FLOAT, require
from tsrnn.sequence import (
    DenseWindowRegressor,
    ElmanRNNClassifier,
    ElmanRNNRegressor,
    GRUClassifier,
    GRURegressor,
    LSTMClassifier,
    LSTMRegressor,
)
from tsrnn.sequence.arguments import SEARCHES, Activation
from tsrnn.text.classifier import TextRNNClassifier

CLASSIFIERS = (ElmanRNNClassifier, GRUClassifier, LSTMClassifier)
REGRESSORS = (DenseWindowRegressor, ElmanRNNRegressor, GRURegressor, LSTMRegressor)

# Arrays of a parameter each that optimisers keep, and whether they count steps besides.
_STATES = {"adam": 2, "rmsprop": 1, "sgd": 1}

_LEARNED = "_network _target_layout weights_ history_ loss_curve_ n_iter_ best_loss_".split()
_LEARNED += ["_optimizer_state", "_random_state"]
_OF_SEQUENCES = ["_sequence_kind", "n_features_in_", "input_center_", "input_spread_"]


def check_architecture(one: Architecture) -> None:
    """Check the shape of a network."""
    fields.choice(one.cell, "cell", NETWORK_CELLS)
    fields.tuple_of(one.hidden_sizes, "hidden_sizes", int, np.integer)
    require(one.hidden_sizes, "hidden_sizes must not be empty")
    for size in (one.n_inputs, one.n_outputs, *one.hidden_sizes):
        fields.whole(size, "a size of a network", 1)
    fields.whole(one.n_tokens, "n_tokens")
    fields.whole(one.n_linear, "n_linear")
    fields.flag(one.bidirectional, "bidirectional")
    fields.flag(one.learns_h_init, "learns_h_init")


def check_dense_architecture(one: DenseArchitecture) -> None:
    """Check the shape of a dense network."""
    fields.choice(one.activation, "activation", get_args(Activation))
    fields.tuple_of(one.hidden_sizes, "hidden_sizes", int, np.integer)
    require(one.hidden_sizes, "hidden_sizes must not be empty")
    for size in (one.n_steps, one.n_features, one.n_outputs, *one.hidden_sizes):
        fields.whole(size, "a size of a network", 1)
    fields.flag(one.linear_path, "linear_path")


def check_target_layout(one: TargetLayout) -> None:
    """Check how targets came."""
    fields.flag(one.is_flat, "is_flat")
    fields.flag(one.by_step, "by_step")


def check_rnn(one: RNN) -> None:
    """Check the explicit network."""
    fields.members(one, ["n_inputs", "n_hidden", "n_outputs", "activation", "output_activation"])
    fields.members(one, ["_architecture", "h"])
    sizes = one.n_inputs, one.n_hidden, one.n_outputs
    for size in sizes:
        fields.whole(size, "a size of a network", 1)
    fields.choice(one.output_activation, "output_activation", _activations())
    fields.choice(one.activation, "activation", _activations())
    expected = Architecture(
        f"elman_{one.activation}", sizes[0], (sizes[1],), sizes[2], learns_h_init=True
    )
    require(one._architecture == expected, "the architecture must be that of the sizes")
    for name, shape in one._shapes.items():
        fields.members(one, [name])
        fields.numbers(getattr(one, name), name, *shape)
    fields.numbers(one.h, "h", one.n_hidden)


def _activations() -> Any:
    from tsrnn._recurrent.activations import ACTIVATIONS

    return ACTIVATIONS


def check_sequence_estimator(one: Any) -> None:
    """Check a sequence estimator, if it is fitted."""
    if not fields.is_fitted(one):
        return
    is_text, is_dense = isinstance(one, TextRNNClassifier), isinstance(one, DenseWindowRegressor)
    fields.members(one, _LEARNED + ([] if is_text else _OF_SEQUENCES))
    fields.arguments(one)
    kind = DenseArchitecture if is_dense else Architecture
    network = fields.kind(one._network, "the network", kind)
    layout = fields.kind(one._target_layout, "the layout of targets", TargetLayout)
    if is_dense:
        require(not layout.by_step, "a dense network has a target for each window")
    else:
        _check_cell(one, network, is_text=is_text)
    dtype = _check_weights(one.weights_, network)
    _check_optimizer(one._optimizer_state, network, dtype)
    fields.kind(one._random_state, "the random state", np.random.RandomState)
    _check_history(one)
    if is_text:
        check_text(one)
    else:
        _check_inputs(one)
    if isinstance(one, REGRESSORS):
        _check_targets(one, network, layout)
    else:
        _check_classes(one)


def _check_cell(one: Any, network: Architecture, *, is_text: bool) -> None:
    """Check that a recurrent network is of its estimator's kind."""
    if not is_text:
        kind = network.cell.partition("_")[0]
        require(kind == one._kind_of_cell, f"the cell must be of the kind {one._kind_of_cell}")
    require(not network.learns_h_init, "the state before the first step must be zero")
    if network.n_linear:
        is_regressor = isinstance(one, REGRESSORS) and not one._target_layout.by_step
        require(is_regressor, "a linear path leads to a regressor's targets, one for each sequence")


def _check_targets(one: Any, network: Network, layout: TargetLayout) -> None:
    """Check that outputs are those that the loss reads of targets."""
    fields.members(one, ["target_center_", "target_spread_", "_loss"])
    loss = fields.kind(one._loss, "the loss", NumberLoss)
    n_targets = fields.kind(one.target_center_, "target_center_", np.ndarray).size
    fields.numbers(one.target_center_, "target_center_", n_targets)
    fields.numbers(one.target_spread_, "target_spread_", n_targets)
    require((one.target_spread_ > 0.0).all(), "target_spread_ must be positive")
    require(n_targets == 1 or not layout.is_flat, "flat targets are one a step")
    is_whole = n_targets >= 1 and loss.n_outputs(n_targets) == network.n_outputs
    require(is_whole, "the network must have the outputs that the loss reads")
    if isinstance(loss, QuantileLoss):
        fields.members(one, ["quantiles_"])
        fields.numbers(one.quantiles_, "quantiles_", len(loss.levels))
        require(one.quantiles_.tolist() == list(loss.levels), "quantiles_ must be the loss's")


def check_huber(one: HuberLoss) -> None:
    """Check where the loss becomes linear."""
    require(fields.number(one.delta, "delta") > 0.0, "delta must be positive")


def check_quantile_loss(one: QuantileLoss) -> None:
    """Check levels."""
    levels = fields.tuple_of(one.levels, "levels", float)
    require(len(levels) > 0, "levels must not be empty")
    require(0.0 < levels[0] and levels[-1] < 1.0, "levels must be between 0 and 1")
    require(all(a < b for a, b in pairwise(levels)), "levels must ascend")


def check_nothing(one: NumberLoss) -> None:
    """Accept a loss that has no parts."""


def _check_weights(weights: Any, network: Network) -> np.dtype:
    """Check that weights are those of a network; return their type."""
    shapes = {}
    for name, weight in fields.kind(weights, "weights_", dict).items():
        shapes[name] = fields.kind(weight, f"weights_[{name!r}]", np.ndarray).shape
    # Whose sizes are those of arrays is not so large that its parameters cannot be listed.
    sizes = network.hidden_sizes  # type: ignore[attr-defined]  # which both kinds have
    require(len(sizes) <= len(shapes), "weights_ must be of all layers")
    expected = {weight.name: weight.shape for weight in network.parameters}
    require(shapes == expected, "weights_ must have the shapes that the network has")
    dtypes = {weight.dtype for weight in weights.values()}
    require(len(dtypes) == 1, "weights_ must be of one type")
    dtype = dtypes.pop()
    require(dtype in (FLOAT, np.float32), "weights_ must be floats")
    require(all(np.isfinite(one).all() for one in weights.values()), "weights_ must be finite")
    return dtype


def _check_optimizer(kept: Any, network: Network, dtype: np.dtype) -> None:
    """Check that what an optimiser remembers is of every weight."""
    require(isinstance(kept, tuple) and len(kept) == 2, "an optimiser has a name and a state")
    solver, state = kept
    fields.choice(solver, "the optimiser", (*_STATES, *SEARCHES))
    if state is None:
        return
    fields.tuple_of(state, "the state of the optimiser", np.ndarray)
    n_arrays = _STATES.get(solver, 0)
    n_expected = n_arrays + (solver == "adam")
    require(len(state) == n_expected, "the state must be that of the optimiser")
    for array in state[:n_arrays]:
        fields.array(array, "the state of the optimiser", dtype, network.n_parameters)
        require(np.isfinite(array).all(), "the state of the optimiser must be finite")
    if solver in ("adam", "rmsprop"):
        require((state[n_arrays - 1] >= 0.0).all(), "mean squares must not be negative")
    if solver == "adam":
        count = fields.array(state[2], "the steps of the optimiser", np.int64, 1)
        require(0 <= count[0] < 2**62, "steps must not be negative")


def _check_history(one: Any) -> None:
    for name, values in fields.kind(one.history_, "history_", dict).items():
        fields.kind(name, "a name of history_", str)
        for value in fields.kind(values, "a part of history_", list):
            fields.kind(value, "a number of history_", float, np.floating)
    fields.kind(one.loss_curve_, "loss_curve_", list)
    fields.whole(one.n_iter_, "n_iter_")
    fields.kind(one.best_loss_, "best_loss_", float, np.floating)
    require("loss" in one.history_, "history_ must have the loss")


def _check_inputs(one: Any) -> None:
    """Check what the network reads beside what the estimator was fitted to."""
    network = one._network
    if isinstance(network, DenseArchitecture):
        n_each, n_window = network.n_features, network.n_inputs
    else:
        require(network.n_tokens == 0, "a sequence estimator reads no words")
        n_each, n_window = network.n_inputs, network.n_linear
    kinds = ("matrix", "lists", "sequences")
    fields.choice(one._sequence_kind, "the kind of sequences", kinds)
    n_features = fields.whole(one.n_features_in_, "n_features_in_", 1)
    expected = n_features if one._sequence_kind == "sequences" else 1
    require(n_each == expected, f"the network must read {expected} features a step")
    require(("n_timesteps_" in vars(one)) == (n_window > 0), "windows have a number of steps")
    if n_window:
        n_steps = fields.whole(one.n_timesteps_, "n_timesteps_", 1)
        require(n_steps * n_each == n_window, f"the network must read windows of {n_steps} steps")
        is_matrix = one._sequence_kind != "sequences"
        require(not is_matrix or n_steps == n_features, "a column must be a step")
    fields.numbers(one.input_center_, "input_center_", expected)
    fields.numbers(one.input_spread_, "input_spread_", expected)
    require((one.input_spread_ > 0.0).all(), "input_spread_ must be positive")
    check_names(one, n_features)


def check_names(one: Any, n_features: int) -> None:
    """Check the names of features, where there are some."""
    if "feature_names_in_" in vars(one):
        names = fields.array(one.feature_names_in_, "feature_names_in_", object, n_features)
        require(all(isinstance(name, str) for name in names), "names must be words")


def _check_classes(one: Any) -> None:
    fields.members(one, ["classes_"])
    classes = fields.kind(one.classes_, "classes_", np.ndarray)
    require(classes.ndim == 1 and classes.size >= 2, "classes_ must be two or more")
    are_words = classes.dtype == object and all(isinstance(label, str) for label in classes)
    require(are_words or classes.dtype.kind in "biufUS", "classes_ must be numbers or words")
    ordered = np.unique(classes)
    require(np.array_equal(ordered, classes), "classes_ must be different, and ascend")
    n = 1 if classes.size == 2 else classes.size
    require(one._network.n_outputs == n, f"{classes.size} classes take {n} outputs")
    weights = vars(one).get("_class_weights")
    if weights is not None:
        fields.numbers(weights, "class weights", classes.size, low=0.0)


def check_text(one: TextRNNClassifier) -> None:
    """Check that words have rows of the embedding."""
    fields.members(one, ["_n_tokens"])
    n = fields.whole(one._n_tokens, "the number of words", 1)
    require(one._network.n_tokens == n, f"the network must read {n} words")
    if "vocabulary_" in vars(one):
        check_vocabulary(one.vocabulary_, n)


def check_vocabulary(vocabulary: Any, n: int) -> None:
    """Check the ids of words: different ones, from 0, below the rows of the embedding."""
    for word, i in fields.kind(vocabulary, "vocabulary_", dict).items():
        fields.kind(word, "a word of vocabulary_", str)
        fields.whole(i, f"vocabulary_[{word!r}]", 0, n - 1)


CHECKS: dict[Any, Any] = {
    **dict.fromkeys((AbsoluteErrorLoss, PoissonLoss, SquaredErrorLoss), check_nothing),
    Architecture: check_architecture,
    DenseArchitecture: check_dense_architecture,
    HuberLoss: check_huber,
    QuantileLoss: check_quantile_loss,
    RNN: check_rnn,
    TargetLayout: check_target_layout,
    **{kind: check_sequence_estimator for kind in (*CLASSIFIERS, *REGRESSORS, TextRNNClassifier)},
}
