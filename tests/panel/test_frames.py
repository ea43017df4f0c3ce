"""Panels of frames of any library and form: the same numbers, and answers of the form given."""

import numpy as np
import pandas as pd
import pytest
from other_frames import OTHERS, as_polars, as_pyarrow, columns_of
from pandas.testing import assert_frame_equal, assert_series_equal

import tsrnn
from tsrnn import DoubleExpSmoothingRNN, NaiveForecaster, PanelForecaster, detect_anomalies
from tsrnn.exceptions import InvalidParameterError, UnusedColumnsWarning

N = 24
RNG = np.random.default_rng(4)
DAYS = pd.date_range("2024-01-01", periods=N)
DF = pd.DataFrame(
    {
        "unique_id": np.repeat(["b", "a"], N),
        "ds": np.tile(DAYS, 2),
        "y": RNG.normal(10.0, 1.0, 2 * N).cumsum(),
        "price": RNG.normal(size=2 * N),
    }
)
DF.loc[5, "y"] = np.nan
PLAIN = DF.drop(columns="price")
NEW = DF.assign(ds=DF["ds"] + pd.Timedelta(days=N)).groupby("unique_id").head(3)
FUTURE = NEW.drop(columns="y")
HOLT = DoubleExpSmoothingRNN()
NAIVE = NaiveForecaster()


def panel(forecaster=HOLT, **options):
    return PanelForecaster(forecaster, alias="m", **options)


@pytest.mark.parametrize("library", OTHERS)
def test_every_method_answers_in_kind_with_the_numbers_of_pandas_to_the_last_bit(library):
    of = OTHERS[library]
    ours, theirs = panel().fit(DF), panel().fit(of(DF))
    kind = type(of(DF))
    answers = [
        (ours.predict(FUTURE, level=80), theirs.predict(of(FUTURE), level=80)),
        (ours.predict(3, FUTURE), theirs.predict(3, X_df=of(FUTURE))),
        (ours.cross_validation(DF, 2, level=90), theirs.cross_validation(of(DF), 2, level=90)),
        (detect_anomalies(panel(), DF), detect_anomalies(panel(), of(DF))),
    ]
    ours.update(NEW)
    theirs.update(of(NEW))
    later = FUTURE.assign(ds=FUTURE["ds"] + pd.Timedelta(days=3))
    answers.append((ours.predict(later), theirs.predict(of(later))))
    for one, other in answers:
        assert type(other) is kind
        assert columns_of(other) == columns_of(one)
    for name in ("failures_", "notes_", "filled_", "ids_"):  # reports are of pandas
        assert type(getattr(theirs, name)) is type(getattr(ours, name))


def test_types_of_columns_of_polars_come_back_and_are_read_for_what_they_are():
    pl = pytest.importorskip("polars")
    expected = columns_of(panel().fit(PLAIN).predict(2))
    for types in (
        {"unique_id": pl.Categorical},
        {"unique_id": pl.Enum(["b", "a"])},
        {"ds": pl.Date},
        {"ds": pl.Datetime("ns")},
        {"ds": pl.Datetime("ms")},
        {"y": pl.Decimal(38, 20)},
        {"y": pl.String},
    ):
        given = as_polars(PLAIN, **types)
        answer = panel().fit(given).predict(2)
        for name in ("unique_id", "ds"):
            assert answer.schema[name] == given.schema[name]
        assert answer["unique_id"].cast(pl.String).to_list() == expected["unique_id"]
        assert answer["ds"].cast(pl.Datetime("us")).to_list() == expected["ds"]
        # Decimals are rounded to twenty digits.
        np.testing.assert_allclose(answer["m"].to_list(), expected["m"], rtol=1e-12)


def test_numbers_as_ids_zones_and_bools_as_regressors_keep_their_types_in_polars():
    pl = pytest.importorskip("polars")
    zoned = PLAIN.assign(
        unique_id=np.repeat([7, 3], N), open=np.tile([True, False, True], 2 * N // 3)
    )
    given = as_polars(zoned, unique_id=pl.Int32).with_columns(
        pl.col("ds").dt.replace_time_zone("Europe/Berlin")
    )
    ours = zoned.assign(ds=zoned["ds"].dt.tz_localize("Europe/Berlin"))
    answer, expected = (panel().cross_validation(one, 2) for one in (given, ours))
    assert answer.schema["unique_id"] == pl.Int32
    assert answer.schema["ds"] == answer.schema["cutoff"] == pl.Datetime("us", "Europe/Berlin")
    assert columns_of(answer) == columns_of(expected)


def test_dates_become_stamps_where_forecasts_lie_between_them():
    pl = pytest.importorskip("polars")
    given = as_polars(PLAIN, ds=pl.Date).filter(pl.col("unique_id") == "a")
    panel_of_hours = panel(NAIVE, freq="12h", fill="missing").fit(given)
    assert panel_of_hours.predict(1).schema["ds"] == pl.Datetime("ms")
    assert panel_of_hours.predict(2)["ds"].dt.hour().to_list() == [12, 0]


def test_numbers_of_rows_are_no_dates_and_a_derived_class_is_a_frame():
    pl = pytest.importorskip("polars")
    given = as_polars(PLAIN, ds=pl.Date)
    assert panel(NAIVE, freq="rows").fit(given).predict(1)["ds"].to_list() == [N + 1, N + 1]
    derived = type("Derived", (pl.DataFrame,), {})(given)
    assert panel(NAIVE).fit(derived).predict(1).equals(panel(NAIVE).fit(given).predict(1))


def test_types_of_columns_of_pyarrow_come_back():
    pa = pytest.importorskip("pyarrow")
    expected = columns_of(panel().fit(PLAIN).predict(2))
    words = pa.dictionary(pa.int32(), pa.string())
    for types in (
        {"unique_id": pa.large_string()},
        {"unique_id": words},
        {"ds": pa.timestamp("s")},
        {"ds": pa.date32()},
        {"ds": pa.timestamp("us", "+02:00")},
        {"y": pa.decimal128(38, 20)},
    ):
        given = as_pyarrow(PLAIN, **types)
        answer = panel().fit(given).predict(2)
        if pa.types.is_dictionary(given["unique_id"].type):
            assert pa.types.is_dictionary(answer["unique_id"].type)
        else:
            assert answer["unique_id"].type == given["unique_id"].type
        assert answer["ds"].type == given["ds"].type
        np.testing.assert_allclose(answer["m"].to_pylist(), expected["m"], rtol=1e-12)


@pytest.mark.parametrize("library", OTHERS)
def test_a_missing_id_or_stamp_is_found_in_frames_of_others(library):
    of = OTHERS[library]
    ids, stamps = PLAIN.copy(), PLAIN.copy()
    ids.loc[3, "unique_id"] = None
    stamps.loc[3, "ds"] = pd.NaT
    with pytest.raises(ValueError, match="missing in row 3: every row must name its series"):
        panel().fit(of(ids))
    with pytest.warns(UserWarning, match="ds is missing .* in row 3"):
        assert panel().fit(of(stamps)).failures_["unique_id"].tolist() == ["b"]


def test_what_is_no_frame_is_named_with_its_library_and_what_to_do():
    pa = pytest.importorskip("pyarrow")
    frame = as_polars(PLAIN)
    batch = pa.RecordBatch.from_pylist([{"y": 1.0}])
    for given, message in (
        (frame.lazy(), r"polars\.LazyFrame: its method collect\(\) makes a frame"),
        (frame["y"], r"got polars\.Series"),
        (as_pyarrow(PLAIN)["y"], r"got pyarrow\.ChunkedArray"),
        (batch, r"pyarrow\.RecordBatch: pyarrow\.Table\.from_batches\(\[batch\]\)"),
        ({"y": [1.0]}, "got dict"),
    ):
        with pytest.raises(TypeError, match=message):
            panel().fit(given)
    twice = pa.table([pa.array([1.0])] * 2, names=["y", "y"])
    with pytest.raises(ValueError, match=r"df has a column twice: its columns are \['y', 'y'\]"):
        panel().fit(twice)
    with pytest.raises(TypeError, match=r"X_df must be .* polars\.LazyFrame"):
        panel().fit(PLAIN).predict(as_polars(FUTURE).lazy())


# Forms.


WIDE = PLAIN.pivot(index="ds", columns="unique_id", values="y")[["b", "a"]]
LEVELS = DF.set_index(["unique_id", "ds"])


def long_of(wide):
    """Lay a wide frame out as a long one, sorted by series and time."""
    stacked = wide.melt(ignore_index=False, var_name="unique_id", value_name="m").reset_index()
    stacked = stacked[["unique_id", "ds", "m"]].dropna()
    return stacked.sort_values(["unique_id", "ds"], ignore_index=True)


def test_a_wide_frame_is_the_long_one_and_gets_a_wide_answer_in_its_order():
    expected = panel().fit(PLAIN)
    ours = panel().fit(WIDE)
    answer = ours.predict(3)
    assert list(answer.columns) == ["b", "a"] and answer.columns.name == "unique_id"
    assert answer.index.name == "ds" and answer.index[0] == DAYS[-1] + pd.Timedelta(days=1)
    assert_frame_equal(long_of(answer), expected.predict(3), check_dtype=False)
    # What has several values for a series and a stamp stays long.
    assert_frame_equal(ours.predict(3, level=80), expected.predict(3, level=80))
    assert_frame_equal(ours.cross_validation(WIDE, 2), expected.cross_validation(PLAIN, 2))
    assert_frame_equal(detect_anomalies(panel(), WIDE), detect_anomalies(panel(), PLAIN))


@pytest.mark.parametrize("library", ["pandas", *OTHERS])
def test_stamps_of_a_wide_frame_may_be_a_column(library):
    given = WIDE.rename_axis(columns=None).reset_index()
    given = given if library == "pandas" else OTHERS[library](given)
    answer = panel().fit(given).predict(2)
    assert type(answer) is type(given)
    expected = panel().fit(WIDE).predict(2).rename_axis(columns=None).reset_index()
    assert columns_of(answer) == columns_of(expected)


def test_missing_values_at_the_ends_of_a_wide_frame_are_before_and_after_the_series():
    wide = WIDE.copy()
    wide.iloc[:4, 0] = np.nan
    wide.iloc[-3:, 1] = np.nan
    cut = pd.concat([PLAIN.iloc[4:N], PLAIN.iloc[N : 2 * N - 3]])
    answer = panel().fit(wide).predict(2)
    assert_frame_equal(long_of(answer), panel().fit(cut).predict(2), check_dtype=False)
    # A row for each stamp of any series.
    assert len(answer) == 4 and answer.notna().sum().tolist() == [2, 2]
    with pytest.warns(UserWarning, match="1 of 3 series failed .*'c': 0 value"):
        assert list(panel().fit(wide.assign(c=np.nan)).predict(1)) == ["b", "a"]


def test_updates_of_a_wide_frame_take_missing_values_and_leave_ended_series_alone():
    wide = WIDE.assign(ended=WIDE["a"].where(np.arange(N) < N - 5))
    ours = panel(NAIVE).fit(wide)
    rows = pd.DataFrame(
        {"b": [1.0, 2.0], "a": [np.nan, 5.0], "ended": np.nan},
        index=pd.date_range(DAYS[-1], periods=3)[1:],
    )
    ours.update(rows[:1])  # a misses a value, and goes on
    answer = ours.update(rows[1:]).predict(1)
    assert len(ours.failures_) == 0
    assert answer.iloc[-1].tolist()[:2] == [2.0, 5.0]
    assert answer["ended"].dropna().index.tolist() == [DAYS[-5]]


def test_bad_cells_of_wide_frames_are_told_by_their_rows():
    wide = WIDE.copy()
    wide.iloc[7, 1] = np.inf
    with pytest.warns(UserWarning, match="'a': y is infinite .inf. in row 7"):
        panel().fit(wide)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (WIDE.assign(town="Bonn"), "columns of numbers alone, unlike 'town'"),
        (WIDE.iloc[[0, 1, 1]], "each time stamp once, unlike 2024-01-02"),
        (WIDE[["a", "b", "a"]], "each column once, unlike 'a'"),
        # A long frame whose columns are called otherwise is not taken for a wide one.
        (
            DF.rename(columns={"unique_id": "shop", "y": "sold"}).assign(shop=1),
            "each time stamp once",
        ),
        (DF.rename(columns={"unique_id": "shop", "y": "sold", "ds": "date"}), "'unique_id'"),
    ],
)
def test_frames_that_only_look_wide_are_refused(frame, message):
    with pytest.raises(ValueError, match=message):
        panel().fit(frame)


def test_a_long_frame_of_one_numbered_series_that_is_read_as_wide_is_told_of():
    one = PLAIN[PLAIN["unique_id"] == "a"].rename(columns={"unique_id": "shop", "y": "sold"})
    with pytest.warns(UserWarning, match="a wide frame of .*'shop', 'sold'.*names the series 7"):
        panel(NAIVE).fit(one.assign(shop=7))
    # Nobody numbers a series 0, as sales are that nobody made.
    panel(NAIVE).fit(WIDE.assign(none=0))


@pytest.mark.parametrize("options", [{"regressors": ["price"]}, {"static": ["price"]}])
def test_a_wide_frame_with_columns_named_to_be_no_series_is_refused_in_words(options):
    one = DF[DF["unique_id"] == "a"].drop(columns="unique_id").rename(columns={"y": "sales"})
    for frame in (one, one.set_index("ds")):
        message = (
            r"has 'price', .* wide frame of .*'sales', 'price'.*target_col='sales'.*fit\(X, y\)"
        )
        with pytest.raises(ValueError, match=message):
            panel(**options).fit(frame)
    panel(NAIVE, regressors=[]).fit(WIDE)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("unique_id", r"df\.assign\(unique_id='a'\)"),
        ("the shop", r"df\.assign\(\*\*\{'the shop': 'a'"),
    ],
)
def test_a_series_without_a_name_is_told_how_to_get_one(name, code):
    with pytest.raises(ValueError, match=f"'{name}', but it has 0: .*single series {code}"):
        panel(NAIVE, id_col=name).fit(PLAIN.iloc[N:].drop(columns="unique_id"))


def test_names_of_wide_columns_may_be_numbers_pairs_and_periods_their_stamps():
    wide = WIDE.set_axis(pd.MultiIndex.from_tuples([("x", 1), ("w", 2)]), axis=1)
    answer = panel(NAIVE).fit(wide).predict(2)
    assert answer.columns.equals(wide.columns)
    np.testing.assert_array_equal(answer, panel(NAIVE).fit(WIDE).predict(2))
    first = wide.set_axis(pd.MultiIndex.from_tuples([("y", 1), ("unique_id", 2)]), axis=1)
    assert panel(NAIVE).fit(first).predict(2).columns.equals(first.columns)
    months = WIDE.set_axis(pd.period_range("2020-01", periods=N, freq="M")).set_axis([3, 1], axis=1)
    answer = panel(NAIVE).fit(months).predict(1)
    assert answer.index.tolist() == [pd.Period("2022-01", "M")] and list(answer) == [3, 1]


def test_an_index_of_series_and_time_is_the_long_frame_and_comes_back():
    expected = panel().fit(DF)
    ours = panel().fit(LEVELS)
    future = FUTURE.set_index(["unique_id", "ds"])
    for one, other in (
        (ours.predict(future, level=80), expected.predict(FUTURE, level=80)),
        (ours.cross_validation(LEVELS, 2), expected.cross_validation(DF, 2)),
    ):
        assert_frame_equal(one, other.set_index(["unique_id", "ds"]))
    ours.update(NEW.set_index(["unique_id", "ds"]))
    expected.update(NEW)
    later = FUTURE.assign(ds=FUTURE["ds"] + pd.Timedelta(days=3))
    answer = ours.predict(later)  # of the form of the frame that was fitted
    assert_frame_equal(answer, expected.predict(later).set_index(["unique_id", "ds"]))


def test_levels_of_other_names_and_single_columns_are_recognised():
    y = PLAIN.set_index(["unique_id", "ds"])["y"]
    plain = panel().fit(PLAIN).predict(2)
    named = y.rename_axis(["shop", "date"])
    answer = panel().fit(named.to_frame("sold")).predict(2)
    assert_frame_equal(
        answer, plain.set_axis(["shop", "date", "m"], axis=1).set_index(["shop", "date"])
    )
    answer = panel().fit(named.rename("sold")).predict(2)
    assert_series_equal(answer, pd.Series(plain["m"].array, index=answer.index, name="sold"))
    assert answer.index.names == ["shop", "date"]
    swapped = panel().fit(named.swaplevel()).predict(2)
    assert swapped.index.names == ["date", "shop"]
    numbers = y.set_axis(pd.MultiIndex.from_arrays([np.repeat([1, 2], N), np.tile(range(N), 2)]))
    with pytest.raises(ValueError, match=r"df.index.names = \['unique_id', 'ds'\]"):
        panel().fit(numbers)
    named = numbers.rename_axis(["unique_id", "ds"])
    assert panel().fit(named).predict(1).index.tolist() == [(1, N), (2, N)]


# Regressors, static columns, and others.


TOWNS = DF.assign(town=np.repeat(["Bonn", "Ulm"], N), since=DF["ds"])


def test_columns_of_words_and_dates_are_left_alone_with_one_note():
    with pytest.warns(UnusedColumnsWarning, match=r"\['town', 'since'\] are left alone") as told:
        ours = panel().fit(TOWNS)
    assert len(told) == 1
    assert_frame_equal(ours.predict(FUTURE), panel().fit(DF).predict(FUTURE))
    assert list(ours.feature_names_in_) == ["price"]
    # They may be in further frames, and need not.
    later = FUTURE.assign(town="Kiel")
    assert_frame_equal(ours.predict(later), ours.predict(FUTURE))
    ours.update(NEW.assign(since=NEW["ds"]))
    with pytest.warns(UnusedColumnsWarning):
        ours.cross_validation(TOWNS, 2)
    with pytest.warns(UnusedColumnsWarning):
        detect_anomalies(panel(), TOWNS)


def test_named_regressors_are_those_in_the_order_named_and_an_empty_list_none():
    two = DF.assign(size=np.tile([1.0, 2.0, 4.0], 2 * N // 3))
    with pytest.warns(UnusedColumnsWarning, match=r"\['size'\] are left alone"):
        ours = panel(regressors=["price"]).fit(two)
    assert_frame_equal(ours.predict(FUTURE), panel().fit(DF).predict(FUTURE))
    assert list(panel(regressors=["size", "price"]).fit(two).feature_names_in_) == ["size", "price"]
    with pytest.warns(UnusedColumnsWarning):
        none = panel(regressors=[]).fit(two)
    assert_frame_equal(none.predict(2), panel().fit(PLAIN).predict(2))


def test_numbers_in_words_and_decimals_are_regressors_and_categories_are_not():
    words = DF.assign(price=DF["price"].astype(str))
    assert_frame_equal(panel().fit(words).predict(FUTURE), panel().fit(DF).predict(FUTURE))
    words.loc[3, "price"] = "n/a"
    with pytest.warns(UserWarning, match="1 of 2 .*'b': the regressor 'price' must be known"):
        panel().fit(words)
    with pytest.warns(UnusedColumnsWarning, match="price"):
        panel().fit(DF.assign(price=DF["price"].round().astype("category")))


def test_static_columns_are_kept_by_series_and_must_not_vary_in_one():
    with pytest.warns(UnusedColumnsWarning, match="m does not look at the static .*'town'"):
        ours = panel(static=["town", "size"]).fit(
            DF.assign(town=TOWNS["town"].astype("category"), size=np.repeat([2, 1], N))
        )
    assert ours.static_.to_dict("list") == {
        "unique_id": ["a", "b"],
        "town": ["Ulm", "Bonn"],
        "size": [1, 2],
    }
    assert list(ours.feature_names_in_) == ["price"]
    with pytest.warns(
        UserWarning, match="'a': the static column 'town' .* but is 'Ulm' and, in row 3"
    ):
        ours.update(NEW.assign(town=["Bonn"] * 3 + ["Kiel"] * 3))
    assert ours.failures_["unique_id"].tolist() == ["a"]


@pytest.mark.filterwarnings("ignore::tsrnn.exceptions.UnusedColumnsWarning")
def test_a_series_whose_static_column_varies_is_a_failure_in_every_reading():
    varied = TOWNS.copy()
    varied.loc[N + 4, "town"] = None
    ours = panel(static=["town"])
    message = (
        "'a': the static column 'town' must be the same in all rows, but is 'Ulm' and, in row 28"
    )
    for read in (
        lambda: ours.fit(varied),
        lambda: ours.cross_validation(varied, 2),
        lambda: detect_anomalies(ours, varied),
    ):
        with pytest.warns(UserWarning, match=message):
            read()
    assert ours.static_["town"].tolist() == ["Bonn"]
    # Rows of one step agree as well, and gaps that are filled ask for nothing.
    gappy = panel(static=["town"], regressors=[], fill="missing").fit(TOWNS.drop(index=[3, 4]))
    assert gappy.filled_["n_filled"].tolist() == [2] and len(gappy.static_) == 2


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"regressors": "price"}, InvalidParameterError, "a list of names of columns"),
        ({"regressors": ["ds"]}, InvalidParameterError, "'ds', which is the time_col"),
        ({"static": ["y"]}, InvalidParameterError, "'y', which is the target_col"),
        ({"static": ["town", "town"]}, InvalidParameterError, "the name of a column in static alr"),
        ({"regressors": ["town"], "static": ["town"]}, InvalidParameterError, "in regressors alr"),
        ({"regressors": [["price"]]}, InvalidParameterError, "must hold names"),
        ({"regressors": ["prize"]}, ValueError, "has 'prize', but df has no such column"),
        ({"static": ["prize"]}, ValueError, "static has 'prize', but df has no such column"),
        ({"regressors": ["town"]}, ValueError, "'town'.* holds no numbers: .*'Bonn'"),
        ({"regressors": ["since"]}, ValueError, "'since'.* holds no numbers"),
    ],
)
def test_names_that_will_not_do_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        panel(**options).fit(TOWNS)


def test_panels_of_other_frames_are_saved_with_their_form_and_roles(tmp_path):
    pytest.importorskip("polars")
    given = as_polars(TOWNS.drop(columns="since"))
    given = given.cast({"ds": given.schema["ds"], "town": type(given.schema["unique_id"])})
    with pytest.warns(UnusedColumnsWarning):
        ours = panel(static=["town"]).fit(given)
    tsrnn.save(ours, tmp_path / "panel.tsrnn")
    again = tsrnn.load(tmp_path / "panel.tsrnn")
    assert again.static == ["town"] and again.regressors is None
    assert_frame_equal(again.static_, ours.static_)
    future = as_polars(FUTURE)
    assert again.predict(future).equals(ours.predict(future))


def test_panels_of_wide_frames_and_of_levels_are_saved(tmp_path):
    pairs = WIDE.set_axis(pd.MultiIndex.from_tuples([("x", 1), ("w", 2)]), axis=1)
    for given in (WIDE, pairs, PLAIN.set_index(["unique_id", "ds"])["y"]):
        ours = panel(NAIVE).fit(given)
        tsrnn.save(ours, tmp_path / "panel.tsrnn")
        answer, expected = tsrnn.load(tmp_path / "panel.tsrnn").predict(2), ours.predict(2)
        assert type(answer) is type(expected) and answer.equals(expected)
        assert answer.index.equals(expected.index)


def test_a_panel_goes_on_under_other_names_of_columns_in_every_form():
    names = {"id_col": "store", "time_col": "day", "target_col": "sold"}
    for given in (WIDE, PLAIN.set_index(["unique_id", "ds"])):
        ours = panel(NAIVE).fit(given)
        expected = ours.predict(2)
        assert ours.set_params(**names).predict(2).equals(expected)
    with pytest.warns(UnusedColumnsWarning):
        ours = panel(NAIVE, static=["town"], regressors=[]).fit(TOWNS)
    later = NEW.assign(town=["Bonn"] * 3 + ["Ulm"] * 3).drop(columns="price")
    ours.set_params(**names).update(later.set_axis(["store", "day", "sold", "town"], axis=1))
    assert len(ours.failures_) == 0
