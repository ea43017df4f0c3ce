"""The explicit recurrent network: a single hidden layer with its matrices in the open.

With input x_t (p,), hidden state h_t (d,) and output y_t (m,),

    h_t = s1(W_hx x_t + W_hh h_{t-1} + b_h)                                             (1)
    y_t = s2(W_yh h_t + b_y)                                                            (2)

and each of s1, s2 the identity, tanh, the rectifier, the logistic function or one of the user's
own; s2 may be the softmax.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from functools import partial
from typing import Any, Literal, Self, overload

import numpy as np
import pandas as pd

from tsrnn._compute.threads import one_blas_thread
from tsrnn._input.notes import warn_user
from tsrnn._input.numbers import read_numbers
from tsrnn._input.sequences import Sequences
from tsrnn._input.validation import check_count, check_number
from tsrnn._optim.scipy_minimize import SOLVER_NAMES
from tsrnn._optim.training import train, words_for_nothing_learned
from tsrnn._optim.watch import Plan, Training, TrainingState
from tsrnn._recurrent.activations import (
    ACTIVATIONS,
    activation_of,
    read_activation,
    words_for,
)
from tsrnn._recurrent.architecture import Architecture
from tsrnn._recurrent.engine import Engine
from tsrnn._recurrent.explicit_training import (
    MeanSquares,
    Search,
    Solver,
    SquaredErrors,
    plan_of,
    reach_of,
    refuse_not_finite,
    steps_of,
)
from tsrnn._recurrent.own_activation import layer_gradient, run_layer
from tsrnn._recurrent.table import Table, table_of_counts

_NAMES = ("W_hx", "W_hh", "b_h", "W_yh", "b_y", "h_init")

# Names of hidden activations, which have compiled loops.
_HIDDEN = ("tanh", "relu", "logistic", "identity")

# What the shapes of weights and the compiled loops follow from.
_FIXED = ("n_inputs", "n_hidden", "n_outputs", "activation", "output_activation")


class RNN:
    r"""A recurrent network with one hidden layer, every weight an array to read and to set.

    Parameters
    ----------
    n_inputs, n_hidden, n_outputs : int
        Sizes p, d and m of the input, the hidden state and the output.
    activation : {"tanh", "relu", "logistic", "identity"}, None, callable or pair of callables
        Activation of the hidden layer. None is the identity; of functions `np.tanh` and
        `scipy.special.expit` are known, and any other comes as a pair (f, df): both take an array
        of preactivations a and return one of its shape, f(a) and the derivative f'(a) (a function
        of a, not of f(a)). A pair runs in Python, some hundred times slower than a name.
    output_activation : {"identity", "tanh", "relu", "logistic", "softmax"}, None, callable or pair
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

    W_hx: np.ndarray
    W_hh: np.ndarray
    b_h: np.ndarray
    W_yh: np.ndarray
    b_y: np.ndarray
    h_init: np.ndarray
    h: np.ndarray
    loss_: float
    n_iter_: int
    converged_: bool
    history_: dict[str, list[float]]

    def __init__(
        self,
        n_inputs: int,
        n_hidden: int,
        n_outputs: int,
        activation: Any = "tanh",
        output_activation: Any = "identity",
        *,
        random_state: Any = None,
    ) -> None:
        from sklearn.utils import check_random_state

        self.n_inputs = check_count("n_inputs", n_inputs)
        self.n_hidden = check_count("n_hidden", n_hidden)
        self.n_outputs = check_count("n_outputs", n_outputs)
        self.activation = read_activation(activation, "activation", known=_HIDDEN)
        self.output_activation = read_activation(
            output_activation, "output_activation", known=tuple(ACTIVATIONS)
        )
        # An activation of the user's own has no cell: there the weights alone are laid out by one.
        is_own = not isinstance(self.activation, str)
        self._architecture = Architecture(
            f"elman_{'identity' if is_own else self.activation}",
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
            f"activation={words_for(self.activation)}, "
            f"output_activation={words_for(self.output_activation)})"
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

    @overload
    def run(self, X: Any, return_states: Literal[False] = False) -> np.ndarray: ...

    @overload
    def run(self, X: Any, return_states: Literal[True]) -> tuple[np.ndarray, np.ndarray]: ...

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
            Cut the gradient at every so many steps (truncated BPTT), counted back from the last
            one; states are carried on. By default it is exact.

        Returns
        -------
        loss : float
            The mean over steps, outputs and sequences of (Y - run(X))**2.
        gradient : dict
            Of the loss, an array for each weight, by name.

        Raises
        ------
        TrainingDivergedError
            If either is not finite: the network explodes, or a weight is not a number.
        """
        if bptt_steps is not None:
            check_count("bptt_steps", bptt_steps, upper=np.inf)
        x, y = self._read_pair(X, Y)
        loss, gradient = self._loss_and_gradient(x, y, bptt_steps and min(bptt_steps, x.shape[1]))
        for name in _NAMES:
            _check_finite(getattr(self, name), name)
        refuse_not_finite(loss, gradient)
        return loss, gradient

    def fit(
        self,
        X: Any,
        Y: Any,
        solver: Solver = "L-BFGS-B",
        *,
        bptt_steps: int | None = None,
        learning_rate_init: float | None = None,
        clip_norm: float | None = None,
        max_iter: int = 1000,
        tol: float = 1e-8,
        callback: Callable[[TrainingState], Any] | None = None,
    ) -> Self:
        """Learn every weight, `h_init` included, from where they are now.

        Parameters
        ----------
        X, Y
            As for `loss_and_grad`.
        solver : str
            "sgd", "adam" or "rmsprop", which go a step along the gradient of all sequences in each
            epoch ("sgd" is plain gradient descent), or a method of `scipy.optimize.minimize` that
            keeps to bounds; "lbfgs" is "L-BFGS-B".
        bptt_steps : int, optional
            As for `loss_and_grad`. The cut gradient is none of the loss: SciPy's methods refuse it.
        learning_rate_init : float, optional
            Length of the steps of "sgd", "adam" and "rmsprop"; 0.01 unless it is given.
        clip_norm : float, optional
            Longest gradient that these three follow; a longer one is scaled down.
        max_iter : int
            Epochs, or iterations of SciPy's method.
        tol : float
            Epochs end where the loss has not fallen by this share of the variance of Y for ten in a
            row; what SciPy's `minimize` calls by that name.
        callback : callable, optional
            Called at the end of each epoch, or iteration of "L-BFGS-B", with an object that has
            `epoch` (from 1), `history` (as `history_`) and `weights` (copies, by name); training
            ends where it returns something true.

        Returns
        -------
        self
            With `loss_` (the mean squared error reached), `n_iter_`, `converged_` and `history_`:
            {"loss": a number for each epoch}, that of before its step, or for each iteration of
            "L-BFGS-B"; of SciPy's other methods the last one alone.

        Raises
        ------
        TrainingDivergedError
            If the loss is not finite, or the weights blow up; the weights are then the best ones
            before that.

        Warns
        -----
        ConvergenceWarning
            If the solver stopped early, made the loss worse or learned nothing, or Ctrl-C ended
            epochs. The best weights so far are kept; within the first epoch, and of SciPy's
            methods, it is a KeyboardInterrupt.
        """
        from sklearn.exceptions import ConvergenceWarning

        steps = steps_of(solver, bptt_steps, learning_rate_init, clip_norm, callback)
        max_iter = check_count("max_iter", max_iter)
        tol = check_number("tol", tol, 0.0, 1.0, include_lower=False)
        x, y = self._read_pair(X, Y)
        for name in _NAMES:
            _check_finite(getattr(self, name), name)
        bptt_steps = reach_of(bptt_steps, x.shape[1], solver, is_search=steps is None)
        objective = MeanSquares(
            partial(self._outputs_of, x),
            partial(self._packed_loss_and_gradient, x, y, bptt_steps),
            y,
        )
        if steps is None:
            warning = self._search(x, y, SOLVER_NAMES.get(solver, solver), max_iter, tol, callback)
            warning = warning or self._words_for_nothing_learned(objective)
        else:
            plan = plan_of(steps, objective, clip_norm, max_iter, tol)
            warning = self._descend(objective, plan, callback)
        if warning is not None:
            warn_user(warning, ConvergenceWarning)
        return self

    def _search(
        self,
        x: np.ndarray,
        y: np.ndarray,
        solver: str,
        max_iter: int,
        tol: float,
        callback: Callable[[TrainingState], Any] | None,
    ) -> str | None:
        """Search by a method of SciPy's; return what the user should know."""
        unit, units = self._units(y)

        def loss_and_gradient(theta):
            self._set_weights(theta)
            loss, gradient = self._loss_and_gradient(x, y, None)
            return loss, np.concatenate([gradient[name].ravel() for name in _NAMES])

        def at_iteration(theta, history):
            self._set_weights(theta)
            return callback is not None and self._told(callback, history)

        search = Search(loss_and_gradient, self._flat(), unit, units, at_iteration)
        try:
            with one_blas_thread():
                minimum = search.run(solver, max_iter, tol)
        finally:
            self._set_weights(search.best)
            self.reset()
        self.loss_ = minimum.loss * unit**2
        self.n_iter_, self.converged_ = minimum.n_iter, minimum.converged
        self.history_ = search.history if search.history["loss"] else {"loss": [self.loss_]}
        if minimum.converged or search.was_stopped:
            return None
        return (
            f"{solver} stopped early after {minimum.n_iter} iterations ({minimum.message}): "
            "raise max_iter, or fit again from where it stopped"
        )

    def _words_for_nothing_learned(self, objective: MeanSquares) -> str | None:
        """Say that a search has ended at a network no better than a constant, if it has."""
        theta = self._theta(self.h_init)
        nothing = words_for_nothing_learned(objective, theta, self.loss_)
        self._set_packed(theta)
        self.reset()
        return (
            nothing
            and f"the search has come to an end {nothing}; try weights of another random_state"
        )

    def _descend(
        self, objective: MeanSquares, plan: Plan, callback: Callable[[TrainingState], Any] | None
    ) -> str | None:
        """Descend epoch by epoch; return what the user should know."""
        start = self._theta(self.h_init)
        training = Training(start.copy())

        def hook(theta, history):
            self._set_packed(theta)
            return callback is not None and self._told(callback, history)

        best = start
        try:
            with one_blas_thread():
                # One batch holds all sequences: nothing is drawn.
                train(objective, training, plan, np.random.RandomState(0), hook=hook, goes_on=True)
            best = training.theta
        finally:
            self._set_packed(best)
            self.reset()
        if training.error is not None:
            training.error.best_theta = self._flat()
            raise training.error
        self.history_, self.n_iter_ = training.history, training.n_epochs
        self.loss_ = objective.loss(best, np.arange(objective.n_rows)) / objective.total_weight
        self.converged_ = training.warning is None
        return training.warning

    def _outputs_of(self, x: np.ndarray, theta: np.ndarray) -> np.ndarray:
        self._set_packed(theta)
        return self._forward(x, self.h_init)[1]

    def _packed_loss_and_gradient(
        self, x: np.ndarray, y: np.ndarray, bptt_steps: int | None, theta: np.ndarray
    ) -> tuple[float, np.ndarray]:
        self._set_packed(theta)
        loss, gradient = self._loss_and_gradient(x, y, bptt_steps)
        return loss, self._architecture.pack(gradient)

    def _told(
        self, callback: Callable[[TrainingState], Any], history: dict[str, list[float]]
    ) -> bool:
        """Tell a callback of the weights there are; return whether it ends training."""
        weights = {name: getattr(self, name).copy() for name in _NAMES}
        history = {name: list(values) for name, values in history.items()}
        return bool(callback(TrainingState(len(history["loss"]), history, weights)))

    def _flat(self) -> np.ndarray:
        return np.concatenate([getattr(self, name).ravel() for name in _NAMES])

    def _set_packed(self, theta: np.ndarray) -> None:
        """Set all weights to those of a vector in the order of the architecture."""
        for name, array in self._architecture.unpack(theta).items():
            vars(self)[name] = array.copy()

    def summary(self) -> Table:
        """Return a table of the weights: names, shapes, counts.

        Returns
        -------
        table : str
            It shows as it is, in notebooks too.
        """
        rows = [(name, str(shape), int(np.prod(shape))) for name, shape in self._shapes.items()]
        return table_of_counts(repr(self), ("weight", "shape"), rows)

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
            warn_user(
                f"the output is not finite from step {int(np.argmin(finite))} on: the network "
                "explodes, as one with smaller weights W_hh does not",
                RuntimeWarning,
            )
        return states, outputs

    def _forward(self, x: np.ndarray, h_init: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the states (B, T, d) after each step, and the outputs (B, T, m)."""
        if isinstance(self.activation, str):
            engine = _engine(self._architecture, None)
            states = engine.hidden_states(self._theta(h_init), _sequences(x))
        else:
            _, states = run_layer(activation_of(self.activation), vars(self), x, h_init)
            states = states.reshape(-1, self.n_hidden)
        with np.errstate(over="ignore", invalid="ignore"):
            # A product a step, so that a step has the same bits alone and among others.
            raw = (self.W_yh @ states[:, :, None])[:, :, 0] + self.b_y
            outputs = activation_of(self.output_activation).value(raw)
        return states.reshape(*x.shape[:2], -1), outputs.reshape(*x.shape[:2], -1)

    def _loss_and_gradient(
        self, x: np.ndarray, target: np.ndarray, bptt_steps: int | None
    ) -> tuple[float, dict[str, np.ndarray]]:
        errors = SquaredErrors(activation_of(self.output_activation))
        if not isinstance(self.activation, str):
            return self._own_loss_and_gradient(x, target, errors, bptt_steps)
        total, gradient = _engine(self._architecture, bptt_steps).loss_and_gradient(
            self._theta(self.h_init),
            _sequences(x),
            np.arange(len(x)),
            target.reshape(-1, self.n_outputs),
            np.ones(len(x)),
            errors,
        )
        with np.errstate(over="ignore", invalid="ignore"):
            gradient /= target.size
        weights = self._architecture.unpack(gradient)
        return total / target.size, {name: weights[name].copy() for name in _NAMES}

    def _own_loss_and_gradient(
        self, x: np.ndarray, target: np.ndarray, errors: SquaredErrors, bptt_steps: int | None
    ) -> tuple[float, dict[str, np.ndarray]]:
        """Return the same with a hidden activation that no compiled loop knows."""
        activation, weights = activation_of(self.activation), vars(self)
        a, states = run_layer(activation, weights, x, self.h_init)
        with np.errstate(over="ignore", invalid="ignore"):
            raw = states @ self.W_yh.T + self.b_y
            total, d_raw = errors.value_and_gradient(raw, target, np.ones(len(x)))
            gradient = layer_gradient(
                activation, weights, x, a, states, d_raw @ self.W_yh, bptt_steps
            )
            gradient["W_yh"] = np.tensordot(d_raw, states, ([0, 1], [0, 1]))
            gradient["b_y"] = d_raw.sum(axis=(0, 1))
            return total / target.size, {name: gradient[name] / target.size for name in _NAMES}

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


@functools.lru_cache(maxsize=64)
def _engine(architecture: Architecture, bptt_steps: int | None) -> Engine:
    return Engine(architecture, bptt_steps=bptt_steps, return_sequences=True)


def _sequences(x: np.ndarray) -> Sequences:
    """Lay sequences of equal length (B, T, p) one after the other."""
    values = np.ascontiguousarray(x.reshape(-1, x.shape[2]))
    return Sequences(values, np.arange(len(x) + 1) * x.shape[1])
