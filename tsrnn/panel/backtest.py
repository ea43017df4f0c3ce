"""Forecasts of a panel from points in its past, as cross-validation makes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from tsrnn._input.ragged import rows_between
from tsrnn.forecasting.backtesting import Windows
from tsrnn.forecasting.fitted_model import PanelModel
from tsrnn.panel.frame import Columns, Panel, too_short
from tsrnn.panel.regular import RegularFrame

_LONGEST = 2**62  # steps

FitPanel = Callable[[Panel], PanelModel]


@dataclass(frozen=True)
class Window:
    """Forecasts of some series of a panel from an origin each.

    Attributes
    ----------
    number : int
    series : (k,) array
        Positions in the panel.
    ends : (k,) array
        The row of the panel with the first value that is forecast.
    model : PanelModel
        At the origins, with the regressors of the rows that follow; its failures are positions in
        `series`.
    forecast, effect : (k, horizon) arrays
        With what regressors add, and that alone; NaN for failures.
    """

    number: int
    series: np.ndarray
    ends: np.ndarray
    model: PanelModel
    forecast: np.ndarray
    effect: np.ndarray

    def quantiles(self, quantiles: np.ndarray, n_jobs: int | None) -> np.ndarray:
        """Return quantiles of what is forecast, (n_quantiles, k, horizon)."""
        values = self.model.quantiles(self.forecast.shape[1], quantiles, n_jobs)
        return values.transpose(1, 2, 0) + self.effect


def forecast_window(
    panel: Panel,
    number: int,
    series: np.ndarray,
    ends: np.ndarray,
    model: PanelModel,
    horizon: int,
    n_jobs: int | None,
) -> Window:
    """Forecast the rows of the panel that follow the ends, which it has."""
    if panel.regressors.shape[1] == 0:
        forecast = np.ascontiguousarray(model.forecast(horizon, n_jobs).T)
        return Window(number, series, ends, model, forecast, np.zeros(forecast.shape))
    regressors = panel.regressors[rows_between(ends, np.full(len(ends), horizon))]
    offsets = np.arange(len(ends) + 1) * horizon
    informed = model.with_regressors(regressors, offsets)
    forecast = np.ascontiguousarray(informed.forecast(horizon, n_jobs).T)
    effect = model.effect(regressors, offsets).reshape(forecast.shape)
    return Window(number, series, ends, informed, forecast + effect, effect)


def rolling_windows(
    panel: Panel, fit: FitPanel, windows: Windows, n_jobs: int | None
) -> Iterator[Window]:
    """Forecast from points in the past of all series.

    In between fits the states of models move on.
    """
    series = np.arange(len(panel.ids))
    every = panel.offsets[:-1, None] + windows.ends(panel.lengths)
    model: PanelModel | None = None
    for number, ends in enumerate(every.T):
        if model is None or windows.is_fitted(number):
            starts = windows.starts(ends, panel.offsets[:-1])
            model = fit(panel.cut(series, starts, ends - starts))
        else:
            model = _moved(panel, model, ends - windows.step, windows.step, n_jobs)
        yield forecast_window(panel, number, series, ends, model, windows.ahead, n_jobs)


class PastForecasts(NamedTuple):
    """Forecasts of the windows of all series by one forecaster.

    Attributes
    ----------
    forecasts : (n_series, n_windows, horizon) array
        NaN for failures.
    bounds : (2 * n_levels, n_series, n_windows, horizon) array
    failed : (n_series, n_windows) bool array
    failures : dict
        Why, by the position of the series: the first reason of each.
    """

    forecasts: np.ndarray
    bounds: np.ndarray
    failed: np.ndarray
    failures: dict[int, Exception]


def past_forecasts(
    panel: Panel, fit: FitPanel, windows: Windows, quantiles: np.ndarray, n_jobs: int | None
) -> PastForecasts:
    """Forecast from points in the past of all series, with quantiles for bounds."""
    shape = (len(panel.ids), windows.n_windows, windows.horizon)
    forecasts, bounds = np.full(shape, np.nan), np.full((len(quantiles), *shape), np.nan)
    failed = np.zeros(shape[:2], dtype=bool)
    failures: dict[int, Exception] = {}
    for window in rolling_windows(panel, fit, windows, n_jobs):
        forecasts[:, window.number] = window.forecast[:, windows.gap :]
        if len(quantiles):
            found = window.quantiles(quantiles, n_jobs)
            bounds[:, :, window.number] = found[..., windows.gap :]
        for i, error in window.model.failures.items():
            failures.setdefault(i, error)
            failed[i, window.number] = True
    return PastForecasts(forecasts, bounds, failed, failures)


def table_of_windows(
    frame: RegularFrame,
    windows: Windows,
    columns: Columns,
    past: Sequence[tuple[Sequence[str], PastForecasts]],
) -> pd.DataFrame:
    """Lay out the forecasts of one forecaster or several; without windows that all failed in.

    The names are those of the columns of forecasts and bounds.
    """
    panel, n_series = frame.part.panel, len(frame.part.panel.ids)
    ends = panel.offsets[:-1, None] + windows.ends(panel.lengths)
    rows = ends[..., None] + windows.gap + np.arange(windows.horizon)
    kept = ~np.logical_and.reduce([one.failed for _, one in past])
    last = np.broadcast_to(ends[..., None] - 1, rows.shape)[kept].ravel()
    series = np.broadcast_to(np.arange(n_series)[:, None, None], rows.shape)[kept].ravel()
    rows = rows[kept].ravel()
    table = {
        columns.id: panel.ids.take(series),
        columns.time: panel.codec.write(panel.ordinals[rows]),
        "cutoff": panel.codec.write(panel.ordinals[last]),
        columns.target: panel.values[rows],
    }
    for names, one in past:
        answers = [one.forecasts, *one.bounds]
        table |= {name: of[kept].ravel() for name, of in zip(names, answers, strict=True)}
    return pd.DataFrame(table)


def _moved(
    panel: Panel, model: PanelModel, starts: np.ndarray, step: int, n_jobs: int | None
) -> PanelModel:
    """Move a model on through `step` more rows of every series."""
    rows = rows_between(starts, np.full(len(starts), step))
    offsets = np.arange(len(starts) + 1) * step
    values = panel.values[rows]
    if panel.regressors.shape[1]:
        values = values - model.effect(panel.regressors[rows], offsets)
        model = model.with_regressors(panel.regressors[rows], offsets)
    return model.advance(values, offsets, n_jobs)[0]


def too_short_for_windows(panel: Panel, windows: Windows) -> dict[int, Exception]:
    """Return the series of which some fit would see too few values, and the reason."""
    # No series is so long, and what follows is computed in 64 bits.
    before = panel.lengths - min(windows.span, _LONGEST)
    failures: dict[int, Exception] = {
        i: ValueError(
            f"{panel.lengths[i]} rows are too few: {windows.in_words} take "
            f"the last {windows.span}, and two values before them"
        )
        for i in np.flatnonzero(before < 2).tolist()
    }
    rest = np.flatnonzero(before >= 2)
    if not rest.size:
        return failures
    firsts, every = panel.offsets[rest], windows.ends(panel.lengths[rest])
    for number in range(windows.n_windows if windows.max_train else 1):
        if windows.is_fitted(number):
            ends = firsts + every[:, number]
            starts = windows.starts(ends, firsts)
            few = too_short(panel.cut(rest, starts, ends - starts))
            failures = {int(rest[i]): error for i, error in few} | failures
    return failures
