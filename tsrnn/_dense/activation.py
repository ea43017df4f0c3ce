"""Activations of rows, in place: the steps of Elman's cells, which are of one number each.

A step works on vectors of lanes, and knows of no rows: so an array that it is given ends with a
whole vector (see `vectors_of`), whatever its last lanes hold.
"""

from __future__ import annotations

import numpy as np

from tsrnn._compute.compile import kernel_of_both
from tsrnn._compute.declare import OwnVector, code_of, pointer
from tsrnn._compute.vector_sizes import n_lanes_of
from tsrnn.cells import NETWORK_CELLS
from tsrnn.cells.network_cell import unit_function_at


def vectors_of(n: int, dtype: np.dtype) -> int:
    """Return how many vectors hold n numbers."""
    return -(-n // n_lanes_of(dtype))


class Activation:
    """A function of each number, with its derivative as a function of its value.

    Parameters
    ----------
    name : {"tanh", "relu", "logistic", "identity"}
    dtype : dtype
    """

    def __init__(self, name: str, dtype: np.dtype) -> None:
        cell, code = NETWORK_CELLS[f"elman_{name}"], code_of(dtype)
        self._step, self._adjoint = cell.step[code].address, cell.adjoint[code].address
        self._activate, self._pull_back = _activate[code], _pull_back[code]
        self._n_lanes = n_lanes_of(dtype)

    def apply(self, a: np.ndarray, bias: np.ndarray, n_rows: int) -> None:
        """Write sigma(a + bias) over a.

        Parameters
        ----------
        a : (k,) array
            Rows, one after the other, in whole vectors.
        bias : (D,) array
            Of each row; n_rows * D of the numbers count.
        n_rows : int
        """
        self._activate(self._step, a, bias, n_rows, a.size // self._n_lanes)

    def pull_back(self, values: np.ndarray, d_values: np.ndarray) -> None:
        """Write the gradient with respect to arguments over the values.

        Parameters
        ----------
        values : (k,) array
            In whole vectors.
        d_values : (k,) array
            The gradient with respect to them.
        """
        self._pull_back(self._adjoint, values, d_values, values.size // self._n_lanes)


@kernel_of_both
def _activate(step_address: int, a: OwnVector, bias: OwnVector, n_rows: int, n_vectors: int):
    for i in range(n_rows):
        first = i * bias.size
        for j in range(bias.size):
            a[first + j] += bias[j]
    step = unit_function_at(step_address, a)
    at = pointer(a)
    step(at, at, at, at, at, n_vectors)


@kernel_of_both
def _pull_back(adjoint_address: int, values: OwnVector, d_values: OwnVector, n_vectors: int):
    adjoint = unit_function_at(adjoint_address, values)
    at, d_at = pointer(values), pointer(d_values)
    adjoint(at, at, at, d_at, d_at, n_vectors)
