"""Reading texts, sequences of ids and embeddings: what `TextRNNClassifier` takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from tsrnn._input.ragged import offsets_of, rows_between
from tsrnn._input.sequences import Sequences
from tsrnn.exceptions import InvalidParameterError
from tsrnn.text.vocabulary import Ids, joined
from tsrnn.text.words import keys_by_word


class Tokens(Sequences):
    """Sequences of ids, `values` (R,) int32; what is computed from them is in float32."""

    @property
    def n_features(self) -> int:
        """None: a step is one id."""
        return 0

    @property
    def dtype(self) -> np.dtype:
        """The type that the network computes in."""
        return np.dtype(np.float32)

    def take(self, rows: np.ndarray) -> Tokens:
        """Return the sequences at some rows, in that order."""
        subset = super().take(rows)
        return Tokens(subset.values, subset.offsets)

    def scaled(self, center: np.ndarray, spread: np.ndarray) -> Tokens:
        """Return them as they are: ids have no units."""
        return self


def as_items(X: Any, name: str) -> Sequence[Any]:
    """Return X as a sequence of texts or of sequences of ids.

    Raises
    ------
    TypeError
        If it is something else: one text alone, a frame, nothing.
    ValueError
        If it is empty.
    """
    if isinstance(X, str | bytes) or (
        isinstance(X, np.ndarray) and X.ndim == 0 and isinstance(X.item(), str)
    ):
        raise TypeError(f"{name} is a single text: pass a list of texts, [{name}]")
    if isinstance(X, pd.DataFrame):
        raise TypeError(f"{name} is a DataFrame: pass its column of texts, {name}['text']")
    if isinstance(X, pd.Series | pd.Index | pd.api.extensions.ExtensionArray):
        X = X.to_numpy(dtype=object)
    if isinstance(X, np.ndarray) and X.dtype.kind == "T":  # NumPy's strings of any length
        X = X.astype(object)
    if not isinstance(X, list | tuple | np.ndarray):
        raise TypeError(
            f"{name} must be a list, array or Series of texts or of integer sequences, got "
            f"{type(X).__name__}"
        )
    if isinstance(X, np.ndarray) and (X.ndim == 0 or X.dtype.kind not in "OUiu"):
        raise TypeError(
            f"{name} must hold texts or integer sequences, got an array of {X.dtype} with "
            f"{X.ndim} dimensions"
        )
    if isinstance(X, np.ma.MaskedArray):
        raise TypeError(f"{name} is a masked array: drop what is masked and pass {name}.data")
    if len(X) == 0:
        raise ValueError(f"{name} has 0 samples: at least one text is required")
    return X  # type: ignore[return-value]  # an array, too, is read as a sequence


def holds_texts(items: Sequence[Any], name: str) -> bool:
    """Tell whether items are texts, rather than sequences of ids.

    Raises
    ------
    TypeError
        If they are neither, or of both kinds; the message names the first that does not fit.
    """
    is_text = isinstance(items[0], str)
    accepted = str if is_text else list | tuple | np.ndarray | pd.Series
    if all(issubclass(kind, accepted) for kind in set(map(type, items))):
        return is_text
    i = next(i for i, item in enumerate(items) if not isinstance(item, accepted))
    kind = "text" if is_text else "text or integer sequence"
    also = f", as {name}[0] is" if i else ""
    raise TypeError(f"{name}[{i}] must be a {kind}{also}, got {_described(items[i])}")


def _described(item: Any) -> str:
    if item is None or item is pd.NA or (isinstance(item, float) and np.isnan(item)):
        return f"{item!r}: drop what is missing, or put '' in its place"
    return type(item).__name__


def read_ids(items: Sequence[Any], name: str, n_tokens: int) -> Ids:
    """Read sequences of ids; there may be none in them, as in what `encode` makes of "".

    Raises
    ------
    ValueError
        For ids that are not whole numbers from 0 to `n_tokens` - 1.
    """
    read = []
    for i, item in enumerate(items):
        ids = _as_array(item, f"{name}[{i}]")
        if ids.shape == (0,):
            ids = ids.astype(np.int32)
        if ids.ndim != 1 or ids.dtype.kind not in "iu":
            kind = {"U": "words", "O": "objects"}.get(ids.dtype.kind, str(ids.dtype))
            shape = "a sequence" if ids.ndim == 1 else f"{ids.ndim} dimensions"
            raise ValueError(
                f"{name}[{i}] must be a text (a str) or a sequence of integers, got {shape} of "
                f"{kind}"
            )
        read.append(ids)
    together = joined(read)
    values = together.values
    if values.size and (values.min() < 0 or values.max() >= n_tokens):
        _refuse_unknown_ids(read, name, n_tokens)
    return together


def _refuse_unknown_ids(read: Iterable[np.ndarray], name: str, n_tokens: int) -> None:
    for i, ids in enumerate(read):
        if ids.size == 0:
            continue
        if ids.min() < 0:
            raise ValueError(
                f"{name}[{i}] must have ids from 0, but at {int(ids.argmin())} it is {ids.min()}"
            )
        if ids.max() >= n_tokens:
            raise ValueError(
                f"{name}[{i}] has id {ids.max()} at {int(ids.argmax())}, but there are "
                f"{n_tokens} ids, from 0: set max_features, or put 0 (an unknown word) for others"
            )


def _as_array(item: Any, name: str) -> np.ndarray:
    if isinstance(item, np.ma.MaskedArray):
        raise TypeError(f"{name} is a masked array: drop what is masked, and pass the rest as is")
    try:
        return np.asarray(item)
    except ValueError as error:
        raise ValueError(f"{name} must be a sequence of integers: {error}") from error


def as_tokens(read: Ids, max_length: int | None) -> Tokens:
    """Return the last `max_length` ids of each text, as a network reads them.

    A text without any word is read as one unknown word.
    """
    values, lengths = read.values.astype(np.int32, copy=False), read.lengths
    if max_length is not None and lengths.max() > max_length:
        kept = np.minimum(lengths, max_length)
        values, lengths = values[rows_between(np.cumsum(lengths) - kept, kept)], kept
    is_empty = lengths == 0
    if is_empty.any():
        values = np.insert(values, offsets_of(lengths)[:-1][is_empty], 0)
        lengths = np.maximum(lengths, 1)
    return Tokens(values, offsets_of(lengths))


def write_embeddings(
    E: np.ndarray,
    given: Any,
    vocabulary: Mapping[str, int] | None,
    *,
    normalize: bool = False,
    some: bool = True,
) -> None:
    """Write embeddings that a user gives over those that there are.

    Parameters
    ----------
    E : (n_ids, embedding_dim) array
    given : array-like of the shape of E, or Mapping of str to array-like
    vocabulary : Mapping of str to int, or None
        Where `given` is by words.
    normalize : bool
        Whether words of texts are normalized, and so those of `given`.
    some : bool
        Whether there must be one of them in `given`.

    Raises
    ------
    InvalidParameterError
        If they do not fit; the message says which.
    """
    if vocabulary is None:
        E[:] = _numbers(given, "embedding_init", E.shape, "a row for each id")
        return
    keys = keys_by_word(given, normalize, "embedding_init")
    words = [word for word in keys if word in vocabulary]
    if some and not words:
        raise InvalidParameterError(
            f"embedding_init has none of the words of the vocabulary, among its {len(given)}: are "
            "they written in the same way (lowercase, token_pattern)?"
        )
    for word in words:
        name = f"embedding_init[{keys[word]!r}]"
        E[vocabulary[word]] = _numbers(given[keys[word]], name, E.shape[1:], "embedding_dim")


def _numbers(given: Any, name: str, shape: tuple[int, ...], what: str) -> np.ndarray:
    try:
        array = np.asarray(given)
    except ValueError as error:
        raise InvalidParameterError(f"{name} must be an array of numbers: {error}") from error
    if array.dtype.kind not in "fiu":
        raise InvalidParameterError(f"{name} must be an array of numbers, got {array.dtype}")
    if array.shape != shape:
        raise InvalidParameterError(f"{name} must have shape {shape}, {what}, got {array.shape}")
    if not np.isfinite(array).all():
        raise InvalidParameterError(f"{name} must be finite")
    return array
