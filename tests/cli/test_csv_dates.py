"""Dates as people write them: the order that is even, or that the user names."""

import warnings

import numpy as np
import pandas as pd
import pytest

from tsrnn.cli.csv_dates import is_date, readings_of, the_one_reading, unread
from tsrnn.cli.csv_errors import UsageError


def read(cells, pattern=None, series=None):
    column = pd.Series(cells, index=range(2, len(cells) + 2), name="day", dtype=object)
    series = np.zeros(len(cells), dtype=np.int64) if series is None else np.array(series)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # pandas warns of orders that are merely tried
        return the_one_reading(column, readings_of(column, pattern), series)


BOTH_EVEN = {
    "the 5th of months": [f"{i:02}/05/2020" for i in range(1, 13)],
    "days of May": [f"05/{i:02}/2020" for i in range(1, 13)],
    "without zeros": [f"{i}/5/2020" for i in range(1, 9)],
    "dashes": [f"{i:02}-05-2020" for i in range(1, 9)],
    "short years": [f"{i:02}/05/20" for i in range(1, 9)],
    "with times": [f"{i:02}/05/2020 10:00" for i in range(1, 9)],
    "quarters": ["01/01/2020", "01/04/2020", "01/07/2020", "01/10/2020"],
    "two": ["01/02/2020", "01/03/2020"],
    "newest first": [f"{i:02}/05/2020" for i in range(12, 0, -1)],
}


@pytest.mark.parametrize("name", BOTH_EVEN)
def test_what_is_even_both_ways_is_refused_until_the_order_is_named(name):
    cells = BOTH_EVEN[name]
    with pytest.raises(UsageError, match="day or with the month first.*on line 2") as caught:
        read(cells)
    words = str(caught.value).split("--date-format ")[1].split(", or write")[0]
    patterns = [word.strip('"') for word in words.split(" or ")]
    dates = [read(cells, pattern).dates for pattern in patterns]
    assert len(dates) >= 2 and not dates[0].equals(dates[1])


@pytest.mark.parametrize(
    ("cells", "first", "last"),
    [
        # Weeks, of which the 13th and later days tell.
        (["05/01/2020", "12/01/2020", "19/01/2020"], "2020-01-05", "2020-01-19"),
        (["01/05/2020", "01/12/2020", "01/19/2020"], "2020-01-05", "2020-01-19"),
        # Five quarters, which would be four days and a year.
        (["01/01/2020", "01/04/2020", "01/07/2020", "01/10/2020", "01/01/2021"],
         "2020-01-01", "2021-01-01"),
        # Eleven months, the 12th of the next year: as days they are not even.
        ([f"{i:02}/01/2020" for i in range(1, 13)] + ["01/01/2021"], "2020-01-01", "2021-01-01"),
        (["31.12.19", "31.01.20", "29.02.20"], "2019-12-31", "2020-02-29"),
        (["20-01-31", "20-02-29", "20-03-31"], "2020-01-31", "2020-03-31"),
        (["01/2020", "02/2020", "03/2020"], "2020-01-01", "2020-03-01"),
        (["Jan 20", "Feb 20", "Mar 20"], "2020-01-01", "2020-03-01"),
        (["Monday 2020-01-06", "Tuesday 2020-01-07"], "2020-01-06", "2020-01-07"),
        (["2020/01/02", "2020/02/02", "2020/03/02"], "2020-01-02", "2020-03-02"),
        (["1500-01-01", "1501-01-01", "1502-01-01"], "1500-01-01", "1502-01-01"),
    ],
)  # fmt: skip
def test_what_is_even_in_one_way_is_read_so(cells, first, last):
    if first < "1678" and pd.__version__ < "3":
        pytest.skip("pandas 2 has no such dates")
    dates = read(cells).dates
    assert (dates.iloc[0], dates.iloc[-1]) == (pd.Timestamp(first), pd.Timestamp(last))


def test_any_series_can_tell_the_order_and_two_that_differ_are_refused():
    weeks = ["05/01/2020", "12/01/2020", "02/02/2020", "09/02/2020", "01/03/2020", "08/03/2020"]
    even = ["07/06/2020", "07/07/2020", "07/08/2020", "07/09/2020", "06/10/2020"]
    with pytest.raises(UsageError, match="day or with the month first"):
        read(weeks)
    quarters = ["01/01/2020", "01/04/2020", "01/07/2020", "01/10/2020", "01/01/2021"]
    found = read(weeks + quarters, series=[0] * len(weeks) + [1] * len(quarters))
    assert found.pattern == "%d/%m/%Y"
    with pytest.raises(UsageError, match="day or with the month first"):
        read(even[:4], series=[0] * 4)


@pytest.mark.parametrize(
    ("cells", "first", "written"),
    [
        (["Q4 2022", "Q1 2023"], "2022-10-01", "Q%q %Y"),
        (["2022Q4", "2023Q1"], "2022-10-01", "%YQ%q"),
        (["2022-Q4", "2023-Q1"], "2022-10-01", "%Y-Q%q"),
        (["Q4/2022", "Q1/2023"], "2022-10-01", "Q%q/%Y"),
        (["q4 2022", "q1 2023"], "2022-10-01", None),
        (["2022-W52", "2023-W01"], "2022-12-26", "%G-W%V"),
        (["2020W53", "2021W01"], "2020-12-28", "%GW%V"),
        (["W05 2022", "W06 2022"], "2022-01-31", "W%V %G"),
        (["W5 2022", "W6 2022"], "2022-01-31", None),
        (["2022-KW05", "2022-KW06"], "2022-01-31", "%G-KW%V"),
    ],
)
def test_quarters_and_weeks_are_read_and_written_by_their_names(cells, first, written):
    reading = read(cells)
    assert reading.dates.iloc[0] == pd.Timestamp(first)
    assert reading.date_format == written
    if written is not None:
        assert reading.index().strftime(written).tolist() == cells


@pytest.mark.parametrize("cell", ["2022-W53", "2022-W00", "2022Q5", "Q0 2022", "2022-W1x"])
def test_weeks_and_quarters_that_are_none_are_not_read(cell):
    reading = read(["2022-W51" if "W" in cell else "2022Q4"] * 3 + [cell])
    assert reading.dates.isna().tolist() == [False] * 3 + [True]


@pytest.mark.parametrize("cell", ["1/" * 50_000, "1" * 10**6, "Jan" * 10_000, "item-17", "x"])
def test_what_does_not_look_like_a_date_is_not_tried(cell):
    assert readings_of(pd.Series([cell] * 3, dtype=object)) == []


def test_codes_are_no_weeks_and_quarters_but_in_a_column_of_that_name():
    cells = ["10115", "20204", "202012", "D-10117"]
    assert not is_date(readings_of(pd.Series(cells, dtype=object, name="code")))
    assert is_date(readings_of(pd.Series(cells, dtype=object, name="week")))


@pytest.mark.parametrize("cell", ["1500-01-01", "01.01.1500", "2500-01-01", "10000-01-01"])
def test_dates_that_pandas_may_not_have_are_not_told_to_follow_what_they_follow(cell):
    words = unread(cell, None)
    assert "reads no such date: take the column out, or put whole numbers" in words
    assert "best write" not in words and "best write" in unread("2020-13-01", None)


def test_a_pattern_that_is_none_is_named():
    with pytest.raises(UsageError, match="--date-format %k is none"):
        read(["2020-01-01"], "%k")


def berlin(freq, n, start="2024-03-28", form="%Y-%m-%dT%H:%M:%S%z", gap=None):
    """Dates over the night of 31 March 2024, in which clocks are put forward."""
    dates = pd.date_range(start, periods=n, freq=freq, tz="Europe/Berlin")
    cells = [date.strftime(form) for date in dates]
    return dates.delete([] if gap is None else gap), [c for i, c in enumerate(cells) if i != gap]


@pytest.mark.parametrize(
    ("dates", "cells"),
    [
        berlin("D", 8),
        berlin("D", 8, gap=2),
        berlin("MS", 8, "2024-01-01"),
        berlin("D", 8, form="%d/%m/%Y %H:%M %z"),
        berlin("D", 8, form="%Y%m%dT%H%M%z"),
    ],
)
def test_steps_of_days_are_those_of_the_clocks_whatever_their_offsets_from_utc(dates, cells):
    reading = read(cells)
    assert reading.dates.tolist() == dates.tz_localize(None).tolist()
    assert "('+01:00', '+02:00') and are taken as the clocks show" in reading.note
    assert reading.date_format is None


@pytest.mark.parametrize(
    ("dates", "cells"),
    [
        berlin("h", 12, "2024-03-30 22:00"),
        berlin("h", 12, "2024-10-26 22:00"),
        berlin("h", 12, "2024-03-30 22:00", gap=7),
        berlin("15min", 40, "2024-03-31", form="%d.%m.%Y %H:%M %z"),
    ],
)
def test_steps_within_days_are_those_of_utc_over_a_change_of_clocks(dates, cells):
    reading = read(cells)
    assert reading.dates.tolist() == dates.tz_convert("UTC").tolist()
    assert "are taken in UTC" in reading.note


def test_a_step_that_is_named_tells_whose_days_are_meant():
    times = [
        time for day in ("30", "31") for time in (f"2024-03-{day}T00:30", f"2024-03-{day}T23:07")
    ]
    column = pd.Series([f"{time}:00+0{1 + (i > 2)}:00" for i, time in enumerate(times)], name="t")
    readings, one = readings_of(column), np.zeros(4, dtype=np.int64)
    days = {
        freq: the_one_reading(column, readings, one, freq).dates.dt.day.tolist()
        for freq in (None, "D", "W", "h", "24h", "rows")
    }
    by_clock, in_utc = [30, 30, 31, 31], [29, 30, 30, 31]
    assert days == {None: by_clock, "D": by_clock, "W": by_clock, "h": in_utc, "24h": in_utc} | {
        "rows": by_clock
    }


def test_dates_of_one_offset_and_of_none_have_no_note():
    for offset in ("", "Z", "+01:00"):
        assert read([f"2024-03-{day}T00:30:00{offset}" for day in (29, 30, 31)]).note is None
