"""The explicit network: gradient descent by truncated gradients, activations of one's own."""

import os
import signal
import threading
import time
import warnings

import naive
import numpy as np
import pytest
from scipy.special import expit
from sklearn.exceptions import ConvergenceWarning

import tsrnn
from tsrnn import RNN
from tsrnn.exceptions import InvalidParameterError, TrainingDivergedError

NAMES = ["W_hx", "W_hh", "b_h", "W_yh", "b_y", "h_init"]
EPOCHS = ["sgd", "adam", "rmsprop"]

# A function and its derivative, and the cell that has it.
PAIR = (np.tanh, lambda a: 1.0 / np.cosh(a) ** 2)
SINE = (np.sin, np.cos)

cut_short = pytest.mark.filterwarnings(
    "ignore:training stopped:sklearn.exceptions.ConvergenceWarning"
)


def data(n_timesteps=9, n_sequences=3, seed=1):
    rng = np.random.default_rng(seed)
    shape = (n_sequences, n_timesteps, 2)
    return rng.normal(size=shape), rng.normal(size=shape)


def make_network(activation="tanh", output_activation="identity"):
    network, rng = RNN(2, 3, 2, activation, output_activation, random_state=0), np.random
    rng = rng.default_rng(0)
    for name in ("b_h", "b_y", "h_init"):
        setattr(network, name, rng.normal(0.0, 0.5, getattr(network, name).shape))
    return network


def naive_loss(weights, X, Y, hidden, output, bptt_steps=None):
    """The mean square by the textbook's equations; a cut state goes on without its derivative."""
    squares = []
    for x, y in zip(X, Y, strict=True):
        h = weights["h_init"]
        for t, x_t in enumerate(x):
            if bptt_steps and t and (len(x) - t) % bptt_steps == 0:
                h = h.real
            h = hidden(weights["W_hx"] @ x_t + weights["W_hh"] @ h + weights["b_h"])
            squares.append((output(weights["W_yh"] @ h + weights["b_y"]) - y[t]) ** 2)
    return np.mean(squares)


def softmax(a):
    return np.exp(a) / np.exp(a).sum()


# Activations.


@pytest.mark.parametrize("given,name", [(None, "identity"), (np.tanh, "tanh"), (expit, "logistic")])
def test_functions_that_are_known_are_their_names(given, name):
    network = RNN(2, 3, 1, activation=given, output_activation=given)
    assert network.activation == network.output_activation == name
    assert repr(network) == f"RNN(2, 3, 1, activation={name!r}, output_activation={name!r})"


@pytest.mark.parametrize("bptt_steps", [None, 1, 4, 9])
@pytest.mark.parametrize("hidden", [SINE, "tanh"])
@pytest.mark.parametrize("output", [SINE, "identity", "softmax"])
def test_the_gradient_with_any_activation_is_that_of_the_complex_step(hidden, output, bptt_steps):
    network, (X, Y) = make_network(hidden, output), data()
    functions = {"tanh": np.tanh, "identity": lambda a: a, "softmax": softmax}
    own = [functions[one] if isinstance(one, str) else one[0] for one in (hidden, output)]
    weights = {name: getattr(network, name).copy() for name in NAMES}
    loss, gradient = network.loss_and_grad(X, Y, bptt_steps)
    assert loss == pytest.approx(naive_loss(weights, X, Y, *own), rel=1e-13)
    for name in NAMES:

        def loss_of(value, name=name):
            return naive_loss(weights | {name: value}, X, Y, *own, bptt_steps)

        expected = naive.complex_step_gradient(loss_of, weights[name])
        # Both are exact but for rounding.
        np.testing.assert_allclose(gradient[name], expected, atol=1e-12)


def test_a_pair_runs_steps_and_trains_as_the_name_of_the_same_function_does():
    (X, Y), networks = data(), [make_network("tanh"), make_network(PAIR)]
    runs = [network.run(X) for network in networks]
    np.testing.assert_allclose(*runs, atol=1e-14)  # sums in another order
    np.testing.assert_allclose(*(network.step(X[0, 0]) for network in networks), atol=1e-14)
    with pytest.warns(ConvergenceWarning):
        losses = [network.fit(X, Y, solver="sgd", max_iter=20).loss_ for network in networks]
    assert losses[0] == pytest.approx(losses[1], rel=1e-10)


def test_a_softmax_of_outputs_is_a_distribution_and_learns_one():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20, 8, 1))
    Y = np.eye(3)[np.digitize(X[:, :, 0], [-0.5, 0.5])]
    network = RNN(1, 4, 3, output_activation="softmax", random_state=0)
    np.testing.assert_allclose(network.run(X).sum(axis=2), 1.0, rtol=1e-15)
    network.fit(X, Y, tol=1e-6)
    assert (network.run(X).argmax(axis=2) == Y.argmax(axis=2)).mean() > 0.95
    network.W_yh = 1e3 * network.W_yh  # exponentials of differences alone
    assert np.isfinite(network.run(X)).all()


@pytest.mark.parametrize(
    "activation,message",
    [
        (np.sin, r"activation is a function whose derivative is not known, sin: pass the pair"),
        ((np.tanh, lambda y: 1.0 - y * y), r"must be the derivative .*\(not of the value\)"),
        ((np.sin, np.sin), r"activation\[1\] must be the derivative of activation\[0\]"),
        ((np.sum, np.cos), r"activation\[0\] must return an array of the shape it is given"),
        ((np.sin, lambda a: 1.0), r"activation\[1\] must return an array of the shape"),
        ((float, np.cos), r"activation\[0\] must take an array of any shape, and failed"),
        ((np.sin,), "activation must be one of 'tanh', .*a pair"),
        ("softmax", "activation must be one of"),
    ],
)
def test_what_is_no_activation_is_refused_in_words(activation, message):
    with pytest.raises(InvalidParameterError, match=message):
        RNN(2, 3, 1, activation=activation)


def test_functions_are_not_saved(tmp_path):
    with pytest.raises(
        TypeError, match=r"activation\[0\] .* is a function; .* take what has a name"
    ):
        tsrnn.save(RNN(2, 3, 1, activation=SINE), tmp_path / "own.tsrnn")
    tsrnn.save(RNN(2, 3, 2, np.tanh, "softmax"), tmp_path / "named.tsrnn")
    network = tsrnn.load(tmp_path / "named.tsrnn")
    assert (network.activation, network.output_activation) == ("tanh", "softmax")


# Epochs.


@pytest.mark.parametrize("bptt_steps", [None, 4])
def test_gradient_descent_goes_along_the_gradient_that_is_told(bptt_steps):
    (X, Y), network, other = data(), make_network(), make_network()
    losses = []
    for _ in range(3):
        loss, gradient = other.loss_and_grad(X, Y, bptt_steps)
        losses.append(loss)
        for name in NAMES:
            setattr(other, name, getattr(other, name) - 0.05 * gradient[name])
    with pytest.warns(ConvergenceWarning, match="max_iter=3"):
        network.fit(X, Y, "sgd", learning_rate_init=0.05, max_iter=3, bptt_steps=bptt_steps)
    for name in NAMES:
        np.testing.assert_allclose(getattr(network, name), getattr(other, name), atol=1e-14)
    np.testing.assert_allclose(network.history_["loss"], losses, rtol=1e-13)
    assert network.loss_ == pytest.approx(other.loss_and_grad(X, Y)[0], rel=1e-13)
    assert network.n_iter_ == 3 and network.converged_ is False
    np.testing.assert_array_equal(network.h, network.h_init)


@cut_short
@pytest.mark.parametrize("solver", EPOCHS)
def test_every_solver_of_epochs_learns_what_is_within_the_reach_of_its_gradient(solver):
    X = np.random.default_rng(0).normal(size=(30, 20, 1))
    Y = np.zeros_like(X)
    Y[:, 2:] = X[:, :-2]
    network = RNN(1, 6, 1, random_state=0)
    network.fit(X, Y, solver, bptt_steps=5, learning_rate_init=0.02 if solver != "sgd" else 0.5,
                clip_norm=1.0, max_iter=400)  # fmt: skip
    assert network.loss_ < 0.3 * np.var(Y)


@cut_short
@pytest.mark.parametrize("solver", ["sgd", "L-BFGS-B", "lbfgs"])
def test_a_callback_sees_each_epoch_with_its_weights_and_ends_training(solver):
    (X, Y), network, states = data(), make_network(), []

    def third(state):
        states.append(state)
        return state.epoch == 3

    network.fit(X, Y, solver, callback=third)
    assert [state.epoch for state in states] == [1, 2, 3]
    assert states[-1].history == network.history_ and len(network.history_["loss"]) == 3
    assert set(states[0].weights) == set(NAMES)
    assert (states[0].weights["W_hh"] != states[1].weights["W_hh"]).all()
    np.testing.assert_array_equal(states[-1].weights["W_hh"], network.W_hh)


def test_both_names_of_the_search_are_one_here_and_in_estimators():
    (X, Y), one, other = data(20), make_network(), make_network()
    with pytest.warns(ConvergenceWarning):
        one.fit(X, Y, "lbfgs", max_iter=5)
        other.fit(X, Y, "L-BFGS-B", max_iter=5)
    np.testing.assert_array_equal(one.W_hh, other.W_hh)
    assert len(one.history_["loss"]) == one.n_iter_ == 5
    settings = {"max_iter": 5, "random_state": 0, "hidden_layer_sizes": 3}
    with pytest.warns(ConvergenceWarning) as caught:
        models = [
            tsrnn.GRURegressor(solver=name, **settings).fit(X[:, :, 0], Y[:, 0, 0])
            for name in ("lbfgs", "L-BFGS-B")
        ]
    np.testing.assert_array_equal(*(model.weights_["W_hh"] for model in models))
    assert not hasattr(models[1], "partial_fit")
    assert not any("learning_rate_init" in str(one.message) for one in caught)


@pytest.mark.parametrize(
    "arguments,message",
    [
        ({"bptt_steps": 4}, "bptt_steps=4 cuts the gradient of 9 steps.*solver='L-BFGS-B'"),
        ({"learning_rate_init": 0.1}, "learning_rate_init is for solver='sgd'.*'L-BFGS-B'"),
        ({"solver": "TNC", "clip_norm": 1.0}, "clip_norm is for solver='sgd'"),
        ({"solver": "TNC", "callback": print}, "callback is called by 'sgd'.*not by 'TNC'"),
        ({"callback": 3}, "callback must be None or callable, got 3"),
        ({"solver": "sgd", "learning_rate_init": 0.0}, "learning_rate_init must be"),
        ({"solver": "sgd", "clip_norm": -1.0}, "clip_norm must be"),
        ({"solver": "sgd", "bptt_steps": 0}, "bptt_steps must be an integer >= 1"),
        ({"solver": "SGD"}, "solver must be one of"),
    ],
)
def test_arguments_that_do_not_go_together_are_refused(arguments, message):
    (X, Y), network = data(), make_network()
    with pytest.raises(InvalidParameterError, match=message):
        network.fit(X, Y, **arguments)


@pytest.mark.parametrize("solver", EPOCHS)
def test_steps_that_explode_are_an_error_and_the_best_weights_are_kept(solver):
    (X, Y), network = data(), make_network("identity")
    before = network.loss_and_grad(X, Y)[0]
    with pytest.raises(TrainingDivergedError, match="lower learning_rate_init"):
        network.fit(X, Y, solver, learning_rate_init=1e4, max_iter=30)
    assert network.loss_and_grad(X, Y)[0] <= before
    np.testing.assert_array_equal(network.h, network.h_init)


def test_epochs_that_have_learned_nothing_say_so():
    X = np.zeros((4, 6, 1))
    Y = np.random.default_rng(0).normal(size=X.shape)
    with pytest.warns(ConvergenceWarning, match="learned nothing; try another learning_rate_init"):
        RNN(1, 2, 1, random_state=0).fit(X, Y, "sgd", learning_rate_init=1e-9)


def test_weights_that_are_not_numbers_any_more_are_told_by_name():
    (X, Y), network = data(), make_network()
    network.W_hh[0, 1] = np.nan
    for use in (network.loss_and_grad, network.fit):
        with pytest.raises(ValueError, match=r"W_hh must be finite, but at \(0, 1\) it is nan"):
            use(X, Y)


def test_targets_too_large_to_be_squared_are_an_error_in_words():
    X, _ = data()
    with pytest.raises(TrainingDivergedError, match="Y is too large to be squared"):
        make_network().loss_and_grad(X, np.full(X.shape, 1e200))


@pytest.mark.parametrize("solver", ["sgd", "L-BFGS-B"])
def test_ctrl_c_ends_it_and_keeps_the_best_weights(solver):
    X, Y = data(400, 200)
    network = make_network()
    before = network.loss_and_grad(X, Y)[0]
    begun = threading.Event()

    def interrupt():
        begun.wait()
        time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    sender = threading.Thread(target=interrupt)
    sender.start()
    settings = {"max_iter": 10**6, "tol": 1e-300, "callback": lambda state: begun.set()}
    if solver == "sgd":
        with pytest.warns(ConvergenceWarning, match="interrupted"):
            network.fit(X, Y, solver, **settings)
    else:
        with pytest.raises(KeyboardInterrupt):
            network.fit(X, Y, solver, **settings)
    sender.join()
    assert network.loss_and_grad(X, Y)[0] < before


# Summaries.


def test_a_summary_shows_as_it_is_at_the_prompt_and_in_notebooks():
    for table in (make_network().summary(), tsrnn.GRURegressor().summary()):
        assert repr(table) == str(table) and "\n" in table
        assert table._repr_html_().startswith("<pre>") and "total" in table._repr_html_()
    assert "&lt;" not in make_network().summary()._repr_html_()
    assert "(sin, cos)" in make_network(SINE).summary()


def test_a_summary_before_a_fit_has_the_layers_and_asks_for_the_data():
    model = tsrnn.LSTMClassifier(hidden_layer_sizes=(8, 4), bidirectional=True)
    lines = model.summary().splitlines()
    assert lines[0] == "LSTMClassifier, not fitted yet"
    assert lines[3].split()[-3:] == ["(T,", "16)", "?"]
    assert lines[4].split()[-2:] == ["(8,)", "?"]
    assert lines[-1].split() == ["total", "?"]


def test_a_network_that_is_trained_on_does_not_end_worse_in_silence():
    x = np.random.default_rng(0).normal(size=200)
    y = np.convolve(x, [0.0, 0.6, 0.3])[:200]
    network = RNN(1, 3, 1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(x, y, max_iter=60)
    loss = network.loss_
    with pytest.warns(ConvergenceWarning, match="went on and made the loss worse"):
        network.fit(x, y, solver="rmsprop", learning_rate_init=0.1, max_iter=3)
    assert network.loss_ <= loss * (1.0 + 1e-12)  # the mean of the same squares, otherwise added
