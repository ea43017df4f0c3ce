"""Combinations of forecasters against their members' forecasts, put together by obvious loops."""

import pickle
import re
import statistics
import warnings

import numpy as np
import pandas as pd
import pytest
from ensembles import DRIFT, LAST, SEASON, SERIES, THREE, Y, by_hand, long_frame
from sklearn.base import clone

from tsrnn import (
    DeseasonalizedForecaster,
    DoubleExpSmoothingRNN,
    EnsembleForecaster,
    NaiveForecaster,
    PanelForecaster,
    RNNForecaster,
    SimpleExpSmoothingRNN,
    TripleExpSmoothingRNN,
)
from tsrnn.compose.default_members import default_members
from tsrnn.datasets import load_co2
from tsrnn.exceptions import UnreliableForecastWarning
from tsrnn.forecasting import FittedModel, Forecaster

SMOOTH = SimpleExpSmoothingRNN(alpha=0.3, initial_state=(20.0,))
BOTH = np.column_stack([Y, Y[::-1] ** 2])


# The tolerances of 1e-12 are for sums in another order.
@pytest.mark.parametrize("members", [THREE, THREE[:2], THREE[:1]])
@pytest.mark.parametrize(
    ("method", "combine"), [("median", statistics.median), ("mean", statistics.mean)]
)
def test_forecasts_are_medians_and_means_of_those_of_the_members(members, method, combine):
    ensemble = EnsembleForecaster(members, method=method).fit(Y)
    np.testing.assert_allclose(ensemble.predict(6), by_hand(members, Y, 6, combine), rtol=1e-12)
    np.testing.assert_allclose(ensemble.weights_, 1.0 / len(members))
    for name, one in members:
        alone = clone(one).fit(Y)
        np.testing.assert_array_equal(ensemble.members_[name].predict(5), alone.predict(5))
    rows = np.column_stack([one.fitted_values_ for one in ensemble.members_.values()])
    expected = [
        combine([v for v in row if v == v]) if (row == row).any() else np.nan for row in rows
    ]
    np.testing.assert_allclose(ensemble.fitted_values_, expected, rtol=1e-12)
    np.testing.assert_allclose(ensemble.residuals_, Y - expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("period", "method"), [(12, "mean"), (13, "median")])
def test_forecasts_with_long_seasons_are_medians_unless_there_are_weights(period, method):
    members = [*THREE[:2], ("season", NaiveForecaster(strategy="seasonal", period=period))]
    ensemble = EnsembleForecaster(members).fit(Y)
    combine = getattr(statistics, method)
    assert ensemble.method_ == method
    np.testing.assert_allclose(ensemble.predict(3), by_hand(members, Y, 3, combine), rtol=1e-12)
    assert EnsembleForecaster(members, weights=[1, 1, 1]).fit(Y).method_ == "mean"


def test_each_column_is_combined_alone():
    ensemble = EnsembleForecaster(THREE).fit(BOTH)
    assert ensemble.predict(3).shape == (3, 2)
    for column in range(2):
        expected = by_hand(THREE, BOTH[:, column], 3, statistics.mean)
        np.testing.assert_allclose(ensemble.predict(3)[:, column], expected, rtol=1e-12)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_panel_has_the_forecasts_of_its_series_alone(n_jobs):
    members = [*THREE, ("adjusted", DeseasonalizedForecaster(SMOOTH, period=4))]
    panel = PanelForecaster(EnsembleForecaster(members), freq=1, alias="f", n_jobs=n_jobs)
    panel.fit(long_frame(SERIES))
    expected = [EnsembleForecaster(members).fit(y).predict(5) for y in SERIES.values()]
    np.testing.assert_allclose(panel.predict(5)["f"], np.concatenate(expected), rtol=1e-12)
    more = {"a": [21.0, np.nan, 25.0], "c": [2.5]}
    start = {name: len(y) for name, y in SERIES.items()}
    new = long_frame({name: np.array(y) for name, y in more.items()})
    new["ds"] += new["unique_id"].map(start)
    panel.update(new)
    for name, y in SERIES.items():
        alone = EnsembleForecaster(members).fit(y)
        alone = alone.update(more[name]) if name in more else alone
        found = panel.predict(3).query("unique_id == @name")["f"]
        np.testing.assert_allclose(found, alone.predict(3), rtol=1e-12)


def test_an_update_in_pieces_is_one_update_and_the_members_go_on_as_alone():
    ensemble = EnsembleForecaster([*THREE, ("smooth", SMOOTH)], method="median").fit(Y[:30])
    whole = clone(ensemble).fit(Y[:30]).update(Y[30:])
    for value in Y[30:]:
        ensemble.update(value)
    np.testing.assert_allclose(ensemble.predict(5), whole.predict(5), rtol=1e-12)
    alone = [clone(one).fit(Y[:30]).update(Y[30:]).predict(5) for _, one in ensemble.forecasters]
    np.testing.assert_allclose(whole.predict(5), np.median(alone, axis=0), rtol=1e-12)
    steps = [
        clone(one).fit(Y[:30]).update(Y[30:]).predict(pd.RangeIndex(30, 40))
        for _, one in ensemble.forecasters
    ]
    inside = whole.predict(pd.RangeIndex(30, 40))
    np.testing.assert_allclose(inside, np.median(steps, axis=0), rtol=1e-12)


def test_stamps_and_names_go_through_to_the_members():
    co2 = load_co2()["1990":]
    ensemble = EnsembleForecaster([("last", LAST), ("holt", DoubleExpSmoothingRNN())]).fit(co2)
    ahead = ensemble.predict(3)
    assert (ahead.name, f"{ahead.index[0]:%Y-%m}") == ("co2", "2002-01")
    pd.testing.assert_index_equal(ensemble.members_["holt"].predict(3).index, ahead.index)
    both = pd.DataFrame({"x": co2, "y": co2 - 300.0})
    ensemble.fit(both)
    assert ensemble.members_["holt"].predict(1).columns.tolist() == ["x", "y"]
    pd.testing.assert_frame_equal(
        ensemble.predict(co2.index[5:8]), ensemble.fitted_values_[5:8], check_freq=False
    )


# Regressors.


def with_regressor(n=40):
    x = np.random.default_rng(1).normal(size=(n, 1))
    return x, Y[:n] + 5.0 * x[:, 0]


def test_with_regressors_the_members_that_take_them_are_combined():
    x, y = with_regressor()
    members = [("last", LAST), ("holt", DoubleExpSmoothingRNN()), ("level", SMOOTH)]
    left_out = "the member 'last' is left out, for it takes no regressors"
    with pytest.warns(UserWarning, match=left_out):
        ensemble = EnsembleForecaster(members, method="mean").fit(x[:35], y[:35])
    assert ensemble.dropped_ == {"last": "it takes no regressors"}
    assert ensemble.weights_.tolist() == [0.0, 0.5, 0.5]
    alone = [clone(one).fit(x[:35], y[:35]) for _, one in members[1:]]
    expected = np.mean([one.predict(x[35:]) for one in alone], axis=0)
    np.testing.assert_allclose(ensemble.predict(x[35:]), expected, rtol=1e-12)
    ensemble.update(y[35:38], x[35:38])
    expected = np.mean([one.update(y[35:38], x[35:38]).predict(x[38:]) for one in alone], axis=0)
    np.testing.assert_allclose(ensemble.predict(x[38:]), expected, rtol=1e-12)
    assert ensemble.predict_interval(x[38:]).shape == (2, 2)
    assert ensemble.simulate(2, 3, X=x[38:], random_state=0).shape == (2, 3)
    frame = pd.DataFrame({"unique_id": 1, "ds": np.arange(35), "y": y[:35], "x": x[:35, 0]})
    more = pd.DataFrame({"unique_id": 1, "ds": np.arange(35, 40), "x": x[35:, 0]})
    with pytest.warns(UserWarning, match=left_out):
        panel = PanelForecaster(clone(ensemble), freq=1, alias="f").fit(frame)
    with pytest.warns(UserWarning, match=left_out) as caught:
        both = clone(ensemble).fit(x[:35], np.column_stack([y[:35], y[:35]]))
    assert [left_out in str(one.message) for one in caught].count(True) == 1  # not for each column
    expected = both.predict(x[35:])[:, 0]
    np.testing.assert_allclose(panel.predict(more, level=80)["f"], expected, rtol=1e-12)


def test_regressors_that_no_member_takes_are_refused():
    x, y = with_regressor()
    with pytest.raises(ValueError, match="none of the members takes regressors"):
        EnsembleForecaster(THREE).fit(x, y)


# Members that fail.


class Odd(Forecaster):
    """A forecaster of nothing but one value, which may be no number."""

    def __init__(self, value=np.nan):
        self.value = value

    def validate_parameters(self):
        pass

    def fit_model(self, values, regressors):
        if self.value is None:
            raise ValueError("there is no value")
        shape = values.shape
        return OddModel(self.value, shape[1]), np.zeros(shape), np.ones(shape), {}


class LogarithmsGoOn(Odd):
    """Goes on as a series of powers does."""

    def fit_model(self, values, regressors):
        model = GrowingModel(values[-1] / values[-2], values[-1])
        return model, np.zeros(values.shape), np.ones(values.shape), {}


class OddModel(FittedModel):
    def __init__(self, value, k):
        self.value, self.k, self.notes = value, k, ()

    def advance(self, values):
        return self, np.zeros(values.shape), np.ones(values.shape)

    def forecast(self, horizon):
        return np.full((horizon, self.k), self.value)

    def deviation(self, horizon):
        return np.ones((horizon, self.k))


class GrowingModel(OddModel):
    def forecast(self, horizon):
        return self.k * self.value ** np.arange(1, horizon + 1)[:, None]

    def deviation(self, horizon):
        return np.ones((horizon, self.k.size))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_forecast_that_is_not_finite_is_left_out_and_told_of(value):
    ensemble = EnsembleForecaster([("odd", Odd(value)), *THREE], method="mean").fit(Y)
    with pytest.warns(UnreliableForecastWarning, match="'odd' is not finite.*from step 1 on"):
        forecast = ensemble.predict(6)
    np.testing.assert_allclose(forecast, by_hand(THREE, Y, 6, statistics.mean), rtol=1e-12)
    panel = PanelForecaster(clone(ensemble), freq=1, alias="f").fit(long_frame({"a": Y, "b": Y}))
    with pytest.warns(UnreliableForecastWarning, match="2 of 2 series, the first 'a'"):
        np.testing.assert_allclose(panel.predict(6)["f"][:6], forecast, rtol=1e-12)


def test_a_member_without_a_weight_counts_for_nothing_whatever_it_forecasts():
    members = [("odd", Odd(1e9)), ("none", Odd(np.nan)), ("last", LAST), ("drift", DRIFT)]
    ensemble = EnsembleForecaster(members, weights=[0, 0, 1, 0]).fit(Y)
    with warnings.catch_warnings(action="error"):
        np.testing.assert_array_equal(ensemble.predict(6), Y[-1])
    assert np.isnan(ensemble.fitted_values_[0])  # there is no last value yet
    ensemble = EnsembleForecaster(members, weights=[1, 0, 0, 0]).fit(Y)
    np.testing.assert_array_equal(ensemble.predict(2), 1e9)  # as the member alone
    ensemble = EnsembleForecaster([("none", Odd(None)), *members[2:]], weights=[1, 0, 0])
    with pytest.warns(UserWarning) as caught:
        assert ensemble.fit(Y).weights_.tolist() == [0.0, 0.5, 0.5]
    assert "no member with a weight is left: the others have all the same weight" in [
        str(one.message) for one in caught
    ]


def test_growth_of_many_times_the_range_goes_on_without_jumps():
    """The mean of accurate members and others that are too low rises as a line and a curve do."""
    y = 100.0 * 1.1 ** np.arange(30)
    members = [("holt", DoubleExpSmoothingRNN()), ("log", LogarithmsGoOn())]
    ensemble = EnsembleForecaster(members, method="mean").fit(y)
    with warnings.catch_warnings(action="error"):
        forecast = ensemble.predict(29)
    expected = np.mean([one.predict(29) for one in ensemble.members_.values()], axis=0)
    np.testing.assert_allclose(forecast, expected, rtol=1e-12)


def test_a_forecast_far_away_stays_where_all_go_as_far():
    y = np.exp(np.arange(12.0))
    members = [("one", DoubleExpSmoothingRNN()), ("two", DoubleExpSmoothingRNN(damped=True))]
    ensemble = EnsembleForecaster(members, method="mean").fit(y)
    with warnings.catch_warnings(action="error"):
        ensemble.predict(4)


def test_a_forecast_that_runs_away_later_is_held_from_there_on():
    """What is said of a step does not depend on how many others are asked for."""
    members = [("last", LAST), ("steep", DoubleExpSmoothingRNN(initial_state=(0.0, 5.0), beta=0.0))]
    y = np.sin(np.arange(20.0))
    ensemble = EnsembleForecaster(members, method="mean").fit(y)
    with pytest.warns(UnreliableForecastWarning, match="'steep' runs away") as caught:
        forecast = ensemble.predict(12)
    step = int(re.search(r"from step (\d+) on", str(caught[0].message))[1])
    assert 1 < step < 12
    farthest = y.max() + (0.5 + np.arange(1, 13) / 19) * np.ptp(y)
    held = np.minimum(ensemble.members_["steep"].predict(12), farthest)
    np.testing.assert_allclose(forecast, 0.5 * (held + y[-1]), rtol=1e-12)
    np.testing.assert_array_equal(ensemble.predict(step - 1), forecast[: step - 1])


def test_a_member_that_fails_is_left_out_with_its_reason():
    members = [("none", Odd(None)), *THREE]
    with pytest.warns(UserWarning, match="member 'none' is left out.*there is no value"):
        ensemble = EnsembleForecaster(members).fit(Y)
    assert ensemble.dropped_ == {"none": "there is no value"}
    assert list(ensemble.members_) == ["last", "drift", "season"]
    np.testing.assert_allclose(ensemble.weights_, [0.0, 1 / 3, 1 / 3, 1 / 3])
    assert "none is left out: there is no value" in str(ensemble.summary())
    with pytest.raises(ValueError, match="every member fails: none: there is no value"):
        EnsembleForecaster(members[:1]).fit(Y)


def test_a_member_that_cannot_be_moved_on_is_left_out_from_there_on(monkeypatch):
    members = [("odd", Odd(20.0)), ("last", LAST)]
    ensemble = EnsembleForecaster(members).fit(Y)
    panel = PanelForecaster(EnsembleForecaster(members), freq=1, alias="f")
    panel.fit(long_frame({"a": Y, "b": Y}))
    new = pd.DataFrame({"unique_id": "a", "ds": [len(Y)], "y": [30.0]})
    alone = EnsembleForecaster(members[:1]).fit(Y)
    weighted = EnsembleForecaster(members, weights=[1, 0]).fit(Y)

    def fail(model, values):
        raise ValueError("it is lost")

    monkeypatch.setattr(OddModel, "advance", fail)
    with pytest.warns(UnreliableForecastWarning, match="'odd' cannot be moved on.*it is lost"):
        ensemble.update([30.0])
    assert ensemble.predict(1)[0] == 30.0
    assert ensemble.dropped_ == {"odd": "it is lost"}
    assert ensemble.weights_.tolist() == [0.0, 1.0]
    with pytest.warns(UnreliableForecastWarning, match="is lost; no member with a weight is left"):
        weighted.update([30.0])
    assert (weighted.weights_.tolist(), weighted.predict(1)[0]) == ([0.0, 1.0], 30.0)
    with pytest.warns(UnreliableForecastWarning, match="of 1 of 2 series.*it is lost"):
        panel.update(new)
    np.testing.assert_allclose(panel.predict(1)["f"], [30.0, 0.5 * (20.0 + Y[-1])])
    with pytest.raises(ValueError, match="every member fails: odd: it is lost"):
        alone.update([30.0])
    assert alone.predict(1)[0] == 20.0  # as it was


def test_a_member_that_fails_on_one_column_is_left_out_there():
    both = np.column_stack([np.arange(30.0) - 4.0, Y[:30], 2.0 * Y[:30]])
    positive = TripleExpSmoothingRNN(period=4, seasonal="mul", alpha=0.3, beta=0.1, gamma=0.1)
    members = [("last", LAST), ("positive", positive)]
    with pytest.warns(UserWarning, match="series 0: the member 'positive' is left out"):
        ensemble = EnsembleForecaster(members, method="mean").fit(both)
    np.testing.assert_allclose(ensemble.weights_, [[1.0, 0.5, 0.5], [0.0, 0.5, 0.5]])
    assert ensemble.dropped_["positive"].startswith("series 0: ")
    np.testing.assert_allclose(ensemble.predict(3)[:, 0], both[-1, 0])
    expected = by_hand(members, both[:, 2], 3, statistics.mean)
    np.testing.assert_allclose(ensemble.predict(3)[:, 2], expected, rtol=1e-12)
    frame = pd.DataFrame(both[:, [1, 0, 2]], columns=["y", "x", "z"])
    with pytest.warns(UserWarning, match="series 1: the member 'positive' is left out"):
        named = clone(ensemble).fit(frame)
    assert list(named.members_["positive"]) == [0, 2]
    for column, one in named.members_["positive"].items():
        expected = clone(positive).fit(frame.iloc[:, [column]]).predict(2)
        pd.testing.assert_frame_equal(one.predict(2), expected)
    series = dict(zip("xyz", both.T, strict=True))
    with pytest.warns(UserWarning, match="the member 'positive' is left out"):
        panel = PanelForecaster(clone(ensemble), freq=1, alias="f").fit(long_frame(series))
    assert panel.notes_["unique_id"].tolist() == ["x"]
    assert panel.notes_["note"][0].startswith("the member 'positive' is left out, for it cannot")
    np.testing.assert_allclose(panel.predict(3)["f"], ensemble.predict(3).T.ravel(), rtol=1e-12)


def test_a_member_whose_season_is_longer_than_a_series_is_left_out_of_it():
    members = [("last", LAST), ("long", TripleExpSmoothingRNN(period=27, alpha=0.3, gamma=0.2))]
    panel = PanelForecaster(EnsembleForecaster(members), freq=1, alias="f")
    with warnings.catch_warnings(action="ignore"):  # that the others have fewer than two seasons
        alone = [EnsembleForecaster(members).fit(y) for y in SERIES.values()]
        panel.fit(long_frame(SERIES))
    assert ["long" in one.dropped_ for one in alone] == [False, True, False]
    assert set(panel.notes_.query("note.str.contains('left out')")["unique_id"]) == {"b"}
    expected = np.concatenate([one.predict(3) for one in alone])
    np.testing.assert_allclose(panel.predict(3)["f"], expected, rtol=1e-9)


def test_a_series_that_every_member_fails_on_is_a_failure_of_the_panel():
    members = [("season", NaiveForecaster(strategy="seasonal", period=4))]
    short = {"a": Y, "b": np.array([1.0, 2.0, np.nan, np.nan, np.nan, np.nan])}
    with pytest.warns(UserWarning, match="1 of 2 series"):
        panel = PanelForecaster(EnsembleForecaster(members), freq=1).fit(long_frame(short))
    assert panel.failures_["unique_id"].tolist() == ["b"]
    assert "every member fails: season: " in panel.failures_["reason"][0]


# Intervals.


def loop_of_errors(members, y, n_origins):
    """Errors of the combination from origins at the end of a series, fitted to what is before."""
    horizon = min(24, len(y) // 3)
    held = min(horizon + n_origins - 1, len(y) // 3)
    ensemble = EnsembleForecaster(members).fit(y[: len(y) - held])
    errors = np.full((min(n_origins, held), horizon), np.nan)
    for origin in range(len(errors)):
        start = len(y) - held + origin
        spreads, forecasts = [], []
        for _, member in members:
            moved = clone(member).fit(y[: len(y) - held])
            moved = moved.update(y[len(y) - held : start]) if origin else moved
            band = moved.predict_interval(horizon, level=0.6826894921370859)
            spreads.append((band[:, 1] - band[:, 0]) / 2.0)
            forecasts.append(moved.predict(horizon))
        ahead = min(horizon, len(y) - start)
        apart = np.sqrt(np.mean((np.array(forecasts) - ensemble.predict(horizon)) ** 2, axis=0))
        unit = np.exp(np.mean(np.log(spreads), axis=0)) + 0.5 * apart
        unit *= 1.0 + (4.0 + np.minimum(np.arange(1, horizon + 1), 8)) / start
        missed = y[start : start + ahead] - ensemble.predict(horizon)[:ahead]
        errors[origin, :ahead] = missed / unit[:ahead]
        ensemble.update(y[start])
    return errors


@pytest.mark.parametrize("members", [THREE[:2], THREE])
def test_past_errors_are_those_of_forecasts_of_the_ends_of_series(members):
    found = EnsembleForecaster(members).fit(Y)._model.past.of()
    np.testing.assert_allclose(found[:, :, 0], loop_of_errors(members, Y, 100), rtol=1e-9)


def test_past_errors_of_many_series_are_of_one_origin_each():
    members = THREE[:2]
    many = {f"{i:03}": Y[i % 4 :] * (1.0 + i) for i in range(100)}
    panel = PanelForecaster(EnsembleForecaster(members), freq=1).fit(long_frame(many))
    found = panel._fitted.members[0].model.past.of()
    for i, y in list(enumerate(many.values()))[:8]:
        alone = loop_of_errors(members, y, 1)[0]
        np.testing.assert_allclose(found[0, : alone.size, i], alone, rtol=1e-9)
        assert np.isnan(found[0, alone.size :, i]).all()


@pytest.mark.parametrize("n", [40, 150])
def test_what_is_told_of_a_step_does_not_depend_on_what_was_asked_before(n):
    y = np.random.default_rng(0).normal(size=n).cumsum()
    short = EnsembleForecaster(THREE[:2]).fit(y)
    long = clone(short).fit(y)
    bounds, paths = long.predict_interval(60), long.simulate(60, 5, random_state=0)
    np.testing.assert_allclose(short.predict_interval(6), bounds[:6], rtol=1e-12)
    np.testing.assert_allclose(long.predict_interval(6), bounds[:6], rtol=1e-12)
    np.testing.assert_allclose(short.simulate(6, 5, random_state=0), paths[:6], rtol=1e-12)


def test_requests_leave_nothing_behind_in_what_is_pickled():
    ensemble = EnsembleForecaster(THREE[:2]).fit(Y)
    ensemble.predict_interval(2)
    size = len(pickle.dumps(ensemble))
    bounds = ensemble.predict_interval(150)
    ensemble.predict_quantiles(100, [0.1, 0.5])
    assert len(pickle.dumps(ensemble)) == size
    again = pickle.loads(pickle.dumps(ensemble))
    np.testing.assert_array_equal(again.predict_interval(150), bounds)


@pytest.mark.parametrize("n", [21, 60])
def test_members_that_fit_a_series_exactly_are_not_taken_to_be_exact(n):
    """Of 21 values all are needed for a fit, so none can be held back."""
    from sklearn.linear_model import LinearRegression
    from sklearn.tree import DecisionTreeRegressor

    y = 100.0 + 3.0 * np.random.default_rng(0).normal(size=n)
    exact = LinearRegression() if n == 21 else DecisionTreeRegressor(random_state=0)
    member = RNNForecaster(exact, window=16 if n == 21 else 6)
    bounds = EnsembleForecaster([("exact", member)]).fit(y).predict_interval(5)
    width = np.diff(bounds, axis=1)
    assert (width > 2.0 * 3.0).all() and (width < 12.0 * 3.0).all()
    straight = EnsembleForecaster([("exact", member)]).fit(np.full(n, 7.0)).predict_interval(5)
    np.testing.assert_allclose(straight, 7.0, rtol=1e-12)


@pytest.mark.parametrize("kind", ["level", "walk"])
def test_intervals_far_ahead_are_about_as_wide_as_errors(kind):
    """Of single series of 60 values, 60 steps ahead; growth without end made them 3.5 times that.

    It is typical errors that intervals that far ahead are made of, so a few series do.
    """
    y, widths = np.random.default_rng(1).normal(size=(5, 60)), []
    for series in y.cumsum(axis=1) if kind == "walk" else y:
        ensemble = EnsembleForecaster(default_members(1)).fit(series)
        widths.append(np.diff(ensemble.predict_interval(60)[-1])[0])
    truth = 2.0 * 1.96 * (np.sqrt(60.0) if kind == "walk" else 1.0)
    assert 0.8 < np.median(widths) / truth < 1.7


def test_intervals_of_a_panel_hold_what_they_promise():
    """Of walks with heavy tails, which the members take to be normal."""
    random = np.random.default_rng(2)
    walks = random.standard_t(3, size=(400, 30)).cumsum(axis=1)
    frame = long_frame(dict(enumerate(walks[:, :24])))
    panel = PanelForecaster(EnsembleForecaster(THREE[:2]), freq=1, alias="f").fit(frame)
    bounds = panel.predict(6, level=[50, 90])
    truth = walks[:, 24:].ravel()
    for level in (50, 90):
        inside = (bounds[f"f-lo-{level}"] <= truth) & (truth <= bounds[f"f-hi-{level}"])
        # Four standard errors of 400 series whose steps go together, and of as many errors before.
        assert abs(inside.mean() - level / 100) < 4 * np.sqrt(2 * 0.25 / 400)


def test_quantiles_are_in_order_and_about_the_forecast():
    ensemble = EnsembleForecaster(THREE[:2]).fit(Y)
    levels = np.linspace(0.01, 0.99, 25)
    quantiles = ensemble.predict_quantiles(8, levels)
    assert (np.diff(quantiles, axis=1) >= 0.0).all()
    middle, forecast = ensemble.predict_quantiles(8, [0.3, 0.7]), ensemble.predict(8)
    assert ((middle[:, 0] < forecast) & (forecast < middle[:, 1])).all()
    bounds = ensemble.predict_interval(8, level=0.98)
    np.testing.assert_allclose(bounds, quantiles[:, [0, -1]], rtol=1e-12)


@pytest.mark.parametrize("method", ["mean", "median"])
def test_paths_have_the_quantiles_that_are_predicted(method):
    """Of members that are far apart, too: that is in the errors, and counts once."""
    members = [("low", Odd(0.0)), ("high", Odd(20.0)), ("last", LAST)]
    both = np.column_stack([Y, Y[::-1] + 5.0])
    ensemble = EnsembleForecaster(members, method=method).fit(both)
    paths = ensemble.simulate(5, 4000, random_state=1)
    np.testing.assert_array_equal(paths, ensemble.simulate(5, 4000, random_state=1))
    levels = np.array([0.1, 0.25, 0.5, 0.75, 0.9])
    quantiles = ensemble.predict_quantiles(5, levels)
    share = [(paths <= quantiles[..., [i], :]).mean(axis=1) for i in range(levels.size)]
    # Four standard errors of a share of 4000.
    assert np.abs(np.array(share) - levels[:, None, None]).max() < 4 * 0.5 / np.sqrt(4000) + 0.005


def test_the_season_of_the_dates_is_that_of_the_members():
    y = pd.Series(Y, pd.date_range("2020-01", periods=40, freq="QS"))
    members = [("season", NaiveForecaster(strategy="seasonal")), ("last", LAST)]
    ensemble = EnsembleForecaster(members).fit(y)
    assert (ensemble.period_, ensemble.members_["season"].period_) == (4, 4)
    assert ensemble.forecasters[0][1].period == "auto"
    months = y.set_axis(pd.date_range("2020-01", periods=40, freq="MS"))
    frame = pd.concat(
        [
            one.rename("y").rename_axis("ds").reset_index().assign(unique_id=i)
            for i, one in (("q", y), ("m", months))
        ]
    )
    panel = PanelForecaster(ensemble, alias="f").fit(frame)
    assert panel.period_.to_dict() == {"m": 12, "q": 4}
    expected = [clone(ensemble).fit(one).predict(3) for one in (months, y)]
    np.testing.assert_allclose(panel.predict(3)["f"], np.concatenate(expected), rtol=1e-12)


def test_ensembles_of_ensembles_and_around_adjusted_series():
    inner = EnsembleForecaster(THREE[:2], method="mean")
    outer = EnsembleForecaster([("both", inner), ("season", SEASON)], method="mean").fit(Y)
    expected = [
        0.5 * (0.5 * (a + b) + c)
        for a, b, c in zip(*(clone(one).fit(Y).predict(4) for _, one in THREE), strict=True)
    ]
    np.testing.assert_allclose(outer.predict(4), expected, rtol=1e-12)
    assert outer.get_params()["both__last__strategy"] == "last"
    assert outer.predict_interval(4).shape == (4, 2)
    adjusted = DeseasonalizedForecaster(clone(inner), period=4).fit(Y + 50.0)
    by_member = [
        DeseasonalizedForecaster(one, period=4).fit(Y + 50.0).predict(4) for _, one in THREE[:2]
    ]
    np.testing.assert_allclose(adjusted.predict(4), np.mean(by_member, axis=0), rtol=1e-12)


# Odd series.


@pytest.mark.parametrize("y", [[3.0, 5.0], np.full(30, 7.0), np.zeros(20), [1.0, np.nan, 2.0]])
def test_odd_series_have_finite_forecasts(y):
    with warnings.catch_warnings(action="ignore"):  # that there are too few values for parameters
        ensemble = EnsembleForecaster().fit(y)
        assert np.isfinite(ensemble.predict(5)).all()
        constant = np.ptp(np.nan_to_num(y, nan=np.nanmean(y))) == 0.0
        if constant:
            np.testing.assert_allclose(ensemble.predict_interval(5), np.nanmean(y), atol=1e-9)


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_scale_goes_through(scale):
    ensemble = EnsembleForecaster(THREE[:2])
    unscaled = clone(ensemble).fit(Y)
    scaled = clone(ensemble).fit(Y * scale)
    for method in ("predict", "predict_interval"):
        found = getattr(scaled, method)(4) / scale
        np.testing.assert_allclose(found, getattr(unscaled, method)(4), rtol=1e-8)
