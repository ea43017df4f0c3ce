"""The theta method as a forecaster: seasons, missing values, units, what it refuses."""

import itertools
import warnings

import naive
import numpy as np
import pandas as pd
import pytest
from cases import relative_error
from shared_data import m3_series, needs_m3
from statsmodels.tsa.seasonal import seasonal_decompose

from tsrnn import DeseasonalizedForecaster, PanelForecaster, ThetaForecaster
from tsrnn._input.ragged import Batch
from tsrnn._scan.varying import error_variances_along
from tsrnn.cells import CELLS
from tsrnn.datasets import load_co2
from tsrnn.exceptions import InvalidParameterError
from tsrnn.forecasting.season import find_season, find_seasons, is_seasonal, seasonal_indices
from tsrnn.theta.fit import VARIANTS

every_variant = pytest.mark.parametrize("variant", VARIANTS)
every_level = pytest.mark.parametrize("initial_level", ["first", "learned"])

RNG = np.random.default_rng(0)
SEASON = np.tile([1.3, 0.8, 1.0, 0.9], 15)
LEVELS = 50.0 + np.cumsum(RNG.normal(0.2, 1.0, size=60))
Y = LEVELS * SEASON
FLAT = 20.0 + RNG.normal(size=60)
GAPPY = Y.copy()
GAPPY[[1, 9, 17, 18, 40, 58]] = np.nan


# The line.


def test_the_dynamic_line_is_that_of_least_squares_through_the_values_so_far():
    x, state = LEVELS[:12, None], np.array([0.0, 0.0, 0.0, 0.0, 1.0, 0.0])
    states, _ = naive.dynamic_theta((0.3, 0.5), x, state)
    for t in range(2, 13):
        slope, intercept = np.polyfit(np.arange(1.0, t + 1.0), LEVELS[:t], 1)
        np.testing.assert_allclose(states[t, 1:3], [intercept, slope], rtol=1e-9)
        np.testing.assert_allclose(states[t, 3:], [LEVELS[:t].mean(), 0.7**t, t], rtol=1e-12)


# The season.


@pytest.mark.parametrize("y", [Y, GAPPY, FLAT], ids=["season", "gaps", "none"])
def test_the_season_is_taken_off_as_by_the_wrapper(y):
    model = ThetaForecaster(4).fit(y)
    wrapped = DeseasonalizedForecaster(ThetaForecaster(1), period=4).fit(y)
    np.testing.assert_array_equal(model.predict(9), wrapped.predict(9))
    np.testing.assert_array_equal(model.predict_interval(9), wrapped.predict_interval(9))
    np.testing.assert_array_equal(model.seasonal_indices_, wrapped.seasonal_indices_)
    np.testing.assert_array_equal(model.fitted_values_, wrapped.fitted_values_)
    assert model.is_seasonal_ == wrapped.is_seasonal_ == (y is not FLAT)


def test_a_series_with_values_that_are_not_positive_has_an_additive_season():
    y = LEVELS - LEVELS[30] + 10.0 * (SEASON - 1.0)
    model = ThetaForecaster(4).fit(y)
    wrapped = DeseasonalizedForecaster(ThetaForecaster(1), period=4, model="add").fit(y)
    assert y.min() < 0.0 and model.is_seasonal_
    np.testing.assert_array_equal(model.predict(9), wrapped.predict(9))
    np.testing.assert_array_equal(model.seasonal_indices_, wrapped.seasonal_indices_)


def test_many_seasons_are_those_of_each_series():
    parts = [Y, GAPPY, FLAT, LEVELS - 75.0 + 20.0 * SEASON, Y[:7], Y[2:], np.zeros(20)]
    offsets = np.cumsum([0, *map(len, parts)])
    seasons, kinds, reasons = find_seasons(np.concatenate(parts), offsets, 4)
    assert kinds.tolist() == ["mul", "mul", None, "add", None, "mul", None]
    assert list(reasons) == [4] and "two whole seasons of 4" in reasons[4]
    for i, y in enumerate(parts):
        model = "mul" if np.nanmin(y) > 0.0 else "add"
        indices, _ = find_season(y, np.empty((len(y), 0)), 4, model, test=True)
        if kinds[i]:
            found = (seasons.factor if model == "mul" else seasons.offset)[i]
            np.testing.assert_array_equal(found, indices)
        else:
            assert indices is None
            assert (seasons.factor[i] == 1.0).all() and (seasons.offset[i] == 0.0).all()


@pytest.mark.parametrize("model", ["mul", "add"])
@pytest.mark.parametrize(("n", "period"), [(24, 12), (37, 12), (60, 4), (21, 7), (50, 3), (400, 5)])
def test_indices_are_those_of_statsmodels_to_the_last_bit(n, period, model):
    y = 5.0 + np.random.default_rng(n).random(n)
    kind = {"mul": "multiplicative", "add": "additive"}[model]
    unit = y.max()
    expected = seasonal_decompose(y / unit, model=kind, period=period).seasonal[:period]
    found = seasonal_indices(y, period, model)
    np.testing.assert_array_equal(found, expected if model == "mul" else expected * unit)


def test_a_season_that_is_never_shown_twice_is_said():
    y = np.where(np.arange(60) % 4 == 2, np.nan, Y)
    with pytest.warns(UserWarning, match="not seasonally adjusted: it does not show two whole"):
        model = ThetaForecaster(4).fit(y)
    assert not model.is_seasonal_ and (model.seasonal_indices_ == 1.0).all()


@pytest.mark.parametrize("n", [12, 23])
def test_a_series_shorter_than_two_seasons_is_forecast_as_it_is_and_said(n):
    y = LEVELS[:n]
    with pytest.warns(UserWarning, match="not seasonally adjusted: it does not show two whole"):
        model = ThetaForecaster(12).fit(y)
    assert not model.is_seasonal_ and model.seasonal_ is None
    np.testing.assert_array_equal(model.predict(4), ThetaForecaster(1).fit(y).predict(4))


@pytest.mark.parametrize("n", [24, 35])
def test_a_season_that_comes_twice_is_taken_off_where_it_cannot_be_tested(n):
    t = np.arange(n)
    for y in (Y[:n], 50.0 + 3.0 * t + 2.0 * np.sin(np.pi * t / 6.0) + 0.1 * FLAT[:n]):
        stamped = pd.Series(y, pd.date_range("2020-01", periods=n, freq="MS"))
        with warnings.catch_warnings(action="error"):
            model, untested = ThetaForecaster().fit(stamped), ThetaForecaster(12, test=False)
        assert model.is_seasonal_
        np.testing.assert_array_equal(model.predict(4), untested.fit(y).predict(4))
    with warnings.catch_warnings(action="error"):
        assert not ThetaForecaster(12).fit(FLAT[:n]).is_seasonal_
    gaps = np.where(t % 5 < 2, Y[:n], np.nan)  # two values in five
    with pytest.warns(UserWarning, match="not seasonally adjusted"):
        assert not ThetaForecaster(12).fit(gaps).is_seasonal_


@pytest.mark.parametrize("share", [0.45, 0.55])
def test_a_season_comes_twice_where_the_correlation_is_above_a_half(share):
    """The second period is a share of the first and something that has nothing to do with it."""
    random = np.random.default_rng(1)
    columns = np.column_stack([np.ones(12), np.arange(12.0), random.normal(size=(12, 2))])
    first, other = np.linalg.qr(columns)[0][:, 2:].T
    y = np.r_[first, share * first + np.sqrt(1.0 - share**2) * other]
    line = np.polyval(np.polyfit(np.arange(24.0), y, 1), np.arange(24.0))
    z = y - line
    _, kinds, _ = find_seasons(10.0 + y, np.array([0, 24]), 12)
    assert (kinds[0] is not None) == (np.corrcoef(z[12:], z[:12])[0, 1] > 0.5) == (share > 0.5)


@pytest.mark.parametrize("period", [4, 7, 12, 24])
def test_a_season_without_noise_is_found_in_any_number_of_values_from_two_periods_on(period):
    """A wave of any phase, one of half the period, a triangle and a step; level and on a line.

    Of four steps, half the period is two: up and down, of which the test asks for six periods.
    """
    ratio = np.arange(period) / period
    shapes = [np.sin(2.0 * np.pi * (ratio + phase)) for phase in (0.0, 0.1, 0.2, 0.3, 0.45)]
    shapes += [np.abs(ratio - 0.5), 1.0 * (ratio < 0.5)]
    if period > 4:
        shapes.append(np.cos(4.0 * np.pi * ratio))
    n_values = np.repeat(np.arange(2 * period, 5 * period + 2), 2 * len(shapes))
    cases = itertools.cycle(itertools.product(shapes, (0.0, 0.5)))
    series = [
        100.0 + slope * np.arange(n) + 12.0 * np.resize(shape, n)
        for n, (shape, slope) in zip(n_values, cases, strict=False)
    ]
    _, kinds, reasons = find_seasons(np.concatenate(series), np.r_[0, n_values.cumsum()], period)
    assert n_values[kinds == None].tolist() == [] and not reasons  # noqa: E711


@pytest.mark.parametrize("n", [9, 12, 19, 20])
def test_correlations_with_the_period_before_count_below_five_periods(n):
    random, t, period = np.random.default_rng(2), np.arange(n), 4
    by_test, by_correlation = np.empty((2, 200), dtype=bool)
    series = 50.0 + np.sin(np.pi * t / 2.0) + random.normal(scale=0.7, size=(200, n))
    for i, y in enumerate(series):
        z = y - np.polyval(np.polyfit(t, y, 1), t)
        by_test[i] = is_seasonal(y, period) or is_seasonal(z, period)
        by_correlation[i] = np.corrcoef(z[period:], z[:-period])[0, 1] > 0.5
    _, kinds, _ = find_seasons(series.ravel(), np.arange(201) * n, period)
    expected = by_test | by_correlation if n < 5 * period else by_test
    np.testing.assert_array_equal(kinds != None, expected)  # noqa: E711
    assert (by_correlation & ~by_test).any()
    assert by_test.any() == (n >= 3 * period)


def test_noise_and_walks_of_few_periods_seldom_have_a_season():
    random = np.random.default_rng(4)
    for n in (36, 47, 59):
        noise = random.normal(size=(400, n))
        for series in (noise, noise.cumsum(axis=1)):
            _, kinds, _ = find_seasons(series.ravel(), np.arange(401) * n, 12)
            # The test alone has 0.01 to 0.04 of longer ones; this is three deviations more.
            assert np.mean(kinds != None) < 0.06  # noqa: E711


def test_seasons_beside_lines_are_those_that_the_test_finds_without_the_lines():
    """Of series with and without a trend and a season, of missing values, and of a flat one."""
    random, t = np.random.default_rng(5), np.arange(60.0)
    noise = random.normal(size=(30, 60))
    series = [
        50.0 + slope * t + size * np.sin(np.pi * t / 6.0) + one
        for (slope, size), one in zip(
            itertools.product((0.0, 1.0, 9.0), np.r_[:10] / 3.0), noise, strict=True
        )
    ]
    series[7][[0, 11, 39]] = np.nan
    series = [*series, 5.0 + 0.1 * t, np.full(60, 0.1)]
    expected = []
    for y in series:
        seen = ~np.isnan(y)
        beside = y - np.polyval(np.polyfit(t[seen], y[seen], 1), t)
        is_line = np.nanmax(np.abs(beside)) < 1e-9
        expected.append(is_seasonal(y, 12) or (not is_line and is_seasonal(beside, 12)))
    offsets = np.arange(len(series) + 1) * 60
    _, kinds, _ = find_seasons(np.concatenate(series), offsets, 12)
    assert (kinds != None).tolist() == expected  # noqa: E711
    alone = [is_seasonal(y, 12) for y in series]
    assert 0 < sum(alone) < sum(expected) < len(series)


@pytest.mark.parametrize(("n", "period"), [(11, 12), (60, 61)])
def test_a_period_longer_than_the_series_is_refused(n, period):
    with pytest.raises(ValueError, match=f"period is {period}, but the series has {n} time steps"):
        ThetaForecaster(period).fit(LEVELS[:n])


@pytest.mark.parametrize("test", [True, False])
def test_a_season_beside_a_strong_trend_is_taken_off(test):
    t = np.arange(60.0)
    y = 200.0 + t + 10.0 * np.sin(2.0 * np.pi * t / 12.0)
    assert not is_seasonal(y[:48], 12)
    model = ThetaForecaster(12, test=test).fit(y[:48])
    wrapped = DeseasonalizedForecaster(ThetaForecaster(1), period=12, test=False).fit(y[:48])
    assert model.is_seasonal_ and model.seasonal_ == "mul"
    np.testing.assert_array_equal(model.predict(12), wrapped.predict(12))
    # The season is added, and taken off as one that multiplies; it has 10.
    assert np.abs(model.predict(12) - y[48:]).max() < 2.0
    long = pd.DataFrame({"unique_id": "a", "ds": np.arange(48), "y": y[:48]})
    panel = PanelForecaster(ThetaForecaster(12, test=test)).fit(long)
    np.testing.assert_array_equal(panel.predict(12).iloc[:, 2], model.predict(12))


def test_without_the_test_two_seasons_are_enough_and_fewer_are_said():
    y = LEVELS[:24] * SEASON[:24]
    assert ThetaForecaster(12, test=False).fit(y).is_seasonal_
    with pytest.warns(UserWarning, match="does not show two whole seasons of 12"):
        assert not ThetaForecaster(12, test=False).fit(y[:23]).is_seasonal_


def test_a_season_with_an_index_near_zero_is_additive():
    """A value there would be divided by it, and move forecasts of all others a thousandfold."""
    noise = 1.0 + 0.02 * np.random.default_rng(0).normal(size=72)
    y = np.tile(np.r_[1e-3, np.full(11, 100.0)], 6) * noise
    model = ThetaForecaster(12).fit(y)
    assert model.seasonal_ == "add"
    assert np.abs(model.update([5.0]).predict(3) - 100.0).max() < 10.0
    assert ThetaForecaster(12).fit(y + 50.0).seasonal_ == "mul"  # the least index is a third


def test_the_kind_of_each_season_is_told():
    columns = np.column_stack([Y, LEVELS - 75.0 + 20.0 * SEASON, FLAT - 20.0])
    model = ThetaForecaster(4).fit(columns)
    assert model.seasonal_.tolist() == ["mul", "add", None]
    assert model.is_seasonal_.tolist() == [True, True, False]
    indices = model.seasonal_indices_
    np.testing.assert_allclose(indices[0].mean(), 1.0, rtol=1e-12)
    assert abs(indices[1].mean()) < 1e-12 and (indices[2] == 1.0).all()


def test_the_period_is_that_of_the_time_stamps():
    y = pd.Series(Y, pd.date_range("2010-01", periods=60, freq="QS"))
    model = ThetaForecaster().fit(y)
    assert model.period_ == 4
    np.testing.assert_array_equal(model.predict(3), ThetaForecaster(4).fit(Y).predict(3))
    assert model.predict(3).index[0] == pd.Timestamp("2025-01-01")
    assert "4 steps (quarterly data)" in str(model.summary())


# Forecasts, and going on.


def theta_of(model):
    return np.array([model.alpha_, 1.0 - 1.0 / model.theta_])


@every_variant
@every_level
def test_forecasts_go_on_with_predictions_for_values(variant, initial_level):
    model = ThetaForecaster(1, variant=variant, initial_level=initial_level).fit(LEVELS)
    state = model._model.inner.state[:, 0]
    ahead = naive.NAIVE[model._model.inner.cell.name](
        theta_of(model), np.full((9, 1), np.nan), state
    )[1][:, 0]
    expected = model._model.inner.scaling.unscale(ahead)
    np.testing.assert_allclose(model.predict(9), expected, rtol=1e-12)


@every_variant
@every_level
def test_updates_are_the_same_as_running_on(variant, initial_level):
    forecaster = ThetaForecaster(4, variant=variant, initial_level=initial_level)
    steps, at_once = forecaster.fit(GAPPY[:40]), None
    at_once = ThetaForecaster(4, variant=variant, initial_level=initial_level).fit(GAPPY[:40])
    predicted = []
    for value in GAPPY[40:]:
        predicted.append(steps.predict(1)[0])
        steps.update(value)
    at_once.update(GAPPY[40:])
    np.testing.assert_array_equal(steps.predict(6), at_once.predict(6))
    np.testing.assert_allclose(steps.predict_interval(6), at_once.predict_interval(6), rtol=1e-12)
    # The season goes on, and what is missing leaves the state to move on alone.
    values, fitted = steps._observed_and_predicted()
    np.testing.assert_array_equal(fitted[40:, 0], predicted)
    np.testing.assert_array_equal(values[:, 0], GAPPY)


@every_level
def test_columns_are_the_series_one_by_one(initial_level):
    frame = pd.DataFrame({"a": Y, "b": GAPPY, "late": np.r_[np.full(9, np.nan), LEVELS[9:]]})
    forecaster = ThetaForecaster(4, initial_level=initial_level)
    together = forecaster.fit(frame)
    forecasts, intervals = together.predict(5), together.predict_interval(5)
    alpha, fitted = together.alpha_, together.fitted_values_
    for i, name in enumerate(frame):
        alone = ThetaForecaster(4, initial_level=initial_level).fit(frame[name])
        np.testing.assert_array_equal(alone.predict(5), forecasts[name])
        np.testing.assert_array_equal(alone.predict_interval(5), intervals[name])
        np.testing.assert_array_equal(alone.fitted_values_, fitted[name])
        assert alone.alpha_ == alpha[i]
    assert np.isnan(fitted["late"][:9]).all()


def test_a_panel_is_the_series_one_by_one():
    stamps = pd.date_range("2010-01", periods=60, freq="QS")
    frame = pd.DataFrame({"ds": stamps, "a": Y, "b": GAPPY, "c": LEVELS - 60.0})
    long = frame.melt("ds", var_name="unique_id", value_name="y")
    panel = PanelForecaster(ThetaForecaster()).fit(long)
    table = panel.predict(4, level=[95])
    for name in "abc":
        alone = ThetaForecaster().fit(frame.set_index("ds")[name])
        own = table[table["unique_id"] == name]
        np.testing.assert_array_equal(own.iloc[:, 2], alone.predict(4))
        np.testing.assert_allclose(own.iloc[:, 3:], alone.predict_interval(4), rtol=1e-12)


# How sure forecasts are.


def by_shocks(cell, theta, x, state, variance):
    """Variances of predictions, from a shock of 1 at each missing value: all is linear."""
    run = naive.NAIVE[cell]
    plain = run(theta, x[:, None], state)[1][:, 0]
    total = np.full(len(x), variance)
    for t in np.flatnonzero(np.isnan(x)):
        shocked = x.copy()
        shocked[t] = plain[t] + 1.0
        # What is missing after it is predicted with it.
        total += variance * (run(theta, shocked[:, None], state)[1][:, 0] - plain) ** 2
    return total


@pytest.mark.parametrize("cell", ["theta", "dynamic_theta"])
def test_variances_are_those_of_shocks_at_what_is_missing(cell):
    rng = np.random.default_rng(1)
    x = [np.r_[LEVELS[:5], np.nan, LEVELS[6:9], np.full(4, np.nan)] - 50.0, np.full(6, np.nan)]
    made = CELLS[cell]()
    theta = np.array([[0.4, 0.8], [0.6, 0.3]])
    states = rng.normal(size=(made.n_state, 2))
    states[-1] = 7.0, 12.0  # a decay, or a count
    batch = Batch(np.concatenate(x), np.array([0, 13, 19]), np.empty((19, 0)))
    covariances = np.zeros((2, made.n_state, made.n_state))
    found = error_variances_along(made, batch, theta, states, np.array([2.0, 0.5]), covariances)
    expected = [by_shocks(cell, theta[:, i], x[i], states[:, i], [2.0, 0.5][i]) for i in (0, 1)]
    np.testing.assert_allclose(found, np.concatenate(expected), rtol=1e-10)


def test_the_deviation_of_the_static_variants_has_a_closed_form():
    model = ThetaForecaster(1, variant="standard").fit(LEVELS)
    h, sigma2 = np.arange(1.0, 31.0), model.sigma2_
    by_slope = 16.0 * (0.5 * model.alpha_ * h) ** 2 / 60.0
    variance = 1.0 + (h - 1.0) * model.alpha_**2 + by_slope
    width = np.diff(model.predict_interval(30), axis=1)[:, 0]
    np.testing.assert_allclose(
        width, 2.0 * 1.959963984540054 * np.sqrt(sigma2 * variance), rtol=1e-9
    )
    # Further values do not tell of a line that stays.
    later = np.diff(model.update(LEVELS).predict_interval(30), axis=1)[:, 0]
    np.testing.assert_allclose(later, width, rtol=1e-9)


@every_variant
def test_missing_values_leave_the_slope_as_uncertain_as_it_was(variant):
    """As many steps after the last value intervals are as wide, however one got there."""
    forecaster = ThetaForecaster(1, variant=variant)
    at_once = forecaster.fit(LEVELS).predict_interval(31)
    updated = forecaster.fit(LEVELS).update([np.nan] * 20).update([np.nan] * 10)
    np.testing.assert_allclose(updated.predict_interval(1)[0], at_once[30], rtol=1e-9)
    gap = updated.update(LEVELS[-1])
    np.testing.assert_array_equal(gap._model.inner.n_missed, 0)
    fitted = forecaster.fit(np.r_[LEVELS, [np.nan] * 30])
    # The line of static variants is the same; all are learned from the same errors.
    np.testing.assert_allclose(fitted.predict_interval(1)[0], at_once[30], rtol=1e-6)
    deviations = fitted._seen[0][1][60:, 0]
    width = np.diff(at_once, axis=1)[:30, 0] / (2.0 * 1.959963984540054)
    np.testing.assert_allclose(deviations[1:], width[1:], rtol=1e-6)


def test_a_forecast_without_a_slope_does_not_doubt_it():
    y = np.random.default_rng(0).normal(size=60)
    model = ThetaForecaster(1, initial_level="learned").fit(y)
    assert model.theta_ == 1.0
    h = np.arange(1.0, 41.0)
    width = np.diff(model.predict_interval(40), axis=1)[:, 0] / (2.0 * 1.959963984540054)
    variance = model.sigma2_ * (1.0 + (h - 1.0) * model.alpha_**2)
    np.testing.assert_allclose(width, np.sqrt(variance), rtol=1e-9)


def test_intervals_of_random_walks_hold_about_what_they_say():
    """Eight values in ten 12 steps ahead of 30; it was all but three in a hundred."""
    paths = np.cumsum(np.random.default_rng(0).normal(size=(42, 400)), axis=0)
    model = ThetaForecaster(1).fit(paths[:30])
    interval = model.predict_interval(12, level=0.8)[-1]
    held = (interval[0] <= paths[-1]) & (paths[-1] <= interval[1])
    assert 0.75 < held.mean() < 0.91  # 0.87, with a standard error of 0.02


@pytest.mark.parametrize("variant", ["dynamic-optimized", "standard"])
@pytest.mark.parametrize("y", [Y, np.r_[Y[:-3], [np.nan] * 3]], ids=["whole", "missing at the end"])
def test_simulated_futures_are_as_wide_as_intervals(variant, y):
    model = ThetaForecaster(4, variant=variant).fit(y)
    paths = model.simulate(8, 20_000, random_state=0)
    # Four standard errors of a mean, and of a standard deviation.
    deviation = np.diff(model.predict_interval(8), axis=1)[:, 0] / (2.0 * 1.959963984540054)
    assert (np.abs(paths.mean(axis=1) - model.predict(8)) < 4.0 * deviation / 141.0).all()
    np.testing.assert_allclose(paths.std(axis=1), deviation, rtol=0.02)


def test_quantiles_are_those_of_the_interval():
    model = ThetaForecaster(4).fit(Y)
    quantiles = model.predict_quantiles(5, [0.05, 0.5, 0.95])
    np.testing.assert_array_equal(quantiles[:, [0, 2]], model.predict_interval(5, level=0.9))
    np.testing.assert_allclose(quantiles[:, 1], model.predict(5), rtol=1e-12)
    conformal = model.predict_interval(5, method="conformal")
    np.testing.assert_allclose(conformal.mean(axis=1), model.predict(5), rtol=1e-12)


@needs_m3
def test_intervals_hold_nine_values_in_ten_of_m3():
    """Of the last six values of 300 training parts; it would be 85% without the slope's doubt."""
    held = []
    for y in m3_series(300).values():
        lower, upper = ThetaForecaster(1).fit(y[:-6]).predict_interval(6).T
        held.append((lower <= y[-6:]) & (y[-6:] <= upper))
    assert 0.88 < np.mean(held) < 0.97


# Series of all kinds.


@every_variant
@every_level
@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_a_short_series_is_smoothed_by_fixed_parameters_and_said(variant, initial_level, n):
    forecaster = ThetaForecaster(variant=variant, initial_level=initial_level)
    with pytest.warns(UserWarning, match=f"series 0 has {n} observed values, fewer than the "):
        model = forecaster.fit([3.0, 5.0, 4.0, 8.0, 7.0][:n])
    assert (model.alpha_, model.theta_, model.n_iter_) == (0.5, 2.0, 0)
    assert np.isfinite(model.predict_interval(4)).all()
    assert (np.diff(model.predict_interval(4), axis=1) > 0.0).all()
    model.update([6.0, np.nan, 7.0])
    assert np.isfinite(model.predict(4)).all()


@every_variant
@every_level
@pytest.mark.parametrize("value", [0.0, 5.0, -1e-300, 1e300])
def test_a_constant_goes_on(variant, initial_level, value):
    model = ThetaForecaster(variant=variant, initial_level=initial_level).fit([value] * 9)
    np.testing.assert_array_equal(model.predict_interval(3), np.full((3, 2), value))


@pytest.mark.parametrize("variant", ["dynamic-optimized", "optimized"])
@every_level
def test_a_line_goes_on(variant, initial_level):
    model = ThetaForecaster(variant=variant, initial_level=initial_level)
    forecast = model.fit(3.0 + 0.5 * np.arange(30.0)).predict(4)
    # Theta is 2^33 at most.
    np.testing.assert_allclose(forecast, 18.0 + 0.5 * np.arange(4.0), rtol=1e-8)


@every_variant
@every_level
@pytest.mark.parametrize("unit", [1e-300, 1e-12, 3.7, 1e297])
def test_a_change_of_unit_changes_only_the_unit(variant, initial_level, unit):
    forecaster = ThetaForecaster(4, variant=variant, initial_level=initial_level)
    for y in (Y, GAPPY, LEVELS - 50.0):
        model = forecaster.fit(y)
        parameters = [model.alpha_, 1.0 / model.theta_]
        forecast, interval = model.predict(6), model.predict_interval(6)
        model = forecaster.fit(y * unit)
        np.testing.assert_allclose([model.alpha_, 1.0 / model.theta_], parameters, atol=1e-8)
        assert relative_error(model.predict(6) / unit, forecast) < 1e-8
        assert relative_error(model.predict_interval(6) / unit, interval) < 1e-8


@every_variant
@every_level
@pytest.mark.parametrize("origin", [2.0**30, -(2.0**30)])
def test_a_change_of_origin_changes_only_the_origin(variant, initial_level, origin):
    y = np.round(LEVELS)  # which the origin leaves exact
    forecaster = ThetaForecaster(1, variant=variant, initial_level=initial_level)
    forecast = forecaster.fit(y).predict(6)
    shifted = forecaster.fit(y + origin).predict(6) - origin
    # Forecasts so far from zero are rounded to 1e-7.
    np.testing.assert_allclose(shifted, forecast, atol=1e-6)


def test_real_data_with_gaps_and_a_season_are_forecast_as_they_go_on():
    y = load_co2().iloc[:300]
    model = ThetaForecaster().fit(y[:-12])
    assert y.isna().any() and model.period_ == 12 and model.is_seasonal_
    assert np.abs(model.predict(12) - y[-12:]).max() < 2.0  # ppm, where a season has seven


# What is refused.


def test_regressors_are_refused():
    with pytest.raises(
        ValueError, match="ThetaForecaster takes no regressors, but X has 2 columns"
    ):
        ThetaForecaster().fit(np.zeros((60, 2)), Y)
    frame = pd.DataFrame({"unique_id": "a", "ds": np.arange(60), "y": Y, "price": 1.0})
    with pytest.raises(ValueError, match="takes no regressors, but X has 1 column: put Reg"):
        PanelForecaster(ThetaForecaster()).fit(frame)


@pytest.mark.parametrize(
    "wrong", [{"variant": "best"}, {"initial_level": 3.0}, {"period": 0}, {"period": 2.5}]
)
def test_other_arguments_are_refused(wrong):
    with pytest.raises(InvalidParameterError, match=next(iter(wrong))):
        ThetaForecaster(**wrong).fit(Y)


def test_values_far_beyond_the_series_are_refused_by_update():
    model = ThetaForecaster(1).fit(1e-300 * Y)
    with pytest.raises(ValueError, match="too large beside those that the forecaster was fitted"):
        model.update(1e300)
    np.testing.assert_array_equal(model.predict(2), ThetaForecaster(1).fit(1e-300 * Y).predict(2))


def test_a_series_of_a_panel_that_cannot_go_on_is_listed_and_stops_no_other():
    stamps = pd.date_range("2010-01", periods=60, freq="QS")
    frame = pd.DataFrame({"ds": stamps, "a": Y, "tiny": 1e-300 * Y})
    long = frame.melt("ds", var_name="unique_id", value_name="y")
    panel = PanelForecaster(ThetaForecaster()).fit(long)
    further = pd.DataFrame(
        {"unique_id": ["a", "tiny"], "ds": pd.Timestamp("2025-01-01"), "y": [60.0, 1e300]}
    )
    with pytest.warns(UserWarning, match="1 of 2 series"):
        panel.update(further)
    assert "too large beside those" in panel.failures_["reason"][0]
    model = panel._fitted.members[0].model
    place = next(iter(model.failures))
    for part in (model.forecast(3), model.deviation(3)):
        assert np.isnan(part[:, place]).all() and np.isfinite(np.delete(part, place, 1)).all()
    expected = ThetaForecaster().fit(frame.set_index("ds")["a"]).update(60.0).predict(3)
    np.testing.assert_array_equal(panel.predict(3).query("unique_id == 'a'").iloc[:, 2], expected)
