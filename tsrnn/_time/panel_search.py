"""Regular steps that fit the time stamps of many series: tried on all of them at once.

Each trial returns whether it fits, (n_series,), and `Steps` whose members are all the series, right
where it does. What fits a series depends on no other series.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np

from tsrnn._input.ragged import differences, extremes, offsets_of, others, rows_between
from tsrnn._time.stamps import Dates, StampCodec
from tsrnn._time.steps import (
    BusinessSteps,
    EvenSteps,
    MonthSteps,
    Steps,
    business_days,
    months_of,
)

_Trial: TypeAlias = tuple[np.ndarray, Steps]


def fitting_parts(
    ordinals: np.ndarray, offsets: np.ndarray, codec: StampCodec
) -> tuple[list[tuple[np.ndarray, Steps]], np.ndarray]:
    """Find the steps of each series: parts of series with theirs, and the series left over.

    Months come first: two stamps a month apart are also evenly spaced.
    """
    parts: list[tuple[np.ndarray, Steps]] = []
    left = np.arange(len(offsets) - 1)
    if not isinstance(codec, Dates):
        return _sorted_out(parts, left, even(ordinals, offsets))
    shown = codec.shown(ordinals)
    months = _month_long(shown, offsets, codec.per_day)
    if months.size:
        trial: _Trial = monthly(*of_series(shown, offsets, months), codec.per_day)
        parts, _ = _sorted_out(parts, months, trial)
        left = left[others(len(left), parts[0][0])] if parts else left
    if left.size:
        fits, equal = even(*of_series(shown, offsets, left))
        if codec.tz is not None:
            fits = fits & (equal.step % codec.per_day == 0)
        parts, left = _sorted_out(parts, left, (fits, equal))
    if left.size:
        trial = business(*of_series(shown, offsets, left), codec.per_day)
        parts, left = _sorted_out(parts, left, trial)
    if left.size and codec.tz is not None:
        trial = even(*of_series(ordinals, offsets, left), local=False)
        parts, left = _sorted_out(parts, left, trial)
    return parts, left


def _sorted_out(
    parts: list[tuple[np.ndarray, Steps]], series: np.ndarray, trial: _Trial
) -> tuple[list[tuple[np.ndarray, Steps]], np.ndarray]:
    """Add what a trial of some series found to the parts: these, and the series left."""
    fits, steps = trial
    good = np.flatnonzero(fits)
    if good.size:
        parts = [*parts, (series[good], steps.take(good))]
    return parts, series[~fits]


def of_series(
    values: np.ndarray, offsets: np.ndarray, series: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the values of some series, and their offsets."""
    if len(series) == len(offsets) - 1:
        return values, offsets
    lengths = np.diff(offsets)[series]
    return values[rows_between(offsets[series], lengths)], offsets_of(lengths)


def _month_long(ordinals: np.ndarray, offsets: np.ndarray, per_day: int) -> np.ndarray:
    """Return the series whose first step is as long as a month: others need no trial of months."""
    first = offsets[:-1]
    return np.flatnonzero(ordinals[first + 1] - ordinals[first] >= 28 * per_day)


def even(
    ordinals: np.ndarray, offsets: np.ndarray, *, local: bool = True
) -> tuple[np.ndarray, EvenSteps]:
    """Try steps of equal length."""
    low, high = extremes(differences(ordinals, offsets), offsets)
    return low == high, EvenSteps(ordinals[offsets[1:] - 1], low, local)


class MonthDays(NamedTuple):
    """On which day of its month each stamp of some series lies.

    `months` (n_rows,) since 1970; the `day` of each series, 31 for the last one of every month, and
    its `clock`; `same` where all stamps of a series lie on that day, at that time.
    """

    months: np.ndarray
    day: np.ndarray
    clock: np.ndarray
    same: np.ndarray


def month_days(ordinals: np.ndarray, offsets: np.ndarray, per_day: int) -> MonthDays:
    """Find the day of the month on which series lie, or the last of a month too short for it."""
    days = ordinals // per_day
    clock = ordinals - days * per_day
    months, day, length = months_of(days)
    earliest, latest = extremes(clock, offsets)
    first, last = extremes(day, offsets)
    ends = extremes((day == length).view(np.int8), offsets)[0] == 1
    goal = np.where(ends, 31, last)
    same = earliest == latest
    if (first != last).any():
        wanted = np.minimum(np.repeat(goal, np.diff(offsets)), length)
        same &= np.minimum.reduceat((day == wanted).view(np.int8), offsets[:-1]) == 1
    # Two stamps on different days of the month say nothing of months, except at month ends.
    same &= ends | (np.diff(offsets) > 2) | (first == last)
    return MonthDays(months, goal, earliest, same)


def monthly(
    ordinals: np.ndarray, offsets: np.ndarray, per_day: int
) -> tuple[np.ndarray, MonthSteps]:
    """Try equal numbers of months, to the same day, or to the last of a month too short for it."""
    found = month_days(ordinals, offsets, per_day)
    low, high = extremes(differences(found.months, offsets), offsets)
    fits = (low == high) & (low > 0) & found.same
    last = found.months[offsets[1:] - 1]
    return fits, MonthSteps(last, low, found.day, found.clock, per_day)


def business(ordinals: np.ndarray, offsets: np.ndarray, per_day: int) -> _Trial:
    """Try the days from Monday to Friday."""
    days = ordinals // per_day
    clock = ordinals - days * per_day
    earliest, latest = extremes(clock, offsets)
    weekday = extremes((days + 3) % 7, offsets)[1]
    numbers = business_days(days)
    low, high = extremes(differences(numbers, offsets), offsets)
    fits = (weekday < 5) & (low == 1) & (high == 1) & (earliest == latest)
    end = offsets[1:] - 1
    return fits, BusinessSteps(numbers[end], clock[end], per_day)
