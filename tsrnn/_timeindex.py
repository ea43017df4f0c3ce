"""Where the rows of a series lie in time.

A training series lies on a regular grid of time stamps, its first row at position 0. `TimeGrid`
finds the grid once, at fit, and then turns stamps into positions and positions into stamps.

A grid is made of two parts. A *dial* reads stamps as numbers and writes them back: integers,
ordinals of periods, or what one clock shows. The clock shows local time where steps are days or
longer (a day has 23 or 25 hours when daylight saving changes), and UTC where they are shorter.
*Steps* say how the numbers go on: by a constant, by months, or as a pandas offset lists them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from typing import TypeAlias, final

import numpy as np
import pandas as pd
from pandas.api.types import infer_dtype, is_datetime64_any_dtype, is_integer_dtype

_Offset: TypeAlias = pd.tseries.offsets.BaseOffset

_MOST_LISTED = 1_000_000  # stamps a pandas offset may list, at about 7 microseconds each
_MONTH_STARTS = {pd.offsets.MonthBegin: 1, pd.offsets.QuarterBegin: 3, pd.offsets.YearBegin: 12}
_MONTH_ENDS = {pd.offsets.MonthEnd: 1, pd.offsets.QuarterEnd: 3, pd.offsets.YearEnd: 12}
_CLOCK_TIMES = {"hours", "minutes", "seconds", "milliseconds", "microseconds", "nanoseconds"}
_ADVICE = (
    " If these are local clock times, daylight saving makes such gaps and repeats: name the"
    " zone, as in y.tz_localize('Europe/Berlin', ambiguous='infer')."
)


@final
@dataclass(frozen=True)
class _ConstantSteps:
    """`start + position * step`, of integers or of times."""

    start: np.int64 | np.datetime64
    step: np.int64 | np.timedelta64

    def locate(self, ticks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Positions of the last grid ticks not after `ticks`, and those grid ticks."""
        positions = (ticks - self.start) // self.step
        return positions, self.at(positions)

    def at(self, positions: np.ndarray) -> np.ndarray:
        """Ticks at `positions`."""
        return self.start + positions * self.step


@final
@dataclass(frozen=True)
class _MonthSteps:
    """Every so many months on the same day, or on the last day of a month too short for it."""

    start: np.datetime64
    months: int
    day: int

    def locate(self, ticks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Positions of the grid ticks of the months of `ticks` or before, and those ticks."""
        months = (ticks.astype("M8[M]") - self.start.astype("M8[M]")).astype(np.int64)
        positions = months // self.months
        return positions, self.at(positions)

    def at(self, positions: np.ndarray) -> np.ndarray:
        """Ticks at `positions`."""
        months = self.start.astype("M8[M]") + positions * self.months
        firsts = months.astype("M8[D]")
        lengths = ((months + 1).astype("M8[D]") - firsts).astype(np.int64)
        dates = firsts + (np.minimum(self.day, lengths) - 1)
        return dates.astype(self.start.dtype) + (self.start - self.start.astype("M8[D]"))


@final
@dataclass(frozen=True)
class _ListedSteps:
    """What an offset such as business days lists; `known` is the list as far as training goes."""

    known: np.ndarray = field(compare=False)
    offset: _Offset | None  # None: nothing is known after a single row

    def locate(self, ticks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Positions of the last grid ticks not after `ticks`, and those grid ticks."""
        listed = self._through(ticks.max())
        positions = np.searchsorted(listed, ticks, side="right") - 1
        return positions, listed[np.maximum(positions, 0)]

    def at(self, positions: np.ndarray) -> np.ndarray:
        """Ticks at `positions`."""
        missing = positions.max(initial=0) + 1 - len(self.known)
        if missing <= 0:
            return self.known[positions]
        if missing > _MOST_LISTED:
            raise ValueError(f"{missing} steps after the training series is too far ahead")
        return self._extended(periods=missing + 1)[positions]

    def _through(self, last: np.datetime64) -> np.ndarray:
        if last <= self.known[-1]:
            return self.known
        # The length of a step is only needed roughly, to refuse what would take minutes to list.
        sample = self.known if len(self.known) > 1 else self._extended(periods=2)
        step = (sample[-1] - sample[0]) // (len(sample) - 1)
        if (last - self.known[-1]) // step > _MOST_LISTED:
            raise ValueError(f"the time stamp {last} is too far after the training series")
        return self._extended(end=pd.Timestamp(last))

    def _extended(self, **until: int | pd.Timestamp) -> np.ndarray:
        if self.offset is None:
            raise ValueError(
                "the training series has a single row whose time index has no frequency, so that "
                f"nothing after {self.known[-1]} can be placed: set one, as in y.asfreq('D')"
            )
        start, unit = pd.Timestamp(self.known[-1]), np.datetime_data(self.known.dtype)[0]
        after = pd.date_range(start, freq=self.offset, unit=unit, **until)[1:]
        return np.concatenate([self.known, after.to_numpy()])


@final
@dataclass(frozen=True)
class _Integers:
    """The dial of integer stamps."""

    dtype: np.dtype | pd.api.extensions.ExtensionDtype
    ranged: bool

    def read(self, index: pd.Index) -> np.ndarray:
        """Stamps as numbers."""
        return index.to_numpy(dtype=np.int64)

    def write(self, ticks: np.ndarray) -> pd.Index:
        """Numbers as stamps, in the training index's dtype where that holds them."""
        bits = 8 * self.dtype.itemsize - (self.dtype.kind == "i")
        fits = bits >= 63 or ticks.max(initial=0) < 2**bits
        return pd.Index(ticks, dtype=self.dtype if fits else np.int64)

    def agrees(self, index: pd.Index, ticks: np.ndarray) -> np.ndarray:
        """Whether each stamp is the one that the number beside it stands for."""
        return self.read(index) == ticks

    def finish(self, index: pd.Index, ticks: np.ndarray) -> pd.Index:
        """`index`, whose numbers are `ticks`, as a RangeIndex if training had one."""
        if not self.ranged or len(index) == 0:
            return index
        step = ticks[1] - ticks[0] if len(ticks) > 1 else 1
        return pd.RangeIndex(ticks[0], ticks[-1] + step, step, name=index.name)


@final
@dataclass(frozen=True)
class _Periods:
    """The dial of periods: their ordinals, which count the base of the frequency (M for 2M)."""

    freq: _Offset

    def read(self, index: pd.PeriodIndex) -> np.ndarray:
        """Stamps as numbers."""
        if index.freq != self.freq:
            raise ValueError(
                f"the periods asked have frequency {index.freqstr!r}, those of the training "
                f"series {self.freq.freqstr!r}"
            )
        return index.asi8

    def write(self, ticks: np.ndarray) -> pd.Index:
        """Numbers as stamps."""
        return pd.PeriodIndex.from_ordinals(ticks, freq=self.freq)

    def agrees(self, index: pd.Index, ticks: np.ndarray) -> np.ndarray:
        """Whether each stamp is the one that the number beside it stands for."""
        return self.read(index) == ticks

    def finish(self, index: pd.Index, ticks: np.ndarray) -> pd.Index:
        """`index` as it is: a PeriodIndex always has its frequency."""
        return index


@final
@dataclass(frozen=True)
class _Clock:
    """The dial of date-time stamps: what a clock shows, local to `tz` or (not `local`) UTC."""

    tz: tzinfo | None
    local: bool
    unit: str
    freq: _Offset | None = field(default=None, compare=False)

    def read(self, index: pd.DatetimeIndex) -> np.ndarray:
        """Stamps as numbers, in microseconds unless training has nanoseconds."""
        unit = "ns" if self.unit == "ns" else "us"
        return self._shown(index).as_unit(unit).to_numpy()

    def write(self, ticks: np.ndarray) -> pd.Index:
        """Numbers as stamps, in the training index's zone and, where that is exact, its unit."""
        index = pd.DatetimeIndex(ticks)
        if self.tz is not None and self.local:
            # As pandas resamples: the first of a repeated hour, and the end of one left out.
            first = np.ones(len(ticks), dtype=bool)
            index = index.tz_localize(self.tz, ambiguous=first, nonexistent="shift_forward")
        elif self.tz is not None:
            index = index.tz_localize("UTC").tz_convert(self.tz)
        coarse = index.as_unit(self.unit)
        return coarse if (coarse == index).all() else index

    def agrees(self, index: pd.Index, ticks: np.ndarray) -> np.ndarray:
        """Whether each stamp is the one that the number beside it stands for."""
        return (index == self.write(ticks)) | (self._shown(index) == pd.DatetimeIndex(ticks))

    def finish(self, index: pd.Index, ticks: np.ndarray) -> pd.Index:
        """`index`, whose numbers are `ticks`, with its frequency where pandas grants it one."""
        if self.freq is None or index.freq == self.freq:
            return index
        if self.tz is not None and self.local:
            # pandas refuses a frequency across a stamp that its zone repeats or leaves out.
            plain = pd.DatetimeIndex(ticks)
            plain = plain.tz_localize(self.tz, ambiguous="NaT", nonexistent="NaT")
            if not (index == plain).all():
                return index
        index.freq = self.freq
        return index

    def _shown(self, index: pd.DatetimeIndex) -> pd.DatetimeIndex:
        if self.tz is None:
            return index
        return index.tz_convert(self.tz).tz_localize(None) if self.local else index.tz_convert(None)


_Dial: TypeAlias = _Integers | _Periods | _Clock
_Steps: TypeAlias = _ConstantSteps | _MonthSteps | _ListedSteps


def is_time_index(index: object) -> bool:
    """Whether the labels of `index` place its rows in time.

    Parameters
    ----------
    index : object
        Usually a pandas index.

    Returns
    -------
    bool
        True for a DatetimeIndex, a PeriodIndex, an object index of dates, datetimes or periods
        only, and an integer index that does not start at 0.

    Examples
    --------
    >>> import pandas as pd
    >>> is_time_index(pd.RangeIndex(1960, 1970)), is_time_index(pd.RangeIndex(10))
    (True, False)
    """
    if not isinstance(index, pd.Index):
        return False
    kind = _kind(index)
    if kind == "integers":
        return len(index) > 0 and (bool(pd.isna(index[0])) or index[0] != 0)
    return kind in ("dates", "periods")


@final
@dataclass(frozen=True, eq=False, repr=False)
class TimeGrid:
    """The regular grid of time stamps of a training series; position 0 is its first row.

    Made by `from_index`; immutable.

    Attributes
    ----------
    has_stamps : bool
        False where the series had no time index, so that its stamps are its positions.
    """

    has_stamps: bool
    _index: pd.Index
    _dial: _Dial
    _steps: _Steps

    @classmethod
    def from_index(cls, index: pd.Index | None, n_timesteps: int) -> TimeGrid:
        """Find the grid on which the rows of a series lie.

        Parameters
        ----------
        index : pd.Index or None
            The index of the series. None, and one that is no time index, mean plain positions.
        n_timesteps : int
            Number of rows of the series.

        Returns
        -------
        TimeGrid
            Its stamps at positions 0 to ``n_timesteps - 1`` are those of `index`.

        Raises
        ------
        ValueError
            If the stamps are missing, duplicated, unsorted or irregular.
        """
        if index is not None and len(index) != n_timesteps:
            raise ValueError(f"the index has {len(index)} rows, the series {n_timesteps}")
        if index is None or not is_time_index(index):
            name = index.name if index is not None and _kind(index) == "integers" else None
            rows = pd.RangeIndex(n_timesteps, name=name)
            steps = _ConstantSteps(np.int64(0), np.int64(1))
            return cls(False, rows, _Integers(rows.dtype, ranged=True), steps)
        stamps = _converted(index)
        _check_order(stamps)
        if isinstance(stamps, pd.DatetimeIndex):
            return cls(True, stamps, *_datetime_grid(stamps))
        return cls(True, stamps, *_counted_grid(stamps))

    def positions(self, index: pd.Index) -> np.ndarray:
        """Place stamps on the grid.

        Parameters
        ----------
        index : pd.Index
            Stamps in any order, possibly repeated, inside the training series or after it.

        Returns
        -------
        ndarray of int64, shape (len(index),)
            The position of every stamp.

        Raises
        ------
        ValueError
            If a stamp is missing, is off the grid, lies before the start or too far after the
            end, or is of another kind, frequency or zone than the grid's.
        """
        if len(index) == 0:
            return np.empty(0, dtype=np.int64)
        self._check_kind(index)
        asked = _converted(index)
        _refuse_missing(asked)
        if len(self._index) == 0 and self.has_stamps:
            raise ValueError("the training series is empty, so that no time stamp has a place")
        ticks = self._dial.read(asked)
        positions, nearest = self._steps.locate(ticks)
        before = positions < 0
        if len(self._index):
            before |= ticks < self._dial.read(self._index[:1])
        wrong = before | ~self._dial.agrees(asked, nearest)
        if wrong.any():
            row = int(wrong.argmax())
            if before[row]:
                reason = f"before the start of the training series, {self.stamps(0, 1)[0]}"
            else:
                last = self._dial.write(nearest[row : row + 1])[0]
                reason = (
                    f"off the grid of the training series, whose last stamp before it is {last}"
                )
            raise ValueError(f"the time stamp {asked[row]} (row {row}) lies {reason}")
        return positions.astype(np.int64)

    def stamps(self, start: int, stop: int) -> pd.Index:
        """Write positions as stamps, beyond the end of the training series too.

        Parameters
        ----------
        start, stop : int
            The positions ``start`` to ``stop - 1``; ``0 <= start <= stop``.

        Returns
        -------
        pd.Index
            The training index continued: same kind, name, zone and frequency.

        Raises
        ------
        ValueError
            If the positions are no range, or pandas has no stamps there.
        """
        if not 0 <= start <= stop:
            raise ValueError(f"start={start} and stop={stop} are no range of positions")
        rows = self._index[start:stop]
        if start == stop:
            return rows
        if len(self._index) == 0 and self.has_stamps:
            raise ValueError("the training series is empty, so that no position has a time stamp")
        positions = np.arange(start, stop)
        ticks = self._steps.at(positions)
        # Numbers past 64 bits wrap around silently.
        if ticks[0] < self._steps.at(np.zeros(1, dtype=np.int64))[0] or not np.array_equal(
            self._steps.locate(ticks)[0], positions
        ):
            raise ValueError(f"position {stop - 1} lies beyond the stamps of {self._index.dtype}")
        if len(rows) < stop - start:
            after = self._dial.write(ticks[len(rows) :]).rename(self._index.name)
            rows = rows.append(after) if len(rows) else after
        return self._dial.finish(rows, ticks)

    def __eq__(self, other: object) -> bool:
        """Whether two grids come from series with the same stamps and go on in the same way."""
        if not isinstance(other, TimeGrid):
            return NotImplemented
        return (
            self.has_stamps == other.has_stamps
            and _kind(self._index) == _kind(other._index)
            and _zone(self._index) == _zone(other._index)
            and self._steps == other._steps
            and len(self._index) == len(other._index)
            and bool((self._index == other._index).all())
        )

    def __hash__(self) -> int:
        """Hash what equal grids share whatever their resolution."""
        return hash((self.has_stamps, _kind(self._index), len(self._index)))

    def __repr__(self) -> str:
        """Name the ends of the training series."""
        n_timesteps = len(self._index)
        ends = f", {self._index[0]} to {self._index[-1]}" if n_timesteps else ""
        return f"TimeGrid({n_timesteps} {_kind(self._index)}{ends})"

    def _check_kind(self, index: pd.Index) -> None:
        kind, expected = _kind(index), _kind(self._index)
        if kind != expected:
            had = f"stamps that are {expected}" if self.has_stamps else "no time index"
            raise ValueError(
                f"the training series had {had}, so that the {kind} asked (first: {index[0]}) "
                "have no place in it"
            )
        if kind == "dates" and (_zone(index) is None) != (_zone(self._index) is None):
            raise ValueError(
                f"the time stamps asked (first: {index[0]}) have time zone {_zone(index)}, those "
                f"of the training series {_zone(self._index)}: use tz_localize or tz_convert"
            )


def _kind(index: pd.Index) -> str:
    if index.nlevels > 1:
        return "labels"
    if is_datetime64_any_dtype(index.dtype):
        return "dates"
    if is_integer_dtype(index.dtype):
        return "integers"
    kinds = {"datetime": "dates", "datetime64": "dates", "date": "dates", "period": "periods"}
    return kinds.get(infer_dtype(index, skipna=True), "labels")


def _zone(index: pd.Index) -> str | None:
    stamps = _converted(index)
    return None if not isinstance(stamps, pd.DatetimeIndex) or stamps.tz is None else str(stamps.tz)


def _converted(index: pd.Index) -> pd.Index:
    """`index`, its objects (or Arrow values) turned into stamps."""
    kind = _kind(index)
    if kind == "dates" and not isinstance(index, pd.DatetimeIndex):
        try:
            return pd.DatetimeIndex(index)
        except ValueError as error:
            raise ValueError(
                f"the time index holds stamps that pandas cannot join: {error}; convert it, as in "
                "pd.to_datetime(index, utc=True).tz_convert('Europe/Berlin')"
            ) from error
    if kind == "periods" and not isinstance(index, pd.PeriodIndex):
        return pd.PeriodIndex(index)
    return index


def _refuse_missing(index: pd.Index) -> None:
    missing = index.isna()
    if missing.any():
        raise ValueError(
            f"the time index has a missing stamp (NaT or NA) in row {missing.argmax()}"
        )


def _check_order(index: pd.Index) -> None:
    _refuse_missing(index)
    repeated = index.duplicated()
    if repeated.any():
        row = int(repeated.argmax())
        raise ValueError(
            f"the time index has a duplicated stamp, {index[row]} in row {row}: keep one, as in "
            f"y.groupby(level=0).mean().{_advice(index)}"
        )
    if not index.is_monotonic_increasing:
        row = int((index[1:] < index[:-1]).argmax()) + 1
        raise ValueError(
            f"the time index is not monotonic, {index[row]} in row {row} comes after "
            f"{index[row - 1]}: sort it with y.sort_index()"
        )


def _advice(index: pd.Index) -> str:
    """What may have happened where a naive index within days has gaps or repeats."""
    naive = isinstance(index, pd.DatetimeIndex) and index.tz is None
    return _ADVICE if naive and not (index == index.normalize()).all() else ""


def _fits(dial: _Dial, steps: _Steps, index: pd.Index) -> bool:
    positions, ticks = steps.locate(dial.read(index))
    in_order = np.array_equal(positions, np.arange(len(index)))
    return in_order and bool(dial.agrees(index, ticks).all())


def _counted_grid(index: pd.Index) -> tuple[_Dial, _Steps]:
    """The grid of integers or periods: any constant step."""
    dial: _Dial
    if isinstance(index, pd.PeriodIndex):
        dial, step = _Periods(index.freq), index.freq.n
    else:
        dial, step = _Integers(index.dtype, isinstance(index, pd.RangeIndex)), 1
    ticks = dial.read(index)
    if len(ticks) > 1:
        step = np.gcd.reduce(np.diff(ticks))
    steps = _ConstantSteps(ticks[0] if len(ticks) else np.int64(0), np.int64(step))
    if not _fits(dial, steps, index):
        every = dial.write(steps.start + steps.step * np.arange(2))
        if isinstance(dial, _Periods):
            full = f"pd.period_range('{index[0]}', '{index[-1]}', freq={dial.freq.freqstr!r})"
        else:
            full = f"range({index[0]}, {index[-1] + int(step)}, {every[1] - every[0]})"
        raise _irregular(index, [(dial, steps, f"y.reindex({full})")])
    return dial, steps


def _datetime_grid(index: pd.DatetimeIndex) -> tuple[_Dial, _Steps]:
    """The grid of date-time stamps: that of their frequency, else the first guess that fits."""
    if len(index) and index.freq is not None and index.freq.n > 0:
        clock, steps = _meaning(index, index.freq)
        # A frequency can be wrong: pandas 2 keeps Day when UTC days are converted to a zone.
        if _fits(clock, steps, index):
            return replace(clock, freq=_label(clock, steps, index.freq)), steps
    if len(index) < 2:
        clock = _Clock(index.tz, True, index.unit)
        return clock, _ListedSteps(clock.read(index), None)
    for clock, steps in _guesses(index):
        if _fits(clock, steps, index):
            return replace(clock, freq=_label(clock, steps, None)), steps
    raise _irregular(index, _fillings(index))


def _meaning(index: pd.DatetimeIndex, offset: _Offset) -> tuple[_Clock, _Steps]:
    """The steps of a pandas offset from the first stamp of `index`, and the clock they go by."""
    local = _Clock(index.tz, True, index.unit)
    ticks = local.read(index)
    months, span = _months(offset), _span(offset)
    if months:
        day = 31 if type(offset) in _MONTH_ENDS else int(_days(ticks).max())
        return local, _MonthSteps(_anchor(ticks), months, day)
    if span is None:
        unit = np.datetime_data(ticks.dtype)[0]
        listed = pd.date_range(pd.Timestamp(ticks[0]), periods=len(ticks), freq=offset, unit=unit)
        return local, _ListedSteps(listed.to_numpy(), offset)
    if np.datetime_data(span.dtype)[0] == "D":
        return local, _ConstantSteps(_anchor(ticks), span)
    utc = replace(local, local=False)
    return utc, _ConstantSteps(utc.read(index)[0], span)


def _months(offset: _Offset) -> int:
    """How many whole months an offset spans; 0 where it is of another sort."""
    if type(offset) is pd.DateOffset and offset.kwds and offset.kwds.keys() <= {"months", "years"}:
        return offset.n * (offset.kwds.get("months", 0) + 12 * offset.kwds.get("years", 0))
    return offset.n * (_MONTH_STARTS | _MONTH_ENDS).get(type(offset), 0)


def _span(offset: _Offset) -> np.timedelta64 | None:
    """The constant time an offset spans: days of a local calendar, or a shorter unit of time."""
    if isinstance(offset, pd.offsets.Day | pd.offsets.Week):  # before Tick: Day is one in pandas 2
        return np.timedelta64(offset.n * (7 if isinstance(offset, pd.offsets.Week) else 1), "D")
    if isinstance(offset, pd.offsets.Tick):
        # Nanoseconds would bound the years; they are needed for steps of nanoseconds only.
        nanos = offset.nanos
        return np.timedelta64(nanos, "ns") if nanos % 1000 else np.timedelta64(nanos // 1000, "us")
    kwds = offset.kwds if type(offset) is pd.DateOffset else {}
    if kwds and kwds.keys() <= {"weeks", "days"}:
        return np.timedelta64(offset.n * pd.Timedelta(**kwds).days, "D")
    if kwds and kwds.keys() <= _CLOCK_TIMES:
        return _span(pd.offsets.Nano(offset.n * pd.Timedelta(**kwds).value))
    return None


def _days(ticks: np.ndarray) -> np.ndarray:
    """Days of the month, from 1."""
    return (ticks.astype("M8[D]") - ticks.astype("M8[M]")).astype(np.int64) + 1


def _anchor(ticks: np.ndarray) -> np.datetime64:
    """The first date at the earliest time of day: midnight, where a zone leaves one out."""
    dates = ticks.astype("M8[D]")
    return dates[0] + (ticks - dates).min()


def _guesses(index: pd.DatetimeIndex) -> Iterator[tuple[_Clock, _Steps]]:
    """Grids that two or more stamps may lie on, with the smallest step found between them."""
    local = _Clock(index.tz, True, index.unit)
    ticks = local.read(index)
    dates, days = ticks.astype("M8[D]"), _days(ticks)
    month_ends = bool((_days(dates + 1) == 1).all())
    months = int(np.diff(dates.astype("M8[M]").astype(np.int64)).min())
    # Two stamps on different days of the month tell nothing of months, but at the ends of two.
    if months > 0 and (month_ends or len(ticks) > 2 or days[0] == days[1]):
        day = 31 if month_ends else int(days.max())
        yield local, _MonthSteps(_anchor(ticks), months, day)
    if (step := np.diff(dates).min()) > np.timedelta64(0, "D"):
        yield local, _ConstantSteps(_anchor(ticks), step)
    utc = replace(local, local=False)
    times = utc.read(index)
    yield utc, _ConstantSteps(times[0], np.diff(times).min())
    # Unlike infer_freq, this neither warns in pandas 3.1 nor answers with names that change.
    offset = pd.DatetimeIndex(ticks, freq="infer").freq
    if offset is not None:
        yield _meaning(index, offset)


def _label(clock: _Clock, steps: _Steps, given: _Offset | None) -> _Offset | None:
    """The pandas frequency of a grid: the one given, else the most usual; None where none is."""
    if isinstance(steps, _ListedSteps):
        return steps.offset
    if isinstance(steps, _MonthSteps):
        usual = given or pd.DatetimeIndex(steps.at(np.arange(3)), freq="infer").freq
        if (
            usual is not None
            and _months(usual) == steps.months
            and type(usual) is not pd.DateOffset
        ):
            return usual
        # pandas goes on from the shorter month's day, so that its grid drifts away from ours.
        return pd.DateOffset(months=steps.months) if steps.day <= 28 else None
    if given is not None:
        return given
    hours, rest = divmod(steps.step, np.timedelta64(1, "h"))
    if rest or hours % 24:
        return pd.tseries.frequencies.to_offset(pd.Timedelta(steps.step))
    if clock.tz is not None and not clock.local:
        return pd.offsets.Hour(int(hours))
    weeks, days = divmod(int(hours) // 24, 7)
    if days:
        return pd.offsets.Day(7 * weeks + days)
    return pd.offsets.Week(weeks, weekday=pd.Timestamp(steps.start).weekday())


def _fillings(index: pd.DatetimeIndex) -> Iterator[tuple[_Dial, _Steps, str]]:
    """Grids that irregular stamps may lie on with gaps, and the code that fills them in."""
    business = pd.offsets.BDay()
    candidates = list(_guesses(index))
    if (index.dayofweek < 5).all():
        clock, steps = _meaning(index[:1], business)
        candidates.append((clock, steps))
    for clock, steps in candidates:
        label = _label(clock, steps, None)
        if label is not None:
            code = "pd." + repr(label)[1:-1] if type(label) is pd.DateOffset else label.freqstr
            yield clock, steps, f"y.asfreq({code!r})"


def _irregular(index: pd.Index, fillings: Iterable[tuple[_Dial, _Steps, str]]) -> ValueError:
    """The error for irregular stamps; it names the first gap and what fills it.

    Of the grids that all stamps lie on it takes the one with the fewest gaps.
    """
    found = []
    for dial, steps, code in fillings:
        positions, ticks = steps.locate(dial.read(index))
        if dial.agrees(index, ticks).all():
            found.append((positions[-1], int((np.diff(positions) > 1).argmax()), code))
    if found:
        _, row, code = min(found)
        cure = f"{code} puts NaN, which is accepted as missing, into the gaps."
    else:
        steps_between = pd.Series(index[1:] - index[:-1])
        row = int((steps_between != steps_between.mode()[0]).argmax())
        cure = "Put it on a grid, as in y.resample('D').mean() or y.asfreq('D'): NaN is accepted."
    return ValueError(
        f"the time index is irregular: {index[row]} is followed by {index[row + 1]} (row "
        f"{row + 1}). {cure}{_advice(index)}"
    )
