"""Standard errors of smoothing parameters beside statsmodels' and beside the spread of estimates.

Run as `python benchmarks/standard_errors.py [--data-home FOLDER] [--parts peers coverage]`.

`peers` fits Holt's method, with additive errors and without, to 50 monthly series of M3 (see
`tsrnn.datasets.fetch_m3`) by `statsmodels`' ETSModel and here, keeps those on which both end at the
same optimum away from bounds, and prints quantiles of the ratio of standard errors, ours to theirs.
Their beta is alpha times ours, so ours is taken there by the delta method; their likelihood's
variance is SSE / n, ours SSE / (n - k), of which the square root is taken out of the ratio.

`coverage` simulates 500 series of Holt's method and counts how many true parameters lie within 1.96
standard errors of the estimates, and how many estimates are at a bound.
"""

import argparse
import time
import warnings

import numpy as np
import pandas as pd

from tsrnn import DoubleExpSmoothingRNN
from tsrnn.datasets import fetch_m3

PARTS = ("peers", "coverage")
N_SERIES = 50
ALPHA, BETA = 0.4, 0.2


def of_peer(y: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Return statsmodels' parameters of Holt's method, their standard errors, the likelihood."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    found = ETSModel(pd.Series(y), error="add", trend="add").fit(disp=False, maxiter=5000)
    return np.asarray(found.params), np.asarray(found.bse), float(found.llf)


def compare(y: np.ndarray) -> np.ndarray | None:
    """Return ratios of standard errors of alpha, alpha beta, level and trend; None at a bound."""
    model = DoubleExpSmoothingRNN().fit(y)
    (found,) = model._standard_errors()
    if np.isnan(found.errors).any():
        return None
    params, errors, loglik = of_peer(y)
    same = np.allclose(params[:2], [model.alpha_, model.alpha_ * model.beta_], atol=1e-3)
    if not same or abs(loglik - model.loglik_) > 1e-3:
        return None
    covariance = found.correlations * np.outer(found.errors, found.errors)
    to_theirs = np.eye(4)
    to_theirs[1, :2] = model.beta_, model.alpha_
    ours = np.sqrt(np.diag(to_theirs @ covariance @ to_theirs.T))
    n_parameters = 4
    return ours / errors * np.sqrt((y.size - n_parameters) / y.size)


def peers(data_home: str | None) -> None:
    """Print quantiles of the ratios."""
    data = fetch_m3("monthly", data_home=data_home)
    ratios, tried = [], 0
    for y in data.train:
        if len(ratios) == N_SERIES:
            break
        tried += 1
        ratio = compare(np.asarray(y, dtype=float) / np.mean(y))
        if ratio is not None:
            ratios.append(ratio)
    table = pd.DataFrame(ratios, columns=["alpha", "alpha beta", "initial level", "initial trend"])
    print(f"{len(ratios)} series of the first {tried}: ours / statsmodels'")
    print(table.quantile([0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0]).to_string(float_format="%.4f"))


def simulated(n_timesteps: int, n_series: int, seed: int = 7) -> np.ndarray:
    """Draw series of Holt's method with errors of 1."""
    errors = np.random.default_rng(seed).normal(size=(n_timesteps, n_series))
    level, trend = np.full(n_series, 50.0), np.full(n_series, 0.2)
    y = np.empty_like(errors)
    for t, error in enumerate(errors):
        y[t] = level + trend + error
        level, trend = level + trend + ALPHA * error, trend + ALPHA * BETA * error
    return y


def coverage() -> None:
    """Print how often the truth is within 1.96 standard errors."""
    for n_timesteps in (60, 200, 1000):
        model = DoubleExpSmoothingRNN().fit(simulated(n_timesteps, 500))
        started = time.perf_counter()
        errors = model.bse_
        seconds = time.perf_counter() - started
        for name, truth in (("alpha", ALPHA), ("beta", BETA)):
            estimates = pd.Series(getattr(model, f"{name}_"))
            known = errors[name].notna()
            within = ((estimates - truth).abs() <= 1.96 * errors[name])[known].mean()
            print(
                f"n = {n_timesteps:5}  {name:5}  at a bound {1 - known.mean():6.1%}  "
                f"within 1.96 standard errors {within:6.1%}  "
                f"median error {errors[name].median():.3f}  spread {estimates[known].std():.3f}"
            )
        print(f"n = {n_timesteps:5}  {1e3 * seconds / 500:.1f} ms a series")


def main() -> None:
    """Read options and run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-home", help="folder of the data")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if "peers" in options.parts:
        peers(options.data_home)
    if "coverage" in options.parts:
        coverage()


if __name__ == "__main__":
    main()
