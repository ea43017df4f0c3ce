"""Panels at scale: time, memory and poisoned series, from a hundred series to a hundred thousand.

Run as `python benchmarks/panel_scale.py [--model simple|double|damped|naive] [--jobs N]`, on Linux.
Each size runs in a process of its own; the peak of memory is what fit and forecast take on top of
the frame. One series in a hundred is poisoned: missing values only, an infinity, a word, a single
value, or no row at all. The others are compared to the last bit with a run without those.
"""

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import argparse
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from tsrnn import (
    DoubleExpSmoothingRNN,
    NaiveForecaster,
    PanelForecaster,
    SimpleExpSmoothingRNN,
)

MODELS = {
    "simple": SimpleExpSmoothingRNN,
    "double": DoubleExpSmoothingRNN,
    "damped": lambda: DoubleExpSmoothingRNN(damped=True),
    "naive": NaiveForecaster,
}
SIZES = (100, 1_000, 10_000, 100_000)
N_TIMESTEPS, HORIZON = 50, 12
KINDS = ("missing", "infinity", "word", "one value", "no row")


def make_panel(n_series: int, *, poisoned: bool) -> tuple[pd.DataFrame, set[str]]:
    """Simulate local levels; return the frame, and the names of its poisoned series."""
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(n_series, N_TIMESTEPS))
    y = 100.0 + 0.3 * noise.cumsum(axis=1) + noise
    names = np.array([f"series-{i:06d}" for i in range(n_series)], dtype=object)
    dates = pd.date_range("2019-01-31", periods=N_TIMESTEPS, freq="ME")
    frame = pd.DataFrame(
        {
            "unique_id": np.repeat(names, N_TIMESTEPS),
            "ds": np.tile(dates, n_series),
            "y": y.ravel(),
        }
    )
    bad = np.arange(7, n_series, 100)
    bad_rows = (bad[:, None] * N_TIMESTEPS + np.arange(N_TIMESTEPS)).reshape(len(bad), -1)
    if not poisoned:
        return frame.drop(index=bad_rows.ravel()).reset_index(drop=True), set()
    frame["y"] = frame["y"].astype(object)
    values, kept = frame["y"].to_numpy(copy=True), np.ones(len(frame), dtype=bool)
    for i, rows in enumerate(bad_rows):
        kind = KINDS[i % len(KINDS)]
        if kind == "missing":
            values[rows] = np.nan
        elif kind == "infinity":
            values[rows[3]] = np.inf
        elif kind == "word":
            values[rows[5]] = "closed"
        else:
            kept[rows[1:] if kind == "one value" else rows] = False
    frame["y"] = values
    present = {name for i, name in enumerate(names[bad]) if KINDS[i % len(KINDS)] != "no row"}
    return frame[kept].reset_index(drop=True), present


def memory(entry: str) -> int:
    """Return the bytes that this process holds (VmRSS), or held at most (VmHWM); on Linux."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith(entry)).split()[1])


def size_of(frame: pd.DataFrame) -> int:
    """Return the bytes of a frame: names are shared by the rows of a series, numbers are not."""
    names = frame["unique_id"].drop_duplicates()
    shared = frame["unique_id"].memory_usage(index=False) + names.memory_usage(deep=True)
    return shared + frame[["ds", "y"]].memory_usage(deep=True, index=False).sum()


def run(n_series: int, model: str, n_jobs: int, poisoned: bool, output: str) -> None:
    """Fit and forecast one panel; print seconds, memory and failures."""
    warm, _ = make_panel(101, poisoned=False)
    PanelForecaster(MODELS[model]()).fit(warm).predict(HORIZON, level=[95])  # compile
    frame, bad = make_panel(n_series, poisoned=poisoned)
    Path("/proc/self/clear_refs").write_text("5")  # the peak anew, from here
    before = memory("VmRSS")
    start = time.perf_counter()
    panel = PanelForecaster(MODELS[model](), alias="forecast", n_jobs=n_jobs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        panel.fit(frame)
    fitted = time.perf_counter()
    table = panel.predict(HORIZON, level=[95])
    done = time.perf_counter()
    peak = memory("VmHWM") - before
    failed = set(panel.failures_["unique_id"])
    table.to_pickle(output)
    print(
        fitted - start, done - fitted, peak, size_of(frame), len(panel.ids_), len(failed),
        int(failed == bad),
    )  # fmt: skip


def measure(n_series: int, model: str, n_jobs: int, folder: Path, *, poisoned: bool) -> list[float]:
    """Run a panel in a process of its own: what it prints."""
    output = folder / f"panel-{'poisoned' if poisoned else 'clean'}.pickle"
    command = [sys.executable, __file__, "--model", model, "--jobs", str(n_jobs)]
    command += ["--run", str(n_series), "--poisoned", str(int(poisoned)), "--output", str(output)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [float(number) for number in done.stdout.split()]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", choices=MODELS, default="double")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--run", type=int)
    parser.add_argument("--poisoned", type=int)
    parser.add_argument("--output")
    options = parser.parse_args()
    if options.run is not None:
        run(options.run, options.model, options.jobs, bool(options.poisoned), options.output)
        return
    import tempfile

    print(f"{options.model}, {N_TIMESTEPS} values a series, {options.jobs} thread(s)")
    print(f"{'series':>8}{'fit s':>9}{'predict s':>11}{'us/series':>11}{'peak/data':>11}", end="")
    print(f"{'fitted':>9}{'failed':>8}  failures as poisoned, others as without")
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        for n_series in SIZES:
            clean = measure(n_series, options.model, options.jobs, Path(folder), poisoned=False)
            fit, predict, peak, data, n_fitted, n_failed, as_poisoned = measure(
                n_series, options.model, options.jobs, Path(folder), poisoned=True
            )
            same = pd.read_pickle(Path(folder) / "panel-poisoned.pickle").equals(
                pd.read_pickle(Path(folder) / "panel-clean.pickle")
            )
            seconds.append(clean[0] + clean[1])
            per_series = 1e6 * (fit + predict) / n_series
            print(
                f"{n_series:>8}{fit:>9.3f}{predict:>11.3f}{per_series:>11.1f}{peak / data:>11.2f}"
                f"{n_fitted:>9.0f}{n_failed:>8.0f}  {bool(as_poisoned)}, {same}"
                f"   (clean: {seconds[-1]:.3f} s, peak/data {clean[2] / clean[3]:.2f})",
                flush=True,
            )
    slope = np.polyfit(np.log(SIZES), np.log(seconds), 1)[0]
    print(f"log-log slope of seconds by series, clean panels: {slope:.3f}")


if __name__ == "__main__":
    main()
