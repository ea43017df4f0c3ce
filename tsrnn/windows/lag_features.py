"""Chosen lags and rolling statistics as the columns that a regressor reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

# Of the last values before a step, (n, length); of one value there is no deviation.
STATISTICS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "mean": lambda values: values.mean(axis=1),
    "std": lambda values: values.std(axis=1, ddof=1),
    "min": lambda values: values.min(axis=1),
    "max": lambda values: values.max(axis=1),
    "median": lambda values: np.median(values, axis=1),
}

# Of these a shift of the values is not seen.
_OF_DIFFERENCES = frozenset({"std"})


@dataclass(frozen=True)
class LagFeatures:
    """A choice among the values before a step, and statistics of them.

    Attributes
    ----------
    lags : tuple of int
        Steps back, 1 for the last value.
    rolling : tuple of (int, str)
        Over how many of the last values, and which statistic.
    """

    lags: tuple[int, ...]
    rolling: tuple[tuple[int, str], ...] = ()

    @property
    def window(self) -> int:
        """Values that it reaches back; 2 at least, for a window has a unit of its own."""
        return max(2, *self.lags, *(length for length, _ in self.rolling))

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        names = [f"lag_{lag}" for lag in self.lags]
        return names + [f"rolling_{statistic}_{length}" for length, statistic in self.rolling]

    def of(self, windows: np.ndarray) -> np.ndarray:
        """Return the columns, (n, n_columns), of windows (n, T); NaN where a value is missing."""
        columns = [windows[:, -lag] for lag in self.lags]
        for length, statistic in self.rolling:
            last = windows[:, -length:]
            if statistic in _OF_DIFFERENCES:  # so equal values have none, but for no rounding
                last = last - last[:, -1:]
            columns.append(STATISTICS[statistic](last))
        return np.column_stack(columns)
