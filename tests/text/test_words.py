"""Vocabularies that are given and that are learned on, and ways to write one word."""

import pickle
import re
import unicodedata

import numpy as np
import pandas as pd
import pytest
from paths import GOLDEN
from text_data import LABELS, TEST_TEXTS, TEXTS, quick, short_texts

import tsrnn
from tsrnn import TextRNNClassifier
from tsrnn.exceptions import InvalidParameterError

# One epoch, or steps that are next to nothing, teach nothing, and say so.
learns_nothing = pytest.mark.filterwarnings(
    "ignore:.*learned nothing:sklearn.exceptions.ConvergenceWarning"
)

# What a user gives.

WORDS = ["dull", "fine", "great", "film", "awful"]


@pytest.mark.parametrize(
    "given",
    [
        WORDS,
        tuple(WORDS),
        np.array(WORDS),
        pd.Series(WORDS),
        pd.Index(WORDS),
        {word: i for i, word in enumerate(WORDS, start=1)},
    ],
    ids=["list", "tuple", "array", "Series", "Index", "dict"],
)
def test_a_vocabulary_that_is_given_is_the_one_there_is(given):
    model = quick(vocabulary=given, max_iter=1).fit(TEXTS, LABELS)
    assert model.vocabulary_ == {"dull": 1, "fine": 2, "great": 3, "film": 4, "awful": 5}
    assert len(model.weights_["E"]) == 6
    assert model.encode(["a fine film, not dull"])[0].tolist() == [0, 2, 4, 0, 1]
    assert model.decode([[2, 4, 0]]) == [["fine", "film", "<unknown>"]]
    model.partial_fit(["a puzzling zebra", "fine"], ["neg", "pos"])
    assert list(model.vocabulary_) == WORDS


def test_the_vocabulary_of_a_fit_is_given_to_another():
    model = quick(max_iter=2).fit(TEXTS, LABELS)
    again = quick(max_iter=2, vocabulary=model.vocabulary_).fit(TEXTS, LABELS)
    np.testing.assert_array_equal(again.predict_proba(TEST_TEXTS), model.predict_proba(TEST_TEXTS))
    # To ids as well, which then may be texts.
    of_ids = quick(max_iter=2, vocabulary=model.vocabulary_).fit(model.encode(TEXTS), LABELS)
    np.testing.assert_array_equal(of_ids.predict_proba(TEST_TEXTS), model.predict_proba(TEST_TEXTS))


def test_ids_of_a_dict_may_have_gaps():
    model = quick(vocabulary={"dull": 7, "fine": 3}, max_iter=1).fit(TEXTS, LABELS)
    assert len(model.weights_["E"]) == 8
    assert model.encode(["dull fine film"])[0].tolist() == [7, 3, 0]
    assert model.decode([[7, 3, 5]]) == [["dull", "fine", "<unknown>"]]


def test_a_vocabulary_has_no_more_ids_than_max_features_says():
    quick(vocabulary=WORDS, max_features=6, max_iter=1).fit(TEXTS, LABELS)
    message = r"id 5 \('awful'\), but max_features=5 .*: set max_features to 6 or None"
    with pytest.raises(InvalidParameterError, match=message):
        quick(vocabulary=WORDS, max_features=5).fit(TEXTS, LABELS)
    many = [f"w{i}" for i in range(20_000)]
    with pytest.raises(InvalidParameterError, match="set max_features to 20001 or None"):
        quick(vocabulary=many).fit(TEXTS, LABELS)


def test_what_chooses_words_does_not_go_with_a_vocabulary():
    with pytest.raises(InvalidParameterError, match="min_df chooses .* vocabulary is given"):
        quick(vocabulary=WORDS, min_df=2).fit(TEXTS, LABELS)


@pytest.mark.parametrize(
    ("word", "settings"),
    [
        ("Fine", {}),
        ("cafe\u0301", {"normalize": False, "token_pattern": r"[a-z]+"}),
        ("don\u2019t", {"normalize": False}),
        ("so-so", {}),
        ("a fine", {}),
        ("the", {"stop_words": ["the"]}),
    ],
)
def test_words_of_a_vocabulary_that_no_text_has_are_told(word, settings):
    with pytest.warns(UserWarning, match="1 of the 2 words of vocabulary are found in no text"):
        quick(vocabulary=["fine", word], max_iter=1, **settings).fit(TEXTS, LABELS)


# Ways to write a word, and the one that texts are brought into.
WRITTEN = [("cafe\u0301", "caf\xe9"), ("don\u2019t", "don't"), ("a\u030angstro\u0308m", "ångström")]


@pytest.mark.filterwarnings("error:.*found in no text")
@learns_nothing
@pytest.mark.parametrize(("given", "read"), WRITTEN)
def test_words_that_are_given_are_brought_into_the_way_texts_are(given, read):
    texts, y = [f"fine {given}", "dull", f"fine {read}", "dull"], [1, 0, 1, 0]
    for vocabulary in (["fine", given], {"fine": 1, given: 2}):
        model = quick(vocabulary=vocabulary, warm_start=True, max_iter=1).fit(texts, y)
        assert model.vocabulary_ == {"fine": 1, read: 2}
        assert [ids.tolist() for ids in model.fit(texts, y).encode(texts[::2])] == [[1, 2]] * 2
    settings = {"max_iter": 1, "train_embedding": False}
    model = quick(**settings, embedding_init={given: np.full(8, 5.0)}).fit(texts, y)
    np.testing.assert_array_equal(model.weights_["E"][model.vocabulary_[read]], np.full(8, 5.0))
    part = quick(**settings, embedding_init={given: np.full(8, 5.0), "fine": np.ones(8)})
    part.partial_fit(["fine", "dull"], [1, 0], classes=[0, 1]).partial_fit(texts, y)
    np.testing.assert_array_equal(part.weights_["E"][part.vocabulary_[read]], np.full(8, 5.0))
    # As they are, where texts are left as they are.
    raw = quick(vocabulary=["fine", given], max_iter=1, normalize=False, token_pattern=r"\S+")
    assert raw.fit(texts, y).encode([f"{given} {read}"])[0].tolist() == [2, 0]


@pytest.mark.parametrize(("given", "read"), WRITTEN)
def test_two_ways_to_write_a_word_that_is_given_are_refused(given, read):
    named = re.escape(f"{read!a} and {given!a}, which are one word")
    for settings in (
        {"vocabulary": ["fine", read, given]},
        {"vocabulary": {read: 1, given: 2}},
        {"embedding_init": {read: np.ones(8), given: np.ones(8), "fine": np.ones(8)}},
    ):
        with pytest.raises(InvalidParameterError, match=f"{next(iter(settings))} has {named}"):
            quick(**settings).fit(TEXTS, LABELS)


@pytest.mark.parametrize("framework", ["keras", "torch"])
@learns_nothing
def test_words_of_a_network_from_elsewhere_are_brought_into_the_way_texts_are(framework):
    model = quick(max_iter=1).fit(TEXTS, LABELS)
    weights = getattr(model, f"to_{framework}_weights")()
    load = getattr(TextRNNClassifier, f"from_{framework}_weights")
    for given, read in WRITTEN:
        again = load(weights, vocabulary={given: 3, "fine": 2})
        assert again.encode([f"{read} fine {given}"])[0].tolist() == [3, 2, 3]
        raw = load(weights, vocabulary={given: 3, read: 2}, normalize=False)
        assert raw.vocabulary_ == {given: 3, read: 2}
        with pytest.raises(InvalidParameterError, match="which are one word"):
            load(weights, vocabulary={given: 3, read: 2})
    for wrong, what in ([["fine"], "dict"], [{"fine": 1.5}, "integer"], [{"fine": 99}, "99"]):
        with pytest.raises((TypeError, ValueError), match=f"vocabulary.*{what}"):
            load(weights, vocabulary=wrong)


@learns_nothing
def test_warnings_of_words_are_at_the_line_of_the_user():
    pattern = r"\w+(?:)"  # of no other test: what makes words of texts is made once
    with pytest.warns(UserWarning, match="found in no text") as seen:
        quick(vocabulary=["fine", "Fine"], max_iter=1).fit(TEXTS, LABELS)
    with pytest.warns(UserWarning, match="stop_words has") as of_stop_words:
        quick(stop_words=["don't"], token_pattern=pattern, max_iter=1).fit(TEXTS, LABELS)
    ours = [one for one in [*seen, *of_stop_words] if one.category is UserWarning]
    assert len(ours) == 2 and {one.filename for one in ours} == {__file__}


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_training_does_not_go_on_with_another_vocabulary(method):
    model = quick(vocabulary=WORDS, warm_start=True, max_iter=1).fit(TEXTS, LABELS)
    getattr(model, method)(TEXTS, LABELS)
    before = pickle.dumps(vars(model.set_params(vocabulary=WORDS[::-1])))
    with pytest.raises(InvalidParameterError, match="goes on with the vocabulary that it began"):
        getattr(model, method)(TEXTS, LABELS)
    assert pickle.dumps(vars(model)) == before


# What parts bring.


def started(**settings):
    model = quick(**settings)
    return model.partial_fit(TEXTS, LABELS, classes=["neg", "odd", "pos"])


@pytest.mark.parametrize("solver", ["rmsprop", "adam", "sgd"])
@pytest.mark.parametrize("settings", [{}, {"cell": "gru", "bidirectional": True}])
def test_new_words_of_a_part_get_ids_after_those_there_are(solver, settings):
    model = started(solver=solver, learning_rate_init=1e-12, **settings)
    vocabulary, weights = dict(model.vocabulary_), model.weights_
    n_ids, proba = len(weights["E"]), model.predict_proba(TEST_TEXTS)
    model.partial_fit(["a strange zebra, strange", "an okapi"], ["odd", "pos"])
    new = {"strange": n_ids, "an": n_ids + 1, "okapi": n_ids + 2, "zebra": n_ids + 3}
    assert model.vocabulary_ == vocabulary | new
    assert model.decode([[n_ids, 0]]) == [["strange", "<unknown>"]]
    # Steps so short leave all others where they were, in single precision.
    for name, weight in model.weights_.items():
        old = weight[:n_ids] if name == "E" else weight
        np.testing.assert_allclose(old, weights[name], atol=1e-7)
    np.testing.assert_allclose(model.predict_proba(TEST_TEXTS), proba, atol=1e-6)
    added = model.weights_["E"][n_ids:]
    # Drawn as those at the start: on [-0.05, 0.05], each another.
    assert np.abs(added).max() <= 0.05 and len(np.unique(added)) == added.size


@pytest.mark.parametrize("solver", ["rmsprop", "adam", "sgd"])
def test_what_training_keeps_of_old_words_outlives_new_ones(solver):
    """A part of new words moves the others as one of unknown words in their places does."""
    settings = {"solver": solver, "ema_momentum": None, "cell": "lstm"}
    grown, fixed = started(**settings), started(**settings)
    n_ids = len(fixed.weights_["E"])
    fixed.set_params(max_features=n_ids)
    texts, y = ["a fine zebra", "dull okapi"] * 4, ["pos", "neg"] * 4
    # Where new words have the embedding of the unknown one, nothing but their rows may differ.
    grown.set_params(embedding_init=dict.fromkeys(["zebra", "okapi"], grown.weights_["E"][0]))
    for model in (grown, fixed):
        model.partial_fit(texts, y)
    assert len(grown.weights_["E"]) == n_ids + 2 and len(fixed.weights_["E"]) == n_ids
    # But for the clipped norm, in which one row counts otherwise than two: gradients are short.
    for name, weight in fixed.weights_.items():
        found = grown.weights_[name]
        if name == "E":
            found, weight = found[1:n_ids], weight[1:]
        np.testing.assert_allclose(found, weight, atol=1e-6)


def test_words_that_parts_bring_are_learned():
    model = started(learning_rate_init=0.02)
    texts = ["a strange film", "the plot was weird", *TEXTS[:20]] * 3
    labels = ["odd", "odd", *LABELS[:20]] * 3
    for _ in range(30):
        model.partial_fit(texts, labels)
    predicted = model.predict(["a strange film", "the plot was weird", "a dull film"])
    assert predicted.tolist() == ["odd", "odd", "neg"]
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(texts), model.predict_proba(texts))


@pytest.mark.parametrize(("room", "taken"), [(0, []), (1, ["zebra"]), (2, ["zebra", "an"])])
def test_new_words_are_taken_while_there_is_room_the_most_frequent_first(room, taken):
    n_ids = len(started().weights_["E"])
    model = started(max_features=n_ids + room)
    model.partial_fit(["zebra zebra", "an okapi"], ["odd", "pos"])
    assert list(model.vocabulary_)[n_ids - 1 :] == taken
    assert len(model.weights_["E"]) == n_ids + room


def test_new_words_are_as_frequent_in_their_part_as_min_df_says():
    model = started(min_df=2)
    n_words = len(model.vocabulary_)
    model.partial_fit(["zebra zebra", "an okapi", "an ibis"], ["odd", "pos", "pos"])
    assert list(model.vocabulary_)[n_words:] == ["an"]


def test_embeddings_given_by_the_word_are_those_of_new_words_too():
    vectors = {"zebra": np.full(8, 0.5), "film": np.full(8, 0.25)}
    model = started(embedding_init=vectors, train_embedding=False)
    model.partial_fit(["a zebra", "an okapi"], ["odd", "pos"])
    ids = model.vocabulary_
    np.testing.assert_array_equal(model.weights_["E"][ids["zebra"]], vectors["zebra"])
    np.testing.assert_array_equal(model.weights_["E"][ids["film"]], vectors["film"])
    assert np.abs(model.weights_["E"][ids["okapi"]]).max() <= 0.05


def test_a_part_that_fails_brings_no_words():
    model = started()
    before = pickle.dumps(vars(model))
    with pytest.raises(ValueError, match="labels"):
        model.partial_fit(["a zebra"], ["another"])
    assert pickle.dumps(vars(model)) == before


def test_parts_bring_the_same_words_by_the_same_seed_and_files_keep_them(tmp_path):
    one, other = started(solver="adam"), started(solver="adam")
    tsrnn.save(other, tmp_path / "model")
    other = tsrnn.load(tmp_path / "model")
    for model in (one, other):
        model.partial_fit(["a zebra", "an okapi"], ["odd", "pos"])
    assert one.vocabulary_ == other.vocabulary_
    np.testing.assert_array_equal(one.predict_proba(TEXTS), other.predict_proba(TEXTS))


# What is one word.

CAFE = unicodedata.normalize("NFD", "café")
SAME = [
    ("café", CAFE),
    ("việt", unicodedata.normalize("NFD", "việt")),
    ("각", unicodedata.normalize("NFD", "각")),
    ("don't", "don\u2019t"),
    ("don't", "don\u2018t"),
    ("don't", "don\u02bct"),
    ("don't", "don\uff07t"),
    ("don't", "don\u00b4t"),
    ("don't", "don\u0092t"),
]


@pytest.mark.parametrize(("plain", "other"), SAME)
@pytest.mark.parametrize("settings", [{}, {"ngram_range": (1, 2)}, {"lowercase": False}])
def test_ways_to_write_a_word_are_one_word(plain, other, settings):
    for written, asked in ((plain, other), (other, plain)):
        texts = [f"{written} fine", "the film"] * 3
        model = quick(max_iter=1, **settings).fit(texts, [1, 0] * 3)
        assert plain in model.vocabulary_ and other not in model.vocabulary_
        np.testing.assert_array_equal(
            model.encode([f"so {asked}"])[0], model.encode([f"so {written}"])[0]
        )
        assert model.decode(model.encode([asked])) == [[plain]]
    assert plain in quick(max_iter=1, vocabulary=[plain]).fit([other, "a"], [1, 0]).vocabulary_


def test_stop_words_may_be_written_in_those_ways_too():
    stop_words = ["don\u2019t", CAFE]
    model = quick(max_iter=1, stop_words=stop_words).fit([*TEXTS, "don't café"], [*LABELS, "pos"])
    assert not {"don't", "café"} & set(model.vocabulary_)


def test_a_stop_word_that_is_read_otherwise_is_told():
    with pytest.warns(UserWarning, match=r"stop_words has 'The', but that is read as \['the'\]"):
        quick(max_iter=1, stop_words=["The", "film"]).fit(TEXTS, LABELS)


@learns_nothing
def test_words_are_left_as_they_are_where_that_is_asked_for():
    model = quick(max_iter=1, normalize=False).fit(["don\u2019t", CAFE, "don't"], [0, 1, 0])
    assert set(model.vocabulary_) == {"don't", "don", "t", "cafe"}


def test_models_of_older_files_read_texts_as_they_did():
    model = tsrnn.load(GOLDEN / "saved_tags" / "network-texts.tsrnn")
    assert (model.normalize, model.init, model.vocabulary) == (False, "random", None)
    assert [len(ids) for ids in model.encode(["don't", "don\u2019t", CAFE])] == [1, 2, 1]


# What suits a number of texts.


def test_settings_by_the_number_of_texts_are_those_of_the_table():
    """The table of the page on texts."""
    from tsrnn._optim.minibatch import RMSprop
    from tsrnn._optim.watch import Plan
    from tsrnn.text import few

    expected = {
        1: (1, 600),
        100: (16, 86),
        500: (31, 36),
        2000: (125, 38),
        9999: (128, 8),
        10_000: (128, 8),
        25_000: (128, 4),
        10**6: (128, 4),
    }
    for n, (batch, epochs) in expected.items():
        plan = few.with_epochs(Plan(RMSprop(1e-3), few.batch_of(n), "auto", 1e-4, 2), n)
        assert (plan.batch_size, plan.max_iter) == (batch, epochs)
        assert plan.n_iter_no_change == -(-epochs // 2)  # two quarters
        assert few.are_few(n) == (n < 10_000)
        assert few.dropout_of(n) == (0.5 if n < 10_000 else 0.0)


@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.7, 0.2, 0.1)])
def test_defaults_learn_from_few_short_texts_whatever_the_seed(shares):
    """As a logistic regression on tf-idf does, which has 0.87 and 0.84 of such texts right."""
    test_texts, test_labels = short_texts(1000, 1, shares)
    for seed in range(3):
        texts, labels = short_texts(500, 0, shares)
        model = TextRNNClassifier(random_state=seed).fit(texts, labels)
        assert model.n_iter_ == 36
        # Three standard deviations of a share of a thousand below.
        assert model.score(test_texts, test_labels) > 0.83


def test_what_is_left_to_us_can_be_said():
    texts, labels = short_texts(500, 0)
    by_us = TextRNNClassifier(random_state=0, max_iter="auto").fit(texts, labels)
    said = TextRNNClassifier(
        random_state=0, batch_size=31, max_iter=36, embedding_dropout=0.5, init="identity"
    ).fit(texts, labels)
    np.testing.assert_array_equal(by_us.weights_["E"], said.weights_["E"])
    # A search draws nothing, and has as many iterations as other networks.
    assert (
        4
        < quick(solver="lbfgs", embedding_dropout="auto", max_iter="auto")
        .fit(TEXTS, LABELS)
        .n_iter_
        <= 200
    )


@learns_nothing
def test_a_network_of_few_texts_starts_from_the_identity():
    first = {"learning_rate_init": 1e-12, "max_iter": 1, "hidden_layer_sizes": (4, 3)}
    model = quick(**first, bidirectional=True).fit(TEXTS, LABELS)
    for name, weight in model.weights_.items():
        if name.startswith("W_hh"):
            # Moved by one epoch of steps that are so short.
            np.testing.assert_allclose(weight, np.eye(len(weight)), atol=1e-9)
    np.testing.assert_allclose(model.weights_["E"], 0.0, atol=1e-9)
    # What is not learned is drawn, or all words would be the same.
    frozen = quick(**first, train_embedding=False).fit(TEXTS, LABELS).weights_["E"]
    assert len(np.unique(frozen)) == frozen.size
    at_random = quick(**first, init="random").fit(TEXTS, LABELS).weights_["W_hh_l0"]
    np.testing.assert_allclose(at_random @ at_random.T, np.eye(4), atol=1e-5)  # float32
    assert np.abs(at_random - np.eye(4)).max() > 0.1
    gates = quick(**first, cell="gru").fit(TEXTS, LABELS).weights_["W_hh_l0"]
    assert np.abs(gates[:4] - np.eye(4)).max() > 0.1
    with pytest.raises(InvalidParameterError, match="init='identity' is a start of cell='elman'"):
        quick(cell="gru", init="identity").fit(TEXTS, LABELS)
