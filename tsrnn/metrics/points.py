"""Errors of point forecasts."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from tsrnn.metrics.periods import period_of
from tsrnn.metrics.reading import (
    beside,
    mean_where,
    observations,
    refuse_other_labels,
    refuse_other_series,
    root_mean_square_where,
    training_steps,
)
from tsrnn.metrics.terms import ratio, ratio_of_sums, symmetric_percentage


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
    refuse_other_labels(y_true, y_pred, "y_true", "y_pred")
    y_true, observed = observations(y_true)
    y_pred = beside(y_true, observed, y_pred, "y_pred")
    return float(np.mean(mean_where(observed, symmetric_percentage(y_true, y_pred))))


def mase(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    y_train: ArrayLike,
    *,
    period: int | Literal["auto"] = "auto",
) -> float:
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
    period : int or "auto", default="auto"
        Number of time steps in a season; 1 for no season. "auto" takes that of the time stamps of
        `y_train`, as forecasters do: 12 for months, and 1 where there are no dates, or fewer than
        two seasons of values.

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
        If `period` is neither an int nor "auto".

    Warns
    -----
    UserWarning
        If the dates of `y_train` lie on no regular grid, so that "auto" takes 1.

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
    period = period_of(y_train, period)
    y_true, observed, y_pred = _scaled_sides(y_true, y_pred, y_train)
    steps = training_steps(y_true, y_train, period)
    scale = mean_where(~np.isnan(steps), steps)
    return float(np.mean(ratio(mean_where(observed, np.abs(y_true - y_pred)), scale)))


def rmsse(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    y_train: ArrayLike,
    *,
    period: int | Literal["auto"] = "auto",
) -> float:
    r"""Root mean squared scaled error: as `mase`, with squares for absolute values.

    The root of the mean squared error of the forecasts, divided by the mean of
    :math:`(y_t - y_{t-m})^2` over the training series, where `m` is the period. The M5 competition
    weighed these, with ``period=1``. Where errors are squared, means are the best forecasts, so
    that it suits series of many zeros, of which the median is one.

    Parameters
    ----------
    y_true, y_pred, y_train, period
        As for `mase`.

    Returns
    -------
    rmsse : float
        The scaled error, the mean over the series; infinite, or 0, where `mase` is.

    Raises
    ------
    ValueError, TypeError
        As `mase`.

    References
    ----------
    .. [1] S. Makridakis, E. Spiliotis, V. Assimakopoulos (2022). The M5 competition: Background,
       organization, and implementation. International Journal of Forecasting, 38(4), 1325-1336.

    Examples
    --------
    >>> from tsrnn.metrics import rmsse
    >>> rmsse([5.0, 6.0, 7.0, 8.0], [5.0, 6.0, 7.0, 10.0], y_train=[1.0, 2.0, 3.0, 4.0])
    1.0
    """
    period = period_of(y_train, period)
    y_true, observed, y_pred = _scaled_sides(y_true, y_pred, y_train)
    steps = training_steps(y_true, y_train, period)
    scale = root_mean_square_where(~np.isnan(steps), steps)
    error = root_mean_square_where(observed, y_true - y_pred)
    return float(np.mean(ratio(error, scale)))


def wape(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    r"""Weighted absolute percentage error: the sum of errors over the sum of values.

    :math:`\sum |y - \hat y| / \sum |y|`, both over all observed values. Of several series it is the
    ratio of sums over all of them, so that large series count for more, and not a mean of ratios.

    Parameters
    ----------
    y_true : array-like of shape (n_timesteps,) or (n_timesteps, n_series)
        What was observed; NaN is left out.
    y_pred : array-like of the same shape
        The forecasts.

    Returns
    -------
    wape : float
        A fraction, 0 for exact forecasts. Infinite where forecasts err and all values are 0; 0/0
        counts as 0.

    Raises
    ------
    ValueError
        As `smape`.

    References
    ----------
    .. [1] S. Kolassa, W. Schütz (2007). Advantages of the MAD/Mean ratio over the MAPE. Foresight,
       6, 40-43.

    Examples
    --------
    >>> from tsrnn.metrics import wape
    >>> wape([0.0, 3.0, 5.0], [1.0, 3.0, 4.0])
    0.25
    """
    refuse_other_labels(y_true, y_pred, "y_true", "y_pred")
    y_true, observed = observations(y_true)
    error = np.abs(y_true - beside(y_true, observed, y_pred, "y_pred"))
    return ratio_of_sums(error, np.abs(y_true), observed)


def bias(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    r"""Mean error: by how much forecasts are too high.

    The mean of :math:`\hat y - y` over the observed values, then over the series.

    Parameters
    ----------
    y_true : array-like of shape (n_timesteps,) or (n_timesteps, n_series)
        What was observed; NaN is left out.
    y_pred : array-like of the same shape
        The forecasts.

    Returns
    -------
    bias : float
        In the unit of the series: positive where forecasts are too high, negative where they are
        too low.

    Raises
    ------
    ValueError
        As `smape`.

    Examples
    --------
    >>> from tsrnn.metrics import bias
    >>> bias([1.0, 2.0, float("nan")], [2.0, 4.0, 9.0])
    1.5
    """
    refuse_other_labels(y_true, y_pred, "y_true", "y_pred")
    y_true, observed = observations(y_true)
    y_pred = beside(y_true, observed, y_pred, "y_pred")
    return float(np.mean(mean_where(observed, y_pred - y_true)))


def _scaled_sides(
    y_true: ArrayLike, y_pred: ArrayLike, y_train: ArrayLike
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read what was observed, where, and the forecasts; `y_train` must be of the same series."""
    refuse_other_labels(y_true, y_pred, "y_true", "y_pred")
    refuse_other_series(y_true, y_train, "y_true", "y_train")
    y_true, observed = observations(y_true)
    return y_true, observed, beside(y_true, observed, y_pred, "y_pred")
