"""Intervals carried back from other scales: beside statsmodels', and whether they stay in bounds.

    python benchmarks/bounded_intervals.py

First Holt-Winters on the logarithms of the airline passengers, beside statsmodels' ETSModel on
them: how far forecasts and ends of intervals are apart, 24 months ahead, with statsmodels'
parameters, and with what each finds by itself. Then 500 simulated shares and 500 simulated series
of counts, twelve steps ahead: how many percent of the ends of intervals of 90 percent lie outside
of what a share or a count can be, how many percent of what followed lies within, and the interval
score (Winkler's, in units of that of the forecaster as it is).
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

from tsrnn import (
    CrostonForecaster,
    DoubleExpSmoothingRNN,
    PanelForecaster,
    SimpleExpSmoothingRNN,
    TransformedForecaster,
    TripleExpSmoothingRNN,
)
from tsrnn.forecasting import Forecaster
from tsrnn.metrics import winkler_score

PASSENGERS = Path(__file__).parents[1] / "tests" / "golden" / "r_forecast_ets_excerpt.json"
N_SERIES, LENGTH, HORIZON, LEVEL = 500, 60, 12, 90


def apart(ours: np.ndarray, theirs: np.ndarray) -> str:
    """Say by which share numbers differ at most."""
    return f"{np.max(np.abs(ours / theirs - 1.0)):.1e}"


def beside_statsmodels() -> None:
    """Print how far intervals of logarithms are from statsmodels', both carried back."""
    y = np.array(json.loads(PASSENGERS.read_text())["AirPassengers"]["y"])
    kinds = {"error": "add", "trend": "add", "seasonal": "add", "seasonal_periods": 12}
    theirs = ETSModel(pd.Series(np.log(y)), **kinds).fit(disp=False, maxiter=2000)
    ahead = theirs.get_prediction(start=len(y), end=len(y) + 23)
    mean, bounds = np.asarray(ahead.predicted_mean), np.asarray(ahead.pred_int(alpha=0.05))
    # Their variance divides the sum of squares by n, ours by n less 16, the number of parameters.
    bounds = mean[:, None] + np.sqrt(len(y) / (len(y) - 16)) * (bounds - mean[:, None])
    alpha, beta, gamma, level, trend, *season = theirs.params
    given = TripleExpSmoothingRNN(
        period=12,
        alpha=alpha,
        beta=beta / alpha,
        gamma=gamma,
        initial_state=(level, trend, *season[::-1]),  # they have the latest first
    )
    fits = {"with its parameters": given, "each with its own": TripleExpSmoothingRNN(period=12)}
    for name, smoother in fits.items():
        model = TransformedForecaster(smoother).fit(y)
        forecasts = apart(model.predict(24), np.exp(mean))
        ends = apart(model.predict_interval(24), np.exp(bounds))
        likelihoods = f"{model.forecaster_.loglik_:.2f} and {theirs.llf:.2f}"
        print(f"{name}: forecasts apart by {forecasts}, ends of 95% intervals by {ends}")
        print(f"    log-likelihoods of ours and statsmodels' {likelihoods}")


def shares(rng: np.random.Generator) -> np.ndarray:
    """Return shares whose log odds follow a level, most of them near 0 or 1."""
    odds = rng.uniform(-4.0, 4.0) + rng.uniform(0.1, 0.5) * rng.normal(size=LENGTH).cumsum()
    return 1.0 / (1.0 + np.exp(-odds - 0.2 * rng.normal(size=LENGTH)))


def counts(rng: np.random.Generator) -> np.ndarray:
    """Return small counts whose mean wanders."""
    mean = rng.uniform(0.3, 6.0) * np.exp(0.08 * rng.normal(size=LENGTH).cumsum())
    return rng.poisson(np.minimum(mean, 50.0)).astype(float)


def intervals_of(forecaster: Forecaster, series: list[np.ndarray], most: float) -> dict[str, float]:
    """Return percentages of ends out of bounds and of values held, and the mean interval score."""
    parts = [
        pd.DataFrame({"unique_id": i, "ds": np.arange(LENGTH - HORIZON), "y": y[:-HORIZON]})
        for i, y in enumerate(series)
    ]
    panel = PanelForecaster(forecaster, alias="f").fit(pd.concat(parts, ignore_index=True))
    table = panel.predict(HORIZON, level=LEVEL)
    low, high = (table[f"f-{side}-{LEVEL}"].to_numpy() for side in ("lo", "hi"))
    actual = np.concatenate([y[-HORIZON:] for y in series])
    return {
        "ends below, %": 100.0 * np.mean(low < 0.0),
        "ends above, %": 100.0 * np.mean(high > most),
        "held, %": 100.0 * np.mean((low <= actual) & (actual <= high)),
        "score": winkler_score(actual, low, high, level=LEVEL / 100),
    }


def within_bounds() -> None:
    """Print tables of intervals of shares and of counts."""
    smooth, holt = SimpleExpSmoothingRNN(), DoubleExpSmoothingRNN(damped=True)
    cases = {
        "shares": (shares, 1.0, "logit", {"level": smooth, "damped Holt": holt}),
        "counts": (counts, np.inf, "sqrt", {"level": smooth, "damped Holt": holt}),
    }
    for kind, (make, most, transform, forecasters) in cases.items():
        rng, rows = np.random.default_rng(18), {}
        series = [make(rng) for _ in range(N_SERIES)]
        for name, one in forecasters.items():
            cut_off = TransformedForecaster(one, None, lower=0, upper=most if most == 1.0 else None)
            rows[name] = intervals_of(one, series, most)
            rows[f"{name}, cut off"] = intervals_of(cut_off, series, most)
            rows[f"{name}, {transform}"] = intervals_of(
                TransformedForecaster(one, transform), series, most
            )
        if kind == "counts":
            rows["Croston, whole numbers"] = intervals_of(
                CrostonForecaster(counts=True), series, most
            )
        table = pd.DataFrame(rows).T
        table["score"] /= table["score"].iloc[0]
        print(f"\n{N_SERIES} series of {kind}, intervals of {LEVEL} percent:")
        print(table.round(2).to_string())


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    beside_statsmodels()
    within_bounds()
