"""Time stamps as integers and back, by the *codec* of a series or a panel.

The integers, *ordinals*, are whole numbers themselves, ordinals of periods, durations in a unit, or
dates since 1970 in a unit, in UTC where there is a time zone.
"""

from __future__ import annotations

import contextlib
import warnings
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import TypeAlias

import numpy as np
import pandas as pd
from pandas.api.types import infer_dtype, is_integer_dtype

from tsrnn._time.zones import from_clock, from_utc

MISSING = int(np.iinfo(np.int64).min)  # the ordinal of a stamp that is missing, as in pandas

_PER_DAY = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}

_TO_ZONE = (
    "convert them, as in pd.to_datetime(column, utc=True).dt.tz_convert('Europe/Berlin'), in whose "
    "days they are to count"
)


@dataclass(frozen=True)
class WholeNumbers:
    """The codec of integers."""

    dtype: np.dtype | pd.api.extensions.ExtensionDtype

    def read(self, index: pd.Index) -> np.ndarray:
        return index.to_numpy(dtype=np.int64)

    def write(self, ordinals: np.ndarray) -> pd.Index:
        numbers = pd.Index(ordinals)
        size = self.dtype.itemsize
        fits = size == 8 or np.abs(ordinals).max(initial=0) < 2 ** (8 * size - 1)
        return numbers.astype(self.dtype) if fits else numbers


@dataclass(frozen=True)
class Periods:
    """The codec of periods."""

    freq: pd.tseries.offsets.BaseOffset

    def read(self, index: pd.PeriodIndex) -> np.ndarray:
        return index.asi8

    def write(self, ordinals: np.ndarray) -> pd.PeriodIndex:
        return pd.PeriodIndex.from_ordinals(ordinals, freq=self.freq)


@dataclass(frozen=True)
class Durations:
    """The codec of durations, in a unit."""

    unit: str

    def read(self, index: pd.TimedeltaIndex) -> np.ndarray:
        return index.as_unit(self.unit).asi8

    def write(self, ordinals: np.ndarray) -> pd.TimedeltaIndex:
        return pd.TimedeltaIndex(ordinals.view(f"m8[{self.unit}]"))


@dataclass(frozen=True)
class Dates:
    """The codec of dates, in a unit, perhaps in a time zone."""

    unit: str
    tz: tzinfo | None

    @property
    def per_day(self) -> int:
        """Ordinals of a day."""
        return _PER_DAY[self.unit]

    def read(self, index: pd.DatetimeIndex) -> np.ndarray:
        return index.as_unit(self.unit).asi8

    def write(self, ordinals: np.ndarray) -> pd.DatetimeIndex:
        return from_utc(ordinals, self.unit, self.tz)

    def shown(self, ordinals: np.ndarray) -> np.ndarray:
        """Return what clocks of the zone show at ordinals of UTC, as ordinals."""
        return ordinals if self.tz is None else self.write(ordinals).tz_localize(None).asi8

    def instants(self, shown: np.ndarray) -> np.ndarray:
        """Return ordinals of UTC from what clocks of the zone show."""
        if self.tz is None:
            return shown
        return from_clock(from_utc(shown, self.unit, None), self.tz).as_unit(self.unit).asi8

    def has_changes(self, shown: np.ndarray) -> bool:
        """Tell whether the zone repeats or leaves out one of the times that its clocks show."""
        if self.tz is None:
            return False
        plain = from_utc(shown, self.unit, None)
        return bool(plain.tz_localize(self.tz, ambiguous="NaT", nonexistent="NaT").hasnans)


StampCodec: TypeAlias = WholeNumbers | Periods | Durations | Dates


def codec_of(index: pd.Index) -> StampCodec:
    """Return the codec of an index of stamps, which reads stamps of other units too.

    Microseconds reach all years that pandas knows; nanoseconds are for those who have them.
    """
    if isinstance(index, pd.PeriodIndex):
        return Periods(index.freq)
    if isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex):
        unit = "ns" if index.unit == "ns" else "us"
        return Dates(unit, index.tz) if isinstance(index, pd.DatetimeIndex) else Durations(unit)
    return WholeNumbers(index.dtype)


def period_alias(freq: pd.tseries.offsets.BaseOffset) -> str:
    """Return the name of periods, "M" where that of the offset is "ME"."""
    return pd.PeriodDtype(freq).name.removeprefix("period[").removesuffix("]")


def read_stamps(column: pd.Series, name: str) -> tuple[np.ndarray, StampCodec]:
    """Read a column of time stamps.

    Parameters
    ----------
    column : Series
        Dates, periods or integers, also as objects; dates also as words in ISO 8601.
    name : str
        What to call it in an error.

    Returns
    -------
    ordinals : (n_rows,) int64 array
        `MISSING` where a stamp is missing or no date.
    codec : StampCodec

    Raises
    ------
    TypeError
        For a column of anything else.
    """
    accepted = f"{name} must hold dates, periods or integers"
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return read_stamps(column.astype(dtype.categories.dtype), name)
    kind = dtype.kind if isinstance(dtype, np.dtype) else None
    if kind == "O" or isinstance(dtype, pd.StringDtype):
        return _read_objects(column, accepted)
    if isinstance(dtype, pd.PeriodDtype):
        return pd.PeriodIndex(column).asi8, Periods(dtype.freq)
    if is_integer_dtype(dtype):
        return _read_integers(column, name)
    if kind == "M" or isinstance(dtype, pd.DatetimeTZDtype) or _is_arrow_time(dtype):
        index = pd.DatetimeIndex(column)
        return index.asi8, Dates(index.unit, index.tz)
    raise TypeError(f"{accepted}, got {dtype}")


def _is_arrow_time(dtype: object) -> bool:
    return isinstance(dtype, pd.ArrowDtype) and dtype.kind == "M"


def _read_integers(column: pd.Series, name: str) -> tuple[np.ndarray, StampCodec]:
    missing = column.isna().to_numpy()
    if missing.any():
        column = column.fillna(0)
    if column.dtype.kind == "u" and len(column) and column.max() > np.iinfo(np.int64).max:
        raise TypeError(f"{name} holds integers beyond 64 signed bits")
    ordinals = column.to_numpy(dtype=np.int64, copy=bool(missing.any()))
    if missing.any():
        ordinals[missing] = MISSING
    return ordinals, WholeNumbers(column.dtype)


def _read_objects(column: pd.Series, accepted: str) -> tuple[np.ndarray, StampCodec]:
    kind = infer_dtype(column, skipna=True)
    if kind == "period":
        periods = pd.PeriodIndex(column)
        return periods.asi8, Periods(periods.freq)
    if kind in ("integer", "mixed-integer"):
        # Words of one series must not stop the others.
        whole = [isinstance(stamp, int | np.integer) for stamp in column]
        return _read_integers(column.where(whole).astype("Int64"), "the column of time stamps")
    if kind in ("string", "date", "datetime", "datetime64", "empty", "mixed"):
        # Of other formats, whether the month or the day comes first would be a guess.
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # pandas 2 warns of several zones, and goes on
                read = pd.to_datetime(column, errors="coerce", format="ISO8601")
            index = pd.DatetimeIndex(read)
        except ValueError as error:
            _refuse_several_zones(column, accepted)
            # Without the advice of pandas, which is half of it.
            message = str(error).partition(". ")[0]
            raise TypeError(
                f"{accepted}, and its dates cannot be joined: {message}; {_TO_ZONE}"
            ) from error
        if kind not in ("string", "empty"):
            _refuse_several_zones(column[[isinstance(one, datetime) for one in column]], accepted)
        if not index.isna().all() or kind == "empty":
            return index.asi8, Dates(index.unit, index.tz)
    first = column.dropna().iloc[0] if column.notna().any() else None
    raise TypeError(f"{accepted}, got {kind} objects such as {first!r}{_of_words(first)}")


def _of_words(first: object) -> str:
    """Say how to make dates of words that are none in ISO 8601: their order is no guess."""
    if not isinstance(first, str):
        return ""
    mark = next((one for one in first if one in "./-"), ".")
    example = mark.join(["%d", "%m", "%Y"])
    return (
        f": convert them by their format, such as pd.to_datetime(column, format={example!r}), or "
        f"of polars column.str.to_date({example!r}), with %d and %m as the day and the month stand"
    )


def _refuse_several_zones(column: pd.Series, accepted: str) -> None:
    """Refuse dates, or words for them, of more than one time zone, and name two."""
    zones: set[str] = set()
    for stamp in column.dropna():
        with contextlib.suppress(ValueError, TypeError):  # what is no date is in no zone either
            date = stamp if isinstance(stamp, datetime) else pd.Timestamp(stamp)
            zones.add(str(date.tzinfo or "no zone"))
        if len(zones) > 1:
            raise TypeError(
                f"{accepted} in one time zone, got {' and '.join(sorted(zones))}: {_TO_ZONE}"
            )
