"""Estimators of scikit-learn's where a forecaster is meant, and how to come by one."""

from __future__ import annotations

from typing import Any

from sklearn.base import BaseEstimator, is_regressor

from tsrnn.forecasting.forecaster import Forecaster

_OF_X = (
    "transformers of X are for the columns of the frame, before it is passed, and features of the "
    "calendar for RegressionForecaster(forecaster, features)"
)


def way_to_forecaster(given: Any) -> str:
    """Return how what was given becomes a forecaster, as the end of an error; empty if unknown."""
    # Where all is well nobody waits for these.
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
    from sklearn.pipeline import Pipeline

    if isinstance(given, type):
        return f": make one of the class, as in {given.__name__}(..)"
    if isinstance(given, Pipeline):
        last = given.steps[-1][1] if given.steps else None
        if isinstance(last, Forecaster):
            return f": take the {type(last).__name__} in it; {_OF_X}"
        return ": WindowForecaster(pipeline, lags) makes one of it, whose X are lags of the series"
    if isinstance(given, TransformedTargetRegressor):
        return (
            ": of a target that is transformed TransformedForecaster(forecaster, 'log') makes one"
        )
    if isinstance(given, GridSearchCV | RandomizedSearchCV):
        return ": tsrnn.tune(forecaster, grid, frame, horizon=..) searches over a panel"
    if isinstance(given, BaseEstimator) and is_regressor(given):
        return (
            ": regressors of scikit-learn's become forecasters by WindowForecaster(regressor, lags)"
        )
    return ""
