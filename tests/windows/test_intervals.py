"""Intervals, quantiles and futures of regressors on lag windows: from errors of past forecasts."""

import pickle

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.utils import check_random_state

from tsrnn import PanelForecaster, RNNForecaster
from tsrnn.windows.errors import factors

# Most fits here are of series that nothing can be learned of, or too short: `test_doubts.py` has
# what is said of those.
pytestmark = pytest.mark.filterwarnings("ignore::tsrnn.exceptions.UnreliableForecastWarning")

RIDGE = Ridge(1e-3)


def autoregression(n, n_series=None, seed=0):
    """y_t = 0.6 y_{t-1} + e_t."""
    rng = np.random.default_rng(seed)
    y = np.zeros((n + 50, n_series or 1))
    for t in range(1, len(y)):
        y[t] = 0.6 * y[t - 1] + rng.normal(size=y.shape[1])
    return y[50:] if n_series else y[50:, 0]


def test_intervals_hold_the_share_of_values_that_they_are_asked_to():
    """Of windows in units of their own with Gaussian noise, at steps near and far."""
    held = {0.5: [], 0.8: [], 0.95: []}
    for seed in range(40):
        y = autoregression(220, seed=seed)
        model = RNNForecaster(RIDGE, window=6).fit(y[:210])
        for level, shares in held.items():
            lower, upper = model.predict_interval(10, level).T
            shares.append((lower <= y[210:]) & (y[210:] <= upper))
    for level, shares in held.items():
        # 40 runs of 10 dependent steps, of which about 100 are worth independent ones.
        assert np.mean(shares) == pytest.approx(level, abs=3.0 * np.sqrt(level * (1 - level) / 100))


@pytest.mark.parametrize("options", [{}, {"strategy": "direct", "horizon": 3}], ids=str)
@pytest.mark.parametrize("n", [40, 150, 600])
def test_the_interval_of_a_step_does_not_depend_on_how_many_are_asked_for(n, options):
    y = np.column_stack([autoregression(n), np.cumsum(autoregression(n, seed=1))])
    for order in ((1, 24), (24, 1)):
        model = RNNForecaster(RIDGE, window=6, **options).fit(y)
        bounds = {horizon: model.predict_interval(horizon, 0.6) for horizon in order}
        np.testing.assert_array_equal(bounds[24][:1], bounds[1])
    np.testing.assert_array_equal(
        model.predict_quantiles(9, [0.3])[:4], model.predict_quantiles(4, [0.3])
    )


def test_intervals_of_the_next_step_hold_their_share_where_far_steps_are_asked_for():
    """Of walks, on which errors of far steps are few and alike: those have no say."""
    held = []
    for seed in range(100):
        y = np.cumsum(np.random.default_rng(seed).normal(size=101))
        lower, upper = RNNForecaster(RIDGE, window=6).fit(y[:100]).predict_interval(24, 0.8)[0]
        held.append(lower <= y[100] <= upper)
    # Half a standard deviation of a share of 100 below, for that of these walks is .83; .76 was
    # held where far steps had a say.
    assert 0.8 - 0.5 * 0.04 < np.mean(held) < 0.8 + 3.0 * 0.04


def test_a_network_that_remembers_its_windows_has_honest_intervals_all_the_same():
    """Its own errors are zero, but intervals are made of others than those of its training."""
    held = []
    for seed in range(20):
        y = autoregression(220, seed=seed)
        model = RNNForecaster(KNeighborsRegressor(1), window=4).fit(y[:210])
        assert model.sigma2_ < 0.05  # of targets that were cut off
        lower, upper = model.predict_interval(10, 0.8).T
        held.append((lower <= y[210:]) & (y[210:] <= upper))
    # 20 runs of 10 dependent steps, of which about 50 are worth independent ones.
    assert np.mean(held) == pytest.approx(0.8, abs=3.0 * np.sqrt(0.16 / 50))


def test_quantiles_are_in_order_and_the_bounds_of_intervals_are_among_them():
    model = RNNForecaster(RIDGE, window=5).fit(autoregression(150))
    quantiles = model.predict_quantiles(6, [0.05, 0.3, 0.5, 0.7, 0.95])
    assert (np.diff(quantiles) >= 0.0).all()
    np.testing.assert_allclose(quantiles[:, [0, 4]], model.predict_interval(6, 0.9), rtol=1e-12)
    np.testing.assert_array_equal(model.predict_quantiles(6, 0.5), model.predict_quantiles(6, 0.5))


def test_factors_are_order_statistics_of_errors_in_units_of_their_size_up_to_each_step():
    errors = np.array([[1.0, -4.0], [-1.0, 4.0], [1.0, np.nan]])
    # One step ahead: -1, 1, 1. Two steps ahead, in units of 1 and 4: -1, -1, 1, 1, 1.
    found = factors(errors, np.array([1 / 4, 2 / 4, 3 / 4]))
    np.testing.assert_allclose(found, [[-1.0, -4.0], [1.0, 4.0], [1.0, 4.0]])
    # Beyond the last step with an error they grow as those of a random walk.
    padded = np.column_stack([errors, [np.nan] * 3, [np.nan] * 3])
    grown = factors(padded, np.array([3 / 4]))[0]
    np.testing.assert_allclose(grown, [1.0, 4.0, 4.0 * np.sqrt(3 / 2), 4.0 * np.sqrt(2.0)])


def test_a_step_with_many_errors_takes_no_others_into_account():
    errors = np.random.default_rng(0).normal(size=(1100, 2)) ** [1, 3]
    units = errors / np.sqrt(np.mean(errors**2, axis=0))
    found = factors(errors, np.array([0.1, 0.9]))
    for step in range(2):
        # (1100 + 1) 0.1 is 110.1: the 110th and the 991st.
        expected = np.sort(units[:, step])[[109, 990]] * np.sqrt(np.mean(errors[:, step] ** 2))
        np.testing.assert_allclose(found[:, step], expected, rtol=1e-12)


def test_few_past_forecasts_give_the_widest_interval_that_they_can_and_say_so():
    y = autoregression(14)
    model = RNNForecaster(RIDGE, window=4).fit(y)
    with pytest.warns(UserWarning, match="5 past forecasts are too few"):
        one = model.predict_interval(1, 0.95)
    with pytest.warns(UserWarning, match="past forecasts are too few"):
        three = model.predict_interval(3, 0.95)
    assert np.isfinite(three).all() and one[0, 0] < model.predict(1)[0] < one[0, 1]


def test_no_past_forecasts_are_an_error_that_says_what_to_do():
    model = RNNForecaster(RIDGE, window=8).fit(autoregression(9))
    for ask in (model.predict_interval, lambda h: model.predict_quantiles(h, 0.4)):
        with pytest.raises(ValueError, match="too short to learn intervals from.*smaller window"):
            ask(2)
    assert np.isfinite(model.predict(2)).all()


def test_every_series_has_intervals_in_its_own_units_from_the_errors_of_all():
    y = autoregression(80, 3) * [1.0, 1e3, 1e-3]
    model = RNNForecaster(RIDGE, window=5).fit(y)
    widths = np.diff(model.predict_interval(4, 0.8), axis=1)[:, 0]
    relative = widths / [1.0, 1e3, 1e-3]
    assert relative.max() < 3.0 * relative.min()


def test_conformal_intervals_of_one_series_are_there_as_well():
    y = autoregression(150)
    model = RNNForecaster(RIDGE, window=5).fit(y)
    own, conformal = (model.predict_interval(4, 0.8, method) for method in ("auto", "conformal"))
    ratio = np.diff(own) / np.diff(conformal)
    assert (ratio > 0.5).all() and (ratio < 2.0).all()


def test_intervals_within_the_series_are_as_wide_as_the_errors_of_training():
    import pandas as pd

    y = pd.Series(autoregression(150), pd.date_range("2020", periods=150))
    model = RNNForecaster(RIDGE, window=5).fit(y)
    bounds = model.predict_interval(y.index, 0.9)
    assert bounds[:5].isna().all(axis=None) and not bounds[5:].isna().any(axis=None)
    held = y.between(bounds["lower"], bounds["upper"])[5:].mean()
    # Errors of windows in units of their own are not quite normal.
    assert held == pytest.approx(0.9, abs=0.06)


# Futures.


def test_futures_are_drawn_from_the_errors_of_the_training_windows():
    y = autoregression(400)
    model = RNNForecaster(RIDGE, window=5).fit(y)
    paths = model.simulate(8, 4000, random_state=0)
    np.testing.assert_array_equal(paths, model.simulate(8, 4000, random_state=0))
    assert (paths != model.simulate(8, 4000, random_state=1)).any()
    # The series has variance 1 / (1 - 0.36) and errors of variance 1; the mean of 4000 is known to
    # some hundredths, and the units of one window to a few tenths.
    assert paths[0].std() == pytest.approx(model.sigma2_**0.5, rel=0.5)
    assert paths[7].std() > 1.05 * paths[0].std()
    first = (paths[0] - model.predict(1)) / model._model.state._spreads()
    errors = model._model.state.network.errors[:, 0]
    unit = model._model.state.scaling.unscale_difference(np.ones(1))
    assert np.isin((first / unit).round(9), errors.round(9)).all()


def test_steps_predicted_together_are_drawn_together():
    y = autoregression(200)
    model = RNNForecaster(RIDGE, window=5, strategy="direct", horizon=3).fit(y)
    errors = model._model.state.network.errors
    state = model._model.state
    unit = state.scaling.unscale_difference(state._spreads())
    drawn = ((model.simulate(3, 50, random_state=0).T - model.predict(3)) / unit).round(9)
    known = {tuple(row) for row in errors.round(9)}
    assert all(tuple(row) in known for row in drawn)


def test_paths_of_several_series_have_a_dimension_for_them():
    model = RNNForecaster(RIDGE, window=5).fit(autoregression(60, 2) + [0.0, 100.0])
    paths = model.simulate(4, 6, random_state=0)
    assert paths.shape == (4, 6, 2)
    assert (np.abs(paths[:, :, 0]) < 30.0).all() and (np.abs(paths[:, :, 1] - 100.0) < 30.0).all()


def test_the_intervals_of_a_panel_are_those_of_its_columns():
    import pandas as pd

    y = autoregression(60, 3)
    frame = pd.DataFrame(y, columns=["a", "b", "c"]).melt(var_name="unique_id", value_name="y")
    frame["ds"] = np.tile(np.arange(60), 3)
    panel = PanelForecaster(RNNForecaster(RIDGE, window=5), alias="f").fit(frame)
    bounds = panel.predict(4, level=90)[["f-lo-90", "f-hi-90"]].to_numpy().reshape(3, 4, 2)
    expected = RNNForecaster(RIDGE, window=5).fit(y).predict_interval(4, 0.9)
    np.testing.assert_allclose(bounds, np.moveaxis(expected, 2, 0), rtol=1e-9)


class Counted(RegressorMixin, BaseEstimator):
    """Predicts noise from its seed, and counts how often it was trained."""

    n_fits = 0

    def __init__(self, random_state=None):
        self.random_state = random_state

    def fit(self, X, y):
        type(self).n_fits += 1
        self.weights_ = check_random_state(self.random_state).normal(size=X.shape[1])
        return self

    def predict(self, X):
        return 0.1 * X @ self.weights_


def test_an_interval_without_a_seed_stays_what_it_was_and_is_trained_for_once():
    Counted.n_fits = 0
    model = RNNForecaster(Counted(), window=4).fit(autoregression(80))
    first = model.predict_interval(1, 0.8)
    longer = model.predict_interval(24, 0.8)
    assert Counted.n_fits == 2
    np.testing.assert_array_equal(longer[0], first[0])
    np.testing.assert_array_equal(model.predict_interval(1, 0.8), first)
    # Copies, and what comes from a file, train again: the same.
    again = pickle.loads(pickle.dumps(RNNForecaster(Counted(), window=4).fit(autoregression(80))))
    again._model.state.past._found.clear()
    vars(again._model.state.past).pop("_network", None)
    moved = model._model.state.past.of(30)
    np.testing.assert_array_equal(again._model.state.past.of(30), moved)
