"""Training at its limits: steps too large, states that explode, long sequences, constants."""

import time
import warnings

import numpy as np
import pytest
from sequence_data import CLASSIFIERS, ESTIMATORS, REGRESSORS, having, labels, matrix, means
from sklearn.exceptions import ConvergenceWarning

from tsrnn import ElmanRNNClassifier, ElmanRNNRegressor, GRURegressor, LSTMRegressor
from tsrnn.exceptions import TrainingDivergedError

every_estimator = pytest.mark.parametrize("kind", ESTIMATORS)


# A learning rate of 1e3.


@pytest.mark.parametrize("kind", REGRESSORS)
@pytest.mark.parametrize("solver", ["adam", "rmsprop", "sgd"])
@pytest.mark.parametrize("batch_size", [16, "auto"])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_learning_rate_of_1e3_is_told_and_the_last_good_weights_are_kept(
    kind, solver, batch_size, early_stopping
):
    X = matrix()
    y = means(X)
    model = kind(
        learning_rate_init=1e3,
        solver=solver,
        batch_size=batch_size,
        early_stopping=early_stopping,
        random_state=0,
    )
    with pytest.raises(TrainingDivergedError, match="blown up") as caught:
        model.fit(X, y)
    assert np.isfinite(caught.value.loss)
    assert np.isfinite(caught.value.gradient_norm)
    assert caught.value.step >= 0
    # Those that training began with: no model, but no R2 of -6e14 either.
    assert model.score(X, y) > -5.0
    np.testing.assert_array_equal(
        caught.value.best_theta, np.concatenate([w.ravel() for w in model.weights_.values()])
    )
    assert model.set_params(learning_rate_init=0.01, early_stopping=False).partial_fit(X, y)


@pytest.mark.parametrize("kind", CLASSIFIERS)
@pytest.mark.parametrize("solver", ["adam", "rmsprop", "sgd"])
def test_a_classifier_at_a_learning_rate_of_1e3_is_good_or_says_that_it_is_not(kind, solver):
    """Labels without pattern: steps like these have nothing to find."""
    X = matrix()
    y = np.random.default_rng(0).permutation(labels(X))
    model = kind(learning_rate_init=1e3, solver=solver, batch_size=16, random_state=0)
    with pytest.raises(TrainingDivergedError, match="blown up"):
        model.fit(X, y)
    surprise = -model.predict_log_proba(X)[np.arange(60), (y == "low").astype(int)].mean()
    assert surprise < 2.0 * np.log(2.0)


def test_a_learning_rate_that_is_just_too_large_gives_the_best_weights_with_a_warning():
    X = matrix()
    y = means(X)
    model = LSTMRegressor(learning_rate_init=1.0, batch_size=16, max_iter=5, random_state=0)
    with pytest.warns(ConvergenceWarning, match="made the loss worse"):
        model.fit(X, y)
    assert model.score(X, y) > -5.0


def test_a_loss_that_is_not_finite_is_told_with_its_step_and_norm():
    """The rectifier has no bound, and single precision ends at 1e38."""
    X = matrix(n_steps=40).astype(np.float32)
    y = means(X)
    model = ElmanRNNRegressor(
        activation="relu", learning_rate_init=30.0, clip_norm=None, batch_size=16, random_state=0
    )
    with pytest.raises(TrainingDivergedError, match="not finite|blown up") as caught:
        model.fit(X, y)
    assert caught.value.step is not None
    assert caught.value.gradient_norm is not None
    assert np.isfinite(model.predict(X)).all()


# A spectral radius of 3.


def exploding(**settings):
    """An estimator on its way, whose recurrent weights triple the state at every step."""
    X = matrix(20)[:, :, None]
    model = ElmanRNNRegressor(
        hidden_layer_sizes=8, max_iter=1, warm_start=True, random_state=0, **settings
    )
    with pytest.warns(ConvergenceWarning):
        model.fit(X, means(X))
    model.weights_["W_hh"][:] = 3.0 * np.eye(8)
    return model


def test_a_spectral_radius_of_3_with_tanh_trains_on():
    """States saturate, so that gradients vanish; from there training has to come back."""
    model = exploding(learning_rate_init=0.02)
    X = matrix(20)[:, :, None]
    with pytest.warns(ConvergenceWarning, match="max_iter"):
        model.set_params(max_iter=1).fit(X, means(X))
        model.set_params(max_iter=300).fit(X, means(X))
    assert model.history_["loss"][-1] < 0.5 * model.history_["loss"][1]


@pytest.mark.parametrize("activation", ["identity", "relu"])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_a_spectral_radius_of_3_without_bound_is_told_and_changes_nothing(activation, solver):
    """3^700 is beyond double precision: the loss at the very start is not finite."""
    model = exploding(activation=activation, solver=solver)
    before = model.weights_["W_hh"].copy()
    X = np.abs(matrix(20, 1000))[:, :, None]
    with pytest.raises(TrainingDivergedError, match="not finite"):
        model.fit(X, means(X))
    np.testing.assert_array_equal(model.weights_["W_hh"], before)
    with pytest.warns(RuntimeWarning, match="not finite"):
        model.predict(X)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("clip_norm", [1.0, None])
def test_gradients_that_explode_are_clipped_or_told(solver, clip_norm):
    """The identity over 300 steps: states of 3^300, which is finite, and losses of its square."""
    model = exploding(activation="identity", clip_norm=clip_norm, solver=solver)
    X = matrix(20, 300)[:, :, None]
    norms = model.gradient_norms(X, means(X))[0]
    assert norms[100] > 1e30 * norms[0] > 0.0
    model.set_params(max_iter=50)
    if clip_norm is None and solver == "sgd":
        with pytest.raises(TrainingDivergedError):
            model.fit(X, means(X))
        return
    with pytest.warns(ConvergenceWarning, match="max_iter|learned nothing"):
        model.fit(X, means(X))
    if clip_norm is not None:
        assert model.history_["loss"][-1] < 1e-5 * model.history_["loss"][1]


# A hundred thousand steps.


@pytest.mark.parametrize("kind", having(REGRESSORS, "bptt_steps"))
@pytest.mark.parametrize("bptt_steps", [None, 1000])
def test_a_hundred_thousand_steps_are_read_and_trained_on(kind, bptt_steps):
    """In time that grows with the steps: a second or so for three epochs of a million."""
    rng = np.random.default_rng(0)
    X = [rng.standard_normal(100_000).astype(np.float32) for _ in range(8)]
    y = np.array([x[-1] for x in X])
    model = kind(hidden_layer_sizes=8, max_iter=3, bptt_steps=bptt_steps, random_state=0)
    begun = time.monotonic()
    with pytest.warns(ConvergenceWarning, match="max_iter"):
        model.fit(X, y)
    assert time.monotonic() - begun < 60.0
    assert np.isfinite(model.predict(X)).all()
    assert np.isfinite(model.loss_curve_).all()
    assert model.hidden_states(X)[0].shape == (100_000, 8)


# Constants.


@every_estimator
@pytest.mark.parametrize("value", [0.0, 0.1, 1e6])
def test_constant_features_say_nothing_and_harm_nothing(kind, value):
    X = np.full((60, 8, 2), value)
    X[:, :, 0] = matrix()
    y = labels(matrix()) if kind in CLASSIFIERS else means(matrix())
    model = kind(hidden_layer_sizes=6, batch_size=16, max_iter=60, random_state=0)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="training stopped", category=ConvergenceWarning)
        model.fit(X, y)
    assert model.input_spread_[1] == 1.0
    assert model.score(X, y) > 0.7


@every_estimator
@pytest.mark.filterwarnings("ignore:.*learned nothing:sklearn.exceptions.ConvergenceWarning")
def test_nothing_but_constants_leaves_the_mean_of_the_targets(kind):
    X = np.full((60, 8), 7.0)
    y = np.repeat([0, 1], [45, 15])
    model = kind(hidden_layer_sizes=3, max_iter=2000, n_iter_no_change=100, random_state=0).fit(
        X, y
    )
    if kind in CLASSIFIERS:
        # Where training stops.
        np.testing.assert_allclose(model.predict_proba(X)[0], [0.75, 0.25], atol=0.02)
    else:
        np.testing.assert_allclose(model.predict(X), 0.25, atol=0.02)


@pytest.mark.parametrize("kind", REGRESSORS)
@pytest.mark.parametrize("value", [0.0, -3.0, 1e9, 1e-9])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("standardize", [False, True])
def test_constant_targets_are_met(kind, value, solver, standardize):
    X = matrix()
    model = kind(hidden_layer_sizes=4, solver=solver, standardize=standardize, random_state=0)
    model.fit(X, np.full(60, value))
    # The rounding of their mean.
    np.testing.assert_allclose(model.predict(X), value, rtol=1e-15)
    assert model.target_spread_[0] == 1.0


# Numbers at the ends of their range.


@pytest.mark.parametrize("scale", [1e-300, 1e-100, 1e100, 1e300])
def test_the_scale_of_data_is_of_no_account(scale):
    X = matrix()
    settings = {"hidden_layer_sizes": 4, "max_iter": 50, "tol": 0.0, "random_state": 0}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="training stopped", category=ConvergenceWarning)
        plain = GRURegressor(**settings).fit(X, means(X)).predict(X)
        other = GRURegressor(**settings).fit(scale * X, scale * means(X)).predict(scale * X)
    # Rounding of the products, over fifty steps.
    np.testing.assert_allclose(other / scale, plain, rtol=1e-8)


def test_targets_that_single_precision_cannot_hold_are_refused():
    X = matrix().astype(np.float32)
    with pytest.raises(ValueError, match="y has values beyond the range of float32"):
        ElmanRNNRegressor().fit(X, 1e300 * means(X).astype(float))


def test_two_sequences_are_enough():
    model = ElmanRNNClassifier(max_iter=500, random_state=0).fit(
        [[0.0, 1.0], [1.0, 0.0]], ["a", "b"]
    )
    assert model.predict([[0.0, 1.0], [1.0, 0.0]]).tolist() == ["a", "b"]
    model = ElmanRNNRegressor(max_iter=500, random_state=0).fit(
        [[0.0, 1.0], [1.0, 0.0]], [1.0, 2.0]
    )
    # Where training stops.
    np.testing.assert_allclose(model.predict([[0.0, 1.0], [1.0, 0.0]]), [1.0, 2.0], atol=0.05)


def test_one_sequence_has_nothing_to_tell_but_its_target():
    model = ElmanRNNRegressor().fit([[0.0, 1.0, 3.0]], [5.0])
    assert model.predict([[0.0, 1.0, 3.0]]).tolist() == [5.0]
