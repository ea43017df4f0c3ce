"""Losses of forecasts in the units of the series: of b + u o, not of a network's outputs o.

A sample brings along, in units of its level (see `Samples.context`), its targets y, level b, unit u
and scale s, the mean error that the (seasonal) naive forecast had in the series up to there. With
f = b + u o, and means over the steps whose targets are known,

    sMAPE   200 |f - y| / (|f| + |y| + .01)                                                 (1)
    MASE    min(|f - y| / s, 50)                                                            (2)
    OWA     half of (1) and of (2), each over the mean of what it is of Naive2              (3)

The denominator of (1) depends on f, and its gradient is kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tsrnn._optim.losses import NumberLoss

# Added to the denominator of (1), in levels.
_ROOM = 0.01

# The largest share of a step in (2): beyond it there is nothing more to learn.
_LARGEST = 50.0


@dataclass(frozen=True)
class LevelLoss(NumberLoss):
    """A weighted sum of (1) and (2).

    Attributes
    ----------
    smape, mase : float
        Their weights.
    """

    smape: float
    mase: float

    n_context = 3

    def value_and_gradient(
        self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray
    ) -> tuple[float, np.ndarray]:
        """Return the sum of losses over samples, each times its weight, and its gradient.

        Parameters
        ----------
        outputs : (n, H) array
        targets : (n, H + 3) array
            y, NaN where unknown, and then b, u and s.
        weights : (n,) array
        """
        y, (b, u, s) = targets[:, :-3], targets[:, -3:].T[:, :, None]
        is_known = ~np.isnan(y)
        shares = weights[:, None] * is_known / np.maximum(is_known.sum(axis=1), 1)[:, None]
        y = np.where(is_known, y, b)
        f = b + u * outputs
        error = f - y
        distance, sign = np.abs(error), np.sign(error)
        value, gradient = np.zeros_like(f), np.zeros_like(f)
        if self.smape:
            whole = np.abs(f) + np.abs(y) + _ROOM
            of_each = (200.0 * self.smape) * distance / whole
            value += of_each
            gradient += ((200.0 * self.smape) * sign - of_each * np.sign(f)) / whole
        if self.mase:
            scaled = distance / s
            value += self.mase * np.minimum(scaled, _LARGEST)
            gradient += np.where(scaled < _LARGEST, self.mase * sign / s, 0.0)
        gradient *= shares * u
        return float(np.sum(value * shares, dtype=np.float64)), gradient.astype(outputs.dtype)


def loss_of(kind: str, naive: tuple[float, float]) -> LevelLoss:
    """Return the loss "smape", "mase" or "owa", the last given what Naive2 has of both."""
    if kind == "smape":
        return LevelLoss(1.0, 0.0)
    if kind == "mase":
        return LevelLoss(0.0, 1.0)
    return LevelLoss(0.5 / naive[0], 0.5 / naive[1])
