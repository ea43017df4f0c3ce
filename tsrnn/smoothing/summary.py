"""Summaries of fitted smoothers, as statsmodels lays its own out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tsrnn._time.season_length import Season
from tsrnn.forecasting.summary import residual_tests, series_name, two_columns
from tsrnn.smoothing.smoothers import SmootherBatch
from tsrnn.smoothing.standard_errors import StandardErrors

if TYPE_CHECKING:
    from statsmodels.iolib.summary import Summary

    from tsrnn.forecasting.forecaster import Forecaster

# Normal deviations on either side that 95% lie within.
_TWO_SIDED = 1.959964


def summarize(
    forecaster: Forecaster,
    smoothers: Sequence[SmootherBatch],
    season: Season,
    errors: Sequence[StandardErrors] | None,
) -> Summary:
    """Lay out fitted smoothers: criteria, parameters, initial state, a test of the residuals.

    A number has its standard error, and the interval of 95% that follows from it, cut where it
    leaves what the number may be; coefficients of regressors also their ratio to it.

    Parameters
    ----------
    forecaster : Forecaster
        Fitted.
    smoothers : sequence of SmootherBatch
        Of each series one.
    season : Season
        What the time stamps of the series tell.
    errors : sequence of StandardErrors or None
        Of each series one; None where there are none.
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
        features = getattr(forecaster, "feature_names_in_", range(one.coefficients.shape[1]))
        rows = _season_rows(forecaster, season, one)
        headers = ["value", "origin"]
        of_model = _numbers(one, states[i], features)
        if errors is None:
            rows += [(name, [f"{value:.6g}", how]) for name, value, how in of_model]
        else:
            headers[1:1] = ["std err", *["z"] * bool(one.coefficients.size), "[0.025", "0.975]"]
            rows = [(name, [value, *[""] * (len(headers) - 2), how]) for name, (value, how) in rows]
            rows += _rows_with_errors(of_model, errors[i], one)
        summary.tables.append(
            SimpleTable(
                [row for _, row in rows],
                headers=headers,
                stubs=[name for name, _ in rows],
                txt_fmt=fmt_params,
            )
        )
        summary.tables.append(residual_tests(residuals[:, i]))
    return summary


def _season_rows(
    forecaster: Forecaster, season: Season, one: SmootherBatch
) -> list[tuple[str, list[str]]]:
    """Return which season was taken, and why."""
    rows = []
    if "period" in forecaster.get_params(deep=False):
        rows.append(("period", _period_row(forecaster, season)))
    if hasattr(forecaster, "seasonal_"):
        how = "lowest AICc" if forecaster.seasonal == "auto" else "given"
        rows.append(("season", [one.structure.seasonal or "none", how]))
    return rows


def _period_row(forecaster: Forecaster, season: Season) -> list[str]:
    """Return the period that was taken, and why."""
    how = "fixed" if forecaster.period != "auto" else season.data or "no dates"
    if how == season.data and season.period != forecaster.period_:
        how += f", too short for {season.period}"
    return [f"{forecaster.period_}", how]


def _numbers(
    one: SmootherBatch, initial_state: np.ndarray, features: Iterable[Any]
) -> list[tuple[str, float, str]]:
    """Return names of all that a series was smoothed with, with their values and origins."""
    rows = []
    *origins, origin = one.origins
    structure, parameters = one.structure, one.structure.parameters
    for parameter, value, how in zip(parameters, one.theta[:, 0], origins, strict=True):
        if parameter.part in structure.parts:
            rows.append((parameter.name, value, how))
    for name, value in zip(structure.state_names, initial_state, strict=True):
        rows.append((f"initial {name}", value, origin))
    for name, value in zip(features, one.coefficients[0], strict=True):
        rows.append((f"coefficient {name}", value, "learned"))
    return rows


def _rows_with_errors(
    numbers: list[tuple[str, float, str]], found: StandardErrors, one: SmootherBatch
) -> list[tuple[str, list[str]]]:
    """Return rows of numbers with their standard errors, and why others have none.

    Only of a coefficient is the ratio to its error of interest: that another number is 0 can be no
    more than at its bound.
    """
    limits = {part.name: (part.lower, part.upper) for part in one.structure.parameters}
    rows, has_ratio = [], bool(one.coefficients.size)
    each = zip(numbers, found.errors, found.reasons, strict=True)
    for (name, value, origin), error, reason in each:
        how = origin if reason in ("", origin) else f"{origin}, {reason}"
        shown, ratio, bounds = "", "", ["", ""]
        if not reason:
            ends = value + _TWO_SIDED * error * np.array([-1.0, 1.0])
            ends = np.clip(ends, *limits.get(name, (-np.inf, np.inf)))
            shown, bounds = f"{error:.4g}", [f"{end:.6g}" for end in ends]
            ratio = f"{value / error:.3f}" if name.startswith("coefficient ") else ""
        rows.append((name, [f"{value:.6g}", shown, *[ratio] * has_ratio, *bounds, how]))
    return rows
