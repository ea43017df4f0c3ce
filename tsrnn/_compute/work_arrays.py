"""Arrays that are used again: fresh memory costs more than what is done with it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


class WorkArrays:
    """Arrays by name, of whatever was last written to them.

    Parameters
    ----------
    dtype : dtype
    """

    def __init__(self, dtype: np.dtype) -> None:
        self.dtype = dtype
        self._arrays: dict[Any, np.ndarray] = {}

    def array(self, name: Any, *shape: int) -> np.ndarray:
        """Return an array of this shape, whatever is in it."""
        size = math.prod(shape)
        flat = self._arrays.get(name)
        if flat is None or flat.size < size:
            flat = self._arrays[name] = np.empty(max(size, 1), self.dtype)
        return flat[:size].reshape(shape)
