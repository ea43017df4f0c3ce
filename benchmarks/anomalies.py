"""Planted spikes and shifts found, beside the interquartile rule on the residuals of STL.

    python benchmarks/anomalies.py
    python benchmarks/anomalies.py --data-home FOLDER     # with 100 monthly series of M3, too
    python benchmarks/anomalies.py --seeds choice         # those that the rule was chosen on

Eight kinds of simulated series of 240 months, ten seeds each: clean, with five spikes of 4 to 8
standard deviations of the noise, and with one shift of as many. Precision, recall and F1 are over
all series. Of a shift the first five values may be flagged: one of them at least is a hit, and
whatever is flagged elsewhere a false alarm, as it is of clean series, whose share of values is
given. The other rule flags residuals further than 1.5 or 3 interquartile ranges beyond the
quartiles, those of statsmodels' STL, plain or robust, and where a series has no season of its
LOWESS.

Real series are taken as clean, which they are not: their own anomalies are false alarms of all.
Their spikes are 4 to 8 times a robust standard deviation of the noise, that of changes from the
same change a year before.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from scipy.special import ndtri

from tsrnn import (
    AutoExpSmoothingRNN,
    DoubleExpSmoothingRNN,
    ThetaForecaster,
    TripleExpSmoothingRNN,
    detect_anomalies,
)

N, PERIOD, N_SPIKES, STRETCH = 240, 12, 5, 5
KINDS = ("white", "level", "walk", "trend", "season", "both", "growing", "heavy")
SEASONAL = ("season", "both", "growing", "M3")
STEPS = {"white": 0.0, "walk": 0.5, "growing": 0.0}
SEEDS = {"choice": range(10), "test": range(100, 110)}
PLANTED = ("clean", "spikes", "shift")
Rule = Callable[[np.ndarray, str], list[np.ndarray]]


def clean(kind: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return a series, and the standard deviation of its noise along it."""
    steps = np.arange(N)
    noise = rng.standard_t(4, N) / np.sqrt(2) if kind == "heavy" else rng.normal(size=N)
    level = 100 + rng.normal(size=N).cumsum() * STEPS.get(kind, 0.1)
    season = np.tile(rng.normal(size=PERIOD) * 3, N // PERIOD + 1)[:N]
    if kind == "growing":
        level = 100 * np.exp(0.006 * steps)
        return level * ((1 + season / 60) * (1 + 0.02 * noise)), 0.02 * level
    if kind in ("trend", "both"):
        level = level + 0.15 * steps
    return level + noise + season * (kind in SEASONAL), np.ones(N)


def with_planted(
    y: np.ndarray, sd: np.ndarray, what: str, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return a series with what is planted in it, and where that is."""
    y, truth = y.copy(), np.zeros(len(y), dtype=bool)
    if what == "spikes":
        rows = rng.choice(len(y), size=N_SPIKES, replace=False)
        y[rows] += rng.choice([-1, 1], N_SPIKES) * rng.uniform(4, 8, N_SPIKES) * sd[rows]
        truth[rows] = True
    if what == "shift":
        row = rng.integers(len(y) // 4, 3 * len(y) // 4)
        y[row:] += rng.choice([-1, 1]) * rng.uniform(4, 8) * sd[row]
        truth[row] = True
    return y, truth


def counted(flagged: np.ndarray, truth: np.ndarray, what: str) -> np.ndarray:
    """Return how many were found, flagged for nothing, and missed."""
    if what != "shift":
        found, wrong, missed = flagged & truth, flagged & ~truth, truth & ~flagged
        return np.array([found.sum(), wrong.sum(), missed.sum()])
    first = int(truth.argmax())
    near = slice(first, first + STRETCH)
    found = int(flagged[near].any())
    return np.array([found, flagged.sum() - flagged[near].sum(), 1 - found])


def by_forecaster(make: Callable[[str], Any], levels: tuple[float, ...]) -> Rule:
    """Return the rule of this package, at several levels."""

    def rule(y: np.ndarray, kind: str) -> list[np.ndarray]:
        score = np.abs(detect_anomalies(make(kind), y)["score"].to_numpy())
        return [score > ndtri(0.5 + 0.5 * level) for level in levels]  # as level=level flags

    return rule


def by_quartiles(y: np.ndarray, kind: str, *, robust: bool) -> list[np.ndarray]:
    """Flag what is 1.5 or 3 interquartile ranges beyond the quartiles of residuals."""
    from statsmodels.nonparametric.smoothers_lowess import lowess
    from statsmodels.tsa.seasonal import STL

    if kind in SEASONAL:
        values = np.log(y) if kind == "growing" else y
        rest = STL(values, period=PERIOD, robust=robust).fit().resid
    else:
        smooth = lowess(y, np.arange(len(y)), frac=(2 * PERIOD - 1) / len(y), return_sorted=False)
        rest = y - smooth
    low, high = np.quantile(rest, [0.25, 0.75])
    return [(rest < low - c * (high - low)) | (rest > high + c * (high - low)) for c in (1.5, 3.0)]


def automatic(kind: str) -> Any:
    """Return automatic smoothing with the season that a kind has."""
    return AutoExpSmoothingRNN(period=PERIOD if kind in SEASONAL else 1)


def one_smoother(kind: str) -> Any:
    """Return the smoother that has what a kind has."""
    if kind not in SEASONAL:
        return DoubleExpSmoothingRNN()
    error, seasonal = ("mul", "mul") if kind == "growing" else ("add", "add")
    return TripleExpSmoothingRNN(period=PERIOD, error=error, seasonal=seasonal)


def theta(kind: str) -> Any:
    """Return the theta method with the season that a kind has."""
    return ThetaForecaster(period=PERIOD if kind in SEASONAL else 1)


LEVELS = (0.99, 0.999)
RULES: dict[str, tuple[list[str], Rule]] = {
    "smoother": ([f"smoother {p}" for p in LEVELS], by_forecaster(one_smoother, LEVELS)),
    "automatic": ([f"automatic {p}" for p in LEVELS], by_forecaster(automatic, LEVELS)),
    "theta": ([f"theta {p}" for p in LEVELS], by_forecaster(theta, LEVELS)),
    "STL": (["STL 1.5 IQR", "STL 3 IQR"], partial(by_quartiles, robust=False)),
    "robust STL": (["robust 1.5 IQR", "robust 3 IQR"], partial(by_quartiles, robust=True)),
}


def line(name: str, counts: np.ndarray) -> str:
    """Return precision, recall and F1 as text."""
    found, wrong, missed = counts
    precision, recall = found / max(found + wrong, 1), found / max(found + missed, 1)
    f1 = 2 * found / (2 * found + wrong + missed)
    return f"{name:16s} precision {precision:.2f}  recall {recall:.2f}  F1 {f1:.2f}"


def tell(title: str, series: list[tuple[str, str, np.ndarray, np.ndarray]], chosen: Any) -> None:
    """Print what each rule makes of series: kind, what was planted, values, where."""
    print(f"\n{title}")
    for key in chosen:
        names, rule = RULES[key]
        began, found = time.perf_counter(), []
        for kind, what, y, truth in series:
            flags = rule(y, kind)
            found.append([counted(one, truth, what) for one in flags])
        seconds = (time.perf_counter() - began) / len(series)
        for k, name in enumerate(names):
            for what in PLANTED[1:]:
                total = sum((f[k] for f, s in zip(found, series, strict=True) if s[1] == what), 0)
                if np.any(total):
                    print(f"{line(name, total)}  {what}")
            clean_ones = [(s, f[k]) for f, s in zip(found, series, strict=True) if s[1] == "clean"]
            shares: dict[str, list[float]] = {}
            for (kind, _, y, _), counts in clean_ones:
                shares.setdefault(kind, []).append(100 * counts[1] / len(y))
            text = ", ".join(f"{kind} {np.mean(one):.2f}" for kind, one in shares.items())
            print(f"{name:16s} percent of clean values flagged: {text}")
        print(f"{key:16s} {seconds:.3f} seconds a series", flush=True)


def simulated(seeds: range) -> list[tuple[str, str, np.ndarray, np.ndarray]]:
    """Return all simulated series."""
    found = []
    for kind in KINDS:
        for what in PLANTED:
            for seed in seeds:
                rng = np.random.default_rng([seed, KINDS.index(kind), PLANTED.index(what)])
                found.append((kind, what, *with_planted(*clean(kind, rng), what, rng)))
    return found


def real(folder: str) -> list[tuple[str, str, np.ndarray, np.ndarray]]:
    """Return 100 monthly series of M3, as they are and with spikes."""
    from tsrnn.datasets import fetch_m3

    rng, found = np.random.default_rng(0), []
    data = fetch_m3("monthly", data_home=folder)
    long = [y for y in data.train if len(y) >= 6 * PERIOD]
    for place in rng.choice(len(long), 100, replace=False).tolist():
        y = np.asarray(long[place], dtype=float)
        changes = np.diff(y[PERIOD:] - y[:-PERIOD])  # each of four values of noise
        sd = np.full(len(y), np.median(np.abs(changes)) / 0.6745 / 2)
        for what in ("clean", "spikes"):
            found.append(("M3", what, *with_planted(y, sd, what, rng)))
    return found


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-home", help="the folder of M3's data")
    parser.add_argument("--seeds", choices=SEEDS, default="test")
    parser.add_argument("--rules", nargs="+", choices=RULES, default=list(RULES))
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    tell("Simulated series", simulated(SEEDS[arguments.seeds]), arguments.rules)
    if arguments.data_home:
        tell("Monthly series of M3", real(arguments.data_home), arguments.rules)


if __name__ == "__main__":
    main()
