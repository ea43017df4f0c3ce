"""What Keras makes of film reviews and of random ids; `golden/README.md` says how it was asked."""

import hashlib

import numpy as np
from paths import GOLDEN

FILE = GOLDEN / "imdb_keras.npz"
NUM_WORDS = 10_000


def draw_weights():
    """Weights of Embedding(10000, 32), SimpleRNN(10), Dense(1) in the order of Keras.

    NumPy promises that a RandomState draws the same numbers for ever. They are of sizes that
    training leads to, and small enough for a state to be forgotten after some dozens of words.
    """
    draw = np.random.RandomState(2026).standard_normal
    arrays = [
        0.3 * draw((NUM_WORDS, 32)),
        0.3 * draw((32, 10)),
        0.25 * draw((10, 10)),
        0.1 * draw(10),
        0.7 * draw((10, 1)),
        0.1 * draw(1),
    ]
    return [array.astype(np.float32) for array in arrays]


def draw_sequences():
    """Two hundred sequences of ids, of 1 to 600; NumPy promises the same for ever."""
    random = np.random.RandomState(7)
    lengths = random.randint(1, 601, 200)
    return [random.randint(0, NUM_WORDS, length).astype(np.int32) for length in lengths]


def choose(imdb):
    """Return every 25th review of the training half, as ids: 500 of each class."""
    return [np.asarray(ids, dtype="<i4") for ids in imdb.train.data[::25]]


def fingerprint(reviews):
    """Return a hash of the ids, to tell apart other data from other results."""
    digest = hashlib.sha256(np.array([len(ids) for ids in reviews], dtype="<i4").tobytes())
    digest.update(np.concatenate(reviews).tobytes())
    return digest.hexdigest()
