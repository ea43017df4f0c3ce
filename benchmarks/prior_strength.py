"""Choice of the strength of a prior: errors on values held back from training parts of M3 and M4.

Run as `python benchmarks/prior_strength.py [--data FOLDER] [--sample N] [PRIOR ...]`, where a prior
is written as its rates, such as `beta=10` or `alpha=1,beta=5`. The last values of each training
series, as many as the competition asked for and a third of it at most, are forecast from those
before them, and so are as many before those: two origins. The competitions' test parts are left
alone, unless `--test` asks for nothing but them.

Every structure is fitted to every series, as automatic selection does it; so selection by any
criterion, among what `AutoExpSmoothingRNN` takes unless told otherwise, is read off the same fits.
Tables show by how many percent the errors change beside fits
without a prior: the logarithm of the ratio of the means over the series of a data set, averaged
over the data sets. With `--each` there is a table of sMAPE and MASE for each data set.
"""

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import argparse
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tsrnn._input.ragged import Batch
from tsrnn.datasets import fetch_m3, fetch_m4
from tsrnn.priors import ExponentialPrior
from tsrnn.smoothing.arguments import penalty_rates
from tsrnn.smoothing.fit_batch import fit_batch
from tsrnn.smoothing.search.task import Settings
from tsrnn.smoothing.selection import (
    against_fitting,
    all_structures,
    backtest_errors,
    usual_penalties,
    usual_structures,
)
from tsrnn.smoothing.spec import FitSpec
from tsrnn.smoothing.structure import Structure

# Of M4 so many series at most, drawn by chance, so that no data set takes all the time.
PARTS = {
    ("M3", "yearly"): 645,
    ("M3", "quarterly"): 756,
    ("M3", "monthly"): 1_428,
    ("M3", "other"): 174,
    ("M4", "yearly"): 4_000,
    ("M4", "quarterly"): 1_000,
    ("M4", "weekly"): 120,
    ("M4", "hourly"): 10,
}
GRID = ("beta=5", "beta=10", "beta=20", "beta=40", "beta=20,alpha=-1")
SETTINGS = Settings("likelihood", 1.345, "auto", 200, 1e-10, effort="quick")
METHODS = {"SES": "ANN", "Holt": "AAN", "damped": "AAdN", "HW add": "AAA", "HW mul": "MAM"}


@dataclass(frozen=True)
class Task:
    """Series to be forecast.

    Attributes
    ----------
    name : str
    before : Batch
    after : (N, horizon) array
        What is to be forecast; NaN where less is.
    period : int
    """

    name: str
    before: Batch
    after: np.ndarray
    period: int


@dataclass(frozen=True)
class Scores:
    """Errors of the forecasts of each structure, (n_structures, N), and its criteria.

    Errors are NaN where a structure could not be fitted, and criteria infinite.
    """

    structures: tuple[Structure, ...]
    smape: np.ndarray
    mase: np.ndarray
    criteria: Mapping[str, np.ndarray]

    def of(self, method: str) -> tuple[np.ndarray, np.ndarray]:
        """Return both errors by series, (N,), of a structure or of selection by a criterion."""
        if method in self.criteria:
            return self.chosen_by(method, usual_candidates(self.structures[-1].period))
        labels = [one.label for one in self.structures]
        row = labels.index(METHODS.get(method, method))
        return self.smape[row], self.mase[row]

    def chosen_by(
        self, criterion: str, penalties: Mapping[Structure, float]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return both errors by series of selection among those with a penalty, or of ANN."""
        added = [penalties.get(one, np.inf) for one in self.structures]
        values = self.criteria[criterion] + np.array(added)[:, None]
        values[self.structures.index(Structure()), np.isinf(values.min(axis=0))] = 0.0
        chosen, series = values.argmin(axis=0), np.arange(values.shape[1])
        return self.smape[chosen, series], self.mase[chosen, series]


def usual_candidates(period: int) -> dict[Structure, float]:
    """Return what automatic selection takes unless told otherwise, with the penalty of each."""
    return dict(zip(usual_structures(period), usual_penalties(period), strict=True))


def read(parts: Mapping, folder: Path | None, sample: int | None, seed: int) -> Iterator:
    """Yield name, training series, test parts, horizon and period of each data set."""
    for (competition, frequency), size in parts.items():
        name = f"{competition} {frequency}"
        partial = Path(folder or ".") / f"{competition}_{frequency}_part.npz".lower()
        if partial.is_file():  # fetch_m4 wants all series: some will do here
            with np.load(partial, allow_pickle=False) as archive:
                data = dict(archive)
            train = np.split(data["train_values"], data["train_offsets"][1:-1])
            test, horizon = data["test"], int(data["horizon"])
            period = int(data["seasonality"])
        else:
            fetch = fetch_m3 if competition == "M3" else fetch_m4
            data = fetch(frequency, data_home=folder)
            train, test, horizon, period = data.train, data.test, data.horizon, data.seasonality
        size = min(size, sample or size, len(train))
        chosen = np.sort(np.random.default_rng(seed).choice(len(train), size, replace=False))
        yield (
            name,
            [np.asarray(train[i], float) for i in chosen],
            [np.asarray(test[i], float) for i in chosen],
            horizon,
            period,
        )


def as_task(name: str, before: Sequence, after: Sequence, horizon: int, period: int) -> Task:
    """Put series together."""
    offsets = np.cumsum([0] + [len(y) for y in before]).astype(np.int64)
    table = np.full((len(after), horizon), np.nan)
    for row, y in zip(table, after, strict=True):
        row[: len(y)] = y
    values = np.concatenate(before)
    return Task(name, Batch(values, offsets, np.empty((values.size, 0))), table, period)


def held_back(name: str, series: Sequence, horizon: int, period: int) -> Task:
    """Take the last values of series away, and once more as many."""
    before, after = [], []
    for y in series:
        size = min(horizon, len(y) // 3)
        for end in (len(y), len(y) - size):
            before.append(y[: end - size])
            after.append(y[end - size : end])
    return as_task(name, before, after, horizon, period)


def evaluate(task: Task, prior: ExponentialPrior | None, *, backtest: bool, n_jobs: int) -> Scores:
    """Forecast by every structure that each series allows; the simplest is for all."""
    structures, rates = all_structures(task.period), penalty_rates(prior)
    shape = (len(structures), task.before.n_series)
    names = ("aic", "aicc", "bic", *(["backtest"] if backtest else []))
    criteria = {name: np.full(shape, np.inf) for name in names}
    smape, mase = np.full(shape, np.nan), np.full(shape, np.nan)
    for c, structure in enumerate(structures):
        spec = FitSpec.learning_all(structure, rates, SETTINGS)
        is_allowed = against_fitting(spec, task.before) == ""
        series = np.flatnonzero(is_allowed | (structure == Structure()))
        if not series.size:
            continue
        some = task.before.take(series)
        fit = fit_batch(spec, some, str, n_jobs)
        forecasts = fit.model.forecast(task.after.shape[1]).T
        smape[c, series], mase[c, series] = errors_of(task, series, forecasts)
        values = {name: fit.numbers[f"{name}_"] for name in ("aic", "aicc", "bic")}
        if backtest:
            values["backtest"] = backtest_errors(spec, some, n_jobs)
        for name, of_series in values.items():
            keep = is_allowed[series] & ~np.isnan(of_series)
            criteria[name][c, series[keep]] = of_series[keep]
    return Scores(structures, smape, mase, criteria)


def errors_of(task: Task, series: np.ndarray, forecasts: np.ndarray):
    """Return sMAPE and MASE of forecasts of some series, as M4 defined them."""
    actual, some = task.after[series], task.before.take(series)
    missed, size = np.abs(actual - forecasts), np.abs(actual) + np.abs(forecasts)
    shares = np.divide(200.0 * missed, size, out=np.zeros_like(size), where=size != 0.0)
    units = np.full(series.size, np.nan)
    for i, y in enumerate(np.split(some.values, some.offsets[1:-1])):
        if y.size > task.period:
            units[i] = np.abs(y[task.period :] - y[: -task.period]).mean()
    units[units == 0.0] = np.nan  # no unit to measure in
    return np.nanmean(shares, axis=1), np.nanmean(missed, axis=1) / units


def as_prior(text: str) -> ExponentialPrior | None:
    """Read a prior such as beta=10,alpha=1."""
    if text == "none":
        return None
    pairs = [pair.split("=") for pair in text.split(",")]
    return ExponentialPrior(**{name: float(rate) for name, rate in pairs})


def tabulate(task: Task, priors: Sequence[str], *, backtest: bool, n_jobs: int) -> pd.DataFrame:
    """Return mean errors, a row for each prior and method."""
    rows = {}
    for prior in priors:
        scores = evaluate(task, as_prior(prior), backtest=backtest, n_jobs=n_jobs)
        for method in (*METHODS, *scores.criteria):
            if METHODS.get(method, "ANN") in {one.label for one in scores.structures}:
                smape, mase = scores.of(method)
                rows[prior, method] = (np.nanmean(smape), np.nanmean(mase))
    table = pd.DataFrame(rows, index=["sMAPE", "MASE"]).T
    table.index.names = ["prior", "method"]
    return table


def change(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return by how many percent errors change beside no prior, averaged over data sets."""
    logs = pd.concat({name: np.log(table) for name, table in tables.items()}, names=["data"])
    base = logs.xs("none", level="prior")
    logs = logs - base.reindex(logs.index.droplevel("prior")).to_numpy()
    return 100.0 * logs.groupby(["prior", "method"], sort=False).mean()


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("priors", nargs="*", default=GRID)
    parser.add_argument("--data", type=Path, help="the folder with the data")
    parser.add_argument("--sample", type=int, help="so many series of a data set at most")
    parser.add_argument("--only", help="data sets whose names hold this, such as 'M3'")
    parser.add_argument("--seed", type=int, default=0, help="of the choice of series")
    parser.add_argument("--backtest", action="store_true", help="select by backtest, too")
    parser.add_argument("--each", action="store_true", help="a table for each data set")
    parser.add_argument("--test", action="store_true", help="score the test parts, whole")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    parts = {
        part: 10**6 if options.test else size
        for part, size in PARTS.items()
        if options.only is None or options.only in " ".join(part)
    }
    tables = {}
    priors = ["none", *(prior for prior in options.priors if prior != "none")]
    for name, train, test, horizon, period in read(
        parts, options.data, options.sample, options.seed
    ):
        start = time.perf_counter()
        if options.test:
            task = as_task(name, train, test, horizon, period)
        else:
            task = held_back(name, train, horizon, period)
        tables[name] = tabulate(task, priors, backtest=options.backtest, n_jobs=options.jobs)
        seconds = time.perf_counter() - start
        print(f"{name}: {len(train)} series, {seconds:.0f} s", flush=True)
        if options.each:
            print(tables[name].unstack("method").round(3).to_string(), flush=True)
    print("\nPercent beside no prior, mean over data sets")
    for metric, values in change(tables).items():
        print(f"{metric}\n{values.unstack('method').round(2).to_string()}")


if __name__ == "__main__":
    main()
