"""Forms of frames: long, wide, or with an index of series and time; and the libraries they are of.

Whatever a panel is given becomes a long frame of pandas, and its answers are of the form given.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tsrnn._input.frames import PANDAS, FrameKind, opened
from tsrnn._input.notes import warn_user
from tsrnn.panel.frame import Columns, holds_numbers


@dataclass(frozen=True)
class FrameForm:
    """The form of a frame, which answers to it have, too.

    Attributes
    ----------
    kind : FrameKind
        Whose frame it is.
    levels : tuple of (role, name)
        What stands in the index rather than in columns, and what it is called there: "id" and
        "time", in either order; or, in a wide frame, the time alone.
    series : pandas.Index or None
        The columns of a wide frame, each of which is a series.
    name : hashable or None
        Of what is a Series with an index of series and time.
    is_flat : bool
        Whether it is such a Series.
    """

    kind: FrameKind = PANDAS
    levels: tuple[tuple[str, Hashable], ...] = ()
    series: Any = None
    name: Hashable = None
    is_flat: bool = False

    def answer(self, frame: pd.DataFrame, columns: Columns) -> Any:
        """Give a long frame this form, as far as it has it.

        A wide frame has room for one value of a series and a time step: what has more stays long.
        """
        values = [name for name in frame.columns if name not in (columns.id, columns.time)]
        if self.series is not None:
            if len(values) == 1:
                frame = _laid_out(frame, columns, values[0], self.series)
                if self.levels:
                    return frame.rename_axis(index=self.levels[0][1])
                frame = frame.rename_axis(index=columns.time).reset_index()
        elif self.levels:
            levels = [getattr(columns, role) for role, _ in self.levels]
            frame = frame.set_index(levels).rename_axis([name for _, name in self.levels])
            return (
                frame[values[0]].rename(self.name) if self.is_flat and len(values) == 1 else frame
            )
        return self.kind.answer(frame, {"cutoff": columns.time})


def long_frame(
    frame: Any, columns: Columns, name: str, *, has_target: bool = True, has_ends: bool = True
) -> tuple[Any, FrameForm]:
    """Make a long frame of pandas of whatever form a frame has.

    What is no frame, and frames whose columns are not those of any form, are returned as they are,
    for the reader of long ones to refuse.

    Parameters
    ----------
    frame : object
    columns : Columns
    name : str
        What to call it in an error.
    has_target : bool
        Whether it holds the series themselves.
    has_ends : bool
        Whether missing values at the ends of the columns of a wide one lie before and after these
        series. The index then tells the rows that others have there.

    Raises
    ------
    ValueError
        If a frame looks like one of a form, and is none.
    """
    given, kind = opened(frame, name)
    if isinstance(given, pd.DataFrame | pd.Series) and isinstance(given.index, pd.MultiIndex):
        return _of_levels(given, columns, name, has_target)
    if not isinstance(given, pd.DataFrame):
        return given if kind is PANDAS else frame, PANDAS_LONG
    if has_target and _looks_wide(given, columns):
        return _of_wide(given, kind, columns, name, has_ends)
    return given, FrameForm(kind)


PANDAS_LONG = FrameForm()


def _laid_out(
    frame: pd.DataFrame, columns: Columns, value: Hashable, series: pd.Index
) -> pd.DataFrame:
    """Lay values out, a column a series in the order given, and a row for each stamp."""
    places = {name: i for i, name in enumerate(series.to_flat_index())}
    place = np.array([places[name] for name in frame[columns.id]])
    row, stamps = pd.factorize(frame[columns.time], sort=True)
    cells = np.full((len(stamps), len(places)), np.nan)
    cells[row, place] = frame[value]
    kept = np.unique(place)
    return pd.DataFrame(cells[:, kept], pd.Index(stamps), series.take(kept))


def _of_levels(
    given: pd.DataFrame | pd.Series, columns: Columns, name: str, has_target: bool
) -> tuple[pd.DataFrame, FrameForm]:
    """Make columns of an index of series and time."""
    is_flat = isinstance(given, pd.Series)
    frame = given
    if is_flat:
        is_named = given.name is not None and not has_target
        frame = given.to_frame(given.name if is_named else columns.target)
    if {columns.id, columns.time} & set(frame.columns):
        return frame, PANDAS_LONG
    index = frame.index
    names = list(index.names)
    if set(names) == {columns.id, columns.time} and index.nlevels == 2:
        levels = names
    else:
        is_time = [isinstance(one, pd.DatetimeIndex | pd.PeriodIndex) for one in index.levels]
        if sorted(is_time) != [False, True]:
            raise ValueError(
                f"{name} has an index of {index.nlevels} levels, {names}, of which it is not clear "
                f"which are the series and the time: {name}.index.names = "
                f"[{columns.id!r}, {columns.time!r}] says so of two"
            )
        levels = [columns.time if one else columns.id for one in is_time]
    if has_target and frame.shape[1] == 1:
        frame = frame.set_axis([columns.target], axis=1)
    roles = ["id" if one == columns.id else "time" for one in levels]
    form = FrameForm(
        levels=tuple(zip(roles, names, strict=True)),
        name=given.name if is_flat else None,
        is_flat=is_flat,
    )
    return frame.rename_axis(levels).reset_index(), form


def _looks_wide(frame: pd.DataFrame, columns: Columns) -> bool:
    """Tell whether a frame has stamps, as its index or a column, and names neither other column."""
    labels = list(frame.columns)  # of which pairs are not found by their first words
    if columns.id in labels or columns.target in labels or not len(frame):
        return False
    if columns.time in labels:
        return frame.shape[1] > 1 and labels.count(columns.time) == 1
    is_time = isinstance(frame.index, pd.DatetimeIndex | pd.PeriodIndex)
    return frame.shape[1] > 0 and (is_time or frame.index.name == columns.time)


def _of_wide(
    frame: pd.DataFrame, kind: FrameKind, columns: Columns, name: str, has_ends: bool
) -> tuple[pd.DataFrame, FrameForm]:
    """Lay the columns of a wide frame one under the other; the index are its rows."""
    levels: tuple[tuple[str, Hashable], ...] = ()
    if columns.time in list(frame.columns):
        stamps, table = pd.Index(frame[columns.time]), frame.drop(columns=columns.time)
    else:
        stamps, table = frame.index, frame
        levels = (("time", frame.index.name),)
    series = table.columns
    problem = ""
    words = [
        series[i]
        for i, dtype in enumerate(table.dtypes)
        if dtype.kind not in "biuf" and not holds_numbers(table.iloc[:, i])
    ]
    if words:
        problem = f"columns of numbers alone, unlike {words[0]!r}"
    elif not series.is_unique:
        problem = f"each column once, unlike {series[series.duplicated()][0]!r}"
    elif not stamps.is_unique:
        problem = f"each time stamp once, unlike {stamps[stamps.duplicated()][0]}"
    if problem:
        raise ValueError(
            f"{name} has neither a column {columns.id!r} nor {columns.target!r}, as a long frame "
            f"has (id_col and target_col name others), only {list(frame.columns)}; a wide one, "
            f"with a column for each series, would have {problem}"
        )
    if has_ends:
        _tell_of_constant(table, name)
    numeric = all(dtype.kind in "biuf" for dtype in table.dtypes)
    cells = table.to_numpy(dtype=float if numeric else object, na_value=np.nan)
    kept = _from_first_to_last(pd.notna(cells)) if has_ends else np.ones(cells.shape, dtype=bool)
    place, row = np.nonzero(kept.T)
    long = {
        columns.id: series.to_flat_index().take(place),
        columns.time: stamps.take(row),
        columns.target: cells[row, place],
    }
    return pd.DataFrame(long, index=row), FrameForm(kind, levels, series)


def _tell_of_constant(table: pd.DataFrame, name: str) -> None:
    """Tell of a column of one whole number: it may be what a long frame calls its only series."""
    constant = [
        dtype.kind in "iu" and bool((table.iloc[:, i] == table.iat[0, i]).all())
        for i, dtype in enumerate(table.dtypes)
    ]
    for i in np.flatnonzero(constant).tolist():
        if table.iat[0, i] and not all(constant):
            warn_user(
                f"{name} has no column that id_col or target_col names, and is read as a wide "
                f"frame of the series {list(table.columns)}; if it is a long one, in which "
                f"{table.columns[i]!r} names the series {table.iat[0, i]}, say id_col and "
                "target_col"
            )
            return


def _from_first_to_last(known: np.ndarray) -> np.ndarray:
    """Mark the rows of each column from its first value to its last; all where it has none."""
    begun = np.logical_or.accumulate(known)
    goes_on = np.logical_or.accumulate(known[::-1])[::-1]
    return (begun & goes_on) | ~known.any(axis=0)
