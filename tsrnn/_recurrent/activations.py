"""Activations of outputs: a value and its derivative."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Activation:
    """A function applied to each number, and its derivative in terms of its value."""

    value: Callable[[np.ndarray], np.ndarray]
    derivative: Callable[[np.ndarray], np.ndarray]


ACTIVATIONS: dict[str, Activation] = {
    "identity": Activation(lambda a: a, np.ones_like),
    "tanh": Activation(np.tanh, lambda y: 1.0 - y * y),
    "logistic": Activation(lambda a: 0.5 + 0.5 * np.tanh(0.5 * a), lambda y: y * (1.0 - y)),
    "relu": Activation(lambda a: np.where(a <= 0.0, 0.0, a), lambda y: (y > 0.0).astype(y.dtype)),
}
