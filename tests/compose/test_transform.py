"""Forecasts on a scale against the scale written out, and what its bounds promise."""

import json
import re
import warnings

import numpy as np
import pandas as pd
import pytest
from cases import relative_error
from hypothesis import given, settings
from hypothesis import strategies as st
from paths import GOLDEN
from scipy.optimize import minimize_scalar
from scipy.special import boxcox, expit, inv_boxcox, logit
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

import tsrnn
from tsrnn import (
    AutoExpSmoothingRNN,
    CrostonForecaster,
    DeseasonalizedForecaster,
    DoubleExpSmoothingRNN,
    NaiveForecaster,
    PanelForecaster,
    SimpleExpSmoothingRNN,
    TransformedForecaster,
    TripleExpSmoothingRNN,
)
from tsrnn.compose.scales import Scale
from tsrnn.exceptions import InvalidParameterError
from tsrnn.forecasting.conformal import past_scores

RNG = np.random.default_rng(0)
WALK = RNG.normal(size=60).cumsum()
POSITIVE = np.exp(3.0 + 0.1 * WALK)
SHARE = expit(1.5 + 0.2 * WALK)
DRIFT = NaiveForecaster(strategy="drift")
HOLT = DoubleExpSmoothingRNN(alpha=0.4, beta=0.1)

# The series, the arguments, the scale, and the way back.
SCALES = {
    "log": (POSITIVE, {}, np.log, np.exp),
    "log above a bound": (
        POSITIVE - 30.0,
        {"lower": -30.0},
        lambda y: np.log(y + 30.0),
        lambda z: np.exp(z) - 30.0,
    ),
    "sqrt": (POSITIVE, {"transform": "sqrt"}, np.sqrt, lambda z: np.maximum(z, 0.0) ** 2),
    "logit": (SHARE, {"transform": "logit"}, logit, expit),
    "logit between": (
        10.0 + 5.0 * SHARE,
        {"transform": "logit", "lower": 10.0, "upper": 15},
        lambda y: logit((y - 10.0) / 5.0),
        lambda z: 10.0 + 5.0 * expit(z),
    ),
    "functions": (WALK, {"transform": (np.cbrt, lambda z: z**3)}, np.cbrt, lambda z: z**3),
    "cut off": (
        POSITIVE,
        {"transform": None, "lower": 15.0, "upper": 24.0},
        lambda y: y,
        lambda z: np.clip(z, 15.0, 24.0),
    ),
    "both": (
        POSITIVE,
        {"lower": 0.0, "upper": 24.0},
        np.log,
        lambda z: np.minimum(np.exp(z), 24.0),
    ),
}
scales = pytest.mark.parametrize("name", SCALES)

# The same scale in another order of operations.
ROUNDING = 1e-9


@scales
def test_every_answer_is_that_of_the_forecaster_on_the_scale_carried_back(name):
    y, options, forward, backward = SCALES[name]
    model = TransformedForecaster(HOLT, **options).fit(y)
    inner = clone(HOLT).fit(forward(y))

    def assert_same():
        assert relative_error(model.predict(9), backward(inner.predict(9))) < ROUNDING
        levels = [0.05, 0.5, 0.8]
        wanted = backward(inner.predict_quantiles(9, levels))
        assert relative_error(model.predict_quantiles(9, levels), wanted) < ROUNDING
        wanted = backward(inner.predict_interval(9))
        assert relative_error(model.predict_interval(9), wanted) < ROUNDING
        wanted = backward(inner.simulate(9, 4, random_state=0))
        assert relative_error(model.simulate(9, 4, random_state=0), wanted) < ROUNDING
        # One step ahead, where the series was seen, and after its end.
        rows = pd.RangeIndex(50, 64)
        wanted = backward(inner.predict_interval(rows))
        assert relative_error(model.predict_interval(rows), wanted) < ROUNDING
        assert relative_error(model.predict(rows), backward(inner.predict(rows))) < ROUNDING

    assert relative_error(model.fitted_values_, backward(inner.fitted_values_)) < ROUNDING
    assert relative_error(model.fitted_values_ + model.residuals_, y) < ROUNDING
    assert_same()
    for more in ([y[3]], [np.nan, y[4], y[5]]):
        model.update(more)
        inner.update(forward(np.array(more)))
        assert_same()


def test_where_the_scale_falls_bounds_change_places():
    falling = (lambda y: -np.log(y), lambda z: np.exp(-z))
    model = TransformedForecaster(HOLT, falling).fit(POSITIVE)
    rising = TransformedForecaster(HOLT).fit(POSITIVE)
    rows = pd.RangeIndex(50, 64)
    for answer in (lambda m: m.predict_interval(9, 0.8), lambda m: m.predict_interval(rows)):
        assert relative_error(answer(model), answer(rising)) < ROUNDING
    assert np.all(np.diff(model.predict_quantiles(3, [0.1, 0.5, 0.9])) > 0.0)


def test_it_is_statsmodels_ets_on_logarithms_carried_back():
    excerpt = json.loads((GOLDEN / "r_forecast_ets_excerpt.json").read_text())
    y = np.array(excerpt["AirPassengers"]["y"])
    alpha, beta, gamma = 0.3, 0.02, 0.4
    level, trend = np.log(y[:12]).mean(), 0.01
    season = np.log(y[:12]) - level
    ours = TransformedForecaster(
        TripleExpSmoothingRNN(
            alpha=alpha, beta=beta, gamma=gamma, period=12, initial_state=(level, trend, *season)
        )
    ).fit(y)
    theirs = ETSModel(
        pd.Series(np.log(y)),
        **{"error": "add", "trend": "add", "seasonal": "add", "seasonal_periods": 12},
        **{"initialization_method": "known", "initial_level": level, "initial_trend": trend},
        initial_seasonal=season,
    ).smooth([alpha, alpha * beta, gamma, level, trend, *season])
    ahead = theirs.get_prediction(start=144, end=167)
    assert relative_error(ours.predict(24), np.exp(ahead.predicted_mean)) < ROUNDING
    # Their variance divides the squares by n, ours by n less the number of parameters, 3 and 13.
    wider = np.sqrt(144 / (144 - 16))
    mean = np.asarray(ahead.predicted_mean)[:, None]
    bounds = np.exp(mean + wider * (np.asarray(ahead.pred_int(alpha=0.05)) - mean))
    assert relative_error(ours.predict_interval(24), bounds) < ROUNDING
    assert (bounds[:, 1] - np.exp(mean[:, 0]) > np.exp(mean[:, 0]) - bounds[:, 0]).all()


# What the bounds promise.


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 3.0), st.floats(-6.0, 6.0))
def test_all_about_a_share_lies_between_0_and_1_in_order(seed, size, start):
    y = expit(start + size * np.random.default_rng(seed).normal(size=25).cumsum())
    y = np.clip(y, 1e-9, 1.0 - 1e-9)
    model = TransformedForecaster(DRIFT, "logit").fit(y)
    found = model.predict_quantiles(12, [0.001, 0.025, 0.5, 0.975, 0.999])
    assert (found >= 0.0).all() and (found <= 1.0).all()
    assert (np.diff(found) >= 0.0).all()
    np.testing.assert_array_equal(found[:, 2], model.predict(12))
    paths = model.simulate(12, 20, random_state=0)
    assert (paths >= 0.0).all() and (paths <= 1.0).all()


@pytest.mark.parametrize("transform", [None, "sqrt"])
@pytest.mark.parametrize("method", ["auto", "conformal"])
def test_counts_are_never_forecast_below_0(transform, method):
    y = np.random.default_rng(3).poisson(0.7, size=80).astype(float)
    y[-3:] = 0.0
    plain = SimpleExpSmoothingRNN().fit(y)
    assert plain.predict_interval(10, method=method).min() < 0.0
    model = TransformedForecaster(SimpleExpSmoothingRNN(), transform, lower=0).fit(y)
    for found in (
        model.predict(10),
        model.predict_interval(10, method=method),
        model.predict_interval(pd.RangeIndex(30, 90), method=method),
        model.predict_quantiles(10, [1e-6, 0.3]),
        model.simulate(10, 50, random_state=0),
        model.fitted_values_,
    ):
        assert found.min() >= 0.0
    assert model.predict_interval(10, method=method)[:, 0].min() == 0.0
    if transform is None:
        wanted = np.maximum(plain.predict_interval(10, method=method), 0.0)
        np.testing.assert_array_equal(model.predict_interval(10, method=method), wanted)


def test_conformal_intervals_have_the_width_that_past_forecasts_ask_for():
    model = TransformedForecaster(DRIFT, upper=POSITIVE.max()).fit(POSITIVE)
    found = model.predict_interval(3, 0.8, method="conformal")
    scores = past_scores(model.fit_model, POSITIVE[:, None], np.empty((60, 0)), 3, [0])
    sizes = [np.sort(np.abs(one[~np.isnan(one)])) for one in scores[:, :, 0].T]
    factors = [one[int(np.ceil((one.size + 1) * 0.8 - 1e-9)) - 1] for one in sizes]
    low, middle, high = model.predict_quantiles(3, [0.158655254, 0.5, 0.841344746]).T
    width = 0.5 * (high - low) * factors
    wanted = np.clip(np.column_stack([middle - width, middle + width]), 0.0, POSITIVE.max())
    np.testing.assert_allclose(found, wanted, rtol=1e-7)  # of the quantiles' digits


def test_a_bound_within_another_scale_holds_too():
    y = np.r_[np.zeros(3), np.random.default_rng(1).poisson(2.0, 40)].astype(float)
    with pytest.raises(ValueError, match=r"y is 0 at position 0, .* above lower=0"):
        TransformedForecaster(DRIFT).fit(y)
    model = TransformedForecaster(TransformedForecaster(DRIFT, lower=-1), None, lower=0).fit(y)
    logs = NaiveForecaster(strategy="drift").fit(np.log1p(y))
    wanted = np.maximum(np.expm1(logs.predict_interval(8)), 0.0)
    np.testing.assert_allclose(model.predict_interval(8), wanted, rtol=ROUNDING, atol=1e-15)
    assert model.limits() == (0.0, np.inf)


FALLING = (np.negative, np.negative)
WITHIN = {
    "demand, cut off": (
        CrostonForecaster(counts=True),
        {"transform": None, "upper": 3.5},
        lambda q: np.minimum(q, 3.5),
    ),
    "a scale, cut off": (
        TransformedForecaster(DRIFT, lower=-1),
        {"transform": None, "lower": 0.1},
        lambda q: np.maximum(q, 0.1),
    ),
    "a scale, turned over": (
        TransformedForecaster(DRIFT, "sqrt"),
        {"transform": FALLING},
        lambda q: -q[:, ::-1],
    ),
}


@pytest.mark.parametrize("name", WITHIN)
def test_quantiles_of_what_was_seen_are_those_of_the_forecaster_within(name):
    forecaster, options, back = WITHIN[name]
    y = np.random.default_rng(4).poisson(1.5, 63).astype(float)
    sign = -1.0 if options["transform"] is FALLING else 1.0
    inner = clone(forecaster).fit(y[:60])
    model = TransformedForecaster(forecaster, **options).fit(sign * y[:60])
    rows, levels = pd.RangeIndex(3, 68), [0.1, 0.4, 0.6, 0.9]
    for _ in range(2):
        found = model.predict_quantiles(rows, levels)
        np.testing.assert_allclose(found, back(inner.predict_quantiles(rows, levels)), rtol=1e-12)
        assert (np.diff(found, axis=1) >= 0.0).all()
        model.update(sign * y[60:])
        inner.update(y[60:])


# The exponent.


def log_likelihood(exponent, y, period):
    """Normal changes about a mean for each position of the season, as an obvious loop."""
    z, groups, logs = boxcox(y, exponent), {}, 0.0
    for t in range(1, len(y)):
        if not np.isnan(z[t]) and not np.isnan(z[t - 1]):
            groups.setdefault(t % period, []).append(z[t] - z[t - 1])
            logs += np.log(y[t])
    n = sum(map(len, groups.values()))
    squares = sum(np.sum((np.array(one) - np.mean(one)) ** 2) for one in groups.values())
    return -0.5 * n * np.log(squares) + (exponent - 1.0) * logs


@pytest.mark.parametrize("period", [1, 4])
@pytest.mark.parametrize("exponent", [0.0, 0.3, 0.7, 1.0])
def test_the_exponent_is_the_most_likely_one(exponent, period):
    rng = np.random.default_rng(5)
    z = 12.0 + 0.25 * rng.normal(size=200).cumsum() + np.resize([0.5, -0.5, 0.2, 0.0], 200)
    y = inv_boxcox(z / (1.0 if exponent else 4.0), exponent)
    y[[0, 30, 31, 90, 199]] = np.nan
    seasonal = NaiveForecaster(strategy="seasonal", period=period)
    model = TransformedForecaster(seasonal, "boxcox").fit(y)
    best = minimize_scalar(
        lambda one: -log_likelihood(one, y, period), bounds=(0.0, 1.0), method="bounded"
    )
    # Both searches end within 1e-5.
    assert model.lambda_ == pytest.approx(best.x, abs=5e-5)
    # Of 200 values the exponent is told to some tenths.
    assert abs(model.lambda_ - exponent) < 0.25


def test_powers_are_those_of_the_exponent_found():
    model = TransformedForecaster(HOLT, "boxcox").fit(POSITIVE**3)
    assert 0.0 <= model.lambda_ < 1.0
    inner = clone(HOLT).fit(boxcox(POSITIVE**3, model.lambda_))
    # The scale is in units of the geometric mean, which is no more than another unit.
    wanted = inv_boxcox(inner.predict_interval(6), model.lambda_)
    assert relative_error(model.predict_interval(6), wanted) < 1e-8


def test_a_series_too_short_for_an_exponent_is_taken_as_it_is_and_told():
    with pytest.warns(UserWarning, match="series 1 has too few changes .* it is 1"):
        model = TransformedForecaster(DRIFT, "boxcox").fit(
            np.column_stack([POSITIVE, np.r_[POSITIVE[:4], np.full(56, np.nan)]])
        )
    assert model.lambda_[0] < 1.0 and model.lambda_[1] == 1.0
    alone = clone(DRIFT).fit(np.r_[POSITIVE[:4], np.full(56, np.nan)])
    np.testing.assert_allclose(model.predict(5)[:, 1], alone.predict(5), rtol=ROUNDING)


def test_a_constant_series_goes_through():
    with warnings.catch_warnings(action="ignore"):
        for transform in ("log", "sqrt", "boxcox", "logit", (np.arcsinh, np.sinh)):
            model = TransformedForecaster(SimpleExpSmoothingRNN(), transform)
            np.testing.assert_allclose(model.fit(np.full(20, 0.5)).predict(3), 0.5, rtol=1e-12)


# Means.


def test_means_are_those_of_the_distribution_carried_back():
    inner = clone(DRIFT).fit(np.log(POSITIVE))
    z = inner.predict(8)
    s = inner.predict_quantiles(8, [0.841344746068543])[:, 0] - z
    model = TransformedForecaster(DRIFT, bias_adjust=True).fit(POSITIVE)
    np.testing.assert_allclose(model.predict(8), np.exp(z + 0.5 * s**2), rtol=ROUNDING)
    model = TransformedForecaster(DRIFT, (np.log, np.exp), bias_adjust=True).fit(POSITIVE)
    np.testing.assert_allclose(model.predict(8), np.exp(z + 0.5 * s**2), rtol=ROUNDING)
    # Where the root is far from 0, E z^2 is z^2 + s^2.
    inner = clone(DRIFT).fit(np.sqrt(POSITIVE))
    z = inner.predict(8)
    s = inner.predict_quantiles(8, [0.841344746068543])[:, 0] - z
    model = TransformedForecaster(DRIFT, "sqrt", bias_adjust=True).fit(POSITIVE)
    np.testing.assert_allclose(model.predict(8), z**2 + s**2, rtol=1e-8)
    one_step = clone(DRIFT).fit(np.sqrt(POSITIVE)).fitted_values_[5] ** 2
    assert model.fitted_values_[5] > one_step
    # Where they are cut off, of what is left: paths say the same, to three standard errors.
    share = np.clip(SHARE, 0.02, 0.98)
    model = TransformedForecaster(DRIFT, "logit", bias_adjust=True).fit(share)
    paths = model.simulate(6, 4000, random_state=0)
    error = np.abs(paths.mean(axis=1) - model.predict(6)) / (paths.std(axis=1) / np.sqrt(4000))
    assert error.max() < 3.5


@pytest.mark.parametrize("place", [-6.0, 0.3, 4.0])
@pytest.mark.parametrize("deviation", [0.01, 1.0, 9.0])
@pytest.mark.parametrize(
    ("kind", "bounds"),
    [("log", (0.0, 3.0)), ("log", (-2.0, None)), ("logit", (None, None)), ("sqrt", (None, 5.0))],
)
def test_means_within_bounds_are_integrals_however_wide_the_distribution(
    kind, bounds, deviation, place
):
    scale = Scale.plain(kind, *bounds, 1)
    found = scale.mean(np.array([[place]]), np.array([[deviation]]))[0, 0]
    normal = np.linspace(-12.0, 12.0, 200_001)
    density = np.exp(-0.5 * normal**2) / np.sqrt(2 * np.pi)
    values = scale.backward(place + deviation * normal[:, None])[:, 0]
    expected = np.trapezoid(values * density, normal)
    if kind == "log" and bounds[1] is None:  # most of which may lie farther out
        expected = bounds[0] + np.exp(place + 0.5 * deviation**2)
    # A kink costs the square of the distance between places over 12, times its turn: here 1e-8, and
    # with a square root 1/64 of the variance. Of others the rules end within 1e-7.
    atol = deviation**2 / 8**2 / 12 if kind == "sqrt" else 1e-7
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=atol)


# The contract.


def test_names_dates_and_seasons_go_through():
    index = pd.period_range("2015-01", periods=60, freq="M", name="month")
    y = pd.DataFrame({"a": POSITIVE, "b": POSITIVE[::-1]}, index)
    y *= np.resize([1.0, 1.2, 0.9, 1.1, 0.7, 1.0], 60)[:, None]
    y.iloc[[3, 40], 1] = np.nan
    model = TransformedForecaster(TripleExpSmoothingRNN(), "boxcox").fit(y)
    assert model.period_ == 12 and model.lambda_.shape == (2,)
    found = model.predict_interval(4)
    assert list(found.columns) == [(one, b) for one in "ab" for b in ("lower", "upper")]
    assert found.index[0] == pd.Period("2020-01", "M")
    for name in "ab":
        alone = TransformedForecaster(TripleExpSmoothingRNN(), "boxcox").fit(y[name])
        assert alone.lambda_ == pytest.approx(model.lambda_["ab".index(name)], rel=1e-12)
        assert relative_error(found[name], alone.predict_interval(4)) < 1e-6
    assert "boxcox" in str(model.summary()) and "lambda" in str(model.summary())


def test_notes_on_the_season_are_those_of_the_forecaster():
    y = pd.Series(POSITIVE[:20], pd.date_range("2020-01", periods=20, freq="MS"))
    with pytest.warns(UserWarning, match="fewer than two full periods of 12") as plain:
        NaiveForecaster(strategy="seasonal").fit(y)
    with pytest.warns(UserWarning, match="fewer than two full periods of 12") as around:
        TransformedForecaster(NaiveForecaster(strategy="seasonal")).fit(y)
    assert [str(one.message) for one in around] == [str(one.message) for one in plain]


@pytest.mark.parametrize(("lower", "n_notes"), [(0, 0), (-1, 1)])
def test_that_a_series_is_mostly_zero_is_told_of_zeros_of_its_own(lower, n_notes):
    # On logarithms what is 1 above the bound is 0.
    y = np.random.default_rng(1).poisson(0.4, 40) + 1.0 + lower
    auto = TransformedForecaster(AutoExpSmoothingRNN(models=["ANN"]), lower=lower)
    frame = pd.DataFrame({"unique_id": 0, "ds": np.arange(40), "y": y})
    with warnings.catch_warnings(record=True, action="always") as caught:
        auto.fit(y)
        notes = PanelForecaster(auto).fit(frame).notes_["note"].tolist()
    assert sum("CrostonForecaster" in str(one.message) for one in caught) == 2 * n_notes
    assert sum("CrostonForecaster" in one for one in notes) == n_notes


def test_regressors_act_on_the_scale():
    X = np.random.default_rng(2).normal(size=(66, 2))
    y = np.exp(2.0 + 0.02 * np.arange(66) + X @ [0.5, -0.3] + 0.01 * WALK.repeat(2)[:66])
    model = TransformedForecaster(DoubleExpSmoothingRNN()).fit(X[:60], y[:60])
    inner = DoubleExpSmoothingRNN().fit(X[:60], np.log(y[:60]))
    assert relative_error(model.predict(X[60:]), np.exp(inner.predict(X[60:]))) < ROUNDING
    wanted = np.exp(inner.predict_interval(X[60:]))
    assert relative_error(model.predict_interval(X[60:]), wanted) < ROUNDING
    rows = pd.DataFrame(X[[63, 50, 61]], index=[63, 50, 61])
    assert relative_error(model.predict_interval(rows), np.exp(inner.predict_interval(rows))) < 1e-9
    paths = model.simulate(6, 3, X=X[60:], random_state=0)
    assert relative_error(paths, np.exp(inner.simulate(6, 3, X=X[60:], random_state=0))) < ROUNDING
    assert model.score(X[:60], y[:60]) == pytest.approx(model.score(X[:60], y[:60].tolist()))
    model.update(y[60:62], X[60:62])
    inner.update(np.log(y[60:62]), X[60:62])
    assert relative_error(model.predict(X[62:]), np.exp(inner.predict(X[62:]))) < ROUNDING
    assert np.isfinite(model.predict_interval(X[62:], method="conformal")).all()
    with pytest.raises(ValueError, match="fitted with 2 regressors"):
        model.predict(3)


def test_it_nests_both_ways():
    season = np.resize([0.8, 0.9, 1.3, 1.0], 60)
    y = POSITIVE * season
    around = DeseasonalizedForecaster(TransformedForecaster(DRIFT), period=4, test=False).fit(y)
    s = around.seasonal_indices_
    inner = clone(DRIFT).fit(np.log(y / np.resize(s, 60)))
    wanted = s[np.arange(6) % 4][:, None] * np.exp(inner.predict_interval(6))
    assert relative_error(around.predict_interval(6), wanted) < ROUNDING
    adjusted = DeseasonalizedForecaster(DRIFT, period=4, model="add", test=False)
    within = TransformedForecaster(adjusted).fit(y)
    wanted = np.exp(clone(adjusted).fit(np.log(y)).predict_interval(6))
    assert relative_error(within.predict_interval(6), wanted) < ROUNDING
    for model in (around, within):
        later = clone(model).fit(y[:40]).update(y[40:])
        assert np.isfinite(later.predict_interval(6)).all()


@pytest.mark.parametrize("transform", ["log", "sqrt", "boxcox"])
@pytest.mark.parametrize("scale", [1e-300, 1e-3, 1e300])
def test_the_unit_of_the_series_makes_no_difference(transform, scale):
    model = TransformedForecaster(HOLT, transform)
    expected = model.fit(POSITIVE).predict_interval(5)
    found = clone(model).fit(scale * POSITIVE).predict_interval(5) / scale
    assert relative_error(found, expected) < 1e-8


def test_the_transform_is_chosen_by_a_grid_search():
    search = GridSearchCV(
        TransformedForecaster(SimpleExpSmoothingRNN()),
        {"transform": ["log", "sqrt"], "forecaster": [DRIFT, HOLT]},
        cv=TimeSeriesSplit(2, test_size=5),
    )
    search.fit(pd.DataFrame(index=range(60)), POSITIVE)
    assert search.best_params_["transform"] in ("log", "sqrt")


# What is refused.

BAD_SERIES = [
    ({}, [3.0, 1.0, -2.0, 4.0], r"y is -2 at position 2, but transform='log' needs values above"),
    ({"lower": 1}, [3.0, 1.0, 2.0], r"y is 1 at position 1, .* above lower=1"),
    ({"transform": "boxcox"}, [3.0, 0.0, 2.0], r"y is 0 at position 1, but transform='boxcox'"),
    ({"transform": "sqrt"}, [3.0, -1.0, 2.0], r"y is -1 at position 1, .* not below lower=0"),
    ({"transform": "logit"}, [0.3, 1.0, 0.2], r"y is 1 at position 1, .* lower=0 and upper=1"),
    ({"transform": "logit"}, [0.3, 0.0, 0.2], r"y is 0 at position 1"),
    (
        {"transform": (np.log, np.exp)},
        [1.0, 0.0, 2.0],
        r"y is 0 at position 1, but transform=\(f, inverse\) needs f to be finite",
    ),
    ({"transform": (np.log, np.expm1)}, [1.0, 2.0], r"needs inverse\(f\(y\)\) to be y"),
    (
        {"transform": (lambda y: np.floor(y), lambda z: z + 1e-9)},
        [1.0, 2.0, 2.0 + 1e-7, 3.0],
        r"at position 2, .* f to rise with every value",
    ),
    ({"transform": (np.sum, np.exp)}, [1.0, 2.0], r"f must make one number of each"),
]


@pytest.mark.parametrize(("options", "y", "message"), BAD_SERIES)
def test_values_without_a_place_on_the_scale_are_named(options, y, message):
    model = TransformedForecaster(NaiveForecaster(), **options)
    with pytest.raises(ValueError, match=message):
        model.fit(y)
    assert not [name for name in vars(model) if name.endswith("_")]
    if "position" in message:
        with pytest.raises(ValueError, match="of series 1"):
            model.fit(np.column_stack([np.full(len(y), np.nan_to_num(y[0])), y]))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"transform": "ln"}, "transform must be one of 'log', 'boxcox', 'sqrt', 'logit', a pair"),
        ({"transform": (np.log,)}, "transform must be one of"),
        ({"transform": (np.log, 3)}, "transform must be one of"),
        ({"transform": None}, "transform=None does no more than cut off at bounds: set lower"),
        ({"transform": None, "lower": 0, "bias_adjust": True}, "bias_adjust is for a transform"),
        ({"lower": 3, "upper": 2}, "lower must be below upper, got 3 and 2"),
        ({"transform": "logit", "lower": 2}, "lower must be below upper, got 2 and 1"),
        ({"lower": np.inf}, "lower must be"),
        ({"transform": "logit", "lower": -1e308, "upper": 1e308}, "upper - lower must be a number"),
        ({"upper": "1"}, "upper must be"),
        ({"bias_adjust": "yes"}, "bias_adjust must be"),
        ({"forecaster": 3}, "forecaster must be a forecaster"),
    ],
)
def test_arguments_that_mean_nothing_are_refused(options, message):
    model = TransformedForecaster(NaiveForecaster()).set_params(**options)
    with pytest.raises(InvalidParameterError, match=message):
        model.fit(POSITIVE)


def test_an_update_that_fails_leaves_the_model_as_it_was():
    model = TransformedForecaster(HOLT).fit(POSITIVE)
    before = model.predict_interval(3)
    with pytest.raises(ValueError, match="y is -1 at position 1"):
        model.update([2.0, -1.0])
    np.testing.assert_array_equal(model.predict_interval(3), before)


def test_an_inverse_that_turns_where_forecasts_lie_is_no_wrong_interval():
    y = np.array([9.0, 4.0, 6.0, 2.0, 3.0, 1.0, 0.5])
    for functions in ((np.sqrt, np.square), (lambda y: 1.0 / y, lambda z: 1.0 / z)):
        model = TransformedForecaster(DRIFT, functions)
        with pytest.raises(ValueError, match="inverse must not turn between rising and falling"):
            model.fit(y).predict_interval(5)
    good = TransformedForecaster(DRIFT, (np.sqrt, lambda z: np.square(np.maximum(z, 0.0)))).fit(y)
    wanted = TransformedForecaster(DRIFT, "sqrt").fit(y).predict_interval(5)
    np.testing.assert_allclose(good.predict_interval(5), wanted, rtol=1e-12)


def test_an_inverse_is_looked_at_for_each_series_by_itself():
    # One over y falls for numbers above 0 and for those below, and turns between.
    falling = TransformedForecaster(
        SimpleExpSmoothingRNN(alpha=0.2), (np.reciprocal, np.reciprocal)
    )
    y = 100.0 + WALK
    both = clone(falling).fit(np.column_stack([y, -y])).predict_interval(3)
    for column, one in enumerate((y, -y)):
        np.testing.assert_array_equal(
            both[:, :, column], clone(falling).fit(one).predict_interval(3)
        )


def test_errors_of_the_forecaster_say_that_they_are_about_the_scale():
    y = np.r_[POSITIVE, 0.3, 0.4]
    relative, words = DoubleExpSmoothingRNN(error="mul"), r"on the scale transform='log': .* y is -"
    model = TransformedForecaster(relative)
    with pytest.raises(ValueError, match=words):
        model.fit(y)
    with pytest.raises(ValueError, match=r"series 0 on the scale transform='log' is -0.69"):
        TransformedForecaster(CrostonForecaster()).fit(POSITIVE).update([0.5])
    frame = pd.DataFrame({"unique_id": np.repeat([0, 1], 62), "ds": np.tile(range(62), 2)})
    with warnings.catch_warnings(action="ignore"):  # of the other series
        panel = PanelForecaster(model).fit(frame.assign(y=np.r_[y, y + 1.0]))
    assert re.match(words, panel.failures_["reason"].item())
    with pytest.raises(InvalidParameterError, match="^alpha must be"):
        TransformedForecaster(DoubleExpSmoothingRNN(alpha=3)).fit(POSITIVE)


def test_a_scale_within_a_scale_is_saved_with_what_was_seen_on_both(tmp_path):
    model = TransformedForecaster(TransformedForecaster(DRIFT, lower=-1), None, lower=0.1).fit(
        WALK**2
    )
    tsrnn.save(model.update([3.0, 4.0]), tmp_path / "model")
    rows = pd.RangeIndex(55, 65)
    loaded = tsrnn.load(tmp_path / "model").predict_interval(rows)
    np.testing.assert_array_equal(loaded, model.predict_interval(rows))


def test_functions_are_not_saved_and_that_is_said(tmp_path):
    model = TransformedForecaster(DRIFT, (np.cbrt, lambda z: z**3)).fit(WALK)
    with pytest.raises(TypeError, match=r"TransformedForecaster\.transform.* cannot be saved"):
        tsrnn.save(model, tmp_path / "model")


def test_shares_that_reach_a_bound_are_forecast_as_the_error_says():
    share = np.append(np.tile([0.7, 0.9, 0.95], 6), 1.0)
    match = r"TransformedForecaster\(..., None, lower=0, upper=1\) around it"
    with pytest.raises(ValueError, match=match):
        TransformedForecaster(DRIFT, "logit").fit(share)
    beyond = TransformedForecaster(DRIFT, "logit", upper=1.01).fit(share)
    around = TransformedForecaster(beyond, None, lower=0, upper=1).fit(share)
    expected = np.clip(beyond.predict_interval(5), 0.0, 1.0)
    np.testing.assert_array_equal(around.predict_interval(5), expected)
    assert beyond.predict_interval(5).max() > 1.0
