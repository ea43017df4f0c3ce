"""Sequences of unequal lengths, one after the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Sequences:
    """Sequence i is `values[offsets[i]:offsets[i + 1]]`."""

    values: np.ndarray
    offsets: np.ndarray

    @property
    def n_sequences(self) -> int:
        """How many there are (N)."""
        return len(self.offsets) - 1

    @property
    def n_steps(self) -> int:
        """Steps of all of them (R)."""
        return len(self.values)

    @property
    def lengths(self) -> np.ndarray:
        """Steps of each, (N,)."""
        return np.diff(self.offsets)

    @property
    def dtype(self) -> np.dtype:
        """The type of the values."""
        return self.values.dtype
