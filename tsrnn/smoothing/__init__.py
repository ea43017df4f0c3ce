"""Exponential smoothing: the forecasters, their structures and how they are fitted."""

from tsrnn.smoothing.auto import AutoExpSmoothingRNN
from tsrnn.smoothing.complex.forecaster import ComplexExpSmoothingRNN
from tsrnn.smoothing.croston import CrostonForecaster
from tsrnn.smoothing.double import DoubleExpSmoothingRNN
from tsrnn.smoothing.simple import SimpleExpSmoothingRNN
from tsrnn.smoothing.triple import TripleExpSmoothingRNN

__all__ = [
    "AutoExpSmoothingRNN",
    "ComplexExpSmoothingRNN",
    "CrostonForecaster",
    "DoubleExpSmoothingRNN",
    "SimpleExpSmoothingRNN",
    "TripleExpSmoothingRNN",
]
