"""Holt's method on one series: our time beside statsmodels' and statsforecast's.

Run as `python benchmarks/holt_speed.py`. The contenders take turns, some calls in a row each,
round after round, on one thread; the best call of each counts, since everything else on a machine
only ever adds time.
"""

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import subprocess
import sys
import time
import warnings

import numpy as np
import scipy.optimize
from statsforecast.models import AutoETS
from statsforecast.models import Holt as StatsforecastHolt
from statsmodels.tsa.holtwinters import Holt as StatsmodelsHolt

from tsrnn import DoubleExpSmoothingRNN

HORIZON = 12

FIRST_FIT = """
import time
import numpy as np
import sklearn.base, pandas
y = np.random.default_rng(0).standard_normal(120).cumsum()
start = time.perf_counter()
from tsrnn import DoubleExpSmoothingRNN
imported = time.perf_counter()
DoubleExpSmoothingRNN().fit(y).predict(12)
print(imported - start, time.perf_counter() - imported)
"""


def make_series(n_timesteps: int) -> np.ndarray:
    """Simulate a local linear trend with alpha 0.3 and beta 0.1."""
    level, trend, series = 100.0, 0.1, np.empty(n_timesteps)
    for t, error in enumerate(np.random.default_rng(0).standard_normal(n_timesteps)):
        series[t] = level + trend + error
        level += trend + 0.3 * error
        trend += 0.03 * error
    return series


def contenders(y: np.ndarray) -> dict:
    """Name -> a call that fits and forecasts."""
    return {
        "tsrnn DoubleExpSmoothingRNN": lambda: DoubleExpSmoothingRNN().fit(y).predict(HORIZON),
        "statsmodels Holt": lambda: (
            StatsmodelsHolt(y, initialization_method="estimated").fit().forecast(HORIZON)
        ),
        "statsforecast Holt": lambda: StatsforecastHolt().forecast(y=y, h=HORIZON),
        "statsforecast AutoETS(AAN)": lambda: AutoETS(model="AAN", damped=False).forecast(
            y=y, h=HORIZON
        ),
        "SciPy L-BFGS-B, a quadratic of two": lambda: scipy.optimize.minimize(
            lambda p: (float(p @ p), 2.0 * p),
            np.array([0.3, 0.1]),
            jac=True,
            bounds=[(0.0, 1.0)] * 2,
            method="L-BFGS-B",
        ),
    }


def best_times(calls: dict, n_rounds: int, n_calls: int) -> dict:
    """Return each call's best time in seconds, of so many in a row in each round."""
    best = dict.fromkeys(calls, np.inf)
    for _ in range(n_rounds):
        for name, call in calls.items():
            for _ in range(n_calls):
                start = time.perf_counter()
                call()
                best[name] = min(best[name], time.perf_counter() - start)
    return best


def sse(y: np.ndarray, predictions: np.ndarray) -> float:
    """Return the sum of squared one-step errors."""
    return float(np.sum((y - predictions) ** 2))


def main() -> None:
    """Print the table."""
    warnings.simplefilter("ignore")
    for n_timesteps, n_rounds, n_calls in ((120, 10, 20), (100_000, 3, 3)):
        y = make_series(n_timesteps)
        times = best_times(contenders(y), n_rounds, n_calls)
        ours = times["tsrnn DoubleExpSmoothingRNN"]
        print(
            f"\none series of {n_timesteps} values: fit and forecast, best of {n_rounds * n_calls}"
        )
        for name, seconds in times.items():
            print(f"  {name:<36}{1e3 * seconds:10.3f} ms{seconds / ours:9.1f} x ours")
        theirs = StatsmodelsHolt(y, initialization_method="estimated").fit()
        mine = DoubleExpSmoothingRNN().fit(y)
        print(f"  SSE over statsmodels' SSE: {mine.sse_ / sse(y, theirs.fittedvalues):.9f}")
    first = [
        [
            float(v)
            for v in subprocess.run(
                [sys.executable, "-c", FIRST_FIT], capture_output=True, text=True, check=True
            ).stdout.split()
        ]
        for _ in range(4)
    ]
    imported, fitted = np.array(first[1:]).min(axis=0)
    print(f"\na new process: import tsrnn {imported:.3f} s, first fit and forecast {fitted:.3f} s")


if __name__ == "__main__":
    main()
