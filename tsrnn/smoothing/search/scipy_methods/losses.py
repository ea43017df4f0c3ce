"""Losses of smoothers: a value and, right beneath it, its gradient.

They are functions of residuals r (target less prediction) and are sums over all of
them; a missing residual (NaN) counts nothing.

    squared       L = sum r^2                                                           (1)
    absolute      L = sum |r|                                                           (2)
    Huber         L = sum r^2 / 2 where |r| <= delta, delta (|r| - delta / 2) beyond    (3)
"""

from __future__ import annotations

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
