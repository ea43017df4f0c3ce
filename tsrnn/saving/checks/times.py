"""Rules for places in time: grids of one series, and of many."""

from __future__ import annotations

import datetime
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_integer_dtype

from tsrnn._time.grid import TimeGrid
from tsrnn._time.panel_grid import PanelGrid
from tsrnn._time.stamps import Dates, Durations, Periods, WholeNumbers, codec_of
from tsrnn._time.steps import (
    BEYOND,
    BusinessSteps,
    EvenSteps,
    ListedSteps,
    MonthSteps,
    Steps,
)
from tsrnn.exceptions import BeyondStampsError
from tsrnn.saving.checks import fields
from tsrnn.saving.checks.fields import INT, require

UNITS = ("s", "ms", "us", "ns")
_OFFSET = pd.tseries.offsets.BaseOffset
_STEPS = (BusinessSteps, EvenSteps, ListedSteps, MonthSteps)
CODECS = (Dates, Periods, WholeNumbers)  # of panels


def check_grid(one: TimeGrid) -> None:
    """Check that the stamps of a series are what its steps say."""
    fields.flag(one.has_stamps, "has_stamps")
    index = fields.labels(one.index, "index")
    grid = fields.kind(one.grid, "grid", PanelGrid)
    require(grid.group.size == 1, "the grid must be of one series")
    (steps,), codec = grid.groups, grid.codec
    wanted: Any = codec_of(index)
    require(type(codec) is type(wanted), "the codec must be of the kind of the index")
    if isinstance(codec, Dates):
        require(str(codec.tz) == str(index.tz), "the codec must be of the zone of the index")
    if isinstance(codec, Dates | Durations):
        require(codec.unit in (wanted.unit, "ns"), "the codec must be of the unit of the index")
    else:
        require(codec == wanted, "the codec must be of the type of the index")
    if one.freq is not None:
        fields.kind(one.freq, "freq", _OFFSET)
    if not one.has_stamps:
        require(isinstance(index, pd.RangeIndex), "rows without stamps are a range")
        require(index.start == 0 and index.step == 1, "rows without stamps are from 0")
    if len(index):
        ordinals = codec.read(index)
        positions, on_grid = grid.places(np.zeros_like(ordinals), ordinals)
        require(on_grid.all(), "the stamps must be on the grid")
        require(np.array_equal(positions, np.arange(len(index))), "the stamps must be on the grid")
        one.stamps(0, len(index))
        # And that it goes on, where it can: not a single row, whose steps nobody knows, nor beyond
        # the last stamp that there is.
        if goes_on(steps):
            with suppress(BeyondStampsError):
                one.stamps(len(index), len(index) + 3)


def goes_on(steps: Steps) -> bool:
    """Tell whether anything is known of what follows: not of a single stamp without a frequency."""
    return not isinstance(steps, ListedSteps) or steps.offset is not None


def _check_members(one: object, *names: str) -> int:
    n = fields.array(getattr(one, names[0]), names[0], INT, None).size
    for name in names[1:]:
        fields.array(getattr(one, name), name, INT, n)
    return n


def check_even(one: EvenSteps) -> None:
    """Check equal steps of series."""
    _check_members(one, "origin", "step")
    require((one.step > 0).all(), "step must be positive")
    fields.flag(one.local, "local")


def check_month_steps(one: MonthSteps) -> None:
    """Check steps of months of series."""
    _check_members(one, "origin", "months", "day", "clock")
    require((one.months > 0).all() and (one.months < 10**6).all(), "months must be positive")
    require(((one.day >= 1) & (one.day <= 31)).all(), "day must be one of a month")
    require((np.abs(one.origin) < 10**12).all(), "origin must be a month")
    _check_clock_time(one)


def check_business(one: BusinessSteps) -> None:
    """Check steps of weekdays."""
    _check_members(one, "origin", "clock")
    _check_clock_time(one)


def _check_clock_time(one: MonthSteps | BusinessSteps) -> None:
    per_day = fields.whole(one.per_day, "per_day", 1)
    require(per_day in {Dates(unit, None).per_day for unit in UNITS}, "per_day must be of a unit")
    require(((one.clock >= 0) & (one.clock < per_day)).all(), "clock must be a time of a day")
    fields.flag(one.local, "local")


def check_listed_steps(one: ListedSteps) -> None:
    """Check listed steps of series."""
    known = fields.array(one.known, "known", INT, None)
    require(known.size and (np.diff(known) > 0).all(), "known must increase")
    fields.array(one.origin, "origin", INT, None)
    within = (one.origin >= 0) & (one.origin < known.size)
    require(within.all(), "origin must be within what is known")
    fields.choice(one.unit, "unit", UNITS)
    fields.flag(one.local, "local")
    if one.offset is None:
        require(known.size == 1, "stamps without an offset are one")
        return
    fields.kind(one.offset, "offset", _OFFSET)
    with suppress(*BEYOND):
        three = one.following(known[-1], periods=4)
        require(three.size == 3, "offset must go on from what is known")
        require((np.diff(three, prepend=known[-1]) > 0).all(), "offset must go forward")


def check_whole_numbers(one: WholeNumbers) -> None:
    """Check the codec of integers."""
    require(is_integer_dtype(one.dtype), "dtype must be of integers")
    one.write(np.zeros(1, dtype=np.int64))


def check_periods(one: Periods) -> None:
    """Check the codec of periods."""
    fields.kind(one.freq, "freq", _OFFSET)
    one.write(np.zeros(1, dtype=np.int64))


def check_durations(one: Durations) -> None:
    """Check the codec of durations."""
    fields.choice(one.unit, "unit", UNITS)


def check_dates(one: Dates) -> None:
    """Check the codec of dates."""
    fields.choice(one.unit, "unit", UNITS)
    if one.tz is not None:
        fields.kind(one.tz, "tz", datetime.tzinfo)
    one.write(np.zeros(1, dtype=np.int64))


def check_panel_grid(one: PanelGrid) -> None:
    """Check that every series is a member of a group, and that groups are of the codec."""
    codec = fields.kind(one.codec, "codec", *CODECS, Durations)
    groups = fields.tuple_of(one.groups, "groups", *_STEPS)
    group = fields.array(one.group, "group", INT, None)
    member = fields.array(one.member, "member", INT, group.size)
    n_members = [len(steps.origin) for steps in groups]
    for i, n in enumerate(n_members):
        is_all = np.array_equal(member[group == i], np.arange(n))
        require(is_all, "groups must hold all series, one by one")
    require(sum(n_members) == group.size, "groups must hold all series")
    for steps in groups:
        _check_pace(steps, codec)


def _check_pace(steps: object, codec: object) -> None:
    if not isinstance(codec, Dates):
        require(isinstance(steps, EvenSteps), "what is no date goes on by even steps")
    elif isinstance(steps, MonthSteps | BusinessSteps):
        require(steps.per_day == codec.per_day, "steps must be in the unit of the codec")
    elif isinstance(steps, ListedSteps):
        require(steps.unit == codec.unit, "steps must be in the unit of the codec")


CHECKS: dict[Any, Any] = {
    BusinessSteps: check_business,
    Dates: check_dates,
    Durations: check_durations,
    EvenSteps: check_even,
    ListedSteps: check_listed_steps,
    MonthSteps: check_month_steps,
    PanelGrid: check_panel_grid,
    Periods: check_periods,
    TimeGrid: check_grid,
    WholeNumbers: check_whole_numbers,
}
