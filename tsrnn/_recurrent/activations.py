"""Activations: a value and its derivative, of those that have a name and of users' own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tsrnn.exceptions import InvalidParameterError

Function = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Activation:
    """A function of preactivations (.., d), and what takes gradients back through it.

    Attributes
    ----------
    value : callable
        a -> y.
    pulled_back : callable
        (a, y, dL/dy) -> dL/da.
    """

    value: Function
    pulled_back: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def _of_value(value: Function, derivative: Function) -> Activation:
    """Return a function of each number, whose derivative is a function of its value."""
    return Activation(value, lambda a, y, d_y: d_y * derivative(y))


def _softmax(a: np.ndarray) -> np.ndarray:
    exponentials = np.exp(a - a.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


ACTIVATIONS: dict[str, Activation] = {
    "identity": _of_value(lambda a: a, np.ones_like),
    "tanh": _of_value(np.tanh, lambda y: 1.0 - y * y),
    "logistic": _of_value(lambda a: 0.5 + 0.5 * np.tanh(0.5 * a), lambda y: y * (1.0 - y)),
    "relu": _of_value(lambda a: np.where(a <= 0.0, 0.0, a), lambda y: (y > 0.0).astype(y.dtype)),
    # dy_j / da_k = y_j ([j = k] - y_k).
    "softmax": Activation(
        _softmax, lambda a, y, d_y: y * (d_y - (y * d_y).sum(axis=-1, keepdims=True))
    ),
}

# Where a pair's derivative is held against differences, by steps of which, and how close they are:
# to half the digits, and far from what the derivative at another point would be.
_POINTS = np.array([-1.37, -0.61, -0.23, 0.29, 0.83, 1.71])
_STEP, _CLOSE = 1e-6, 1e-4


def activation_of(given: str | tuple[Function, Function]) -> Activation:
    """Return the activation that has a name, or that a pair is."""
    if isinstance(given, str):
        return ACTIVATIONS[given]
    value, derivative = given
    return Activation(value, lambda a, y, d_y: d_y * derivative(a))


def read_activation(given: Any, name: str, *, known: tuple[str, ...]) -> Any:
    """Read an argument that says which activation: return a name, or a pair of functions.

    Raises
    ------
    InvalidParameterError
    """
    from scipy.special import expit

    names = {None: "identity", np.tanh: "tanh", expit: "logistic"}
    if isinstance(given, str):
        if given in known:
            return given
    elif given is None or given is np.tanh or given is expit:
        return names[given]
    elif callable(given):
        raise InvalidParameterError(
            f"{name} is a function whose derivative is not known, {words_for(given)}: pass the "
            "pair (f, df), df the derivative as a function of the preactivation"
        )
    elif isinstance(given, tuple | list) and len(given) == 2 and all(map(callable, given)):
        function, derivative = given
        _check_pair(function, derivative, name)
        return function, derivative
    raise InvalidParameterError(
        f"{name} must be one of {', '.join(map(repr, known))}, None (the identity), np.tanh, or a "
        f"pair (f, df) of a function of arrays and its derivative, got {given!r}"
    )


def _check_pair(value: Function, derivative: Function, name: str) -> None:
    """Refuse what is no function of each number, or not its derivative."""
    with np.errstate(all="ignore"):
        for function, part in ((value, f"{name}[0]"), (derivative, f"{name}[1]")):
            try:
                found = np.asarray(function(_POINTS[:, None]), dtype=float)
            except Exception as error:
                raise InvalidParameterError(
                    f"{part} must take an array of any shape, and failed with one: {error!r}"
                ) from error
            if found.shape != (len(_POINTS), 1):
                raise InvalidParameterError(
                    f"{part} must return an array of the shape it is given, got {found.shape} "
                    f"from {(len(_POINTS), 1)}"
                )
        ahead, behind = (np.asarray(value(_POINTS + step), float) for step in (_STEP, -_STEP))
        differences = (ahead - behind) / (2.0 * _STEP)
        found = np.asarray(derivative(_POINTS), float)
    off = np.abs(found - differences) > _CLOSE * (1.0 + np.abs(differences))
    if off.any():
        i = int(np.argmax(off))
        raise InvalidParameterError(
            f"{name}[1] must be the derivative of {name}[0] as a function of the preactivation "
            f"(not of the value): at {_POINTS[i]} it is {found[i]:.6g}, where differences are "
            f"{differences[i]:.6g}"
        )


def words_for(given: Any) -> str:
    """Say what an activation is, as in a call: a name in quotes, or the names of functions."""
    if isinstance(given, str):
        return repr(given)
    if isinstance(given, tuple):
        return f"({', '.join(map(words_for, given))})"
    return getattr(given, "__name__", repr(given))
