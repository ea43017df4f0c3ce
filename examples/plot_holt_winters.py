"""
A season that is added, and one that multiplies
===============================================

``TripleExpSmoothingRNN`` is the method of Holt and Winters: a level, a trend and a season. The
season is a difference from the level (``seasonal="add"``) or a factor (``seasonal="mul"``). To see
what hangs on that we make a series of which we know everything: twelve years of monthly sales that
grow fast at first and slowly later. Their season is a share of the level, and every December is a
little better than the one before.
"""

import numpy as np
import pandas as pd

rng = np.random.default_rng(3)
time = np.arange(144)
months = pd.date_range("2013-01", periods=144, freq="MS")

growth = np.where(time < 72, 0.014, 0.004)
level = pd.Series(100.0 * np.exp(growth.cumsum()), index=months)
december = np.where(time % 12 == 11, 0.002 * time, 0.0)
season = 1.0 + 0.2 * np.sin(2.0 * np.pi * (time - 3.5) / 12.0) + december
noise = np.exp(0.02 * rng.normal(size=144))
sales = (level * season * noise).rename("sales")

train, test = sales[:-24], sales[-24:]

# %%
# The two fits
# ------------
#
# Errors have their own switch: ``error="mul"`` takes them as shares of the prediction, so that
# they grow with the series, too. It goes well with a multiplicative season.

from tsrnn import TripleExpSmoothingRNN
from tsrnn.metrics import coverage, mase

models = {
    "additive": TripleExpSmoothingRNN(seasonal="add").fit(train),
    "multiplicative": TripleExpSmoothingRNN(seasonal="mul", error="mul").fit(train),
}

table = {}
for name, model in models.items():
    bounds = model.predict_interval(24, level=0.9)
    table[name] = {
        "alpha": model.alpha_,
        "beta": model.beta_,
        "gamma": model.gamma_,
        "log-likelihood": model.loglik_,
        "AICc": model.aicc_,
        "MASE, two years ahead": mase(test, model.predict(24), train, period=12),
        "inside the 90% intervals": coverage(test, bounds["lower"], bounds["upper"]),
    }
pd.DataFrame(table).round(3)

# %%
# Both have the same number of parameters, and the likelihoods are those of the same values, so
# the criteria can be compared: the series speaks for the multiplicative season. The additive model
# makes up for it with a large gamma: its season has to be learned anew in every year.

import matplotlib.pyplot as plt

fig, axes = plt.subplots(1, 2, figsize=(10, 3.8), sharey=True, layout="constrained")
for ax, (name, model) in zip(axes, models.items(), strict=True):
    forecast, bounds = model.predict(24), model.predict_interval(24, level=0.9)
    ax.plot(train["2019":], color="0.25", linewidth=1.2, label="data")
    ax.plot(test, ".", color="0.25", label="held back")
    ax.plot(forecast, color="tab:red", label="forecast")
    ax.fill_between(
        forecast.index,
        bounds["lower"],
        bounds["upper"],
        color="tab:red",
        alpha=0.2,
        linewidth=0,
        label="90% interval",
    )
    ax.set_title(f"{name} season", loc="left")
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set_ylabel("sales")
axes[0].legend(frameon=False, loc="upper left")
plt.show()

# %%
# The additive model expects the same swing next year as in the last one. The intervals of
# multiplicative errors grow and shrink with the season, those of additive ones only with the
# distance. Where the season is additive they have a closed form; a product of level and season has
# none, and its intervals are quantiles of simulated futures.
#
# Level, trend and season
# -----------------------
#
# ``state_`` is the state at the end: level, trend and the twelve seasons to come. ``level_``,
# ``trend_`` and ``season_`` are what the model made of each month as it came, and
# ``ComponentsDisplay`` draws them. What the series was made of lies beside them, dashed.

from tsrnn.plotting import ComponentsDisplay

display = ComponentsDisplay.from_estimator(models["multiplicative"])
made = {"level": level, "season": pd.Series(season, index=months)}
for ax, name in zip(display.axes_, ["level", "trend", "season"], strict=False):
    if name in made:
        ax.plot(made[name][train.index], "--", color="tab:orange", label="made")
        ax.legend(frameon=False, ncols=3, loc="upper left")
display.axes_[2].set_ylim(0.75, 1.4)
plt.show()

# %%
# Level and season are found again, each from what came until then. The trend is what the level
# gained lately, and noisier than both: it takes a year to learn that growth has slowed down. How
# closely a trend should follow, the likelihood of a short series hardly knows; what a prior can do
# about that is the subject of another page, :ref:`sphx_glr_auto_examples_plot_selection.py`.
