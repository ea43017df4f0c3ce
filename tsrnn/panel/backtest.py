"""Forecasts of a panel from points in its past, as cross-validation makes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from tsrnn._input.ragged import rows_between
from tsrnn.forecasting.fitted_model import PanelModel
from tsrnn.panel.frame import Panel, too_short

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
    panel: Panel,
    fit: FitPanel,
    horizon: int,
    n_windows: int,
    step: int,
    refit_every: int,
    n_jobs: int | None,
) -> Iterator[Window]:
    """Forecast from `n_windows` origins, the last one `horizon` steps before the ends.

    The panel is fitted anew at the first origin and at every `refit_every`-th after it; in between
    the states of its models move on.
    """
    series = np.arange(len(panel.ids))
    starts, test = panel.offsets[:-1], horizon + step * (n_windows - 1)
    model: PanelModel | None = None
    for number in range(n_windows):
        ends = panel.offsets[1:] - test + number * step
        if model is None or number % refit_every == 0:
            model = fit(panel.cut(series, starts, ends - starts))
        else:
            model = _moved(panel, model, ends - step, step, n_jobs)
        yield forecast_window(panel, number, series, ends, model, horizon, n_jobs)


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


def too_short_for_windows(
    panel: Panel, horizon: int, n_windows: int, step: int
) -> dict[int, Exception]:
    """Return the series that hold too few values before the first origin, and the reason."""
    test = horizon + step * (n_windows - 1)
    before = panel.lengths - test
    failures: dict[int, Exception] = {
        i: ValueError(
            f"{panel.lengths[i]} rows are too few: {n_windows} window(s) of {horizon} steps take "
            f"the last {test}, and two values before them"
        )
        for i in np.flatnonzero(before < 2).tolist()
    }
    rest = np.flatnonzero(before >= 2)
    if rest.size:
        training = panel.cut(rest, panel.offsets[rest], before[rest])
        failures |= {int(rest[i]): error for i, error in too_short(training)}
    return failures
