"""Scaled units: a series in atoms or in euros of national debt is the same work.

Everything is computed on z = (y - centre) / spread. The centre is one of the values (the lower
median) and the spread the largest distance from it. Powers of two come off first, exactly, so that
nothing overflows on the way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Scaling:
    """The map between the units of a series and those it is computed in.

    A value y is `(z * spread + centre) * 2**exponent`.
    """

    exponent: int
    centre: float
    spread: float

    @classmethod
    def of(cls, y: np.ndarray) -> Scaling:
        """Find the scaling of a series, NaN where missing."""
        observed = y[~np.isnan(y)]
        exponent = int(np.frexp(np.abs(observed).max())[1])
        reduced = np.ldexp(observed, -exponent)
        # A value of the series, so that subtracting it from integers is exact.
        middle = (observed.size - 1) // 2
        centre = float(np.partition(reduced, middle)[middle])
        spread = float(np.abs(reduced - centre).max())
        return cls(exponent, centre, spread or 1.0)

    def scale(self, y: np.ndarray) -> np.ndarray:
        """Take values to scaled units."""
        with np.errstate(over="ignore"):
            return (np.ldexp(y, -self.exponent) - self.centre) / self.spread

    def unscale(self, z: np.ndarray) -> np.ndarray:
        """Take scaled values back."""
        with np.errstate(over="ignore"):
            return np.ldexp(z * self.spread + self.centre, self.exponent)

    def unscale_difference(self, z: np.ndarray) -> np.ndarray:
        """Take scaled differences (a trend, an error) back."""
        with np.errstate(over="ignore"):
            return np.ldexp(z * self.spread, self.exponent)

    def scale_state(self, state: np.ndarray) -> np.ndarray:
        """Take a state, level first, to scaled units."""
        scaled = np.ldexp(state, -self.exponent)
        scaled[0] -= self.centre
        return scaled / self.spread

    def unscale_state(self, state: np.ndarray) -> np.ndarray:
        """Take a scaled state, level first, back."""
        return np.r_[self.unscale(state[:1]), self.unscale_difference(state[1:])]

    @property
    def log_unit(self) -> float:
        """Logarithm of a scaled unit."""
        return float(np.log(self.spread) + self.exponent * np.log(2.0))


@dataclass(frozen=True)
class ColumnScaling:
    """The map between regressors and what is computed with: (x - offset) / unit, by column."""

    offset: np.ndarray
    unit: np.ndarray

    @classmethod
    def of(cls, regressors: np.ndarray) -> ColumnScaling:
        """Find the scaling of regressors (n, p); a constant column becomes zero."""
        offset = np.sort(regressors, axis=0)[(len(regressors) - 1) // 2]
        unit = np.abs(regressors - offset).max(axis=0, initial=0.0)
        return cls(offset, np.where(unit > 0.0, unit, 1.0))

    def scale(self, regressors: np.ndarray) -> np.ndarray:
        """Take regressors (n, p) to scaled units."""
        return (regressors - self.offset) / self.unit
