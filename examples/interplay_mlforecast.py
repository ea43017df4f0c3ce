"""
Inside mlforecast
=================

mlforecast makes features for many series at once and trains one regressor on all of them. A network
of ours is one that reads the lags in order.
"""

# %%
# The page needs mlforecast, which ``pip install -e ".[interplay]"`` brings; without it there is
# nothing to see.

from importlib.util import find_spec

if find_spec("mlforecast") is None:
    raise SystemExit("skipped: this example needs mlforecast, see the extra interplay")

# %%
# Thirty series of one kind, each at a height of its own, in a long frame.

import numpy as np
import pandas as pd

rng = np.random.default_rng(0)
months = pd.date_range("2018-01", periods=72, freq="MS")
season = 6.0 * np.sin(2.0 * np.pi * np.arange(72) / 12)[:, None]
values = rng.uniform(50, 500, 30) + season + 0.5 * rng.normal(0.3, 1.0, (72, 30)).cumsum(axis=0)
df = (
    pd.DataFrame(values, months.rename("ds"))
    .melt(ignore_index=False, var_name="unique_id", value_name="y")
    .reset_index()
)
train, test = df[df["ds"] < "2023"], df[df["ds"] >= "2023"]

# %%
# Lags are named from the oldest to the last, for a network reads from left to right. Differences
# take the heights away.

from mlforecast import MLForecast
from mlforecast.target_transforms import Differences

from tsrnn import ElmanRNNRegressor, PanelForecaster, RNNForecaster

network = ElmanRNNRegressor(hidden_layer_sizes=16, early_stopping=True, random_state=0)
forecaster = MLForecast(
    models={"elman": network},
    freq="MS",
    lags=range(13, 0, -1),
    target_transforms=[Differences([1])],
)
forecaster.fit(train)

# %%
# Beside it the same network on windows in units of their own, by this library alone.

panel = PanelForecaster(RNNForecaster(network, window=13), alias="elman").fit(train)

for name, forecasts in {
    "mlforecast": forecaster.predict(12),
    "PanelForecaster": panel.predict(12),
}.items():
    both = test.merge(forecasts, on=["unique_id", "ds"])
    print(f"{name}: mean absolute error {(both['elman'] - both['y']).abs().mean():.3f}")
