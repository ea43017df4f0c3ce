"""Several forecasters in one panel: each column is that of the panel of one, to the last bit."""

import pickle

import numpy as np
import pandas as pd
import pytest
from panels import SES, make_frame, quietly
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tsrnn import (
    DeseasonalizedForecaster,
    DoubleExpSmoothingRNN,
    NaiveForecaster,
    PanelForecaster,
    RegressionForecaster,
    SimpleExpSmoothingRNN,
    WindowForecaster,
    detect_anomalies,
    load,
    save,
)
from tsrnn.exceptions import InvalidParameterError
from tsrnn.features import CalendarFeatures
from tsrnn.metrics import evaluate

DF = make_frame([20, 26, 18, 30])
POSITIVE = DF.assign(y=DF["y"].abs() + 10.0)
# One series cannot be fitted with errors that are shares of a prediction.
MIXED = POSITIVE.assign(y=POSITIVE["y"].where(POSITIVE["unique_id"] != "b", -POSITIVE["y"]))

HOLT, DRIFT = DoubleExpSmoothingRNN(prior="cautious"), NaiveForecaster(strategy="drift")
SHARES = SimpleExpSmoothingRNN(error="mul")
MIXED_MODELS = [("level", SES), ("shares", SHARES)]
MODELS = [SES, ("drift", DRIFT), ("weekly", NaiveForecaster(strategy="seasonal"))]
NAMES = ["SimpleExpSmoothingRNN", "drift", "weekly"]


def same(actual, expected):
    pd.testing.assert_frame_equal(actual, expected, check_exact=True)


def alone(forecasters, **options):
    """Panels of one forecaster each, by their names."""
    pairs = [one if isinstance(one, tuple) else (type(one).__name__, one) for one in forecasters]
    return {name: PanelForecaster(one, alias=name, **options) for name, one in pairs}


def assert_same_columns(several, singles):
    """Whether a frame has the columns of the frames of each model, in their order."""
    keys = [name for name in several if all(name in one for one in singles)]
    every = [several[keys].reset_index(drop=True)]
    assert list(several) == keys + [name for one in singles for name in one if name not in keys]
    for one in singles:
        every = several[list(one)].dropna().reset_index(drop=True)
        same(every.astype(one.dtypes), one)


ASKED = {
    "forecasts": {},
    "intervals": {"level": [80, 95]},
    "conformal": {"level": 50, "method": "conformal"},
    "totals": {"level": 90, "total": True, "n_paths": 30},
}


@pytest.mark.parametrize("asked", ASKED)
def test_each_column_is_that_of_the_panel_of_the_model_alone(asked):
    several = PanelForecaster(MODELS).fit(DF)
    singles = [one.fit(DF).predict(3, **ASKED[asked]) for one in alone(MODELS).values()]
    assert_same_columns(several.predict(3, **ASKED[asked]), singles)


def test_updates_move_every_model_on_as_it_moves_alone():
    last = DF["ds"].max() - pd.Timedelta(days=4)
    before, after = DF[DF["ds"] <= last], DF[DF["ds"] > last]
    several = PanelForecaster(MODELS, n_jobs=2).fit(before).update(after)
    singles = [one.fit(before).update(after) for one in alone(MODELS).values()]
    assert_same_columns(several.predict(2, level=80), [one.predict(2, level=80) for one in singles])


def test_cross_validation_has_a_column_each_and_evaluate_a_row_each():
    plan = {"h": 2, "n_windows": 2, "refit": False, "level": 80}
    found = PanelForecaster(MODELS).cross_validation(DF, **plan)
    singles = [one.cross_validation(DF, **plan) for one in alone(MODELS).values()]
    assert_same_columns(found, singles)
    scores = evaluate(found, "mae")
    assert scores["model"].tolist() == NAMES
    for name, one in zip(NAMES, singles, strict=True):
        mean = (one["y"] - one[name]).abs().groupby(one["unique_id"]).mean().mean()
        assert scores.set_index("model").loc[name, "mae"] == pytest.approx(mean, rel=1e-12)


def test_regressors_and_features_of_time_reach_those_that_take_them():
    df = make_frame([30, 26], n_regressors=1)
    ahead = make_frame([3, 3], start="2020-01-31", n_regressors=1, seed=5).drop(columns="y")
    models = [
        HOLT,
        ("calendar", RegressionForecaster(SES, CalendarFeatures("weekend"))),
        ("plain", RegressionForecaster(SES)),
    ]
    several = quietly(PanelForecaster(models).fit, df)
    singles = [quietly(one.fit, df) for one in alone(models).values()]
    expected = [one.predict(3, ahead, level=80) for one in singles]
    assert_same_columns(several.predict(3, ahead, level=80), expected)
    plan = {"h": 2, "n_windows": 2, "gap": 1}
    found = quietly(PanelForecaster(models).cross_validation, df, **plan)
    past = [quietly(one.cross_validation, df, **plan) for one in alone(models).values()]
    assert_same_columns(found, past)
    coef = several.coef_
    assert coef["model"].unique().tolist() == ["calendar", "plain"]
    for one, name in zip(singles[1:], ["calendar", "plain"], strict=True):
        rows = coef[coef["model"] == name].drop(columns="model").reset_index(drop=True)
        same(rows, one.coef_)
    # What became known moves regressors of the calendar on, too.
    more = make_frame([3, 3], start="2020-01-31", n_regressors=1, seed=5)
    later = ahead.assign(ds=ahead["ds"] + pd.Timedelta(days=3))
    expected = [one.update(more).predict(3, later) for one in singles]
    assert_same_columns(several.update(more).predict(3, later), expected)


def test_a_series_that_fails_for_one_model_keeps_the_forecasts_of_the_others():
    several = PanelForecaster(MIXED_MODELS)
    told = r"1 of 4 series failed for 'shares', whose forecasts of them are missing, see failures_"
    with pytest.warns(UserWarning, match=told):
        several.fit(MIXED)
    assert several.failures_.columns.tolist() == ["unique_id", "model", "reason", "exception"]
    assert several.failures_[["unique_id", "model"]].to_numpy().tolist() == [["b", "shares"]]
    singles = [
        quietly(one.fit, MIXED) for one in alone([("level", SES), ("shares", SHARES)]).values()
    ]
    for asked in ASKED.values():
        table = quietly(several.predict, 2, **asked)
        assert_same_columns(table, [quietly(one.predict, 2, **asked) for one in singles])
        missing = table[table["unique_id"] == "b"].filter(like="shares")
        assert missing.isna().all(axis=None) and len(missing)
        assert table.drop(columns=missing.columns).notna().all(axis=None)
    # And goes on, for them.
    more = make_frame([2] * 4, start="2020-01-31", seed=3).assign(y=2.0)
    later = several.update(more).predict(2)
    assert_same_columns(later, [one.update(more).predict(2) for one in singles])
    assert len(several.failures_) == 1


def test_windows_that_fail_for_one_model_are_missing_there_and_of_no_models_score():
    models = [("level", SES), ("shares", SHARES)]
    panel = PanelForecaster(models)
    found = quietly(panel.cross_validation, MIXED, 2, n_windows=2)
    singles = [
        quietly(one.cross_validation, MIXED, 2, n_windows=2) for one in alone(models).values()
    ]
    assert_same_columns(found, singles)
    assert found["shares"].isna().sum() == 4
    failures = panel.cross_validation_failures_
    assert failures[["unique_id", "model"]].to_numpy().tolist() == [["b", "shares"]]
    lacks = r"on 6 of 8 windows, .* there lack: 'shares' 2; the first left out is .*'b'"
    with pytest.warns(UserWarning, match=lacks):
        scores = evaluate(found, "mae")
    same(scores, evaluate(found[found["unique_id"] != "b"], "mae"))


def test_a_series_that_fails_before_any_model_is_left_out_and_of_no_model():
    damaged = DF.assign(y=DF["y"].where(DF["unique_id"] != "c", np.inf))
    panel = PanelForecaster(MODELS)
    with pytest.warns(UserWarning, match="1 of 4 series failed and are left out, see failures_"):
        panel.fit(damaged)
    assert panel.failures_["model"].isna().tolist() == [True]
    same(panel.predict(2), PanelForecaster(MODELS).fit(DF[DF["unique_id"] != "c"]).predict(2))
    # A gap in an update is the end of the series for all models.
    last = DF[DF["unique_id"] == "b"].tail(1)
    gap = make_frame([3], start="2020-02-10").assign(unique_id="a")
    quietly(panel.update, pd.concat([gap, last.assign(ds=last["ds"] + pd.Timedelta(days=1))]))
    assert panel.ids_.tolist() == ["b", "d"]
    assert panel.failures_["model"].isna().tolist() == [True, True]


def test_only_a_panel_without_any_forecast_is_an_error():
    negative = DF.assign(y=-DF["y"].abs() - 1.0)
    twins = [("one", SHARES), ("two", SimpleExpSmoothingRNN(error="mul", alpha=0.5))]
    with pytest.raises(ValueError, match="4 series failed"):
        PanelForecaster(twins).fit(negative)
    panel = PanelForecaster([*twins, SES])
    quietly(panel.fit, negative)
    assert panel.predict(1)[["one", "two"]].isna().all(axis=None)
    assert panel.failures_.groupby("model").size().to_dict() == {"one": 4, "two": 4}


def test_periods_notes_and_progress_are_by_model(capsys):
    weekly = DeseasonalizedForecaster(DoubleExpSmoothingRNN(error="mul"))
    models = [SES, ("weekly", weekly), ("none", NaiveForecaster())]
    panel = PanelForecaster(models, verbose=True)
    quietly(panel.fit, DF)
    assert "12/12" in capsys.readouterr().err
    singles = [quietly(one.fit, DF) for one in alone(models).values()]
    assert panel.period_.columns.tolist() == ["weekly", "none"]
    for name, one in zip(["weekly", "none"], singles[1:], strict=True):
        assert panel.period_[name].dropna().tolist() == one.period_.tolist()
    expected = pd.concat(
        one.notes_.assign(model=name)
        for name, one in zip(["SimpleExpSmoothingRNN", "weekly", "none"], singles, strict=True)
    )
    expected = expected.astype({"model": object})
    order = ["unique_id", "model", "note"]
    same(
        panel.notes_.sort_values(order, ignore_index=True),
        expected[order].sort_values(order, ignore_index=True),
    )


def test_parameters_are_set_by_the_names_of_models():
    panel = PanelForecaster([SES, ("drift", DRIFT)])
    parameters = panel.get_params()
    assert parameters["drift"] is DRIFT and parameters["drift__strategy"] == "drift"
    assert parameters["SimpleExpSmoothingRNN__alpha"] == 0.3
    twin = clone(panel).set_params(drift__strategy="last", SimpleExpSmoothingRNN__alpha=0.5)
    expected = PanelForecaster([SimpleExpSmoothingRNN(alpha=0.5, initial_state="heuristic"),
                                ("drift", NaiveForecaster())])  # fmt: skip
    same(twin.fit(DF).predict(2), expected.fit(DF).predict(2))
    assert DRIFT.strategy == "drift" and SES.alpha == 0.3
    replaced = clone(panel).set_params(drift=HOLT, alias=None).fit(DF)
    assert list(replaced.predict(1))[2:] == ["SimpleExpSmoothingRNN", "drift"]
    same(
        replaced.predict(1)[["drift"]],
        PanelForecaster(HOLT, alias="drift").fit(DF).predict(1)[["drift"]],
    )
    other = clone(panel).set_params(forecaster=[("a", HOLT)], a__alpha=0.2)
    assert other.get_params()["a__alpha"] == 0.2
    with pytest.raises(ValueError, match="nothing"):
        panel.set_params(forecaster=[HOLT], nothing=1)
    with pytest.raises(ValueError, match="'forecaster__alpha' is of .* one.*'drift__alpha'"):
        panel.set_params(forecaster__alpha=0.2)
    assert panel.forecaster[1] == ("drift", DRIFT)
    one = PanelForecaster(SES).set_params(forecaster__alpha=0.1)
    assert one.forecaster.alpha == 0.1


def test_a_list_of_one_has_the_tables_of_several():
    panel = PanelForecaster([("level", SES)]).fit(DF)
    same(
        panel.predict(2, level=80), PanelForecaster(SES, alias="level").fit(DF).predict(2, level=80)
    )
    assert "model" in panel.failures_ and "model" in panel.notes_


def test_fitted_panels_are_saved_loaded_and_pickled(tmp_path):
    panel = PanelForecaster([("level", SES), ("shares", SHARES), ("weekly", MODELS[2][1])])
    quietly(panel.fit, MIXED)
    quietly(panel.predict, 2, level=80, method="conformal")
    save(panel, tmp_path / "panel.tsrnn")
    for twin in (load(tmp_path / "panel.tsrnn"), pickle.loads(pickle.dumps(panel))):
        for asked in ASKED.values():
            same(quietly(twin.predict, 2, **asked), quietly(panel.predict, 2, **asked))
        same(twin.failures_, panel.failures_)
        same(twin.period_, panel.period_)


def test_results_do_not_depend_on_threads():
    one, two = (PanelForecaster(MODELS, n_jobs=n).fit(DF) for n in (1, 2))
    same(one.predict(3, level=80), two.predict(3, level=80))


REFUSED = {
    "empty": ([], "a list of them; it is empty"),
    "a pair alone": (("ses", SES), r"put the pair into one, as in \[\('ses'"),
    "twins": ([SES, HOLT, SES], r"has 2 that are called 'SimpleExpSmoothingRNN'.*name each"),
    "a name twice": ([("a", SES), ("a", HOLT)], "'a' in forecaster must be different"),
    "a name of a parameter": ([("freq", SES)], "'freq' in forecaster must be different"),
    "underscores": ([("a__b", SES)], "no double underscore"),
    "no word": ([(" ", SES)], "the name at position 0 must be a word"),
    "a column": ([("y", SES), HOLT], "target_col is 'y'.*name the forecaster otherwise"),
    "the cutoff": ([("cutoff", SES)], "cutoff"),
    "a parameter": ([("a", SES), ("b", SimpleExpSmoothingRNN(alpha=7))], "member 'b': alpha"),
    "none": ([("a", SES), ("b", None)], r"position 1 is \('b', None\)"),
    "a class": ([NaiveForecaster], r"make one of the class, as in NaiveForecaster\(..\)"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_lists_that_will_not_do_are_refused_with_the_place(case):
    given, message = REFUSED[case]
    with pytest.raises(InvalidParameterError, match=message):
        PanelForecaster(given).fit(DF)


def test_names_that_overwrite_columns_are_refused():
    with pytest.raises(InvalidParameterError, match="alias is 'x', but names one forecaster"):
        PanelForecaster([SES], alias="x").fit(DF)
    panel = PanelForecaster([("a", SES), ("a-lo-80", HOLT)]).fit(DF)
    with pytest.raises(InvalidParameterError, match="would be called 'a-lo-80'.*rename one"):
        panel.predict(1, level=80)
    named = DF.rename(columns={"unique_id": "model"})
    with pytest.raises(InvalidParameterError, match="id_col must not be 'model'"):
        PanelForecaster([SES], id_col="model").fit(named)
    assert len(PanelForecaster(SES, id_col="model").fit(named).predict(1)) == 4


@pytest.mark.parametrize("given", [[SES, HOLT], SES])
@pytest.mark.parametrize("later", [[HOLT, ("x", SES)], HOLT])
def test_forecasters_that_are_set_after_a_fit_wait_for_the_next(given, later):
    panel, twin = PanelForecaster(given).fit(DF), PanelForecaster(given).fit(DF)
    twin.set_params(forecaster=later)
    for asked in ASKED.values():
        same(quietly(twin.predict, 2, **asked), quietly(panel.predict, 2, **asked))
    more = make_frame([2] * 4, start="2020-01-31")
    same(twin.update(more).predict(1), panel.update(more).predict(1))


def test_after_parameters_that_will_not_do_all_is_as_before():
    panel = PanelForecaster([SES])
    with pytest.raises(ValueError, match="nothing"):
        panel.set_params(n_jobs=2, forecaster=HOLT, nothing=1)
    assert panel.n_jobs is None and panel.forecaster == [SES]


def test_anomalies_are_those_of_one_forecaster():
    with pytest.raises(ValueError, match="a panel of 3 forecasters"):
        detect_anomalies(PanelForecaster(MODELS), DF)
    same(detect_anomalies(PanelForecaster([SES]), DF), detect_anomalies(PanelForecaster(SES), DF))


TOOLS = {
    "a pipeline around a forecaster": (
        make_pipeline(StandardScaler(), NaiveForecaster()),
        "take the NaiveForecaster in it; transformers of X are for the columns of the frame.*"
        r"RegressionForecaster\(forecaster, features\)",
    ),
    "a pipeline": (make_pipeline(StandardScaler(), Ridge()), r"WindowForecaster\(pipeline, lags\)"),
    "a transformed target": (
        TransformedTargetRegressor(NaiveForecaster(), func=np.log, inverse_func=np.exp),
        r"TransformedForecaster\(forecaster, 'log'\)",
    ),
    "a search": (GridSearchCV(SES, {"alpha": [0.1]}), r"tsrnn.tune\(forecaster, grid, frame"),
    "a regressor": (Ridge(), r"WindowForecaster\(regressor, lags\)"),
}


@pytest.mark.parametrize("tool", TOOLS)
def test_tools_of_scikit_learn_are_refused_with_the_way_to_do_it(tool):
    given, message = TOOLS[tool]
    with pytest.raises(InvalidParameterError, match=f"(?s)forecaster must be .*{message}"):
        PanelForecaster(given).fit(DF)
    with pytest.raises(InvalidParameterError, match=f"(?s)position 1 is .*{message}"):
        PanelForecaster([SES, ("x", given)]).fit(DF)


def test_the_way_that_a_regressor_is_told_works():
    ridge = make_pipeline(StandardScaler(), Ridge())
    panel = PanelForecaster([("ridge", WindowForecaster(ridge, lags=4)), SES])
    assert quietly(panel.fit, DF).predict(2)["ridge"].notna().all()
