"""Columns of numbers in long frames: read whole, with the cells that are no numbers marked."""

from __future__ import annotations

from decimal import Decimal
from numbers import Real

import numpy as np
import pandas as pd


def read_floats(column: pd.Series, name: str) -> tuple[np.ndarray, np.ndarray | None]:
    """Read a column as floats.

    Numbers that are written as words are read, too: a single word in a CSV file makes words of a
    whole column, and must not stop the other series.

    Parameters
    ----------
    column : Series
    name : str
        What to call it in an error.

    Returns
    -------
    floats : (n_rows,) array
        A new one; NaN where missing, or no number.
    words : (n_rows,) bool array or None
        Where there is no number; None if nowhere.

    Raises
    ------
    TypeError
        For a column that is none of numbers at all: dates, categories, complex numbers.
    """
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype) or dtype.kind in "mMcV":
        raise TypeError(f"{name} must hold numbers, got {dtype}")
    if isinstance(dtype, np.dtype) and dtype.kind in "biuf":
        with np.errstate(over="ignore"):  # a long double beyond float64 becomes inf: a failure
            return column.to_numpy().astype(np.float64), None
    if dtype.kind in "biuf":
        return column.to_numpy(dtype=np.float64, na_value=np.nan), None
    cells = column.to_numpy(dtype=object)
    types = np.fromiter(map(id, map(type, cells)), dtype=np.int64, count=len(cells))
    if (types == id(float)).all():
        return cells.astype(np.float64), None
    floats, words = np.full(len(cells), np.nan), np.zeros(len(cells), dtype=bool)
    for kind in np.unique(types):
        rows = np.flatnonzero(types == kind)
        floats[rows], words[rows] = _of_one_type(cells[rows])
    return floats, words if words.any() else None


def word_at(column: pd.Series, name: str, place: int) -> str:
    """Say what stands there instead of a number."""
    return f"{name} must be a number, got {column.iloc[place]!r}"


def _of_one_type(cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Read objects of one type: floats, and where there are none."""
    first = cells[0]
    if first is None or first is pd.NA or first is pd.NaT:
        return np.full(len(cells), np.nan), np.zeros(len(cells), dtype=bool)
    is_number = isinstance(first, Real | np.bool_ | Decimal | str)
    if not is_number or isinstance(first, np.timedelta64):  # which calls itself an integer
        return np.full(len(cells), np.nan), np.ones(len(cells), dtype=bool)
    if isinstance(first, float | int | np.bool_):
        try:
            return cells.astype(np.float64), np.zeros(len(cells), dtype=bool)
        except OverflowError:
            pass  # an integer beyond floats: found below
    floats = np.array([_float_or_none(cell) for cell in cells], dtype=object)
    words = np.equal(floats, None)
    floats[words] = np.nan
    return floats.astype(np.float64), words


def _float_or_none(cell: object) -> float | None:
    if isinstance(cell, str) and not cell.strip():
        return np.nan  # an empty cell of a file
    try:
        return float(cell)
    except (OverflowError, ValueError):  # a signalling NaN is a ValueError
        return None
