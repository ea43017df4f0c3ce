"""Losses of forecasts of quantiles, and of the distribution that these describe."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from tsrnn.metrics.periods import period_of
from tsrnn.metrics.reading import (
    check_quantiles,
    mean_where,
    numbers,
    quantile_forecasts,
    refuse_other_series,
    training_steps,
)
from tsrnn.metrics.terms import pinball, ranked_probability, ratio, ratio_of_sums


def pinball_loss(y_true: ArrayLike, y_quantiles: ArrayLike, quantiles: ArrayLike) -> float:
    r"""Pinball loss of forecasts of quantiles.

    :math:`q (y - f)` where a value lies above its forecast, :math:`(1 - q) (f - y)` where it lies
    below; the mean over the observed values and the quantiles, then over the series. Of the median
    it is half of the absolute error.

    Parameters
    ----------
    y_true : array-like of shape (n_timesteps,) or (n_timesteps, n_series)
        What was observed; NaN is left out.
    y_quantiles : array-like of shape (n_timesteps, n_quantiles[, n_series]), or DataFrame
        The forecasts, laid out as `predict_quantiles` answers. Of a single quantile the shape may
        be that of `y_true`.
    quantiles : float or array-like of shape (n_quantiles,)
        Which quantiles they are, between 0 and 1.

    Returns
    -------
    loss : float
        In the unit of the series; lower is better.

    Raises
    ------
    ValueError
        If shapes or labels differ, there is no row, a series has no observed value, a forecast is
        NaN where there is one, a value is infinite, or a quantile does not lie between 0 and 1.

    References
    ----------
    .. [1] R. Koenker, G. Bassett (1978). Regression quantiles. Econometrica, 46(1), 33-50.

    Examples
    --------
    >>> from tsrnn.metrics import pinball_loss
    >>> pinball_loss([10.0, 10.0], [8.0, 12.0], 0.75)
    1.0
    >>> pinball_loss([10.0], [[8.0, 12.0]], [0.25, 0.75])
    0.5
    """
    levels = check_quantiles(quantiles)
    y_true, observed, forecasts = quantile_forecasts(y_true, y_quantiles, levels)
    losses = pinball(y_true, forecasts, levels).mean(axis=0)
    return float(np.mean(mean_where(observed, losses)))


def weighted_quantile_loss(
    y_true: ArrayLike, y_quantiles: ArrayLike, quantiles: ArrayLike
) -> float:
    r"""Weighted quantile loss (WQL): twice the pinball losses over the sum of values.

    For each quantile :math:`2 \sum \mathrm{loss} / \sum |y|`, both over all observed values of all
    series, so that large series count for more; then the mean over the quantiles. Of the median
    alone it is `wape`.

    Parameters
    ----------
    y_true, y_quantiles, quantiles
        As for `pinball_loss`.

    Returns
    -------
    loss : float
        Without a unit; lower is better. Infinite where forecasts err and all values are 0; 0/0
        counts as 0.

    Raises
    ------
    ValueError
        As `pinball_loss`.

    References
    ----------
    .. [1] A. F. Ansari et al. (2024). Chronos: Learning the language of time series. Transactions
       on Machine Learning Research.

    Examples
    --------
    >>> from tsrnn.metrics import weighted_quantile_loss
    >>> weighted_quantile_loss([10.0, 30.0], [[8.0, 12.0], [30.0, 34.0]], [0.25, 0.75])
    0.05
    """
    levels = check_quantiles(quantiles)
    y_true, observed, forecasts = quantile_forecasts(y_true, y_quantiles, levels)
    losses = 2.0 * pinball(y_true, forecasts, levels).mean(axis=0)
    return ratio_of_sums(losses, np.abs(y_true), observed)


def scaled_quantile_loss(
    y_true: ArrayLike,
    y_quantiles: ArrayLike,
    quantiles: ArrayLike,
    y_train: ArrayLike,
    *,
    period: int | Literal["auto"] = "auto",
) -> float:
    r"""Scaled quantile loss (SQL): twice the pinball losses in the units of `mase`.

    The mean over the observed values and the quantiles, divided by the mean of
    :math:`|y_t - y_{t-m}|` over the training series, where `m` is the period; then the mean over
    the series, which all count alike. Of the median alone it is `mase`.

    Parameters
    ----------
    y_true, y_quantiles, quantiles
        As for `pinball_loss`.
    y_train, period
        As for `mase`.

    Returns
    -------
    loss : float
        Without a unit; lower is better. Infinite, or 0, where `mase` is.

    Raises
    ------
    ValueError, TypeError
        As `pinball_loss` and `mase`.

    References
    ----------
    .. [1] O. Shchur et al. (2023). AutoGluon-TimeSeries: AutoML for probabilistic time series
       forecasting. International Conference on Automated Machine Learning.

    Examples
    --------
    >>> from tsrnn.metrics import scaled_quantile_loss
    >>> past = [1.0, 3.0, 5.0]
    >>> scaled_quantile_loss([10.0], [[8.0, 12.0]], [0.25, 0.75], past)
    0.5
    """
    levels, period = check_quantiles(quantiles), period_of(y_train, period)
    refuse_other_series(y_true, y_train, "y_true", "y_train")
    y_true, observed, forecasts = quantile_forecasts(y_true, y_quantiles, levels)
    losses = mean_where(observed, 2.0 * pinball(y_true, forecasts, levels).mean(axis=0))
    y_train = numbers(y_train, "y_train")
    steps = training_steps(y_true, y_train.reshape(len(y_train), -1), period)
    return float(np.mean(ratio(losses, mean_where(~np.isnan(steps), steps))))


def crps(y_true: ArrayLike, y_quantiles: ArrayLike, quantiles: ArrayLike) -> float:
    r"""CRPS, the continuous ranked probability score, of forecasts of quantiles.

    The CRPS of a distribution is :math:`2 \int_0^1 \mathrm{loss}_q \, dq`, the integral over the
    pinball losses of all its quantiles. Here it is that of the distribution whose quantiles run
    straight between those that are known, and are constant beyond them. The mean over the observed
    values, then over the series. Of the median alone it is the absolute error. Quantiles that cross
    describe no distribution; the integral is then that over the lines between them all the same.

    Parameters
    ----------
    y_true, y_quantiles, quantiles
        As for `pinball_loss`. The more quantiles, the closer it comes to the integral: with deciles
        to about a hundredth for normal forecasts.

    Returns
    -------
    crps : float
        In the unit of the series; lower is better.

    Raises
    ------
    ValueError
        As `pinball_loss`.

    References
    ----------
    .. [1] T. Gneiting, A. E. Raftery (2007). Strictly proper scoring rules, prediction, and
       estimation. Journal of the American Statistical Association, 102(477), 359-378.

    Examples
    --------
    >>> from tsrnn.metrics import crps
    >>> round(crps([10.0], [[8.0, 12.0]], [0.25, 0.75]), 3)
    0.583
    """
    levels = check_quantiles(quantiles)
    y_true, observed, forecasts = quantile_forecasts(y_true, y_quantiles, levels)
    scores = ranked_probability(np.where(observed, y_true, 0.0), forecasts, levels)
    return float(np.mean(mean_where(observed, scores)))
