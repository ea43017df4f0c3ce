"""Forecasts that grow beyond the largest floats."""

from __future__ import annotations

import numpy as np


def beyond_floats(ahead: np.ndarray) -> np.ndarray:
    """Return what lies ahead, (horizon, ..), as infinite where it is more than a float holds.

    There differences of infinities are NaN, which would say that nothing is known; they have the
    sign of what was last a number. What is NaN from the first step on is unknown, and stays so.
    """
    wrong = np.isnan(ahead)
    if not wrong.any():
        return ahead
    step = np.where(wrong, 0, np.arange(len(ahead)).reshape(-1, *[1] * (ahead.ndim - 1)))
    last = np.take_along_axis(ahead, np.maximum.accumulate(step), axis=0)
    return np.where(wrong & ~np.isnan(last), np.copysign(np.inf, last), ahead)
