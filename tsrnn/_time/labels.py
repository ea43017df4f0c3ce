"""Time in the labels of rows: which are stamps, and which only look like some.

Stamps are dates, periods, durations and integers, whatever they are held in: as objects, as
categories, dates as words in ISO 8601, integers as floats.
"""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import infer_dtype, is_datetime64_any_dtype, is_float_dtype, is_integer_dtype

_KINDS = {
    "datetime": "dates",
    "datetime64": "dates",
    "date": "dates",
    "period": "periods",
    "timedelta": "durations",
    "timedelta64": "durations",
}
# The year comes first: of other formats, whether the month or the day does would be a guess.
_ISO = re.compile(
    r"\s*\d{4}(?P<mark>[-/])\d{2}"
    r"((?P=mark)\d{2}([T ]\d{2}:?\d{2}(:?\d{2}([.,]\d+)?)?\s*(Z|[+-]\d{2}(:?\d{2})?)?)?)?\s*"
    r"|(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])"
)
_MONTH = (
    "(jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?|oct(ober)?"
    r"|nov(ember)?|dec(ember)?)\.?"
)
_LIKE_A_DATE = re.compile(
    r"\d{1,4}[-/. ]\d{1,2}([-/. ]\d{1,4})?([T ,].*)?|(19|20)\d{2}|(19|20)\d{2}[-/ ]?[QMW]\d{1,2}"
    rf"|Q[1-4][-/ ]?\d{{2,4}}|(\w+,? )?(\d+[-/. ])?{_MONTH}[-/., ]*\d[\d, ]*",
    re.IGNORECASE,
)
# What may follow a year in an integer: its name, the digits, the number of them in a year.
_CODES = (
    ("quarter", 1, 4),
    ("month", 2, 12),
    ("week", 2, 53),
    ("day", 3, 366),
    ("month and day", 4, 1231),
)
_CURES = {
    "quarter": "pd.PeriodIndex([f'{{i // 10}}Q{{i % 10}}' for i in {0}], freq='Q') makes periods",
    "month": "pd.to_datetime({0}.astype(str), format='%Y%m') makes dates",
    "week": "pd.to_datetime({0}.astype(str) + '1', format='%G%V%u') makes dates",
    "day": "pd.to_datetime({0}.astype(str), format='%Y%j') makes dates",
    "month and day": "pd.to_datetime({0}.astype(str), format='%Y%m%d') makes dates",
}


def kind_of(index: pd.Index) -> str:
    """Tell what labels are: "dates", "periods", "durations", "integers", or only "labels"."""
    dtype = index.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return kind_of(index.categories)
    if is_datetime64_any_dtype(dtype):
        return "dates"
    if is_integer_dtype(dtype) or (is_float_dtype(dtype) and _are_whole(index)):
        return "integers"
    if isinstance(index, pd.MultiIndex):
        return "labels"
    kind = infer_dtype(index, skipna=True)
    if kind in ("string", "mixed") and _are_iso(index):
        return "dates"
    return _KINDS.get(kind, "labels")


def stamps_of(index: pd.Index) -> pd.Index:
    """Turn labels that are stamps of any kind into an index of pandas' own for that kind.

    Raises
    ------
    ValueError
        For dates that are none, and such as pandas cannot join.
    """
    kind = kind_of(index)
    if isinstance(index.dtype, pd.CategoricalDtype):
        index = index.astype(index.categories.dtype)
    if kind == "periods":
        return pd.PeriodIndex(index)
    if kind == "durations":
        return pd.TimedeltaIndex(index)
    if kind == "integers" and is_float_dtype(index.dtype) and not index.hasnans:
        return index.astype(np.int64)
    if kind != "dates" or isinstance(index, pd.DatetimeIndex):
        return index
    try:
        return _read_words(index) if _are_iso(index) else pd.DatetimeIndex(index)
    except ValueError as error:
        # Without the advice of pandas, which is half of it.
        message = str(error).partition(". ")[0]
        raise ValueError(
            f"the time index holds dates that pandas cannot join: {message}; convert them, as in "
            "pd.to_datetime(index, utc=True).tz_convert('Europe/Berlin')"
        ) from error


def clocks_of(ordinals: np.ndarray) -> np.ndarray:
    """Count the ordinals since midnight."""
    return ordinals.astype(np.int64) % ordinals_per_day(ordinals.dtype)


def ordinals_per_day(dtype: np.dtype) -> int:
    """Count the ordinals of a day in the unit of dates."""
    unit: Any = np.datetime_data(dtype)[0]
    return int(np.timedelta64(1, "D") // np.timedelta64(1, unit))


def labels_note(index: pd.Index) -> UserWarning | None:
    """Say that labels which look like times are not read as such; None where none do."""
    if isinstance(index, pd.MultiIndex):
        level = next((i for i in range(index.nlevels) if _is_time(index.levels[i])), None)
        if level is None:
            return None
        return UserWarning(
            f"the index has {index.nlevels} levels, so that its times (level {level}) are not "
            "read, and rows are taken in the order in which they stand: y.droplevel(...) leaves "
            "one level, and PanelForecaster takes many series"
        )
    if kind_of(index) != "labels" or len(index) == 0:
        return None
    if is_float_dtype(index.dtype):
        return UserWarning(
            f"the index holds numbers that are not whole, such as {_first_fraction(index)}: they "
            "are not read as times, and rows are taken for equal steps. Dates or integers as the "
            "index place rows in time"
        )
    words = [label for label in index if isinstance(label, str)]
    alike = [label for label in words[:1000] if _LIKE_A_DATE.fullmatch(label.strip())]
    n_dates = sum(not isinstance(label, str) and _is_date(label) for label in index[:1000])
    if 2 * (len(alike) + n_dates) <= min(len(index), 1000):
        return None
    return UserWarning(
        f"the index looks like times (first {index[0]!r}) but is none that can be read without a "
        "guess, so that rows are taken in the order in which they stand: "
        "y.set_axis(pd.to_datetime(y.index, format='%d/%m/%Y')) makes dates of words, of whatever "
        "format they have, pd.PeriodIndex(y.index, freq='Q') periods, y.index.astype(int) integers"
    )


def part_in_integers(numbers: np.ndarray, since: int = 1900) -> str:
    """Name the part of a year that integers hold behind the year; "" where they hold none.

    It is a "quarter" in 20204, a "month" in 202012, a "week" where one is above 12, a "day" in
    2020366 and "month and day" in 20201231. Years are those from `since` to 2100.
    """
    if not len(numbers):
        return ""
    first, last = int(numbers.min()), int(numbers.max())
    for part, digits, most in _CODES:
        size = 10**digits
        if not (since * size <= first and last < 2101 * size):
            continue
        within = numbers % size
        if ((within >= 1) & (within <= most)).all() and (digits < 4 or _are_days(within)):
            return part
    return ""


def dates_in_integers(numbers: np.ndarray, name: str) -> str:
    """Say what integers are that hold a year and a part of it, such as 202012; "" for others.

    They cannot be counted on: after 202012 comes 202101. `name` is how Python writes what they
    stand in.
    """
    part = part_in_integers(numbers)
    if not part:
        return ""
    first, last = int(numbers.min()), int(numbers.max())
    # The first twelve weeks of years look like months.
    words = "month or week" if part == "month" else part
    return (
        f"the integers in {name} read as a year and a {words} ({first} to {last}), and would be "
        f"counted on beyond the end of a year: {_CURES[part].format(name)} of them"
    )


def same_labels(one: pd.Index, other: pd.Index) -> bool:
    """Tell whether two indexes label rows alike, in whatever they hold their stamps."""
    if one.equals(other):
        return True
    if len(one) != len(other) or kind_of(one) != kind_of(other) or kind_of(one) == "labels":
        return False
    return bool(np.array_equal(stamps_of(one), stamps_of(other)))


def _is_time(index: pd.Index) -> bool:
    return kind_of(index) in ("dates", "periods", "durations")


def _is_date(label: object) -> bool:
    return kind_of(pd.Index([label], dtype=object)) in ("dates", "periods")


def _are_whole(index: pd.Index) -> bool:
    numbers = index.to_numpy(dtype=float, na_value=np.nan)
    known = numbers[~np.isnan(numbers)]
    return known.size > 0 and bool(((known % 1 == 0) & (np.abs(known) < 2.0**53)).all())


def _first_fraction(index: pd.Index) -> float:
    numbers = index.to_numpy(dtype=float, na_value=np.nan)
    return float(numbers[np.argmax(numbers % 1 != 0)])


def _are_iso(index: pd.Index) -> bool:
    """Tell whether objects are dates as words in ISO 8601, among dates proper or not."""
    if not pd.api.types.is_object_dtype(index.dtype) and not pd.api.types.is_string_dtype(
        index.dtype
    ):
        return False
    n_words = 0
    for label in index:
        if isinstance(label, str):
            if not _ISO.fullmatch(label):
                return False
            n_words += 1
        elif not (pd.api.types.is_scalar(label) and pd.isna(label)) and not hasattr(label, "year"):
            return False
    return n_words > 0


def _read_words(index: pd.Index) -> pd.DatetimeIndex:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of mixed time zones, which are an error soon
        read = pd.to_datetime(
            pd.Series(index.to_numpy(dtype=object)), errors="coerce", format="ISO8601"
        )
    wrong = np.flatnonzero(read.isna() & ~index.isna())
    if wrong.size:
        raise ValueError(f"{index[wrong[0]]!r} in row {wrong[0]} is no date")
    return pd.DatetimeIndex(read, name=index.name)


def _are_days(within: np.ndarray) -> bool:
    """Tell whether numbers are months and days, 101 to 1231."""
    month, day = within // 100, within % 100
    return bool(((month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)).all())
