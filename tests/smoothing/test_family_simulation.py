"""Simulated paths and intervals of all exponential smoothing models against what they should be."""

import family
import numpy as np
import pandas as pd
import pytest
from family import HORIZON, PERIOD, at_values, make_series

POINT = (0.4, 0.3, 0.2, 0.9)
N_PATHS = 20_000

names = pytest.mark.parametrize("name", family.NAMES)


def horizon_of(name):
    """How far the moments are known in closed form."""
    return PERIOD if name[0] + name[-1] == "AM" else HORIZON


def moments(model, name, horizon):
    state = family.naive_state(name, model.state_, PERIOD)
    return family.exact_moments(name, family.theta_of(model), state, model.sigma2_, horizon)


def assert_has_moments(paths, mean, variance):
    """Within five standard errors of both, that of a variance from the fourth moment."""
    n_paths = paths.shape[1]
    assert (np.abs(paths.mean(axis=1) - mean) < 5.0 * np.sqrt(variance / n_paths)).all()
    squares = (paths - mean[:, None]) ** 2
    errors = squares.std(axis=1) / np.sqrt(n_paths)
    assert (np.abs(squares.mean(axis=1) - variance) < 5.0 * errors).all()


@names
def test_the_moments_are_those_of_paths_made_step_by_step(name):
    """The truth of the next test, held against another truth."""
    horizon = horizon_of(name)
    seasons = np.array([0.8, 1.05, 1.3, 0.85] if name[-1] == "M" else [-6.0, 1.0, 9.5, -4.5])
    state = family.naive_state(name, family.initial_state(name, 80.0, 1.5, seasons), PERIOD)
    sigma = 0.05 if name[0] == "M" else 4.0
    theta = family.naive_theta(name, *POINT)
    paths = family.simulate(name, theta, state, sigma, horizon, 50_000, seed=0)
    assert_has_moments(paths, *family.exact_moments(name, theta, state, sigma**2, horizon))


@names
def test_simulated_paths_have_the_mean_and_the_variance_of_the_model(name):
    model, horizon = at_values(name, POINT, make_series()), horizon_of(name)
    paths = model.simulate(horizon, N_PATHS, random_state=0)
    assert paths.shape == (horizon, N_PATHS)
    assert_has_moments(paths, *moments(model, name, horizon))


@names
def test_simulated_paths_are_spread_as_paths_made_step_by_step(name):
    """Of what moments do not say: the last step's quantiles."""
    model = at_values(name, POINT, make_series())
    paths = model.simulate(HORIZON, N_PATHS, random_state=0)[-1]
    state = family.naive_state(name, model.state_, PERIOD)
    others = family.simulate(
        name, family.theta_of(model), state, np.sqrt(model.sigma2_), HORIZON, N_PATHS, seed=1
    )[-1]
    for level in (0.025, 0.25, 0.5, 0.75, 0.975):
        below = np.mean(others < np.quantile(paths, level))
        # Five standard errors of two samples.
        assert abs(below - level) < 5.0 * np.sqrt(2.0 * level * (1.0 - level) / N_PATHS)


@names
def test_intervals_cover_what_they_say_at_every_step(name):
    model = at_values(name, POINT, make_series())
    state = family.naive_state(name, model.state_, PERIOD)
    futures = family.simulate(
        name, family.theta_of(model), state, np.sqrt(model.sigma2_), HORIZON, N_PATHS, seed=2
    )
    lower, upper = model.predict_interval(HORIZON, 0.95).T
    inside = (lower[:, None] <= futures) & (futures <= upper[:, None])
    # A standard error is 0.15%, and 0.5% where intervals are quantiles of 2000 paths themselves.
    is_simulated = family.is_positive(name)
    np.testing.assert_allclose(inside.mean(axis=1), 0.95, atol=0.02 if is_simulated else 0.01)
    assert 0.94 <= inside.mean() <= 0.96


@pytest.mark.parametrize("name", ["ANN", "AAdN", "ANA", "AAA", "MNN", "MAdN", "MNM", "MNA", "AAM"])
def test_intervals_of_learned_fits_cover_what_they_say(name):
    """One step ahead along a long series that the model made."""
    theta = family.naive_theta(name, 0.2, 0.01, 0.1, 0.9)
    seasons = [0.8, 1.05, 1.3, 0.85] if name[-1] == "M" else [-6.0, 1.0, 9.5, -4.5]
    start = family.initial_state(name, 500.0, 0.05, seasons)
    state = family.naive_state(name, start, PERIOD)
    sigma = 0.004 if name[0] == "M" else 2.0
    y = family.simulate(name, theta, state, sigma, 10_000, 1, seed=3)[:, 0]
    model = family.make_model(name, PERIOD).fit(y)
    lower, upper = model.predict_interval(pd.RangeIndex(1, y.size), 0.95).T
    covered = np.mean((lower <= y[1:]) & (y[1:] <= upper))
    assert 0.94 <= covered <= 0.96  # 4.6 standard errors
    # The parameters are found again: 10,000 values tell alpha to about 0.01.
    assert model.alpha_ == pytest.approx(0.2, abs=0.05)


@names
def test_paths_are_the_same_for_the_same_seed_alone(name):
    model = at_values(name, POINT, make_series())
    paths = model.simulate(5, 10, random_state=1)
    np.testing.assert_array_equal(paths, model.simulate(5, 10, random_state=1))
    assert (paths != model.simulate(5, 10, random_state=2)).all()


@pytest.mark.parametrize("name", ["MNN", "MAN", "MAdN", "MNA"])
def test_intervals_of_large_relative_errors_are_those_of_simulated_paths(name):
    """Products of errors are skewed: no bound of a level that only grows is below zero."""
    y = make_series()
    y = y * np.random.default_rng(1).uniform(0.7, 1.3, y.size)
    model = family.make_model(name, PERIOD).fit(y)
    horizon, tails = 30, np.array([0.05, 0.5, 0.95])
    paths = model.simulate(horizon, 40_000, random_state=0)
    expected = np.quantile(paths, tails, axis=1).T
    width = expected[:, [2]] - expected[:, [0]]
    found = model.predict_quantiles(horizon, tails)
    assert (np.abs(found - expected) < 0.05 * width).all()
    # What is said of a step does not hang on how many are asked.
    np.testing.assert_array_equal(model.predict_quantiles(3, tails), found[:3])
