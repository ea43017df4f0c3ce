"""Ask Keras for the probabilities of a thousand film reviews, and of random ids, by given weights.

Run as `python make_imdb_keras.py FOLDER imdb_keras.npz` where Keras with TensorFlow, and this
package, are installed; FOLDER holds the reviews, as `fetch_imdb(data_home=FOLDER)` takes them.
README.md beside this file says by which versions the file was made.
"""

import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["KERAS_BACKEND"] = "tensorflow"
sys.path.append(str(Path(__file__).parents[1] / "helpers"))

import imdb_golden
import keras
import numpy as np
import tensorflow as tf

from tsrnn.datasets import fetch_imdb


def make_model() -> keras.Model:
    """Build the network, with the weights that the tests draw as well."""
    model = keras.Sequential(
        [
            keras.layers.Input((None,), dtype="int32"),
            keras.layers.Embedding(imdb_golden.NUM_WORDS, 32),
            keras.layers.SimpleRNN(10),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.set_weights(imdb_golden.draw_weights())
    return model


def ask(model: keras.Model, reviews: list[np.ndarray]) -> np.ndarray:
    """Return the probability of each review, those of one length together: none is padded."""
    run = tf.function(
        lambda ids: model(ids, training=False),
        input_signature=[tf.TensorSpec((None, None), tf.int32)],
    )
    lengths = np.array([len(ids) for ids in reviews])
    probabilities = np.empty(len(reviews), np.float32)
    for length in np.unique(lengths):
        rows = np.flatnonzero(lengths == length)
        probabilities[rows] = run(np.stack([reviews[i] for i in rows])).numpy()[:, 0]
    return probabilities


def main() -> None:
    folder, path = sys.argv[1:]
    imdb = fetch_imdb(
        imdb_golden.NUM_WORDS,
        data_home=folder,
        as_ids=True,
        shuffle=False,
        download_if_missing=False,
    )
    reviews = imdb_golden.choose(imdb)
    model = make_model()
    np.savez(
        path,
        reviews=ask(model, reviews),
        fingerprint=imdb_golden.fingerprint(reviews),
        random=ask(model, imdb_golden.draw_sequences()),
    )


if __name__ == "__main__":
    main()
