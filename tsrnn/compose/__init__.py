"""Forecasters around forecasters."""

from tsrnn.compose.deseasonalize import DeseasonalizedForecaster

__all__ = ["DeseasonalizedForecaster"]
