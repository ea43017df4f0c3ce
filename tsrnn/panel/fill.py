"""Rows for the steps of series that have none, and what users may ask to be done about those."""

from __future__ import annotations

from dataclasses import dataclass, replace
from numbers import Real
from typing import Any

import numpy as np

from tsrnn._input.ragged import counted, first_marked, offsets_of
from tsrnn._input.validation import check_choice
from tsrnn._input.wording import Argument, Message, Rows
from tsrnn._time.panel_grid import PanelGrid
from tsrnn._time.panel_guess import guessed_parts
from tsrnn._time.rhythm import named_steps
from tsrnn.exceptions import InvalidParameterError
from tsrnn.panel.frame import Panel
from tsrnn.panel.labels import AGGREGATES

ROWS = "rows"  # the frequency at which each row is a step, whatever its stamp
_LARGEST = float(np.finfo(float).max)
_MOST_ROWS = 200_000  # of one series, that may be more than a thousand times those it has


@dataclass(frozen=True)
class StepRules:
    """Rules for steps of a series: their frequency, what fills gaps, what joins rows of one step.

    Attributes
    ----------
    freq : str, offset, int or None
    fill : None, number or "missing"
    aggregate : None, "sum", "mean" or "last"
    """

    freq: Any = None
    fill: Any = None
    aggregate: Any = None

    @property
    def by_rows(self) -> bool:
        """Whether rows are the steps."""
        return isinstance(self.freq, str) and self.freq == ROWS

    @property
    def named(self) -> Any:
        """The frequency of time stamps, None where none is named."""
        return None if self.by_rows else self.freq

    @property
    def value(self) -> float:
        """The number that goes into gaps."""
        return np.nan if isinstance(self.fill, str) else float(self.fill)

    def check(self) -> None:
        """Refuse what is no such rule.

        Raises
        ------
        InvalidParameterError
        """
        if isinstance(self.fill, str) or self.fill is None:
            is_known = self.fill in (None, "missing")
        else:
            is_number = isinstance(self.fill, Real) and not isinstance(self.fill, bool | np.bool_)
            is_known = is_number and bool(abs(self.fill) <= _LARGEST)
        if not is_known:
            raise InvalidParameterError(
                f"fill must be None, a number such as 0, or 'missing', got {self.fill!r}"
            )
        if self.aggregate is not None:
            check_choice("aggregate", self.aggregate, AGGREGATES)
        if self.by_rows and self.fill is not None:
            raise InvalidParameterError(
                Message(
                    "{by_rows} takes {rows} as the steps, so that there are no gaps for {fill} to "
                    "fill",
                    by_rows=Argument("freq", ROWS),
                    rows=Rows(),
                    fill=Argument("fill"),
                )
            )


def gappy_grid(panel: Panel, freq: object) -> tuple[PanelGrid, dict[int, Exception]]:
    """Find the grid of each series, on which there may be gaps, from its first stamp on.

    Parameters
    ----------
    panel : Panel
        Without missing or repeated stamps.
    freq : str, offset, int or None
        None guesses.

    Returns
    -------
    grid : PanelGrid
    failures : dict
        Why series, by their position, have none.
    """
    n_series = len(panel.ids)
    if freq is None:
        parts, failures = guessed_parts(panel.ordinals, panel.offsets, panel.codec)
        return PanelGrid.of(panel.codec, n_series, parts), failures
    fits, steps = named_steps(panel.ordinals, panel.offsets, panel.codec, freq)
    failures = {i: _off_grid(panel, panel.offsets[i], freq) for i in np.flatnonzero(~fits).tolist()}
    good = np.flatnonzero(fits)
    return PanelGrid.of(panel.codec, n_series, [(good, steps.take(good))]), failures


@dataclass(frozen=True)
class Filled:
    """A panel with a row for every step.

    Attributes
    ----------
    panel : Panel
        Without the failed series.
    places : (n_series,) array
        Which series of the panel before these are.
    grid : PanelGrid
        From their first stamps on.
    rows : (n_rows,) array
        Where the rows that there were are now.
    failures : dict
        Why other series, by their position in the panel before, have no such rows.
    """

    panel: Panel
    places: np.ndarray
    grid: PanelGrid
    rows: np.ndarray
    failures: dict[int, Exception]

    def n_filled(self, before: np.ndarray) -> np.ndarray:
        """Return how many rows were put in, where series had so many before."""
        return self.panel.lengths - before[self.places]


def filled(panel: Panel, freq: object, value: float) -> Filled:
    """Put in a row for every step between the first and the last stamp of each series.

    Parameters
    ----------
    panel : Panel
        Without missing or repeated stamps.
    freq : str, offset, int or None
    value : float
        What the rows put in hold.
    """
    grid, failures = gappy_grid(panel, freq)
    bad = np.zeros(len(panel.ids), dtype=bool)
    bad[list(failures)] = True
    kept = np.flatnonzero(~bad)
    part, grid = panel.take(kept), grid.take(kept)
    steps, on_grid = grid.places(counted(part.lengths)[0], part.ordinals)
    # Steps rise with stamps, so that two stamps in one step are off the grid, or repeated.
    off = first_marked(~on_grid, part.offsets)
    for i, row in zip(*off, strict=True):
        failures[int(kept[i])] = _off_grid(part, row, freq)
    lengths = steps[part.offsets[1:] - 1] + 1
    for i in endless(lengths, part).tolist():
        failures.setdefault(int(kept[i]), too_many(part, i, int(lengths[i])))
    gappy = lengths > part.lengths
    if part.regressors.shape[1]:
        for i in np.flatnonzero(gappy).tolist():
            failures.setdefault(int(kept[i]), unknown_regressors(part, i, steps))
    if len(failures) > bad.sum():
        good = np.array([int(one) not in failures for one in kept])
        rows = np.repeat(good, part.lengths)
        part, grid = part.take(np.flatnonzero(good)), grid.take(np.flatnonzero(good))
        kept, lengths, steps = kept[good], lengths[good], steps[rows]
    offsets = offsets_of(lengths)
    rows = steps + np.repeat(offsets[:-1], part.lengths)
    if offsets[-1] > len(rows):
        part = spread(part, lengths, rows, value, grid)
    return Filled(part, kept, grid, rows, failures)


def spread(
    panel: Panel, lengths: np.ndarray, rows: np.ndarray, value: float, grid: PanelGrid
) -> Panel:
    """Lay rows out among those of all steps; `grid` counts from the first of these."""
    ordinals = grid.ordinals(*counted(lengths))
    values = np.full(len(ordinals), value)
    values[rows] = panel.values
    regressors = np.full((len(ordinals), panel.regressors.shape[1]), np.nan)
    regressors[rows] = panel.regressors
    return replace(
        panel, values=values, offsets=offsets_of(lengths), regressors=regressors, ordinals=ordinals
    )


def unknown_regressors(panel: Panel, i: int, steps: np.ndarray) -> ValueError:
    """Say where a series has a gap, in which regressors are not known."""
    start, stop = panel.offsets[i], panel.offsets[i + 1]
    row = start + int((np.diff(steps[start:stop]) > 1).argmax())
    before = panel.codec.write(panel.ordinals[row : row + 1])[0]
    return ValueError(
        f"there is no row after {before} to tell the regressors, and fill is for values alone: put "
        "in the rows with their regressors, for which tsrnn.fill_gaps makes room"
    )


def endless(lengths: np.ndarray, panel: Panel) -> np.ndarray:
    """Return the series that would become so long that a stamp must be wrong."""
    return np.flatnonzero(lengths > np.maximum(_MOST_ROWS, 1000 * panel.lengths))


def too_many(panel: Panel, i: int, length: int) -> ValueError:
    """Say how long a series would become."""
    start, stop = panel.offsets[i], panel.offsets[i + 1]
    first, last = panel.codec.write(panel.ordinals[[start, stop - 1]])
    return ValueError(
        Message(
            "its {n} rows from {first} to {last} would become {length} with the gaps filled: is a "
            "time stamp wrong, or {freq} too fine?",
            n=stop - start,
            first=first,
            last=last,
            length=length,
            freq=Argument("freq"),
        )
    )


def _off_grid(panel: Panel, row: int, freq: object) -> ValueError:
    """Say that a row lies between the steps."""
    stamp = panel.codec.write(panel.ordinals[row : row + 1])[0]
    if freq is None:
        return ValueError(f"the time stamp {stamp} lies between the steps of the others")
    return ValueError(
        Message(
            "the time stamp {stamp} is none of {freq}: {aggregate} puts {rows} together by the "
            "steps they fall into",
            stamp=stamp,
            freq=Argument("freq", freq),
            aggregate=Argument("aggregate"),
            rows=Rows(),
        )
    )
