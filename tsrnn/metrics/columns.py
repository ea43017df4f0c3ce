"""Columns of frames of past forecasts: series, stamps and values, models, bounds of intervals."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_float_dtype, is_numeric_dtype

from tsrnn._input.frames import FrameKind, kind_in_words, opened
from tsrnn._time.labels import kind_of, stamps_of
from tsrnn.metrics.reading import check_level

_BOUND = re.compile(r"(?P<model>.+)-(?P<side>lo|hi)-(?P<percent>\d+(\.\d+)?)")
_OWN = "forecast"  # the model of a backtest, and the model of these bounds:
_OWN_BOUND = re.compile(r"(?P<side>lower|upper)(-(?P<percent>\d+(\.\d+)?))?")
_MERGED = re.compile(_OWN_BOUND.pattern + "_.+")  # as two frames with bounds are merged
MODEL = "model"


class Columns(NamedTuple):
    """Names of the columns of a frame; None for those it does not have."""

    series: Hashable | None
    time: Hashable | None
    target: Hashable
    cutoff: Hashable | None


class Bounds(NamedTuple):
    """Columns of the bounds of a level; `mark` is what the names of metrics get of it."""

    mark: str
    level: float | None
    lower: Hashable
    upper: Hashable


def read_frame(frame: Any, name: str) -> tuple[Any, FrameKind]:
    """Read a frame of any library: as one of pandas, names of an index of several levels columns.

    What is no frame is returned as it is.
    """
    frame, kind = opened(frame, name)
    labelled = isinstance(frame, pd.DataFrame | pd.Series)
    if labelled and isinstance(frame.index, pd.MultiIndex) and None not in frame.index.names:
        frame = frame.reset_index()
    return frame, kind


def columns_of(
    frame: Any, id_col: Hashable | None, time_col: Hashable | None, target_col: Hashable
) -> Columns:
    """Find the columns of a frame."""
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(
            "frame must be a DataFrame, as tsrnn.backtest or PanelForecaster.cross_validation "
            f"give it, got {kind_in_words(frame)}"
        )
    if not len(frame):
        raise ValueError("frame has no rows")
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise ValueError(f"frame has two columns {twice!r}")
    for name, given in (("id_col", id_col), ("time_col", time_col), ("target_col", target_col)):
        if given is not None and given not in frame:
            raise ValueError(
                f"frame has no column {given!r}, only {list(frame.columns)}: say {name}"
            )

    def found(argument: str, given: Hashable | None, *usual: str) -> Hashable | None:
        known = [one for one in usual if one in frame]
        forecasts = [one for one in known if is_float_dtype(frame[one])]  # which these may be
        if given is None and len(known) > 1 and forecasts:
            raise ValueError(f"frame has both columns {known}: say by {argument} which is meant")
        return known[0] if given is None and known else given

    columns = Columns(
        found("id_col", id_col, "series", "unique_id"),
        found("time_col", time_col, "time", "ds"),
        target_col,
        "cutoff" if "cutoff" in frame else None,
    )
    _refuse_unknown(frame, columns)
    return columns


def _refuse_unknown(frame: pd.DataFrame, columns: Columns) -> None:
    """Refuse a backtest whose columns of time stamps or series have names that are not known.

    Beside each other they would be taken for models, and the series for one.
    """
    if columns.cutoff is None:
        return
    absent = [
        f"{what}: say {argument}"
        for argument, what, is_absent in (
            ("time_col", "time stamps (time or ds)", columns.time is None),
            (
                "id_col",
                "series (series or unique_id), nor the column step of a single one",
                columns.series is None and "step" not in frame,
            ),
        )
        if is_absent
    ]
    if absent:
        raise ValueError(
            f"frame has a column 'cutoff', but no column of {absent[0]}, among "
            f"{list(frame.columns)}"
        )


def keys_of(
    frame: pd.DataFrame, by: Hashable | Sequence[Hashable] | None, columns: Columns
) -> list[Hashable]:
    """Read by which columns rows are told apart."""
    if by is None:
        return []
    keys = [by] if isinstance(by, Hashable) else list(by)
    if isinstance(by, tuple | frozenset) and by not in frame:
        keys = list(by)
    keys = [one for one in dict.fromkeys(keys) if one != MODEL]  # which always are
    for key in keys:
        steps = key == "step" and columns.time is not None
        if key not in frame and not steps:
            raise ValueError(f"by names {key!r}: frame has the columns {list(frame.columns)}")
    return keys


def with_steps(frame: pd.DataFrame, keys: Sequence[Hashable], columns: Columns) -> pd.DataFrame:
    """Return a frame that has the column step, if it is among the keys: from 1 on in a window."""
    if "step" not in keys or "step" in frame:
        return frame
    window = [one for one in (columns.series, columns.cutoff) if one is not None]
    window += [MODEL] if names_models(frame) else []
    number = np.zeros(len(frame), dtype=np.int64)
    if window:
        number = frame.groupby(window, dropna=False).ngroup().to_numpy()
    stamps = stamps_of(pd.Index(frame[columns.time]))
    if kind_of(stamps) == "labels" and not is_numeric_dtype(stamps):  # in the order of the rows
        times = np.arange(len(frame))
        rows = pd.DataFrame({"number": number, "label": stamps, "time": times})
        times = rows.groupby(["number", "label"], dropna=False)["time"].transform("min")
    else:
        times = pd.Series(pd.factorize(stamps, sort=True)[0])
    steps = times.groupby(number).rank("dense").astype(np.int64)
    return frame.assign(step=steps.to_numpy())


def models_of(frame: pd.DataFrame, keys: Sequence[Hashable], columns: Columns) -> list[Hashable]:
    """Find the columns that hold forecasts."""
    known = {*keys, *columns, "step"}
    numeric = [
        name
        for name, dtype in frame.dtypes.items()
        if is_numeric_dtype(dtype) and not is_bool_dtype(dtype) and name not in known
    ]
    models = [name for name in numeric if not _is_bound(name)]
    orphans = [name for name in numeric if _is_bound(name) and _bound_of(name, models) is None]
    if models and orphans:
        raise ValueError(
            f"frame has the column {orphans[0]!r}, and it is not clear which of the models "
            f"{models} it is a bound of: call bounds by their model and percents, as "
            f"'{models[0]}-lo-80' and '{models[0]}-hi-80', or leave them out"
        )
    if not models:
        raise ValueError(
            f"frame has no column of forecasts: its columns of numbers are {numeric}, beside those "
            "of series, time stamps, values and by"
        )
    return models


def bounds_of(
    frame: pd.DataFrame, models: Sequence[Hashable], level: Any, needs: frozenset[str]
) -> Mapping[Hashable, list[Bounds]]:
    """Find the bounds of each model's intervals, where metrics look at them."""
    looked_at = bool(needs & {"interval", "quantiles"})
    if level is not None:
        level = check_level(level)
        if not looked_at or "lower" not in frame:
            why = "frame has no columns lower and upper" if looked_at else "no metric looks at it"
            raise ValueError(f"level is given, but {why}")
    found: dict[Hashable, list[Bounds]] = {name: [] for name in models}
    if not looked_at:
        return found
    for name in frame.columns:
        bound = _bound_of(name, models)
        if bound is not None and bound[1] in ("lower", "lo"):
            model, side, percent = bound
            other = re.sub(r"lower|-lo(?=-[\d.]+$)", {"lower": "upper"}.get(side, "-hi"), name)
            if other not in frame:
                raise ValueError(f"frame has the column {name!r}, but no {other!r}")
            of_name = level if percent is None else check_level(float(percent) / 100.0)
            mark = "" if percent is None else f"-{percent}"
            found[model].append(Bounds(mark, of_name, name, other))
    _refuse_unlike(found, needs)
    return found


def _refuse_unlike(found: Mapping[Hashable, list[Bounds]], needs: frozenset[str]) -> None:
    """Refuse models that have other intervals than others, and levels that are not known."""
    first, *rest = found
    if not found[first] and not any(found.values()):
        raise ValueError(
            f"frame has no intervals of {first!r}: the columns lower and upper of a backtest with "
            f"a level, or '{first}-lo-80' and '{first}-hi-80'"
        )
    marks = {name: [one.mark.strip("-") for one in bounds] for name, bounds in found.items()}
    for name in rest:
        if sorted(marks[name]) != sorted(marks[first]):
            raise ValueError(
                f"frame has intervals of the levels {marks[first]} of {first!r}, but {marks[name]} "
                f"of {name!r}: give both the same, or one of them alone"
            )
    if "level" in needs and any(one.level is None for one in found[first]):
        raise ValueError("level must be given for the columns lower and upper, such as level=0.95")


def _bound_of(
    name: Hashable, models: Sequence[Hashable]
) -> tuple[Hashable, str, str | None] | None:
    """Read the model, the side and the percents of a column of bounds; None for others."""
    if not isinstance(name, str):
        return None
    found = _BOUND.fullmatch(name)
    if found and found["model"] in models:
        return found["model"], found["side"], found["percent"]
    found = _OWN_BOUND.fullmatch(name)
    owner = _OWN if _OWN in models else models[0] if len(models) == 1 else None
    return (owner, found["side"], found["percent"]) if found and owner is not None else None


def _is_bound(name: Hashable) -> bool:
    """Tell whether a column is called as the bounds of some model are."""
    return isinstance(name, str) and any(
        pattern.fullmatch(name) for pattern in (_BOUND, _OWN_BOUND, _MERGED)
    )


def each_model(
    frame: pd.DataFrame, models: Sequence[Hashable]
) -> Iterator[tuple[Hashable, Hashable, np.ndarray]]:
    """Yield what each model is called, its column, and which rows are its own."""
    if not names_models(frame):
        for column in models:
            yield column, column, np.ones(len(frame), dtype=bool)
        return
    if len(models) > 1:
        raise ValueError(
            f"frame has a column {MODEL!r}, and forecasts in several: {models}; give one column"
        )
    unnamed = np.flatnonzero(frame[MODEL].isna())
    if unnamed.size:
        raise ValueError(f"frame[{MODEL!r}] names no model in row {unnamed[0]}")
    for name in dict.fromkeys(frame[MODEL]):
        yield name, models[0], (frame[MODEL] == name).to_numpy()


def names_models(frame: pd.DataFrame) -> bool:
    """Tell whether a column says which model a row is of; one of numbers is a model's forecasts."""
    return MODEL in frame and not is_numeric_dtype(frame[MODEL])


def refuse_repeated(frame: pd.DataFrame, columns: Columns) -> None:
    """Refuse two rows that forecast the same, such as of two models that are not told apart."""
    names = [one for one in (columns.series, columns.cutoff, columns.time) if one is not None]
    if columns.time is None:
        return
    names += [MODEL] if names_models(frame) else []
    twice = np.flatnonzero(frame.duplicated(names))
    if twice.size:
        row = ", ".join(f"{name} {frame[name].iloc[twice[0]]}" for name in names)
        or_series = "" if columns.series is not None else "; of several series say id_col"
        raise ValueError(
            f"frame has two rows of {row}: name the models of several frames, as in "
            f"pd.concat([one.assign(model='one'), other.assign(model='other')]){or_series}"
        )
