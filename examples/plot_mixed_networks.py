"""
Networks and local methods, mixed
=================================

A network that learns from many series knows how such series go on; a method that is fitted to one
series by itself knows that series. Their errors differ, and so a mix of both is often better than
either. ``EnsembleForecaster`` takes combinations and networks as members, and
``weights="backtest"`` asks the last values of the series how much of each there should be.

Sixty markets: in two of three sales grow along a line of their own, in the third they saturate, at
a time that hardly shows before it comes.
"""

import numpy as np
import pandas as pd

rng = np.random.default_rng(0)
years = pd.date_range("1995", periods=30, freq="YE")
sales = {}
for i in range(60):
    t = np.arange(30)
    growth = 1.0 + rng.uniform(0.01, 0.08) * t
    if i % 3 == 0:
        growth = 0.5 + 1.0 / (1.0 + np.exp(-(t - rng.uniform(8, 28)) / rng.uniform(2.5, 4.0)))
    level = np.exp(rng.normal(4.0, 1.0))
    noise = rng.normal(0.0, 0.015, 30).cumsum() + rng.normal(0.0, 0.03, 30)
    sales[f"market {i:02}"] = level * np.maximum(growth + noise, 0.1)
panel = pd.concat(
    pd.DataFrame({"unique_id": name, "ds": years, "y": y}) for name, y in sales.items()
)

# %%
# The mix
# -------
#
# The network is trained once for the forecasts, and once more on series whose last six years are
# held back: the weights are of these, and the intervals as well.

import warnings

from tsrnn import EnsembleForecaster, PanelForecaster, RNNForecaster
from tsrnn.exceptions import UnreliableForecastWarning

# Of markets that have just begun to grow: forecasts go far beyond what they have sold so far.
warnings.simplefilter("ignore", UnreliableForecastWarning)

local, network = EnsembleForecaster(), RNNForecaster(horizon=6, n_members=2, random_state=0)
mixed = EnsembleForecaster([("local", local), ("network", network)], weights="backtest")
fitted = PanelForecaster(mixed, alias="mix").fit(panel)
fitted.weights_.head(3)

# %%
# How much of the network
# -----------------------
#
# What the backtest has seen, once more by hand: with the last six years held back, the mean error
# of every mix of the two, in units of the mean change from year to year.

import matplotlib.pyplot as plt

last = years[-6]
known, ahead = panel[panel["ds"] < last], panel[panel["ds"] >= last]
both = PanelForecaster([("local", local), ("network", network)]).fit(known)
table = ahead.merge(both.predict(6), on=["unique_id", "ds"])
change = known.groupby("unique_id")["y"].agg(lambda y: y.diff().abs().mean())
unit = table["unique_id"].map(change)

shares = np.linspace(0.0, 1.0, 11)
errors = [
    ((table["y"] - (1.0 - w) * table["local"] - w * table["network"]).abs() / unit).mean()
    for w in shares
]
taken = fitted.weights_["network"].iloc[0]

fig, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
axes[0].plot(shares, errors, "o-", color="0.25", markersize=4)
axes[0].axvline(taken, color="C3", linewidth=1.2)
axes[0].annotate(f"taken: {taken:.1f}", (taken, max(errors)), (5, -4), textcoords="offset points")
axes[0].set(xlabel="weight of the network", ylabel="mean scaled error, held back")

name = "market 39"
forecast = fitted.predict(6, level=90).query("unique_id == @name").set_index("ds")
axes[1].plot(years, sales[name], color="0.25", label=name)
for one, color in (("local", "C0"), ("network", "C1")):
    alone = PanelForecaster({"local": local, "network": network}[one], alias=one).fit(panel)
    line = alone.predict(6).query("unique_id == @name").set_index("ds")[one]
    axes[1].plot(line, color=color, linewidth=1.0, label=one)
axes[1].plot(forecast["mix"], color="black", linewidth=1.6, label="mix")
axes[1].fill_between(
    forecast.index, forecast["mix-lo-90"], forecast["mix-hi-90"], color="0.85", label="90%"
)
axes[1].legend(frameon=False, loc="upper left")
axes[1].set_ylabel("sales")
for ax in axes:
    ax.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# The curve is flat about its smallest error, and where that is depends on the six years as much as
# on the methods. So the weights are those nearest to equal ones within one percent of it.
# :doc:`/ensembles` has the numbers of the M3 and M4 competitions.
