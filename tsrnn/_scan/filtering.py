"""Many series filtered by smoothers one after the other, each of a length of its own."""

from __future__ import annotations

import numpy as np

from tsrnn._compute.compile import kernel
from tsrnn._compute.declare import Integers, Slab, Slabs, Vector, writable
from tsrnn._input.ragged import Batch
from tsrnn._scan.unroll import take_step
from tsrnn.cells.smoother_cell import SmootherCell, step_at


def filter_series(
    cell: SmootherCell,
    batch: Batch,
    theta: np.ndarray,
    states: np.ndarray,
    *,
    firsts: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Move smoothers along their series, net of regressors: states at the end, and predictions.

    Parameters
    ----------
    cell : SmootherCell
    batch : Batch
        Its regressors are not looked at.
    theta : (K, N) array
    states : (S, N) array
    firsts : (R,) array, optional
        Where to write the first number of the state before each row.

    Returns
    -------
    states : (S, N) array
    predictions : (R,) array
    """
    refuse_other_shapes(cell, batch, theta, states)
    if firsts is not None and firsts.shape != batch.values.shape:
        raise ValueError(f"firsts must have shape {batch.values.shape}, got {firsts.shape}")
    ends = states.T.copy()
    predictions = np.empty(batch.values.size)
    _filter(
        cell.step.address,
        theta.T.copy(),
        writable(batch.values),
        batch.offsets,
        ends,
        predictions,
        np.empty(0) if firsts is None else firsts,
        np.empty((2, len(states), 1)),
        np.empty((len(theta), 1)),
        np.empty((2, 1, 1)),
    )
    return np.ascontiguousarray(ends.T), predictions


def refuse_other_shapes(
    cell: SmootherCell, batch: Batch, theta: np.ndarray, states: np.ndarray
) -> None:
    """Refuse parameters and states that compiled code would read beyond the ends of."""
    expected = (cell.n_parameters, batch.n_series), (cell.n_state, batch.n_series)
    if (theta.shape, states.shape) != expected:
        raise ValueError(
            f"parameters and states of {batch.n_series} series have the shapes {expected}, got "
            f"{theta.shape} and {states.shape}"
        )


@kernel
def _filter(
    step_address: int,
    thetas: Slab,
    values: Vector,
    offsets: Integers,
    ends: Slab,
    predictions: Vector,
    firsts: Vector,
    states: Slabs,
    theta: Slab,
    scratch: Slabs,
):
    step = step_at(step_address)
    x, out = scratch[0], scratch[1]
    n_state, has_firsts = ends.shape[1], firsts.shape[0] > 0
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
            if has_firsts:
                firsts[t] = old[0, 0]
        for s in range(n_state):
            ends[i, s] = states[offsets[i + 1] % 2, s, 0]
