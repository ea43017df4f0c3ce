"""Words and their ids: vocabularies learned, learned on and given; texts as integers and back.

Id 0 stands for every word that has no id of its own; the others are numbered from 1 by how often
they occur in the texts that the vocabulary was learned from, and of equally frequent words the
first in the alphabet comes first.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count, repeat
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from tsrnn._input.notes import warn_user
from tsrnn.exceptions import InvalidParameterError

# What stands for a word without an id where ids are turned back into words.
UNKNOWN = "<unknown>"

# That is read: ids are 32-bit integers.
_LARGEST_ID = 2**31 - 2


class Ids(NamedTuple):
    """Texts as ids, one text after the other.

    Attributes
    ----------
    values : (R,) int array
    lengths : (n_texts,) int array
        Words of each; there may be none.
    """

    values: np.ndarray
    lengths: np.ndarray

    def apart(self) -> list[np.ndarray]:
        """Return an array for each text."""
        ends = np.cumsum(self.lengths).tolist()
        return [self.values[i:end] for i, end in zip([0, *ends], ends, strict=False)]


def joined(texts: list[np.ndarray]) -> Ids:
    """Lay texts one after the other."""
    return Ids(np.concatenate(texts), np.fromiter(map(len, texts), np.int64, len(texts)))


def _looked_up(
    texts: Iterable[list[str]], look_up: Callable[[Iterable[str]], Iterable[int]]
) -> Ids:
    """Look words up, all of a text at once; what is kept of them is four bytes each."""
    values, lengths = array("i"), array("i")
    for words in texts:
        values.extend(look_up(words))
        lengths.append(len(words))
    return Ids(np.array(values, np.int32), np.array(lengths, np.int64))


def learn_vocabulary(
    texts: Iterable[list[str]],
    most: int | None,
    min_df: int | float,
    known: Mapping[str, int] | None = None,
    n_ids: int = 1,
) -> tuple[dict[str, int], Ids]:
    """Give the words of texts ids, reading each text once.

    Parameters
    ----------
    texts : iterable of list of str
    most : int or None
        Ids in all, that of unknown words included.
    min_df : int or float
        Texts that a word must be in, or the share of them.
    known : Mapping of str to int, optional
        Words that have ids, and keep them.
    n_ids : int
        Ids that there are: new ones begin here.

    Returns
    -------
    vocabulary : dict of str to int
    ids : Ids
        The texts.
    """
    known = known or {}
    met: defaultdict[str, int] = defaultdict(count().__next__)  # words as they are met, from 0
    read = _looked_up(texts, lambda words: map(met.__getitem__, words))
    n_times = np.bincount(read.values, minlength=len(met)).tolist()
    new = [word for word in met if word not in known]
    least = min_df * len(read.lengths) if isinstance(min_df, float) else min_df
    if least > 1:
        n_texts = _texts_with(read, len(met))
        new = [word for word in new if n_texts[met[word]] >= least]
    new.sort(key=lambda word: (-n_times[met[word]], word))
    room = len(new) if most is None else max(0, most - n_ids)
    vocabulary = {**known, **dict(zip(new[:room], count(n_ids), strict=False))}
    ids = np.fromiter(map(vocabulary.get, met, repeat(0)), np.int32, len(met))
    return vocabulary, Ids(ids[read.values], read.lengths)


def _texts_with(read: Ids, n_words: int) -> np.ndarray:
    """Return in how many texts each word is."""
    rows = np.repeat(np.arange(len(read.lengths)), read.lengths)
    return np.bincount(np.unique(rows * n_words + read.values) % n_words, minlength=n_words)


def read_vocabulary(
    given: Any, most: int | None, words_of: Callable[[str], list[str]]
) -> dict[str, int]:
    """Return a vocabulary that a user gives.

    Parameters
    ----------
    given : list of str, or Mapping of str to int
        A list's words have the ids 1, 2, ...
    most : int or None
        Ids in all, that of unknown words included.
    words_of : callable
        How texts become words.

    Raises
    ------
    InvalidParameterError
        If it is none, or has ids that there are not; the message says where.

    Warns
    -----
    UserWarning
        If texts never hold one of the words, for they are read in another way.
    """
    vocabulary = as_mapping(given)
    if not vocabulary:
        raise InvalidParameterError("vocabulary has no words: at least one is required")
    words: dict[int, str] = {}
    for word, i in vocabulary.items():
        if not isinstance(word, str):
            raise InvalidParameterError(f"vocabulary must have words (str), got {word!r}")
        if isinstance(i, bool | np.bool_) or not isinstance(i, Integral) or i < 1:
            raise InvalidParameterError(
                f"vocabulary[{word!r}] must be an integer >= 1, for 0 is the id of all words that "
                f"have none of their own, got {i!r}; a list of words numbers them so"
            )
        if words.setdefault(int(i), word) != word:
            raise InvalidParameterError(
                f"vocabulary must have an id for each word, but {words[i]!r} and {word!r} are {i}"
            )
    largest = max(words)
    if largest > _LARGEST_ID:
        raise InvalidParameterError(
            f"vocabulary[{words[largest]!r}] must be at most {_LARGEST_ID}, got {largest}"
        )
    if most is not None and largest >= most:
        raise InvalidParameterError(
            f"vocabulary has the id {largest} ({words[largest]!r}), but max_features={most} ids, "
            f"that of unknown words included: set max_features to {largest + 1} or None, or give "
            "fewer words"
        )
    _warn_of_unread(vocabulary, words_of)
    return {word: int(i) for word, i in vocabulary.items()}


def as_mapping(given: Any) -> dict[str, int]:
    """Return a vocabulary as a dict, the words of a list numbered from 1.

    Raises
    ------
    InvalidParameterError
        If it is neither, or a list has what is no word, or one twice.
    """
    if isinstance(given, Mapping):
        return dict(given)
    if isinstance(given, np.ndarray | pd.Series | pd.Index):
        given = given.tolist()
    if not isinstance(given, list | tuple):
        raise InvalidParameterError(
            "vocabulary must be None, a list of words, the most frequent one first if you like, or "
            f"a dict from words to ids, got {type(given).__name__}"
        )
    vocabulary: dict[str, int] = {}
    for i, word in enumerate(given):
        if not isinstance(word, str):
            raise InvalidParameterError(f"vocabulary[{i}] must be a word (str), got {word!r}")
        if vocabulary.setdefault(word, i + 1) != i + 1:
            raise InvalidParameterError(
                f"vocabulary has {word!r} twice, at {vocabulary[word] - 1} and at {i}"
            )
    return vocabulary


def _warn_of_unread(vocabulary: Mapping[str, int], words_of: Callable[[str], list[str]]) -> None:
    unread = [word for word in vocabulary if word not in words_of(word)]
    if unread:
        warn_user(
            f"{len(unread)} of the {len(vocabulary)} words of vocabulary are found in no text: "
            f"{unread[0]!r}, for one, is read as {words_of(unread[0])}. They are to be as "
            "lowercase, normalize, token_pattern, stop_words and ngram_range make them"
        )


def encode(texts: Iterable[list[str]], vocabulary: Mapping[str, int]) -> Ids:
    """Return the ids of the words of texts."""
    look_up = vocabulary.get
    return _looked_up(texts, lambda words: map(look_up, words, repeat(0)))


def decode(ids: Iterable[Iterable[int]], vocabulary: Mapping[str, int]) -> list[list[str]]:
    """Return the words of ids, a list for each text.

    Raises
    ------
    ValueError
        For an id that there is not.
    """
    words = {i: word for word, i in vocabulary.items()}
    n_ids = 1 + max(words, default=0)
    return [
        [words.get(i, UNKNOWN) for i in _known(row, sequence, n_ids)]
        for row, sequence in enumerate(ids)
    ]


def _known(row: int, sequence: Iterable[int], n_ids: int) -> Iterator[int]:
    for i in sequence:
        if not 0 <= i < n_ids:
            raise ValueError(f"ids[{row}] has {i}, but there are {n_ids} ids, from 0")
        yield int(i)
