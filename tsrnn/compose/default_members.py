"""The forecasters that are combined where none are named."""

from __future__ import annotations

from tsrnn.compose.deseasonalize import DeseasonalizedForecaster
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.smoothing.auto import AutoExpSmoothingRNN
from tsrnn.smoothing.complex.forecaster import ComplexExpSmoothingRNN
from tsrnn.smoothing.double import DoubleExpSmoothingRNN
from tsrnn.theta.forecaster import ThetaForecaster

NAMES = ("auto", "damped", "ces", "theta")


def default_members(period: int | str) -> list[tuple[str, Forecaster]]:
    """Return the default members for series with a period."""
    damped = DoubleExpSmoothingRNN(damped=True, prior="cautious")
    return [
        ("auto", AutoExpSmoothingRNN(period=period, prior="cautious")),
        ("damped", DeseasonalizedForecaster(damped, period=period)),
        ("ces", ComplexExpSmoothingRNN(period=period)),
        ("theta", ThetaForecaster(period=period)),
    ]
