"""Conformal intervals: their ranks, and that they hold as many values as they say."""

import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from panels import SES, make_frame, series_of
from shared_data import m3_series, needs_m3
from sklearn.base import clone

from tsrnn import (
    DoubleExpSmoothingRNN,
    NaiveForecaster,
    PanelForecaster,
    SimpleExpSmoothingRNN,
)
from tsrnn.exceptions import InvalidParameterError
from tsrnn.forecasting.conformal import conformal_bounds

LEVELS = st.integers(1, 99)


@given(st.integers(1, 400), LEVELS)
def test_a_bound_is_the_score_of_the_rank_in_exact_arithmetic(n, percent):
    scores = np.random.default_rng(n).permutation(np.arange(1.0, n + 1.0))[:, None]
    bounds = conformal_bounds(scores, percent / 100.0)
    rank = math.ceil(Fraction(percent, 100) * (n + 1))
    assert bounds.upper[0] == -bounds.lower[0] == min(rank, n)
    assert bounds.reached[0] == (percent / 100.0 if rank <= n else n / (n + 1))


@given(st.integers(1, 400), LEVELS)
def test_two_sided_bounds_leave_as_much_on_either_side(n, percent):
    scores = np.random.default_rng(n).permutation(np.arange(1.0, n + 1.0))[:, None]
    bounds = conformal_bounds(scores, percent / 100.0, symmetric=False)
    rank = math.floor(Fraction(100 - percent, 200) * (n + 1))
    assert bounds.lower[0] == max(rank, 1)
    assert bounds.upper[0] == n + 1 - max(rank, 1)
    assert bounds.reached[0] == (percent / 100.0 if rank >= 1 else (n - 1) / (n + 1))


def test_missing_scores_do_not_count():
    scores = np.array([[1.0, np.nan], [np.nan, np.nan], [-3.0, np.nan], [2.0, np.nan]])
    bounds = conformal_bounds(scores, 0.5)
    np.testing.assert_array_equal(bounds.upper, [2.0, np.nan])
    np.testing.assert_array_equal(bounds.reached, [0.5, 0.0])
    assert np.isnan(conformal_bounds(np.empty((0, 2)), 0.5).upper).all()


@pytest.mark.parametrize("symmetric", [True, False])
def test_exchangeable_scores_are_held_as_often_as_the_level_says(symmetric):
    rng = np.random.default_rng(0)
    n, level = 59, 0.9
    scores = rng.standard_cauchy((n, 20_000))
    bounds = conformal_bounds(scores, level, symmetric=symmetric)
    new = rng.standard_cauchy(20_000)
    held = np.mean((bounds.lower <= new) & (new <= bounds.upper))
    # (n + 1) 0.9 and (n + 1) 0.05 are whole, so the level is exact; 5 standard errors.
    assert abs(held - level) < 5 * math.sqrt(0.09 / 20_000)


# Of single series.


@pytest.mark.parametrize("n", [40, 41])
def test_intervals_of_a_series_are_learned_from_forecasts_of_its_second_half(n):
    y = np.random.default_rng(0).normal(size=n + 2).cumsum()
    model = clone(SES).fit(y[:n])
    half = (n + 1) // 2
    past, scores = clone(SES).fit(y[:half]), [[], []]
    for origin in range(half, n):
        ahead, quantile = past.predict_quantiles(2, [0.5, 0.8413447460685429]).T
        for step in range(min(2, n - origin)):
            deviation = quantile[step] - ahead[step]
            scores[step].append(abs(y[origin + step] - ahead[step]) / deviation)
        past.update(y[origin])
    factors = [np.sort(one)[math.ceil(0.8 * (len(one) + 1)) - 1] for one in scores]
    ends = model.predict_quantiles(2, [0.5, 0.8413447460685429])
    upper = ends[:, 0] + factors * np.diff(ends)[:, 0]
    interval = model.predict_interval(2, 0.8, method="conformal")
    # One standard deviation is a quantile here, of 16 digits; differences take two of them.
    np.testing.assert_allclose(interval[:, 1], upper, rtol=1e-10)
    np.testing.assert_allclose(interval.sum(axis=1), 2.0 * model.predict(2), rtol=1e-10)


def test_intervals_of_series_are_those_of_each_alone_whatever_their_dates_and_regressors():
    df = make_frame([40, 40], n_regressors=1)
    y = df.pivot(index="ds", columns="unique_id", values="y")
    X = series_of(df, "a")[["x0"]]
    model = DoubleExpSmoothingRNN().fit(X[:36], y[:36])
    both = model.predict_interval(X[30:], 0.8, method="conformal")
    assert both.index.equals(X.index[30:])
    for name in "ab":
        one = DoubleExpSmoothingRNN().fit(X[:36], y[name][:36])
        alone = one.predict_interval(X[30:], 0.8, method="conformal")
        np.testing.assert_allclose(both[name], alone, rtol=1e-9)  # batches sum in other orders


def test_a_short_series_warns_of_the_level_that_it_can_reach():
    model = clone(SES).fit(np.random.default_rng(0).normal(size=20))
    with pytest.warns(UserWarning, match=r"intervals of level 0.95: .* which reach 0.9$"):
        model.predict_interval(2, method="conformal")  # nine scores two steps ahead
    with pytest.raises(ValueError, match="series 0 has no past forecasts 11 steps ahead"):
        model.predict_interval(12, method="conformal")
    with pytest.raises(InvalidParameterError, match="method must be"):
        model.predict_interval(2, method="normal")


def test_intervals_of_single_series_hold_95_percent_where_errors_are_far_from_normal():
    rng = np.random.default_rng(0)
    walks = rng.standard_t(2.2, (103, 400)).cumsum(axis=0)
    model = NaiveForecaster().fit(walks[:100])
    lower, upper = np.moveaxis(model.predict_interval(3, 0.95, method="conformal"), 1, 0)
    held = (lower <= walks[100:]) & (walks[100:] <= upper)
    # 1200 values, those of a series alike: some 600 of their own, whose standard error is 0.9%.
    assert 0.93 <= held.mean() <= 0.97


# In panels.


def test_the_scores_of_a_panel_are_errors_at_past_origins_in_deviations_of_then():
    frame = make_frame([30, 25, 8])
    panel = PanelForecaster(SES, alias="m", conformal_windows=2).fit(frame)
    table = panel.predict(3, level=60, method="conformal")
    scores = []
    for name, length in {"a": 30, "b": 25, "c": 8}.items():
        y = frame.loc[frame["unique_id"] == name, "y"].to_numpy()
        for before in (length - 3, length - 6):
            if 2 * before >= length:  # the short one has one window
                one = SES.fit(y[:before])
                deviation = np.diff(one.predict_quantiles(3, [0.5, 0.8413447460685429]))[:, 0]
                scores.append(np.abs(y[before : before + 3] - one.predict(3)) / deviation)
    assert len(scores) == 5  # too few to choose among by length
    factors = np.sort(scores, axis=0)[math.ceil(0.6 * 6) - 1]
    for name in "abc":
        y = frame.loc[frame["unique_id"] == name, "y"].to_numpy()
        ends = SES.fit(y).predict_quantiles(3, [0.5, 0.8413447460685429])
        rows = table[table["unique_id"] == name]
        # One standard deviation is a quantile here, of 16 digits; differences take two of them.
        np.testing.assert_allclose(
            rows["m-hi-60"], ends[:, 0] + factors * np.diff(ends)[:, 0], rtol=1e-10
        )
        np.testing.assert_allclose(rows["m-hi-60"] + rows["m-lo-60"], 2.0 * rows["m"], rtol=1e-10)


def test_too_few_scores_warn_of_the_level_that_they_reach():
    panel = PanelForecaster(SES).fit(make_frame([20, 30, 25]))
    with pytest.warns(UserWarning, match=r"intervals of 95 percent.* reach 85.7 percent"):
        wide = panel.predict(2, level=95, method="conformal")
    with pytest.warns(UserWarning, match="reach 85.7 percent"):
        again = panel.predict(2, level=90, method="conformal")
    np.testing.assert_array_equal(wide.iloc[:, -1], again.iloc[:, -1])
    panel.predict(2, level=80, method="conformal")  # in reach, so without a warning


def test_series_that_are_too_short_for_any_window_are_an_error():
    panel = PanelForecaster(SES).fit(make_frame([20, 30]))
    with pytest.raises(ValueError, match="no series is long enough to learn intervals 16 steps"):
        panel.predict(16, level=80, method="conformal")


def test_series_that_are_predicted_exactly_have_no_say():
    frame = make_frame([20, 30, 25])
    line = frame[frame["unique_id"] == "a"].assign(unique_id="line", y=3.0)
    alone = PanelForecaster(NaiveForecaster()).fit(frame)
    among = PanelForecaster(NaiveForecaster()).fit(pd.concat([frame, line]))
    table = among.predict(2, level=80, method="conformal")
    expected = alone.predict(2, level=80, method="conformal")
    others = table[table["unique_id"] != "line"].reset_index(drop=True)
    pd.testing.assert_frame_equal(others, expected)
    assert (table.loc[table["unique_id"] == "line"].iloc[:, 2:] == 3.0).all(axis=None)


def test_intervals_of_short_series_are_learned_from_short_fits():
    rng = np.random.default_rng(0)
    lengths = np.repeat([10, 160], 150)
    sizes = np.where(lengths == 10, 5.0, 1.0)  # short series get wild where they are forecast
    frames = []
    for i, (length, size) in enumerate(zip(lengths, sizes, strict=True)):
        steps = rng.normal(size=length)
        steps[-2:] *= size
        frames.append(
            pd.DataFrame({"unique_id": i, "ds": np.arange(1, length + 1), "y": steps.cumsum()})
        )
    panel = PanelForecaster(NaiveForecaster(), alias="m", conformal_windows=1).fit(
        pd.concat(frames)
    )
    ratio = [
        np.median((table["m-hi-80"] - table["m"]).to_numpy().reshape(300, 2), axis=1)
        for table in (panel.predict(2, level=80, method=how) for how in ("conformal", "auto"))
    ]
    stretched = ratio[0] / ratio[1]
    assert np.median(stretched[:150]) > 3.0  # of 5, the rest in the model's own deviation
    assert 0.8 < np.median(stretched[150:]) < 1.25  # of 150 scores


def test_an_update_keeps_what_was_learned_of_errors():
    frame = make_frame([20, 30, 25])
    panel = PanelForecaster(NaiveForecaster(), alias="m").fit(frame)
    before = panel.predict(1, level=80, method="conformal")
    more = frame.groupby("unique_id").tail(1).assign(y=7.0)
    panel.update(more.assign(ds=more["ds"] + pd.Timedelta(days=1)))
    later = panel.predict(1, level=80, method="conformal")
    assert (later["m"] == 7.0).all()
    np.testing.assert_allclose(  # by rounding of the sums
        later["m-hi-80"] - later["m"], before["m-hi-80"] - before["m"], rtol=1e-12
    )


def held(frame, test, forecaster, h, level, method):
    """The share of the test values that the intervals hold."""
    panel = PanelForecaster(forecaster, alias="m").fit(frame)
    table = panel.predict(h, level=level, method=method).merge(test, on=["unique_id", "ds"])
    assert len(table) == len(test)
    return table["y"].between(table[f"m-lo-{level}"], table[f"m-hi-{level}"]).mean()


def test_intervals_hold_95_percent_where_errors_are_far_from_normal():
    rng = np.random.default_rng(0)
    n, length, h = 400, 40, 4
    # Random walks of all sizes, with steps of a t-distribution of 3 degrees of freedom.
    sizes = np.exp(rng.normal(scale=2.0, size=n))[:, None]
    walks = (sizes * rng.standard_t(3, (n, length + h))).cumsum(axis=1)
    frame = pd.DataFrame(
        {
            "unique_id": np.repeat(np.arange(n), length + h),
            "ds": np.tile(np.arange(1, length + h + 1), n),
            "y": walks.ravel(),
        }
    )
    test = frame["ds"] > length
    share = held(frame[~test], frame[test], NaiveForecaster(), h, 95, "conformal")
    # 1600 values, those of a series alike: some 600 of their own, whose standard error is 0.9%.
    assert 0.93 <= share <= 0.97


@needs_m3
@pytest.mark.parametrize("h", [6])
def test_intervals_of_m3_hold_95_percent_of_what_was_held_back(h):
    frames = [
        pd.DataFrame({"unique_id": i, "ds": np.arange(1, len(y) + 1), "y": y})
        for i, y in m3_series(700).items()
    ]
    frame = pd.concat(frames, ignore_index=True)
    test = frame["ds"] > frame.groupby("unique_id")["ds"].transform("max") - h
    parts = frame[~test], frame[test]
    share = held(*parts, DoubleExpSmoothingRNN(damped=True), h, 95, "conformal")
    own = held(*parts, DoubleExpSmoothingRNN(damped=True), h, 95, "auto")
    # 4200 values, those of a series alike: a standard error of some 0.6%.
    assert 0.93 <= share <= 0.97
    assert own < share  # the optimum over the training part believes in itself too much


VALUES = [3.0, 5, 4, 6, 5, 7, 6, 8, 5, 6, 7, 4]
NAN = float("nan")
EACH = [
    SimpleExpSmoothingRNN(),
    NaiveForecaster(),
    NaiveForecaster(strategy="seasonal", period=2),
]


@pytest.mark.parametrize("model", EACH, ids=str)
@pytest.mark.parametrize("n_missing", [1, 8, 13, 50])
def test_missing_values_before_a_series_do_not_change_its_conformal_intervals(model, n_missing):
    expected = model.fit(VALUES).predict_interval(2, 0.7, method="conformal")
    later = model.fit([NAN] * n_missing + VALUES).predict_interval(2, 0.7, method="conformal")
    # Of smoothers the optimum is that of the same function, found to about half its digits.
    np.testing.assert_allclose(later, expected, rtol=1e-6)


@pytest.mark.parametrize("model", [SimpleExpSmoothingRNN(), NaiveForecaster()], ids=str)
@pytest.mark.parametrize("y", [[1.0, 2.0], [NAN] * 5 + [1.0, 2.0], [1.0, 2.0, NAN]])
@pytest.mark.filterwarnings("ignore:series 0 has 2 observed values")
def test_a_series_with_no_value_after_its_first_half_is_told_so(model, y):
    with pytest.raises(ValueError, match=r"series 0 has no value after row \d"):
        model.fit(y).predict_interval(1, 0.8, method="conformal")


@pytest.mark.parametrize("model", EACH, ids=str)
@pytest.mark.filterwarnings("ignore:.*past forecasts:UserWarning")
def test_each_column_has_the_conformal_intervals_that_it_has_alone(model):
    """Columns that end and begin elsewhere, that do not overlap, and that are of other sizes."""
    early, late = VALUES + [NAN] * 20, [NAN] * 20 + VALUES
    whole = np.random.default_rng(0).normal(size=32).cumsum() * 1e6
    table = np.column_stack([late, early, whole])
    together = model.fit(table).predict_interval(2, 0.5, method="conformal")
    for i, column in enumerate(table.T):
        alone = model.fit(column).predict_interval(2, 0.5, method="conformal")
        np.testing.assert_allclose(together[:, :, i], alone, rtol=1e-12)


def test_a_column_that_has_no_second_half_is_named():
    table = np.column_stack([VALUES, [NAN] * 10 + [1.0, 2.0]])
    with pytest.raises(ValueError, match="series 1 has no value after row"):
        NaiveForecaster().fit(table).predict_interval(1, 0.8, method="conformal")


@pytest.mark.parametrize("model", EACH, ids=str)
def test_a_constant_series_has_conformal_intervals_of_no_width(model):
    bounds = model.fit([3.0] * 12).predict_interval(2, 0.8, method="conformal")
    assert bounds.tolist() == [[3.0, 3.0]] * 2


@pytest.mark.parametrize("model", EACH, ids=str)
@pytest.mark.parametrize("later", [[4.0, 5.0] * 3, [3.5, 2.5, 4.0, 1.0]])
def test_a_constant_first_half_is_told_as_the_reason(model, later):
    with pytest.raises(ValueError, match="the fit to the first half of series 0 leaves no error"):
        model.fit([3.0] * 10 + later).predict_interval(1, 0.7, method="conformal")


@pytest.mark.parametrize("y", [[3.0] * 20, [3.0] * 18 + [4.0, 5.0]])
def test_a_panel_of_constant_series_is_told_so(y):
    df = pd.DataFrame({"unique_id": "a", "ds": pd.date_range("2020", periods=20), "y": y})
    panel = PanelForecaster(NaiveForecaster()).fit(df)
    with pytest.raises(ValueError, match="fits to the beginnings of the series leave no error"):
        panel.predict(2, level=80, method="conformal")
