"""Values as JSON and arrays, and back: a closed list of types, and nothing that is executed.

What JSON has stands for itself: None, True, False, int, finite float, str and list. All else is an
object ``{"is": tag, "of": ...}``, where a codec reduces the value to simpler ones and rebuilds it
from them. Types count exactly: of a subclass nothing is known.
"""

from __future__ import annotations

import builtins
import datetime
import json
import math
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from sklearn.dummy import DummyRegressor
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from tsrnn.exceptions import (
    InvalidParameterError,
    ModelFormatError,
    TrainingDivergedError,
    UnreliableForecastWarning,
)


class Codec(NamedTuple):
    """Rules for saving the values of one type.

    Attributes
    ----------
    tag : str
        What a file calls the type.
    reduce : callable
        From a value to a simpler one; raises ValueError with the reason for one that will not do.
    rebuild : callable
        From that to an equal value, whatever it is given: files may be forged.
    is_object : bool
        Whether a value that is kept in two places is saved once, and is one value again.
    length : callable or None
        Of values that a few bytes describe however many elements they have: how many.
    check : callable or None
        Raises ValueError for a value that could not be used: before it is saved, too, so that
        what is saved can be loaded.
    """

    tag: str
    reduce: Callable[[Any], Any]
    rebuild: Callable[[Any], Any]
    is_object: bool = False
    length: Callable[[Any], int] | None = None
    check: Callable[[Any], None] | None = None


class Encoder:
    """Turns values into JSON; arrays are set aside in `arrays`."""

    def __init__(self, codecs: dict[type, Codec]) -> None:
        self._codecs = codecs
        self._array_places: dict[int, int] = {}
        self._object_places: dict[int, int] = {}
        self.arrays: list[np.ndarray] = []

    def encode(self, value: Any, name: str) -> Any:
        """Return a value as JSON.

        Parameters
        ----------
        value
        name : str
            What to call it in an error.

        Raises
        ------
        TypeError
            If it is, or holds, what cannot be saved.
        """
        kind = type(value)
        if value is None or kind in (bool, int, str) or (kind is float and math.isfinite(value)):
            return value
        if kind is list:
            return [self.encode(one, f"{name}[{i}]") for i, one in enumerate(value)]
        if kind in _ARRAY_TYPES and value.dtype != object:
            return {"is": "array", "of": self._set_aside(value, name)}
        codec = self._codecs.get(datetime.tzinfo if isinstance(value, datetime.tzinfo) else kind)
        if codec is None:
            raise TypeError(f"{name} cannot be saved: {_reason(value)}")
        if id(value) in self._object_places:
            return {"is": "same", "of": self._object_places[id(value)]}
        try:
            simpler = codec.reduce(value)
        except (ValueError, TypeError, KeyError) as error:
            raise TypeError(f"{name} cannot be saved: {error}") from error
        if isinstance(simpler, Attributes):
            parts: Any = [[key, self.encode(one, f"{name}.{key}")] for key, one in simpler.items()]
        elif kind is dict:
            parts = [
                [self.encode(key, f"a key of {name}"), self.encode(one, f"{name}[{key!r}]")]
                for key, one in simpler
            ]
        else:
            parts = self.encode(simpler, name)
        if codec.check is not None:
            try:
                codec.check(value)
            except NOT_USABLE as error:
                raise TypeError(f"{name} cannot be saved: {error}") from error
        if codec.is_object:
            self._object_places[id(value)] = len(self._object_places)
        return {"is": codec.tag, "of": parts}

    def _set_aside(self, array: np.ndarray, name: str) -> int:
        """Return the place of an array; one that comes twice is saved once."""
        if not _DTYPE.fullmatch(array.dtype.str):
            raise TypeError(f"{name} cannot be saved: it is an array of {array.dtype}")
        place = self._array_places.setdefault(id(array), len(self.arrays))
        if place == len(self.arrays):
            self.arrays.append(array)
        return place


# What a check raises, or what comes of comparing what cannot be compared.
NOT_USABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class Attributes(dict):
    """The form to which a codec reduces an object of ours: its attributes by their names."""


class Decoder:
    """Turns what an `Encoder` made into values, whose size stays in proportion to it."""

    def __init__(
        self,
        codecs: Iterable[Codec],
        arrays: Sequence[np.ndarray],
        older_tags: Mapping[str, str],
    ) -> None:
        self._codecs = {codec.tag: codec for codec in codecs}
        self._codecs |= {older: self._codecs[tag] for older, tag in older_tags.items()}
        self._arrays = arrays
        self._objects: list[tuple[Any, int]] = []
        self._n_nodes = 0
        self._written_out = 0
        self._n_elements = sum(array.size for array in arrays)
        self._n_described = 0

    def decode(self, node: Any) -> Any:
        """Return the value; raises ValueError, TypeError or KeyError for what is none."""
        self._n_nodes += 1
        self._written_out += 1
        if isinstance(node, list):
            return [self.decode(one) for one in node]
        if not isinstance(node, dict):
            return node
        tag, parts = node["is"], node["of"]
        if len(node) != 2:
            raise ValueError(f"an object of the type {tag!r} has other members than is and of")
        if tag == "array":
            return self._arrays[_place(parts, self._arrays)]
        if tag == "same":
            value, size = self._objects[_place(parts, self._objects)]
            self._count(size)
            return value
        if tag not in self._codecs:
            raise ValueError(f"there is no type {tag!r}")
        codec, before = self._codecs[tag], self._written_out
        value = codec.rebuild(self.decode(parts))
        if codec.length is not None:
            self._n_described += codec.length(value)
            if self._n_described > _FEW + 4 * (self._n_elements + self._n_nodes):
                raise ValueError("its ranges are longer than anything else in it")
        if codec.check is not None:
            codec.check(value)
        if codec.is_object:
            self._objects.append((value, self._written_out - before))
        return value

    def _count(self, size: int) -> None:
        """Refuse values that are kept in two places within such values, and so on.

        Whoever walks through them all, as `repr` does, would never come to an end.
        """
        self._written_out += size
        if self._written_out > _FEW + 16 * self._n_nodes:
            raise ValueError("what it keeps in several places is nested too deeply")


_FEW = 4096


def _place(place: Any, values: Sequence) -> int:
    if type(place) is not int or not 0 <= place < len(values):
        raise ValueError(f"there is nothing at {place!r}")
    return place


def read_json(text: memoryview) -> Any:
    """Read the JSON of a file: numbers that are finite, and every key once.

    Raises
    ------
    ValueError
        For anything else.
    """
    return json.loads(
        str(text, "utf-8"),
        parse_float=_finite,
        parse_constant=_finite,
        object_pairs_hook=unique_pairs,
    )


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is no finite number")
    return number


def unique_pairs(pairs: Any) -> dict:
    """Make a dict of pairs of keys, each different, and values."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key comes twice")
    return found


def printable(text: str) -> str:
    """Return the beginning of a text from a file as one line, without control characters."""
    shown = text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + " .."
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in shown)


_LONGEST_SHOWN = 500


# No objects, no structures, and no long doubles: these have another size on each machine.
_DTYPE = re.compile(r"[<>|]([biu][1248]|f[248]|c8|c16|[mM]8(\[\w+\])?|[SU]\d+)")
_ARRAY_TYPES = (np.ndarray, np.memmap)


def array_entry(array: np.ndarray) -> dict[str, Any]:
    """Describe an array: its bytes follow elsewhere, in the order named here."""
    order = "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
    return {"dtype": array.dtype.str, "shape": list(array.shape), "order": order}


def read_array(entry: dict[str, Any], content: memoryview, start: int) -> tuple[np.ndarray, int]:
    """Read an array as described, from a place in the bytes; return where it ends, too."""
    dtype, shape, order = entry["dtype"], entry["shape"], entry["order"]
    if not _DTYPE.fullmatch(dtype) or order not in ("C", "F"):
        raise ValueError(f"no array is like {entry}")
    if not all(type(n) is int and n >= 0 for n in shape):
        raise ValueError(f"no array has the shape {shape}")
    end = start + math.prod(shape) * np.dtype(dtype).itemsize
    if end > len(content):
        raise ValueError(f"the bytes end before an array of the shape {shape}")
    if start == end:
        return np.empty(shape, dtype, order), end
    _refuse_no_values(np.dtype(dtype), content[start:end])
    return np.ndarray(shape, dtype, content, start, order=order).copy(order="K"), end


def _refuse_no_values(dtype: np.dtype, content: memoryview) -> None:
    """Refuse bytes that are no value of their type: numpy takes whatever there is for one."""
    codes: dict[str, Any] = {"b": np.dtype("u1"), "U": np.dtype("u4").newbyteorder(dtype.byteorder)}
    largest = {"b": 1, "U": sys.maxunicode}
    if dtype.kind in codes:
        if np.frombuffer(content, codes[dtype.kind]).max() > largest[dtype.kind]:
            raise ValueError(f"an array of {dtype} has bytes that are no such value")


def _reason(value: Any) -> str:
    kind = type(value)
    if callable(value) and not isinstance(value, type):
        return (
            f"{_name(kind)} is a function; set it to None before saving, or take what has a name "
            "where there is one"
        )
    return (
        f"{_name(kind)} is none of the types that tsrnn.save knows; joblib or skops save models "
        "with parts of other libraries"
    )


def _name(kind: type) -> str:
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def _reduce_objects(array: np.ndarray) -> Any:
    """Take one object after the other: names, or states of different sizes."""
    return [list(array.shape), list(array.flat)]


def _rebuild_objects(parts: Any) -> np.ndarray:
    shape, values = parts
    array = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):  # of arrays of one size numpy would make one array
        array[i] = value
    return array.reshape(shape)


def _sorted(values: Any) -> list:
    """Put a set in an order that is the same in every process."""
    return sorted(values, key=lambda one: (type(one).__name__, repr(one)))


def _reduce_random_state(random_state: np.random.RandomState) -> Any:
    state = random_state.get_state(legacy=False)
    if state["bit_generator"] != "MT19937":
        raise ValueError(f"it is a RandomState on {state['bit_generator']}")
    inner = state["state"]
    return [inner["key"], int(inner["pos"]), int(state["has_gauss"]), float(state["gauss"])]


def _rebuild_random_state(parts: Any) -> np.random.RandomState:
    key, position, has_gauss, gauss = parts
    # numpy looks at the shape alone, and reads the key at whatever position it is told.
    if not (isinstance(key, np.ndarray) and key.dtype == np.uint32 and key.shape == (624,)):
        raise ValueError("a RandomState has a key of 624 unsigned integers of 32 bits")
    if type(position) is not int or not 0 <= position <= 624:
        raise ValueError(f"a RandomState is at a position from 0 to 624, not {position!r}")
    if has_gauss not in (0, 1) or type(gauss) is not float or not math.isfinite(gauss):
        raise ValueError("a RandomState keeps one normal number, or none")
    random_state = np.random.RandomState()
    random_state.set_state(("MT19937", key, position, int(has_gauss), gauss))
    return random_state


def _is_exception(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Exception)


def _reduce_date(value: datetime.date) -> str:
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        raise ValueError("it is a datetime with a time zone; pandas' Timestamps can be saved")
    return value.isoformat()


# What failed for a series, and what a fit warned of.
_MESSAGES = [kind for kind in vars(builtins).values() if _is_exception(kind)]
_MESSAGES += [ConvergenceWarning, NotFittedError, np.linalg.LinAlgError]
_MESSAGES += [InvalidParameterError, ModelFormatError, TrainingDivergedError]
_MESSAGES += [UnreliableForecastWarning]


def _message_codec(kind: type[Exception]) -> Codec:
    return Codec(kind.__name__, _reduce_message, lambda args: kind(*args))


def _reduce_message(message: Exception) -> list[Any]:
    # Of texts with fields the words alone are kept.
    return [str(one) if isinstance(one, str) else one for one in message.args]


def _reduce_constant(regressor: DummyRegressor) -> list[Any]:
    """Take what `RNNForecaster` has where there is nothing to learn: what is always predicted."""
    is_plain = regressor.get_params() == DummyRegressor().get_params()
    if not is_plain or "constant_" not in vars(regressor):
        raise ValueError("only a fitted DummyRegressor() of means can be")
    return [regressor.n_features_in_, regressor.constant_]


def _rebuild_constant(parts: Any) -> DummyRegressor:
    n_features, constant = parts
    if type(n_features) is not int or n_features < 1:
        raise ValueError("a regressor reads one feature or more")
    constant = np.asarray(constant, dtype=float)
    if constant.ndim != 2 or len(constant) != 1 or not np.isfinite(constant).all():
        raise ValueError("a constant regressor predicts one row of numbers")
    regressor = DummyRegressor().fit(np.zeros((1, 1)), constant)
    regressor.n_features_in_ = n_features
    return regressor


_SCALARS = [
    np.dtype(code).type for code in "?bhilqBHILQefdFDMmSU"
]  # numpy's own, of which some have two names

# What Python and numpy have. A key of the table is a type, so that each has one codec.
VALUES: dict[type, Codec] = {
    float: Codec("float", repr, float),  # of those that are not finite
    complex: Codec("complex", lambda z: [z.real, z.imag], lambda parts: complex(*parts)),
    tuple: Codec("tuple", list, tuple),
    dict: Codec("dict", dict.items, unique_pairs),
    set: Codec("set", _sorted, set),
    frozenset: Codec("frozenset", _sorted, frozenset),
    bytes: Codec("bytes", bytes.hex, bytes.fromhex),
    slice: Codec("slice", lambda s: [s.start, s.stop, s.step], lambda parts: slice(*parts)),
    datetime.time: Codec("time", datetime.time.isoformat, datetime.time.fromisoformat),
    datetime.timedelta: Codec(
        "timedelta",
        lambda span: [span.days, span.seconds, span.microseconds],
        lambda parts: datetime.timedelta(*parts),
    ),
    datetime.date: Codec("date", _reduce_date, datetime.date.fromisoformat),
    datetime.datetime: Codec("datetime", _reduce_date, datetime.datetime.fromisoformat),
    np.ndarray: Codec("objects", _reduce_objects, _rebuild_objects),
    DummyRegressor: Codec("constant_regressor", _reduce_constant, _rebuild_constant),
    np.random.RandomState: Codec("random_state", _reduce_random_state, _rebuild_random_state),
    **{kind: _message_codec(kind) for kind in _MESSAGES},
    **{kind: Codec("scalar", np.asarray, lambda array: array[()]) for kind in _SCALARS},
}
