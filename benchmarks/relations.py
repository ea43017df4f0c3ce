"""Relations that must hold, on random series: how often do they not?

Run as `python benchmarks/relations.py --series 1000 --jobs 2`. Three relations are tried:

- gaps: missing values before a series begins change neither its forecasts nor its intervals;
- origin: where a regressor is measured from (Celsius or Kelvin) changes neither;
- nested: a model is at least as likely as one that it contains, but for 0.02 of a log-likelihood.
"""

import argparse
import warnings
from collections import Counter

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import clone

from tsrnn import (
    AutoExpSmoothingRNN,
    DeseasonalizedForecaster,
    DoubleExpSmoothingRNN,
    NaiveForecaster,
    SimpleExpSmoothingRNN,
    TripleExpSmoothingRNN,
)

HORIZON = 6
PERIOD = 4

SMOOTHERS = [
    SimpleExpSmoothingRNN(),
    SimpleExpSmoothingRNN(error="mul"),
    DoubleExpSmoothingRNN(),
    DoubleExpSmoothingRNN(damped=True),
    DoubleExpSmoothingRNN(error="mul"),
    DoubleExpSmoothingRNN(damped=True, error="mul"),
    TripleExpSmoothingRNN(period=PERIOD),
    TripleExpSmoothingRNN(period=PERIOD, error="mul"),
    TripleExpSmoothingRNN(period=PERIOD, seasonal="mul"),
    TripleExpSmoothingRNN(period=PERIOD, seasonal="mul", error="mul", damped=True),
    AutoExpSmoothingRNN(period=1),
    AutoExpSmoothingRNN(period=PERIOD),
]
OTHERS = [
    DoubleExpSmoothingRNN(prior="cautious"),
    DoubleExpSmoothingRNN(solver="L-BFGS-B"),
    AutoExpSmoothingRNN(period=1, criterion="backtest"),
    NaiveForecaster(),
    NaiveForecaster(strategy="drift"),
    NaiveForecaster(strategy="seasonal", period=PERIOD),
    DeseasonalizedForecaster(DoubleExpSmoothingRNN(damped=True), period=PERIOD),
]


def positive_series(seed: int) -> np.ndarray:
    """Return noise, a walk, a line, growth or a season, of 16 to 60 positive values."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(16, 61))
    t, noise = np.arange(n), rng.normal(size=n)
    shape = [
        100.0 + 5.0 * noise,
        200.0 + noise.cumsum(),
        50.0 + 2.0 * t + 5.0 * noise,
        20.0 * np.exp(0.04 * t) * (1.0 + 0.05 * noise),
        100.0 + 20.0 * np.sin(2.0 * np.pi * t / PERIOD) + t + 3.0 * noise,
    ][seed % 5]
    return np.maximum(shape, 1.0)


def answers(forecaster, y, X=None, ahead=None) -> np.ndarray:
    """Return forecasts and the bounds of their intervals."""
    model = clone(forecaster).fit(y) if X is None else clone(forecaster).fit(X, y)
    request = HORIZON if X is None else ahead
    return np.column_stack([model.predict(request), model.predict_interval(request, 0.9)])


def gaps(seed: int) -> Counter:
    """Compare each series with itself after missing values."""
    y, count = positive_series(seed), Counter()
    n_missing = int(np.random.default_rng(seed).integers(1, 121))
    later = np.r_[np.full(n_missing, np.nan), y]
    for forecaster in SMOOTHERS + OTHERS:
        count["compared"] += 1
        same = np.array_equal(answers(forecaster, y), answers(forecaster, later))
        count[f"changed: {forecaster}" if not same else "same"] += 1
    return count


def origin(seed: int) -> Counter:
    """Compare regressors in degrees Celsius with the same in Kelvin."""
    y, count = positive_series(seed), Counter()
    rng = np.random.default_rng(seed)
    X = 10.0 + 8.0 * np.sin(np.arange(y.size) * 2.0 * np.pi / 12.0) + rng.normal(size=y.size)
    X, ahead = X[:, None], np.full((HORIZON, 1), 15.0)
    y = y + 0.5 * (X[:, 0] - X.min())
    for forecaster in SMOOTHERS:
        count["compared"] += 1
        one = answers(forecaster, y, X, ahead)
        other = answers(forecaster, y, X + 273.15, ahead + 273.15)
        # A search leaves about its tolerance, as the numbers have other last digits.
        difference = np.max(np.abs(one - other)) / np.ptp(y)
        for limit in (1e-6, 1e-3):
            count[f"changed by more than {limit:g} of the range: {forecaster}"] += int(
                difference > limit
            )
    return count


def nested(seed: int) -> Counter:
    """Compare likelihoods of models with those of models that they contain."""
    y, count = positive_series(seed), Counter()
    likely = {}

    def loglik(trend, damped, seasonal, error):
        key = trend, damped, seasonal, error
        if key not in likely:
            if seasonal is None and not trend:
                model = SimpleExpSmoothingRNN(error=error)
            elif seasonal is None:
                model = DoubleExpSmoothingRNN(damped=damped, error=error)
            else:
                model = TripleExpSmoothingRNN(
                    period=PERIOD,
                    seasonal=seasonal,
                    trend="add" if trend else None,
                    damped=damped,
                    error=error,
                )
            likely[key] = model.fit(y).loglik_
        return likely[key]

    for error in ("add", "mul"):
        for seasonal in ("add", "mul"):
            for trend, damped in ((False, False), (True, False), (True, True)):
                count["compared"] += 1
                larger = loglik(trend, damped, seasonal, error)
                smaller = loglik(trend, damped, None, error)
                count[f"less likely than without a season: {seasonal}, {error}"] += int(
                    larger < smaller - 0.02
                )
        count["compared"] += 1
        count[f"Holt less likely than without a trend: {error}"] += int(
            loglik(True, False, None, error) < loglik(False, False, None, error) - 0.02
        )
    return count


def quietly(relation, seed: int) -> Counter:
    """Try a relation without what fits warn of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return relation(seed)


def main() -> None:
    """Print how often each relation did not hold."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--series", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--relations", nargs="+", default=["gaps", "origin", "nested"])
    options = parser.parse_args()
    for relation in (gaps, origin, nested):
        if relation.__name__ not in options.relations:
            continue
        counts = Parallel(options.jobs)(
            delayed(quietly)(relation, seed) for seed in range(options.series)
        )
        total = sum(counts, Counter())
        n_wrong = sum(n for name, n in total.items() if name not in ("compared", "same"))
        print(f"{relation.__name__}: {options.series} series, {total['compared']} comparisons")
        for name, n in sorted(total.items()):
            if name not in ("compared", "same"):
                print(f"  {n:6d}  {name}")
        print(f"  {n_wrong:6d}  in all")


if __name__ == "__main__":
    main()
