"""Panels whose series have seasons of different lengths: those of one length are fitted together.

Which length a series has is told by its time stamps; see `tsrnn._time.season_length`. No season is
looked for in fewer than two of them. But where a season is learned from all series together, that
goes by the longest of them: short ones are no panel of their own, to be trained on alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from tsrnn._input.ragged import rows_of
from tsrnn._time.season_length import (
    NO_DATES,
    Season,
    found_note,
    longest_note,
    refuse_longer,
    seasons_found,
    short_note,
    steps_since_first,
    unseen_note,
    unseen_positions,
)
from tsrnn.forecasting.anomaly_rows import AnomalyRows, anomalies_of_panel
from tsrnn.forecasting.fitted_model import FittedModel, PanelModel, Progress
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.forecasting.in_sample import in_sample_of_panel
from tsrnn.panel.frame import Panel

Kinds = tuple[tuple[Season, ...], np.ndarray]
"""Seasons, and the place of each series' among them."""


@dataclass(frozen=True)
class SettledPanel:
    """A forecaster as it is for each series of a panel: with its season.

    Attributes
    ----------
    ids : pandas.Index
        (n_series,)
    forecasters : tuple of Forecaster
    which : (n_series,) int array
        The forecaster of each series; -1 where there is none.
    failures : dict
        Why the series at these positions have none.
    has_periods : bool
        Whether the forecaster takes a period.
    """

    ids: pd.Index
    forecasters: tuple[Forecaster, ...]
    which: np.ndarray
    failures: Mapping[int, Exception]
    has_periods: bool

    @classmethod
    def of(cls, forecaster: Forecaster, panel: Panel, kinds: Kinds) -> SettledPanel:
        """Settle what the forecaster is for the series of a panel."""
        n_series, has_periods = len(panel.ids), forecaster._taken_period() is not None
        failures = _failures_of_length(forecaster, panel)
        if not forecaster._seeks_season():
            which = np.zeros(n_series, dtype=np.int64)
            which[list(failures)] = -1
            return cls(panel.ids, (forecaster,), which, failures, has_periods)
        forecasters: list[Forecaster] = []
        which = np.full(n_series, -1)
        for season, series in _series_by_season(forecaster, panel, kinds):
            try:
                settled = forecaster._in_season(season)
            except ValueError as error:
                failures |= dict.fromkeys(series.tolist(), error.with_traceback(None))
                continue
            which[series] = len(forecasters)
            forecasters.append(settled)
        which[list(failures)] = -1
        return cls(panel.ids, tuple(forecasters), which, failures, has_periods)

    @property
    def periods(self) -> np.ndarray:
        """The period that was taken for each series, (n_series,); 1 where there is none."""
        taken = [one._taken_period() or 1 for one in self.forecasters]
        return np.array([*taken, 1], dtype=np.int64)[self.which]

    def fit(self, panel: Panel, n_jobs: int | None, progress: Progress | None) -> PanelModel:
        """Fit the series, or some stretch of some of them."""
        which, failures = self.which, self.failures
        if len(panel.ids) < len(self.ids):
            place = self.ids.get_indexer(panel.ids)
            which = which[place]
            failures = {i: failures[k] for i, k in enumerate(place.tolist()) if k in failures}
        if not failures and (which == which[0]).all():
            return _fitted(self.forecasters[which[0]], panel, n_jobs, progress)
        parts = []
        for i, forecaster in enumerate(self.forecasters):
            series = np.flatnonzero(which == i)
            if series.size:
                part = panel.take(series)
                parts.append((series, _fitted(forecaster, part, n_jobs, progress)))
        if progress is not None and failures:
            progress(len(failures))
        notes = {
            int(series[k]): lines for series, model in parts for k, lines in model.notes.items()
        }
        return replace(GroupedPanel.of(parts, len(panel.ids), failures), notes=notes)

    def anomalies(
        self, panel: Panel, level: float, n_jobs: int | None, progress: Progress | None
    ) -> tuple[AnomalyRows, dict[int, Exception]]:
        """Tell what is known of the rows of the panel, and why some series have failed."""
        failures = dict(self.failures)
        unknown = np.full((4, len(panel.values)), np.nan)
        flags = np.zeros(len(panel.values), bool)
        found = AnomalyRows(*unknown, flags, panel.values.copy())  # type: ignore[call-arg]
        for forecaster, series, rows, data in self._parts(panel):
            part, failed = anomalies_of_panel(  # type: ignore[call-arg]
                forecaster, *data, level, n_jobs, progress
            )
            for whole, of_part in zip(found, part, strict=True):
                whole[rows] = of_part
            failures |= {int(series[k]): error for k, error in failed.items()}
        return found, failures

    def in_sample(
        self, panel: Panel, left_out: Collection[int], quantiles: np.ndarray, n_jobs: int | None
    ) -> np.ndarray:
        """Return one-step predictions of the rows, and quantiles about them.

        Returns
        -------
        answers : (1 + n_quantiles, n_rows) array
            NaN for series that are left out.
        """
        answers = np.full((1 + len(quantiles), len(panel.values)), np.nan)
        for forecaster, _, rows, data in self._parts(panel, left_out):
            answers[:, rows] = in_sample_of_panel(  # type: ignore[call-arg]
                forecaster, *data, quantiles, n_jobs
            )
        return answers

    def _parts(
        self, panel: Panel, left_out: Collection[int] = ()
    ) -> Iterator[tuple[Forecaster, np.ndarray, np.ndarray, Any]]:
        """Yield each forecaster, its series, their rows, and what it is to be given of them."""
        kept = ~np.isin(np.arange(len(panel.ids)), list(left_out))
        for i, forecaster in enumerate(self.forecasters):
            series = np.flatnonzero((self.which == i) & kept)
            if series.size:
                rows, own = rows_of(panel.offsets, series)
                yield forecaster, series, rows, (panel.values[rows], own, panel.regressors[rows])


def season_notes(
    forecaster: Forecaster, panel: Panel, kinds: Kinds
) -> dict[int, tuple[Warning, ...]]:
    """Say in which series a season is not looked for though there is, or may be, one."""
    if not forecaster._seeks_season():
        return {}
    notes: dict[int, tuple[Warning, ...]] = {}
    n_observed = _count_observed(panel)
    for season, series in _series_by_season(forecaster, panel, kinds):
        for i in _too_short(season, n_observed, series).tolist():
            if not season.is_short:
                longest = "longer series in the panel"
                notes[i] = (longest_note(season, "the series", n_observed[i], longest),)
        if season.is_short:
            for i in series.tolist():
                would_take = forecaster._would_take(season.period, n_observed[i])
                notes[i] = (short_note(season, "the series", n_observed[i], would_take),)
        if season == NO_DATES:
            part = panel.take(series)
            found = seasons_found(part.values, part.offsets)
            for k in np.flatnonzero(found).tolist():
                if forecaster._wants_note(int(found[k])):
                    notes[int(series[k])] = (found_note("the series", int(found[k])),)
    return notes


def unseen_notes(
    panel: Panel, periods: np.ndarray, model: PanelModel
) -> dict[int, tuple[Warning, ...]]:
    """Say at which positions of their seasons series were never observed."""
    left_out = getattr(model, "without_season", ())
    unseen = unseen_positions(panel.values, panel.offsets, periods)
    return {
        i: (unseen_note("the series", unseen[i], int(periods[i])),)
        for i in unseen
        if i not in left_out
    }


def _failures_of_length(forecaster: Forecaster, panel: Panel) -> dict[int, Exception]:
    """Return why some series are too short for the seasons that were given."""
    n_steps = steps_since_first(panel.values, panel.offsets)
    needed = forecaster.needed_of(n_steps)
    if needed == 1:
        return {}
    failures: dict[int, Exception] = {}
    for i in np.flatnonzero((n_steps < needed) & (n_steps > 0)).tolist():
        try:
            refuse_longer(needed, int(n_steps[i]))
        except ValueError as error:
            failures[i] = error.with_traceback(None)
    return failures


def _series_by_season(
    forecaster: Forecaster, panel: Panel, kinds: Kinds
) -> list[tuple[Season, np.ndarray]]:
    """Return the seasons that a forecaster takes in a panel, and which series have them."""
    seasons, kind = kinds
    n_observed, is_shared = _count_observed(panel), forecaster.shares_season()
    parts = []
    for i, season in enumerate(seasons):
        every = np.flatnonzero(kind == i)
        short = _too_short(season, n_observed, every)
        if is_shared and short.size < every.size:
            short = short[:0]
        for one, series in ((season, np.setdiff1d(every, short)), (season.among(0), short)):
            if series.size:
                parts.append((one, series))
    return parts


def _too_short(season: Season, n_observed: np.ndarray, series: np.ndarray) -> np.ndarray:
    """Return which of these series have fewer than two full periods."""
    return series[(n_observed[series] < 2 * season.period) & (season.period > 1)]


def _count_observed(panel: Panel) -> np.ndarray:
    return np.add.reduceat(~np.isnan(panel.values), panel.offsets[:-1], dtype=np.int64)


def _fitted(
    forecaster: Forecaster, panel: Panel, n_jobs: int | None, progress: Progress | None
) -> PanelModel:
    data = panel.values, panel.offsets, panel.regressors
    if panel.static is not None and forecaster._reads_static():
        return forecaster.fit_panel(*data, n_jobs, progress, static=panel.static)  # type: ignore[call-arg]
    return forecaster.fit_panel(*data, n_jobs, progress)


@dataclass(frozen=True)
class GroupedPanel:
    """Models of groups of series of a panel; a `PanelModel`.

    Attributes
    ----------
    parts : tuple of (array, PanelModel)
        Which series, in order, and their model.
    n_series : int
    failures, notes : dict
    """

    parts: tuple[tuple[np.ndarray, PanelModel], ...]
    n_series: int
    failures: Mapping[int, Exception] = field(default_factory=dict)
    notes: Mapping[int, tuple[Warning, ...]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        parts: list[tuple[np.ndarray, PanelModel]],
        n_series: int,
        failures: Mapping[int, Exception],
    ) -> GroupedPanel:
        """Join models and their failures; the failures given are of series in none."""
        failures = dict(failures)
        for series, model in parts:
            failures |= {int(series[k]): error for k, error in model.failures.items()}
        return cls(tuple(parts), n_series, failures)

    def effect(self, regressors: np.ndarray, offsets: np.ndarray) -> np.ndarray:
        """Return what regressors (n_rows, p) add to the series, (n_rows,)."""
        total = np.full(len(regressors), np.nan)
        for series, model in self.parts:
            rows, own = rows_of(offsets, series)
            total[rows] = model.effect(regressors[rows], own)
        return total

    def with_regressors(self, regressors: np.ndarray, offsets: np.ndarray) -> GroupedPanel:
        """Return the model that knows regressors (n_rows, p) of the next steps of each series."""
        parts = []
        for series, model in self.parts:
            rows, own = rows_of(offsets, series)
            parts.append((series, model.with_regressors(regressors[rows], own)))
        return replace(self, parts=tuple(parts))

    def forecast(self, horizon: int, n_jobs: int | None = None) -> np.ndarray:
        """Predict the next steps, (horizon, n_series)."""
        return self._stacked(lambda model: model.forecast(horizon, n_jobs), (horizon,))

    def deviation(self, horizon: int, n_jobs: int | None = None) -> np.ndarray:
        """Return standard deviations of the errors of `forecast`, (horizon, n_series)."""
        return self._stacked(lambda model: model.deviation(horizon, n_jobs), (horizon,))

    def quantiles(
        self, horizon: int, quantiles: np.ndarray, n_jobs: int | None = None
    ) -> np.ndarray:
        """Return quantiles of the next values, (horizon, n_quantiles, n_series)."""
        shape = (horizon, len(quantiles))
        return self._stacked(lambda model: model.quantiles(horizon, quantiles, n_jobs), shape)

    def alone(self, i: int) -> FittedModel:
        """Return the model of the series at a position."""
        series, model = next(part for part in self.parts if (part[0] == i).any())
        return model.alone(int(np.flatnonzero(series == i)[0]))

    @property
    def without_season(self) -> frozenset[int]:
        """Series that no season was taken of, though it was looked for."""
        return frozenset(
            int(series[k])
            for series, model in self.parts
            for k in getattr(model, "without_season", ())
        )

    def doubts(self, horizon: int) -> dict[int, Warning]:
        """Return what the user should know of the forecasts, by position."""
        return {
            int(series[k]): note
            for series, model in self.parts
            for k, note in model.doubts(horizon).items()
        }

    def coefficients(self) -> dict[str, np.ndarray]:
        """Return what a regression has learned of each series, NaN for series in no group."""
        found: dict[str, np.ndarray] = {}
        for series, model in self.parts:
            for name, values in model.coefficients().items():
                whole = found.setdefault(name, np.full((self.n_series, values.shape[1]), np.nan))
                whole[series] = values
        return found

    def named_weights(self) -> dict[str, np.ndarray]:
        """Return the weights of members of combinations, NaN for series that have no such."""
        found: dict[str, np.ndarray] = {}
        for series, model in self.parts:
            for name, weights in model.named_weights().items():
                found.setdefault(name, np.full(self.n_series, np.nan))[series] = weights
        return found

    def advance(
        self, values: np.ndarray, offsets: np.ndarray, n_jobs: int | None = None
    ) -> tuple[GroupedPanel, np.ndarray, np.ndarray]:
        """See further values (n_rows,): the model then, one-step predictions, their deviations."""
        (predictions, deviations), parts = np.full((2, len(values)), np.nan), []
        for series, model in self.parts:
            rows, own = rows_of(offsets, series)
            later, predictions[rows], deviations[rows] = model.advance(values[rows], own, n_jobs)
            parts.append((series, later))
        moved = GroupedPanel.of(parts, self.n_series, self.failures)
        return moved, predictions, deviations

    def _stacked(
        self, compute: Callable[[PanelModel], np.ndarray], shape: tuple[int, ...]
    ) -> np.ndarray:
        """Put together what is computed of each model, NaN for series in none."""
        result = np.full((*shape, self.n_series), np.nan)
        for series, model in self.parts:
            result[..., series] = compute(model)
        return result


def models_of(model: PanelModel) -> tuple[PanelModel, ...]:
    """Return the models of groups of series, or the one that there is."""
    if isinstance(model, GroupedPanel):
        return tuple(part for _, part in model.parts)
    return (model,)
