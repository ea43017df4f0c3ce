"""How a network forecasts the last horizons of the TRAINING parts of M3 and M4.

Choices are made by these alone. Besides errors it measures the quantiles, and whether changes are
forecast too boldly: the slope of the actual change, from the end of the series to the mean of the
horizon, on the forecast one, both in units of the MASE and cut off at 10, through the origin. It is
1 where forecast changes come true on average, and less where they are too large.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from mixture import as_batch

from tsrnn.causal.ahead import forecast_from
from tsrnn.causal.network import CausalNetwork
from tsrnn.causal.quantiles import at_levels

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

# The part of a competition, every how many of its series, and as what they are read.
SETS = {
    "m3-yearly": ("m3-yearly", 1, 1, "yearly"),
    "m3-quarterly": ("m3-quarterly", 1, 4, "quarterly"),
    "m3-monthly": ("m3-monthly", 2, 12, "monthly"),
    "m3-other": ("m3-other", 1, 1, "unknown"),
    "m4-yearly": ("m4-yearly", 12, 1, "yearly"),
    "m4-yearly, not told": ("m4-yearly", 12, 1, "unknown"),
    "m4-quarterly": ("m4-quarterly-part", 10, 4, "quarterly"),
    "m4-weekly": ("m4-weekly", 2, 52, "weekly"),
    "m4-weekly, no season": ("m4-weekly", 2, 1, "weekly"),
    "m4-hourly": ("m4-hourly", 4, 24, "hourly"),
}

DECILES = np.arange(1, 10) / 10.0


@dataclass(frozen=True)
class HeldBack:
    """Series without their last horizon, and that.

    Attributes
    ----------
    series : list of (T_i,) arrays
    test : (n, h) array
    scale : (n,) array
        Mean absolute seasonal difference of the series, as the competition's MASE has it.
    period : int
        As series are read.
    frequency : str
    """

    series: list[np.ndarray]
    test: np.ndarray
    scale: np.ndarray
    period: int
    frequency: str


def load_sets(data_home: str | None, thin: int = 1) -> dict[str, HeldBack]:
    """Read the sets; of each every `thin`-th series of those usually taken."""
    from m_competitions import load

    parts, found = {}, {}
    for name, (source, every, period, frequency) in SETS.items():
        if source not in parts:
            parts[source] = load(source, data_home, None)
        part = parts[source]
        h, m = part.horizon, part.period
        groups = part.frame.groupby("unique_id", sort=False)["y"]
        series = [y.to_numpy(float) for _, y in groups][:: every * thin]
        series = [y for y in series if len(y) - h > max(3, m)]
        scale = np.array([np.abs(y[m:-h] - y[: -h - m]).mean() for y in series])
        kept = np.flatnonzero(scale > 0.0)
        found[name] = HeldBack(
            [series[i][:-h] for i in kept],
            np.array([series[i][-h:] for i in kept]),
            scale[kept],
            period,
            frequency,
        )
    return found


def measure(network: CausalNetwork, held: HeldBack) -> dict[str, float]:
    """Forecast a set, and return its scores by their names."""
    state = network.read(as_batch(held.series, held.period, held.frequency))
    values = forecast_from(state, held.period, held.test.shape[1])
    levels = np.array(network.spec.levels)
    point = values[:, :, network.spec.middle]
    error = np.abs(held.test - point)
    total = np.abs(held.test) + np.abs(point)
    deciles = at_levels(values, levels, DECILES)
    miss = held.test[:, :, None] - deciles
    pinball = np.maximum(DECILES * miss, (DECILES - 1.0) * miss)
    ends = np.array([y[-held.period :].mean() for y in held.series])
    forecast = np.clip((point.mean(axis=1) - ends) / held.scale, -10.0, 10.0)
    actual = np.clip((held.test.mean(axis=1) - ends) / held.scale, -10.0, 10.0)
    return {
        "mase": float((error / held.scale[:, None]).mean()),
        "smape": float((200.0 * error / np.where(total > 0.0, total, 1.0)).mean()),
        "wql": float(2.0 * pinball.mean(axis=2).sum() / np.abs(held.test).sum()),
        "sql": float(2.0 * (pinball.mean(axis=(1, 2)) / held.scale).mean()),
        "held80": _held(held.test, values, levels, 0.1),
        "held95": _held(held.test, values, levels, 0.025),
        "slope": float((forecast * actual).sum() / (forecast**2).sum()),
    }


def _held(test: np.ndarray, values: np.ndarray, levels: np.ndarray, tail: float) -> float:
    low, high = at_levels(values, levels, np.array([tail, 1.0 - tail])).transpose(2, 0, 1)
    return float(((test >= low) & (test <= high)).mean())
