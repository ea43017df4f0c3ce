"""Summaries of combinations, laid out as those of smoothers are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tsrnn.compose.ensemble_model import EnsembleModel
from tsrnn.forecasting.summary import residual_tests, series_name, two_columns

if TYPE_CHECKING:
    from statsmodels.iolib.summary import Summary

    from tsrnn.forecasting.forecaster import Forecaster


def summarize_ensemble(forecaster: Forecaster, model: EnsembleModel) -> Summary:
    """Lay out a fitted combination: for each series its members, and a test of the residuals."""
    from statsmodels.iolib.summary import Summary
    from statsmodels.iolib.table import SimpleTable
    from statsmodels.iolib.tableformatting import fmt_params

    residuals = np.asarray(forecaster.residuals_)
    residuals = residuals.reshape(len(residuals), -1)
    summary = Summary()
    for i, column in enumerate(residuals.T):
        n_missing = int(np.count_nonzero(np.isnan(column)))
        facts = {
            "Series": series_name(forecaster, i),
            "Observations": len(column) - n_missing,
            "Missing": n_missing,
        }
        how = {
            "Method": forecaster.method_,
            "Weights": _weights_in_words(forecaster.weights),
            "Period": forecaster.period_,
        }
        summary.tables.append(two_columns(facts, how, type(forecaster).__name__))
        left_out = {name: reason for name, k, reason in model.dropped if k == i}
        rows = []
        for place, name in enumerate(model.names):
            member = forecaster.members_.get(name)
            member = member.get(i) if isinstance(member, dict) else member
            kind = "" if member is None else type(member).__name__
            weight = "left out" if name in left_out else f"{model.weights[place, i]:.4g}"
            rows.append((name, [weight, kind]))
        summary.tables.append(
            SimpleTable(
                [row for _, row in rows],
                headers=["weight", "forecaster"],
                stubs=[name for name, _ in rows],
                txt_fmt=fmt_params,
            )
        )
        summary.add_extra_txt([f"{name} is left out: {why}" for name, why in left_out.items()])
        summary.tables.append(residual_tests(column))
    return summary


def _weights_in_words(weights: object) -> str:
    if weights is None:
        return "equal"
    return weights if isinstance(weights, str) else "given"
