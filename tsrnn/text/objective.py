"""Objective of training where texts are read: losses under dropout, embeddings that may stay."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from tsrnn._recurrent.engine import Engine
from tsrnn._recurrent.run import Dropout
from tsrnn.sequence.objective import NetworkObjective
from tsrnn.sequence.samples import Samples
from tsrnn.sequence.targets import Targets


class TextObjective(NetworkObjective):
    """The losses of texts, under dropout and with embeddings that may be frozen.

    Parameters
    ----------
    words, states : float
        Shares to drop, as of `Dropout`.
    seed : int
        From which every step has another.
    n_frozen : int
        Parameters at the beginning of theta that stay what they are.
    """

    def __init__(
        self,
        engine: Engine,
        samples: Samples,
        targets: Targets,
        *,
        words: float,
        states: float,
        seed: int,
        n_frozen: int,
    ) -> None:
        super().__init__(engine, samples, targets)
        self._dropout = Dropout(words, states, seed) if words or states else None
        self._n_frozen = n_frozen

    def loss_and_gradient(self, theta: np.ndarray, rows: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the sum over the rows, and its gradient."""
        dropout = self._dropout
        if dropout is not None:
            dropout = self._dropout = replace(dropout, seed=(dropout.seed + 1) % 2**31)
        samples = self._samples
        engine: Any = self._engine  # which takes texts
        loss, gradient = engine.loss_and_gradient(
            theta,
            samples.sequences,
            rows,
            samples.targets,
            samples.weights,
            self.loss_for(rows),
            dropout,
        )
        gradient[: self._n_frozen] = 0.0
        return loss, gradient
