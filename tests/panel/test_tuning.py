"""Tuning: the candidate that the obvious loop over candidates and windows would take."""

import numpy as np
import pandas as pd
import pytest
from other_frames import OTHERS, columns_of
from panels import make_frame
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import ParameterGrid, ParameterSampler
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tsrnn import (
    DeseasonalizedForecaster,
    NaiveForecaster,
    PanelForecaster,
    RNNForecaster,
    SimpleExpSmoothingRNN,
    backtest,
    tune,
)
from tsrnn.exceptions import InvalidParameterError, UnusedColumnsWarning
from tsrnn.metrics import mase

SES = SimpleExpSmoothingRNN()
ALPHAS = [0.1, 0.4, 0.9]
MONTHS = pd.date_range("2019-01", periods=48, freq="MS", name="month")
WALK = pd.Series(np.random.default_rng(1).normal(size=48).cumsum() + 30.0, MONTHS, name="sold")
DF = make_frame([30, 25, 40, 28], seed=3)


def windows_of(y, horizon, n_windows):
    """What is known and what is to be forecast, window by window."""
    for back in range(n_windows, 0, -1):
        end = len(y) - back * horizon
        yield y.iloc[:end], y.iloc[end : end + horizon]


def loop_score(model, y, horizon, n_windows, period):
    """The mean of the windows' errors in units of what the series changes by before each."""
    errors = []
    for past, future in windows_of(y, horizon, n_windows):
        forecast = model.fit(past.to_numpy()).predict(horizon)
        errors.append(mase(future.to_numpy(), forecast, y_train=past.to_numpy(), period=period))
    return np.mean(errors)


def series_in(df):
    return [part.sort_values("ds")["y"] for _, part in df.groupby("unique_id")]


# What is chosen.


def test_scores_and_choice_are_those_of_the_loop_over_candidates_by_hand():
    y = WALK.reset_index(drop=True)
    best, table = tune(SES, {"alpha": ALPHAS}, y, horizon=3, n_windows=4)
    expected = [loop_score(SimpleExpSmoothingRNN(alpha=alpha), y, 3, 4, 1) for alpha in ALPHAS]
    np.testing.assert_allclose(table["mase"].sort_index(), expected, rtol=1e-12)  # order of sums
    assert table.index[0] == np.argmin(expected)
    assert best.alpha == ALPHAS[np.argmin(expected)]
    assert table["mase"].is_monotonic_increasing
    np.testing.assert_array_equal(
        best.predict(3), SimpleExpSmoothingRNN(alpha=best.alpha).fit(y).predict(3)
    )


def test_errors_of_a_panel_are_pooled_over_its_series():
    best, table = tune(SES, {"alpha": ALPHAS}, DF, horizon=2, n_windows=3)
    expected = [  # in units of changes in a week, for the frame is of days
        np.mean([loop_score(SimpleExpSmoothingRNN(alpha=alpha), y, 2, 3, 7) for y in series_in(DF)])
        for alpha in ALPHAS
    ]
    np.testing.assert_allclose(table["mase"].sort_index(), expected, rtol=1e-12)  # order of sums
    taken = SimpleExpSmoothingRNN(alpha=ALPHAS[np.argmin(expected)])
    pd.testing.assert_frame_equal(best.predict(4), PanelForecaster(taken).fit(DF).predict(4))


def made_panel(level, n_series=6):
    """Series whose levels wander by as much as is asked, under noise of the size 1."""
    rng = np.random.default_rng(7)
    walks = rng.normal(0.0, level, size=(n_series, 60)).cumsum(axis=1)
    y = 50.0 + walks + rng.normal(size=walks.shape)
    stamps = pd.date_range("2020-01-06", periods=60, freq="D")
    return pd.DataFrame(
        {
            "unique_id": np.repeat([f"s{i}" for i in range(n_series)], 60),
            "ds": np.tile(stamps, n_series),
            "y": y.ravel(),
        }
    )


@pytest.mark.parametrize(("level", "alpha"), [(0.01, 0.05), (5.0, 0.95)])
def test_a_panel_of_steady_levels_is_smoothed_and_one_of_walks_is_not(level, alpha):
    best, _ = tune(SES, {"alpha": [0.05, 0.95]}, made_panel(level), horizon=1, n_windows=10)
    assert best.forecaster.alpha == alpha


def test_the_period_that_a_panel_has_is_found():
    season = np.tile([0.0, 5.0, 1.0, -3.0, 2.0], 60)[:240]
    df = made_panel(0.01, 4).assign(y=lambda frame: frame["y"] + season)
    grid = {"forecaster__period": [4, 5, 6, 7]}
    best, _ = tune(PanelForecaster(NaiveForecaster(strategy="seasonal")), grid, df, horizon=5)
    assert best.forecaster.period == 5


def test_of_candidates_with_the_same_error_the_first_is_taken():
    grid = {"forecaster": [NaiveForecaster(), SimpleExpSmoothingRNN(alpha=1.0), NaiveForecaster()]}
    best, table = tune(PanelForecaster(NaiveForecaster()), grid, DF, horizon=1)
    assert table.index[0] == 0
    np.testing.assert_allclose(table["mase"], table["mase"][0], rtol=1e-12)  # but for rounding
    assert isinstance(best.forecaster, NaiveForecaster)


def test_several_series_side_by_side_are_a_panel_of_the_same():
    wide = DF[DF["unique_id"].isin(["a", "c"])].pivot(index="ds", columns="unique_id", values="y")
    wide = wide.dropna().reset_index(drop=True)
    long = wide.rename_axis("ds").reset_index().melt("ds", value_name="y")
    _, of_wide = tune(SES, {"alpha": ALPHAS}, wide, horizon=2)
    _, of_long = tune(SES, {"alpha": ALPHAS}, long, horizon=2)
    np.testing.assert_allclose(of_wide["mase"], of_long["mase"], rtol=1e-12)  # order of sums


# What may be tuned, and how it is said.


@pytest.mark.parametrize("grid", [{"alpha": ALPHAS}, [{"alpha": [0.1]}, {"alpha": [0.4, 0.9]}]])
def test_grids_are_those_of_scikit_learn(grid):
    _, given = tune(SES, grid, WALK, horizon=2)
    _, made = tune(SES, ParameterGrid(grid), WALK, horizon=2)
    pd.testing.assert_frame_equal(given.drop(columns="seconds"), made.drop(columns="seconds"))
    assert sorted(given["alpha"]) == ALPHAS


def test_a_sampler_draws_candidates():
    drawn = ParameterSampler({"alpha": np.linspace(0.01, 1.0, 100)}, n_iter=5, random_state=0)
    _, table = tune(SES, drawn, WALK, horizon=2)
    assert sorted(table["alpha"]) == sorted(params["alpha"] for params in drawn)


def test_a_candidate_shows_what_it_takes_for_what_only_others_name():
    _, table = tune(SES, [{"alpha": [0.2]}, {"error": ["mul"]}], WALK, horizon=2)
    table = table.sort_index()
    assert table["alpha"].tolist() == [0.2, None]
    assert table["error"].tolist() == ["add", "mul"]


def test_parts_of_parts_are_named_as_in_scikit_learn():
    model = DeseasonalizedForecaster(SES, period=3)
    grid = {"forecaster__forecaster__alpha": [0.3]}
    best, _ = tune(PanelForecaster(model), grid, made_panel(0.1), horizon=2)
    assert best.forecaster.forecaster.alpha == 0.3
    assert model.forecaster.alpha is None  # the one given is not changed


def test_arguments_of_backtests_and_cross_validations_are_passed_on():
    past = backtest(SES, WALK, horizon=3, n_windows=2, step_size=1, refit=False, max_train=20)
    _, table = tune(
        SES,
        {"error": ["add"]},
        WALK,
        horizon=3,
        n_windows=2,
        metric="mae",
        step_size=1,
        refit=False,
        max_train=20,
    )
    assert table["mae"].iloc[0] == pytest.approx((past["y"] - past["forecast"]).abs().mean(), 1e-12)
    crossed = PanelForecaster(SES, alias="m").cross_validation(DF, 3, 2, step_size=1, refit=False)
    by_series = (crossed["y"] - crossed["m"]).abs().groupby(crossed["unique_id"]).mean()
    _, table = tune(
        SES, {"error": ["add"]}, DF, horizon=3, n_windows=2, metric="mae", step_size=1, refit=False
    )
    assert table["mae"].iloc[0] == pytest.approx(by_series.mean(), 1e-12)


@pytest.mark.parametrize(("y", "level"), [(WALK, 0.8), (WALK, [0.8]), (DF, 80), (DF, [80])])
def test_intervals_are_chosen_by_what_they_cost(y, level):
    grid, metrics = {"alpha": ALPHAS}, ["winkler_score", "coverage"]
    _, table = tune(SES, grid, y, horizon=2, metric=metrics, level=level)
    assert table.columns.tolist()[1:3] == ["winkler_score-80", "coverage-80"]
    assert table["winkler_score-80"].is_monotonic_increasing
    assert table["coverage-80"].iloc[0] > 0.5


def test_quantiles_are_chosen_by_their_losses():
    grid, levels = {"alpha": ALPHAS}, [0.2, 0.4, 0.6, 0.8]
    _, table = tune(SES, grid, WALK, horizon=2, metric="crps", level=levels)
    assert table["crps"].is_monotonic_increasing


def test_regressors_pipelines_and_forecasters_on_windows_are_tuned():
    X = pd.DataFrame({"a": np.arange(48.0), "b": np.sin(np.arange(48))}, MONTHS)
    y = pd.Series(2.0 * X["a"] + 30.0 * X["b"], MONTHS)
    model = make_pipeline(StandardScaler(), Ridge())
    best, _ = tune(model, {"ridge__alpha": [1e3, 1e-6]}, y, X, horizon=4)
    assert best[-1].alpha == 1e-6
    np.testing.assert_allclose(best.predict(X), y, atol=1e-4)  # the penalty is small
    best, _ = tune(RNNForecaster(Ridge(), window=4), {"window": [3, 6]}, WALK, horizon=2)
    assert len(best.predict(2)) == 2


def test_regressors_of_a_panel_are_columns_of_its_frame():
    df = make_frame([20, 30, 25], n_regressors=2)
    best, table = tune(SES, {"alpha": [0.2, 0.8]}, df, horizon=2, metric="mae")
    assert list(best.feature_names_in_) == ["x0", "x1"]
    crossed = PanelForecaster(clone(best.forecaster), alias="m").cross_validation(df, 2, 3)
    by_series = (crossed["y"] - crossed["m"]).abs().groupby(crossed["unique_id"]).mean()
    assert table["mae"].iloc[0] == pytest.approx(by_series.mean(), 1e-12)


# Failures.


def with_zeros(df, name):
    """One series has zeros in its past, which multiplicative errors refuse."""
    zeros = (df["unique_id"] == name) & (df.groupby("unique_id").cumcount() < 3)
    return df.assign(y=df["y"].where(~zeros, 0.0) + 0.0)


def test_candidates_are_compared_on_the_series_that_all_of_them_forecast():
    df = with_zeros(made_panel(0.5), "s1")
    grid = {"error": ["add", "mul"], "alpha": [0.5]}
    with pytest.warns(
        UserWarning, match="5 of 6 series: not every candidate forecasts values of 1"
    ):
        _, table = tune(SES, grid, df, horizon=2, metric="mae")
    _, without = tune(SES, grid, df[df["unique_id"] != "s1"], horizon=2, metric="mae")
    np.testing.assert_array_equal(table["mae"], without["mae"])
    assert table.set_index("error")["n_failed"].to_dict() == {"add": 0, "mul": 1}
    assert "s1" in table.set_index("error")["failure"]["mul"]


def test_a_candidate_that_fails_for_most_series_does_not_decide_what_others_are_compared_on():
    df = made_panel(0.5)
    df["y"] -= np.where(df["unique_id"] < "s4", 100.0, 0.0)
    grid = {"alpha": [0.5], "error": ["mul", "add"]}
    with pytest.warns(UserWarning, match="1 of 2 candidates failed.*'mul'"):
        _, table = tune(SES, grid, df, horizon=2)
    assert table["error"].tolist() == ["add", "mul"]
    assert table["mase"].isna().tolist() == [False, True]
    _, alone = tune(SES, {"alpha": [0.5]}, df, horizon=2)
    assert table["mase"].iloc[0] == alone["mase"].iloc[0]


def test_a_candidate_that_fails_altogether_is_listed_last_with_its_reason():
    with pytest.warns(UserWarning, match="1 of 3 candidates failed, see the table; the first"):
        best, table = tune(SES, {"alpha": [7.0, 0.3, 0.1]}, WALK, horizon=2)
    assert table.index[-1] == 0
    assert np.isnan(table["mase"][0])
    assert "alpha" in table["failure"][0]
    assert best.alpha in (0.1, 0.3)


def test_where_all_fail_the_error_says_why():
    with pytest.raises(
        ValueError, match="all 2 candidates failed; the first, {'alpha': 7.0}.*alpha"
    ):
        tune(SES, {"alpha": [7.0, 8.0]}, WALK, horizon=2)
    with pytest.raises(ValueError, match="3 window.s. of 30 steps take the last 90"):
        tune(SES, {"alpha": [0.5]}, WALK, horizon=30)
    with pytest.raises(ValueError, match="3 window.s. of 30 steps take the last 90"):
        tune(SES, {"alpha": [0.5]}, DF, horizon=30)


def test_series_too_short_for_the_windows_are_told_and_no_reason_to_stop():
    df = make_frame([30, 6, 40])
    with pytest.warns(UserWarning, match="2 of 3 series: no candidate forecasts 1") as told:
        best, table = tune(SES, {"alpha": ALPHAS}, df, horizon=3)
    assert len(told) == 1
    assert table["n_failed"].tolist() == [1, 1, 1]
    assert "'b'" in table["failure"].iloc[0]
    assert len(best.ids_) == 3  # it is long enough to be fitted


def test_a_series_without_a_unit_does_not_make_every_error_infinite():
    df = made_panel(0.5)
    constant = df["unique_id"] == "s2"
    df["y"] = df["y"].where(~constant | (df.groupby("unique_id").cumcount() > 55), 3.0)
    with pytest.warns(UserWarning, match="5 of 6 series: no change .* gives a unit to 1"):
        _, table = tune(SES, {"alpha": ALPHAS}, df, horizon=5, n_windows=1)
    _, without = tune(SES, {"alpha": ALPHAS}, df[~constant], horizon=5, n_windows=1)
    np.testing.assert_array_equal(table["mase"], without["mase"])
    with pytest.raises(ValueError, match="choose another metric, such as 'mae'"):
        tune(SES, {"alpha": ALPHAS}, [3.0] * 20 + [4.0], horizon=1, n_windows=1)


def test_warnings_of_fits_are_told_once():
    df = made_panel(0.5)
    df["y"] -= 100.0
    model = DeseasonalizedForecaster(SES, period=5)
    with pytest.warns(UserWarning) as told:
        tune(PanelForecaster(model), {"forecaster__forecaster__alpha": ALPHAS}, df, horizon=2)
    assert len({str(one.message) for one in told}) == len(told) > 0


# Gaps, rows of one step, stamps that are none.


def test_candidates_may_differ_in_what_fills_gaps():
    df = made_panel(0.5).drop(index=[17, 30, 52])
    df = pd.concat([df, made_panel(0.5).tail(60).assign(unique_id="whole")])
    model = PanelForecaster(SimpleExpSmoothingRNN(alpha=0.3))
    best, table = tune(model, {"fill": ["missing", 0]}, df, horizon=2)
    assert best.fill == "missing"
    whole = PanelForecaster(SimpleExpSmoothingRNN(alpha=0.3), fill="missing", alias="m")
    crossed = whole.cross_validation(df, 2, 3)
    assert table["n_failed"].tolist() == [0, 0]
    assert len(crossed) == 7 * 6


def test_values_that_a_candidate_makes_itself_are_not_what_it_is_held_against():
    df = made_panel(0.5)
    twice = pd.concat([df, df.assign(y=df["y"] + 1.0)])
    model = PanelForecaster(SES, freq="D", aggregate="sum")
    with pytest.raises(InvalidParameterError, match="grid must not change the values"):
        tune(model, {"aggregate": ["sum", "mean"]}, twice, horizon=2)
    tune(model, {"forecaster__alpha": ALPHAS}, twice, horizon=2)  # of one step each


def test_rows_may_be_the_steps():
    df = made_panel(0.5)
    kept = df[df["ds"].dt.day_of_week != 2].drop(index=[8, 70])
    model = PanelForecaster(SES, freq="rows")
    best, table = tune(model, {"forecaster__alpha": ALPHAS}, kept, horizon=2)
    numbered = kept.assign(ds=kept.groupby("unique_id").cumcount())
    _, expected = tune(SES, {"alpha": ALPHAS}, numbered, horizon=2)
    np.testing.assert_allclose(table["mase"], expected["mase"], rtol=1e-12)  # order of sums
    assert len(best.ids_) == 6


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_frames_of_other_libraries_are_tuned_and_answered_alike(library):
    made = OTHERS[library](DF.assign(town="Ulm"))
    with pytest.warns(UnusedColumnsWarning, match="town"):
        best, table = tune(SES, {"alpha": ALPHAS}, made, horizon=2)
    expected_best, expected = tune(SES, {"alpha": ALPHAS}, DF, horizon=2)
    assert isinstance(table, pd.DataFrame)
    np.testing.assert_array_equal(table["mase"], expected["mase"])
    answer, name = best.predict(2), "SimpleExpSmoothingRNN"
    assert type(answer).__module__.startswith(library)
    assert columns_of(answer)[name] == expected_best.predict(2)[name].tolist()


def test_a_series_of_polars_is_tuned():
    polars = pytest.importorskip("polars")
    best, table = tune(SES, {"alpha": ALPHAS}, polars.Series("sold", WALK.to_list()), horizon=2)
    other, expected = tune(SES, {"alpha": ALPHAS}, WALK.to_numpy(), horizon=2)
    np.testing.assert_array_equal(table["mase"], expected["mase"])
    np.testing.assert_array_equal(best.predict(2), other.predict(2))


def test_frames_with_an_index_of_series_and_time_and_wide_ones_are_tuned():
    _, expected = tune(SES, {"alpha": ALPHAS}, DF, horizon=2)
    levels = DF.set_index(["unique_id", "ds"])
    best, table = tune(SES, {"alpha": ALPHAS}, levels, horizon=2)
    np.testing.assert_array_equal(table["mase"], expected["mase"])
    assert best.predict(2).index.names == ["unique_id", "ds"]
    wide = DF.pivot(index="ds", columns="unique_id", values="y")  # shorter ones begin later
    grid = {"forecaster__alpha": ALPHAS}
    best, table = tune(PanelForecaster(SES), grid, wide, horizon=2)
    np.testing.assert_array_equal(table["mase"], expected["mase"])
    assert best.predict(2).columns.tolist() == ["a", "b", "c", "d"]


def test_columns_of_a_panel_may_have_other_names():
    df = DF.rename(columns={"unique_id": "shop", "ds": "day", "y": "forecast"})
    model = PanelForecaster(SES, id_col="shop", time_col="day", target_col="forecast")
    _, table = tune(model, {"forecaster__alpha": ALPHAS}, df, horizon=2)
    _, expected = tune(SES, {"alpha": ALPHAS}, DF, horizon=2)
    np.testing.assert_array_equal(table["mase"], expected["mase"])


def test_missing_values_are_not_scored():
    df = DF.assign(y=DF["y"].where(DF.index % 5 != 1))
    crossed = PanelForecaster(SimpleExpSmoothingRNN(alpha=0.4), alias="m").cross_validation(
        df, 4, 3
    )
    errors = (crossed["y"] - crossed["m"]).abs()
    _, table = tune(SES, {"alpha": [0.4]}, df, horizon=4, metric="mae")
    by_series = errors.groupby(crossed["unique_id"]).mean()  # which skips NaN
    assert table["mae"].iloc[0] == pytest.approx(by_series.mean(), 1e-12)
    with pytest.raises(ValueError, match="no value in the windows held back"):
        tune(SES, {"alpha": [0.4]}, [1.0, 2.0, 4.0, 3.0, np.nan], horizon=1, n_windows=1)


# What will not do.


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"grid": {}}, ValueError, "names no parameter"),
        ({"grid": {"alpha": []}}, ValueError, "alpha"),
        ({"grid": {"alpha": 0.3}}, TypeError, "alpha"),
        ({"grid": "alpha"}, TypeError, "grid must be a dict of lists"),
        ({"grid": {"alfa": [0.3]}}, ValueError, "grid does not suit .*'alfa'"),
        ({"grid": {"prior__x": [0.3]}}, ValueError, "grid does not suit"),
        ({"horizon": 0}, ValueError, "horizon"),
        ({"n_windows": 2.5}, (TypeError, ValueError), "n_windows"),
        ({"verbose": "yes"}, ValueError, "verbose"),
        ({"metric": "mape"}, ValueError, "metric must be one of 'mae'"),
        ({"metric": None}, ValueError, "metric must be one of 'mae'"),
        ({"metric": []}, ValueError, "one at least"),
        ({"metric": ["mae", "mae"]}, ValueError, "different names"),
        ({"metric": "bias"}, ValueError, "no loss"),
        ({"metric": "winkler_score"}, ValueError, "give their level"),
        ({"level": 0.8}, ValueError, "none of the metrics"),
        ({"metric": "winkler_score", "level": [0.5, 0.8]}, ValueError, "single one"),
        ({"window": 3}, TypeError, "no argument 'window'.*step_size"),
        ({"forecaster": NaiveForecaster}, TypeError, "the class NaiveForecaster"),
        ({"forecaster": "naive"}, TypeError, "forecaster must be"),
        ({"forecaster": Ridge(), "y": DF}, TypeError, "WindowForecaster"),
        ({"y": DF, "X": DF}, TypeError, "X must be left out"),
        ({"forecaster": PanelForecaster(SES)}, TypeError, "DataFrame"),
        ({"y": DF[["unique_id", "ds"]]}, (TypeError, ValueError), "y"),
        ({"y": None}, (TypeError, ValueError), "y"),
        ({"y": WALK.iloc[::-1]}, ValueError, "order|monotonic|increasing"),
    ],
    ids=str,
)
def test_what_will_not_do_is_refused_in_words(change, error, words):
    given = {"forecaster": SES, "grid": {"alpha": ALPHAS}, "y": WALK, "horizon": 2} | change
    with pytest.raises(error, match=words):
        tune(**given)


def test_a_bar_tells_how_far_it_is(capsys):
    tune(SES, {"alpha": ALPHAS}, WALK, horizon=2, verbose=True)
    assert "3/3" in capsys.readouterr().err
    tune(SES, {"alpha": ALPHAS}, WALK, horizon=2)
    assert capsys.readouterr().err == ""
