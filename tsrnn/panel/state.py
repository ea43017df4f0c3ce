"""The series of a fitted panel: who they are, what is known of them, where they are in time."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from tsrnn._input.ragged import counted, first_marked, offsets_of, others
from tsrnn._time.panel_grid import PanelGrid
from tsrnn._time.stamps import StampCodec, WholeNumbers
from tsrnn.features.hosts import columns_of
from tsrnn.features.time_features import TimeFeatures
from tsrnn.forecasting.fitted_model import PanelModel
from tsrnn.panel.fill import StepRules, endless, spread, too_many
from tsrnn.panel.forms import FrameForm
from tsrnn.panel.frame import Columns, Panel
from tsrnn.panel.labels import Reach, aggregated
from tsrnn.panel.report import id_of
from tsrnn.panel.seen_rows import refuse_seen_rows
from tsrnn.panel.stamps import ordinals_as_read, zones_advice

_OF_SCORES = "; to forecast rows that were fitted, held back, is what cross_validation does"


class RequestedRows(NamedTuple):
    """Rows to predict: the series, the steps ahead, the stamps, regressors (n_rows, p) given."""

    series: np.ndarray
    ahead: np.ndarray
    stamps: pd.Index
    regressors: np.ndarray


class PanelRequest(NamedTuple):
    """Rows to predict by a model: the series, the steps ahead, the stamps, what regressors add.

    And the model that knows the regressors.
    """

    series: np.ndarray
    ahead: np.ndarray
    stamps: pd.Index
    effect: np.ndarray | float
    model: PanelModel


@dataclass(frozen=True)
class SeenRows:
    """The last stamps of series whose rows are numbered: what is new lies after them.

    Attributes
    ----------
    codec : StampCodec
    last : (n_series,) array
        Ordinals.
    """

    codec: StampCodec
    last: np.ndarray


@dataclass(frozen=True)
class FittedMember:
    """A forecaster of a panel after a fit.

    Attributes
    ----------
    model : PanelModel
    left_out : frozenset of int
        Positions of series that failed in the fit or later, and are not predicted.
    features : tuple of TimeFeatures
        Whose columns are regressors, after those of frames.
    name : str or None
        Of one among several.
    """

    model: PanelModel
    left_out: frozenset[int] = frozenset()
    features: tuple[TimeFeatures, ...] = ()
    name: str | None = None


@dataclass(frozen=True)
class FittedPanel:
    """The series of a panel after a fit.

    Attributes
    ----------
    ids : pandas.Index
        (n_series,)
    members : tuple of FittedMember
        What each forecaster knows of them.
    grid : PanelGrid
    rows : SeenRows or None
        Where rows are the steps, whatever their stamps.
    n_filled : (n_series,) array or None
        How many rows were put into each.
    reach : Reach or None
        Where rows are put together by steps: how far into these they reached.
    n_seen : (n_series,) array or None
        How many steps of each series were seen, where there are features.
    """

    ids: pd.Index
    members: tuple[FittedMember, ...]
    grid: PanelGrid
    rows: Any = None
    n_filled: np.ndarray | None = None
    reach: Reach | None = None
    n_seen: Any = None

    @property
    def lost(self) -> frozenset[int]:
        """Positions of series that no forecaster predicts."""
        return frozenset.intersection(*(one.left_out for one in self.members))

    @cached_property
    def active(self) -> np.ndarray:
        """Positions of the series that are predicted."""
        return others(len(self.ids), self.lost)

    @property
    def active_ids(self) -> pd.Index:
        """The series that are predicted."""
        return self.ids.take(self.active) if self.lost else self.ids

    @property
    def _codec(self) -> StampCodec:
        """The codec that stamps were read by at the fit."""
        return self.grid.codec if self.rows is None else self.rows.codec

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
                f"{' and so on' if unknown.size > 5 else ''}. fit is where series begin; apply "
                "follows others from theirs, without training, where forecasters learn from all "
                "series at once, such as RNNForecaster"
            )
        kept = np.flatnonzero(~skipped)
        kept = kept[np.argsort(series[kept])]
        renumbered = {old: new for new, old in enumerate(kept.tolist())} if failures else {}
        failures = {renumbered[i]: error for i, error in failures.items() if i in renumbered}
        return more.take(kept), failures, series[kept]

    def going_on(
        self, more: Panel, series: np.ndarray, time_col: Hashable
    ) -> tuple[Panel, np.ndarray]:
        """Leave out series of a wide frame that have no value in it, and ended before it begins."""
        ordinals = ordinals_as_read(more, self._codec, f"df_new[{time_col!r}]")
        ahead, on_grid = self.grid.ahead(series, ordinals[more.offsets[:-1]])
        follows = on_grid & (ahead == 1) if self.rows is None else np.ones(len(series), dtype=bool)
        n_values = np.add.reduceat(~np.isnan(more.values), more.offsets[:-1], dtype=np.int64)
        kept = np.flatnonzero((n_values > 0) | follows)
        return more.take(kept), series[kept]

    def moved(
        self,
        more: Panel,
        failures: dict[int, Exception],
        series: np.ndarray,
        rules: StepRules,
        columns: Columns,
        form: FrameForm,
        n_jobs: int | None,
    ) -> tuple[FittedPanel, dict[int, Exception], list[dict[int, Exception]], str | None]:
        """Move on through more rows of some series, which came in a frame of this form.

        Returns
        -------
        moved : FittedPanel
            Where they stand then.
        newly : dict
            New failures, of rows that will not do.
        newly_of : list of dict
            Those of the models of each forecaster.
        doubt : str or None
            What to know of rows that were put together.

        Raises
        ------
        ValueError
            If rows of any series were seen before.
        """
        good, time_col = others(len(series), failures), columns.time
        more, moving = more.take(good), series[good]
        newly = {int(series[i]): error for i, error in failures.items()}
        zones = zones_advice(more.codec, self._codec)
        more, bad, doubt, reach = self.joint(more, moving, rules, time_col)
        refuse_seen_rows(
            more,
            self._ends(moving),
            form,
            columns,
            joined=rules.aggregate is not None,
            zones=zones,
        )
        more, moving, rows, n_filled, bad = self._following(
            more, moving, bad, rules, time_col, zones
        )
        newly |= bad
        offsets = self._offsets(more, moving)
        parts = [self._moved_member(one, more, moving, newly, n_jobs) for one in self.members]
        n_seen = None if self.n_seen is None else self.n_seen + np.diff(offsets)
        grid = self.grid.moved(np.diff(offsets))
        if self.n_filled is not None or n_filled.any():
            before = np.zeros(len(self.ids), np.int64) if self.n_filled is None else self.n_filled
            filled = before + np.bincount(moving, n_filled, len(self.ids)).astype(np.int64)
        else:
            filled = None
        members = tuple(member for member, _ in parts)
        later = FittedPanel(self.ids, members, grid, rows, filled, reach, n_seen)
        return later, newly, [lost for _, lost in parts], doubt

    def _moved_member(
        self,
        member: FittedMember,
        more: Panel,
        series: np.ndarray,
        failed: Mapping[int, Exception],
        n_jobs: int | None,
    ) -> tuple[FittedMember, dict[int, Exception]]:
        """Move a forecaster on through rows of the series that it knows: with those it loses."""
        known = np.flatnonzero(~np.isin(series, list(member.left_out)))
        more, series = more.take(known), series[known]
        offsets, values, model = self._offsets(more, series), more.values, member.model
        row_series, step = counted(more.lengths)
        regressors = self._with_features(more.regressors, member, series[row_series], step + 1)
        if regressors.shape[1]:
            values = values - model.effect(regressors, offsets)
            model = model.with_regressors(regressors, offsets)
        model, *_ = model.advance(values, offsets, n_jobs)
        lost = {i: e for i, e in model.failures.items() if i not in member.model.failures}
        return replace(member, model=model, left_out=member.left_out.union(failed, lost)), lost

    def joint(
        self, more: Panel, series: np.ndarray, rules: StepRules, time_col: Hashable
    ) -> tuple[Panel, dict[int, Exception], str | None, Reach | None]:
        """Read stamps as the fit did, and put rows together: see `aggregated`."""
        codec = self._codec
        more = replace(
            more, ordinals=ordinals_as_read(more, codec, f"df_new[{time_col!r}]"), codec=codec
        )
        if rules.aggregate is None or not len(series):
            return more, {}, None, self.reach
        ends = self.grid.ordinals(series, np.zeros_like(series)) if self.rows is None else None
        return aggregated(more, rules.aggregate, rules.named, ends, self.reach)

    def _ends(self, series: np.ndarray) -> np.ndarray:
        """Return the last stamps of series that were seen, as ordinals."""
        if self.rows is not None:
            return self.rows.last[series]
        return self.grid.ordinals(series, np.zeros_like(series))

    def _following(
        self,
        more: Panel,
        series: np.ndarray,
        bad: dict[int, Exception],
        rules: StepRules,
        time_col: Hashable,
        zones: str,
    ) -> tuple[Panel, np.ndarray, SeenRows | None, np.ndarray, dict[int, Exception]]:
        """Read rows as the steps that follow the ends of series, gaps filled where that is asked.

        Parameters
        ----------
        more, series
        bad : dict
            Why series of these will not do, by their position here.
        rules, time_col
        zones : str
            What to say of another time zone than that of the fit.

        Returns
        -------
        more, series
            Of the series whose rows do follow.
        rows : SeenRows or None
        n_filled : array
            How many rows were put in.
        failures : dict
            Why others do not, by their position among all series.
        """
        row_series, place = counted(more.lengths)
        if self.rows is not None:
            ahead, wrong = place + 1, np.zeros(len(place), dtype=bool)
        else:
            ahead, on_grid = self.grid.ahead(series[row_series], more.ordinals)
            wrong = ~on_grid if rules.fill is not None else ~on_grid | (ahead != place + 1)
        for i, row in zip(*first_marked(wrong, more.offsets), strict=True):
            bad.setdefault(int(i), self._not_following(more, int(row), rules, time_col, zones))
        lengths = ahead[more.offsets[1:] - 1]
        n_filled = lengths - more.lengths
        for i in endless(lengths, more).tolist():
            bad.setdefault(i, too_many(more, i, int(lengths[i])))
        if more.regressors.shape[1]:
            for i in np.flatnonzero(n_filled > 0).tolist():
                bad.setdefault(i, self._unknown_between(more, i, ahead))
        failures = {int(series[i]): error for i, error in bad.items()}
        kept = others(len(series), bad)
        good = np.ones(len(series), dtype=bool)
        good[list(bad)] = False
        ahead = ahead[good[row_series]]
        more, series, lengths = more.take(kept), series[kept], lengths[kept]
        rows = self.rows
        if rows is not None:
            last = rows.last.copy()
            last[series] = more.ordinals[more.offsets[1:] - 1]
            rows = replace(rows, last=last)
        elif n_filled[kept].any():
            places = np.repeat(offsets_of(lengths)[:-1], more.lengths) + ahead - 1
            grid = self.grid.take(series).moved(np.ones_like(series))
            more = spread(more, lengths, places, rules.value, grid)
        return more, series, rows, n_filled[kept], failures

    def _not_following(
        self, more: Panel, row: int, rules: StepRules, time_col: Hashable, zones: str
    ) -> ValueError:
        stamp = more.codec.write(more.ordinals[row : row + 1])[0]
        cure = ""
        if rules.fill is None and self.rows is None:
            cure = "; fill=0 or fill='missing' puts in the steps between"
        return ValueError(f"{time_col} does not go on where the series ended: {stamp}{cure}{zones}")

    def _unknown_between(self, more: Panel, i: int, ahead: np.ndarray) -> ValueError:
        start, stop = more.offsets[i], more.offsets[i + 1]
        jumps = np.diff(ahead[start:stop], prepend=0) > 1
        row = start + int(jumps.argmax())
        stamp = more.codec.write(more.ordinals[row : row + 1])[0]
        return ValueError(
            f"there is no row before {stamp} to tell the regressors, and fill is for values alone"
        )

    def next_steps(self, horizon: int, n_unknown: int = 0) -> RequestedRows:
        """Ask for the next steps of every series, in which so many regressors are not known.

        Raises
        ------
        ValueError
            If updates have failed for all of them.
        """
        self.refuse_none_left()
        series = np.repeat(self.active, horizon)
        ahead = np.tile(np.arange(1, horizon + 1), len(self.active))
        return RequestedRows(
            series,
            ahead,
            self.grid.stamps(series, ahead),
            np.full((series.size, n_unknown), np.nan),
        )

    def steps_of(
        self, more: Panel, series: np.ndarray, h: int | None, time_col: Hashable, name: str = "X_df"
    ) -> RequestedRows:
        """Ask for the rows of a frame: the next `h` of every series, or any after their ends.

        Raises
        ------
        ValueError
            For other rows.
        """
        place, step = counted(more.lengths)
        rows = series[place]
        name = f"{name}[{time_col!r}]"
        # Steps may be given by their numbers, as forecasts give them, or by rows with later stamps.
        by_rows = self.rows is not None and not (
            isinstance(more.codec, WholeNumbers) and not isinstance(self.rows.codec, WholeNumbers)
        )
        if by_rows:
            # In the order of their stamps, which the forecasts keep, rows are the next steps.
            ordinals = ordinals_as_read(more, self.rows.codec, name)
            ahead, on_grid = step + 1, ordinals > self.rows.last[rows]
        else:
            ahead, on_grid = self.grid.ahead(rows, ordinals_as_read(more, self.grid.codec, name))
        wrong = ~on_grid if h is None else ~on_grid | (ahead != step + 1)
        if wrong.any():
            row = int(wrong.argmax())
            one = slice(row, row + 1)
            expected = "a time step after the end of the series"
            if h is not None and not by_rows:
                expected = str(self.grid.stamps(rows[one], step[one] + 1)[0])
            raise ValueError(
                f"{name} must hold {expected} for {id_of(self.ids, rows[row])!r}, got "
                f"{more.codec.write(more.ordinals[one])[0]}"
                f"{zones_advice(more.codec, self._codec)}"
                f"{_OF_SCORES if name.startswith('df[') else ''}"
            )
        if h is not None and (more.lengths != h).any():
            i = int((more.lengths != h).argmax())
            raise ValueError(
                f"X_df must hold {h} rows of every series, but it has {more.lengths[i]} of "
                f"{id_of(more.ids, i)!r}"
            )
        stamps = more.codec.write(more.ordinals) if by_rows else self.grid.stamps(rows, ahead)
        return RequestedRows(rows, ahead, stamps, more.regressors)

    def request(self, asked: RequestedRows, member: FittedMember) -> PanelRequest:
        """Ask a forecaster for rows."""
        series, ahead, stamps, regressors = asked
        regressors = self._with_features(regressors, member, series, ahead)
        if not regressors.shape[1]:
            return PanelRequest(series, ahead, stamps, 0.0, member.model)
        informed = self._informed(member.model, regressors, series, ahead)
        return PanelRequest(series, ahead, stamps, *informed)

    def _with_features(
        self, regressors: np.ndarray, member: FittedMember, series: np.ndarray, ahead: np.ndarray
    ) -> np.ndarray:
        """Put the columns of features beside the regressors of rows, so many steps ahead."""
        if not member.features:
            return regressors
        stamps = self.grid.stamps(series, ahead)
        columns = columns_of(member.features, stamps, self.n_seen[series] + ahead - 1)
        return np.hstack([regressors, columns])

    def _informed(
        self, model: PanelModel, regressors: np.ndarray, series: np.ndarray, ahead: np.ndarray
    ) -> tuple[np.ndarray, PanelModel]:
        """Return what the regressors of rows add, in the order of series, and who knows them."""
        offsets = offsets_of(np.bincount(series, minlength=len(self.ids)))
        effect = model.effect(regressors, offsets)
        return effect, model.with_regressors(*self._in_order(regressors, series, ahead))

    def _in_order(
        self, of_rows: np.ndarray, series: np.ndarray, ahead: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Lay regressors of rows out step by step: NaN where a step is not asked, and offsets."""
        furthest = np.zeros(len(self.ids), dtype=np.int64)
        np.maximum.at(furthest, series, ahead)
        offsets = offsets_of(furthest)
        regressors = np.full((offsets[-1], of_rows.shape[1]), np.nan)
        regressors[offsets[series] + ahead - 1] = of_rows
        return regressors, offsets

    def refuse_none_left(self) -> None:
        """Refuse to predict where updates have failed for all series."""
        if not len(self.active):
            raise ValueError(
                "no series is left to predict: each has failed at an update, for the reason that "
                "failures_ tells; fit the panel again"
            )

    def refuse_absent(self, series: np.ndarray) -> None:
        """Refuse a frame that lacks some of the series."""
        absent = np.setdiff1d(self.active, series)
        if absent.size:
            raise ValueError(
                f"X_df has no rows of {absent.size} series, such as {id_of(self.ids, absent[0])!r}"
            )

    def _offsets(self, more: Panel, series: np.ndarray) -> np.ndarray:
        """Return offsets of all these series in the rows of some, which are in order."""
        lengths = np.zeros(len(self.ids), dtype=np.int64)
        lengths[series] = more.lengths
        return offsets_of(lengths)
