"""Columns of a frame when steps become its rows: cells of one step made one, gaps filled.

Columns keep their type where it can hold what they become; whole numbers are added exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd

from tsrnn._input.numbers import read_floats
from tsrnn._input.ragged import extremes, offsets_of
from tsrnn.panel.errors import SeriesError
from tsrnn.panel.frame import Columns, FrameNames, Panel, read_panel
from tsrnn.panel.labels import combined, joint_rows, last_known, unfinished
from tsrnn.panel.report import id_of


def read_rows(
    frame: pd.DataFrame,
    columns: Columns,
    *,
    repeats: bool,
    names: FrameNames,
) -> Panel:
    """Read which series and time stamp each row of a frame is of; values are the rows' numbers.

    Raises
    ------
    SeriesError
        If a stamp is missing, or repeated where `repeats` is False.
    """
    row = f"row of {columns.id} and {columns.time}"
    rows = frame[[columns.id, columns.time]].assign(**{row: np.arange(len(frame))})
    panel, failures = read_panel(
        rows, Columns(columns.id, columns.time, row), [], repeats=repeats, names=names
    )
    refuse_failures(failures, panel.ids)
    return panel


def refuse_failures(failures: Mapping[int, Exception], ids: pd.Index) -> None:
    """Raise the failure of the first series that has one."""
    if failures:
        first = min(failures)
        raise SeriesError(id_of(ids, first), failures[first])


def cells_of(frame: pd.DataFrame, panel: Panel, names: pd.Index) -> dict[Any, pd.Series]:
    """Return columns of a frame in the order of its panel."""
    order = panel.values.astype(np.int64)
    return {name: frame[name].iloc[order] for name in names}


def put_together(
    panel: Panel,
    cells: Mapping[Any, pd.Series],
    freq: object,
    hows: Mapping[Any, str | None],
    names: FrameNames,
) -> tuple[Panel, dict[Any, pd.Series], str | None]:
    """Make one row of the rows of a series that fall into the same step.

    Parameters
    ----------
    panel : Panel
    cells : dict
        Columns in its order.
    freq : str, offset, int or None
        The steps; None takes each stamp for one.
    hows : dict
        By which of "sum", "mean" and "last" columns are put together; others must agree.
    names : FrameNames

    Returns
    -------
    panel : Panel
    cells : dict
    doubt : str or None
        That the last step may be unfinished.
    """
    ordinals, starts = joint_rows(panel, freq)
    doubt, _ = unfinished(panel.ordinals, ordinals, starts, panel.codec, freq)
    series = np.searchsorted(panel.offsets, starts, side="right") - 1
    made = replace(
        panel,
        values=panel.values[starts],
        offsets=offsets_of(np.bincount(series, minlength=len(panel.ids))),
        regressors=panel.regressors[starts],
        ordinals=ordinals[starts],
    )
    joint = {}
    for name, column in cells.items():
        how = hows.get(name)
        if how is None:
            joint[name] = _agreed(column, starts, made)
        else:
            joint[name] = _joint(column, starts, how, names)
    return made, joint, doubt


def _agreed(column: pd.Series, starts: np.ndarray, made: Panel) -> pd.Series:
    """Keep the cells that steps begin with, where the others of the step are the same."""
    codes = pd.factorize(column)[0]
    differs = codes != np.repeat(codes[starts], np.diff(starts, append=len(codes)))
    if differs.any():
        row = int(differs.argmax())
        step = int(np.searchsorted(starts, row, side="right")) - 1
        stamp = made.codec.write(made.ordinals[step : step + 1])[0]
        raise ValueError(
            f"{column.name!r} has several values within the step {stamp}, such as "
            f"{column.iloc[int(starts[step])]!r} and {column.iloc[row]!r}: say how to put them "
            f"together, as in aggregate={{{column.name!r}: 'last', ...}}, or leave the column out"
        )
    return column.iloc[starts].reset_index(drop=True)


def _joint(column: pd.Series, starts: np.ndarray, how: str, names: FrameNames) -> pd.Series:
    """Make one cell of those of each step; missing ones do not count."""
    if how == "last":
        rows = last_known(column.isna().to_numpy(), starts)
        return pd.Series(column.array.take(rows, allow_fill=True), name=column.name)
    floats = combined(numbers(column, names).to_numpy(), starts, how)
    if how == "sum" and column.dtype.kind in "iub":
        whole = _whole_sums(column, starts, floats)
        if whole is not None:
            return whole
    return pd.Series(floats, name=column.name).astype(_kin(column.dtype, "float64"))


def _whole_sums(column: pd.Series, starts: np.ndarray, floats: np.ndarray) -> pd.Series | None:
    """Add whole numbers in 64 bits, as pandas does; None where they go beyond these."""
    kind = "uint64" if column.dtype.kind == "u" else "int64"
    missing = column.isna().to_numpy()
    known = {"na_value": 0} if missing.any() else {}
    sums = np.add.reduceat(column.to_numpy(dtype=kind, **known), starts)
    none = np.isnan(floats)
    # Wrapped around, a sum is off by 2 ** 64 or more, against which floats are exact.
    if (np.abs(sums.astype(np.float64) - floats)[~none] > 2.0**62).any():
        return None
    made = pd.Series(pd.arrays.IntegerArray(sums, none), name=column.name)
    return made.astype(_kin(column.dtype, kind))


def numbers(column: pd.Series, names: FrameNames) -> pd.Series:
    """Read a column of objects, or any other, as floats.

    Raises
    ------
    TypeError, ValueError
        If it holds anything else.
    """
    floats, words = read_floats(column, names.of(column.name))
    if words is not None:
        raise ValueError(
            f"{names.quoted(column.name)} must hold numbers, not "
            f"{column.iloc[int(words.argmax())]!r}"
        )
    return pd.Series(floats, name=column.name)


def laid_out(
    column: pd.Series, source: np.ndarray, value: float, offsets: np.ndarray, lengths: np.ndarray
) -> Any:
    """Lay a column out among the rows of all steps.

    Parameters
    ----------
    column : Series
    source : (n,) array
        The row of the column for each row of the result, -1 where that is put in.
    value : float
        What goes there, if the column holds numbers.
    offsets : array
        Of the series in the column.
    lengths : array
        Rows of the series in the result.
    """
    if (source >= 0).all():
        return column.array
    if not pd.api.types.is_numeric_dtype(column.dtype):
        codes = pd.factorize(column, use_na_sentinel=False)[0]
        low, high = extremes(codes, offsets)
        same = np.repeat(low == high, lengths)
        first = np.repeat(offsets[:-1], lengths)
        return column.array.take(np.where((source < 0) & same, first, source), allow_fill=True)
    value = value if isinstance(value, Integral) else float(value)  # integers stay exact
    dtype = _holding(column.dtype, value)
    value = int(value) if dtype.kind in "iu" and value == value else float(value)
    if not isinstance(dtype, np.dtype):
        fill = value if value == value else pd.NA
        return column.array.astype(dtype).take(source, allow_fill=True, fill_value=fill)
    laid: np.ndarray = np.full(len(source), value, dtype=dtype)
    laid[source >= 0] = column.to_numpy()[source[source >= 0]]
    return laid


def _holding(dtype: Any, value: float) -> Any:
    """Return the type of a column into which a value is put: its own, if that can hold it."""
    if isinstance(dtype, pd.SparseDtype):
        dtype = dtype.subtype
    plain = getattr(dtype, "numpy_dtype", dtype)
    if value != value:
        can_miss = plain.kind in "fc" or not isinstance(dtype, np.dtype)
        return dtype if can_miss else np.dtype(np.float64)
    if plain.kind == "c":
        return np.dtype(np.complex128)
    if plain.kind == "f":
        with np.errstate(over="ignore"):
            return dtype if np.isfinite(plain.type(float(value))) else _kin(dtype, "float64")
    if plain.kind in "iub" and float(value).is_integer():
        if plain.kind != "b" and np.iinfo(plain).min <= value <= np.iinfo(plain).max:
            return dtype
        if plain != np.uint64 and -(2**63) <= value < 2**63:
            return _kin(dtype, "int64")
    return _kin(dtype, "float64")


def _kin(dtype: Any, name: str) -> Any:
    """Return NumPy's type of this name, or the like of it among pandas' own or Arrow's."""
    if isinstance(dtype, pd.ArrowDtype):
        return pd.ArrowDtype.construct_from_string(f"{name}[pyarrow]")
    if isinstance(dtype, np.dtype | pd.SparseDtype) or dtype.na_value is not pd.NA:
        return np.dtype(name)
    masked = {"int64": pd.Int64Dtype(), "uint64": pd.UInt64Dtype(), "float64": pd.Float64Dtype()}
    return masked[name]
