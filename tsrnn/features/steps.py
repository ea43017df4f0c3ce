"""Events at given dates: levels that move for good, for a while, or for one time step."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date as day
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from tsrnn._input.series import is_single
from tsrnn.exceptions import InvalidParameterError
from tsrnn.features.frames import as_timestamp
from tsrnn.features.time_features import TimeFeatures

_A_DAY, _MOMENT = pd.Timedelta(days=1), pd.Timedelta(1, "ns")


class StepFeatures(TimeFeatures):
    """Steps of the level at given dates, for good or for a while.

    Parameters
    ----------
    dates : list of dates, or of pairs of dates
        Each has a column. A date is a step, for good: 0 before it, and 1 from it on. A pair is a
        step there and back: 1 from its first date to its second, both included, and 0 elsewhere,
        such as a promotion or a closure; twice the same date is a single time step. Dates are
        whatever pandas reads as one, integers where these are the time stamps, or where rows
        only have numbers, which count from 0. A period counts where it holds the date. As in slices
        of pandas, a last date that is the word of a day, a month or a year ends with it, and a
        Timestamp is a moment.

    Attributes
    ----------
    feature_names_ : list of str
        Such as "step 2020-03-16" and "2020-03-16 to 2020-05-10".

    Examples
    --------
    >>> import pandas as pd
    >>> from tsrnn.features import StepFeatures
    >>> days = pd.date_range("2024-01-01", periods=4)
    >>> StepFeatures(["2024-01-03", ("2024-01-02", "2024-01-03")]).fit_transform(days)
                step 2024-01-03  2024-01-02 to 2024-01-03
    2024-01-01              0.0                       0.0
    2024-01-02              0.0                       1.0
    2024-01-03              1.0                       1.0
    2024-01-04              1.0                       0.0
    """

    def __init__(self, dates: Collection[Any]) -> None:
        self.dates = dates

    def validate_parameters(self) -> None:
        """Refuse arguments; see `TimeFeatures.validate_parameters`."""
        if isinstance(self.dates, str) or is_single(self.dates) or not len(self.dates):
            raise InvalidParameterError(
                "dates must be a list of dates, and pairs of them, such as ['2020-03-16'], got "
                f"{self.dates!r}"
            )
        for one in self.dates:
            if not is_single(one) and len(one) != 2:
                raise InvalidParameterError(
                    f"dates must hold dates, and pairs of a first and a last date, got {one!r}"
                )

    def learn(self, stamps: pd.Index) -> None:
        """Read the dates as the stamps are; see `TimeFeatures.learn`."""
        self.feature_names_ = []
        for one in self.dates:
            first, last = self._ends(one, stamps)
            if last is not None and last < first:
                raise InvalidParameterError(f"dates holds the pair {one!r}, which ends first")
            named = [_name(end) for end in (first, last) if end is not None]
            name = f"step {named[0]}" if last is None else " to ".join(dict.fromkeys(named))
            self.feature_names_.append(name)
        if len(set(self.feature_names_)) < len(self.feature_names_):
            raise InvalidParameterError(f"dates holds the same twice: {self.feature_names_}")

    @property
    def label(self) -> str:
        """A few words for all columns; see `TimeFeatures.label`."""
        return "steps"

    @property
    def n_columns(self) -> int:
        """The number of columns; see `TimeFeatures.n_columns`."""
        return len(self.dates)

    def columns_at(self, stamps: pd.Index, positions: np.ndarray) -> np.ndarray:
        """Return the columns; see `TimeFeatures.columns_at`."""
        columns = []
        for one in self.dates:
            first, last = self._ends(one, stamps)
            inside = np.asarray(stamps >= first)
            columns.append(inside if last is None else inside & np.asarray(stamps <= last))
        return np.column_stack(columns).astype(float)

    def _ends(self, one: Any, stamps: pd.Index) -> tuple[Any, Any]:
        """Return the first stamp of a step, and the last, None of one for good."""
        first, last = (one, None) if is_single(one) else one
        start = _as_stamp(first, stamps)
        return start, None if last is None else _end_of(last, _as_stamp(last, stamps))


def _as_stamp(date: Any, stamps: pd.Index) -> Any:
    """Return a date as the stamps are."""
    if pd.isna(date):
        raise InvalidParameterError(f"dates holds {date!r}, which is no date")
    try:
        if isinstance(stamps, pd.PeriodIndex):
            return pd.Period(date, freq=stamps.freq)
        if isinstance(stamps, pd.DatetimeIndex):
            stamp = as_timestamp(date)
            if stamp.tz is None and stamps.tz is not None:
                return _in_zone(stamp, stamps.tz)
            return stamp if stamps.tz is not None else stamp.tz_localize(None)
        if isinstance(stamps, pd.TimedeltaIndex):
            return pd.Timedelta(date)
    except (ValueError, TypeError) as error:
        raise InvalidParameterError(f"dates holds {date!r}, which is no date: {error}") from None
    if isinstance(date, bool) or not isinstance(date, int | np.integer):
        raise InvalidParameterError(
            f"dates holds {date!r}, but the time stamps are integers, such as {stamps[0]}"
        )
    return int(date)


def _end_of(date: Any, stamp: Any) -> Any:
    """Return the last stamp of a date that is a day, a month or a year; else its own stamp."""
    whole = _whole(date)
    if whole is None or not isinstance(stamp, pd.Timestamp | pd.Period):
        return stamp
    end = (whole + 1).start_time - _MOMENT
    if isinstance(stamp, pd.Period):
        return pd.Period(end, freq=stamp.freq)
    return end if stamp.tz is None else _in_zone(end, stamp.tz, later=True)


def _whole(date: Any) -> pd.Period | None:
    """Return the day, the month or the year that a date is, None of a moment."""
    if isinstance(date, str):
        try:
            period = pd.Period(date)
        except ValueError:
            return None
        return None if (period + 1).start_time - period.start_time < _A_DAY else period
    is_day = isinstance(date, day) and not isinstance(date, datetime)
    return pd.Period(date, freq="D") if is_day else None


def _in_zone(stamp: pd.Timestamp, zone: Any, *, later: bool = False) -> pd.Timestamp:
    """Return what a clock shows as a time in its zone, the first or the later of two such times."""
    return stamp.tz_localize(zone, ambiguous=not later, nonexistent="shift_forward")


def _name(stamp: Any) -> str:
    """Return what a stamp is called, a day's begin or end by the day."""
    if not isinstance(stamp, pd.Timestamp):
        return str(stamp)
    clock = stamp.tz_localize(None)
    is_day = clock in (clock.normalize(), clock.normalize() + _A_DAY - _MOMENT)
    return str(clock.date() if is_day else stamp)
