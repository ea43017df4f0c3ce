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


def _solve(quadratic: np.ndarray, linear: np.ndarray) -> np.ndarray:
    """Solve small positive semidefinite systems, one a row, scaled to a unit diagonal."""
    scale = np.sqrt(np.einsum("gii->gi", quadratic))
    scale[scale == 0.0] = 1.0
    scaled = quadratic / (scale[:, :, None] * scale[:, None, :])
    np.einsum("gii->gi", scaled)[...] += _RIDGE
    return np.linalg.solve(scaled, (linear / scale)[:, :, None])[:, :, 0] / scale


class ProfiledSSE:
    """The SSE of a linear smoother at its best initial state, and its gradient.

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
        n_timesteps, n_state, size = y.size, cell.n_state, cell.n_state + 1
        self._cell = cell
        self._x = y[:, None, None]
        self._solves = initial_state is None
        self._states = np.zeros((n_timesteps + 1, n_state, 1))
        if initial_state is not None:
            self._states[0, :, 0] = initial_state
        self._outputs = np.empty_like(self._x)
        self._d_outputs = np.empty_like(self._x)
        self._d_x = np.empty_like(self._x)
        self._carry = np.empty((2, n_state, 1))
        self._active = np.ones(n_timesteps, dtype=np.int64)
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
            self._x,
            self._solves,
            self._states,
            self._outputs,
            self._d_outputs,
            self._d_x,
            self._carry,
            self._active,
            self._run_states,
            self._scratch,
            self._products,
            d_theta,
        )
        return sse, d_theta

    @property
    def states(self) -> np.ndarray:
        """States of the last call, (T + 1, S)."""
        return self._states[:, :, 0].copy()

    @property
    def predictions(self) -> np.ndarray:
        """Predictions of the last call, (T,)."""
        return self._outputs[:, 0, 0].copy()


@kernel(
    f"f8(i8, i8, {SLAB}, {SLABS}, b1, {SLABS}, {SLABS}, {SLABS}, {SLABS}, {SLABS}, "
    f"i8[::1], {SLABS}, {SLABS}, {SLABS}, {SLAB})"
)
def _profiled_sse(
    step_address,
    adjoint_address,
    theta,
    x,
    solves,
    states,
    outputs,
    d_outputs,
    d_x,
    carry,
    active,
    run_states,
    scratch,
    products,
    d_theta,
):
    step, adjoint = step_at(step_address), adjoint_at(adjoint_address)
    theta, x, active = borrowed(theta), borrowed(x), borrowed(active)
    states, outputs, d_outputs = borrowed(states), borrowed(outputs), borrowed(d_outputs)
    d_x, carry, d_theta = borrowed(d_x), borrowed(carry), borrowed(d_theta)
    products = borrowed(products)
    n_timesteps, size = x.shape[0], products.shape[0]
    if solves:
        runs = np.empty((theta.shape[0], size))
        for k in range(theta.shape[0]):
            runs[k] = theta[k, 0]
        accumulate_products(
            step,
            borrowed(runs),
            x.reshape(n_timesteps),
            borrowed(run_states),
            borrowed(scratch),
            products,
            False,
        )
        _solve_for_state(products[:, :, 0], states[0, :, 0])
    forward(step, theta, x, states, outputs, active)
    sse = 0.0
    for i in range(n_timesteps):
        error = x[i, 0, 0] - outputs[i, 0, 0]
        error = error if error == error else 0.0
        sse += error * error
        d_outputs[i, 0, 0] = -2.0 * error
    carry[:] = 0.0
    backward(
        adjoint,
        theta,
        x,
        states,
        outputs,
        states[:0],
        d_outputs,
        n_timesteps,
        active,
        carry,
        d_x,
        d_theta,
    )
    return sse


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
