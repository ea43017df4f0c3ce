"""The exponential-smoothing forecasters: recurrent cells learned by backpropagation through time.

With level s, trend b, damping phi and smoothing parameters alpha, beta in [0, 1],

    s_t = alpha y_t + (1 - alpha) (s_{t-1} + phi b_{t-1})                               (1)
    b_t = beta (s_t - s_{t-1}) + (1 - beta) phi b_{t-1}                                 (2)

and the prediction of y_{t+1} is s_t + phi b_t. Simple exponential smoothing has no b; Holt's method
has phi = 1, and phi in [0.8, 0.995] damps it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone

from tsrnn._input.ragged import Batch
from tsrnn._input.validation import check_choice, check_number, check_period
from tsrnn._time.season_length import NO_DATES, Season
from tsrnn.exceptions import InvalidParameterError
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.forecasting.panel_model import PanelModel
from tsrnn.network import RNN
from tsrnn.smoothing.arguments import (
    bounds_of,
    check_common,
    check_trend,
    initial_state_of,
    penalty_rates,
    settings_of,
)
from tsrnn.smoothing.as_network import as_network
from tsrnn.smoothing.fit import fit_columns
from tsrnn.smoothing.panel import fit_panel
from tsrnn.smoothing.structure import Structure

# The period of triple smoothing where neither the user nor dates name one.
_WITHOUT_DATES = 12


class SimpleExpSmoothingRNN(Forecaster):
    r"""Simple exponential smoothing as a recurrent network: a level that follows the series.

    Parameters
    ----------
    alpha : float in [0, 1] or None
        Smoothing parameter of the level; None learns it.
    error : {"add", "mul"}
        Whether errors are differences from the prediction or shares of it, which is another
        likelihood and other intervals; "mul" needs a positive series.
    prior : None, "cautious" or `tsrnn.priors.ExponentialPrior`
        What is known of the parameters before the series is seen; None fits the series alone, as
        textbooks and other libraries do. Where forecasts are the aim, "cautious" has smaller errors
        on short series; see `tsrnn.priors`.
    initial_state : {"learned", "heuristic"} or array-like of shape (1,)
        The level before the first value: learned with the rest, the first value, or given
        (one row a series for several). With regressors, that of `y - X @ coef_`.
    loss : {"likelihood", "absolute_error", "huber"}
        What is minimised over the one-step-ahead errors. "likelihood" is the squared error where
        errors are additive.
    huber_delta : float
        Where Huber's loss turns linear, in robust standard deviations of the residuals of the
        squared-error fit.
    solver : str
        "auto" is "gauss-newton", compiled code that serves the likelihood and many series at once,
        but for other losses and, without a season and with additive errors, for series of more
        than 4096 values, where it is "L-BFGS-B". Or a method of `scipy.optimize.minimize` that
        keeps to bounds: "L-BFGS-B", "TNC", "SLSQP", "trust-constr" (by BPTT gradients),
        "Nelder-Mead", "Powell", "COBYQA" (without). Where the last four end, L-BFGS-B goes on to
        the minimum next to it.
    max_iter : int
        Iterations of the solver at most, each time that it is called: from every promising
        start, and for losses other than the likelihood in several stages. TNC counts evaluations.
    tol : float
        The solver's tolerance.

    Attributes
    ----------
    alpha_ : float or (n_series,) array
    initial_state_, state_ : (1,) or (n_series, 1) array
        The level before the first value, and at the end of what was seen.
    coef_ : (n_features,) or (n_series, n_features) array
        Coefficients of the regressors, where there are any; the smoother is then fitted to
        `y - X @ coef_`, and its states are those of that series.
    fitted_values_, residuals_ : array, Series or DataFrame, shaped as y
        One-step-ahead predictions of the training series, and what they miss.
    sse_, sigma2_, loglik_, aic_, aicc_, bic_ : float or (n_series,) array
        Sum of squared errors, its mean over n less the number of parameters, states and
        coefficients, the Gaussian log-likelihood and the information criteria that follow from it.
    n_iter_, converged_ : int, bool or (n_series,) arrays

    Notes
    -----
    The level is

    .. math::

        s_t = \alpha y_t + (1 - \alpha) s_{t-1},

    and every value after :math:`y_t` is predicted as :math:`s_t`.

    References
    ----------
    .. [1] R. J. Hyndman, A. B. Koehler, J. K. Ord and R. D. Snyder, Forecasting with Exponential
       Smoothing: The State Space Approach, Springer, 2008.

    Examples
    --------
    >>> from tsrnn import SimpleExpSmoothingRNN
    >>> model = SimpleExpSmoothingRNN(alpha=0.5, initial_state=(10.0,)).fit([12, 10, 14, 12])
    >>> model.predict(2)
    array([12.125, 12.125])
    """

    def __init__(
        self,
        *,
        alpha: float | None = None,
        error: str = "add",
        prior: Any = None,
        initial_state: Any = "learned",
        loss: str = "likelihood",
        huber_delta: float = 1.345,
        solver: str = "auto",
        max_iter: int = 200,
        tol: float = 1e-10,
    ) -> None:
        self.alpha = alpha
        self.error = error
        self.prior = prior
        self.initial_state = initial_state
        self.loss = loss
        self.huber_delta = huber_delta
        self.solver = solver
        self.max_iter = max_iter
        self.tol = tol

    def summary(self):
        """Summarise the fit: parameters, criteria and a test of the residuals.

        Returns
        -------
        statsmodels.iolib.summary.Summary
        """
        from tsrnn.forecasting.summary import summarize

        return summarize(self)

    def to_rnn(self) -> RNN:
        """Return the network that is this smoother; see `DoubleExpSmoothingRNN.to_rnn`.

        Returns
        -------
        RNN
            With identity activation, `RNN(1, 1, 1)` for one series.
        """
        return as_network(self)

    def _validate_parameters(self) -> None:
        check_common(self)

    def _structure(self) -> Structure:
        return Structure(self.error)

    def _parameters(self) -> dict[str, float | None]:
        return {"alpha": self.alpha}

    def _fit_model(self, values, regressors):
        return _fit_columns(self, values, regressors)

    def _fit_panel(self, values, offsets, regressors, n_jobs=None, progress=None) -> PanelModel:
        return _fit_panel(self, values, offsets, regressors, n_jobs, progress)


class DoubleExpSmoothingRNN(Forecaster):
    r"""Double exponential smoothing (Holt's method) as a recurrent network: a level and a trend.

    Parameters
    ----------
    alpha, beta : float in [0, 1] or None
        Smoothing parameters of the level and of the trend; None learns them.
    phi : float in (0, 1] or None
        Damping of the trend, with `damped=True`; None learns it in [0.8, 0.995].
    damped : bool
        Whether the trend dies out.
    error : {"add", "mul"}
        Whether errors are differences from the prediction or shares of it, which is another
        likelihood and other intervals; "mul" needs a positive series.
    prior : None, "cautious" or `tsrnn.priors.ExponentialPrior`
        What is known of the parameters before the series is seen; None fits the series alone, as
        textbooks and other libraries do. Where forecasts are the aim, "cautious" has smaller errors
        on short series; see `tsrnn.priors`.
    initial_state : {"learned", "heuristic"} or array-like of shape (2,)
        Level and trend before the first value: learned with the rest, taken from the first two
        values as (2 y_1 - y_2, y_2 - y_1), or given (one row a series for several). With
        regressors, that of `y - X @ coef_`.
    loss : {"likelihood", "absolute_error", "huber"}
        What is minimised over the one-step-ahead errors. "likelihood" is the squared error where
        errors are additive.
    huber_delta : float
        Where Huber's loss turns linear, in robust standard deviations of the residuals of the
        squared-error fit.
    solver : str
        "auto" is "gauss-newton", compiled code that serves the likelihood and many series at once,
        but for other losses and, without a season and with additive errors, for series of more
        than 4096 values, where it is "L-BFGS-B". Or a method of `scipy.optimize.minimize` that
        keeps to bounds: "L-BFGS-B", "TNC", "SLSQP", "trust-constr" (by BPTT gradients),
        "Nelder-Mead", "Powell", "COBYQA" (without). Where the last four end, L-BFGS-B goes on to
        the minimum next to it.
    max_iter : int
        Iterations of the solver at most, each time that it is called: from every promising
        start, and for losses other than the likelihood in several stages. TNC counts evaluations.
    tol : float
        The solver's tolerance.

    Attributes
    ----------
    alpha_, beta_, phi_ : float or (n_series,) array
        `phi_` is 1 without damping. `beta_` is the beta* of the literature on ETS models, whose own
        beta is `alpha_ * beta_`.
    initial_state_, state_ : (2,) or (n_series, 2) array
        Level and trend before the first value, and at the end of what was seen.
    coef_ : (n_features,) or (n_series, n_features) array
        Coefficients of the regressors, where there are any; the smoother is then fitted to
        `y - X @ coef_`, and its states are those of that series.
    fitted_values_, residuals_ : array, Series or DataFrame, shaped as y
        One-step-ahead predictions of the training series, and what they miss.
    sse_, sigma2_, loglik_, aic_, aicc_, bic_ : float or (n_series,) array
        Sum of squared errors, its mean over n less the number of parameters, states and
        coefficients, the Gaussian log-likelihood and the information criteria that follow from it.
    n_iter_, converged_ : int, bool or (n_series,) arrays

    Notes
    -----
    Level and trend are

    .. math::

        s_t &= \alpha y_t + (1 - \alpha)(s_{t-1} + \phi b_{t-1}), \\
        b_t &= \beta (s_t - s_{t-1}) + (1 - \beta) \phi b_{t-1},

    and the prediction of :math:`y_{t+1}` is :math:`s_t + \phi b_t`.

    References
    ----------
    .. [1] C. C. Holt, Forecasting seasonals and trends by exponentially weighted moving averages,
       International Journal of Forecasting 20 (2004), a reprint of 1957.
    .. [2] R. J. Hyndman, A. B. Koehler, J. K. Ord and R. D. Snyder, Forecasting with Exponential
       Smoothing: The State Space Approach, Springer, 2008.

    Examples
    --------
    >>> from tsrnn import DoubleExpSmoothingRNN
    >>> model = DoubleExpSmoothingRNN().fit([3.0, 5.0, 6.9, 9.1, 11.0, 13.2, 14.9])
    >>> model.predict(3).round(2)
    array([17.04, 19.05, 21.06])
    """

    def __init__(
        self,
        *,
        alpha: float | None = None,
        beta: float | None = None,
        phi: float | None = None,
        damped: bool = False,
        error: str = "add",
        prior: Any = None,
        initial_state: Any = "learned",
        loss: str = "likelihood",
        huber_delta: float = 1.345,
        solver: str = "auto",
        max_iter: int = 200,
        tol: float = 1e-10,
    ) -> None:
        self.alpha = alpha
        self.beta = beta
        self.phi = phi
        self.damped = damped
        self.error = error
        self.prior = prior
        self.initial_state = initial_state
        self.loss = loss
        self.huber_delta = huber_delta
        self.solver = solver
        self.max_iter = max_iter
        self.tol = tol

    def summary(self):
        """Summarise the fit: parameters, criteria and a test of the residuals.

        Returns
        -------
        statsmodels.iolib.summary.Summary
        """
        from tsrnn.forecasting.summary import summarize

        return summarize(self)

    def to_rnn(self) -> RNN:
        """Return the network that is this smoother.

        Its state is (level, trend), its input y_t and its output the prediction of y_{t+1}, so
        that `to_rnn().run(y)[t]` is the one-step-ahead prediction of the value after `y[t]`.
        Several series make one network with their states side by side.

        Returns
        -------
        RNN
            With identity activation, `RNN(1, 2, 1)` for one series.
        """
        return as_network(self)

    def _validate_parameters(self) -> None:
        check_common(self)
        check_trend(self.beta, self.phi, self.damped)

    def _structure(self) -> Structure:
        return Structure(self.error, "add", bool(self.damped))

    def _parameters(self) -> dict[str, float | None]:
        return {"alpha": self.alpha, "beta": self.beta, "phi": self.phi}

    def _fit_model(self, values, regressors):
        return _fit_columns(self, values, regressors)

    def _fit_panel(self, values, offsets, regressors, n_jobs=None, progress=None) -> PanelModel:
        return _fit_panel(self, values, offsets, regressors, n_jobs, progress)


class TripleExpSmoothingRNN(Forecaster):
    r"""Triple exponential smoothing (Holt-Winters): a level, a trend and a season.

    Parameters
    ----------
    alpha, beta, gamma : float in [0, 1] or None
        Smoothing parameters of level, trend and season; None learns them. gamma is at most
        `1 - alpha`.
    phi : float in (0, 1] or None
        Damping of the trend, with `damped=True`; None learns it in [0.8, 0.995].
    period : int or "auto"
        Time steps in a season, at least 2. "auto" is that of the time stamps: 12 for months, 4 for
        quarters, 52 for weeks, 7 for days, 5 for business days, 24, 48 and 96 for hours, halves and
        quarters of them; an error for all else, such as years; 12 where there are no dates. A
        series whose dates tell of a season of which it has fewer than two full periods is fitted
        without one, and a warning says so. A period that is given must not be longer than the
        series.
    seasonal : {"add", "mul"}
        Whether a season is a difference from the level or a factor, which needs a positive series.
    trend : {"add", None}
    damped : bool
        Whether the trend dies out.
    error : {"add", "mul"}
        Whether errors are differences from the prediction or shares of it, which is another
        likelihood and other intervals; "mul" needs a positive series.
    prior : None, "cautious" or `tsrnn.priors.ExponentialPrior`
        What is known of the parameters before the series is seen; None fits the series alone, as
        textbooks and other libraries do. Where forecasts are the aim, "cautious" has smaller errors
        on short series; see `tsrnn.priors`.
    initial_state : {"learned", "heuristic"} or array-like of shape (n_state,)
        The state before the first value: level, trend (where there is one) and `period` seasons,
        that of the first value first. Learned with the rest, the seasons then adding up to zero (or
        with a mean of one), found from the first four periods, or given (one row a series for
        several). With regressors, that of `y - X @ coef_`.
    loss : {"likelihood", "absolute_error", "huber"}
        What is minimised over the one-step-ahead errors. "likelihood" is the squared error where
        errors are additive.
        The other losses are for additive errors and seasons.
    huber_delta : float
        Where Huber's loss turns linear, in robust standard deviations of the residuals of the
        squared-error fit.
    solver : str
        "auto" is "gauss-newton", compiled code that serves the likelihood and many series at once,
        but for other losses and, without a season and with additive errors, for series of more
        than 4096 values, where it is "L-BFGS-B". Or a method of `scipy.optimize.minimize` that
        keeps to bounds: "L-BFGS-B", "TNC", "SLSQP", "trust-constr" (by BPTT gradients),
        "Nelder-Mead", "Powell", "COBYQA" (without). Where the last four end, L-BFGS-B goes on to
        the minimum next to it.
    max_iter : int
        Iterations of the solver at most, each time that it is called: from every promising
        start, and for losses other than the likelihood in several stages. TNC counts evaluations.
    tol : float
        The solver's tolerance.

    Attributes
    ----------
    alpha_, beta_, gamma_, phi_ : float or (n_series,) array
        `beta_` is 0 without a trend, and `phi_` 1 without damping. `beta_` is the beta* of the
        literature on ETS models, whose own beta is `alpha_ * beta_`.
    period_ : int
        The period that was taken; 1 where the series is fitted without a season, in which case
        `gamma_` is 0.
    initial_state_, state_ : (n_state,) or (n_series, n_state) array
        Level, trend and seasons before the first value, and at the end of what was seen, the
        season of the next value first.
    coef_ : (n_features,) or (n_series, n_features) array
        Coefficients of the regressors, where there are any; the smoother is then fitted to
        `y - X @ coef_`, and its states are those of that series.
    fitted_values_, residuals_ : array, Series or DataFrame, shaped as y
        One-step-ahead predictions of the training series, and what they miss.
    sse_, sigma2_, loglik_, aic_, aicc_, bic_ : float or (n_series,) array
        Sum of squared errors, its mean over n less the number of parameters, states and
        coefficients, the Gaussian log-likelihood and the information criteria that follow from it.
    n_iter_, converged_ : int, bool or (n_series,) arrays

    Notes
    -----
    With :math:`\mu_t = s_{t-1} + \phi b_{t-1}` and :math:`e_t = y_t - \hat y_t`, additive seasons
    predict :math:`\hat y_t = \mu_t + c_{t-m}` and learn

    .. math::

        s_t = \mu_t + \alpha e_t, \quad b_t = \phi b_{t-1} + \alpha \beta e_t, \quad
        c_t = c_{t-m} + \gamma e_t;

    multiplicative ones predict :math:`\hat y_t = \mu_t c_{t-m}` and learn from
    :math:`e_t / c_{t-m}` in level and trend, and :math:`e_t / \mu_t` in the season. Intervals of
    multiplicative seasons are quantiles of simulated futures.

    References
    ----------
    .. [1] P. R. Winters, Forecasting sales by exponentially weighted moving averages, Management
       Science 6 (1960).
    .. [2] R. J. Hyndman, A. B. Koehler, J. K. Ord and R. D. Snyder, Forecasting with Exponential
       Smoothing: The State Space Approach, Springer, 2008.

    Examples
    --------
    >>> from tsrnn import TripleExpSmoothingRNN
    >>> y = [10.0, 14.0, 8.0, 12.0, 11.0, 15.2, 9.1, 13.0, 12.1, 15.9, 10.0, 14.1, 13.0, 17.0]
    >>> model = TripleExpSmoothingRNN(alpha=0.3, beta=0.1, gamma=0.2, period=4).fit(y)
    >>> model.predict(4).round(1)
    array([11., 15., 14., 18.])
    """

    def __init__(
        self,
        *,
        alpha: float | None = None,
        beta: float | None = None,
        gamma: float | None = None,
        phi: float | None = None,
        period: int | str = "auto",
        seasonal: str = "add",
        trend: str | None = "add",
        damped: bool = False,
        error: str = "add",
        prior: Any = None,
        initial_state: Any = "learned",
        loss: str = "likelihood",
        huber_delta: float = 1.345,
        solver: str = "auto",
        max_iter: int = 200,
        tol: float = 1e-10,
    ) -> None:
        self.alpha = alpha
        self.beta = beta
        self.gamma = gamma
        self.phi = phi
        self.period = period
        self.seasonal = seasonal
        self.trend = trend
        self.damped = damped
        self.error = error
        self.prior = prior
        self.initial_state = initial_state
        self.loss = loss
        self.huber_delta = huber_delta
        self.solver = solver
        self.max_iter = max_iter
        self.tol = tol

    def summary(self):
        """Summarise the fit: parameters, criteria and a test of the residuals.

        Returns
        -------
        statsmodels.iolib.summary.Summary
        """
        from tsrnn.forecasting.summary import summarize

        return summarize(self)

    def to_rnn(self) -> RNN:
        """Return the network that is this smoother, where its season is additive.

        See `DoubleExpSmoothingRNN.to_rnn`; the state is that of the smoother, `state_`.

        Returns
        -------
        RNN
            With identity activation.
        """
        return as_network(self)

    def _validate_parameters(self) -> None:
        check_common(self)
        check_trend(self.beta, self.phi, self.damped)
        check_period(self.period)
        if self.period == 1:
            raise InvalidParameterError(
                "period must be at least 2, got 1: without a season, use DoubleExpSmoothingRNN"
            )
        check_choice("seasonal", self.seasonal, ("add", "mul"))
        if self.trend is not None:
            check_choice("trend", self.trend, ("add", None))
        for name, value in (("beta", self.beta), ("damped", self.damped or None)):
            if self.trend is None and value is not None:
                raise InvalidParameterError(
                    f"{name} is given, but trend=None: set trend='add', or leave {name} out"
                )
        if self.gamma is not None:
            most = 1.0 if self.alpha is None else 1.0 - self.alpha
            # A gamma of 0.1 beside an alpha of 0.9 is fine: 1 - 0.9 is a little less than 0.1.
            check_number("gamma", self.gamma, 0.0, most + 1e-12)
        if self.loss != "likelihood" and self.seasonal == "mul":
            raise InvalidParameterError(
                f"loss={self.loss!r} is not there for multiplicative seasons: set "
                "seasonal='add', or loss='likelihood'"
            )

    def _in_season(self, season: Season) -> Forecaster:
        if not self._seeks_season():
            return self
        if season == NO_DATES:
            return clone(self).set_params(period=_WITHOUT_DATES)
        if season.taken > 1:
            return super()._in_season(season)
        if not season.is_short:
            raise ValueError(
                f"{season.data} tell of no season: use DoubleExpSmoothingRNN, or set period to the "
                "time steps of one"
            )
        # What it is without a season.
        kind = SimpleExpSmoothingRNN if self.trend is None else DoubleExpSmoothingRNN
        shared = kind._get_param_names()
        return clone(kind(**{name: getattr(self, name) for name in shared}))

    def _wants_note(self, period: int) -> bool:
        return super()._wants_note(period) and period != _WITHOUT_DATES

    def _fit(self, X: Any, y: Any) -> None:
        super()._fit(X, y)
        for name, value in (("beta_", 0.0), ("gamma_", 0.0), ("phi_", 1.0)):
            # Fitted without a season it may lack them.
            vars(self).setdefault(name, value * np.ones_like(self.alpha_))

    def _structure(self) -> Structure:
        return Structure(self.error, self.trend, bool(self.damped), self.seasonal, int(self.period))

    def _parameters(self) -> dict[str, float | None]:
        return {"alpha": self.alpha, "beta": self.beta, "gamma": self.gamma, "phi": self.phi}

    def _fit_model(self, values, regressors):
        return _fit_columns(self, values, regressors)

    def _fit_panel(self, values, offsets, regressors, n_jobs=None, progress=None) -> PanelModel:
        return _fit_panel(self, values, offsets, regressors, n_jobs, progress)


_Smoother = SimpleExpSmoothingRNN | DoubleExpSmoothingRNN | TripleExpSmoothingRNN


def _fit_columns(forecaster: _Smoother, values, regressors):
    """Fit the columns of an array; what `Forecaster._fit_model` returns."""
    structure = forecaster._structure()
    return fit_columns(
        structure,
        values,
        regressors,
        bounds_of(structure, **forecaster._parameters()),
        initial_state_of(forecaster.initial_state, structure, values.shape[1]),
        penalty_rates(forecaster.prior),
        settings_of(forecaster),
    )


def _fit_panel(forecaster: _Smoother, values, offsets, regressors, n_jobs, progress) -> PanelModel:
    """Fit the series of a panel; see `Forecaster._fit_panel`."""
    structure = forecaster._structure()
    return fit_panel(
        structure,
        Batch(values, offsets, regressors).without_leading(),
        bounds_of(structure, **forecaster._parameters()),
        initial_state_of(forecaster.initial_state, structure, len(offsets) - 1),
        penalty_rates(forecaster.prior),
        settings_of(forecaster),
        n_jobs,
        progress,
    )
