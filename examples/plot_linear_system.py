r"""
A linear system, recovered
==========================

An Elman network with identity activation is a linear system: a state, moved by a matrix and pushed
by an input, and read through another matrix. So when the data come from such a system, training a
network is system identification, and it can be seen whether the true one is found. It is, up to the
choice of coordinates that no data can tell.
"""

# %%
# The system
# ----------
#
# A weight on a spring in a viscous fluid is pushed by a force :math:`u_t`, and its place is
# measured with noise:
#
# .. math::
#
#    x_t = A x_{t-1} + B u_t, \qquad y_t = C x_t + \varepsilon_t.
#
# :math:`A` turns the state and shrinks it. Its eigenvalues, :math:`0.95\, e^{\pm 0.4 i}`, say how
# fast the weight swings and how fast it comes to rest. They are what is to be found.

import numpy as np

A = 0.95 * np.array([[np.cos(0.4), -np.sin(0.4)], [np.sin(0.4), np.cos(0.4)]])
B = np.array([1.0, 0.5])
C = np.array([1.0, -0.6])


def simulate(u):
    """Return the places of the weight, without noise."""
    x, places = np.zeros(2), []
    for force in u:
        x = A @ x + B * force
        places.append(C @ x)
    return np.array(places)


def measure(n_experiments, noise, seed):
    """Return forces and measured places, a row an experiment."""
    rng = np.random.default_rng(seed)
    forces = rng.normal(size=(n_experiments, 50))
    places = np.array([simulate(u) for u in forces])
    return forces, places + noise * rng.normal(size=places.shape)


forces, measured = measure(60, noise=0.5, seed=0)

# %%
# There are sixty experiments of fifty steps. In the picture, one of them.

import matplotlib.pyplot as plt

fig, ax = plt.subplots(figsize=(9, 3.2), layout="constrained")
ax.bar(np.arange(50), forces[0], color="0.8", label="force")
ax.plot(simulate(forces[0]), color="tab:blue", label="place")
ax.plot(measured[0], ".", color="0.25", label="measured")
ax.set(xlabel="time step")
ax.legend(frameon=False, ncols=3, loc="upper left")
ax.margins(x=0.01)
ax.spines[["top", "right"]].set_visible(False)

# %%
# The network
# -----------
#
# With ``return_sequences=True`` there is a target at every step. Few weights and smooth losses are
# what quasi-Newton methods are for, so ``solver="lbfgs"``, on all sequences at once. How many units
# are needed? Forty experiments are for training, twenty to compare.

import pandas as pd

from tsrnn import ElmanRNNRegressor

network = ElmanRNNRegressor(
    activation="identity",
    return_sequences=True,
    solver="lbfgs",
    max_iter=1000,
    l2=0.0,
    random_state=0,
)
rows = {}
for n_units in (1, 2, 3, 4):
    network.set_params(hidden_layer_sizes=n_units).fit(forces[:40], measured[:40])
    errors = measured[40:] - network.predict(forces[40:])
    rows[n_units] = {"standard deviation of the error": errors.std(), "iterations": network.n_iter_}
pd.DataFrame(rows).T.rename_axis("units").round(4)

# %%
# One unit cannot swing. Two leave nothing but the noise, whose standard deviation is 0.5, and more
# than two find nothing more.
#
# The same system in other coordinates
# ------------------------------------

network.set_params(hidden_layer_sizes=2, tol=1e-6).fit(forces, measured)
W_hh = network.weights_["W_hh"]
print(f"A =\n{A.round(3)}\nW_hh =\n{W_hh.round(3)}")
print("eigenvalues of A:   ", np.linalg.eigvals(A).round(4))
print("eigenvalues of W_hh:", np.linalg.eigvals(W_hh).round(4))

# %%
# The matrices differ, as they must: for any invertible :math:`S` the system
# :math:`(S A S^{-1}, S B, C S^{-1})` maps the same forces to the same places. What all of them have
# in common is the eigenvalues, and the answer to a single push. ``to_rnn`` gives the network with
# its standardisation folded into the weights, which is the system in the units of the data.

system = network.to_rnn()
push = np.zeros(40)
push[0] = 1.0
at_rest = system.run(np.zeros(40))[:, 0]  # the noise leaves it a small constant
answer = system.run(push)[:, 0] - at_rest

fig, axes = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained", width_ratios=[1, 1.9])
circle = np.exp(2j * np.pi * np.linspace(0, 1, 200))
axes[0].plot(circle.real, circle.imag, color="0.7", linewidth=0.8)
for matrix, marker, label in ((A, "o", "true"), (W_hh, "x", "network")):
    values = np.linalg.eigvals(matrix)
    axes[0].plot(
        values.real,
        values.imag,
        marker,
        color="tab:red" if marker == "x" else "0.6",
        markersize=8,
        label=label,
    )
axes[0].set(aspect="equal", xlabel="real part", ylabel="imaginary part", title="eigenvalues")
axes[0].legend(frameon=False, loc="center left")
axes[1].plot(simulate(push), "o", color="0.6", label="true")
axes[1].plot(answer, "x-", color="tab:red", linewidth=1, label="network")
axes[1].set(xlabel="time step", title="answer to a push of 1 at step 0")
axes[1].legend(frameon=False)
axes[1].spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# What noise does
# ---------------
#
# The estimate is as good as the data. With ten times as many experiments its error falls to about a
# third, as that of a mean does; without noise the search ends at the true eigenvalues.


def eigenvalues(matrix):
    """Return them, the one below the real axis first."""
    return np.sort_complex(np.linalg.eigvals(matrix))


for n_experiments, noise in [(6, 0.5), (60, 0.5), (600, 0.5), (60, 0.0)]:
    errors = []
    for seed in range(1, 11):
        network.fit(*measure(n_experiments, noise, seed))
        errors.append(np.abs(eigenvalues(network.weights_["W_hh"]) - eigenvalues(A)).max())
    print(f"{n_experiments:3} experiments, noise {noise}: off by {np.mean(errors):.1e}")

# sphinx_gallery_thumbnail_number = 2
