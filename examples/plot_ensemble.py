"""
Several methods, one forecast
=============================

Which method will forecast best is hardly known beforehand. ``EnsembleForecaster`` fits several of
them, and takes the mean of their forecasts. This page looks at what its members say of carbon
dioxide in the air, and how far the mean was off.
"""

from tsrnn import EnsembleForecaster
from tsrnn.datasets import load_co2

co2 = load_co2()["1974":]
train, test = co2[:"1979"], co2["1980":"1984"]

ensemble = EnsembleForecaster().fit(train)  # of months, so with a season of 12 steps
ensemble.summary()

# %%
# The members
# -----------
#
# ``members_`` has them by their names, each a fitted forecaster. They differ in how far the trend
# of six years goes on: the theta method takes about half of it.

import matplotlib.pyplot as plt

fig, ax = plt.subplots(figsize=(9, 4.5), layout="constrained")
ax.plot(train, color="0.25", linewidth=1.2, label="data")
ax.plot(test, ".", color="0.25", markersize=4, label="held back")
for name, member in ensemble.members_.items():
    ax.plot(member.predict(60), linewidth=0.8, alpha=0.8, label=name)
bounds = ensemble.predict_interval(60, level=0.95)
ax.plot(ensemble.predict(60), color="black", linewidth=1.6, label="mean")
ax.fill_between(bounds.index, bounds["lower"], bounds["upper"], color="0.85", label="95%")
ax.set_ylabel("ppm")
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False, ncols=2, loc="upper left")
plt.show()

# %%
# The interval is learned from what the combination missed in the past, and wider where the members
# differ: members' own intervals say nothing of the error of their mean.
#
# No member is always the best
# ----------------------------
#
# Errors of two years ahead from eight origins, in units of the mean change over a year; the last
# column is their mean.

import pandas as pd

from tsrnn.metrics import mase

errors = {}
for year in range(1980, 1996, 2):
    known, ahead = co2[: str(year - 1)], co2[str(year) : str(year + 1)]
    fitted = EnsembleForecaster().fit(known)
    forecasts = {name: one.predict(24) for name, one in fitted.members_.items()}
    forecasts["mean of all"] = fitted.predict(24)
    known = known.interpolate()
    errors[year] = {k: mase(ahead, one, known, period=12) for k, one in forecasts.items()}
errors = pd.DataFrame(errors)
errors["all"] = errors.mean(axis=1)
errors.round(2)

# %%
# On a series as regular as this one the mean is nearly as good as the better members, and which
# those are was not known. Over thousands of series it is better than any of them:
# :doc:`/ensembles` has the numbers.
