"""Fitting the members of a combination to columns or to a panel; those that fail are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from sklearn.base import clone

from tsrnn._input.ragged import others, rows_of
from tsrnn._input.wording import Message
from tsrnn._time.season_length import refuse_longer, steps_since_first
from tsrnn.compose.ensemble_model import Member
from tsrnn.compose.inner import InnerFit, fit_inner
from tsrnn.forecasting.fitted_model import PanelModel, Progress
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.forecasting.looped_panel import SERIES_ERRORS
from tsrnn.forecasting.series_error import NumberedSeriesError
from tsrnn.panel.seasons import GroupedPanel

Named = Sequence[tuple[str, Forecaster]]

# Why a member is left out where there are regressors.
NO_REGRESSORS = "it takes no regressors"


class FittedMembers(NamedTuple):
    """Hold members after a fit, and what there is to know.

    Attributes
    ----------
    members : tuple of Member
    dropped : tuple of (str, int, str)
        The name of each that is left out, of which series, and why.
    notes : dict
        By series what members say of it, with their names.
    """

    members: tuple[Member, ...]
    dropped: tuple[tuple[str, int, str], ...]
    notes: dict[int, tuple[Warning, ...]]


class FittedColumns(NamedTuple):
    """Hold members fitted to columns.

    Attributes
    ----------
    found : FittedMembers
    forecasters : dict
        By name the fitted one; by series, where one could not be fitted to all.
    fitted, deviations : (M, n_timesteps, N) arrays
        One-step predictions and their deviations; NaN where there is none.
    """

    found: FittedMembers
    forecasters: dict[str, Forecaster | dict[int, Forecaster]]
    fitted: np.ndarray
    deviations: np.ndarray


def fit_columns(named: Named, values: np.ndarray, regressors: np.ndarray) -> FittedColumns:
    """Fit members to series (n_timesteps, N) with regressors (n_timesteps, p)."""
    members, dropped, forecasters = [], [], {}
    fitted, deviations = np.full((2, len(named), *values.shape), np.nan)
    told = _Told()
    reads = regressors.shape[1] > 0
    for place, (name, forecaster) in enumerate(named):
        if _misses_regressors(forecaster, regressors):
            dropped += [(name, i, NO_REGRESSORS) for i in range(values.shape[1])]
            continue
        pieces, failures = _fit_pieces(forecaster, values, regressors)
        dropped += [(name, i, reason) for i, reason in failures.items()]
        for series, inner in pieces:
            members.append(Member(place, inner.model, series, reads))
            fitted[place][:, series] = inner.fitted
            deviations[place][:, series] = inner.deviations
            for note in inner.model.notes:
                told.add(name, int(series[0]), note)
        by_series = {int(i): inner.forecaster for series, inner in pieces for i in series}
        if pieces:
            forecasters[name] = by_series if failures or len(pieces) > 1 else by_series[0]
    found = FittedMembers(tuple(members), tuple(dropped), told.notes())
    return FittedColumns(found, forecasters, fitted, deviations)


def _misses_regressors(forecaster: Forecaster, regressors: np.ndarray) -> bool:
    """Tell whether a member would forecast without the regressors that there are.

    Of a mean with such a member regressors would have a part of their effect only.
    """
    return regressors.shape[1] > 0 and not forecaster._uses_regressors()


def _fit_pieces(
    forecaster: Forecaster, values: np.ndarray, X: np.ndarray
) -> tuple[list[tuple[np.ndarray, InnerFit]], dict[int, str]]:
    """Fit a member to all columns together, or to those that it can be fitted to.

    These are fitted together only if the member learns from all of them.
    """
    n_series = values.shape[1]

    def fit(series: np.ndarray) -> InnerFit | str:
        try:
            return fit_inner(clone(forecaster), values[:, series], X)
        except NumberedSeriesError as error:
            return error.reason if len(series) == 1 else str(error)
        except SERIES_ERRORS as error:
            return str(error)

    every = np.arange(n_series)
    together = fit(every)
    if isinstance(together, InnerFit):
        return [(every, together)], {}
    if n_series == 1:
        return [], {0: together}
    alone = {i: fit(every[[i]]) for i in every.tolist()}
    failures = {i: one for i, one in alone.items() if isinstance(one, str)}
    good = np.setdiff1d(every, list(failures))
    if failures and good.size and forecaster._learns_from_all():
        together = fit(good)
        if isinstance(together, InnerFit):
            return [(good, together)], failures
    pieces = ((i, alone[i]) for i in good.tolist())
    return [(every[[i]], one) for i, one in pieces if isinstance(one, InnerFit)], failures


def fit_panel(
    named: Named,
    values: np.ndarray,
    offsets: np.ndarray,
    regressors: np.ndarray,
    n_jobs: int | None,
    progress: Progress | None = None,
) -> FittedMembers:
    """Fit members to the series of a panel; see `Forecaster.fit_panel`."""
    n_series = len(offsets) - 1
    members, dropped, told = [], [], _Told()
    shared = SharedProgress.of(progress, len(named), n_series)
    panel, reads = (values, offsets, regressors), regressors.shape[1] > 0
    unread = [_misses_regressors(one, regressors) for _, one in named]
    for place, (name, forecaster) in enumerate(named):
        shared.reach(place)
        if unread[place]:
            dropped += [(name, i, NO_REGRESSORS) for i in range(n_series)]
            continue
        try:
            model = _fit_long_enough(clone(forecaster), panel, n_jobs, shared)
        except SERIES_ERRORS as error:
            dropped += [(name, i, str(error)) for i in range(n_series)]
            continue
        members.append(Member(place, model, np.arange(n_series), reads))
        dropped += [(name, int(i), str(error)) for i, error in model.failures.items()]
        for i, notes in model.notes.items():
            for note in notes:
                told.add(name, int(i), note)
    shared.reach(len(named))
    return FittedMembers(tuple(members), tuple(dropped), told.notes())


def _fit_long_enough(
    forecaster: Forecaster,
    panel: tuple[np.ndarray, np.ndarray, np.ndarray],
    n_jobs: int | None,
    progress: Progress | None,
) -> PanelModel:
    """Fit a member to the series of a panel that are long enough for its season."""
    values, offsets, X = panel
    n_steps = steps_since_first(values, offsets)
    needed = forecaster.needed_of(n_steps)
    failures: dict[int, Exception] = {}
    for i in np.flatnonzero(n_steps < needed).tolist():
        try:
            refuse_longer(needed, int(n_steps[i]))
        except ValueError as error:
            failures[i] = error.with_traceback(None)
    if not failures:
        return forecaster.fit_panel(values, offsets, X, n_jobs, progress)
    series = others(len(n_steps), failures)
    parts, notes = [], {}
    if series.size:
        rows, own = rows_of(offsets, series)
        model = forecaster.fit_panel(values[rows], own, X[rows], n_jobs, progress)
        parts = [(series, model)]
        notes = {int(series[k]): lines for k, lines in model.notes.items()}
    return replace(GroupedPanel.of(parts, len(n_steps), failures), notes=notes)


class SharedProgress:
    """Progress of work in several parts, each of which tells of all series.

    A series counts as so much of one as the part is of the work.
    """

    def __init__(self, progress: Progress, n_parts: int, n_series: int) -> None:
        self._progress, self._n_parts, self._n_series = progress, n_parts, n_series
        self._done = self._told = 0

    @classmethod
    def of(cls, progress: Progress | None, n_parts: int, n_series: int) -> SharedProgress:
        """Share the progress, or tell nobody."""
        return cls(progress or (lambda _: None), n_parts, n_series)

    def __call__(self, n_series: int) -> None:
        """Tell of so many series done in the part that is at work."""
        self._done += n_series
        whole = self._done // self._n_parts
        if whole > self._told:
            self._progress(whole - self._told)
            self._told = whole

    def reach(self, n_parts: int) -> None:
        """Tell that so many parts are done, whatever they have told themselves."""
        self(max(n_parts * self._n_series - self._done, 0))


class _Told:
    """Notes of members of series: once, with the names of all that say it."""

    def __init__(self) -> None:
        self._names: dict[tuple[int, str, type[Warning]], list[str]] = {}

    def add(self, name: str, i: int, note: Warning) -> None:
        # The text as it was made, with the fields that others word anew.
        text = note.args[0] if note.args and isinstance(note.args[0], Message) else str(note)
        self._names.setdefault((i, text, type(note)), []).append(name)

    def notes(self) -> dict[int, tuple[Warning, ...]]:
        told: dict[int, tuple[Warning, ...]] = {}
        for (i, text, kind), names in self._names.items():
            whose = ", ".join(map(repr, dict.fromkeys(names)))
            note = kind(Message("{text} (member {whose})", text=text, whose=whose))
            told[i] = (*told.get(i, ()), note)
        return told
