"""Prediction intervals: what they hold, and what they cost."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from tsrnn.metrics.periods import period_of
from tsrnn.metrics.reading import (
    beside,
    check_level,
    mean_where,
    observations,
    refuse_other_labels,
    refuse_other_series,
    training_steps,
)
from tsrnn.metrics.terms import interval_cost, ratio


def coverage(y_true: ArrayLike, lower: ArrayLike, upper: ArrayLike) -> float:
    """Share of the observed values that lie within their intervals, bounds included.

    Parameters
    ----------
    y_true : array-like of shape (n_timesteps,) or (n_timesteps, n_series)
        What was observed; NaN is left out.
    lower, upper : array-like of the same shape
        The bounds of the intervals; they may be infinite.

    Returns
    -------
    coverage : float
        A fraction, from 0 to 1: to be held beside the `level` of the intervals.

    Raises
    ------
    ValueError
        If shapes or labels differ, there is no row, a series has no observed value, a bound is NaN
        where there is one, bounds are in the wrong order, or an observation is infinite.

    Examples
    --------
    >>> from tsrnn.metrics import coverage
    >>> coverage([1.0, 2.0, 3.0, 4.0], lower=[0.0, 0.0, 0.0, 0.0], upper=[2.0, 2.0, 2.0, 4.0])
    0.75
    """
    y_true, observed, lower, upper = _sides(y_true, lower, upper)
    inside = (lower <= y_true) & (y_true <= upper)
    return float(np.mean(mean_where(observed, inside)))


def winkler_score(
    y_true: ArrayLike, lower: ArrayLike, upper: ArrayLike, *, level: float = 0.95
) -> float:
    r"""Winkler score of intervals: their width, and what it costs that values lie outside.

    The mean over the observed values of :math:`u - l + \frac{2}{1 - p} d`, where `d` is how far a
    value lies outside of its interval, 0 inside, and `p` the level; then over the series. In
    expectation it is smallest for the interval between the quantiles `(1 - p) / 2` and
    `(1 + p) / 2`.

    Parameters
    ----------
    y_true : array-like of shape (n_timesteps,) or (n_timesteps, n_series)
        What was observed; NaN is left out.
    lower, upper : array-like of the same shape
        The bounds of the intervals; a bound that is infinite costs infinitely much.
    level : float, default=0.95
        What the intervals claim to hold, a fraction.

    Returns
    -------
    score : float
        In the unit of the series; lower is better.

    Raises
    ------
    ValueError
        As `coverage`, and for a level that is not between 0 and 1.

    References
    ----------
    .. [1] R. L. Winkler (1972). A decision-theoretic approach to interval estimation. Journal of
       the American Statistical Association, 67(337), 187-191.

    Examples
    --------
    >>> from tsrnn.metrics import winkler_score
    >>> winkler_score([1.0, 5.0], lower=[0.0, 0.0], upper=[2.0, 4.0], level=0.5)
    5.0
    """
    level = check_level(level)
    y_true, observed, lower, upper = _sides(y_true, lower, upper)
    return float(np.mean(mean_where(observed, interval_cost(y_true, lower, upper, level))))


def msis(
    y_true: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    y_train: ArrayLike,
    *,
    level: float = 0.95,
    period: int | Literal["auto"] = "auto",
) -> float:
    r"""Mean scaled interval score, by which the M4 competition ranked intervals.

    Winkler's score, see `winkler_score`, of each series in the units of `mase`: divided by the mean
    of :math:`|y_t - y_{t-m}|` over the training series, where `m` is the period.

    Parameters
    ----------
    y_true, lower, upper
        As for `winkler_score`.
    y_train : array-like of shape (n_train,) or (n_train, n_series)
        As for `mase`.
    level : float, default=0.95
        As for `winkler_score`.
    period : int or "auto", default="auto"
        As for `mase`.

    Returns
    -------
    msis : float
        The mean over the series; lower is better. Infinite, or 0, where `mase` is.

    Raises
    ------
    ValueError, TypeError
        As `winkler_score` and `mase`.

    References
    ----------
    .. [1] S. Makridakis, E. Spiliotis, V. Assimakopoulos (2020). The M4 Competition: 100,000 time
       series and 61 forecasting methods. International Journal of Forecasting, 36(1), 54-74.

    Examples
    --------
    >>> from tsrnn.metrics import msis
    >>> msis([1.0, 5.0], [0.0, 0.0], [2.0, 4.0], y_train=[1.0, 3.0, 5.0], level=0.5)
    2.5
    """
    level, period = check_level(level), period_of(y_train, period)
    refuse_other_series(y_true, y_train, "y_true", "y_train")
    y_true, observed, lower, upper = _sides(y_true, lower, upper)
    cost = mean_where(observed, interval_cost(y_true, lower, upper, level))
    steps = training_steps(y_true, y_train, period)
    return float(np.mean(ratio(cost, mean_where(~np.isnan(steps), steps))))


def _sides(
    y_true: ArrayLike, lower: ArrayLike, upper: ArrayLike
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Read what was observed, where, and both bounds."""
    refuse_other_labels(y_true, lower, "y_true", "lower")
    refuse_other_labels(y_true, upper, "y_true", "upper")
    refuse_other_labels(lower, upper, "lower", "upper")
    y_true, observed = observations(y_true)
    lower = beside(y_true, observed, lower, "lower", infinite=True)
    upper = beside(y_true, observed, upper, "upper", infinite=True)
    crossed = np.argwhere(lower > upper)
    if len(crossed):
        place = tuple(crossed[0].tolist())
        raise ValueError(
            f"lower must not be above upper, got {lower[place]} and {upper[place]} at {place}"
        )
    return y_true, observed, lower, upper
