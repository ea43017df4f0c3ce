"""Optimisers for mini-batches: parameters theta and a gradient g at a time, theta moved in place.

Each is a pair: `init(theta)` returns a state, a tuple of arrays; `update(theta, gradient, state)`
makes one step and returns the state after it. The arrays of a state are written to, so that a step
takes no memory: copy those that are to be kept. With t = 1, 2, ... the number of the step and
eta the learning rate,

    RMSprop   v <- rho v + (1 - rho) g^2,  theta <- theta - eta g / sqrt(v + epsilon)           (1)

    Adam      m <- beta_1 m + (1 - beta_1) g,  v <- beta_2 v + (1 - beta_2) g^2                 (2)
              theta <- theta - eta m' / (sqrt(v') + epsilon),                                   (3)
              m' = m / (1 - beta_1^t),  v' = v / (1 - beta_2^t)

    SGD       u <- mu u + g,  theta <- theta - eta (g + mu u) with Nesterov's momentum, or      (4)
              theta <- theta - eta u without                                                    (5)

(1) is Keras' form, its epsilon within the root; (2) and (3) are Adam as published, as PyTorch and
scikit-learn have it.

References
----------
.. [1] Tieleman, T., Hinton, G., Lecture 6.5: rmsprop, Coursera (2012).
.. [2] Kingma, D. P., Ba, J., Adam: a method for stochastic optimization, ICLR (2015).
.. [3] Sutskever, I. et al., On the importance of initialization and momentum in deep learning,
   ICML (2013).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

State = tuple[np.ndarray, ...]


@dataclass(frozen=True)
class RMSprop:
    """Steps divided by the root of a running mean of squares, (1)."""

    learning_rate: float
    rho: float = 0.9
    epsilon: float = 1e-7

    def init(self, theta: np.ndarray) -> State:
        """Return the state before the first step."""
        return np.full_like(theta, self.epsilon / (1.0 - self.rho)), np.empty_like(theta)

    def update(self, theta: np.ndarray, gradient: np.ndarray, state: State) -> State:
        """Make one step, (1)."""
        # What is kept is w = (v + epsilon) / (1 - rho), for which (1) is w <- rho w + g^2 +
        # epsilon. Unlike v it does not decay into subnormal numbers where a gradient is 0.
        w, scratch = state
        np.multiply(gradient, gradient, out=scratch)
        scratch += self.epsilon
        w *= self.rho
        w += scratch
        np.sqrt(w, out=scratch)
        np.divide(gradient, scratch, out=scratch)
        scratch *= self.learning_rate / math.sqrt(1.0 - self.rho)
        theta -= scratch
        return state


@dataclass(frozen=True)
class Adam:
    """Steps along a running mean, divided by the root of a running mean of squares, (2), (3)."""

    learning_rate: float
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8

    def init(self, theta: np.ndarray) -> State:
        """Return the state before the first step."""
        return (
            np.zeros_like(theta),
            np.zeros_like(theta),
            np.zeros(1, np.int64),
            np.empty_like(theta),
        )

    def update(self, theta: np.ndarray, gradient: np.ndarray, state: State) -> State:
        """Make one step, (2) and (3)."""
        # What is kept is m / (1 - beta_1) and v / (1 - beta_2): two products less.
        m, v, n_steps, scratch = state
        n_steps += 1
        t = int(n_steps[0])
        root = math.sqrt((1.0 - self.beta_2) / (1.0 - self.beta_2**t))
        rate = self.learning_rate * (1.0 - self.beta_1) / (1.0 - self.beta_1**t)
        m *= self.beta_1
        m += gradient
        np.multiply(gradient, gradient, out=scratch)
        v *= self.beta_2
        v += scratch
        if t % _FLUSH_EVERY == 0:
            _flush(m)
            _flush(v)
        np.sqrt(v, out=scratch)
        scratch += self.epsilon / root
        np.divide(m, scratch, out=scratch)
        scratch *= rate / root
        theta -= scratch
        return state


@dataclass(frozen=True)
class SGD:
    """Steps along the gradient with momentum, (4), (5)."""

    learning_rate: float
    momentum: float = 0.9
    nesterov: bool = True

    def init(self, theta: np.ndarray) -> State:
        """Return the state before the first step."""
        return np.zeros_like(theta), np.zeros(1, np.int64), np.empty_like(theta)

    def update(self, theta: np.ndarray, gradient: np.ndarray, state: State) -> State:
        """Make one step, (4) or (5)."""
        u, n_steps, scratch = state
        n_steps += 1
        u *= self.momentum
        u += gradient
        if int(n_steps[0]) % _FLUSH_EVERY == 0:
            _flush(u)
        if self.nesterov:
            np.multiply(u, self.momentum, out=scratch)
            scratch += gradient
            scratch *= self.learning_rate
        else:
            np.multiply(u, self.learning_rate, out=scratch)
        theta -= scratch
        return state


# Where gradients are exactly 0, as those of words that are not met or of units that never fire,
# running means decay into subnormal numbers, at which processors are many times slower. What has
# come near is set to 0 every so many steps, in which 0.9^64 = 1e-3 of it is left.
_FLUSH_EVERY = 64
_FAR_FROM_SUBNORMAL = 1e8


def _flush(mean: np.ndarray) -> None:
    mean[np.abs(mean) < _FAR_FROM_SUBNORMAL * np.finfo(mean.dtype).tiny] = 0.0


def clip_by_norm(gradient: np.ndarray, norm: float) -> float:
    """Shorten a gradient, in place, to a Euclidean norm if it is longer; return the one it had.

    A gradient that is not finite is left as it is: its norm is infinite or NaN.
    """
    found = _norm(gradient)
    if norm < found < np.inf:
        gradient *= norm / found
    return found


def _norm(vector: np.ndarray) -> float:
    squared = float(np.dot(vector, vector))
    if np.finfo(vector.dtype).tiny < squared < np.inf:
        return math.sqrt(squared)
    # Squares overflow or vanish, in single precision from 1e19 and at 1e-19.
    largest = float(np.abs(vector).max(initial=0.0))
    if largest == 0.0 or not math.isfinite(largest):
        return largest
    scaled = vector / largest
    return largest * math.sqrt(float(np.dot(scaled, scaled)))
