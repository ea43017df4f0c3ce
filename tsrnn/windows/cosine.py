"""Adam with a rate that rises for some steps, and then falls to zero along a cosine."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tsrnn._optim.minibatch import Adam, State


@dataclass(frozen=True)
class CosineAdam:
    """See the module's text."""

    learning_rate: float
    n_steps: int
    warm_up: int

    def init(self, theta: np.ndarray) -> State:
        """Return the state before the first step."""
        return Adam(self.learning_rate).init(theta)

    def update(self, theta: np.ndarray, gradient: np.ndarray, state: State) -> State:
        """Make one step."""
        done = int(state[2][0])
        share = 0.5 * (1.0 + math.cos(math.pi * min(done / self.n_steps, 1.0)))
        share *= min(1.0, (done + 1) / max(self.warm_up, 1))
        return Adam(self.learning_rate * share).update(theta, gradient, state)
