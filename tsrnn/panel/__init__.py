"""Panels of many series in a long frame: steps, gaps, forecasts, backtests, anomalies."""

from tsrnn.panel.anomalies import detect_anomalies
from tsrnn.panel.forecaster import PanelForecaster
from tsrnn.panel.gaps import fill_gaps

__all__ = ["PanelForecaster", "detect_anomalies", "fill_gaps"]
