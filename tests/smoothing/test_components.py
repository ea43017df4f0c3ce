"""Level, trend and season along a series: those of the textbook's recursion, and of `state_`."""

import naive
import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

import tsrnn
from tsrnn import (
    AutoExpSmoothingRNN,
    ComplexExpSmoothingRNN,
    DoubleExpSmoothingRNN,
    SimpleExpSmoothingRNN,
    TripleExpSmoothingRNN,
)
from tsrnn.smoothing import components

N, M = 36, 4
MONTHS = pd.date_range("2020-01", periods=N, freq="MS")
X = pd.DataFrame({"x": np.cos(np.arange(N) ** 1.1)}, MONTHS)


def sales(missing=(7, 8, 20)):
    season = np.tile([1.2, 0.8, 1.1, 0.9], N // M)
    values = (50.0 + np.arange(N)) * season + np.random.default_rng(0).normal(size=N)
    y = pd.Series(values, MONTHS, name="sold")
    y.iloc[list(missing)] = np.nan
    return y


def recursion(model, y, period, seasonal):
    """The equations in the notes of the classes, in the units of the series."""
    alpha, beta = model.alpha_, getattr(model, "beta_", 0.0)
    gamma, phi = getattr(model, "gamma_", 0.0), getattr(model, "phi_", 1.0)
    state = list(model.initial_state_)
    level = state.pop(0)
    has_trend = len(state) > (period if seasonal else 0)
    trend = state.pop(0) if has_trend else 0.0
    rows = []
    for value in y:
        mu = level + phi * trend
        season = state.pop(0) if seasonal else 0.0
        predicted = mu * season if seasonal == "mul" else mu + season
        error = 0.0 if np.isnan(value) else value - predicted
        share = error / season if seasonal == "mul" else error
        level, trend = mu + alpha * share, phi * trend + alpha * beta * share
        season += gamma * (error / mu if seasonal == "mul" else error)
        state += [season] if seasonal else []
        rows.append((level, trend, season))
    return np.array(rows).T


MODELS = {
    "simple": (SimpleExpSmoothingRNN(alpha=0.3), None),
    "double": (DoubleExpSmoothingRNN(alpha=0.3, beta=0.2, damped=True, phi=0.9), None),
    "additive": (TripleExpSmoothingRNN(alpha=0.3, beta=0.1, gamma=0.2, period=M), "add"),
    "multiplicative": (
        TripleExpSmoothingRNN(alpha=0.3, beta=0.1, gamma=0.2, period=M, seasonal="mul"),
        "mul",
    ),
    "no trend": (TripleExpSmoothingRNN(alpha=0.3, gamma=0.2, period=M, trend=None), "add"),
    "auto": (AutoExpSmoothingRNN(period=M, models=["AAA", "MAM"]), "auto"),
}


def assert_are_components(model, level, trend, season, scale=1.0):
    # The run is in scaled units, and the recursion in those of the series: roundings of 36 steps.
    close = {"rtol": 1e-11, "atol": 1e-11 * scale}
    np.testing.assert_allclose(model.level_, level, **close)
    if hasattr(model, "trend_"):
        np.testing.assert_allclose(model.trend_, trend, **close)
    if hasattr(model, "season_"):
        np.testing.assert_allclose(model.season_, season, **close)


@pytest.mark.parametrize("stretch", [2**20, 40], ids=["in one run", "in stretches"])
@pytest.mark.parametrize(("model", "seasonal"), MODELS.values(), ids=MODELS)
def test_components_are_those_of_the_recursion_and_end_in_the_state(
    model, seasonal, stretch, monkeypatch
):
    monkeypatch.setattr(components, "_MOST_NUMBERS", stretch)
    y = sales()
    model.fit(y)
    if seasonal == "auto":
        seasonal = model.selection_.loc[model.model_, "seasonal"]
    assert_are_components(model, *recursion(model, y, M, seasonal))
    assert model.level_.index.equals(y.index) and model.level_.name == "sold"
    np.testing.assert_allclose(model.level_.iloc[-1], model.state_[0], rtol=1e-12)
    if seasonal:
        np.testing.assert_allclose(model.season_.iloc[-M:], model.state_[-M:], rtol=1e-11)


@pytest.mark.parametrize("stretch", [2**20, 40], ids=["in one run", "in stretches"])
@pytest.mark.parametrize("form", [None, "simple", "partial", "full"])
def test_the_level_of_complex_smoothing_is_that_after_each_value(form, stretch, monkeypatch):
    monkeypatch.setattr(components, "_MOST_NUMBERS", stretch)
    y = sales()
    model = ComplexExpSmoothingRNN(M if form else 1, form).fit(y)
    names = ("alpha_0_", "alpha_1_", "beta_0_", "beta_1_")
    cell = f"complex_{form}" if form else "complex"
    n_smoothing = {None: 2, "simple": 2, "partial": 3, "full": 4}[form]
    theta = np.array([getattr(model, name) for name in names[:n_smoothing]])
    states, _ = naive.NAIVE[cell](theta, y.to_numpy()[:, None], model.initial_state_)
    newest = M - 1 if form == "simple" else 0
    # The run is in scaled units: roundings of 36 steps.
    np.testing.assert_allclose(model.level_, states[-N:, newest], rtol=1e-10)
    np.testing.assert_allclose(model.level_.iloc[-1], model.state_[newest], rtol=1e-10)


@pytest.mark.parametrize("seasonal", ["add", "mul"])
def test_components_make_up_the_one_step_predictions(seasonal):
    model = TripleExpSmoothingRNN(alpha=0.3, period=M, seasonal=seasonal).fit(sales())
    mu = (model.level_ + model.trend_).shift(1)
    season = model.season_.shift(M)
    predicted = mu * season if seasonal == "mul" else mu + season
    np.testing.assert_allclose(model.fitted_values_[M:], predicted[M:], rtol=1e-11)


@pytest.mark.parametrize("seasonal", ["add", "mul"])
def test_with_regressors_components_are_those_of_the_series_net_of_them(seasonal):
    model = TripleExpSmoothingRNN(
        alpha=0.3, beta=0.1, gamma=0.2, period=M, seasonal=seasonal, initial_state="heuristic"
    ).fit(X, sales())
    effect = X.to_numpy() @ model.coef_
    if seasonal == "mul":  # a level that is multiplied counts what they add from their mean
        effect = effect - np.mean(effect)
    expected = recursion(model, sales() - effect, M, seasonal)
    assert_are_components(model, *expected, scale=50.0)


def test_before_a_series_begins_there_are_no_components():
    y = sales(missing=(0, 1, 9))
    model = DoubleExpSmoothingRNN().fit(y)
    assert model.level_[:2].isna().all() and model.trend_[2:].notna().all()
    level, trend, _ = recursion(model, y[2:], 1, None)
    np.testing.assert_allclose(model.level_[2:], level, rtol=1e-11)
    np.testing.assert_allclose(model.trend_[2:], trend, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("held", ["frame", "array", "one column"])
def test_components_of_several_series_are_those_of_each(held):
    noise = pd.Series(np.random.default_rng(1).normal(size=N), MONTHS)
    table = pd.DataFrame({"sold": sales(), "noise": noise})
    if held == "one column":
        table = table[["sold"]]
    y = table if held == "frame" else table.to_numpy()
    model = AutoExpSmoothingRNN(period=M).fit(y)
    for name in ("level_", "trend_", "season_"):
        found = getattr(model, name)
        assert type(found) is type(y) and found.shape == y.shape
        for i, column in enumerate(table):
            alone = AutoExpSmoothingRNN(period=M).fit(table[column].to_numpy())
            # Fitted alone or beside another, the search ends at the same numbers.
            np.testing.assert_allclose(np.asarray(found)[:, i], getattr(alone, name), rtol=1e-8)
    if held == "frame":
        assert model.model_[1][1:] == "NN" and not model.trend_["noise"].any()
        assert not model.season_["noise"].any()


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_components_scale_with_the_series(scale):
    model, scaled = (
        TripleExpSmoothingRNN(alpha=0.3, beta=0.1, gamma=0.2, period=M).fit(factor * sales())
        for factor in (1.0, scale)
    )
    for name in ("level_", "trend_", "season_"):
        one, other = getattr(model, name), getattr(scaled, name) / scale
        np.testing.assert_allclose(other, one, rtol=1e-8, atol=1e-8)


def test_components_are_of_the_training_series_after_an_update_and_from_a_file(tmp_path):
    y = sales()
    model = TripleExpSmoothingRNN(period=M).fit(y[:30])
    before = [model.level_, model.trend_, model.season_]
    tsrnn.save(model, tmp_path / "model.tsrnn")
    loaded, updated = tsrnn.load(tmp_path / "model.tsrnn"), model.update(y[30:])
    for one in (loaded, updated):
        for part, name in zip(before, ("level_", "trend_", "season_"), strict=True):
            pd.testing.assert_series_equal(getattr(one, name), part, check_freq=False)


def test_before_a_fit_there_are_no_components():
    model = TripleExpSmoothingRNN()
    assert not hasattr(model, "level_") and not hasattr(model, "season_")
    with pytest.raises(NotFittedError):
        _ = model.trend_
