"""How good forecasts are: errors without a unit, and the coverage of intervals.

Every metric compares by position, takes one series `(n_timesteps,)` or several
`(n_timesteps, n_series)`, averages over the series, and leaves out missing observations (NaN in
`y_true`).
"""

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_array, check_scalar


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
        If the shapes differ, there is no row, a series has no observed value, a forecast is NaN
        where there is one, or a value is infinite.

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
        If the shapes differ, there is no row, a series has no observed value, a forecast is NaN
        where there is one, a value is infinite, or `y_train` holds no two values a period apart.
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
    check_scalar(period, "period", int, min_val=1)
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
        If the shapes differ, there is no row, a series has no observed value, a bound is NaN
        where there is one, or an observation is infinite.

    Examples
    --------
    >>> from tsrnn.metrics import coverage
    >>> coverage([1.0, 2.0, 3.0, 4.0], lower=[0.0, 0.0, 0.0, 0.0], upper=[2.0, 2.0, 2.0, 4.0])
    0.75
    """
    y_true, observed = _observations(y_true)
    lower = _beside(y_true, observed, lower, "lower", infinite=True)
    upper = _beside(y_true, observed, upper, "upper", infinite=True)
    inside = (lower <= y_true) & (y_true <= upper)
    return float(np.mean(_mean_where(observed, inside)))


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


def _mean_where(mask: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the mean over time of the `values` under the `mask`, one a series."""
    return np.mean(values, axis=0, where=mask)
