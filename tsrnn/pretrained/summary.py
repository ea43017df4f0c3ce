"""Summaries of what the pretrained network has read, as statsmodels lays its own out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tsrnn._time.season_length import Season, season_in_words
from tsrnn.causal.network import CausalNetwork
from tsrnn.forecasting.summary import residual_tests, series_name, two_columns

if TYPE_CHECKING:
    from statsmodels.iolib.summary import Summary

    from tsrnn.forecasting.forecaster import Forecaster


def summarize(
    forecaster: Forecaster, network: CausalNetwork, values: np.ndarray, season: Season
) -> Summary:
    """Lay out a fitted forecaster: the network, then each series with a test of residuals.

    Parameters
    ----------
    forecaster : PretrainedRNNForecaster
        Fitted.
    network : CausalNetwork
    values : (n_timesteps, n_series) array
        The series.
    season : Season
        What their time stamps tell.
    """
    from statsmodels.iolib.summary import Summary

    residuals = np.asarray(forecaster.residuals_)
    residuals = residuals.reshape(len(residuals), -1)
    variances = np.atleast_1d(forecaster.sigma2_)
    summary = Summary()
    for i in range(residuals.shape[1]):
        n_missing = int(np.count_nonzero(np.isnan(values[:, i])))
        facts = {
            "Series": series_name(forecaster, i),
            "Observations": len(values) - n_missing,
            "Missing": n_missing,
            "Period": season_in_words(forecaster.period_, season),
        }
        sizes = " x ".join(str(size) for size in network.spec.hidden_sizes)
        found = {
            "Frequency": forecaster.frequency_,
            "Network": f"{network.spec.cell} {sizes}",
            "Weights": network.weights.size,
            "sigma2": f"{variances[i]:.6g}",
        }
        summary.tables.append(two_columns(facts, found, type(forecaster).__name__))
        summary.tables.append(residual_tests(residuals[:, i]))
    return summary
