"""Summaries of fitted smoothers, as statsmodels lays its own out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tsrnn._time.season_length import Season
from tsrnn.forecasting.summary import residual_tests, series_name, two_columns
from tsrnn.smoothing.smoothers import SmootherBatch

if TYPE_CHECKING:
    from statsmodels.iolib.summary import Summary

    from tsrnn.forecasting.forecaster import Forecaster


def summarize(
    forecaster: Forecaster, smoothers: Sequence[SmootherBatch], season: Season
) -> Summary:
    """Lay out fitted smoothers: criteria, parameters, initial state, a test of the residuals.

    Parameters
    ----------
    forecaster : Forecaster
        Fitted.
    smoothers : sequence of SmootherBatch
        Of each series one.
    season : Season
        What the time stamps of the series tell.
    """
    from statsmodels.iolib.summary import Summary
    from statsmodels.iolib.table import SimpleTable
    from statsmodels.iolib.tableformatting import fmt_params

    residuals = np.asarray(forecaster.residuals_)
    residuals = residuals.reshape(len(residuals), -1)
    states = forecaster.initial_state_ if len(smoothers) > 1 else [forecaster.initial_state_]
    summary = Summary()
    for i, one in enumerate(smoothers):
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
        rows = []
        if "period" in forecaster.get_params(deep=False):
            rows.append(("period", _period_row(forecaster, season)))
        if hasattr(forecaster, "seasonal_"):
            how = "lowest AICc" if forecaster.seasonal == "auto" else "given"
            rows.append(("season", [one.structure.seasonal or "none", how]))
        features = getattr(forecaster, "feature_names_in_", range(one.coefficients.shape[1]))
        rows += _parameter_rows(one, states[i], features)
        summary.tables.append(
            SimpleTable(
                [row for _, row in rows],
                headers=["value", "origin"],
                stubs=[name for name, _ in rows],
                txt_fmt=fmt_params,
            )
        )
        summary.tables.append(residual_tests(residuals[:, i]))
    return summary


def _period_row(forecaster: Forecaster, season: Season) -> list[str]:
    """Return the period that was taken, and why."""
    how = "fixed" if forecaster.period != "auto" else season.data or "no dates"
    if how == season.data and season.period != forecaster.period_:
        how += f", too short for {season.period}"
    return [f"{forecaster.period_}", how]


def _parameter_rows(
    one: SmootherBatch, initial_state: np.ndarray, features: Iterable[Any]
) -> list[tuple[str, list[str]]]:
    """Return names of all that a series was smoothed with, with their values and origins."""
    rows = []
    *origins, origin = one.origins
    structure, parameters = one.structure, one.structure.cell.parameters
    for parameter, value, how in zip(parameters, one.theta[:, 0], origins, strict=True):
        if parameter.part in structure.parts:
            rows.append((parameter.name, [f"{value:.6g}", how]))
    for name, value in zip(structure.state_names, initial_state, strict=True):
        rows.append((f"initial {name}", [f"{value:.6g}", origin]))
    for name, value in zip(features, one.coefficients[0], strict=True):
        rows.append((f"coefficient {name}", [f"{value:.6g}", "learned"]))
    return rows
