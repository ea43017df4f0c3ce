"""
Two seasons: the day and the week
=================================

What is counted by the hour has a season of the day, and most of it a season of the week as well: a
Saturday's hours are not a Friday's. ``DeseasonalizedForecaster`` takes several seasons off when
``period`` is a tuple of their lengths, forecasts what is left, and puts them back.

The series is one of the M4 competition's hourly ones, if its data are at hand (see
:func:`~tsrnn.datasets.fetch_m4`); otherwise one like it is made up. The last week is held back.
"""

import numpy as np
import pandas as pd

from tsrnn.datasets import fetch_m4


def make_hours(n_timesteps):
    """Return a series with a day of two peaks, a week with a quieter end, and a wandering level."""
    hour, day = np.arange(n_timesteps) % 24, np.arange(n_timesteps) // 24 % 7
    of_day = np.exp(-((hour - 9.0) ** 2) / 18.0) + 1.3 * np.exp(-((hour - 19.0) ** 2) / 10.0)
    of_week = np.where(day >= 5, 0.75, 1.0)
    noise = np.random.default_rng(0).normal(size=(2, n_timesteps))
    level = 600.0 * np.exp(0.004 * noise[0].cumsum())
    return level * (0.7 + 0.4 * of_day) * of_week * np.exp(0.02 * noise[1])


try:
    values = fetch_m4("hourly", download_if_missing=False).train[161]
    print("from the competition")
except OSError:
    values = make_hours(700)
    print("made up")

# The competition does not tell its dates: these are for the axis.
index = pd.date_range("2024-01-01", periods=len(values), freq="h")
y = pd.Series(np.asarray(values, dtype=float), index, name="y")
train, test = y[:-168], y[-168:]

# %%
# With one season and with two
# ----------------------------
#
# From the time stamps alone a season of 24 hours is taken. The week has to be named.

import matplotlib.pyplot as plt

from tsrnn import DeseasonalizedForecaster
from tsrnn.plotting import ForecastDisplay

one = DeseasonalizedForecaster().fit(train)
two = DeseasonalizedForecaster(period=(24, 168)).fit(train)
print("seasons of", one.period_, "and of", two.period_, "of which there are", two.is_seasonal_)

fig, axes = plt.subplots(2, 1, figsize=(9, 5.4), sharex=True, sharey=True, layout="constrained")
for ax, model, title in zip(axes, (one, two), ("the day", "the day and the week"), strict=True):
    ForecastDisplay.from_estimator(model, len(test), level=0.95, last=168, ax=ax)
    ax.plot(test, ".", color="0.25", markersize=3, label="held back")
    error = np.abs(test - model.predict(len(test))).mean()
    ax.set_title(f"the season of {title}: mean absolute error {error:.1f}", loc="left")
    ax.legend(frameon=False, fontsize="small", loc="upper left", ncols=4)

# %%
# What the seasons are
# --------------------
#
# The series is a product: of a level that is forecast, of a factor for the hour of the day, and of
# one for the hour of the week. They are found by MSTL and may change along the series; these are
# the last of each, which are carried on.

of_day, of_week = two.seasonal_indices_
fig, axes = plt.subplots(1, 2, figsize=(9, 3), sharey=True, layout="constrained")
for ax, factors, name in zip(axes, (of_day, of_week), ("day", "week"), strict=True):
    ax.axhline(1.0, color="0.8", linewidth=1)
    ax.plot(np.arange(len(factors)), factors, color="tab:blue")
    ax.set(xlabel=f"hour of the {name}", xticks=np.arange(0, len(factors) + 1, len(factors) // 7))
    ax.set_title(f"factors of the {name}", loc="left")
axes[0].set_xticks(np.arange(0, 25, 6))

# %%
# As new hours come in ``update`` moves the level on, and keeps the hour of the day and of the week.

two.update(test[:30])
print(two.predict(3).round(1))
