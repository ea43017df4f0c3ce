"""Forecasters around forecasters."""

from tsrnn.compose.deseasonalize import DeseasonalizedForecaster
from tsrnn.compose.ensemble import EnsembleForecaster
from tsrnn.compose.regression import RegressionForecaster
from tsrnn.compose.transform import TransformedForecaster

__all__ = [
    "DeseasonalizedForecaster",
    "EnsembleForecaster",
    "RegressionForecaster",
    "TransformedForecaster",
]
