"""Points in the past: gaps, rolling training rows and fits in between, against a loop of fits."""

import numpy as np
import pandas as pd
import pytest
from panels import SES, make_frame, quietly, series_of
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import TimeSeriesSplit

from tsrnn import (
    AutoExpSmoothingRNN,
    DoubleExpSmoothingRNN,
    NaiveForecaster,
    PanelForecaster,
    RegressionForecaster,
    TripleExpSmoothingRNN,
    backtest,
    tune,
)
from tsrnn.exceptions import InvalidParameterError

DF = make_frame([24, 30, 19])
HOLT, DRIFT = DoubleExpSmoothingRNN(prior="cautious"), NaiveForecaster(strategy="drift")

PLANS = {
    "gap": {"h": 3, "n_windows": 2, "gap": 2},
    "rolling": {"h": 2, "n_windows": 3, "max_train": 8},
    "rolling with a gap": {"h": 2, "n_windows": 3, "step_size": 1, "max_train": 6, "gap": 3},
    "now and then": {"h": 2, "n_windows": 4, "step_size": 2, "refit": 2, "gap": 1},
    "rolling now and then": {"h": 1, "n_windows": 4, "refit": 3, "max_train": 9},
    "once": {"h": 2, "n_windows": 3, "refit": False, "max_train": 10, "gap": 4},
    "longer than any": {"h": 2, "n_windows": 2, "max_train": 1000},
}


def obvious(forecaster, y, h, n_windows, step_size=None, refit=True, max_train=None, gap=0):
    """Forecast from each point by hand, one window after the other."""
    step, every = step_size or h, {True: 1, False: n_windows}.get(refit, refit)
    rows = []
    for number in range(n_windows):
        end = len(y) - h - gap - (n_windows - 1 - number) * step
        if number % every == 0:
            model = clone(forecaster).fit(y[max(0, end - (max_train or end)) : end])
        else:
            model.update(y[end - step : end])
        ahead, bounds = model.predict(gap + h), model.predict_interval(gap + h, level=0.8)
        for k in range(gap, gap + h):
            rows.append([y.index[end + k], y.index[end - 1], y.iloc[end + k], ahead.iloc[k]])
            rows[-1] += bounds.iloc[k].tolist()
    return pd.DataFrame(rows, columns=["ds", "cutoff", "y", "m", "m-lo-80", "m-hi-80"])


@pytest.mark.parametrize("forecaster", [SES, HOLT, DRIFT], ids=["level", "trend", "drift"])
@pytest.mark.parametrize("plan", PLANS)
def test_panels_forecast_from_the_points_that_a_loop_does(plan, forecaster):
    found = PanelForecaster(forecaster, alias="m").cross_validation(DF, level=80, **PLANS[plan])
    for name in "abc":
        own = found[found["unique_id"] == name].drop(columns="unique_id").reset_index(drop=True)
        expected = obvious(forecaster, series_of(DF, name)["y"], **PLANS[plan])
        pd.testing.assert_frame_equal(own, expected, check_exact=True)


@pytest.mark.parametrize("plan", PLANS)
def test_one_series_is_forecast_from_the_same_points_under_the_same_names(plan):
    plan = dict(PLANS[plan])
    y, h = series_of(DF, "b")["y"], plan.pop("h")
    frame = backtest(HOLT, y, horizon=h, level=0.8, **plan)
    expected = obvious(HOLT, y, h, **plan).set_axis(
        ["time", "cutoff", "y", "forecast", "lower", "upper"], axis=1
    )
    pd.testing.assert_frame_equal(frame[list(expected)], expected, check_exact=True)
    gap = plan.get("gap", 0)
    steps = (frame["time"] - frame["cutoff"]) / pd.Timedelta(days=1)
    assert frame["step"].tolist() == steps.tolist()
    assert set(frame["step"]) == set(range(gap + 1, gap + h + 1))


def test_gaps_are_those_of_time_series_split():
    y = series_of(DF, "b")["y"]
    split = TimeSeriesSplit(3, test_size=2, gap=4, max_train_size=9)
    frame = backtest(DRIFT, y, horizon=2, n_windows=3, gap=4, max_train=9)
    windows = [frame.iloc[start : start + 2] for start in (0, 2, 4)]
    for (train, test), window in zip(split.split(y), windows, strict=True):
        assert window["time"].tolist() == y.index[test].tolist()
        assert window["cutoff"].iloc[0] == y.index[train[-1]]
        expected = clone(DRIFT).fit(y.iloc[train]).predict(y.index[test])
        np.testing.assert_array_equal(window["forecast"], expected)


def test_regressors_of_the_steps_of_a_gap_are_read():
    df = make_frame([30, 26], n_regressors=1)
    model = RegressionForecaster(SES)
    found = quietly(PanelForecaster(model, alias="m").cross_validation, df, 2, n_windows=2, gap=3)
    for name in "ab":
        rows = series_of(df, name)
        frame = quietly(backtest, model, rows["y"], rows[["x0"]], horizon=2, n_windows=2, gap=3)
        own = found.loc[found["unique_id"] == name, "m"]
        # Coefficients of one series are computed by other products than those of a panel.
        np.testing.assert_allclose(own, frame["forecast"], rtol=1e-9)


def test_a_regressor_of_scikit_learn_is_asked_for_the_rows_after_the_gap():
    rows = series_of(make_frame([30], n_regressors=2), "a")
    X, y = rows[["x0", "x1"]].to_numpy(), rows["y"].to_numpy()
    frame = backtest(Ridge(), y, X, horizon=2, n_windows=2, gap=3, max_train=10)
    for number, end in enumerate((23, 25)):
        model = Ridge().fit(X[end - 10 : end], y[end - 10 : end])
        own = frame["forecast"].iloc[2 * number : 2 * number + 2]
        np.testing.assert_array_equal(own, model.predict(X[end + 3 : end + 5]))


def test_a_series_without_values_in_some_training_rows_fails_and_says_so():
    hole = DF.assign(y=DF["y"].where((DF["unique_id"] != "b") | (DF["ds"] != DF["ds"].max())))
    rows = hole["unique_id"].eq("b") & hole["ds"].between("2020-01-12", "2020-01-20")
    hole.loc[rows, "y"] = np.nan
    panel = PanelForecaster(SES, alias="m")
    with pytest.warns(UserWarning, match=r"0 value\(s\) that are not missing"):
        found = panel.cross_validation(hole, 2, n_windows=6, max_train=4)
    assert set(found["unique_id"]) == {"a", "c"}
    assert panel.cross_validation_failures_["unique_id"].tolist() == ["b"]
    # It is fitted where fits see enough.
    assert set(panel.cross_validation(hole, 2, n_windows=6)["unique_id"]) == {"a", "b", "c"}


def test_a_gap_counts_among_the_rows_that_windows_take():
    message = r"19 rows are too few: 2 window\(s\) of 4 steps, 10 after their points, take the last"
    panel = PanelForecaster(SES)
    with pytest.warns(UserWarning, match=message):
        found = panel.cross_validation(DF, 4, n_windows=2, gap=10)
    assert set(found["unique_id"]) == {"a", "b"}
    for beyond in ({"gap": 2**63 - 1}, {"n_windows": 2**62}):  # and beyond 64 bits together
        with pytest.raises(ValueError, match="rows are too few: .* take the last 922337203685477"):
            PanelForecaster(SES).cross_validation(DF, 2, **beyond)
    with pytest.raises(ValueError, match="y has 19 rows, too few: 2 window.*take the last 18"):
        backtest(SES, series_of(DF, "c")["y"], horizon=4, n_windows=2, gap=10)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"gap": -1}, "gap must be an integer >= 0"),
        ({"gap": 1.5}, "gap must be an integer >= 0"),
        ({"gap": True}, "gap must be an integer >= 0"),
        ({"max_train": 1}, "max_train must be an integer >= 2"),
        ({"max_train": "all"}, "max_train must be an integer >= 2"),
        ({"refit": 0}, "refit must be an integer >= 1"),
    ],
)
def test_arguments_that_will_not_do_are_named(options, message):
    with pytest.raises(InvalidParameterError, match=message):
        PanelForecaster(SES).cross_validation(DF, 2, **options)
    with pytest.raises(InvalidParameterError, match=message):
        backtest(SES, series_of(DF, "a")["y"], horizon=2, **options)


def test_rolling_fits_of_automatic_smoothing_are_those_of_the_last_rows():
    plan = {"h": 2, "n_windows": 2, "max_train": 12}
    auto = AutoExpSmoothingRNN(period=1)
    found = PanelForecaster(auto, alias="m").cross_validation(DF, **plan)
    own = found.loc[found["unique_id"] == "a", "m"]
    expected = obvious(auto, series_of(DF, "a")["y"], **plan)["m"]
    np.testing.assert_array_equal(own, expected)


# What is to be known of the fits.


def monthly(n_series=3, n=60):
    stamps = pd.date_range("2018-01-01", periods=n, freq="MS")
    y = 50.0 + 10.0 * np.sin(np.arange(n) * np.pi / 6.0) + np.random.default_rng(0).normal(size=n)
    return pd.concat([pd.DataFrame({"unique_id": f"s{i}", "ds": stamps, "y": y + i})
                      for i in range(n_series)])  # fmt: skip


def test_notes_on_fits_in_the_past_are_listed_and_told_once():
    df, panel = monthly(), PanelForecaster(TripleExpSmoothingRNN())
    with pytest.warns(UserWarning) as told:
        panel.cross_validation(df, 2, n_windows=3, max_train=20)
    messages = [str(one.message) for one in told]
    assert [one for one in messages if "see cross_validation_notes_" in one] == messages[:1]
    assert messages[0].startswith("3 note(s) on the fits of single series, see cross_validation_no")
    assert panel.cross_validation_notes_["unique_id"].tolist() == ["s0", "s1", "s2"]
    assert "20 observed values, fewer than two" in panel.cross_validation_notes_["note"][0]
    models = [("season", TripleExpSmoothingRNN()), ("last", NaiveForecaster())]
    several = PanelForecaster(models)
    short = pd.concat([df.iloc[:3].assign(unique_id="first"), df])  # too short, and sorted first
    quietly(several.cross_validation, short, 2, n_windows=3, max_train=20)
    assert several.cross_validation_notes_["model"].tolist() == ["season"] * 3
    assert several.cross_validation_notes_["unique_id"].tolist() == ["s0", "s1", "s2"]
    panel.cross_validation(df, 2)  # without a word
    assert panel.cross_validation_notes_.empty


def test_notes_on_grids_stay_with_their_series_where_others_are_too_short_for_windows():
    df = pd.concat([monthly(3), monthly(1, 4).assign(unique_id="a")])
    every_other = df[df["unique_id"] == "s2"].iloc[::2]
    df = pd.concat([df[df["unique_id"] != "s2"], every_other])
    panel = PanelForecaster(NaiveForecaster())
    quietly(panel.cross_validation, df, 2, n_windows=3)
    assert panel.cross_validation_notes_["unique_id"].tolist() == ["s2"]


def test_tune_tells_notes_on_fits_of_candidates_without_naming_a_table_that_is_not_there():
    panel, grid = PanelForecaster(TripleExpSmoothingRNN()), {"forecaster__damped": [False, True]}
    with pytest.warns(UserWarning, match="3 note.* single series.*; the first, of .*: the") as told:
        tune(panel, grid, monthly(), horizon=2, n_windows=2, max_train=20)
    assert len(told) == 1 and "cross_validation_notes_" not in str(told[0].message)
