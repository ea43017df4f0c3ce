"""Sequence estimators: what they take, what they give, and how they live with scikit-learn."""

import contextlib
import copy
import io
import pickle
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest
from sequence_data import (
    CLASSIFIERS,
    ESTIMATORS,
    INPUTS,
    LACKS,
    QUICK,
    REGRESSORS,
    cube,
    having,
    labels,
    matrix,
    means,
    ragged,
    running_means,
    target_for,
    uneven,
    with_inputs,
)
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tsrnn import (
    DenseWindowRegressor,
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
every_estimator_and_input = pytest.mark.parametrize(("kind", "shape"), with_inputs(ESTIMATORS))
by_step_too = pytest.mark.parametrize(
    ("kind", "by_step"),
    [(kind, False) for kind in ESTIMATORS]
    + [(kind, True) for kind in having(ESTIMATORS, "return_sequences")],
)


def some_of(X, rows):
    return X[rows] if isinstance(X, np.ndarray) else [X[i] for i in np.atleast_1d(rows)]


def state_of(estimator):
    """Everything an estimator holds, to compare with later."""
    return pickle.dumps(vars(estimator))


# What they take and give.


@every_estimator_and_input
def test_one_target_a_sequence_is_learned_from_any_kind_of_input(kind, shape):
    X = INPUTS[shape](200)
    y = target_for(kind, X)
    model = kind(**QUICK | {"max_iter": 100}).fit(some_of(X, range(150)), y[:150])
    predictions = model.predict(some_of(X, range(150, 200)))
    assert predictions.shape == (50,)
    score = model.score(some_of(X, range(150, 200)), y[150:])
    compare = accuracy_score if kind in CLASSIFIERS else r2_score
    assert score == compare(y[150:], predictions)
    assert score > 0.8  # of noise-free targets


@pytest.mark.parametrize(("kind", "shape"), with_inputs(having(ESTIMATORS, "return_sequences")))
def test_one_target_a_step_is_learned_from_any_kind_of_input(kind, shape):
    X = INPUTS[shape](200)
    y = running_means(X)
    if kind in CLASSIFIERS:
        y = y > 0.0 if isinstance(y, np.ndarray) else [target > 0.0 for target in y]
    model = kind(**QUICK | {"max_iter": 120}, return_sequences=True)
    model.fit(some_of(X, range(150)), y[:150])
    test, truth = some_of(X, range(150, 200)), y[150:]
    predictions = model.predict(test)
    assert [len(one) for one in predictions] == [len(one) for one in test]
    compare = accuracy_score if kind in CLASSIFIERS else r2_score
    expected = compare(np.concatenate(list(truth)), np.concatenate(list(predictions)))
    # Sums in another order.
    assert model.score(test, truth) == pytest.approx(expected, rel=1e-12)
    assert model.score(test, truth) > 0.8
    assert isinstance(predictions, np.ndarray)
    assert predictions.shape == ((50, 8) if shape != "ragged" else (50,))


@pytest.mark.parametrize("kind", REGRESSORS)
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_a_regressor_gives_outputs_in_the_shape_of_its_targets(kind, n_outputs):
    X = cube()
    Y = np.stack([means(X) * 10.0**i for i in range(n_outputs)], axis=1)
    model = kind(**QUICK | {"max_iter": 150}).fit(X, Y)
    assert model.predict(X).shape == Y.shape
    assert model.score(X, Y) > 0.8


@pytest.mark.parametrize("kind", having(REGRESSORS, "return_sequences"))
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_a_regressor_of_steps_gives_outputs_in_the_shape_of_its_targets(kind, n_outputs):
    X = cube()
    Y = np.stack([means(X) * 10.0**i for i in range(n_outputs)], axis=1)
    by_step = np.repeat(Y[:, None], X.shape[1], axis=1)
    model = kind(**QUICK, return_sequences=True).fit(X, by_step)
    assert model.predict(X).shape == by_step.shape
    model.fit(list(X), list(by_step))
    assert [one.shape for one in model.predict(list(X))] == [one.shape for one in by_step]


@pytest.mark.parametrize("kind", CLASSIFIERS)
@pytest.mark.parametrize(
    "names", [(0, 1), (-1.0, 1.0), (False, True), ("a", "b"), (3, 1, 2), ("x", "yy", "zzz")]
)
def test_a_classifier_keeps_labels_of_any_type(kind, names):
    X = matrix(100)
    quantiles = np.quantile(means(X), np.arange(1, len(names)) / len(names))
    y = np.array(names)[np.searchsorted(quantiles, means(X))]
    model = kind(**QUICK | {"max_iter": 100}).fit(X, y)
    np.testing.assert_array_equal(model.classes_, np.unique(names))
    assert model.predict(X).dtype == y.dtype
    assert model.score(X, y) > 0.8
    probabilities = model.predict_proba(X)
    assert probabilities.shape == (100, len(names))
    # Roundings of a sum of three.
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-14)
    np.testing.assert_allclose(np.exp(model.predict_log_proba(X)), probabilities, rtol=1e-12)
    np.testing.assert_array_equal(model.classes_[probabilities.argmax(axis=1)], model.predict(X))
    decision = model.decision_function(X)
    if len(names) == 2:
        assert decision.shape == (100,)
        odds = probabilities[:, 1] / probabilities[:, 0]
        np.testing.assert_allclose(np.exp(decision), odds, rtol=1e-12)
    else:
        assert decision.shape == (100, 3)


@pytest.mark.parametrize("kind", CLASSIFIERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logarithms_order_labels_as_the_probabilities_do(kind, dtype):
    """Also where two labels are so unlikely that their probabilities are the same number."""
    X = matrix(100).astype(dtype)
    y = np.searchsorted(np.quantile(means(X), [1 / 3, 2 / 3]), means(X))
    model = kind(**QUICK | {"max_iter": 20}).fit(X, y)
    for stretch in (1.0, 1e2, 1e4):
        model.weights_["W_yh"] *= stretch
        probabilities = model.predict_proba(X)
        logs = model.predict_log_proba(X)
        assert np.isfinite(logs).all()
        np.testing.assert_array_equal(np.argsort(logs), np.argsort(probabilities))
        np.testing.assert_allclose(logs, np.log(probabilities), rtol=1e-5, atol=1e-6)
    assert (probabilities == np.finfo(dtype).tiny).any()


def test_a_classifier_of_steps_gives_probabilities_of_steps():
    X, lists = matrix(), ragged()
    model = GRUClassifier(**QUICK, return_sequences=True)
    model.fit(X, X.cumsum(axis=1) > 0.0)
    assert model.predict_proba(X).shape == (60, 8, 2)
    assert model.predict_log_proba(X).shape == (60, 8, 2)
    assert model.decision_function(X).shape == (60, 8)
    model.fit(
        lists, [np.where(x[:, 0] > 0.5, "up", np.where(x[:, 1] > 0, "on", "off")) for x in lists]
    )
    assert [one.shape for one in model.predict_proba(lists)] == [(len(x), 3) for x in lists]
    assert [one.shape for one in model.decision_function(lists)] == [(len(x), 3) for x in lists]
    assert model.predict(lists)[0].dtype == np.dtype("<U3")


@pytest.mark.parametrize(("kind", "shape"), with_inputs(having(REGRESSORS, "hidden_states")))
def test_hidden_states_are_those_of_every_step(kind, shape):
    X = INPUTS[shape]()
    model = kind(**QUICK | {"hidden_layer_sizes": (5, 3)}, bidirectional=True).fit(X, means(X))
    states = model.hidden_states(X)
    assert [one.shape for one in states] == [(len(x), 6) for x in X]
    # What the output reads: the last state forwards, and the first one, which is last backwards.
    last = np.array([np.concatenate([one[-1, :3], one[0, 3:]]) for one in states])
    outputs = last @ model.weights_["W_yh"].T + model.weights_["b_y"]
    expected = outputs * model.target_spread_ + model.target_center_
    # The same sums by another product.
    np.testing.assert_allclose(expected[:, 0], model.predict(X), rtol=1e-10)


@by_step_too
def test_single_precision_is_kept_and_tells_nearly_the_same(kind, by_step):
    X = cube()
    y = running_means(X) if by_step else means(X)
    y = y > 0.0 if kind in CLASSIFIERS else y
    settings = QUICK | ({"return_sequences": True} if by_step else {})
    double = kind(**settings).fit(X, y)
    single = kind(**settings).fit(X.astype(np.float32), y)
    assert {array.dtype for array in single.weights_.values()} == {np.dtype(np.float32)}
    assert {array.dtype for array in double.weights_.values()} == {np.dtype(np.float64)}
    method = "predict_proba" if kind in CLASSIFIERS else "predict"
    predictions = getattr(single, method)(X.astype(np.float32))
    assert predictions.dtype == np.float32
    if having([kind], "hidden_states"):
        assert single.hidden_states(X.astype(np.float32)).dtype == np.float32
    assert getattr(double, method)(X).dtype == np.float64
    # Some dozens of steps of training apart.
    np.testing.assert_allclose(predictions, getattr(double, method)(X), atol=1e-2)


def test_integers_are_taken_as_double_precision():
    X = np.random.default_rng(0).integers(0, 5, (40, 6))
    model = GRURegressor(**QUICK).fit(X, X.sum(axis=1))
    assert model.predict(X).dtype == np.float64
    assert model.weights_["W_hx"].dtype == np.float64


@every_estimator
def test_frames_and_series_are_taken_and_their_columns_remembered(kind):
    X = matrix()
    frame = pd.DataFrame(X, columns=[f"lag {i}" for i in range(8, 0, -1)])
    y = pd.Series(target_for(kind, X))
    model = kind(**QUICK).fit(frame, y)
    np.testing.assert_array_equal(model.feature_names_in_, frame.columns)
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[frame.columns[::-1]])


# The network reads standardised data, and the units are there to see.


@pytest.mark.parametrize("kind", REGRESSORS)
def test_the_units_of_inputs_and_targets_make_no_difference(kind):
    X = cube()
    y = means(X)
    plain = kind(**QUICK).fit(X, y)
    other = kind(**QUICK).fit(1e6 * X + 3e6, 1e-3 * y - 5.0)
    expected = 1e-3 * plain.predict(X) - 5.0
    # Rounding of 3e6 in units of 1e6, over some dozens of steps.
    np.testing.assert_allclose(other.predict(1e6 * X + 3e6), expected, rtol=1e-9)


def test_units_are_means_and_deviations_by_sample_weight():
    X, weights = ragged(), np.random.default_rng(1).uniform(size=60)
    y = means(X)
    model = GRURegressor(**QUICK).fit(X, y, sample_weight=weights)
    steps, of_steps = np.concatenate(X), np.repeat(weights, [len(x) for x in X])
    center = np.average(steps, axis=0, weights=of_steps)
    # The same sums in another order.
    np.testing.assert_allclose(model.input_center_, center, rtol=1e-12)
    variance = np.average((steps - center) ** 2, axis=0, weights=of_steps)
    np.testing.assert_allclose(model.input_spread_**2, variance, rtol=1e-12)
    target_center = np.average(y, weights=weights)
    np.testing.assert_allclose(model.target_center_, [target_center], rtol=1e-12)
    variance = np.average((y - target_center) ** 2, weights=weights)
    np.testing.assert_allclose(model.target_spread_**2, [variance], rtol=1e-12)


@every_estimator
def test_without_standardization_the_weights_act_on_data_as_it_is(kind):
    X = cube()
    model = kind(**QUICK, standardize=False).fit(X, target_for(kind, X))
    np.testing.assert_array_equal(model.input_center_, [0.0, 0.0])
    np.testing.assert_array_equal(model.input_spread_, [1.0, 1.0])
    if kind in REGRESSORS:
        np.testing.assert_array_equal(model.target_center_, [0.0])
        np.testing.assert_array_equal(model.target_spread_, [1.0])
    assert model.score(X, target_for(kind, X)) > 0.5


# In scikit-learn's tools.


@every_estimator_and_input
def test_a_grid_is_searched_on_any_kind_of_input(kind, shape):
    X = INPUTS[shape](40)
    y = target_for(kind, X)
    search = GridSearchCV(kind(**QUICK), {"hidden_layer_sizes": [2, (3, 2)]}, cv=3)
    search.fit(X, y)
    assert search.best_params_["hidden_layer_sizes"] in [2, (3, 2)]
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.predict(X).shape == y.shape


@every_estimator_and_input
def test_cross_validation_predicts_each_fold_by_the_others(kind, shape):
    X = INPUTS[shape](40)
    y = target_for(kind, X)
    predictions = cross_val_predict(kind(**QUICK), X, y, cv=3)
    assert predictions.shape == y.shape
    assert len(cross_val_score(kind(**QUICK), X, y, cv=3)) == 3


@every_estimator
def test_a_pipeline_scales_matrices_beforehand(kind):
    X = matrix() * 100.0 + 1000.0
    y = target_for(kind, X - 1000.0)
    network = kind(**QUICK, learning_rate_init=0.005)
    pipeline = make_pipeline(StandardScaler(), network).fit(X, y)
    assert pipeline.score(X, y) > 0.5
    assert pipeline.predict(X).shape == (60,)


@every_estimator_and_input
def test_copies_predict_alike(kind, shape):
    X = INPUTS[shape]()
    model = kind(**QUICK).fit(X, target_for(kind, X))
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(other.predict(X), model.predict(X))
        np.testing.assert_array_equal(
            other.fit(X, target_for(kind, X)).predict(X), model.predict(X)
        )
    with pytest.raises(NotFittedError):
        clone(model).predict(X)


def test_weights_that_a_user_sets_are_those_that_predict():
    X = matrix()
    model = ElmanRNNRegressor(**QUICK).fit(X, means(X))
    model.weights_["W_yh"][:] = 0.0
    model.weights_["b_y"][:] = 1.0
    expected = model.target_center_[0] + model.target_spread_[0]
    np.testing.assert_array_equal(model.predict(X), np.full(60, expected))


# The same, always.


@every_estimator
@pytest.mark.parametrize("sizes", [6, (5, 3)])
def test_one_thread_and_two_train_the_same_model_to_the_last_bit(kind, sizes):
    X = uneven(kind, 200)
    y = target_for(kind, X)
    settings = QUICK | {"hidden_layer_sizes": sizes, "max_iter": 3, "batch_size": 64}
    one, two = (kind(**settings, n_jobs=n).fit(X, y) for n in (1, 2))
    for name, array in one.weights_.items():
        np.testing.assert_array_equal(array, two.weights_[name], err_msg=name)
    assert one.history_ == two.history_
    np.testing.assert_array_equal(one.predict(X), two.predict(X))
    if having([kind], "hidden_states"):
        np.testing.assert_array_equal(one.hidden_states(X)[0], two.hidden_states(X)[0])


def test_the_same_seed_trains_the_same_model_in_another_process():
    code = """
import numpy as np, warnings
from tsrnn import LSTMRegressor
warnings.simplefilter("ignore")
X = np.random.default_rng(0).standard_normal((300, 6, 2))
model = LSTMRegressor(hidden_layer_sizes=4, max_iter=3, early_stopping=True, random_state=7)
print(*(array.tobytes().hex() for array in model.fit(X, X.sum(axis=(1, 2))).weights_.values()))
"""
    run = [sys.executable, "-c", code]
    other = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()) as own:
        exec(code, {})
    assert len(other) > 100
    assert own.getvalue() == other


def test_another_seed_trains_another_model():
    X = matrix()
    a, b = (ElmanRNNRegressor(**QUICK | {"random_state": seed}).fit(X, means(X)) for seed in (0, 1))
    assert not np.array_equal(a.weights_["W_hh"], b.weights_["W_hh"])


# What is refused.

WRONG_ARGUMENTS = {
    "hidden_layer_sizes": [(), 0, (3, -1), 2.5, "3", (True,)],
    "solver": ["newton", None],
    "batch_size": [0, "all", 2.5],
    "learning_rate_init": [0.0, -1.0, np.inf, "fast"],
    "momentum": [-0.1, 1.0],
    "l2": [-1.0, None],
    "clip_norm": [0.0, "1"],
    "bptt_steps": [0, 2.5],
    "max_iter": [0, 1.5],
    "tol": [-1e-4, np.nan],
    "n_iter_no_change": [0],
    "early_stopping": ["yes", 1],
    "validation_fraction": [0.0, 1.0],
    "return_sequences": [None],
    "bidirectional": ["both"],
    "standardize": [2],
    "warm_start": ["on"],
    "verbose": [-1, "loud"],
    "n_jobs": [0, "two", 1.5],
    "callback": ["print"],
}


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        (kind, name, value)
        for name in WRONG_ARGUMENTS
        for kind in having([GRURegressor, ElmanRNNClassifier, DenseWindowRegressor], name)
        for value in WRONG_ARGUMENTS[name]
    ],
)
def test_a_wrong_argument_is_named_by_fit(kind, name, value):
    X = matrix()
    with pytest.raises(InvalidParameterError, match=name):
        kind(**{name: value}).fit(X, target_for(kind, X))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (ElmanRNNRegressor(activation="sine"), "activation"),
        (ElmanRNNClassifier(activation=None), "activation"),
        (GRUClassifier(class_weight="even"), "class_weight"),
        (GRUClassifier(class_weight={"high": -1.0}), "class_weight"),
        (GRURegressor(init="zero"), "init"),
        (GRURegressor(solver="lbfgs", bptt_steps=3), "bptt_steps=3"),
    ],
    ids=str,
)
def test_arguments_of_some_estimators_are_checked_too(model, message):
    X = matrix()
    with pytest.raises(InvalidParameterError, match=message):
        model.fit(X, target_for(model, X))


def test_a_search_may_cut_the_gradient_where_there_is_nothing_to_cut():
    X = matrix()
    LSTMRegressor(**QUICK, solver="lbfgs", bptt_steps=8).fit(X, means(X))


@every_estimator
@pytest.mark.parametrize("where", ["fit", "score"])
def test_a_wrong_number_of_targets_or_weights_is_refused(kind, where):
    X = uneven(kind)
    y = target_for(kind, X)
    call = getattr(kind(**QUICK).fit(X, y), where)
    with pytest.raises(ValueError, match="inconsistent"):
        call(X, y[:-1])
    if where == "fit":
        for weights in (np.ones(59), np.ones((60, 2)), -np.ones(60), np.zeros(60), [np.nan] * 60):
            with pytest.raises(ValueError, match="sample_weight"):
                call(X, y, sample_weight=weights)


@every_estimator
@pytest.mark.parametrize(
    ("weight", "dtype"), [(1e-60, "float32"), (1e39, "float32"), (1e307, "float64")]
)
def test_weights_that_the_precision_of_x_cannot_hold_are_refused(kind, weight, dtype):
    X = matrix()
    with pytest.raises(ValueError, match=f"sample_weight is beyond the range of {dtype}"):
        kind(**QUICK).fit(X.astype(dtype), target_for(kind, X), sample_weight=[weight] * 60)


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_labels_must_be_of_two_classes_or_more(kind):
    X = matrix()
    with pytest.raises(ValueError, match="one class"):
        kind().fit(X, np.ones(60, int))
    with pytest.raises(ValueError, match="one class"):
        kind().fit(X, labels(X), sample_weight=labels(X) == "high")
    with pytest.raises(ValueError, match="Unknown label type"):
        kind().fit(X, means(X))
    with pytest.raises(ValueError, match="NaN"):
        kind().fit(X, np.where(means(X) > 0.0, 1.0, np.nan))


@every_estimator
def test_a_changed_number_of_features_is_refused(kind):
    X = cube()
    model = kind(**QUICK).fit(X, target_for(kind, X))
    assert model.n_features_in_ == 2
    for other in (X[:, :, :1], ragged(n_features=3), matrix()):
        with pytest.raises(ValueError, match="feature"):
            model.predict(other)
    if having([kind], "ragged"):
        assert model.predict(X[:, :3]).shape == (60,)  # of steps there may be any number
    model = kind(**QUICK).fit(matrix(), target_for(kind, matrix()))
    assert model.n_features_in_ == 8
    with pytest.raises(ValueError, match="features"):
        model.predict(matrix(n_steps=7))


@every_estimator
def test_nan_and_sequences_without_steps_are_named_by_place(kind):
    X = uneven(kind)
    y = target_for(kind, X)
    model = kind(**QUICK).fit(X, y)
    X[7] = X[7].copy()
    X[7][2, 1] = np.nan
    for call in (lambda: model.predict(X), lambda: kind(**QUICK).fit(X, y)):
        with pytest.raises(ValueError, match=r"NaN.*X\[7\]|X\[7\].*NaN"):
            call()
    X[7] = np.empty((0, 2))
    with pytest.raises(ValueError, match=r"X\[7\] has length 0"):
        model.predict(X)


@every_estimator
def test_a_fit_that_fails_leaves_the_estimator_as_it_was(kind):
    X = cube()
    y = target_for(kind, X)
    model = kind(**QUICK).fit(X, y)
    before = state_of(model)
    nan = X.copy()
    nan[3, 2, 1] = np.nan
    for arguments in ((nan, y), (X, y[:-1]), (X[:, :, :1], y[:1])):
        with pytest.raises(ValueError):
            model.fit(*arguments)
        with pytest.raises(ValueError):
            model.partial_fit(*arguments)
        assert state_of(model) == before
    with pytest.raises(ValueError, match="X_val and y_val"):
        model.fit(X, y, X_val=X)
    with pytest.raises(ValueError, match="X_val"):
        model.fit(X, y, X_val=nan, y_val=y)

    def failing(state):
        raise ZeroDivisionError

    model.set_params(callback=failing)
    before = state_of(model.set_params(callback=None))
    with pytest.raises(ZeroDivisionError):
        model.set_params(callback=failing).fit(X, y)
    assert state_of(model.set_params(callback=None)) == before


@every_estimator
def test_nothing_works_before_fit(kind):
    X = matrix()
    model = kind()
    calls = {
        "predict": (X,),
        "score": (X, means(X)),
        "hidden_states": (X,),
        "gradient_norms": (X, means(X)),
        "to_rnn": (),
        "to_keras_weights": (),
        "to_torch_weights": (),
    }
    for name in calls.keys() - LACKS.get(kind, set()):
        with pytest.raises(NotFittedError):
            getattr(model, name)(*calls[name])


@pytest.mark.parametrize("kind", LACKS)
def test_what_the_tables_say_is_lacking_is_not_there(kind):
    methods = {name for name in dir(kind) if callable(getattr(kind, name))}
    assert not LACKS[kind].intersection(methods | kind().get_params().keys())
    with pytest.raises(ValueError, match="all of one length"):
        kind().fit(ragged(), means(ragged()))
