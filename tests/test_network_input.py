"""What the explicit network refuses, and what it takes."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from cases import relative_error

from tsrnn import RNN
from tsrnn.exceptions import InvalidParameterError

NAMES = ["W_hx", "W_hh", "b_h", "W_yh", "b_y", "h_init"]


def make_network():
    return RNN(2, 3, 2, random_state=0)


def data(n_timesteps=9, n_sequences=None):
    rng = np.random.default_rng(1)
    shape = (n_timesteps, 2) if n_sequences is None else (n_sequences, n_timesteps, 2)
    return rng.normal(size=shape), rng.normal(size=shape)


def weights_of(network):
    return {name: getattr(network, name).copy() for name in NAMES}


@pytest.mark.parametrize(
    "arguments",
    [(0, 1, 1), (1, -1, 1), (1, 1, 1.0), ("1", 1, 1), (True, 1, 1), (1, 1, 1, "sigmoid")]
    + [(1, 1, 1, "softmax"), (1, 1, 1, 3.0), (1, 1, 1, "tanh", (np.sin,))],
)
def test_sizes_are_counts_and_activations_known(arguments):
    with pytest.raises(InvalidParameterError, match="must be"):
        RNN(*arguments)


@pytest.mark.parametrize(
    "X,error,message",
    [
        (np.zeros((5, 3)), ValueError, r"X must have shape \(T, 2\) or \(B, T, 2\), got \(5, 3\)"),
        (np.zeros(5), ValueError, r"X must have shape .* got \(5,\)"),
        (3.0, ValueError, "X must have shape"),
        (np.zeros((1, 1, 1, 2)), ValueError, "X must have shape"),
        (np.zeros((0, 2)), ValueError, "X is empty"),
        ([], ValueError, "X must have shape"),
        ([[1.0, np.nan]], ValueError, r"X must be finite, but at \(0, 1\) it is nan"),
        ([[1.0, 2.0], [np.inf, 1.0]], ValueError, r"X must be finite, but at \(1, 0\) it is inf"),
        ([[1.0, None]], ValueError, r"X must be finite, but at \(0, 1\)"),
        (np.ma.array([[1.0, 2.0]], mask=[[0, 1]]), ValueError, r"X must be finite, but at \(0, 1"),
        ([[1.0, "a"]], ValueError, r"X at \(0, 1\) must be a number, got 'a'"),
        ([["1", "2"]], ValueError, r"X at \(0, 0\) must be a number, got '1'"),
        ([[1.0, 2.0j]], ValueError, "Complex data not supported: X"),
        ([[1.0, 2.0], [3.0]], ValueError, "X must have rows of equal lengths"),
        (np.zeros((2, 2), dtype="M8[D]"), TypeError, "X must be numbers, got datetime64"),
        (scipy.sparse.csr_array(np.eye(2)), TypeError, "X is a sparse matrix"),
        (None, TypeError, "X must be an array-like of numbers"),
        ("ab", TypeError, "X must be an array-like of numbers"),
        ({"a": 1}, TypeError, "X must be an array-like of numbers"),
    ],
)
def test_sequences_that_will_not_do_are_refused_by_every_method(X, error, message):
    network = make_network()
    for call in (network.run, network.trace, lambda X: network.loss_and_grad(X, X)):
        with pytest.raises(error, match=message):
            call(X)
    with pytest.raises(error, match=message.replace("X", "Y", 1)):
        network.fit(np.zeros((2, 2)), X)


@pytest.mark.parametrize(
    "x,error",
    [([1.0], ValueError), (1.0, ValueError), ([1.0, np.nan], ValueError), (["1", "2"], ValueError)]
    + [(None, TypeError), ("ab", TypeError), (np.zeros(2, dtype="M8[D]"), TypeError)],
)
def test_a_step_that_will_not_do_leaves_the_state_alone(x, error):
    network = make_network()
    with pytest.raises(error, match="x"):
        network.step(x)
    np.testing.assert_array_equal(network.h, network.h_init)


def test_a_trace_of_a_batch_is_refused():
    with pytest.raises(ValueError, match=r"got a batch: pass X\[i\]"):
        make_network().trace(data(n_sequences=2)[0])


@pytest.mark.parametrize(
    "X,Y", [(data(9)[0], data(8)[1]), (data(9, 2)[0], data(9, 3)[1]), (data(9, 2)[0], data(9)[1])]
)
def test_a_target_a_step_is_wanted(X, Y):
    for call in (make_network().loss_and_grad, make_network().fit):
        with pytest.raises(ValueError, match="one target a step"):
            call(X, Y)


@pytest.mark.parametrize(
    "options",
    [{"solver": "BFGS"}, {"solver": None}, {"max_iter": 0}, {"max_iter": 2.5}, {"tol": 0.0}]
    + [{"tol": -1.0}, {"tol": "small"}, {"tol": None}, {"tol": np.nan}],
)
def test_options_of_fit_are_checked_before_anything_changes(options):
    network, (X, Y) = make_network(), data()
    weights, (name,) = weights_of(network), options
    with pytest.raises(InvalidParameterError, match=f"{name} must be"):
        network.fit(X, Y, **options)
    for name, value in weights.items():
        np.testing.assert_array_equal(getattr(network, name), value)


@pytest.mark.parametrize("bptt_steps", [0, -1, 2.5, "3", True])
def test_the_steps_of_a_truncation_are_a_count(bptt_steps):
    with pytest.raises(InvalidParameterError, match="bptt_steps must be an integer >= 1"):
        make_network().loss_and_grad(*data(), bptt_steps)


def test_frames_floats_of_32_bits_and_integers_are_taken():
    network, (X, _) = make_network(), data()
    np.testing.assert_array_equal(network.run(pd.DataFrame(X)), network.run(X))
    np.testing.assert_array_equal(network.run(X.tolist()), network.run(X))
    assert network.run(X.astype(np.float32)).dtype == float
    assert relative_error(network.run(X.astype(np.float32)), network.run(X)) < 1e-6
    assert network.run(np.ones((3, 2), dtype=int)).shape == (3, 2)


@pytest.mark.parametrize("arguments", [{"tol": 1e300}, {"tol": 0}, {"max_iter": 10**30}])
def test_a_fit_names_numbers_out_of_bounds(arguments):
    (name,) = arguments
    with pytest.raises(InvalidParameterError, match=f"{name} must be"):
        RNN(1, 2, 1).fit(np.zeros((5, 1)), np.zeros((5, 1)), **arguments)
