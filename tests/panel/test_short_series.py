"""Short series of panels that are learned from together: in the season of the others, or told."""

import numpy as np
import pandas as pd
import pytest
from panels import quietly
from sklearn.base import clone

from tsrnn import (
    DoubleExpSmoothingRNN,
    EnsembleForecaster,
    NaiveForecaster,
    PanelForecaster,
    RNNForecaster,
    ThetaForecaster,
    TransformedForecaster,
)
from tsrnn.datasets import make_series

MONTHS = pd.date_range("2015-01-01", periods=60, freq="MS")
QUARTERS = pd.date_range("2005-01-01", periods=60, freq="QS")
NOTHING = "no series has a value and horizon=6 steps after it"


def network(**options):
    options = {"horizon": 6, "members": "dense", "n_members": 1, "random_state": 0} | options
    return RNNForecaster(**options)


def series(name, values, stamps=MONTHS):
    y = np.asarray(values, dtype=float)
    return pd.DataFrame({"unique_id": name, "ds": stamps[: len(y)], "y": y})


LONG = pd.concat(
    series(f"long {i}", np.abs(y) + 1.0)
    for i, y in enumerate(make_series(6, 60, period=12, random_state=0))
)
SHORT = pd.concat([series("two", [10, 12]), series("twenty", np.arange(1.0, 21.0))])
FEW_QUARTERS = series("quarters", [1.0, 2.0, 3.0], QUARTERS)


def answers(forecaster, df, **options):
    panel = quietly(PanelForecaster(forecaster, alias="m", **options).fit, df)
    return panel, quietly(panel.predict, 6, level=80)


@pytest.mark.parametrize(
    "forecaster",
    [
        lambda **k: network(**k),
        lambda **k: TransformedForecaster(network(**k), "log"),
        lambda **k: EnsembleForecaster([("a", network(**k)), ("b", network(**k))]),
    ],
    ids=["network", "transformed", "ensemble"],
)
def test_short_series_are_learned_in_the_season_of_their_stamps_as_if_it_were_given(forecaster):
    found, ahead = answers(forecaster(), pd.concat([LONG, SHORT]))
    told, given = answers(forecaster(period=12), pd.concat([LONG, SHORT]))
    assert len(found.failures_) == len(told.failures_) == 0
    assert set(found.period_) == {12}
    assert found.ids_.isin(["two", "twenty"]).sum() == 2
    pd.testing.assert_frame_equal(ahead, given, check_exact=True)
    assert np.isfinite(ahead.iloc[:, 2:].to_numpy()).all()


def test_a_season_that_is_that_of_longer_series_is_noted():
    panel, _ = answers(network(), pd.concat([LONG, SHORT]))
    notes = panel.notes_[panel.notes_["note"].str.contains("two full periods")]
    assert notes["unique_id"].tolist() == ["twenty", "two"]
    assert notes["note"].iloc[1] == (
        "the series has 2 observed values, fewer than two full periods of 12 (monthly data), the "
        "season of longer series in the panel"
    )


def test_where_all_series_are_short_no_season_is_looked_for():
    panel, _ = answers(network(), series("twenty", np.arange(1.0, 21.0)))
    assert panel.period_.tolist() == [1]
    assert "no season is looked for" in panel.notes_["note"].iloc[0]


def test_smoothers_keep_to_the_series_alone():
    df = pd.concat([LONG, SHORT])
    panel, ahead = answers(ThetaForecaster(), df)
    assert panel.period_[["two", "twenty"]].tolist() == [1, 1]
    alone = quietly(
        ThetaForecaster().fit, SHORT[SHORT["unique_id"] == "twenty"].set_index("ds")["y"]
    )
    np.testing.assert_array_equal(ahead.loc[ahead["unique_id"] == "twenty", "m"], alone.predict(6))


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_group_with_nothing_to_train_on_fails_and_the_others_are_what_they_would_be(n_jobs):
    whole, ahead = answers(network(), pd.concat([LONG, FEW_QUARTERS]), n_jobs=n_jobs)
    assert whole.failures_["unique_id"].tolist() == ["quarters"]
    assert NOTHING in whole.failures_["reason"][0]
    assert whole.failures_["exception"].tolist() == ["ValueError"]
    pd.testing.assert_frame_equal(ahead, answers(network(), LONG)[1], check_exact=True)


@pytest.mark.parametrize(
    "options",
    [{"early_stopping": True}, {"window": "all", "members": "auto"}],
    ids=["early stopping", "whole"],
)
def test_other_trainings_without_data_fail_for_their_series_alone(options):
    n = 2 if "window" in options else 5
    bad = series("quarters", [3.0, 1.0, 4.0, 1.0, 5.0][:n], QUARTERS)
    if n == 2:
        bad["y"] = [3.0, np.nan]
    panel, ahead = answers(network(**options), pd.concat([LONG, bad]))
    assert panel.failures_["unique_id"].tolist() == ["quarters"]
    assert set(ahead["unique_id"]) == set(LONG["unique_id"])


def test_models_beside_one_with_nothing_to_train_on_are_what_they_are_alone():
    both = [("net", network()), ("theta", ThetaForecaster())]
    panel = quietly(PanelForecaster(both).fit, FEW_QUARTERS)
    assert panel.failures_[["unique_id", "model"]].values.tolist() == [["quarters", "net"]]
    ahead = panel.predict(4)
    alone = quietly(PanelForecaster(ThetaForecaster(), alias="theta").fit, FEW_QUARTERS)
    np.testing.assert_array_equal(ahead["theta"], alone.predict(4)["theta"])
    assert ahead["net"].isna().all()


def test_where_nothing_at_all_can_be_trained_the_reason_is_raised():
    with pytest.raises(ValueError, match="all 1 series failed; the first, 'quarters': " + NOTHING):
        quietly(PanelForecaster(network()).fit, FEW_QUARTERS)
    with pytest.raises(ValueError, match=NOTHING):
        quietly(network().fit, [1.0, 2.0])


def test_cross_validation_goes_on_beside_what_cannot_be_trained():
    df = pd.concat([LONG, SHORT, series("quarters", np.arange(9.0), QUARTERS)])
    both = PanelForecaster([("net", network()), ("theta", ThetaForecaster())])
    found = quietly(both.cross_validation, df, h=6)
    failed = both.cross_validation_failures_.set_index("unique_id")
    assert failed.loc["quarters", "model"] == "net"
    assert NOTHING in failed.loc["quarters", "reason"]
    assert failed.loc["two", "model"] is None
    of_quarters = found["unique_id"] == "quarters"
    assert found.loc[of_quarters, "net"].isna().all()
    assert found.loc[~of_quarters, "net"].notna().all()
    assert "twenty" in set(found["unique_id"])
    assert found["theta"].notna().all()


def test_an_update_with_other_series_is_pointed_to_apply():
    panel = PanelForecaster(NaiveForecaster()).fit(LONG)
    message = "were not fitted: 'new'. fit is where series begin; apply follows others"
    with pytest.raises(ValueError, match=message):
        panel.update(SHORT[:2].assign(unique_id="new"))


@pytest.mark.parametrize("is_fitted", [False, True])
@pytest.mark.parametrize(
    "forecaster",
    [
        DoubleExpSmoothingRNN(),
        [DoubleExpSmoothingRNN()],
        [("holt", DoubleExpSmoothingRNN()), ("naive", NaiveForecaster())],
    ],
    ids=["one", "list of one", "several"],
)
def test_a_panel_is_listed_shown_and_searched_for_members_as_any_object(forecaster, is_fitted):
    panel = PanelForecaster(forecaster)
    if is_fitted:
        panel.fit(LONG)
    assert {"fit", "predict", "forecaster"} <= set(dir(panel))
    assert ("failures_" in dir(panel)) is is_fitted
    for html in (panel._repr_html_(), panel._repr_mimebundle_()["text/html"]):
        assert "PanelForecaster" in html
        assert "DoubleExpSmoothingRNN" in html


@pytest.mark.parametrize("is_fitted", [False, True])
def test_parameters_of_a_single_forecaster_are_read_set_and_cloned(is_fitted):
    holt = DoubleExpSmoothingRNN()
    panel = PanelForecaster(holt, alias="m")
    if is_fitted:
        panel.fit(LONG)
    assert panel.get_params(deep=False)["forecaster"] is holt
    assert panel.get_params()["forecaster__damped"] is False
    twin = clone(panel).set_params(forecaster__damped=True, n_jobs=2)
    assert twin.get_params() | {"forecaster": None} == panel.get_params() | {
        "forecaster": None,
        "forecaster__damped": True,
        "n_jobs": 2,
    }
    assert not holt.damped
    damped = PanelForecaster(DoubleExpSmoothingRNN(damped=True), alias="m").fit(LONG)
    pd.testing.assert_frame_equal(twin.fit(LONG).predict(3), damped.predict(3), check_exact=True)


@pytest.mark.parametrize("given", [None, 3, DoubleExpSmoothingRNN], ids=["none", "number", "class"])
def test_what_is_no_forecaster_is_shown_and_refused_by_fit_alone(given):
    panel = PanelForecaster(given)
    assert "fit" in dir(panel)
    assert "PanelForecaster" in panel._repr_html_()
    with pytest.raises(ValueError, match="forecaster must be a forecaster"):
        panel.fit(LONG)
