"""Texts that are odd, and what is no text at all: each has its outcome."""

import pickle

import naive
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from text_data import LABELS, TEXTS, quick

from tsrnn import TextRNNClassifier
from tsrnn.exceptions import InvalidParameterError


@pytest.fixture(scope="module")
def fitted():
    return quick(max_iter=3).fit(TEXTS, LABELS)


@pytest.fixture(params=["fit", "partial_fit", "predict_proba", "X_val"])
def use(request, fitted):
    """All that takes texts, as a function of them; after a failure all is as before."""
    model = pickle.loads(pickle.dumps(fitted))
    before = pickle.dumps(vars(model))

    def call(X):
        if request.param == "fit":
            model.fit(X, LABELS)
        elif request.param == "partial_fit":
            model.partial_fit(X, LABELS)
        elif request.param == "X_val":
            model.fit(TEXTS, LABELS, X_val=X, y_val=LABELS)
        else:
            model.predict_proba(X)

    yield call
    assert pickle.dumps(vars(model)) == before


def with_one(item, place=7, items=TEXTS):
    return [*items[:place], item, *items[place + 1 :]]


# What is no list of texts.


@pytest.mark.parametrize("form", [str, np.array, np.str_, lambda text: np.array(text, object)])
def test_a_single_text_is_refused(form, use):
    with pytest.raises(TypeError, match=r"X(_val)? is a single text: pass a list of texts"):
        use(form("a fine film"))


def test_a_frame_is_refused(use):
    with pytest.raises(TypeError, match=r"X(_val)? is a DataFrame: pass its column of texts"):
        use(pd.DataFrame({"text": TEXTS}))


@pytest.mark.parametrize(
    "X",
    [
        3,
        b"a fine film",
        dict.fromkeys(TEXTS, 1),
        set(TEXTS),
        iter(TEXTS),
        np.array("a fine film"),
        np.ones((120, 4)),
        np.ones((120, 4), dtype=bool),
        np.array(TEXTS, dtype=bytes),
        np.array(["2020-01-01"] * 120, dtype="datetime64[D]"),
        csr_array(np.ones((120, 4), dtype=int)),
        np.ma.masked_array(np.ones((120, 4), dtype=int)),
    ],
    ids=[
        "number",
        "bytes",
        "dict",
        "set",
        "iterator",
        "no dimension",
        "floats",
        "bools",
        "array of bytes",
        "dates",
        "sparse",
        "masked",
    ],
)
def test_what_is_no_list_of_texts_is_refused(X, use):
    with pytest.raises(TypeError, match=r"^X(_val)? (is|must)"):
        use(X)


def test_nothing_is_refused(fitted):
    for call in (fitted.predict, fitted.encode, lambda X: quick().fit(X, LABELS)):
        with pytest.raises(TypeError, match="X must be a list, array or Series .* got NoneType"):
            call(None)


@pytest.mark.parametrize("X", [[], (), np.empty(0, dtype=object), pd.Series([], dtype=object)])
def test_an_empty_list_is_refused(X, use):
    with pytest.raises(ValueError, match="has 0 samples: at least one text is required"):
        use(X)


# What is no text, in a list of texts.


@pytest.mark.parametrize(
    ("missing", "name"),
    [(None, "None"), (np.nan, "nan"), (float("nan"), "nan"), (pd.NA, "<NA>")],
)
@pytest.mark.parametrize("place", [0, 7])
def test_a_missing_text_is_refused_by_its_place(missing, name, place, use):
    X = with_one(missing, place)
    for container in (list, lambda X: pd.Series(X, dtype=object)):
        with pytest.raises(TypeError, match=rf"X(_val)?\[{place}\] must be .* got {name}: drop"):
            use(container(X))


def test_a_missing_value_of_a_column_of_strings_is_refused_by_its_place(use):
    with pytest.raises(TypeError, match=r"\[7\] must be .* got (<NA>|nan): drop what is missing"):
        use(pd.Series(with_one(None), dtype="string"))


@pytest.mark.parametrize(
    "item", [b"a fine film", 3, 2.5, True, {"a": 1}, {"a"}, 3j, pd.Timestamp("2020-01-01")]
)
@pytest.mark.parametrize("place", [0, 7])
def test_what_is_no_text_is_refused_by_its_place(item, place, use):
    with pytest.raises(TypeError, match=rf"X(_val)?\[{place}\] must be .*{type(item).__name__}$"):
        use(with_one(item, place))


def test_texts_and_ids_are_not_mixed(use):
    with pytest.raises(TypeError, match=r"\[7\] must be a text, as X(_val)?\[0\] is, got list"):
        use(with_one([1, 2]))
    ids = [[1, 2]] * 120
    with pytest.raises(TypeError, match=r"\[7\] must be a .*integer sequence, as .* got str"):
        use(with_one("a fine film", items=ids))


@pytest.mark.parametrize(
    "X",
    [
        np.array([TEXTS]).T,
        np.array([TEXTS], dtype=object).T,
        [text.split() for text in TEXTS],
        [np.array(text.split()) for text in TEXTS],
    ],
    ids=["column", "column of objects", "lists of words", "arrays of words"],
)
def test_words_are_no_text(X, use):
    with pytest.raises(
        ValueError, match=r"\[0\] must be a text \(a str\) or .*, got a sequence of"
    ):
        use(X)


# Sequences of ids.


@pytest.fixture
def use_ids(use, fitted):
    """A function of one sequence, put among others."""
    ids = fitted.encode(TEXTS)
    return lambda item: use(with_one(item, items=ids))


def test_ids_that_there_are_not_are_refused_by_their_place(fitted):
    n_ids = len(fitted.weights_["E"])
    fitted.predict([[n_ids - 1]])
    with pytest.raises(ValueError, match=rf"X\[1\] has id {n_ids} at 2, but there are {n_ids} ids"):
        fitted.predict([[1], [0, 1, n_ids]])
    with pytest.raises(ValueError, match=r"X\[0\] has id 20 at 0, but there are 20 ids, from 0"):
        quick(max_features=20).fit([[20, 1], [2]], [0, 1])
    # Beyond 32 bits, too, of which the kernels read no more.
    with pytest.raises(ValueError, match=rf"X\[0\] has id {2**32} at 0"):
        fitted.predict([[2**32]])
    with pytest.raises(ValueError, match=rf"X\[5000\] has id {n_ids}"):
        fitted.predict([[1]] * 5000 + [[n_ids]])


def test_negative_ids_are_refused_by_their_place(use_ids):
    with pytest.raises(ValueError, match=r"\[7\] must have ids from 0, but at 1 it is -3"):
        use_ids([1, -3])


@pytest.mark.parametrize(
    ("item", "what"),
    [
        ([1.0, 2.0], "a sequence of float64"),
        ([1, None], "a sequence of objects"),
        ([True, False], "a sequence of bool"),
        ([1, 2**70], "a sequence of objects"),
        ([[1, 2]], "2 dimensions of int64"),
        (np.array(3), "0 dimensions of int64"),
        (pd.Series([1, None], dtype="Int64"), "a sequence of (objects|float64)"),
        (["a", "b"], "a sequence of words"),
    ],
)
def test_what_are_no_ids_are_refused_by_their_place(item, what, use_ids):
    with pytest.raises(ValueError, match=rf"\[7\] must be .* sequence of integers, got {what}$"):
        use_ids(item)


def test_nested_and_masked_ids_are_refused_by_their_place(use_ids):
    with pytest.raises(ValueError, match=r"\[7\] must be a sequence of integers: "):
        use_ids([[1, 2], [3]])
    with pytest.raises(TypeError, match=r"\[7\] is a masked array"):
        use_ids(np.ma.masked_array([1, 2], [False, True]))


@pytest.mark.parametrize("empty", [[], (), np.empty(0, int), np.empty(0), pd.Series([], dtype=int)])
def test_sequences_without_ids_are_read_as_texts_without_words_are(empty, fitted):
    texts = with_one("?!")
    ids = with_one(empty, items=fitted.encode(TEXTS))
    np.testing.assert_array_equal(fitted.predict_proba(ids), fitted.predict_proba(texts))
    np.testing.assert_array_equal(fitted.predict(fitted.encode(texts)), fitted.predict(texts))
    np.testing.assert_array_equal(fitted.predict_proba([empty]), fitted.predict_proba([""]))
    of_texts, of_ids = (pickle.loads(pickle.dumps(fitted)) for _ in range(2))
    of_texts.partial_fit(texts, LABELS)
    of_ids.partial_fit(ids, LABELS)
    np.testing.assert_array_equal(of_ids.weights_["E"], of_texts.weights_["E"])


def test_ids_without_a_number_of_them_are_refused():
    with pytest.raises(InvalidParameterError, match="max_features=None .* number of ids"):
        quick(max_features=None).fit([[1], [2]], [0, 1])


# Labels and weights.


@pytest.mark.parametrize(
    ("y", "match"),
    [
        (None, "requires y"),
        (LABELS[:-1], "inconsistent numbers of samples"),
        (["neg"] * 120, "one class"),
        (with_one(np.nan, items=np.zeros(120)), r"y\[7\] contains NaN"),
        (with_one(None, items=LABELS.tolist()), r"y\[7\] contains None: a label is missing"),
        (np.linspace(0.0, 1.0, 120), "Unknown label type"),
    ],
)
def test_labels_that_are_none_are_refused(y, match):
    with pytest.raises(ValueError, match=match):
        quick().fit(TEXTS, y)


@pytest.mark.parametrize("weights", [(1e-50, 1e-50), (1e-40, 1e-40), (1e50, 1.0), (1.0, 1e-50)])
def test_class_weights_beyond_single_precision_are_refused(weights):
    model = quick(class_weight=dict(zip(["neg", "pos"], weights, strict=True)))
    with pytest.raises(InvalidParameterError, match="class_weight.* beyond the range of float32"):
        model.fit(TEXTS, LABELS)
    with pytest.raises(InvalidParameterError, match="class_weight.* beyond the range of float32"):
        model.partial_fit(TEXTS, LABELS, classes=["neg", "pos"])


def test_labels_of_validation_must_be_known():
    with pytest.raises(ValueError, match="y_val has labels that are none of the classes"):
        quick().fit(TEXTS, LABELS, X_val=["a"], y_val=["odd"])
    with pytest.raises(ValueError, match="X_val and y_val belong together"):
        quick().fit(TEXTS, LABELS, X_val=["a"])


@pytest.mark.parametrize("weights", [np.ones(119), -np.ones(120), np.zeros(120), [np.nan] * 120])
def test_weights_that_are_none_are_refused(weights):
    with pytest.raises(ValueError, match="sample_weight"):
        quick().fit(TEXTS, LABELS, sample_weight=weights)


# Arguments.


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_features", 1),
        ("max_features", 10.0),
        ("embedding_dim", 0),
        ("cell", "rnn"),
        ("hidden_layer_sizes", ()),
        ("bidirectional", "yes"),
        ("dropout", 1.0),
        ("dropout", -0.1),
        ("embedding_dropout", 1.0),
        ("embedding_dropout", "half"),
        ("init", "zero"),
        ("init", None),
        ("normalize", 2),
        ("vocabulary", "fine"),
        ("vocabulary", {"fine", "dull"}),
        ("vocabulary", []),
        ("vocabulary", ["fine", "fine"]),
        ("vocabulary", ["fine", 3]),
        ("vocabulary", {"fine": 0}),
        ("vocabulary", {"fine": 1.0}),
        ("vocabulary", {"fine": True}),
        ("vocabulary", {"fine": 2, "dull": 2}),
        ("vocabulary", {3: 1}),
        ("vocabulary", {"fine": 2**31}),
        ("ema_momentum", 1.0),
        ("train_embedding", 1.5),
        ("lowercase", None),
        ("token_pattern", "("),
        ("token_pattern", ""),
        ("token_pattern", "x*"),
        ("token_pattern", r"\b\w*\b"),
        ("token_pattern", "(x)?a"),
        ("stop_words", "french"),
        ("ngram_range", (2, 1)),
        ("min_df", 0),
        ("min_df", 1.5),
        ("min_df", "rare"),
        ("max_length", 0),
        ("solver", "newton"),
        ("batch_size", 0),
        ("batch_size", "all"),
        ("learning_rate_init", 0.0),
        ("max_iter", 0),
        ("max_iter", "many"),
        ("clip_norm", -1.0),
        ("class_weight", "heavy"),
        ("validation_fraction", 1.0),
        ("callback", 3),
    ],
)
def test_arguments_that_are_not_accepted_are_named(name, value, fitted):
    for method in ("fit", "partial_fit"):
        model = pickle.loads(pickle.dumps(fitted)).set_params(**{name: value})
        before = pickle.dumps(vars(model))
        with pytest.raises(InvalidParameterError, match=name):
            getattr(model, method)(TEXTS, LABELS)
        assert pickle.dumps(vars(model)) == before


def test_a_search_has_no_dropout():
    with pytest.raises(InvalidParameterError, match="lbfgs.* dropout"):
        quick(solver="lbfgs", dropout=0.5).fit(TEXTS, LABELS)


@pytest.mark.parametrize(
    ("given", "match"),
    [
        (np.ones((3, 8)), r"embedding_init must have shape \(17, 8\)"),
        (np.full((17, 8), np.nan), "embedding_init must be finite"),
        ("glove", "embedding_init must be"),
        ([["a"] * 8] * 17, "embedding_init must be"),
        ([[1.0], [1.0, 2.0]], "embedding_init must be an array of numbers"),
        ({"film": np.ones(3)}, r"embedding_init\['film'\] must have shape \(8,\), embedding_dim"),
        ({"film": [np.inf] * 8}, r"embedding_init\['film'\] must be finite"),
        ({"film": "good"}, r"embedding_init\['film'\] must be an array of numbers"),
        ({"Film": np.ones(8)}, "embedding_init has none of the words"),
    ],
)
def test_embeddings_that_do_not_fit_are_refused(given, match):
    with pytest.raises(InvalidParameterError, match=match):
        quick(embedding_init=given).fit(TEXTS, LABELS)


def test_embeddings_of_words_need_words():
    with pytest.raises(ValueError, match="there is no vocabulary"):
        quick(embedding_init={"film": np.ones(8)}).fit([[1], [2]], [0, 1])


# Odd texts, which are read.


def test_an_empty_text_is_read_as_one_unknown_word(fitted):
    X = ["", "zebra", "  \n\t", "!?", "zebra okapi"]
    probabilities = fitted.predict_proba(X)
    for i in (1, 2, 3):
        np.testing.assert_array_equal(probabilities[i], probabilities[0])
    assert (probabilities[4] != probabilities[0]).all()
    np.testing.assert_array_equal(fitted.predict_proba([[0], [0, 0]]), probabilities[[0, 4]])
    model = quick().fit(with_one(""), LABELS)
    assert np.isfinite(model.predict_proba([""])).all()


@pytest.mark.parametrize(
    ("texts", "settings"),
    [
        (["", "  ", "?!", ""], {}),
        (["the", "and", "the and", ""], {"stop_words": "english"}),
        (["a", "b", "c", "d"], {"min_df": 2}),
        (["a", "b", "c", "d"], {"token_pattern": "x+"}),
        (["a", "b", "c", "d"], {"ngram_range": (2, 2)}),
    ],
)
def test_texts_without_a_word_to_learn_are_refused(texts, settings):
    with pytest.raises(ValueError, match="X has no words to learn"):
        quick(**settings).fit(texts, [0, 1, 0, 1])


def test_texts_of_any_script_are_read():
    fine = ["прекрасный фильм", "素晴らしい 映画", "فيلم رائع", "ένα όμορφο φιλμ", "café 👍 fine"]
    dull = ["скучный фильм", "退屈な 映画", "فيلم ممل", "ένα βαρετό φιλμ", "cafe\u0301 👎 dull"]
    texts, y = [*fine, *dull] * 6, [*["pos"] * 5, *["neg"] * 5] * 6
    model = quick(max_iter=40).fit(texts, y)
    assert model.score(texts, y) == 1.0
    assert {"прекрасный", "映画", "ممل", "όμορφο", "café"} <= set(model.vocabulary_)
    # As scikit-learn does: what is written in capitals is the same word.
    np.testing.assert_array_equal(
        model.encode(["ПРЕКРАСНЫЙ ФИЛЬМ"])[0], model.encode(["прекрасный фильм"])[0]
    )


@pytest.mark.parametrize(
    "text", ["a\x00fine\x00film", "\ud800 fine", "\u202efine", "fi\ufeffne", "\n"]
)
def test_characters_that_are_none_are_no_harm(text, fitted):
    assert np.isfinite(fitted.predict_proba([text])).all()
    model = quick(max_iter=1).fit(with_one(text), LABELS)
    assert np.isfinite(model.predict_proba([text])).all()


def test_what_is_left_of_html_separates_words():
    """And is a word itself, unless it is stopped."""
    text = "A <i>fine</i> film.<br /><br />The plot&nbsp;was dull"
    model = quick(max_iter=1).fit([*TEXTS, text], [*LABELS, "pos"])
    [words] = model.decode(model.encode([text]))
    assert words == [
        "a",
        "i",
        "fine",
        "i",
        "film",
        "br",
        "br",
        "the",
        "plot",
        "nbsp",
        "was",
        "dull",
    ]
    model.set_params(stop_words=["br", "i", "nbsp"]).fit([*TEXTS, text], [*LABELS, "pos"])
    [words] = model.decode(model.encode([text]))
    assert words == ["a", "fine", "film", "the", "plot", "was", "dull"]
    assert not {"br", "nbsp"} & set(model.vocabulary_)


def test_texts_of_one_word_are_learned_from():
    texts, y = ["fine", "dull", "great", "awful"] * 10, [1, 0, 1, 0] * 10
    model = quick(max_iter=30).fit(texts, y)
    assert model.score(texts, y) == 1.0
    theta = model._network.pack(model.weights_)
    expected = naive.network(model._network, theta, model.encode(["fine"])[0])
    # Roundings of single precision.
    np.testing.assert_allclose(model.decision_function(["fine"]), expected, atol=2e-6)


@pytest.mark.filterwarnings("ignore:.*learned nothing:sklearn.exceptions.ConvergenceWarning")
def test_two_texts_are_enough():
    model = TextRNNClassifier(random_state=0, max_iter=1).fit(["fine", "dull"], [1, 0])
    assert model.predict_proba(["fine", "dull", "zebra"]).shape == (3, 2)
