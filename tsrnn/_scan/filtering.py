"""Many series filtered by smoothers one after the other, each of a length of its own."""

from __future__ import annotations

import numpy as np

from tsrnn._compute.compile import kernel
from tsrnn._compute.declare import Integers, Slab, Slabs, Vector, writable
from tsrnn._input.ragged import Batch
from tsrnn._scan.unroll import take_step
from tsrnn.cells.smoother_cell import SmootherCell, step_at


def filter_series(
    cell: SmootherCell, batch: Batch, theta: np.ndarray, states: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Move smoothers along their series, net of regressors: states at the end, and predictions.

    Parameters
    ----------
    cell : SmootherCell
    batch : Batch
        Its regressors are not looked at.
    theta : (K, N) array
    states : (S, N) array

    Returns
    -------
    states : (S, N) array
    predictions : (R,) array
    """
    n_series = batch.n_series
    # Compiled code would read on beyond the ends of what is smaller.
    if theta.shape != (cell.n_parameters, n_series) or states.shape != (cell.n_state, n_series):
        raise ValueError(
            f"{n_series} smoothers have {cell.n_parameters} parameters and {cell.n_state} states "
            f"each, got shapes {theta.shape} and {states.shape}"
        )
    ends = states.T.copy()
    predictions = np.empty(batch.values.size)
    _filter(
        cell.step.address,
        theta.T.copy(),
        writable(batch.values),
        batch.offsets,
        ends,
        predictions,
        np.empty((2, len(states), 1)),
        np.empty((len(theta), 1)),
        np.empty((2, 1, 1)),
    )
    return np.ascontiguousarray(ends.T), predictions


@kernel
def _filter(
    step_address: int,
    thetas: Slab,
    values: Vector,
    offsets: Integers,
    ends: Slab,
    predictions: Vector,
    states: Slabs,
    theta: Slab,
    scratch: Slabs,
):
    step = step_at(step_address)
    x, out = scratch[0], scratch[1]
    n_state = ends.shape[1]
    for i in range(ends.shape[0]):
        for k in range(theta.shape[0]):
            theta[k, 0] = thetas[i, k]
        for s in range(n_state):
            states[offsets[i] % 2, s, 0] = ends[i, s]
        for t in range(offsets[i], offsets[i + 1]):
            old, new = states[t % 2], states[(t + 1) % 2]
            x[0, 0] = values[t]
            take_step(step, theta, x, old, new, out, 1)
            predictions[t] = out[0, 0]
        for s in range(n_state):
            ends[i, s] = states[offsets[i + 1] % 2, s, 0]
