"""The M3 and M4 competitions: how well we forecast, beside what was published and statsforecast.

Run as `python benchmarks/m_competitions.py --data-home FOLDER [--data m3 m4-yearly] [--models auto]
[--peers]`. With `--pretrained` it prints another table, of the errors and quantiles of our
forecasters beside those of models that were trained on other series; see `pretrained_results.py`.
Everything goes through `PanelForecaster`, long frame in and out, as users run it.

The scores are the competitions': for each series the mean over the horizon of
200 |y - f| / (|y| + |f|) (sMAPE) and of |y - f| over the mean absolute (seasonal) difference of the
training series (MASE), then the mean over the series; OWA is the mean of the ratios of both to
those of Naive2, which is computed here too. Of the intervals of level 95% it prints the share of
values they hold, and the mean scaled interval score (MSIS), in which width counts as well:
(width + 40 times what a value lies outside by), in units of the MASE; lower is better. "conformal"
marks those learned over the panel. "bad" counts forecasts that are not finite, are missing, or are
more than ten times the largest training value. It must be 0.

A name ends in "adj" where the seasonally adjusted series is forecast and the season put back, as in
the competitions' benchmarks; without a season that is the same as without "adj". Comb is the mean
of SES, Holt and damped Holt. "cautious" is prior="cautious". Other forecasters of the package that
take a period are models by their names, with their defaults.

m4-quarterly-part is 15,005 of the 24,000 quarterly series of M4, the short ones. Its scores, the
OWA included, are never to be held beside what was published of all: its own Naive2 has a sMAPE of
11.356 and a MASE of 1.301, and on 3,000 evenly chosen of them (`--series 3000`) 11.269 and 1.295.
"""

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import argparse
import inspect
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pretrained_results

from tsrnn import (
    AutoExpSmoothingRNN,
    DeseasonalizedForecaster,
    DoubleExpSmoothingRNN,
    NaiveForecaster,
    PanelForecaster,
    SimpleExpSmoothingRNN,
    all_estimators,
)
from tsrnn.datasets import fetch_m3, fetch_m4
from tsrnn.forecasting.forecaster import Forecaster

LEVEL = 95
EXPLODED = 10.0

DATA = {
    "m3": ("m3-yearly", "m3-quarterly", "m3-monthly", "m3-other"),
    "m4-yearly": ("m4-yearly",),
    "m4-weekly": ("m4-weekly",),
    "m4-hourly": ("m4-hourly",),
    "m4-quarterly-part": ("m4-quarterly-part",),
}
FAMILIES = ("ses", "holt", "damped", "comb", "auto")


# Those that refuse a period of 1, or any unless they are told to have a season.
SEASONAL_ALONE = ("NaiveForecaster", "TripleExpSmoothingRNN")


def with_period() -> dict[str, type[Forecaster]]:
    """Return the forecasters that need no more than a period, which may be 1, by their names."""
    found = {}
    for name, one in all_estimators("forecaster"):
        arguments = inspect.signature(one).parameters.values()
        required = [one.name for one in arguments if one.default is one.empty]
        takes_period = "period" in inspect.signature(one).parameters
        if takes_period and not required and name not in SEASONAL_ALONE:
            found[name] = one
    return found


OTHERS = with_period()
# What --pretrained prints by default, as far as there are such.
BESIDE_PRETRAINED = (
    "AutoExpSmoothingRNN",
    "ThetaForecaster",
    "ComplexExpSmoothingRNN",
    "EnsembleForecaster",
)

# sMAPE, MASE and OWA as published; those of M3 recomputed from the forecasts that were handed in.
# The benchmarks of M4 forecast seasonally adjusted series; 118 is the winner, by S. Smyl.
PUBLISHED = {
    "m3-yearly": {"SES": 17.82, "Holt": 20.02, "Damped": 17.36, "Comb": 17.07, "Theta": 16.97},
    "m3-quarterly": {"SES": 9.72, "Holt": 10.94, "Damped": 9.36, "Comb": 9.22, "Theta": 8.96},
    "m3-monthly": {"SES": 15.30, "Holt": 15.80, "Damped": 14.58, "Comb": 14.47, "Theta": 13.89},
    "m3-other": {"SES": 6.30, "Holt": 4.81, "Damped": 4.61, "Comb": 4.56, "Theta": 4.41},
    "m3": {"SES": 13.91, "Holt": 14.84, "Damped": 13.28, "Comb": 13.13, "Theta": 12.76},
    "m4-yearly": {
        "Naive2": (16.342, 3.974, 1.0),
        "SES": (16.396, 3.981, 1.003),
        "Holt": (16.354, 3.550, 0.947),
        "Damped": (15.198, 3.379, 0.890),
        "Comb": (14.848, 3.280, 0.867),
        "Theta": (14.593, 3.382, 0.872),
        "winner (118)": (13.176, 2.980, 0.778),
    },
    "m4-weekly": {
        "Naive2": (9.161, 2.777, 1.0),
        "SES": (9.012, 2.685, 0.975),
        "Holt": (9.708, 2.420, 0.966),
        "Damped": (8.866, 2.404, 0.917),
        "Comb": (8.944, 2.432, 0.926),
        "Theta": (9.093, 2.637, 0.971),
        "winner (118)": (7.817, 2.356, 0.851),
    },
    "m4-hourly": {
        "Naive2": (18.383, 2.395, 1.0),
        "SES": (18.094, 2.385, 0.990),
        "Holt": (29.249, 9.356, 2.749),
        "Damped": (19.265, 2.956, 1.141),
        "Comb": (22.053, 4.582, 1.556),
        "Theta": (18.138, 2.455, 1.006),
        "winner (118)": (9.328, 0.893, 0.440),
    },
}


@dataclass(frozen=True)
class Part:
    """The series of one frequency, a row each in `test` (n_series, horizon)."""

    name: str
    frame: pd.DataFrame
    ids: pd.Index
    test: np.ndarray
    scale: np.ndarray
    largest: np.ndarray
    period: int

    @property
    def horizon(self) -> int:
        return self.test.shape[1]

    def rows_of(self, table: pd.DataFrame, column: str) -> np.ndarray:
        """Return a column of a long frame of forecasts as (n_series, horizon), NaN if missing."""
        matrix = np.full(self.test.shape, np.nan)
        series = self.ids.get_indexer(table["unique_id"])
        matrix[series, table.groupby("unique_id").cumcount()] = table[column]
        return matrix


@dataclass
class Result:
    """Results of one method on one or several parts: a score a series, seconds by stage."""

    smape: np.ndarray
    mase: np.ndarray
    n_bad: np.ndarray
    seconds: dict[str, float]
    inside: dict[str, np.ndarray] = field(default_factory=dict)
    msis: dict[str, np.ndarray] = field(default_factory=dict)


def load(name: str, data_home: str | None, n_series: int | None) -> Part:
    """Read the series of one frequency, or an even choice among them."""
    competition, _, frequency = name.partition("-")
    fetch = fetch_m3 if competition == "m3" else fetch_m4
    data = fetch(frequency.replace("-", "_"), data_home=data_home)
    count = len(data.ids)
    chosen = np.unique(np.linspace(0, count - 1, min(n_series or count, count)).astype(int))
    train, ids, m = [data.train[i] for i in chosen], data.ids[chosen], data.seasonality
    lengths = np.array([len(y) for y in train])
    frame = pd.DataFrame(
        {
            "unique_id": np.repeat(ids, lengths),
            "ds": np.concatenate([np.arange(1, n + 1) for n in lengths]),
            "y": np.concatenate(train),
        }
    )
    return Part(
        name,
        frame,
        pd.Index(ids),
        np.array([data.test[i] for i in chosen]),
        np.array([np.abs(y[m:] - y[:-m]).mean() for y in train]),
        np.array([np.abs(y).max() for y in train]),
        m,
    )


def score(part: Part, forecast: np.ndarray, seconds: dict[str, float]) -> Result:
    """Score point forecasts (n_series, horizon)."""
    missed, size = np.abs(part.test - forecast), np.abs(part.test) + np.abs(forecast)
    smape = np.divide(200.0 * missed, size, out=np.zeros_like(missed), where=size != 0.0)
    largest = EXPLODED * part.largest[:, None]
    n_bad = np.count_nonzero(~(np.abs(forecast) <= largest), axis=1)  # NaN, too
    return Result(smape.mean(axis=1), missed.mean(axis=1) / part.scale, n_bad, seconds)


def score_intervals(
    part: Part, result: Result, kind: str, lower: np.ndarray, upper: np.ndarray
) -> None:
    """Add to a result what intervals held, and what they cost by (M4's) interval score."""
    outside = np.maximum(lower - part.test, 0.0) + np.maximum(part.test - upper, 0.0)
    cost = upper - lower + 2.0 / (1.0 - LEVEL / 100.0) * outside
    result.inside[kind] = ((lower <= part.test) & (part.test <= upper)).mean(axis=1)
    result.msis[kind] = cost.mean(axis=1) / part.scale


def forecasters(period: int, names: list[str]) -> Iterator[tuple[str, Forecaster]]:
    """Names of methods, and what to give to PanelForecaster; equal ones once."""
    yield "Naive2", DeseasonalizedForecaster(NaiveForecaster(), period=period)
    families = [name for name in names if name in FAMILIES]
    yield from ((name, OTHERS[name](period=period)) for name in names if name in OTHERS)
    for prior, mark in ((None, ""), ("cautious", " cautious")):
        for family, name, make in (
            ("ses", "SES", SimpleExpSmoothingRNN),
            ("holt", "Holt", DoubleExpSmoothingRNN),
            ("damped", "Damped", lambda prior: DoubleExpSmoothingRNN(damped=True, prior=prior)),
        ):
            if family in families or "comb" in families:
                yield name + mark, make(prior=prior)
                if period > 1:
                    adjusted = DeseasonalizedForecaster(make(prior=prior), period=period)
                    yield f"{name} adj{mark}", adjusted
        if "auto" in families:
            yield f"Auto{mark}", AutoExpSmoothingRNN(period=period, prior=prior)


def seasonal_naive(period: int) -> Forecaster:
    """Return what repeats the last season, or the last value where there is none."""
    if period == 1:
        return NaiveForecaster()
    return NaiveForecaster(strategy="seasonal", period=period)


def timed(call: Callable[[], object]) -> tuple[object, float]:
    """Call, and return what it returns and the seconds it took."""
    start = time.perf_counter()
    answer = call()
    return answer, time.perf_counter() - start


def run_ours(
    part: Part, forecaster: Forecaster, n_jobs: int, intervals: bool
) -> tuple[Result, np.ndarray]:
    """Fit and forecast a part: the result, and the forecasts (n_series, horizon)."""
    panel = PanelForecaster(forecaster, alias="f", freq=1, n_jobs=n_jobs)
    # The first fit of a process loads compiled code.
    first = part.frame[part.frame["unique_id"].isin(part.ids[:2])]
    PanelForecaster(forecaster, freq=1).fit(first).predict(part.horizon, level=LEVEL)
    table, seconds = timed(lambda: panel.fit(part.frame).predict(part.horizon))
    forecast = part.rows_of(table, "f")
    result = score(part, forecast, {"point": seconds})
    # Adjusted series have the intervals of their forecasters, which take no account of the season.
    if intervals and not isinstance(forecaster, DeseasonalizedForecaster):
        for kind, method in (("own", "auto"), ("conformal", "conformal")):
            table, result.seconds[kind] = timed(
                lambda method=method: panel.predict(part.horizon, level=LEVEL, method=method)
            )
            bounds = [part.rows_of(table, f"f-{side}-{LEVEL}") for side in ("lo", "hi")]
            score_intervals(part, result, kind, *bounds)
    return result, forecast


def run_peers(part: Part, n_jobs: int) -> Iterator[tuple[str, Result]]:
    """Forecast a part with statsforecast, point forecasts and intervals in one go."""
    from statsforecast import StatsForecast
    from statsforecast.models import AutoETS, DynamicOptimizedTheta

    models = {
        "statsforecast AAN": lambda: AutoETS(model="AAN", damped=False, alias="f"),
        "statsforecast AutoETS": lambda: AutoETS(season_length=part.period, alias="f"),
        "statsforecast DOT": lambda: DynamicOptimizedTheta(season_length=part.period, alias="f"),
    }
    few = part.frame[part.frame["unique_id"].isin(part.ids[:2])]
    for name, make in models.items():
        StatsForecast(models=[make()], freq=1).forecast(df=few, h=part.horizon, level=[LEVEL])
        engine = StatsForecast(models=[make()], freq=1, n_jobs=n_jobs)
        table, seconds = timed(
            lambda engine=engine: engine.forecast(df=part.frame, h=part.horizon, level=[LEVEL])
        )
        result = score(part, part.rows_of(table, "f"), {"point": seconds})
        bounds = [part.rows_of(table, f"f-{side}-{LEVEL}") for side in ("lo", "hi")]
        score_intervals(part, result, "own", *bounds)
        yield name, result


def combinations(part: Part, forecasts: dict[str, np.ndarray]) -> Iterator[tuple[str, Result]]:
    """Score the means of SES, Holt and damped Holt; the seconds are theirs."""
    for mark in ("", " cautious", " adj", " adj cautious"):
        names = [f"{name}{mark}" for name in ("SES", "Holt", "Damped")]
        if all(name in forecasts for name in names):
            mean = np.mean([forecasts[name] for name in names], axis=0)
            yield f"Comb{mark}", score(part, mean, {})


def run_part(part: Part, options: argparse.Namespace) -> dict[str, Result]:
    """Run all methods on a part."""
    results, forecasts = {}, {}
    for name, forecaster in forecasters(part.period, options.models):
        results[name], forecasts[name] = run_ours(
            part, forecaster, options.jobs, not options.no_intervals and name != "Naive2"
        )
    if "comb" in options.models:
        results |= dict(combinations(part, forecasts))
    if options.peers:
        results |= dict(run_peers(part, options.jobs))
    return results


def pool(parts: list[dict[str, Result]]) -> dict[str, Result]:
    """Put the series of several parts together; what was not run on one is as without "adj"."""
    pooled = {}
    for name in max(parts, key=len):
        plain = name.replace(" adj", "")
        results = [part.get(name) or part[plain] for part in parts]
        kinds = set.intersection(*(set(one.inside) for one in results))
        stages = set.intersection(*(set(one.seconds) for one in results))
        pooled[name] = Result(
            np.concatenate([one.smape for one in results]),
            np.concatenate([one.mase for one in results]),
            np.concatenate([one.n_bad for one in results]),
            {stage: sum(one.seconds[stage] for one in results) for stage in stages},
            {kind: np.concatenate([one.inside[kind] for one in results]) for kind in kinds},
            {kind: np.concatenate([one.msis[kind] for one in results]) for kind in kinds},
        )
    return pooled


def cell(numbers: dict, key: str, form: str, width: int) -> str:
    """Write the mean of the entry of a key, or nothing."""
    return f"{np.mean(numbers[key]):{form}}".rjust(width) if key in numbers else " " * width


def report(title: str, name: str, results: dict[str, Result]) -> None:
    """Print a table: a row a method, the published ones last."""
    n_series = len(results["Naive2"].smape)
    print(f"\n{title}: {n_series} series")
    print(
        f"{'':<24}{'sMAPE':>8}{'MASE':>8}{'OWA':>8}{'bad':>5}{'s':>9}"
        f"{'in 95%':>9}{'MSIS':>8}{'s':>8}{'conf. 95%':>11}{'MSIS':>8}{'s':>8}"
    )
    naive2 = results["Naive2"]
    for method, one in results.items():
        smape, mase = one.smape.mean(), one.mase.mean()
        owa = 0.5 * (smape / naive2.smape.mean() + mase / naive2.mase.mean())
        line = f"{method:<24}{smape:>8.3f}{mase:>8.3f}{owa:>8.3f}{one.n_bad.sum():>5}"
        line += cell(one.seconds, "point", ".2f", 9)
        for kind, width in (("own", 9), ("conformal", 11)):
            line += cell(one.inside, kind, ".1%", width) + cell(one.msis, kind, ".2f", 8)
            line += cell(one.seconds, kind, ".2f", 8)
        print(line.rstrip())
    for method, scores in PUBLISHED.get(name, {}).items():
        digits = np.atleast_1d(scores)
        print(f"{'published ' + method:<24}" + "".join(f"{one:>8.3f}" for one in digits))
    print(end="", flush=True)


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-home", help="folder of the data; see tsrnn.datasets.fetch_m4")
    parser.add_argument("--data", nargs="+", choices=DATA, default=list(DATA))
    parser.add_argument("--models", nargs="+", choices=(*FAMILIES, *OTHERS))
    parser.add_argument(
        "--pretrained", action="store_true", help="print the table beside pretrained models"
    )
    parser.add_argument("--peers", action="store_true", help="run statsforecast too: slow")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--series", type=int, help="at most so many of each frequency")
    parser.add_argument("--no-intervals", action="store_true")
    options = parser.parse_args()
    if options.models is None:
        chosen = [name for name in BESIDE_PRETRAINED if name in OTHERS]
        options.models = chosen if options.pretrained else list(FAMILIES)
    if options.pretrained and not set(options.models) <= set(OTHERS):
        parser.error(f"--pretrained takes the models {', '.join(OTHERS)}")
    return options


def main() -> None:
    """Print the tables."""
    options = read_options()
    warnings.simplefilter("ignore")
    if options.pretrained:
        models = [(name, OTHERS[name]) for name in options.models]
        pretrained_results.table(
            lambda period: [
                ("seasonal naive", seasonal_naive(period)),
                *((name, make(period=period)) for name, make in models),
            ],
            options.data_home,
            options.jobs,
        )
        return
    print(f"{options.jobs} thread(s); seconds: fit and forecast, then for intervals on top")
    total = 0
    for name in options.data:
        parts = []
        for part_name in DATA[name]:
            part = load(part_name, options.data_home, options.series)
            parts.append(run_part(part, options))
            report(part_name, part_name, parts[-1])
            for method, one in parts[-1].items():
                if one.n_bad.any():
                    print(f"bad: {method}, series {', '.join(part.ids[one.n_bad > 0])}")
                if not method.startswith("statsforecast"):
                    total += one.n_bad.sum()
        if len(parts) > 1:
            report(f"{name}, all", name, pool(parts))
    print(f"\nour forecasts that are not finite, are missing or explode: {total}")


if __name__ == "__main__":
    main()
