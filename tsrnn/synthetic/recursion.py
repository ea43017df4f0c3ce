"""The one loop over time that families share: an ARMA recursion of many series at once.

With shocks e a series is

x_t = a_1 x_{t-1} + a_2 x_{t-2} + e_t + b_1 e_{t-1} + b_2 e_{t-2}                   (1)

and nothing before its first step.
"""

from __future__ import annotations

import numpy as np

from tsrnn._compute.compile import kernel
from tsrnn._compute.declare import Slab


def arma(shocks: np.ndarray, ar: np.ndarray, ma: np.ndarray | None = None) -> np.ndarray:
    """Run (1) from zeros before the first shock.

    Parameters
    ----------
    shocks : (T, n) array
    ar : (2, n) array
        a_1 and a_2 of each series.
    ma : (2, n) array, optional
        b_1 and b_2; zeros where left out.

    Returns
    -------
    x : (T, n) array
    """
    coefficients = np.zeros((4, shocks.shape[1]))
    coefficients[:2] = ar
    if ma is not None:
        coefficients[2:] = ma
    x = np.empty(shocks.shape)
    _run(np.ascontiguousarray(shocks, dtype=float), coefficients, x)
    return x


def autoregression(
    shocks: np.ndarray, first: np.ndarray, second: np.ndarray | float = 0.0
) -> np.ndarray:
    """Run (1) without its b's, as if it had always run: stationary where the a's allow that.

    Parameters
    ----------
    shocks : (T, n) array
        Of variance 1. The first two are made the first two values, by their joint distribution.
    first, second : (n,) array or float
        a_1 and a_2, within the triangle of stationarity.

    Returns
    -------
    x : (T, n) array
    """
    a_1, a_2, _ = np.broadcast_arrays(first, second, shocks[0])
    correlation = a_1 / (1.0 - a_2)
    deviation = np.sqrt((1.0 - a_2) / ((1.0 + a_2) * ((1.0 - a_2) ** 2 - a_1**2)))
    shocks = shocks.copy()
    values = deviation * shocks[:2]
    if len(shocks) > 1:
        values[1] = correlation * values[0] + np.sqrt(1.0 - correlation**2) * values[1]
        shocks[1] = values[1] - a_1 * values[0]
    shocks[0] = values[0]
    return arma(shocks, np.stack([a_1, a_2]))


@kernel
def _run(shocks: Slab, coefficients: Slab, x: Slab):
    n_timesteps, n_series = x.shape
    for t in range(n_timesteps):
        for b in range(n_series):
            total = shocks[t, b]
            if t >= 1:
                total += coefficients[0, b] * x[t - 1, b] + coefficients[2, b] * shocks[t - 1, b]
            if t >= 2:
                total += coefficients[1, b] * x[t - 2, b] + coefficients[3, b] * shocks[t - 2, b]
            x[t, b] = total
