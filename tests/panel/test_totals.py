"""Totals of the steps of each series of a panel: to the last digit those of the series alone."""

import numpy as np
import pandas as pd
import pytest
from saved_models import PANELS, fitted_panel
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
    RNNForecaster,
    SimpleExpSmoothingRNN,
    ThetaForecaster,
    TransformedForecaster,
)
from tsrnn.exceptions import InvalidParameterError

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # of short series

RNG = np.random.default_rng(0)
SERIES = {
    name: np.rint(np.exp(3.0 + 0.1 * RNG.normal(size=n).cumsum()) * np.resize([1.0, 1.2, 0.8], n))
    for name, n in {"a": 30, "b": 21, "c": 40, "d": 27}.items()
}
BOUNDS = ["f-lo-80", "f-hi-80"]
PATHS = {"total": True, "n_paths": 300}

FORECASTERS = {
    "a model each": NaiveForecaster(strategy="drift"),
    "demand": CrostonForecaster(counts=True),
    "smoothers": DoubleExpSmoothingRNN(alpha=0.3, beta=0.1),
    "smoothers of two kinds": AutoExpSmoothingRNN(models=["ANN", "MAN"]),
    "complex": ComplexExpSmoothingRNN(),
    "theta": ThetaForecaster(3),
    "adjusted": DeseasonalizedForecaster(SimpleExpSmoothingRNN(alpha=0.3), period=3, test=False),
    "adjusted twice": DeseasonalizedForecaster(
        SimpleExpSmoothingRNN(alpha=0.3), period=(3, 5), test=False
    ),
    "scales": TransformedForecaster(TransformedForecaster(NaiveForecaster()), None, upper=60.0),
}


def frame_of(series, n_before=0):
    parts = [
        pd.DataFrame({"unique_id": name, "ds": np.arange(len(y)) + n_before, "y": y})
        for name, y in series.items()
    ]
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize("name", FORECASTERS)
def test_each_series_has_the_total_that_it_has_alone(name):
    one = FORECASTERS[name]
    failing = frame_of(SERIES | {"bad": np.array([1.0, np.inf, 2.0])})
    panel = PanelForecaster(one, alias="f").fit(failing)
    models = {i: clone(one).fit(y) for i, y in SERIES.items()}
    for more in (None, [20.0, 30.0]):
        if more is not None:
            end = len(SERIES["c"])
            panel.update(frame_of({"c": more}, end))
            models["c"].update(more)
        table = panel.predict(4, level=80, **PATHS)
        assert table["unique_id"].tolist() == list(SERIES)
        ends = [len(y) + 3 + (2 if more and i == "c" else 0) for i, y in SERIES.items()]
        assert table["ds"].tolist() == ends
        alone = [model.predict_interval(4, 0.8, **PATHS)[0] for model in models.values()]
        np.testing.assert_array_equal(table[BOUNDS].to_numpy(), alone)
        sums = [model.predict(4).sum() for model in models.values()]
        np.testing.assert_allclose(table["f"], sums, rtol=1e-13)  # in another order
        pd.testing.assert_frame_equal(panel.predict(4, total=True), table.drop(columns=BOUNDS))


@pytest.mark.parametrize(
    "one",
    [RNNForecaster(Ridge(), window=4), EnsembleForecaster([("a", NaiveForecaster())])],
    ids=["windows", "ensemble"],
)
def test_of_what_is_learned_from_all_series_totals_are_those_of_columns(one):
    series = {i: SERIES["c"] * k for k, i in enumerate("abc", 1)}
    panel = PanelForecaster(one, alias="f").fit(frame_of(series))
    table = panel.predict(4, level=80, **PATHS)
    columns = clone(one).fit(np.column_stack(list(series.values())))
    for k in range(3):
        bounds = (k + 1.0) * columns.predict_interval(4, 0.8, total=True, n_paths=4000)[0, :, 0]
        width = np.diff(bounds)[0]
        # Quantiles of 300 paths are good to 9 percent of a deviation, some 4 of the width.
        np.testing.assert_allclose(table.loc[k, BOUNDS].tolist(), bounds, atol=0.15 * width)
    pd.testing.assert_frame_equal(panel.predict(4, level=80, **PATHS), table)


@pytest.mark.parametrize("name", PANELS)
def test_whatever_panels_are_of_has_totals(name):
    panel = fitted_panel(name)
    table = panel.predict(2, level=80, total=True, n_paths=20)
    assert table.iloc[:, 0].tolist() == panel.ids_.tolist()
    bounds = table.iloc[:, 3:].to_numpy()
    assert np.isfinite(bounds).all() and (bounds[:, 0] <= bounds[:, 1]).all()
    model = panel._fitted.members[0].model
    levels, every = np.array([0.1, 0.9]), model.forecast(3)
    # Networks are computed in single precision, in which a batch of another size rounds otherwise.
    rtol = 1e-6 if name == "windows" else 1e-13
    for i in panel._fitted.active.tolist():
        alone = model.alone(i)
        np.testing.assert_allclose(alone.forecast(3)[:, 0], every[:, i], rtol=rtol)
        quantiles = model.quantiles(3, levels)[..., i]
        np.testing.assert_allclose(alone.quantiles(3, levels)[..., 0], quantiles, rtol=rtol)


def test_series_with_seasons_of_their_own_and_threads_make_no_difference():
    months, quarters = (
        pd.DataFrame({"unique_id": i, "ds": pd.date_range("2015-01", periods=30, freq=i), "y": y})
        for i, y in (("MS", SERIES["a"]), ("QS", SERIES["a"][::-1]))
    )
    seasonal = NaiveForecaster(strategy="seasonal")
    tables = [
        PanelForecaster(seasonal, alias="f", n_jobs=n)
        .fit(pd.concat([months, quarters]))
        .predict(5, level=80, **PATHS)
        for n in (1, 2)
    ]
    pd.testing.assert_frame_equal(*tables, check_exact=True)
    for row, part in zip(tables[0].itertuples(index=False), (months, quarters), strict=True):
        model = clone(seasonal).fit(part.set_index("ds")["y"])
        alone = model.predict_interval(5, 0.8, **PATHS)
        assert [row.ds, *row[3:]] == [alone.index[0], *alone.iloc[0]]


def test_totals_have_what_regressors_add_to_as_many_steps_as_are_asked_of_each_series():
    df = frame_of(SERIES).assign(x=lambda df: np.cos(df["ds"] * 1.0))
    df["y"] += 5.0 * df["x"]
    panel = PanelForecaster(SimpleExpSmoothingRNN(alpha=0.3), alias="f").fit(df)
    ahead = pd.DataFrame({"unique_id": list("aabbb"), "ds": [30, 31, 21, 22, 23]})
    ahead["x"] = np.cos(ahead["ds"] * 1.0)
    table = panel.predict(X_df=ahead, level=80, **PATHS)
    assert table[["unique_id", "ds"]].to_numpy().tolist() == [["a", 31], ["b", 23]]
    for row, (i, steps) in zip(table.itertuples(), ahead.groupby("unique_id"), strict=True):
        rows = df[df["unique_id"] == i]
        alone = clone(panel.forecaster).fit(rows[["x"]].to_numpy(), rows["y"].to_numpy())
        X = steps[["x"]].to_numpy()
        # The search for coefficients of regressors ends at slightly different numbers.
        np.testing.assert_allclose(row.f, alone.predict(X).sum(), rtol=1e-5)
        bounds = alone.predict_interval(X, 0.8, **PATHS)[0]
        np.testing.assert_allclose([row[4], row[5]], bounds, rtol=1e-5)
    with pytest.raises(ValueError, match=r"X_df\['ds'\] has 23 as row 1 of 'b', which is step 3"):
        panel.predict(X_df=ahead.drop(index=3), level=80, total=True)


def test_the_same_question_has_the_same_answer_and_a_seed_another():
    panel = PanelForecaster(NaiveForecaster(), alias="f").fit(frame_of(SERIES))
    first, again = (panel.predict(3, level=80, **PATHS) for _ in range(2))
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    other = panel.predict(3, level=80, **PATHS, random_state=1)
    assert not first.equals(other)
    generator = np.random.RandomState(0)
    pair = [panel.predict(3, level=80, **PATHS, random_state=generator) for _ in range(2)]
    assert not pair[0].equals(pair[1])


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"n_paths": 100}, "n_paths is for totals"),
        ({"total": 1}, "total must be True or False"),
        ({"total": True, "n_paths": 0}, "n_paths must be an integer >= 1"),
        ({"total": True, "method": "conformal"}, "conformal intervals are of single steps"),
        ({"total": True, "n_paths": 9, "level": None}, "n_paths is for intervals of totals: set"),
        ({"total": True, "random_state": 1, "level": None}, "random_state is for intervals of"),
    ],
)
def test_arguments_of_totals_are_refused_by_name(wrong, words):
    panel = PanelForecaster(NaiveForecaster()).fit(frame_of(SERIES))
    with pytest.raises(InvalidParameterError, match=words):
        panel.predict(3, **({"level": 80} | wrong))
