"""Texts and their classes: what is read, what is learned, and what scikit-learn makes of it."""

import pickle

import numpy as np
import pandas as pd
import pytest

from tsrnn import TextRNNClassifier

# Training is cut short here, and says so.
pytestmark = pytest.mark.filterwarnings(
    "ignore:training stopped:sklearn.exceptions.ConvergenceWarning"
)

# Small and eager: enough to learn the corpus below in a fraction of a second.
QUICK = {
    "embedding_dim": 8,
    "hidden_layer_sizes": 6,
    "batch_size": 16,
    "learning_rate_init": 0.01,
    "max_iter": 20,
    "random_state": 0,
}
FILLERS = ["the", "film", "was", "it", "and", "plot", "a", "story", "of", "with"]
MOODS = {"neg": ["dull", "awful", "boring"], "pos": ["fine", "great", "moving"]}


def corpus(n=120, names=("neg", "pos"), seed=0):
    """Texts of two to fifteen words, one of which tells the class."""
    rng = np.random.default_rng(seed)
    moods = MOODS | {"odd": ["strange", "weird", "puzzling"]}
    texts, labels = [], []
    for i in range(n):
        label = names[i % len(names)]
        words = list(rng.choice(FILLERS, rng.integers(1, 15)))
        words.insert(rng.integers(len(words) + 1), rng.choice(moods[label]))
        texts.append(" ".join(words))
        labels.append(label)
    return texts, np.array(labels)


TEXTS, LABELS = corpus()
TEST_TEXTS, TEST_LABELS = corpus(60, seed=1)


def quick(**settings):
    return TextRNNClassifier(**QUICK | settings)


@pytest.fixture(scope="module")
def fitted():
    return quick().fit(TEXTS, LABELS)


@pytest.fixture(scope="module")
def ids(fitted):
    return fitted.encode(TEXTS)


def assert_same_weights(one, other):
    assert one.weights_.keys() == other.weights_.keys()
    for name, array in one.weights_.items():
        np.testing.assert_array_equal(array, other.weights_[name], err_msg=name)


def state_of(model):
    """Everything an estimator holds, to compare with later."""
    return pickle.dumps(vars(model))


# What is learned, and from what.


@pytest.mark.parametrize("cell", ["elman", "gru", "lstm"])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("sizes", [6, (6, 4)])
def test_every_network_learns_which_words_tell_the_class(cell, bidirectional, sizes):
    model = quick(cell=cell, bidirectional=bidirectional, hidden_layer_sizes=sizes)
    model.fit(TEXTS, LABELS)
    assert model.score(TEST_TEXTS, TEST_LABELS) > 0.9  # of texts whose class is certain
    predicted = model.predict(TEST_TEXTS)
    assert predicted.dtype == LABELS.dtype
    assert model.score(TEST_TEXTS, TEST_LABELS) == np.mean(predicted == TEST_LABELS)


@pytest.mark.parametrize("solver", ["rmsprop", "adam", "sgd", "lbfgs"])
def test_every_solver_learns(solver):
    settings = {"learning_rate_init": 0.2} if solver == "sgd" else {}
    model = quick(solver=solver, max_iter=40, **settings).fit(TEXTS, LABELS)
    assert model.score(TEXTS, LABELS) > 0.95


@pytest.mark.parametrize(
    "container",
    [
        list,
        tuple,
        np.array,
        lambda texts: np.array(texts, dtype=object),
        pd.Series,
        lambda texts: pd.Series(texts, index=range(5, len(texts) + 5)),
        lambda texts: pd.Series(texts, dtype="string"),
        lambda texts: pd.Series(texts, dtype="category"),
        pd.Index,
    ],
    ids=["list", "tuple", "array", "objects", "Series", "index", "string", "category", "Index"],
)
def test_texts_come_in_any_container(container, fitted):
    model = quick().fit(container(TEXTS), pd.Series(LABELS))
    assert_same_weights(model, fitted)
    np.testing.assert_array_equal(
        model.predict_proba(container(TEST_TEXTS)), fitted.predict_proba(TEST_TEXTS)
    )


@pytest.mark.parametrize(
    "container",
    [
        list,
        lambda ids: [one.tolist() for one in ids],
        lambda ids: [tuple(one.tolist()) for one in ids],
        lambda ids: [one.astype(np.uint8) for one in ids],
        pd.Series,
        lambda ids: pd.Series([pd.Series(one) for one in ids]),
    ],
    ids=["arrays", "lists", "tuples", "bytes", "Series", "Series of Series"],
)
def test_ids_come_in_any_container_and_train_as_their_texts_do(container, fitted, ids):
    model = quick(max_features=len(fitted.vocabulary_) + 1).fit(container(ids), LABELS)
    assert_same_weights(model, fitted)
    np.testing.assert_array_equal(model.predict_proba(container(ids)), fitted.predict_proba(TEXTS))


def test_ids_of_one_length_may_be_a_matrix():
    X = np.random.default_rng(0).integers(0, 9, (60, 5))
    y = X[:, 2] > 4
    model = quick(max_features=9, max_iter=60).fit(X, y)
    assert model.score(X, y) > 0.9
    np.testing.assert_array_equal(model.predict(X), model.predict(list(X)))


def test_a_classifier_of_texts_takes_ids_too(fitted, ids):
    np.testing.assert_array_equal(fitted.predict_proba(ids), fitted.predict_proba(TEXTS))


def test_a_classifier_of_ids_has_no_words_and_says_so(ids):
    model = quick(max_features=50).fit(ids, LABELS)
    assert not hasattr(model, "vocabulary_")
    for call in (model.predict, model.encode):
        with pytest.raises(ValueError, match="no vocabulary, .* fitted to integer sequences"):
            call(TEXTS)
    with pytest.raises(ValueError, match="no vocabulary"):
        model.decode(ids)


@pytest.mark.parametrize(
    "names",
    [(0, 1), (-1.0, 1.0), (False, True), ("bad", "good"), (3, 1, 2), ("neg", "odd", "pos")],
)
def test_labels_of_any_type_are_kept(names):
    texts, moods = corpus(names=("neg", "pos", "odd")[: len(names)])
    y = np.array(names)[np.searchsorted(np.unique(moods), moods)]
    model = quick().fit(texts, y)
    np.testing.assert_array_equal(model.classes_, np.unique(names))
    assert model.score(texts, y) > 0.9
    probabilities = model.predict_proba(texts)
    assert probabilities.shape == (120, len(names))
    # Roundings of a sum of three, in single precision; what is small is compared as it is.
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-6)
    np.testing.assert_array_equal(
        model.classes_[probabilities.argmax(axis=1)], model.predict(texts)
    )
    logs = model.predict_log_proba(texts)
    np.testing.assert_allclose(np.exp(logs), probabilities, rtol=1e-5)
    decision = model.decision_function(texts)
    assert decision.shape == ((120,) if len(names) == 2 else (120, 3))
    if len(names) == 2:
        np.testing.assert_array_equal(decision > 0.0, model.predict(texts) == model.classes_[1])
    else:
        np.testing.assert_array_equal(decision.argmax(axis=1), probabilities.argmax(axis=1))


def test_everything_is_in_single_precision(fitted):
    assert {array.dtype for array in fitted.weights_.values()} == {np.dtype(np.float32)}
    assert fitted.predict_proba(TEXTS).dtype == np.float32


# The vocabulary.


def test_the_vocabulary_is_ranked_and_has_room_for_unknown_words(fitted):
    words = " ".join(TEXTS).split()
    ranked = sorted(set(words), key=lambda word: (-words.count(word), word))
    assert fitted.vocabulary_ == {word: i for i, word in enumerate(ranked, start=1)}
    assert fitted.weights_["E"].shape == (len(ranked) + 1, 8)
    smaller = quick(max_features=5).fit(TEXTS, LABELS)
    assert list(smaller.vocabulary_) == ranked[:4]
    assert smaller.weights_["E"].shape == (5, 8)


def test_texts_are_encoded_and_decoded(fitted):
    encoded = fitted.encode(["The film, was ZEBRA fine!", "", "fine"])
    vocabulary = fitted.vocabulary_
    assert [one.tolist() for one in encoded] == [
        [vocabulary["the"], vocabulary["film"], vocabulary["was"], 0, vocabulary["fine"]],
        [],
        [vocabulary["fine"]],
    ]
    assert fitted.decode(encoded) == [["the", "film", "was", "<unknown>", "fine"], [], ["fine"]]
    assert fitted.decode(fitted.encode(TEXTS)) == [text.split() for text in TEXTS]
    assert fitted.decode(np.array([[1, 0]])) == [[next(iter(vocabulary)), "<unknown>"]]
    with pytest.raises(TypeError, match=r"encode takes texts, and X\[0\]"):
        fitted.encode(encoded)
    with pytest.raises(ValueError, match=r"ids\[0\] has 99, but there are"):
        fitted.decode([[99]])


def test_words_are_found_as_the_arguments_say():
    texts = ["The Film isn't fine", "a film: DULL", "the plot isn't dull"] * 10
    y = [0, 1, 0] * 10
    settings = {
        "lowercase": False,
        "token_pattern": r"\w+",
        "stop_words": ["a"],
        "ngram_range": (1, 2),
        "min_df": 0.5,
    }
    model = quick(**settings).fit(texts, y)
    assert model.vocabulary_ == {"isn": 1, "isn t": 2, "t": 3}
    # By default apostrophes are a part of words.
    assert "isn't" in quick().fit(texts, y).vocabulary_


@pytest.mark.parametrize("ngram_range", [(1, 2), (2, 3)])
def test_pairs_of_words_are_learned_from(ngram_range):
    texts = ["not good", "not bad", "so good", "so bad"] * 20
    y = ["neg", "pos", "pos", "neg"] * 20
    model = quick(ngram_range=ngram_range, max_iter=60).fit(texts, y)
    assert model.score(texts, y) == 1.0
    read = model.decode(model.encode(["not good"]))
    assert read == [["not", "good", "not good"] if ngram_range == (1, 2) else ["not good"]]


def test_only_the_last_words_are_read_where_there_is_a_longest_length():
    model = quick(max_length=3).fit(TEXTS, LABELS)
    whole = model.predict_proba(TEXTS)
    cut = [" ".join(text.split()[-3:]) for text in TEXTS]
    np.testing.assert_array_equal(model.predict_proba(cut), whole)
    assert_same_weights(
        quick().set_params(max_length=100).fit(TEXTS, LABELS), quick().fit(TEXTS, LABELS)
    )


# The network.


def test_the_network_is_that_of_keras_and_its_summary_counts_the_same():
    model = TextRNNClassifier(max_iter=1).fit([[1, 2, 3], [9_999]], [0, 1])
    shapes = {name: array.shape for name, array in model.weights_.items()}
    assert shapes == {
        "E": (10_000, 32),
        "W_hx": (10, 32),
        "W_hh": (10, 10),
        "b_h": (10,),
        "W_yh": (1, 10),
        "b_y": (1,),
    }
    lines = [line.split() for line in model.summary().splitlines()[2:]]
    assert lines == [
        ["embedding", "(T,", "32)", "320000"],
        ["elman_tanh", "(10,)", "430"],
        ["output", "(1,)", "11"],
        ["total", "320441"],
    ]
