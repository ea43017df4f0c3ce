"""What the command will not do: one line that tells what, where, and what would be taken."""

import copy
import io
import pickle
import re

import pandas as pd
import pytest
from csv_files import VALUES, dated, read_back, write

from tsrnn import DoubleExpSmoothingRNN
from tsrnn.cli import main
from tsrnn.exceptions import IrregularIndexError


@pytest.fixture
def complaint(tmp_path, capsys):
    """Run the command on what will not do: its one line of complaint."""

    def run(lines, *options):
        path = lines if isinstance(lines, str) else write(tmp_path / "in.csv", lines)
        assert main(["forecast", path, *options]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith("tsrnn: ") and err.count("\n") == 1
        return err

    return run


def test_several_columns_of_numbers_ask_for_a_name(complaint):
    err = complaint(["month,sold,price", "2020-01,3,4", "2020-02,5,6"])
    assert "several columns of numbers ('sold', 'price')" in err and "--value" in err


@pytest.mark.parametrize("options", [[], ["--date", "month"], ["--value", "units sold"]])
def test_words_that_differ_are_refused_until_the_others_are_named(complaint, forecast, options):
    dates = pd.date_range("2020-01", periods=12, freq="MS").strftime("%Y-%m")
    rows = [f"{date},{'AB'[i % 2]},{VALUES[i]}" for i, date in enumerate(dates)]
    lines = ["month,store,units sold", *rows]
    err = complaint(lines, *options)
    assert "'store'" in err and "'A' on line 2 and 'B' on line 3" in err and "--id " in err
    assert "--date month --value 'units sold'" in err
    table = forecast(lines, "--date", "month", "--value", "units sold")
    assert table.index[0] == "2021-01"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["Woche 1", "Woche 2", "Woche 3", "Woche 4"], "'Woche 1' on line 2"),
        (["A", "A", "B", "B"], "'A' on line 2 and 'B' on line 4"),
        (["A", "", "A", "A"], "'A' on line 2 and '' on line 3"),
    ],
)
def test_words_that_may_be_dates_are_not_left_out(complaint, words, message):
    err = complaint(dated(words, header="week,value"))
    assert "'week'" in err and message in err and "2020-01-31" in err
    assert "--date" in err and "--value" in err and "--id " in err


def test_a_second_column_of_dates_is_not_left_out(complaint):
    rows = [f"2020-0{i},2021-0{i},{VALUES[i]}" for i in range(1, 6)]
    assert "--date ordered --value sold" in complaint(["ordered,paid,sold", *rows])


@pytest.mark.parametrize(
    ("lines", "options", "parts"),
    [
        (["date,value", "2020-01,1"], ["--value", "sold"], ["'sold'", "'date', 'value'"]),
        (["date,value", "2020-01,1"], ["--date", "day"], ["'day'", "--date"]),
        (["date,value", "2020-01,1"], ["--date", "date", "--value", "date"], ["both 'date'"]),
        (["city,name", "Bonn,Ada"], [], ["no column of numbers", "--value"]),
        ([""], [], ["nothing in it"]),
        (["date,value"], [], ["no line below"]),
        (["5", "6", "7"], [], ["first line must name the columns", "'5'"]),
        (["2020-01,5", "2020-02,6"], [], ["first line must name the columns", "'2020-01', '5'"]),
        (["1960,A,5", "1961,A,6"], [], ["first line must name the columns", "'1960', '5'"]),
        (["date,value", "2020-01,1,5", "2020-02,2,5"], [], ["more cells"]),
        (["date,value", "2020-01,1", "2020-02,2,5"], [], ["CSV", "line 3"]),
        (["date,value", "2020-01,1", "", "2020-02,x"], [], ["'value'", "line 4", "'x'"]),
        (["date,value", "2020-01,1", "2020-02,inf"], [], ["'value'", "line 3", "'inf'"]),
        (["a;b", "2020-01;1,5", "2020-02;1.23.4"], [], ["'b'", "line 3", "'1.23.4'"]),
        (["date,value", "2020-01,1", "2020-02,"], [], ["'value'", "1 value(s)", "two"]),
        (["value", "1"], [], ["'value'", "1 value(s)"]),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named(complaint, lines, options, parts):
    err = complaint(lines, *options)
    assert all(part in err for part in parts), err


@pytest.mark.parametrize(
    ("dates", "parts"),
    [
        (["2020-01", "2020-02", "2020-13", "2020-04"], ["line 4", "'2020-13'"]),
        (["2020-01", "2020-02", "", "2020-04"], ["no date on line 4"]),
        (["2020-01", "2020-02", "2020-02", "2020-04"], ["2020-02", "twice", "lines 3 and 4"]),
        (["2020-01", "2020-02", "2020-03", "2020-07"],
         ["'date' must be evenly spaced", "line 4", "line 5", "empty cell"]),
        (["2020-01-01", "2020-01-02", "2020-01-15", "2020-03-07"], ["evenly", "2020-01-15"]),
        (["2020Q1", "2020Q2", "2020Q5", "2020Q4"], ["line 4", "'2020Q5'"]),
        (["2020Q1", "2020Q2", "2020Q4", "2021Q1"], ["evenly", "2020Q4 on line 4"]),
        ([1960, 1961, 1962, 1965], ["evenly", "1962 on line 4", "1965 on line 5"]),
        ([0, 2, 4, 6], ["'date' starts at 0"]),
        ([1960, 1961.5, 1962, 1963], ["dates or whole numbers"]),
        # Twelve days of January, or the firsts of twelve months.
        ([f"01/{i:02}/2020" for i in range(1, 13)], ["day or with the month first", "2020-01-31"]),
    ],
)  # fmt: skip
def test_dates_that_will_not_do_are_named(complaint, dates, parts):
    err = complaint(dated(dates))
    assert all(part in err for part in parts), err
    assert "asfreq" not in err and "reindex" not in err


def test_an_irregular_index_tells_its_row_in_copies_too():
    index = pd.DatetimeIndex(["2020-01-01", "2020-01-02", "2020-01-03", "2020-01-07"])
    with pytest.raises(IrregularIndexError, match=r"irregular: .* \(row 3\)") as caught:
        DoubleExpSmoothingRNN().fit(pd.Series(VALUES[:4], index=index))
    error = caught.value
    for other in (error, copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert (other.row, str(other)) == (3, str(error))


def test_lines_are_counted_as_an_editor_counts_them(complaint):
    lines = ["", "date,value", "", "2020-01,1", "2020-02,2", "", "2020-03,many"]
    assert "line 7" in complaint(lines)


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00\xff", "this is no text"),
        ("\nGröße\n1\n2\n".encode("latin-1"), "line 2 is not in UTF-8: save the file as CSV UTF-8"),
        (b"\x00\x01\x02\x03\n\x00\x01", "this is no text"),
    ],
)
def test_files_that_are_no_text_are_refused(complaint, tmp_path, content, part):
    path = tmp_path / "in.csv"
    path.write_bytes(content)
    assert part in complaint(str(path))


def test_a_missing_file_and_a_folder_are_named(complaint, tmp_path):
    assert complaint("none.csv") == "tsrnn: none.csv: there is no such file\n"
    assert str(tmp_path) in complaint(str(tmp_path))


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (["--horizon", "0"], "--horizon must be at least 1, got 0"),
        (["--horizon", "-3"], "--horizon must be at least 1, got -3"),
        (["--level", "0"], "--level is in percent"),
        (["--level", "80", "100"], "got 100"),
        (["--level", "nan"], "got nan"),
        (["--level", "99.99999999999999"], "between 0 and 100"),
        (["--horizon", "1000000"], "--horizon 1000000"),
        (["--horizon", "1000001"], "--horizon must be at most 1,000,000 steps"),
        (["--horizon", "10000000000"], "--horizon must be at most 1,000,000 steps"),
    ],
)
def test_options_out_of_range_are_named(complaint, monthly, options, part):
    assert part in complaint(monthly[0], *options)


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (
            ["--level", "90,95"],
            "percents with spaces between them, such as --level 80 95, got '90,",
        ),
        (["--level", "90%"], "got '90%'"),
        (
            ["--horizon", "30d"],
            "--horizon: must be a number of time steps, such as 30 .* got '30d'",
        ),
    ],
)
def test_what_is_no_number_is_told_how_it_is_written(monthly, capsys, options, part):
    with pytest.raises(SystemExit):
        main(["forecast", str(monthly[0]), *options])
    assert re.search(part, capsys.readouterr().err)


def test_a_table_that_cannot_be_written_is_named(complaint, monthly, tmp_path):
    path = str(tmp_path / "nowhere" / "out.csv")
    assert f"cannot write {path}: " in complaint(monthly[0], "--output", path)


@pytest.mark.parametrize(
    ("name", "part"), [("nowhere/out.png", "nowhere"), ("out.word", "supported formats")]
)
def test_a_picture_that_cannot_be_written_is_named_after_the_table_is_written(
    monthly, tmp_path, capsys, name, part
):
    options = ["--date", "date", "--value", "value", "--model", "holt"]
    options += ["--plot", str(tmp_path / name)]
    assert main(["forecast", monthly[0], "--horizon", "2", *options]) == 2
    out, err = capsys.readouterr()
    assert len(read_back(io.StringIO(out))) == 2
    assert err.startswith("tsrnn: cannot write ") and part in err and err.count("\n") == 1


def test_a_picture_beyond_the_years_of_dates_is_no_traceback(tmp_path, capsys):
    quarters = pd.period_range("2015Q1", periods=12, freq="Q").astype(str)
    path, output = write(tmp_path / "q.csv", dated(quarters)), tmp_path / "out.csv"
    options = ["--horizon", "40000", "--output", str(output), "--plot", str(tmp_path / "q.png")]
    assert main(["forecast", path, *options]) == 2
    assert "cannot write" in capsys.readouterr().err
    assert len(read_back(output)) == 40000


@pytest.mark.parametrize(
    "arguments", [[], ["forecast"], ["forecast", "x.csv", "--horizon", "2.5"], ["paint"]]
)
def test_an_unusable_command_line_exits_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert "usage: tsrnn" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        (["--lower", "3", "--upper", "2"], "--lower must be below upper, got 3 and 2"),
        (["--upper", "nan"], "--upper must be a number"),
    ],
)
def test_bounds_that_hold_nothing_are_refused(complaint, bounds, message):
    assert message in complaint(dated(["2020-01", "2020-02", "2020-03"]), *bounds)


def test_what_is_no_demand_is_said_of_the_series(complaint):
    message = complaint(["value", "0", "3", "-1", "0"], "--model", "croston")
    assert "the series is -1 at position 2, but demand is 0 or more" in message
