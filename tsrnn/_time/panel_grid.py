"""Places of series in time, all at once: how their stamps go on from the origin of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from tsrnn._time.season_length import (
    NO_DATES,
    Season,
    season_of_months,
    season_of_offset,
    season_of_time,
)
from tsrnn._time.stamps import Dates, Periods, StampCodec
from tsrnn._time.steps import BusinessSteps, EvenSteps, ListedSteps, MonthSteps, Steps


@dataclass(frozen=True)
class PanelGrid:
    """The regular grids of series; steps ahead are counted from an origin of each, such as its end.

    Attributes
    ----------
    codec : StampCodec
    groups : tuple of Steps
        Series whose stamps go on in one manner.
    group, member : (n_series,) int arrays
        Which of the groups each series is in, -1 for none, and as which member.
    """

    codec: StampCodec
    groups: tuple[Steps, ...]
    group: np.ndarray
    member: np.ndarray

    @classmethod
    def of(
        cls, codec: StampCodec, n_series: int, parts: Iterable[tuple[np.ndarray, Steps]]
    ) -> PanelGrid:
        """Join parts: which series they hold, and how these go on."""
        group, member = np.full(n_series, -1), np.zeros(n_series, dtype=np.int64)
        groups: list[Steps] = []
        for series, steps in parts:
            group[series], member[series] = len(groups), np.arange(len(series))
            groups.append(steps)
        return cls(codec, tuple(groups), group, member)

    @classmethod
    def of_one(cls, codec: StampCodec, steps: Steps) -> PanelGrid:
        """Make the grid of a single series."""
        return cls(codec, (steps,), np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64))

    def stamps(self, series: np.ndarray, ahead: np.ndarray) -> pd.Index:
        """Return the stamps of some series (r,) so many steps ahead (r,)."""
        return self.codec.write(self.ordinals(series, ahead))

    def ordinals(self, series: np.ndarray, ahead: np.ndarray) -> np.ndarray:
        """Return the ordinals of some series (r,) so many steps ahead (r,)."""
        ordinals = np.empty(len(series), dtype=np.int64)
        for rows, steps in self._rows_of_groups(series):
            ordinals[rows] = self.utc(steps, steps.at(self.member[series[rows]], ahead[rows]))
        return ordinals

    def ahead(self, series: np.ndarray, ordinals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return how many steps ahead ordinals (r,) are, and whether they are on the grid."""
        ahead, on_grid = self.places(series, ordinals)
        return ahead, on_grid & (ahead > 0)

    def places(self, series: np.ndarray, ordinals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the same of ordinals of which some may be the origins themselves, 0 steps ahead.

        Either of the two instants that share a local time stands for a local day or month.
        """
        ahead = np.zeros(len(ordinals), dtype=np.int64)
        on_grid = np.zeros(len(ordinals), dtype=bool)
        for rows, steps in self._rows_of_groups(series):
            member = self.member[series[rows]]
            shown = self._shown(steps, ordinals[rows])
            # Not before the origin: some calendars cannot go back, and nothing is asked there.
            steps_ahead = np.maximum(steps.ahead(member, shown), 0)
            found = steps.at(member, steps_ahead)
            agrees = found == shown
            if not agrees.all():  # a clock may leave out what is found, and show another time
                agrees |= self.utc(steps, found) == ordinals[rows]
            ahead[rows], on_grid[rows] = steps_ahead, agrees
        return ahead, on_grid

    def moved(self, ahead: np.ndarray) -> PanelGrid:
        """Move the origin of every series on by so many steps, (n_series,)."""
        groups = tuple(steps.moved(ahead[self.group == i]) for i, steps in enumerate(self.groups))
        return replace(self, groups=groups)

    def take(self, series: np.ndarray) -> PanelGrid:
        """Keep some series, in their order."""
        parts = []
        for i, steps in enumerate(self.groups):
            places = np.flatnonzero(self.group[series] == i)
            parts.append((places, steps.take(self.member[series[places]])))
        return PanelGrid.of(self.codec, len(series), parts)

    def seasons(self) -> tuple[tuple[Season, ...], np.ndarray]:
        """Return which seasons there are by the stamps, and each series' place among them."""
        found: dict[Season, int] = {}
        kind = np.zeros(len(self.group), dtype=np.int64)
        for i, steps in enumerate(self.groups):
            seasons, of_member = _seasons_of(steps, self.codec)
            places = np.array([found.setdefault(one, len(found)) for one in seasons])
            series = np.flatnonzero(self.group == i)
            kind[series] = places[of_member[self.member[series]]]
        return tuple(found), kind

    def _rows_of_groups(self, series: np.ndarray) -> Iterable[tuple[slice | np.ndarray, Steps]]:
        if len(self.groups) == 1:
            return [(slice(None), self.groups[0])]
        group = self.group[series]
        parts = [(np.flatnonzero(group == i), steps) for i, steps in enumerate(self.groups)]
        return [(rows, steps) for rows, steps in parts if len(rows)]

    def utc(self, steps: Steps, ordinals: np.ndarray) -> np.ndarray:
        """Return ordinals in UTC of those that the steps of a group go by."""
        if isinstance(self.codec, Dates) and steps.local:
            return self.codec.instants(ordinals)
        return ordinals

    def _shown(self, steps: Steps, ordinals: np.ndarray) -> np.ndarray:
        if isinstance(self.codec, Dates) and steps.local:
            return self.codec.shown(ordinals)
        return ordinals


def _seasons_of(steps: Steps, codec: StampCodec) -> tuple[list[Season], np.ndarray]:
    """Return the seasons in a group, and the place of each member's among them."""
    if isinstance(steps, MonthSteps):
        lengths, of_member = np.unique(steps.months, return_inverse=True)
        return [season_of_months(months) for months in lengths.tolist()], of_member
    if isinstance(steps, EvenSteps):
        lengths, of_member = np.unique(steps.step, return_inverse=True)
        return [_season_of_even(step, codec) for step in lengths.tolist()], of_member
    if not isinstance(steps, BusinessSteps | ListedSteps):
        raise NotImplementedError(type(steps).__name__)
    offset = steps.offset if isinstance(steps, ListedSteps) else pd.offsets.BDay()
    season = NO_DATES if offset is None else season_of_offset(offset)
    return [season], np.zeros(len(steps.origin), dtype=np.int64)


def _season_of_even(step: int, codec: StampCodec) -> Season:
    if isinstance(codec, Dates):
        return season_of_time(np.timedelta64(step, codec.unit))  # type: ignore[call-overload]  # any unit
    return season_of_offset(codec.freq.base, step) if isinstance(codec, Periods) else NO_DATES
