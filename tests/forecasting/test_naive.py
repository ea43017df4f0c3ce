"""The naive forecasts against their definitions, and their intervals against simulation."""

import copy
import warnings

import numpy as np
import pandas as pd
import pytest

from tsrnn import AutoExpSmoothingRNN, NaiveForecaster, PanelForecaster, TripleExpSmoothingRNN
from tsrnn.datasets import load_co2
from tsrnn.exceptions import InvalidParameterError

WALK = 20.0 + np.random.default_rng(0).standard_normal(60).cumsum()


def test_last_repeats_the_last_value():
    model = NaiveForecaster().fit(WALK)
    np.testing.assert_array_equal(model.predict(3), WALK[-1])
    np.testing.assert_array_equal(model.fitted_values_[1:], WALK[:-1])
    assert np.isnan(model.fitted_values_[0])
    np.testing.assert_allclose(model.sigma2_, np.mean(np.diff(WALK) ** 2), rtol=1e-12)


def test_seasonal_repeats_the_last_season_in_its_order():
    model = NaiveForecaster(strategy="seasonal", period=7).fit(WALK)
    np.testing.assert_array_equal(model.predict(16), np.tile(WALK[-7:], 3)[:16])
    np.testing.assert_array_equal(model.fitted_values_[7:], WALK[:-7])
    np.testing.assert_allclose(model.sigma2_, np.mean((WALK[7:] - WALK[:-7]) ** 2), rtol=1e-12)


def test_drift_goes_on_by_the_mean_change():
    model = NaiveForecaster(strategy="drift").fit(WALK)
    slope = (WALK[-1] - WALK[0]) / 59
    np.testing.assert_allclose(model.drift_, slope, rtol=1e-12)
    np.testing.assert_allclose(model.predict(3), WALK[-1] + slope * np.arange(1, 4), rtol=1e-12)
    np.testing.assert_allclose(model.fitted_values_[1:], WALK[:-1] + slope, rtol=1e-12)


def test_missing_values_are_bridged_by_the_last_observed_one():
    y = WALK.copy()
    y[[10, 11, 58, 59]] = np.nan
    model = NaiveForecaster().fit(y)
    assert model.fitted_values_[12] == y[9]
    assert model.predict(1)[0] == y[57]
    half_width = np.diff(model.predict_interval(2))[:, 0] / 2
    np.testing.assert_allclose(
        half_width, 1.959964 * np.sqrt(model.sigma2_ * np.array([3, 4])), rtol=1e-6
    )
    seasonal = NaiveForecaster(strategy="seasonal", period=4).fit(y)
    np.testing.assert_array_equal(seasonal.predict(4), [y[56], y[57], y[54], y[55]])


@pytest.mark.parametrize(
    "forecaster",
    [
        NaiveForecaster(),
        NaiveForecaster(strategy="seasonal", period=4),
        NaiveForecaster(strategy="drift"),
    ],
)
class TestEveryStrategy:
    def test_simulated_paths_spread_as_the_closed_form_says(self, forecaster):
        y = np.r_[WALK, np.nan]
        model = forecaster.fit(y)
        paths = model.simulate(10, 20_000, random_state=0)
        lower, upper = model.predict_interval(10).T
        # A standard deviation of 20,000 draws is good to 0.5%, so 2% is four of its errors.
        np.testing.assert_allclose(paths.std(axis=1), (upper - lower) / 2 / 1.959964, rtol=0.02)
        error = paths.mean(axis=1) - model.predict(10)
        assert np.all(np.abs(error) < 4 * paths.std(axis=1) / np.sqrt(20_000))

    def test_an_update_in_pieces_is_one_run(self, forecaster):
        model = forecaster.fit(WALK[:40])
        predictions = [model.predict(1)[0]]
        for value in WALK[40:]:
            predictions.append(model.update(value).predict(1)[0])
        at_once = forecaster.fit(WALK[:40]).update(WALK[40:])
        np.testing.assert_allclose(at_once.predict(9)[0], predictions[-1], rtol=1e-12)
        np.testing.assert_allclose(
            at_once.predict(pd.Index(range(40, 60))), predictions[:-1], rtol=1e-12
        )

    def test_dates_and_names_go_through(self, forecaster):
        y = load_co2()
        forecast = forecaster.fit(y).predict(3)
        assert forecast.name == "co2"
        assert forecast.index[0] == pd.Timestamp("2002-01-01")
        both = forecaster.fit(pd.DataFrame({"a": y, "b": 2.0 * y})).predict(3)
        np.testing.assert_allclose(both["b"], 2.0 * forecast, rtol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"strategy": "mean"}, "strategy must be one of"),
        ({"period": 0}, "period must be an integer"),
        ({"period": 12}, "strategy='last' has no season"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(InvalidParameterError, match=message):
        NaiveForecaster(**arguments).fit(WALK)


def test_a_series_shorter_than_a_season_is_refused():
    with pytest.raises(ValueError, match="season of 12 steps"):
        NaiveForecaster(strategy="seasonal", period=12).fit(WALK[:12])


# Positions of a season that were never observed.

WORKDAYS = np.tile([1.0, 2.0, 3.0, 4.0, 5.0, np.nan, np.nan], 6) + 0.1 * np.arange(42.0)


@pytest.mark.parametrize(
    ("y", "period", "expected"),
    [
        ([1.0, np.nan, 2.0], 2, [2.0, 2.0, 2.0, 2.0]),
        ([np.nan, 1.0, np.nan, 2.0, np.nan, 4.0], 2, [4.0, 4.0, 4.0]),
        ([1.0, 5.0, np.nan, 2.0, 6.0, np.nan], 3, [2.0, 6.0, 6.0, 2.0]),
        (WORKDAYS, 7, [4.5, 5.6, 6.7, 7.8, 8.9, 8.9, 8.9, 4.5]),
    ],
)
def test_the_last_value_stands_for_a_season_never_seen(y, period, expected):
    model = NaiveForecaster(strategy="seasonal", period=period)
    with pytest.warns(UserWarning, match=rf"series 0 was never observed at \d of the {period} pos"):
        model.fit(y)
    h = len(expected)
    np.testing.assert_allclose(model.predict(h), expected, rtol=1e-14)
    bounds = model.predict_interval(2 * h, 0.9)
    assert np.isfinite(bounds).all() and (np.diff(bounds, axis=1) > 0).all()
    for k in (1, 2, 5):
        later = copy.deepcopy(model).update(np.full(k, np.nan))
        np.testing.assert_allclose(later.predict(h), model.predict(h + k)[k:], rtol=1e-14)
        np.testing.assert_allclose(
            later.predict_interval(h), model.predict_interval(h + k)[k:], rtol=1e-14
        )


@pytest.mark.filterwarnings("ignore:series 0 was never observed")
def test_the_interval_of_a_season_never_seen_is_that_of_simulated_paths_and_wider():
    model = NaiveForecaster(strategy="seasonal", period=7).fit(WORKDAYS)
    widths = np.diff(model.predict_interval(14, 0.9), axis=1)[:, 0]
    paths = model.simulate(14, 40_000, random_state=0)
    simulated = np.quantile(paths, 0.95, axis=1) - np.quantile(paths, 0.05, axis=1)
    # A quantile of 40,000 normal draws at 5% is uncertain by some 0.011 deviations, 0.7% of these.
    np.testing.assert_allclose(simulated, widths, rtol=0.03)
    assert widths[5:7].min() > 1.5 * widths[:5].max()
    # Once it is seen it is as any other.
    model.update([10.0, 11.0, 12.0, 13.0, 14.0, 20.0, 30.0])
    np.testing.assert_array_equal(model.predict(7)[5:], [20.0, 30.0])


@pytest.mark.parametrize(
    "model",
    [
        TripleExpSmoothingRNN(period=7),
        TripleExpSmoothingRNN(period=7, trend=None),
        AutoExpSmoothingRNN(period=7, models=["ANA"]),
    ],
    ids=str,
)
def test_every_method_with_a_season_tells_of_positions_never_seen(model):
    table = np.column_stack([np.nan_to_num(WORKDAYS, nan=3.0), WORKDAYS])
    with warnings.catch_warnings(record=True) as message:
        warnings.simplefilter("always")
        model.fit(table)
    notes = [str(one.message) for one in message if "was never observed" in str(one.message)]
    assert len(notes) == 1
    assert notes[0].startswith("series 1 was never observed at 2 of the 7 positions")
    assert "first row: 5, 6." in notes[0]


def test_a_panel_notes_positions_never_seen():
    days = pd.date_range("2020", periods=42)
    df = pd.DataFrame(
        {
            "unique_id": np.repeat(["a", "b"], 42),
            "ds": [*days, *days],
            "y": [*np.arange(42.0), *WORKDAYS],
        }
    )
    panel = PanelForecaster(NaiveForecaster(strategy="seasonal"))
    with pytest.warns(UserWarning, match="see notes_"):
        panel.fit(df)
    assert panel.notes_["unique_id"].tolist() == ["b"]
    assert "2 of the 7 positions" in panel.notes_["note"][0]
    forecasts = panel.predict(7)
    np.testing.assert_allclose(
        forecasts.iloc[7:, 2], [4.5, 5.6, 6.7, 7.8, 8.9, 8.9, 8.9], rtol=1e-14
    )
