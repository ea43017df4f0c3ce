"""Codecs of what forecasters keep of pandas: indexes, tables, stamps, frequencies, time zones."""

from __future__ import annotations

import datetime
import re
import zoneinfo
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import pandas_dtype
from pandas.tseries import offsets

from tsrnn.saving.values import Codec


def _flat(values: Any, kinds: str) -> np.ndarray:
    """Check an array of some kinds of types: pandas takes the length of anything for granted."""
    is_flat = isinstance(values, np.ndarray) and values.ndim == 1 and values.dtype.kind in kinds
    if not is_flat:
        raise TypeError(f"an index is made of a flat array of the kinds {kinds}")
    return values


def _frequency(freq: Any) -> Any:
    if freq is not None and not isinstance(freq, pd.offsets.BaseOffset):
        raise TypeError(f"a frequency is an offset, not {type(freq).__name__}")
    return freq


def _reduce_numbers(index: pd.Index) -> Any:
    """Take numbers as an array, and all else value by value, if its type has a name."""
    if isinstance(index.dtype, np.dtype) and index.dtype != object:
        return [index.to_numpy(), None, index.name]
    if isinstance(index.dtype, pd.ArrowDtype):
        raise ValueError(
            f"it is an index of the type {index.dtype}: fit to labels of a type of pandas' own, as "
            "astype('str') makes"
        )
    values = [index.tolist(), str(index.dtype), index.name]
    again = _rebuild_index(values)
    if not again.identical(index.astype(again.dtype)):
        raise ValueError(f"it is an index of the type {index.dtype}")
    return values


def _rebuild_index(parts: Any) -> pd.Index:
    values, dtype, name = parts
    if not isinstance(values, list | np.ndarray):
        raise TypeError("an index is made of a list or an array")
    if dtype is not None:
        dtype = _rebuild_dtype(dtype)
    # A list of tuples would become an index of several levels.
    return pd.Index(values, dtype=dtype, name=name, tupleize_cols=False)


def _rebuild_range(parts: Any) -> pd.RangeIndex:
    start, stop, step, name = parts
    if not all(type(one) is int for one in (start, stop, step)):
        raise TypeError("a range goes by integers")
    return pd.RangeIndex(start, stop, step, name=name)


def _reduce_dates(index: pd.DatetimeIndex) -> Any:
    naive = index if index.tz is None else index.tz_convert("UTC").tz_localize(None)
    return [naive.to_numpy(), index.tz, index.freq, index.name]


def _rebuild_dates(parts: Any) -> pd.DatetimeIndex:
    values, tz, freq, name = parts
    index = pd.DatetimeIndex(_flat(values, "M"), name=name)
    if tz is not None:
        index = index.tz_localize("UTC").tz_convert(tz)
    index.freq = _frequency(freq)
    return index


def _reduce_spans(index: pd.TimedeltaIndex) -> Any:
    return [index.to_numpy(), index.freq, index.name]


def _rebuild_spans(parts: Any) -> pd.TimedeltaIndex:
    values, freq, name = parts
    index = pd.TimedeltaIndex(_flat(values, "m"), name=name)
    index.freq = _frequency(freq)
    return index


def _reduce_periods(index: pd.PeriodIndex) -> Any:
    return [index.asi8, index.freq, index.name]


def _rebuild_periods(parts: Any) -> pd.PeriodIndex:
    ordinals, freq, name = parts
    if freq is None or _flat(ordinals, "i").dtype != np.int64:
        raise TypeError("periods are ordinals of a frequency")
    return pd.PeriodIndex.from_ordinals(ordinals, freq=_frequency(freq), name=name)


def _reduce_categories(index: pd.CategoricalIndex) -> Any:
    return [np.asarray(index.codes), index.categories, bool(index.ordered), index.name]


def _rebuild_categories(parts: Any) -> pd.CategoricalIndex:
    codes, categories, ordered, name = parts
    values = pd.Categorical.from_codes(_flat(codes, "i"), categories=categories, ordered=ordered)
    return pd.CategoricalIndex(values, name=name)


def _reduce_levels(index: pd.MultiIndex) -> Any:
    return [list(index.levels), [np.asarray(codes) for codes in index.codes], list(index.names)]


def _rebuild_levels(parts: Any) -> pd.MultiIndex:
    levels, codes, names = parts
    for one, numbers in zip(levels, codes, strict=True):
        if not isinstance(one, pd.Index) or _flat(numbers, "i").min(initial=-1) < -1:
            raise TypeError("levels are indexes with codes")
    return pd.MultiIndex(levels=levels, codes=codes, names=names)


def _reduce_series(series: pd.Series) -> Any:
    return [series.index, _column(series), series.name]


def _rebuild_series(parts: Any) -> pd.Series:
    index, values, name = parts
    if not isinstance(values, pd.Index) or not isinstance(index, pd.Index):
        raise TypeError("a series has an index, and its values as one")
    return _as_series(values, index, name)


def _reduce_frame(frame: pd.DataFrame) -> Any:
    """Take a table of one type of numbers as an array, so that it is one in memory again."""
    kinds = list(frame.dtypes.unique())
    if len(kinds) == 1 and isinstance(kinds[0], np.dtype) and kinds[0].kind in "biufc":
        return [frame.index, frame.columns, frame.to_numpy()]
    columns = [_column(frame.iloc[:, i]) for i in range(frame.shape[1])]
    return [frame.index, frame.columns, columns]


def _rebuild_frame(parts: Any) -> pd.DataFrame:
    index, columns, values = parts
    if isinstance(values, np.ndarray):
        return pd.DataFrame(values, index=index, columns=columns)
    series = {i: _as_series(one, index, None) for i, one in enumerate(values)}
    return pd.DataFrame(series, index=index).set_axis(columns, axis=1)


def _column(values: pd.Series) -> pd.Index:
    return pd.Index(values.array, dtype=values.dtype)


def _as_series(values: pd.Index, index: pd.Index, name: Any) -> pd.Series:
    return pd.Series(values.array, index=index, name=name, dtype=values.dtype)


def _reduce_offset(offset: pd.offsets.BaseOffset) -> Any:
    # A calendar is no value: it is made anew from the days that it leaves out.
    kwds = {key: value for key, value in offset.kwds.items() if key != "calendar"}
    parts = [type(offset).__name__, offset.n, offset.normalize, kwds]
    if _rebuild_offset(parts) != offset:
        raise ValueError(f"it is the frequency {offset}")
    return parts


def _rebuild_offset(parts: Any) -> pd.offsets.BaseOffset:
    name, n, normalize, kwds = parts
    return _OFFSETS[name](n, normalize, **kwds)


def _reduce_stamp(value: Any) -> Any:
    if value is pd.NaT:
        return None
    index = pd.Index([value])
    if type(index[0]) is not type(value) or index[0] != value:
        raise ValueError(f"it is {value!r}")
    return index


def _rebuild_stamp(index: Any) -> Any:
    return pd.NaT if index is None else index[0]


def _reduce_zone(zone: datetime.tzinfo) -> Any:
    parts = [isinstance(zone, zoneinfo.ZoneInfo), str(zone)]
    with suppress(ValueError, LookupError, OSError):  # where there is none of that name
        if _rebuild_zone(parts) == zone:
            return parts
    raise ValueError(
        f"it is the time zone {zone!r}; those of the module zoneinfo and offsets from UTC can be "
        "saved: tz_convert('Europe/Berlin') gives one of them"
    )


def _rebuild_zone(parts: Any) -> datetime.tzinfo:
    is_zoneinfo, name = parts
    _refuse_paths(name)
    return zoneinfo.ZoneInfo(name) if is_zoneinfo else pd.DatetimeTZDtype("ns", name).tz


def _refuse_paths(zone: Any) -> None:
    """Refuse what is no name of a time zone: pandas reads the file of any path after dateutil/."""
    is_name = isinstance(zone, str) and len(zone) <= 64 and _ZONE.fullmatch(zone)
    if not is_name or zone.lower().startswith(("dateutil", "tzlocal")):
        raise ValueError(f"no time zone has the name {str(zone)[:64]!r}")


_ZONE = re.compile(
    r"UTC[+-]\d\d:\d\d(:\d\d(\.\d{1,6})?)?|[A-Za-z][\w+-]*(/[A-Za-z][\w+-]*)*", re.ASCII
)


def _reduce_dtype(dtype: Any) -> str:
    if isinstance(dtype, pd.DatetimeTZDtype):
        _reduce_zone(dtype.tz)
    name = dtype.str if isinstance(dtype, np.dtype) else str(dtype)
    # How words are stored depends on what is installed, here and where the file is read.
    if _rebuild_dtype(name) != dtype and not isinstance(dtype, pd.StringDtype):
        raise ValueError(f"it is the type {dtype!r}")
    return name


def _rebuild_dtype(name: Any) -> Any:
    if not isinstance(name, str):
        raise TypeError(f"no type has the name {name!r}")
    of_zone = re.match(r"\s*datetime64\s*\[[^,\]]*,(.*)\]", name, re.DOTALL | re.IGNORECASE)
    if of_zone:
        _refuse_paths(of_zone[1].strip())
    dtype = pandas_dtype(name)
    if isinstance(dtype, pd.ArrowDtype):  # which only some machines know
        raise ValueError(f"{name!r} is a type that no saved value has")
    return dtype


_SIZES = (8, 16, 32, 64)
_OFFSETS = {name: getattr(offsets, name) for name in offsets.__all__ if name != "BaseOffset"}

_INDEX = Codec("index", _reduce_numbers, _rebuild_index)
_DTYPE = Codec("dtype", _reduce_dtype, _rebuild_dtype)
_STAMP = Codec("stamp", _reduce_stamp, _rebuild_stamp)
_OFFSET = Codec("offset", _reduce_offset, _rebuild_offset)

PANDAS: dict[type, Codec] = {
    pd.Index: _INDEX,
    pd.RangeIndex: Codec(
        "range",
        lambda index: [index.start, index.stop, index.step, index.name],
        _rebuild_range,
        length=len,
    ),
    pd.DatetimeIndex: Codec("dates", _reduce_dates, _rebuild_dates),
    pd.TimedeltaIndex: Codec("spans", _reduce_spans, _rebuild_spans),
    pd.PeriodIndex: Codec("periods", _reduce_periods, _rebuild_periods),
    pd.CategoricalIndex: Codec("categories", _reduce_categories, _rebuild_categories),
    pd.MultiIndex: Codec("levels", _reduce_levels, _rebuild_levels),
    pd.Series: Codec("series", _reduce_series, _rebuild_series),
    pd.DataFrame: Codec("frame", _reduce_frame, _rebuild_frame),
    pd.Timestamp: _STAMP,
    pd.Timedelta: _STAMP,
    pd.Period: _STAMP,
    type(pd.NaT): _STAMP,
    type(pd.NA): Codec("NA", lambda value: None, lambda parts: pd.NA),
    # Other libraries make a class for each zone: this one stands for all of them.
    datetime.tzinfo: Codec("zone", _reduce_zone, _rebuild_zone),
}
PANDAS |= {type(np.dtype(code)): _DTYPE for code in np.typecodes["All"]}
PANDAS |= {kind: _DTYPE for kind in (pd.StringDtype, pd.PeriodDtype, pd.DatetimeTZDtype)}
# Of columns of integers some of which may be missing.
PANDAS |= {type(pandas_dtype(f"{sign}Int{size}")): _DTYPE for sign in ("", "U") for size in _SIZES}
PANDAS |= {kind: _OFFSET for kind in _OFFSETS.values()}
