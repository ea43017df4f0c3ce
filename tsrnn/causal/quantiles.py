"""Quantiles of levels between and beyond those that a network says.

Between two levels they are linear in those of a standard normal distribution, and beyond the
outermost two they go on so: tails of a normal distribution are hit exactly, heavier ones nearly.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import ndtri


def at_levels(values: np.ndarray, levels: Sequence[float], wanted: np.ndarray) -> np.ndarray:
    """Return quantiles of other levels.

    Parameters
    ----------
    values : (.., Q) array
        Ascending.
    levels : sequence of Q floats
        Ascending, two of them at least.
    wanted : (n,) array
        Between 0 and 1.

    Returns
    -------
    quantiles : (.., n) array
    """
    return at_normal(values, levels, ndtri(np.asarray(wanted, dtype=float)))


def at_normal(values: np.ndarray, levels: Sequence[float], z: np.ndarray) -> np.ndarray:
    """Return quantiles of the levels that standard normal quantiles z (n,) have, (.., n)."""
    known = ndtri(np.asarray(levels, dtype=float))
    right = np.clip(np.searchsorted(known, z), 1, len(known) - 1)
    share = (z - known[right - 1]) / (known[right] - known[right - 1])
    low, high = values[..., right - 1], values[..., right]
    return low + share * (high - low)
