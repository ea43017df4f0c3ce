"""Targets: all that is asked of them, and those that are labels of classes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tsrnn._optim.losses import BinaryLogLoss, SoftmaxLogLoss
from tsrnn._recurrent.engine import NetworkLoss
from tsrnn.exceptions import InvalidParameterError
from tsrnn.sequence.samples import Samples, without_weightless


class Targets(ABC):
    """The targets of a network's outputs, and what is known of them.

    Attributes
    ----------
    metric : str
        The name of the score.
    is_counted : bool
        Whether the score is a mean over samples.
    explosion : float
        As of `tsrnn._optim.training.Objective`.
    """

    metric: str
    is_counted: bool
    explosion: float

    @property
    @abstractmethod
    def output_activation(self) -> str:
        """The activation that makes predictions of raw outputs."""

    @property
    def between_output_and_prediction(self) -> str:
        """Parts that stand between outputs and predictions that the other end could not know of."""
        return ""

    @property
    @abstractmethod
    def loss(self) -> NetworkLoss:
        """The loss that is trained by."""

    @abstractmethod
    def units(self, n_outputs: int) -> tuple[np.ndarray, np.ndarray]:
        """Return what outputs are less, and divided by, in training, (n_outputs,) each."""

    @abstractmethod
    def n_outputs(self, targets: np.ndarray) -> int:
        """Return how many outputs a network has for targets."""

    @abstractmethod
    def known(self, samples: Samples, name: str) -> Samples:
        """Return samples with the weights that their targets give them.

        Raises
        ------
        ValueError
            For targets that are not accepted.
        """

    @abstractmethod
    def refuse_weightless(self, samples: Samples, name: str) -> None:
        """Refuse samples whose targets take all weight from them.

        Raises
        ------
        ValueError
        """

    @abstractmethod
    def to_stratify(self, samples: Samples) -> np.ndarray | None:
        """Return the labels of which validation has as many as training, by share, if any."""

    @abstractmethod
    def as_numbers(self, targets: np.ndarray) -> np.ndarray:
        """Return a number for each target that tells it from others."""

    @abstractmethod
    def encoded(self, targets: np.ndarray, dtype: np.dtype) -> np.ndarray:
        """Return targets as the loss takes them."""

    @abstractmethod
    def total_weight(self, samples: Samples) -> float:
        """Add up the weights of encoded samples."""

    @abstractmethod
    def constant_loss(self, samples: Samples) -> float:
        """Return the mean loss of a constant answer to encoded samples."""

    @abstractmethod
    def best_constant_loss(self, samples: Samples) -> float:
        """Return the lowest mean loss that a constant answer to encoded samples has."""

    @abstractmethod
    def score(self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray) -> float:
        """Return the score of raw outputs, given encoded targets and their weights."""


@dataclass(frozen=True)
class Classes(Targets):
    """Labels of classes, under the logarithmic loss.

    Attributes
    ----------
    labels : (n_classes,) array
        In order.
    weights : (n_classes,) array or None
        Of labels; None where all are 1.
    by_step : bool
        Whether there is a label a step.
    """

    labels: np.ndarray
    weights: Any
    by_step: bool

    metric = "accuracy"
    is_counted = True
    # Logits that are wrong by a hundred or so.
    explosion = 100.0

    @property
    def output_activation(self) -> str:
        """The function that makes probabilities of logits."""
        return "logistic" if len(self.labels) == 2 else "softmax"

    @property
    def plain_loss(self) -> BinaryLogLoss | SoftmaxLogLoss:
        """The loss without weights of labels."""
        return BinaryLogLoss() if len(self.labels) == 2 else SoftmaxLogLoss()

    @property
    def loss(self) -> NetworkLoss:
        """The loss, with weights of labels where those are not in the weights of samples."""
        if self.weights is None or not self.by_step:
            return self.plain_loss
        return ClassWeighted(self.plain_loss, self.weights)

    def units(self, n_outputs: int) -> tuple[np.ndarray, np.ndarray]:
        """Return zeros and ones: logits have no units."""
        return np.zeros(n_outputs), np.ones(n_outputs)

    def n_outputs(self, targets: np.ndarray) -> int:
        """Return the number of classes, or 1 for two of them."""
        return 1 if len(self.labels) == 2 else len(self.labels)

    def known(self, samples: Samples, name: str) -> Samples:
        """Return the samples with weights times those of their labels, unless some are unknown."""
        unknown = np.setdiff1d(samples.targets, self.labels)
        if unknown.size:
            raise ValueError(
                f"{name} has labels that are none of the classes {self.labels}: {unknown}"
            )
        self.refuse_weightless(samples, name)
        samples = without_weightless(samples)
        if self.weights is None:
            return samples
        self._refuse_beyond(samples)
        if samples.by_step:  # there they are a part of the loss
            return samples
        by_label = self.weights[self.as_numbers(samples.targets)]
        weights = samples.weights * by_label.astype(samples.weights.dtype)
        return without_weightless(replace(samples, weights=weights))

    def refuse_weightless(self, samples: Samples, name: str) -> None:
        """Refuse labels none of which has a weight."""
        has_weight = self.with_weight(samples)
        if not has_weight.any():
            raise ValueError(
                f"{name} has no label of weight above zero: sample_weight or class_weight leaves "
                f"none to {np.unique(samples.targets)}"
            )

    def _refuse_beyond(self, samples: Samples) -> None:
        """Refuse weights that vanish, or overflow, in the precision that is computed in."""
        codes, dtype = self.as_numbers(samples.targets), samples.weights.dtype
        with np.errstate(over="ignore", under="ignore"):
            weights = samples.target_weights * self.weights.astype(dtype)[codes]
            total = weights.sum()
        sums = np.bincount(codes, weights, minlength=len(self.labels))
        vanish = self.with_weight(samples) & (sums < np.finfo(dtype).tiny)
        if total == np.inf or vanish.any():
            raise InvalidParameterError(
                f"class_weight, times sample_weight, is beyond the range of {dtype}, which is "
                f"computed in: from {self.weights.min():g} to {self.weights.max():g}"
            )

    def with_weight(self, samples: Samples) -> np.ndarray:
        """Tell which of the labels have a weight in samples, (n_classes,)."""
        codes = self.as_numbers(samples.targets)
        sums = np.bincount(codes, samples.target_weights, minlength=len(self.labels))
        return sums * (1.0 if self.weights is None else self.weights) > 0.0

    def to_stratify(self, samples: Samples) -> np.ndarray | None:
        """Return the label of each sequence, where it has one."""
        return None if samples.by_step else samples.targets

    def as_numbers(self, targets: np.ndarray) -> np.ndarray:
        """Return the places of labels among the classes."""
        return np.searchsorted(self.labels, targets)

    def encoded(self, targets: np.ndarray, dtype: np.dtype) -> np.ndarray:
        """Return the places of labels among the classes."""
        return self.as_numbers(targets)

    def predicted(self, outputs: np.ndarray) -> np.ndarray:
        """Return the labels that raw outputs stand for."""
        return self.labels[_codes(outputs)]

    def total_weight(self, samples: Samples) -> float:
        """Add up the weights of targets, with those of their labels."""
        weights = samples.target_weights.astype(float)
        if self.weights is not None and samples.by_step:
            weights *= self.weights[samples.targets]
        return float(weights.sum())

    def constant_loss(self, samples: Samples) -> float:
        """Return the loss of equal odds."""
        return float(np.log(len(self.labels)))

    def best_constant_loss(self, samples: Samples) -> float:
        """Return the entropy of the labels: the loss of odds that are their shares."""
        sums = np.bincount(samples.targets, samples.target_weights, minlength=len(self.labels))
        if self.weights is not None and samples.by_step:
            sums = sums * self.weights
        shares = sums[sums > 0.0] / sums.sum()
        return float(-(shares @ np.log(shares)))

    def score(self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray) -> float:
        """Return the share of targets that are predicted."""
        return float(np.average(_codes(outputs) == targets, weights=weights))


@dataclass(frozen=True)
class ClassWeighted:
    """A loss whose weights are multiplied by those of the labels."""

    loss: NetworkLoss
    class_weights: np.ndarray

    def value_and_gradient(
        self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray
    ) -> tuple[float, np.ndarray]:
        """Return the weighted sum of losses, and its gradient with respect to the outputs."""
        of_labels = self.class_weights[targets].astype(weights.dtype)
        return self.loss.value_and_gradient(outputs, targets, weights * of_labels)


def _codes(outputs: np.ndarray) -> np.ndarray:
    """Return the positions of the predicted labels among the classes."""
    if outputs.shape[1] == 1:
        return (outputs[:, 0] > 0.0).astype(np.int64)
    return outputs.argmax(axis=1)
