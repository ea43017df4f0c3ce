"""A change of unit or of origin changes forecasts as it changes the series, and nothing else."""

import functools

import numpy as np
import pytest
from cases import relative_error
from hypothesis import given, settings
from hypothesis import strategies as st

from tsrnn import DoubleExpSmoothingRNN, NaiveForecaster, SimpleExpSmoothingRNN
from tsrnn.datasets import load_co2, make_noisy_line

SMOOTHERS = {
    "ses": SimpleExpSmoothingRNN(),
    "holt": DoubleExpSmoothingRNN(),
    "damped": DoubleExpSmoothingRNN(damped=True),
    "heuristic": DoubleExpSmoothingRNN(initial_state="heuristic"),
    "half fixed": DoubleExpSmoothingRNN(alpha=0.3),
}
ROBUST = {
    "absolute_error": DoubleExpSmoothingRNN(loss="absolute_error"),
    "huber": DoubleExpSmoothingRNN(loss="huber"),
}
RNG = np.random.default_rng(0)
SERIES = {
    "line": make_noisy_line(60, random_state=0).to_numpy(),
    "walk": np.cumsum(RNG.normal(size=80)),
    "few": np.array([3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0]),
    "gaps": load_co2().to_numpy()[:100],
}
UNITS = [1e-300, 1e-150, 1e-12, 0.1, 3.7, 1e9, 1e150, 1e297]

smoothers = pytest.mark.parametrize("smoother", SMOOTHERS.values(), ids=SMOOTHERS)
series = pytest.mark.parametrize("y", SERIES.values(), ids=SERIES)


def learned(model):
    """Parameters; beta does nothing where alpha is 0."""
    beta = getattr(model, "beta_", 0.0) if model.alpha_ > 0.0 else 0.0
    return np.array([model.alpha_, beta, getattr(model, "phi_", 1.0)])


def answers(smoother, y):
    smoother.fit(y)
    return learned(smoother), smoother.predict(6), smoother.predict_interval(6), smoother.state_


@functools.cache
def answers_in_its_unit(smoother, series):
    return answers((SMOOTHERS | ROBUST)[smoother], SERIES[series])


def assert_same_but_for_the_unit(smoother, series, unit, tolerance):
    parameters, forecast, interval, state = answers_in_its_unit(smoother, series)
    parameters_in_unit, *in_unit = answers((SMOOTHERS | ROBUST)[smoother], SERIES[series] * unit)
    np.testing.assert_allclose(parameters_in_unit, parameters, atol=tolerance)
    for one, other in zip(in_unit, (forecast, interval, state), strict=True):
        # Each by its size; y * unit is rounded, which moves a minimum by no more than this.
        assert relative_error(one / unit, other) < tolerance


@pytest.mark.parametrize("smoother", SMOOTHERS)
@pytest.mark.parametrize("series", SERIES)
@pytest.mark.parametrize("unit", UNITS)
def test_a_change_of_unit_changes_only_the_unit(smoother, series, unit):
    assert_same_but_for_the_unit(smoother, series, unit, 1e-8)


@pytest.mark.parametrize("smoother", ROBUST)
@pytest.mark.parametrize("series", SERIES)
@pytest.mark.parametrize("unit", UNITS)
def test_a_change_of_unit_changes_only_the_unit_with_robust_losses(smoother, series, unit):
    # Their searches end where a step gains less than a relative 1e-10 or so of the loss, which
    # rounding of y moves about; a unit that is a power of two moves nothing at all.
    assert_same_but_for_the_unit(smoother, series, unit, 1e-5)
    assert_same_but_for_the_unit(smoother, series, 2.0 ** np.round(np.log2(unit)), 1e-13)


@pytest.mark.parametrize("strategy", ["last", "seasonal", "drift"])
@series
@pytest.mark.parametrize("unit", UNITS)
def test_a_change_of_unit_changes_only_the_unit_of_naive_forecasts(strategy, y, unit):
    forecaster = NaiveForecaster(strategy=strategy, period=3 if strategy == "seasonal" else 1)
    interval = forecaster.fit(y).predict_interval(6)
    # One rounding or two of each number.
    assert relative_error(forecaster.fit(y * unit).predict_interval(6) / unit, interval) < 1e-14


@smoothers
@series
def test_the_log_likelihood_changes_by_the_logarithm_of_the_unit(smoother, y):
    n, one = np.count_nonzero(~np.isnan(y)), smoother.fit(y).loglik_
    for unit in (1e-300, 1e9, 1e297):
        assert smoother.fit(y * unit).loglik_ == pytest.approx(one - n * np.log(unit), rel=1e-12)


def test_squares_that_no_float_holds_are_infinite_or_zero_and_the_rest_is_finite():
    y = SERIES["line"]
    large, small = DoubleExpSmoothingRNN().fit(y * 1e250), DoubleExpSmoothingRNN().fit(y * 1e-250)
    assert (large.sse_, large.sigma2_, small.sse_, small.sigma2_) == (np.inf, np.inf, 0.0, 0.0)
    for model in (large, small):
        assert np.isfinite([model.loglik_, model.aic_, model.bic_]).all()
        widths = np.diff(model.predict_interval(3))
        assert (widths > 0.0).all() and np.isfinite(widths).all()


@pytest.mark.parametrize("smoother", [*SMOOTHERS.values(), *ROBUST.values()], ids=repr)
@series
@pytest.mark.parametrize("offset", [2.0**30, -(2.0**30), 2.0**20])
def test_an_offset_that_is_exact_changes_only_the_origin(smoother, y, offset):
    """On integers; the centre that is taken off is one of them."""
    integers = np.round(16.0 * y)
    parameters, forecast, interval, _ = answers(smoother, integers)
    shifted_parameters, shifted, shifted_interval, _ = answers(smoother, integers + offset)
    np.testing.assert_allclose(shifted_parameters, parameters, atol=1e-8)
    # Forecasts are no integers: their rounding is that of numbers of the size of the offset.
    rounding = 4.0 * np.spacing(abs(offset))
    np.testing.assert_allclose(shifted - offset, forecast, rtol=1e-8, atol=rounding)
    np.testing.assert_allclose(shifted_interval - offset, interval, rtol=1e-8, atol=rounding)


@smoothers
@series
def test_on_a_huge_offset_forecasts_are_finite_and_within_the_rounding_of_the_data(smoother, y):
    offset = 1e12
    shifted = y + offset
    rounded = shifted - offset  # what the offset leaves of the series
    expected = answers(smoother, rounded)[1]
    actual = answers(smoother, shifted)[1] - offset
    # A few units in the last place of 1e12, which are 1.2e-4 each.
    np.testing.assert_allclose(actual, expected, atol=4.0 * np.spacing(offset))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.integers(-1000, 1000), min_size=8, max_size=30),
    st.integers(-900, 900),
    st.integers(-(2**30), 2**30),
    st.sampled_from([*SMOOTHERS]),
)
def test_powers_of_two_and_integer_offsets_are_exact(values, exponent, offset, name):
    y, smoother = np.array(values, dtype=float), SMOOTHERS[name]
    parameters, forecast, _, _ = answers(smoother, y)
    in_unit, scaled, _, _ = answers(smoother, np.ldexp(y, exponent))
    np.testing.assert_array_equal(in_unit, parameters)
    np.testing.assert_array_equal(np.ldexp(scaled, -exponent), forecast)
    shifted_parameters, shifted, _, _ = answers(smoother, y + offset)
    # The forecasts may lie thousands outside of the series, and are rounded at the offset's size.
    np.testing.assert_allclose(shifted_parameters, parameters, atol=1e-8)
    np.testing.assert_allclose(shifted - offset, forecast, rtol=1e-8, atol=1e-6)


@smoothers
def test_a_change_of_sign_changes_only_the_sign(smoother):
    for y in SERIES.values():
        parameters, forecast, interval, _ = answers(smoother, y)
        mirrored_parameters, mirrored, mirrored_interval, _ = answers(smoother, -y)
        # The centre is another of the values: the same problem but for rounding.
        np.testing.assert_allclose(mirrored_parameters, parameters, atol=1e-6)
        assert relative_error(-mirrored, forecast) < 1e-6
        assert relative_error(-mirrored_interval[:, ::-1], interval) < 1e-6
