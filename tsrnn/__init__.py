"""Time-series forecasting in which exponential smoothing and recurrent networks are one family."""

from tsrnn import datasets, exceptions, metrics, plotting, priors
from tsrnn._version import __version__ as __version__
from tsrnn.auto import AutoExpSmoothingRNN
from tsrnn.deseasonalize import DeseasonalizedForecaster
from tsrnn.gaps import fill_gaps
from tsrnn.naive import NaiveForecaster
from tsrnn.network import RNN
from tsrnn.panel import PanelForecaster
from tsrnn.saving import load, save
from tsrnn.sequence import (
    ElmanRNNClassifier,
    ElmanRNNRegressor,
    GRUClassifier,
    GRURegressor,
    LSTMClassifier,
    LSTMRegressor,
)
from tsrnn.smoothing import (
    DoubleExpSmoothingRNN,
    SimpleExpSmoothingRNN,
    TripleExpSmoothingRNN,
)
from tsrnn.text import TextRNNClassifier
from tsrnn.windows import RNNForecaster

__all__ = [
    "RNN",
    "RNNForecaster",
    "AutoExpSmoothingRNN",
    "DeseasonalizedForecaster",
    "DoubleExpSmoothingRNN",
    "ElmanRNNClassifier",
    "ElmanRNNRegressor",
    "GRUClassifier",
    "GRURegressor",
    "LSTMClassifier",
    "LSTMRegressor",
    "NaiveForecaster",
    "PanelForecaster",
    "SimpleExpSmoothingRNN",
    "TextRNNClassifier",
    "TripleExpSmoothingRNN",
    "datasets",
    "exceptions",
    "fill_gaps",
    "load",
    "metrics",
    "plotting",
    "priors",
    "save",
]
