"""The contract of the forecasters: time steps as rows, pandas in and out, errors without traces."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score

from tsrnn import (
    DeseasonalizedForecaster,
    DoubleExpSmoothingRNN,
    NaiveForecaster,
    RNNForecaster,
    SimpleExpSmoothingRNN,
)
from tsrnn.datasets import load_co2

CO2 = load_co2(adjusted=True)[-60:]
VALUES = CO2.to_numpy()
TWO = pd.DataFrame({"co2": CO2, "square": CO2**2})
AFTER = pd.date_range("2002-01", periods=4, freq="MS", name="month")

# A series in all its forms, and what a forecast of four steps has for a type and a shape.
FORMS = {
    "array": (VALUES, np.ndarray, (4,)),
    "column": (VALUES[:, None], np.ndarray, (4, 1)),
    "list": (VALUES.tolist(), np.ndarray, (4,)),
    "rows": (TWO.to_numpy().tolist(), np.ndarray, (4, 2)),
    "index": (pd.Index(VALUES), np.ndarray, (4,)),
    "extension array": (pd.array(VALUES), np.ndarray, (4,)),
    "Series": (CO2, pd.Series, (4,)),
    "one column": (CO2.to_frame(), pd.DataFrame, (4, 1)),
    "DataFrame": (TWO, pd.DataFrame, (4, 2)),
}
forms = pytest.mark.parametrize("y,kind,shape", FORMS.values(), ids=FORMS)
forecasters = pytest.mark.parametrize(
    "forecaster",
    [
        DoubleExpSmoothingRNN(),
        SimpleExpSmoothingRNN(),
        NaiveForecaster(),
        NaiveForecaster(strategy="seasonal", period=12),
        DeseasonalizedForecaster(NaiveForecaster(), period=12),
        DeseasonalizedForecaster(DoubleExpSmoothingRNN(), period=12, model="add", test=False),
        RNNForecaster(Ridge(1e-3), window=4),
    ],
    ids=repr,
)


@pytest.fixture
def model():
    return DoubleExpSmoothingRNN().fit(CO2)


def state_of(estimator):
    """Everything an estimator holds, to compare with later."""
    return pickle.dumps(vars(estimator))


# What comes out.


@forms
@forecasters
def test_forecasts_come_as_the_series_came(forecaster, y, kind, shape):
    model = forecaster.fit(y)
    forecast = model.predict(4)
    assert type(forecast) is kind and forecast.shape == shape
    assert type(model.fitted_values_) is type(model.residuals_) is kind
    assert model.fitted_values_.shape == np.shape(y)
    # One regressor on windows serves all columns.
    alone = y if isinstance(forecaster, RNNForecaster) else VALUES
    expected = np.reshape(forecaster.fit(np.asarray(alone)).predict(4), (4, -1))[:, 0]
    np.testing.assert_array_equal(np.asarray(forecast).reshape(4, -1)[:, 0], expected)


@forms
@forecasters
@pytest.mark.parametrize("width", [2, 3])
def test_intervals_quantiles_and_paths_have_a_column_each_and_a_series_dimension_for_several(
    forecaster, y, kind, shape, width
):
    model = forecaster.fit(y)
    answers = [
        model.predict_quantiles(4, np.linspace(0.1, 0.9, width)),
        model.simulate(4, width, random_state=0),
        *([model.predict_interval(4, 0.8)] if width == 2 else []),
    ]
    several = shape[-1] == 2 and len(shape) == 2
    for answer in answers:
        if kind is np.ndarray:
            assert answer.shape == ((4, width, 2) if several else (4, width))
        else:
            assert isinstance(answer, pd.DataFrame)
            assert answer.shape == (4, 2 * width if several else width)
            pd.testing.assert_index_equal(answer.index, AFTER)


def test_frames_of_arrays_hold_the_same_numbers_as_arrays():
    frame = DoubleExpSmoothingRNN().fit(TWO).predict_interval(4)
    array = DoubleExpSmoothingRNN().fit(TWO.to_numpy()).predict_interval(4)
    for i, name in enumerate(TWO):
        np.testing.assert_array_equal(frame[name].to_numpy(), array[:, :, i])
    assert frame.columns.names == ["series", "bound"]
    assert list(frame["co2"].columns) == ["lower", "upper"]


def test_the_index_goes_on_with_its_name_and_frequency_and_the_series_keep_theirs(model):
    forecast = model.predict(4)
    pd.testing.assert_index_equal(forecast.index, AFTER)
    assert forecast.index.freq == CO2.index.freq
    assert forecast.name == "co2"
    frame = DoubleExpSmoothingRNN().fit(TWO).predict(4)
    pd.testing.assert_index_equal(frame.index, AFTER)
    pd.testing.assert_index_equal(frame.columns, TWO.columns)
    pd.testing.assert_index_equal(model.fitted_values_.index, CO2.index)
    assert list(model.predict_interval(2).columns) == ["lower", "upper"]
    assert list(model.predict_quantiles(2, [0.1, 0.5]).columns) == [0.1, 0.5]


def test_columns_of_several_levels_stay_so_with_one_more():
    columns = pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["site", "sensor"])
    y = TWO.set_axis(columns, axis=1)
    model = DoubleExpSmoothingRNN().fit(y)
    pd.testing.assert_index_equal(model.predict(2).columns, columns)
    interval = model.predict_interval(2)
    assert interval.columns.names == ["site", "sensor", "bound"]
    assert list(interval["a"].columns) == [(1, "lower"), (1, "upper")]


def test_columns_of_the_same_name_are_series_of_their_own():
    model = DoubleExpSmoothingRNN().fit(TWO.set_axis(["a", "a"], axis=1))
    np.testing.assert_array_equal(
        model.predict_interval(3).to_numpy(),
        DoubleExpSmoothingRNN().fit(TWO).predict_interval(3).to_numpy(),
    )


@pytest.mark.parametrize(
    "index,following",
    [
        (pd.RangeIndex(60), [60, 61]),
        (pd.RangeIndex(60, name="step"), [60, 61]),
        (pd.RangeIndex(1960, 2020, name="year"), [2020, 2021]),
        (pd.Index(range(1960, 2020)), [2020, 2021]),
        (pd.RangeIndex(10, 130, 2), [130, 132]),
        (pd.period_range("1990-01", periods=60, freq="M"), ["1995-01", "1995-02"]),
        (pd.date_range("2020-01-31", periods=60, freq="ME"), ["2025-01-31", "2025-02-28"]),
        (pd.date_range("2020-01-03", periods=60, freq="B"), ["2020-03-27", "2020-03-30"]),
        (pd.Index([f"row {i}" for i in range(60)]), [60, 61]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_sort_of_index_goes_on(index, following):
    if isinstance(index, pd.PeriodIndex | pd.DatetimeIndex):
        following = type(index)(following, freq=index.freq)
    forecast = DoubleExpSmoothingRNN().fit(pd.Series(VALUES, index=index)).predict(2)
    assert list(forecast.index) == list(following)
    if not isinstance(index[0], str):
        assert forecast.index.name == index.name


def test_across_a_change_to_daylight_saving_days_and_hours_go_on_right():
    for freq, expected in (("D", "2024-04-01 00:00+02:00"), ("h", "2024-03-31 03:00+02:00")):
        index = pd.date_range(
            end="2024-03-31 00:00" if freq == "D" else "2024-03-31 01:00",
            periods=60,
            freq=freq,
            tz="Europe/Berlin",
        )
        forecast = DoubleExpSmoothingRNN().fit(pd.Series(VALUES, index=index)).predict(1)
        assert forecast.index[0] == pd.Timestamp(expected)


# The series alone, and time stamps that come with X.


def test_the_series_may_stand_alone():
    for y in (CO2, VALUES, TWO):
        alone, second = DoubleExpSmoothingRNN().fit(y), DoubleExpSmoothingRNN().fit(None, y)
        np.testing.assert_array_equal(alone.predict(3), second.predict(3))
    np.testing.assert_array_equal(
        DoubleExpSmoothingRNN().fit(X=None, y=CO2).predict(3),
        DoubleExpSmoothingRNN().fit(X=CO2).predict(3),
    )


def test_an_x_without_columns_means_no_regressors_and_brings_time_stamps():
    model = DoubleExpSmoothingRNN().fit(pd.DataFrame(index=CO2.index), VALUES)
    assert model.n_features_in_ == 0
    assert isinstance(model.predict(4), np.ndarray)
    stamps = pd.DataFrame(index=pd.DatetimeIndex(["2002-02-01", "2001-12-01"]))
    expected = [model.predict(2)[1], model.fitted_values_[-1]]
    np.testing.assert_array_equal(model.predict(stamps), expected)


def test_the_index_of_x_places_a_series_with_plain_rows():
    y = CO2.reset_index(drop=True)
    model = DoubleExpSmoothingRNN().fit(pd.DataFrame(index=CO2.index), y)
    pd.testing.assert_index_equal(model.predict(4).index, AFTER)
    pd.testing.assert_index_equal(model.fitted_values_.index, y.index)


def test_plain_rows_of_x_leave_the_index_of_the_series_in_force():
    model = DoubleExpSmoothingRNN().fit(pd.DataFrame(index=range(60)), CO2)
    pd.testing.assert_index_equal(model.predict(4).index, AFTER)


@pytest.mark.parametrize(
    "index", [CO2.index[::-1], CO2.index + pd.offsets.MonthBegin(), pd.RangeIndex(5, 65)]
)
def test_time_indexes_of_x_and_y_that_differ_are_an_error(index):
    with pytest.raises(ValueError, match="different time indexes: at row 0"):
        DoubleExpSmoothingRNN().fit(pd.DataFrame(index=index), CO2)


def test_an_x_of_another_length_is_an_error():
    with pytest.raises(ValueError, match="X has 59 rows, but there are 60 time steps"):
        DoubleExpSmoothingRNN().fit(pd.DataFrame(index=CO2.index[1:]), CO2)
    with pytest.raises(ValueError, match="X has 61 rows"):
        DoubleExpSmoothingRNN().fit(np.zeros((61, 1)), CO2)


# What may be asked.


def test_an_integer_asks_for_so_many_steps(model):
    for horizon in (4, np.int64(4), np.uint8(4)):
        pd.testing.assert_series_equal(model.predict(horizon), model.predict(AFTER))


def test_time_stamps_inside_the_series_get_one_step_ahead_predictions_and_those_after_forecasts(
    model,
):
    stamps = pd.DatetimeIndex(["2002-02-01", "2001-12-01", "1999-05-01", "2001-12-01"])
    answer = model.predict(pd.DataFrame(index=stamps))
    pd.testing.assert_index_equal(answer.index, stamps)
    inside = model.fitted_values_.loc[stamps[1:]]
    np.testing.assert_array_equal(answer, [model.predict(2).iloc[1], *inside])
    pd.testing.assert_series_equal(model.predict(stamps), answer)
    whole = model.predict(CO2.index)
    pd.testing.assert_series_equal(whole, model.fitted_values_, check_freq=False)
    assert len(model.predict_interval(stamps)) == len(model.predict_quantiles(stamps, 0.5)) == 4


def test_rows_without_time_stamps_follow_the_series(model):
    for rows in (pd.DataFrame(index=range(4)), pd.RangeIndex(4), pd.Index(list("abcd"))):
        pd.testing.assert_series_equal(model.predict(rows), model.predict(4))


@pytest.mark.parametrize(
    "stamps,message",
    [
        (pd.DatetimeIndex(["2002-01-15"]), "off the grid"),
        (pd.DatetimeIndex(["1996-12-01"]), "before the start"),
        (pd.DatetimeIndex(["2002-01-01", None]), "missing stamp"),
        (pd.DatetimeIndex(["2002-01-01"], tz="UTC"), "time zone"),
        (pd.PeriodIndex(["2002-01"], freq="M"), "no place for periods"),
        (pd.RangeIndex(1, 3), "no place for integers"),
    ],
)
def test_a_stamp_that_has_no_place_is_an_error(model, stamps, message):
    for ask in (model.predict, model.predict_interval, lambda X: model.predict_quantiles(X, 0.5)):
        with pytest.raises(ValueError, match=message):
            ask(pd.DataFrame(index=stamps))


@pytest.mark.parametrize("horizon", [0, -1, 2.5, 2.0, True, "12", np.nan])
def test_a_horizon_is_an_integer_from_1_on(model, horizon):
    asks = [model.predict, model.predict_interval, lambda X: model.predict_quantiles(X, 0.5)]
    for ask in (*asks, model.simulate):
        with pytest.raises(ValueError, match=r"horizon must be an integer >= 1, got"):
            ask(horizon)


@pytest.mark.parametrize(
    "X", [None, [], [3], np.zeros(3), np.zeros((3, 0)), pd.DataFrame(index=[]), CO2], ids=type
)
def test_what_is_neither_a_horizon_nor_rows_is_an_error(model, X):
    with pytest.raises((ValueError, TypeError)):
        model.predict(X)


def test_another_number_of_features_than_at_fit_is_an_error(model):
    with pytest.raises(
        ValueError, match="X has 2 features, but DoubleExpSmoothingRNN is expecting"
    ):
        model.predict(np.zeros((3, 2)))
    with_one = DoubleExpSmoothingRNN().fit(np.arange(60.0)[:, None] ** 2, VALUES)
    with pytest.raises(
        ValueError, match="X has 2 features, but DoubleExpSmoothingRNN is expecting"
    ):
        with_one.predict(np.zeros((3, 2)))
    nothing = [3, pd.RangeIndex(3), pd.DataFrame(index=range(3))]
    for call in (
        lambda: with_one.score(None, VALUES),
        *(lambda X=X: with_one.predict(X) for X in nothing),
    ):
        with pytest.raises(ValueError, match="was fitted with 1 regressors: pass X"):
            call()


def test_an_array_without_columns_is_an_error_as_elsewhere_in_scikit_learn():
    X = np.empty((60, 0))
    with pytest.raises(
        ValueError, match=r"0 feature\(s\) \(shape=\(60, 0\)\) while a minimum of 1"
    ):
        DoubleExpSmoothingRNN().fit(X, VALUES)


@pytest.mark.parametrize("level", [95, 99.9, 80])
def test_a_level_in_percent_is_told_to_be_written_as_a_fraction(model, level):
    with pytest.raises(ValueError, match=f"write {level / 100:g}"):
        model.predict_interval(3, level)


@pytest.mark.parametrize("level", [0, 1, -0.1, 100, 950, "0.9", None, True, np.nan, [0.8, 0.95]])
def test_a_level_lies_between_0_and_1(model, level):
    with pytest.raises(ValueError, match=r"level must be a number in \(0, 1\), got"):
        model.predict_interval(3, level)


@pytest.mark.parametrize("quantiles", [0, 1, [0.5, 1.5], [-0.1], ["0.5"], "0.5", None, [True], 95])
def test_quantiles_lie_between_0_and_1(model, quantiles):
    with pytest.raises(ValueError, match=r"quantiles must be a number in \(0, 1\), got"):
        model.predict_quantiles(3, quantiles)
    with pytest.raises(ValueError, match="quantiles is empty"):
        model.predict_quantiles(3, [])


# Scores.


def test_the_score_is_r2_and_skips_missing_rows(model):
    truth = pd.Series([371.5, np.nan, 372.2, 372.0], index=AFTER)
    forecast = model.predict(4)
    seen = [0, 2, 3]
    expected = r2_score(truth.iloc[seen], forecast.iloc[seen])
    for X in (4, AFTER, pd.DataFrame(index=AFTER), None):
        assert model.score(X, truth) == pytest.approx(expected, rel=1e-13)
    assert model.score(4, truth.to_numpy()) == pytest.approx(expected, rel=1e-13)
    weights = np.array([1.0, 5.0, 2.0, 0.5])
    weighted = r2_score(truth.iloc[seen], forecast.iloc[seen], sample_weight=weights[seen])
    assert model.score(4, truth, sample_weight=weights) == pytest.approx(weighted, rel=1e-13)


def test_the_score_of_the_training_series_is_that_of_the_fitted_values(model):
    expected = r2_score(CO2, model.fitted_values_)
    assert model.score(None, CO2) == pytest.approx(expected, rel=1e-13)
    assert model.score(pd.DataFrame(index=CO2.index), CO2) == pytest.approx(expected, rel=1e-13)


@forecasters
def test_the_score_of_a_training_series_skips_what_has_no_prediction(forecaster):
    predicted = forecaster.fit(CO2).fitted_values_.notna()
    expected = r2_score(CO2[predicted], forecaster.fitted_values_[predicted])
    assert forecaster.score(None, CO2) == pytest.approx(expected, rel=1e-13)


def test_the_score_of_several_series_is_the_mean_of_theirs():
    model = DoubleExpSmoothingRNN().fit(TWO)
    truth = model.predict(4) + np.array([[0.1, 3.0], [0.0, -50.0], [-0.2, 10.0], [0.0, 0.0]])
    truth.iloc[0, 0] = truth.iloc[3, 1] = np.nan
    forecast = model.predict(4)
    expected = [r2_score(truth[name].dropna(), forecast[name][truth[name].notna()]) for name in TWO]
    assert model.score(4, truth) == pytest.approx(np.mean(expected), rel=1e-12)


@pytest.mark.parametrize(
    "X,y,weights,message",
    [
        (4, [1.0, 2.0], None, "X asks for 4 rows, but y has 2"),
        (4, [[1.0, 2.0]] * 4, None, "y has 2 series, but the forecaster was fitted on 1"),
        (4, [np.nan] * 4, None, "no values to score"),
        (4, [1.0, 2.0, 3.0, 4.0], [1.0], r"sample_weight must have shape \(4,\)"),
        (4, [1.0, 2.0, 3.0, 4.0], 2.0, r"sample_weight must have shape \(4,\)"),
        (4, CO2[-4:], None, "different time indexes: at row 0 expected 2002-01-01"),
    ],
)
def test_a_score_that_cannot_be_is_an_error(model, X, y, weights, message):
    with pytest.raises(ValueError, match=message):
        model.score(X, y, sample_weight=weights)


# Updates and their place in time.


@forecasters
def test_after_an_update_predictions_and_their_index_go_on(forecaster):
    forecast = forecaster.fit(CO2).predict(4)
    forecaster.update(forecast.iloc[:3])
    assert forecaster.predict(1).index[0] == AFTER[3]
    assert forecaster.predict(1).iloc[0] == pytest.approx(forecast.iloc[3], rel=1e-13)
    # What was forecast has come true, and stays the one-step-ahead prediction of its time.
    np.testing.assert_allclose(forecaster.predict(AFTER[:3]), forecast.iloc[:3], rtol=1e-13)
    pd.testing.assert_index_equal(forecaster.fitted_values_.index, CO2.index)
    with pytest.raises(ValueError, match="expected 2002-04-01 .* got 2002-01-01"):
        forecaster.update(forecast.iloc[:3])


@pytest.mark.parametrize("pass_in", ["y_new", "X"])
def test_an_update_must_continue_the_series(model, pass_in):
    late = pd.date_range("2002-02", periods=2, freq="MS")
    before = state_of(model)
    with pytest.raises(ValueError, match="expected 2002-01-01 00:00:00, got 2002-02-01"):
        if pass_in == "y_new":
            model.update(pd.Series([371.0, 372.0], index=late))
        else:
            model.update([371.0, 372.0], X=pd.DataFrame(index=late))
    assert state_of(model) == before


def test_columns_in_another_order_are_an_error():
    model = DoubleExpSmoothingRNN().fit(TWO)
    for call in (model.update, lambda y: model.score(1, y)):
        with pytest.raises(ValueError, match=r"columns \['square', 'co2'\]"):
            call(model.predict(1)[["square", "co2"]])
