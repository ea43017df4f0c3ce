"""The contract of forecasters: one series or several, fitted models, intervals, naive methods."""

from tsrnn.forecasting.backtesting import backtest
from tsrnn.forecasting.fitted_model import FittedModel
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.forecasting.naive import NaiveForecaster

__all__ = ["FittedModel", "Forecaster", "NaiveForecaster", "backtest"]
