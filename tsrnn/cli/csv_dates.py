"""Dates as people write them: in which order, and quarters and weeks by their names."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from pandas.tseries.api import guess_datetime_format

from tsrnn._time.advice import is_struck_by_no_clock
from tsrnn._time.grid import TimeGrid
from tsrnn.cli.csv_errors import UsageError, listed, quoted
from tsrnn.cli.csv_table import MISSING

_MOST_CHARACTERS = 40  # of a date with its time and zone
_MOST_GUESSED = 5  # cells from which formats are guessed
_MOST_SAMPLED = 1000  # of many, to see which patterns they do not follow
# Ways to write months that pandas does not guess.
_MONTH_FORMATS = ["%b %Y", "%b-%Y", "%b-%y", "%b %y", "%B %Y", "%YM%m", "%Y-M%m"]
_NUMBERED_MONTHS = ["%m/%Y", "%m.%Y", "%m-%Y", "%Y/%m"]
_SHORT_YEARS = {
    ".": ["%d.%m.%y"],
    "/": ["%m/%d/%y", "%d/%m/%y", "%y/%m/%d"],
    "-": ["%m-%d-%y", "%d-%m-%y", "%y-%m-%d"],
}
# %q is the quarter, as pandas has it; %G and %V are the year and week of ISO 8601.
_QUARTERS = ["%YQ%q", "%Y-Q%q", "%Y Q%q", "%Y/Q%q", "Q%q %Y", "Q%q-%Y", "Q%q/%Y", "Q%q%Y"]
_WEEKS = ["%G-W%V", "%GW%V", "%G W%V", "W%V %G", "W%V-%G", "W%V/%G", "%G-KW%V", "%G KW%V"]
_WEEKS += ["KW%V %G", "KW %V %G", "KW%V/%G", "KW %V/%G", "%G/KW%V", "KW%V-%G"]
# Those that look like months or mere numbers: the name of their column tells.
_BARE_QUARTERS = ["%Y%q", "%q/%Y", "%q.%Y", "%q-%Y", "%q %Y", "%Y/%q", "%Y.%q", "%Y-%q", "%Y %q"]
_BARE_WEEKS = ["%G%V", "%V/%G", "%V.%G", "%V-%G", "%V %G", "%G/%V", "%G.%V", "%G-%V", "%G %V"]
_QUARTERS += _BARE_QUARTERS
_WEEKS += _BARE_WEEKS
_PARTS = {
    "%Y": r"(?P<y>\d{4})",
    "%G": r"(?P<y>\d{4})",
    "%q": "(?P<n>[1-4])",
    "%V": r"(?P<n>\d{1,2})",
}

_OF_QUARTERS = re.compile("quart|trimest|kvartal|kwarta", re.IGNORECASE)
OF_WEEKS = re.compile(
    r"week|woche|^kw\b|\bwk\b|semaine|semana|settimana|vecka|tydzie", re.IGNORECASE
)

_WORDS = (
    "January|February|March|April|May|June|July|August|September|October|November|December|Jan|Feb"
    "|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday"
    "|Sunday|Mon|Tue|Wed|Thu|Fri|Sat|Sun|AM|PM|UTC|GMT|KW|T|Z|Q|W|M"
)
_LIKE_DATE = re.compile(rf"(?=[^0-9]*[0-9])(?:[0-9\s./:,+-]|{_WORDS})+", re.IGNORECASE)
_DIGITS = re.compile(r"[0-9][0-9 ./:+T-]*")
# A time of day, and its offset from UTC.
_OFFSET = re.compile(r"([T:][0-9:.,]*+)\s*+(Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)$", re.IGNORECASE)
# What may stand in a column beside that of years or days: months, quarters, weeks, times.
_LIKE_PART = re.compile(
    r"[MQSW]?\d{1,2}|\d{1,2}(:\d{2}){1,2}.*"
    r"|(jan|feb|fev|fév|mar|mär|mae|mrz|apr|avr|mai|may|jun|jui|jul|aug|aoû|sep|okt|oct|nov|dez|dec|déc)"
    r"[^\W\d]*\.?",
    re.IGNORECASE,
)
_LIKE_MONTH = re.compile(r"(?:0[1-9]|1[0-2])\.(?:19|20)[0-9]{2}")


class Reading(NamedTuple):
    """A way to read a column as dates, NaT where it is none.

    `is_written` tells whether writing the dates by the pattern gives the column back. Of dates with
    several offsets from UTC, as an hour is put forward in spring, `clock` is what the clocks show;
    `note` says which was taken.
    """

    pattern: str
    dates: pd.Series
    is_written: bool
    clock: pd.Series | None = None
    note: str | None = None

    @property
    def date_format(self) -> str | None:
        """The format in which dates are to be written."""
        return self.pattern if self.is_written else None

    def index(self, name: object = None) -> pd.Index:  # type: ignore[override]  # not a sequence's
        """Return the dates as stamps: periods where they are quarters."""
        if self.pattern in _QUARTERS:
            return pd.PeriodIndex(self.dates, freq="Q", name=name)
        return pd.DatetimeIndex(self.dates, name=name)


Readings: TypeAlias = list[Reading]


def are_months(words: Iterable[str]) -> bool:
    """Tell whether what looks like numbers is months, such as 01.2020."""
    words = [word for word in words if word not in MISSING]
    return bool(words) and all(_LIKE_MONTH.fullmatch(word) for word in words)


def may_be_parts(words: Iterable[str]) -> bool:
    """Tell whether words may be months, times of day and the like, of dates in another column."""
    return all(_LIKE_PART.fullmatch(word) for word in words)


def readings_of(column: pd.Series, pattern: str | None = None) -> Readings:
    """Read a column of text as dates in all ways that read the most of it.

    The pattern is the one that the user gives.
    """
    codes, words = pd.factorize(column.to_numpy())
    words = pd.Series(words, dtype=object, name=column.name)
    likely = np.array(
        [len(word) <= _MOST_CHARACTERS and _may_be_date(word) for word in words], dtype=bool
    )
    if pattern is None and not likely.any():
        return []
    cells = words.where(likely) if pattern is None else words.str.slice(0, 2 * _MOST_CHARACTERS)
    patterns = _patterns(cells.dropna()) if pattern is None else [pattern]
    if len(cells) > _MOST_SAMPLED and pattern is None:
        sample = cells.dropna().head(_MOST_SAMPLED)
        patterns = [name for name in patterns if parsed(sample, name).notna().any()] or patterns[:1]
    readings = [(name, parsed(cells, name)) for name in patterns]
    # Lines count, not words: one word may stand on most of them.
    n_lines = np.bincount(codes, minlength=len(words))
    counts = [int(n_lines[dates.notna()].sum()) for _, dates in readings]
    distinct: list[tuple[str, pd.Series]] = []
    for (name, dates), count in zip(readings, counts, strict=True):
        if count == max(counts) and not any(dates.equals(other) for _, other in distinct):
            distinct.append((name, dates))
    found = []
    for name, dates in distinct:
        clock = _clock(cells, name) if isinstance(dates.dtype, pd.DatetimeTZDtype) else None
        by_line = [
            None if one is None else one.take(codes).set_axis(column.index)
            for one in (dates, clock)
        ]
        found.append(Reading(name, by_line[0], _writes(name, dates, cells), by_line[1]))
    return found


def _may_be_date(word: str) -> bool:
    """Tell whether a word is made of what dates are made of, most of them of digits and marks."""
    return bool(_DIGITS.fullmatch(word) or _LIKE_DATE.fullmatch(word))


def is_date(readings: Readings) -> bool:
    """Tell whether words read as dates: most of them, so that the others can be told of."""
    return bool(readings) and bool(readings[0].dates.notna().mean() > 0.5)


def the_one_reading(
    column: pd.Series, readings: Readings, series: np.ndarray, freq: object = None
) -> Reading:
    """Take the reading whose dates are even.

    Parameters
    ----------
    column : Series
    readings : list of Reading
    series : (n_lines,) array
        The numbers of the series of the lines.
    freq : str, int or None
        The time step that the user names.

    Raises
    ------
    UsageError
        If that is not one.
    """
    if len(readings) > 1:
        even = [
            one
            for one in readings
            if _any_even(one.dates, series)
            or (one.clock is not None and _any_even(one.clock, series))
        ]
        if len(even) != 1:
            cures = " or ".join(f'"{one.pattern}"' for one in readings)
            raise UsageError(
                f"column {quoted(column.name)} can be read with the day or with the month first, "
                f"as in {quoted(column.iloc[0])} on line {column.index[0]}: say --date-format "
                f"{cures}, or write dates as in 2020-01-31"
            )
        readings = even
    return _of_one_clock(column, readings[0], series, freq)


def _of_one_clock(column: pd.Series, reading: Reading, series: np.ndarray, freq: object) -> Reading:
    """Take what the clocks show where steps are days or longer, and UTC where they are shorter."""
    if reading.clock is None:
        return reading
    offsets = sorted(_offsets(column))
    message = (
        f"the dates of {quoted(column.name)} have several offsets from UTC ({listed(offsets)}) and "
        "are taken"
    )
    if _steps_are_days(reading, series, freq):
        message += " as the clocks show them"
        return reading._replace(dates=reading.clock, is_written=False, clock=None, note=message)
    message += " in UTC, in which the forecasts' are written, too"
    return reading._replace(is_written=False, clock=None, note=message)


def _steps_are_days(reading: Reading, series: np.ndarray, freq: object) -> bool:
    """Tell whether the steps of dates with several offsets from UTC are days or longer."""
    if isinstance(freq, str):
        try:
            step = pd.tseries.frequencies.to_offset(freq)
            return not isinstance(step, pd.offsets.Tick) or isinstance(step, pd.offsets.Day)
        except ValueError:
            pass  # rows as the steps, or an error that is told later
    clock: Any = reading.clock  # there is one
    shown = pd.DatetimeIndex(clock.dropna())
    if (shown - shown.normalize()).nunique() == 1 or is_struck_by_no_clock(shown):
        return True
    return _any_even(reading.clock, series) and not _any_even(reading.dates, series)


def format_of_steps(pattern: str | None, stamps: pd.Index) -> str | None:
    """Return how a file would write steps that were made of its dates; None where it could not.

    Days are written without the time of day that the file's dates have.
    """
    if pattern is None:
        return None
    if isinstance(stamps, pd.PeriodIndex):
        return pattern if pattern in _QUARTERS and stamps.freqstr == "Q-DEC" else None
    if not isinstance(stamps, pd.DatetimeIndex) or stamps.tz is not None:
        return None
    if (stamps == stamps.normalize()).all():
        pattern = re.sub("[ T]+%H.*$", "", pattern)
    written = pd.Series(stamps.strftime(pattern), dtype=object)
    return pattern if (parsed(written, pattern).to_numpy() == stamps.to_numpy()).all() else None


def unread(cell: str, pattern: str | None) -> str:
    """Say what to do about a cell that is no date."""
    year = re.search(r"(?<!\d)\d{4,5}(?!\d)", cell)
    if year and not 1678 <= int(year[0]) <= 2261:
        return (
            f"{quoted(cell)}, and pandas {pd.__version__} reads no such date: take the column out, "
            "or put whole numbers, such as years, in its place"
        )
    if pattern is not None:
        return f"{quoted(cell)}, which does not follow {pattern!r}"
    return (
        f"{quoted(cell)}: best write them as in 2020-01-31, or say --date-format, as in "
        '"%d.%m.%Y"; a line of a sum or a remark is to be taken out'
    )


def _patterns(words: pd.Series) -> list[str]:
    """List the patterns that may read some words."""
    for of_name, patterns in ((_OF_QUARTERS, _BARE_QUARTERS), (OF_WEEKS, _BARE_WEEKS)):
        if of_name.search(str(words.name)):
            bare = [one for one in patterns if _reads(one, words.head(_MOST_GUESSED))]
            if bare:
                return bare
    found: set[str] = set()
    for word in words.head(_MOST_GUESSED):
        short = re.fullmatch(r"\d{1,2}([./-])\d{1,2}\1\d{2}", word)
        if short:
            found.update(_SHORT_YEARS[short[1]])
            continue
        with warnings.catch_warnings():
            # pandas warns where the order that is tried is not that of the cell.
            warnings.simplefilter("ignore", UserWarning)
            found.update(
                guess_datetime_format(word, dayfirst=dayfirst) or ""
                for dayfirst in _day_orders(word)
            )
    sample = words.head(_MOST_GUESSED).tolist()
    named = [
        one
        for one in [*_QUARTERS, *_WEEKS]
        if one not in _BARE_QUARTERS + _BARE_WEEKS and _reads(one, sample)
    ]
    months = _MONTH_FORMATS if words.str.contains("[A-Za-z]").any() else _NUMBERED_MONTHS
    return [*sorted(found - {""}), *months, "ISO8601", *named]


def _reads(pattern: str, words: Iterable[str]) -> bool:
    """Tell whether a pattern of quarters or weeks reads one of some words."""
    return any(_named(pattern).fullmatch(word) for word in words)


def _day_orders(word: str) -> tuple[bool, ...]:
    """Return whether the day may stand before the month in a date."""
    if re.search(r"(?<!\d)\d{4}[-/.]?\d", word):
        return (False,)  # after a year comes the month
    return (True,) if re.match(r"\d+\.", word) else (False, True)


def parsed(words: pd.Series, pattern: str) -> pd.Series:
    """Read words by a pattern, NaT where they do not follow it; times of several zones in UTC."""
    if pattern in _QUARTERS or pattern in _WEEKS:
        return _named_dates(words, pattern)
    try:
        with warnings.catch_warnings():
            # pandas 2 only warns of what pandas 3 refuses, several zones.
            warnings.simplefilter("error", FutureWarning)
            return pd.to_datetime(words, format=pattern, errors="coerce")
    except (ValueError, FutureWarning):
        pass
    try:
        return pd.to_datetime(words, format=pattern, errors="coerce", utc=True)
    except ValueError as error:
        raise UsageError(
            f'--date-format {pattern} is none: it is written as in "%d.%m.%Y" ({error})'
        ) from error


def _offsets(words: Iterable[str]) -> set[str]:
    """Return the offsets from UTC of words, as in +01:00; "none" where there is none."""
    found = {one[2].upper() if (one := _OFFSET.search(word)) else "none" for word in words}
    return {_offset_in_words(offset) for offset in found}


def _offset_in_words(offset: str) -> str:
    if offset == "none":
        return offset
    digits = "+0000" if offset in ("Z", "UTC", "GMT") else offset.replace(":", "").ljust(5, "0")
    return f"{digits[:3]}:{digits[3:]}"


def _clock(words: pd.Series, pattern: str) -> pd.Series | None:
    """Read what the clocks show where words have several offsets; None where they have one."""
    given = words.dropna()
    if len(_offsets(given)) < 2:
        return None
    shown = pd.Series([_OFFSET.sub(r"\1", word) for word in given], given.index, dtype=object)
    dates = parsed(shown.reindex(words.index), re.sub(r"\s*%[zZ]$", "", pattern))
    return None if isinstance(dates.dtype, pd.DatetimeTZDtype) else dates


def _named(pattern: str) -> re.Pattern[str]:
    parts = re.split("(%[YGqV])", pattern)
    return re.compile("".join(_PARTS.get(part, re.escape(part)) for part in parts), re.IGNORECASE)


def _named_dates(words: pd.Series, pattern: str) -> pd.Series:
    """Read quarters and weeks: the first day of each."""
    found = words.str.extract(_named(pattern))
    years, numbers = found["y"].tolist(), found["n"].tolist()
    days: list[str | None] = []
    for year, number in zip(years, numbers, strict=True):
        try:
            if pattern in _QUARTERS:
                days.append(date(int(year), 3 * int(number) - 2, 1).isoformat())
            else:
                days.append(date.fromisocalendar(int(year), int(number), 1).isoformat())
        except (TypeError, ValueError):  # no such name, or no such week in that year
            days.append(None)
    dates = pd.Series(days, dtype=object, index=words.index, name=words.name)
    return pd.to_datetime(dates, format="%Y-%m-%d", errors="coerce")


def _writes(pattern: str, dates: pd.Series, words: pd.Series) -> bool:
    """Tell whether dates written by a pattern are what the words are."""
    if pattern == "ISO8601":
        return False
    dates, words = dates.dropna(), words[dates.notna()]
    sample = slice(None, None, 1 + len(dates) // _MOST_SAMPLED)  # writing takes longer than reading
    dates, words = dates[sample], words[sample]
    if pattern in _QUARTERS:
        return bool((pd.PeriodIndex(dates, freq="Q").strftime(pattern) == words).all())
    return bool((dates.dt.strftime(pattern) == words).all())


def _any_even(dates: pd.Series, series: np.ndarray) -> bool:
    """Tell whether the dates of some series of three or more follow each other evenly.

    Two stamps are always even, so that they tell nothing.
    """
    sample = pd.Series(dates.to_numpy()).groupby(series).unique().head(_MOST_TRIED)
    return any(is_even(pd.DatetimeIndex(stamps)) for stamps in sample)


_MOST_TRIED = 20  # series: their dates are written alike


def is_even(stamps: pd.DatetimeIndex) -> bool:
    """Tell whether three stamps or more are the even steps of a series."""
    stamps = stamps.dropna().sort_values()
    if len(stamps) < 3:
        return False
    try:
        TimeGrid.from_index(stamps, len(stamps))
    except ValueError:
        return False
    return True
