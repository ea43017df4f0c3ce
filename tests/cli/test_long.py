"""The command line with files of several series, and with seasonal models."""

import numpy as np
import pandas as pd
import pytest
from csv_files import EXACT_NUMBERS, with_model
from panels import make_frame, one_by_one

from tsrnn import (
    AutoExpSmoothingRNN,
    ComplexExpSmoothingRNN,
    DoubleExpSmoothingRNN,
    PanelForecaster,
    SimpleExpSmoothingRNN,
    ThetaForecaster,
)
from tsrnn.cli import main
from tsrnn.datasets import load_co2
from tsrnn.smoothing import TripleExpSmoothingRNN

HOLT = DoubleExpSmoothingRNN(damped=True)
DF = make_frame([24, 30, 18], freq="MS")


@pytest.fixture
def run(tmp_path, capsys):
    """Run the command on a frame: the table it writes, and what it tells."""

    def run(frame, *options, horizon=3, path=tmp_path / "in.csv", status=0):
        output = tmp_path / "out.csv"
        if frame is not None:
            frame.to_csv(path, index=False)
        arguments = ["--horizon", str(horizon), "--output", str(output), *with_model(options)]
        assert main(["forecast", str(path), *arguments]) == status
        return pd.read_csv(output, **EXACT_NUMBERS), capsys.readouterr().err

    return run


@pytest.fixture
def complaint(tmp_path, capsys):
    """Run the command on what will not do: its one line of complaint."""

    def run(frame, *options):
        path = tmp_path / "in.csv"
        frame.to_csv(path, index=False)
        assert main(["forecast", str(path), *with_model(options)]) == 2
        out, err = capsys.readouterr()
        assert out == "" and err.startswith("tsrnn: ") and err.count("\n") == 1
        return err

    return run


def test_every_series_is_forecast_and_named(run):
    table, message = run(DF.sample(frac=1.0, random_state=0), "--id", "unique_id", "--jobs", "2")
    assert list(table) == [
        *("unique_id", "ds", "forecast", "lower-80", "upper-80", "lower-95", "upper-95")
    ]
    expected = one_by_one(HOLT, DF, 3)
    assert table["unique_id"].tolist() == expected["unique_id"].tolist()
    assert table["ds"].tolist() == expected["ds"].dt.strftime("%Y-%m-%d").tolist()
    np.testing.assert_array_equal(table["forecast"], expected["yhat"])
    assert message == "tsrnn: taking 'ds' as dates and 'y' as values of the 'unique_id'\n"


def test_levels_are_in_percent(run):
    named = ["--id", "unique_id", "--date", "ds", "--value", "y", "--model", "damped"]
    table, message = run(DF, *named, "--level", "50", "99.5")
    expected = PanelForecaster(HOLT).fit(DF).predict(3, level=[50, 99.5])
    assert list(table)[3:] == ["lower-50", "upper-50", "lower-99.5", "upper-99.5"]
    np.testing.assert_array_equal(table.iloc[:, 2:], expected.iloc[:, 2:])
    assert message == ""


@pytest.mark.parametrize(
    ("ds", "last"),
    [
        (lambda ds: ds.dt.strftime("%Y-%m"), "2022-09"),
        (lambda ds: ds.dt.strftime("%d.%m.%Y"), "01.09.2022"),
        (lambda ds: ds.dt.to_period("Q").astype(str), "2029Q4"),
        (lambda ds: ds.dt.year, 2052),
        (lambda ds: ds.dt.strftime("%Y%m"), 202209),
    ],
)
def test_dates_go_on_as_they_are_written(run, ds, last):
    stamps = DF["ds"]
    if last == "2029Q4":
        stamps = pd.date_range("2020", periods=30, freq="QS").to_series()
    elif last == 2052:
        stamps = pd.date_range("2020", periods=30, freq="YS").to_series()
    place = DF["ds"].rank(method="dense").astype(int) - 1
    stamps = pd.Series(np.sort(stamps.unique())[place])
    column = ds(stamps)
    table, _ = run(DF.assign(date=column)[["unique_id", "date", "y"]], "--id", "unique_id")
    last_of_b = table.loc[table["unique_id"] == "b", "date"].iloc[-1]
    if last == "2029Q4":
        last = "2028Q1"
    assert last_of_b == last


def test_without_dates_the_steps_of_each_series_are_numbered(run):
    table, message = run(DF[["unique_id", "y"]], "--id", "unique_id")
    assert table["step"].tolist() == [25, 26, 27, 31, 32, 33, 19, 20, 21]
    np.testing.assert_array_equal(table["forecast"], one_by_one(HOLT, DF, 3)["yhat"])
    assert "the lines as they come" in message


def test_series_that_will_not_do_are_told_with_their_line_and_the_others_forecast(run):
    frame = DF.astype({"y": object})
    frame.loc[30, "y"] = "broken"
    frame = frame.drop(index=60)
    table, message = run(frame, "--id", "unique_id", status=3)
    np.testing.assert_array_equal(table["forecast"], one_by_one(HOLT, DF, 3)["yhat"][:3])
    assert "tsrnn: series 'b': left out: y must be a number, got 'broken' on line 32\n" in message
    assert "tsrnn: series 'c': left out: the time index is irregular" in message
    assert "failures_" not in message


def test_no_more_than_a_handful_of_failures_is_listed(run):
    bad = [DF.head(1).assign(unique_id=f"bad-{i}") for i in range(9)]
    _, message = run(pd.concat([DF, *bad]), "--id", "unique_id", status=3)
    assert message.count("left out: 1 value(s)") == 5
    assert message.endswith("tsrnn: and 4 more series left out\n")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--id", "shop"], "no column 'shop' for --id"),
        (["--id", "ds", "--date", "ds"], "--id and --date are both 'ds'"),
        (["--id", "y", "--value", "y"], "--id and --value are both 'y'"),
        (["--id", "unique_id", "--plot", "x.png"], "--plot draws a single series"),
        (["--id", "unique_id", "--jobs", "0"], "--jobs must be"),
        (["--jobs", "2"], "--jobs is for several series"),
        (["--id", "unique_id", "--horizon", "0"], "--horizon must be at least 1"),
        (["--id", "unique_id", "--horizon", "9000000"], "--horizon must be at most 1,000,000"),
        (["--model", "holt-winters", "--period", "1"], "2 or more: 12 for months"),
        (["--model", "holt-winters", "--period", "0"], "2 or more: 12 for months"),
        (["--model", "auto", "--period", "1"], "2 or more: 12 for months"),
        (["--model", "auto", "--seasonal", "mul"], "auto chooses by itself whether"),
        (["--model", "complex", "--seasonal", "add"], "complex adds seasons"),
        (["--model", "theta", "--seasonal", "mul"], "theta chooses by itself whether"),
        (["--period", "4"], "--period is for models with a season: --model holt-winters"),
        (["--seasonal", "mul", "--model", "ses"], "--seasonal is for models with a season"),
        (["--date", "ds"], "say --id unique_id"),
        ([], "say --id unique_id"),
    ],
)
def test_what_will_not_do_is_told_in_one_line(complaint, options, message):
    assert message in complaint(DF, *options)


def test_files_that_will_not_do_are_told_in_one_line(complaint):
    named = ["--id", "unique_id"]
    assert "names no series on line 4" in complaint(
        DF.assign(unique_id=DF["unique_id"].where(DF.index != 2)), *named
    )
    assert "all 3 series failed; the first, 'a': y must be a number, got 'x' on line 2" in (
        complaint(DF.assign(y="x"), *named)
    )
    assert "must hold dates" in complaint(DF.assign(ds="x"), *named, "--date", "ds")
    assert "several columns of numbers" in complaint(DF.assign(z=DF["y"]), *named)
    ambiguous = DF.assign(ds=[f"{1 + i % 9:02}/{1 + i // 9:02}/2020" for i in range(len(DF))])
    assert "day or with the month first" in complaint(ambiguous, *named)


# Seasonal models, and other names of the old ones.


@pytest.mark.parametrize(
    ("options", "model"),
    [
        (["--model", "ses"], SimpleExpSmoothingRNN()),
        (["--model", "holt"], DoubleExpSmoothingRNN()),
        (["--model", "holt-winters", "--period", "4"], TripleExpSmoothingRNN(period=4)),
        (
            ["--model", "holt-winters", "--period", "4", "--seasonal", "mul"],
            TripleExpSmoothingRNN(period=4, seasonal="mul"),
        ),
        (["--model", "auto"], AutoExpSmoothingRNN()),
        (["--model", "theta"], ThetaForecaster()),
        (["--model", "theta", "--period", "4"], ThetaForecaster(4)),
        (["--model", "auto", "--period", "4"], AutoExpSmoothingRNN(period=4)),
        (["--model", "complex", "--period", "4"], ComplexExpSmoothingRNN(period=4)),
    ],
)
def test_models_go_by_their_names(run, options, model):
    y = 10.0 + np.tile([1.0, 2.0, 3.0, 1.5], 8) + np.random.default_rng(0).normal(size=32) / 5.0
    one = pd.DataFrame({"ds": pd.date_range("2020", periods=32, freq="QS"), "y": y})
    table, _ = run(one, *options)
    np.testing.assert_array_equal(table["forecast"], model.fit(one.set_index("ds")["y"]).predict(3))
    several = pd.concat([one.assign(id="a"), one.assign(id="b", y=y + 5.0)])
    table, _ = run(several, "--id", "id", *options)
    expected = PanelForecaster(model, id_col="id").fit(several).predict(3)
    np.testing.assert_array_equal(table["forecast"], expected.iloc[:, 2])


def test_a_forecast_that_runs_away_is_told_of_once_and_as_an_option(run):
    one = pd.DataFrame({"ds": np.arange(1990, 2010), "y": 100.0 * 1.15 ** np.arange(20)})
    several = pd.concat([one.assign(id="a"), one.assign(id="b")])
    for frame, options in ((one, []), (several, ["--id", "id"])):
        _, message = run(frame, "--model", "complex", *options, horizon=60)
        assert message.count("runs away") == 1
        assert "Take a shorter horizon, or --model damped" in message


def test_what_was_chosen_is_told_of_a_single_series(run, tmp_path):
    co2 = load_co2()
    co2.to_csv(tmp_path / "co2.csv")
    table, message = run(None, "--model", "auto", "--period", "12", path=tmp_path / "co2.csv")
    model = AutoExpSmoothingRNN(period=12).fit(co2)
    np.testing.assert_array_equal(table["forecast"], model.predict(3))
    # The season grows with the level.
    expected = "MAM (multiplicative errors, undamped trend, multiplicative season)"
    assert message.splitlines()[-1] == f"tsrnn: chose {expected}"
    assert model.model_ == "MAM"


@pytest.mark.parametrize(
    ("series", "words"),
    [
        (np.tile([1.0, 2.0, 1.5], 12), "no trend, no season"),
        (5.0 + np.arange(36.0), "undamped trend, no season"),
    ],
)
def test_parts_that_were_not_chosen_are_told_too(run, series, words):
    noise = np.random.default_rng(0).normal(size=36) / 10.0
    # Below zero there are no multiplicative errors.
    _, message = run(pd.DataFrame({"y": series + noise - 20.0}), "--model", "auto")
    assert f" errors, {words})" in message
