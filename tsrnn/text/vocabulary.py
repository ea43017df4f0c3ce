"""Words and their ids: a text as the words that scikit-learn's analyzers find, and as integers.

Id 0 stands for every word that has no id of its own; the others are numbered from 1 by how often
they occur in the texts that the vocabulary was learned from, and of equally frequent words the
first in the alphabet comes first.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer

from tsrnn._input.validation import check_flag
from tsrnn.exceptions import InvalidParameterError

# What stands for a word without an id where ids are turned back into words.
UNKNOWN = "<unknown>"


@dataclass(frozen=True)
class Analyzer:
    """Rules by which a text becomes words; the names and meanings are those of `CountVectorizer`.

    Attributes
    ----------
    lowercase : bool
    token_pattern : str
    stop_words : "english", frozenset of str or None
    ngram_range : (int, int)
        Words in a term, from, to. A term stands where its last word does.
    """

    lowercase: bool
    token_pattern: str
    stop_words: str | frozenset[str] | None
    ngram_range: tuple[int, int]


# A text with what is between words: no token of it may be empty.
_PROBE = " a word, and-another 12 "


def analyzer_of(
    lowercase: Any, token_pattern: Any, stop_words: Any, ngram_range: Any
) -> Callable[[str], list[str]]:
    """Return what takes a text to its terms, in reading order.

    Raises
    ------
    InvalidParameterError
        For arguments that are not accepted.
    """
    check_flag("lowercase", lowercase)
    if not isinstance(token_pattern, str):
        raise InvalidParameterError(
            f"token_pattern must be a regular expression, got {token_pattern!r}"
        )
    try:
        pattern = re.compile(token_pattern)
    except re.error as error:
        raise InvalidParameterError(
            f"token_pattern must be a regular expression, got {token_pattern!r}: {error}"
        ) from error
    if pattern.groups > 1:
        raise InvalidParameterError(
            f"token_pattern must be a pattern of one capturing group at most, got {token_pattern!r}"
        )
    if pattern.fullmatch("") or "" in pattern.findall(_PROBE):
        raise InvalidParameterError(
            f"token_pattern must match words, not what is between them: {token_pattern!r} matches "
            "nothing at all, too; r'\\w+' takes words"
        )
    stop_words = _read_stop_words(stop_words)
    ngram_range = _read_range(ngram_range)
    return _build(Analyzer(bool(lowercase), token_pattern, stop_words, ngram_range))


def _read_stop_words(stop_words: Any) -> str | frozenset[str] | None:
    if stop_words is None or (isinstance(stop_words, str) and stop_words == "english"):
        return stop_words
    is_list = isinstance(stop_words, list | tuple | set | frozenset)
    if is_list and all(isinstance(word, str) for word in stop_words):
        return frozenset(stop_words)
    raise InvalidParameterError(
        f"stop_words must be 'english', a list of words or None, got {stop_words!r}"
    )


def _read_range(ngram_range: Any) -> tuple[int, int]:
    is_pair = isinstance(ngram_range, tuple | list) and len(ngram_range) == 2
    if is_pair and all(isinstance(n, Integral) for n in ngram_range):
        shortest, longest = map(int, ngram_range)
        if 1 <= shortest <= longest:
            return shortest, longest
    raise InvalidParameterError(
        f"ngram_range must be two integers with 1 <= from <= to, got {ngram_range!r}"
    )


# Built once: a prediction for one text takes less time than that.
@functools.lru_cache(maxsize=32)
def _build(analyzer: Analyzer) -> Callable[[str], list[str]]:
    stop_words = analyzer.stop_words
    vectorizer = CountVectorizer(
        lowercase=analyzer.lowercase,
        token_pattern=analyzer.token_pattern,
        stop_words=sorted(stop_words) if isinstance(stop_words, frozenset) else stop_words,
    )
    # Of single words the analyzer keeps the order; its longer terms follow after them.
    words_of = vectorizer.build_analyzer()
    shortest, longest = analyzer.ngram_range
    if (shortest, longest) == (1, 1):
        return words_of
    return lambda text: list(_terms(words_of(text), shortest, longest))


def _terms(words: list[str], shortest: int, longest: int) -> Iterator[str]:
    for end in range(1, len(words) + 1):
        for n in range(shortest, min(longest, end) + 1):
            yield " ".join(words[end - n : end])


def learn_vocabulary(
    texts: Iterable[list[str]], most: int | None, min_df: int | float
) -> tuple[dict[str, int], list[np.ndarray]]:
    """Give the words of texts ids, reading each text once.

    Parameters
    ----------
    texts : iterable of list of str
    most : int or None
        Ids in all, that of unknown words included.
    min_df : int or float
        Texts that a word must be in, or the share of them.

    Returns
    -------
    vocabulary : dict of str to int
    ids : list of (n_words,) int32 arrays
        The texts.
    """
    met: defaultdict[str, int] = defaultdict(count().__next__)  # words as they are met, from 0
    read = [np.fromiter(map(met.__getitem__, words), np.int32, len(words)) for words in texts]
    n_times, n_texts = np.zeros(len(met), np.int64), np.zeros(len(met), np.int64)
    for numbers in read:
        which, times = np.unique(numbers, return_counts=True)
        n_times[which] += times
        n_texts[which] += 1
    least = min_df * len(read) if isinstance(min_df, float) else min_df
    words = [word for word, number in met.items() if n_texts[number] >= least]
    words.sort(key=lambda word: (-n_times[met[word]], word))
    vocabulary = {word: i for i, word in enumerate(words[: most and most - 1], start=1)}
    ids = np.zeros(len(met), np.int32)
    for word, i in vocabulary.items():
        ids[met[word]] = i
    return vocabulary, [ids[numbers] for numbers in read]


def encode(texts: Iterable[list[str]], vocabulary: dict[str, int]) -> list[np.ndarray]:
    """Return the ids of words, an int32 array for each text."""
    look_up = vocabulary.get
    return [
        np.fromiter((look_up(word, 0) for word in words), np.int32, len(words)) for words in texts
    ]


def decode(ids: Iterable[Iterable[int]], vocabulary: dict[str, int]) -> list[list[str]]:
    """Return the words of ids, a list for each text.

    Raises
    ------
    ValueError
        For an id that there is not.
    """
    words = [UNKNOWN, *sorted(vocabulary, key=vocabulary.__getitem__)]
    return [
        [words[i] for i in _known(row, sequence, len(words))] for row, sequence in enumerate(ids)
    ]


def _known(row: int, sequence: Iterable[int], n_ids: int) -> Iterator[int]:
    for i in sequence:
        if not 0 <= i < n_ids:
            raise ValueError(f"ids[{row}] has {i}, but there are {n_ids} ids, from 0")
        yield int(i)
