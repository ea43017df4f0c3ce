"""Missing values before a series begins say nothing of it, as in a table of unlike starts."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from tsrnn import (
    AutoExpSmoothingRNN,
    CrostonForecaster,
    DeseasonalizedForecaster,
    DoubleExpSmoothingRNN,
    NaiveForecaster,
    PanelForecaster,
    SimpleExpSmoothingRNN,
    ThetaForecaster,
    TripleExpSmoothingRNN,
)

MODELS = [
    SimpleExpSmoothingRNN(),
    SimpleExpSmoothingRNN(error="mul"),
    DoubleExpSmoothingRNN(),
    DoubleExpSmoothingRNN(damped=True),
    DoubleExpSmoothingRNN(error="mul", alpha=0.3, beta=0.1),
    DoubleExpSmoothingRNN(solver="L-BFGS-B"),
    DoubleExpSmoothingRNN(loss="huber"),
    DoubleExpSmoothingRNN(initial_state="heuristic"),
    DoubleExpSmoothingRNN(initial_state=(20.0, 0.5)),
    TripleExpSmoothingRNN(period=4),
    TripleExpSmoothingRNN(period=4, seasonal="mul"),
    AutoExpSmoothingRNN(period=4),
    AutoExpSmoothingRNN(period=1, criterion="backtest"),
    NaiveForecaster(),
    NaiveForecaster(strategy="drift"),
    NaiveForecaster(strategy="seasonal", period=4),
    CrostonForecaster(),
    CrostonForecaster(variant="tsb", initial_state="first"),
    ThetaForecaster(4),
    ThetaForecaster(4, variant="optimized", initial_level="learned"),
    DeseasonalizedForecaster(DoubleExpSmoothingRNN(), period=4),
    DeseasonalizedForecaster(SimpleExpSmoothingRNN(), period=4, model="add", test=False),
]
every_model = pytest.mark.parametrize("model", MODELS, ids=repr)


def make_series(seed, n=40):
    rng = np.random.default_rng(seed)
    season = np.tile([1.2, 0.9, 1.0, 0.9], n)[:n]
    return 20.0 * np.exp(0.04 * np.arange(n)) * season * (1.0 + 0.05 * rng.normal(size=n))


def late(k, y):
    return np.r_[np.full(k, np.nan), y]


@every_model
@pytest.mark.parametrize("k", [1, 6, 48, 200])
def test_they_change_neither_forecasts_nor_intervals(model, k):
    y = make_series(seed=4)
    plain, other = clone(model).fit(y), clone(model).fit(late(k, y))
    np.testing.assert_array_equal(other.predict(8), plain.predict(8))
    np.testing.assert_array_equal(other.predict_interval(8), plain.predict_interval(8))
    np.testing.assert_array_equal(
        other.predict_interval(2, method="conformal"), plain.predict_interval(2, method="conformal")
    )
    paths = [one.simulate(3, 5, random_state=0) for one in (plain, other)]
    np.testing.assert_array_equal(*paths)
    assert np.isnan(other.fitted_values_[:k]).all()
    np.testing.assert_array_equal(other.fitted_values_[k:], plain.fitted_values_)


@every_model
def test_columns_of_a_table_that_start_at_different_times_are_each_as_alone(model):
    series = [make_series(seed, n) for seed, n in enumerate((40, 28, 40, 33))]
    table = np.column_stack([late(40 - len(y), y) for y in series])
    together = clone(model).fit(table)
    for i, y in enumerate(series):
        alone = clone(model).fit(y)
        np.testing.assert_array_equal(together.predict(6)[:, i], alone.predict(6))
        np.testing.assert_array_equal(
            together.predict_interval(6)[:, :, i], alone.predict_interval(6)
        )


@every_model
def test_series_of_a_panel_may_begin_with_missing_values(model):
    y = make_series(seed=1)
    frames = [
        pd.DataFrame({"unique_id": name, "ds": np.arange(1, len(one) + 1), "y": one})
        for name, one in {"plain": y, "late": late(30, y)}.items()
    ]
    forecasts = PanelForecaster(model, alias="model").fit(pd.concat(frames)).predict(5, level=80)
    columns = ["model", "model-lo-80", "model-hi-80"]
    of = {name: part[columns].to_numpy() for name, part in forecasts.groupby("unique_id")}
    np.testing.assert_array_equal(of["late"], of["plain"])


def test_updates_and_dates_go_on_as_ever():
    y = pd.Series(make_series(2), pd.period_range("2019-01", periods=40, freq="M"))
    whole = pd.Series(late(5, y), pd.period_range("2018-08", periods=45, freq="M"))
    plain, other = (AutoExpSmoothingRNN().fit(one).update([90.0]) for one in (y, whole))
    pd.testing.assert_series_equal(other.predict(3), plain.predict(3))
    inside = y.index[3:7]
    pd.testing.assert_series_equal(other.predict(inside), plain.predict(inside))
    assert other.predict(whole.index[:5]).isna().all()
