"""The unit of a path: the mean size of its changes over the values that it keeps."""

from __future__ import annotations

import numpy as np

from tsrnn.synthetic.request import Request


def mean_change(x: np.ndarray, request: Request) -> np.ndarray:
    """Return the mean of |x_t - x_{t-1}| within each length, (n,); 1 where there is none."""
    changes = np.abs(np.diff(x, axis=0))
    changes *= np.arange(1, len(x))[:, None] < request.lengths
    mean = changes.sum(axis=0) / np.maximum(request.lengths - 1, 1)
    return np.where(mean > 0.0, mean, 1.0)


def in_own_changes(x: np.ndarray, request: Request) -> np.ndarray:
    """Return x in units of each series' mean change, beginning at 0, (T, n)."""
    return (x - x[0]) / mean_change(x, request)
