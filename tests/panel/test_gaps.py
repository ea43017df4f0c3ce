"""Panels with gaps: filled, rows of a step joined, or rows as the steps, wherever rows come in."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from panels import SES, make_frame, quietly
from sklearn.base import clone

import tsrnn
from tsrnn import DoubleExpSmoothingRNN, NaiveForecaster, PanelForecaster, fill_gaps
from tsrnn.exceptions import InvalidParameterError, UnfinishedStepWarning

WHOLE = make_frame([30, 42, 36], start="2024-01-01")
REGRESSED = make_frame([30, 42], start="2024-01-01", n_regressors=1)


def with_gaps(df, share=0.25, seed=0):
    """The frame without some of its rows, of each series the first two and the last kept."""
    place = df.groupby("unique_id").cumcount()
    last = place == df.groupby("unique_id")["y"].transform("size") - 1
    kept = np.random.default_rng(seed).random(len(df)) > share
    return df[kept | (place < 2) | last]


def same(found, expected):
    pd.testing.assert_frame_equal(
        found.reset_index(drop=True), expected.reset_index(drop=True), check_exact=True
    )


@pytest.mark.parametrize("freq", ["D", None])
@pytest.mark.parametrize("fill", [0, "missing", -1.5])
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_gaps_are_what_they_are_filled_with_to_the_last_bit(freq, fill, seed):
    gappy = with_gaps(WHOLE, seed=seed)
    by_hand = fill_gaps(gappy, "D", np.nan if fill == "missing" else fill)
    assert len(by_hand) == len(WHOLE)
    model = DoubleExpSmoothingRNN(damped=True)
    found = PanelForecaster(model, fill=fill, freq=freq).fit(gappy.sample(frac=1, random_state=0))
    expected = PanelForecaster(model).fit(by_hand)
    same(found.predict(3, level=[80]), expected.predict(3, level=[80]))
    assert found.filled_["n_filled"].sum() == len(WHOLE) - len(gappy)


def test_cross_validation_fills_as_the_fit_does():
    gappy = with_gaps(WHOLE)
    by_hand = fill_gaps(gappy, "D", 0)
    found = PanelForecaster(SES, fill=0).cross_validation(gappy, 3, n_windows=2)
    same(found, PanelForecaster(SES).cross_validation(by_hand, 3, n_windows=2))
    conformal = PanelForecaster(SES, fill=0).fit(gappy).predict(2, level=80, method="conformal")
    same(conformal, PanelForecaster(SES).fit(by_hand).predict(2, level=80, method="conformal"))


@pytest.mark.parametrize("fill", [0, "missing"])
@pytest.mark.parametrize("freq", ["D", None])
def test_an_update_fills_from_the_last_row_seen_on(fill, freq):
    early = with_gaps(WHOLE[WHOLE["ds"] < "2024-02-05"])
    late = WHOLE[(WHOLE["ds"] > "2024-02-06") & (WHOLE["ds"] != "2024-02-08")]
    panel = PanelForecaster(SES, fill=fill, freq=freq).fit(early)
    before = panel.filled_["n_filled"].sum()
    panel.update(late)
    value = np.nan if fill == "missing" else fill
    by_hand = fill_gaps(pd.concat([early, late]), "D", value)
    expected = PanelForecaster(SES).fit(by_hand).predict(3)
    np.testing.assert_array_equal(panel.predict(3)["ds"], expected["ds"])
    np.testing.assert_allclose(panel.predict(3).iloc[:, 2], expected.iloc[:, 2], rtol=1e-12)
    assert panel.filled_["n_filled"].sum() == before + 3 * 3
    # Two days are no gap, and a day that was seen is none that follows.
    with pytest.raises(ValueError, match="rows that do not go on where series ended, in 1 of 1"):
        panel.update(late.tail(1))


@pytest.mark.parametrize("freq", ["MS", "ME", "B", "W", "h"])
@pytest.mark.parametrize("tz", [None, "Europe/Berlin"])
def test_fills_go_on_across_the_end_of_the_fit_for_all_steps(freq, tz):
    every = pd.date_range("2023-03-20", periods=60, freq=freq, tz=tz)
    df = pd.DataFrame({"unique_id": "a", "ds": every, "y": np.arange(60.0)})
    early, late = df.iloc[:40], df.iloc[[43, 44, 47]]
    panel = PanelForecaster(NaiveForecaster(), fill=0).fit(early).update(late)
    table = panel.predict(2)
    assert table["ds"].tolist() == every[48:50].tolist()
    assert panel.filled_["n_filled"].tolist() == [5]


def test_a_poisoned_series_fails_alone_while_others_are_filled():
    # In seconds, since nanoseconds, which pandas 2 takes for all dates, end in 2262.
    gappy = with_gaps(WHOLE).astype({"y": object, "ds": "M8[s]"})
    days = pd.date_range("2024-01-01", periods=9, unit="s")
    bad = {
        "word": (days, ["x", *range(8)]),
        "infinite": (days, [np.inf, *range(8)]),
        "missing": ([None, *days[1:]], range(9)),
        "twice": ([days[0], *days[:8]], range(9)),
        "between": ([*days[:8], days[8] + pd.Timedelta(hours=6)], range(9)),
        "one": (days[:1], [1.0]),
        "far": (np.array([*days[:8], "3024-01-01"], "M8[s]"), range(9)),
    }
    frames = [
        pd.DataFrame(
            {"unique_id": n, "ds": pd.DatetimeIndex(s).as_unit("s"), "y": np.array(v, object)}
        )
        for n, (s, v) in bad.items()
    ]
    expected = PanelForecaster(SES, fill=0, freq="D").fit(gappy).predict(2)
    panel = quietly(PanelForecaster(SES, fill=0, freq="D").fit, pd.concat([gappy, *frames]))
    same(panel.predict(2), expected)
    reasons = panel.failures_.set_index("unique_id")["reason"]
    assert set(reasons.index) == set(bad)
    assert "is none of freq='D': aggregate=" in reasons["between"]
    assert "is a time stamp wrong" in reasons["far"]
    assert "aggregate= makes one row" in reasons["twice"]


def test_a_series_whose_steps_are_not_clear_fails_alone():
    rng = np.random.default_rng(0)
    times = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.sort(rng.integers(0, 10**6, 40)), "s")
    bad = pd.DataFrame({"unique_id": "till", "ds": times, "y": 1.0})
    panel = quietly(PanelForecaster(SES, fill=0).fit, pd.concat([with_gaps(WHOLE), bad]))
    assert panel.failures_["unique_id"].tolist() == ["till"]
    assert "freq='D', aggregate='sum'" in panel.failures_["reason"][0]


# Regressors.


def test_gaps_with_regressors_fail_and_series_without_gaps_do_not():
    gappy = REGRESSED.drop(index=10)
    panel = PanelForecaster(SES, fill=0)
    with pytest.warns(UserWarning, match="no row after 2024-01-22 .*to tell the regressors"):
        panel.fit(gappy)
    assert panel.failures_["unique_id"].tolist() == ["a"]
    other = REGRESSED[REGRESSED["unique_id"] == "b"]
    future = other.tail(2).assign(ds=other["ds"].tail(2) + pd.Timedelta(days=2))
    same(panel.predict(2, future), PanelForecaster(SES).fit(other).predict(2, future))
    # Rows made and their regressors known, it is forecast.
    whole = fill_gaps(gappy, "D", {"y": 0, "x0": 0.0})
    assert PanelForecaster(SES).fit(whole).failures_.empty


def test_an_update_that_would_fill_the_memory_fails_its_series():
    panel = PanelForecaster(SES, fill=0).fit(WHOLE.astype({"ds": "M8[s]"}))
    far = WHOLE[WHOLE["unique_id"] == "b"].tail(1).astype({"ds": "M8[s]"})
    far = pd.concat([far, far]).assign(unique_id=["a", "b"], y=1.0)
    far["ds"] = np.array(["2924-01-01", far["ds"].iloc[1] + pd.Timedelta(days=1)], "M8[s]")
    with pytest.warns(UserWarning, match="would become 328677 with the gaps filled"):
        panel.update(far)
    assert panel.ids_.tolist() == ["b", "c"]


def test_stamps_beyond_what_nanoseconds_reach_are_refused_in_words():
    panel = PanelForecaster(SES, fill=0).fit(WHOLE.astype({"ds": "M8[ns]"}))
    far = pd.DataFrame({"unique_id": "a", "ds": np.array(["2924-01-01"], "M8[s]"), "y": 1.0})
    with pytest.raises(ValueError, match="unit of the fit, 'ns', does not reach .*in seconds"):
        panel.update(far)


def test_an_update_with_regressors_and_a_gap_fails_that_series():
    panel = PanelForecaster(SES, fill=0).fit(REGRESSED)
    last = REGRESSED.groupby("unique_id").tail(1)
    more = last.assign(ds=last["ds"] + pd.to_timedelta([1, 2], "D"))
    with pytest.warns(UserWarning, match="no row before .* to tell the regressors"):
        panel.update(more)
    assert panel.ids_.tolist() == ["a"]


def test_regressors_must_agree_within_a_step():
    twice = pd.concat([REGRESSED, REGRESSED])
    found = PanelForecaster(SES, aggregate="mean").fit(twice)
    future = REGRESSED.groupby("unique_id").tail(1)
    future = future.assign(ds=future["ds"] + pd.Timedelta(days=1))
    same(found.predict(1, future), PanelForecaster(SES).fit(REGRESSED).predict(1, future))
    twice = twice.reset_index(drop=True)
    twice.loc[3, "x0"] += 1.0
    panel = PanelForecaster(SES, aggregate="mean")
    with pytest.warns(UserWarning, match="several values within the step 2024-01-16"):
        panel.fit(twice)
    assert panel.failures_["unique_id"].tolist() == ["a"]


# Rows of one step.


def receipts(seed=0, n=900, days=60):
    rng = np.random.default_rng(seed)
    seconds = np.sort(rng.integers(0, days * 86_400, n))
    stamps = pd.Timestamp("2024-01-01") + pd.to_timedelta(seconds, "s")
    return pd.DataFrame({"unique_id": rng.choice(list("ab"), n), "ds": stamps,
                         "y": rng.uniform(1, 20, n).round(2)})  # fmt: skip


@pytest.mark.parametrize("how", ["sum", "mean", "last"])
@pytest.mark.parametrize("freq", ["D", "W", "12h"])
def test_rows_of_a_step_are_joined_before_the_fit(how, freq):
    df = receipts()
    found = quietly(PanelForecaster(SES, freq=freq, aggregate=how, fill=0).fit, df)
    made = quietly(fill_gaps, df, freq, 0, how)
    by_group = df.groupby(["unique_id", pd.Grouper(key="ds", freq=freq)])["y"].agg(how)
    # Sums of a hundred numbers about 10, in another order.
    observed = made.set_index(["unique_id", "ds"]).loc[by_group.index, "y"]
    np.testing.assert_allclose(observed, by_group, rtol=1e-13)
    same(found.predict(2), PanelForecaster(SES, freq=freq).fit(made).predict(2))


def test_several_rows_with_equal_stamps_need_no_frequency():
    twice = pd.concat([WHOLE, WHOLE]).sample(frac=1.0, random_state=0)
    found = PanelForecaster(SES, aggregate="mean").fit(twice)
    np.testing.assert_allclose(
        found.predict(2).iloc[:, 2], PanelForecaster(SES).fit(WHOLE).predict(2).iloc[:, 2]
    )


@pytest.mark.parametrize("freq", ["D", "W", "MS", "2W", "6h"])
def test_an_update_joins_rows_by_the_steps_of_the_fit(freq):
    df = receipts(days=300, n=2000)
    first, last = df["ds"].iloc[[0, -1]]
    labels = pd.Series(1.0, [first, last]).resample(freq).sum().index
    # Where a step begins: weeks are labelled by their ends.
    cut = labels[len(labels) // 2] + pd.Timedelta(days=int(freq.endswith("W")))
    panel = quietly(PanelForecaster(NaiveForecaster(), freq=freq, aggregate="sum", fill=0).fit,
                    df[df["ds"] < cut])  # fmt: skip
    quietly(panel.update, df[df["ds"] >= cut])
    whole = quietly(PanelForecaster(NaiveForecaster(), freq=freq, aggregate="sum", fill=0).fit, df)
    assert panel.failures_.empty
    pd.testing.assert_frame_equal(panel.predict(2), whole.predict(2), rtol=1e-12)


def test_rows_of_the_last_step_seen_come_too_late():
    df = receipts()
    panel = quietly(PanelForecaster(SES, freq="D", aggregate="sum", fill=0).fit, df.iloc[:500])
    with pytest.raises(ValueError, match="rows of the step that a series ended with come too late"):
        panel.update(df.iloc[500:])


def test_the_reason_of_an_update_that_does_not_follow_fits_what_is_wrong():
    rows = WHOLE.groupby("unique_id").tail(1)
    after = rows.assign(ds=rows["ds"] + pd.Timedelta(days=3))
    for options, frame, message in [
        ({}, after, "all 3 series failed; the first, 'a': .* puts in the steps between"),
        ({"aggregate": "sum"}, after, "fill=0 or fill='missing' puts in the steps between"),
        ({"aggregate": "sum", "fill": 0}, rows, "come too late"),
        ({}, rows, "'a', ended 2024-02-11, and df_new begins with 2024-02-11: pass later rows"),
    ]:
        with pytest.raises(ValueError, match=message):
            PanelForecaster(SES, **options).fit(WHOLE).update(frame)


def test_a_last_step_that_looks_unfinished_is_warned_of():
    days = pd.date_range("2023-01-01", "2024-03-10")
    df = pd.DataFrame({"unique_id": "a", "ds": days, "y": 1.0})
    panel = PanelForecaster(NaiveForecaster(), freq="MS", aggregate="sum")
    with pytest.warns(UserWarning, match="2024-03-01 .*may be unfinished: .* reach 2024-03-10"):
        panel.fit(df)
    assert panel.predict(1).iloc[0, 2] == 10.0
    with pytest.warns(UserWarning, match="2024-03-31 .*may be unfinished"):
        fill_gaps(df, "ME", aggregate="sum")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        panel.fit(df[df["ds"] < "2024-03-01"])
        # The last sale of a day is now earlier, now later.
        PanelForecaster(SES, freq="D", aggregate="sum", fill=0).fit(receipts())
    assert panel.predict(1).iloc[0, 2] == 29.0


def daily(first, last):
    return pd.DataFrame({"unique_id": "a", "ds": pd.date_range(first, last), "y": 1.0})


@pytest.mark.parametrize(("freq", "end"), [("MS", "2024-06-03"), ("ME", "2024-06-03"),
                                           ("W", "2024-01-02"), ("QS", "2024-05-01")])  # fmt: skip
@pytest.mark.parametrize("start", ["2023-01-01", "2023-11-01"])
def test_an_update_holds_its_last_step_against_those_of_the_fit(freq, end, start, tmp_path):
    panel = PanelForecaster(NaiveForecaster(), freq=freq, aggregate="sum")
    panel.fit(daily(start if freq != "QS" else "2023-01-01", "2023-12-31"))
    tsrnn.save(panel, tmp_path / "panel")
    with pytest.warns(UnfinishedStepWarning, match=f"its rows reach {end}") as caught:
        tsrnn.load(tmp_path / "panel").update(daily("2024-01-01", end))
    assert caught[0].filename == __file__
    whole = {"MS": "05-31", "ME": "05-31", "W": "01-07", "QS": "03-31"}[freq]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        panel.update(daily("2024-01-01", f"2024-{whole}"))


def test_a_cross_validation_warns_of_an_unfinished_step():
    panel = PanelForecaster(NaiveForecaster(), freq="MS", aggregate="sum")
    with pytest.warns(UnfinishedStepWarning, match="2024-05-01 .* reach 2024-05-10") as caught:
        panel.cross_validation(daily("2024-01-01", "2024-05-10"), 1)
    assert caught[0].filename == __file__


@pytest.mark.parametrize("freq", ["W", "MS", "ME", "QS", "SMS", "BME", "5D"])
@pytest.mark.parametrize("tz", [None, "America/Sao_Paulo"])
def test_where_steps_are_few_rows_that_end_early_tell_of_an_unfinished_one(freq, tz):
    labels = pd.date_range("2018-09-03", periods=3, freq=freq, tz=tz)
    # Weeks, and ends of months, are labelled by their last day.
    ends = labels + pd.Timedelta(days=int(freq in ("W", "ME", "BME")))
    hours = pd.date_range(ends[0], ends[2], freq="h", inclusive="left")
    opened = hours[(hours.hour >= 9) & (hours.hour < 18)]
    df = pd.DataFrame({"unique_id": "a", "ds": opened, "y": 1.0})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fill_gaps(df, freq, aggregate="sum")
        fill_gaps(df.iloc[:-3], freq, aggregate="sum")
        # A night is longer than what is left of a day.
        fill_gaps(df.iloc[:15], "D", aggregate="sum")
    early = df[df["ds"] < ends[1] + 0.3 * (ends[2] - ends[1])]
    with pytest.warns(UnfinishedStepWarning, match="further from its end than any two rows"):
        fill_gaps(early, freq, aggregate="sum")


def test_a_sum_beyond_floats_fails_its_series():
    huge = pd.concat([WHOLE.assign(unique_id="huge", y=1e308)] * 2)
    panel = quietly(PanelForecaster(SES, aggregate="sum").fit, pd.concat([WHOLE, huge]))
    assert panel.failures_["reason"].tolist() == [
        "the sum of the rows of a step goes beyond floats"
    ]


# Rows as steps.

TRADING = pd.bdate_range("2024-01-02", periods=60, freq="C", holidays=["2024-01-15", "2024-02-19"])
PRICES = pd.concat(
    [
        pd.DataFrame({"unique_id": n, "ds": TRADING[i:50], "y": np.arange(50.0 - i) % 7})
        for i, n in enumerate("ab")
    ]
)


def test_rows_are_the_steps_and_forecasts_are_numbered_on():
    panel = PanelForecaster(SES, freq="rows").fit(PRICES.sample(frac=1.0, random_state=0))
    numbered = PRICES.assign(ds=PRICES.groupby("unique_id").cumcount() + 1)
    expected = PanelForecaster(SES).fit(numbered)
    same(panel.predict(3, level=[80]), expected.predict(3, level=[80]))
    assert panel.predict(1)["ds"].tolist() == [51, 50]
    assert panel.filled_.empty
    conformal = panel.predict(2, level=80, method="conformal")
    same(conformal, expected.predict(2, level=80, method="conformal"))


def test_rows_go_on_after_an_update_with_later_dates_only():
    panel = PanelForecaster(SES, freq="rows").fit(PRICES)
    more = pd.DataFrame({"unique_id": "a", "ds": TRADING[50:55], "y": 1.0})
    panel.update(more)
    whole = PanelForecaster(SES, freq="rows").fit(pd.concat([PRICES, more]))
    same(panel.predict(2), whole.predict(2))
    assert panel.predict(1)["ds"].tolist() == [56, 50]
    before = panel.predict(2)
    with pytest.raises(
        ValueError, match="'a', ended 2024-03-20, and df_new begins with 2024-03-20"
    ):
        panel.update(more.tail(1))
    same(panel.predict(2), before)


def test_a_frame_of_next_trading_days_keeps_its_dates():
    df = PRICES.assign(x=np.arange(len(PRICES)) % 3)
    panel = PanelForecaster(SES, freq="rows").fit(df)
    ahead = pd.DataFrame({"unique_id": np.repeat(["a", "b"], 3), "ds": np.tile(TRADING[50:53], 2),
                          "x": 1})  # fmt: skip
    table = panel.predict(3, ahead)
    numbered = df.assign(ds=df.groupby("unique_id").cumcount() + 1)
    steps = ahead.assign(ds=[51, 52, 53, 50, 51, 52])
    expected = PanelForecaster(SES).fit(numbered).predict(3, steps)
    assert table["ds"].tolist() == ahead["ds"].tolist()
    np.testing.assert_array_equal(table.iloc[:, 2], expected.iloc[:, 2])
    same(panel.predict(ahead), table)
    by_number = panel.predict(3, steps)
    assert by_number["ds"].tolist() == steps["ds"].tolist()
    np.testing.assert_array_equal(by_number.iloc[:, 2], table.iloc[:, 2])
    with pytest.raises(ValueError, match="must hold a time step after the end of the series"):
        panel.predict(3, ahead.assign(ds=np.tile(TRADING[48:51], 2)))


def test_cross_validation_of_rows_shows_their_dates():
    table = PanelForecaster(SES, freq="rows").cross_validation(PRICES, 3, n_windows=2)
    assert table["ds"].tolist() == 2 * TRADING[44:50].tolist()
    assert table["cutoff"].tolist() == 2 * (3 * [TRADING[43]] + 3 * [TRADING[46]])


def test_rows_of_one_day_are_one_step_if_they_are_joined():
    twice = pd.concat([PRICES, PRICES])
    panel = PanelForecaster(SES, freq="rows", aggregate="last").fit(twice)
    same(panel.predict(2), PanelForecaster(SES, freq="rows").fit(PRICES).predict(2))
    with pytest.raises(ValueError, match="a second time"):
        PanelForecaster(SES, freq="rows").fit(twice)


# Grids that differ from those of most.


def test_a_gappy_series_that_is_regular_in_itself_is_noted():
    months = pd.date_range("2023-01-01", periods=24, freq="MS")
    frames = [pd.DataFrame({"unique_id": n, "ds": months, "y": 1.0}) for n in "abc"]
    summer = pd.to_datetime(["2023-07-01", "2023-09-01", "2023-11-01"])
    df = pd.concat([*frames, pd.DataFrame({"unique_id": "gappy", "ds": summer, "y": 1.0})])
    panel = PanelForecaster(NaiveForecaster())
    with pytest.warns(UserWarning, match="1 note.*2 months, those of most series are months"):
        panel.fit(df)
    assert panel.notes_["unique_id"].tolist() == ["gappy"]
    assert panel.predict(1)["ds"].tolist()[-1] == pd.Timestamp("2024-01-01")
    filled = PanelForecaster(NaiveForecaster(), fill=0).fit(df)
    assert filled.notes_.empty
    assert filled.predict(1)["ds"].tolist()[-1] == pd.Timestamp("2023-12-01")


@pytest.mark.parametrize(("fill", "cure"), [(None, "fill the gaps by fill=$"), (0, "freq=$")])
def test_the_note_names_what_is_missing_and_periods_by_their_own_alias(fill, cure):
    months = pd.period_range("2020-01", periods=30, freq="M")
    df = pd.concat([pd.DataFrame({"unique_id": n, "ds": months, "y": 1.0}) for n in "ab"])
    quarters = pd.DataFrame({"unique_id": "c", "ds": months[::3], "y": 1.0})
    panel = PanelForecaster(NaiveForecaster(), fill=fill)
    with pytest.warns(UserWarning, match=f"3 periods of 'M', .* periods of 'M': .*{cure}"):
        panel.fit(pd.concat([df, quarters]))


def test_a_week_of_weekdays_among_business_days_is_noted():
    days = pd.bdate_range("2024-01-01", periods=30)
    frames = [pd.DataFrame({"unique_id": n, "ds": days, "y": 1.0}) for n in "abc"]
    week = pd.DataFrame({"unique_id": "new", "ds": days[:5], "y": 1.0})
    panel = PanelForecaster(NaiveForecaster())
    with pytest.warns(UserWarning, match="taken to be days, those of most series are business"):
        panel.fit(pd.concat([*frames, week]))
    filled = PanelForecaster(NaiveForecaster(), fill="missing").fit(pd.concat([*frames, week]))
    assert filled.predict(1)["ds"].tolist()[-1] == days[5]


def test_series_that_cannot_lie_on_the_steps_of_most_are_not_noted():
    days = pd.bdate_range("2024-01-01", periods=30)
    frames = [pd.DataFrame({"unique_id": n, "ds": days, "y": 1.0}) for n in "abc"]
    daily = pd.date_range("2024-01-01", periods=20)
    df = pd.concat([*frames, pd.DataFrame({"unique_id": "daily", "ds": daily, "y": 1.0})])
    assert PanelForecaster(NaiveForecaster()).fit(df).notes_.empty


# Arguments.


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"fill": "zero"}, "fill must be None, a number such as 0, or 'missing'"),
        ({"fill": True}, "fill must be"),
        ({"fill": np.nan}, "fill must be"),
        ({"fill": [0]}, "fill must be"),
        ({"aggregate": "median"}, "aggregate must be one of 'sum', 'mean', 'last'"),
        ({"freq": "rows", "fill": 0}, "no gaps for fill= to fill"),
        ({"freq": "fortnight", "fill": 0}, "freq must be a pandas frequency"),
        ({"freq": "bh", "aggregate": "sum"}, "none that rows can be joined by"),
    ],
)
def test_arguments_that_will_not_do_are_named_at_fit(arguments, message):
    with pytest.raises(InvalidParameterError, match=message):
        PanelForecaster(SES, **arguments).fit(WHOLE)


def test_the_reason_of_a_gap_names_the_arguments_that_mend_it():
    panel = quietly(PanelForecaster(SES).fit, WHOLE.drop(index=10))
    reason = panel.failures_["reason"][0]
    assert "fill=0 or fill='missing'" in reason and "freq='rows'" in reason
    assert "asfreq" not in reason
    with pytest.raises(ValueError, match="freq='D', aggregate='sum' puts together"):
        PanelForecaster(SES).fit(receipts())


@pytest.mark.parametrize(
    ("stamps", "gap"),
    [
        (pd.bdate_range("2024-01-01", periods=20).delete(7), "2024-01-09 .* comes 2024-01-11"),
        (pd.date_range("2024-01-01", periods=20).delete(7), "2024-01-07 .* comes 2024-01-09"),
        (pd.date_range("2024-01-01", periods=20, freq="MS").delete(7), "2024-07-01 .* 2024-09-01"),
        (pd.date_range("2024-01-01", periods=20, freq="h").delete(7), "06:00:00 comes .* 08:00:00"),
        (pd.period_range("2024-01", periods=20, freq="M").delete(7), "2024-07 comes 2024-09"),
        (pd.Index([1, 2, 4]), "2 comes 4"),
    ],
)
def test_the_first_gap_is_named(stamps, gap):
    df = pd.DataFrame({"unique_id": "a", "ds": stamps, "y": 1.0})
    with pytest.raises(ValueError, match=f"irregular: after .*{gap}"):
        PanelForecaster(SES).fit(df)


def test_the_arguments_are_parameters_and_are_saved(tmp_path):
    panel = clone(PanelForecaster(SES, freq="rows", aggregate="sum")).set_params(fill=None)
    assert panel.get_params()["aggregate"] == "sum"
    for fitted in (
        panel.fit(PRICES),
        PanelForecaster(SES, fill=0).fit(with_gaps(WHOLE)),
    ):
        tsrnn.save(fitted, tmp_path / "panel")
        again = tsrnn.load(tmp_path / "panel")
        assert again.get_params().keys() == fitted.get_params().keys()
        assert (again.fill, again.aggregate) == (fitted.fill, fitted.aggregate)
        last = (PRICES if fitted is panel else WHOLE).groupby("unique_id").tail(1)
        more = last.assign(ds=last["ds"] + pd.Timedelta(days=3))
        same(again.update(more).predict(2), fitted.update(more).predict(2))
        same(again.filled_, fitted.filled_)
