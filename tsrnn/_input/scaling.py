"""Scaled units: a series in atoms or in euros of national debt is the same work.

Everything is computed on z = (y - centre) / spread. The centre is the first value and the spread
the largest distance from it, or 0 and the largest value for models that need to know where zero is.
Powers of two come off first, exactly, so that nothing overflows on the way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tsrnn._input.ragged import Batch


@dataclass(frozen=True)
class Scaling:
    """The map between the units of N series and those they are computed in.

    A value y is `(z * spread + centre) * 2**exponent`. The methods take arrays whose last axis is
    that of the series, or of any length where there is but one.

    Attributes
    ----------
    exponent : (N,) int array
    centre, spread : (N,) arrays
    """

    exponent: np.ndarray
    centre: np.ndarray
    spread: np.ndarray

    @classmethod
    def of(cls, batch: Batch, *, centred: bool = True) -> Scaling:
        """Find the scalings of series with an observed value each, NaN where missing."""
        values, series_of_row = batch.values, batch.series_of_row
        sizes = np.where(np.isnan(values), 0.0, np.abs(values))
        exponent = np.frexp(batch.largest(sizes))[1].astype(np.int64)
        reduced = np.ldexp(values, -exponent[series_of_row])
        observed = np.flatnonzero(~np.isnan(values))
        # A value of the series, so that subtracting it from integers is exact.
        first = observed[np.searchsorted(observed, batch.offsets[:-1])]
        centre = reduced[first] if centred else np.zeros(batch.n_series)
        distances = np.abs(reduced - centre[series_of_row])
        spread = batch.largest(np.where(np.isnan(distances), 0.0, distances))
        return cls(exponent, centre, np.where(spread > 0.0, spread, 1.0))

    @classmethod
    def none(cls, n_series: int) -> Scaling:
        """Return the scalings of series that are computed with in their own units."""
        return cls(np.zeros(n_series, dtype=np.int64), np.zeros(n_series), np.ones(n_series))

    def take(self, series: np.ndarray) -> Scaling:
        """Return the scalings of the series at these positions."""
        return Scaling(self.exponent[series], self.centre[series], self.spread[series])

    def scale(self, y: np.ndarray) -> np.ndarray:
        """Take values to scaled units."""
        with np.errstate(over="ignore"):
            return (np.ldexp(y, -self.exponent) - self.centre) / self.spread

    def unscale(self, z: np.ndarray) -> np.ndarray:
        """Take scaled values back."""
        with np.errstate(over="ignore"):
            return np.ldexp(z * self.spread + self.centre, self.exponent)

    def scale_difference(self, y: np.ndarray) -> np.ndarray:
        """Take differences (a trend, an error) to scaled units."""
        with np.errstate(over="ignore"):
            return np.ldexp(y, -self.exponent) / self.spread

    def unscale_difference(self, z: np.ndarray) -> np.ndarray:
        """Take scaled differences (a trend, an error) back."""
        with np.errstate(over="ignore"):
            return np.ldexp(z * self.spread, self.exponent)

    def scale_state(self, state: np.ndarray, is_share: np.ndarray) -> np.ndarray:
        """Take states (S, N), level first, to scaled units; those that are shares stay."""
        with np.errstate(over="ignore", invalid="ignore"):
            scaled = np.ldexp(state, -self.exponent)
            scaled[0] -= self.centre
            scaled /= self.spread
        return np.where(is_share[:, None], state, scaled)

    def unscale_state(self, state: np.ndarray, is_share: np.ndarray) -> np.ndarray:
        """Take scaled states (S, N), level first, back."""
        unscaled = self.unscale_difference(state)
        unscaled[0] = self.unscale(state[0])
        return np.where(is_share[:, None], state, unscaled)

    @property
    def log_unit(self) -> np.ndarray:
        """Logarithm of a scaled unit, (N,)."""
        return np.log(self.spread) + self.exponent * np.log(2.0)


@dataclass(frozen=True)
class ColumnScaling:
    """The map between regressors and what is computed with: (x - offset) / unit, by column.

    Attributes
    ----------
    offset, unit : (N, C) arrays
        Of each series.
    """

    offset: np.ndarray
    unit: np.ndarray

    @classmethod
    def of(cls, batch: Batch, *, from_mean: bool = False) -> ColumnScaling:
        """Find the scalings of the regressors of each series; a constant column becomes zero.

        The offset is the first value. Models of multiplicative parts, for which it matters where
        the series is zero, count what regressors add from their mean: so that the series net of it
        is about as large as the series, whatever the regressors are measured from.
        """
        first = batch.regressors[batch.offsets[:-1]]
        offset = first
        if from_mean:
            # From the first on, for a column that is constant to be so to the last bit; and shares
            # of the mean, for sums not to overflow.
            share = 1.0 / batch.lengths[batch.series_of_row, None]
            rest = batch.regressors * share - first[batch.series_of_row] * share
            totals = [batch.sums(column) for column in rest.T]
            offset = first + np.array(totals).T.reshape(first.shape)
        unit = batch.largest(np.abs(batch.regressors - offset[batch.series_of_row]))
        return cls(offset, np.where(unit > 0.0, unit, 1.0))

    def take(self, series: np.ndarray) -> ColumnScaling:
        """Return the scalings of the series at these positions."""
        return ColumnScaling(self.offset[series], self.unit[series])

    def scale(self, batch: Batch) -> np.ndarray:
        """Take the regressors of a batch, (R, C), to scaled units."""
        series_of_row = batch.series_of_row
        return (batch.regressors - self.offset[series_of_row]) / self.unit[series_of_row]


# What is left of a column's square without the columns before it and the level, as a share of it,
# below which it says nothing of its own: rounding of columns with a large offset is below that.
_NOTHING_OF_ITS_OWN = 1e-12


def redundant_columns(batch: Batch) -> np.ndarray:
    """Return which regressors, (N, C), say nothing that those before them and the level do not.

    Of each series, where it is observed. Columns are those of a `ColumnScaling`.
    """
    seen, series_of_row, n = ~np.isnan(batch.values), batch.series_of_row, batch.count_observed()
    redundant = np.zeros((batch.n_series, batch.regressors.shape[1]), dtype=bool)
    kept: list[tuple[np.ndarray, np.ndarray]] = []
    for j, column in enumerate(batch.regressors.T):
        observed = np.where(seen, column, 0.0)
        rest = np.where(seen, column - (batch.sums(observed) / n)[series_of_row], 0.0)
        for direction, square in kept:
            product = batch.sums(rest * direction)
            share = np.divide(product, square, out=np.zeros_like(product), where=square > 0.0)
            rest = rest - share[series_of_row] * direction
        square = batch.sums(rest**2)
        redundant[:, j] = square <= _NOTHING_OF_ITS_OWN * batch.sums(observed**2)
        kept.append((rest, np.where(redundant[:, j], 0.0, square)))
    return redundant
