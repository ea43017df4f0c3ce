"""The parameters of a network by name, and laid out as the one long vector that is descended on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np


class NamedArray(Protocol):
    """A parameter: an array by its name and shape."""

    name: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """The number of numbers that it holds."""


class ParameterVector(ABC):
    """A layout of named arrays, one after the other, in a vector theta (K,)."""

    @property
    @abstractmethod
    def parameters(self) -> Sequence[NamedArray]:
        """All of them, in the order in which theta holds them."""

    @property
    def n_parameters(self) -> int:
        """Size of theta (K)."""
        return sum(weight.size for weight in self.parameters)

    def unpack(self, theta: np.ndarray) -> dict[str, np.ndarray]:
        """Return every weight by name, as views of theta."""
        views, start = {}, 0
        for weight in self.parameters:
            views[weight.name] = theta[start : start + weight.size].reshape(weight.shape)
            start += weight.size
        return views

    def pack(self, weights: Mapping[str, np.ndarray], dtype: np.dtype | None = None) -> np.ndarray:
        """Lay named weights out as a vector theta.

        Raises
        ------
        ValueError
            If one is missing, has another shape, or is not a weight of this network.
        """
        expected = {weight.name: weight.shape for weight in self.parameters}
        shapes = {name: np.shape(weights[name]) for name in weights}
        if shapes != expected:
            wrong = [
                name for name in sorted(expected | shapes) if expected.get(name) != shapes.get(name)
            ]
            raise ValueError(
                "weights do not fit the network: "
                + ", ".join(
                    f"{name} must have shape {expected[name]}, got {shapes.get(name, 'none')}"
                    if name in expected
                    else f"{name} is none of its weights"
                    for name in wrong
                )
            )
        arrays = [np.ravel(weights[weight.name]) for weight in self.parameters]
        return np.concatenate(arrays, dtype=dtype or float, casting="same_kind")
