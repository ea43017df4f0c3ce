"""Tangents of the smoothing cells: the derivative of the naive loop along any direction."""

import ctypes

import naive
import numpy as np
import pytest
from cases import PREDICTING_CELLS, make_case, relative_error

from tsrnn._scan.unroll import unroll

# What the design asks of an adjoint against complex-step derivatives, which are exact to rounding.
EXACT = 1e-10
N_DIRECTIONS = 4

predicting_cell = pytest.mark.parametrize("name", PREDICTING_CELLS)


def directions_of(case, seed):
    """Changes of theta (D, K), alike in all lanes, of the input (T, D, B), of h_init (D, S, B)."""
    rng = np.random.default_rng(seed)
    n_timesteps, _, n_lanes = case.x.shape
    return (
        rng.normal(size=(N_DIRECTIONS, len(case.theta))),
        rng.normal(size=(n_timesteps, N_DIRECTIONS, n_lanes)),
        rng.normal(size=(N_DIRECTIONS, case.cell.n_state, n_lanes)),
    )


def address(array):
    return array.ctypes.data_as(ctypes.POINTER(ctypes.c_double))


def push(case, d_theta, d_x, d_h):
    """Derivatives of states (T+1, D, S, B) and outputs (T, D, B), step by step by the kernel."""
    cell, (n_timesteps, _, n_lanes) = case.cell, case.x.shape
    states, outputs = unroll(cell, case.theta, case.x, case.h_init)
    d_states = np.full((n_timesteps + 1, *d_h.shape), np.nan)
    d_outputs = np.full((n_timesteps, N_DIRECTIONS, n_lanes), np.nan)
    d_states[0] = d_h
    scratch = np.empty((4, n_lanes))
    moved = d_h.copy()
    kernel = cell.tangent.compiled.ctypes
    sizes = N_DIRECTIONS, cell.n_state, n_lanes, n_lanes
    for t in range(n_timesteps):
        error = case.x[t, 0] - outputs[t, 0]
        seen = 1.0 - np.isnan(error)
        arrays = (
            case.theta,
            states[t],
            np.nan_to_num(error),
            seen,
            d_theta,
            d_x[t],
            moved,
            d_outputs[t],
            scratch,
        )
        kernel(*[address(array) for array in arrays], t, *sizes)
        d_states[t + 1] = moved
        if "winters" in case.name:
            # The kernel leaves seasons where they are; the oldest comes first.
            n_seasons = cell.n_state - 2
            d_states[t + 1, :, 2:] = np.roll(moved[:, 2:], -((t + 1) % n_seasons), axis=1)
    return d_states, d_outputs


def naive_push(case, b, d_theta, d_x, d_h):
    """The same of one lane and one direction, by a complex step through the naive loop."""
    states, outputs = naive.NAIVE[case.name](
        case.theta[:, b] + 1e-30j * d_theta,
        case.x[:, :, b] + 1e-30j * d_x[:, None],
        case.h_init[:, b] + 1e-30j * d_h,
    )
    return np.imag(states) / 1e-30, np.imag(outputs)[:, 0] / 1e-30


@predicting_cell
@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_the_tangent_is_the_derivative_of_the_naive_loop(name, missing, seed):
    case = make_case(name, n_lanes=3, seed=seed, missing=missing)
    d_theta, d_x, d_h = directions_of(case, seed)
    d_states, d_outputs = push(case, d_theta, d_x, d_h)
    for d in range(N_DIRECTIONS):
        for b in range(3):
            expected = naive_push(case, b, d_theta[d], d_x[:, d, b], d_h[d, :, b])
            assert relative_error(d_states[:, d, :, b], expected[0]) <= EXACT
            assert relative_error(d_outputs[:, d, b], expected[1]) <= EXACT


@predicting_cell
def test_a_tangent_writes_only_the_lanes_that_it_is_asked_for(name):
    case = make_case(name, n_timesteps=1, n_lanes=3)
    d_theta, d_x, d_h = directions_of(case, 0)
    all_lanes = push(case, d_theta, d_x, d_h)
    states, outputs = unroll(case.cell, case.theta, case.x, case.h_init)
    moved, d_out = d_h.copy(), np.full((N_DIRECTIONS, 3), np.nan)
    error, seen, scratch = case.x[0, 0] - outputs[0, 0], np.ones(3), np.empty((4, 3))
    arrays = (case.theta, states[0], error, seen, d_theta, d_x[0], moved, d_out, scratch)
    addresses = [address(array) for array in arrays]
    case.cell.tangent.compiled.ctypes(*addresses, 0, N_DIRECTIONS, case.cell.n_state, 2, 3)
    if "winters" in name:
        moved[:, 2:] = np.roll(moved[:, 2:], -1, axis=1)
        d_h[:, 2:] = np.roll(d_h[:, 2:], -1, axis=1)
    np.testing.assert_array_equal(moved[..., :2], all_lanes[0][1][..., :2])
    np.testing.assert_array_equal(d_out[..., :2], all_lanes[1][0][..., :2])
    np.testing.assert_array_equal(moved[..., 2], d_h[..., 2])
    assert np.isnan(d_out[..., 2]).all()
