"""Forecasts that run away: how many leave the data far behind, and how many without a warning.

Run as `python benchmarks/runaway_forecasts.py [--classic FILE] [--n-seeds 10]`, FILE being a JSON
file of `{"lynx": {"values": [...]}, ...}`; without it lynx is left out.

Series that stay where they are (two sines, lynx, sunspots, a peak every week, exact and with
noise) are forecast 120 steps ahead by networks and a ridge regression on windows of 3 to 25 values.
A forecast runs away where it leaves the range of the series by more than half of it. Printed is the
percentage of runs that do, how many have a warning, of the fit or of the forecast, how many have
none, and the farthest that a forecast went, in ranges. The last column is the other side: the
percentage of the forecasts that stay in the range, or near it, with a warning all the same.

Seeds are those of the networks, and of the phases and the noise where there are some.
"""

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import argparse
import json
import warnings
from collections import defaultdict
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Ridge
from statsmodels.datasets import sunspots

from tsrnn import ElmanRNNRegressor, GRURegressor, LSTMRegressor, RNNForecaster
from tsrnn.exceptions import UnreliableForecastWarning

WINDOWS = (3, 4, 6, 8, 12, 16, 25)
HORIZON = 120


def series_of(name: str, seed: int, classic: dict) -> np.ndarray:
    """Make or look up a series."""
    rng = np.random.default_rng(seed)
    t = np.arange(200)
    if name == "sines":
        fast, slow = (np.sin(2.0 * np.pi * (t / m + rng.uniform())) for m in (12, 31))
        return fast + 0.5 * slow
    if name == "sunspots":
        return sunspots.load_pandas().data["SUNACTIVITY"].to_numpy()
    if name == "lynx":
        return np.array(classic["lynx"]["values"], dtype=float)
    peaks = np.where(t % 7 == 6, 300.0, 100.0)
    return peaks + (rng.normal(0.0, 5.0, len(t)) if name == "noisy peaks" else 0.0)


def regressors_of(seed: int) -> dict:
    """Return what reads the windows, by name."""
    options = {"hidden_layer_sizes": 16, "random_state": seed}
    return {
        "default": (None, seed),
        "Elman": (ElmanRNNRegressor(**options), None),
        "GRU": (GRURegressor(**options), None),
        "LSTM": (LSTMRegressor(**options), None),
        "Ridge": (Ridge(), None),
    }


def farthest(y: np.ndarray, forecast: np.ndarray) -> float:
    """Return how far a forecast leaves the range of the series, in ranges."""
    return max(forecast.max() - y.max(), y.min() - forecast.min(), 0.0) / np.ptp(y)


def run(y: np.ndarray, regressor: object, seed: int | None, window: int) -> tuple[float, bool]:
    """Return how far the forecast of one fit goes, and whether there was a warning."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("always", UnreliableForecastWarning)
        model = RNNForecaster(regressor, window=window, random_state=seed).fit(y)
        forecast = model.predict(HORIZON)
    is_told = any(issubclass(one.category, UnreliableForecastWarning) for one in caught)
    return farthest(y, forecast), is_told


def main() -> None:
    """Print a row for each series and regressor."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--classic", type=Path)
    parser.add_argument("--n-seeds", type=int, default=10)
    arguments = parser.parse_args()
    classic = json.loads(arguments.classic.read_text()) if arguments.classic else {}
    names = ["sines", "lynx", "sunspots", "peaks", "noisy peaks"]
    print(
        f"{'':22} {'runs':>5} {'away':>6} {'told':>5} {'silent':>6} {'farthest':>9} {'in vain':>8}"
    )
    total = np.zeros(4, dtype=int)
    for name in names:
        if name == "lynx" and not classic:
            continue
        found = defaultdict(list)
        for seed in range(arguments.n_seeds):
            y = series_of(name, seed, classic)
            for label, (regressor, own_seed) in regressors_of(seed).items():
                found[label] += [run(y, regressor, own_seed, window) for window in WINDOWS]
        for label, outcomes in found.items():
            distance, is_told = (np.array(column) for column in zip(*outcomes, strict=True))
            away = distance > 0.5
            counts = np.array([away.size, away.sum(), (away & is_told).sum(), (~away).sum()])
            total += counts
            in_vain = 100.0 * (~away & is_told).sum() / max(counts[3], 1)
            print(
                f"{name + ', ' + label:22} {counts[0]:5} {100.0 * away.mean():5.1f}% {counts[2]:5} "
                f"{counts[1] - counts[2]:6} {distance.max():9.2f} {in_vain:7.1f}%",
                flush=True,
            )
    print(f"{total[1]} of {total[0]} run away, {total[1] - total[2]} without a warning")


if __name__ == "__main__":
    main()
