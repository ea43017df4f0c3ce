"""Targets that are numbers: the loss they are trained by, the units for it, and their score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tsrnn._optim.losses import NumberLoss, SquaredErrorLoss
from tsrnn._optim.units import by_present, mean_and_deviation
from tsrnn.sequence.samples import Samples, refuse_beyond, without_weightless
from tsrnn.sequence.targets import Targets

# What a constant answer that training is to go on from has at least of what is always positive:
# from there a step leads back.
_LEAST = 1e-3


@dataclass(frozen=True)
class Numbers(Targets):
    """Numbers, standardised, under a loss; they may be missing, and have context to their right.

    Attributes
    ----------
    center, spread : (m,) arrays, or None before they are learned
    loss : NumberLoss
    """

    center: Any
    spread: Any
    loss: NumberLoss = SquaredErrorLoss()

    is_counted = False

    @property
    def metric(self) -> str:  # type: ignore[override]
        """R2 under the squared error, and its like under others."""
        return "r2" if isinstance(self.loss, SquaredErrorLoss) else "d2"

    @property
    def explosion(self) -> float:  # type: ignore[override]
        """That of the loss."""
        return self.loss.explosion

    @property
    def output_activation(self) -> str:
        """None: outputs are predictions, where they are plain."""
        return "identity"

    @property
    def between_output_and_prediction(self) -> str:
        """Say what the loss makes of outputs, where those are not the predictions."""
        return "" if self.loss.is_plain else self.loss.link

    def units(self, n_outputs: int) -> tuple[np.ndarray, np.ndarray]:
        """Return center and spread."""
        return self.center, self.spread

    def n_outputs(self, targets: np.ndarray) -> int:
        """Return how many outputs the loss reads."""
        return self.loss.n_outputs(targets.shape[1] - self.loss.n_context)

    def known(self, samples: Samples, name: str) -> Samples:
        """Return the samples that have a weight and a target, unless targets overflow."""
        samples = self._with_targets(without_weightless(samples), name)
        refuse_beyond(samples.targets, samples.sequences.dtype, name)
        return samples

    def _with_targets(self, samples: Samples, name: str) -> Samples:
        """Leave out the sequences that have no target."""
        is_there = ~np.isnan(self.alone(samples.targets)).all(axis=1)
        if is_there.all():
            return samples
        if samples.by_step:
            is_there = np.logical_or.reduceat(is_there, samples.sequences.offsets[:-1])
        if not is_there.any():
            raise ValueError(f"{name} has no target: all of weight above zero are NaN")
        return samples if is_there.all() else samples.take(np.flatnonzero(is_there))

    def alone(self, targets: np.ndarray) -> np.ndarray:
        """Return targets without their context."""
        return targets[:, : targets.shape[1] - self.loss.n_context]

    def refuse_weightless(self, samples: Samples, name: str) -> None:
        """Accept any: numbers have no weights."""

    def to_stratify(self, samples: Samples) -> None:
        """Return nothing: there are no labels."""
        return None

    def as_numbers(self, targets: np.ndarray) -> np.ndarray:
        """Return the targets, which are numbers; infinity, which equals itself, where missing."""
        is_missing = np.isnan(targets)
        return np.where(is_missing, np.inf, targets) if is_missing.any() else targets

    def encoded(self, targets: np.ndarray, dtype: Any) -> np.ndarray:
        """Standardise targets, and leave their context as it is."""
        alone = ((self.alone(targets) - self.center) / self.spread).astype(dtype)
        if not self.loss.n_context:
            return alone
        return np.concatenate([alone, targets[:, alone.shape[1] :].astype(dtype)], axis=1)

    def decoded(self, outputs: np.ndarray) -> np.ndarray:
        """Return predictions in the units of the targets."""
        return self._in_units(self.loss.predict(outputs), self.center, self.spread)

    def quantiles(self, outputs: np.ndarray, levels: tuple[float, ...]) -> np.ndarray:
        """Return quantiles (n, m, L) in the units of the targets, of a loss that has some."""
        loss: Any = self.loss  # a QuantileLoss
        made = loss.between(loss.quantiles(outputs), levels)
        return self._in_units(made, self.center[:, None], self.spread[:, None])

    @staticmethod
    def _in_units(made: np.ndarray, center: np.ndarray, spread: np.ndarray) -> np.ndarray:
        """Return numbers in the units of the targets, infinite where they overflow."""
        with np.errstate(over="ignore"):
            return (made * spread + center).astype(made.dtype)

    def of_constants(self, targets: np.ndarray, *, for_good: bool) -> np.ndarray:
        """Return the outputs (M,) that say encoded targets (m,).

        For good they are exact, as far out as no step leads back from.
        """
        return self.loss.constant(targets[None, :], np.ones(1), 0.0 if for_good else _LEAST)

    def total_weight(self, samples: Samples) -> float:
        """Add up the weights of targets, each a share of its row's."""
        weights, alone = samples.target_weights, self.alone(samples.targets)
        is_there = ~np.isnan(alone)
        if not is_there.all():
            weights = weights * is_there.mean(axis=1)
        return float(weights.sum(dtype=float))

    def constant_loss(self, samples: Samples) -> float:
        """Return the variance, or what it is under the loss; a constant has 1."""
        if not isinstance(self.loss, SquaredErrorLoss):
            return self.best_constant_loss(samples) or 1.0
        _, spread = by_present(mean_and_deviation, _some(samples.targets), samples.target_weights)
        return float(np.mean(spread**2))

    def best_constant_loss(self, samples: Samples) -> float:
        """Return the variance, or what it is under the loss; 0 of a constant."""
        targets, weights = samples.targets, samples.target_weights
        if isinstance(self.loss, SquaredErrorLoss):
            (variance,) = by_present(_variance, _some(targets), weights)
            return float(np.mean(variance))
        alone = self.alone(targets)
        is_constant = np.fmax.reduce(alone) == np.fmin.reduce(alone)
        if is_constant.all():
            return 0.0
        with np.errstate(over="ignore", invalid="ignore"):
            value = self._of_constant(np.where(self._whole(is_constant), np.nan, targets), weights)
            return value / self.total_weight(samples)

    def _whole(self, of_targets: np.ndarray) -> np.ndarray:
        """Return what is said of targets, and False of context."""
        return np.concatenate([of_targets, np.zeros(self.loss.n_context, bool)])

    def _of_constant(self, targets: np.ndarray, weights: np.ndarray) -> float:
        """Return the loss of the best constant answer to encoded targets."""
        alone = self.alone(targets)
        is_there = ~np.isnan(alone).all(axis=0)
        outputs = np.zeros((alone.shape[1], self.n_outputs(targets) // alone.shape[1]))
        best = self.loss.constant(alone[:, is_there], weights)
        outputs[is_there] = best.reshape(-1, outputs.shape[1])
        answers = np.broadcast_to(outputs.reshape(-1), (len(targets), outputs.size))
        return self.loss.value_and_gradient(answers, targets, weights)[0]

    def score(self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray) -> float:
        """Return the share of the best constant's loss that is explained, the mean over targets."""
        if isinstance(self.loss, SquaredErrorLoss):
            return r2(outputs, targets, weights)
        weights, alone = weights.astype(float), self.alone(targets)
        outputs, shares = outputs.astype(float), []
        for k in range(alone.shape[1]):
            is_other = np.arange(alone.shape[1]) != k
            column = np.where(self._whole(is_other), np.nan, targets.astype(float))
            rows = ~np.isnan(column[:, k]) & (weights > 0.0)
            if rows.any():
                of_rows = column[rows], weights[rows]
                loss, _ = self.loss.value_and_gradient(outputs[rows], *of_rows)
                shares.append(_explained(loss, self._of_constant(*of_rows)))
        return float(np.mean(shares))


def _some(targets: np.ndarray) -> np.ndarray:
    """Return the columns in which there are targets: a batch may have none of some."""
    is_there = ~np.isnan(targets).all(axis=0)
    return targets if is_there.all() else targets[:, is_there]


def _variance(targets: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray]:
    """Return the weighted variance of each column, 0 of a constant."""
    weights = weights / weights.sum(dtype=float)
    varies = (targets != targets[0]).any(axis=0)
    with np.errstate(over="ignore", invalid="ignore"):
        deviations = targets - weights @ targets.astype(float)
        return (weights @ np.square(deviations) * varies,)


def _explained(loss: float, of_constant: float) -> float:
    """Return a share; of a constant, 1 where it is met exactly and 0 where it is not."""
    return 1.0 - loss / of_constant if of_constant > 0.0 else float(loss == 0.0)


def r2(outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray) -> float:
    """Return the coefficient of determination, the mean over outputs; all (n, m), weights (n,).

    As in scikit-learn, a constant target counts 1 where it is met exactly and 0 where it is not. A
    missing target (NaN) is left out.
    """
    is_there = ~np.isnan(targets)
    if not is_there.all():
        parts = [
            r2(outputs[rows, k : k + 1], targets[rows, k : k + 1], weights[rows])
            for k, rows in enumerate((is_there & (weights > 0.0)[:, None]).T)
            if rows.any()
        ]
        return float(np.mean(parts))
    weights = weights.astype(float)
    weights /= weights.sum()
    errors = weights @ np.square(targets - outputs, dtype=float)
    spread = weights @ np.square(targets - weights @ targets, dtype=float)
    is_constant = spread == 0.0
    explained = 1.0 - errors / np.where(is_constant, 1.0, spread)
    return float(np.mean(np.where(is_constant, errors == 0.0, explained)))
