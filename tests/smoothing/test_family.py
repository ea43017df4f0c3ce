"""What holds of every exponential smoothing model: units, seasons, gaps, updates, optima."""

import copy
import re
import warnings

import family
import naive
import numpy as np
import pandas as pd
import pytest
from cases import relative_error
from family import HORIZON, PERIOD, at_values, make_series, start_of
from hypothesis import given, settings
from hypothesis import strategies as st

from tsrnn import (
    AutoExpSmoothingRNN,
    DoubleExpSmoothingRNN,
    SimpleExpSmoothingRNN,
    TripleExpSmoothingRNN,
)
from tsrnn.exceptions import InvalidParameterError

POINT = (0.4, 0.3, 0.2, 0.9)
Y = make_series(48, seed=4)

names = pytest.mark.parametrize("name", family.NAMES)
seasonal_names = pytest.mark.parametrize("name", [n for n in family.NAMES if n[-1] != "N"])
positive_names = pytest.mark.parametrize("name", [n for n in family.NAMES if "M" in n])
few_values = pytest.mark.filterwarnings("ignore:series 0 has:UserWarning")


def learn(name, y, **options):
    return family.make_model(name, PERIOD, **options).fit(y)


def naive_run(model, name, y):
    state = family.naive_state(name, model.initial_state_, PERIOD)
    return naive.NAIVE[family.naive_cell(name)](family.theta_of(model), y[:, None], state)


def naive_log_likelihood(model, name, y):
    state = family.naive_state(name, model.initial_state_, PERIOD)
    return family.log_likelihood(name, family.theta_of(model), state, y)


# What is learned.


@names
def test_a_learned_fit_is_a_run_of_its_model(name):
    model = learn(name, Y)
    states, predictions = naive_run(model, name, Y)
    # The same numbers in another order of operations.
    assert relative_error(model.fitted_values_, predictions[:, 0]) < 1e-12
    last = family.naive_state(name, model.state_, PERIOD)
    assert relative_error(last, states[-1]) < 1e-12
    assert model.loglik_ == pytest.approx(naive_log_likelihood(model, name, Y), rel=1e-10)
    assert model.sse_ == pytest.approx(np.sum((Y - predictions[:, 0]) ** 2), rel=1e-10)


@names
def test_the_parameters_keep_to_their_bounds(name):
    for seed in range(5):
        alpha, beta, gamma, phi = family.theta_of(learn(name, make_series(40, seed=seed)))
        assert 0.0 <= alpha <= 1.0
        assert 0.0 <= beta <= 1.0
        assert 0.0 <= gamma <= 1.0 - alpha + 1e-15  # rounding of 1 - alpha
        assert 0.8 <= phi <= 0.995 if family.is_damped(name) else phi == 1.0


@names
@pytest.mark.parametrize("seed", range(3))
def test_nothing_near_a_learned_fit_is_more_likely(name, seed):
    """Parameters and initial states moved one by one, and all of them at random."""
    y = make_series(48, seed=seed)
    model = learn(name, y)
    theta = family.theta_of(model)
    state = family.naive_state(name, model.initial_state_, PERIOD)
    best = family.log_likelihood(name, theta, state, y)
    has = family.naive_theta(name, 1.0, 1.0, 1.0, 0.0) != [0.0, 0.0, 0.0, 1.0]
    free_states = np.isin(
        np.arange(2 + PERIOD),
        [0]
        + [1] * bool(family.trend_of(name))
        + list(range(2, 2 + PERIOD)) * bool(family.season_of(name)),
    )
    upper = np.array([1.0, 1.0, np.inf, 0.995])
    lower = np.array([0.0, 0.0, 0.0, 0.8])
    rng = np.random.default_rng(0)
    moves = [*np.eye(6 + PERIOD), *-np.eye(6 + PERIOD), *rng.normal(size=(50, 6 + PERIOD))]
    for step in (1e-2, 1e-4):
        for move in moves:
            moved = np.clip(theta + step * move[:4], lower, upper)
            moved[2] = min(moved[2], 1.0 - moved[0])
            moved = np.where(has, moved, theta)
            size = np.where(np.abs(state) > 0.0, np.abs(state), 1.0)
            other = np.where(free_states, state + step * move[4:] * size, state)
            # Less than a search to 1e-10 leaves in a sum of squares, times n / 2.
            assert family.log_likelihood(name, moved, other, y) <= best + 1e-6


@seasonal_names
@pytest.mark.parametrize("start", ["learned", "heuristic"])
def test_initial_seasons_are_normalised(name, start):
    for seed in range(3):
        y = make_series(40, seed=seed)
        seasons = learn(name, y, initial_state=start).initial_state_[-PERIOD:]
        if family.season_of(name) == "mul":
            assert seasons.mean() == pytest.approx(1.0, abs=1e-12)
        else:
            assert abs(seasons.sum()) < 1e-12 * np.abs(y).max()


@names
def test_what_is_given_stays_and_the_rest_is_learned(name):
    given = family.smoothing_parameters(name, 0.3, 0.2, 0.1, 0.9)
    free = learn(name, Y).loglik_
    for parameter, value in given.items():
        model = learn(name, Y, **{parameter: value})
        assert getattr(model, f"{parameter}_") == value
        assert model.loglik_ <= free + 1e-6  # the search's own tolerance
    state = start_of(name)
    model = learn(name, Y, initial_state=state)
    np.testing.assert_allclose(model.initial_state_, state, rtol=1e-14)
    assert model.loglik_ <= free + 1e-6


@seasonal_names
def test_a_perfect_season_on_a_line_is_followed_exactly(name):
    steps = np.arange(48.0)
    season = np.resize([0.8, 1.1, 1.3, 0.8], 60)
    if name[-1] == "M":
        y = (10.0 + (0.5 * np.arange(60) if family.trend_of(name) else 0.0)) * season
    else:
        y = 30.0 + (0.5 * np.arange(60) if family.trend_of(name) else 0.0) + 8.0 * (season - 1.0)
    model = learn(name, y[: steps.size], **({"phi": 1.0} if family.is_damped(name) else {}))
    # A search ends where another step lowers the sum by nothing that counts.
    assert relative_error(model.fitted_values_, y[:48]) < 1e-5
    assert relative_error(model.predict(12), y[48:]) < 1e-4


# Units.


def what_matters(model):
    """Parameters; beta does nothing where alpha is 0."""
    alpha, beta, gamma, phi = family.theta_of(model)
    return np.array([alpha, beta if alpha > 0.0 else 0.0, gamma, phi])


@names
@pytest.mark.parametrize("unit", [1e-250, 1e-3, 0.37, 1e6, 1e250])
def test_a_change_of_unit_changes_only_the_unit(name, unit):
    model, other = learn(name, Y), learn(name, Y * unit)
    # Rounding of y * unit moves a minimum by no more than this.
    assert relative_error(other.predict(HORIZON) / unit, model.predict(HORIZON)) < 1e-8
    n = Y.size
    assert other.loglik_ == pytest.approx(model.loglik_ - n * np.log(unit), abs=1e-6)
    np.testing.assert_allclose(what_matters(other), what_matters(model), atol=1e-6)
    intervals = other.predict_interval(PERIOD) / unit, model.predict_interval(PERIOD)
    assert relative_error(*intervals) < 1e-6


@settings(deadline=None, max_examples=40, derandomize=True)
@given(
    st.sampled_from(family.NAMES),
    st.integers(0, 10_000),
    st.floats(-200.0, 200.0),
    st.integers(16, 40),
)
def test_a_change_of_unit_changes_only_the_unit_of_any_series(name, seed, exponent, n):
    y, unit = make_series(n, seed=seed), 2.0**exponent
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "series 0 has", UserWarning)
        model, other = learn(name, y), learn(name, y * unit)
    assert relative_error(other.predict(HORIZON) / unit, model.predict(HORIZON)) < 1e-6
    assert other.loglik_ == pytest.approx(model.loglik_ - n * np.log(unit), abs=1e-5)


@pytest.mark.parametrize("name", ["ANA", "AAA", "AAdA"])
def test_a_shift_of_additive_models_shifts_the_forecast(name):
    y = np.round(Y * 4.0)  # integers, to which the shift is added without rounding
    model, other = learn(name, y), learn(name, y + 2.0**30)
    forecasts = other.predict(HORIZON) - 2.0**30, model.predict(HORIZON)
    assert relative_error(*forecasts) < 1e-7  # 2**30 leaves 7 digits to values of some hundreds


# Seasons.


@seasonal_names
def test_without_gamma_the_seasonal_pattern_repeats_for_ever(name):
    alpha, beta, _, phi = POINT
    model = at_values(name, (alpha, beta, 0.0, phi), Y)
    forecast = model.predict(3 * PERIOD)
    level, trend = family.naive_state(name, model.state_, PERIOD)[:2]
    damped = np.cumsum(model.phi_ ** np.arange(1.0, 3 * PERIOD + 1)) if trend else 0.0
    mean = level + trend * damped
    pattern = forecast / mean if name[-1] == "M" else forecast - mean
    # 48 values are whole years, so that the next season is the first.
    seasons = np.resize(model.initial_state_[-PERIOD:], 3 * PERIOD)
    np.testing.assert_allclose(pattern, seasons, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("name", ["ANA", "MNA", "ANM", "MNM"])
def test_without_a_trend_the_forecast_repeats_itself(name):
    forecast = learn(name, Y).predict(3 * PERIOD).reshape(3, PERIOD)
    np.testing.assert_allclose(forecast[1:], forecast[[0, 0]], rtol=1e-14)


# Updates and gaps.

GAPS = {
    "none": [],
    "one": [7],
    "a season": [3, 7, 11],
    "a year": [8, 9, 10, 11],
    "first": [0, 1, 2],
    "last": [46, 47],
    "many": [0, 4, 5, 6, 10, 12, 14, 19, 30, 31, 32, 47],
}
gaps = pytest.mark.parametrize("missing", GAPS.values(), ids=GAPS)


def with_gaps(missing, y=Y):
    y = y.copy()
    y[list(missing)] = np.nan
    return y


@names
@gaps
def test_a_missing_value_moves_the_state_on_without_an_innovation(name, missing):
    y = with_gaps(missing)
    model = at_values(name, POINT, y)
    began = np.flatnonzero(~np.isnan(y))[0]  # before its first value there is no series
    states, predictions = naive_run(model, name, y[began:])
    assert np.isnan(model.fitted_values_[:began]).all()
    assert relative_error(model.fitted_values_[began:], predictions[:, 0]) < 1e-12
    assert relative_error(family.naive_state(name, model.state_, PERIOD), states[-1]) < 1e-12
    assert model.loglik_ == pytest.approx(naive_log_likelihood(model, name, y[began:]), rel=1e-10)


@names
@gaps
def test_learning_gets_along_with_gaps(name, missing):
    y = with_gaps(missing)
    model = learn(name, y)
    assert np.isfinite(model.predict_interval(HORIZON)).all()
    began = np.flatnonzero(~np.isnan(y))[0]
    assert model.loglik_ == pytest.approx(naive_log_likelihood(model, name, y[began:]), rel=1e-10)
    # It is as likely as what is best where nothing is missing.
    whole = learn(name, Y)
    state = family.naive_state(name, whole.initial_state_, PERIOD)
    assert model.loglik_ >= family.log_likelihood(name, family.theta_of(whole), state, y) - 1e-6


@names
@pytest.mark.parametrize("pieces", [[20], [0, 20], [1] * 20, [3, 9, 1, 7]], ids=str)
@pytest.mark.parametrize("missing", [[], [30, 35, 39, 47]], ids=["whole", "gaps"])
def test_one_run_is_the_run_in_pieces_by_update(name, pieces, missing):
    y = with_gaps(missing)
    whole, model = at_values(name, POINT, y), at_values(name, POINT, y[:28])
    place = 28
    for piece in pieces:
        assert model.update(y[place : place + piece]) is model
        place += piece
    assert relative_error(model.state_, whole.state_) < 1e-12
    assert relative_error(model.predict(HORIZON), whole.predict(HORIZON)) < 1e-12
    inside = pd.RangeIndex(1, 48)
    assert relative_error(model.predict(inside), whole.predict(inside)) < 1e-12


@names
def test_a_forecast_is_what_would_be_predicted_if_all_were_missing(name):
    model = learn(name, Y)
    forecast = model.predict(HORIZON)
    later = copy.deepcopy(model).update(np.full(5, np.nan))
    assert relative_error(later.predict(HORIZON - 5), forecast[5:]) < 1e-13


@names
def test_series_side_by_side_are_each_fitted_alone(name):
    two = np.column_stack([Y, make_series(48, seed=9)])
    model = learn(name, two)
    for i in range(2):
        alone = learn(name, two[:, i])
        np.testing.assert_allclose(model.predict(HORIZON)[:, i], alone.predict(HORIZON), rtol=1e-12)
        assert model.loglik_[i] == pytest.approx(alone.loglik_, rel=1e-12)


# As networks.


@pytest.mark.parametrize("name", [n for n in family.NAMES if n[-1] != "M"])
@pytest.mark.parametrize("n_series", [1, 2])
def test_as_a_network_a_linear_smoother_predicts_the_same(name, n_series):
    y = np.column_stack([Y, make_series(48, seed=9)])[:, :n_series]
    model = learn(name, y)
    network = model.to_rnn()
    outputs = network.run(y)
    # Sums in another order, through 48 steps.
    assert relative_error(outputs[:-1], model.fitted_values_[1:]) < 1e-11
    assert relative_error(outputs[-1], model.predict(1)) < 1e-11
    assert relative_error(network.h_init, np.ravel(model.initial_state_)) < 1e-14


@pytest.mark.parametrize("name", [n for n in family.NAMES if n[-1] == "M"])
def test_a_multiplicative_season_is_no_linear_network(name):
    with pytest.raises(TypeError, match="multiplicative season|seasonal='mul'"):
        learn(name, Y).to_rnn()


# What cannot be fitted.


@positive_names
@pytest.mark.parametrize("value", [0.0, -3.0])
def test_multiplicative_parts_refuse_what_is_not_positive_and_say_where(name, value):
    y = Y.copy()
    y[[17, 30]] = value
    parts = "|".join(["error='mul'"] * (name[0] == "M") + ["seasonal='mul'"] * (name[-1] == "M"))
    with pytest.raises(ValueError, match=r"\b17\b") as caught:
        learn(name, y)
    assert re.search(parts, str(caught.value))


@positive_names
@pytest.mark.parametrize("value", [0.0, -1.0, -1e5])
def test_an_update_leaves_a_positive_prediction_or_is_refused_and_changes_nothing(name, value):
    model = learn(name, Y)
    forecast = model.predict(HORIZON)
    try:
        after = model.update([80.0, value]).predict(1)
    except ValueError as error:
        assert value == -1e5
        assert "a prediction would not be either" in str(error)
        np.testing.assert_array_equal(model.predict(HORIZON), forecast)
    else:
        # Those whose alpha is 0 are not moved by any value.
        assert after > 0.0
        assert value > -1e5 or model.alpha_ < 0.01


@pytest.mark.parametrize("name", ["ANA", "AAA", "AAdA"])
def test_additive_models_take_any_sign(name):
    model = learn(name, Y - Y.mean())
    assert np.isfinite(model.predict(HORIZON)).all()


@seasonal_names
@pytest.mark.parametrize("n", [12, 13, 20, 23])
def test_a_series_of_less_than_two_periods_is_fitted_and_warned_of_if_too_short(name, n):
    y = make_series(n, period=12, seed=1)
    model = family.make_model(name, 12)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(y)
    if n <= family.n_parameters(name, 12):
        assert any("series 0 has" in str(warning.message) for warning in caught)
    assert np.isfinite(model.predict(24)).all()


@names
@pytest.mark.parametrize("y", [[], [5.0], [np.nan] * 20], ids=["empty", "one", "missing"])
def test_nothing_to_learn_from_is_an_error(name, y):
    model = family.make_model(name, PERIOD)
    with pytest.raises(ValueError, match="value|observ|sample"):
        model.fit(y)
    assert "state_" not in vars(model)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"period": 1}, "period"),
        ({"period": 0}, "period"),
        ({"period": -4}, "period"),
        ({"period": 2.5}, "period"),
        ({"period": "12"}, "period"),
        ({"seasonal": "multiplicative"}, "seasonal"),
        ({"trend": "mul"}, "trend"),
        ({"error": "additive"}, "error"),
        ({"error": None}, "error"),
        ({"alpha": 1.5}, "alpha"),
        ({"beta": -0.1}, "beta"),
        ({"gamma": 1.1}, "gamma"),
        ({"gamma": "0.1"}, "gamma"),
        ({"alpha": 0.7, "gamma": 0.4}, "gamma"),
        ({"phi": 0.9}, "damped"),
        ({"damped": "yes"}, "damped"),
        ({"trend": None, "damped": True}, "damped"),
        ({"trend": None, "beta": 0.1}, "beta"),
        ({"initial_state": "estimated"}, "initial_state"),
        ({"initial_state": (1.0, 2.0)}, "initial_state"),
        ({"initial_state": (50.0, 1.0, 0.0, 0.0, 0.0, np.nan)}, "initial_state"),
        ({"loss": "mse"}, "loss"),
        ({"prior": "strong"}, "prior"),
    ],
    ids=repr,
)
def test_a_bad_argument_is_named(options, named):
    model = TripleExpSmoothingRNN(**{"period": 4, **options})
    with pytest.raises(InvalidParameterError, match=named):
        model.fit(Y)
    assert "state_" not in vars(model)


@pytest.mark.parametrize("smoother", [SimpleExpSmoothingRNN, DoubleExpSmoothingRNN])
def test_a_bad_error_is_named_without_a_season_too(smoother):
    with pytest.raises(InvalidParameterError, match="error"):
        smoother(error="multiplicative").fit(Y)


@few_values
def test_a_period_that_is_longer_than_the_series_does_not_break_forecasts():
    model = TripleExpSmoothingRNN(period=12, alpha=0.3, beta=0.1, gamma=0.1)
    y = make_series(15, period=12)
    assert np.isfinite(model.fit(y).predict(30)).all()


# Regressors.


@names
def test_with_regressors_a_fit_is_as_likely_as_without_their_true_effect(name):
    X = np.random.default_rng(1).normal(size=(48, 2))
    effect = X @ [3.0, -2.0]
    model = family.make_model(name, PERIOD).fit(X, Y + 20.0 + effect)
    # The truth is one of the coefficients that it could learn.
    assert model.loglik_ >= learn(name, Y + 20.0).loglik_ - 1e-4
    if not family.is_positive(name):
        # Shares of a prediction are of one that has an offset of X in it.
        net = Y + 20.0 + effect - X @ model.coef_
        assert model.loglik_ == pytest.approx(naive_log_likelihood(model, name, net), rel=1e-8)


# Automatic selection.


@pytest.mark.parametrize("criterion", ["aic", "aicc", "bic"])
@pytest.mark.parametrize("seed", range(3))
def test_automatic_selection_keeps_the_best_of_the_fits_that_one_makes_oneself(criterion, seed):
    y = make_series(40, seed=seed)
    fits = {name: learn(name, y) for name in family.NAMES}
    auto = AutoExpSmoothingRNN(
        period=PERIOD, criterion=criterion, prior=None, models=family.NAMES
    ).fit(y)
    values = {name: getattr(model, f"{criterion}_") for name, model in fits.items()}
    best = min(values, key=values.get)
    assert auto.model_ == best
    assert getattr(auto, f"{criterion}_") == pytest.approx(values[best], rel=1e-9)
    # Two searches that leave 1e-9 of F to be gained are apart by the square root of that.
    np.testing.assert_allclose(auto.predict(HORIZON), fits[best].predict(HORIZON), rtol=3e-5)


@names
def test_a_structure_knows_the_size_of_its_cells_state(name):
    structure = learn(name, Y)._model.series[0].structure
    assert structure.n_state == structure.cell.n_state
