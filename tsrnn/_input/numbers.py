"""Numbers out of what users hold: arrays, columns and single objects, as floats.

An array is refused at the first thing in it that is no number; in a column of a long frame such
cells are marked, for they must not stop the series of other rows.
"""

from __future__ import annotations

import re
from decimal import Decimal
from numbers import Real
from typing import TypeAlias

import numpy as np
import pandas as pd
from scipy.sparse import issparse

# Numbers of arguments, numpy's among them.
AnyInt: TypeAlias = int | np.integer
AnyFloat: TypeAlias = float | np.floating

# What float() raises for a number that is none of its own; a signalling NaN is a ValueError.
_NO_FLOAT = (OverflowError, ValueError)
# Words that are read as dates by those who write them: the year comes first or last.
_DATE = re.compile(r"\s*(\d{4}([-/]\d{1,2}){1,2}|\d{1,2}([-/.])\d{1,2}\3\d{2,4})([T ,].*)?\s*")


def read_numbers(values: object, name: str) -> np.ndarray:
    """Read an array of numbers of any shape.

    Parameters
    ----------
    values : array-like
    name : str
        What to call it in an error.

    Returns
    -------
    numbers : float array
        NaN where missing: None, pd.NA and masked values as well.

    Raises
    ------
    ValueError
        For rows of unequal lengths, complex numbers and words.
    TypeError
        For what is no array of numbers at all: dates, sparse matrices, dicts.
    """
    return as_floats(as_array(values, name), name)


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


def as_array(y: object, name: str) -> np.ndarray:
    """Return an array-like as an array, of objects where it holds others than numbers.

    Raises
    ------
    ValueError, TypeError
        As `read_numbers`.
    """
    if issparse(y):
        raise TypeError(f"{name} is a sparse matrix: pass a dense array, {name}.toarray()")
    if y is None or isinstance(y, str | bytes | dict | set):
        raise TypeError(f"{name} must be an array-like of numbers, got {type(y).__name__}")
    if isinstance(y, np.ma.MaskedArray):
        refuse_kinds(y.dtype, name)
        missing = np.nan if y.dtype.kind in "biuf" else None
        return np.where(np.ma.getmaskarray(y), missing, y.data)  # type: ignore[arg-type]  # None
    try:
        array = np.asarray(y)
    except ValueError as error:
        raise ValueError(f"{name} must have rows of equal lengths: {error}") from error
    if array.dtype.kind in "US" and not isinstance(y, np.ndarray):
        # A single word has made words of all numbers.
        return np.asarray(y, dtype=object)
    return array


def refuse_kinds(dtype: np.dtype | pd.api.extensions.ExtensionDtype, name: str) -> None:
    """Refuse types that hold no numbers at all.

    Raises
    ------
    ValueError, TypeError
    """
    kind = dtype.kind
    if kind == "c":
        raise ValueError(f"Complex data not supported: {name} must be real, got {dtype}")
    if kind in "mM":
        raise TypeError(f"{name} must be numbers, got {dtype}: dates belong into the index")
    if kind in "V":
        raise TypeError(f"{name} must be numbers, got {dtype}")


def as_floats(array: np.ndarray, name: str) -> np.ndarray:
    """Return an array as floats, NaN where missing; raises as `read_numbers`."""
    refuse_kinds(array.dtype, name)
    if array.dtype.kind in "biuf":
        with np.errstate(over="ignore"):  # a long double beyond float64 becomes inf, and is refused
            return array.astype(float)
    floats = np.empty(array.shape)
    for place, value in np.ndenumerate(array):
        where = f"row {place[0]}" if array.ndim == 1 else f"{place}"
        floats[place] = _as_float(value, f"{name} at {where}")
    return floats


def is_date_in_words(value: object) -> bool:
    """Tell whether a value is a word such as "2022-12-01" or "1.12.2022"."""
    return isinstance(value, str) and _DATE.fullmatch(value) is not None


def _as_float(value: object, what: str) -> float:
    """Return one object as a float: numbers, Decimals, Fractions; None and pd.NA are missing."""
    if _is_missing(value):
        return np.nan
    if isinstance(value, complex | np.complexfloating):
        raise ValueError(f"Complex data not supported: {what} is {value!r}")
    if not _is_number(value):
        advice = ": dates belong into the index, as pd.to_datetime makes them by their format"
        advice = advice if is_date_in_words(value) else ""
        raise ValueError(f"{what} must be a number, got {value!r}{advice}")
    try:
        return float(value)  # type: ignore[arg-type]  # refused below
    except _NO_FLOAT as error:
        raise ValueError(f"{what} is no float: {error}") from error


def _of_one_type(cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Read objects of one type: floats, and where there are none."""
    first = cells[0]
    if _is_missing(first):
        return np.full(len(cells), np.nan), np.zeros(len(cells), dtype=bool)
    if not (_is_number(first) or isinstance(first, str)):
        return np.full(len(cells), np.nan), np.ones(len(cells), dtype=bool)
    if isinstance(first, float | int | np.bool_):
        try:
            return cells.astype(np.float64), np.zeros(len(cells), dtype=bool)
        except OverflowError:
            pass  # an integer beyond floats: found below
    floats = np.array([_float_or_none(cell) for cell in cells], dtype=object)
    words = np.equal(floats, None)  # type: ignore[call-overload]  # by cell
    floats[words] = np.nan
    return floats.astype(np.float64), words


def _float_or_none(cell: object) -> float | None:
    if isinstance(cell, str) and not cell.strip():
        return np.nan  # an empty cell of a file
    try:
        return float(cell)  # type: ignore[arg-type]  # as below
    except _NO_FLOAT:
        return None


def _is_missing(value: object) -> bool:
    return value is None or value is pd.NA or value is pd.NaT


def _is_number(value: object) -> bool:
    # A timedelta of NumPy calls itself an integer.
    return isinstance(value, Real | np.bool_ | Decimal) and not isinstance(value, np.timedelta64)
