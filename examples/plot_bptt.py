r"""
Backpropagation through time, and what becomes of the gradient
==============================================================

A recurrent network is trained by going downhill on its loss. This page computes the gradient by
hand, walks it back through time, and looks at what happens to it on the way: it vanishes, or
explodes. Then it looks at what helps, clipping and truncation, and at the limits of both.
"""

# %%
# Forwards and back
# -----------------
#
# For an Elman network with one loss at the end, :math:`L = \tfrac12 (y - w' h_{T-1})^2`, the chain
# rule gives the gradient with respect to the last state, and then one step further back at a time:
#
# .. math::
#
#    \frac{\partial L}{\partial h_{t-1}}
#    = W_{hh}' \, \mathrm{diag}(1 - h_t^2) \, \frac{\partial L}{\partial h_t}.
#
# Each weight collects its share at each step. That is all of backpropagation through time (BPTT):
# a run forwards that keeps the states, and a walk back over them.

import numpy as np

rng = np.random.default_rng(0)
T, D = 30, 4
x, target = rng.normal(size=T), 1.0
W_hx, W_hh = rng.normal(0, 0.5, (D, 1)), rng.normal(0, 0.5, (D, D))
w = rng.normal(size=D)

states = [np.zeros(D)]
for value in x:
    states.append(np.tanh(W_hx[:, 0] * value + W_hh @ states[-1]))
error = w @ states[-1] - target

gradient = np.zeros_like(W_hh)
d_h = error * w
lengths = []
for t in reversed(range(T)):
    lengths.append(np.linalg.norm(d_h))
    d_a = d_h * (1 - states[t + 1] ** 2)  # through tanh
    gradient += np.outer(d_a, states[t])  # the share of this step
    d_h = W_hh.T @ d_a  # to the state before

# %%
# The library's explicit network agrees. (Its loss is a mean over steps, so all targets but the last
# one are set to what it says anyway, and the rest is a factor.)

from tsrnn import RNN

network = RNN(1, D, 1)
network.W_hx, network.W_hh, network.W_yh = W_hx, W_hh, w[None]
targets = network.run(x)
targets[-1] = target
_, by_library = network.loss_and_grad(x, targets)
print("largest difference:", np.abs(by_library["W_hh"] * T / 2 - gradient).max())

# %%
# Two lines of the loop make all the trouble. At every step the gradient is multiplied by
# :math:`1 - h_t^2`, which is at most 1, and by the same matrix. After thirty steps:

print(f"at the last state {lengths[0]:.3f}, at the first {lengths[-1]:.1e}")

# %%
# Vanishing and exploding
# -----------------------
#
# ``loss_and_grad`` gives gradients of weights; how much of them comes from how far back is told by
# the norm of :math:`\partial L / \partial h_t` at every distance from the end. Sequence estimators
# have ``gradient_norms`` for it, and :class:`~tsrnn.plotting.GradientFlowDisplay` draws it. To
# choose the weights ourselves we put them into an estimator by way of PyTorch's layout, which is
# four arrays and a head. Recurrent matrices are orthogonal ones, scaled to four spectral radii.

import matplotlib.pyplot as plt

from tsrnn import ElmanRNNRegressor
from tsrnn.plotting import GradientFlowDisplay


def network_of(radius, activation, D=16):
    """Return a network with a recurrent matrix of a given spectral radius."""
    rng = np.random.default_rng(1)
    Q, _ = np.linalg.qr(rng.normal(size=(D, D)))
    state = {
        "rnn.weight_ih_l0": rng.normal(0, 0.3, (D, 1)),
        "rnn.weight_hh_l0": radius * Q,
        "rnn.bias_ih_l0": np.zeros(D),
        "rnn.bias_hh_l0": np.zeros(D),
        "fc.weight": rng.normal(0, 0.3, (1, D)),
        "fc.bias": np.zeros(1),
    }
    return ElmanRNNRegressor.from_torch_weights(state, activation=activation)


X, y = rng.normal(size=(50, 100)), rng.normal(size=50)
fig, axes = plt.subplots(1, 2, figsize=(10, 3.8), sharey=True, layout="constrained")
for ax, activation in zip(axes, ("identity", "tanh"), strict=True):
    for radius in (0.8, 1.0, 1.2, 1.5):
        GradientFlowDisplay.from_estimator(
            network_of(radius, activation),
            X[:, :, None],
            y,
            relative=True,
            ax=ax,
            label=f"spectral radius {radius}",
        )
    ax.set_title(activation)
axes[1].set_ylabel("")
axes[1].get_legend().remove()

# %%
# Without an activation the lines are straight on the logarithmic axis: powers of the radius. Below
# 1 the gradient vanishes, and the network does not learn what was long ago, however long it trains.
# Above 1 it explodes, and a step along it is a leap into nowhere. tanh takes some off, the more the
# larger the states are, and makes the border less sharp; it does not take it away.
#
# Exploding: clip it
# ------------------
#
# A gradient that is too long still points the right way, so it is shortened. ``clip_norm`` says to
# what length; it is 1 unless told otherwise. Here a linear network is to sum up its inputs, once
# with clipping and once without.

import warnings

from sklearn.exceptions import ConvergenceWarning

from tsrnn.exceptions import TrainingDivergedError

warnings.simplefilter("ignore", ConvergenceWarning)  # forty epochs are what is meant here
X = rng.normal(size=(500, 60))
y = X.sum(axis=1)
settings = {
    "hidden_layer_sizes": 8,
    "activation": "identity",
    "solver": "sgd",
    "learning_rate_init": 0.01,
    "max_iter": 40,
    "random_state": 0,
}
clipped = ElmanRNNRegressor(clip_norm=1.0, **settings).fit(X, y)
print(f"clipped: R2 {clipped.score(X, y):.3f}")
try:
    ElmanRNNRegressor(clip_norm=None, **settings).fit(X, y)
except TrainingDivergedError as error:
    print("not clipped:", error)

# %%
# A loss that is not finite is never returned as if nothing had happened: it is an error, and the
# estimator keeps the weights of its best epoch before.
#
# Truncation
# ----------
#
# BPTT keeps all states, and walks back over all of them. For long sequences one may cut:
# ``bptt_steps=20`` carries the state on from chunk to chunk, counted from the end, and lets the
# gradient end at the boundary. Less memory, and a gradient that is no longer exact: it leaves out
# what comes from further back. By how much does it differ?

signal = rng.normal(size=(300, 1))
targets = np.convolve(signal[:, 0], 0.9 ** np.arange(40))[:300, None]
linear = RNN(1, 4, 1, activation="identity", random_state=0)
linear.W_hh *= 0.95 / np.abs(np.linalg.eigvals(linear.W_hh)).max()
exact = linear.loss_and_grad(signal, targets)[1]["W_hh"]
cuts = [1, 2, 5, 10, 20, 50, 100, 300]
differences = []
for k in cuts:
    cut = linear.loss_and_grad(signal, targets, bptt_steps=k)[1]["W_hh"]
    differences.append(np.linalg.norm(cut - exact) / np.linalg.norm(exact))

fig, ax = plt.subplots(figsize=(6.4, 3.4), layout="constrained")
ax.plot(cuts[:-1], differences[:-1], ".-")
ax.set(xscale="log", xlabel="steps between cuts", ylabel="relative error of the gradient")
ax.set_xticks(cuts[:-1], cuts[:-1])
ax.minorticks_off()
ax.spines[["top", "right"]].set_visible(False)
print(f"in one piece of 300 steps: {differences[-1]:.0e}")

# %%
# Cut at every few steps it is mostly wrong, and a method that trusts it, as L-BFGS does, stops
# without having found anything. So ``solver="lbfgs"`` refuses it; those that take mini-batches get
# along.
#
# Vanishing: other cells
# ----------------------
#
# No clipping brings back a gradient that is gone. The remedy is a cell whose state can pass through
# a step unchanged, so that the factor is 1 where the network wants to remember. That is what the
# gates of GRU and LSTM are for; :doc:`plot_lstm_gru` goes on from here.

plt.show()

# sphinx_gallery_thumbnail_number = 1
