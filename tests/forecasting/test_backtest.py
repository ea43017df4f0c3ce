"""Backtests of one series and several: what a loop by hand finds, whatever a series is held in."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tsrnn import (
    AutoExpSmoothingRNN,
    DeseasonalizedForecaster,
    DoubleExpSmoothingRNN,
    ElmanRNNRegressor,
    NaiveForecaster,
    PanelForecaster,
    SimpleExpSmoothingRNN,
    TripleExpSmoothingRNN,
    backtest,
)

N = 48
MONTHS = pd.date_range("2019-01", periods=N, freq="MS", name="month")
VALUES = 20.0 + np.random.default_rng(0).normal(size=N).cumsum() + np.tile([3.0, -1.0, -2.0], 16)
VALUES[[4, 30, 44]] = np.nan
SALES = pd.Series(VALUES, MONTHS, name="sold")
TABLE = pd.DataFrame({"a": VALUES, "b": 2.0 * VALUES[::-1]}, MONTHS)
ROWS = pd.DataFrame({"price": np.sin(np.arange(N))}, MONTHS)


def ends(horizon, n_windows, step):
    return [N - horizon - step * (n_windows - 1 - i) for i in range(n_windows)]


@pytest.mark.parametrize(
    "model",
    [
        SimpleExpSmoothingRNN(alpha=0.3),
        AutoExpSmoothingRNN(models=["ANN", "AAN"]),
        NaiveForecaster(),
        DeseasonalizedForecaster(NaiveForecaster(), period=3),
        TripleExpSmoothingRNN(period=3, alpha=0.2, beta=0.1, gamma=0.1),
    ],
    ids=lambda model: type(model).__name__,
)
def test_a_backtest_equals_the_loop_by_hand(model):
    frame = backtest(model, SALES, horizon=4, n_windows=3, step_size=2, level=0.8)
    assert list(frame.columns) == ["cutoff", "step", "time", "y", "forecast", "lower", "upper"]
    for number, end in enumerate(ends(4, 3, 2)):
        window = frame[4 * number : 4 * number + 4].reset_index(drop=True)
        model.fit(SALES.iloc[:end])
        forecast, interval = model.predict(4), model.predict_interval(4, level=0.8)
        np.testing.assert_array_equal(window["forecast"], forecast)
        np.testing.assert_array_equal(window[["lower", "upper"]], interval)
        assert (window["cutoff"] == MONTHS[end - 1]).all()
        assert window["step"].tolist() == [1, 2, 3, 4]
        assert window["time"].tolist() == list(forecast.index)
        np.testing.assert_array_equal(window["y"], SALES.iloc[end : end + 4])


def test_several_series_come_one_after_the_other_by_name():
    model = DoubleExpSmoothingRNN(alpha=0.4, beta=0.1)
    frame = backtest(model, TABLE, horizon=3, n_windows=2, level=[0.5, 0.9])
    assert frame["series"].tolist() == ["a"] * 6 + ["b"] * 6
    for name, own in frame.groupby("series"):
        alone = backtest(model, TABLE[name], horizon=3, n_windows=2, level=[0.5, 0.9])
        pd.testing.assert_frame_equal(own.drop(columns="series").reset_index(drop=True), alone)
    assert list(alone.columns[-4:]) == ["lower-50", "upper-50", "lower-90", "upper-90"]
    plain = backtest(model, TABLE.to_numpy(), horizon=3, n_windows=2, level=[0.5, 0.9])
    assert plain["series"].tolist() == [0] * 6 + [1] * 6
    pd.testing.assert_frame_equal(plain[frame.columns[4:]], frame[frame.columns[4:]])


@pytest.mark.parametrize(
    "index",
    [
        MONTHS,
        MONTHS.to_period(),
        pd.date_range("2024-03-20", periods=N, freq="h", tz="Europe/Berlin"),
        pd.timedelta_range("1D", periods=N),
        pd.RangeIndex(1970, 1970 + N),
        pd.RangeIndex(N),
        pd.Index([f"row {i}" for i in range(N)]),
        None,
    ],
    ids=["dates", "periods", "hours", "durations", "integers", "rows", "words", "an array"],
)
def test_forecasts_do_not_depend_on_the_index_and_keep_it(index):
    expected = backtest(SimpleExpSmoothingRNN(), SALES, horizon=3, n_windows=4, max_train=20)
    y = VALUES if index is None else SALES.set_axis(index)
    frame = backtest(SimpleExpSmoothingRNN(), y, horizon=3, n_windows=4, max_train=20)
    np.testing.assert_array_equal(frame["forecast"], expected["forecast"])
    index = pd.RangeIndex(N) if index is None else index
    places = [end + i for end in ends(3, 4, 3) for i in range(3)]
    assert pd.Index(frame["time"]).equals(pd.Index(index.take(places)))
    assert frame["cutoff"].iloc[-1] == index[N - 4]


def test_fits_see_the_last_values_alone_where_they_are_told_to():
    frame = backtest(SimpleExpSmoothingRNN(), SALES, horizon=3, n_windows=2, max_train=15)
    forecast = SimpleExpSmoothingRNN().fit(SALES.iloc[N - 18 : N - 3]).predict(3)
    np.testing.assert_array_equal(frame["forecast"][3:], forecast)


@pytest.mark.parametrize("with_X", [False, True])
@pytest.mark.parametrize("refit", [False, 2])
def test_between_fits_the_state_moves_on(refit, with_X):
    X = ROWS if with_X else None
    model = DoubleExpSmoothingRNN(alpha=0.4, beta=0.1)
    frame = backtest(model, SALES, X, horizon=4, n_windows=3, step_size=5, refit=refit)
    for number, end in enumerate(ends(4, 3, 5)):
        if number == 0 or (refit == 2 and number == 2):
            model.fit(*(part.iloc[:end] for part in ((X, SALES) if with_X else (SALES,))))
        else:
            new = slice(end - 5, end)
            model.update(SALES.iloc[new], X.iloc[new] if with_X else None)
        forecast = model.predict(X.iloc[end : end + 4] if with_X else 4)
        np.testing.assert_array_equal(frame["forecast"][4 * number : 4 * number + 4], forecast)


@pytest.mark.parametrize(
    "X", [ROWS, ROWS.to_numpy(), ROWS.to_numpy().tolist()], ids=["a frame", "an array", "a list"]
)
@pytest.mark.parametrize("y", [SALES, VALUES], ids=["a Series", "an array"])
def test_regressors_are_read_beside_the_series(X, y):
    model = DoubleExpSmoothingRNN(alpha=0.4, beta=0.1)
    frame = backtest(model, y, X, horizon=4, n_windows=1, level=0.9)
    model.fit(ROWS.iloc[:-4], SALES.iloc[:-4])
    np.testing.assert_array_equal(frame["forecast"], model.predict(ROWS.iloc[-4:]))
    interval = model.predict_interval(ROWS.iloc[-4:], level=0.9)
    np.testing.assert_array_equal(frame[["lower", "upper"]], interval)


def test_an_index_of_time_stamps_may_lie_in_X_alone():
    frame = backtest(NaiveForecaster(), VALUES, pd.DataFrame(index=MONTHS), horizon=2, n_windows=1)
    assert frame["time"].tolist() == list(MONTHS[-2:])


def test_tools_around_forecasters_and_regressors_are_backtested():
    y = SALES.interpolate()
    plain = SimpleExpSmoothingRNN(alpha=0.3)
    expected = backtest(plain, y, horizon=4, n_windows=2)["forecast"]
    search = GridSearchCV(SimpleExpSmoothingRNN(), {"alpha": [0.3]}, cv=TimeSeriesSplit(2))
    around = TransformedTargetRegressor(plain, func=np.negative, inverse_func=np.negative)
    for model in (search, around):
        for given in (y, y.to_numpy()):
            found = backtest(model, given, horizon=4, n_windows=2)["forecast"]
            # Negated and back, smoothing of the same numbers: to rounding.
            np.testing.assert_allclose(found, expected, rtol=1e-12)
    line = make_pipeline(StandardScaler(), LinearRegression())
    X = np.column_stack([np.arange(N), np.sin(np.arange(N))])
    frame = backtest(line, y, X, horizon=4, n_windows=2)
    by_hand = [line.fit(X[:end], y[:end]).predict(X[end : end + 4]) for end in ends(4, 2, 4)]
    np.testing.assert_array_equal(frame["forecast"], np.concatenate(by_hand))


def test_the_forecaster_that_is_given_is_not_fitted():
    model = NaiveForecaster()
    backtest(model, SALES, horizon=2, n_windows=2, refit=False)
    assert not [name for name in vars(model) if name.endswith("_")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"horizon": 0}, "horizon must be an integer >= 1, got 0"),
        ({"horizon": 2.5}, "horizon must be an integer >= 1, got 2.5"),
        ({"n_windows": 0}, "n_windows must be an integer >= 1"),
        ({"step_size": 0}, "step_size must be an integer >= 1"),
        ({"refit": 0}, "refit must be an integer >= 1"),
        ({"max_train": 1}, "max_train must be an integer >= 2"),
        ({"level": 95}, "write 0.95"),
        ({"level": [0.8, 0.8]}, "level must be different fractions"),
        ({"level": []}, "one at least"),
        ({"horizon": 12}, r"48 rows, too few: 5 window\(s\) of 12 steps take the last 60"),
        ({"X": ROWS[:-1]}, "X has 47 rows, but there are 48 time steps"),
        ({"X": ROWS.set_axis(MONTHS.shift(1))}, "X and y have different time indexes"),
        ({"y": SALES[::-1]}, "not monotonic"),
        ({"y": SALES.drop(MONTHS[9])}, "regular|irregular|equal"),
    ],
)
def test_what_will_not_do_is_named_before_anything_is_fitted(arguments, message):
    given = {"y": SALES, "horizon": 2} | arguments
    with pytest.raises(ValueError, match=message):
        backtest(NaiveForecaster(), **given)


@pytest.mark.parametrize(
    ("forecaster", "arguments", "message"),
    [
        (NaiveForecaster, {}, "got the class NaiveForecaster: make one of it"),
        (StandardScaler(), {}, "with fit and predict"),
        (PanelForecaster(NaiveForecaster()), {}, "is its cross_validation"),
        (LinearRegression(), {"X": ROWS, "refit": False}, "has no update"),
        (LinearRegression(), {"X": ROWS, "level": 0.8}, "intervals of their own"),
    ],
)
def test_forecasters_that_will_not_do_are_named(forecaster, arguments, message):
    with pytest.raises(TypeError, match=message):
        backtest(forecaster, SALES, horizon=2, **arguments)


def test_a_forecast_for_other_rows_than_those_that_follow_is_refused():
    class Elsewhere(LinearRegression):
        def predict(self, X):
            return pd.Series(super().predict(X), X.index.shift(1, freq="MS"))

    class Short(LinearRegression):
        def predict(self, X):
            return super().predict(X)[:-1]

    y = SALES.interpolate()
    with pytest.raises(ValueError, match="the forecaster answers for .*2022-12"):
        backtest(Elsewhere(), y, ROWS, horizon=2, n_windows=1)
    with pytest.raises(ValueError, match=r"answers with the shape \(1,\) to 2 rows"):
        backtest(Short(), y, ROWS, horizon=2, n_windows=1)


@pytest.mark.parametrize(
    "regressor",
    [
        LinearRegression(),
        ElmanRNNRegressor(max_iter=1),
        make_pipeline(StandardScaler(), LinearRegression()),
        TransformedTargetRegressor(LinearRegression()),
    ],
    ids=lambda one: type(one).__name__,
)
def test_a_regressor_without_columns_is_told_that_it_needs_them(regressor):
    complete = SALES.interpolate()
    with pytest.raises(ValueError, match=f"^X must be given for {type(regressor).__name__}"):
        backtest(regressor, complete, horizon=3)
    wrapped = make_pipeline(NaiveForecaster(strategy="seasonal", period=40))
    with pytest.raises(ValueError, match="^period is 40, but the series"):
        backtest(wrapped, complete, horizon=3)


@pytest.mark.parametrize("level", [[0.8, 0.8000001], [0.9, 0.99999999], [1e-7], [0.5, 1e-9, 0.8]])
def test_levels_that_would_share_a_column_or_name_none_are_refused(level):
    with pytest.raises(ValueError, match="six digits of percents"):
        backtest(SimpleExpSmoothingRNN(), SALES, horizon=1, level=level)
    (frame,) = (backtest(SimpleExpSmoothingRNN(), SALES, horizon=1, n_windows=1, level=level[-1]),)
    assert {"lower", "upper"} <= set(frame)


@pytest.mark.parametrize("names", [["a", "a"], [1, 1], [None, None]])
def test_two_series_of_one_name_are_refused(names):
    with pytest.raises(ValueError, match="^y has two columns .*: give each series a name"):
        backtest(NaiveForecaster(), TABLE.set_axis(names, axis=1), horizon=1)
