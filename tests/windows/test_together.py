"""Steps predicted together (strategy="direct"): gaps, targets that are rounding, one output."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Ridge
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from tsrnn import ElmanRNNRegressor, GRURegressor, PanelForecaster, RNNForecaster
from tsrnn.exceptions import InvalidParameterError

pytestmark = pytest.mark.filterwarnings("ignore::tsrnn.exceptions.UnreliableForecastWarning")

HORIZON = 4
DIRECT = RNNForecaster(Ridge(1e-3), window=5, strategy="direct", horizon=HORIZON)
RNG = np.random.default_rng(3)
Y = 50.0 + np.cumsum(RNG.normal(size=60)) + 4.0 * np.sin(np.arange(60) / 2.0)
TWO = np.column_stack([Y, 3.0 * Y[::-1] + RNG.normal(size=60)])
MISSING = [np.nan]

# Sums are the same, in the same order: but for those of an update, which begin elsewhere.
RTOL = 1e-12


def fitted(y=Y):
    return RNNForecaster(**DIRECT.get_params(deep=False)).fit(y)


# Gaps.


@pytest.mark.parametrize("n_missing", [1, 2, 3, 4, 5, 9])
@pytest.mark.parametrize("n_ahead", [1, 3, 6, 11])
def test_missing_values_in_an_update_are_what_was_forecast(n_missing, n_ahead):
    expected = fitted().predict(n_missing + n_ahead)[n_missing:]
    moved = fitted().update(MISSING * n_missing)
    np.testing.assert_allclose(moved.predict(n_ahead), expected, rtol=RTOL)
    one_by_one = fitted()
    for _ in range(n_missing):
        one_by_one.update(np.nan)
    np.testing.assert_allclose(one_by_one.predict(n_ahead), expected, rtol=RTOL)


@pytest.mark.parametrize("n_missing", [1, 3, 4, 6])
def test_the_first_value_after_a_gap_is_predicted_as_it_was_forecast(n_missing):
    forecast = fitted().predict(n_missing + 1)
    more = np.r_[MISSING * n_missing, 47.0]
    at_once, pieces = fitted().update(more), fitted()
    for value in more:
        pieces.update(value)
    for model in (at_once, pieces):
        _, predicted = model._observed_and_predicted()
        np.testing.assert_allclose(predicted[60:, 0], forecast, rtol=RTOL)
    np.testing.assert_allclose(at_once.predict(9), pieces.predict(9), rtol=RTOL)
    # What was seen ends what had been forecast beyond it.
    filled = fitted().update(np.r_[forecast[:n_missing], 47.0])
    np.testing.assert_allclose(at_once.predict(9), filled.predict(9), rtol=1e-9)


@pytest.mark.parametrize("n_missing", [1, 3, 4, 6])
def test_gaps_within_a_series_are_filled_as_at_its_end(n_missing):
    y = Y.copy()
    y[40 : 40 + n_missing] = np.nan
    model = fitted(y)
    state = model._model.state
    # From the same windows by the same regressor: up to the gap, and through it.
    z = state.scaling.scale(y[35:40])
    with state.network.steps() as step:
        ahead, _ = step(z[None], np.empty((1, 5, 0)), state.units)
    expected = state.scaling.unscale(ahead[0])[: min(n_missing, HORIZON)]
    np.testing.assert_allclose(model.fitted_values_[40 : 40 + len(expected)], expected, rtol=RTOL)
    assert not np.isnan(model.fitted_values_[5:]).any()


def test_series_of_which_gaps_have_come_to_different_steps_go_on_each_from_its_own():
    forecast = fitted(TWO).predict(12)
    uneven = np.full((3, 2), np.nan)
    uneven[1] = [np.nan, 77.0]
    model = fitted(TWO).update(uneven)
    np.testing.assert_allclose(model.predict(5)[:, 0], forecast[3:8, 0], rtol=RTOL)
    filled = np.array([forecast[0, 1], 77.0])
    other = fitted(TWO).update(np.column_stack([forecast[:2, 0], filled]))
    np.testing.assert_allclose(model.predict(5)[:, 1], other.predict(6)[1:, 1], rtol=1e-9)


def test_a_panel_moves_its_series_on_through_gaps_one_by_one():
    frame = pd.DataFrame(
        {
            "unique_id": np.repeat(["a", "b"], 60),
            "ds": np.tile(np.arange(60), 2),
            "y": TWO.T.ravel(),
        }
    )
    panel = PanelForecaster(DIRECT, alias="f", fill="missing").fit(frame)
    forecast = panel.predict(9)["f"].to_numpy().reshape(2, 9)
    panel.update(pd.DataFrame({"unique_id": "a", "ds": [60, 61, 62], "y": np.nan}))
    moved = panel.predict(6)["f"].to_numpy().reshape(2, 6)
    np.testing.assert_allclose(moved, [forecast[0, 3:], forecast[1, :6]], rtol=RTOL)


def test_futures_after_a_gap_lie_around_the_forecast_and_its_errors_are_those_of_the_steps():
    model = fitted().update(MISSING * 3)
    paths = model.simulate(5, 2000, random_state=0)
    errors = model._model.state.network.errors
    drawn = paths[0] - model.predict(5)[0]
    unit = model._model.state.scaling.unscale_difference(model._model.state._spreads())
    # The step that is pending is the fourth of those predicted together.
    assert np.isin((drawn / unit).round(9), errors[:, 3].round(9)).all()
    assert np.isfinite(paths).all()


# Targets of rounding noise.

T = np.arange(120)
CELLS = {"elman": ElmanRNNRegressor, "gru": GRURegressor}


def sine(t, noise=0.0):
    return np.sin(2.0 * np.pi * t / 12) + noise * np.random.default_rng(0).normal(size=len(t))


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("init", [None, "holt"])
@pytest.mark.parametrize("horizon", [12, 18])
@pytest.mark.parametrize("noise", [0.0, 1e-3])
def test_a_sine_is_forecast_over_a_whole_season_and_more(cell, init, horizon, noise):
    options = {"hidden_layer_sizes": 16, "random_state": 0, "learning_rate_init": 0.01}
    network = CELLS[cell](**options, init=init, max_iter=150, n_iter_no_change=150)
    model = RNNForecaster(network, window=14, strategy="direct", horizon=horizon)
    with pytest.warns(ConvergenceWarning, match="had not converged"):
        model.fit(sine(T, noise))
    forecast = model.predict(horizon)
    # A flat line is off by 1 and more; a network that has learned the season by a tenth or two.
    np.testing.assert_allclose(forecast, sine(120 + np.arange(horizon)), atol=0.25)


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_targets_a_season_ahead_that_are_rounding_alone_are_the_same(offset):
    from window_loops import Recorder

    model = RNNForecaster(Recorder(), window=6, strategy="direct", horizon=24, cut_off=None)
    targets = model.fit(offset + sine(T)).estimator_.y_
    for step in (12, 24):
        assert np.ptp(targets[:, step - 1]) == 0.0
    assert (np.ptp(np.delete(targets, [11, 23], axis=1), axis=0) > 0.1).all()


# Regressors of one output.


@pytest.mark.parametrize(
    "estimator",
    [SVR(), GradientBoostingRegressor(n_estimators=2), make_pipeline(StandardScaler(), SVR())],
    ids=lambda one: type(one).__name__,
)
def test_a_regressor_of_one_output_is_refused_with_what_to_do(estimator):
    options = {"window": 5, "strategy": "direct"}
    with pytest.raises(InvalidParameterError, match=r"MultiOutputRegressor\(.*sklearn.multioutput"):
        RNNForecaster(estimator, horizon=4, **options).fit(Y)
    each = RNNForecaster(MultiOutputRegressor(estimator), horizon=4, **options).fit(Y)
    assert np.isfinite(each.predict(6)).all()
    assert np.isfinite(RNNForecaster(estimator, horizon=1, **options).fit(Y).predict(6)).all()


class Lonely(Ridge):
    """Takes one output."""

    def fit(self, X, y):
        if np.ndim(y) > 1:
            raise ValueError("y should be a 1d array")
        return super().fit(X, y)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = False
        return tags


def test_an_error_that_is_not_about_several_outputs_is_passed_on():
    options = {"window": 6, "strategy": "direct", "horizon": 4}
    with pytest.raises(ValueError, match="alpha") as caught:
        RNNForecaster(Lonely(alpha=-1.0), **options).fit(Y)
    assert "MultiOutputRegressor" not in str(caught.value)
    with pytest.raises(InvalidParameterError, match="MultiOutputRegressor"):
        RNNForecaster(Lonely(), **options).fit(Y)
