"""The length of the season of a series, by the steps between its time stamps.

Months have a season of 12 steps, quarters of 4, weeks of 52, days of 7, business days of 5, hours
of 24, half hours of 48, quarters of an hour of 96; whatever else has none. Weeks are in the list
because with 52 automatic selection had smaller errors on held-back values of M4's weekly series
than without a season (`benchmarks/season_length.py`).

Where there are no dates no season is taken, but a note tells of one that shows. It is looked for in
the differences of the series and in the series itself, less a line each and with outliers cut to
three deviations, at the lengths m of 4, 7, 12 and 24: by the test of the M competitions (see
`tsrnn.forecasting.season`) with r_k over as many products as there are at lag k,

    n >= 3 m   and   r_m > 2.8 sqrt((1 + 2 (r_1^2 + .. + r_{m-1}^2)) / n)               (1)

and only where r_m is a peak, larger than the r_k before and up to two lags after it. The limit is
above the competitions' 1.645 because eight such tests are made. In white noise, random walks,
lines and parabolas with noise, and walks under noise, of 24 to 1000 values each, it found a season
in at most 1.6 percent; in random walks of logarithms, whose changes grow, in up to 6 percent of
those of 1000 values. The script named above counts them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from tsrnn._input.wording import Argument, Message, Phrase

_offsets = pd.tseries.offsets

_OF_MONTHS = {1: (12, "monthly data"), 3: (4, "quarterly data"), 12: (1, "yearly data")}
_NANOSECONDS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9}
_NANOSECONDS |= {"h": 3600 * 10**9, "D": 86_400 * 10**9, "W": 7 * 86_400 * 10**9}
_OF_TIMES = {
    _NANOSECONDS["W"]: (52, "weekly data"),
    _NANOSECONDS["D"]: (7, "daily data"),
    _NANOSECONDS["h"]: (24, "hourly data"),
    30 * _NANOSECONDS["m"]: (48, "half-hourly data"),
    15 * _NANOSECONDS["m"]: (96, "quarter-hourly data"),
}
# Months that begin or end on business days are months.
_MONTHS = {
    1: (
        _offsets.MonthBegin,
        _offsets.MonthEnd,
        _offsets.BusinessMonthBegin,
        _offsets.BusinessMonthEnd,
        _offsets.CustomBusinessMonthBegin,
        _offsets.CustomBusinessMonthEnd,
    ),
    3: (
        _offsets.QuarterBegin,
        _offsets.QuarterEnd,
        _offsets.BQuarterBegin,
        _offsets.BQuarterEnd,
    ),
    12: (_offsets.YearBegin, _offsets.YearEnd, _offsets.BYearBegin, _offsets.BYearEnd),
}

SET = Phrase("set")
GIVE_DATES = Phrase("give y dates as its index")

_USUAL = (4, 7, 12, 24)

# A season of more steps than a year has hours is a slip, unless the series is longer.
LONGEST = 10_000
_CRITICAL = 2.8
# A length is taken for another that divides it only where it shows that much better.
_BETTER = 1.25


@dataclass(frozen=True)
class Season:
    """The season of a series, as its time stamps tell of it.

    Attributes
    ----------
    period : int
        Steps of a season; 1 for none.
    data : str
        What steps of that length are called; empty where no dates say how long they are.
    is_short : bool
        Whether the series has fewer than two full periods.
    """

    period: int
    data: str
    is_short: bool = False

    @property
    def taken(self) -> int:
        """The period to take: a season is not looked for in fewer than two of them."""
        return 1 if self.is_short else self.period

    def among(self, n_observed: int) -> Season:
        """Return the season of a series with so many values."""
        is_short = n_observed < 2 * self.period and self.period > 1
        return replace(self, is_short=True) if is_short else self


NO_DATES = Season(1, "")


def season_of_months(months: int) -> Season:
    """Return the season of steps of so many months."""
    return Season(*_OF_MONTHS.get(months, (1, f"data of every {months} months")))


def season_of_time(step: np.timedelta64) -> Season:
    """Return the season of steps of a length of time."""
    unit, count = np.datetime_data(step.dtype)
    return _season_of_nanoseconds(int(step.astype(np.int64)) * count * _NANOSECONDS[unit])


def _season_of_nanoseconds(total: int) -> Season:
    """Return the season of steps of any length: millennia, too, which no Timedelta holds."""
    days, rest = divmod(total, _NANOSECONDS["D"])
    words = pd.Timedelta(total) if rest and days < 36_500 else f"{days} days"
    return Season(*_OF_TIMES.get(total, (1, f"data of every {words}")))


def season_of_offset(offset: pd.tseries.offsets.BaseOffset, n: int | None = None) -> Season:
    """Return the season of steps by a pandas offset, or of `n` times such an offset."""
    n = offset.n if n is None else n
    for months, kinds in _MONTHS.items():
        if isinstance(offset, kinds):
            return season_of_months(n * months)
    if isinstance(offset, _offsets.BusinessDay) and n == 1:
        return Season(5, "data of business days")
    if isinstance(offset, _offsets.Week):
        return _season_of_nanoseconds(n * _NANOSECONDS["W"])
    if isinstance(offset, _offsets.Day):  # in pandas 2 a Tick, too
        return _season_of_nanoseconds(n * _NANOSECONDS["D"])
    if isinstance(offset, _offsets.Tick):
        return _season_of_nanoseconds(n * offset.base.nanos)
    if type(offset) is pd.DateOffset:
        if offset.kwds.keys() <= {"years", "months"}:
            months = 12 * offset.kwds.get("years", 0) + offset.kwds.get("months", 0)
            return season_of_months(n * months)
        if offset.kwds.keys() <= {"weeks", "days", "hours", "minutes", "seconds"}:
            return _season_of_nanoseconds(n * pd.Timedelta(**offset.kwds).value)
    return Season(1, f"data of every {offset.freqstr}")


def season_in_words(period: int, season: Season) -> str:
    """Say which period was taken, and by what."""
    steps = "none" if period == 1 else f"{period} steps"
    return f"{steps} ({season.data or 'rows are numbered, not dated'})"


def refuse_longer(period: int, n_steps: int) -> None:
    """Refuse a season that a series of so many steps does not hold once.

    So nothing of the size of a slip is made.

    Raises
    ------
    ValueError
    """
    if period > n_steps:
        raise ValueError(
            Message(
                "period is {period}, but the series has {n_steps} time steps: a season that long "
                "cannot be told; give the number of time steps in a season, such as 12 for months, "
                "a longer series, or {auto}",
                period=period,
                n_steps=n_steps,
                auto=Argument("period", "auto"),
            )
        )


def short_note(season: Season, name: str, n_observed: int, would_take: bool) -> UserWarning:
    """Say that a season is not looked for in a series because it is too short.

    `would_take` tells whether it is taken where it is given.
    """
    advice = ". {taken} takes one all the same" if would_take else ""
    return UserWarning(
        Message(
            "{name} has {n} observed values, fewer than two full periods of {period} ({data}): no "
            "season is looked for" + advice,
            name=name,
            n=n_observed,
            period=season.period,
            data=season.data,
            taken=Argument("period", season.period),
        )
    )


def longest_note(season: Season, name: str, n_observed: int, longest: str) -> UserWarning:
    """Say that a series has a season that it is too short for, which is that of a longer one."""
    return UserWarning(
        f"{name} has {n_observed} observed values, fewer than two full periods of {season.period} "
        f"({season.data}), the season of {longest}"
    )


def steps_since_first(values: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Return how many steps series have from their first value on, (n_series,); 0 without any.

    Parameters
    ----------
    values : (n_rows,) array
        Series i is `values[offsets[i]:offsets[i + 1]]`; NaN where missing.
    offsets : (n_series + 1,) int64 array
    """
    observed = np.append(np.flatnonzero(~np.isnan(values)), len(values))
    first = observed[np.searchsorted(observed, offsets[:-1])]
    return np.maximum(offsets[1:] - first, 0)


def found_note(name: str, period: int, n_more: int = 0) -> UserWarning:
    """Say that a series without dates, and so many others, have a season."""
    more = f", as in {n_more} more of y" if n_more else ""
    return UserWarning(
        Message(
            "{name} has no dates to tell its season by, but its autocorrelation speaks of one of "
            "{period} steps{more}: {set_} {taken}, or {give_dates}",
            name=name,
            period=period,
            more=more,
            set_=SET,
            taken=Argument("period", period),
            give_dates=GIVE_DATES,
        )
    )


def unseen_note(name: str, positions: np.ndarray, period: int) -> UserWarning:
    """Say at which positions of its season a series was never observed."""
    listed = ", ".join(map(str, positions[:5])) + (" and so on" if len(positions) > 5 else "")
    return UserWarning(
        f"{name} was never observed at {len(positions)} of the {period} positions of its season, "
        f"counted from 0 in the first row: {listed}. What is forecast there is a guess, and its "
        "interval may be too narrow"
    )


def unseen_positions(
    values: np.ndarray, offsets: np.ndarray, periods: np.ndarray
) -> dict[int, np.ndarray]:
    """Return by series the positions of its season, from 0, at which there is no value.

    Parameters
    ----------
    values : (n_rows,) array
        Series i is `values[offsets[i]:offsets[i + 1]]`; NaN where missing.
    offsets : (n_series + 1,) int64 array
    periods : (n_series,) int64 array
    """
    gappy = np.logical_or.reduceat(np.isnan(values), offsets[:-1])
    unseen = {}
    for i in np.flatnonzero((periods > 1) & (gappy | (np.diff(offsets) < periods))).tolist():
        observed = np.flatnonzero(~np.isnan(values[offsets[i] : offsets[i + 1]]))
        positions = np.setdiff1d(np.arange(periods[i]), observed % periods[i])
        if positions.size:
            unseen[i] = positions
    return unseen


def seasons_found(values: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Look for seasons in series without dates by (1), (n_series,): 0 where none shows.

    Parameters
    ----------
    values : (n_rows,) array
        Series i is `values[offsets[i]:offsets[i + 1]]`; NaN where missing.
    offsets : (n_series + 1,) int64 array
    """
    place = np.arange(len(values)) - np.repeat(offsets[:-1], np.diff(offsets))
    change = np.full(len(values), np.nan)
    # Halves, for the difference of what a float can hold may be beyond it.
    change[1:] = 0.5 * values[1:] - 0.5 * values[:-1]
    change[place == 0] = np.nan
    in_changes = _peaks(change, offsets, place, from_lag=2)  # noise makes r_1 of these negative
    in_values = _peaks(values, offsets, place, from_lag=1)
    return np.where(in_changes > 0, in_changes, in_values)


def _peaks(values: np.ndarray, offsets: np.ndarray, place: np.ndarray, from_lag: int) -> np.ndarray:
    """Return the length whose autocorrelation is a peak by (1); 0 where there is none."""
    starts, lengths = offsets[:-1], np.diff(offsets)
    owner = np.repeat(np.arange(len(starts)), lengths)
    seen = ~np.isnan(values)
    n_seen = np.add.reduceat(seen, starts, dtype=float)
    rest = _without_line(values, seen, place, owner, starts)
    size = 3.0 * np.sqrt(0.5 * np.pi) * _ratio(np.add.reduceat(np.abs(rest), starts), n_seen)
    rest = np.clip(rest, -size[owner], size[owner])
    rest = _without_line(np.where(seen, rest, np.nan), seen, place, owner, starts)
    variance = np.add.reduceat(rest**2, starts)
    correlations = [np.ones(len(starts))]
    for lag in range(1, max(_USUAL) + 3):
        far = place >= lag
        products, pairs = np.zeros(len(values)), np.zeros(len(values))
        np.multiply(rest[lag:], rest[:-lag], out=products[lag:], where=far[lag:])
        np.multiply(seen[lag:], seen[:-lag], out=pairs[lag:], where=far[lag:])
        product, n_pairs = np.add.reduceat(products, starts), np.add.reduceat(pairs, starts)
        correlations.append(_ratio(product * n_seen, variance * n_pairs))
    r = np.array(correlations)
    found, height = np.zeros(len(starts), dtype=np.int64), np.zeros(len(starts))
    for m in _USUAL:
        limit = _CRITICAL * np.sqrt(_ratio(1.0 + 2.0 * np.sum(r[1:m] ** 2, axis=0), n_seen))
        around = np.concatenate([r[from_lag:m], r[m + 1 : m + 3]]).max(axis=0)
        better = (n_seen >= 3 * m - 1) & (r[m] > limit) & (r[m] > around)
        better &= r[m] > _BETTER * height
        found[better], height[better] = m, r[m][better]
    return found


def _without_line(
    values: np.ndarray, seen: np.ndarray, place: np.ndarray, owner: np.ndarray, starts: np.ndarray
) -> np.ndarray:
    """Take the least-squares line off each series, in units of its largest value; 0 if missing."""

    def mean(numbers: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return _ratio(np.add.reduceat(numbers, starts), np.add.reduceat(weights, starts))[owner]

    y = np.where(seen, values, 0.0)
    y = _ratio(y, np.maximum.reduceat(np.abs(y), starts)[owner])
    n = seen.astype(float)
    time = np.where(seen, place - mean(place * n, n), 0.0)
    y = np.where(seen, y - mean(y, n), 0.0)
    return y - mean(time * y, time**2) * time


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Divide; 0 where there is nothing to divide by."""
    shape = np.broadcast_shapes(np.shape(numerator), np.shape(denominator))
    return np.divide(numerator, denominator, out=np.zeros(shape), where=denominator > 0.0)
