"""Choice of the default combination: errors on values held back from training parts of M3 and M4.

Run as `python benchmarks/ensemble_choice.py [--data FOLDER] [--sample N] [--only NAME] [--errors]`.
The last values of each training series, as many as the competition asked for and a third of it at
most, are forecast from those before them, and so are as many before those: two origins. The
competitions' test parts are left alone.

The table has a row for the mean and the median of every subset of four members, and says by how
many percent their errors change beside automatic exponential smoothing: the logarithm of the ratio
of the means over the series of a data set, of sMAPE and MASE together. The last columns are the
means over the data sets without a season, over those with one of up to 12 steps, and over all.

With `--errors` it prints instead which sizes, in the units of `tsrnn.compose.past_errors`, errors
of the default combination do not exceed in so many of all cases. The last column is that of all
data sets but the weekly and hourly ones together, each with the same weight: `SIZES` there. Series
as long as those tell of their errors themselves.
"""

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import argparse
import time
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from prior_strength import PARTS, Task, errors_of, held_back, read

from tsrnn import (
    DeseasonalizedForecaster,
    DoubleExpSmoothingRNN,
    EnsembleForecaster,
    ThetaForecaster,
)
from tsrnn.compose.default_members import default_members
from tsrnn.compose.past_errors import SHARES

# So many series of a data set at most, drawn by chance; of the smaller ones more than there.
SIZES = PARTS | {("M4", "weekly"): 359, ("M4", "hourly"): 100}


def forecasts_of(task: Task, n_jobs: int) -> dict[str, np.ndarray]:
    """Forecast by each member, (N, horizon)."""
    batch, horizon = task.before, task.after.shape[1]
    found = {}
    damped = DoubleExpSmoothingRNN(damped=True, prior="cautious")
    candidates = dict(default_members(task.period)) | {
        "theta": ThetaForecaster(task.period),
        "damped": DeseasonalizedForecaster(damped, period=task.period),
    }
    for name in ("auto", "ces", "theta", "damped"):
        member = candidates[name]
        model = member.fit_panel(batch.values, batch.offsets, batch.regressors, n_jobs)
        found[name] = model.forecast(horizon, n_jobs).T
    return found


def subsets(names: list[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield ways to combine, and what is combined: of two the median is the mean."""
    for size in range(1, len(names) + 1):
        for chosen in combinations(names, size):
            yield "mean", chosen
            if size > 2:
                yield "median", chosen


def compare(task: Task, n_jobs: int) -> pd.Series:
    """Return logarithms of the errors of all combinations."""
    forecasts, series = forecasts_of(task, n_jobs), np.arange(task.before.n_series)
    rows = {}
    for how, chosen in subsets(list(forecasts)):
        combined = getattr(np, how)([forecasts[name] for name in chosen], axis=0)
        errors = errors_of(task, series, combined)
        rows[how, " + ".join(chosen)] = np.mean([np.log(np.nanmean(one)) for one in errors])
    return pd.Series(rows)


def error_sizes(task: Task, n_jobs: int) -> np.ndarray:
    """Return the sizes of errors of the default combination in units, in order."""
    batch, horizon = task.before, task.after.shape[1]
    ensemble = EnsembleForecaster(period=task.period)
    model = ensemble.fit_panel(batch.values, batch.offsets, batch.regressors, n_jobs)
    unit, missed = model.unit(horizon, n_jobs).T, task.after - model.forecast(horizon, n_jobs).T
    sizes = np.abs(missed[unit > 0.0]) / unit[unit > 0.0]
    return np.sort(sizes[~np.isnan(sizes)])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="the folder with the data")
    parser.add_argument("--sample", type=int, help="so many series of a data set at most")
    parser.add_argument("--only", help="data sets whose names hold this, such as 'M3'")
    parser.add_argument("--errors", action="store_true", help="the sizes of typical errors")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    parts = {
        part: size
        for part, size in SIZES.items()
        if options.only is None or options.only in " ".join(part)
    }
    columns, periods = {}, {}
    for name, train, _, horizon, period in read(parts, options.data, options.sample, seed=0):
        start, periods[name] = time.perf_counter(), period
        task = held_back(name, train, horizon, period)
        columns[name] = (error_sizes if options.errors else compare)(task, options.jobs)
        print(f"{name}: {len(train)} series, {time.perf_counter() - start:.0f} s", flush=True)
    if options.errors:
        table = pd.DataFrame({k: np.quantile(v, SHARES) for k, v in columns.items()}, SHARES)
        # A sample of the same size of each.
        short = [v for k, v in columns.items() if not k.endswith(("weekly", "hourly"))]
        even = np.concatenate([np.quantile(v, np.linspace(0, 1, 20_001)) for v in short])
        table["all"] = np.quantile(even, SHARES)
        print(f"\n{table.round(2).to_string()}")
        return
    logs = pd.DataFrame(columns)
    change = 100.0 * (logs - logs.loc[("mean", "auto")])
    every = change.columns
    for group, belongs in (
        ("without", lambda period: period == 1),
        ("with", lambda period: 1 < period <= 12),
        ("all", lambda period: True),
    ):
        change[group] = change[[one for one in every if belongs(periods[one])]].mean(axis=1)
    print(f"\nPercent beside auto\n{change.sort_values('all').round(1).to_string()}")


if __name__ == "__main__":
    main()
