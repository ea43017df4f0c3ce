"""How far ahead the default combination, its members and its median may be believed.

    python benchmarks/far_ahead.py

Twenty simulated series of each kind, of 200 values without a season, forecast 100 steps ahead. The
figures are root mean squares of what single steps miss (of a line and a trend that flattens what is
under the noise, else the values that came), and the median width of intervals of 95 percent.
"""

from __future__ import annotations

import warnings

import numpy as np

from tsrnn import (
    AutoExpSmoothingRNN,
    ComplexExpSmoothingRNN,
    DoubleExpSmoothingRNN,
    EnsembleForecaster,
    ThetaForecaster,
)

N_SERIES, LENGTH, HORIZON = 20, 200, 100
STEPS = (6, 12, 24, 50, 100)

FORECASTERS = {
    "auto": AutoExpSmoothingRNN(),
    "ces": ComplexExpSmoothingRNN(),
    "damped": DoubleExpSmoothingRNN(damped=True, prior="cautious"),
    "theta": ThetaForecaster(),
    "ensemble: mean": EnsembleForecaster(),
    "ensemble: median": EnsembleForecaster(method="median"),
    "ensemble: best": EnsembleForecaster(method="best"),
}


def simulated(kind: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return a series, and what its forecasts are held against."""
    t = np.arange(LENGTH + HORIZON)
    noise = rng.normal(size=t.size)
    if kind == "a line":
        truth = 50 + 0.5 * t
        return truth + 5 * noise, truth
    if kind == "a trend that flattens":
        truth = 160 - 60 * np.exp(-t / 120)
        return truth + 1.5 * noise, truth
    if kind == "a trend that ends with the data":
        truth = 50 + 0.5 * np.minimum(t, LENGTH)
        return truth + 5 * noise, truth
    if kind == "a walk":
        series = 100 + noise.cumsum()
    elif kind == "a walk with a drift":
        series = 100 + (0.3 + noise).cumsum()
    else:
        series = 100 + 0.5 * noise.cumsum() + rng.normal(0, 3, t.size)
    return series, series


def main() -> None:
    """Print a table for each kind of series."""
    warnings.simplefilter("ignore")
    kinds = ["a line", "a trend that flattens", "a trend that ends with the data"]
    for kind in [*kinds, "a walk", "a walk with a drift", "a level that wanders"]:
        print(f"\n{kind:32}" + "".join(f"{step:8}" for step in STEPS) + "   width")
        pairs = [simulated(kind, np.random.default_rng(seed)) for seed in range(N_SERIES)]
        for name, forecaster in FORECASTERS.items():
            missed, widths = [], []
            for series, truth in pairs:
                forecaster.fit(series[:LENGTH])
                missed.append(forecaster.predict(HORIZON) - truth[LENGTH:])
                widths.append(np.diff(forecaster.predict_interval(HORIZON)[-1]))
            errors = np.sqrt(np.mean(np.square(missed), axis=0))[np.array(STEPS) - 1]
            print(f"{name:32}" + "".join(f"{e:8.1f}" for e in errors) + f"{np.median(widths):8.0f}")


if __name__ == "__main__":
    main()
