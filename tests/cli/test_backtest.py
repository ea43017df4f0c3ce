"""The command `tsrnn backtest`: the library's table and scores, and one error for the rest."""

import numpy as np
import pandas as pd
import pytest
from csv_files import EXACT_NUMBERS

from tsrnn import (
    AutoExpSmoothingRNN,
    DoubleExpSmoothingRNN,
    NaiveForecaster,
    PanelForecaster,
    SimpleExpSmoothingRNN,
    backtest,
)
from tsrnn.cli import main
from tsrnn.datasets import load_co2
from tsrnn.metrics import evaluate

CO2 = load_co2()["1994":].rename("ppm")
LEVELS = [0.8, 0.95]


@pytest.fixture
def run(tmp_path, capsys):
    """Run the command on a frame: the table it writes, and the lines that it tells."""

    def run(frame, *options, status=0):
        path, output = tmp_path / "in.csv", tmp_path / "out.csv"
        frame.to_csv(path, index=False)
        assert main(["backtest", str(path), "--output", str(output), *options]) == status
        lines = capsys.readouterr().err.splitlines()
        table = pd.read_csv(output, **EXACT_NUMBERS) if status != 2 else None
        return table, [line.removeprefix("tsrnn: ") for line in lines]

    return run


def file_of(y):
    return y.rename_axis("month").reset_index()


def scores_among(lines):
    start = next(i for i, line in enumerate(lines) if line.startswith("scores of"))
    header = lines[start + 1].replace("in ", "in").split()
    rows = [line.split() for line in lines[start + 2 :] if not line.startswith("warning")]
    return lines[start], pd.DataFrame(rows, columns=header)


def test_the_table_and_the_scores_are_the_librarys(run):
    options = ["--horizon", "6", "--windows", "3", "--step-size", "2", "--model", "naive", "ses"]
    table, lines = run(file_of(CO2), *options)
    models = {"naive": NaiveForecaster(strategy="seasonal"), "ses": SimpleExpSmoothingRNN()}
    frames = [
        backtest(one, CO2, horizon=6, n_windows=3, step_size=2, level=LEVELS).assign(model=name)
        for name, one in models.items()
    ]
    expected = pd.concat(frames, ignore_index=True)
    assert list(table.columns[:6]) == ["model", "cutoff", "step", "month", "ppm", "forecast"]
    for ours, theirs in (("month", "time"), ("cutoff", "cutoff")):
        assert (pd.to_datetime(table[ours]) == expected[theirs]).all()
    for name in ("forecast", "lower-80", "upper-80", "lower-95", "upper-95"):
        np.testing.assert_array_equal(table[name], expected[name])
    assert table["model"].tolist() == expected["model"].tolist()
    first, told = scores_among(lines)
    assert first == "scores of 3 windows of 6 steps; MASE of period 12"
    scores = evaluate(expected, ["mae", "smape", "mase"], y_train=CO2, period=12)
    assert told["model"].tolist() == ["naive", "ses"]
    for name, column in (("mae", "MAE"), ("smape", "sMAPE"), ("mase", "MASE")):
        # They are told to four digits.
        np.testing.assert_allclose(told[column].astype(float), scores[name], rtol=1e-3)
    held = evaluate(expected, "coverage")["coverage-80"]
    assert told["in80%"].tolist() == [f"{one:.1%}" for one in held]


@pytest.mark.parametrize("by", ["step", "cutoff"])
def test_scores_are_told_by_step_or_cutoff(run, by):
    options = ["--horizon", "4", "--windows", "2", "--model", "ses", "--level", "80", "--by", by]
    _, lines = run(file_of(CO2), *options)
    _, told = scores_among(lines)
    frame = backtest(SimpleExpSmoothingRNN(), CO2, horizon=4, n_windows=2)
    scores = evaluate(frame, "mae", by)
    assert len(told) == len(scores) == {"step": 4, "cutoff": 2}[by]
    np.testing.assert_allclose(told["MAE"].astype(float), scores["mae"], rtol=1e-3)


def test_fits_see_what_they_are_told_to(run):
    options = ["--horizon", "3", "--windows", "4", "--model", "holt"]
    for given, said in (
        (["--no-refit"], {"refit": False}),
        (["--max-train", "20"], {"max_train": 20}),
    ):
        table, _ = run(file_of(CO2), *options, *given)
        expected = backtest(DoubleExpSmoothingRNN(), CO2, horizon=3, n_windows=4, **said)
        np.testing.assert_array_equal(table["forecast"], expected["forecast"])


def test_lines_without_dates_are_counted_from_one(run):
    table, lines = run(file_of(CO2)[["ppm"]], "--horizon", "2", "--windows", "2", "--period", "12")
    n = len(CO2)
    assert table["row"].tolist() == 2 * [n - 3, n - 2, n - 1, n]
    assert table["cutoff"].tolist() == 2 * [n - 4, n - 4, n - 2, n - 2]
    assert "MASE of period 12" in scores_among(lines)[0]


def test_several_series_are_those_of_a_panels_cross_validation(run):
    frames = [
        pd.DataFrame({"shop": name, "month": CO2.index[:n], "ppm": scale * CO2[:n].to_numpy()})
        for name, n, scale in (("007", 96, 1.0), ("7", 80, 2.0), ("short", 6, 1.0))
    ]
    bad = pd.DataFrame({"shop": "bad", "month": CO2.index[:40], "ppm": "none"})
    options = ["--id", "shop", "--horizon", "4", "--windows", "2", "--model", "ses", "auto"]
    table, lines = run(pd.concat([*frames, bad]), *options, status=3)
    df = pd.concat(frames[:2]).set_axis(["unique_id", "ds", "y"], axis=1)
    for name, model in (("ses", SimpleExpSmoothingRNN()), ("auto", AutoExpSmoothingRNN())):
        own = table[table["model"] == name]
        panel = PanelForecaster(model, alias="m")
        expected = panel.cross_validation(df, 4, n_windows=2, level=[80, 95])
        assert own["shop"].astype(str).tolist() == [
            one.lstrip("0") for one in expected["unique_id"]
        ]
        np.testing.assert_array_equal(own["forecast"], expected["m"])
        np.testing.assert_array_equal(own["upper-95"], expected["m-hi-95"])
    assert own["step"].tolist() == 4 * [1, 2, 3, 4]
    text = "\n".join(lines)
    assert "series 'bad': left out: ppm must be a number, got 'none' on line 184" in text
    assert "series 'short': left out: 6 rows are too few" in text
    _, told = scores_among(lines)
    scores = evaluate(
        table.assign(month=pd.to_datetime(table["month"]), shop=table["shop"]).rename(
            columns={"ppm": "y"}
        ),
        "mae",
        id_col="shop",
        time_col="month",
    )
    np.testing.assert_allclose(told["MAE"].astype(float), scores["mae"], rtol=1e-3)


def test_missing_steps_are_filled_before_anything_is_forecast(run):
    days = pd.date_range("2024-01-01", periods=40, name="day")
    y = pd.Series(np.random.default_rng(0).poisson(3.0, 40).astype(float), days, name="sold")
    whole = y.copy()
    whole.iloc[[5, 17, 30]] = 0.0
    gappy = y.drop(days[[5, 17, 30]]).reset_index()
    options = ["--horizon", "3", "--windows", "2", "--model", "ses", "--fill", "0"]
    for frame in (gappy, gappy.assign(shop="a")):
        named = ["--id", "shop"] if "shop" in frame else []
        table, lines = run(frame, *options, *named)
        expected = backtest(SimpleExpSmoothingRNN(), whole, horizon=3, n_windows=2)
        np.testing.assert_array_equal(table["forecast"], expected["forecast"])
        assert "filled 3 missing days with 0" in lines
        # Scaled errors of several series would be those of lines, and not of steps.
        assert ("MASE" in "".join(lines)) == (not named)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--windows", "0"], "--windows must be at least 1, got 0"),
        (["--step-size", "0"], "--step-size must be at least 1"),
        (["--max-train", "1"], "--max-train must be at least 2"),
        (["--horizon", "0"], "--horizon must be at least 1"),
        (["--horizon", "40"], "has 96 steps, too few: 5 windows of 40 steps take the last 200"),
        (["--model", "ses", "ses"], "--model names ses ses: give each once"),
        (["--model", "ses", "--period", "12"], "--period is for models with a season"),
        (["--model", "auto", "--seasonal", "mul"], "--seasonal is for models with a season"),
        (["--jobs", "2"], "--jobs is for several series"),
        (["--level", "0.8"], "--level is in percent"),
        (["--value", "month"], "column 'month' must hold numbers"),
    ],
)
def test_what_will_not_do_is_named_in_one_line(run, options, message):
    _, lines = run(file_of(CO2), *options, status=2)
    assert len(lines) == 1 and message in lines[0]


def test_columns_of_backtests_are_not_overwritten(run):
    frame = file_of(CO2).rename(columns={"ppm": "step"})
    _, (line,) = run(frame, "--horizon", "2", status=2)
    assert "the column 'step' has the name of a column of backtests" in line
    frame = file_of(CO2).assign(model="a")
    _, (line,) = run(frame, "--id", "model", "--horizon", "2", status=2)
    assert "the column 'model' has the name" in line
    _, (line,) = run(frame, "--id", "model", "--max-train", "9", status=2)
    assert "--max-train is for a single series" in line


def shops(lengths, y=CO2):
    parts = [y[-n:].rename_axis("month").reset_index().assign(shop=k) for k, n in lengths.items()]
    return pd.concat(parts)[["shop", "month", "ppm"]]


@pytest.mark.parametrize("lengths", [{"A": 72, "B": 72, "C": 10}, {"C": 9, "A": 60}])
def test_series_that_are_left_out_do_not_set_the_unit_of_others(run, lengths):
    options = ["--id", "shop", "--windows", "2", "--model", "ses"]
    _, lines = run(shops(lengths), *options, status=3)
    first, scores = scores_among(lines)
    assert first.endswith("MASE of period 12")
    lengths = {name: n for name, n in lengths.items() if name != "C"}
    _, alone = run(shops(lengths), *options)
    pd.testing.assert_frame_equal(scores, scores_among(alone)[1])


def test_series_of_several_seasons_are_measured_by_the_change_of_a_step(run):
    lengths = {"A": 60, "C": 20}
    _, lines = run(shops(lengths), "--id", "shop", "--windows", "1", "--horizon", "3")
    assert scores_among(lines)[0].endswith("MASE of period 1")


def test_where_nothing_can_be_scored_nothing_is_written(run, tmp_path):
    y = CO2.copy()
    y[-12:] = np.nan
    for frame, *options in ((file_of(y),), (shops({"A": 60, "B": 70}, y), "--id", "shop")):
        _, lines = run(frame, "--windows", "1", "--model", "ses", *options, status=2)
        assert "the steps of 1 window of 12 steps have no value to score forecasts by" in lines[-1]
        assert not (tmp_path / "out.csv").exists()


def test_a_scaled_error_that_is_left_out_is_told_with_the_reason(run):
    options = ["--model", "ses", "--windows", "5"]
    _, lines = run(file_of(CO2[-71:]), *options)
    first, scores = scores_among(lines)
    assert first.endswith(
        "; no MASE: the series has no two values 12 steps apart up to the first point"
    )
    assert "MASE" not in scores
    _, lines = run(shops({"A": 90, "B": 71}), "--id", "shop", *options, status=0)
    assert "no MASE: series 'B' has no two values 12 steps apart" in scores_among(lines)[0]


def test_a_file_of_one_series_has_no_series_0(run):
    options = ["--period", "35", "--step-size", "8", "--horizon", "5"]
    _, lines = run(file_of(CO2[-72:]), *options, status=2)
    assert ": the series has no value a season of 35 steps after another" in lines[-1]
