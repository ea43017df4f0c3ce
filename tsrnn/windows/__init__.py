"""Forecasters made of regressors on windows of lags."""

from tsrnn.windows.forecaster import RNNForecaster

__all__ = ["RNNForecaster"]
