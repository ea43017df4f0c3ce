"""
Holidays in a forecast
======================

On a public holiday less electricity is used than on other days like it. A forecaster that learns
from the past alone is surprised by each of them; ``RegressionForecaster`` learns their effect
beside it, and knows when the next ones come.
"""

from importlib.resources import files

import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import pandas as pd

from tsrnn import AutoExpSmoothingRNN, RegressionForecaster
from tsrnn.features import CalendarFeatures, HolidayFeatures
from tsrnn.plotting import ComponentsDisplay

# %%
# The mean demand of each day in Victoria, Australia, from January to May 2012, comes with
# statsmodels' tests.

file = files("statsmodels.tsa.stl.tests.results").joinpath("mstl_elec_vic.csv")
with file.open() as lines:
    hours = pd.read_csv(lines, index_col="ds", parse_dates=True)["y"]
demand = hours.resample("D").mean().rename("megawatts")

# %%
# Its public holidays on working days share a coefficient, for in half a year each comes once.
# ``HolidayFeatures("AU", subdivision="VIC")`` would give each its own, from the package holidays.

dates = ["01-02", "01-26", "03-12", "04-06", "04-09", "04-25", "06-11"]
public = HolidayFeatures({f"2012-{date}": "public holiday" for date in dates})

# %%
# Easter
# ------
#
# Four days before Good Friday both forecasters know of January and March. The one with holidays
# expects the dip, and the lower end of its interval knows of it as well.

known, easter = demand[:"2012-04-01"], demand["2012-04-02":"2012-04-15"]
models = {
    "smoothing": AutoExpSmoothingRNN(),
    "with holidays": RegressionForecaster(AutoExpSmoothingRNN(), public),
}
forecasts = {name: model.fit(known).predict(14) for name, model in models.items()}
bounds = models["with holidays"].predict_interval(14, level=0.8)

_, ax = plt.subplots(figsize=(8, 4), layout="constrained")
ax.plot(demand["2012-03-01":"2012-04-15"], color="0.3", label="demand")
ax.plot(forecasts["smoothing"], color="tab:blue", linestyle="--", label="smoothing")
ax.plot(forecasts["with holidays"], color="tab:orange", label="with holidays")
ax.fill_between(bounds.index, bounds["lower"], bounds["upper"], color="tab:orange", alpha=0.2)
for date in ("2012-03-12", "2012-04-06", "2012-04-09"):
    ax.axvspan(pd.Timestamp(date), pd.Timestamp(date), color="0.8", linewidth=6, zorder=0)
ax.xaxis.set_major_formatter(mdates.DateFormatter("%d %b"))
ax.set_ylabel("megawatts")
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False, fontsize="small", loc="lower left")

pd.Series({name: (easter - one).abs().mean() for name, one in forecasts.items()}).round()

# %%
# What each effect did
# --------------------
#
# Weekdays may be effects as well, in place of a season. The picture takes the series apart: what is
# left without effects, with the level that smoothing found in it; the effects of each kind; and
# what was missed.

features = [CalendarFeatures("weekday"), public]
model = RegressionForecaster(AutoExpSmoothingRNN(), features).fit(demand)
ComponentsDisplay.from_estimator(model)

# %%
# The coefficients with their standard errors; Monday has none, for the other days are beside it.

model.summary()
