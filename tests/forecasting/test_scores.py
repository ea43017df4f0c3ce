"""Scores of errors: the scale and the tails that they are measured by, and scores of new values."""

from copy import copy

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.base import clone
from sklearn.linear_model import Ridge

from tsrnn import (
    AutoExpSmoothingRNN,
    ComplexExpSmoothingRNN,
    CrostonForecaster,
    DeseasonalizedForecaster,
    EnsembleForecaster,
    NaiveForecaster,
    RNNForecaster,
    SimpleExpSmoothingRNN,
    ThetaForecaster,
    TransformedForecaster,
)
from tsrnn.exceptions import InvalidParameterError
from tsrnn.forecasting.scores import Yardstick

NOISE = np.random.default_rng(0).standard_normal((200, 500))
LEVEL = 100.0 + NOISE[:, 0]


def of_errors(errors):
    return Yardstick.of(errors, np.ones_like(errors))


def obvious_scale_and_tail(sizes):
    """Fit Student's t to quantiles of sizes, by its equation."""
    shares = [0.5, 0.6, 0.7, 0.8, 0.9]
    found = np.log(np.quantile(sizes, shares))
    best = (np.inf, None, None)
    for tail in np.linspace(0.0, 1.0 / 3.0, 35):
        half = [0.5 + 0.5 * p for p in shares]
        of_t = np.log(stats.norm.ppf(half) if tail == 0.0 else stats.t.ppf(half, 1.0 / tail))
        log_scale = np.mean(found - of_t)
        loss = np.sum((found - of_t - log_scale) ** 2) + 10.0 * tail / len(sizes)
        best = min(best, (loss, np.exp(log_scale), tail))
    return best[1:]


@pytest.mark.parametrize("tail", [0, 3])
def test_scale_and_tails_are_those_of_the_obvious_fit(tail):
    rng = np.random.default_rng(1)
    errors = rng.standard_t(tail, (300, 4)) if tail else rng.standard_normal((300, 4))
    errors[:50, 1] = np.nan
    found = of_errors(errors)
    for i in range(4):
        own = np.abs(errors[:, i])
        scale, shape = obvious_scale_and_tail(own[~np.isnan(own)])
        # SciPy's quantiles of t are good to ten digits.
        np.testing.assert_allclose([found.scale[i], found.tail[i]], [scale, shape], rtol=1e-9)


def test_with_one_error_of_eleven_wild_bounds_do_not_reach_far_beyond_the_others():
    errors = NOISE.copy()
    errors[::11] = 1e9
    bounds = of_errors(errors).distances(0.99, np.ones_like(errors))[0]
    # 2.58 without; the largest quantile is now that of 99 percent, which looks like tails.
    assert np.quantile(bounds, 0.99) < 7.0


@pytest.mark.parametrize(("tail", "low", "high"), [(0, 0.7, 1.3), (5, 0.9, 2.3), (3, 0.8, 2.3)])
def test_about_a_hundredth_of_clean_errors_lies_beyond_the_bounds_of_99_percent(tail, low, high):
    """Of 100,000 errors of 500 series; tails of 200 errors are known less than their scales."""
    errors = np.random.default_rng(2).standard_t(tail, NOISE.shape) if tail else NOISE
    bounds = of_errors(errors).distances(0.99, np.ones_like(errors))
    assert low < 100.0 * np.mean(np.abs(errors) > bounds) < high


def test_scores_of_errors_are_those_of_their_bounds():
    yardstick = Yardstick(np.array([2.0, 2.0]), np.array([0.0, 0.25]))
    for level in (0.5, 0.99, 0.9999):
        bounds = yardstick.distances(level, np.ones((1, 2)))
        wanted = stats.norm.ppf(0.5 + 0.5 * level)
        for sign in (1.0, -1.0):
            scores = yardstick.scores(yardstick.sizes(sign * bounds, np.ones((1, 2))))
            np.testing.assert_allclose(scores, [[sign * wanted] * 2], rtol=1e-9)


def test_scores_of_normal_errors_are_errors_in_scales():
    yardstick = Yardstick(np.array([2.0]), np.array([0.0]))
    errors = np.array([[-9.0], [0.0], [np.nan], [1e300]])
    np.testing.assert_array_equal(yardstick.sizes(errors, np.ones_like(errors)), errors / 2.0)
    np.testing.assert_array_equal(yardstick.scores(errors), errors)


def test_where_nine_of_ten_errors_are_none_any_other_is_infinitely_far_out():
    errors = np.zeros((60, 1))
    errors[[7, 30]] = [[-1e-5], [3.0]]
    yardstick = of_errors(errors)
    scores = yardstick.scores(yardstick.sizes(errors, np.ones_like(errors)))[:, 0]
    np.testing.assert_array_equal(scores[[7, 8, 30]], [-np.inf, 0.0, np.inf])


def test_errors_most_of_which_are_none_are_measured_by_the_others():
    """Prices that stand still four days of five: a change like all others is no anomaly."""
    errors = np.where(np.arange(200)[:, None] % 5 == 0, NOISE[:, :1], 0.0)
    assert 0.1 < of_errors(errors).scale[0] < 1.0


def test_fewer_than_five_errors_are_no_measure():
    errors = np.full((20, 2), np.nan)
    errors[:, 0], errors[:4, 1] = 1.0, 1.0
    with pytest.raises(ValueError, match="series 1 of y has 4 values .* 5 are needed"):
        of_errors(errors)


@settings(max_examples=30, deadline=None)
@given(st.floats(-280, 280), st.integers(0, 99))
def test_scores_do_not_hang_on_the_unit(exponent, i):
    errors = NOISE[:, [i]]
    first, other = (of_errors(one) for one in (errors, errors * 10.0**exponent))
    assert other.tail == first.tail
    np.testing.assert_allclose(other.scale / 10.0**exponent, first.scale, rtol=1e-12)


FORECASTERS = [
    SimpleExpSmoothingRNN(),
    AutoExpSmoothingRNN(models=["ANN", "AAN"]),
    ComplexExpSmoothingRNN(),
    ThetaForecaster(),
    NaiveForecaster(),
    EnsembleForecaster([("a", NaiveForecaster()), ("b", SimpleExpSmoothingRNN())], method="mean"),
    DeseasonalizedForecaster(NaiveForecaster(), period=4),
    TransformedForecaster(SimpleExpSmoothingRNN()),
    RNNForecaster(Ridge(), window=6),
    CrostonForecaster(),
]


# Windows read the last value, far from all others, as it is, and say that forecasts follow it.
@pytest.mark.filterwarnings("ignore:the forecast runs away")
@pytest.mark.parametrize("forecaster", FORECASTERS, ids=lambda one: type(one).__name__)
def test_update_of_every_forecaster_tells_how_unlikely_values_are(forecaster):
    plain, scored = (clone(forecaster).fit(LEVEL) for _ in range(2))
    scores = scored.update([LEVEL[3], np.nan, 140.0], return_score=True)
    assert abs(scores[0]) < 3.0
    assert np.isnan(scores[1])
    assert scores[2] > 4.0
    assert plain.update([LEVEL[3], np.nan, 140.0]) is plain
    np.testing.assert_array_equal(scored.predict(3), plain.predict(3))  # it moves all the same


def test_a_score_is_that_of_the_error_of_a_forecast_by_the_errors_of_the_fit():
    model = SimpleExpSmoothingRNN().fit(LEVEL)
    scale, tail = obvious_scale_and_tail(np.abs(model.residuals_))
    for value in (101.0, 96.0, 100.5):
        missed = value - model.predict(1)[0]
        (score,) = model.update(value, return_score=True)
        unlikely = stats.t.cdf(missed / scale, 1.0 / tail)
        np.testing.assert_allclose(score, stats.norm.ppf(unlikely), rtol=1e-8)


def test_values_one_by_one_have_the_scores_of_all_at_once():
    values = np.random.default_rng(3).normal(100.0, 2.0, 50)  # more than the fit has seen
    one, all_at_once = (SimpleExpSmoothingRNN().fit(LEVEL[:40]) for _ in range(2))
    scores = [one.update(value, return_score=True)[0] for value in values]
    expected = all_at_once.update(values, return_score=True)
    np.testing.assert_allclose(scores, expected, rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(all_at_once.update([], return_score=True), [])


def test_a_copy_from_before_an_anomaly_leaves_it_out():
    model = SimpleExpSmoothingRNN(alpha=0.5).fit(LEVEL)
    before, expected = copy(model), model.predict(1)
    model.update(500.0, return_score=True)
    assert model.predict(1) > 200.0
    np.testing.assert_array_equal(before.update(np.nan).predict(1), expected)


def test_scores_are_labelled_as_the_series_and_each_column_is_measured_alone():
    index = pd.date_range("2020", periods=200, freq="D", name="day")
    table = pd.DataFrame({"a": LEVEL, "b": 50 * NOISE[:, 1]}, index=index)
    new = pd.DataFrame(
        {"a": [100.0, np.nan], "b": [400.0, 3.0]}, index=index[-2:] + pd.Timedelta("2D")
    )
    scores = SimpleExpSmoothingRNN().fit(table).update(new, return_score=True)
    pd.testing.assert_index_equal(scores.index, new.index, check_names=False)
    assert list(scores.columns) == ["a", "b"]
    alone = SimpleExpSmoothingRNN().fit(table["b"]).update(new["b"], return_score=True)
    assert alone.name == "b"
    np.testing.assert_allclose(scores["b"], alone, rtol=1e-6)


def test_scores_are_of_the_series_with_its_regressors():
    X = NOISE[:, 2:3]
    y = LEVEL + 30.0 * X[:, 0]
    model = SimpleExpSmoothingRNN().fit(X, y)
    scores = model.update([130.0, 130.0], np.array([[1.0], [0.0]]), return_score=True)
    assert abs(scores[0]) < 3.0 < 5.0 < scores[1]


def test_errors_of_logarithms_are_judged_as_such():
    """A third and three times the level are as far out, where errors are shares of it."""
    y = 100.0 * np.exp(0.1 * NOISE[:, 3])
    model = TransformedForecaster(NaiveForecaster(), "log").fit(y)
    up, down = (
        TransformedForecaster(NaiveForecaster(), "log").fit(y).update(y[-1] * k, return_score=True)
        for k in (3.0, 1.0 / 3.0)
    )
    np.testing.assert_allclose(up, -down, rtol=1e-9)
    np.testing.assert_array_equal(model.update(y[-1], return_score=True), [0.0])


def test_a_falling_scale_turns_no_signs():
    pair = (lambda v: 1.0 / v, lambda v: 1.0 / np.maximum(v, 1e-9))
    model = TransformedForecaster(SimpleExpSmoothingRNN(), pair).fit(LEVEL)
    up, down = model.update([120.0, 80.0], return_score=True)
    assert down < -3.0 < 3.0 < up


def test_return_score_is_a_keyword_and_a_flag_and_needs_errors():
    model = SimpleExpSmoothingRNN().fit(LEVEL)
    with pytest.raises(TypeError, match="positional"):
        model.update([1.0], None, True)
    with pytest.raises(InvalidParameterError, match="return_score must be True or False"):
        model.update([1.0], return_score="yes")
    short = NaiveForecaster().fit([1.0, 2.0, 4.0])
    with pytest.raises(ValueError, match="y has 2 values .* 5 are needed"):
        short.update([3.0], return_score=True)
    assert short.predict(1) == 4.0  # as it was before
