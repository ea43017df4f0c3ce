"""Trees and other regressors on chosen lags, held against obvious loops over lag matrices."""

import pickle

import numpy as np
import pandas as pd
import pytest
import window_loops as loops
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.svm import SVR
from sklearn.tree import DecisionTreeRegressor
from window_loops import Recorder

from tsrnn import GRURegressor, NaiveForecaster, PanelForecaster, RNNForecaster, WindowForecaster
from tsrnn.exceptions import InvalidParameterError

# `test_doubts.py` has what is said of series that nothing can be learned of.
pytestmark = pytest.mark.filterwarnings("ignore::tsrnn.exceptions.UnreliableForecastWarning")

LAGS = (1, 2, 5)
ROLLING = ((3, "mean"), (4, "std"), (2, "min"), (6, "max"), (5, "median"))
REACH = 6
TREE = DecisionTreeRegressor(max_depth=4, random_state=0)


class OneOutput(Ridge):
    """Has a single output, as trees in a gradient boosting have."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = False
        return tags

    def fit(self, X, y):
        assert y.ndim == 1
        self.n_rows_ = len(y)
        return super().fit(X, y)


def make_series(n=60, seed=0):
    """A walk with a drift and a wave."""
    rng = np.random.default_rng(seed)
    return 100.0 + np.cumsum(0.3 + rng.normal(size=n)) + 4.0 * np.sin(np.arange(n) / 2.0)


Y = make_series()
TWO = np.column_stack([Y, 1e4 - 50.0 * make_series(seed=1)])
DF = pd.DataFrame(
    {"unique_id": np.repeat(["a", "b"], 60), "ds": np.tile(np.arange(60), 2), "y": TWO.T.ravel()}
)


def row_of(past):
    """What is read of the values before a step, as pandas counts it."""
    past = pd.Series(past)
    lags = [past.iloc[-lag] for lag in LAGS]
    return lags + [past.tail(n).agg(statistic) for n, statistic in ROLLING]


def relative_row(past, change):
    """The same in the units of the window."""
    level, spread = loops.units_of(past[-REACH:], change)
    return row_of((np.asarray(past) - level) / spread), level, spread


def one_step_raw(fitted, past):
    return fitted.predict([row_of(past)])[0]


def test_the_matrix_is_that_of_an_obvious_loop():
    model = WindowForecaster(Recorder(), LAGS, rolling=ROLLING).fit(TWO)
    X, y = [], []
    for column in TWO.T:
        for t in range(REACH, 60):
            row, level, spread = relative_row(column[:t], loops.mean_change(column))
            X.append(row)
            y.append((column[t] - level) / spread)
    (regressor,) = model.estimators_
    # Both are rounded where the series are taken to units in which they are computed.
    np.testing.assert_allclose(regressor.X_, X, rtol=0, atol=1e-11)
    np.testing.assert_allclose(regressor.y_, y, rtol=0, atol=1e-11)
    assert model.lag_names_[:4] == ["lag_1", "lag_2", "lag_5", "rolling_mean_3"]
    assert model.n_windows_ == len(y)


def test_raw_values_are_read_as_they_came():
    model = WindowForecaster(Recorder(), LAGS, units="raw").fit(TWO)
    X = [column[[t - 1, t - 2, t - 5]] for column in TWO.T for t in range(5, 60)]
    np.testing.assert_array_equal(model.estimators_[0].X_, X)
    np.testing.assert_array_equal(model.estimators_[0].y_, np.concatenate(TWO[5:].T[:, :]))


@pytest.mark.parametrize("units", ["window", "raw"])
def test_recursive_forecasts_are_those_of_an_obvious_loop(units):
    model = WindowForecaster(Ridge(1.0), LAGS, rolling=ROLLING, units=units).fit(Y)
    (fitted,), change, values = model.estimators_, loops.mean_change(Y), list(Y)
    limit = np.inf
    for _ in range(8):
        row, level, spread = relative_row(values, change)
        if units == "raw":
            values.append(one_step_raw(fitted, values))
            continue
        if limit == np.inf:
            limit = 1.5 * max(spread, change)
        values.append(level + min(spread, limit) * fitted.predict([row])[0])
    np.testing.assert_allclose(model.predict(8), values[60:], rtol=1e-10)


def test_each_step_of_direct_has_a_regressor_trained_on_all_rows_that_know_it():
    model = WindowForecaster(OneOutput(1.0), LAGS, rolling=ROLLING, horizon=4, units="raw").fit(TWO)
    expected = np.empty((4, 2))
    for step in range(4):
        X, y = [], []
        for column in TWO.T:
            for t in range(REACH, 60 - step):
                X.append(row_of(column[:t]))
                y.append(column[t + step])
        assert model.estimators_[step].n_rows_ == len(y)
        fitted = Ridge(1.0).fit(X, y)
        expected[step] = [one_step_raw(fitted, column) for column in TWO.T]
    np.testing.assert_allclose(model.predict(4), expected, rtol=1e-10)


def test_a_regressor_of_many_outputs_is_trained_once_for_all_steps():
    together = WindowForecaster(Ridge(1e-9), LAGS, horizon=3).fit(Y[:40])
    assert len(together.estimators_) == 1
    assert len(WindowForecaster(SVR(), LAGS, horizon=3).fit(Y[:40]).estimators_) == 3


def test_it_is_the_forecaster_on_windows_where_lags_are_all_of_a_window():
    lags = tuple(range(7, 0, -1))
    ours = WindowForecaster(Ridge(1e-3), lags).fit(TWO)
    windows = RNNForecaster(Ridge(1e-3), 7, cut_off=None).fit(TWO)
    np.testing.assert_allclose(ours.predict(9), windows.predict(9), rtol=1e-12)
    np.testing.assert_allclose(
        ours.predict_interval(9, 0.8), windows.predict_interval(9, 0.8), rtol=1e-10
    )
    np.testing.assert_array_equal(WindowForecaster(Ridge(1e-3), 7).fit(Y).lag_names_[-1], "lag_7")


def test_beyond_the_horizon_forecasts_go_on_from_those_within():
    model = WindowForecaster(OneOutput(1.0), LAGS, rolling=ROLLING, horizon=3, units="raw").fit(Y)
    first = model.predict(3)
    later = [one_step_raw(one, np.r_[Y, first]) for one in model.estimators_]
    np.testing.assert_allclose(model.predict(6), np.r_[first, later], rtol=1e-10)


def test_the_last_regressors_known_ahead_come_after_the_lags():
    X = np.random.default_rng(0).normal(size=(66, 2))
    y = Y + 30.0 * X[:60, 0]
    model = WindowForecaster(Ridge(1e-6), LAGS, units="raw").fit(X[:60], y)
    rows = [np.r_[y[[t - 1, t - 2, t - 5]], X[t]] for t in range(5, 60)]
    fitted, values = Ridge(1e-6).fit(rows, y[5:]), list(y)
    for t in range(60, 66):
        values.append(fitted.predict([np.r_[np.array(values)[[t - 1, t - 2, t - 5]], X[t]]])[0])
    np.testing.assert_allclose(model.predict(X[60:]), values[60:], rtol=1e-8)


def test_rows_with_missing_values_are_left_out_and_a_step_needs_its_own_target_alone():
    y = Y.copy()
    y[[30, 58]] = np.nan
    model = WindowForecaster(OneOutput(), (1, 3), horizon=2, units="raw").fit(y)
    for step, one in enumerate(model.estimators_):
        rows = [
            t
            for t in range(3, 60 - step)
            if not np.isnan(y[t - 3 : t]).any() and not np.isnan(y[t + step])
        ]
        assert one.n_rows_ == len(rows)
    assert np.isfinite(model.predict(2)).all()
    # A missing value is taken to be what was predicted of it.
    filled = model.fitted_values_[58]
    later = WindowForecaster(OneOutput(), (1, 3), horizon=2, units="raw").fit(y[:58])
    np.testing.assert_allclose(later.predict(1), filled, rtol=0.05)


@pytest.mark.parametrize("factor, shift", [(1e-6, 0.0), (1e6, 3e7)])
def test_forecasts_of_trees_move_with_the_units_of_the_series(factor, shift):
    model = WindowForecaster(TREE, LAGS, rolling=ROLLING)
    forecast = model.fit(Y).predict(6)
    moved = clone(model).fit(factor * Y + shift).predict(6)
    # Thresholds lie halfway between values, and rounding moves none across.
    np.testing.assert_allclose(moved, factor * forecast + shift, rtol=1e-7)


def test_a_tree_follows_a_line_in_units_of_the_window_and_not_in_raw_ones():
    line = 10.0 + 3.0 * np.arange(50)
    ours = WindowForecaster(TREE, 3).fit(line)
    np.testing.assert_allclose(ours.predict(100), 10.0 + 3.0 * np.arange(50, 150), rtol=1e-9)
    raw = WindowForecaster(TREE, 3, units="raw").fit(line)
    assert raw.predict(100).max() <= line.max()
    np.testing.assert_array_equal(WindowForecaster(TREE, 3).fit(np.full(20, 7.1)).predict(4), 7.1)


def test_a_panel_is_its_series_as_columns_in_whatever_number_of_jobs():
    model = WindowForecaster(OneOutput(), LAGS, rolling=ROLLING, horizon=3)
    columns = model.fit(TWO).predict(5)
    for n_jobs in (1, 2):
        panel = PanelForecaster(clone(model), n_jobs=n_jobs, alias="m").fit(DF)
        np.testing.assert_array_equal(panel.predict(5)["m"], columns.T.ravel())


def test_a_series_that_is_too_short_for_the_lags_stops_no_other():
    short = pd.DataFrame({"unique_id": "c", "ds": np.arange(4), "y": [1.0, 3.0, 2.0, 5.0]})
    panel = PanelForecaster(WindowForecaster(Ridge(), LAGS), alias="m")
    with pytest.warns(UserWarning, match="c"):
        panel.fit(pd.concat([DF, short]))
    assert set(panel.predict(2).dropna()["unique_id"]) == {"a", "b"}
    assert "4 time steps from its first value on, and lags and rolling reach 5" in " ".join(
        panel.failures_.astype(str).to_numpy().ravel()
    )


def test_updates_go_on_as_if_the_values_had_been_there():
    model = WindowForecaster(OneOutput(), LAGS, rolling=ROLLING, horizon=2, units="raw").fit(TWO)
    rows = make_series(2, seed=3)[:, None] * np.ones(2)
    model.update(rows)
    whole = np.concatenate([TWO, rows])
    expected = [[one_step_raw(e, column) for column in whole.T] for e in model.estimators_]
    np.testing.assert_allclose(model.predict(2), expected, rtol=1e-9)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(4), model.predict(4))


def test_paths_of_a_tree_that_knows_its_rows_by_heart_spread_as_its_past_errors():
    noise = np.random.default_rng(5).normal(size=200)
    model = WindowForecaster(DecisionTreeRegressor(random_state=0), 4).fit(noise)
    assert np.nanmax(np.abs(model.residuals_)) < 1e-9
    paths = model.simulate(1, 500, random_state=0)
    # Errors are those of the noise and of a forecast that is as noisy, in units of a window of four
    # values, which are within twice the mean change.
    assert 0.5 * np.sqrt(2.0) < paths.std() < 2.0 * np.sqrt(2.0)
    lower, upper = np.ravel(model.predict_interval(1, 0.8))
    inside = np.mean((paths >= lower) & (paths <= upper))
    assert 0.7 < inside < 0.9


def test_random_state_seeds_every_step():
    forest = RandomForestRegressor(n_estimators=3)
    fits = [WindowForecaster(forest, 3, random_state=4).fit(Y).predict(3) for _ in range(2)]
    np.testing.assert_array_equal(*fits)
    boosted = HistGradientBoostingRegressor(max_iter=2)
    model = WindowForecaster(boosted, 3, horizon=2, random_state=4).fit(Y)
    assert [one.random_state for one in model.estimators_] == [4, 4]
    assert boosted.random_state is None
    assert isinstance(WindowForecaster().fit(Y[:14]).estimators_[0], type(boosted))


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"lags": 0}, r"lags must be .*got 0; or several, such as \(1, 7, 28\)"),
        ({"lags": "auto"}, r"lags must be"),
        ({"lags": None}, r"lags must be"),
        ({"lags": (1, 0)}, r"lags\[1\] must be .* got 0"),
        ({"lags": (1, -7)}, r"lags\[1\] must be .* got -7"),
        ({"lags": (1, 2.5)}, r"lags\[1\] must be .* got 2.5"),
        ({"lags": (1, 7, 1)}, r"lags\[2\] is 1 once more"),
        ({"lags": ()}, r"lags and rolling are both empty"),
        ({"rolling": (7, "mean")}, r"rolling must be pairs .* got \(7, 'mean'\)"),
        ({"rolling": "mean"}, r"rolling must be pairs .* got 'mean'"),
        ({"rolling": None}, r"rolling must be pairs .* got None"),
        ({"rolling": ((7, "avg"),)}, r"statistic of rolling\[0\] must be .*'median'.*got 'avg'"),
        ({"rolling": ((0, "mean"),)}, r"length of rolling\[0\] must be .* got 0"),
        ({"rolling": ((1, "std"),)}, r"length of rolling\[0\] must be .* got 1"),
        ({"rolling": ((3, "min"), (3, "min"))}, r"rolling\[1\] is \(3, 'min'\) once more"),
        ({"units": "std"}, r"units must be .*'raw'.* got 'std'"),
        ({"strategy": "direct"}, r"set horizon"),
        ({"strategy": "recursive", "horizon": 3}, r"horizon is for strategy='direct'"),
        ({"estimator": NaiveForecaster()}, r"estimator must be a regressor"),
        ({"estimator": Ridge}, r"estimator must be a regressor"),
        ({"estimator": GRURegressor()}, r"reads sequences.*RNNForecaster\(estimator, window\)"),
        ({"random_state": "x"}, r"random_state"),
    ],
)
def test_arguments_that_make_no_sense_are_refused_in_words(arguments, message):
    with pytest.raises(InvalidParameterError, match=message):
        WindowForecaster(**{"estimator": Ridge(), **arguments}).fit(Y)


def test_lags_longer_than_the_series_are_refused_and_the_last_fit_is_kept():
    model = WindowForecaster(Ridge(), (1, 60)).fit(make_series(90))
    before = model.predict(3)
    with pytest.raises(ValueError, match=r"has 30 time steps .* lags and rolling reach 60 back"):
        model.fit(Y[:30])
    with pytest.raises(ValueError, match="there is one window of so many and the value after it"):
        model.fit(np.append(Y, 3.0))
    np.testing.assert_array_equal(model.predict(3), before)


class ReadsGaps(Recorder):
    """Takes missing values."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


@pytest.mark.parametrize("units", ["window", "raw"])
def test_a_regressor_that_takes_missing_values_is_trained_on_windows_with_gaps(units):
    y = Y.copy()
    y[4::5] = np.nan  # no window of six is whole
    with pytest.raises(ValueError, match="there is no window of so many"):
        WindowForecaster(Ridge(), LAGS, rolling=ROLLING).fit(y)
    model = WindowForecaster(ReadsGaps(), LAGS, rolling=ROLLING, units=units).fit(y)
    change = np.nanmean(np.abs(np.diff(y)))
    X, targets = [], []
    for t in range(REACH, 60):
        past = y[t - REACH : t]
        if np.isnan(past[-1]) or np.isnan(y[t]):
            continue
        spread = max(np.nanmean(np.abs(np.diff(past))), 0.1 * change)
        level, unit = (past[-1], spread) if units == "window" else (0.0, 1.0)
        z = pd.Series((past - level) / unit)
        statistics = [z.rolling(n).agg(statistic).iloc[-1] for n, statistic in ROLLING]
        X.append([z.iloc[-lag] for lag in LAGS] + statistics)
        targets.append((y[t] - level) / unit)
    (regressor,) = model.estimators_
    X = np.array(X)
    X[:, np.isnan(X).all(axis=0)] = 0.0  # statistics of four and more, that gaps touch in all rows
    assert np.isnan(X).any()
    # Both are rounded where the series are taken to units in which they are computed.
    np.testing.assert_allclose(regressor.X_, X, rtol=0, atol=1e-10)
    np.testing.assert_allclose(regressor.y_, targets, rtol=0, atol=1e-10)


def test_where_gaps_leave_no_row_the_error_names_who_could_read_them():
    y = Y[:40].copy()
    y[::4] = np.nan
    with pytest.raises(ValueError, match="no window of so many .* a regressor that takes missing"):
        WindowForecaster(Ridge(), lags=(1, 2, 3, 4)).fit(y)
    with pytest.raises(ValueError, match="or longer series or more of them$"):
        WindowForecaster(Ridge(), lags=(1, 2, 3, 4)).fit(Y[:4])


def test_trees_read_gaps_and_forecast_as_many_steps_together_or_one_by_one():
    y = Y.copy()
    y[4::5] = np.nan
    for horizon in (None, 3):
        tree = HistGradientBoostingRegressor(max_iter=3, min_samples_leaf=2)
        model = WindowForecaster(tree, LAGS, rolling=ROLLING, horizon=horizon).fit(y)
        assert np.isfinite(model.predict(4)).all()
        assert np.isfinite(model.predict_interval(4, 0.5)).all()


@pytest.mark.parametrize("units", ["window", "raw"])
def test_targets_are_cut_off_at_twenty_units_but_for_raw_ones(units):
    y = np.where(np.arange(60) > 40, 1e4, 0.0) + Y
    model = WindowForecaster(Recorder(), LAGS, units=units).fit(y)
    assert model.estimators_[0].y_.max() == (20.0 if units == "window" else y.max())
