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
                parts = weights[there, series]
                expected = sum(s * v for s, v in zip(parts, column[there], strict=True))
                expected = expected / sum(parts) if sum(parts) else np.nan
            np.testing.assert_allclose(found[step, series], expected, rtol=1e-12, atol=1e-10)


@settings(max_examples=50, deadline=None)
@given(
    arrays(float, (3, 5), elements=st.sampled_from([0.5, 2.0, 9.0, -30.0, 100.0, np.inf])),
    st.sampled_from([(0.0, 1.0), (0.125, 1.0), (-1.0, -0.125)]),
    st.sampled_from([(True, True, True), (True, False, True)]),
)
def test_members_that_go_too_far_are_held_at_the_limit(forecasts, ends, counted):
    (low, high), n = ends, 4
    # As far from the largest size as from the smallest, or nearer to one of them.
    middle, growth = (-0.25, 4.0) if high < 0.0 else (np.sqrt(0.125), 8.0)
    span = Span(*(np.array([one]) for one in (low, high, n, middle)))
    counted, known = np.array(counted)[:, None], np.ones((5, 1), dtype=bool)
    found = usable(forecasts[:, :, None], counted, span, known)
    is_out = ~np.logical_and.accumulate(np.isfinite(forecasts), axis=1)
    for step in range(5):
        finite = [f for f, one in zip(forecasts[:, step], counted, strict=True) if one and f < 99e9]
        nearest = min((max(f - high, low - f, 0.0) for f in finite), default=0.0)
        # So many times as large once more after as many steps as there were, and not beyond.
        time = min((step + 1) / (n - 1), 1.0)
        line, curve = (high - low) * time, growth**time - 1.0 if low else 0.0
        up, down = (
            0.5 * (high - low) + (max(curve, line) if one else line)
            for one in (low >= 0.0, high < 0.0)
        )
        for m in np.flatnonzero(counted):
            f = forecasts[m, step]
            expected = max(min(f, high + max(up, 1.5 * nearest)), low - max(down, 1.5 * nearest))
            if is_out[m, step]:
                all_out = is_out[counted[:, 0], step].all()
                expected = f if all_out and f == np.inf else expected if all_out else np.nan
            np.testing.assert_allclose(found.forecasts[m, step, 0], expected, rtol=1e-12)
        prefix = usable(forecasts[:, : step + 1, None], counted, span, known[: step + 1])
        np.testing.assert_array_equal(prefix.forecasts, found.forecasts[:, : step + 1])
        np.testing.assert_array_equal(prefix.held, found.held[:, : step + 1])


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


def test_the_span_of_a_series_is_of_what_was_observed():
    parts = [[3.0, np.nan, -1.0, 8.0], [2.0], [np.nan, 5.0, 4.0, np.nan]]
    span = Span.of(np.concatenate(parts), np.cumsum([0, *map(len, parts)]))
    for find, found in ((np.nanmin, span.low), (np.nanmedian, span.middle), (np.nanmax, span.high)):
        np.testing.assert_array_equal(found, [find(one) for one in parts])
    assert span.count.tolist() == [3, 1, 2]
