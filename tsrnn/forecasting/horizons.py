"""Steps: how many a series has, and how many ahead of it are computed."""

from __future__ import annotations

from typing import Any

import numpy as np

from tsrnn._input.validation import check_count
from tsrnn._time.season_length import steps_since_first
from tsrnn.exceptions import InvalidParameterError

# Steps ahead that are computed at most: beyond it a slip is likelier than a wish.
MOST_AHEAD = 10_000_000


def most_steps(values: np.ndarray) -> int:
    """Return how many steps the series (n_timesteps, n_series) that begins first has."""
    offsets = np.arange(values.shape[1] + 1) * len(values)
    return int(steps_since_first(values.T.ravel(), offsets).max())


def check_horizon(horizon: Any) -> int:
    """Return a horizon as an int that is not too large to compute.

    Raises
    ------
    InvalidParameterError
    """
    horizon = check_count("horizon", horizon)
    if horizon > MOST_AHEAD:
        raise InvalidParameterError(f"horizon must be at most {MOST_AHEAD}, got {horizon}")
    return horizon
