"""Output of the command: files in full or not at all, and never over what is read."""

from __future__ import annotations

import io
import logging
import os
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from tsrnn._files import replace_file
from tsrnn.cli.csv_errors import UsageError
from tsrnn.forecasting.backtesting import bound_names

# Other names of standard output, which is written as such: opening it anew would cut off what
# the file behind it holds already.
_STANDARD_OUTPUT = ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")


def refuse_to_overwrite(source: str, output: str | None, plot: str | None) -> None:
    """Refuse to write over the file that is read, or one file over the other."""
    for option, path in (("--output", output), ("--plot", plot)):
        if path is not None and _is_source(path, source):
            raise UsageError(f"{option} {path} is the file that is read: name another")
    if output is not None and plot is not None and _are_same(output, plot):
        raise UsageError(f"--output and --plot are the same file, {plot}: name two")


def tell(line: str) -> None:
    """Write a line to standard error, where that is open."""
    if sys.stderr is not None:
        sys.stderr.write(f"tsrnn: {line}\n")


class _Lines(logging.Handler):
    """Tells what the library logs, as lines of the command."""

    def emit(self, record: logging.LogRecord) -> None:
        """Tell one."""
        tell(record.getMessage())


@contextmanager
def telling_of_compilation() -> Iterator[None]:
    """Tell what the library logs, such as that it compiles, where somebody waits for it.

    What is not a terminal has the lines about the data alone, the first time as ever after.
    """
    is_seen = sys.stderr is not None and sys.stderr.isatty()
    logger, handler = logging.getLogger("tsrnn"), _Lines() if is_seen else logging.NullHandler()
    logger.addHandler(handler)
    propagates, logger.propagate = logger.propagate, False
    try:
        yield
    finally:
        logger.propagate = propagates
        logger.removeHandler(handler)


def print_out(text: str) -> None:
    """Write to standard output, whether or not it is still read."""
    with writing("standard output"):
        if sys.stdout is None:
            raise OSError("it is closed; --output names a file")
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except OSError:
            # Python would try again at exit, and fail there.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, sys.stdout.fileno())
            os.close(nowhere)
            raise


def write_table(table: pd.DataFrame, path: str | None, **how: Any) -> None:
    """Write a table as CSV; `how` is for pandas."""
    if path is None or path in _STANDARD_OUTPUT:
        print_out(table.to_csv(lineterminator="\n", **how))
        return
    with writing(path):
        if _is_no_file(path):
            with open(path, "w", encoding="utf-8", newline="") as file:
                table.to_csv(file, **how)
        else:
            replace_file(Path(path), lambda file: table.to_csv(file, mode="wb", **how))


def save_picture(
    y: pd.Series, fitted: pd.Series, table: pd.DataFrame, percents: Sequence[float], path: str
) -> None:
    """Draw a series and its forecast."""
    # Not by pyplot, which would choose a backend and keep the figure.
    from matplotlib.figure import Figure

    from tsrnn.plotting import ForecastDisplay

    figure = Figure(figsize=(9, 4), layout="constrained")
    intervals = {
        percent / 100.0: table[bound_names(percent)].set_axis(["lower", "upper"], axis=1)
        for percent in sorted(percents, reverse=True)
    }
    display = ForecastDisplay(y=y, fitted=fitted, forecast=table["forecast"], intervals=intervals)
    drawn = io.BytesIO()
    with writing(path):
        display.plot(ax=figure.add_subplot())
        figure.savefig(drawn, dpi=150, format=Path(path).suffix[1:] or None)
        if _is_no_file(path):
            Path(path).write_bytes(drawn.getvalue())
        else:
            replace_file(Path(path), lambda file: file.write(drawn.getvalue()))


def refuse_names_of_ours(
    names: Iterable[str], percents: Sequence[float], has_dates: bool = True
) -> None:
    """Refuse columns whose names the table gives to columns of its own."""
    ours = {"forecast", *(name for percent in percents for name in bound_names(percent))}
    ours |= set() if has_dates else {"step"}
    for name in names:
        if name in ours:
            raise UsageError(
                f"the column {name!r} has the name of a column of forecasts: give it another"
            )


@contextmanager
def writing(name: str) -> Iterator[None]:
    """Name what cannot be written. A reader who has seen enough, such as `head`, is no error."""
    try:
        yield
    except BrokenPipeError:
        return
    except (OSError, ValueError) as error:  # ValueError: a format that matplotlib does not write
        raise UsageError(f"cannot write {name}: {error}") from error


def _is_no_file(path: str) -> bool:
    """Tell whether there is a device, a pipe or the like, which has no contents to replace."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _is_source(path: str, source: str) -> bool:
    try:
        if source != "-":
            return _is_file_of(path, os.stat(source))
        return sys.stdin is not None and _is_file_of(path, os.fstat(sys.stdin.fileno()))
    except OSError:  # there is none, or standard input has no file behind it
        return False


def _is_file_of(path: str, status: os.stat_result) -> bool:
    return stat.S_ISREG(status.st_mode) and os.path.samestat(os.stat(path), status)


def _are_same(path: str, other: str) -> bool:
    if os.path.realpath(path) == os.path.realpath(other):
        return not _is_no_file(path)
    try:
        return os.path.samefile(path, other) and not _is_no_file(path)
    except OSError:  # one of them is not there yet
        return False
