"""Errors that are shares of the prediction of the series itself, what regressors add included."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from tsrnn import (
    DoubleExpSmoothingRNN,
    PanelForecaster,
    SimpleExpSmoothingRNN,
    TripleExpSmoothingRNN,
)

MULTIPLICATIVE = [
    SimpleExpSmoothingRNN(error="mul"),
    DoubleExpSmoothingRNN(error="mul", damped=True),
    TripleExpSmoothingRNN(period=4, error="mul"),
    TripleExpSmoothingRNN(period=4, error="mul", seasonal="mul"),
]
every_multiplicative = pytest.mark.parametrize("smoother", MULTIPLICATIVE, ids=repr)


def shop(seed, n=60, missing=()):
    """Sales that a price moves by half of what they are."""
    rng = np.random.default_rng(seed)
    price = rng.uniform(1.0, 3.0, n)
    level = 100.0 * np.exp(0.02 * rng.normal(size=n).cumsum())
    y = (level + 40.0 * price) * (1.0 + 0.03 * rng.normal(size=n))
    y[list(missing)] = np.nan
    return price[:, None], y


@every_multiplicative
@pytest.mark.parametrize("missing", [(), (20, 21, 40)], ids=["whole", "gaps"])
def test_relative_errors_are_shares_of_predictions_with_the_regressors(smoother, missing):
    X, y = shop(0, missing=missing)
    model = clone(smoother).fit(X, y)
    seen = ~np.isnan(y)
    predictions = model.fitted_values_[seen]
    shares = (y[seen] - predictions) / predictions
    n = seen.sum()
    n_parameters = int(round((model.aic_ + 2.0 * model.loglik_) / 2.0)) - 1
    assert model.sigma2_ == pytest.approx(np.sum(shares**2) / (n - n_parameters), rel=1e-9)
    loglik = -0.5 * n * (np.log(2.0 * np.pi * np.mean(shares**2)) + 1.0) - np.log(predictions).sum()
    assert model.loglik_ == pytest.approx(loglik, rel=1e-9)


@every_multiplicative
@pytest.mark.parametrize("solver", ["L-BFGS-B", "SLSQP"])
def test_each_solver_finds_their_likelihood(smoother, solver):
    X, y = shop(1)
    model = clone(smoother).fit(X, y)
    other = clone(smoother).set_params(solver=solver).fit(X, y)
    assert other.loglik_ == pytest.approx(model.loglik_, abs=0.05)


@every_multiplicative
def test_intervals_are_as_wide_as_the_regressors_of_each_step_make_them(smoother):
    X, y = shop(2)
    model = clone(smoother).fit(X, y)
    ahead = np.full((6, 1), 2.0)
    ahead[[1, 4]] = 12.0
    width = np.diff(model.predict_interval(ahead, 0.9))[:, 0]
    shares = width / model.predict(ahead)
    # Far larger predictions have far larger errors, and shares that are nearly the same.
    assert (width[[1, 4]] > 1.8 * width[[0, 2]]).all()
    assert shares.max() < 1.35 * shares.min()
    paths = model.simulate(6, 40000, X=ahead, random_state=0)
    np.testing.assert_allclose(paths.mean(axis=1), model.predict(ahead), rtol=0.01)
    drawn = np.diff(np.quantile(paths, [0.05, 0.95], axis=1), axis=0)[0]
    np.testing.assert_allclose(drawn, width, rtol=0.06)


def test_their_variances_are_those_of_the_recursion():
    X, y = shop(3)
    model = SimpleExpSmoothingRNN(error="mul").fit(X, y)
    ahead = np.array([[1.0], [9.0], [2.0], [30.0]])
    of_state, expected = 0.0, []
    for prediction in model.predict(ahead):
        innovation = model.sigma2_ * (prediction**2 + of_state)
        expected.append(np.sqrt(innovation + of_state))
        of_state += model.alpha_**2 * innovation
    width = np.diff(model.predict_interval(ahead, 0.6826894921370859))[:, 0]
    np.testing.assert_allclose(width, 2.0 * np.array(expected), rtol=1e-9)


@every_multiplicative
def test_they_go_on_through_updates_and_are_the_same_in_a_panel(smoother):
    X, y = shop(4)
    days = pd.date_range("2024-01-01", periods=60)
    X = pd.DataFrame(X, days, columns=["price"])
    frame = pd.DataFrame({"unique_id": "a", "ds": days, "y": y, "price": X["price"]})
    model = clone(smoother).fit(X[:48], y[:48])
    panel = PanelForecaster(clone(smoother)).fit(frame[:48])
    for first, last in ((48, 49), (49, 52)):
        of_panel = panel.predict(X_df=frame[first:54].drop(columns="y"), level=[90])
        of_panel = of_panel[[name for name in of_panel if name.endswith("90")]].to_numpy()
        of_model = np.asarray(model.predict_interval(X[first:54], 0.9))
        np.testing.assert_allclose(of_panel, of_model, rtol=1e-9)
        model.update(y[first:last], X=X[first:last])
        panel.update(frame[first:last])
    # One-step predictions inside what was seen are as wide as the shares there.
    predictions = model.predict(X[:52])
    width = np.diff(model.predict_interval(X[:52], 0.9))[:, 0]
    of_normal = 2.0 * 1.6448536269514722 * np.sqrt(model.sigma2_)
    np.testing.assert_allclose(width / predictions, of_normal, rtol=1e-9)


def test_an_update_is_judged_by_the_series_and_not_by_what_is_net_of_regressors():
    """A series that stays far above zero while its level, without the regressor, does not."""
    rng = np.random.default_rng(0)
    t = np.arange(300)
    x = 3.0 * t + 200.0 * rng.random(300)
    y = (120.0 - 1.6 * t + x) * (1.0 + 0.02 * rng.normal(size=300))
    X = x[:, None]
    model = DoubleExpSmoothingRNN(error="mul").fit(X[:60], y[:60])
    in_pieces = DoubleExpSmoothingRNN(error="mul").fit(X[:60], y[:60])
    model.update(y[60:], X[60:])
    for row in range(60, 300):
        in_pieces.update(y[[row]], X[[row]])
    assert model.state_ == pytest.approx(in_pieces.state_, rel=1e-12)
    frame = pd.DataFrame({"unique_id": "a", "ds": t, "y": y, "x": x})
    panel = PanelForecaster(DoubleExpSmoothingRNN(error="mul")).fit(frame[:60])
    assert panel.update(frame[60:]).failures_.empty


def test_an_update_to_predictions_that_are_not_positive_is_refused_with_regressors_too():
    rng = np.random.default_rng(0)
    x = rng.random(60) * 200.0
    y = (50.0 + x) * (1.0 + 0.02 * rng.normal(size=60))
    model = SimpleExpSmoothingRNN(error="mul").fit(x[:, None], y)
    with pytest.raises(ValueError, match="a prediction would not be"):
        model.update([-30.0] * 9, [[-80.0]] * 9)
