"""Which labels of rows place them in time, and how positions and integers go on."""

import datetime
import re

import numpy as np
import pandas as pd
import pytest
from time_grids import BERLIN, grid

from tsrnn import NaiveForecaster
from tsrnn._time.grid import TimeGrid, is_time_index

# What counts as a time index.


@pytest.mark.parametrize(
    "index",
    [
        pd.date_range("2020", periods=3),
        pd.date_range("2020", periods=3, tz=BERLIN),
        pd.DatetimeIndex([]),
        pd.period_range("2020", periods=3, freq="M"),
        pd.RangeIndex(1, 4),
        pd.Index([1960, 1961]),
        pd.Index([7, 8], dtype="Int64"),
        pd.Index([-1, 0, 1]),
        pd.Index([datetime.datetime(2020, 1, 1), pd.Timestamp("2020-01-02")], dtype=object),
        pd.Index([datetime.date(2020, 1, 1), datetime.date(2020, 1, 2)], dtype=object),
        pd.Index([pd.Period("2020-01"), pd.Period("2020-02")], dtype=object),
        pd.Index(["2020-01-01", "2020-01-02"]),
        pd.Index(["2020-01", "2020-02"], dtype=object),
        pd.Index(["2020/01/31 10:00", "2020/02/29 10:00"]),
        pd.Index(["20200131", "20200229"]),
        pd.Index(["2020-01-01T00:00Z", "2020-01-02T00:00Z"], dtype="string"),
        pd.Index([pd.Timestamp("2020-01-01"), "2020-01-02"], dtype=object),
        pd.Index([2000.0, 2001.0]),
        pd.CategoricalIndex(pd.date_range("2020", periods=2)),
        pd.CategoricalIndex(["2020-01-01", "2020-01-02"]),
        pd.timedelta_range("0h", periods=3),
        pd.Index([datetime.timedelta(1), datetime.timedelta(2)], dtype=object),
    ],
    ids=lambda index: f"{type(index).__name__}-{index.dtype}",
)
def test_an_index_that_places_rows_in_time_is_a_time_index(index):
    assert is_time_index(index)


@pytest.mark.parametrize(
    "index",
    [
        None,
        [5, 6],
        np.arange(5, 8),
        pd.RangeIndex(3),
        pd.RangeIndex(0),
        pd.Index([0, 1, 2]),
        pd.Index([0, 5, 3]),
        pd.Index([], dtype="int64"),
        pd.Index([], dtype=object),
        pd.Index(["01/02/2020", "02/02/2020"]),
        pd.Index(["2020-01-01", "total"]),
        pd.Index(["a", "b"]),
        pd.Index([0.0, 1.0]),
        pd.Index([1.5, 2.5]),
        pd.Index([True, False]),
        pd.MultiIndex.from_product([["a"], pd.date_range("2020", periods=2)]),
        pd.CategoricalIndex(["x", "y"]),
    ],
    ids=repr,
)
def test_any_other_index_is_no_time_index_and_makes_a_plain_grid(index):
    assert not is_time_index(index)
    if isinstance(index, pd.Index):
        assert not grid(index).has_stamps


# Plain positions and integers.


def test_a_plain_grid_has_positions_as_stamps():
    found = TimeGrid.from_index(None, 4)
    assert not found.has_stamps
    pd.testing.assert_index_equal(found.stamps(2, 6), pd.RangeIndex(2, 6))
    np.testing.assert_array_equal(found.positions(pd.Index([7, 2, 2])), [7, 2, 2])
    assert found.positions(pd.Index([7, 2])).dtype == np.int64


def test_a_plain_grid_keeps_the_name_of_a_default_index():
    assert grid(pd.RangeIndex(3, name="step")).stamps(3, 5).name == "step"


@pytest.mark.parametrize(
    "index", [pd.date_range("2020", periods=2), pd.period_range("2020", periods=2, freq="M")]
)
def test_a_plain_grid_refuses_dates(index):
    with pytest.raises(ValueError, match="training series had no time index"):
        TimeGrid.from_index(None, 4).positions(index)


def test_a_plain_grid_refuses_negative_positions():
    with pytest.raises(ValueError, match=r"-1 \(row 1\) lies before the start"):
        TimeGrid.from_index(None, 4).positions(pd.Index([2, -1]))


@pytest.mark.parametrize(
    "index",
    [
        pd.RangeIndex(5, 9, name="t"),
        pd.RangeIndex(10, 50, 10),
        pd.Index([1960, 1961, 1962], name="year"),
        pd.Index([-4, -2, 0], dtype="int16"),
        pd.Index([3], dtype="int64"),
        pd.Index([250, 251], dtype="uint64"),
        pd.Index([7, 8, 9], dtype="Int32"),
    ],
    ids=repr,
)
def test_integers_go_on_by_their_step_in_their_own_type(index):
    step = index[1] - index[0] if len(index) > 1 else 1
    found, n = grid(index), len(index)
    assert found.has_stamps
    pd.testing.assert_index_equal(found.stamps(0, n), index, exact=True)
    future = found.stamps(n, n + 3)
    assert list(future) == [index[-1] + step * k for k in (1, 2, 3)]
    assert (type(future), future.dtype, future.name) == (type(index), index.dtype, index.name)
    np.testing.assert_array_equal(found.positions(future[::-1]), n + np.arange(3)[::-1])


@pytest.mark.parametrize(
    "held",
    [
        lambda dates: pd.Index(dates.strftime("%Y-%m-%d")),
        lambda dates: pd.Index(dates.strftime("%Y/%m/%d")).astype(object),
        lambda dates: pd.Index(dates.strftime("%Y%m%d")),
        lambda dates: pd.Index(dates.strftime("%Y-%m-%d")).astype("category"),
        lambda dates: pd.CategoricalIndex(dates),
    ],
)
@pytest.mark.parametrize("freq", ["D", "MS", "ME", "B"])
def test_dates_in_whatever_they_are_held_go_on_as_dates(held, freq):
    dates = pd.date_range("2020-01-31", periods=9, freq=freq)
    found = grid(held(dates[:6]))
    assert found == grid(dates[:6])
    assert list(found.stamps(6, 9)) == list(dates[6:])
    np.testing.assert_array_equal(found.positions(held(dates[5:])), [5, 6, 7, 8])
    for disorder in (held(dates[::-1]), held(dates[[0, 1, 1, 2]])):
        with pytest.raises(ValueError, match="not monotonic|duplicated"):
            grid(disorder)


@pytest.mark.parametrize(
    "index",
    [
        pd.timedelta_range("0h", periods=6, freq="h", name="run"),
        pd.TimedeltaIndex(["15min", "30min", "45min", "60min", "75min", "90min"]),
        pd.to_timedelta(np.arange(6) * 3, unit="ns"),
        pd.to_timedelta(np.arange(-3, 3), unit="D").as_unit("s"),
    ],
    ids=repr,
)
def test_durations_go_on_by_their_step(index):
    found = grid(index[:4])
    pd.testing.assert_index_equal(found.stamps(0, 4), index[:4], exact=True)
    assert list(found.stamps(4, 6)) == list(index[4:])
    np.testing.assert_array_equal(found.positions(index[[5, 0]]), [5, 0])
    with pytest.raises(ValueError, match="off the grid"):
        found.positions(index[:1] + pd.Timedelta(1, "ns"))
    with pytest.raises(ValueError, match="not monotonic"):
        grid(index[::-1])
    with pytest.raises(ValueError, match=r"pd\.timedelta_range"):
        grid(index[[0, 1, 3]])


def test_years_as_floats_go_on_as_integers():
    found = grid(pd.Index([2018.0, 2019.0, 2020.0]))
    assert list(found.stamps(3, 5)) == [2021, 2022]
    np.testing.assert_array_equal(found.positions(pd.Index([2021.0])), [3])
    with pytest.raises(ValueError, match="not monotonic"):
        grid(pd.Index([2020.0, 2019.0]))


@pytest.mark.parametrize(
    ("integers", "part"),
    [
        (range(202001, 202013), "month or week"),
        (range(202001, 202053), "week"),
        (range(20200131, 20200100, -1), "month and day"),
        ([20200131], "month and day"),
        ([20201, 20202, 20203], "quarter"),
        (range(2020001, 2020100), "day"),
    ],
)
def test_integers_that_hold_a_year_and_its_part_are_not_counted_on(integers, part):
    with pytest.raises(ValueError, match=f"read as a year and a {part} "):
        grid(pd.Index(sorted(integers)))


def test_what_makes_dates_of_such_integers_is_told_and_does():
    made = {
        (202011, 202012): "2020-11-01",
        (202053, 202101): "2020-12-28",
        (2020366, 2021001): "2020-12-31",
        (20201231, 20210101): "2020-12-31",
        (20204, 20211): "2020-10-01",
    }
    for integers, first in made.items():
        index = pd.Index(integers)
        with pytest.raises(ValueError, match="read as a year") as caught:
            grid(index)
        cure = re.search(r": (pd\..*) makes", str(caught.value))[1]
        stamps = eval(cure.replace("y.index", "index"), {"pd": pd, "index": index})
        assert stamps[0] in (pd.Timestamp(first), pd.Period(first, "Q"))


@pytest.mark.parametrize(
    "integers",
    [range(1990, 2020), range(200, 240), range(202001, 202090), [43831, 43832], range(8000, 8012)],
)
def test_other_integers_are_counted_on(integers):
    assert grid(pd.Index(integers)).stamps(len(integers), len(integers) + 1)[0] == (
        integers[-1] + 1
    )


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (["31/01/2020", "28/02/2020", "31/03/2020"], "looks like times"),
        (["Jan 2020", "Feb 2020", "Mar 2020"], "looks like times"),
        (["2020Q1", "2020Q2", "2020Q3"], "looks like times"),
        (["2020-01-01", "2020-01-02", "total"], "looks like times"),
        ([2020.0, 2020.25, 2020.5], "not whole"),
        (pd.MultiIndex.from_product([["a"], pd.date_range("2020", periods=3)]), "2 levels"),
    ],
)
def test_labels_that_only_look_like_times_are_told_of_at_fit(index, message):
    y = pd.Series([1.0, 2.0, 4.0], index=index)
    with pytest.warns(UserWarning, match=message):
        fitted = NaiveForecaster().fit(y)
    assert list(fitted.predict(1).index) == [3]
    with pytest.warns(UserWarning, match=message):
        NaiveForecaster().fit(pd.DataFrame(index=y.index), y.to_numpy())


def test_floats_out_of_order_are_refused():
    for index in ([2020.5, 2020.25], [0.5, 0.5]):
        with pytest.raises(ValueError, match="not monotonic|duplicated"):
            NaiveForecaster().fit(pd.Series([1.0, 2.0], index=index))


@pytest.mark.parametrize("index", [["a", "b", "c"], ["1", "2", "10"], ["Mayer 1", "B 2", "C 3"]])
def test_labels_that_are_no_times_are_not_told_of(index):
    NaiveForecaster().fit(pd.Series([1.0, 2.0, 4.0], index=index))  # a warning would be an error


def test_words_that_are_no_date_are_named():
    with pytest.raises(ValueError, match=r"'2020-02-30' in row 1 is no date"):
        grid(pd.Index(["2020-02-29", "2020-02-30"]))
    with pytest.raises(ValueError, match="cannot join"):
        grid(pd.Index(["2020-01-01T00:00+01:00", "2020-07-01T00:00+02:00"]))
    with pytest.raises(ValueError, match="missing stamp"):
        grid(pd.Index(["2020-01-01", None]))


def test_a_file_of_dates_as_words_is_forecast_in_their_order():
    words = pd.date_range("2020", periods=5).strftime("%Y-%m-%d")
    y = pd.Series([1.0, 2.0, 3.0, 4.0, 5.0], index=words)
    fitted = NaiveForecaster(strategy="drift").fit(y[:4])
    assert fitted.predict(1).index[0] == pd.Timestamp("2020-01-05")
    assert list(fitted.predict(y.index[4:])) == [5.0]
    assert fitted.update(y[4:]).score(None, y) == 1.0
    with pytest.raises(ValueError, match="must continue"):
        fitted.update(y[4:])


def test_integers_that_outgrow_their_type_become_int64():
    index = grid(pd.Index([125, 126], dtype="int8")).stamps(0, 4)
    assert list(index) == [125, 126, 127, 128]


def test_an_integer_off_the_grid_is_named():
    found = grid(pd.Index([10, 20, 30]))
    with pytest.raises(ValueError, match=r"25 \(row 1\) lies off the grid"):
        found.positions(pd.Index([40, 25]))
    with pytest.raises(ValueError, match=r"0 \(row 0\) lies before the start"):
        found.positions(pd.Index([0, 10]))


def test_irregular_integers_are_refused_with_the_code_that_fills_the_gap():
    y = pd.Series([1.0, 2.0, 3.0], index=[10, 20, 40])
    message = r"irregular: after 20 comes 40 \(row 2\). y.reindex\(range\(10, 50, 10\)\) puts NaN"
    with pytest.raises(ValueError, match=message):
        grid(y.index)
    assert list(grid(y.reindex(range(10, 50, 10)).index).stamps(0, 5)) == [10, 20, 30, 40, 50]


def test_an_integer_beyond_64_bits_is_refused():
    top = np.iinfo(np.int64).max
    with pytest.raises(ValueError, match="beyond the stamps of int64"):
        grid(pd.Index([top - 1, top])).stamps(0, 3)
