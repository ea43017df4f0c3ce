"""Weights that forecast as Holt's method does before training, held against loops over windows."""

import naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import differential_evolution

from tsrnn import DoubleExpSmoothingRNN, ElmanRNNRegressor, GRURegressor, LSTMRegressor
from tsrnn._input.sequences import Sequences
from tsrnn._recurrent.architecture import Architecture
from tsrnn._recurrent.engine import Engine
from tsrnn.exceptions import InvalidParameterError
from tsrnn.sequence.holt_start import (
    TOLERANCE,
    HoltFit,
    _Problem,
    _weights,
    fit_holt,
    forecast_weights,
    holt_start,
)


def make_windows(n=300, T=7, m=2, seed=0):
    """Stretches of walks whose slopes change, relative to their last value; and what follows."""
    rng = np.random.default_rng(seed)
    slopes = rng.normal(0.3, 1.0, (n, 1)) + np.cumsum(rng.normal(0.0, 0.3, (n, T + m)), axis=1)
    walks = np.cumsum(slopes + rng.normal(size=(n, T + m)), axis=1)
    relative = walks - walks[:, [T - 1]]
    return relative[:, :T], relative[:, T:]


WINDOWS, TARGETS = make_windows()


def naive_forecasts(fit, windows, m):
    """Holt's method by the naive loop, window after window, (n, m)."""
    forecasts = []
    for window in windows:
        level, trend = naive.holt(fit.theta, window[:, None], fit.initial_state)[0][-1]
        damping = np.cumsum(fit.theta[2] ** np.arange(1, m + 1))
        forecasts.append(level + damping * trend)
    return np.array(forecasts)


def outputs_of(architecture, theta, windows):
    sequences = Sequences(
        np.ascontiguousarray(windows.reshape(-1, architecture.n_inputs), dtype=theta.dtype),
        np.arange(len(windows) + 1, dtype=np.int64) * windows.shape[1],
    )
    with Engine(architecture) as engine:
        return engine.predict(theta, sequences)


def network(cell, n_hidden=5, m=2, n_inputs=1, dtype=float):
    architecture = Architecture(cell, n_inputs, (n_hidden,), m)
    return architecture, architecture.initial(np.random.RandomState(0), dtype)


# The fit.


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.integers(0, 1000),
    st.integers(1, 9),
    st.integers(1, 4),
    st.tuples(st.floats(0.02, 0.98), st.floats(0.02, 0.98), st.floats(0.81, 0.99)),
)
def test_the_loss_is_that_of_the_loop_and_its_gradient_that_of_differences(seed, T, m, theta):
    windows, targets = make_windows(20, T + 1, m, seed)
    rng = np.random.default_rng(seed)
    weights, gain = rng.uniform(0.0, 2.0, 20), rng.uniform(0.5, 2.0, m)
    initial_state = rng.normal(size=2)
    problem = _Problem(windows, targets, weights, gain, initial_state)
    theta = np.array(theta)
    loss, gradient = problem.loss_and_gradient(theta)
    errors = gain * (targets - naive_forecasts(HoltFit(theta, initial_state), windows, m))
    scale = weights @ ((gain * targets) ** 2).sum(axis=1)
    assert loss == pytest.approx(weights @ (errors**2).sum(axis=1) / scale, rel=1e-9)
    for i, direction in enumerate(np.eye(3)):
        above, below = (
            problem.loss_and_gradient(theta + sign * 1e-6 * direction)[0] for sign in (1.0, -1.0)
        )
        # Central differences leave 1e-10 of rounding, and the square of the step.
        assert gradient[i] == pytest.approx((above - below) / 2e-6, rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("seed", range(3))
def test_no_search_finds_a_smaller_error(seed):
    windows, targets = make_windows(seed=seed)
    fit = fit_holt(windows, targets)
    problem = _Problem(windows, targets, np.ones(300), np.ones(2), fit.initial_state)
    best = differential_evolution(
        lambda theta: problem.loss_and_gradient(theta)[0],
        [(0.0, 1.0), (0.0, 1.0), (0.8, 1.0)],
        rng=seed,
        tol=1e-10,
    )
    assert problem.loss_and_gradient(fit.theta)[0] <= best.fun * (1.0 + 1e-9)


def test_holts_method_starts_on_the_line_through_the_ends_of_the_mean_window():
    weights = np.r_[np.ones(200), np.zeros(100)]
    fit = fit_holt(WINDOWS, TARGETS, weights)
    mean = WINDOWS[:200].mean(axis=0)
    slope = (mean[-1] - mean[0]) / 6.0
    np.testing.assert_allclose(fit.initial_state, [mean[0] - slope, slope], rtol=1e-12)
    np.testing.assert_allclose(fit.theta, fit_holt(WINDOWS[:200], TARGETS[:200]).theta, atol=1e-9)


# Exactly.


@pytest.mark.parametrize("n_hidden", [2, 7])
@pytest.mark.parametrize("m", [1, 5])
def test_with_identity_activation_outputs_are_holts_forecasts(n_hidden, m):
    windows, targets = make_windows(m=m)
    rng = np.random.default_rng(0)
    gain, offset = rng.uniform(0.2, 5.0, m), rng.normal(size=m)
    architecture, theta = network("elman_identity", n_hidden, m)
    before = theta.copy()
    theta = holt_start(
        windows, gain * targets + offset, None, architecture, theta, gain=gain, offset=offset
    )
    np.testing.assert_array_equal(before, network("elman_identity", n_hidden, m)[1])
    expected = naive_forecasts(fit_holt(windows, targets, gain=gain), windows, m)
    outputs = outputs_of(architecture, theta, windows)
    np.testing.assert_allclose(outputs, gain * expected + offset, atol=1e-10)


def test_the_forecasts_are_those_of_the_smoother_with_the_same_parameters():
    architecture, theta = network("elman_identity", m=3)
    windows, targets = make_windows(40, m=3)
    theta = holt_start(windows, targets, None, architecture, theta)
    (alpha, beta, phi), start = (fit := fit_holt(windows, targets)).theta, fit.initial_state
    outputs = outputs_of(architecture, theta, windows)
    for window, output in zip(windows[:5], outputs[:5], strict=True):
        smoother = DoubleExpSmoothingRNN(
            alpha=alpha, beta=beta, phi=phi, damped=True, initial_state=tuple(start)
        )
        np.testing.assert_allclose(output, smoother.fit(window).predict(3), atol=1e-10)


REGRESSORS = {
    "identity": ElmanRNNRegressor(activation="identity"),
    "tanh": ElmanRNNRegressor(),
    "gru": GRURegressor(),
    "lstm": LSTMRegressor(),
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("kind", REGRESSORS)
@pytest.mark.parametrize("m", [1, 3])
@pytest.mark.parametrize("standardize", [True, False])
def test_an_estimator_starts_there_whatever_units_it_works_in(kind, m, standardize):
    windows, targets = make_windows(m=m)
    windows, targets = 3.0 + 2.0 * windows, 3.0 + 2.0 * targets
    weights = np.random.default_rng(0).uniform(0.5, 2.0, 300)
    # One step of hardly any length.
    model = REGRESSORS[kind].set_params(
        hidden_layer_sizes=6, init="holt", max_iter=1, learning_rate_init=1e-15, batch_size=300
    )
    model.set_params(standardize=standardize, random_state=0)
    model.fit(windows, targets if m > 1 else targets[:, 0], weights)
    # Holt's method in the units that windows are read in; each output counts by its own spread.
    center, spread = model.input_center_, model.input_spread_
    read, wanted = (windows - center) / spread, (targets - center) / spread
    fit = fit_holt(read, wanted, weights, spread / model.target_spread_)
    expected = naive_forecasts(fit, read, m) * spread + center
    off = np.sqrt(np.mean((model.predict(windows).reshape(300, m) - expected) ** 2, axis=0))
    if kind == "identity":
        assert off.max() < 1e-7  # where the search for alpha and beta ends, in other rounding
    else:
        assert (off <= TOLERANCE * targets.std(axis=0) * 1.05).all()  # the spread is weighted


# Within a tolerance.


@pytest.mark.parametrize("cell", ["elman_tanh", "gru", "lstm"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_units_with_a_bound_are_kept_where_they_are_linear_enough(cell, dtype):
    architecture, theta = network(cell, dtype=dtype)
    theta = holt_start(WINDOWS, TARGETS, None, architecture, theta)
    assert theta.dtype == dtype
    expected = naive_forecasts(fit_holt(WINDOWS, TARGETS), WINDOWS, 2)
    off = outputs_of(architecture, theta, WINDOWS) - expected
    shares = np.sqrt(np.mean(off**2, axis=0)) / TARGETS.std(axis=0)
    assert (shares <= TOLERANCE * 1.001).all()
    # Not much closer than it has to be, for large states are what training wants.
    assert shares.max() > 0.3 * TOLERANCE


@pytest.mark.parametrize("cell", ["elman_tanh", "gru", "lstm"])
def test_the_difference_falls_with_the_square_of_the_states(cell):
    architecture, theta = network(cell)
    fit = fit_holt(WINDOWS, TARGETS)
    head, nothing = forecast_weights(fit.theta[2], 2), np.zeros(2)
    expected = naive_forecasts(fit, WINDOWS, 2)
    off = []
    for scale in (0.02, 0.01, 0.005):
        at_scale = _weights(fit, architecture, theta, np.full(2, scale), head, nothing)
        off.append(np.abs(outputs_of(architecture, at_scale, WINDOWS) - expected).max())
    np.testing.assert_allclose(np.array(off[:2]) / off[1:], 4.0, rtol=0.1)


@pytest.mark.parametrize("cell", ["elman_identity", "elman_tanh", "gru", "lstm"])
def test_the_other_units_start_as_usual_and_have_no_say(cell):
    architecture, theta = network(cell)
    usual = {name: view.copy() for name, view in architecture.unpack(theta).items()}
    weights = architecture.unpack(holt_start(WINDOWS, TARGETS, None, architecture, theta))
    assert (weights["W_yh"][:, 2:] == 0.0).all() and (weights["W_yh"][:, :2] != 0.0).any()
    for name in ("W_hx", "W_hh", "b_h"):
        columns = usual[name].size // usual["b_h"].size
        new, old = (one[name].reshape(-1, 5, columns) for one in (weights, usual))
        np.testing.assert_array_equal(new[:, 2:], old[:, 2:])
        if name == "W_hh":
            assert (new[:, :2, 2:] == 0.0).all()


@pytest.mark.parametrize("cell", ["elman_identity", "elman_tanh", "gru"])
def test_of_several_features_the_first_is_the_series(cell):
    architecture, theta = network(cell, n_inputs=3)
    others = np.random.default_rng(1).normal(size=(300, 7, 2))
    windows = np.concatenate([WINDOWS[:, :, None], others], axis=2)
    theta = holt_start(windows, TARGETS, None, architecture, theta)
    small, start = network(cell)
    alone = outputs_of(small, holt_start(WINDOWS, TARGETS, None, small, start), WINDOWS)
    np.testing.assert_allclose(outputs_of(architecture, theta, windows), alone, atol=1e-12)


@pytest.mark.parametrize("cell", ["elman_identity", "elman_tanh", "gru", "lstm"])
@pytest.mark.parametrize(
    "series",
    [np.arange(30.0), np.full(30, 3.0), np.zeros(30), np.where(np.arange(30) == 15, 1e3, 0.0)],
    ids=["line", "constant", "zero", "spike"],
)
def test_windows_that_leave_little_to_fit_make_no_huge_weights(cell, series):
    stretches = np.lib.stride_tricks.sliding_window_view(series, 6)
    windows, targets = stretches[:, :5] - stretches[:, [4]], stretches[:, 5:] - stretches[:, [4]]
    unit = windows.std() or 1.0
    architecture, theta = network(cell, m=1)
    theta = holt_start(windows / unit, targets / unit, None, architecture, theta)
    assert np.isfinite(theta).all() and np.abs(theta).max() < 1e4
    expected = naive_forecasts(fit_holt(windows / unit, targets / unit), windows / unit, 1)
    off = np.abs(outputs_of(architecture, theta, windows / unit) - expected)
    assert np.sqrt(np.mean(off**2)) <= TOLERANCE * max(targets.std() / unit, 0.01) + 1e-12


@pytest.mark.parametrize("cell", ["elman_identity", "elman_tanh", "gru", "lstm"])
def test_steps_that_hardly_differ_start_from_their_mean_and_have_no_say_in_the_others(cell):
    noise = np.random.default_rng(1).normal(size=(len(WINDOWS), 2)) * [1e-3, 0.0]
    spread = np.array([*TARGETS.std(axis=0), 1e-3, 1.0])
    targets = np.column_stack([TARGETS, 3.0 + noise]) / spread
    architecture, theta = network(cell, m=4)
    theta = holt_start(WINDOWS, targets, None, architecture, theta, gain=1.0 / spread)
    outputs = outputs_of(architecture, theta, WINDOWS)
    np.testing.assert_allclose(outputs[:, 2:] - targets.mean(axis=0)[2:], 0.0, atol=1e-9)
    fit = fit_holt(WINDOWS, TARGETS, gain=1.0 / spread[:2])
    off = outputs[:, :2] - naive_forecasts(fit, WINDOWS, 2) / spread[:2]
    # Of targets with a standard deviation of 1, beside rounding.
    assert np.sqrt(np.mean(off**2, axis=0)).max() <= TOLERANCE * (1.0 + 1e-9)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("solver", ["lbfgs", "adam"])
def test_training_goes_on_from_where_holt_ends(solver):
    model = ElmanRNNRegressor(
        hidden_layer_sizes=8,
        solver=solver,
        init="holt",
        learning_rate_init=1e-3,
        max_iter=60,
        random_state=0,
        l2=0.0,
    ).fit(WINDOWS, TARGETS)
    holt = naive_forecasts(fit_holt(WINDOWS, TARGETS, gain=1 / TARGETS.std(axis=0)), WINDOWS, 2)
    errors = [np.mean((one - TARGETS) ** 2) for one in (model.predict(WINDOWS), holt)]
    assert errors[0] < errors[1]


# Refusals.


@pytest.mark.parametrize(
    "arguments,message",
    [
        ({"activation": "relu"}, "activation='identity' or 'tanh', got 'relu'"),
        ({"activation": "logistic"}, "activation='identity' or 'tanh', got 'logistic'"),
        ({"hidden_layer_sizes": (4, 4)}, "one layer that reads forward"),
        ({"bidirectional": True}, "one layer that reads forward"),
        ({"hidden_layer_sizes": 1}, "two hidden units"),
    ],
)
def test_networks_without_a_place_for_it_are_refused(arguments, message):
    model = ElmanRNNRegressor(init="holt", **arguments)
    with pytest.raises(InvalidParameterError, match=message):
        model.fit(WINDOWS, TARGETS)
