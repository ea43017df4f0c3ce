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

from dataclasses import dataclass

import numpy as np

# (19 + 1) 0.95 is 19 to the last bit but other products are not: ranks are integers up to this.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Bounds:
    """What to add to a forecast for the bounds of an interval.

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


def _ranked(ordered: np.ndarray, rank: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Take the score of a rank, from 1, in every column; the extreme one beyond the ranks."""
    if len(ordered) == 0:
        return np.full(len(rank), np.nan)
    rows = np.clip(rank, 1, np.maximum(n, 1)) - 1
    return np.take_along_axis(ordered, rows[None], axis=0)[0]
