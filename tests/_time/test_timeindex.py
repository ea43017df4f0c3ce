"""Grids of dates, durations and periods: where a series goes on, and what is no grid."""

import copy
import datetime
import pickle
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from time_grids import BERLIN, NEW_YORK, UNITS, ZONES, assert_goes_on_as, bare, grid

from tsrnn import fill_gaps
from tsrnn._time.grid import TimeGrid

# Errors at fit that do not depend on the kind of stamps.


@pytest.mark.parametrize(
    "index",
    [
        pd.DatetimeIndex(["2020-01-01", "2020-01-03", "2020-01-02"]),
        pd.PeriodIndex(["2020-01", "2020-03", "2020-02"], freq="M"),
        pd.Index([5, 7, 6]),
        pd.RangeIndex(9, 3, -1),
        pd.date_range("2020-01-05", periods=3, freq="-1D"),
    ],
    ids=repr,
)
def test_unsorted_stamps_are_refused_at_fit(index):
    with pytest.raises(ValueError, match="not monotonic.*sort_index"):
        grid(index)


@pytest.mark.parametrize(
    ("index", "first"),
    [
        (pd.DatetimeIndex(["2020-01-01", "2020-01-02", "2020-01-02", "2020-01-01"]), "2020-01-02"),
        (pd.PeriodIndex(["2020-01", "2020-02", "2020-02"], freq="M"), "2020-02"),
        (pd.Index([5, 6, 6]), "6"),
    ],
)
def test_the_first_duplicated_stamp_is_named_at_fit(index, first):
    with pytest.raises(ValueError, match=f"duplicated stamp, {first}.* in row 2"):
        grid(index)


@pytest.mark.parametrize(
    "index",
    [
        pd.DatetimeIndex(["2020-01-01", None, "2020-01-03"]),
        pd.PeriodIndex(["2020-01", None, "2020-03"], freq="M"),
        pd.Index([5, pd.NA, 7], dtype="Int64"),
        pd.Index([datetime.datetime(2020, 1, 1), None, pd.NaT], dtype=object),
    ],
    ids=repr,
)
def test_a_missing_stamp_is_named_by_its_row_at_fit_and_later(index):
    with pytest.raises(ValueError, match="missing stamp .* in row 1"):
        grid(index)
    with pytest.raises(ValueError, match="missing stamp .* in row 1"):
        grid(index[:1]).positions(index)


def test_an_index_of_another_length_is_refused():
    with pytest.raises(ValueError, match="index has 3 rows, the series 4"):
        TimeGrid.from_index(pd.RangeIndex(3), 4)


# Dates: which grid.

FREQUENCIES = [
    "D", "2D", "h", "15min", "36h", "7s", "W-SUN", "2W-WED", "B", "MS", "ME", "2ME", "QS-OCT",
    "QE-NOV", "YS-APR", "YE", "BME", "BQS-OCT", "bh", "WOM-3FRI",
]  # fmt: skip


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("freq", FREQUENCIES)
def test_a_frequency_goes_on_as_pandas_goes_on_whether_given_or_inferred(freq, zone):
    # At noon no zone leaves out or repeats a time, so that pandas itself can list all stamps.
    whole = pd.date_range("2018-01-01 12:00", periods=70, freq=freq, tz=zone)
    assert_goes_on_as(whole[:25], whole[25:])
    assert_goes_on_as(bare(whole[:25]), whole[25:])
    assert grid(whole[:25]).stamps(25, 30).freq == whole.freq
    assert grid(bare(whole[:25])).stamps(25, 30).freq is not None


@pytest.mark.parametrize(
    "freq", ["SME", "SMS-15", pd.offsets.CustomBusinessDay(weekmask="Sun Mon")]
)
def test_a_frequency_that_cannot_be_inferred_works_where_it_is_given(freq):
    whole = pd.date_range("2018-01-01", periods=40, freq=freq)
    assert_goes_on_as(whole[:10], whole[10:])
    with pytest.raises(ValueError, match="irregular"):
        grid(bare(whole[:10]))


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("zone", [None, BERLIN])
def test_the_result_has_freq_name_zone_and_resolution_of_training(zone, unit):
    trained = pd.date_range("2020-01-01", periods=5, freq="D", tz=zone, unit=unit, name="day")
    for index in (trained, bare(trained).as_unit(unit)):
        for start, stop in ((0, 5), (2, 4), (5, 9), (3, 7)):
            stamps = grid(index).stamps(start, stop)
            assert stamps.freq == pd.offsets.Day()
            assert (stamps.dtype, stamps.name) == (trained.dtype, "day")
    assert trained.freq == pd.offsets.Day()


def test_asking_for_stamps_leaves_the_training_index_as_it_was():
    trained = bare(pd.date_range("2020-01-01", periods=5))
    grid(trained).stamps(0, 5)
    assert trained.freq is None


def test_no_stamps_are_an_empty_index_of_the_same_type():
    trained = pd.date_range("2020-01-01", periods=5, tz=BERLIN, name="day")
    empty = grid(trained).stamps(5, 5)
    assert len(empty) == 0
    assert (empty.dtype, empty.name) == (trained.dtype, "day")


@pytest.mark.parametrize(("start", "stop"), [(-1, 2), (3, 2)])
def test_a_range_of_positions_must_be_one(start, stop):
    with pytest.raises(ValueError, match="no range of positions"):
        grid(pd.date_range("2020-01-01", periods=5)).stamps(start, stop)


def test_stamps_may_be_asked_in_any_order_and_repeatedly():
    found = grid(pd.date_range("2020-01-01", periods=5))
    request = pd.DatetimeIndex(["2020-01-09", "2020-01-02", "2020-01-09"])
    np.testing.assert_array_equal(found.positions(request), [8, 1, 8])
    assert found.positions(request[:0]).dtype == np.int64


@pytest.mark.parametrize("freq", ["h", "D", "W-SUN", "MS", "B"])
def test_a_date_off_the_grid_or_before_its_start_is_named(freq):
    trained = pd.date_range("2020-03-01", periods=5, freq=freq)
    off = trained[[2, 3]] + pd.Timedelta("1s")
    with pytest.raises(ValueError, match=rf"{off[0]} \(row 0\) lies off the grid"):
        grid(trained).positions(off)
    early = pd.DatetimeIndex([trained[1], trained[0] - pd.Timedelta("1min")])
    with pytest.raises(ValueError, match=rf"{early[1]} \(row 1\) lies before the start"):
        grid(trained).positions(early)


@pytest.mark.parametrize(
    ("first", "second", "third"),
    [
        ("2021-01-15", "2021-02-15", "2021-03-15"),
        ("2021-04-10 06:30", "2021-07-10 06:30", "2021-10-10 06:30"),
        ("2020-02-28", "2021-02-28", "2022-02-28"),
        ("2021-01-31", "2021-02-28", "2021-03-31"),
        ("2021-06-30", "2021-09-30", "2021-12-31"),
        ("2021-02-01", "2021-03-01", "2021-04-01"),
        ("2021-02-28", "2021-03-30", "2021-04-29"),
        ("2021-01-15 06:00", "2021-02-15 07:00", "2021-03-18 08:00"),
        ("2021-01-04", "2021-01-11", "2021-01-18"),
        ("2021-01-04 00:00", "2021-01-04 00:05", "2021-01-04 00:10"),
    ],
)
def test_two_stamps_go_on_by_months_where_they_agree_else_by_their_difference(first, second, third):
    assert_goes_on_as(pd.DatetimeIndex([first, second]), pd.DatetimeIndex([third]))


@pytest.mark.parametrize("zone", [None, BERLIN])
@pytest.mark.parametrize(("start", "months"), [("2020-01-15", 1), ("2020-02-10 09:00", 3)])
def test_the_same_day_of_every_month_or_quarter_is_regular(start, months, zone):
    offset = pd.DateOffset(months=months)
    whole = pd.date_range(start, periods=30, freq=offset, tz=zone)
    assert_goes_on_as(bare(whole[:9]), whole[9:])
    assert grid(bare(whole[:9])).stamps(9, 12).freq == offset
    assert_goes_on_as(whole[:9], whole[9:])


def test_the_30th_of_every_month_does_not_stay_at_28_after_february():
    days = ["2020-11-30", "2020-12-30", "2021-01-30", "2021-02-28", "2021-03-30", "2021-04-30"]
    whole = pd.DatetimeIndex(days)
    assert_goes_on_as(whole[:3], whole[3:])
    assert_goes_on_as(whole[:5], whole[5:])


@pytest.mark.parametrize("n", [1, 2, 3, 9])
@pytest.mark.parametrize("start", ["2020-01-30", "2020-01-31", "2020-03-31", "2020-01-01"])
def test_a_given_dateoffset_goes_on_as_pandas_goes_on(start, n):
    whole = pd.date_range(start, periods=30, freq=pd.DateOffset(months=1))
    assert_goes_on_as(whole[:n], whole[n:])
    assert grid(whole[:n]).stamps(n, n + 3).freq == whole.freq


def test_business_days_skip_weekends():
    found = grid(bare(pd.date_range("2024-01-01", periods=12, freq="B")))
    assert found.stamps(12, 20).freq == pd.offsets.BDay()
    with pytest.raises(ValueError, match="2024-01-20 .*off the grid"):
        found.positions(pd.DatetimeIndex(["2024-01-20"]))


def test_a_plain_dateoffset_of_hours_counts_hours_across_daylight_saving():
    whole = pd.date_range("2024-03-30", periods=60, freq=pd.DateOffset(hours=1), tz="UTC")
    whole = whole.tz_convert(BERLIN)
    trained = whole[:10].copy()
    assert_goes_on_as(trained, whole[10:])
    trained.freq = pd.DateOffset(hours=1)
    assert_goes_on_as(trained, whole[10:])
    assert_goes_on_as(trained[:1], whole[1:])


@pytest.mark.parametrize("freq", ["D", "h", "ME", "B", None])
def test_a_single_row_goes_on_only_with_a_frequency(freq):
    index = pd.DatetimeIndex(["2020-01-31"], freq=freq)
    found = grid(index)
    np.testing.assert_array_equal(found.positions(index), [0])
    assert list(found.stamps(0, 1)) == list(index)
    if freq is None:
        with pytest.raises(ValueError, match="single row .* no frequency.*asfreq"):
            found.positions(pd.DatetimeIndex(["2020-02-01"]))
        with pytest.raises(ValueError, match="single row .* no frequency.*asfreq"):
            found.stamps(0, 2)
    else:
        future = pd.date_range(index[0], periods=4, freq=freq)[1:]
        assert_goes_on_as(index, future)


@pytest.mark.parametrize(
    "index", [pd.DatetimeIndex([]), pd.PeriodIndex([], freq="M"), pd.date_range("2020", periods=0)]
)
def test_an_empty_series_makes_a_grid_without_any_stamp(index):
    found = grid(index)
    assert len(found.stamps(0, 0)) == 0
    with pytest.raises(ValueError, match="training series is empty"):
        found.stamps(0, 1)
    later = pd.DatetimeIndex(["2020-01-01"])
    with pytest.raises(ValueError, match="training series is empty"):
        found.positions(later if isinstance(index, pd.DatetimeIndex) else later.to_period("M"))


# Dates: irregular.


@pytest.mark.parametrize("zone", [None, NEW_YORK])
@pytest.mark.parametrize(
    ("freq", "said"),
    [
        ("h", "'h'"),
        ("D", "'D'"),
        ("B", "'B'"),
        ("W-TUE", "'W-TUE'"),
        ("MS", "'MS'"),
        ("ME", "'ME'"),
        (pd.DateOffset(months=1), "pd.DateOffset(months=1)"),
    ],
)
def test_a_gap_is_named_with_the_asfreq_that_fills_it(freq, said, zone):
    start = "2024-01-15" if isinstance(freq, pd.DateOffset) else "2024-01-01"
    whole = pd.date_range(start, periods=30, freq=freq, tz=zone)
    y = pd.Series(np.arange(30.0), index=whole).drop([whole[17], whole[22]])
    with pytest.raises(ValueError, match="irregular") as error:
        grid(y.index)
    assert f"after {whole[16]} comes {whole[18]} (row 17). y.asfreq({said})" in str(error.value)
    assert ("y.reset_index(drop=True) takes the rows" in str(error.value)) == (freq == "B")
    filled = y.asfreq(eval(said))
    pd.testing.assert_index_equal(grid(filled.index).stamps(0, 30), whole)
    assert filled.isna().sum() == 2


def test_stamps_on_no_grid_name_the_first_unusual_step():
    index = pd.DatetimeIndex(
        ["2024-01-01 00:00", "2024-01-01 01:00", "2024-01-01 02:00:07", "2024-01-01 03:00:07"]
    )
    with pytest.raises(ValueError, match="irregular: after 2024-01-01 01:00:00 comes .*02:00:07"):
        grid(index)


SALES = pd.DatetimeIndex(
    ["2024-01-01 09:12:40", "2024-01-01 17:03:01", "2024-01-02 11:30:00", "2024-01-05 10:00:00"]
)


@pytest.mark.parametrize("zone", [None, BERLIN])
@pytest.mark.parametrize(
    "index",
    [
        SALES,
        SALES.append(SALES[3:]),
        SALES.floor("15min"),
        SALES.floor("D"),
        # Each is on a grid of quarters of hours, which is hardly ever met.
        pd.DatetimeIndex([f"2024-01-{day:02} {day + 7}:{15 * (day % 4)}" for day in range(1, 9)]),
    ],
)
def test_several_rows_a_day_are_told_what_makes_them_one(index, zone):
    with pytest.raises(ValueError, match="duplicated|irregular") as error:
        grid(index.tz_localize(zone))
    assert "tsrnn.fill_gaps(y, freq='D', aggregate='sum')" in str(error.value)
    assert "asfreq" not in str(error.value) and "tz_localize" not in str(error.value)
    y = fill_gaps(pd.Series(1.0, index.tz_localize(zone)), freq="D", aggregate="sum", value=0)
    assert grid(y.index).has_stamps
    assert y.sum() == len(index)


def test_days_on_no_grid_and_durations_are_told_what_fills_them():
    with pytest.raises(ValueError, match=r"fill_gaps\(y, freq='D'\) puts NaN.*reset_index"):
        grid(pd.to_datetime(["2024-01-01", "2024-01-03", "2024-01-06", "2024-01-11"]))
    with pytest.raises(ValueError, match=r"timedelta_range.*timedelta_range\(.*, fill_value=0\)"):
        grid(pd.to_timedelta([0, 1, 3], "h"))
    for twice in (pd.Index([5, 6, 6]), pd.PeriodIndex(["2024-01", "2024-01"], freq="M")):
        with pytest.raises(ValueError, match=r"fill_gaps\(y, aggregate='sum'\) makes"):
            grid(twice)
    with pytest.raises(ValueError, match=r"y.groupby\(level=0\).sum\(\)"):
        grid(pd.to_timedelta([0, 1, 1], "h"))


# Daylight saving.


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK])
@pytest.mark.parametrize("start", ["2024-03-09", "2024-03-30", "2024-10-26", "2024-11-02"])
@pytest.mark.parametrize("freq", ["h", "30min", "6h", "24h"])
def test_hours_are_regular_across_daylight_saving(freq, start, zone):
    whole = pd.date_range(start, periods=100, freq=freq, tz=zone)
    for n in (10, 60):
        assert_goes_on_as(whole[:n], whole[n:])
    assert_goes_on_as(bare(whole[:60]), whole[60:])


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK])
@pytest.mark.parametrize("start", ["2024-03-01", "2024-10-20", "2023-12-31 23:30"])
@pytest.mark.parametrize("freq", ["D", "2D", "W-SUN", "MS", "B"])
def test_local_days_are_regular_across_daylight_saving(freq, start, zone):
    whole = pd.date_range(start, periods=60, freq=freq, tz=zone)
    for n in (3, 7, 40):
        assert_goes_on_as(whole[:n], whole[n:])
        if freq != "B" or n > 5:  # a few days before a weekend may as well be all days
            assert_goes_on_as(bare(whole[:n]), whole[n:])


def test_two_local_midnights_are_a_day_apart_even_when_23_hours_are():
    whole = pd.date_range("2024-03-31", periods=4, tz=BERLIN)
    assert_goes_on_as(bare(whole[:2]), whole[2:])


def test_days_of_utc_shown_in_a_zone_are_24_hours():
    whole = pd.date_range("2024-03-25", periods=20, tz="UTC").tz_convert(BERLIN)
    assert_goes_on_as(whole[:12], whole[12:])
    assert grid(whole[:12]).stamps(12, 15).freq == pd.offsets.Hour(24)


def test_a_midnight_that_a_zone_leaves_out_is_the_end_of_the_hour_left_out():
    hours = pd.date_range("2018-10-30", periods=24 * 20, freq="h", tz="America/Sao_Paulo")
    days = pd.Series(1.0, index=hours).resample("D").sum().index
    shifted = pd.Timestamp("2018-11-04 01:00", tz="America/Sao_Paulo")
    assert shifted in days
    assert_goes_on_as(days[:3], days[3:])
    assert_goes_on_as(bare(days[:9]), days[9:])
    assert_goes_on_as(bare(days[days >= shifted]), [])


def test_either_of_two_equal_local_times_stands_for_its_day():
    days = pd.DatetimeIndex(["2024-10-26 02:30", "2024-10-27 02:30", "2024-10-28 02:30"])
    for first in (True, False):
        request = days.tz_localize(BERLIN, ambiguous=np.full(3, first))
        np.testing.assert_array_equal(grid(request).positions(request), [0, 1, 2])


def test_a_missing_hour_of_naive_local_time_is_irregular_and_the_zone_is_advised():
    local = pd.date_range("2024-03-30", periods=60, freq="h", tz=BERLIN).tz_localize(None)
    with pytest.raises(ValueError, match=r"after 2024-03-31 01.* comes 2024-03-31 03.*tz_localize"):
        grid(local)
    assert grid(local.tz_localize(BERLIN)).has_stamps


@pytest.mark.parametrize("freq", ["h", "30min"])
def test_a_repeated_hour_of_naive_local_time_is_duplicated_and_the_zone_is_advised(freq):
    local = pd.date_range("2024-10-26", periods=120, freq=freq, tz=BERLIN).tz_localize(None)
    with pytest.raises(ValueError, match="duplicated stamp, 2024-10-27 02:00:00.*tz_localize"):
        grid(local)
    assert grid(local.tz_localize(BERLIN, ambiguous="infer")).has_stamps


@pytest.mark.parametrize(
    "index",
    [
        pd.DatetimeIndex(["2024-01-01", "2024-01-02", "2024-01-04"]),
        pd.date_range("2024-01-01", periods=9, freq="h").delete([4, 5]),
        pd.date_range("2024-01-01 10:00", periods=9, freq="h").delete(4),  # no hour of the night
        pd.DatetimeIndex(["1700-01-01 01:00", "1700-01-01 01:00", "2200-01-01"]).as_unit("ns"),
    ],
)
def test_the_zone_is_not_advised_where_gaps_are_no_hour_of_a_night(index):
    with pytest.raises(ValueError, match="irregular|duplicated") as error:
        grid(index)
    assert "tz_localize" not in str(error.value)


def test_a_gap_in_hours_around_a_repeated_hour_is_found():
    whole = pd.date_range("2024-10-26", periods=60, freq="30min", tz=BERLIN).delete(55)
    with pytest.raises(ValueError, match=r"y.asfreq\('30min'\)"):
        grid(whole)


# Zones and resolutions.


@pytest.mark.parametrize("zones", [(None, BERLIN), (BERLIN, None)])
def test_naive_and_aware_stamps_do_not_mix_and_both_are_named(zones):
    trained, request = (pd.date_range("2020", periods=3, tz=zone) for zone in zones)
    message = f"have time zone {zones[1]}, those of the training series time zone {zones[0]}"
    with pytest.raises(ValueError, match=message):
        grid(trained).positions(request)


def test_stamps_of_another_zone_are_compared_as_instants():
    trained = pd.date_range("2020-03-01", periods=60, tz=BERLIN)
    np.testing.assert_array_equal(
        grid(trained).positions(trained.tz_convert(NEW_YORK)), np.arange(60)
    )


@pytest.mark.parametrize("trained_unit", UNITS)
@pytest.mark.parametrize("asked_unit", UNITS)
@pytest.mark.parametrize("freq", ["h", "D", "ME", "B"])
def test_resolutions_do_not_matter(freq, asked_unit, trained_unit):
    whole = pd.date_range("2020-01-01", periods=30, freq=freq)
    found = grid(whole[:20].as_unit(trained_unit))
    np.testing.assert_array_equal(found.positions(whole.as_unit(asked_unit)), np.arange(30))
    assert found == grid(whole[:20].as_unit(asked_unit))


def test_a_stamp_off_by_one_nanosecond_is_off_the_grid_of_seconds():
    trained = pd.date_range("2020-01-01", periods=3, unit="s")
    request = pd.DatetimeIndex([pd.Timestamp("2020-01-02").as_unit("ns") + pd.Timedelta(1, "ns")])
    with pytest.raises(ValueError, match="off the grid"):
        grid(trained).positions(request)


def test_steps_of_nanoseconds_are_exact():
    whole = pd.date_range("2020-01-01", periods=50, freq="7ns", unit="ns")
    assert_goes_on_as(bare(whole[:20]), whole[20:])


def test_years_beyond_the_reach_of_nanoseconds_work_in_seconds():
    whole = pd.date_range(pd.Timestamp("2200-01-01"), periods=300, freq="YS", unit="s")
    assert_goes_on_as(whole[:20], whole[20:])


@pytest.mark.parametrize("freq", ["h", "D", "MS", "YE", "B"])
def test_stamps_beyond_the_reach_of_nanoseconds_are_an_error(freq):
    trained = pd.date_range("2258-01-01", "2261-01-02", freq=freq, unit="ns")
    with pytest.raises(ValueError):
        grid(trained).stamps(0, len(trained) + 20_000)


def nanoseconds(start, end, freq):
    """List dates up to the last of nanoseconds, beside which pandas lists none in them."""
    return pd.date_range(start, end, freq=freq, unit="s").as_unit("ns")


@pytest.mark.parametrize(("freq", "first"), [("YS", 2250), ("YE", 2250), ("YS", 2259)])
def test_years_go_on_up_to_the_last_that_nanoseconds_reach(freq, first):
    """Beyond it NumPy's dates wrap around, or raise an OverflowError from NumPy 2.5 on."""
    whole = nanoseconds(f"{first}-01-01", "2262-01-01", freq)
    assert_goes_on_as(whole[:3], whole[3:])
    with pytest.raises(ValueError, match=r"lies beyond the stamps of datetime64\[ns\]"):
        grid(whole[:3]).stamps(0, len(whole) + 1)


@pytest.mark.parametrize("freq", ["3h", "D", "B", "MS", "YE"])
def test_stamps_further_apart_than_nanoseconds_count_are_placed(freq):
    whole = nanoseconds("1690-01-01", "2260-01-01", freq)
    first, last = whole[:4], whole[-4:]
    assert list(grid(first).positions(last)) == list(range(len(whole) - 4, len(whole)))
    with pytest.raises(ValueError, match="before the start"):
        grid(last).positions(first)


def test_a_leap_between_stamps_beyond_what_their_unit_counts_is_refused():
    stamps = pd.DatetimeIndex(["1700-01-01", "2010-05-05 12:00", "2010-05-06"])
    with pytest.raises(ValueError, match=r"leaps from 1700-01-01 .*\(row 1\).*as_unit\('s'\)"):
        grid(stamps.as_unit("ns"))
    with pytest.raises(ValueError, match="irregular"):
        grid(stamps.as_unit("s"))


def test_a_series_from_the_first_nanosecond_on_is_regular():
    first = pd.Timestamp.min.ceil("us")
    whole = pd.date_range(first, periods=9, freq="D", unit="ns")
    assert_goes_on_as(whole[:5], whole[5:])


# Periods.


@pytest.mark.parametrize("freq", ["M", "2M", "Q-NOV", "W-SUN", "D", "h", "Y"])
def test_periods_go_on_by_their_frequency(freq):
    whole = pd.period_range("2020-01-06", periods=12, freq=freq, name="span")
    assert_goes_on_as(whole[:5], whole[5:])
    pd.testing.assert_index_equal(grid(whole[:5]).stamps(3, 12), whole[3:])
    assert_goes_on_as(whole[:1], whole[1:])


def test_every_third_month_of_monthly_periods_is_regular():
    whole = pd.period_range("2020-01", periods=30, freq="M")[::3]
    assert_goes_on_as(whole[:5], whole[5:])
    with pytest.raises(ValueError, match="2020-02 .*off the grid"):
        grid(whole).positions(pd.PeriodIndex(["2020-02"], freq="M"))


def test_periods_of_another_frequency_are_refused():
    trained = pd.period_range("2020-01", periods=5, freq="M")
    for freq in ("Q-DEC", "2M"):
        with pytest.raises(ValueError, match=f"frequency {freq}, .* series frequency M"):
            grid(trained).positions(trained.asfreq(freq))


def test_periods_with_a_gap_name_it_and_the_code_that_fills_it():
    whole = pd.period_range("2020-01", periods=6, freq="M")
    y = pd.Series(1.0, index=whole).drop(whole[3])
    with pytest.raises(ValueError, match="after 2020-03 comes 2020-05") as error:
        grid(y.index)
    code = "pd.period_range('2020-01', '2020-06', freq='M')"
    assert f"y.reindex({code})" in str(error.value)
    assert grid(y.reindex(eval(code)).index) == grid(whole)


@pytest.mark.parametrize(
    "index",
    [
        pd.date_range("2020", periods=3),
        pd.period_range("2020", periods=3, freq="D"),
        pd.RangeIndex(5, 8),
    ],
    ids=repr,
)
def test_stamps_of_another_kind_are_refused(index):
    others = [
        pd.date_range("2020", periods=3),
        pd.period_range("2020", periods=3, freq="D"),
        pd.RangeIndex(5, 8),
        pd.Index(["a", "b"]),
        pd.Index([5.5, 6.5]),
    ]
    for other in others:
        if type(other) is not type(index):
            with pytest.raises(ValueError, match="the training series had .* no place for"):
                grid(index).positions(other)


# Objects and Arrow types.


def test_object_stamps_are_converted_at_fit_and_later():
    dates = pd.date_range("2020-01-01", periods=5, tz=BERLIN, name="day")
    for index in (dates, dates.tz_localize(None), dates.tz_localize(None).to_period("D")):
        found = grid(index.astype(object))
        assert found == grid(index)
        assert found.stamps(5, 7).name == "day"
        np.testing.assert_array_equal(found.positions(index.astype(object)), np.arange(5))


def test_python_dates_are_days():
    index = pd.Index([datetime.date(2020, 1, day) for day in (30, 31)], dtype=object)
    assert list(grid(index).stamps(2, 3)) == [pd.Timestamp("2020-02-01")]


def test_objects_of_several_zones_are_refused_with_advice():
    stamps = [pd.Timestamp("2020-01-01 00:00+01:00"), pd.Timestamp("2020-01-02")]
    with pytest.raises(ValueError, match="cannot join.*utc=True"):
        grid(pd.Index(stamps, dtype=object))


def test_arrow_stamps_are_converted():
    pytest.importorskip("pyarrow")
    dates = pd.date_range("2020-01-01", periods=5, unit="ns")
    for kind in ("timestamp[ns][pyarrow]", "date32[day][pyarrow]"):
        found = grid(dates.astype(kind))
        assert found.has_stamps
        np.testing.assert_array_equal(found.positions(dates), np.arange(5))
    years = pd.Index([1960, 1961], dtype="int64[pyarrow]")
    assert list(grid(years).stamps(0, 3)) == [1960, 1961, 1962]


# The grid as a value.


def test_grids_are_equal_where_stamps_and_steps_are():
    dates = pd.date_range("2020-01-06", periods=5, name="a")
    assert grid(dates) == grid(bare(dates).rename("b"))
    assert grid(pd.RangeIndex(5, 8)) == grid(pd.Index([5, 6, 7], dtype="int16"))
    assert TimeGrid.from_index(None, 3) == grid(pd.RangeIndex(3))
    different = [
        grid(dates),
        grid(dates[:4]),
        grid(dates + pd.Timedelta("1h")),
        grid(dates.tz_localize(BERLIN)),
        grid(dates.to_period("D")),
        grid(pd.date_range("2020-01-06", periods=5, freq="B")),
        grid(pd.RangeIndex(5, 10)),
        TimeGrid.from_index(None, 5),
    ]
    for i, one in enumerate(different):
        assert one != "grid"
        for other in different[i + 1 :]:
            assert one != other


@pytest.mark.parametrize("freq", ["h", "D", "ME", "B"])
def test_a_grid_survives_pickle_and_deepcopy(freq):
    found = grid(pd.date_range("2020-01-01", periods=5, freq=freq, tz=BERLIN))
    for twin in (pickle.loads(pickle.dumps(found)), copy.deepcopy(found)):
        assert twin == found
        pd.testing.assert_index_equal(twin.stamps(3, 9), found.stamps(3, 9))


def test_a_grid_cannot_be_changed():
    with pytest.raises(AttributeError):
        TimeGrid.from_index(None, 3).has_stamps = True


# Speed. The bounds are some ten times what a slow machine takes.


@pytest.mark.parametrize("freq", ["h", "D", "B"])
def test_a_hundred_thousand_stamps_take_seconds_at_most(freq):
    whole = pd.date_range("1970-01-01", periods=100_000, freq=freq, tz=BERLIN, unit="s")
    began = time.perf_counter()
    found = grid(whole[:50_000])
    np.testing.assert_array_equal(found.positions(whole), np.arange(100_000))
    assert time.perf_counter() - began < 20


@pytest.mark.parametrize(
    ("freq", "far"), [("h", 12_000_000), ("D", 12_000_000), ("B", 2_000_000), ("ME", 90_000)]
)
def test_a_stamp_far_ahead_is_placed_by_arithmetic(freq, far):
    found = grid(pd.date_range("2020-01-31", periods=5, freq=freq, unit="s"))
    assert found.positions(found.stamps(far, far + 1))[0] == far


def test_a_stamp_too_far_ahead_for_a_listed_frequency_is_refused_at_once():
    for index in (
        pd.date_range("2020-01-01", periods=5, freq="bh", unit="s"),
        pd.date_range("2020-01-01", periods=1, freq="bh", unit="s"),
    ):
        found = grid(index)
        began = time.perf_counter()
        with pytest.raises(ValueError, match="too far"):
            found.positions(pd.DatetimeIndex(["9000-01-03"], dtype="M8[s]"))
        with pytest.raises(ValueError, match="too far"):
            found.stamps(20_000_000, 20_000_001)
        assert time.perf_counter() - began < 5


# The round trip, over everything.

CLOCK_FREQUENCIES = ["h", "15min", "36h", "7s"]


@settings(deadline=None, max_examples=300)
@given(
    freq=st.sampled_from([*FREQUENCIES, "SME", pd.DateOffset(months=1)]),
    zone=st.sampled_from(ZONES),
    unit=st.sampled_from(UNITS),
    start=st.datetimes(datetime.datetime(1990, 1, 1), datetime.datetime(2030, 1, 1)),
    whole_days=st.booleans(),
    n=st.integers(1, 40),
    ask=st.tuples(st.integers(0, 200), st.integers(0, 30)),  # years before nanoseconds end
)
def test_positions_of_stamps_are_the_positions(freq, zone, unit, start, whole_days, n, ask):
    begin = pd.Timestamp(start).floor("D" if whole_days else "s").as_unit("s")
    index = pd.date_range(begin, periods=n, freq=freq, unit=unit)
    if zone is not None and freq in CLOCK_FREQUENCIES:
        index = index.tz_localize("UTC").tz_convert(zone)
    elif zone is not None:
        first = np.ones(n, dtype=bool)
        index = index.tz_localize(zone, ambiguous=first, nonexistent="shift_forward")
    inferable = freq != "SME" and not (isinstance(freq, pd.DateOffset) and start.day > 28)
    if index.freq is None and not inferable:
        return  # localising has taken the frequency away
    found = grid(index)
    knows_more = n > 1 or index.freq is not None
    first, last = (ask[0], ask[0] + ask[1]) if knows_more else (0, 1)
    stamps = found.stamps(first, last)
    assert stamps.dtype == index.dtype
    np.testing.assert_array_equal(found.positions(stamps), np.arange(first, last))
    assert list(found.stamps(0, n)) == list(index)


@pytest.mark.parametrize(
    "offset",
    ["B", "WOM-2TUE", "SME", pd.offsets.CustomBusinessDay(holidays=["2020-12-25"], weekmask="Mon")],
)
def test_listed_stamps_are_listed_once_however_many_small_updates_ask(offset, monkeypatch):
    # One value at a time, 1,500 times: what is listed by pandas stays near what is asked for.
    index = pd.date_range("1990-01-02", periods=1520, freq=offset)
    found = grid(index[:20])
    listed, date_range = [], pd.date_range

    def counting(*args, **kwargs):
        stamps = date_range(*args, **kwargs)
        listed.append(len(stamps))
        return stamps

    monkeypatch.setattr(pd, "date_range", counting)
    for i in range(20, 1520):
        assert found.positions(index[i : i + 1]) == [i]
    assert sum(listed) < 3000 and len(listed) < 20
    copied = pickle.loads(pickle.dumps(found))
    assert copied == found and list(copied.stamps(0, 1520)) == list(index)


def test_listed_stamps_end_where_pandas_has_no_more():
    index = pd.date_range("2262-03-03", periods=6, freq="B", unit="ns")
    found = grid(index)
    assert list(found.stamps(6, 8)) == list(pd.date_range(index[-1], periods=3, freq="B")[1:])
    assert list(found.positions(found.stamps(0, 10))) == list(range(10))
