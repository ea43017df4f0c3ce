"""Some rows on their way through a dense network, and back.

Numbered as in `tsrnn._dense.architecture`; D is what a layer's d_a is of, its rows those of h:

    d_W = d_a^T h_below,  d_b = sum over rows of d_a,  d_h_below = d_a W                (3)
    d_a = d_h sigma'(h)                                                                 (4)
"""

from __future__ import annotations

import numpy as np

from tsrnn._compute.vector_sizes import n_lanes_of
from tsrnn._compute.work_arrays import WorkArrays
from tsrnn._dense.activation import Activation, vectors_of
from tsrnn._dense.architecture import DenseArchitecture


class ReadyNetwork:
    """A network with its weights, by layer."""

    def __init__(self, architecture: DenseArchitecture, theta: np.ndarray) -> None:
        self.architecture = architecture
        self.theta = theta
        self.activation = Activation(architecture.activation, theta.dtype)
        self.layers, self.W_yx, self.W_yh, self.b_y = parts_of(architecture, theta)


def parts_of(
    architecture: DenseArchitecture, theta: np.ndarray
) -> tuple[list[tuple[np.ndarray, np.ndarray]], np.ndarray | None, np.ndarray, np.ndarray]:
    """Return the weights and biases of the layers, W_yx, W_yh and b_y, as views of theta."""
    views = architecture.unpack(theta)
    layers = [(views[f"W_hx{suffix}"], views[f"b_h{suffix}"]) for suffix in architecture.suffixes]
    return layers, views.get("W_yx"), views["W_yh"], views["b_y"]


class Run:
    """Rows on their way.

    Parameters
    ----------
    network : ReadyNetwork
    x : (n, T p) array
    work_arrays : WorkArrays
        Nobody else's as long as this is used.
    """

    def __init__(self, network: ReadyNetwork, x: np.ndarray, work_arrays: WorkArrays) -> None:
        self.network, self.x = network, x
        self._work_arrays = work_arrays
        self._ones = np.ones(len(x), x.dtype)
        self._h: list[tuple[np.ndarray, np.ndarray]] = []

    def _rows(self, name: str, n_columns: int) -> tuple[np.ndarray, np.ndarray]:
        """Return memory for rows: in whole vectors, and as a matrix."""
        size = len(self.x) * n_columns
        dtype = self._work_arrays.dtype
        flat = self._work_arrays.array(name, vectors_of(size, dtype) * n_lanes_of(dtype))
        return flat, flat[:size].reshape(len(self.x), n_columns)

    def forward(self) -> np.ndarray:
        """Return outputs, (n, m)."""
        network, below = self.network, self.x
        for i, (W, b) in enumerate(network.layers):
            flat, h = self._rows(f"h{i}", len(b))
            np.matmul(below, W.T, out=h)  # (1)
            network.activation.apply(flat, b, len(h))
            self._h.append((flat, h))
            below = h
        outputs = below @ network.W_yh.T  # (2)
        if network.W_yx is not None:
            outputs += self.x @ network.W_yx.T
        outputs += network.b_y
        return outputs

    def backward(self, d_outputs: np.ndarray) -> np.ndarray:
        """Return the gradient with respect to theta, given that with respect to outputs.

        What was kept on the way forward is written over.
        """
        network = self.network
        gradient = np.empty_like(network.theta)
        d_layers, d_W_yx, d_W_yh, d_b_y = parts_of(network.architecture, gradient)
        if d_W_yx is not None:
            np.matmul(d_outputs.T, self.x, out=d_W_yx)
        d_a, W, d_W, d_b = d_outputs, network.W_yh, d_W_yh, d_b_y
        for i in reversed(range(len(self._h))):
            flat, h = self._h[i]
            d_flat, d_h = self._rows("d_h", h.shape[1])
            np.matmul(d_a.T, h, out=d_W)  # (3)
            np.matmul(self._ones, d_a, out=d_b)
            np.matmul(d_a, W, out=d_h)
            network.activation.pull_back(flat, d_flat)  # (4)
            d_a, W, (d_W, d_b) = h, network.layers[i][0], d_layers[i]
        np.matmul(d_a.T, self.x, out=d_W)
        np.matmul(self._ones, d_a, out=d_b)
        return gradient
