"""The network that comes trained, on the M competitions: errors, quantiles and intervals.

Run as `python benchmarks/pretrained.py --data-home FOLDER [--data m3 m4-yearly] [--beside ...]
[--final]`. Printed are sMAPE, MASE, OWA against Naive2 computed here, the weighted quantile loss of
the deciles (WQL, of the published benchmark that `pretrained_results.py` tells of), the share of
values that intervals of 80% and 95% hold, their score (MSIS), and the seconds of processors of fit
and forecast. Without `--final` they are of the last horizon of the TRAINING parts, held back, by
which everything about the network was chosen; with `--final` of the test parts.

`--beside` names other forecasters of the package that take a period, such as AutoExpSmoothingRNN,
or RNNForecaster, whose networks are trained on the part.
Weekly series are read with a season of 52, as their time stamps would have it, though the
competition's MASE knows none. m4-quarterly-part is 15,005 of the 24,000 series, and its scores are
never to be held beside published ones; `--series 3000` takes an even choice of each part.

With `--classic FILE` it prints the MASE of twelve textbook series instead, the mean of forecasts
from five origins, a horizon apart: a year of quarters and of months, three years, 13 weeks. The
file has them by name, {"values": [...], "frequency": steps a year}.
"""

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import argparse
import json
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from global_forecasts import held_back
from m_competitions import DATA, OTHERS, Part, load, score
from pretrained_results import PUBLISHED, SETS

from tsrnn import (
    DeseasonalizedForecaster,
    NaiveForecaster,
    PanelForecaster,
    PretrainedRNNForecaster,
    RNNForecaster,
)
from tsrnn.forecasting.forecaster import Forecaster

# Intervals whose bounds are deciles, and that of 95%.
LEVELS = [20, 40, 60, 80, 95]

# The networks that are trained on all series of a part, for its horizon.
NETWORKS = "RNNForecaster"

# What series are read with: the period of the season, and the frequency.
READ_AS = {
    "yearly": (1, "yearly"),
    "quarterly": (4, "quarterly"),
    "quarterly-part": (4, "quarterly"),
    "monthly": (12, "monthly"),
    "other": (1, "unknown"),
    "weekly": (52, "weekly"),
    "hourly": (24, "hourly"),
}


CLASSIC = (
    "AirPassengers a10 auscafe austourists debitcards elecsales euretail gasoline lynx Nile "
    "qcement oil"
).split()
OF_A_YEAR = {1: ("yearly", 3), 4: ("quarterly", 4), 12: ("monthly", 12), 52: ("weekly", 13)}
ORIGINS = 5


def run_classic(file: str, beside: list[str]) -> None:
    """Print the MASE of forecasts of textbook series, a line a series and the mean."""
    data = json.loads(Path(file).read_text())
    rows = []
    for name in CLASSIC:
        y, m = np.array(data[name]["values"], float), int(data[name]["frequency"])
        frequency, h = OF_A_YEAR[m]
        models = {"pretrained": PretrainedRNNForecaster(m, frequency=frequency)}
        models |= {other: OTHERS[other](period=m) for other in beside}
        errors = dict.fromkeys(models, 0.0)
        for n in range(len(y) - ORIGINS * h, len(y), h):
            scale = ORIGINS * np.abs(y[m:n] - y[: n - m]).mean()
            for model, forecaster in models.items():
                missed = np.abs(forecaster.fit(y[:n]).predict(h) - y[n : n + h]).mean()
                errors[model] += missed / scale
        rows.append(list(errors.values()))
        print(f"{name:16s}" + "  ".join(f"{key} {value:.3f}" for key, value in errors.items()))
    means = np.mean(rows, axis=0)
    print(f"{'mean':16s}" + "  ".join(f"{k} {v:.3f}" for k, v in zip(models, means, strict=True)))


def forecasters(part: Part, beside: list[str]) -> Iterator[tuple[str, Forecaster]]:
    """Yield what is scored, by names."""
    period, frequency = READ_AS[part.name.partition("-")[2]]
    yield "pretrained", PretrainedRNNForecaster(period, frequency=frequency)
    for name in beside:
        if name == NETWORKS:
            yield name, RNNForecaster(horizon=part.horizon, period=part.period, random_state=0)
        else:
            yield name, OTHERS[name](period=part.period)


def scores_of(part: Part, forecaster: Forecaster, naive: dict[str, float]) -> dict[str, float]:
    """Forecast a part, and return its scores by their names."""
    began = time.process_time()
    panel = PanelForecaster(forecaster, alias="f", freq=1).fit(part.frame)
    table = panel.predict(part.horizon, level=LEVELS)
    seconds = time.process_time() - began
    point = part.rows_of(table, "f")
    result = score(part, point, {})
    bounds = {
        level: [part.rows_of(table, f"f-{side}-{level}") for side in ("lo", "hi")]
        for level in LEVELS
    }
    quantiles = {0.5: point}
    for level in (20, 40, 60, 80):
        low, high = bounds[level]
        quantiles |= {round(0.5 - level / 200, 1): low, round(0.5 + level / 200, 1): high}
    losses = [
        np.maximum(q * (part.test - values), (q - 1.0) * (part.test - values))
        for q, values in quantiles.items()
    ]
    found = {
        "sMAPE": result.smape.mean(),
        "MASE": result.mase.mean(),
        "bad": float(result.n_bad.sum()),
        "WQL": 2.0 * np.mean([loss.sum() for loss in losses]) / np.abs(part.test).sum(),
    }
    for level in (80, 95):
        low, high = bounds[level]
        outside = np.maximum(low - part.test, 0.0) + np.maximum(part.test - high, 0.0)
        cost = high - low + 200.0 / (100.0 - level) * outside
        found[f"held{level}"] = 100.0 * (outside == 0.0).mean()
        found[f"MSIS{level}"] = (cost.mean(axis=1) / part.scale).mean()
    if naive:
        found["OWA"] = 0.5 * sum(found[key] / naive[key] for key in ("sMAPE", "MASE"))
    return found | {"seconds": seconds}


def run(name: str, options: argparse.Namespace) -> None:
    """Forecast a part, and print its scores."""
    part = load(name, options.data_home, options.series)
    if not options.final:
        part = held_back(part, 1)
    naive = scores_of(part, DeseasonalizedForecaster(NaiveForecaster(), period=part.period), {})
    title = f"{name}, {len(part.ids)} series, {'test' if options.final else 'held back'}"
    print(f"{title}: Naive2 sMAPE {naive['sMAPE']:.3f} MASE {naive['MASE']:.3f}")
    for model, forecaster in forecasters(part, options.beside):
        numbers = scores_of(part, forecaster, naive)
        line = "  ".join(f"{key} {value:.4g}" for key, value in numbers.items())
        print(f"    {model:24s}{line}", flush=True)
    if options.final and name in SETS:
        for model, results in PUBLISHED.items():
            mase, wql = results[SETS.index(name)]
            print(f"    {model + ', published':40s}MASE {mase:.4f}  WQL {wql:.4f}")


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data-home")
    parser.add_argument("--data", nargs="+", default=list(DATA))
    parser.add_argument("--series", type=int, help="an even choice of so many series of each part")
    parser.add_argument("--beside", nargs="+", default=[], choices=sorted({*OTHERS, NETWORKS}))
    parser.add_argument("--classic", metavar="FILE", help="textbook series in place of M3 and M4")
    parser.add_argument("--final", action="store_true", help="score the test parts")
    return parser.parse_args()


if __name__ == "__main__":
    options = read_options()
    warnings.filterwarnings("ignore")  # what is said of single series is not what is measured
    if options.classic:
        run_classic(options.classic, options.beside)
        options.data = []
    for group in options.data:
        for name in DATA.get(group, (group,)):
            run(name, options)
