"""Medians, means and quantiles of combinations against their definitions, number by number."""

import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tsrnn.compose.combining import Span, mean, median, usable
from tsrnn.compose.past_errors import SHARES, SIZES, quantile_factors

NUMBERS = st.floats(-1e3, 1e3) | st.just(np.nan)
VALUES = arrays(float, (4, 3, 2), elements=NUMBERS)


# The tolerances are for sums in another order.
@settings(max_examples=50, deadline=None)
@given(VALUES, arrays(float, (4, 2), elements=st.sampled_from([0.0, 0.5, 1.0, 3.0])))
def test_medians_and_means_are_of_the_members_that_are_there(values, weights):
    for found, is_median in ((median(values), True), (mean(values, weights), False)):
        for step, series in np.ndindex(3, 2):
            column = values[:, step, series]
            there = np.flatnonzero(column == column)
            if not there.size:
                expected = np.nan
            elif is_median:
                expected = statistics.median(column[there])
            else:
                shares = weights[there, series]
                shares = shares if shares.any() else np.ones(there.size)
                expected = sum(s * v for s, v in zip(shares, column[there], strict=True))
                expected /= sum(shares)
            np.testing.assert_allclose(found[step, series], expected, rtol=1e-12, atol=1e-10)


@settings(max_examples=50, deadline=None)
@given(arrays(float, (3, 5), elements=st.sampled_from([0.5, 2.0, 9.0, -30.0, 100.0, np.inf])))
def test_members_are_left_out_from_the_step_on_at_which_they_run_away(forecasts):
    span = Span(np.array([0.0]), np.array([1.0]), np.array([10]))
    present, known = np.ones((3, 1), dtype=bool), np.ones((5, 1), dtype=bool)
    found = usable(forecasts[:, :, None], present, span, known)
    out = [False] * 3
    for step in range(5):
        outside = [max(f - 1.0, -f, 0.0) for f in forecasts[:, step]]
        finite = [d for d in outside if d < np.inf]
        for m in range(3):
            limit = max(3.0, 3.0 * min(finite, default=0.0))
            out[m] |= outside[m] == np.inf or outside[m] > limit
        expected = [True] * 3 if all(out) else [not one for one in out]
        assert found.used[:, step, 0].tolist() == expected
        prefix = usable(forecasts[:, : step + 1, None], present, span, known[: step + 1])
        np.testing.assert_array_equal(prefix.used, found.used[:, : step + 1])


ERRORS = np.random.default_rng(0).standard_t(4, size=(1, 2, 60)).round(2)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8, 0.95])
def test_intervals_hold_the_share_of_own_and_typical_errors_that_they_promise(share):
    """By the equation, at the bound itself: the sizes that are not above it, and one to come."""
    quantiles = np.full((1, 2), 0.5 + 0.5 * share)
    bounds = quantile_factors(ERRORS, quantiles)[0]
    for step, bound in enumerate(bounds):
        own = np.abs(ERRORS[0, :, :][step])
        below = np.interp(bound, SIZES, SHARES)
        reached = [
            (60 * (n + below) / 61 + 30 * below) / 90
            for n in ((own < bound - 1e-9).sum(), (own <= bound + 1e-9).sum())
        ]
        # Between two errors it is interpolated: there is at most one of them at the bound.
        assert reached[0] - 1 / 90 <= share <= reached[1] + 1 / 90
    np.testing.assert_array_equal(quantile_factors(ERRORS, 1.0 - quantiles)[0], -bounds)


def test_many_own_errors_leave_little_to_the_typical_ones():
    errors = np.random.default_rng(1).normal(size=(1, 1, 100_000))
    found = quantile_factors(errors, np.array([[0.975], [0.25]]))
    # Four standard errors of a quantile of 100,000, and 30 typical errors among as many.
    np.testing.assert_allclose(found[:, 0], [1.95996, -0.67449], atol=0.03)


def test_without_own_errors_the_typical_ones_are_taken_and_beyond_the_last_step_it_goes_on():
    nothing = np.full((5, 1, 1), np.nan)
    levels = np.tile(0.5 + 0.5 * SHARES[1:-1, None], (1, 3))
    np.testing.assert_allclose(quantile_factors(nothing, levels)[:, 2], SIZES[1:-1], rtol=1e-12)
    found = quantile_factors(ERRORS, np.full((1, 6), 0.9))[0]
    np.testing.assert_array_equal(found[2:], found[1])


def test_quantiles_farther_out_than_any_error_are_told_of():
    with pytest.warns(UserWarning, match="past errors tell of intervals up to the level 0.99"):
        quantile_factors(ERRORS, np.array([[0.99999, 0.5]]))
