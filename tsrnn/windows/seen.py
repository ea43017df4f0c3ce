"""Series that are fitted, as windows and members look at them: scaled, begun, without outliers."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tsrnn._input.ragged import Batch
from tsrnn._input.scaling import Scaling
from tsrnn.windows.columns import RegressorScaling
from tsrnn.windows.lags import from_first_observed
from tsrnn.windows.outliers import fences_of, settled, unsettled, without_outliers


@dataclass(frozen=True)
class Seen:
    """Series that are fitted, and as they are computed with.

    Attributes
    ----------
    batch : Batch
        As they came.
    scaling : Scaling
    columns : RegressorScaling
    zero : (N,) array
        Where 0 lies in scaled units.
    fences : (N,) array
        How far values may lie outside of what is around them; see `tsrnn.windows.outliers`.
    trimmed : Batch
        In scaled units, from their first values on, outliers at their fences.
    bounded : Batch
        The same without outliers: what ranges are found by.
    rows : (R,) int array
        Of these among those that came.
    outliers : int array
        Those of these rows that are outliers, and at their fences but for raw ones.
    last : int array
        Those at the ends of series that would be outliers if other values came after them.
    """

    batch: Batch
    scaling: Scaling
    columns: RegressorScaling
    zero: np.ndarray
    fences: np.ndarray
    trimmed: Batch
    bounded: Batch
    rows: np.ndarray
    outliers: np.ndarray
    last: np.ndarray

    @classmethod
    def of(
        cls,
        batch: Batch,
        scaling: Scaling,
        columns: RegressorScaling,
        scaled: Batch,
        *,
        is_raw: bool = False,
    ) -> Seen:
        """Look at series, and at the same in scaled units; raw ones are read as they are."""
        whole, rows = from_first_observed(scaled)
        zero = scaling.scale(np.zeros(batch.n_series))
        fences = fences_of(whole, zero)
        bounded = replace(whole, values=without_outliers(whole, fences))
        nearer = settled(whole, fences)
        far = rows[~np.isnan(nearer) & (nearer != whole.values)]
        trimmed = whole if is_raw else replace(whole, values=nearer)
        last = rows[unsettled(whole, nearer, bounded.values)]
        return cls(batch, scaling, columns, zero, fences, trimmed, bounded, rows, far, last)

    @classmethod
    def by_members(cls, batch: Batch, columns: RegressorScaling | None = None) -> Seen:
        """Look at series as members do; columns are scaled as they were for others, if so given."""
        scaling = Scaling.of(batch, centred=False)
        columns = RegressorScaling.of(batch.regressors) if columns is None else columns
        each = scaling.take(batch.series_of_row)
        scaled = Batch(each.scale(batch.values), batch.offsets, columns.scale(batch.regressors))
        return cls.of(batch, scaling, columns, scaled)
