"""Networks against PyTorch and Keras, with their weights and ours: outputs, gradients, an epoch."""

import numpy as np
import pytest
import recurrent_golden as golden
from sklearn.exceptions import ConvergenceWarning

from tsrnn import (
    ElmanRNNClassifier,
    ElmanRNNRegressor,
    GRUClassifier,
    GRURegressor,
    LSTMClassifier,
    LSTMRegressor,
)
from tsrnn._input.sequences import Sequences
from tsrnn._optim.losses import BinaryLogLoss, SquaredErrorLoss
from tsrnn._optim.minibatch import RMSprop
from tsrnn._recurrent.architecture import Architecture
from tsrnn._recurrent.engine import Engine
from tsrnn.sequence.foreign_weights import from_keras, from_torch

# Outputs are of size 1: in float32 a dozen roundings of 6e-8. Gradients are of size 10, being sums
# over all steps; an epoch is six steps of 0.01, divided by roots of gradients. In float64 all that
# differs is the order of sums.
OUTPUTS = {"float32": 1e-6, "float64": 1e-13}
GRADIENTS = {"float32": 1e-5, "float64": 1e-12}
EPOCH = 1e-4


def architecture_of(case, weights):
    """Return the architecture that weights in our layout belong to."""
    cell = case.split("/")[0]
    layers = [name for name in weights if name.startswith("W_hh") and "reverse" not in name]
    first = next(name for name in weights if name.startswith("W_hx"))
    return Architecture(
        cell,
        weights[first].shape[1],
        tuple(weights[name].shape[1] for name in layers),
        len(weights["W_yh"]),
        bidirectional=any("reverse" in name for name in weights),
    )


def converted(framework, case, arrays):
    """Convert a framework's weights to ours."""
    if framework == "torch":
        return from_torch(golden.kind(case), arrays)
    return from_keras(golden.kind(case), list(arrays.values()))


def converted_gradient(framework, case, arrays):
    """Convert a framework's gradient to ours: of two added biases each has the whole of it."""
    arrays = {name: array.copy() for name, array in arrays.items()}
    for name, array in arrays.items():
        if "bias_hh" in name:
            array[: array.size // 3 * 2 if case.startswith("gru") else None] = 0.0
        elif framework == "keras" and case.startswith("gru") and array.shape[:-1] == (2,):
            array[1, : array.shape[1] // 3 * 2] = 0.0
    return converted(framework, case, arrays)


def sequences_of(lengths, dtype):
    data = golden.below(f"data/{lengths}")
    offsets = np.concatenate([[0], np.cumsum(data["lengths"].astype(np.int64))])
    return Sequences(data["X"].astype(dtype), offsets)


@pytest.mark.parametrize("by_step", [False, True], ids=["last", "steps"])
@pytest.mark.parametrize(("framework", "case", "lengths", "dtype"), golden.ASKED)
def test_the_same_weights_give_the_same_outputs_losses_and_gradients(
    framework, case, lengths, dtype, by_step
):
    weights = converted(framework, case, golden.below(f"{framework}/{case}/weights"))
    architecture = architecture_of(case, weights)
    theta, sequences = architecture.pack(weights, dtype), sequences_of(lengths, dtype)
    place = "steps" if by_step else "last"
    expected = golden.below(f"{framework}/{case}/{dtype}/{lengths}/{place}")
    targets = golden.ARRAYS[f"data/{lengths}/y_{place}"].astype(dtype)
    rows, ones = np.arange(sequences.n_sequences), np.ones(sequences.n_sequences, dtype)
    with Engine(architecture, return_sequences=by_step) as engine:
        outputs = engine.predict(theta, sequences)
        loss, gradient = engine.loss_and_gradient(
            theta, sequences, rows, targets, ones, SquaredErrorLoss()
        )
    assert outputs.dtype == gradient.dtype == dtype
    np.testing.assert_allclose(outputs, expected["outputs"], rtol=0, atol=OUTPUTS[dtype])
    np.testing.assert_allclose(loss, expected["loss"], rtol=OUTPUTS[dtype])
    theirs = golden.below(f"{framework}/{case}/{dtype}/{lengths}/{place}/gradient")
    theirs = converted_gradient(framework, case, theirs)
    for name, array in architecture.unpack(gradient).items():
        np.testing.assert_allclose(array, theirs[name], rtol=0, atol=GRADIENTS[dtype], err_msg=name)


@pytest.mark.parametrize("case", golden.cases("torch"))
def test_the_same_weights_give_pytorchs_states_at_every_step(case):
    weights = converted("torch", case, golden.below(f"torch/{case}/weights"))
    architecture = architecture_of(case, weights)
    sequences = sequences_of("ragged", np.float64)
    expected = golden.ARRAYS[f"torch/{case}/float64/ragged/states"]
    with Engine(architecture) as engine:
        states = engine.hidden_states(architecture.pack(weights, np.float64), sequences)
    np.testing.assert_allclose(states, expected, rtol=0, atol=OUTPUTS["float64"])


LOSSES = {"squared_error": SquaredErrorLoss(), "log_loss": BinaryLogLoss()}


def epoch_batches(data):
    """Return the rows of each batch."""
    size = int(data["batch_size"])
    return np.split(data["order"].astype(int), range(size, len(data["X"]), size))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("cell", ["elman_tanh", "gru", "lstm"])
def test_an_epoch_of_rmsprop_ends_at_keras_weights(cell, loss):
    data, request = golden.below("epoch/data"), golden.below(f"epoch/{cell}/{loss}")
    before, after = (
        converted("keras", cell, golden.below(f"epoch/{cell}/{loss}/{when}"))
        for when in ("weights", "after")
    )
    architecture = architecture_of(cell, before)
    theta, optimiser = architecture.pack(before, "float32"), RMSprop(float(data["learning_rate"]))
    n, n_steps, _ = data["X"].shape
    sequences = Sequences(data["X"].reshape(n * n_steps, -1), np.arange(n + 1) * n_steps)
    state, losses = optimiser.init(theta), []
    with Engine(architecture) as engine:
        for rows in epoch_batches(data):
            shares = np.full(n, 1.0 / len(rows), np.float32)
            value, gradient = engine.loss_and_gradient(
                theta, sequences, rows, data[f"y_{loss}"], shares, LOSSES[loss]
            )
            state = optimiser.update(theta, gradient, state)
            losses.append(value)
    np.testing.assert_allclose(losses, request["losses"], rtol=EPOCH)
    for name, array in architecture.unpack(theta).items():
        np.testing.assert_allclose(array, after[name], rtol=0, atol=EPOCH, err_msg=name)
        # What is compared has moved a hundred times further than that.
        assert np.abs(after[name] - before[name]).max() > 100 * EPOCH


REGRESSORS = {"elman": ElmanRNNRegressor, "gru": GRURegressor, "lstm": LSTMRegressor}
CLASSIFIERS = {"elman": ElmanRNNClassifier, "gru": GRUClassifier, "lstm": LSTMClassifier}


def estimator_of(make, framework, case, arrays, **parameters):
    """Make an estimator of a framework's weights."""
    cell, _, activation = case.split("/")[0].partition("_")
    parameters |= {"activation": activation} if activation else {}
    if framework == "torch":
        return make[cell].from_torch_weights(arrays, **parameters)
    return make[cell].from_keras_weights(list(arrays.values()), **parameters)


@pytest.mark.parametrize("by_step", [False, True], ids=["last", "steps"])
@pytest.mark.parametrize(("framework", "case", "lengths", "dtype"), golden.ASKED)
def test_an_estimator_with_a_models_weights_predicts_what_the_model_does(
    framework, case, lengths, dtype, by_step
):
    weights = golden.below(f"{framework}/{case}/weights")
    model = estimator_of(REGRESSORS, framework, case, weights, return_sequences=by_step)
    sequences = sequences_of(lengths, dtype)
    predicted = model.predict(np.split(sequences.values, sequences.offsets[1:-1]))
    place = "steps" if by_step else "last"
    expected = golden.ARRAYS[f"{framework}/{case}/{dtype}/{lengths}/{place}/outputs"]
    np.testing.assert_allclose(np.vstack(list(predicted)), expected, rtol=0, atol=OUTPUTS[dtype])


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("cell", ["elman_tanh", "gru", "lstm"])
def test_partial_fit_on_each_batch_is_an_epoch_of_keras(cell, loss):
    data, request = golden.below("epoch/data"), golden.below(f"epoch/{cell}/{loss}")
    make = REGRESSORS if loss == "squared_error" else CLASSIFIERS
    model = estimator_of(
        make,
        "keras",
        cell,
        golden.below(f"epoch/{cell}/{loss}/weights"),
        solver="rmsprop",
        learning_rate_init=float(data["learning_rate"]),
        l2=0.0,
        clip_norm=None,
    )
    for rows in epoch_batches(data):
        model.partial_fit(data["X"][rows], data[f"y_{loss}"][rows, 0])
    np.testing.assert_allclose(model.loss_curve_, request["losses"], rtol=EPOCH)
    after = converted("keras", cell, golden.below(f"epoch/{cell}/{loss}/after"))
    for name, array in model.weights_.items():
        np.testing.assert_allclose(array, after[name], rtol=0, atol=EPOCH, err_msg=name)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("sizes", [(5,), (5, 3)])
@pytest.mark.parametrize("make", [*REGRESSORS.values(), *CLASSIFIERS.values()])
def test_weights_that_leave_take_the_standardisation_with_them(make, sizes, bidirectional):
    data = golden.below("epoch/data")
    X = 100.0 + 7.0 * data["X"].astype(np.float64)
    is_classifier = make in CLASSIFIERS.values()
    y = data["y_log_loss"][:, 0] if is_classifier else 50.0 * data["y_squared_error"][:, 0]
    model = make(hidden_layer_sizes=sizes, bidirectional=bidirectional, max_iter=20, random_state=0)
    model.set_params(tol=0.0, n_iter_no_change=50)
    with pytest.warns(ConvergenceWarning):  # 20 epochs are few
        model.fit(X, y)
    look = make.predict_proba if is_classifier else make.predict
    expected = look(model, X)
    for other in (
        make.from_keras_weights(model.to_keras_weights()),
        make.from_torch_weights(model.to_torch_weights()),
    ):
        # W x - W c / s loses the digits that x and c have in common, two of sixteen.
        np.testing.assert_allclose(look(other, X), expected, rtol=1e-10, atol=1e-10)
