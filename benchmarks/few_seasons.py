"""Seasons of which there are few: when the theta method takes them off, on held-back values.

Run as `python benchmarks/few_seasons.py --data FOLDER`. The last values of training series of M3
and M4, as many as the competition asked for (of hours a day) and a third at most, are forecast from
the last so many periods before them, and so are as many before those: two origins. "as they are"
are the series that have no more than that by themselves. The competitions' test parts are left
alone.

A line has the number of cases, sMAPE and MASE where seasons are those that the M competitions' test
finds in a series or beside its line, and how many percent errors are above those (the logarithm of
the ratio of the means) if seasons are taken off, too, that have a correlation of more than so much
with the period before; in parentheses how many these are. "all" is every season.
"""

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import argparse
import warnings
from pathlib import Path

import numpy as np
from prior_strength import Task, as_task, errors_of, read

from tsrnn import ThetaForecaster
from tsrnn.forecasting.season import are_seasonal

PARTS = {
    ("M3", "quarterly"): 756,
    ("M3", "monthly"): 1_428,
    ("M4", "quarterly"): 3_000,
    ("M4", "weekly"): 359,
    ("M4", "hourly"): 414,
}
PERIODS = (3.0, 3.25, 3.5, 3.75, 4.0, 4.25, 4.5, 4.75)
LEAST = (0.3, 0.5, 0.7)


def halves(train: list, horizon: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return what is known and what is to be forecast, two origins of each series."""
    found = []
    for y in train:
        size = min(horizon, len(y) // 3)
        found += [(y[: end - size], y[end - size : end]) for end in (len(y), len(y) - size)]
    return found


def seasons_of(task: Task) -> tuple[np.ndarray, np.ndarray]:
    """Return where the test finds a season, and the correlations with the period before, (N,)."""
    values, offsets, m = task.before.values, task.before.offsets, task.period
    rests = []
    for y in np.split(values, offsets[1:-1]):
        t = np.arange(len(y)) - 0.5 * (len(y) - 1)
        rest = y - y.mean() - (t @ y) / (t @ t) * t
        rests.append(np.where(np.abs(rest) < 1e-10 * np.abs(y).max(), 0.0, rest))
    is_found = are_seasonal(values, offsets, m) | are_seasonal(np.concatenate(rests), offsets, m)
    with np.errstate(invalid="ignore"):
        both = [np.corrcoef(rest[m:], rest[:-m])[0, 1] for rest in rests]
    return is_found, np.nan_to_num(both)


def compare(label: str, pairs: list, horizon: int, period: int) -> None:
    """Print a line."""
    if len(pairs) < 20:
        return
    task = as_task(label, *zip(*pairs, strict=True), horizon, period)
    batch, series = task.before, np.arange(len(pairs))
    errors = []
    for forecaster in (ThetaForecaster(1), ThetaForecaster(period, test=False)):
        model = forecaster.fit_panel(batch.values, batch.offsets, batch.regressors)
        errors.append(errors_of(task, series, model.forecast(horizon).T))

    def means(is_taken: np.ndarray) -> np.ndarray:
        return np.array(
            [np.nanmean(np.where(is_taken, *each)) for each in zip(*errors[::-1], strict=True)]
        )

    is_found, correlation = seasons_of(task)
    base = means(is_found)
    line = f"{label:<30}{len(pairs):>6}{base[0]:>8.2f}{base[1]:>7.3f} ({is_found.sum()})"
    for least in (*LEAST, -np.inf):
        more = correlation > least
        change = 100.0 * np.log(means(is_found | more) / base)
        name = f">{least}" if least >= 0.0 else "all"
        line += f"   {name} {change[0]:+.2f} {change[1]:+.2f} ({(more & ~is_found).sum()})"
    print(line, flush=True)


def main() -> None:
    """Print the lines of each data set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="the folder with the data")
    parser.add_argument("--sample", type=int, help="so many series of a data set at most")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    for name, train, _, asked, seasonality in read(PARTS, options.data, options.sample, seed=0):
        period = seasonality if seasonality > 1 else 52
        horizon = min(asked, 24) if period == 24 else asked
        pairs = halves(train, horizon)
        for least in (3, 4):
            own = [one for one in pairs if least <= len(one[0]) / period < least + 1]
            compare(f"{name}, {least}, as they are", own, horizon, period)
        for n in dict.fromkeys(int(k * period) for k in PERIODS):
            cut = [(before[-n:], after) for before, after in pairs if len(before) >= n]
            compare(f"{name}, {n / period:g} ({n})", cut, horizon, period)


if __name__ == "__main__":
    main()
