"""Time-series forecasting in which exponential smoothing and recurrent networks are one family."""

from tsrnn import datasets, exceptions, metrics, plotting, priors
from tsrnn.auto import AutoExpSmoothingRNN
from tsrnn.deseasonalize import DeseasonalizedForecaster
from tsrnn.naive import NaiveForecaster
from tsrnn.network import RNN
from tsrnn.panel import PanelForecaster
from tsrnn.smoothing import (
    DoubleExpSmoothingRNN,
    SimpleExpSmoothingRNN,
    TripleExpSmoothingRNN,
)

__version__ = "0.1.0"

__all__ = [
    "RNN",
    "AutoExpSmoothingRNN",
    "DeseasonalizedForecaster",
    "DoubleExpSmoothingRNN",
    "NaiveForecaster",
    "PanelForecaster",
    "SimpleExpSmoothingRNN",
    "TripleExpSmoothingRNN",
    "datasets",
    "exceptions",
    "metrics",
    "plotting",
    "priors",
]
