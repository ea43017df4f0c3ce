"""Accuracy of networks on lag windows: M3, M4 yearly and three classic series.

Run as `python benchmarks/recurrent_accuracy.py --data-home FOLDER --classic FILE [--data m3-yearly]
[--held-back]`, FILE being a JSON file of `{"AirPassengers": {"values": [...]}, ...}`.

Competitions: one network for all series of a frequency, through `PanelForecaster`, beside a ridge
regression on the same windows, Holt's method fitted to each series (with the "cautious" prior) and
Naive2; scored as `m_competitions.py` does. "adj" is on seasonally adjusted series, which all are
where there is a season. "Holt" after a network says that its training starts from Holt's method
(`init="holt"`), "start" what that start forecasts before any training. Networks stop early on a
tenth of the training windows; no test value is seen in training. Windows and
`cut_off` were chosen by `--held-back`, which forecasts the last values of the training parts, as
many as the horizon, from what is before them.

Classic series: the mean absolute scaled error over five origins (`TimeSeriesSplit`), a network a
series; the mean over seeds, and the standard deviation between them.
"""

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import argparse
import json
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from m_competitions import (
    LEVEL,
    PUBLISHED,
    Part,
    Result,
    load,
    pool,
    report,
    score,
    score_intervals,
)
from sklearn.linear_model import Ridge
from sklearn.model_selection import TimeSeriesSplit

from tsrnn import (
    DeseasonalizedForecaster,
    DoubleExpSmoothingRNN,
    ElmanRNNRegressor,
    GRURegressor,
    NaiveForecaster,
    PanelForecaster,
    RNNForecaster,
)
from tsrnn.forecasting.forecaster import Forecaster

# What was chosen on held-back values: the window, and where targets are cut off.
SETTINGS = {
    "m3-yearly": {"window": 6, "cut_off": 1.5},
    "m3-quarterly": {"window": 8, "cut_off": 1.5},
    "m3-monthly": {"window": 12, "cut_off": 1.5},
    "m3-other": {"window": 8, "cut_off": 1.5},
    "m4-yearly": {"window": 10, "cut_off": 3.0},
}
TRAINING = {"hidden_layer_sizes": 16, "learning_rate_init": 0.003, "early_stopping": True}

CLASSIC = {"AirPassengers": 12, "austourists": 4, "lynx": 1}
N_FOLDS = 5

# The competition's own benchmark: a linear network of six units on windows of three.
PUBLISHED["m4-yearly"]["RNN benchmark"] = (22.398, 4.946, 1.308)


def networks(seed: int) -> dict[str, object]:
    """Regressors on windows, by name."""
    return {
        "Ridge": Ridge(),
        "Holt's start": ElmanRNNRegressor(
            hidden_layer_sizes=2,
            activation="identity",
            init="holt",
            max_iter=1,
            learning_rate_init=1e-12,
        ),
        "Elman": ElmanRNNRegressor(**TRAINING, random_state=seed),
        "Elman, Holt": ElmanRNNRegressor(**TRAINING, init="holt", random_state=seed),
        "GRU": GRURegressor(**TRAINING, random_state=seed),
        "GRU, Holt": GRURegressor(**TRAINING, init="holt", random_state=seed),
    }


def contenders(
    settings: dict, period: int, horizon: int, strategies: list[str], seed: int
) -> dict[str, Forecaster]:
    """Forecasters of a frequency, on seasonally adjusted series where there is a season."""
    found: dict[str, Forecaster] = {
        "Naive2": NaiveForecaster(),
        "Holt cautious": DoubleExpSmoothingRNN(prior="cautious"),
        "Damped cautious": DoubleExpSmoothingRNN(damped=True, prior="cautious"),
    }
    for strategy in strategies:
        options = {"strategy": strategy, "horizon": horizon if strategy == "direct" else None}
        for name, regressor in networks(seed).items():
            mark = "" if strategy == "recursive" else " direct"
            found[name + mark] = RNNForecaster(regressor, **settings, **options)
    if period == 1:
        return found
    return {name: DeseasonalizedForecaster(one, period=period) for name, one in found.items()}


def held_back(part: Part) -> Part:
    """Forecast the last values of the training parts, of the series that are long enough."""
    horizon, m = part.horizon, part.period
    lengths = part.frame.groupby("unique_id", sort=False)["y"].transform("size")
    frame = part.frame[lengths > 2 * horizon + max(m, 1)]
    place = frame.groupby("unique_id").cumcount(ascending=False)
    ids = pd.Index(frame["unique_id"].unique())
    train, after = frame[place >= horizon], frame[place < horizon]
    series = [y.to_numpy() for _, y in train.groupby("unique_id", sort=False)["y"]]
    scale = np.array([np.abs(y[m:] - y[:-m]).mean() for y in series])
    varies = scale > 0.0
    kept = train["unique_id"].isin(ids[varies])
    return replace(
        part,
        frame=train[kept],
        ids=ids[varies],
        test=after["y"].to_numpy().reshape(-1, horizon)[varies],
        scale=scale[varies],
        largest=np.array([np.abs(y).max() for y in series])[varies],
    )


def run_part(part: Part, options: argparse.Namespace) -> dict[str, Result]:
    """Forecast one frequency by all contenders; scores are means over the seeds."""
    results: dict[str, Result] = {}
    for seed in range(options.seeds):
        found = contenders(SETTINGS[part.name], part.period, part.horizon, options.strategies, seed)
        for name, forecaster in found.items():
            is_drawn = "Elman" in name or "GRU" in name
            if seed > 0 and not is_drawn:
                continue
            one = run(part, forecaster, options)
            results[name] = one if seed == 0 else mean_of(results[name], one, seed)
    return results


def run(part: Part, forecaster: Forecaster, options: argparse.Namespace) -> Result:
    """Fit and forecast one frequency."""
    panel = PanelForecaster(forecaster, alias="f", freq=1, n_jobs=options.jobs)
    start = time.perf_counter()
    table = panel.fit(part.frame).predict(part.horizon)
    result = score(part, part.rows_of(table, "f"), {"point": time.perf_counter() - start})
    for kind, method in (("own", "auto"), ("conformal", "conformal")) if options.intervals else ():
        start = time.perf_counter()
        table = panel.predict(part.horizon, level=LEVEL, method=method)
        result.seconds[kind] = time.perf_counter() - start
        bounds = [part.rows_of(table, f"f-{side}-{LEVEL}") for side in ("lo", "hi")]
        score_intervals(part, result, kind, *bounds)
    return result


def mean_of(before: Result, one: Result, n_before: int) -> Result:
    """Take the scores of one more seed into a mean."""

    def mean(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return (n_before * a + b) / (n_before + 1)

    return Result(
        mean(before.smape, one.smape),
        mean(before.mase, one.mase),
        before.n_bad + one.n_bad,
        {stage: before.seconds[stage] + one.seconds[stage] for stage in one.seconds},
        {kind: mean(before.inside[kind], one.inside[kind]) for kind in one.inside},
        {kind: mean(before.msis[kind], one.msis[kind]) for kind in one.msis},
    )


def run_competitions(options: argparse.Namespace) -> None:
    """Print a table a frequency, and one of all of M3."""
    of_m3 = []
    for name in options.data:
        part = load(name, options.data_home, options.series)
        if options.held_back:
            part = held_back(part)
        results = run_part(part, options)
        report(
            f"{name}, windows of {SETTINGS[name]['window']}",
            "" if options.held_back else name,
            results,
        )
        if name.startswith("m3"):
            of_m3.append(results)
    if len(of_m3) == 4:
        report("m3, all", "" if options.held_back else "m3", pool(of_m3))


def classic_contenders(period: int, seed: int) -> dict[str, Forecaster]:
    """Forecasters of one series: networks on the adjusted series, and on windows with a season."""
    found: dict[str, Forecaster] = {
        "seasonal naive": NaiveForecaster(strategy="seasonal", period=period)
        if period > 1
        else NaiveForecaster(),
        "Holt cautious": DoubleExpSmoothingRNN(prior="cautious"),
    }
    for name, regressor in networks(seed).items():
        found[name] = RNNForecaster(regressor, window=8)
    if period > 1:
        adjusted = {
            f"{name} adj": DeseasonalizedForecaster(one, period=period)
            for name, one in found.items()
            if name != "seasonal naive"
        }
        for name, regressor in networks(seed).items():
            found[name] = RNNForecaster(regressor, window=period + 2)
        found |= adjusted
    return found


def run_classic(path: Path, n_seeds: int) -> None:
    """Print a table of the classic series."""
    everything = json.loads(path.read_text(encoding="utf-8"))
    errors: dict[str, dict[str, list[float]]] = {}
    for series, period in CLASSIC.items():
        y = np.array(everything[series]["values"], dtype=float)
        for seed in range(n_seeds):
            for name, forecaster in classic_contenders(period, seed).items():
                error = mean_scaled_error(forecaster, y, period)
                errors.setdefault(name, {}).setdefault(series, []).append(error)
    print(f"\nmean absolute scaled error over {N_FOLDS} origins, {n_seeds} seeds")
    print(f"{'':<20}" + "".join(f"{series:>20}" for series in CLASSIC))
    for name, by_series in errors.items():
        cells = []
        for series in CLASSIC:
            values = by_series.get(series)
            if values is None:
                cells.append("")
                continue
            spread = f" +- {np.std(values):.3f}" if np.std(values) > 5e-4 else " " * 9
            cells.append(f"{np.mean(values):.3f}{spread}")
        print(f"{name:<20}" + "".join(f"{text:>20}" for text in cells).rstrip())


def mean_scaled_error(forecaster: Forecaster, y: np.ndarray, period: int) -> float:
    """Forecast from five origins: the mean over them of the absolute error in naive ones."""
    horizon = 12 if period == 12 else 8
    scores = []
    for train, test in TimeSeriesSplit(N_FOLDS, test_size=horizon).split(y):
        forecast = forecaster.fit(y[train]).predict(horizon)
        scale = np.abs(y[train][period:] - y[train][:-period]).mean()
        scores.append(np.abs(forecast - y[test]).mean() / scale)
    return float(np.mean(scores))


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-home", help="folder of the data; see tsrnn.datasets.fetch_m4")
    parser.add_argument("--data", nargs="*", choices=SETTINGS, default=list(SETTINGS))
    parser.add_argument("--classic", type=Path, help="JSON file of the classic series")
    parser.add_argument("--strategies", nargs="+", default=["recursive", "direct"])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--series", type=int, help="at most so many of each frequency")
    parser.add_argument("--intervals", action="store_true")
    parser.add_argument("--held-back", action="store_true", help="of the training parts: to choose")
    return parser.parse_args()


def timed(name: str, call: Callable[[], None]) -> None:
    """Call, and print how long it took."""
    start = time.perf_counter()
    call()
    print(f"\n{name}: {time.perf_counter() - start:.0f} s", flush=True)


def main() -> None:
    """Print the tables."""
    options = read_options()
    warnings.simplefilter("ignore")
    if options.data:
        timed("competitions", lambda: run_competitions(options))
    if options.classic is not None:
        timed("classic series", lambda: run_classic(options.classic, max(options.seeds, 3)))


if __name__ == "__main__":
    main()
