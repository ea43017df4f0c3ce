"""The theta method beside statsforecast's: the same optima, the same forecasts, and seconds.

Run as `python benchmarks/theta_parity.py --data-home FOLDER [--series 500] [--parts parity speed]`.

"parity" fits series of M3, seasonally adjusted alike, with all four variants: theirs minimise the
squared errors from the fourth value on, and so do ours with `initial_level="learned"`. It prints on
how many series ours is no worse, the same to 1e-6, or better, and how far forecasts of eight steps
are apart, as a share of their size: the median and the 99th percentile, where the optima are the
same.

"speed" forecasts all of M3 with the defaults of `ThetaForecaster` and with statsforecast's
`DynamicOptimizedTheta`, long frame in and out, with one job and with two, and prints the
competition's errors beside the seconds. Ours runs before theirs and after, and the median counts.
"""

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import argparse
import warnings

import numpy as np
from m_competitions import Part, load, score, timed
from statsforecast import StatsForecast
from statsforecast.models import DynamicOptimizedTheta
from statsforecast.theta import forecast_theta, thetamodel

from tsrnn import PanelForecaster, ThetaForecaster

FREQUENCIES = ("m3-yearly", "m3-quarterly", "m3-monthly", "m3-other")
VARIANTS = {"dynamic-optimized": "DOTM", "optimized": "OTM", "dynamic": "DSTM", "standard": "STM"}
N_ROUNDS, SAME, N_FIRST = 3, 1e-6, 3


def adjusted_series(parts: list[Part], n_series: int) -> list[np.ndarray]:
    """Return an even choice of series, with the season taken off where there is one."""
    found = []
    for part in parts:
        for _, rows in part.frame.groupby("unique_id", sort=False):
            y = rows["y"].to_numpy()
            model = ThetaForecaster(part.period).fit(y)
            found.append(y / np.resize(model.seasonal_indices_, len(y)))
    return [found[i] for i in np.linspace(0, len(found) - 1, n_series).astype(int)]


def parity(parts: list[Part], n_series: int) -> None:
    """Print how the optima compare."""
    series = adjusted_series(parts, n_series)
    print(f"{n_series} series{'no worse':>18}{'same':>8}{'better':>8}{'apart by':>12}{'99%':>10}")
    for variant, name in VARIANTS.items():
        ratios, apart = np.empty((2, n_series))
        for i, y in enumerate(series):
            theirs = thetamodel(y, 1, name, np.nan, np.nan, np.nan, 3)
            ours = ThetaForecaster(1, variant=variant, initial_level="learned").fit(y)
            ratios[i] = ours.sse_ / np.sum(theirs["residuals"][N_FIRST:] ** 2)
            forecast = forecast_theta(theirs, 8)["mean"]
            apart[i] = np.abs(ours.predict(8) - forecast).mean() / np.abs(forecast).mean()
        same = np.abs(ratios - 1.0) <= SAME
        print(
            f"{variant:<18}{np.mean(ratios <= 1.0 + SAME):>11.1%}{np.mean(same):>8.1%}"
            f"{np.mean(ratios < 1.0 - SAME):>8.1%}{np.median(apart[same]):>12.1e}"
            f"{np.quantile(apart[same], 0.99):>10.1e}",
            flush=True,
        )


def forecast_by_us(part: Part, n_jobs: int) -> np.ndarray:
    """Return forecasts (n_series, horizon) by the defaults."""
    panel = PanelForecaster(ThetaForecaster(part.period), alias="f", freq=1, n_jobs=n_jobs)
    return part.rows_of(panel.fit(part.frame).predict(part.horizon), "f")


def forecast_by_them(part: Part, n_jobs: int) -> np.ndarray:
    """Return those of the same method by statsforecast."""
    model = DynamicOptimizedTheta(season_length=part.period, alias="f")
    engine = StatsForecast(models=[model], freq=1, n_jobs=n_jobs)
    return part.rows_of(engine.forecast(df=part.frame, h=part.horizon), "f")


def speed(parts: list[Part], n_jobs: int) -> None:
    """Print errors and seconds over all of M3."""
    totals = np.zeros(2)
    errors = {"ours": [], "theirs": []}
    for part in parts:
        forecast_by_us(part, n_jobs)  # compiled code is loaded
        runs = [timed(lambda p=part: forecast_by_us(p, n_jobs)) for _ in range(N_ROUNDS)]
        theirs, their_seconds = timed(lambda p=part: forecast_by_them(p, n_jobs))
        runs += [timed(lambda p=part: forecast_by_us(p, n_jobs)) for _ in range(N_ROUNDS - 1)]
        seconds = float(np.median([one for _, one in runs]))
        totals += seconds, their_seconds
        line = f"{part.name:<14}{n_jobs} job(s){seconds:>8.3f} s{their_seconds:>9.2f} s theirs"
        for name, forecast in (("ours", runs[0][0]), ("theirs", theirs)):
            result = score(part, forecast, {})
            errors[name].append(result)
            line += f"{result.smape.mean():>9.3f} {result.mase.mean():.3f}"
        print(line, flush=True)
    line = f"{'m3':<14}{n_jobs} job(s){totals[0]:>8.3f} s{totals[1]:>9.2f} s theirs"
    for of_parts in errors.values():
        smape = np.concatenate([one.smape for one in of_parts]).mean()
        line += f"{smape:>9.3f} {np.concatenate([one.mase for one in of_parts]).mean():.3f}"
    print(f"{line}   {totals[1] / totals[0]:.1f} times as fast\n", flush=True)


def main() -> None:
    """Print both parts."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-home", help="folder of the data; see tsrnn.datasets.fetch_m3")
    parser.add_argument("--series", type=int, default=500, help="of the first part")
    parser.add_argument("--parts", nargs="+", choices=("parity", "speed"))
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    parts = [load(name, options.data_home, None) for name in FREQUENCIES]
    if "parity" in (options.parts or ["parity"]):
        parity(parts, options.series)
    if "speed" in (options.parts or ["speed"]):
        for n_jobs in (1, 2):
            speed(parts, n_jobs)


if __name__ == "__main__":
    main()
