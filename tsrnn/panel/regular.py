"""Long frames as the forecasters of a panel see them: series on regular grids of time stamps."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from tsrnn._input.ragged import others
from tsrnn._time.find_grid import find_grid
from tsrnn._time.panel_grid import PanelGrid
from tsrnn._time.stamps import WholeNumbers
from tsrnn._time.steps import EvenSteps
from tsrnn.panel.differ import grids_that_differ
from tsrnn.panel.fill import StepRules, filled
from tsrnn.panel.frame import Panel, too_short
from tsrnn.panel.labels import Reach, aggregated
from tsrnn.panel.reading import FittedFrame, ReadFrame
from tsrnn.panel.report import Told, by_model, refuse_all_failed
from tsrnn.panel.stamps import refuse_dates_in_integers


class RegularPart(NamedTuple):
    """The series of a panel that have a regular grid, a row for every step of it.

    Attributes
    ----------
    panel : Panel
    grid : PanelGrid
    places : array
        Their positions among all series.
    n_filled : array
        How many rows were put in.
    notes : dict
        What to know of the grids of some, by their position here.
    doubt : str or None
        What to know of rows that were put together.
    reach : Reach or None
        How far these reached into their steps.
    """

    panel: Panel
    grid: PanelGrid
    places: np.ndarray
    n_filled: np.ndarray
    notes: dict[int, UserWarning]
    doubt: str | None
    reach: Reach | None


def regular_part(
    panel: Panel, failures: dict[int, Exception], rules: StepRules, time_col: Hashable
) -> RegularPart:
    """Leave out the series that have failed, are too short or have no regular grid.

    The failures grow by what is found here.
    """
    ids, places = panel.ids, np.arange(len(panel.ids))

    def leave_out(more: Mapping[int, Exception]) -> np.ndarray:
        """Enter failures of the series that are left: positions of those not among them."""
        nonlocal places
        failures.update({int(places[i]): error for i, error in more.items()})
        refuse_all_failed(failures, ids)
        kept = others(len(places), more)
        places = places[kept]
        return kept

    doubt = reach = None
    if rules.freq is None:
        refuse_dates_in_integers(panel, f"df[{time_col!r}]")
    panel = panel.take(leave_out(dict(failures)))
    if rules.aggregate is not None:
        panel, bad, doubt, reach = aggregated(panel, rules.aggregate, rules.named)
        panel = panel.take(leave_out(bad))
    panel = panel.take(leave_out(dict(too_short(panel))))
    if rules.by_rows:
        steps = EvenSteps(panel.lengths, np.ones(len(panel.ids), dtype=np.int64))
        numbers = WholeNumbers(np.dtype(np.int64))
        grid = PanelGrid.of(numbers, len(panel.ids), [(np.arange(len(panel.ids)), steps)])
        return RegularPart(panel, grid, places, np.zeros_like(places), {}, doubt, reach)
    if rules.fill is None:
        grid, bad = find_grid(panel.ordinals, panel.offsets, panel.codec, rules.named, time_col)
        n_filled = np.zeros(len(panel.ids), dtype=np.int64)
        if bad:
            kept = leave_out(bad)
            panel, grid, n_filled = panel.take(kept), grid.take(kept), n_filled[kept]
    else:
        whole = filled(panel, rules.named, rules.value)
        leave_out(whole.failures)
        n_filled = whole.n_filled(panel.lengths)
        panel, grid = whole.panel, whole.grid.moved(whole.panel.lengths - 1)
    notes = {}
    if rules.named is None:
        is_filled = rules.fill is not None
        notes = grids_that_differ(panel.ordinals, panel.offsets, grid, filled=is_filled)
    return RegularPart(panel, grid, places, n_filled, notes, doubt, reach)


@dataclass(frozen=True)
class RegularFrame:
    """A long frame that was read.

    Attributes
    ----------
    ids : pandas.Index
        All its series.
    read : FittedFrame
        What it was.
    part : RegularPart
        The series that will do.
    failures : dict
        Why others will not, by their position among all.
    """

    ids: pd.Index
    read: FittedFrame
    part: RegularPart
    failures: Mapping[int, Exception]

    @property
    def names(self) -> list[Hashable]:
        """Names of the regressors."""
        return self.read.regressors

    def without(self, failures: Mapping[int, Exception]) -> RegularFrame:
        """Leave out series, by their position among those that are left.

        Raises
        ------
        ValueError
            If none is left.
        """
        part = self.part
        every = {**self.failures, **self.placed(failures)}
        refuse_all_failed(every, self.ids)
        kept = others(len(part.places), failures)
        notes = part.notes
        part = part._replace(
            notes={new: notes[old] for new, old in enumerate(kept.tolist()) if old in notes},
            panel=part.panel.take(kept),
            grid=part.grid.take(kept),
            places=part.places[kept],
            n_filled=part.n_filled[kept],
        )
        return replace(self, part=part, failures=every)

    def placed(self, failures: Mapping[int, Exception]) -> dict[int, Exception]:
        """Return failures of series that are left by their position among all."""
        return {int(self.part.places[i]): error for i, error in failures.items()}

    def told(
        self, failures: Sequence[Mapping[int, Exception]], names: Sequence[str | None]
    ) -> Told:
        """Return why series failed, before and for each model.

        Raises
        ------
        ValueError
            If none is left for any model.
        """
        of_models = [self.placed(one) for one in failures]
        lost = set.intersection(*(set(one) for one in of_models))
        refuse_all_failed({**self.failures, **{i: of_models[0][i] for i in lost}}, self.ids)
        return by_model(self.failures, of_models, names)


def regular_frame(read: ReadFrame, rules: StepRules, time_col: Hashable) -> RegularFrame:
    """Lay the series of a frame that was read on grids.

    Raises
    ------
    ValueError
        If none is left.
    """
    panel, failures, frame = read
    part = regular_part(panel, failures, rules, time_col)
    return RegularFrame(panel.ids, frame, part, failures)
