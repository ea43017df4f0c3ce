"""Conformal prediction: intervals from errors that were made before, of whatever distribution.

Of n exchangeable scores and one to come, the one to come is at most the k-th smallest of the n with
probability k / (n + 1) or more. With the sizes of errors as scores, an interval of level p needs

    k = ceil((n + 1) p)                                                                 (1)

and with signed errors, to leave (1 - p) / 2 on either side,

    k_lower = floor((n + 1) (1 - p) / 2),    k_upper = ceil((n + 1) (1 + p) / 2)        (2)

which is there only if n is large enough: level p takes n >= p / (1 - p) scores by (1), and
n >= (1 + p) / (1 - p) by (2). Source: Lei, G'Sell, Rinaldo, Tibshirani and Wasserman,
Distribution-free predictive inference for regression, JASA 113 (2018).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tsrnn._input.notes import warn_user

# Origins in the past of a single series that it is forecast from, at most.
_MOST_ORIGINS = 200

# (19 + 1) 0.95 is 19 to the last bit but other products are not: ranks are integers up to this.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Bounds:
    """Distances to add to a forecast for the bounds of an interval.

    Attributes
    ----------
    lower, upper : (n_steps,) arrays
        In units of the scores; NaN for a step without scores.
    reached : (n_steps,) array
        The levels that the scores suffice for, at most the level asked. Where it is lower, the
        bounds are the extremes of the scores.
    """

    lower: np.ndarray
    upper: np.ndarray
    reached: np.ndarray


def conformal_bounds(scores: np.ndarray, level: float, *, symmetric: bool = True) -> Bounds:
    """Return bounds from scores.

    Parameters
    ----------
    scores : (n_scores, n_steps) array
        Errors, value less forecast, on a scale of their own; NaN where there is none.
    level : float
        The probability to hold a value, as a fraction.
    symmetric : bool
        By the sizes of the errors (1), or by either side alone (2).

    Examples
    --------
    >>> import numpy as np
    >>> errors = np.arange(-9.0, 10.0)[:, None]
    >>> conformal_bounds(errors, 0.9).upper
    array([9.])
    >>> conformal_bounds(errors, 0.9).reached
    array([0.9])
    """
    ordered = np.sort(np.abs(scores) if symmetric else scores, axis=0)  # NaN last
    n = np.count_nonzero(~np.isnan(ordered), axis=0)
    if symmetric:
        rank = np.ceil((n + 1) * level - _ROUNDING).astype(np.int64)
        upper = _ranked(ordered, rank, n)
        return Bounds(-upper, upper, np.minimum(level, n / (n + 1)))
    tail = 0.5 - 0.5 * level
    below = np.floor((n + 1) * tail + _ROUNDING).astype(np.int64)
    reached = np.where(below >= 1, level, np.maximum(n - 1, 0) / (n + 1))
    return Bounds(_ranked(ordered, below, n), _ranked(ordered, n + 1 - below, n), reached)


def past_scores(
    fit_model: Callable[[np.ndarray, np.ndarray], tuple],
    values: np.ndarray,
    regressors: np.ndarray,
    horizon: int,
    numbers: Sequence[int],
) -> np.ndarray:
    """Forecast series from points in their second halves by models of their first halves.

    Parameters
    ----------
    fit_model : callable
        `Forecaster.fit_model`.
    values : (n_timesteps, n_series) array
    regressors : (n_timesteps, n_features) array
    horizon : int
    numbers : sequence of int
        What to call the series in errors.

    Returns
    -------
    scores : (n_origins, horizon, n_series) array
        Errors in units of the deviations that the models expect; NaN where there is no value, and
        infinite where the models expected no error.

    Raises
    ------
    ValueError
        If a series has no value after its first half, or that half is too short to tell deviations.
    """
    n_timesteps, half = len(values), _half(values, numbers)
    stride = max(-(-(n_timesteps - half) // _MOST_ORIGINS), 1)
    model = fit_model(values[:half], regressors[:half])[0]
    unknown = np.flatnonzero(~np.isfinite(model.deviation(1)[0]))
    if unknown.size:
        n_seen = np.count_nonzero(~np.isnan(values[:half, unknown[0]]))
        raise ValueError(
            f"series {numbers[unknown[0]]} has {n_seen} values in its first half, too few to tell "
            "how far forecasts of the second will miss: take a longer series, or method='auto'"
        )
    net = values - model.effect(regressors)
    scores = []
    for origin in range(half, n_timesteps, stride):
        errors = np.full((horizon, values.shape[1]), np.nan)
        ahead = net[origin : origin + horizon]
        informed = model.with_regressors(regressors[origin : origin + horizon])
        deviation = informed.deviation(len(ahead))
        missed = ahead - informed.forecast(len(ahead))
        exact = np.where(missed == 0.0, 0.0, np.copysign(np.inf, missed))
        exact[np.isnan(missed)] = np.nan
        known = np.isfinite(deviation) & (deviation > 0.0)
        exact[~np.isfinite(deviation)] = np.nan
        errors[: len(ahead)] = np.divide(missed, deviation, out=exact, where=known)
        scores.append(errors)
        model = model.with_regressors(regressors[origin : origin + stride])
        model = model.advance(net[origin : origin + stride])[0]
    return np.array(scores)


def _half(values: np.ndarray, numbers: Sequence[int]) -> int:
    """Return after how many rows every series has half of its values, and two, and one is left.

    Raises
    ------
    ValueError
    """
    seen = np.cumsum(~np.isnan(values), axis=0)
    wanted = np.maximum((seen[-1] + 1) // 2, 2)
    half = int((seen < wanted).sum(axis=0).max()) + 1
    spent = np.flatnonzero(seen[-1] <= seen[min(half, len(values)) - 1])
    if spent.size:
        raise ValueError(
            f"series {numbers[spent[0]]} has no value after row {half - 1}, up to which every "
            "series has half of its values, and two: conformal intervals are learned from "
            "forecasts of values after it. Take a longer series, or method='auto'"
        )
    return half


def factors_of_scores(scores: Sequence[np.ndarray], level: float) -> np.ndarray:
    """Return how many deviations bounds are away, (horizon, n_series), from scores of each series.

    Raises
    ------
    ValueError
        If there is no score for a step, or it is infinite.
    """
    bounds = [conformal_bounds(one, level) for one in scores]
    factors = np.column_stack([one.upper for one in bounds])
    if np.isnan(factors).any():
        step, series = np.argwhere(np.isnan(factors))[0]
        raise ValueError(
            f"series {series} has no past forecasts {step + 1} steps ahead in its second half to "
            "learn an interval from: take a shorter horizon, or method='auto'"
        )
    if np.isinf(factors).any():
        series = np.argwhere(np.isinf(factors))[0][1]
        raise ValueError(
            f"the fit to the first half of series {series} leaves no error, so that those of the "
            "second half have no unit to be told in: take method='auto'"
        )
    reached = min(float(one.reached.min()) for one in bounds)
    if reached < level:
        warn_user(
            f"there are too few past forecasts for intervals of level {level:g}: the widest that "
            f"they allow are given, which reach {reached:.3g}"
        )
    return factors


def _ranked(ordered: np.ndarray, rank: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Take the score of a rank, from 1, in every column; the extreme one beyond the ranks."""
    if len(ordered) == 0:
        return np.full(len(rank), np.nan)
    rows = np.clip(rank, 1, np.maximum(n, 1)) - 1
    return np.take_along_axis(ordered, rows[None], axis=0)[0]
