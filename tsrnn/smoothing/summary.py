"""Summaries of fitted smoothers, as statsmodels lays its own out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tsrnn.forecasting.summary import residual_tests, series_name, two_columns
from tsrnn.smoothing.smoothers import SmootherBatch

if TYPE_CHECKING:
    from statsmodels.iolib.summary import Summary

    from tsrnn.forecasting.forecaster import Forecaster


def summarize(forecaster: Forecaster) -> Summary:
    """Lay out a fitted smoother: criteria, parameters, initial state, a test of the residuals."""
    from sklearn.utils.validation import check_is_fitted
    from statsmodels.iolib.summary import Summary
    from statsmodels.iolib.table import SimpleTable
    from statsmodels.iolib.tableformatting import fmt_params

    check_is_fitted(forecaster)
    residuals = np.asarray(forecaster.residuals_)
    residuals = residuals.reshape(len(residuals), -1)
    summary = Summary()
    for i, one in enumerate(forecaster._model.series):
        numbers = {
            name: np.atleast_1d(getattr(forecaster, name))[i]
            for name in ("sse_", "sigma2_", "loglik_", "aic_", "aicc_", "bic_")
        }
        n_missing = int(np.count_nonzero(np.isnan(residuals[:, i])))
        facts = {
            "Series": series_name(forecaster, i),
            "Observations": len(residuals) - n_missing,
            "Missing": n_missing,
            "Loss": forecaster.loss,
            "Solver": forecaster.solver,
            "Converged": np.atleast_1d(forecaster.converged_)[i],
        }
        criteria = {name.rstrip("_"): f"{value:.6g}" for name, value in numbers.items()}
        summary.tables.append(two_columns(facts, criteria, type(forecaster).__name__))
        rows, stubs = _parameter_rows(forecaster, one, i)
        summary.tables.append(
            SimpleTable(rows, headers=["value", "origin"], stubs=stubs, txt_fmt=fmt_params)
        )
        summary.tables.append(residual_tests(residuals[:, i]))
    return summary


def _parameter_rows(forecaster: Forecaster, one: SmootherBatch, i: int) -> tuple[list, list]:
    """Return rows of values and origins of series i, and what to write beside them."""
    rows, stubs = [], []
    if "period" in forecaster.get_params(deep=False):
        season = forecaster._grid.season
        how = "fixed" if forecaster.period != "auto" else season.data or "no dates"
        if how == season.data and season.period != forecaster.period_:
            how += f", too short for {season.period}"
        rows.append([f"{forecaster.period_}", how])
        stubs.append("period")
    *origins, origin = one.origins
    structure, parameters = one.structure, one.structure.cell.parameters
    absent = set() if structure.trend else {"beta"}
    absent |= set() if structure.damped else {"phi"}
    for parameter, value, how in zip(parameters, one.theta[:, 0], origins, strict=True):
        if parameter.name in absent:
            continue
        rows.append([f"{value:.6g}", how])
        stubs.append(parameter.name)
    single = len(forecaster._model.series) == 1
    states = forecaster.initial_state_ if single else forecaster.initial_state_[i]
    for name, value in zip(structure.state_names, states, strict=True):
        rows.append([f"{value:.6g}", origin])
        stubs.append(f"initial {name}")
    names = getattr(forecaster, "feature_names_in_", range(one.coefficients.shape[1]))
    for name, value in zip(names, one.coefficients[0], strict=True):
        rows.append([f"{value:.6g}", "learned"])
        stubs.append(f"coefficient {name}")
    return rows, stubs
