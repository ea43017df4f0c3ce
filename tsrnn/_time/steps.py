"""Steps of regular time stamps: those of one series, or of many at once.

Stamps are integers here, *ordinals*: integers themselves, ordinals of periods, durations, or dates
in some unit since 1970. `Steps` hold series whose stamps go on in one manner, their members. Each
counts from a stamp of its own, its origin: `at` gives the ordinals some steps after the origins of
members, `ahead` the only steps that given ordinals can be.

Dates go by what one clock shows: local time where steps are days or longer (a day has 23 or 25
hours when daylight saving changes), UTC where they are shorter.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias

import numpy as np
import pandas as pd

from tsrnn.exceptions import BeyondStampsError

_Offset: TypeAlias = pd.tseries.offsets.BaseOffset

# What pandas and our own steps raise where stamps end.
BEYOND = (OverflowError, pd.errors.OutOfBoundsDatetime, pd.errors.OutOfBoundsTimedelta)

_SURE = 2.0**63 - 2.0**13  # what is not beyond this as floats is held by 64 bits
_MOST_TABLED = 1_000_000  # days whose months are looked up in a table
_MOST_LISTED = 1_000_000  # stamps to list by a pandas offset, at some 7 microseconds each
_LISTED_AHEAD = 512  # stamps listed beyond those asked for


@dataclass(frozen=True)
class Steps:
    """Some series, its members, and how their stamps go on.

    Attributes
    ----------
    origin : (k,) int64 array
        Where the members count from, in what their kind of steps counts.
    local : bool
        Whether ordinals are what a clock in the time zone shows, rather than UTC; each kind of
        steps has this field.
    """

    origin: np.ndarray

    _of_members: ClassVar[tuple[str, ...]] = ("origin",)  # fields with an element for each

    if TYPE_CHECKING:  # a field of each kind, after its others

        @property
        def local(self) -> bool: ...

    def at(self, member: np.ndarray, ahead: np.ndarray) -> np.ndarray:
        """Return the ordinals so many steps after the origins of members."""
        raise NotImplementedError

    def ahead(self, member: np.ndarray, ordinals: np.ndarray) -> np.ndarray:
        """Return how many steps after the origins of members ordinals may lie.

        Of ordinals before the origin, which is none of these, any number that is not above 0.
        """
        raise NotImplementedError

    def moved(self, ahead: np.ndarray) -> Self:
        """Move the origin of every member on."""
        return replace(self, origin=self.origin + ahead)

    def take(self, members: np.ndarray) -> Self:
        """Keep some members."""
        return replace(self, **{name: getattr(self, name)[members] for name in self._of_members})


@dataclass(frozen=True)
class EvenSteps(Steps):
    """From an ordinal on by `step` (k,)."""

    step: np.ndarray
    local: bool = True

    _of_members = ("origin", "step")

    def at(self, member: np.ndarray, ahead: np.ndarray) -> np.ndarray:
        origin, step = self.origin[member], self.step[member]
        near_end = np.abs(origin + step.astype(float) * ahead) > _SURE
        if near_end.any():
            first, by, times = (part[near_end].astype(object) for part in (origin, step, ahead))
            refuse_beyond(first + by * times)
        return origin + step * ahead

    def ahead(self, member: np.ndarray, ordinals: np.ndarray) -> np.ndarray:
        origin, step = self.origin[member], self.step[member]
        # Half of the time that 64 bits hold may lie between two stamps, or more.
        after = np.maximum(ordinals, origin).view(np.uint64) - origin.view(np.uint64)
        return (after // step.view(np.uint64)).view(np.int64)

    def moved(self, ahead: np.ndarray) -> EvenSteps:
        return replace(self, origin=self.at(np.arange(len(self.origin)), ahead))


@dataclass(frozen=True)
class MonthSteps(Steps):
    """From a month since 1970 on by `months` (k,).

    The stamps are those of the same `day`, or of the last of a month too short for it.
    """

    months: np.ndarray
    day: np.ndarray
    clock: np.ndarray  # ordinals since midnight
    per_day: int
    local: bool = True

    _of_members = ("origin", "months", "day", "clock")

    def at(self, member: np.ndarray, ahead: np.ndarray) -> np.ndarray:
        origin, steps = self.origin[member], self.months[member]
        refuse_beyond((origin + steps.astype(float) * ahead) * (28 * self.per_day))
        first, length = _days_of_months(origin + steps * ahead)
        days, clock = first + np.minimum(self.day[member], length) - 1, self.clock[member]
        refuse_beyond(days * float(self.per_day) + clock)
        return days * self.per_day + clock

    def ahead(self, member: np.ndarray, ordinals: np.ndarray) -> np.ndarray:
        months, _, _ = months_of(ordinals // self.per_day)
        return (months - self.origin[member]) // self.months[member]

    def moved(self, ahead: np.ndarray) -> MonthSteps:
        return replace(self, origin=self.origin + self.months * ahead)


@dataclass(frozen=True)
class BusinessSteps(Steps):
    """From one weekday, Monday to Friday, to the next, counted by `business_days`."""

    clock: np.ndarray  # ordinals since midnight
    per_day: int
    local: bool = True

    _of_members = ("origin", "clock")

    def at(self, member: np.ndarray, ahead: np.ndarray) -> np.ndarray:
        origin, clock = self.origin[member], self.clock[member]
        refuse_beyond((origin + ahead.astype(float)) * self.per_day)
        weeks, weekday = np.divmod(origin + ahead, 5)
        days = 7 * weeks + weekday - 3
        refuse_beyond(days * float(self.per_day) + clock)
        return days * self.per_day + clock

    def ahead(self, member: np.ndarray, ordinals: np.ndarray) -> np.ndarray:
        return business_days(ordinals // self.per_day) - self.origin[member]


@dataclass(frozen=True)
class ListedSteps(Steps):
    """From a place in what an offset such as half months lists.

    `known` is listed as far as stamps have been seen. What was listed after it is kept, and more is
    listed than is asked for: else each of many small updates would list anew all that lies between.
    """

    offset: _Offset | None  # None: nothing is known beyond a single stamp
    known: np.ndarray = field(compare=False)
    unit: str
    local: bool = True

    def at(self, member: np.ndarray, ahead: np.ndarray) -> np.ndarray:
        places = self.origin[member] + ahead
        return self._up_to(int(places.max(initial=0)))[places]

    def ahead(self, member: np.ndarray, ordinals: np.ndarray) -> np.ndarray:
        listed = self._listed()
        last = int(ordinals.max(initial=listed[0]))
        if last > listed[-1]:
            sample = listed if len(listed) > 1 else self._extended(listed, periods=2)
            # Of all, for neighbours may be a weekend apart.
            step = (float(sample[-1]) - float(sample[0])) / (len(sample) - 1)
            end = self._stamp(last)
            if (last - float(self.known[-1])) // step > _MOST_LISTED:
                raise ValueError(f"the time stamp {end} is too far after the last one")
            listed = self._extended(sample, end=end)
        return np.searchsorted(listed, ordinals, side="right") - 1 - self.origin[member]

    def moved(self, ahead: np.ndarray) -> ListedSteps:
        origin = self.origin + ahead
        n_known = max(len(self.known), int(origin.max(initial=0)) + 1)
        listed = self._up_to(n_known - 1)
        new = replace(self, origin=origin, known=listed[:n_known])
        object.__setattr__(new, "_longer", listed)
        return new

    def following(self, last: int, **until: Any) -> np.ndarray:
        """List what follows a stamp: an `end`, or `periods` of which that stamp is the first."""
        start = self._stamp(last)
        return pd.date_range(start, freq=self.offset, unit=self.unit, **until)[1:].asi8

    def _listed(self) -> np.ndarray:
        return vars(self).get("_longer", self.known)

    def _up_to(self, place: int) -> np.ndarray:
        """List the stamps up to a place, or further."""
        missing = place + 1 - len(self.known)
        if missing > _MOST_LISTED:
            raise ValueError(f"{missing} steps after the last time stamp is too far ahead")
        listed = self._listed()
        if place >= len(listed):
            listed = self._extended(listed, periods=place + 2 - len(listed))
        return listed

    def _extended(self, listed: np.ndarray, **until: Any) -> np.ndarray:
        if self.offset is None:
            raise ValueError(
                "the training series has a single row and its time index no frequency, so that "
                f"nothing after {self._stamp(listed[-1])} can be placed: set one, as in "
                "y.asfreq('D')"
            )
        longer = np.concatenate([listed, self.following(listed[-1], **until)])
        with suppress(OverflowError, ValueError):  # the spare ones may lie beyond the end of time
            longer = np.concatenate([longer, self.following(longer[-1], periods=_LISTED_AHEAD + 1)])
        # Whole at once, and right whichever thread comes last: no lock is needed.
        object.__setattr__(self, "_longer", longer)
        return longer

    def _stamp(self, ordinal: int) -> pd.Timestamp:
        return pd.Timestamp(np.int64(ordinal).view(f"M8[{self.unit}]"))

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_longer"}


def refuse_beyond(ordinals: np.ndarray) -> None:
    """Refuse ordinals that 64 bits cannot hold, given as floats or Python's integers.

    Integers of 64 bits would wrap around, and NumPy's dates too before its version 2.5.
    """
    if not (np.abs(ordinals) < 2.0**63).all():
        raise BeyondStampsError(
            "so many steps ahead there are no time stamps: take a shorter horizon"
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
    first, length = _days_of_months(months)
    return months, days - first + 1, length


def _days_of_months(months: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first days, since 1970, of months since then, and how many days these have."""
    first, after = (count.view("M8[M]").astype("M8[D]") for count in (months, months + 1))
    return first.astype(np.int64), (after - first).astype(np.int64)


def business_days(days: np.ndarray) -> np.ndarray:
    """Count weekdays from Monday to Friday until days since 1970, which began on a Thursday."""
    weeks, weekday = np.divmod(days + 3, 7)
    return 5 * weeks + np.minimum(weekday, 4)
