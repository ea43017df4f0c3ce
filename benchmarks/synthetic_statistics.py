"""Synthetic series beside real ones, by frequency: quantiles of what describes a series.

Run as `python benchmarks/synthetic_statistics.py --data-home FOLDER [--parts m3-monthly]`, with the
folder of the data of `tsrnn.datasets.fetch_m3` and `fetch_m4`. It reads training parts alone; the
priors in `tsrnn/synthetic/` were tuned by it. `--speed` prints the series and values made in a
second of processor time instead, and needs no data. `--pictures FOLDER` draws real series beside
made ones, a file for each part.

Of each series, real or made, with d its changes, adjusted for its season where that is strong (0.64
of what is not trend):

    drift       |mean d| / standard deviation of d
    acf         autocorrelation of d at lag 1
    change      log10(mean |d| / mean |y|)
    kurtosis    of d
    ratio       variance of changes over six steps, by six times that of one: how far shocks last
    range       log10 of the ratio of the largest to the smallest value
    strength    of the season: 1 - variance of the remainder / that of remainder and season
    equal       share of changes that are zero

The last columns are of all series together: the slope of the mean change over the last horizon on
that over the time before, a horizon (`short`) or three (`long`) long, both over the mean |d| until
then: what a trend is worth to a forecaster.
"""

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import argparse
import time
from pathlib import Path
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from statsmodels.tsa.seasonal import seasonal_decompose

from tsrnn.datasets import fetch_m3, fetch_m4
from tsrnn.synthetic import FAMILIES, FREQUENCIES, SeriesStream

LEVELS = (0.1, 0.5, 0.9)
NAMES = ("drift", "acf", "change", "kurtosis", "ratio", "range", "strength", "equal")
STRONG = 0.64


class Part(NamedTuple):
    """Real series: their frequency, period, horizon, and how many are looked at."""

    source: str
    frequency: str
    period: int
    horizon: int
    n_series: int = 1500
    longest: int = 400


PARTS = {
    "m3-yearly": Part("yearly", "yearly", 1, 6),
    "m4-yearly": Part("yearly", "yearly", 1, 6),
    "m3-quarterly": Part("quarterly", "quarterly", 4, 8),
    "m4-quarterly": Part("quarterly_part", "quarterly", 4, 8),
    "m3-monthly": Part("monthly", "monthly", 12, 12),
    "m3-other": Part("other", "unknown", 1, 8),
    "m4-weekly": Part("weekly", "weekly", 52, 13),
    "m4-hourly": Part("hourly", "hourly", 24, 48),
}


def real_series(name: str, folder: Path) -> list[np.ndarray]:
    """Return training parts, evenly spaced among all, the last values of long ones."""
    part = PARTS[name]
    fetch = fetch_m3 if name.startswith("m3") else fetch_m4
    series = fetch(part.source, data_home=folder).train
    places = np.unique(np.linspace(0, len(series) - 1, part.n_series).astype(int))
    return [series[i][-part.longest :] for i in places]


def made_series(part: Part, lengths: np.ndarray, families: list[str] | None) -> list[np.ndarray]:
    """Return as many synthetic ones, as long as nine of ten real ones."""
    low, high = np.quantile(lengths, (0.1, 0.9)).astype(int).tolist()
    stream = SeriesStream((low, high), {(part.frequency, part.period): 1.0}, families=families)
    n_chunks = -(-part.n_series // SeriesStream.CHUNK)
    series = [one for k in range(n_chunks) for one in stream.chunk(k).series()]
    return [one.astype(float) for one in series[: part.n_series]]


def adjusted(y: np.ndarray, period: int) -> tuple[np.ndarray, float]:
    """Return the series without its season where that is strong, and how strong it is."""
    if period == 1 or len(y) < 3 * period or np.ptp(y) == 0.0:
        return y, np.nan
    model = "multiplicative" if y.min() > 0.0 else "additive"
    parts = seasonal_decompose(y, model=model, period=period)
    seasonal, remainder = parts.seasonal, parts.resid
    if model == "multiplicative":
        seasonal, remainder = seasonal - 1.0, remainder - 1.0
    both = np.nanvar(seasonal + remainder)
    strength = max(0.0, 1.0 - np.nanvar(remainder) / both) if both > 0.0 else np.nan
    if not strength > STRONG:
        return y, strength
    return (y / parts.seasonal if model == "multiplicative" else y - parts.seasonal), strength


def statistics(y: np.ndarray, period: int) -> np.ndarray:
    """Return what describes a series, one number for each of NAMES."""
    smooth, strength = adjusted(y, period)
    d = np.diff(smooth)
    centred = d - d.mean()
    variance = np.mean(centred**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        values = [
            abs(d.mean()) / np.sqrt(variance),
            np.mean(centred[1:] * centred[:-1]) / variance,
            np.log10(np.abs(d).mean() / np.abs(smooth).mean()),
            np.mean(centred**4) / variance**2,
            np.var(smooth[6:] - smooth[:-6]) / (6.0 * variance),
            np.log10(smooth.max() / smooth.min()) if smooth.min() > 0.0 else np.nan,
            strength,
            np.mean(np.diff(y) == 0.0),
        ]
    values = np.array(values)
    return np.where(np.isfinite(values), values, np.nan)


def slope(series: list[np.ndarray], horizon: int, n_before: int) -> float:
    """Return the slope of the change over the last horizon on that before."""
    past, future = [], []
    for y in series:
        if len(y) < horizon + n_before + 1 or len(y) < 2 * horizon:
            continue
        seen = y[:-horizon]
        unit = np.abs(np.diff(seen)).mean()
        if unit > 0.0:
            past.append((seen[-1] - seen[-1 - n_before]) / (n_before * unit))
            future.append((y[-1] - seen[-1]) / (horizon * unit))
    x, y = np.clip(past, -2.0, 2.0), np.clip(future, -2.0, 2.0)
    return float(x @ y / (x @ x)) if len(x) > 20 else np.nan


def line(title: str, series: list[np.ndarray], part: Part) -> None:
    """Print the statistics of series."""
    table = np.array([statistics(y, part.period) for y in series])
    texts = []
    for name, column in zip(NAMES, table.T, strict=True):
        if np.isfinite(column).any():
            quantiles = np.nanquantile(column, LEVELS)
            texts.append(f"{name} " + " ".join(f"{value:6.2f}" for value in quantiles))
    short = slope(series, part.horizon, part.horizon)
    texts.append(f"short {short:5.2f} long {slope(series, part.horizon, 3 * part.horizon):5.2f}")
    print(f"{title:22s} {' | '.join(texts)}", flush=True)  # noqa: T201


def draw(path: Path, real: list[np.ndarray], made: list[np.ndarray]) -> None:
    """Draw 48 of either, real ones on the left."""
    rng = np.random.default_rng(0)
    figure, axes = plt.subplots(8, 12, figsize=(22, 12), layout="constrained")
    for columns, series, color in ((axes[:, :6], real, "C0"), (axes[:, 6:], made, "C3")):
        for one in columns.flat:
            one.plot(series[rng.integers(len(series))], color, lw=0.8)
            one.set(xticks=[], yticks=[])
    figure.savefig(path, dpi=60)
    plt.close(figure)


def print_speed() -> None:
    """Print how fast series are made."""
    for frequency in FREQUENCIES:
        for length in (20, 100, 1000):
            stream = SeriesStream(length, frequency)
            stream.chunk(0)
            began = time.process_time()
            n_chunks = 3
            for k in range(1, 1 + n_chunks):
                stream.chunk(k)
            rate = n_chunks * SeriesStream.CHUNK / (time.process_time() - began)
            print(  # noqa: T201
                f"{frequency:10s} of {length:5d}: {rate:9,.0f} series a second, "
                f"{rate * length / 1e6:.2f} million values",
                flush=True,
            )


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-home", type=Path)
    parser.add_argument("--parts", nargs="+", choices=tuple(PARTS), default=tuple(PARTS))
    parser.add_argument("--families", nargs="+", choices=FAMILIES)
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--speed", action="store_true")
    options = parser.parse_args()
    if options.speed:
        return print_speed()
    for name in options.parts:
        part = PARTS[name]
        real = real_series(name, options.data_home)
        line(name, real, part)
        made = made_series(part, np.array([len(y) for y in real]), options.families)
        line("  made", made, part)
        if options.pictures:
            draw(options.pictures / f"{name}.png", real, made)


if __name__ == "__main__":
    main()
