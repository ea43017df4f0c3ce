"""The explicit recurrent network: a single hidden layer with its matrices in the open.

With input x_t (p,), hidden state h_t (d,) and output y_t (m,),

    h_t = s1(W_hx x_t + W_hh h_{t-1} + b_h)                                             (1)
    y_t = s2(W_yh h_t + b_y)                                                            (2)

and each of s1, s2 the identity, tanh, the rectifier or the logistic function.
"""

from __future__ import annotations

import functools
import warnings
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from tsrnn._compute.threads import one_blas_thread
from tsrnn._input.numbers import read_numbers
from tsrnn._input.sequences import Sequences
from tsrnn._input.validation import check_choice, check_count, check_number
from tsrnn._optim.scipy_minimize import SOLVERS, minimize
from tsrnn._recurrent.activations import ACTIVATIONS, Activation
from tsrnn._recurrent.architecture import Architecture
from tsrnn._recurrent.engine import Engine
from tsrnn.exceptions import TrainingDivergedError

_NAMES = ("W_hx", "W_hh", "b_h", "W_yh", "b_y", "h_init")

# What the shapes of weights and the compiled loops follow from.
_FIXED = ("n_inputs", "n_hidden", "n_outputs", "activation", "output_activation")


class RNN:
    r"""A recurrent network with one hidden layer, every weight an array to read and to set.

    Parameters
    ----------
    n_inputs, n_hidden, n_outputs : int
        Sizes p, d and m of the input, the hidden state and the output.
    activation : {"tanh", "relu", "logistic", "identity"}
        Activation of the hidden layer.
    output_activation : {"identity", "tanh", "relu", "logistic"}
        Activation of the output.
    random_state : int, RandomState or None
        Seed of the weights it starts from: uniform of Glorot's width, biases and h_init zero.

    Attributes
    ----------
    W_hx : (d, p) array
        From input to hidden state.
    W_hh : (d, d) array
        From hidden state to hidden state, a step later.
    b_h : (d,) array
    W_yh : (m, d) array
        From hidden state to output.
    b_y : (m,) array
    h_init : (d,) array
        The hidden state before the first step, h_{-1}. Setting it puts `h` there too.
    h : (d,) array
        The hidden state now, moved by `step`.

    Notes
    -----
    The network is

    .. math::

        h_t = s_1(W_{hx} x_t + W_{hh} h_{t-1} + b_h), \qquad y_t = s_2(W_{yh} h_t + b_y),

    with :math:`s_1` the `activation` and :math:`s_2` the `output_activation`. Every weight, h_init
    included, is learned by `fit`.

    References
    ----------
    .. [1] Elman, J. L., Finding structure in time, Cognitive Science 14 (1990).

    Examples
    --------
    A running sum, by hand:

    >>> from tsrnn import RNN
    >>> network = RNN(1, 1, 1, activation="identity")
    >>> network.W_hx, network.W_hh, network.W_yh = [[1.0]], [[1.0]], [[1.0]]
    >>> network.run([1.0, 2.0, 3.0])
    array([[1.],
           [3.],
           [6.]])
    """

    def __init__(
        self,
        n_inputs: int,
        n_hidden: int,
        n_outputs: int,
        activation: str = "tanh",
        output_activation: str = "identity",
        *,
        random_state: Any = None,
    ) -> None:
        from sklearn.utils import check_random_state

        self.n_inputs = check_count("n_inputs", n_inputs)
        self.n_hidden = check_count("n_hidden", n_hidden)
        self.n_outputs = check_count("n_outputs", n_outputs)
        check_choice("activation", activation, ACTIVATIONS)
        check_choice("output_activation", output_activation, ACTIVATIONS)
        self.activation = activation
        self.output_activation = output_activation
        self._architecture = Architecture(
            f"elman_{activation}",
            self.n_inputs,
            (self.n_hidden,),
            self.n_outputs,
            learns_h_init=True,
        )
        random_state = check_random_state(random_state)
        for name, shape in self._shapes.items():
            width = np.sqrt(6.0 / sum(shape)) if len(shape) == 2 else 0.0
            setattr(self, name, random_state.uniform(-width, width, shape))

    def __repr__(self) -> str:
        """Show the constructor call."""
        return (
            f"RNN({self.n_inputs}, {self.n_hidden}, {self.n_outputs}, "
            f"activation={self.activation!r}, output_activation={self.output_activation!r})"
        )

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute; weights are checked and copied to float arrays."""
        if name in _FIXED and name in vars(self):
            raise AttributeError(f"{name} is fixed: make another RNN")
        if name in _NAMES or name == "h":
            value = self._as_weight(name, value)
        super().__setattr__(name, value)
        if name == "h_init":
            self.reset()

    @property
    def _shapes(self) -> dict[str, tuple[int, ...]]:
        p, d, m = self.n_inputs, self.n_hidden, self.n_outputs
        return dict(zip(_NAMES, [(d, p), (d, d), (d,), (m, d), (m,), (d,)], strict=True))

    def _as_weight(self, name: str, value: Any) -> np.ndarray:
        shape = self._shapes["h_init" if name == "h" else name]
        array = read_numbers(value, name)
        if array.shape != shape:
            raise ValueError(f"{name} must have shape {shape}, got {array.shape}")
        _check_finite(array, name)
        return array

    def reset(self) -> Self:
        """Put the hidden state `h` back to `h_init`.

        Returns
        -------
        self
        """
        self.h = self.h_init
        return self

    def step(self, x: Any) -> np.ndarray:
        """Read one input: moves the hidden state `h`.

        Parameters
        ----------
        x : float or (p,) array-like

        Returns
        -------
        y : (m,) array
        """
        x = np.atleast_1d(read_numbers(x, "x"))
        if x.shape != (self.n_inputs,):
            raise ValueError(f"x must have shape ({self.n_inputs},), got {x.shape}")
        _check_finite(x, "x")
        states, outputs = self._forward(x[None, None], self.h)
        self.h = states[0, 0]
        return outputs[0, 0]

    def run(self, X: Any, return_states: bool = False) -> Any:
        """Read sequences from `h_init`, leaving `h` where it is.

        Parameters
        ----------
        X : (T,), (T, p) or (B, T, p) array-like
            One sequence, or B of equal length; a flat one has one feature a step.
        return_states : bool
            Also return the hidden states h_0 .. h_{T-1}.

        Returns
        -------
        Y : (T, m) or (B, T, m) array
        states : (T, d) or (B, T, d) array
            With `return_states=True`.

        Warns
        -----
        RuntimeWarning
            If the network explodes: its outputs are not finite.
        """
        x, is_batch = self._read(X, "X", self.n_inputs)
        states, outputs = self._run(x)
        if not is_batch:
            states, outputs = states[0], outputs[0]
        return (outputs, states) if return_states else outputs

    def trace(self, X: Any) -> pd.DataFrame:
        """Show what happens at each step of one sequence.

        Parameters
        ----------
        X : (T,) or (T, p) array-like

        Returns
        -------
        trace : DataFrame
            A row a step, with columns (x, 0 ..), (h_old, 0 ..), (h_new, 0 ..), (y, 0 ..): the
            input, the hidden state before and after it, and the output.
        """
        x, is_batch = self._read(X, "X", self.n_inputs)
        if is_batch:
            raise ValueError("trace shows one sequence, got a batch: pass X[i]")
        states, outputs = (of_sequences[0] for of_sequences in self._run(x))
        before = np.concatenate([self.h_init[None], states[:-1]])
        parts = {"x": x[0], "h_old": before, "h_new": states, "y": outputs}
        columns = [(name, i) for name, part in parts.items() for i in range(part.shape[1])]
        return pd.DataFrame(
            np.concatenate(list(parts.values()), axis=1),
            index=pd.RangeIndex(x.shape[1], name="t"),
            columns=pd.MultiIndex.from_tuples(columns, names=["part", "unit"]),
        )

    def loss_and_grad(
        self, X: Any, Y: Any, bptt_steps: int | None = None
    ) -> tuple[float, dict[str, np.ndarray]]:
        """Return the mean squared error and its gradient by backpropagation through time.

        Parameters
        ----------
        X : (T,), (T, p) or (B, T, p) array-like
        Y : (T,), (T, m) or (B, T, m) array-like
            A target a step.
        bptt_steps : int, optional
            Cut the gradient at every so many steps (truncated BPTT); by default it is exact.

        Returns
        -------
        loss : float
            The mean over steps, outputs and sequences of (Y - run(X))**2; not finite where the
            network explodes, as the gradient may be where the loss is finite.
        gradient : dict
            Of the loss, an array for each weight, by name.
        """
        if bptt_steps is not None:
            check_count("bptt_steps", bptt_steps, upper=np.inf)
        x, y = self._read_pair(X, Y)
        return self._loss_and_gradient(x, y, bptt_steps and min(bptt_steps, x.shape[1]))

    def fit(
        self, X: Any, Y: Any, solver: str = "L-BFGS-B", *, max_iter: int = 1000, tol: float = 1e-8
    ) -> Self:
        """Learn every weight, `h_init` included, from where they are now.

        Parameters
        ----------
        X, Y
            As for `loss_and_grad`.
        solver : str
            A method of `scipy.optimize.minimize` that keeps to bounds.
        max_iter : int
        tol : float

        Returns
        -------
        self
            With `loss_` (the mean squared error reached), `n_iter_` and `converged_`.

        Raises
        ------
        TrainingDivergedError
            If the loss is not finite; the weights are then the best ones before that.

        Warns
        -----
        ConvergenceWarning
            If the solver stopped early.
        """
        from sklearn.exceptions import ConvergenceWarning

        check_choice("solver", solver, SOLVERS)
        max_iter = check_count("max_iter", max_iter)
        tol = check_number("tol", tol, 0.0, 1.0, include_lower=False)
        x, y = self._read_pair(X, Y)
        start = np.concatenate([getattr(self, name).ravel() for name in _NAMES])
        unit, units = self._units(y)

        def objective(theta):
            self._set_weights(theta * units)
            loss, gradient = self._loss_and_gradient(x, y, None)
            gradient = np.concatenate([gradient[name].ravel() for name in _NAMES])
            return loss / unit**2, gradient * units / unit**2

        bounds = [(-np.inf, np.inf)] * start.size
        best = start
        try:
            with one_blas_thread():
                minimum = minimize(
                    objective, start / units, bounds, solver=solver, max_iter=max_iter, tol=tol
                )
            best = minimum.theta * units
        except TrainingDivergedError as error:
            if error.best_theta is not None:
                best = error.best_theta = error.best_theta * units
            raise
        finally:
            self._set_weights(best)
            self.reset()
        self.loss_ = minimum.loss * unit**2
        self.n_iter_, self.converged_ = minimum.n_iter, minimum.converged
        if not minimum.converged:
            warnings.warn(
                f"{solver} stopped early after {minimum.n_iter} iterations ({minimum.message}): "
                "raise max_iter, or fit again from where it stopped",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self

    def summary(self) -> str:
        """Return a table of the weights: names, shapes, counts.

        Returns
        -------
        table : str
        """
        rows = [
            (name, str(shape), str(int(np.prod(shape)))) for name, shape in self._shapes.items()
        ]
        total = sum(int(np.prod(shape)) for shape in self._shapes.values())
        lines = [
            f"{self!r}",
            f"{'weight':<8}{'shape':<14}{'parameters':>10}",
            *(f"{name:<8}{shape:<14}{count:>10}" for name, shape, count in rows),
            f"{'total':<22}{total:>10}",
        ]
        return "\n".join(lines)

    def _units(self, target: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the unit that targets are fitted in, and those of the weights that follow.

        An optimiser's tolerances are for numbers of order one; a linear output makes them so.
        """
        unit = float(np.abs(target).max()) if self.output_activation == "identity" else 1.0
        unit = unit or 1.0
        units = {name: np.ones(shape) for name, shape in self._shapes.items()}
        units["W_yh"] *= unit
        units["b_y"] *= unit
        return unit, np.concatenate([units[name].ravel() for name in _NAMES])

    def _set_weights(self, theta: np.ndarray) -> None:
        start = 0
        for name, shape in self._shapes.items():
            stop = start + int(np.prod(shape))
            # Not by attribute: an optimiser may try what is not finite, and is told by the loss.
            vars(self)[name] = theta[start:stop].reshape(shape).copy()
            start = stop

    def _theta(self, h_init: np.ndarray) -> np.ndarray:
        weights = {name: getattr(self, name) for name in _NAMES} | {"h_init": h_init}
        return self._architecture.pack(weights)

    def _run(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return states and outputs from `h_init`, with a warning if they explode."""
        states, outputs = self._forward(x, self.h_init)
        finite = np.isfinite(outputs).all(axis=(0, 2))
        if not finite.all():
            warnings.warn(
                f"the output is not finite from step {int(np.argmin(finite))} on: the network "
                "explodes, as one with smaller weights W_hh does not",
                RuntimeWarning,
                stacklevel=3,
            )
        return states, outputs

    def _forward(self, x: np.ndarray, h_init: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the states (B, T, d) after each step, and the outputs (B, T, m)."""
        engine = _engine(self._architecture, None)
        states = engine.hidden_states(self._theta(h_init), _sequences(x))
        with np.errstate(over="ignore", invalid="ignore"):
            # A product a step, so that a step has the same bits alone and among others.
            raw = (self.W_yh @ states[:, :, None])[:, :, 0] + self.b_y
            outputs = ACTIVATIONS[self.output_activation].value(raw)
        return states.reshape(*x.shape[:2], -1), outputs.reshape(*x.shape[:2], -1)

    def _loss_and_gradient(
        self, x: np.ndarray, target: np.ndarray, bptt_steps: int | None
    ) -> tuple[float, dict[str, np.ndarray]]:
        total, gradient = _engine(self._architecture, bptt_steps).loss_and_gradient(
            self._theta(self.h_init),
            _sequences(x),
            np.arange(len(x)),
            target.reshape(-1, self.n_outputs),
            np.ones(len(x)),
            _SquaredErrors(ACTIVATIONS[self.output_activation]),
        )
        with np.errstate(over="ignore", invalid="ignore"):
            gradient /= target.size
        weights = self._architecture.unpack(gradient)
        return total / target.size, {name: weights[name].copy() for name in _NAMES}

    def _read(self, X: Any, name: str, n_features: int) -> tuple[np.ndarray, bool]:
        """Read sequences as (B, T, features), and whether they came as a batch."""
        array = read_numbers(X, name)
        if array.ndim == 1:
            array = array[:, None]
        if array.ndim not in (2, 3) or array.shape[-1] != n_features:
            raise ValueError(
                f"{name} must have shape (T, {n_features}) or (B, T, {n_features}), "
                f"got {np.shape(X)}"
            )
        if 0 in array.shape:
            raise ValueError(f"{name} is empty: shape {np.shape(X)}")
        _check_finite(array, name)
        is_batch = array.ndim == 3
        return array if is_batch else array[None], is_batch

    def _read_pair(self, X: Any, Y: Any) -> tuple[np.ndarray, np.ndarray]:
        x, _ = self._read(X, "X", self.n_inputs)
        y, _ = self._read(Y, "Y", self.n_outputs)
        if x.shape[:2] != y.shape[:2]:
            raise ValueError(
                f"X has {x.shape[0]} sequence(s) of {x.shape[1]} steps, Y {y.shape[0]} of "
                f"{y.shape[1]}: one target a step"
            )
        return x, y


def _check_finite(array: np.ndarray, name: str) -> None:
    if not np.isfinite(array).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"{name} must be finite, but at {place} it is {array[place]}")


@dataclass(frozen=True)
class _SquaredErrors:
    """The sum of squared errors of activated outputs."""

    activation: Activation

    def value_and_gradient(
        self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray
    ) -> tuple[float, np.ndarray]:
        """Return the sum, and its gradient with respect to the outputs before activation."""
        y = self.activation.value(outputs)
        errors = y - targets
        return float(np.vdot(errors, errors)), 2.0 * errors * self.activation.derivative(y)


@functools.lru_cache(maxsize=64)
def _engine(architecture: Architecture, bptt_steps: int | None) -> Engine:
    return Engine(architecture, bptt_steps=bptt_steps, return_sequences=True)


def _sequences(x: np.ndarray) -> Sequences:
    """Lay sequences of equal length (B, T, p) one after the other."""
    values = np.ascontiguousarray(x.reshape(-1, x.shape[2]))
    return Sequences(values, np.arange(len(x) + 1) * x.shape[1])
