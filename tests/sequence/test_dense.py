"""The dense network over windows, and the linear path of recurrent ones, as users have them."""

import naive
import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

import tsrnn
from tsrnn import DenseWindowRegressor, ElmanRNNRegressor, GRURegressor, LSTMRegressor
from tsrnn.exceptions import InvalidParameterError

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4, 2))
# Some of it linear in the window, and some not.
Y = np.stack([X[:, -1, 0] - 0.5 * X[:, 0, 1], np.abs(X[:, 2, 0]) + 3.0], axis=1)
SMALL = {"hidden_layer_sizes": (7, 5), "max_iter": 3, "random_state": 0}

# A search compares losses, which are rounded to 1e-16: it finds a minimum to the root of that, over
# that of the least curvature, some hundredths.
AT_THE_MINIMUM = 1e-6


@pytest.fixture(autouse=True)
def short_trainings_say_so(recwarn):
    """Trainings of a few epochs warn that they have not converged, which is not the subject."""


def fitted(**arguments):
    return DenseWindowRegressor(**SMALL | arguments).fit(X, Y)


@pytest.mark.parametrize("linear_path", [True, False])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_predictions_are_those_of_the_equations_in_the_units_of_the_data(activation, linear_path):
    model = fitted(activation=activation, linear_path=linear_path)
    assert ("W_yx" in model.weights_) == linear_path
    network = model._network
    theta = network.pack(model.weights_)
    scaled = (X - model.input_center_) / model.input_spread_
    outputs = np.array([naive.dense_network(network, theta, x) for x in scaled])
    expected = outputs * model.target_spread_ + model.target_center_
    np.testing.assert_allclose(model.predict(X), expected, rtol=1e-12, atol=1e-12)


def test_a_window_is_read_step_by_step_however_it_comes():
    """Features of a step stand together: a matrix of so many columns is the same network."""
    stacked = fitted(standardize=False)
    listed = DenseWindowRegressor(**SMALL, standardize=False).fit(list(X), Y)
    flat = DenseWindowRegressor(**SMALL, standardize=False).fit(X.reshape(60, 8), Y)
    assert (stacked.n_timesteps_, stacked.n_features_in_) == (4, 2)
    assert (flat.n_timesteps_, flat.n_features_in_) == (8, 8)
    np.testing.assert_array_equal(listed.predict(list(X)), stacked.predict(X))
    for name, weight in stacked.weights_.items():
        np.testing.assert_array_equal(flat.weights_[name], weight)


def test_training_starts_at_the_mean_of_the_targets():
    model = fitted(learning_rate_init=1e-12, max_iter=1, l2=0.0)
    np.testing.assert_allclose(model.predict(X), np.tile(Y.mean(axis=0), (60, 1)), rtol=1e-8)
    # From there to the loss of the first epoch, which is the variance: 1 in units of the targets.
    assert model.loss_curve_[0] == pytest.approx(1.0)


def test_the_linear_path_alone_is_linear_regression():
    """Of one unit without a bend, so that all of the network is: least squares has one answer."""
    model = DenseWindowRegressor(
        hidden_layer_sizes=1, activation="identity", solver="lbfgs", l2=0.0, max_iter=500, tol=1e-10
    )
    model.set_params(random_state=0).fit(X, Y[:, 0] + 0.1 * Y[:, 1])
    regression = LinearRegression().fit(X.reshape(60, 8), Y[:, 0] + 0.1 * Y[:, 1])
    np.testing.assert_allclose(
        model.predict(X), regression.predict(X.reshape(60, 8)), atol=AT_THE_MINIMUM
    )


def test_without_a_path_the_layers_alone_reach_the_outputs():
    model = fitted(linear_path=False)
    weights = {name: np.zeros_like(weight) for name, weight in model.weights_.items()}
    model.weights_ = weights | {"b_y": np.array([1.0, 2.0])}
    expected = np.array([1.0, 2.0]) * model.target_spread_ + model.target_center_
    np.testing.assert_allclose(model.predict(X), np.tile(expected, (60, 1)), rtol=1e-14)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_threads_change_no_bit_of_a_fit(solver, dtype, monkeypatch):
    from tsrnn._dense import engine

    monkeypatch.setattr(engine, "_BLOCK_FLOPS", 1e4)
    monkeypatch.setattr(engine, "_FEWEST_ROWS", 5)
    one, two = (
        DenseWindowRegressor(**SMALL, solver=solver, batch_size=30, n_jobs=n).fit(
            X.astype(dtype), Y
        )
        for n in (1, 2)
    )
    assert one.weights_["W_yh"].dtype == dtype
    assert one.loss_curve_ == two.loss_curve_
    for name, weight in one.weights_.items():
        np.testing.assert_array_equal(two.weights_[name], weight)
    np.testing.assert_array_equal(one.predict(X), two.predict(X))


def test_a_weight_is_so_many_repetitions():
    repeats = np.arange(60) % 3
    weighted = DenseWindowRegressor(**SMALL).fit(X, Y, sample_weight=repeats)
    repeated = DenseWindowRegressor(**SMALL).fit(np.repeat(X, repeats, 0), np.repeat(Y, repeats, 0))
    np.testing.assert_array_equal(weighted.predict(X), repeated.predict(X))


@pytest.mark.parametrize("kind", [DenseWindowRegressor, GRURegressor])
def test_windows_of_other_lengths_are_refused_in_words(kind):
    model = kind(**SMALL, linear_path=True)
    ragged = [*X[:3], X[3][:2]]
    with pytest.raises(ValueError, match=r"one length: X\[3\] has 2 steps, and X\[0\] has 4"):
        model.fit(ragged, Y[:4])
    model.fit(list(X), Y)
    before = model.predict(list(X))
    with pytest.raises(ValueError, match=r"one length: X\[0\] has 3 steps, and those it was fit"):
        model.predict(X[:, 1:])
    with pytest.raises(
        ValueError, match=r"X_val\[1\] has 2 steps, and those it was fitted on have 4"
    ):
        model.fit(X, Y, X_val=[X[0], X[0][:2]], y_val=Y[:2])
    with pytest.raises(ValueError, match=r"X\[1\] has 2 steps, and X\[0\] has 4"):
        model.fit([X[0], X[0][:2]], Y[:2])
    np.testing.assert_array_equal(model.predict(X), before)


def test_training_does_not_go_on_with_another_network():
    model = fitted(warm_start=True)
    for change in ({"hidden_layer_sizes": 3}, {"linear_path": False}, {"activation": "tanh"}):
        with pytest.raises(
            ValueError, match="training cannot go on: the weights are those of Dense"
        ):
            model.set_params(**change).fit(X, Y)
        model.set_params(**{name: getattr(fitted(), name) for name in change})
    with pytest.raises(ValueError, match="those it was fitted on have 4"):
        model.fit(X[:, 1:], Y)
    assert model.fit(X, Y).n_iter_ == 6


def test_epochs_one_by_one_are_training_at_once():
    """But for the batches, which are drawn anew for each call: here one holds all rows."""
    whole, parts = fitted(l2=0.0), DenseWindowRegressor(**SMALL, l2=0.0)
    for _ in range(3):
        parts.partial_fit(X, Y)
    np.testing.assert_allclose(parts.predict(X), whole.predict(X), rtol=1e-12)


def test_quantiles_do_not_cross_and_missing_targets_are_left_out():
    targets = Y.copy()
    targets[::4, 1] = np.nan
    model = fitted(loss="quantile", quantiles=(0.1, 0.5, 0.9), max_iter=20)
    model.fit(X, targets)
    made = model.predict_quantiles(X)
    assert made.shape == (60, 2, 3)
    assert (np.diff(made, axis=2) >= 0.0).all()
    # What stands where a target is missing is of no account.
    alone = DenseWindowRegressor(**SMALL).fit(X[1::4], Y[1::4]).predict(X)
    targets = np.full((60, 2), np.nan)
    targets[1::4] = Y[1::4]
    np.testing.assert_allclose(
        DenseWindowRegressor(**SMALL).fit(X, targets).predict(X).shape, (60, 2)
    )
    assert np.isfinite(alone).all()


@pytest.mark.parametrize("linear_path", [True, False])
@pytest.mark.parametrize("sizes", [3, (4, 3), (3,) * 12])
def test_weights_of_either_framework_predict_the_same_and_come_back(sizes, linear_path):
    model = DenseWindowRegressor(**SMALL | {"hidden_layer_sizes": sizes}, linear_path=linear_path)
    model.fit(X, Y)
    flat = X.reshape(60, 8)
    arrays, state = model.to_keras_weights(), model.to_torch_weights()
    assert [f"{name}.bias" in state for name in ("layers.0", "layers.2", "linear")] == [1, 1, 0]
    # By hand, as either framework computes: rows times kernels, a rectifier between them.
    h, pairs = flat, list(zip(arrays[0::2], arrays[1::2], strict=False))
    for kernel, bias in pairs[:-1]:
        h = np.maximum(h @ kernel + bias, 0.0)
    by_hand = h @ pairs[-1][0] + pairs[-1][1] + (flat @ arrays[-1] if linear_path else 0.0)
    np.testing.assert_allclose(by_hand, model.predict(X), rtol=1e-12, atol=1e-12)
    shuffled = dict(sorted(state.items(), key=lambda item: "linear" not in item[0]))
    for back in (
        DenseWindowRegressor.from_keras_weights(arrays),
        DenseWindowRegressor.from_torch_weights(shuffled, warm_start=True),
    ):
        np.testing.assert_allclose(back.predict(flat), model.predict(X), rtol=1e-12, atol=1e-12)
        assert np.isfinite(back.partial_fit(flat, Y).predict(flat)).all()


def test_foreign_weights_that_do_not_fit_are_refused_by_name():
    arrays, state = fitted().to_keras_weights(), fitted().to_torch_weights()
    make, of_torch = (
        DenseWindowRegressor.from_keras_weights,
        DenseWindowRegressor.from_torch_weights,
    )
    with pytest.raises(ValueError, match=r"expected two arrays .* got 3 arrays"):
        make(arrays[:3])
    with pytest.raises(
        ValueError, match=r"arrays\[2\] must have the shape \(7, any\), got \(6, 5\)"
    ):
        make([*arrays[:2], arrays[2][1:], *arrays[3:]])
    with pytest.raises(ValueError, match=r"arrays\[3\] must have the shape \(5,\), got \(4,\)"):
        make([*arrays[:3], arrays[3][1:], *arrays[4:]])
    with pytest.raises(ValueError, match=r"arrays\[6\] must have the shape \(8, 2\), got \(7, 2\)"):
        make([*arrays[:6], arrays[6][1:]])
    with pytest.raises(ValueError, match=r"'layers.0.gain' is no weight of a Linear"):
        of_torch(state | {"layers.0.gain": np.ones(3)})
    with pytest.raises(ValueError, match=r"'layers.9.weight' is missing among"):
        of_torch(state | {"layers.9.bias": np.ones(3)})
    with pytest.raises(ValueError, match="got 2 with and 2 without"):
        of_torch({name: array for name, array in state.items() if name != "layers.0.bias"})


@pytest.mark.parametrize("kind", [ElmanRNNRegressor, GRURegressor, LSTMRegressor])
def test_a_linear_path_gives_a_recurrent_network_what_a_regression_knows(kind):
    """Exactly so where the recurrent part has no say: its head is 0, and stays there."""
    model = kind(hidden_layer_sizes=2, linear_path=True, solver="lbfgs", max_iter=300, l2=0.0)
    model.set_params(random_state=0, tol=1e-8).fit(X, Y[:, 0])
    plain = kind(hidden_layer_sizes=2, solver="lbfgs", max_iter=300, l2=0.0, random_state=0)
    # The target is linear in the window, which two units that remember are not.
    assert model.score(X, Y[:, 0]) > 1.0 - 1e-6 > plain.fit(X, Y[:, 0]).score(X, Y[:, 0])


def test_a_linear_path_starts_training_where_the_network_without_it_starts():
    with_path, without = (
        GRURegressor(**SMALL | {"max_iter": 1}, learning_rate_init=1e-14, linear_path=on).fit(X, Y)
        for on in (True, False)
    )
    np.testing.assert_allclose(with_path.predict(X), without.predict(X), rtol=1e-10)


def test_a_linear_path_goes_with_one_target_a_sequence_and_stays_at_home():
    model = GRURegressor(**SMALL | {"hidden_layer_sizes": 3}, linear_path=True).fit(X, Y)
    assert "linear path  (2,)" in model.summary() and model.weights_["W_yx"].shape == (2, 8)
    for give in (model.to_keras_weights, model.to_torch_weights):
        with pytest.raises(TypeError, match="have a linear path from the input to the output"):
            give()
    with pytest.raises(InvalidParameterError, match="return_sequences=True asks for a target at e"):
        GRURegressor(linear_path=True, return_sequences=True).fit(X, X)
    with pytest.raises(TypeError, match="gives one hidden layer of Elman's.* has a linear path"):
        ElmanRNNRegressor(**SMALL | {"hidden_layer_sizes": 3}, linear_path=True).fit(X, Y).to_rnn()
    # One that was fitted with a path has it, whatever the argument has become.
    ragged = [X[0], X[1][:2]]
    with pytest.raises(ValueError, match="linear_path=True reads whole sequences"):
        model.set_params(linear_path=False).predict(ragged)
    warm = GRURegressor(**SMALL, warm_start=True).fit(list(X), Y)
    with pytest.raises(ValueError, match="training cannot go on"):
        warm.set_params(linear_path=True).fit(ragged, Y[:2])


def test_holts_start_goes_with_a_linear_path():
    wave = np.cumsum(np.random.default_rng(1).normal(size=80)) + np.arange(80.0)
    windows = np.lib.stride_tricks.sliding_window_view(wave, 9)
    settings = {"hidden_layer_sizes": 4, "init": "holt", "max_iter": 1, "learning_rate_init": 1e-14}
    with_path, without = (
        ElmanRNNRegressor(**settings, linear_path=on, random_state=0)
        .fit(windows[:, :8], windows[:, 8])
        .predict(windows[:, :8])
        for on in (True, False)
    )
    np.testing.assert_allclose(with_path, without, rtol=1e-10)


@pytest.mark.parametrize("change", [{"activation": "softmax"}, {"linear_path": 1}, {"l2": -1.0}])
def test_arguments_that_are_not_accepted_are_named(change):
    (name,) = change
    with pytest.raises(InvalidParameterError, match=f"^{name} must be"):
        fitted(**change)


def test_a_saved_dense_network_predicts_the_same_and_trains_on(tmp_path):
    model = fitted(warm_start=True)
    tsrnn.save(model, tmp_path / "model")
    loaded = tsrnn.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    np.testing.assert_array_equal(loaded.fit(X, Y).predict(X), model.fit(X, Y).predict(X))


def test_outputs_beyond_all_numbers_are_told():
    model = fitted(activation="identity")
    model.weights_ = {name: weight * 1e200 for name, weight in model.weights_.items()}
    with pytest.warns(
        RuntimeWarning, match="not finite: it explodes on X, .* smaller weights W_hx"
    ):
        model.predict(X)
