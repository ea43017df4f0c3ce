"""Recurrent networks for time series, from exponential smoothing upwards."""

__version__ = "0.1.0"
