"""The season that is looked for by default: what it is, what it is worth, how often it is seen.

Run as `python benchmarks/season_length.py --data FOLDER [--parts series weekly alarms]`, with the
folder of m4_weekly.npz, m4_hourly.npz (as `tsrnn.datasets.fetch_m4` keeps them) and
classic_series.json (textbook series by name, {"values": [...]}).

`series` forecasts the last season of some series by `AutoExpSmoothingRNN()`, that is with
period="auto", from a Series with dates, as a panel and from plain rows, beside the period given by
hand: what was taken, sMAPE, and whether a note told of a season.

`weekly` asks whether weeks have a season of 52 steps: the last 13 values of the training parts of
M4's weekly series are held back and forecast from those before, with 52 and with 1. MASE is in
units of the mean change a week for both. The competition's test parts are left alone.

`alarms` counts in how many series of noise, walks and trends, which have none, a season is seen.
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
import pandas as pd

from tsrnn import (
    AutoExpSmoothingRNN,
    DeseasonalizedForecaster,
    DoubleExpSmoothingRNN,
    NaiveForecaster,
    PanelForecaster,
)
from tsrnn._time.season_length import seasons_found
from tsrnn.datasets import load_co2
from tsrnn.metrics import smape

PARTS = ("series", "weekly", "alarms")
WEEKS_AHEAD = 13


def parts_of(archive: Path) -> list[np.ndarray]:
    """Read training parts."""
    with np.load(archive, allow_pickle=False) as data:
        values, offsets = data["train_values"].astype(float), data["train_offsets"]
    return [values[i:j] for i, j in zip(offsets[:-1], offsets[1:], strict=True)]


def named_series(folder: Path) -> Iterator[tuple[str, pd.Series, int]]:
    """Yield series with their dates, and the periods that one would give by hand."""
    text = (folder / "classic_series.json").read_text(encoding="utf-8")
    classic = {name: entry["values"] for name, entry in json.loads(text).items()}
    for name, start, freq, period in (
        ("AirPassengers", "1949-01", "MS", 12),
        ("a10", "1991-07", "MS", 12),
        ("elecsales", "1989", "YS", 1),
        ("hyndsight", "2014-04-30", "D", 7),
        ("qcement", "1956-01", "QS", 4),
        ("gasoline", "1991-02-08", "W-FRI", 52),
    ):
        y = np.array(classic[name], dtype=float)
        yield name, pd.Series(y, pd.date_range(start, periods=len(y), freq=freq)), period
    yield "co2", load_co2().interpolate(), 12
    hours = parts_of(folder / "m4_hourly.npz")
    for i in (0, 200):
        index = pd.date_range("2015-07-01 12:00", periods=len(hours[i]), freq="h")
        yield f"M4 hourly {i + 1}", pd.Series(hours[i], index), 24


def run_series(folder: Path) -> None:
    """Print what is taken of some series, and how good the forecasts are."""
    print(f"{'sMAPE of the last season':<16} taken  dates   panel  by hand  no dates  note")
    for name, y, period in named_series(folder):
        horizon = max(period, 6)
        train, truth = y.iloc[:-horizon], y.iloc[-horizon:].to_numpy()
        dated = AutoExpSmoothingRNN().fit(train)
        frame = pd.DataFrame({"unique_id": "a", "ds": train.index, "y": train.to_numpy()})
        panel = PanelForecaster(AutoExpSmoothingRNN(), alias="f").fit(frame)
        by_hand = AutoExpSmoothingRNN(period=period).fit(train)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            plain = AutoExpSmoothingRNN().fit(train.to_numpy())
        note = [str(one.message) for one in caught if "no dates" in str(one.message)]
        message = note[0].split("one of ")[1].split(":")[0] if note else ""
        forecasts = (
            dated.predict(horizon).to_numpy(),
            panel.predict(horizon)["f"].to_numpy(),
            by_hand.predict(horizon).to_numpy(),
            plain.predict(horizon),
        )
        errors = [smape(truth, forecast) for forecast in forecasts]
        print(
            f"{name:<24} {dated.period_:5} {errors[0]:6.2f}  {errors[1]:6.2f}  {errors[2]:7.2f}"
            f"  {errors[3]:8.2f}  {message}",
            flush=True,
        )


def run_weekly(folder: Path, n_series: int | None) -> None:
    """Print errors on what is held back of weekly series, with a season and without."""
    series = parts_of(folder / "m4_weekly.npz")
    chosen = np.unique(np.linspace(0, len(series) - 1, n_series or len(series)).astype(int))
    train = [series[i][:-WEEKS_AHEAD] for i in chosen]
    test = np.array([series[i][-WEEKS_AHEAD:] for i in chosen])
    scale = np.array([np.abs(np.diff(y)).mean() for y in train])
    frame = pd.concat(
        [
            pd.DataFrame({"unique_id": i, "ds": np.arange(1, len(y) + 1), "y": y})
            for i, y in enumerate(train)
        ]
    )
    holt = DoubleExpSmoothingRNN(damped=True, prior="cautious")
    print(f"\nM4 weekly, the last {WEEKS_AHEAD} of {len(train)} training parts: sMAPE, MASE, s")
    for name, forecaster in {
        "naive": NaiveForecaster(),
        "seasonal naive, 52": NaiveForecaster(strategy="seasonal", period=52),
        "damped Holt": holt,
        "damped Holt adj, 52": DeseasonalizedForecaster(holt, period=52),
        "automatic, 1": AutoExpSmoothingRNN(period=1),
        "automatic, 52": AutoExpSmoothingRNN(period=52),
    }.items():
        begin = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            panel = PanelForecaster(forecaster, alias="f").fit(frame)
        forecast = panel.predict(WEEKS_AHEAD)["f"].to_numpy().reshape(test.shape)
        missed = np.abs(test - forecast)
        relative = (200.0 * missed / (np.abs(test) + np.abs(forecast))).mean()
        scaled = (missed.mean(axis=1) / scale).mean()
        seconds = time.perf_counter() - begin
        print(f"{name:<20} {relative:7.3f} {scaled:7.3f} {seconds:7.1f}", flush=True)


def noises(n: int, n_series: int, rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray]]:
    """Yield series without a season, (n_series, n)."""
    noise = rng.normal(size=(n_series, n))
    yield "white noise", noise
    yield "random walks", noise.cumsum(axis=1)
    yield "lines with noise", noise + 0.1 * np.arange(n)
    yield "parabolas with noise", noise + 0.02 * np.arange(n) ** 2
    yield "walks under noise", noise.cumsum(axis=1) + 2.0 * rng.normal(size=(n_series, n))
    yield "walks of heavy tails", rng.standard_t(3, (n_series, n)).cumsum(axis=1)
    yield "walks of logarithms", np.exp(0.05 * noise.cumsum(axis=1))
    yield "counts", rng.poisson(0.3, (n_series, n)).astype(float)


def run_alarms(n_series: int = 6000) -> None:
    """Print the shares of series without a season in which one is seen."""
    lengths = (24, 48, 100, 300, 1000)
    print(f"\npercent of {n_series} series in which a season is seen, by length: {lengths}")
    shares: dict[str, list[float]] = {}
    for n in lengths:
        offsets = np.arange(n_series + 1) * n
        for name, batch in noises(n, n_series, np.random.default_rng(0)):
            found = seasons_found(batch.ravel(), offsets) > 0
            shares.setdefault(name, []).append(100.0 * found.mean())
    for name, row in shares.items():
        print(f"{name:<22}" + "".join(f"{share:7.2f}" for share in row))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--sample", type=int, metavar="N", help="weekly series (all)")
    options = parser.parse_args()
    if "series" in options.parts:
        run_series(options.data)
    if "weekly" in options.parts:
        run_weekly(options.data, options.sample)
    if "alarms" in options.parts:
        run_alarms()


if __name__ == "__main__":
    main()
