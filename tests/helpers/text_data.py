"""Texts whose class a word tells, and a classifier that learns it in no time."""

import numpy as np

from tsrnn import TextRNNClassifier

# Small and eager: enough to learn the corpus below in a fraction of a second.
QUICK = {
    "embedding_dim": 8,
    "hidden_layer_sizes": 6,
    "batch_size": 16,
    "embedding_dropout": 0.0,
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


def assert_same_weights(one, other):
    """Compare the weights of two classifiers to the last bit."""
    assert one.weights_.keys() == other.weights_.keys()
    for name, array in one.weights_.items():
        np.testing.assert_array_equal(array, other.weights_[name], err_msg=name)


def short_texts(n, random, shares=(0.5, 0.5)):
    """Texts of five to fifteen words, one or two of which tell the class, mostly rightly."""
    random = np.random.default_rng(random)
    labels = random.choice(len(shares), n, p=shares)
    texts = []
    for label in labels:
        words = [f"f{i}" for i in np.minimum(random.geometric(0.02, random.integers(5, 16)), 300)]
        for _ in range(random.integers(1, 3)):
            told = label if random.random() < 0.93 else random.integers(len(shares))
            place = random.integers(len(words) + 1)
            words.insert(place, f"{'abc'[told]}{min(random.geometric(0.06), 40)}")
        texts.append(" ".join(words))
    return texts, labels
