"""Summaries of regressors on lag windows, laid out as those of smoothers are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tsrnn.forecasting.summary import residual_tests, series_name, two_columns

if TYPE_CHECKING:
    from statsmodels.iolib.summary import Summary

    from tsrnn.forecasting.forecaster import Forecaster


def summarize_windows(forecaster: Forecaster) -> Summary:
    """Lay out a fitted forecaster: what was trained, then each series with tests of residuals."""
    from sklearn.utils.validation import check_is_fitted
    from statsmodels.iolib.summary import Summary

    check_is_fitted(forecaster)
    residuals = np.asarray(forecaster.residuals_)
    residuals = residuals.reshape(len(residuals), -1)
    variances = np.atleast_1d(forecaster.sigma2_)
    summary = Summary()
    steps = "" if forecaster.horizon is None else f", {forecaster.horizon} steps"
    trained = {
        "Estimator": type(forecaster.estimator_).__name__,
        "Strategy": forecaster.strategy + steps,
        "Window": forecaster.window,
    }
    on = {
        "Series": residuals.shape[1],
        "Regressors": forecaster.n_features_in_,
        "Windows trained on": forecaster.n_windows_,
    }
    summary.tables.append(two_columns(trained, on, type(forecaster).__name__))
    for i, column in enumerate(residuals.T):
        seen = column[~np.isnan(column)]
        summary.tables.append(
            two_columns(
                {"Series": series_name(forecaster, i), "Residuals": seen.size},
                {"sigma2": f"{variances[i]:.6g}", "Mean residual": f"{_mean(seen):.4g}"},
            )
        )
        summary.tables.append(residual_tests(column))
    return summary


def _mean(residuals: np.ndarray) -> float:
    return float(residuals.mean()) if residuals.size else np.nan
