"""Where the series of a panel lie in time: found all at once, and continued all at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from tsrnn._input.ragged import differences, extremes
from tsrnn._input.wording import Argument, Message, Phrase, Rows
from tsrnn._time.advice import daylight_advice, is_struck_by_no_clock
from tsrnn._time.grid import TimeGrid
from tsrnn._time.panel_search import counted_step, fitting_freq, fitting_parts
from tsrnn._time.panel_steps import (
    BusinessSteps,
    EvenSteps,
    ListedSteps,
    MonthSteps,
    OwnSteps,
    Steps,
    business_days,
)
from tsrnn._time.season_length import (
    NO_DATES,
    Season,
    season_of_months,
    season_of_offset,
    season_of_time,
)
from tsrnn._time.stamps import Dates, Periods, StampCodec
from tsrnn.exceptions import IrregularIndexError

ALSO_BY_FUNCTION = Phrase(", as tsrnn.fill_gaps does")
_GAP_CURE = Message(
    "{zero} or {missing} puts in the steps that have no {row}{also}; {by_rows} takes {rows} as the "
    "steps.",
    zero=Argument("fill", 0),
    missing=Argument("fill", "missing"),
    row=Rows("row"),
    also=ALSO_BY_FUNCTION,
    by_rows=Argument("freq", "rows"),
    rows=Rows(),
)
_DAY_CURE = Message(
    "{days}, {sums} puts together the rows of each day.",
    days=Argument("freq", "D"),
    sums=Argument("aggregate", "sum"),
)

# Calendars that are found for one series at a time have longer steps.
RARE_DAYS = 20


@dataclass(frozen=True)
class PanelGrid:
    """The regular grids of many series; a step ahead is one after the end of a series.

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
        groups = []
        for series, steps in parts:
            group[series], member[series] = len(groups), np.arange(len(series))
            groups.append(steps)
        return cls(codec, tuple(groups), group, member)

    def stamps(self, series: np.ndarray, ahead: np.ndarray) -> pd.Index:
        """Return the stamps of some series (r,) so many steps ahead (r,)."""
        return self.codec.write(self.ordinals(series, ahead))

    def ordinals(self, series: np.ndarray, ahead: np.ndarray) -> np.ndarray:
        """Return the ordinals of some series (r,) so many steps ahead (r,)."""
        ordinals = np.empty(len(series), dtype=np.int64)
        for rows, steps in self._rows_of_groups(series):
            ordinals[rows] = self._utc(steps, steps.at(self.member[series[rows]], ahead[rows]))
        return ordinals

    def ahead(self, series: np.ndarray, ordinals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return how many steps ahead ordinals (r,) are, and whether they are on the grid."""
        ahead, on_grid = self.places(series, ordinals)
        return ahead, on_grid & (ahead > 0)

    def places(self, series: np.ndarray, ordinals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the same of ordinals of which some may be the ends themselves, 0 steps ahead."""
        ahead, on_grid = (
            np.zeros(len(ordinals), dtype=np.int64),
            np.zeros(len(ordinals), dtype=bool),
        )
        for rows, steps in self._rows_of_groups(series):
            member = self.member[series[rows]]
            request = self._shown(steps, ordinals[rows])
            # Not before the end: some calendars cannot go back, and nothing is asked there.
            ahead[rows] = np.maximum(steps.ahead(member, request), 0)
            on_grid[rows] = self._utc(steps, steps.at(member, ahead[rows])) == ordinals[rows]
        return ahead, on_grid

    def moved(self, ahead: np.ndarray) -> PanelGrid:
        """Move the end of every series on by so many steps, (n_series,)."""
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

    def _utc(self, steps: Steps, ordinals: np.ndarray) -> np.ndarray:
        is_local = isinstance(self.codec, Dates) and steps.local
        return self.codec.instants(ordinals) if is_local else ordinals

    def _shown(self, steps: Steps, ordinals: np.ndarray) -> np.ndarray:
        is_local = isinstance(self.codec, Dates) and steps.local
        return self.codec.shown(ordinals) if is_local else ordinals


def _seasons_of(steps: Steps, codec: StampCodec) -> tuple[list[Season], np.ndarray]:
    """Return the seasons in a group, and the place of each member's among them."""
    if isinstance(steps, OwnSteps):
        return [grid.season for grid in steps.grids], np.arange(len(steps.grids))
    if isinstance(steps, MonthSteps):
        lengths, of_member = np.unique(steps.months, return_inverse=True)
        return [season_of_months(months) for months in lengths.tolist()], of_member
    if isinstance(steps, EvenSteps):
        lengths, of_member = np.unique(steps.step, return_inverse=True)
        return [_season_of_even(step, codec) for step in lengths.tolist()], of_member
    if isinstance(steps, BusinessSteps):
        offset, n_members = pd.offsets.BDay(), len(steps.last)
    elif isinstance(steps, ListedSteps):
        offset, n_members = steps.offset, len(steps.position)
    else:
        raise NotImplementedError(type(steps).__name__)
    return [season_of_offset(offset)], np.zeros(n_members, dtype=np.int64)


def _season_of_even(step: int, codec: StampCodec) -> Season:
    if isinstance(codec, Dates):
        return season_of_time(np.timedelta64(step, codec.unit))
    return season_of_offset(codec.freq.base, step) if isinstance(codec, Periods) else NO_DATES


def find_grid(
    ordinals: np.ndarray, offsets: np.ndarray, codec: StampCodec, freq: object, name: str
) -> tuple[PanelGrid, dict[int, Exception]]:
    """Find the grid of every series.

    Parameters
    ----------
    ordinals : (n_rows,) int64 array
        Increasing in each series, of which there are two or more.
    offsets : (n_series + 1,) int64 array
    codec : StampCodec
    freq : str, offset, int or None
        What the stamps must follow; None finds for each series what fits it.
    name : str
        What to call the stamps in an error.

    Returns
    -------
    grid : PanelGrid
        Without the series that failed.
    failures : dict
        Why the series at these positions have none.
    """
    n_series = len(offsets) - 1
    if freq is not None:
        fits, steps = fitting_freq(ordinals, offsets, codec, freq)
        good = np.flatnonzero(fits)
        grid = PanelGrid.of(codec, n_series, [(good, steps.take(good))])
        return grid, {
            int(i): _off_freq(ordinals[offsets[i] : offsets[i + 1]], codec, freq, name)
            for i in np.flatnonzero(~fits)
        }
    parts, left = fitting_parts(ordinals, offsets, codec)
    rare = _may_be_rare(ordinals, offsets, codec, left)
    own, failures = own_grids(ordinals, offsets, codec, left[rare])
    for i in left[~rare].tolist():
        rows = ordinals[offsets[i] : offsets[i + 1]]
        failures[i] = _irregular(codec.write(rows), _first_gap(rows, codec))
    return PanelGrid.of(codec, n_series, [*parts, *own]), failures


def _may_be_rare(
    ordinals: np.ndarray, offsets: np.ndarray, codec: StampCodec, series: np.ndarray
) -> np.ndarray:
    """Tell which series may have a calendar that is found for one at a time, which takes its time.

    Such calendars, as the first business days of months, have steps of some weeks; or a time zone
    leaves out the hour that days begin with.
    """
    if not series.size or not isinstance(codec, Dates):
        return np.zeros(len(series), dtype=bool)
    if codec.tz is not None:
        return np.ones(len(series), dtype=bool)
    least = extremes(differences(ordinals, offsets), offsets)[0]
    return least[series] >= RARE_DAYS * codec.per_day


def _first_gap(ordinals: np.ndarray, codec: StampCodec) -> int:
    """Return the first row of an irregular series that does not follow the one before it."""
    steps = np.diff(ordinals)
    if isinstance(codec, Dates):
        days = ordinals // codec.per_day
        weekdays = np.diff(business_days(days))
        if ((days + 3) % 7 < 5).all() and (weekdays != weekdays[0]).any():
            steps = weekdays
    return 1 + int((steps > steps.min()).argmax())


def own_grids(
    ordinals: np.ndarray, offsets: np.ndarray, codec: StampCodec, series: np.ndarray
) -> tuple[list[tuple[np.ndarray, Steps]], dict[int, Exception]]:
    """Find one at a time what is left: rare calendars, and reasons why there is no grid."""
    found, grids, failures = [], [], {}
    for i in series.tolist():
        index = codec.write(ordinals[offsets[i] : offsets[i + 1]])
        try:
            grids.append(TimeGrid.from_index(_not_from_zero(index), len(index)))
            found.append(i)
        except IrregularIndexError as error:
            failures[i] = _irregular(index, error.row)
        except ValueError as error:
            failures[i] = error.with_traceback(None)
    if not found:
        return [], failures
    places = np.array(found)
    steps = OwnSteps(tuple(grids), np.diff(offsets)[places], codec.unit, codec.tz)
    return [(places, steps)], failures


def _not_from_zero(index: pd.Index) -> pd.Index:
    # As an index, integers from 0 on would be mere numbers of rows; here they are stamps.
    is_numbered = not isinstance(index, pd.DatetimeIndex | pd.PeriodIndex) and index[0] == 0
    return index + 1 if is_numbered else index


def _irregular(index: pd.Index, row: int) -> IrregularIndexError:
    """Say where a series is irregular, with the cures that there are in a long frame."""
    is_joined = isinstance(index, pd.DatetimeIndex) and is_struck_by_no_clock(index)
    message = Message(
        "the time index is irregular: after {before} comes {after}. {cure}{daylight}",
        before=index[row - 1],
        after=index[row],
        cure=_DAY_CURE if is_joined else _GAP_CURE,
        daylight=daylight_advice(index, row).replace("y.tz_localize", "df[...].dt.tz_localize"),
    )
    return IrregularIndexError(message, row)


def _off_freq(ordinals: np.ndarray, codec: StampCodec, freq: object, name: str) -> ValueError:
    """Say where a series leaves the grid that the user named."""
    stamps = codec.write(ordinals)
    if isinstance(codec, Dates):
        start = stamps[0]
        after = pd.date_range(start, periods=len(stamps), freq=freq, unit=codec.unit)
    else:
        after = codec.write(ordinals[0] + counted_step(codec, freq) * np.arange(len(ordinals)))
    wrong = np.flatnonzero(np.asarray(stamps != after))
    row = int(wrong[0]) if wrong.size else 0
    message = Message("{name} does not follow {freq}: ", name=name, freq=Argument("freq", freq))
    if row == 0:
        return ValueError(Message("{told}it starts at {start}", message=message, start=stamps[0]))
    return ValueError(
        Message(
            "{told}after {before} comes {after}, not {wanted}. {cure}",
            message=message,
            before=stamps[row - 1],
            after=stamps[row],
            wanted=after[row],
            cure=_GAP_CURE,
        )
    )
