"""
Demand with many zeros, and totals until a delivery
===================================================

Of most spare parts none is sold in most weeks. What is asked about them is how many to expect, and
how many to have on the shelf so that they last until the next delivery. The series of this page
are made for it.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from tsrnn import AutoExpSmoothingRNN, CrostonForecaster

rng = np.random.default_rng(4)
weeks = pd.date_range("2023-01-01", periods=130, freq="W")


def make_part(probability):
    """Return the sales of a part, of which some are sold with this probability in each week."""
    sold = rng.random(len(weeks)) < probability
    return pd.Series(sold * (1 + rng.poisson(1.8, len(weeks))), weeks, name="sold")


steady = make_part(0.25)
steady.value_counts().sort_index()

# %%
# What to expect
# --------------
#
# :class:`~tsrnn.CrostonForecaster` smooths the sizes of demands and the intervals between them,
# each by itself. The forecast is the demand to expect a week, and no whole number; with
# ``counts=True`` its quantiles are.

model = CrostonForecaster(counts=True).fit(steady)
model.summary()

# %%
# Smoothing of a level comes to nearly the same forecast here. But its errors are not normal, so
# that its intervals begin far below zero. ``AutoExpSmoothingRNN`` says so where more than half of a
# series is zero.

with warnings.catch_warnings(record=True, action="always") as caught:
    smoother = AutoExpSmoothingRNN(period=1).fit(steady)
rows = {}
for name, one in {"Croston": model, "smoothing": smoother}.items():
    rows[name] = [one.predict(1).iloc[0], *one.predict_interval(1, level=0.9).iloc[0]]
print(caught[0].message)
pd.DataFrame(rows, ["expected", "lower", "upper"]).T.round(2)

# %%
# Parts that go out of use
# ------------------------
#
# Croston's method, with the correction of Syntetos and Boylan (``"sba"``, the default) and without
# (``"classic"``), learns nothing in a week without demand: a part that nobody asks for any more has
# the forecast that it had. The method of Teunter, Syntetos and Babai (``"tsb"``) smooths the
# probability of a demand, which falls with every week without one. A series that has just begun to
# fade tells little of how fast to follow: give ``beta``.

fading = make_part(0.4 * np.clip(np.linspace(2.2, -0.4, len(weeks)), 0.0, 1.0))
forecasters = {
    "sba": CrostonForecaster(beta=0.1),
    "tsb": CrostonForecaster(variant="tsb", beta=0.1),
}

figure, axes = plt.subplots(figsize=(8, 3.6), layout="constrained")
axes.vlines(weeks[fading > 0], 0, fading[fading > 0], color="0.7", label="sold")
for name, one in forecasters.items():
    one.fit(fading)
    ahead = pd.concat([one.fitted_values_, one.predict(26)])
    (line,) = axes.plot(ahead.iloc[: len(weeks)], label=f'variant="{name}"')
    axes.plot(ahead.iloc[len(weeks) - 1 :], "--", color=line.get_color())
axes.set(
    ylabel="parts a week", title="A part that goes out of use: forecasts, one week ahead and 26"
)
axes.legend(loc="upper right")

# %%
# How many to have
# ----------------
#
# A delivery takes four weeks. With what stock will the part last until then in 95 of 100 cases?
# Not with four times the quantile of a week: four bad weeks hardly ever come together. The answer
# is a quantile of the total, which ``total=True`` finds among simulated futures; every forecaster
# has it. The same question has the same answer, unless ``random_state`` says otherwise.

lead_time = 4
enough = model.predict_quantiles(lead_time, 0.95, total=True)
enough

# %%
# Here are the totals of ten thousand futures, and both answers:

totals = model.simulate(lead_time, 10_000, random_state=0).sum(axis=0)
of_weeks = model.predict_quantiles(lead_time, 0.95).sum().iloc[0]

figure, axes = plt.subplots(figsize=(8, 3.4), layout="constrained")
axes.bar(*np.unique(totals, return_counts=True), color="0.75")
axes.axvline(enough.iloc[0, 0] + 0.5, label=f"95% of the totals: up to {enough.iloc[0, 0]:.0f}")
axes.axvline(of_weeks + 0.5, color="C3", ls="--", label=f"four 95% quantiles: {of_weeks:.0f}")
axes.set(xlabel=f"parts in {lead_time} weeks", ylabel="futures of 10,000", xticks=range(0, 21, 2))
axes.legend()

# %%
# Is it enough?
# -------------
#
# Three hundred parts, the last four weeks held back: in how many of a hundred was the stock enough?
# About as many as asked, or some more, for there is no stock between two whole numbers.

levels = [0.5, 0.8, 0.95]
parts = pd.concat([make_part(one) for one in rng.uniform(0.1, 0.5, 300)], axis=1)
parts.columns = [f"part {number}" for number in range(300)]
past, held = parts.iloc[:-lead_time], parts.iloc[-lead_time:].sum()
every = CrostonForecaster(counts=True).fit(past)
stocks = every.predict_quantiles(lead_time, levels, total=True, n_paths=2000).iloc[0]
enough = [(held <= stocks.xs(level, level=1)).mean() for level in levels]
pd.DataFrame({"asked": levels, "enough": enough}).round(2)
