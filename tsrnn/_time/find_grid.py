"""The grids of many series, found all at once."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tsrnn._input.ragged import counted, differences, extremes
from tsrnn._input.wording import Argument, Message, Phrase, Rows
from tsrnn._time.advice import daylight_advice, is_struck_by_no_clock
from tsrnn._time.panel_grid import PanelGrid
from tsrnn._time.panel_search import business, even, fitting_parts, monthly, of_series
from tsrnn._time.rhythm import Rhythm, named_steps, rhythm_of, steps_from_first
from tsrnn._time.series_search import steps_of_dates
from tsrnn._time.stamps import Dates, StampCodec
from tsrnn._time.steps import (
    BusinessSteps,
    EvenSteps,
    ListedSteps,
    MonthSteps,
    Steps,
    business_days,
)
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


def find_grid(
    ordinals: np.ndarray, offsets: np.ndarray, codec: StampCodec, freq: object, name: object
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
        grid, left = _named_grid(ordinals, offsets, codec, freq)
        return grid, {
            i: _off_freq(ordinals[offsets[i] : offsets[i + 1]], codec, freq, name)
            for i in left.tolist()
        }
    parts, left = fitting_parts(ordinals, offsets, codec)
    rare = _may_be_rare(ordinals, offsets, codec, left)
    own, failures = rare_parts(ordinals, offsets, codec, left[rare])
    ends = [(series, steps.moved(np.diff(offsets)[series] - 1)) for series, steps in own]
    for i in left[~rare].tolist():
        rows = ordinals[offsets[i] : offsets[i + 1]]
        failures[i] = _irregular(codec.write(rows), _first_gap(rows, codec))
    return PanelGrid.of(codec, n_series, [*parts, *ends]), failures


def _named_grid(
    ordinals: np.ndarray, offsets: np.ndarray, codec: StampCodec, freq: object
) -> tuple[PanelGrid, np.ndarray]:
    """Return the grid of the series that follow a frequency step by step, and the other series."""
    lengths = np.diff(offsets)
    fits, steps = named_steps(ordinals, offsets, codec, freq)
    unsure = np.flatnonzero(fits & ~_are_tried(steps, ordinals, offsets, codec))
    if unsure.size:
        grid = PanelGrid.of(codec, unsure.size, [(np.arange(unsure.size), steps.take(unsure))])
        rows, starts = of_series(ordinals, offsets, unsure)
        series, place = counted(lengths[unsure])
        ahead, on_grid = grid.places(series, rows)
        fits[unsure] = np.logical_and.reduceat(on_grid & (ahead == place), starts[:-1])
    good = np.flatnonzero(fits)
    steps = steps.take(good).moved(lengths[good] - 1)
    return PanelGrid.of(codec, len(lengths), [(good, steps)]), np.flatnonzero(~fits)


def _are_tried(
    steps: Steps, ordinals: np.ndarray, offsets: np.ndarray, codec: StampCodec
) -> np.ndarray:
    """Tell which series have such steps by a trial of these alone, which takes less time."""
    rows = codec.shown(ordinals) if isinstance(codec, Dates) and steps.local else ordinals
    if isinstance(steps, EvenSteps):
        fits, spaced = even(rows, offsets, local=steps.local)
        return fits & (spaced.step == steps.step)
    if isinstance(steps, MonthSteps) and isinstance(codec, Dates):
        fits, found = monthly(rows, offsets, codec.per_day)
        return fits & (found.months == steps.months) & (found.day == steps.day)
    if isinstance(steps, BusinessSteps) and isinstance(codec, Dates):
        return business(rows, offsets, codec.per_day)[0]
    return np.zeros(len(offsets) - 1, dtype=bool)


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


def rare_parts(
    ordinals: np.ndarray, offsets: np.ndarray, codec: StampCodec, series: np.ndarray
) -> tuple[list[tuple[np.ndarray, Steps]], dict[int, Exception]]:
    """Find one at a time what is left: rare calendars, and reasons why there is no grid.

    Returns
    -------
    parts : list
        Parts of series, and how these go on from their first stamps.
    failures : dict
        Why the others, by their position, have no grid.
    """
    rhythm = Rhythm(np.full(len(offsets) - 1, -1), np.zeros(len(offsets) - 1, dtype=np.int64))
    listed: dict[object, tuple[Steps, list[int]]] = {}
    failures: dict[int, Exception] = {}
    for i in series.tolist():
        index = codec.write(ordinals[offsets[i] : offsets[i + 1]])
        try:
            steps, _ = steps_of_dates(index, codec)  # type: ignore[arg-type]  # only dates are left
        except IrregularIndexError as error:
            failures[i] = _irregular(index, error.row)
        except ValueError as error:
            failures[i] = error.with_traceback(None)
        else:
            rhythm.kind[i : i + 1], rhythm.length[i : i + 1] = rhythm_of(steps, codec)
            if isinstance(steps, ListedSteps):  # the same where it begins with the same stamp
                listed.setdefault((steps.offset, index[0]), (steps, []))[1].append(i)
    parts = [
        (np.array(which), steps.take(np.zeros(len(which), dtype=np.int64)))
        for steps, which in listed.values()
    ]
    found = np.flatnonzero(rhythm.kind >= 0)
    if found.size:
        rows = of_series(ordinals, offsets, found)
        even = steps_from_first(rhythm.take(found), *rows, codec)
        parts += [(found[places], steps) for places, steps in even]
    return parts, failures


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


def _off_freq(ordinals: np.ndarray, codec: StampCodec, freq: object, name: object) -> ValueError:
    """Say where a series leaves the grid that the user named."""
    rows, stamps = np.arange(len(ordinals)), codec.write(ordinals)
    fits, steps = named_steps(ordinals, np.array([0, len(ordinals)]), codec, freq)
    grid, series = PanelGrid.of_one(codec, steps), np.zeros_like(rows)
    ahead, on_grid = grid.places(series, ordinals)
    row = int((~on_grid | (ahead != rows)).argmax()) if fits[0] else 0
    message = Message("{name} does not follow {freq}: ", name=name, freq=Argument("freq", freq))
    if row == 0:
        return ValueError(
            Message("{message}it starts at {start}", message=message, start=stamps[0])
        )
    return ValueError(
        Message(
            "{message}after {before} comes {after}, not {wanted}. {cure}",
            message=message,
            before=stamps[row - 1],
            after=stamps[row],
            wanted=grid.stamps(series[:1], rows[row : row + 1])[0],
            cure=_GAP_CURE,
        )
    )
