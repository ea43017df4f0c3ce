"""The part of a network that training knows: named parameters in one long vector, and a loss."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np


class NamedArray(Protocol):
    """A parameter: an array by its name and shape."""

    @property
    def name(self) -> str:
        """The key of it."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of it."""

    @property
    def size(self) -> int:
        """The number of numbers that it holds."""


class NetworkLoss(Protocol):
    """A loss of raw outputs, summed over rows."""

    def value_and_gradient(
        self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray
    ) -> tuple[float, np.ndarray]:
        """Return the weighted sum of losses, and its gradient with respect to the outputs."""


class Network(ABC):
    """The shape of a network, whose named arrays lie one after the other in a vector theta (K,).

    Those whose names begin with "W_" are weights, on which there may be a penalty.

    Attributes
    ----------
    n_outputs : int
    """

    n_outputs: int

    @property
    @abstractmethod
    def parameters(self) -> Sequence[NamedArray]:
        """All arrays, in the order in which theta holds them."""

    @abstractmethod
    def initial(
        self, random_state: np.random.RandomState, dtype: np.dtype | type = np.float64
    ) -> np.ndarray:
        """Draw a theta to start from."""

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

    def pack(
        self, weights: Mapping[str, np.ndarray], dtype: np.dtype | type | None = None
    ) -> np.ndarray:
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
