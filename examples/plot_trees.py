"""
Trees that follow a trend
=========================

A tree forecasts means of what it has seen, and so never more than the largest of it. What it sees
is a matter of units. ``WindowForecaster`` measures the values before a step from the last of them;
a tree then learns changes, and follows a series that rises to where it has never been.
"""

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.ensemble import GradientBoostingRegressor

from tsrnn import WindowForecaster
from tsrnn.datasets import load_co2
from tsrnn.metrics import mase

# %%
# Carbon dioxide in the air rises by more than one part in a million a year, with a season. Six
# years are held back. A regressor for each of the next 12 months reads the last three values, those
# of a year ago and the mean of the last year; further ahead forecasts go on from those.

co2 = load_co2()
known, later = co2[:"1995"], co2["1996":]
tree = GradientBoostingRegressor(n_estimators=50, random_state=0)
options = {"lags": (1, 2, 3, 12, 13), "rolling": ((12, "mean"),), "horizon": 12}
models = {
    "units of the window": WindowForecaster(tree, **options),
    "raw values": WindowForecaster(tree, units="raw", **options),
}
forecasts = {name: model.fit(known).predict(len(later)) for name, model in models.items()}
pd.Series(
    {name: mase(later, forecast, y_train=known, period=12) for name, forecast in forecasts.items()}
).round(2)

# %%
# In raw values the forecast repeats the last years below the highest value that was known. In units
# of the window it goes on.

bounds = models["units of the window"].predict_interval(len(later), level=0.8)
fig, ax = plt.subplots(figsize=(9, 4.5), layout="constrained")
ax.plot(co2["1990":], color="black", linewidth=1.2, label="measured")
for (name, forecast), color in zip(forecasts.items(), ("tab:blue", "tab:red"), strict=True):
    ax.plot(forecast, color=color, label=f"forecast in {name}")
ax.fill_between(
    bounds.index, bounds.iloc[:, 0], bounds.iloc[:, 1], color="tab:blue", alpha=0.2, linewidth=0
)
ax.axhline(known.max(), color="gray", linewidth=0.8, linestyle="dotted")
ax.text(co2.index[372], known.max(), "highest value known", va="bottom", color="gray")
ax.set_ylabel("carbon dioxide, ppm")
ax.legend()

# %%
# What the regressors read is named, in the order of their columns, and each is there to be asked.

model = models["units of the window"]
print(model.lag_names_, len(model.estimators_), model.n_windows_)

# %%
# A panel of series is read by the same trees together: ``PanelForecaster`` takes the forecaster.
