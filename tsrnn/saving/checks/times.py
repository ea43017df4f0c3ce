"""What places in time must hold: grids of one series, and of many."""

from __future__ import annotations

import datetime
from contextlib import suppress

import numpy as np
import pandas as pd
from pandas.api.types import is_integer_dtype

from tsrnn._time.grid import TimeGrid
from tsrnn._time.panel_grid import PanelGrid
from tsrnn._time.panel_steps import BusinessSteps, EvenSteps, ListedSteps, MonthSteps, OwnSteps
from tsrnn._time.stamps import Dates, Periods, WholeNumbers
from tsrnn._time.steps import (
    BEYOND,
    ConstantSteps,
    Counts,
    _Clock,
    _ListedSteps,
    _MonthSteps,
)
from tsrnn.exceptions import BeyondStampsError
from tsrnn.saving.checks import fields
from tsrnn.saving.checks.fields import INT, require

_UNITS = ("s", "ms", "us", "ns")
_OFFSET = pd.tseries.offsets.BaseOffset
_STEPS = (BusinessSteps, EvenSteps, ListedSteps, MonthSteps, OwnSteps)
DIALS = (Dates, Periods, WholeNumbers)


def check_constant(one: ConstantSteps) -> None:
    """Check equal steps of integers or of times."""
    fields.kind(one.start, "start", np.int64, np.datetime64)
    is_time = isinstance(one.start, np.datetime64)
    fields.kind(one.step, "step", np.timedelta64 if is_time else np.int64)
    require(one.step > one.step * 0, "step must be positive")
    require(not pd.isna(one.start), "start must not be missing")


def check_months(one: _MonthSteps) -> None:
    """Check steps of months."""
    fields.kind(one.start, "start", np.datetime64)
    require(not pd.isna(one.start), "start must not be missing")
    fields.whole(one.months, "months", 1, 10**6)
    fields.whole(one.day, "day", 1, 31)


def check_listed(one: _ListedSteps) -> None:
    """Check listed steps."""
    fields.kind(one.known, "known", np.ndarray)
    is_list = one.known.dtype.kind == "M" and one.known.ndim == 1 and one.known.size > 0
    require(is_list, "known must be dates")
    require(not pd.isna(one.known).any(), "known must not lack dates")
    require((np.diff(one.known) > np.timedelta64(0, "s")).all(), "known must increase")
    if one.offset is not None:
        fields.kind(one.offset, "offset", _OFFSET)


def check_counts(one: Counts) -> None:
    """Check the codec of integers, periods and durations."""
    pattern = fields.labels(one.pattern, "pattern")
    is_one = isinstance(pattern, pd.PeriodIndex | pd.TimedeltaIndex)
    is_one = is_one or is_integer_dtype(pattern.dtype)
    require(is_one, "pattern must be of integers, periods or durations")


def check_clock(one: _Clock) -> None:
    """Check the codec of one series' dates."""
    fields.choice(one.unit, "unit", _UNITS)
    fields.flag(one.local, "local")
    if one.tz is not None:
        fields.kind(one.tz, "tz", datetime.tzinfo)
    if one.freq is not None:
        fields.kind(one.freq, "freq", _OFFSET)


def check_grid(one: TimeGrid) -> None:
    """Check that the stamps of a series are what its steps say."""
    fields.flag(one.has_stamps, "has_stamps")
    index = fields.labels(one._index, "index")
    codec = fields.kind(one._codec, "codec", Counts, _Clock)
    steps = fields.kind(one._steps, "steps", ConstantSteps, _MonthSteps, _ListedSteps)
    is_dated = isinstance(index, pd.DatetimeIndex)
    require(isinstance(codec, _Clock) == is_dated, "the codec must be of the kind of the index")
    if is_dated:
        is_one = isinstance(steps, ConstantSteps) and isinstance(steps.start, np.int64)
        require(not is_one, "the steps must be of the kind of the index")
        require(str(codec.tz) == str(index.tz), "the codec must be of the zone of the index")
    else:
        is_one = isinstance(steps, ConstantSteps) and isinstance(steps.start, np.int64)
        require(is_one, "the steps must be of the kind of the index")
        require(type(codec.pattern) is type(index), "the codec must be of the kind of the index")
    if not one.has_stamps:
        require(isinstance(index, pd.RangeIndex), "rows without stamps are a range")
        require(index.start == 0 and index.step == 1, "rows without stamps are from 0")
    if len(index):
        positions, ordinals = steps.locate(codec.read(index))
        require(np.array_equal(positions, np.arange(len(index))), "the stamps must be on the grid")
        require(codec.agrees(index, ordinals).all(), "the stamps must be on the grid")
        one.stamps(0, len(index))
        # And that it goes on, where it can: not a single row, whose steps nobody knows, nor beyond
        # the last stamp that there is.
        if getattr(steps, "offset", steps) is not None:
            with suppress(BeyondStampsError):
                one.stamps(len(index), len(index) + 3)


def _check_members(one: object, *names: str) -> int:
    n = fields.array(getattr(one, names[0]), names[0], INT, None).size
    for name in names[1:]:
        fields.array(getattr(one, name), name, INT, n)
    return n


def check_even(one: EvenSteps) -> None:
    """Check equal steps of series."""
    _check_members(one, "last", "step")
    require((one.step > 0).all(), "step must be positive")
    fields.flag(one.local, "local")


def check_month_steps(one: MonthSteps) -> None:
    """Check steps of months of series."""
    _check_members(one, "last", "months", "day", "clock")
    require((one.months > 0).all() and (one.months < 10**6).all(), "months must be positive")
    require(((one.day >= 1) & (one.day <= 31)).all(), "day must be one of a month")
    require((np.abs(one.last) < 10**12).all(), "last must be a month")
    _check_clock_time(one)


def check_business(one: BusinessSteps) -> None:
    """Check steps of weekdays."""
    _check_members(one, "last", "clock")
    _check_clock_time(one)


def _check_clock_time(one: MonthSteps | BusinessSteps) -> None:
    per_day = fields.whole(one.per_day, "per_day", 1)
    require(per_day in {Dates(unit, None).per_day for unit in _UNITS}, "per_day must be of a unit")
    require(((one.clock >= 0) & (one.clock < per_day)).all(), "clock must be a time of a day")
    fields.flag(one.local, "local")


def check_listed_steps(one: ListedSteps) -> None:
    """Check listed steps of series."""
    known = fields.array(one.known, "known", INT, None)
    require(known.size and (np.diff(known) > 0).all(), "known must increase")
    fields.array(one.position, "position", INT, None)
    within = (one.position >= 0) & (one.position < known.size)
    require(within.all(), "position must be within what is known")
    fields.kind(one.offset, "offset", _OFFSET)
    fields.choice(one.unit, "unit", _UNITS)
    fields.flag(one.local, "local")
    with suppress(*BEYOND):
        longer = one._extended(3)
        goes_on = len(longer) == known.size + 3 and (np.diff(longer) > 0).all()
        require(goes_on, "offset must go on from what is known")


def check_own(one: OwnSteps) -> None:
    """Check a grid for each series."""
    fields.tuple_of(one.grids, "grids", TimeGrid)
    fields.array(one.n_seen, "n_seen", INT, len(one.grids))
    fields.choice(one.unit, "unit", _UNITS)
    fields.flag(one.local, "local")
    require(not one.local, "grids of their own are of instants")
    if one.tz is not None:
        fields.kind(one.tz, "tz", datetime.tzinfo)
    for grid, n in zip(one.grids, one.n_seen, strict=True):
        require(n >= len(grid._index), "n_seen must not be less than a grid has")
        zone = getattr(grid._index, "tz", None)
        is_one = isinstance(grid._index, pd.DatetimeIndex) and str(zone) == str(one.tz)
        require(is_one, "grids must be of dates, in the same zone")


def check_whole_numbers(one: WholeNumbers) -> None:
    """Check the codec of integers of a panel."""
    require(is_integer_dtype(one.dtype), "dtype must be of integers")
    one.write(np.zeros(1, dtype=np.int64))


def check_periods(one: Periods) -> None:
    """Check the codec of periods of a panel."""
    fields.kind(one.freq, "freq", _OFFSET)
    one.write(np.zeros(1, dtype=np.int64))


def check_dates(one: Dates) -> None:
    """Check the codec of dates of a panel."""
    fields.choice(one.unit, "unit", _UNITS)
    if one.tz is not None:
        fields.kind(one.tz, "tz", datetime.tzinfo)
    one.write(np.zeros(1, dtype=np.int64))


def check_panel_grid(one: PanelGrid) -> None:
    """Check that every series is a member of a group, and that groups are of the codec."""
    codec = fields.kind(one.codec, "codec", *DIALS)
    groups = fields.tuple_of(one.groups, "groups", *_STEPS)
    group = fields.array(one.group, "group", INT, None)
    member = fields.array(one.member, "member", INT, group.size)
    n_members = [_n_members(steps) for steps in groups]
    for i, n in enumerate(n_members):
        is_all = np.array_equal(member[group == i], np.arange(n))
        require(is_all, "groups must hold all series, one by one")
    require(sum(n_members) == group.size, "groups must hold all series")
    for steps in groups:
        _check_pace(steps, codec)


def _n_members(steps: object) -> int:
    if isinstance(steps, OwnSteps):
        return len(steps.grids)
    return len(steps.position if isinstance(steps, ListedSteps) else steps.last)


def _check_pace(steps: object, codec: object) -> None:
    if not isinstance(codec, Dates):
        require(isinstance(steps, EvenSteps), "what is no date goes on by even steps")
    elif isinstance(steps, MonthSteps | BusinessSteps):
        require(steps.per_day == codec.per_day, "steps must be in the unit of the codec")
    elif isinstance(steps, ListedSteps | OwnSteps):
        require(steps.unit == codec.unit, "steps must be in the unit of the codec")
        if isinstance(steps, OwnSteps):
            require(str(steps.tz) == str(codec.tz), "steps must be in the zone of the codec")


CHECKS = {
    BusinessSteps: check_business,
    ConstantSteps: check_constant,
    Counts: check_counts,
    Dates: check_dates,
    EvenSteps: check_even,
    ListedSteps: check_listed_steps,
    MonthSteps: check_month_steps,
    OwnSteps: check_own,
    PanelGrid: check_panel_grid,
    Periods: check_periods,
    TimeGrid: check_grid,
    WholeNumbers: check_whole_numbers,
    _Clock: check_clock,
    _ListedSteps: check_listed,
    _MonthSteps: check_months,
}
