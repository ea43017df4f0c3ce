"""Series that a cell makes itself, and the products of errors: against naive loops."""

import naive
import numpy as np
import pytest
from cases import INNOVATING_CELLS, LINEAR_CELLS, make_case, relative_error

from tsrnn._scan.linear import error_products
from tsrnn._scan.unroll import generate, unroll

innovating_cell = pytest.mark.parametrize("name", INNOVATING_CELLS)
linear_cell = pytest.mark.parametrize("name", LINEAR_CELLS)

# Some tens of steps of a few operations, each rounded to 1e-16.
ROUNDING = 1e-13


@innovating_cell
def test_a_generated_series_is_that_of_the_naive_loop(name):
    case = make_case(name, n_timesteps=20, n_lanes=3)
    innovations = np.random.default_rng(1).normal(size=case.x.shape)
    x = generate(case.cell, case.theta, case.h_init, innovations)
    for b in range(3):
        expected = naive.generate(name, case.theta[:, b], case.h_init[:, b], innovations[:, :, b])
        assert relative_error(x[:, :, b], expected) <= ROUNDING


@innovating_cell
def test_the_errors_of_a_generated_series_are_its_innovations(name):
    case = make_case(name, n_timesteps=20, n_lanes=3)
    innovations = np.random.default_rng(1).normal(size=case.x.shape)
    x = generate(case.cell, case.theta, case.h_init, innovations)
    _, outputs = unroll(case.cell, case.theta, x, case.h_init)
    assert relative_error(x - outputs, innovations) <= ROUNDING


@innovating_cell
def test_without_innovations_a_cell_generates_its_forecast(name):
    """The forecast is what it predicts where all is missing."""
    case = make_case(name, n_timesteps=20, n_lanes=3)
    x = generate(case.cell, case.theta, case.h_init, np.zeros_like(case.x))
    _, outputs = unroll(case.cell, case.theta, np.full_like(case.x, np.nan), case.h_init)
    # An error that is rounding rather than 0 moves the state by rounding.
    assert relative_error(x, outputs) <= ROUNDING


def naive_products(name, theta, y, n_state):
    from_zero, effects = naive.errors_and_effects(name, theta, y, n_state)
    errors = np.column_stack([from_zero, effects])[~np.isnan(y)]
    return errors.T @ errors


def disagreement(actual, expected):
    """Largest difference, in units of the norms whose product bounds each entry."""
    norms = np.sqrt(np.diag(expected))
    bounds = np.outer(norms, norms)
    # A season of which no value is seen has no effect at all.
    return np.max(np.abs(actual - expected) / np.where(bounds > 0.0, bounds, 1.0))


def holes(y, seed):
    return np.where(np.random.default_rng(seed).random(y.size) < 0.3, np.nan, y)


@linear_cell
@pytest.mark.parametrize("missing", [False, True])
# Beyond 64 steps the loop may find that the initial state is forgotten.
@pytest.mark.parametrize("n_timesteps", [5, 60, 600])
def test_error_products_are_those_of_the_naive_errors(name, n_timesteps, missing):
    case = make_case(name, n_lanes=5)
    y = np.random.default_rng(n_timesteps).normal(size=n_timesteps)
    if missing:
        y = holes(y, 1)
    products = error_products(case.cell, case.theta, y[None])
    for g in range(5):
        expected = naive_products(name, case.theta[:, g], y, case.cell.n_state)
        # Hundreds of terms, each a difference of numbers of order one rounded to 1e-16.
        assert disagreement(products[:, :, g], expected) <= 1e-12


@linear_cell
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_error_products_at_the_corners_of_the_parameters(name, value):
    """At 0 the initial level is never forgotten, at 1 at once."""
    case = make_case(name)
    case.theta[:2] = value
    y = np.random.default_rng(0).normal(size=200)
    products = error_products(case.cell, case.theta, y[None])[:, :, 0]
    expected = naive_products(name, case.theta[:, 0], y, case.cell.n_state)
    assert disagreement(products, expected) <= 1e-12  # as above


@linear_cell
def test_error_products_give_the_sse_of_every_initial_state(name):
    case = make_case(name)
    y = holes(np.random.default_rng(0).normal(size=50), 1)
    products = error_products(case.cell, case.theta, y[None])[:, :, 0]
    for state in np.random.default_rng(2).normal(size=(5, case.cell.n_state)):
        weights = np.r_[1.0, state]
        expected = naive.squared_error(naive.errors(name, case.theta[:, 0], y, state))
        assert weights @ products @ weights == pytest.approx(expected, rel=1e-12)


@linear_cell
def test_a_set_of_parameters_has_the_same_products_among_others_as_alone(name):
    case = make_case(name, n_lanes=7)
    y = holes(np.random.default_rng(0).normal(size=50), 1)
    together = error_products(case.cell, case.theta, y[None])
    for g in range(7):
        alone = error_products(case.cell, case.theta[:, g : g + 1].copy(), y[None])
        np.testing.assert_array_equal(together[:, :, g], alone[:, :, 0])


@linear_cell
def test_error_products_of_a_series_that_is_all_missing_are_zero(name):
    case = make_case(name)
    assert not error_products(case.cell, case.theta, np.full((1, 10), np.nan)).any()
