"""Complex exponential smoothing: held against the equations, statsforecast and what it promises."""

import json
import warnings

import naive
import numpy as np
import pandas as pd
import pytest
from cases import relative_error
from paths import GOLDEN
from statsmodels.tsa.seasonal import seasonal_decompose

from tsrnn import (
    AutoExpSmoothingRNN,
    ComplexExpSmoothingRNN,
    DeseasonalizedForecaster,
    PanelForecaster,
)
from tsrnn._input.ragged import Batch
from tsrnn._scan.filtering import filter_series
from tsrnn._scan.seasonal_start import seasonal_means
from tsrnn.cells.complex_smoothing import stable_interval
from tsrnn.exceptions import InvalidParameterError, UnreliableForecastWarning
from tsrnn.smoothing.complex.structure import ComplexStructure
from tsrnn.smoothing.extent import Extent
from tsrnn.smoothing.far_out import far_out
from tsrnn.smoothing.fit import unnamed
from tsrnn.smoothing.fit_batch import fit_batch
from tsrnn.smoothing.search.task import Settings
from tsrnn.smoothing.spec import FitSpec, bounds_of

FORMS = (None, "simple", "partial", "full")
NAMES = ("alpha_0", "alpha_1", "beta_0", "beta_1")
PERIOD = 4

every_form = pytest.mark.parametrize("form", FORMS)

# A run of some tens of steps, each rounded to 1e-16.
ROUNDING = 1e-11


def make_series(n=48, seed=0, season=(6.0, 0.0, -8.0, 2.0)):
    """A level that wanders, with a season of four steps."""
    rng = np.random.default_rng(seed)
    seasons = np.resize(np.array(season), n)
    return 60.0 + 0.5 * np.cumsum(rng.normal(size=n)) + seasons + rng.normal(size=n)


def make(form, **options):
    return ComplexExpSmoothingRNN("auto" if form is None else PERIOD, form, **options)


def theta_of(model, form):
    n_smoothing = ComplexStructure(form, PERIOD if form else 1).n_smoothing
    return np.array([getattr(model, f"{name}_") for name in NAMES[:n_smoothing]])


def run(model, form, y):
    """States and predictions by the naive loop, from what the model says of itself."""
    cell = "complex" if form is None else f"complex_{form}"
    return naive.NAIVE[cell](theta_of(model, form), y[:, None], model.initial_state_)


# Beside statsforecast.

EXCERPT = json.loads((GOLDEN / "statsforecast_ces_excerpt.json").read_text())
SERIES = json.loads((GOLDEN / "r_forecast_ets_excerpt.json").read_text())
LETTERS = {"N": None, "S": "simple", "P": "partial", "F": "full"}
their_fits = pytest.mark.parametrize(
    ("name", "letter"),
    [(name, letter) for name, one in EXCERPT.items() for letter in one["fits"]],
)


def their_fit(name, letter):
    """The series, the structure, and their fit with its states in our order."""
    one, form = EXCERPT[name], LETTERS[letter]
    fit, m = one["fits"][letter], one["m"]
    rows = np.array(fit["states"])
    state = rows.T.ravel()
    if form in ("partial", "full"):  # one level and potential, the latest
        state = np.concatenate([rows[-1, :2], rows[:, 2:].T.ravel()])
    batch = Batch.of_columns(
        np.array(SERIES[name]["y"])[:, None], np.empty((len(SERIES[name]["y"]), 0))
    )
    return batch, ComplexStructure(form, m if form else 1), fit, state


@their_fits
def test_with_their_numbers_we_say_what_statsforecast_says(name, letter):
    batch, structure, fit, state = their_fit(name, letter)
    theta = np.array(fit["par"])[:, None]
    end, predictions = filter_series(structure.cell, batch, theta, state[:, None])
    errors = batch.values - predictions
    # Their optimum may be where a run explodes, and with it what is rounded.
    np.testing.assert_allclose(np.sum(errors**2), fit["sse"], rtol=1e-8)
    nothing = Batch.of_columns(
        np.full((len(fit["mean"]), 1), np.nan), np.empty((len(fit["mean"]), 0))
    )
    forecast = filter_series(structure.cell, nothing, theta, end)[1]
    np.testing.assert_allclose(forecast, fit["mean"], rtol=1e-8)


def is_stable(parameters):
    pairs = [parameters[:2]] + ([parameters[2:]] if len(parameters) == 4 else [])
    ends = [stable_interval(imaginary, 1.8)[:2] for _, imaginary in pairs]
    return all(low <= real <= high for (real, _), (low, high) in zip(pairs, ends, strict=True))


@pytest.mark.parametrize(
    ("name", "letter"),
    [
        (name, letter)
        for name, one in EXCERPT.items()
        for letter, fit in one["fits"].items()
        if is_stable(fit["par"])
    ],
)
def test_from_their_states_our_errors_are_no_larger_where_theirs_are_stable(name, letter):
    batch, structure, fit, state = their_fit(name, letter)
    settings = Settings("likelihood", 1.345, "gauss-newton", 200, 1e-10)
    spec = FitSpec(structure, bounds_of(structure), state[None], {}, settings)
    ours = fit_batch(spec, batch, unnamed)
    assert ours.numbers["converged_"].all()
    # Theirs stops within some thousandths of a parameter.
    assert ours.numbers["sse_"][0] <= 1.001 * fit["sse"]


# The equations, and what is minimised.


@every_form
def test_a_fit_is_the_naive_loop_from_what_it_says_of_itself(form):
    y = make_series()
    model = make(form).fit(y)
    states, predictions = run(model, form, y)
    assert relative_error(model.fitted_values_, predictions[:, 0]) < ROUNDING
    assert relative_error(model.state_, states[-1]) < ROUNDING
    ahead = run(model, form, np.append(y, np.full(9, np.nan)))[1][len(y) :, 0]
    assert relative_error(model.predict(9), ahead) < ROUNDING
    assert model.sse_ == pytest.approx(np.sum((y - predictions[:, 0]) ** 2), rel=1e-10)
    n, k = len(y), {None: 3, "simple": 6, "partial": 7, "full": 8}[form]
    loglik = -0.5 * n * (np.log(2.0 * np.pi * model.sse_ / n) + 1.0)
    aicc = -2.0 * loglik + 2.0 * (k + 1) + 2.0 * (k + 1) * (k + 2) / (n - k - 2)
    assert model.aicc_ == pytest.approx(aicc, rel=1e-10)


@every_form
@pytest.mark.parametrize("seed", range(3))
def test_no_step_within_what_is_stable_lowers_the_error(form, seed):
    y = make_series(seed=seed)
    model = make(form).fit(y)
    best, structure = theta_of(model, form), ComplexStructure(form, PERIOD if form else 1)
    bounds = np.array([bounds_of(structure)[name] for name in NAMES[: len(best)]])
    rng, tried = np.random.default_rng(seed), 0
    for _ in range(60):
        theta = best + 1e-3 * rng.normal(size=best.size)
        pairs = [(0, 1)] + ([(2, 3)] if form == "full" else [])
        if ((theta < bounds[:, 0]) | (theta > bounds[:, 1])).any():
            continue
        ends = [stable_interval(theta[imaginary], 2.0) for _, imaginary in pairs]
        if not all(
            low <= theta[real] <= high
            for (real, _), (low, high, *_) in zip(pairs, ends, strict=True)
        ):
            continue
        tried += 1
        errors = naive.errors(structure.cell.name, theta, y, model.initial_state_)
        # A minimum is flat: what the search leaves is a share of 1e-9.
        assert np.sum(errors**2) >= model.sse_ * (1.0 - 1e-8)
    assert tried > 0


@pytest.mark.parametrize("most", [1.8, 1.5])
def test_what_is_searched_is_where_pairs_forget_their_beginning(most):
    def modulus(real, imaginary):
        matrix = np.array([[1.0, imaginary - 1.0], [1.0, 1.0 - real]])
        seen = matrix - np.outer([real - imaginary, real + imaginary], [1.0, 0.0])
        return np.abs(np.linalg.eigvals(seen)).max()

    ends = 0
    for imaginary in np.linspace(0.5, 1.7, 61):
        low, high, d_low, d_high = stable_interval(imaginary, most)
        assert 0.0 < low < high <= most
        for share in (0.0, 0.3, 0.7, 1.0):
            assert modulus(low + share * (high - low), imaginary) <= 1.0 + 1e-7  # a square root
        ends += modulus(low, imaginary) > 1.0 - 1e-7
        if 0.53 < imaginary < 1.67:
            shifted = [stable_interval(imaginary + d, most) for d in (-1e-7, 1e-7)]
            for change, place in ((d_low, 0), (d_high, 1)):
                expected = (shifted[1][place] - shifted[0][place]) / 2e-7
                assert change == pytest.approx(expected, abs=1e-5)
    assert ends > 50  # the lower end is where stability ends


@every_form
def test_the_initial_state_is_that_of_the_first_values(form):
    y = make_series()
    state = make(form).fit(y).initial_state_
    if form is None:
        expected = np.array([y[:10].mean(), y[:10].mean() / 1.1])
    elif form == "simple":
        expected = np.concatenate([y[:PERIOD], y[:PERIOD] / 1.1])
    else:
        season = seasonal_decompose(y, period=PERIOD).seasonal[:PERIOD]
        level = y[:PERIOD].mean()
        expected = np.concatenate([[level, level / 1.1], season])
        if form == "full":
            expected = np.append(expected, season / 1.1)
    np.testing.assert_allclose(state, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("period", [2, 5, 12])
def test_seasons_are_those_of_the_classical_decomposition(period):
    rng = np.random.default_rng(period)
    y = rng.normal(size=3 * period + 1)
    values = np.append(y, [1.0, np.nan, 2.0])  # and a series that shows too little
    seasons = np.full((2, period), 7.0)
    seasonal_means(values, np.array([0, y.size, values.size]), period, seasons)
    expected = seasonal_decompose(y, period=period).seasonal[:period]
    np.testing.assert_allclose(seasons[0], expected, atol=1e-13)
    np.testing.assert_array_equal(seasons[1], 7.0)


def test_auto_takes_the_form_with_the_lowest_aicc():
    chosen = set()
    for seed, season in enumerate([(0.0,), (6.0, 0.0, -8.0, 2.0), (2.0, 0.0, -2.0, 1.0)] * 3):
        y = make_series(40, seed, season)
        aicc = {form: make(form).fit(y).aicc_ for form in FORMS}
        model = ComplexExpSmoothingRNN(PERIOD).fit(y)
        assert model.seasonal_ == min(aicc, key=aicc.get)
        assert model.aicc_ == aicc[model.seasonal_]
        chosen.add(model.seasonal_)
    assert None in chosen and len(chosen) > 1


def test_columns_each_have_a_form_of_their_own():
    y = np.column_stack([make_series(40, 1), make_series(40, 3, (0.0,))])
    model = ComplexExpSmoothingRNN(PERIOD).fit(y)
    alone = [ComplexExpSmoothingRNN(PERIOD).fit(one) for one in y.T]
    assert list(model.seasonal_) == [one.seasonal_ for one in alone]
    assert model.seasonal_[1] is None and model.seasonal_[0] is not None
    for name in ("alpha_0_", "alpha_1_", "beta_0_", "beta_1_", "sse_"):
        np.testing.assert_array_equal(getattr(model, name), [getattr(one, name) for one in alone])
    np.testing.assert_array_equal(model.predict(5), np.column_stack([o.predict(5) for o in alone]))
    assert alone[1].beta_0_ == 0.0


def test_the_summary_tells_the_form_and_how_it_was_taken():
    y = make_series(season=(0.0,))
    shown = str(ComplexExpSmoothingRNN(PERIOD).fit(y).summary())
    assert "season" in shown and "lowest AICc" in shown and "alpha_1" in shown
    shown = str(make("full").fit(make_series()).summary())
    for word in ("full", "given", "beta_1", "initial season_potential_4"):
        assert word in shown


# What is uncertain.


@every_form
@pytest.mark.parametrize("missing", [False, True])
def test_intervals_in_closed_form_are_those_of_simulated_futures(form, missing):
    y = make_series()
    if missing:
        y[[20, 21, 47]] = np.nan
    model = make(form).fit(y)
    paths = model.simulate(8, 20_000, random_state=0)
    lower, upper = model.predict_interval(8, 0.6827).T
    # Of 20,000 draws a standard deviation is off by half a percent, and its mean by less.
    np.testing.assert_allclose(paths.std(axis=1), (upper - lower) / 2.0, rtol=0.03)
    np.testing.assert_allclose(
        paths.mean(axis=1), model.predict(8), atol=0.05 * (upper - lower).max()
    )
    quantiles = model.predict_quantiles(8, [0.1, 0.9])
    expected = np.quantile(paths, [0.1, 0.9], axis=1).T
    np.testing.assert_allclose(quantiles, expected, atol=0.05 * (upper - lower).max())


def test_conformal_intervals_are_there_alone_and_in_a_panel():
    y = make_series(60)
    model = ComplexExpSmoothingRNN(PERIOD).fit(y)
    lower, upper = model.predict_interval(4, 0.8, method="conformal").T
    np.testing.assert_allclose((lower + upper) / 2.0, model.predict(4), rtol=1e-12)
    assert (lower < upper).all()
    frame = frame_of([make_series(60, seed) for seed in range(8)])
    table = PanelForecaster(ComplexExpSmoothingRNN(PERIOD), freq=1).fit(frame)
    table = table.predict(4, level=[80], method="conformal")
    assert (table.iloc[:, 3] < table.iloc[:, 2]).all() and (
        table.iloc[:, 2] < table.iloc[:, 4]
    ).all()


@every_form
def test_a_missing_value_is_a_step_without_an_innovation(form):
    y = make_series()
    y[[0, 1, 9, 30, 47]] = np.nan
    model = make(form).fit(y)
    states, predictions = run(model, form, y[2:])  # it begins with its first value
    assert relative_error(model.fitted_values_[2:], predictions[:, 0]) < ROUNDING
    assert np.isnan(model.fitted_values_[:2]).all()
    assert relative_error(model.state_, states[-1]) < ROUNDING


@every_form
def test_an_update_moves_the_state_as_the_equations_do(form):
    y = make_series()
    more = [61.0, np.nan, 55.5, 63.0, 64.0]
    model = make(form).fit(y[:40]).update(more[:2]).update(more[2:])
    states, _ = run(model, form, np.append(y[:40], more))
    assert relative_error(model.state_, states[-1]) < ROUNDING


@every_form
def test_the_network_of_a_fit_predicts_the_same(form):
    y = make_series()
    model = make(form).fit(y)
    outputs = model.to_rnn().run(y[:, None])
    np.testing.assert_allclose(outputs[:-1, 0], model.fitted_values_[1:], rtol=1e-10)


# Forecasts far ahead.


@pytest.mark.parametrize("level", [50.0, -50.0, 5.0])
def test_forecasts_of_a_level_stay_with_it_for_a_hundred_steps(level):
    rng = np.random.default_rng(0)
    y = level + rng.normal(size=(60, 100))
    model = ComplexExpSmoothingRNN().fit(y)
    forecast = model.predict(100)
    room = 0.5 * np.ptp(y, axis=0)
    assert (forecast > y.min(axis=0) - room).all() and (forecast < y.max(axis=0) + room).all()


def test_a_forecast_that_leaves_all_reason_is_told_of():
    y = 100.0 * 1.15 ** np.arange(20) + np.random.default_rng(0).normal(size=20)
    model = ComplexExpSmoothingRNN().fit(y)
    assert model.alpha_1_ > 1.0
    reach = np.max(y) + 2.0 * np.ptp(y)
    model.predict(6)  # no warning: they are errors here
    with pytest.warns(UnreliableForecastWarning, match=r"runs away: from step \d+ on") as told:
        forecast = model.predict(100)
    step = int(str(told[0].message).split("from step ")[1].split()[0])
    assert forecast[step - 2] <= reach < forecast[step - 1]
    for ask in (model.predict_interval, lambda h: model.simulate(h, 2, random_state=0)):
        with pytest.warns(UnreliableForecastWarning):
            ask(100)
    # What was seen since belongs to the series.
    model.update([y[-1] * 20.0, y[-1]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.predict(step)


def test_a_forecast_that_falls_to_zero_is_not_said_to_grow():
    x = np.random.default_rng(3).normal(size=60)
    far = Extent.of(Batch.of_columns((1000.0 + x)[:, None], np.empty((60, 0))))
    told = far.left_by(np.array([[1000.0], [900.0], [0.0]]))
    assert "from step 2 on" in str(told[0]) and "away from zero or towards it" in str(told[0])


def test_one_value_far_out_does_not_hide_what_runs_away():
    y = 50.0 + np.random.default_rng(0).normal(size=60)
    wild = y.copy()
    wild[20] = 1e4
    whole = [Extent.of(Batch.of_columns(one[:, None], np.empty((60, 0)))) for one in (y, wild)]
    np.testing.assert_allclose(whole[1].whole, np.ptp(np.delete(y, 20)))
    assert 0 in whole[1].left_by(np.array([[30.0]])) and 0 in whole[0].left_by(np.array([[30.0]]))


def test_shares_forecast_far_beyond_their_bounds_are_told_of():
    told = beyond = 0
    for seed in range(40):
        walk = np.cumsum(np.random.default_rng(seed).normal(size=40) * 0.3)
        with warnings.catch_warnings(record=True) as notes:
            warnings.simplefilter("always")
            forecast = ComplexExpSmoothingRNN(1).fit(100.0 / (1.0 + np.exp(-walk))).predict(100)
        if forecast.max() > 200.0:
            beyond += 1
            told += any(one.category is UnreliableForecastWarning for one in notes)
    assert beyond > 0 and told == beyond


# One wild value.


@pytest.mark.parametrize(("wild", "place"), [(300.0, 0), (300.0, 4), (-200.0, 0), (1e4, 0)])
def test_one_wild_value_at_the_start_does_not_move_the_forecast_of_a_level(wild, place):
    y = 100.0 + np.random.default_rng(0).normal(size=60)
    y[place] = wild
    # The last values say where the level is; they differ by one from it.
    np.testing.assert_allclose(ComplexExpSmoothingRNN(1).fit(y).predict(24), 100.0, atol=2.0)


@every_form
def test_the_initial_state_takes_no_value_that_lies_far_out(form):
    y = make_series(60)
    missing, wild = y.copy(), y.copy()
    missing[PERIOD], wild[PERIOD] = np.nan, 1e5
    if form == "simple":  # which begins with the first values
        missing[0], wild[0] = np.nan, 1e5
    spec = ComplexStructure(form, PERIOD if form else 1)
    states = [
        spec.heuristic_states(Batch.of_columns(one[:, None], np.empty((60, 0))))
        for one in (missing, wild)
    ]
    np.testing.assert_array_equal(*states)


def test_far_out_is_what_the_slow_rule_finds():
    rng = np.random.default_rng(5)
    series = [rng.normal(size=n) * rng.choice([1.0, 1.0, 1.0, 1e3], size=n) for n in (1, 2, 30, 47)]
    series += [np.full(11, 3.0), np.array([np.nan, *np.arange(10.0), 800.0, np.nan]), np.zeros(12)]
    series[-1][5] = 1.0
    series += list(rng.standard_t(1.5, size=(60, 40)))
    offsets = np.cumsum([0, *map(len, series)])
    batch = Batch(np.concatenate(series), offsets, np.empty((offsets[-1], 0)))
    for period in (1, 3):
        expected = [naive_far_out(y, period) for y in series]
        np.testing.assert_array_equal(far_out(batch, period), np.concatenate(expected))


def naive_far_out(y, period):
    def is_far(values):
        distance = np.abs(values - np.nanmedian(values))
        mean = [np.nanmean(np.delete(distance, i)) if len(y) > 1 else 0.0 for i in range(len(y))]
        return (distance > 10.0 * np.array(mean)) & (np.count_nonzero(~np.isnan(values)) > 10)

    if period == 1:
        return is_far(y)
    with warnings.catch_warnings(action="ignore"):  # of positions without a value
        middle = [np.nanmedian(y[j::period]) for j in range(min(period, len(y)))]
    return is_far(y) & is_far(y - np.resize(middle, len(y)))


def test_a_high_season_is_not_far_out():
    y = np.tile([1.0] * 11 + [50.0], 4) + np.random.default_rng(0).normal(size=48) / 10.0
    batch = Batch.of_columns(y[:, None], np.empty((48, 0)))
    assert far_out(batch).any() and not far_out(batch, 12).any()


# Notes on seasons.


def test_advice_to_give_a_period_is_given_only_where_it_helps():
    months = pd.Series(make_series(20), pd.date_range("2020-01", periods=20, freq="MS"))
    for seasonal, helps in (("auto", False), ("full", True)):
        with pytest.warns(UserWarning, match="two full periods of 12") as told:
            ComplexExpSmoothingRNN(seasonal=seasonal).fit(months)
        assert ("takes one all the same" in str(told[0].message)) == helps


@pytest.mark.parametrize("kind", [ComplexExpSmoothingRNN, AutoExpSmoothingRNN])
def test_positions_of_a_season_that_is_not_taken_are_not_missed(kind):
    y = np.full(60, np.nan)
    y[[0, 30, 59]] = [3.0, 4.0, 3.5]
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        kind(period=12).fit(y)
        panel = PanelForecaster(kind(period=12), freq=1).fit(frame_of([y, y]))
    assert not any("never observed" in str(one.message) for one in told)
    assert not panel.notes_["note"].str.contains("never observed").any()


# More than a float holds.


@pytest.mark.parametrize("in_panel", [False, True])
def test_what_is_more_than_a_float_holds_is_infinite_and_never_nan(in_panel):
    y = np.exp(np.arange(60) / 10.0)
    columns = np.column_stack([y, -y]) if in_panel else y
    model = ComplexExpSmoothingRNN(1).fit(columns)
    with pytest.warns(UnreliableForecastWarning):
        forecast = model.predict(20_000).reshape(20_000, -1)
        assert not np.isnan(forecast).any() and forecast[-1, 0] == np.inf
        assert not in_panel or forecast[-1, 1] == -np.inf
        assert not np.isnan(model.predict_quantiles(20_000, [0.1, 0.5, 0.9])).any()
        assert not np.isnan(model.predict_interval(20_000)).any()
        assert not np.isnan(model.simulate(20_000, 2, random_state=0)).any()


# Units, origins, and series with little in them.


@every_form
@pytest.mark.parametrize("unit", [1e-300, 1e-12, 0.1, 3.7, 1e9, 1e297])
def test_a_change_of_unit_changes_only_the_unit(form, unit):
    y = make_series()
    one, other = make(form).fit(y), make(form).fit(y * unit)
    np.testing.assert_allclose(theta_of(other, form), theta_of(one, form), atol=1e-8)
    for ask in ("predict", "predict_interval"):
        answer, expected = getattr(other, ask)(6) / unit, getattr(one, ask)(6)
        assert relative_error(answer, expected) < 1e-8


def test_it_matters_where_the_series_is_zero():
    """As its docstring says: the potential begins as a share of the level."""
    y = make_series(season=(0.0,)) - 50.0
    change = ComplexExpSmoothingRNN().fit(y + 1000.0).predict(3) - 1000.0
    assert np.abs(change - ComplexExpSmoothingRNN().fit(y).predict(3)).max() > 0.01


@pytest.mark.parametrize("value", [0.0, 3.0, -7.5, 1e-200])
@pytest.mark.parametrize("n", [2, 3, 40])
@pytest.mark.parametrize("period", [1, 4])
def test_a_constant_goes_on(value, n, period):
    period = period if n > period else 1
    with warnings.catch_warnings(action="ignore"):  # of few values
        model = ComplexExpSmoothingRNN(period).fit(np.full(n, value))
        np.testing.assert_allclose(model.predict(9), value, rtol=1e-12)
        np.testing.assert_allclose(model.predict_interval(9), value, rtol=1e-12)
    assert model.seasonal_ is None


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_a_few_values_have_a_forecast_near_them_and_a_word_on_it(n):
    y = 50.0 + np.random.default_rng(1).normal(size=(n, 50))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        model = ComplexExpSmoothingRNN().fit(y)
        forecast = model.predict(6)
    assert bool(told) == (n <= 3)  # two parameters, and a level to begin with
    room = 3.0 * np.ptp(y, axis=0)
    assert (forecast > y.min(axis=0) - room).all() and (forecast < y.max(axis=0) + room).all()


def test_a_season_of_less_than_two_periods_is_told_of():
    y = make_series(7)
    words = "series 0 has 7 observed values, fewer than two full periods of 4: no form of season"
    with pytest.warns(UserWarning, match=words):
        assert ComplexExpSmoothingRNN(PERIOD).fit(y).seasonal_ is None
    with pytest.warns(UserWarning, match="fewer than two full periods of 4"):
        panel = PanelForecaster(ComplexExpSmoothingRNN(PERIOD), freq=1).fit(frame_of([y, y]))
    assert panel.notes_["unique_id"].tolist() == ["000", "001"]
    with pytest.warns(UserWarning, match="fewer than two periods of 4"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "series 0 has 7 observed values for 7")
        model = ComplexExpSmoothingRNN(PERIOD, "partial").fit(y)
    assert np.isfinite(model.predict(4)).all()


# Arguments.


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"seasonal": "Full"}, "seasonal must be one of 'auto', None, 'simple'"),
        ({"seasonal": True}, "seasonal must be one of"),
        ({"seasonal": None, "period": 12}, "period is 12, but seasonal=None has no season"),
        ({"seasonal": "full", "period": 1}, "seasonal='full' needs a period of at least 2"),
        ({"period": 0}, "period must be"),
        ({"max_iter": 0}, "max_iter must be"),
        ({"tol": -1.0}, "tol must be"),
    ],
)
def test_arguments_are_refused_by_name(options, words):
    with pytest.raises(InvalidParameterError, match=words):
        ComplexExpSmoothingRNN(**options).fit(make_series())


def test_a_form_needs_a_season_to_be_found():
    y = make_series()
    with pytest.raises(ValueError, match="'partial' needs a season, but y has no dates"):
        ComplexExpSmoothingRNN(seasonal="partial").fit(y)
    years = pd.Series(y, pd.period_range("1950", periods=len(y), freq="Y"))
    with pytest.raises(ValueError, match="tell of no season: set seasonal=None"):
        ComplexExpSmoothingRNN(seasonal="partial").fit(years)
    quarters = pd.Series(y, pd.period_range("1950Q1", periods=len(y), freq="Q"))
    model = ComplexExpSmoothingRNN(seasonal="partial").fit(quarters)
    assert (model.period_, model.seasonal_) == (4, "partial")
    with pytest.warns(UserWarning, match="two full periods"):
        short = ComplexExpSmoothingRNN(seasonal="partial").fit(quarters[:7])
    assert (short.period_, short.seasonal_) == (1, None)


def test_regressors_are_refused_with_a_way_out():
    y = make_series(season=(0.0,))
    words = "takes no regressors, but X has 2 columns: put RegressionForecaster around it"
    with pytest.raises(ValueError, match=words):
        ComplexExpSmoothingRNN().fit(np.ones((len(y), 2)), y)
    model = ComplexExpSmoothingRNN().fit(pd.DataFrame(index=pd.RangeIndex(len(y))), y)
    np.testing.assert_array_equal(model.predict(2), ComplexExpSmoothingRNN().fit(y).predict(2))


# Panels.


def frame_of(series):
    return pd.concat(
        pd.DataFrame({"unique_id": f"{i:03d}", "ds": np.arange(1, len(y) + 1), "y": y})
        for i, y in enumerate(series)
    )


def test_a_panel_gives_each_series_what_it_gives_alone():
    series = [make_series(n, seed=n) for n in (40, 6, 25, 41, 5, 60, 40)]
    series[2][[3, 20]] = np.nan
    frame = frame_of(series)
    model = ComplexExpSmoothingRNN(PERIOD)
    with warnings.catch_warnings(action="ignore"):  # of the shortest
        panels = [PanelForecaster(model, freq=1, n_jobs=n).fit(frame) for n in (1, 2)]
        tables = [panel.predict(5, level=[80]) for panel in panels]
        pd.testing.assert_frame_equal(*tables)
        for i, y in enumerate(series[:4]):
            alone = ComplexExpSmoothingRNN(PERIOD).fit(y)
            own = tables[0][tables[0]["unique_id"] == f"{i:03d}"]
            np.testing.assert_array_equal(own.iloc[:, 2], alone.predict(5))
    assert panels[0].failures_.empty


def test_a_panel_tells_whose_forecast_runs_away():
    steady = 50.0 + np.random.default_rng(0).normal(size=60)
    panel = PanelForecaster(ComplexExpSmoothingRNN(), freq=1)
    panel.fit(frame_of([steady, 100.0 * 1.15 ** np.arange(20)]))
    with pytest.warns(UserWarning, match="001.*runs away"):
        panel.predict(100)


def test_a_panel_with_regressors_is_refused():
    frame = frame_of([make_series(), make_series()]).assign(price=1.0)
    with pytest.raises(ValueError, match="takes no regressors"):
        PanelForecaster(ComplexExpSmoothingRNN(), freq=1).fit(frame)


def test_it_forecasts_adjusted_series():
    y = make_series()
    model = DeseasonalizedForecaster(ComplexExpSmoothingRNN(), period=PERIOD).fit(y)
    assert model.forecaster_.seasonal_ is None
    assert np.isfinite(model.predict(4)).all()
