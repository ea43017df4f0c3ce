"""Anomalies of series and panels: what is flagged, what it costs others, and how it is answered."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from tsrnn import (
    AutoExpSmoothingRNN,
    CrostonForecaster,
    DeseasonalizedForecaster,
    DoubleExpSmoothingRNN,
    EnsembleForecaster,
    NaiveForecaster,
    PanelForecaster,
    RegressionForecaster,
    RNNForecaster,
    SimpleExpSmoothingRNN,
    ThetaForecaster,
    TransformedForecaster,
    TripleExpSmoothingRNN,
    detect_anomalies,
)
from tsrnn.exceptions import InvalidParameterError
from tsrnn.features import CalendarFeatures

NOISE = np.random.default_rng(0).standard_normal((200, 40))
SEASON = 5.0 * np.sin(np.arange(200) * np.pi / 6)
COLUMNS = ["time", "y", "expected", "lower", "upper", "score", "is_anomaly", "cleaned"]


# Columns with the fewest wild values of their own first.
CALM = np.argsort(np.abs(NOISE).max(axis=0))


def series(k=0, **planted):
    """Return a level of 100 with noise, and what is planted by its row, such as _50=9."""
    y = 100.0 + NOISE[:, CALM[k]]
    for row, size in planted.items():
        y[int(row[1:])] += size
    return y


def flagged(frame):
    return np.flatnonzero(frame["is_anomaly"]).tolist()


def found(forecaster, y, level=0.9999, **further):
    return flagged(detect_anomalies(forecaster, y, level=level, **further))


SPIKED = series(_0=10, _50=10, _51=-9, _120=11, _199=-12)


@pytest.mark.parametrize(
    "forecaster",
    [
        SimpleExpSmoothingRNN(),
        DoubleExpSmoothingRNN(),
        ThetaForecaster(),
        AutoExpSmoothingRNN(models=["ANN", "AAN"]),
        TransformedForecaster(SimpleExpSmoothingRNN()),
        EnsembleForecaster([("a", SimpleExpSmoothingRNN()), ("b", ThetaForecaster())]),
        RNNForecaster(Ridge(), window=12),
    ],
    ids=lambda one: type(one).__name__,
)
def test_spikes_are_found_side_by_side_and_at_both_ends_and_what_follows_them_is_not(forecaster):
    assert found(forecaster, SPIKED) == [0, 50, 51, 120, 199]


@pytest.mark.parametrize(
    "forecaster",
    [
        TripleExpSmoothingRNN(period=12),
        DeseasonalizedForecaster(SimpleExpSmoothingRNN(), period=12),
        NaiveForecaster(strategy="seasonal", period=12),
    ],
    ids=lambda one: type(one).__name__,
)
def test_spikes_in_the_first_season_and_later_are_found_and_not_those_a_year_after(forecaster):
    assert found(forecaster, series(_1=12, _70=12) + SEASON, 0.999) == [1, 70]


def test_what_is_expected_has_not_seen_the_anomalies():
    """The fit without them is the fit to a series in which they are missing."""
    rows = [50, 51, 120]
    y = series(_50=30, _51=30, _120=-30)
    frame = detect_anomalies(SimpleExpSmoothingRNN(), y, level=0.9999)
    missing = y.copy()
    missing[rows] = np.nan
    fitted = SimpleExpSmoothingRNN().fit(missing).fitted_values_
    # The first six values are those of the reversed series.
    np.testing.assert_array_equal(frame["expected"][6:], fitted[6:])
    back = SimpleExpSmoothingRNN().fit(missing[::-1]).fitted_values_[::-1]
    np.testing.assert_array_equal(frame["expected"][:6], back[:6])
    assert flagged(frame) == rows
    cleaned = y.copy()
    cleaned[rows] = fitted[rows]
    np.testing.assert_array_equal(frame["cleaned"], cleaned)


def test_bounds_scores_and_flags_say_the_same():
    frame = detect_anomalies(DoubleExpSmoothingRNN(), SPIKED)
    outside = (frame["y"] < frame["lower"]) | (frame["y"] > frame["upper"])
    np.testing.assert_array_equal(frame["is_anomaly"], outside)
    np.testing.assert_array_equal(outside, frame["score"].abs() > 2.5758293)  # of 99 percent
    np.testing.assert_array_equal(np.sign(frame["score"]), np.sign(frame["y"] - frame["expected"]))


@pytest.mark.parametrize(("tails", "low", "high"), [(None, 0.6, 1.4), (4, 0.8, 2.2)])
def test_of_clean_series_about_a_hundredth_is_flagged(tails, low, high):
    """Of 8,000 values, of which one percent is 80 with a deviation of 9."""
    rng = np.random.default_rng(1)
    noise = NOISE if tails is None else rng.standard_t(tails, NOISE.shape)
    frame = detect_anomalies(ThetaForecaster(period=1), 100.0 + noise)
    assert low < 100.0 * frame["is_anomaly"].mean() < high


@pytest.mark.parametrize(
    "forecaster",
    [SimpleExpSmoothingRNN(), DoubleExpSmoothingRNN(), TripleExpSmoothingRNN(period=12)],
    ids=lambda one: type(one).__name__,
)
def test_of_a_new_level_the_first_five_values_are_flagged_and_what_is_expected_follows(forecaster):
    y = series() + SEASON * isinstance(forecaster, TripleExpSmoothingRNN)
    y[100:] += 10.0
    frame = detect_anomalies(forecaster, y, level=0.999)
    assert flagged(frame) == [100, 101, 102, 103, 104]
    near = np.r_[95:100, 105:125]
    assert np.abs(frame["y"] - frame["expected"])[near].max() < 4.0  # deviations, not ten


def test_a_level_that_comes_and_goes_is_two_new_levels():
    y = series()
    y[60:90] -= 8.0
    assert found(SimpleExpSmoothingRNN(), y, 0.999) == [60, 61, 62, 63, 64, 90, 91, 92, 93, 94]


def test_a_second_new_level_is_measured_from_the_first():
    y = series()
    y[60:] += 10.0
    y[120:] += 12.0
    frame = detect_anomalies(SimpleExpSmoothingRNN(), y, level=0.999)
    assert flagged(frame) == [*range(60, 65), *range(120, 125)]
    assert abs(frame["expected"][125:].mean() - 122.0) < 0.5


def test_a_new_level_with_gaps_in_it_is_one_and_at_the_end_all_of_it_is_flagged():
    y = series()
    y[100:] += 10.0
    y[[101, 104]] = np.nan
    assert found(SimpleExpSmoothingRNN(), y, 0.999) == [100, 102, 103, 105, 106]
    y = series()
    y[197:] += 10.0
    assert found(SimpleExpSmoothingRNN(), y, 0.999) == [197, 198, 199]


@pytest.mark.parametrize("forecaster", [SimpleExpSmoothingRNN(), DoubleExpSmoothingRNN()])
def test_of_a_level_with_four_wild_values_first_these_are_the_anomalies(forecaster):
    y = np.column_stack([series(k) for k in range(10)])
    y[:4] += 10.0
    frame = detect_anomalies(forecaster, y, level=0.9999)
    places = frame[frame["is_anomaly"]].groupby("series")["time"].apply(list)
    # Five to ten standard deviations out are all but those that the tails are taken for.
    assert sum(one == [0, 1, 2, 3] for one in places) >= 9


@pytest.mark.parametrize(
    "forecaster",
    [SimpleExpSmoothingRNN(), NaiveForecaster(), SimpleExpSmoothingRNN(alpha=1.0)],
    ids=repr,
)
def test_five_last_values_are_all_flagged_by_what_follows_the_first_of_them_at_once(forecaster):
    y = np.r_[np.full(50, 5.0), np.full(5, 7.0)]
    frame = detect_anomalies(forecaster, y)
    assert flagged(frame) == [50, 51, 52, 53, 54]
    np.testing.assert_array_equal(frame["cleaned"], 5.0)


@pytest.mark.parametrize("forecaster", [SimpleExpSmoothingRNN(), ThetaForecaster(period=1)])
def test_new_levels_of_a_series_that_stands_still_are_found(forecaster):
    y = np.repeat([5.0, 7.0, 1.0], 30)
    frame = detect_anomalies(forecaster, y)
    assert flagged(frame) == [*range(30, 35), *range(60, 65)]
    # A step is measured from a slow level that has not yet wholly settled.
    np.testing.assert_allclose(frame["expected"][65:], 1.0, rtol=1e-3)


def test_up_to_five_values_in_a_row_are_all_anomalies():
    y = series()
    y[100:104] += 9.0
    assert found(SimpleExpSmoothingRNN(), y, 0.999) == [100, 101, 102, 103]


def test_a_fixed_slow_smoother_does_not_flag_a_whole_new_level():
    """Of its own it would take 60 values to come within the bounds."""
    y = series()
    y[100:] += 10.0
    flags = found(SimpleExpSmoothingRNN(alpha=0.02), y, 0.999)
    assert flags == [100, 101, 102, 103, 104]


def test_missing_values_have_no_score_and_hide_nothing():
    y = series(_60=10)
    y[[0, 5, 61, 199]] = np.nan
    frame = detect_anomalies(SimpleExpSmoothingRNN(), y, level=0.999)
    assert flagged(frame) == [60]
    np.testing.assert_array_equal(np.flatnonzero(frame["score"].isna()), [0, 5, 61, 199])
    assert frame["expected"].notna().all()
    assert frame["cleaned"].isna().sum() == 4


@pytest.mark.parametrize(
    "forecaster",
    [SimpleExpSmoothingRNN(), ThetaForecaster(), NaiveForecaster(), CrostonForecaster()],
    ids=lambda one: type(one).__name__,
)
def test_a_spike_in_a_constant_is_an_anomaly_of_infinite_score(forecaster):
    y = np.full(60, 0.3)
    assert not detect_anomalies(forecaster, y)["score"].any()
    y[30] = 4.0
    frame = detect_anomalies(forecaster, y)
    assert flagged(frame) == [30]
    assert frame["score"][30] == np.inf
    np.testing.assert_allclose(frame["cleaned"], 0.3, rtol=1e-12)


@pytest.mark.parametrize("unit", [1e-300, 1e300])
def test_what_is_flagged_does_not_hang_on_the_unit(unit):
    assert found(DoubleExpSmoothingRNN(), SPIKED * unit) == [0, 50, 51, 120, 199]


def test_nor_on_the_origin_however_far():
    assert found(DoubleExpSmoothingRNN(), SPIKED + 1e12) == [0, 50, 51, 120, 199]


def test_ten_values_are_enough_and_nine_too_few():
    assert found(SimpleExpSmoothingRNN(), [5, 6, 5, 6, 5, 60, 5, 6, 5, 6.0], 0.99) == [5]
    with pytest.raises(ValueError, match=r"y has 9 value\(s\) .* 10 at least"):
        detect_anomalies(NaiveForecaster(), np.r_[np.nan, np.arange(9.0)])
    with pytest.raises(ValueError, match="series 1 of y has 0 value"):
        detect_anomalies(NaiveForecaster(), np.c_[np.arange(12.0), np.full(12, np.nan)])
    with pytest.raises(ValueError, match="y has . values that tell .* 5 are needed"):
        detect_anomalies(RNNForecaster(Ridge(), window=9), series()[:12])


def test_a_state_that_is_given_is_not_looked_for_from_the_other_end():
    """From a level of 0 the first values are far off, as the user says."""
    model = SimpleExpSmoothingRNN(alpha=0.5, initial_state=0.0)
    frame = detect_anomalies(model, series())
    assert frame["expected"][0] == 0.0


def test_regressors_explain_what_is_theirs():
    X = (np.arange(200) % 29 == 7) * 1.0
    y = series(_60=10) + 12.0 * X
    assert found(SimpleExpSmoothingRNN(), y, 0.999, X=X[:, None]) == [60]
    with pytest.raises(ValueError, match="X has 5 rows"):
        detect_anomalies(SimpleExpSmoothingRNN(), y, X[:5, None])


def test_features_of_time_are_explained_in_series_and_in_panels():
    days = pd.date_range("2024", periods=200, freq="D")
    y = pd.Series(series(_60=10) + 12.0 * (days.day_of_week == 5), days)
    model = RegressionForecaster(SimpleExpSmoothingRNN(), [CalendarFeatures(["weekday"])])
    frame = detect_anomalies(model, y, level=0.999)
    assert flagged(frame) == [60]
    df = pd.DataFrame({"unique_id": "a", "ds": days, "y": y.to_numpy()})
    of_panel = detect_anomalies(PanelForecaster(model), df, level=0.999)
    np.testing.assert_allclose(of_panel["score"], frame["score"], rtol=1e-6)
    fitted = model.fit(y)
    assert abs(fitted.update([y.iloc[-7]], return_score=True).iloc[0]) < 3.0


def test_on_a_scale_bounds_are_carried_back_and_flags_are_of_shares():
    rng = np.random.default_rng(2)
    y = np.exp(5.0 + 0.1 * rng.standard_normal(150).cumsum() + 0.05 * rng.standard_normal(150))
    y[[40, 90]] *= [4.0, 0.25]
    frame = detect_anomalies(TransformedForecaster(SimpleExpSmoothingRNN()), y, level=0.999)
    assert flagged(frame) == [40, 90]
    assert (frame["lower"] > 0.0).all()
    ratio = frame["upper"] / frame["expected"]
    np.testing.assert_allclose(ratio, frame["expected"] / frame["lower"], rtol=1e-9)


def test_a_demand_can_be_too_large_and_none_is_ever_an_anomaly():
    rng = np.random.default_rng(3)
    y = (rng.random(200) < 0.3) * (1.0 + rng.poisson(4.0, 200))
    y[70] = 40.0
    frame = detect_anomalies(CrostonForecaster(), y)
    assert flagged(frame) == [70]
    assert (frame["lower"] == 0.0).all()
    assert (frame["score"] >= 0.0).all()


def test_several_series_are_each_as_it_is_alone():
    index = pd.date_range("2020-01", periods=200, freq="MS", name="month")
    table = pd.DataFrame({"a": SPIKED, "b": series(3, _20=10)}, index=index)
    frame = detect_anomalies(DoubleExpSmoothingRNN(), table)
    assert list(frame.columns) == ["series", *COLUMNS]
    for name, part in frame.groupby("series", sort=False):
        alone = detect_anomalies(DoubleExpSmoothingRNN(), table[name])
        assert list(alone.columns) == COLUMNS
        rest = part.drop(columns="series").reset_index(drop=True)
        pd.testing.assert_frame_equal(rest, alone, rtol=1e-9)
        np.testing.assert_array_equal(alone["time"], index)
    with pytest.raises(ValueError, match="two columns 'a'"):
        detect_anomalies(NaiveForecaster(), table.set_axis(["a", "a"], axis=1))


def test_arrays_are_labelled_by_position_and_by_the_index_of_regressors():
    y = series()[:30]
    frame = detect_anomalies(NaiveForecaster(), y[:, None])
    assert list(frame["time"]) == list(range(30))
    assert list(detect_anomalies(NaiveForecaster(), np.c_[y, y])["series"].unique()) == [0, 1]
    days = pd.date_range("2020", periods=30, freq="D")
    frame = detect_anomalies(NaiveForecaster(), y, pd.DataFrame(index=days))
    np.testing.assert_array_equal(frame["time"], days)


@pytest.mark.parametrize(
    "index",
    [
        pd.period_range("2015-01", periods=60, freq="M"),
        pd.date_range("2015-01", periods=60, freq="MS"),
        pd.date_range("2015-01", periods=60, freq="h", tz="Europe/Berlin"),
        pd.date_range("2015-01", periods=60, freq="D").strftime("%Y-%m-%d"),
    ],
    ids=["months as periods", "months", "hours of a zone", "days as words"],
)
def test_the_cleaned_series_under_its_times_has_the_season_and_the_steps_ahead_of_the_series(index):
    y = pd.Series(np.random.default_rng(0).normal(100.0, 1.0, 60), index)
    y.iloc[30] = 200.0
    cleaned = detect_anomalies(SimpleExpSmoothingRNN(), y).set_index("time")["cleaned"]
    of_series, of_cleaned = (
        DeseasonalizedForecaster().fit(y),
        DeseasonalizedForecaster().fit(cleaned),
    )
    assert of_cleaned.period_ == of_series.period_ > 1
    assert of_cleaned.predict(2).index.equals(of_series.predict(2).index)


def test_the_forecaster_is_left_as_it_is_and_must_be_one():
    model = SimpleExpSmoothingRNN()
    detect_anomalies(model, SPIKED)
    assert not hasattr(model, "alpha_")
    with pytest.raises(TypeError, match="the class NaiveForecaster: make one of it"):
        detect_anomalies(NaiveForecaster, SPIKED)
    with pytest.raises(TypeError, match=r"become forecasters by WindowForecaster\(regressor, lags"):
        detect_anomalies(Ridge(), SPIKED)
    with pytest.raises(InvalidParameterError, match="for 99 percent write 0.99"):
        detect_anomalies(model, SPIKED, level=99)


def long_frame(n_series=6):
    parts = []
    for i in range(n_series):
        length = 60 + 17 * i
        y = series(i, _30=11)[:length]
        days = pd.date_range("2020", periods=length, freq="D")
        parts.append(pd.DataFrame({"shop": f"s{i}", "day": days, "sold": y}))
    return pd.concat(parts, ignore_index=True)


def panel_of(forecaster, **further):
    names = {"id_col": "shop", "time_col": "day", "target_col": "sold"}
    return PanelForecaster(forecaster, **names, **further)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_series_of_a_panel_are_each_as_it_is_alone(n_jobs):
    df = long_frame()
    shuffled = df.sample(frac=1.0, random_state=0)
    frame = detect_anomalies(panel_of(DoubleExpSmoothingRNN(), n_jobs=n_jobs), shuffled)
    assert list(frame.columns) == ["shop", "day", "sold", *COLUMNS[2:]]
    pd.testing.assert_frame_equal(frame[["shop", "day", "sold"]], df)
    for name, part in frame.groupby("shop"):
        y = df[df["shop"] == name].set_index("day")["sold"]
        alone = detect_anomalies(DoubleExpSmoothingRNN(), y)
        rest = part[COLUMNS[2:]].reset_index(drop=True)
        pd.testing.assert_frame_equal(rest, alone[COLUMNS[2:]], rtol=1e-9)


def test_a_series_of_a_panel_that_will_not_do_stops_no_other():
    df = long_frame()
    bad = pd.DataFrame({"shop": "bad", "day": df["day"][:8], "sold": df["sold"][:8]})
    with pytest.warns(UserWarning, match=r"1 of 7 series failed and are left out: 'bad': y has 8"):
        frame = detect_anomalies(panel_of(NaiveForecaster()), pd.concat([bad, df]))
    pd.testing.assert_frame_equal(frame, detect_anomalies(panel_of(NaiveForecaster()), df))
    with pytest.raises(ValueError, match="y has 8"):
        detect_anomalies(panel_of(NaiveForecaster()), bad)


def test_regressors_of_a_panel_are_columns_and_each_series_has_its_own():
    df = long_frame(2)
    df["promotion"] = (np.arange(len(df)) % 23 == 5) * 1.0
    df["sold"] += 15.0 * df["promotion"]
    frame = detect_anomalies(panel_of(SimpleExpSmoothingRNN()), df, level=0.999)
    assert flagged(frame) == [30, 90]
    with pytest.raises(TypeError, match="regressors of a long frame are columns"):
        detect_anomalies(panel_of(SimpleExpSmoothingRNN()), df, df[["promotion"]])
    one_network = panel_of(RNNForecaster(Ridge(), window=4))
    with pytest.raises(ValueError, match="trained on all series at once"):
        detect_anomalies(one_network, df)


def test_gaps_of_a_panel_are_filled_as_in_its_fit_and_one_network_serves_all_series():
    df = long_frame(3).drop(index=[40, 41])
    frame = detect_anomalies(panel_of(RNNForecaster(Ridge(), window=4), fill="missing"), df)
    assert len(frame) == len(df) + 2
    assert frame["score"].isna().sum() == 2
    assert set(frame.loc[frame["is_anomaly"], "day"]) >= {pd.Timestamp("2020-01-31")}


def test_names_of_a_panel_must_not_be_those_of_what_is_added():
    df = long_frame(2).rename(columns={"sold": "score"})
    panel = PanelForecaster(NaiveForecaster(), id_col="shop", time_col="day", target_col="score")
    with pytest.raises(InvalidParameterError, match="the column 'score' would be given twice"):
        detect_anomalies(panel, df)
