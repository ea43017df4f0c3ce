"""Learning rates by step: against the formula, and as training follows them."""

import math
import warnings

import numpy as np
import pytest
from sequence_data import matrix, means
from sklearn.exceptions import ConvergenceWarning

from tsrnn import GRUClassifier, GRURegressor
from tsrnn._optim.minibatch import SGD, Schedule
from tsrnn._optim.training import train
from tsrnn._optim.watch import Plan, Training


def naive_share(step, n_steps, warmup_steps, falls):
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return (
        (1 + math.cos(math.pi * (step - warmup_steps) / (n_steps - warmup_steps))) / 2
        if falls
        else 1
    )


@pytest.mark.parametrize("falls", [False, True])
@pytest.mark.parametrize("warmup_steps", [0, 1, 7, 19])
def test_shares_are_those_of_the_formula(warmup_steps, falls):
    schedule = Schedule(20, warmup_steps, falls)
    shares = [schedule.share(step) for step in range(20)]
    expected = [naive_share(step, 20, warmup_steps, falls) for step in range(20)]
    np.testing.assert_allclose(shares, expected, rtol=1e-14)
    assert max(shares) == 1.0 and min(shares) > 0.0
    assert schedule.share(25) == schedule.share(19)


class Slope:
    """A loss whose gradient is one everywhere: parameters tell the sum of all rates."""

    n_rows = n_samples = 6
    total_weight, constant_loss, best_constant_loss, explosion = 6.0, 1.0, 0.0, np.inf

    def loss(self, theta, rows):
        return float(len(rows) * (100.0 + theta.sum()))

    def loss_and_gradient(self, theta, rows):
        return self.loss(theta, rows), np.full(theta.size, float(len(rows)))


@pytest.mark.parametrize("falls", [False, True])
def test_each_step_has_its_rate(falls):
    """Of three batches an epoch, five epochs."""
    schedule = Schedule(15, 4, falls)
    optimizer = SGD(0.5, momentum=0.0, nesterov=False)
    plan = Plan(optimizer, 2, 5, 0.0, 10, schedule=schedule)
    seen = []
    training = Training(np.zeros(1))
    train(
        Slope(),
        training,
        plan,
        np.random.RandomState(0),
        hook=lambda theta, history: seen.append(theta[0]),
    )
    rates = 0.5 * np.array([naive_share(step, 15, 4, falls) for step in range(15)])
    np.testing.assert_allclose(seen, -np.cumsum(rates)[2::3], rtol=1e-12)


def quickly(kind=GRURegressor, **arguments):
    return kind(**({"hidden_layer_sizes": 3, "batch_size": 30, "random_state": 0} | arguments))


def test_a_wave_is_gone_through_to_its_end_and_that_is_no_news():
    X, y = matrix(), means(matrix())
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        model = quickly(learning_rate="cosine", max_iter=30, tol=0.9, n_iter_no_change=2).fit(X, y)
    assert model.n_iter_ == 30
    # Its last steps are next to none; those of a constant rate go on.
    losses = np.array(model.loss_curve_)
    assert np.ptp(losses[-3:]) < 0.02 * np.ptp(losses)
    model.set_params(warm_start=True).fit(X, y)
    assert model.n_iter_ == 60
    with pytest.warns(ConvergenceWarning, match="max_iter"):
        quickly(warmup_steps=4, max_iter=3).fit(X, y)


def test_early_stopping_ends_a_wave():
    X, y = matrix(), np.random.default_rng(5).normal(size=60)
    arguments = {"early_stopping": True, "n_iter_no_change": 3, "learning_rate_init": 0.1}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = quickly(learning_rate="cosine", max_iter=200, **arguments).fit(X, y)
    assert model.n_iter_ < 200


@pytest.mark.parametrize("kind", [GRURegressor, GRUClassifier])
def test_partial_fit_refuses_what_it_does_not_know_the_steps_of(kind):
    X, y = matrix(), (means(matrix()) > 0.0).astype(float)
    more = {"classes": [0.0, 1.0]} if kind is GRUClassifier else {}
    for arguments in ({"learning_rate": "cosine"}, {"warmup_steps": 3}):
        model = quickly(kind, **arguments)
        with pytest.raises(AttributeError) as caught:
            model.partial_fit(X, y, **more)
        assert "partial_fit does not know how many steps" in str(caught.value.__cause__)
        model.set_params(learning_rate="constant", warmup_steps=0).partial_fit(X, y, **more)
