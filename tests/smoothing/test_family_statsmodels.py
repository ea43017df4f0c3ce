"""All exponential smoothing models against statsmodels: at fixed values, and learned.

Where a multiplicative season learns, two things are called by one name. We divide an error by the
mean before it, as the models of the literature do, and so does statsmodels' ExponentialSmoothing.
Its ETSModel divides by the level after it, and rescales gamma: with such seasons it is ours where
gamma or alpha is 0, so that the seasons or the level stay.
"""

import warnings

import family
import numpy as np
import pytest
import shared_data
from cases import relative_error
from family import HORIZON, PERIOD, SEASONS, at_values, make_series, start_of
from statsmodels.tsa.exponential_smoothing.ets import ETSModel
from statsmodels.tsa.holtwinters import ExponentialSmoothing
from threadpoolctl import threadpool_limits

# The same recursion in another order of operations: rounding, grown over a hundred steps.
SAME_RECURSION = 1e-10
# An optimiser of theirs, with tolerances of its own, must not find a lower sum than ours.
NO_WORSE = 1.0 + 1e-6
# Likewise of log-likelihoods, half of n times the logarithm of such a sum.
AS_LIKELY = 1e-4

names = pytest.mark.parametrize("name", family.NAMES)
additive_errors = pytest.mark.parametrize("name", [n for n in family.NAMES if n[0] == "A"])


SERIES = {
    "seasonal": make_series(),
    "steps": make_series(seed=1) + 20.0 * (np.arange(60) > 25),
    "short": make_series(17, seed=2),
}
series = pytest.mark.parametrize("y", SERIES.values(), ids=SERIES)
few_values = pytest.mark.filterwarnings("ignore:series 0 has:UserWarning")

# At parameters that fit badly.
large_errors = pytest.mark.filterwarnings(
    "ignore:.*beyond what multiplicative errors can mean:UserWarning"
)


# ETSModel divides by alpha.
ALMOST_ZERO = 1e-14
POINTS = [
    # alpha, beta, gamma, phi
    (0.4, 0.3, 0.2, 0.9),
    (0.05, 0.9, 0.9, 0.98),
    (0.9, 0.1, 0.1, 0.8),
    (0.3, 0.2, 0.0, 0.85),
    (ALMOST_ZERO, 0.3, 0.7, 0.9),
]
points = pytest.mark.parametrize("point", POINTS, ids=str)


def parts(name, period=PERIOD):
    """What both classes of statsmodels call the parts of a model."""
    season = family.season_of(name)
    return {
        "trend": family.trend_of(name),
        "damped_trend": family.is_damped(name),
        "seasonal": season,
        "seasonal_periods": period if season else None,
    }


def start_for_statsmodels(name):
    start = {"initialization_method": "known", "initial_level": 55.0}
    if family.trend_of(name):
        start["initial_trend"] = 0.5
    if family.season_of(name):
        start["initial_seasonal"] = np.array(SEASONS[family.season_of(name)])
    return start


def ets_at_values(name, point, y):
    """Its own beta is alpha beta; its seasons are oldest first, as ours."""
    alpha, beta, gamma, phi = point
    model = ETSModel(y, error=family.error_of(name), **parts(name), **start_for_statsmodels(name))
    values = {
        "smoothing_level": alpha,
        "smoothing_trend": alpha * beta,
        "smoothing_seasonal": gamma,
        "damping_trend": phi,
    }
    states = list(start_of(name))
    return model.smooth([values[p] for p in model.param_names] + states)


# At fixed values.


@few_values
@large_errors
@names
@series
@points
def test_at_fixed_values_all_is_as_ets_model_says(name, point, y):
    alpha, beta, gamma, phi = point
    if family.season_of(name) == "mul" and alpha > ALMOST_ZERO:
        point = (alpha, beta, 0.0, phi)
    ours, theirs = at_values(name, point, y), ets_at_values(name, point, y)
    assert relative_error(ours.fitted_values_, theirs.fittedvalues) < SAME_RECURSION
    assert relative_error(ours.predict(HORIZON), theirs.forecast(HORIZON)) < SAME_RECURSION
    assert ours.loglik_ == pytest.approx(theirs.llf, rel=SAME_RECURSION)
    errors = y - theirs.fittedvalues
    assert ours.sse_ == pytest.approx(errors @ errors, rel=SAME_RECURSION)
    # Theirs is the sum of the squares of the errors that the model has: relative ones here.
    n, k = len(y), family.n_parameters(name, PERIOD)
    assert ours.sigma2_ == pytest.approx(theirs.sse / (n - k), rel=SAME_RECURSION)
    assert ours.aic_ == pytest.approx(2 * (k + 1) - 2 * theirs.llf, rel=SAME_RECURSION)
    assert ours.bic_ == pytest.approx((k + 1) * np.log(n) - 2 * theirs.llf, rel=SAME_RECURSION)


@few_values
@additive_errors
@series
@points
def test_at_fixed_values_all_is_as_exponential_smoothing_says(name, point, y):
    alpha, beta, gamma, phi = point
    ours = at_values(name, point, y)
    theirs = ExponentialSmoothing(y, **parts(name), **start_for_statsmodels(name)).fit(
        optimized=False,
        smoothing_level=alpha,
        smoothing_trend=beta if family.trend_of(name) else None,
        smoothing_seasonal=gamma if family.season_of(name) else None,
        damping_trend=phi if family.is_damped(name) else None,
    )
    assert relative_error(ours.fitted_values_, theirs.fittedvalues) < SAME_RECURSION
    assert ours.sse_ == pytest.approx(theirs.sse, rel=SAME_RECURSION)
    state = [theirs.level[-1]]
    if family.trend_of(name):
        state.append(theirs.trend[-1])
    if family.season_of(name):
        state.extend(theirs.season[-PERIOD:])
    assert relative_error(ours.state_, state) < SAME_RECURSION
    # A whole number of periods ahead, theirs uses the newest season as it was a period ago.
    ahead = np.arange(1, HORIZON + 1) % PERIOD > 0 if family.season_of(name) else slice(None)
    forecasts = ours.predict(HORIZON)[ahead], theirs.forecast(HORIZON)[ahead]
    assert relative_error(*forecasts) < SAME_RECURSION


# Learned: they search beta <= alpha and gamma <= 1 - alpha, so their best is one that we may find.


def fit_quietly(model, **options):
    # Its BLAS threads wait for each other ten times as long as they work.
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")  # its optimiser complains of several series
        return model.fit(**options)


def assert_no_worse_than_exponential_smoothing(name, y, period):
    ours = family.make_model(name, period).fit(y)
    theirs = ExponentialSmoothing(y, **parts(name, period), initialization_method="estimated")
    assert ours.sse_ <= fit_quietly(theirs).sse * NO_WORSE


def assert_no_less_likely_than_ets_model(name, y, period):
    ours = family.make_model(name, period).fit(y)
    theirs = ETSModel(y, error=family.error_of(name), **parts(name, period))
    assert ours.loglik_ >= fit_quietly(theirs, disp=False).llf - AS_LIKELY


@few_values
@additive_errors
@series
def test_no_lower_sum_of_squares_is_found_by_exponential_smoothing(name, y):
    assert_no_worse_than_exponential_smoothing(name, y, PERIOD)


@few_values
@pytest.mark.parametrize("name", [n for n in family.NAMES if n[-1] != "M"])
@series
def test_no_higher_likelihood_is_found_by_ets_model(name, y):
    assert_no_less_likely_than_ets_model(name, y, PERIOD)


SEASONAL = {"AirPassengers": 12, "a10": 12, "austourists": 4, "euretail": 4, "ShampooSales": 12}


CLASSIC_CASES = [
    (name, title) for title in SEASONAL for name in ("ANA", "AAA", "AAdA", "ANM", "AAM", "AAdM")
]


@shared_data.needs_classic_series
@pytest.mark.parametrize(("name", "title"), CLASSIC_CASES)
def test_no_lower_sum_of_squares_is_found_by_exponential_smoothing_on_classic_series(name, title):
    y = shared_data.classic_series()[title]
    assert_no_worse_than_exponential_smoothing(name, y, SEASONAL[title])


@shared_data.needs_classic_series
@pytest.mark.parametrize("name", ["ANA", "AAA", "AAdA", "MNA", "MAA", "MAdA"])
def test_no_higher_likelihood_is_found_by_ets_model_on_air_passengers(name):
    assert_no_less_likely_than_ets_model(name, shared_data.classic_series()["AirPassengers"], 12)
