"""Regressors on lag windows as forecasters, held against obvious loops over windows."""

import functools

import numpy as np
import pandas as pd
import pytest
import window_loops as loops
from cases import relative_error
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.neural_network import MLPRegressor
from window_loops import Recorder

from tsrnn import ElmanRNNRegressor, NaiveForecaster, PanelForecaster, RNNForecaster
from tsrnn.exceptions import InvalidParameterError

# Most fits here are of series that nothing can be learned of, or too short: `test_doubts.py` has
# what is said of those.
pytestmark = pytest.mark.filterwarnings("ignore::tsrnn.exceptions.UnreliableForecastWarning")

RIDGE = Ridge(1e-3)


def make_series(n=60, seed=0):
    """A walk with a drift and a wave."""
    rng = np.random.default_rng(seed)
    return 100.0 + np.cumsum(0.3 + rng.normal(size=n)) + 4.0 * np.sin(np.arange(n) / 2.0)


Y = make_series()
TWO = np.column_stack([Y, 1e4 - 50.0 * make_series(seed=1)])


def predictor(model):
    """The trained regressor, for one relative window."""
    return lambda window: model.estimator_.predict(window[None])[0]


# What is trained on, and what follows from it. Tolerances of 1e-9 are for sums in another order,
# which windows in units of their own can make some hundred times larger.


@pytest.mark.parametrize("y", [Y, TWO], ids=["one series", "two"])
@pytest.mark.parametrize("horizon", [None, 4])
def test_one_regressor_is_trained_on_the_windows_of_all_series_each_in_units_of_its_own(y, horizon):
    strategy = "recursive" if horizon is None else "direct"
    model = RNNForecaster(Recorder(), window=5, strategy=strategy, horizon=horizon).fit(y)
    X, targets = loops.training_pairs(y.reshape(60, -1).T.tolist(), 5, horizon or 1)
    recorder = model.estimator_
    np.testing.assert_allclose(recorder.X_, X, atol=1e-9)
    np.testing.assert_allclose(recorder.y_.reshape(len(X), -1), loops.cut_off(targets), atol=1e-9)
    assert recorder.y_.ndim == (1 if horizon is None else 2)
    assert model.n_windows_ == len(X) == (60 - 5 - (horizon or 1) + 1) * y.reshape(60, -1).shape[1]


@pytest.mark.parametrize("limit", [1.0, None])
def test_large_targets_are_cut_off_where_that_is_asked_for(limit):
    spiky = np.where(np.arange(60) % 9 == 5, 40.0, 0.0) + Y
    recorder = RNNForecaster(Recorder(), window=5, cut_off=limit).fit(spiky).estimator_
    _, targets = loops.training_pairs([spiky.tolist()], 5)
    expected = targets if limit is None else loops.cut_off(targets, limit)
    np.testing.assert_allclose(recorder.y_, expected[:, 0], atol=1e-9)
    assert (np.abs(targets) > 1.2 * np.abs(loops.cut_off(targets, 1.0))).any()


@pytest.mark.parametrize("n_horizon", [1, 7, 12])
def test_further_ahead_forecasts_stand_in_the_windows(n_horizon):
    model = RNNForecaster(RIDGE, window=6).fit(TWO)
    expected = [loops.forecast(predictor(model), y, 6, n_horizon) for y in TWO.T]
    np.testing.assert_allclose(model.predict(n_horizon), np.transpose(expected), rtol=1e-9)


@pytest.mark.parametrize("n_horizon", [1, 4, 6, 8])
def test_steps_predicted_together_are_taken_as_they_are_and_gone_on_from(n_horizon):
    model = RNNForecaster(RIDGE, window=6, strategy="direct", horizon=4).fit(TWO)
    expected = [loops.forecast(predictor(model), y, 6, 8)[:n_horizon] for y in TWO.T]
    np.testing.assert_allclose(model.predict(n_horizon), np.transpose(expected), rtol=1e-9)


@pytest.mark.parametrize("options", [{}, {"strategy": "direct", "horizon": 3}], ids=str)
def test_fitted_values_come_from_the_window_before_and_there_is_none_at_first(options):
    model = RNNForecaster(RIDGE, window=6, **options).fit(TWO)
    expected = np.transpose([loops.one_step(predictor(model), y, 6) for y in TWO.T])
    np.testing.assert_allclose(model.fitted_values_, expected, rtol=1e-9)
    np.testing.assert_allclose(model.residuals_, TWO - expected, rtol=1e-9, atol=1e-6)
    variances = np.nanmean((TWO - expected) ** 2, axis=0)
    np.testing.assert_allclose(model.sigma2_, variances, rtol=1e-6)
    assert np.isnan(model.fitted_values_[:6]).all()
    one = RNNForecaster(RIDGE, window=6, **options).fit(Y)
    assert isinstance(one.sigma2_, float)


@pytest.mark.parametrize("y", [Y, TWO], ids=["one series", "two"])
def test_an_update_moves_the_window_on_and_leaves_the_regressor(y):
    model = RNNForecaster(RIDGE, window=6).fit(y[:50])
    whole = np.asarray(model.estimator_.coef_).copy()
    changes = [loops.mean_change(column) for column in y[:50].reshape(50, -1).T]
    for start in (50, 51, 56):
        stop = {50: 51, 51: 56, 56: 60}[start]
        model.update(y[start:stop])
        for i, column in enumerate(y[:stop].reshape(stop, -1).T):
            # The units are those of the fit.
            level, spread = loops.units_of(column[-6:], changes[i])
            window = (column[-6:] - level) / spread
            ahead = level + spread * predictor(model)(window)
            assert model.predict(1).reshape(-1)[i] == pytest.approx(ahead, rel=1e-9)
    np.testing.assert_array_equal(model.estimator_.coef_, whole)


def test_an_update_reads_windows_of_the_new_values_alone():
    counts = []

    class Counting(Recorder):
        def predict(self, X):
            counts.append(len(X))
            return super().predict(X)

    model = RNNForecaster(Counting(), window=6).fit(make_series(500))
    counts.clear()
    model.update(3.0).update([1.0, 2.0])
    assert sum(counts) == 3


def test_where_forecasts_came_true_the_next_ones_are_as_forecast():
    model = RNNForecaster(RIDGE, window=6).fit(TWO)
    forecast = model.predict(9)
    model.update(forecast[:4])
    np.testing.assert_allclose(model.predict(5), forecast[4:], rtol=1e-9)


# Missing values.


def test_windows_with_missing_values_are_not_trained_on():
    y = Y.copy()
    y[[3, 20, 21, 40]] = np.nan
    recorder = RNNForecaster(Recorder(), window=5).fit(y).estimator_
    X, targets = loops.training_pairs([y.tolist()], 5)
    np.testing.assert_allclose(recorder.X_, X, atol=1e-9)
    np.testing.assert_allclose(recorder.y_, loops.cut_off(targets)[:, 0], atol=1e-9)


def test_predictions_stand_for_missing_values_and_in_the_first_window_the_value_before():
    y = TWO.copy()
    y[[3, 20, 21, 40, 59], 0] = np.nan
    y[[21, 22, 58], 1] = np.nan
    model = RNNForecaster(RIDGE, window=5).fit(y)
    for i, column in enumerate(y.T):
        change, filled, largest = loops.mean_change(column), column.copy(), np.inf
        for t in np.flatnonzero(np.isnan(column)):
            if t < 5:
                filled[t] = filled[t - 1]
                continue
            if not np.isnan(column[t - 1]):
                largest = np.inf
            level, spread = loops.units_of(filled[t - 5 : t], change)
            largest = 1.5 * max(spread, change) if largest == np.inf else largest
            outputs = predictor(model)((filled[t - 5 : t] - level) / spread)
            filled[t] = level + min(spread, largest) * outputs
            assert model.fitted_values_[t, i] == pytest.approx(filled[t], rel=1e-9)
        largest = largest if np.isnan(column[-1]) else np.inf
        level, spread = loops.units_of(filled[-5:], change)
        ahead = level + min(spread, largest) * predictor(model)((filled[-5:] - level) / spread)
        assert model.predict(1)[0, i] == pytest.approx(ahead, rel=1e-9)


def test_missing_values_in_an_update_are_what_was_forecast():
    model = RNNForecaster(RIDGE, window=5).fit(Y)
    forecast = model.predict(8)
    model.update([np.nan] * 3)
    np.testing.assert_allclose(model.predict(5), forecast[3:], rtol=1e-9)


def test_a_series_begins_with_its_first_value():
    padded = np.column_stack([np.r_[[np.nan] * 9, Y[9:]], TWO[:, 1]])
    model = RNNForecaster(RIDGE, window=5).fit(padded)
    assert model.n_windows_ == (51 - 5) + (60 - 5)
    assert np.isnan(model.fitted_values_[:14, 0]).all()
    assert not np.isnan(model.fitted_values_[14:, 0]).any()
    alone = RNNForecaster(RIDGE, window=5).fit(np.r_[[np.nan] * 9, Y[9:]])
    cut = RNNForecaster(RIDGE, window=5).fit(Y[9:])
    np.testing.assert_array_equal(alone.predict(6), cut.predict(6))


# Units.


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(-(2**30), 2**30), st.integers(1, 1000), st.sampled_from([1, -1]))
def test_a_line_goes_on_at_any_height_and_slope(start, slope, sign):
    line = start + sign * slope * np.arange(40.0)
    # A hair of a penalty, for the lags of a line all say the same.
    forecast = RNNForecaster(Ridge(1e-9), window=4).fit(line[:30]).predict(10)
    np.testing.assert_allclose(forecast, line[30:], atol=1e-6 * slope, rtol=1e-12)


NETWORK = MLPRegressor(
    hidden_layer_sizes=(8,), random_state=0, max_iter=30, tol=0.0, early_stopping=False
)
SEQUENCE = ElmanRNNRegressor(
    hidden_layer_sizes=8, learning_rate_init=0.003, early_stopping=True, init="holt", random_state=0
)
REGRESSORS = {"ridge": RIDGE, "network": NETWORK, "recurrent": SEQUENCE}
regressors = pytest.mark.parametrize("regressor", REGRESSORS.values(), ids=REGRESSORS)
SERIES = {"walk": Y, "gaps": np.where(np.arange(60) % 17 == 11, np.nan, Y), "few": Y[:12]}


def answers(model, y):
    model.fit(y)
    return model.predict(6), model.predict_interval(6, 0.5), model.fitted_values_[5:]


@functools.cache
def answers_in_its_unit(regressor, series):
    return answers(RNNForecaster(REGRESSORS[regressor], window=4), SERIES[series])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("regressor", REGRESSORS)
@pytest.mark.parametrize("series", SERIES)
@pytest.mark.parametrize("unit", [1e-300, 1e-12, 0.1, 3.7, 1e9, 1e297])
def test_a_change_of_unit_changes_only_the_unit(regressor, series, unit):
    in_unit = answers(RNNForecaster(REGRESSORS[regressor], window=4), SERIES[series] * unit)
    for one, other in zip(in_unit, answers_in_its_unit(regressor, series), strict=True):
        # y * unit is rounded, which training enlarges some thousand times.
        assert relative_error(one / unit, other) < 1e-8


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    st.lists(st.integers(-1000, 1000), min_size=12, max_size=30),
    st.integers(-900, 900),
    st.integers(-(2**30), 2**30),
    st.sampled_from([*REGRESSORS]),
)
def test_powers_of_two_and_integer_offsets_are_exact(values, exponent, offset, name):
    y, model = np.array(values, dtype=float), RNNForecaster(REGRESSORS[name], window=3)
    if np.ptp(y) == 0.0:
        y[0] += 1.0
    forecast = model.fit(y).predict(6)
    scaled = model.fit(np.ldexp(y, exponent)).predict(6)
    np.testing.assert_array_equal(np.ldexp(scaled, -exponent), forecast)
    shifted = model.fit(y + offset).predict(6)
    # Forecasts are no integers: they are rounded at the size of the offset.
    np.testing.assert_allclose(shifted - offset, forecast, rtol=1e-8, atol=1e-6)


@regressors
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_constant_series_stays_constant_alone_and_among_others(regressor):
    alone = RNNForecaster(regressor, window=4).fit(np.full(20, 7.0))
    np.testing.assert_array_equal(alone.predict(3), 7.0)
    np.testing.assert_array_equal(alone.predict_interval(3, 0.5), 7.0)
    assert alone.sigma2_ == 0.0
    among = RNNForecaster(regressor, window=4).fit(np.column_stack([Y, np.full(60, -3.0)]))
    np.testing.assert_array_equal(among.predict(5)[:, 1], -3.0)
    np.testing.assert_array_equal(among.predict_interval(5, 0.5)[:, :, 1], -3.0)


def test_forecasts_never_grow_faster_than_a_line_whatever_was_learned():
    doubling = 2.0 ** np.arange(12)
    model = RNNForecaster(LinearRegression(), window=3).fit(doubling)
    forecast = model.predict(60)
    # A window of three that doubles has changes of 2/3 s and 4/3 s, and the next is 8/3 s; s of
    # forecasts is 1.5 times that of the last window at most.
    largest = 1.5 * (8.0 / 3.0) * np.diff(doubling[-3:]).mean()
    assert np.diff(forecast).max() <= largest * (1.0 + 1e-12)
    np.testing.assert_allclose(forecast[:2], [4096.0, 7168.0])
    gap = model.update([np.nan] * 59).predict(1)
    assert gap[0] == pytest.approx(forecast[-1], rel=1e-9)


# Regressors known in advance.

RNG = np.random.default_rng(7)
KNOWN = RNG.normal(size=(80, 2))
# y_t = 0.5 y_{t-1} + 0.2 y_{t-2} + 3 x_t - 1 x_{t-1} + 1: what lags and regressors suffice for.
DRIVEN = np.zeros(80)
for _t in range(2, 80):
    DRIVEN[_t] = (
        0.5 * DRIVEN[_t - 1] + 0.2 * DRIVEN[_t - 2] + 3.0 * KNOWN[_t, 0] - KNOWN[_t - 1, 1] + 1.0
    )


def test_regressors_of_each_step_and_of_the_one_predicted_are_read():
    model = RNNForecaster(LinearRegression(), window=3).fit(KNOWN[2:60], DRIVEN[2:60])
    np.testing.assert_allclose(model.predict(KNOWN[60:]), DRIVEN[60:], atol=1e-9)
    assert model.sigma2_ < 1e-20
    model.update(DRIVEN[60:65], KNOWN[60:65])
    np.testing.assert_allclose(model.predict(KNOWN[65:]), DRIVEN[65:], atol=1e-9)
    paths = model.simulate(15, 2, X=KNOWN[65:], random_state=0)
    np.testing.assert_allclose(paths, np.column_stack([DRIVEN[65:]] * 2), atol=1e-8)


@pytest.mark.parametrize("reads_sequences", [True, False])
def test_sequences_have_a_lag_and_the_regressors_of_the_step_after_it(reads_sequences):
    recorder = Recorder(reads_sequences=reads_sequences)
    trained = RNNForecaster(recorder, window=4).fit(KNOWN, DRIVEN).estimator_.X_
    standard = (KNOWN - KNOWN.mean(axis=0)) / KNOWN.std(axis=0)
    change = loops.mean_change(DRIVEN)
    for i in (0, 30, 75):
        lags = (DRIVEN[i : i + 4] - DRIVEN[i + 3]) / change
        expected = np.column_stack([lags, standard[i + 1 : i + 5]])
        np.testing.assert_allclose(trained[i].reshape(4, 3), expected, atol=1e-9)
    assert trained.shape == ((76, 4, 3) if reads_sequences else (76, 12))


def test_a_change_of_the_unit_of_regressors_changes_nothing():
    X = KNOWN * [1e-200, 1e200] + [0.0, 1e200]
    plain = RNNForecaster(RIDGE, window=3).fit(KNOWN[:60], DRIVEN[:60]).predict(KNOWN[60:])
    other = RNNForecaster(RIDGE, window=3).fit(X[:60], DRIVEN[:60]).predict(X[60:])
    np.testing.assert_allclose(other, plain, rtol=1e-9, atol=1e-9)


def test_time_stamps_with_regressors_may_lie_within_the_series_and_after_it_but_leave_none_out():
    index = pd.date_range("2020-01", periods=80, freq="MS")
    X, y = pd.DataFrame(KNOWN, index), pd.Series(DRIVEN, index)
    model = RNNForecaster(RIDGE, window=3).fit(X[:70], y[:70])
    answer = model.predict(X[60:75])
    np.testing.assert_array_equal(answer[:10], model.fitted_values_[60:])
    np.testing.assert_array_equal(answer[10:], model.predict(X[70:75]))
    np.testing.assert_array_equal(model.predict(X[70:75][::-1])[::-1], model.predict(X[70:75]))
    with pytest.raises(ValueError, match="no row for step 2 after the end"):
        model.predict(X.iloc[[70, 72]])
    for bounds in (
        model.predict_interval(X[60:75], 0.8),
        model.predict_quantiles(X[60:75], [0.2, 0.8]),
    ):
        assert not bounds.isna().any().any()
    assert not model.predict_interval(X[70:75], method="conformal").isna().any().any()


def test_steps_predicted_together_take_no_regressors():
    model = RNNForecaster(RIDGE, window=3, strategy="direct", horizon=2)
    with pytest.raises(ValueError, match="takes no regressors.*strategy='recursive'"):
        model.fit(KNOWN, DRIVEN)


# Errors.


@pytest.mark.parametrize(
    "arguments,message",
    [
        ({"estimator": NaiveForecaster()}, "estimator must be a regressor"),
        ({"estimator": Ridge}, "estimator must be a regressor"),
        ({"estimator": "elman"}, "estimator must be a regressor"),
        (
            {"estimator": ElmanRNNRegressor(loss="poisson")},
            "estimator has loss=.poisson., which",
        ),
        ({"window": 1}, "window must be an integer >= 2"),
        ({"window": 2.5}, "window must be an integer >= 2"),
        ({"strategy": "both"}, "strategy must be one of 'auto', 'recursive', 'direct'"),
        ({"strategy": "direct"}, "set horizon"),
        ({"strategy": "direct", "horizon": 0}, "horizon must be an integer >= 1"),
        ({"strategy": "recursive", "horizon": 3}, "horizon is for strategy='direct'"),
        ({"estimator": Ridge(), "horizon": 3, "units": "std"}, "units is for the members"),
        ({"center": "last"}, "center is for the members"),
        ({"n_members": 0, "horizon": 3}, "n_members must be an integer >= 1"),
        ({"cut_off": 0.0}, r"cut_off must be a number in \(0, inf\)"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(InvalidParameterError, match=message):
        RNNForecaster(**{"estimator": RIDGE} | arguments).fit(Y)


@pytest.mark.parametrize(
    "y,options,message",
    [
        (Y[:9], {"window": 10}, "series 0 has 9 time steps .* set window to 7 or less"),
        (Y[:10], {"window": 10}, "no series has a window of 10 values .* set window to 8 or less"),
        (
            Y[:12],
            {"window": 10, "strategy": "direct", "horizon": 4},
            "the 4 values after it .* set window to 7 or less",
        ),
        (np.where(np.arange(60) % 5 == 0, np.nan, Y), {"window": 5}, "set window to 3 or less"),
        (Y[:3], {"window": 10}, "set window to 2 or less"),
        (Y[:2], {"window": 2}, "a longer series is needed"),
    ],
)
def test_a_window_that_is_too_long_is_told_with_what_would_do(y, options, message):
    with pytest.raises(ValueError, match=message):
        RNNForecaster(RIDGE, **options).fit(y)


def test_a_failed_update_leaves_the_forecaster_as_it_was():
    model = RNNForecaster(RIDGE, window=4).fit(Y)
    before = model.predict(3)
    with pytest.raises(ValueError, match="too large beside those"):
        RNNForecaster(RIDGE, window=4).fit(Y * 1e-150).update([1e200])
    with pytest.raises(ValueError, match="infinity"):
        model.update([np.inf])
    np.testing.assert_array_equal(model.predict(3), before)


def test_threads_are_handed_on_where_the_regressor_does_not_say():
    frame = pd.DataFrame({"unique_id": "a", "ds": np.arange(60), "y": Y})
    for threads, expected in ((None, 2), (1, 1)):
        panel = PanelForecaster(RNNForecaster(Recorder(n_jobs=threads), window=4), n_jobs=2)
        fitted = panel.fit(frame)._fitted.members[0].model.state.network.estimator
        assert fitted.n_jobs == expected
