"""Readings of series step by step, each made of the values up to there, and units of forecasts.

With y_1 .. y_t the values so far, m the period, and missing ones filled by those of a season
before, or by the last one in the first season, the unit of step t is the mean change over a season
so far,

    s_t = (1 - w) mean |y_i - y_{i-1}| + w mean |y_i - y_{i-m}|,  w = min(1, n_m / m),          (1)

with n_m the number of known changes over a season: so it passes from the one to the other during
the second season. Beyond `memory` changes the means forget, each change then weighing 1 / memory.
The anchor of a forecast h steps ahead is the seasonal naive forecast, or y_t before a season and a
value have been seen and where m = 1; and what a network says is

    o_h = (y_{t+h} - anchor_{t,h}) / (s_t sqrt h),                                              (2)

cut off at +-20 in training. It reads, with clip(.) cut off at +-8,

    clip((y_t - y_{t-1}) / s_t) / 1.5,  clip((y_t - y_{t-m}) / s_t) / 1.5 where m > 1,
    3 log(s_t / s_{t-1}),  log(mean |y| / s_t) / 3,  log(t) / 4,  log(.05 + e_t),               (3)
    log(m) / 4,  min(t / m, 2) / 2,  whether y_t is missing

with e_t the smoothed size of changes in units; and of a season, for each step ahead up to
`n_pattern`, with a_h the anchor and b_h the value a season before that,

    asinh((a_h - y_t) / s_t),  asinh((b_h - y_t) / s_t),  clip((a_h - b_h) / s_t) / 1.5,
    clip((p_h + mean_t - a_h) / s_t) / 1.5                                                      (4)

with mean_t the mean of the last m values, and p_h the profile at that place of the season: the mean
of y_i - mean_i there, over about six seasons, for last year's value by itself is a noisy anchor.
All are 0 as long as they are not known; and there are numbers of the series that are the same at
every step. A series that has been constant so far has no unit: what depends on it is 0, it is not
trained on, and its forecasts are its anchors. So what is read, and what is said in units, is the
same of a series in any unit of measurement; and, without the level in (3), of one that has been
shifted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tsrnn._compute.compile import kernel, kernel_of_both
from tsrnn._compute.declare import Integers, OwnSlab, Slab, Vector, code_of, inlined, writable
from tsrnn._input.ragged import offsets_of, rows_between

# Numbers of (3), and the numbers for each step ahead of (4).
_PLAIN, _OF_STEP = 9, 4

# Where changes in units are cut off, and what they are divided by.
_MOST, _SPREAD = 8.0, 1.5

# Where targets are cut off, in units.
_FARTHEST = 20.0

# The share of the last change in e_t, and what is added to it before its logarithm.
_NEW, _ROOM = 0.2, 0.05

# Columns of a state's numbers: values so far, known changes of a step and of a season with their
# means, values in the mean size, that mean, e_t, s_t, whether the last value was known, and the sum
# of the last m values.
_N, _N_STEP, _STEP, _N_SEASON, _SEASON, _N_LEVEL, _LEVEL, _SIZE, _UNIT, _KNOWN = range(10)
_TOTAL = 10
N_NUMBERS = 11

# Columns of a state's ring, in periods.
RING_SEASONS = 5

# Seasons that a profile is a mean of.
_SEASONS = 6.0


@dataclass(frozen=True)
class SeriesBatch:
    """Series of unequal lengths, each with a period of its own.

    Attributes
    ----------
    values : (R,) float64 array
        NaN where missing. Series i is rows offsets[i]:offsets[i + 1].
    offsets : (N + 1,) int64 array
    periods : (N,) int64 array
        1 where there is no season.
    static : (N, k) float64 array
        What is read of a series at every step.
    """

    values: np.ndarray
    offsets: np.ndarray
    periods: np.ndarray
    static: np.ndarray

    @classmethod
    def of(
        cls,
        series: Sequence[np.ndarray],
        periods: int | np.ndarray = 1,
        static: np.ndarray | None = None,
    ) -> SeriesBatch:
        """Lay series (T_i,) one after the other.

        Parameters
        ----------
        series : sequence of N arrays
        periods : int or (N,) int array
        static : (N, k) array, optional
        """
        n = len(series)
        values = np.concatenate([np.asarray(one, float) for one in series]) if n else np.empty(0)
        return cls(
            values,
            offsets_of(np.array([len(one) for one in series], dtype=np.int64)),
            np.array(np.broadcast_to(periods, n), dtype=np.int64),
            np.zeros((n, 0)) if static is None else np.asarray(static, float),
        )

    @property
    def n_series(self) -> int:
        """The number of series (N)."""
        return len(self.offsets) - 1

    @property
    def lengths(self) -> np.ndarray:
        """Steps of each series, (N,)."""
        return np.diff(self.offsets)

    def take(self, series: np.ndarray) -> SeriesBatch:
        """Return the series at these positions."""
        lengths = self.lengths[series]
        rows = rows_between(self.offsets[:-1][series], lengths)
        return SeriesBatch(
            self.values[rows], offsets_of(lengths), self.periods[series], self.static[series]
        )


@dataclass(frozen=True)
class Stretches:
    """Stretches of series: what is read, and up to where values are known to be forecast.

    Attributes
    ----------
    values : (R,) array
        Of all series.
    starts, stops, limits : (n,) int arrays
        Rows: the first that is read, the one after the last, and the one after the last that is a
        target.
    periods : (n,) int array
    static : (n, k) array
    """

    values: np.ndarray
    starts: np.ndarray
    stops: np.ndarray
    limits: np.ndarray
    periods: np.ndarray
    static: np.ndarray

    @classmethod
    def of(cls, series: SeriesBatch) -> Stretches:
        """Return whole series."""
        starts, stops = series.offsets[:-1], series.offsets[1:]
        return cls(series.values, starts, stops, stops, series.periods, series.static)

    @property
    def offsets(self) -> np.ndarray:
        """Return where each begins among the rows that are read, and the end, (n + 1,)."""
        return offsets_of(self.stops - self.starts)


@dataclass(frozen=True)
class ReadingState:
    """State of the reading of N series: all that is needed to read on.

    Attributes
    ----------
    ring : (N, 5 M) array
        Of two seasons the values, value number t in column t modulo 2 m, and in as many columns
        after them whether each was known; then the profile.
    numbers : (N, 11) array
    periods : (N,) int array
    static : (N, k) array
    """

    ring: np.ndarray
    numbers: np.ndarray
    periods: np.ndarray
    static: np.ndarray

    @property
    def n_series(self) -> int:
        """The number of series (N)."""
        return len(self.periods)

    def take(self, series: np.ndarray) -> ReadingState:
        """Return the states of the series at these positions."""
        return ReadingState(
            self.ring[series], self.numbers[series], self.periods[series], self.static[series]
        )


@dataclass(frozen=True)
class Read:
    """Series as they were read, steps one series after the other.

    Attributes
    ----------
    inputs : (R, p) array
    ahead : (R, 2) float64 array
        The anchor of the next value, NaN before the first one, and the unit s.
    targets : (R, 2 H) array
        Of (2), NaN where the value is missing, where it is not known yet and where there is no
        unit; then the anchors in the same units, 0 where there is none. No rows if nobody asked.
    offsets : (N + 1,) int array
    state : ReadingState
        After the last step.
    """

    inputs: np.ndarray
    ahead: np.ndarray
    targets: np.ndarray
    offsets: np.ndarray
    state: ReadingState


@dataclass(frozen=True)
class Reading:
    """A way to read series, and to say how they go on.

    Attributes
    ----------
    horizon : int
        Steps ahead (H).
    most_period : int
        The longest period.
    n_pattern : int
        Steps ahead of which the last seasons are read, (4).
    n_static : int
        Numbers that are read of a series at every step.
    memory : float
        Changes that the unit is a mean of, about; infinite for all so far.
    reads_level : bool
        Whether the size of values in units is read.
    """

    horizon: int
    most_period: int = 1
    n_pattern: int = 0
    n_static: int = 0
    memory: float = math.inf
    reads_level: bool = True

    @property
    def n_inputs(self) -> int:
        """Numbers that are read at a step (p)."""
        return _PLAIN + self.n_static + _OF_STEP * self.n_pattern

    def begin(self, periods: np.ndarray, static: np.ndarray) -> ReadingState:
        """Return the states of series of which nothing has been read.

        Parameters
        ----------
        periods : (N,) int array
        static : (N, n_static) array

        Raises
        ------
        ValueError
            If a period is too long, or there are other numbers of the series than are read.
        """
        n = len(periods)
        if n and (periods.min() < 1 or periods.max() > self.most_period):
            raise ValueError(
                f"periods must be from 1 to {self.most_period}, got {periods.min()} to "
                f"{periods.max()}"
            )
        if static.shape != (n, self.n_static):
            raise ValueError(f"static must have shape ({n}, {self.n_static}), got {static.shape}")
        return ReadingState(
            np.zeros((n, RING_SEASONS * self.most_period)),
            np.zeros((n, N_NUMBERS)),
            periods,
            static,
        )

    def read(
        self,
        stretches: Stretches,
        state: ReadingState | None = None,
        *,
        has_targets: bool = False,
        dtype: np.dtype | type = np.float32,
    ) -> Read:
        """Read stretches of series, from the states before them.

        Parameters
        ----------
        stretches : Stretches
        state : ReadingState, optional
            That of series of which nothing has been read where there is none; it is not written to.
        has_targets : bool
        dtype : dtype
            float32 or float64.
        """
        if state is None:
            state = self.begin(stretches.periods, stretches.static)
        offsets = stretches.offsets
        n_rows = int(offsets[-1])
        after = ReadingState(state.ring.copy(), state.numbers.copy(), state.periods, state.static)
        inputs, ahead = np.zeros((n_rows, self.n_inputs), dtype), np.empty((n_rows, 2))
        targets = np.empty((n_rows if has_targets else 0, 2 * self.horizon), dtype)
        _read[code_of(inputs.dtype)](
            _Places(
                writable(stretches.values),
                np.ascontiguousarray(stretches.starts),
                np.ascontiguousarray(stretches.stops),
                np.ascontiguousarray(stretches.limits),
                writable(state.periods),
                np.ascontiguousarray(state.static),
            ),
            _Kept(after.ring, after.numbers),
            self.horizon,
            self.n_pattern,
            float(self.memory),
            self.reads_level,
            inputs,
            ahead,
            targets,
        )
        return Read(inputs, ahead, targets, offsets, after)

    def anchors(self, state: ReadingState, n_ahead: int | None = None) -> np.ndarray:
        """Return the anchors of the next steps, (N, H)."""
        anchors = np.empty((state.n_series, self.horizon if n_ahead is None else n_ahead))
        kept = _Kept(writable(state.ring), writable(state.numbers))
        _anchors(writable(state.periods), kept, anchors)
        return anchors

    def units(self, state: ReadingState) -> np.ndarray:
        """Return the units s of the states, (N,); 0 of series that have been constant."""
        return state.numbers[:, _UNIT]

    def unit_of_steps(self, units: np.ndarray, n_ahead: int | None = None) -> np.ndarray:
        """Return the units of forecasts, s sqrt h, (N, H), given s (N,)."""
        steps = np.arange(1, (self.horizon if n_ahead is None else n_ahead) + 1)
        return units[:, None] * np.sqrt(steps)


class _Places(NamedTuple):
    values: Vector
    starts: Integers
    stops: Integers
    limits: Integers
    periods: Integers
    static: Slab


class _Kept(NamedTuple):
    ring: Slab
    numbers: Slab


@kernel_of_both
def _read(
    places: _Places,
    kept: _Kept,
    horizon: int,
    n_pattern: int,
    memory: float,
    reads_level: bool,
    inputs: OwnSlab,
    ahead: Slab,
    targets: OwnSlab,
):
    row = 0
    for i in range(places.starts.shape[0]):
        m = places.periods[i]
        for place in range(places.starts[i], places.stops[i]):
            y = places.values[place]
            now = _take_in(y, m, kept.ring, kept.numbers, i, memory, inputs, row)
            n, unit = int(kept.numbers[i, _N]), kept.numbers[i, _UNIT]
            ahead[row, 0], ahead[row, 1] = math.nan, unit
            if n > 0:
                ahead[row, 0] = _anchor(n, m, 1, kept.ring, i)
                _write_numbers(m, kept.numbers, i, reads_level, inputs, row)
                if m > 1 and n > m and unit > 0.0:
                    _write_patterns(now, unit, n, m, n_pattern, kept, i, inputs, row)
            for k in range(places.static.shape[1]):
                inputs[row, _PLAIN + _OF_STEP * n_pattern + k] = places.static[i, k]
            if targets.shape[0] > 0:
                for h in range(1, horizon + 1):
                    value, anchor = math.nan, 0.0
                    if n > 0 and unit > 0.0:
                        step = unit * math.sqrt(h)
                        anchor = _anchor(n, m, h, kept.ring, i)
                        if place + h < places.limits[i]:
                            value = (places.values[place + h] - anchor) / step
                            if value > _FARTHEST:
                                value = _FARTHEST
                            if value < -_FARTHEST:
                                value = -_FARTHEST
                        anchor /= step
                    targets[row, h - 1] = value
                    targets[row, horizon + h - 1] = anchor
            row += 1


@inlined
def _take_in(y, m, ring, numbers, i, memory, inputs, row):
    """Take a value in, write what is read of its changes, and return it or what fills its place."""
    n, n_ring = int(numbers[i, _N]), 2 * m
    is_known = y == y
    inputs[row, 8] = 0.0 if is_known else 1.0
    if n == 0 and not is_known:
        return 0.0
    before = numbers[i, _UNIT]
    change, of_season, has_change = 0.0, 0.0, False
    if n > 0:
        last = ring[i, (n - 1) % n_ring]
        if not is_known:
            y = ring[i, (n - m) % n_ring] if n >= m else last
        change = y - last
        if is_known and numbers[i, _KNOWN] > 0.0:
            has_change = True
            numbers[i, _N_STEP] += 1.0
            share = min(numbers[i, _N_STEP], memory)
            numbers[i, _STEP] += (abs(change) - numbers[i, _STEP]) / share
        if not is_known:
            change = 0.0
    if n >= m:
        place = (n - m) % n_ring
        of_season = y - ring[i, place]
        if is_known and ring[i, n_ring + place] > 0.0:
            has_change = True
            numbers[i, _N_SEASON] += 1.0
            share = min(numbers[i, _N_SEASON], memory)
            numbers[i, _SEASON] += (abs(of_season) - numbers[i, _SEASON]) / share
    if is_known:
        numbers[i, _N_LEVEL] += 1.0
        share = min(numbers[i, _N_LEVEL], memory)
        numbers[i, _LEVEL] += (abs(y) - numbers[i, _LEVEL]) / share
    weight = min(numbers[i, _N_SEASON] / m, 1.0)
    if numbers[i, _N_STEP] == 0.0 and numbers[i, _N_SEASON] > 0.0:
        weight = 1.0
    unit = (1.0 - weight) * numbers[i, _STEP] + weight * numbers[i, _SEASON]  # (1)
    numbers[i, _UNIT] = unit
    total = numbers[i, _TOTAL] + y
    if n >= m:
        total -= ring[i, (n - m) % n_ring]
    ring[i, n % n_ring] = y
    if n % m == m - 1:  # anew, lest what was rounded beside a large value should stay
        total = 0.0
        for k in range(m):
            total += ring[i, (n - k) % n_ring]
    numbers[i, _TOTAL] = total
    if n >= m - 1 and is_known:
        share = 1.0 / min((n - m + 1) // m + 1.0, _SEASONS)
        phase = 2 * n_ring + n % m
        ring[i, phase] += share * (y - total / m - ring[i, phase])
    ring[i, n_ring + n % n_ring] = 1.0 if is_known else 0.0
    numbers[i, _KNOWN] = 1.0 if is_known else 0.0
    numbers[i, _N] = n + 1.0
    if unit > 0.0:
        inputs[row, 0] = _clipped(change / unit)
        if m > 1:
            inputs[row, 1] = _clipped(of_season / unit)
        if before > 0.0:
            inputs[row, 2] = 3.0 * min(max(math.log(unit / before), -1.0), 1.0)
        if has_change:
            size = min(abs(of_season if n >= m else change) / unit, _MOST)
            numbers[i, _SIZE] += _NEW * (size - numbers[i, _SIZE])
    return y


@inlined
def _clipped(x):
    return min(max(x, -_MOST), _MOST) / _SPREAD


@inlined
def _write_numbers(m, numbers, i, reads_level, inputs, row):
    """Write those of (3) that are no changes."""
    n, unit = numbers[i, _N], numbers[i, _UNIT]
    if reads_level and unit > 0.0 and numbers[i, _LEVEL] > 0.0:
        inputs[row, 3] = min(max(math.log(numbers[i, _LEVEL] / unit), -3.0), 12.0) / 3.0
    inputs[row, 4] = math.log(n) / 4.0
    inputs[row, 5] = math.log(_ROOM + numbers[i, _SIZE])
    inputs[row, 6] = math.log(m) / 4.0
    inputs[row, 7] = min(n / m, 2.0) / 2.0


@inlined
def _write_patterns(now, unit, n, m, n_pattern, kept, i, inputs, row):
    """Write (4); n values have been seen, more than a season of them."""
    ring, mean = kept.ring, kept.numbers[i, _TOTAL] / m
    for k in range(1, n_pattern + 1):
        # Value number n - 1 is the last; the one a season before the next one is n - m.
        place = n - 1 + k - m * ((k + m - 1) // m)
        last = ring[i, place % (2 * m)]
        first = (last - now) / unit
        column = _PLAIN + _OF_STEP * (k - 1)
        inputs[row, column] = _asinh(first)
        if place >= m - 1:
            usual = ring[i, 4 * m + place % m] + (mean - last)
            inputs[row, column + 3] = _clipped(usual / unit)
        if place >= m:
            second = (ring[i, (place - m) % (2 * m)] - now) / unit
            inputs[row, column + 1] = _asinh(second)
            inputs[row, column + 2] = _clipped(first - second)


@inlined
def _asinh(x):
    size = abs(x)
    value = math.log(size + math.sqrt(size * size + 1.0))
    return value if x >= 0.0 else -value


@inlined
def _anchor(n, m, h, ring, i):
    """Return the value of a season before h steps ahead, or the last in the first season."""
    if m == 1 or n <= m:
        return ring[i, (n - 1) % (2 * m)]
    return ring[i, (n - 1 + h - m * ((h + m - 1) // m)) % (2 * m)]


@kernel
def _anchors(periods: Integers, kept: _Kept, anchors: Slab):
    for i in range(anchors.shape[0]):
        n = int(kept.numbers[i, _N])
        for h in range(1, anchors.shape[1] + 1):
            anchors[i, h - 1] = _anchor(n, periods[i], h, kept.ring, i) if n > 0 else math.nan
