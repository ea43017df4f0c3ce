"""Quantiles of levels other than those that are known, and of horizons beyond those said."""

import numpy as np
import pytest
from scipy.special import ndtri

from tsrnn.causal.quantiles import at_levels, at_normal

LEVELS = (0.025, 0.1, 0.5, 0.9, 0.975)


def test_those_of_a_normal_distribution_are_exact_between_and_beyond():
    wanted = np.array([1e-9, 0.02, 0.3, 0.5, 0.85, 0.99999])
    values = 3.0 + 2.0 * ndtri(np.array([LEVELS, LEVELS]))
    found = at_levels(values, LEVELS, wanted)
    # Of a few products, each rounded once.
    np.testing.assert_allclose(found, np.tile(3.0 + 2.0 * ndtri(wanted), (2, 1)), rtol=1e-13)


def test_levels_that_are_known_are_as_they_were_and_others_lie_between():
    random = np.random.default_rng(0)
    values = np.sort(random.standard_exponential((7, 5)), axis=1)
    np.testing.assert_allclose(at_levels(values, LEVELS, np.array(LEVELS)), values, rtol=1e-13)
    wanted = np.linspace(0.001, 0.999, 200)
    assert (np.diff(at_levels(values, LEVELS, wanted), axis=1) > 0.0).all()
    np.testing.assert_allclose(
        at_normal(values, LEVELS, ndtri(wanted)), at_levels(values, LEVELS, wanted), rtol=1e-12
    )


@pytest.mark.parametrize("wanted", [0.01, 0.4])
def test_nothing_of_a_series_that_has_no_spread_has_any(wanted):
    assert (at_levels(np.full((1, 5), 7.0), LEVELS, np.array([wanted])) == 7.0).all()
