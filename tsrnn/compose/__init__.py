"""Forecasters around forecasters."""

from tsrnn.compose.deseasonalize import DeseasonalizedForecaster
from tsrnn.compose.ensemble import EnsembleForecaster

__all__ = ["DeseasonalizedForecaster", "EnsembleForecaster"]
