"""Weights of the best mix, and combinations of members that learn from all series with others."""

import itertools
import pickle

import numpy as np
import pandas as pd
import pytest
from ensembles import DRIFT, LAST, SEASON, THREE, Y, long_frame
from sklearn.linear_model import Ridge

import tsrnn
from tsrnn import EnsembleForecaster, NaiveForecaster, PanelForecaster, RNNForecaster
from tsrnn.compose.fit_members import SharedProgress
from tsrnn.compose.mixing import Missed, weights_of_mix
from tsrnn.windows.together import MembersSpec

# Of walks nothing is learned, which is told; it does not matter here.
pytestmark = pytest.mark.filterwarnings("ignore:.*one-step errors on the series itself")

RNG = np.random.default_rng(0)
WALKS = {f"{i:03}": 50.0 + RNG.normal(0.2 * (i % 3), 1.0, 30 + i % 7).cumsum() for i in range(40)}
HORIZON = 4


class CountingRidge(Ridge):
    """A regressor that counts its fits."""

    n_fits = 0

    def fit(self, X, y, sample_weight=None):
        type(self).n_fits += 1
        return super().fit(X, y, sample_weight)


def windows_of(horizon=HORIZON):
    """A member that learns from all series, for a horizon."""
    return RNNForecaster(CountingRidge(1.0), window=5, horizon=horizon)


def both(**options):
    members = [
        ("local", EnsembleForecaster([("last", LAST), ("drift", DRIFT)])),
        ("all", windows_of()),
    ]
    return EnsembleForecaster(members, **options)


def panel_of(forecaster, series=WALKS):
    return PanelForecaster(forecaster, freq=1, alias="f").fit(long_frame(series))


def model_of(panel):
    return panel._fitted.members[0].model


def error_of(missed, weights):
    """The error of a mix, series by series."""
    total = 0.0
    for i, scale in enumerate(missed.scales):
        sizes = []
        for step, value in enumerate(missed.actual[:, i]):
            forecasts = missed.forecasts[:, step, i]
            if not np.isnan(value) and not np.isnan(forecasts).any():
                sizes.append(min(abs(value - weights @ forecasts) / scale, 50.0))
        total += np.mean(sizes) if sizes else 0.0
    return total


def drawn(n_members, n=60, horizon=3):
    """Forecasts of members whose errors differ in size, and have a part in common."""
    actual = RNG.normal(size=(horizon, n)).cumsum(axis=0)
    sizes = np.linspace(1.0, 1.6, n_members)[:, None, None]
    errors = sizes * RNG.normal(size=(n_members, horizon, n)) + RNG.normal(size=(horizon, n))
    actual[0, :5], errors[0, 1, 5:9] = np.nan, np.nan
    return Missed(actual + errors, actual, RNG.uniform(0.5, 2.0, n))


@pytest.mark.parametrize("n_members", [2, 3])
@pytest.mark.parametrize("bias", [0.0, 0.5, 5.0])
def test_weights_are_the_nearest_to_equal_ones_with_about_the_smallest_error(n_members, bias):
    missed = drawn(n_members)
    missed.forecasts[0] += bias
    whole = 5 * n_members
    grid = [
        np.array(parts) / whole
        for parts in itertools.product(range(whole + 1), repeat=n_members)
        if sum(parts) == whole
    ]
    near = 1.01 * min(error_of(missed, weights) for weights in grid)
    found = weights_of_mix([missed])
    assert error_of(missed, found) <= near * (1.0 + 1e-9)  # of sums in another order
    if n_members == 2:
        nearer = [one for one in grid if abs(one[0] - 0.5) < abs(found[0] - 0.5) - 1e-9]
        assert all(error_of(missed, one) > near for one in nearer)
    assert found[0] < 1 / n_members or bias < 5.0


def test_weights_stay_equal_where_nothing_is_gained_by_others():
    missed = drawn(2)
    twins = missed._replace(forecasts=missed.forecasts[[0, 0, 0]])
    np.testing.assert_array_equal(weights_of_mix([twins]), np.full(3, 1 / 3))


def test_a_member_without_forecasts_has_no_weight_and_is_not_compared():
    missed = drawn(2)
    absent = np.full_like(missed.forecasts[:1], np.nan)
    with_absent = missed._replace(forecasts=np.concatenate([absent, missed.forecasts]))
    found = weights_of_mix([with_absent, with_absent])
    np.testing.assert_array_equal(found, [0.0, *weights_of_mix([missed])])


def test_one_series_is_not_all_that_counts():
    missed = drawn(2)
    missed.forecasts[1] += 5.0
    missed.forecasts[1, :, 20] = missed.actual[:, 20]
    missed.scales[20] = 1e-9
    assert weights_of_mix([missed])[0] > 0.5


@pytest.mark.parametrize("n_windows", [1, 2])
def test_weights_of_many_series_are_those_of_the_mix_of_held_back_forecasts(n_windows):
    windows = []
    for number in range(1, n_windows + 1):
        forecasts, actual, scales = [], [], []
        for y in WALKS.values():
            before = y[: len(y) - number * 5]
            after = y[len(before) :][:5]
            fitted = [type(one)(**one.get_params()).fit(before) for _, one in THREE]
            forecasts.append([one.predict(5) for one in fitted])
            actual.append(after)
            scales.append(np.abs(before[4:] - before[:-4]).mean())
        forecasts = np.moveaxis(forecasts, 0, -1)
        windows.append(Missed(forecasts, np.transpose(actual), np.array(scales)))
    ensemble = EnsembleForecaster(THREE, weights="backtest", horizon=5, n_windows=n_windows)
    found = model_of(panel_of(ensemble)).weights
    np.testing.assert_allclose(found, np.repeat(weights_of_mix(windows)[:, None], 40, axis=1))
    assert len(set(found[:, 0])) > 1


def test_what_learns_from_all_is_trained_twice_for_weights_and_intervals():
    CountingRidge.n_fits = 0
    panel = panel_of(both(weights="backtest"))
    panel.predict(HORIZON, level=[80, 95])
    assert CountingRidge.n_fits == 2
    panel_of(both()).predict(HORIZON, level=90)
    assert CountingRidge.n_fits == 4


@pytest.mark.parametrize("n_series", [40, 120])
def test_past_errors_of_weights_by_backtest_are_those_of_the_fit_that_was_held_back(n_series):
    """Of 40 series, origins go on until there are 100 errors."""
    series = {f"{i:03}": 2.0 * i + WALKS[f"{i % 40:03}"] for i in range(n_series)}
    model = model_of(panel_of(both(weights="backtest"), series))
    weights = model.weights[:, 0]
    begun = {name: y[:-HORIZON] for name, y in series.items()}
    past = panel_of(both(weights=list(weights)), begun)
    found, before = model.past.of(), model_of(past)
    n_origins = -(-100 // n_series)
    assert found.shape == (n_origins, HORIZON, n_series)
    ends = np.transpose([y[-HORIZON:] for y in series.values()])
    for origin in range(n_origins):
        missed = ends[origin:] - before.forecast(HORIZON)[: HORIZON - origin]
        expected = missed / before.unit(HORIZON)[: HORIZON - origin]
        np.testing.assert_allclose(found[origin, : HORIZON - origin], expected, rtol=1e-9)
        assert np.isnan(found[origin, HORIZON - origin :]).all()
        before = before.advance(ends[origin], np.arange(n_series + 1))[0]


def test_a_panel_tells_the_weights_by_series():
    dates = pd.date_range("2015-01-01", periods=36, freq="MS")
    series = {"long": Y[:36], "short": Y[:20]}  # which has no season of a year
    frame = pd.concat(
        pd.DataFrame({"unique_id": i, "ds": dates[: len(y)], "y": y}) for i, y in series.items()
    )
    with pytest.warns(UserWarning, match="note"):
        panel = PanelForecaster(EnsembleForecaster()).fit(frame)
    table = panel.weights_
    assert list(table["unique_id"]) == ["long", "short"]
    assert set(table) == {"unique_id", "auto", "ces", "theta", "damped"}
    np.testing.assert_allclose(table[["auto", "ces"]], 1 / 3)
    np.testing.assert_array_equal(table[["theta", "damped"]].isna(), [[False, True], [True, False]])
    mixed = panel_of(both(weights=[1, 3]), {"a": Y, "b": Y[1:]})
    assert mixed.weights_.to_numpy().tolist() == [["a", 0.25, 0.75], ["b", 0.25, 0.75]]
    with pytest.raises(AttributeError, match="NaiveForecaster, is no combination"):
        panel_of(LAST).weights_  # noqa: B018 - to look is what fails


def test_held_back_is_the_horizon_that_a_member_is_trained_for():
    found = [
        model_of(panel_of(both(weights="backtest", horizon=horizon))).weights
        for horizon in (None, HORIZON)
    ]
    np.testing.assert_array_equal(*found)
    deep = EnsembleForecaster([("both", both()), ("last", LAST)], weights="backtest")
    assert deep._backtest().horizon == HORIZON
    short = {name: y[: 6 + i % 3] for i, (name, y) in enumerate(WALKS.items())}
    backtest = EnsembleForecaster([("all", windows_of(6)), ("last", LAST)], weights="backtest")
    panel = panel_of(backtest, short | {"long": Y})  # at most half of what is there
    assert panel.failures_.empty and np.isfinite(panel.predict(6)["f"]).all()


def test_units_of_a_combination_in_another_are_those_of_its_members():
    inner = [("last", LAST), ("drift", DRIFT)]
    nested = EnsembleForecaster([("two", EnsembleForecaster(inner)), ("season", SEASON)]).fit(Y)
    units = [
        EnsembleForecaster(inner).fit(Y)._model.unit(3)[:, 0],
        NaiveForecaster(strategy="seasonal", period=4).fit(Y)._model.deviation(3)[:, 0],
    ]
    forecasts = [EnsembleForecaster(inner).fit(Y).predict(3), SEASON.fit(Y).predict(3)]
    apart = np.abs(forecasts[0] - forecasts[1]) / 2.0
    growth = 1.0 + (4.0 + np.arange(1, 4)) / len(Y)
    expected = (np.sqrt(units[0] * units[1]) + 0.5 * apart) * growth
    np.testing.assert_allclose(nested._model.unit(3)[:, 0], expected, rtol=1e-12)


def test_a_network_that_cannot_train_on_one_series_falls_out_by_name():
    y = Y[:8]
    network = RNNForecaster(Ridge(), window=5, horizon=6)
    local = EnsembleForecaster([("last", LAST), ("drift", DRIFT)])
    members = [("local", local), ("network", network)]
    for weights in ("backtest", [0.5, 0.5]):
        mixed = EnsembleForecaster(members, weights=weights)
        with pytest.warns(UserWarning, match="member 'network' is left out, .* no series has a"):
            mixed.fit(y)
        assert list(mixed.dropped_) == ["network"] and "window" in mixed.dropped_["network"]
        assert list(mixed.weights_) == [1.0, 0.0]
        np.testing.assert_allclose(mixed.predict(3), local.fit(y).predict(3), rtol=1e-12)


def test_a_member_that_cannot_be_judged_is_named():
    network = RNNForecaster(Ridge(), window=5, horizon=6)
    members = [("last", LAST), ("drift", DRIFT), ("network", network)]
    mixed = EnsembleForecaster(members, weights="backtest")
    with pytest.warns(UserWarning, match="'network' has no weight, for it cannot be .*: no series"):
        mixed.fit(Y[:14])  # with the last six held back, there are three before a window of five
    assert mixed.weights_[2] == 0.0 and "network" not in mixed.dropped_


def test_members_for_a_horizon_are_trained_once_a_fit_and_the_mix_is_saved_whole(
    tmp_path, monkeypatch
):
    calls = []
    train = MembersSpec.train
    monkeypatch.setattr(
        MembersSpec, "train", lambda self, *given: calls.append(1) or train(self, *given)
    )
    network = RNNForecaster(horizon=3, window=6, n_members=1, random_state=0)
    local = EnsembleForecaster([("last", LAST), ("drift", DRIFT)])
    mixed = EnsembleForecaster([("local", local), ("network", network)], weights="backtest")
    few = {name: y[:14] for name, y in WALKS.items()}
    panel = panel_of(mixed, few)
    answer = panel.predict(3, level=90)
    assert len(calls) == 2
    again = panel_of(mixed, few).predict(3, level=90)
    np.testing.assert_array_equal(again.iloc[:, 2:], answer.iloc[:, 2:])
    tsrnn.save(panel, tmp_path / "mixed.tsrnn")
    for other in (tsrnn.load(tmp_path / "mixed.tsrnn"), pickle.loads(pickle.dumps(panel))):
        np.testing.assert_array_equal(other.predict(3, level=90).iloc[:, 2:], answer.iloc[:, 2:])
    assert len(calls) == 4


def test_progress_tells_of_every_series_once_a_share_at_a_time():
    for forecaster in (both(weights="backtest", n_windows=2), both(), EnsembleForecaster(THREE)):
        values = np.concatenate(list(WALKS.values()))
        offsets = np.cumsum([0, *map(len, WALKS.values())])
        told = []
        forecaster.fit_panel(values, offsets, np.empty((values.size, 0)), None, told.append)
        assert sum(told) == len(WALKS) and min(told) > 0 and len(told) > 1
    told = []
    shared = SharedProgress.of(told.append, 3, 10)
    shared(4)
    shared.reach(1)
    shared(7)
    assert sum(told) == 5
    shared.reach(3)
    assert sum(told) == 10
