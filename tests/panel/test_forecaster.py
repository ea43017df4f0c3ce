"""Panels of many series: what goes in, what comes out, and that each series is on its own."""

import pickle
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from other_frames import as_polars
from panels import SES, make_frame, one_by_one, quietly, series_of
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from tsrnn import DoubleExpSmoothingRNN, NaiveForecaster, PanelForecaster
from tsrnn.exceptions import InvalidParameterError

DF = make_frame([9, 12, 5, 30])
WITH_X = make_frame([20, 30, 25], n_regressors=2)
FUTURE = make_frame([4, 4, 4], start="2020-01-31", seed=1, n_regressors=2).drop(columns="y")


def same(actual, expected):
    pd.testing.assert_frame_equal(actual, expected, check_exact=True)


# Long frames in, long frames out.


@pytest.mark.parametrize("forecaster", [SES, NaiveForecaster(), DoubleExpSmoothingRNN()])
def test_every_series_is_forecast_as_on_its_own(forecaster):
    expected = one_by_one(forecaster, DF, 3).set_axis(["unique_id", "ds", "m"], axis=1)
    same(PanelForecaster(forecaster, alias="m").fit(DF).predict(3), expected)


def test_intervals_are_the_forecasters_own_in_percent_and_named_after_their_levels():
    table = PanelForecaster(SES).fit(DF).predict(3, level=[80, 99.5])
    name = "SimpleExpSmoothingRNN"
    bounds = [f"{name}-{side}-{level}" for level in ("80", "99.5") for side in ("lo", "hi")]
    assert list(table) == ["unique_id", "ds", name, *bounds]
    for series in "abcd":
        one, rows = clone(SES).fit(series_of(DF, series)["y"]), table["unique_id"] == series
        for level in (80, 99.5):
            columns = [f"{name}-lo-{level}", f"{name}-hi-{level}"]
            np.testing.assert_array_equal(
                table.loc[rows, columns], one.predict_interval(3, level / 100)
            )


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(len(DF))), st.integers(0, 2))
def test_the_order_of_rows_and_columns_and_the_index_do_not_matter(order, seed):
    shuffled = DF.iloc[order].sample(frac=1.0, axis=1, random_state=seed)
    shuffled.index = np.random.default_rng(seed).integers(0, 5, len(DF))
    same(PanelForecaster(SES).fit(shuffled).predict(2), PanelForecaster(SES).fit(DF).predict(2))


def test_series_whose_rows_are_each_in_order_may_come_in_any_order():
    blocks = pd.concat([DF[DF["unique_id"] == name] for name in "cadb"])
    same(PanelForecaster(SES).fit(blocks).predict(2), PanelForecaster(SES).fit(DF).predict(2))


@pytest.mark.parametrize(
    "ids",
    [
        pd.Series(["a", "b", "c", "d"], dtype="string"),
        pd.Series(["a", "b", "c", "d"], dtype="category"),
        pd.Series([3, 5, 11, 12]),
        pd.Series([3, 5, 11, 12], dtype="Int64"),
        pd.Series([1.5, 2.5, 3.0, 4.0]),
        pd.Series([False, True], dtype=bool),
        pd.Series([("a", 1), ("a", 2), ("b", 1), ("b", 2)]),
        pd.Series(pd.date_range("2020", periods=4)),
        pd.Series([1, 2, "a", "b"], dtype=object),
    ],
    ids=lambda ids: f"{ids.dtype}",
)
def test_ids_of_any_kind_come_back_as_they_went_in(ids):
    frame = make_frame([9, 12, 5, 30][: len(ids)])
    codes = frame["unique_id"].map({name: i for i, name in enumerate("abcd")})
    named = frame.assign(unique_id=ids.iloc[codes].to_numpy()).astype({"unique_id": ids.dtype})
    table = PanelForecaster(SES).fit(named.sample(frac=1.0, random_state=0)).predict(2)
    expected = PanelForecaster(SES).fit(frame).predict(2)
    assert table["unique_id"].tolist() == [one for one in ids for _ in range(2)]
    assert table["unique_id"].dtype == ids.dtype
    same(table.drop(columns="unique_id"), expected.drop(columns="unique_id"))


def test_ids_without_an_order_come_back_as_they_appear():
    named = DF.assign(unique_id=DF["unique_id"].map({"a": "z", "b": (1, 2), "c": None, "d": 7}))
    named.loc[DF["unique_id"] == "c", "unique_id"] = 2.5
    table = PanelForecaster(SES).fit(named).predict(1)
    assert set(table["unique_id"]) == {"z", (1, 2), 2.5, 7}
    assert len(table) == 4


def test_columns_may_be_called_otherwise():
    renamed = DF.rename(columns={"unique_id": "shop", "ds": "day", "y": "sales"})
    panel = PanelForecaster(SES, id_col="shop", time_col="day", target_col="sales", alias="m")
    table = panel.fit(renamed).predict(2)
    assert list(table) == ["shop", "day", "m"]
    assert panel.failures_.columns.tolist() == ["shop", "reason", "exception"]
    table = panel.cross_validation(renamed, 1)
    assert list(table) == ["shop", "day", "cutoff", "sales", "m"]


@pytest.mark.parametrize("dtype", ["float32", "Int64", "Float64", object, bool, "int8", str])
def test_values_of_any_numeric_kind_are_read_also_where_they_are_written_as_words(dtype):
    whole = DF.assign(y=np.arange(len(DF)) % 2)
    expected = PanelForecaster(SES).fit(whole).predict(2)
    same(PanelForecaster(SES).fit(whole.astype({"y": dtype})).predict(2), expected)


def test_missing_values_of_every_kind_are_gaps():
    y = DF["y"].astype(object)
    y[[3, 10, 20]] = [None, pd.NA, np.nan]
    expected = one_by_one(SES, DF.assign(y=DF["y"].drop([3, 10, 20])), 2)["yhat"]
    table = PanelForecaster(SES, alias="m").fit(DF.assign(y=y)).predict(2)
    np.testing.assert_array_equal(table["m"], expected)


def test_results_are_the_same_to_the_last_bit_for_any_number_of_threads():
    frame = pd.concat(
        [
            make_frame([12] * 20, seed=i).assign(unique_id=lambda d, i=i: d["unique_id"] + str(i))
            for i in range(5)
        ]
    )  # more than one chunk of work
    one, two = (PanelForecaster(DoubleExpSmoothingRNN(), n_jobs=n) for n in (1, 2))
    same(one.fit(frame).predict(2, level=[90]), two.fit(frame).predict(2, level=[90]))
    same(one.update(after(frame, 1)).predict(2), two.update(after(frame, 1)).predict(2))


def test_the_frame_that_was_fitted_is_neither_changed_nor_kept():
    frame = DF.copy()
    panel = PanelForecaster(SES).fit(frame)
    same(frame, DF)
    frame["y"] = np.nan
    expected = PanelForecaster(SES).fit(DF).predict(2, level=80, method="conformal")
    same(panel.predict(2, level=80, method="conformal"), expected)


def test_a_bar_of_progress_is_shown_only_on_request(capsys):
    PanelForecaster(SES).fit(DF)
    assert capsys.readouterr().err == ""
    PanelForecaster(SES, verbose=True).fit(DF)
    assert "4/4" in capsys.readouterr().err
    PanelForecaster(SES, verbose=True).cross_validation(DF, 1, n_windows=2)
    assert "8/8" in capsys.readouterr().err


# Scikit-learn's ways.


def test_it_is_an_estimator_like_others():
    panel = PanelForecaster(DoubleExpSmoothingRNN(alpha=0.2), freq="D", n_jobs=2)
    copy = clone(panel).set_params(forecaster__alpha=0.4, alias="m")
    assert panel.get_params()["forecaster__alpha"] == 0.2
    assert copy.get_params()["forecaster__alpha"] == 0.4
    assert repr(panel) == (
        "PanelForecaster(forecaster=DoubleExpSmoothingRNN(alpha=0.2), freq='D', n_jobs=2)"
    )
    before = panel.forecaster
    panel.fit(DF)
    assert panel.forecaster is before and not hasattr(before, "alpha_")
    with pytest.raises(NotFittedError):
        copy.predict(2)
    with pytest.raises(NotFittedError):
        copy.update(DF)


def test_a_pickle_predicts_and_moves_on_like_the_original():
    panel = PanelForecaster(SES).fit(DF)
    copy = pickle.loads(pickle.dumps(panel))
    same(copy.predict(3, level=80), panel.predict(3, level=80))
    same(copy.update(after(DF, 2)).predict(2), panel.update(after(DF, 2)).predict(2))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"forecaster": "Holt"}, "forecaster must be a forecaster"),
        ({"forecaster": DoubleExpSmoothingRNN}, "forecaster must be a forecaster"),
        ({"forecaster": DoubleExpSmoothingRNN(alpha=2)}, "alpha must be"),
        ({"id_col": "ds"}, "must be three names"),
        ({"target_col": "cutoff"}, "must be three names"),
        ({"alias": "y"}, "alias must be"),
        ({"alias": 3}, "alias must be"),
        ({"alias": ""}, "alias must be"),
        ({"alias": " "}, "alias must be"),
        ({"alias": "cutoff"}, "alias must be"),
        ({"alias": "step"}, "alias must be"),
        ({"alias": "series"}, "alias must be"),  # which evaluate would take for the ids
        ({"alias": ["m"]}, "alias must be"),
        ({"id_col": []}, "id_col must be the name of a column"),
        ({"time_col": None}, "time_col must be the name of a column"),
        ({"target_col": {}}, "target_col must be the name of a column"),
        ({"target_col": "SimpleExpSmoothingRNN"}, "target_col is 'SimpleExpSmoothingRNN', which"),
        ({"time_col": "SimpleExpSmoothingRNN"}, "time_col is 'SimpleExpSmoothingRNN', which"),
        ({"id_col": "SimpleExpSmoothingRNN"}, "id_col is 'SimpleExpSmoothingRNN', which"),
        ({"id_col": "reason"}, "id_col must not be 'reason'"),
        ({"id_col": "note"}, "id_col must not be 'note'"),
        ({"id_col": "n_filled"}, "id_col must not be 'n_filled'"),
        ({"conformal_windows": 10**30}, "conformal_windows must be an integer from 1 to"),
        ({"n_jobs": 0}, "n_jobs must be"),
        ({"n_jobs": 1.5}, "n_jobs must be"),
        ({"verbose": 2}, "verbose must be"),
        ({"conformal_windows": 0}, "conformal_windows must be"),
        ({"freq": "fortnight"}, "freq must be a pandas frequency"),
        ({"freq": 7}, "freq must be a pandas frequency"),
        ({"freq": "-1D"}, "it must go forward"),
    ],
)
def test_arguments_that_will_not_do_are_named_at_fit(arguments, message):
    panel = PanelForecaster(**{"forecaster": SES} | arguments)
    with pytest.raises(InvalidParameterError, match=message):
        panel.fit(DF)


# Frames that will not do.


@pytest.mark.parametrize(
    ("frame", "error", "message"),
    [
        (DF.to_numpy(), TypeError, "must be a DataFrame with the columns 'unique_id', 'ds'"),
        (DF.drop(columns="y"), ValueError, "must have one column 'y', but it has 0.*; target_col"),
        (DF.rename(columns={"ds": "date"}), ValueError, "but it has 0: .*; time_col names another"),
        (DF.rename(columns={"unique_id": "shop"}), ValueError, "'shop'.*; id_col names another"),
        (DF.set_index("ds"), ValueError, "reset_index"),
        (pd.concat([DF, DF[["y"]]], axis=1), ValueError, "but it has 2"),
        (DF.iloc[:0], ValueError, "has no rows"),
        (DF.assign(y=DF["ds"]), TypeError, "must hold numbers, got datetime64"),
        (DF.assign(y=1j), TypeError, "must hold numbers, got complex"),
        (DF.assign(y=DF["y"].astype("category")), TypeError, "must hold numbers, got category"),
        (DF.assign(ds=0.5), TypeError, "must hold dates, periods or integers"),
        (DF.assign(ds="1/2/2020"), TypeError, "pd.to_datetime"),
        (DF.assign(y="none"), ValueError, "all 4 series failed; the first, 'a': y must be a num"),
        (DF.assign(ds=pd.Timestamp("2020")), ValueError, "ds holds .* a second time in row 1"),
        (DF.assign(unique_id=[*"aaa", None, *["b"] * (len(DF) - 4)]), ValueError, "in row 3: ever"),
    ],
)
def test_a_frame_that_will_not_do_is_refused_and_changes_nothing(frame, error, message):
    panel = PanelForecaster(SES).fit(DF)
    before = panel.predict(2)
    with pytest.raises(error, match=message):
        panel.fit(frame)
    same(panel.predict(2), before)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((), TypeError, "takes a horizon"),
        ((0,), ValueError, "h must be an integer >= 1"),
        ((2.5,), ValueError, "h must be an integer >= 1"),
        ((DF, DF), TypeError, "one frame"),
        ((2, 3), TypeError, "X_df must be a frame .*got 3: .*n_paths=3"),
    ],
)
def test_horizons_that_will_not_do_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        PanelForecaster(SES).fit(DF).predict(*arguments)


@pytest.mark.parametrize("level", [0.95, [80, 100], [80, 80], "80", [True]])
def test_levels_are_in_percent(level):
    with pytest.raises(InvalidParameterError, match="level"):
        PanelForecaster(SES).fit(DF).predict(2, level=level)


def test_an_unknown_method_is_refused():
    with pytest.raises(InvalidParameterError, match="'auto', 'conformal'"):
        PanelForecaster(SES).fit(DF).predict(2, level=80, method="normal")


# Regressors.


def test_regressors_are_every_further_column_and_enter_each_series_on_its_own():
    panel = PanelForecaster(DoubleExpSmoothingRNN(), alias="m").fit(WITH_X)
    shuffled = FUTURE[["x1", "ds", "unique_id", "x0"]].sample(frac=1.0, random_state=0)
    table = panel.predict(4, shuffled, level=80)
    assert panel.feature_names_in_.tolist() == ["x0", "x1"]
    for name in "abc":
        train, future = series_of(WITH_X, name), series_of(FUTURE, name)
        one = DoubleExpSmoothingRNN().fit(train[["x0", "x1"]], train["y"])
        rows = table[table["unique_id"] == name]
        # Beyond the last bit, since sums over a chunk and over a column go in another order.
        np.testing.assert_allclose(rows["m"], one.predict(future), rtol=1e-12)
        bounds = one.predict_interval(future, 0.8)
        np.testing.assert_allclose(rows[["m-lo-80", "m-hi-80"]], bounds, rtol=1e-12)


def test_a_frame_alone_asks_for_its_rows_whichever_lie_after_the_ends():
    panel = PanelForecaster(NaiveForecaster(strategy="drift"), alias="m").fit(DF)
    every = panel.predict(5, level=80)
    request = every.iloc[[4, 1, 7, 6]][["unique_id", "ds"]]
    same(panel.predict(request, level=80), every.iloc[[1, 4, 6, 7]].reset_index(drop=True))
    panel = PanelForecaster(SES, alias="m").fit(WITH_X)
    every = panel.predict(4, FUTURE)
    some = FUTURE[FUTURE["unique_id"] == "b"].iloc[1:3]
    expected = every[every["unique_id"] == "b"].iloc[1:3].reset_index(drop=True)
    same(panel.predict(some), expected)


@pytest.mark.parametrize(
    ("h", "change", "message"),
    [
        (4, lambda f: None, "pass X_df"),
        (4, lambda f: f[f["unique_id"] != "b"], "no rows of 1 series, such as 'b'"),
        (4, lambda f: f.iloc[1:], "must hold 2020-01-31 00:00:00 for 'a', got 2020-02-01"),
        (4, lambda f: f.iloc[:-1], "must hold 4 rows of every series, but it has 3 of 'c'"),
        (4, lambda f: f.drop(columns="x1"), "one column 'x1'"),
        (4, lambda f: f.assign(x2=1.0), "column 'x2', which the panel was not fitted with"),
        (None, lambda f: f.assign(ds=f["ds"] - pd.Timedelta(days=4)), "after the end of the"),
        (None, lambda f: f.assign(ds=f["ds"] + pd.Timedelta(hours=1)), "after the end of the"),
        (None, lambda f: f.assign(ds=f["ds"].dt.tz_localize("UTC")), "dates in UTC, but"),
        (None, lambda f: f.assign(ds=range(30, 42)), "holds integers, but the panel"),
        (None, lambda f: f.replace({"unique_id": "c"}, "new"), "1 series that were not fitted: "),
    ],
)
def test_future_regressors_that_will_not_do_are_refused(h, change, message):
    panel = PanelForecaster(SES).fit(WITH_X)
    with pytest.raises(ValueError, match=message):
        panel.predict(h, change(FUTURE))


def test_a_series_whose_future_regressors_are_unknown_is_left_out_with_a_warning():
    panel = PanelForecaster(SES).fit(WITH_X)
    poisoned = FUTURE.copy()
    poisoned.loc[5, "x1"] = np.nan
    with pytest.warns(UserWarning, match="1 of 3 series failed .* 'b': the regressor 'x1' must be"):
        table = panel.predict(4, poisoned)
    expected = panel.predict(4, FUTURE)
    same(table, expected[expected["unique_id"] != "b"].reset_index(drop=True))


# Moving on.


def after(frame, n, seed=5):
    """The next n days of every series of a frame."""
    frames = []
    for name, rows in frame.groupby("unique_id"):
        ds = pd.date_range(rows["ds"].max(), periods=n + 1)[1:]
        y = np.random.default_rng([seed, *name.encode()]).normal(size=n)
        frames.append(pd.DataFrame({"unique_id": name, "ds": ds, "y": y}))
    return pd.concat(frames, ignore_index=True)


def test_an_update_moves_every_series_on_as_on_its_own():
    panel = PanelForecaster(DoubleExpSmoothingRNN(), alias="m").fit(DF)
    more = after(DF, 3)
    more.loc[4, "y"] = np.nan
    table = panel.update(more.sample(frac=1.0, random_state=0)).predict(2, level=80)
    for name in "abcd":
        one = DoubleExpSmoothingRNN().fit(series_of(DF, name)["y"])
        one.update(series_of(more, name)["y"])
        rows = table[table["unique_id"] == name]
        np.testing.assert_array_equal(rows["m"], one.predict(2))
        np.testing.assert_array_equal(rows["ds"], one.predict(2).index)
        np.testing.assert_array_equal(rows[["m-lo-80", "m-hi-80"]], one.predict_interval(2, 0.8))


def test_an_update_that_none_of_its_series_stands_is_refused_and_changes_nothing():
    panel = PanelForecaster([("level", SES), NaiveForecaster()]).fit(DF)
    before = panel.predict(2)
    late = after(DF, 3).groupby("unique_id").tail(1)
    for rows in (late, late.head(1), after(DF, 1).assign(y=np.inf)):
        with pytest.raises(ValueError, match=rf"all {len(rows)} series failed; the first, 'a': "):
            panel.update(rows)
        assert panel.failures_.empty and panel.ids_.tolist() == list("abcd")
        same(panel.predict(2), before)
    mixed = pd.concat([late.head(1), after(DF, 1).query("unique_id == 'b'")])
    quietly(panel.update, mixed)
    assert panel.ids_.tolist() == list("bcd")


def test_rows_that_were_seen_are_refused_before_anything_moves():
    panel = PanelForecaster(SES).fit(DF)
    before, new = panel.predict(2), after(DF, 2)
    last = DF.groupby("unique_id").tail(1)
    for frame, count in [
        (pd.concat([DF, new]), 4),  # all since the beginning
        (pd.concat([last, new]), 4),
        (pd.concat([last.tail(1), new]), 1),
        (last.assign(ds=last["ds"] - pd.Timedelta(hours=1)), 4),  # on no step
    ]:
        with pytest.raises(ValueError, match=f"in {count} of 4 series; nothing was updated"):
            panel.update(frame)
        same(panel.predict(2), before)
        assert panel.failures_.empty
    panel.update(new)
    with pytest.raises(
        ValueError, match="'a', ended 2020-02-01, and df_new begins with 2020-01-31"
    ):
        panel.update(new)


def later_rows_by_the_advice(panel, df, df_new):
    """What the code that the error advises keeps of rows, which the panel is then moved on by."""
    with pytest.raises(ValueError, match="pass later rows only") as told:
        panel.update(df_new)
    code, _, ends = str(told.value).partition("as in ")[2].partition(" with ends = ")
    scope = {"df": df, "df_new": df_new, "pl": sys.modules.get("polars")}
    if ends:
        scope["ends"] = eval(ends.removesuffix(" of the rows seen"), scope)
    return eval(code, scope)


@pytest.mark.parametrize("form", ["long", "text", "polars", "wide", "levels", "periods"])
@pytest.mark.parametrize("same_ends", [True, False])
def test_the_code_advised_for_rows_that_were_seen_keeps_the_later_ones(form, same_ends):
    df = make_frame([9, 12])
    df = df if same_ends else df.drop(index=8)  # the last row of a
    new = after(df, 2)
    forms = {
        "long": lambda frame: frame,
        "text": lambda frame: frame.assign(ds=frame["ds"].dt.strftime("%Y-%m-%d")),
        "polars": lambda frame: as_polars(frame),
        "wide": lambda frame: frame.pivot(index="ds", columns="unique_id", values="y"),
        "levels": lambda frame: frame.set_index(["unique_id", "ds"]),
        "periods": lambda frame: frame.assign(ds=frame["ds"].dt.to_period("D")),
    }
    if form == "polars":
        pytest.importorskip("polars")
    given, every = forms[form](df), forms[form](pd.concat([df, new]))
    panel = PanelForecaster(SES).fit(given)
    if form in ("wide", "levels") and not same_ends:
        with pytest.raises(ValueError, match="pass later rows only$"):
            panel.update(every)
        return
    panel.update(later_rows_by_the_advice(panel, given, every))
    expected = PanelForecaster(SES).fit(df).update(new).predict(2).iloc[:, 2]
    table = panel.predict(2)
    found = table.to_numpy().ravel("F") if form == "wide" else table.to_numpy()[:, -1]
    np.testing.assert_array_equal(found.astype(float), expected)


def test_series_that_an_update_does_not_mention_stay_where_they_are():
    panel = PanelForecaster(SES).fit(DF)
    before, more = panel.predict(2), after(DF, 2)
    table = panel.update(more[more["unique_id"] == "b"]).predict(2)
    others = table["unique_id"] != "b"
    same(table[others], before[others])
    first = before.loc[~others, "ds"].min()
    assert table.loc[~others, "ds"].min() == first + pd.Timedelta(days=2)


def test_an_update_with_regressors_takes_their_effect_off():
    more = FUTURE.assign(y=np.linspace(0.0, 1.0, len(FUTURE)))
    panel = PanelForecaster(SES, alias="m").fit(WITH_X).update(more)
    train, new = series_of(WITH_X, "b"), series_of(more, "b")
    one = clone(SES).fit(train[["x0", "x1"]], train["y"]).update(new["y"], new[["x0", "x1"]])
    later = FUTURE.assign(ds=FUTURE["ds"] + pd.Timedelta(days=4))
    expected = one.predict(series_of(later, "b"))
    table = panel.predict(4, later)
    np.testing.assert_allclose(table.loc[table["unique_id"] == "b", "m"], expected, rtol=1e-12)


def test_series_that_were_not_fitted_are_named_and_the_panel_stays_as_it_was():
    panel = PanelForecaster(SES).fit(DF)
    before = panel.predict(2)
    more = after(DF, 1).replace({"unique_id": {"b": "new", "c": "newer"}})
    with pytest.raises(ValueError, match="df_new has 2 series .* 'new', 'newer'"):
        panel.update(more)
    same(panel.predict(2), before)


def test_a_series_that_cannot_move_on_fails_and_the_others_go_on():
    panel, alone = PanelForecaster(SES).fit(DF), PanelForecaster(SES).fit(DF)
    more = after(DF, 2).astype({"y": object})
    more.loc[0, "y"] = "word"  # a
    more.loc[3, "ds"] += pd.Timedelta(days=1)  # b
    more.loc[5, "y"] = np.inf  # c
    with pytest.warns(UserWarning, match="3 of 4 series failed .* see failures_"):
        panel.update(more)
    good = more[more["unique_id"] == "d"]
    expected = alone.update(good).predict(3)
    same(panel.predict(3), expected[expected["unique_id"] == "d"].reset_index(drop=True))
    assert panel.failures_["unique_id"].tolist() == ["a", "b", "c"]
    assert panel.ids_.tolist() == ["d"]
    assert "does not go on" in panel.failures_["reason"][1]
    # They stay away, also where further rows would follow their ends.
    same(
        panel.update(after(more, 1)).predict(1),
        alone.update(after(good, 1)).predict(1).tail(1).reset_index(drop=True),
    )


# Cross-validation.


@pytest.mark.parametrize(("n_windows", "step_size"), [(1, None), (3, None), (3, 1), (2, 4)])
@pytest.mark.parametrize("refit", [True, False, 2])
def test_cross_validation_is_the_loop_over_windows(n_windows, step_size, refit):
    h, frame = 2, make_frame([14, 19], seed=3)
    panel = PanelForecaster(DoubleExpSmoothingRNN(), alias="m")
    table = panel.cross_validation(frame, h, n_windows, step_size, refit)
    step, rows = step_size or h, []
    for name in "ab":
        y = series_of(frame, name)["y"]
        for window in range(n_windows):
            end = len(y) - h - step * (n_windows - 1 - window)
            if window == 0 or refit is True or (refit == 2 and window % 2 == 0):
                model = DoubleExpSmoothingRNN().fit(y[:end])
            else:
                model.update(y[end - step : end])
            ahead = model.predict(h)
            rows += zip(
                [name] * h,
                ahead.index,
                [y.index[end - 1]] * h,
                y[end : end + h],
                ahead,
                strict=True,
            )
    expected = pd.DataFrame(rows, columns=["unique_id", "ds", "cutoff", "y", "m"])
    same(table, expected)


def test_cross_validation_gives_regressors_of_the_test_rows():
    table = PanelForecaster(SES, alias="m").cross_validation(WITH_X, 3, n_windows=2, refit=False)
    train = series_of(WITH_X, "a")
    one = clone(SES).fit(train[["x0", "x1"]][:14], train["y"][:14])
    one.update(train["y"][14:17], train[["x0", "x1"]][14:17])
    rows = table[(table["unique_id"] == "a") & (table["cutoff"] == train.index[16])]
    np.testing.assert_allclose(rows["m"], one.predict(train[["x0", "x1"]][17:]), rtol=1e-12)


@pytest.mark.parametrize("refit", [True, False])
def test_cross_validation_gives_the_intervals_of_each_window(refit):
    panel = PanelForecaster(SES, alias="m")
    table = panel.cross_validation(WITH_X, 3, n_windows=2, refit=refit, level=[80, 95])
    assert list(table.columns)[4:] == ["m", "m-lo-80", "m-hi-80", "m-lo-95", "m-hi-95"]
    without = panel.cross_validation(WITH_X, 3, n_windows=2, refit=refit)
    same(table[without.columns], without)
    train = series_of(WITH_X, "a")
    X, y = train[["x0", "x1"]], train["y"]
    one = clone(SES).fit(X[:17] if refit else X[:14], y[:17] if refit else y[:14])
    if not refit:
        one.update(y[14:17], X[14:17])
    rows = table[(table["unique_id"] == "a") & (table["cutoff"] == train.index[16])]
    for level in (80, 95):
        expected = one.predict_interval(X[17:], level / 100)
        found = rows[[f"m-lo-{level}", f"m-hi-{level}"]]
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_bounds_of_a_cross_validation_overwrite_no_column():
    frame = DF.rename(columns={"y": "m-lo-80"})
    panel = PanelForecaster(SES, alias="m", target_col="m-lo-80")
    with pytest.raises(InvalidParameterError, match="'m-lo-80', as is a column of the panel"):
        panel.cross_validation(frame, 2, level=80)
    with pytest.raises(InvalidParameterError, match="in percent"):
        PanelForecaster(SES).cross_validation(DF, 2, level=0.8)


def test_cross_validation_leaves_out_what_is_too_short_and_keeps_the_fit():
    panel = PanelForecaster(SES).fit(DF)
    before = panel.predict(2)
    with pytest.warns(UserWarning, match="1 of 4 series failed .*'c': 5 rows are too few: "):
        table = panel.cross_validation(DF, 3, n_windows=2)
    assert table["unique_id"].unique().tolist() == ["a", "b", "d"]
    assert panel.cross_validation_failures_["unique_id"].tolist() == ["c"]
    same(panel.predict(2), before)
    with pytest.raises(ValueError, match="all 4 series failed"):
        panel.cross_validation(DF, 30)
    with pytest.raises(InvalidParameterError, match="refit"):
        panel.cross_validation(DF, 2, refit=0)


def test_an_unfitted_panel_can_be_cross_validated_and_stays_unfitted():
    panel = PanelForecaster(SES)
    panel.cross_validation(DF, 1)
    with pytest.raises(NotFittedError):
        panel.predict(1)


def test_notes_on_single_fits_are_collected():
    short = make_frame([20, 3, 2])
    panel = PanelForecaster(DoubleExpSmoothingRNN())
    with pytest.warns(UserWarning, match="note.s. on the fits of single series, see notes_; "):
        panel.fit(short)
    assert set(panel.notes_["unique_id"]) == {"b", "c"}
    assert panel.notes_["note"].str.contains("observed values").all()
    assert quietly(panel.fit, DF).failures_.empty


@pytest.mark.parametrize(
    ("columns", "bound"),
    [
        ({"id_col": "m-lo-80"}, "'m-lo-80'"),
        ({"time_col": "m-hi-80"}, "'m-hi-80'"),
        ({"id_col": "m-hi-95"}, "'m-hi-95'"),
    ],
)
@pytest.mark.parametrize("method", ["auto", "conformal"])
def test_bounds_of_intervals_overwrite_no_column(columns, bound, method):
    names = {"id_col": "unique_id", "time_col": "ds"} | columns
    df = make_frame([20]).rename(columns={"unique_id": names["id_col"], "ds": names["time_col"]})
    panel = PanelForecaster(SES, alias="m", **names).fit(df)
    assert panel.predict(1).shape == (1, 3)
    with pytest.raises(InvalidParameterError, match=f"would be called {bound}"):
        panel.predict(1, level=[80, 95], method=method)


@pytest.mark.parametrize("level", [[80, 80.0], [95.0000001, 95], [99.99999, 99.9999900001]])
def test_levels_that_would_name_columns_alike_are_refused(level):
    with pytest.raises(InvalidParameterError, match="level has a value twice"):
        PanelForecaster(SES).fit(make_frame([20])).predict(1, level=level)


@pytest.mark.parametrize("column", [["a"], {"a": 1}, {"a"}])
def test_ids_that_can_be_no_names_are_refused(column):
    df = make_frame([5, 5])
    df["unique_id"] = [column] * 5 + ["b"] * 5
    with pytest.raises(TypeError, match=r"df\['unique_id'\] must hold names of series.*in row 0"):
        PanelForecaster(SES).fit(df)


def test_a_frame_of_another_library_is_named_with_it_and_how_to_make_one_that_will_do():
    methods = {"__module__": "dask.dataframe", "compute": lambda self: DF}
    frame = type("DataFrame", (), methods)()
    with pytest.raises(TypeError, match=r"got dask\.dataframe\.DataFrame: its method comp"):
        PanelForecaster(SES).fit(frame)


def test_stamps_of_two_time_zones_are_refused():
    df = make_frame([5, 5])
    zones = ["UTC"] * 5 + ["Europe/Berlin"] * 5
    pairs = zip(df["ds"], zones, strict=True)
    df["ds"] = [stamp.tz_localize(zone) for stamp, zone in pairs]
    with pytest.raises(TypeError, match="in one time zone, got Europe/Berlin and UTC"):
        PanelForecaster(SES).fit(df)
    df["ds"] = [*df["ds"][:5], *[stamp.tz_localize(None) for stamp in df["ds"][5:]]]
    with pytest.raises(TypeError, match="in one time zone, got UTC and no zone"):
        PanelForecaster(SES).fit(df)


@pytest.mark.parametrize("level", ["80", "a", ["80"], "95, 80"])
def test_levels_in_words_are_quoted_whole(level):
    shown = level if isinstance(level, str) else level[0]
    with pytest.raises(InvalidParameterError, match=f"^level is in percent.*got '{shown}'$"):
        PanelForecaster(SES).cross_validation(DF, h=1, level=level)
