"""A panel of adjusted series is fitted as one, and every series is what it is alone."""

import warnings

import numpy as np
import pandas as pd
import pytest

from tsrnn import (
    DeseasonalizedForecaster,
    DoubleExpSmoothingRNN,
    NaiveForecaster,
    PanelForecaster,
)

LENGTHS = {"a": 40, "b": 25, "c": 31, "d": 44, "e": 5}
SEASON = np.array([0.8, 0.9, 1.3, 1.0])
INNER = {
    "drift": NaiveForecaster(strategy="drift"),
    "holt": DoubleExpSmoothingRNN(alpha=0.4, beta=0.1),
}


def make_frame(n_regressors=0, seed=0):
    """Walks with a season, but for one too short to show it, and one without."""
    rng = np.random.default_rng(seed)
    frames = []
    for name, length in LENGTHS.items():
        y = 50.0 + rng.normal(size=length).cumsum()
        frame = pd.DataFrame({"unique_id": name, "ds": np.arange(length), "y": y})
        if name != "c":
            frame["y"] *= np.resize(SEASON, length)
        for j in range(n_regressors):
            frame[f"x{j}"] = rng.normal(size=length)
            frame["y"] += 2.0 * frame[f"x{j}"]
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def parts(df, n_after):
    """Split off the last rows of every series."""
    place = df.groupby("unique_id").cumcount(ascending=False)
    return df[place >= n_after], df[place < n_after]


inner = pytest.mark.parametrize("forecaster", INNER.values(), ids=INNER)
models = pytest.mark.parametrize("model", ["mul", "add"])


# Of the series of three values that the short one is cut to, and of a trend of hardly any.
@pytest.mark.filterwarnings("ignore::UserWarning")
@inner
@models
@pytest.mark.parametrize("n_regressors", [0, 1])
def test_every_series_is_forecast_as_it_is_alone(forecaster, model, n_regressors):
    one = DeseasonalizedForecaster(forecaster, period=4, model=model)
    before, after = parts(make_frame(n_regressors), 2)
    known = [name for name in before if name.startswith("x")]
    panel = PanelForecaster(one, alias="f").fit(before)
    ahead = panel.predict(2, after.drop(columns="y") if known else None, level=80)
    for name, rows in before.groupby("unique_id"):
        X, y = rows.set_index("ds")[known], rows.set_index("ds")["y"]
        future = after[after["unique_id"] == name].set_index("ds")[known]
        alone = one.fit(X, y)
        got = ahead[ahead["unique_id"] == name]
        # Sums over a panel are in the order of the series alone.
        np.testing.assert_allclose(got["f"], alone.predict(future), rtol=1e-12)
        bounds = alone.predict_interval(future, 0.8)
        np.testing.assert_allclose(got[["f-lo-80", "f-hi-80"]], bounds, rtol=1e-12)


@pytest.mark.filterwarnings("ignore::UserWarning")
@inner
@models
def test_an_update_turns_the_season_of_every_series_by_as_many_steps_as_it_had(forecaster, model):
    one = DeseasonalizedForecaster(forecaster, period=4, model=model)
    before, after = parts(make_frame(1), 3)
    uneven = after[(after["unique_id"] != "b") & (after.groupby("unique_id").cumcount() < 2)]
    future = after[after["unique_id"] != "b"].groupby("unique_id").tail(1)
    panel = PanelForecaster(one, alias="f").fit(before).update(uneven)
    got = panel.predict(future.drop(columns="y")).set_index("unique_id")["f"]
    for name, rows in uneven.groupby("unique_id"):
        old = before[before["unique_id"] == name].set_index("ds")
        new, last = rows.set_index("ds"), future[future["unique_id"] == name].set_index("ds")
        alone = one.fit(old[["x0"]], old["y"]).update(new["y"], new[["x0"]])
        np.testing.assert_allclose(got[name], alone.predict(last[["x0"]]), rtol=1e-12)


def test_what_is_said_of_series_comes_with_their_ids():
    df = make_frame()
    df.loc[df["unique_id"] == "d", "y"] -= 60.0
    one = DeseasonalizedForecaster(NaiveForecaster(strategy="seasonal", period=4), period=4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        panel = PanelForecaster(one).fit(df[(df["unique_id"] != "e") | (df["ds"] < 4)])
    assert panel.notes_["unique_id"].tolist() == ["d"]
    assert "not all positive" in panel.notes_["note"][0]
    assert panel.failures_["unique_id"].tolist() == ["e"]
    assert panel.ids_.tolist() == ["a", "b", "c", "d"]


def test_wrong_arguments_of_the_forecaster_within_are_named_before_anything_is_fitted():
    one = DeseasonalizedForecaster(DoubleExpSmoothingRNN(alpha=2.0), period=4)
    with pytest.raises(ValueError, match="alpha must be a number"):
        PanelForecaster(one).fit(make_frame())
