"""Long frames with a row for every time step: gaps filled, rows of one step put together."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from tsrnn._panel_columns import read_floats
from tsrnn._panel_fill import ROWS, filled
from tsrnn._panel_frame import Columns, Panel, read_panel
from tsrnn._panel_labels import (
    AGGREGATES,
    UnfinishedStepWarning,
    combined,
    joint_rows,
    unfinished,
)
from tsrnn._panel_report import name_of, refuse_dates_in_integers
from tsrnn._ragged import extremes, offsets_of
from tsrnn._stamps import stamps_of
from tsrnn._timeindex import is_time_index
from tsrnn._validation import check_choice
from tsrnn.exceptions import InvalidParameterError


def fill_gaps(
    frame: pd.DataFrame | pd.Series,
    freq: Any = None,
    value: float | Mapping[Any, float] = np.nan,
    aggregate: str | Mapping[Any, str] | None = None,
    id_col: str = "unique_id",
    time_col: str = "ds",
    target_col: str = "y",
) -> pd.DataFrame | pd.Series:
    """Put in a row for every time step that a series has none for, between its first and its last.

    Parameters
    ----------
    frame : DataFrame or Series
        A long frame, with a row a series and time step in any order; or one series, with its time
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
        A new one, sorted by series and time.

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
    begun counts as a whole one. A warning tells where the last one looks as if it were unfinished;
    leave its rows out if it is.

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
    if isinstance(frame, pd.Series):
        return _of_one(frame, freq, value, aggregate)
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"frame must be a DataFrame or a Series, got {type(frame).__name__}")
    _refuse_wide(frame, id_col, time_col)
    if isinstance(freq, str) and freq == ROWS:
        raise InvalidParameterError(
            "with freq='rows' rows are the steps: there are no gaps to fill"
        )
    values = _of_columns("value", value, frame, target_col, _check_number)
    hows = _of_columns("aggregate", aggregate, frame, target_col, _check_how)
    key, stamps = frame[id_col], frame[time_col]
    row = f"row of {id_col} and {time_col}"
    columns = Columns(id_col, time_col, row)
    rows = pd.DataFrame({id_col: key, time_col: stamps}).assign(**{row: np.arange(len(frame))})
    panel, failures = read_panel(rows, columns, [], repeats=aggregate is not None, name="frame")
    _refuse_failures(failures, panel.ids)
    if freq is None:
        refuse_dates_in_integers(panel, f"frame[{time_col!r}]")
    order, starts = panel.values.astype(np.int64), None
    if aggregate is not None:
        ticks, starts = joint_rows(panel, freq)
        doubt = unfinished(panel.ticks, ticks, starts, panel.dial)
        if doubt is not None:
            warnings.warn(doubt, UnfinishedStepWarning, stacklevel=2)
        panel = _first_rows(panel, ticks, starts)
    whole = filled(panel, freq, np.nan)
    _refuse_failures(whole.failures, panel.ids)
    source = np.full(len(whole.panel.ticks), -1, dtype=np.int64)
    source[whole.rows] = np.arange(len(panel.ticks))
    answer = {
        id_col: panel.ids.take(np.repeat(np.arange(len(panel.ids)), whole.panel.lengths)),
        time_col: panel.dial.write(whole.panel.ticks),
    }
    for name in frame.columns.drop([id_col, time_col]):
        column = frame[name].iloc[order]
        if starts is not None:
            column = _joined(column, starts, hows.get(name), panel)
        if name in values and not pd.api.types.is_numeric_dtype(column.dtype):
            column = _numbers(column)
        answer[name] = _laid_out(column, source, values.get(name), panel.offsets, whole)
    return pd.DataFrame(answer)[list(frame.columns)]


def _of_one(y: pd.Series, freq: Any, value: Any, aggregate: Any) -> pd.Series:
    """Fill a single series, whose stamps are its index."""
    if not is_time_index(y.index):
        raise TypeError(
            "a Series must have its time stamps as the index, such as a DatetimeIndex, got "
            f"{type(y.index).__name__}"
        )
    frame = pd.DataFrame({"unique_id": 0, "ds": stamps_of(y.index), "y": y.array})
    try:
        filled = fill_gaps(frame, freq, value, aggregate)
    except ValueError as error:
        told = str(error).replace("series 0: ds", "the index", 1).removeprefix("series 0: ")
        told = told.replace("frame['ds']", "y.index")
        raise ValueError(told) from error
    index = pd.Index(filled["ds"]).rename(y.index.name)
    return pd.Series(filled["y"].array, index=index, name=y.name)


def _refuse_wide(frame: pd.DataFrame, id_col: str, time_col: str) -> None:
    """Refuse a frame without the columns of a long one; tell what to do with a wide one."""
    missing = [name for name in (id_col, time_col) if name not in frame.columns]
    if len(missing) == 2 and is_time_index(frame.index):
        raise ValueError(
            f"a long frame has the columns {id_col!r} and {time_col!r}: in this one, with its time "
            "stamps as the index, frame.asfreq('D') puts in the rows, with NaN, and "
            "frame.asfreq('D', fill_value=0) with zeros"
        )
    if missing:
        raise ValueError(
            f"frame must have a column {missing[0]!r}: its columns are {list(frame.columns)}"
        )


def _of_columns(
    name: str, given: Any, frame: pd.DataFrame, target: str, check: Callable[[str, Any], None]
) -> dict[Any, Any]:
    """Return what was given for each column; what is none of a column alone is the target's."""
    is_none = given is None or (isinstance(given, float) and np.isnan(given))
    if isinstance(given, Mapping):
        by_column = dict(given)
    elif is_none and target not in frame.columns:
        by_column = {}
    else:
        by_column = {target: given}
    for column, one in by_column.items():
        if column not in frame.columns:
            raise ValueError(
                f"there is no column {column!r} for {name}: name it by target_col=, or write "
                f"{name}={{column: ...}}; the columns are {list(frame.columns)}"
            )
        if one is not None:
            check(name, one)
    return by_column


def _check_number(name: str, given: Any) -> None:
    if isinstance(given, bool | np.bool_) or not isinstance(given, Real) or np.isinf(given):
        raise InvalidParameterError(f"{name} must be a number or NaN, got {given!r}")


def _check_how(name: str, given: Any) -> None:
    check_choice(name, given, AGGREGATES)


def _refuse_failures(failures: Mapping[int, Exception], ids: pd.Index) -> None:
    if failures:
        first = min(failures)
        raise ValueError(f"series {name_of(ids, first)}: {failures[first]}")


def _first_rows(panel: Panel, ticks: np.ndarray, starts: np.ndarray) -> Panel:
    """Keep the first row of each step."""
    series = np.searchsorted(panel.offsets, starts, side="right") - 1
    return replace(
        panel,
        values=panel.values[starts],
        offsets=offsets_of(np.bincount(series, minlength=len(panel.ids))),
        regressors=panel.regressors[starts],
        ticks=ticks[starts],
    )


def _joined(column: pd.Series, starts: np.ndarray, how: str | None, panel: Panel) -> pd.Series:
    """Make one cell of those of a step, from each of its starts on."""
    if how is not None:
        made = pd.Series(combined(_numbers(column).to_numpy(), starts, how))
        is_whole = column.dtype.kind in "iu" and how != "mean" and not made.hasnans
        return made.astype(column.dtype) if is_whole else made
    codes = pd.factorize(column)[0]
    differs = codes != np.repeat(codes[starts], np.diff(starts, append=len(codes)))
    if differs.any():
        row = int(differs.argmax())
        step = int(np.searchsorted(starts, row, side="right")) - 1
        stamp = panel.dial.write(panel.ticks[step : step + 1])[0]
        raise ValueError(
            f"{column.name!r} has several values within the step {stamp}, such as "
            f"{column.iloc[int(starts[step])]!r} and {column.iloc[row]!r}: say how to put them "
            f"together, as in aggregate={{{column.name!r}: 'last', ...}}, or leave the column out"
        )
    return column.iloc[starts]


def _numbers(column: pd.Series) -> pd.Series:
    """Read a column of objects, or any other, as numbers."""
    floats, words = read_floats(column, f"frame[{column.name!r}]")
    if words is not None:
        raise ValueError(
            f"{column.name!r} must hold numbers, not {column.iloc[int(words.argmax())]!r}"
        )
    return pd.Series(floats, name=column.name)


def _laid_out(
    column: pd.Series, source: np.ndarray, value: float | None, offsets: np.ndarray, whole: Any
) -> Any:
    """Lay a column out among the rows of all steps."""
    if (source >= 0).all():
        return column.array
    if not pd.api.types.is_numeric_dtype(column.dtype):
        codes = pd.factorize(column, use_na_sentinel=False)[0]
        low, high = extremes(codes, offsets)
        same = np.repeat(low == high, whole.panel.lengths)
        first = np.repeat(offsets[:-1], whole.panel.lengths)
        source = np.where((source < 0) & same, first, source)
        return column.array.take(source, allow_fill=True)
    value = np.nan if value is None else value
    if pd.api.types.is_extension_array_dtype(column.dtype):
        fill = pd.NA if np.isnan(value) else value
        return column.array.take(source, allow_fill=True, fill_value=fill)
    cells = column.to_numpy()
    # Whole numbers stay what they are where what is put in is whole.
    is_whole = cells.dtype.kind in "iu" and float(value).is_integer()
    laid = np.full(len(source), value, dtype=cells.dtype if is_whole else np.float64)
    laid[source >= 0] = cells[source[source >= 0]]
    return laid
