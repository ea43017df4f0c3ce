"""Rows of an update that were seen before: refused in words, before any state moves."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from tsrnn._time.stamps import StampCodec
from tsrnn.panel.forms import FrameForm
from tsrnn.panel.frame import Columns, Panel
from tsrnn.panel.report import id_of


def refuse_seen_rows(
    more: Panel, ends: np.ndarray, form: FrameForm, columns: Columns, *, joined: bool, zones: str
) -> None:
    """Refuse rows at or before the ends of series, in the order of their stamps.

    Parameters
    ----------
    more : Panel
        Whose stamps are read as those of the fit.
    ends : (n_series,) int64 array
        Ordinals of the last steps seen.
    form : FrameForm
        Of the frame, for code that leaves such rows out.
    columns : Columns
    joined : bool
        Whether rows of a step are put together, so that stamps are labels of steps.
    zones : str
        What to say of another time zone than that of the fit.

    Raises
    ------
    ValueError
    """
    late = np.flatnonzero(more.ordinals[more.offsets[:-1]] <= ends)
    if not late.size:
        return
    first = int(late[0])
    end = _written(more.codec, ends[first])
    begin = _written(more.codec, more.ordinals[more.offsets[first]])
    if joined:
        cure = "; rows of the step that a series ended with come too late: pass those of later ones"
    else:
        is_shared = bool((ends == ends[0]).all())
        cure = f": pass later rows only{_code(form, columns, end if is_shared else None)}"
    raise ValueError(
        f"df_new has rows that do not go on where series ended, in {late.size} of {len(ends)} "
        f"series; nothing was updated. The first, {id_of(more.ids, first)!r}, ended {_shown(end)}, "
        f"and df_new begins with {_shown(begin)}{zones}{cure}"
    )


def _written(codec: StampCodec, ordinal: int) -> Any:
    return codec.write(np.array([ordinal]))[0]


def _shown(stamp: Any) -> str:
    """Return a stamp in words, a date alone where its clock shows midnight."""
    is_day = isinstance(stamp, pd.Timestamp) and stamp.tz is None and stamp == stamp.normalize()
    return str(stamp.date() if is_day else stamp)


def _code(form: FrameForm, columns: Columns, end: Any) -> str:
    """Return code that keeps later rows, of an end that series share, or of those of each (None).

    Nothing where no short code does.
    """
    library, series, time = form.kind.library, columns.id, columns.time
    in_columns = not form.levels and form.series is None
    if library == "polars" and end is not None:
        return f", as in df_new.filter(pl.col({time!r}) > {_in_polars(end)})"
    if library == "polars" and in_columns:
        return (
            f", as in df_new.join(ends, on={series!r}).filter(pl.col({time!r}) > pl.col('end'))"
            f".drop('end') with ends = df.group_by({series!r}).agg(end=pl.col({time!r}).max()) "
            "of the rows seen"
        )
    if library == "pandas" and end is not None:
        return f", as in df_new[{_time_of(form, time)} > {_in_pandas(end)}]"
    if library == "pandas" and in_columns:
        return (
            f", as in df_new[df_new[{time!r}] > df_new[{series!r}].map(ends)] with "
            f"ends = df.groupby({series!r})[{time!r}].max() of the rows seen"
        )
    return ""


def _time_of(form: FrameForm, time: Hashable) -> str:
    """Return code for the stamps of the rows of a frame of pandas."""
    if not form.levels:
        return f"df_new[{time!r}]"
    if len(form.levels) == 1:
        return "df_new.index"
    place = [role for role, _ in form.levels].index("time")
    return f"df_new.index.get_level_values({place})"


def _in_pandas(stamp: Any) -> str:
    is_number = isinstance(stamp, int | np.integer)
    return str(stamp) if is_number else repr(_shown(stamp))


def _in_polars(stamp: Any) -> str:
    if not isinstance(stamp, pd.Timestamp):
        return str(stamp)
    clock = [stamp.hour, stamp.minute, stamp.second]
    numbers = [stamp.year, stamp.month, stamp.day, *(clock if any(clock) else [])]
    zone = "" if stamp.tz is None else f", time_zone={str(stamp.tz)!r}"
    return f"pl.datetime({', '.join(map(str, numbers))}{zone})"
