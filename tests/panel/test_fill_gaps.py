"""Gaps in time: filled as pandas fills each series alone, rows joined as pandas resamples them."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from panels import make_frame, quietly

import tsrnn
from tsrnn import fill_gaps
from tsrnn.exceptions import InvalidParameterError

DAYS = pd.date_range("2024-01-01", periods=40)


def long(stamps, name="a", values=None):
    """A series as a long frame."""
    values = np.arange(1.0, len(stamps) + 1.0) if values is None else values
    return pd.DataFrame({"unique_id": name, "ds": stamps, "y": values})


def with_holes(stamps, rng, share=0.3):
    """The stamps without some of them, both ends kept."""
    kept = rng.random(len(stamps)) > share
    kept[[0, 1, -1]] = True  # two in a row, so that the step is seen
    return stamps[kept]


def filled_one_by_one(df, freq, value=np.nan):
    """The loop that the fast way is held against: `asfreq` of each series."""
    frames = []
    for name, rows in df.groupby("unique_id"):
        y = rows.sort_values("ds").set_index("ds")["y"].asfreq(freq, fill_value=value)
        frames.append(pd.DataFrame({"unique_id": name, "ds": y.index, "y": y.array}))
    return pd.concat(frames, ignore_index=True)


def same(found, expected, **options):
    pd.testing.assert_frame_equal(
        found.assign(ds=found["ds"].array), expected.assign(ds=expected["ds"].array), **options
    )


def test_an_index_of_series_and_time_stays_one():
    df = pd.concat([long(DAYS[[0, 1, 3]], "b"), long(DAYS[[2, 5, 6]], "a")])
    expected = fill_gaps(df, "D", value=0).set_index(["unique_id", "ds"])
    levels = df.set_index(["unique_id", "ds"])
    pd.testing.assert_frame_equal(fill_gaps(levels, "D", value=0), expected)
    named = levels["y"].rename("sold")
    pd.testing.assert_series_equal(fill_gaps(named, "D", value=0), expected["y"].rename("sold"))
    swapped = levels.swaplevel().rename_axis(["day", "shop"])
    answer = fill_gaps(swapped, "D", value=0)
    assert answer.index.names == ["day", "shop"]
    assert answer["y"].tolist() == expected["y"].tolist()


@pytest.mark.parametrize("kind", ["index", "column", "polars"])
def test_a_wide_frame_stays_one_and_is_filled_as_the_long_one_is(kind):
    values = {
        "late": [np.nan, 1.0, 2.0, 3.0, np.nan],
        "whole": [1, 2, 3, 4, 5],
        "holey": [1.0, np.nan, 2.0, 3.0, 4.0],
    }
    wide = pd.DataFrame(values, DAYS[[0, 1, 3, 5, 6]].rename("ds"))
    melted = wide.melt(ignore_index=False, var_name="unique_id", value_name="y").reset_index()
    is_end = (melted["unique_id"] == "late") & melted["y"].isna()
    filled = fill_gaps(melted[~is_end], "D", value=0.0)
    expected = filled.pivot(index="ds", columns="unique_id", values="y")[list(values)]
    assert expected["whole"].tolist() == [1, 2, 0, 3, 0, 4, 5]
    assert expected["late"].tolist()[1:-1] == [1, 0, 2, 0, 3] and expected["late"].isna().sum() == 2
    assert expected["holey"].isna().tolist() == [False, True] + 5 * [False]
    if kind == "index":
        found = fill_gaps(wide, "D", value=0.0)
    elif kind == "column":
        found = fill_gaps(wide.reset_index(), "D", value=0.0).set_index("ds")
    else:
        polars = pytest.importorskip("polars")
        found = fill_gaps(polars.DataFrame(wide.reset_index().to_dict("series")), "D", value=0.0)
        assert isinstance(found, polars.DataFrame) and found["late"].null_count() == 2
        found = pd.DataFrame(found.to_dict(as_series=False)).set_index("ds")
    np.testing.assert_array_equal(found.to_numpy(), expected.to_numpy())
    assert list(found) == list(values) and (found.index == expected.index).all()


FREQUENCIES = ["D", "2D", "W-SUN", "W-WED", "B", "h", "15min", "90s", "MS", "ME", "2MS", "QS",
               "QE-JAN", "YS", "YE", "BMS", "SMS"]  # fmt: skip


@pytest.mark.parametrize("freq", FREQUENCIES)
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), value=st.sampled_from([0, np.nan, -2.5]))
def test_a_named_frequency_fills_as_pandas_fills_each_series(freq, seed, value):
    rng = np.random.default_rng(seed)
    every = pd.date_range("2019-11-30", periods=60, freq=freq)
    parts = [
        long(with_holes(every[first : first + rng.integers(4, 50)], rng), name)
        for name, first in zip("abc", (0, 3, 7), strict=True)
    ]
    df = pd.concat(parts).sample(frac=1.0, random_state=seed % 1000)
    same(fill_gaps(df, freq, value), filled_one_by_one(df, freq, value))


@pytest.mark.parametrize("freq", [f for f in FREQUENCIES if f not in ("SMS", "BMS")])
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_without_a_frequency_the_steps_are_those_that_were_meant(freq, seed):
    rng = np.random.default_rng(seed)
    every = pd.date_range("2019-11-30", periods=80, freq=freq)
    df = pd.concat([long(with_holes(every[:60], rng), "a"), long(with_holes(every, rng), "b")])
    same(fill_gaps(df, value=0), filled_one_by_one(df, freq, 0))


@pytest.mark.parametrize("tz", ["Europe/Berlin", "America/New_York", "America/Sao_Paulo"])
@pytest.mark.parametrize("freq", ["D", "h", "MS", "B", "W"])
def test_local_days_are_days_and_hours_are_hours_across_daylight_saving(tz, freq):
    n = 24 * 40 if freq == "h" else 300
    plain = pd.date_range("2018-10-10", periods=n, freq=freq)
    if freq == "h":
        every = pd.date_range("2018-10-10", periods=n, freq="h", tz=tz)
    else:
        every = plain.tz_localize(tz, nonexistent="shift_forward")
    rng = np.random.default_rng(0)
    for guess in (freq, None):
        found = fill_gaps(long(with_holes(every, rng)), guess, 0)
        assert found["ds"].tolist() == every.tolist()
        assert found["ds"].dtype == every.dtype


@pytest.mark.parametrize("step", [1, 3, 10])
@pytest.mark.parametrize("dtype", ["int64", "int32", "Int64"])
def test_integers_are_filled_by_their_step(step, dtype):
    every = np.arange(5, 5 + 20 * step, step)
    kept = with_holes(every, np.random.default_rng(0))
    for freq in (step, None):
        found = fill_gaps(long(pd.array(kept, dtype=dtype)), freq)
        assert found["ds"].tolist() == every.tolist()
        assert found["ds"].dtype == dtype


@pytest.mark.parametrize("freq", ["M", "Q", "2M", "D"])
def test_periods_are_filled(freq):
    every = pd.period_range("2020-01", periods=20, freq=freq)
    kept = with_holes(every, np.random.default_rng(0))
    for given_freq in (freq, None):
        assert fill_gaps(long(kept), given_freq)["ds"].tolist() == every.tolist()


@pytest.mark.parametrize(("periods", "offset"), [("M", "ME"), ("Q-JAN", "QE-JAN"), ("Y", "YE"),
                                                 ("2M", pd.offsets.MonthEnd(2))])  # fmt: skip
def test_periods_take_the_alias_of_their_ends_and_are_called_by_their_own(periods, offset):
    every = pd.period_range("2020-01", periods=9, freq=periods)
    kept = long(every.delete(3))
    assert fill_gaps(kept, offset)["ds"].tolist() == every.tolist()
    alias = periods.replace("Y", "Y-DEC").removeprefix("2")
    for other in ("MS", "QE-FEB", "W"):
        with pytest.raises(InvalidParameterError, match=f"'{other}' is no .* periods of '{alias}'"):
            fill_gaps(kept, other)


def test_weekdays_alone_are_business_days_and_no_weekend_is_filled():
    every = pd.bdate_range("2024-01-01", periods=40)
    kept = with_holes(every, np.random.default_rng(1), 0.15)
    assert fill_gaps(long(kept), value=0)["ds"].tolist() == every.tolist()
    # A single weekend stamp says that weekends count.
    with_one = kept.append(pd.DatetimeIndex(["2024-01-06"]))
    found = fill_gaps(long(with_one.sort_values()), value=0)["ds"]
    assert found.tolist() == pd.date_range(every[0], every[-1]).tolist()


def test_too_few_weekdays_to_tell_are_an_error_that_names_freq():
    few = pd.DatetimeIndex(["2024-01-04", "2024-01-05", "2024-01-09", "2024-01-10"])
    with pytest.raises(ValueError, match="series 'a': on which steps .*freq='D'.*freq='B'"):
        fill_gaps(long(few))
    assert len(fill_gaps(long(few), "B")) == 5
    assert len(fill_gaps(long(few), "D")) == 7
    # Several such series together leave out too many weekends for chance.
    several = pd.concat([long(few + pd.Timedelta(weeks=i), f"{i}") for i in range(5)])
    assert fill_gaps(several).groupby("unique_id").size().tolist() == [5] * 5


def test_a_series_with_few_rows_goes_by_the_steps_of_most():
    months = pd.concat([long(pd.date_range("2023-01-01", periods=24, freq="MS"), n) for n in "abc"])
    summer = long(pd.to_datetime(["2023-07-01", "2023-09-01", "2023-11-01"]), "gappy")
    found = fill_gaps(pd.concat([months, summer]), value=0)
    assert found[found["unique_id"] == "gappy"]["y"].tolist() == [1, 0, 2, 0, 3]
    assert len(fill_gaps(summer)) == 3  # alone it has a step of two months
    # Eight rows are believed.
    quarters = long(pd.date_range("2021-01-01", periods=8, freq="QS"), "quarters")
    found = fill_gaps(pd.concat([months, quarters]))
    assert (found["unique_id"] == "quarters").sum() == 8


def test_two_stamps_say_something_of_steps_only_where_these_are_a_calendars():
    with pytest.raises(ValueError, match="its 2 time stamps, .*-01 00:00:00, .*-06 00:00:00, have"):
        fill_gaps(long(DAYS[[0, 5]]))
    for pair in (DAYS[[0, 1]], DAYS[[0, 7]], pd.to_datetime(["2024-01-31", "2024-02-29"])):
        assert len(fill_gaps(long(pair))) == 2
    assert len(fill_gaps(pd.concat([long(DAYS, "b"), long(DAYS[[0, 5]])]))) == 46


def test_what_happens_seldom_is_filled_on_the_days_of_the_others():
    rare = long(pd.to_datetime(["2024-01-03", "2024-01-17", "2024-01-31"]), "rare")
    daily = pd.concat([long(with_holes(DAYS, np.random.default_rng(i)), f"{i}") for i in range(3)])
    found = fill_gaps(pd.concat([daily, rare]), value=0)
    assert (found["unique_id"] == "rare").sum() == 29


def test_times_that_follow_no_step_are_refused():
    rng = np.random.default_rng(0)
    times = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.sort(rng.integers(0, 10**6, 50)), "s")
    with pytest.raises(ValueError, match="not clear.*freq="):
        fill_gaps(long(times))


def test_a_stamp_between_the_steps_is_named():
    off = DAYS[:5].append(pd.DatetimeIndex(["2024-01-07 06:00"]))
    with pytest.raises(ValueError, match="2024-01-07 06:00:00 is none of freq='D': aggregate="):
        fill_gaps(long(off), "D")


def test_a_step_far_too_fine_is_refused_before_it_fills_the_memory():
    with pytest.raises(ValueError, match="would become 3369601 .*too fine"):
        fill_gaps(long(DAYS), "s")


# Which columns get what.

SALES = pd.DataFrame(
    {
        "shop": ["b", "b", "a", "a", "a"],
        "town": ["Ulm", "Ulm", "Bonn", "Bonn", "Bonn"],
        "day": DAYS[[0, 2, 0, 1, 3]],
        "sold": [3, 4, 1, 2, 5],
        "price": [1.5, 1.5, 2.0, 2.0, 2.5],
        "note": ["x", "y", "z", "z", "y"],
    }
)
NAMED = {"id_col": "shop", "time_col": "day", "target_col": "sold"}


def test_only_the_target_is_filled_and_words_of_a_series_are_repeated():
    found = fill_gaps(SALES, value=0, **NAMED)
    assert list(found) == list(SALES)
    assert found["shop"].tolist() == list("aaaabbb")
    assert found["sold"].tolist() == [1, 2, 0, 5, 3, 0, 4]
    assert found["sold"].dtype == np.int64
    assert found["town"].tolist() == ["Bonn"] * 4 + ["Ulm"] * 3
    assert found["price"].isna().tolist() == [False, False, True, False, False, True, False]
    assert found["note"].isna().sum() == 2
    both = fill_gaps(SALES, value={"sold": 0.5, "price": 9}, id_col="shop", time_col="day")
    assert both["sold"].tolist() == [1, 2, 0.5, 5, 3, 0.5, 4]
    assert both["price"].tolist() == [2.0, 2.0, 9.0, 2.5, 1.5, 9.0, 1.5]


@pytest.mark.parametrize("dtype", ["int64", "float32", "Int64", "Float64", "int64[pyarrow]"])
def test_columns_of_every_numeric_kind_are_filled(dtype):
    if "pyarrow" in dtype:
        pytest.importorskip("pyarrow")
    df = long(DAYS[[0, 1, 3]]).astype({"y": dtype})
    assert fill_gaps(df, value=0)["y"].tolist() == [1, 2, 0, 3]
    assert fill_gaps(df)["y"].isna().tolist() == [False, False, True, False]


@pytest.mark.parametrize(
    ("dtype", "value", "filled"),
    [
        ("int8", 300, "int64"),
        ("uint8", -1, "int64"),
        ("uint64", -1, "float64"),
        ("int64", 2**63, "float64"),
        ("uint64", 2**63, "uint64"),
        ("bool", 0, "int64"),
        ("int32", 0.5, "float64"),
        ("Int64", 0.5, "Float64"),
        ("UInt8", 300.0, "Int64"),
        ("boolean", 2, "Int64"),
        ("float32", 0.5, "float32"),
        ("Float32", 1e300, "Float64"),
        ("Sparse[int]", 3, "int64"),
    ],
)
def test_a_column_becomes_what_can_hold_the_value_put_in(dtype, value, filled):
    df = long(DAYS[[0, 1, 3]], values=[1, 0, 1]).astype({"y": bool}).astype({"y": dtype})
    found = fill_gaps(df, "D", value)["y"]
    assert found.dtype == filled
    assert found.tolist() == [1, 0, value, 1]


INTEGERS = "int8 int16 int32 int64 uint8 uint16 uint32 uint64".split()
MASKED = [name.replace("i", "I").replace("u", "U") for name in INTEGERS]


@pytest.mark.parametrize("dtype", [*INTEGERS, *MASKED, "bool", "boolean"])
def test_whole_numbers_are_added_exactly_as_pandas_adds_them(dtype):
    most = 1 if "bool" in dtype else np.iinfo(dtype.lower()).max
    most = min(most, 2**53 + 1)  # the first integer that floats do not hold
    df = long(DAYS[[0, 0, 0, 1]], values=pd.array([most, 0, most, most], dtype=dtype))
    found = fill_gaps(df, "D", aggregate="sum")["y"]
    expected = df.groupby("ds")["y"].sum()
    assert found.tolist() == [2 * most, most]
    assert found.dtype == expected.dtype
    last = fill_gaps(df, "D", aggregate="last")["y"]
    assert last.tolist() == [most, most]
    assert last.dtype == dtype
    assert fill_gaps(df, "D", aggregate="mean")["y"].dtype.kind == "f"


def test_sums_beyond_64_bits_are_floats_and_missing_values_do_not_count():
    days = DAYS[[0, 0, 1, 1]]
    beyond = long(days, values=np.array([2**62, 2**62, 1, -1]))
    assert fill_gaps(beyond, "D", aggregate="sum")["y"].tolist() == [2.0**63, 0.0]
    whole = long(days, values=np.array([2**62, 2**62 - 1, -(2**62), -(2**62)]))
    assert fill_gaps(whole, "D", aggregate="sum")["y"].tolist() == [2**63 - 1, -(2**63)]
    some = long(days, values=pd.array([None, None, 3, None], dtype="Int16"))
    for how in ("sum", "last", "mean"):
        found = fill_gaps(some, "D", aggregate=how)["y"]
        assert found.isna().tolist() == [True, False]
        assert found[1] == 3


def test_words_are_put_together_by_the_last():
    df = long(DAYS[[0, 0, 1]]).assign(note=["x", "y", None])
    found = fill_gaps(df, "D", aggregate={"y": "sum", "note": "last"})
    assert found["note"][0] == "y"
    assert found["note"].isna()[1]


def test_a_column_twice_is_refused():
    with pytest.raises(ValueError, match="each column once, but it has 'y' more often"):
        fill_gaps(long(DAYS).assign(z=0).set_axis(["unique_id", "ds", "y", "y"], axis=1))


def test_what_is_wrong_with_a_series_is_told_of_the_series():
    durations = pd.Series(1.0, pd.to_timedelta([0, 1, 3], "h"))
    with pytest.raises(TypeError, match="y.index must hold .*, not durations: y.resample"):
        fill_gaps(durations)
    with pytest.raises(TypeError, match="^y must hold numbers, got datetime64"):
        fill_gaps(pd.Series(DAYS, index=DAYS))
    with pytest.raises(ValueError, match="^y must hold numbers, not 'x'"):
        fill_gaps(pd.Series(["x", "y"], index=DAYS[:2]))
    with pytest.raises(ValueError, match="^y has no rows"):
        fill_gaps(pd.Series([], index=DAYS[:0], dtype=float))
    with pytest.raises(InvalidParameterError, match="value of a Series is one for all"):
        fill_gaps(pd.Series(1.0, DAYS), value={"y": 0})


@pytest.mark.parametrize("kind", [str, pd.Timestamp])
def test_dates_of_several_offsets_are_told_what_puts_them_into_one_zone(kind):
    stamps = ["2024-01-01T00:00+01:00", "2024-06-02T00:00+02:00", "2024-06-03T00:00+02:00"]
    df = long(pd.Series(list(map(kind, stamps)), dtype=object))
    with pytest.raises(TypeError, match=r"utc=True\).dt.tz_convert\('Europe/Berlin'\)") as error:
        fill_gaps(df, "D")
    assert "Pass utc=True" not in str(error.value)
    converted = df.assign(ds=pd.to_datetime(df["ds"], utc=True).dt.tz_convert("Europe/Berlin"))
    assert len(fill_gaps(converted, "D")) == 155
    with pytest.raises(ValueError, match=r"utc=True\).tz_convert\('Europe/Berlin'\)"):
        fill_gaps(df.set_index("ds")["y"], "D")


def test_numbers_among_objects_are_filled_and_words_refused():
    df = long(DAYS[[0, 1, 3]]).astype({"y": object})
    assert fill_gaps(df, value=0)["y"].tolist() == [1, 2, 0, 3]
    df.loc[1, "y"] = "two"
    with pytest.raises(ValueError, match="'y' must hold numbers, not 'two'"):
        fill_gaps(df, value=0)


def test_the_frame_stays_as_it_is_and_one_without_gaps_comes_back_sorted():
    df = make_frame([9, 12])
    before = df.copy()
    same(fill_gaps(df.sample(frac=1.0, random_state=0)), df)
    pd.testing.assert_frame_equal(df, before)


def test_a_series_is_filled_on_its_index():
    y = pd.Series([1.0, 2.0, 4.0], index=DAYS[[0, 1, 3]].rename("day"), name="sold")
    found = fill_gaps(y, value=0)
    pd.testing.assert_series_equal(found, y.asfreq("D", fill_value=0), check_freq=False)
    joined = fill_gaps(pd.concat([y, y]), value=0, aggregate="sum")
    assert joined.tolist() == [2.0, 4.0, 0.0, 8.0]
    with pytest.raises(ValueError, match="^the index holds 2024-01-01 .* a second time"):
        fill_gaps(pd.concat([y, y]))
    with pytest.raises(TypeError, match="time stamps as the index"):
        fill_gaps(pd.Series([1.0, 2.0]))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"value": "0"}, "value must be a number"),
        ({"value": True}, "value must be a number"),
        ({"value": np.inf}, "value must be a number"),
        ({"value": 10**400}, "value must be a number"),
        ({"value": {"z": 0}}, "no column 'z' for value"),
        ({"value": {"ds": 5}}, "value is for columns of values, but 'ds' holds the time stamps"),
        ({"aggregate": {"unique_id": "last"}}, "but 'unique_id' names the series"),
        ({"value": 0, "target_col": "ds"}, "value is for columns of values"),
        ({"id_col": "ds"}, "id_col and time_col must differ"),
        ({"value": 0, "target_col": "sales"}, "no column 'sales' for value: name it by target_col"),
        ({"aggregate": "median"}, "aggregate must be one of 'sum', 'mean', 'last'"),
        ({"aggregate": {"z": "sum"}}, "no column 'z' for aggregate"),
        ({"freq": "fortnight"}, "freq must be a pandas frequency"),
        ({"freq": "rows"}, "there are no gaps to fill"),
        ({"id_col": "shop"}, "must have a column 'shop'"),
    ],
)
def test_arguments_that_will_not_do_are_named(arguments, message):
    with pytest.raises((ValueError, InvalidParameterError), match=message):
        fill_gaps(long(DAYS), **arguments)


def test_a_frame_of_one_series_is_told_what_does_it():
    with pytest.raises(ValueError, match=r"frame.asfreq\('D', fill_value=0\)"):
        fill_gaps(pd.DataFrame({"y": 1.0}, index=DAYS))
    with pytest.raises(TypeError, match="must be a DataFrame, or a Series .*, got list"):
        fill_gaps([1.0])


@pytest.mark.parametrize("stamp", [None, "2024-01-02"])
def test_stamps_that_are_missing_or_repeated_are_named(stamp):
    df = pd.concat([long(DAYS[:9]), long(pd.DatetimeIndex([stamp]))], ignore_index=True)
    with pytest.raises(ValueError, match="series 'a': ds .*in row 9"):
        fill_gaps(df)


# Rows of one step.


def transactions(seed, tz=None, n=400, days=70, whole_days=False):
    rng = np.random.default_rng(seed)
    seconds = rng.integers(0, days * 86_400, n)
    start = pd.Timestamp("2024-02-12", tz="UTC")
    stamps = pd.DatetimeIndex(start + pd.to_timedelta(seconds, "s"))
    stamps = stamps.tz_convert(tz) if tz else stamps.tz_localize(None)
    y = rng.normal(size=n).round(3)
    y[rng.random(n) < 0.1] = np.nan
    names = rng.choice(list("abc"), n)
    return pd.DataFrame({"unique_id": names, "ds": stamps.floor("D") if whole_days else stamps,
                         "y": y})  # fmt: skip


def resampled(df, freq, how):
    """The slow way: pandas resamples each series."""
    frames = []
    for name, rows in df.groupby("unique_id"):
        y = rows.sort_values("ds", kind="stable").set_index("ds")["y"].resample(freq)
        y = {"sum": lambda y: y.sum(min_count=1), "mean": lambda y: y.mean(), "last": lambda y:
             y.last()}[how](y)  # fmt: skip
        frames.append(pd.DataFrame({"unique_id": name, "ds": y.index, "y": y.array}))
    return pd.concat(frames, ignore_index=True)


@pytest.mark.parametrize("how", ["sum", "mean", "last"])
@pytest.mark.parametrize(
    "freq",
    ["D", "B", "W", "W-WED", "2W", "3D", "h", "6h", "MS", "ME", "2MS", "2ME", "QS", "QE-JAN",
     "QS-FEB", "YE", "YS", "BMS", "BME", "SMS"],
)  # fmt: skip
@pytest.mark.parametrize("seed", [0, 1])
def test_rows_of_one_step_are_joined_as_pandas_resamples(how, freq, seed):
    df = transactions(seed, days=300)
    # A sum of up to 400 numbers about 1, in another order than pandas': far below 1e-12.
    same(quietly(fill_gaps, df, freq, aggregate=how), resampled(df, freq, how), rtol=0, atol=1e-12)


@pytest.mark.parametrize("freq", ["D", "W", "h", "MS"])
@pytest.mark.parametrize("tz", ["Europe/Berlin", "America/New_York"])
def test_rows_are_joined_by_the_clock_of_the_zone(freq, tz):
    df = transactions(0, tz)
    same(
        quietly(fill_gaps, df, freq, aggregate="sum"),
        resampled(df, freq, "sum"),
        rtol=0,
        atol=1e-12,
    )


def test_without_a_frequency_equal_stamps_are_joined_and_their_grid_is_found():
    df = transactions(0, whole_days=True, n=300)
    same(fill_gaps(df, aggregate="sum"), resampled(df, "D", "sum"), rtol=0, atol=1e-12)
    with pytest.raises(ValueError, match="not clear.*freq="):
        fill_gaps(transactions(0), aggregate="sum")


def test_other_columns_must_agree_within_a_step_or_be_told_how():
    twice = pd.concat([SALES, SALES], ignore_index=True)
    found = fill_gaps(twice, "D", 0, "sum", **NAMED)
    assert found["sold"].tolist() == [2, 4, 0, 10, 6, 0, 8]
    assert found["price"].tolist()[:2] == [2.0, 2.0]
    assert found["town"].tolist() == ["Bonn"] * 4 + ["Ulm"] * 3
    twice.loc[5, "price"] = 3.0
    with pytest.raises(ValueError, match="'price' has several values within the step 2024-01-01"):
        fill_gaps(twice, "D", 0, "sum", **NAMED)
    how = {"sold": "sum", "price": "mean"}
    found = fill_gaps(twice, "D", 0, how, **NAMED)
    assert found["price"].tolist()[4] == 2.25


def test_integers_and_periods_are_joined_by_steps_from_the_first():
    df = long(np.array([3, 3, 4, 6, 11]))
    assert fill_gaps(df, 2, aggregate="sum")["ds"].tolist() == [3, 5, 7, 9, 11]
    assert fill_gaps(df, 2, 0, "sum")["y"].tolist() == [6, 4, 0, 0, 5]
    months = long(pd.PeriodIndex(["2024-01", "2024-01", "2024-03"], freq="M"))
    assert fill_gaps(months, "M", 0, "sum")["y"].tolist() == [3, 0, 3]


def test_it_is_public():
    assert "fill_gaps" in tsrnn.__all__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fill_gaps(long(DAYS[[0, 1, 5]]))


@pytest.mark.parametrize(
    ("index", "filled"),
    [
        (["2020-01-01", "2020-01-02", "2020-01-04"], pd.date_range("2020", periods=4)),
        ([2000.0, 2001.0, 2003.0], [2000, 2001, 2002, 2003]),
        (
            pd.CategoricalIndex(["2020-01", "2020-02", "2020-04"]),
            pd.date_range("2020", periods=4, freq="MS"),
        ),
    ],
)
def test_a_series_is_filled_by_what_its_labels_are(index, filled):
    whole = fill_gaps(pd.Series([1.0, 2.0, 4.0], index=index), value=0)
    assert list(whole.index) == list(filled)
    assert list(whole) == [1.0, 2.0, 0.0, 4.0]
