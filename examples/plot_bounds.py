"""
Forecasts that stay within bounds
=================================

A forecaster that knows nothing of bounds forecasts shares above 1 and counts below 0, if not as its
forecast then as an end of its interval. ``TransformedForecaster`` has it work on a scale without
ends, and carries all that comes out back. Three series, each on the scale that suits it.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import statsmodels.api as sm
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from tsrnn import DoubleExpSmoothingRNN, TransformedForecaster

# %%
# A share
# -------
#
# The share of the labour force of the United States that is in work, by quarters. What is known is
# what was known at the end of 2007; the five years after it are forecast.

macro = sm.datasets.macrodata.load_pandas().data
quarters = pd.period_range("1959Q1", periods=len(macro), freq="Q")
share = pd.Series(1.0 - macro["unemp"].to_numpy() / 100.0, quarters, name="share in work")
known = share[:"2007Q4"]

holt = DoubleExpSmoothingRNN(damped=True)
models = {"as it is": holt, "log odds": TransformedForecaster(holt, "logit")}
shares = {name: model.fit(known).predict_interval(20) for name, model in models.items()}
pd.DataFrame({name: bounds.iloc[-1] for name, bounds in shares.items()}).round(3)

# %%
# The upper end of the interval, above 1, is of no use. On the scale of log odds, which has no ends,
# an interval comes back that ends below 1, and reaches further down: where almost all are in work,
# there is more room below. The crisis of 2008 went further than either within a year, for no scale
# knows of what has not been seen.
#
# Counts
# ------
#
# The number of sunspots has been recorded since 1700, and comes close to 0 every eleven years. A
# regression on the years before, within ``RNNForecaster``, follows the cycle, and forecasts counts
# that may be negative. Square roots of counts vary about as much at the top of a cycle as at its
# bottom, so that intervals are wide there and narrow here, as past cycles were.

from sklearn.linear_model import Ridge

from tsrnn import RNNForecaster

spots = sm.datasets.sunspots.load_pandas().data["SUNACTIVITY"]
spots = pd.Series(spots.to_numpy(), pd.period_range("1700", periods=len(spots), freq="Y"))

cycle = RNNForecaster(Ridge(), window=22)
models = {"as it is": cycle, "square root": TransformedForecaster(cycle, "sqrt")}
counts = {name: model.fit(spots).predict_interval(11, level=0.8) for name, model in models.items()}
pd.concat(counts, axis=1).round(0).astype(int)

# %%
# Where the scale is right and the bound alone is missing, ``transform=None`` cuts off, and changes
# nothing else.

cut_off = TransformedForecaster(cycle, None, lower=0).fit(spots)
cut_off.predict_interval(11, level=0.8).round(0).astype(int).T

# %%
# Growth by shares
# ----------------
#
# Passengers of airlines, in thousands a month (Box and Jenkins): trend, season and errors all grow
# with the series. On logarithms they are the same throughout, and an additive Holt-Winters will do.
# ``transform="boxcox"`` learns how far between the series as it is, 1, and its logarithm, 0, the
# scale has to be.

from tsrnn import TripleExpSmoothingRNN
from tsrnn.metrics import coverage

passengers = """
    112 118 132 129 121 135 148 148 136 119 104 118
    115 126 141 135 125 149 170 170 158 133 114 140
    145 150 178 163 172 178 199 199 184 162 146 166
    171 180 193 181 183 218 230 242 209 191 172 194
    196 196 236 235 229 243 264 272 237 211 180 201
    204 188 235 227 234 264 302 293 259 229 203 229
    242 233 267 269 270 315 364 347 312 274 237 278
    284 277 317 313 318 374 413 405 355 306 271 306
    315 301 356 348 355 422 465 467 404 347 305 336
    340 318 362 348 363 435 491 505 404 359 310 337
    360 342 406 396 420 472 548 559 463 407 362 405
    417 391 419 461 472 535 622 606 508 461 390 432
"""
months = pd.period_range("1949-01", periods=144, freq="M")
passengers = pd.Series(np.array(passengers.split(), dtype=float), months, name="passengers")
train, test = passengers[:-36], passengers[-36:]

winters = TripleExpSmoothingRNN()
models = {
    "as it is": winters,
    "logarithm": TransformedForecaster(winters),
    "power": TransformedForecaster(winters, "boxcox"),
}
months_ahead = {name: model.fit(train).predict_interval(36) for name, model in models.items()}
for name, model in models.items():
    error = np.abs(test - model.predict(36)).mean()
    held = coverage(test, months_ahead[name]["lower"], months_ahead[name]["upper"])
    print(f"{name}: mean error {error:.0f}, share within the interval {held:.2f}")
print(f"the exponent: {models['power'].lambda_:.2f}")

# %%
# On logarithms forecasts of these three years are not nearer, for growth slowed down; but the
# interval, which widens as the series grows, holds as many values as it says, or nearly.
#
# In pictures, with what came true where that is known: the intervals on the scale as areas, those
# of the same forecaster without it between dashed lines, the bound in red.

figure, axes = plt.subplots(3, 1, figsize=(9, 9), layout="constrained")
pictures = [
    ("share in work", 95, share["1995":], shares, 1.0),
    ("sunspots", 80, spots["1940":], counts, 0.0),
    ("passengers", 95, passengers["1955":], months_ahead, None),
]
for ax, (title, level, seen, intervals, bound) in zip(axes, pictures, strict=True):
    (plain, at), (name, on_scale), *_ = intervals.items()
    ahead = on_scale.index.to_timestamp()
    ax.fill_between(ahead, on_scale["lower"], on_scale["upper"], color="tab:blue", alpha=0.3)
    ax.plot(ahead, at, color="tab:orange", linestyle="--")
    ax.plot(seen.index.to_timestamp(), seen, color="0.2")
    handles = [Patch(color="tab:blue", alpha=0.3), Line2D([], [], color="tab:orange", ls="--")]
    if bound is not None:
        ax.axhline(bound, color="tab:red", linewidth=1)
    ax.set_title(f"{title}: intervals of {level}%", loc="left")
    ax.legend(handles, [name, plain], frameon=False, loc="upper left")

# %%
# Points are medians: half of the values lie above, and half below, since that survives any scale.
# If they are to be added up, such as months to a year, ``bias_adjust=True`` gives means, which are
# larger on logarithms.

model = TransformedForecaster(winters, bias_adjust=True).fit(train)
medians = models["logarithm"].predict(36)
print(f"{medians.sum():.0f} as medians, {model.predict(36).sum():.0f} as means")
