"""Regressors known in advance: learned with the rest, against dense solves and known truth."""

import warnings

import naive
import numpy as np
import pandas as pd
import pytest
from scipy.optimize import least_squares
from sklearn.base import clone
from sklearn.model_selection import TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tsrnn import (
    AutoExpSmoothingRNN,
    DoubleExpSmoothingRNN,
    SimpleExpSmoothingRNN,
    TripleExpSmoothingRNN,
)


def make_data(n_timesteps=120, n_missing=0, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n_timesteps, 2)) * [3.0, 0.1]
    level = 50.0 + 0.2 * np.arange(n_timesteps) + rng.standard_normal(n_timesteps).cumsum() * 0.3
    y = level + X @ [2.0, -30.0] + 0.2 * rng.standard_normal(n_timesteps)
    y[rng.choice(n_timesteps, n_missing, replace=False)] = np.nan
    return X, y


def holt_errors(z, alpha, beta, phi, level, trend):
    """One-step errors of Holt's method, by the textbook's recursion; 0 where z is missing."""
    errors = np.zeros(len(z))
    for t, value in enumerate(z):
        prediction = level + phi * trend
        errors[t] = 0.0 if np.isnan(value) else value - prediction
        seen = prediction if np.isnan(value) else value
        old = level
        level = alpha * seen + (1.0 - alpha) * prediction
        if np.isnan(value):
            trend = phi * trend
        else:
            trend = beta * (level - old) + (1.0 - beta) * phi * trend
    return errors


def dense_solution(X, y, alpha, beta, phi):
    """Coefficients and initial state with the least SSE at fixed smoothing parameters."""

    def errors(unknowns):
        return holt_errors(y - X @ unknowns[:-2], alpha, beta, phi, *unknowns[-2:])

    size = X.shape[1] + 2
    constant = errors(np.zeros(size))
    columns = np.column_stack([errors(unit) - constant for unit in np.eye(size)])
    unknowns = np.linalg.lstsq(columns, -constant, rcond=None)[0]
    return unknowns, float(np.sum((constant + columns @ unknowns) ** 2))


@pytest.mark.parametrize("n_missing", [0, 15])
@pytest.mark.parametrize("phi", [None, 0.9])
def test_coefficients_and_initial_state_are_those_of_a_dense_solve(n_missing, phi):
    X, y = make_data(n_missing=n_missing)
    model = DoubleExpSmoothingRNN(alpha=0.4, beta=0.2, phi=phi, damped=phi is not None).fit(X, y)
    unknowns, sse = dense_solution(X, y, 0.4, 0.2, phi or 1.0)
    # Two ways to the same small least-squares problem, both good to its condition number.
    np.testing.assert_allclose(np.r_[model.coef_, model.initial_state_], unknowns, rtol=1e-8)
    np.testing.assert_allclose(model.sse_, sse, rtol=1e-10)


def test_no_nearby_smoothing_parameters_have_a_lower_sse():
    X, y = make_data()
    model = DoubleExpSmoothingRNN().fit(X, y)
    for d_alpha in (-0.02, 0.0, 0.02):
        for d_beta in (-0.02, 0.0, 0.02):
            alpha, beta = np.clip([model.alpha_ + d_alpha, model.beta_ + d_beta], 0.0, 1.0)
            assert dense_solution(X, y, alpha, beta, 1.0)[1] >= model.sse_ * (1.0 - 1e-9)


def test_the_effect_is_found_where_it_is_known():
    X, y = make_data(400)
    model = DoubleExpSmoothingRNN().fit(X, y)
    # Standard errors at this length are about 0.01 and 0.2.
    assert np.all(np.abs(model.coef_ - [2.0, -30.0]) < [0.05, 1.0])


@pytest.mark.parametrize("loss", ["huber", "absolute_error"])
def test_other_losses_learn_coefficients_too_and_shrug_off_an_outlier(loss):
    X, y = make_data(200)
    y[100] += 1e3
    model = DoubleExpSmoothingRNN(loss=loss).fit(X, y)
    # Twice the tolerance above: half the length, and less efficient losses.
    assert np.all(np.abs(model.coef_ - [2.0, -30.0]) < [0.1, 2.0])


def test_forecasts_are_those_of_the_net_series_plus_the_effect():
    X, y = make_data(n_missing=5)
    model = DoubleExpSmoothingRNN().fit(X[:100], y[:100])
    net = DoubleExpSmoothingRNN(
        alpha=model.alpha_, beta=model.beta_, initial_state=model.initial_state_
    ).fit(y[:100] - X[:100] @ model.coef_)
    effect = X[100:] @ model.coef_
    np.testing.assert_allclose(model.predict(X[100:]), net.predict(20) + effect, rtol=1e-10)
    np.testing.assert_allclose(model.state_, net.state_, rtol=1e-10)
    interval = model.predict_interval(X[100:])
    np.testing.assert_allclose(interval.mean(axis=1), model.predict(X[100:]), rtol=1e-12)
    paths = model.simulate(20, 4000, X=X[100:], random_state=0)
    deviation = (interval[:, 1] - interval[:, 0]) / (2 * 1.959964)
    # A mean of 4,000 draws is off by 4 of its standard errors once in 10,000.
    assert np.all(np.abs(paths.mean(axis=1) - model.predict(X[100:])) < 4 * deviation / 63.2)


def test_an_update_with_regressors_goes_on_as_one_run():
    X, y = make_data()
    fixed = DoubleExpSmoothingRNN(alpha=0.3, beta=0.1, initial_state=(50.0, 0.2))
    model = fixed.fit(X[:100], y[:100])
    before = model.predict(X[[100]])[0]
    model.update(y[100:110], X=X[100:110]).update(y[110], X=X[[110]])
    after = model.predict(X[[111]])[0]
    errors = holt_errors(y[:112] - X[:112] @ model.coef_, 0.3, 0.1, 1.0, 50.0, 0.2)
    np.testing.assert_allclose([before, after], (y[:112] - errors)[[100, 111]], rtol=1e-10)


def test_time_stamps_place_rows_with_regressors():
    X, y = make_data()
    index = pd.date_range("2010-01-01", periods=len(y), freq="MS")
    X, y = pd.DataFrame(X, index=index, columns=["price", "promotion"]), pd.Series(y, index)
    model = DoubleExpSmoothingRNN().fit(X[:100], y[:100])
    np.testing.assert_allclose(model.predict(X[:100]), model.fitted_values_, rtol=1e-12)
    request = X.iloc[[105, 100]]
    pd.testing.assert_series_equal(
        model.predict(request), model.predict(X[100:]).loc[request.index]
    )
    assert list(model.feature_names_in_) == ["price", "promotion"]


def test_several_series_have_coefficients_of_their_own():
    X, y = make_data()
    both = DoubleExpSmoothingRNN().fit(X, np.column_stack([y, 3.0 * y[::-1]]))
    assert both.coef_.shape == (2, 2)
    one = DoubleExpSmoothingRNN().fit(X, y)
    np.testing.assert_allclose(both.coef_[0], one.coef_, rtol=1e-12)
    np.testing.assert_allclose(both.predict(X[:5])[:, 0], one.predict(X[:5]), rtol=1e-12)


def test_units_of_regressors_do_not_matter():
    X, y = make_data()
    one = DoubleExpSmoothingRNN().fit(X, y)
    other = DoubleExpSmoothingRNN().fit(X * [1e9, 1e-7], y)
    # The scaled problem is the same but for rounding.
    np.testing.assert_allclose(other.coef_ * [1e9, 1e-7], one.coef_, rtol=1e-7)


@pytest.mark.parametrize("seed", range(10))
def test_regressors_that_say_the_same_or_nothing_leave_the_forecast_as_it_is(seed):
    X, y = make_data(seed=seed)
    once = DoubleExpSmoothingRNN().fit(X, y)
    more = np.column_stack([X, 2.0 * X[:, 0] - 1.0, np.full(len(X), 7.0)])
    with pytest.warns(UserWarning, match=r"columns \[2, 3\] of X say nothing"):
        twice = DoubleExpSmoothingRNN().fit(more, y)
    # What is left of the copies is rounding.
    np.testing.assert_allclose(twice.coef_, [*once.coef_, 0.0, 0.0], rtol=1e-6)
    np.testing.assert_allclose(twice.predict(more[:10]), once.predict(X[:10]), rtol=1e-6)


def wordless(X):
    """Columns that say nothing beside X, by what they are."""
    n = len(X)
    return {
        "constant": np.full(n, 7.0),
        "copy": X[:, 0],
        "affine copy": 2.0 * X[:, 0] - 1.0,
        "sum of others": X.sum(axis=1) + 3.0,
        "copy far from zero": X[:, 1] + 1e6,
    }


@pytest.mark.parametrize("kind", list(wordless(np.zeros((1, 2)))))
@pytest.mark.parametrize(
    "smoother",
    [
        SimpleExpSmoothingRNN(),
        SimpleExpSmoothingRNN(error="mul"),
        DoubleExpSmoothingRNN(solver="L-BFGS-B"),
        TripleExpSmoothingRNN(period=4, seasonal="mul"),
        AutoExpSmoothingRNN(period=1),
    ],
    ids=repr,
)
def test_regressors_that_say_nothing_are_no_parameters(smoother, kind):
    X, y = make_data(48)
    y += 100.0
    more = np.column_stack([X, wordless(X)[kind]])
    once = clone(smoother).fit(X, y)
    with pytest.warns(UserWarning, match=r"columns \[2\] of X say nothing"):
        twice = clone(smoother).fit(more, y)
    assert twice.coef_[2] == 0.0
    for name in ("aic_", "aicc_", "bic_", "sigma2_"):
        assert getattr(twice, name) == pytest.approx(getattr(once, name), rel=1e-9), name
    # What is in a missing row alone says nothing either.
    y[10] = np.nan
    with pytest.warns(UserWarning, match=r"columns \[2\] of X say nothing"):
        clone(smoother).fit(np.column_stack([X, np.arange(48) == 10]), y)


@pytest.mark.parametrize("seed", range(10))
def test_regressors_that_the_state_can_stand_in_for_are_fitted(seed):
    """A trend, seasonal dummies that add up to one, and walks that a trend nearly explains."""
    rng = np.random.default_rng(seed)
    t = np.arange(50.0)
    y = rng.standard_normal(50).cumsum()
    alone = DoubleExpSmoothingRNN().fit(y)
    for X in (t[:, None], np.eye(7)[t.astype(int) % 7], np.column_stack([t, rng.random(50)])):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "series 0: the columns", UserWarning)
            model = DoubleExpSmoothingRNN().fit(X, y)
        assert np.isfinite(model.predict(X[:5])).all()
        assert model.sse_ <= alone.sse_ * (1.0 + 1e-6)


@pytest.mark.parametrize("offset", [1e3, 1e6, 1e9])
def test_an_offset_of_a_regressor_moves_the_level_alone(offset):
    X, y = make_data()
    X = np.round(X * 2**10) / 2**10  # so that adding the offset loses nothing
    model = DoubleExpSmoothingRNN(alpha=0.3, beta=0.1)
    coefficients, level = model.fit(X, y).coef_, model.initial_state_[0]
    moved = model.fit(X + offset, y)
    # The offset leaves so many digits of a column of order one.
    np.testing.assert_allclose(moved.coef_, coefficients, rtol=1e-15 * offset + 1e-9)
    expected = level - offset * moved.coef_.sum()
    np.testing.assert_allclose(moved.initial_state_[0], expected, rtol=1e-9)


def test_given_and_heuristic_states_are_those_of_the_series_net_of_its_regressors():
    X, y = make_data()
    X += 1000.0
    for initial_state in ("heuristic", (29_000.0, 0.2)):
        smoother = DoubleExpSmoothingRNN(alpha=0.3, beta=0.1, initial_state=initial_state)
        model = smoother.fit(X, y)
        net = DoubleExpSmoothingRNN(**smoother.get_params()).fit(y - X @ model.coef_)
        np.testing.assert_allclose(model.sse_, net.sse_, rtol=1e-8)
        np.testing.assert_allclose(model.initial_state_, net.initial_state_, rtol=1e-8)
        np.testing.assert_allclose(model.state_, net.state_, rtol=1e-8)


def test_a_network_has_no_place_for_regressors():
    X, y = make_data()
    with pytest.raises(TypeError, match="2 regressors"):
        DoubleExpSmoothingRNN().fit(X, y).to_rnn()


def test_the_summary_lists_the_coefficients():
    X, y = make_data()
    model = DoubleExpSmoothingRNN(alpha=0.3).fit(pd.DataFrame(X, columns=["price", "ads"]), y)
    text = str(model.summary())
    assert "coefficient price" in text
    assert "given" in text


def test_the_criteria_count_the_coefficients():
    X, y = make_data()
    model = SimpleExpSmoothingRNN().fit(X, y)
    k = 1 + 1 + 2  # alpha, level, two coefficients
    np.testing.assert_allclose(model.aic_, -2.0 * model.loglik_ + 2.0 * (k + 1), rtol=1e-12)
    np.testing.assert_allclose(model.sigma2_, model.sse_ / (len(y) - k), rtol=1e-12)


def test_pipelines_and_cross_validation_pass_regressors_on():
    X, y = make_data()
    pipeline = make_pipeline(StandardScaler(), DoubleExpSmoothingRNN())
    np.testing.assert_allclose(
        pipeline.fit(X[:100], y[:100]).predict(X[100:]),
        DoubleExpSmoothingRNN().fit(X[:100], y[:100]).predict(X[100:]),
        rtol=1e-5,  # the level takes up what the scaler takes off: other rounding, same optimum
    )
    scores = cross_val_score(DoubleExpSmoothingRNN(), X, y, cv=TimeSeriesSplit(3, test_size=12))
    assert scores.min() > 0.5  # the regressors carry most of the variance


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda model, X, y: model.predict(3), "fitted with 2 regressors"),
        (lambda model, X, y: model.predict(X[:, :1]), "X has 1 features"),
        (lambda model, X, y: model.predict(np.full((2, 2), np.nan)), "NaN at row 0, column 0"),
        (lambda model, X, y: model.update(1.0), "fitted with 2 regressors"),
        (lambda model, X, y: model.update(y[:3], X=X[:2]), "X has 2 rows"),
        (lambda model, X, y: model.simulate(3), "fitted with 2 regressors"),
        (lambda model, X, y: model.simulate(3, X=X[:4]), "X has 4 rows"),
        (lambda model, X, y: model.fit(X[:-1], y), "X has 119 rows"),
        (lambda model, X, y: model.fit(X * [np.inf, 1.0], y), "infinity at row 0, column 0"),
        (lambda model, X, y: model.fit(np.ma.masked_less(X, -3.0), y), "NaN at row"),
        (lambda model, X, y: model.fit(pd.DataFrame(X).iloc[[0, *range(119, 0, -1)]], y), "row 1"),
        (lambda model, X, y: model.predict(10**12), "horizon must be at most"),
    ],
)
def test_wrong_regressors_get_a_clear_error_and_change_nothing(call, message):
    X, y = make_data()
    model = DoubleExpSmoothingRNN().fit(X, y)
    before = model.predict(X[:3])
    with pytest.raises(ValueError, match=message):
        call(model, X, y)
    np.testing.assert_array_equal(model.predict(X[:3]), before)
    assert model.n_features_in_ == 2


def test_a_fit_without_regressors_forgets_those_of_the_fit_before():
    X, y = make_data()
    model = DoubleExpSmoothingRNN().fit(pd.DataFrame(X, columns=["a", "b"]), y).fit(y)
    assert not hasattr(model, "coef_")
    assert not hasattr(model, "feature_names_in_")
    assert model.predict(2).shape == (2,)


# With a season.

PERIOD = 4
SEASONAL = {"alpha": 0.4, "beta": 0.2, "gamma": 0.3}


def make_seasonal_data(n_missing=0, seed=0):
    X, y = make_data(60, seed=seed)
    y = 40.0 + 0.2 * (y - y.mean()) + np.tile([3.0, -1.0, 1.0, -3.0], 15)
    y[np.random.default_rng(seed).choice(60, n_missing, replace=False)] = np.nan
    return X, y


def seasonal_errors(cell, X, y, phi, unknowns):
    """By the naive loop; unknowns are coefficients, level, trend and all seasons but the last."""
    coefficients, (level, trend), seasons = unknowns[:2], unknowns[2:4], unknowns[4:]
    last = -np.sum(seasons) if cell == "holt_winters_add" else PERIOD - np.sum(seasons)
    theta = np.array([SEASONAL["alpha"], SEASONAL["beta"], SEASONAL["gamma"], phi])
    state = np.array([level, trend, *seasons, last])
    return naive.errors(cell, theta, y - X @ coefficients, state)


def from_first_value(X, y):
    began = np.flatnonzero(~np.isnan(y))[0]
    return X[began:], y[began:]


@pytest.mark.parametrize("n_missing", [0, 9])
@pytest.mark.parametrize("phi", [None, 0.9])
@pytest.mark.parametrize("solver", ["auto", "L-BFGS-B"])
def test_with_an_additive_season_they_are_those_of_a_dense_solve(n_missing, phi, solver):
    X, y = from_first_value(*make_seasonal_data(n_missing))
    seen, size = ~np.isnan(y), 2 + 2 + PERIOD - 1

    def errors(unknowns):
        return seasonal_errors("holt_winters_add", X, y, phi or 1.0, unknowns)[seen]

    constant = errors(np.zeros(size))
    columns = np.column_stack([errors(unit) - constant for unit in np.eye(size)])
    unknowns = np.linalg.lstsq(columns, -constant, rcond=None)[0]
    model = TripleExpSmoothingRNN(
        period=PERIOD, phi=phi, damped=phi is not None, solver=solver, **SEASONAL
    ).fit(X, y)
    found = np.r_[model.coef_, model.initial_state_[:-1]]
    # Two ways to the same small least-squares problem; the search leaves 1e-6 of the errors or so.
    np.testing.assert_allclose(found, unknowns, rtol=1e-5, atol=1e-5)
    assert model.initial_state_[-1] == pytest.approx(-model.initial_state_[2:-1].sum(), abs=1e-9)
    np.testing.assert_allclose(model.sse_, np.sum((constant + columns @ unknowns) ** 2), rtol=1e-8)


def test_with_a_multiplicative_season_no_least_squares_search_finds_a_lower_sse():
    X, y = from_first_value(*make_seasonal_data(5))
    model = TripleExpSmoothingRNN(period=PERIOD, seasonal="mul", **SEASONAL).fit(X + 7.0, y)
    X = X - X.mean(axis=0)  # what they add is counted from there
    seen = ~np.isnan(y)

    def errors(unknowns):
        return seasonal_errors("holt_winters_mul", X, y, 1.0, unknowns)[seen]

    found = np.r_[model.coef_, model.initial_state_[:-1]]
    np.testing.assert_allclose(np.sum(errors(found) ** 2), model.sse_, rtol=1e-9)
    for seed in range(3):
        start = found * (1.0 + 0.1 * np.random.default_rng(seed).normal(size=found.size))
        other = least_squares(errors, start, xtol=1e-12, ftol=1e-12)
        assert model.sse_ <= 2.0 * other.cost * (1.0 + 1e-6)  # what the search leaves


@pytest.mark.parametrize("initial_state", ["heuristic", (35.0, 0.1, 3.0, -1.0, 1.0, -3.0)])
def test_with_a_season_other_initial_states_are_of_the_net_series_too(initial_state):
    X, y = make_seasonal_data()
    smoother = TripleExpSmoothingRNN(period=PERIOD, initial_state=initial_state, **SEASONAL)
    model = smoother.fit(X + 10.0, y)
    net = TripleExpSmoothingRNN(**smoother.get_params()).fit(y - (X + 10.0) @ model.coef_)
    np.testing.assert_allclose(model.sse_, net.sse_, rtol=1e-8)
    np.testing.assert_allclose(model.initial_state_, net.initial_state_, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(model.state_, net.state_, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize(
    "smoother",
    [
        TripleExpSmoothingRNN(period=PERIOD),
        TripleExpSmoothingRNN(period=PERIOD, seasonal="mul", error="mul"),
        SimpleExpSmoothingRNN(error="mul"),
    ],
    ids=repr,
)
def test_forecasts_of_all_structures_are_those_of_the_net_series_plus_the_effect(smoother):
    X, y = make_seasonal_data(4)
    X = X - X[np.flatnonzero(~np.isnan(y))[0] : 48].mean(axis=0)
    model = clone(smoother).fit(X[:48], y[:48])
    names = ("alpha", "beta", "gamma")
    fixed = {name: getattr(model, f"{name}_") for name in names if hasattr(smoother, name)}
    net = clone(smoother).set_params(**fixed, initial_state=model.initial_state_)
    net.fit(y[:48] - X[:48] @ model.coef_)
    effect = X[48:] @ model.coef_
    np.testing.assert_allclose(model.predict(X[48:]), net.predict(12) + effect, rtol=1e-9)
    np.testing.assert_allclose(model.state_, net.state_, rtol=1e-9)
    if smoother.error == "add":
        # Coefficients count as parameters, so sigma2_ is larger.
        widths = np.diff(net.predict_interval(12)) * np.sqrt(model.sigma2_ / net.sigma2_)
        np.testing.assert_allclose(np.diff(model.predict_interval(X[48:])), widths, rtol=1e-9)
    updated = model.update(y[48:50], X=X[48:50]).predict(X[50:])
    expected = net.update(y[48:50] - effect[:2]).predict(10) + effect[2:]
    np.testing.assert_allclose(updated, expected, rtol=1e-9)


# Where regressors are measured from: Celsius or Kelvin.


def warm_sales(seed, n=48):
    rng = np.random.default_rng(seed)
    temperature = 10.0 + 8.0 * np.sin(np.arange(n) * 2.0 * np.pi / 12.0) + rng.normal(size=n)
    growing = 50.0 * np.exp(0.02 * np.arange(n)) * (1.0 + 0.05 * rng.normal(size=n))
    return temperature[:, None], growing + 1.5 * temperature


@pytest.mark.parametrize("origin", [273.15, -40.0, 100.0, -1e4])
@pytest.mark.parametrize(
    "smoother",
    [
        AutoExpSmoothingRNN(period=1),
        SimpleExpSmoothingRNN(error="mul"),
        DoubleExpSmoothingRNN(error="mul"),
        TripleExpSmoothingRNN(period=12, seasonal="mul"),
        TripleExpSmoothingRNN(period=12, seasonal="mul", error="mul"),
    ],
    ids=repr,
)
def test_no_model_hangs_on_the_origin_of_its_regressors(smoother, origin):
    X, y = warm_sales(seed=3)
    one, other = clone(smoother).fit(X, y), clone(smoother).fit(X + origin, y)
    assert getattr(one, "model_", None) == getattr(other, "model_", None)
    ahead = X[:4] + 2.0
    # The same to the rounding of the larger numbers, and what a search leaves.
    np.testing.assert_allclose(other.coef_, one.coef_, rtol=1e-4)
    np.testing.assert_allclose(other.predict(ahead + origin), one.predict(ahead), rtol=1e-5)
    intervals = (other.predict_interval(ahead + origin), one.predict_interval(ahead))
    np.testing.assert_allclose(*intervals, rtol=1e-4)


def warm_growth(seed):
    """A growing series, whose likelihood has two optima, that warm weather adds to."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(16, 61))
    t, noise = np.arange(n), rng.normal(size=n)
    rng = np.random.default_rng(seed)
    temperature = 10.0 + 8.0 * np.sin(t * 2.0 * np.pi / 12.0) + rng.normal(size=n)
    y = 20.0 * np.exp(0.04 * t) * (1.0 + 0.05 * noise)
    return temperature[:, None], y + 0.5 * (temperature - temperature.min())


@pytest.mark.parametrize("seed", [203, 288, 338, 723, 743, 948])
def test_what_is_chosen_is_as_likely_as_it_was_found_to_be(seed):
    """The last search begins where that of the choice ended, coefficients and all."""
    X, y = warm_growth(seed)
    for origin in (0.0, 273.15):
        chosen = AutoExpSmoothingRNN(period=1).fit(X + origin, y)
        found = chosen.selection_.loc[chosen.model_, "loglik"]
        # To what a search for a choice leaves.
        assert chosen.loglik_ == pytest.approx(found, abs=1e-3)
        assert chosen.model_ == "MAN"


@pytest.mark.parametrize("n_columns", [1, 6, 11])
@pytest.mark.parametrize(
    "smoother", [AutoExpSmoothingRNN(), SimpleExpSmoothingRNN(error="mul")], ids=repr
)
def test_columns_that_say_nothing_take_no_values_to_learn(smoother, n_columns):
    y = np.array([3.0, 5, 7, 9.2, 11, 13, 15.1, 17, 19, 21, 23.05, 25])
    alone = clone(smoother).fit(y)
    X = np.ones((12, n_columns))
    with pytest.warns(UserWarning, match="say nothing"):
        beside = clone(smoother).fit(X, y)
    np.testing.assert_allclose(beside.predict(X[:3]), alone.predict(3), rtol=1e-9)


@pytest.mark.parametrize("size", [1e307, 1e-300])
@pytest.mark.parametrize("error", ["add", "mul"])
def test_regressors_may_be_as_large_and_as_small_as_floats_are(error, size):
    p = (np.arange(60) % 3 == 0).astype(float)[:, None]
    y = 50.0 + 20.0 * p[:, 0] + np.random.default_rng(0).random(60)
    model = SimpleExpSmoothingRNN(error=error).fit(p * size, y)
    assert model.coef_[0] * size == pytest.approx(20.0, abs=0.5)
    with pytest.raises(ValueError, match="column 0 of X is beyond the range of floats"):
        SimpleExpSmoothingRNN(error=error).fit(p * 1e-308, y)
