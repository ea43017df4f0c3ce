"""Parts of summaries of fitted forecasters, as statsmodels lays its own out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tsrnn.forecasting.forecaster import Forecaster


def series_name(forecaster: Forecaster, i: int) -> str:
    """Return the name of a column of the training data, else its number."""
    names = forecaster._layout.names
    return str(i) if names is None else str(names[i])


def residual_tests(residuals: np.ndarray):
    """Return a table of Ljung-Box and Jarque-Bera tests, where there are residuals enough."""
    from statsmodels.iolib.table import SimpleTable
    from statsmodels.stats.diagnostic import acorr_ljungbox
    from statsmodels.stats.stattools import jarque_bera

    observed = residuals[~np.isnan(residuals)]
    # In units of their own: squares of very large or small residuals would not be numbers.
    observed = observed / (np.abs(observed).max(initial=0.0) or 1.0)
    lags = min(10, observed.size // 5)
    varies = observed.size > 0 and float(np.ptp(observed)) > 0.0
    if lags < 1 or not varies:
        return SimpleTable([["Residual tests: too few residuals, or all alike"]])
    box = acorr_ljungbox(observed, lags=[lags])
    statistic, probability, *_ = jarque_bera(observed)
    return two_columns(
        {
            f"Ljung-Box (lag {lags})": f"{box['lb_stat'].iloc[0]:.4g}",
            "Prob(Ljung-Box)": f"{box['lb_pvalue'].iloc[0]:.3f}",
        },
        {"Jarque-Bera": f"{statistic:.4g}", "Prob(Jarque-Bera)": f"{probability:.3f}"},
    )


def two_columns(left: Mapping[str, object], right: Mapping[str, object], title: str | None = None):
    """Return a table of names and values, two side by side."""
    from statsmodels.iolib.table import SimpleTable

    rows = [
        [f"{a}:", str(left[a]), f"{b}:", str(right[b])] for a, b in zip(left, right, strict=True)
    ]
    table = SimpleTable(rows, title=title)
    table.output_formats["txt"] |= {
        "data_aligns": "lrlr",
        "data_fmts": ["%s"] * 4,
        "colsep": "  ",
    }
    return table
