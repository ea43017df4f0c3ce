"""The search for alpha, theta and the level, held against naive loops and what peers have found."""

import json

import naive
import numpy as np
import pytest
from paths import GOLDEN
from scipy.optimize import minimize

from tsrnn import ThetaForecaster
from tsrnn._input.ragged import Batch
from tsrnn.theta.fit import LEAST_THETA, VARIANTS

PEERS = json.loads((GOLDEN / "theta_peers.json").read_text(encoding="utf-8"))

every_variant = pytest.mark.parametrize("variant", VARIANTS)
every_series = pytest.mark.parametrize("name", PEERS)


def walk(n, seed=0, drift=0.3):
    return 20.0 + np.cumsum(np.random.default_rng(seed).normal(size=n) + drift)


def gappy(n, seed=0):
    y = walk(n, seed)
    y[np.random.default_rng(seed).choice(np.arange(1, n), n // 6, replace=False)] = np.nan
    return y


def line_of(y):
    """The least-squares line through a series, at t = 1, 2, .."""
    seen = ~np.isnan(y)
    slope, intercept = np.polyfit(np.arange(1.0, len(y) + 1.0)[seen], y[seen], 1)
    return intercept, slope


def errors(variant, y, alpha, theta, level):
    """One-step errors by the naive loops, from the level before the first value on."""
    w = 1.0 - 1.0 / theta
    if VARIANTS[variant].is_dynamic:
        cell, state = "dynamic_theta", [level, 0.0, 0.0, 0.0, 1.0, 0.0]
    else:
        cell, state = "theta", [level, *line_of(y), 1.0]
    found = naive.errors(cell, np.array([alpha, w]), y, np.array(state, dtype=float))
    return found[~np.isnan(found)]


def squares_from_first(variant, y, alpha, theta):
    """The squared error with the level at the first value, which is where it is counted from."""
    return np.sum(errors(variant, y - y[0], alpha, theta, 0.0) ** 2)


def grid(variant):
    thetas = [2.0]
    if VARIANTS[variant].learns_theta:
        thetas = [LEAST_THETA, 1.7, 2.0, 2.5, 4.0, 10.0, 1e9]
    return [(alpha, theta) for alpha in np.linspace(0.1, 0.99, 24) for theta in thetas]


@every_variant
@pytest.mark.parametrize("make", [walk, gappy])
@pytest.mark.parametrize("n", [8, 25])
def test_nothing_on_a_grid_has_a_lower_squared_error(variant, make, n):
    y = make(n, seed=n)
    model = ThetaForecaster(variant=variant).fit(y)
    # The search ends where a step gains less than 1e-9 of the squared error.
    assert model.sse_ == pytest.approx(
        squares_from_first(variant, y, model.alpha_, model.theta_), rel=1e-8
    )
    lowest = min(squares_from_first(variant, y, *point) for point in grid(variant))
    assert model.sse_ <= lowest * (1.0 + 1e-8)
    assert model.converged_


@every_variant
@pytest.mark.parametrize("make", [walk, gappy])
def test_a_learned_level_is_as_good_as_that_of_a_simplex(variant, make):
    """Of the squared errors from the fourth value on."""
    y, learns_theta = make(20, seed=3), VARIANTS[variant].learns_theta
    if make is gappy:
        y[:3] = 20.0, 21.0, 21.5  # the fourth of those that are seen
    model = ThetaForecaster(variant=variant, initial_level="learned").fit(y)

    def squares(v):
        alpha, share = np.clip(v[0], 0.1, 0.99), np.clip(v[1] if learns_theta else 0.5, 0.0, 1.0)
        return np.sum(errors(variant, y, alpha, 1.0 / (1.0 - min(share, 0.9999)), v[-1])[3:] ** 2)

    found = [
        minimize(squares, [alpha, *[0.5] * learns_theta, 20.0], method="Nelder-Mead").fun
        for alpha in (0.2, 0.5, 0.8)
    ]
    assert model.sse_ <= min(found) * (1.0 + 1e-6)
    assert np.isnan(model.fitted_values_[:3]).all()
    residuals = model.residuals_[~np.isnan(model.residuals_)]
    assert model.sse_ == pytest.approx(np.sum(residuals**2), rel=1e-10)


@every_series
@every_variant
def test_no_squared_error_is_above_that_of_statsforecast(name, variant):
    theirs = PEERS[name]["statsforecast"][variant]
    y = np.array(PEERS[name]["y"])
    model = ThetaForecaster(1, variant=variant, initial_level="learned").fit(y)
    assert model.sse_ <= theirs["sse"] * (1.0 + 1e-6)
    if model.sse_ >= theirs["sse"] * (1.0 - 1e-6):
        # Theirs ends up to 1e-6 away; forecasts differ by the root of that.
        size = np.mean(np.abs(y))
        assert np.abs(model.predict(8) - theirs["forecast"]).max() < 1e-3 * size


def test_some_of_these_are_the_same_optimum():
    same = sum(
        ThetaForecaster(1, initial_level="learned").fit(one["y"]).sse_
        >= one["statsforecast"]["dynamic-optimized"]["sse"] * (1.0 - 1e-6)
        for one in PEERS.values()
    )
    assert same >= 4


@every_series
def test_the_standard_variant_forecasts_as_thetaf_of_r_does(name):
    """R learns alpha of simple smoothing alone, without the line, up to 0.9999."""
    one = PEERS[name]
    forecast = ThetaForecaster(one["m"], variant="standard").fit(one["y"]).predict(8)
    expected = np.array(one["thetaf"]["forecast"])
    assert np.abs(forecast - expected).max() < 0.005 * np.abs(expected).mean()


@every_series
def test_the_same_series_are_seasonally_adjusted_as_by_statsforecast(name):
    """A season that one takes off and the other does not would show in the forecasts."""
    one = PEERS[name]
    model = ThetaForecaster(one["m"], initial_level="learned").fit(one["y"])
    expected = np.array(one["statsforecast_adjusted"])
    assert np.abs(model.predict(8) - expected).max() < 0.05 * np.abs(expected).mean()
    assert model.is_seasonal_ or one["m"] != 4


@every_variant
@pytest.mark.parametrize("initial_level", ["first", "learned"])
def test_a_series_of_a_panel_is_that_series_alone_bit_for_bit(variant, initial_level):
    forecaster = ThetaForecaster(1, variant=variant, initial_level=initial_level)
    parts = [walk(30, 1), gappy(25, 2), walk(5, 3), walk(90, 4), gappy(12, 5)]
    parts += [
        np.full(9, 2.0),
        np.r_[walk(12, 6), np.nan, np.nan],
        np.r_[1.0, 5.0, 2.0, np.nan, walk(9)],
    ]
    offsets = np.cumsum([0, *map(len, parts)])
    batch = Batch(np.concatenate(parts), offsets, np.empty((offsets[-1], 0)))
    together = forecaster.fit_panel(batch.values, offsets, batch.regressors, n_jobs=2)
    for i, y in enumerate(parts):
        values, nothing = y[:, None], np.empty((len(y), 0))
        alone = forecaster.fit_model(values, nothing)[0]
        np.testing.assert_array_equal(alone.forecast(7)[:, 0], together.forecast(7)[:, i])
        np.testing.assert_array_equal(alone.deviation(7)[:, 0], together.deviation(7)[:, i])
