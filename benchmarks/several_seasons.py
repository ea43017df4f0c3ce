"""Hourly series with the seasons of the day and of the week: what is to forecast the rest.

Run as `python benchmarks/several_seasons.py [--data-home FOLDER] [--parts choice coverage test]`,
with the folder of M4's hourly series (see `tsrnn.datasets.fetch_m4`).

`choice` holds the last 48 values of the training parts back and forecasts them from those before,
by `DeseasonalizedForecaster` around one forecaster or another: with the season of the day, and with
that of the week as well; multiplicative and additive ones, tested for and not. OWA is in units of
Naive2 on the same values. Seconds are those of the forecasters alone, and of MSTL a series.

`coverage` tells how many of these values intervals of 95% hold, with what the seasons add to errors
and without.

`test` forecasts the competition's test parts by what was chosen, with automatic smoothing and the
default combination beside it.
"""

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import argparse
import time
import warnings
from dataclasses import replace

import numpy as np

import tsrnn.compose.deseasonalize as deseasonalize
from tsrnn import (
    AutoExpSmoothingRNN,
    DeseasonalizedForecaster,
    DoubleExpSmoothingRNN,
    EnsembleForecaster,
    NaiveForecaster,
    SimpleExpSmoothingRNN,
    ThetaForecaster,
)
from tsrnn.datasets import fetch_m4
from tsrnn.forecasting.several_seasons import decompose
from tsrnn.metrics import mase, smape

DAY, WEEK, AHEAD = 24, 168, 48
INNER = {
    "naive": NaiveForecaster(),
    "simple": SimpleExpSmoothingRNN(),
    "Holt": DoubleExpSmoothingRNN(),
    "damped": DoubleExpSmoothingRNN(damped=True),
    "damped, cautious": DoubleExpSmoothingRNN(damped=True, prior="cautious"),
    "automatic": AutoExpSmoothingRNN(),
    "theta": ThetaForecaster(),
    "ensemble": EnsembleForecaster(),
}
CHOSEN = "damped, cautious"


class Kept:
    """Decompositions that are made once, for they take longer than all else."""

    def __init__(self) -> None:
        self.found, self.seconds = {}, 0.0

    def __call__(self, y, X, periods, model, *, test):
        """Decompose, or recall."""
        key = y.tobytes(), tuple(periods), model, test
        if key not in self.found:
            started = time.process_time()
            self.found[key] = decompose(y, X, periods, model, test=test)
            self.seconds += time.process_time() - started
        return self.found[key]


def forecasts(forecaster, series: list[np.ndarray]) -> tuple[np.ndarray, float]:
    """Forecast, and count the seconds of the processor."""
    offsets = np.concatenate([[0], np.cumsum([len(y) for y in series])])
    values, started = np.concatenate(series), time.process_time()
    forecaster.validate_parameters()
    model = forecaster.fit_panel(values, offsets, np.empty((values.size, 0)), 1, None)
    return model.forecast(AHEAD).T, time.process_time() - started


def errors(ahead, series, truth) -> np.ndarray:
    """Return sMAPE and MASE, the means over series."""
    each = zip(ahead, series, truth, strict=True)
    scores = [(smape(t, p), mase(t, p, y, period=DAY)) for p, y, t in each]
    return np.mean(scores, axis=0)


def report(name: str, scores: np.ndarray, naive2: np.ndarray, seconds: float) -> None:
    """Print a row."""
    owa = np.mean(scores / naive2)
    print(f"{name:48} {scores[0]:6.2f} {scores[1]:6.3f} {owa:6.3f} {seconds:8.1f} s", flush=True)


def choice(series: list[np.ndarray], truth: list[np.ndarray]) -> None:
    """Forecast held-back values by all there is."""
    kept = deseasonalize.decompose = Kept()
    adjusted = DeseasonalizedForecaster(NaiveForecaster(), period=DAY)
    naive2 = errors(forecasts(adjusted, series)[0], series, truth)
    ahead, seconds = forecasts(AutoExpSmoothingRNN(period=DAY), series)
    report("automatic, season of the day", errors(ahead, series, truth), naive2, seconds)
    for period in (DAY, (DAY, WEEK)):
        for model in ("mul", "add"):
            for test in (True, False) if isinstance(period, tuple) else (True,):
                for name, inner in INNER.items():
                    before = kept.seconds
                    forecaster = DeseasonalizedForecaster(
                        inner, period=period, model=model, test=test
                    )
                    ahead, seconds = forecasts(forecaster, series)
                    title = f"{name}, {period}, {model}, {'tested' if test else 'untested'}"
                    seconds -= kept.seconds - before
                    report(title, errors(ahead, series, truth), naive2, seconds)
                if isinstance(period, tuple):
                    each = kept.seconds / len(kept.found)
                    print(f"MSTL: {1e3 * each:.0f} ms a series", flush=True)


def coverage(series: list[np.ndarray], truth: list[np.ndarray]) -> None:
    """Count held-back values within intervals of 95%, by how many seasons were taken off."""
    offsets = np.concatenate([[0], np.cumsum([len(y) for y in series])])
    values = np.concatenate(series)
    forecaster = DeseasonalizedForecaster(INNER[CHOSEN], period=(DAY, WEEK))
    model = forecaster.fit_panel(values, offsets, np.empty((values.size, 0)), 1, None)
    n_taken = sum(np.ptp(part.factor, axis=1) > 0.0 for part in model.seasons.parts)
    calm = replace(model.seasons, spread=np.zeros(len(series)))
    for name, one in (("wider", model), ("not wider", replace(model, seasons=calm))):
        low, high = np.moveaxis(one.quantiles(AHEAD, np.array([0.025, 0.975])), 1, 0)
        held = (np.array(truth).T >= low) & (np.array(truth).T <= high)
        rows = [held, held[:, n_taken == 2], held[:, n_taken == 1]]
        told = [f"{part.mean():.3f} ({part[:6].mean():.3f})" for part in rows]
        print(f"{name:10} all (first six hours): {told[0]}, two seasons: {told[1]}, one: {told[2]}")


def test_parts(series: list[np.ndarray], truth: list[np.ndarray]) -> None:
    """Forecast the test parts by what was chosen."""
    adjusted = DeseasonalizedForecaster(NaiveForecaster(), period=DAY)
    naive2 = errors(forecasts(adjusted, series)[0], series, truth)
    contenders = {
        "automatic": AutoExpSmoothingRNN(period=DAY),
        "ensemble": EnsembleForecaster(period=DAY),
        f"{CHOSEN}, {(DAY, WEEK)}": DeseasonalizedForecaster(INNER[CHOSEN], period=(DAY, WEEK)),
    }
    for name, forecaster in contenders.items():
        ahead, seconds = forecasts(forecaster, series)
        report(name, errors(ahead, series, truth), naive2, seconds)


def main() -> None:
    """Read options and run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-home", help="folder of the data")
    parser.add_argument(
        "--parts", nargs="+", choices=("choice", "coverage", "test"), default=["choice"]
    )
    parser.add_argument("--every", type=int, default=1, help="take every so many-th series")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    data = fetch_m4("hourly", data_home=options.data_home)
    train = [np.asarray(y, dtype=float) for y in data.train[:: options.every]]
    if "choice" in options.parts:
        choice([y[:-AHEAD] for y in train], [y[-AHEAD:] for y in train])
    if "coverage" in options.parts:
        coverage([y[:-AHEAD] for y in train], [y[-AHEAD:] for y in train])
    if "test" in options.parts:
        test_parts(train, list(data.test[:: options.every]))


if __name__ == "__main__":
    main()
