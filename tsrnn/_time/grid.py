"""Places of the rows of a series in time.

A training series lies on a regular grid of time stamps, its first row at position 0. `TimeGrid`
finds the grid once, at fit, and then turns stamps into positions and positions into stamps. It is
the `PanelGrid` of a single series, seen by its index.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
import pandas as pd
from pandas.api.types import is_float_dtype

from tsrnn._time.advice import daylight_advice, joining_advice
from tsrnn._time.labels import dates_in_integers, kind_of, labels_note, same_labels, stamps_of
from tsrnn._time.panel_grid import PanelGrid
from tsrnn._time.season_length import Season
from tsrnn._time.series_search import steps_of_counts, steps_of_dates
from tsrnn._time.stamps import Dates, Durations, WholeNumbers, codec_of
from tsrnn._time.steps import BEYOND, EvenSteps
from tsrnn.exceptions import BeyondStampsError

# Of series without time stamps, which all have the same.
_ROWS = PanelGrid.of_one(WholeNumbers(np.dtype(np.int64)), EvenSteps(np.array([0]), np.array([1])))


def is_time_index(index: object) -> bool:
    """Tell whether the labels of `index` place its rows in time.

    True for dates, periods and durations, whatever they are held in (as objects, as categories,
    dates as words in ISO 8601), and for integers that do not start at 0, as floats too. False for
    all else, not only indexes.

    Examples
    --------
    >>> import pandas as pd
    >>> is_time_index(pd.RangeIndex(1960, 1970)), is_time_index(pd.RangeIndex(10))
    (True, False)
    """
    if not isinstance(index, pd.Index):
        return False
    kind = kind_of(index)
    if kind == "integers":
        return len(index) > 0 and bool(pd.isna(index[0]) or index[0] != 0)
    return kind != "labels"


@final
@dataclass(frozen=True, eq=False)
class TimeGrid:
    """The regular grid of time stamps of a training series; position 0 is its first row.

    `has_stamps` is False where the series had no time index: its stamps are then its positions.
    """

    has_stamps: bool
    index: pd.Index  # the training series'
    grid: PanelGrid  # of this series alone, from its first row on
    freq: pd.tseries.offsets.BaseOffset | None  # of dates

    @classmethod
    def from_index(cls, index: pd.Index | None, n_timesteps: int) -> TimeGrid:
        """Find the grid on which the rows of a series lie.

        Parameters
        ----------
        index : pd.Index or None
            The stamps of the rows. None, and what is no time index, mean plain positions.
        n_timesteps : int
            Number of rows of the series.

        Raises
        ------
        ValueError
            If stamps are missing, duplicated, unsorted or irregular, or not `n_timesteps`.
        """
        if index is not None and len(index) != n_timesteps:
            raise ValueError(f"the index has {len(index)} rows, the series {n_timesteps}")
        if index is None or not is_time_index(index):
            name = index.name if index is not None and kind_of(index) == "integers" else None
            return cls(False, pd.RangeIndex(n_timesteps, name=name), _ROWS, None)
        rows = stamps_of(index)
        _refuse_missing(rows)
        _refuse_disorder(rows)
        codec = codec_of(rows)
        if isinstance(codec, WholeNumbers):
            _refuse_dates_in(rows)
        if isinstance(codec, Dates):
            steps, freq = steps_of_dates(rows, codec)
        else:
            steps, freq = steps_of_counts(rows, codec), None
        return cls(True, rows, PanelGrid.of_one(codec, steps), freq)

    @property
    def season(self) -> Season:
        """The season of a series, as its stamps tell of it."""
        (season,), _ = self.grid.seasons()
        return season

    def positions(self, index: pd.Index) -> np.ndarray:
        """Place stamps on the grid.

        Parameters
        ----------
        index : pd.Index
            Stamps in any order, repeated or not, inside the training series or after it.

        Returns
        -------
        ndarray of int64, shape (len(index),)
            The position of every stamp.

        Raises
        ------
        ValueError
            If a stamp is missing, off the grid, before its start or too far after its end, or
            `index` is of another kind or period than the grid, or lacks a time zone as it does not.
        """
        if len(index) == 0:
            return np.empty(0, dtype=np.int64)
        self._refuse_other_kind(index)
        self._refuse_empty()
        index = stamps_of(index)
        _refuse_missing(index)
        codec = self.grid.codec
        ordinals = codec.read(index)
        positions, on_grid = self.grid.places(np.zeros_like(ordinals), ordinals)
        unit = getattr(codec, "unit", "ns")
        if getattr(index, "unit", None) == "ns" != unit:  # finer than the ordinals
            on_grid &= np.asarray(codec.write(ordinals) == index)
        if not on_grid.all():
            row = int(on_grid.argmin())
            is_before = ordinals[row] < self.grid.ordinals(*np.zeros((2, 1), dtype=np.int64))[0]
            grid = ", ".join(map(str, self.index[:2]))
            raise ValueError(
                f"the time stamp {index[row]} (row {row}) lies "
                f"{'before the start' if is_before else 'off the grid'} of the training series, "
                f"whose {len(self.index)} time stamps are {grid} and so on"
                f"{self._zones_advice(index)}"
            )
        return positions

    def stamps(self, start: int, stop: int) -> pd.Index:
        """Write positions as stamps, beyond the end of the training series too.

        Parameters
        ----------
        start, stop : int
            The positions ``start`` to ``stop - 1``; ``0 <= start <= stop``.

        Returns
        -------
        pd.Index
            The training index continued: same kind, name, zone and frequency.

        Raises
        ------
        ValueError
            If `start` and `stop` are no range.
        BeyondStampsError
            If pandas has no stamps there.
        """
        if not 0 <= start <= stop:
            raise ValueError(f"start={start} and stop={stop} are no range of positions")
        if start == stop:
            return self.index[:0]
        self._refuse_empty()
        try:
            return self._written(np.arange(start, stop))
        except BEYOND as error:
            raise BeyondStampsError(
                f"position {stop - 1} lies beyond the stamps of {self.index.dtype}"
            ) from error

    def _written(self, positions: np.ndarray) -> pd.Index:
        """Write positions as the training index would hold them."""
        (steps,), codec = self.grid.groups, self.grid.codec
        shown = steps.at(np.zeros_like(positions), positions)
        if isinstance(self.index, pd.RangeIndex):
            step = int(shown[1] - shown[0]) if len(shown) > 1 else 1
            return pd.RangeIndex(int(shown[0]), int(shown[-1]) + 1, step, name=self.index.name)
        index = codec.write(self.grid.utc(steps, shown)).rename(self.index.name)
        if not isinstance(codec, Dates | Durations):
            return index
        if codec.unit != self.index.unit:
            coarser = index.as_unit(self.index.unit)
            index = coarser if np.array_equal(codec.read(coarser), index.asi8) else index
        if isinstance(codec, Durations):
            index.freq = self.index.freq
        # pandas grants no freq across a time that the zone repeats or leaves out.
        elif self.freq is not None and not (steps.local and codec.has_changes(shown)):
            index.freq = self.freq
        return index

    def __eq__(self, other: object) -> bool:
        """Tell whether two series have the same stamps and go on in the same way."""
        if not isinstance(other, TimeGrid):
            return NotImplemented
        return (
            self.has_stamps == other.has_stamps
            and _family(self.index) == _family(other.index)
            and type(self.grid.groups[0]) is type(other.grid.groups[0])
            and self.freq == other.freq
            and len(self.index) == len(other.index)
            and bool((self.index == other.index).all())
        )

    def _refuse_empty(self) -> None:
        if self.has_stamps and len(self.index) == 0:
            raise ValueError("the training series is empty, so that its time stamps are unknown")

    def _zones_advice(self, index: pd.Index) -> str:
        """Explain stamps off the grid where they are those of another time zone."""
        zones = [getattr(one, "tz", None) for one in (index, self.index)]
        if None in zones or str(zones[0]) == str(zones[1]):
            return ""
        return (
            f". They are in {zones[0]}, those of the training series in {zones[1]}: "
            f"index.tz_localize(None).tz_localize({str(zones[1])!r}) keeps what their clocks show"
        )

    def _refuse_other_kind(self, index: pd.Index) -> None:
        (kind, detail), (expected, wanted) = _family(index), _family(self.index)
        if kind != expected:
            had = f"{expected} as its time index" if self.has_stamps else "no time index"
            raise ValueError(f"the training series had {had}, and no place for {kind}: {index[0]}")
        if (detail is None) != (wanted is None) or (kind == "periods" and detail != wanted):
            what = "frequency" if kind == "periods" else "time zone"
            raise ValueError(
                f"the time stamps asked (first: {index[0]}) have {what} {detail}, those of the "
                f"training series {what} {wanted}"
            )


def _family(index: pd.Index) -> tuple[str, str | None]:
    """Name the kind of stamps, and the time zone of dates or the frequency of periods."""
    stamps = stamps_of(index)
    if isinstance(stamps, pd.PeriodIndex):
        return "periods", stamps.freqstr
    if isinstance(stamps, pd.DatetimeIndex) and stamps.tz is not None:
        return "dates", str(stamps.tz)
    return kind_of(index), None


def _refuse_missing(index: pd.Index) -> None:
    if index.hasnans:
        row = int(index.isna().argmax())
        raise ValueError(f"the time index has a missing stamp (NaT or NA) in row {row}")


def _refuse_dates_in(index: pd.Index) -> None:
    found = dates_in_integers(index.to_numpy(np.int64), "y.index")
    if found:
        raise ValueError(
            f"{found}; if they only number rows, y.reset_index(drop=True) numbers them from 0"
        )


def _refuse_disorder(index: pd.Index) -> None:
    if not index.is_unique:
        row = int(index.duplicated().argmax())
        raise ValueError(
            f"the time index has a duplicated stamp, {index[row]} in row {row}: "
            f"{joining_advice(index)}.{daylight_advice(index, row)}"
        )
    if not index.is_monotonic_increasing:
        row = int((index[1:] < index[:-1]).argmax()) + 1
        raise ValueError(
            f"the time index is not monotonic, {index[row]} in row {row} comes after "
            f"{index[row - 1]}: sort it with y.sort_index()"
        )


def training_grid(index: pd.Index | None, X: object, n_timesteps: int) -> TimeGrid:
    """Place the training rows in time: by the index of y, else by that of X."""
    of_X = X.index if isinstance(X, pd.DataFrame) else None
    _refuse_miscount(of_X)
    if index is None or not is_time_index(index):
        placing = of_X if is_time_index(of_X) or index is None else index
        _refuse_miscount(placing)
        if placing is not None and is_float_dtype(placing.dtype):
            _refuse_disorder(placing)
        return TimeGrid.from_index(placing, n_timesteps)
    grid = TimeGrid.from_index(index, n_timesteps)
    if of_X is not None and is_time_index(of_X) and not same_labels(of_X, index):
        row = int(np.argmax(np.asarray(stamps_of(of_X) != stamps_of(index))))
        raise ValueError(
            f"X and y have different time indexes: at row {row} X has {of_X[row]}, y {index[row]}"
        )
    return grid


def overlooked_times(y: object, X: object) -> list[Warning]:
    """Say that labels of the training rows look like times but are not read as such."""
    indexes = [part.index for part in (y, X) if isinstance(part, pd.Series | pd.DataFrame)]
    if not indexes or any(map(is_time_index, indexes)):
        return []
    note = labels_note(indexes[0])
    return [] if note is None else [note]


def _refuse_miscount(index: pd.Index | None) -> None:
    """Refuse integers that start at 0, as rows without time stamps do, but do not count rows."""
    if index is None or is_time_index(index) or kind_of(index) != "integers":
        return
    labels = index.to_numpy(dtype=float, na_value=np.nan)
    wrong = np.flatnonzero(labels != np.arange(len(index)))
    if wrong.size:
        row = wrong[0]
        raise ValueError(
            f"the integer index starts at 0 but is not 0, 1, 2 and so on: row {row} is "
            f"{index[row]}. If rows are only numbered, y.reset_index(drop=True) numbers them anew; "
            "if some are left out, y.reindex(range(...)) puts NaN, accepted as missing values, "
            "into the gaps"
        )
