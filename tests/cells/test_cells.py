"""Every cell in the table, held against its naive loop and that loop's derivatives.

A cell that is added to `CELLS` and to `NAIVE` is covered by all of this.
"""

from dataclasses import replace

import naive
import numpy as np
import pytest
from cases import PREDICTING_CELLS, Case, make_case, relative_error

from tsrnn._scan.unroll import backpropagate, unroll
from tsrnn.cells import CELLS

# A dozen steps of a dozen operations, each rounded to 1e-16.
ROUNDING = 1e-13
# What the design asks of an adjoint against complex-step derivatives, which are exact to rounding.
EXACT = 1e-10
# Central differences with a step of 1e-6 keep about ten of sixteen digits.
DIFFERENCES = 1e-6

every_cell = pytest.mark.parametrize("name", CELLS)
predicting_cell = pytest.mark.parametrize("name", PREDICTING_CELLS)


def run(case):
    return unroll(case.cell, case.theta, case.x, case.h_init)


def gradients(case):
    """Gradients with respect to theta, h_init and x, by the kernels."""
    states, outputs = run(case)
    return backpropagate(
        case.cell,
        case.theta,
        case.x,
        states,
        outputs,
        d_states=case.d_states,
        d_outputs=case.d_outputs,
    )


def naive_gradients(case: Case):
    """The same of a case of one lane, by complex steps through the naive loop."""
    theta, x, h_init = case.theta[:, 0], case.x[:, :, 0], case.h_init[:, 0]
    return (
        naive.complex_step_gradient(lambda v: case.naive_loss(v, x, h_init), theta),
        naive.complex_step_gradient(lambda v: case.naive_loss(theta, x, v), h_init),
        naive.complex_step_gradient(lambda v: case.naive_loss(theta, v, h_init), x),
    )


def test_every_cell_has_a_naive_loop():
    assert set(CELLS) == set(naive.NAIVE)


@every_cell
def test_a_cell_has_the_name_it_is_found_under(name):
    assert CELLS[name]().name == name


@every_cell
@pytest.mark.parametrize("n_timesteps", [0, 1, 12])
def test_the_kernel_runs_as_the_naive_loop(name, n_timesteps):
    case = make_case(name, n_timesteps)
    for actual, expected in zip(run(case), case.naive_run(), strict=True):
        assert actual.shape == (*expected.shape, 1)
        assert relative_error(actual, expected) <= ROUNDING


@predicting_cell
@pytest.mark.parametrize("seed", range(5))
def test_the_kernel_treats_missing_values_as_the_naive_loop(name, seed):
    case = make_case(name, seed=seed, missing=True)
    assert np.isnan(case.x).any()
    for actual, expected in zip(run(case), case.naive_run(), strict=True):
        assert relative_error(actual, expected) <= ROUNDING


@every_cell
def test_a_missing_input_is_not_taken_for_a_number(name):
    """A cell that does not predict its input has nothing to put in its place."""
    case = make_case(name)
    case.x[5] = np.nan
    states, _ = run(case)
    assert np.isnan(states[6:]).all() == (name not in PREDICTING_CELLS)
    assert not np.isnan(states[:6]).any()


@every_cell
@pytest.mark.parametrize("n_timesteps", [1, 12])
@pytest.mark.parametrize("seed", range(3))
def test_the_adjoint_is_the_derivative_of_the_naive_loop(name, n_timesteps, seed):
    case = make_case(name, n_timesteps, seed=seed)
    for actual, expected in zip(gradients(case), naive_gradients(case), strict=True):
        assert np.linalg.norm(expected) > 0.0
        assert relative_error(actual, expected) <= EXACT


@predicting_cell
@pytest.mark.parametrize("seed", range(5))
def test_the_adjoint_is_the_derivative_where_values_are_missing(name, seed):
    case = make_case(name, seed=seed, missing=True)
    for actual, expected in zip(gradients(case), naive_gradients(case), strict=True):
        assert relative_error(actual, expected) <= EXACT


@predicting_cell
@pytest.mark.parametrize("seen", [[], [0], [11], [3, 4]])
def test_the_adjoint_is_right_where_almost_everything_is_missing(name, seen):
    case = make_case(name)
    case.x[np.setdiff1d(np.arange(12), seen)] = np.nan
    for actual, expected in zip(gradients(case), naive_gradients(case), strict=True):
        assert relative_error(actual, expected) <= EXACT


@every_cell
def test_the_adjoint_agrees_with_differences_of_the_kernel(name):
    case = make_case(name, seed=1)

    def loss(**changed):
        states, outputs = run(replace(case, **changed))
        return np.sum(case.d_states * states) + np.sum(case.d_outputs * outputs)

    d_theta, d_h_init, d_x = gradients(case)
    for actual, argument in ((d_theta, "theta"), (d_h_init, "h_init"), (d_x, "x")):
        expected = naive.central_differences(
            lambda v, argument=argument: loss(**{argument: v}), getattr(case, argument)
        )
        assert relative_error(actual, expected) <= DIFFERENCES


@every_cell
def test_a_loss_of_outputs_alone_and_one_of_states_alone_add_up(name):
    case = make_case(name)
    states, outputs = run(case)
    parts = [
        backpropagate(case.cell, case.theta, case.x, states, outputs, **loss)
        for loss in ({"d_states": case.d_states}, {"d_outputs": case.d_outputs})
    ]
    for of_states, of_outputs, both in zip(*parts, gradients(case), strict=True):
        assert relative_error(of_states + of_outputs, both) <= ROUNDING


@every_cell
@pytest.mark.parametrize("cut", [0, 1, 7, 12])
def test_one_run_is_the_run_in_two_pieces(name, cut):
    case = make_case(name, n_lanes=3)
    states, outputs = run(case)
    first = unroll(case.cell, case.theta, case.x[:cut], case.h_init)
    second = unroll(case.cell, case.theta, case.x[cut:], first[0][-1])
    # The same operations in the same order: the same bits.
    np.testing.assert_array_equal(np.concatenate([first[0], second[0][1:]]), states)
    np.testing.assert_array_equal(np.concatenate([first[1], second[1]]), outputs)


@every_cell
@pytest.mark.parametrize("cut", [1, 7])
def test_the_gradient_goes_through_two_pieces_as_through_one(name, cut):
    case = make_case(name, n_lanes=3)
    states, _ = run(case)
    # d_states[cut] reaches the first piece by way of the second's initial state.
    second = replace(
        case,
        x=case.x[cut:],
        h_init=states[cut],
        d_states=case.d_states[cut:],
        d_outputs=case.d_outputs[cut:],
    )
    d_theta_2, d_h_cut, d_x_2 = gradients(second)
    d_states = case.d_states[: cut + 1].copy()
    d_states[cut] = d_h_cut
    first = replace(case, x=case.x[:cut], d_states=d_states, d_outputs=case.d_outputs[:cut])
    d_theta_1, d_h_init, d_x_1 = gradients(first)
    whole = gradients(case)
    assert relative_error(d_theta_1 + d_theta_2, whole[0]) <= ROUNDING
    np.testing.assert_array_equal(d_h_init, whole[1])
    np.testing.assert_array_equal(np.concatenate([d_x_1, d_x_2]), whole[2])


@every_cell
@pytest.mark.parametrize("n_lanes", [2, 9])
def test_a_lane_is_that_lane_alone_bit_for_bit(name, n_lanes):
    """Nine lanes are two vectors of four and a remainder: neither may change a bit."""
    case = make_case(name, n_lanes=n_lanes)
    states, outputs = run(case)
    d_theta, d_h_init, d_x = gradients(case)
    for b in range(n_lanes):
        alone = case.lane(b)
        alone_states, alone_outputs = run(alone)
        alone_d_theta, alone_d_h_init, alone_d_x = gradients(alone)
        np.testing.assert_array_equal(alone_states[:, :, 0], states[:, :, b])
        np.testing.assert_array_equal(alone_outputs[:, :, 0], outputs[:, :, b])
        np.testing.assert_array_equal(alone_d_theta[:, 0], d_theta[:, b])
        np.testing.assert_array_equal(alone_d_h_init[:, 0], d_h_init[:, b])
        np.testing.assert_array_equal(alone_d_x[:, :, 0], d_x[:, :, b])
