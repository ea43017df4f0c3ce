"""
Anomalies, new levels, and alerts
=================================

The Nile's flow at Aswan was measured every year from 1871 to 1970. In some years it was far from
what the years before it let one expect. ``detect_anomalies`` holds each value against a forecast
made one step before it, by a model that has not seen the anomalies: in the fits to the series they
are missing values.
"""

import pandas as pd
import statsmodels.api as sm

from tsrnn import SimpleExpSmoothingRNN, TripleExpSmoothingRNN, detect_anomalies
from tsrnn.datasets import load_co2
from tsrnn.plotting import AnomaliesDisplay

flow = sm.datasets.nile.load_pandas().data["volume"]
flow.index = pd.period_range("1871", periods=len(flow), freq="Y", name="year")
frame = detect_anomalies(SimpleExpSmoothingRNN(), flow, level=0.95)
frame[frame["is_anomaly"]].round({"expected": 0, "lower": 0, "upper": 0, "score": 1, "cleaned": 0})

# %%
# The flood failed in 1877, and in 1913 the river was lower than ever. In 1899 a lower flow began
# that lasted: its first year is flagged, and what is expected of the others comes down with them.

AnomaliesDisplay.from_frame(frame).ax_.set_ylabel("flow of the Nile, 10⁸ m³")

# %%
# A season, and planted errors
# ----------------------------
#
# Into ten years of carbon dioxide, measured monthly at Mauna Loa, go two slips of the keyboard, one
# in the first month, and an instrument that reads 1.5 too much from July 1996 on. Holt-Winters'
# method knows the season. Of the instrument's new level the first five values are flagged: from
# then on it is what is expected.

co2 = load_co2()["1990":"1999"].copy()
co2["1990-01"] -= 3.0
co2["1993-05"] += 2.5
co2["1996-07":] += 1.5
frame = detect_anomalies(TripleExpSmoothingRNN(), co2, level=0.999)
AnomaliesDisplay.from_frame(frame).ax_.set_ylabel("CO₂, ppm")

# %%
# Alerts
# ------
#
# For values that come in, one by one or many, ``update`` with ``return_score=True`` tells how
# unlikely each was before it was seen: in standard deviations of a normal distribution, so that 3
# is one in some hundred. The model is fitted to the cleaned series, by whose errors new ones are
# measured. An anomaly moves the state like any value. Where it should not, a copy from before it is
# given a missing value in its place.

from copy import copy

cleaned = pd.Series(frame["cleaned"].to_numpy(), index=co2.index)
model = TripleExpSmoothingRNN().fit(cleaned)
coming = load_co2()["2000"] + 1.5
coming.iloc[4] = 380.0
for month, value in coming.items():
    before, expected = copy(model), model.predict(1).iloc[0]
    score = model.update(value, return_score=True).iloc[0]
    if abs(score) > 4.0:
        model = before.update(float("nan"))
    print(f"{month:%Y-%m}  {value:.1f} ppm, expected {expected:.1f}: score {score:.1f}")

# %%
# :doc:`/anomalies` says how the scores are made, and what is found of planted anomalies.
