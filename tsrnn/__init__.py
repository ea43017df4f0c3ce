"""Time-series forecasting in which exponential smoothing and recurrent networks are one family."""

from tsrnn import datasets, exceptions, metrics, plotting
from tsrnn.deseasonalize import DeseasonalizedForecaster
from tsrnn.naive import NaiveForecaster
from tsrnn.network import RNN
from tsrnn.smoothing import DoubleExpSmoothingRNN, SimpleExpSmoothingRNN

__version__ = "0.1.0"

__all__ = [
    "RNN",
    "DeseasonalizedForecaster",
    "DoubleExpSmoothingRNN",
    "NaiveForecaster",
    "SimpleExpSmoothingRNN",
    "datasets",
    "exceptions",
    "metrics",
    "plotting",
]
