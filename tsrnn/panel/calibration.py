"""Conformal intervals of a panel: what past forecasts missed by, and how wide that makes bounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tsrnn._input.notes import warn_user
from tsrnn._input.ragged import rows_between
from tsrnn.forecasting.conformal import conformal_bounds
from tsrnn.panel.backtest import FitPanel, forecast_window
from tsrnn.panel.frame import Panel, too_short

# Past forecasts that an interval is learned from, at least, where there are as many.
_FEWEST = 100


@dataclass(frozen=True)
class Scores:
    """Errors of forecasts from the past, in units of the deviations that they came with.

    Attributes
    ----------
    errors : (n_scores, horizon) array
        NaN where a value is missing, the fit failed, or the model took itself to be exact.
    lengths : (n_scores,) array
        Rows that each was fitted to.
    """

    errors: np.ndarray
    lengths: np.ndarray


@dataclass(frozen=True)
class PastErrors:
    """Errors of past forecasts of a forecaster, and how to come by them.

    Attributes
    ----------
    panel : Panel
        What it was fitted to.
    fit : callable
        Fits a stretch of it.
    n_windows : int
        From whose forecasts they are.
    n_jobs : int or None
    scores : dict
        Those that were found before, by the horizon.
    nearest : callable
        Takes bounds, and returns the nearest values that series may have.
    """

    panel: Panel
    fit: FitPanel
    n_windows: int
    n_jobs: int | None
    scores: dict[int, Scores]
    nearest: Callable[[np.ndarray], np.ndarray]

    def factors(self, horizon: int, percent: float) -> np.ndarray:
        """Return by how many deviations bounds differ from forecasts, (2, n_series, horizon)."""
        if horizon not in self.scores:
            found = calibration_scores(self.panel, self.fit, horizon, self.n_windows, self.n_jobs)
            self.scores[horizon] = found
        return conformal_factors(self.scores[horizon], self.panel.lengths, percent)


def calibration_scores(
    panel: Panel, fit: FitPanel, horizon: int, n_windows: int, n_jobs: int | None
) -> Scores:
    """Forecast windows of `horizon` steps that end where the series do, or the window after begins.

    A series takes part in those before which at least half of it lies.
    """
    errors, lengths = [np.empty((0, horizon))], [np.empty(0, dtype=np.int64)]
    for number in range(1, n_windows + 1):
        before = panel.lengths - number * horizon
        series = np.flatnonzero((before >= 2) & (2 * before >= panel.lengths))
        if series.size:
            few = [i for i, _ in too_short(_until(panel, series, before))]
            series = np.delete(series, few)
        if not series.size:
            break
        ends = panel.offsets[series] + before[series]
        model = fit(_until(panel, series, before))
        window = forecast_window(panel, number, series, ends, model, horizon, n_jobs)
        deviation = window.model.deviation(horizon, n_jobs).T
        rows = rows_between(ends, np.full(len(ends), horizon))
        missed = panel.values[rows].reshape(window.forecast.shape) - window.forecast
        usable = np.isfinite(deviation) & (deviation > 0.0)
        errors.append(np.divide(missed, deviation, out=np.full_like(missed, np.nan), where=usable))
        lengths.append(before[series])
    return Scores(np.concatenate(errors), np.concatenate(lengths))


def conformal_factors(scores: Scores, lengths: np.ndarray, percent: float) -> np.ndarray:
    """Return by how many deviations the bounds of intervals differ from the forecasts.

    Short series are fitted worse than their models believe, so the errors that count for a series
    are those of fits to about as many rows: half to twice as many, and more where these are few.

    Parameters
    ----------
    scores : Scores
    lengths : (n_series,) array
        Rows of the series.
    percent : float
        The level.

    Returns
    -------
    factors : (2, n_series, horizon) array
        Of the lower and the upper bound.
    """
    horizon = scores.errors.shape[1]
    places, series = np.unique(np.rint(4.0 * np.log2(lengths)), return_inverse=True)
    distance = np.abs(np.log2(scores.lengths)[:, None] - places / 4.0)
    factors, reached = np.empty((2, len(places), horizon)), 1.0
    for i, column in enumerate(distance.T):
        near = np.partition(column, _FEWEST)[_FEWEST] if len(column) > _FEWEST else np.inf
        bounds = conformal_bounds(scores.errors[column <= max(near, 1.0)], percent / 100.0)
        factors[:, i] = bounds.lower, bounds.upper
        reached = min(reached, float(bounds.reached.min()))
    if np.isnan(factors).any() and len(scores.errors):
        raise ValueError(
            "the fits to the beginnings of the series leave no error, or too few values to tell it "
            "by, so that past forecasts have no unit to be judged in: take method='auto'"
        )
    if np.isnan(factors).any():
        raise ValueError(
            f"no series is long enough to learn intervals {horizon} steps ahead from: half of it "
            "and two values must lie before a window of so many steps; take a shorter horizon, or "
            "method='auto'"
        )
    if reached < percent / 100.0:
        warn_user(
            f"there are too few past forecasts for intervals of {percent:g} percent: the widest "
            f"that they allow are given, which reach {100.0 * reached:.3g} percent"
        )
    return factors[:, series]


def _until(panel: Panel, series: np.ndarray, lengths: np.ndarray) -> Panel:
    """Keep the first rows of some series; `lengths` is for all series."""
    return panel.cut(series, panel.offsets[series], lengths[series])
