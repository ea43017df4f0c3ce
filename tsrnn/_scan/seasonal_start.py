"""Heuristic initial states of smoothers with a season, from the first cycles of a series."""

from __future__ import annotations

import math

from tsrnn._compute.compile import kernel
from tsrnn._compute.declare import Integers, Slab, Vector, inlined


@kernel
def seasonal_states(
    values: Vector,
    offsets: Integers,
    period: int,
    is_multiplicative: bool,
    states: Slab,
):
    """Write heuristic states (N, 2 + m) before the first value, from the first cycles of a series.

    The level and trend go through the means of up to four cycles, and the seasons are what is left,
    averaged over the cycles and normalised.
    """
    for i in range(states.shape[0]):
        _seasonal_state(
            values[offsets[i] : offsets[i + 1]],
            period,
            is_multiplicative,
            states[i],
        )


@kernel
def seasonal_means(values: Vector, offsets: Integers, period: int, seasons: Slab):
    """Write the additive seasons (N, m) of the classical decomposition, the first row's first.

    They are the mean differences from the centred moving average over a season, normalised to add
    up to zero. A series for which a position has none, as it is too short or misses values, keeps
    what is there.
    """
    for i in range(seasons.shape[0]):
        _write_means(values[offsets[i] : offsets[i + 1]], period, seasons[i])


@inlined
def _write_means(y, period, season):
    half, n_whole = period // 2, 1 - period % 2
    overall = 0.0
    for j in range(period):
        total, count = _sum_of_differences(y, period, half, n_whole, j)
        overall += total / count if count > 0 else math.nan
    if not overall == overall:
        return
    overall /= period
    for j in range(period):
        total, count = _sum_of_differences(y, period, half, n_whole, j)
        season[j] = total / count - overall


@inlined
def _sum_of_differences(y, period, half, n_whole, j):
    """Add up differences from the moving average at position j of the season, and count them."""
    total, count = 0.0, 0
    for t in range(j, y.shape[0] - half, period):
        if t < half:
            continue
        average = 0.0
        for k in range(t - half + n_whole, t + half + 1 - n_whole):
            average += y[k]
        if n_whole == 1:
            average += 0.5 * (y[t - half] + y[t + half])
        difference = y[t] - average / period
        if difference == difference:
            total += difference
            count += 1
    return total, count


@inlined
def _seasonal_state(y, period, is_multiplicative, state):
    n_cycles = min(max(y.shape[0] // period, 1), 4)
    first_mean, last_mean, first_cycle, last_cycle = math.nan, math.nan, 0, 0
    for c in range(n_cycles):
        total, count = 0.0, 0
        for t in range(c * period, min((c + 1) * period, y.shape[0])):
            if y[t] == y[t]:
                total += y[t]
                count += 1
        if count > 0:
            if first_mean != first_mean:
                first_mean, first_cycle = total / count, c
            last_mean, last_cycle = total / count, c
    first_mean = first_mean if first_mean == first_mean else 0.0
    trend = 0.0
    if last_cycle > first_cycle:
        trend = (last_mean - first_mean) / ((last_cycle - first_cycle) * period)
    level = first_mean - trend * (first_cycle * period + 0.5 * (period + 1))
    neutral = 1.0 if is_multiplicative else 0.0
    if is_multiplicative and (level <= 0.0 or level + n_cycles * period * trend <= 0.0):
        level, trend = first_mean, 0.0
    for j in range(period):
        total, count = 0.0, 0
        for t in range(j, min(n_cycles * period, y.shape[0]), period):
            if y[t] == y[t]:
                line = level + (t + 1) * trend
                total += y[t] / line if is_multiplicative else y[t] - line
                count += 1
        state[2 + j] = total / count if count > 0 else neutral
    mean = 0.0
    for j in range(period):
        mean += state[2 + j] / period
    for j in range(period):
        state[2 + j] = state[2 + j] / mean if is_multiplicative else state[2 + j] - mean
    state[0] = level * mean if is_multiplicative else level + mean
    state[1] = trend * mean if is_multiplicative else trend
