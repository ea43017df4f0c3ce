"""The default members of a combination: which there are, and what is said of them."""

import statistics
import warnings

import numpy as np
import pandas as pd
import pytest

from tsrnn import (
    ComplexExpSmoothingRNN,
    DoubleExpSmoothingRNN,
    EnsembleForecaster,
    PanelForecaster,
    ThetaForecaster,
)
from tsrnn.compose.combining import geometric_mean
from tsrnn.compose.default_members import default_members
from tsrnn.exceptions import InvalidParameterError

RANDOM = np.random.default_rng(3)
WALK = 100.0 + RANDOM.normal(size=40).cumsum()
SEASON = WALK + 8.0 * np.sin(np.arange(40) * np.pi / 6.0)


def months(y):
    return pd.Series(y, pd.date_range("2020-01", periods=len(y), freq="MS"))


def test_without_a_season_a_damped_trend_has_the_place_of_theta():
    alone = DoubleExpSmoothingRNN(damped=True, prior="cautious").fit(WALK)
    for ensemble in (
        EnsembleForecaster().fit(WALK),
        EnsembleForecaster(period=1).fit(WALK),
        EnsembleForecaster().fit(WALK.astype(object)),
    ):
        assert list(ensemble.members_) == ["auto", "ces", "damped"]
        np.testing.assert_array_equal(ensemble.members_["damped"].predict(5), alone.predict(5))
    with warnings.catch_warnings(action="ignore"):  # of the season that is not shown twice
        short = EnsembleForecaster().fit(months(SEASON[:20]))
    assert (short.period_, list(short.members_)) == (1, ["auto", "ces", "damped"])
    ensemble = EnsembleForecaster().fit(months(SEASON))
    assert (ensemble.period_, list(ensemble.members_)) == (12, ["auto", "ces", "theta"])
    theta = ThetaForecaster(12).fit(SEASON)
    np.testing.assert_array_equal(ensemble.members_["theta"].predict(5), theta.predict(5))


def test_the_series_of_a_panel_have_the_members_of_their_seasons():
    years = pd.Series(WALK, pd.date_range("1980", periods=40, freq="YS"))
    series = {"m": months(SEASON), "y": years}
    frame = pd.concat(
        y.rename("y").rename_axis("ds").reset_index().assign(unique_id=key)
        for key, y in series.items()
    )
    table = PanelForecaster(EnsembleForecaster(), alias="f").fit(frame).predict(4)
    for key, y in series.items():
        found = table.loc[table["unique_id"] == key, "f"]
        np.testing.assert_allclose(found, EnsembleForecaster().fit(y).predict(4), rtol=1e-12)


@pytest.mark.parametrize("n", [24, 30, 35])
def test_between_two_and_three_seasons_nothing_is_warned_of(n):
    with warnings.catch_warnings(action="error"):
        ensemble = EnsembleForecaster().fit(months(SEASON[:n]))
        ensemble.predict_interval(12)
    assert ensemble.dropped_ == {}
    assert ensemble.members_["theta"].is_seasonal_


def test_default_members_are_set_and_weighed_by_the_names_that_they_have():
    damped = EnsembleForecaster(period=1).set_params(damped__prior=None)
    assert dict(damped.forecasters)["damped"].prior is None
    assert list(damped.fit(WALK).members_) == ["auto", "ces", "damped"]
    with pytest.raises(ValueError, match="Invalid parameter 'damped'"):
        EnsembleForecaster(period=12).set_params(damped__prior=None)
    weights = pd.Series({"damped": 3.0, "auto": 1.0, "ces": 0.0})
    for period in ("auto", 1):
        found = EnsembleForecaster(period=period, weights=weights).fit(WALK)
        assert found.weights_.tolist() == [0.25, 0.0, 0.75]
    with pytest.raises(ValueError, match=r"those of \['damped', 'auto', 'ces'\], but .* 'theta'"):
        EnsembleForecaster(weights=weights).fit(months(SEASON))
    with pytest.raises(InvalidParameterError, match="3 numbers"):
        EnsembleForecaster(period=12, weights=weights).fit(SEASON)


# Complex smoothing leaves a line at an exponential pace.


def test_a_member_that_leaves_the_others_far_ahead_is_held_without_a_word():
    y = 0.3 * np.arange(60) + RANDOM.normal(size=60)
    with warnings.catch_warnings(action="ignore"):  # it warns, alone
        alone = ComplexExpSmoothingRNN().fit(y).predict(60)
    with warnings.catch_warnings(action="error"):
        ensemble = EnsembleForecaster().fit(y)
        forecast = ensemble.predict(60)
    others = [ensemble.members_[name].predict(60) for name in ("auto", "damped")]
    size = np.ptp(y)
    nearest = np.clip(np.min(others, axis=0) - y.max(), 0.0, None)
    limit = y.max() + np.maximum((0.5 + np.minimum(np.r_[1:61] / 59, 1.0)) * size, 1.5 * nearest)
    assert (alone > limit)[-1] and not (alone > limit)[:20].any()
    expected = np.mean([*others, np.minimum(alone, limit)], axis=0)
    np.testing.assert_allclose(forecast, expected, rtol=1e-12)


def test_a_geometric_mean_is_of_what_is_there_and_of_no_less_than_a_hundredth():
    sizes = np.array([[2.0, np.nan, 0.0, 0.0, np.nan], [8.0, 3.0, 5.0, 0.0, np.nan]])
    expected = [statistics.geometric_mean([2.0, 8.0]), 3.0, np.sqrt(5.0 * 0.05), 0.0, np.nan]
    np.testing.assert_allclose(geometric_mean(sizes), expected, rtol=1e-12)


def test_values_that_a_float_hardly_holds_have_no_overflow_to_tell_of():
    small = 1e-310 * WALK
    for y, forecaster in (
        (1e308 * np.sin(np.arange(40.0)), EnsembleForecaster(period=1)),
        (1e308 * np.sin(np.arange(40.0)), ThetaForecaster()),
        (small, EnsembleForecaster(period=1)),
    ):
        with warnings.catch_warnings(action="error", category=RuntimeWarning):
            model = forecaster.fit(y)
            assert np.isfinite(model.predict(5)).all()
            assert not np.isnan(model.predict_interval(5)).any()
            assert not np.isnan(model.simulate(5, 3, random_state=0)).any()


def test_the_default_members_of_no_known_season_are_those_of_one():
    assert [name for name, _ in default_members("auto")] == ["auto", "ces", "theta"]
