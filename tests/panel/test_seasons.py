"""Panels of series with different seasons: each is what it is alone."""

import warnings

import numpy as np
import pandas as pd
import pytest
from panels import quietly, series_of
from seasons import SEASONAL, decembers, values
from sklearn.base import clone

import tsrnn
from tsrnn import (
    AutoExpSmoothingRNN,
    DoubleExpSmoothingRNN,
    NaiveForecaster,
    PanelForecaster,
    TripleExpSmoothingRNN,
)
from tsrnn.cli import main

seasonal = pytest.mark.parametrize("forecaster", SEASONAL.values(), ids=SEASONAL)


def mixed():
    """Months, days, quarters, and months too few; in an order that mixes them."""
    week = np.array([0.0, 1.0, 0.0, 2.0, 1.0, 20.0, 25.0])
    starts = {
        "a": decembers(),
        "b": pd.Series(
            values(60, 1) + np.resize(week, 60), pd.date_range("2023-02-01", periods=60)
        ),
        "c": decembers(60, "2019-01") + 10.0,
        "d": pd.Series(values(24, 2), pd.date_range("2018-01", periods=24, freq="QS")),
        "e": decembers(15, "2022-10"),
        "f": pd.Series(
            values(40, 3) - np.resize(week, 40), pd.date_range("2023-02-01", periods=40)
        ),
    }
    frames = [
        pd.DataFrame({"unique_id": name, "ds": y.index, "y": y.to_numpy()})
        for name, y in starts.items()
    ]
    return pd.concat(frames, ignore_index=True)


PERIODS = {"a": 12, "b": 7, "c": 12, "d": 4, "e": 1, "f": 7}


@seasonal
def test_every_series_of_a_mixed_panel_is_what_it_is_alone_to_the_last_bit(forecaster):
    df = mixed()
    before = df[df.groupby("unique_id").cumcount(ascending=False) >= 2]
    panel = quietly(PanelForecaster(forecaster, alias="f", n_jobs=2).fit, before)
    assert panel.period_.to_dict() == PERIODS
    ahead = panel.predict(14, level=80)
    paths = quietly(panel.update, df.drop(before.index)).predict(3)
    for name in PERIODS:
        y = series_of(before, name)["y"]
        alone = quietly(clone(forecaster).fit, y)
        mine = ahead[ahead["unique_id"] == name]
        np.testing.assert_array_equal(mine["f"], alone.predict(14))
        np.testing.assert_array_equal(mine["f-lo-80"], alone.predict_interval(14, 0.8)["lower"])
        np.testing.assert_array_equal(mine["ds"], alone.predict(14).index)
        # update reads what comes as panels do, in other steps of the same sums
        alone.update(series_of(df, name)["y"].iloc[-2:])
        moved = paths.loc[paths["unique_id"] == name, "f"]
        np.testing.assert_allclose(moved, alone.predict(3), rtol=1e-12)


@seasonal
def test_results_do_not_depend_on_the_other_series(forecaster):
    df = mixed()
    whole = quietly(PanelForecaster(forecaster, alias="f").fit, df).predict(5)
    some = df[df["unique_id"].isin(["b", "d"])]
    part = PanelForecaster(forecaster, alias="f").fit(some).predict(5)
    kept = whole[whole["unique_id"].isin(["b", "d"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(part, kept, check_exact=True)


def test_a_panel_of_one_period_is_fitted_as_one():
    df = mixed()
    months = df[df["unique_id"].isin(["a", "c"])]
    found = PanelForecaster(AutoExpSmoothingRNN()).fit(months)
    by_hand = PanelForecaster(AutoExpSmoothingRNN(period=12)).fit(months)
    assert type(found._fitted.members[0].model) is type(by_hand._fitted.members[0].model)
    assert len(found._fitted.members[0].model.parts) == len(by_hand._fitted.members[0].model.parts)
    pd.testing.assert_frame_equal(found.predict(3), by_hand.predict(3), check_exact=True)


@pytest.mark.parametrize("forecaster", [AutoExpSmoothingRNN(), SEASONAL["adjusted"]])
def test_regressors_reach_the_series_that_they_are_of(forecaster):
    df = mixed().assign(x=lambda frame: np.random.default_rng(5).normal(size=len(frame)))
    df["y"] += 3.0 * df["x"]
    before = df[df.groupby("unique_id").cumcount(ascending=False) >= 2]
    panel = quietly(PanelForecaster(forecaster, alias="f").fit, before)
    ahead = panel.predict(X_df=df.drop(before.index).drop(columns="y"))
    for name in PERIODS:
        rows, after = series_of(before, name), series_of(df, name).iloc[-2:]
        alone = quietly(clone(forecaster).fit, rows[["x"]], rows["y"])
        mine = ahead.loc[ahead["unique_id"] == name, "f"]
        np.testing.assert_allclose(mine, alone.predict(after[["x"]]), rtol=1e-9)


def test_cross_validation_and_conformal_intervals_keep_to_the_seasons():
    df = mixed()
    df = df[df["unique_id"] != "e"]
    found = PanelForecaster(NaiveForecaster(strategy="seasonal"), alias="f").fit(df)
    rows = found.cross_validation(df, h=4, n_windows=2)
    for name in rows["unique_id"].unique():
        y = series_of(df, name)["y"].to_numpy()
        m = PERIODS[name]
        expected = [y[-8 + i - m * (1 + i // m)] for i in range(4)]
        np.testing.assert_array_equal(rows.loc[rows["unique_id"] == name, "f"].iloc[:4], expected)
    bounds = found.predict(4, level=50, method="conformal")
    assert (bounds["f-lo-50"] < bounds["f-hi-50"]).all()


def test_a_mixed_panel_is_saved_with_its_periods(tmp_path):
    panel = quietly(PanelForecaster(AutoExpSmoothingRNN()).fit, mixed())
    tsrnn.save(panel, tmp_path / "panel.tsrnn")
    again = tsrnn.load(tmp_path / "panel.tsrnn")
    pd.testing.assert_series_equal(again.period_, panel.period_)
    pd.testing.assert_frame_equal(again.predict(9, level=80), panel.predict(9, level=80))


def test_short_series_are_listed_and_years_fail_under_triple_smoothing():
    years = pd.date_range("1990", periods=30, freq="YS")
    df = pd.concat(
        [mixed(), pd.DataFrame({"unique_id": "y", "ds": years, "y": values(30)})],
        ignore_index=True,
    )
    with pytest.warns(UserWarning) as message:
        panel = PanelForecaster(TripleExpSmoothingRNN(), alias="f").fit(df)
    assert len(message) == 2
    assert panel.notes_["unique_id"].tolist() == ["e"]
    assert panel.notes_["note"][0].startswith("the series has 15 observed values, fewer than two")
    assert panel.failures_["unique_id"].tolist() == ["y"]
    assert "use DoubleExpSmoothingRNN" in panel.failures_["reason"][0]
    assert "y" not in set(panel.predict(2)["unique_id"])
    assert panel.period_.to_dict() == PERIODS
    short = series_of(df, "e")["y"]
    alone = DoubleExpSmoothingRNN().fit(short).predict(2)
    mine = panel.predict(2)
    np.testing.assert_array_equal(mine.loc[mine["unique_id"] == "e", "f"], alone)


def test_seasons_in_panels_without_dates_are_noted_by_series():
    rows = [values(48), decembers().to_numpy(), np.resize([1.0, 8.0, 3.0, 2.0], 48) + values(48, 2)]
    df = pd.concat(
        [pd.DataFrame({"unique_id": i, "ds": np.arange(48), "y": y}) for i, y in enumerate(rows)]
    )
    with pytest.warns(UserWarning, match="2 note.s."):
        panel = PanelForecaster(AutoExpSmoothingRNN()).fit(df)
    assert panel.notes_["unique_id"].tolist() == [1, 2]
    assert ["12 steps" in note for note in panel.notes_["note"]] == [True, False]
    assert (panel.period_ == 1).all()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        PanelForecaster(NaiveForecaster()).fit(df)  # has no season to miss


# The command


def test_the_command_takes_the_season_of_the_dates_and_names_it(tmp_path, capsys):
    decembers().to_csv(tmp_path / "in.csv")
    for model in ("auto", "holt-winters"):
        for options in ([], ["--period", "auto"]):
            assert main(["forecast", str(tmp_path / "in.csv"), "--model", model, *options]) == 0
            out, err = capsys.readouterr()
            assert "season: 12 steps (monthly data); --period overrides" in err
            assert 185.0 < float(out.splitlines()[12].split(",")[1]) < 196.0
        arguments = ["forecast", str(tmp_path / "in.csv"), "--model", model, "--period", "4"]
        assert main(arguments) == 0
        assert "season:" not in capsys.readouterr().err


def test_the_command_names_the_seasons_of_several_series(tmp_path, capsys):
    mixed().to_csv(tmp_path / "in.csv", index=False)
    options = ["--model", "auto", "--id", "unique_id", "--horizon", "2"]
    assert main(["forecast", str(tmp_path / "in.csv"), *options]) == 0
    err = capsys.readouterr().err
    assert "12 steps (monthly data) in 2 series" in err
    assert "7 steps (daily data) in 2 series" in err
    assert "none (monthly data) in 1 series" in err
    assert "series 'e' has 15 observed values, fewer than two full periods of 12" in err


def test_the_command_tells_of_a_season_in_a_file_without_dates(tmp_path, capsys):
    decembers().to_frame().to_csv(tmp_path / "in.csv", index=False)
    assert main(["forecast", str(tmp_path / "in.csv"), "--model", "auto"]) == 0
    err = capsys.readouterr().err
    assert "season: none (rows are numbered, not dated); --period overrides" in err
    assert "speaks of one of 12 steps: say --period 12" in err


def test_a_period_that_is_none_is_told_by_the_command(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["forecast", str(tmp_path / "in.csv"), "--model", "auto", "--period", "x"])
    assert "must be a number of time steps, or auto, got 'x'" in capsys.readouterr().err
