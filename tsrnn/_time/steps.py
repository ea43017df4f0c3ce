"""The steps of a regular grid of time stamps: how its numbers go on, and what clock shows them.

A grid has two parts. A *codec* reads stamps as numbers (`read`), writes numbers as stamps (`write`)
and says whether stamps are the ones of given numbers (`agrees`). Its numbers are integers, ordinals
of periods, or what one clock shows: local time where steps are days or longer (a day has 23 or 25
hours when daylight saving changes), UTC where they are shorter. *Steps* say how the numbers go on:
`at` gives the numbers at positions, `locate` the only positions that given numbers can have, and
the numbers there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from tsrnn._input.wording import Message, Phrase
from tsrnn._time.advice import Filling, irregular
from tsrnn._time.labels import clocks_of, ordinals_per_day
from tsrnn._time.season_length import (
    NO_DATES,
    Season,
    season_of_months,
    season_of_offset,
    season_of_time,
)
from tsrnn._time.zones import from_clock
from tsrnn.exceptions import BeyondStampsError

_Offset: TypeAlias = pd.tseries.offsets.BaseOffset

# What pandas and our own steps raise where stamps end.
BEYOND = (OverflowError, pd.errors.OutOfBoundsDatetime, pd.errors.OutOfBoundsTimedelta)

LONGER_REACH = Phrase(": y.index.as_unit('s') gives a longer reach")

MOST_LISTED = 1_000_000  # stamps to list by a pandas offset, at some 7 microseconds each
_LISTED_AHEAD = 512  # stamps listed beyond those asked for
_CLOCK_TIMES = {"hours", "minutes", "seconds", "milliseconds", "microseconds", "nanoseconds"}
MONTHS = {  # how many, and the day
    pd.offsets.MonthBegin: (1, 1),
    pd.offsets.QuarterBegin: (3, 1),
    pd.offsets.YearBegin: (12, 1),
    pd.offsets.MonthEnd: (1, 31),
    pd.offsets.QuarterEnd: (3, 31),
    pd.offsets.YearEnd: (12, 31),
}


@dataclass(frozen=True)
class ConstantSteps:
    """`start + position * step`, of integers or of times."""

    start: np.int64 | np.datetime64
    step: np.int64 | np.timedelta64

    def at(self, positions: np.ndarray) -> np.ndarray:
        start, step = self._integers()
        ends = [
            start + int(end) * step for end in (positions.min(initial=0), positions.max(initial=0))
        ]
        refuse_beyond(np.array(ends, dtype=object))
        return (start + positions * step).view(self._dtype)

    def locate(self, ordinals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        start, step = self._integers()
        ordinals = np.maximum(ordinals.astype(self._dtype).view(np.int64), start)
        # Half of the time that 64 bits hold may lie between two stamps, or more.
        ahead = ordinals.view(np.uint64) - np.array(start).view(np.uint64)
        positions = (ahead // np.uint64(step)).astype(np.int64)
        return positions, self.at(positions)

    @property
    def _dtype(self) -> np.dtype:
        return np.result_type(self.start, self.step)

    def _integers(self) -> tuple[int, int]:
        """Return start and step in the unit of the ordinals."""
        step = self.step
        if isinstance(step, np.timedelta64):
            step = step.astype(f"m8[{np.datetime_data(self._dtype)[0]}]")
        return int(self.start.astype(self._dtype).astype(np.int64)), int(step.astype(np.int64))


@dataclass(frozen=True)
class _MonthSteps:
    """Every so many months on the same day, or on the last day of a month too short for it."""

    start: np.datetime64
    months: int
    day: int

    def at(self, positions: np.ndarray) -> np.ndarray:
        per_day = ordinals_per_day(self.start.dtype)
        clock = int(self.start.astype(np.int64)) % per_day
        months = self.start.astype("M8[M]").astype(np.int64) + positions * self.months
        return ordinals_of_months(months, self.day, clock, per_day).view(self.start.dtype)

    def locate(self, ordinals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        months = (ordinals.astype("M8[M]") - self.start.astype("M8[M]")).astype(np.int64)
        positions = months // self.months
        return positions, self.at(np.maximum(positions, 0))


@dataclass(frozen=True)
class _ListedSteps:
    """What an offset such as business days lists; `known` is the list as far as training goes.

    What was listed after it is kept, and more is listed than is asked for: else each of many small
    updates would list anew all that lies between the training series and itself.
    """

    known: np.ndarray = field(compare=False)
    offset: _Offset | None  # None: nothing is known beyond a single row

    def at(self, positions: np.ndarray) -> np.ndarray:
        wanted = int(positions.max()) + 1
        missing = wanted - len(self.known)
        if missing > MOST_LISTED:
            raise ValueError(f"{missing} steps after the training series is too far ahead")
        listed = self._listed()
        if wanted > len(listed):
            listed = self._extended(listed, periods=wanted - len(listed) + 1)
        return listed[positions]

    def locate(self, ordinals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        last, listed = ordinals.max(), self._listed()
        if last > listed[-1]:
            sample = listed if len(listed) > 1 else self._extended(listed, periods=2)
            # Of all, for neighbours may be a weekend apart.
            step = (sample[-1] - sample[0]).astype(float) / (len(sample) - 1)
            gap = float(last.astype(np.int64)) - float(self.known[-1].astype(np.int64))
            if gap // step > MOST_LISTED:
                raise ValueError(f"the time stamp {last} is too far after the training series")
            listed = self._extended(sample, end=pd.Timestamp(last))
        positions = np.searchsorted(listed, ordinals, side="right") - 1
        return positions, listed[np.maximum(positions, 0)]

    def _listed(self) -> np.ndarray:
        return vars(self).get("_longer", self.known)

    def _extended(self, listed: np.ndarray, **until: Any) -> np.ndarray:
        if self.offset is None:
            raise ValueError(
                "the training series has a single row and its time index no frequency, so that "
                f"nothing after {self.known[-1]} can be placed: set one, as in y.asfreq('D')"
            )
        longer = np.concatenate([listed, listed_after(listed[-1], self.offset, **until)])
        with suppress(OverflowError, ValueError):  # the spare ones may lie beyond the end of time
            spare = listed_after(longer[-1], self.offset, periods=_LISTED_AHEAD + 1)
            longer = np.concatenate([longer, spare])
        # Whole at once, and right whichever thread comes last: no lock is needed.
        object.__setattr__(self, "_longer", longer)
        return longer

    def __getstate__(self) -> dict[str, Any]:
        return {"known": self.known, "offset": self.offset}


@dataclass(frozen=True)
class Counts:
    """The codec of integers, of periods by their ordinals (which count M for 2M), and of durations.

    Durations count nanoseconds where they have them, else microseconds.
    """

    pattern: pd.Index = field(compare=False)  # an index of the kind, type and name to write

    def read(self, index: pd.Index) -> np.ndarray:
        if isinstance(index, pd.TimedeltaIndex):
            return index.as_unit(self._unit()).asi8
        return index.asi8 if isinstance(index, pd.PeriodIndex) else index.to_numpy(dtype=np.int64)

    def write(self, ordinals: np.ndarray) -> pd.Index:
        if isinstance(self.pattern, pd.TimedeltaIndex):
            return self._durations(ordinals)
        if isinstance(self.pattern, pd.PeriodIndex):
            return pd.PeriodIndex.from_ordinals(ordinals, freq=self.pattern.freq)
        if isinstance(self.pattern, pd.RangeIndex) and len(ordinals):
            step = int(ordinals[-1] - ordinals[0]) // max(len(ordinals) - 1, 1) or 1
            return pd.RangeIndex(int(ordinals[0]), int(ordinals[-1]) + 1, step)
        dtype = self.pattern.dtype
        fits = dtype.itemsize == 8 or ordinals.max(initial=0) < 2 ** (8 * dtype.itemsize - 1)
        return pd.Index(ordinals, dtype=dtype if fits else np.int64)

    def agrees(self, index: pd.Index, ordinals: np.ndarray) -> np.ndarray:
        if isinstance(index, pd.TimedeltaIndex):  # which may be finer than the training series
            return np.asarray(index == pd.TimedeltaIndex(ordinals.view(f"m8[{self._unit()}]")))
        return self.read(index) == ordinals

    def _unit(self) -> str:
        return "ns" if self.pattern.unit == "ns" else "us"

    def _durations(self, ordinals: np.ndarray) -> pd.TimedeltaIndex:
        exact = pd.TimedeltaIndex(ordinals.view(f"m8[{self._unit()}]"))
        index = exact.as_unit(self.pattern.unit)
        index = index if (index == exact).all() else exact
        index.freq = self.pattern.freq
        return index


@dataclass(frozen=True)
class _Clock:
    """The codec of date-time stamps: a clock that shows the time of `tz`, or UTC if not `local`."""

    tz: tzinfo | None
    unit: str
    local: bool = True
    freq: _Offset | None = None

    def read(self, index: pd.DatetimeIndex) -> np.ndarray:
        # Microseconds reach all years that pandas knows; nanoseconds are for those who have them.
        return self._shown(index).as_unit("ns" if self.unit == "ns" else "us").to_numpy()

    def write(self, ordinals: np.ndarray) -> pd.DatetimeIndex:
        exact = self._instants(ordinals)
        index = exact.as_unit(self.unit)
        index = index if (index == exact).all() else exact
        plain = pd.DatetimeIndex(ordinals)
        if self.local and self.tz is not None:
            # pandas grants no freq across a time that the zone repeats or leaves out.
            plain = plain.tz_localize(self.tz, ambiguous="NaT", nonexistent="NaT")
        if self.freq is not None and not plain.hasnans:
            index.freq = self.freq
        return index

    def agrees(self, index: pd.DatetimeIndex, ordinals: np.ndarray) -> np.ndarray:
        # Either of the two instants that share a local time may stand for a local day or month.
        return (index == self._instants(ordinals)) | (
            self._shown(index) == pd.DatetimeIndex(ordinals)
        )

    def _shown(self, index: pd.DatetimeIndex) -> pd.DatetimeIndex:
        if self.tz is None:
            return index
        return index.tz_convert(self.tz).tz_localize(None) if self.local else index.tz_convert(None)

    def _instants(self, ordinals: np.ndarray) -> pd.DatetimeIndex:
        index = pd.DatetimeIndex(ordinals)
        if self.tz is not None and not self.local:
            return index.tz_localize("UTC").tz_convert(self.tz)
        return from_clock(index, self.tz)


StampCodec: TypeAlias = Counts | _Clock
Steps: TypeAlias = ConstantSteps | _MonthSteps | _ListedSteps


def refuse_beyond(ordinals: np.ndarray) -> None:
    """Refuse ordinals that 64 bits cannot hold, given as floats or Python's integers.

    Integers of 64 bits would wrap around, and NumPy's dates too before its version 2.5.
    """
    if not (np.abs(ordinals) < 2.0**63).all():
        raise BeyondStampsError(
            "so many steps ahead there are no time stamps: take a shorter horizon"
        )


def listed_after(last: np.datetime64, offset: _Offset, **until: object) -> np.ndarray:
    """List the dates that follow one by a pandas offset: so many `periods`, or until an `end`."""
    unit = np.datetime_data(last.dtype)[0]
    return pd.date_range(pd.Timestamp(last), freq=offset, unit=unit, **until)[1:].to_numpy()


def days_of_months(months: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first days, since 1970, of months since then, and how many days these have."""
    first, after = (count.view("M8[M]").astype("M8[D]") for count in (months, months + 1))
    return first.astype(np.int64), (after - first).astype(np.int64)


def ordinals_of_months(
    months: np.ndarray, day: np.ndarray | int, clock: np.ndarray | int, per_day: int
) -> np.ndarray:
    """Return the ordinals of a day in months since 1970, or of the last day where it comes later.

    `clock` counts ordinals since midnight, of which there are `per_day` in a day.
    """
    refuse_beyond(months * (28.0 * per_day))  # so that days are right
    first, length = days_of_months(months)
    days = first + np.minimum(day, length) - 1
    refuse_beyond(days * float(per_day) + clock)
    return days * per_day + clock


def season_of(codec: StampCodec, steps: Steps) -> Season:
    """Return the season of a grid, by the length of its steps."""
    if isinstance(steps, _MonthSteps):
        return season_of_months(steps.months)
    if isinstance(steps, _ListedSteps):
        return NO_DATES if steps.offset is None else season_of_offset(steps.offset)
    if isinstance(codec, _Clock):
        return season_of_time(steps.step)
    if isinstance(codec.pattern, pd.PeriodIndex):
        return season_of_offset(codec.pattern.freq.base, int(steps.step))
    return NO_DATES


def _fits(codec: StampCodec, steps: Steps, index: pd.Index) -> bool:
    positions, ordinals = steps.locate(codec.read(index))
    in_order = np.array_equal(positions, np.arange(len(index)))
    return in_order and bool(codec.agrees(index, ordinals).all())


def counted_grid(index: pd.Index) -> tuple[StampCodec, Steps]:
    """Find the constant step of integers, periods or durations."""
    codec, periods = Counts(index), isinstance(index, pd.PeriodIndex)
    ordinals = codec.read(index)
    step = int(np.gcd.reduce(np.diff(ordinals))) or (index.freq.n if periods else 1)
    steps = ConstantSteps(ordinals[0] if len(ordinals) else np.int64(0), np.int64(step))
    if not _fits(codec, steps, index):
        between = f"range({ordinals[0]}, {ordinals[-1] + step}, {step})"
        if isinstance(index, pd.TimedeltaIndex):
            every = pd.TimedeltaIndex(np.array([step]).view(f"m8[{codec._unit()}]"))[0]
            between = f"pd.timedelta_range('{index[0]}', '{index[-1]}', freq='{every}')"
        if periods:
            between = f"pd.period_range('{index[0]}', '{index[-1]}', freq='{index.freqstr}')"
        raise irregular(index, [(codec, steps, f"y.reindex({between})", "")])
    return codec, steps


def datetime_grid(index: pd.DatetimeIndex) -> tuple[StampCodec, Steps]:
    """Take the grid of the index's frequency, else the first guess that fits."""
    clock = _Clock(index.tz, index.unit)
    given = index.freq
    if given is not None and given.n > 0 and len(index):
        codec, steps = _meaning(given, clock, index)
        # A frequency can be wrong: pandas 2 keeps Day where days of UTC are shown in a zone.
        if _fits(codec, steps, index):
            plain = type(given) is pd.DateOffset
            return replace(codec, freq=_usual(codec, steps) if plain else given), steps
    if len(index) < 2:
        return clock, _ListedSteps(clock.read(index), None)
    for codec, steps in _guesses(clock, index):
        if _fits(codec, steps, index):
            return replace(codec, freq=_usual(codec, steps)), steps
    raise irregular(index, _fillings(clock, index))


def _meaning(offset: _Offset, clock: _Clock, index: pd.DatetimeIndex) -> tuple[_Clock, Steps]:
    """Turn a pandas offset into steps from the first stamp, and the clock that they go by."""
    ordinals = clock.read(index)
    if type(offset) is pd.DateOffset and offset.kwds and offset.kwds.keys() <= _CLOCK_TIMES:
        offset = pd.offsets.Nano(offset.n * pd.Timedelta(**offset.kwds).value)
    if type(offset) in MONTHS:
        months, day = MONTHS[type(offset)]
        return clock, _MonthSteps(_anchor(ordinals), offset.n * months, day)
    if isinstance(offset, pd.offsets.Day | pd.offsets.Week):  # Day is a Tick too in pandas 2
        days = offset.n * (7 if isinstance(offset, pd.offsets.Week) else 1)
        return clock, ConstantSteps(_anchor(ordinals), np.timedelta64(days, "D"))
    if isinstance(offset, pd.offsets.Tick):
        utc, step = replace(clock, local=False), np.timedelta64(offset.nanos, "ns")
        exact = step if offset.nanos % 1000 else step.astype("m8[us]")
        return utc, ConstantSteps(utc.read(index)[0], exact)
    unit = np.datetime_data(ordinals.dtype)[0]
    listed = pd.date_range(pd.Timestamp(ordinals[0]), periods=len(ordinals), freq=offset, unit=unit)
    return clock, _ListedSteps(listed.to_numpy(), offset)


def _days(ordinals: np.ndarray) -> np.ndarray:
    """Read days of the month, from 1."""
    return (ordinals.astype("M8[D]") - ordinals.astype("M8[M]")).astype(np.int64) + 1


def _anchor(ordinals: np.ndarray) -> np.datetime64:
    """Take the first date at the earliest time: midnight, where a zone once leaves it out."""
    clocks = clocks_of(ordinals)
    return (ordinals[:1].view(np.int64) - (clocks[0] - clocks.min())).view(ordinals.dtype)[0]


def _guesses(clock: _Clock, index: pd.DatetimeIndex) -> Iterator[tuple[_Clock, Steps]]:
    """List grids on which two or more stamps may lie, by the smallest step between them."""
    ordinals = clock.read(index)
    dates, days = ordinals.astype("M8[D]"), _days(ordinals)
    month_ends = bool((_days(dates + np.timedelta64(1, "D")) == 1).all())
    months = int(np.diff(dates.astype("M8[M]").astype(np.int64)).min())
    # Two stamps on different days of the month say nothing of months, except at month ends.
    if months > 0 and (month_ends or len(ordinals) > 2 or days[0] == days[1]):
        yield clock, _MonthSteps(_anchor(ordinals), months, 31 if month_ends else int(days.max()))
    _refuse_leaps(index)
    # Not infer_freq, which warns in pandas 3.1, but what it does: business days and the like.
    offset = pd.DatetimeIndex(ordinals, freq="infer").freq
    if offset is not None:
        yield _meaning(offset, clock, index)
    if (step := np.diff(dates).min()) > np.timedelta64(0, "D"):
        yield clock, ConstantSteps(_anchor(ordinals), step)
    utc = replace(clock, local=False)
    times = utc.read(index)
    yield utc, ConstantSteps(times[0], np.diff(times).min())


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


def _usual(clock: _Clock, steps: Steps) -> _Offset | None:
    """Name steps as a pandas offset, None where there is no such offset."""
    if isinstance(steps, _ListedSteps):
        return steps.offset
    if isinstance(steps, _MonthSteps):
        # In seconds, for beside the end of what nanoseconds reach there are no four stamps.
        steps = replace(steps, start=steps.start.astype("M8[s]"))
        offset = pd.DatetimeIndex(steps.at(np.arange(4)), freq="infer").freq
        if type(offset) in MONTHS:
            return offset
        # Later days have none: pandas would go on from the day of the shortest month so far.
        return pd.DateOffset(months=steps.months) if steps.day <= 28 else None
    days, rest = divmod(steps.step, np.timedelta64(1, "D"))
    if rest:
        return pd.tseries.frequencies.to_offset(pd.Timedelta(steps.step))
    if clock.tz is not None and not clock.local:
        return pd.offsets.Hour(24 * int(days))
    weekday = pd.Timestamp(steps.start).weekday()
    return (
        pd.offsets.Day(int(days)) if days % 7 else pd.offsets.Week(int(days) // 7, weekday=weekday)
    )


def _fillings(clock: _Clock, index: pd.DatetimeIndex) -> Iterator[Filling]:
    """List grids on which irregular stamps may lie with gaps, the code to fill these, and freq."""
    guesses = list(_guesses(clock, index))
    if (index.day_of_week < 5).all():
        guesses.append(_meaning(pd.offsets.BDay(), clock, index[:1]))
    for codec, steps in guesses:
        offset = _usual(codec, steps)
        if offset is not None:
            months = type(offset) is pd.DateOffset
            code = f"pd.DateOffset(months={steps.months})" if months else repr(offset.freqstr)
            yield codec, steps, f"y.asfreq({code})", "" if months else offset.freqstr
