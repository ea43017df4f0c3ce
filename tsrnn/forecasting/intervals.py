"""Prediction intervals of linear smoothers in closed form.

A linear smoother in innovations form,

    x_t = w' h_{t-1} + e_t,    h_t = F h_{t-1} + g e_t,                                 (1)

follows the state exactly while it sees its series. Through a missing value, and beyond the end, it
moves on without the innovation, so its state is off by a d_t with covariance P_t. With v_t the
variance of the innovation,

    P_t = F P_{t-1} F' + v_t g g'                    where x_t is missing               (2)
    P_t = (F - g w') P_{t-1} (F - g w')'             where x_t is seen                  (3)

and the prediction of x_t has the variance v_t + w' P_{t-1} w. v_t is sigma^2 for additive errors
and, for errors that are shares of the prediction,

    v_t = sigma^2 ((w' h_{t-1})^2 + w' P_{t-1} w)                                       (4)

For the h-th step after the last value (2) is, with additive errors, sigma^2 (1 + c_1^2 + .. +
c_{h-1}^2), c_j = w' F^{j-1} g. Source: Hyndman, Koehler, Ord and Snyder, Forecasting with
Exponential Smoothing (2008), chapter 6.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from tsrnn._scan.unroll import unroll
from tsrnn.cells.smoother_cell import Cell


def linear_forms(cell: Cell, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read (1) off a linear smoother with parameters theta (K, N), by stepping from unit states.

    Returns
    -------
    transitions : (N, S, S) array
    gains, observations : (N, S) arrays
    """
    size, n_sets = cell.n_state, theta.shape[1]
    # Lanes: each unit state with a missing input, and the zero state with an innovation of 1.
    x = np.full((1, 1, size + 1, n_sets), np.nan)
    x[0, 0, size] = 1.0
    starts = np.repeat(np.eye(size, size + 1)[:, :, None], n_sets, axis=2)
    states, outputs = unroll(
        cell,
        np.tile(theta, (1, size + 1)),
        x.reshape(1, 1, -1),
        np.ascontiguousarray(starts.reshape(size, -1)),
    )
    moved = states[1].reshape(size, size + 1, n_sets)
    observations = outputs[0, 0].reshape(size + 1, n_sets)[:size].T
    return moved[:, :size].transpose(2, 0, 1), moved[:, size].T, observations


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
