"""F, its slope and its curvature, as searches see them: against complex steps of naive loops."""

import numpy as np
import pytest
from cases import INNOVATING_CELLS, PREDICTING_CELLS, make_case, relative_error
from curvature import evaluate
from smoothers import PERIOD, STRUCTURES, make_series, task_of, weighted_residuals
from tangents import directions_of, push

from tsrnn._scan.unroll import backpropagate, unroll
from tsrnn.smoothing.search.compiled.fit import model_of
from tsrnn.smoothing.search.compiled.rounds import Ends, Rules, minimize_lanes, room_of

# Derivatives by complex steps are exact; some tens of steps of a few operations, each rounded to
# 1e-16, grow with the size of the state.
EXACT = 1e-10

every_structure = pytest.mark.parametrize("label", STRUCTURES)


def naive_residuals(task, i, v):
    """The residuals whose squares add up to F with the prior, at v of series i, complex or not."""
    free, rows = task.free, task.batch.one(i)
    theta = task.bounds[:, 0].astype(v.dtype)
    theta[free] = v[: free.size]
    if task.share_at >= 0:
        theta[free[task.share_at]] *= 1.0 - theta[0]
    linear = v[free.size :]
    coefficients = linear[linear.size - len(rows) + 1 :]
    state = task.states[i % len(task.states)] @ np.r_[1.0, linear]
    z = weighted_residuals(task.structure, theta, state, rows[0], coefficients @ rows[1:])
    return z * np.exp(task.rates[free] @ v[: free.size] / (2 * z.size))


def jacobian(task, i, v):
    """Derivatives of the residuals, (D, n), by complex steps."""
    steps = v + 1e-30j * np.eye(v.size)
    return np.array([np.imag(naive_residuals(task, i, point)) for point in steps]) / 1e-30


LENGTHS = [23, 17, 16, 5, 1]  # with ends at and around the eighth step, where logarithms are taken


def make_task(label, *, missing=False, regressors=False, **options):
    """Five series of unequal lengths, the longest first."""
    structure, rng = STRUCTURES[label], np.random.default_rng(7)
    series = [make_series(label, n, seed).copy() for seed, n in enumerate(LENGTHS)]
    if missing:
        for y in series[:4]:
            y[rng.random(y.size) < 0.3] = np.nan
        series[0][[0, -1]] = np.nan
    columns = [0.1 * rng.normal(size=(n, 2)) for n in LENGTHS] if regressors else None
    return task_of(structure, series, columns, **options)


def make_points(task, seed=0):
    """A point for each series: a state near those that made it, small coefficients."""
    rng, points = np.random.default_rng(seed), []
    for _ in range(task.batch.n_series):
        parameters = rng.uniform(0.1, 0.6, task.free.size)
        parameters += 0.35 * (task.bounds[task.free, 0] > 0.0)  # phi
        state = 0.05 * rng.normal(size=task.n_free_state)
        if state.size:
            state[0] += 1.0
        points.append(
            np.r_[parameters, state, 0.2 * rng.normal(size=task.batch.regressors.shape[1])]
        )
    return np.array(points)


def assert_is_that_of_the_naive_loop(task, v):
    loss, gradient, curvature = evaluate(task, v)
    for i in range(task.batch.n_series):
        z, derivatives = naive_residuals(task, i, v[i]), jacobian(task, i, v[i])
        assert loss[i] == pytest.approx(np.sum(z**2), rel=EXACT)
        assert relative_error(gradient[i], derivatives @ z) <= EXACT
        assert relative_error(curvature[i], derivatives @ derivatives.T) <= EXACT


@every_structure
@pytest.mark.parametrize("missing", [False, True], ids=["whole", "missing"])
@pytest.mark.parametrize("regressors", [False, True], ids=["alone", "regressors"])
def test_f_slope_and_curvature_are_those_of_the_naive_loop(label, missing, regressors):
    task = make_task(label, missing=missing, regressors=regressors)
    assert_is_that_of_the_naive_loop(task, make_points(task))


@every_structure
def test_they_are_with_a_prior_too(label):
    rates = {"alpha": -3.0, "beta": 20.0, "gamma": 5.0, "phi": 1.0}
    task = make_task(label, missing=True, rates=rates)
    assert_is_that_of_the_naive_loop(task, make_points(task))


@pytest.mark.parametrize("label", ["AAdA", "MAdM"])
@pytest.mark.parametrize("name", ["alpha", "beta", "gamma", "phi"])
def test_they_are_with_a_parameter_held(label, name):
    task = make_task(label, regressors=True, **{name: 0.35})
    assert_is_that_of_the_naive_loop(task, make_points(task))


@every_structure
@pytest.mark.parametrize("regressors", [False, True], ids=["alone", "regressors"])
def test_they_are_with_a_given_initial_state(label, regressors):
    structure = STRUCTURES[label]
    state = structure.normalised @ np.r_[1.0, 1.0, 0.01 * np.arange(structure.n_free_state - 1)]
    task = make_task(label, regressors=regressors, state=state)
    assert_is_that_of_the_naive_loop(task, make_points(task))


@every_structure
def test_a_lane_does_not_depend_on_the_others(label):
    task = make_task(label, missing=True, regressors=True)
    v = make_points(task)
    together = evaluate(task, v)
    for i in range(task.batch.n_series):
        alone = evaluate(task.take(np.array([i])), v[[i]])
        for one, all_of_them in zip(alone, together, strict=True):
            np.testing.assert_array_equal(one[0], all_of_them[i])


@pytest.mark.parametrize("label", [name for name in STRUCTURES if "M" in name])
def test_f_is_infinite_where_a_prediction_is_not_positive_even_of_a_missing_value(label):
    task = make_task(label)
    v = make_points(task)
    n_free = task.free.size
    v[1, n_free] = -1.0  # the level
    task.batch.values[task.batch.offsets[2]] = np.nan
    v[2, n_free] = -0.3
    loss = evaluate(task, v)[0]
    assert (loss[[1, 2]] == np.inf).all() and np.isfinite(loss[[0, 3, 4]]).all()


@pytest.mark.parametrize("label", ["AAN", "AAA"])
def test_additive_structures_do_not_mind_negative_predictions(label):
    task = make_task(label)
    v = make_points(task)
    v[:, task.free.size] = -1.0
    assert_is_that_of_the_naive_loop(task, v)


@every_structure
def test_the_solver_starts_from_the_same_f(label):
    """With no iterations to go, what it returns is F at the starts."""
    task = make_task(label, missing=True, regressors=True, rates={"beta": 5.0})
    v = make_points(task)
    n_series, before = len(v), v.copy()
    loss = np.empty(n_series)
    status, n_iter = np.empty((2, n_series), dtype=np.int64)
    # With fewer lanes than there are problems.
    rules = Rules(
        n_starts=1,
        n_probing=3,
        margin=2.0,
        n_lanes=2,
        max_iter=0,
        tol=1e-10,
        floors=np.zeros(n_series),
    )
    stop = np.zeros(1, dtype=np.int8)
    model, ends = model_of(task), Ends(v, loss, status, n_iter)
    room = room_of(model, task.series, rules, ends)
    minimize_lanes(model, task.series, rules, stop, ends, *room)
    np.testing.assert_array_equal(v, before)
    np.testing.assert_array_equal(loss, evaluate(task, v)[0])


# The tangent and the adjoint of a cell are one linear map and its transpose.


@pytest.mark.parametrize("name", PREDICTING_CELLS)
@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_the_tangent_and_the_adjoint_give_the_same_products(name, missing, seed):
    case = make_case(name, n_lanes=3, seed=seed, missing=missing)
    d_theta, d_x, d_h = directions_of(case, seed)
    d_states, d_outputs = push(case, d_theta, d_x, d_h)
    states, outputs = unroll(case.cell, case.theta, case.x, case.h_init)
    back_theta, back_h, back_x = backpropagate(
        case.cell,
        case.theta,
        case.x,
        states,
        outputs,
        d_states=case.d_states.copy(),
        d_outputs=case.d_outputs.copy(),
    )
    for d in range(len(d_theta)):
        forward = np.sum(case.d_states * d_states[:, d]) + np.sum(
            case.d_outputs[:, 0] * d_outputs[:, d]
        )
        parts = (
            back_theta * d_theta[d][:, None],
            back_h * d_h[d],
            np.where(np.isnan(case.x[:, 0]), 0.0, back_x[:, 0] * d_x[:, d]),
        )
        backward = sum(np.sum(part) for part in parts)
        size = sum(np.sum(np.abs(part)) for part in parts)
        assert abs(forward - backward) <= 1e-13 * size  # sums in another order


def test_the_table_of_structures_is_whole():
    assert len(STRUCTURES) == 18
    assert all(s.period == (PERIOD if s.seasonal else 1) for s in STRUCTURES.values())
    assert {s.cell.name for s in STRUCTURES.values()} == {
        name for name in INNOVATING_CELLS if not name.startswith("complex") and "theta" not in name
    }
