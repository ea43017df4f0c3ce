"""Advice about time stamps that lie on no regular grid.

They have gaps, or they are of transactions, of which a step has several; the hour that daylight
saving leaves out or repeats looks like either.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
import pandas as pd

from tsrnn._time.labels import clocks_of, ordinals_per_day
from tsrnn.exceptions import IrregularIndexError

# Where stamps are on a grid with gaps, the code that fills these, and the grid's frequency or "".
Filling: TypeAlias = tuple[np.ndarray, str, str]

_MOST_GAPS = 10  # times the rows of a series; more is no grid for it
_ROWS_ADVICE = "y.reset_index(drop=True) takes the rows as the steps"


def irregular(index: pd.Index, fillings: Iterable[Filling]) -> IrregularIndexError:
    """Name the first gap, and what fills it: the grid with all stamps that has fewest gaps.

    Stamps of transactions lie on no grid, or on one that is hardly ever met.
    """
    found = []
    has_clocks = isinstance(index, pd.DatetimeIndex) and _clocks_vary(_shown(index))
    is_joined = has_clocks and is_struck_by_no_clock(index)
    for places, code, freq in () if is_joined else fillings:
        if not has_clocks or places[-1] < _MOST_GAPS * len(index):
            found.append((places[-1], int((np.diff(places) > 1).argmax()), code, freq))
    if found:
        _, row, code, freq = min(found, key=lambda gap: gap[0])
        zeros = f"tsrnn.fill_gaps(y, {f'freq={freq!r}, ' if freq else ''}value=0)"
        if isinstance(index, pd.TimedeltaIndex):
            zeros = f"{code[:-1]}, fill_value=0)"
        cure = f"{code} puts NaN, accepted as missing values, into the gaps; {zeros} zeros"
        cure += f"; {_ROWS_ADVICE}, as for prices of trading days." if freq == "B" else "."
    else:
        between = pd.Series(index[1:] - index[:-1])
        row = int((between != between.mode()[0]).argmax())
        cure = f"{joining_advice(index)}; {_ROWS_ADVICE}."
        if not has_clocks:
            cure = (
                "tsrnn.fill_gaps(y, freq='D') puts NaN, accepted as missing values, into the days "
                f"between; {_ROWS_ADVICE}; {_grid_advice(index)}."
            )
    return IrregularIndexError(
        f"the time index is irregular: after {index[row]} comes {index[row + 1]} (row {row + 1}). "
        f"{cure}{daylight_advice(index, row + 1)}",
        row + 1,
    )


def _grid_advice(index: pd.Index) -> str:
    """Name the grid that pandas cannot find by itself, where there is one: two days a month."""
    days = np.unique(index.day)
    names = [f"{kind}-{day}" for day in days[:3] for kind in ("SMS", "SME") if 1 < day < 28]
    for name in names:
        offset = pd.tseries.frequencies.to_offset(name)
        if all(map(offset.is_on_offset, index.tz_localize(None))):
            return f"y.index.freq = {name!r} says which grid it has"
    return "y.index.freq says which grid it has, where it is one of pandas' own, such as 'SME'"


def is_struck_by_no_clock(stamps: pd.DatetimeIndex) -> bool:
    """Tell whether times of day vary, and not by quarters of hours: those of sales, say."""
    shown = _shown(stamps[~stamps.isna()])
    quarter = ordinals_per_day(shown.dtype) // 96
    return _clocks_vary(shown) and bool((clocks_of(shown) % quarter).any())


def daylight_advice(index: pd.Index, row: int) -> str:
    """Explain a gap or repeat before a row, if it is an hour at night and no zone is named."""
    if not isinstance(index, pd.DatetimeIndex) or index.tz is not None:
        return ""
    steps, hour = np.diff(index.asi8), ordinals_per_day(index.dtype) // 24
    usual = np.median(steps)
    before, after = index[row - 1], index[row]
    is_night = before.hour < 4 or after.hour < 4 or before.date() != after.date()
    if abs(steps[row - 1] - usual) != hour or usual >= 24 * hour or not is_night:
        return ""
    return (
        " Local clock times have such gaps and repeats where daylight saving changes: name their"
        " zone, as in y.tz_localize('Europe/Berlin', ambiguous='infer')."
    )


def joining_advice(index: pd.Index) -> str:
    """Name what makes a row a step of several rows, such as the sales of a day."""
    if isinstance(index, pd.TimedeltaIndex):
        return "y.groupby(level=0).sum(), .mean() or .last() makes one row of equal ones"
    freq, of = "", "of equal stamps"
    if isinstance(index, pd.DatetimeIndex):
        freq, of = "freq='D', ", "of a day, without freq= of those of equal stamps"
    return (
        f"tsrnn.fill_gaps(y, {freq}aggregate='sum') makes one row of those {of}, by 'sum', 'mean' "
        "or 'last'"
    )


def _shown(index: pd.DatetimeIndex) -> np.ndarray:
    """Return what clocks show, without a time zone."""
    return (index if index.tz is None else index.tz_localize(None)).to_numpy()


def _clocks_vary(shown: np.ndarray) -> bool:
    clocks = clocks_of(shown)
    return bool((clocks != clocks[:1]).any())
