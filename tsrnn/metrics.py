"""Measures of forecasts: errors without a unit, the coverage of intervals, and scorers.

Every metric takes one series `(n_timesteps,)` or several `(n_timesteps, n_series)`, averages over
the series, and leaves out missing observations (NaN in `y_true`). It compares by position, and
refuses two pandas arguments that label their rows, or several series, differently; a default
RangeIndex counts as no labels. The scorers are for the argument `scoring` of scikit-learn's
`cross_val_score` and `GridSearchCV`, whose own refuse NaN.
"""

from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import Pipeline
from sklearn.utils import check_array, check_scalar

from tsrnn._time.labels import same_labels

_SAME_ROWS = (
    "Rows are compared by position: give both the same rows in the same order, as by .reindex(), "
    "or without labels, as by .to_numpy()"
)
_PLACE_OF_ROWS = (
    "Rows of X without time stamps follow the training series, wherever those of y lie: give X the "
    "index of y, and let transformers keep it, as by set_output(transform='pandas')"
)


def smape(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    r"""Symmetric mean absolute percentage error, as the M4 competition defined it.

    The mean over the observed values of :math:`200 |y - \hat y| / (|y| + |\hat y|)`, where a term
    0/0 counts as 0.

    Parameters
    ----------
    y_true : array-like of shape (n_timesteps,) or (n_timesteps, n_series)
        What was observed; NaN is left out.
    y_pred : array-like of the same shape
        The forecasts.

    Returns
    -------
    smape : float
        In percent, from 0 (exact) to 200.

    Raises
    ------
    ValueError
        If shapes or labels differ, there is no row, a series has no observed value, a forecast is
        NaN where there is one, or a value is infinite.

    References
    ----------
    .. [1] S. Makridakis, E. Spiliotis, V. Assimakopoulos (2020). The M4 Competition: 100,000 time
       series and 61 forecasting methods. International Journal of Forecasting, 36(1), 54-74.

    Examples
    --------
    >>> from tsrnn.metrics import smape
    >>> smape([100.0, 0.0, float("nan")], [300.0, 0.0, 7.0])
    50.0
    """
    _refuse_other_labels(y_true, y_pred, "y_true", "y_pred")
    y_true, observed = _observations(y_true)
    y_pred = _beside(y_true, observed, y_pred, "y_pred")
    error = np.abs(y_true - y_pred)
    size = np.abs(y_true) + np.abs(y_pred)
    terms = np.divide(200.0 * error, size, out=np.zeros_like(error), where=size > 0)
    return float(np.mean(_mean_where(observed, terms)))


def mase(y_true: ArrayLike, y_pred: ArrayLike, y_train: ArrayLike, *, period: int = 1) -> float:
    r"""Mean absolute scaled error: the error in units of the seasonal naive method's.

    The mean absolute error of the forecasts, divided by the mean of :math:`|y_t - y_{t-m}|` over
    the training series, where `m` is the period. Below 1 the forecasts err less than the
    (seasonal) naive method does one period ahead within the training series.

    Parameters
    ----------
    y_true : array-like of shape (n_timesteps,) or (n_timesteps, n_series)
        What was observed; NaN is left out.
    y_pred : array-like of the same shape
        The forecasts.
    y_train : array-like of shape (n_train,) or (n_train, n_series)
        The series that the forecasts were made from; a difference with a missing end is left out.
    period : int, default=1
        Number of time steps in a season; 1 for no season.

    Returns
    -------
    mase : float
        The scaled error, 0 for exact forecasts. Infinite where forecasts err and the training
        series repeats itself exactly, so that there is no unit to measure in; 0/0 counts as 0.

    Raises
    ------
    ValueError
        If shapes or labels differ, there is no row, a series has no observed value, a forecast is
        NaN where there is one, a value is infinite, or `y_train` holds no two values a period
        apart.
    TypeError
        If `period` is not an int.

    References
    ----------
    .. [1] R. J. Hyndman, A. B. Koehler (2006). Another look at measures of forecast accuracy.
       International Journal of Forecasting, 22(4), 679-688.

    Examples
    --------
    >>> from tsrnn.metrics import mase
    >>> mase([5.0, 6.0], [5.0, 9.0], y_train=[1.0, 2.0, 3.0, 4.0])
    1.5
    """
    period = int(check_scalar(period, "period", Integral, min_val=1))
    _refuse_other_labels(y_true, y_pred, "y_true", "y_pred")
    _refuse_other_series(y_true, y_train, "y_true", "y_train")
    y_true, observed = _observations(y_true)
    error = np.abs(y_true - _beside(y_true, observed, y_pred, "y_pred"))

    y_train = _numbers(y_train, "y_train")
    if y_train.shape[1:] != y_true.shape[1:]:
        raise ValueError(
            f"y_train must hold the same series as y_true: got shapes {y_train.shape} and "
            f"{y_true.shape}."
        )
    steps = np.abs(y_train[period:] - y_train[:-period])
    if not np.all(np.any(~np.isnan(steps), axis=0)):
        raise ValueError(
            f"y_train must hold, in every series, two observed values that are period={period} "
            f"time steps apart; its shape is {y_train.shape}."
        )
    scale = _mean_where(~np.isnan(steps), steps)
    mean_error = _mean_where(observed, error)
    without_unit = np.where(mean_error > 0, np.inf, 0.0)
    return float(np.mean(np.divide(mean_error, scale, out=without_unit, where=scale > 0)))


def coverage(y_true: ArrayLike, lower: ArrayLike, upper: ArrayLike) -> float:
    """Share of the observed values that lie within their intervals, bounds included.

    Parameters
    ----------
    y_true : array-like of shape (n_timesteps,) or (n_timesteps, n_series)
        What was observed; NaN is left out.
    lower, upper : array-like of the same shape
        The bounds of the intervals; they may be infinite.

    Returns
    -------
    coverage : float
        A fraction, from 0 to 1: to be held beside the `level` of the intervals.

    Raises
    ------
    ValueError
        If shapes or labels differ, there is no row, a series has no observed value, a bound is NaN
        where there is one, or an observation is infinite.

    Examples
    --------
    >>> from tsrnn.metrics import coverage
    >>> coverage([1.0, 2.0, 3.0, 4.0], lower=[0.0, 0.0, 0.0, 0.0], upper=[2.0, 2.0, 2.0, 4.0])
    0.75
    """
    _refuse_other_labels(y_true, lower, "y_true", "lower")
    _refuse_other_labels(y_true, upper, "y_true", "upper")
    _refuse_other_labels(lower, upper, "lower", "upper")
    y_true, observed = _observations(y_true)
    lower = _beside(y_true, observed, lower, "lower", infinite=True)
    upper = _beside(y_true, observed, upper, "upper", infinite=True)
    inside = (lower <= y_true) & (y_true <= upper)
    return float(np.mean(_mean_where(observed, inside)))


def owa(
    smapes: ArrayLike, mases: ArrayLike, naive2_smapes: ArrayLike, naive2_mases: ArrayLike
) -> float:
    r"""Overall weighted average, by which the M4 competition ranked its methods.

    The mean of two ratios to the benchmark Naive2, that of the sMAPE and that of the MASE. Both are
    ratios of means over all series, not means of ratios.

    Parameters
    ----------
    smapes, mases : float or array-like of shape (n_series,)
        The scores of a method, as `smape` and `mase` give them for each series, or their means.
    naive2_smapes, naive2_mases : float or array-like of shape (n_series,)
        Those of Naive2, which is `DeseasonalizedForecaster(NaiveForecaster(), period=...)`, on the
        same series.

    Returns
    -------
    owa : float
        1 for Naive2 itself, less for better methods.

    Raises
    ------
    ValueError
        If scores are missing, infinite or negative, of different numbers of series, or Naive2 made
        no error at all.

    References
    ----------
    .. [1] S. Makridakis, E. Spiliotis, V. Assimakopoulos (2020). The M4 Competition: 100,000 time
       series and 61 forecasting methods. International Journal of Forecasting, 36(1), 54-74.

    Examples
    --------
    For a panel, score each series, of whatever length, on its own:

    >>> from tsrnn.metrics import mase, owa, smape
    >>> series = [[1.0, 2.0, 3.0], [5.0, 4.0, 5.0, 6.0, 5.0]]
    >>> truth, forecasts, naive2 = [[4.0], [6.0]], [[4.0], [5.5]], [[3.0], [5.0]]
    >>> scores = [
    ...     (smape(y, f), mase(y, f, y_train)) for y, f, y_train in zip(truth, forecasts, series)
    ... ]
    >>> benchmark = [
    ...     (smape(y, f), mase(y, f, y_train)) for y, f, y_train in zip(truth, naive2, series)
    ... ]
    >>> round(owa(*zip(*scores), *zip(*benchmark)), 3)
    0.218

    As published for the competition's damped trend on the yearly series:

    >>> round(owa(15.198, 3.379, 16.342, 3.974), 3)
    0.89
    """
    ratios = []
    for name, method, benchmark in (
        ("smapes", smapes, naive2_smapes),
        ("mases", mases, naive2_mases),
    ):
        _refuse_other_labels(method, benchmark, name, f"naive2_{name}")
        scores, naive2 = _scores(method, name), _scores(benchmark, f"naive2_{name}")
        if len(scores) != len(naive2):
            raise ValueError(
                f"{name} and naive2_{name} must be scores of the same series, got {len(scores)} "
                f"and {len(naive2)}."
            )
        if not naive2.any():
            raise ValueError(f"naive2_{name} must have a positive mean: there is no ratio to 0.")
        ratios.append(np.mean(scores) / np.mean(naive2))
    return float(np.mean(ratios))


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
    return -mase(observed, predictions, _training_series(estimator), period=period)


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


def _scores(values: ArrayLike, name: str) -> np.ndarray:
    """Return scores of series, (n_series,)."""
    scores = _numbers(np.atleast_1d(values), name)
    if scores.ndim != 1:
        raise ValueError(
            f"{name} must be a number or have shape (n_series,), one score a series, got shape "
            f"{scores.shape}."
        )
    wrong = np.flatnonzero(~(scores >= 0.0))  # NaN too
    if len(wrong):
        place = int(wrong[0])
        raise ValueError(f"{name} must be finite and not negative, got {scores[place]} at {place}.")
    return scores


def _predicted(
    estimator: BaseEstimator, X: Any, y: ArrayLike | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return what was observed, NaN where there is no prediction, and the predictions."""
    if y is None:
        labels = X.index if isinstance(X, pd.Series | pd.DataFrame) else pd.RangeIndex(len(X))
        y, X = X, pd.DataFrame(index=labels)
    observed = _numbers(y, "y")
    predictions = estimator.predict(X)
    _refuse_other_labels(y, predictions, "y", "the predictions", _PLACE_OF_ROWS)
    predictions = np.asarray(predictions, dtype=float)
    if predictions.shape != observed.shape:
        raise ValueError(
            f"y must have the shape of the predictions, {predictions.shape}, got {observed.shape}."
        )
    return np.where(np.isnan(predictions), np.nan, observed), predictions


def _mean_error(estimator: BaseEstimator, X: Any, y: ArrayLike | None, size: np.ufunc) -> float:
    """Return the mean size of the forecast errors."""
    y, predictions = _predicted(estimator, X, y)
    y_true, observed = _observations(y)
    errors = size(y_true - _beside(y_true, observed, predictions, "y_pred"))
    return float(np.mean(_mean_where(observed, errors)))


def _training_series(estimator: BaseEstimator) -> np.ndarray:
    """Return the series that a forecaster was fitted to, (n,) or (n, n_series)."""
    forecaster = estimator
    while isinstance(forecaster, Pipeline | GridSearchCV | RandomizedSearchCV):
        within = isinstance(forecaster, Pipeline)
        forecaster = forecaster[-1] if within else forecaster.best_estimator_
    try:
        return np.asarray(forecaster.fitted_values_ + forecaster.residuals_)
    except AttributeError as error:
        raise TypeError(
            "mase_scorer needs a fitted forecaster, whose fitted_values_ and residuals_ make up "
            f"its training series, or a Pipeline or a search around one, got {forecaster!r}"
        ) from error


def _numbers(values: ArrayLike, name: str, *, infinite: bool = False) -> np.ndarray:
    """Return `values` as floats of one or two dimensions, masked and missing ones as NaN."""
    if isinstance(values, np.ma.MaskedArray):
        values = values.astype(float).filled(np.nan)
    finite = False if infinite else "allow-nan"
    return check_array(
        values, dtype=float, ensure_2d=False, ensure_all_finite=finite, input_name=name
    )


def _observations(y_true: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return `y_true` as floats and where it is observed."""
    y_true = _numbers(y_true, "y_true")
    observed = ~np.isnan(y_true)
    if not np.all(np.any(observed, axis=0)):
        raise ValueError("y_true must hold at least one value that is not NaN in every series.")
    return y_true, observed


def _beside(
    y_true: np.ndarray,
    observed: np.ndarray,
    values: ArrayLike,
    name: str,
    *,
    infinite: bool = False,
) -> np.ndarray:
    """Return `values` as floats that stand beside every observation of `y_true`."""
    values = _numbers(values, name, infinite=infinite)
    if values.shape != y_true.shape:
        raise ValueError(
            f"{name} must have the shape of y_true, {y_true.shape}, got {values.shape}."
        )
    absent = np.flatnonzero(np.isnan(values) & observed)
    if len(absent):
        place = tuple(int(i) for i in np.unravel_index(absent[0], values.shape))
        raise ValueError(f"{name} is NaN at {place}, where y_true is observed.")
    return np.where(observed, values, 0.0)


def _refuse_other_labels(
    one: Any, other: Any, name: str, other_name: str, cure: str = _SAME_ROWS
) -> None:
    """Refuse two pandas objects whose rows, or whose several series, have different labels."""
    if not all(isinstance(part, pd.Series | pd.DataFrame) for part in (one, other)):
        return
    labelled = not any(_are_numbered(part.index) for part in (one, other))
    if labelled and len(one) == len(other) and not same_labels(one.index, other.index):
        pairs = ((one.index[[i]], other.index[[i]]) for i in range(len(one)))
        row = next(i for i, pair in enumerate(pairs) if not same_labels(*pair))
        raise ValueError(
            f"{name} and {other_name} have different labels: in row {row} {one.index[row]} and "
            f"{other.index[row]}. {cure}"
        )
    _refuse_other_series(one, other, name, other_name)


def _refuse_other_series(one: Any, other: Any, name: str, other_name: str) -> None:
    """Refuse two DataFrames of several series with different names."""
    if not all(isinstance(part, pd.DataFrame) for part in (one, other)):
        return
    names = [part.columns for part in (one, other)]
    if any(map(_are_numbered, names)) or one.shape[1] != other.shape[1] or one.shape[1] < 2:
        return
    if not names[0].equals(names[1]):
        raise ValueError(
            f"{name} and {other_name} have different columns, {list(names[0])} and "
            f"{list(names[1])}: give both the same series in the same order"
        )


def _are_numbered(labels: pd.Index) -> bool:
    """Tell whether labels only number what they label, from 0."""
    return isinstance(labels, pd.RangeIndex) and labels.start == 0 and labels.step == 1


def _mean_where(mask: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the mean over time of the `values` under the `mask`, one a series."""
    return np.mean(values, axis=0, where=mask)
