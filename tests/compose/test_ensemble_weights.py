"""Weights of the members of an ensemble: given, or of held-back errors; and its arguments."""

import warnings

import numpy as np
import pandas as pd
import pytest
from ensembles import DRIFT, LAST, SERIES, THREE, Y, by_hand, long_frame, of_weights
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from tsrnn import DoubleExpSmoothingRNN, EnsembleForecaster, NaiveForecaster, PanelForecaster
from tsrnn.exceptions import InvalidParameterError

# The tolerances of 1e-12 are for sums in another order.


def test_weights_are_those_of_a_weighted_mean():
    ensemble = EnsembleForecaster(THREE, method="mean", weights=[4, 0, 1]).fit(Y)
    np.testing.assert_allclose(ensemble.weights_, [0.8, 0.0, 0.2])
    np.testing.assert_allclose(
        ensemble.predict(6), by_hand(THREE, Y, 6, of_weights([4, 0, 1])), rtol=1e-12
    )


def held_back_errors(members, y, size, n_windows, period):
    """The mean absolute errors of members on windows at the end, in units of the values before."""
    total = np.zeros(len(members))
    for number in range(1, n_windows + 1):
        before, after = y[: len(y) - number * size], y[len(y) - number * size :][:size]
        unit = np.abs(before[period:] - before[:-period]).mean()
        for i, (_, one) in enumerate(members):
            total[i] += np.abs(after - clone(one).fit(before).predict(size)).mean() / unit
    return total / n_windows


@pytest.mark.parametrize("n_windows", [1, 3])
def test_weights_of_a_backtest_are_those_of_held_back_errors(n_windows):
    errors = held_back_errors(THREE, Y, 5, n_windows, 4)
    expected = errors**-2 / (errors**-2).sum()
    options = {"n_windows": n_windows, "horizon": 5}
    ensemble = EnsembleForecaster(THREE, method="mean", weights="backtest", **options).fit(Y)
    np.testing.assert_allclose(ensemble.weights_, expected, rtol=1e-12)
    best = EnsembleForecaster(THREE, method="best", **options).fit(Y)
    assert best.weights_.tolist() == (errors == errors.min()).astype(float).tolist()
    alone = clone(THREE[errors.argmin()][1]).fit(Y)
    np.testing.assert_allclose(best.predict(4), alone.predict(4), rtol=1e-12)


@pytest.mark.parametrize("options", [{"method": "best"}, {"weights": "backtest"}])
def test_too_little_to_hold_back_is_told_or_refused(options):
    members = THREE[:2]
    few = EnsembleForecaster(members, n_windows=20, horizon=4, **options)
    with pytest.warns(UserWarning, match=r"of 20 window\(s\) of 4 .* 40 time steps left 9 to"):
        few.fit(Y)
    nine = EnsembleForecaster(members, n_windows=9, horizon=4, **options).fit(Y)
    np.testing.assert_array_equal(few.weights_, nine.weights_)
    long = EnsembleForecaster(members, horizon=40, **options)
    with pytest.raises(ValueError, match=r"40 time steps are too few to hold back 1 window"):
        long.fit(Y)
    assert not hasattr(long, "members_")


@pytest.mark.parametrize("by_series", [False, True])
def test_a_series_too_short_to_be_held_back_has_the_weights_of_the_others(by_series):
    series = {"long": Y, "short": Y[:5]}
    options = {"weights": "backtest", "horizon": 5, "by_series": by_series}
    panel = PanelForecaster(EnsembleForecaster(THREE[:2], **options), freq=1, alias="f")
    with pytest.warns(UserWarning, match="5 time steps are too few to hold back"):
        panel.fit(long_frame(series))
    alone = EnsembleForecaster(THREE[:2], **options | {"by_series": False}).fit(Y).weights_
    expected = by_hand(THREE[:2], Y[:5], 3, of_weights(alone))
    found = panel.predict(3).query("unique_id == 'short'")["f"]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_pooled_weights_do_not_depend_on_the_units_of_series_that_begin_constant():
    late = np.append(np.full(20, 3.0), [4.0, 4.5, 4.0, 6.0, 7.0])
    smooth = [("last", LAST), ("season", NaiveForecaster(strategy="seasonal", period=4))]
    found = []
    for unit in (1.0, 1000.0):
        ensemble = EnsembleForecaster(smooth, weights="backtest", horizon=7)
        with warnings.catch_warnings(action="ignore"):
            panel = PanelForecaster(ensemble, freq=1, alias="f")
            panel.fit(long_frame({"a": Y, "b": unit * late}))
        found.append(panel.predict(3).query("unique_id == 'a'")["f"])
    np.testing.assert_allclose(*found, rtol=1e-12)


def test_without_a_horizon_a_season_is_held_back_and_at_most_a_quarter_of_the_series():
    for members, y, size in ((THREE, Y, 6), (THREE[:2], Y[:12], 3)):
        period = 4 if len(members) == 3 else 1
        errors = held_back_errors(members, y, size, 1, period)
        ensemble = EnsembleForecaster(members, method="mean", weights="backtest").fit(y)
        np.testing.assert_allclose(ensemble.weights_, errors**-2 / (errors**-2).sum(), rtol=1e-12)


@pytest.mark.parametrize("by_series", [False, True])
def test_a_panel_shares_its_weights_unless_told_otherwise(by_series):
    errors = np.array([held_back_errors(THREE, y, 5, 2, 4) for y in SERIES.values()])
    pooled = errors if by_series else np.repeat(errors.mean(axis=0, keepdims=True), 3, axis=0)
    options = {"n_windows": 2, "horizon": 5, "by_series": by_series}
    ensemble = EnsembleForecaster(THREE, method="mean", weights="backtest", **options)
    panel = PanelForecaster(ensemble, freq=1, alias="f").fit(long_frame(SERIES))
    found = panel.predict(4)["f"].to_numpy().reshape(3, 4)
    for one, y, row in zip(pooled, SERIES.values(), found, strict=True):
        expected = by_hand(THREE, y, 4, of_weights(one**-2))
        np.testing.assert_allclose(row, expected, rtol=1e-12)


def test_weights_of_a_series_go_by_the_names_of_members():
    named = EnsembleForecaster(THREE, weights=pd.Series({"drift": 1, "season": 3, "last": 0}))
    np.testing.assert_allclose(named.fit(Y).weights_, [0.0, 0.25, 0.75])
    numbered = EnsembleForecaster(THREE, weights=pd.Series([0, 1, 3])).fit(Y)
    np.testing.assert_array_equal(numbered.weights_, named.weights_)


# Arguments.


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"forecasters": LAST}, "list of pairs"),
        ({"forecasters": []}, "empty"),
        ({"forecasters": [LAST]}, "position 0"),
        ({"forecasters": [("a", 3)]}, "that of 'a' is 3"),
        ({"forecasters": [("a", LAST), ("a", DRIFT)]}, "different from other members'"),
        ({"forecasters": [("a__b", LAST)]}, "double underscore"),
        ({"forecasters": [("method", LAST)]}, "'method'"),
        ({"forecasters": THREE, "period": 4}, "default members"),
        ({"method": "mode"}, "method"),
        ({"method": "median", "weights": "backtest"}, "method='mean'"),
        ({"method": "mean", "weights": "best"}, "backtest"),
        ({"forecasters": THREE, "method": "mean", "weights": [1, 2]}, "3 numbers"),
        ({"forecasters": THREE, "method": "mean", "weights": [1, -2, 3]}, "0 or more"),
        ({"forecasters": THREE, "method": "mean", "weights": [0, 0, 0]}, "not all 0"),
        ({"n_windows": 2}, "n_windows is 2, but nothing is held back"),
        ({"horizon": 6}, "horizon is 6, but nothing is held back"),
        ({"by_series": True}, "by_series is True, but nothing is held back"),
        ({"method": "best", "n_windows": 0}, "n_windows"),
        ({"forecasters": [("a", NaiveForecaster(strategy="x"))]}, "member 'a': strategy"),
        ({"forecasters": THREE, "weights": np.ma.array([1, 2, 3], mask=[1, 0, 0])}, "3 numbers"),
        ({"forecasters": THREE, "weights": pd.Series({"a": 1, "b": 2, "c": 3})}, "by the names"),
    ],
)
def test_arguments_that_will_not_do_are_refused(options, message):
    ensemble = EnsembleForecaster(**options)
    with pytest.raises(InvalidParameterError, match=message):
        ensemble.fit(Y)
    assert not hasattr(ensemble, "members_")


def test_parameters_of_members_are_set_by_their_names():
    ensemble = EnsembleForecaster([("last", LAST), ("holt", DoubleExpSmoothingRNN())])
    assert ensemble.get_params()["holt__damped"] is False
    ensemble.set_params(holt__damped=True, last=DRIFT)
    assert dict(ensemble.forecasters)["holt"].damped
    assert dict(ensemble.forecasters)["last"] is DRIFT
    search = GridSearchCV(ensemble, {"holt__damped": [True, False]}, cv=TimeSeriesSplit(2))
    assert set(search.fit(pd.DataFrame(index=range(1, 41)), Y).best_params_)
    default = EnsembleForecaster(period=4).set_params(auto__prior=None)
    assert dict(default.forecasters)["auto"].get_params()["prior"] is None
    assert dict(default.forecasters)["auto"].period == 4
    clone(default).validate_parameters()
    default.set_params(period=12, theta__period=1).validate_parameters()
    assert [one.period for _, one in default.forecasters] == [12, 12, 1]


@pytest.mark.parametrize("members", [None, [("theta", DRIFT), ("ces", LAST)]])
def test_parameters_are_as_before_where_one_cannot_be_set(members):
    ensemble = EnsembleForecaster(members)
    before = repr(ensemble.get_params())
    with pytest.raises(ValueError, match="Invalid parameter 'nothing'"):
        ensemble.set_params(method="median", theta__period=4, ces__nothing=1)
    assert repr(ensemble.get_params()) == before
