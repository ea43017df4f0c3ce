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
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from sklearn.base import BaseEstimator

from tsrnn._files import replace_file
from tsrnn._saved_classes import LATER, MODELS, PARTS
from tsrnn._saved_pandas import PANDAS
from tsrnn._saved_values import (
    VALUES,
    Attributes,
    Codec,
    Decoder,
    Encoder,
    array_entry,
    read_array,
)
from tsrnn._version import __version__
from tsrnn.exceptions import ModelFormatError

_MAGIC = b"\x89tsrnn\r\n"  # no text, and not what becomes of it where line ends are translated
_FORMAT = 1
_HEAD = len(_MAGIC) + 4 + 8
_N_DIGEST = 32


def save(model: Any, path: str | os.PathLike) -> None:
    """Save a model in a file.

    Parameters
    ----------
    model : estimator or RNN
        Any of this library's own, fitted or not.
    path : path-like
        The file: of exactly this name, with no suffix added. A model that is there is replaced
        when the new one is whole and on the disk; whatever interrupts that, a crash or a lack of
        power, the file is the old model or the new one, in full.

    Raises
    ------
    TypeError
        If the model is no estimator of this library, or holds what cannot be saved: parts of other
        libraries, such as a scikit-learn regressor within a forecaster, and functions, such as
        callbacks. The error names the part.
    OSError
        If the file cannot be written.

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
    if type(model) not in MODELS:
        names = ", ".join(sorted(one.__name__ for one in MODELS))
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


def load(path: str | os.PathLike) -> Any:
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
        or holds what this version of the library does not. No code of the file is run.
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
    content = memoryview(Path(path).read_bytes())
    try:
        text, body = _checked(content)
    except ModelFormatError as error:
        raise ModelFormatError(f"{path} {error}") from None
    writer = "unknown"
    try:
        header = json.loads(str(text, "utf-8"))
        writer = header.get("tsrnn", writer)
        return _decode(header, body)
    except _MALFORMED as error:
        raise ModelFormatError(
            f"{path} holds no model that tsrnn {__version__} knows; tsrnn {writer} saved it "
            f"({type(error).__name__}: {error})"
        ) from error


# What decoding raises of a file that was forged, or written by another version.
_MALFORMED = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    NotImplementedError,
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


def _checked(content: memoryview) -> tuple[memoryview, memoryview]:
    """Return the JSON and the arrays' bytes of a file that is whole and of a known format."""
    if content[: len(_MAGIC)] != _MAGIC or len(content) < _HEAD + _N_DIGEST:
        raise ModelFormatError("is no saved tsrnn model, or is cut off")
    number = int.from_bytes(content[len(_MAGIC) : _HEAD - 8], "little")
    if number > _FORMAT:
        raise ModelFormatError(
            f"has format {number}, but tsrnn {__version__} reads up to {_FORMAT}: a newer version "
            "saved it, or it is damaged"
        )
    hashed = content[:-_N_DIGEST]
    if hashlib.sha256(hashed).digest() != content[-_N_DIGEST:]:
        raise ModelFormatError("is damaged: its contents do not have the SHA-256 noted in it")
    end = _HEAD + int.from_bytes(content[_HEAD - 8 : _HEAD], "little")
    return hashed[_HEAD:end], hashed[end:]


def _decode(header: Any, body: memoryview) -> Any:
    arrays, end = [], 0
    for entry in header["arrays"]:
        array, end = read_array(entry, body, end)
        arrays.append(array)
    if end != len(body):
        raise ValueError(f"there are {len(body) - end} bytes after the last array")
    model = Decoder(_CODECS.values(), arrays).decode(header["model"])
    if type(model) not in MODELS:
        raise TypeError(f"the outermost object is of the type {type(model).__name__}")
    return model


def _class_codec(kind: type) -> Codec:
    """Save a dataclass by its fields, and what is no dataclass by whatever attributes it has."""
    is_record = dataclasses.is_dataclass(kind)
    names = {field.name for field in dataclasses.fields(kind)} if is_record else set()
    if issubclass(kind, BaseEstimator):
        names |= set(kind._get_param_names())

    def reduce(whole: Any) -> Attributes:
        kept = vars(whole).items()
        # What a dataclass has computed for later, it computes again.
        return Attributes((name, value) for name, value in kept if not is_record or name in names)

    def rebuild(pairs: Any) -> Any:
        attributes = dict(pairs)
        for name, value in LATER.get(kind, {}).items():
            attributes.setdefault(name, value)
        missing, unknown = names - set(attributes), set(attributes) - names
        if missing or (is_record and unknown):
            raise ValueError(
                f"a {kind.__name__} lacks {sorted(missing)}"
                if missing
                else f"a {kind.__name__} has no {sorted(unknown)}"
            )
        whole = object.__new__(kind)
        vars(whole).update(attributes)
        return whole

    return Codec(kind.__name__, reduce, rebuild, is_object=True)


_CODECS = VALUES | PANDAS | {kind: _class_codec(kind) for kind in MODELS + PARTS}
