"""Totals of the next steps: against the analytic variances of sums, and how they are asked for."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from tsrnn import (
    CrostonForecaster,
    DeseasonalizedForecaster,
    DoubleExpSmoothingRNN,
    NaiveForecaster,
    RNNForecaster,
    SimpleExpSmoothingRNN,
    TripleExpSmoothingRNN,
)
from tsrnn.exceptions import InvalidParameterError

WALK = 50.0 + np.random.default_rng(0).standard_normal(60).cumsum()
MONTHS = pd.date_range("2020-01", periods=60, freq="MS")
# Quantiles of 5 and 95 percent of 40,000 totals are good to 1.1 percent of a standard deviation.
MANY, CLOSE = 40_000, 0.045


def test_the_total_of_a_random_walk_spreads_as_its_sum_does():
    model = NaiveForecaster().fit(WALK)
    bounds = model.predict_interval(6, 0.9, total=True, n_paths=MANY)[0]
    # The k-th change from the end counts k times.
    deviation = np.sqrt(model.sigma2_ * np.sum(np.arange(1.0, 7.0) ** 2))
    expected = 6 * WALK[-1] + 1.644854 * deviation * np.array([-1, 1])
    np.testing.assert_allclose(bounds, expected, atol=CLOSE * deviation)


def test_the_total_of_a_smoothed_level_spreads_as_its_sum_does():
    model = SimpleExpSmoothingRNN(alpha=0.4).fit(WALK)
    values = model.predict_quantiles(8, [0.05, 0.5, 0.95], total=True, n_paths=MANY)[0]
    # An error counts once, and alpha times in each step after it.
    weights = 1.0 + 0.4 * np.arange(8)
    deviation = np.sqrt(model.sigma2_ * np.sum(weights**2))
    expected = 8 * model.predict(1)[0] + 1.644854 * deviation * np.array([-1, 0, 1])
    np.testing.assert_allclose(values, expected, atol=CLOSE * deviation)


def test_quantiles_of_totals_are_not_totals_of_quantiles():
    model = SimpleExpSmoothingRNN(alpha=0.05).fit(WALK)
    total = model.predict_quantiles(10, 0.95, total=True)[0, 0]
    assert total < model.predict_quantiles(10, 0.95).sum()


def test_the_same_question_has_the_same_answer_and_a_seed_another():
    model = DoubleExpSmoothingRNN().fit(WALK)
    first, again = (model.predict_quantiles(3, [0.1, 0.9], total=True) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(
        model.predict_quantiles(3, [0.1, 0.9], total=True, random_state=0), first
    )
    other = model.predict_quantiles(3, [0.1, 0.9], total=True, random_state=1)
    assert not np.array_equal(other, first)
    generator = np.random.RandomState(0)
    pair = [model.predict_interval(3, total=True, random_state=generator) for _ in range(2)]
    assert not np.array_equal(*pair)


@pytest.mark.parametrize(
    "forecaster",
    [
        NaiveForecaster(strategy="seasonal", period=4),
        CrostonForecaster(variant="tsb"),
        TripleExpSmoothingRNN(period=4, seasonal="mul", error="mul"),
        DeseasonalizedForecaster(NaiveForecaster(), period=4),
        RNNForecaster(Ridge(), window=4),
    ],
    ids=lambda one: type(one).__name__,
)
def test_every_forecaster_has_totals_which_are_those_of_its_paths(forecaster):
    model = forecaster.fit(WALK)
    totals = model.simulate(5, 2000, random_state=7).sum(axis=0)
    values = model.predict_quantiles(5, [0.1, 0.5], total=True, n_paths=2000, random_state=7)
    np.testing.assert_array_equal(values[0], np.quantile(totals, [0.1, 0.5], method="inverted_cdf"))


def test_shapes_and_labels_are_those_of_one_row_at_the_last_step():
    y = pd.Series(WALK, MONTHS, name="sold")
    table = NaiveForecaster().fit(y).predict_interval(3, 0.8, total=True)
    assert table.index.tolist() == [pd.Timestamp("2025-03-01")]
    assert table.columns.tolist() == ["lower", "upper"]
    both = pd.DataFrame({"a": WALK, "b": WALK[::-1]}, MONTHS)
    table = NaiveForecaster().fit(both).predict_quantiles(3, [0.1, 0.9], total=True)
    assert table.shape == (1, 4) and table.columns.nlevels == 2
    values = NaiveForecaster().fit(both.to_numpy()).predict_quantiles(3, [0.1, 0.9], total=True)
    assert values.shape == (1, 2, 2)


def test_totals_have_what_regressors_add_to_the_steps():
    price = np.cos(np.arange(64.0))[:, None]
    y = pd.Series(WALK + 30.0 * price[:60, 0], MONTHS)
    frame = pd.DataFrame(price, pd.date_range("2020-01", periods=64, freq="MS"), ["price"])
    model = SimpleExpSmoothingRNN().fit(frame[:60], y)
    median = model.predict_quantiles(frame[60:], 0.5, total=True, n_paths=MANY).iloc[0, 0]
    # A median is good to 1.25 deviations over the root of 40,000; four of these.
    deviation = np.sqrt(model.sigma2_ * 30)
    assert abs(median - model.predict(frame[60:]).sum()) < 0.025 * deviation
    with pytest.raises(ValueError, match="a total is of the time steps that follow what was seen"):
        model.predict_quantiles(frame[61:], 0.5, total=True)
    with pytest.raises(ValueError, match="a total is of the time steps that follow what was seen"):
        model.predict_interval(frame[50:60], total=True)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"n_paths": 100}, "n_paths is for totals"),
        ({"random_state": 0}, "random_state is for totals"),
        ({"total": 1}, "total must be True or False"),
        ({"total": True, "n_paths": 0}, "n_paths must be an integer >= 1"),
    ],
)
def test_arguments_of_totals_are_refused_by_name(wrong, words):
    model = NaiveForecaster().fit(WALK)
    with pytest.raises(InvalidParameterError, match=words):
        model.predict_quantiles(3, 0.9, **wrong)
    with pytest.raises(InvalidParameterError, match=words):
        model.predict_interval(3, **wrong)


def test_conformal_intervals_of_totals_are_refused():
    with pytest.raises(InvalidParameterError, match="conformal intervals are of single steps"):
        NaiveForecaster().fit(WALK).predict_interval(3, method="conformal", total=True)
