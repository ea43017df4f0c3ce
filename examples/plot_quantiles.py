"""
Quantiles from one network
==========================

A network need not say one number. With ``loss="quantile"`` it learns several quantiles of what
comes at once, and they never cross: its outputs are the one in the middle, and the distances
from there outwards. This page forecasts two years of the carbon dioxide above Mauna Loa, month by
month and all at once, with 50% and 90% intervals, from the training that gives the medians.
"""

# %%
# Windows of three years, and what came after
# -------------------------------------------
#
# A sample is what three years of months differ from the year before, which has no season. Its
# targets are the 24 months that follow, each less the same month of the last year that is known. Of
# the last windows some of these have not been seen yet. They are missing, and need not be cut off:
# NaN in ``y`` is left out of the loss.

import numpy as np
import pandas as pd

from tsrnn import GRURegressor
from tsrnn.datasets import load_co2

WINDOW, HORIZON = 36, 24
co2 = load_co2()["1965":]  # from where on no month is missing
known, future = co2[:-HORIZON].to_numpy(), co2[-HORIZON:]

padded = np.concatenate([known, np.full(HORIZON, np.nan)])
rows = np.lib.stride_tricks.sliding_window_view(padded, 12 + WINDOW + HORIZON)
past, ahead = rows[:, :-HORIZON], rows[:, -HORIZON:]
X = past[:, 12:] - past[:, :-12]
year_before = np.tile(past[:, -12:], 2)
y = ahead - year_before
last, X, y = X[-1:], X[:-1], y[:-1]  # nothing is known of what follows the last
print(f"{len(X)} windows, {np.isnan(y).mean():.1%} of the targets are missing")

# %%
# Five levels at once
# -------------------
#
# ``learning_rate="cosine"`` lets the step fall to nothing over the epochs, after ten steps in which
# it rises: so the last weights are as good as any before them, and no patience has to be chosen.
#
# The network is small and its training short. The windows of a single series overlap, and a larger
# one soon knows them by heart: trained on the years before 1990, this one's 90% intervals held 84%
# of what came in the nineties, and those of 16 units after 40 epochs 65%.

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
network = GRURegressor(
    hidden_layer_sizes=8,
    loss="quantile",
    quantiles=LEVELS,
    learning_rate="cosine",
    warmup_steps=10,
    max_iter=15,
    batch_size=32,
    random_state=0,
).fit(X, y)

quantiles = network.predict_quantiles(last)[0] + year_before[-1:].T  # (24, 5)
forecast = pd.DataFrame(quantiles, index=future.index, columns=LEVELS)
print((np.diff(quantiles, axis=1) > 0).all())

import matplotlib.pyplot as plt

fig, ax = plt.subplots(figsize=(9, 4.5), layout="constrained")
ax.plot(co2[-60 - HORIZON : -HORIZON], color="0.4", label="known")
ax.plot(future, ".", color="black", label="what came")
ax.plot(forecast[0.5], color="C0", label="median")
ax.fill_between(forecast.index, forecast[0.25], forecast[0.75], color="C0", alpha=0.35, label="50%")
ax.fill_between(forecast.index, forecast[0.05], forecast[0.95], color="C0", alpha=0.18, label="90%")
ax.set_ylabel("CO2, ppm")
ax.legend(loc="upper left")

# %%
# Other levels
# ------------
#
# Levels between those that were trained are interpolated, on the scale of the normal distribution;
# beyond them the network has learned nothing, and says so.

print(network.predict_quantiles(last, (0.1, 0.9)).shape)
try:
    network.predict_quantiles(last, 0.99)
except ValueError as error:
    print(error)

# %%
# Do they hold?
# -------------
#
# On made data one can count. The noise here grows from a tenth to eleven tenths with the last step
# of each sequence, and the network is to find that out from single values.

rng = np.random.default_rng(0)
X = rng.uniform(size=(4000, 6))
spread = 0.1 + X[:, -1]
y = X[:, 0] + spread * rng.normal(size=len(X))
settings = network.get_params() | {"max_iter": 20, "learning_rate_init": 0.01}
network = GRURegressor(**settings).fit(X[:3000], y[:3000])
made = network.predict_quantiles(X[3000:])
print((y[3000:, None] <= made).mean(axis=0).round(3), "for", LEVELS)

# %%
# What it has found, of sequences whose other steps are a half:

grid = np.full((100, 6), 0.5)
grid[:, -1] = np.linspace(0.0, 1.0, 100)

fig, ax = plt.subplots(figsize=(9, 4.5), layout="constrained")
ax.plot(X[3000:, -1], y[3000:] - X[3000:, 0], ".", color="0.7", markersize=3)
for level, found in zip(LEVELS, network.predict_quantiles(grid).T, strict=True):
    ax.plot(grid[:, -1], found - 0.5, label=f"{level:g}")
ax.set_xlabel("last step, which the noise grows with")
ax.set_ylabel("target less its mean")
ax.legend(title="level", loc="upper left")
plt.show()
