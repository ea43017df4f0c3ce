"""Forecasts of intermittent demand beside statsforecast's, on 1,000 simulated series.

    python benchmarks/intermittent_demand.py

First the largest difference of forecasts with equal parameters from equal starts. Then, for four
kinds of demand, how forecasts of both, with what each takes by itself, miss the true mean demand of
the twelve periods ahead, which a simulation knows: the bias in percent of it, and the RMSSE, the
root mean squared error in units of the root mean squared change within a series, averaged over
series. Last the share of totals of six periods that are within their intervals of 90 percent, how
many of these and of those of the next period begin below zero, and the seconds of 30,000 series,
totals too. `SimpleExpSmoothingRNN` knows nothing of zeros. For statsforecast (2.x) install it
beside tsrnn.
"""

from __future__ import annotations

import time
import warnings

import numpy as np
import pandas as pd

from tsrnn import CrostonForecaster, PanelForecaster, SimpleExpSmoothingRNN
from tsrnn.forecasting import Forecaster

VARIANTS = ("classic", "sba", "tsb")
KINDS = ("steady", "drifting", "shifted", "fading")
N_EACH, HORIZON, LEAD_TIME = 250, 12, 6


def demand_of(kind: str, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return n periods of demand, and its mean in each."""
    probability, size = np.full(n, rng.uniform(0.05, 0.6)), np.full(n, rng.uniform(1.5, 6.0))
    if kind == "drifting":
        odds = np.log(probability / (1 - probability)) + rng.normal(0, 0.12, n).cumsum()
        probability, size = 1 / (1 + np.exp(-odds)), size * np.exp(rng.normal(0, 0.06, n).cumsum())
    elif kind == "shifted":
        later = np.arange(n) >= rng.integers(n // 3, n - 2 * HORIZON)
        probability = np.where(later, probability * rng.choice([0.4, 1.6]), probability)
    elif kind == "fading":
        probability = probability * np.linspace(1.0, 0.1, n)
    mean = np.maximum(size, 1.0)
    happens = rng.random(n) < probability
    return happens * (1.0 + rng.poisson(mean - 1.0)), probability * mean


def series_of(kind: str, seed: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return series of a kind with two demands at least before the horizon, and their means."""
    rng, found = np.random.default_rng(seed), []
    while len(found) < N_EACH:
        values, means = demand_of(kind, int(rng.integers(36, 121)) + HORIZON, rng)
        if np.count_nonzero(values[:-HORIZON]) >= 2:
            found.append((values, means))
    return [values for values, _ in found], [means for _, means in found]


def frame_of(values: list[np.ndarray]) -> pd.DataFrame:
    """Return the series without what is held back, as a long frame."""
    parts = [
        pd.DataFrame(
            {"unique_id": i, "ds": np.arange(1, len(one) + 1 - HORIZON), "y": one[:-HORIZON]}
        )
        for i, one in enumerate(values)
    ]
    return pd.concat(parts, ignore_index=True)


def largest_difference(values: list[np.ndarray]) -> float:
    """Return by what share forecasts differ at most from statsforecast's, parameters alike."""
    from statsforecast.models import TSB, CrostonClassic, CrostonSBA

    pairs = [
        ("classic", 0.1, CrostonClassic()),
        ("sba", 0.1, CrostonSBA()),
        ("tsb", 0.2, TSB(alpha_d=0.2, alpha_p=0.1)),
    ]
    worst = 0.0
    for variant, alpha, peer in pairs:
        ours = CrostonForecaster(variant=variant, alpha=alpha, beta=0.1, initial_state="first")
        forecasts = PanelForecaster(ours, alias="f").fit(frame_of(values)).predict(1)["f"]
        theirs = [peer.forecast(one[:-HORIZON], h=1)["mean"][0] for one in values]
        worst = max(worst, float(np.max(np.abs(forecasts / theirs - 1.0))))
    return worst


def forecasts_of(values: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Return the forecast of each method, a number a series."""
    from statsforecast.models import TSB, CrostonClassic, CrostonOptimized, CrostonSBA

    frame, found = frame_of(values), {}
    ours = {variant: CrostonForecaster(variant=variant) for variant in VARIANTS}
    ours["tsb beta=0.1"] = CrostonForecaster(variant="tsb", beta=0.1)
    ours["SimpleExpSmoothingRNN"] = SimpleExpSmoothingRNN()
    for name, forecaster in ours.items():
        panel = PanelForecaster(forecaster, alias="f").fit(frame)
        found[f"tsrnn {name}"] = panel.predict(1)["f"].to_numpy()
    peers = (CrostonClassic(), CrostonOptimized(), CrostonSBA(), TSB(alpha_d=0.1, alpha_p=0.1))
    for peer in peers:
        means = [peer.forecast(one[:-HORIZON], h=1)["mean"][0] for one in values]
        found[f"statsforecast {type(peer).__name__}"] = np.array(means)
    return found


def errors_of(forecast: np.ndarray, values: list[np.ndarray], means: list[np.ndarray]):
    """Return the bias in percent, and the RMSSE."""
    missed = [one - mean[-HORIZON:] for one, mean in zip(forecast, means, strict=True)]
    units = [np.sqrt(np.mean(np.diff(one[:-HORIZON]) ** 2)) for one in values]
    total = np.sum([mean[-HORIZON:].sum() for mean in means])
    rmsse = [np.sqrt(np.mean(one**2)) / unit for one, unit in zip(missed, units, strict=True)]
    return 100.0 * np.sum(missed) / total, np.mean(rmsse)


def intervals_of(values: list[np.ndarray], forecaster: Forecaster) -> tuple[float, float, float]:
    """Return which percentage of the totals that followed are within their intervals of 90 percent.

    And of how many of these intervals, and of those of the next period, the lower end is below 0.
    """
    panel = PanelForecaster(forecaster, alias="f").fit(frame_of(values))
    totals = panel.predict(LEAD_TIME, level=90, total=True, n_paths=1000)
    actual = np.array([one[-HORIZON : LEAD_TIME - HORIZON].sum() for one in values])
    held = (totals["f-lo-90"] <= actual) & (actual <= totals["f-hi-90"])
    lows = totals["f-lo-90"], panel.predict(1, level=90)["f-lo-90"]
    return 100.0 * held.mean(), *(100.0 * (low < 0.0).mean() for low in lows)


def main() -> None:
    warnings.simplefilter("ignore")
    data = {kind: series_of(kind, seed) for seed, kind in enumerate(KINDS)}
    every = [one for values, _ in data.values() for one in values]
    print(f"largest relative difference on {len(every)} series: {largest_difference(every):.1e}")
    rows = {}
    for kind, (values, means) in data.items():
        for name, forecast in forecasts_of(values).items():
            bias, rmsse = errors_of(forecast, values, means)
            rows.setdefault(name, {}).update({f"{kind} bias %": bias, f"{kind} RMSSE": rmsse})
    print(pd.DataFrame(rows).T.round(3).to_string())
    print("percent of totals within their intervals of 90 percent, and of intervals below zero:")
    variants = {one: CrostonForecaster(variant=one, counts=True) for one in VARIANTS}
    variants["tsb beta=0.1"] = CrostonForecaster(variant="tsb", beta=0.1, counts=True)
    rows = {}
    for name, one in (variants | {"SimpleExpSmoothingRNN": SimpleExpSmoothingRNN()}).items():
        found = {kind: intervals_of(values, one) for kind, (values, _) in data.items()}
        rows[name] = {kind: held for kind, (held, _, _) in found.items()}
        below = np.mean(list(found.values()), axis=0)
        rows[name] |= {"totals below 0": below[1], "of a period": below[2]}
    print(pd.DataFrame(rows).T.round(0).astype(int).to_string())
    frame = frame_of(every * 30)
    frame["unique_id"] = np.repeat(
        np.arange(30 * len(every)), [len(y) - HORIZON for y in every] * 30
    )
    start = time.perf_counter()
    panel = PanelForecaster(CrostonForecaster()).fit(frame)
    panel.predict(12, level=[90])
    between = time.perf_counter()
    panel.predict(LEAD_TIME, level=[90], total=True, n_paths=1000)
    print(
        f"{frame['unique_id'].nunique()} series, {len(frame)} rows, fitted and forecast in "
        f"{between - start:.1f} s, their totals in {time.perf_counter() - between:.1f} s by 1,000 "
        "paths each"
    )


if __name__ == "__main__":
    main()
