"""The naive forecasts against their definitions, and their intervals against simulation."""

import numpy as np
import pandas as pd
import pytest

from tsrnn import NaiveForecaster
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
