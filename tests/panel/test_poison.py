"""A poisoned series stops no other: it is listed with its reason, the rest is as without it."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from panels import SES, make_frame, quietly

from tsrnn import DoubleExpSmoothingRNN, NaiveForecaster, PanelForecaster, tune
from tsrnn.exceptions import TrainingDivergedError, UnusedColumnsWarning
from tsrnn.forecasting.looped_panel import SERIES_ERRORS

GOOD = make_frame([15, 22, 18]).assign(unique_id=lambda df: "good-" + df["unique_id"])
GOOD_OBJECTS = GOOD.astype({"y": object})
DAYS = pd.date_range("2020-01-01", periods=6)

POISONS = {
    "one value": (DAYS[:1], [1.0], "1 value(s) that are not missing: a series needs 2"),
    "one observed": (DAYS[:3], [np.nan, 1.0, None], "1 value(s) that are not missing"),
    "all missing": (DAYS[:3], [np.nan] * 3, "0 value(s) that are not missing"),
    "infinity": (DAYS[:3], [1.0, -np.inf, 2.0], "y is infinite (-inf)"),
    "a word": (DAYS[:3], [1.0, "two", 3.0], "y must be a number, got 'two'"),
    "beyond floats": (DAYS[:2], [1.0, 10**400], "y must be a number, got 1000"),
    "complex": (DAYS[:2], [1.0, 1j], "y must be a number, got 1j"),
    "a list": (DAYS[:2], [1.0, [2.0]], "y must be a number, got [2.0]"),
    "a date": (DAYS[:2], [1.0, DAYS[0]], "y must be a number, got Timestamp"),
    "a duration": (DAYS[:2], [1.0, np.timedelta64(1, "D")], "y must be a number, got"),
    "a gap": (DAYS[[0, 1, 4, 5]], [1.0, 2.0, 3.0, 4.0], "the time index is irregular"),
    "a date twice": (DAYS[[0, 1, 1]], [1.0, 2.0, 3.0], "ds holds 2020-01-02 00:00:00 a second"),
    "no date": ([DAYS[0], None, DAYS[2]], [1.0, 2.0, 3.0], "ds is missing or no ISO date"),
}


def poisoned(name, poison):
    stamps, values, _ = POISONS[poison]
    return pd.DataFrame(
        {"unique_id": name, "ds": pd.DatetimeIndex(stamps), "y": np.array(values, dtype=object)}
    )


def assert_as_without(panel, table, forecaster, h=3):
    expected = PanelForecaster(forecaster).fit(GOOD).predict(h, level=[80])
    pd.testing.assert_frame_equal(table, expected, check_exact=True)


@pytest.mark.parametrize("poison", POISONS)
@pytest.mark.parametrize("name", ["a", "good-b", "z"])
def test_the_others_are_to_the_last_bit_what_they_are_without_it(poison, name):
    # At the beginning, among and after the others; its rows between theirs.
    bad = poisoned(name + "!", poison)
    frame = pd.concat([GOOD_OBJECTS, bad]).sample(frac=1.0, random_state=0)
    panel = PanelForecaster(SES)
    with pytest.warns(UserWarning, match=r"1 of 4 series failed and are left out, see failures_"):
        panel.fit(frame)
    assert_as_without(panel, panel.predict(3, level=[80]), SES)
    assert panel.failures_["unique_id"].tolist() == [name + "!"]
    assert POISONS[poison][2] in panel.failures_["reason"][0]
    assert panel.failures_["exception"][0] in ("ValueError", "IrregularIndexError")
    assert panel.ids_.tolist() == ["good-a", "good-b", "good-c"]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from(sorted(POISONS)), min_size=1, max_size=12), st.integers(0, 2**32 - 1)
)
def test_any_number_of_poisoned_series_stops_no_other(poisons, seed):
    bad = [poisoned(f"bad-{i}", poison) for i, poison in enumerate(poisons)]
    frame = pd.concat([GOOD_OBJECTS, *bad]).sample(frac=1.0, random_state=seed)
    panel = quietly(PanelForecaster(SES).fit, frame)
    assert_as_without(panel, panel.predict(3, level=[80]), SES)
    assert set(panel.failures_["unique_id"]) == {f"bad-{i}" for i in range(len(poisons))}
    for i, poison in enumerate(poisons):
        reason = panel.failures_.set_index("unique_id").loc[f"bad-{i}", "reason"]
        assert POISONS[poison][2] in reason


def test_the_reason_names_the_row_of_the_frame_that_was_passed():
    frame = GOOD.astype({"y": object})
    frame.loc[20, "y"] = "none"
    frame = frame.iloc[::-1]
    panel = quietly(PanelForecaster(SES).fit, frame)
    row = len(GOOD) - 1 - 20
    assert panel.failures_["reason"][0] == f"y must be a number, got 'none' in row {row}"
    assert frame["y"].iloc[row] == "none"


@pytest.mark.parametrize("value", [np.nan, np.inf, None, "word"])
def test_an_unknown_regressor_fails_its_series(value):
    frame = make_frame([9, 12], n_regressors=2).astype({"x1": object})
    frame.loc[3, "x1"] = value
    panel = quietly(PanelForecaster(NaiveForecaster()).fit, frame)
    assert panel.failures_["unique_id"].tolist() == ["a"]
    reason = f"the regressor 'x1' must be known, not {value!r}, in row 3"
    assert panel.failures_["reason"].tolist() == [reason]


def test_series_that_are_numbered_are_named_by_their_plain_numbers():
    frame = make_frame([9, 9, 9]).assign(unique_id=np.repeat([1, 2, 3], 9))
    frame.loc[3, "y"] = np.inf
    with pytest.warns(UserWarning, match=r"the first, 1: y is infinite \(inf\) in row 3"):
        panel = PanelForecaster(SES).fit(frame)
    with pytest.raises(ValueError, match=r"X_df has no rows of 1 series, such as 3$"):
        panel.predict(2, frame[frame["unique_id"] == 2])
    with pytest.raises(ValueError, match="X_df holds failed series alone"):
        panel.predict(frame[frame["unique_id"] == 1])
    before = panel.predict(2)
    pd.testing.assert_frame_equal(
        panel.update(frame[frame["unique_id"] == 1].iloc[4:]).predict(2), before
    )


def test_words_in_the_column_of_stamps_fail_their_series():
    for stamps in (GOOD["ds"].dt.strftime("%Y-%m-%d"), pd.Series(np.arange(len(GOOD)))):
        frame = GOOD.assign(ds=stamps.astype(object))
        expected = PanelForecaster(SES).fit(frame).predict(2)
        bad = frame.iloc[:3].assign(unique_id="bad", ds=["tomorrow", *stamps[1:3]])
        panel = quietly(PanelForecaster(SES).fit, pd.concat([frame, bad]))
        assert panel.failures_["unique_id"].tolist() == ["bad"]
        pd.testing.assert_frame_equal(panel.predict(2), expected)


class Moody(NaiveForecaster):
    """Fails as it is told to by the first value of a series."""

    errors = {-1.0: ZeroDivisionError, -2.0: TrainingDivergedError, -3.0: KeyError}

    def fit_model(self, values, regressors):
        if values[0, 0] in self.errors:
            raise self.errors[values[0, 0]]("moody")
        return super().fit_model(values, regressors)


def test_what_a_fit_raises_of_a_series_is_its_failure():
    frame = make_frame([9, 9, 9]).copy()
    frame.loc[[0, 18], "y"] = [-1.0, -2.0]
    panel = quietly(PanelForecaster(Moody()).fit, frame)
    assert panel.failures_["unique_id"].tolist() == ["a", "c"]
    assert panel.failures_["exception"].tolist() == ["ZeroDivisionError", "TrainingDivergedError"]
    assert panel.predict(1)["unique_id"].tolist() == ["b"]


def test_a_fault_that_is_none_of_the_data_is_raised_and_changes_nothing():
    frame = make_frame([9, 9, 9]).copy()
    panel = PanelForecaster(Moody()).fit(frame)
    before = panel.predict(2)
    frame.loc[0, "y"] = -3.0
    with pytest.raises(KeyError):
        panel.fit(frame)
    assert KeyError not in SERIES_ERRORS
    pd.testing.assert_frame_equal(panel.predict(2), before)


def test_cross_validation_leaves_poisoned_series_out():
    frame = pd.concat([GOOD_OBJECTS, *[poisoned(f"bad-{i}", one) for i, one in enumerate(POISONS)]])
    panel = PanelForecaster(SES)
    table = quietly(panel.cross_validation, frame, 2, n_windows=3)
    expected = PanelForecaster(SES).cross_validation(GOOD, 2, n_windows=3)
    pd.testing.assert_frame_equal(table, expected, check_exact=True)
    assert len(panel.cross_validation_failures_) == len(POISONS)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_clean_panel_warns_of_nothing(n_jobs):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        panel = PanelForecaster(DoubleExpSmoothingRNN(), n_jobs=n_jobs).fit(GOOD)
    assert panel.failures_.empty and panel.notes_.empty


@pytest.mark.parametrize(
    ("word", "pattern"),
    [("01.02.2018", "%d.%m.%Y"), ("1/2/2018", "%d/%m/%Y"), ("May 1", "%d.%m.%Y")],
)
def test_dates_in_words_of_an_unclear_order_are_not_guessed_and_their_format_is_asked_for(
    word, pattern
):
    frame = pd.DataFrame({"unique_id": "a", "ds": [None, word, word], "y": 1.0})
    with pytest.raises(TypeError) as told:
        PanelForecaster(SES).fit(frame)
    assert f"pd.to_datetime(column, format='{pattern}')" in str(told.value)
    assert f"column.str.to_date('{pattern}')" in str(told.value) and repr(word) in str(told.value)


def test_what_is_mistaken_for_something_else_is_told_what_it_is():
    frame = make_frame([20, 20])
    panel = PanelForecaster(SES).fit(frame)
    with pytest.raises(TypeError, match=r"simulate\(12, n_paths=50\)"):
        panel.simulate(12, 50)
    with pytest.raises(ValueError, match="held back, is what cross_validation does"):
        panel.score(frame)
    with pytest.raises(ValueError, match="'forecaster__alpha' is that of the forecaster within"):
        tune(panel, {"alpha": [0.2]}, frame, horizon=2)
    static = PanelForecaster(SES, static=["size"])
    with pytest.warns(UserWarning, match="must be the same in all rows, but is 0 and, in row 1, 1"):
        with pytest.warns(UnusedColumnsWarning):
            static.fit(frame.assign(size=[0, 1, *[2] * 38]))
    with pytest.raises(AttributeError, match="a smoother with regressors is in"):
        _ = panel.coef_


def test_notes_on_columns_tell_them_by_their_names_in_the_frame():
    price = np.cos(np.arange(40.0))
    frame = make_frame([20, 20]).assign(price=price, twice=2.0 * price)
    panel = PanelForecaster(SES)
    with pytest.warns(UserWarning, match=r"the columns \['twice'\] say nothing"):
        panel.fit(frame)
    assert panel.notes_["note"].str.contains("columns ['twice'] say", regex=False).all()
