"""A CSV file as text: what separates its columns, what stands above them, how long it takes."""

import sys
import time

import pandas as pd
import pytest

from tsrnn.cli import csv_file, main
from tsrnn.cli.csv_errors import UsageError, listed, quoted
from tsrnn.cli.csv_table import read_table


@pytest.fixture
def read(tmp_path):
    def read(content, encoding=None):
        path = tmp_path / "in.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_table(str(path), encoding)

    return read


@pytest.mark.parametrize(
    ("text", "separator", "names", "lines", "above"),
    [
        ("sep=;\na;b\n1;2\n", ";", ["a", "b"], [3], None),
        ('"sep=,"\na,b\n1;2,2\n', ",", ["a", "b"], [3], None),
        ("SEP=|\na|b\n1|2\n", "|", ["a", "b"], [3], None),
        ("sep=\t\na\tb\n1\t2\n", "\t", ["a", "b"], [3], None),
        ("Sales, 2020\na;b\n1;2,5\n2;3,5\n", ";", ["a", "b"], [3, 4], "line 1, 'Sales, 2020', ab"),
        ("Sales\nBonn\n\na,b\n1,2\n", ",", ["a", "b"], [5], "lines 1 to 2, 'Sales' and so on"),
        ("Sales;;\na;b;\n1;2;\n", ";", ["a", "b"], [3], "line 1, 'Sales'"),
        (",y\n2020,1\n", ",", ["Unnamed: 0", "y"], [2], None),
        ("a,b\n1,2\n\n,\n3,4\n,,\n", ",", ["a", "b"], [2, 5], None),
        ('a,b\n"x\ny",2\n3,4\n', ",", ["a", "b"], [2, 4], None),
        ("y\n1\n\n3\n", None, ["y"], [2, 3, 4], None),
        ("y;\n1;\n3;\n", None, ["y"], [2, 3], None),
        ("a,b\n1\n", ",", ["a", "b"], [2], None),
        ("a|b\n1|2,5\n", "|", ["a", "b"], [2], None),
        # Commas in names and decimals fit as well as what is between the columns, or better.
        ("sold, net;shop\n1,5;A\n2,5;A\n", ";", ["sold, net", "shop"], [2, 3], None),
        ('day;"sold, net"\nJan 2023;1,5\n', ";", ["day", "sold, net"], [2], None),
        ("day\tsold, net\nJan 2023\t1,5\n", "\t", ["day", "sold, net"], [2], None),
        ("a, net;b, net\n1,5;2,5\n", ";", ["a, net", "b, net"], [2], None),
        ("land;shop;sold, net\nDE;Bonn;1,5\n", ";", ["land", "shop", "sold, net"], [2], None),
        ("day;sold\nJan 2023;1,5;\nFeb 2023;2,5; \n", ";", ["day", "sold"], [2, 3], None),
        ("what; unit,sold\nkg; m,3\nkg; m,4\n", ",", ["what; unit", "sold"], [2, 3], None),
    ],
)
def test_names_are_found_and_lines_counted(read, text, separator, names, lines, above):
    table = read(text)
    assert (table.separator, list(table.cells)) == (separator, names)
    assert table.cells.index.tolist() == lines
    assert table.note is None if above is None else above in table.note
    # As an editor counts them, whatever ends them.
    windows = read(text.replace("\n", "\r\n"))
    assert windows.cells.index.tolist() == lines and list(windows.cells) == names


@pytest.mark.parametrize(
    ("content", "encoding", "words"),
    [
        ("a\nGröße\n".encode("cp1252"), None, "line 2 is not in UTF-8: .* --encoding cp1252"),
        ("a\nцена\n".encode("cp1251"), None, "line 2 is not in UTF-8"),
        ("a\nGröße\n".encode(), "ascii", "line 2 is not in ascii"),
        (b"a\n1\n", "hex", "--encoding hex is none that Python knows"),
        (b"a\n1\n", "fancy", "--encoding fancy is none that Python knows"),
        (b"PK\x03\x04", None, "a workbook: save it as CSV UTF-8"),
        (b"a\n\x001\n", None, "this is no text"),
        (b"a,b\n1,2,3\n", None, "line 2 holds more cells than the line of names, 3 and not 2"),
        (b"day,v\nJan 2020,1,5\n", None, "3 and not 2: quote numbers with decimal commas, or"),
        # Most lines tell what is between the columns; a remark does not make it the comma.
        (b"a;b, net\nx;1,5\nx;2,5\nx;3,5;so\n", None, "line 4 holds more cells .* 3 and not 2"),
        (b'a,b\n1,2\n"3,4\n', None, "a quotation mark that is not closed on line 3"),
        (b'a,b\n"1"x,2\n', None, "on line 2"),
        (b"a,b\n1," + b"2" * 200_000, None, "a cell of more than 131,072 characters on line 2"),
    ],
)
def test_what_is_no_table_is_told_by_its_line(read, content, encoding, words):
    with pytest.raises(UsageError, match=words) as caught:
        read(content, encoding)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
def test_encodings_that_are_marked_or_named_are_read(read, encoding):
    named = encoding if encoding in ("cp1252", "latin-1") else None
    assert list(read("Größe;b\n1;2\n".encode(encoding), named).cells) == ["Größe", "b"]


def test_columns_of_one_name_are_told_apart_and_not_taken(tmp_path, capsys):
    path = tmp_path / "in.csv"
    for header, options in (
        ("date,v,v", ["--value", "v"]),
        ("v,v,date", ["--value", "v"]),
        ("date,date,v", ["--date", "date", "--value", "v"]),
        ("date,v,v", ["--id", "v"]),
    ):
        cells = ["2020-01" if name == "date" else "1" for name in header.split(",")]
        rows = [cells, [cell.replace("01", "02") for cell in cells]]
        path.write_text("\n".join([header, *map(",".join, rows)]) + "\n")
        assert main(["forecast", str(path), *options]) == 2
        assert "there are several columns '" in capsys.readouterr().err
    path.write_text("date,v,v.1,v\n" + "".join(f"2020-0{i},{i},7,{i}\n" for i in range(1, 5)))
    assert main(["forecast", str(path), "--value", "v.1", "--model", "ses"]) == 0
    assert ",7.0,7.0" in capsys.readouterr().out


def timed(*arguments):
    start = time.perf_counter()
    status = main(["forecast", *arguments, "--model", "ses", "--horizon", "1"])
    return status, time.perf_counter() - start


@pytest.mark.parametrize("place", ["above", "between", "below"])
def test_blank_lines_cost_no_more_than_their_number(tmp_path, place):
    path, blank = tmp_path / "in.csv", "\n" * 300_000
    text = {
        "above": f"{blank}day,v\n2020-01,1\n2020-02,2\n",
        "between": f"day,v\n2020-01,1\n{blank}2020-02,2\n",
        "below": f"day,v\n2020-01,1\n2020-02,2\n{blank}",
    }
    path.write_text(text[place])
    timed(str(path))
    # Under a second; it took 27 when each blank line moved all others.
    status, seconds = timed(str(path))
    assert status == 0 and seconds < 10


def test_columns_that_are_not_asked_for_are_not_read(tmp_path, monkeypatch):
    looked_at = set()
    numbers_of = csv_file.numbers_of
    monkeypatch.setattr(
        csv_file, "numbers_of", lambda c, *rest: looked_at.add(c.name) or numbers_of(c, *rest)
    )
    names = [f"c{i}" for i in range(2000)]
    rows = [[f"2020-0{i}", str(i), *(f"item-{name}" for name in names)] for i in range(1, 9)]
    path = tmp_path / "in.csv"
    path.write_text("\n".join(map(",".join, [["day", "v", *names], *rows])))
    assert timed(str(path), "--date", "day", "--value", "v")[0] == 0
    assert looked_at == {"day", "v"}


@pytest.mark.parametrize(
    "cell", ["1" * 100_000, "1/" * 50_000, "x" * 100_000, "2020-01-01 " * 9000]
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_long_cells_take_no_time_and_are_cut_where_they_are_quoted(tmp_path, capsys, cell, place):
    rows = [["a", f"2020-0{i}", str(i)] for i in range(1, 6)] + [["b", "2020-01", "1"]]
    for row in rows[:5]:
        row[place] = cell if place == 0 else row[place]
    rows[2][place] = cell
    path = tmp_path / "in.csv"
    path.write_text("\n".join(map(",".join, [["shop", "day", "v"], *rows])))
    for options in (["--id", "shop"], [], ["--date", "day", "--value", "v"]):
        seconds = timed(str(path), *options)[1]
        assert seconds < 20  # it had no end
        assert len(capsys.readouterr().err) < 1500


def test_names_are_cut_and_few_of_many_listed():
    assert quoted("x" * 10**6) == repr("x" * 57 + "...")
    assert quoted("short") == "'short'"
    assert listed(range(10_000)).endswith("'11' and 9,988 more")


def test_a_closed_standard_input_is_named(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", None)
    assert main(["forecast", "-"]) == 2
    assert "standard input: cannot be read: standard input is closed" in capsys.readouterr().err


@pytest.mark.parametrize("words", [("True", "False"), ("TRUE", "FALSE"), ("yes", "no")])
def test_truth_is_no_number(tmp_path, capsys, words):
    path = tmp_path / "in.csv"
    path.write_text("day,v\n" + "".join(f"2020-0{i + 1},{words[i % 2]}\n" for i in range(6)))
    assert main(["forecast", str(path)]) == 2
    assert f"line 2 holds '{words[0]}': write 1 and 0" in capsys.readouterr().err
    frame = pd.read_csv(path).assign(id="a")
    frame.to_csv(path, index=False)
    assert main(["forecast", str(path), "--id", "id"]) == 2
    assert "must be a number, got" in capsys.readouterr().err
