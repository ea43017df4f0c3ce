"""Units that targets are trained in: where they lie, and how far they spread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import ndtri

# Numbers that are worked on at a time, in double precision: at little memory.
NUMBERS_AT_A_TIME = 2**17

# Distances from the median: half of them are shorter than the first of these normal scores, nine
# in ten shorter than the second.
_HALF, _MOST = float(ndtri(0.75)), float(ndtri(0.95))

# A median distance so many times shorter than that of nine in ten is one of values that are all
# but equal, as the nights of a year of sunshine: it is no unit for the rest.
_UNLIKE = 20.0

# To 1e-12 of the range: the loss there is that of the minimum to twice as many digits.
_HALVINGS = 40


def mean_and_deviation(values: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the weighted mean and standard deviation of each column; a constant's is 1.

    Parameters
    ----------
    values : (R, p) array
        Finite.
    weights : (R,) array

    Returns
    -------
    center, spread : (p,) float64 arrays
    """
    # So that squares neither overflow nor vanish.
    unit = np.abs(values).max(axis=0).astype(float)
    unit[unit == 0.0] = 1.0
    total = float(weights.sum())
    n_rows = max(1, NUMBERS_AT_A_TIME // values.shape[1])

    def mean(of: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        return (
            sum(
                weights[start : start + n_rows] @ of(values[start : start + n_rows] / unit)
                for start in range(0, len(values), n_rows)
            )
            / total
        )

    center = mean(lambda scaled: scaled)
    spread = np.sqrt(mean(lambda scaled: (scaled - center) ** 2))
    # What a constant leaves is the rounding of its mean, and that of its values.
    rounding = np.finfo(values.dtype).eps * np.abs(center)
    is_constant = spread <= 8.0 * rounding
    return center * unit, np.where(is_constant, 1.0, spread * unit)


def robust_units(
    values: np.ndarray, weights: np.ndarray, level: float = 0.5
) -> tuple[np.ndarray, np.ndarray]:
    """Return a weighted quantile and a robust standard deviation of each column.

    The deviation is the median distance from the median over that of a normal distribution. Where
    more than half of the values are all but equal it is that of nine in ten of them, or the mean
    distance where those are equal, too; a constant's is 1.

    Parameters
    ----------
    values : (R, p) array
        Finite.
    weights : (R,) array
    level : float
        Of the quantile.

    Returns
    -------
    center, spread : (p,) float64 arrays
    """
    center, median = weighted_quantiles(values, weights, (level, 0.5))
    distances = np.abs(values.astype(float) - median)
    half, most = weighted_quantiles(distances, weights, (0.5, 0.9))
    half, most = half / _HALF, most / _MOST
    spread = np.where(_UNLIKE * half < most, most, half)
    is_rare = spread == 0.0
    if is_rare.any():
        _, unit = mean_and_deviation(distances, weights)
        mean = (weights / weights.sum(dtype=float)) @ (distances / unit) * unit
        spread = np.where(is_rare, np.where(mean > 0.0, mean, 1.0), spread)
    return center, spread


def mean_units(values: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return 0 and the weighted mean of each column; 1 where that is not positive.

    Parameters
    ----------
    values : (R, p) array
        Finite.
    weights : (R,) array

    Returns
    -------
    center, spread : (p,) float64 arrays
    """
    mean, _ = mean_and_deviation(values, weights)
    return np.zeros(values.shape[1]), np.where(mean > 0.0, mean, 1.0)


def weighted_quantiles(
    values: np.ndarray, weights: np.ndarray, levels: tuple[float, ...]
) -> np.ndarray:
    """Return the least values of each column that so much of the weight does not exceed.

    Parameters
    ----------
    values : (R, p) array
        Finite.
    weights : (R,) array
    levels : tuple of n floats

    Returns
    -------
    quantiles : (n, p) float64 array
        A quantile minimises the weighted pinball loss of its level.
    """
    found = np.empty((len(levels), values.shape[1]))
    for k, column in enumerate(values.T):
        order = np.argsort(column, kind="stable")
        sums = np.cumsum(weights[order], dtype=float)
        places = np.searchsorted(sums, np.asarray(levels) * sums[-1] * (1.0 - 1e-12))
        found[:, k] = column[order][np.minimum(places, len(column) - 1)]
    return found


def balance_of_clipped(values: np.ndarray, weights: np.ndarray, longest: float) -> np.ndarray:
    """Return the point of each column at which distances, cut at the longest, balance.

    Parameters
    ----------
    values : (R, p) array
        Finite.
    weights : (R,) array
    longest : float

    Returns
    -------
    center : (p,) float64 array
        It minimises Huber's loss, and lies no further than the longest from the median.
    """
    values = values.astype(float)
    (median,) = weighted_quantiles(values, weights, (0.5,))
    low = np.maximum(median - longest, values.min(axis=0))
    high = np.minimum(median + longest, values.max(axis=0))
    for _ in range(_HALVINGS):
        center = 0.5 * (low + high)
        is_beyond = weights @ np.clip(center - values, -longest, longest) > 0.0
        low, high = np.where(is_beyond, low, center), np.where(is_beyond, center, high)
    return 0.5 * (low + high)


def by_present(
    what: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, ...]],
    values: np.ndarray,
    weights: np.ndarray,
) -> Any:
    """Return what is asked of columns, each by those of its values that are not missing.

    Parameters
    ----------
    what : callable
        (values, weights) -> arrays whose last axis is that of columns.
    values : (R, p) array
        NaN where one is missing; a column has one at least.
    weights : (R,) array
    """
    is_there = ~np.isnan(values)
    if is_there.all():
        return what(values, weights)
    parts = [what(values[rows, k : k + 1], weights[rows]) for k, rows in enumerate(is_there.T)]
    return tuple(np.concatenate(arrays, axis=-1) for arrays in zip(*parts, strict=True))
