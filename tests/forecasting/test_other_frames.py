"""Series, regressors and tables of polars and pyarrow: the numbers of pandas to the last bit."""

import numpy as np
import pandas as pd
import pytest
from other_frames import OTHERS, as_polars, columns_of

import tsrnn
from tsrnn import DoubleExpSmoothingRNN, backtest, detect_anomalies, fill_gaps, tune
from tsrnn.metrics import evaluate, mase, relative_scores

N = 40
RNG = np.random.default_rng(2)
TABLE = pd.DataFrame(RNG.normal(5.0, 1.0, (N, 2)).cumsum(axis=0), columns=["east", "west"])
TABLE.iloc[7, 0] = np.nan
PRICES = pd.DataFrame({"price": RNG.normal(size=N), "open": np.arange(N) % 3 == 0})
HOLT = DoubleExpSmoothingRNN()

each_library = pytest.mark.parametrize("library", OTHERS)


def column_of(frame):
    return frame["east"]


@each_library
@pytest.mark.parametrize("part", [column_of, lambda frame: frame])
def test_forecasters_answer_with_arrays_and_keep_names(library, part):
    of = OTHERS[library]
    ours, theirs = (
        type(HOLT)().fit(X, part(y)) for X, y in ((PRICES, TABLE), (of(PRICES), of(TABLE)))
    )
    assert theirs.feature_names_in_.tolist() == ["price", "open"]
    ahead = PRICES[:3]
    for method in ("predict", "predict_interval"):
        answer, expected = getattr(theirs, method)(of(ahead)), getattr(ours, method)(ahead)
        assert type(answer) is np.ndarray
        np.testing.assert_array_equal(answer.ravel(), np.ravel(in_order(expected, answer)))
    assert type(theirs.fitted_values_) is np.ndarray
    ours.update(part(TABLE)[:3], ahead)
    theirs.update(part(of(TABLE))[:3], of(ahead))
    np.testing.assert_array_equal(theirs.predict(of(ahead)), ours.predict(ahead))
    assert theirs.score(of(ahead), part(of(TABLE))[:3]) == ours.score(ahead, part(TABLE)[:3])


def in_order(frame, answer):
    """Lay the bounds of several series out as arrays have them: bounds, then series."""
    values = frame.to_numpy()
    return values.reshape(len(values), -1, 2).swapaxes(1, 2) if answer.ndim == 3 else values


@each_library
def test_names_of_columns_are_told_and_must_stay_in_their_order(library):
    of = OTHERS[library]
    fitted = DoubleExpSmoothingRNN().fit(of(TABLE))
    assert "west" in str(fitted.summary())
    with pytest.raises(
        ValueError, match=r"has the columns \['west', 'east'\], but .* \['east', 'w"
    ):
        fitted.update(of(TABLE[["west", "east"]]))
    with pytest.raises(ValueError, match="feature names"):
        DoubleExpSmoothingRNN().fit(of(PRICES), TABLE["west"].to_numpy()).predict(
            of(PRICES[["open", "price"]])
        )


def test_series_of_polars_of_any_type_of_numbers_are_the_same_series():
    pl = pytest.importorskip("polars")
    whole = pd.DataFrame({"y": [3, 1, 4, 1, 5, 9, 2, 6]})
    expected = HOLT.fit(whole["y"].to_numpy()).predict(2)
    for kind in (pl.Int8, pl.UInt16, pl.Float32, pl.Decimal(10, 2), pl.Int64):
        np.testing.assert_array_equal(HOLT.fit(as_polars(whole, y=kind)["y"]).predict(2), expected)
    missing = whole["y"].astype("Int64").mask(whole.index == 2)
    given = pl.Series(missing.astype(object).where(missing.notna(), None).tolist())
    expected = HOLT.fit(missing.to_numpy(float, na_value=np.nan)).predict(2)
    np.testing.assert_array_equal(HOLT.fit(given).predict(2), expected)


def test_what_is_no_series_of_numbers_is_refused_in_words():
    pl = pytest.importorskip("polars")
    stamps = pd.date_range("2020-01-01", periods=N)
    dated = as_polars(TABLE.assign(ds=stamps))
    for given, error, message in (
        (dated, TypeError, r"y\['ds'\] must be numbers.*to_pandas\(\)\.set_index\('ds'\)"),
        (
            dated.lazy(),
            TypeError,
            r"y must be a frame or a series, got polars\.LazyFrame: its meth",
        ),
        (pl.Series(["a", "b"]), ValueError, "must be a number, got 'a'"),
        (pl.Series([None, None], dtype=pl.Float64), ValueError, "0 value"),
        (pl.Series([1.0, float("inf")]), ValueError, "infinity at row 1"),
    ):
        with pytest.raises(error, match=message):
            HOLT.fit(given)
    with pytest.raises(TypeError, match=r"X must be a frame or a series, got polars\.LazyFrame"):
        HOLT.fit(as_polars(PRICES).lazy(), TABLE["west"])
    with pytest.raises(ValueError, match=r"Input X contains NaN at row 1, column 'price'"):
        HOLT.fit(as_polars(PRICES.assign(price=[0.5, np.nan] * (N // 2))), TABLE["west"])


@each_library
def test_tables_of_backtests_anomalies_and_scores_come_in_kind(library):
    of = OTHERS[library]
    y, given = TABLE, of(TABLE)
    pairs = [(backtest(HOLT, one, horizon=3, n_windows=2, level=0.8), one) for one in (y, given)]
    (ours, _), (theirs, _) = pairs
    answers = [
        (ours, theirs),
        *zip(
            *[
                [
                    backtest(HOLT, one["west"], x, horizon=3, n_windows=2),
                    detect_anomalies(HOLT, one),
                    detect_anomalies(HOLT, one["west"]),
                ]
                for one, x in ((y, PRICES), (given, of(PRICES)))
            ],
            strict=True,
        ),
    ]
    both = [
        evaluate(frame, ["mae", "mase", "coverage"], "series", y_train=one) for frame, one in pairs
    ]
    answers.append(both)
    answers.append([relative_scores(one, "forecast", ["mae"]) for one in both])
    for one, other in answers:
        assert type(other) is type(given)
        assert columns_of(other) == columns_of(one)


@each_library
def test_scores_of_a_panel_are_measured_by_frames_of_any_library_and_form(library):
    of = OTHERS[library]
    stamps = pd.date_range("2020-01-01", periods=N, name="ds")
    wide = TABLE.set_axis(stamps)
    long = wide.melt(ignore_index=False, var_name="unique_id", value_name="y").reset_index()
    ours, theirs = (
        tsrnn.PanelForecaster(HOLT, alias="m").cross_validation(one, 3) for one in (long, of(long))
    )
    expected = evaluate(ours, ["mase"], y_train=long)
    for train in (
        of(long),
        long,
        wide,
        of(wide.reset_index()),
        long.set_index(["unique_id", "ds"]),
    ):
        assert columns_of(evaluate(theirs, ["mase"], y_train=train)) == columns_of(expected)
    levels = ours.set_index(["unique_id", "ds"])
    assert evaluate(levels, ["mase"], y_train=long).equals(expected)


@each_library
def test_metrics_read_columns(library):
    of = OTHERS[library]
    y, forecast = of(TABLE.tail(5))["west"], of(TABLE.tail(5))["east"]
    expected = mase(*(TABLE.tail(5)[name].to_numpy() for name in ("west", "east")), TABLE["west"])
    assert mase(y, forecast, of(TABLE)["west"]) == expected


@each_library
def test_gaps_are_filled_in_kind_and_missing_values_are_null(library):
    of = OTHERS[library]
    frame = pd.DataFrame(
        {
            "unique_id": list("aaab"),
            "ds": pd.to_datetime(["2024-03-01", "2024-03-02", "2024-03-04", "2024-03-02"]),
            "y": [3.0, 1.0, 2.0, 5.0],
            "town": ["Ulm", "Ulm", "Ulm", "Bonn"],
            "n": [1, 2, 3, 4],
        }
    )
    answer = fill_gaps(of(frame), "D", {"y": 0.0})
    assert type(answer) is type(of(frame))
    assert columns_of(answer) == columns_of(fill_gaps(frame, "D", {"y": 0.0}))
    assert columns_of(answer)["n"] == [1, 2, None, 3, 4]
    with pytest.raises(TypeError, match=r"its time stamps as the index, got (polars|pyarrow)\."):
        fill_gaps(of(frame)["y"])


@each_library
def test_a_search_over_frames_of_others_finds_the_same_and_fits_to_what_was_given(library):
    of = OTHERS[library]
    grid = {"damped": [False, True]}
    best, table = tune(HOLT, grid, of(TABLE[["west"]]), horizon=3)
    _, expected = tune(HOLT, grid, TABLE["west"].to_numpy(), horizon=3)
    assert table["mase"].tolist() == expected["mase"].tolist()
    assert type(best.predict(2)) is np.ndarray
    wide = TABLE.set_axis(pd.date_range("2020-01-01", periods=N, name="ds"))
    long = wide.melt(ignore_index=False, var_name="unique_id", value_name="y").reset_index()
    _, expected = tune(HOLT, grid, long, horizon=3)
    best, table = tune(HOLT, grid, of(long), horizon=3)
    assert table["mase"].tolist() == expected["mase"].tolist()
    assert type(best.predict(2)) is type(of(long))
    panel = tsrnn.PanelForecaster(HOLT)
    best, table = tune(panel, {"forecaster__damped": [False, True]}, wide, horizon=3)
    assert table["mase"].tolist() == expected["mase"].tolist()
    assert list(best.predict(2)) == ["east", "west"]
