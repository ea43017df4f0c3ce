"""The forecasters that are combined where none are named."""

from __future__ import annotations

from typing import Literal

from tsrnn._input.numbers import AnyInt
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.smoothing.auto import AutoExpSmoothingRNN
from tsrnn.smoothing.complex.forecaster import ComplexExpSmoothingRNN
from tsrnn.smoothing.double import DoubleExpSmoothingRNN
from tsrnn.theta.forecaster import ThetaForecaster


def default_members(period: AnyInt | Literal["auto"]) -> list[tuple[str, Forecaster]]:
    """Return the default members for series with a period: without one, none is of theta."""
    third: tuple[str, Forecaster] = ("theta", ThetaForecaster(period))
    if period == 1:
        third = ("damped", DoubleExpSmoothingRNN(damped=True, prior="cautious"))
    return [
        ("auto", AutoExpSmoothingRNN(period=period)),
        ("ces", ComplexExpSmoothingRNN(period=period)),
        third,
    ]
