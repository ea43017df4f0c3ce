"""Standard errors against the curvature of likelihoods written as slow loops, and peers."""

import family
import naive
import numpy as np
import pandas as pd
import pytest
from statsmodels.api import OLS, add_constant
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

import tsrnn
from tsrnn import (
    AutoExpSmoothingRNN,
    ComplexExpSmoothingRNN,
    DoubleExpSmoothingRNN,
    SimpleExpSmoothingRNN,
    TripleExpSmoothingRNN,
)

PARAMETERS = ["alpha", "beta", "gamma", "phi"]
WALK = 50.0 + np.random.default_rng(4).normal(size=90).cumsum()
WALK += np.random.default_rng(5).normal(size=90)


def hessian(function, point, step=2e-4):
    """Differences of fourth order of the complex-step gradient: errors of step^4."""

    def gradient(i, shift):
        moved = point.copy()
        moved[i] += shift * step * max(1.0, abs(point[i]))
        return naive.complex_step_gradient(function, moved)

    rows = [
        (8.0 * (gradient(i, 1) - gradient(i, -1)) - gradient(i, 2) + gradient(i, -2))
        / (12.0 * step * max(1.0, abs(point[i])))
        for i in range(point.size)
    ]
    return np.array(rows)


def log_likelihood(cell, is_relative, theta, state, y):
    """At its best variance, less a constant, of complex numbers too."""
    predictions = naive.NAIVE[cell](theta, y[:, None], state)[1][:, 0]
    seen = ~np.isnan(y)
    errors, means = (y - predictions)[seen], predictions[seen]
    squares = np.sum((errors / means if is_relative else errors) ** 2)
    return -0.5 * errors.size * np.log(squares) - (np.sum(np.log(means)) if is_relative else 0.0)


def naive_errors(name, model, y):
    """Errors of parameters and states of a model, those of its parameters that have one."""
    found = model.bse_
    free = [one for one in PARAMETERS if not np.isnan(found.get(one, np.nan))]
    theta, start = family.theta_of(model), np.atleast_1d(model.initial_state_)
    is_mul = family.season_of(name) == "mul"
    n_seasons = family.PERIOD if family.season_of(name) else 0

    def at(point):
        moved = theta.astype(point.dtype)
        moved[[PARAMETERS.index(one) for one in free]] = point[: len(free)]
        state = point[len(free) :]
        if n_seasons:  # they have a fixed sum
            total = float(n_seasons) if is_mul else 0.0
            state = np.r_[state, total - state[start.size - n_seasons :].sum()]
        state = family.naive_state(name, state, family.PERIOD)
        is_relative = family.error_of(name) == "mul"
        return log_likelihood(family.naive_cell(name), is_relative, moved, state, y)

    point = np.r_[
        theta[[PARAMETERS.index(one) for one in free]], start[: start.size - (n_seasons > 0)]
    ]
    n = np.count_nonzero(~np.isnan(y))
    covariance = np.linalg.inv(-hessian(at, point))
    covariance *= n / (n - family.n_parameters(name, family.PERIOD))
    variances = np.diag(covariance)
    if n_seasons:
        last = covariance[-(n_seasons - 1) :, -(n_seasons - 1) :].sum()
        variances = np.r_[variances, last]
    names = free + [one for one in found.index if one.startswith("initial ")]
    return pd.Series(np.sqrt(variances), names)


@pytest.mark.parametrize("prior", [None, "cautious"])
@pytest.mark.parametrize("name", ["ANN", "AAdN", "AAA", "MNN", "MAM", "ANM"])
def test_they_are_those_of_the_curvature_of_the_likelihood(name, prior):
    theta = family.naive_theta(name, 0.4, 0.3, 0.25, 0.9)
    sigma = 0.05 if family.error_of(name) == "mul" else 3.0
    state = family.naive_state(name, family.start_of(name), family.PERIOD)
    y = family.simulate(name, theta, state, sigma, 60, 1, seed=2)[:, 0]
    y[[7, 30, 31]] = np.nan
    model = family.make_model(name, family.PERIOD, prior=prior).fit(y)
    expected = naive_errors(name, model, y)
    assert {"alpha", "initial level"} <= set(expected.index)
    # What is searched of gamma is its share of 1 - alpha, which bends with the slope that a search
    # leaves at its end, some 1e-5.
    np.testing.assert_allclose(model.bse_[expected.index], expected, rtol=1e-4)


def test_those_of_complex_smoothing_hold_beside_its_initial_state():
    model = ComplexExpSmoothingRNN(seasonal=None).fit(WALK)

    def at(point):
        return log_likelihood("complex", False, point, model.initial_state_, WALK)

    point = np.array([model.alpha_0_, model.alpha_1_])
    covariance = np.linalg.inv(-hessian(at, point, 1e-4)) * 90 / (90 - 3)
    np.testing.assert_allclose(model.bse_[:2], np.sqrt(np.diag(covariance)), rtol=1e-5)
    assert model.bse_[2:].isna().all()


def test_without_smoothing_they_are_those_of_linear_regression():
    X = np.random.default_rng(0).normal(size=(50, 2)) * [1.0, 1e6] + [30.0, 0.0]
    y = 3.0 + X @ [2.0, 1e-6] + np.random.default_rng(1).normal(size=50)
    model = SimpleExpSmoothingRNN(alpha=0.0).fit(X, y)
    expected = OLS(y, add_constant(X)).fit().bse * np.sqrt((50 - 3) / (50 - 4))  # alpha counts
    np.testing.assert_allclose(model.bse_[1:], expected, rtol=1e-7)
    assert np.isnan(model.bse_["alpha"])


def test_they_are_statsmodels_own_but_for_degrees_of_freedom():
    y = pd.Series(
        family.simulate(
            "AAN",
            family.naive_theta("AAN", 0.5, 0.2, 0, 1),
            np.r_[50.0, 1.0, np.zeros(4)],
            2.0,
            120,
            1,
            seed=0,
        )[:, 0]
    )
    model = DoubleExpSmoothingRNN().fit(y)
    peer = ETSModel(y, error="add", trend="add").fit(disp=False, maxiter=5000)
    found = model.bse_ * np.sqrt((120 - 4) / 120)
    # Theirs are where another search ended, and their beta is alpha times ours.
    np.testing.assert_allclose(found.drop("beta"), peer.bse.drop(peer.bse.index[1]), rtol=2e-3)


def test_a_parameter_at_its_bound_has_none_and_the_summary_says_so():
    y = 5.0 + 0.5 * np.arange(60.0) + np.random.default_rng(0).normal(size=60)
    model = DoubleExpSmoothingRNN(alpha=0.3).fit(y)
    assert model.beta_ == 0.0
    assert np.isnan(model.bse_["beta"]) and np.isnan(model.bse_["alpha"])
    held = DoubleExpSmoothingRNN(alpha=0.3, beta=0.0).fit(y).bse_
    np.testing.assert_allclose(model.bse_[2:], held[2:], rtol=1e-9)
    rows = {line.split()[0]: line for line in str(model.summary()).splitlines() if line.split()}
    assert "learned, at its bound" in rows["beta"] and "given" in rows["alpha"]
    assert f"{model.bse_['initial trend']:.4g}" in str(model.summary())


def test_what_the_series_does_not_tell_has_none():
    y = 5.0 + np.random.default_rng(0).normal(size=40)
    X = np.random.default_rng(1).normal(size=(40, 1))
    with pytest.warns(UserWarning, match="say nothing that the columns before"):
        model = SimpleExpSmoothingRNN(alpha=0.2).fit(np.c_[X, 2.0 * X], y)
    assert model.bse_.isna().tolist() == [True, False, False, True]
    assert "learned, not identified" in str(model.summary())
    alone = SimpleExpSmoothingRNN(alpha=0.2).fit(X, y).bse_
    np.testing.assert_allclose(model.bse_[1:3], alone[1:], rtol=1e-9)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    ("y", "reason"),
    [
        ([3.0, 5.0, 4.0, 6.0], "no degrees of freedom"),
        ([3.0, 5.0], "held"),
        ([7.0] * 9, "no errors"),
    ],
)
def test_without_freedom_or_errors_there_are_none(y, reason):
    model = DoubleExpSmoothingRNN().fit(y)
    assert model.bse_.isna().all()
    assert reason in str(model.summary())


def test_several_series_have_a_row_each_named_as_the_columns():
    y = pd.DataFrame({"a": WALK, "b": 60.0 + WALK**2 / 50.0})
    model = AutoExpSmoothingRNN().fit(y)
    errors = model.bse_
    assert errors.index.tolist() == ["a", "b"]
    alone = AutoExpSmoothingRNN().fit(y["b"]).bse_
    np.testing.assert_allclose(errors.loc["b", alone.index], alone, rtol=1e-9)
    plain = DoubleExpSmoothingRNN().fit(y.to_numpy()).bse_
    assert plain.index.tolist() == [0, 1]


@pytest.mark.parametrize("unit", [1e-200, 1e200])
def test_they_have_the_unit_of_what_they_are_of(unit):
    expected = TripleExpSmoothingRNN(period=4).fit(WALK).bse_
    found = TripleExpSmoothingRNN(period=4).fit(WALK * unit).bse_
    has_unit = expected.index.str.startswith("initial ")
    np.testing.assert_allclose(found / np.where(has_unit, unit, 1.0), expected, rtol=1e-6)


def test_gamma_at_one_less_alpha_moves_along_with_it():
    # Both follow more than all of an error.
    level, season, y = 20.0, np.zeros(4), []
    for t, error in enumerate(np.random.default_rng(0).normal(size=120)):
        y.append(level + season[t % 4] + error)
        level, season[t % 4] = level + 0.35 * error, season[t % 4] + 0.8 * error
    y = np.array(y)
    model = TripleExpSmoothingRNN(period=4, trend=None).fit(y)
    assert model.gamma_ == pytest.approx(1.0 - model.alpha_, abs=1e-9)
    assert np.isnan(model.bse_["gamma"])
    state = model.initial_state_

    def at(point):
        theta = np.array([point[0], 0.0, 1.0 - point[0], 1.0])
        whole = np.r_[point[1], 0.0, point[2:], -point[2:].sum()]
        return log_likelihood("holt_winters_add", False, theta, whole, y)

    covariance = np.linalg.inv(-hessian(at, np.r_[model.alpha_, state[:-1]])) * 120 / (120 - 6)
    expected = np.sqrt(np.diag(covariance))
    np.testing.assert_allclose(model.bse_.drop("gamma")[:-1], expected, rtol=1e-5)


def test_another_loss_has_none_in_words():
    model = SimpleExpSmoothingRNN(loss="huber").fit(WALK)
    with pytest.raises(AttributeError, match="standard errors are of the likelihood.*'huber'"):
        _ = model.bse_
    assert "std err" not in str(model.summary())


def test_they_outlast_saving_and_updates(tmp_path):
    model = DoubleExpSmoothingRNN().fit(WALK)
    expected = model.bse_
    tsrnn.save(model, tmp_path / "holt.tsrnn")
    pd.testing.assert_series_equal(tsrnn.load(tmp_path / "holt.tsrnn").bse_, expected)
    pd.testing.assert_series_equal(model.update([60.0, 61.0]).bse_, expected)
