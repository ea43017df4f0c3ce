"""The command line: files in, forecasts out."""

import io
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from csv_files import VALUES, dated, read_back, with_model, write

from tsrnn import (
    CrostonForecaster,
    DoubleExpSmoothingRNN,
    EnsembleForecaster,
    SimpleExpSmoothingRNN,
    __version__,
)
from tsrnn.cli import csv_dates, main
from tsrnn.datasets import load_co2
from tsrnn.plotting import ForecastDisplay

COMMAND = [sys.executable, "-c", "import sys; from tsrnn.cli import main; sys.exit(main())"]


# The demonstration.


def test_demo_prints_what_it_learned_and_saves_its_picture(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["demo"]) == 0
    out, err = capsys.readouterr()
    # The name that the README gives.
    assert (tmp_path / "demo.png").read_bytes().startswith(b"\x89PNG")
    model = DoubleExpSmoothingRNN().fit(load_co2(adjusted=True).iloc[:-12])
    assert f"alpha {model.alpha_:.4f}" in out
    assert "naive" in out and "lower-95" in out and "2002-12-01" in out
    assert err == ""


def test_demo_names_a_picture_that_it_cannot_write(tmp_path, capsys):
    assert main(["demo", "--output", str(tmp_path / "nowhere" / "demo.png")]) == 2
    assert "cannot write" in capsys.readouterr().err


def test_the_installed_command_runs(monthly):
    path, _ = monthly
    done = subprocess.run(
        [*COMMAND, "forecast", path, "--horizon", "2"], capture_output=True, text=True
    )
    assert done.returncode == 0
    assert done.stderr == (
        "tsrnn: taking 'date' as dates and 'value' as values\n"
        "tsrnn: model: ensemble; --model names another\n"
        "tsrnn: season: none (monthly data)\n"
        "tsrnn: warning: the series has 12 observed values, fewer than two full periods of 12 "
        "(monthly data): no season is looked for\n"
    )
    assert done.stdout.splitlines()[0] == "date,forecast,lower-80,upper-80,lower-95,upper-95"


@pytest.mark.parametrize("subcommand", ["forecast", "demo"])
def test_a_reader_that_has_seen_enough_is_no_error(monthly, tmp_path, subcommand):
    picture = tmp_path / "picture.png"
    arguments = ["demo", "--output"] if subcommand == "demo" else ["forecast", monthly[0], "--plot"]
    reading, writing = os.pipe()
    os.close(reading)  # every write fails, as after `head` has ended
    done = subprocess.run(
        [*COMMAND, *arguments, str(picture)], stdout=writing, stderr=subprocess.PIPE, text=True
    )
    os.close(writing)
    assert done.returncode == 0
    assert "pipe" not in done.stderr.lower() and "Exception" not in done.stderr
    assert picture.exists()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
@pytest.mark.parametrize("subcommand", ["forecast", "demo"])
def test_a_full_disk_behind_standard_output_is_named(monthly, tmp_path, subcommand):
    arguments = ["forecast", monthly[0]] if subcommand == "forecast" else ["demo"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*COMMAND, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, cwd=tmp_path
        )
    assert done.returncode == 2
    assert done.stderr.startswith("tsrnn: cannot write standard output: ")
    assert done.stderr.count("\n") == 1


def test_a_picture_leaves_no_figure_and_no_backend_behind(monthly, tmp_path, capsys):
    import matplotlib.pyplot as plt

    before = plt.get_fignums(), plt.get_backend()
    assert main(["forecast", monthly[0], "--plot", str(tmp_path / "picture.svg")]) == 0
    assert (plt.get_fignums(), plt.get_backend()) == before
    assert "<svg" in (tmp_path / "picture.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("dates", [True, False])
def test_the_picture_is_the_display_of_the_forecaster(monthly, tmp_path, monkeypatch, dates):
    path, y = monthly
    if not dates:
        path, y = write(tmp_path / "y.csv", ["value", *map(str, VALUES)]), y.reset_index(drop=True)
    drawn = []
    plot = ForecastDisplay.plot
    monkeypatch.setattr(
        ForecastDisplay, "plot", lambda self, **kw: drawn.append(self) or plot(self, **kw)
    )
    options = ["--horizon", "3", "--level", "50", "99.5", "--plot", str(tmp_path / "picture.png")]
    assert main(["forecast", path, *with_model(options)]) == 0
    model = DoubleExpSmoothingRNN(damped=True).fit(y)
    expected = ForecastDisplay.from_estimator(model, 3, level=[0.5, 0.995])
    # Its y is the sum of fitted values and residuals, so rounded.
    pd.testing.assert_series_equal(drawn[0].y, expected.y, check_freq=False)
    pd.testing.assert_series_equal(drawn[0].fitted, expected.fitted, check_freq=False)
    pd.testing.assert_series_equal(drawn[0].forecast, expected.forecast, check_names=False)
    assert list(drawn[0].intervals) == list(expected.intervals) == [0.995, 0.5]
    for level, bounds in expected.intervals.items():
        pd.testing.assert_frame_equal(drawn[0].intervals[level], bounds)


# Forecasts.


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("simple", SimpleExpSmoothingRNN()),
        ("double", DoubleExpSmoothingRNN()),
        ("damped", DoubleExpSmoothingRNN(damped=True)),
        ("croston", CrostonForecaster()),
    ],
)
def test_the_table_is_what_the_estimator_predicts(monthly, forecast, name, model):
    path, y = monthly
    table = forecast(path, "--model", name, "--level", "50", "99.5")
    model.fit(y)
    assert list(table) == ["forecast", "lower-50", "upper-50", "lower-99.5", "upper-99.5"]
    np.testing.assert_array_equal(table["forecast"], model.predict(3))
    for level in (50, 99.5):
        np.testing.assert_array_equal(
            table[[f"lower-{level}", f"upper-{level}"]], model.predict_interval(3, level / 100)
        )


def test_every_forecast_is_computed_once(monthly, forecast, tmp_path, monkeypatch):
    calls = []
    for name in ("predict", "predict_quantiles", "predict_interval"):
        method = getattr(DoubleExpSmoothingRNN, name)

        def counted(self, *arguments, _method=method, **options):
            calls.append(_method.__name__)
            return _method(self, *arguments, **options)

        monkeypatch.setattr(DoubleExpSmoothingRNN, name, counted)
    table = forecast(
        monthly[0], "--level", "50", "80", "95", "--plot", str(tmp_path / "picture.png")
    )
    assert table.shape == (3, 7)
    assert sorted(calls) == ["predict", "predict_quantiles"]


def test_every_column_is_read_as_dates_once(forecast, monthly, monkeypatch):
    rows = [f"Berlin,{date:%Y-%m},{v}" for date, v in monthly[1].items()]
    tried = []
    parsed = csv_dates.parsed
    monkeypatch.setattr(
        csv_dates,
        "parsed",
        lambda cells, name: tried.append((cells.name, name)) or parsed(cells, name),
    )
    forecast(["city,date,value", *rows])
    tried = [(column, name) for column, name in tried if column is not None]  # None: a bare name
    assert {column for column, _ in tried} == {"date"}  # words without digits are not tried
    assert len(tried) == len(set(tried))


@pytest.mark.parametrize(
    ("dates", "ahead"),
    [
        (pd.date_range("1949-01", periods=12, freq="MS").strftime("%Y-%m"), "1950-01"),
        (pd.date_range("2020-01-31", periods=12, freq="ME").strftime("%Y-%m-%d"), "2021-01-31"),
        (pd.date_range("2020-01", periods=12, freq="QS").strftime("%Y-%m-%d"), "2023-01-01"),
        (pd.period_range("2020Q1", periods=12, freq="Q").astype(str), "2023Q1"),
        (pd.date_range("2020-01-05", periods=12, freq="W").strftime("%Y-%m-%d"), "2020-03-29"),
        (pd.date_range("2020-01-01", periods=12, freq="D").strftime("%d.%m.%Y"), "13.01.2020"),
        (pd.date_range("2020-01-01", periods=12, freq="B").strftime("%m/%d/%Y"), "01/17/2020"),
        (pd.date_range("2020-01", periods=12, freq="MS").strftime("%d.%m.%Y"), "01.01.2021"),
        (pd.date_range("1960", periods=12, freq="YS").strftime("%Y-%m-%d"), "1972-01-01"),
        (pd.date_range("2020-01", periods=12, freq="MS").strftime("%b %Y"), "Jan 2021"),
        (pd.date_range("2020-01", periods=12, freq="MS").strftime("%b-%y"), "Jan-21"),
        (pd.date_range("2020-01-01", periods=12, freq="h").astype(str), "2020-01-01 12:00:00"),
    ],
    ids=lambda dates: dates if isinstance(dates, str) else "",
)
def test_dates_go_on_as_they_are_written(forecast, dates, ahead):
    table = forecast(dated(dates))
    assert (table.index.name, str(table.index[0])) == ("date", ahead)


@pytest.mark.parametrize(
    ("column", "numbers", "ahead"),
    [
        ("year", range(1960, 1972), [1972, 1973, 1974]),
        ("Year", range(1905, 1965, 5), [1965, 1970, 1975]),
        ("date", [202001 + i for i in range(12)], [202101, 202102, 202103]),
        ("date", [20200101 + i for i in range(12)], [20200113, 20200114, 20200115]),
    ],
)
def test_whole_numbers_go_on_as_years_months_or_days(forecast, column, numbers, ahead):
    table = forecast(dated(numbers, header=f"{column},value"))
    assert (table.index.name, table.index.tolist()) == (column, ahead)


def test_steps_are_numbered_from_the_end_where_there_are_no_dates(forecast):
    table = forecast(["value", *map(str, VALUES)])
    assert (table.index.name, table.index.tolist()) == ("step", [1, 2, 3])
    expected = DoubleExpSmoothingRNN(damped=True).fit(VALUES).predict(3)
    np.testing.assert_array_equal(table["forecast"], expected)


def test_named_columns_are_taken(forecast):
    lines = ["shop,week,price,sold", *(f"A,{10 + i},{i},{v}" for i, v in enumerate(VALUES))]
    table = forecast(lines, "--date", "week", "--value", "sold")
    assert (table.index.name, table.index.tolist()) == ("week", [22, 23, 24])
    expected = DoubleExpSmoothingRNN(damped=True).fit(VALUES).predict(3)
    np.testing.assert_array_equal(table["forecast"], expected)


def test_a_named_index_from_0_goes_on(forecast):
    table = forecast(dated(range(12), header="t,value"), "--date", "t", "--value", "value")
    assert (table.index.name, table.index.tolist()) == ("t", [12, 13, 14])


@pytest.mark.parametrize("name", ["value", None])
def test_what_pandas_writes_is_read(forecast, tmp_path, name):
    dates = pd.date_range("2020-01", periods=12, freq="MS")
    y = pd.Series(VALUES, index=dates, name=name)
    y.to_csv(tmp_path / "y.csv")
    table = forecast(str(tmp_path / "y.csv"))
    assert (table.index.name, table.index[0]) == ("date", "2021-01-01")
    numbered = y.rename("value").rename_axis("date").reset_index()
    numbered.to_csv(tmp_path / "numbered.csv")
    pd.testing.assert_frame_equal(forecast(str(tmp_path / "numbered.csv")), table)


def test_words_beside_the_numbers_do_not_matter(forecast, monthly):
    path, y = monthly
    rows = [f"Berlin,{date:%Y-%m},{v}" for date, v in y.items()]
    pd.testing.assert_frame_equal(forecast(["city,date,value", *rows]), forecast(path))


def test_what_is_taken_and_what_is_ignored_is_told_where_it_was_found(forecast, monthly, capsys):
    rows = [f"{date:%Y-%m},Berlin,{v},{i}" for i, (date, v) in enumerate(monthly[1].items())]
    lines = ["month,city,sold,step", *rows]
    forecast(lines, "--value", "sold")
    message = "tsrnn: taking 'month' as dates and 'sold' as values; ignoring 'city', 'step'\n"
    assert capsys.readouterr().err == message
    forecast(lines, "--date", "month", "--value", "sold", "--model", "damped")
    forecast(["value", *map(str, VALUES)], "--model", "damped")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("options", [[], ["--id", "shop"]])
def test_where_no_model_is_named_members_are_combined_and_the_season_is_told(
    tmp_path, capsys, options
):
    months = pd.date_range("2020-01", periods=36, freq="MS")
    lines = dated(months.strftime("a,%Y-%m"), 3 * VALUES, header="shop,month,sold")
    output = tmp_path / "out.csv"
    arguments = [write(tmp_path / "in.csv", lines), "--output", str(output), *options]
    assert main(["forecast", *arguments]) == 0
    expected = EnsembleForecaster().fit(pd.Series(3 * VALUES, months)).predict(12)
    np.testing.assert_allclose(pd.read_csv(output)["forecast"], expected, rtol=1e-12)
    err = capsys.readouterr().err
    assert "tsrnn: model: ensemble; --model names another\n" in err
    assert "tsrnn: season: 12 steps (monthly data); --period overrides\n" in err


@pytest.mark.parametrize(
    ("n", "size", "season"), [(60, 10.0, "multiplicative"), (30, 0.0, "no")], ids=["some", "none"]
)
def test_the_season_that_theta_takes_off_is_told(forecast, capsys, n, size, season):
    t = np.arange(float(n))
    noise = np.random.default_rng(0).normal(size=n)
    months = pd.date_range("2020-01", periods=n, freq="MS").strftime("%Y-%m")
    y = 100.0 + 0.2 * t + size * np.sin(2.0 * np.pi * t / 12.0) + noise
    forecast(dated(months, y), "--model", "theta")
    assert f"tsrnn: chose {season} season\n" in capsys.readouterr().err


@pytest.mark.parametrize("options", [[], ["--id", "shop"]])
def test_of_a_series_too_short_for_its_season_none_is_taken_and_that_is_told(
    forecast, capsys, options
):
    months = pd.date_range("2020-01", periods=23, freq="MS").strftime("a,%Y-%m")
    lines = dated(months, 2 * VALUES, header="shop,month,sold")
    forecast(lines, *options, "--model", "ses")
    assert "model: " not in capsys.readouterr().err
    for model in ("auto", "ensemble"):
        forecast(lines, *options, "--model", model)
        err = capsys.readouterr().err
        assert "season: none (monthly data)" in err and (options or "--period overrides" not in err)


def test_numbers_beside_the_values_are_told_to_be_ignored(forecast, capsys):
    steps = [1, 2, 4, 5, *range(6, 14)]
    table = forecast(dated(steps, header="step,sold"), "--value", "sold")
    assert table.index.tolist() == [1, 2, 3]
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and "without dates" in err and "ignoring 'step'" in err


def test_dates_set_the_order(forecast, monthly):
    path, y = monthly
    newest_first = dated(y.index.strftime("%Y-%m")[::-1], VALUES[::-1])
    pd.testing.assert_frame_equal(forecast(newest_first), forecast(path))


@pytest.mark.parametrize("empty", ["", "NA", "nan", " "])
def test_empty_cells_are_missing_values(forecast, monthly, empty):
    _, y = monthly
    lines = dated(y.index.strftime("%Y-%m"), [*VALUES[:5], empty, *VALUES[6:]])
    y.iloc[5] = np.nan
    expected = DoubleExpSmoothingRNN(damped=True).fit(y).predict(3)
    np.testing.assert_array_equal(forecast(lines)["forecast"], expected)


def test_a_blank_line_is_missing_in_a_single_column_and_nothing_elsewhere(forecast):
    holed = [*VALUES[:5], np.nan, *VALUES[5:]]
    expected = DoubleExpSmoothingRNN(damped=True).fit(holed).predict(3)
    table = forecast(["", "value", *map(str, VALUES[:5]), "", *map(str, VALUES[5:]), "", ""])
    np.testing.assert_array_equal(table["forecast"], expected)
    expected = DoubleExpSmoothingRNN(damped=True).fit(VALUES).predict(3)
    lines = ["word,value", *(f"a,{v}" for v in VALUES[:5]), "  ", *(f"a,{v}" for v in VALUES[5:])]
    np.testing.assert_array_equal(forecast([*lines, ",", ","])["forecast"], expected)


@pytest.mark.parametrize("separator", [";", "\t"])
@pytest.mark.parametrize("decimal", [".", ","])
def test_other_separators_and_decimal_commas_are_read(forecast, monthly, separator, decimal):
    path, y = monthly
    numbers = [f"{v:.1f}".replace(".", decimal) for v in VALUES]
    dates = y.index.strftime("%Y-%m")
    lines = dated(dates, numbers, f"date{separator}value", separator)
    pd.testing.assert_frame_equal(forecast(lines), forecast(path))


def test_a_byte_order_mark_spaces_and_quotes_do_not_matter(forecast, monthly):
    path, y = monthly
    rows = [f'"{date:%Y-%m}", {v}' for date, v in y.items()]
    pd.testing.assert_frame_equal(forecast(["\ufeffdate, value ", *rows]), forecast(path))


def test_standard_input_and_output_are_used(monthly, capsys, monkeypatch):
    path, y = monthly
    with open(path, "rb") as file:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(file.read())))
    assert main(["forecast", "-", "--horizon", "2", "--model", "damped"]) == 0
    table = read_back(io.StringIO(capsys.readouterr().out))
    expected = DoubleExpSmoothingRNN(damped=True).fit(y).predict(2)
    np.testing.assert_array_equal(table["forecast"], expected)


def test_hours_go_on_where_daylight_saving_changes(forecast):
    local = pd.date_range("2020-03-28 20:00", periods=12, freq="h", tz="Europe/Berlin")
    offsets = [stamp.isoformat() for stamp in local]
    assert len({offset[-6:] for offset in offsets}) == 2
    table = forecast(dated(offsets))
    assert pd.Timestamp(table.index[0]) == local[-1] + pd.Timedelta(hours=1)


def test_a_short_series_is_forecast_with_a_warning(forecast, capsys):
    table = forecast(["value", "3", "5", "6"], "--model", "damped")
    assert len(table) == 3
    err = capsys.readouterr().err
    assert err.startswith("tsrnn: warning: ") and "fewer than the" in err


def test_the_version_is_told(capsys):
    with pytest.raises(SystemExit) as exit_:
        main(["--version"])
    assert exit_.value.code == 0
    assert capsys.readouterr().out == f"tsrnn {__version__}\n"


@pytest.mark.parametrize("model", ["ses", "auto", "holt-winters", "theta"])
def test_forecasts_are_cut_off_at_bounds(forecast, capsys, model):
    y = np.random.default_rng(0).poisson(np.resize([0.5, 0.5, 3.0, 1.0], 48))
    dates = pd.date_range("2020-01-01", periods=48, freq="MS").strftime("%Y-%m-%d")
    plain = forecast(dated(dates, y), "--model", model)
    told = capsys.readouterr().err
    assert plain.min().min() < 0.0 and plain.max().max() > 2.5
    table = forecast(dated(dates, y), "--model", model, "--lower", "0", "--upper", "2.5")
    pd.testing.assert_frame_equal(table, plain.clip(0.0, 2.5))
    assert capsys.readouterr().err == told


@pytest.mark.parametrize("model", ["auto", "ensemble"])
def test_a_series_that_is_mostly_zero_is_told_of_the_model_for_it(forecast, capsys, model):
    lines = ["value", *map(str, [0, 0, 3, 0, 0, 0, 1, 0, 0, 2, 0, 0])]
    forecast(lines, "--model", model)
    note = "tsrnn: warning: the series is 0 in 75 percent of its lines and never below"
    error = capsys.readouterr().err
    assert note in error and "there is --model croston" in error
