"""Frames of panels as they come: columns that are regressors, static or neither, and their series.

A form of its own (`tsrnn.panel.forms`), the rows of series (`tsrnn.panel.frame`), and columns that
say the same in all rows of a series.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from tsrnn._input.notes import warn_user
from tsrnn._input.ragged import extremes
from tsrnn.exceptions import InvalidParameterError, UnusedColumnsWarning
from tsrnn.panel.errors import CellError
from tsrnn.panel.forms import FrameForm, long_frame
from tsrnn.panel.frame import Columns, FrameNames, Panel, holds_numbers, read_panel
from tsrnn.panel.report import id_of
from tsrnn.panel.static_columns import static_numbers


@dataclass(frozen=True)
class FrameRoles:
    """Roles of the columns of a frame, as the arguments of a panel give them.

    Attributes
    ----------
    columns : Columns
    regressors : list or None
        None for all columns of numbers that have no other role.
    static : list or None
    """

    columns: Columns
    regressors: Sequence[Hashable] | None = None
    static: Sequence[Hashable] | None = None

    def check(self) -> None:
        """Refuse what are no names of further columns.

        Raises
        ------
        InvalidParameterError
        """
        taken = self.columns.arguments
        for argument in ("regressors", "static"):
            given = getattr(self, argument)
            if given is None:
                continue
            if not isinstance(given, list | tuple | pd.Index | np.ndarray):
                raise InvalidParameterError(
                    f"{argument} must be None or a list of names of columns, such as ['price'], "
                    f"got {given!r}"
                )
            for name in given:
                if not pd.api.types.is_hashable(name):
                    raise InvalidParameterError(f"{argument} must hold names, got {name!r}")
                if name in taken:
                    raise InvalidParameterError(
                        f"{argument} has {name!r}, which is the {taken[name]}: name columns beside "
                        "the series, the time stamps and the values"
                    )
                taken = {**taken, name: f"name of a column in {argument} already"}

    def refuse_wide(self, series: list[Hashable]) -> None:
        """Refuse a wide frame of these series where some columns are named to be no series.

        Raises
        ------
        ValueError
        """
        named = [*(self.regressors or ()), *(self.static or ())]
        if not named:
            return
        argument = "regressors" if self.regressors else "static"
        target = next((one for one in series if one not in named), self.columns.target)
        raise ValueError(
            f"{argument} has {named[0]!r}, but df has neither a column {self.columns.id!r} nor "
            f"{self.columns.target!r}, and so reads as a wide frame of the series {series}, which "
            "has no room for others: give it a column that names the series, and say id_col and "
            f"target_col={target!r}. A single series needs no panel: a forecaster's fit(X, y) "
            f"takes df[{named}] and df[{target!r}]"
        )

    def of(self, frame: pd.DataFrame, name: str) -> tuple[list, list, tuple]:
        """Return which columns of a frame are regressors, which static, and which are left alone.

        Raises
        ------
        ValueError
            For names that are no columns, and regressors that are no numbers.
        """
        known = {*self.columns.arguments, *(self.static or ())}
        others = [one for one in frame.columns if one not in known]
        for argument in ("regressors", "static"):
            for one in getattr(self, argument) or ():
                if one not in frame.columns:
                    raise ValueError(
                        f"{argument} has {one!r}, but {name} has no such column, only "
                        f"{list(frame.columns)}"
                    )
        if self.regressors is None:
            chosen = [one for one in others if _is_of_numbers(frame, one)]
        else:
            chosen = list(self.regressors)
            for one in chosen:
                if not _is_of_numbers(frame, one):
                    raise ValueError(
                        f"regressors has {one!r}, but {name}[{one!r}] holds no numbers: it is "
                        f"{frame[one].dtype}, such as {frame[one].iloc[0]!r}; pd.get_dummies makes "
                        "numbers of words"
                    )
        return chosen, list(self.static or ()), tuple(one for one in others if one not in chosen)


def _is_of_numbers(frame: pd.DataFrame, name: Hashable) -> bool:
    column = frame[name]
    # Two columns of one name are refused where they are read.
    return not isinstance(column, pd.Series) or holds_numbers(column)


@dataclass(frozen=True)
class FittedFrame:
    """The frame that a panel was fitted to, as far as further ones are read by it.

    Attributes
    ----------
    form : FrameForm
        Of the frame, and of forecasts.
    regressors : list
        Names of their columns.
    left_alone : tuple
        Names of columns that were not read.
    static : DataFrame
        A row a series with its name, and what it has in all its rows.
    learned : DataFrame or None
        The like of the series that static columns are read by, where training was on others.
    """

    form: FrameForm
    regressors: list[Hashable]
    left_alone: tuple[Hashable, ...]
    static: pd.DataFrame
    learned: pd.DataFrame | None = None

    @property
    def read_by(self) -> pd.DataFrame:
        """The table of the series that static columns are read by."""
        return self.static if self.learned is None else self.learned


class ReadFrame(NamedTuple):
    """Series read, why some will not do (by position), and what the frame was."""

    panel: Panel
    failures: dict[int, Exception]
    frame: FittedFrame


@dataclass(frozen=True)
class Readers:
    """Forecasters by whether they look at static columns.

    Attributes
    ----------
    of_static, others : tuple of str
        What to call those that do, and those that do not.
    """

    of_static: tuple[str, ...]
    others: tuple[str, ...]


def read_frame(
    df: Any,
    roles: FrameRoles,
    *,
    repeats: bool,
    readers: Readers,
    learned: pd.DataFrame | None = None,
) -> ReadFrame:
    """Read a frame to be fitted to.

    Parameters
    ----------
    df : frame
        Of any form.
    roles : FrameRoles
    repeats : bool
        Whether a time stamp may stand in several rows of a series.
    readers : Readers
    learned : DataFrame, optional
        What static columns said of the series that were trained on, where nothing is learned of
        these, or training goes on.

    Raises
    ------
    TypeError, ValueError
        See `read_panel`, and for columns that are not what they were named for.

    Warns
    -----
    UnusedColumnsWarning
        Once, of columns that nothing looks at.
    """
    columns, names = roles.columns, FrameNames("df")
    df, form = long_frame(df, columns, "df")
    if not isinstance(df, pd.DataFrame):
        read_panel(df, columns, None, names=names)  # which refuses it
    if form.series is not None:
        roles.refuse_wide(form.series.tolist())
    if not readers.of_static:
        learned = None
    if learned is not None:
        _refuse_other_static(df, roles.static, learned)
    regressors, static, left_alone = roles.of(df, "df")
    panel, failures = read_panel(
        df, columns, regressors, repeats=repeats, names=names, ignored=(*static, *left_alone)
    )
    table, varying = _static_of(df, columns.id, static, panel.ids)
    failures = varying | failures
    told: list[str] = []
    if static and readers.of_static:
        named = static if learned is None else learned.columns[1:].tolist()
        numbers, unknown, told = static_numbers(table, named, ", ".join(readers.of_static), learned)
        panel, failures = replace(panel, static=numbers), unknown | failures
    if form.series is not None:
        failures = _at_rows(failures, df)
    _tell_of_unused(left_alone, static if readers.others else [], readers.others, told)
    if roles.regressors is None:
        _tell_of_constant(panel, regressors)
    return ReadFrame(panel, failures, FittedFrame(form, regressors, left_alone, table, learned))


def _refuse_other_static(
    df: pd.DataFrame, named: Sequence[Hashable] | None, learned: pd.DataFrame
) -> None:
    """Refuse static columns other than those that what was trained has read."""
    known = learned.columns[1:].tolist()
    if {*known} != {*(named or ())}:
        raise ValueError(
            f"static is {list(named or ())}, and what was trained has read {known}: set "
            f"static={known}, or train anew, with warm_start=False"
        )
    for name in known:
        if name not in df.columns:
            raise ValueError(
                f"df has no column {name!r}, and what was trained reads this static column: give "
                f"the {name!r} of each series, such as {_plain(learned[name].iloc[0])!r}"
            )


def _tell_of_constant(panel: Panel, regressors: list[Hashable]) -> None:
    """Tell of regressors by default that say the same in all rows of a series, but not of all.

    What is the same everywhere may be a price or an event that will change, and is left alone.
    """
    if len(panel.ids) < 2 or not regressors or not (panel.lengths > 1).any():
        return
    low, high = extremes(panel.regressors, panel.offsets)
    is_static = (low == high).all(axis=0) & (low != low[0]).any(axis=0)
    names = [name for name, one in zip(regressors, is_static, strict=True) if one]
    if names:
        warn_user(
            f"the regressors {names} are constant in each series, and predict will want them of "
            f"the steps ahead: is static={names} meant? Name them there or in regressors"
        )


def read_further(
    df: Any,
    fitted: FittedFrame,
    columns: Columns,
    name: str,
    *,
    is_new: bool,
    repeats: bool = False,
    unknown: Collection[Hashable] = (),
) -> tuple[Panel, dict[int, Exception], FrameForm]:
    """Read another frame of the series that were fitted.

    Parameters
    ----------
    df : frame
        Of any form.
    fitted : FittedFrame
    columns : Columns
    name : str
        What to call it in an error.
    is_new : bool
        Whether it holds values, which follow those seen; else it is of rows to predict.
    repeats : bool
        As for `read_frame`.
    unknown : collection
        Regressors that may be left out.
    """
    df, form = long_frame(df, columns, name, has_target=is_new, has_ends=False)
    names, static = FrameNames(name), list(fitted.static.columns[1:])
    panel, failures = read_panel(
        df,
        columns,
        fitted.regressors,
        has_target=is_new,
        repeats=repeats,
        names=names,
        ignored=(*static, *fitted.left_alone),
        unknown=unknown,
    )
    if is_new:
        static = [one for one in static if one in df.columns]
        _, varying = _static_of(df, columns.id, static, panel.ids, fitted.static)
        failures = varying | failures
    if form.series is not None:
        failures = _at_rows(failures, df)
    return panel, failures, form


def _static_of(
    df: pd.DataFrame,
    id_col: Hashable,
    names: list[Hashable],
    ids: pd.Index,
    known: pd.DataFrame | None = None,
) -> tuple[pd.DataFrame, dict[int, Exception]]:
    """Return what columns say of each series, and which series have rows that say something else.

    Parameters
    ----------
    df : DataFrame
    id_col : hashable
    names : list
        Of the columns.
    ids : pandas.Index
        The series of the frame.
    known : DataFrame, optional
        What they have said before.
    """
    failures: dict[int, Exception] = {}
    if not names:
        return pd.DataFrame({id_col: ids}), failures
    series = ids.get_indexer(pd.Index(df[id_col]))
    first = np.unique(series, return_index=True)[1]
    table = {id_col: ids}
    for name in names:
        said = df[name].iloc[first].reset_index(drop=True)
        table[name] = said
        if known is not None:
            said = known[name].iloc[pd.Index(known.iloc[:, 0]).get_indexer(ids)]
        every = pd.concat([said.astype(object), df[name].astype(object)], ignore_index=True)
        try:
            codes = pd.factorize(every)[0]
        except TypeError as error:
            raise TypeError(f"static has {name!r}, whose cells are no words or numbers") from error
        of_series, of_rows = codes[: len(ids)], codes[len(ids) :]
        rows = np.flatnonzero(of_rows != of_series[series])
        for i, place in zip(*np.unique(series[rows], return_index=True), strict=True):
            row = int(rows[place])
            failures.setdefault(
                int(i),
                ValueError(
                    f"the static column {name!r} must be the same in all rows, but is "
                    f"{id_of(said, int(i))!r} and, in row {row}, {id_of(df[name], row)!r}"
                ),
            )
    return pd.DataFrame(table), failures


def _plain(cell: Any) -> Any:
    """Return a cell as an object of Python."""
    return cell.item() if isinstance(cell, np.generic) else cell


def _at_rows(failures: dict[int, Exception], df: pd.DataFrame) -> dict[int, Exception]:
    """Let errors tell the rows of a wide frame, whose columns were laid one under the other."""
    return {
        i: CellError(one.problem, one.column, one.value, int(df.index[one.row]), one.cure)
        if isinstance(one, CellError)
        else one
        for i, one in failures.items()
    }


def _tell_of_unused(
    left_alone: Sequence[Hashable],
    static: Sequence[Hashable],
    others: Sequence[str],
    more: Sequence[str],
) -> None:
    """Tell of columns that nothing looks at, or that some forecasters do not, and of `more`."""
    told = [*more]
    if left_alone:
        told.append(
            f"the columns {list(left_alone)} are left alone: regressors and static name what is to "
            "be read"
        )
    if static:
        told.append(f"{', '.join(others)} does not look at the static columns {list(static)}")
    if told:
        warn_user("; ".join(told), UnusedColumnsWarning)
