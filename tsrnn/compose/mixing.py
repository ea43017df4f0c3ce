"""Weights of the mix of members that would have missed least of what was held back.

With s_t a scale of the series of value t, the error of weights w is the mean over series of

    min(|y_t - sum_m w_m f_mt| / s_t, 50)                                                 (1)

over the values held back, so that no series is all that counts. Weights are looked for among the
multiples of 1 / (5 M) for M members, tenths of two of them. They begin as equal ones, and a part
goes from the member to the member that makes the error smallest, as long as there is one; taken are
the first on this way whose error is within 1% of that at its end.

For what one window says holds in part for its time alone, however many series there are: they have
it in common. Of the M3 competition's quarterly series, where local members and networks were mixed,
the window before the last asked for .8 of the networks, the last one for .4.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

# Parts that a member has at first.
_PARTS = 5

# What a value counts at most, in scales.
_MOST = 50.0

# Series that are looked at in a window: an even choice of more.
_LOOKED_AT = 10_000

# By how much of itself an error is smaller where it is, beyond rounding.
_SMALLER = 1e-9

# By how much of the smallest the error of weights nearer to equal ones may be larger.
_WITHIN = 0.01


class Missed(NamedTuple):
    """Hold what was held back of series, and what members forecast of it.

    Attributes
    ----------
    forecasts : (M, horizon, n) array
        NaN where there is none.
    actual : (horizon, n) array
        NaN where nothing was held back, or observed.
    scales : (n,) array
    """

    forecasts: np.ndarray
    actual: np.ndarray
    scales: np.ndarray


def weights_of_mix(windows: Sequence[Missed]) -> np.ndarray:
    """Look for weights (M,) with about the smallest error by (1).

    Compared are weights where every member has a forecast, of those that have one anywhere.
    """
    n_members = len(windows[0].forecasts)
    has_any = np.any([~np.isnan(one.forecasts).all(axis=(1, 2)) for one in windows], axis=0)
    places = np.flatnonzero(has_any)
    pieces = [_comparable(one, places) for one in windows]
    weights = np.zeros(n_members)
    weights[places] = _descend(pieces, len(places)) / max(_PARTS * len(places), 1)
    return weights


class _Piece(NamedTuple):
    """Forecasts (M, k) of k values, in scales, what came, and what each counts."""

    forecasts: np.ndarray
    actual: np.ndarray
    shares: np.ndarray


def _comparable(window: Missed, places: np.ndarray) -> _Piece:
    n = window.actual.shape[1]
    chosen = np.unique(np.linspace(0, n - 1, min(n, _LOOKED_AT)).astype(np.int64))
    forecasts, actual = window.forecasts[places][:, :, chosen], window.actual[:, chosen]
    is_known = np.isfinite(actual) & np.isfinite(forecasts).all(axis=0)
    count = is_known.sum(axis=0)
    shares = (is_known / np.maximum(count, 1))[is_known]
    scales = np.broadcast_to(window.scales[chosen], actual.shape)[is_known]
    return _Piece(forecasts[:, is_known] / scales, actual[is_known] / scales, shares)


def _descend(pieces: Sequence[_Piece], n_members: int) -> np.ndarray:
    """Move parts from member to member until the error is about the smallest."""
    parts = np.full(n_members, _PARTS)
    way = [(_error(pieces, parts), parts)]
    while True:
        moves = [(_error(pieces, later), later) for later in _neighbours(way[-1][1])]
        best = min(moves, key=lambda move: move[0], default=way[-1])
        if not best[0] < way[-1][0] * (1.0 - _SMALLER):
            break
        way.append(best)
    near = way[-1][0] * (1.0 + _WITHIN)
    return next(parts for error, parts in way if error <= near)


def _neighbours(parts: np.ndarray) -> list[np.ndarray]:
    """Return the parts after one has gone from a member to another, for all pairs of them."""
    found = []
    for giver in np.flatnonzero(parts):
        for taker in range(len(parts)):
            if taker != giver:
                later = parts.copy()
                later[giver] -= 1
                later[taker] += 1
                found.append(later)
    return found


def _error(pieces: Sequence[_Piece], parts: np.ndarray) -> float:
    weights = parts / parts.sum()
    total = 0.0
    for one in pieces:
        missed = np.abs(one.actual - weights @ one.forecasts)
        total += float(one.shares @ np.minimum(missed, _MOST))
    return total
