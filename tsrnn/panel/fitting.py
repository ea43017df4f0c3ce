"""Forecasters fitted to the series of a panel, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from tsrnn._compute.threads import one_blas_thread
from tsrnn._input.ragged import others
from tsrnn._input.wording import ColumnsOfX, Message
from tsrnn.features.hosts import names_beside
from tsrnn.features.time_features import TimeFeatures
from tsrnn.forecasting.backtesting import Windows
from tsrnn.forecasting.fitted_model import PanelModel, Progress
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.panel.backtest import PastForecasts, past_forecasts
from tsrnn.panel.features import with_time_features
from tsrnn.panel.fill import StepRules
from tsrnn.panel.frame import Panel
from tsrnn.panel.models import NamedForecaster
from tsrnn.panel.regular import RegularFrame
from tsrnn.panel.report import Told, by_model, refuse_all_failed
from tsrnn.panel.seasons import Kinds, SettledPanel, models_of, season_notes, unseen_notes
from tsrnn.panel.state import FittedMember, FittedPanel, SeenRows

MemberNotes = dict[int, tuple[Warning, ...]]
"""Notes on series, by their position."""


class FrameFit(NamedTuple):
    """Hold what became of a long frame that a panel was fitted to.

    Attributes
    ----------
    fitted : FittedPanel
    lengths : (n_series,) array
        Steps of the series in `fitted`, with those that were put in.
    failed : list
        The ids of series that failed, and why, as errors.
    notes : list
        The ids of series that there is something to know of, and what, as warnings.
    sought_season : bool
        Whether the length of the season was that of the time stamps.
    """

    fitted: FittedPanel
    lengths: np.ndarray
    failed: list[tuple[Hashable, Exception]]
    notes: list[tuple[Hashable, Warning]]
    sought_season: bool


@dataclass(frozen=True)
class Work:
    """Threads that fit panels, and who is told of progress."""

    n_jobs: int | None
    progress: Progress | None = None

    def fit(self, settled: SettledPanel, panel: Panel) -> PanelModel:
        """Fit the series, or some stretch of some of them."""
        with one_blas_thread():
            return settled.fit(panel, self.n_jobs, self.progress)


class MemberFit(NamedTuple):
    """A forecaster after its fit to a panel.

    Attributes
    ----------
    fitted : FittedMember
    training : Panel
        With the columns of its features of time.
    notes : dict
        What to know of the fits of series.
    periods : (n_series,) array or None
        The period that was taken for each; None of one that takes none.
    """

    fitted: FittedMember
    training: Panel
    notes: MemberNotes
    periods: np.ndarray | None


def settle(
    forecaster: Forecaster,
    names: Iterable[Any],
    features: Sequence[TimeFeatures],
    panel: Panel,
    kinds: Kinds,
) -> SettledPanel:
    """Tell a forecaster the columns of a panel, and its season in each series."""
    return SettledPanel.of(forecaster.reading_columns(names_beside(names, features)), panel, kinds)


Adapt = Callable[[Forecaster, Sequence[PanelModel]], Forecaster]
"""Makes a forecaster one that knows models of it from a fit before."""


def fit_member(
    one: NamedForecaster,
    frame: RegularFrame,
    rules: StepRules,
    work: Work,
    adapt: Adapt,
    before: Sequence[PanelModel],
) -> MemberFit:
    """Fit a forecaster to the series of a frame, with what it knows of a fit before."""
    forecaster, kinds = one.forecaster, frame.part.grid.seasons()
    panel, features = with_time_features(frame.part.panel, forecaster, rules)
    settled = settle(forecaster, frame.names, features, panel, kinds)
    if before:
        adapted = tuple(adapt(each, before) for each in settled.forecasters)
        settled = replace(settled, forecasters=adapted)
    model = work.fit(settled, panel)
    names = names_beside(frame.names, features)
    notes = _notes_of(forecaster, panel, kinds, settled, model, names)
    fitted = FittedMember(model, frozenset(model.failures), features, one.name)
    return MemberFit(fitted, panel, notes, settled.periods if settled.has_periods else None)


def _notes_of(
    forecaster: Forecaster,
    panel: Panel,
    kinds: Kinds,
    settled: SettledPanel,
    model: PanelModel,
    names: Sequence[Any],
) -> MemberNotes:
    """Return what to know of the fits of series that have not failed, columns by these names."""
    notes = season_notes(forecaster, panel, kinds)
    if forecaster._has_season():
        for i, lines in unseen_notes(panel, settled.periods, model).items():
            notes[i] = (*notes.get(i, ()), *lines)
    for i, lines in model.notes.items():
        notes[i] = (*notes.get(i, ()), *(_by_names(line, names) for line in lines))
    return {i: lines for i, lines in notes.items() if i not in model.failures}


def _by_names(note: Warning, names: Sequence[Any]) -> Warning:
    """Let a note tell columns by their names in the frame."""
    text = note.args[0] if note.args else None
    columns = text.fields.get("columns") if isinstance(text, Message) else None
    if not isinstance(text, Message) or not isinstance(columns, ColumnsOfX):
        return note
    named = f"the columns {[names[place] for place in columns.places]}"
    return type(note)(Message(text.template, **{**text.fields, "columns": named}))


def models_before(
    fitted: FittedPanel | None, forecasters: Sequence[NamedForecaster]
) -> list[tuple[PanelModel, ...]]:
    """Return the models of each forecaster from a fit before: of several by their names.

    None of a forecaster that was not there.
    """
    if fitted is None:
        return [()] * len(forecasters)
    if len(fitted.members) == len(forecasters) == 1:
        return [models_of(fitted.members[0].model)]
    known = {one.name: models_of(one.model) for one in fitted.members}
    return [() if one.name is None else known.get(one.name, ()) for one in forecasters]


def goes_on(forecasters: Sequence[NamedForecaster], before: Sequence[Sequence[PanelModel]]) -> bool:
    """Tell whether the training of a forecaster that reads static columns goes on from a fit."""
    pairs = zip(forecasters, before, strict=True)
    return any(
        models and one.forecaster.going_on_from(models) is not one.forecaster
        for one, models in pairs
    )


def fitted_panel(frame: RegularFrame, fits: Sequence[MemberFit], rules: StepRules) -> FittedPanel:
    """Put together what is known of the series of a frame after the fits of all forecasters."""
    panel, grid, _, n_filled, _, _, reach = frame.part
    rows = SeenRows(panel.codec, panel.last_ordinals) if rules.by_rows else None
    has_features = any(one.fitted.features for one in fits)
    return FittedPanel(
        panel.ids,
        tuple(one.fitted for one in fits),
        grid,
        rows,
        None if rules.fill is None else n_filled,
        reach,
        panel.lengths if has_features else None,
    )


def kept_training(fits: Sequence[MemberFit]) -> tuple[Panel, ...]:
    """Return what forecasters were fitted to, whose stamps are the user's frame's no more."""
    ordinals = fits[0].training.ordinals.copy()
    return tuple(replace(one.training, ordinals=ordinals) for one in fits)


def told_failures(frame: RegularFrame, fits: Sequence[MemberFit]) -> Told:
    """Return why series of a frame failed."""
    failures = [one.fitted.model.failures for one in fits]
    return frame.told(failures, [one.fitted.name for one in fits])


def told_notes(
    frame: RegularFrame,
    notes: Sequence[MemberNotes],
    failed: Sequence[Iterable[int]],
    names: Sequence[str | None],
) -> Told:
    """Return what to know of series of a frame: notes of each model, which failed for some."""
    lost = set.intersection(*map(set, failed))
    shared: dict[int, tuple[Warning, ...]] = {
        i: (line,) for i, line in frame.part.notes.items() if i not in lost
    }
    if names[0] is None:
        of_fits = notes[0]
        shared = of_fits | {i: (*lines, *of_fits.get(i, ())) for i, lines in shared.items()}
        return [(None, shared)]
    return by_model(shared, notes, names)


def taken_periods(
    fits: Sequence[MemberFit], fitted: FittedPanel
) -> pd.Series | pd.DataFrame | None:
    """Return the period that was taken for each series; by model, if there are several."""
    known = {one.fitted.name: one for one in fits if one.periods is not None}
    if not known:
        return None
    if None in known:
        taken = np.asarray(known[None].periods)[fitted.active]
        return pd.Series(taken, fitted.active_ids, name="period")
    table = {}
    for name, one in known.items():
        periods = pd.array(one.periods, dtype="Int64")
        periods[list(one.fitted.left_out)] = pd.NA
        table[name] = periods[fitted.active]
    return pd.DataFrame(table, fitted.active_ids)


def coefficient_table(
    member: FittedMember, fitted: FittedPanel, given: Iterable[Any], id_col: Hashable
) -> pd.DataFrame | None:
    """Return the coefficients of a regression by series; None of what is none."""
    found = member.model.coefficients()
    if not found:
        return None
    names = names_beside(given, member.features)
    active = others(len(fitted.ids), member.left_out)
    ids = fitted.ids.take(active)
    model = {} if member.name is None else {"model": member.name}
    return pd.DataFrame(
        {  # type: ignore[misc]  # names of columns may be of any kind
            id_col: ids.take(np.repeat(np.arange(len(ids)), len(names))),
            **model,
            "column": names * len(ids),
            **{name: values[active].ravel() for name, values in found.items()},
        }
    )


def weight_table(
    member: FittedMember, fitted: FittedPanel, id_col: Hashable
) -> pd.DataFrame | None:
    """Return the weights of members of a combination by series; None of what is none."""
    found = member.model.named_weights()
    if not found:
        return None
    active = others(len(fitted.ids), member.left_out)
    columns: dict[Hashable, Any] = {id_col: fitted.ids.take(active)}
    if member.name is not None:
        columns["model"] = member.name
    return pd.DataFrame(columns | {name: values[active] for name, values in found.items()})


def backtest_member(
    one: NamedForecaster,
    frame: RegularFrame,
    rules: StepRules,
    windows: Windows,
    quantiles: np.ndarray,
    work: Work,
) -> tuple[PastForecasts, MemberNotes]:
    """Forecast the series of a frame from points in their past, with notes on the fits there."""
    panel, features = with_time_features(frame.part.panel, one.forecaster, rules)
    kinds = frame.part.grid.seasons()
    names = names_beside(frame.names, features)
    found: dict[int, dict[tuple[type, str], Warning]] = {}

    def fit(stretch: Panel) -> PanelModel:
        settled = settle(one.forecaster, frame.names, features, stretch, kinds)
        model = work.fit(settled, stretch)
        for i, lines in _notes_of(one.forecaster, stretch, kinds, settled, model, names).items():
            for line in lines:
                found.setdefault(i, {}).setdefault((type(line), str(line)), line)
        return model

    past = past_forecasts(panel, fit, windows, quantiles, work.n_jobs)
    return past, {i: tuple(lines.values()) for i, lines in found.items()}


def told_past(
    frame: RegularFrame, past: Sequence[PastForecasts], names: Sequence[str | None]
) -> Told:
    """Return why series of a frame failed, at some point in their past at least.

    Raises
    ------
    ValueError
        If nothing was forecast at all.
    """
    failures = [frame.placed(one.failures) for one in past]
    if all(one.failed.all() for one in past):
        refuse_all_failed({**frame.failures, **failures[0]}, frame.ids)
    return by_model(frame.failures, failures, names)
