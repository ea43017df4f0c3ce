"""Errors, quantile losses and interval scores: against loops, closed forms, and each other."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from sklearn.metrics import mean_pinball_loss
from sklearn.model_selection import TimeSeriesSplit, cross_val_score

from tsrnn import DoubleExpSmoothingRNN, SimpleExpSmoothingRNN
from tsrnn.metrics import (
    bias,
    coverage,
    crps,
    mase,
    msis,
    pinball_loss,
    relative_scores,
    rmsse,
    rmsse_scorer,
    scaled_quantile_loss,
    wape,
    wape_scorer,
    weighted_quantile_loss,
    winkler_score,
    winkler_scorer,
    wql_scorer,
)

NAN = float("nan")
DECILES = np.arange(1, 10) / 10
# Sums run in another order than in a loop: a few roundings.
ROUNDING = 1e-13


@pytest.fixture
def series():
    """Truth, forecasts and past of one series, with gaps, and its quantiles."""
    random = np.random.default_rng(0)
    y_train, y = random.normal(10.0, 5.0, 30), random.normal(10.0, 5.0, 12)
    forecast = y + random.normal(1.0, 2.0, 12)
    quantiles = forecast[:, None] + 2.0 * norm.ppf(DECILES)
    y_train[[0, 7]], y[[3, 11]] = NAN, NAN
    return y, forecast, quantiles, y_train


def several(*parts):
    """Two series of one: itself, and itself backwards and doubled."""
    return [np.stack([one, 2.0 * one[::-1]], axis=-1) for one in parts]


def seen(y, *others):
    rows = ~np.isnan(y)
    return [one[rows] for one in (y, *others)]


def loop_pinball(y, quantiles, levels):
    losses = [
        [
            level * (a - q) if a >= q else (1 - level) * (q - a)
            for q, level in zip(row, levels, strict=True)
        ]
        for a, row in zip(*seen(y, quantiles), strict=True)
    ]
    return np.array(losses)


def loop_scale(y_train, period, power=1):
    steps = [abs(y_train[i] - y_train[i - period]) ** power for i in range(period, len(y_train))]
    return np.mean([step for step in steps if not np.isnan(step)])


# Of points.


@pytest.mark.parametrize("period", [1, 4])
def test_rmsse_wape_and_bias_equal_the_loops(series, period):
    y, forecast, _, y_train = series
    truth, ahead = seen(y, forecast)
    by_hand = np.sqrt(np.mean((truth - ahead) ** 2) / loop_scale(y_train, period, 2))
    assert rmsse(y, forecast, y_train, period=period) == pytest.approx(by_hand, rel=ROUNDING)
    assert wape(y, forecast) == pytest.approx(
        sum(abs(truth - ahead)) / sum(abs(truth)), rel=ROUNDING
    )
    assert bias(y, forecast) == pytest.approx(np.mean(ahead - truth), rel=ROUNDING)


def test_bias_is_positive_where_forecasts_are_too_high():
    assert bias([1.0, 2.0], [2.0, 4.0]) == 1.5
    assert bias([1.0, 2.0], [0.0, 0.0]) == -1.5


def test_wape_of_several_series_is_a_ratio_of_sums_and_not_a_mean_of_ratios():
    y, forecast = np.array([[100.0, 1.0], [100.0, 1.0]]), np.array([[90.0, 2.0], [110.0, 2.0]])
    assert wape(y, forecast) == pytest.approx(22.0 / 202.0, rel=1e-15)


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_rmsse_does_not_depend_on_the_scale_at_the_ends_of_the_float_range(series, scale):
    y, forecast, _, y_train = series
    scaled = rmsse(scale * y, scale * forecast, scale * y_train)
    assert scaled == pytest.approx(rmsse(y, forecast, y_train), rel=1e-12)


def test_without_a_unit_errors_are_infinite_and_none_is_zero():
    assert rmsse([5.0], [6.0], [5.0, 5.0]) == wape([0.0], [1.0]) == np.inf
    assert rmsse([5.0], [5.0], [5.0, 5.0]) == wape([0.0], [0.0]) == 0.0
    assert msis([5.0], [5.0], [6.0], [5.0, 5.0]) == np.inf


# Of quantiles.


def test_pinball_loss_equals_the_loop_and_scikit_learns(series):
    y, _, quantiles, _ = series
    losses = loop_pinball(y, quantiles, DECILES)
    assert pinball_loss(y, quantiles, DECILES) == pytest.approx(losses.mean(), rel=ROUNDING)
    truth, one = seen(y, quantiles[:, 2])
    theirs = mean_pinball_loss(truth, one, alpha=DECILES[2])
    for shaped in (quantiles[:, 2], quantiles[:, [2]]):
        assert pinball_loss(y, shaped, DECILES[2]) == pytest.approx(theirs, rel=ROUNDING)


def test_quantile_losses_in_units_equal_the_loops(series):
    y, _, quantiles, y_train = series
    losses = loop_pinball(y, quantiles, DECILES)
    (truth,) = seen(y)
    expected = np.mean([2.0 * sum(one) / sum(abs(truth)) for one in losses.T])
    assert weighted_quantile_loss(y, quantiles, DECILES) == pytest.approx(expected, rel=ROUNDING)
    expected = 2.0 * losses.mean() / loop_scale(y_train, 4)
    found = scaled_quantile_loss(y, quantiles, DECILES, y_train, period=4)
    assert found == pytest.approx(expected, rel=ROUNDING)


def test_of_the_median_alone_quantile_losses_are_errors_of_points(series):
    y, forecast, _, y_train = series
    truth, ahead = seen(y, forecast)
    error = np.mean(abs(truth - ahead))
    assert 2.0 * pinball_loss(y, forecast, 0.5) == pytest.approx(error, rel=ROUNDING)
    assert crps(y, forecast, 0.5) == pytest.approx(error, rel=ROUNDING)
    assert weighted_quantile_loss(y, forecast, 0.5) == pytest.approx(wape(y, forecast), rel=1e-14)
    scaled = scaled_quantile_loss(y, forecast, 0.5, y_train, period=4)
    assert scaled == pytest.approx(mase(y, forecast, y_train, period=4), rel=ROUNDING)


def test_crps_is_the_integral_over_quantiles_that_run_straight_between_the_known(series):
    y, _, quantiles, _ = series
    levels = (np.arange(20_000) + 0.5) / 20_000
    rows = zip(*seen(y, quantiles), strict=True)
    by_hand = [
        2.0
        * np.mean(
            np.where((error := a - np.interp(levels, DECILES, row)) >= 0, levels, levels - 1)
            * error
        )
        for a, row in rows
    ]
    # A sum of 20,000 midpoints is off by its square, and by a kink in each.
    assert crps(y, quantiles, DECILES) == pytest.approx(np.mean(by_hand), rel=1e-7)
    mixed = np.random.default_rng(1).permutation(9)
    assert crps(y, quantiles[:, mixed], DECILES[mixed]) == pytest.approx(
        crps(y, quantiles, DECILES), rel=ROUNDING
    )


@pytest.mark.parametrize(("n_quantiles", "tolerance"), [(9, 0.02), (99, 1e-3)])
def test_crps_comes_close_to_the_closed_form_of_normal_forecasts(n_quantiles, tolerance):
    levels = np.arange(1, n_quantiles + 1) / (n_quantiles + 1)
    y = norm.ppf((np.arange(2000) + 0.5) / 2000)
    exact = np.mean(y * (2 * norm.cdf(y) - 1) + 2 * norm.pdf(y) - 1 / np.sqrt(np.pi))
    found = crps(y, np.tile(norm.ppf(levels), (2000, 1)), levels)
    assert found == pytest.approx(exact, rel=tolerance)


def test_quantiles_of_several_series_are_read_as_predict_quantiles_answers():
    random = np.random.default_rng(2)
    table = pd.DataFrame(random.normal(9.0, 1.0, (30, 2)), columns=["a", "b"])
    truth = table[24:].reset_index(drop=True)
    model = SimpleExpSmoothingRNN(alpha=0.3)
    framed = model.fit(table[:24]).predict_quantiles(6, [0.1, 0.6])
    plain = model.fit(table[:24].to_numpy()).predict_quantiles(6, [0.1, 0.6])
    for metric in (pinball_loss, crps):
        single = [
            metric(truth[name].to_numpy(), framed[name].to_numpy(), [0.1, 0.6]) for name in "ab"
        ]
        expected = pytest.approx(np.mean(single), rel=ROUNDING)
        assert metric(truth.to_numpy(), plain, [0.1, 0.6]) == expected
        assert metric(truth.to_numpy(), framed, [0.1, 0.6]) == expected
    past = table[:24]
    expected = np.mean(
        [scaled_quantile_loss(truth[n], framed[n].to_numpy(), [0.1, 0.6], past[n]) for n in "ab"]
    )
    found = scaled_quantile_loss(
        truth, framed.to_numpy().reshape(6, 2, 2).transpose(0, 2, 1), [0.1, 0.6], past
    )
    assert found == pytest.approx(expected, rel=ROUNDING)


@pytest.mark.parametrize(
    ("y_quantiles", "quantiles", "message"),
    [
        ([[1.0, 2.0]], [0.1, 1.0], "between 0 and 1, both excluded, got 1.0 at 1"),
        ([[1.0, 2.0]], [0.5, 0.5], "quantiles must differ"),
        ([[1.0, 2.0]], [[0.1, 0.5]], "a number or a list"),
        ([[1.0, 2.0]], [0.1], r"y_quantiles must have the shape \(1, 1, 1\) or .*got \(1, 2\)"),
        ([[1.0, NAN]], [0.1, 0.5], "y_quantiles is NaN at row 0, quantile 0.5"),
        ([[1.0, np.inf]], [0.1, 0.5], "infinity"),
        (pd.DataFrame([[1.0, 2.0]], columns=[0.1, 0.9]), [0.1, 0.5], r"columns \[0.1, 0.9\]"),
        (pd.DataFrame([[1.0, 2.0]], columns=[0.5, 0.1]), [0.1, 0.5], r"columns \[0.5, 0.1\]"),
    ],
)
def test_quantiles_that_will_not_do_are_named(y_quantiles, quantiles, message):
    for metric in (pinball_loss, weighted_quantile_loss, crps):
        with pytest.raises(ValueError, match=message):
            metric([1.0], y_quantiles, quantiles)


def test_quantiles_of_other_rows_or_series_are_refused():
    days = pd.date_range("2020", periods=2)
    y = pd.Series([1.0, 2.0], days)
    other = pd.DataFrame({0.5: [1.0, 2.0]}, days + pd.Timedelta("1D"))
    with pytest.raises(ValueError, match="y_true and y_quantiles have different labels"):
        pinball_loss(y, other, 0.5)
    table = pd.DataFrame({"a": [1.0, 2.0], "b": [1.0, 2.0]})
    columns = pd.MultiIndex.from_product([["b", "a"], [0.5]])
    with pytest.raises(ValueError, match="different series"):
        pinball_loss(table, pd.DataFrame(np.ones((2, 2)), columns=columns), 0.5)


# Of intervals.


def test_interval_scores_equal_the_loops(series):
    y, forecast, _, y_train = series
    lower, upper = forecast - 2.0, forecast + 1.0
    costs = [
        high - low + 2.0 / 0.2 * (low - a if a < low else a - high if a > high else 0.0)
        for a, low, high in zip(*seen(y, lower, upper), strict=True)
    ]
    found = winkler_score(y, lower, upper, level=0.8)
    assert found == pytest.approx(np.mean(costs), rel=ROUNDING)
    scaled = msis(y, lower, upper, y_train, level=0.8, period=4)
    assert scaled == pytest.approx(np.mean(costs) / loop_scale(y_train, 4), rel=ROUNDING)


def test_winklers_score_is_the_pinball_losses_of_both_bounds(series):
    y, forecast, _, _ = series
    bounds = np.column_stack([forecast - 2.0, forecast + 1.0])
    # Winkler's is 2 / (1 - level) times the sum of the losses of the quantiles 0.1 and 0.9.
    losses = 2 * pinball_loss(y, bounds, [0.1, 0.9]) * 2.0 / 0.2
    assert winkler_score(y, *bounds.T, level=0.8) == pytest.approx(losses, rel=1e-12)


@pytest.mark.parametrize(
    ("bounds", "level", "message"),
    [
        (([0.0], [1.0]), 95, "write 0.95"),
        (([0.0], [1.0]), 1.0, "level"),
        (([2.0], [1.0]), 0.8, "lower must not be above upper, got 2.0 and 1.0"),
        (([NAN], [1.0]), 0.8, "lower is NaN"),
    ],
)
def test_intervals_that_will_not_do_are_named(bounds, level, message):
    with pytest.raises(ValueError, match=message):
        winkler_score([1.0], *bounds, level=level)
    with pytest.raises(ValueError, match=message):
        msis([1.0], *bounds, [1.0, 2.0], level=level)


def test_several_series_give_the_mean_of_the_single_ones(series):
    y, forecast, quantiles, y_train = series
    lower, upper = forecast - 2.0, forecast + 1.0
    for metric, parts in [
        (rmsse, (y, forecast, y_train)),
        (bias, (y, forecast)),
        (winkler_score, (y, lower, upper)),
        (msis, (y, lower, upper, y_train)),
        (coverage, (y, lower, upper)),
    ]:
        both = several(*parts)
        single = [metric(*(one[:, i] for one in both)) for i in (0, 1)]
        assert metric(*both) == pytest.approx(np.mean(single), rel=ROUNDING)
    both_y, both_quantiles = several(y, quantiles)
    single = [pinball_loss(both_y[:, i], both_quantiles[:, :, i], DECILES) for i in (0, 1)]
    found = pinball_loss(both_y, both_quantiles, DECILES)
    assert found == pytest.approx(np.mean(single), rel=ROUNDING)


@pytest.mark.parametrize("metric", [rmsse, wape, bias])
def test_bad_observations_and_predictions_are_named(metric):
    past = [[1.0, 2.0]] if metric is rmsse else []
    for y, forecast, message in [
        ([1.0, 2.0], [1.0], "y_pred must have the shape of y_true"),
        ([NAN], [1.0], "at least one value that is not NaN"),
        ([1.0], [NAN], r"y_pred is NaN at \(0,\)"),
        ([np.inf], [1.0], "infinity"),
        (pd.Series([1.0], ["a"]), pd.Series([1.0], ["b"]), "different labels"),
    ]:
        with pytest.raises(ValueError, match=message):
            metric(y, forecast, *past)


# Scorers.


@pytest.mark.parametrize("several_series", [False, True])
@pytest.mark.parametrize("pandas", [False, True])
def test_scorers_score_what_the_forecaster_answers(several_series, pandas):
    y = np.random.default_rng(3).normal(20.0, 3.0, 40)
    y[[5, 33]] = NAN
    y = several(y)[0] if several_series else y
    train, test = y[:32], y[32:]
    index = pd.date_range("2020", periods=40, freq="MS")
    if pandas:
        make = pd.DataFrame if several_series else pd.Series
        train, test = make(train, index[:32]), make(test, index[32:])
    model = SimpleExpSmoothingRNN(alpha=0.2).fit(train)
    quantiles, intervals = model.predict_quantiles(8, DECILES), model.predict_interval(8, 0.8)
    if pandas and several_series:  # both bounds of a series side by side
        intervals = intervals.to_numpy().reshape(8, 2, 2).transpose(0, 2, 1)
    lower, upper = np.moveaxis(np.asarray(intervals), 1, 0)
    truth = np.asarray(test)
    assert wql_scorer(model, 8, test) == -weighted_quantile_loss(test, quantiles, DECILES)
    expected = -winkler_score(truth, lower, upper, level=0.8)
    assert winkler_scorer(model, 8, test, level=0.8) == pytest.approx(expected, rel=ROUNDING)
    assert wape_scorer(model, 8, test) == -wape(test, model.predict(8))
    # The training series is the sum of fitted values and residuals: a rounding.
    expected = -rmsse(test, model.predict(8), train, period=4)
    assert rmsse_scorer(model, 8, test, period=4) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("scorer", [wql_scorer, winkler_scorer, wape_scorer, rmsse_scorer])
def test_a_series_alone_is_cross_validated(scorer):
    y = np.arange(40.0) + np.sin(np.arange(40.0) ** 1.3)
    scores = cross_val_score(
        DoubleExpSmoothingRNN(), y, cv=TimeSeriesSplit(3), scoring=scorer, error_score="raise"
    )
    assert (scores < 0.0).all()


# Beside a baseline.

SCORES = pd.DataFrame(
    {
        "data": ["m3", "m4", "m3", "m4", "m4", "m3"],
        "model": ["naive", "naive", "auto", "auto", "theta", "theta"],
        "mase": [2.0, 1.0, 1.0, 0.25, 1.0, 1.0],
        "bias": [0.1, -0.2, 0.0, 0.1, 0.1, 0.0],
        "coverage-80": 0.8,
    }
)


def test_relative_scores_are_geometric_means_of_ratios_over_data_sets():
    found = relative_scores(SCORES, "naive")
    assert list(found.columns) == ["model", "mase"]
    assert found["model"].tolist() == ["naive", "auto", "theta"]
    np.testing.assert_allclose(found["mase"], [1.0, np.sqrt(0.5 * 0.25), np.sqrt(0.5)], rtol=1e-15)


def test_the_ratio_of_two_models_does_not_depend_on_the_baseline():
    ratios = [
        (table := relative_scores(SCORES, baseline).set_index("model")["mase"])["auto"]
        / table["theta"]
        for baseline in ("naive", "theta")
    ]
    assert ratios[0] == pytest.approx(ratios[1], rel=ROUNDING)


def test_columns_that_are_named_are_compared_whatever_they_are_called():
    found = relative_scores(SCORES.rename(columns={"mase": "own"}), "naive", ["own"])
    assert found["own"].tolist() == relative_scores(SCORES, "naive")["mase"].tolist()


@pytest.mark.parametrize(
    ("scores", "baseline", "metrics", "message"),
    [
        (SCORES, "drift", None, "baseline must be one of the models"),
        (SCORES.drop(columns="model"), "naive", None, "no column 'model'"),
        (SCORES, "naive", ["rmse"], "no column 'rmse'"),
        (SCORES.drop(columns="mase"), "naive", None, "no metrics"),
        (SCORES, "naive", ["coverage-80"], "metrics must be errors, .*'coverage-80'"),
        (SCORES, "naive", "model", "metrics must be errors, .*'model'"),
        (SCORES, "naive", ["mase", "data"], "metrics names 'data', .* no numbers"),
        (SCORES.assign(mape=0.1 * SCORES.index), "naive", None, "'mape' of fractions"),
        (SCORES.rename(columns={"bias": "own"}), "naive", ["mase"], "'own' of fractions"),
        (SCORES, "naive", ["bias"], "bias must be finite and not negative"),
        (SCORES[:-1], "naive", None, r"got nan of 'theta' on \{'data': 'm3'\}"),
        (pd.concat([SCORES, SCORES[-1:]]), "naive", None, "two rows of 'theta'"),
        (SCORES.assign(mase=SCORES["mase"] * (SCORES["data"] != "m4")), "naive", None, "no ratio"),
    ],
)
def test_what_has_no_relative_score_is_named(scores, baseline, metrics, message):
    with pytest.raises(ValueError, match=message):
        relative_scores(scores, baseline, metrics)


def test_intervals_at_infinity_cost_infinitely_much():
    for bound in (np.inf, -np.inf):
        assert winkler_score([1.0], [bound], [bound]) == np.inf
        assert winkler_score([1.0, 2.0], [0.0, bound], [2.0, bound]) == np.inf
    assert winkler_score([1.0], [-np.inf], [np.inf]) == np.inf


@pytest.mark.parametrize("size", [1e308, 1.7e308, 5e307])
def test_ratios_of_sums_are_right_though_the_sums_are_beyond_floats(size):
    y, forecast = np.full(8, size), np.full(8, 0.5 * size)
    assert wape(y, forecast) == 0.5
    assert wape(y, np.zeros(8)) == 1.0
    assert weighted_quantile_loss(y, forecast, 0.5) == 0.5


def test_quantiles_in_words_are_read_as_numbers():
    y = [10.0, 12.0]
    forecasts = pd.DataFrame([[8.0, 9.0], [11.0, 14.0]], columns=["0.1", "0.9"])
    expected = pinball_loss(y, forecasts.to_numpy(), [0.1, 0.9])
    assert pinball_loss(y, forecasts, [0.1, 0.9]) == expected
    for metric in (pinball_loss, crps, weighted_quantile_loss):
        with pytest.raises(ValueError, match="y_quantiles has the columns"):
            metric(y, forecasts, [0.9, 0.1])
    named = forecasts.set_axis(["low", "high"], axis=1)
    assert pinball_loss(y, named, [0.1, 0.9]) == expected
