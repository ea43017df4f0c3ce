"""Losses and activations: values against naive ones, gradients against complex steps."""

from functools import partial

import naive
import numpy as np
import pytest
from cases import PREDICTING_CELLS, make_case, relative_error

from tsrnn._recurrent.activations import ACTIVATIONS
from tsrnn._scan.unroll import backpropagate, unroll
from tsrnn.smoothing.search.scipy_methods.losses import AbsoluteError, Huber, SquaredError

# What the design asks of a gradient against complex-step derivatives, which are exact to rounding.
EXACT = 1e-10
# Sums of a few dozen numbers of order one.
ROUNDING = 1e-13

DELTA = 0.8

LOSSES = {
    "squared": (SquaredError(), naive.squared_error),
    "absolute": (AbsoluteError(), naive.absolute_error),
    "huber": (Huber(DELTA), partial(naive.huber, DELTA)),
}

every_loss = pytest.mark.parametrize(("loss", "naive_loss"), LOSSES.values(), ids=LOSSES.keys())
every_activation = pytest.mark.parametrize("activation", ACTIVATIONS)


def random_residuals():
    residuals = np.random.default_rng(0).normal(size=(20, 2, 3))
    # Both branches of every loss are met, and no kink is.
    assert (np.abs(residuals) < DELTA).any() and (np.abs(residuals) > DELTA).any()
    assert np.abs(residuals).min() > 1e-6 and np.abs(np.abs(residuals) - DELTA).min() > 1e-6
    return residuals


@every_loss
def test_a_loss_is_its_naive_sum_and_its_gradient_the_derivative(loss, naive_loss):
    residuals = random_residuals()
    value, gradient = loss.value_and_gradient(residuals)
    assert isinstance(value, float)
    assert value == pytest.approx(naive_loss(residuals), rel=ROUNDING)
    expected = naive.complex_step_gradient(naive_loss, residuals)
    assert gradient.shape == residuals.shape
    assert relative_error(gradient, expected) <= EXACT


@every_loss
def test_a_missing_residual_counts_nothing_and_has_no_gradient(loss, naive_loss):
    residuals = random_residuals()
    missing = np.random.default_rng(1).random(residuals.shape) < 0.3
    holed = np.where(missing, np.nan, residuals)
    value, gradient = loss.value_and_gradient(holed)
    assert value == pytest.approx(loss.value_and_gradient(residuals[~missing])[0], rel=ROUNDING)
    assert value == pytest.approx(naive_loss(holed), rel=ROUNDING)
    np.testing.assert_array_equal(
        gradient, np.where(missing, 0.0, loss.value_and_gradient(residuals)[1])
    )
    np.testing.assert_array_equal(holed, np.where(missing, np.nan, residuals))


@every_loss
@pytest.mark.parametrize("residuals", [np.zeros(4), np.full(4, np.nan), np.empty(0)])
def test_where_nothing_is_missed_loss_and_gradient_vanish(loss, naive_loss, residuals):
    value, gradient = loss.value_and_gradient(residuals)
    assert value == 0.0
    assert not gradient.any()


@every_loss
def test_an_infinite_residual_is_an_infinite_loss(loss, naive_loss):
    value, _ = loss.value_and_gradient(np.array([1.0, -np.inf, np.nan]))
    assert value == np.inf


def test_huber_is_half_the_square_within_delta_and_the_magnitude_far_out():
    residuals = random_residuals()
    assert Huber(1e3).value_and_gradient(residuals)[0] == pytest.approx(
        0.5 * naive.squared_error(residuals), rel=ROUNDING
    )
    delta = 1e-9
    # It differs from delta |r| by delta^2 / 2 each, 1e-9 of a residual of order one.
    assert Huber(delta).value_and_gradient(residuals)[0] / delta == pytest.approx(
        naive.absolute_error(residuals), rel=1e-8
    )


def test_the_gradient_of_huber_is_continuous_at_delta():
    at_kink = np.array([DELTA, -DELTA])
    value, gradient = Huber(DELTA).value_and_gradient(at_kink)
    assert value == pytest.approx(DELTA**2, rel=ROUNDING)
    np.testing.assert_array_equal(gradient, at_kink)


@every_activation
def test_an_activation_stays_finite_where_its_argument_is_huge(activation):
    argument = np.array([-1e300, -800.0, 0.0, 800.0, 1e300])
    with np.errstate(all="raise", under="ignore"):
        value = ACTIVATIONS[activation].value(argument)
        derivative = ACTIVATIONS[activation].pulled_back(argument, value, np.ones(5))
    assert np.isfinite(value).all()
    assert np.isfinite(derivative).all()


@every_activation
def test_an_activation_passes_nan_on(activation):
    assert np.isnan(ACTIVATIONS[activation].value(np.array([np.nan]))).all()


@every_loss
@pytest.mark.parametrize("name", PREDICTING_CELLS)
def test_the_gradient_of_a_smoothers_loss_is_that_of_the_naive_loop(name, loss, naive_loss):
    case = make_case(name, n_timesteps=30, seed=5, missing=True)
    states, outputs = unroll(case.cell, case.theta, case.x, case.h_init)
    residuals = case.x - outputs
    assert np.nanmin(np.abs(residuals)) > 1e-6
    assert np.nanmin(np.abs(np.abs(residuals) - DELTA)) > 1e-6
    value, d_residuals = loss.value_and_gradient(residuals)
    d_theta, d_h_init, _ = backpropagate(
        case.cell, case.theta, case.x, states, outputs, d_outputs=-d_residuals
    )

    y = case.x[:, 0, 0]

    def total(theta, h_init):
        return naive_loss(naive.errors(name, theta, y, h_init))

    theta, h_init = case.theta[:, 0], case.h_init[:, 0]
    assert value == pytest.approx(total(theta, h_init), rel=ROUNDING)
    for got, expected in (
        (d_theta, naive.complex_step_gradient(lambda v: total(v, h_init), theta)),
        (d_h_init, naive.complex_step_gradient(lambda v: total(theta, v), h_init)),
    ):
        assert relative_error(got, expected) <= EXACT
