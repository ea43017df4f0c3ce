"""Sequence estimators in training: validation, going on, looking on, and stopping."""

import itertools
import os
import pickle
import signal
import threading
import time
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
    labels,
    matrix,
    means,
    ragged,
    target_for,
)
from sklearn.ensemble import BaggingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, cross_val_score

from tsrnn import (
    ElmanRNNClassifier,
    ElmanRNNRegressor,
    GRUClassifier,
    GRURegressor,
    LSTMClassifier,
    LSTMRegressor,
    TextRNNClassifier,
)
from tsrnn._recurrent.run import Workspace
from tsrnn.exceptions import InvalidParameterError, TrainingDivergedError
from tsrnn.sequence.objective import NetworkObjective

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
    y = means(X) + 3.0
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
    X, X_val = ragged(), ragged(seed=1)
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
    X = ragged()
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


@pytest.mark.parametrize("kind", REGRESSORS)
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


# Ends that are no success.


def parity(n_bits):
    """All strings of bits, and whether they have an odd number of ones: no bit alone tells."""
    X = np.array(list(itertools.product([0.0, 1.0], repeat=n_bits)))
    return X, X.sum(axis=1).astype(int) % 2


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("kind", [LSTMClassifier, GRUClassifier, GRURegressor])
def test_training_that_has_learned_nothing_says_so_and_what_to_change(kind, solver):
    X, y = parity(8)
    advice = {"adam": "learning_rate_init", "lbfgs": "random_state"}[solver]
    with pytest.warns(ConvergenceWarning, match=f"learned nothing; try .*{advice}"):
        kind(solver=solver, random_state=1).fit(X, y)


def test_unequal_shares_of_labels_are_the_constant_that_is_to_be_beaten():
    """A loss of .3 is far below equal odds, and is what one label in ten gives."""
    X = np.random.default_rng(0).standard_normal((400, 6))
    y = np.arange(400) % 10 == 0
    model = GRUClassifier(hidden_layer_sizes=4, learning_rate_init=1e-3, n_iter_no_change=3)
    model.set_params(tol=0.01, max_iter=400, random_state=0)
    with pytest.warns(ConvergenceWarning, match="constant answer has 0.3251: .*learned nothing"):
        model.fit(X, y)


@every_estimator
@pytest.mark.parametrize("signal", [0.3, 1.0])
def test_what_has_learned_something_hears_nothing_of_it(kind, signal):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((300, 6))
    y = signal * X[:, -1] + rng.standard_normal(300)
    model = kind(hidden_layer_sizes=4, max_iter=300, random_state=0)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*learned nothing")
        warnings.filterwarnings("ignore", message="training stopped")
        model.fit(X, y > 0.0 if kind in CLASSIFIERS else y)


@every_estimator
@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_last_step_that_explodes_is_noticed_and_taken_back(kind, early_stopping):
    X = matrix()
    y = target_for(kind, X)
    settings = QUICK | {"max_iter": 1, "learning_rate_init": 1e3}
    model = kind(**settings, early_stopping=early_stopping)
    with pytest.raises(TrainingDivergedError, match="lower learning_rate_init"):
        model.fit(X, y)
    start = kind(**settings | {"learning_rate_init": 1e-12}).fit(X, y)
    # What it began with; early stopping draws the sequences set aside before the weights.
    if not early_stopping:
        np.testing.assert_allclose(model.weights_["W_hh"], start.weights_["W_hh"], atol=1e-9)
    assert np.abs(model.weights_["W_yh"]).max() < 10.0


@every_estimator
def test_a_partial_fit_whose_step_explodes_is_an_error(kind):
    X = matrix()
    y = target_for(kind, X)
    more = {"classes": np.unique(y)} if kind in CLASSIFIERS else {}
    with pytest.raises(TrainingDivergedError, match="blown up"):
        kind(**QUICK | {"learning_rate_init": 1e4}).partial_fit(X, y, **more)


def test_a_last_step_that_makes_things_worse_does_not_advise_to_raise_the_rate():
    X = matrix()
    model = GRURegressor(**QUICK | {"max_iter": 1, "learning_rate_init": 3.0})
    with pytest.warns(ConvergenceWarning, match="worse.*lower learning_rate_init") as caught:
        model.fit(X, means(X))
    assert not any("raise" in str(one.message) for one in caught)
    assert model.score(X, means(X)) > -1.0


@pytest.mark.filterwarnings("ignore:training stopped at max_iter")
@pytest.mark.filterwarnings("ignore:.*learned nothing")
def test_accuracy_is_counted_as_an_epoch_goes_on():
    """With steps that are next to nothing it is that of the network itself, weights and all."""
    X = matrix(90)
    y = np.arange(90) % 3
    weights = np.arange(1.0, 91.0)
    settings = QUICK | {"max_iter": 2, "learning_rate_init": 1e-12, "batch_size": 20}
    model = GRUClassifier(**settings, n_jobs=2).fit(X, y, weights)
    counted = model.history_["accuracy"]
    assert counted == pytest.approx([model.score(X, y, weights)] * 2, rel=1e-6)  # float32 weights
    model.partial_fit(X, y, sample_weight=weights)
    assert len(model.history_["accuracy"]) == 3


@every_estimator
@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_warm_start_does_not_end_worse_than_it_began_in_silence(kind, early_stopping):
    X = matrix(100)
    y = target_for(kind, X)
    model = kind(**QUICK | {"max_iter": 150, "learning_rate_init": 0.01})
    settings = {"X_val": X, "y_val": y} if early_stopping else {}
    model.set_params(warm_start=True, early_stopping=early_stopping).fit(X, y, **settings)
    score, losses = model.score(X, y), len(model.loss_curve_)
    model.set_params(learning_rate_init=0.3, max_iter=4)
    with pytest.warns(ConvergenceWarning, match="training (went on|made the loss worse)"):
        model.fit(X, y, **settings)
    # Of classes it is the loss that is compared, and of losses a tolerance.
    assert model.score(X, y) >= score - 0.01
    watched = model.history_["val_loss" if early_stopping else "loss"]
    if early_stopping:
        assert model.best_loss_ == min(watched)
    else:
        assert model.best_loss_ == min(watched[losses:])


def noisy_sums(seed, n=1000):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 6))
    return X, X[:, -1] + 0.5 * X[:, -3] + rng.normal(size=n)


@pytest.mark.filterwarnings("ignore:training stopped at max_iter")
def test_a_warm_start_that_comes_to_something_better_is_kept():
    """Judged on all sequences: on the first batch one network in three seemed to be worse."""
    for seed in range(6, 10):
        X, y = noisy_sums(seed)
        settings = {"hidden_layer_sizes": 4, "max_iter": 6, "batch_size": 50}
        model = ElmanRNNRegressor(**settings, warm_start=True, random_state=seed).fit(X, y)
        score = model.score(X, y)
        with warnings.catch_warnings():
            warnings.filterwarnings("error", ".*worse")
            model.fit(X, y)
        assert model.score(X, y) > score


def test_weights_from_elsewhere_are_what_a_warm_start_began_with():
    X = matrix(100)
    y = means(X)
    good = ElmanRNNRegressor(**QUICK | {"max_iter": 300, "learning_rate_init": 0.01}).fit(X, y)
    settings = QUICK | {"max_iter": 4, "learning_rate_init": 0.3, "warm_start": True}
    model = ElmanRNNRegressor.from_keras_weights(good.to_keras_weights(), **settings)
    score = model.score(X, y)
    with pytest.warns(ConvergenceWarning, match="training (went on|made the loss worse)"):
        model.fit(X, y)
    assert model.score(X, y) >= score - 0.01


def test_what_is_told_of_samples_that_are_the_same_is_told_of_each():
    """Classes of 46% and 54%: next to nothing, but of 40,000 samples no chance."""
    rng = np.random.default_rng(8)
    X = rng.integers(0, 2, size=(40_000, 3)).astype(float)
    y = (rng.uniform(size=40_000) < 0.46 + 0.08 * X[:, -1]).astype(int)
    model = ElmanRNNClassifier(hidden_layer_sizes=4, solver="lbfgs", random_state=0).fit(X, y)
    shares = model.predict_proba([[0.0, 0.0, 0.0], [0.0, 0.0, 1.0]])[:, 1]
    # Four standard errors of the share of half of the samples.
    np.testing.assert_allclose(shares, [0.46, 0.54], atol=0.015)


@pytest.mark.filterwarnings("ignore:the network's output is not finite:RuntimeWarning")
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("n_classes", [2, 3])
def test_an_output_that_is_not_a_number_is_no_class(n_classes):
    X = cube()
    y = np.arange(60) % n_classes
    model = ElmanRNNClassifier(**QUICK | {"max_iter": 1}, activation="identity").fit(X, y)
    model.weights_["W_yh"][:] = np.inf
    for use in (model.predict, model.predict_proba, model.predict_log_proba):
        with pytest.raises(ValueError, match=r"output for X\[0\] is .* says nothing of its label"):
            use(X)


@pytest.mark.parametrize("rate", [1e4, 1e38])
def test_texts_are_trained_to_probabilities_or_to_an_error(rate):
    texts, y = ["a b c", "b d", "c c a d", "d"] * 5, [0, 1, 0, 1] * 5
    model = TextRNNClassifier(learning_rate_init=rate, max_iter=1, random_state=0)
    with pytest.raises(TrainingDivergedError, match="lower learning_rate_init"):
        model.fit(texts, y)
    assert np.isfinite(model.predict_proba(texts)).all()


# Looking on, and stopping.


def test_a_callback_sees_each_epoch_and_ends_training():
    X = matrix()
    states = []

    def third(state):
        states.append(state)
        return state.epoch == 3

    model = GRURegressor(**QUICK, callback=third)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(X, means(X))
    assert [state.epoch for state in states] == [1, 2, 3]
    assert states[-1].history == model.history_
    assert len(states[0].history["loss"]) == 1
    assert not np.array_equal(states[0].weights["W_hh"], states[1].weights["W_hh"])
    for name, array in states[-1].weights.items():
        np.testing.assert_array_equal(array, model.weights_[name])
        array[:] = np.nan  # a copy
    assert np.isfinite(model.predict(X)).all()


@every_solver
def test_verbose_shows_a_bar_with_losses_and_scores(capsys, solver):
    X = matrix()
    model = GRURegressor(**QUICK | {"max_iter": 5}, solver=solver, verbose=True).fit(X, means(X))
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "GRURegressor" in shown.err
    assert "loss=" in shown.err and "r2=" in shown.err
    assert list(model.history_) == ["loss", "r2"]
    GRURegressor(**QUICK | {"max_iter": 5}, solver=solver).fit(X, means(X))
    assert capsys.readouterr().err == ""
    classifier = GRUClassifier(**QUICK | {"max_iter": 5}, solver=solver, verbose=1)
    classifier.fit(X, labels(X), X_val=X, y_val=labels(X))
    assert "val_accuracy=" in capsys.readouterr().err


@every_solver
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_ctrl_c_ends_training_within_a_second_and_keeps_a_model(solver, n_jobs):
    """A signal while it trains on what would take minutes."""
    X = np.random.default_rng(0).standard_normal((2000, 150, 4)).astype(np.float32)
    y = X[:, -5:].sum(axis=(1, 2))
    LSTMRegressor(max_iter=1).fit(X[:10], y[:10])  # compiled
    sent = []

    def send():
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    def after_first(state):
        # Not by the clock: on a busy machine it would ring before there is anything to keep.
        if state.epoch == 1:
            threading.Timer(0.3, send).start()

    model = LSTMRegressor(
        hidden_layer_sizes=16,
        max_iter=10_000,
        solver=solver,
        n_jobs=n_jobs,
        random_state=0,
        callback=after_first,
    )
    with pytest.warns(ConvergenceWarning, match="interrupted"):
        model.fit(X, y)
    # Of a busy machine's time; where it is not, it takes some hundredths.
    assert time.monotonic() - sent[0] < 1.0
    assert np.isfinite(model.predict(X[:10])).all()
    assert model.n_iter_ == len(model.loss_curve_)
    assert threading.active_count() < 10


@pytest.mark.parametrize("kind", [GRURegressor, LSTMRegressor])
def test_once_a_thread_is_interrupted_the_others_make_no_further_calls(kind, monkeypatch):
    X = np.random.default_rng(0).standard_normal((64, 2000))
    interrupted, calls_after, own = threading.Event(), [], Workspace.steps

    def noted(self, *arguments):
        for k, bounds in enumerate(own(self, *arguments)):
            if threading.current_thread() is threading.main_thread() and k == 3:
                interrupted.set()
                raise KeyboardInterrupt
            if interrupted.is_set():
                calls_after.append(bounds)
            yield bounds

    monkeypatch.setattr(Workspace, "steps", noted)
    # A step a call, so that there are tens of thousands of them.
    monkeypatch.setattr("tsrnn._recurrent.run._SHARE_FLOPS", 1.0)
    with pytest.raises(KeyboardInterrupt):
        kind(n_jobs=3, max_iter=1).fit(X, X[:, 0])
    # What is done until the news is round.
    assert len(calls_after) < 1000


def test_a_search_over_estimators_that_ctrl_c_stops_does_not_go_on_to_the_next():
    X = matrix()
    fits = []

    def interrupt(state):
        if state.epoch == 2:
            fits.append(state)
            raise KeyboardInterrupt
        return False

    model = GRURegressor(**QUICK, callback=interrupt)
    for search in (
        lambda: GridSearchCV(model, {"l2": [0.0, 1.0]}, cv=3).fit(X, means(X)),
        lambda: cross_val_score(model, X, means(X), cv=3),
        lambda: BaggingRegressor(model, n_estimators=3).fit(X, means(X)),
    ):
        fits.clear()
        with pytest.raises(KeyboardInterrupt):
            search()
        assert len(fits) == 1
    # Called by its user it keeps what it has, and says so.
    with pytest.warns(ConvergenceWarning, match="interrupted after 2 epochs"):
        model.fit(X, means(X))
    assert model.n_iter_ == 2


def test_ctrl_c_within_the_first_epoch_leaves_no_untrained_network(monkeypatch):
    """Some batches have been gone through, and no epoch has ended."""
    X = matrix()
    own, calls = NetworkObjective.loss_and_gradient, []

    def interrupted(*arguments):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return own(*arguments)

    monkeypatch.setattr(NetworkObjective, "loss_and_gradient", interrupted)
    model = GRURegressor(**QUICK)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, means(X))
    assert not hasattr(model, "weights_")


@every_estimator
def test_no_threads_are_left_behind_or_pickled(kind):
    X = ragged(200)
    before = threading.active_count()
    model = kind(**QUICK, n_jobs=2).fit(X, target_for(kind, X))
    model.predict(X)
    assert threading.active_count() == before
    pickle.loads(pickle.dumps(model)).predict(X)


@pytest.mark.parametrize(
    "arguments", [{"tol": 1e300}, {"tol": 1.5}, {"max_iter": 10**30}, {"bptt_steps": 10**30}]
)
def test_numbers_that_end_training_at_once_or_never_are_refused(arguments):
    (name,) = arguments
    X, y = np.arange(40.0).reshape(10, 4), np.arange(10.0)
    with pytest.raises(InvalidParameterError, match=f"{name} must be"):
        ElmanRNNRegressor(**arguments).fit(X, y)


@every_solver
def test_ctrl_c_before_anything_is_learned_leaves_the_estimator_as_it_was(solver, monkeypatch):
    X = np.random.default_rng(0).standard_normal((60, 5))
    y = X[:, -1]
    model = ElmanRNNRegressor(max_iter=3, solver=solver, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X, y)
    before = model.predict(X)

    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("tsrnn.sequence.objective.NetworkObjective.loss_and_gradient", interrupted)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, 2.0 * y)
    np.testing.assert_array_equal(model.predict(X), before)
