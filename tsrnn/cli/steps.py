"""Rules of `tsrnn forecast` for lines that are missing, or that belong together."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from tsrnn._input.wording import Argument, ArgumentName, Phrase, Term, worded
from tsrnn._time.advice import is_struck_by_no_clock
from tsrnn._time.find_grid import ALSO_BY_FUNCTION
from tsrnn._time.grid import is_time_index
from tsrnn._time.season_length import GIVE_DATES, SET
from tsrnn._time.series_search import LONGER_REACH
from tsrnn.cli.csv_errors import UsageError
from tsrnn.cli.csv_file import SeriesOfFile
from tsrnn.exceptions import InvalidParameterError
from tsrnn.forecasting.season import UNTESTED
from tsrnn.panel.cells import cells_of, put_together, read_rows
from tsrnn.panel.differ import words_for_stamps
from tsrnn.panel.errors import SeriesError
from tsrnn.panel.fill import StepRules
from tsrnn.panel.frame import Columns, FrameNames
from tsrnn.panel.gaps import fill_gaps
from tsrnn.smoothing.extent import DAMPED
from tsrnn.smoothing.intermittence import FOR_DEMAND
from tsrnn.smoothing.triple import WITHOUT_SEASON


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that make `StepRules`."""
    parser.add_argument(
        "--fill",
        metavar="0|missing",
        help="what stands for time steps without a line: a number, such as 0 for days without "
        "sales, or missing (by default such gaps are refused)",
    )
    parser.add_argument(
        "--aggregate",
        choices=["sum", "mean", "last"],
        help="make one of the lines of a time step, such as the sales of a day",
    )
    parser.add_argument(
        "--freq",
        metavar="STEP",
        help="the time step, such as D, B, W, MS (found by default), or rows: a line a step, "
        "whatever its date",
    )


def rules_of(options: argparse.Namespace) -> StepRules:
    """Read the options."""
    fill, freq = options.fill, options.freq
    if fill is not None and fill != "missing":
        try:
            number = float(fill)
        except ValueError:
            number = np.nan
        if not np.isfinite(number):
            raise UsageError(f"--fill must be a number or missing, got {fill!r}")
        fill = number
    if freq is not None and freq.isdecimal():
        freq = int(freq)
    rules = StepRules(freq, fill, options.aggregate)
    try:
        rules.check()
    except InvalidParameterError as error:
        raise UsageError(in_options(error)) from error
    return rules


def is_asked(rules: StepRules) -> bool:
    """Tell whether any of the options is given."""
    return rules != StepRules()


def refuse_without_dates() -> None:
    """Refuse the options where lines are steps anyway."""
    raise UsageError(
        "--fill, --aggregate and --freq are for files with dates: name their column with --date"
    )


def with_days(rules: StepRules, stamps: pd.Index) -> tuple[StepRules, list[str]]:
    """Put lines together by days where they have times of day that no clock strikes."""
    if rules.aggregate is None or rules.freq is not None:
        return rules, []
    if not (isinstance(stamps, pd.DatetimeIndex) and is_struck_by_no_clock(stamps)):
        return rules, []
    message = "the lines of a day are put together: --freq names another time step"
    return replace(rules, freq="D"), [message]


def stepped(given: SeriesOfFile, rules: StepRules) -> tuple[SeriesOfFile, list[str]]:
    """Apply the rules to the series of a file: that, and what was done."""
    y = given.y
    if not is_time_index(y.index):
        refuse_without_dates()
    rules, message = with_days(rules, y.index)
    lines = np.arange(len(y))
    frame = pd.DataFrame({"unique_id": 0, "ds": y.index, "y": y.array, "line": lines})
    value = {"y": np.nan if rules.fill is None else rules.value}
    how = None if rules.aggregate is None else {"y": rules.aggregate, "line": "last"}
    try:
        if not rules.by_rows:
            frame = fill_gaps(frame, rules.freq, value, how)
        elif how is not None:
            frame = _joint_by_date(frame, how)
    except (ValueError, TypeError) as error:
        reason = error.failure if isinstance(error, SeriesError) else error
        raise UsageError(in_options(reason)) from error
    beyond = np.isinf(frame["y"].to_numpy(dtype=float))
    if beyond.any():
        raise UsageError(
            f"the {rules.aggregate} of the lines of {frame['ds'][beyond].iloc[0]} is beyond the "
            "largest numbers: give values in larger units"
        )
    if rules.by_rows:
        message += joint_words(len(y), len(frame), "steps", rules)
        y = pd.Series(frame["y"].array, name=y.name)
        return replace(given, y=y, lines=given.lines[frame["line"]], date_format=None), message
    gaps = frame["line"].isna().to_numpy()
    if rules.fill is None and gaps.any():
        raise UsageError(
            f"there is no line for {frame['ds'][gaps].iloc[0]}: --fill 0 or --fill missing puts in "
            "the steps that have no line"
        )
    words = words_for_stamps(pd.Index(frame["ds"]))
    message += joint_words(len(y), int((~gaps).sum()), words, rules)
    message += filled_words(int(gaps.sum()), words, 1, rules)
    index = pd.Index(frame["ds"]).rename(y.index.name)
    y = pd.Series(frame["y"].array, index=index, name=y.name)
    # A line that was put in stands after the one before it.
    places = frame["line"].ffill().astype(np.int64)
    date_format = given.date_format if how is None else None
    return SeriesOfFile(y, given.lines[places], date_format, given.notes), message


def _joint_by_date(frame: pd.DataFrame, hows: Mapping[str, str]) -> pd.DataFrame:
    """Make one row of those of a date."""
    names = FrameNames("frame")
    panel = read_rows(frame, Columns("unique_id", "ds", "y"), repeats=True, names=names)
    cells = cells_of(frame, panel, pd.Index(["ds", *hows]))
    return pd.DataFrame(put_together(panel, cells, None, hows, names)[1])


def joint_words(n_lines: int, n_steps: int, words: str, rules: StepRules) -> list[str]:
    """Tell how many lines became how many steps."""
    if rules.aggregate is None or n_lines == n_steps:
        return []
    by = {"sum": "their sum", "mean": "their mean", "last": "the last of them"}[rules.aggregate]
    return [f"made {_counted(n_steps, words)} of {n_lines} lines, by {by}"]


def filled_words(n_filled: int, words: str, n_series: int, rules: StepRules) -> list[str]:
    """Tell how many steps were put in."""
    if not n_filled:
        return []
    where = "" if n_series == 1 else f" in {n_series} series"
    if rules.fill == "missing":
        return [f"{_counted(n_filled, words)} without a line{where} counted as missing values"]
    return [f"filled {_counted(n_filled, words, 'missing ')}{where} with {rules.value:g}"]


# What is said in place of phrases that are for users of Python.
_PHRASES = {
    ALSO_BY_FUNCTION: "",
    DAMPED: "--model damped",
    LONGER_REACH: "",
    SET: "say",
    UNTESTED: "",
    GIVE_DATES: "give the file a column of dates",
    FOR_DEMAND: "--model croston",
    WITHOUT_SEASON: "say --model holt, or --period with the time steps of one",
}


def in_options(message: Exception | str) -> str:
    """Write what a message says of arguments as options."""
    return worded(message, _as_option)


def _as_option(term: Term) -> str:
    """Write a field of a message: arguments as options, and of lines rather than of rows."""
    if isinstance(term, Argument):
        return f"--{term.name} {term.value}" if term.has_value else f"--{term.name}"
    if isinstance(term, ArgumentName):
        return f"--{term.name}"
    return _PHRASES[term] if isinstance(term, Phrase) else term.word.replace("row", "line")


def _counted(count: int, words: str, what: str = "") -> str:
    words = re.sub("^periods of 'Q.*'$", "quarters", words)  # which is how the file has them
    return f"{count} {what}{words.removesuffix('s') if count == 1 else words}"
