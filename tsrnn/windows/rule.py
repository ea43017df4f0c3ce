"""The rule by which the members of a forecaster of many series are chosen.

It knows the period m, the horizon h, how many values the series have, whether all are positive, and
how many have a season that the competitions' test finds. What was tried, and the figures, are in
`benchmarks/global_forecasts.py`: windows, units and kinds were chosen by the last one or two
horizons of the training parts of M3 and M4.

=====================  ============================  ================================
series                 windows                       members
=====================  ============================  ================================
without a season       2 h and 3 h in turn, no more  four dense networks, two GRUs;
                       than two thirds of the usual  the level is the last value
                       length
without a season, of   4 h and 5 h in turn           six dense networks
40 h values or more
with a season          m + h, or m + h / 2           three dense networks that read
                                                     the series as they are, the level
                                                     being the last season's mean, and
                                                     three of them adjusted
of a day's hours, or   14 m: two weeks               four dense networks in units of
parts of them, for                                   the standard deviation, which
three weeks or more                                  begin as the mean of yesterday
                                                     and of a week ago
=====================  ============================  ================================
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tsrnn.windows.members import MemberSpec
from tsrnn.windows.readings import Reading

# Units of a layer; there are two layers in dense networks, one in others.
_DENSE, _GRU = (128, 128), (32,)

# Samples of a member, at most.
_MOST_SAMPLES = 200_000

# Horizons that make a series a long one, and the share of its length that a window takes else.
_LONG, _SHARE = 40, 2.0 / 3.0

# Windows that are short enough for GRUs, which read them step by step, to take no more time.
_MOST_OF_GRU = 32

# Values before the first origin, where there is no season.
_LEAST = 4

# The share of series that a season is found in from which some members read adjusted ones.
_SEASONAL = 0.05

# Members, where their number is left to us.
N_MEMBERS, _OF_DAYS = 6, 4

# Periods that are parts of a day are multiples of this, and a week has so many days.
_HOURS, _DAYS = 24, 7


@dataclass(frozen=True)
class Series:
    """What the rule knows of series.

    Attributes
    ----------
    period, horizon : int
    length : int
        The median length.
    is_positive : bool
        Whether all values are.
    seasonal : float
        The share of series with a season.
    """

    period: int
    horizon: int
    length: int
    is_positive: bool
    seasonal: float


@dataclass(frozen=True)
class Wishes:
    """What the user has chosen; None is left to the rule.

    Attributes
    ----------
    window, n_members : int or None
    center, units : str or None
    seed : int
    """

    window: int | None
    n_members: int | None
    center: str | None
    units: str | None
    seed: int


def members_for(series: Series, wishes: Wishes) -> tuple[MemberSpec, ...]:
    """Return the members to train, by the rule and what the user has chosen."""
    m, h = series.period, series.horizon
    if m > 1 and m % _HOURS == 0 and series.length >= 3 * _DAYS * m:
        return _of_days(series, wishes)
    if m > 1:
        return _seasonal(series, wishes)
    window = wishes.window
    is_long = series.length >= _LONG * h
    most = max(int(_SHARE * series.length), _LEAST)
    windows = (5 * h, 4 * h) if is_long else (min(2 * h, most), min(3 * h, most))
    members = []
    for i in range(wishes.n_members or N_MEMBERS):
        T = max(window or windows[i % 2], 2)
        kind = "gru" if i % 3 == 2 and T <= _MOST_OF_GRU else "dense"
        members.append(_member(series, wishes, i, kind, T, is_adjusted=False, center="last"))
    return tuple(members)


def _seasonal(series: Series, wishes: Wishes) -> tuple[MemberSpec, ...]:
    m, h = series.period, series.horizon
    members = []
    for i in range(wishes.n_members or N_MEMBERS):
        is_adjusted = i % 2 == 1 and series.seasonal >= _SEASONAL and wishes.center is None
        T = wishes.window or (m + max(h // 2, 1) if i % 4 == 3 else m + h)
        center = "last" if is_adjusted else "season"
        members.append(
            _member(series, wishes, i, "dense", T, is_adjusted=is_adjusted, center=center)
        )
    return tuple(members)


def _of_days(series: Series, wishes: Wishes) -> tuple[MemberSpec, ...]:
    day, week = series.period, _DAYS * series.period
    T = wishes.window or 2 * week
    anchors = tuple(one for one in (day, week) if one + day <= T)
    return tuple(
        MemberSpec(
            "dense",
            _DENSE,
            T,
            series.horizon,
            Reading(wishes.units or "std", wishes.center or "season", day),
            False,
            "owa" if series.is_positive else "mase",
            8 * day,
            _MOST_SAMPLES,
            anchors,
            wishes.seed + i,
        )
        for i in range(wishes.n_members or _OF_DAYS)
    )


def _member(
    series: Series,
    wishes: Wishes,
    i: int,
    kind: str,
    window: int,
    *,
    is_adjusted: bool,
    center: str,
) -> MemberSpec:
    units = wishes.units or ("ratio" if series.is_positive else "std")
    m = series.period
    return MemberSpec(
        kind,
        _GRU if kind == "gru" else _DENSE,
        window,
        series.horizon,
        Reading(units, wishes.center or center, m),
        is_adjusted,
        "owa" if series.is_positive else "mase",
        _LEAST if m == 1 else 2 * m,
        _MOST_SAMPLES,
        (),
        wishes.seed + i,
    )
