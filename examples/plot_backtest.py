"""
Backtests, and what they tell of forecasts
==========================================

How good will the forecast be? Nobody knows, but how good it would have been is easily told:
``backtest`` forecasts a series from several points in its past, of which each forecaster sees no
more than what lay before, and puts beside it what came. This page compares four forecasters of the
carbon dioxide that is measured at Mauna Loa, a year ahead from ten points, seven months apart: were
it a year, all of them would lie in the same month, and a step ahead would be a month of the year.
"""

import pandas as pd

from tsrnn import (
    AutoExpSmoothingRNN,
    DeseasonalizedForecaster,
    DoubleExpSmoothingRNN,
    NaiveForecaster,
    backtest,
)
from tsrnn.datasets import load_co2

co2 = load_co2()["1980":]  # as measured, with a season of a year
models = {
    "last year": NaiveForecaster(strategy="seasonal"),
    "damped": DoubleExpSmoothingRNN(damped=True),
    "damped, adjusted": DeseasonalizedForecaster(DoubleExpSmoothingRNN(damped=True)),
    "auto": AutoExpSmoothingRNN(),
}
past = pd.concat(
    backtest(model, co2, horizon=12, n_windows=10, step_size=7, level=0.8).assign(model=name)
    for name, model in models.items()
)
past.head(3)

# %%
# A row for each model
# --------------------
#
# ``evaluate`` makes scores of these rows. The mean absolute scaled error (MASE) is in units of what
# a month differs from the same month of the year before: so "last year", which repeats the last
# season, is near 1. Its bias says why it is not good: carbon dioxide rises, and it is always too
# low. Winkler's score judges the intervals: how wide they are, and what lies outside of them.

from tsrnn.metrics import evaluate

metrics = ["mae", "mase", "bias", "coverage", "winkler_score"]
evaluate(past, metrics, y_train=co2, period=12, level=0.8).set_index("model").round(2)

# %%
# Further ahead
# -------------
#
# With ``by="step"`` there is a row a model and step. What repeats the last year is as far off in
# the first month as in the last. One month ahead any of the others is better; what matters is how
# fast the errors grow. The smoother without a season is off by as much as the season moves. Of ten
# intervals eight should hold what comes, and those of models take their parameters for true: a few
# steps ahead they hold less than they say.

import matplotlib.pyplot as plt

by_step = evaluate(past, ["mae", "coverage"], by="step")

fig, axes = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
for ax, name in zip(axes, ["mae", "coverage"], strict=True):
    by_step.pivot(index="step", columns="model", values=name)[list(models)].plot(ax=ax, marker=".")
    ax.set_xlabel("months ahead")
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set_ylabel("mean absolute error, ppm")
axes[0].get_legend().set(frame_on=False)
axes[1].set_ylabel("share inside of the 80% intervals")
axes[1].axhline(0.8, color="0.7", linewidth=1.0)
axes[1].get_legend().remove()
plt.show()

# %%
# The points that they were made from
# -----------------------------------
#
# Ten points are few, and one bad year may decide. So look at them one by one before you choose:

by_cutoff = evaluate(past, "mae", by="cutoff")
by_cutoff.pivot(index="cutoff", columns="model", values="mae")[list(models)].round(2)

# %%
# :doc:`/backtesting` has more on this, and the same for many series at once.
