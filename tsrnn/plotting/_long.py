"""One series of a panel, out of long frames of values and of forecasts."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

import pandas as pd

from tsrnn._input.frames import kind_in_words, opened
from tsrnn._time.stamps import MISSING, read_stamps
from tsrnn.plotting._series import refuse_several


class Names(NamedTuple):
    """Names of the columns of a long frame, by the arguments that say them."""

    id_col: Hashable
    time_col: Hashable
    target_col: Hashable


class Drawn(NamedTuple):
    """A series and a forecast of it, both by their time stamps, and bounds by level."""

    y: pd.Series
    forecast: pd.Series
    intervals: dict[float, pd.DataFrame]


def drawn_of(df: Any, forecasts: Any, series: Any, model: Any, names: Names) -> Drawn:
    """Find one series in both frames.

    Raises
    ------
    ValueError
        If a column is not there, or it is not clear which series or model to draw.
    """
    refuse_several(series)
    keys = [names.id_col, names.time_col]
    past = _columns(df, "df", [*keys, names.target_col])
    ahead = _columns(forecasts, "forecasts", keys)
    ids = list(dict.fromkeys(ahead[names.id_col]))
    if series is None and len(ids) == 1:
        series = ids[0]
    if series not in ids:
        what = "forecasts has several" if series is None else f"{series!r} is not in forecasts"
        raise ValueError(f"series must be one of {_some(ids)}: {what}")
    past, ahead = (
        _of_series(past, "df", series, names),
        _of_series(ahead, "forecasts", series, names),
    )
    if not len(past):
        raise ValueError(f"df has no rows of series {series!r}")
    model = _model_of(ahead, model, [*keys, names.target_col, "cutoff"])
    bounds = {
        float(percent) / 100.0: ahead[[low, f"{model}-hi-{percent}"]].astype(float)
        for low in ahead.columns
        for percent in re.findall(rf"^{re.escape(str(model))}-lo-([\d.]+)$", str(low))
    }
    return Drawn(
        past[names.target_col].astype(float).rename(series),
        ahead[model].astype(float).rename(series),
        {
            one: bounds[one].set_axis(["lower", "upper"], axis=1)
            for one in sorted(bounds, reverse=True)
        },
    )


def _columns(frame: Any, name: str, needed: Sequence[Hashable]) -> pd.DataFrame:
    """Return a frame of any library as one of pandas, with all it needs as columns."""
    given, _ = opened(frame, name)
    if not isinstance(given, pd.DataFrame):
        raise TypeError(f"{name} must be a long frame, got {kind_in_words(given)}")
    if isinstance(given.index, pd.MultiIndex):
        given = given.reset_index()
    for column in needed:
        if column not in given:
            raise ValueError(
                f"{name} must be a long frame with the columns {list(needed)}, got "
                f"{list(given.columns)}: id_col, time_col and target_col name others"
            )
    return given


def _of_series(frame: pd.DataFrame, name: str, series: Any, names: Names) -> pd.DataFrame:
    """Return the rows of a series, in order, by their time stamps; dates may be words."""
    rows = frame[[one == series for one in frame[names.id_col]]]
    stamps = rows[names.time_col]
    if len(rows) and (stamps.dtype == object or isinstance(stamps.dtype, pd.StringDtype)):
        ordinals, codec = read_stamps(stamps, f"{name}[{names.time_col!r}]")
        if (ordinals == MISSING).any():
            wrong = stamps.iloc[int((ordinals == MISSING).argmax())]
            raise ValueError(
                f"{name}[{names.time_col!r}] is missing or no ISO date ({wrong!r}) in a row of "
                f"series {series!r}"
            )
        rows = rows.copy()
        rows[names.time_col] = codec.write(ordinals)
    rows = rows.set_index(names.time_col).sort_index()
    return rows.drop(columns=names.id_col)


def _model_of(forecasts: pd.DataFrame, model: Any, others: Sequence[Hashable]) -> Hashable:
    """Return the column that holds the forecasts to draw."""
    found = [one for one in forecasts.columns if one not in others]
    found = [one for one in found if not re.search(r"-(lo|hi)-[\d.]+$", str(one))]
    if model is None and len(found) == 1:
        return found[0]
    if model not in found:
        what = "forecasts has several" if model is None else f"{model!r} is not in forecasts"
        raise ValueError(f"model must be one of {found}: {what}")
    return model


def _some(names: list[Any]) -> str:
    return str(names) if len(names) <= 8 else f"{names[:8]} and {len(names) - 8} others"
