"""Members of ensembles, series for them, and what their forecasts come to, by obvious loops."""

import numpy as np
import pandas as pd
from sklearn.base import clone

from tsrnn import NaiveForecaster

LAST, DRIFT, SEASON = (
    NaiveForecaster(),
    NaiveForecaster(strategy="drift"),
    NaiveForecaster(strategy="seasonal", period=4),
)
THREE = [("last", LAST), ("drift", DRIFT), ("season", SEASON)]
RNG = np.random.default_rng(0)
Y = 20.0 + RNG.normal(size=40).cumsum() + np.resize([3.0, -1.0, 0.0, -2.0], 40)
SERIES = {"a": Y, "b": Y[:25] ** 2, "c": np.sin(np.arange(31.0)) + 2.0}


def by_hand(members, y, horizon, combine):
    """Combine the forecasts of members fitted one by one, step by step."""
    forecasts = [clone(one).fit(y).predict(horizon) for _, one in members]
    return [combine([each[h] for each in forecasts]) for h in range(horizon)]


def of_weights(weights):
    """Return what combines values by a mean of these weights."""
    return lambda values: sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights)


def long_frame(series):
    """Series by name, as a panel."""
    return pd.concat(
        [
            pd.DataFrame({"unique_id": i, "ds": np.arange(len(y)), "y": y})
            for i, y in series.items()
        ],
        ignore_index=True,
    )
