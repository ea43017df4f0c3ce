"""Exponential smoothing at speed: panels and single series beside statsforecast and statsmodels.

Run as `python benchmarks/smoothing_speed.py --data-home FOLDER [--parts holt auto complex single
scaling] [--quick] [--processor]`. Panels are long frames, in and out: `PanelForecaster` fits and
predicts, and so does `StatsForecast.forecast`, each with one thread or process and with two. Ours
runs several times, before and after theirs, and the median counts; theirs runs once, after a small
panel that compiles it. `--quick` takes a tenth of the series. `--processor` counts seconds of the
processor, with one job alone, for machines that others use.

The scores beside the seconds show that what was timed is the same work: the mean sMAPE of the same
forecasts.
"""

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import argparse
import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd

from tsrnn import (
    AutoExpSmoothingRNN,
    ComplexExpSmoothingRNN,
    DoubleExpSmoothingRNN,
    PanelForecaster,
    SimpleExpSmoothingRNN,
)
from tsrnn.datasets import fetch_m3, fetch_m4
from tsrnn.forecasting.forecaster import Forecaster

PARTS = ("holt", "auto", "complex", "single", "scaling")
M3 = ("yearly", "quarterly", "monthly", "other")
N_ROUNDS, N_CALLS = 3, 10


def load(sources: list, data_home: str | None, share: int) -> tuple[pd.DataFrame, list, int, int]:
    """Read every so-manieth series: a long frame, what came after, the largest horizon, period."""
    train, test, ids, horizon = [], [], [], 0
    for fetch, frequency in sources:
        data = fetch(frequency, data_home=data_home)
        train += data.train[::share]
        test += data.test[::share]
        ids += data.ids[::share].tolist()
        horizon = max(horizon, data.horizon)
    return to_frame(train, ids), dict(zip(ids, test, strict=True)), horizon, data.seasonality


def to_frame(series: list, ids: list) -> pd.DataFrame:
    """Put series into a long frame whose time stamps are counts."""
    lengths = [len(y) for y in series]
    return pd.DataFrame(
        {
            "unique_id": np.repeat(np.array(ids, dtype=object), lengths),
            "ds": np.concatenate([np.arange(1, n + 1) for n in lengths]),
            "y": np.concatenate(series),
        }
    )


def first_series(frame: pd.DataFrame, count: int) -> pd.DataFrame:
    """Keep the first series of a frame."""
    return frame[frame["unique_id"].isin(frame["unique_id"].unique()[:count])]


def smape(table: pd.DataFrame, test: dict) -> float:
    """Score the forecasts of a long frame with the columns unique_id, ds, f."""
    scores = []
    for name, forecast in table.groupby("unique_id")["f"]:
        y = test[name]
        f = forecast.to_numpy()[: len(y)]
        scores.append(np.mean(200.0 * np.abs(y - f) / (np.abs(y) + np.abs(f))))
    return float(np.mean(scores))


class Stopwatch:
    """Seconds, of the wall's clock or of the processor."""

    def __init__(self, processor: bool) -> None:
        self.now = time.process_time if processor else time.perf_counter
        # What other processes compute does not count as this one's time.
        self.jobs = (1,) if processor else (1, 2)

    def time(self, call: Callable[[], object]) -> tuple[object, float]:
        """Call, and return what it returns and the seconds it took."""
        start = self.now()
        answer = call()
        return answer, self.now() - start


def compare(
    watch: Stopwatch, name: str, data: tuple, forecaster: Forecaster, make_peer: Callable
) -> dict[int, tuple[float, float]]:
    """Time both on a panel and print a line for each number of jobs: (ours, theirs) by jobs."""
    from statsforecast import StatsForecast

    frame, test, horizon, _ = data

    def ours(n_jobs: int, df: pd.DataFrame = frame) -> pd.DataFrame:
        return (
            PanelForecaster(forecaster, alias="f", freq=1, n_jobs=n_jobs).fit(df).predict(horizon)
        )

    def theirs(n_jobs: int, df: pd.DataFrame = frame) -> pd.DataFrame:
        return StatsForecast(models=[make_peer()], freq=1, n_jobs=n_jobs).forecast(df=df, h=horizon)

    seconds = {}
    for n_jobs in watch.jobs:
        for contender in (ours, theirs):
            contender(n_jobs, first_series(frame, 4))
        runs = [watch.time(lambda n=n_jobs: ours(n)) for _ in range(N_ROUNDS)]
        their_table, their_seconds = watch.time(lambda n=n_jobs: theirs(n))
        runs += [watch.time(lambda n=n_jobs: ours(n)) for _ in range(N_ROUNDS - 1)]
        our_seconds = float(np.median([one for _, one in runs]))
        seconds[n_jobs] = (our_seconds, their_seconds)
        print_ratio(f"{name}, {len(test)} series", n_jobs, our_seconds, their_seconds)
        print(
            f"{'':<44}sMAPE {smape(runs[0][0], test):.3f}, theirs {smape(their_table, test):.3f}",
            flush=True,
        )
    return seconds


def print_ratio(name: str, n_jobs: int, ours: float, theirs: float) -> None:
    """Print one comparison."""
    print(
        f"{name:<36}{n_jobs} job(s){ours:>10.3f} s{theirs:>10.3f} s theirs"
        f"{theirs / ours:>8.1f} x ours",
        flush=True,
    )


def holt(options: argparse.Namespace) -> None:
    """Holt's method over M3 and M4 yearly."""
    from statsforecast.models import AutoETS

    sources = [(fetch_m3, frequency) for frequency in M3] + [(fetch_m4, "yearly")]
    data = load(sources, options.data_home, options.share)
    compare(
        options.watch,
        "Holt, M3 + M4 yearly",
        data,
        DoubleExpSmoothingRNN(),
        lambda: AutoETS(model="AAN", damped=False, alias="f"),
    )


def auto(options: argparse.Namespace) -> None:
    """Automatic selection over M3."""
    from statsforecast.models import AutoETS

    by_frequency(options, "Auto", AutoExpSmoothingRNN, AutoETS)


def complex_smoothing(options: argparse.Namespace) -> None:
    """Complex exponential smoothing over M3, in the form with the lowest AICc."""
    from statsforecast.models import AutoCES

    by_frequency(options, "Complex", ComplexExpSmoothingRNN, AutoCES)


def by_frequency(
    options: argparse.Namespace, name: str, make: Callable, make_peer: Callable
) -> None:
    """Time both on M3, a panel for each frequency."""
    totals = {n_jobs: np.zeros(2) for n_jobs in options.watch.jobs}
    for frequency in M3:
        data = load([(fetch_m3, frequency)], options.data_home, options.share)
        period = data[-1]
        seconds = compare(
            options.watch,
            f"{name}, M3 {frequency}",
            data,
            make(period=period),
            lambda period=period: make_peer(season_length=period, alias="f"),
        )
        for n_jobs in options.watch.jobs:
            totals[n_jobs] += seconds[n_jobs]
    for n_jobs in options.watch.jobs:
        print_ratio(f"{name}, M3", n_jobs, *totals[n_jobs])


def single(options: argparse.Namespace) -> None:
    """Holt's method on one M3 series after another: fit, and forecast."""
    from statsforecast.models import AutoETS
    from statsmodels.tsa.holtwinters import Holt

    sources = [(fetch_m3, frequency) for frequency in M3]
    frame, *_ = load(sources, options.data_home, 50 * options.share)
    series = [y.to_numpy() for _, y in frame.groupby("unique_id")["y"]]
    calls = {
        "tsrnn DoubleExpSmoothingRNN": lambda y: DoubleExpSmoothingRNN().fit(y).predict(12),
        "statsforecast AutoETS(AAN)": lambda y: AutoETS(model="AAN", damped=False).forecast(
            y=y, h=12
        ),
        "statsmodels Holt": lambda y: Holt(y, initialization_method="estimated").fit().forecast(12),
    }
    watch = options.watch
    best = {name: np.full(len(series), np.inf) for name in calls}
    for _ in range(N_CALLS):  # of which the first compiles
        for name, call in calls.items():
            for i, y in enumerate(series):
                best[name][i] = min(best[name][i], watch.time(lambda call=call, y=y: call(y))[1])
    ours = best["tsrnn DoubleExpSmoothingRNN"].mean()
    print(f"Holt, {len(series)} M3 series one by one, mean of the best of {N_CALLS} calls")
    for name, seconds in best.items():
        print(f"  {name:<34}{1e3 * seconds.mean():>10.3f} ms{seconds.mean() / ours:>9.1f} x ours")


def simulate(n_series: int, n_timesteps: int, seed: int = 0) -> np.ndarray:
    """Simulate local linear trends with alpha 0.3 and beta 0.1, a row each."""
    errors = np.random.default_rng(seed).standard_normal((n_timesteps, n_series))
    level, trend = np.full(n_series, 100.0), np.full(n_series, 0.1)
    series = np.empty_like(errors)
    for t, error in enumerate(errors):
        series[t] = level + trend + error
        level += trend + 0.3 * error
        trend += 0.03 * error
    return series.T


def scaling(options: argparse.Namespace) -> None:
    """Print how the time of fit and forecast grows with the number of series, and their length."""
    sizes = [10**k for k in range(2, 5 if options.quick else 6)]
    for name, make in (("Holt", DoubleExpSmoothingRNN), ("SES", SimpleExpSmoothingRNN)):

        def panel(df: pd.DataFrame, make: type = make) -> pd.DataFrame:
            return PanelForecaster(make(), freq=1).fit(df).predict(12)

        def one(y: np.ndarray, make: type = make) -> np.ndarray:
            return make().fit(y).predict(12)

        frames = [to_frame(list(simulate(n, 50)), list(range(n))) for n in sizes]
        print_slope(
            options.watch, f"{name}, series of 50 values", sizes, [[df] for df in frames], panel
        )
        # How many iterations a series takes differs: the mean of some.
        long = [[simulate(1, n, seed)[0] for seed in range(5)] for n in sizes]
        print_slope(options.watch, f"{name}, values of one series", sizes, long, one)


def print_slope(watch: Stopwatch, name: str, sizes: list, inputs: list, call: Callable) -> None:
    """Time a call on inputs of growing sizes: the seconds, and the slope of their logarithms."""
    call(inputs[0][0])
    seconds = [
        np.mean([min(watch.time(lambda x=x: call(x))[1] for _ in range(N_ROUNDS)) for x in some])
        for some in inputs
    ]
    slope = np.polyfit(np.log(sizes), np.log(seconds), 1)[0]
    steps = np.diff(np.log10(seconds)) / np.diff(np.log10(sizes))
    print(f"{name}: log-log slope {slope:.3f}, step by step {', '.join(f'{s:.2f}' for s in steps)}")
    for size, one in zip(sizes, seconds, strict=True):
        print(f"  {size:>8}{1e3 * one:>12.3f} ms{1e6 * one / size:>10.3f} us each", flush=True)


def main() -> None:
    """Print what was asked."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-home", help="folder of the data; see tsrnn.datasets.fetch_m4")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--quick", action="store_true", help="a tenth of the series")
    parser.add_argument("--processor", action="store_true", help="count processor seconds")
    options = parser.parse_args()
    options.watch = Stopwatch(options.processor)
    options.share = 10 if options.quick else 1
    warnings.simplefilter("ignore")
    for name in options.parts:
        run = {"holt": holt, "auto": auto, "complex": complex_smoothing, "single": single}
        run.get(name, scaling)(options)


if __name__ == "__main__":
    main()
