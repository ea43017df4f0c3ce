"""Whether totals of the next steps lie in their intervals as often as the steps themselves do.

    python benchmarks/total_coverage.py

Three kinds of 300 simulated series of 80 values, eight steps ahead: a level that moves by 0.3 of
each error, an autoregression of 0.6, and a random walk. The figures are percentages of what
followed within intervals of 90 percent, from panels, with a thousand paths a series for totals.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge

from tsrnn import (
    AutoExpSmoothingRNN,
    DoubleExpSmoothingRNN,
    EnsembleForecaster,
    NaiveForecaster,
    PanelForecaster,
    RNNForecaster,
    SimpleExpSmoothingRNN,
    ThetaForecaster,
)
from tsrnn.forecasting import Forecaster

N_SERIES, LENGTH, HORIZON, LEVEL = 300, 80, 8, 90

FORECASTERS = {
    "naive": NaiveForecaster(),
    "level": SimpleExpSmoothingRNN(),
    "Holt": DoubleExpSmoothingRNN(),
    "damped Holt": DoubleExpSmoothingRNN(damped=True),
    "auto": AutoExpSmoothingRNN(),
    "theta": ThetaForecaster(),
    "ensemble": EnsembleForecaster(),
    "Ridge on windows": RNNForecaster(Ridge(), window=6),
}


def moving_level(errors: np.ndarray) -> np.ndarray:
    """Return a level that moves by 0.3 of each error, with the errors."""
    return 20.0 + errors + 0.3 * (errors.cumsum() - errors)


def autoregression(errors: np.ndarray) -> np.ndarray:
    """Return errors of which 0.6 stays in the next step."""
    values = np.zeros_like(errors)
    for t in range(1, errors.size):
        values[t] = 0.6 * values[t - 1] + errors[t]
    return 20.0 + values


def random_walk(errors: np.ndarray) -> np.ndarray:
    """Return the sums of errors."""
    return 20.0 + errors.cumsum()


def coverage(forecaster: Forecaster, series: np.ndarray) -> dict[str, float]:
    """Return the percentages of single steps, and of their total, within intervals."""
    past, actual = series[:, :LENGTH], series[:, LENGTH:]
    frame = pd.DataFrame(
        {
            "unique_id": np.repeat(np.arange(N_SERIES), LENGTH),
            "ds": np.tile(np.arange(LENGTH), N_SERIES),
            "y": past.ravel(),
        }
    )
    panel = PanelForecaster(forecaster, alias="f").fit(frame)
    steps = panel.predict(HORIZON, level=LEVEL)
    totals = panel.predict(HORIZON, level=LEVEL, total=True, n_paths=1000)
    found = {}
    for name, table, values in (
        ("steps", steps, actual.ravel()),
        ("total", totals, actual.sum(axis=1)),
    ):
        low, high = table[f"f-lo-{LEVEL}"], table[f"f-hi-{LEVEL}"]
        found[name] = 100.0 * np.mean((low <= values) & (values <= high))
    return found


def main() -> None:
    warnings.simplefilter("ignore")
    kinds: tuple[Callable[[np.ndarray], np.ndarray], ...]
    kinds = moving_level, autoregression, random_walk
    rows: dict[str, dict[tuple[str, str], float]] = {name: {} for name in FORECASTERS}
    for make in kinds:
        errors = np.random.default_rng(18).normal(size=(N_SERIES, LENGTH + HORIZON))
        series = np.array([make(one) for one in errors])
        for name, forecaster in FORECASTERS.items():
            for what, share in coverage(forecaster, series).items():
                rows[name][make.__name__.replace("_", " "), what] = share
    print(pd.DataFrame(rows).T.round(0).astype(int).to_string())


if __name__ == "__main__":
    main()
