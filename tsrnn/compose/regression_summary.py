"""Summaries of regressions, as statsmodels lays its own out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr, ndtri

from tsrnn.forecasting.summary import residual_tests, series_name, two_columns

if TYPE_CHECKING:
    from statsmodels.iolib.summary import Summary

    from tsrnn.forecasting.forecaster import Forecaster

_HEADERS = ["coef", "std err", "z", "P>|z|", "[0.025", "0.975]"]


def summarize_regression(model: Forecaster) -> Summary:
    """Lay out a fitted regression: of each series coefficients and a test of the residuals."""
    from statsmodels.iolib.summary import Summary
    from statsmodels.iolib.table import SimpleTable
    from statsmodels.iolib.tableformatting import fmt_params

    residuals = np.asarray(model.residuals_)
    residuals = residuals.reshape(len(residuals), -1)
    names = [str(name) for name in model.coef_names_]
    summary = Summary()
    for i, column in enumerate(residuals.T):
        observed = ~np.isnan(column)
        left = {
            "Series": series_name(model, i),
            "Forecaster": type(model.forecaster_).__name__,
            "Period": vars(model).get("period_", "none"),
        }
        right = {
            "Observations": int(observed.sum()),
            "Coefficients beside": np.atleast_1d(model.smoother_)[i] or "none",
            "Residual std": f"{np.std(column[observed]):.6g}",
        }
        summary.tables.append(two_columns(left, right, type(model).__name__))
        if names:
            rows = _rows(np.atleast_2d(model.coef_)[i], np.atleast_2d(model.bse_)[i])
            table = SimpleTable(rows, headers=_HEADERS, stubs=names, txt_fmt=fmt_params)
            summary.tables.append(table)
        summary.tables.append(residual_tests(column))
    return summary


def _rows(values: np.ndarray, errors: np.ndarray) -> list[list[str]]:
    """Return for each coefficient its error, its ratio to that, and an interval of 95 percent."""
    rows, width = [], float(ndtri(0.975))
    for value, error in zip(values.tolist(), errors.tolist(), strict=True):
        ratio = value / error if error > 0.0 else np.nan
        chance = 2.0 * float(ndtr(-abs(ratio)))
        rows.append(
            [
                f"{value:.4f}" if 1e-3 < abs(value) < 1e6 or value == 0.0 else f"{value:.4g}",
                f"{error:.3g}",
                f"{ratio:.3f}",
                f"{chance:.3f}",
                f"{value - width * error:.4g}",
                f"{value + width * error:.4g}",
            ]
        )
    return rows
