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
.. [4] Loshchilov, I., Hutter, F., SGDR: stochastic gradient descent with warm restarts, ICLR
   (2017).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tsrnn._compute.compile import kernel_of_both
from tsrnn._compute.declare import OwnNumber, OwnVector, code_of

State = tuple[np.ndarray, ...]


# Where gradients are exactly 0, as those of words that are not met or of units that never fire,
# running means decay into subnormal numbers, at which processors are many times slower: a mean so
# small is taken for 0.
_NOTHING = 1e-30


def _check_sizes(theta: np.ndarray, *others: np.ndarray) -> None:
    """Refuse what compiled code would read and write beyond the ends of."""
    sizes = [other.size for other in others]
    if set(sizes) != {theta.size}:
        raise ValueError(
            f"an optimiser of {theta.size} parameters was given arrays of {sizes}: its state is "
            "not that of these parameters"
        )


@dataclass(frozen=True)
class RMSprop:
    """Steps divided by the root of a running mean of squares, (1)."""

    learning_rate: float
    rho: float = 0.9
    epsilon: float = 1e-7

    def init(self, theta: np.ndarray) -> State:
        """Return the state before the first step."""
        return (np.zeros_like(theta),)

    def update(self, theta: np.ndarray, gradient: np.ndarray, state: State) -> State:
        """Make one step, (1)."""
        _check_sizes(theta, gradient, *state)
        move = _move_rmsprop[code_of(theta.dtype)]
        (squares,) = state
        move(theta, gradient, squares, self.learning_rate, self.rho, 1.0 - self.rho, self.epsilon)
        return state


@kernel_of_both
def _move_rmsprop(
    theta: OwnVector,
    gradient: OwnVector,
    v: OwnVector,
    rate: OwnNumber,
    rho: OwnNumber,
    rest: OwnNumber,
    epsilon: OwnNumber,
):
    tiny, zero = theta.dtype.type(_NOTHING), theta.dtype.type(0.0)
    for i in range(theta.size):
        g, old = gradient[i], rho * v[i]
        v[i] = (old if old > tiny else zero) + rest * g * g
        theta[i] -= rate * g / np.sqrt(v[i] + epsilon)


@dataclass(frozen=True)
class Adam:
    """Steps along a running mean, divided by the root of a running mean of squares, (2), (3)."""

    learning_rate: float
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8

    def init(self, theta: np.ndarray) -> State:
        """Return the state before the first step."""
        return np.zeros_like(theta), np.zeros_like(theta), np.zeros(1, np.int64)

    def update(self, theta: np.ndarray, gradient: np.ndarray, state: State) -> State:
        """Make one step, (2) and (3)."""
        m, v, n_steps = state
        _check_sizes(theta, gradient, m, v)
        n_steps += 1
        t = int(n_steps[0])
        # (3), with both corrections taken into the rate and epsilon.
        root = math.sqrt(1.0 - self.beta_2**t)
        rate = self.learning_rate * root / (1.0 - self.beta_1**t)
        _move_adam[code_of(theta.dtype)](
            theta,
            gradient,
            m,
            v,
            rate,
            self.beta_1,
            1.0 - self.beta_1,
            self.beta_2,
            1.0 - self.beta_2,
            self.epsilon * root,
        )
        return state


@kernel_of_both
def _move_adam(
    theta: OwnVector,
    gradient: OwnVector,
    m: OwnVector,
    v: OwnVector,
    rate: OwnNumber,
    beta_1: OwnNumber,
    rest_1: OwnNumber,
    beta_2: OwnNumber,
    rest_2: OwnNumber,
    epsilon: OwnNumber,
):
    tiny, zero = theta.dtype.type(_NOTHING), theta.dtype.type(0.0)
    for i in range(theta.size):
        g, mean, square = gradient[i], beta_1 * m[i], beta_2 * v[i]
        m[i] = (mean if abs(mean) > tiny else zero) + rest_1 * g
        v[i] = (square if square > tiny else zero) + rest_2 * g * g
        theta[i] -= rate * m[i] / (np.sqrt(v[i]) + epsilon)


@dataclass(frozen=True)
class SGD:
    """Steps along the gradient with momentum, (4), (5)."""

    learning_rate: float
    momentum: float = 0.9
    nesterov: bool = True

    def init(self, theta: np.ndarray) -> State:
        """Return the state before the first step."""
        return (np.zeros_like(theta),)

    def update(self, theta: np.ndarray, gradient: np.ndarray, state: State) -> State:
        """Make one step, (4) or (5)."""
        _check_sizes(theta, gradient, *state)
        move = _move_sgd[code_of(theta.dtype)]
        (velocity,) = state
        move(theta, gradient, velocity, self.learning_rate, self.momentum, self.nesterov)
        return state


@kernel_of_both
def _move_sgd(
    theta: OwnVector,
    gradient: OwnVector,
    u: OwnVector,
    rate: OwnNumber,
    momentum: OwnNumber,
    nesterov: bool,
):
    tiny, zero = theta.dtype.type(_NOTHING), theta.dtype.type(0.0)
    for i in range(theta.size):
        old = momentum * u[i]
        u[i] = (old if abs(old) > tiny else zero) + gradient[i]
        theta[i] -= rate * (gradient[i] + momentum * u[i] if nesterov else u[i])


@dataclass(frozen=True)
class Schedule:
    """Shares of the learning rate by step: a linear rise, and then a cosine down to 0 or none.

    With w steps of n for the rise, the share of step t = 0, 1, .. is (t + 1) / w for t < w, and
    then 1, or (1 + cos(pi (t - w) / (n - w))) / 2 [4]_.

    Attributes
    ----------
    n_steps : int
        n; steps beyond have the share of the last.
    warmup_steps : int
        w, less than n.
    falls : bool
        Whether there is a cosine.
    """

    n_steps: int
    warmup_steps: int = 0
    falls: bool = False

    def share(self, step: int) -> float:
        """Return the share of a step."""
        if step < self.warmup_steps:
            return (step + 1) / self.warmup_steps
        if not self.falls:
            return 1.0
        step = min(step, self.n_steps - 1)
        gone = (step - self.warmup_steps) / (self.n_steps - self.warmup_steps)
        return 0.5 + 0.5 * math.cos(math.pi * gone)


class MovingAverage:
    """An average of parameters over the last steps, which wavers less than they do.

    a <- a + (1 - mu_n) (theta - a), with mu_n = min(mu, n / (n + 10)) at step n, so that the
    beginning is soon forgotten.

    Parameters
    ----------
    theta : (K,) array
        Where training starts.
    momentum : float
        mu: about 1 / (1 - mu) steps are averaged.
    n_steps : int
        Steps that theta is an average of, where it is taken up again.
    """

    def __init__(self, theta: np.ndarray, momentum: float, n_steps: int = 0) -> None:
        self.theta = theta.copy()
        self.n_steps = n_steps
        self._momentum = momentum

    def take_in(self, theta: np.ndarray) -> None:
        """Take the parameters after a step into account."""
        self.n_steps += 1
        momentum = min(self._momentum, self.n_steps / (self.n_steps + 10.0))
        _follow[code_of(theta.dtype)](self.theta, theta, 1.0 - momentum)


@kernel_of_both
def _follow(
    average: OwnVector,
    theta: OwnVector,
    rate: OwnNumber,
):
    for i in range(theta.size):
        average[i] += rate * (theta[i] - average[i])


def clip_by_norm(gradient: np.ndarray, norm: float) -> float:
    """Shorten a gradient, in place, to a Euclidean norm if it is longer; return the one it had.

    A gradient that is not finite is left as it is: its norm is infinite or NaN.
    """
    found = _norm(gradient)
    if norm < found < np.inf:
        gradient *= norm / found
    return found


def _norm(vector: np.ndarray) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        squared = float(np.dot(vector, vector))
    if np.finfo(vector.dtype).tiny < squared < np.inf:
        return math.sqrt(squared)
    # Squares overflow or vanish, in single precision from 1e19 and at 1e-19.
    largest = float(np.abs(vector).max(initial=0.0))
    if largest == 0.0 or not math.isfinite(largest):
        return largest
    scaled = vector / largest
    return largest * math.sqrt(float(np.dot(scaled, scaled)))
