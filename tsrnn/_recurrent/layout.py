"""A network ready to run: what each layer reads of theta, and theta in the order of the kernels."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from tsrnn._compute.vector_sizes import tile_shape
from tsrnn._recurrent.architecture import Architecture, LayerShape
from tsrnn._recurrent.products import LayerProducts, input_rows, layer_products
from tsrnn._recurrent.scan import Panels


@dataclass(frozen=True)
class Layer:
    """One layer in one direction.

    Attributes
    ----------
    shape : LayerShape
    products : LayerProducts
    h_init : (D,) int array or None
        Where the initial state is in theta, if it is a weight.
    table : (n_rows, n_inputs) int array or None
        Where the weights of the input are in theta, row by row of a_t, if x_t is a row of E. The
        products leave it out: what a token adds to a_t is looked up.
    """

    shape: LayerShape
    products: LayerProducts
    h_init: np.ndarray | None
    table: Any

    @property
    def n_inputs(self) -> int:
        """Rows of the operand that hold x_t."""
        return 0 if self.table is not None else self.shape.n_inputs

    @property
    def first_h(self) -> int:
        """First of the rows of the operand that hold the state: there is a 1 before them."""
        return self.n_inputs + 1

    @property
    def n_operands(self) -> int:
        """Rows of the operand."""
        return self.first_h + self.shape.n_hidden


@dataclass(frozen=True)
class Layout:
    """An architecture with the products of all its layers, and where gradients are cut."""

    architecture: Architecture
    bptt_steps: int | None

    @cached_property
    def layers(self) -> tuple[tuple[Layer, ...], ...]:
        """For each layer its directions."""
        return tuple(self._lay_out())

    def _lay_out(self) -> Iterator[tuple[Layer, ...]]:
        architecture = self.architecture
        cell = architecture.network_cell
        positions = architecture.unpack(np.arange(architecture.n_parameters))
        for n_below, directions in enumerate(architecture.layers):
            layers = []
            for shape in directions:
                own = {
                    weight.name: positions[weight.name + shape.suffix]
                    for weight in architecture.layer_parameters(shape)
                }
                table = None
                if architecture.n_tokens and n_below == 0:
                    table = input_rows(cell, own["W_hx"])
                    own["W_hx"] = own["W_hx"][:, :0]
                products = layer_products(cell, own, tile_shape())
                layers.append(Layer(shape, products, own.get("h_init"), table))
            yield tuple(layers)

    @cached_property
    def flops_per_step(self) -> float:
        """Multiplications and additions of one step of one sequence, forward and backward."""
        return 6.0 * sum(layer.products.forward.order.size for layer in self._each())

    @cached_property
    def numbers_per_step(self) -> int:
        """Numbers that one step of one sequence keeps for the way back, about."""
        n_saved = self.architecture.network_cell.n_saved
        return sum(
            2 * layer.n_inputs + (n_saved + 5) * layer.shape.n_hidden for layer in self._each()
        )

    def _each(self) -> Iterator[Layer]:
        for directions in self.layers:
            yield from directions

    def embedding(self, theta: np.ndarray) -> np.ndarray:
        """Return the table E as a view of theta, (n_tokens, n_inputs)."""
        n_tokens, n_inputs = self.architecture.n_tokens, self.architecture.n_inputs
        return theta[: n_tokens * n_inputs].reshape(n_tokens, n_inputs)

    def head(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return W_yh (m, D) and b_y (m,) as views of theta."""
        m, D = self.architecture.n_outputs, self.architecture.n_features_out
        return theta[-m * (D + 1) : -m].reshape(m, D), theta[-m:]

    def linear_path(self, theta: np.ndarray) -> np.ndarray | None:
        """Return W_yx (m, T p) as a view of theta, if there is one."""
        n, m, D = (
            self.architecture.n_linear,
            self.architecture.n_outputs,
            self.architecture.n_features_out,
        )
        return theta[-m * (n + D + 1) : -m * (D + 1)].reshape(m, n) if n else None


@functools.lru_cache(maxsize=64)
def layout_of(architecture: Architecture, bptt_steps: int | None) -> Layout:
    """Lay an architecture out, once: a prediction for one sequence takes less time than that."""
    return Layout(architecture, bptt_steps)


class PackedWeights:
    """The weights of a layer in the order in which kernels read them."""

    def __init__(self, layer: Layer, theta: np.ndarray) -> None:
        products = layer.products
        self.forward, self.to_state, self.to_input = (
            Panels(theta[product.order], product.panels)
            for product in (products.forward, products.to_state, products.to_input)
        )
        self.table: Any = None if layer.table is None else theta[layer.table]
        self.h_init = (
            np.zeros(layer.shape.n_hidden, theta.dtype)
            if layer.h_init is None
            else theta[layer.h_init]
        )


class PackedNetwork:
    """A layout with a theta."""

    def __init__(self, layout: Layout, theta: np.ndarray) -> None:
        self.layout = layout
        self.theta = theta
        self.layers = [
            [PackedWeights(layer, theta) for layer in directions] for directions in layout.layers
        ]
        self.head = layout.head(theta)
        self.W_yx = layout.linear_path(theta)
