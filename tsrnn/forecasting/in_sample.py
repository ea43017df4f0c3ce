"""One-step predictions of what the series of a panel were fitted to."""

from __future__ import annotations

import warnings

import numpy as np

from tsrnn._compute.threads import in_threads, one_blas_thread
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.forecasting.looped_panel import SERIES_ERRORS
from tsrnn.forecasting.panel_columns import PanelColumns, columns_of_panel


def in_sample_of_panel(
    forecaster: Forecaster,
    values: np.ndarray,
    offsets: np.ndarray,
    regressors: np.ndarray,
    quantiles: np.ndarray,
    n_jobs: int | None = None,
) -> np.ndarray:
    """Fit series once more, and predict each of their values from those before it.

    A panel that was fitted keeps the ends of its series alone.

    Parameters
    ----------
    forecaster : Forecaster
        With its season settled.
    values, offsets, regressors, n_jobs
        As for `Forecaster.fit_panel`, of series that were fitted.
    quantiles : (n_quantiles,) array

    Returns
    -------
    answers : (1 + n_quantiles, n_rows) array
        Predictions with what regressors add, and quantiles about them.

    Raises
    ------
    ValueError
        For one that is trained on all series at once, and would be another the next time.
    """
    if forecaster._learns_from_all():
        raise ValueError(
            f"{type(forecaster).__name__} is trained on all series at once, and keeps no "
            "predictions of what it was trained on"
        )
    answers = np.full((1 + len(quantiles), len(values)), np.nan)

    def work(columns: PanelColumns) -> None:
        try:
            found = _of_columns(forecaster, columns, quantiles)
        except SERIES_ERRORS:
            if columns.series.size == 1:
                raise
            for one in columns.each():
                work(one)
            return
        for whole, part in zip(answers, found, strict=True):
            columns.write(whole, part)

    with warnings.catch_warnings(), one_blas_thread():
        warnings.simplefilter("ignore")  # `PanelForecaster.fit` has told what there is to know
        blocks = columns_of_panel(values, offsets, regressors, in_one=False)
        for _ in in_threads(work, [(one,) for one in blocks], n_jobs):
            pass
    return answers


def _of_columns(
    forecaster: Forecaster, columns: PanelColumns, quantiles: np.ndarray
) -> list[np.ndarray]:
    """Return predictions of series side by side and quantiles about them, (n, k) each."""
    regressors = columns.regressors
    model, *found, _ = forecaster.fit_model(columns.values, regressors)
    seen = list(forecaster._remembered(model, *found))
    seen[0] = seen[0] + model.effect(regressors)
    if not len(quantiles):
        return [seen[0]]
    bounds = np.clip(model.quantiles_seen(seen, quantiles), *forecaster.limits())
    return [seen[0], *np.moveaxis(bounds, 1, 0)]
