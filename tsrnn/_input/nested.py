"""Numbers in arrays and in lists of arrays, as users pass them: errors name the place.

`name[i]` is sequence i, a step is counted from 0 within its sequence, and a column of it is a
feature, or whatever the caller calls it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import issparse

from tsrnn._input.frames import is_frame, kind_in_words
from tsrnn._input.ragged import offsets_of

_NUMBERS = (Real, Decimal, np.bool_)
_MISSING = (type(None), type(pd.NA), type(pd.NaT))
# What calls itself a number but is a length of time.
_DURATIONS = (np.timedelta64, pd.Timedelta)


def as_items(values: Any, name: str) -> Sequence | None:
    """Return the sequences that a list of them holds; None where it is an array of numbers.

    That hangs on types alone: a list of lists holds sequences, whatever their lengths happen to be.

    Raises
    ------
    ValueError
        Where there are none.
    TypeError
        For what holds no sequences at all.
    """
    if isinstance(values, pd.DataFrame | np.ma.MaskedArray) or issparse(values):
        return None
    if values is None or isinstance(values, str | bytes | Mapping | Set | Iterator):
        raise TypeError(
            f"{name} must be an array of numbers or a list of arrays, got {type(values).__name__}"
        )
    if isinstance(values, pd.Series | pd.Index | pd.api.extensions.ExtensionArray):
        values = values.to_numpy()
    elif not isinstance(values, Sequence) or isinstance(values, memoryview):
        values = np.asarray(values)  # columns of other libraries' frames, too
    if isinstance(values, np.ndarray) and (values.ndim != 1 or values.dtype != object):
        return None
    if len(values) == 0:
        raise ValueError(f"{name} is empty, with 0 sample(s): at least one is required")
    values = list(values)
    return None if all(map(pd.api.types.is_scalar, values)) else values


def makes_array(items: Sequence) -> bool:
    """Tell whether items are plain lists of equal lengths, all the way down."""
    if not set(map(type, items)) <= {list, tuple} or len(set(map(len, items))) != 1:
        return False
    if not any(isinstance(item, list | tuple) for item in items[0]):
        return True
    try:
        np.asarray(items)
    except ValueError:
        return False
    return True


def as_array(values: Any, name: str, what: str = "feature") -> Any:
    """Return what scikit-learn's `check_array` then makes an array of floats of.

    Missing values (None, pd.NA) become NaN.

    Raises
    ------
    ValueError
        For words and masked values, naming the place.
    TypeError
        For dates and other things that are no numbers.
    """
    if issparse(values):
        return values
    if isinstance(values, pd.DataFrame):
        for column, dtype in values.dtypes.items():
            _refuse_dtype(dtype, f"{name}[{column!r}]")
    _refuse_masked(values, name, what)
    array = values.array if isinstance(values, pd.Series) else values
    array = np.asarray(array)
    if array.dtype.kind in "US":
        # A single word has made words of all numbers.
        array = np.asarray(values, dtype=object)
    _refuse_dtype(array.dtype, name)
    return _floats_of(array, name, what) if array.dtype == object else array


def read_items(
    items: Sequence, name: str, what: str = "feature"
) -> tuple[np.ndarray, np.ndarray, bool]:
    """Read a list of sequences.

    Parameters
    ----------
    items : sequence of array-likes
        Each (T_i,) or (T_i, p), T_i at least 1.
    name, what : str
        What to call the list, and a column, in an error.

    Returns
    -------
    values : (R, p) array
        All steps; float32 where all items are, float64 otherwise. They may be NaN or infinite.
    lengths : (N,) int64 array
    has_columns : bool
        Whether there was an axis for columns.
    """
    if makes_array(items):  # at once, as far as that goes without a word about the place
        array = as_array(items, name, what)
        if array.dtype.kind in "biuf" and array.ndim in (2, 3) and array.size:
            lengths = np.full(len(array), array.shape[1], dtype=np.int64)
            dtype = np.float32 if array.dtype == np.float32 else np.float64
            values = array.reshape(lengths.sum(), -1).astype(dtype, order="C", copy=False)
            return values, lengths, array.ndim == 3
    arrays = [
        item if type(item) is np.ndarray else _array_of(item, f"{name}[{i}]", what)
        for i, item in enumerate(items)
    ]
    dtypes = {array.dtype for array in arrays}
    if not all(dtype.kind in "biuf" for dtype in dtypes):
        arrays = [_numeric(array, f"{name}[{i}]", what) for i, array in enumerate(arrays)]
    _check_shapes(arrays, name, what)
    lengths = np.fromiter(map(len, arrays), np.int64, len(arrays))
    dtype = np.float32 if dtypes == {np.dtype(np.float32)} else np.float64
    # Left to itself, concatenate makes columns contiguous where those of the items are.
    values = np.empty((lengths.sum(), *arrays[0].shape[1:]), dtype)
    with np.errstate(over="ignore"):  # a long double beyond float64 becomes infinite
        np.concatenate(arrays, out=values)
    return values.reshape(len(values), -1), lengths, values.ndim == 2


def refuse_not_finite(
    values: np.ndarray,
    lengths: np.ndarray,
    name: str,
    what: str = "feature",
    *,
    may_be_missing: bool = False,
) -> None:
    """Refuse steps (R, p) of sequences of these lengths that are NaN or infinite.

    With `may_be_missing` NaN is accepted.

    Raises
    ------
    ValueError
        Naming the first place.
    """
    # The sum tells at a fraction of the cost; it may also overflow, and then all are looked at.
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(values.sum()):
            return
    is_wrong = np.isinf(values) if may_be_missing else ~np.isfinite(values)
    if not is_wrong.any():
        return
    row, column = divmod(int(is_wrong.argmax()), values.shape[1])
    offsets = offsets_of(lengths)
    i = int(np.searchsorted(offsets, row, side="right")) - 1
    found = "NaN" if np.isnan(values[row, column]) else "infinity"
    raise ValueError(
        f"{name}[{i}] contains {found} at step {row - offsets[i]}, {what} {column}: "
        "it must be finite numbers"
    )


def _check_shapes(arrays: list[np.ndarray], name: str, what: str) -> None:
    """Refuse what is not (T_i,) throughout or (T_i, p) throughout, naming the first such item."""
    shapes = [array.shape for array in arrays]
    first = shapes[0]

    def refuse(is_odd: list[bool], message: Callable[[int], str]) -> None:
        if True in is_odd:
            i = is_odd.index(True)
            raise ValueError(f"{name}[{i}] {message(i)}")

    refuse(
        [len(shape) not in (1, 2) for shape in shapes],
        lambda i: f"must have shape (n_steps,) or (n_steps, n_{what}s), got {shapes[i]}",
    )
    refuse(
        [len(shape) != len(first) for shape in shapes],
        lambda i: (
            f"has shape {shapes[i]}, but {name}[0] has {first}: all must have the same number of "
            "dimensions"
        ),
    )
    refuse(
        [shape[0] == 0 for shape in shapes],
        lambda i: "has length 0: a sequence needs at least one step",
    )
    refuse(
        [shape[1:] != first[1:] for shape in shapes],
        lambda i: f"has {shapes[i][1]} {what}(s), but {name}[0] has {first[1]}",
    )
    refuse([first[1:] == (0,)], lambda i: f"has 0 {what}s: its shape is {first}")


def _array_of(item: Any, name: str, what: str) -> np.ndarray:
    """Return one sequence as an array of whatever it holds."""
    if issparse(item):
        raise TypeError(f"{name} is a sparse matrix: pass a dense array, {name}.toarray()")
    if item is None or isinstance(item, str | bytes | dict | set):
        raise TypeError(f"{name} must be an array of numbers, got {item!r}")
    _refuse_masked(item, name, what, is_item=True)
    if isinstance(item, pd.DataFrame | pd.Series):
        item = item.to_numpy()
    try:
        array = np.asarray(item)
        if array.dtype.kind in "US":
            array = np.asarray(item, dtype=object)
    except ValueError as error:
        raise ValueError(f"{name} must have steps of equal lengths: {error}") from error
    return array


def _numeric(array: np.ndarray, name: str, what: str) -> np.ndarray:
    """Return an array of numbers."""
    if array.dtype.kind in "US":
        array = array.astype(object)
    if array.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: {name} must be real, got {array.dtype}")
    _refuse_dtype(array.dtype, name)
    return _floats_of(array, name, what, is_item=True) if array.dtype == object else array


def _refuse_dtype(dtype: Any, name: str) -> None:
    if dtype.kind in "mMV":
        raise TypeError(f"{name} must be numbers, got {dtype}")


def _place(index: tuple, name: str, what: str, is_item: bool) -> str:
    """Say where in an array something is; an array of sequences, or one of them."""
    if not is_item and index:
        name, index = f"{name}[{index[0]}]", index[1:]
    parts = [f"{word} {i}" for word, i in zip(("step", what), index, strict=False)]
    return f"{name} at {', '.join(parts)}" if parts else name


def _refuse_masked(values: Any, name: str, what: str, *, is_item: bool = False) -> None:
    if isinstance(values, np.ma.MaskedArray) and np.ma.getmaskarray(values).any():
        first = tuple(int(i) for i in np.argwhere(np.ma.getmaskarray(values))[0])
        raise ValueError(
            f"{_place(first, name, what, is_item)} is masked: fill it in, or leave the step out"
        )


def _floats_of(array: np.ndarray, name: str, what: str, *, is_item: bool = False) -> np.ndarray:
    """Return objects as floats: numbers, Decimals, Fractions; what is missing as NaN."""
    kinds = {
        kind: "missing"
        if issubclass(kind, _MISSING)
        else "number"
        if issubclass(kind, _NUMBERS) and not issubclass(kind, _DURATIONS)
        else "wrong"
        for kind in set(map(type, array.flat))
    }
    if "wrong" in kinds.values():
        _refuse_object(array, {k for k in kinds if kinds[k] == "wrong"}, name, what, is_item)
    if "missing" in kinds.values():
        array = np.where(pd.isna(array), np.nan, array)
    try:
        with np.errstate(over="ignore"):
            return array.astype(np.float64)
    except (OverflowError, ValueError) as error:  # a signalling NaN is a ValueError
        raise ValueError(f"{name} has a number that is no float: {error}") from error


def _refuse_object(
    array: np.ndarray, kinds: set[type], name: str, what: str, is_item: bool
) -> None:
    index = next(index for index, value in np.ndenumerate(array) if type(value) in kinds)
    value, place = array[index], _place(index, name, what, is_item)
    if isinstance(value, complex | np.complexfloating):
        raise ValueError(f"Complex data not supported: {place} is {value!r}")
    if isinstance(value, str | bytes):
        raise ValueError(f"{place} must be a number, got {value!r}")
    if isinstance(value, list | tuple | np.ndarray | pd.Series):
        raise TypeError(
            f"{place} is a sequence itself: pass the sequences alone, as a list or one column"
        )
    if is_frame(value) and ": " in (words := kind_in_words(value)):
        raise TypeError(f"{place} is no frame yet, but {words}")
    raise TypeError(
        f"{place} is {value!r}: the argument must be neither strings nor other objects, but numbers"
    )
