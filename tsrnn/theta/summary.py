"""Summaries of fitted theta methods, as statsmodels lays its own out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tsrnn._time.season_length import Season, season_in_words
from tsrnn.forecasting.summary import residual_tests, series_name, two_columns

if TYPE_CHECKING:
    from statsmodels.iolib.summary import Summary

    from tsrnn.forecasting.forecaster import Forecaster


def summarize(forecaster: Forecaster, values: np.ndarray, season: Season) -> Summary:
    """Lay out a fitted forecaster: parameters, season, a test of the residuals.

    Parameters
    ----------
    forecaster : Forecaster
        Fitted.
    values : (n_timesteps, n_series) array
        The series.
    season : Season
        What their time stamps tell.
    """
    from statsmodels.iolib.summary import Summary

    residuals = np.asarray(forecaster.residuals_)
    residuals = residuals.reshape(len(residuals), -1)
    summary = Summary()
    for i in range(residuals.shape[1]):
        numbers = {
            name: np.atleast_1d(getattr(forecaster, f"{name}_"))[i]
            for name in ("alpha", "theta", "sse", "sigma2", "is_seasonal", "converged")
        }
        n_missing = int(np.count_nonzero(np.isnan(values[:, i])))
        facts = {
            "Series": series_name(forecaster, i),
            "Observations": len(values) - n_missing,
            "Missing": n_missing,
            "Period": season_in_words(forecaster.period_, season),
            "Seasonally adjusted": "yes" if numbers["is_seasonal"] else "no",
        }
        found = {"Variant": forecaster.variant}
        found |= {name: f"{numbers[name]:.6g}" for name in ("alpha", "theta", "sse", "sigma2")}
        summary.tables.append(two_columns(facts, found, type(forecaster).__name__))
        summary.tables.append(residual_tests(residuals[:, i]))
    return summary
