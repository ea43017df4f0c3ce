"""The time stamps of what users pass to features: of an index, or of a long frame's column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tsrnn._time.grid import is_time_index
from tsrnn._time.labels import kind_of, stamps_of

ID, TIME = "unique_id", "ds"


@dataclass(frozen=True)
class LongFrame:
    """The series and time stamps of the rows of a long frame, and its own index."""

    ids: pd.Index
    stamps: pd.Index
    index: pd.Index

    def rows(self) -> dict[Any, np.ndarray]:
        """Return the rows of each series, by its id."""
        codes, keys = pd.factorize(self.ids)
        order = np.argsort(codes, kind="stable")
        bounds = np.searchsorted(codes[order], np.arange(len(keys) + 1))
        return {key: order[bounds[i] : bounds[i + 1]] for i, key in enumerate(keys)}

    def parts(self) -> dict[Any, pd.Index]:
        """Return the time stamps of each series, sorted, by its id."""
        return {key: self.stamps[rows].sort_values() for key, rows in self.rows().items()}


def as_long(X: Any) -> LongFrame | None:
    """Read a long frame, with columns of ids and of times and no index of dates, if X is one."""
    if not isinstance(X, pd.DataFrame) or not {ID, TIME} <= set(X):
        return None
    if kind_of(X.index) in ("dates", "periods", "durations"):
        return None
    return LongFrame(pd.Index(X[ID]), stamps_of(pd.Index(X[TIME], name=TIME)), X.index)


def rows_index(X: Any) -> pd.Index:
    """Return the time stamps of rows: the index of X, or X itself.

    Raises
    ------
    TypeError
        If there are none: whatever has no index, and labels that are no stamps.
    """
    index = X if isinstance(X, pd.Index) else getattr(X, "index", None)
    if not isinstance(index, pd.Index):
        raise TypeError(
            "X must be a DataFrame or Series whose index has time stamps, or such an index, got "
            f"{type(X).__name__}: pd.DatetimeIndex(X) makes one of dates"
        )
    if not is_time_index(index) and kind_of(index) != "integers":
        raise TypeError(
            f"the index of X holds no time stamps, but {index.dtype}: pd.DatetimeIndex(..) makes "
            "some of dates, and a long frame has the columns unique_id and ds"
        )
    return index


def as_timestamp(date: Any) -> pd.Timestamp:
    """Read a date: whatever pandas reads as one, but for numbers, which are no dates.

    Raises
    ------
    TypeError, ValueError
    """
    if isinstance(date, int | float | np.number):
        raise TypeError(f"{date!r} is a number, and a date is a word such as '2024-12-25'")
    return pd.Timestamp(date)


def dates_of(stamps: pd.Index, who: str) -> pd.DatetimeIndex:
    """Return stamps as dates on their own clocks, periods by their first moment.

    Raises
    ------
    TypeError
        If they are no dates.
    """
    if isinstance(stamps, pd.PeriodIndex):
        stamps = stamps.to_timestamp()
    if not isinstance(stamps, pd.DatetimeIndex):
        raise TypeError(
            f"{who} needs dates or periods as time stamps, got {type(stamps).__name__} of "
            f"{stamps.dtype}: give y an index of dates"
        )
    # With a freq pandas would read month ends as those of business days, for one.
    return pd.DatetimeIndex(stamps.tz_localize(None).to_numpy())
