"""
Complex exponential smoothing, beside the structures of ETS
===========================================================

``ComplexExpSmoothingRNN`` smooths a complex number: its real part is the level, its imaginary part
what the level leaves unsaid. One complex parameter then does for level and trend, and all between
them. This page looks at where that parameter ends up, and at its forecasts beside those of
``AutoExpSmoothingRNN``.

The series is the monthly carbon dioxide at Mauna Loa. Its last two years are held back.
"""

from tsrnn import AutoExpSmoothingRNN, ComplexExpSmoothingRNN
from tsrnn.datasets import load_co2

co2 = load_co2()
train, test = co2["1985":"1999"], co2["2000":]

models = {
    "complex": ComplexExpSmoothingRNN().fit(train),
    "automatic": AutoExpSmoothingRNN().fit(train),
}
models["complex"].summary()

# %%
# Of the forms of a season that of the lowest AICc was taken. ``alpha_1`` is a little above 1: at 1
# the level would go on as it is, above it the forecast goes on with the trend that was seen.
#
# What the two leave
# ------------------

import pandas as pd

forecasts = pd.DataFrame({name: model.predict(test.index) for name, model in models.items()})
forecasts["mean of both"] = forecasts.mean(axis=1)
errors = forecasts.sub(test, axis=0)
errors.abs().mean().round(3)

# %%

import matplotlib.pyplot as plt

figure, (above, below) = plt.subplots(2, 1, sharex=True, figsize=(7.5, 5.5), layout="constrained")
above.plot(co2["1997":], ".", color="0.25", label="carbon dioxide, ppm")
for name, color in (("complex", "C0"), ("automatic", "C1")):
    above.plot(forecasts[name], color=color, label=name)
    below.plot(errors[name], color=color)
below.plot(errors["mean of both"], color="0.25", linestyle=":", label="mean of both")
below.axhline(0.0, color="0.8", linewidth=0.8)
above.legend(frameon=False)
below.legend(frameon=False)
_ = below.set_title("errors of the forecasts", loc="left")

# %%
# Here one is about as good as the other. On many series their errors are of different kinds: on
# values held back from the training parts of M3, the mean of both forecasts had smaller errors than
# either, at every frequency.
#
# Where trends are exponentials
# -----------------------------
#
# A complex smoother goes on with a trend at an exponential pace. Some steps ahead that is as good
# as a straight line; a hundred steps ahead it is not, and a warning says so.

import warnings

import numpy as np

sales = 100.0 * 1.1 ** np.arange(15) + np.random.default_rng(0).normal(size=15)
model = ComplexExpSmoothingRNN().fit(sales)
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    forecast = model.predict(40)
print(told[0].message)
