"""Reading a series from a CSV file as people have them: what is not told is found out.

Whatever will not do is a `UsageError` that names the line and the column as the file has them.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tsrnn.cli.csv_dates import (
    Readings,
    are_months,
    is_date,
    may_be_parts,
    readings_of,
    the_one_reading,
    unread,
)
from tsrnn.cli.csv_errors import UsageError, listed, quoted
from tsrnn.cli.csv_numbered import are_numbered_dates, numbered_dates, numbers_note
from tsrnn.cli.csv_numbers import Numbers, check_decimal, numbers_of
from tsrnn.cli.csv_table import MISSING, UNNAMED, read_table

# Columns of whole numbers that are taken for dates by their name alone.
_DATE_NAMES = {
    "date",
    "year",
    "datum",
    "jahr",
    "annee",
    "année",
    "anno",
    "ano",
    "año",
    "jaar",
    "år",
}
_MOST_SAMPLED = 1000  # lines


@dataclass(frozen=True)
class Spelling:
    """The spelling of a file, where the user tells it: None for what is to be found out."""

    decimal: str | None = None
    date_format: str | None = None
    encoding: str | None = None


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
    notes : tuple of str
        Which columns were taken and which were not, where the user did not name them, and what
        was passed over.
    """

    y: pd.Series
    lines: np.ndarray
    date_format: str | None = None
    notes: tuple[str, ...] = ()


class ColumnsOfFile:
    """The columns of a file, each read as numbers or as dates when first asked."""

    def __init__(self, path: str, spelling: Spelling) -> None:
        check_decimal(spelling.decimal)
        table = read_table(path, spelling.encoding, spelling.decimal)
        self.cells = table.cells
        self.names = list(table.cells.columns)
        self.lines = table.cells.index.to_numpy()
        self.notes = [table.note] if table.note else []
        self.date_format = spelling.date_format
        self._table, self._decimal = table, spelling.decimal
        self._numbers: dict[str, Numbers] = {}
        self._dates: dict[str, Readings] = {}

    def numbers(self, name: str) -> Numbers:
        """Read a column as numbers, once."""
        if name not in self._numbers:
            self._numbers[name] = numbers_of(self.cells[name], self._table.separator, self._decimal)
        return self._numbers[name]

    def dates(self, name: str) -> Readings:
        """Read a column as dates; columns of numbers have no readings."""
        if name not in self._dates:
            skip = self.is_numeric(name)
            self._dates[name] = [] if skip else readings_of(self.cells[name], self.date_format)
        return self._dates[name]

    def dates_as_told(self, name: str) -> Readings:
        """Read the column of dates: whole numbers, too, where it is said how dates are written."""
        if self.date_format is None or not self.is_numeric(name):
            return self.dates(name)
        return readings_of(self.cells[name], self.date_format)

    def is_numeric(self, name: str) -> bool:
        """Tell whether a column holds numbers."""
        if name not in self._numbers and len(self.lines) > _MOST_SAMPLED:
            # Whole columns of words need not be taken for numbers one by one.
            sample = self.cells[name].head(_MOST_SAMPLED)
            if numbers_of(sample, self._table.separator, self._decimal).wrong.any():
                return False
        return not self.numbers(name).wrong.any() and not are_months(self.cells[name])

    def is_numbered_dates(self, name: str) -> bool:
        """Tell whether a column holds whole numbers that are surely dates, such as 202001."""
        if not self.is_numeric(name):
            return False
        numbers = self.numbers(name)
        return numbers.whole and are_numbered_dates(self.cells[name], numbers.values)

    def is_data(self, name: str) -> bool:
        """Tell whether a column holds numbers or dates."""
        return self.is_numeric(name) or is_date(self.dates(name))

    def taken(self, name: str) -> str:
        """Answer the name of a column that is to be taken: refuse one that several columns have."""
        if name in self._table.repeated:
            raise UsageError(
                f"there are several columns {quoted(name)}: give each a name of its own"
            )
        return name

    def _is_word(self, cell: str) -> bool:
        one = pd.Series([cell], dtype=object)
        return bool(numbers_of(one, self._table.separator, None).wrong.any())

    def no_number(self, cell: str, row: int = 0) -> str:
        """Say what to do about some cells that are no numbers."""
        if cell.lower() in ("true", "false", "yes", "no"):
            return ": write 1 and 0 if that is what it means"
        if cell.startswith("#"):
            return ": mend the formula, or leave the cell empty"
        if cell.endswith("-"):
            return ": write 0, or a minus in front; an empty cell is a missing value"
        if self._decimal and not self._is_word(cell):
            return f", which is no number with --decimal {self._decimal}"
        if row == 0 and not any(map(str.isdigit, cell)):
            return "; lines of a title above the names of the columns are to be taken out"
        return ""


def read_series(
    path: str,
    date: str | None,
    value: str | None,
    spelling: Spelling,
    repeats: bool = False,
    freq: object = None,
) -> SeriesOfFile:
    """Read the series of a CSV file: its values, with its dates as the index.

    A date may stand on several lines where there may be repeats; `freq` is the time step where it
    is named.
    """
    columns = ColumnsOfFile(path, spelling)
    refuse_unknown_names(columns.names, date, value)
    is_named = date is not None and value is not None
    if not is_named:
        refuse_data_as_names(columns, columns.names)
    date = date or find_dates(columns, columns.names, value)
    value = columns.taken(value or find_values(columns, columns.names, date))
    notes = columns.notes if is_named else [*columns.notes, *_notes(columns, date, value)]
    y = _values(columns, value)
    note = columns.numbers(value).note
    notes += [note] if note else []
    if date is None:
        return SeriesOfFile(y.reset_index(drop=True), columns.lines, notes=tuple(notes))
    index, date_format, note = _dates(columns, columns.taken(date), freq)
    notes += [note] if note else []
    if not repeats:
        _refuse_repeats(index, columns, date)
    if date.startswith(UNNAMED):
        index = index.rename("date")
    order = np.argsort(index, kind="stable")
    y = y.set_axis(index).iloc[order]
    return SeriesOfFile(y, columns.lines[order], date_format, tuple(notes))


def refuse_unknown_names(
    names: list[str], date: str | None, value: str | None, series: str | None = None
) -> None:
    """Refuse options that name no column, or the same one."""
    for option, column in (("--date", date), ("--value", value), ("--id", series)):
        if column is not None and column not in names:
            raise UsageError(
                f"there is no column {quoted(column)} for {option}: there is {listed(names)}"
            )
    if date is not None and date == value:
        raise UsageError(f"--date and --value are both {date!r}")
    if series is not None and series in (date, value):
        raise UsageError(f"--id and --{'date' if series == date else 'value'} are both {series!r}")


def refuse_data_as_names(columns: ColumnsOfFile, names: list[str]) -> None:
    """Refuse a file whose first line is data: every name of numbers or dates is one itself."""
    like_data = [name for name in names if _is_data(name)]
    # Columns with names that are words tell soonest, and need not be read all.
    if not like_data or any(columns.is_data(name) for name in names if name not in like_data):
        return
    found = [name for name in like_data if columns.is_data(name)]
    if found:
        raise UsageError(f"the first line must name the columns, but it holds {listed(found)}")


def _is_data(name: str) -> bool:
    """Tell whether a name is a number or a date itself."""
    one = pd.Series([name], dtype=object)
    return not numbers_of(one, ",", None).wrong.any() or is_date(readings_of(one))


def find_dates(columns: ColumnsOfFile, names: list[str], value: str | None) -> str | None:
    """Return the first column that reads as dates.

    Whole numbers do by the column's name, or if they are surely dates and not the only numbers.
    """
    others = [name for name in names if name != value]
    for name in others:
        if is_date(columns.dates(name)):
            return name
        if name.lower() in _DATE_NAMES and columns.is_numeric(name):
            return name
    for name in others:
        if columns.is_numbered_dates(name) and any(
            columns.is_numeric(other) for other in names if other != name
        ):
            return name
    return None


def find_values(columns: ColumnsOfFile, names: list[str], date: str | None) -> str:
    """Return the one column of numbers."""
    others = [name for name in names if name != date]
    numeric = [name for name in others if columns.is_numeric(name)]
    # Numbers without a name are those of the rows, where there are others.
    numeric = [name for name in numeric if not name.startswith(UNNAMED)] or numeric
    if len(numeric) == 1:
        return numeric[0]
    # Of words and numbers, so that the words can be told of.
    mixed = [n for n in others if not numeric and columns.numbers(n).wrong.mean() < 0.5]
    if not numeric and (len(others) == 1 or len(mixed) == 1):
        return (mixed or others)[0]
    found = (
        f"there are several columns of numbers ({listed(numeric)})"
        if numeric
        else "there is no column of numbers"
    )
    raise UsageError(f"{found}: name one with --value")


def _notes(columns: ColumnsOfFile, date: str | None, value: str) -> list[str]:
    """Say which columns are taken; refuse to leave out words that differ between the lines."""
    ignored = [name for name in columns.names if name not in (date, value)]
    series = np.zeros(len(columns.lines), dtype=np.int64)
    for name in ignored:
        refuse_differing_words(columns, name, series, taken_words(date, value), date)
    if len(columns.names) == 1:
        return []
    return [f"{taking(date, value)}{ignoring(ignored)}"]


def taking(date: str | None, value: str) -> str:
    """Say which columns are taken."""
    times = "the lines as they come, without dates," if date is None else f"{quoted(date)} as dates"
    return f"taking {times} and {quoted(value)} as values"


def ignoring(names: list[str]) -> str:
    """Say which columns are not."""
    return f"; ignoring {listed(names)}" if names else ""


def taken_words(date: str | None, value: str) -> str | None:
    """Write the options that name the columns: None where there is no column of dates."""
    return None if date is None else f"--date {shlex.quote(date)} --value {shlex.quote(value)}"


def refuse_differing_words(
    columns: ColumnsOfFile,
    name: str,
    series: np.ndarray,
    options: str | None,
    date: str | None,
    id_: bool = False,
) -> None:
    """Refuse words of a column that differ within a series, whose number `series` is by line.

    They may be unread dates, or parts of those in `date`, or name several series, which would be
    joined.
    """
    if columns.is_numeric(name):
        return
    column = columns.cells[name]
    codes = pd.factorize(column.to_numpy())[0]
    first = pd.Series(codes).groupby(series).transform("first").to_numpy()
    differs = np.flatnonzero(codes != first)
    if not differs.size:
        return
    row = int(differs[0])
    start = int(np.flatnonzero(series == series[row])[0])
    tell_apart = "" if id_ else f"if these tell series apart, say --id {shlex.quote(name)}; "
    if date is not None and may_be_parts(column.unique()):
        tell_apart = (
            f"if these are parts of the dates in {quoted(date)}, write both in one column, as in "
            f"2020-01 or 2020-01-31 12:00; {tell_apart}"
        )
    if options is None:
        cures = (
            "if these are dates, write them as in 2020-01-31, or name their column with --date and "
            f"say --date-format; {tell_apart}to ignore them, name the columns to take with --date "
            "and --value, or take the column out"
        )
    else:
        cures = f"{tell_apart}to ignore them, name the columns to take: {options}"
    raise UsageError(
        f"column {quoted(name)} would be ignored, but it holds {quoted(column.iloc[start])} on "
        f"line {column.index[start]} and {quoted(column.iloc[row])} on line {column.index[row]}: "
        f"{cures}"
    )


def _values(columns: ColumnsOfFile, name: str) -> pd.Series:
    """Return a column as floats, empty cells missing."""
    numbers, column = columns.numbers(name), columns.cells[name]
    wrong = np.flatnonzero(numbers.wrong)
    if numbers.doubt is not None:
        raise UsageError(numbers.doubt)
    if wrong.size and wrong.size < len(column):
        row = wrong[0]
        raise UsageError(
            f"column {quoted(name)} must hold numbers, but on line {column.index[row]} it holds "
            f"{quoted(column.iloc[row])}{columns.no_number(column.iloc[row], row)}"
        )
    if wrong.size:
        raise UsageError(
            f"column {quoted(name)} must hold numbers, but it holds none: line {column.index[0]} "
            f"holds {quoted(column.iloc[0])}{columns.no_number(column.iloc[0])}"
        )
    n_observed = int(np.isfinite(numbers.values).sum())
    if n_observed < 2:
        raise UsageError(
            f"column {quoted(name)} holds {n_observed} value(s): at least two are needed"
        )
    return pd.Series(numbers.values, index=column.index, name=name)


def _dates(
    columns: ColumnsOfFile, name: str, freq: object
) -> tuple[pd.Index, str | None, str | None]:
    """Return a column as stamps, how its dates are written, and what there is to say of them."""
    column = columns.cells[name]
    missing = np.flatnonzero(column.isin(MISSING).to_numpy())
    if missing.size:
        raise UsageError(
            f"column {quoted(name)} has no date on line {column.index[missing[0]]}: write one, or "
            "take the line out"
        )
    readings = columns.dates_as_told(name)
    if not readings and columns.is_numeric(name):
        index, date_format = _numbered_dates(columns, name, freq)
        values = columns.numbers(name).values
        return index, date_format, None if date_format else numbers_note(column, values)
    if not readings or readings[0].dates.isna().any():
        row = int(readings[0].dates.isna().argmax()) if readings else 0
        raise UsageError(
            f"column {quoted(name)} must hold dates, but on line {column.index[row]} it holds "
            f"{unread(column.iloc[row], columns.date_format)}"
        )
    reading = the_one_reading(column, readings, np.zeros(len(column), dtype=np.int64), freq)
    return reading.index(name), reading.date_format, reading.note


def _numbered_dates(columns: ColumnsOfFile, name: str, freq: object) -> tuple[pd.Index, str | None]:
    numbers = columns.numbers(name)
    index, date_format = numbered_dates(columns.cells[name], numbers.whole, numbers.values, freq)
    if date_format is None and index.min() == 0 and index.max() >= len(index):
        # From 0 on they would count as mere positions.
        raise UsageError(f"column {quoted(name)} starts at 0, so it must go on by ones")
    return index, date_format


def _refuse_repeats(index: pd.Index, columns: ColumnsOfFile, name: str) -> None:
    """Refuse dates that stand on several lines."""
    repeated = np.flatnonzero(index.duplicated())
    if repeated.size:
        row, column = repeated[0], columns.cells[name]
        first = int(np.argmax(index == index[row]))
        beside = _beside_repeats(columns, name, has_years=not isinstance(index, pd.DatetimeIndex))
        raise UsageError(
            f"column {quoted(name)} holds {quoted(column.iloc[row])} twice, on lines "
            f"{column.index[first]} and {column.index[row]}: there must be one line a date, "
            f"which --aggregate sum, mean or last makes of them{beside}"
        )


def _beside_repeats(columns: ColumnsOfFile, date: str, has_years: bool) -> str:
    """Say what another column may hold that tells lines of one date apart: months, or series."""
    for name in columns.names:
        if name == date:
            continue
        if not columns.is_numeric(name):
            if columns.cells[name].nunique() > 1:
                return f"; if {quoted(name)} tells series apart, say --id {shlex.quote(name)}"
            continue
        numbers = columns.numbers(name)
        is_part = numbers.whole and (numbers.values >= 1) & (numbers.values <= _MOST_PARTS)
        if has_years and np.all(is_part):
            return (
                f"; if {quoted(name)} holds their months or the like, write both in one column, as "
                "in 2020-01"
            )
    return ""


_MOST_PARTS = 53  # of a year: weeks
