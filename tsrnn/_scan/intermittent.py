"""Cells of intermittent demand along many series: where they end, and what suits each series.

The state of such a cell has the size of a demand first, and its output is that size times the
probability that a period has one. So the probability is o_t / z_{t-1}, whatever else the state
holds, and with y_t = 1 where x_t > 0 and 0 where there is none, the two parts have errors of their
own:

    of sizes        sum over demands of (x_t - z_{t-1})^2                                 (1)
    of occurrence   sum over all periods of (y_t - o_t / z_{t-1})^2                       (2)

The first is of alpha alone and the second of beta. Both are smallest, in the mean, for the mean
size and for the probability itself (of which (2) is Brier's score). The error of the prediction,
x_t - o_t, tells next to nothing of either: nearly all of its square is that a demand is there or is
not.
"""

from __future__ import annotations

import numpy as np

from tsrnn._compute.compile import kernel
from tsrnn._compute.declare import Integers, Slab, Slabs, Stop, Vector, inlined, writable
from tsrnn._compute.threads import in_threads
from tsrnn._input.ragged import Batch
from tsrnn._scan.filtering import filter_series, refuse_other_shapes
from tsrnn._scan.unroll import take_step
from tsrnn.cells.smoother_cell import SmootherCell, step_at

# A parameter is looked for among so many values, evenly spaced, and then between the neighbours of
# the best of them, so many times: to the sixth digit.
_N_VALUES = 32
_N_ROUNDS = 5

# Series of a unit of work. It does not depend on the number of threads.
_CHUNK = 64


def filter_demand(
    cell: SmootherCell, batch: Batch, theta: np.ndarray, states: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Move cells along their series: states at the end, predictions, and sizes before each row.

    Parameters
    ----------
    cell : SmootherCell
    batch : Batch
    theta : (K, N) array
    states : (S, N) array

    Returns
    -------
    states : (S, N) array
    predictions, sizes : (R,) arrays
    """
    sizes = np.empty(batch.values.size)
    states, predictions = filter_series(cell, batch, theta, states, firsts=sizes)
    return states, predictions, sizes


def search_demand(
    cell: SmootherCell,
    batch: Batch,
    bounds: np.ndarray,
    states: np.ndarray,
    n_jobs: int | None = None,
) -> np.ndarray:
    """Find the parameters of each series at which (1) and (2) are smallest.

    Parameters
    ----------
    cell : SmootherCell
    batch : Batch
        In units in which the values can be squared.
    bounds : (K, 2) array
        Between which each parameter is searched; those after alpha and beta are not, and their
        bounds are equal.
    states : (S, N) array
    n_jobs : int or None

    Returns
    -------
    theta : (K, N) array
        NaN where all values of a parameter do alike, as alpha where all demands are of one size.
    """
    n_series = batch.n_series
    theta = np.tile(bounds[:, :1], (1, n_series))
    refuse_other_shapes(cell, batch, theta, states)
    found = theta.T.copy()
    starts, values, stop = states.T.copy(), writable(batch.values), np.zeros(1, dtype=np.int8)

    def work(first: int, last: int) -> None:
        _search(
            cell.step.address,
            values,
            batch.offsets[first : last + 1],
            bounds,
            starts[first:last],
            found[first:last],
            np.empty((2, len(states), _N_VALUES)),
            np.empty((len(bounds), _N_VALUES)),
            np.empty((2, 1, _N_VALUES)),
            np.empty((2, _N_VALUES)),
            stop,
        )

    jobs = [(first, min(first + _CHUNK, n_series)) for first in range(0, n_series, _CHUNK)]
    for _ in in_threads(work, jobs, n_jobs, stop):
        pass
    return np.ascontiguousarray(found.T)


@kernel
def _search(
    step_address: int,
    values: Vector,
    offsets: Integers,
    bounds: Slab,
    starts: Slab,
    found: Slab,
    states: Slabs,
    theta: Slab,
    scratch: Slabs,
    squares: Slab,
    stop: Stop,
):
    step = step_at(step_address)
    n_values = theta.shape[1]
    for i in range(found.shape[0]):
        for k in range(theta.shape[0]):
            for g in range(n_values):
                share = g / (n_values - 1.0)
                theta[k, g] = bounds[k, 0] + share * (bounds[k, 1] - bounds[k, 0])
        for round_number in range(_N_ROUNDS):
            if stop[0] != 0:
                return
            for s in range(states.shape[1]):
                for g in range(n_values):
                    states[offsets[i] % 2, s, g] = starts[i, s]
            _add_up_errors(
                step, theta, values, offsets[i], offsets[i + 1], states, scratch, squares
            )
            for k in range(2):
                if bounds[k, 0] < bounds[k, 1]:
                    found[i, k] = _narrowed(theta[k], squares[k], found[i, k], round_number == 0)


@inlined
def _add_up_errors(step, theta, values, start, end, states, scratch, squares):
    """Fill squares (2, G) with (1) and (2) of every set of parameters."""
    x, out = scratch[0], scratch[1]
    n_values = theta.shape[1]
    squares[:] = 0.0
    for t in range(start, end):
        value = values[t]
        old, new = states[t % 2], states[(t + 1) % 2]
        for g in range(n_values):
            x[0, g] = value
        take_step(step, theta, x, old, new, out, n_values)
        if value != value:
            continue
        occurred = 1.0 if value > 0.0 else 0.0
        for g in range(n_values):
            size = old[0, g]
            is_known = size != 0.0
            probability = out[0, g] / size if is_known else 0.0
            squares[1, g] += (occurred - probability) * (occurred - probability)
            missed = value - size if is_known else 0.0
            squares[0, g] += occurred * missed * missed


# Sums of squares that differ by less than this share of themselves are alike.
_ALIKE = 1e-12


@inlined
def _narrowed(values, squares, found, is_first):
    """Return the best of values (G,), NaN where all do alike; put in those around it."""
    n_values = values.shape[0]
    best, largest = 0, squares[0]
    for g in range(1, n_values):
        best = g if squares[g] < squares[best] else best
        largest = max(largest, squares[g])
    if found != found or (is_first and largest - squares[best] <= _ALIKE * largest):
        return np.nan
    answer = values[best]
    low, high = values[max(best - 1, 0)], values[min(best + 1, n_values - 1)]
    for g in range(n_values):
        values[g] = low + g / (n_values - 1.0) * (high - low)
    return answer
