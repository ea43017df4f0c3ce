"""Words and their ids: who is ranked how, what is a word, and the way back."""

from collections import Counter

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer

from tsrnn.exceptions import InvalidParameterError
from tsrnn.text.vocabulary import UNKNOWN, decode, learn_vocabulary
from tsrnn.text.vocabulary import encode as encode_words
from tsrnn.text.words import analyzer_of

TEXTS = ["the cat sat", "the dog sat on the mat", "a dog", "a bird"]


def analyzed(texts, **settings):
    settings = {
        "lowercase": True,
        "token_pattern": r"(?u)\b\w+\b",
        "stop_words": None,
        "ngram_range": (1, 1),
        "normalize": True,
    } | settings
    words_of = analyzer_of(**settings)
    return [words_of(text) for text in texts]


def learned(texts=TEXTS, most=None, min_df=1, **settings):
    vocabulary, ids = learn_vocabulary(analyzed(texts, **settings), most, min_df)
    return vocabulary, ids.apart()


def encode(texts, vocabulary):
    return encode_words(texts, vocabulary).apart()


def test_words_are_ranked_by_how_often_they_occur_and_then_by_the_alphabet():
    vocabulary, ids = learned()
    assert list(vocabulary.items()) == [
        ("the", 1),
        ("a", 2),
        ("dog", 3),
        ("sat", 4),
        ("bird", 5),
        ("cat", 6),
        ("mat", 7),
        ("on", 8),
    ]
    assert [one.tolist() for one in ids] == [[1, 6, 4], [1, 3, 4, 8, 1, 7], [2, 3], [2, 5]]
    assert {one.dtype for one in ids} == {np.dtype(np.int32)}


def test_the_order_of_texts_is_of_no_account():
    vocabulary, ids = learned()
    of_reversed, ids_of_reversed = learned(TEXTS[::-1])
    assert vocabulary == of_reversed
    for one, other in zip(ids, reversed(ids_of_reversed), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("most", [2, 3, 5, 9, 100])
def test_the_limit_counts_the_id_of_unknown_words(most):
    everything, ids = learned()
    vocabulary, limited = learned(most=most)
    assert vocabulary == {word: i for word, i in everything.items() if i < most}
    for one, other in zip(ids, limited, strict=True):
        np.testing.assert_array_equal(np.where(one < most, one, 0), other)


@pytest.mark.parametrize(
    ("min_df", "words"),
    [
        (1, {"the", "a", "dog", "sat", "bird", "cat", "mat", "on"}),
        (2, {"the", "a", "dog", "sat"}),
        (3, set()),
        (0.5, {"the", "a", "dog", "sat"}),
        (0.51, set()),
        (0.25, {"the", "a", "dog", "sat", "bird", "cat", "mat", "on"}),
        (0.0, {"the", "a", "dog", "sat", "bird", "cat", "mat", "on"}),
    ],
)
def test_rare_words_are_left_out_by_the_number_or_share_of_their_texts(min_df, words):
    """Not of their occurrences: "the" is there three times, in two texts."""
    vocabulary, ids = learned(min_df=min_df)
    assert set(vocabulary) == words
    # Those that are left are still numbered without gaps.
    assert sorted(vocabulary.values()) == list(range(1, len(words) + 1))
    assert max(one.max() for one in ids) == len(words)


@pytest.mark.parametrize("min_df", [1, 2, 5, 0.01, 0.1, 0.3])
@pytest.mark.parametrize("ngram_range", [(1, 1), (1, 2), (2, 3)])
@pytest.mark.parametrize("stop_words", [None, "english", ["w3", "w7"]])
def test_the_words_and_counts_are_those_of_scikit_learn(min_df, ngram_range, stop_words):
    rng = np.random.default_rng(0)
    texts = [
        " ".join(f"w{i}" for i in rng.geometric(0.2, rng.integers(1, 30))) + " The And"
        for _ in range(50)
    ]
    settings = {"ngram_range": ngram_range, "stop_words": stop_words}
    vocabulary, ids = learned(texts, min_df=min_df, **settings)
    theirs = CountVectorizer(min_df=min_df, token_pattern=r"(?u)\b\w+\b", **settings)
    counts = theirs.fit_transform(texts).toarray()
    assert set(vocabulary) == set(theirs.vocabulary_)
    for one, row in zip(ids, counts, strict=True):
        ours = np.bincount(one, minlength=len(vocabulary) + 1)
        assert {w: n for w, i in vocabulary.items() if (n := ours[i])} == {
            w: n for w, i in theirs.vocabulary_.items() if (n := row[i])
        }
    totals = dict(zip(theirs.get_feature_names_out(), counts.sum(axis=0), strict=True))
    assert list(vocabulary) == sorted(totals, key=lambda word: (-totals[word], word))


@pytest.mark.parametrize(
    ("ngram_range", "terms"),
    [
        ((1, 1), ["not", "a", "good", "film"]),
        ((1, 2), ["not", "a", "not a", "good", "a good", "film", "good film"]),
        ((2, 2), ["not a", "a good", "good film"]),
        ((2, 3), ["not a", "a good", "not a good", "good film", "a good film"]),
        ((3, 5), ["not a good", "a good film", "not a good film"]),
        ((5, 5), []),
    ],
)
def test_a_term_stands_where_its_last_word_does(ngram_range, terms):
    """A network reads in order: scikit-learn's own order is all single words, then all pairs."""
    [read] = analyzed(["Not a good film"], ngram_range=ngram_range)
    assert read == terms
    theirs = CountVectorizer(ngram_range=ngram_range, token_pattern=r"(?u)\b\w+\b")
    assert Counter(read) == Counter(theirs.build_analyzer()("Not a good film"))


def test_stop_words_are_left_out_before_terms_are_made():
    settings = {"stop_words": ["a"], "ngram_range": (1, 2)}
    assert analyzed(["Not a good film"], **settings) == [
        ["not", "good", "not good", "film", "good film"]
    ]
    assert "the" not in learned(stop_words="english")[0]


def test_a_pattern_says_what_a_word_is():
    assert analyzed(["Don't! 10/10 :-)"]) == [["don", "t", "10", "10"]]
    assert analyzed(["Don't! 10/10 :-)"], token_pattern=r"\S+") == [["don't!", "10/10", ":-)"]]
    assert analyzed(["Don't! 10/10"], token_pattern=r"[A-Z]\w+", lowercase=False) == [["Don"]]
    # What a group captures.
    assert analyzed(["#one two #three"], token_pattern=r"#(\w+)") == [["one", "three"]]


def test_case_is_kept_where_it_is_asked_for():
    assert set(learned(["The the THE"], lowercase=False)[0]) == {"The", "the", "THE"}
    assert set(learned(["The the THE"])[0]) == {"the"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("stop_words", "klingon"),
        ("stop_words", 3),
        ("stop_words", [3]),
        ("token_pattern", "("),
        ("token_pattern", "(a)(b)"),
        ("token_pattern", None),
        ("lowercase", "yes"),
        ("ngram_range", (0, 1)),
        ("ngram_range", (2, 1)),
        ("ngram_range", (1, 1.5)),
        ("ngram_range", (1, 2, 3)),
        ("ngram_range", 2),
        ("ngram_range", "12"),
    ],
)
def test_what_is_not_accepted_is_named(name, value):
    with pytest.raises(InvalidParameterError, match=f"{name} must be"):
        analyzed(TEXTS, **{name: value})


def test_words_come_back_from_their_ids():
    vocabulary, ids = learned()
    assert decode(ids, vocabulary) == analyzed(TEXTS)
    for one, other in zip(ids, encode(analyzed(TEXTS), vocabulary), strict=True):
        np.testing.assert_array_equal(one, other)


def test_unknown_words_have_id_0_and_come_back_as_such():
    vocabulary, _ = learned()
    [ids] = encode(analyzed(["a zebra sat"]), vocabulary)
    assert ids.dtype == np.int32
    assert ids.tolist() == [vocabulary["a"], 0, vocabulary["sat"]]
    assert decode([ids], vocabulary) == [["a", UNKNOWN, "sat"]]


def test_a_text_without_words_has_no_ids():
    vocabulary, ids = learned(["...", "word", ""])
    assert vocabulary == {"word": 1}
    assert [one.tolist() for one in ids] == [[], [1], []]
    assert [one.tolist() for one in encode(analyzed(["", "?"]), vocabulary)] == [[], []]
    assert decode([[]], vocabulary) == [[]]


@pytest.mark.parametrize("wrong", [9, -1])
def test_an_id_that_there_is_not_is_named(wrong):
    vocabulary, _ = learned()
    with pytest.raises(ValueError, match=rf"ids\[1\] has {wrong}, but there are 9 ids, from 0"):
        decode([[1, 2], [3, wrong]], vocabulary)
