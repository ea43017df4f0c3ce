"""Where the command writes: never over what it reads, in full or not at all, and it says so."""

import logging
import os
import subprocess
import sys
import threading
from pathlib import Path

import pandas as pd
import pytest
from paths import ROOT

from tsrnn import PanelForecaster, SimpleExpSmoothingRNN
from tsrnn._compute import machine_code
from tsrnn.cli import command, main
from tsrnn.cli import output as cli_output

COMMAND = [sys.executable, "-c", "import sys; from tsrnn.cli import main; sys.exit(main())"]
TEXT = "month,sold\n" + "".join(f"2020-{i:02},{10 * i}\n" for i in range(1, 13))
LONG = "shop,month,sold\n" + "".join(
    f"{shop},2020-{i:02},{10 * i}\n" for shop in "ab" for i in range(1, 7)
)

needs_links = pytest.mark.skipif(os.name != "posix", reason="needs links, pipes and devices")


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "in.csv"
    path.write_text(TEXT)
    return path


def run(*arguments):
    return main(["forecast", *map(str, arguments), "--horizon", "2", "--model", "ses"])


@needs_links
@pytest.mark.parametrize("option", ["--output", "--plot"])
@pytest.mark.parametrize("kind", ["itself", "another way", "a link to it", "a hard link", "of it"])
def test_the_file_that_is_read_is_not_written(file, capsys, kind, option):
    source, path = file, file
    if kind == "another way":
        path = file.parent / ".." / file.parent.name / "in.csv"
    elif kind == "a link to it":
        path = file.parent / "link.csv"
        path.symlink_to(file)
    elif kind == "a hard link":
        path = file.parent / "hard.csv"
        os.link(file, path)
    elif kind == "of it":
        source = file.parent / "link.csv"
        source.symlink_to(file)
    assert run(source, option, path) == 2
    assert f"{option} {path} is the file that is read: name another" in capsys.readouterr().err
    assert file.read_text() == TEXT


@needs_links
def test_the_file_behind_standard_input_is_not_written(file):
    with file.open() as stdin:
        done = subprocess.run(
            [*COMMAND, "forecast", "-", "--output", str(file)],
            cwd=ROOT,
            stdin=stdin,
            capture_output=True,
            text=True,
        )
    assert done.returncode == 2 and "is the file that is read" in done.stderr
    assert file.read_text() == TEXT


def test_the_table_and_the_picture_are_two_files(file, capsys):
    for other in ("both.png", "./both.png"):
        assert run(file, "--output", "both.png", "--plot", other) == 2
        assert "--output and --plot are the same file" in capsys.readouterr().err
    assert run(file, "--output", "table.csv", "--plot", "both.png") == 0
    assert run(file, "--output", "both.png", "--plot", "both.png") == 2  # which is there already


@pytest.mark.parametrize("option", ["--output", "--plot"])
def test_what_stops_in_the_middle_leaves_the_old_file(file, capsys, monkeypatch, option):
    path = file.parent / "old.png"
    path.write_text("old")

    def stop(path, write):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cli_output, "replace_file", stop)
    assert run(file, option, path) == 2
    assert f"cannot write {path}: [Errno 28]" in capsys.readouterr().err
    assert path.read_text() == "old"


@needs_links
def test_a_pipe_is_written_straight(file):
    os.mkfifo("pipe")
    read = []
    reader = threading.Thread(target=lambda: read.append(Path("pipe").read_text()))
    reader.start()
    assert run(file, "--output", "pipe") == 0
    reader.join()
    assert read[0].startswith("month,forecast,") and read[0].count("\n") == 3


@needs_links
def test_standard_output_by_name_is_appended_to(file):
    """By either of its names, in one process, as a start takes longer than a forecast."""
    code = (
        "import sys; from tsrnn.cli import main\n"
        "for name in ('/dev/stdout', '/dev/fd/1'):\n"
        "    assert main(['forecast', sys.argv[1], '--output', name]) == 0"
    )
    with open("log", "w") as log:
        log.write("kept\n")
        log.flush()
        done = subprocess.run([sys.executable, "-c", code, str(file)], cwd=ROOT, stdout=log)
    assert done.returncode == 0
    kept, *tables = Path("log").read_text().split("month,forecast,")
    assert kept == "kept\n"
    assert len(tables) == 2 and tables[0] == tables[1] and tables[0].count("\n") == 13


def in_shell(redirections, *options):
    """Run the command with each of the options, in one process: the status is their lowest."""
    code = (
        "import sys; from tsrnn.cli import main\n"
        "sys.exit(min([main(['forecast', *one.split()]) for one in sys.argv[1:]]))"
    )
    return subprocess.run(
        ["sh", "-c", f'"$0" -c "$@" {redirections}', sys.executable, code, *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


IS_CLOSED = "tsrnn: cannot write standard output: it is closed; --output names a file"


@needs_links
def test_closed_streams_are_errors(file):
    Path(f"{file}.long").write_text(LONG)
    writing = [str(file), "- --id shop", f"{file} --output /dev/stdout"]
    done = in_shell(f"< {file}.long >&-", *writing)
    assert (done.returncode, done.stderr.splitlines()) == (2, [IS_CLOSED] * 3)
    done = in_shell("<&-", f"- --output {file}.out")
    message = "tsrnn: standard input: cannot be read: standard input is closed"
    assert (done.returncode, done.stderr.splitlines()) == (2, [message])


@needs_links
def test_notes_do_not_go_into_the_table_where_standard_error_is_closed(file):
    done = in_shell("2>&-", str(file))
    assert done.returncode == 0 and "tsrnn:" not in done.stdout
    assert done.stdout.count("\n") == 13


def test_series_left_out_are_a_status_of_their_own_and_the_table_is_written(file, capsys):
    file.write_text(LONG + "c,2020-01,x\nc,2020-02,1\n")
    assert run(file, "--id", "shop", "--output", "out.csv") == 3
    assert pd.read_csv("out.csv")["shop"].tolist() == ["a", "a", "b", "b"]
    assert "series 'c': left out" in capsys.readouterr().err
    file.write_text(LONG)
    assert run(file, "--id", "shop", "--output", "out.csv") == 0


@pytest.mark.parametrize("options", [[], ["--id", "shop"]])
@pytest.mark.parametrize(
    ("levels", "words"),
    [
        (["95", "95"], "--level names 95 twice"),
        (["80", "95", "80.0"], "--level names 80 twice"),
        (["95", "95.0000001"], "--level names 95 twice"),  # columns are named by six digits
        (["0.95"], "--level is in percent, from 1 up: write 95, not 0.95"),
        (["80", "0.5"], "write 50, not 0.5"),
        (["0.8", "0.95"], "write 80, not 0.8"),
        (["100"], "between 0 and 100, got 100"),
    ],
)
def test_levels_are_checked_alike_with_an_id(file, capsys, options, levels, words):
    file.write_text(LONG if options else TEXT)
    assert run(file, *options, "--level", *levels) == 2
    err = capsys.readouterr().err
    assert words in err and "horizon" not in err


@pytest.mark.parametrize("model", ["holt-winters", "auto", "theta"])
@pytest.mark.parametrize("period", [13, 1_000_000, 10**20])
@pytest.mark.parametrize("several", [False, True])
def test_a_season_longer_than_the_data_is_refused(file, capsys, model, period, several):
    options, n_steps = (["--id", "shop"], 6) if several else ([], 12)
    file.write_text(LONG if several else TEXT)
    assert main(["forecast", str(file), "--model", model, "--period", str(period), *options]) == 2
    words = f"--period {period} is longer than the series, which has {n_steps} steps"
    assert words in capsys.readouterr().err


def test_the_lines_of_all_series_are_bounded(file, capsys):
    rows = [f"{i},2020-0{j},{j}\n" for i in range(11) for j in (1, 2)]
    file.write_text("shop,month,sold\n" + "".join(rows))
    assert main(["forecast", str(file), "--id", "shop", "--horizon", "1000000"]) == 2
    message = "--horizon 1000000 makes 11,000,000 lines of 11 series: there may be 10,000,000"
    assert message in capsys.readouterr().err


def test_what_is_beyond_floats_is_not_written(file, capsys):
    large = "".join(f"2020-{i:02},9e307\n" for i in range(1, 7) for _ in range(2))
    file.write_text("month,sold\n" + large)
    assert run(file, "--aggregate", "sum") == 2
    message = "the sum of the lines of 2020-01-01 00:00:00 is beyond the largest numbers"
    assert message in capsys.readouterr().err
    small = large.replace("9e307", "1").replace("2020", "s,2020")
    file.write_text("shop,month,sold\n" + large.replace("2020", "l,2020") + small)
    assert run(file, "--id", "shop", "--aggregate", "sum") == 3
    out, err = capsys.readouterr()
    assert "inf" not in out and "series 'l': left out" in err
    growing = "".join(f"2020-{i:02},{1.4e307 * i}\n" for i in range(1, 13))
    file.write_text("month,sold\n" + growing)
    assert main(["forecast", str(file), "--model", "holt", "--horizon", "9"]) == 2
    assert "the forecast is beyond the largest numbers" in capsys.readouterr().err
    file.write_text("shop,month,sold\n" + growing.replace("2020", "l,2020") + small)
    options = ["--id", "shop", "--aggregate", "last", "--model", "holt", "--horizon", "9"]
    assert main(["forecast", str(file), *options]) == 3
    out, err = capsys.readouterr()
    assert "inf" not in out and "series 'l': left out: the forecast is beyond" in err


@pytest.mark.parametrize(
    ("header", "options"),
    [
        ("forecast,sold", []),
        ("lower-80,month,sold", ["--id", "lower-80"]),
        ("forecast,month,sold", ["--id", "forecast"]),
        ("step,sold", ["--id", "step"]),
    ],
)
def test_columns_of_forecasts_do_not_take_names_of_the_file(file, capsys, header, options):
    names = header.split(",")
    cells = [["a"] * len(names[:-2]) + [f"2020-0{i}" if len(names) > 2 or not options else "a"]
             + [str(i)] for i in (1, 2, 3)]  # fmt: skip
    file.write_text("\n".join(map(",".join, [names, *cells])))
    assert run(file, *options) == 2
    assert "has the name of a column of forecasts" in capsys.readouterr().err


TAKEN_BY_PANELS = ["cutoff", "reason", "exception", "note", "n_filled", "the forecast", "ds", "y"]


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("name", [*TAKEN_BY_PANELS, "the forecast-lo-80", "lower-90", "step"])
def test_any_other_name_of_the_file_is_a_column_of_its_own(file, capsys, name, place):
    names = ["shop", "month", "sold"]
    names[place] = name
    file.write_text(LONG.replace("shop,month,sold", ",".join(names)) + "c,2020-01,x\n")
    chosen = ["--id", names[0], "--date", names[1], "--value", names[2]]
    assert run(file, *chosen, "--output", "out.csv", "--level", "80", "95") == 3
    bounds = ["lower-80", "upper-80", "lower-95", "upper-95"]
    header = Path("out.csv").read_text().split("\n")[0]
    assert header == ",".join([*names[:2], "forecast", *bounds])
    assert "series 'c': left out" in capsys.readouterr().err


@pytest.mark.parametrize("names", [["shop", "step"], ["line", "step"], ["row", "step"]])
def test_numbers_of_lines_have_a_name_of_their_own(file, names):
    file.write_text(",".join(names) + "\n" + "".join(f"a,{i * i % 7}\n" for i in range(9)))
    assert run(file, "--id", names[0], "--output", "out.csv") == 0
    header = Path("out.csv").read_text().split("\n")[0].split(",")
    assert header[0] == names[0] and len(set(header)) == 7


def test_notes_of_forecasters_are_told_as_options(file, capsys):
    file.write_text("sold\n" + "".join(f"{i % 4}\n" for i in range(40)))
    assert main(["forecast", str(file), "--model", "auto"]) == 0
    message = "one of 4 steps: say --period 4, or give the file a column of dates"
    assert message in capsys.readouterr().err
    file.write_text("year,sold\n" + "".join(f"{1990 + i}-01-01,{i % 4}\n" for i in range(20)))
    assert main(["forecast", str(file), "--model", "holt-winters"]) == 2
    assert "say --model holt, or --period with the time steps of one" in capsys.readouterr().err


@pytest.mark.parametrize("options", [[], ["--id", "shop"]])
def test_a_lack_of_memory_is_no_traceback(file, capsys, monkeypatch, options):
    def fit(*_):
        raise MemoryError("Unable to allocate 7.28 TiB")

    monkeypatch.setattr(SimpleExpSmoothingRNN, "fit", fit)
    monkeypatch.setattr(PanelForecaster, "_fit", fit)
    file.write_text(LONG if options else TEXT)
    assert run(file, *options) == 2
    message = "tsrnn: there is not enough memory for this: Unable to allocate 7.28 TiB\n"
    assert capsys.readouterr().err == message


@pytest.mark.parametrize("is_terminal", [True, False])
def test_compilation_is_told_of_once_on_a_terminal(file, capsys, monkeypatch, is_terminal):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal)

    machine_code._say_that_it_takes_long.cache_clear()

    def slow(*options):
        for _ in range(2):
            machine_code._say_that_it_takes_long()
        return 0

    monkeypatch.setattr(command, "run_forecast", slow)
    assert run(file) == 0
    message = (
        "tsrnn: compiling, once for this machine and version: some 20 seconds for smoothers, "
        "10 for networks\n"
    )
    assert capsys.readouterr().err == message * is_terminal
    assert not logging.getLogger("tsrnn").handlers
