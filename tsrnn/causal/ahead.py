"""Forecasts beyond the steps that the network says at once.

Without a season it goes on from its own medians. With one that would add its small errors up season
after season: what it said of the last whole season is said of those that follow, where it says a
whole season at once. On either way the distances of quantiles from the median grow as those of a
random walk.
"""

from __future__ import annotations

import numpy as np

from tsrnn.causal.network import CausalState


def forecast_from(state: CausalState, period: int, horizon: int) -> np.ndarray:
    """Return quantiles of the next values of series of a period, (N, horizon, Q)."""
    spec = state.network.spec
    n_said = spec.reading.horizon
    if horizon <= n_said or not 1 < period <= n_said:
        return state.forecast(horizon)
    said = state.forecast(n_said)
    medians = said[:, :, spec.middle]
    steps = np.arange(n_said, horizon)
    again = medians[:, n_said - period + (steps - n_said) % period]
    growth = np.sqrt((steps + 1.0) / n_said)
    distances = said[:, -1:] - medians[:, -1:, None]
    beyond = again[:, :, None] + growth[:, None] * distances
    return np.concatenate([said, beyond], axis=1)
