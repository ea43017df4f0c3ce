"""A text as its words, in reading order."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from numbers import Integral
from typing import Any

from tsrnn._input.notes import warn_user
from tsrnn._input.validation import check_flag
from tsrnn.exceptions import InvalidParameterError


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
    normalize : bool
        Whether there is one way to write a word: as `normalized` does.
    """

    lowercase: bool
    token_pattern: str
    stop_words: str | frozenset[str] | None
    ngram_range: tuple[int, int]
    normalize: bool


# A text with what is between words: no token of it may be empty.
_PROBE = " a word, and-another 12 "

# The apostrophes of print and of other keyboards: quotation marks, modifier letter, full width,
# acute accent, and what is left of Windows' quotation marks where they were read as Latin-1.
_APOSTROPHES = re.compile("[\u2018\u2019\u201b\u02bc\uff07\u00b4\u0091\u0092]")


def normalized(text: str) -> str:
    """Return a text with composed characters (NFC) and plain apostrophes."""
    if text.isascii():
        return text
    return _APOSTROPHES.sub("'", unicodedata.normalize("NFC", text))


def keys_by_word(keys: Iterable[Any], normalize: bool, name: str) -> dict[Any, Any]:
    """Return the keys of a mapping by words, by the words as they are found in texts.

    Parameters
    ----------
    keys : iterable
    normalize : bool
        Whether texts are normalized.
    name : str
        What to call the mapping in an error.

    Raises
    ------
    InvalidParameterError
        If two keys are the same word; the message names both.
    """
    if not normalize:
        return {key: key for key in keys}
    found: dict[Any, Any] = {}
    for key in keys:
        word = normalized(key) if isinstance(key, str) else key
        if word in found:
            raise InvalidParameterError(
                f"{name} has {found[word]!a} and {key!a}, which are one word, {word!a}, under "
                "normalize=True: leave one of them out, or set normalize=False"
            )
        found[word] = key
    return found


def analyzer_of(
    lowercase: Any, token_pattern: Any, stop_words: Any, ngram_range: Any, normalize: Any
) -> Callable[[str], list[str]]:
    """Return what takes a text to its terms, in reading order.

    Raises
    ------
    InvalidParameterError
        For arguments that are not accepted.
    """
    check_flag("lowercase", lowercase)
    check_flag("normalize", normalize)
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
    return _build(
        Analyzer(bool(lowercase), token_pattern, stop_words, ngram_range, bool(normalize))
    )


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
    words_of = _find_words(analyzer)
    stop_words = _known_stop_words(analyzer, words_of)
    shortest, longest = analyzer.ngram_range
    if longest == 1 and not stop_words:
        return words_of

    def terms_of(text: str) -> list[str]:
        words = [word for word in words_of(text) if word not in stop_words]
        return words if longest == 1 else list(_terms(words, shortest, longest))

    return terms_of


def _find_words(analyzer: Analyzer) -> Callable[[str], list[str]]:
    find = re.compile(analyzer.token_pattern).findall
    if not analyzer.normalize:
        return (lambda text: find(text.lower())) if analyzer.lowercase else find
    if analyzer.lowercase:
        return lambda text: find(normalized(text).lower())
    return lambda text: find(normalized(text))


def _known_stop_words(analyzer: Analyzer, words_of: Callable[[str], list[str]]) -> frozenset[str]:
    """Return words to leave out, and warn of those that are left out of no text."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    given: Any = analyzer.stop_words
    if given is None or given == "english":
        return frozenset() if given is None else ENGLISH_STOP_WORDS
    if analyzer.normalize:
        given = frozenset(map(normalized, given))
    missed = {
        word: words_of(word) for word in sorted(given) if not given.issuperset(words_of(word))
    }
    if missed:
        word, words = next(iter(missed.items()))
        warn_user(
            f"stop_words has {word!r}, but that is read as {words}, and not all of these are in "
            "stop_words: write them as lowercase and token_pattern make them"
        )
    return given


def _terms(words: list[str], shortest: int, longest: int) -> Iterator[str]:
    for end in range(1, len(words) + 1):
        for n in range(shortest, min(longest, end) + 1):
            yield " ".join(words[end - n : end])
