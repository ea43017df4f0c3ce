"""Regular steps counted from the first stamps of series, whether or not there is a row for each.

What `tsrnn._time.panel_search` tries fits only series without gaps, and is counted from their ends.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tsrnn._time.freq import (
    MONTHS,
    as_offset,
    counted_step,
    days_of,
    month_of_year,
    time_step,
)
from tsrnn._time.panel_search import month_days, of_series
from tsrnn._time.stamps import Dates, StampCodec
from tsrnn._time.steps import (
    BusinessSteps,
    EvenSteps,
    ListedSteps,
    MonthSteps,
    Steps,
    business_days,
    months_of,
)

# What a rhythm counts: integers or periods; months; days, or business days, of a clock in the time
# zone; times that pass.
COUNTS, MONTHS_LONG, DAYS, BUSINESS_DAYS, TIMES = range(5)


@dataclass(frozen=True)
class Rhythm:
    """The steps of some series, wherever they begin: so many of a kind of unit each.

    Attributes
    ----------
    kind : (n_series,) int array
        -1 for none of these.
    length : (n_series,) int64 array
        Ordinals in days and times.
    """

    kind: np.ndarray
    length: np.ndarray

    def take(self, series: np.ndarray) -> Rhythm:
        """Keep some series."""
        return Rhythm(self.kind[series], self.length[series])

    def is_as(self, kind: int, length: int) -> np.ndarray:
        """Tell which series go on like this, (n_series,)."""
        return (self.kind == kind) & (self.length == length)


def rhythm_of(steps: Steps, codec: StampCodec) -> tuple[int, np.ndarray | int]:
    """Return kind and lengths of the steps of some series."""
    if isinstance(steps, MonthSteps):
        return MONTHS_LONG, steps.months
    if isinstance(steps, BusinessSteps):
        return BUSINESS_DAYS, 1
    if not isinstance(steps, EvenSteps):
        return -1, 0
    if not isinstance(codec, Dates):
        return COUNTS, steps.step
    return DAYS if steps.local else TIMES, steps.step


def steps_from_first(
    rhythm: Rhythm, ordinals: np.ndarray, offsets: np.ndarray, codec: StampCodec
) -> list[tuple[np.ndarray, Steps]]:
    """Count the steps of series from their first stamps: parts of series, and how these go on."""
    shown = codec.shown(ordinals) if isinstance(codec, Dates) else ordinals
    parts = []
    for kind in np.unique(rhythm.kind[rhythm.kind >= 0]).tolist():
        series = np.flatnonzero(rhythm.kind == kind)
        local = kind != TIMES
        rows, starts = of_series(shown if local else ordinals, offsets, series)
        length = rhythm.length[series]
        steps: Steps = EvenSteps(rows[starts[:-1]], length, local)
        if isinstance(codec, Dates) and kind not in (COUNTS, TIMES):
            steps = _from_first_day(kind, length, rows, starts, codec.per_day)
        parts.append((series, steps))
    return parts


def _from_first_day(
    kind: int, length: np.ndarray, shown: np.ndarray, offsets: np.ndarray, per_day: int
) -> Steps:
    if kind == MONTHS_LONG:
        found = month_days(shown, offsets, per_day)
        first = found.months[offsets[:-1]]
        return MonthSteps(first, length, found.day, found.clock, per_day)
    day, clock = _first_day(shown, offsets, per_day)
    if kind == BUSINESS_DAYS:
        return BusinessSteps(business_days(day), clock, per_day)
    return EvenSteps(day * per_day + clock, length)


def _first_day(
    shown: np.ndarray, offsets: np.ndarray, per_day: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the first day of series, and the time of day of their stamps.

    The earliest: where daylight saving leaves midnight out, a day begins at one.
    """
    days = shown // per_day
    clock = np.minimum.reduceat(shown - days * per_day, offsets[:-1])
    return days[offsets[:-1]], clock


def named_steps(
    ordinals: np.ndarray, offsets: np.ndarray, codec: StampCodec, freq: object
) -> tuple[np.ndarray, Steps]:
    """Count steps of the frequency that the user named from the first stamps of series.

    Returns
    -------
    fits : (n_series,) bool array
        False where the first stamp cannot be one of the frequency, such as a week's weekday.
    steps : Steps
        Whether the stamps lie on these is not looked at.

    Raises
    ------
    InvalidParameterError
        If it is no frequency for stamps of this kind.
    """
    first = ordinals[offsets[:-1]]
    everywhere = np.ones(len(first), dtype=bool)
    if not isinstance(codec, Dates):
        return everywhere, EvenSteps(first, np.full(len(first), counted_step(codec, freq)))
    offset, per_day = as_offset(freq), codec.per_day
    if (of_time := time_step(offset, per_day)) is not None:
        step, is_exact = of_time
        return everywhere & is_exact, EvenSteps(first, np.full(len(first), step), local=False)
    shown = codec.shown(ordinals)
    day, clock = _first_day(shown, offsets, per_day)
    if type(offset) in MONTHS:
        count, goal = MONTHS[type(offset)]
        months = months_of(day)[0]
        fits = everywhere
        if count > 1:  # quarters and years begin in a month of their own
            fits = (months + 1 - month_of_year(offset)) % count == 0
        whole = np.ones_like(months)
        steps = MonthSteps(months, count * offset.n * whole, goal * whole, clock, per_day)
        return fits, steps
    if isinstance(offset, pd.offsets.Day | pd.offsets.Week):
        fits, length = everywhere, days_of(offset) * per_day
        if isinstance(offset, pd.offsets.Week) and offset.weekday is not None:
            fits = (day + 3) % 7 == offset.weekday
        return fits, EvenSteps(day * per_day + clock, np.full(len(day), length))
    if offset == pd.offsets.BusinessDay():
        return everywhere, BusinessSteps(business_days(day), clock, per_day)
    return _listed_from_first(shown, offsets, codec, offset)


def _listed_from_first(
    shown: np.ndarray, offsets: np.ndarray, codec: Dates, offset: pd.tseries.offsets.BaseOffset
) -> tuple[np.ndarray, Steps]:
    bounds = np.array([shown.min(), shown.max()]).view(f"M8[{codec.unit}]")
    start, stop = pd.DatetimeIndex(bounds)
    known = pd.date_range(start, stop, freq=offset, unit=codec.unit).asi8
    if len(known) == 0:
        known = pd.date_range(start, periods=1, freq=offset, unit=codec.unit).asi8
    position = np.searchsorted(known, shown[offsets[:-1]], side="right") - 1
    steps = ListedSteps(np.maximum(position, 0), offset, known, codec.unit)
    return position >= 0, steps
