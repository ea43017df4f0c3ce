"""RNNForecaster in panels, with seasons taken off, and in scikit-learn's tools."""

import pickle

import numpy as np
import pandas as pd
import pytest
from panels import make_frame, quietly
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVR

from tsrnn import (
    DeseasonalizedForecaster,
    ElmanRNNRegressor,
    GRURegressor,
    LSTMRegressor,
    PanelForecaster,
    RNNForecaster,
)
from tsrnn.datasets import load_co2
from tsrnn.panel.errors import AllFailedError

CO2 = load_co2()[-200:].interpolate()
ROWS = pd.DataFrame(index=CO2.index)
RIDGE = RNNForecaster(Ridge(1e-3), window=5)
ELMAN = ElmanRNNRegressor(
    hidden_layer_sizes=4, solver="lbfgs", init="holt", tol=1e-3, random_state=0
)

# Most fits here are of series that nothing can be learned of, or too short: `test_doubts.py` has
# what is said of those.
pytestmark = pytest.mark.filterwarnings("ignore::tsrnn.exceptions.UnreliableForecastWarning")


def series_of(frame):
    return [rows["y"].to_numpy() for _, rows in frame.groupby("unique_id")]


# Panels. Tolerances of 1e-9 are for sums in another order.


def test_a_panel_trains_one_network_on_all_of_its_series():
    frame = make_frame([40, 40, 40])
    panel = PanelForecaster(RIDGE, alias="f").fit(frame)
    columns = clone(RIDGE).fit(np.column_stack(series_of(frame)))
    np.testing.assert_allclose(
        panel.predict(6)["f"].to_numpy().reshape(3, 6).T, columns.predict(6), rtol=1e-9
    )
    weights = panel._fitted.members[0].model.state.network.estimator.coef_
    np.testing.assert_allclose(weights, columns.estimator_.coef_, rtol=1e-9)


def test_a_series_too_short_for_a_window_fails_and_stops_no_other():
    frame = make_frame([40, 4, 30])
    with pytest.warns(UserWarning, match="1 of 3 series failed"):
        panel = PanelForecaster(RIDGE, alias="f").fit(frame)
    assert panel.failures_["unique_id"].tolist() == ["b"]
    assert "has 4 time steps from its first value on" in panel.failures_["reason"][0]
    rest = frame[frame["unique_id"] != "b"]
    alone = PanelForecaster(RIDGE, alias="f").fit(rest)
    pd.testing.assert_frame_equal(panel.predict(4), alone.predict(4))
    assert panel._fitted.members[0].model.forecast(2).shape == (2, 3)
    with pytest.raises(ValueError, match="all 2 series failed.*window takes 50"):
        PanelForecaster(RNNForecaster(Ridge(), window=50)).fit(rest)


def test_a_series_that_only_fills_a_window_is_forecast_by_what_others_taught():
    frame = make_frame([40, 5])
    panel = PanelForecaster(RIDGE, alias="f").fit(frame)
    assert panel.failures_.empty
    alone = PanelForecaster(RIDGE, alias="f").fit(frame[frame["unique_id"] == "a"])
    pd.testing.assert_frame_equal(panel.predict(3)[:3], alone.predict(3))
    assert np.isfinite(panel.predict(3)["f"]).all()


def test_an_update_of_a_panel_moves_every_series_by_as_many_steps_as_it_had():
    frame = make_frame([40, 30, 35])
    place = frame.groupby("unique_id").cumcount(ascending=False)
    panel = PanelForecaster(RIDGE, alias="f").fit(frame[place >= 6])
    more = frame[(place < 6) & ((frame["unique_id"] == "a") | (place >= 3))]
    ahead = panel.update(more[more["unique_id"] != "c"]).predict(2)["f"].to_numpy().reshape(3, 2)
    fitted = PanelForecaster(RIDGE, alias="f").fit(frame[place >= 6])._fitted.members[0].model.state
    for i, (name, n_more) in enumerate({"a": 6, "b": 3, "c": 0}.items()):
        one = fitted.take(np.array([i]))
        y = frame["y"][(frame["unique_id"] == name) & (place < 6)].to_numpy()[:n_more]
        moved = one.advance(y, np.array([0, len(y)]))[0]
        np.testing.assert_allclose(ahead[i], moved.forecast(2)[0], rtol=1e-9)


def test_values_that_are_too_large_to_go_on_from_fail_alone():
    frame = make_frame([40, 40])
    panel = PanelForecaster(RIDGE, alias="f").fit(frame)
    expected = panel.predict(3)
    more = pd.DataFrame({"unique_id": ["a"], "ds": [frame["ds"].max() + pd.Timedelta("1D")]})
    with pytest.raises(AllFailedError, match="too large"):
        panel.update(more.assign(y=1e300))
    pd.testing.assert_frame_equal(panel.predict(3), expected)
    both = pd.concat([more.assign(y=1e300), more.assign(unique_id="b", y=1.0)])
    quietly(panel.update, both)
    assert "too large" in panel.failures_["reason"][0]
    alone = PanelForecaster(RIDGE, alias="f").fit(frame).update(both[1:])
    pd.testing.assert_frame_equal(
        panel.predict(3), alone.predict(3).query("unique_id == 'b'").reset_index(drop=True)
    )


def test_a_panel_with_regressors_reads_those_of_every_step():
    frame = make_frame([50, 40], n_regressors=2)
    frame["y"] += 5.0 * frame["x0"]
    place = frame.groupby("unique_id").cumcount(ascending=False)
    before, after = frame[place >= 4], frame[place < 4].drop(columns="y")
    panel = PanelForecaster(RIDGE, alias="f").fit(before)
    ahead = panel.predict(4, after, level=80)
    truth = frame["y"][place < 4].to_numpy()
    assert np.abs(ahead["f"] - truth).mean() < np.abs(5.0 * after["x0"]).mean()
    # More steps of one series than of the other, and none left out.
    uneven = after[(after["unique_id"] == "a") | (place[place < 4] >= 2)]
    some = panel.predict(uneven)
    both = ahead.merge(some, on=["unique_id", "ds"])
    np.testing.assert_allclose(both["f_x"], both["f_y"], rtol=1e-12)
    with pytest.raises(ValueError, match="no row for step 1 after the end"):
        panel.predict(after[place[place < 4] < 3])
    moved = panel.update(frame[(place < 4) & (place >= 2)]).predict(2, after[place[place < 4] < 2])
    assert np.isfinite(moved["f"]).all()


def test_cross_validation_and_conformal_intervals_of_panels():
    frame = make_frame([60, 50, 55], n_regressors=1)
    panel = PanelForecaster(RIDGE, alias="f", conformal_windows=4)
    scores = panel.cross_validation(frame, 3, n_windows=2, refit=False)
    assert len(scores) == 3 * 3 * 2 and np.isfinite(scores["f"]).all()
    plain = frame.drop(columns="x0")
    bounds = panel.fit(plain).predict(3, level=80, method="conformal")
    assert (bounds["f-lo-80"] < bounds["f"]).all() and (bounds["f"] < bounds["f-hi-80"]).all()


# Seasons.


def test_adjusted_series_of_a_panel_train_one_network():
    season = np.array([0.8, 0.9, 1.3, 1.0])
    frame = make_frame([48, 40])
    frame["y"] = (50.0 + frame["y"]) * np.resize(season, len(frame))
    one = DeseasonalizedForecaster(RIDGE, period=4)
    panel = PanelForecaster(one, alias="f").fit(frame)
    assert panel._fitted.members[0].model.inner.state.n_series == 2
    ahead = panel.predict(8, level=80)
    for i, y in enumerate(series_of(frame)):
        alone = one.fit(y)
        adjusted = RIDGE.fit(y / np.resize(alone.seasonal_indices_, len(y)))
        factor = alone.seasonal_indices_[(len(y) + np.arange(8)) % 4]
        np.testing.assert_allclose(alone.predict(8), factor * adjusted.predict(8), rtol=1e-9)
        np.testing.assert_allclose(
            alone.predict_interval(8, 0.8),
            factor[:, None] * adjusted.predict_interval(8, 0.8),
            rtol=1e-9,
        )
        assert np.isfinite(ahead["f"].to_numpy()[8 * i : 8 * i + 8]).all()


def test_regressors_reach_the_network_through_a_season_that_multiplies():
    rng = np.random.default_rng(0)
    x, season = rng.normal(size=(84, 1)), np.resize([0.8, 0.9, 1.3, 1.0], 84)
    y = (50.0 + rng.normal(size=84).cumsum()) * season + 6.0 * x[:, 0]
    one = DeseasonalizedForecaster(RIDGE, period=4).fit(x[:80], y[:80])
    assert one.is_seasonal_
    turned = x / one.seasonal_indices_[np.arange(84) % 4][:, None]
    adjusted = RIDGE.fit(turned[:80], y[:80] / one.seasonal_indices_[np.arange(80) % 4])
    expected = adjusted.predict(turned[80:]) * one.seasonal_indices_
    np.testing.assert_allclose(one.predict(x[80:]), expected, rtol=1e-9)


# scikit-learn's tools.


def test_cross_validation_by_time_is_a_loop_of_fits():
    folds = TimeSeriesSplit(3, test_size=6)
    scores = cross_val_score(RIDGE, ROWS, CO2, cv=folds)
    for score, (train, test) in zip(scores, folds.split(CO2), strict=True):
        model = clone(RIDGE).fit(CO2.to_numpy()[train])
        assert score == pytest.approx(model.score(None, CO2.to_numpy()[test]), rel=1e-9)


def test_a_grid_search_reaches_the_window_and_the_regressor():
    grid = {"window": [3, 13], "estimator__alpha": [1e-3, 1e3]}
    search = GridSearchCV(RIDGE, grid, cv=TimeSeriesSplit(3, test_size=12)).fit(ROWS, CO2)
    assert search.best_params_ == {"window": 13, "estimator__alpha": 1e-3}
    assert search.best_score_ > 0.8
    assert search.predict(pd.date_range("2002-01", periods=2, freq="MS")).notna().all()


def test_transformers_of_regressors_and_of_the_series_go_round_it():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(50.0, 9.0, size=(200, 2)), CO2.index)
    y = CO2 + X[0]
    piped = make_pipeline(StandardScaler(), RIDGE).fit(X[:190], y[:190])
    # Regressors are standardised anyway.
    np.testing.assert_allclose(piped.predict(X[190:]), RIDGE.fit(X[:190], y[:190]).predict(X[190:]))
    logarithm = FunctionTransformer(np.log, np.exp)
    wrapped = TransformedTargetRegressor(RIDGE, transformer=logarithm).fit(ROWS, CO2)
    expected = np.exp(RIDGE.fit(np.log(CO2.to_numpy())).predict(5))
    np.testing.assert_allclose(wrapped.predict(ROWS[:0].reindex(range(5))), expected, rtol=1e-9)


def test_regressors_of_one_output_serve_steps_together_through_scikit_learns_wrapper():
    direct = RNNForecaster(MultiOutputRegressor(SVR()), window=6, strategy="direct", horizon=4)
    assert direct.fit(CO2).predict(6).notna().all()
    piped = make_pipeline(StandardScaler(), MLPRegressor(solver="lbfgs", max_iter=20))
    model = RNNForecaster(piped, window=4, strategy="direct", horizon=2)
    assert quietly(model.fit, CO2).predict(3).notna().all()


def test_copies_predict_the_same_and_fit_leaves_the_regressor_given_alone():
    given = Ridge(1e-3)
    model = RNNForecaster(given, window=5).fit(CO2)
    assert model.estimator is given and not hasattr(given, "coef_")
    assert model.get_params()["estimator__alpha"] == 1e-3
    copied = pickle.loads(pickle.dumps(model))
    pd.testing.assert_frame_equal(copied.predict_interval(5), model.predict_interval(5))
    copied.update([370.0])
    assert len(model.predict(1)) == 1 and model.predict(1).index[0] != copied.predict(1).index[0]


# The sequence regressors.

SEQUENCE = {
    "elman": ELMAN,
    "gru": GRURegressor(hidden_layer_sizes=4, random_state=0, max_iter=5),
    "lstm": LSTMRegressor(hidden_layer_sizes=4, random_state=0, max_iter=5),
}
sequence = pytest.mark.parametrize("regressor", SEQUENCE.values(), ids=SEQUENCE)
unfinished = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@unfinished
@sequence
@pytest.mark.parametrize("options", [{}, {"strategy": "direct", "horizon": 3}], ids=str)
def test_networks_train_and_forecast_and_the_same_seed_is_the_same_forecast(regressor, options):
    model = RNNForecaster(regressor, window=6, **options)
    forecast = model.fit(CO2).predict(7)
    assert np.isfinite(forecast).all()
    pd.testing.assert_series_equal(clone(model).fit(CO2).predict(7), forecast)
    assert np.isfinite(model.predict_interval(7)).all(axis=None)
    threaded = clone(model).set_params(estimator__n_jobs=2).fit(CO2).predict(7)
    pd.testing.assert_series_equal(threaded, forecast)


@unfinished
@sequence
def test_networks_read_regressors_as_features_of_each_step(regressor):
    X = np.random.default_rng(0).normal(size=(120, 2))
    y = np.cumsum(np.random.default_rng(1).normal(size=120)) + X[:, 0]
    model = RNNForecaster(regressor, window=6).fit(X[:110], y[:110])
    assert model.estimator_.n_features_in_ == 3
    assert np.isfinite(model.predict(X[110:])).all()


@pytest.mark.parametrize("regressor", [None, *SEQUENCE.values()], ids=["default", *SEQUENCE])
@pytest.mark.parametrize("start,slope", [(1.0, 1.0), (1e9, -256.0), (0.5, 0.1)])
def test_networks_go_on_with_one_two_three(regressor, start, slope):
    line = start + slope * np.arange(40.0)
    both = np.column_stack([line, line[0] + 2.0 * (line - line[0])])
    for y in (line, both):
        forecast = RNNForecaster(regressor, window=4).fit(y[:30]).predict(10)
        np.testing.assert_allclose(forecast, y[30:], rtol=1e-9)


def test_a_network_goes_on_with_lines_that_it_was_not_trained_on():
    rng = np.random.default_rng(0)
    noisy = np.cumsum(np.cumsum(rng.normal(size=(80, 3)), axis=0), axis=0)
    linear = ElmanRNNRegressor(activation="identity", init="holt", solver="lbfgs", random_state=0)
    model = RNNForecaster(linear, window=4).fit(noisy)
    line = np.arange(500.0, 580.0, 20.0)
    ahead = model.update(np.repeat(line[:, None], 3, axis=1)).predict(2)
    # Of steps of 20: integrated walks have more to say of their curvature than of a straight line.
    np.testing.assert_allclose(ahead, [[580.0] * 3, [600.0] * 3], atol=6.0)


def test_out_of_the_box_it_follows_a_wave_on_a_slope():
    t = np.arange(160.0)
    y = 10.0 + 0.2 * t + 3.0 * np.sin(t / 2.0)
    model = RNNForecaster().fit(y[:150])
    error = np.abs(model.predict(10) - y[150:]).mean()
    # Repeating the last value misses by 2.8.
    assert error < 1.0


def test_the_summary_says_what_was_trained_and_tests_the_residuals():
    text = str(RNNForecaster(Ridge(), window=5).fit(CO2.to_frame("ppm")).summary())
    for part in ("Ridge", "recursive", "Windows trained on", "195", "ppm", "sigma2", "Ljung-Box"):
        assert part in text
    two = RNNForecaster(Ridge(), window=5, strategy="direct", horizon=3).fit(np.eye(30)[:, :2])
    assert "direct, 3 steps" in str(two.summary())
