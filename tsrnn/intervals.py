"""Prediction intervals of linear smoothers in closed form.

A linear smoother in innovations form,

    x_t = w' h_{t-1} + e_t,    h_t = F h_{t-1} + g e_t,                                 (1)

follows the state exactly while it sees its series. Through a missing value, and beyond the end, it
moves on without the innovation, so its state is off by a d_t with covariance sigma^2 P_t:

    P_t = F P_{t-1} F' + g g'                        where x_t is missing               (2)
    P_t = (F - g w') P_{t-1} (F - g w')'             where x_t is seen                  (3)

and the prediction of x_t has the variance sigma^2 (1 + w' P_{t-1} w). For the h-th step after the
last value this is sigma^2 (1 + c_1^2 + .. + c_{h-1}^2) with c_j = w' F^{j-1} g. Source: Hyndman,
Koehler, Ord and Snyder, Forecasting with Exponential Smoothing (2008), chapter 6.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from tsrnn._cell import Cell
from tsrnn._linear_scan import variance_factors
from tsrnn._scan import unroll


@dataclass(frozen=True)
class LinearForm:
    """A linear smoother as (1): transition F (S, S), gain g (S,), observation w (S,)."""

    transition: np.ndarray
    gain: np.ndarray
    observation: np.ndarray

    @classmethod
    def of(cls, cell: Cell, theta: np.ndarray) -> LinearForm:
        """Read the form off a cell with parameters theta (K, 1), by stepping from unit states."""
        size = cell.n_state
        # Lanes: each unit state with a missing input, and the zero state with an innovation of 1.
        x = np.full((1, 1, size + 1), np.nan)
        x[0, 0, size] = 1.0
        states, outputs = unroll(
            cell, np.repeat(theta, size + 1, axis=1), x, np.eye(size, size + 1)
        )
        return cls(states[1][:, :size].copy(), states[1][:, size].copy(), outputs[0, 0, :size])

    def variance_factors(
        self, is_missing: np.ndarray, covariance: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return 1 + w' P_{t-1} w at each step, (T,), and the last P, (S, S), from the first."""
        if not (is_missing.any() or covariance.any()):
            return np.ones(is_missing.size), covariance
        return variance_factors(
            self.transition, self.gain, self.observation, is_missing, covariance
        )


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
    return mean[:, None, :] + ndtri(quantiles)[:, None] * deviation[:, None, :]
