"""Forecasters made of regressors on windows of lags."""

from tsrnn.windows.forecaster import RNNForecaster
from tsrnn.windows.lag_forecaster import WindowForecaster

__all__ = ["RNNForecaster", "WindowForecaster"]
