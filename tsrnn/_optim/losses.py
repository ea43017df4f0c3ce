"""Losses of networks: a value and, right beneath it, its gradient.

They are functions of raw outputs o (n, M), a row for each target, and are sums over
the rows, each times its weight w. Outputs may be of any size: the logarithm of no probability is
taken, and only a rate is the exponential of an output.

Of m numbers y_k, the mean over k, a missing one (NaN) counting nothing:

    squared       (o_k - y_k)^2                                                         (1)
    absolute      |o_k - y_k|                                                           (2)
    Huber         r^2 / 2 where |r| <= delta, delta (|r| - delta / 2) beyond            (3)
    Poisson       exp o_k - y_k o_k + y_k log y_k - y_k, half of the deviance           (4)
    quantiles     mean_j pin_j(y_k - f_kj) / sqrt(q_j (1 - q_j)),                       (5)
                  pin_j(e) = max(q_j e, (q_j - 1) e)

Of classes:

    two classes   L = w log(1 + exp(-s)), s = o for the second class, -o for the first  (6)
    K classes     L = w (log sum_k exp(o_k) - o_y)                                      (7)

A level's gradient has a standard deviation of sqrt(q (1 - q)) where it has been learned: so in (5)
all levels pull alike, and that of the median is (2). Levels q_1 < .. < q_J of one target are made
of as many outputs: that of the level next to the middle, c, is the quantile itself, the others are
distances from their neighbours, so that quantiles cannot cross:

    f_c = o_c,  f_j = f_{j-1} + g_j log(1 + exp o_j) for j > c,                         (8)
    f_j = f_{j+1} - g_j log(1 + exp o_j) for j < c

with g_j such that outputs of 0 give the distances of a standard normal distribution.

A loss of your own derives from `NumberLoss`; nothing else knows which there are. The loss of a
batch may hang on more than outputs and targets, as on the level and the scale of each window: that
stands in further columns of the targets, to the right, whose number is `n_context`. So it goes
wherever the targets go: through the order, the division and the weighing of samples and into each
batch, by step where targets are by step, and with those of X_val; it is never standardised, and
must be finite. An estimator takes such an object as its `loss`, and then a y with these columns:

    @dataclass(frozen=True)
    class RelativeError(NumberLoss):
        n_context = 1    # the level of each window, the last column of y

        def value_and_gradient(self, outputs, targets, weights):
            y, (level,), shares = self.parted(outputs, targets, weights)
            errors = (outputs - y) / level
            return total(shares * np.abs(errors)), shares * np.sign(errors) / level

`parted` has put missing targets and their shares to 0. The rest has defaults that may be
overridden: targets are left in their own units (`units`), outputs are what is predicted, one a
target (`n_outputs`, `predict`), and the best constant answer is about the median (`constant`). A
frozen dataclass, of numbers and tuples of them, is cloned and pickled; to be saved by `tsrnn.save`
it is entered in `tsrnn.saving.classes`.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import expit, ndtri, xlogy

from tsrnn._optim.units import (
    balance_of_clipped,
    by_present,
    mean_and_deviation,
    mean_units,
    robust_units,
    weighted_quantiles,
)

# An output whose exponential is 0.
_FAR_OUT = -1000.0


class NumberLoss(ABC):
    """A loss of numbers, (n, m), of which some may be missing; see the module's text.

    Attributes
    ----------
    name : str
        What users call it, if they do.
    n_context : int
        Columns to the right of the targets that are no targets.
    explosion : float
        As of `tsrnn._optim.training.Objective`: the loss of errors of a hundred units, over that of
        errors of one.
    link : str
        What is between outputs and predictions: "" where there is one output a target, and it is
        the prediction.
    """

    name: str = ""
    n_context: int = 0
    explosion: float = 100.0
    link: str = ""

    def __str__(self) -> str:
        """Name it as in errors."""
        return f"loss={self.name!r}" if self.name else repr(self)

    @property
    def is_plain(self) -> bool:
        """Whether there is one output a target, and it is the prediction."""
        return not self.link

    @abstractmethod
    def value_and_gradient(
        self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray
    ) -> tuple[float, np.ndarray]:
        """Return L and dL/do (n, M), given targets (n, m + n_context), and weights (n,).

        What is passed is not written to; a row knows nothing of the others, and the gradient has
        the precision of the outputs.
        """

    def n_outputs(self, n_targets: int) -> int:
        """Return how many outputs M a network has for m targets."""
        return n_targets

    def predict(self, outputs: np.ndarray) -> np.ndarray:
        """Return the prediction that raw outputs stand for, (n, m)."""
        return outputs

    def units(self, targets: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what targets (n, m) are less, and divided by, in training, (m,) each."""
        return np.zeros(targets.shape[1]), np.ones(targets.shape[1])

    def constant(self, targets: np.ndarray, weights: np.ndarray, least: float = 0.0) -> np.ndarray:
        """Return the raw outputs (M,) of the best constant answer to targets (n, m), or about it.

        Targets are in the units of training, and each column has one that is not missing. What is
        always positive, as rates and distances between quantiles are, is at least `least`.
        """
        return _quantiles_of(targets, weights, (0.5,))[0]

    def refused(self, targets: np.ndarray) -> tuple[np.ndarray, str] | None:
        """Say which targets (n, m) are not taken, and what is, if there are such."""
        return None

    def parted(
        self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Part targets and context, and share weights out.

        Returns
        -------
        targets : (n, m) array
            In the precision of the outputs, 0 where they are missing.
        context : (n_context, n, 1) array
            In that precision, too.
        shares : (n, m) array
            w / m, 0 where targets are missing.
        """
        targets = targets[:, None] if targets.ndim == 1 else targets
        targets = targets.astype(outputs.dtype, copy=False)
        m = targets.shape[1] - self.n_context
        context = targets[:, m:].T[:, :, None]
        targets = targets[:, :m]
        is_missing = np.isnan(targets)
        shares = np.where(is_missing, outputs.dtype.type(0.0), _column(weights, outputs) / m)
        return np.where(is_missing, outputs.dtype.type(0.0), targets), context, shares


@dataclass(frozen=True)
class SquaredErrorLoss(NumberLoss):
    """The mean square over the outputs of a row, (1)."""

    name = "squared_error"
    explosion = 1e4

    def value_and_gradient(
        self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray
    ) -> tuple[float, np.ndarray]:
        """Return L and dL/do, given targets (n, m), or (n,) where m = 1, and weights (n,)."""
        targets = targets.reshape(outputs.shape)
        residuals = np.subtract(outputs, targets, dtype=outputs.dtype)
        is_missing = np.isnan(targets)
        if is_missing.any():
            residuals[is_missing] = 0.0
        shares = _column(weights, outputs) / outputs.shape[1]
        weighted = shares * residuals
        value = total(weighted * residuals)
        weighted *= 2.0
        return value, weighted

    def units(self, targets: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the mean and the standard deviation."""
        return by_present(mean_and_deviation, targets, weights)

    def constant(self, targets: np.ndarray, weights: np.ndarray, least: float = 0.0) -> np.ndarray:
        """Return the mean."""
        return by_present(mean_and_deviation, targets, weights)[0]


@dataclass(frozen=True)
class AbsoluteErrorLoss(NumberLoss):
    """The mean magnitude over the outputs of a row, (2)."""

    name = "absolute_error"

    def value_and_gradient(
        self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray
    ) -> tuple[float, np.ndarray]:
        """Return L and dL/do; at an error of 0 that is 0."""
        targets, _, shares = self.parted(outputs, targets, weights)
        residuals = outputs - targets
        return total(shares * np.abs(residuals)), shares * np.sign(residuals)

    def units(self, targets: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the median and a robust standard deviation."""
        return by_present(robust_units, targets, weights)


@dataclass(frozen=True)
class HuberLoss(NumberLoss):
    """Huber's loss, the mean over the outputs of a row, (3).

    Attributes
    ----------
    delta : float
        In the units of training, which are those of `AbsoluteErrorLoss`.
    """

    delta: float

    name = "huber"

    def value_and_gradient(
        self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray
    ) -> tuple[float, np.ndarray]:
        """Return L and dL/do."""
        targets, _, shares = self.parted(outputs, targets, weights)
        residuals = outputs - targets
        clipped = np.clip(residuals, -self.delta, self.delta)
        weighted = shares * clipped
        return total(weighted * (residuals - 0.5 * clipped)), weighted

    def units(self, targets: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the median and a robust standard deviation."""
        return by_present(robust_units, targets, weights)

    def constant(self, targets: np.ndarray, weights: np.ndarray, least: float = 0.0) -> np.ndarray:
        """Return where residuals of at most delta balance."""

        def of_present(values: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray]:
            return (balance_of_clipped(values, weights, self.delta),)

        return by_present(of_present, targets, weights)[0]


@dataclass(frozen=True)
class PoissonLoss(NumberLoss):
    """Half of Poisson's deviance, the mean over the outputs of a row, which are log rates, (4)."""

    name = "poisson"
    explosion = 1e4
    link = "an exponential (loss='poisson')"

    def value_and_gradient(
        self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray
    ) -> tuple[float, np.ndarray]:
        """Return L and dL/do."""
        targets, _, shares = self.parted(outputs, targets, weights)
        excess = np.exp(outputs) - targets
        value = total(shares * (excess + xlogy(targets, targets) - targets * outputs))
        return value, shares * excess

    def predict(self, outputs: np.ndarray) -> np.ndarray:
        """Return the rates, (n, m)."""
        with np.errstate(over="ignore"):
            return np.exp(outputs)

    def units(self, targets: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return 0 and the mean: so a rate is multiplied by it."""
        return by_present(mean_units, targets, weights)

    def constant(self, targets: np.ndarray, weights: np.ndarray, least: float = 0.0) -> np.ndarray:
        """Return the logarithm of the mean."""
        mean, _ = by_present(mean_and_deviation, targets, weights)
        with np.errstate(divide="ignore"):
            return np.maximum(np.log(np.maximum(mean, least)), _FAR_OUT)

    def refused(self, targets: np.ndarray) -> tuple[np.ndarray, str] | None:
        """Refuse what is negative."""
        is_wrong = targets < 0.0
        return (is_wrong, "counts or rates, which are 0 or more") if is_wrong.any() else None


@dataclass(frozen=True)
class QuantileLoss(NumberLoss):
    """The pinball losses of one or several levels, the mean over the outputs of a row, (5), (8).

    Outputs (n, m J) are those of one target after the other, by level.

    Attributes
    ----------
    levels : tuple of float
        Between 0 and 1, ascending.
    """

    levels: tuple[float, ...]

    name = "quantile"

    def __str__(self) -> str:
        """Name it with its levels."""
        return f"loss='quantile' with quantiles={self.levels}"

    @property
    def link(self) -> str:  # type: ignore[override]
        """Sums of distances, of several levels."""
        n = len(self.levels)
        return f"sums of distances between {n} quantiles (loss='quantile')" if n > 1 else ""

    @cached_property
    def middle(self) -> int:
        """The place of the level next to 1/2, the lower of two."""
        return int(np.argmin(np.abs(np.array(self.levels) - 0.5)))

    @cached_property
    def steps_of_normal(self) -> np.ndarray:
        """The g_j of (8), (J,), 0 for the level in the middle."""
        scores, c = ndtri(self.levels), self.middle
        below, above = np.diff(scores[: c + 1]), np.diff(scores[c:])
        return np.concatenate([below, [0.0], above]) / np.log(2.0)

    def n_outputs(self, n_targets: int) -> int:
        """Return as many as there are levels of targets."""
        return n_targets * len(self.levels)

    def value_and_gradient(
        self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray
    ) -> tuple[float, np.ndarray]:
        """Return L and dL/do; at an error of 0 dL/df is 0."""
        targets, _, shares = self.parted(outputs, targets, weights)
        levels = np.array(self.levels)
        of_levels = (1.0 / (len(levels) * np.sqrt(levels * (1.0 - levels)))).astype(outputs.dtype)
        shares = shares[:, :, None] * of_levels
        errors = targets[:, :, None] - self.quantiles(outputs)
        slopes = np.where(errors > 0.0, levels, levels - 1.0).astype(outputs.dtype)
        value = total(shares * slopes * errors)
        d_quantiles = np.where(errors == 0.0, outputs.dtype.type(0.0), -shares * slopes)
        return value, self._pulled_back(outputs, d_quantiles)

    def quantiles(self, outputs: np.ndarray) -> np.ndarray:
        """Return what raw outputs stand for, (n, m, J), ascending, (8)."""
        raw, c = self._by_level(outputs), self.middle
        steps = np.logaddexp(raw, raw.dtype.type(0.0)) * self.steps_of_normal.astype(raw.dtype)
        made, middle = raw.copy(), raw[:, :, c : c + 1]
        made[:, :, c + 1 :] = middle + np.cumsum(steps[:, :, c + 1 :], axis=2)
        made[:, :, :c] = middle - np.cumsum(steps[:, :, :c][:, :, ::-1], axis=2)[:, :, ::-1]
        return made

    def _pulled_back(self, outputs: np.ndarray, d_quantiles: np.ndarray) -> np.ndarray:
        """Return dL/do, (n, m J), given dL/df, (n, m, J)."""
        raw, c = self._by_level(outputs), self.middle
        d_raw = np.empty_like(raw)
        d_raw[:, :, c] = d_quantiles.sum(axis=2)
        d_raw[:, :, c + 1 :] = np.cumsum(d_quantiles[:, :, :c:-1], axis=2)[:, :, ::-1]
        d_raw[:, :, :c] = -np.cumsum(d_quantiles[:, :, :c], axis=2)
        slopes = expit(raw) * self.steps_of_normal.astype(raw.dtype)
        slopes[:, :, c] = 1.0
        d_raw *= slopes
        return d_raw.reshape(outputs.shape)

    def _by_level(self, outputs: np.ndarray) -> np.ndarray:
        n_targets = outputs.shape[1] // len(self.levels)
        return outputs.reshape(len(outputs), n_targets, len(self.levels))

    def predict(self, outputs: np.ndarray) -> np.ndarray:
        """Return the median, (n, m), or of levels on one side of it the nearest."""
        level = min(max(0.5, self.levels[0]), self.levels[-1])
        return self.between(self.quantiles(outputs), (level,))[:, :, 0]

    def recognised(self, levels: tuple[float, ...]) -> tuple[float, ...]:
        """Return levels, each that rounding alone tells from one of this loss as that.

        (1 - 0.9) / 2 is less than 0.05, and the end of no other range than that.
        """
        return tuple(
            next((own for own in self.levels if math.isclose(own, level, rel_tol=1e-7)), level)
            for level in levels
        )

    def between(self, quantiles: np.ndarray, levels: tuple[float, ...]) -> np.ndarray:
        """Return quantiles (n, m, L) at levels from the first to the last of this loss.

        Between two of those they are linear in the normal score of the level, which is right for a
        normal distribution.
        """
        known, scores = ndtri(self.levels), ndtri(levels)
        above = np.clip(np.searchsorted(self.levels, levels), 1, max(1, len(known) - 1))
        made = np.empty((*quantiles.shape[:2], len(levels)), quantiles.dtype)
        for place, (j, level) in enumerate(zip(above, levels, strict=True)):
            if level in self.levels:
                made[:, :, place] = quantiles[:, :, self.levels.index(level)]
                continue
            share = (scores[place] - known[j - 1]) / (known[j] - known[j - 1])
            lower, upper = quantiles[:, :, j - 1], quantiles[:, :, j]
            made[:, :, place] = np.minimum(lower + share * (upper - lower), upper)
        return made

    def units(self, targets: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the quantile in the middle and a robust standard deviation."""

        def of_present(values: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            return robust_units(values, weights, self.levels[self.middle])

        return by_present(of_present, targets, weights)

    def constant(self, targets: np.ndarray, weights: np.ndarray, least: float = 0.0) -> np.ndarray:
        """Return outputs whose quantiles are those of the targets."""
        found = _quantiles_of(targets, weights, self.levels).T
        c, units = self.middle, self.steps_of_normal
        made = found.copy()
        for j in range(len(self.levels)):
            if j != c:
                step = abs(found[:, j] - found[:, j - 1 if j > c else j + 1]) / units[j]
                step = np.maximum(step, least)
                with np.errstate(divide="ignore"):
                    made[:, j] = np.maximum(step + np.log(-np.expm1(-step)), _FAR_OUT)
        return made.reshape(-1)


class BinaryLogLoss:
    """The log-loss of two classes with one output, the log-odds of the second, (6)."""

    def value_and_gradient(
        self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray
    ) -> tuple[float, np.ndarray]:
        """Return L and dL/do, given targets (n,) of 0 and 1, and weights (n,)."""
        weights = _column(weights, outputs)
        is_second = targets.reshape(outputs.shape) > 0
        minus_s = np.where(is_second, -outputs, outputs)
        value = total(weights * np.logaddexp(minus_s, minus_s.dtype.type(0.0)))
        # Of s rather than of o: so it is right to the last digit where it is small.
        d_minus_s = weights * expit(minus_s)
        return value, np.where(is_second, -d_minus_s, d_minus_s)

    def predict(self, outputs: np.ndarray) -> np.ndarray:
        """Return the probabilities of the two classes, (n, 2)."""
        return expit(np.concatenate([-outputs, outputs], axis=1))


class SoftmaxLogLoss:
    """The log-loss of K classes with K outputs, (7)."""

    def value_and_gradient(
        self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray
    ) -> tuple[float, np.ndarray]:
        """Return L and dL/do, given targets (n,), numbers of classes, and weights (n,)."""
        rows = np.arange(len(outputs))
        shifted, exponentials, others = _exponentials(outputs)
        is_top = shifted[rows, targets] == 0.0
        weights = _column(weights, outputs)[:, 0]
        value = total(weights * (np.log1p(others) - shifted[rows, targets]))
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


def _quantiles_of(
    targets: np.ndarray, weights: np.ndarray, levels: tuple[float, ...]
) -> np.ndarray:
    """Return quantiles of the targets that are not missing, (J, m)."""
    return by_present(
        lambda values, weights: (weighted_quantiles(values, weights, levels),), targets, weights
    )[0]


def _column(weights: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Return the weights, (n, 1), in the precision of the outputs."""
    return weights.astype(outputs.dtype, copy=False)[:, None]


def total(losses: np.ndarray) -> float:
    """Add losses up."""
    # In double precision: sums of millions of steps decide when training stops.
    return float(losses.sum(dtype=np.float64))
