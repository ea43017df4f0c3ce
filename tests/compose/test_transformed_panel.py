"""A panel on a scale is fitted as one, and every series is what it is alone."""

import numpy as np
import pandas as pd
import pytest

from tsrnn import (
    AutoExpSmoothingRNN,
    DeseasonalizedForecaster,
    DoubleExpSmoothingRNN,
    NaiveForecaster,
    PanelForecaster,
    TransformedForecaster,
    TripleExpSmoothingRNN,
)

LENGTHS = {"a": 40, "b": 25, "c": 31, "d": 44, "e": 5}
HOLT = DoubleExpSmoothingRNN(alpha=0.4, beta=0.1)
CASES = {
    "log": TransformedForecaster(HOLT),
    "powers of a loop": TransformedForecaster(NaiveForecaster(strategy="drift"), "boxcox"),
    "powers": TransformedForecaster(HOLT, "boxcox", bias_adjust=True),
    "falling functions": TransformedForecaster(HOLT, (lambda y: -np.log(y), lambda z: np.exp(-z))),
    "cut off": TransformedForecaster(HOLT, None, lower=15.0, upper=40.0),
    "season within": TransformedForecaster(
        DeseasonalizedForecaster(HOLT, period=4, model="add", test=False), "sqrt"
    ),
    "season around": DeseasonalizedForecaster(TransformedForecaster(HOLT), period=4, test=False),
}
cases = pytest.mark.parametrize("name", CASES)
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # of the short series


def make_frame(n_regressors=0):
    rng = np.random.default_rng(0)
    frames = []
    for name, length in LENGTHS.items():
        y = np.exp(3.0 + 0.1 * rng.normal(size=length).cumsum()) + np.resize(
            [3.0, 0.0, 1.0], length
        )
        frame = pd.DataFrame({"unique_id": name, "ds": np.arange(length), "y": y})
        for j in range(n_regressors):
            frame[f"x{j}"] = rng.normal(size=length)
            frame["y"] *= np.exp(0.1 * frame[f"x{j}"])
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def parts(df, n_after):
    place = df.groupby("unique_id").cumcount(ascending=False)
    return df[place >= n_after], df[place < n_after]


@cases
@pytest.mark.parametrize("n_regressors", [0, 1])
def test_every_series_is_forecast_as_it_is_alone(name, n_regressors):
    one, (before, after) = CASES[name], parts(make_frame(n_regressors), 2)
    known = [column for column in before if column.startswith("x")]
    panel = PanelForecaster(one, alias="f").fit(before)
    ahead = panel.predict(2, after.drop(columns="y") if known else None, level=80)
    assert panel.failures_.empty
    for series, rows in before.groupby("unique_id"):
        request = after.loc[after["unique_id"] == series, known].to_numpy() if known else 2
        alone = one.fit(rows[known].to_numpy() if known else None, rows["y"].to_numpy())
        found = ahead[ahead["unique_id"] == series]
        # The search for coefficients of regressors ends at slightly different numbers.
        rtol = 1e-5 if known else 1e-10
        np.testing.assert_allclose(found["f"], alone.predict(request), rtol=rtol)
        bounds = alone.predict_interval(request, level=0.8)
        np.testing.assert_allclose(found[["f-lo-80", "f-hi-80"]], bounds, rtol=rtol)


@cases
def test_an_update_of_some_series_is_that_of_each_alone(name):
    one, (before, after) = CASES[name], parts(make_frame(), 3)
    more = after[after["unique_id"].isin(["a", "d"])]
    panel = PanelForecaster(one, alias="f").fit(before).update(more)
    ahead = panel.predict(3, level=80)
    for series, rows in before.groupby("unique_id"):
        alone = one.fit(rows["y"].to_numpy())
        if series in ("a", "d"):
            alone.update(more.loc[more["unique_id"] == series, "y"].to_numpy())
        found = ahead[ahead["unique_id"] == series]
        np.testing.assert_allclose(found["f"], alone.predict(3), rtol=1e-10)
        bounds = alone.predict_interval(3, level=0.8)
        np.testing.assert_allclose(found[["f-lo-80", "f-hi-80"]], bounds, rtol=1e-10)


@pytest.mark.parametrize("name", ["log", "powers", "falling functions", "powers of a loop"])
def test_series_without_a_place_on_the_scale_stop_no_other(name):
    df = make_frame()
    good = PanelForecaster(CASES[name], alias="f").fit(df)
    bad = df.copy()
    bad.loc[(bad["unique_id"] == "b") & (bad["ds"] == 7), "y"] = 0.0
    panel = PanelForecaster(CASES[name], alias="f").fit(bad)
    assert panel.failures_["unique_id"].tolist() == ["b"]
    assert "y is 0 at position 7, but transform=" in panel.failures_["reason"].item()
    wanted, found = good.predict(3, level=80), panel.predict(3, level=80)
    wanted = wanted[wanted["unique_id"] != "b"].reset_index(drop=True)
    pd.testing.assert_frame_equal(found, wanted, rtol=1e-12)
    # And later on: where such a series stands is no longer known.
    more = pd.DataFrame({"unique_id": ["a", "c"], "ds": [40, 31], "y": [-1.0, 20.0]})
    panel.update(more)
    assert panel.failures_["unique_id"].tolist() == ["b", "a"]
    wanted = good.update(more[1:]).predict(3, level=80)
    wanted = wanted[~wanted["unique_id"].isin(["a", "b"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(panel.predict(3, level=80), wanted, rtol=1e-12)


def test_where_no_series_has_a_place_on_the_scale_it_is_an_error():
    with pytest.raises(ValueError, match="above lower=0"):
        PanelForecaster(CASES["log"]).fit(make_frame().assign(y=-1.0))


def test_conformal_intervals_of_a_panel_are_within_the_bounds():
    df = make_frame()
    df = df[df["unique_id"] != "e"]
    low = df["y"].min()
    model = TransformedForecaster(HOLT, None, lower=low)
    panel = PanelForecaster(model, alias="f", conformal_windows=3).fit(df)
    found = panel.predict(6, level=99, method="conformal")
    plain = PanelForecaster(HOLT, alias="f", conformal_windows=3).fit(df)
    assert plain.predict(6, level=99, method="conformal")["f-lo-99"].min() < low
    assert found[["f", "f-lo-99", "f-hi-99"]].min().min() >= low


def test_each_series_has_the_season_of_its_own_dates():
    months = pd.date_range("2015-01", periods=60, freq="MS")
    quarters = pd.date_range("2010-01", periods=60, freq="QS")
    y = np.exp(3.0 + 0.02 * np.arange(60) + np.resize([0.3, 0.0, -0.3], 60))
    y *= np.exp(0.02 * np.random.default_rng(1).normal(size=60))
    df = pd.concat(
        pd.DataFrame({"unique_id": name, "ds": ds, "y": y})
        for name, ds in {"months": months, "quarters": quarters}.items()
    )
    adjusted = DeseasonalizedForecaster(HOLT, model="add")
    for forecaster in (TripleExpSmoothingRNN(), AutoExpSmoothingRNN(), adjusted):
        panel = PanelForecaster(TransformedForecaster(forecaster, "boxcox"), alias="f").fit(df)
        assert panel.period_.to_dict() == {"months": 12, "quarters": 4}
        found = panel.predict(4)
        for name, ds in {"months": months, "quarters": quarters}.items():
            alone = TransformedForecaster(forecaster, "boxcox").fit(pd.Series(y, ds))
            np.testing.assert_allclose(
                found.loc[found["unique_id"] == name, "f"], alone.predict(4), rtol=1e-6
            )


def test_cross_validation_forecasts_on_the_scale():
    df = make_frame()
    df = df[df["unique_id"] != "e"]
    found = PanelForecaster(CASES["log"], alias="f").cross_validation(df, 2, n_windows=2)
    logs = PanelForecaster(HOLT, alias="f").cross_validation(df.assign(y=np.log(df["y"])), 2, 2)
    np.testing.assert_allclose(found["f"], np.exp(logs["f"]), rtol=1e-10)


def test_threads_make_no_difference():
    runs = [
        PanelForecaster(CASES["powers"], n_jobs=n).fit(make_frame()).predict(3, level=90)
        for n in (1, 2)
    ]
    pd.testing.assert_frame_equal(*runs, check_exact=True)
