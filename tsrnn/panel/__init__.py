"""Panels of many series in a long frame: steps, gaps, forecasts, backtests, tuning, anomalies."""

from tsrnn.panel.anomalies import detect_anomalies
from tsrnn.panel.forecaster import PanelForecaster
from tsrnn.panel.gaps import fill_gaps
from tsrnn.panel.tuning import tune

__all__ = ["PanelForecaster", "detect_anomalies", "fill_gaps", "tune"]
