"""The products of a layer: which numbers of theta a kernel reads, and in which order.

A layer's operand at step t is u_t = (x_t, 1, h_{t-1}), p + 1 + D rows of lanes, and its
preactivations are one product, a_t = M u_t, with the bias as a column of M. A kernel works through
the rows of M in panels, as many rows as registers hold sums of, and reads the numbers of a panel
one after the other. So its weights are a list of positions of theta (`Product.order`), and putting
them in order is one look-up. The transposed products of backpropagation are further lists of the
same theta.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tsrnn._compute.vector_sizes import most_rows
from tsrnn.cells.network_cell import NetworkCell


@dataclass(frozen=True)
class Product:
    """A product of a matrix with rows of lanes, in panels.

    Attributes
    ----------
    order : (n,) int array
        Positions in theta of the numbers that the panels read.
    panels : (n_panels, 5) int array
        Each as: first row of the result, rows, first row of the operand, rows of that, first
        position in `order`.
    """

    order: np.ndarray
    panels: np.ndarray


def product(blocks: list[tuple[np.ndarray, int, int]]) -> Product:
    """Lay matrices out in panels.

    Parameters
    ----------
    blocks : list of (positions, first row of the result, first row of the operand)
        Positions (n_rows, n_terms) in theta of each matrix's numbers.
    """
    order, panels, start = [np.empty(0, np.int64)], [], 0
    for positions, row, first in blocks:
        n_terms = positions.shape[1]
        for top, n_rows in _shares(len(positions), most_rows()):
            order.append(positions[top : top + n_rows].T.ravel())
            panels.append((row + top, n_rows, first, n_terms, start))
            start += n_rows * n_terms
    return Product(np.concatenate(order), np.array(panels, dtype=np.int64).reshape(-1, 5))


def tiles(n_rows: int, n_columns: int, shape: tuple[int, int]) -> np.ndarray:
    """Cut a matrix into tiles: (n, 4) ints, first row, rows, first column, columns."""
    return np.array(
        [
            (row, height, column, width)
            for row, height in _shares(n_rows, shape[0])
            for column, width in _shares(n_columns, shape[1])
        ],
        dtype=np.int64,
    ).reshape(-1, 4)


def _shares(n: int, most: int) -> Iterator[tuple[int, int]]:
    """Yield n things in as few shares of at most so many as can be, no two far from equal."""
    n_shares = -(-n // most)
    bounds = [i * n // n_shares for i in range(n_shares + 1)] if n else []
    yield from zip(bounds, np.diff(bounds).tolist(), strict=False)


@dataclass(frozen=True)
class LayerProducts:
    """The products of one layer in one direction.

    Attributes
    ----------
    forward : Product
        u_t to a_t.
    to_state, to_input : Product
        The gradient with respect to a_t to what goes by way of it to h_{t-1}, and to x_t.
    tiles : (n, 4) int array
        Tiles of M whose gradient is wanted.
    positions : (n,) int array
    places : (n,) int array
        Number `places[i]` of the gradient with respect to M is that of theta's `positions[i]`.
    """

    forward: Product
    to_state: Product
    to_input: Product
    tiles: np.ndarray
    positions: np.ndarray
    places: np.ndarray


def input_rows(cell: NetworkCell, W_hx: np.ndarray) -> np.ndarray:
    """Return the weights of the input in the order of the rows of a_t that read it."""
    n_rows, n_inputs = W_hx.shape
    blocks = W_hx.reshape(cell.n_gates, n_rows // cell.n_gates, n_inputs)
    return np.concatenate([blocks[gate] for gate in cell.x_blocks])


def layer_products(
    cell: NetworkCell, positions: dict[str, np.ndarray], tile_shape: tuple[int, int]
) -> LayerProducts:
    """Lay the products of a layer out.

    Parameters
    ----------
    cell : NetworkCell
    positions : dict of int arrays
        For each weight of the layer, where its numbers are in theta, in its shape.
    tile_shape : (int, int)
        The largest tile.
    """
    D, p = positions["W_hh"].shape[1], positions["W_hx"].shape[1]
    n_rows, n_terms, n_x = cell.n_blocks * D, p + 1 + D, len(cell.x_blocks) * D
    first_h = n_rows - len(cell.h_blocks) * D  # blocks before this one do not read the state
    matrix = np.full((n_rows, n_terms), -1, dtype=np.int64)
    x_gates, h_gates = list(cell.x_blocks), list(cell.h_blocks)
    matrix[:n_x, :p] = input_rows(cell, positions["W_hx"])
    matrix[:n_x, p] = positions["b_h"].reshape(-1, D)[x_gates].ravel()
    matrix[first_h:, p + 1 :] = positions["W_hh"].reshape(-1, D, D)[h_gates].reshape(-1, D)
    if n_x < n_rows:
        matrix[n_x:, p] = positions["b_hn"]
    blocks = [
        (matrix[:first_h, : p + 1], 0, 0),
        (matrix[first_h:n_x], first_h, 0),
        (matrix[n_x:, p:], n_x, p),
    ]
    blocks = [block for block in blocks if block[0].size]
    wanted = [
        tiles(block.shape[0], block.shape[1], tile_shape) + [row, 0, column, 0]
        for block, row, column in blocks
    ]
    places = np.flatnonzero(matrix.ravel() >= 0)
    return LayerProducts(
        forward=product(blocks),
        to_state=product([(matrix[first_h:, p + 1 :].T, 0, first_h)]),
        to_input=product([(matrix[:n_x, :p].T, 0, 0)]),
        tiles=np.concatenate(wanted),
        positions=matrix.ravel()[places],
        places=places,
    )
