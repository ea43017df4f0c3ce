"""Time stamps of panels: read in every form, continued as pandas continues them."""

import copy

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from panels import SES, make_frame

from tsrnn import NaiveForecaster, PanelForecaster, SimpleExpSmoothingRNN, fill_gaps

FREQUENCIES = [
    "D", "2D", "7D", "W-SUN", "2W-WED", "B", "h", "15min", "90s", "250ms",
    "MS", "ME", "2MS", "5ME", "QS", "QE", "QE-JAN", "2QS-FEB", "YS", "YE", "YE-JUN", "4YE",
    "BMS", "BME", "BQE", "WOM-2TUE", "SME", "SMS",
]  # fmt: skip


def frame_of(stamps, names="ab"):
    """The same stamps for every series."""
    frames = [
        pd.DataFrame({"unique_id": name, "ds": stamps, "y": np.arange(len(stamps), dtype=float)})
        for name in names
    ]
    return pd.concat(frames, ignore_index=True)


def future(df, h=5, **options):
    """The stamps that the panel continues with, by series."""
    table = PanelForecaster(NaiveForecaster(), **options).fit(df).predict(h)
    return {name: rows["ds"] for name, rows in table.groupby("unique_id")}


def assert_continued(df, every, n):
    expected = every[n:]
    if isinstance(expected, pd.DatetimeIndex):
        expected = expected._with_freq(None)  # the stamps of a column have none
    for stamps in future(df, len(every) - n).values():
        pd.testing.assert_index_equal(pd.Index(stamps), expected, exact=True, check_names=False)


@pytest.mark.parametrize("freq", FREQUENCIES)
def test_dates_go_on_as_pandas_lists_them(freq):
    every = pd.date_range("2019-11-30 06:00", periods=30, freq=freq)
    n, expected = 20, every[20:]
    if freq.startswith("SM"):  # what pandas cannot infer has to be named
        stamps = future(frame_of(every[:n]), 10, freq=freq)
    else:
        stamps = future(frame_of(every[:n]), 10)
        named = future(frame_of(every[:n]), 10, freq=freq)
        pd.testing.assert_series_equal(stamps["b"], named["b"])
    for one in stamps.values():
        assert one.tolist() == expected.tolist()


@pytest.mark.parametrize("freq", ["D", "ME", "QS", "B", "h", "YE", "W-MON", "31D"])
@settings(max_examples=15, deadline=None)
@given(start=st.datetimes(pd.Timestamp("1900-01-01"), pd.Timestamp("2100-01-01")), n=st.data())
def test_series_of_any_length_and_start_go_on_as_pandas_lists_them(freq, start, n):
    every = pd.date_range(start.replace(microsecond=0), periods=40, freq=freq)
    frames, expected = [], {}
    for name in "abcde":
        # From 8 stamps on no other frequency fits these.
        first = n.draw(st.integers(0, 12))
        length = n.draw(st.integers(8, 20))
        rows = every[first : first + length]
        frames.append(frame_of(rows, name))
        expected[name] = every[first + length : first + length + 5].tolist()
    found = future(pd.concat(frames))
    assert {name: stamps.tolist() for name, stamps in found.items()} == expected


def test_each_series_has_a_grid_of_its_own():
    every = {
        f"{i:02d}": pd.date_range("2019-11-30", periods=25, freq=freq)
        for i, freq in enumerate(FREQUENCIES)
        if not freq.startswith("SM")
    }
    df = pd.concat([frame_of(stamps[:20], [name]) for name, stamps in every.items()])
    found = future(df)
    assert {name: stamps.tolist() for name, stamps in found.items()} == {
        name: stamps[20:].tolist() for name, stamps in every.items()
    }


def test_the_grid_of_a_series_does_not_depend_on_the_others():
    weekdays = frame_of(pd.bdate_range("2020-01-06", periods=4), "a")  # Monday to Thursday
    alone = future(weekdays)["a"].tolist()
    assert alone == pd.date_range("2020-01-10", periods=5).tolist()
    among = pd.concat([weekdays, frame_of(pd.bdate_range("2020-01-06", periods=20), "b")])
    assert future(among)["a"].tolist() == alone
    assert future(among, freq="B")["a"].tolist() == pd.bdate_range("2020-01-10", periods=5).tolist()


@pytest.mark.parametrize("day", [28, 29, 30, 31])
def test_the_end_of_short_months_is_gone_back_on(day):
    every = pd.DatetimeIndex(
        [pd.Timestamp(2019, 1, day) + pd.DateOffset(months=i) for i in range(30)]
    )
    stamps = future(frame_of(every[:15]), 15)["a"]
    assert stamps.tolist() == every[15:].tolist()


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("tz", [None, "UTC", "Europe/Berlin"])
def test_dates_keep_their_unit_and_zone(unit, tz):
    every = pd.date_range("2020-01-31", periods=20, freq="ME", tz=tz, unit=unit)
    assert_continued(frame_of(every[:12]), every, 12)


@pytest.mark.parametrize("freq", ["D", "W", "MS", "B", "h", "6h"])
def test_local_time_goes_on_across_daylight_saving(freq):
    every = pd.date_range("2020-03-02", periods=60, freq=freq, tz="America/New_York")
    for n in (8, 30, 55):
        assert_continued(frame_of(every[:n]), every[: n + 5], n)


def test_a_day_that_begins_at_one_in_the_morning_is_a_day():
    # Where daylight saving begins at midnight, that midnight is left out.
    days = pd.date_range("2018-10-20", periods=30, freq="D")
    every = days.tz_localize("America/Sao_Paulo", nonexistent="shift_forward")
    assert_continued(frame_of(every[:20]), every, 20)


@pytest.mark.parametrize("freq", ["D", "W-SUN"])
def test_a_named_frequency_holds_where_the_zone_leaves_out_its_hour(freq):
    every = pd.date_range("2018-10-14", periods=30, freq=freq)
    every = every.tz_localize("America/Sao_Paulo", nonexistent="shift_forward")
    assert any(every.hour == 1)
    for named in (freq, None):
        for stamps in future(frame_of(every[:25]), 5, freq=named).values():
            assert stamps.tolist() == every[25:].tolist()
    with pytest.raises(ValueError, match="ds does not follow freq="):
        future(frame_of(every.delete(12)), freq=freq)


@pytest.mark.parametrize("is_first", [True, False])
def test_either_of_two_equal_local_times_stands_for_its_day(is_first):
    days = pd.date_range("2024-10-20 02:30", periods=8).tz_localize(
        "Europe/Berlin", ambiguous=np.full(8, is_first)
    )
    df = frame_of(days)
    panel = PanelForecaster(NaiveForecaster()).fit(frame_of(days[:7])).update(frame_of(days[7:]))
    expected = PanelForecaster(NaiveForecaster()).fit(df).predict(2)["ds"]
    pd.testing.assert_series_equal(panel.predict(2)["ds"], expected)


@pytest.mark.parametrize("freq", ["M", "Q", "2M", "Y-JUN", "W", "D", "h"])
def test_periods_go_on(freq):
    every = pd.period_range("2019-11", periods=20, freq=freq)
    assert_continued(frame_of(every[:12]), every, 12)


@pytest.mark.parametrize("dtype", ["int64", "int32", "int8", "uint16", "Int64", "Int16"])
@pytest.mark.parametrize(("start", "step"), [(0, 1), (1, 1), (1990, 1), (3, 7)])
def test_integers_go_on_and_keep_their_type(dtype, start, step):
    if "8" in dtype and start > 100:
        pytest.skip("years are beyond what eight bits hold")
    every = start + step * np.arange(14)
    stamps = future(frame_of(pd.array(every[:9], dtype=dtype)))["a"]
    assert stamps.tolist() == every[9:].tolist()
    assert stamps.dtype == dtype


def test_integers_that_outgrow_their_type_get_a_larger_one():
    stamps = future(frame_of(np.arange(120, 127, dtype="int8")))["a"]
    assert stamps.tolist() == [127, 128, 129, 130, 131]


@pytest.mark.parametrize(
    "column",
    [
        lambda ds: ds.dt.date,
        lambda ds: ds.astype(object),
        lambda ds: ds.dt.strftime("%Y-%m-%d"),
        lambda ds: ds.astype("category"),
        lambda ds: ds.dt.strftime("%Y-%m-%d").astype("string"),
    ],
    ids=["date", "Timestamp", "ISO 8601", "category", "string"],
)
def test_dates_in_other_columns_are_read(column):
    df = make_frame([9, 12])
    expected = PanelForecaster(SES).fit(df).predict(3)
    table = PanelForecaster(SES).fit(df.assign(ds=column(df["ds"]))).predict(3)
    pd.testing.assert_frame_equal(table, expected, check_dtype=False)


def test_periods_and_integers_as_objects_are_read():
    periods = pd.period_range("2020-01", periods=9, freq="M")
    assert future(frame_of(periods.astype(object)))["a"].tolist() == (periods[-5:] + 5).tolist()
    assert future(frame_of(np.arange(9).astype(object)))["a"].tolist() == [9, 10, 11, 12, 13]


@pytest.mark.parametrize(
    ("stamps", "reason"),
    [
        (
            ["2020-01-01", "2020-01-02", "2020-01-05", "2020-01-06"],
            "after 2020-01-02 .*-05 ",
        ),
        (
            ["2020-01-01", "2020-01-02", "2020-01-02", "2020-01-03"],
            "ds holds .* a second time",
        ),
        (["2020-01-01", None, "2020-01-03", "2020-01-04"], r"missing or no ISO date \(NaT\) in r"),
        (["2020-01-31", "2020-02-28", "2020-03-31", "2020-05-31"], "irregular"),
    ],
)
def test_a_series_without_a_grid_fails_alone(stamps, reason):
    good = frame_of(pd.date_range("2020", periods=4), "a")
    bad = frame_of(pd.DatetimeIndex(stamps), "b")
    panel = PanelForecaster(SES)
    with pytest.warns(UserWarning, match="1 of 2 series failed"):
        panel.fit(pd.concat([good, bad], ignore_index=True))
    assert panel.failures_["unique_id"].tolist() == ["b"]
    assert panel.failures_["reason"].str.contains(reason).all()
    pd.testing.assert_frame_equal(panel.predict(3), PanelForecaster(SES).fit(good).predict(3))


@pytest.mark.parametrize(
    ("stamps", "freq", "reason"),
    [
        (pd.date_range("2020-01-01", periods=5, freq="2D"), "D", "after .*-01 .* not 2020-01-02"),
        (pd.date_range("2020-01-06", periods=5, freq="7D"), "W-SUN", "it starts at 2020-01-06"),
        (pd.date_range("2020-01-31", periods=5, freq="QE-JAN"), "QE", "it starts at 2020-01-31"),
        (pd.date_range("2020-01-02", periods=5, freq="D"), "MS", "it starts at 2020-01-02"),
        (pd.date_range("2020-01-02", periods=5, freq="h"), "30min", "not 2020-01-02 00:30:00"),
        (pd.date_range("2020-01-02", periods=9, freq="D"), "B", "after .*-03 .* not 2020-01-06"),
        (pd.date_range("2020-01-15", periods=9, freq="D"), "SMS", "not 2020-02-01"),
        (pd.period_range("2020-01", periods=9, freq="2M"), "M", "not 2020-02"),
        (pd.Index([1, 3, 5]), 1, "after 1 comes 3, not 2"),
    ],
)  # fmt: skip
def test_stamps_off_a_named_frequency_fail_with_the_place(stamps, freq, reason):
    with pytest.raises(ValueError, match=f"does not follow freq={freq!r}.*{reason}"):
        PanelForecaster(SES, freq=freq).fit(frame_of(stamps))


@pytest.mark.parametrize(
    ("stamps", "freq"),
    [(pd.Index([1, 2, 3]), "D"), (pd.period_range("2020", periods=3, freq="M"), "D")],
)
def test_a_frequency_of_another_kind_than_the_stamps_is_refused(stamps, freq):
    with pytest.raises(ValueError, match="freq"):
        PanelForecaster(SES, freq=freq).fit(frame_of(stamps))


@pytest.mark.parametrize("freq", ["D", "MS", "B"])
def test_a_horizon_beyond_all_dates_is_refused(freq):
    panel = PanelForecaster(NaiveForecaster()).fit(
        frame_of(pd.date_range("2261-01-01", periods=12, freq=freq, unit="ns"))
    )
    with pytest.raises(ValueError, match="shorter horizon"):
        panel.predict(1_000)


@pytest.mark.parametrize("freq", ["D", "MS", "ME", "B"])
def test_every_date_that_nanoseconds_reach_is_forecast_and_none_beyond(freq):
    # Listed in seconds: beside the last of its nanoseconds pandas lists none.
    every = pd.date_range("2260-01-01", "2262-04-11", freq=freq, unit="s").as_unit("ns")
    panel = PanelForecaster(NaiveForecaster()).fit(frame_of(every[:12]))
    left = len(every) - 12
    assert panel.predict(left)["ds"].max() == every[-1]
    with pytest.raises(ValueError, match="shorter horizon"):
        panel.predict(left + 1)


@pytest.mark.parametrize("freq", [f for f in FREQUENCIES if not f.startswith("SM")])
def test_an_update_goes_on_from_where_the_dates_ended(freq):
    every = pd.date_range("2019-11-30", periods=32, freq=freq)
    df = frame_of(every)
    early = df["ds"] < every[20]
    late = ~early & (df["ds"] < every[24])
    panel = PanelForecaster(SES).fit(df[early]).update(df[late])
    assert panel.predict(8)["ds"].tolist() == 2 * every[24:].tolist()
    with pytest.raises(ValueError, match="do not go on where series ended, in 2 of 2 series"):
        panel.update(df[late])


def test_dates_in_another_unit_are_the_same_dates():
    every = pd.date_range("2019-11-30", periods=20, unit="s")
    panel = PanelForecaster(SES).fit(frame_of(every[:10]))
    panel.update(frame_of(every[10:12].as_unit("ns")))
    assert panel.predict(1)["ds"].tolist() == [every[12]] * 2
    finer = every[12:13].as_unit("ms") + pd.Timedelta(milliseconds=1)
    with pytest.raises(ValueError, match="finer than the unit"):
        panel.update(frame_of(finer))


@pytest.mark.parametrize(
    ("months", "part"),
    [
        (range(202001, 202013), "month or week"),
        (range(20200101, 20200113), "month and day"),
        (range(2020001, 2020013), "day"),
    ],
)
def test_integers_that_hold_a_year_and_its_part_are_not_counted_on(months, part):
    df = pd.DataFrame({"unique_id": "a", "ds": list(months), "y": np.arange(12.0)})
    for panel in (PanelForecaster(NaiveForecaster()), PanelForecaster(NaiveForecaster(), fill=0)):
        with pytest.raises(ValueError, match=rf"df\['ds'\] read as a year and a {part} .*freq=1"):
            panel.fit(df)
    with pytest.raises(ValueError, match=rf"frame\['ds'\] read as a year and a {part} "):
        fill_gaps(df)
    counted = PanelForecaster(NaiveForecaster(), freq=1).fit(df).predict(1)
    assert counted["ds"].tolist() == [months[-1] + 1]
    assert PanelForecaster(NaiveForecaster(), freq="rows").fit(df).predict(1)["ds"].tolist() == [13]


ZONES = [("UTC", "Europe/Berlin"), ("Asia/Kolkata", "America/New_York"), ("Europe/Berlin", "UTC")]


@pytest.mark.parametrize(("given_zone", "fitted_zone"), ZONES)
@pytest.mark.parametrize("freq", ["D", "W", "MS"])
def test_stamps_of_another_zone_than_that_of_the_fit_are_told_of_by_both(
    given_zone, fitted_zone, freq
):
    every = pd.date_range("2024-01-01", periods=14, freq=freq)
    panel = PanelForecaster(NaiveForecaster()).fit(frame_of(every[:12].tz_localize(fitted_zone)))
    after = frame_of(every[12:].tz_localize(given_zone))
    message = f"They are in {given_zone}, those of the fit in {fitted_zone}: column.dt.tz_localize"
    for h in (None, 2):
        with pytest.raises(ValueError, match=message):
            panel.predict(h, after.drop(columns="y"))
    ds = after["ds"].dt.tz_localize(None).dt.tz_localize(fitted_zone)  # as it says
    cured = after.assign(ds=ds)
    assert len(panel.predict(2, cured.drop(columns="y"))) == 4
    moved = copy.deepcopy(panel)
    assert panel.update(cured).failures_.empty
    with pytest.raises(ValueError, match=message):
        moved.update(after)


@pytest.mark.parametrize(
    ("given_zone", "fitted_zone", "message"),
    [
        (None, "Europe/Berlin", r"without a time zone, .* dates in Europe/Berlin: .*'Europe/Berl"),
        ("UTC", None, r"dates in UTC, .* without a time zone: column.dt.tz_localize\(None\)"),
        ("Asia/Tokyo", None, r"dates in Asia/Tokyo, .* without a time zone"),
    ],
)
def test_stamps_with_a_zone_and_without_are_told_apart_by_name(given_zone, fitted_zone, message):
    every = pd.date_range("2024-01-01", periods=14)
    panel = PanelForecaster(NaiveForecaster()).fit(frame_of(every[:12].tz_localize(fitted_zone)))
    after = frame_of(every[12:].tz_localize(given_zone))
    with pytest.raises(ValueError, match=message):
        panel.predict(after.drop(columns="y"))
    with pytest.raises(ValueError, match=message):
        panel.update(after)


def test_the_same_instants_in_another_zone_are_the_same_stamps():
    every = pd.date_range("2024-01-01", periods=14, freq="h", tz="Europe/Berlin")
    panel = PanelForecaster(NaiveForecaster()).fit(frame_of(every[:12]))
    after = frame_of(every[12:].tz_convert("UTC")).drop(columns="y")
    pd.testing.assert_frame_equal(panel.predict(2, after), panel.predict(2))


@pytest.mark.parametrize(
    ("ends", "named"),
    [
        (("+01:00", "+02:00"), "UTC.01:00 and UTC.02:00"),
        (("Z", "+05:30"), "UTC and UTC.05:30"),
        (("", "+01:00"), "UTC.01:00 and no zone"),
    ],
)
def test_words_for_dates_of_several_zones_are_refused_with_two_of_them(ends, named):
    df = frame_of([f"2024-01-{i + 1:02}T00:00:00{ends[i % 2]}" for i in range(9)])
    with pytest.raises(TypeError, match=f"in one time zone, got {named}: convert them"):
        PanelForecaster(NaiveForecaster()).fit(df)


def left_out_hour(*days):
    """Midnights in Sao Paulo, where that of 2018-11-04 is left out."""
    clocks = ["2018-11-04 01:00" if day == "2018-11-04" else day for day in days]
    return pd.DatetimeIndex(clocks).tz_localize("America/Sao_Paulo")


@pytest.mark.parametrize("first", ["2018-11-02", "2018-11-04"])
def test_a_gap_after_an_hour_that_is_left_out_is_told_where_it_is(first):
    days = [day for day in ("2018-11-02", "2018-11-03") if first == "2018-11-02"]
    irregular = left_out_hour(*days, "2018-11-04", "2018-11-05", "2018-11-07")
    regular = left_out_hour("2018-11-03", "2018-11-04", "2018-11-05", "2018-11-06")
    frame = pd.concat(
        pd.DataFrame({"unique_id": name, "ds": stamps, "y": np.arange(float(len(stamps)))})
        for name, stamps in {"a": irregular, "b": regular}.items()
    )
    with pytest.warns(UserWarning, match="1 of 2 series failed"):
        panel = PanelForecaster(SimpleExpSmoothingRNN(), freq="D").fit(frame)
    assert list(panel.failures_["unique_id"]) == ["a"]
    (reason,) = panel.failures_["reason"]
    assert "after 2018-11-05 00:00:00-02:00 comes 2018-11-07" in reason
    assert "not 2018-11-06 00:00:00-02:00" in reason


def test_stamps_that_end_before_a_named_frequency_would_are_that_series_failure():
    """Years in nanoseconds end in 2262, which 400 of them do not reach from 2020."""
    days = pd.date_range("2020", periods=400, freq="D", unit="ns")
    years = pd.date_range("2000", periods=10, freq="YS", unit="ns")
    frame = pd.concat(
        pd.DataFrame({"unique_id": name, "ds": stamps, "y": np.arange(float(len(stamps)))})
        for name, stamps in {"days": days, "years": years}.items()
    )
    with pytest.warns(UserWarning, match="1 of 2 series failed"):
        panel = PanelForecaster(SimpleExpSmoothingRNN(), freq="YS").fit(frame)
    assert list(panel.failures_["unique_id"]) == ["days"]
    assert "after 2020-01-01 00:00:00 comes 2020-01-02" in panel.failures_["reason"].iloc[0]
