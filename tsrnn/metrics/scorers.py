"""Scorers: metrics of what an estimator predicts, for scikit-learn's argument `scoring`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import Pipeline

from tsrnn.metrics.intervals import winkler_score
from tsrnn.metrics.points import mase, rmsse, smape, wape
from tsrnn.metrics.quantiles import weighted_quantile_loss
from tsrnn.metrics.reading import (
    beside,
    mean_where,
    numbers,
    observations,
    quantile_forecasts,
    refuse_other_labels,
    refuse_other_rows,
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
    estimator: BaseEstimator, X: Any, y: ArrayLike | None = None, *, period: int = 1
) -> float:
    """Score a fitted forecaster by its MASE, negated; NaN in `y` is left out.

    The training series is the sum of the forecaster's `fitted_values_` and `residuals_`: where it
    has no one-step-ahead prediction, as `NaiveForecaster` has none of the first season, the
    series counts as missing.

    Parameters
    ----------
    estimator : forecaster, or a Pipeline or search around one
        Fitted.
    X
        What `estimator.predict` takes. Where `y` is omitted, this is what was observed.
    y : array-like of shape (n_rows,) or (n_rows, n_series)
        What was observed; rows without a prediction are left out too.
    period : int, default=1
        Number of time steps in a season; `functools.partial` sets it, as below.

    Returns
    -------
    score : float
        0 for exact forecasts, or negative; larger is better.

    Raises
    ------
    ValueError
        As `mase`.
    TypeError
        If the estimator knows no training series, or `period` is not an int.

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
    return -mase(observed, predictions, _training_series(estimator, "mase_scorer"), period=period)


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
    return -_mean_error(estimator, X, y, np.abs)


def rmse_scorer(estimator: BaseEstimator, X: Any, y: ArrayLike | None = None) -> float:
    """Score a fitted forecaster by its root mean squared error, negated; NaN in `y` is left out.

    Parameters
    ----------
    estimator, X, y
        As for `smape_scorer`.

    Returns
    -------
    score : float
        In the unit of the series, 0 or negative; larger is better. For several series the root of
        the mean over all of them.

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
    return -float(np.sqrt(_mean_error(estimator, X, y, np.square)))


def rmsse_scorer(
    estimator: BaseEstimator, X: Any, y: ArrayLike | None = None, *, period: int = 1
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
    -1.414
    """
    observed, predictions = _predicted(estimator, X, y)
    past = _training_series(estimator, "rmsse_scorer")
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
    y, X = _rows(X, y)
    forecasts = estimator.predict_quantiles(X, list(quantiles))
    refuse_other_rows(y, forecasts, "y", "the predictions", _PLACE_OF_ROWS)
    return -weighted_quantile_loss(y, forecasts, quantiles)


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
    y, X = _rows(X, y)
    intervals = estimator.predict_interval(X, level=level)
    refuse_other_rows(y, intervals, "y", "the predictions", _PLACE_OF_ROWS)
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


def _mean_error(estimator: BaseEstimator, X: Any, y: ArrayLike | None, size: np.ufunc) -> float:
    """Return the mean size of the forecast errors."""
    y, predictions = _predicted(estimator, X, y)
    y_true, observed = observations(y)
    errors = size(y_true - beside(y_true, observed, predictions, "y_pred"))
    return float(np.mean(mean_where(observed, errors)))


def _training_series(estimator: BaseEstimator, scorer: str) -> np.ndarray:
    """Return the series that a forecaster was fitted to, (n,) or (n, n_series)."""
    forecaster = estimator
    while isinstance(forecaster, Pipeline | GridSearchCV | RandomizedSearchCV):
        within = isinstance(forecaster, Pipeline)
        forecaster = forecaster[-1] if within else forecaster.best_estimator_
    try:
        return np.asarray(forecaster.fitted_values_ + forecaster.residuals_)
    except AttributeError as error:
        raise TypeError(
            f"{scorer} needs a fitted forecaster, whose fitted_values_ and residuals_ make up "
            f"its training series, or a Pipeline or a search around one, got {forecaster!r}"
        ) from error
