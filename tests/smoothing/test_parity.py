"""The smoothers against statsmodels and R's package forecast, with their numbers and ours."""

import json
import os
import warnings

import numpy as np
import pytest
import shared_data
from cases import relative_error
from paths import GOLDEN
from statsmodels.tsa.exponential_smoothing.ets import ETSModel
from statsmodels.tsa.holtwinters import Holt, SimpleExpSmoothing
from threadpoolctl import threadpool_limits

from tsrnn import DoubleExpSmoothingRNN, SimpleExpSmoothingRNN
from tsrnn.datasets import load_co2, make_noisy_line

EXCERPT = GOLDEN / "r_forecast_ets_excerpt.json"

# The same recursion in another order of operations: rounding, grown over some hundreds of steps.
SAME_RECURSION = 1e-10

# What R's numbers are held to: they have 15 digits, parameters among them. Measured: 5e-14.
R_DIGITS = 1e-6

# An optimiser of theirs, with tolerances of its own, must not find a lower sum than ours.
NO_WORSE = 1.0 + 1e-6


def series():
    rng = np.random.default_rng(0)
    return {
        "noisy line": make_noisy_line(100, random_state=0).to_numpy(),
        "random walk": 100.0 + np.cumsum(rng.normal(size=250)),
        "noise": rng.normal(size=40),
        "few": np.array([3.0, 1.0, 4.0, 1.0, 5.0, 9.0]),
        "two": np.array([2.0, 7.0]),
        "co2": load_co2(adjusted=True).to_numpy(),
    }


SERIES = series()


@pytest.fixture(params=list(SERIES))
def y(request):
    return SERIES[request.param]


def statsmodels_fit(y, damped, **fixed):
    """Holt's method by statsmodels, at fixed values or as it learns them."""
    # Its BLAS threads wait for each other ten times as long as they work.
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")  # its optimiser complains of several series
        if not fixed:
            return Holt(y, damped_trend=damped, initialization_method="estimated").fit()
        alpha, beta, phi, (level, trend) = fixed.values()
        return Holt(
            y,
            damped_trend=damped,
            initialization_method="known",
            initial_level=level,
            initial_trend=trend,
        ).fit(
            optimized=False,
            smoothing_level=alpha,
            smoothing_trend=beta,
            damping_trend=phi if damped else None,
        )


# At fixed parameters and initial state.

POINTS = [
    # alpha, beta, phi
    (0.3, 0.1, 0.9),
    (0.9, 0.9, 0.98),
    (0.0, 0.5, 0.8),
    (1.0, 0.0, 0.995),
    (1.0, 1.0, 0.95),
]


@pytest.mark.filterwarnings("ignore:series 0 has:UserWarning")  # of few degrees of freedom
@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("damped", [False, True])
def test_holt_at_fixed_values_equals_statsmodels(y, damped, point):
    alpha, beta, phi = point
    state = (y[0] - 1.5, 0.25)
    ours = DoubleExpSmoothingRNN(
        alpha=alpha, beta=beta, phi=phi if damped else None, damped=damped, initial_state=state
    ).fit(y)
    theirs = statsmodels_fit(y, damped, alpha=alpha, beta=beta, phi=phi, state=state)
    assert relative_error(ours.fitted_values_, theirs.fittedvalues) < SAME_RECURSION
    assert relative_error(ours.predict(30), theirs.forecast(30)) < SAME_RECURSION
    last_state = (theirs.level[-1], theirs.trend[-1])
    assert relative_error(ours.state_, last_state) < SAME_RECURSION
    assert ours.sse_ == pytest.approx(theirs.sse, rel=SAME_RECURSION)


@pytest.mark.filterwarnings("ignore:series 0 has:UserWarning")
@pytest.mark.parametrize("alpha", [0.0, 0.05, 0.6, 1.0])
def test_simple_smoothing_at_fixed_values_equals_statsmodels(y, alpha):
    ours = SimpleExpSmoothingRNN(alpha=alpha, initial_state=(y[0] + 2.0,)).fit(y)
    theirs = SimpleExpSmoothing(y, initialization_method="known", initial_level=y[0] + 2.0).fit(
        optimized=False, smoothing_level=alpha
    )
    assert relative_error(ours.fitted_values_, theirs.fittedvalues) < SAME_RECURSION
    assert relative_error(ours.predict(5), theirs.forecast(5)) < SAME_RECURSION
    assert ours.sse_ == pytest.approx(theirs.sse, rel=SAME_RECURSION)


@pytest.mark.parametrize("damped", [False, True])
@pytest.mark.parametrize("name", ["noisy line", "random walk", "noise", "co2"])
def test_the_log_likelihood_and_the_criteria_are_those_of_statsmodels_ets(name, damped):
    """Its beta is alpha beta, and it counts the variance as a parameter as we do."""
    y, alpha, beta, phi = SERIES[name], 0.5, 0.2, 0.9
    ours = DoubleExpSmoothingRNN(
        alpha=alpha,
        beta=beta,
        phi=phi if damped else None,
        damped=damped,
        initial_state=(y[0], 0.1),
    ).fit(y)
    model = ETSModel(
        y,
        error="add",
        trend="add",
        damped_trend=damped,
        initialization_method="known",
        initial_level=y[0],
        initial_trend=0.1,
    )
    theirs = model.smooth([alpha, alpha * beta, *([phi] if damped else []), y[0], 0.1])
    assert ours.loglik_ == pytest.approx(theirs.llf, rel=SAME_RECURSION)
    n, k = len(y), (5 if damped else 4) + 1
    assert ours.aic_ == pytest.approx(2 * k - 2 * theirs.llf, rel=SAME_RECURSION)
    assert ours.bic_ == pytest.approx(k * np.log(n) - 2 * theirs.llf, rel=SAME_RECURSION)
    assert ours.aicc_ == pytest.approx(ours.aic_ + 2 * k * (k + 1) / (n - k - 1), rel=1e-14)


# Learned: nobody finds a lower sum of squares.


def assert_no_worse_than_statsmodels(y, damped):
    ours = DoubleExpSmoothingRNN(damped=damped).fit(y)
    theirs = statsmodels_fit(y, damped)
    assert ours.sse_ <= theirs.sse * NO_WORSE
    assert ours.converged_


@pytest.mark.parametrize("damped", [False, True])
@pytest.mark.parametrize("name", [name for name, values in SERIES.items() if len(values) > 6])
def test_no_lower_sum_of_squares_is_found_by_statsmodels(name, damped):
    assert_no_worse_than_statsmodels(SERIES[name], damped)


def test_simple_smoothing_has_no_higher_sum_of_squares_than_statsmodels():
    for values in SERIES.values():
        if len(values) > 2:
            ours = SimpleExpSmoothingRNN().fit(values)
            theirs = SimpleExpSmoothing(values, initialization_method="estimated").fit()
            assert ours.sse_ <= theirs.sse * NO_WORSE


@shared_data.needs_classic_series
@pytest.mark.parametrize("damped", [False, True])
def test_no_lower_sum_of_squares_is_found_by_statsmodels_on_classic_series(damped):
    for values in shared_data.classic_series().values():
        assert_no_worse_than_statsmodels(values, damped)


@shared_data.needs_m3
@pytest.mark.parametrize("damped", [False, True])
def test_no_lower_sum_of_squares_is_found_by_statsmodels_on_the_m3_series(damped):
    n_series = 3003 if os.environ.get("TSRNN_ALL") == "1" else 150
    for values in shared_data.m3_series(n_series).values():
        assert_no_worse_than_statsmodels(values, damped)


# R's package forecast.


def smoother(name, par, **options):
    """The smoother that a model of R's `ets` is, at its parameters."""
    if name == "ANN":
        return SimpleExpSmoothingRNN(alpha=par["alpha"], initial_state=(par["l"],), **options)
    return DoubleExpSmoothingRNN(
        alpha=par["alpha"],
        beta=par["beta"] / par["alpha"],
        phi=par.get("phi"),
        damped=name == "AAdN",
        initial_state=(par["l"], par["b"]),
        **options,
    )


def assert_equals_r(name, values, expected):
    model = smoother(name, expected["par"]).fit(values)
    horizon = len(expected["mean"])
    assert relative_error(model.fitted_values_, expected["fitted"]) < R_DIGITS
    assert relative_error(model.predict(horizon), expected["mean"]) < R_DIGITS
    assert model.sigma2_ == pytest.approx(expected["sigma2"], rel=R_DIGITS)
    for i, level in enumerate((0.8, 0.95)):
        bounds = np.column_stack(
            [np.array(expected["lower"])[:, i], np.array(expected["upper"])[:, i]]
        )
        interval = model.predict_interval(horizon, level)
        assert relative_error(interval, bounds) < R_DIGITS
        # The width by itself, which is small against the values.
        assert relative_error(np.diff(interval), np.diff(bounds)) < R_DIGITS
    n = len(values)
    constant = -0.5 * n * (np.log(2.0 * np.pi / n) + 1.0)  # what R's likelihood leaves out
    assert model.loglik_ == pytest.approx(expected["loglik"] + constant, rel=R_DIGITS)
    for criterion in ("aic", "aicc", "bic"):
        ours = getattr(model, f"{criterion}_")
        assert ours == pytest.approx(expected[criterion] - 2.0 * constant, rel=R_DIGITS)


def assert_equals_r_holt(values, expected):
    start = (values[0], values[1] - values[0])
    model = DoubleExpSmoothingRNN(
        alpha=expected["alpha"], beta=expected["beta"], initial_state=start
    ).fit(values)
    assert model.sse_ == pytest.approx(expected["sse"], rel=R_DIGITS)
    assert relative_error(model.predict(8), expected["mean"]) < R_DIGITS
    assert DoubleExpSmoothingRNN(initial_state=start).fit(values).sse_ <= expected["sse"] * NO_WORSE


GOLDEN_EXCERPT = json.loads(EXCERPT.read_text(encoding="utf-8"))


@pytest.mark.parametrize("model", ["ANN", "AAN", "AAdN"])
@pytest.mark.parametrize("name", GOLDEN_EXCERPT)
def test_at_the_parameters_of_r_everything_is_as_r_says(name, model):
    entry = GOLDEN_EXCERPT[name]
    assert_equals_r(model, np.array(entry["y"], float), entry["models"][model])


@pytest.mark.parametrize("name", GOLDEN_EXCERPT)
def test_holt_from_a_simple_initial_state_is_as_r_says(name):
    entry = GOLDEN_EXCERPT[name]
    assert_equals_r_holt(np.array(entry["y"], float), entry["holt_simple"])


@shared_data.needs_golden
@pytest.mark.parametrize("model", ["ANN", "AAN", "AAdN"])
def test_at_the_parameters_of_r_everything_is_as_r_says_on_all_golden_series(model):
    for entry in shared_data.golden().values():
        assert_equals_r(model, np.array(entry["y"], float), entry["models"][model])


@shared_data.needs_golden
def test_holt_from_a_simple_initial_state_is_as_r_says_on_all_golden_series():
    for entry in shared_data.golden().values():
        assert_equals_r_holt(np.array(entry["y"], float), entry["holt_simple"])
