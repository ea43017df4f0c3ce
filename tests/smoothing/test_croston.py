"""Croston's method and its descendants: against loops, statsforecast, and what they must be."""

import copy
import json
import re
import warnings
from dataclasses import replace

import naive
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paths import GOLDEN

from tsrnn import AutoExpSmoothingRNN, CrostonForecaster, PanelForecaster
from tsrnn.exceptions import InvalidParameterError

VARIANTS = ("classic", "sba", "tsb")
every_variant = pytest.mark.parametrize("variant", VARIANTS)


def demand(n=80, seed=0, probability=0.3):
    rng = np.random.default_rng(seed)
    return (rng.random(n) < probability) * rng.geometric(0.4, n) * 1.0


Y = demand()


def loop(model, y):
    """States and predictions of a fitted forecaster by the naive loop from its initial state."""
    theta = [model.alpha_, model.beta_]
    h_init = list(model.initial_state_)
    if model.variant != "tsb":
        theta, h_init = [*theta, float(model.variant == "sba")], [*h_init, 1.0]
    name = "tsb" if model.variant == "tsb" else "croston"
    states, predictions = naive.NAIVE[name](np.array(theta), y[:, None], np.array(h_init))
    return states, predictions[:, 0]


@every_variant
def test_predictions_are_those_of_the_textbooks_loop(variant):
    y = Y.copy()
    y[[0, 7, 30, 79]] = np.nan
    model = CrostonForecaster(variant=variant).fit(y)
    states, predictions = loop(model, np.r_[y, np.nan])
    # Some tens of steps of a few operations.
    np.testing.assert_allclose(model.fitted_values_[1:], predictions[1:-1], rtol=1e-13)
    assert np.isnan(model.fitted_values_[0])  # before the series begins
    np.testing.assert_allclose(model.predict(3), predictions[-1], rtol=1e-13)
    np.testing.assert_allclose(model.state_, states[-1], rtol=1e-13)
    np.testing.assert_allclose(model.sigma2_, np.nanmean((y - predictions[:-1]) ** 2), rtol=1e-12)


@every_variant
def test_forecasts_are_statsforecasts_at_its_parameters_and_its_start(variant):
    given = {"alpha": 0.2 if variant == "tsb" else 0.1, "beta": 0.1, "initial_state": "first"}
    for row in json.loads((GOLDEN / "croston.json").read_text(encoding="utf-8")):
        model = CrostonForecaster(variant=variant, **given).fit(row["y"])
        np.testing.assert_allclose(model.predict(1), row[variant], rtol=1e-13)


def errors_of_parts(variant, alpha, beta, state, y):
    """Squared errors of sizes and of occurrence, as the page says them, by the naive loop."""
    model = CrostonForecaster(variant=variant)
    model.alpha_, model.beta_, model.initial_state_ = alpha, beta, state
    states, predictions = loop(model, y)
    sizes = states[:-1, 0]
    seen, happened = ~np.isnan(y), y > 0
    of_sizes = np.sum((y - sizes)[happened] ** 2)
    return of_sizes, np.sum((happened - predictions / sizes)[seen] ** 2)


@every_variant
@pytest.mark.parametrize("start", ["mean", "first"])
@pytest.mark.parametrize("seed", range(4))
def test_what_is_learned_has_the_smallest_errors_of_all_that_may_be(variant, start, seed):
    y = demand(60, seed) * np.where(np.arange(60) < 30, 1.0, 4.0)
    y[5] = np.nan
    model = CrostonForecaster(variant=variant, initial_state=start).fit(y)
    state = model.initial_state_
    found = errors_of_parts(variant, model.alpha_, model.beta_, state, y)
    for value in np.linspace(0.0, 0.3, 40):
        of_sizes, of_occurrence = errors_of_parts(variant, value, value, state, y)
        assert found[0] <= of_sizes * (1 + 1e-9)  # that of a parameter right to six digits
        assert found[1] <= of_occurrence * (1 + 1e-9)


def test_the_mean_start_is_that_of_sizes_and_of_intervals():
    y = [0.0, 0.0, 2.0, np.nan, 0.0, 4.0, 0.0]
    with pytest.warns(UserWarning, match="series 0 has 2 demands, too few to learn alpha and beta"):
        model = CrostonForecaster().fit(y)
    np.testing.assert_allclose(model.initial_state_, [3.0, 2.5])
    assert (model.alpha_, model.beta_) == (0.1, 0.1)
    with pytest.warns(UserWarning, match="too few to learn beta from: 0.1 is taken"):
        model = CrostonForecaster(variant="tsb", alpha=0.3).fit(y)
    np.testing.assert_allclose(model.initial_state_, [3.0, 2 / 6])


@every_variant
def test_a_missing_value_is_a_period_that_is_not_there(variant):
    holed = np.insert(Y, [3, 3, 40, 80], np.nan)
    model, whole = (CrostonForecaster(variant=variant).fit(y) for y in (holed, Y))
    np.testing.assert_array_equal(model.predict(2), whole.predict(2))


@every_variant
def test_given_parameters_and_states_are_kept(variant):
    state = (3.0, 0.2) if variant == "tsb" else (3.0, 5.0)
    model = CrostonForecaster(variant=variant, alpha=0.0, beta=0.0, initial_state=state).fit(Y)
    assert (model.alpha_, model.beta_) == (0.0, 0.0)
    np.testing.assert_allclose(model.predict(1), 3.0 * 0.2, rtol=1e-15)
    both = CrostonForecaster(variant=variant, initial_state=[state, state]).fit(np.c_[Y, 2 * Y])
    np.testing.assert_array_equal(both.initial_state_, [state, state])


# What series may be.


def test_no_demand_is_forecast_as_none_until_there_is_one():
    with pytest.warns(UserWarning, match="series 0 has no demand: it is forecast to stay so"):
        model = CrostonForecaster().fit(np.zeros(10))
    np.testing.assert_array_equal(model.predict(2), 0.0)
    np.testing.assert_array_equal(model.predict_interval(2), 0.0)
    np.testing.assert_array_equal(model.simulate(3, 4, random_state=0), 0.0)
    model.update([0.0, 6.0])
    np.testing.assert_allclose(model.predict(1), (1 - 0.1 / 2) * 6.0 / 12.0, rtol=1e-14)


@every_variant
def test_demand_in_every_period_is_smoothed_simply(variant):
    y = Y[:12] + 1.0
    model = CrostonForecaster(variant=variant, alpha=0.2, beta=0.0, initial_state="first").fit(y)
    level = y[0]
    for value in y[1:]:
        level = 0.2 * value + 0.8 * level
    np.testing.assert_allclose(model.predict(1), level, rtol=1e-14)
    assert (model.predict_interval(1) > 0.0).all()


def test_values_that_are_no_demand_are_refused_by_name():
    with pytest.raises(ValueError, match=r"series 1 is -2 at position 3, but demand is 0 or more"):
        CrostonForecaster().fit(np.c_[Y, np.where(np.arange(80) == 3, -2.0, Y)])
    with pytest.raises(ValueError, match=r"series 0 is 0.5 at position 1, but with counts=True"):
        CrostonForecaster(counts=True).fit([0.0, 0.5, 1.0])
    with pytest.raises(ValueError, match=r"series 0 is 1000000.5 at position 1, but with counts"):
        CrostonForecaster(counts=True).fit([0.0, 1_000_000.5, 1.0])
    model = CrostonForecaster(counts=True).fit(Y)
    before = copy.deepcopy(vars(model))
    for wrong in (-1.0, 1.5):
        with pytest.raises(ValueError, match="series 0 is"):
            model.update([0.0, wrong])
    np.testing.assert_array_equal(model.state_, before["state_"])
    assert model._n_seen == before["_n_seen"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"variant": "sbj"}, "variant must be one of 'classic', 'sba', 'tsb'"),
        ({"alpha": 1.5}, r"alpha must be a number in \[0, 1\]"),
        ({"beta": -0.1}, r"beta must be a number in \[0, 1\]"),
        ({"counts": 1}, "counts must be True or False"),
        ({"initial_state": "learned"}, "initial_state must be one of 'mean', 'first'"),
        ({"initial_state": (1.0, 0.5)}, "an interval of 1 or more"),
        ({"initial_state": (0.0, 2.0)}, "a size above 0"),
        ({"initial_state": (1.0, 2.0, 3.0)}, r"'mean', 'first' or \(size, interval\)"),
        ({"initial_state": (1.0, 2.0), "variant": "tsb"}, "a probability from 0 to 1"),
    ],
)
def test_arguments_are_refused_by_name(wrong, words):
    with pytest.raises(InvalidParameterError, match=words):
        CrostonForecaster(**wrong).fit(Y)


def test_regressors_are_not_ignored_silently():
    with pytest.warns(UserWarning, match="X has 1 column, of which CrostonForecaster makes no use"):
        CrostonForecaster().fit(np.arange(80.0)[:, None], Y)
    with pytest.warns(UserWarning, match="X has 2 columns, of which CrostonForecaster makes no u"):
        PanelForecaster(CrostonForecaster()).fit(panel_frame([Y]).assign(a=1.0, b=2.0))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.lists(st.one_of(st.just(0.0), st.floats(1e-3, 1e3)), min_size=2, max_size=30),
    st.sampled_from(VARIANTS),
    st.sampled_from([1e-290, 1e-7, 3.0, 1e290]),
)
def test_forecasts_are_finite_never_negative_and_in_the_units_of_the_series(y, variant, unit):
    with warnings.catch_warnings(action="ignore"):
        model = CrostonForecaster(variant=variant).fit(y)
        scaled = CrostonForecaster(variant=variant).fit(np.array(y) * unit)
    bounds = model.predict_interval(2, 0.9)
    assert np.isfinite(bounds).all() and (bounds >= 0.0).all()
    assert 0.0 <= model.predict(1)[0] <= max(y) * (1 + 1e-12)
    # What is learned is a search's, to six digits of a parameter: less of the forecast.
    np.testing.assert_allclose(scaled.predict(2), model.predict(2) * unit, rtol=1e-5)


# What lies ahead.


@every_variant
def test_paths_have_the_mean_the_deviation_and_the_quantiles_that_are_told(variant):
    model = CrostonForecaster(variant=variant, alpha=0.2, beta=0.15).fit(Y)
    paths = model.simulate(2, 40_000, random_state=0)
    deviation = model._model.deviation(1)[0, 0]
    assert np.all(np.abs(paths.mean(axis=1) - model.predict(2)) < 4 * deviation / 200)
    # A deviation of 40,000 draws of such a shape is good to about 0.7 percent: four of those.
    np.testing.assert_allclose(paths.std(axis=1), deviation, rtol=0.03)
    for quantile in (0.3, 0.8, 0.9, 0.99):
        value = model.predict_quantiles(1, quantile)[0, 0]
        # A share of 40,000 is good to 0.25 percent.
        assert np.mean(paths < value * (1 - 1e-9)) <= quantile + 0.01
        assert np.mean(paths <= value * (1 + 1e-9)) >= quantile - 0.01


@every_variant
def test_no_bound_is_below_zero_whatever_is_asked(variant):
    index = pd.date_range("2024-01-01", periods=80)
    model = CrostonForecaster(variant=variant).fit(pd.Series(Y, index))
    asked = pd.DataFrame(index=index[40:].union(index[-1:] + pd.Timedelta(days=1)))
    assert (model.predict_interval(asked).to_numpy() >= 0.0).all()
    assert (model.predict_interval(3, method="conformal").to_numpy() >= 0.0).all()
    frame = pd.DataFrame({"unique_id": 0, "ds": index, "y": Y})
    panel = PanelForecaster(CrostonForecaster(variant=variant), conformal_windows=12).fit(frame)
    for method in ("auto", "conformal"):
        bounds = panel.predict(3, level=[80], method=method).iloc[:, 3:]
        assert (bounds.to_numpy() >= 0.0).all()


def test_of_counts_quantiles_intervals_paths_and_totals_are_whole_numbers():
    y = demand(60, 3)
    model = CrostonForecaster(counts=True, alpha=0.2).fit(y)
    answers = [
        model.predict_interval(3),
        model.predict_quantiles(3, np.linspace(0.01, 0.99, 50)),
        model.simulate(5, 100, random_state=0),
        model.predict_interval(5, total=True),
    ]
    for one in answers:
        np.testing.assert_array_equal(one, np.rint(one))
    sizes = model.simulate(5, 1000, random_state=0)
    assert sizes[sizes > 0].min() == 1.0
    other = CrostonForecaster(alpha=0.2).fit(y).predict_quantiles(1, 0.97)[0]
    assert not np.array_equal(other, np.rint(other))


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    st.lists(st.integers(1, 4), min_size=8, max_size=40),
    st.sampled_from([1.0, 1e7, 1e13]),
    st.sampled_from([0.05, 0.3, 0.9]),
)
def test_whole_numbers_are_drawn_whose_mean_is_the_size_of_a_demand(sizes, unit, alpha):
    y = np.array(sizes) * unit
    model = CrostonForecaster(variant="classic", alpha=alpha, beta=0.1, counts=True).fit(y)
    # With a demand in every period all draws are sizes: these quantiles are each of them once.
    shares = (np.arange(y.size) + 0.5) / y.size
    drawn = model.predict_quantiles(1, shares)[0]
    assert (drawn >= 1.0).all() and (np.diff(drawn) >= 0.0).all()
    np.testing.assert_array_equal(drawn, np.rint(drawn))
    size = model.state_[0]
    exact = size * model._model.shares
    assert np.abs(drawn - exact).max() < 1.0 + 1e-9 * size
    # Half of one of them is the best that whole numbers can do, unless they would be less than 1.
    missed = np.maximum(np.floor(exact), 1.0).mean() - size
    assert abs(drawn.mean() - size) <= max(0.5 / y.size, missed) + 1e-9 * size


@every_variant
@pytest.mark.parametrize("counts", [False, True])
def test_quantiles_of_what_was_seen_are_those_told_before_it(variant, counts):
    given = {"alpha": 0.2, "beta": 0.1, "counts": counts}
    model = CrostonForecaster(variant=variant, **given).fit(Y[:70])
    levels, more = [0.05, 0.6, 0.75, 0.95], np.r_[np.nan, Y[70:79]]
    start = model._model
    found = model.update(more).predict_quantiles(pd.RangeIndex(1, 80), levels)
    states, _ = loop(model, np.r_[Y[:70], more])
    for t in (5, 40, 69, 75, 79):  # before each of which there was a value
        told = replace(start, state=states[t][:, None]).quantiles(1, np.array(levels))[0, :, 0]
        # The sizes are found again from predictions and deviations.
        np.testing.assert_allclose(found[t - 1], told, rtol=0.0 if counts else 1e-12)


def test_ends_of_conformal_intervals_of_counts_are_whole_numbers_nearest_to_them():
    frame = pd.DataFrame({"unique_id": 0, "ds": np.arange(80), "y": Y})
    plain, whole = (CrostonForecaster(counts=one).fit(Y) for one in (False, True))
    expected = plain.predict_interval(3, 0.8, method="conformal")
    assert not np.array_equal(expected, np.rint(expected))
    found = whole.predict_interval(3, 0.8, method="conformal")
    np.testing.assert_array_equal(found, np.rint(expected))
    panel = PanelForecaster(whole, alias="f", conformal_windows=5).fit(frame)
    table = panel.predict(3, level=80, method="conformal")
    bounds = table[["f-lo-80", "f-hi-80"]].to_numpy()
    np.testing.assert_array_equal(bounds, np.rint(bounds))


def test_an_update_in_pieces_is_one_run_and_the_state_of_a_fit():
    for variant in VARIANTS:
        given = {"alpha": 0.2, "beta": 0.1, "initial_state": "first", "variant": variant}
        model, whole = CrostonForecaster(**given).fit(Y[:40]), CrostonForecaster(**given).fit(Y)
        for part in (Y[40], Y[41:60], np.r_[np.nan, Y[60:]]):
            model.update(part)
        np.testing.assert_array_equal(model.state_, whole.state_)
        np.testing.assert_array_equal(model.predict(2), whole.predict(2))


@every_variant
def test_a_model_of_other_shapes_than_its_kernels_read_is_refused(variant):
    model = CrostonForecaster(variant=variant).fit(Y)
    whole = model._model
    for name in ("theta", "state"):
        for part in (getattr(whole, name)[:-1], np.repeat(getattr(whole, name), 2, axis=1)):
            model._model = replace(whole, **{name: part})
            with pytest.raises(ValueError, match="parameters and states of 1 series have the sha"):
                model.predict(1)


# Many series.


def panel_frame(series):
    parts = [
        pd.DataFrame({"unique_id": i, "ds": np.arange(1, len(y) + 1), "y": y})
        for i, y in enumerate(series)
    ]
    return pd.concat(parts, ignore_index=True)


SERIES = [demand(20 + 7 * i, i, 0.1 + 0.1 * (i % 6)) for i in range(70)]


@every_variant
def test_a_panel_is_its_series_one_by_one_whatever_the_threads(variant):
    frame = panel_frame(SERIES)
    with warnings.catch_warnings(action="ignore"):
        panels = [
            PanelForecaster(CrostonForecaster(variant=variant), alias="f", n_jobs=n).fit(frame)
            for n in (1, 2)
        ]
        models = [CrostonForecaster(variant=variant).fit(y) for y in SERIES]
    tables = [panel.predict(2, level=[80]) for panel in panels]
    pd.testing.assert_frame_equal(*tables, check_exact=True)
    alone = [np.c_[one.predict(2), one.predict_interval(2, 0.8)] for one in models]
    np.testing.assert_array_equal(tables[0].iloc[:, 2:].to_numpy(), np.concatenate(alone))
    more = panel_frame([y[:3] for y in SERIES])
    more["ds"] += more["unique_id"].map({i: len(y) for i, y in enumerate(SERIES)})
    table = panels[0].update(more).predict(1)
    updated = [one.update(y[:3]).predict(1)[0] for one, y in zip(models, SERIES, strict=True)]
    np.testing.assert_array_equal(table["f"], updated)


def test_a_series_of_a_panel_that_is_no_demand_stops_no_other():
    series = {i: demand(40, i) for i in range(6)}
    bad = {i: np.r_[y[:2], -1.0, y[3:]] if i in (0, 3) else y for i, y in series.items()}
    with pytest.warns(UserWarning, match="2 of 6 series failed"):
        panel = PanelForecaster(CrostonForecaster(), alias="f").fit(panel_frame(bad.values()))
    assert panel.failures_["unique_id"].tolist() == [0, 3]
    assert panel.failures_["reason"].str.startswith("is -1 at position 2, but demand is").all()
    good = panel_frame([y for i, y in series.items() if i not in (0, 3)])
    expected = PanelForecaster(CrostonForecaster(), alias="f").fit(good).predict(2, level=[90])
    columns = ["f", "f-lo-90", "f-hi-90"]
    np.testing.assert_array_equal(panel.predict(2, level=[90])[columns], expected[columns])
    step = pd.DataFrame({"unique_id": [1, 2], "ds": 41, "y": [-1.0, 1.0]})
    with pytest.warns(UserWarning, match="1 of 2 series failed"):
        panel.update(step)
    assert panel.predict(1)["unique_id"].tolist() == [2, 4, 5]


def test_where_every_series_fails_the_first_of_them_is_told():
    with pytest.raises(ValueError, match=r"series 0 is -1 at position 0"):
        CrostonForecaster().fit(np.full((5, 2), -1.0))
    with pytest.raises(ValueError, match=r"2 series failed.* is -1 at position 0"):
        PanelForecaster(CrostonForecaster()).fit(panel_frame([np.full(5, -1.0)] * 2))


def test_a_summary_tells_of_the_demand_and_of_what_was_learned():
    text = str(CrostonForecaster(alpha=0.1).fit(np.c_[Y, Y]).summary())
    assert text.count("Periods with demand:") == 2
    assert f"{np.count_nonzero(Y)}" in text
    for words in (r"alpha +0\.1 +given", r"beta .* learned", r"initial interval .* mean"):
        assert len(re.findall(words, text)) == 2


# What points here.


def test_automatic_selection_points_mostly_zero_series_here_once():
    y = demand(60, 1, 0.2)
    with pytest.warns(UserWarning, match="series 0 is 0 in .. percent of its rows") as caught:
        AutoExpSmoothingRNN(models=["ANN"]).fit(y)
    assert len(caught) == 1 and "CrostonForecaster" in str(caught[0].message)
    with pytest.warns(UserWarning, match="1 note") as caught:
        panel = PanelForecaster(AutoExpSmoothingRNN(models=["ANN"])).fit(panel_frame([y, y + 1]))
    assert len(caught) == 1 and panel.notes_["unique_id"].tolist() == [0]


@pytest.mark.parametrize(
    "y",
    [
        np.zeros(20),  # nothing at all
        np.r_[np.zeros(9), np.arange(1.0, 12.0)],  # fewer than half
        np.where(np.arange(40) % 4 == 0, -1.0, 0.0),  # below zero
        np.r_[0.0, 0.0, 0.0, 1.0, 0.0],  # a handful
    ],
)
def test_automatic_selection_says_nothing_of_other_series(y):
    with warnings.catch_warnings(record=True, action="always") as caught:
        AutoExpSmoothingRNN(models=["ANN"]).fit(y)
    assert not [one for one in caught if "Croston" in str(one.message)]
