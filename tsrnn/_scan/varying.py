"""Variances of errors of smoothers whose equations are linear in the state, but change with time.

With the state h_t = F_t h_{t-1} + g_t x_t and the prediction o_t = c_t' h_{t-1} of x_t, whose
innovation has the variance v, a state that is not known exactly has the covariance

    P_t = F_t P_{t-1} F_t'                                          where x_t is seen       (1)
    P_t = (F_t + g_t c_t') P_{t-1} (F_t + g_t c_t')' + v g_t g_t'   where it is missing     (2)

and the prediction the variance v + c_t' P_{t-1} c_t. F_t, g_t and c_t are the cell's tangent in the
directions of the state's numbers and of x_t. Beyond the end all is missing. Source: Hyndman,
Koehler, Ord and Snyder, Forecasting with Exponential Smoothing (2008), chapter 6, for matrices that
do not change.
"""

from __future__ import annotations

import numpy as np

from tsrnn._compute.compile import kernel
from tsrnn._compute.declare import Integers, Slab, Slabs, Vector, pointer, writable
from tsrnn._input.ragged import Batch
from tsrnn._scan.linear import move_covariance
from tsrnn._scan.unroll import take_step
from tsrnn.cells.smoother_cell import SmootherCell, step_at, tangent_at


def error_variances_along(
    cell: SmootherCell,
    batch: Batch,
    theta: np.ndarray,
    states: np.ndarray,
    variances: np.ndarray,
    covariances: np.ndarray,
) -> np.ndarray:
    """Return the variance of each prediction; change the covariances to those at the end.

    Parameters
    ----------
    cell : SmootherCell
    batch : Batch
        Series one after the other, NaN where missing.
    theta : (K, N) array
    states : (S, N) array
        Before the first row.
    variances : (N,) array
        Of the innovations.
    covariances : (N, S, S) array
        Of the states.

    Returns
    -------
    error_variances : (R,) array
    """
    n_series, S = batch.n_series, cell.n_state
    # Compiled code would read on beyond the ends of what is smaller.
    found = [one.shape for one in (theta, states, variances, covariances)]
    expected = [(cell.n_parameters, n_series), (S, n_series), (n_series,), (n_series, S, S)]
    if found != expected:
        raise ValueError(f"smoothers have arrays of the shapes {expected}, got {found}")
    result = np.empty(batch.values.size)
    _error_variances_along(
        cell.step.address,
        cell.tangent.address,
        theta.T.copy(),
        writable(batch.values),
        batch.offsets,
        states.T.copy(),
        np.ascontiguousarray(variances),
        covariances,
        result,
        np.zeros((2, S, 1)),
        np.empty((len(theta), 1)),
        np.zeros((5, 1, 1)),
        np.zeros((S + 1, len(theta))),
        np.zeros((S + 1, S, 1)),
        np.zeros((2, S + 1, 1)),
        np.zeros((4, 1)),
        np.zeros((2, S, S)),
    )
    return result


@kernel
def _error_variances_along(
    step_address: int,
    tangent_address: int,
    thetas: Slab,
    values: Vector,
    offsets: Integers,
    starts: Slab,
    variances: Vector,
    covariances: Slabs,
    result: Vector,
    states: Slabs,
    theta: Slab,
    numbers: Slabs,
    d_theta: Slab,
    d_states: Slabs,
    d_ends: Slabs,
    for_tangent: Slab,
    matrices: Slabs,
):
    step, tangent = step_at(step_address), tangent_at(tangent_address)
    n_state = starts.shape[1]
    x, out, error, seen = numbers[0], numbers[1], numbers[2], numbers[3]
    d_x, d_out = d_ends[0], d_ends[1]
    d_x[n_state, 0], seen[0, 0] = 1.0, 1.0
    for i in range(starts.shape[0]):
        covariance = covariances[i]
        for k in range(theta.shape[0]):
            theta[k, 0] = thetas[i, k]
        for s in range(n_state):
            states[offsets[i] % 2, s, 0] = starts[i, s]
        for t in range(offsets[i], offsets[i + 1]):
            old, new = states[t % 2], states[(t + 1) % 2]
            x[0, 0] = values[t]
            take_step(step, theta, x, old, new, out, 1)
            is_missing = values[t] != values[t]
            error[0, 0] = 0.0 if is_missing else values[t] - out[0, 0]
            for d in range(n_state + 1):
                for s in range(n_state):
                    d_states[d, s, 0] = 1.0 if s == d else 0.0
            tangent(
                pointer(theta),
                pointer(old),
                pointer(error),
                pointer(seen),
                pointer(d_theta),
                pointer(d_x),
                pointer(d_states),
                pointer(d_out),
                pointer(for_tangent),
                0,
                n_state + 1,
                n_state,
                1,
                1,
            )
            of_state = 0.0
            for j in range(n_state):
                for k in range(n_state):
                    of_state += d_out[j, 0] * covariance[j, k] * d_out[k, 0]
            result[t] = variances[i] + max(of_state, 0.0)
            feedback = 1.0 if is_missing else 0.0
            move = matrices[0]
            for s in range(n_state):
                for d in range(n_state):
                    move[s, d] = (
                        d_states[d, s, 0] + feedback * d_states[n_state, s, 0] * d_out[d, 0]
                    )
            move_covariance(move, covariance, matrices[1])
            if is_missing:
                for j in range(n_state):
                    for k in range(n_state):
                        gains = d_states[n_state, j, 0] * d_states[n_state, k, 0]
                        covariance[j, k] += variances[i] * gains
