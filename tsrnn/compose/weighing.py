"""Weights of members by their errors on values that were held back.

The last values of each series are forecast by members fitted to those before, in as many windows as
is asked. With E_m the mean absolute error of member m, in units of the mean absolute difference of
the values before at the lag of the season (of the held-back values too, where those before do not
change), and over all windows and series, the weights are

    w_m  proportional to  1 / E_m^2                                                     (1)

or 1 for the member with the smallest E_m, and 0 for the others. But members' errors do not say what
is best of their mix: where many series are pooled that is looked for itself, by what it would have
missed (`tsrnn.compose.mixing`). A few series would be taken too much at their word by that. A
series that tells nothing of the members has the weights of the others.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tsrnn._input.numbers import AnyInt
from tsrnn._input.ragged import offsets_of, rows_between
from tsrnn.compose.fit_members import FittedMembers, Named, fit_panel
from tsrnn.compose.mixing import Missed, weights_of_mix
from tsrnn.forecasting.fitted_model import Progress

# Without a horizon, what is held back: a season, or so many steps; at most this share of a series.
_STEPS, _SHARE = 6, 4

# The same of a horizon that was not given, but is that of a member.
_SHARE_OF_MEMBERS = 2

# Series from which on weights are those of the best mix.
_MANY = 30


@dataclass(frozen=True)
class Backtest:
    """Rules by which members are judged.

    Attributes
    ----------
    horizon : int or None
    n_windows : int
    period : int
    by_series : bool
        Whether each series has weights of its own.
    takes_best : bool
    is_given : bool
        Whether the horizon was asked for, and is not that of a member.
    """

    horizon: AnyInt | None
    n_windows: AnyInt
    period: int
    by_series: bool
    takes_best: bool
    is_given: bool = True

    def sizes(self, lengths: np.ndarray) -> np.ndarray:
        """Return how many steps are held back of series at a time."""
        if self.horizon and self.is_given:
            return np.minimum(self.horizon, lengths)
        share = _SHARE_OF_MEMBERS if self.horizon else _SHARE
        most = np.maximum(lengths // share, 1)
        return np.minimum(self.horizon or max(self.period, _STEPS), most)


@dataclass(frozen=True)
class HeldBack:
    """Hold what members say of values that were held back.

    Attributes
    ----------
    series : (n,) int array
        Those of which something was held back.
    before, size : (n,) int arrays
        How many values they have before, and in it.
    found : FittedMembers
        As they are after those before.
    missed : Missed
    """

    series: np.ndarray
    before: np.ndarray
    size: np.ndarray
    found: FittedMembers
    missed: Missed

    def errors(self) -> np.ndarray:
        """Return mean absolute errors (M, n), in units of the series."""
        forecasts, actual, units = self.missed
        errors = np.full((len(forecasts), len(self.series)), np.nan)
        for place, forecast in enumerate(forecasts):
            error = np.abs(actual - forecast) / units
            known = ~np.isnan(error)
            mean = np.where(known, error, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
            errors[place] = np.where(known.any(axis=0), mean, np.nan)
        return errors

    def unjudged(self, names: Sequence[str], are_there: np.ndarray) -> dict[int, str]:
        """Say of the first series which members forecast none here, and so have no weight."""
        is_silent = np.isnan(self.missed.forecasts).all(axis=(1, 2))
        reasons = {name: why for name, _, why in reversed(self.found.dropped)}
        lines = [
            f"the member {name!r} has no weight, for it cannot be fitted to what is before the "
            f"values held back: {reasons[name]}"
            for name, silent in zip(names, is_silent & are_there, strict=True)
            if silent and name in reasons
        ]
        return {int(self.series[0]): "; ".join(lines)} if lines else {}


class Weighed(NamedTuple):
    """Hold weights of members, and what they are from.

    Attributes
    ----------
    weights : (M, N) array
    n_windows, sizes : (N,) int arrays
        How many windows a member could be fitted before, and their steps.
    last : HeldBack or None
        The last window, if there is one.
    """

    weights: np.ndarray
    n_windows: np.ndarray
    sizes: np.ndarray
    last: HeldBack | None


def backtest_weights(
    how: Backtest,
    named: Named,
    panel: tuple[np.ndarray, np.ndarray, np.ndarray],
    n_jobs: int | None = None,
    progress: Progress | None = None,
) -> Weighed:
    """Weigh members by (1), or by what their mix would have missed.

    `panel` are the values of series, their offsets, and their regressors.
    """
    values, offsets, _ = panel
    lengths, n_members = np.diff(offsets), len(named)
    size = how.sizes(lengths)
    total = np.zeros((n_members, len(lengths)))
    count = np.zeros((n_members, len(lengths)))
    seen = np.cumsum(np.append(0, ~np.isnan(values)))
    last, missed = None, []
    for number in range(1, how.n_windows + 1):
        before = lengths - number * size
        starts = offsets[:-1]
        series = np.flatnonzero(seen[starts + np.maximum(before, 0)] - seen[starts] >= 2)
        if series.size:
            window = _hold_back(how.period, named, panel, series, before, size, n_jobs, progress)
            errors = window.errors()
            known = ~np.isnan(errors)
            total[:, series] += np.where(known, errors, 0.0)
            count[:, series] += known
            missed.append(window.missed)
            last = window if number == 1 else last
    errors = np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0.0)
    weights = _weights(errors, how)
    are_many = np.count_nonzero(~np.isnan(errors).any(axis=0)) >= _MANY
    if are_many and not (how.by_series or how.takes_best):
        weights = np.repeat(weights_of_mix(missed)[:, None], len(lengths), axis=1)
    return Weighed(weights, count.max(axis=0).astype(int), size, last)


def _hold_back(
    period: int,
    named: Named,
    panel: tuple[np.ndarray, np.ndarray, np.ndarray],
    series: np.ndarray,
    before: np.ndarray,
    size: np.ndarray,
    n_jobs: int | None,
    progress: Progress | None,
) -> HeldBack:
    """Forecast a window of some series by members fitted to what is before."""
    values, offsets, regressors = panel
    starts, before, size = offsets[:-1][series], before[series], size[series]
    rows = rows_between(starts, before)
    found = fit_panel(named, values[rows], offsets_of(before), regressors[rows], n_jobs, progress)
    ahead, own = rows_between(starts + before, size), offsets_of(size)
    horizon = int(size.max())
    actual = np.full((len(series), horizon), np.nan)
    actual[np.arange(horizon) < size[:, None]] = values[ahead]
    forecasts = np.full((len(named), horizon, len(series)), np.nan)
    for one in found.members:
        informed = one.with_regressors(regressors[ahead], own)
        forecasts[one.place][:, one.series] = informed.forecast(horizon, n_jobs)
    units = _units(values, starts, before, size, period)
    return HeldBack(series, before, size, found, Missed(forecasts, actual.T, units))


def _units(
    values: np.ndarray, starts: np.ndarray, before: np.ndarray, size: np.ndarray, period: int
) -> np.ndarray:
    """Return mean absolute differences at the lag of the season, or of 1, before windows.

    Of series that do not change before, they are those of the window too; 1 if there is none.
    """
    units = np.ones(len(starts))
    for i, (start, middle) in enumerate(zip(starts, starts + before, strict=True)):
        for stop, lag in itertools.product((middle, middle + size[i]), (period, 1)):
            y = values[start:stop]
            changes = np.abs(y[lag:] - y[:-lag])
            changes = changes[np.isfinite(changes) & (changes > 0.0)]
            if changes.size:
                units[i] = changes.mean()
                break
    return units


def _weights(errors: np.ndarray, how: Backtest) -> np.ndarray:
    """Weigh by (1): pooled over the series, or each by itself; equally where nothing is known."""
    known = ~np.isnan(errors)
    tells = known.any(axis=0)
    # Members that fail somewhere are compared where all can be.
    common = known.all(axis=0)
    known &= common if common.any() else True
    count = known.sum(axis=1, keepdims=True)
    pooled = np.where(known, errors, 0.0).sum(axis=1, keepdims=True) / np.maximum(count, 1)
    pooled = np.where(count > 0, pooled, np.nan)
    errors = np.where(tells & how.by_series, errors, pooled)
    if not tells.any():
        return np.full(errors.shape, 1.0 / len(errors))
    ranked = np.where(np.isnan(errors), np.inf, errors)
    best = ranked.min(axis=0)
    if how.takes_best:
        chosen = ranked.argmin(axis=0)
        return (np.arange(len(errors))[:, None] == chosen) * 1.0
    shares = np.where(ranked <= best, 1.0, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        # Relative to the best, for squares may be beyond numbers; errors of 0 take all weight.
        relative = np.where(np.isfinite(ranked) & (best > 0.0), (best / ranked) ** 2, shares)
    return relative / relative.sum(axis=0)


class Doubts(NamedTuple):
    """Hold what there is to know of the weights of series.

    Attributes
    ----------
    too_short : dict of int to str
        Why nothing of a series could be held back.
    lines : dict of int to str
        What to say of each series with doubts: of these, and of those with too few windows.
    """

    too_short: dict[int, str]
    lines: dict[int, str]

    @classmethod
    def of(
        cls, how: Backtest, n_windows: np.ndarray, sizes: np.ndarray, n_steps: np.ndarray
    ) -> Doubts:
        """Look at how many windows of what sizes there were."""
        too_short: dict[int, str] = {}
        lines: dict[int, str] = {}
        for i in np.flatnonzero(n_windows < how.n_windows).tolist():
            there = f"{n_steps[i]} time steps"
            asked = f"{how.n_windows} window(s) of {sizes[i]} steps (n_windows, horizon)"
            if n_windows[i]:
                lines[i] = f"of {asked}, {there} left {n_windows[i]} to weigh members by"
            else:
                too_short[i] = f"{there} are too few to hold back {asked}, and fit a member"
                lines[i] = f"{too_short[i]}: the weights are those of the others"
        return cls(too_short, lines)

    def notes(self, prefix: Callable[[int], str]) -> dict[int, tuple[Warning, ...]]:
        """Return them as notes of series."""
        return {i: (UserWarning(f"{prefix(i)}{line}"),) for i, line in self.lines.items()}
