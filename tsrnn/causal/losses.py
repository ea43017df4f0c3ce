"""Losses of forecasts that are said at every step in units of their own, of several quantiles.

A step's targets are z_h, the values less their anchors in units (see `tsrnn.causal.readings`), and
beside them the anchors a_h in the same units. For each step ahead there are outputs for J levels
q_1 < .. < q_J, of which q_c = 1/2 is the median f_h = o_c, and the others are distances,

    f_{h,j} = f_{h,j-1} + g_j log(1 + exp o_j) for j > c, and so below,                         (1)

with g_j such that outputs of 0 lie as a standard normal distribution does. The loss is the mean
over the H steps ahead, those that are missing counting nothing, of a weighted sum of

    pinball    the mean over levels of max(q (z - f_j), (q - 1) (z - f_j)) / sqrt(q (1 - q)),   (2)
    MASE       min(sqrt(h) |f - z|, 50), which is in units of one step's change,                (3)
    sMAPE      200 |f - z| / (|f + a| + |z + a| + .01 |a|), of which units cancel.              (4)

The denominator of (4) depends on f, and its gradient is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from tsrnn._compute.compile import kernel_of_both
from tsrnn._compute.declare import OwnSlab, OwnVector, Vector, code_of, inlined
from tsrnn._optim.losses import NumberLoss, QuantileLoss

# Where (3) has been cut off, in units; and what is added to (4)'s denominator, in anchors.
_LARGEST, _ROOM = 50.0, 0.01


@dataclass(frozen=True)
class CausalLoss(NumberLoss):
    """A weighted sum of (2) to (4).

    Attributes
    ----------
    levels : tuple of float
        Between 0 and 1, ascending, 1/2 among them.
    pinball, mase, smape : float
        Their weights.
    """

    levels: tuple[float, ...]
    pinball: float = 1.0
    mase: float = 0.0
    smape: float = 0.0

    @cached_property
    def quantile_loss(self) -> QuantileLoss:
        """The loss that has outputs made of these levels."""
        return QuantileLoss(self.levels)

    @cached_property
    def _terms(self) -> tuple[int, np.ndarray, np.ndarray, np.ndarray]:
        levels = np.array(self.levels)
        shares = self.pinball / (len(levels) * np.sqrt(levels * (1.0 - levels)))
        return self.quantile_loss.middle, levels, shares, self.quantile_loss.steps_of_normal

    def n_outputs(self, n_targets: int) -> int:
        """Return as many as there are levels of targets."""
        return n_targets * len(self.levels)

    def value_and_gradient(
        self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray
    ) -> tuple[float, np.ndarray]:
        """Return L and dL/do.

        Parameters
        ----------
        outputs : (n, H J) array
            Of one step ahead after the other, by level.
        targets : (n, 2 H) array
            z, NaN where missing, and then a.
        weights : (n,) array
        """
        middle, levels, shares, steps = self._terms
        dtype = outputs.dtype
        gradient, value = np.empty_like(outputs), np.zeros(1)
        _loss[code_of(dtype)](
            np.ascontiguousarray(outputs),
            np.ascontiguousarray(targets, dtype),
            np.ascontiguousarray(weights, dtype),
            _Terms(
                middle,
                levels.astype(dtype),
                shares.astype(dtype),
                steps.astype(dtype),
                np.sqrt(np.arange(1.0, targets.shape[1] // 2 + 1)).astype(dtype),
                np.array([self.mase, self.smape, _LARGEST, _ROOM], dtype),
                np.zeros((3, len(levels)), dtype),
            ),
            gradient,
            value,
        )
        return float(value[0]), gradient

    def quantiles(self, outputs: np.ndarray) -> np.ndarray:
        """Return f, (n, H, J), ascending, (1)."""
        return self.quantile_loss.quantiles(outputs)


class _Terms(NamedTuple):
    middle: int
    levels: OwnVector
    shares: OwnVector
    steps: OwnVector
    roots: OwnVector
    weights: OwnVector
    work: OwnSlab


@kernel_of_both
def _loss(
    outputs: OwnSlab,
    targets: OwnSlab,
    weights: OwnVector,
    terms: _Terms,
    gradient: OwnSlab,
    value: Vector,
):
    c, n_levels, horizon = terms.middle, terms.levels.shape[0], terms.roots.shape[0]
    mase, smape, largest, room = (
        terms.weights[0],
        terms.weights[1],
        terms.weights[2],
        terms.weights[3],
    )
    made, slope, pull = terms.work[0], terms.work[1], terms.work[2]
    zero = outputs.dtype.type(0.0)
    one = outputs.dtype.type(1.0)
    hundred = outputs.dtype.type(200.0)
    for i in range(outputs.shape[0]):
        weight = weights[i] / outputs.dtype.type(horizon)
        of_row = 0.0
        for h in range(horizon):
            first = h * n_levels
            z = targets[i, h]
            if not z == z:
                for j in range(n_levels):
                    gradient[i, first + j] = zero
                continue
            f = outputs[i, first + c]
            for j in range(n_levels):  # (1), distances and their slopes
                if j == c:
                    continue
                o = outputs[i, first + j]
                e = np.exp(-abs(o))
                made[j] = terms.steps[j] * ((o if o > zero else zero) + np.log(one + e))
                slope[j] = terms.steps[j] * ((e if o < zero else one) / (one + e))
            loss, d_middle = zero, zero
            reached = f
            for j in range(c + 1, n_levels):
                reached += made[j]
                loss, pull[j] = _pinball(z - reached, terms.levels[j], terms.shares[j], loss)
            reached = f
            for j in range(c - 1, -1, -1):
                reached -= made[j]
                loss, pull[j] = _pinball(z - reached, terms.levels[j], terms.shares[j], loss)
            loss, d_middle = _pinball(z - f, terms.levels[c], terms.shares[c], loss)
            total = zero
            for j in range(n_levels - 1, c, -1):
                total += pull[j]
                gradient[i, first + j] = weight * total * slope[j]
            d_middle += total
            total = zero
            for j in range(c):
                total += pull[j]
                gradient[i, first + j] = -weight * total * slope[j]
            d_middle += total
            error = f - z
            size = abs(error)
            sign = one if error > zero else (-one if error < zero else zero)
            scaled = terms.roots[h] * size
            if scaled < largest:
                loss += mase * scaled
                d_middle += mase * terms.roots[h] * sign
            else:
                loss += mase * largest
            if smape > zero:
                a = targets[i, horizon + h]
                whole = abs(f + a) + abs(z + a) + room * abs(a)
                if whole > zero:
                    ratio = hundred * size / whole
                    loss += smape * ratio
                    way = one if f + a > zero else (-one if f + a < zero else zero)
                    d_middle += smape * (hundred * sign - ratio * way) / whole
            gradient[i, first + c] = weight * d_middle
            of_row += loss
        value[0] += weight * of_row


@inlined
def _pinball(error, level, share, loss):
    """Add (2) of one level to a loss; return that, and its derivative by the quantile."""
    if error > 0.0:
        return loss + share * level * error, -share * level
    if error < 0.0:
        return loss + share * (level - 1) * error, share * (1 - level)
    return loss, 0.0 * share
