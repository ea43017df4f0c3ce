"""Forecasts of adjusted series against the competitions' spec written as obvious loops."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from shared_data import FOLDER, needs
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from statsmodels.tsa.stattools import acf

from tsrnn import (
    DeseasonalizedForecaster,
    DoubleExpSmoothingRNN,
    NaiveForecaster,
    PanelForecaster,
)
from tsrnn.datasets import load_co2
from tsrnn.exceptions import InvalidParameterError
from tsrnn.forecasting.season import find_season, is_seasonal
from tsrnn.metrics import mase, smape

SEASON = np.array([0.8, 0.9, 1.3, 1.0])
ZERO = np.array([-2.0, -1.0, 3.0, 0.0])


def level(n, seed=0):
    return 50.0 + np.random.default_rng(seed).standard_normal(n).cumsum()


MUL = level(42) * np.resize(SEASON, 42)
ADD = level(42) - 45.0 + 3.0 * np.resize(ZERO, 42)
FLAT = np.random.default_rng(3).standard_normal(42) + 20.0


def naive_indices(y, m, model):
    """Ratios to, or differences from, the centred moving average, averaged by season."""
    groups = [[] for _ in range(m)]
    half = m // 2
    weights = [0.5] + [1.0] * (m - 1) + [0.5] if m % 2 == 0 else [1.0] * m
    for t in range(half, len(y) - half):
        trend = sum(w * y[t - half + i] for i, w in enumerate(weights)) / m
        groups[t % m].append(y[t] / trend if model == "mul" else y[t] - trend)
    means = np.array([sum(group) / len(group) for group in groups])
    return means / means.mean() if model == "mul" else means - means.mean()


def naive_test(y, m):
    n = np.count_nonzero(~np.isnan(y))
    if n < 3 * m:
        return False
    r = acf(y, nlags=m, missing="conservative", fft=False)
    return abs(r[m]) > 1.645 * np.sqrt((1.0 + 2.0 * sum(r[1:m] ** 2)) / n)


# The tolerances of 1e-12 are for sums in another order.
@pytest.mark.parametrize("m", [3, 4])
@pytest.mark.parametrize(("y", "model"), [(MUL, "mul"), (ADD, "add")])
def test_indices_are_those_of_the_classical_decomposition(y, model, m):
    model = DeseasonalizedForecaster(NaiveForecaster(), period=m, model=model, test=False).fit(y)
    expected = naive_indices(y, m, model.model)
    np.testing.assert_allclose(model.seasonal_indices_, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("n_missing", [0, 3])
def test_the_test_is_that_of_the_competitions_on_what_was_observed(n_missing):
    random = np.random.default_rng(0)
    outcomes = []
    for n in (11, 12, 13, 16, 40):
        for strength in (0.0, 0.3, 1.0):
            for _ in range(20):
                y = random.standard_normal(n) + strength * np.resize(ZERO, n)
                y[random.choice(n, n_missing, replace=False)] = np.nan
                outcomes.append((is_seasonal(y, 4), naive_test(y, 4)))
    found, expected = np.array(outcomes).T
    np.testing.assert_array_equal(found, expected)
    assert 0 < found.sum() < len(found)


def test_one_season_forecasts_by_hand_with_every_part_of_the_answer():
    model = DeseasonalizedForecaster(NaiveForecaster(), period=4).fit(MUL)
    s = naive_indices(MUL, 4, "mul")
    assert model.is_seasonal_ is True
    inner = NaiveForecaster().fit(MUL / np.resize(s, 42))
    ahead = s[(42 + np.arange(6)) % 4]
    np.testing.assert_allclose(model.predict(6), ahead * inner.predict(6), rtol=1e-12)
    np.testing.assert_allclose(
        model.predict_interval(6), ahead[:, None] * inner.predict_interval(6), rtol=1e-12
    )
    np.testing.assert_allclose(
        model.fitted_values_, np.resize(s, 42) * inner.fitted_values_, rtol=1e-12
    )
    np.testing.assert_allclose(model.fitted_values_ + model.residuals_, np.r_[np.nan, MUL[1:]])
    paths = ahead[:, None] * inner.simulate(6, 5, random_state=0)
    np.testing.assert_allclose(model.simulate(6, 5, random_state=0), paths, rtol=1e-12)
    np.testing.assert_allclose(model.forecaster_.residuals_, inner.residuals_, rtol=1e-10)


def test_an_additive_season_shifts_and_does_not_widen():
    model = DeseasonalizedForecaster(NaiveForecaster(), period=4, model="add").fit(ADD)
    s = naive_indices(ADD, 4, "add")
    inner = NaiveForecaster().fit(ADD - np.resize(s, 42))
    ahead = s[(42 + np.arange(6)) % 4]
    np.testing.assert_allclose(model.predict(6), ahead + inner.predict(6), rtol=1e-12)
    widths = [np.diff(each.predict_interval(6)) for each in (model, inner)]
    np.testing.assert_allclose(*widths, rtol=1e-12)


def test_a_series_without_season_is_forecast_as_it_is():
    model = DeseasonalizedForecaster(NaiveForecaster(), period=4).fit(FLAT)
    assert model.is_seasonal_ is False
    np.testing.assert_array_equal(model.seasonal_indices_, np.ones(4))
    np.testing.assert_array_equal(model.predict(5), NaiveForecaster().fit(FLAT).predict(5))
    yearly = DeseasonalizedForecaster(NaiveForecaster(), period=1, test=False).fit(MUL)
    np.testing.assert_array_equal(yearly.predict(5), MUL[-1])


def test_each_column_has_its_own_test_and_season():
    both = np.column_stack([MUL, FLAT, 2.0 * MUL[::-1]])
    model = DeseasonalizedForecaster(NaiveForecaster(), period=4).fit(both)
    np.testing.assert_array_equal(model.is_seasonal_, [True, False, True])
    assert model.seasonal_indices_.shape == (3, 4)
    single = [DeseasonalizedForecaster(NaiveForecaster(), period=4).fit(y) for y in both.T]
    expected = np.column_stack([one.predict(7) for one in single])
    np.testing.assert_allclose(model.predict(7), expected, rtol=1e-12)
    expected = np.stack([one.predict_interval(7) for one in single], axis=2)
    np.testing.assert_allclose(model.predict_interval(7), expected, rtol=1e-12)


@pytest.mark.parametrize("model", ["mul", "add"])
def test_an_update_in_pieces_is_one_run_and_keeps_the_phase(model):
    forecaster = DeseasonalizedForecaster(NaiveForecaster(), period=4, model=model, test=False)
    whole = forecaster.fit(MUL[:22])
    s = whole.seasonal_indices_
    predictions = [whole.predict(1)[0]]
    for value in MUL[22:]:
        predictions.append(whole.update(value).predict(1)[0])
    previous, now = s[(21 + np.arange(20)) % 4], s[(22 + np.arange(20)) % 4]
    change = now / previous * MUL[21:41] if model == "mul" else now - previous + MUL[21:41]
    np.testing.assert_allclose(predictions[:-1], change, rtol=1e-12)
    at_once = clone(forecaster).fit(MUL[:22]).update(MUL[22:])
    np.testing.assert_allclose(at_once.predict(pd.RangeIndex(22, 42)), change, rtol=1e-12)
    np.testing.assert_allclose(at_once.predict(9)[0], predictions[-1], rtol=1e-12)


def test_dates_and_names_go_through():
    co2 = load_co2()
    model = DeseasonalizedForecaster(DoubleExpSmoothingRNN()).fit(co2)
    forecast = model.predict(24)
    assert forecast.name == "co2"
    assert forecast.index[0] == pd.Timestamp("2002-01-01")
    # The swing within a year is 6 ppm, the rise from year to year 1.5.
    assert np.ptp(forecast.to_numpy()) > 5.0
    inside = model.predict(co2.index[100:110])
    pd.testing.assert_series_equal(inside, model.fitted_values_[100:110], check_freq=False)


@pytest.mark.parametrize("model", ["mul", "add"])
def test_missing_values_are_filled_by_their_season_alone(model):
    y = (10.0 + np.zeros(40)) * np.resize(SEASON, 40)
    holed = y.copy()
    holed[[0, 9, 10, 11, 12, 25, 39]] = np.nan
    forecaster = DeseasonalizedForecaster(NaiveForecaster(), period=4, model=model)
    np.testing.assert_allclose(forecaster.fit(holed).predict(8), y[:8], rtol=1e-12)


@pytest.mark.parametrize("scale", [1e-300, 1e-3, 1e305])
@pytest.mark.parametrize("model", ["mul", "add"])
def test_scale_goes_through(model, scale):
    forecaster = DeseasonalizedForecaster(NaiveForecaster(), period=4, model=model)
    expected = forecaster.fit(MUL).predict(5)
    found = clone(forecaster).fit(scale * MUL)
    assert found.is_seasonal_
    np.testing.assert_allclose(found.predict(5) / scale, expected, rtol=1e-12)


def test_an_offset_goes_through_an_additive_season():
    y = np.rint(8.0 * ADD)
    forecaster = DeseasonalizedForecaster(NaiveForecaster(), period=4, model="add", test=False)
    expected = forecaster.fit(y).predict(5)
    # The moving averages of numbers about 2^30 are rounded to 1e-7 of their unit.
    shifted = clone(forecaster).fit(y + 2.0**30).predict(5)
    np.testing.assert_allclose(shifted - 2.0**30, expected, rtol=0, atol=1e-5)


class TestRegressors:
    X = np.random.default_rng(5).standard_normal((46, 2)) + [0.0, 30.0]
    beta = np.array([4.0, -2.0])

    @pytest.mark.parametrize("model", ["mul", "add"])
    def test_their_effect_adds_to_the_series_beside_the_season(self, model):
        line = 500.0 + 3.0 * np.arange(46)
        s = np.resize(SEASON if model == "mul" else 10.0 * ZERO, 46)
        y = (line * s if model == "mul" else line + s) + self.X @ self.beta
        forecaster = DeseasonalizedForecaster(
            DoubleExpSmoothingRNN(), period=4, model=model, test=False
        ).fit(self.X[:42], y[:42])
        # The definition, with the indices found and the forecaster fitted by hand.
        found = np.resize(forecaster.seasonal_indices_, 46)
        if model == "mul":
            inner = DoubleExpSmoothingRNN().fit(self.X[:42] / found[:42, None], y[:42] / found[:42])
            expected = found[42:] * inner.predict(self.X[42:] / found[42:, None])
            fitted = found[:42] * inner.fitted_values_
        else:
            inner = DoubleExpSmoothingRNN().fit(self.X[:42], y[:42] - found[:42])
            expected = found[42:] + inner.predict(self.X[42:])
            fitted = found[:42] + inner.fitted_values_
        np.testing.assert_allclose(forecaster.predict(self.X[42:]), expected, rtol=1e-10)
        np.testing.assert_allclose(forecaster.fitted_values_, fitted, rtol=1e-10)
        in_order = forecaster.predict(pd.DataFrame(self.X[[45, 43]], index=[45, 43]))
        np.testing.assert_allclose(in_order, np.asarray(expected)[[3, 1]], rtol=1e-10)
        paths = forecaster.simulate(4, 3, X=self.X[42:], random_state=0)
        assert np.abs(paths.mean(axis=1) - expected).max() < 50.0
        updated = forecaster.update(y[42:44], X=self.X[42:44])
        ahead = inner.update(
            y[42:44] / found[42:44] if model == "mul" else y[42:44] - found[42:44],
            X=self.X[42:44] / found[42:44, None] if model == "mul" else self.X[42:44],
        ).predict(self.X[44:] / found[44:, None] if model == "mul" else self.X[44:])
        ahead = found[44:] * ahead if model == "mul" else found[44:] + ahead
        np.testing.assert_allclose(updated.predict(self.X[44:]), ahead, rtol=1e-10)

    @staticmethod
    def known_truth(model, kind, seed=0):
        """A series with indices, coefficients, and regressors that have a season of their own."""
        rng = np.random.default_rng(seed)
        swing = np.resize([1.0, -0.5, 0.0, -0.5], 60)
        X = {
            "a season": 10.0 * swing[:, None] + rng.normal(size=(60, 1)),
            "a growing season": (swing * np.arange(60))[:, None] / 4.0 + rng.normal(size=(60, 1)),
            "two": np.column_stack([5.0 * swing, np.full(60, 20.0)]) + rng.normal(size=(60, 2)),
            "rare": 10.0 * (rng.random((60, 1)) < 0.15),
        }[kind]
        beta = np.array([6.0, -4.0])[: X.shape[1]]
        line = 300.0 + 2.0 * np.arange(60) + rng.normal(size=60)
        indices = SEASON / SEASON.mean() if model == "mul" else np.array([-30.0, 10.0, 40.0, -20.0])
        s = np.resize(indices, 60)
        return X, (line * s if model == "mul" else line + s) + X @ beta, indices, beta

    @pytest.mark.parametrize("model", ["mul", "add"])
    @pytest.mark.parametrize("kind", ["a season", "a growing season", "two", "rare"])
    def test_what_they_add_is_no_part_of_the_indices(self, model, kind):
        X, y, indices, beta = self.known_truth(model, kind)
        forecaster = DeseasonalizedForecaster(DoubleExpSmoothingRNN(), period=4, model=model)
        alone = clone(forecaster).fit(X, y)
        # The noise of the line has a deviation of 1 to 1.3, of which each index is a mean of 15,
        # and coefficients are told by deviations of X of 1; they were out by 150 and 6.
        atol = 0.02 if model == "mul" else 4.0
        np.testing.assert_allclose(alone.seasonal_indices_, indices, rtol=0, atol=atol)
        np.testing.assert_allclose(alone.forecaster_.coef_, beta, rtol=0, atol=0.5)
        ahead = alone.predict(X[:8])
        if model == "add":
            both = clone(forecaster).fit(X, np.column_stack([y, 2.0 * y]))
            np.testing.assert_allclose(both.predict(X[:8])[:, 0], ahead, rtol=1e-8)
            np.testing.assert_allclose(
                both.seasonal_indices_[1], 2.0 * alone.seasonal_indices_, rtol=1e-8
            )
        df = pd.DataFrame(X).add_prefix("x").assign(unique_id="a", ds=np.arange(60), y=y)
        df = pd.concat([df, df.tail(40).assign(unique_id="b")])
        after = df.head(8).assign(ds=np.arange(60, 68)).drop(columns="y")
        after = pd.concat([after, after.assign(unique_id="b")])
        panel = PanelForecaster(forecaster, alias="f").fit(df).predict(8, after)
        np.testing.assert_allclose(panel.loc[panel["unique_id"] == "a", "f"], ahead, rtol=1e-8)

    def test_a_season_that_they_explain_is_not_taken_off(self):
        X, *_ = self.known_truth("add", "a season")
        level = 500.0 + np.random.default_rng(1).normal(size=60)
        model = DeseasonalizedForecaster(DoubleExpSmoothingRNN(), period=4).fit(
            X, level + 6.0 * X[:, 0]
        )
        assert not model.is_seasonal_
        assert model.forecaster_.coef_ == pytest.approx(6.0, abs=0.5)

    def test_one_that_is_nothing_but_season_is_left_to_the_indices(self):
        swing = np.resize(ZERO, 42)
        model = DeseasonalizedForecaster(DoubleExpSmoothingRNN(), period=4, model="add", test=False)
        for X in (swing, np.arange(42.0), np.full(42, 3.0)):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # that it says nothing of its own
                found = clone(model).fit(X[:, None], ADD)
            plain = clone(model).fit(ADD)
            np.testing.assert_allclose(found.seasonal_indices_, plain.seasonal_indices_, rtol=1e-9)

    def test_a_forecaster_that_ignores_them_has_their_season_in_its_indices(self):
        X, y, *_ = self.known_truth("mul", "a season")
        model = DeseasonalizedForecaster(NaiveForecaster(), period=4)
        with_them, without = clone(model).fit(X, y), clone(model).fit(y)
        np.testing.assert_array_equal(with_them.seasonal_indices_, without.seasonal_indices_)

    def test_a_series_that_is_not_positive_net_of_them_is_told_of(self):
        X, y, *_ = self.known_truth("mul", "a season")
        noise = np.random.default_rng(3).normal(size=60)
        far = X + 1000.0
        y = y - y.min() + 100.0 + noise
        model = DeseasonalizedForecaster(DoubleExpSmoothingRNN(), period=4, test=False)
        with pytest.warns(UserWarning, match="net of what regressors add, are not all positive"):
            assert not clone(model).fit(far, y).is_seasonal_
        assert clone(model).fit(X, y).is_seasonal_

    def test_several_series_with_a_multiplicative_season_are_refused(self):
        both = np.column_stack([FLAT, MUL])
        with pytest.raises(ValueError, match="series 1 has a multiplicative season.*one by one"):
            DeseasonalizedForecaster(NaiveForecaster(), period=4).fit(self.X[:42], both)
        added = DeseasonalizedForecaster(NaiveForecaster(), period=4, model="add")
        assert added.fit(self.X[:42], both).predict(self.X[42:]).shape == (4, 2)


@pytest.mark.parametrize(
    ("y", "arguments", "reason"),
    [
        (MUL - MUL.min(), {}, "values are not all positive.*set model='add'"),
        (MUL[:7], {"test": False}, "does not show two whole seasons of 4"),
        (MUL[:3], {"test": False, "model": "add"}, "does not show two whole seasons of 4"),
        (
            np.where(np.arange(42) % 4 == 1, np.nan, MUL),
            {"test": False},
            "does not show two whole seasons of 4",
        ),
    ],
)
def test_a_series_that_cannot_be_adjusted_is_forecast_as_it_is_with_a_warning(y, arguments, reason):
    forecaster = DeseasonalizedForecaster(NaiveForecaster(), period=4, **arguments)
    with pytest.warns(UserWarning, match=f"series 0 is not seasonally adjusted: .*{reason}"):
        model = forecaster.fit(y)
    assert not model.is_seasonal_
    np.testing.assert_array_equal(model.predict(3), NaiveForecaster().fit(y).predict(3))


def test_a_value_that_hides_the_season_is_told_by_its_row_and_one_without_season_hides_none():
    y = MUL.copy()
    y[17] = 1e6
    forecaster = DeseasonalizedForecaster(NaiveForecaster(), period=4)
    told = "not seasonally adjusted: the value in row 17 hides its season of 4 time steps"
    with pytest.warns(UserWarning, match=told):
        assert not forecaster.fit(y).is_seasonal_
    y[17] = np.nan
    assert forecaster.fit(y).is_seasonal_
    flat = FLAT.copy()
    flat[17] = 1e6
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not forecaster.fit(flat).is_seasonal_


def test_a_series_too_short_for_the_test_is_no_warning():
    assert not DeseasonalizedForecaster(NaiveForecaster(), period=4).fit(MUL[:11]).is_seasonal_


@pytest.mark.parametrize("n", [24, 30, 36, 40, 44])
def test_a_season_that_is_plain_to_see_in_too_few_values_is_told(n):
    t = np.arange(n)
    clear = 100.0 + 0.5 * t + 12.0 * np.sin(2.0 * np.pi * t / 12.0)
    noise = np.random.default_rng(0).normal(scale=2.0, size=n)
    told = f"series 0 .*repeats a season of 12 time steps, but {n} values are too few.*test=False"
    for y in (clear, clear + noise):
        with pytest.warns(UserWarning, match=told):
            assert not DeseasonalizedForecaster(period=12).fit(y).is_seasonal_
    panel = PanelForecaster(DeseasonalizedForecaster(NaiveForecaster(), period=12))
    with pytest.warns(UserWarning, match="repeats a season"):
        panel.fit(pd.DataFrame({"unique_id": "a", "ds": t, "y": clear}))
    with warnings.catch_warnings(action="error"):
        untested = DeseasonalizedForecaster(period=12, test=False).fit(clear)
    assert untested.is_seasonal_


def test_a_season_that_is_found_is_not_said_to_be_overlooked():
    t = np.arange(60)
    y = 100.0 + 12.0 * np.sin(2.0 * np.pi * t / 12.0)
    with warnings.catch_warnings(action="error"):
        assert DeseasonalizedForecaster(period=12).fit(y).is_seasonal_


@pytest.mark.parametrize("period", [3, 4, 7, 12])
def test_noise_and_walks_are_hardly_ever_said_to_have_a_season(period):
    random = np.random.default_rng(1)
    n_told, nothing = 0, np.empty((5 * period, 0))
    for n in np.resize(np.arange(2 * period, 5 * period), 200).tolist():
        noise = random.normal(size=n)
        for y in (noise, noise.cumsum()):
            n_told += find_season(y, nothing[:n], period, "add", test=True)[1] is not None
    assert n_told <= 4  # of 400


def test_a_constant_series_has_no_season():
    model = DeseasonalizedForecaster(NaiveForecaster(), period=4).fit(np.full(30, 7.0))
    assert not model.is_seasonal_
    adjusted = DeseasonalizedForecaster(NaiveForecaster(), period=4, model="add", test=False).fit(
        np.zeros(30)
    )
    np.testing.assert_array_equal(adjusted.predict(3), 0.0)


def test_what_the_forecaster_has_to_say_is_passed_on():
    forecaster = DeseasonalizedForecaster(DoubleExpSmoothingRNN(max_iter=1), period=4)
    with pytest.warns(UserWarning, match="series 0 has 3 observed values"):
        forecaster.set_params(forecaster__max_iter=100).fit([1.0, 2.0, 4.0])


def test_a_grid_search_reaches_the_parameters_of_the_forecaster():
    co2 = load_co2(adjusted=False)[-120:]
    search = GridSearchCV(
        DeseasonalizedForecaster(DoubleExpSmoothingRNN()),
        {"forecaster__alpha": [0.01, 0.6], "model": ["add", "mul"]},
        cv=TimeSeriesSplit(3, test_size=12),
    ).fit(pd.DataFrame(index=co2.index), co2)
    assert search.best_estimator_.forecaster_.alpha_ == search.best_params_["forecaster__alpha"]
    assert search.best_score_ > 0.9


def test_fit_leaves_the_forecaster_given_alone_and_copies_survive():
    given = DoubleExpSmoothingRNN()
    model = DeseasonalizedForecaster(given, period=4).fit(MUL)
    assert model.forecaster is given
    assert not [name for name in vars(given) if name.endswith("_")]
    copied = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copied.predict_interval(5), model.predict_interval(5))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"forecaster": 3}, "forecaster must be a forecaster of this library"),
        ({"forecaster": (24, 168)}, r"DeseasonalizedForecaster\(period=\(24, 168\)\)"),
        ({"forecaster": NaiveForecaster}, "forecaster must be a forecaster of this library"),
        ({"period": 0}, "period must be an integer >= 1"),
        ({"model": "multiplicative"}, "model must be one of 'mul', 'add'"),
        ({"test": 0.9}, "test must be True or False"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    forecaster = DeseasonalizedForecaster(**{"forecaster": NaiveForecaster()} | arguments)
    with pytest.raises(InvalidParameterError, match=message):
        forecaster.fit(MUL)


def test_wrong_arguments_of_the_forecaster_are_named():
    with pytest.raises(InvalidParameterError, match="alpha must be"):
        DeseasonalizedForecaster(DoubleExpSmoothingRNN(alpha=2.0)).fit(MUL)


@pytest.mark.parametrize(
    ("name", "published"),
    [
        pytest.param("weekly", (9.161, 2.777), marks=needs("data/m4_weekly.npz")),
        pytest.param("hourly", (18.383, 2.395), marks=needs("data/m4_hourly.npz")),
    ],
)
def test_naive2_scores_what_the_m4_competition_published(name, published):
    with np.load(FOLDER / "data" / f"m4_{name}.npz") as archive:
        data = dict(archive)
    m = int(data["seasonality"])
    naive2 = DeseasonalizedForecaster(NaiveForecaster(), period=m)
    series = np.split(data["train_values"], data["train_offsets"][1:-1])
    scores = []
    for y, truth in zip(series, data["test"], strict=True):
        forecast = naive2.fit(y).predict(len(truth))
        scores.append((smape(truth, forecast), mase(truth, forecast, y, period=m)))
    # Published to three decimals.
    np.testing.assert_allclose(np.mean(scores, axis=0), published, rtol=0, atol=5e-4)
