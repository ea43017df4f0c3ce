"""Reading X and y of sequence estimators: shapes, what is remembered at fit, what is refused."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold, cross_val_predict, cross_val_score
from sklearn.utils import Tags
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import check_is_fitted

from tsrnn._input.sequences import (
    Sequences,
    TargetLayout,
    read_sequences,
    read_step_labels,
    read_targets,
)

N, T, P = 4, 5, 2


def matrix(dtype=np.float64, n_steps=T):
    return np.random.default_rng(0).normal(size=(N, n_steps)).astype(dtype)


def cube(dtype=np.float64, n_features=P, n_steps=T):
    return np.random.default_rng(0).normal(size=(N, n_steps, n_features)).astype(dtype)


def ragged(n_features=None, lengths=(3, 1, 7, 2), dtype=np.float64):
    generator = np.random.default_rng(0)
    own = () if n_features is None else (n_features,)
    return [generator.normal(size=(length, *own)).astype(dtype) for length in lengths]


def equally_long(n_features=None, n_steps=T):
    return ragged(n_features, (n_steps,) * N)


def frames(*columns):
    return [pd.DataFrame(a, columns=columns) for a in ragged(len(columns))]


class Estimator(BaseEstimator):
    """Something to remember what was read at fit."""


def fitted(X):
    estimator = Estimator()
    read_sequences(estimator, X, reset=True)
    return estimator


def sequences_of(X):
    return read_sequences(Estimator(), X, reset=True)


def read_y(y, X, **settings):
    return read_targets(Estimator(), y, sequences_of(X), **({"return_sequences": True} | settings))


# What is passed, the arrays that it holds, the number of features that it has in scikit-learn's
# sense, whether it is one array.
FORMS = {
    "matrix": (matrix(), matrix(), T, True),
    "matrix in single precision": (matrix(np.float32), matrix(np.float32), T, True),
    "matrix by columns": (np.asfortranarray(matrix()), matrix(), T, True),
    "every other column": (np.repeat(matrix(), 2, axis=1)[:, ::2], matrix(), T, True),
    "frame": (pd.DataFrame(matrix()), matrix(), T, True),
    "plain lists": (matrix().tolist(), matrix(), T, False),
    "matrix of objects": (matrix().astype(object), matrix(), T, True),
    "cube": (cube(), cube(), P, True),
    "cube in single precision": (cube(np.float32), cube(np.float32), P, True),
    "nested plain lists": (cube().tolist(), cube(), P, False),
    "arrays": (ragged(), ragged(), 1, False),
    "arrays in single precision": (ragged(dtype=np.float32), ragged(dtype=np.float32), 1, False),
    "arrays of several features": (ragged(3), ragged(3), 3, False),
    "arrays of one length": (list(matrix()), matrix(), 1, False),
    "arrays of one shape": (list(cube()), cube(), P, False),
    "ragged plain lists": ([a.tolist() for a in ragged()], ragged(), 1, False),
    "frames": (frames("u", "v", "w"), ragged(3), 3, False),
}
every_form = pytest.mark.parametrize(
    ("X", "arrays", "n_features", "is_stacked"), FORMS.values(), ids=FORMS
)


@every_form
def test_every_form_is_read_as_steps_one_sequence_after_the_other(
    X, arrays, n_features, is_stacked
):
    estimator = Estimator()
    sequences = read_sequences(estimator, X, reset=True)
    assert sequences.n_sequences == N
    assert sequences.lengths.tolist() == [len(a) for a in arrays]
    assert sequences.n_steps == sum(len(a) for a in arrays)
    assert sequences.offsets.dtype == np.int64
    assert sequences.values.flags.c_contiguous and type(sequences.values) is np.ndarray
    assert sequences.dtype == arrays[0].dtype
    for i, array in enumerate(arrays):
        own = sequences.values[sequences.offsets[i] : sequences.offsets[i + 1]]
        np.testing.assert_array_equal(own, array.reshape(len(array), -1))
    assert sequences.n_features == own.shape[1]
    assert estimator.n_features_in_ == n_features
    assert sequences.is_stacked == is_stacked


@every_form
def test_what_an_estimator_was_fitted_on_it_accepts_again(X, arrays, n_features, is_stacked):
    again = read_sequences(fitted(X), X, reset=False)
    first = sequences_of(X)
    np.testing.assert_array_equal(again.values, first.values)
    np.testing.assert_array_equal(again.offsets, first.offsets)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("form", [matrix, cube])
def test_an_array_of_floats_is_not_copied(form, dtype):
    X = form(dtype)
    assert np.shares_memory(sequences_of(X).values, X)


@pytest.mark.parametrize("dtype", [int, np.uint8, bool, np.float16])
def test_other_numbers_become_floats_of_double_precision(dtype):
    X = np.ones((3, 2), dtype)
    for form in (X, X[:, :, None], list(X)):
        sequences = sequences_of(form)
        assert sequences.dtype == np.float64
        np.testing.assert_array_equal(sequences.values, 1.0)


def test_some_sequences_are_those_asked_for_in_that_order():
    X = ragged(P)
    some = sequences_of(X).take(np.array([2, 0, 2]))
    np.testing.assert_array_equal(some.values, np.concatenate([X[2], X[0], X[2]]))
    assert some.lengths.tolist() == [7, 3, 7]
    assert not some.is_stacked
    assert sequences_of(cube()).take(np.array([1])).is_stacked
    assert sequences_of(X).take(np.array([], dtype=int)).n_sequences == 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scaling_keeps_the_precision_and_what_the_user_passed(dtype):
    X = cube(dtype)
    before = X.copy()
    scaled = sequences_of(X).scaled(np.array([1.0, -2.0]), np.array([2.0, 0.5]))
    np.testing.assert_array_equal(X, before)
    assert scaled.dtype == dtype and scaled.is_stacked
    expected = (before.reshape(-1, P).astype(float) - [1.0, -2.0]) / [2.0, 0.5]
    # Two roundings, of which the first is of a difference of numbers of order one.
    np.testing.assert_allclose(scaled.values, expected, atol=8 * np.finfo(dtype).eps)


def test_scaling_in_single_precision_does_not_round_the_center():
    """At 1e6 + 0.03 single precision has steps of 0.06."""
    values = np.array([[1e6], [1e6 + 0.125]], np.float32)
    scaled = Sequences(values, np.array([0, 2])).scaled(np.array([1e6 + 0.03]), np.ones(1))
    # Of the differences, which are rounded once.
    np.testing.assert_allclose(scaled.values[:, 0], [-0.03, 0.095], rtol=1e-6)


# Fitted on, predicted for, the error.
REFUSED = {
    "matrix, more columns": (matrix(), matrix(n_steps=6), "X has 6 features, but Estimator is exp"),
    "matrix, ragged": (matrix(), ragged(), r"X\[0\] has 3 steps, but Estimator was fitted on a ma"),
    "matrix, other length": (matrix(), equally_long(n_steps=6), "expecting 5 features as input"),
    "matrix, other cube": (matrix(), cube(n_features=1, n_steps=6), r"X\[0\] has 6 steps"),
    "matrix, features": (matrix(), cube(), "X has 2 features a step, but Estimator was fitted on"),
    "cube, more features": (cube(), cube(n_features=3), "X has 3 features, but Estimator is expec"),
    "cube, fewer features": (cube(), cube(n_features=1), "X has 1 features, but Estimator is exp"),
    "cube, matrix": (cube(), matrix(), r"X is a matrix, with one feature .* \(n_steps, 2\) arrays"),
    "cube, list": (cube(), ragged(3), "X has 3 features, but Estimator is expecting 2 features"),
    "list, cube": (ragged(3), cube(), "X has 2 features, but Estimator is expecting 3 features"),
    "list, flat": (ragged(3), ragged(), "X has 1 features, but Estimator is expecting 3 features"),
    "flat, wide": (ragged(), ragged(2), "X has 2 features, but Estimator is expecting 1 features"),
    "flat, matrix of other": (ragged(2), matrix(), "X is a matrix, with one feature a step"),
}


@pytest.mark.parametrize(("fitted_on", "X", "message"), REFUSED.values(), ids=REFUSED)
def test_another_number_of_features_is_refused(fitted_on, X, message):
    with pytest.raises(ValueError, match=message):
        read_sequences(fitted(fitted_on), X, reset=False)


@pytest.mark.parametrize(
    ("fitted_on", "X"),
    [
        (ragged(), equally_long()),
        (ragged(), matrix()),
        (ragged(), matrix().tolist()),
        (ragged(), pd.DataFrame(matrix())),
        (ragged(), cube(n_features=1)),
        (ragged(), ragged(1)),
        (list(matrix()), ragged()),
        (ragged(P), equally_long(P)),
        (ragged(P), cube()),
        (cube(), cube(n_steps=9)),
        (cube(), ragged(P)),
        (matrix(), equally_long()),
        (matrix(), cube(n_features=1)),
        (matrix(), list(cube(n_features=1))),
        (frames("u", "v"), frames("u", "v")[:2]),
    ],
)
def test_lengths_are_free_but_after_a_matrix_and_the_form_may_change(fitted_on, X):
    estimator = fitted(fitted_on)
    before = dict(vars(estimator))
    read_sequences(estimator, X, reset=False)
    assert vars(estimator).keys() == before.keys()
    assert estimator.n_features_in_ == before["n_features_in_"]


def test_names_of_features_are_those_of_frames():
    estimator = fitted(frames("u", "v"))
    assert estimator.feature_names_in_.tolist() == ["u", "v"]
    with pytest.raises(ValueError, match="must be in the same order as they were in fit"):
        read_sequences(estimator, frames("v", "u"), reset=False)
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        read_sequences(estimator, ragged(2), reset=False)
    read_sequences(estimator, ragged(2), reset=True)
    assert not hasattr(estimator, "feature_names_in_")


def test_frames_with_other_columns_than_the_first_are_refused():
    X = frames("u", "v")
    X[2] = X[2][["v", "u"]]
    message = r"X\[2\] has columns \['v', 'u'\], but X\[0\] has \['u', 'v'\]"
    with pytest.raises(ValueError, match=message):
        sequences_of(X)


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (np.zeros(3), ValueError, "Expected 2D array, got 1D array instead"),
        ([1.0, 2.0], ValueError, "Expected 2D array, got 1D array instead"),
        (3.0, ValueError, "Expected 2D array, got scalar array instead"),
        (np.zeros((2, 2, 2, 2)), ValueError, "X must have shape .* got 4 dimensions"),
        (np.zeros((0, 3)), ValueError, r"Found array with 0 sample\(s\)"),
        (np.zeros((0, 3, 2)), ValueError, r"Found array with 0 sample\(s\)"),
        (np.zeros((3, 0)), ValueError, r"Found array with 0 feature\(s\) \(shape=\(3, 0\)\)"),
        (np.zeros((3, 0, 2)), ValueError, r"X\[0\] has length 0"),
        (np.zeros((3, 2, 0)), ValueError, r"X has 0 features: its shape is \(3, 2, 0\)"),
        ([], ValueError, "X is empty"),
        (None, TypeError, "X must be an array of numbers or a list of arrays, got NoneType"),
        (scipy.sparse.eye_array(3), TypeError, "Sparse data was passed for X"),
        (scipy.sparse.dok_array((3, 3)), TypeError, "Sparse data was passed for X"),
        (matrix() + 1j, ValueError, "Complex data not supported"),
        (cube() + 1j, ValueError, "Complex data not supported"),
        (matrix().astype("M8[s]"), TypeError, "X must be numbers, got datetime64"),
        ([[1.0, 2.0], [3.0, None]], ValueError, r"X\[1\] contains NaN at step 1, feature 0"),
        (pd.DataFrame({"a": pd.array([1, None])}), ValueError, r"X\[1\] contains NaN at step 0"),
        (np.where(cube() == cube()[3, 4, 1], np.inf, 0), ValueError, r"X\[3\] .* step 4, feature"),
        ([*ragged(), np.empty(0)], ValueError, r"X\[4\] has length 0"),
        ([*ragged(), [1.0, np.nan]], ValueError, r"X\[4\] contains NaN at step 1, feature 0"),
    ],
)
def test_what_is_wrong_with_x_is_said(X, error, message):
    with pytest.raises(error, match=message):
        sequences_of(X)


def test_the_name_of_x_is_that_of_the_argument():
    for X in ([*ragged(), [np.nan]], [*matrix().tolist(), [np.nan] * T]):
        with pytest.raises(ValueError, match=r"X_val\[4\] contains NaN"):
            read_sequences(Estimator(), X, reset=True, name="X_val")


@pytest.mark.parametrize("y", [np.arange(4.0), [0, 1, 2, 3], pd.Series(range(4), list("abcd"))])
def test_one_target_a_sequence_is_a_column_and_goes_out_flat(y):
    targets, layout = read_y(y, ragged(), return_sequences=False)
    assert targets.dtype == np.float64
    np.testing.assert_array_equal(targets, [[0.0], [1.0], [2.0], [3.0]])
    np.testing.assert_array_equal(layout.arranged(targets, sequences_of(ragged())), range(4))


@pytest.mark.parametrize("m", [1, 3])
def test_several_outputs_go_out_as_they_came(m):
    y = np.arange(4.0 * m, dtype=np.float32).reshape(4, m)
    for form in (y, y.tolist(), pd.DataFrame(y)):
        targets, layout = read_y(form, ragged(), return_sequences=False)
        np.testing.assert_array_equal(layout.arranged(targets, sequences_of(ragged())), y)
    assert read_y(y, ragged(), return_sequences=False)[0].dtype == np.float32


@pytest.mark.parametrize("own", [(), (1,), (3,)])
def test_targets_by_step_of_one_array_go_out_as_they_came(own):
    y = np.arange(N * T * np.prod(own, dtype=int), dtype=float).reshape(N, T, *own)
    for X in (matrix(), cube()):
        for form in (y, y.tolist(), list(y)):
            targets, layout = read_y(form, X)
            assert targets.shape == (N * T, *(own or (1,)))
            np.testing.assert_array_equal(layout.arranged(targets, sequences_of(X)), y)


@pytest.mark.parametrize("own", [(), (1,), (3,)])
@pytest.mark.parametrize("X", [ragged(), ragged(P), equally_long()], ids=["flat", "wide", "equal"])
def test_targets_by_step_of_a_list_go_out_as_arrays_of_the_lengths_of_x(X, own):
    y = [np.full((len(a), *own), float(i)) for i, a in enumerate(X)]
    for form in (y, tuple(y), [a.tolist() for a in y]):
        targets, layout = read_y(form, X)
        assert targets.shape == (sum(map(len, X)), *(own or (1,)))
        arranged = layout.arranged(targets, sequences_of(X))
        assert arranged.shape == (N,) and arranged.dtype == object
        for got, wanted in zip(arranged, y, strict=True):
            assert got.shape == wanted.shape
            np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize(
    ("y", "return_sequences", "error", "message"),
    [
        (None, False, ValueError, "Estimator requires y to be passed, but the target y is None"),
        (np.zeros(3), False, ValueError, r"inconsistent numbers of samples: \[4, 3\]"),
        (np.zeros((3, 2)), False, ValueError, r"inconsistent numbers of samples: \[4, 3\]"),
        (np.zeros((4, 2, 2)), False, ValueError, "Found array with dim 3"),
        (3.0, False, TypeError, "should have at least 1 dimension"),
        (ragged(), False, ValueError, "got a list of sequences; .* needs return_sequences=True"),
        ([0, 1, np.nan, 3], False, ValueError, r"y\[2\] contains NaN: it must be finite"),
        ([0, 1, None, 3], False, ValueError, r"y\[2\] contains NaN"),
        (pd.array([0, 1, None, 3]), False, ValueError, r"y\[2\] contains NaN"),
        ([[0, 1], [1, -np.inf], [0, 0], [0, 0]], False, ValueError, r"y\[1\] .* inf.*, output 1"),
        (list("abcd"), False, ValueError, r"y\[0\] must be a number, got 'a'"),
        (np.zeros(4, "M8[s]"), False, TypeError, "y must be numbers, got datetime64"),
        (np.zeros(4) + 1j, False, ValueError, "Complex data not supported"),
        (np.ma.array(np.zeros(4), mask=[0, 0, 1, 0]), False, ValueError, r"y\[2\] is masked"),
        (np.zeros(4), True, ValueError, r"must have a target for each step, .* shape \(4,\)"),
        (np.zeros((4, 5)), True, ValueError, r"y\[0\] has 5 targets, but sequence 0 has 3 steps"),
        (ragged()[:3], True, ValueError, r"inconsistent numbers of samples: \[4, 3\]"),
        (ragged(None, (3, 1, 6, 2)), True, ValueError, r"y\[2\] has 6 targets, .* has 7 steps"),
        ([[1] * 3, [1], [1] * 7, [1, np.inf]], True, ValueError, r"y\[3\] .* step 1, output 0"),
        ([[1] * 3, [1], [1] * 7, []], True, ValueError, r"y\[3\] has length 0"),
        ([[1] * 3, [1], [1] * 7, [1, "b"]], True, ValueError, r"y\[3\] at step 1 must be a num"),
    ],
)
def test_what_is_wrong_with_y_is_said(y, return_sequences, error, message):
    with pytest.raises(error, match=message):
        read_y(y, ragged(), return_sequences=return_sequences)


@pytest.mark.parametrize("names", [("no", "yes"), (0, 1), (False, True), (0.5, 2.5)])
def test_labels_by_step_are_read_whatever_they_are(names):
    numbers = np.arange(N * T).reshape(N, T) % 2
    y = np.array(names)[numbers]
    for form in (y, y.tolist(), pd.DataFrame(y), list(y), y.astype(object)):
        labels = read_step_labels(Estimator(), form, sequences_of(matrix()))
        np.testing.assert_array_equal(labels, y.ravel())
    arranged = TargetLayout(True, True).arranged(labels, sequences_of(matrix()))
    np.testing.assert_array_equal(arranged, y)
    y = [np.array(names)[np.arange(len(a)) % 2] for a in ragged()]
    for form in (y, [a.tolist() for a in y], [pd.Series(a) for a in y]):
        labels = read_step_labels(Estimator(), form, sequences_of(ragged()))
        np.testing.assert_array_equal(labels, np.concatenate(y))


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "requires y to be passed"),
        (np.zeros(4), "must have a target for each step"),
        (ragged(1), r"y\[0\] must have shape \(n_steps,\), got 2 dimensions"),
        ([["a"] * 3, ["b"], ["a"] * 6, ["a"] * 2], r"y\[2\] has 6 targets, but sequence 2 has 7"),
        ([["a"] * 3, ["b"], ["a"] * 7], "inconsistent numbers of samples"),
        ([["a"] * 3, ["b"], ["a"] * 7, [1, 2]], "labels of one type, got numbers and strings"),
        ([[1] * 3, [1], [1] * 7, [1, np.nan]], r"y\[3\] contains NaN at step 1: a label is miss"),
        ([[1] * 3, [1], [1] * 7, [1, None]], r"y\[3\] contains None at step 1: a label is missing"),
    ],
)
def test_what_is_wrong_with_labels_by_step_is_said(y, message):
    with pytest.raises(ValueError, match=message):
        read_step_labels(Estimator(), y, sequences_of(ragged()))


class LeastSquares(RegressorMixin, BaseEstimator):
    """A linear function of all steps where they are as many, of their mean, or of each step.

    It does nothing about its input but to read it.
    """

    def __init__(self, return_sequences=False):
        self.return_sequences = return_sequences

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.input_tags.three_d_array = True
        return tags

    def _design(self, sequences):
        if self.return_sequences:
            columns = sequences.values
        elif self.is_even_:
            columns = sequences.values.reshape(sequences.n_sequences, -1)
        else:
            columns = np.add.reduceat(sequences.values, sequences.offsets[:-1])
            columns /= sequences.lengths[:, None]
        return np.hstack([columns, np.ones((len(columns), 1), columns.dtype)])

    def fit(self, X, y):
        sequences = read_sequences(self, X, reset=True)
        targets, self.layout_ = read_targets(
            self, y, sequences, return_sequences=self.return_sequences
        )
        self.is_even_ = len(set(sequences.lengths)) == 1
        self.coef_ = np.linalg.lstsq(self._design(sequences), targets)[0]
        return self

    def predict(self, X):
        check_is_fitted(self)
        sequences = read_sequences(self, X, reset=False)
        # Row by row: a product of matrices may round a row otherwise where there are others.
        rows = np.sum(self._design(sequences)[:, :, None] * self.coef_, axis=1)
        return self.layout_.arranged(rows, sequences)


@parametrize_with_checks([LeastSquares()])
def test_an_estimator_that_reads_its_input_here_passes_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


@pytest.mark.parametrize("container", [list, tuple, pd.Series], ids=["list", "tuple", "Series"])
def test_ragged_sequences_go_through_cross_validation(container):
    X = ragged(P, tuple(range(1, 21)))
    y = np.array([a.mean(axis=0) @ [1.0, -2.0] for a in X])
    scores = cross_val_score(LeastSquares(), container(X), y, cv=KFold(4))
    np.testing.assert_allclose(scores, 1.0, rtol=1e-12)  # it is linear


def test_ragged_targets_go_through_cross_validation():
    X = ragged(P, tuple(range(1, 21)))
    y = [a @ [1.0, -2.0] + 3.0 for a in X]
    predicted = cross_val_predict(LeastSquares(return_sequences=True), X, y, cv=KFold(4))
    for got, wanted in zip(predicted, y, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-10)  # as exact as least squares are


def test_targets_by_step_of_one_array_go_through_cross_validation():
    X = np.random.default_rng(0).normal(size=(20, 6, P))
    y = X @ [1.0, -2.0] + 3.0
    predicted = cross_val_predict(LeastSquares(return_sequences=True), X, y, cv=KFold(4))
    assert predicted.shape == y.shape
    assert r2_score(y, predicted) == pytest.approx(1.0, rel=1e-12)


def test_a_clone_has_forgotten_what_was_read():
    estimator = clone(LeastSquares().fit(matrix(), np.arange(4.0)))
    assert not hasattr(estimator, "_sequence_kind")
