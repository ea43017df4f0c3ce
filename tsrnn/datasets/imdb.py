"""The Large Movie Review Dataset: found, downloaded, checked, kept, and read as text or as ids.

The archive of its authors has a file a review, such as ``aclImdb/train/pos/127_9.txt``: the half,
the class, a number, and the rating. What is kept of it is an archive of arrays: `text`, the UTF-8
of all reviews one after the other, `text_offsets` (n_reviews + 1,) and `rating` (n_reviews,); then
`tokens`, the ids of all words, `token_offsets`, and `words`, the UTF-8 of the vocabulary by rank.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import os
import re
import tarfile
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence, Sized
from itertools import pairwise
from numbers import Integral
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import Bunch, check_random_state, check_scalar

from tsrnn._files import replace_file
from tsrnn.datasets.download import cuts, data_folder, download, folder_for_a_while, read_arrays

URL = "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz"
SHA256 = "c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe"
SIZE = 84_125_825  # bytes
N_OF_A_KIND = 12_500  # in each half, of each class

_MEMBER = re.compile(r"aclImdb/(train|test)/(neg|pos)/(\d+)_(\d+)\.txt")
_LINE_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_WORD = re.compile(r"\w+(?:'\w+)*")

_DESCRIPTION = """\
The Large Movie Review Dataset
==============================

50,000 reviews of films by users of the Internet Movie Database, in English, at most 30 of one film:
25,000 for training and 25,000 for tests, of other films. Half of each are favourable (7 to 10 stars
of 10, target 1, "pos"), half are not (1 to 4 stars, target 0, "neg"); reviews in between were left
out. The texts are as their authors wrote them, with line breaks as <br />.

Whoever uses the data is asked to cite A. L. Maas, R. E. Daly, P. T. Pham, D. Huang, A. Y. Ng,
C. Potts (2011). Learning word vectors for sentiment analysis. Proceedings of the 49th Annual
Meeting of the Association for Computational Linguistics: Human Language Technologies, 142-150.
https://ai.stanford.edu/~amaas/data/sentiment/
"""


class Review(NamedTuple):
    """A review; they sort by half (training first), class (negative first) and number."""

    is_test: bool
    is_positive: bool
    number: int
    rating: int
    text: str


def fetch_imdb(
    num_words: int | None = None,
    *,
    data_home: str | os.PathLike[str] | None = None,
    as_ids: bool = False,
    shuffle: bool = True,
    random_state: int | np.random.RandomState | None = 0,
    download_if_missing: bool = True,
    n_retries: int = 3,
    delay: float = 1.0,
) -> Bunch:
    """Fetch 50,000 film reviews with their sentiment, downloading them (84 MB) if need be.

    Parameters
    ----------
    num_words : int, optional
        With ``as_ids=True``, how many ids there are: the words ranked from 1 to ``num_words - 1``
        keep theirs, all others get id 0. By default every word of the training half has its own.
    data_home : path-like, optional
        The folder that keeps the data; by default the environment variable ``TSRNN_DATA`` names it,
        and else it is ``~/tsrnn_data``.
    as_ids : bool, default=False
        Whether to return sequences of integers, a word each, and not texts.
    shuffle : bool, default=True
        Whether the reviews of each half are shuffled, so that some of them, such as the first
        thousand, are of both classes. Otherwise the negative ones come first.
    random_state : int, RandomState or None, default=0
        Decides the order of shuffled reviews, of texts and ids alike; None is another one each
        time.
    download_if_missing : bool, default=True
        Whether to download what the folder does not hold.
    n_retries : int, default=3
        How often to try the download again.
    delay : float, default=1.0
        Seconds before each further try.

    Returns
    -------
    imdb : Bunch
        With the attributes

        - ``train``, ``test``: a Bunch each, of 25,000 reviews: ``data``, a list of texts or of
          integer arrays of shape (n_words,); ``target``, an array of 0 (negative) and 1;
          ``rating``, an array of stars from 1 to 10; ``target_names``, ``["neg", "pos"]``;
          ``DESCR``;
        - ``word_index``, with ``as_ids=True``: a dict of the words' ids;
        - ``target_names``, ``DESCR``.

    Raises
    ------
    OSError
        If the data are neither there nor to be had, or are not those of the dataset.
    ValueError
        If `num_words` is below 2, or is given for texts, or `random_state` is none.

    Notes
    -----
    In the order of ``shuffle=False`` the negative reviews of a half come first, those of each class
    by the number that they have in the archive. A shuffled half has at place i the review that is
    there at ``order[i]``: with ``random = np.random.RandomState(random_state)`` the training half
    has ``order = random.permutation(25_000)``, the test half the next such permutation.

    A word is a run of letters, digits and apostrophes within, in lower case; mark-up of line breaks
    is dropped. Its id is its rank by frequency in the training half, from 1; of equally frequent
    words the first in the alphabet comes first. Id 0 stands for every word that has no id of its
    own. No id is kept for padding or for the start of a review: sequences are as long as reviews.
    Keras counts otherwise: 0 is padding, 1 the start of a review, 2 an unknown word, and the id of
    a word its rank plus 3; ``[1] + [i + 3 if i else 2 for i in ids]`` are ids by its convention.

    The folder may also hold the original archive, ``aclImdb_v1.tar.gz``, or ``imdb.jsonl.gz``, a
    JSON object a line, whose keys are split ("train" or "test"), label (0 or 1), rating, id (an int
    that no other review of that half and class has) and text. An archive of arrays made from
    either, ``imdb_reviews.npz``, is kept in the folder if it can be written. The original archive
    is checked by its SHA-256, the others by their numbers of reviews and by the ratings.

    References
    ----------
    .. [1] A. L. Maas, R. E. Daly, P. T. Pham, D. Huang, A. Y. Ng, C. Potts (2011). Learning word
       vectors for sentiment analysis. Proceedings of the 49th Annual Meeting of the Association for
       Computational Linguistics: Human Language Technologies, 142-150.

    Examples
    --------
    >>> from tsrnn.datasets import fetch_imdb
    >>> imdb = fetch_imdb(10_000, as_ids=True)  # doctest: +SKIP
    >>> imdb.train.data[0][:5], imdb.train.target[0]  # doctest: +SKIP
    (array([  9, 215,   0,  50,   8], dtype=int32), np.int64(1))
    """
    check_scalar(shuffle, "shuffle", (bool, np.bool_))
    drawn_by = check_random_state(random_state)
    if num_words is not None:
        check_scalar(num_words, "num_words", Integral, min_val=2)
        if not as_ids:
            raise ValueError("num_words limits ids: pass as_ids=True with it, or leave it out")
    folder = data_folder(data_home)
    arrays = _arrays(folder, download_if_missing, n_retries=n_retries, delay=delay)
    common: dict[str, Any] = {"target_names": ["neg", "pos"], "DESCR": _DESCRIPTION}
    data = _ids(arrays, num_words) if as_ids else _texts(arrays)
    rating = arrays["rating"].astype(int)
    target = (rating > 5).astype(int)
    halves = {}
    for half, rows in zip(("train", "test"), np.split(np.arange(len(rating)), 2), strict=True):
        order = drawn_by.permutation(rows) if shuffle else rows
        texts = [data[i] for i in order]
        halves[half] = Bunch(data=texts, target=target[order], rating=rating[order], **common)
    if as_ids:
        words = _decode(arrays["words"]).split("\n")
        common["word_index"] = dict(zip(words, range(1, num_words or len(words) + 1), strict=False))
    return Bunch(**halves, **common)


def _texts(arrays: dict[str, np.ndarray]) -> list[str]:
    text, ends = arrays["text"].tobytes(), arrays["text_offsets"].tolist()
    return [text[start:end].decode() for start, end in pairwise(ends)]


def _ids(arrays: dict[str, np.ndarray], num_words: int | None) -> list[np.ndarray]:
    tokens = arrays["tokens"]
    if num_words is not None:
        tokens = np.where(tokens < num_words, tokens, 0)
    return np.split(tokens, arrays["token_offsets"][1:-1])


def _decode(text: np.ndarray) -> str:
    return text.tobytes().decode()


_ARRAYS = {
    "text": ("u", 1),
    "text_offsets": ("iu", 1),
    "rating": ("iu", 1),
    "tokens": ("iu", 1),
    "token_offsets": ("iu", 1),
    "words": ("u", 1),
}


def _arrays(
    folder: Path, download_if_missing: bool, *, n_retries: int, delay: float
) -> dict[str, np.ndarray]:
    """Find the reviews and read them, from what is fastest."""
    kept, lines, original = (
        folder / name for name in ("imdb_reviews.npz", "imdb.jsonl.gz", "aclImdb_v1.tar.gz")
    )
    if kept.is_file():
        arrays = read_arrays(kept, _ARRAYS)
        advice = f"{kept} (delete it to have it made anew)"
        _check_ratings(arrays["rating"], advice)
        _check_arrays(arrays, advice)
        return arrays
    if lines.is_file():
        arrays = _as_arrays(_read_lines(lines), str(lines))
    elif original.is_file():
        arrays = _read_original(original)
    elif download_if_missing:
        arrays = _download(folder, n_retries=n_retries, delay=delay)
    else:
        raise OSError(
            f"{folder} holds none of {kept.name}, {lines.name} and {original.name}: set "
            f"download_if_missing=True, or download {URL} and put it there, or set data_home or "
            "the environment variable TSRNN_DATA to a folder that does"
        )
    # Where nothing can be written, the next call takes a few seconds again.
    with contextlib.suppress(OSError):
        replace_file(kept, lambda file: np.savez(file, **arrays))  # type: ignore[arg-type]
    return arrays


def _download(folder: Path, *, n_retries: int, delay: float) -> dict[str, np.ndarray]:
    """Download the original archive, which is not kept, and read it."""
    folder.mkdir(parents=True, exist_ok=True)
    with folder_for_a_while(folder, ".imdb_") as place:
        path = place / URL.rpartition("/")[2]
        try:
            download(URL, path, most=SIZE, n_retries=n_retries, delay=delay)
        except OSError as error:
            raise OSError(
                f"{error}. Without a network, download it elsewhere and put it into {folder}, or "
                "set data_home or the environment variable TSRNN_DATA to a folder that holds it"
            ) from error
        return _read_original(path)


def _read_original(path: Path) -> dict[str, np.ndarray]:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != SHA256:
        raise OSError(
            f"{path} is damaged, or is not the archive of the dataset: its SHA-256 is {found}, not "
            f"{SHA256}; download {URL} again"
        )
    return _as_arrays(_members(path), str(path))


def _members(path: Path) -> Iterator[Review]:
    """Yield the reviews of the original archive, which is unpacked nowhere but in memory."""
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                match = _MEMBER.fullmatch(member.name)
                if match and member.isfile():
                    half, kind, number, rating = match.groups()
                    text = archive.extractfile(member).read().decode()  # type: ignore[union-attr]
                    yield Review(half == "test", kind == "pos", int(number), int(rating), text)
    except (tarfile.TarError, *_DAMAGES) as error:
        what = f"{type(error).__name__}: {error}"
        raise OSError(f"{path} is damaged, or no archive of texts ({what})") from error


def _read_lines(path: Path) -> Iterator[Review]:
    n_read = 0
    try:
        with gzip.open(path, "rb") as file:
            for line in file:
                yield _review(json.loads(line))
                n_read += 1
    except (KeyError, TypeError, *_DAMAGES) as error:
        what = f"{type(error).__name__}: {error}"
        raise OSError(f"{path}, line {n_read + 1}: no review ({what})") from error


def _review(row: dict) -> Review:
    is_test = {"train": False, "test": True}[row["split"]]
    is_positive = {0: False, 1: True}[row["label"]]
    text = row["text"]
    if not isinstance(text, str):
        raise TypeError(f"text is a {type(text).__name__}")
    text.encode()  # halves of characters, which JSON can hold, are no text
    return Review(is_test, is_positive, int(row["id"]), int(row["rating"]), text)


# What archives, compressed files and texts raise that are damaged, or of no sensible size.
_DAMAGES = (EOFError, MemoryError, OSError, OverflowError, RecursionError, ValueError, zlib.error)


def _as_arrays(reviews: Iterable[Review], origin: str) -> dict[str, np.ndarray]:
    """Put reviews in order and one after the other, with the ids of their words."""
    reviews = sorted(reviews)
    for one, other in pairwise(reviews):
        if one[:3] == other[:3]:
            half, kind = "test" if one.is_test else "train", "pos" if one.is_positive else "neg"
            raise OSError(f"{origin} has two reviews of the id {one.number} in {half}/{kind}")
    rating = np.array([review.rating for review in reviews])
    _check_ratings(rating, origin)
    encoded = [review.text.encode() for review in reviews]
    tokens, token_offsets, words = _rank_words(reviews)
    return {
        "text": np.frombuffer(b"".join(encoded), np.uint8),
        "text_offsets": _offsets(encoded),
        "rating": rating.astype(np.int8),
        "tokens": tokens,
        "token_offsets": token_offsets,
        "words": np.frombuffer("\n".join(words).encode(), np.uint8),
    }


def _rank_words(reviews: Sequence[Review]) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Return the ids of all words, where each review begins, and the vocabulary by rank."""
    # First by order of appearance: lists of eleven million words would need a gigabyte.
    places: defaultdict[str, int] = defaultdict()
    places.default_factory = places.__len__
    rows = [
        np.array([places[word] for word in _words(review.text)], np.int32) for review in reviews
    ]
    offsets = _offsets(rows)
    n_train = offsets[sum(not review.is_test for review in reviews)]
    tokens = np.concatenate(rows)
    counts = np.bincount(tokens[:n_train], minlength=len(places)).tolist()
    by_rank = sorted(
        (word for word, place in places.items() if counts[place]),
        key=lambda word: (-counts[places[word]], word),
    )
    ranks = np.zeros(len(places), np.int32)
    ranks[[places[word] for word in by_rank]] = np.arange(1, len(by_rank) + 1)
    return ranks[tokens], offsets, by_rank


def _words(text: str) -> list[str]:
    return _WORD.findall(_LINE_BREAK.sub(" ", text).lower())


def _offsets(rows: Sequence[Sized]) -> np.ndarray:
    return np.cumsum([0, *map(len, rows)])


def _check_ratings(rating: np.ndarray, origin: str) -> None:
    """Refuse reviews that are not those of the dataset."""
    n = N_OF_A_KIND
    is_positive = np.repeat([False, True, False, True], n)  # as reviews sort
    possible = np.isin(rating, [1, 2, 3, 4, 7, 8, 9, 10])
    if not (np.array_equal(rating > 5, is_positive) and possible.all()):
        raise OSError(
            f"{origin}: these are not the data of the dataset, which has {n} reviews of 1 to 4 "
            f"stars and {n} of 7 to 10 in each half"
        )


def _check_arrays(arrays: dict[str, np.ndarray], origin: str) -> None:
    """Refuse arrays that are no texts and ids of their words."""
    n_reviews = len(arrays["rating"])
    for name, values in (("text_offsets", arrays["text"]), ("token_offsets", arrays["tokens"])):
        if not cuts(arrays[name], len(values), n_reviews):
            raise OSError(f"{origin}: {name} do not cut the data into {n_reviews} reviews")
    try:
        n_words = len(_decode(arrays["words"]).split("\n"))
        _texts(arrays)
    except UnicodeDecodeError as error:
        raise OSError(f"{origin}: its texts are no UTF-8 ({error})") from error
    tokens = arrays["tokens"]
    if tokens.size and not 0 <= tokens.min() <= tokens.max() <= n_words:
        raise OSError(f"{origin}: its tokens are not those of {n_words} words")
