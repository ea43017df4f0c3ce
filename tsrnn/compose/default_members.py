"""The forecasters that are combined where none are named."""

from __future__ import annotations

from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.smoothing.auto import AutoExpSmoothingRNN
from tsrnn.smoothing.complex.forecaster import ComplexExpSmoothingRNN
from tsrnn.theta.forecaster import ThetaForecaster

NAMES = ("auto", "ces", "theta")


def default_members(period: int | str) -> list[tuple[str, Forecaster]]:
    """Return the default members for series with a period."""
    return [
        ("auto", AutoExpSmoothingRNN(period=period)),
        ("ces", ComplexExpSmoothingRNN(period=period)),
        ("theta", ThetaForecaster(period)),
    ]
