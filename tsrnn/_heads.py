"""Losses and output layers: a value and, right beneath it, its gradient.

Losses are functions of residuals r (target less prediction) and are sums over all of them; a
missing residual (NaN) counts nothing.

    squared       L = sum r^2                                                           (1)
    absolute      L = sum |r|                                                           (2)
    Huber         L = sum r^2 / 2 where |r| <= delta, delta (|r| - delta / 2) beyond    (3)

The dense layer reads a network's states: y_t = sigma(W_yh h_t + b_y), W_yh (m, D), b_y (m,)  (4).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


class SquaredError:
    """The sum of squares, (1)."""

    def value_and_gradient(self, residuals: np.ndarray) -> tuple[float, np.ndarray]:
        """Return L and dL/dr."""
        r = _without_missing(residuals)
        return float(np.vdot(r, r)), 2.0 * r


class AbsoluteError:
    """The sum of magnitudes, (2)."""

    def value_and_gradient(self, residuals: np.ndarray) -> tuple[float, np.ndarray]:
        """Return L and dL/dr."""
        r = _without_missing(residuals)
        return float(np.abs(r).sum()), np.sign(r)


@dataclass(frozen=True)
class Huber:
    """Huber's loss, (3): quadratic up to delta, linear beyond."""

    delta: float

    def value_and_gradient(self, residuals: np.ndarray) -> tuple[float, np.ndarray]:
        """Return L and dL/dr."""
        r = _without_missing(residuals)
        clipped = np.clip(r, -self.delta, self.delta)
        return float(np.sum(clipped * (r - 0.5 * clipped))), clipped


Loss = SquaredError | AbsoluteError | Huber


def _without_missing(residuals: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(residuals), 0.0, residuals)


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


def dense(W_yh: np.ndarray, b_y: np.ndarray, h: np.ndarray, activation: Activation) -> np.ndarray:
    """Apply (4) to states h (T, D, B); returns (T, m, B)."""
    return activation.value(W_yh @ h + b_y[:, None])


def dense_gradient(
    W_yh: np.ndarray, h: np.ndarray, y: np.ndarray, d_y: np.ndarray, activation: Activation
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the gradients with respect to W_yh, b_y and h, given that with respect to y."""
    d_a = d_y * activation.derivative(y)
    return np.einsum("tmb,tdb->md", d_a, h), d_a.sum(axis=(0, 2)), W_yh.T @ d_a
