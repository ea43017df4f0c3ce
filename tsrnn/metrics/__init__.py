"""Measures of forecasts: errors without a unit, quantiles and intervals, scorers, tables of scores.

Every metric takes one series `(n_timesteps,)` or several `(n_timesteps, n_series)`, averages over
the series, and leaves out missing observations (NaN in `y_true`). It compares by position, and
refuses two pandas arguments that label their rows, or several series, differently; a default
RangeIndex counts as no labels. The scorers are for the argument `scoring` of scikit-learn's
`cross_val_score` and `GridSearchCV`, whose own refuse NaN. `evaluate` reads the frames of
backtests.
"""

from tsrnn.metrics.frames import evaluate
from tsrnn.metrics.intervals import coverage, msis, winkler_score
from tsrnn.metrics.points import bias, mase, rmsse, smape, wape
from tsrnn.metrics.quantiles import (
    crps,
    pinball_loss,
    scaled_quantile_loss,
    weighted_quantile_loss,
)
from tsrnn.metrics.ratios import owa, relative_scores
from tsrnn.metrics.scorers import (
    mae_scorer,
    mase_scorer,
    rmse_scorer,
    rmsse_scorer,
    smape_scorer,
    wape_scorer,
    winkler_scorer,
    wql_scorer,
)

__all__ = [
    "bias",
    "coverage",
    "crps",
    "evaluate",
    "mae_scorer",
    "mase",
    "mase_scorer",
    "msis",
    "owa",
    "pinball_loss",
    "relative_scores",
    "rmse_scorer",
    "rmsse",
    "rmsse_scorer",
    "scaled_quantile_loss",
    "smape",
    "smape_scorer",
    "wape",
    "wape_scorer",
    "weighted_quantile_loss",
    "winkler_score",
    "winkler_scorer",
    "wql_scorer",
]
