"""Tangents of the smoothing cells: the derivative of the naive loop along any direction."""

import naive
import numpy as np
import pytest
from cases import PREDICTING_CELLS, make_case, relative_error
from tangents import N_DIRECTIONS, address, directions_of, in_order, push, tangent_of

from tsrnn._scan.unroll import unroll

# What the design asks of an adjoint against complex-step derivatives, which are exact to rounding.
EXACT = 1e-10

predicting_cell = pytest.mark.parametrize("name", PREDICTING_CELLS)


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
    tangent_of(case.cell)(*addresses, 0, N_DIRECTIONS, case.cell.n_state, 2, 3)
    moved, d_h = in_order(case, moved, 1), in_order(case, d_h, 1)
    np.testing.assert_array_equal(moved[..., :2], all_lanes[0][1][..., :2])
    np.testing.assert_array_equal(d_out[..., :2], all_lanes[1][0][..., :2])
    np.testing.assert_array_equal(moved[..., 2], d_h[..., 2])
    assert np.isnan(d_out[..., 2]).all()
