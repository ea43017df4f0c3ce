r"""
LSTM and GRU, and when they win
===============================

Gates let a recurrent network decide what to keep. This page opens one, shows how it keeps a
gradient alive, and then asks on two tasks whether the gates are worth their weights. They are not
always.
"""

# %%
# A cell that may leave its state alone
# -------------------------------------
#
# An Elman network makes its whole state anew at every step. The gated recurrent unit (GRU) has a
# gate :math:`z_t` between 0 and 1 for each unit, computed from input and state like everything
# else, that says how much of the old state stays:
#
# .. math::
#
#    h_t = (1 - z_t)\, n_t + z_t\, h_{t-1},
#
# with :math:`n_t` what the new state would be. If the gate is near 1, the state goes through
# unchanged, and so does the gradient on its way back. The long short-term memory (LSTM) has a
# second state beside, :math:`c_t = f_t c_{t-1} + i_t g_t`, with one gate for what stays, one for
# what comes in, and one for what is shown outside. The whole equations stand with
# :class:`~tsrnn.GRURegressor` and :class:`~tsrnn.LSTMRegressor`.
#
# Their price: three and four times as many weights as an Elman network of as many units.

import numpy as np
import pandas as pd

from tsrnn import ElmanRNNClassifier, GRUClassifier, LSTMClassifier

classes = {"Elman": ElmanRNNClassifier, "GRU": GRUClassifier, "LSTM": LSTMClassifier}

# %%
# Task one: the first symbol
# --------------------------
#
# The class of a sequence is told by its sign at the first step; then comes noise. Nothing is
# easier, but that it was long ago.

import warnings

from sklearn.exceptions import ConvergenceWarning

warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is meant
rng = np.random.default_rng(0)


def make_first(n_samples, n_timesteps):
    """Return sequences whose first step tells the class, and the classes."""
    X = 0.5 * rng.normal(size=(n_samples, n_timesteps)).astype(np.float32)
    y = rng.choice([-1, 1], n_samples)
    X[:, 0] = y
    return X, y


settings = {
    "hidden_layer_sizes": 12,
    "batch_size": 50,
    "learning_rate_init": 0.01,
    "max_iter": 30,
    "random_state": 0,
}


def trained(X, y):
    """Return a network of each kind, trained on all but the last 400 sequences."""
    return {name: make(**settings).fit(X[:-400], y[:-400]) for name, make in classes.items()}


samples = {n_timesteps: make_first(1200, n_timesteps) for n_timesteps in (20, 60, 150)}
models = {n_timesteps: trained(*sample) for n_timesteps, sample in samples.items()}
scores = {
    n_timesteps: {
        name: model.score(X[-400:], y[-400:]) for name, model in models[n_timesteps].items()
    }
    for n_timesteps, (X, y) in samples.items()
}
pd.DataFrame(scores).T.rename_axis("steps").round(2)

# %%
# Over 20 steps all of them find it; over 150 the LSTM alone. That the GRU is the first to fail has
# to do with how networks start, as the gradient shows: the norm of the derivative of the loss by
# the state, at each distance from the end. A fit of one epoch with a tiny learning rate leaves
# networks about as they were drawn.

import matplotlib.pyplot as plt

from tsrnn.plotting import GradientFlowDisplay

X, y = samples[150]
tiny = settings | {"max_iter": 1, "learning_rate_init": 1e-9}
drawn = {name: make(**tiny).fit(X, y) for name, make in classes.items()}

fig, axes = plt.subplots(1, 2, figsize=(10, 3.8), sharey=True, layout="constrained")
panels = {"as they were drawn": drawn, "after training": models[150]}
for ax, (title, networks) in zip(axes, panels.items(), strict=True):
    for name, model in networks.items():
        # In double precision, where what is small is not yet zero.
        GradientFlowDisplay.from_estimator(
            model, X[-400:].astype(float), y[-400:], relative=True, ax=ax, label=name
        )
    ax.set_title(title)
    ax.label_outer()

# %%
# With its gates half open, as they are before training, a GRU keeps half of its state at every
# step. The LSTM's forget gate begins with a bias of one, and keeps nearly three quarters; the Elman
# network's matrix begins as a rotation, which keeps lengths, but for what tanh takes off. What is
# left of the gradient after so many steps decides whether there is anything to begin with. Once
# there is, training moves the gates, and the line becomes level. (It rises in the others as well:
# they have begun to learn noise by heart, for which any step will do, and are no better than chance
# on new sequences.)
#
# Task two: what has just been
# ----------------------------
#
# Now the class is whether the sum of the last five steps is positive. No long memory is needed.

X = rng.normal(size=(1200, 40)).astype(np.float32)
y = np.where(X[:, -5:].sum(axis=1) > 0, 1, -1)
rows = {
    name: {
        "accuracy": model.score(X[-400:], y[-400:]),
        "weights": sum(weight.size for weight in model.weights_.values()),
    }
    for name, model in trained(X, y).items()
}
pd.DataFrame(rows).T.round(2)

# %%
# So
# --
#
# - Where the answer hangs on what was long ago, gates win, and the longer ago the more clearly.
#   :doc:`plot_adding_problem` takes that to its end.
# - Where it hangs on the last few steps, the Elman network is as good, has a quarter of the weights
#   and is several times as fast.
# - How a network starts matters as much as what it is. Longer training, more sequences, or another
#   ``random_state`` can turn a failure into a success; try some before you judge a cell.
# - Between GRU and LSTM there is rarely much. Try both; ``GridSearchCV`` does not mind:

from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

X, y = (part[:800] for part in samples[60])
search = GridSearchCV(
    Pipeline([("network", GRUClassifier())]),
    {"network": [make(**settings) for make in classes.values()]},
    cv=3,
).fit(X, y)
table = pd.DataFrame(search.cv_results_)
table["network"] = [type(one).__name__ for one in table["param_network"]]
print(table.set_index("network")[["mean_test_score", "std_test_score"]].round(2))
plt.show()
