"""
A sine wave, continued
======================

The first thing to ask of a recurrent network is to go on where a sine wave ends. This page cuts a
noisy wave into windows, trains a small Elman network to predict what comes after a window, and then
lets it read its own predictions, further and further ahead.
"""

# %%
# Windows
# -------
#
# The wave repeats every 25 steps, and has noise upon it. The first 300 values are for training.

import numpy as np

rng = np.random.default_rng(0)
wave = np.sin(2.0 * np.pi * np.arange(400) / 25)
y = wave + 0.05 * rng.normal(size=400)
train = y[:300]

# %%
# A window of 25 values is a sequence, and the value after it a target. The matrix of all windows is
# what a sequence regressor takes as it is: a row is a sequence, one number a step.

window = 25
windows = np.lib.stride_tricks.sliding_window_view(train, window)
X, following = windows[:-1], train[window:]
print(X.shape, following.shape)

# %%
# Training
# --------
#
# Eight units are plenty, and with so little data a quasi-Newton method is both quick and precise:
# ``solver="lbfgs"``, of which an epoch is one iteration. Every window up to the value 225 is for
# training, the last 75 are for validation: ``early_stopping`` watches the loss on them, and goes
# back to the weights that were best there.

from tsrnn import ElmanRNNRegressor
from tsrnn.plotting import TrainingHistoryDisplay

network = ElmanRNNRegressor(
    hidden_layer_sizes=8, solver="lbfgs", early_stopping=True, random_state=0
)
network.fit(X[:-75], following[:-75], X_val=X[-75:], y_val=following[-75:])

display = TrainingHistoryDisplay.from_estimator(network)
display.axes_[0].set_yscale("log")

# %%
# The loss is in units of the variance of the wave, which is 0.5: noise of standard deviation 0.05
# leaves 0.005 of it that nobody can predict.
#
# On from the end
# ---------------
#
# To go on, the network reads the last window, appends its prediction, drops the oldest value, and
# reads again. After 25 steps it has nothing before it but its own words.

values = list(train[-window:])
for _ in range(100):
    values.append(network.predict([values[-window:]])[0])
continued = np.array(values[window:])

import matplotlib.pyplot as plt

steps = np.arange(400)
fig, ax = plt.subplots(figsize=(9, 3.4), layout="constrained")
ax.plot(steps[225:300], train[225:], ".-", color="0.25", linewidth=1, label="data")
ax.plot(steps[300:], wave[300:], color="0.7", linewidth=4, label="the wave")
ax.plot(steps[300:], continued, color="tab:red", label="the network")
ax.set(xlabel="time step", ylim=(-1.3, 1.7))
ax.legend(frameon=False, ncols=3, loc="upper left")
ax.margins(x=0.01)
ax.spines[["top", "right"]].set_visible(False)

error = np.sqrt(np.mean((continued - wave[300:]) ** 2))
print(f"root mean square error of 100 steps: {error:.3f}")

# %%
# Four periods ahead it is still in step, and nearer to the wave than the data are.
# ``RNNForecaster`` goes on from the end in the same way, around any sequence regressor, and has
# what other forecasters have: time stamps, intervals, ``update``. It is made for series that need
# not stay at one height.
#
# What the units do
# -----------------
#
# The network remembers by its state alone. Reading the last window, its units soon fall into step:
# each swings with a phase of its own, and the next value is a weighted sum of them.

from tsrnn.plotting import HiddenStateDisplay

HiddenStateDisplay.from_estimator(network, X, sample=-1)
plt.show()

# sphinx_gallery_thumbnail_number = 2
