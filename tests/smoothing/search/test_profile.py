"""The SSE at the best initial state: against least squares on naive errors."""

import contextlib
import io
import os
import subprocess
import sys

import naive
import numpy as np
import pytest
from cases import LINEAR_CELLS, keep_stable, relative_error
from hypothesis import example, given, settings
from hypothesis import strategies as st
from paths import ROOT

from tsrnn.cells import CELLS
from tsrnn.smoothing.search.profile import ProfiledSSE, profile

linear_cell = pytest.mark.parametrize("name", LINEAR_CELLS)

unit = st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0.0, 1.0, allow_subnormal=False))


@st.composite
def problems(draw):
    """A cell with parameters within their bounds, corners included, and a series with holes."""
    name = draw(st.sampled_from(LINEAR_CELLS))
    cell = CELLS[name]()
    theta = np.array(
        [p.lower + draw(unit) * (p.upper - p.lower) for p in cell.parameters], dtype=float
    )
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    n_timesteps = draw(st.integers(1, 120))
    y = rng.normal(size=n_timesteps)
    if draw(st.booleans()):
        y = np.cumsum(y) / np.sqrt(n_timesteps)
    y[rng.random(n_timesteps) < draw(st.sampled_from([0.0, 0.3, 0.9]))] = np.nan
    return name, keep_stable(name, theta), y


def in_one_column(theta):
    return theta[:, None].copy()


def rounding_of_normal_equations(name, theta, y, state):
    """What rounding, and the ridge of the same size, may add to the SSE at the best state.

    The larger the state is, in units of its effects, the more of the errors is a difference of
    large numbers. That takes effects that are hard to tell apart: after many missing values, say.
    """
    from_zero, effects = naive.errors_and_effects(name, theta, y, len(state))
    sizes = np.nansum(effects**2, axis=0) * state**2
    # A few dozen roundings of 2e-16 each.
    return 1e-14 * (naive.squared_error(from_zero) + sizes.sum())


@settings(deadline=None, max_examples=150, derandomize=True)
@given(problems())
# One observation does not tell the level from the trend.
@example(("holt", np.array([0.5, 0.5, 0.9]), np.array([np.nan, np.nan, 1.0])))
@example(("holt", np.array([1.0, 1.0, 0.8]), np.array([np.nan, 1.0])))
@example(("ses", np.array([1.0]), np.full(3, np.nan)))
def test_the_profiled_sse_is_that_of_least_squares(problem):
    name, theta, y = problem
    cell = CELLS[name]()
    expected, best = naive.profiled_sse(name, theta, y, cell.n_state)
    sse, d_theta = ProfiledSSE(cell, y[None], None)(in_one_column(theta))
    rounding = rounding_of_normal_equations(name, theta, y, best)
    assert sse == pytest.approx(expected, rel=1e-10, abs=rounding)
    assert np.isfinite(d_theta).all()


@settings(deadline=None, max_examples=150, derandomize=True)
@given(problems())
@example(("holt", np.array([0.5, 0.5, 0.9]), np.array([np.nan, np.nan, 1.0])))
def test_a_scan_finds_the_sse_of_least_squares_and_a_state_that_has_it(problem):
    name, theta, y = problem
    cell = CELLS[name]()
    expected, best = naive.profiled_sse(name, theta, y, cell.n_state)
    sse, state = profile(cell, in_one_column(theta), y[None], None)
    assert sse.shape == (1,) and state.shape == (1, cell.n_state)
    rounding = rounding_of_normal_equations(name, theta, y, best)
    assert sse[0] == pytest.approx(expected, rel=1e-10, abs=rounding)
    at_state = naive.squared_error(naive.errors(name, theta, y, state[0]))
    assert at_state == pytest.approx(expected, rel=1e-10, abs=rounding)


@settings(deadline=None, max_examples=100, derandomize=True)
@given(problems(), st.lists(st.floats(-2.0, 2.0), min_size=6, max_size=6))
def test_with_a_given_initial_state_both_are_the_sse_of_that_state(problem, numbers):
    name, theta, y = problem
    cell = CELLS[name]()
    state = np.array(numbers[: cell.n_state])
    expected = naive.squared_error(naive.errors(name, theta, y, state))
    rounding = 1e-13 * (naive.squared_error(y) + state @ state * y.size)
    sse, d_theta = ProfiledSSE(cell, y[None], state)(in_one_column(theta))
    assert sse == pytest.approx(expected, rel=1e-12, abs=rounding)
    gradient = naive.complex_step_gradient(
        lambda v: naive.squared_error(naive.errors(name, v, y, state)), theta
    )
    # The state is no function of theta, so this is exact; see the design's 1e-10.
    assert np.linalg.norm(d_theta[:, 0] - gradient) <= 1e-10 * np.linalg.norm(gradient) + rounding
    scanned, states = profile(cell, in_one_column(theta), y[None], state)
    assert scanned[0] == pytest.approx(expected, rel=1e-10, abs=10.0 * rounding)
    np.testing.assert_array_equal(states[0], state)


def series(n_timesteps, seed, *, missing=False):
    rng = np.random.default_rng(seed)
    y = np.cumsum(rng.normal(size=n_timesteps)) / np.sqrt(n_timesteps) + rng.normal(
        size=n_timesteps
    )
    return np.where(rng.random(n_timesteps) < 0.3, np.nan, y) if missing else y


def interior(cell, seed):
    rng = np.random.default_rng(seed)
    theta = np.array([rng.uniform(p.lower + 0.02, p.upper - 0.02) for p in cell.parameters])
    return keep_stable(cell.name, theta)


@linear_cell
@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("seed", range(10))
def test_the_gradient_is_that_at_the_best_state_held_fixed(name, seed, missing):
    """The envelope theorem, by complex steps through the naive loop."""
    cell = CELLS[name]()
    y, theta = series(40, seed, missing=missing), interior(cell, seed)
    _, state = naive.profiled_sse(name, theta, y, cell.n_state)
    expected = naive.complex_step_gradient(
        lambda v: naive.squared_error(naive.errors(name, v, y, state)), theta
    )
    _, d_theta = ProfiledSSE(cell, y[None], None)(in_one_column(theta))
    # The gradient's first-order error in the state, which the normal equations give to 1e-10.
    assert relative_error(d_theta, expected) <= 1e-8


@linear_cell
@pytest.mark.parametrize("seed", range(5))
def test_the_gradient_is_the_slope_of_the_profiled_sse_itself(name, seed):
    cell = CELLS[name]()
    y, theta = series(40, seed), interior(cell, seed)
    expected = naive.central_differences(
        lambda v: naive.profiled_sse(name, v, y, cell.n_state)[0], theta
    )
    _, d_theta = ProfiledSSE(cell, y[None], None)(in_one_column(theta))
    # Central differences with a step of 1e-6 keep about ten of sixteen digits.
    assert relative_error(d_theta, expected) <= 1e-6


def assert_as_naive(name, theta, y):
    """SSE and gradient of a long series, against least squares and a complex step."""
    cell = CELLS[name]()
    expected, state = naive.profiled_sse(name, theta, y, cell.n_state)
    sse, d_theta = ProfiledSSE(cell, y[None], None)(in_one_column(theta))
    assert sse == pytest.approx(expected, rel=1e-10)
    gradient = naive.complex_step_gradient(
        lambda v: naive.squared_error(naive.errors(name, v, y, state)), theta
    )
    assert relative_error(d_theta, gradient) <= 1e-8  # as above


@linear_cell
@pytest.mark.parametrize("n_timesteps", [65, 1000, 5003])
@pytest.mark.parametrize("seed", range(3))
def test_a_forgotten_initial_state_changes_nothing(name, n_timesteps, seed):
    """Long series, in which the initial state is no longer followed when it has died out."""
    assert_as_naive(name, interior(CELLS[name](), seed), series(n_timesteps, seed))


@linear_cell
@pytest.mark.parametrize("alpha", [0.0, 1e-4, 1.0])
def test_a_long_series_may_remember_its_initial_state_for_ever_or_not_at_all(name, alpha):
    theta = interior(CELLS[name](), 0)
    theta[0] = alpha
    assert_as_naive(name, theta, series(3000, 0))


@linear_cell
@pytest.mark.parametrize("n_timesteps", [16, 38, 200, 3000])
def test_the_gradient_is_right_where_the_state_is_forgotten_at_once(name, n_timesteps):
    """With alpha = beta = 1 a state is forgotten in a step or two, its derivatives are not.

    Multiples of 1/8, so that no rounding keeps a trace of the state alive.
    """
    rng = np.random.default_rng(n_timesteps)
    y = np.cumsum(rng.integers(-8, 9, n_timesteps)) / 8.0
    theta = interior(CELLS[name](), 0)
    theta[:2] = 1.0
    assert_as_naive(name, theta, y)


GAPS = {
    "scattered": lambda t: np.random.default_rng(1).random(t.size) < 0.3,
    "at the start": lambda t: t < 300,
    "at the end": lambda t: t >= 4000,
    # Longer than what a smoother remembers, so that nothing is learned of the state within.
    "one long": lambda t: (t >= 600) & (t < 1900),
    "several": lambda t: (t % 700) > 500,
    "all but every tenth": lambda t: t % 10 > 0,
}


@linear_cell
@pytest.mark.parametrize("gap", GAPS)
def test_gaps_in_a_long_series_are_gaps(name, gap):
    """A trend makes the state after a gap depend on the state before it."""
    y = series(5003, 0) + np.linspace(0.0, 3.0, 5003)
    y[GAPS[gap](np.arange(5003))] = np.nan
    theta = interior(CELLS[name](), 0)
    theta[0] = 0.5
    assert_as_naive(name, theta, y)


@linear_cell
def test_a_long_series_with_a_given_initial_state_has_the_sse_of_that_state(name):
    cell = CELLS[name]()
    y, theta = series(5003, 0), interior(cell, 0)
    # Far off, so that the first errors count.
    state = np.full(cell.n_state, 20.0)
    expected = naive.squared_error(naive.errors(name, theta, y, state))
    sse, d_theta = ProfiledSSE(cell, y[None], state)(in_one_column(theta))
    assert sse == pytest.approx(expected, rel=1e-12)
    gradient = naive.complex_step_gradient(
        lambda v: naive.squared_error(naive.errors(name, v, y, state)), theta
    )
    assert relative_error(d_theta, gradient) <= 1e-10


@linear_cell
def test_a_second_call_does_not_remember_the_first(name):
    cell = CELLS[name]()
    y = series(40, 0, missing=True)
    objective = ProfiledSSE(cell, y[None], None)
    first, second = interior(cell, 0), interior(cell, 1)
    objective(in_one_column(first))
    sse, d_theta = objective(in_one_column(second))
    fresh_sse, fresh_d_theta = ProfiledSSE(cell, y[None], None)(in_one_column(second))
    assert sse == fresh_sse
    np.testing.assert_array_equal(d_theta, fresh_d_theta)


@linear_cell
@pytest.mark.parametrize("given_state", [False, True])
def test_a_scan_of_many_sets_is_each_of_them_alone(name, given_state):
    """300 sets fill two slabs and a part of a third."""
    cell = CELLS[name]()
    y = series(40, 0, missing=True)
    theta = np.stack([interior(cell, seed) for seed in range(300)], axis=1)
    initial_state = np.full(cell.n_state, 0.5) if given_state else None
    sse, state = profile(cell, theta, y[None], initial_state)
    for g in (0, 127, 128, 299):
        alone_sse, alone_state = profile(cell, theta[:, g : g + 1].copy(), y[None], initial_state)
        # Sums of three terms, whose order NumPy may choose by the shape.
        assert sse[g] == pytest.approx(alone_sse[0], rel=1e-13)
        np.testing.assert_allclose(state[g], alone_state[0], rtol=1e-13)


EVALUATE = """
import numpy as np
from tsrnn.smoothing.search.profile import ProfiledSSE
from tsrnn.cells import CELLS
for n_timesteps in (30, 5000):
    y = np.random.default_rng(0).normal(size=n_timesteps)
    for name, theta in (("ses", [0.3]), ("holt", [0.3, 0.2, 0.9])):
        sse, d_theta = ProfiledSSE(CELLS[name](), y[None], None)(np.array(theta)[:, None])
        print(sse.hex(), *(slope.hex() for slope in d_theta[:, 0].tolist()))
"""


def test_no_result_depends_on_memory_that_was_given_back():
    """Kernels borrow arrays without counting references; glibc can spoil memory that is freed.

    With other C libraries the two variables say nothing, and this passes.
    """
    result = subprocess.run(
        [sys.executable, "-c", EVALUATE],
        cwd=ROOT,
        env={
            **os.environ,
            "MALLOC_PERTURB_": "85",
            "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0",
        },
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, f"ended with {result.returncode}: {result.stderr}"
    with contextlib.redirect_stdout(io.StringIO()) as own:
        exec(EVALUATE, {})
    assert result.stdout == own.getvalue() != ""


def test_a_million_steps_are_no_more_than_a_long_series():
    """A long memory of a series whose arrays are so large that the system takes them back."""
    y = np.random.default_rng(0).normal(size=1_000_000)
    sse = ProfiledSSE(CELLS["ses"](), y[None], None)
    slow, fast = (sse(np.array([[alpha]]))[0] for alpha in (1e-6, 0.5))
    # White noise of variance 1, whose predictions have next to none, or a third, of their own.
    # The standard deviation of a mean of a million squares is below 0.3%.
    assert slow / 1e6 == pytest.approx(1.0, rel=0.01)
    assert fast / 1e6 == pytest.approx(4.0 / 3.0, rel=0.01)
