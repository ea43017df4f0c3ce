"""Reading a series from a CSV file as people have them: what is not told is found out.

Whatever will not do is a `UsageError` that names the line and the column as the file has them.
"""

from __future__ import annotations

import io
import re
import shlex
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd
from pandas.tseries.api import guess_datetime_format

# Before version 3.1 pandas reads numbers to the last bit only if told to; now it warns if told.
_PANDAS = tuple(int(part) for part in pd.__version__.split(".")[:2])
_EXACT_NUMBERS = {} if _PANDAS >= (3, 1) else {"float_precision": "round_trip"}

# Columns of whole numbers that are taken for dates by their name alone.
_DATE_NAMES = {"date", "year"}
# Ways to write months that pandas does not guess.
_MONTH_FORMATS = ["%b %Y", "%b-%Y", "%b-%y", "%B %Y"]
UNNAMED = "Unnamed: "  # begins what pandas calls columns without a name
QUARTERS = "quarters"  # such as 2020Q1 or 2020-Q1, for which there is no format
_MONTH_OF_QUARTER = {"1": "01", "2": "04", "3": "07", "4": "10"}

# The ways to read a column as dates, each with its format: none for a column of numbers.
Readings: TypeAlias = list[tuple[str | None, pd.Series]]


class UsageError(Exception):
    """What the user can mend: a file, a column, a value."""


@dataclass(frozen=True)
class SeriesOfFile:
    """A series as read from a file.

    Attributes
    ----------
    y : Series
        In the order of time; its index is the dates, where there are any.
    lines : (n_timesteps,) array
        The line of the file that each value stands on.
    date_format : str or None
        How dates are written in the file, where that is known.
    note : str or None
        Which columns were taken and which were not, where the user did not name them.
    """

    y: pd.Series
    lines: np.ndarray
    date_format: str | None = None
    note: str | None = None


def read_series(
    path: str, date: str | None, value: str | None, repeats: bool = False
) -> SeriesOfFile:
    """Read the series of a CSV file: its values, with its dates as the index.

    A date may stand on several lines where there may be repeats.
    """
    frame = read_frame(path)
    refuse_unknown_names(frame, date, value)
    # Reading dates is what takes time, so each column is read once.
    readings = {name: readings_of(frame[name]) for name in frame.columns}
    refuse_data_as_names(frame, readings)
    is_named = date is not None and value is not None
    date = date or find_dates(frame, readings, value)
    value = value or find_values(frame, date)
    note = None if is_named else _note(frame, date, value)
    y = _numbers(frame[value])
    lines = frame.index.to_numpy()
    if date is None:
        return SeriesOfFile(y.reset_index(drop=True), lines, note=note)
    index, date_format = _dates(frame[date], readings[date])
    if not repeats:
        _refuse_repeats(index, frame[date])
    if date.startswith(UNNAMED):
        index = index.rename("date")
    order = np.argsort(index, kind="stable")
    return SeriesOfFile(y.set_axis(index).iloc[order], lines[order], date_format, note)


def read_frame(path: str) -> pd.DataFrame:
    """Read a table: columns by the names of its first line, numbers of lines as the index."""
    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise UsageError("there is no such file") from error
    except UnicodeDecodeError as error:
        raise UsageError("this is no text: what is wanted is CSV, in UTF-8") from error
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}") from error
    if "\0" in text:
        raise UsageError("this is no text: what is wanted is CSV, in UTF-8")
    text, lines = _without_blank_ends(text)
    header = text.partition("\n")[0]
    separator = max(",;\t", key=header.count)
    # A blank line is the only way that a single column can hold an empty cell.
    one_column = separator not in header
    try:
        with warnings.catch_warnings():
            # Cells beyond those of the first line would be dropped with a mere warning.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(
                io.StringIO(text),
                sep=separator,
                index_col=False,
                **_EXACT_NUMBERS,
                low_memory=False,
                skipinitialspace=True,
                skip_blank_lines=not one_column,
            )
    except pd.errors.EmptyDataError as error:
        raise UsageError("there is nothing in it") from error
    except pd.errors.ParserWarning as error:
        raise UsageError("the lines hold more cells than the first one names") from error
    except pd.errors.ParserError as error:
        raise UsageError(f"this is not readable as CSV: {str(error).strip()}") from error
    if frame.empty:
        raise UsageError("there is no line below that of the column names")
    if separator != ",":
        frame = frame.apply(_with_decimal_points)
    frame.columns = frame.columns.astype(str).str.strip()
    held = [line for line, content in lines if one_column or content]
    # Where quoted cells span lines there are more of these than rows.
    frame.index = held[1 : len(frame) + 1]
    return frame


def _with_decimal_points(column: pd.Series) -> pd.Series:
    """Read numbers such as 3,5 where commas do not separate columns."""
    if is_numeric(column):
        return column
    cells = column.str.replace(r"^\s*([+-]?\d+),(\d+)\s*$", r"\1.\2", regex=True)
    numbers = pd.to_numeric(cells, errors="coerce")
    return cells if (numbers.isna() & cells.notna()).any() else numbers


def _without_blank_ends(text: str) -> tuple[str, list[tuple[int, str]]]:
    """Take off what holds nothing at both ends: the text, and its lines with their numbers."""
    lines = text.removeprefix("\ufeff").rstrip(",;\t \n").split("\n")
    numbered = [(number, line if line.strip() else "") for number, line in enumerate(lines, 1)]
    while numbered and not numbered[0][1]:
        del numbered[0]
    return "\n".join(line for _, line in numbered), numbered


def refuse_unknown_names(
    frame: pd.DataFrame, date: str | None, value: str | None, series: str | None = None
) -> None:
    """Refuse options that name no column, or the same one."""
    for option, column in (("--date", date), ("--value", value), ("--id", series)):
        if column is not None and column not in frame.columns:
            raise UsageError(
                f"there is no column {column!r} for {option}: there is "
                f"{', '.join(map(repr, frame.columns))}"
            )
    if date is not None and date == value:
        raise UsageError(f"--date and --value are both {date!r}")
    if series is not None and series in (date, value):
        raise UsageError(f"--id and --{'date' if series == date else 'value'} are both {series!r}")


def refuse_data_as_names(frame: pd.DataFrame, readings: dict[str, Readings]) -> None:
    """Refuse a file whose first line is data: every name of numbers or dates is one itself."""
    names = [name for name in frame.columns if is_numeric(frame[name]) or _is_date(readings[name])]
    if names and all(
        _is_number(name) or _is_date(readings_of(pd.Series([name]))) for name in names
    ):
        raise UsageError(
            f"the first line must name the columns, but it holds {', '.join(map(repr, names))}"
        )


def is_numeric(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column)


def _is_number(name: str) -> bool:
    return bool(pd.notna(pd.to_numeric(name, errors="coerce")))


def _is_date(readings: Readings) -> bool:
    """Tell whether words read as dates: most of them, so that the others can be told of."""
    return bool(readings) and bool(readings[0][1].notna().mean() > 0.5)


def find_dates(frame: pd.DataFrame, readings: dict[str, Readings], value: str | None) -> str | None:
    """Return the first column that reads as dates; whole numbers only by the column's name."""
    for column in frame.columns.drop(value or []):
        if _is_date(readings[column]):
            return column
        if is_numeric(frame[column]) and column.lower() in _DATE_NAMES:
            return column
    return None


def find_values(frame: pd.DataFrame, date: str | None) -> str:
    """Return the one column of numbers."""
    others = [column for column in frame.columns if column != date]
    numeric = [column for column in others if is_numeric(frame[column])]
    # Numbers without a name are those of the rows, where there are others.
    numeric = [column for column in numeric if not column.startswith(UNNAMED)] or numeric
    if len(numeric) == 1:
        return numeric[0]
    if not numeric and len(others) == 1:
        return others[0]
    found = (
        f"there are several columns of numbers ({', '.join(map(repr, numeric))})"
        if numeric
        else "there is no column of numbers"
    )
    raise UsageError(f"{found}: name one with --value")


def _note(frame: pd.DataFrame, date: str | None, value: str) -> str | None:
    """Say which columns are taken; refuse to leave out words that differ between the lines."""
    ignored = [name for name in frame.columns if name not in (date, value)]
    for name in ignored:
        if not is_numeric(frame[name]):
            _refuse_differing_words(frame[name], date, value)
    if frame.shape[1] == 1:
        return None
    times = "the lines as they come, without dates," if date is None else f"{date!r} as dates"
    left_out = f"; ignoring {', '.join(map(repr, ignored))}" if ignored else ""
    return f"taking {times} and {value!r} as values{left_out}"


def _refuse_differing_words(column: pd.Series, date: str | None, value: str) -> None:
    """Refuse words that may be unread dates or name several series, which would be joined."""
    codes, words = pd.factorize(column, use_na_sentinel=False)
    other = int((codes != codes[0]).argmax())
    if codes[other] == codes[0]:
        return
    first, second = ("" if pd.isna(word) else str(word) for word in words[:2])
    if date is None:
        cures = (
            "if these are dates, write them as in 2020-01-31; if they tell series apart, say --id "
            f"{shlex.quote(str(column.name))}; to ignore them, name the columns to take with "
            "--date and --value, or take the column out"
        )
    else:
        cures = (
            f"if these tell series apart, say --id {shlex.quote(str(column.name))}; to ignore "
            "them, name the columns to take: "
            f"--date {shlex.quote(date)} --value {shlex.quote(value)}"
        )
    raise UsageError(
        f"column {column.name!r} would be ignored, but it holds {first!r} on line "
        f"{column.index[0]} and {second!r} on line {column.index[other]}: {cures}"
    )


def _numbers(column: pd.Series) -> pd.Series:
    """Return a column as floats, empty cells missing."""
    name = column.name
    numbers = pd.to_numeric(column, errors="coerce").astype(float)
    wrong = np.flatnonzero((numbers.isna() & column.notna()) | np.isinf(numbers))
    if wrong.size:
        raise UsageError(
            f"column {name!r} must hold numbers, but on line {column.index[wrong[0]]} it holds "
            f"{str(column.iloc[wrong[0]])!r}"
        )
    n_observed = int(numbers.count())
    if n_observed < 2:
        raise UsageError(f"column {name!r} holds {n_observed} value(s): at least two are needed")
    return numbers


def _dates(column: pd.Series, readings: Readings) -> tuple[pd.Index, str | None]:
    """Return a column as stamps, and how its dates are written."""
    missing = column.isna().to_numpy()
    if missing.any():
        raise UsageError(f"column {column.name!r} has no date on line {column.index[missing][0]}")
    if is_numeric(column):
        return _numbered_dates(column)
    unread = readings[0][1].isna().to_numpy()
    if unread.any():
        raise UsageError(
            f"column {column.name!r} must hold dates, but on line {column.index[unread][0]} it "
            f"holds {column[unread].iloc[0]!r}: best write them as in 2020-01-31"
        )
    if len(readings) > 1:
        readings = [reading for reading in readings if is_even(reading[1])]
    if len(readings) != 1:
        raise UsageError(
            f"column {column.name!r} can be read with the day or with the month first, as in "
            f"{column.iloc[0]!r}: write dates as in 2020-01-31"
        )
    date_format, dates = readings[0]
    if date_format == QUARTERS:
        return pd.PeriodIndex(dates, freq="Q", name=column.name), None
    return pd.DatetimeIndex(dates, name=column.name), date_format


def _numbered_dates(column: pd.Series) -> tuple[pd.Index, str | None]:
    """Read whole numbers: 20200131 and 202001 as dates, others, such as years, as they are."""
    if not pd.api.types.is_integer_dtype(column):
        raise UsageError(f"column {column.name!r} must hold dates or whole numbers")
    cells = column.astype(str)
    for length, date_format in ((8, "%Y%m%d"), (6, "%Y%m")):
        dates = pd.to_datetime(cells, format=date_format, errors="coerce")
        if (cells.str.len() == length).all() and dates.notna().all():
            return pd.DatetimeIndex(dates, name=column.name), date_format
    index = pd.Index(column, name=column.name)
    if index.min() == 0 and index.max() >= len(index):
        # From 0 on they would count as mere positions.
        raise UsageError(f"column {column.name!r} starts at 0, so it must go on by ones")
    return index, None


def _refuse_repeats(index: pd.Index, column: pd.Series) -> None:
    """Refuse dates that stand on several lines."""
    repeated = np.flatnonzero(index.duplicated())
    if repeated.size:
        row = repeated[0]
        first = int(np.argmax(index == index[row]))
        raise UsageError(
            f"column {column.name!r} holds {column.iloc[row]} twice, on lines "
            f"{column.index[first]} and {column.index[row]}: there must be one line a date, "
            "which --aggregate sum, mean or last makes of them"
        )


def readings_of(column: pd.Series) -> Readings:
    """Read a column as dates, NaT where it is none, in all ways that read the most of it.

    Each comes with its format, where writing the dates in it gives the column back.
    """
    if is_numeric(column):
        return []
    cells = column.astype(str)
    guesses = {
        guess_datetime_format(cell, dayfirst=dayfirst)
        for cell in cells.dropna().head(5)
        for dayfirst in _day_orders(cell)
    }
    formats = sorted(guesses - {None}) + _MONTH_FORMATS + ["ISO8601", QUARTERS]
    readings = [(name, _parsed(cells, name)) for name in formats]
    most = max(dates.count() for _, dates in readings)
    distinct = []
    for date_format, dates in readings:
        if dates.count() == most and not any(dates.equals(other) for _, other in distinct):
            distinct.append((date_format, dates))
    return [(name if _writes(name, dates, cells) else None, dates) for name, dates in distinct]


def _writes(date_format: str, dates: pd.Series, cells: pd.Series) -> bool:
    """Tell whether dates written in a format are what the cells hold."""
    if date_format in ("ISO8601", QUARTERS):
        return date_format == QUARTERS
    return bool((dates.dt.strftime(date_format) == cells).all())


def _day_orders(cell: str) -> tuple[bool, ...]:
    """Return whether the day may stand before the month in a date."""
    if re.match(r"\d{4}", cell):
        return (False,)  # after a year comes the month
    return (True,) if re.match(r"\d+\.", cell) else (False, True)


def _parsed(cells: pd.Series, date_format: str) -> pd.Series:
    """Read cells by a format, NaT where they do not follow it; times of several zones in UTC."""
    if date_format == QUARTERS:
        parts = cells.str.extract(r"^(\d{4})-?Q([1-4])$")
        cells, date_format = parts[0] + "-" + parts[1].map(_MONTH_OF_QUARTER), "%Y-%m"
    try:
        with warnings.catch_warnings():
            # pandas 2 only warns of what pandas 3 refuses, several zones.
            warnings.simplefilter("error", FutureWarning)
            return pd.to_datetime(cells, format=date_format, errors="coerce")
    except (ValueError, FutureWarning):
        return pd.to_datetime(cells, format=date_format, errors="coerce", utc=True)


def is_even(dates: pd.Series) -> bool:
    """Tell whether dates follow a calendar of pandas."""
    return pd.DatetimeIndex(dates.sort_values(), freq="infer").freq is not None
