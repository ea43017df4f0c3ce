"""Linear smoothers alone: products of errors, matrices of a step, variances of errors.

A linear smoother in innovations form,

    x_t = w' h_{t-1} + e_t,    h_t = F h_{t-1} + g e_t,                                 (1)

follows the state exactly while it sees its series. Through a missing value, and beyond the end, it
moves on without the innovation, so its state is off by a d_t with covariance P_t. With v_t the
variance of the innovation,

    P_t = F P_{t-1} F' + v_t g g'                    where x_t is missing               (2)
    P_t = (F - g w') P_{t-1} (F - g w')'             where x_t is seen                  (3)

and the prediction of x_t has the variance v_t + w' P_{t-1} w. v_t is sigma^2 for additive errors
and, for errors that are shares of the prediction,

    v_t = sigma^2 ((w' h_{t-1})^2 + w' P_{t-1} w)                                       (4)

For the h-th step after the last value (2) is, with additive errors, sigma^2 (1 + c_1^2 + .. +
c_{h-1}^2), c_j = w' F^{j-1} g. Source: Hyndman, Koehler, Ord and Snyder, Forecasting with
Exponential Smoothing (2008), chapter 6.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tsrnn._compute.compile import kernel
from tsrnn._compute.declare import Booleans, Integers, Slab, Slabs, Stop, Vector, inlined, shaped
from tsrnn._compute.threads import NEVER_STOPPED
from tsrnn._scan.unroll import take_step, unroll
from tsrnn.cells.smoother_cell import SmootherCell, step_at


def error_products(
    cell: SmootherCell, theta: np.ndarray, series: np.ndarray, *, all_errors: bool = True
) -> np.ndarray:
    """Return sums of products from which a linear smoother's SSE follows for all linear unknowns.

    The errors on y - sum_j c_j x_j from the initial state h are linear in the coefficients c of
    the regressors x and in h: e = e_0 + sum_j c_j r_j + sum_i h_i g_i, where e_0 are those on y
    from the zero state, r_j minus those on x_j, and g_i what the i-th unit state adds.

    Parameters
    ----------
    cell : SmootherCell
        A linear smoother.
    theta : (K, G) array
        G sets of parameters.
    series : (1 + p, T) array
        y, NaN where missing, and p regressors.
    all_errors : bool
        Whether to go on, for the sum of e_0 squared alone, when the initial state is forgotten.

    Returns
    -------
    products : (1 + p + S, 1 + p + S, G) array
        Inner products over time of (e_0, r_1 .. r_p, g_1 .. g_S), in that order.
    """
    size, n_sets = len(series) + cell.n_state, theta.shape[1]
    products = np.zeros((size, size, n_sets))
    states = np.zeros((2, cell.n_state, size * n_sets))
    scratch = np.empty((2, 1, size * n_sets))
    _error_products(
        cell.step.address,
        np.tile(theta, (1, size)),
        series,
        all_errors,
        states,
        scratch,
        products,
        NEVER_STOPPED,
    )
    return products


@kernel
def _error_products(
    step_address: int,
    theta: Slab,
    series: Slab,
    all_errors: bool,
    states: Slabs,
    scratch: Slabs,
    products: Slabs,
    stop: Stop,
):
    accumulate_products(
        step_at(step_address),
        theta,
        series,
        states,
        scratch,
        products,
        all_errors,
        stop,
    )


# How often the loop below looks whether the initial state still matters, and what no longer does
# (in units of the unit states; the series is of order one). At least so many steps also let the
# derivatives of the state die, where a state dies at once (alpha = 1).
_LOOK_EVERY = 64
_FORGOTTEN = 1e-17


@inlined
def accumulate_products(step, theta, series, states, scratch, products, all_errors, stop):
    """Fill products, and return after how many steps the initial state was forgotten.

    Without regressors, the sum of e_0 squared stops there unless all errors are wanted. Where
    `stop[0]` is not 0 all ends, and what is filled means nothing.
    """
    x, out = scratch[0], scratch[1]
    size, n_sets, n_state = products.shape[0], products.shape[2], states.shape[1]
    n_series, n_timesteps = series.shape
    # Runs: y and the regressors from the zero state, then y from each unit state.
    errors = shaped(x, (size, n_sets))
    predictions = shaped(out, (size, n_sets))
    products[:] = 0.0
    states[0] = 0.0
    for i in range(n_state):
        for b in range(n_sets):
            states[0, i, (n_series + i) * n_sets + b] = 1.0
    n_runs = size
    memory = n_timesteps
    for t in range(n_timesteps):
        if stop[0] != 0:
            break
        y = series[0, t]
        for i in range(n_runs):
            value = series[i, t] if y == y and i < n_series else y
            for b in range(n_sets):
                errors[i, b] = value
        take_step(step, theta, x, states[t % 2], states[(t + 1) % 2], out, n_runs * n_sets)
        if y != y:
            continue
        for i in range(1, n_series):
            for b in range(n_sets):
                errors[i, b] = predictions[i, b] - errors[i, b]
        # A unit state runs on y itself, so g_i is a difference; on a series of zeros it would
        # decay into subnormal numbers, at which processors are slow.
        for i in range(n_series, n_runs):
            for b in range(n_sets):
                errors[i, b] = predictions[0, b] - predictions[i, b]
        for b in range(n_sets):
            errors[0, b] -= predictions[0, b]
        for i in range(n_runs):
            for j in range(i, n_runs):
                for b in range(n_sets):
                    products[i, j, b] += errors[i, b] * errors[j, b]
        if n_runs > n_series and t % _LOOK_EVERY == _LOOK_EVERY - 1:
            largest = 0.0
            for k in range(n_state):
                for i in range(n_series, size):
                    for b in range(n_sets):
                        trace = states[(t + 1) % 2, k, i * n_sets + b] - states[(t + 1) % 2, k, b]
                        largest = max(largest, abs(trace))
            if largest <= _FORGOTTEN:
                n_runs, memory = n_series, t + 1
        if n_runs == 1 and not all_errors:
            break
    for i in range(size):
        for j in range(i):
            for b in range(n_sets):
                products[i, j, b] = products[j, i, b]
    return memory


@inlined
def add_products_of_runs(step, theta, values, seen, rows, states, scratch, products):
    """Run smoothers along a series, and add up products of an error and of what moves it.

    Lanes are R runs, of G sets each, that differ in their initial states or parameters. Of the
    first the errors are taken, of the others what they predict beyond it, and products over time
    of these, (R, R, G), in the upper triangle. Rows of `values` that are not seen only move the
    states on. `rows` are the first one and the one after the last, and `states[rows[0] % 2]` the
    initial ones.
    """
    x, out = scratch[0], scratch[1]
    n_runs, n_sets = products.shape[0], products.shape[2]
    errors, predictions = shaped(x, (n_runs, n_sets)), shaped(out, (n_runs, n_sets))
    for t in range(rows[0], rows[1]):
        x[:] = values[t]
        take_step(step, theta, x, states[t % 2], states[(t + 1) % 2], out, n_runs * n_sets)
        if not seen[t]:
            continue
        for b in range(n_sets):
            errors[0, b] -= predictions[0, b]
        for i in range(1, n_runs):
            for b in range(n_sets):
                errors[i, b] = predictions[i, b] - predictions[0, b]
        for i in range(n_runs):
            for j in range(i, n_runs):
                for b in range(n_sets):
                    products[i, j, b] += errors[i, b] * errors[j, b]


# A response below this is none: it would decay into subnormal numbers.
_NO_RESPONSE = 1e-30


@inlined
def tabulate_responses(step, thetas, states, scratch, responses, grams):
    """Fill what each unit state adds to the prediction at each step, and sums of products of it.

    responses are (T, S, G), grams (T, S, S, G) up to each step. The slabs of states and scratch
    hold more lanes than are needed here: a run of each state fills the first of them.
    """
    n_state, n_sets = responses.shape[1], responses.shape[2]
    for i in range(n_state):
        states[0] = 0.0
        states[0, i, :n_sets] = 1.0
        for t in range(responses.shape[0]):
            old, new = states[t % 2], states[(t + 1) % 2]
            x, out = scratch[0], scratch[1]
            x[:] = 0.0
            take_step(step, thetas, x, old, new, out, n_sets)
            for b in range(n_sets):
                responses[t, i, b] = out[0, b]
                for k in range(n_state):
                    new[k, b] = new[k, b] if abs(new[k, b]) > _NO_RESPONSE else 0.0
    for t in range(responses.shape[0]):
        for i in range(n_state):
            for j in range(n_state):
                for b in range(n_sets):
                    before = grams[t - 1, i, j, b] if t > 0 else 0.0
                    grams[t, i, j, b] = before + responses[t, i, b] * responses[t, j, b]


@inlined
def accumulate_errors(step, thetas, y, states, scratch, responses, squares, with_response):
    """Add up e_0 of a complete series, squared and by what each unit state adds.

    squares are (G,), with_response (S, G); the rest is as `tabulate_responses` has it.
    """
    n_state, n_sets = with_response.shape
    states[0] = 0.0
    x, out = scratch[0], scratch[1]
    for t in range(y.shape[0]):
        row, value = x[0], y[t]
        for b in range(n_sets):
            row[b] = value
        take_step(step, thetas, x, states[t % 2], states[(t + 1) % 2], out, n_sets)
        predicted = out[0]
        for b in range(n_sets):
            row[b] = value - predicted[b]
            squares[b] += row[b] * row[b]
        for i in range(n_state):
            response, total = responses[t, i], with_response[i]
            for b in range(n_sets):
                total[b] += row[b] * response[b]


def linear_forms(
    cell: SmootherCell, theta: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read (1) off a linear smoother with parameters theta (K, N), by stepping from unit states.

    Returns
    -------
    transitions : (N, S, S) array
    gains, observations : (N, S) arrays
    """
    size, n_sets = cell.n_state, theta.shape[1]
    # Lanes: each unit state with a missing input, and the zero state with an innovation of 1.
    x = np.full((1, 1, size + 1, n_sets), np.nan)
    x[0, 0, size] = 1.0
    starts = np.repeat(np.eye(size, size + 1)[:, :, None], n_sets, axis=2)
    states, outputs = unroll(
        cell,
        np.tile(theta, (1, size + 1)),
        x.reshape(1, 1, -1),
        np.ascontiguousarray(starts.reshape(size, -1)),
    )
    moved = states[1].reshape(size, size + 1, n_sets)
    observations = outputs[0, 0].reshape(size + 1, n_sets)[:size].T
    return moved[:, :size].transpose(2, 0, 1), moved[:, size].T, observations


def error_variances(
    forms: tuple[np.ndarray, np.ndarray, np.ndarray],
    is_missing: np.ndarray,
    predictions: np.ndarray,
    offsets: np.ndarray,
    variances: np.ndarray,
    covariances: np.ndarray,
    *,
    is_relative: bool,
) -> np.ndarray:
    """Run the covariances of linear smoothers' states along, by (2), (3) and (4).

    Parameters
    ----------
    forms : (N, S, S), (N, S) and (N, S) arrays
        Transitions, gains and observations.
    is_missing : (R,) array
        Of series one after the other: series i is rows offsets[i]:offsets[i + 1].
    predictions : (R,) array
        What relative errors are shares of.
    offsets : (N + 1,) array
    variances : (N,) array
        Of the innovations.
    covariances : (N, S, S) array
        Of the states; on return, of the last ones.
    is_relative : bool

    Returns
    -------
    error_variances : (R,) array
        Of each prediction.
    """
    n_series, n_state = forms[1].shape
    shapes = [part.shape for part in (*forms, covariances, variances, predictions, offsets)]
    square, flat, n_rows = (n_series, n_state, n_state), (n_series, n_state), is_missing.size
    expected = [square, flat, flat, square, (n_series,), (n_rows,), (n_series + 1,)]
    # Compiled code would read on beyond the ends of what is smaller.
    if shapes != expected or offsets[-1] > n_rows:
        raise ValueError(f"linear smoothers have arrays of the shapes {expected}, got {shapes}")
    result = np.empty(is_missing.size)
    _error_variances(
        _Forms(*(np.ascontiguousarray(part) for part in forms)),
        is_missing,
        np.ascontiguousarray(predictions),
        offsets,
        variances,
        is_relative,
        covariances,
        result,
        np.empty((2, n_state, n_state)),
    )
    return result


class _Forms(NamedTuple):
    transitions: Slabs
    gains: Slab
    observations: Slab


@kernel
def _error_variances(
    forms: _Forms,
    is_missing: Booleans,
    predictions: Vector,
    offsets: Integers,
    variances: Vector,
    is_relative: bool,
    covariances: Slabs,
    result: Vector,
    scratch: Slabs,
):
    seeing, half = scratch[0], scratch[1]
    n_state = half.shape[0]
    for i in range(offsets.shape[0] - 1):
        move, gain, observation = forms.transitions[i], forms.gains[i], forms.observations[i]
        covariance = covariances[i]
        for j in range(n_state):
            for k in range(n_state):
                seeing[j, k] = move[j, k] - gain[j] * observation[k]
        is_certain = True
        for j in range(n_state):
            for k in range(n_state):
                is_certain = is_certain and covariance[j, k] == 0.0
        for t in range(offsets[i], offsets[i + 1]):
            of_state = 0.0
            if not is_certain:
                for j in range(n_state):
                    for k in range(n_state):
                        of_state += observation[j] * covariance[j, k] * observation[k]
            innovation = variances[i]
            if is_relative:
                innovation *= predictions[t] * predictions[t] + of_state
            result[t] = innovation + of_state
            if is_missing[t]:
                move_covariance(move, covariance, half)
                for j in range(n_state):
                    for k in range(n_state):
                        covariance[j, k] += gain[j] * gain[k] * innovation
                is_certain = False
            elif not is_certain:
                move_covariance(seeing, covariance, half)


@inlined
def move_covariance(move, covariance, half):
    """Replace P by M P M'."""
    n_state = half.shape[0]
    for j in range(n_state):
        for k in range(n_state):
            half[j, k] = 0.0
        for i in range(n_state):
            if move[j, i] != 0.0:
                for k in range(n_state):
                    half[j, k] += move[j, i] * covariance[i, k]
    for j in range(n_state):
        for k in range(n_state):
            covariance[j, k] = 0.0
    for k in range(n_state):
        for i in range(n_state):
            if move[k, i] != 0.0:
                for j in range(n_state):
                    covariance[j, k] += half[j, i] * move[k, i]
