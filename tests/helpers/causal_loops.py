"""Slow, obvious readings of series, step by step, and losses of what is said there."""

import math

import numpy as np


def clipped(x):
    return min(max(x, -8.0), 8.0) / 1.5


def read(y, m, *, horizon, n_pattern, memory=math.inf, reads_level=True):
    """Return inputs (T, p) and targets (T, 2 H) of one series, of the definitions alone.

    All of a step is computed from the values up to there, anew at each step.
    """
    first = int(np.flatnonzero(~np.isnan(y))[0])
    inputs, targets, units = [], [], []
    for t in range(len(y)):
        if t < first:
            inputs.append([0.0] * 8 + [1.0] + [0.0] * 4 * n_pattern)
            targets.append([np.nan] * horizon + [0.0] * horizon)
            units.append(0.0)
            continue
        seen = y[first : t + 1]
        row, said, unit = read_step(
            seen, y[t + 1 :], m, units[-1] if units else 0.0, horizon, n_pattern, memory
        )
        if not reads_level:
            row[3] = 0.0
        inputs.append(row)
        targets.append(said)
        units.append(unit)
    return np.array(inputs), np.array(targets)


def mean_of(sizes, memory):
    mean = 0.0
    for k, size in enumerate(sizes, start=1):
        mean += (size - mean) / min(k, memory)
    return mean


def unit_of(seen, m, memory):
    by_step = [abs(b - a) for a, b in zip(seen, seen[1:], strict=False) if a == a and b == b]
    by_season = [abs(b - a) for a, b in zip(seen, seen[m:], strict=False) if a == a and b == b]
    share = min(len(by_season) / m, 1.0)
    if not by_step and by_season:
        share = 1.0
    return (1.0 - share) * mean_of(by_step, memory) + share * mean_of(by_season, memory)


def filled_up(seen, m):
    filled = []
    for t, value in enumerate(seen):
        if value != value:
            value = filled[t - m] if t >= m else filled[t - 1]
        filled.append(value)
    return filled


def size_of_changes(seen, m, memory):
    """Return e_t: by each known change, of a season where there is one, in the unit of its time."""
    size = 0.0
    filled = filled_up(seen, m)
    for t in range(1, len(seen)):
        unit = unit_of(seen[: t + 1], m, memory)
        by_step = seen[t] - seen[t - 1]
        by_season = seen[t] - seen[t - m] if t >= m else np.nan
        if unit > 0.0 and (by_step == by_step or by_season == by_season):
            lag = m if t >= m else 1
            size += 0.2 * (min(abs(seen[t] - filled[t - lag]) / unit, 8.0) - size)
    return size


def profile(seen, filled, m, phase):
    """Return the mean of a place of the season, less the mean of the season up to there."""
    mean, n_seasons = 0.0, 0
    for t in range(m - 1, len(seen)):
        if t % m == phase:
            n_seasons += 1
            if seen[t] == seen[t]:
                own = seen[t] - np.mean(filled[t - m + 1 : t + 1])
                mean += (own - mean) / min(n_seasons, 6)
    return mean


def read_step(seen, coming, m, unit_before, horizon, n_pattern, memory):
    filled, n = filled_up(seen, m), len(seen)
    now, unit = filled[-1], unit_of(seen, m, memory)
    row = [0.0] * (9 + 4 * n_pattern)
    row[8] = 0.0 if seen[-1] == seen[-1] else 1.0
    if unit > 0.0:
        if n > 1 and seen[-1] == seen[-1]:
            row[0] = clipped((now - filled[-2]) / unit)
        if m > 1 and n > m:
            row[1] = clipped((now - filled[-1 - m]) / unit)
        if unit_before > 0.0:
            row[2] = 3.0 * min(max(math.log(unit / unit_before), -1.0), 1.0)
        level = mean_of([abs(one) for one in seen if one == one], memory)
        if level > 0.0:
            row[3] = min(max(math.log(level / unit), -3.0), 12.0) / 3.0
    row[4] = math.log(n) / 4.0
    row[5] = math.log(0.05 + size_of_changes(seen, m, memory))
    row[6] = math.log(m) / 4.0
    row[7] = min(n / m, 2.0) / 2.0
    has_season = m > 1 and n > m
    if has_season and unit > 0.0:
        for k in range(1, n_pattern + 1):
            place = n - 1 + k - m * -(-k // m)
            one = (filled[place] - now) / unit
            row[9 + 4 * (k - 1)] = math.asinh(one)
            if place >= m:
                two = (filled[place - m] - now) / unit
                row[10 + 4 * (k - 1)] = math.asinh(two)
                row[11 + 4 * (k - 1)] = clipped(one - two)
            if place >= m - 1:
                usual = np.mean(filled[-m:]) + profile(seen, filled, m, place % m)
                row[12 + 4 * (k - 1)] = clipped((usual - filled[place]) / unit)
    values, anchors = [], []
    for h in range(1, horizon + 1):
        anchor = filled[n - 1 + h - m * -(-h // m)] if has_season else now
        if unit == 0.0:
            values.append(np.nan)
            anchors.append(0.0)
            continue
        value = coming[h - 1] if h <= len(coming) else np.nan
        values.append(np.clip((value - anchor) / (unit * math.sqrt(h)), -20.0, 20.0))
        anchors.append(anchor / (unit * math.sqrt(h)))
    return row, values + anchors, unit


def quantiles(outputs, levels, steps):
    """Return what outputs (J,) of one step ahead stand for, also where they are complex."""
    c = levels.index(0.5)
    made = [outputs[c]] * len(levels)
    for j in range(c + 1, len(levels)):
        made[j] = made[j - 1] + steps[j] * np.log(1.0 + np.exp(outputs[j]))
    for j in range(c - 1, -1, -1):
        made[j] = made[j + 1] - steps[j] * np.log(1.0 + np.exp(outputs[j]))
    return made


def loss(outputs, targets, weights, levels, steps, *, pinball, mase, smape):
    """Return the loss of outputs (n, H J), which may be complex: sizes are by the real part."""
    n, horizon = len(outputs), targets.shape[1] // 2
    total = 0.0

    def size(x):
        return x if np.real(x) > 0.0 else -x

    for i in range(n):
        for h in range(horizon):
            z, a = targets[i, h], targets[i, horizon + h]
            if z != z:
                continue
            made = quantiles(outputs[i].reshape(horizon, -1)[h], levels, steps)
            one = 0.0
            for q, f in zip(levels, made, strict=True):
                error = z - f
                rate = q if np.real(error) > 0.0 else q - 1.0
                one += pinball * rate * error / (len(levels) * math.sqrt(q * (1.0 - q)))
            f = made[levels.index(0.5)]
            scaled = math.sqrt(h + 1) * size(f - z)
            one += mase * (scaled if np.real(scaled) < 50.0 else 50.0)
            one += smape * 200.0 * size(f - z) / (size(f + a) + abs(z + a) + 0.01 * abs(a))
            total += weights[i] * one / horizon
    return total
