"""
Several models of many series
=============================

``PanelForecaster`` takes a list of forecasters: the frame is read once, and each model gets a
column of forecasts. Here are six series of the economy of the United States, by quarters since
1959. They have no season (they were adjusted for it), but trends, and recessions.
"""

# %%
# The series
# ----------
# The table that statsmodels ships becomes a long frame: a row a series and quarter.

import matplotlib.pyplot as plt
import pandas as pd
from statsmodels.datasets import macrodata

table = macrodata.load_pandas().data
table.index = pd.period_range("1959Q1", periods=len(table), freq="Q", name="ds").to_timestamp()
series = ["realgdp", "realcons", "realinv", "realgovt", "cpi", "unemp"]
df = table[series].melt(ignore_index=False, var_name="unique_id", value_name="y").reset_index()

# %%
# Which model?
# ------------
# Two years ahead, from twelve points in the past, a year apart: each model is fitted anew at each,
# and sees nothing of what follows. ``max_train`` would show it the last years alone, and ``gap``
# leave out quarters whose figures are not known yet.

from tsrnn import DoubleExpSmoothingRNN, NaiveForecaster, PanelForecaster, ThetaForecaster
from tsrnn.metrics import evaluate

models = [
    ("last value", NaiveForecaster()),
    ("drift", NaiveForecaster(strategy="drift")),
    ("theta", ThetaForecaster()),
    ("holt", DoubleExpSmoothingRNN(prior="cautious")),
    ("damped", DoubleExpSmoothingRNN(damped=True, prior="cautious")),
]
panel = PanelForecaster(models, n_jobs=2)
past = panel.cross_validation(df, h=8, n_windows=12, step_size=4, level=80)
scores = evaluate(past, ["mase", "coverage"], y_train=df)
scores.round(2)

# %%
# Every model meets the same rows, so that the scores can be compared. Behind the means are series
# of different kinds:

by_series = evaluate(past, "mase", by="unique_id", y_train=df)
by_series = by_series.pivot(index="unique_id", columns="model", values="mase")[scores["model"]]
by_series.loc[series].round(2)

# %%
# Forecasts side by side
# ----------------------
# Up to autumn 2007 all was well. The forecasts of then, with intervals of 80 percent, and what
# came:

known = df[df["ds"] < "2007-10"]
forecasts = panel.fit(known).predict(8, level=80)

fig, axes = plt.subplots(1, 3, figsize=(10, 3.2), layout="constrained")
for ax, name in zip(axes, ["realcons", "realinv", "unemp"], strict=True):
    own = df[(df["unique_id"] == name) & (df["ds"] >= "2002")]
    ax.plot(own["ds"], own["y"], color="black", linewidth=1, label="observed")
    ahead = forecasts[forecasts["unique_id"] == name]
    for number, model in enumerate(["drift", "theta", "damped"]):
        color = f"C{number}"
        ax.plot(ahead["ds"], ahead[model], color=color, label=model)
        bounds = ahead[f"{model}-lo-80"], ahead[f"{model}-hi-80"]
        ax.fill_between(ahead["ds"], *bounds, color=color, alpha=0.15, linewidth=0)
    ax.set_title(name)
    ax.xaxis.set_major_locator(plt.matplotlib.dates.YearLocator(2))
axes[0].legend()
plt.show()

# %%
# Futures
# -------
# ``simulate`` draws possible futures, of which quantities may be made that no interval tells: how
# likely is it that unemployment is above its present value in each of the next four quarters?

paths = panel.simulate(4, n_paths=1000, random_state=0)
last = known[known["unique_id"] == "unemp"]["y"].iloc[-1]
unemployed = paths[paths["unique_id"] == "unemp"].set_index("path")[scores["model"]]
(unemployed > last).groupby("path").all().mean()
