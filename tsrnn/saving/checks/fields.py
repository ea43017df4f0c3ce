"""Rules for a part of a model: arrays of a type and shape, whole numbers, choices."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from numbers import Integral, Real
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np
import pandas as pd

# What stands for a type that a constructor names: numpy's numbers, and lists for tuples.
_STANDS_FOR: dict[Any, Any] = {bool: bool | np.bool_, int: Integral, float: Real}
_STANDS_FOR |= dict.fromkeys((tuple, list, Sequence), Collection)

INT, FLOAT = np.dtype(np.int64), np.dtype(np.float64)


def require(is_so: Any, message: str) -> None:
    """Raise a ValueError unless something is so."""
    if not is_so:
        raise ValueError(message)


def array(value: Any, name: str, dtype: Any, *shape: int | None) -> np.ndarray:
    """Check type and shape of an array; None is any length.

    Kernels read the memory of arrays as of the type, and rows one after the other.
    """
    require(isinstance(value, np.ndarray), f"{name} must be an array, not {type(value).__name__}")
    require(value.dtype == dtype, f"{name} must be of {np.dtype(dtype)}, not {value.dtype}")
    fits = value.ndim == len(shape) and all(
        wanted is None or wanted == found for wanted, found in zip(shape, value.shape, strict=True)
    )
    wanted = ", ".join("any" if one is None else str(one) for one in shape)
    require(fits, f"{name} must have shape ({wanted}), not {value.shape}")
    return value


def numbers(value: Any, name: str, *shape: int | None, low: float = -np.inf) -> np.ndarray:
    """Check an array of finite floats, none below `low`."""
    array(value, name, FLOAT, *shape)
    require(np.isfinite(value).all(), f"{name} must be finite")
    require((value >= low).all(), f"{name} must not be below {low}")
    return value


def observations(value: Any, name: str, *shape: int | None) -> np.ndarray:
    """Check an array of floats that may be missing, but not infinite."""
    array(value, name, FLOAT, *shape)
    require(not np.isinf(value).any(), f"{name} must not be infinite")
    return value


def positions(value: Any, name: str, n: int, *shape: int | None) -> np.ndarray:
    """Check an array of different positions among n."""
    array(value, name, INT, *(shape or (None,)))
    within = value.size == 0 or (value.min() >= 0 and value.max() < n)
    require(within, f"{name} must be positions among {n}")
    require(np.unique(value).size == value.size, f"{name} must be different positions")
    return value


def whole(value: Any, name: str, low: int = 0, high: int | None = None) -> int:
    """Check a whole number."""
    is_one = isinstance(value, int | np.integer) and not isinstance(value, bool)
    require(is_one, f"{name} must be a whole number, not {type(value).__name__}")
    require(low <= value and (high is None or value <= high), f"{name} must not be {value}")
    return int(value)


def number(value: Any, name: str, low: float = -np.inf) -> float:
    """Check a float, perhaps infinite."""
    is_one = isinstance(value, float | int | np.floating) and not isinstance(value, bool)
    require(is_one and value >= low, f"{name} must be a number of {low} or more")
    return float(value)


def flag(value: Any, name: str) -> None:
    """Check something that is so or not."""
    require(isinstance(value, bool | np.bool_), f"{name} must be True or False")


def choice(value: Any, name: str, accepted: Collection) -> None:
    """Check one of some words, or None where that is accepted."""
    is_word = value is None or isinstance(value, str)
    require(is_word and value in accepted, f"{name} must not be {value!r}")


def kind(value: Any, name: str, *kinds: type) -> Any:
    """Check an object of some types."""
    names = " or ".join(one.__name__ for one in kinds)
    require(isinstance(value, kinds), f"{name} must be a {names}, not {type(value).__name__}")
    return value


def tuple_of(value: Any, name: str, *kinds: type) -> tuple:
    """Check a tuple of objects of some types."""
    kind(value, name, tuple)
    for one in value:
        kind(one, f"a part of {name}", *kinds)
    return value


def labels(value: Any, name: str, length: int | None = None) -> pd.Index:
    """Check an index of some length."""
    kind(value, name, pd.Index)
    require(length is None or len(value) == length, f"{name} must have {length} labels")
    return value


def offsets(value: Any, name: str, n_rows: int, n_series: int | None = None) -> np.ndarray:
    """Check where series one after the other begin, and the end."""
    array(value, name, INT, None if n_series is None else n_series + 1)
    require(value.size > 0 and value[0] == 0 and value[-1] == n_rows, f"{name} must cut all rows")
    require((np.diff(value) >= 0).all(), f"{name} must not decrease")
    return value


def failures(value: Any, name: str, n: int) -> dict:
    """Check what failed: an exception for each of some series among n."""
    for i, error in kind(value, name, dict).items():
        whole(i, f"a series of {name}", 0, n - 1)
        kind(error, f"what {name} says", Exception)
    return value


def notes(value: Any, n: int) -> None:
    """Check the notes on some series among n."""
    for i, of_series in kind(value, "notes", dict).items():
        whole(i, "a series of notes", 0, n - 1)
        tuple_of(of_series, "notes", Warning)


def arguments(estimator: Any) -> None:
    """Check the types of constructor arguments, as the constructor has them.

    What they may be is checked where they are used: a fitted estimator may have been given others
    since, for its next fit.
    """
    hints = get_type_hints(type(estimator).__init__)
    for name in type(estimator)._get_param_names():
        value = getattr(estimator, name)
        is_one = _is_of(value, hints[name])
        require(is_one, f"{name} must not be a {type(value).__name__}")


def _is_of(value: Any, hint: Any) -> bool:
    origin = get_origin(hint) or hint
    if hint is Any:
        return True
    if origin in (Union, UnionType):
        return any(_is_of(value, one) for one in get_args(hint))
    if origin is Literal:  # another word may be what the next fit is to refuse
        return any(_is_of(value, type(one)) for one in get_args(hint))
    kinds = _STANDS_FOR.get(origin, origin)
    if kinds in (Integral, Real) and isinstance(value, bool | np.bool_):
        return False
    return isinstance(value, kinds) and not (kinds is Collection and isinstance(value, str))


def members(whole_object: Any, names: Iterable[str]) -> None:
    """Check that an object has attributes of its own."""
    absent = [name for name in names if name not in vars(whole_object)]
    require(not absent, f"a fitted {type(whole_object).__name__} lacks {absent}")


def is_fitted(estimator: Any) -> bool:
    """Tell whether an estimator counts as fitted, as scikit-learn tells it."""
    return any(name.endswith("_") and not name.startswith("__") for name in vars(estimator))
