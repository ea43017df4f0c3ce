"""The cell of a network: gates that read the input and the state, and what is made of them.

A layer of D units reads x_t (p,) and keeps a state h_t (D,), and some cells a second one, c_t (D,):

    a_t = W_hx x_t + b_h + W_hh h_{t-1}                                                 (1)
    (h_t, c_t) = step(a_t, h_{t-1}, c_{t-1})                                            (2)

The products of (1) are the same for every cell and belong to the loop over time. What a cell has of
its own is its list of gates, each D rows of a_t, and (2), which looks at one unit at a time: unit j
of every gate and of both states. A gate may read the input, the state or both; b_h enters all.

A step works on rows of lanes (see `tsrnn._compute.simd`): row g * D + j of `gates` is unit j of
gate g. It writes h_t and c_t, and leaves in `gates` what the adjoint will want to know, which may
be further rows after the gates'. The adjoint takes the gradient of a loss with respect to h_t
(`d_h`) and c_t (`d_c`) to that with respect to a_t, which it writes over `gates`; to c_{t-1}, over
`d_c`; and to h_{t-1}, over `d_h`, as far as it does not come by way of a_t.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tsrnn._compute.compile import Step
from tsrnn._compute.declare import function_at, numba_extension
from tsrnn.cells.smoother_cell import Parameter

# Of a step (gates, h, c, h_new, c_new, D) and of an adjoint (gates, h, c, d_h, d_c, D), by type of
# number: addresses of first rows, and the number of units.
_SIGNATURES = {code: f"void({', '.join([f'CPointer({code})'] * 5)}, i8)" for code in ("f4", "f8")}

_function_at_f4 = function_at(_SIGNATURES["f4"])
_function_at_f8 = function_at(_SIGNATURES["f8"])


def unit_function_at(address, like):
    """Return the step or adjoint at an address, for an array's type of number (in kernels)."""
    raise NotImplementedError("only in compiled code")


@numba_extension
def _teach_unit_functions() -> None:
    from numba.extending import overload

    @overload(unit_function_at)
    def _(address, like):
        if like.dtype.bitwidth == 32:
            return lambda address, like: _function_at_f4(address)
        return lambda address, like: _function_at_f8(address)


def unit_kernel(function: Callable) -> dict[str, Step]:
    """Declare a step or an adjoint, for both types of number."""
    return {code: Step(function, signature) for code, signature in _SIGNATURES.items()}


@dataclass(frozen=True)
class NetworkCell:
    """A cell of a network; see the module's text.

    Attributes
    ----------
    name : str
        Its key in the table of cells.
    gate_names : tuple of str
        In the order in which W_hx, W_hh and b_h hold them.
    step, adjoint : dict of Step
        Equation (2) and its adjoint, by type of number.
    x_blocks, h_blocks : tuple of int
        a_t is blocks of D rows. The first ones read the input and the last ones the state, those
        in between both; each is named here by the gate whose weights it has.
    n_blocks : int
        Blocks of a_t. Those that do not read the input have a bias of their own, `b_hn`.
    n_saved : int
        Blocks that a step leaves for the adjoint, those of a_t included.
    has_c : bool
        Whether there is a second state.
    feeds_h : bool
        Whether h_t depends on h_{t-1} otherwise than by a_t.
    """

    name: str
    gate_names: tuple[str, ...]
    step: dict[str, Step]
    adjoint: dict[str, Step]
    x_blocks: tuple[int, ...]
    h_blocks: tuple[int, ...]
    n_blocks: int
    n_saved: int
    has_c: bool = False
    feeds_h: bool = False

    @property
    def n_gates(self) -> int:
        """The number of gates (G)."""
        return len(self.gate_names)

    def parameters(self, n_inputs: int, n_hidden: int) -> tuple[Parameter, ...]:
        """List the weights of a layer, in the order in which theta holds them."""
        n_rows = self.n_gates * n_hidden
        apart = (self.n_blocks - len(self.x_blocks)) * n_hidden
        return (
            Parameter("W_hx", (n_rows, n_inputs)),
            Parameter("W_hh", (n_rows, n_hidden)),
            Parameter("b_h", (n_rows,)),
            *([Parameter("b_hn", (apart,))] if apart else []),
        )
