"""
The theta method: a line, and how far to believe it
===================================================

The theta method won the M3 competition in 2000 and has been hard to beat since. It is simple
exponential smoothing, which forecasts a level, beside the straight line through the series: the
larger theta, the more does the forecast follow that line. ``ThetaForecaster`` takes the season off
first, where there is one, learns theta with the smoothing parameter alpha, and puts the season
back.

The series is the carbon dioxide in the air above Mauna Loa, month by month. The last five years are
held back.
"""

from tsrnn import ThetaForecaster
from tsrnn.datasets import load_co2

co2 = load_co2()  # parts per million; three months are missing
train, test = co2[:-60], co2[-60:]

model = ThetaForecaster().fit(train)
print(f"period {model.period_}, alpha {model.alpha_:.2f}, theta {model.theta_:.1e}")

# %%
# What it is made of
# ------------------
#
# On the left the last years less their season, the line through all of the series so far, and
# forecasts of the adjusted series. With theta = 1 there is no line in them, and they stay at the
# level. With theta = 2, the competition's, they rise half as fast as the line does. The learned
# theta is at its upper bound: this series has always gone on as its line does, and so do the
# forecasts. On the right the season is back.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from tsrnn import SimpleExpSmoothingRNN
from tsrnn.plotting import ForecastDisplay

seasons = np.resize(model.seasonal_indices_, len(co2))
adjusted = co2 / seasons
known = adjusted[:-60].dropna()
time = pd.Series(np.arange(len(co2)), co2.index)
line = pd.Series(np.polyval(np.polyfit(time[known.index], known, 1), time), co2.index)

forecasts = {
    "theta = 1": SimpleExpSmoothingRNN().fit(adjusted[:-60]).predict(60),
    "theta = 2": ThetaForecaster(1, variant="dynamic").fit(adjusted[:-60]).predict(60),
    "theta learned": model.predict(60) / seasons[-60:],
}

fig, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), sharey=True, layout="constrained")
left.plot(adjusted["1990":][:-60], color="0.25", label="adjusted series")
left.plot(line["1990":], color="0.6", linestyle="--", linewidth=1, label="line")
for (name, forecast), color in zip(
    forecasts.items(), ["tab:blue", "tab:orange", "tab:red"], strict=True
):
    left.plot(forecast, color=color, label=name)
left.legend(frameon=False, fontsize="small")
left.set_title("without the season", loc="left")
ForecastDisplay.from_estimator(model, 60, level=0.95, last=84, ax=right)
right.plot(test, ".", color="0.25", markersize=3)
_ = right.set_title("with the season, and what was held back", loc="left")

# %%
# Beside others
# -------------
#
# One forecast proves little. Here a year is forecast from each of fifteen Januaries, and MASE
# measures errors in units of those of repeating last year: below 1 is better than that.

from tsrnn import AutoExpSmoothingRNN, DeseasonalizedForecaster, NaiveForecaster
from tsrnn.metrics import mase

contenders = {
    "theta": ThetaForecaster(),
    "theta, as in 2000": ThetaForecaster(variant="standard"),
    "chosen smoother": AutoExpSmoothingRNN(models=["AAA", "AAdA", "ANA"]),
    "Naive2": DeseasonalizedForecaster(NaiveForecaster()),
}
januaries = pd.date_range("1987-01", "2001-01", freq="12MS")
errors = {
    name: [
        mase(co2[start:].iloc[:12], forecaster.fit(past).predict(12), past, period=12)
        for start in januaries
        for past in [co2[: start - pd.DateOffset(months=1)]]
    ]
    for name, forecaster in contenders.items()
}
pd.DataFrame(errors, index=januaries.year).describe().loc[["mean", "max"]].round(2)

# %%
# Where to go on
# --------------
#
# On M3's 3,003 series the defaults have a mean sMAPE of 12.53 and a MASE of 1.35, which
# ``benchmarks/theta_parity.py`` prints beside the same method of another library and the seconds of
# both. The theta method takes no regressors. For many series hand it to ``PanelForecaster``, which
# fits thousands in a second.
