"""Exponential smoothing: the forecasters, their structures and how they are fitted."""

from tsrnn.smoothing.auto import AutoExpSmoothingRNN
from tsrnn.smoothing.base import (
    DoubleExpSmoothingRNN,
    SimpleExpSmoothingRNN,
    TripleExpSmoothingRNN,
)

__all__ = [
    "AutoExpSmoothingRNN",
    "DoubleExpSmoothingRNN",
    "SimpleExpSmoothingRNN",
    "TripleExpSmoothingRNN",
]
