"""Losses of forecasts in the units of the series: of b + u o, not of a network's outputs o.

A sample brings along, in units of its level (see `Samples.gather`), its targets y, level b, unit u,
scale s, the mean error that the (seasonal) naive forecast had in the series up to there, and spread
v, the mean change in its window. A network has three outputs a step: the point and the distances of
two quantiles from it, of levels 2.5% and 97.5%,

    f = b + u o_1,   low = f - v d(o_2),   high = f + v d(o_3),   d(o) = 2 log(1 + exp o)   (1)

With means over the steps whose targets are known, and pin(e) the pinball losses of the quantiles,

    sMAPE      200 |f - y| / (|f| + |y| + .01)                                              (2)
    MASE       min(|f - y| / s, 50)                                                         (3)
    OWA        half of (2) and of (3), each over the mean of what it is of Naive2           (4)
    quantiles  pin_.025((y - low) / s) + pin_.975((y - high) / s)                           (5)

where errors of (5) beyond 50 pull no more than there. Trained by is one of (2) to (4), and (5). The
denominator of (2) depends on f, and its gradient is kept.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from tsrnn._optim.losses import NumberLoss, total

# Added to the denominator of (1), in levels.
_ROOM = 0.01

# The largest share of a step in (3): beyond it there is nothing more to learn.
_LARGEST = 50.0

# The level of the lower quantile, and 1 less that of the upper one.
TAIL = 0.025

# Distances of quantiles from forecasts before training, in spreads of windows.
_FIRST_DISTANCES = 0.1, 100.0

# The weight of (5) where (3) has 1, or (4).
_OF_QUANTILES = 0.25


@dataclass(frozen=True)
class LevelLoss(NumberLoss):
    """A weighted sum of (2), (3) and (5).

    Attributes
    ----------
    smape, mase, quantiles : float
        Their weights.
    """

    smape: float
    mase: float
    quantiles: float

    n_context = 4

    def value_and_gradient(
        self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray
    ) -> tuple[float, np.ndarray]:
        """Return the sum of losses over samples, each times its weight, and its gradient.

        Parameters
        ----------
        outputs : (n, 3 H) array
        targets : (n, H + 4) array
            y, NaN where unknown, and then b, u, s and v.
        weights : (n,) array
        """
        y, (b, u, s, v) = targets[:, :-4], targets[:, -4:].T[:, :, None]
        is_known = ~np.isnan(y)
        shares = weights[:, None] * is_known / np.maximum(is_known.sum(axis=1), 1)[:, None]
        o, o_low, o_high = np.split(outputs, 3, axis=1)
        f = b + u * o
        y = np.where(is_known, y, f)
        value, d_f = self._of_points(f, y, s)
        d_outputs = [d_f]
        within, beyond = (f.dtype.type(self.quantiles * one) for one in (TAIL, TAIL - 1.0))
        for o_side, way in ((o_low, -1.0), (o_high, 1.0)):
            apart, d_apart = _distance_and_slope(o_side)
            error = (way * (f - y) + v * apart) / s  # above 0 where y is within
            pull = np.where(error > 0.0, within, beyond)
            value += pull * np.clip(error, -_LARGEST, _LARGEST)
            slope = pull * (np.abs(error) < _LARGEST) / s
            d_f += way * slope
            d_outputs.append(slope * v * d_apart)
        d_outputs[0] = d_f * u
        gradient = np.concatenate([shares * one for one in d_outputs], axis=1)
        return total(value * shares), gradient.astype(outputs.dtype, copy=False)

    def _of_points(
        self, f: np.ndarray, y: np.ndarray, s: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return (2) and (3) of each step, and their derivatives by f."""
        error = f - y
        size, sign = np.abs(error), np.sign(error)
        value, slope = np.zeros_like(f), np.zeros_like(f)
        if self.smape:
            whole = np.abs(f) + np.abs(y) + _ROOM
            of_each = (200.0 * self.smape) * size / whole
            value += of_each
            slope += ((200.0 * self.smape) * sign - of_each * np.sign(f)) / whole
        scaled = size / s
        value += self.mase * np.minimum(scaled, _LARGEST)
        slope += np.where(scaled < _LARGEST, self.mase * sign / s, 0.0)
        return value, slope


def distance(outputs: np.ndarray) -> np.ndarray:
    """Return d of (1)."""
    return _distance_and_slope(outputs)[0]


def _distance_and_slope(outputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return d of (1) and its derivative, from one exponential that cannot overflow."""
    e = np.exp(-np.abs(outputs))
    slope = np.where(outputs < 0.0, e, outputs.dtype.type(1.0)) / (1.0 + e)
    return 2.0 * (np.maximum(outputs, 0.0) + np.log1p(e)), 2.0 * slope


def output_of(distances: np.ndarray) -> np.ndarray:
    """Return the outputs that have these distances, the inverse of d of (1)."""
    halves = 0.5 * distances
    return halves + np.log(-np.expm1(-halves))


def first_biases(errors: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Return outputs (2 H,) that hold the quantiles of errors of points, (n, H), NaN if unknown.

    Parameters
    ----------
    errors : (n, H) array
        y - f.
    spread : (n,) array
        v of each sample; of those without any nothing is learned.
    """
    v, H = spread[:, None], errors.shape[1]
    errors = np.where(v > 0.0, errors / np.where(v > 0.0, v, 1.0), np.nan)
    errors = errors[~np.isnan(errors).all(axis=1)]
    biases = np.zeros(2 * H)
    if not errors.size:
        return biases
    for k, (level, way) in enumerate(((TAIL, -1.0), (1.0 - TAIL, 1.0))):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a step with no known target
            ends = way * np.nanquantile(errors, level, axis=0)
        ends = np.clip(np.nan_to_num(ends, nan=1.0), *_FIRST_DISTANCES)
        biases[k * H : (k + 1) * H] = output_of(ends)
    return biases


def loss_of(kind: str, naive: tuple[float, float]) -> LevelLoss:
    """Return the loss "smape", "mase" or "owa", the last given what Naive2 has of both."""
    if kind == "smape":
        return LevelLoss(1.0, 0.0, _OF_QUANTILES * naive[0] / naive[1])
    if kind == "mase":
        return LevelLoss(0.0, 1.0, _OF_QUANTILES)
    return LevelLoss(0.5 / naive[0], 0.5 / naive[1], _OF_QUANTILES / naive[1])
