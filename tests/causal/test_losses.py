"""Losses of what is said at every step: values and gradients against the obvious loop."""

import causal_loops
import naive
import numpy as np
import pytest

from tsrnn._optim.losses import QuantileLoss
from tsrnn.causal.losses import CausalLoss

LEVELS = (0.025, 0.1, 0.5, 0.8, 0.975)

WEIGHTS = {
    "pinball": {"pinball": 1.0, "mase": 0.0, "smape": 0.0},
    "mase": {"pinball": 0.0, "mase": 0.7, "smape": 0.0},
    "smape": {"pinball": 0.0, "mase": 0.0, "smape": 0.02},
    "all": {"pinball": 0.3, "mase": 0.5, "smape": 0.01},
}


def case(n=6, horizon=3, levels=LEVELS):
    random = np.random.default_rng(0)
    outputs = random.normal(size=(n, horizon * len(levels)))
    outputs[0] *= 30.0  # beyond where errors stop to count
    targets = random.normal(size=(n, 2 * horizon))
    targets[:, horizon:] *= 5.0
    targets[random.random((n, 2 * horizon)) < 0.2] = np.nan
    targets[:, horizon:] = np.nan_to_num(targets[:, horizon:])
    return outputs, targets, random.uniform(0.5, 2.0, n)


@pytest.mark.parametrize("kind", WEIGHTS)
def test_the_loss_is_its_obvious_sum_and_its_gradient_the_derivative(kind):
    outputs, targets, weights = case()
    loss = CausalLoss(LEVELS, **WEIGHTS[kind])
    value, gradient = loss.value_and_gradient(outputs, targets, weights)
    steps = loss.quantile_loss.steps_of_normal

    def slow(o):
        return causal_loops.loss(o, targets, weights, LEVELS, steps, **WEIGHTS[kind])

    assert value == pytest.approx(slow(outputs), rel=1e-13)  # sums of some dozens
    expected = naive.complex_step_gradient(slow, outputs)
    # What is asked of a gradient against complex-step derivatives.
    assert np.linalg.norm(gradient - expected) <= 1e-10 * np.linalg.norm(expected)


def test_its_quantiles_do_not_cross_and_are_those_of_the_estimators_loss():
    outputs, targets, weights = case()
    loss, other = CausalLoss(LEVELS), QuantileLoss(LEVELS)
    assert (np.diff(loss.quantiles(outputs), axis=2) >= 0.0).all()
    ours = loss.value_and_gradient(outputs, targets, weights)
    theirs = other.value_and_gradient(outputs, targets[:, :3], weights)
    assert ours[0] == pytest.approx(theirs[0], rel=1e-13)
    np.testing.assert_allclose(ours[1], theirs[1], rtol=1e-12, atol=1e-16)


def test_single_precision_is_double_precision_rounded():
    outputs, targets, weights = (one.astype(np.float32) for one in case())
    loss = CausalLoss(LEVELS, 1.0, 0.3, 0.01)
    short = loss.value_and_gradient(outputs, targets, weights)
    exact = loss.value_and_gradient(outputs.astype(float), targets.astype(float), weights)
    assert short[1].dtype == np.float32
    assert short[0] == pytest.approx(exact[0], rel=1e-6)
    np.testing.assert_allclose(short[1], exact[1], rtol=1e-4, atol=1e-6)


def test_missing_targets_count_nothing():
    outputs, targets, weights = case()
    targets[:, :3] = np.nan
    value, gradient = CausalLoss(LEVELS, 1.0, 1.0, 1.0).value_and_gradient(
        outputs, targets, weights
    )
    assert value == 0.0 and not gradient.any()


@pytest.mark.parametrize("size", [1e4, -1e4])
def test_outputs_of_any_size_have_a_finite_loss(size):
    outputs, targets, weights = case()
    value, gradient = CausalLoss(LEVELS, 1.0, 1.0, 1.0).value_and_gradient(
        np.full_like(outputs, size), targets, weights
    )
    assert np.isfinite(value) and np.isfinite(gradient).all()
