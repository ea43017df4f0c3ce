"""Which regular steps fit the time stamps of many series: tried on all of them at once.

Each trial returns whether it fits, (n_series,), and `Steps` whose members are all the series, right
where it does. What fits a series depends on no other series.
"""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from tsrnn._input.ragged import differences, extremes, offsets_of, others, rows_between
from tsrnn._input.wording import Argument, ArgumentName, Message
from tsrnn._time.stamps import Dates, Periods, StampCodec, period_alias
from tsrnn._time.steps import (
    MONTHS,
    BusinessSteps,
    EvenSteps,
    ListedSteps,
    MonthSteps,
    Steps,
    business_days,
    months_of,
)
from tsrnn.exceptions import InvalidParameterError

_Trial: TypeAlias = tuple[np.ndarray, Steps]


def fitting_parts(
    ordinals: np.ndarray, offsets: np.ndarray, codec: StampCodec
) -> tuple[list[tuple[np.ndarray, Steps]], np.ndarray]:
    """Find the steps of each series: parts of series with theirs, and the series left over.

    Months come first: two stamps a month apart are also evenly spaced.
    """
    parts, left = [], np.arange(len(offsets) - 1)
    if not isinstance(codec, Dates):
        return _sorted_out(parts, left, even(ordinals, offsets))
    shown = codec.shown(ordinals)
    months = _month_long(shown, offsets, codec.per_day)
    if months.size:
        trial = monthly(*of_series(shown, offsets, months), codec.per_day)
        parts, _ = _sorted_out(parts, months, trial)
        left = left[others(len(left), parts[0][0])] if parts else left
    if left.size:
        fits, steps = even(*of_series(shown, offsets, left))
        if codec.tz is not None:
            fits = fits & (steps.step % codec.per_day == 0)
        parts, left = _sorted_out(parts, left, (fits, steps))
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


def even(ordinals: np.ndarray, offsets: np.ndarray, *, local: bool = True) -> _Trial:
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


def monthly(ordinals: np.ndarray, offsets: np.ndarray, per_day: int) -> _Trial:
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


def fitting_freq(
    ordinals: np.ndarray, offsets: np.ndarray, codec: StampCodec, freq: object
) -> _Trial:
    """Try the frequency that the user named.

    Raises
    ------
    InvalidParameterError
        If it is none for stamps of this kind.
    """
    if not isinstance(codec, Dates):
        fits, steps = even(ordinals, offsets)
        return fits & (steps.step == counted_step(codec, freq)), steps
    offset = as_offset(freq)
    if type(offset) in MONTHS:
        return _named_months(codec.shown(ordinals), offsets, codec.per_day, offset)
    if isinstance(offset, pd.offsets.Day | pd.offsets.Week):
        return _named_days(codec.shown(ordinals), offsets, codec.per_day, offset)
    if isinstance(offset, pd.offsets.Tick):
        per_ordinal = 86_400_000_000_000 // codec.per_day
        fits, steps = even(ordinals, offsets, local=False)
        return fits & (steps.step * float(per_ordinal) == offset.nanos), steps
    if offset == pd.offsets.BusinessDay():
        return business(codec.shown(ordinals), offsets, codec.per_day)
    return _listed(codec.shown(ordinals), offsets, codec, offset)


def as_offset(freq: object) -> pd.tseries.offsets.BaseOffset:
    """Return a frequency of dates as a pandas offset.

    Raises
    ------
    InvalidParameterError
    """
    accepted = Message(
        "{name} must be a pandas frequency such as 'D' or 'MS', got {freq!r}",
        name=ArgumentName("freq"),
        freq=freq,
    )
    if not isinstance(freq, str | pd.tseries.offsets.BaseOffset):
        raise InvalidParameterError(accepted)
    try:
        offset = pd.tseries.frequencies.to_offset(freq)
    except ValueError as error:
        message = Message("{accepted}: {error}", accepted=accepted, error=str(error))
        raise InvalidParameterError(message) from error
    if offset.n < 1:
        raise InvalidParameterError(Message("{accepted}: it must go forward", accepted=accepted))
    return offset


def counted_step(codec: StampCodec, freq: object) -> int:
    """Return the step of integers or ordinals that a frequency stands for.

    Raises
    ------
    InvalidParameterError
    """
    if isinstance(codec, Periods):
        offset = _period_offset(freq)
        if offset is None or offset.base != codec.freq.base or offset.n < 1:
            raise InvalidParameterError(
                Message(
                    "{freq} is no frequency of periods of {periods!r}",
                    freq=Argument("freq", freq),
                    periods=period_alias(codec.freq.base),
                )
            )
        return offset.n
    if isinstance(freq, bool) or not isinstance(freq, int | np.integer) or freq < 1:
        raise InvalidParameterError(
            Message(
                "{name} must be an integer >= 1 where time stamps are integers, got {freq!r}",
                name=ArgumentName("freq"),
                freq=freq,
            )
        )
    return int(freq)


def _period_offset(freq: object) -> pd.tseries.offsets.BaseOffset | None:
    """Read a frequency of periods, "M", or of dates at their ends, "ME"; None for any other."""
    for read in (pd.PeriodDtype, pd.tseries.frequencies.to_offset):
        with suppress(TypeError, ValueError):
            found = read(freq)
            return found.freq if isinstance(found, pd.PeriodDtype) else found
    return None


def _named_months(ordinals: np.ndarray, offsets: np.ndarray, per_day: int, offset) -> _Trial:
    count, day = MONTHS[type(offset)]
    fits, steps = monthly(ordinals, offsets, per_day)
    fits &= (steps.months == count * offset.n) & (steps.day == day)
    if count > 1:  # quarters and years begin in a month of their own
        anchor = offset.startingMonth if count == 3 else offset.month
        fits &= (steps.origin + 1 - anchor) % count == 0
    return fits, steps


def _named_days(ordinals: np.ndarray, offsets: np.ndarray, per_day: int, offset) -> _Trial:
    fits, steps = even(ordinals, offsets)
    days = offset.n * (7 if isinstance(offset, pd.offsets.Week) else 1)
    fits = fits & (steps.step == days * per_day)
    if isinstance(offset, pd.offsets.Week) and offset.weekday is not None:
        fits &= (steps.origin // per_day + 3) % 7 == offset.weekday
    return fits, steps


def _listed(ordinals: np.ndarray, offsets: np.ndarray, codec: Dates, offset) -> _Trial:
    """Try what an offset lists from the first of all stamps on."""
    bounds = np.array([ordinals.min(), ordinals.max()]).view(f"M8[{codec.unit}]")
    start, stop = pd.DatetimeIndex(bounds)
    known = pd.date_range(start, stop, freq=offset, unit=codec.unit).asi8
    if len(known) == 0:
        known = pd.date_range(start, periods=1, freq=offset, unit=codec.unit).asi8
    positions = np.searchsorted(known, ordinals, side="right") - 1
    exact = known[np.maximum(positions, 0)] == ordinals
    low, high = extremes(differences(positions, offsets), offsets)
    fits = np.minimum.reduceat(exact.view(np.int8), offsets[:-1]) == 1
    fits &= (low == 1) & (high == 1)
    return fits, ListedSteps(positions[offsets[1:] - 1], offset, known, codec.unit)
