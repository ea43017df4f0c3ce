"""Losses of networks: a value and, right beneath it, its gradient.

They are functions of raw outputs o (n, m), a row for each target, and are sums over
the rows, each times its weight w. Outputs may be of any size: the exponential of none is taken that
could overflow, and the logarithm of no probability.

    squared       L = w sum_k (o_k - y_k)^2 / m                                         (1)
    two classes   L = w log(1 + exp(-s)), s = o for the second class, -o for the first  (2)
    K classes     L = w (log sum_k exp(o_k) - o_y)                                      (3)
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit


class SquaredErrorLoss:
    """The mean square over the outputs of a row, (1)."""

    def value_and_gradient(
        self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray
    ) -> tuple[float, np.ndarray]:
        """Return L and dL/do, given targets (n, m), or (n,) where m = 1, and weights (n,)."""
        targets = targets.reshape(outputs.shape)
        residuals = np.subtract(outputs, targets, dtype=outputs.dtype)
        shares = _column(weights, outputs) / outputs.shape[1]
        weighted = shares * residuals
        value = _total(weighted * residuals)
        weighted *= 2.0
        return value, weighted

    def predict(self, outputs: np.ndarray) -> np.ndarray:
        """Return what the outputs say, (n, m): themselves."""
        return outputs


class BinaryLogLoss:
    """The log-loss of two classes with one output, the log-odds of the second, (2)."""

    def value_and_gradient(
        self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray
    ) -> tuple[float, np.ndarray]:
        """Return L and dL/do, given targets (n,) of 0 and 1, and weights (n,)."""
        weights = _column(weights, outputs)
        is_second = targets.reshape(outputs.shape) > 0
        minus_s = np.where(is_second, -outputs, outputs)
        value = _total(weights * np.logaddexp(minus_s, minus_s.dtype.type(0.0)))
        # Of s rather than of o: so it is right to the last digit where it is small.
        d_minus_s = weights * expit(minus_s)
        return value, np.where(is_second, -d_minus_s, d_minus_s)

    def predict(self, outputs: np.ndarray) -> np.ndarray:
        """Return the probabilities of the two classes, (n, 2)."""
        return expit(np.concatenate([-outputs, outputs], axis=1))


class SoftmaxLogLoss:
    """The log-loss of K classes with K outputs, (3)."""

    def value_and_gradient(
        self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray
    ) -> tuple[float, np.ndarray]:
        """Return L and dL/do, given targets (n,), numbers of classes, and weights (n,)."""
        rows = np.arange(len(outputs))
        shifted, exponentials, others = _exponentials(outputs)
        is_top = shifted[rows, targets] == 0.0
        weights = _column(weights, outputs)[:, 0]
        value = _total(weights * (np.log1p(others) - shifted[rows, targets]))
        # p - 1 cancels where p is near 1: there the target has the largest output.
        of_target = exponentials[rows, targets]
        sums = others + 1.0
        exponentials[rows, targets] = np.where(is_top, -others, of_target - sums)
        exponentials *= (weights / sums)[:, None]
        return value, exponentials

    def predict(self, outputs: np.ndarray) -> np.ndarray:
        """Return the probabilities of the classes, (n, K)."""
        _, exponentials, others = _exponentials(outputs)
        exponentials /= (others + 1.0)[:, None]
        return exponentials


def _exponentials(outputs: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return o - max o, its exponential, and a row's sum of them but for one of the largest."""
    rows, top = np.arange(len(outputs)), outputs.argmax(axis=1)
    shifted = outputs - outputs[rows, top][:, None]
    exponentials = np.exp(shifted)
    exponentials[rows, top] = 0.0
    others = exponentials.sum(axis=1)
    exponentials[rows, top] = 1.0
    return shifted, exponentials, others


def _column(weights: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Return the weights, (n, 1), in the precision of the outputs."""
    return weights.astype(outputs.dtype, copy=False)[:, None]


def _total(losses: np.ndarray) -> float:
    # In double precision: sums of millions of steps decide when training stops.
    return float(losses.sum(dtype=np.float64))
