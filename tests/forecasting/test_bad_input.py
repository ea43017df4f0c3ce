"""Bad input: one clear error that names the argument and the place, at fit and not later."""

from decimal import Decimal
from fractions import Fraction
from functools import partial

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.base import clone

from tsrnn import (
    AutoExpSmoothingRNN,
    DoubleExpSmoothingRNN,
    NaiveForecaster,
    SimpleExpSmoothingRNN,
    TripleExpSmoothingRNN,
    backtest,
)
from tsrnn.exceptions import InvalidParameterError

PLAIN = [3.0, 5.0, 4.0, 7.0, 6.0, 9.0, 8.0]
WITH_GAP = [3.0, 5.0, np.nan, 7.0, 6.0, 9.0, 8.0]


# What reads series as all others do, with seasons and with errors that are shares of a prediction.
SMOOTHERS = [
    DoubleExpSmoothingRNN(),
    TripleExpSmoothingRNN(period=2),
    TripleExpSmoothingRNN(period=2, seasonal="mul", error="mul"),
    SimpleExpSmoothingRNN(error="mul"),
]

# Seven values are few for a season.
pytestmark = pytest.mark.filterwarnings("ignore:series 0 has . observed values:UserWarning")


def forecast(y, smoother=SMOOTHERS[0]):
    return np.asarray(clone(smoother).fit(y).predict(3), dtype=float)


def assert_refused(y, error, message):
    """By fit, whether the series stands alone or not."""
    for smoother in SMOOTHERS:
        with pytest.raises(error, match=message):
            clone(smoother).fit(y)
        with pytest.raises(error, match=message):
            clone(smoother).fit(None, y)


def assert_same_as(y, expected):
    for smoother in SMOOTHERS:
        if smoother.error == "mul" and min(expected) <= 0.0:
            continue
        np.testing.assert_array_equal(np.ravel(forecast(y, smoother)), forecast(expected, smoother))


# Too little.


@pytest.mark.parametrize(
    "y", [[], np.empty(0), np.empty((0, 3)), pd.Series([], dtype=float), pd.DataFrame({"a": []})]
)
def test_an_empty_series_is_refused(y):
    assert_refused(y, ValueError, r"0 sample\(s\).*minimum of 2 is required")


@pytest.mark.parametrize("y", [[3.0], np.ones((1, 5)), pd.Series([1.0])])
def test_a_single_value_is_refused(y):
    assert_refused(y, ValueError, r"1 sample\(s\).*minimum of 2 is required")


@pytest.mark.parametrize(
    "y,message",
    [
        ([np.nan] * 5, r"y has 0 value\(s\) that are not missing"),
        ([None, 1.0, None], r"y has 1 value\(s\) that are not missing"),
        (np.array([[1.0, np.nan], [2.0, 3.0], [4.0, np.nan]]), "series 1 of y has 1 value"),
    ],
)
def test_a_series_with_fewer_than_two_values_that_are_not_missing_is_refused(y, message):
    assert_refused(y, ValueError, message)


@pytest.mark.parametrize("y", [3.0, np.array(3.0), np.zeros((3, 2, 2))])
def test_a_number_and_three_dimensions_are_no_series(y):
    assert_refused(y, ValueError, r"y must have shape \(n_timesteps,\) or \(n_timesteps, n_series")


def test_a_table_without_columns_is_no_series():
    assert_refused(np.zeros((5, 0)), ValueError, r"0 feature\(s\) \(shape=\(5, 0\)\)")
    assert_refused(pd.DataFrame(index=range(5)), ValueError, "y has no columns")


@pytest.mark.parametrize("y", [[[1.0, 2.0], [3.0]], [1.0, [2.0], 3.0]])
def test_ragged_lists_are_refused(y):
    assert_refused(y, ValueError, "y must have rows of equal lengths")


@pytest.mark.parametrize("kind", [list, tuple, np.array, pd.Series])
def test_a_list_of_series_of_several_lengths_is_pointed_to_panels(kind):
    y = [kind([1.0, 2.0, 3.0]), kind([4.0, 5.0, 6.0, 7.0]), kind([8.0, 9.0])]
    message = "y must have rows of equal lengths, and is a list of 3 series of 2 to 4 values: "
    assert_refused(y, ValueError, message + "series of several lengths make a panel")


@pytest.mark.parametrize("y", [None, "1 2 3", b"123", {"a": [1.0, 2.0]}, {1.0, 2.0}], ids=type)
def test_what_is_no_array_is_refused_by_type(y):
    with pytest.raises(TypeError, match="y must be an array-like of numbers, got"):
        DoubleExpSmoothingRNN().fit(y)


# Not numbers.


@pytest.mark.parametrize("infinity", [np.inf, -np.inf])
def test_infinity_is_refused_with_its_place(infinity):
    assert_refused([1.0, 2.0, infinity, 3.0], ValueError, "y contains infinity at row 2")
    frame = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [1.0, infinity, 3.0]})
    assert_refused(frame, ValueError, "y contains infinity at row 1, series 1")
    assert_refused(np.array([1, 10**400, 3], dtype=object), ValueError, "y at row 1 is no float")


@pytest.mark.parametrize(
    "y,message",
    [
        (["1", "2", "3"], "y at row 0 must be a number, got '1'"),
        ([1.0, 2.0, "three"], "y at row 2 must be a number, got 'three'"),
        (np.array(["1", "2"]), "y at row 0 must be a number"),
        (np.array([[1, 2], [3, "x"]], dtype=object), r"y\[:, 1\] at row 1 must be a number"),
        (pd.Series(["1", "2", "3"]), "y at row 0 must be a number, got '1'"),
        (pd.Series(["1", "2", "3"], dtype="string"), "y at row 0 must be a number, got '1'"),
        (pd.DataFrame({"a": [1, 2], "b": [3, "x"]}), r"y\['b'\] at row 1 must be a number"),
        ([1.0, [2.0, 3.0], 4.0], "rows of equal lengths"),
        (pd.Series([[1.0], [2.0], [3.0]]), r"y at row 0 must be a number, got \[1.0\]"),
    ],
)
def test_words_and_lists_are_refused_with_their_place(y, message):
    assert_refused(y, ValueError, message)


@pytest.mark.parametrize(
    "y",
    [
        np.array([1.0, 2.0, 3.0j]),
        pd.Series([1.0 + 1.0j, 2.0]),
        np.array([1.0, 2.0j, 3.0], dtype=object),
        np.ma.array([1.0j, 2.0, 3.0]),
    ],
)
def test_complex_numbers_are_refused(y):
    assert_refused(y, ValueError, "Complex data not supported: y")


@pytest.mark.parametrize(
    "y",
    [
        np.array(["2020-01-01", "2020-01-02"], dtype="M8[D]"),
        np.array([1, 2, 3], dtype="m8[D]"),
        pd.Series(pd.date_range("2020", periods=3)),
        pd.Series(pd.date_range("2020", periods=3, tz="Europe/Berlin")),
        pd.Series(pd.timedelta_range("1h", periods=3, freq="h")),
        pd.date_range("2020", periods=3),
        pd.DataFrame({"a": pd.date_range("2020", periods=3)}),
    ],
)
def test_dates_and_durations_are_refused_by_type_and_told_their_place(y):
    assert_refused(y, TypeError, "must be numbers, got .*: dates belong into the index")


def test_dates_in_a_column_are_refused_and_taken_alone():
    dates, y = pd.DataFrame({"day": pd.date_range("2024", periods=20)}), np.arange(20.0) % 7
    with pytest.raises(TypeError, match=r"X may be dates alone, pd.Index\(X\['day'\]\)"):
        NaiveForecaster(strategy="seasonal").fit(dates, y)
    assert NaiveForecaster(strategy="seasonal").fit(pd.Index(dates["day"]), y).period_ == 7


RAW = pd.DataFrame({"date": ["2022-12-01", "2022-12-02", "2022-12-03"], "sold": [1.0, 2.0, 4.0]})


@pytest.mark.parametrize("words", ["2022-12-01", "2022/12", "1.12.2022", "12/31/22 10:00"])
def test_dates_in_words_belong_into_the_index(words):
    table = RAW.assign(date=words)
    match = rf"\['date'\].* got '{words}': dates belong into the index, as pd.to_datetime"
    assert_refused(table, ValueError, match)
    for X in (table[["date"]], table[["date"]].astype(object)):
        with pytest.raises(TypeError, match=match):
            SimpleExpSmoothingRNN().fit(X, table["sold"])
    with pytest.raises(TypeError, match="X must be numbers.* dates belong into the index"):
        SimpleExpSmoothingRNN().fit(table[["date"]].to_numpy(), table["sold"])
    SimpleExpSmoothingRNN().fit(table.set_index(pd.to_datetime(RAW["date"]))["sold"])


@pytest.mark.parametrize("dates", [pd.to_datetime(RAW["date"]), RAW["date"]])
@pytest.mark.parametrize("order", [["shop", "date", "sold"], ["date", "shop", "sold"]])
def test_a_long_frame_is_for_panels(dates, order):
    df = RAW.assign(date=dates, shop="S00")[order]
    for call in (
        SimpleExpSmoothingRNN().fit,
        partial(backtest, SimpleExpSmoothingRNN(), horizon=1),
    ):
        with pytest.raises((TypeError, ValueError), match="PanelForecaster.*cross_validation"):
            call(df)


def test_words_among_the_numbers_of_one_series_are_no_long_frame():
    with pytest.raises(ValueError, match="must be a number, got 'closed'$"):
        SimpleExpSmoothingRNN().fit(pd.DataFrame({"a": [1.0, "closed"], "b": 1.0, "c": 2.0}))


@pytest.mark.parametrize(
    "y",
    [
        pd.Series(pd.period_range("2020", periods=3, freq="M")),
        [pd.Timestamp("2020"), pd.Timestamp("2021")],
        np.array([np.timedelta64(1, "D"), 2, 3], dtype=object),
        pd.Series(pd.interval_range(0, 3)),
    ],
)
def test_time_objects_are_refused_with_their_place(y):
    assert_refused(y, ValueError, "y at row 0 must be a number")


@pytest.mark.parametrize(
    "y",
    [
        pd.Series(["a", "b", "a"], dtype="category"),
        pd.Series([1, 2, 1], dtype="category"),
        pd.Categorical([1, 2, 1]),
        pd.CategoricalIndex([1, 2, 1]),
    ],
)
def test_categories_are_refused_even_if_they_are_numbers(y):
    assert_refused(y, TypeError, "y is categorical: convert it to numbers")


def test_sparse_matrices_are_refused_and_sparse_columns_taken():
    assert_refused(scipy.sparse.csr_array(np.eye(4)), TypeError, r"pass a dense array, y.toarray")
    assert_same_as(pd.Series(pd.arrays.SparseArray(PLAIN)), PLAIN)


@pytest.mark.parametrize("y", [np.zeros(3, dtype="V8"), np.zeros(3, dtype=[("a", float)])])
def test_records_are_refused(y):
    assert_refused(y, TypeError, "y must be numbers, got")


# Unusual numbers.


@pytest.mark.parametrize(
    "y",
    [
        [3, 5, None, 7, 6, 9, 8],
        [3, 5, pd.NA, 7, 6, 9, 8],
        [3, 5, pd.NaT, 7, 6, 9, 8],
        [3.0, 5.0, float("nan"), 7.0, 6.0, 9.0, 8.0],
        [Decimal(3), Decimal(5), Decimal("NaN"), Decimal(7), Decimal(6), Decimal(9), Decimal(8)],
        pd.Series([3, 5, None, 7, 6, 9, 8], dtype="Int64"),
        pd.Series([3, 5, None, 7, 6, 9, 8], dtype="Float64"),
        pd.Series([3, 5, None, 7, 6, 9, 8], dtype=object),
        pd.array([3, 5, None, 7, 6, 9, 8], dtype="UInt8"),
        pd.Index([3, 5, None, 7, 6, 9, 8]),
        pd.DataFrame({"a": pd.Series([3, 5, None, 7, 6, 9, 8], dtype="Int32")}),
        np.ma.array([3, 5, 99, 7, 6, 9, 8], mask=[0, 0, 1, 0, 0, 0, 0]),
        np.ma.array([3.0, 5.0, np.inf, 7.0, 6.0, 9.0, 8.0], mask=[0, 0, 1, 0, 0, 0, 0]),
        np.ma.array(np.array([3, 5, "x", 7, 6, 9, 8], dtype=object), mask=[0, 0, 1, 0, 0, 0, 0]),
        np.ma.array([[3], [5], [99], [7], [6], [9], [8]], mask=[[0]] * 2 + [[1]] + [[0]] * 4),
    ],
)
def test_none_and_na_and_masked_values_are_missing_observations(y):
    assert_same_as(y, WITH_GAP)


def test_a_mask_without_masked_values_changes_nothing():
    assert_same_as(np.ma.array(PLAIN), PLAIN)
    assert_same_as(np.ma.array(PLAIN, mask=np.zeros(7, dtype=bool)), PLAIN)


@pytest.mark.parametrize(
    "y",
    [
        [Decimal(3), Decimal(5), Decimal(4), Decimal(7), Decimal(6), Decimal(9), Decimal(8)],
        [Fraction(6, 2), 5, Decimal(4), 7.0, np.float32(6), np.int8(9), np.uint64(8)],
        np.array(PLAIN, dtype=object),
        np.array(PLAIN, dtype=np.int8),
        np.array(PLAIN, dtype=np.uint64),
        np.array(PLAIN, dtype=np.float16),
        np.array(PLAIN, dtype=np.longdouble),
        np.array(PLAIN, dtype=">f8"),
        np.repeat(PLAIN, 2)[::2],
        np.array(PLAIN)[::-1][::-1],
        tuple(PLAIN),
        memoryview(np.array(PLAIN)),
        pd.Index(PLAIN),
    ],
)
def test_all_sorts_of_real_numbers_are_taken_as_floats(y):
    assert_same_as(y, PLAIN)


def test_a_signalling_decimal_is_refused():
    assert_refused([1, Decimal("sNaN"), 2], ValueError, "y at row 1 is no float")


def test_truth_values_are_taken_as_zero_and_one():
    expected = [1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0]
    for y in (
        [True, False, True, True, False, True, True],
        pd.Series([True, False, True, True, False, True, True], dtype="boolean"),
        np.array([True, False, 1.0, True, 0, 1, True], dtype=object),
    ):
        assert_same_as(y, expected)


# Time indexes.


@pytest.mark.parametrize(
    "index,message",
    [
        (["2020-01-01", "2020-01-03", "2020-01-02", "2020-01-04"], "not monotonic.*row 2"),
        (["2020-01-01", "2020-01-02", "2020-01-02", "2020-01-03"], "duplicated.*row 2"),
        (["2020-01-01", "2020-01-02", "2020-01-03", "2020-01-07"], "irregular: .*row 3.*NaN"),
        (["2020-01-01", "2020-01-02", None, "2020-01-04"], "missing stamp .*row 2"),
    ],
)
def test_dates_in_disorder_are_refused_at_fit(index, message):
    index = pd.DatetimeIndex(index)
    for y in (pd.Series([1.0, 2.0, 3.0, 4.0], index=index), pd.DataFrame({"a": 1.0}, index=index)):
        assert_refused(y, ValueError, message)
    with pytest.raises(ValueError, match=message):
        DoubleExpSmoothingRNN().fit(pd.DataFrame(index=index), [1.0, 2.0, 3.0, 4.0])


@pytest.mark.parametrize(
    "labels,message",
    [
        ([5, 4, 3, 2], "not monotonic"),
        ([5, 6, 6, 7], "duplicated"),
        ([5, 6, 7, 9], "irregular"),
        ([0, 1, 2, 4], "starts at 0 but is not 0, 1, 2 and so on: row 3 is 4"),
        ([0, 2, 1, 3], "starts at 0 but is not 0, 1, 2 and so on: row 1 is 2"),
        ([0, 0, 1, 1], "starts at 0 but is not 0, 1, 2 and so on: row 1 is 0"),
        ([0, 2, 4, 6], "starts at 0 but is not 0, 1, 2 and so on: row 1 is 2"),
    ],
)
def test_integers_in_disorder_are_refused_at_fit(labels, message):
    assert_refused(pd.Series([1.0, 2.0, 3.0, 5.0], index=labels), ValueError, message)


def test_local_times_across_a_change_of_clocks_are_refused_with_what_to_do():
    local = pd.date_range("2024-10-27 00:00", periods=4, freq="h", tz="Europe/Berlin")
    with pytest.raises(ValueError, match="tz_localize"):
        DoubleExpSmoothingRNN().fit(pd.Series(PLAIN[:4], index=local.tz_localize(None)))


# Regressors.


@pytest.mark.parametrize(
    "X,error,message",
    [
        (np.zeros(7), ValueError, "Expected 2D array, got 1D array"),
        (np.zeros((7, 1, 1)), ValueError, "dim 3"),
        (np.zeros((7, 0)), ValueError, r"0 feature\(s\)"),
        (np.full((7, 1), np.nan), ValueError, "Input X contains NaN at row 0, column 0"),
        (pd.DataFrame({"a": [1.0] * 6 + [np.inf]}), ValueError, "infinity at row 6, column 'a'"),
        (np.array([["a"]] * 7), ValueError, "could not convert string"),
        (np.full((7, 1), 1.0j), ValueError, "Complex data not supported"),
        (pd.DataFrame({"a": pd.date_range("2020", periods=7)}), TypeError, r"X\['a'\] .*dates"),
        (np.zeros((7, 1), dtype="M8[D]"), TypeError, "X must be numbers, got datetime64"),
        (np.zeros((7, 1), dtype="m8[D]"), TypeError, "X must be numbers, got timedelta64"),
        (scipy.sparse.csr_array(np.eye(7)), TypeError, "[Ss]parse"),
    ],
)
def test_regressors_that_will_not_do_are_refused(X, error, message):
    for smoother in SMOOTHERS:
        with pytest.raises(error, match=message):
            clone(smoother).fit(X, PLAIN)


# Constructor arguments.


@pytest.mark.parametrize(
    "name,value",
    [
        ("alpha", -0.1),
        ("alpha", 1.1),
        ("alpha", np.nan),
        ("alpha", "0.3"),
        ("alpha", True),
        ("alpha", [0.3]),
        ("beta", 2),
        ("phi", 0),
        ("phi", 1.01),
        ("damped", 1),
        ("damped", "yes"),
        ("damped", None),
        ("initial_state", "best"),
        ("initial_state", None),
        ("initial_state", (1.0,)),
        ("initial_state", (1.0, np.nan)),
        ("initial_state", [[1.0, 2.0], [3.0, 4.0]]),
        ("initial_state", ("a", "b")),
        ("loss", "mse"),
        ("loss", None),
        ("huber_delta", 0),
        ("huber_delta", np.inf),
        ("solver", "BFGS"),
        ("solver", None),
        ("max_iter", 0),
        ("max_iter", 10.5),
        ("tol", 0.0),
        ("tol", "small"),
    ],
)
def test_a_wrong_argument_is_refused_at_fit_by_name(name, value):
    options = {"damped": True} if name == "phi" else {}
    model = DoubleExpSmoothingRNN(**options, **{name: value})  # stored, whatever it is
    assert model.get_params()[name] is value
    with pytest.raises(InvalidParameterError, match=f"^{name} must be"):
        model.fit(PLAIN)
    if name in SimpleExpSmoothingRNN().get_params() and value != (1.0,):
        with pytest.raises(InvalidParameterError, match=f"^{name} must be"):
            SimpleExpSmoothingRNN(**{name: value}).fit(PLAIN)
    with pytest.raises(InvalidParameterError, match=f"^{name} must be"):
        TripleExpSmoothingRNN(period=2, **options, **{name: value}).fit(PLAIN)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("period", 1),
        ("period", 0),
        ("period", 2.5),
        ("period", None),
        ("period", "month"),
        ("period", True),
        ("seasonal", None),
        ("seasonal", "multiplicative"),
        ("trend", "mul"),
        ("trend", False),
        ("trend", 1),
        ("gamma", -0.1),
        ("gamma", 1.1),
        ("gamma", np.nan),
        ("gamma", [0.1]),
        ("error", None),
        ("error", "relative"),
        ("error", ["add"]),
        ("initial_state", (1.0, 2.0, 3.0)),
        ("initial_state", (1.0, 2.0, 3.0, np.inf)),
    ],
)
def test_a_wrong_argument_of_a_season_is_refused_at_fit_by_name(name, value):
    model = TripleExpSmoothingRNN(**{"period": 2, name: value})  # stored, whatever it is
    assert model.get_params()[name] is value
    with pytest.raises(InvalidParameterError, match=f"^{name} must be"):
        model.fit(PLAIN)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"alpha": 0.7, "gamma": 0.4}, "^gamma must be"),
        ({"trend": None, "beta": 0.1}, "beta is given, but trend=None"),
        ({"trend": None, "damped": True}, "damped is given, but trend=None"),
        ({"phi": 0.9}, "phi is given, but damped=False"),
        ({"loss": "huber", "seasonal": "mul"}, "loss='huber' is not there for multiplicative"),
        ({"loss": "huber", "error": "mul"}, "loss='huber' is of additive errors"),
        ({"loss": "huber", "solver": "gauss-newton"}, "minimises the likelihood"),
    ],
)
def test_arguments_that_contradict_each_other_are_refused(options, message):
    with pytest.raises(InvalidParameterError, match=message):
        TripleExpSmoothingRNN(period=2, **options).fit(PLAIN)


def test_gamma_may_be_all_that_alpha_leaves_in_decimals_too():
    # 1 - 0.9 is less than 0.1 by a rounding.
    model = TripleExpSmoothingRNN(period=2, alpha=0.9, gamma=0.1).fit(PLAIN)
    assert (model.alpha_, model.gamma_) == (0.9, 0.1)


@pytest.mark.parametrize("value", [0.0, -3.0])
@pytest.mark.parametrize("smoother", SMOOTHERS[2:], ids=repr)
def test_what_is_not_positive_is_refused_by_multiplicative_parts_with_its_place(smoother, value):
    y = [3.0, 5.0, np.nan, value, 6.0, 9.0, 8.0]
    message = f"needs a series of positive values, but y is {value:g} at position 3"
    with pytest.raises(ValueError, match=message):
        clone(smoother).fit(y)
    with pytest.raises(ValueError, match=message + " of series 1"):
        clone(smoother).fit(np.column_stack([PLAIN, y]))


@pytest.mark.parametrize("smoother", SMOOTHERS[2:], ids=repr)
def test_after_a_fit_predictions_must_be_positive_and_not_values(smoother):
    """Of what follows, as of a shop's day without sales."""
    fixed = (
        {"alpha": 0.2, "gamma": 0.1} if smoother.get_params().get("seasonal") else {"alpha": 0.2}
    )
    model = clone(smoother).set_params(**fixed).fit(PLAIN)
    assert (model.update([4.0, 0.0]).predict(3) > 0.0).all()
    before = model.predict(3)
    with pytest.raises(ValueError, match="a prediction would not be either"):
        model.update([4.0, -1000.0])
    np.testing.assert_array_equal(model.predict(3), before)


def test_a_damping_without_damping_is_refused():
    with pytest.raises(InvalidParameterError, match="phi is given, but damped=False"):
        DoubleExpSmoothingRNN(phi=0.9).fit(PLAIN)


def test_an_initial_state_of_words_that_are_numbers_is_refused():
    with pytest.raises(InvalidParameterError, match="^initial_state must be"):
        DoubleExpSmoothingRNN(initial_state=("1", "2")).fit(PLAIN)


@pytest.mark.parametrize("value", [0, 1, 0.5, np.float32(0.5), np.int64(1), Fraction(1, 2)])
def test_every_real_number_in_its_interval_is_a_parameter(value):
    assert DoubleExpSmoothingRNN(alpha=value).fit(PLAIN).alpha_ == float(value)


# What stands for no argument at all.

VALUES = np.arange(20.0) + np.sin(np.arange(20.0))
DATED = pd.Series(VALUES, pd.date_range("2020", periods=20))


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (SimpleExpSmoothingRNN(max_iter=10**30), "max_iter must be an integer from 1 to"),
        (SimpleExpSmoothingRNN(tol=1e300), r"tol must be a number in \(0, 1\]"),
        (SimpleExpSmoothingRNN(tol=2), r"tol must be a number in \(0, 1\]"),
        (SimpleExpSmoothingRNN(solver=np.array([1, 2])), "solver must be one of"),
        (SimpleExpSmoothingRNN(loss=["huber"]), "loss must be one of"),
        (DoubleExpSmoothingRNN(initial_state=20.0), "initial_state must be"),
        (SimpleExpSmoothingRNN(initial_state=True), "initial_state must be"),
        (SimpleExpSmoothingRNN(initial_state=np.nan), "initial_state must be"),
        (AutoExpSmoothingRNN(models=3), "models must be a list"),
        (AutoExpSmoothingRNN(models="ANN"), "models must be a list"),
        (AutoExpSmoothingRNN(models=[["ANN"]]), "models holds"),
        (AutoExpSmoothingRNN(models=np.ones((2, 2))), "models holds"),
        (AutoExpSmoothingRNN(tol=1e300), r"tol must be a number in \(0, 1\]"),
        (AutoExpSmoothingRNN(max_iter=10**30), "max_iter must be an integer from 1 to"),
        (NaiveForecaster(strategy="seasonal", period=10**30), "period must be"),
        (TripleExpSmoothingRNN(period=10**18), "period must be at most"),
    ],
    ids=str,
)
def test_forecasters_name_what_they_do_not_accept(estimator, message):
    with pytest.raises(InvalidParameterError, match=message):
        estimator.fit(VALUES)


@pytest.mark.parametrize("given", [20.0, 20, np.float32(20.0), np.array(20.0), (20.0,), [20]])
def test_one_state_may_be_a_plain_number(given):
    fitted = SimpleExpSmoothingRNN(alpha=0.5, initial_state=given).fit(VALUES)
    # To the rounding of the way into the units of the fit, and back.
    assert fitted.initial_state_ == pytest.approx([20.0], rel=1e-14)
    assert fitted.fitted_values_[0] == pytest.approx(20.0, rel=1e-14)


@pytest.mark.parametrize("given", [Fraction(1, 1000), np.float32(1e-3), Decimal])
def test_a_tolerance_may_be_any_real_number(given):
    if given is Decimal:
        with pytest.raises(InvalidParameterError, match="tol must be a number"):
            SimpleExpSmoothingRNN(tol=Decimal("0.1")).fit(VALUES)
        return
    for model in (SimpleExpSmoothingRNN(tol=given), SimpleExpSmoothingRNN(tol=given, solver="TNC")):
        assert np.isfinite(model.fit(VALUES).predict(1)).all()
    Auto = AutoExpSmoothingRNN(tol=given, models=["ANN"])
    assert np.isfinite(Auto.fit(VALUES).predict(1)).all()


@pytest.mark.parametrize("X", [DATED.index, DATED.index.to_period("D"), pd.RangeIndex(7, 27)])
def test_an_index_alone_places_the_rows_of_a_fit(X):
    fitted = NaiveForecaster().fit(X, VALUES)
    same = NaiveForecaster().fit(pd.DataFrame(index=X), VALUES)
    np.testing.assert_array_equal(fitted.predict(X[1:]), same.predict(X[1:]))
    assert fitted.score(X[1:], VALUES[1:]) == same.score(X[1:], VALUES[1:])


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([1, 2, 3], "got 1D array .*list of 3.*Reshape your data"),
        ((1, 2), "got 1D array .*tuple of 2"),
        (np.arange(3.0), "got 1D array .*ndarray of 3"),
        (DATED[:3], "got 1D array .*Series of 3"),
        (pd.Index([1.5, 2.5]), "got 1D array .*Index of 2"),
        ([pd.Timestamp("2020-01-21")], r"list of 1.*pd\.Index\(X\) makes time stamps"),
        (DATED.index.to_numpy(), r"ndarray of 20.*pd\.Index\(X\) makes time stamps"),
        (pd.Timestamp("2020-01-21"), r"pass pd\.Index\(\[X\]\)"),
        (np.datetime64("2020-01-21"), r"pass pd\.Index\(\[X\]\)"),
        (pd.Period("2020-01-21", "D"), r"pass pd\.Index\(\[X\]\)"),
        ("2020-01-21", r"pass pd\.Index\(\[X\]\)"),
    ],
    ids=str,
)
def test_what_is_no_request_is_told_what_would_be_one(X, message):
    fitted = NaiveForecaster().fit(DATED)
    for method in (fitted.predict, fitted.predict_interval):
        with pytest.raises((TypeError, ValueError), match=message):
            method(X)


def test_stamps_of_another_zone_are_told_of():
    fitted = NaiveForecaster().fit(DATED.tz_localize("Europe/Berlin"))
    later = pd.date_range("2020-01-21", periods=2, tz="UTC")
    with pytest.raises(ValueError, match="They are in UTC, those of the training series in Europe"):
        fitted.predict(later)
    assert len(fitted.predict(later.tz_localize(None).tz_localize("Europe/Berlin"))) == 2


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (DATED.index, "sample_weight must be numbers"),
        (pd.timedelta_range("1D", periods=20), "sample_weight must be numbers"),
        (DATED.index.to_numpy(), "sample_weight must be numbers"),
        (["a"] * 20, "sample_weight at row 0 must be a number"),
        ([1.0] * 19 + [np.nan], "finite and not negative, got nan in row 19"),
        (-np.ones(20), "finite and not negative, got -1.0 in row 0"),
        (np.zeros(20), "is 0 in every row"),
        (np.ones(19), r"must have shape \(20,\)"),
    ],
)
def test_a_score_names_what_is_no_weight(weights, message):
    with pytest.raises((TypeError, ValueError), match=message):
        NaiveForecaster().fit(DATED).score(None, DATED, sample_weight=weights)


@pytest.mark.parametrize("freq", ["SMS-15", "SME-15", "SMS-10", "SME-12"])
def test_the_grid_of_two_stamps_a_month_is_named_as_it_is(freq):
    index = pd.date_range("2020", periods=20, freq=freq)
    bare = pd.DatetimeIndex(list(index))
    with pytest.raises(ValueError, match=f"y.index.freq = '{freq}' says"):
        NaiveForecaster().fit(pd.Series(VALUES, bare))
    bare.freq = freq
    assert NaiveForecaster().fit(pd.Series(VALUES, bare)).predict(1).index.freq == freq


def test_a_series_in_the_place_of_regressors_is_told_that_it_comes_second():
    y, X = np.arange(9.0), np.ones((9, 2))
    with pytest.raises(ValueError, match=r"comes second, as in fit\(X, y\)"):
        SimpleExpSmoothingRNN().fit(y, X)
    fitted = SimpleExpSmoothingRNN().fit(y)
    with pytest.raises(ValueError, match="if it is one regressor$"):
        fitted.predict(y)
