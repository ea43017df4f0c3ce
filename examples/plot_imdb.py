"""
Film reviews: liked or not
==========================

A text is a sequence of words, and a recurrent network reads it in order. This page is a whole
study, from texts to a model that is saved: does a review speak well of its film?
"""

# %%
# The reviews
# -----------
#
# The Large Movie Review Dataset [1]_ has 25,000 reviews to learn from and as many for the test,
# half of them favourable. :func:`~tsrnn.datasets.fetch_imdb` downloads it, or takes it from the
# folder that the environment variable ``TSRNN_DATA`` names. A third of it will do for this page.
# Where it is not at hand the page makes reviews up, of few words whose order matters: what was so
# or was not, what had been expected and what came.

import random
import re
from collections import Counter

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from tsrnn.datasets import fetch_imdb

GOOD = ["moving", "brilliant", "funny", "gripping", "lovely", "clever", "honest", "warm"]
BAD = ["dull", "clumsy", "boring", "silly", "cheap", "noisy", "tiresome", "hollow"]
PARTS = ["plot", "acting", "camera", "dialogue", "music", "ending", "cast", "script"]
FORMS = [
    "What {word} {part}!",
    "The {part} was {word}.",
    "This is {word}, with {word} {part}.",
    "The {part} was not {opposite}.",
    "I expected {opposite} {part}, and it was {word}.",
    "It has the {part} of Mr. {name}.",
]


def make_review(draw, is_liked):
    """Return a review, most of whose sentences are of its opinion."""
    sentences = []
    for _ in range(draw.randint(2, 12)):
        agrees = draw.random() < 0.85
        words, opposites = (GOOD, BAD) if agrees == is_liked else (BAD, GOOD)
        parts = {"part": PARTS, "word": words, "opposite": opposites}
        chosen = {name: draw.choice(options) for name, options in parts.items()}
        name = "".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=3)).title()
        sentences.append(draw.choice(FORMS).format(**chosen, name=name))
    return " ".join(sentences)


def make_reviews(n_reviews, seed):
    """Return reviews, every second of them favourable."""
    draw, target = random.Random(seed), np.arange(n_reviews) % 2
    return Bunch(data=[make_review(draw, liked == 1) for liked in target], target=target)


# %%
# Words get numbers by their rank: 1 is the most frequent one in the training half, and 0 stands for
# all that are not among the first 10,000. So a review is an array of integers, as long as it has
# words.

try:
    texts = fetch_imdb(download_if_missing=False)
    reviews = fetch_imdb(10_000, as_ids=True, download_if_missing=False)
    for halves in (texts, reviews):
        for half in (halves.train, halves.test):
            half.data, half.target = half.data[::3], half.target[::3]
    print("from the dataset")
except OSError:
    texts = Bunch(train=make_reviews(6000, seed=0), test=make_reviews(4000, seed=1))
    words = {name: [re.findall(r"\w+", t.lower()) for t in texts[name].data] for name in texts}
    counts = Counter(word for row in words["train"] for word in row).most_common(9_999)
    ranks = {word: rank for rank, (word, _) in enumerate(counts, start=1)}
    reviews = Bunch(word_index=ranks)
    for name, rows in words.items():
        ids = [np.array([ranks.get(word, 0) for word in row]) for row in rows]
        reviews[name] = Bunch(data=ids, target=texts[name].target)
    print("made up")

print(len(reviews.train.data), "reviews to learn from,", len(reviews.test.data), "for the test")

# %%
# One of them, as it was written, as numbers, and back from numbers to words:

which = 2 * min(range(400), key=lambda i: abs(len(reviews.train.data[2 * i]) - 40))
word_of = {rank: word for word, rank in reviews.word_index.items()}
ids = reviews.train.data[which]
print(texts.train.data[which], end="\n\n")
print(ids, end="\n\n")
print(*(word_of.get(i, "?") for i in ids.tolist()))

# %%
# How long they are
# -----------------
#
# Nothing is padded here and nothing is cut, so lengths need not be looked at before training. But
# they tell a good deal, and the next picture would show if one class could be told by them.

import matplotlib.pyplot as plt

X, y = reviews.train.data, reviews.train.target
lengths = np.array([len(ids) for ids in X])
bins = np.geomspace(lengths.min(), lengths.max() + 1, 40)

fig, ax = plt.subplots(figsize=(7.5, 3.4), layout="constrained")
for label, name, color in ((0, "not favourable", "0.25"), (1, "favourable", "tab:red")):
    ax.hist(lengths[y == label], bins, histtype="step", linewidth=1.5, color=color, label=name)
    ax.axvline(np.median(lengths[y == label]), color=color, linestyle=":", linewidth=1.2)
ax.set(xscale="log", xlabel="words of a review (dotted: the median)", ylabel="reviews")
ax.xaxis.set_major_formatter("{x:.0f}")
ax.minorticks_off()
ax.legend(frameon=False)
ax.spines[["top", "right"]].set_visible(False)

pd.Series(lengths).groupby(y).describe().rename(
    index={0: "not favourable", 1: "favourable"}
).astype(int)

# %%
# Eight epochs
# ------------
#
# A fifth of the reviews is set aside for validation, with as many of each class. The network is
# small: vectors of 32 numbers for words, 10 recurrent units, and a logistic unit that reads their
# state after the last word.

from sklearn.model_selection import train_test_split

from tsrnn import TextRNNClassifier

X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.2, stratify=y, random_state=0)
settings = {"max_features": 10_000, "batch_size": 32, "n_jobs": 2, "random_state": 0}
network = TextRNNClassifier(**settings, max_iter=8)
network.fit(X_train, y_train, X_val=X_val, y_val=y_val)
print(network.summary())

# %%
# Nearly all its weights are vectors of words.
#
# Which epoch is best?
# --------------------

from tsrnn.plotting import TrainingHistoryDisplay

display = TrainingHistoryDisplay.from_estimator(network)

# %%
# Given time, a network learns its reviews by heart: the training loss goes on falling when that of
# other reviews has ceased to. The ring marks where the validation loss was lowest, and so many
# epochs it gets.

history = pd.DataFrame(network.history_, index=range(1, 9)).rename_axis("epoch")
n_epochs = int(history["val_loss"].idxmin())
history.round(3)

# %%
# Once more, on everything
# ------------------------
#
# Now the reviews of validation are learned from as well. This time the classifier is given texts as
# they are: it finds the words, ranks them, and keeps the vocabulary. ``stop_words`` leaves out what
# remains of line breaks, ``<br />``.

from sklearn.metrics import ConfusionMatrixDisplay, accuracy_score

model = TextRNNClassifier(**settings, max_iter=n_epochs, stop_words=["br"])
model.fit(texts.train.data, texts.train.target)
predicted = model.predict(texts.test.data)
accuracy = accuracy_score(texts.test.target, predicted)
print(
    f"{n_epochs} epochs, {len(model.vocabulary_)} words, accuracy on the test half {accuracy:.3f}"
)

# %%

fig, ax = plt.subplots(figsize=(4.2, 3.6), layout="constrained")
ConfusionMatrixDisplay.from_predictions(
    texts.test.target,
    predicted,
    display_labels=["not favourable", "favourable"],
    cmap="Greys",
    colorbar=False,
    ax=ax,
)
ax.set(xlabel="predicted", ylabel="true")
ax.tick_params(axis="y", labelrotation=90)
for label in ax.get_yticklabels():
    label.set_va("center")

# %%
# How much does the order of words matter to it? The same reviews, with their words shuffled:

rng = np.random.default_rng(0)
ids = model.encode(texts.test.data)
shuffled = model.score([rng.permutation(one) for one in ids], texts.test.target)
print(f"in order {model.score(ids, texts.test.target):.3f}, shuffled {shuffled:.3f}")

# %%
# The words that move the score
# -----------------------------
#
# The score of a review is the logarithm of the odds that it is favourable. What is a word worth?
# Put an unknown one in its place, and see how far the score falls. Here that is done to every word
# of some hundred reviews, one at a time, and averaged over the places at which a word stands.

total, times = np.zeros((2, len(model.vocabulary_) + 1))
for one in ids[:: len(ids) // 300]:
    without = np.tile(one, (len(one), 1))
    np.fill_diagonal(without, 0)
    scores = model.decision_function([one, *without])
    np.add.at(total, one, scores[0] - scores[1:])
    np.add.at(times, one, 1)

frequent = np.flatnonzero(times >= 8)
worth = pd.Series(
    total[frequent] / times[frequent], [row[0] for row in model.decode(frequent[:, None])]
)
worth = worth.drop("<unknown>", errors="ignore").sort_values()
shown = pd.concat([worth.head(14), worth.tail(14)])

fig, ax = plt.subplots(figsize=(6.4, 5.6), layout="constrained")
ax.barh(shown.index, shown, color=np.where(shown > 0, "tab:red", "0.25"))
ax.axvline(0.0, color="0.6", linewidth=0.8)
ax.set(xlabel="what it adds to the score, on average")
ax.margins(y=0.01)
ax.spines[["top", "right"]].set_visible(False)

# %%
# The state of the network after each word shows its opinion as it reads, for the weights of the
# output make a score of every state. Here are two reviews of the test half, and the words after
# which the score had changed most.

lengths = np.array([len(one) for one in ids])
axes = plt.subplots(2, 1, figsize=(9, 5.2), layout="constrained")[1]
for ax, label, name in zip(axes, (0, 1), ("not favourable", "favourable"), strict=True):
    which = np.argmin(np.abs(lengths - 60) + 1000 * (texts.test.target != label))
    [states], [read] = model.hidden_states([ids[which]]), model.decode([ids[which]])
    scores = states @ model.weights_["W_yh"][0] + model.weights_["b_y"]
    ax.axhline(0.0, color="0.6", linewidth=0.8)
    ax.plot(scores, ".-", color="tab:red", linewidth=1.2, markersize=4)
    for step in np.argsort(-np.abs(np.diff(scores)))[:8] + 1:
        is_up = scores[step] > scores[step - 1]
        offset, align = ((0, 5), "bottom") if is_up else ((0, -5), "top")
        ax.annotate(
            read[step],
            (step, scores[step]),
            offset,
            textcoords="offset points",
            ha="center",
            va=align,
            fontsize="small",
        )
    ax.set_title(f"a review that is {name}", loc="left")
    ax.set_ylabel("score so far")
    ax.margins(y=0.2)
    ax.spines[["top", "right"]].set_visible(False)
axes[1].set_xlabel("words read")

# %%
# A model to keep
# ---------------
#
# ``save`` writes one file: arrays and JSON, from which ``load`` makes the classifier again. No code
# is in it, so that a file from elsewhere can do no harm.

import tempfile
from pathlib import Path
from time import perf_counter

import tsrnn

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "reviews.tsrnn"
    tsrnn.save(model, path)
    print(f"{path.stat().st_size / 1e6:.1f} MB")
    loaded = tsrnn.load(path)

assert (loaded.predict(texts.test.data) == predicted).all()
start = perf_counter()
probabilities = loaded.predict_proba(texts.test.data[:1])
print(f"one review takes {1e3 * (perf_counter() - start):.1f} ms")

# %%
# With a memory
# -------------
#
# The GRU and the LSTM have gates that let them keep what they have read for longer. Units cost more
# in them, 32 of them many times as much, and all is a matter of seconds nevertheless.

rows = {}
for name, changes in {
    "Elman, 10 units": {},
    "GRU, 32 units": {"cell": "gru", "hidden_layer_sizes": 32},
    "LSTM, 32 units": {"cell": "lstm", "hidden_layer_sizes": 32},
}.items():
    start = perf_counter()
    other = TextRNNClassifier(**settings, **changes, max_iter=n_epochs).fit(X, y)
    seconds = perf_counter() - start
    rows[name] = {
        "weights without words": sum(w.size for w in other.weights_.values()) - 320_000,
        "seconds": round(seconds, 1),
        "accuracy": round(other.score(reviews.test.data, reviews.test.target), 3),
    }
pd.DataFrame(rows).T.astype({"weights without words": int})

# %%
# On all 25,000 reviews each comes out some points better; :doc:`/comparison` has the figures.
#
# .. [1] Maas, A. L., Daly, R. E., Pham, P. T., Huang, D., Ng, A. Y., Potts, C., Learning word
#    vectors for sentiment analysis, Proceedings of the 49th Annual Meeting of the Association for
#    Computational Linguistics (2011).

plt.show()

# sphinx_gallery_thumbnail_number = 4
