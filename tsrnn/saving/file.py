"""Models in files: arrays and JSON, checked byte by byte, from which no code is run.

A file is, in this order: eight bytes that say what it is; the version of the format, four bytes;
the length of the JSON, eight bytes; the JSON; the bytes of the arrays that it describes; and the
SHA-256 of all that. Numbers are little-endian.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from sklearn.base import BaseEstimator

from tsrnn._files import replace_file
from tsrnn._version import __version__
from tsrnn.exceptions import ModelFormatError
from tsrnn.saving.checks import CHECKS
from tsrnn.saving.classes import MODELS, PARTS
from tsrnn.saving.older import OLDER_TAGS, bring_up_to_date
from tsrnn.saving.older_times import OLDER_PARTS
from tsrnn.saving.pandas_values import PANDAS
from tsrnn.saving.values import (
    VALUES,
    Attributes,
    Codec,
    Decoder,
    Encoder,
    array_entry,
    printable,
    read_array,
    read_json,
    unique_pairs,
)

_MAGIC = b"\x89tsrnn\r\n"  # no text, and not what becomes of it where line ends are translated
_FORMAT = 1
_HEAD = len(_MAGIC) + 4 + 8
_N_DIGEST = 32


def save(model: Any, path: str | os.PathLike[str]) -> None:
    """Save a model in a file.

    Parameters
    ----------
    model : estimator or RNN
        Any of this library's own, fitted or not.
    path : path-like
        The file: of exactly this name, with no suffix added. A model that is there is replaced
        when the new one is whole and on the disk; whatever interrupts that, a crash or a lack of
        power, the file is the old model or the new one, in full. Its mode stays, and a symbolic
        link goes on to point to it.

    Raises
    ------
    TypeError
        If the model is no estimator of this library, or holds what cannot be saved: parts of other
        libraries, such as a scikit-learn regressor within a forecaster, and functions, such as
        callbacks. The error names the part. Or if its parts do not fit together, as after writing
        to fitted attributes: `load` would refuse the file.
    OSError
        If the file cannot be written, or what is there is no file but a folder, pipe or device, or
        an open file by its number (/dev/stdout, say).

    See Also
    --------
    load : The way back.

    Notes
    -----
    A file holds numbers, text and the names of classes, and no pickles. Its reader makes objects of
    a closed list of classes only, so that a file from elsewhere cannot run anything.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import tsrnn
    >>> from tsrnn.datasets import load_co2
    >>> model = tsrnn.DoubleExpSmoothingRNN().fit(load_co2(adjusted=True))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     tsrnn.save(model, Path(folder) / "co2.tsrnn")
    ...     again = tsrnn.load(Path(folder) / "co2.tsrnn")
    >>> bool((again.predict(12) == model.predict(12)).all())
    True
    """
    if type(model) not in MODELS.values():
        names = ", ".join(sorted(one.__name__ for one in MODELS.values()))
        raise TypeError(f"model must be one of {names}, got {type(model).__name__}")
    encoder = Encoder(_CODECS)
    node = encoder.encode(model, type(model).__name__)
    header = {
        "tsrnn": __version__,
        "arrays": [array_entry(array) for array in encoder.arrays],
        "model": node,
    }
    text = json.dumps(header, separators=(",", ":"), allow_nan=False).encode()
    replace_file(Path(path), lambda file: _write(file, text, encoder.arrays))


def load(path: str | os.PathLike[str]) -> Any:
    """Load a model that `save` saved.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    model : estimator or RNN
        Equal to the one that was saved: it predicts the same numbers, to the last bit on the same
        machine, and can be updated or trained on.

    Raises
    ------
    ModelFormatError
        If the file is no saved model, is damaged (each byte counts), was written by a newer format,
        holds what this version of the library does not, or parts that do not fit together. No code
        of the file is run.
    OSError
        If it cannot be read.

    See Also
    --------
    save : The way there.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import tsrnn
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     tsrnn.save(tsrnn.NaiveForecaster().fit([1.0, 2.0, 3.0]), Path(folder) / "naive.tsrnn")
    ...     tsrnn.load(Path(folder) / "naive.tsrnn").predict(2)
    array([3., 3.])
    """
    try:
        with Path(path).open("rb") as file:
            text, body = _checked(file)
    except ModelFormatError as error:
        raise ModelFormatError(f"{path} {error}") from None
    writer = "of an unknown version"
    try:
        header = read_json(text)
        writer = _version_of(header)
        return _decode(header, body)
    except _MALFORMED as error:
        raise ModelFormatError(
            f"{path} holds no model that tsrnn {__version__} knows; tsrnn {writer} saved it "
            f"({type(error).__name__}: {printable(str(error))})"
        ) from error


# What decoding raises of a file that was forged, or written by another version.
_MALFORMED = (
    ArithmeticError,
    AttributeError,
    ImportError,
    LookupError,
    MemoryError,
    NotImplementedError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)


def _write(file: BinaryIO, text: bytes, arrays: list[np.ndarray]) -> None:
    total = hashlib.sha256()
    head = _MAGIC + _FORMAT.to_bytes(4, "little") + len(text).to_bytes(8, "little")
    bodies = (array.tobytes(array_entry(array)["order"]) for array in arrays)
    for chunk in chain([head, text], bodies):
        total.update(chunk)
        file.write(chunk)
    file.write(total.digest())


def _checked(file: BinaryIO) -> tuple[memoryview, memoryview]:
    """Return the JSON and the arrays' bytes of a file that is whole and of a known format."""
    head = file.read(_HEAD)
    # Before the rest is read: what is no model may be of any size, or have no end.
    if head[: len(_MAGIC)] != _MAGIC or len(head) < _HEAD:
        raise ModelFormatError("is no saved tsrnn model, or is cut off")
    number = int.from_bytes(head[len(_MAGIC) : _HEAD - 8], "little")
    if number > _FORMAT:
        raise ModelFormatError(
            f"has format {number}, but tsrnn {__version__} reads up to {_FORMAT}: a newer version "
            "saved it, or it is damaged"
        )
    rest = memoryview(file.read())
    if len(rest) < _N_DIGEST:
        raise ModelFormatError("is no saved tsrnn model, or is cut off")
    found = hashlib.sha256(head)
    found.update(rest[:-_N_DIGEST])
    if found.digest() != rest[-_N_DIGEST:]:
        raise ModelFormatError("is damaged: its contents do not have the SHA-256 noted in it")
    end = int.from_bytes(head[_HEAD - 8 :], "little")
    return rest[:-_N_DIGEST][:end], rest[:-_N_DIGEST][end:]


def _version_of(header: Any) -> str:
    """Return what a file says of its version, if that is one."""
    version = header.get("tsrnn")
    is_one = isinstance(version, str) and re.fullmatch(r"[0-9A-Za-z.+!-]{1,40}", version)
    return version if is_one else "of an unknown version"


def _decode(header: Any, body: memoryview) -> Any:
    arrays, end = [], 0
    for entry in header["arrays"]:
        array, end = read_array(entry, body, end)
        arrays.append(array)
    if end != len(body):
        raise ValueError(f"there are {len(body) - end} bytes after the last array")
    model = Decoder([*_CODECS.values(), *OLDER_PARTS], arrays, OLDER_TAGS).decode(header["model"])
    if type(model) not in MODELS.values():
        raise TypeError(f"the outermost object is of the type {type(model).__name__}")
    return model


def _class_codec(tag: str, kind: type) -> Codec:
    """Save a dataclass by its fields, and what is no dataclass by whatever attributes it has."""
    is_record = dataclasses.is_dataclass(kind)
    names = {field.name for field in dataclasses.fields(kind)} if is_record else set()
    if issubclass(kind, BaseEstimator):
        names |= set(kind._get_param_names())  # type: ignore[attr-defined]

    def reduce(whole: Any) -> Attributes:
        kept = vars(whole).items()
        # What a dataclass has computed for later, it computes again.
        return Attributes((name, value) for name, value in kept if not is_record or name in names)

    def rebuild(pairs: Any) -> Any:
        attributes = unique_pairs(pairs)
        for name in attributes.keys() - names:
            # Methods and properties are the class's, whatever a file says.
            if not isinstance(name, str) or name.startswith("__") or hasattr(kind, name):
                raise ValueError(f"a {kind.__name__} keeps nothing of the name {name!r}")
        bring_up_to_date(kind, attributes)
        missing, unknown = names - set(attributes), set(attributes) - names
        if missing or (is_record and unknown):
            raise ValueError(
                f"a {kind.__name__} lacks {sorted(missing)}"
                if missing
                else f"a {kind.__name__} has no {sorted(unknown)}"
            )
        whole: Any = object.__new__(kind)
        vars(whole).update(attributes)
        return whole

    return Codec(tag, reduce, rebuild, is_object=True, check=CHECKS[kind])


_CODECS = VALUES | PANDAS
_CODECS |= {kind: _class_codec(tag, kind) for tag, kind in (MODELS | PARTS).items()}
