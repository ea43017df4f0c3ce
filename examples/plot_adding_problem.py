"""
A long memory: the adding problem
=================================

To add two numbers is easy, unless they are far apart in a long row of others. The adding problem
was made to try the memory of recurrent networks. This page trains an Elman network, a GRU and an
LSTM on it, looks at the gradients that they learn from, and then makes the rows longer until the
first of them fails.
"""

# %%
# The problem
# -----------
#
# A sequence has two features a step: a random number between 0 and 1, and a mark. Two steps are
# marked, one in each half, and the target is the sum of their numbers. All else is to be ignored.

import numpy as np
import pandas as pd


def make_sums(n_samples, n_timesteps, seed):
    """Return sequences (n_samples, n_timesteps, 2) and their sums."""
    rng = np.random.default_rng(seed)
    numbers, marks = rng.uniform(size=(n_samples, n_timesteps)), np.zeros((n_samples, n_timesteps))
    middle, rows = n_timesteps // 2, np.arange(n_samples)
    marks[rows, rng.integers(0, middle, n_samples)] = 1.0
    marks[rows, rng.integers(middle, n_timesteps, n_samples)] = 1.0
    X = np.stack([numbers, marks], axis=2)
    return X.astype(np.float32), (numbers * marks).sum(axis=1)


X, y = make_sums(2000, 50, seed=0)
X_test, y_test = make_sums(1000, 50, seed=1)
shown = pd.DataFrame(X[0], columns=["number", "mark"])
shown[shown["mark"] > 0].assign(target=y[0]).round(3)

# %%
# Whoever has learned nothing answers 1, the mean, and is wrong by a mean square of 1/6. Whoever
# remembers the second number alone, which is always the closer one, explains half of that.
#
# Three networks
# --------------
#
# They have 16 units each and the same budget, 30 epochs. The gates of GRU and LSTM make them three
# and four times as large. A fit warns where it ends before it has converged; here that is meant.

import warnings
from time import perf_counter

from sklearn.exceptions import ConvergenceWarning

from tsrnn import ElmanRNNRegressor, GRURegressor, LSTMRegressor

warnings.simplefilter("ignore", ConvergenceWarning)
settings = {
    "hidden_layer_sizes": 16,
    "solver": "adam",
    "learning_rate_init": 0.01,
    "batch_size": 64,
    "max_iter": 30,
    "n_iter_no_change": 30,
    "random_state": 0,
}
classes = [ElmanRNNRegressor, GRURegressor, LSTMRegressor]
models, rows = {}, {}
for make in classes:
    start = perf_counter()
    model = make(**settings).fit(X, y, X_val=X_test, y_val=y_test)
    models[make.__name__] = model
    rows[make.__name__] = {
        "weights": sum(weight.size for weight in model.weights_.values()),
        "R2": model.score(X_test, y_test),
        "seconds": perf_counter() - start,
    }
pd.DataFrame(rows).T.round(3)

# %%
# The history of each fit holds the loss and R2 of every epoch, because sequences to validate on
# were passed. Losses are those of standardised targets: 1 is that of the constant answer.

import matplotlib.pyplot as plt

from tsrnn.plotting import TrainingHistoryDisplay

fig, axes = plt.subplots(1, 3, figsize=(10, 3.2), sharey=True, layout="constrained")
for ax, (name, model) in zip(axes, models.items(), strict=True):
    TrainingHistoryDisplay.from_estimator(model, kind="loss", ax=ax)
    ax.set(title=name, yscale="log")
    ax.label_outer()

# %%
# GRU and LSTM solve it. The Elman network gets most of the way, with relapses.
#
# Where it fails
# --------------
#
# Now the same networks, with the same budget, on shorter and longer rows.

by_length = {50: list(models.values())}
for length in (20, 100, 200):
    sums = make_sums(2000, length, seed=0)
    by_length[length] = [make(**settings).fit(*sums) for make in classes]
scores = {
    length: {
        type(model).__name__: model.score(*make_sums(1000, length, seed=1)) for model in fitted
    }
    for length, fitted in sorted(by_length.items())
}
scores = pd.DataFrame(scores).T.rename_axis("length")
scores.round(3)

# %%

fig, ax = plt.subplots(figsize=(6.4, 3.8), layout="constrained")
for name in scores:
    ax.plot(scores.index, scores[name], ".-", label=name)
ax.axhline(0.5, color="0.6", linewidth=0.8, linestyle="--")
ax.text(20, 0.48, "the second number alone", color="0.4", fontsize="small", va="top")
ax.set(xlabel="length of the sequences", ylabel="R² on new sequences", ylim=(-0.2, 1.05))
ax.set_xscale("log")
ax.set_xticks(scores.index, scores.index)
ax.minorticks_off()
ax.legend(frameon=False, loc="lower left")
ax.spines[["top", "right"]].set_visible(False)

# %%
# At a length of 100 the Elman network still makes out the second number, at 200 nothing. To the
# other two the length hardly matters.
#
# What the gradient tells
# -----------------------
#
# A network can learn to keep a number only if a change of its early states is felt in the loss, so
# many steps later. ``gradient_norms`` measures that: the norm of the derivative of the loss by
# the hidden state, at each distance from the last step.
# :class:`~tsrnn.plotting.GradientFlowDisplay` draws it, here relative to the last step: of networks
# as they are drawn, and of those that were trained. (A fit of one epoch with a tiny learning rate
# leaves the weights about as they were drawn.)

from tsrnn.plotting import GradientFlowDisplay

X, y = make_sums(1000, 200, seed=1)
drawn = [
    make(**settings | {"max_iter": 1, "learning_rate_init": 1e-9}).fit(X, y) for make in classes
]

fig, axes = plt.subplots(1, 3, figsize=(10, 3.6), sharey=True, layout="constrained")
panels = {
    "before training, length 200": (drawn, X, y),
    "after training, length 50": (by_length[50], X_test, y_test),
    "after training, length 200": (by_length[200], X, y),
}
for ax, (title, (fitted, *samples)) in zip(axes, panels.items(), strict=True):
    for model in fitted:
        GradientFlowDisplay.from_estimator(model, *samples, relative=True, ax=ax)
    ax.set_title(title)
    ax.label_outer()

# %%
# Before training the gradient fades in all of them, that of the GRU soonest: it is halved at every
# second step, and after 140 it is too small for float32. Training is what tells them apart. Some
# sequences have their first mark late, and teach a little memory, by which those with an earlier
# mark can teach more. A gate keeps a number by staying shut, for as many steps as may come: the
# lines of GRU and LSTM have become level. The Elman network has to keep it by a balance of all its
# weights. Over 50 steps it manages; over 200 its gradient still falls by five orders of magnitude.
#
# Where the number is kept
# ------------------------
#
# Last, the states of the GRU (of length 50) while it reads a sequence that it has not seen.
# :class:`~tsrnn.plotting.HiddenStateDisplay` draws all its units.

from tsrnn.plotting import HiddenStateDisplay

marked = np.flatnonzero(X_test[0, :, 1])
display = HiddenStateDisplay.from_estimator(models["GRURegressor"], X_test, sample=0)
for step in marked:
    display.ax_.axvline(step - 0.5, color="black", linewidth=1.0, linestyle=":")
display.ax_.set_title("dotted lines: the marked steps", loc="left")
plt.show()

# %%
# Up to the first mark next to nothing happens, though a number comes in at every step. At the mark
# most of the units jump, and stay; at the second they move on by its number. A weighted sum of them
# is the answer.

# sphinx_gallery_thumbnail_number = 4
