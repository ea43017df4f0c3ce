"""The squared error of a linear smoother with its initial state solved for.

The errors of a linear smoother are e(h) = e_0 + sum_i h_i g_i, a linear function of its initial
state, so the state with the least SSE solves a small least-squares problem, and

    F(theta) = min_h SSE(theta, h),    dF/dtheta = dSSE/dtheta at the minimising h      (1)

(the envelope theorem; the right-hand side comes from backpropagation through time). Source: Golub
and Pereyra, The differentiation of pseudo-inverses and nonlinear least squares problems whose
variables separate, SIAM J. Numer. Anal. 10 (1973).
"""

from __future__ import annotations

import math

import numpy as np

from tsrnn._cell import Cell, adjoint_at, step_at
from tsrnn._compile import borrowed, inlined, kernel
from tsrnn._scan import SLAB, SLABS, accumulate_products, backward, error_products, forward

# Sets of parameters in one slab of a scan: three runs of each stay in the L1 cache.
_SETS_PER_SLAB = 128

# Windows of a long series: as many as two vectors of four numbers hold.
_N_WINDOWS = 8

# A series is long if it has so many times the steps that its smoother remembers.
_WORTH_CUTTING = 16

# Added to a unit diagonal before it is factored: rounding, in units of the diagonal.
_RIDGE = 4e-16


def profile(
    cell: Cell, theta: np.ndarray, y: np.ndarray, initial_state: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Find the least SSE over the initial state for many sets of parameters.

    Parameters
    ----------
    cell : Cell
        A linear smoother with parameters for each lane.
    theta : (K, G) array
    y : (T,) array
        The series, NaN where missing.
    initial_state : (S,) array or None
        Where given, the SSE is that of this state.

    Returns
    -------
    sse : (G,) array
    state : (G, S) array
    """
    products = np.concatenate(
        [
            error_products(cell, np.ascontiguousarray(theta[:, i : i + _SETS_PER_SLAB]), y)
            for i in range(0, theta.shape[1], _SETS_PER_SLAB)
        ],
        axis=2,
    ).transpose(2, 0, 1)
    constant, linear, quadratic = products[:, 0, 0], products[:, 1:, 0], products[:, 1:, 1:]
    if initial_state is None:
        state = -_solve(quadratic, linear)
        sse = constant + np.einsum("gi,gi->g", linear, state)
    else:
        state = np.broadcast_to(initial_state, linear.shape)
        sse = (
            constant
            + 2.0 * (linear @ initial_state)
            + np.einsum("gi,gij,gj->g", state, quadratic, state)
        )
    return np.maximum(sse, 0.0), state


def best_state(cell: Cell, theta: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the initial state with the least SSE for one set of parameters, (S,)."""
    products = error_products(cell, theta, y, all_errors=False)[:, :, 0]
    return -_solve(products[None, 1:, 1:], products[None, 1:, 0])[0]


def _solve(quadratic: np.ndarray, linear: np.ndarray) -> np.ndarray:
    """Solve small positive semidefinite systems, one a row, scaled to a unit diagonal."""
    scale = np.sqrt(np.einsum("gii->gi", quadratic))
    scale[scale == 0.0] = 1.0
    scaled = quadratic / (scale[:, :, None] * scale[:, None, :])
    np.einsum("gii->gi", scaled)[...] += _RIDGE
    return np.linalg.solve(scaled, (linear / scale)[:, :, None])[:, :, 0] / scale


class ProfiledSSE:
    """The SSE of a linear smoother at its best initial state, and its gradient.

    A smoother forgets: after `memory` steps its state does not depend, to rounding, on where it
    started. So a series much longer than that is cut into windows that run side by side as lanes,
    each from `memory` steps before the part whose errors it counts, and an evaluation takes a
    fraction of the time; so does the backpropagation, whose gradients die out as fast.

    Parameters
    ----------
    cell : Cell
        A linear smoother with parameters for each lane.
    y : (T,) array
        The series, NaN where missing.
    initial_state : (S,) array or None
        The initial state, or None to take the one with the least SSE.

    Notes
    -----
    The arrays that a call works in are made once: an evaluation on a short series is shorter than
    the making of its arrays.
    """

    def __init__(self, cell: Cell, y: np.ndarray, initial_state: np.ndarray | None) -> None:
        n_state, size = cell.n_state, cell.n_state + 1
        # Windows overlap by less than half of their length.
        room = 2 * y.size + _N_WINDOWS
        self._cell = cell
        self._y = y
        self._solves = initial_state is None
        self._state = np.zeros(n_state) if initial_state is None else np.array(initial_state)
        self._windows = np.empty((4, room))
        self._states = np.empty((room + _N_WINDOWS) * n_state)
        self._run_states = np.empty((2, n_state, size))
        self._scratch = np.empty((2, 1, size))
        self._products = np.empty((size, size, 1))

    def __call__(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the SSE and its gradient with respect to theta, (K, 1)."""
        d_theta = np.zeros_like(theta)
        sse = _profiled_sse(
            self._cell.step.address,
            self._cell.adjoint.address,
            theta,
            self._y,
            self._solves,
            self._state,
            self._windows,
            self._states,
            self._run_states,
            self._scratch,
            self._products,
            d_theta,
        )
        return sse, d_theta


@kernel(
    f"f8(i8, i8, {SLAB}, f8[::1], b1, f8[::1], {SLAB}, f8[::1], {SLABS}, {SLABS}, {SLABS}, {SLAB})"
)
def _profiled_sse(
    step_address,
    adjoint_address,
    theta,
    y,
    solves,
    state,
    windows,
    states,
    run_states,
    scratch,
    products,
    d_theta,
):
    step, adjoint = step_at(step_address), adjoint_at(adjoint_address)
    n_timesteps, n_state, n_parameters = y.shape[0], state.shape[0], theta.shape[0]
    memory = accumulate_products(
        step,
        borrowed(_repeated(theta, n_state + 1)),
        borrowed(y),
        borrowed(run_states),
        borrowed(scratch),
        borrowed(products),
        False,
    )
    if solves:
        _solve_for_state(products[:, :, 0], state)

    n_windows = _N_WINDOWS if n_timesteps >= _WORTH_CUTTING * memory else 1
    lead = memory if n_windows > 1 else 0
    advance = (n_timesteps - lead + n_windows - 1) // n_windows
    length = lead + advance
    x, outputs, d_outputs, d_x = (
        windows[0, : length * n_windows].reshape(length, 1, n_windows),
        windows[1, : length * n_windows].reshape(length, 1, n_windows),
        windows[2, : length * n_windows].reshape(length, 1, n_windows),
        windows[3, : length * n_windows].reshape(length, 1, n_windows),
    )
    for i in range(length):
        for b in range(n_windows):
            k = b * advance + i
            x[i, 0, b] = y[k] if k < n_timesteps else math.nan
    states = states[: (length + 1) * n_state * n_windows].reshape(length + 1, n_state, n_windows)
    for i in range(n_state):
        states[0, i] = state[i]
    own = _repeated(theta, n_windows)
    d_own = np.zeros((n_parameters, n_windows))
    active = np.full(length, n_windows)

    forward(step, borrowed(own), borrowed(x), borrowed(states), borrowed(outputs), borrowed(active))
    sse = 0.0
    for i in range(length):
        for b in range(n_windows):
            error = x[i, 0, b] - outputs[i, 0, b]
            counts = error == error and (i >= lead or b == 0)
            error = error if counts else 0.0
            sse += error * error
            d_outputs[i, 0, b] = -2.0 * error
    backward(
        adjoint,
        borrowed(own),
        borrowed(x),
        borrowed(states),
        borrowed(outputs),
        borrowed(states[:0]),
        borrowed(d_outputs),
        length,
        borrowed(active),
        borrowed(np.zeros((2, n_state, n_windows))),
        borrowed(d_x),
        borrowed(d_own),
    )
    for k in range(n_parameters):
        d_theta[k, 0] = d_own[k].sum()
    return sse


@inlined
def _repeated(theta, n_lanes):
    """Return the one column of theta for every lane."""
    repeated = np.empty((theta.shape[0], n_lanes))
    for k in range(theta.shape[0]):
        repeated[k] = theta[k, 0]
    return repeated


@inlined
def _solve_for_state(products, state):
    """Write the h that minimises |e_0 + sum_i h_i g_i|^2, by Cholesky on a unit diagonal."""
    n = state.shape[0]
    scale = np.empty(n)
    for i in range(n):
        norm = math.sqrt(products[i + 1, i + 1])
        scale[i] = norm if norm > 0.0 else 1.0
    factor = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            entry = products[i + 1, j + 1] / (scale[i] * scale[j])
            if i == j:
                # States that no observation tells apart would make it singular.
                entry += _RIDGE
            for k in range(j):
                entry -= factor[i, k] * factor[j, k]
            if i == j:
                factor[i, i] = math.sqrt(max(entry, _RIDGE))
            else:
                factor[i, j] = entry / factor[j, j]
    for i in range(n):
        value = -products[i + 1, 0] / scale[i]
        for k in range(i):
            value -= factor[i, k] * state[k]
        state[i] = value / factor[i, i]
    for i in range(n - 1, -1, -1):
        value = state[i]
        for k in range(i + 1, n):
            value -= factor[k, i] * state[k]
        state[i] = value / factor[i, i]
    for i in range(n):
        state[i] /= scale[i]
