"""Features of time: columns beside what pandas, loops and formulas say, and pipelines of them."""

import pickle
import sys
import warnings
from datetime import date

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline, make_union

from tsrnn import DoubleExpSmoothingRNN, PanelForecaster
from tsrnn.exceptions import InvalidParameterError
from tsrnn.features import CalendarFeatures, FourierFeatures, HolidayFeatures, StepFeatures

DAYS = pd.date_range("2023-03-01", periods=400)
FAIRS = {"2023-05-06": "fair", "2023-10-07": "fair", "2024-02-10": "fair", "2023-12-24": "eve"}
FEATURES = [
    CalendarFeatures(["month", "weekday", "month_end"]),
    FourierFeatures(365.25, 2),
    HolidayFeatures(FAIRS, before=2, after=1),
    StepFeatures(["2023-06-01", ("2023-07-01", "2023-07-14")]),
]


@pytest.mark.parametrize("part", ["quarter", "month", "day", "weekday"])
def test_categories_are_the_dummies_of_pandas_without_the_first(part):
    found = CalendarFeatures(part).fit_transform(DAYS)
    values = getattr(DAYS, {"weekday": "day_of_week"}.get(part, part))
    expected = pd.get_dummies(pd.Series(values, DAYS), drop_first=True)
    np.testing.assert_array_equal(found, expected)
    assert (
        list(found.columns)[0]
        == {
            "quarter": "quarter=2",
            "month": "month=Feb",
            "day": "day=2",
            "weekday": "weekday=Tue",
        }[part]
    )


def test_hours_are_those_of_the_clock_where_it_is_put_forward():
    hours = pd.date_range("2024-03-31", periods=30, freq="h", tz="Europe/Berlin")
    found = CalendarFeatures(["hour", "weekend"]).fit_transform(hours)
    assert list(found.index[found["hour=2"] > 0.0]) == [
        pd.Timestamp("2024-04-01 02:00", tz=hours.tz)
    ]
    assert found["hour=3"].iloc[2] == 1.0  # 01:00 is followed by 03:00
    np.testing.assert_array_equal(found["weekend"], hours.day_of_week >= 5)


@pytest.mark.parametrize("freq", ["MS", "ME", "BME", "D", "B"])
def test_ends_of_months_are_calendar_days_whatever_the_frequency(freq):
    stamps = pd.date_range("2024-01-31", periods=60, freq=freq)
    found = CalendarFeatures(["month_start", "month_end", "days_in_month"]).fit_transform(stamps)
    last = [(stamp + pd.Timedelta(days=1)).day == 1 for stamp in stamps]
    np.testing.assert_array_equal(found["month_end"], last)
    np.testing.assert_array_equal(found["month_start"], stamps.day == 1)
    np.testing.assert_array_equal(found["days_in_month"], stamps.days_in_month)


def test_business_days_of_months_are_counted():
    months = pd.period_range("2024-01", periods=14, freq="M")
    found = CalendarFeatures("business_days_in_month").fit_transform(months)
    expected = [len(pd.bdate_range(one.start_time, one.end_time)) for one in months]
    np.testing.assert_array_equal(found["business_days_in_month"], expected)


def test_waves_are_the_formula_from_the_first_step_on():
    found = FourierFeatures(7.5, 3).fit_transform(DAYS)
    t = np.arange(len(DAYS))
    for k in (1, 2, 3):
        # Angles of some hundred turns have 13 digits.
        np.testing.assert_allclose(
            found[f"sin {k}/7.5"], np.sin(2 * np.pi * k * t / 7.5), atol=1e-11
        )
        np.testing.assert_allclose(
            found[f"cos {k}/7.5"], np.cos(2 * np.pi * k * t / 7.5), atol=1e-11
        )
    # The fastest sine is 0 at every step.
    assert list(FourierFeatures(4, 2).fit(DAYS).feature_names_) == ["sin 1/4", "cos 1/4", "cos 2/4"]


@pytest.mark.parametrize(
    ("index", "first", "last"),
    [
        (DAYS, lambda s: s, lambda s: s),
        (pd.date_range("2023-03-01", periods=400, freq="6h"), lambda s: s, lambda s: s),
        (
            pd.date_range("2023-03-03", periods=60, freq="W-FRI"),
            lambda s: s - pd.Timedelta(days=6),
            lambda s: s,
        ),
        (
            pd.date_range("2023-03-01", periods=14, freq="MS"),
            lambda s: s,
            lambda s: s + pd.offsets.MonthEnd(),
        ),
        (
            pd.date_range("2023-03-01", periods=14, freq="ME"),
            lambda s: s.replace(day=1),
            lambda s: s,
        ),
        (
            pd.date_range("2023-01-01", periods=6, freq="QS"),
            lambda s: s,
            lambda s: s + pd.offsets.QuarterEnd(),
        ),
        (
            pd.period_range("2023-03", periods=60, freq="W"),
            lambda s: s.start_time,
            lambda s: s.end_time,
        ),
        (
            pd.date_range("2023-03-01", periods=40, freq="10D"),
            lambda s: s,
            lambda s: s + pd.Timedelta(days=9),
        ),
        (
            pd.date_range("2023-03-01", periods=14, freq="28D"),
            lambda s: s,
            lambda s: s + pd.Timedelta(days=27),
        ),
        (
            pd.date_range("2023-03-01", periods=6, freq="BQE"),
            lambda s: s.replace(day=1) - pd.DateOffset(months=2),
            lambda s: s + pd.offsets.MonthEnd(0),
        ),
        (
            pd.date_range("2023-01-01", periods=4, freq="6MS"),
            lambda s: s,
            lambda s: s + pd.offsets.MonthEnd(6),
        ),
        (
            pd.date_range("2023-03-01", periods=8, freq="2ME"),
            lambda s: s.replace(day=1) - pd.DateOffset(months=1),
            lambda s: s,
        ),
    ],
    ids=(
        "days,hours,weeks,months,month ends,quarters,week periods,ten days,four weeks,"
        "last working days of quarters,half-years,ends of two months"
    ).split(","),
)
def test_holidays_are_counted_in_the_days_of_each_step(index, first, last):
    found = HolidayFeatures(FAIRS, before=2, after=1).fit_transform(index)
    expected = {}
    for name in ("fair", "eve"):
        for distance in (-2, -1, 0, 1):
            dates = [
                pd.Timestamp(one) + pd.Timedelta(days=distance)
                for one in FAIRS
                if FAIRS[one] == name
            ]
            expected[f"{name} {distance:+d}" if distance else name] = [
                sum(first(s).normalize() <= date <= last(s).normalize() for date in dates)
                for s in index
            ]
    expected = pd.DataFrame(expected, index, dtype=float)
    expected = expected.loc[:, expected.any()]
    pd.testing.assert_frame_equal(found, expected[found.columns], check_freq=False)
    assert set(found) == set(expected)


def test_holidays_of_a_country_are_those_of_the_package():
    holidays = pytest.importorskip("holidays")
    found = HolidayFeatures("DE", subdivision="BY", language="en_US").fit_transform(DAYS)
    known = holidays.country_holidays("DE", subdiv="BY", years=(2023, 2024), language="en_US")
    for day in DAYS:
        names = known.get(day.date(), "").split("; ")
        assert list(found.columns[found.loc[day] > 0]) == [name for name in names if name]
    for options in ({}, {"subdivision": "XX"}):
        with pytest.raises(InvalidParameterError, match="country="):
            HolidayFeatures("DE" if options else "Atlantis", **options).fit(DAYS)


def test_holidays_have_the_same_names_on_every_machine_and_in_every_year(monkeypatch):
    pytest.importorskip("holidays")
    years = pd.date_range("2024-01-01", "2030-12-31")
    monkeypatch.setenv("LANGUAGE", "en_US")
    assert HolidayFeatures("DE").fit(DAYS).feature_names_[0] == "Neujahr"
    # When the moon will be seen in 2030 is an estimate.
    found = HolidayFeatures("ID", language="en_US").fit_transform(years)
    assert (found["Eid al-Fitr"].groupby(years.year).sum() >= 1.0).all()
    assert not any("estimated" in name for name in found)
    with pytest.raises(InvalidParameterError, match="language must be one of .*'de'.* got 'xx'"):
        HolidayFeatures("DE", language="xx").fit(DAYS)


def test_a_day_named_twice_counts_once():
    twice = {"2023-05-06": "fair;", pd.Timestamp("2023-05-06"): "fair"}
    found = HolidayFeatures(twice).fit_transform(DAYS)
    assert list(found) == ["fair"] and found["fair"].sum() == found["fair"].max() == 1.0


def test_last_dates_that_are_days_or_months_end_with_them():
    hours = pd.date_range("2023-10-28", periods=100, freq="h", tz="Europe/Berlin")
    moments = tuple(pd.DatetimeIndex(["2023-10-30", "2023-10-31"]))
    days = [("2023-10-29", "2023-10-29"), ("2023-10-30", date(2023, 10, 31))]
    found = StepFeatures(days).fit_transform(hours)
    # The first has 25 hours, for the clock is put back.
    assert found.sum().to_list() == [25.0, 48.0]
    assert list(found) == ["2023-10-29", "2023-10-30 to 2023-10-31"]
    assert StepFeatures([moments]).fit_transform(hours).sum().item() == 25.0
    ends = pd.date_range("2023-01-31", periods=6, freq="ME")
    assert StepFeatures([("2023-02", "2023-03")]).fit_transform(ends).sum().item() == 2.0
    periods = pd.period_range("2023-10-29", periods=72, freq="h")
    assert StepFeatures(days).fit_transform(periods).sum().to_list() == [24.0, 48.0]
    # A midnight that the clock leaves out.
    spring = pd.date_range("2018-11-03", periods=48, freq="h", tz="America/Sao_Paulo")
    assert StepFeatures(["2018-11-04"]).fit_transform(spring).sum().item() == 24.0


def test_a_missing_package_is_told_with_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "holidays", None)
    with pytest.raises(ImportError, match=r"pip install tsrnn\[holidays\]"):
        HolidayFeatures("DE").fit(DAYS)
    HolidayFeatures(FAIRS).fit(DAYS)


def test_what_the_fit_had_none_of_is_told_and_has_no_effect():
    spring = DAYS[:60]
    calendar = CalendarFeatures("month").fit(spring)
    with pytest.warns(UserWarning, match="month May, Jun did not occur .* as of Mar"):
        found = calendar.transform(DAYS[50:100])
    assert not found[DAYS[61] :].to_numpy().any()
    fairs = HolidayFeatures(FAIRS).fit(DAYS[:100])
    with pytest.warns(UserWarning, match="eve did not occur at the fit"):
        assert list(fairs.transform(DAYS)) == ["fair"]
    with pytest.warns(UserWarning, match="none of the holidays lies between 2023-03-01"):
        assert HolidayFeatures(FAIRS).fit(DAYS[:9]).n_columns == 0


@pytest.mark.parametrize(
    ("index", "dates"),
    [
        (DAYS, ["2023-05-01", ("2023-06-01", "2023-06-30"), ("2023-07-01", "2023-07-01")]),
        (DAYS.tz_localize("Asia/Tokyo"), ["2023-05-01", ("2023-06-01", "2023-06-30")]),
        (pd.period_range("2023-03", periods=30, freq="M"), ["2023-05-17", ("2023-06", "2023-08")]),
        (pd.RangeIndex(30), [4, (7, 9)]),
        (pd.RangeIndex(1990, 2020), [2000, (2008, 2009)]),
    ],
    ids=["days", "zone", "months", "rows", "years"],
)
def test_steps_are_comparisons_with_their_dates(index, dates):
    found = StepFeatures(dates).fit_transform(index)
    for column, one in zip(found, dates, strict=True):
        first, last = one if isinstance(one, tuple) else (one, None)
        for label, value in found[column].items():
            if isinstance(label, pd.Period):
                is_in = label >= pd.Period(first, "M") and (
                    last is None or label <= pd.Period(last, "M")
                )
            elif isinstance(label, pd.Timestamp):
                clock = label.tz_localize(None)
                is_in = clock >= pd.Timestamp(first) and (
                    last is None or clock <= pd.Timestamp(last)
                )
            else:
                is_in = label >= first and (last is None or label <= last)
            assert value == is_in
    assert list(found)[0].startswith("step ")


@pytest.mark.parametrize("features", FEATURES, ids=lambda one: type(one).__name__)
def test_an_int_asks_for_the_steps_that_follow_as_their_stamps_do(features):
    model = clone(features).fit(DAYS)
    ahead = pd.date_range(DAYS[-1] + pd.Timedelta(days=1), periods=200)
    with warnings.catch_warnings(action="ignore"):
        pd.testing.assert_frame_equal(model.transform(200), model.transform(ahead))
        pd.testing.assert_frame_equal(
            model.transform(ahead), pickle.loads(pickle.dumps(model)).transform(ahead)
        )
    whole = model.transform(DAYS)
    pd.testing.assert_frame_equal(whole, clone(features).fit_transform(pd.Series(0.0, DAYS)))
    pd.testing.assert_frame_equal(
        whole.iloc[[5, 2, 5]], model.transform(DAYS[[5, 2, 5]]), check_freq=False
    )
    assert list(model.get_feature_names_out()) == list(whole)
    assert model.n_columns == whole.shape[1]


def test_a_pipeline_hands_a_horizon_through():
    rng = np.random.default_rng(0)
    y = pd.Series(rng.normal(size=400) + 3 * (DAYS.day_of_week == 5), DAYS)
    calendar = CalendarFeatures("weekday")
    X = calendar.fit_transform(DAYS)
    alone = DoubleExpSmoothingRNN(alpha=0.1, beta=0.0).fit(X, y)
    piped = make_pipeline(CalendarFeatures("weekday"), clone(alone)).fit(None, y)
    pd.testing.assert_series_equal(piped.predict(12), alone.predict(calendar.transform(12)))
    union = make_union(CalendarFeatures("weekday"), FourierFeatures(30, 1))
    piped = make_pipeline(union.set_output(transform="pandas"), clone(alone))
    piped.fit(y.to_frame()[[]], y)
    assert piped.predict(12).index[0] == DAYS[-1] + pd.Timedelta(days=1)
    # One-step predictions of the past, so the index goes through as well.
    pd.testing.assert_series_equal(piped.predict(y.to_frame()[[]]), piped[-1].fitted_values_)
    scores = cross_val_score(piped, y.to_frame()[[]], y, cv=TimeSeriesSplit(3))
    assert (scores > 0.3).all()  # weekdays are most of what varies


def test_columns_of_a_long_frame_are_those_of_each_series_alone():
    rows = [
        pd.DataFrame({"unique_id": i, "ds": DAYS[10 * i :], "y": np.arange(400 - 10 * i) % 7.0})
        for i in range(3)
    ]
    frame = pd.concat(rows, ignore_index=True).sample(frac=1.0, random_state=0)
    for features in FEATURES:
        model = clone(features).fit(frame)
        found = model.transform(frame)
        assert found.index.equals(frame.index)
        for i in range(3):
            own = found[frame["unique_id"] == i].sort_index().set_axis(DAYS[10 * i :])
            alone = clone(features).fit_transform(DAYS[10 * i :])
            np.testing.assert_array_equal(own[alone.columns], alone)
    joined = frame.join(found)  # regressors of a panel
    panel = PanelForecaster(DoubleExpSmoothingRNN(alpha=0.1, beta=0.0)).fit(joined)
    assert list(panel.feature_names_in_) == list(found)
    with pytest.raises(ValueError, match="fitted to a long frame: pass the rows"):
        model.transform(3)
    with pytest.raises(ValueError, match="fitted to a long frame, .* X is none"):
        model.transform(DAYS)
    waves = FourierFeatures(7, 1).fit(frame)
    with pytest.raises(ValueError, match="series 9, which FourierFeatures never saw"):
        waves.transform(frame.assign(unique_id=9))


def test_uneven_stamps_have_a_calendar_and_no_next_steps():
    uneven = DAYS[[0, 3, 4, 10]]
    calendar = CalendarFeatures("weekday").fit(uneven)
    assert calendar.transform(uneven).shape == (4, 2)
    with pytest.raises(ValueError, match="X=2 asks for time steps to go on with, but"):
        calendar.transform(2)
    with pytest.raises(ValueError, match="FourierFeatures counts time steps, but"):
        FourierFeatures(7, 1).fit_transform(uneven)
    waves = FourierFeatures(7, 1).fit(DAYS)
    with pytest.raises(ValueError, match="before the start of the training series"):
        waves.transform(DAYS[:2] - pd.Timedelta(days=9))


@pytest.mark.parametrize(
    ("features", "X", "error", "message"),
    [
        (CalendarFeatures("moon"), DAYS, InvalidParameterError, "parts must be of 'quarter'"),
        (CalendarFeatures([]), DAYS, InvalidParameterError, "at least one part"),
        (CalendarFeatures(None), DAYS, InvalidParameterError, "parts must be a word or a list"),
        (CalendarFeatures(["month", "month"]), DAYS, InvalidParameterError, "each once"),
        (CalendarFeatures("month"), pd.RangeIndex(9), TypeError, "needs dates or periods"),
        (CalendarFeatures("month"), np.zeros((5, 1)), TypeError, "whose index has time stamps"),
        (CalendarFeatures("month"), pd.Series(0.0, list("abc")), TypeError, "no time stamps"),
        (CalendarFeatures("month"), DAYS[:0], ValueError, "X has no rows"),
        (CalendarFeatures("month"), DAYS.insert(3, pd.NaT), ValueError, "no time stamp in row 3"),
        (FourierFeatures(12, 7), DAYS, InvalidParameterError, "order must be at most 6, half"),
        (FourierFeatures(1, 1), DAYS, InvalidParameterError, "period must be"),
        (FourierFeatures(12, 0), DAYS, InvalidParameterError, "order must be an integer >= 1"),
        (HolidayFeatures(7), DAYS, InvalidParameterError, "country must be the code"),
        (HolidayFeatures({}), DAYS, InvalidParameterError, "country has no dates"),
        (HolidayFeatures({"x": "fair"}), DAYS, InvalidParameterError, "country holds dates"),
        (HolidayFeatures({"2023-01-01": ""}), DAYS, InvalidParameterError, "names are words"),
        (HolidayFeatures(FAIRS, before=-1), DAYS, InvalidParameterError, "before must be"),
        (HolidayFeatures(FAIRS, language="de"), DAYS, InvalidParameterError, "language is for"),
        (HolidayFeatures(FAIRS, observed=False), DAYS, InvalidParameterError, "observed=False is"),
        (HolidayFeatures(FAIRS), pd.RangeIndex(9), TypeError, "needs dates or periods"),
        (StepFeatures("2023-05-01"), DAYS, InvalidParameterError, "dates must be a list"),
        (StepFeatures([("2023-05-01",)]), DAYS, InvalidParameterError, "a first and a last"),
        (StepFeatures([None]), DAYS, InvalidParameterError, "dates holds None"),
        (HolidayFeatures({pd.NaT: "fair"}), DAYS, InvalidParameterError, "that is missing"),
        (StepFeatures([20230501]), DAYS, InvalidParameterError, "20230501 is a number"),
        (HolidayFeatures({20230501: "fair"}), DAYS, InvalidParameterError, "is a number"),
        (StepFeatures(["soon"]), DAYS, InvalidParameterError, "dates holds 'soon'"),
        (StepFeatures([("2023-05-02", "2023-05-01")]), DAYS, InvalidParameterError, "ends first"),
        (StepFeatures(["2023-05-01", "2023-05-01"]), DAYS, InvalidParameterError, "same twice"),
        (StepFeatures(["2023-05-01"]), pd.RangeIndex(9), InvalidParameterError, "are integers"),
    ],
)
def test_wrong_arguments_are_told_and_leave_the_features_as_they_were(features, X, error, message):
    before = dict(vars(features))
    with pytest.raises(error, match=message):
        features.fit(X)
    assert vars(features) == before


def test_containers_other_than_of_pandas_are_refused():
    with pytest.raises(InvalidParameterError, match="transform must be 'default' or 'pandas'"):
        CalendarFeatures("month").set_output(transform="polars")
