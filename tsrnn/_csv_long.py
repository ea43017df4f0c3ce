"""Reading CSV files of several series: a line a series and time step, which names its series.

What will not do for a single series is left to the panel, which leaves that series out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tsrnn._csv import (
    QUARTERS,
    Readings,
    UsageError,
    find_dates,
    find_values,
    is_even,
    is_numeric,
    read_frame,
    readings_of,
    refuse_data_as_names,
    refuse_unknown_names,
)


@dataclass(frozen=True)
class LongFile:
    """Several series as read from a file.

    Attributes
    ----------
    frame : DataFrame
        The columns that name the series, the dates and the values.
    lines : (n_rows,) array
        The line of the file that each row stands on.
    date_format : str or None
        How dates are written in the file, where that is known.
    note : str or None
        Which columns were taken, where the user did not name them.
    has_dates : bool
        False where the lines of each series are merely numbered.
    """

    frame: pd.DataFrame
    lines: np.ndarray
    date_format: str | None
    note: str | None
    has_dates: bool = True


def read_long(path: str, series: str, date: str | None, value: str | None) -> LongFile:
    """Read the series of a CSV file; without dates, the lines of each are numbered from 1."""
    frame = read_frame(path)
    refuse_unknown_names(frame, date, value, series)
    others = frame.drop(columns=series)
    readings = {name: readings_of(others[name]) for name in others.columns}
    refuse_data_as_names(others, readings)
    is_named = date is not None and value is not None
    date = date or find_dates(others, readings, value)
    value = value or find_values(others, date)
    lines = frame.index.to_numpy()
    frame = frame.reset_index(drop=True)
    if frame[series].isna().any():
        row = int(frame[series].isna().argmax())
        raise UsageError(f"column {series!r} names no series on line {lines[row]}")
    date_format, has_dates = None, date is not None
    if date is None:
        date = "step"
        stamps = frame.groupby(series).cumcount() + 1
    else:
        stamps, date_format = _stamps(frame[date], readings[date], frame[series])
    taken = "the lines as they come, without dates," if date == "step" else f"{date!r} as dates"
    note = None if is_named else f"taking {taken} and {value!r} as values of the {series!r}"
    columns = {series: frame[series], date: np.asarray(stamps), value: frame[value]}
    return LongFile(pd.DataFrame(columns), lines, date_format, note, has_dates)


def _stamps(
    column: pd.Series, readings: Readings, series: pd.Series
) -> tuple[pd.Series | pd.Index, str | None]:
    """Return a column as time stamps, missing where they are none, and how dates are written."""
    if is_numeric(column):
        return _numbered(column)
    if not readings or readings[0][1].isna().all():
        raise UsageError(f"column {column.name!r} must hold dates, best as in 2020-01-31")
    if len(readings) > 1:
        first = (series == series.iloc[0]).to_numpy()
        readings = [one for one in readings if is_even(one[1][first])]
    if len(readings) != 1:
        raise UsageError(
            f"column {column.name!r} can be read with the day or with the month first, as in "
            f"{column.iloc[0]!r}: write dates as in 2020-01-31"
        )
    date_format, dates = readings[0]
    if date_format == QUARTERS:
        return pd.PeriodIndex(dates, freq="Q"), None
    return dates.reset_index(drop=True), date_format


def _numbered(column: pd.Series) -> tuple[pd.Series, str | None]:
    """Read whole numbers: 20200131 and 202001 as dates, others, such as years, as they are."""
    if not pd.api.types.is_integer_dtype(column):
        raise UsageError(f"column {column.name!r} must hold dates or whole numbers")
    cells = column.astype(str)
    for length, date_format in ((8, "%Y%m%d"), (6, "%Y%m")):
        dates = pd.to_datetime(cells, format=date_format, errors="coerce")
        if (cells.str.len() == length).all() and dates.notna().all():
            return dates, date_format
    return column, None
