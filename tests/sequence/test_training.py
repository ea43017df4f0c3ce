"""Sequence estimators in training: validation, going on, looking on, and stopping."""

import pickle
import tracemalloc
import warnings

import numpy as np
import pytest
from sequence_data import (
    CLASSIFIERS,
    ESTIMATORS,
    QUICK,
    REGRESSORS,
    cube,
    having,
    labels,
    matrix,
    means,
    ragged,
    target_for,
    uneven,
)
from sklearn.exceptions import ConvergenceWarning

from tsrnn import (
    ElmanRNNClassifier,
    ElmanRNNRegressor,
    GRUClassifier,
    GRURegressor,
    LSTMRegressor,
)
from tsrnn.exceptions import InvalidParameterError

# Training is cut short here, and says so.
pytestmark = pytest.mark.filterwarnings(
    "ignore:training stopped:sklearn.exceptions.ConvergenceWarning"
)

every_estimator = pytest.mark.parametrize("kind", ESTIMATORS)
every_solver = pytest.mark.parametrize("solver", ["adam", "rmsprop", "sgd", "lbfgs"])


def metric_of(kind):
    return "accuracy" if kind in CLASSIFIERS else "r2"


# Solvers.


@every_estimator
@every_solver
def test_every_solver_learns(kind, solver):
    X = cube(200)
    y = target_for(kind, X)
    rate = 0.05 if solver == "sgd" else 0.005
    model = kind(**QUICK | {"max_iter": 60}, solver=solver, learning_rate_init=rate).fit(X, y)
    assert model.score(X, y) > 0.8
    assert len(model.loss_curve_) == model.n_iter_ <= 60
    assert model.best_loss_ == min(model.loss_curve_)
    assert model.loss_curve_ == model.history_["loss"]
    if kind.__name__.endswith("Regressor"):
        assert list(model.history_) == ["loss"]
    else:
        assert list(model.history_) == ["loss", "accuracy"]
        accuracies = model.history_["accuracy"]
        assert len(accuracies) == model.n_iter_
        assert accuracies[-1] > max(0.8, accuracies[0])


@pytest.mark.parametrize("activation", ["tanh", "relu", "logistic", "identity"])
@pytest.mark.parametrize("kind", [ElmanRNNRegressor, ElmanRNNClassifier])
def test_every_activation_learns(kind, activation):
    X = cube(200)
    y = target_for(kind, X)
    model = kind(**QUICK | {"max_iter": 100}, activation=activation).fit(X, y)
    assert model.score(X, y) > 0.8


@pytest.mark.parametrize("kind", REGRESSORS)
def test_the_penalty_draws_weights_and_not_biases_to_zero(kind):
    X = cube()
    y = means(X) + np.abs(means(X)) + 3.0  # not for a linear path alone
    free, held = (
        kind(hidden_layer_sizes=3, solver="lbfgs", l2=l2, standardize=False, random_state=0)
        for l2 in (0.0, 1e6)
    )
    free.fit(X, y)
    with pytest.warns(ConvergenceWarning, match="learned nothing; try .*a smaller l2"):
        held.fit(X, y)
    for name, array in held.weights_.items():
        if name.startswith("W_"):
            assert np.abs(array).max() < 1e-3 < np.abs(free.weights_[name]).max()
    # What is left to say is the mean: the search stops at a gradient of tol.
    assert held.weights_["b_y"][0] == pytest.approx(y.mean(), abs=1e-3)


@pytest.mark.parametrize("kind", REGRESSORS)
def test_the_loss_that_is_told_is_the_mean_square_and_the_penalty(kind):
    X = cube()
    y = means(X)
    weights = np.random.default_rng(0).uniform(size=60)
    model = kind(**QUICK | {"max_iter": 20}, solver="lbfgs", l2=3.0).fit(X, y, weights)
    squares = ((model.predict(X) - y) / model.target_spread_) ** 2
    penalty = sum((w**2).sum() for name, w in model.weights_.items() if name.startswith("W_"))
    expected = np.average(squares, weights=weights) + 0.5 * 3.0 * penalty / weights.sum()
    # Sums in another order.
    assert model.best_loss_ == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("kind", CLASSIFIERS)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_loss_of_labels_is_the_mean_surprise(kind, n_classes):
    X = cube()
    y = np.random.default_rng(0).integers(0, n_classes, 60)
    model = kind(**QUICK | {"max_iter": 20}, solver="lbfgs", l2=0.0).fit(X, y)
    expected = -model.predict_log_proba(X)[np.arange(60), y].mean()
    # Sums in another order.
    assert model.best_loss_ == pytest.approx(expected, rel=1e-10)


def test_long_sequences_are_learned_with_a_gradient_that_is_cut():
    """What is asked for lies within the last steps: a cut at ten loses nothing."""
    X = np.random.default_rng(0).standard_normal((200, 95))
    y = X[:, -3:].sum(axis=1)
    model = GRURegressor(**QUICK | {"max_iter": 40}, bptt_steps=10).fit(X, y)
    assert model.score(X, y) > 0.8
    whole = GRURegressor(**QUICK | {"max_iter": 2}, bptt_steps=95).fit(X, y)
    exact = GRURegressor(**QUICK | {"max_iter": 2}).fit(X, y)
    np.testing.assert_array_equal(whole.predict(X), exact.predict(X))


@pytest.mark.parametrize("lag", [1, 5, 8])
@pytest.mark.parametrize("n_steps", [33, 40])
def test_what_was_a_cut_s_steps_ago_is_learned_whatever_the_length_is(lag, n_steps):
    """The gradient reaches eight steps back, of sequences that are not a multiple of that."""
    X = np.random.default_rng(0).standard_normal((200, n_steps))
    model = ElmanRNNRegressor(
        hidden_layer_sizes=12, activation="identity", learning_rate_init=0.02, bptt_steps=8
    )
    model.set_params(max_iter=150, random_state=0).fit(X, X[:, -lag])
    assert model.score(X, X[:, -lag]) > 0.9


@pytest.mark.parametrize("sizes", [8, (8, 8)])
@pytest.mark.parametrize("by_step", [False, True])
def test_memory_of_a_cut_gradient_does_not_grow_with_the_length(sizes, by_step):
    """What NumPy was asked for at most, twice as long a sequence apart."""
    peaks = []
    for n_steps in (10_000, 20_000):
        X = np.random.default_rng(0).standard_normal((4, n_steps)).astype(np.float32)
        y = X if by_step else X.mean(axis=1)
        model = GRURegressor(hidden_layer_sizes=sizes, bptt_steps=50, max_iter=1, random_state=0)
        tracemalloc.start()
        model.set_params(return_sequences=by_step).fit(X, y)
        peaks.append(tracemalloc.get_traced_memory()[1] - (1 + by_step) * X.nbytes)
        tracemalloc.stop()
    # A network of 8 units keeps some hundred numbers a step, sixteen lanes of them: 10,000 steps
    # more would be 60 MB. Data, and states with a target at every step, are a dozen numbers.
    assert peaks[1] - peaks[0] < 6e6


# Validation.


@every_estimator
def test_validation_sequences_are_recorded_and_change_nothing(kind):
    X, X_val = uneven(kind), uneven(kind, seed=1)
    y, y_val = target_for(kind, X), target_for(kind, X_val)
    metric = metric_of(kind)
    model = kind(**QUICK).fit(X, y, X_val=X_val, y_val=y_val)
    assert list(model.history_) == ["loss", "val_loss", metric, f"val_{metric}"]
    assert {len(values) for values in model.history_.values()} == {model.n_iter_}
    assert model.history_[metric][-1] == pytest.approx(model.score(X, y), rel=1e-9)
    assert model.history_[f"val_{metric}"][-1] == pytest.approx(model.score(X_val, y_val), rel=1e-9)
    plain = kind(**QUICK).fit(X, y)
    assert plain.loss_curve_ == model.loss_curve_
    for name, array in plain.weights_.items():
        np.testing.assert_array_equal(array, model.weights_[name])


@every_estimator
@pytest.mark.parametrize("own", [False, True])
def test_early_stopping_keeps_the_weights_of_the_lowest_validation_loss(kind, own):
    """Targets that are mostly noise: a network soon learns it by heart."""
    rng = np.random.default_rng(0)
    X, X_val = rng.standard_normal((60, 8)), rng.standard_normal((60, 8))
    y, y_val = (labels(x + 2.0 * rng.standard_normal(x.shape)) for x in (X, X_val))
    if kind in REGRESSORS:
        y, y_val = (y == "high") + 0.0, (y_val == "high") + 0.0
    settings = QUICK | {"hidden_layer_sizes": 20, "learning_rate_init": 0.02, "max_iter": 500}
    seen = {}

    def keep(state):
        seen[state.epoch] = state.weights

    model = kind(**settings, early_stopping=True, validation_fraction=0.3, callback=keep)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(X, y, **({"X_val": X_val, "y_val": y_val} if own else {}))
    losses = model.history_["val_loss"]
    best = int(np.argmin(losses))
    assert model.n_iter_ == len(losses) < 500
    assert best < len(losses) - 1
    assert model.best_loss_ == losses[best]
    for name, array in seen[best + 1].items():
        np.testing.assert_array_equal(array, model.weights_[name])
    if own:
        metric = metric_of(kind)
        expected = model.history_[f"val_{metric}"][best]
        assert model.score(X_val, y_val) == pytest.approx(expected, rel=1e-9)


def test_validation_sequences_have_weights_of_their_own():
    X, X_val = matrix(), matrix(seed=1)
    weights = np.random.default_rng(2).integers(0, 3, 60)
    settings = {"X_val": X_val, "y_val": means(X_val), "sample_weight_val": weights}
    weighted = GRURegressor(**QUICK).fit(X, means(X), **settings)
    repeated = X_val.repeat(weights, axis=0)
    other = GRURegressor(**QUICK).fit(X, means(X), X_val=repeated, y_val=means(repeated))
    # Sums in another order.
    np.testing.assert_allclose(
        weighted.history_["val_loss"], other.history_["val_loss"], rtol=1e-10
    )


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_early_stopping_sets_aside_as_many_of_each_label(kind):
    X = matrix(100)
    y = np.where(np.arange(100) < 10, "rare", "frequent")
    seen = {}

    def count(state):
        seen.update(state.history)

    settings = QUICK | {"max_iter": 1}
    model = kind(**settings, early_stopping=True, validation_fraction=0.2, callback=count)
    model.fit(X, y)
    # Two of twenty: were there none, or all, the accuracy could not be such a share.
    assert seen["val_accuracy"][0] * 20 == pytest.approx(round(seen["val_accuracy"][0] * 20))
    with pytest.raises(ValueError, match="rarest"):
        kind(**settings, early_stopping=True).fit(
            X, np.where(np.arange(100) < 1, "rare", "frequent")
        )
    with pytest.raises(ValueError, match="early_stopping"):
        kind(**settings, early_stopping=True).fit(X[[5, 15]], y[[5, 15]])


def test_labels_that_are_only_in_validation_are_refused():
    X = matrix()
    with pytest.raises(ValueError, match=r"y_val has labels.*other"):
        GRUClassifier(**QUICK).fit(X, labels(X), X_val=X, y_val=labels(X, ("high", "other")))


# Going on.


@every_estimator
@pytest.mark.parametrize("solver", ["adam", "rmsprop", "sgd"])
def test_partial_fit_is_an_epoch_and_several_are_those_of_fit(kind, solver):
    X = uneven(kind)
    y = target_for(kind, X)
    whole = kind(**QUICK | {"max_iter": 4}, solver=solver).fit(X, y)
    model = kind(**QUICK, solver=solver)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for epoch in range(4):
            is_first = kind in CLASSIFIERS and epoch == 0
            model.partial_fit(X, y, **({"classes": np.unique(y)} if is_first else {}))
            model = pickle.loads(pickle.dumps(model))
    assert model.history_ == whole.history_
    assert model.n_iter_ == 4
    for name, array in whole.weights_.items():
        np.testing.assert_array_equal(array, model.weights_[name])


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_partial_fit_wants_all_classes_first_and_then_takes_some(kind):
    X, y = matrix(), labels(matrix())
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        kind().partial_fit(X, y)
    model = kind(**QUICK).partial_fit(X, y, classes=["other", "low", "high"])
    np.testing.assert_array_equal(model.classes_, ["high", "low", "other"])
    model.partial_fit(X[y == "low"], y[y == "low"])
    assert model.predict_proba(X).shape == (60, 3)
    with pytest.raises(ValueError, match="none of the classes"):
        model.partial_fit(X, np.where(y == "low", "lowest", y))
    with pytest.raises(ValueError, match="classes"):
        model.partial_fit(X, y, classes=["high", "low"])
    with pytest.raises(ValueError, match="balanced"):
        kind(class_weight="balanced").partial_fit(X, y, classes=np.unique(y))


@every_estimator
def test_partial_fit_is_for_batches_and_knows_no_early_stopping(kind):
    X = matrix()
    y = target_for(kind, X)
    model = kind(solver="lbfgs")
    assert not hasattr(model, "partial_fit")
    with pytest.raises(InvalidParameterError, match="early_stopping"):
        kind(early_stopping=True).partial_fit(X, y)


@every_estimator
@every_solver
def test_a_warm_start_goes_on_from_the_weights_and_units_there_are(kind, solver):
    X, more = cube(), cube(seed=1) + 1.0
    model = kind(**QUICK, solver=solver, warm_start=True).fit(X, target_for(kind, X))
    n_iter, center = model.n_iter_, model.input_center_
    losses = list(model.loss_curve_)
    model.set_params(max_iter=1).fit(
        more, labels(cube(seed=1)) if kind in CLASSIFIERS else means(more)
    )
    assert model.loss_curve_[:-1] == losses
    assert model.n_iter_ == n_iter + 1
    np.testing.assert_array_equal(model.input_center_, center)
    model.set_params(warm_start=False).fit(X, target_for(kind, X))
    assert model.n_iter_ == 1
    np.testing.assert_array_equal(model.input_center_, center)


def test_a_warm_start_refuses_what_the_weights_do_not_fit():
    X = matrix()
    model = GRUClassifier(**QUICK, warm_start=True).fit(X, labels(X))
    with pytest.raises(ValueError, match="classes"):
        model.fit(X, labels(X, (0, 1)))
    with pytest.raises(ValueError, match="hidden_sizes"):
        model.set_params(hidden_layer_sizes=7).fit(X, labels(X))
    with pytest.raises(ValueError, match="features"):
        model.fit(matrix(n_steps=5), labels(X))


def test_going_on_in_another_precision_keeps_that_of_the_weights():
    X = matrix()
    model = LSTMRegressor(**QUICK).fit(X.astype(np.float32), means(X))
    model.partial_fit(X, means(X))
    assert model.weights_["W_hh"].dtype == np.float32


# A start from Holt.


@pytest.mark.parametrize("kind", having(REGRESSORS, "init"))
def test_init_holt_starts_where_holts_method_is(kind):
    """Windows of lines: Holt's method goes on with each, before any training."""
    rng = np.random.default_rng(0)
    starts, slopes = rng.standard_normal((2, 100, 1))
    lines = 50.0 + 10.0 * starts + slopes * np.arange(9)
    X, y = lines[:, :8], lines[:, 8]
    settings = QUICK | {"max_iter": 1, "learning_rate_init": 1e-12}
    assert kind(**settings, init="holt").fit(X, y).score(X, y) > 0.99
    assert kind(**settings).fit(X, y).score(X, y) < 0.9
    by_three = kind(**settings, init="holt").fit(lines[:, :6], lines[:, 6:])
    assert by_three.score(lines[:, :6], lines[:, 6:]) > 0.99


def test_init_holt_is_exact_with_the_identity():
    lines = np.arange(60.0)[:, None] + np.arange(9.0)
    model = ElmanRNNRegressor(
        hidden_layer_sizes=4,
        activation="identity",
        init="holt",
        max_iter=1,
        learning_rate_init=1e-15,
    ).fit(lines[:, :8], lines[:, 8])
    # Where the search for alpha and beta stops.
    np.testing.assert_allclose(model.predict(lines[:, :8]), lines[:, 8], atol=1e-3)


def test_init_holt_is_for_windows_of_one_length():
    with pytest.raises(InvalidParameterError, match="several lengths"):
        GRURegressor(init="holt").fit(ragged(n_features=0), means(ragged(n_features=0)))
    with pytest.raises(InvalidParameterError, match="return_sequences"):
        GRURegressor(init="holt", return_sequences=True).fit(matrix(), matrix())
