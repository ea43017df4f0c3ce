"""The season of a series is that of its time stamps; without any a note tells of one that shows."""

import warnings

import numpy as np
import pandas as pd
import pytest
from seasons import SEASONAL, decembers, values
from sklearn.base import clone
from sklearn.model_selection import TimeSeriesSplit, cross_val_score

import tsrnn
from tsrnn import (
    AutoExpSmoothingRNN,
    ComplexExpSmoothingRNN,
    DeseasonalizedForecaster,
    DoubleExpSmoothingRNN,
    NaiveForecaster,
    PanelForecaster,
    SimpleExpSmoothingRNN,
    TripleExpSmoothingRNN,
)
from tsrnn._time.season_length import seasons_found
from tsrnn.exceptions import InvalidParameterError

seasonal = pytest.mark.parametrize("forecaster", SEASONAL.values(), ids=SEASONAL)

# What the competitions' test cannot find, though it is there.
TOO_FEW_TO_TEST = ".*values are too few for the competitions' test"

# The steps of dates, and the period that goes with them.
DATES = {
    "MS": 12,
    "ME": 12,
    "BME": 12,
    "QS": 4,
    "QS-FEB": 4,
    "QE-NOV": 4,
    "3MS": 4,
    "YS": 1,
    "YE-JUN": 1,
    "2MS": 1,
    "W": 52,
    "W-WED": 52,
    "7D": 52,
    "2W": 1,
    "D": 7,
    "24h": 7,
    "2D": 1,
    "B": 5,
    "h": 24,
    "60min": 24,
    "2h": 1,
    "30min": 48,
    "15min": 96,
    "10min": 1,
    "s": 1,
}
PERIODS = {
    "M": 12,
    "2M": 1,
    "3M": 4,
    "Q": 4,
    "Q-NOV": 4,
    "Y": 1,
    "W": 52,
    "W-WED": 52,
    "D": 7,
    "7D": 52,
    "h": 24,
    "30min": 48,
    "15min": 96,
    "min": 1,
}


def period_taken(y):
    return NaiveForecaster(strategy="seasonal").fit(y).period_


@pytest.mark.parametrize(("freq", "period"), DATES.items())
def test_the_period_is_that_of_the_dates_with_a_frequency_and_without(freq, period):
    index = pd.date_range("2020-01-01", periods=2 * period + 10, freq=freq)
    y = values(len(index))
    assert period_taken(pd.Series(y, index)) == period
    assert period_taken(pd.Series(y, pd.DatetimeIndex(index.to_list()))) == period


@pytest.mark.parametrize(("freq", "period"), PERIODS.items())
def test_the_period_is_that_of_periods(freq, period):
    index = pd.period_range("2020-01-01", periods=2 * period + 10, freq=freq)
    assert period_taken(pd.Series(values(len(index)), index)) == period


@pytest.mark.parametrize(
    ("offset", "period"),
    [
        (pd.DateOffset(months=1), 12),
        (pd.DateOffset(months=2), 1),
        (pd.DateOffset(years=1), 1),
        (pd.DateOffset(weeks=1), 52),
        (pd.DateOffset(hours=1), 24),
        (pd.offsets.CustomBusinessDay(holidays=["2020-01-06"]), 5),
        (pd.offsets.SemiMonthEnd(), 1),
    ],
)
def test_the_period_is_that_of_other_offsets(offset, period):
    index = pd.date_range("2020-01-01", periods=2 * period + 10, freq=offset)
    assert period_taken(pd.Series(values(len(index)), index)) == period


def test_steps_of_millennia_have_no_season():
    forecaster = NaiveForecaster(strategy="seasonal")
    days = pd.PeriodIndex.from_ordinals(np.arange(30) * 400_000, freq="D")
    dates = pd.DatetimeIndex(np.arange(30) * np.timedelta64(400_000, "D") + np.datetime64("0", "s"))
    for stamps in (days, dates):
        assert period_taken(pd.Series(values(30), stamps)) == 1
        df = pd.DataFrame({"unique_id": "a", "ds": stamps, "y": values(30)})
        assert PanelForecaster(forecaster).fit(df).period_.to_list() == [1]


def test_days_are_days_where_daylight_saving_changes():
    index = pd.date_range("2020-03-20", periods=30, freq="D", tz="Europe/Berlin")
    assert period_taken(pd.Series(values(30), index)) == 7
    index = pd.date_range("2020-03-28", periods=60, freq="h", tz="Europe/Berlin")
    assert period_taken(pd.Series(values(60), index)) == 24


@pytest.mark.parametrize("make", [pd.date_range, pd.period_range])
def test_each_series_of_a_panel_has_the_period_of_its_own_stamps(make):
    forecaster = NaiveForecaster(strategy="seasonal")
    for freq, period in (DATES if make is pd.date_range else PERIODS).items():
        ds = make("2020-01-01", periods=2 * period + 10, freq=freq)
        df = pd.DataFrame({"unique_id": "a", "ds": ds, "y": values(len(ds))})
        assert PanelForecaster(forecaster).fit(df).period_.to_dict() == {"a": period}, freq
        named = PanelForecaster(forecaster, freq=freq).fit(df)
        assert named.period_.to_dict() == {"a": period}, freq


def test_dates_of_x_tell_the_season_of_a_plain_array():
    y = decembers()
    model = AutoExpSmoothingRNN().fit(pd.DataFrame(index=y.index), y.to_numpy())
    assert model.period_ == 12


# Forecasts


@seasonal
def test_a_peak_each_december_is_forecast(forecaster):
    model = clone(forecaster).fit(decembers())
    assert model.period_ == 12 and type(model.period_) is int
    # The truth is 190, with noise of 2.
    assert 185.0 < model.predict(12).iloc[-1] < 196.0
    assert model.get_params()["period"] == "auto" == clone(model).period


@seasonal
def test_what_is_found_is_what_is_given_by_hand(forecaster):
    by_hand = clone(forecaster).set_params(period=12).fit(decembers(72))
    found = clone(forecaster).fit(decembers(72))
    pd.testing.assert_series_equal(found.predict(24), by_hand.predict(24), check_exact=True)
    for method in ("auto", "conformal"):
        pd.testing.assert_frame_equal(
            found.predict_interval(3, 0.5, method), by_hand.predict_interval(3, 0.5, method)
        )
    assert found.update([101.0]).predict(11).iloc[-1] > 180.0


# That one column is short is for the methods to tell.
@pytest.mark.filterwarnings("ignore::UserWarning")
@seasonal
def test_columns_share_an_index_and_so_a_period(forecaster):
    y = decembers()
    both = pd.DataFrame({"a": y, "b": y + 50.0})
    both.iloc[:30, 1] = np.nan
    model = clone(forecaster).fit(both)
    assert model.period_ == 12
    assert model.predict(12)["a"].iloc[-1] > 180.0


@pytest.mark.parametrize(
    "forecaster", [AutoExpSmoothingRNN(), NaiveForecaster(strategy="seasonal")], ids=str
)
def test_columns_too_short_for_the_season_of_the_longest_are_told(forecaster):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        rng.normal(50.0, 5.0, (60, 3)), pd.date_range("2020", periods=60, freq="MS")
    )
    frame.iloc[:40, 1] = np.nan
    with pytest.warns(
        UserWarning, match=r"series 1 has 20 .* of 12 \(monthly data\), the season of"
    ):
        model = clone(forecaster).fit(frame)
    assert model.period_ == 12


def test_the_summary_says_where_a_series_is_too_short_for_its_season():
    y = pd.Series(np.arange(15.0), pd.date_range("2020", periods=15, freq="MS"))
    with pytest.warns(UserWarning, match="fewer than two full periods"):
        model = AutoExpSmoothingRNN().fit(y)
    assert "monthly data, too short for 12" in str(model.summary())


def test_what_was_taken_is_there_of_a_period_that_was_given_too():
    for strategy in ("last", "drift"):
        assert NaiveForecaster(strategy=strategy).fit(decembers()).period_ == 1
    assert not hasattr(DoubleExpSmoothingRNN().fit(decembers()), "period_")
    assert AutoExpSmoothingRNN(period=4).fit(decembers()).period_ == 4
    assert NaiveForecaster(strategy="seasonal", period=3).fit(decembers()).period_ == 3


@pytest.mark.parametrize("forecaster", [AutoExpSmoothingRNN(), TripleExpSmoothingRNN()])
def test_summaries_show_what_was_taken_and_why(forecaster):
    lines = str(clone(forecaster).fit(decembers()).summary()).splitlines()
    assert ["period", "12", "monthly", "data"] in [line.split() for line in lines]
    lines = str(clone(forecaster).set_params(period=4).fit(decembers()).summary()).splitlines()
    assert ["period", "4", "fixed"] in [line.split() for line in lines]


@seasonal
def test_folds_of_a_cross_validation_find_the_season_when_they_are_long_enough(forecaster):
    y = decembers(72)
    X, cv = pd.DataFrame(index=y.index), TimeSeriesSplit(5, test_size=12)
    with pytest.warns(UserWarning, match="12 observed values, fewer than two full periods of 12"):
        warnings.filterwarnings("ignore", message=TOO_FEW_TO_TEST)
        scores = cross_val_score(clone(forecaster), X, y, cv=cv)
    # Folds of one year see no season, that of five explains nearly all.
    assert scores[0] < 0.5 and scores[-1] > 0.95


@pytest.mark.parametrize("name", SEASONAL)
def test_a_saved_model_keeps_its_period(tmp_path, name):
    model = clone(SEASONAL[name]).fit(decembers())
    tsrnn.save(model, tmp_path / "one.tsrnn")
    again = tsrnn.load(tmp_path / "one.tsrnn")
    assert again.period_ == 12 and again.period == "auto"
    pd.testing.assert_series_equal(again.predict(12), model.predict(12), check_exact=True)


# Too short, or no season


@seasonal
def test_a_season_of_fewer_than_two_periods_is_not_looked_for_which_is_said(forecaster):
    message = r"y has 23 observed values, fewer than two full periods of 12 \(monthly data\)"
    with pytest.warns(UserWarning, match=message) as caught:
        model = clone(forecaster).fit(decembers(23))
    assert len(caught) == 1
    assert model.period_ == 1
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=TOO_FEW_TO_TEST)
        assert clone(forecaster).fit(decembers(24)).period_ == 12


def test_missing_values_do_not_count_towards_two_periods():
    y = decembers(24)
    y.iloc[5] = np.nan
    with pytest.warns(UserWarning, match="y has 23 observed values"):
        assert AutoExpSmoothingRNN().fit(y).period_ == 1


@pytest.mark.parametrize(
    ("options", "same"),
    [
        ({"alpha": 0.3, "gamma": 0.1}, DoubleExpSmoothingRNN(alpha=0.3)),
        (
            {"damped": True, "prior": "cautious"},
            DoubleExpSmoothingRNN(damped=True, prior="cautious"),
        ),
        ({"trend": None, "error": "mul"}, SimpleExpSmoothingRNN(error="mul")),
    ],
)
def test_triple_smoothing_of_a_short_series_is_what_it_is_without_a_season(options, same):
    y = pd.DataFrame({"a": decembers(20), "b": 2.0 * decembers(20) + 1.0})
    with pytest.warns(UserWarning, match="no season is looked for"):
        model = TripleExpSmoothingRNN(**options).fit(y)
    pd.testing.assert_frame_equal(model.predict(3), same.fit(y).predict(3), check_exact=True)
    np.testing.assert_array_equal(model.gamma_, [0.0, 0.0])
    assert model.beta_.shape == model.phi_.shape == (2,)
    assert "gamma" not in str(model.summary())
    model.update(y.tail(1).set_axis([y.index[-1] + y.index.freq]))
    with pytest.warns(UserWarning, match="no season is looked for"):
        one = TripleExpSmoothingRNN(**options).fit(y["a"])
    assert (one.gamma_, np.shape(one.beta_)) == (0.0, ())


def test_triple_smoothing_of_years_is_refused_with_what_to_do():
    years = pd.Series(values(30), pd.date_range("1990", periods=30, freq="YS"))
    with pytest.raises(ValueError, match="yearly data tell of no season: use DoubleExpSmoothing"):
        TripleExpSmoothingRNN().fit(years)
    assert TripleExpSmoothingRNN(period=3).fit(years).period_ == 3
    assert AutoExpSmoothingRNN().fit(years).period_ == 1


def test_without_dates_triple_smoothing_takes_twelve_steps_as_ever():
    y = decembers().to_numpy()
    for rows in (y, y.tolist(), pd.Series(y), pd.Series(y, range(1960, 2008))):
        assert TripleExpSmoothingRNN().fit(rows).period_ == 12


def test_what_is_left_of_an_adjusted_series_has_no_season():
    model = DeseasonalizedForecaster(AutoExpSmoothingRNN()).fit(decembers())
    assert model.forecaster_.period_ == 1 and model.period_ == 12
    by_hand = DeseasonalizedForecaster(AutoExpSmoothingRNN(), period=4).fit(decembers())
    assert by_hand.forecaster_.period_ == 1
    with pytest.raises(ValueError, match="seasonally adjusted series tell of no season"):
        DeseasonalizedForecaster(TripleExpSmoothingRNN()).fit(decembers())


# Structures by name


def test_structures_with_a_season_are_left_out_where_dates_tell_of_none():
    years = pd.Series(values(30), pd.date_range("1990", periods=30, freq="YS"))
    both, one = ["ANN", "ANA"], ["ANA", "MAM"]
    assert list(AutoExpSmoothingRNN(models=both).fit(years).selection_.index) == ["ANN"]
    with pytest.raises(ValueError, match="models holds none without a season, of which yearly"):
        AutoExpSmoothingRNN(models=one).fit(years)
    with pytest.raises(ValueError, match="models holds 'ANA', but y has no dates"):
        AutoExpSmoothingRNN(models=both).fit(values(30))
    with pytest.warns(UserWarning, match="no season is looked for"):
        assert AutoExpSmoothingRNN(models=one).fit(decembers(20)).model_ == "ANN"
    assert AutoExpSmoothingRNN(models=one).fit(decembers()).model_ in one
    with pytest.raises(InvalidParameterError, match="models holds 'AXN'"):
        AutoExpSmoothingRNN(models=["AXN"]).fit(decembers())


@seasonal
@pytest.mark.parametrize("value", ["month", None, 2.5, 0, -4, True, [12], "12"])
def test_what_is_no_period_is_refused_with_both_that_are_accepted(forecaster, value):
    accepted = "an integer >= 1, or 'auto'|the time steps of one season, or of several"
    with pytest.raises(InvalidParameterError, match=f"period must be ({accepted})"):
        clone(forecaster).set_params(period=value).fit(decembers())


# Notes on series without dates


@seasonal
@pytest.mark.parametrize(
    "rows",
    [
        lambda y: y.to_numpy(),
        lambda y: y.reset_index(drop=True),
        lambda y: y.set_axis(range(5, 53)),
    ],
    ids=["array", "range", "integers"],
)
def test_a_season_in_rows_without_dates_is_told(forecaster, rows):
    y = rows(decembers())
    if isinstance(forecaster, TripleExpSmoothingRNN):
        clone(forecaster).fit(y)  # takes twelve steps, which is right: nothing to tell
        return
    with pytest.warns(
        UserWarning, match="y has no dates .* one of 12 steps: set period=12"
    ) as message:
        assert clone(forecaster).fit(y).period_ == 1
    assert len(message) == 1


def test_triple_smoothing_tells_of_another_season_than_it_takes():
    y = np.tile([1.0, 2.0, 3.0, 9.0, 4.0, 2.0, 1.0], 15) + values(105) / 5.0
    with pytest.warns(UserWarning, match="one of 7 steps: set period=7"):
        assert TripleExpSmoothingRNN().fit(y).period_ == 12


def test_seasons_of_several_columns_are_told_at_once():
    y = decembers().to_numpy()
    with pytest.warns(UserWarning, match="series 1 has no dates .* as in 1 more of y") as message:
        AutoExpSmoothingRNN().fit(np.column_stack([values(48), y, y + 1.0]))
    assert len(message) == 1


@pytest.mark.parametrize("m", [4, 7, 12, 24])
@pytest.mark.parametrize("shape", ["peak", "wave"])
def test_the_usual_seasons_are_found_beside_noise_trends_and_gaps(m, shape):
    rng = np.random.default_rng(0)
    n, phase = 8 * m + 40, np.arange(m)
    season = {"peak": 6.0 * (phase == 1), "wave": 4.0 * np.sin(2.0 * np.pi * phase / m)}[shape]
    batch = np.resize(season, n) + rng.normal(size=(200, n)) + 0.05 * np.arange(n)
    batch[:, 17] = np.nan
    batch[:100] *= 1e300
    found = seasons_found(batch.ravel(), np.arange(201) * n)
    # Some are taken for twice their length: the note tells of a season all the same.
    assert np.mean(found == m) > 0.9


def noises(n, n_series, rng):
    noise = rng.normal(size=(n_series, n))
    yield "white noise", noise
    yield "random walks", noise.cumsum(axis=1)
    yield "lines", noise + 0.1 * np.arange(n)
    yield "parabolas", noise + 0.02 * np.arange(n) ** 2
    yield "walks with drift", noise.cumsum(axis=1) + 0.3 * np.arange(n)
    yield "walks under noise", noise.cumsum(axis=1) + 2.0 * rng.normal(size=(n_series, n))


@pytest.mark.parametrize("n", [24, 60, 100, 300])
def test_seasons_are_not_found_in_noise_walks_and_trends(n):
    rng, n_series = np.random.default_rng(1), 2000
    for name, batch in noises(n, n_series, rng):
        alarms = np.mean(seasons_found(batch.ravel(), np.arange(n_series + 1) * n) > 0)
        # 1.6 percent at most were measured, of which the share here has a deviation of 0.3.
        assert alarms < 0.024, name


def test_nothing_is_found_in_what_does_not_vary_and_series_do_not_mix():
    flat, line = np.full(60, 7.0), np.arange(60.0)
    spike = np.where(np.arange(60) == 30, 1.0, 0.0)
    short, gone = np.array([1.0, 2.0]), np.r_[1.0, np.full(57, np.nan), 2.0]
    rows = [flat, line, spike, short, gone, np.zeros(60)]
    offsets = np.cumsum([0, *map(len, rows)])
    assert not seasons_found(np.concatenate(rows), offsets).any()
    rows.insert(3, decembers().to_numpy())
    offsets = np.cumsum([0, *map(len, rows)])
    assert seasons_found(np.concatenate(rows), offsets).tolist() == [0, 0, 0, 12, 0, 0, 0]


# A season that is a slip of the keyboard: refused before anything of its size is made.


@pytest.mark.parametrize("period", [10_001, 123_456, 10**6])
@pytest.mark.parametrize(
    "make",
    [
        lambda period: TripleExpSmoothingRNN(period=period),
        lambda period: AutoExpSmoothingRNN(period=period),
        lambda period: NaiveForecaster(strategy="seasonal", period=period),
        lambda period: DeseasonalizedForecaster(NaiveForecaster(), period=period),
    ],
)
def test_a_season_beyond_all_data_is_refused_at_once(make, period):
    y = [1.0, 2.0, 4.0, 3.0]
    with pytest.raises(ValueError, match=f"period is {period}, but the series has 4 time steps"):
        make(period).fit(y)
    df = pd.DataFrame({"unique_id": "a", "ds": range(1, 5), "y": y})
    with pytest.raises(ValueError, match=f"period is {period}"):
        PanelForecaster(make(period)).fit(df)


# Longer than the data

GIVEN = {
    "naive": lambda period: NaiveForecaster(strategy="seasonal", period=period),
    "auto": lambda period: AutoExpSmoothingRNN(period=period),
    "triple": lambda period: TripleExpSmoothingRNN(period=period),
    "within": lambda period: DeseasonalizedForecaster(
        AutoExpSmoothingRNN(period=period), period=2, test=False
    ),
}
given = pytest.mark.parametrize("make", GIVEN.values(), ids=GIVEN)
REFUSED = r"period is {}, but the series has {} time steps.*give the number .* or period='auto'"


@given
@pytest.mark.parametrize("period", [21, 48, 1_000_000])
def test_a_season_that_is_given_and_longer_than_the_series_is_refused(make, period):
    y = values(20)
    late = np.r_[np.full(period, np.nan) if period < 100 else [], y]  # no part of the series
    for series in (y, pd.Series(y), late, np.column_stack([late, late])):
        with pytest.raises(ValueError, match=REFUSED.format(period, 20)):
            make(period).fit(series)


# Of a series of one season and a bit what it does not tell of is warned of.
@pytest.mark.filterwarnings("ignore::UserWarning")
@given
@pytest.mark.parametrize("period", [3, 12, 19])
def test_a_season_that_the_longest_column_holds_is_fitted(make, period):
    y = values(20)
    both = np.column_stack([y, np.r_[np.full(0 if period > 12 else 5, np.nan), y][:20]])
    for series in (y, both):
        assert np.isfinite(make(period).fit(series).predict(3)).all()


@pytest.mark.filterwarnings("ignore::UserWarning")
@given
@pytest.mark.parametrize("lengths", [(8, 30), (30, 11, 13), (2, 12, 40)])
def test_in_a_panel_it_is_the_failure_of_the_series_that_are_shorter(make, lengths):
    frames = [
        pd.DataFrame({"unique_id": i, "ds": np.arange(n), "y": values(n)})
        for i, n in enumerate(lengths)
    ]
    panel = PanelForecaster(make(12)).fit(pd.concat(frames))
    reasons = dict(zip(panel.failures_["unique_id"], panel.failures_["reason"], strict=True))
    for i, n in enumerate(lengths):
        if n < 12:
            assert f"period is 12, but the series has {n} time steps" in reasons[i]
        else:
            assert "time steps" not in reasons.get(i, "")
    # Of twelve values none is a season after another, which only a naive forecast needs.
    assert set(panel.ids_) >= {i for i, n in enumerate(lengths) if n > 12}


@pytest.mark.parametrize("n", [5, 11, 13, 23])
def test_series_too_short_for_a_season_are_not_adjusted_by_it(n):
    model = DeseasonalizedForecaster(NaiveForecaster(), period=12).fit(values(n))
    assert not model.is_seasonal_
    df = pd.DataFrame({"unique_id": "a", "ds": np.arange(n), "y": values(n)})
    panel = PanelForecaster(DeseasonalizedForecaster(NaiveForecaster(), period=12)).fit(df)
    assert panel.predict(1).iloc[0, -1] == model.predict(1)[0]


@seasonal
@pytest.mark.parametrize(("n", "is_advised"), [(5, False), (12, False), (13, True), (23, True)])
def test_a_period_is_advised_only_where_it_would_be_taken(forecaster, n, is_advised):
    with pytest.warns(UserWarning, match="no season is looked for") as caught:
        clone(forecaster).fit(decembers(n))
    message = "period=12 takes one all the same" in str(caught[0].message)
    # A series of fewer than two seasons is not adjusted whatever is given, and complex smoothing
    # chooses no form that it has not seen twice.
    of_two = (DeseasonalizedForecaster, ComplexExpSmoothingRNN)
    is_taken = is_advised and not isinstance(forecaster, of_two)
    assert message == is_taken
    df = decembers(n).rename_axis("ds").reset_index(name="y").assign(unique_id="a")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        notes = PanelForecaster(clone(forecaster)).fit(df).notes_["note"]
        assert notes.str.contains("period=12 takes one all the same").any() == is_taken
        by_hand = clone(forecaster).set_params(period=12)
        if is_taken:
            assert by_hand.fit(decembers(n)).period_ == 12
