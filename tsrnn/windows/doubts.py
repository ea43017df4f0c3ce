"""Doubts about forecasts: whether they beat repetition, and whether they run away from the data.

With a_t the one-step errors of a forecaster on a series, and n_t those of repeating the last value,
it is worse than that where the mean of |a_t| - |n_t| is above 0, by more than twice its standard
error, and the mean of a_t^2 above that of n_t^2: of a random walk, on which both are as good, half
of all fits would be told of otherwise.

A forecast leaves a series whose values lie in [low, high] where it comes to lie outside by more
than half of the range high - low. A series that rises, or falls, has cause to leave it: one whose
values and their times have a rank correlation of .7 or more. Its pace is the largest mean change a
step over a third of its length; in that direction it may leave by three times its pace a step,
where that is more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from tsrnn._input.ragged import Batch
from tsrnn.exceptions import UnreliableForecastWarning
from tsrnn.windows.seen import Seen
from tsrnn.windows.trends import trends

# Of the range, how far outside a forecast may lie.
_ROOM = 0.5

# How many times its pace a series that rises or falls may go on with.
_HASTE = 3.0

# A power of e that is still a number.
_LARGEST_POWER = 500.0

# Windows that are few for a network that is trained to go on from its own forecasts, and for
# members that are trained for a horizon: on series of 100 to 400 values, forecast at five origins
# each, the former lost to damped trends on three of five, the latter on one.
_FEW, _FEW_OF_MEMBERS = 1000, 50

# The share of series, at most, that others are read in other units for and it is told of.
_FEW_SERIES = 0.1

# Standard errors that a mean difference is above 0 by.
_CLEARLY = 2.0


@dataclass(frozen=True)
class Ranges:
    """The ranges of N series, and how fast those that rise or fall do.

    Attributes
    ----------
    low, high : (N,) arrays
    pace, growth : (N,) arrays
        A step; see `tsrnn.windows.trends`.
    zero : (N,) array
        Where 0 lies in the units of the others.
    """

    low: np.ndarray
    high: np.ndarray
    pace: np.ndarray
    growth: np.ndarray
    zero: np.ndarray

    @classmethod
    def of(cls, batch: Batch, zero: np.ndarray) -> Ranges:
        """Look at series with an observed value each, NaN where missing; `zero` as kept."""
        starts = batch.offsets[:-1]
        low = np.fmin.reduceat(batch.values, starts)
        high = np.fmax.reduceat(batch.values, starts)
        return cls(low, high, *trends(batch, zero), zero)

    def take(self, series: np.ndarray) -> Ranges:
        """Return those of the series at these positions."""
        return Ranges(
            self.low[series],
            self.high[series],
            self.pace[series],
            self.growth[series],
            self.zero[series],
        )

    def widened(self, values: np.ndarray, series: np.ndarray) -> Ranges:
        """Return the ranges after further values (R,), each of the series at a position."""
        low, high = self.low.copy(), self.high.copy()
        np.fmin.at(low, series, values)
        np.fmax.at(high, series, values)
        return replace(self, low=low, high=high)

    def left_by(self, forecast: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Tell how far forecasts (N, horizon) leave the series.

        Returns
        -------
        distance : (N,) array
            In ranges, the farthest that there is no cause to; 0 where they do not leave.
        step : (N,) array
            The first that has left, from 1.
        """
        steps = np.arange(1, forecast.shape[1] + 1)
        way = _HASTE * self.pace[:, None] * steps
        room = _ROOM * (self.high - self.low)[:, None]
        low, high = self.low[:, None], self.high[:, None]
        grown = np.expm1(np.minimum(self.growth[:, None] * steps, _LARGEST_POWER))
        bottom = low - np.maximum(room, -way)
        bottom = np.minimum(bottom, low - room - grown * (self.zero[:, None] - low).clip(0.0))
        top = high + np.maximum(room, way)
        top = np.maximum(top, high + room + grown * (high - self.zero[:, None]).clip(0.0))
        # Of a constant series a forecast that is off by rounding has not left it.
        rounding = 1e-9 * np.maximum(np.abs(low), np.abs(high))
        is_out = ~((forecast >= bottom - rounding) & (forecast <= top + rounding))
        outside = np.maximum(forecast - high, low - forecast)
        outside = np.where(is_out, np.where(np.isnan(outside), np.inf, outside), 0.0)
        whole = np.where(self.high > self.low, self.high - self.low, 1.0)
        return outside.max(axis=1) / whole, is_out.argmax(axis=1) + 1


_CURE = (
    "Take a longer window, another random_state or estimator, or a shorter horizon; and compare it "
    "with NaiveForecaster on values held back"
)


_CURE_OF_ERRORS = (
    "Take a longer window, another random_state, another estimator or one trained for longer, or "
    "NaiveForecaster"
)


def left_notes(
    ranges: Ranges, forecast: np.ndarray, cure: str | None = None
) -> dict[int, UnreliableForecastWarning]:
    """Say which forecasts (N, horizon) leave their series, by position, and what to do about it."""
    distance, step = ranges.left_by(forecast)

    def far(i: int) -> str:
        if not np.isfinite(distance[i]):
            return "has no finite value farther ahead"
        return f"comes to lie {distance[i]:.3g} times that range outside"

    return {
        i: UnreliableForecastWarning(
            f"the forecast runs away: it leaves the range of the series at step {step[i]}, and "
            f"{far(i)}. {cure or _CURE}"
        )
        for i in np.flatnonzero(distance > 0.0).tolist()
    }


def path_notes(ranges: Ranges, paths: np.ndarray) -> dict[int, UnreliableForecastWarning]:
    """Say of which series more than half of the paths (N, n_paths, horizon) leave, by position."""
    n_series, n_paths, horizon = paths.shape
    lanes = np.repeat(np.arange(n_series), n_paths)
    distance, _ = ranges.take(lanes).left_by(paths.reshape(-1, horizon))
    share = (distance.reshape(n_series, n_paths) > 0.0).mean(axis=1)
    return {
        i: UnreliableForecastWarning(
            f"the simulated paths run away: {100.0 * share[i]:.0f}% of them leave the range of "
            f"the series by more than half of it. {_CURE}"
        )
        for i in np.flatnonzero(share > 0.5).tolist()
    }


def naive_notes(
    batch: Batch, filled: np.ndarray, predictions: np.ndarray, cure: str | None = None
) -> dict[int, UnreliableForecastWarning]:
    """Say of which series one-step predictions are worse than the value before, by position.

    Parameters
    ----------
    batch : Batch
    filled : (R,) array
        Its values, with predictions in the place of missing ones.
    predictions : (R,) array
        NaN before there is a window.
    cure : str, optional
        What is to be done about it, where that is not for a regressor that was trained.
    """
    rows = np.flatnonzero(~np.isnan(batch.values) & ~np.isnan(predictions))
    series, n_series = batch.series_of_row[rows], batch.n_series
    own = np.abs(batch.values[rows] - predictions[rows])
    naive = np.abs(batch.values[rows] - filled[rows - 1])
    counts = np.maximum(np.bincount(series, minlength=n_series), 1)

    def mean(of_rows: np.ndarray) -> np.ndarray:
        return np.bincount(series, of_rows, minlength=n_series) / counts

    excess = mean(own - naive)
    spread = np.sqrt(mean((own - naive - excess[series]) ** 2) / np.maximum(counts - 1, 1))
    ratio = mean(own) / np.where(mean(naive) > 0.0, mean(naive), 1.0)
    # What is off by rounding alone is as good.
    size = np.maximum.reduceat(np.abs(np.nan_to_num(batch.values)), batch.offsets[:-1])
    is_worse = (excess > 1e-9 * size) & (excess > _CLEARLY * spread) & (counts > 1)
    # Of a series that is mostly 0 the last value has the smaller errors, but not in their squares.
    is_worse &= mean(own**2) > mean(naive**2)
    advice = f". {cure}" if cure else f": nothing was learned that helps. {_CURE_OF_ERRORS}"
    return {
        i: UnreliableForecastWarning(
            f"one-step errors on the series itself are {ratio[i]:.3g} times those of repeating the "
            f"last value, in the mean of their sizes{advice}"
        )
        for i in np.flatnonzero(is_worse).tolist()
    }


def of_most(notes: dict[int, UnreliableForecastWarning], n_series: int) -> dict[int, UserWarning]:
    """Return notes on the errors of members if they are on more than half of the series, or none.

    Members learn all steps to a horizon of all series together. By chance, and by what they are
    trained for, a quarter of the series may have larger errors one step ahead than repetition, and
    the same forecasts be far better than it farther ahead: that is nothing to act on.
    """
    return dict(notes) if 2 * len(notes) > n_series else {}


def value_notes(seen: Seen, *, is_raw: bool) -> dict[int, UserWarning]:
    """Say which series have outliers, or may have them at their ends, by position."""
    notes: dict[int, UserWarning] = dict(outlier_notes(seen.batch, seen.outliers, is_raw=is_raw))
    return both(notes, last_notes(seen.batch, seen.last))


def both(
    notes: Mapping[int, UserWarning], others: Mapping[int, UserWarning]
) -> dict[int, UserWarning]:
    """Return notes of two kinds; what both say of a series is one note of the latter's kind."""
    found = {**notes, **others}
    for i in notes.keys() & others.keys():
        found[i] = type(others[i])(f"{others[i]}. And {notes[i]}")
    return found


def last_notes(batch: Batch, rows: np.ndarray) -> dict[int, UserWarning]:
    """Say which series end in values, at these rows in order, far from all before, by position."""
    series, first, counts = np.unique(
        batch.series_of_row[rows], return_index=True, return_counts=True
    )
    notes: dict[int, UserWarning] = {}
    for i, row, n in zip(series.tolist(), rows[first].tolist(), counts.tolist(), strict=True):
        what = f"{batch.values[row]:.6g} in row {row - batch.offsets[i]}"
        one, several = f"the last value, {what}, lies", f"the last {n} values, from {what}, lie"
        notes[i] = UnreliableForecastWarning(
            f"{one if n == 1 else several} more than ten times as far from those before as all "
            "others do, and forecasts begin there, for it may be a new level: set to NaN what is "
            "an error"
        )
    return notes


def units_notes(batch: Batch, rows: np.ndarray) -> dict[int, UserWarning]:
    """Say that few series keep all of them from being read as ratios, by position.

    Parameters
    ----------
    batch : Batch
        As it came.
    rows : array
        Of values that are not positive, in order.
    """
    series, first = np.unique(batch.series_of_row[rows], return_index=True)
    if len(series) > _FEW_SERIES * batch.n_series:
        return {}
    return {
        i: UserWarning(
            f"it has values that are not positive, the first, {batch.values[row]:.6g}, in row "
            f"{row - batch.offsets[i]}, and so all {batch.n_series} series are read in standard "
            "deviations, where ratios to their levels may forecast the others better. Set to NaN "
            "what is an error; shift such a series above 0, leave it out or fit it apart; or set "
            "units='std' if this is meant"
        )
        for i, row in zip(series.tolist(), rows[first].tolist(), strict=True)
    }


def outlier_notes(
    batch: Batch, rows: np.ndarray, *, is_raw: bool
) -> dict[int, UnreliableForecastWarning]:
    """Say which series have outliers, at these rows in order, by position."""
    were_read = "read as they are" if is_raw else "read as if they lay nearer"
    series, first, counts = np.unique(
        batch.series_of_row[rows], return_index=True, return_counts=True
    )
    notes = {}
    for i, row, n in zip(series.tolist(), rows[first].tolist(), counts.tolist(), strict=True):
        step = row - batch.offsets[i]
        notes[i] = UnreliableForecastWarning(
            f"{n} of the values lie more than ten times as far from those around them as all "
            f"others do, the first, {batch.values[row]:.6g}, in row {step}. They are {were_read}; "
            "set to NaN what is an error"
        )
    return notes


def fallback_note() -> UnreliableForecastWarning:
    """Say that there was one window to train on."""
    return UnreliableForecastWarning(
        "there is one window with a value after it, too little to train on: what was fitted "
        "instead repeats the last value. Take a smaller window, or longer series or more of them"
    )


def few_note(n_windows: int, is_together: bool) -> UnreliableForecastWarning | None:
    """Say that our own networks were trained on too little, if that is so."""
    if n_windows >= (_FEW_OF_MEMBERS if is_together else _FEW):
        return None
    better = "" if is_together else "set horizon, for which several are trained, or "
    return UnreliableForecastWarning(
        f"trained on {n_windows} window(s), few enough for forecasts to be a matter of chance: "
        f"{better}take EnsembleForecaster(), whose methods need no more than a single series"
    )
