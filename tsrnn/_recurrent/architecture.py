"""The shape of a network: which layers there are, and where each weight is in one long vector.

A vector theta holds the table E (n_tokens, n_inputs) of an embedding first, where words are read,
then the weights layer by layer, forward before reverse, those of a layer in the
order of its cell's parameters, and at last the head's: W_yh (m, D) and b_y (m,), with
y = W_yh h + b_y. Where there is a linear path, W_yx (m, T p) stands before those two, and W_yx x is
added to y, x the whole sequence of T steps step by step. In a network of one layer and one
direction the weights have their plain names; elsewhere those of a layer end in `_l0`, `_l1`, ..,
and in `_l0_reverse` where it reads backwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tsrnn._optim.network import Network
from tsrnn.cells import NETWORK_CELLS
from tsrnn.cells.network_cell import NetworkCell
from tsrnn.cells.smoother_cell import Parameter


@dataclass(frozen=True)
class LayerShape:
    """One layer in one direction.

    Attributes
    ----------
    n_inputs, n_hidden : int
        Rows of what it reads, and its units.
    is_reversed : bool
    suffix : str
        What its weights' names end in.
    """

    n_inputs: int
    n_hidden: int
    is_reversed: bool
    suffix: str


@dataclass(frozen=True)
class Architecture(Network):
    """A stack of recurrent layers of one kind of cell, and a dense layer on top.

    Parameters
    ----------
    cell : str
        A key of `NETWORK_CELLS`.
    n_inputs : int
        Features of a step.
    hidden_sizes : tuple of int
        Units of each layer, in each direction.
    n_outputs : int
    bidirectional : bool
        Whether each layer reads both ways; the next one, and the head, read both of its halves.
    learns_h_init : bool
        Whether the state before the first step is a weight, `h_init` (D,), or zero.
    n_tokens : int
        Where it is not zero, a step is one of so many tokens, and x_t its row of E.
    n_linear : int
        Where it is not zero, all sequences have so many numbers (T p), and a linear path leads from
        them to the outputs, one for each sequence.
    """

    cell: str
    n_inputs: int
    hidden_sizes: tuple[int, ...]
    n_outputs: int
    bidirectional: bool = False
    learns_h_init: bool = False
    n_tokens: int = 0
    n_linear: int = 0

    @property
    def network_cell(self) -> NetworkCell:
        """The cell itself."""
        return NETWORK_CELLS[self.cell]

    @property
    def n_directions(self) -> int:
        """1, or 2 where layers read both ways."""
        return 2 if self.bidirectional else 1

    @property
    def n_features_out(self) -> int:
        """The number of features the head reads: units of the last layer, of both directions."""
        return self.hidden_sizes[-1] * self.n_directions

    @cached_property
    def layers(self) -> tuple[tuple[LayerShape, ...], ...]:
        """For each layer its directions."""
        is_plain = len(self.hidden_sizes) == 1 and not self.bidirectional
        layers, n_inputs = [], self.n_inputs
        for i, n_hidden in enumerate(self.hidden_sizes):
            suffixes = [""] if is_plain else [f"_l{i}", f"_l{i}_reverse"]
            layers.append(
                tuple(
                    LayerShape(n_inputs, n_hidden, bool(k), suffixes[k])
                    for k in range(self.n_directions)
                )
            )
            n_inputs = n_hidden * self.n_directions
        return tuple(layers)

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """All weights, in the order in which theta holds them."""
        of_layers = [
            Parameter(weight.name + shape.suffix, weight.shape)
            for directions in self.layers
            for shape in directions
            for weight in self.layer_parameters(shape)
        ]
        m, D = self.n_outputs, self.n_features_out
        embedding = [Parameter("E", (self.n_tokens, self.n_inputs))] if self.n_tokens else []
        linear = [Parameter("W_yx", (m, self.n_linear))] if self.n_linear else []
        head = Parameter("W_yh", (m, D)), Parameter("b_y", (m,))
        return (*embedding, *of_layers, *linear, *head)

    def layer_parameters(self, shape: LayerShape) -> tuple[Parameter, ...]:
        """List the weights of one layer, by their plain names."""
        h_init = [Parameter("h_init", (shape.n_hidden,))] if self.learns_h_init else []
        return (*self.network_cell.parameters(shape.n_inputs, shape.n_hidden), *h_init)

    def initial(
        self, random_state: np.random.RandomState, dtype: np.dtype | type = np.float64
    ) -> np.ndarray:
        """Draw weights to start from.

        Inputs and head uniform of Glorot's width [1]_, recurrent weights of each gate orthogonal
        [2]_, biases zero but for a forget gate's, which is one [3]_; embeddings uniform on
        [-0.05, 0.05], as Keras draws them; a linear path of zeros.

        References
        ----------
        .. [1] Glorot and Bengio, Understanding the difficulty of training deep feedforward neural
           networks (2010).
        .. [2] Saxe, McClelland and Ganguli, Exact solutions to the nonlinear dynamics of learning
           in deep linear neural networks (2014).
        .. [3] Jozefowicz, Zaremba and Sutskever, An empirical exploration of recurrent network
           architectures (2015).
        """
        theta = np.zeros(self.n_parameters)
        gates = self.network_cell.gate_names
        for name, weight in self.unpack(theta).items():
            if name.startswith("W_hh"):
                D = weight.shape[1]
                for gate in weight.reshape(-1, D, D):
                    q, r = np.linalg.qr(random_state.standard_normal((D, D)))
                    gate[:] = q * np.sign(np.diag(r))
            elif name == "E":
                weight[:] = random_state.uniform(-0.05, 0.05, weight.shape)
            elif name.startswith("W_") and name != "W_yx":
                n_gates = 1 if name == "W_yh" else len(gates)
                width = np.sqrt(6.0 / (weight.shape[0] // n_gates + weight.shape[1]))
                weight[:] = random_state.uniform(-width, width, weight.shape)
            elif name.startswith("b_h") and not name.startswith("b_hn") and "f" in gates:
                weight.reshape(len(gates), -1)[gates.index("f")] = 1.0
        return theta.astype(dtype)
