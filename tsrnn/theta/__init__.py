"""The theta method: the forecaster, and how it is fitted."""

from tsrnn.theta.forecaster import ThetaForecaster

__all__ = ["ThetaForecaster"]
