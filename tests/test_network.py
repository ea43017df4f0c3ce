"""The explicit network: its three ways to run, its gradient, what it learns and what it refuses."""

import copy
import itertools
import pickle

import naive
import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import ConvergenceWarning

from tsrnn import RNN
from tsrnn.exceptions import TrainingDivergedError

ACTIVATIONS = ["identity", "tanh", "logistic", "relu"]
SOLVERS = ["L-BFGS-B", "TNC", "SLSQP", "trust-constr", "Nelder-Mead", "Powell", "COBYQA"]
NAMES = ["W_hx", "W_hh", "b_h", "W_yh", "b_y", "h_init"]
SHAPES = dict(zip(NAMES, [(3, 2), (3, 3), (3,), (2, 3), (2,), (3,)], strict=True))


def make_network(activation="tanh", output_activation="identity", seed=0):
    """A network of sizes 2, 3, 2 whose every weight matters."""
    network = RNN(2, 3, 2, activation, output_activation, random_state=seed)
    rng = np.random.default_rng(seed)
    for name in ("b_h", "b_y", "h_init"):
        setattr(network, name, rng.normal(0.0, 0.5, getattr(network, name).shape))
    return network


def data(n_timesteps=9, n_sequences=None, seed=1):
    rng = np.random.default_rng(seed)
    shape = (n_timesteps, 2) if n_sequences is None else (n_sequences, n_timesteps, 2)
    return rng.normal(size=shape), rng.normal(size=shape)


def weights_of(network):
    return {name: getattr(network, name).copy() for name in NAMES}


def naive_run(network, weights, x, h):
    """Hidden states and outputs of one sequence, by the textbook's equations."""
    hidden, output = (
        naive.ACTIVATIONS[name] for name in (network.activation, network.output_activation)
    )
    states, outputs = [], []
    for x_t in x:
        h = hidden(weights["W_hx"] @ x_t + weights["W_hh"] @ h + weights["b_h"])
        states.append(h)
        outputs.append(output(weights["W_yh"] @ h + weights["b_y"]))
    return np.array(states), np.array(outputs)


def naive_loss(network, weights, X, Y):
    errors = [
        y - naive_run(network, weights, x, weights["h_init"])[1] for x, y in zip(X, Y, strict=True)
    ]
    return np.mean(np.square(errors))


# Three ways to run.


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("output_activation", ACTIVATIONS)
def test_run_steps_and_trace_agree_with_the_textbook(activation, output_activation):
    network, (X, _) = make_network(activation, output_activation), data()
    expected_states, expected = naive_run(network, weights_of(network), X, network.h_init)
    outputs, states = network.run(X, return_states=True)
    # The same sums in another order.
    np.testing.assert_allclose(outputs, expected, atol=1e-14)
    np.testing.assert_allclose(states, expected_states, atol=1e-14)
    for x, y, h in zip(X, outputs, states, strict=True):
        np.testing.assert_allclose(network.step(x), y, atol=1e-14)
        np.testing.assert_allclose(network.h, h, atol=1e-14)
    trace = network.trace(X)
    np.testing.assert_array_equal(trace["x"], X)
    np.testing.assert_array_equal(trace["y"], outputs)
    np.testing.assert_array_equal(trace["h_new"], states)
    np.testing.assert_array_equal(trace["h_old"], np.vstack([network.h_init, states[:-1]]))


def test_a_run_starts_from_h_init_and_leaves_the_state_alone():
    network, (X, _) = make_network(), data()
    network.step(X[0])
    h = network.h.copy()
    first = network.run(X)
    network.trace(X)
    network.loss_and_grad(X, X)
    np.testing.assert_array_equal(network.h, h)
    np.testing.assert_array_equal(network.run(X), first)


def test_a_reset_puts_the_state_back_and_so_does_setting_the_initial_state():
    network, (X, _) = make_network(), data()
    first = network.step(X[0])
    assert network.reset() is network
    np.testing.assert_array_equal(network.h, network.h_init)
    np.testing.assert_array_equal(network.step(X[0]), first)
    network.h_init = [1.0, 2.0, 3.0]
    np.testing.assert_array_equal(network.h, [1.0, 2.0, 3.0])
    network.step(X[0])
    np.testing.assert_array_equal(network.h_init, [1.0, 2.0, 3.0])


def test_a_batch_is_its_sequences_side_by_side():
    network, (X, Y) = make_network(), data(n_sequences=5)
    outputs, states = network.run(X, return_states=True)
    assert outputs.shape == (5, 9, 2) and states.shape == (5, 9, 3)
    alone = [network.run(x, return_states=True) for x in X]
    np.testing.assert_allclose(outputs, [y for y, _ in alone], atol=1e-14)
    np.testing.assert_allclose(states, [h for _, h in alone], atol=1e-14)
    loss, gradient = network.loss_and_grad(X, Y)
    each = [network.loss_and_grad(x, y) for x, y in zip(X, Y, strict=True)]
    assert loss == pytest.approx(np.mean([one for one, _ in each]), rel=1e-13)
    for name in NAMES:
        mean = np.mean([one[name] for _, one in each], axis=0)
        np.testing.assert_allclose(gradient[name], mean, atol=1e-14)


def test_one_feature_may_come_as_a_flat_sequence_or_a_number():
    network = RNN(1, 2, 1, random_state=0)
    x = [0.5, -1.0, 2.0]
    expected = network.run(np.array(x)[:, None])
    np.testing.assert_array_equal(network.run(x), expected)
    np.testing.assert_array_equal(network.run(np.array(x)[None, :, None])[0], expected)
    np.testing.assert_array_equal([network.step(value) for value in x], expected)
    assert network.loss_and_grad(x, x)[0] == pytest.approx(np.mean((expected[:, 0] - x) ** 2))


def test_a_running_sum_by_hand():
    network = RNN(1, 1, 1, activation="identity")
    network.W_hx, network.W_hh, network.W_yh = [[1.0]], [[1.0]], [[1.0]]
    np.testing.assert_array_equal(network.run(np.arange(50))[:, 0], np.cumsum(np.arange(50)))


# The gradient.


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("output_activation", ACTIVATIONS)
@pytest.mark.parametrize("n_sequences", [None, 3])
def test_the_gradient_is_that_of_the_complex_step(activation, output_activation, n_sequences):
    network, (X, Y) = make_network(activation, output_activation), data(n_sequences=n_sequences)
    weights = weights_of(network)
    batch = (X[None], Y[None]) if n_sequences is None else (X, Y)
    loss, gradient = network.loss_and_grad(X, Y)
    assert list(gradient) == NAMES or set(gradient) == set(NAMES)
    assert loss == pytest.approx(naive_loss(network, weights, *batch), rel=1e-13)
    for name in NAMES:

        def loss_of(value, name=name):
            return naive_loss(network, weights | {name: value}, *batch)

        expected = naive.complex_step_gradient(loss_of, weights[name])
        # Both are exact but for rounding; relu is met away from its kink.
        np.testing.assert_allclose(gradient[name], expected, atol=1e-12)


@pytest.mark.parametrize("bptt_steps", [1, 2, 4, 8])
def test_a_truncated_gradient_is_that_of_chunks_whose_first_state_is_given(bptt_steps):
    network, (X, Y) = make_network(), data()
    weights = weights_of(network)
    states = np.vstack([network.h_init, network.run(X, return_states=True)[1]])
    loss, gradient = network.loss_and_grad(X, Y, bptt_steps)
    assert loss == network.loss_and_grad(X, Y)[0]
    for name in NAMES:

        def loss_of(value, name=name):
            changed, squares = weights | {name: value}, []
            # Nine steps: chunks are counted from the end.
            firsts = [0, *range((len(X) - 1) % bptt_steps + 1, len(X), bptt_steps)]
            for first, end in itertools.pairwise([*firsts, len(X)]):
                chunk = slice(first, end)
                h = changed["h_init"] if first == 0 else states[first]
                squares.append((Y[chunk] - naive_run(network, changed, X[chunk], h)[1]) ** 2)
            return np.mean(np.concatenate(squares))

        expected = naive.complex_step_gradient(loss_of, weights[name])
        np.testing.assert_allclose(gradient[name], expected, atol=1e-12)


@pytest.mark.parametrize("bptt_steps", [9, 10, 1000, 10**30])
def test_a_truncation_at_the_length_or_beyond_cuts_nothing(bptt_steps):
    network, (X, Y) = make_network(), data()
    expected = network.loss_and_grad(X, Y)[1]
    for name, gradient in network.loss_and_grad(X, Y, bptt_steps)[1].items():
        np.testing.assert_array_equal(gradient, expected[name])


# Learning.


def test_it_learns_a_running_sum_the_same_way_every_time():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(8, 12, 1))
    Y = np.cumsum(X, axis=1)
    networks = [
        RNN(1, 2, 1, activation="identity", random_state=0).fit(X, Y, tol=1e-12) for _ in range(2)
    ]
    # A relative 1e-12 of a loss that starts near 5.
    assert networks[0].loss_ < 1e-8
    longer = rng.normal(size=40)
    np.testing.assert_allclose(networks[0].run(longer)[:, 0], np.cumsum(longer), atol=1e-2)
    for name in NAMES:
        np.testing.assert_array_equal(*(getattr(network, name) for network in networks))


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e9])
def test_it_learns_to_predict_a_sine_in_whatever_unit(unit):
    wave = np.sin(0.3 * np.arange(101))
    network = RNN(1, 4, 1, random_state=3).fit(wave[:-1], unit * wave[1:], max_iter=5000)
    # The wave has a mean square of a half.
    assert network.loss_ < 1e-3 * unit**2
    expected = network.loss_and_grad(wave[:-1], unit * wave[1:])[0]
    assert network.loss_ == pytest.approx(expected, rel=1e-9)  # weights went through the unit
    assert network.converged_ and network.n_iter_ > 0


def test_a_search_that_was_cut_short_has_not_converged_in_whatever_unit():
    wave = np.sin(0.3 * np.arange(101))
    for unit in (1e-9, 1.0, 1e9):
        with pytest.warns(ConvergenceWarning, match="stopped early after 3 iterations"):
            RNN(1, 4, 1, random_state=0).fit(wave[:-1], unit * wave[1:], max_iter=3)


@pytest.mark.parametrize("solver", SOLVERS)
def test_every_solver_lowers_the_loss_within_few_iterations_and_says_that_it_stopped(solver):
    network, (X, Y) = make_network(), data(20)
    before = network.loss_and_grad(X, Y)[0]
    with pytest.warns(ConvergenceWarning, match=f"{solver} stopped early .*raise max_iter") as seen:
        assert network.fit(X, Y, solver=solver, max_iter=5) is network
    assert seen[0].filename == __file__
    assert network.loss_ < before
    assert network.loss_ == pytest.approx(network.loss_and_grad(X, Y)[0], rel=1e-12)
    assert network.converged_ is False
    np.testing.assert_array_equal(network.h, network.h_init)


def test_a_fit_goes_on_from_where_the_weights_are():
    network, (X, Y) = make_network(), data(20)
    losses = []
    for _ in range(3):
        with pytest.warns(ConvergenceWarning):
            losses.append(network.fit(X, Y, max_iter=3).loss_)
    assert losses[0] > losses[1] > losses[2]


def test_weights_are_drawn_by_the_seed_and_leave_numpys_alone():
    one, same, other = (RNN(2, 3, 2, random_state=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.W_hh, same.W_hh)
    assert (one.W_hh != other.W_hh).all()
    for name, shape in SHAPES.items():
        assert getattr(one, name).shape == shape
    for name in ("b_h", "b_y", "h_init"):
        assert not getattr(one, name).any()
    # Glorot's width.
    assert np.abs(one.W_hh).max() <= 1.0 and np.abs(one.W_hx).max() <= np.sqrt(6.0 / 5.0)


# Explosions.


@pytest.mark.parametrize("activation", ["identity", "relu"])
def test_a_training_that_explodes_is_an_error_and_keeps_the_last_good_weights(activation):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=2000), rng.normal(size=2000)
    network = RNN(1, 3, 1, activation=activation, random_state=0)
    network.W_hh = 1e5 * np.eye(3)
    network.W_hx = np.ones((3, 1))
    weights = weights_of(network)
    with pytest.raises(TrainingDivergedError, match="not finite") as caught:
        network.fit(x, y)
    assert caught.value.step == 1
    for name in NAMES:
        np.testing.assert_array_equal(getattr(network, name), weights[name])


# COBYQA's steps are too small for it.
@pytest.mark.parametrize("solver", ["L-BFGS-B", "SLSQP", "Powell"])
@pytest.mark.filterwarnings("ignore:.*stopped early:sklearn.exceptions.ConvergenceWarning")
def test_a_search_whose_steps_explode_takes_shorter_ones(solver, monkeypatch):
    """A stable network, and a target that tempts each of these to a step beyond stability."""
    x = np.random.default_rng(0).normal(size=3000)
    y = np.cumsum(x)
    network = RNN(1, 3, 1, activation="identity", random_state=0)
    network.W_hh = 0.9 / np.abs(np.linalg.eigvals(network.W_hh)).max() * network.W_hh
    before, spoilt, own = network.loss_and_grad(x, y)[0], [], RNN._loss_and_gradient

    def noted(*arguments):
        loss, gradient = own(*arguments)
        spoilt.append(not np.isfinite(loss))
        return loss, gradient

    monkeypatch.setattr(RNN, "_loss_and_gradient", noted)
    network.fit(x, y, solver=solver, max_iter=5 if solver == "Powell" else 100)
    assert any(spoilt[1:])
    assert network.loss_ == pytest.approx(network.loss_and_grad(x, y)[0], rel=1e-12)
    # It gets on after its first bad step, which used to be the end of it.
    assert network.loss_ < 0.1 * before
    np.testing.assert_array_equal(network.h, network.h_init)


def exploding(activation, spectral_radius=3.0):
    network = RNN(1, 10, 1, activation=activation, random_state=0)
    network.W_hh = spectral_radius * network.W_hh / np.abs(np.linalg.eigvals(network.W_hh)).max()
    return network


@pytest.mark.parametrize("activation", ["tanh", "logistic"])
def test_a_bounded_network_of_spectral_radius_3_runs_a_hundred_thousand_steps(activation):
    network, x = exploding(activation), np.random.default_rng(0).normal(size=100_000)
    outputs, states = network.run(x, return_states=True)
    assert np.isfinite(outputs).all() and np.abs(states).max() <= 1.0
    if activation == "tanh":
        # States keep within bounds, what a gradient is multiplied by at each step does not.
        with pytest.raises(TrainingDivergedError, match="the gradient of .* is not finite"):
            network.loss_and_grad(x, x)
    assert np.isfinite(network.loss_and_grad(x, x, bptt_steps=100)[0])


@pytest.mark.parametrize("activation", ["identity", "relu"])
def test_an_unbounded_network_of_spectral_radius_3_warns_of_the_step_at_which_it_explodes(
    activation,
):
    network, x = exploding(activation), np.random.default_rng(0).normal(size=100_000)
    with pytest.warns(RuntimeWarning, match=r"not finite from step \d+ on") as caught:
        outputs = network.run(x)
    step = int(str(caught[0].message).split("step ")[1].split()[0])
    assert np.isfinite(outputs[:step]).all() and not np.isfinite(outputs[step]).all()
    with pytest.raises(TrainingDivergedError, match="the network explodes on X"):
        network.loss_and_grad(x, x)
    with pytest.raises(TrainingDivergedError):
        network.fit(x, x)


# Weights in the open.


@pytest.mark.parametrize("name", [*NAMES, "h"])
def test_weights_are_copied_and_checked_when_they_are_set(name):
    network = make_network()
    shape = SHAPES["h_init" if name == "h" else name]
    given = np.ones(shape)
    setattr(network, name, given)
    given[...] = 5.0
    np.testing.assert_array_equal(getattr(network, name), np.ones(shape))
    setattr(network, name, np.ones(shape, dtype=int).tolist())
    assert getattr(network, name).dtype == float
    for wrong, error, message in (
        (np.ones((7, 7)), ValueError, f"{name} must have shape"),
        (1.0, ValueError, f"{name} must have shape"),
        (np.full(shape, np.nan), ValueError, f"{name} must be finite, but at"),
        (np.full(shape, np.inf), ValueError, f"{name} must be finite, but at"),
        (np.full(shape, 1.0j), ValueError, f"Complex data not supported: {name}"),
        (np.full(shape, "a"), ValueError, f"{name} at .* must be a number"),
        (None, TypeError, f"{name} must be an array-like of numbers"),
    ):
        with pytest.raises(error, match=message):
            setattr(network, name, wrong)
    np.testing.assert_array_equal(getattr(network, name), np.ones(shape))


def test_a_weight_changed_in_place_counts():
    network, (X, _) = make_network(), data()
    before = network.run(X)
    network.W_hh[0, 1] += 1.0
    assert (network.run(X) != before).any()


@pytest.mark.parametrize("name", ["n_inputs", "n_hidden", "n_outputs", "activation"])
def test_sizes_and_activations_are_fixed(name):
    with pytest.raises(AttributeError, match=f"{name} is fixed"):
        setattr(make_network(), name, 1)


@pytest.mark.parametrize("copy_of", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_copies_run_the_same_and_are_independent(copy_of):
    network, (X, Y) = make_network(output_activation="logistic"), data()
    network.step(X[0])
    other = copy_of(network)
    np.testing.assert_array_equal(other.run(X), network.run(X))
    np.testing.assert_array_equal(other.h, network.h)
    expected = network.run(X)
    with pytest.warns(ConvergenceWarning):
        other.fit(X, Y, max_iter=2)
    np.testing.assert_array_equal(network.run(X), expected)


def test_the_repr_is_the_call_and_the_summary_counts_every_weight():
    network = make_network(activation="relu")
    assert repr(network) == "RNN(2, 3, 2, activation='relu', output_activation='identity')"
    summary = network.summary()
    assert repr(network) in summary
    for name, shape in SHAPES.items():
        line = next(line for line in summary.splitlines() if line.startswith(f"{name} "))
        assert str(shape) in line and line.endswith(str(np.prod(shape)))
    assert summary.splitlines()[-1].split() == ["total", "29"]


def test_the_trace_is_a_frame_with_a_row_a_step():
    trace = make_network().trace(data()[0])
    assert isinstance(trace, pd.DataFrame) and len(trace) == 9
    assert list(trace.columns.levels[0]) == ["h_new", "h_old", "x", "y"]
    assert trace.shape[1] == 2 + 3 + 3 + 2
