"""Classifiers of texts against Keras, with the same weights."""

import imdb_golden
import numpy as np
import pytest
from shared_data import imdb_ids, needs_imdb

from tsrnn import TextRNNClassifier

# A dozen roundings of probabilities below 1 in single precision.
SAME = 1e-6


@pytest.fixture(scope="module")
def golden():
    with np.load(imdb_golden.FILE, allow_pickle=False) as file:
        return dict(file)


@pytest.fixture(scope="module")
def model():
    return TextRNNClassifier.from_keras_weights(imdb_golden.draw_weights(), ["neg", "pos"])


def test_keras_weights_make_its_network(model):
    assert model.get_params()["hidden_layer_sizes"] == (10,)
    counts = [line.split()[-1] for line in model.summary().splitlines()[2:]]
    assert counts == ["320000", "430", "11", "320441"]
    for ours, theirs in zip(model.to_keras_weights(), imdb_golden.draw_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_random_ids_have_keras_probabilities(model, golden):
    probabilities = model.predict_proba(imdb_golden.draw_sequences())[:, 1]
    np.testing.assert_allclose(probabilities, golden["random"], rtol=0, atol=SAME)
    assert golden["random"].std() > 0.1  # they differ by far more than that


@needs_imdb
def test_a_thousand_film_reviews_have_keras_probabilities(model, golden):
    reviews = imdb_golden.choose(imdb_ids())
    assert imdb_golden.fingerprint(reviews) == golden["fingerprint"], "these are other reviews"
    probabilities = model.predict_proba(reviews)[:, 1]
    np.testing.assert_allclose(probabilities, golden["reviews"], rtol=0, atol=SAME)
    assert golden["reviews"].std() > 0.1
