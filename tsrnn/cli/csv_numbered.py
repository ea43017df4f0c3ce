"""Dates in whole numbers: 202001 and the like, years, and numbers that only may be dates."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from tsrnn._time.labels import part_in_integers
from tsrnn.cli.csv_dates import OF_WEEKS, Reading, is_even, parsed
from tsrnn.cli.csv_errors import UsageError, quoted

# Whole numbers that hold a year and a part of it.
_NUMBERED = {
    "quarter": "%Y%q",
    "month": "%Y%m",
    "week": "%G%V",
    "day": "%Y%j",
    "month and day": "%Y%m%d",
}
_OF_TIMES = re.compile("time|date|stamp|unix|epoch|zeit", re.IGNORECASE)
_FEWEST_NUMBERED = 3  # of numbers that are told to be dates by themselves
_FEWEST_UNEVEN = 8  # where they are weeks with gaps: every other number could be one
_FIRST_YEAR, _LAST_YEAR = 1700, 2100


def numbered_dates(
    column: pd.Series, whole: bool, values: np.ndarray, freq: object = None
) -> tuple[pd.Index, str | None]:
    """Read whole numbers: 20200131, 202001 and the like as dates, others, such as years, as such.

    Where the user names a step that is a number, all are numbers.
    """
    if not whole or not (np.abs(values) < 2.0**53).all():
        raise UsageError(f"column {quoted(column.name)} must hold dates or whole numbers")
    part = "" if isinstance(freq, int) else _part_of(column.name, values)
    patterns = [_NUMBERED[part]] if part else []
    if not part and not isinstance(freq, int):
        lengths = column.str.len()
        patterns = [p for n, p in ((8, "%Y%m%d"), (6, "%Y%m")) if (lengths == n).all()]
    for pattern in patterns:
        dates = parsed(column, pattern)
        if dates.notna().all():
            return Reading(pattern, dates, True).index(column.name), pattern
        if part:
            row = int(dates.isna().argmax())
            raise UsageError(
                f"column {quoted(column.name)} holds a year and a {part} in one number, but "
                f"{quoted(column.iloc[row])} on line {column.index[row]} is none"
            )
    return pd.Index(values.astype(np.int64), name=column.name), None


def are_numbered_dates(column: pd.Series, values: np.ndarray) -> bool:
    """Tell whether whole numbers are surely dates: years in order, or years with parts of them."""
    distinct = np.unique(values)
    if len(distinct) < _FEWEST_NUMBERED or not np.isfinite(values).all():
        return False
    steps = np.diff(values)
    in_order = bool((steps >= 0).all() or (steps <= 0).all())
    part = _part_of(column.name, values)
    if not part:
        if _counted_from(values) and _OF_TIMES.search(str(column.name)):
            return in_order
        gaps = np.unique(np.diff(distinct))
        are_alone = len(distinct) == len(values)
        in_turn = len(gaps) == 1 and (are_alone or gaps[0] == 1)
        are_years = _FIRST_YEAR <= distinct[0] and distinct[-1] <= _LAST_YEAR
        return bool(are_years and (in_turn or (in_order and are_alone)))
    # Few numbers have parts such as these by accident.
    if part in ("month", "month and day") or (in_order and OF_WEEKS.search(str(column.name))):
        return True
    dates = parsed(column.drop_duplicates(), _NUMBERED[part])
    are_many = len(distinct) >= _FEWEST_UNEVEN and in_order
    return bool(dates.notna().all() and (are_many or is_even(pd.DatetimeIndex(dates))))


def numbers_note(column: pd.Series, values: np.ndarray) -> str | None:
    """Say what whole numbers that are counted on as such may be of dates; None for others."""
    unit = _counted_from(values)
    if unit is None:
        return None
    origin, what, cure = {
        "D": ("1899-12-30", "the days of a spreadsheet", "format them as dates there"),
        "s": ("1970-01-01", "seconds since 1970", "write them as dates"),
        "ms": ("1970-01-01", "milliseconds since 1970", "write them as dates"),
    }[unit]
    counted: Any = unit
    first = np.datetime64(origin, counted) + np.timedelta64(int(values[0]), counted)
    return (
        f"column {quoted(column.name)} holds whole numbers, which are counted on as such; if they "
        f"are {what}, of which {column.iloc[0]} is {first}, {cure}"
    )


def _counted_from(values: np.ndarray) -> str | None:
    """Return the unit in which whole numbers may count time from a date on."""
    for unit, (first, last) in {"D": (3e4, 6e4), "s": (5e8, 4e9), "ms": (5e11, 4e12)}.items():
        if first <= values.min() and values.max() <= last:
            return unit
    return None


def _part_of(name: object, values: np.ndarray) -> str:
    """Name the part of a year in whole numbers; the first twelve weeks are told by the name."""
    part = part_in_integers(values.astype(np.int64), _FIRST_YEAR)
    return "week" if part == "month" and OF_WEEKS.search(str(name)) else part
