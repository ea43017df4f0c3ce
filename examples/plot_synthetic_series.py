"""
Series from priors
==================

:func:`~tsrnn.datasets.make_series` makes as many series as one likes, of many kinds. Here they are,
and a use: which kinds does a forecaster do well on?
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from tsrnn import DeseasonalizedForecaster, NaiveForecaster, PanelForecaster, ThetaForecaster
from tsrnn.datasets import make_series
from tsrnn.metrics import evaluate

series, families = make_series(500, 96, period=12, random_state=1, return_families=True)
pd.Series(families).value_counts().to_frame("of 500 series").T

# %%
# The families
# ------------
#
# Three series of each family, with the noise of quarterly ones and no season. Whatever the family,
# there may be a shift of the level, or an outlier; levels and scales are all different.


def draw(axes, series, title):
    """Draw a series without the numbers of its axes."""
    axes.plot(series, lw=0.9)
    axes.set_title(title, fontsize=8)
    axes.set(xticks=[], yticks=[])


names = sorted(set(families))
figure, axes = plt.subplots(len(names), 3, figsize=(8, 15), layout="constrained")
for row, name in zip(axes, names, strict=True):
    for one, y in zip(
        row, make_series(3, 96, families=name, frequency="quarterly", random_state=5), strict=True
    ):
        draw(one, y, name)

# %%
# The frequencies
# ---------------
#
# Yearly series have trends, monthly ones more noise and a season, hourly ones the season of the day
# before all. The numbers behind this were tuned on the data of forecasting competitions.

figure, axes = plt.subplots(6, 6, figsize=(8, 7.5), layout="constrained")
for row, (name, period) in zip(
    axes,
    {"yearly": 1, "quarterly": 4, "monthly": 12, "weekly": 52, "daily": 7, "hourly": 24}.items(),
    strict=True,
):
    length = {"yearly": 32, "quarterly": 64}.get(name, 120)
    for one, y in zip(
        row, make_series(6, length, period, frequency=name, random_state=0), strict=True
    ):
        draw(one, y, name)

# %%
# Forecasters on all of them
# --------------------------
#
# As one panel, the last year is to be forecast: the mean absolute scaled error of three
# forecasters, by family. No method is best everywhere, and a random walk leaves little to forecast.
# Seasons are taken off as factors here, which only positive series have.

positive = [i for i, y in enumerate(series) if y.min() > 0.0]
frame = pd.concat(
    pd.DataFrame({"unique_id": i, "ds": np.arange(96), "y": series[i]}) for i in positive
)
panel = PanelForecaster(
    [
        ("last season", NaiveForecaster(strategy="seasonal", period=12)),
        ("damped trend", DeseasonalizedForecaster(period=12)),
        ("theta", ThetaForecaster(period=12)),
    ],
    freq=1,
)
with warnings.catch_warnings(action="ignore"):  # a wild value hides a season, and the like
    past = panel.cross_validation(frame, h=12)
past["family"] = past["unique_id"].map(dict(enumerate(families)))
scores = evaluate(past, "mase", by="family", y_train=frame, period=12)
scores.pivot(index="family", columns="model", values="mase").round(2)
