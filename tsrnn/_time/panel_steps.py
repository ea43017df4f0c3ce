"""How the time stamps of many series go on, all at once.

Stamps are integers here, *ordinals*: integers themselves, ordinals of periods, or dates in some
unit since 1970. A group holds the series whose stamps go on in one manner; `at` gives the ordinals
some steps after the ends of its members, `ahead` the only steps that given ordinals can be.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import tzinfo
from typing import Protocol, Self, TypeAlias

import numpy as np
import pandas as pd

from tsrnn._time.grid import TimeGrid
from tsrnn._time.steps import (
    MOST_LISTED,
    days_of_months,
    listed_after,
    ordinals_of_months,
    refuse_beyond,
)
from tsrnn._time.zones import from_utc

_Offset: TypeAlias = pd.tseries.offsets.BaseOffset

_MOST_TABLED = 1_000_000  # days whose months are looked up in a table


class Steps(Protocol):
    """Some series of a panel, its members, and how their stamps go on."""

    local: bool
    """Whether ordinals are what a clock in the time zone shows, rather than UTC."""

    def at(self, member: np.ndarray, ahead: np.ndarray) -> np.ndarray:
        """Return the ordinals so many steps after the ends of members."""

    def ahead(self, member: np.ndarray, ordinals: np.ndarray) -> np.ndarray:
        """Return how many steps after the ends of members ordinals may lie."""

    def moved(self, ahead: np.ndarray) -> Self:
        """Move the end of every member on."""

    def take(self, members: np.ndarray) -> Self:
        """Keep some members."""


@dataclass(frozen=True)
class EvenSteps:
    """From `last` (k,) on by `step` (k,)."""

    last: np.ndarray
    step: np.ndarray
    local: bool = True

    def at(self, member: np.ndarray, ahead: np.ndarray) -> np.ndarray:
        last, step = self.last[member], self.step[member]
        refuse_beyond(last + step.astype(float) * ahead)
        return last + step * ahead

    def ahead(self, member: np.ndarray, ordinals: np.ndarray) -> np.ndarray:
        return (ordinals - self.last[member]) // self.step[member]

    def moved(self, ahead: np.ndarray) -> EvenSteps:
        return replace(self, last=self.at(np.arange(len(self.last)), ahead))

    def take(self, members: np.ndarray) -> EvenSteps:
        return replace(self, last=self.last[members], step=self.step[members])


@dataclass(frozen=True)
class MonthSteps:
    """On by `months` (k,) on the same `day`, or on the last of a month too short for it."""

    last: np.ndarray  # months since 1970
    months: np.ndarray
    day: np.ndarray
    clock: np.ndarray  # ordinals since midnight
    per_day: int
    local: bool = True

    def at(self, member: np.ndarray, ahead: np.ndarray) -> np.ndarray:
        steps = self.months[member]
        refuse_beyond(self.last[member] + steps.astype(float) * ahead)
        months = self.last[member] + steps * ahead
        return ordinals_of_months(months, self.day[member], self.clock[member], self.per_day)

    def ahead(self, member: np.ndarray, ordinals: np.ndarray) -> np.ndarray:
        months, _, _ = months_of(ordinals // self.per_day)
        return (months - self.last[member]) // self.months[member]

    def moved(self, ahead: np.ndarray) -> MonthSteps:
        return replace(self, last=self.last + self.months * ahead)

    def take(self, members: np.ndarray) -> MonthSteps:
        return replace(
            self,
            last=self.last[members],
            months=self.months[members],
            day=self.day[members],
            clock=self.clock[members],
        )


@dataclass(frozen=True)
class BusinessSteps:
    """From one weekday, Monday to Friday, to the next; `last` (k,) counts them."""

    last: np.ndarray
    clock: np.ndarray  # ordinals since midnight
    per_day: int
    local: bool = True

    def at(self, member: np.ndarray, ahead: np.ndarray) -> np.ndarray:
        refuse_beyond((self.last[member] + ahead.astype(float)) * self.per_day)
        weeks, weekday = np.divmod(self.last[member] + ahead, 5)
        days = 7 * weeks + weekday - 3
        refuse_beyond(days * float(self.per_day) + self.clock[member])
        return days * self.per_day + self.clock[member]

    def ahead(self, member: np.ndarray, ordinals: np.ndarray) -> np.ndarray:
        return business_days(ordinals // self.per_day) - self.last[member]

    def moved(self, ahead: np.ndarray) -> BusinessSteps:
        return replace(self, last=self.last + ahead)

    def take(self, members: np.ndarray) -> BusinessSteps:
        return replace(self, last=self.last[members], clock=self.clock[members])


@dataclass(frozen=True)
class ListedSteps:
    """What an offset such as half months lists; `position` (k,) is where the members end."""

    position: np.ndarray
    offset: _Offset
    known: np.ndarray = field(compare=False)
    unit: str
    local: bool = True

    def at(self, member: np.ndarray, ahead: np.ndarray) -> np.ndarray:
        positions = self.position[member] + ahead
        missing = int(positions.max(initial=0)) + 1 - len(self.known)
        return self._extended(missing)[positions]

    def ahead(self, member: np.ndarray, ordinals: np.ndarray) -> np.ndarray:
        known = self.known
        if len(ordinals) and ordinals.max() > known[-1]:
            pace = max(int(np.diff(known[-2:])[0]) if len(known) > 1 else 1, 1)
            known = self._extended(2 + (int(ordinals.max()) - int(known[-1])) // max(pace // 3, 1))
        return np.searchsorted(known, ordinals, side="right") - 1 - self.position[member]

    def moved(self, ahead: np.ndarray) -> ListedSteps:
        position = self.position + ahead
        known = self._extended(int(position.max(initial=0)) + 1 - len(self.known))
        return replace(self, position=position, known=known)

    def take(self, members: np.ndarray) -> ListedSteps:
        return replace(self, position=self.position[members])

    def _extended(self, missing: int) -> np.ndarray:
        if missing <= 0:
            return self.known
        if missing > MOST_LISTED:
            raise ValueError(f"{missing} steps after the last time stamp is too far ahead")
        last = self.known[-1].view(f"M8[{self.unit}]")
        after = listed_after(last, self.offset, periods=missing + 1)
        return np.concatenate([self.known, after.view(np.int64)])


@dataclass(frozen=True)
class OwnSteps:
    """A `TimeGrid` for each member: calendars that are found for one series at a time."""

    grids: tuple[TimeGrid, ...]
    n_seen: np.ndarray
    unit: str
    tz: tzinfo | None
    local: bool = False

    def at(self, member: np.ndarray, ahead: np.ndarray) -> np.ndarray:
        ordinals = np.empty(len(member), dtype=np.int64)
        for i in np.unique(member).tolist():
            rows = np.flatnonzero(member == i)
            start = int(self.n_seen[i]) - 1  # the end itself is 0 ahead
            stamps = self.grids[i].stamps(start, start + int(ahead[rows].max()) + 1)
            ordinals[rows] = stamps.as_unit(self.unit).asi8[ahead[rows]]
        return ordinals

    def ahead(self, member: np.ndarray, ordinals: np.ndarray) -> np.ndarray:
        steps = np.empty(len(member), dtype=np.int64)
        for i in np.unique(member).tolist():
            rows = np.flatnonzero(member == i)
            stamps = from_utc(ordinals[rows], self.unit, self.tz)
            steps[rows] = self.grids[i].positions(stamps) - (self.n_seen[i] - 1)
        return steps

    def moved(self, ahead: np.ndarray) -> OwnSteps:
        return replace(self, n_seen=self.n_seen + ahead)

    def take(self, members: np.ndarray) -> OwnSteps:
        return replace(
            self, grids=tuple(self.grids[i] for i in members), n_seen=self.n_seen[members]
        )


def months_of(days: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return of days since 1970 the month since then, the day of the month, and that of its end."""
    if len(days) == 0:
        return days, days, days
    low, high = int(days.min()), int(days.max())
    if high - low < min(_MOST_TABLED, 8 * len(days) + 1000):
        # A panel has far fewer days than rows: look them up.
        months, day, length = _months_of(np.arange(low, high + 1))
        place = days - low
        return months[place], day[place], length[place]
    return _months_of(days)


def _months_of(days: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    months = days.view("M8[D]").astype("M8[M]").astype(np.int64)
    first, length = days_of_months(months)
    return months, days - first + 1, length


def business_days(days: np.ndarray) -> np.ndarray:
    """Count weekdays from Monday to Friday until days since 1970, which began on a Thursday."""
    weeks, weekday = np.divmod(days + 3, 7)
    return 5 * weeks + np.minimum(weekday, 4)
