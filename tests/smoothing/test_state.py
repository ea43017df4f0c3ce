"""The state of a smoother as it goes on: gaps, updates, intervals, networks, changes of unit."""

import copy
import time

import naive
import numpy as np
import pandas as pd
import pytest
from cases import relative_error

from tsrnn import DoubleExpSmoothingRNN, SimpleExpSmoothingRNN, TripleExpSmoothingRNN
from tsrnn.datasets import load_co2

# Every model with all its parameters fixed, its name in naive.py, and they as theta.
MODELS = {
    "ses": (SimpleExpSmoothingRNN(alpha=0.4, initial_state=(2.0,)), "ses", [0.4]),
    "holt": (
        DoubleExpSmoothingRNN(alpha=0.6, beta=0.3, initial_state=(2.0, 0.5)),
        "holt",
        [0.6, 0.3, 1.0],
    ),
    "damped": (
        DoubleExpSmoothingRNN(alpha=0.8, beta=0.5, phi=0.9, damped=True, initial_state=(2.0, 0.5)),
        "holt",
        [0.8, 0.5, 0.9],
    ),
    "triple": (
        TripleExpSmoothingRNN(
            alpha=0.4,
            beta=0.3,
            gamma=0.5,
            period=4,
            initial_state=(2.0, 0.5, 0.6, -0.8, 0.3, -0.1),
        ),
        "holt_winters_add",
        [0.4, 0.3, 0.5, 1.0],
    ),
    "triple damped": (
        TripleExpSmoothingRNN(
            alpha=0.7,
            beta=0.1,
            gamma=0.2,
            phi=0.9,
            damped=True,
            period=3,
            initial_state=(2.0, 0.5, 0.6, -0.8, 0.3),
        ),
        "holt_winters_add",
        [0.7, 0.1, 0.2, 0.9],
    ),
}
models = pytest.mark.parametrize("name", MODELS)

GAPS = {
    "none": [],
    "one": [7],
    "several": [3, 7, 8, 9, 15],
    "first": [0, 1],
    "last": [18, 19],
    "everywhere": [0, 4, 5, 6, 10, 12, 14, 19],
}
gaps = pytest.mark.parametrize("missing", GAPS.values(), ids=GAPS)


def series(missing=(), n_timesteps=20, seed=0):
    y = 2.0 + 0.5 * np.arange(n_timesteps) + np.random.default_rng(seed).normal(size=n_timesteps)
    y[list(missing)] = np.nan
    return y


# Missing values.


@models
@gaps
def test_a_missing_value_moves_the_state_on_without_an_innovation(name, missing):
    model, cell, theta = MODELS[name]
    y = series(missing)
    began = np.flatnonzero(~np.isnan(y))[0]  # before its first value there is no series
    model.fit(y)
    expected = naive.NAIVE[cell](np.array(theta), y[began:, None], model.initial_state_)
    assert np.isnan(model.fitted_values_[:began]).all()
    np.testing.assert_allclose(model.fitted_values_[began:], expected[1][:, 0], rtol=1e-13)
    np.testing.assert_allclose(model.state_, expected[0][-1], rtol=1e-13)


@models
@gaps
def test_the_variance_of_a_prediction_is_the_sum_of_squares_of_what_innovations_do_to_it(
    name, missing
):
    """Brute force: the error of each prediction is linear in the innovations of the series."""
    model, cell, theta = MODELS[name]
    horizon, theta = 8, np.array(theta)
    y = series(missing)
    began = int(np.flatnonzero(~np.isnan(y))[0])
    model.fit(y)
    y = y[began:]
    n = y.size + horizon
    effects = np.empty((n, n))
    for i, unit in enumerate(np.eye(n)):
        start = np.zeros(len(model.initial_state_))
        x = naive.generate(cell, theta, start, unit[:, None])[:, 0]
        seen = x.copy()
        seen[: y.size][np.isnan(y)] = np.nan
        seen[y.size :] = np.nan
        effects[:, i] = x - naive.NAIVE[cell](theta, seen[:, None], start)[1][:, 0]
    expected = np.sqrt(model.sigma2_ * np.sum(effects**2, axis=1))
    rows = pd.RangeIndex(began + 1, began + n)
    widths = np.diff(model.predict_interval(rows, 0.6826894921370859))[:, 0]
    np.testing.assert_allclose(widths / 2.0, expected[1:], rtol=1e-10)  # rounding
    ahead = np.diff(model.predict_interval(horizon, 0.6826894921370859))[:, 0]
    np.testing.assert_allclose(ahead / 2.0, expected[y.size :], rtol=1e-10)


@models
@gaps
def test_simulated_paths_have_the_mean_and_the_deviation_of_the_forecast(name, missing):
    model, n_paths = MODELS[name][0], 20_000
    paths = model.fit(series(missing)).simulate(6, n_paths, random_state=0)
    assert paths.shape == (6, n_paths)
    deviation = np.diff(model.predict_interval(6, 0.6826894921370859))[:, 0] / 2.0
    # Five standard errors: of a mean deviation / sqrt(n), of a deviation that over sqrt(2).
    error = 5.0 / np.sqrt(n_paths)
    assert (np.abs(paths.mean(axis=1) - model.predict(6)) < error * deviation).all()
    assert (np.abs(paths.std(axis=1) / deviation - 1.0) < error).all()


@models
def test_simulated_innovations_are_not_shared_between_series_and_are_between_seeds(name):
    model = MODELS[name][0].fit(np.column_stack([series(), series(seed=1)]))
    paths = model.simulate(3, 500, random_state=1)
    assert paths.shape == (3, 500, 2)
    # Independent: 500 pairs correlate by 1 / sqrt(500), five times of which is 0.22.
    assert abs(np.corrcoef(paths[0].T)[0, 1]) < 0.22
    np.testing.assert_array_equal(paths, model.simulate(3, 500, random_state=1))
    assert (paths != model.simulate(3, 500, random_state=2)).all()


@models
def test_quantiles_are_normal_around_the_forecast_and_agree_with_intervals(name):
    model = MODELS[name][0].fit(series([4, 19]))
    quantiles = model.predict_quantiles(5, [0.025, 0.5, 0.975])
    interval = model.predict_interval(5, 0.95)
    np.testing.assert_allclose(quantiles[:, [0, 2]], interval, rtol=1e-13)
    np.testing.assert_allclose(quantiles[:, 1], model.predict(5), rtol=1e-15)
    inner = model.predict_interval(5, 0.5)
    assert (interval[:, 0] < inner[:, 0]).all() and (inner[:, 1] < interval[:, 1]).all()


def test_values_after_trailing_gaps_are_forecast_from_the_last_value_on():
    y = series()
    model = DoubleExpSmoothingRNN(alpha=0.6, beta=0.3, initial_state=(2.0, 0.5))
    whole = model.fit(y).predict_interval(7)
    cut = model.fit(np.r_[y, [np.nan] * 3]).predict_interval(4)
    np.testing.assert_allclose(cut, whole[3:], rtol=1e-13)


# Updates.


@models
@pytest.mark.parametrize("pieces", [[20], [0, 20], [1] * 20, [3, 9, 1, 7]], ids=str)
@pytest.mark.parametrize("missing", [[], [0, 11, 12, 29, 35, 39]], ids=["whole", "gaps"])
def test_an_update_equals_a_fit_of_everything_with_the_parameters_fixed(name, pieces, missing):
    model, y = copy.deepcopy(MODELS[name][0]), series(missing, 40)
    whole = copy.deepcopy(model).fit(y)
    model.fit(y[:20])
    interval_width = np.diff(model.predict_interval(1))
    place = 20
    for piece in pieces:
        model.update(y[place : place + piece])
        place += piece
    assert relative_error(model.state_, whole.state_) < 1e-13
    assert relative_error(model.predict(5), whole.predict(5)) < 1e-13
    inside = pd.RangeIndex(1, 40)
    assert relative_error(model.predict(inside), whole.predict(inside)) < 1e-13
    # The variance of innovations is a parameter too: it stays that of the first fit.
    ratio = np.sqrt(model.sigma2_ / whole.sigma2_)
    widths = np.diff(model.predict_interval(5)), np.diff(whole.predict_interval(5)) * ratio
    assert relative_error(*widths) < 1e-12
    if not missing:
        np.testing.assert_allclose(np.diff(model.predict_interval(1)), interval_width, rtol=1e-12)


@pytest.mark.parametrize("value", [3.5, np.float32(3.5), np.array(3.5), [3.5], [[3.5]], (3.5,)])
def test_a_single_new_value_comes_as_a_number_or_in_an_array(value):
    model = SimpleExpSmoothingRNN(alpha=0.5, initial_state=(1.0,)).fit(series())
    level = model.state_[0]
    assert model.update(value) is model
    assert model.state_[0] == pytest.approx(0.5 * level + 1.75, rel=1e-14)


@pytest.mark.parametrize("value", [None, np.nan, pd.NA, [None], np.ma.array([1.0], mask=[True])])
def test_a_missing_new_value_moves_a_trend_on(value):
    model = DoubleExpSmoothingRNN().fit(series())
    forecast = model.predict(3)
    np.testing.assert_allclose(model.update(value).predict(2), forecast[1:], rtol=1e-13)


@pytest.mark.parametrize("nothing", [[], np.empty(0), pd.Series([], dtype=float)], ids=type)
def test_an_update_with_nothing_changes_nothing(nothing):
    model = DoubleExpSmoothingRNN().fit(series())
    forecast = model.predict_interval(3)
    np.testing.assert_array_equal(model.update(nothing).predict_interval(3), forecast)


def test_updates_of_several_series_keep_them_apart():
    two = np.column_stack([series(), series(seed=1)])
    model = DoubleExpSmoothingRNN().fit(two[:15]).update(two[15:])
    for i in range(2):
        alone = DoubleExpSmoothingRNN().fit(two[:15, i]).update(two[15:, i])
        np.testing.assert_array_equal(model.state_[i], alone.state_)
        np.testing.assert_array_equal(model.predict(3)[:, i], alone.predict(3))


def test_an_update_leaves_parameters_fitted_values_and_copies_alone():
    model = DoubleExpSmoothingRNN().fit(series())
    shallow, deep = copy.copy(model), copy.deepcopy(model)
    forecast, inside = model.predict_interval(3), model.predict(pd.RangeIndex(5, 23))
    kept = {name: np.copy(getattr(model, name)) for name in ("alpha_", "fitted_values_", "sse_")}
    model.update([1.0, 2.0, 3.0])
    for name, value in kept.items():
        np.testing.assert_array_equal(getattr(model, name), value)
    for other in (shallow, deep):
        np.testing.assert_array_equal(other.predict_interval(3), forecast)
        np.testing.assert_array_equal(other.predict(pd.RangeIndex(5, 23)), inside)


def test_a_step_of_an_update_costs_the_same_after_a_long_series_as_after_a_short_one():
    seconds = {}
    for n_timesteps in (100, 200_000):
        model = DoubleExpSmoothingRNN(alpha=0.5, beta=0.1, initial_state=(0.0, 0.0))
        model.fit(np.random.default_rng(0).normal(size=n_timesteps))
        model.update(0.0)
        trials = []
        for _ in range(5):
            began = time.perf_counter()
            for _ in range(20):
                model.update(1.0)
            trials.append(time.perf_counter() - began)
        seconds[n_timesteps] = min(trials)
    # A cost in proportion to the length would be 2000 times as high.
    assert seconds[200_000] < 5.0 * seconds[100]


# As networks.


@pytest.mark.parametrize(
    "model",
    [
        SimpleExpSmoothingRNN(),
        DoubleExpSmoothingRNN(),
        DoubleExpSmoothingRNN(damped=True),
        DoubleExpSmoothingRNN(alpha=0.0, beta=0.3),
        DoubleExpSmoothingRNN(loss="absolute_error"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("n_series", [1, 3])
def test_as_a_network_a_smoother_predicts_the_same(model, n_series):
    y = np.column_stack([load_co2(adjusted=True), series(n_timesteps=516), np.full(516, 3.0)])
    y = y[:, :n_series]
    model.fit(y)
    network = model.to_rnn()
    assert (network.n_inputs, network.n_outputs) == (n_series, n_series)
    outputs = network.run(y)
    # Sums in another order, through 516 steps.
    assert relative_error(outputs[:-1], model.fitted_values_[1:]) < 1e-10
    assert relative_error(outputs[-1], model.predict(1)) < 1e-10
    by_steps = np.stack([network.step(row) for row in y])
    np.testing.assert_allclose(by_steps, outputs, rtol=1e-12)
    assert relative_error(network.h, model.state_.ravel()) < 1e-10


def test_the_network_of_holt_has_its_textbook_matrices():
    alpha, beta = 0.6, 0.3
    network = DoubleExpSmoothingRNN(alpha=alpha, beta=beta).fit(series()).to_rnn()
    assert (network.n_inputs, network.n_hidden, network.n_outputs) == (1, 2, 1)
    assert network.activation == network.output_activation == "identity"
    np.testing.assert_allclose(network.W_hx[:, 0], [alpha, alpha * beta], rtol=1e-15)
    np.testing.assert_allclose(
        network.W_hh,
        [[1 - alpha, 1 - alpha], [-alpha * beta, 1 - alpha * beta]],
        rtol=1e-14,
    )
    np.testing.assert_array_equal(network.W_yh, [[1.0, 1.0]])
    assert not network.b_h.any() and not network.b_y.any()


def test_with_regressors_a_smoother_is_no_network_of_the_series_alone():
    X = np.random.default_rng(0).normal(size=(20, 1))
    with pytest.raises(TypeError, match="regressors"):
        DoubleExpSmoothingRNN().fit(X, series()).to_rnn()


def test_changing_the_network_does_not_change_the_smoother():
    model = DoubleExpSmoothingRNN().fit(series())
    forecast = model.predict(3)
    network = model.to_rnn()
    network.h_init[:] = 0.0
    network.W_hh[:] = 0.0
    np.testing.assert_array_equal(model.predict(3), forecast)
    assert model.initial_state_.any()
