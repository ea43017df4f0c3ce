"""The loop of training: what it minimises, when it stops, and what is left when it goes wrong."""

import numpy as np
import pytest

from tsrnn._optim.minibatch import SGD, Adam, RMSprop
from tsrnn._optim.training import _PenalisedMean, train
from tsrnn._optim.watch import Plan, Training
from tsrnn.exceptions import TrainingDivergedError

OPTIMIZERS = {"adam": Adam(0.02), "rmsprop": RMSprop(0.005), "sgd": SGD(0.02), "lbfgs": None}
MINI_BATCH = [name for name in OPTIMIZERS if name != "lbfgs"]


class LeastSquares:
    """Weighted squares of y - X theta; `loss_and_gradient` can be told to misbehave at a call."""

    explosion = 1e4

    def __init__(self, n_rows=60, dtype=np.float64, seed=0, interrupt_at=None, spoil_at=None):
        generator = np.random.default_rng(seed)
        self.X = generator.standard_normal((n_rows, 3)).astype(dtype)
        noise = 0.1 * generator.standard_normal(n_rows)
        self.y = (self.X @ [1.0, -2.0, 0.5] + noise).astype(dtype)
        self.weights = generator.integers(1, 4, n_rows).astype(dtype)
        self.n_rows = self.n_samples = n_rows
        self.total_weight = float(self.weights.sum())
        self.constant_loss = float(np.average(self.y**2, weights=self.weights))
        self.best_constant_loss = self.constant_loss
        self.interrupt_at, self.spoil_at = interrupt_at, spoil_at
        self.n_calls = 0

    def loss_and_gradient(self, theta, rows):
        self.n_calls += 1
        if self.n_calls == self.interrupt_at:
            raise KeyboardInterrupt
        errors = self.X[rows] @ theta - self.y[rows]
        loss = float(self.weights[rows] @ errors**2)
        gradient = 2.0 * self.X[rows].T @ (self.weights[rows] * errors)
        if self.n_calls == self.spoil_at:
            return np.inf, gradient
        return loss, gradient

    def loss(self, theta, rows):
        errors = self.X[rows] @ theta - self.y[rows]
        return float(self.weights[rows] @ errors**2)

    def mean_loss(self, theta):
        return self.loss_and_gradient(theta, np.arange(self.n_rows))[0] / self.total_weight

    def solution(self, decay):
        """Where the derivative of the sum of losses and penalty vanishes."""
        weighted = 2.0 * self.X.T * self.weights
        return np.linalg.solve(weighted @ self.X + np.diag(decay), weighted @ self.y)


def plan(name="adam", **changes):
    settings = {"batch_size": 20, "max_iter": 100, "tol": 0.0, "n_iter_no_change": 1000}
    return Plan(OPTIMIZERS[name], **(settings | changes))


def run(objective, plan, seed=0, training=None, **hooks):
    training = training or Training(np.zeros(3, objective.X.dtype))
    train(objective, training, plan, np.random.RandomState(seed), **hooks)
    return training


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("batch_size", [20, 60])
def test_a_solver_comes_to_the_minimum_of_losses_and_penalty(name, batch_size):
    objective = LeastSquares()
    decay = np.array([0.0, 30.0, 90.0])
    expected = objective.solution(decay)
    assert np.abs(expected - objective.solution(np.zeros(3))).max() > 0.1  # the penalty matters
    training = run(objective, plan(name, batch_size=batch_size, max_iter=400, decay=decay))
    # Steps of a fixed length keep moving around the minimum, over batches that differ.
    tolerance = {"lbfgs": 1e-5}.get(name, 0.06)
    np.testing.assert_allclose(training.theta, expected, atol=tolerance)


def test_the_steps_of_an_epoch_descend_the_mean_loss_and_penalty_on_average():
    """Whatever the weights and the sizes of batches are: equation (2) against (1)."""
    objective = LeastSquares(n_rows=60)
    decay, theta = np.array([0.0, 3.0, 9.0]), np.array([0.3, 0.2, -0.1])
    mean = _PenalisedMean(objective, decay)
    loss, gradient = mean.of_all(theta)
    penalty = 0.5 * decay @ theta**2 / objective.total_weight
    assert loss == pytest.approx(objective.mean_loss(theta) + penalty, rel=1e-12)
    batches = [np.arange(start, start + 15) for start in range(0, 60, 15)]
    parts = [mean(theta, rows) for rows in batches]
    # Sums of sixty numbers, in another order.
    assert np.mean([part[0] for part in parts]) == pytest.approx(loss, rel=1e-12)
    np.testing.assert_allclose(np.mean([part[1] for part in parts], axis=0), gradient, rtol=1e-12)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_penalty_is_divided_by_all_weights_so_repeating_rows_is_weighting_them(name):
    weighted, repeated = LeastSquares(), LeastSquares()
    counts = weighted.weights.astype(int)
    repeated.X, repeated.y = weighted.X.repeat(counts, axis=0), weighted.y.repeat(counts)
    repeated.weights = np.ones(len(repeated.y))
    repeated.n_rows = len(repeated.y)
    decay = np.full(3, 30.0)
    a, b = (
        run(objective, plan(name, batch_size=objective.n_rows, decay=decay, max_iter=50))
        for objective in (weighted, repeated)
    )
    # Fifty steps on sums that differ in their rounding.
    np.testing.assert_allclose(a.theta, b.theta, rtol=1e-9)
    np.testing.assert_allclose(a.history["loss"], b.history["loss"], rtol=1e-9)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_single_precision_stays_so(name):
    training = run(LeastSquares(dtype=np.float32), plan(name, decay=np.ones(3, np.float32)))
    assert training.theta.dtype == np.float32
    assert training.history["loss"][-1] < 0.1 * training.history["loss"][0]


@pytest.mark.parametrize("name", MINI_BATCH)
def test_averaged_weights_are_kept_and_measured(name):
    objective, seen = LeastSquares(), []

    def measure(theta):
        seen.append(theta.copy())
        return {"val_loss": 0.0}

    changes = {"batch_size": 5, "max_iter": 30, "tol": 0.0, "n_iter_no_change": 100}
    averaged = run(objective, plan(name, ema_momentum=0.95, **changes), measure=measure)
    np.testing.assert_array_equal(averaged.theta, seen[-1])
    last = run(objective, plan(name, **changes))
    assert averaged.history["loss"] == last.history["loss"]  # training itself is the same
    assert (averaged.theta != last.theta).any()


def test_gradients_are_clipped_by_their_norm():
    """One step of plain gradient descent is then as long as the learning rate says."""
    settings = plan(batch_size=60, max_iter=1, clip_norm=0.5)
    settings = Plan(**(vars(settings) | {"optimizer": SGD(0.1, momentum=0.0, nesterov=False)}))
    training = run(LeastSquares(), settings)
    assert np.linalg.norm(training.theta) == pytest.approx(0.05, rel=1e-12)  # a few roundings


@pytest.mark.parametrize("name", MINI_BATCH)
def test_epochs_in_several_calls_are_those_of_one(name):
    objective = LeastSquares()
    at_once = run(objective, plan(name, max_iter=6))
    training, random_state = Training(np.zeros(3)), np.random.RandomState(0)
    for _ in range(6):
        train(objective, training, plan(name, max_iter=1), random_state, partial=True)
        assert training.warning is None
    np.testing.assert_array_equal(training.theta, at_once.theta)
    assert training.history == at_once.history
    assert training.n_epochs == 6


def test_the_seed_draws_the_batches_and_one_batch_of_all_needs_none():
    objective = LeastSquares()
    a, b, c = (run(objective, plan(max_iter=5), seed=seed).theta for seed in (0, 0, 1))
    np.testing.assert_array_equal(a, b)
    assert not np.array_equal(a, c)
    a, c = (run(objective, plan(max_iter=5, batch_size=60), seed=seed).theta for seed in (0, 1))
    np.testing.assert_array_equal(a, c)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_history_has_the_loss_of_each_epoch_and_what_else_was_measured(name):
    objective = LeastSquares()
    training = run(
        objective,
        plan(name, batch_size=60, max_iter=5),
        measure=lambda theta: {"val_loss": objective.mean_loss(theta), "val_r2": 0.5},
    )
    assert list(training.history) == ["loss", "val_loss", "val_r2"]
    assert len(training.history["loss"]) == training.n_epochs > 0
    assert training.best_loss == min(training.history["loss"])
    if name != "lbfgs":  # an epoch's loss was seen before its step, an iteration's after it
        np.testing.assert_allclose(training.history["loss"][1:], training.history["val_loss"][:-1])
    assert training.history["val_loss"][-1] == pytest.approx(objective.mean_loss(training.theta))


def test_training_stops_where_the_loss_has_not_fallen_for_so_many_epochs():
    objective = LeastSquares()
    training = run(objective, plan(batch_size=60, max_iter=5000, tol=1e-5, n_iter_no_change=7))
    losses = training.history["loss"]
    assert training.warning is None
    assert 50 < len(losses) < 5000
    fallen = -np.diff(np.minimum.accumulate(losses))
    assert (fallen[-7:] < 1e-5).all()
    assert fallen[-8] >= 1e-5


def test_where_max_iter_ends_training_the_warning_says_so():
    assert "max_iter=3" in run(LeastSquares(), plan(max_iter=3)).warning
    assert "max_iter=1" in run(LeastSquares(), plan("lbfgs", max_iter=1)).warning
    assert run(LeastSquares(), plan("lbfgs", max_iter=100, tol=1e-8)).warning is None


def scripted(values):
    """Make a measure of validation losses that are known beforehand, and what it was called at."""
    seen = []

    def measure(theta):
        seen.append(theta.copy())
        return {"val_loss": values[len(seen) - 1]}

    return measure, seen


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_early_stopping_goes_back_to_the_lowest_validation_loss(name):
    # Lowest at the third; the fourth and fifth are no better, and the sixth is never seen.
    measure, seen = scripted([3.0, 2.0, 1.0, 1.5, 1.2, 0.1, 0.1, 0.1])
    settings = plan(name, early_stopping=True, n_iter_no_change=2)
    training = run(LeastSquares(seed=3), settings, measure=measure)
    assert len(seen) == training.n_epochs == 5
    np.testing.assert_array_equal(training.theta, seen[2])
    assert not np.array_equal(training.theta, seen[4])
    assert training.best_loss == 1.0
    assert training.warning is None


def test_a_lower_loss_within_tol_does_not_prolong_training_but_is_what_is_kept():
    measure, seen = scripted([1.0, 0.99, 0.98, 0.0])
    settings = plan(early_stopping=True, n_iter_no_change=2, tol=0.1)
    training = run(LeastSquares(), settings, measure=measure)
    assert training.n_epochs == 3
    np.testing.assert_array_equal(training.theta, seen[2])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_hook_ends_training(name):
    def third(theta, history):
        return len(history["loss"]) == 3

    training = run(LeastSquares(seed=3), plan(name), hook=third)
    assert training.n_epochs == 3
    assert training.warning is None


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_interruption_ends_training_and_keeps_what_it_has(name):
    objective = LeastSquares(interrupt_at=8)
    training = run(objective, plan(name))
    assert "interrupted" in training.warning
    assert objective.n_calls == 8  # nothing is computed after it
    assert objective.mean_loss(training.theta) < objective.mean_loss(np.zeros(3))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_interruption_before_the_first_step_has_nothing_to_keep(name):
    with pytest.raises(KeyboardInterrupt):
        run(LeastSquares(interrupt_at=1), plan(name))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_interruption_with_early_stopping_goes_back_to_the_best(name):
    measure, seen = scripted([3.0, 1.0, 1.5, 1.6, 1.7])

    def interrupt(theta, history):
        if len(history["loss"]) == 4:
            raise KeyboardInterrupt
        return False

    settings = plan(name, early_stopping=True)
    training = run(LeastSquares(seed=3), settings, measure=measure, hook=interrupt)
    assert "after 4 epochs" in training.warning
    np.testing.assert_array_equal(training.theta, seen[1])


def test_an_interruption_in_an_epoch_that_goes_wrong_keeps_the_best_one():
    """Twenty good epochs; then a learning rate under which the loss grows, and Ctrl-C."""
    objective = LeastSquares()
    training = run(objective, plan(batch_size=60, max_iter=200))
    good = objective.mean_loss(training.theta)
    objective.n_calls, objective.interrupt_at = 0, 5
    settings = Plan(**(vars(plan(batch_size=60)) | {"optimizer": Adam(1.0)}))
    training.optimizer_state = None
    run(objective, settings, training=training)
    objective.interrupt_at = None
    assert "interrupted" in training.warning
    assert objective.mean_loss(training.theta) == pytest.approx(good, rel=1e-12)


@pytest.mark.parametrize("name", MINI_BATCH)
def test_a_loss_that_is_not_finite_is_told_with_its_step_and_the_best_is_kept(name):
    objective = LeastSquares(spoil_at=8)
    training = run(objective, plan(name, batch_size=60))
    error = training.error
    assert isinstance(error, TrainingDivergedError)
    assert error.loss == np.inf
    assert np.isfinite(error.gradient_norm)
    assert error.step == 7  # from 0
    np.testing.assert_array_equal(error.best_theta, training.theta)
    assert objective.mean_loss(training.theta) < objective.mean_loss(np.zeros(3))


def test_a_search_goes_on_after_a_loss_that_is_not_finite():
    objective = LeastSquares(spoil_at=4)
    training = run(objective, plan("lbfgs", tol=1e-6))
    assert training.error is None and training.warning is None
    np.testing.assert_allclose(training.theta, objective.solution(np.zeros(3)), atol=1e-5)


def test_a_gradient_that_is_not_finite_is_told_though_the_loss_is():
    objective = LeastSquares()
    objective.loss_and_gradient = lambda theta, rows: (1.0, np.array([0.0, np.nan, 0.0]))
    training = run(objective, plan())
    assert training.error.step == 0
    assert training.error.loss == pytest.approx(60 / (20 * objective.total_weight))
    assert np.isnan(training.error.gradient_norm)
    np.testing.assert_array_equal(training.theta, np.zeros(3))


@pytest.mark.parametrize("name", MINI_BATCH)
@pytest.mark.parametrize("batch_size", [20, 60])
def test_weights_that_blow_up_and_stay_finite_are_told_all_the_same(name, batch_size):
    settings = vars(plan(name, batch_size=batch_size, clip_norm=1.0))
    optimizer = type(OPTIMIZERS[name])(1e3)
    objective = LeastSquares()
    training = run(objective, Plan(**(settings | {"optimizer": optimizer})))
    assert "blown up" in str(training.error)
    assert np.isfinite(training.error.loss)
    assert np.isfinite(training.error.gradient_norm)
    assert objective.mean_loss(training.theta) <= objective.constant_loss


def test_training_that_made_things_worse_says_so_and_keeps_the_best():
    """Steps of ten are no explosion, and no model either."""
    settings = vars(plan(batch_size=20, max_iter=3)) | {"optimizer": Adam(10.0)}
    objective = LeastSquares()
    training = run(objective, Plan(**settings))
    assert training.error is None
    assert "made the loss worse" in training.warning
    assert objective.mean_loss(training.theta) <= objective.constant_loss


def test_where_nothing_is_learned_the_end_of_training_says_so():
    """Steps too small to change a thing, from where the loss is a hundred times a constant's."""
    settings = vars(plan(batch_size=60, n_iter_no_change=3)) | {"optimizer": Adam(1e-12)}
    training = Training(np.full(3, 20.0))
    run(LeastSquares(), Plan(**settings | {"tol": 1e-3}), training=training)
    assert "learned nothing" in training.warning


def test_early_stopping_does_not_go_back_to_weights_that_the_next_epoch_knows_to_be_bad():
    """With one batch an epoch its loss is that of before its step; validation is of no help."""
    measure, _ = scripted([1.0, 1.0, 1.0, 1.0])
    settings = plan(batch_size=60, early_stopping=True, n_iter_no_change=2, clip_norm=1.0)
    objective = LeastSquares()
    too_large = Plan(**vars(settings) | {"optimizer": SGD(20.0, momentum=0.0)})
    training = run(objective, too_large, measure=measure)
    assert "made the loss worse" in training.warning
    np.testing.assert_array_equal(training.theta, np.zeros(3))
    exploding = Plan(**vars(settings) | {"optimizer": SGD(1e4, momentum=0.0)})
    training = run(objective, exploding, measure=measure)
    assert "blown up" in str(training.error)
    np.testing.assert_array_equal(training.theta, np.zeros(3))


def test_an_error_of_a_hook_comes_through():
    def failing(theta, history):
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        run(LeastSquares(), plan(), hook=failing)
