"""The cells, one file a kind, and the table that the contract tests run over."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tsrnn._compute.simd import load, logistic, store, tanh
from tsrnn.cells.complex_smoothing import (
    COMPLEX,
    complex_full,
    complex_partial,
    complex_simple,
)
from tsrnn.cells.croston import CROSTON, TSB
from tsrnn.cells.elman import ELMAN
from tsrnn.cells.gru import GRU
from tsrnn.cells.holt_winters import holt_winters_add, holt_winters_mul
from tsrnn.cells.lstm import LSTM
from tsrnn.cells.network_cell import NetworkCell, unit_kernel
from tsrnn.cells.smoother_cell import SmootherCell, SmoothingParameter
from tsrnn.cells.smoothing import HOLT, SES
from tsrnn.cells.theta import DYNAMIC_THETA, THETA

__all__ = [
    "CELLS",
    "NETWORK_CELLS",
    "NetworkCell",
    "SmootherCell",
    "SmoothingParameter",
    "load",
    "logistic",
    "store",
    "tanh",
    "unit_kernel",
]

# Name -> a function that makes the cell; those whose sizes are free have small defaults.
CELLS: dict[str, Callable[..., SmootherCell]] = {
    "ses": lambda: SES,
    "holt": lambda: HOLT,
    "holt_winters_add": partial(holt_winters_add, 4),
    "holt_winters_mul": partial(holt_winters_mul, 4),
    "complex": lambda: COMPLEX,
    "complex_simple": partial(complex_simple, 4),
    "complex_partial": partial(complex_partial, 4),
    "complex_full": partial(complex_full, 4),
    "theta": lambda: THETA,
    "dynamic_theta": lambda: DYNAMIC_THETA,
    "croston": lambda: CROSTON,
    "tsb": lambda: TSB,
}

# All that the smoothers of the family of Holt and Winters learn, by name.
SMOOTHING_PARAMETERS: dict[str, SmoothingParameter] = {
    parameter.name: parameter
    for cell in (SES, HOLT, holt_winters_add(2))
    for parameter in cell.parameters
    if isinstance(parameter, SmoothingParameter)
}

# What is left of those that a smoother does not have.
ABSENT: dict[str, float] = {
    name: parameter.absent
    for name, parameter in SMOOTHING_PARAMETERS.items()
    if parameter.absent is not None
}

# The cells of networks' layers, by name.
NETWORK_CELLS: dict[str, NetworkCell] = {cell.name: cell for cell in (*ELMAN.values(), GRU, LSTM)}
