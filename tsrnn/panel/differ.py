"""Series whose steps differ from those of most, on which they would lie with gaps.

They may be what they seem, or have gaps that happen to be regular: three months out of six.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tsrnn._input.wording import Argument, Message
from tsrnn._time.find_grid import find_grid
from tsrnn._time.panel_grid import PanelGrid
from tsrnn._time.panel_guess import lie_on, most_common
from tsrnn._time.panel_search import of_series
from tsrnn._time.rhythm import BUSINESS_DAYS, COUNTS, DAYS, MONTHS_LONG, Rhythm, rhythm_of
from tsrnn._time.stamps import Dates, Periods, StampCodec, period_alias, read_stamps


def grids_that_differ(
    ordinals: np.ndarray, offsets: np.ndarray, grid: PanelGrid, *, filled: bool = False
) -> dict[int, UserWarning]:
    """Tell of the series that lie on the steps of most, but have others.

    Parameters
    ----------
    ordinals : (n_rows,) int64 array
    offsets : (n_series + 1,) int64 array
    grid : PanelGrid
        Of these series.
    filled : bool
        Whether gaps are filled, once their steps are known.
    """
    rhythm = _rhythms(grid)
    most = most_common(rhythm, np.arange(len(grid.group)))
    if most is None:
        return {}
    differing = np.flatnonzero(~rhythm.is_as(*most) & (rhythm.kind >= 0))
    if not differing.size:
        return {}
    on_most = lie_on(most, *of_series(ordinals, offsets, differing), grid.codec)
    usual = step_words(*most, grid.codec)
    cure = "name the steps by {freq}" + ", and fill the gaps by {fill}" * (not filled)
    # One note for all series of the same steps.
    message: dict[tuple[int, int], UserWarning] = {}
    notes = {}
    for i in differing[on_most].tolist():
        key = (int(rhythm.kind[i]), int(rhythm.length[i]))
        if key not in message:
            message[key] = UserWarning(
                Message(
                    "its steps are taken to be {own}, those of most series are {usual}: where that "
                    "is meant here too, {cure}",
                    own=step_words(*key, grid.codec),
                    usual=usual,
                    cure=Message(cure, freq=Argument("freq"), fill=Argument("fill")),
                )
            )
        notes[i] = message[key]
    return notes


def most_steps(grid: PanelGrid) -> str:
    """Say in words what the steps of most series are: "days", or "steps" where none are most."""
    most = most_common(_rhythms(grid), np.arange(len(grid.group)))
    if most is None or most[0] < 0:
        return "steps"
    return step_words(*most, grid.codec)


def words_for_stamps(index: pd.Index) -> str:
    """Say in words what the steps of a regular series are."""
    if len(index) < 2:
        return "steps"
    ordinals, codec = read_stamps(index.to_series(), "the time stamps")
    return most_steps(find_grid(ordinals, np.array([0, len(ordinals)]), codec, None, "")[0])


def _rhythms(grid: PanelGrid) -> Rhythm:
    kinds, lengths = np.full(len(grid.group), -1), np.zeros(len(grid.group), dtype=np.int64)
    for i, steps in enumerate(grid.groups):
        kind, length = rhythm_of(steps, grid.codec)
        series = np.flatnonzero(grid.group == i)
        kinds[series] = kind
        lengths[series] = length[grid.member[series]] if isinstance(length, np.ndarray) else length
    return Rhythm(kinds, lengths)


def step_words(kind: int, length: int, codec: StampCodec) -> str:
    """Say how long a step is."""
    if kind == BUSINESS_DAYS:
        return "business days"
    if kind == COUNTS:
        unit = (
            f"periods of {period_alias(codec.freq.base)!r}"
            if isinstance(codec, Periods)
            else "numbers"
        )
        return _times(int(length), unit)
    if kind == MONTHS_LONG:
        for months, unit in ((12, "years"), (3, "quarters")):
            if length % months == 0:
                return _times(int(length) // months, unit)
        return _times(int(length), "months")
    if not isinstance(codec, Dates):
        return "steps"
    if kind == DAYS and length % (7 * codec.per_day) == 0:
        return _times(int(length) // (7 * codec.per_day), "weeks")
    for parts, unit in ((1, "days"), (24, "hours"), (1440, "minutes"), (86_400, "seconds")):
        if length % (codec.per_day // parts) == 0:
            return _times(int(length) // (codec.per_day // parts), unit)
    return f"{length} {codec.unit}"


def _times(count: int, unit: str) -> str:
    return unit if count == 1 else f"{count} {unit}"
