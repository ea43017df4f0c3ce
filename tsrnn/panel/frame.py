"""Long frames of many series, one row a series and time step, as arrays: read without a loop.

Whatever is wrong with a series makes that series a failure and leaves the others as they are; only
what is wrong with the frame itself, such as a column that is not there, is raised.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from tsrnn._input.frames import kind_in_words
from tsrnn._input.numbers import read_floats
from tsrnn._input.ragged import differences, extremes, first_marked, offsets_of, rows_between
from tsrnn._input.wording import Argument, Message, Rows
from tsrnn._time.stamps import MISSING, StampCodec, read_stamps
from tsrnn.panel.errors import CellError, CellProblem

_REPEAT_CURE = Message(
    ": {aggregate} makes one {row} of those of a step, by 'sum', 'mean' or 'last'",
    aggregate=Argument("aggregate"),
    row=Rows("row"),
)


@dataclass(frozen=True)
class Columns:
    """Names of the columns of a long frame."""

    id: Hashable
    time: Hashable
    target: Hashable

    @property
    def arguments(self) -> dict[Hashable, str]:
        """The arguments that say what the columns are called."""
        return {self.id: "id_col", self.time: "time_col", self.target: "target_col"}


@dataclass(frozen=True)
class FrameNames:
    """Names in errors for a frame, and for columns that go by other names than their labels."""

    frame: str
    columns: Mapping[Any, str] = field(default_factory=dict)

    def of(self, column: Any) -> str:
        """Return what a column is called, as code that takes it."""
        return self.columns.get(column, f"{self.frame}[{column!r}]")

    def quoted(self, column: Any) -> str:
        """Return what a column is called within a sentence."""
        return self.columns.get(column, repr(column))


@dataclass(frozen=True)
class Panel:
    """Many series, one after another: series i has the rows `offsets[i]` to `offsets[i + 1] - 1`.

    Attributes
    ----------
    ids : pandas.Index
        (n_series,), sorted where they can be.
    values : (n_rows,) array
        NaN where missing.
    offsets : (n_series + 1,) int64 array
    regressors : (n_rows, p) array
    ordinals : (n_rows,) int64 array
        The time stamps, as `codec` reads them; increasing in each series.
    codec : StampCodec
    static : (n_series, S) array or None
        What static columns say of the series, where a forecaster reads them.
    """

    ids: pd.Index
    values: np.ndarray
    offsets: np.ndarray
    regressors: np.ndarray
    ordinals: np.ndarray
    codec: StampCodec
    static: np.ndarray | None = None

    @property
    def lengths(self) -> np.ndarray:
        """Rows of each series, (n_series,)."""
        return np.diff(self.offsets)

    @property
    def last_ordinals(self) -> np.ndarray:
        """The ordinal at which each series ends, (n_series,)."""
        return self.ordinals[self.offsets[1:] - 1]

    def take(self, series: np.ndarray) -> Panel:
        """Keep some series, in the order given."""
        if np.array_equal(series, np.arange(len(self.ids))):
            return self
        return self.cut(series, self.offsets[series], self.lengths[series])

    def cut(self, series: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> Panel:
        """Keep a stretch of some series each, which begins at a row and is so long."""
        rows = rows_between(starts, lengths)
        return replace(
            self,
            ids=self.ids[series],
            values=self.values[rows],
            offsets=offsets_of(lengths),
            regressors=self.regressors[rows],
            ordinals=self.ordinals[rows],
            static=None if self.static is None else self.static[series],
        )


def read_panel(
    frame: pd.DataFrame,
    columns: Columns,
    regressors: list[Any] | None,
    *,
    has_target: bool = True,
    repeats: bool = False,
    names: FrameNames,
    ignored: Collection[Any] = (),
    unknown: Collection[Any] = (),
) -> tuple[Panel, dict[int, Exception]]:
    """Read a long frame.

    Parameters
    ----------
    frame : DataFrame
        In any order of rows.
    columns : Columns
    regressors : list or None
        Further columns that it must have; None takes all there are.
    has_target : bool
        Whether it holds the series themselves; else their values are NaN.
    repeats : bool
        Whether a time stamp may stand in several rows of a series.
    names : FrameNames
    ignored : collection
        Columns that it may have, and that are not read.
    unknown : collection
        Regressors that may be left out, or missing: they are NaN.

    Returns
    -------
    panel : Panel
        With the failed series.
    failures : dict
        Why series, by their position, will not do.

    Raises
    ------
    TypeError
        If `frame` is no DataFrame, or a column no such thing at all.
    ValueError
        If there are no rows, a column is not there, or a row names no series.
    """
    asked = regressors
    if unknown and regressors is not None and isinstance(frame, pd.DataFrame):
        asked = [one for one in regressors if one not in unknown]
        ignored = (*ignored, *unknown)
    further = _further_columns(frame, columns, asked, has_target, names.frame, ignored)
    ordinals, codec = read_stamps(frame[columns.time], names.of(columns.time))
    ids, offsets, order = _series_of_rows(frame[columns.id], ordinals, names.of(columns.id))

    def sorted_rows(rows: np.ndarray) -> np.ndarray:
        return rows if order is None else rows[order]

    ordinals = sorted_rows(ordinals)
    failures: dict[int, Exception] = {}

    def fail(mask: np.ndarray, problem: CellProblem, column: Any, cure: str = "") -> None:
        """Note the first marked row of each series; the first note of a series stands."""
        at = frame.columns.get_loc(column)
        for series, row in zip(*first_marked(mask, offsets), strict=True):
            place = int(row if order is None else order[row])
            value = frame.iloc[place : place + 1, at].tolist()[0]
            failures.setdefault(int(series), CellError(problem, column, value, place, cure))

    missing = ordinals == MISSING
    if missing.any():
        fail(missing, CellProblem.NO_STAMP, columns.time)
    repeated = differences(ordinals, offsets) == 0
    repeated[offsets[1:] - 1] = False
    if repeated.any() and not repeats:
        # The later one, which is the next row.
        later = np.concatenate([[False], repeated[:-1]]) & ~missing
        cure = _REPEAT_CURE if has_target else ""
        fail(later, CellProblem.REPEATED_STAMP, columns.time, cure)
    values = np.full(len(ordinals), np.nan)
    if has_target:
        floats, words = read_floats(frame[columns.target], names.of(columns.target))
        values = sorted_rows(floats)
        if words is not None:
            fail(sorted_rows(words), CellProblem.NO_NUMBER, columns.target)
        infinite = np.isinf(values)
        if infinite.any():
            fail(infinite, CellProblem.INFINITE, columns.target)
    matrix = np.empty((len(ordinals), len(further)))
    for i, label in enumerate(further):
        floats, words = read_floats(frame[label], names.of(label))
        matrix[:, i] = sorted_rows(floats)
        wrong = ~np.isfinite(matrix[:, i])
        if words is not None:
            wrong |= sorted_rows(words)
        if wrong.any():
            fail(wrong, CellProblem.UNKNOWN_REGRESSOR, label)
    if asked is not regressors:
        every, matrix = matrix, np.full((len(ordinals), len(regressors or ())), np.nan)
        matrix[:, [i for i, one in enumerate(regressors or ()) if one not in unknown]] = every
    return Panel(ids, values, offsets, matrix, ordinals, codec), failures


def too_short(panel: Panel, least: int = 2) -> Iterator[tuple[int, Exception]]:
    """Yield the series that hold too few values, and the reason."""
    observed = np.add.reduceat(~np.isnan(panel.values), panel.offsets[:-1], dtype=np.int64)
    for i in np.flatnonzero(observed < least).tolist():
        yield i, ValueError(f"{observed[i]} value(s) that are not missing: a series needs {least}")


def holds_numbers(column: pd.Series) -> bool:
    """Tell whether a column is of numbers, whatever most of its cells hold them in."""
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype) or dtype.kind in "mMcV":
        return False
    if dtype.kind in "biuf":
        return True
    _, words = read_floats(column, "")
    return words is None or 2 * int(words.sum()) <= int(column.notna().sum())


def _further_columns(
    frame: object,
    columns: Columns,
    regressors: list[Any] | None,
    has_target: bool,
    name: str,
    ignored: Collection[Any],
) -> list[Any]:
    """Check the columns of a frame: the regressors among them."""
    needed = [columns.id, columns.time, *([columns.target] if has_target else [])]
    if not isinstance(frame, pd.DataFrame):
        *first, last = map(repr, needed)
        raise TypeError(
            f"{name} must be a DataFrame with the columns {', '.join(first)} and {last}, of pandas "
            f"or polars, or a Table of pyarrow, got {kind_in_words(frame)}"
        )
    for column in [*needed, *(regressors or [])]:
        n_found = list(frame.columns).count(column)
        if n_found != 1:
            cure = ""
            if column in frame.index.names:
                cure = ": df.reset_index() makes columns of the index"
            elif n_found == 0 and column in needed:
                cure = f"; {columns.arguments[column]} names another"
                if has_target and column == columns.id and columns.target not in frame.columns:
                    cure += f", or time_col that of the stamps of a wide frame, {columns.time!r}"
                elif has_target and column == columns.id:
                    cure += (
                        f". Of a single series {_named_by_one(name, column)} makes one; a "
                        "forecaster without a panel takes it without"
                    )
            raise ValueError(
                f"{name} must have one column {column!r}, but it has {n_found}: its columns are "
                f"{list(frame.columns)}{cure}"
            )
    if len(frame) == 0:
        raise ValueError(f"{name} has no rows")
    others = [column for column in frame.columns if column not in (*needed, columns.target)]
    if regressors is None:
        return others
    unexpected = [column for column in others if column not in (*regressors, *ignored)]
    if unexpected:
        raise ValueError(
            f"{name} has the column {unexpected[0]!r}, which the panel was not fitted with: its "
            f"regressors are {regressors}"
        )
    return regressors


def _named_by_one(frame: str, column: Any) -> str:
    """Return code that adds a column with one name in all rows."""
    if isinstance(column, str) and column.isidentifier():
        return f"{frame}.assign({column}='a')"
    return f"{frame}.assign(**{{{column!r}: 'a'}})"


def _series_of_rows(
    column: pd.Series, ordinals: np.ndarray, name: str
) -> tuple[pd.Index, np.ndarray, np.ndarray | None]:
    """Tell series apart: their ids, offsets, and the rows in order where they are not."""
    starts, runs = _runs(column)
    run_ids = pd.Index(column.iloc[starts])
    if run_ids.hasnans:
        row = int(starts[run_ids.isna().argmax()])
        raise ValueError(f"{name} is missing in row {row}: every row must name its series")
    try:
        codes, ids = pd.factorize(run_ids, sort=True)
    except TypeError:  # ids of several types that have no order
        _refuse_unhashable(run_ids, starts, name)
        codes, ids = pd.factorize(run_ids)
    ids = pd.Index(ids, name=column.name)
    in_one_run_each = len(ids) == len(run_ids)
    if not in_one_run_each:
        by_time = np.lexsort((ordinals, np.repeat(codes, runs)))
        lengths = np.bincount(codes, weights=runs, minlength=len(ids)).astype(np.int64)
        return ids, offsets_of(lengths), by_time
    order: np.ndarray | None = None
    if (np.diff(codes) < 0).any():
        by_id = np.argsort(codes)
        starts, runs = starts[by_id], runs[by_id]
        order = rows_between(starts, runs)
    offsets = offsets_of(runs)
    in_order = ordinals if order is None else ordinals[order]
    if extremes(differences(in_order, offsets), offsets)[0].min() < 0:
        rows = np.lexsort((in_order, np.repeat(np.arange(len(runs)), runs)))
        order = rows if order is None else order[rows]
    return ids, offsets, order


def _refuse_unhashable(ids: pd.Index, starts: np.ndarray, name: str) -> None:
    for label, row in zip(ids, starts, strict=True):
        if not pd.api.types.is_hashable(label):
            raise TypeError(
                f"{name} must hold names of series, such as words or numbers, got {label!r} in row "
                f"{row}: of lists, column.map(tuple) makes names"
            )


def _runs(column: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return where runs of rows of one series begin, and how long they are.

    Comparing neighbours costs a quarter of looking up every row.
    """
    if isinstance(column.dtype, np.dtype):
        labels = column.to_numpy()
    else:
        labels = pd.factorize(column, use_na_sentinel=False)[0]
    changes = np.flatnonzero(np.asarray(labels[1:] != labels[:-1], dtype=bool)) + 1
    starts = np.concatenate([[0], changes])
    return starts, np.diff(np.append(starts, len(labels)))
