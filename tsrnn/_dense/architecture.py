"""The shape of a dense network over a window.

A window of T steps of p features is read as one row x (T p,), step by step: x_{t p + k} is feature
k of step t. With h_0 = x and layers l = 1, .., L of D_l units

    h_l = sigma(W_hx_l h_{l-1} + b_h_l)                                                 (1)
    y   = W_yh h_L + b_y + W_yx x                                                       (2)

where W_yx is the linear path from input to output, if there is one: what a linear regression can
say of the window is then no work for the layers. A vector theta holds W_hx and b_h layer by layer,
then W_yx, W_yh and b_y. A single layer's weights have their plain names; of several they end in
`_l0`, `_l1` and so on, as those of recurrent layers do.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tsrnn._optim.network import Network
from tsrnn.cells.smoother_cell import Parameter


@dataclass(frozen=True)
class DenseArchitecture(Network):
    """A stack of dense layers that read a window at once.

    Parameters
    ----------
    activation : {"tanh", "relu", "logistic", "identity"}
        sigma of (1).
    n_steps, n_features : int
        Of a window (T, p).
    hidden_sizes : tuple of int
        Units of each layer.
    n_outputs : int
    linear_path : bool
        Whether (2) has W_yx.
    """

    activation: str
    n_steps: int
    n_features: int
    hidden_sizes: tuple[int, ...]
    n_outputs: int
    linear_path: bool = True

    @property
    def n_inputs(self) -> int:
        """Numbers of a window (T p)."""
        return self.n_steps * self.n_features

    @property
    def suffixes(self) -> tuple[str, ...]:
        """The endings of the layers' weights' names."""
        n = len(self.hidden_sizes)
        return ("",) if n == 1 else tuple(f"_l{i}" for i in range(n))

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """All weights, in the order in which theta holds them."""
        weights, n_below = [], self.n_inputs
        for suffix, size in zip(self.suffixes, self.hidden_sizes, strict=True):
            weights += [
                Parameter(f"W_hx{suffix}", (size, n_below)),
                Parameter(f"b_h{suffix}", (size,)),
            ]
            n_below = size
        if self.linear_path:
            weights.append(Parameter("W_yx", (self.n_outputs, self.n_inputs)))
        of_output = (
            Parameter("W_yh", (self.n_outputs, n_below)),
            Parameter("b_y", (self.n_outputs,)),
        )
        return (*weights, *of_output)

    @property
    def flops_per_row(self) -> float:
        """Multiplications and additions of one window, forward and backward."""
        return 6.0 * self.n_parameters

    def initial(
        self, random_state: np.random.RandomState, dtype: np.dtype | type = np.float64
    ) -> np.ndarray:
        """Draw weights to start from: an answer of 0 whatever the window is.

        Layers uniform of Glorot's width [1]_, biases zero, and all of the output's weights zero, so
        that training begins at the best constant answer rather than at a random one.

        References
        ----------
        .. [1] Glorot and Bengio, Understanding the difficulty of training deep feedforward neural
           networks (2010).
        """
        theta = np.zeros(self.n_parameters)
        for name, weight in self.unpack(theta).items():
            if name.startswith("W_hx"):
                width = np.sqrt(6.0 / sum(weight.shape))
                weight[:] = random_state.uniform(-width, width, weight.shape)
        return theta.astype(dtype)
