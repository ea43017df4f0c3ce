"""Series read whole: RNNForecaster(window="all") as a forecaster, and its states."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from tsrnn import PanelForecaster, RNNForecaster
from tsrnn.exceptions import InvalidParameterError, UnreliableForecastWarning
from tsrnn.windows.rule import Rule, Wishes
from tsrnn.windows.whole import specs_of

HORIZON, PERIOD = 4, 4


def noisy_seasons(n_series=8, n=40):
    random = np.random.default_rng(0)
    t = np.arange(n)[:, None]
    season = 20.0 * np.sin(np.pi * t / 2.0)
    y = 100.0 + np.arange(n_series) * t + season + random.normal(0.0, 3.0, (n, n_series))
    return y


def whole(**changes):
    arguments = {"horizon": HORIZON, "period": PERIOD, "n_members": 2, "random_state": 0}
    return RNNForecaster(window="all", **(arguments | changes))


@pytest.fixture(scope="module")
def fitted():
    return whole().fit(noisy_seasons())


def quietly(model, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # few series, which is told elsewhere
        return model.fit(y)


def test_members_learn_how_a_season_and_a_trend_go_on(fitted):
    y = noisy_seasons(n=44)
    errors = np.abs(fitted.predict(HORIZON) - y[40:])
    last_year = np.abs(y[36:40] - y[40:])
    assert errors.mean() < last_year.mean()
    assert fitted.n_windows_ == 8 * 39
    assert [len(one.history["loss"]) > 1 for one in fitted.members_] == [True, True]
    assert "2 gru" in str(fitted.summary()) and "all" in str(fitted.summary())


def test_results_have_the_same_bits_for_any_number_of_threads_and_hang_on_the_seed(fitted):
    forecast = fitted.predict(9)
    np.testing.assert_array_equal(whole(n_jobs=2).fit(noisy_seasons()).predict(9), forecast)
    other = whole(random_state=1).fit(noisy_seasons()).predict(9)
    assert (other != forecast).any()


def test_updates_come_to_the_state_of_all_that_was_seen(fitted):
    y = noisy_seasons(n=46)
    at_once = pickle.loads(pickle.dumps(fitted)).update(y[40:])
    by_steps = pickle.loads(pickle.dumps(fitted))
    for k in range(40, 46):
        by_steps.update(y[k : k + 1])
    # Single precision, sequences in other lanes.
    np.testing.assert_allclose(by_steps.predict(6), at_once.predict(6), rtol=1e-5)
    members = fitted._model.state.network.members
    state = at_once._model.state
    for member, own in zip(members, state.states, strict=True):
        z = np.concatenate([state.scaling.scale(y)[:, i] for i in range(8)])
        read = member.network.begin(np.full(8, PERIOD)).advance(z, 46 * np.arange(9))
        np.testing.assert_allclose(own.forecast(3), read.forecast(3), rtol=1e-4)


def test_quantiles_are_in_order_lie_around_the_forecast_and_are_those_of_paths(fitted):
    levels = [0.05, 0.5, 0.8]
    quantiles = np.asarray(fitted.predict_quantiles(7, levels))
    assert (np.diff(quantiles, axis=1) > 0.0).all()
    np.testing.assert_allclose(quantiles[:, 1], fitted.predict(7))
    low, high = np.moveaxis(np.asarray(fitted.predict_interval(7, level=0.95)), 1, 0)
    ends = np.asarray(fitted.predict_quantiles(7, [0.025, 0.975]))
    np.testing.assert_allclose(np.stack([low, high], axis=1), ends)
    paths = np.asarray(fitted.simulate(7, 4000, random_state=0))
    found = np.quantile(paths, levels, axis=1)
    # Of 4,000 draws; the width between these quantiles is the unit.
    width = np.ptp(quantiles, axis=1)
    assert (np.abs(np.moveaxis(found, 0, 1) - quantiles) < 0.1 * width[:, None]).all()


def test_far_ahead_the_last_season_is_repeated_and_without_one_medians_are_gone_on_from(fitted):
    forecast = fitted.predict(4 + 8)
    np.testing.assert_allclose(forecast[4:8], forecast[:4])
    np.testing.assert_allclose(forecast[8:], forecast[:4])
    walks = 100.0 + np.cumsum(np.random.default_rng(1).normal(size=(40, 8)), axis=0)
    plain = whole(period=1).fit(walks)
    ahead = plain.predict(12)
    assert np.isfinite(ahead).all() and (np.ptp(ahead[4:], axis=0) > 0.0).all()
    np.testing.assert_allclose(plain.predict(3), ahead[:3])


def test_gaps_constants_and_series_that_begin_late_are_read_as_they_are():
    y = noisy_seasons()
    y[5:9, 0] = np.nan
    y[-3:, 1] = np.nan
    y[:20, 2] = np.nan
    y[:, 3] = 7.0
    y[:, 4] = 0.0
    model = quietly(whole(), y)
    forecast = model.predict(9)
    assert np.isfinite(forecast).all()
    assert (forecast[:, 3] == 7.0).all() and (forecast[:, 4] == 0.0).all()
    assert np.isnan(np.asarray(model.residuals_)[:21, 2]).all()
    model.update(np.full((2, 8), np.nan))
    assert np.isfinite(model.predict(2)).all()


def test_an_outlier_is_read_as_if_it_lay_nearer_and_told():
    y = noisy_seasons()
    usual = whole().fit(y).predict(HORIZON)
    y[25, 0] = 1e6
    with pytest.warns(UnreliableForecastWarning, match="1 of the values .* 1e\\+06, in row 25"):
        model = whole().fit(y)
    forecast = model.predict(HORIZON)
    # Within the range of the series, about 50, of what it is without the outlier.
    assert np.abs(forecast - usual).max() < 50.0
    with pytest.warns(UnreliableForecastWarning, match="in row 25"):
        followed = model.apply(y)
    np.testing.assert_allclose(followed.predict(HORIZON), forecast, rtol=1e-12)


def test_a_forecast_that_follows_an_outlier_at_the_end_is_told():
    y = noisy_seasons()
    y[-1, 0] = 1e6
    with pytest.warns(UnreliableForecastWarning, match="the forecast runs away"):
        quietly(whole(), y).predict(HORIZON)


@pytest.mark.parametrize("scale", [1e-250, 2.0**-20, 1e250])
def test_forecasts_are_in_the_unit_of_the_series(fitted, scale):
    scaled = whole().fit(scale * noisy_seasons())
    # Values scaled by a power of two inside; others are rounded once, and networks see singles.
    np.testing.assert_allclose(scaled.predict(6), scale * fitted.predict(6), rtol=1e-6)


def test_values_that_are_not_all_positive_are_trained_by_the_scaled_error():
    y = noisy_seasons() - 120.0
    model = whole().fit(y)
    assert np.isfinite(model.predict(4)).all()
    assert not model.members_[0].spec.reading.reads_level


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"center": "last"}, "center is for members that read windows"),
        ({"units": "std"}, "units is for members that read windows"),
        ({"early_stopping": True}, "early_stopping is for members that read windows"),
        ({"warm_start": True}, "warm_start is for members that read windows"),
        ({"past_covariates": [0]}, "past_covariates is for members that read windows"),
        ({"members": "dense"}, "members must be of 'gru', 'lstm' with window='all'"),
        ({"horizon": None}, "window='all' is for the members"),
        ({"window": "whole"}, "window must be"),
    ],
)
def test_what_has_no_effect_on_series_read_whole_is_refused(wrong, words):
    model = whole().set_params(**wrong)
    with pytest.raises(InvalidParameterError, match=words):
        model.fit(noisy_seasons())


def test_kinds_of_members_are_those_that_were_named():
    rule = Rule(4, 6, Wishes(None, 3, None, None, 0, ("lstm", "gru")), None)
    specs = specs_of(rule, is_positive=True)
    assert [one.cell for one in specs] == ["lstm", "gru", "lstm"]


def test_a_callback_is_told_of_epochs_and_ends_the_training_of_a_member():
    told = []

    def callback(state):
        told.append(state.epoch)
        return state.epoch == 2

    model = quietly(whole(callback=callback), noisy_seasons())
    assert told == [1, 2, 1, 2]
    assert [len(one.history["loss"]) for one in model.members_] == [2, 2]


def test_other_series_are_followed_as_if_they_had_been_read_then(fitted):
    y = noisy_seasons()
    np.testing.assert_allclose(fitted.apply(y).predict(6), fitted.predict(6), rtol=1e-12)
    other = fitted.apply(3.0 * y[:30, :2])
    np.testing.assert_allclose(
        other.predict(4), 3.0 * fitted.apply(y[:30, :2]).predict(4), rtol=1e-6
    )  # networks see singles


def test_a_failed_fit_leaves_the_forecaster_as_it_was(fitted):
    model = pickle.loads(pickle.dumps(fitted))
    before = model.predict(3)
    y = noisy_seasons()
    y[3, 2] = np.inf
    with pytest.raises(ValueError):
        model.fit(y)
    np.testing.assert_array_equal(model.predict(3), before)
    with pytest.raises(ValueError, match="values are too large"):
        model.update(np.full((1, 8), 1e300))
    np.testing.assert_array_equal(model.predict(3), before)


def test_a_panel_of_ragged_series_is_forecast_as_its_columns_are():
    y = noisy_seasons(5)
    frame = pd.concat(
        [
            pd.DataFrame(
                {
                    "unique_id": f"s{i}",
                    "ds": pd.date_range("2020-01-01", periods=40 - 5 * i, freq="QS"),
                    "y": y[5 * i :, i],
                }
            )
            for i in range(5)
        ]
    )
    panel = PanelForecaster(whole(period="auto")).fit(frame)
    table = panel.predict(3, level=[80])
    assert table.notna().all(axis=None)
    assert (table["RNNForecaster-lo-80"] < table["RNNForecaster-hi-80"]).all()
    columns = y.copy()
    for i in range(5):
        columns[: 5 * i, i] = np.nan
    alike = whole().fit(columns)
    forecast = table["RNNForecaster"].to_numpy().reshape(5, 3)
    np.testing.assert_allclose(forecast, alike.predict(3).T, rtol=1e-5)  # networks see singles
    new = pd.DataFrame({"unique_id": ["s0"], "ds": [pd.Timestamp("2030-01-01")], "y": [90.0]})
    after = panel.update(new).predict(3)
    assert after["ds"][0] == pd.Timestamp("2030-04-01")
    later = after["RNNForecaster"].to_numpy().reshape(5, 3)
    alike.update([[90.0, *[np.nan] * 4]])
    np.testing.assert_allclose(later[0], alike.predict(3)[:, 0], rtol=1e-5)
    np.testing.assert_allclose(later[1:], forecast[1:], rtol=1e-5)
    assert np.abs(later[0] - forecast[0]).max() > 1.0


def test_an_outlier_that_comes_is_read_as_if_it_lay_nearer_once_others_have_followed(fitted):
    y = noisy_seasons(n=54)
    usual = fitted.apply(y).predict(HORIZON)
    y[42, 0], y[43, 1], y[44, 1] = 1e6, 1e6, np.nan
    at_once = pickle.loads(pickle.dumps(fitted)).update(y[40:])
    by_steps = pickle.loads(pickle.dumps(fitted))
    for k in range(40, 54):
        by_steps.update(y[k : k + 1])
    forecast = by_steps.predict(HORIZON)  # a season after it; there is nothing to be told
    # Single precision, sequences in other lanes.
    np.testing.assert_allclose(forecast, at_once.predict(HORIZON), rtol=1e-5)
    assert np.abs(forecast - usual).max() < 50.0  # about the range of the series
    with pytest.warns(UnreliableForecastWarning, match="in row 4"):
        followed = fitted.apply(y)
    # The fence is now of the longer series, and read at it the value has an effect.
    assert np.abs(forecast - followed.predict(HORIZON)).max() < 5.0
    now, other = by_steps._model.state, at_once._model.state
    np.testing.assert_array_equal(now.ranges.high, other.ranges.high)
    np.testing.assert_array_equal(now.recent.values, other.recent.values)
    np.testing.assert_array_equal(now.recent.gaps, other.recent.gaps)
    assert (now.scaling.unscale(now.ranges.high) < 500.0).all()


def test_a_forecast_that_follows_an_outlier_at_the_end_of_an_update_is_told(fitted):
    model = pickle.loads(pickle.dumps(fitted)).update(noisy_seasons(n=42)[40:])
    model.update(np.full((1, 8), 1e6))
    with pytest.warns(UnreliableForecastWarning, match="the forecast runs away"):
        model.predict(HORIZON)


def test_training_of_members_on_windows_does_not_begin_anew_unsaid():
    y = noisy_seasons()
    model = quietly(whole(), y)
    before = model.predict(3)
    model.set_params(window="auto", warm_start=True)
    with pytest.raises(ValueError, match="trained with window all, .* now is auto"):
        model.fit(y)
    np.testing.assert_array_equal(model.set_params(window="all").predict(3), before)
    model = quietly(model.set_params(window="auto", warm_start=False, n_members=1), y)
    assert model.members_[0].spec.window < 40


def test_a_clone_knows_its_window_and_fits_alike(fitted):
    assert clone(fitted).get_params()["window"] == "all"
