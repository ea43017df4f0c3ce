"""Long frames with a row for every time step: gaps filled, rows of one step put together."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from tsrnn._input.frames import kind_in_words
from tsrnn._input.notes import warn_user
from tsrnn._input.validation import check_choice
from tsrnn._time.grid import is_time_index
from tsrnn._time.labels import kind_of, stamps_of
from tsrnn.exceptions import InvalidParameterError, UnfinishedStepWarning
from tsrnn.panel.cells import (
    cells_of,
    laid_out,
    numbers,
    put_together,
    read_rows,
    refuse_failures,
)
from tsrnn.panel.errors import CellError, SeriesError
from tsrnn.panel.fill import ROWS, filled
from tsrnn.panel.forms import long_frame
from tsrnn.panel.frame import Columns, FrameNames
from tsrnn.panel.labels import AGGREGATES
from tsrnn.panel.stamps import refuse_dates_in_integers

# What errors call the columns of the frame that is made of a single series.
_OF_ONE = {"ds": "y.index", "y": "y"}


def fill_gaps(
    frame: Any,
    freq: Any = None,
    value: float | Mapping[Any, float] = np.nan,
    aggregate: str | Mapping[Any, str] | None = None,
    id_col: Hashable = "unique_id",
    time_col: Hashable = "ds",
    target_col: Hashable = "y",
) -> Any:
    """Put in a row for every time step that a series has none for, between its first and its last.

    Parameters
    ----------
    frame : DataFrame or Series
        A long frame, with a row a series and time step in any order, of pandas, polars or pyarrow;
        with series and time stamps in columns or, in pandas, in a MultiIndex; a wide one, with a
        column a series, as `PanelForecaster` reads it; or one series of pandas, with its time
        stamps as the index.
    freq : str, pandas offset, int or None
        The time steps, such as "D", "B" or "MS"; an integer where time stamps are integers. None
        guesses them: the coarsest on which all stamps of a series lie, if it has eight or some
        that follow each other by one such step; else those of most series. Days are business days
        where the lack of weekends can be no chance. Where that leaves a doubt, it is an error.
    value : number or dict
        What the rows put in hold: a number for `target_col`, or a number for each column named.
        All else is missing in them (NaN); words, such as the town of a shop, are repeated where
        they are the same in all rows of a series.
    aggregate : {"sum", "mean", "last"}, dict or None
        Makes one row of the rows of a series that fall into the same step, such as sales of a day:
        by one of these for `target_col`, or for each column named. Missing values do not count; of
        other columns the first value stands, and must be the same in all rows of the step. Weeks,
        and steps that end a month, quarter or year, are labelled by their last day, others by their
        beginning, as pandas resamples. Without `freq` only equal time stamps are the same step.
    id_col, time_col, target_col : str
        What the columns are called.

    Returns
    -------
    filled : DataFrame or Series
        A new one of the same kind and form, sorted by series and time. In a wide one missing
        values before the first and after the last value of a column stay missing, for the series
        has no steps there, and so do missing values between, which have rows.

    Raises
    ------
    ValueError
        If a series will not do: its steps are not clear, or stamps lie off them, are missing, or
        are repeated without `aggregate`.
    TypeError
        If `frame` is neither, or a column of another kind.

    See Also
    --------
    PanelForecaster : Fills gaps itself by its parameters `fill` and `aggregate`.

    Notes
    -----
    The first and the last step may be incomplete where rows are put together: a month that has only
    begun counts as a whole one. An `UnfinishedStepWarning` tells where the last one looks as if it
    were unfinished; leave its rows out if it is.

    Sums of whole numbers are exact, in 64 bits; numbers keep their type where it can hold what goes
    into gaps.

    Examples
    --------
    >>> import pandas as pd
    >>> import tsrnn
    >>> df = pd.DataFrame({
    ...     "unique_id": ["a", "a", "a", "b", "b"],
    ...     "ds": pd.to_datetime(
    ...         ["2024-03-01", "2024-03-02", "2024-03-04", "2024-03-02", "2024-03-03"]
    ...     ),
    ...     "y": [3, 1, 2, 5, 4],
    ... })
    >>> tsrnn.fill_gaps(df, value=0)
      unique_id         ds  y
    0         a 2024-03-01  3
    1         a 2024-03-02  1
    2         a 2024-03-03  0
    3         a 2024-03-04  2
    4         b 2024-03-02  5
    5         b 2024-03-03  4
    """
    columns = Columns(id_col, time_col, target_col)
    has_levels = isinstance(getattr(frame, "index", None), pd.MultiIndex)
    if has_levels and isinstance(frame, pd.Series) and frame.name is not None:
        columns = replace(columns, target=frame.name)
    # Columns beside the target's may be all that a long frame has, with an index of levels, too.
    given, form = long_frame(frame, columns, "frame", has_target=not has_levels)
    if isinstance(given, pd.Series):
        whole, doubt = _of_one(given, freq, value, aggregate)
    elif isinstance(given, pd.DataFrame):
        whole, doubt = _of_long(given, freq, value, aggregate, columns, FrameNames("frame"))
        whole = form.answer(whole, columns)
    else:
        raise TypeError(
            "frame must be a DataFrame, or a Series of pandas with its time stamps as the index, "
            f"got {kind_in_words(frame)}"
        )
    if doubt is not None:
        warn_user(doubt, UnfinishedStepWarning)
    return whole


def _of_long(
    frame: pd.DataFrame,
    freq: Any,
    value: Any,
    aggregate: Any,
    columns: Columns,
    names: FrameNames,
) -> tuple[pd.DataFrame, str | None]:
    """Fill a long frame: that, and what is in doubt."""
    _refuse_columns(frame, columns)
    if isinstance(freq, str) and freq == ROWS:
        raise InvalidParameterError(
            "with freq='rows' rows are the steps: there are no gaps to fill"
        )
    values = _of_columns("value", value, frame, columns, _check_number)
    hows = _of_columns("aggregate", aggregate, frame, columns, _check_how)
    panel, doubt = read_rows(frame, columns, repeats=aggregate is not None, names=names), None
    if freq is None:
        refuse_dates_in_integers(panel, names.of(columns.time))
    cells = cells_of(frame, panel, frame.columns.drop([columns.id, columns.time]))
    for name in values:
        if not pd.api.types.is_numeric_dtype(cells[name].dtype):
            cells[name] = numbers(cells[name], names)
    if aggregate is not None:
        panel, cells, doubt = put_together(panel, cells, freq, hows, names)
    whole = filled(panel, freq, np.nan)
    refuse_failures(whole.failures, panel.ids)
    source = np.full(len(whole.panel.ordinals), -1, dtype=np.int64)
    source[whole.rows] = np.arange(len(panel.ordinals))
    lengths = whole.panel.lengths
    answer = {
        columns.id: panel.ids.take(np.repeat(np.arange(len(panel.ids)), lengths)),
        columns.time: panel.codec.write(whole.panel.ordinals),
    }
    for name, column in cells.items():
        put_in = values.get(name)
        put_in = np.nan if put_in is None else put_in
        answer[name] = laid_out(column, source, put_in, panel.offsets, lengths)
    return pd.DataFrame(answer)[list(frame.columns)], doubt


def _of_one(y: pd.Series, freq: Any, value: Any, aggregate: Any) -> tuple[pd.Series, str | None]:
    """Fill a single series, whose stamps are its index: that, and what is in doubt."""
    if not is_time_index(y.index):
        raise TypeError(
            "a Series must have its time stamps as the index, such as a DatetimeIndex, got "
            f"{type(y.index).__name__}"
        )
    if kind_of(y.index) == "durations":
        raise TypeError(
            "y.index must hold dates, periods or integers, not durations: y.resample('h').asfreq() "
            "puts in the rows of hours, with NaN, y.resample('h').asfreq(fill_value=0) with zeros, "
            "and y.resample('h').sum() makes one row of those of an hour"
        )
    for name, given in (("value", value), ("aggregate", aggregate)):
        if isinstance(given, Mapping):
            raise InvalidParameterError(f"{name} of a Series is one for all, got {given!r}")
    frame = pd.DataFrame({"unique_id": 0, "ds": stamps_of(y.index), "y": y.array})
    try:
        columns, names = Columns("unique_id", "ds", "y"), FrameNames("y", _OF_ONE)
        whole, doubt = _of_long(frame, freq, value, aggregate, columns, names)
    except SeriesError as error:
        failure = error.failure
        if isinstance(failure, CellError):
            raise ValueError(failure.message(f"in row {failure.row}", "the index")) from error
        raise ValueError(str(failure)) from error
    index = pd.Index(whole["ds"]).rename(y.index.name)
    return pd.Series(whole["y"].array, index=index, name=y.name), doubt


def _refuse_columns(frame: pd.DataFrame, columns: Columns) -> None:
    """Refuse a frame without the columns of a long one; tell what to do with a wide one."""
    missing = [name for name in (columns.id, columns.time) if name not in frame.columns]
    if len(missing) == 2 and is_time_index(frame.index):
        raise ValueError(
            f"a long frame has the columns {columns.id!r} and {columns.time!r}: in this one, with "
            "its time stamps as the index, frame.asfreq('D') puts in the rows, with NaN, and "
            "frame.asfreq('D', fill_value=0) with zeros"
        )
    if missing:
        raise ValueError(
            f"frame must have a column {missing[0]!r}: its columns are {list(frame.columns)}; "
            f"{columns.arguments[missing[0]]} names another"
        )
    if columns.id == columns.time:
        raise InvalidParameterError(f"id_col and time_col must differ, got {columns.id!r} twice")
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise ValueError(
            f"frame must have each column once, but it has {twice!r} more often: its columns are "
            f"{list(frame.columns)}"
        )


def _of_columns(
    name: str, given: Any, frame: pd.DataFrame, columns: Columns, check: Callable[[str, Any], None]
) -> dict[Any, Any]:
    """Return what was given for each column; what is none of a column alone is the target's."""
    is_none = given is None or (isinstance(given, float) and np.isnan(given))
    if isinstance(given, Mapping):
        by_column = dict(given)
    elif is_none and columns.target not in frame.columns.drop([columns.id, columns.time]):
        by_column = {}
    else:
        by_column = {columns.target: given}
    for column, one in by_column.items():
        if column not in frame.columns:
            raise ValueError(
                f"there is no column {column!r} for {name}: name it by target_col=, or write "
                f"{name}={{column: ...}}; the columns are {list(frame.columns)}"
            )
        if column in (columns.id, columns.time):
            raise InvalidParameterError(
                f"{name} is for columns of values, but {column!r} "
                f"{'names the series' if column == columns.id else 'holds the time stamps'}"
            )
        if one is not None:
            check(name, one)
    return by_column


def _check_number(name: str, given: Any) -> None:
    is_number = isinstance(given, Real) and not isinstance(given, bool | np.bool_)
    try:
        is_number = is_number and not np.isinf(float(given))
    except OverflowError:  # an integer beyond floats
        is_number = False
    if not is_number:
        raise InvalidParameterError(f"{name} must be a number or NaN, got {given!r}")


def _check_how(name: str, given: Any) -> None:
    check_choice(name, given, AGGREGATES)
