"""The squared error of a linear smoother with its linear unknowns solved for.

The errors of a linear smoother are linear in its initial state h and in the coefficients c of
regressors, e = e_0 + sum_j c_j r_j + sum_i h_i g_i, so the unknowns v = (c, h) with the least SSE
solve a small least-squares problem, and

    F(theta) = min_v SSE(theta, v),    dF/dtheta = dSSE/dtheta at the minimising v      (1)

(the envelope theorem; the right-hand side comes from backpropagation through time). Source: Golub
and Pereyra, The differentiation of pseudo-inverses and nonlinear least squares problems whose
variables separate, SIAM J. Numer. Anal. 10 (1973).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from tsrnn._compute.compile import kernel
from tsrnn._compute.declare import Slab, Slabs, Stop, Vector, inlined, shaped
from tsrnn._compute.threads import NEVER_STOPPED
from tsrnn._scan.linear import accumulate_products, error_products
from tsrnn._scan.unroll import backward, forward
from tsrnn.cells.smoother_cell import SmootherCell, adjoint_at, step_at

# Sets of parameters in one slab of a loop: three runs of each stay in the L1 cache.
_SETS_PER_SLAB = 128

# Windows of a long series: as many as two vectors of four numbers hold.
_N_WINDOWS = 8

# A series is long if it has so many times the steps that its smoother remembers.
_WORTH_CUTTING = 16

# What an unknown must add of its own to those before it, as a share of its square: the rounding of
# products of errors, with room to spare.
_SINGULAR = 1e-13


def profile(
    cell: SmootherCell, theta: np.ndarray, series: np.ndarray, initial_state: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Find the least SSE over the linear unknowns for many sets of parameters.

    Parameters
    ----------
    cell : SmootherCell
        A linear smoother.
    theta : (K, G) array
    series : (1 + p, T) array
        y, NaN where missing, and p regressors.
    initial_state : (S, ..) array or None
        The initial state where not all of it is unknown: a constant, then slopes in the
        coefficients, then in unknowns of its own.

    Returns
    -------
    sse : (G,) array
    unknowns : (G, p + S) array
        Coefficients and initial state.
    """
    products = np.concatenate(
        [
            error_products(cell, np.ascontiguousarray(theta[:, i : i + _SETS_PER_SLAB]), series)
            for i in range(0, theta.shape[1], _SETS_PER_SLAB)
        ],
        axis=2,
    )
    return _solve_each(products, unknown_map(cell, series, initial_state))


def best_unknowns(
    cell: SmootherCell, theta: np.ndarray, series: np.ndarray, initial_state: np.ndarray | None
) -> np.ndarray:
    """Return coefficients and initial state, (p + S,), with the least SSE for one theta (K, 1)."""
    products = error_products(cell, theta, series, all_errors=False)
    return _solve_each(products, unknown_map(cell, series, initial_state))[1][0]


def unknown_map(
    cell: SmootherCell, series: np.ndarray, initial_state: np.ndarray | None
) -> np.ndarray:
    """Return the matrix that takes (1, free unknowns) to (1, coefficients, initial state)."""
    n_regressors = len(series) - 1
    if initial_state is None:
        return np.eye(1 + n_regressors + cell.n_state)
    affine = np.reshape(initial_state, (cell.n_state, -1))
    n_columns = max(1 + n_regressors, affine.shape[1])
    states = np.zeros((cell.n_state, n_columns))
    states[:, : affine.shape[1]] = affine
    return np.vstack([np.eye(1 + n_regressors, n_columns), states])


def _solve_each(products: np.ndarray, unknown_map: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the least SSE, (G,), and the unknowns there, (G, n), from error products."""
    size, _, n_sets = products.shape
    sse, unknowns = np.empty(n_sets), np.empty((n_sets, size - 1))
    room = Normal.room(*unknown_map.shape)
    _solve_sets(np.ascontiguousarray(products.transpose(2, 0, 1)), unknown_map, sse, unknowns, room)
    return sse, unknowns


class Normal(NamedTuple):
    """Scratch of the normal equations of n unknowns, from products of m errors.

    Attributes
    ----------
    half : (m, 1 + n) array
    products : (1 + n, 1 + n) array
        Of the errors that (1, unknowns) multiply.
    factor : (n, n) array
    scale : (n,) array
    value : (1 + n,) array
        1, then the unknowns.
    """

    half: Slab
    products: Slab
    factor: Slab
    scale: Vector
    value: Vector

    @classmethod
    def room(cls, n_errors: int, n_free: int) -> Normal:
        """Make room for a map of unknowns of this shape, (m, 1 + n)."""
        return cls(
            np.empty((n_errors, n_free)),
            np.empty((n_free, n_free)),
            np.empty((n_free - 1, n_free - 1)),
            np.empty(n_free - 1),
            np.empty(n_free),
        )


@kernel
def _solve_sets(
    products: Slabs,
    unknown_map: Slab,
    sse: Vector,
    unknowns: Slab,
    normal: Normal,
):
    for g in range(products.shape[0]):
        sse[g] = solve_for_unknowns(products[g], unknown_map, unknowns[g], normal)


class _Room(NamedTuple):
    """Scratch of one evaluation: windows of the series with their gradients, and error products."""

    windows: Slab
    states: Vector
    carry: Vector
    thetas: Slab
    run_states: Slabs
    scratch: Slabs
    products: Slabs


class ProfiledSSE:
    """The SSE of a linear smoother at its best linear unknowns, and its gradient.

    A smoother forgets: after `memory` steps its state does not depend, to rounding, on where it
    started. So a series much longer than that is cut into windows that run side by side as lanes,
    each from `memory` steps before the part whose errors it counts, and an evaluation takes a
    fraction of the time; so does the backpropagation, whose gradients die out as fast.

    Parameters
    ----------
    cell : SmootherCell
        A linear smoother.
    series : (1 + p, T) array
        y, NaN where missing, and p regressors.
    initial_state : (S, ..) array or None
        As in `profile`.

    Notes
    -----
    The arrays that a call works in are made once: an evaluation on a short series is shorter than
    the making of its arrays.
    """

    def __init__(
        self, cell: SmootherCell, series: np.ndarray, initial_state: np.ndarray | None
    ) -> None:
        n_state, (n_series, n_timesteps) = cell.n_state, series.shape
        size = n_series + n_state
        # Windows overlap by less than half of their length.
        room = 2 * n_timesteps + _N_WINDOWS
        self._cell = cell
        self._series = series
        # What is missing makes memory longer than it is where the series starts.
        self._most_windows = 1 if np.isnan(series[0]).any() else _N_WINDOWS
        self._unknown_map = unknown_map(cell, series, initial_state)
        self._unknowns = np.zeros(size - 1)
        self._normal = Normal.room(*self._unknown_map.shape)
        self._sse = np.empty(1)
        self._room = _Room(
            np.empty((4, room)),
            np.empty((room + _N_WINDOWS) * n_state),
            np.empty(2 * n_state * _N_WINDOWS),
            np.empty((2, cell.n_parameters * max(size, _N_WINDOWS))),
            np.empty((2, n_state, size)),
            np.empty((2, 1, size)),
            np.empty((size, size, 1)),
        )

    def __call__(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the SSE and its gradient with respect to theta, (K, 1)."""
        d_theta = np.zeros_like(theta)
        _profiled_sse(
            self._cell.step.address,
            self._cell.adjoint.address,
            theta,
            self._series,
            self._unknown_map,
            self._unknowns,
            self._most_windows,
            self._room,
            self._normal,
            NEVER_STOPPED,
            self._sse,
            d_theta,
        )
        return float(self._sse[0]), d_theta


@kernel
def _profiled_sse(
    step_address: int,
    adjoint_address: int,
    theta: Slab,
    series: Slab,
    unknown_map: Slab,
    unknowns: Vector,
    most_windows: int,
    room: _Room,
    normal: Normal,
    stop: Stop,
    sse: Vector,
    d_theta: Slab,
):
    step, adjoint = step_at(step_address), adjoint_at(adjoint_address)
    windows, states, carry, thetas = room.windows, room.states, room.carry, room.thetas
    run_states, scratch, products = room.run_states, room.scratch, room.products
    n_series, n_timesteps = series.shape
    n_state, n_parameters = run_states.shape[1], theta.shape[0]
    of_runs = shaped(thetas[0], (n_parameters, n_series + n_state))
    _repeat(theta, of_runs)
    memory = accumulate_products(
        step,
        of_runs,
        series,
        run_states,
        scratch,
        products,
        False,
        stop,
    )
    solve_for_unknowns(products[:, :, 0], unknown_map, unknowns, normal)

    n_windows = most_windows if n_timesteps >= _WORTH_CUTTING * memory else 1
    lead = memory if n_windows > 1 else 0
    advance = (n_timesteps - lead + n_windows - 1) // n_windows
    length = lead + advance
    x, outputs = (
        shaped(windows[0], (length, 1, n_windows)),
        shaped(windows[1], (length, 1, n_windows)),
    )
    d_outputs, d_x = (
        shaped(windows[2], (length, 1, n_windows)),
        shaped(windows[3], (length, 1, n_windows)),
    )
    for i in range(length):
        for b in range(n_windows):
            k = b * advance + i
            value = series[0, k] if k < n_timesteps else math.nan
            for j in range(1, n_series):
                value -= unknowns[j - 1] * series[j, min(k, n_timesteps - 1)]
            x[i, 0, b] = value
    states = shaped(states, (length + 1, n_state, n_windows))
    for i in range(n_state):
        states[0, i] = unknowns[n_series - 1 + i]
    own = shaped(thetas[0], (n_parameters, n_windows))
    _repeat(theta, own)
    d_own = shaped(thetas[1], (n_parameters, n_windows))
    carry = shaped(carry, (2, n_state, n_windows))
    d_own[:], carry[:] = 0.0, 0.0

    forward(step, own, x, states, outputs)
    sse[0] = 0.0
    for i in range(length):
        for b in range(n_windows):
            error = x[i, 0, b] - outputs[i, 0, b]
            counts = error == error and (i >= lead or b == 0)
            error = error if counts else 0.0
            sse[0] += error * error
            d_outputs[i, 0, b] = -2.0 * error
    backward(
        adjoint,
        own,
        x,
        states,
        outputs,
        states[:0],
        d_outputs,
        carry,
        d_x,
        d_own,
    )
    for k in range(n_parameters):
        for b in range(n_windows):
            d_theta[k, 0] += d_own[k, b]


@inlined
def _repeat(theta, of_lanes):
    """Write the one column of theta for every lane."""
    for k in range(theta.shape[0]):
        of_lanes[k] = theta[k, 0]


@inlined
def solve_for_unknowns(products, unknown_map, unknowns, normal):
    """Write the unknowns with the least SSE, and return that.

    By Cholesky on a unit diagonal. An unknown that no observation tells apart from those before it
    is left out, and so zero.
    """
    n_errors, n_free = unknown_map.shape[0], unknown_map.shape[1] - 1
    # Products of the errors that the free unknowns multiply: those of one unit of each.
    half, free, factor = normal.half, normal.products, normal.factor
    scale, value = normal.scale, normal.value
    for i in range(n_errors):
        for j in range(n_free + 1):
            half[i, j] = 0.0
            for k in range(n_errors):
                half[i, j] += products[i, k] * unknown_map[k, j]
    for i in range(n_free + 1):
        for j in range(n_free + 1):
            free[i, j] = 0.0
            for k in range(n_errors):
                free[i, j] += unknown_map[k, i] * half[k, j]

    for i in range(n_free):
        norm = math.sqrt(free[i + 1, i + 1])
        scale[i] = norm if norm > 0.0 else 1.0
    for i in range(n_free):
        rest = free[i + 1, i + 1] / (scale[i] * scale[i])
        for j in range(i):
            entry = free[i + 1, j + 1] / (scale[i] * scale[j])
            for k in range(j):
                entry -= factor[i, k] * factor[j, k]
            factor[i, j] = entry / factor[j, j] if factor[j, j] > 0.0 else 0.0
            rest -= factor[i, j] * factor[i, j]
        factor[i, i] = math.sqrt(rest) if rest > _SINGULAR else 0.0
    value[0] = 1.0
    for i in range(n_free):
        entry = -free[i + 1, 0] / scale[i]
        for k in range(i):
            entry -= factor[i, k] * value[k + 1]
        value[i + 1] = entry / factor[i, i] if factor[i, i] > 0.0 else 0.0
    for i in range(n_free - 1, -1, -1):
        entry = value[i + 1]
        for k in range(i + 1, n_free):
            entry -= factor[k, i] * value[k + 1]
        value[i + 1] = entry / factor[i, i] if factor[i, i] > 0.0 else 0.0
    for i in range(n_free):
        value[i + 1] /= scale[i]

    sse = 0.0
    for i in range(n_free + 1):
        for j in range(n_free + 1):
            sse += value[i] * free[i, j] * value[j]
    for i in range(unknowns.shape[0]):
        unknowns[i] = 0.0
        for j in range(n_free + 1):
            unknowns[i] += unknown_map[i + 1, j] * value[j]
    return max(sse, 0.0)
