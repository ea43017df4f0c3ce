"""Prediction intervals of forecasts that are normal about their mean."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri


def normal_quantiles(mean: np.ndarray, deviation: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """Return quantiles of normal distributions.

    Parameters
    ----------
    mean, deviation : (n_rows, n_series) arrays
    quantiles : (n_quantiles,) array
        Between 0 and 1.

    Returns
    -------
    values : (n_rows, n_quantiles, n_series) array
    """
    with np.errstate(over="ignore"):  # of values that a float hardly holds
        return mean[:, None, :] + ndtri(quantiles)[:, None] * deviation[:, None, :]
