"""
Many series at once
===================

``PanelForecaster`` fits a forecaster to every series of a long frame: a row a series and time step.
Each series is fitted on its own and may begin and end where it will. Here are the weekly sales
of three hundred articles, made for this page: some sell steadily and some grow, each with a level
of its own. Two of them are damaged, as real files are.
"""

import numpy as np
import pandas as pd

rng = np.random.default_rng(0)


def make_article(number):
    """Return one article's rows."""
    n_weeks = rng.integers(60, 150)
    growth = rng.choice([0.0, 0.0, 0.5])
    level = np.exp(rng.normal(4.5, 0.6)) + np.cumsum(growth + 2.0 * rng.normal(size=n_weeks))
    # Sales fail by more upwards than downwards, which no normal distribution knows.
    surprise = 3.0 * (rng.exponential(size=n_weeks) - 1.0) * rng.choice([1.0, 3.0])
    weeks = pd.date_range(end="2025-06-29", periods=n_weeks, freq="W")
    return pd.DataFrame({"unique_id": f"article {number:03}", "ds": weeks, "y": level + surprise})


sales = pd.concat([make_article(number) for number in range(300)], ignore_index=True)
sales["y"] = sales["y"].round(1).astype(object)

third, fourth = (sales.index[sales["unique_id"] == f"article 00{i}"] for i in (3, 4))
sales.loc[third[20], "y"] = "n/a"  # a word
sales = sales.drop(index=fourth[30])  # a week that is not there

sales

# %%
# Fit and forecast
# ----------------
#
# A series that will not do stops no other. It is listed with the reason, and a warning says how
# many there are.

import warnings

from tsrnn import DoubleExpSmoothingRNN, PanelForecaster

holt = DoubleExpSmoothingRNN(damped=True, prior="cautious")
panel = PanelForecaster(holt, alias="holt", n_jobs=2)
with warnings.catch_warnings():
    warnings.simplefilter("ignore", UserWarning)
    panel.fit(sales)

for name, reason in zip(panel.failures_["unique_id"], panel.failures_["reason"], strict=True):
    print(f"{name}: {reason}")

# %%
# Both can be mended: a missing value is NaN, and a week without a value is a row with one.

good = sales.assign(y=pd.to_numeric(sales["y"], errors="coerce"))
week = pd.DataFrame({"unique_id": "article 004", "ds": [good.loc[fourth[29], "ds"]]})
week["ds"] += pd.Timedelta(weeks=1)
good = pd.concat([good, week]).sort_values(["unique_id", "ds"], ignore_index=True)

panel.fit(good)
print(len(panel.failures_), "failures")

panel.predict(8, level=[80, 95]).set_index(["unique_id", "ds"]).round(1)

# %%
# Does it forecast well?
# ----------------------
#
# ``cross_validation`` forecasts from points in the past of every series: here from three, eight
# weeks apart. ``cutoff`` is the last week that was known. The yardstick is the last value,
# repeated.

from tsrnn import NaiveForecaster

errors = {}
for name, forecaster in {"holt": holt, "naive": NaiveForecaster()}.items():
    other = PanelForecaster(forecaster, alias=name, n_jobs=2)
    past = other.cross_validation(good, h=8, n_windows=3)
    ahead = past.groupby(["unique_id", "cutoff"]).cumcount() + 1
    errors[name] = (past["y"] - past[name]).abs().groupby(ahead.rename("weeks ahead")).mean()

pd.DataFrame(errors).T.round(2)

# %%
# Intervals that were tried
# -------------------------
#
# The intervals of the models believe in their errors: independent, normal, and as large as in the
# past that was fitted. ``method="conformal"`` takes their widths from forecasts that were made
# before: it forecasts the ends of the series from some time before them, and stretches the
# deviations until so many of the values would have been inside. Series about as long share their
# scores. We hold back eight weeks to see how many of the values are inside.

from tsrnn.metrics import coverage

is_last = good.groupby("unique_id").cumcount(ascending=False) < 8
before = PanelForecaster(holt, alias="holt", n_jobs=2).fit(good[~is_last])
came = good.loc[is_last, "y"]

rows = {}
for method in ("auto", "conformal"):
    table = before.predict(8, level=[80, 95], method=method)
    rows[method] = {
        f"inside the {level}% intervals": coverage(
            came, table[f"holt-lo-{level}"], table[f"holt-hi-{level}"]
        )
        for level in (80, 95)
    }
pd.DataFrame(rows).T.round(3)

# %%
# The normal distribution serves in the middle, but more sales than promised escape its 95%
# intervals: large surprises are more frequent than it expects. The conformal ones know them.
#
# New weeks come in
# -----------------
#
# ``update`` moves all states on through new rows and keeps the parameters, at a cost that does not
# depend on how long the series are.

article = "article 158"
seen, came = good[~is_last], good[is_last]
first = came.groupby("unique_id").head(4)
forecasts = {"before": before.predict(8, level=[80])}
before.update(first)
forecasts["four weeks later"] = before.predict(8, level=[80])

import matplotlib.pyplot as plt
from matplotlib.dates import ConciseDateFormatter

fig, axes = plt.subplots(1, 2, figsize=(10, 3.8), sharey=True, layout="constrained")
known = {"before": seen, "four weeks later": good.drop(came.index.difference(first.index))}
for ax, (name, table) in zip(axes, forecasts.items(), strict=True):
    one, data = (frame[frame["unique_id"] == article] for frame in (table, known[name]))
    rest = good[(good["unique_id"] == article) & (good["ds"] > data["ds"].max())]
    data = data.tail(40)
    ax.plot(data["ds"], data["y"], color="0.25", linewidth=1.2, label="data")
    ax.plot(rest["ds"], rest["y"], ".", color="0.25", label="not known yet")
    ax.plot(one["ds"], one["holt"], color="tab:red", label="forecast")
    bounds = one["holt-lo-80"], one["holt-hi-80"]
    ax.fill_between(
        one["ds"], *bounds, color="tab:red", alpha=0.2, linewidth=0, label="80% interval"
    )
    ax.set_title(f"{article}, {name}", loc="left")
    ax.spines[["top", "right"]].set_visible(False)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(ax.xaxis.get_major_locator()))
axes[0].set_ylabel("sales")
axes[0].legend(frameon=False, loc="upper left")
plt.show()

# %%
# Any forecaster of the library can stand in a panel: ``AutoExpSmoothingRNN()`` chooses a
# structure for each series, ``DeseasonalizedForecaster(DoubleExpSmoothingRNN())`` takes
# the season off first. Further columns of the frame are regressors known in advance.
