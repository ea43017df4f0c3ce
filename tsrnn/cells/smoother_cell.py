"""The cell of a smoother: named parameters with bounds, a step, its adjoint and its tangent.

A cell reads a sequence one step at a time,

    (h_t, o_t) = step(theta, x_t, h_{t-1})                                              (1)

with input x, state h, output o and parameters theta. Its output is its prediction of x_t, made from
h_{t-1} before x_t is seen, and a missing x_t (NaN) moves the state on without an innovation. The
adjoint of (1) takes the gradients of a loss with respect to h_t and o_t to those with respect to
h_{t-1}, x_t and theta. Its tangent takes changes of theta, x_t and h_{t-1}, in D directions, to
those of h_t and o_t: a smoother has few numbers to learn, and these give curvature as well as
slope.

All work on a slab: B sequences side by side, the lane index innermost, so that the compiler makes
vector instructions of the loop over lanes. Shapes: theta (K, B), x (p, B), h (S, B), o (m, B). A
step gets the address of each, without shapes, which would cost more than a small step does: row i
of lane b is at `i * B + b`, and a tangent's row i in direction d at `(d * n_rows + i) * B + b`.
Only the first `n_lanes` lanes are read and written.
"""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, dataclass

import numpy as np

from tsrnn._compute.compile import Step, step_kernel_of
from tsrnn._compute.declare import function_at, inlined

_ADDRESS = "CPointer(f8)"

# step(theta, x, h, h_new, out, p, S, n_lanes, B): writes h_new and out.
STEP_SIGNATURE = f"void({', '.join([_ADDRESS] * 5)}, i8, i8, i8, i8)"

# adjoint(theta, x, h, h_new, out, d_h_new, d_out, d_h, d_x, d_theta, p, S, n_lanes, B): writes d_h
# and d_x, adds to d_theta, and may use d_h_new as scratch.
ADJOINT_SIGNATURE = f"void({', '.join([_ADDRESS] * 10)}, i8, i8, i8, i8)"

# tangent(theta, h, error, seen, d_theta, d_x, d_h, d_out, scratch, shift, D, S, n_lanes, B): moves
# d_h on in place, and writes d_out. error (B,) is x - out, zero where x is missing; seen (B,) is 0
# there and 1 elsewhere; d_theta (D, K) is the same in all lanes; d_x (D, B), d_h (D, S, B),
# d_out (D, B), scratch (4, B). A cell whose step moves numbers of the state up by one place leaves
# those of d_h where they are, and puts the new one in place of the oldest: after `shift` steps that
# is so many places further. Only cells of one input have a tangent.
TANGENT_SIGNATURE = f"void({', '.join([_ADDRESS] * 9)}, i8, i8, i8, i8, i8)"

step_kernel = step_kernel_of(STEP_SIGNATURE)
adjoint_kernel = step_kernel_of(ADJOINT_SIGNATURE)
tangent_kernel = step_kernel_of(TANGENT_SIGNATURE)

# In a loop's kernel: the function at an address that it was given.
step_at = function_at(STEP_SIGNATURE)
adjoint_at = function_at(ADJOINT_SIGNATURE)
tangent_at = function_at(TANGENT_SIGNATURE)


@inlined
def move_up(h, h_new, first, n, n_lanes, B):
    """Put n rows of the state, from the first on, up by one place each: the first of them goes.

    What the last place gets is the step's to say.
    """
    for i in range(first, first + n - 1):
        for b in range(n_lanes):
            h_new[i * B + b] = h[(i + 1) * B + b]


@inlined
def move_back(d_h_new, d_h, first, n, n_lanes, B):
    """Take the gradients of rows to those before `move_up`; what went is the adjoint's to say."""
    for i in range(first, first + n - 1):
        for b in range(n_lanes):
            d_h[(i + 1) * B + b] = d_h_new[i * B + b]


@dataclass(frozen=True)
class Parameter:
    """A named array of numbers to learn, with the bounds it is learned in."""

    name: str
    shape: tuple[int, ...] = ()
    lower: float = -np.inf
    upper: float = np.inf

    @property
    def size(self) -> int:
        """The number of numbers that it holds."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class SmoothingParameter(Parameter):
    """A number that a smoother learns, with all that fits of smoothers know of it.

    Attributes
    ----------
    part : {"level", "trend", "season", "damping"}
        What a smoother has it for.
    fallback : float
        What it is fixed at for a series that is too short to learn it from.
    absent : float or None
        What makes it nothing to a smoother that has no such part; None where all have.
    spread : tuple of float
        Values that are far apart, as many as the cell's other parameters have: the first of all go
        together, and so on. A smoother with a season is searched from there.
    flat : float
        What it is for a level that follows the series, and nothing else that does: however the
        series jumps, predictions stay between its values.
    grid : tuple of float
        Values that a smoother without a season is tried at; none for one that only seasonal ones
        have.
    slow : tuple of float
        Values, as those of `spread`, with which a trend hardly changes: next to them there are
        often other optima of smoothers without a season. None for one that may be anything.
    near_absent : float or None
        What a search starts from where a fit without such a part is to be gone on with; None where
        that is what makes it nothing.
    beside_alpha : bool
        Whether it and alpha, the cell's first, are 1 at most together, which a box cannot say: what
        is searched is its share of 1 - alpha.
    beside_next : bool
        Whether it is the real part of a complex parameter whose imaginary part is the cell's next:
        what is searched is its share of what keeps the smoother stable beside that.
    """

    _: KW_ONLY
    part: str
    fallback: float
    absent: float | None
    spread: tuple[float, ...]
    flat: float
    grid: tuple[float, ...] = ()
    slow: tuple[float, ...] = ()
    near_absent: float | None = None
    beside_alpha: bool = False
    beside_next: bool = False

    @property
    def neutral(self) -> float:
        """The value where nothing is known of it."""
        return self.fallback if self.absent is None else self.absent


@dataclass(frozen=True)
class SmootherCell:
    """A smoother's cell; see the module's text for the equations and shapes.

    Attributes
    ----------
    name : str
        Its key in the table of cells.
    parameters : tuple of Parameter
        In the order in which theta holds them.
    n_inputs, n_outputs : int
        Sizes of x_t and o_t (p and m).
    state_names : tuple of str
        One name for each of the S numbers of the state.
    step, adjoint, tangent : Step
        Equation (1), its adjoint and its tangent.
    """

    name: str
    parameters: tuple[Parameter, ...]
    n_inputs: int
    n_outputs: int
    state_names: tuple[str, ...]
    step: Step
    adjoint: Step
    tangent: Step

    @property
    def n_state(self) -> int:
        """Size of the state (S)."""
        return len(self.state_names)

    @property
    def n_parameters(self) -> int:
        """Size of theta (K)."""
        return sum(parameter.size for parameter in self.parameters)
