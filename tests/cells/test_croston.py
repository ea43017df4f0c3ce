"""Cells of demand where their step is not smooth: at the first demand, and at what is missing."""

import naive
import numpy as np
import pytest

from tsrnn._scan.unroll import backpropagate, unroll
from tsrnn.cells import CELLS

THETA = {"croston": np.array([0.3, 0.2, 1.0]), "tsb": np.array([0.3, 0.2])}
UNKNOWN = {"croston": np.array([0.0, 1.0, 1.0]), "tsb": np.array([0.0, 0.4])}
X = np.array([0.0, np.nan, 0.0, 3.0, 0.0, 5.0, np.nan, 2.0])[:, None, None]

both = pytest.mark.parametrize("name", ["croston", "tsb"])


@both
def test_the_first_demand_is_taken_for_the_size_and_the_time_to_it_for_the_interval(name):
    states, outputs = unroll(CELLS[name](), THETA[name][:, None], X[:4], UNKNOWN[name][:, None])
    assert not outputs.any()
    # The third of three periods that were looked at: the one that is missing is not counted.
    expected = [3.0, 3.0, 1.0] if name == "croston" else [3.0, 0.4 * 0.8**2 * 0.8 + 0.2]
    np.testing.assert_allclose(states[-1, :, 0], expected, rtol=1e-15)


@both
def test_before_the_first_demand_the_kernel_and_its_adjoint_are_those_of_the_naive_loop(name):
    theta, h_init = THETA[name], UNKNOWN[name]
    states, outputs = unroll(CELLS[name](), theta[:, None], X, h_init[:, None])
    expected = naive.NAIVE[name](theta, X[:, :, 0], h_init)
    np.testing.assert_allclose(states[:, :, 0], expected[0], rtol=1e-14)
    np.testing.assert_allclose(outputs[:, :, 0], expected[1], rtol=1e-14)
    weights = np.random.default_rng(0).normal(size=states.shape)
    d_theta, _, d_x = backpropagate(
        CELLS[name](), theta[:, None], X, states, outputs, d_states=weights
    )

    def loss(theta, x):
        return np.sum(weights[:, :, 0] * naive.NAIVE[name](theta, x, h_init)[0])

    of_theta = naive.complex_step_gradient(lambda v: loss(v, X[:, :, 0]), theta)
    of_x = naive.complex_step_gradient(lambda v: loss(theta, v), X[:, :, 0])
    np.testing.assert_allclose(d_theta[:, 0], of_theta, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(d_x[:, :, 0], np.nan_to_num(of_x), rtol=1e-12, atol=1e-14)


@both
def test_a_missing_value_moves_nothing(name):
    h_init = np.abs(UNKNOWN[name]) + 0.5
    states, _ = unroll(CELLS[name](), THETA[name][:, None], X, h_init[:, None])
    np.testing.assert_array_equal(states[2], states[1])
    np.testing.assert_array_equal(states[7], states[6])
