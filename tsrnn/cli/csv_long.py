"""Reading CSV files of several series: a line a series and time step, which names its series.

What will not do for a single series is left to the panel, which leaves that series out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tsrnn.cli.csv_dates import the_one_reading, unread
from tsrnn.cli.csv_errors import UsageError, quoted
from tsrnn.cli.csv_file import (
    ColumnsOfFile,
    Spelling,
    find_dates,
    find_values,
    ignoring,
    refuse_data_as_names,
    refuse_differing_words,
    refuse_unknown_names,
    taken_words,
    taking,
)
from tsrnn.cli.csv_numbered import numbered_dates, numbers_note

# What Excel makes of long numbers, such as those of articles, whose last digits are lost.
_SHORTENED = re.compile(r"[0-9][.,][0-9]+E\+[0-9]{2}")


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
    notes : tuple of str
        Which columns were taken, where the user did not name them, and what was passed over.
    has_dates : bool
        False where the lines of each series are merely numbered.
    words : Series or None
        The cells of the column of dates, as they are written.
    """

    frame: pd.DataFrame
    lines: np.ndarray
    date_format: str | None
    notes: tuple[str, ...]
    has_dates: bool = True
    words: pd.Series | None = None


def read_long(
    path: str,
    series: str,
    date: str | None,
    value: str | None,
    spelling: Spelling,
    freq: object = None,
) -> LongFile:
    """Read the series of a CSV file; without dates, the lines of each are numbered from 1.

    `freq` is the time step where it is named.
    """
    columns = ColumnsOfFile(path, spelling)
    refuse_unknown_names(columns.names, date, value, series)
    names = _ids(columns, columns.taken(series))
    others = [name for name in columns.names if name != series]
    is_named = date is not None and value is not None
    if not is_named:
        refuse_data_as_names(columns, others)
    date = date or find_dates(columns, others, value)
    value = columns.taken(value or find_values(columns, others, date))
    codes = pd.factorize(names)[0]
    notes = list(columns.notes)
    if not is_named:
        ignored = [name for name in others if name not in (date, value)]
        for name in ignored:
            refuse_differing_words(columns, name, codes, taken_words(date, value), date, id_=True)
        notes.append(f"{taking(date, value)} of the {quoted(series)}{ignoring(ignored)}")
    values = _values(columns, value)
    note = columns.numbers(value).note
    notes += [note] if note else []
    date_format, label = None, date
    if date is None:
        label = next(name for name in ("step", "line", "row") if name not in (series, value))
        stamps = pd.Series(codes).groupby(codes).cumcount() + 1
    else:
        stamps, date_format, note = _stamps(columns, columns.taken(date), codes, freq)
        notes += [note] if note else []
    frame = pd.DataFrame({series: names, label: np.asarray(stamps), value: values})
    words = None if date is None else columns.cells[date]
    return LongFile(frame, columns.lines, date_format, tuple(notes), date is not None, words)


def _ids(columns: ColumnsOfFile, name: str) -> np.ndarray:
    """Return the names of series: text as it stands, for 007 is not 7, and NA may be one."""
    ids = columns.cells[name]
    for word, what in (("", "names no series"), (_SHORTENED, "holds a number that Excel cut")):
        found = ids == word if word == "" else ids.str.fullmatch(word)
        if found.any():
            line = columns.lines[int(found.to_numpy().argmax())]
            cure = "" if word == "" else ": format the column as text there, and save it again"
            raise UsageError(f"column {quoted(name)} {what} on line {line}{cure}")
    return ids.to_numpy()


def _values(columns: ColumnsOfFile, name: str) -> np.ndarray:
    """Return numbers, and the words among them, which the panel tells of."""
    numbers = columns.numbers(name)
    if numbers.doubt is not None:
        raise UsageError(numbers.doubt)
    if not numbers.wrong.any():
        return numbers.values
    values = numbers.values.astype(object)
    words = columns.cells[name][numbers.wrong]
    values[numbers.wrong] = [word if len(word) <= 40 else f"{word[:37]}..." for word in words]
    return values


def _stamps(
    columns: ColumnsOfFile, name: str, series: np.ndarray, freq: object
) -> tuple[pd.Index, str | None, str | None]:
    """Return a column as time stamps, missing where they are none.

    With how dates are written, and what there is to say of them.
    """
    column = columns.cells[name]
    readings = columns.dates_as_told(name)
    if not readings and columns.is_numeric(name):
        numbers = columns.numbers(name)
        index, date_format = numbered_dates(column, numbers.whole, numbers.values, freq)
        return index, date_format, None if date_format else numbers_note(column, numbers.values)
    if not readings or readings[0].dates.isna().all():
        raise UsageError(
            f"column {quoted(name)} must hold dates, but on line {columns.lines[0]} it holds "
            f"{unread(column.iloc[0], columns.date_format)}"
        )
    reading = the_one_reading(column, readings, series, freq)
    return reading.index(), reading.date_format, reading.note
