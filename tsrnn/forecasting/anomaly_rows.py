"""Anomalies in rows: of one series or several in columns, and of panels, block by block."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import clone

from tsrnn._compute.threads import in_threads, one_blas_thread
from tsrnn._input.series import read_series
from tsrnn.forecasting.anomalies import find_anomalies, refuse_short
from tsrnn.forecasting.fitted_model import Progress
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.forecasting.looped_panel import SERIES_ERRORS
from tsrnn.forecasting.panel_columns import PanelColumns, columns_of_panel

ADDED = ("expected", "lower", "upper", "score", "is_anomaly", "cleaned")
"""The columns that are added to what was given."""


class AnomalyRows(NamedTuple):
    """Arrays of what is known of the values of rows, in the order of `ADDED`."""

    expected: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    score: np.ndarray
    is_anomaly: np.ndarray
    cleaned: np.ndarray


def _anomaly_rows(
    forecaster: Forecaster, values: np.ndarray, regressors: np.ndarray, level: float, *fitted: Any
) -> AnomalyRows:
    """Tell what is known of series (n, k)."""
    scored, is_anomaly = find_anomalies(forecaster, values, regressors, level, *fitted)
    return AnomalyRows(*scored[:4], is_anomaly, np.where(is_anomaly, scored.expected, values))


def anomalies_of_series(forecaster: Forecaster, y: Any, X: Any, level: float) -> pd.DataFrame:
    """Return the frame of one series or of several in columns; see `tsrnn.detect_anomalies`."""
    values, layout, _ = read_series(y)
    if layout.names is not None and not layout.names.is_unique:
        twice = layout.names[layout.names.duplicated()][0]
        raise ValueError(f"y has two columns {twice!r}: give each series a name of its own")
    refuse_short(values)
    fitted = clone(forecaster).fit(X, y) if X is not None else clone(forecaster).fit(y)
    values, regressors = fitted._training
    with warnings.catch_warnings(), one_blas_thread():
        warnings.simplefilter("ignore")  # the fit to all values has told what there is to know
        rows = _anomaly_rows(fitted._as_fitted(), values, regressors, level, fitted)
    n_timesteps, n_series = values.shape
    index = fitted.fitted_values_.index if layout.is_pandas else fitted._grid.stamps(0, n_timesteps)
    names = pd.RangeIndex(n_series) if layout.names is None else layout.names
    series = {"series": names.repeat(n_timesteps)} if n_series > 1 else {}
    place = np.tile(np.arange(n_timesteps), n_series)
    added = {name: part.T.ravel() for name, part in zip(ADDED, rows, strict=True)}
    return pd.DataFrame({**series, "time": index.take(place), "y": values.T.ravel(), **added})


def anomalies_of_panel(
    forecaster: Forecaster,
    values: np.ndarray,
    offsets: np.ndarray,
    regressors: np.ndarray,
    level: float,
    n_jobs: int | None = None,
    progress: Progress | None = None,
) -> tuple[AnomalyRows, dict[int, Exception]]:
    """Tell what is known of the rows of a panel, and why some series have failed, whose are NaN.

    Parameters
    ----------
    forecaster : Forecaster
        With its season settled.
    values, offsets, regressors, n_jobs, progress
        As for `Forecaster.fit_panel`.
    level : float
    """
    unknown = np.full((4, len(values)), np.nan)
    flags = np.zeros(len(values), bool)
    found = AnomalyRows(*unknown, flags, values.copy())  # type: ignore[call-arg]
    failures: dict[int, Exception] = {}
    together = forecaster._learns_from_all()
    if together and regressors.shape[1]:
        raise ValueError(
            f"{type(forecaster).__name__} is trained on all series at once, which for anomalies "
            "must have the same regressors: take the series one by one, or another forecaster"
        )

    def work(columns: PanelColumns) -> tuple[np.ndarray, dict[int, Exception]]:
        series = columns.series
        try:
            refuse_short(columns.values)
            answer = _anomaly_rows(forecaster, columns.values, columns.regressors, level)
        except SERIES_ERRORS as error:
            if series.size == 1:
                return series, {int(series[0]): error.with_traceback(None)}
            if together:
                raise
            return series, {k: e for one in columns.each() for k, e in work(one)[1].items()}
        for whole, part in zip(found, answer, strict=True):
            columns.write(whole, part)
        return series, {}

    with warnings.catch_warnings(), one_blas_thread():
        warnings.simplefilter("ignore")  # `PanelForecaster.fit` tells what there is to know
        blocks = columns_of_panel(values, offsets, regressors, in_one=together)
        for series, failed in in_threads(work, [(one,) for one in blocks], n_jobs):
            failures |= failed
            if progress is not None:
                progress(series.size)
    return found, failures
