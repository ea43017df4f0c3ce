"""Many series fitted side by side: the same minimum as one by one, whatever the company."""

import naive
import numpy as np
import pytest
from cases import relative_error
from curvature import evaluate
from smoothers import (
    PERIOD,
    STRUCTURES,
    batch_of,
    fit,
    make_series,
    settings_of,
    squares_of_solution,
    task_of,
)

from tsrnn._scan.filtering import filter_series
from tsrnn.smoothing.search.profile import profile
from tsrnn.smoothing.search.solve import _chunks, _work, solve

every_structure = pytest.mark.parametrize("label", STRUCTURES)

# A search ends where a step gains less than a hundred times its tolerance of 1e-10, in units of F;
# those that were to follow could gain somewhat more in all.
LEFT = 1e-6


def several(label, n_series=7):
    """Series of unequal lengths, some of them the same, a third with missing values."""
    return [make_series(label, 30 + 11 * (k % 5), k, k % 3 == 2) for k in range(n_series)]


def columns_for(series, n_columns=2):
    rng = np.random.default_rng(3)
    return [0.1 * rng.normal(size=(len(y), n_columns)) for y in series]


def as_searched(task, solution):
    """The solution as the points v (N, D) at which the search ended."""
    theta = solution.theta[task.free].T.copy()
    if task.share_at >= 0:
        room = 1.0 - solution.theta[0]
        theta[:, task.share_at] /= np.where(room > 0.0, room, 1.0)
    state = task.structure.free_state(solution.states.T) if task.n_free_state else theta[:, :0]
    return np.ascontiguousarray(np.hstack([theta, state, solution.coefficients.T]))


def still_to_gain(task, solution):
    """What a full step within the bounds would lower F by, in units of F, (N,)."""
    v = as_searched(task, solution)
    loss, gradient, curvature = evaluate(task, v)
    gains = np.empty(len(v))
    for i in range(len(v)):
        free = np.ones(v.shape[1], dtype=bool)
        lower, upper = task.search_bounds
        # Rounding moves gamma's share off its bound.
        at_lower = (v[i, : task.free.size] <= lower + 1e-12) & (gradient[i, : lower.size] >= 0.0)
        at_upper = (v[i, : task.free.size] >= upper - 1e-12) & (gradient[i, : lower.size] <= 0.0)
        free[: task.free.size] = ~(at_lower | at_upper)
        slope = gradient[i, free]
        inner = curvature[i][np.ix_(free, free)]
        gains[i] = slope @ np.linalg.pinv(inner, rcond=1e-10, hermitian=True) @ slope / loss[i]
    return gains


# The minimum.


def test_hardly_any_minimum_is_above_that_of_l_bfgs_b():
    """Of several local minima the two, which start in other places, may find different ones."""
    ratios = []
    for label, structure in STRUCTURES.items():
        task = task_of(structure, several(label, n_series=4))
        compiled = squares_of_solution(task, solve(task, settings_of()))
        scipys = squares_of_solution(task, solve(task, settings_of("L-BFGS-B")))
        ratios.extend(compiled / scipys)
    # What a tolerance of 1e-10 leaves to be gained, with room for a flat valley.
    is_above = np.array(ratios) > 1.0 + 1e-6
    assert np.mean(is_above) <= 0.08
    assert np.max(ratios) <= 1.2


@every_structure
def test_at_the_minimum_the_slope_vanishes(label):
    task = task_of(STRUCTURES[label], several(label))
    solution = solve(task, settings_of())
    assert solution.converged.all()
    assert still_to_gain(task, solution).max() <= LEFT


@every_structure
def test_at_the_minimum_the_slope_vanishes_with_regressors_and_a_prior(label):
    series = several(label)
    rates = {"alpha": 2.0, "beta": 10.0, "gamma": 4.0}
    task = task_of(STRUCTURES[label], series, columns_for(series), rates=rates)
    solution = solve(task, settings_of())
    assert solution.converged.all()
    assert still_to_gain(task, solution).max() <= LEFT
    searched = evaluate(task, as_searched(task, solution))[0]
    np.testing.assert_allclose(searched, solution.loss, rtol=LEFT)


@every_structure
def test_the_loss_is_f_of_the_naive_loop_at_the_solution(label):
    series = several(label)
    task = task_of(STRUCTURES[label], series, columns_for(series))
    solution = solve(task, settings_of())
    squares = squares_of_solution(task, solution)
    # Of linear structures the state is solved for once more, which can only lower F.
    assert (squares <= solution.loss * (1.0 + 1e-11)).all()
    np.testing.assert_allclose(squares, solution.loss, rtol=LEFT)
    first = task.take(np.array([0]))
    alone, again = solve(first, settings_of()), solve(first, settings_of("L-BFGS-B"))
    for name in ("theta", "states", "coefficients", "loss", "n_iter", "converged"):
        assert getattr(again, name).shape == getattr(alone, name).shape


@pytest.mark.parametrize(
    ("label", "rate"),
    [
        ("ANN", -5.0),
        ("ANN", 5.0),
        ("ANN", 20.0),
        ("AAN", -5.0),
        ("AAN", 5.0),
        ("AAN", 20.0),
    ],
)
def test_with_a_prior_no_point_of_a_dense_grid_is_lower(label, rate):
    axis = np.r_[0.0, np.geomspace(1e-3, 0.1, 9), np.linspace(0.1, 1.0, 28)[1:]]
    grid = np.stack(np.meshgrid(axis, axis, [1.0], indexing="ij")).reshape(3, -1)
    rates = {"alpha": rate, "beta": 2.0 * rate}
    if label == "ANN":
        grid = np.linspace(0.0, 1.0, 1001)[None]
        rates = {"alpha": rate}
    series = [*several(label), *several("MAN")]
    task = task_of(STRUCTURES[label], series, rates=rates)
    solution = solve(task, settings_of())
    for i, y in enumerate(series):
        sse, _ = profile(task.structure.cell, grid, y[None].copy(), None)
        n_seen = np.count_nonzero(~np.isnan(y))
        with_prior = sse * np.exp(task.rates @ grid / n_seen)
        assert solution.loss[i] <= with_prior.min() * (1.0 + 1e-6)  # what is left


@pytest.mark.parametrize("label", ["AAN", "AAdN", "AAA", "MAM"])
@pytest.mark.parametrize("solver", ["gauss-newton", "L-BFGS-B"])
def test_a_strong_prior_drives_a_parameter_to_its_bound(label, solver):
    series = several(label, 4)
    strong = fit(STRUCTURES[label], series, rates={"beta": 1e4}, solver=solver)
    # Where the likelihood is e^-1e4 of what it is at 0 for each unit of beta.
    assert (strong.theta[1] <= 1e-5).all()


@pytest.mark.parametrize("rate", [1e3, 2e3, -1e3, -2e3])
def test_the_strongest_priors_that_are_accepted_hold_a_parameter_to_its_bound(rate):
    solution = fit(STRUCTURES["AAN"], several("AAN"), rates={"alpha": rate, "beta": rate})
    np.testing.assert_allclose(solution.theta[1], 0.0 if rate > 0.0 else 1.0, atol=1e-3)


# Structures that hold others.


def is_within(inner, outer):
    """Whether a structure is another one with parameters and states at zero (seasons at one)."""
    same_season = inner[-1] in ("N", outer[-1])
    same_trend = inner[1:-1] in ("N", outer[1:-1])
    return inner != outer and inner[0] == outer[0] and same_season and same_trend


WITHIN = [(inner, outer) for inner in STRUCTURES for outer in STRUCTURES if is_within(inner, outer)]


@pytest.mark.parametrize(("inner", "outer"), WITHIN)
def test_a_structure_fits_no_worse_than_those_within_it(inner, outer):
    series = several(outer)
    of_inner = fit(STRUCTURES[inner], series).loss
    assert (fit(STRUCTURES[outer], series).loss <= of_inner * (1.0 + LEFT)).all()


@pytest.mark.parametrize("outer", ["MAN", "MAA"])
def test_a_positive_series_that_falls_towards_zero_is_fitted_by_every_structure(outer):
    y = np.r_[np.linspace(1.0, 0.1, 10), np.full(10, 0.02) + 0.005 * (np.arange(10) % 2)]
    assert np.isfinite(fit(STRUCTURES["MNN"], [y]).loss).all()
    assert np.isfinite(fit(STRUCTURES[outer], [y]).loss).all()


# Bounds.


def line(n_timesteps=40):
    return np.linspace(0.5, 1.0, n_timesteps)


def noise(seed=0, n_timesteps=60):
    return 0.1 * np.random.default_rng(seed).normal(size=n_timesteps)


def season(n_timesteps=60):
    return np.tile([0.2, -0.1, 0.1, -0.2], n_timesteps // PERIOD)


@pytest.mark.parametrize("label", ["ANN", "ANA", "MNN"])
def test_a_random_walk_has_an_alpha_of_one_and_a_gamma_of_zero(label):
    # Increments that alternate: the next overshoots, so alpha would be above 1 if it could.
    steps = np.abs(noise()) * 0.3
    y = 1.0 + np.cumsum(steps) * 0.1
    solution = fit(STRUCTURES[label], [y])
    assert solution.theta[0, 0] == 1.0
    if label == "ANA":
        assert solution.theta[2, 0] == 0.0
    assert solution.converged.all()


@pytest.mark.parametrize("label", ["AAN", "AAA", "MAN", "MAM"])
def test_noise_about_a_line_leaves_alpha_and_beta_near_zero(label):
    y = 3.0 + 2.0 * line(60) + 0.2 * noise() + season() * ("A" in label[-1])
    y -= 0.9 * np.r_[0.0, 0.2 * noise()[:-1]]  # which every smoothing makes worse
    solution = fit(STRUCTURES[label], [y / y.max()])
    assert solution.theta[0, 0] <= 1e-6


def test_gamma_ends_at_one_minus_alpha_and_not_beyond():
    """Seasons that are random walks, on a level that stands still."""
    rng = np.random.default_rng(1)
    seasons = np.cumsum(rng.normal(size=(30, PERIOD)), axis=0)
    y = (seasons - seasons.mean(axis=1, keepdims=True)).ravel()
    y = 1.0 + 0.4 * y / np.abs(y).max()
    for label in ("ANA", "AAA", "AAdA", "MNA", "ANM", "MAM"):
        solution = fit(STRUCTURES[label], [y])
        alpha, gamma = solution.theta[0, 0], solution.theta[2, 0]
        assert gamma <= 1.0 - alpha
        if label in ("ANA", "ANM"):
            assert gamma == pytest.approx(1.0 - alpha, abs=1e-12)


@every_structure
@pytest.mark.parametrize("name", ["alpha", "beta", "gamma", "phi"])
@pytest.mark.parametrize("solver", ["gauss-newton", "L-BFGS-B"])
def test_a_fixed_parameter_stays_to_the_bit_and_the_others_make_the_best_of_it(label, name, solver):
    structure = STRUCTURES[label]
    names = [parameter.name for parameter in structure.cell.parameters]
    absent = {"beta": structure.trend is None, "phi": not structure.damped}
    if name not in names or absent.get(name, False):
        return
    series = several(label, 2)
    value = 0.87 if name == "phi" else 0.3
    task = task_of(structure, series, **{name: value})
    solution = solve(task, settings_of(solver))
    np.testing.assert_array_equal(solution.theta[names.index(name)], value)
    if name == "gamma":
        assert (solution.theta[0] <= 0.7).all()
    elif "gamma" in names:
        assert (solution.theta[names.index("gamma")] <= 1.0 - solution.theta[0]).all()
    if solver == "gauss-newton":
        assert still_to_gain(task, solution).max() <= LEFT


@every_structure
@pytest.mark.parametrize("regressors", [False, True], ids=["alone", "regressors"])
def test_a_given_initial_state_stays_and_the_rest_is_at_its_best(label, regressors):
    structure, series = STRUCTURES[label], several(label, 3)
    rng = np.random.default_rng(0)
    free = 0.05 * rng.uniform(-1.0, 1.0, (3, structure.n_free_state))
    free[:, 0] += 1.0
    states = np.hstack([np.ones((3, 1)), free]) @ structure.normalised.T
    columns = columns_for(series) if regressors else None
    task = task_of(structure, series, columns, state=states)
    solution = solve(task, settings_of())
    np.testing.assert_array_equal(solution.states, states.T)
    v = as_searched(task, solution)
    assert v.shape[1] == task.free.size + 2 * regressors
    assert still_to_gain(task, solution).max() <= LEFT
    scipys = solve(task, settings_of("L-BFGS-B"))
    np.testing.assert_array_equal(scipys.states, states.T)
    # Both start from the same points.
    assert (solution.loss <= squares_of_solution(task, scipys) * (1.0 + 1e-2)).all()


@every_structure
def test_where_all_is_given_there_is_nothing_to_search(label):
    structure, series = STRUCTURES[label], several(label, 3)
    given = {"alpha": 0.3, "beta": 0.1, "gamma": 0.2, "phi": 0.9}
    if not structure.damped:
        del given["phi"]
    state = structure.normalised @ np.r_[1.0, 1.0, np.zeros(structure.n_free_state - 1)]
    task = task_of(structure, series, state=state, **given)
    for solver in ("gauss-newton", "L-BFGS-B"):
        solution = solve(task, settings_of(solver))
        np.testing.assert_array_equal(solution.theta.T, np.tile(task.bounds[:, 0], (3, 1)))
        np.testing.assert_array_equal(solution.states.T, np.tile(state, (3, 1)))
        assert solution.converged.all()
    with_columns = task_of(structure, series, columns_for(series), state=state, **given)
    assert still_to_gain(with_columns, solve(with_columns, settings_of())).max() <= LEFT


# Series that are followed exactly.


@every_structure
def test_what_the_structure_follows_exactly_is_followed(label):
    structure = STRUCTURES[label]
    perfect = [np.ones(25), np.full(25, 1e-3)]
    if not structure.is_positive:
        perfect.append(np.zeros(25))
    if structure.trend == "add" and not structure.damped:
        perfect.append(line(24))
    if structure.seasonal == "add":
        perfect.append(1.0 + season(24))
    if structure.seasonal == "mul":
        perfect.append(0.7 * (1.0 + season(24)))
        if structure.trend == "add" and not structure.damped:
            perfect.append(line(24) * (1.0 + season(24)))
    gaps = perfect[-1].copy()
    gaps[[0, 7, 8, -1]] = np.nan
    solution = fit(structure, [*perfect, gaps])
    assert solution.converged.all()
    for values in (solution.theta, solution.states, solution.loss):
        assert np.isfinite(values).all()
    # Twenty-five errors of the rounding of numbers of order one, or what the tolerance of the
    # search leaves where it has to go a way.
    task = task_of(structure, [*perfect, gaps])
    assert squares_of_solution(task, solution).max() <= 1e-20


# In company.


@every_structure
def test_results_do_not_depend_on_the_company_its_order_or_the_threads(label, monkeypatch):
    structure, series = STRUCTURES[label], several(label, 9)
    columns = columns_for(series)
    # Many chunks, so that threads have something to share.
    monkeypatch.setattr("tsrnn.smoothing.search.solve._CHUNK_WORK", 900)
    task = task_of(structure, series, columns, rates={"beta": 3.0})
    expected = solve(task, settings_of())
    for n_jobs in (1, 2, 5):
        assert_same_bits(solve(task, settings_of(), n_jobs=n_jobs), expected, np.arange(9))
    order = np.random.default_rng(0).permutation(9)
    assert_same_bits(solve(task.take(order), settings_of(), n_jobs=2), expected, order)
    monkeypatch.undo()
    assert_same_bits(solve(task, settings_of()), expected, np.arange(9))
    for i in (0, 4, 8):
        alone = np.array([i])
        assert_same_bits(solve(task.take(alone), settings_of()), expected, alone)


def assert_same_bits(solution, expected, series):
    for name in ("theta", "states", "coefficients", "loss", "n_iter", "converged"):
        of_all = getattr(expected, name)
        np.testing.assert_array_equal(getattr(solution, name), of_all[..., series])


def test_progress_is_told_of_every_series_once():
    series = several("AAN")
    message = []
    solve(task_of(STRUCTURES["AAN"], series), settings_of(), progress=message.append)
    assert sum(message) == len(series)
    message.clear()
    solve(task_of(STRUCTURES["AAN"], series), settings_of("L-BFGS-B"), progress=message.append)
    assert message == [1] * len(series)


@pytest.mark.parametrize("lengths", [[5], [100_000, 40, 40], [50] * 1500, list(range(900, 0, -1))])
def test_chunks_hold_every_series_once_and_not_too_much_work(lengths):
    chunks = _chunks(_work(task_of(STRUCTURES["AAN"], [np.ones(n) for n in lengths])))
    np.testing.assert_array_equal(np.concatenate(chunks), np.arange(len(lengths)))
    n_unknowns = 2 + 3
    for chunk in chunks:
        work = sum(lengths[i] for i in chunk) * n_unknowns
        # A chunk may end a series late, and a series is not cut.
        assert len(chunk) <= 1024 + 1
        assert work <= 400_000 + n_unknowns * lengths[chunk[0]]


def test_an_optimiser_that_is_cut_short_says_so():
    structure, series = STRUCTURES["AAA"], several("AAA")
    solution = solve(task_of(structure, series), settings_of(max_iter=1))
    assert not solution.converged.any()
    assert (solution.n_iter == 1).all()
    assert "limit of iterations" in solution.message
    longer = solve(task_of(structure, series), settings_of())
    assert longer.converged.all()
    assert (longer.loss <= solution.loss).all()


@every_structure
def test_hopeless_starts_have_an_infinite_loss_and_do_not_spoil_the_others(label):
    structure, series = STRUCTURES[label], several(label, 3)
    states = np.tile(
        structure.normalised @ np.r_[1.0, 1.0, np.zeros(structure.n_free_state - 1)], 3
    )
    states = states.reshape(3, -1)
    states[1, 0] = np.inf
    if structure.is_positive:
        states[2, 0] = -5.0
    task = task_of(structure, series, state=states)
    with np.errstate(invalid="ignore"):
        solution = solve(task, settings_of())
    assert np.isfinite(solution.loss[0]) and not np.isfinite(solution.loss[1])
    assert np.isfinite(solution.loss[2]) != structure.is_positive
    alone = solve(task.take(np.array([0])), settings_of())
    np.testing.assert_array_equal(alone.theta[:, 0], solution.theta[:, 0])


# Following.


@every_structure
def test_series_of_any_length_are_followed_as_by_the_naive_loop(label):
    structure = STRUCTURES[label]
    series = [make_series(label, n, n, n % 2 == 0) for n in (12, 31, 1, 8, 7)]
    rng = np.random.default_rng(0)
    theta = rng.uniform(0.05, 0.3, (structure.cell.n_parameters, 5))
    theta[-1] += 0.6 * structure.damped
    free = 0.1 * rng.normal(size=(5, structure.n_free_state)) + np.eye(1, structure.n_free_state)
    states = structure.normalised @ np.hstack([np.ones((5, 1)), free]).T
    before = states.copy()
    ends, predictions = filter_series(structure.cell, batch_of(series), theta, states)
    np.testing.assert_array_equal(states, before)
    pieces = np.split(predictions, np.cumsum([len(y) for y in series])[:-1])
    for i, y in enumerate(series):
        run = naive.NAIVE[structure.cell.name](theta[:, i], y[:, None], states[:, i])
        assert relative_error(pieces[i], run[1][:, 0]) <= 1e-13  # some tens of steps
        assert relative_error(ends[:, i], run[0][-1]) <= 1e-13
