"""Simulated paths, predictions in sample and scores of panels, against one series at a time."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from panels import SES, make_frame, quietly, series_of
from sklearn.base import clone
from sklearn.linear_model import Ridge

from tsrnn import (
    AutoExpSmoothingRNN,
    ComplexExpSmoothingRNN,
    CrostonForecaster,
    DeseasonalizedForecaster,
    DoubleExpSmoothingRNN,
    EnsembleForecaster,
    NaiveForecaster,
    PanelForecaster,
    RegressionForecaster,
    RNNForecaster,
    ThetaForecaster,
    TransformedForecaster,
    TripleExpSmoothingRNN,
    load,
    save,
)
from tsrnn.features import CalendarFeatures

DF = make_frame([30, 37, 24]).assign(y=lambda df: df["y"].abs() + 5.0)
LATER = make_frame([4] * 3, start="2020-02-07", seed=8).assign(y=lambda df: df["y"] + 7.0)
NAMES = "abc"

FORECASTERS = {
    "level": SES,
    "shares": DoubleExpSmoothingRNN(error="mul"),
    "auto": AutoExpSmoothingRNN(),
    "season": TripleExpSmoothingRNN(period=4),
    "complex": ComplexExpSmoothingRNN(),
    "theta": ThetaForecaster(),
    "demand": CrostonForecaster(),
    "drift": NaiveForecaster(strategy="drift"),
    "adjusted": DeseasonalizedForecaster(SES),
    "roots": TransformedForecaster(SES, "sqrt"),
    "combined": EnsembleForecaster([("ses", SES), ("theta", ThetaForecaster())]),
    "calendar": RegressionForecaster(SES, CalendarFeatures("weekend")),
}


@pytest.fixture(scope="module")
def panel():
    return quietly(PanelForecaster(list(FORECASTERS.items())).fit, DF)


@pytest.fixture(scope="module")
def alone():
    """Every forecaster, fitted to each series."""
    return {
        (name, i): quietly(clone(one).fit, series_of(DF, i)["y"])
        for name, one in FORECASTERS.items()
        if name != "calendar"  # whose coefficients a panel computes by other products
        for i in NAMES
    }


def test_predictions_in_sample_are_the_fitted_values_of_each_series(panel, alone):
    table = panel.predict_in_sample(level=[80])
    columns = [
        column for name in FORECASTERS for column in (name, f"{name}-lo-80", f"{name}-hi-80")
    ]
    assert list(table) == ["unique_id", "ds", "y", *columns]
    pd.testing.assert_frame_equal(table[["unique_id", "ds", "y"]], DF, check_exact=True)
    for (name, i), one in alone.items():
        own = table[table["unique_id"] == i]
        np.testing.assert_array_equal(own[name], one.fitted_values_)
        bounds = one.predict_interval(one.fitted_values_.index, level=0.8)
        np.testing.assert_array_equal(own[[f"{name}-lo-80", f"{name}-hi-80"]], bounds)


def test_regressions_have_their_effects_in_their_predictions_in_sample(panel):
    table = panel.predict_in_sample()
    for i in NAMES:
        one = quietly(clone(FORECASTERS["calendar"]).fit, series_of(DF, i)["y"])
        own = table.loc[table["unique_id"] == i, "calendar"]
        np.testing.assert_allclose(own, one.fitted_values_, rtol=1e-9)
    df = make_frame([30, 26], n_regressors=2)
    table = PanelForecaster(SES, alias="m", n_jobs=2).fit(df).predict_in_sample()
    for i in "ab":
        rows = series_of(df, i)
        one = clone(SES).fit(rows[["x0", "x1"]], rows["y"])
        own = table.loc[table["unique_id"] == i, "m"]
        np.testing.assert_allclose(own, one.fitted_values_, rtol=1e-9)


def test_predictions_in_sample_are_of_the_fit_whatever_comes_after(tmp_path):
    panel = PanelForecaster(clone(SES), alias="m").fit(DF)
    expected = panel.predict_in_sample()
    save(panel, tmp_path / "panel.tsrnn")
    pd.testing.assert_frame_equal(load(tmp_path / "panel.tsrnn").predict_in_sample(), expected)
    panel.set_params(forecaster__alpha=0.9)
    panel.update(LATER)
    pd.testing.assert_frame_equal(panel.predict_in_sample(), expected)


def test_the_stamps_that_were_fitted_stay_whatever_becomes_of_the_frame():
    stamps = DF["ds"].to_numpy(copy=True)
    panel = PanelForecaster(SES, alias="m").fit(DF.assign(ds=stamps))
    stamps += np.timedelta64(9, "D")
    frame = DF.assign(ds=stamps)
    later = PanelForecaster(SES, alias="m").fit(frame)
    frame["ds"].array._ndarray[:] = stamps[0]  # as a view of it may
    for one, expected in ((panel, DF["ds"]), (later, DF["ds"] + pd.Timedelta(days=9))):
        assert one.predict_in_sample()["ds"].tolist() == expected.tolist()


def test_rows_put_together_and_put_in_are_predicted_in_sample():
    rows = DF.drop(index=[5, 6]).assign(y=2.0)
    twice = pd.concat([rows, rows])
    panel = PanelForecaster(SES, alias="m", freq="D", aggregate="sum", fill=0).fit(twice)
    table = panel.predict_in_sample()
    assert len(table) == len(DF)
    assert table["y"].tolist() == [0.0 if i in (5, 6) else 4.0 for i in range(len(DF))]


def test_failed_series_have_no_predictions_in_sample():
    damaged = DF.assign(y=DF["y"].where(DF["unique_id"] != "b", -DF["y"]))
    panel = quietly(PanelForecaster([("level", SES), ("m", FORECASTERS["shares"])]).fit, damaged)
    table = panel.predict_in_sample()
    assert table.groupby("unique_id")["m"].apply(lambda part: part.isna().all()).tolist() == [
        False,
        True,
        False,
    ]
    assert table["level"].notna().all()


def test_what_is_trained_on_all_series_keeps_no_predictions_in_sample():
    panel = quietly(PanelForecaster(RNNForecaster(Ridge(), window=3)).fit, DF)
    with pytest.raises(ValueError, match="RNNForecaster is trained on all series at once, and kee"):
        panel.predict_in_sample()


def test_panels_of_earlier_versions_do_not_know_the_stamps_of_their_rows():
    panel = PanelForecaster(SES).fit(DF)
    (training,) = panel._training
    panel._training = (replace(training, ordinals=np.zeros_like(training.ordinals)),)
    with pytest.raises(ValueError, match="from a file of an earlier version.*fit it again"):
        panel.predict_in_sample()


def test_paths_of_each_series_are_those_of_its_own_seed(panel, alone):
    table = panel.simulate(3, n_paths=4, random_state=5)
    assert list(table) == ["unique_id", "path", "ds", *FORECASTERS]
    assert len(table) == 3 * 4 * 3
    order = ["unique_id", "path", "ds"]
    pd.testing.assert_frame_equal(table, table.sort_values(order, ignore_index=True))
    seeds = np.random.RandomState(5).randint(2**31 - 1, size=3)
    for (name, i), one in alone.items():
        if name == "combined":  # whose errors are learned from all series of a panel
            continue
        own = table[table["unique_id"] == i].pivot(index="ds", columns="path", values=name)
        expected = one.simulate(3, 4, random_state=int(seeds[NAMES.index(i)]))
        np.testing.assert_array_equal(own, expected)


def test_paths_of_series_are_independent_and_follow_the_seed_and_not_the_threads():
    walks = make_frame([40, 40], seed=2)
    panel = PanelForecaster(NaiveForecaster(), alias="m").fit(walks)
    table = panel.simulate(1, n_paths=4000, random_state=0)
    paths = table.pivot(index="path", columns="unique_id", values="m")
    # Correlations of 4,000 pairs have a standard error of 0.016.
    assert abs(np.corrcoef(paths.T)[0, 1]) < 0.064
    same = PanelForecaster(NaiveForecaster(), alias="m", n_jobs=2).fit(walks)
    pd.testing.assert_frame_equal(same.simulate(1, n_paths=4000, random_state=0), table)
    assert not table["m"].equals(panel.simulate(1, n_paths=4000, random_state=1)["m"])
    assert not panel.simulate(1)["m"].equals(panel.simulate(1)["m"])


def test_paths_have_the_regressors_of_their_steps_and_the_time_of_updates():
    df = make_frame([30, 26], n_regressors=1)
    ahead = make_frame([3, 3], start="2020-01-31", n_regressors=1, seed=5)
    panel = PanelForecaster(SES, alias="m").fit(df)
    X_df = ahead.drop(columns="y")
    table = panel.simulate(3, X_df, n_paths=2, random_state=0)
    pd.testing.assert_frame_equal(panel.simulate(X_df, n_paths=2, random_state=0), table)
    seeds = np.random.RandomState(0).randint(2**31 - 1, size=2)
    for i, seed in zip("ab", seeds.tolist(), strict=True):
        rows, later = series_of(df, i), series_of(ahead, i)
        one = clone(SES).fit(rows[["x0"]], rows["y"])
        own = table[table["unique_id"] == i].pivot(index="ds", columns="path", values="m")
        expected = one.simulate(3, 2, later[["x0"]], random_state=seed)
        np.testing.assert_allclose(own, expected, rtol=1e-9)
        assert own.index.tolist() == later.index.tolist()
    with pytest.raises(ValueError, match="fitted with the regressors"):
        panel.simulate(3)
    with pytest.raises(ValueError, match="a path is of the time steps that follow"):
        panel.simulate(X_df[X_df["ds"] > X_df["ds"].min()])


def test_paths_of_failed_models_are_missing_and_the_column_of_their_numbers_is_alone():
    damaged = DF.assign(y=DF["y"].where(DF["unique_id"] != "b", -DF["y"]))
    panel = quietly(PanelForecaster([("level", SES), ("m", FORECASTERS["shares"])]).fit, damaged)
    table = panel.simulate(2, n_paths=3, random_state=0)
    assert table.loc[table["unique_id"] == "b", "m"].isna().all()
    kept = table[table["unique_id"] != "b"]
    one = quietly(PanelForecaster(FORECASTERS["shares"], alias="m").fit, damaged)
    assert kept["m"].notna().all() and one.ids_.tolist() == ["a", "c"]
    with pytest.raises(ValueError, match="a column is called 'path'"):
        PanelForecaster(SES, alias="path").fit(DF).simulate(2)
    for n_paths in (0, 1.5):
        with pytest.raises(ValueError, match="n_paths must be an integer"):
            panel.simulate(2, n_paths=n_paths)


def test_the_score_is_the_mean_of_those_of_each_series(panel, alone):
    found = panel.score(LATER)
    assert found.index.tolist() == list(FORECASTERS)
    for name in {name for name, _ in alone}:
        scores = [alone[name, i].score(series_of(LATER, i)["y"]) for i in NAMES]
        assert found[name] == pytest.approx(np.mean(scores), rel=1e-12)
    single = PanelForecaster(SES).fit(DF)
    assert single.score(LATER) == found["level"]
    shuffled = LATER.sample(frac=1.0, random_state=0)
    assert single.score(shuffled) == found["level"]
    before = single.predict(2)
    pd.testing.assert_frame_equal(single.predict(2), before)  # nothing was learned


def test_scores_skip_missing_values_and_tell_of_failed_series():
    missing = LATER.assign(y=LATER["y"].where(LATER.index != 1))
    panel = PanelForecaster(SES).fit(DF)
    scores = [
        clone(SES).fit(series_of(DF, i)["y"]).score(series_of(missing, i)["y"]) for i in NAMES
    ]
    assert panel.score(missing) == pytest.approx(np.mean(scores), rel=1e-12)
    wrong = LATER.assign(y=LATER["y"].where(LATER["unique_id"] != "b", np.inf))
    with pytest.warns(UserWarning) as told:
        score = panel.score(wrong)
    assert score == pytest.approx(np.mean([scores[0], scores[2]]), rel=0.5)
    messages = [str(one.message) for one in told]
    assert "1 of 3 series failed and are left out, see df" in messages[0]
    assert "1 series have no forecast of SimpleExpSmoothingRNN, and no part" in messages[1]
    damaged = DF.assign(y=DF["y"].where(DF["unique_id"] != "b", -DF["y"]))
    several = quietly(PanelForecaster([("level", SES), ("m", FORECASTERS["shares"])]).fit, damaged)
    with pytest.warns(UserWarning, match="1 series have no forecast of m, and no part in its"):
        assert np.isfinite(several.score(LATER)).all()


def test_rows_that_are_put_together_are_scored_as_the_steps_they_become():
    panel = PanelForecaster(SES, freq="D", aggregate="sum").fit(DF)
    halves = LATER.assign(y=LATER["y"] / 2.0)
    assert panel.score(pd.concat([halves, halves])) == panel.score(LATER)


def test_scores_of_what_cannot_be_scored_are_refused():
    panel = PanelForecaster(SES).fit(DF)
    one_row = LATER[LATER["ds"] == LATER["ds"].min()]
    with pytest.raises(ValueError, match="df has fewer than two values of 'a', of which R2"):
        panel.score(one_row)
    with pytest.raises(ValueError, match=r"df\['ds'\] must hold a time step after the end"):
        panel.score(DF)
    with pytest.raises(ValueError, match="df has 1 series that were not fitted: 'x'"):
        panel.score(LATER.replace({"unique_id": {"a": "x"}}))
    with pytest.raises(TypeError, match="df must be a DataFrame"):
        panel.score([1.0, 2.0])
