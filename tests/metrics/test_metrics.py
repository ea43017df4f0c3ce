from functools import partial

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score, cross_validate
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from tsrnn import DoubleExpSmoothingRNN, NaiveForecaster, SimpleExpSmoothingRNN
from tsrnn.metrics import (
    coverage,
    mae_scorer,
    mase,
    mase_scorer,
    owa,
    rmse_scorer,
    rmsse,
    rmsse_scorer,
    smape,
    smape_scorer,
    wape,
    winkler_scorer,
    wql_scorer,
)

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
        ([[1.0, 2.0], [2.0, 3.0]], 1, "same series"),
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


# The overall weighted average.


# sMAPE, MASE and OWA of yearly series as the M4 competition published them: the scores to three
# decimals, so their ratios to 0.5e-3 / 3.974 and twice that.
@pytest.mark.parametrize(
    ("scores", "published"),
    [
        ((15.198, 3.379), 0.8901365638367662),  # damped trend
        ((16.354, 3.55), 0.9470203982230108),  # Holt
        ((16.342, 3.974), 1.0),  # Naive2 itself
    ],
)
def test_owa_is_that_of_the_m4_competition(scores, published):
    assert owa(*scores, 16.342, 3.974) == pytest.approx(published, abs=3e-4)


def test_owa_of_a_panel_takes_ratios_of_means_and_not_means_of_ratios():
    found = owa([1.0, 3.0], [2.0, 2.0], (2.0, 8.0), pd.Series([1.0, 4.0]))
    assert found == pytest.approx((4.0 / 10.0 + 4.0 / 5.0) / 2.0, rel=1e-15)
    assert owa([1.0], 2.0, np.array(2.0), [4.0]) == 0.5


def test_owa_bears_a_series_that_naive2_forecasts_exactly():
    assert owa([1.0, 1.0], [1.0, 1.0], [0.0, 2.0], [0.0, 2.0]) == 1.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0, 2.0], 1.0, 1.0, 1.0), "smapes and naive2_smapes must be scores of the same series"),
        ((1.0, [1.0], 1.0, [1.0, 2.0]), "mases and naive2_mases must be .* got 1 and 2"),
        (
            ([1.0, NAN], 1.0, [1.0, 1.0], 1.0),
            "smapes must be finite and not negative, got nan at 1",
        ),
        ((1.0, -1.0, 1.0, 1.0), "mases must be finite and not negative, got -1.0 at 0"),
        ((1.0, 1.0, 1.0, np.inf), "naive2_mases contains infinity"),
        ((1.0, 1.0, 0.0, 1.0), "naive2_smapes must have a positive mean"),
        (([[1.0]], 1.0, 1.0, 1.0), "smapes must be a number or have shape"),
        (([], 1.0, 1.0, 1.0), "minimum of 1 is required"),
        (("low", 1.0, 1.0, 1.0), "low"),
    ],
)
def test_owa_names_what_is_no_score(arguments, message):
    with pytest.raises(ValueError, match=message):
        owa(*arguments)


# Scorers in scikit-learn's tools.

MONTHS = pd.date_range("2015-01", periods=72, freq="MS")
SALES = pd.Series(100.0 + np.random.default_rng(1).normal(size=72).cumsum(), index=MONTHS)
SALES.iloc[[5, 40, 62, 71]] = np.nan
ROWS = pd.DataFrame(index=MONTHS)
FOLDS = TimeSeriesSplit(3, test_size=12)
SCORERS = {
    "smape": (smape_scorer, lambda y, f, train: -smape(y, f)),
    "mase": (partial(mase_scorer, period=1), lambda *a: -mase(*a, period=1)),
    "yearly mase": (partial(mase_scorer, period=12), lambda *a: -mase(*a, period=12)),
    "mae": (mae_scorer, lambda y, f, train: -np.nanmean(np.abs(y - f))),
    "rmse": (rmse_scorer, lambda y, f, train: -np.sqrt(np.nanmean((y - f) ** 2))),
}


def scores_by_hand(forecaster, metric):
    scores = []
    for train, test in FOLDS.split(SALES):
        past = SALES.to_numpy()[train]
        forecast = forecaster.fit(past).predict(12)
        scores.append(metric(SALES.to_numpy()[test], forecast, past))
    return scores


@pytest.mark.parametrize(("scorer", "metric"), SCORERS.values(), ids=SCORERS)
@pytest.mark.parametrize(
    ("X", "y"),
    [
        (ROWS, SALES),
        (ROWS, SALES.to_numpy()),
        (pd.DataFrame(index=range(72)), SALES.to_numpy()),
    ],
    ids=["dates", "an array beside dates", "an array"],
)
def test_cross_validation_scores_series_with_missing_values(scorer, metric, X, y):
    model = SimpleExpSmoothingRNN(alpha=0.3, initial_state=(100.0,))
    scores = cross_val_score(model, X, y, cv=FOLDS, scoring=scorer, error_score="raise")
    # The training series of MASE is a sum: a few roundings.
    np.testing.assert_allclose(scores, scores_by_hand(model, metric), rtol=1e-12)


def test_a_grid_search_takes_several_scorers_and_finds_the_best_by_one():
    scorers = {name.replace(" ", "_"): scorer for name, (scorer, _) in SCORERS.items()}
    grid = {"alpha": [0.05, 0.4, 0.95]}
    model = SimpleExpSmoothingRNN(initial_state=(100.0,))
    search = GridSearchCV(model, grid, cv=FOLDS, scoring=scorers, refit="yearly_mase")
    search.fit(ROWS, SALES)
    for name, (_, metric) in SCORERS.items():
        means = [
            np.mean(scores_by_hand(SimpleExpSmoothingRNN(initial_state=(100.0,), alpha=a), metric))
            for a in grid["alpha"]
        ]
        found = search.cv_results_[f"mean_test_{name.replace(' ', '_')}"]
        np.testing.assert_allclose(found, means, rtol=1e-12)
        if name == "yearly mase":
            assert search.best_params_["alpha"] == grid["alpha"][int(np.argmax(means))]


def test_several_series_are_scored_together():
    both = pd.DataFrame({"a": SALES, "b": 3.0 * SALES[::-1].to_numpy()})
    train, test = both[:60], both[60:]
    model = NaiveForecaster().fit(train.interpolate().bfill())
    rows = pd.DataFrame(index=test.index)
    forecast = model.predict(rows)
    assert smape_scorer(model, rows, test) == pytest.approx(-smape(test, forecast), rel=1e-14)
    errors = (test - forecast).abs()
    assert mae_scorer(model, rows, test) == pytest.approx(-errors.mean().mean(), rel=1e-14)
    roots = -np.sqrt((errors**2).mean()).mean()
    assert rmse_scorer(model, rows, test) == pytest.approx(roots, rel=1e-14)
    expected = -mase(test, forecast, train.interpolate().bfill())
    assert mase_scorer(model, rows, test) == pytest.approx(expected, rel=1e-14)


def test_scaled_scorers_measure_every_forecaster_by_all_of_its_training_series():
    y = SALES.interpolate().to_numpy()
    for period in (1, 12):
        for model in (NaiveForecaster(strategy="seasonal", period=12), NaiveForecaster()):
            for end in (20, 50):
                forecast = model.fit(y[:end]).predict(12)
                held = y[end : end + 12]
                for scorer, metric in ((mase_scorer, mase), (rmsse_scorer, rmsse)):
                    expected = -metric(held, forecast, y[:end], period=period)
                    assert scorer(model, 12, held, period=period) == expected
    with pytest.raises(ValueError, match=r"^the training series of NaiveForecaster, of 62 values"):
        mase_scorer(model.fit(y[:62]), 10, y[62:], period=62)


def test_scorers_of_intervals_leave_out_rows_without_a_prediction():
    y, X = SALES.interpolate(), pd.DataFrame(index=MONTHS)
    both = pd.DataFrame({"a": y, "b": 3.0 * y[::-1].to_numpy()})
    for series in (y, both):
        model = NaiveForecaster(strategy="seasonal", period=12).fit(series[:50])
        seen = slice(12, 50)
        for scorer in (winkler_scorer, wql_scorer):
            expected = scorer(model, X[seen], series[seen])
            assert scorer(model, X[:50], series[:50]) == pytest.approx(expected, rel=1e-14)


def test_scorers_of_intervals_name_what_they_lack():
    regressor = LinearRegression().fit([[1.0], [2.0]], [1.0, 2.0])
    for scorer, method in ((wql_scorer, "predict_quantiles"), (winkler_scorer, "predict_interval")):
        with pytest.raises(TypeError, match=f"{scorer.__name__} needs .* {method}"):
            scorer(regressor, [[3.0]], [3.0])
    model = SimpleExpSmoothingRNN(alpha=0.5).fit(SALES[:50])
    assert wql_scorer(model, 4, SALES[50:54], quantiles=0.5) == -wape(
        SALES[50:54], model.predict(4)
    )
    with pytest.raises(ValueError, match="y must hold the rows"):
        wql_scorer(model, 4, [1.0, 2.0])


def test_errors_that_squares_cannot_hold_have_a_score():
    model = NaiveForecaster().fit([1e200, 2e200])
    assert rmse_scorer(model, 2, [4e200, 2e200]) == pytest.approx(-np.sqrt(2.0) * 1e200, rel=1e-14)


def test_training_scores_leave_out_rows_without_a_prediction():
    result = cross_validate(
        NaiveForecaster(), ROWS, SALES, cv=FOLDS, scoring=mae_scorer, return_train_score=True
    )
    past = SALES.iloc[next(FOLDS.split(SALES))[0]]
    expected = -(past - past.ffill().shift()).abs().mean()
    assert result["train_score"][0] == pytest.approx(expected, rel=1e-13)


def test_pipelines_and_searches_know_the_training_series_of_what_they_hold():
    plain = SimpleExpSmoothingRNN(alpha=0.3).fit(SALES[:60])
    rows, truth = ROWS[60:], SALES[60:]
    expected = mase_scorer(plain, rows, truth)
    pipeline = Pipeline([("model", SimpleExpSmoothingRNN())])
    search = GridSearchCV(pipeline, {"model__alpha": [0.3]}, cv=FOLDS, scoring=mase_scorer)
    search.fit(ROWS[:60], SALES[:60])
    assert mase_scorer(search, rows, truth) == pytest.approx(expected, rel=1e-13)


def test_mase_of_what_knows_no_training_series_is_an_error():
    model = TransformedTargetRegressor(NaiveForecaster()).fit(ROWS[6:40], SALES[6:40])
    assert smape_scorer(model, ROWS[40:60], SALES[40:60]) < 0.0
    with pytest.raises(TypeError, match="mase_scorer needs a fitted forecaster"):
        mase_scorer(model, ROWS[40:60], SALES[40:60])


@pytest.mark.parametrize("scorer", [smape_scorer, mase_scorer, mae_scorer, rmse_scorer])
@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([1.0], "y must have the shape of the predictions"),
        ([NAN, NAN], "at least one value that is not NaN"),
        ([1.0, np.inf], "infinity"),
    ],
)
def test_scorers_name_what_they_cannot_score(scorer, y, message):
    with pytest.raises(ValueError, match=message):
        scorer(NaiveForecaster().fit([1.0, 2.0, 4.0]), 2, y)


# Labels of pandas arguments.

SERIES = 20.0 + 5.0 * np.sin(np.arange(24.0) ** 1.3)
DATED = pd.date_range("2020", periods=24, freq="MS")
DAYS = pd.date_range("2020", periods=6, name="day")
TRUTH = pd.Series(np.arange(6.0), DAYS)
TABLE = pd.DataFrame({"a": np.arange(6.0), "b": 1.0}, DAYS)
WITH_A_FORECAST = [
    smape,
    lambda y, f: mase(y, f, y_train=np.asarray(y)),
    lambda y, f: coverage(y, f, f),
    lambda y, f: coverage(y, np.asarray(f), f),
    lambda y, f: (
        owa([1.0] * len(y), y + 1.0, [1.0] * len(f), f + 1.0) if y.ndim == 1 else smape(y, f)
    ),
]


@pytest.mark.parametrize("metric", WITH_A_FORECAST)
@pytest.mark.parametrize(
    "other",
    [
        TRUTH.set_axis(DAYS + pd.Timedelta("1D")),
        TRUTH[::-1],
        TRUTH.set_axis(list("abcdef")),
        TRUTH.set_axis(pd.RangeIndex(100, 106)),
        TRUTH.set_axis(DAYS.tz_localize("UTC")),
        TABLE.set_axis(DAYS[::-1]),
        TABLE[["b", "a"]],
        TABLE.set_axis(["x", "y"], axis=1),
    ],
)
def test_metrics_refuse_other_labels(metric, other):
    with pytest.raises(ValueError, match="have different (labels: in row 0|columns)"):
        metric(TRUTH if other.ndim == 1 else TABLE, other)


@pytest.mark.parametrize("metric", WITH_A_FORECAST)
@pytest.mark.parametrize(
    "other",
    [
        TRUTH.rename("forecast"),
        TRUTH.to_numpy(),
        TRUTH.reset_index(drop=True),
        TRUTH.set_axis(DAYS.as_unit("s")),
        TRUTH.set_axis(DAYS.strftime("%Y-%m-%d")),
        TRUTH.set_axis(DAYS.astype(object)),
        TRUTH.set_axis(pd.CategoricalIndex(DAYS)),
        TABLE.set_axis([0, 1], axis=1).set_axis(pd.RangeIndex(2), axis=1),
        TABLE.to_numpy(),
    ],
)
def test_metrics_take_the_same_labels_in_whatever_they_are_held(metric, other):
    truth = TRUTH if other.ndim == 1 else TABLE
    assert metric(truth, other) == metric(truth, truth)


def test_mase_refuses_a_training_series_of_other_columns():
    with pytest.raises(ValueError, match="y_true and y_train have different columns"):
        mase(TABLE, TABLE, TABLE[["b", "a"]])


@pytest.mark.parametrize("period", [np.int64(2), np.int32(2), np.uint8(2), 2])
def test_mase_takes_any_integer_as_its_period(period):
    assert mase([5.0], [6.0], [1.0, 2.0, 3.0, 5.0], period=period) == 0.4


@pytest.mark.parametrize("scorer", [smape_scorer, mase_scorer, mae_scorer, rmse_scorer])
def test_scorers_refuse_forecasts_of_other_rows_than_those_of_y(scorer):
    # A transformer that drops the index makes rows follow the training series, whatever the gap.
    index = pd.date_range("2020", periods=40, freq="MS")
    t = np.arange(40.0)
    X, y = pd.DataFrame({"x": np.cos(t)}, index), pd.Series(10.0 * t + np.sin(t), index)
    scaled = Pipeline([("scale", StandardScaler()), ("model", DoubleExpSmoothingRNN())])
    train, test = [rows for rows in TimeSeriesSplit(3, test_size=6, gap=3).split(X)][-1]
    scaled.fit(X.iloc[train], y.iloc[train])
    with pytest.raises(
        ValueError, match=r"have different labels.*set_output\(transform='pandas'\)"
    ):
        scorer(scaled, X.iloc[test], y.iloc[test])
    scaled.set_output(transform="pandas").fit(X.iloc[train], y.iloc[train])
    plain = DoubleExpSmoothingRNN().fit(X.iloc[train], y.iloc[train])
    scores = [scorer(model, X.iloc[test], y.iloc[test]) for model in (scaled, plain)]
    # The optimum does not depend on the scale of X; searches end within the tolerance of fits.
    assert scores[0] == pytest.approx(scores[1], rel=1e-3)


@pytest.mark.parametrize("scorer", [smape_scorer, mase_scorer, mae_scorer, rmse_scorer, None])
@pytest.mark.parametrize("held", [np.asarray, list, pd.Series, lambda y: pd.Series(y, DATED)])
def test_series_alone_are_cross_validated(scorer, held):
    y = held(SERIES)
    scores = cross_val_score(NaiveForecaster(), y, cv=TimeSeriesSplit(3), scoring=scorer)
    rows = pd.DataFrame(index=y.index if isinstance(y, pd.Series) else pd.RangeIndex(len(y)))
    same = cross_val_score(NaiveForecaster(), rows, y, cv=TimeSeriesSplit(3), scoring=scorer)
    np.testing.assert_array_equal(scores, same)
    assert np.isfinite(scores).all()


def test_a_table_alone_is_cross_validated_and_searched():
    table = pd.DataFrame({"a": SERIES, "b": SERIES[::-1]}, DATED)
    for y in (table, table.to_numpy(), SERIES):
        search = GridSearchCV(
            NaiveForecaster(), {"strategy": ["last", "drift"]}, cv=TimeSeriesSplit(3)
        ).fit(y)
        assert np.isfinite(search.best_score_)


def test_one_series_may_be_flat_or_a_column():
    y, forecast, past = np.array([3.0, 5.0]), np.array([4.0, 7.0]), np.array([1.0, 2.0, 4.0])
    for metric in (mase, rmsse):
        expected = metric(y, forecast, past)
        for flat in (True, False):
            held = (y, forecast, past[:, None]) if flat else (y[:, None], forecast[:, None], past)
            assert metric(*held) == expected


@pytest.mark.parametrize(
    ("lower", "upper"), [([2.0], [0.0]), ([0.0, 3.0], [4.0, 2.0]), ([np.inf], [-np.inf])]
)
def test_swapped_bounds_hold_nothing(lower, upper):
    with pytest.raises(ValueError, match="lower must not be above upper"):
        coverage([1.0] * len(lower), lower, upper)
