"""The days that time steps hold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from tsrnn.features.frames import dates_of

# Steps up to so many days are days, of which some may be left out, or parts of them.
_A_DAY = 1.5

_DAYS_IN_MONTH = 365.2425 / 12.0

_DAY, _MONTH = np.timedelta64(1, "D"), np.timedelta64(1, "M")

_WEEKDAYS = "MON TUE WED THU FRI SAT SUN".split()


def day_numbers(dates: pd.DatetimeIndex) -> np.ndarray:
    """Return days since 1970 on the clocks of dates."""
    return dates.tz_localize(None).to_numpy().astype("M8[D]").astype(np.int64)


def step_of(stamps: pd.Index, who: str) -> str | int:
    """Tell what time steps are.

    Periods by their alias, weeks by theirs, such as "W-SUN"; so many months as pandas calls them,
    "3MS" if they begin in the month of their stamp, "3ME" if they end there, and "1MS" of a month;
    and otherwise how many days each lasts, the first of which is that of the stamp.

    Parameters
    ----------
    stamps : pandas.Index
        Dates or periods, sorted, each once.
    who : str
        Who asks, for errors.

    Raises
    ------
    TypeError
        If they are no dates.
    """
    if isinstance(stamps, pd.PeriodIndex):
        return stamps.freqstr
    dates = dates_of(stamps, who)
    apart = np.diff(dates.to_numpy()) / _DAY
    usual = float(np.median(apart)) if apart.size else 1.0
    if usual <= _A_DAY:
        return 1
    if usual == 7.0 and (apart % 7.0 == 0.0).all():
        return f"W-{_WEEKDAYS[dates[0].day_of_week]}"
    n_months = round(usual / _DAYS_IN_MONTH)
    return _months(dates, n_months) or int(np.ceil(usual))


def _months(dates: pd.DatetimeIndex, n_months: int) -> str | None:
    """Return the alias of steps of so many months, if dates are that far from each other."""
    months = _months_of(dates)
    apart = np.diff(months).astype(np.int64)
    if not n_months or (apart % n_months).any() or not apart.all():
        return None
    days = dates.to_numpy().astype("M8[D]")
    # The last working day of a month ends it, too, and the first one begins it.
    at_end = (np.busday_offset(days + _DAY, 0, "forward").astype("M8[M]") != months).all()
    at_start = (np.busday_offset(days - _DAY, 0, "backward").astype("M8[M]") != months).all()
    gaps = np.diff(days).astype(np.int64)
    # Four weeks may lie in one month after the other for a while.
    is_uneven = (gaps % gaps.min()).any() or (dates.day == dates[0].day).all()
    are_months = at_end or at_start or is_uneven
    return f"{n_months}{'ME' if at_end and n_months > 1 else 'MS'}" if are_months else None


def _months_of(dates: pd.DatetimeIndex) -> np.ndarray:
    return dates.to_numpy().astype("M8[M]")


def days_of_steps(stamps: pd.Index, step: str | int, who: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and the last day of each step, as days since 1970."""
    if isinstance(stamps, pd.PeriodIndex):
        periods = stamps
    else:
        dates = dates_of(stamps, who)
        if isinstance(step, int):
            first = day_numbers(dates)
            return first, first + step - 1
        if step.endswith(("MS", "ME")):
            return _days_of_months(_months_of(dates), int(step[:-2]), step.endswith("E"))
        periods = dates.to_period(step)
    return day_numbers(periods.start_time), day_numbers(periods.end_time)


def _days_of_months(
    months: np.ndarray, n_months: int, at_end: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and the last day of so many months, beginning or ending with these."""
    first = months - (n_months - 1) * _MONTH if at_end else months
    days = [first.astype("M8[D]"), (first + n_months * _MONTH).astype("M8[D]") - _DAY]
    return days[0].astype(np.int64), days[1].astype(np.int64)


def step_of_all(parts: Iterable[tuple[Any, pd.Index]], who: str) -> str | int:
    """Tell what the time steps of series are, each with its id.

    Raises
    ------
    TypeError
        If their stamps are no dates.
    ValueError
        If not all have the same.
    """
    known: dict[tuple[Any, Any, int], str | int] = {}
    first: tuple[Any, str | int] | None = None
    alone: str | int = 1
    for key, stamps in parts:
        extent = (stamps[0], stamps[-1], len(stamps))  # many series have the stamps of others
        if extent not in known:
            known[extent] = step_of(stamps, who)
        step = known[extent]
        if len(stamps) == 1:  # which goes with any
            alone = step
            continue
        first = first or (key, step)
        if step != first[1]:
            raise ValueError(
                f"{who} counts the days of each time step, and {key!r} has steps of "
                f"{_words(step)}, but {first[0]!r} of {_words(first[1])}: fit them apart"
            )
    return alone if first is None else first[1]


def _words(step: str | int) -> str:
    """Return what steps are, for a message."""
    if isinstance(step, str):
        return repr(step)
    return "a day or less" if step == 1 else f"{step} days"
