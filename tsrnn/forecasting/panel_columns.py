"""Series of a panel as columns of arrays, for what is computed of series side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tsrnn._input.ragged import rows_of

# Series that are columns of one array, and how much longer than the shortest of them the longest
# may be.
_BLOCK, _LONGER = 256, 1.25


@dataclass(frozen=True)
class PanelColumns:
    """Some series of a panel that end in the last row of an array.

    Attributes
    ----------
    panel : tuple
        The panel's values, offsets and regressors.
    series : (k,) array
        Their positions in it.
    """

    panel: tuple[np.ndarray, np.ndarray, np.ndarray]
    series: np.ndarray

    @property
    def values(self) -> np.ndarray:
        """The series side by side, (n, k): NaN before they begin."""
        values, *_ = self.panel
        rows, place, column = self._places
        columns = np.full((int(place.max()) + 1, self.series.size), np.nan)
        columns[place, column] = values[rows]
        return columns

    @property
    def regressors(self) -> np.ndarray:
        """Those of the only series, or of all if there are none, (n, p)."""
        regressors = self.panel[2]
        rows, place, _ = self._places
        return regressors[rows] if regressors.shape[1] else np.empty((int(place.max()) + 1, 0))

    def write(self, whole: np.ndarray, part: np.ndarray) -> None:
        """Write an array (n, k) into one of all rows of the panel, (n_rows,)."""
        rows, place, column = self._places
        whole[rows] = part[place, column]

    def each(self) -> Iterator[PanelColumns]:
        """Yield the series one by one."""
        return (PanelColumns(self.panel, self.series[i : i + 1]) for i in range(self.series.size))

    @cached_property
    def _places(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the rows in the panel, and the row and column of each here."""
        rows, own = rows_of(self.panel[1], self.series)
        lengths = np.diff(own)
        place = np.repeat(int(lengths.max()) - own[1:], lengths) + np.arange(rows.size)
        return rows, place, np.repeat(np.arange(self.series.size), lengths)


def columns_of_panel(
    values: np.ndarray, offsets: np.ndarray, regressors: np.ndarray, *, in_one: bool
) -> Iterator[PanelColumns]:
    """Yield the series of a panel, those of about one length together, or all of them.

    With regressors, which columns have in common, they are one by one, unless all are together.
    """
    panel = values, offsets, regressors
    if in_one:
        yield PanelColumns(panel, np.arange(len(offsets) - 1))
        return
    for series in _blocks(np.diff(offsets), 1 if regressors.shape[1] else _BLOCK):
        yield PanelColumns(panel, series)


def _blocks(lengths: np.ndarray, size: int) -> Iterator[np.ndarray]:
    """Yield series of about one length, so many at most."""
    order = np.argsort(lengths, kind="stable")
    first = 0
    while first < order.size:
        longest = _LONGER * lengths[order[first]]
        stop = int(np.searchsorted(lengths[order], longest, side="right"))
        stop = min(first + size, stop)
        yield np.sort(order[first:stop])
        first = stop
