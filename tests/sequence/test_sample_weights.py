"""Weights of sequences and of classes, and the labels that are missing or weigh nothing."""

import numpy as np
import pandas as pd
import pytest
from sequence_data import (
    CLASSIFIERS,
    ESTIMATORS,
    QUICK,
    cube,
    labels,
    matrix,
    means,
    ragged,
    target_for,
    uneven,
)
from sklearn.base import clone

from tsrnn import (
    ElmanRNNClassifier,
    GRUClassifier,
)
from tsrnn.exceptions import InvalidParameterError

# Training is cut short here, and says so.
pytestmark = pytest.mark.filterwarnings(
    "ignore:training stopped:sklearn.exceptions.ConvergenceWarning"
)

every_estimator = pytest.mark.parametrize("kind", ESTIMATORS)


# Weights of samples and of classes.


@pytest.mark.filterwarnings("ignore:.*learned nothing:sklearn.exceptions.ConvergenceWarning")
@every_estimator
@pytest.mark.parametrize("solver", ["adam", "rmsprop", "sgd", "lbfgs"])
def test_repeating_sequences_is_weighting_them_to_the_last_bit(kind, solver):
    """In whatever order; as long as a step is made of all of them."""
    X = uneven(kind, 40)
    y = target_for(kind, X)
    rng = np.random.default_rng(2)
    counts = rng.integers(0, 4, 40)
    rows = rng.permutation(np.arange(40).repeat(counts))
    settings = QUICK | {"batch_size": len(rows), "solver": solver}
    weighted = kind(**settings).fit(X, y, sample_weight=counts)
    repeated = kind(**settings).fit([X[i] for i in rows], y[rows])
    for name, array in weighted.weights_.items():
        np.testing.assert_array_equal(array, repeated.weights_[name], err_msg=name)
    assert weighted.history_ == repeated.history_


@pytest.mark.parametrize("kind", CLASSIFIERS)
@pytest.mark.parametrize("class_weight", [{"high": 3.0}, "balanced"])
def test_class_weights_multiply_sample_weights(kind, class_weight):
    X = ragged(40)
    y = np.where(means(X) > 0.2, "high", "low")
    weights = np.random.default_rng(3).uniform(0.5, 1.5, 40)
    of_labels = np.where(y == "high", 3.0, 1.0)
    if class_weight == "balanced":
        sums = {label: weights[y == label].sum() for label in ("high", "low")}
        of_labels = np.array([weights.sum() / (2.0 * sums[label]) for label in y])
    by_class = kind(**QUICK, class_weight=class_weight).fit(X, y, sample_weight=weights)
    by_sample = kind(**QUICK).fit(X, y, sample_weight=weights * of_labels)
    # Sums of the weights in another order, over some dozens of steps.
    np.testing.assert_allclose(by_class.predict_proba(X), by_sample.predict_proba(X), rtol=1e-8)


@pytest.mark.filterwarnings("ignore:.*learned nothing:sklearn.exceptions.ConvergenceWarning")
def test_class_weights_count_for_steps_as_well():
    """Labels that cannot be told apart: the probability is that of the weights."""
    X = np.zeros((50, 4))
    y = np.random.default_rng(0).uniform(size=(50, 4)) < 0.2
    settings = {
        "hidden_layer_sizes": 2,
        "solver": "lbfgs",
        "l2": 0.0,
        "random_state": 0,
        "tol": 1e-9,
    }
    model = GRUClassifier(**settings, class_weight={True: 3.0}, return_sequences=True).fit(X, y)
    expected = 3.0 * y.mean(axis=0) / (3.0 * y.mean(axis=0) + (1.0 - y.mean(axis=0)))
    # Where the search stops: a gradient of 1e-9.
    np.testing.assert_allclose(model.predict_proba(X)[0, :, 1], expected, atol=1e-2)
    balanced = clone(model).set_params(class_weight="balanced").fit(X, y)
    share = y.mean()
    by_hand = clone(model).set_params(class_weight={True: 0.5 / share, False: 0.5 / (1 - share)})
    by_hand.fit(X, y)
    np.testing.assert_allclose(balanced.predict_proba(X), by_hand.predict_proba(X), rtol=1e-6)


@pytest.mark.parametrize("by_class", [False, True])
def test_what_has_no_weight_is_not_learned_but_its_label_stays(by_class):
    X = matrix()
    y = np.where(np.arange(60) < 50, labels(X), "other")
    model = ElmanRNNClassifier(**QUICK | {"max_iter": 60})
    if by_class:
        model.set_params(class_weight={"other": 0.0}).fit(X, y)
    else:
        model.fit(X, y, sample_weight=np.arange(60) < 50)
    np.testing.assert_array_equal(model.classes_, ["high", "low", "other"])
    assert model.predict_proba(X).shape == (60, 3)
    assert "other" not in model.predict(X)


@pytest.mark.parametrize("kind", CLASSIFIERS)
@pytest.mark.parametrize("by_step", [False, True])
@pytest.mark.parametrize("way", ["fit", "X_val", "partial_fit"])
def test_class_weights_that_leave_nothing_are_refused_in_words(kind, by_step, way):
    X = matrix()
    y = labels(X)
    y = np.repeat(y[:, None], X.shape[1], axis=1) if by_step else y
    low = y.reshape(60, -1)[:, 0] == "low"
    model = kind(**QUICK, class_weight={"low": 0.0}, return_sequences=by_step)
    if way == "fit":
        with pytest.raises(ValueError, match="one class only: 'high'"):
            model.fit(X, y)
    elif way == "X_val":
        y = y.copy()
        y[:10] = "other"
        with pytest.raises(ValueError, match="y_val has no label of weight above zero: .*'low'"):
            model.fit(X, y, X_val=X[low], y_val=np.full_like(y[low], "low"))
    else:
        with pytest.raises(ValueError, match="y has no label of weight above zero: .*'low'"):
            model.partial_fit(X[low], y[low], classes=["high", "low"])
    assert "classes_" not in vars(model)


def test_a_part_set_aside_whose_labels_have_no_weight_is_refused_in_words():
    X = matrix()
    y = np.zeros(X.shape, int)
    y[:2], y[2:4] = 1, 2
    settings = QUICK | {"early_stopping": True, "return_sequences": True}
    with pytest.raises(ValueError, match="that early_stopping sets aside has no label of weight"):
        ElmanRNNClassifier(**settings, class_weight={0: 0.0}).fit(X, y)


@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_a_class_of_which_no_sample_has_a_weight_is_not_counted(class_weight):
    X = matrix()
    y = np.digitize(means(X), [-0.2, 0.2])
    weights = (y > 0).astype(float)
    settings = QUICK | {"class_weight": class_weight, "max_iter": 3}
    model = GRUClassifier(**settings).fit(X, y, sample_weight=weights)
    assert model.predict_proba(X).shape == (60, 3)
    two = GRUClassifier(**settings).fit(X[y > 0], y[y > 0])
    if class_weight == "balanced":
        np.testing.assert_allclose(model._class_weights[1:], two._class_weights, rtol=1e-12)


@pytest.mark.parametrize(
    "missing",
    [None, np.nan, pd.NA, pd.NaT, float("nan"), np.datetime64("NaT", "ns"), np.float32("nan")],
)
@pytest.mark.parametrize("others", ["a", 1, True])
@pytest.mark.parametrize("form", [list, tuple, pd.Series, pd.Categorical])
def test_a_missing_label_is_refused_with_its_row(missing, others, form):
    y = [others, "b" if others == "a" else 0] * 30
    y[7] = missing
    if form is not pd.Categorical:
        y = form(pd.Series(y, dtype=object)) if form is pd.Series else form(y)
    else:
        y = pd.Series(form(y))
    is_number = isinstance(missing, float | np.floating) or form is pd.Categorical
    name = "NaN" if is_number else str(missing)
    with pytest.raises(ValueError, match=rf"y\[7\] contains {name}: a label is missing"):
        ElmanRNNClassifier().fit(matrix(), y)


def test_missing_labels_are_found_wherever_they_are():
    X, y = matrix(), np.arange(60) % 2
    masked = np.ma.array(y, mask=np.arange(60) == 5)
    with pytest.raises(ValueError, match=r"y\[5\] contains a masked value"):
        ElmanRNNClassifier().fit(X, masked)
    nullable = pd.array([*y[:-1], None], dtype="Int64")
    with pytest.raises(ValueError, match=r"y_val\[59\] contains <NA>"):
        ElmanRNNClassifier().fit(X, y, X_val=X, y_val=nullable)
    by_step = [["a", "b"] * 4 for _ in range(60)]
    by_step[3][2] = np.nan
    for form in (by_step, np.array(by_step, dtype=object), pd.DataFrame(by_step)):
        with pytest.raises(ValueError, match=r"y\[3\] contains NaN at step 2"):
            ElmanRNNClassifier(return_sequences=True).fit(X, form)


@pytest.mark.parametrize(
    ("missing", "name"), [(None, "None"), (np.nan, "NaN"), (pd.NA, "<NA>"), (pd.NaT, "NaT")]
)
@pytest.mark.parametrize("form", [list, np.array, lambda y: pd.Series(y, dtype=object)])
def test_no_class_is_missing_nor_a_label_that_is_scored(missing, name, form):
    X, y = matrix(), np.arange(60) % 2
    message = r"{}\[2\] contains {}: a label is missing"
    with pytest.raises(ValueError, match=message.format("classes", name)):
        ElmanRNNClassifier().partial_fit(X, y, classes=form([0, 1, missing]))
    model = ElmanRNNClassifier(**QUICK).partial_fit(X, y, classes=[0, 1])
    with pytest.raises(ValueError, match=message.format("y", name)):
        model.score(X, form([0, 1, missing] + [0] * 57))
    with pytest.raises(ValueError, match="requires y to be passed"):
        model.score(X, None)
    arrays = model.to_keras_weights()
    with pytest.raises(ValueError, match=r"classes\[1\] contains"):
        ElmanRNNClassifier.from_keras_weights(arrays, form([0, missing]))


@pytest.mark.parametrize("by_step", [False, True])
@pytest.mark.parametrize(
    "weights", [(1e-50, 1e-50), (1e-44, 1e-44), (1e-50, 1.0), (1e50, 1.0), (1e38, 1e38)]
)
def test_class_weights_beyond_single_precision_are_refused(weights, by_step):
    X = cube().astype(np.float32)
    y = np.arange(len(X)) % 2
    y = np.repeat(y[:, None], X.shape[1], axis=1) if by_step else y
    model = ElmanRNNClassifier(
        **QUICK, class_weight=dict(enumerate(weights)), return_sequences=by_step
    )
    for method in (model.fit, model.partial_fit):
        classes = {"classes": [0, 1]} if method == model.partial_fit else {}
        with pytest.raises(InvalidParameterError, match="class_weight.* beyond the range of flo"):
            method(X, y, **classes)
    assert model.fit(X.astype(float), y).n_iter_ > 0  # double precision has them


def test_it_is_the_product_of_class_and_sample_weights_that_must_be_in_range():
    X, y = cube().astype(np.float32), np.arange(60) % 2
    model = ElmanRNNClassifier(**QUICK, class_weight={0: 1e38, 1: 1e38})
    assert model.fit(X, y, sample_weight=np.full(60, 1e-37)).n_iter_ > 0
    with pytest.raises(InvalidParameterError, match="class_weight, times sample_weight, is beyond"):
        model.fit(X, y, sample_weight=np.full(60, 10.0))
