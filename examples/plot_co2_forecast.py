"""
Forecasting carbon dioxide with scikit-learn's tools
====================================================

A forecaster is a scikit-learn estimator whose rows are time steps. So the tools that compare and
tune estimators work on it as they are. The series here is the monthly mean of carbon dioxide
over Mauna Loa, in parts per million, its season taken off.
"""

import pandas as pd

from tsrnn import DoubleExpSmoothingRNN, SimpleExpSmoothingRNN
from tsrnn.datasets import load_co2

co2 = load_co2(adjusted=True)
co2.tail(3)

# %%
# Which method forecasts best?
# ----------------------------
#
# ``TimeSeriesSplit`` trains on the past and tests on what follows: here five times, on a year each.
# A forecaster needs no features, but scikit-learn wants rows to split: a DataFrame without
# columns gives it the rows, and the forecaster their dates.

from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score

rows = pd.DataFrame(index=co2.index)
years = TimeSeriesSplit(5, test_size=12)

metric = "neg_mean_absolute_error"

for model in [SimpleExpSmoothingRNN(), DoubleExpSmoothingRNN()]:
    errors = -cross_val_score(model, rows, co2, cv=years, scoring=metric)
    print(f"{model!s:<24} mean error {errors.mean():.3f} ppm, by year", errors.round(2))

# %%
# Carbon dioxide rises, and a level alone cannot follow. Would the trend be better damped, or fitted
# to the absolute rather than the squared error? A grid search tells, and refits the winner on
# the whole series.

grid = {"damped": [False, True], "loss": ["likelihood", "absolute_error"]}
search = GridSearchCV(DoubleExpSmoothingRNN(), grid, cv=years, scoring=metric)
search.fit(rows, co2)

table = pd.DataFrame(search.cv_results_).set_index(["param_damped", "param_loss"])
(-table["mean_test_score"]).rename("mean absolute error").round(4).to_frame()

# %%
# The forecast
# ------------
#
# What to predict is a number of steps, or an index of dates; the answer carries its dates.

from tsrnn.plotting import ForecastDisplay

best = search.best_estimator_
ForecastDisplay.from_estimator(best, 36, last=120)
best.predict_interval(3, level=0.95).round(2)

# %%
# New values come in
# ------------------
#
# ``update`` moves level and trend on through new values and leaves the parameters alone, at a cost
# that does not grow with the length of the series. Forecasts made month by month, each with all
# that is known by then, are held beside those made a year ago:

last_year = co2.iloc[-12:]
model = DoubleExpSmoothingRNN().fit(co2.iloc[:-12])

forecasts = {"from a year ago": model.predict(12), "month by month": []}
for month in last_year.index:
    forecasts["month by month"].append(model.predict(1).iloc[0])
    model.update(last_year[[month]])

for name, values in forecasts.items():
    print(f"{name:<16} mean absolute error {(last_year - values).abs().mean():.3f} ppm")

# %%
# Missing values
# --------------
#
# Where a value is missing the level moves on along the trend, uncorrected, and the interval
# widens with every step until there is a value again. We blank two years to see it. Dates inside
# the series ask for one-step-ahead predictions, so the intervals of the past can be drawn like
# those of the future.

import matplotlib.pyplot as plt

gappy = co2.copy()
gappy["1985-06":"1987-05"] = float("nan")
model = DoubleExpSmoothingRNN().fit(gappy)

shown = co2["1983":"1989"].index
bounds = model.predict_interval(shown)

fig, ax = plt.subplots(figsize=(9, 4), layout="constrained")
ax.fill_between(shown, bounds["lower"], bounds["upper"], color="0.85", label="95% interval")
ax.plot(model.predict(shown), color="tab:blue", label="one-step-ahead prediction")
ax.plot(co2[shown], ".", color="tab:red", label="left out")
ax.plot(gappy[shown], ".", color="0.25", label="data")
ax.set_ylabel("co2")
ax.legend(frameon=False)
plt.show()

# %%
# The line through the gap is the forecast made at its beginning, and the bounds about it are those
# of a forecast 1, 2, 3 and more months ahead. What was really measured stays within them.
