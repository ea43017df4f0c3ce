"""Regular steps that the time stamps of one series have: found for one at a time.

More is tried than on panels, which `tsrnn._time.panel_search` does at once: frequencies that pandas
names or infers. What fits is counted from the first stamp.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeAlias

import numpy as np
import pandas as pd

from tsrnn._input.wording import Message, Phrase
from tsrnn._time.advice import Filling, irregular
from tsrnn._time.freq import MONTHS
from tsrnn._time.panel_grid import PanelGrid
from tsrnn._time.rhythm import DAYS, MONTHS_LONG, TIMES, Rhythm, named_steps, steps_from_first
from tsrnn._time.stamps import Dates, Periods, StampCodec
from tsrnn._time.steps import (
    BusinessSteps,
    EvenSteps,
    ListedSteps,
    MonthSteps,
    Steps,
    months_of,
)

_Offset: TypeAlias = pd.tseries.offsets.BaseOffset

LONGER_REACH = Phrase(": y.index.as_unit('s') gives a longer reach")

_CLOCK_TIMES = {"hours", "minutes", "seconds", "milliseconds", "microseconds", "nanoseconds"}


def steps_of_counts(index: pd.Index, codec: StampCodec) -> Steps:
    """Find the constant step of integers, periods or durations.

    Raises
    ------
    IrregularIndexError
    """
    ordinals = codec.read(index)
    least = codec.freq.n if isinstance(codec, Periods) else 1
    step = int(np.gcd.reduce(np.diff(ordinals))) or least
    origin = ordinals[:1] if len(ordinals) else np.zeros(1, dtype=np.int64)
    steps = EvenSteps(origin, np.array([step]))
    if _fits(steps, ordinals, codec):
        return steps
    between = f"range({ordinals[0]}, {ordinals[-1] + step}, {step})"
    if isinstance(index, pd.TimedeltaIndex):
        every = codec.write(np.array([step]))[0]
        between = f"pd.timedelta_range('{index[0]}', '{index[-1]}', freq='{every}')"
    if isinstance(codec, Periods):
        between = f"pd.period_range('{index[0]}', '{index[-1]}', freq='{index.freqstr}')"
    places, _ = _places(steps, ordinals, codec)
    raise irregular(index, [(places, f"y.reindex({between})", "")])


def steps_of_dates(index: pd.DatetimeIndex, codec: Dates) -> tuple[Steps, _Offset | None]:
    """Take the steps of the index's frequency, else the first guess that fits.

    Returns
    -------
    steps : Steps
    freq : offset or None
        What pandas calls them, if it has a name.

    Raises
    ------
    IrregularIndexError
    """
    ordinals, given = codec.read(index), index.freq
    if given is not None and given.n > 0 and len(index):
        # A frequency can be wrong: pandas 2 keeps Day where days of UTC are shown in a zone.
        for steps in _by_offset(given, ordinals, codec):
            if _fits(steps, ordinals, codec):
                return steps, _usual(steps, codec) if type(given) is pd.DateOffset else given
    if len(index) < 2:
        shown = codec.shown(ordinals)
        return ListedSteps(np.zeros(1, dtype=np.int64), None, shown, codec.unit), None
    for steps in _guesses(index, ordinals, codec):
        if _fits(steps, ordinals, codec):
            return steps, _usual(steps, codec)
    raise irregular(index, _fillings(index, ordinals, codec))


def _places(steps: Steps, ordinals: np.ndarray, codec: StampCodec) -> tuple[np.ndarray, np.ndarray]:
    """Return how many steps after the first ordinals are, and whether they are on the grid."""
    grid = PanelGrid.of_one(codec, steps)
    return grid.places(np.zeros(len(ordinals), dtype=np.int64), ordinals)


def _fits(steps: Steps, ordinals: np.ndarray, codec: StampCodec) -> bool:
    places, on_grid = _places(steps, ordinals, codec)
    return bool(on_grid.all()) and np.array_equal(places, np.arange(len(ordinals)))


def _by_offset(offset: _Offset, ordinals: np.ndarray, codec: Dates) -> list[Steps]:
    """Count steps of a pandas offset from the first stamp: one, or none if it is off the offset."""
    if type(offset) is pd.DateOffset and offset.kwds and offset.kwds.keys() <= _CLOCK_TIMES:
        offset = pd.offsets.Nano(offset.n * pd.Timedelta(**offset.kwds).value)
    fits, steps = named_steps(ordinals, np.array([0, len(ordinals)]), codec, offset)
    return [steps] if fits[0] else []


def _by_rhythm(kind: int, length: int, ordinals: np.ndarray, codec: Dates) -> Steps:
    rhythm = Rhythm(np.array([kind]), np.array([length]))
    ((_, steps),) = steps_from_first(rhythm, ordinals, np.array([0, len(ordinals)]), codec)
    return steps


def _guesses(index: pd.DatetimeIndex, ordinals: np.ndarray, codec: Dates) -> Iterator[Steps]:
    """List steps on which two or more stamps may lie, by the smallest step between them."""
    shown = codec.shown(ordinals)
    days = shown // codec.per_day
    months, day, length = months_of(days)
    is_by_ends = bool((day == length).all())
    step = int(np.diff(months).min())
    # Two stamps on different days of the month say nothing of months, except at month ends.
    if step > 0 and (is_by_ends or len(ordinals) > 2 or day[0] == day[1]):
        yield _by_rhythm(MONTHS_LONG, step, ordinals, codec)
    _refuse_leaps(index)
    # Not infer_freq, which warns in pandas 3.1, but what it does: business days and the like.
    offset = pd.DatetimeIndex(shown.view(f"M8[{codec.unit}]"), freq="infer").freq
    if offset is not None:
        yield from _by_offset(offset, ordinals, codec)
    if (step := int(np.diff(days).min())) > 0:
        yield _by_rhythm(DAYS, step * codec.per_day, ordinals, codec)
    yield _by_rhythm(TIMES, int(np.diff(ordinals).min()), ordinals, codec)


def _refuse_leaps(index: pd.DatetimeIndex) -> None:
    """Refuse a time between two stamps that 64 bits cannot hold: 292 years in nanoseconds."""
    rows = np.flatnonzero(np.diff(index.asi8) < 0)  # of stamps that ascend, by wrapping around
    if rows.size:
        row = int(rows[0])
        raise ValueError(
            Message(
                "the time index leaps from {before} to {after} (row {row}), further than the unit "
                "{unit!r} can count{cure}",
                before=index[row],
                after=index[row + 1],
                row=row + 1,
                unit=index.unit,
                cure=LONGER_REACH,
            )
        )


def _usual(steps: Steps, codec: Dates) -> _Offset | None:
    """Name steps as a pandas offset, None where there is no such offset."""
    if isinstance(steps, ListedSteps):
        return steps.offset
    if isinstance(steps, BusinessSteps):
        return pd.offsets.BDay()
    if isinstance(steps, MonthSteps):
        # On days, for beside the end of what nanoseconds reach there are no four stamps.
        days = replace(steps, clock=np.zeros(1, dtype=np.int64), per_day=1)
        four = days.at(np.zeros(4, dtype=np.int64), np.arange(4)).view("M8[D]")
        offset = pd.DatetimeIndex(four.astype("M8[s]"), freq="infer").freq
        if type(offset) in MONTHS:
            return offset
        # Later days have none: pandas would go on from the day of the shortest month so far.
        return pd.DateOffset(months=int(steps.months[0])) if steps.day[0] <= 28 else None
    if not isinstance(steps, EvenSteps):
        return None
    step = np.timedelta64(int(steps.step[0]), codec.unit)  # type: ignore[call-overload]
    days, rest = divmod(step, np.timedelta64(1, "D"))
    if rest:
        return pd.tseries.frequencies.to_offset(pd.Timedelta(step))
    if codec.tz is not None and not steps.local:
        return pd.offsets.Hour(24 * int(days))
    if days % 7:
        return pd.offsets.Day(int(days))
    weekday = pd.Timestamp(steps.origin.view(f"M8[{codec.unit}]")[0]).weekday()
    return pd.offsets.Week(int(days) // 7, weekday=weekday)


def _fillings(index: pd.DatetimeIndex, ordinals: np.ndarray, codec: Dates) -> Iterator[Filling]:
    """List grids on which irregular stamps lie with gaps, the code to fill these, and freq."""
    guesses = list(_guesses(index, ordinals, codec))
    if (index.day_of_week < 5).all():
        guesses += _by_offset(pd.offsets.BDay(), ordinals[:1], codec)
    for steps in guesses:
        offset = _usual(steps, codec)
        places, on_grid = _places(steps, ordinals, codec)
        if offset is None or not on_grid.all():
            continue
        is_plain = type(offset) is pd.DateOffset
        code = repr(offset.freqstr)
        if isinstance(steps, MonthSteps) and is_plain:
            code = f"pd.DateOffset(months={steps.months[0]})"
        yield places, f"y.asfreq({code})", "" if is_plain else offset.freqstr
