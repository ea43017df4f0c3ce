r"""
Data in order, and a layer with a memory
========================================

Most models take a row of numbers and do not care for the order of its columns. In a sequence the
order is what matters: a text, a song, a series of prices shuffled is no longer what it was. This
page says what a recurrent layer does about that, computes one by hand, and watches its state move.
"""

# %%
# What order means
# ----------------
#
# Two sequences of the same numbers, one rising and one falling. A model that looks at the mean, or
# at any sum over steps, cannot tell them apart.

import numpy as np

rising = np.array([0.1, 0.3, 0.5, 0.7, 0.9])
falling = rising[::-1]
print(f"{rising.mean():.2f} {falling.mean():.2f}")

# %%
# A model with a weight for every place can. But it needs as many weights as there are places; what
# it learns at the third place it does not know at the fourth; and a sequence that is a step longer
# has no place at all. What is wanted is a rule that is the same at every step, and something that
# is carried from one step to the next.
#
# The recurrent layer
# -------------------
#
# That something is the state, a vector :math:`h`. At every step the layer makes a new one from the
# input and from the old one, and reads an output off it:
#
# .. math::
#
#    h_t = \tanh(W_{hx} x_t + W_{hh} h_{t-1} + b_h), \qquad y_t = W_{yh} h_t + b_y.
#
# The first matrix has a column for each feature of the input, the second one is square, the third
# has a row for each output. None of their sizes depends on how long the sequence is.
#
# In the library's :class:`~tsrnn.RNN` they are arrays with these names. Two units, to have
# something to look at; the numbers are ours.

from tsrnn import RNN

layer = RNN(n_inputs=1, n_hidden=2, n_outputs=1, activation="tanh")
layer.W_hx = [[1.0], [0.5]]
layer.W_hh = [[0.6, -0.8], [0.8, 0.6]]
layer.W_yh = [[1.0, -1.0]]
print(layer.summary())

# %%
# Step by step
# ------------
#
# First without the library: a loop that any page on the subject has. The state starts at zero, and
# every line prints where it was, what came in, and where it is then.

h = np.zeros(2)
for t, x in enumerate(rising):
    old = h
    h = np.tanh(layer.W_hx @ [x] + layer.W_hh @ old + layer.b_h)
    y = layer.W_yh @ h + layer.b_y
    print(f"t={t}  x={x:.1f}  h: {old.round(3)} -> {h.round(3)}  y={y[0]:+.3f}")

# %%
# ``step`` does one turn of that loop, and keeps the state in ``h``; ``run`` does all of them; and
# ``trace`` tabulates what was printed above.

layer.trace(rising).round(3)

# %%
# The same numbers in the other order leave it in another state: it has noticed.

print("rising: ", layer.run(rising)[-1])
print("falling:", layer.run(falling)[-1])

# %%
# Here is the way that the state takes through the plane of its two units, for both sequences. They
# begin at the same place and share the number in the middle, but not the state at that moment.

import matplotlib.pyplot as plt

fig, ax = plt.subplots(figsize=(5.4, 4.4), layout="constrained")
for name, sequence, color in (("rising", rising, "tab:blue"), ("falling", falling, "tab:red")):
    states = np.vstack([layer.h_init, layer.run(sequence, return_states=True)[1]])
    ax.plot(*states.T, ".-", color=color, label=name)
    for t, state in enumerate(states[1:]):
        ax.annotate(f"{t}", state, xytext=(4, 4), textcoords="offset points", color=color)
ax.plot(0, 0, "o", color="0.3")
ax.annotate("start", (0, 0), xytext=(6, -12), textcoords="offset points", color="0.3")
ax.set(xlabel="unit 0", ylabel="unit 1")
ax.legend(frameon=False)
ax.spines[["top", "right"]].set_visible(False)

# %%
# One layer, unrolled
# -------------------
#
# Written without the loop, the state after three steps is
#
# .. math::
#
#    h_2 = \tanh(W_{hx} x_2 + W_{hh}
#          \tanh(W_{hx} x_1 + W_{hh} \tanh(W_{hx} x_0 + b_h) + b_h) + b_h),
#
# a network of three layers that share their weights, each with an input of its own. A recurrent
# network is a deep one, as deep as the sequence is long. Two things follow. It can be trained like
# one, and :doc:`plot_bptt` does; and what happens at the first step has to come through
# all layers after it.
#
# How long does it remember?
# --------------------------
#
# A number comes in at the first step, and then nothing but zeros. How much of it is left in the
# state depends on the size of :math:`W_{hh}`: multiplied by itself at every step, it makes things
# smaller or larger. Its largest eigenvalue in absolute value, the spectral radius, is 1 here; we
# scale it.

fig, ax = plt.subplots(figsize=(8, 3.4), layout="constrained")
knock = np.concatenate([[1.0], np.zeros(39)])
W_hh = layer.W_hh
for radius in (0.5, 0.9, 1.0, 1.1):
    layer.W_hh = radius * W_hh
    states = layer.run(knock, return_states=True)[1]
    ax.plot(np.linalg.norm(states, axis=1), label=f"spectral radius {radius}")
ax.set(xlabel="steps since the number came in", ylabel="length of the state", xlim=(0, 39))
ax.legend(frameon=False, ncols=2)
ax.spines[["top", "right"]].set_visible(False)

# %%
# Half a dozen steps, or thirty; and above 1 the state swings on forever, whatever came in, kept
# within bounds by tanh alone. Training has to find a place between forgetting too much and
# listening to nothing.
#
# From a layer to an estimator
# ----------------------------
#
# A task: does a sequence rise or fall, on the whole? Sequences of any length, with noise, and
# learned weights instead of ours. The estimator is the same layer, with a logistic output.

from tsrnn import ElmanRNNClassifier

rng = np.random.default_rng(0)
slope = rng.choice([-1, 1], 400) * rng.uniform(0.02, 0.1, 400)
lengths = rng.integers(8, 25, 400)
X = [a * np.arange(n) + rng.normal(0, 0.3, n) for a, n in zip(slope, lengths, strict=True)]
y = np.where(slope > 0, "rising", "falling")

model = ElmanRNNClassifier(hidden_layer_sizes=4, early_stopping=True, max_iter=1000, random_state=0)
model.fit(X[:300], y[:300])
print(f"accuracy on new sequences: {model.score(X[300:], y[300:]):.2f}")

# %%
# And it is still matrices. ``to_rnn`` returns them as a layer like the one above, whose output at
# the last step is the probability of the second class.

learned = model.to_rnn()
print(learned)
print(learned.run(X[300])[-1], model.predict_proba([X[300]])[0, 1])

# %%
# While it reads, the units lean to one side or the other:

from tsrnn.plotting import HiddenStateDisplay

fig, axes = plt.subplots(1, 2, figsize=(10, 3.4), sharey=True, layout="constrained")
for ax, label in zip(axes, model.classes_, strict=True):
    sample = 300 + int(np.argmax(y[300:] == label))
    HiddenStateDisplay.from_estimator(model, X, sample=sample, ax=ax)
    ax.set_title(label)
axes[0].get_legend().remove()
plt.show()

# %%
# With the identity in place of tanh, and weights that follow from two numbers, the same layer is a
# method of forecasting older than neural networks: :doc:`plot_holt_as_rnn`.

# sphinx_gallery_thumbnail_number = 1
