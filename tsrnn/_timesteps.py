"""The steps of a regular grid of time stamps: how its numbers go on, and what clock shows them.

A grid has two parts. A *dial* reads stamps as numbers (`read`), writes numbers as stamps (`write`)
and says whether stamps are the ones of given numbers (`agrees`). Its numbers are integers, ordinals
of periods, or what one clock shows: local time where steps are days or longer (a day has 23 or 25
hours when daylight saving changes), UTC where they are shorter. *Steps* say how the numbers go on:
`at` gives the numbers at positions, `locate` the only positions that given numbers can have, and
the numbers there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

_Offset: TypeAlias = pd.tseries.offsets.BaseOffset

_MOST_LISTED = 1_000_000  # stamps to list by a pandas offset, at some 7 microseconds each
_CLOCK_TIMES = {"hours", "minutes", "seconds", "milliseconds", "microseconds", "nanoseconds"}
MONTHS = {  # how many, and the day
    pd.offsets.MonthBegin: (1, 1),
    pd.offsets.QuarterBegin: (3, 1),
    pd.offsets.YearBegin: (12, 1),
    pd.offsets.MonthEnd: (1, 31),
    pd.offsets.QuarterEnd: (3, 31),
    pd.offsets.YearEnd: (12, 31),
}


class IrregularIndexError(ValueError):
    """Stamps do not follow each other regularly; `row` is the first one out of step."""

    def __init__(self, message: str, row: int) -> None:
        super().__init__(message, row)  # both, so that a copy from another process has both
        self.row = row

    def __str__(self) -> str:
        return self.args[0]


@dataclass(frozen=True)
class ConstantSteps:
    """`start + position * step`, of integers or of times."""

    start: np.int64 | np.datetime64
    step: np.int64 | np.timedelta64

    def at(self, positions: np.ndarray) -> np.ndarray:
        return self.start + positions * self.step

    def locate(self, ticks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        positions = (ticks - self.start) // self.step
        return positions, self.at(positions)


@dataclass(frozen=True)
class _MonthSteps:
    """Every so many months on the same day, or on the last day of a month too short for it."""

    start: np.datetime64
    months: int
    day: int

    def at(self, positions: np.ndarray) -> np.ndarray:
        months = self.start.astype("M8[M]") + positions * self.months
        firsts = months.astype("M8[D]")
        lengths = ((months + 1).astype("M8[D]") - firsts).astype(np.int64)
        dates = firsts + (np.minimum(self.day, lengths) - 1)
        return dates.astype(self.start.dtype) + (self.start - self.start.astype("M8[D]"))

    def locate(self, ticks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        months = (ticks.astype("M8[M]") - self.start.astype("M8[M]")).astype(np.int64)
        positions = months // self.months
        return positions, self.at(positions)


@dataclass(frozen=True)
class _ListedSteps:
    """What an offset such as business days lists; `known` is the list as far as training goes."""

    known: np.ndarray = field(compare=False)
    offset: _Offset | None  # None: nothing is known beyond a single row

    def at(self, positions: np.ndarray) -> np.ndarray:
        missing = positions.max() + 1 - len(self.known)
        if missing > _MOST_LISTED:
            raise ValueError(f"{missing} steps after the training series is too far ahead")
        known = self.known if missing <= 0 else self._extended(periods=missing + 1)
        return known[positions]

    def locate(self, ticks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        last, known = ticks.max(), self.known
        if last > known[-1]:
            sample = known if len(known) > 1 else self._extended(periods=2)
            if (last - known[-1]) // np.diff(sample).mean() > _MOST_LISTED:
                raise ValueError(f"the time stamp {last} is too far after the training series")
            known = self._extended(end=pd.Timestamp(last))
        positions = np.searchsorted(known, ticks, side="right") - 1
        return positions, known[np.maximum(positions, 0)]

    def _extended(self, **until: Any) -> np.ndarray:
        if self.offset is None:
            raise ValueError(
                "the training series has a single row and its time index no frequency, so that "
                f"nothing after {self.known[-1]} can be placed: set one, as in y.asfreq('D')"
            )
        start, unit = pd.Timestamp(self.known[-1]), np.datetime_data(self.known.dtype)[0]
        after = pd.date_range(start, freq=self.offset, unit=unit, **until)[1:]
        return np.concatenate([self.known, after.to_numpy()])


@dataclass(frozen=True)
class Counts:
    """The dial of integers, and of periods by their ordinals (which count M for 2M)."""

    pattern: pd.Index = field(compare=False)  # an index of the kind, type and name to write

    def read(self, index: pd.Index) -> np.ndarray:
        return index.asi8 if isinstance(index, pd.PeriodIndex) else index.to_numpy(dtype=np.int64)

    def write(self, ticks: np.ndarray) -> pd.Index:
        if isinstance(self.pattern, pd.PeriodIndex):
            return pd.PeriodIndex.from_ordinals(ticks, freq=self.pattern.freq)
        if isinstance(self.pattern, pd.RangeIndex) and len(ticks):
            step = int(ticks[-1] - ticks[0]) // max(len(ticks) - 1, 1) or 1
            return pd.RangeIndex(int(ticks[0]), int(ticks[-1]) + 1, step)
        dtype = self.pattern.dtype
        fits = dtype.itemsize == 8 or ticks.max(initial=0) < 2 ** (8 * dtype.itemsize - 1)
        return pd.Index(ticks, dtype=dtype if fits else np.int64)

    def agrees(self, index: pd.Index, ticks: np.ndarray) -> np.ndarray:
        return self.read(index) == ticks


@dataclass(frozen=True)
class _Clock:
    """The dial of date-time stamps: a clock that shows the time of `tz`, or UTC if not `local`."""

    tz: tzinfo | None
    unit: str
    local: bool = True
    freq: _Offset | None = None

    def read(self, index: pd.DatetimeIndex) -> np.ndarray:
        # Microseconds reach all years that pandas knows; nanoseconds are for those who have them.
        return self._shown(index).as_unit("ns" if self.unit == "ns" else "us").to_numpy()

    def write(self, ticks: np.ndarray) -> pd.DatetimeIndex:
        exact = self._instants(ticks)
        index = exact.as_unit(self.unit)
        index = index if (index == exact).all() else exact
        plain = pd.DatetimeIndex(ticks)
        if self.local and self.tz is not None:
            # pandas grants no freq across a time that the zone repeats or leaves out.
            plain = plain.tz_localize(self.tz, ambiguous="NaT", nonexistent="NaT")
        if self.freq is not None and not plain.hasnans:
            index.freq = self.freq
        return index

    def agrees(self, index: pd.DatetimeIndex, ticks: np.ndarray) -> np.ndarray:
        # Either of the two instants that share a local time may stand for a local day or month.
        return (index == self._instants(ticks)) | (self._shown(index) == pd.DatetimeIndex(ticks))

    def _shown(self, index: pd.DatetimeIndex) -> pd.DatetimeIndex:
        if self.tz is None:
            return index
        return index.tz_convert(self.tz).tz_localize(None) if self.local else index.tz_convert(None)

    def _instants(self, ticks: np.ndarray) -> pd.DatetimeIndex:
        index = pd.DatetimeIndex(ticks)
        if self.tz is None:
            return index
        if not self.local:
            return index.tz_localize("UTC").tz_convert(self.tz)
        # As pandas resamples: the first of two equal times, and the end of an hour left out.
        first = np.ones(len(ticks), dtype=bool)
        return index.tz_localize(self.tz, ambiguous=first, nonexistent="shift_forward")


Dial: TypeAlias = Counts | _Clock
Steps: TypeAlias = ConstantSteps | _MonthSteps | _ListedSteps


def daylight_advice(index: pd.Index) -> str:
    """Explain gaps and repeats within days where the index names no zone."""
    if not isinstance(index, pd.DatetimeIndex) or index.tz is not None:
        return ""
    steps = np.diff(index.to_numpy())
    if (steps % np.timedelta64(1, "D") == np.timedelta64(0, "D")).all():
        return ""
    return (
        " Local clock times have such gaps and repeats where daylight saving changes: name their"
        " zone, as in y.tz_localize('Europe/Berlin', ambiguous='infer')."
    )


def _fits(dial: Dial, steps: Steps, index: pd.Index) -> bool:
    positions, ticks = steps.locate(dial.read(index))
    in_order = np.array_equal(positions, np.arange(len(index)))
    return in_order and bool(dial.agrees(index, ticks).all())


def counted_grid(index: pd.Index) -> tuple[Dial, Steps]:
    """Find the constant step of integers or periods."""
    dial, periods = Counts(index), isinstance(index, pd.PeriodIndex)
    ticks = dial.read(index)
    step = int(np.gcd.reduce(np.diff(ticks))) or (index.freq.n if periods else 1)
    steps = ConstantSteps(ticks[0] if len(ticks) else np.int64(0), np.int64(step))
    if not _fits(dial, steps, index):
        between = f"range({ticks[0]}, {ticks[-1] + step}, {step})"
        if periods:
            between = f"pd.period_range('{index[0]}', '{index[-1]}', freq='{index.freqstr}')"
        raise _irregular(index, [(dial, steps, f"y.reindex({between})")])
    return dial, steps


def datetime_grid(index: pd.DatetimeIndex) -> tuple[Dial, Steps]:
    """Take the grid of the index's frequency, else the first guess that fits."""
    clock = _Clock(index.tz, index.unit)
    given = index.freq
    if given is not None and given.n > 0 and len(index):
        dial, steps = _meaning(given, clock, index)
        # A frequency can be wrong: pandas 2 keeps Day where days of UTC are shown in a zone.
        if _fits(dial, steps, index):
            plain = type(given) is pd.DateOffset
            return replace(dial, freq=_usual(dial, steps) if plain else given), steps
    if len(index) < 2:
        return clock, _ListedSteps(clock.read(index), None)
    for dial, steps in _guesses(clock, index):
        if _fits(dial, steps, index):
            return replace(dial, freq=_usual(dial, steps)), steps
    raise _irregular(index, _fillings(clock, index))


def _meaning(offset: _Offset, clock: _Clock, index: pd.DatetimeIndex) -> tuple[_Clock, Steps]:
    """Turn a pandas offset into steps from the first stamp, and the clock that they go by."""
    ticks = clock.read(index)
    if type(offset) is pd.DateOffset and offset.kwds and offset.kwds.keys() <= _CLOCK_TIMES:
        offset = pd.offsets.Nano(offset.n * pd.Timedelta(**offset.kwds).value)
    if type(offset) in MONTHS:
        months, day = MONTHS[type(offset)]
        return clock, _MonthSteps(_anchor(ticks), offset.n * months, day)
    if isinstance(offset, pd.offsets.Day | pd.offsets.Week):  # Day is a Tick too in pandas 2
        days = offset.n * (7 if isinstance(offset, pd.offsets.Week) else 1)
        return clock, ConstantSteps(_anchor(ticks), np.timedelta64(days, "D"))
    if isinstance(offset, pd.offsets.Tick):
        utc, step = replace(clock, local=False), np.timedelta64(offset.nanos, "ns")
        exact = step if offset.nanos % 1000 else step.astype("m8[us]")
        return utc, ConstantSteps(utc.read(index)[0], exact)
    unit = np.datetime_data(ticks.dtype)[0]
    listed = pd.date_range(pd.Timestamp(ticks[0]), periods=len(ticks), freq=offset, unit=unit)
    return clock, _ListedSteps(listed.to_numpy(), offset)


def _days(ticks: np.ndarray) -> np.ndarray:
    """Read days of the month, from 1."""
    return (ticks.astype("M8[D]") - ticks.astype("M8[M]")).astype(np.int64) + 1


def _anchor(ticks: np.ndarray) -> np.datetime64:
    """Take the first date at the earliest time: midnight, where a zone once leaves it out."""
    dates = ticks.astype("M8[D]")
    return dates[0] + (ticks - dates).min()


def _guesses(clock: _Clock, index: pd.DatetimeIndex) -> Iterator[tuple[_Clock, Steps]]:
    """List grids on which two or more stamps may lie, by the smallest step between them."""
    ticks = clock.read(index)
    dates, days = ticks.astype("M8[D]"), _days(ticks)
    month_ends = bool((_days(dates + 1) == 1).all())
    months = int(np.diff(dates.astype("M8[M]").astype(np.int64)).min())
    # Two stamps on different days of the month say nothing of months, except at month ends.
    if months > 0 and (month_ends or len(ticks) > 2 or days[0] == days[1]):
        yield clock, _MonthSteps(_anchor(ticks), months, 31 if month_ends else int(days.max()))
    # Not infer_freq, which warns in pandas 3.1, but what it does: business days and the like.
    offset = pd.DatetimeIndex(ticks, freq="infer").freq
    if offset is not None:
        yield _meaning(offset, clock, index)
    if (step := np.diff(dates).min()) > np.timedelta64(0, "D"):
        yield clock, ConstantSteps(_anchor(ticks), step)
    utc = replace(clock, local=False)
    times = utc.read(index)
    yield utc, ConstantSteps(times[0], np.diff(times).min())


def _usual(clock: _Clock, steps: Steps) -> _Offset | None:
    """Name steps as a pandas offset, None where there is no such offset."""
    if isinstance(steps, _ListedSteps):
        return steps.offset
    if isinstance(steps, _MonthSteps):
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


def _fillings(clock: _Clock, index: pd.DatetimeIndex) -> Iterator[tuple[_Clock, Steps, str]]:
    """List grids on which irregular stamps may lie with gaps, and the code to fill these."""
    guesses = list(_guesses(clock, index))
    if (index.day_of_week < 5).all():
        guesses.append(_meaning(pd.offsets.BDay(), clock, index[:1]))
    for dial, steps in guesses:
        offset = _usual(dial, steps)
        if offset is not None:
            months = type(offset) is pd.DateOffset
            code = f"pd.DateOffset(months={steps.months})" if months else repr(offset.freqstr)
            yield dial, steps, f"y.asfreq({code})"


def _irregular(index: pd.Index, fillings: Iterable[tuple[Dial, Steps, str]]) -> IrregularIndexError:
    """Name the first gap, and what fills it: the grid with all stamps that has fewest gaps."""
    found = []
    for dial, steps, code in fillings:
        positions, ticks = steps.locate(dial.read(index))
        if dial.agrees(index, ticks).all():
            found.append((positions[-1], int((np.diff(positions) > 1).argmax()), code))
    if found:
        _, row, code = min(found, key=lambda gap: gap[0])
        cure = (
            f"{code} puts NaN, accepted as missing values, into the gaps; tsrnn.fill_gaps(y, "
            "value=0) zeros."
        )
    else:
        between = pd.Series(index[1:] - index[:-1])
        row = int((between != between.mode()[0]).argmax())
        cure = (
            "y.asfreq('D') or y.resample('D').mean() puts it on a grid, with NaN, accepted as "
            "missing values, in the gaps; y.index.freq = 'SME' says which grid it has."
        )
    return IrregularIndexError(
        f"the time index is irregular: after {index[row]} comes {index[row + 1]} (row {row + 1}). "
        f"{cure}{daylight_advice(index)}",
        row + 1,
    )
