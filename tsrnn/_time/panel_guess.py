"""A guess at the steps of series with gaps: those that most stamps, of all series, speak for.

The coarsest steps on which all stamps of a series lie are its own. They are believed where it has
rows enough, or its stamps follow each other step by step. Otherwise the steps that more than half
of the others have are taken, if its stamps lie on them.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tsrnn._input.ragged import counted, differences, extremes, offsets_of
from tsrnn._input.wording import Argument, Message, Rows
from tsrnn._time.find_grid import RARE_DAYS, rare_parts
from tsrnn._time.panel_grid import PanelGrid
from tsrnn._time.panel_search import fitting_parts, month_days, of_series
from tsrnn._time.rhythm import (
    BUSINESS_DAYS,
    COUNTS,
    DAYS,
    MONTHS_LONG,
    TIMES,
    Rhythm,
    rhythm_of,
    steps_from_first,
)
from tsrnn._time.stamps import Dates, StampCodec
from tsrnn._time.steps import Steps, business_days

# Rows from which on a series is believed to have the steps that all its stamps lie on: were every
# second step a gap by chance, seven steps in a row would be so once in 128 times.
ENOUGH = 8
# How unlikely it must be that no stamp lies on a weekend, were weekends days like others.
_UNLIKELY = np.log(1e-3)


def guessed_parts(
    ordinals: np.ndarray, offsets: np.ndarray, codec: StampCodec
) -> tuple[list[tuple[np.ndarray, Steps]], dict[int, Exception]]:
    """Find the steps of each series, counted from its first stamp; there may be gaps.

    Returns
    -------
    parts : list
        Parts of series, and how these go on.
    failures : dict
        Why the steps of series, by their position, are not clear.
    """
    lengths = np.diff(offsets)
    several = np.flatnonzero(lengths > 1)
    # A single stamp has no steps, and no gaps.
    kind = np.full(len(lengths), TIMES if isinstance(codec, Dates) else COUNTS)
    length = np.ones(len(lengths), dtype=np.int64)
    rare: list[tuple[np.ndarray, Steps]] = []
    failures: dict[int, Exception] = {}
    if several.size:
        found, rare, unclear = _several(*of_series(ordinals, offsets, several), codec)
        kind[several], length[several] = found.kind, found.length
        rare = [(several[series], steps) for series, steps in rare]
        for i in several[unclear].tolist():
            failures[i] = _unclear(ordinals[offsets[i] : offsets[i + 1]], codec)
    parts = steps_from_first(Rhythm(kind, length), ordinals, offsets, codec)
    return [*parts, *rare], failures


def _several(
    ordinals: np.ndarray, offsets: np.ndarray, codec: StampCodec
) -> tuple[Rhythm, list[tuple[np.ndarray, Steps]], np.ndarray]:
    """Find the steps of series of two stamps or more.

    Returns
    -------
    rhythm : Rhythm
    rare : list
        Parts of series with calendars of their own, which have no rhythm.
    unclear : array
        Positions of the series whose steps are not clear, which have none either.
    """
    n_rows = np.diff(offsets)
    parts, left = fitting_parts(ordinals, offsets, codec)
    rhythm = _of_parts(parts, len(n_rows), codec)
    rare: list[tuple[np.ndarray, Steps]] = []
    likely, is_vague = np.ones(len(n_rows), dtype=bool), np.zeros(len(n_rows), dtype=bool)
    surprise = np.zeros(len(n_rows))
    if left.size:
        rows = of_series(ordinals, offsets, left)
        own, likely[left], seldom = _coarsest(*rows, codec)
        is_vague[left], surprise[left] = _mark_weekdays(*rows, own, codec)
        rhythm.kind[left], rhythm.length[left] = own.kind, own.length
        rare, _ = rare_parts(ordinals, offsets, codec, left[seldom])
        for series, _ in rare:
            rhythm.kind[series], is_vague[series] = -1, False
    clear = (rhythm.kind >= 0) & likely & ~is_vague & ((n_rows > 2) | _is_usual(rhythm, codec))
    most = most_common(rhythm, np.flatnonzero(clear & (n_rows >= 3)))
    if most is not None:
        doubtful = np.flatnonzero(
            (rhythm.kind >= 0) & ~rhythm.is_as(*most) & ~(clear & (n_rows >= ENOUGH))
        )
        joining = doubtful[lie_on(most, *of_series(ordinals, offsets, doubtful), codec)]
        rhythm.kind[joining], rhythm.length[joining] = most
        clear[joining], is_vague[joining] = True, False
    if surprise[is_vague].sum() < _UNLIKELY:
        # Not one of them for itself, but all together they leave weekends out.
        rhythm.kind[is_vague], rhythm.length[is_vague] = BUSINESS_DAYS, 1
        clear |= is_vague & likely
    unclear = np.flatnonzero((rhythm.kind >= 0) & ~clear)
    rhythm.kind[unclear] = -1
    return rhythm, rare, unclear


def _is_usual(rhythm: Rhythm, codec: StampCodec) -> np.ndarray:
    """Tell which steps are those of calendars: two stamps five days apart say nothing of steps."""
    if not isinstance(codec, Dates):
        return rhythm.length == 1
    usual = {MONTHS_LONG: (1, 3, 12), DAYS: (codec.per_day, 7 * codec.per_day), BUSINESS_DAYS: (1,)}
    is_usual = rhythm.kind == TIMES
    for kind, lengths in usual.items():
        is_usual |= (rhythm.kind == kind) & np.isin(rhythm.length, lengths)
    return is_usual


def _of_parts(
    parts: Iterable[tuple[np.ndarray, Steps]], n_series: int, codec: StampCodec
) -> Rhythm:
    rhythm = Rhythm(np.full(n_series, -1), np.zeros(n_series, dtype=np.int64))
    for series, steps in parts:
        rhythm.kind[series], rhythm.length[series] = rhythm_of(steps, codec)
    return rhythm


def most_common(rhythm: Rhythm, series: np.ndarray) -> tuple[int, int] | None:
    """Return kind and length of the steps that more than half of some series have, if any do."""
    if not series.size:
        return None
    kinds, lengths = rhythm.kind[series], rhythm.length[series]
    for kind in np.unique(kinds).tolist():
        # More than half of some are their median, too.
        of_kind = lengths[kinds == kind]
        middle = np.partition(of_kind, len(of_kind) // 2)[len(of_kind) // 2]
        if 2 * np.count_nonzero(of_kind == middle) > len(series):
            return kind, int(middle)
    return None


def lie_on(
    steps: tuple[int, int], ordinals: np.ndarray, offsets: np.ndarray, codec: StampCodec
) -> np.ndarray:
    """Tell which series lie on such steps from their first stamps, with or without gaps."""
    n_series = len(offsets) - 1
    if n_series == 0:
        return np.zeros(0, dtype=bool)
    kind, length = steps
    if kind in (MONTHS_LONG, DAYS, BUSINESS_DAYS, TIMES) and not isinstance(codec, Dates):
        return np.zeros(n_series, dtype=bool)
    same = Rhythm(np.full(n_series, kind), np.full(n_series, length))
    grid = PanelGrid.of(codec, n_series, steps_from_first(same, ordinals, offsets, codec))
    on_grid = grid.places(counted(np.diff(offsets))[0], ordinals)[1]
    return np.logical_and.reduceat(on_grid, offsets[:-1])


def _coarsest(
    ordinals: np.ndarray, offsets: np.ndarray, codec: StampCodec
) -> tuple[Rhythm, np.ndarray, np.ndarray]:
    """Find the coarsest steps on which all stamps of each series lie, and whether they are likely.

    And the series that may have a rare calendar instead.

    The steps are likely where stamps follow each other by one such step somewhere; where that is
    never so, in longer series with steps below a week. Times within days must do so one time in
    four, for on seconds anything lies.
    """
    n_series, n_rows = len(offsets) - 1, np.diff(offsets)
    if not isinstance(codec, Dates):
        length, least, _ = _steps_between(ordinals, offsets)
        likely = (least == length) | (n_rows >= ENOUGH)
        return Rhythm(np.full(n_series, COUNTS), length), likely, np.zeros(n_series, dtype=bool)
    per_day = codec.per_day
    shown, same_clock = _by_day(ordinals, offsets, codec)
    kind = np.where(same_clock, DAYS, TIMES)
    length, least, often = _steps_between(shown, offsets)
    likely = (least == length) | ((n_rows >= ENOUGH) & (least < 7 * per_day))
    seldom = same_clock & (least >= RARE_DAYS * per_day)
    monthly = np.flatnonzero(least >= 28 * per_day)
    if monthly.size:
        found = month_days(*of_series(shown, offsets, monthly), per_day)
        months, least, _ = _steps_between(found.months, offsets_of(n_rows[monthly]))
        series, same = monthly[found.same], found.same
        seldom[series] = False
        kind[series], length[series] = MONTHS_LONG, months[same]
        likely[series] = ((least == months) | (n_rows[monthly] >= ENOUGH))[same]
    times = np.flatnonzero(kind == TIMES)
    if times.size:
        length[times], _, often = _steps_between(*of_series(ordinals, offsets, times))
        likely[times] = often >= 0.25
    return Rhythm(kind, length), likely, seldom


def _by_day(
    ordinals: np.ndarray, offsets: np.ndarray, codec: Dates
) -> tuple[np.ndarray, np.ndarray]:
    """Return what clocks show at ordinals, and the series whose stamps share a time of day.

    Where daylight saving leaves midnight out, the hour after it stands for that.
    """
    shown = codec.shown(ordinals)
    low, high = extremes(shown % codec.per_day, offsets)
    same = low == high
    if codec.tz is None or same.all():
        return shown, same
    first = shown - shown % codec.per_day + np.repeat(low, np.diff(offsets))
    agree = codec.instants(first) == ordinals
    left_out = np.logical_and.reduceat(agree, offsets[:-1])
    return np.where(np.repeat(left_out, np.diff(offsets)), first, shown), same | left_out


def _steps_between(
    values: np.ndarray, offsets: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the common divisor of the steps of each series, the least, and how often that is."""
    # The last row repeats the first step, which alters neither.
    steps = differences(values, offsets)
    divisor = np.gcd.reduceat(steps, offsets[:-1])
    n_rows = np.diff(offsets)
    is_one = steps == np.repeat(divisor, n_rows)
    is_one[offsets[1:] - 1] = False
    often = np.add.reduceat(is_one, offsets[:-1], dtype=np.int64) / (n_rows - 1)
    return divisor, extremes(steps, offsets)[0], often


def _mark_weekdays(
    ordinals: np.ndarray, offsets: np.ndarray, own: Rhythm, codec: StampCodec
) -> tuple[np.ndarray, np.ndarray]:
    """Make business days of days without a weekend, where that can be no chance.

    Returns
    -------
    is_vague : (n_series,) bool array
        Series without a weekend that might have had none by chance.
    surprise : (n_series,) array
        For these, the logarithm of the probability of that; else 0.
    """
    is_vague, surprise = np.zeros(len(own.kind), dtype=bool), np.zeros(len(own.kind))
    if not isinstance(codec, Dates):
        return is_vague, surprise
    series = np.flatnonzero(own.is_as(DAYS, codec.per_day))
    if not series.size:
        return is_vague, surprise
    rows, starts = of_series(codec.shown(ordinals), offsets, series)
    days = rows // codec.per_day
    none = extremes((days + 3) % 7, starts)[1] < 5
    series = series[none]
    first, last = days[starts[:-1]][none], days[starts[1:] - 1][none]
    weekdays = business_days(last) - business_days(first) + 1
    weekends = last - first + 1 - weekdays
    share = np.diff(starts)[none] / weekdays
    surprise[series] = weekends * np.log(1.0 - np.minimum(share, 0.98))
    sure = surprise[series] < _UNLIKELY
    own.kind[series[sure]], own.length[series[sure]] = BUSINESS_DAYS, 1
    # Within a week nothing is put into a weekend, and days they remain.
    is_vague[series[~sure & (weekends > 0)]] = True
    surprise[~is_vague] = 0.0
    return is_vague, surprise


def _unclear(ordinals: np.ndarray, codec: StampCodec) -> ValueError:
    """Say that the steps of a series have to be named, and which names there are."""
    stamps = codec.write(ordinals)
    advice = Message(
        "name them, as in {days} for days or {business} for business days",
        days=Argument("freq", "D"),
        business=Argument("freq", "B"),
    )
    if not isinstance(codec, Dates):
        advice = Message("name them, as in {one}", one=Argument("freq", 1))
    elif (codec.shown(ordinals) % codec.per_day != codec.shown(ordinals[:1]) % codec.per_day).any():
        advice = Message(
            "name them, as in {hours}, and where {rows} fall between them put these together, as "
            "in {days}, {sums}",
            hours=Argument("freq", "h"),
            rows=Rows(),
            days=Argument("freq", "D"),
            sums=Argument("aggregate", "sum"),
        )
    listed = ", ".join(map(str, stamps[:3])) + " and so on" * (len(stamps) > 3)
    return ValueError(
        Message(
            "on which steps its {n} time stamps, {listed}, have gaps is not clear: {advice}",
            n=len(stamps),
            listed=listed,
            advice=advice,
        )
    )
