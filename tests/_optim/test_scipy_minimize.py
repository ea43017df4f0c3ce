"""Minimising by SciPy's methods: minima within bounds, divergence, honesty about convergence."""

import threading
import warnings

import numpy as np
import pytest
from scipy.optimize import rosen, rosen_der

from tsrnn._optim.scipy_minimize import SOLVERS, minimize
from tsrnn.exceptions import TrainingDivergedError

every_solver = pytest.mark.parametrize("solver", SOLVERS)

# An ellipse with a mild correlation.
CURVATURE = np.array([[2.0, 0.5], [0.5, 1.0]])
CENTRE = np.array([0.3, -0.2])


def quadratic(theta):
    offset = theta - CENTRE
    return 1.0 + 0.5 * float(offset @ CURVATURE @ offset), CURVATURE @ offset


# Free, at one bound, at a corner: each with its minimum, worked out by hand.
BOUNDED = {
    "inside": ([(-1.0, 1.0), (-1.0, 1.0)], CENTRE),
    # theta_1 = 0: the slope in theta_0 vanishes at CENTRE[0] - 0.5 * 0.2 / 2.
    "at a bound": ([(-1.0, 1.0), (0.0, 1.0)], np.array([0.25, 0.0])),
    "in a corner": ([(0.5, 1.0), (0.0, 1.0)], np.array([0.5, 0.0])),
    "half open": ([(-np.inf, np.inf), (0.0, np.inf)], np.array([0.25, 0.0])),
}


@every_solver
@pytest.mark.parametrize("where", BOUNDED)
# The second is a corner, or on a bound: where a scan's best point often is.
@pytest.mark.parametrize("start", [[0.9, 0.8], [1.0, 0.0]])
def test_a_solver_finds_the_minimum_of_a_bounded_quadratic(solver, where, start):
    bounds, expected = BOUNDED[where]
    minimum = minimize(quadratic, np.array(start), bounds, solver=solver)
    # The loss is flat there: a tolerance of 1e-10 on it is one of 1e-5 on theta, and methods
    # without gradients, or with barriers, are coarser than they were asked to be.
    np.testing.assert_allclose(minimum.theta, expected, atol=1e-3)
    assert minimum.loss == pytest.approx(quadratic(expected)[0], abs=1e-3)
    assert minimum.converged
    assert minimum.n_iter > 0


@every_solver
def test_a_solver_stays_within_bounds_even_where_it_is_lower_outside(solver):
    seen = []

    def downhill(theta):
        seen.append(theta.copy())
        return 10.0 + float(theta.sum()), np.ones(2)

    bounds = [(0.2, 1.0), (-0.3, 0.5)]
    minimum = minimize(downhill, np.array([0.9, 0.4]), bounds, solver=solver)
    lower, upper = np.array(bounds).T
    assert (np.array(seen) >= lower).all() and (np.array(seen) <= upper).all()
    assert (minimum.theta >= lower).all() and (minimum.theta <= upper).all()
    # A barrier keeps a little distance.
    np.testing.assert_allclose(minimum.theta, lower, atol=1e-3)


@every_solver
@pytest.mark.parametrize("start", [[0.5, 0.5], [0.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
def test_the_point_returned_is_the_best_that_was_seen(solver, start):
    """So it is never worse than the start, corners included, however early the solver stops."""
    seen = {}

    def rosenbrock(theta):
        x, y = theta
        loss = 1.0 + (0.7 - x) ** 2 + 100.0 * (y - x * x) ** 2
        seen[theta.tobytes()] = loss
        gradient = [-2.0 * (0.7 - x) - 400.0 * x * (y - x * x), 200.0 * (y - x * x)]
        return float(loss), np.array(gradient)

    start = np.array(start)
    start_loss = rosenbrock(start)[0]
    minimum = minimize(rosenbrock, start, [(0.0, 1.0)] * 2, solver=solver, max_iter=5)
    assert minimum.loss <= start_loss
    assert minimum.loss == min(seen.values())
    assert rosenbrock(minimum.theta)[0] == minimum.loss


@every_solver
def test_the_start_is_not_written_to(solver):
    start = np.array([0.9, 0.8])
    minimize(quadratic, start, BOUNDED["inside"][0], solver=solver)
    np.testing.assert_array_equal(start, [0.9, 0.8])


@every_solver
def test_the_point_returned_does_not_share_memory_with_the_solver(solver):
    """Solvers reuse the array they ask with; a point that was kept must not change with it."""
    kept = []

    def keeping(theta):
        kept.append(theta)
        return quadratic(theta)

    minimum = minimize(keeping, np.array([0.9, 0.8]), BOUNDED["inside"][0], solver=solver)
    assert quadratic(minimum.theta)[0] == minimum.loss


def valley(theta):
    """Rosenbrock's in six dimensions: of order one at zero, and not done in three steps."""
    return float(rosen(theta)), rosen_der(theta)


@every_solver
def test_max_iter_bounds_the_work(solver):
    n_calls = 0

    def counted(theta):
        nonlocal n_calls
        n_calls += 1
        return valley(theta)

    minimum = minimize(counted, np.zeros(6), [(-10.0, 10.0)] * 6, solver=solver, max_iter=3)
    n_short, n_calls = n_calls, 0
    minimize(counted, np.zeros(6), [(-10.0, 10.0)] * 6, solver=solver, max_iter=30)
    assert n_short < n_calls
    # Some count the iteration in which they notice.
    assert minimum.n_iter <= 4


@every_solver
@pytest.mark.parametrize("scale", [1.0, 1e9])
def test_stopping_early_away_from_a_minimum_is_not_called_convergence(solver, scale):
    """Nor does the unit that the loss is measured in make it so."""

    def objective(theta):
        loss, gradient = valley(theta)
        return scale * loss, scale * gradient

    minimum = minimize(objective, np.zeros(6), [(-10.0, 10.0)] * 6, solver=solver, max_iter=1)
    projected = np.clip(minimum.theta - valley(minimum.theta)[1], -10.0, 10.0) - minimum.theta
    if np.abs(projected).max() > 0.01:
        assert not minimum.converged
        assert minimum.message


@every_solver
def test_a_loss_that_is_not_finite_at_the_start_raises_with_step_and_loss(solver):
    def broken(theta):
        return float("inf"), np.zeros(2)

    with pytest.raises(TrainingDivergedError, match="not finite") as caught:
        minimize(broken, np.array([0.9, 0.8]), BOUNDED["inside"][0], solver=solver)
    assert caught.value.step == 1
    assert caught.value.loss == np.inf
    assert caught.value.best_theta is None


@every_solver
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_search_that_steps_where_the_loss_is_not_finite_takes_a_shorter_step(solver, value):
    """A slope that leads beyond 1, where there is nothing, and a little resistance before it."""
    n_walls = 0

    def walled(theta):
        nonlocal n_walls
        if theta[0] <= 1.0:
            n_walls += 1
            return value, np.full(2, value)
        gradient = np.array([2.0 * (theta[0] + 3.0) - 0.5 / (theta[0] - 1.0), theta[1]])
        return (theta[0] + 3.0) ** 2 - 0.5 * np.log(theta[0] - 1.0) + 0.5 * theta[1] ** 2, gradient

    minimum = minimize(walled, np.array([4.0, 0.8]), [(-5.0, 5.0)] * 2, solver=solver)
    assert n_walls > 0
    # Where 2 (t + 3) (t - 1) = 1 / 2.
    expected = -1.0 + np.sqrt(4.25)
    # As close as a loss that is flat at its minimum to 1e-10 tells: its curvature is above 1.
    np.testing.assert_allclose(minimum.theta, [expected, 0.0], atol=1e-4)


@every_solver
def test_a_search_that_finds_walls_all_around_keeps_the_best_point_and_has_not_converged(solver):
    losses = []

    def breaking(theta):
        loss, gradient = quadratic(theta)
        losses.append(loss if len(losses) < 3 else np.nan)
        return losses[-1], gradient

    try:
        minimum = minimize(breaking, np.array([0.9, 0.8]), BOUNDED["inside"][0], solver=solver)
    except TrainingDivergedError as error:  # of the best point itself, looked at again
        assert quadratic(error.best_theta)[0] == min(losses[:3])
        return
    assert minimum.loss == min(losses[:3])
    assert not minimum.converged
    assert "was not finite" in minimum.message


@every_solver
def test_a_loss_of_minus_infinity_is_no_wall_but_an_error(solver):
    losses = []

    def falling(theta):
        loss, gradient = quadratic(theta)
        losses.append(loss if len(losses) < 3 else -np.inf)
        return losses[-1], gradient

    with pytest.raises(TrainingDivergedError, match="not finite") as caught:
        minimize(falling, np.array([0.9, 0.8]), BOUNDED["inside"][0], solver=solver)
    assert caught.value.step == 4
    assert caught.value.loss == -np.inf
    assert quadratic(caught.value.best_theta)[0] == min(losses[:3])


@every_solver
def test_a_gradient_that_is_not_finite_raises(solver):
    def broken(theta):
        return 1.0, np.array([0.0, np.nan])

    with pytest.raises(TrainingDivergedError, match="gradient is not finite"):
        minimize(broken, np.array([0.9, 0.8]), BOUNDED["inside"][0], solver=solver)


def test_an_error_of_the_objective_itself_comes_through():
    def failing(theta):
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        minimize(failing, np.zeros(2), BOUNDED["inside"][0])


def test_starting_at_the_minimum_is_convergence():
    minimum = minimize(quadratic, CENTRE, BOUNDED["inside"][0])
    assert minimum.converged
    np.testing.assert_array_equal(minimum.theta, CENTRE)


@every_solver
def test_no_warning_of_scipys_gets_out_and_the_filters_are_as_before(solver):
    before = list(warnings.filters)
    minimize(quadratic, np.array([0.0, 0.0]), BOUNDED["at a bound"][0], solver=solver, max_iter=3)
    assert warnings.filters == before


def test_minimising_in_two_threads_leaves_the_warning_filters_alone():
    """The filters are one list for the whole process: whoever saves them last restores them last.

    The first thread begins, the second begins, the first ends, the second ends.
    """
    first_began, second_began, first_ended = (threading.Event() for _ in range(3))

    def waiting(begun, until):
        def objective(theta):
            begun.set()
            assert until.wait(10.0)
            return quadratic(theta)

        return objective

    def first():
        minimize(waiting(first_began, second_began), CENTRE, BOUNDED["inside"][0])
        first_ended.set()

    def second():
        assert first_began.wait(10.0)
        minimize(waiting(second_began, first_ended), CENTRE, BOUNDED["inside"][0])

    with warnings.catch_warnings():
        before = list(warnings.filters)
        threads = [threading.Thread(target=target) for target in (first, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert warnings.filters == before


def test_a_callback_is_told_of_each_iteration_and_ends_the_search():
    seen = []

    def third(theta, loss):
        seen.append((theta.copy(), loss))
        return len(seen) == 3

    minimum = minimize(valley, np.zeros(6), [(-10.0, 10.0)] * 6, callback=third)
    assert len(seen) == 3
    assert minimum.n_iter == 3
    assert not minimum.converged
    for theta, loss in seen:
        assert valley(theta)[0] == loss
    np.testing.assert_array_equal(minimum.theta, seen[-1][0])


@pytest.mark.parametrize("solver", [name for name, by_slope in SOLVERS.items() if not by_slope])
@pytest.mark.parametrize("start", [[1.0, 1.0], [-0.5, -0.5], [0.9, 0.2]])
def test_ending_at_a_kink_short_of_the_minimum_is_not_called_convergence(solver, start):
    """Steps along either axis go up from anywhere on the diagonal, though zero is the minimum."""

    def folded(theta):
        across, along = np.sign(theta[0] - theta[1]), np.sign(theta.sum())
        loss = 1.0 + 10.0 * abs(theta[0] - theta[1]) + abs(theta.sum())
        return float(loss), np.array([10.0 * across + along, along - 10.0 * across])

    minimum = minimize(folded, np.array(start), [(-2.0, 2.0)] * 2, solver=solver)
    if minimum.loss > 1.0 + 1e-6:
        assert not minimum.converged


@every_solver
@pytest.mark.parametrize("start", [[0.05, 0.9], [0.9, 0.05], [1.0, 1.0]])
def test_a_solver_ends_at_the_bottom_of_a_narrow_valley_or_says_that_it_does_not(solver, start):
    def bent(theta):
        x, y = theta
        gradient = [-2.0 * (0.6 - x) - 800.0 * x * (y - x * x), 400.0 * (y - x * x)]
        return float(1.0 + (0.6 - x) ** 2 + 200.0 * (y - x * x) ** 2), np.array(gradient)

    minimum = minimize(bent, np.array(start), [(0.0, 1.0)] * 2, solver=solver)
    # What is left to gain is of the order of the gradient that L-BFGS-B ends at, squared.
    assert minimum.loss - 1.0 < 1e-6 or not minimum.converged
