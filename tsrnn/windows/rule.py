"""The rule by which the members of a forecaster of many series are chosen.

It knows the period m, the horizon h, how many values the series have, whether all are positive, and
how many have a season that the competitions' test finds. It was chosen by the last one or two
horizons of the training parts of M3's and M4's series.

- Without a season six members read windows of 2 h and 3 h in turn, but of no more than two thirds
  of the median length, nor a twelfth of the values of all series; of series of 40 h values or more,
  of 4 h and 5 h. The level is the last value. Every third is a GRU of 32 units where its window is
  no longer than 32, the others are dense networks of two layers of 128.
- With a season six dense networks read windows of m + h. They differ in what they read: the series
  as it is, from the mean of the last season or from the last value, in ratios to the level or in
  standard deviations; and the adjusted series, if one in twenty has a season.
- Where m is a day of hours, or of parts of them (a multiple of 24), and the median length three
  weeks, four dense networks read windows of two weeks from the mean of the last day, in standard
  deviations. They begin as the mean of yesterday and of a week ago.

Where not all values are positive there are no ratios to a level, and all units are standard
deviations; and the loss is that of the MASE, in place of the OWA's.

Where the user names kinds of members, these take the places of the rule's in turn, and read what
those would.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tsrnn._input.ragged import Batch
from tsrnn.windows.columns import NO_COLUMNS, ReadColumns
from tsrnn.windows.members import MemberSpec
from tsrnn.windows.readings import Reading
from tsrnn.windows.together import MembersSpec

# Units of a layer; there are two layers in dense networks, one in others.
_HIDDEN = {"dense": (128, 128), "gru": (32,), "lstm": (32,), "ridge": ()}

# Samples of a member, at most, and how many are looked at in training: of long windows more pay.
_MOST_SAMPLES, _LOOKED_AT, _LOOKED_AT_OF_DAYS = 200_000, 1_200_000, 2_400_000

# Horizons that make a series a long one, and the share of its length that a window takes else.
_LONG, _SHARE = 40, 2.0 / 3.0

# Values of all series together for each that a window reads. Of 12 weekly series of M4, 150 to 200
# values of each by itself, windows of 2 and 3 horizons of 13 to 40 steps forecast worse than
# repetition (MASE 5.0 and 9.2; 4.0 and 4.9), these about as well (4.3 and 4.7); and of walks the
# first of 100 steps lay a whole change off.
_PER_LAG = 12

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
class _Reads:
    """The series as a member reads them.

    Attributes
    ----------
    units, center : str
        Of its `Reading`.
    is_adjusted : bool
        Whether it reads adjusted series.
    is_early : bool
        Whether it begins before two seasons have been seen.
    """

    units: str
    center: str
    is_adjusted: bool = False
    is_early: bool = False


_PLAIN = _Reads("ratio", "last")

# In this order, so that fewer members are as unlike.
_SEASONAL_KINDS = (
    _Reads("ratio", "season"),
    _Reads("ratio", "last", is_adjusted=True, is_early=True),
    _Reads("std", "season"),
    _Reads("ratio", "season", is_adjusted=True),
    _Reads("ratio", "last"),
    _Reads("ratio", "last", is_adjusted=True),
)


@dataclass(frozen=True)
class Series:
    """Facts of series, as the rule knows them.

    Attributes
    ----------
    period, horizon : int
    length : int
        The median length.
    is_positive : bool
        Whether all values are.
    seasonal : float
        The share of series with a season.
    n_values : int
        Of all series together.
    """

    period: int
    horizon: int
    length: int
    is_positive: bool
    seasonal: float
    n_values: int


@dataclass(frozen=True)
class Wishes:
    """The choices of the user; None is left to the rule.

    Attributes
    ----------
    window, n_members : int or None
    center, units : str or None
    seed : int
    kinds : tuple of str or None
        Of members, in turn.
    """

    window: int | None
    n_members: int | None
    center: str | None
    units: str | None
    seed: int
    kinds: tuple[str, ...] | None = None

    def count(self, of_rule: int) -> int:
        """Return how many members there are: as many as kinds, where only these are given."""
        return self.n_members or len(self.kinds or ()) or of_rule

    def kind(self, i: int, of_rule: str) -> str:
        """Return the kind of the i-th member."""
        return self.kinds[i % len(self.kinds)] if self.kinds else of_rule


@dataclass(frozen=True)
class Rule:
    """The rule, with what is known before the series are.

    Attributes
    ----------
    period, horizon : int
    wishes : Wishes
    n_jobs : int or None
        Threads.
    columns : ReadColumns
        What is read beside the values.
    """

    period: int
    horizon: int
    wishes: Wishes
    n_jobs: int | None
    columns: ReadColumns = NO_COLUMNS

    def choose(self, batch: Batch, kinds: np.ndarray) -> MembersSpec:
        """Return the members for series, from their first values on, with seasons of these kinds.

        Raises
        ------
        ValueError
            If ratios are asked for of values that are not positive.
        """
        wrong = np.flatnonzero(batch.values <= 0.0)
        if wrong.size and self.wishes.units == "ratio":
            raise ValueError(_RATIOS)
        members = members_for(self._facts(batch, kinds), self.wishes)
        longest = max(one.window for one in members)
        if not self.columns.is_empty:
            members = tuple(replace(one, columns=self.columns) for one in members)
        if self.columns.known:
            longest += self.horizon - 1
        return MembersSpec(members, longest, self.period, self.n_jobs, self.columns)

    def is_kept_from_ratios(self, batch: Batch, kinds: np.ndarray) -> bool:
        """Tell whether values that are not positive keep members from reading ratios."""
        facts = self._facts(batch, kinds)
        otherwise = members_for(replace(facts, is_positive=True), self.wishes)
        return not facts.is_positive and any(one.reading.units == "ratio" for one in otherwise)

    def _facts(self, batch: Batch, kinds: np.ndarray) -> Series:
        return Series(
            self.period,
            self.horizon,
            int(np.median(batch.lengths)),
            not (batch.values <= 0.0).any(),
            float(np.mean([one is not None for one in kinds])),
            batch.values.size,
        )

    def keep(self, batch: Batch, spec: MembersSpec) -> MembersSpec:
        """Return the members that training goes on with, which other series were chosen for.

        Raises
        ------
        ValueError
            If something else is asked for now, or they do not go with the series.
        """
        wishes = self.wishes
        asked: dict[str, tuple[set, set]] = {"horizon": ({self.horizon}, {spec.n_ahead})}
        if wishes.n_members:
            asked["n_members"] = {wishes.n_members}, {len(spec.members)}
        if wishes.kinds:
            asked["members"] = set(wishes.kinds), {one.kind for one in spec.members}
        if wishes.window:
            asked["window"] = {wishes.window}, {one.window for one in spec.members}
        for name in ("center", "units"):
            wish = getattr(wishes, name)
            if wish:
                asked[name] = {wish}, {getattr(one.reading, name) for one in spec.members}
        for name, (now, before) in asked.items():
            if now != before:
                raise ValueError(
                    f"training cannot go on: members were trained with {name} "
                    f"{', '.join(map(str, sorted(before)))}, and what is asked for now is "
                    f"{', '.join(map(str, sorted(now)))}; set warm_start=False to start anew"
                )
        if (batch.values <= 0.0).any():
            if any(one.reading.units == "ratio" for one in spec.members):
                raise ValueError(f"{_RATIOS}, and warm_start=False to start anew")
        return replace(spec, n_jobs=self.n_jobs)


_RATIOS = "units='ratio' needs positive values, and there are others: set units='std' or 'auto'"


def members_for(series: Series, wishes: Wishes) -> tuple[MemberSpec, ...]:
    """Return the members to train, by the rule and what the user has chosen."""
    m, h = series.period, series.horizon
    if m > 1 and m % _HOURS == 0 and series.length >= 3 * _DAYS * m:
        return _of_days(series, wishes)
    if m > 1:
        return _seasonal(series, wishes)
    window = wishes.window
    is_long = series.length >= _LONG * h
    most = max(min(int(_SHARE * series.length), series.n_values // _PER_LAG), _LEAST)
    windows = (5 * h, 4 * h) if is_long else (min(2 * h, most), min(3 * h, most))
    members = []
    for i in range(wishes.count(N_MEMBERS)):
        T = max(window or windows[i % 2], 2)
        kind = "gru" if i % 3 == 2 and T <= _MOST_OF_GRU else "dense"
        members.append(_member(series, wishes, i, kind, T, _PLAIN))
    return tuple(members)


def _seasonal(series: Series, wishes: Wishes) -> tuple[MemberSpec, ...]:
    m, h = series.period, series.horizon
    kinds = [
        one
        for one in _SEASONAL_KINDS
        if not one.is_adjusted or (series.seasonal >= _SEASONAL and wishes.center is None)
    ]
    return tuple(
        _member(series, wishes, i, "dense", wishes.window or m + h, kinds[i % len(kinds)])
        for i in range(wishes.count(N_MEMBERS))
    )


def _of_days(series: Series, wishes: Wishes) -> tuple[MemberSpec, ...]:
    day, week = series.period, _DAYS * series.period
    T = wishes.window or 2 * week
    anchors = tuple(one for one in (day, week) if one + day <= T)
    kinds = [wishes.kind(i, "dense") for i in range(wishes.count(_OF_DAYS))]
    return tuple(
        MemberSpec(
            kind,
            _HIDDEN[kind],
            T,
            series.horizon,
            Reading(wishes.units or "std", wishes.center or "season", day),
            False,
            "owa" if series.is_positive else "mase",
            8 * day,
            _MOST_SAMPLES,
            _LOOKED_AT_OF_DAYS,
            anchors if kind == "dense" else (),
            wishes.seed + i,
        )
        for i, kind in enumerate(kinds)
    )


def _member(
    series: Series, wishes: Wishes, i: int, kind: str, window: int, reads: _Reads
) -> MemberSpec:
    units = wishes.units or (reads.units if series.is_positive else "std")
    m, kind = series.period, wishes.kind(i, kind)
    return MemberSpec(
        kind,
        _HIDDEN[kind],
        window,
        series.horizon,
        Reading(units, wishes.center or reads.center, m),
        reads.is_adjusted,
        "owa" if series.is_positive else "mase",
        _LEAST if m == 1 or reads.is_early else 2 * m,
        _MOST_SAMPLES,
        _LOOKED_AT,
        (),
        wishes.seed + i,
    )
