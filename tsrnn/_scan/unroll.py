"""A cell unrolled along a sequence, and the adjoint of that: loops over time for any cell.

With h_{-1} given and (h_t, o_t) = step(theta, x_t, h_{t-1}) for t = 0 .. T-1, the gradient of a
loss L(h_{-1}, .., h_{T-1}, o_0, .., o_{T-1}) is found by backpropagation through time (BPTT): the
gradient with respect to h_t is what the loss says of h_t directly plus what the adjoint of step
t+1 hands back, from the last step to the first.

Arrays are float64 and C-contiguous, time first and lanes last: x (T, p, B), states (T+1, S, B) with
states[0] = h_{-1}, outputs (T, m, B).
"""

from __future__ import annotations

import numpy as np

from tsrnn._compute.compile import kernel
from tsrnn._compute.declare import Slab, Slabs, Vector, inlined, pointer, writable
from tsrnn.cells.smoother_cell import SmootherCell, adjoint_at, step_at


def unroll(
    cell: SmootherCell, theta: np.ndarray, x: np.ndarray, h_init: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Run a cell along its input.

    Parameters
    ----------
    cell : SmootherCell
    theta : (K, B) array
    x : (T, p, B) array
    h_init : (S, B) array
        The state before the first step, h_{-1}.

    Returns
    -------
    states : (T + 1, S, B) array
    outputs : (T, m, B) array
    """
    n_timesteps, _, n_lanes = x.shape
    _check_shapes(cell, theta, x)
    _check_shape("h_init", h_init, (cell.n_state, n_lanes))
    states = np.empty((n_timesteps + 1, cell.n_state, n_lanes))
    states[0] = h_init
    outputs = np.zeros((n_timesteps, cell.n_outputs, n_lanes))
    _unroll(cell.step.address, writable(theta), writable(x), states, outputs)
    return states, outputs


@inlined
def take_step(step, theta, x, h, h_new, out, n_lanes):
    """Call a step on slabs."""
    step(
        pointer(theta),
        pointer(x),
        pointer(h),
        pointer(h_new),
        pointer(out),
        x.shape[0],
        h.shape[0],
        n_lanes,
        x.shape[1],
    )


@kernel
def _unroll(
    step_address: int,
    theta: Slab,
    x: Slabs,
    states: Slabs,
    outputs: Slabs,
):
    forward(
        step_at(step_address),
        theta,
        x,
        states,
        outputs,
    )


@inlined
def forward(step, theta, x, states, outputs):
    """Fill states[1:] and outputs."""
    n_state, n_lanes = states.shape[1], x.shape[2]
    for t in range(x.shape[0]):
        # Not through take_step, which numba would call as a function with five arrays.
        step(
            pointer(theta),
            pointer(x[t]),
            pointer(states[t]),
            pointer(states[t + 1]),
            pointer(outputs[t]),
            x.shape[1],
            n_state,
            n_lanes,
            n_lanes,
        )


def backpropagate(
    cell: SmootherCell,
    theta: np.ndarray,
    x: np.ndarray,
    states: np.ndarray,
    outputs: np.ndarray,
    *,
    d_states: np.ndarray | None = None,
    d_outputs: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Backpropagate through time: the adjoint of `unroll`.

    Parameters
    ----------
    cell, theta, x
        As given to `unroll`.
    states, outputs
        As returned by it.
    d_states : (T + 1, S, B) array, optional
        Gradient of the loss with respect to each state, through the loss alone.
    d_outputs : (T, m, B) array, optional
        Gradient of the loss with respect to each output.

    Returns
    -------
    d_theta : array shaped as theta
    d_h_init : (S, B) array
    d_x : (T, p, B) array
    """
    n_timesteps, _, n_lanes = x.shape
    _check_shapes(cell, theta, x)
    _check_shape("states", states, (n_timesteps + 1, cell.n_state, n_lanes))
    _check_shape("outputs", outputs, (n_timesteps, cell.n_outputs, n_lanes))
    none = np.empty((0, cell.n_state, n_lanes))
    if d_outputs is None:
        d_outputs = np.zeros_like(outputs)
    else:
        _check_shape("d_outputs", d_outputs, outputs.shape)
    if d_states is not None:
        _check_shape("d_states", d_states, states.shape)
    d_theta = np.zeros_like(theta)
    d_x = np.zeros_like(x)
    carry = np.zeros((2, cell.n_state, n_lanes))
    _backpropagate(
        cell.adjoint.address,
        writable(theta),
        writable(x),
        writable(states),
        writable(outputs),
        none if d_states is None else writable(d_states),
        writable(d_outputs),
        carry,
        d_x,
        d_theta,
    )
    return d_theta, carry[0], d_x


@kernel
def _backpropagate(
    adjoint_address: int,
    theta: Slab,
    x: Slabs,
    states: Slabs,
    outputs: Slabs,
    d_states: Slabs,
    d_outputs: Slabs,
    carry: Slabs,
    d_x: Slabs,
    d_theta: Slab,
):
    backward(
        adjoint_at(adjoint_address),
        theta,
        x,
        states,
        outputs,
        d_states,
        d_outputs,
        carry,
        d_x,
        d_theta,
    )


@inlined
def backward(
    adjoint,
    theta,
    x,
    states,
    outputs,
    d_states,
    d_outputs,
    carry,
    d_x,
    d_theta,
):
    """Fill d_x, add to d_theta, and leave the gradient with respect to h_{-1} in carry[0]."""
    # carry[t % 2] is the gradient with respect to h_{t-1} = states[t].
    direct = d_states.shape[0] > 0
    n_timesteps, n_state, n_lanes = x.shape[0], states.shape[1], x.shape[2]
    if direct:
        for i in range(n_state):
            for b in range(n_lanes):
                carry[n_timesteps % 2, i, b] = d_states[n_timesteps, i, b]
    for t in range(n_timesteps - 1, -1, -1):
        old, new = t % 2, (t + 1) % 2
        adjoint(
            pointer(theta),
            pointer(x[t]),
            pointer(states[t]),
            pointer(states[t + 1]),
            pointer(outputs[t]),
            pointer(carry[new]),
            pointer(d_outputs[t]),
            pointer(carry[old]),
            pointer(d_x[t]),
            pointer(d_theta),
            x.shape[1],
            n_state,
            n_lanes,
            n_lanes,
        )
        if direct:
            for i in range(n_state):
                for b in range(n_lanes):
                    carry[old, i, b] += d_states[t, i, b]


def _check_shapes(cell: SmootherCell, theta: np.ndarray, x: np.ndarray) -> None:
    """Refuse what compiled code would read beyond the ends of."""
    n_lanes = x.shape[2]
    _check_shape("x", x, (len(x), cell.n_inputs, n_lanes))
    _check_shape("theta", theta, (cell.n_parameters, n_lanes))


def _check_shape(name: str, array: np.ndarray, shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {array.shape}")


def generate(
    cell: SmootherCell,
    theta: np.ndarray,
    h_init: np.ndarray,
    innovations: np.ndarray,
    *,
    is_relative: bool = False,
    effect: np.ndarray | None = None,
) -> np.ndarray:
    """Run a predicting cell on the series it makes itself: x_t = o_t + innovation.

    Parameters
    ----------
    cell : SmootherCell
        One whose output predicts its input.
    theta : (K, B) array
    h_init : (S, B) array
    innovations : (T, p, B) array
    is_relative : bool
        x_t = o_t + (o_t + effect_t) innovation instead.
    effect : (T,) array, optional
        What is added to the series: 0 where it is left out.

    Returns
    -------
    x : (T, p, B) array
    """
    _check_shapes(cell, theta, innovations)
    _check_shape("h_init", h_init, (cell.n_state, innovations.shape[2]))
    effect = np.zeros(len(innovations)) if effect is None else writable(effect)
    _check_shape("effect", effect, (len(innovations),))
    x = np.full(innovations.shape, np.nan)
    states = np.empty((2, *h_init.shape))
    states[0] = h_init
    _generate(
        cell.step.address,
        writable(theta),
        writable(innovations),
        is_relative,
        effect,
        x,
        states,
        np.empty_like(x[0]),
    )
    return x


@kernel
def _generate(
    step_address: int,
    theta: Slab,
    innovations: Slabs,
    is_relative: bool,
    effect: Vector,
    x: Slabs,
    states: Slabs,
    prediction: Slab,
):
    step = step_at(step_address)
    n_lanes = x.shape[2]
    for t in range(x.shape[0]):
        old, new = t % 2, (t + 1) % 2
        # x[t] is still missing: this step only predicts; the next one moves the state.
        take_step(step, theta, x[t], states[old], states[new], prediction, n_lanes)
        for i in range(x.shape[1]):
            for b in range(n_lanes):
                scale = prediction[i, b] + effect[t] if is_relative else 1.0
                x[t, i, b] = prediction[i, b] + scale * innovations[t, i, b]
        take_step(step, theta, x[t], states[old], states[new], prediction, n_lanes)
