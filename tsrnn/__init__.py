"""Time-series forecasting in which exponential smoothing and recurrent networks are one family."""

from tsrnn import datasets, exceptions, metrics, plotting, priors
from tsrnn._registry import all_estimators
from tsrnn._version import __version__ as __version__
from tsrnn.compose.deseasonalize import DeseasonalizedForecaster
from tsrnn.forecasting.naive import NaiveForecaster
from tsrnn.network import RNN
from tsrnn.panel.forecaster import PanelForecaster
from tsrnn.panel.gaps import fill_gaps
from tsrnn.saving.file import load, save
from tsrnn.sequence import (
    ElmanRNNClassifier,
    ElmanRNNRegressor,
    GRUClassifier,
    GRURegressor,
    LSTMClassifier,
    LSTMRegressor,
)
from tsrnn.smoothing.auto import AutoExpSmoothingRNN
from tsrnn.smoothing.double import DoubleExpSmoothingRNN
from tsrnn.smoothing.simple import SimpleExpSmoothingRNN
from tsrnn.smoothing.triple import TripleExpSmoothingRNN
from tsrnn.text.classifier import TextRNNClassifier
from tsrnn.windows.forecaster import RNNForecaster

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
    "all_estimators",
    "datasets",
    "exceptions",
    "fill_gaps",
    "load",
    "metrics",
    "plotting",
    "priors",
    "save",
]
