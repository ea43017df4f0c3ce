"""The command with lines that are missing, and with several of one step."""

import numpy as np
import pandas as pd
import pytest
from csv_files import EXACT_NUMBERS, with_model

from tsrnn import DoubleExpSmoothingRNN, PanelForecaster, fill_gaps
from tsrnn.cli import main

HOLT = DoubleExpSmoothingRNN(damped=True)
RNG = np.random.default_rng(0)
SHOPS = pd.DataFrame(
    {
        "shop": np.repeat(["Bonn", "Kiel", "Ulm"], 40),
        "day": np.tile(pd.date_range("2024-01-01", periods=40), 3),
        "sold": RNG.poisson(5, 120),
    }
)
GAPPY = SHOPS.drop(index=[3, 4, 50, 60, 90, 91, 95])
TILL = pd.concat([GAPPY, GAPPY.assign(sold=1)]).sort_values(["shop", "day"])
TILL = TILL.assign(day=TILL["day"] + pd.to_timedelta(RNG.integers(1, 86_000, len(TILL)), "s"))
NAMED = {"id_col": "shop", "time_col": "day", "target_col": "sold"}


@pytest.fixture
def run(tmp_path, capsys):
    """Run the command on a frame: the table it writes, and what it tells."""

    def run(frame, *options):
        frame.to_csv(tmp_path / "in.csv", index=False)
        output = tmp_path / "out.csv"
        arguments = [str(tmp_path / "in.csv"), "--horizon", "2", "--output", str(output)]
        status = main(["forecast", *arguments, *with_model(options)])
        err = capsys.readouterr().err
        return (pd.read_csv(output, **EXACT_NUMBERS) if status == 0 else None), err

    return run


@pytest.mark.parametrize("fill", ["0", "missing", "2.5"])
def test_lines_put_in_are_those_of_the_panel_and_told(run, fill):
    table, message = run(GAPPY, "--id", "shop", "--fill", fill)
    value = fill if fill == "missing" else float(fill)
    expected = PanelForecaster(HOLT, fill=value, **NAMED).fit(GAPPY).predict(2)
    np.testing.assert_array_equal(table["forecast"], expected.iloc[:, 2])
    assert table["day"].tolist() == 3 * ["2024-02-10", "2024-02-11"]
    words = (
        "7 days without a line in 3 series counted as missing values"
        if fill == "missing"
        else f"filled 7 missing days in 3 series with {fill}"
    )
    assert f"tsrnn: {words}\n" in message


def test_a_single_series_is_filled_too(run):
    one = GAPPY[GAPPY["shop"] == "Ulm"].drop(columns="shop")
    table, message = run(one, "--fill", "0")
    y = one.set_index("day")["sold"].asfreq("D", fill_value=0)
    np.testing.assert_array_equal(table["forecast"], HOLT.fit(y).predict(2))
    assert "tsrnn: filled 3 missing days with 0\n" in message
    _, message = run(one.iloc[:10].drop(index=85), "--fill", "0")
    assert "tsrnn: filled 1 missing day with 0\n" in message


def test_sales_with_their_times_are_put_together_by_days(run):
    table, message = run(TILL, "--id", "shop", "--aggregate", "sum", "--fill", "0")
    made = fill_gaps(TILL, "D", 0, "sum", **NAMED)
    expected = PanelForecaster(HOLT, **NAMED).fit(made).predict(2)
    np.testing.assert_array_equal(table["forecast"], expected.iloc[:, 2])
    assert table["day"][0] == "2024-02-10"
    assert "tsrnn: the lines of a day are put together: --freq names another" in message
    assert "tsrnn: made 113 days of 226 lines, by their sum\n" in message
    one = TILL[TILL["shop"] == "Kiel"].drop(columns="shop")
    table, message = run(one, "--aggregate", "sum", "--fill", "0")
    np.testing.assert_array_equal(table["forecast"], expected.iloc[2:4, 2])
    assert "tsrnn: made 38 days of 76 lines, by their sum\n" in message


def test_another_step_can_be_named_and_an_unfinished_one_is_told(run):
    table, message = run(TILL, "--id", "shop", "--aggregate", "mean", "--freq", "W")
    assert table["day"].tolist()[:2] == ["2024-02-18", "2024-02-25"]
    assert "made 18 weeks of 226 lines, by their mean" in message
    assert "may be unfinished: its rows reach 2024-02-09" in message
    one = TILL[TILL["shop"] == "Kiel"].drop(columns="shop")
    _, message = run(one, "--aggregate", "mean", "--freq", "W")
    assert "may be unfinished: its rows reach 2024-02-09" in message


def test_lines_as_steps_are_numbered_on(run):
    table, _ = run(GAPPY, "--id", "shop", "--freq", "rows")
    expected = PanelForecaster(HOLT, freq="rows", **NAMED).fit(GAPPY).predict(2)
    np.testing.assert_array_equal(table["forecast"], expected.iloc[:, 2])
    assert table["day"].tolist() == [39, 40, 39, 40, 38, 39]
    one = GAPPY[GAPPY["shop"] == "Ulm"].drop(columns="shop")
    single, _ = run(one, "--freq", "rows")
    np.testing.assert_array_equal(single["forecast"], expected.iloc[4:, 2])
    assert single["step"].tolist() == [1, 2]
    twice, message = run(pd.concat([one, one]), "--freq", "rows", "--aggregate", "mean")
    np.testing.assert_array_equal(twice["forecast"], single["forecast"])
    assert "made 37 steps of 74 lines, by their mean" in message


@pytest.mark.parametrize("how", ["sum", "mean", "last"])
def test_a_date_of_missing_values_alone_stays_missing_where_lines_are_steps(run, how):
    twice = pd.concat([GAPPY, GAPPY]).astype({"sold": float})
    twice.loc[[81, 85, 100], "sold"] = np.nan  # both lines of these dates
    table, _ = run(twice, "--id", "shop", "--freq", "rows", "--aggregate", how)
    one = twice[twice["shop"] == "Ulm"].drop(columns="shop")
    single, _ = run(one, "--freq", "rows", "--aggregate", how)
    np.testing.assert_array_equal(single["forecast"], table["forecast"][4:])


ONE = GAPPY[GAPPY["shop"] == "Ulm"].drop(columns="shop")


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        (GAPPY, ["--id", "shop"], "--fill 0 or --fill missing puts in the steps that have no line"),
        (TILL, ["--id", "shop"], "--freq D, --aggregate sum puts together the rows of each day"),
        (TILL, ["--id", "shop", "--fill", "0"], "as in --freq D, --aggregate sum"),
        (ONE, [], "an empty cell, or say --fill missing, or --fill 0 for zeros"),
        (ONE, ["--freq", "D"], "no line for 2024-01-11 00:00:00: --fill 0 or --fill missing"),
        (ONE, ["--freq", "MS"], "2024-01-02 00:00:00 is none of --freq MS: --aggregate puts"),
        (TILL[TILL["shop"] == "Ulm"][["day", "sold"]], [], "--aggregate sum puts together the"),
        (pd.concat([ONE, ONE.tail(1)]), [], "which --aggregate sum, mean or last makes of them"),
        (ONE, ["--fill", "none"], "--fill must be a number or missing, got 'none'"),
        (ONE, ["--fill", "inf"], "--fill must be a number or missing, got 'inf'"),
        (ONE, ["--fill", "0", "--freq", "rows"], "--freq rows takes lines as the steps"),
        (ONE, ["--fill", "0", "--freq", "fortnight"], "--freq must be a pandas frequency"),
        (ONE, ["--fill", "0", "--freq", "7"], "--freq must be a pandas frequency"),
        (GAPPY, ["--fill", "0", "--freq", "7", "--id", "shop"], "--freq must be a pandas freq"),
        (ONE[["sold"]], ["--fill", "0"], "are for files with dates: name their column with --date"),
        (GAPPY[["shop", "sold"]], ["--id", "shop", "--fill", "0"], "are for files with dates"),
    ],
)
def test_what_will_not_do_is_told_in_one_line_with_the_options_that_mend_it(
    run, frame, options, message
):
    table, err = run(frame, *options)
    assert table is None and err.count("\n") == 1
    assert message in err
    assert "fill=" not in err and "freq=" not in err and "asfreq" not in err
