"""Grids of time stamps in files of older versions, which had other parts for one series.

Those parts are of no class now: they are read as what a file says of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tsrnn._input.ragged import offsets_of
from tsrnn._time.find_grid import rare_parts
from tsrnn._time.grid import TimeGrid
from tsrnn._time.panel_grid import PanelGrid
from tsrnn._time.stamps import Dates, StampCodec, codec_of
from tsrnn._time.steps import EvenSteps, ListedSteps, MonthSteps, Steps
from tsrnn.saving.checks import fields
from tsrnn.saving.checks.fields import INT, require
from tsrnn.saving.checks.times import CHECKS, UNITS
from tsrnn.saving.values import Codec, unique_pairs

_TAGS = ("ConstantSteps", "Counts", "OwnSteps", "_Clock", "_ListedSteps", "_MonthSteps")


class OlderPart(dict):
    """A file's record of an object of a class that is gone, by its tag."""

    def __init__(self, tag: str, pairs: Any) -> None:
        super().__init__(unique_pairs(pairs))
        self.tag = tag


def _codec(tag: str) -> Codec:
    return Codec(tag, dict, lambda pairs: OlderPart(tag, pairs), is_object=True)


OLDER_PARTS = tuple(map(_codec, _TAGS))


def _part(value: Any, *tags: str) -> OlderPart:
    fields.kind(value, "a part of a grid", OlderPart)
    require(value.tag in tags, f"a part of a grid must not be a {value.tag}")
    return value


def bring_series_up_to_date(attributes: dict[str, Any]) -> None:
    """Make the grid of one series of its codec and steps, in what a file says of a `TimeGrid`.

    Raises
    ------
    ValueError, TypeError, LookupError
        For what no version saves.
    """
    if "_steps" not in attributes:
        return
    index = fields.labels(attributes.pop("_index"), "index")
    codec = _part(
        attributes.pop("_dial" if "_dial" in attributes else "_codec"), "Counts", "_Clock"
    )
    steps = attributes.pop("_steps")
    if codec.tag == "Counts":
        freq, stamps = None, codec_of(fields.labels(codec["pattern"], "pattern"))
        found: Steps = _even(_part(steps, "ConstantSteps"), stamps, local=True)
    else:
        fields.choice(codec["unit"], "unit", UNITS)
        freq, stamps = codec["freq"], Dates(_unit(codec["unit"], steps), codec["tz"])
        found = _of_dates(steps, stamps, local=codec["local"])
    CHECKS[type(stamps)](stamps)
    CHECKS[type(found)](found)
    grid = PanelGrid.of_one(stamps, found)
    CHECKS[PanelGrid](grid)
    attributes.update(index=index, grid=grid, freq=freq)


def _unit(written: str, steps: OlderPart) -> str:
    """Return the unit of ordinals: that of the steps, which may be finer than what is written."""
    step = steps.get("step")
    is_finer = isinstance(step, np.timedelta64) and np.datetime_data(step)[0] == "ns"
    return "ns" if is_finer or written == "ns" else "us"


def _of_dates(steps: Any, codec: Dates, *, local: bool) -> Steps:
    one = _part(steps, "ConstantSteps", "_ListedSteps", "_MonthSteps")
    if one.tag == "ConstantSteps":
        return _even(one, codec, local=local)
    if one.tag == "_ListedSteps":
        known = fields.kind(one["known"], "known", np.ndarray)
        require(known.dtype.kind == "M", "known must be dates")
        ordinals = known.astype(f"M8[{codec.unit}]").view(np.int64)
        return ListedSteps(np.zeros(1, INT), one["offset"], ordinals, codec.unit, local)
    start = fields.kind(one["start"], "start", np.datetime64)
    ordinals = np.array([start], f"M8[{codec.unit}]")
    return MonthSteps(
        ordinals.astype("M8[M]").view(np.int64),
        np.array([fields.whole(one["months"], "months", 1, 10**6)]),
        np.array([fields.whole(one["day"], "day", 1, 31)]),
        ordinals.view(np.int64) % codec.per_day,
        codec.per_day,
        local,
    )


def _even(one: OlderPart, codec: StampCodec, *, local: bool) -> EvenSteps:
    """Read a start and a step, which are dates and times or else integers."""
    if not isinstance(codec, Dates):
        start = fields.kind(one["start"], "start", np.int64)
        step = fields.kind(one["step"], "step", np.int64)
        return EvenSteps(np.array([start]), np.array([step]), local)
    start = fields.kind(one["start"], "start", np.datetime64)
    step = fields.kind(one["step"], "step", np.timedelta64)
    ordinals = np.array([start], f"M8[{codec.unit}]"), np.array([step], f"m8[{codec.unit}]")
    first, each = (one.view(np.int64) for one in ordinals)
    return EvenSteps(first, each, local)


def bring_panel_up_to_date(attributes: dict[str, Any]) -> None:
    """Make steps of the panel of the grids that some of its series had each for itself.

    Raises
    ------
    ValueError, TypeError, LookupError
        For what no version saves.
    """
    groups = fields.kind(attributes["groups"], "groups", tuple)
    if not any(isinstance(steps, OlderPart) for steps in groups):
        return
    codec = fields.kind(attributes["codec"], "codec", Dates)
    group = fields.array(attributes["group"], "group", INT, None)
    parts = []
    for i, steps in enumerate(groups):
        series = np.flatnonzero(group == i)
        if isinstance(steps, OlderPart):
            own = _part(steps, "OwnSteps")
            require(len(own["grids"]) == series.size, "each series of a group has a grid")
            found = _of_own(own, codec)
            parts += [(series[places], moved) for places, moved in found]
        else:
            parts.append((series, steps))
    grid = PanelGrid.of(codec, len(group), parts)
    attributes.update(groups=grid.groups, group=grid.group, member=grid.member)


def _of_own(one: OlderPart, codec: Dates) -> list[tuple[np.ndarray, Steps]]:
    """Find anew the steps of series that had a grid each; those are checked already."""
    indexes = [grid.index for grid in fields.tuple_of(one["grids"], "grids", TimeGrid)]
    lengths = np.array([len(index) for index in indexes])
    n_seen = fields.array(one["n_seen"], "n_seen", INT, len(indexes))
    require((n_seen >= lengths).all() and (lengths >= 2).all(), "series have what grids have")
    require((n_seen < 2**31).all(), "series have no more rows than steps are counted to")
    for index in indexes:
        is_one = isinstance(index, pd.DatetimeIndex) and str(index.tz) == str(codec.tz)
        require(is_one, "grids must be of dates, in the same zone")
    ordinals = np.concatenate([codec.read(index) for index in indexes])
    parts, failures = rare_parts(ordinals, offsets_of(lengths), codec, np.arange(len(lengths)))
    require(not failures, "grids must be regular")
    moved = [(places, steps.moved(n_seen[places] - 1)) for places, steps in parts]
    for _, steps in moved:
        CHECKS[type(steps)](steps)
    return moved
