"""Texts and their classes: what is read, what is learned, and what scikit-learn makes of it."""

import copy
import pickle

import naive
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from text_data import (
    FILLERS,
    LABELS,
    TEST_LABELS,
    TEST_TEXTS,
    TEXTS,
    assert_same_weights,
    corpus,
    quick,
)

from tsrnn import TextRNNClassifier

# Training is cut short here, and says so.
pytestmark = pytest.mark.filterwarnings(
    "ignore:training stopped:sklearn.exceptions.ConvergenceWarning"
)


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
        lambda texts: np.array(texts, dtype=np.dtypes.StringDType()),
        pd.Series,
        lambda texts: pd.Series(texts, index=range(5, len(texts) + 5)),
        lambda texts: pd.Series(texts, dtype="string"),
        lambda texts: pd.Series(texts, dtype="category"),
        pd.Index,
    ],
    ids=[
        "list",
        "tuple",
        "array",
        "objects",
        "StringDType",
        "Series",
        "index",
        "string",
        "category",
        "Index",
    ],
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
    ids=["arrays", "lists", "tuples", "uint8", "Series", "Series of Series"],
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
    model = TextRNNClassifier(max_iter=1, random_state=0).fit([[1, 2, 3], [9_999]], [0, 1])
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


def test_the_summary_before_a_fit_has_the_layers_of_that_after_it():
    def layers(model):
        return [line.split()[:-1] for line in model.summary().splitlines()[2:-2]]

    model = quick(cell="gru", bidirectional=True)
    before = layers(model)
    assert model.summary().splitlines()[2].split() == ["embedding", "(T,", "8)", "?"]
    assert before == layers(model.fit(TEXTS, LABELS))


@pytest.mark.parametrize("cell", ["elman", "gru", "lstm"])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("sizes", [6, (4, 3)])
@pytest.mark.parametrize("names", [("neg", "pos"), ("neg", "odd", "pos")])
def test_probabilities_are_those_of_the_naive_network(cell, bidirectional, sizes, names):
    texts, moods = corpus(30, names)
    settings = {"cell": cell, "bidirectional": bidirectional, "hidden_layer_sizes": sizes}
    model = quick(max_iter=3, **settings).fit(texts, moods)
    theta = model._network.pack(model.weights_)
    outputs = np.array([naive.network(model._network, theta, ids) for ids in model.encode(texts)])
    # Roundings of single precision, and its polynomial for the hyperbolic tangent.
    np.testing.assert_allclose(
        model.decision_function(texts).reshape(outputs.shape), outputs, atol=2e-6
    )
    odds = np.exp(np.c_[0 * outputs, outputs] if len(names) == 2 else outputs)
    expected = odds / odds.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_proba(texts), expected, atol=2e-6)


def naive_loss(architecture, ids, codes, weights, theta):
    """The weighted mean of the logarithmic loss, analytic in theta."""
    total = 0.0
    for one, code, weight in zip(ids, codes, weights, strict=True):
        outputs = naive.network(architecture, theta, one)
        outputs = np.concatenate([[0.0], outputs]) if len(outputs) == 1 else outputs
        total = total + weight * (np.log(np.exp(outputs).sum()) - outputs[code])
    return total / sum(weights)


# Of training that is not meant to learn anything.
learns_nothing = pytest.mark.filterwarnings(
    "ignore:training has come to an end.*learned nothing:sklearn.exceptions.ConvergenceWarning"
)


@learns_nothing
@pytest.mark.parametrize("cell", ["elman", "gru", "lstm"])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_step_of_training_goes_down_the_gradient_of_the_naive_network(
    cell, bidirectional, n_classes
):
    """That of the mean over texts of the loss, embeddings and all."""
    rng = np.random.default_rng(0)
    ids = [rng.integers(0, 7, length) for length in (1, 3, 6, 2, 9, 4)]
    y, weights = np.array([0, 1, 2, 1, 0, 1]) % n_classes, np.array([1.0, 2.0, 0.5, 1.0, 1.5, 3.0])
    model = quick(
        max_features=7,
        embedding_dim=3,
        hidden_layer_sizes=2,
        cell=cell,
        bidirectional=bidirectional,
        solver="sgd",
        momentum=0.0,
        clip_norm=None,
        ema_momentum=None,
        learning_rate_init=1.0,
        max_iter=1,
    ).fit(ids, y, sample_weight=weights)
    theta = rng.normal(0.0, 0.5, model._network.n_parameters).astype(np.float32)
    model.weights_, theta = model._network.unpack(theta), theta.astype(float)
    model.partial_fit(ids, y, sample_weight=weights)
    moved = theta - model._network.pack(model.weights_)
    expected = naive.complex_step_gradient(
        lambda theta: naive_loss(model._network, ids, y, weights, theta), theta
    )
    assert np.abs(expected).max() > 0.05
    # Weights of size one, and so their steps, are rounded to some 1e-7.
    np.testing.assert_allclose(moved, expected, atol=2e-6)


def test_a_text_of_many_words_is_read_to_its_end():
    """20,000 words, as the naive loop reads them."""
    rng = np.random.default_rng(0)
    text = " ".join(rng.choice([*FILLERS, "fine", "dull"], 20_000))
    model = quick(max_iter=5).fit([*TEXTS, text], [*LABELS, "pos"])
    theta = model._network.pack(model.weights_)
    [ids] = model.encode([text])
    assert len(ids) == 20_000
    expected = naive.network(model._network, theta, ids)
    # As above: a network that forgets does not add up its roundings.
    np.testing.assert_allclose(model.decision_function([text]), expected, atol=2e-6)
    other_end = " ".join([*text.split()[:-1], "dull"])
    assert model.decision_function([other_end]) != model.decision_function([text])


@pytest.mark.parametrize("way", ["keras", "torch"])
@pytest.mark.parametrize("settings", [{}, {"cell": "gru"}, {"cell": "lstm", "bidirectional": True}])
def test_weights_go_to_another_framework_and_back(way, settings, fitted):
    model = quick(**settings).fit(TEXTS, LABELS)
    arrays = getattr(model, f"to_{way}_weights")()
    other = getattr(TextRNNClassifier, f"from_{way}_weights")(
        arrays,
        model.classes_,
        cell=settings.get("cell", "elman"),
        vocabulary=model.vocabulary_,
        random_state=0,
    )
    assert_same_weights(other, model)
    np.testing.assert_array_equal(other.predict_proba(TEXTS), model.predict_proba(TEXTS))
    assert other.decode(other.encode(TEXTS)) == model.decode(model.encode(TEXTS))
    assert other.summary().splitlines()[1:] == model.summary().splitlines()[1:]
    other.partial_fit(TEXTS, LABELS)  # training goes on
    assert other.n_iter_ == 1


@pytest.mark.parametrize(
    ("table", "what"),
    [
        (np.ones(8), r"must have the shape \(any, any\), got \(8,\)"),
        (np.ones((0, 8)), r"must have the shape \(any, any\), got \(0, 8\)"),
        (np.full((17, 8), np.nan), "contains NaN"),
        (np.full((17, 8), "a"), "must hold real numbers"),
        (None, "must hold real numbers"),
    ],
)
def test_an_embedding_from_elsewhere_that_is_none_is_refused(table, what, fitted):
    with pytest.raises(ValueError, match=rf"arrays\[0\] {what}"):
        TextRNNClassifier.from_keras_weights([table, *fitted.to_keras_weights()[1:]])
    state = fitted.to_torch_weights() | {"embedding.weight": table}
    with pytest.raises(ValueError, match=f"embedding.weight {what}"):
        TextRNNClassifier.from_torch_weights(state)
    with pytest.raises(ValueError, match="expected the array of an Embedding.* got none"):
        TextRNNClassifier.from_keras_weights([])


def test_states_and_gradients_of_texts_can_be_looked_at(fitted):
    states = fitted.hidden_states(TEXTS[:3])
    assert [one.shape for one in states] == [(len(text.split()), 6) for text in TEXTS[:3]]
    outputs = np.array([one[-1] for one in states]) @ fitted.weights_["W_yh"].T
    # The same sums by another product, in single precision.
    np.testing.assert_allclose(
        outputs[:, 0] + fitted.weights_["b_y"], fitted.decision_function(TEXTS[:3]), atol=1e-6
    )
    norms = fitted.gradient_norms(TEXTS, LABELS)
    assert norms.shape == (1, max(len(text.split()) for text in TEXTS))
    assert (norms > 0.0).all()


# Embeddings.


@learns_nothing
def test_embeddings_that_are_given_are_started_from(ids):
    E = np.random.default_rng(1).standard_normal((20, 8))
    settings = {"max_features": 20, "embedding_init": E}
    model = quick(**settings, max_iter=1, learning_rate_init=1e-6).fit(ids, LABELS)
    # RMSprop's first steps are of three times the learning rate, and there are eight.
    np.testing.assert_allclose(model.weights_["E"], E, atol=1e-4)
    model = quick(**settings).fit(ids, LABELS)
    assert np.abs(model.weights_["E"] - E).max() > 0.01
    np.testing.assert_array_equal(E, np.random.default_rng(1).standard_normal((20, 8)))


@learns_nothing
@pytest.mark.parametrize("solver", ["rmsprop", "adam", "sgd", "lbfgs"])
def test_frozen_embeddings_stay_to_the_last_bit(solver, ids):
    E = np.random.default_rng(1).standard_normal((20, 8)).astype(np.float32)
    settings = {"max_features": 20, "train_embedding": False, "solver": solver, "l2": 0.1}
    model = quick(embedding_init=E, **settings).fit(ids, LABELS)
    np.testing.assert_array_equal(model.weights_["E"], E)
    assert model.score(ids, LABELS) > 0.6  # the others have learned something
    # And those drawn at random, which the others do not hang on.
    drawn = quick(**settings).fit(ids, LABELS).weights_["E"]
    np.testing.assert_array_equal(
        drawn, quick(**settings, max_iter=1).fit(ids, LABELS).weights_["E"]
    )


def test_embeddings_of_some_words_are_given_by_the_word():
    given = {"dull": np.arange(8.0), "fine": -np.arange(8), "zebra": np.ones(8)}
    model = quick(embedding_init=given, train_embedding=False).fit(TEXTS, LABELS)
    drawn = quick(train_embedding=False).fit(TEXTS, LABELS)
    E, vocabulary = model.weights_["E"], model.vocabulary_
    assert vocabulary == drawn.vocabulary_
    for word, i in vocabulary.items():
        np.testing.assert_array_equal(E[i], given.get(word, drawn.weights_["E"][i]))
    np.testing.assert_array_equal(E[0], drawn.weights_["E"][0])


# Dropout.


@pytest.mark.parametrize("name", ["dropout", "embedding_dropout"])
@pytest.mark.parametrize("settings", [{}, {"bidirectional": True, "hidden_layer_sizes": (4, 3)}])
def test_dropout_changes_training_and_not_prediction(name, settings, fitted):
    plain = quick(**settings).fit(TEXTS, LABELS)
    model = quick(**settings, **{name: 0.4}).fit(TEXTS, LABELS)
    assert np.abs(model.weights_["W_yh"] - plain.weights_["W_yh"]).max() > 0.01
    before = model.predict_proba(TEST_TEXTS)
    np.testing.assert_array_equal(model.predict_proba(TEST_TEXTS), before)
    model.set_params(**{name: 0.0})
    np.testing.assert_array_equal(model.predict_proba(TEST_TEXTS), before)
    assert model.score(TEST_TEXTS, TEST_LABELS) > 0.8


@learns_nothing
def test_what_dropout_leaves_out_is_drawn_anew_at_every_step_and_the_same_by_the_seed():
    def losses(**settings):
        settings |= {"learning_rate_init": 1e-12, "batch_size": 120, "max_iter": 5}
        model = quick(**settings, init="random")  # and not of words that are all the same
        return model.fit(TEXTS, LABELS, X_val=TEXTS, y_val=LABELS).history_

    history = losses(embedding_dropout=0.5, dropout=0.5)
    assert len(set(history["loss"])) == 5  # of weights that do not move
    # Measured without: as it would predict.
    np.testing.assert_allclose(history["val_loss"], losses()["loss"], rtol=1e-6)
    assert losses(embedding_dropout=0.5, dropout=0.5) == history
    assert losses(embedding_dropout=0.5, dropout=0.5, random_state=1) != history


# Prediction.


@pytest.mark.parametrize("of_ids", [False, True])
def test_long_lists_are_predicted_in_parts(of_ids, fitted):
    texts = corpus(4100, seed=3)[0] * 2  # a chunk is of 4,096
    X = fitted.encode(texts) if of_ids else texts
    whole = fitted.predict_proba(X)
    pieces = [fitted.predict_proba(X[i : i + 1000]) for i in range(0, len(X), 1000)]
    assert whole.shape == (8200, 2)
    # Products of more or fewer rows round differently.
    np.testing.assert_allclose(whole, np.concatenate(pieces), rtol=1e-6)
    each = np.concatenate([fitted.predict_proba([x]) for x in X[:20]])
    np.testing.assert_allclose(whole[:20], each, rtol=1e-6)


def test_nothing_works_before_fit():
    model = TextRNNClassifier()
    calls = [
        lambda: model.predict(TEXTS),
        lambda: model.predict_proba(TEXTS),
        lambda: model.score(TEXTS, LABELS),
        lambda: model.encode(TEXTS),
        lambda: model.decode([[1]]),
        lambda: model.hidden_states(TEXTS),
        lambda: model.gradient_norms(TEXTS, LABELS),
        model.to_rnn,
        model.to_keras_weights,
        model.to_torch_weights,
    ]
    for call in calls:
        with pytest.raises(NotFittedError):
            call()


def test_a_network_of_texts_is_no_network_of_numbers(fitted):
    with pytest.raises(TypeError, match="an embedding"):
        fitted.to_rnn()


# In scikit-learn's tools.


@pytest.fixture(params=["texts", "ids"])
def X(request, ids):
    return {"texts": TEXTS, "ids": ids}[request.param]


def test_copies_predict_alike(X):
    model = quick(max_iter=2).fit(X, LABELS)
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(other.predict_proba(X), model.predict_proba(X))
        assert_same_weights(other.fit(X, LABELS), model)
    unfitted = clone(model)
    assert unfitted.get_params() == model.get_params()
    with pytest.raises(NotFittedError):
        unfitted.predict(X)


def test_a_grid_is_searched(X):
    search = GridSearchCV(quick(max_iter=8), {"cell": ["elman", "gru"]}, cv=3)
    search.fit(X, LABELS)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.predict(X).shape == (120,)
    assert search.score(X, LABELS) > 0.9


def test_each_fold_is_predicted_by_the_others(X):
    predicted = cross_val_predict(quick(), X, LABELS, cv=3)
    assert np.mean(predicted == LABELS) > 0.8  # learned from eighty texts
    probabilities = cross_val_predict(quick(), X, LABELS, cv=3, method="predict_proba")
    assert probabilities.shape == (120, 2)
    assert cross_val_score(quick(), X, LABELS, cv=3, scoring="roc_auc").mean() > 0.8


def test_a_pipeline_cleans_texts_beforehand():
    def cleaned(texts):
        return [text.replace("<br />", " ") for text in texts]

    pipeline = make_pipeline(FunctionTransformer(cleaned), quick())
    marked = [text.replace(" ", "<br />") for text in TEXTS]
    assert pipeline.fit(marked, LABELS).score(marked, LABELS) > 0.9
    assert "br" not in pipeline[-1].vocabulary_
