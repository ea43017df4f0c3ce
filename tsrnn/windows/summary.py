"""Summaries of regressors on lag windows, laid out as those of smoothers are."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from tsrnn.forecasting.summary import residual_tests, series_name, two_columns
from tsrnn.windows.network import WindowNetwork
from tsrnn.windows.together import MembersNetwork
from tsrnn.windows.whole import WholeNetwork

if TYPE_CHECKING:
    from statsmodels.iolib.summary import Summary

    from tsrnn.forecasting.forecaster import Forecaster


def summarize_windows(
    forecaster: Forecaster, network: WindowNetwork | MembersNetwork | WholeNetwork
) -> Summary:
    """Lay out a fitted forecaster: what was trained, then each series with tests of residuals."""
    from statsmodels.iolib.summary import Summary

    residuals = np.asarray(forecaster.residuals_)
    residuals = residuals.reshape(len(residuals), -1)
    variances = np.atleast_1d(forecaster.sigma2_)
    summary = Summary()
    is_whole = isinstance(network, WholeNetwork)
    spec: Any = network if isinstance(network, WholeNetwork) else network.spec
    is_direct = forecaster.horizon is not None
    trained = {
        "Estimator": _name(network),
        "Strategy": f"direct, {spec.n_ahead} steps" if is_direct else "recursive",
        "Window": spec.window,
    }
    on = {
        "Series": residuals.shape[1],
        "Regressors": forecaster.n_features_in_,
        "Steps trained on" if is_whole else "Windows trained on": forecaster.n_windows_,
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


def _name(network: WindowNetwork | MembersNetwork | WholeNetwork) -> str:
    """Say what was trained."""
    if isinstance(network, WholeNetwork):
        kinds = Counter(network.kinds)
    elif isinstance(network, MembersNetwork):
        kinds = Counter(one.spec.kind for one in network.members)
    else:
        return type(network.estimator).__name__
    return ", ".join(f"{n} {kind}" for kind, n in kinds.items())


def _mean(residuals: np.ndarray) -> float:
    return float(residuals.mean()) if residuals.size else np.nan
