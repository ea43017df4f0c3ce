"""Static columns of series that were not trained on, and of training that goes on."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from panels import quietly
from sklearn.base import clone
from sklearn.linear_model import Ridge

import tsrnn
from tsrnn import NaiveForecaster, PanelForecaster, RNNForecaster, WindowForecaster
from tsrnn.exceptions import UnusedColumnsWarning

pytestmark = pytest.mark.filterwarnings("ignore::tsrnn.exceptions.UnreliableForecastWarning")

RNG = np.random.default_rng(0)
TOWNS = ["Bonn", "Ulm", "Bonn", "Kiel", "Ulm", "Kiel"]
SIZES = [3.0, 1.0, 4.0, 1.5, 9.0, 2.5]


def frame_of(towns, sizes, first=0, n_steps=24):
    """Series that rise in Bonn, fall elsewhere, and are named from a number on."""
    parts = []
    for i, (town, size) in enumerate(zip(towns, sizes, strict=True)):
        slope = 2.0 if town == "Bonn" else -1.0
        y = 200.0 + slope * np.arange(n_steps) + size * RNG.normal(size=n_steps)
        steps = np.arange(n_steps) + 5
        parts.append(
            pd.DataFrame({"unique_id": first + i, "ds": steps, "y": y, "town": town, "size": size})
        )
    return pd.concat(parts, ignore_index=True)


SEEN = frame_of(TOWNS, SIZES)
NEW = frame_of(["Kiel", "Bonn"], [7.0, 2.0], first=50)
MEMBERS = RNNForecaster(horizon=3, window=4, n_members=1, members="ridge", random_state=0)
MODELS = {
    **{
        kind: clone(MEMBERS).set_params(members=kind, window=2)
        for kind in ("dense", "gru", "lstm", "ridge")
    },
    "trees": WindowForecaster(Ridge(1e-3), (1, 2)),
    "raw": WindowForecaster(Ridge(1e-3), (1, 2), horizon=3, units="raw"),
}


def panel_of(model, static=("town", "size"), **options):
    return PanelForecaster(model, regressors=[], static=list(static), alias="f", **options)


@pytest.fixture(scope="module")
def fitted():
    return quietly(panel_of(MEMBERS).fit, SEEN)


@pytest.mark.parametrize("name", MODELS)
def test_series_of_the_fit_are_forecast_alike_when_they_are_applied_to(name):
    panel = quietly(panel_of(MODELS[name]).fit, SEEN)
    expected = panel.predict(5)
    some = SEEN[SEEN["unique_id"].isin([1, 3])]
    for frame in (SEEN, some):
        found = quietly(panel.apply, frame).predict(5)
        rows = expected[expected["unique_id"].isin(frame["unique_id"])]
        # Single precision, in batches of other sizes.
        np.testing.assert_allclose(found["f"], rows["f"], rtol=1e-5)
    new = quietly(panel.apply, NEW)
    moved = quietly(panel.apply, NEW.assign(size=NEW["size"] + 3.0))
    assert np.isfinite(new.predict(5)["f"]).all()
    assert (new.predict(5)["f"].to_numpy() != moved.predict(5)["f"].to_numpy()).all()
    assert new.static_["town"].tolist() == ["Kiel", "Bonn"]
    assert panel.static_["town"].tolist() == TOWNS


def test_numbers_and_categories_are_read_by_the_table_of_the_fit(fitted):
    static = quietly(fitted.apply, NEW)._fitted.members[0].model.state.units.static
    numbers = (np.array([7.0, 2.0]) - np.mean(SIZES)) / np.std(SIZES)
    # Bonn, Kiel, Ulm, and the size in units of those trained on: rounding alone.
    slow = np.column_stack([[0, 1], [1, 0], [0, 0], numbers])
    np.testing.assert_allclose(static, slow, rtol=1e-12)


def test_files_pickles_and_panels_applied_once_more_keep_the_table(fitted, tmp_path):
    expected = quietly(fitted.apply, NEW).predict(4, level=80)
    tsrnn.save(fitted, tmp_path / "fitted")
    tsrnn.save(quietly(fitted.apply, NEW[NEW["unique_id"] == 51]), tmp_path / "applied")
    loaded = [tsrnn.load(tmp_path / name) for name in ("fitted", "applied")]
    for one in (*loaded, pickle.loads(pickle.dumps(fitted))):
        pd.testing.assert_frame_equal(quietly(one.apply, NEW).predict(4, level=80), expected)


def test_a_category_that_was_not_trained_on_is_a_failure(fitted):
    frame = pd.concat([NEW, frame_of(["Rom"], [1.0], first=70)])
    with pytest.warns(UserWarning, match="70"):
        applied = fitted.apply(frame)
    assert applied.ids_.tolist() == [50, 51]
    reason = applied.failures_["reason"].item()
    assert "'town' is 'Rom'" in reason
    assert "'Bonn', 'Ulm', 'Kiel'" in reason or "'Bonn', 'Kiel', 'Ulm'" in reason
    with pytest.raises(ValueError, match="70.*'town' is 'Rom'"):
        fitted.apply(frame[frame["unique_id"] == 70])


@pytest.mark.parametrize(
    ("size", "problem"), [("wide", "'size' is 'wide'.*give a number"), (np.nan, "no known value")]
)
def test_what_is_no_number_where_numbers_were_is_a_failure(fitted, size, problem):
    bad = NEW.astype({"size": object})
    bad.loc[bad["unique_id"] == 50, "size"] = size
    with pytest.warns(UserWarning, match="50"):
        applied = fitted.apply(bad)
    assert applied.failures_["reason"].str.contains(problem).tolist() == [True]


def test_a_category_of_series_with_another_period_alone_is_a_failure():
    """Each period has members of its own, and they know the categories of theirs."""
    model = clone(MEMBERS).set_params(period="auto")
    t = np.arange(24)
    waves = [
        pd.DataFrame(
            {
                "unique_id": 90 + i,
                "ds": pd.date_range("2020-03-01", periods=24, freq="MS"),
                "y": 100.0 + 40.0 * np.sin(2 * np.pi * (t + 1) / 12) + RNG.normal(size=24),
                "town": town,
            }
        )
        for i, town in enumerate(["Rom", "Bonn", "Rom"])
    ]
    yearly = SEEN.assign(ds=pd.to_datetime((1990 + SEEN["ds"]).astype(str)))
    frame = pd.concat([*waves, yearly.drop(columns="size")], ignore_index=True)
    panel = quietly(panel_of(model, ["town"]).fit, frame)
    assert set(panel.period_) == {1, 12}
    other = waves[0].assign(town="Ulm", unique_id=7)
    applied = quietly(panel.apply, pd.concat([waves[0], other]))
    assert applied.ids_.tolist() == [90]
    assert "no series with its period" in applied.failures_["reason"].item()


def test_static_columns_that_are_left_out_say_what_to_give(fitted):
    with pytest.raises(ValueError, match=r"no column 'town', .* give the 'town' of each series"):
        fitted.apply(NEW.drop(columns="town"))
    other = pickle.loads(pickle.dumps(fitted)).set_params(static=["size"])
    with pytest.raises(ValueError, match=r"has read \['town', 'size'\]: set static="):
        other.apply(NEW)


def test_training_goes_on_with_the_static_columns_of_the_fit_before():
    model = RNNForecaster(
        horizon=3, window=4, n_members=1, members="dense", random_state=0, warm_start=True
    )
    panel = quietly(panel_of(model).fit, SEEN)
    scaling = panel._fitted.members[0].model.state.static
    first = panel.predict(3)["f"]
    quietly(panel.fit, SEEN)
    assert (panel.predict(3)["f"] != first).any()
    losses = panel._fitted.members[0].model.state.network.members[0].history["loss"]
    new = frame_of(["Kiel", "Bonn", "Kiel"], [7.0, 2.0, 3.0], first=50)
    quietly(panel.fit, new)  # a town of three is not there
    member = panel._fitted.members[0].model.state.network.members[0]
    assert len(member.history["loss"]) > len(losses)
    assert panel._fitted.members[0].model.state.static is scaling
    with pytest.warns(UserWarning, match="70"):
        panel.fit(pd.concat([new, frame_of(["Rom"], [1.0], first=70)]))
    assert "'Rom'" in panel.failures_["reason"].item()
    with pytest.raises(ValueError, match=r"has read \['town', 'size'\]"):
        panel.set_params(static=["town"]).fit(SEEN)
    assert panel.ids_.tolist() == [50, 51, 52]


def test_of_default_regressors_that_are_constant_in_each_series_it_is_asked():
    seen = SEEN.drop(columns="town")
    model = PanelForecaster(NaiveForecaster())
    with pytest.warns(UserWarning, match=r"\['size'\] are constant .* static=\['size'\] meant"):
        model.fit(seen)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clone(model).set_params(regressors=[]).fit(SEEN[["unique_id", "ds", "y"]])
        warnings.simplefilter("ignore", UnusedColumnsWarning)
        clone(model).set_params(static=["size"]).fit(seen)
        clone(model).fit(seen.assign(size=0.0))  # an event that is to come


def test_past_covariates_of_a_panel_without_regressors_say_where_to_name_them():
    model = clone(MEMBERS).set_params(past_covariates=["size"])
    with pytest.raises(ValueError, match="in a panel name the column in its regressors"):
        quietly(PanelForecaster(model, regressors=[]).fit, SEEN.drop(columns="town"))
