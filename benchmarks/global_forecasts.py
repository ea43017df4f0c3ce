"""One forecaster of all series of a competition at once: RNNForecaster(horizon=...) in a panel.

Run as `python benchmarks/global_forecasts.py --data-home FOLDER [--data m3 m4-weekly] [--hold 2]
[--final] [--floor] [--whole] [--intervals] [--near-copies] [--mix backtest]`. Whatever the
forecaster's rule (`tsrnn/windows/rule.py`) says was chosen by what this prints without `--final`:
forecasts of the last horizon of the TRAINING parts, held back, or with `--hold 2` of the one before
it. With `--final` the test parts are scored.

With `--floor` ridge regressions in closed form, on the windows that the members read, are scored
beside them: what every network has to beat. `--kinds` takes other kinds of members. With `--whole`
so are members that read series whole, and the mean of both kinds.

With `--mix` it is combined with local forecasters, each fitted to a series by itself: a mean of
equal weights, or of those that a backtest within the training parts tells (`--mix backtest`).

Printed are sMAPE and MASE as the competitions have them, OWA against Naive2 computed here on the
same series, the seconds of fit and forecast, and with `--intervals` the share of values that
intervals of 95% hold, their mean scaled interval score and the seconds of them. m4-quarterly-part
is 15,005 of the 24,000 quarterly series of M4: its scores are never to be held beside published
totals; `--series 3000` takes an even choice.

Some hourly and weekly series of M4 have a near copy among the others, shifted in time, that shows
what follows: whoever learns from all series has had that, and so had the competitors. With
`--near-copies` scores are also printed without such series. A near copy is a stretch of another
series, of the length of the window compared (two weeks of hours, a year of weeks), that correlates
with the end of the series by .99 or more and has values after it.
"""

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import argparse
import time
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
from m_competitions import DATA, LEVEL, Part, Result, load, score, score_intervals

from tsrnn import (
    DeseasonalizedForecaster,
    EnsembleForecaster,
    NaiveForecaster,
    PanelForecaster,
    RNNForecaster,
)
from tsrnn.forecasting import Forecaster

# Values of the end of a series that a near copy is looked for, by the period of the MASE.
COMPARED = {1: 52, 24: 336}
ALIKE = 0.99


def held_back(part: Part, times: int) -> Part:
    """Return the part whose last horizons are cut off, and the last one of these for a test."""
    h, m = part.horizon, part.period
    train, test, kept = [], [], []
    for i, (_, rows) in enumerate(part.frame.groupby("unique_id", sort=False)):
        y = rows["y"].to_numpy()
        n = len(y) - times * h
        if n > max(3, m):
            train.append(rows.iloc[:n])
            test.append(y[n : n + h])
            kept.append(i)
    values = [rows["y"].to_numpy() for rows in train]
    scale = np.array([np.abs(y[m:] - y[:-m]).mean() for y in values])
    known = scale > 0.0  # no MASE of a series that has not changed so far
    return replace(
        part,
        frame=pd.concat([rows for rows, one in zip(train, known, strict=True) if one]),
        ids=part.ids[np.array(kept)[known]],
        test=np.array(test)[known],
        scale=scale[known],
        largest=np.array([np.abs(y).max() for y in values])[known],
    )


def near_copies(part: Part) -> np.ndarray:
    """Return whether a stretch of another series shows how each goes on, (n_series,)."""
    length = COMPARED[part.period]
    series = [rows["y"].to_numpy() for _, rows in part.frame.groupby("unique_id", sort=False)]
    ends = np.array(
        [_normalised(y[-length:]) if len(y) >= length else np.zeros(length) for y in series]
    )
    found = np.zeros(len(series), dtype=bool)
    for j, y in enumerate(series):
        n_shown = len(y) - part.horizon
        if n_shown < length:
            continue
        stretches = np.lib.stride_tricks.sliding_window_view(y[:n_shown], length)
        alike = (_normalised(stretches) @ ends.T).max(axis=0) >= ALIKE
        alike[j] = False
        found |= alike
    return found


def _normalised(windows: np.ndarray) -> np.ndarray:
    centred = windows - windows.mean(axis=-1, keepdims=True)
    size = np.sqrt((centred**2).sum(axis=-1, keepdims=True))
    return centred / np.where(size > 0.0, size, np.inf)


def line(title: str, result: Result, naive: Result, of: np.ndarray | slice = slice(None)) -> None:
    """Print the scores of a part, or of some of its series."""
    smape, mase = result.smape[of].mean(), result.mase[of].mean()
    owa = 0.5 * (smape / naive.smape[of].mean() + mase / naive.mase[of].mean())
    intervals = "".join(
        f"  {kind}: held {100 * result.inside[kind][of].mean():.1f}% "
        f"MSIS {result.msis[kind][of].mean():.2f}"
        f" ({result.seconds[kind]:.0f} s)"
        for kind in result.inside
    )
    print(  # noqa: T201
        f"{title:34s} sMAPE {smape:7.3f}  MASE {mase:6.3f}  OWA {owa:.4f}  "
        f"{result.seconds['point']:6.1f} s, of processors {result.seconds['cpu']:.0f} s{intervals}",
        flush=True,
    )


def floor_of(part: Part) -> RNNForecaster:
    """Return ridge regressions on the windows that the members of the rule read."""
    return RNNForecaster(
        horizon=part.horizon, period=part.period, random_state=0, members="ridge", n_members=6
    )


def forecast_of(
    part: Part, model: Forecaster, jobs: int
) -> tuple[np.ndarray, dict[str, float], PanelForecaster]:
    """Forecast a part: the seconds that it takes, too, and the panel."""
    panel = PanelForecaster(model, alias="f", freq=1, n_jobs=jobs)
    began, began_work = time.perf_counter(), time.process_time()
    forecast = part.rows_of(panel.fit(part.frame).predict(part.horizon), "f")
    seconds = {"point": time.perf_counter() - began, "cpu": time.process_time() - began_work}
    return forecast, seconds, panel


def score_whole(part: Part, naive: Result, options: argparse.Namespace) -> None:
    """Print the scores of members that read series whole, and of the mean of both kinds."""
    plain = {"horizon": part.horizon, "period": part.period, "random_state": options.seed}
    windows = RNNForecaster(n_members=options.members, **plain)
    whole = RNNForecaster(window="all", n_members=options.members, **plain)
    both = EnsembleForecaster([("windows", windows), ("whole", whole)], method="mean")
    for title, model in (("read whole", whole), ("mean of both", both)):
        forecast, seconds, _ = forecast_of(part, model, options.jobs)
        line(f"{part.name}, {title}", score(part, forecast, seconds), naive)


def run(name: str, options: argparse.Namespace) -> None:
    """Forecast a part, and print its scores."""
    part = load(name, options.data_home, options.series)
    if not options.final:
        part = held_back(part, options.hold)
    naive = PanelForecaster(
        DeseasonalizedForecaster(NaiveForecaster(), period=part.period), alias="f", freq=1
    ).fit(part.frame)
    naive = score(part, part.rows_of(naive.predict(part.horizon), "f"), {})
    if options.floor:
        forecast, seconds, _ = forecast_of(part, floor_of(part), options.jobs)
        line(f"{name}, the floor (ridge)", score(part, forecast, seconds), naive)
    if options.whole:
        score_whole(part, naive, options)
    model = RNNForecaster(
        horizon=part.horizon,
        period=part.period,
        random_state=options.seed,
        n_members=options.members,
        members=tuple(options.kinds) if options.kinds else "auto",
    )
    if options.mix:
        members = [("local", EnsembleForecaster(period=part.period)), ("network", model)]
        weights = None if options.mix == "equal" else options.mix
        model = EnsembleForecaster(members, method="mean", weights=weights)
    forecast, seconds, panel = forecast_of(part, model, options.jobs)
    result = score(part, forecast, seconds)
    if options.intervals:
        began = time.perf_counter()
        table = panel.predict(part.horizon, level=LEVEL)
        bounds = [part.rows_of(table, f"f-{side}-{LEVEL}") for side in ("lo", "hi")]
        score_intervals(part, result, "own", *bounds)
        seconds["own"] = time.perf_counter() - began
    title = f"{name}, {options.mix}, " if options.mix else f"{name}, "
    title += "test" if options.final else f"held back {options.hold}"
    line(title, result, naive)
    if options.save:
        np.savez(
            f"{options.save}-{name}.npz",
            forecast=forecast,
            test=part.test,
            ids=part.ids.astype(str),
        )
    if options.near_copies and part.period in COMPARED and name != "m4-yearly":
        copied = near_copies(part)
        line(f"  without {copied.sum()} near copies", result, naive, ~copied)


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data-home")
    parser.add_argument("--data", nargs="+", default=list(DATA))
    parser.add_argument("--series", type=int, help="an even choice of so many series of each part")
    parser.add_argument("--hold", type=int, default=1, choices=(1, 2))
    parser.add_argument("--final", action="store_true", help="score the test parts")
    parser.add_argument("--intervals", action="store_true")
    parser.add_argument("--near-copies", action="store_true")
    parser.add_argument("--mix", choices=("equal", "backtest"), help="with local forecasters")
    parser.add_argument("--members", default="auto", type=lambda n: n if n == "auto" else int(n))
    parser.add_argument(
        "--kinds", nargs="+", choices=("dense", "gru", "lstm", "ridge"), help="of members, in turn"
    )
    parser.add_argument("--floor", action="store_true", help="score ridge on the windows, too")
    parser.add_argument("--whole", action="store_true", help="score series read whole, too")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--save", help="write forecasts to files that begin like this")
    return parser.parse_args()


if __name__ == "__main__":
    options = read_options()
    warnings.filterwarnings("ignore")  # what is said of single series is not what is measured
    for group in options.data:
        for name in DATA.get(group, (group,)):
            run(name, options)
