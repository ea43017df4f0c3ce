"""Totals of the next time steps, such as the demand until a delivery comes: from simulated paths.

The quantile of a sum is not the sum of quantiles: highs and lows of single steps make up for each
other, and errors that go on add up. Paths know of both.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from tsrnn._input.validation import check_count, check_flag
from tsrnn.exceptions import InvalidParameterError
from tsrnn.forecasting.fitted_model import FittedModel

# Paths where none are asked for: quantiles of 5 and 95 percent are then right to half a percent of
# probability or so.
_N_PATHS = 10_000

# Numbers of paths that are held at a time. It decides on the order of draws.
_AT_A_TIME = 2_000_000


def check_totals(total: bool, n_paths: int | None, random_state: Any) -> tuple[int, Any]:
    """Return how many paths to draw, and from what: by default the same ones every time.

    Raises
    ------
    InvalidParameterError
        Also where paths are asked for that nothing is made of.
    """
    if not check_flag("total", total):
        for name, value in {"n_paths": n_paths, "random_state": random_state}.items():
            if value is not None:
                raise InvalidParameterError(
                    f"{name} is for totals, which are made of paths: set total=True or leave it out"
                )
    n_paths = _N_PATHS if n_paths is None else check_count("n_paths", n_paths)
    return n_paths, 0 if random_state is None else random_state


def total_quantiles(
    model: FittedModel,
    effect: np.ndarray,
    quantiles: np.ndarray,
    n_paths: int,
    random_state: Any,
) -> np.ndarray:
    """Return quantiles of the totals of the next steps, (1, n_quantiles, k).

    Parameters
    ----------
    model : FittedModel
    effect : (horizon, k) array
        What regressors add to these steps.
    quantiles : (n_quantiles,) array
    n_paths : int
    random_state : int, RandomState or None
    """
    horizon, n_series = effect.shape
    generator = check_random_state(random_state)
    n_each = max(_AT_A_TIME // max(horizon * n_series, 1), 1)
    totals = np.empty((n_paths, n_series))
    for start in range(0, n_paths, n_each):
        part = totals[start : start + n_each]
        part[:] = model.simulate(horizon, len(part), generator).sum(axis=0) + effect.sum(axis=0)
    # Of counts, totals that were drawn rather than numbers between two of them.
    return np.quantile(totals, quantiles, axis=0, method="inverted_cdf")[None]
