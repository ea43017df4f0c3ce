"""Forecasters that have a season, and series for them."""

import numpy as np
import pandas as pd

from tsrnn import (
    AutoExpSmoothingRNN,
    ComplexExpSmoothingRNN,
    DeseasonalizedForecaster,
    NaiveForecaster,
    TripleExpSmoothingRNN,
)

SEASONAL = {
    "auto": AutoExpSmoothingRNN(),
    "complex": ComplexExpSmoothingRNN(),
    "triple": TripleExpSmoothingRNN(),
    "naive": NaiveForecaster(strategy="seasonal"),
    "adjusted": DeseasonalizedForecaster(NaiveForecaster()),
}


def values(n, seed=0):
    return 50.0 + np.random.default_rng(seed).normal(size=n)


def decembers(n=48, start="2020-01"):
    """Months with a peak each December, of about 190."""
    index = pd.date_range(start, periods=n, freq="MS", name="ds")
    noise = np.random.default_rng(0).normal(0.0, 2.0, n)
    return pd.Series(100.0 + noise + 90.0 * (index.month == 12), index, name="y")
