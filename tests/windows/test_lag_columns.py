"""Columns that trees read beside lags: regressors of each step of "direct", and static ones."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.tree import DecisionTreeRegressor

from tsrnn import PanelForecaster, WindowForecaster

pytestmark = pytest.mark.filterwarnings("ignore::tsrnn.exceptions.UnreliableForecastWarning")

RNG = np.random.default_rng(0)
H, SEEN = 3, 60
X = RNG.normal(size=(SEEN + 8, 2))
Y = 50.0 + np.cumsum(RNG.normal(size=len(X))) + 20.0 * X[:, 0]
LAGS = (1, 2, 5)
RAW = WindowForecaster(Ridge(1e-6), LAGS, horizon=H, units="raw")


def fitted(model=RAW, y=Y):
    return clone(model).fit(X[:SEEN], y[:SEEN])


def read_at(values, t):
    """The lags before a step."""
    return [values[t - lag] for lag in LAGS]


# Regressors known ahead.


def test_each_step_reads_the_regressors_of_the_step_that_it_predicts():
    first = []
    for j in range(H):
        starts = range(5, SEEN - j)
        rows = [read_at(Y, t) + list(X[t + j]) for t in starts]
        ridge = Ridge(1e-6).fit(rows, [Y[t + j] for t in starts])
        first.append(ridge.predict([read_at(Y, SEEN) + list(X[SEEN + j])])[0])
        of_fit = ridge.predict(rows)
        if j == 0:
            np.testing.assert_allclose(fitted().fitted_values_[5:], of_fit, rtol=1e-9)
    # Sums in another order.
    np.testing.assert_allclose(fitted().predict(X[SEEN : SEEN + H]), first, rtol=1e-9)


@pytest.mark.parametrize("estimator", [Ridge(1e-8), DecisionTreeRegressor(random_state=0)])
def test_series_that_are_a_known_column_are_forecast_as_far_as_the_horizon(estimator):
    waves = np.random.default_rng(1).integers(0, 4, size=(SEEN + H, 1)).astype(float)
    model = WindowForecaster(estimator, (1, 2), horizon=H, units="raw")
    model.fit(waves[:SEEN], waves[:SEEN, 0])
    assert len(model.estimators_) == H  # of estimators with several outputs, too
    np.testing.assert_allclose(model.predict(waves[SEEN:]), waves[SEEN:, 0], atol=1e-6)  # of 1e-8


def test_series_that_follow_a_known_column_two_steps_later_are_forecast():
    rng = np.random.default_rng(1)
    leads = rng.choice([0.0, 1.0], size=90)
    y = 100.0 + 30.0 * np.r_[0.0, 0.0, leads[:-2]]
    known = np.r_[0.0, 0.0, leads[:-2]][:, None]  # as a frame with a lag of 2 has it
    tree = HistGradientBoostingRegressor(min_samples_leaf=5)
    read = WindowForecaster(tree, (1, 2, 3), horizon=2).fit(known[:80], y[:80])
    without = WindowForecaster(tree, (1, 2, 3), horizon=2).fit(y[:80])
    off, off_without = 0.0, 0.0
    for t in range(80, 88):
        off += np.abs(read.predict(known[t : t + 2]) - y[t : t + 2]).sum()
        off_without += np.abs(without.predict(2) - y[t : t + 2]).sum()
        read.update(y[t : t + 1], X=known[t : t + 1])
        without.update(y[t : t + 1])
    assert off < 0.5 * off_without  # the level of a window is known by its changes alone


def test_no_step_reads_another_one_and_no_more_are_asked_for():
    model, ahead = fitted(), X[SEEN : SEEN + H]
    full = model.predict(ahead)
    for j in range(H):
        other = ahead.copy()
        other[j] += 5.0
        changed = model.predict(other) != full
        np.testing.assert_array_equal(changed, np.arange(H) == j)
        np.testing.assert_array_equal(model.predict(ahead[: j + 1]), full[: j + 1])
    # Beyond the horizon they go on from the forecasts of those within.
    later = model.predict(X[SEEN : SEEN + 5])
    np.testing.assert_array_equal(later[:H], full)
    np.testing.assert_allclose(
        later[H:],
        [
            one.predict([read_at(np.r_[Y[:SEEN], full], SEEN + H) + list(X[SEEN + H + j])])[0]
            for j, one in enumerate(model.estimators_[:2])
        ],
        rtol=1e-9,
    )


@pytest.mark.parametrize("n_missing", [1, 2, 3, 4])
@pytest.mark.parametrize("units", ["window", "raw"])
def test_missing_values_are_what_was_forecast_whenever_they_come(units, n_missing):
    model = fitted(clone(RAW).set_params(units=units))
    expected, gap = model.predict(X[SEEN : SEEN + 5]), np.full(n_missing, np.nan)
    ahead = X[SEEN + n_missing : SEEN + 5]
    at_once = pickle.loads(pickle.dumps(model)).update(gap, X=X[SEEN : SEEN + n_missing])
    np.testing.assert_allclose(at_once.predict(ahead), expected[n_missing:], rtol=1e-9)
    one_by_one = pickle.loads(pickle.dumps(model))
    for t in range(SEEN, SEEN + n_missing):
        one_by_one.update(np.array([np.nan]), X=X[t : t + 1])
    np.testing.assert_allclose(one_by_one.predict(ahead), expected[n_missing:], rtol=1e-9)


def test_a_fit_that_ends_in_missing_values_forecasts_from_before_them():
    y = Y.copy()
    y[SEEN - 2 : SEEN] = np.nan
    shorter = clone(RAW).fit(X[: SEEN - 2], Y[: SEEN - 2])
    expected = shorter.predict(X[SEEN - 2 : SEEN + 1])[2:]
    np.testing.assert_allclose(fitted(y=y).predict(X[SEEN : SEEN + 1]), expected, rtol=1e-9)


def test_an_update_goes_on_from_what_was_seen():
    model = fitted()
    again = fitted().update(Y[SEEN : SEEN + 4], X=X[SEEN : SEEN + 4])
    rows = [read_at(Y, SEEN + 4) + list(X[SEEN + 4 + j]) for j in range(H)]
    expected = [one.predict([row])[0] for one, row in zip(model.estimators_, rows, strict=True)]
    ahead = X[SEEN + 4 : SEEN + 4 + H]
    np.testing.assert_allclose(again.predict(ahead), expected, rtol=1e-9)
    for n in (5, SEEN + 4):  # as few as are read will do
        rows = slice(SEEN + 4 - n, SEEN + 4)
        applied = model.apply(X[rows], Y[rows])
        np.testing.assert_allclose(applied.predict(ahead), expected, rtol=1e-9)


def test_threads_scales_and_intervals_of_direct_with_regressors():
    model = WindowForecaster(HistGradientBoostingRegressor(max_iter=5), LAGS, horizon=H)
    ahead = X[SEEN : SEEN + H]
    one, two = (fitted(clone(model).set_params(n_jobs=n)).predict(ahead) for n in (1, 2))
    np.testing.assert_array_equal(one, two)
    for size in (1e-150, 1e150):
        scaled = clone(model).fit(X[:SEEN] * size, Y[:SEEN] * size).predict(ahead * size)
        # Rounding may put a value on the other side of a threshold of a bin.
        np.testing.assert_allclose(scaled / size, one, rtol=0.05)
    low, high = fitted(model).predict_quantiles(ahead, [0.1, 0.9]).T
    assert np.all(low < high)
    paths = fitted(model).simulate(H, 5, X=ahead, random_state=0)
    assert np.isfinite(paths).all()


def test_what_lies_between_is_asked_for():
    frame = pd.DataFrame(X, columns=["a", "b"], index=pd.date_range("2020-01-01", periods=len(X)))
    model = clone(RAW).fit(frame[:SEEN], pd.Series(Y[:SEEN], index=frame.index[:SEEN]))
    with pytest.raises(ValueError, match="X has no row for step 2 after the end of the series"):
        model.predict(frame.iloc[[SEEN, SEEN + 2]])


# Static columns.


def panel_of(slopes, n=30):
    """Lines from heights that say nothing of their slopes, and a category for each sign."""
    parts = [
        pd.DataFrame(
            {
                "unique_id": f"s{i:02d}",
                "ds": np.arange(n),
                "y": 1000.0 + slope * np.arange(n) + np.random.default_rng(i).normal(0.0, 3.0, n),
                "slope": slope,
                "way": "up" if slope > 0.0 else "down",
            }
        )
        for i, slope in enumerate(slopes)
    ]
    return pd.concat(parts, ignore_index=True)


SLOPES = np.linspace(-3.0, 3.0, 16)
PANEL = panel_of(SLOPES)
LAST = PANEL[PANEL["ds"] >= 24]
FIRST = PANEL[PANEL["ds"] < 24]
OF_PANEL = WindowForecaster(Ridge(1e-3), (1, 2), units="raw", horizon=6)


def forecast_of(static, model=OF_PANEL, frame=FIRST):
    left_out = [one for one in ("slope", "way") if one not in static]
    panel = PanelForecaster(clone(model), regressors=[], static=static or None)
    return panel.fit(frame.drop(columns=left_out))


def error_of(panel):
    ahead = panel.predict(6)
    return np.abs(ahead[ahead.columns[-1]].to_numpy() - LAST["y"].to_numpy()).mean()


@pytest.mark.parametrize("static", [["slope"], ["way"]])
def test_static_columns_that_say_the_slope_are_learned(static):
    # Noise of 3 hides slopes of 3 at most from two values.
    assert error_of(forecast_of(static)) < 0.8 * error_of(forecast_of([]))


def test_static_columns_come_last_and_are_the_numbers_of_the_series():
    panel = forecast_of(["slope", "way"])
    network = panel._fitted.members[0].model.state.network
    y = FIRST["y"].to_numpy().reshape(16, 24)
    told = [(slope, float(slope < 0.0), float(slope > 0.0)) for slope in SLOPES]
    rows = [[s[t - 1], s[t - 2], *told[i]] for i, s in enumerate(y) for t in range(2, 24 - 5)]
    targets = [s[t : t + 6] for s in y for t in range(2, 24 - 5)]
    slow = Ridge(1e-3).fit(rows, targets)
    # Sums in another order, of values of a thousand.
    np.testing.assert_allclose(network.estimator.coef_, slow.coef_, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("units", ["window", "raw"])
def test_trees_read_static_columns_along_updates_backtests_and_files(units):
    tree = HistGradientBoostingRegressor(max_iter=5, min_samples_leaf=5)
    model = WindowForecaster(tree, (1, 2), units=units, random_state=0)
    panel = forecast_of(["slope", "way"], model)
    ahead = panel.predict(6)
    copied = pickle.loads(pickle.dumps(panel))
    pd.testing.assert_frame_equal(copied.predict(6), ahead)
    assert not np.array_equal(ahead.iloc[:, -1], forecast_of([], model).predict(6).iloc[:, -1])
    updated = copied.update(LAST[LAST["ds"] < 26])
    columns = updated._fitted.members[0].model.state.units.static
    np.testing.assert_array_equal(columns[:, 1:].sum(axis=1), 1.0)
    assert np.isfinite(updated.predict(3).iloc[:, -1]).all()
    low = panel.predict(2, level=80).iloc[:, -2:]
    assert np.isfinite(low).all(axis=None)
    folds = clone(panel).cross_validation(PANEL, h=6, n_windows=1)
    pd.testing.assert_series_equal(
        folds["WindowForecaster"], ahead["WindowForecaster"], check_index=False, rtol=1e-12
    )


def test_a_static_column_that_is_the_same_everywhere_changes_nothing():
    model = clone(OF_PANEL).set_params(units="window")
    frame = FIRST.assign(slope=2.5)
    pd.testing.assert_frame_equal(
        forecast_of(["slope"], model, frame).predict(6), forecast_of([], model, frame).predict(6)
    )


def test_what_is_static_of_other_series_is_read_by_trees():
    panel, others = forecast_of(["slope"]), panel_of([-2.5, 2.5], 24).drop(columns="way")
    ahead = panel.apply(others).predict(6)["WindowForecaster"].to_numpy().reshape(2, 6)
    swapped = panel.apply(others.assign(slope=-others["slope"]))
    less = swapped.predict(6)["WindowForecaster"].to_numpy().reshape(2, 6)
    assert less[0, 5] > ahead[0, 5]
    assert less[1, 5] < ahead[1, 5]


def test_static_columns_and_regressors_go_together():
    rng = np.random.default_rng(2)
    frame = PANEL.assign(price=rng.normal(size=len(PANEL)))
    frame["y"] += np.where(frame["way"] == "up", 50.0, -50.0) * frame["price"]
    tree = HistGradientBoostingRegressor(max_iter=60, min_samples_leaf=5, random_state=0)
    model = WindowForecaster(tree, (1, 2), horizon=2, units="raw")
    seen, ahead = frame[frame["ds"] < 28], frame[frame["ds"] >= 28]

    def off(static):
        left_out = [one for one in ("slope", "way") if one not in static]
        panel = PanelForecaster(clone(model), regressors=["price"], static=static or None)
        panel.fit(seen.drop(columns=left_out))
        values = panel.predict(X_df=ahead[["unique_id", "ds", "price"]])["WindowForecaster"]
        return np.abs(values.to_numpy() - ahead["y"].to_numpy()).mean()

    assert off(["way"]) < 0.6 * off([])
