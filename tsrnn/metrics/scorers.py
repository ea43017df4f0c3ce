"""Scorers: metrics of what an estimator predicts, for scikit-learn's argument `scoring`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import Pipeline

from tsrnn.metrics.intervals import winkler_score
from tsrnn.metrics.periods import period_of
from tsrnn.metrics.points import mase, rmsse, smape, wape
from tsrnn.metrics.quantiles import weighted_quantile_loss
from tsrnn.metrics.reading import (
    beside,
    check_level,
    check_quantiles,
    mean_where,
    numbers,
    observations,
    quantile_forecasts,
    refuse_other_labels,
    refuse_other_rows,
    root_mean_square_where,
)

_PLACE_OF_ROWS = (
    "Rows of X without time stamps follow the training series, wherever those of y lie: give X the "
    "index of y, and let transformers keep it, as by set_output(transform='pandas')"
)


def smape_scorer(estimator: BaseEstimator, X: Any, y: ArrayLike | None = None) -> float:
    """Score a fitted forecaster by its sMAPE, negated; NaN in `y` is left out.

    Parameters
    ----------
    estimator : forecaster, or a scikit-learn tool around one
        Fitted.
    X
        What `estimator.predict` takes. Where `y` is omitted, this is what was observed.
    y : array-like of shape (n_rows,) or (n_rows, n_series)
        What was observed. As in the forecasters' `score`, rows without a prediction, such as the
        first of a training series under `NaiveForecaster`, are left out too.

    Returns
    -------
    score : float
        From -200 to 0, larger is better.

    Raises
    ------
    ValueError
        As `smape`.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.model_selection import TimeSeriesSplit, cross_val_score
    >>> from tsrnn import NaiveForecaster
    >>> from tsrnn.datasets import load_co2
    >>> from tsrnn.metrics import smape_scorer
    >>> co2 = load_co2()  # with three missing months
    >>> folds = TimeSeriesSplit(3, test_size=12)
    >>> X = pd.DataFrame(index=co2.index)
    >>> cross_val_score(NaiveForecaster(), X, co2, cv=folds, scoring=smape_scorer).round(2)
    array([-0.56, -0.51, -0.52])
    """
    return -smape(*_predicted(estimator, X, y))


def mase_scorer(
    estimator: BaseEstimator,
    X: Any,
    y: ArrayLike | None = None,
    *,
    period: int | Literal["auto"] = "auto",
) -> float:
    """Score a fitted forecaster by its MASE, negated; NaN in `y` is left out.

    The unit is of all of the series that the forecaster was fitted to, whichever values of it have
    a prediction: so all forecasters are measured by the same.

    Parameters
    ----------
    estimator : forecaster, or a Pipeline or search around one
        Fitted.
    X
        What `estimator.predict` takes. Where `y` is omitted, this is what was observed.
    y : array-like of shape (n_rows,) or (n_rows, n_series)
        What was observed; rows without a prediction are left out too.
    period : int or "auto", default="auto"
        Number of time steps in a season, as for `mase`, of the series that the forecaster was
        fitted to; `functools.partial` sets it, as below.

    Returns
    -------
    score : float
        0 for exact forecasts, or negative; larger is better.

    Raises
    ------
    ValueError
        As `mase`.
    TypeError
        If the estimator is no forecaster of this kind, or `period` is neither an int nor
        "auto".

    Examples
    --------
    >>> from functools import partial
    >>> import pandas as pd
    >>> from sklearn.model_selection import TimeSeriesSplit, cross_val_score
    >>> from tsrnn import NaiveForecaster
    >>> from tsrnn.datasets import load_co2
    >>> from tsrnn.metrics import mase_scorer
    >>> co2 = load_co2()
    >>> folds = TimeSeriesSplit(3, test_size=12)
    >>> X = pd.DataFrame(index=co2.index)
    >>> yearly = partial(mase_scorer, period=12)
    >>> cross_val_score(NaiveForecaster(), X, co2, cv=folds, scoring=yearly).round(2)
    array([-1.57, -1.43, -1.46])
    """
    observed, predictions = _predicted(estimator, X, y)
    past, period = _training_series(estimator, observed, period, "mase_scorer")
    return -mase(observed, predictions, past, period=period)


def mae_scorer(estimator: BaseEstimator, X: Any, y: ArrayLike | None = None) -> float:
    """Score a fitted forecaster by its mean absolute error, negated; NaN in `y` is left out.

    Parameters
    ----------
    estimator, X, y
        As for `smape_scorer`.

    Returns
    -------
    score : float
        In the unit of the series, 0 or negative; larger is better.

    Raises
    ------
    ValueError
        As `smape`.

    Examples
    --------
    >>> from tsrnn import NaiveForecaster
    >>> from tsrnn.metrics import mae_scorer
    >>> mae_scorer(NaiveForecaster().fit([1.0, 2.0, 4.0]), 3, [5.0, float("nan"), 7.0])
    -2.0
    """
    return -_mean_error(estimator, X, y, mean_where)


def rmse_scorer(estimator: BaseEstimator, X: Any, y: ArrayLike | None = None) -> float:
    """Score a fitted forecaster by its root mean squared error, negated; NaN in `y` is left out.

    Parameters
    ----------
    estimator, X, y
        As for `smape_scorer`.

    Returns
    -------
    score : float
        In the unit of the series, 0 or negative; larger is better. The mean over the series, each
        of which has its own root, as "rmse" of `evaluate` has.

    Raises
    ------
    ValueError
        As `smape`.

    Examples
    --------
    >>> from tsrnn import NaiveForecaster
    >>> from tsrnn.metrics import rmse_scorer
    >>> rmse_scorer(NaiveForecaster().fit([1.0, 2.0, 4.0]), 2, [5.0, 11.0])
    -5.0
    """
    return -_mean_error(estimator, X, y, root_mean_square_where)


def rmsse_scorer(
    estimator: BaseEstimator,
    X: Any,
    y: ArrayLike | None = None,
    *,
    period: int | Literal["auto"] = "auto",
) -> float:
    """Score a fitted forecaster by its RMSSE, negated; NaN in `y` is left out.

    Parameters
    ----------
    estimator, X, y, period
        As for `mase_scorer`.

    Returns
    -------
    score : float
        0 for exact forecasts, or negative; larger is better.

    Raises
    ------
    ValueError, TypeError
        As `mase_scorer`.

    Examples
    --------
    >>> from tsrnn import NaiveForecaster
    >>> from tsrnn.metrics import rmsse_scorer
    >>> rmsse_scorer(NaiveForecaster().fit([1.0, 1.0, 3.0, 5.0]), 2, [5.0, 9.0]).__round__(3)
    -1.732
    """
    observed, predictions = _predicted(estimator, X, y)
    past, period = _training_series(estimator, observed, period, "rmsse_scorer")
    return -rmsse(observed, predictions, past, period=period)


def wape_scorer(estimator: BaseEstimator, X: Any, y: ArrayLike | None = None) -> float:
    """Score a fitted forecaster by its WAPE, negated; NaN in `y` is left out.

    Parameters
    ----------
    estimator, X, y
        As for `smape_scorer`.

    Returns
    -------
    score : float
        0 for exact forecasts, or negative; larger is better.

    Raises
    ------
    ValueError
        As `wape`.

    Examples
    --------
    >>> from tsrnn import NaiveForecaster
    >>> from tsrnn.metrics import wape_scorer
    >>> wape_scorer(NaiveForecaster().fit([1.0, 2.0, 4.0]), 2, [5.0, 5.0])
    -0.2
    """
    return -wape(*_predicted(estimator, X, y))


def wql_scorer(
    estimator: BaseEstimator,
    X: Any,
    y: ArrayLike | None = None,
    *,
    quantiles: Sequence[float] = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9),
) -> float:
    """Score the quantiles of a fitted forecaster by the weighted quantile loss, negated.

    Parameters
    ----------
    estimator : forecaster
        Fitted, with a method `predict_quantiles`.
    X, y
        As for `smape_scorer`.
    quantiles : sequence of float
        Which quantiles; the deciles by default.

    Returns
    -------
    score : float
        0 for exact forecasts, or negative; larger is better.

    Raises
    ------
    ValueError
        As `weighted_quantile_loss`.

    Examples
    --------
    >>> from sklearn.model_selection import TimeSeriesSplit, cross_val_score
    >>> from tsrnn import SimpleExpSmoothingRNN
    >>> from tsrnn.datasets import make_noisy_line
    >>> from tsrnn.metrics import wql_scorer
    >>> y = make_noisy_line(40, random_state=0)
    >>> scores = cross_val_score(
    ...     SimpleExpSmoothingRNN(), y, cv=TimeSeriesSplit(3), scoring=wql_scorer
    ... )
    >>> bool((scores < 0.0).all())
    True
    """
    levels = check_quantiles(quantiles)
    _refuse_without(estimator, "predict_quantiles", "wql_scorer")
    y, X = _rows(X, y)
    forecasts = estimator.predict_quantiles(X, levels.tolist())
    y = _where_predicted(y, forecasts, len(levels))
    return -weighted_quantile_loss(y, forecasts, levels)


def winkler_scorer(
    estimator: BaseEstimator, X: Any, y: ArrayLike | None = None, *, level: float = 0.95
) -> float:
    """Score the intervals of a fitted forecaster by Winkler's score, negated.

    Parameters
    ----------
    estimator : forecaster
        Fitted, with a method `predict_interval`.
    X, y
        As for `smape_scorer`.
    level : float, default=0.95
        The level of the intervals, a fraction.

    Returns
    -------
    score : float
        In the unit of the series, negative; larger is better. The mean over the series.

    Raises
    ------
    ValueError
        As `winkler_score`.

    Examples
    --------
    >>> from tsrnn import SimpleExpSmoothingRNN
    >>> from tsrnn.metrics import winkler_scorer
    >>> model = SimpleExpSmoothingRNN(alpha=1.0).fit([1.0, 3.0, 2.0, 4.0, 3.0])
    >>> winkler_scorer(model, 1, [3.0], level=0.5) > winkler_scorer(model, 1, [9.0], level=0.5)
    True
    """
    level = check_level(level)
    _refuse_without(estimator, "predict_interval", "winkler_scorer")
    y, X = _rows(X, y)
    intervals = estimator.predict_interval(X, level=level)
    y = _where_predicted(y, intervals, 2)
    tails = np.array([0.5 - 0.5 * level, 0.5 + 0.5 * level])
    observed, _, (lower, upper) = quantile_forecasts(y, intervals, tails)
    return -winkler_score(observed, lower, upper, level=level)


def _rows(X: Any, y: ArrayLike | None) -> tuple[ArrayLike, Any]:
    """Return what was observed, and what to predict: where `y` is omitted, the rows of `X`."""
    if y is not None:
        return y, X
    labels = X.index if isinstance(X, pd.Series | pd.DataFrame) else pd.RangeIndex(len(X))
    return X, pd.DataFrame(index=labels)


def _predicted(
    estimator: BaseEstimator, X: Any, y: ArrayLike | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return what was observed, NaN where there is no prediction, and the predictions."""
    y, X = _rows(X, y)
    observed = numbers(y, "y")
    predictions = estimator.predict(X)
    refuse_other_labels(y, predictions, "y", "the predictions", _PLACE_OF_ROWS)
    predictions = np.asarray(predictions, dtype=float)
    if predictions.shape != observed.shape:
        raise ValueError(
            f"y must have the shape of the predictions, {predictions.shape}, got {observed.shape}."
        )
    return np.where(np.isnan(predictions), np.nan, observed), predictions


def _where_predicted(y: ArrayLike, forecasts: Any, n_columns: int) -> ArrayLike:
    """Return what was observed, NaN where a series has no forecasts; `n_columns` of each row."""
    refuse_other_rows(y, forecasts, "y", "the predictions", _PLACE_OF_ROWS)
    observed, values = numbers(y, "y"), np.asarray(forecasts, dtype=float)
    n_series = observed.size // len(observed)
    if len(values) != len(observed) or values.size != observed.size * n_columns:
        raise ValueError(
            f"y must hold the rows and series of the predictions, which have the shape "
            f"{values.shape}, got {observed.shape}"
        )
    if isinstance(forecasts, pd.DataFrame):  # which has those of a series side by side
        values = values.reshape(-1, n_series, n_columns).transpose(0, 2, 1)
    absent = np.isnan(values.reshape(-1, n_columns, n_series)).any(axis=1).reshape(observed.shape)
    observed = np.where(absent, np.nan, observed)
    if isinstance(y, pd.DataFrame):
        return pd.DataFrame(observed, y.index, y.columns)
    return pd.Series(observed, y.index) if isinstance(y, pd.Series) else observed


def _mean_error(
    estimator: BaseEstimator,
    X: Any,
    y: ArrayLike | None,
    mean: Callable[[np.ndarray, np.ndarray], np.ndarray],
) -> float:
    """Return the mean size of the forecast errors of a series, then over the series."""
    y, predictions = _predicted(estimator, X, y)
    y_true, observed = observations(y)
    errors = np.abs(y_true - beside(y_true, observed, predictions, "y_pred"))
    return float(np.mean(mean(observed, errors)))


def _refuse_without(estimator: BaseEstimator, method: str, scorer: str) -> None:
    """Refuse what has not the method that a scorer calls."""
    if not hasattr(estimator, method):
        raise TypeError(f"{scorer} needs an estimator with {method}, got {estimator!r}")


def _training_series(
    estimator: BaseEstimator, observed: np.ndarray, period: int | Literal["auto"], scorer: str
) -> tuple[np.ndarray, int]:
    """Return the series that a forecaster was fitted to, shaped as `observed`, and their period."""
    forecaster = estimator
    while isinstance(forecaster, Pipeline | GridSearchCV | RandomizedSearchCV):
        within = isinstance(forecaster, Pipeline)
        forecaster = forecaster[-1] if within else forecaster.best_estimator_
    if not hasattr(forecaster, "training_series_"):
        raise TypeError(
            f"{scorer} needs a fitted forecaster, which knows its training_series_, or a Pipeline "
            f"or a search around one, got {forecaster!r}"
        )
    past = forecaster.training_series_
    values, period = np.asarray(past), period_of(past, period)
    changes = values[period:] - values[:-period]
    if np.isnan(changes).all(axis=0).any():
        raise ValueError(
            f"the training series of {type(forecaster).__name__}, of {len(values)} values, must "
            f"hold two that are observed and period={period} time steps apart, in every series"
        )
    return values.reshape(-1, *observed.shape[1:]), period
