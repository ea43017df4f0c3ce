import numpy as np
import pandas as pd
import pytest

from tsrnn.metrics import coverage, mase, smape

NAN = float("nan")


def naive_smape(y_true, y_pred):
    terms = []
    for true, pred in zip(y_true, y_pred, strict=True):
        if not np.isnan(true):
            size = abs(true) + abs(pred)
            terms.append(200 * abs(true - pred) / size if size > 0 else 0.0)
    return sum(terms) / len(terms)


def naive_mase(y_true, y_pred, y_train, period):
    errors = [abs(t - p) for t, p in zip(y_true, y_pred, strict=True) if not np.isnan(t)]
    steps = [abs(y_train[i] - y_train[i - period]) for i in range(period, len(y_train))]
    steps = [step for step in steps if not np.isnan(step)]
    return (sum(errors) / len(errors)) / (sum(steps) / len(steps))


@pytest.fixture
def series():
    random = np.random.default_rng(0)
    y_train = random.normal(100.0, 10.0, 30)
    y_true = random.normal(100.0, 10.0, 12)
    y_pred = y_true + random.normal(0.0, 5.0, 12)
    y_train[[0, 7]] = NAN
    y_true[[3, 11]] = NAN
    return y_true, y_pred, y_train


# The tolerance 1e-14 is a few roundings: the sums run in another order.
def test_smape_equals_the_naive_loop(series):
    y_true, y_pred, _ = series
    assert smape(y_true, y_pred) == pytest.approx(naive_smape(y_true, y_pred), rel=1e-14)


@pytest.mark.parametrize("period", [1, 4, 12])
def test_mase_equals_the_naive_loop(series, period):
    expected = naive_mase(*series, period)
    assert mase(*series, period=period) == pytest.approx(expected, rel=1e-14)


def test_smape_counts_zero_over_zero_as_zero():
    assert smape([0.0, 1.0], [0.0, 1.0]) == 0.0
    assert smape([0.0, 1.0], [0.0, -1.0]) == 100.0


def test_smape_is_200_where_signs_differ():
    assert smape([1.0], [-3.0]) == 200.0


def test_mase_of_a_constant_training_series_is_zero_or_infinite():
    assert mase([5.0], [5.0], [5.0, 5.0]) == 0.0
    assert mase([5.0], [6.0], [5.0, 5.0]) == np.inf


def test_coverage_includes_the_bounds_and_skips_missing_values():
    assert coverage([1.0, 2.0, NAN, 4.0], [1.0, 0.0, 0.0, 5.0], [9.0, 2.0, 1.0, 6.0]) == 2 / 3


def test_coverage_takes_infinite_bounds():
    assert coverage([1.0, 2.0], [-np.inf, -np.inf], [np.inf, 1.0]) == 0.5


def test_several_series_give_the_mean_of_the_single_ones(series):
    y_true, y_pred, y_train = series
    both = [np.column_stack([a, a[::-1] * 2.0]) for a in (y_true, y_pred, y_train)]
    columns = [[a[:, j] for a in both] for j in (0, 1)]
    assert smape(*both[:2]) == pytest.approx(np.mean([smape(*c[:2]) for c in columns]), rel=1e-14)
    assert mase(*both) == pytest.approx(np.mean([mase(*c) for c in columns]), rel=1e-14)


def test_a_prediction_may_be_missing_where_nothing_was_observed():
    assert smape([1.0, NAN], [1.0, NAN]) == 0.0
    assert coverage([1.0, NAN], [0.0, NAN], [2.0, NAN]) == 1.0


def test_scale_does_not_matter_at_the_ends_of_the_float_range(series):
    for scale in (1e-300, 1e300):
        scaled = [scale * a for a in series]
        assert smape(*scaled[:2]) == pytest.approx(smape(*series[:2]), rel=1e-12)
        assert mase(*scaled) == pytest.approx(mase(*series), rel=1e-12)


@pytest.mark.parametrize(
    "missing",
    [
        np.ma.masked_array([1.0, 2.0], mask=[False, True]),
        pd.Series([1.0, pd.NA], dtype="Float64"),
        pd.Series([1, pd.NA], dtype="Int64"),
        [1.0, None],
    ],
    ids=["masked", "Float64", "Int64", "None"],
)
def test_masked_and_missing_values_are_skipped(missing):
    assert smape(missing, [1.0, 9.0]) == 0.0


@pytest.mark.parametrize(
    ("y_true", "y_pred", "message"),
    [
        ([1.0, 2.0], [1.0], "y_pred must have the shape of y_true"),
        ([1.0, 2.0], [[1.0], [2.0]], "y_pred must have the shape of y_true"),
        ([], [], "minimum of 1 is required"),
        ([NAN, NAN], [1.0, 2.0], "at least one value that is not NaN"),
        ([[1.0, NAN]], [[1.0, 2.0]], "at least one value that is not NaN in every series"),
        ([1.0, 2.0], [1.0, NAN], r"y_pred is NaN at \(1,\)"),
        ([1.0, np.inf], [1.0, 2.0], "y_true contains infinity"),
        ([1.0, 2.0], [1.0, np.inf], "y_pred contains infinity"),
        ([1.0, "two"], [1.0, 2.0], "two"),
    ],
)
def test_bad_observations_and_predictions_are_named(y_true, y_pred, message):
    with pytest.raises(ValueError, match=message):
        smape(y_true, y_pred)
    with pytest.raises(ValueError, match=message):
        mase(y_true, y_pred, [1.0, 2.0])


@pytest.mark.parametrize(
    ("y_train", "period", "message"),
    [
        ([1.0], 1, "two observed values that are period=1"),
        ([1.0, 2.0, 3.0], 3, "two observed values that are period=3"),
        ([1.0, NAN, 3.0], 1, "two observed values that are period=1"),
        ([[1.0], [2.0]], 1, "same series"),
        ([1.0, 2.0], 0, "period"),
    ],
)
def test_a_training_series_without_a_scale_is_named(y_train, period, message):
    with pytest.raises(ValueError, match=message):
        mase([1.0], [1.0], y_train, period=period)


def test_coverage_names_the_bound_at_fault():
    with pytest.raises(ValueError, match="lower must have the shape"):
        coverage([1.0], [0.0, 0.0], [2.0])
    with pytest.raises(ValueError, match="upper is NaN"):
        coverage([1.0], [0.0], [NAN])
