"""Where the series of a fitted panel stand: who they are, what is known of them, where in time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from tsrnn._panel_frame import Panel, too_short
from tsrnn._panel_model import PanelModel
from tsrnn._panel_report import name_of, refuse_all_failed, ticks_as_read
from tsrnn._panel_time import PanelGrid, find_grid
from tsrnn._ragged import counted, offsets_of, others


class Asked(NamedTuple):
    """Rows to predict: the series, the steps ahead, the stamps, what regressors add (or 0).

    And the model that knows the regressors.
    """

    series: np.ndarray
    ahead: np.ndarray
    stamps: pd.Index
    effect: np.ndarray | float
    model: PanelModel


@dataclass(frozen=True)
class FittedPanel:
    """The series of a panel after a fit.

    Attributes
    ----------
    ids : pandas.Index
        (n_series,)
    model : PanelModel
    grid : PanelGrid
    gone : frozenset of int
        Positions of series that failed in the fit or later, and are not predicted.
    """

    ids: pd.Index
    model: PanelModel
    grid: PanelGrid
    gone: frozenset[int]

    @cached_property
    def active(self) -> np.ndarray:
        """Positions of the series that are predicted."""
        return others(len(self.ids), self.gone)

    @property
    def active_ids(self) -> pd.Index:
        """The series that are predicted."""
        return self.ids.take(self.active) if self.gone else self.ids

    def placed(
        self, more: Panel, failures: dict[int, Exception], failed: pd.Series, name: str
    ) -> tuple[Panel, dict[int, Exception], np.ndarray]:
        """Place the series of another frame among these, without the `failed`.

        Returns
        -------
        more, failures
            In the order of these series, the failures with their new positions.
        series : array
            Their positions here.

        Raises
        ------
        ValueError
            For series that were never fitted.
        """
        series = self.ids.get_indexer(more.ids)
        skipped = more.ids.isin(failed)
        unknown = np.flatnonzero((series < 0) & ~skipped)
        if unknown.size:
            listed = ", ".join(map(repr, more.ids.take(unknown[:5]).tolist()))
            raise ValueError(
                f"{name} has {unknown.size} series that were not fitted: {listed}"
                f"{' and so on' if unknown.size > 5 else ''}"
            )
        kept = np.flatnonzero(~skipped)
        kept = kept[np.argsort(series[kept])]
        renumbered = {old: new for new, old in enumerate(kept.tolist())} if failures else {}
        failures = {renumbered[i]: error for i, error in failures.items() if i in renumbered}
        return more.take(kept), failures, series[kept]

    def moved(
        self,
        more: Panel,
        failures: dict[int, Exception],
        series: np.ndarray,
        time_col: str,
        n_jobs: int | None,
    ) -> tuple[FittedPanel, dict[int, Exception]]:
        """Move on through more rows of some series: where they stand then, and new failures."""
        ticks = ticks_as_read(more, self.grid.dial, f"df_new[{time_col!r}]")
        row_series, place = counted(more.lengths)
        ahead, on_grid = self.grid.ahead(series[row_series], ticks)
        for row in np.flatnonzero(~on_grid | (ahead != place + 1)):
            stamp = more.dial.write(more.ticks[row : row + 1])[0]
            failures.setdefault(
                int(row_series[row]),
                ValueError(f"{time_col} does not go on where the series ended: {stamp}"),
            )
        good = others(len(series), failures)
        more, moving = more.take(good), series[good]
        offsets, values, model = self._offsets(more, moving), more.values, self.model
        if more.regressors.shape[1]:
            values = values - model.effect(more.regressors, offsets)
            model = model.with_regressors(more.regressors, offsets)
        model, _ = model.advance(values, offsets, n_jobs)
        newly = {int(series[i]): error for i, error in failures.items()}
        newly |= {i: e for i, e in model.failures.items() if i not in self.model.failures}
        grid = self.grid.moved(np.diff(offsets))
        return replace(self, model=model, grid=grid, gone=self.gone | newly.keys()), newly

    def next_steps(self, horizon: int) -> Asked:
        """Ask for the next steps of every series."""
        series = np.repeat(self.active, horizon)
        ahead = np.tile(np.arange(1, horizon + 1), len(self.active))
        return Asked(series, ahead, self.grid.stamps(series, ahead), 0.0, self.model)

    def steps_of(self, more: Panel, series: np.ndarray, h: int | None, time_col: str) -> Asked:
        """Ask for the rows of a frame: the next `h` of every series, or any after their ends.

        Raises
        ------
        ValueError
            For other rows.
        """
        place, step = counted(more.lengths)
        rows = series[place]
        name = f"X_df[{time_col!r}]"
        ahead, on_grid = self.grid.ahead(rows, ticks_as_read(more, self.grid.dial, name))
        wrong = ~on_grid if h is None else ~on_grid | (ahead != step + 1)
        if wrong.any():
            row = int(wrong.argmax())
            one = slice(row, row + 1)
            expected = "a time step after the end of the series"
            if h is not None:
                expected = str(self.grid.stamps(rows[one], step[one] + 1)[0])
            raise ValueError(
                f"{name} must hold {expected} for {name_of(self.ids, rows[row])}, got "
                f"{more.dial.write(more.ticks[one])[0]}"
            )
        if h is not None and (more.lengths != h).any():
            i = int((more.lengths != h).argmax())
            raise ValueError(
                f"X_df must hold {h} rows of every series, but it has {more.lengths[i]} of "
                f"{name_of(more.ids, i)}"
            )
        effect: np.ndarray | float = 0.0
        model = self.model
        if more.regressors.shape[1]:
            effect = model.effect(more.regressors, self._offsets(more, series))
            model = model.with_regressors(*self._in_order(more, rows, ahead))
        return Asked(rows, ahead, self.grid.stamps(rows, ahead), effect, model)

    def _in_order(
        self, more: Panel, series: np.ndarray, ahead: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Lay regressors of rows out step by step: NaN where a step is not asked, and offsets."""
        furthest = np.zeros(len(self.ids), dtype=np.int64)
        np.maximum.at(furthest, series, ahead)
        offsets = offsets_of(furthest)
        regressors = np.full((offsets[-1], more.regressors.shape[1]), np.nan)
        regressors[offsets[series] + ahead - 1] = more.regressors
        return regressors, offsets

    def refuse_absent(self, series: np.ndarray) -> None:
        """Refuse a frame that lacks some of the series."""
        absent = np.setdiff1d(self.active, series)
        if absent.size:
            raise ValueError(
                f"X_df has no rows of {absent.size} series, such as {name_of(self.ids, absent[0])}"
            )

    def _offsets(self, more: Panel, series: np.ndarray) -> np.ndarray:
        """Return offsets of all these series in the rows of some, which are in order."""
        lengths = np.zeros(len(self.ids), dtype=np.int64)
        lengths[series] = more.lengths
        return offsets_of(lengths)


def regular_part(
    panel: Panel, failures: dict[int, Exception], freq: object, time_col: str
) -> tuple[Panel, PanelGrid, np.ndarray]:
    """Leave out the series that have failed, are too short or have no regular grid.

    Returns
    -------
    panel, grid
        Of the others; the failures grow by what is found here.
    places : array
        The positions of the others.
    """
    ids = panel.ids
    for i, error in too_short(panel):
        failures.setdefault(i, error)
    refuse_all_failed(failures, ids)
    places = others(len(ids), failures)
    panel = panel.take(places)
    grid, off = find_grid(panel.ticks, panel.offsets, panel.dial, freq, time_col)
    if off:
        failures |= {int(places[i]): error for i, error in off.items()}
        refuse_all_failed(failures, ids)
        regular = others(len(places), off)
        panel, grid, places = panel.take(regular), grid.take(regular), places[regular]
    return panel, grid, places
