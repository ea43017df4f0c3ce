"""The objective of training a network, and the measures at an epoch's end for a callback."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np

from tsrnn._input.sequences import Sequences
from tsrnn._optim.network import Network, NetworkLoss
from tsrnn._optim.watch import Hook, Measure, TrainingState, is_told_to_end
from tsrnn.sequence.samples import Samples
from tsrnn.sequence.targets import Targets

if TYPE_CHECKING:
    from tqdm import tqdm


class NetworkEngine(Protocol):
    """Runs a network forwards and backwards; used in a `with` block, it keeps threads."""

    def __enter__(self) -> Self:
        """Hold BLAS to one thread."""

    def __exit__(self, *exception: object) -> None:
        """Let threads go."""

    def predict(self, theta: np.ndarray, sequences: Sequences) -> np.ndarray:
        """Return raw outputs, a row for each sequence, or for each of its steps."""

    def loss_and_gradient(
        self,
        theta: np.ndarray,
        sequences: Sequences,
        rows: np.ndarray,
        targets: np.ndarray,
        weights: np.ndarray,
        loss: NetworkLoss,
    ) -> tuple[float, np.ndarray]:
        """Return the weighted sum of losses over the sequences at some rows, and its gradient."""


class CountedScore:
    """A loss that counts, while it is trained by, the score of the outputs it is given.

    Parameters
    ----------
    targets : Targets
        Whose score is a mean over samples.
    """

    def __init__(self, targets: Targets) -> None:
        self._targets, self._loss = targets, targets.loss
        self._counts: list[tuple[float, float]] = []

    def value_and_gradient(
        self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray
    ) -> tuple[float, np.ndarray]:
        """Return the weighted sum of losses, and its gradient with respect to the outputs."""
        if np.isfinite(outputs).all():
            score, weight = self._targets.score(outputs, targets, weights), float(weights.sum())
            self._counts.append((score * weight, weight))
        return self._loss.value_and_gradient(outputs, targets, weights)

    def begin(self) -> None:
        """Count anew."""
        self._counts.clear()

    def measure(self, theta: np.ndarray) -> dict[str, float]:
        """Return the score since the last call, for the history of training.

        NaN where nothing has been counted.
        """
        # The same to the last bit, in whatever order threads have come.
        scores = math.fsum(score for score, _ in self._counts)
        weights = math.fsum(weight for _, weight in self._counts)
        self.begin()
        return {self._targets.metric: scores / weights if weights else math.nan}


class NetworkObjective:
    """The sum of a network's losses over sequences; see `tsrnn._optim.training.Objective`.

    Attributes
    ----------
    counted : CountedScore or None
        What is trained by, where the score is to be counted on the way.
    """

    counted: CountedScore | None = None

    def __init__(self, engine: NetworkEngine, samples: Samples, targets: Targets) -> None:
        self.n_rows = samples.sequences.n_sequences
        self.n_samples = samples.n_samples
        self.total_weight = targets.total_weight(samples)
        self.constant_loss = targets.constant_loss(samples)
        self.best_constant_loss = targets.best_constant_loss(samples)
        self.explosion = targets.explosion
        self._engine = engine
        self._samples = samples
        self._loss = targets.loss

    def loss(self, theta: np.ndarray, rows: np.ndarray) -> float:
        """Return the sum over the rows."""
        part = self._samples if len(rows) == self.n_rows else self._samples.take(rows)
        outputs = self._engine.predict(theta, part.sequences)
        return self._loss.value_and_gradient(outputs, part.targets, part.target_weights)[0]

    def loss_and_gradient(self, theta: np.ndarray, rows: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the sum over the rows, and its gradient."""
        samples = self._samples
        return self._engine.loss_and_gradient(
            theta, samples.sequences, rows, samples.targets, samples.weights, self.loss_for(rows)
        )

    def loss_for(self, rows: np.ndarray) -> NetworkLoss:
        """Return the loss to train by on some rows."""
        if self.counted is None:
            return self._loss
        if len(rows) == self.n_rows:  # at one point of a search, or of an epoch of a single step
            self.counted.begin()
        return self.counted


def measure_of(
    engine: NetworkEngine, parts: Mapping[str, Samples], targets: Targets
) -> Measure | None:
    """Make what measures scores of parts of the data at the end of an epoch, by their prefixes."""
    if not parts:
        return None

    def measure(theta: np.ndarray) -> dict[str, float]:
        loss, losses, scores = targets.loss, {}, {}
        for prefix, part in parts.items():
            outputs, weights = engine.predict(theta, part.sequences), part.target_weights
            if prefix:  # that of the training part is known
                value, _ = loss.value_and_gradient(outputs, part.targets, weights)
                losses[f"{prefix}loss"] = value / targets.total_weight(part)
            scores[f"{prefix}{targets.metric}"] = targets.score(outputs, part.targets, weights)
        return losses | scores

    return measure


def hook_of(
    network: Network, progress: tqdm, callback: Callable[[TrainingState], Any] | None
) -> Hook:
    """Make what is called at the end of each epoch: it moves the bar and asks the user."""

    def at_epoch(theta: np.ndarray, history: dict[str, list[float]]) -> bool:
        if not progress.disable:
            latest = {name: f"{values[-1]:.4g}" for name, values in history.items()}
            progress.set_postfix(latest, refresh=False)
            progress.update()
        if callback is None:
            return False
        weights = {name: view.copy() for name, view in network.unpack(theta).items()}
        history = {name: list(values) for name, values in history.items()}
        return is_told_to_end(callback(TrainingState(len(history["loss"]), history, weights)))

    return at_epoch
