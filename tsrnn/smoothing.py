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

from tsrnn._cell import Cell
from tsrnn._optimize import SOLVERS
from tsrnn._smoother_problem import Settings
from tsrnn._smoothing_model import SmoothingModel, fit_smoothing_model
from tsrnn._validation import check_choice, check_count, check_flag, check_number
from tsrnn.cells import HOLT, SES
from tsrnn.exceptions import InvalidParameterError
from tsrnn.forecaster import Forecaster
from tsrnn.network import RNN

_LOSSES = ("likelihood", "absolute_error", "huber")


class SimpleExpSmoothingRNN(Forecaster):
    r"""Simple exponential smoothing as a recurrent network: a level that follows the series.

    Parameters
    ----------
    alpha : float in [0, 1] or None
        Smoothing parameter of the level; None learns it.
    initial_state : {"learned", "heuristic"} or array-like of shape (1,)
        The level before the first value: learned with the rest, the first value, or given
        (one row a series for several). With regressors, that of `y - X @ coef_`.
    loss : {"likelihood", "absolute_error", "huber"}
        What is minimised over the one-step-ahead errors. "likelihood" is the squared error.
    huber_delta : float
        Where Huber's loss turns linear, in robust standard deviations of the residuals of the
        squared-error fit.
    solver : str
        A method of `scipy.optimize.minimize` that keeps to bounds: "L-BFGS-B", "TNC", "SLSQP",
        "trust-constr" (by BPTT gradients), "Nelder-Mead", "Powell", "COBYQA" (without).
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
        initial_state: Any = "learned",
        loss: str = "likelihood",
        huber_delta: float = 1.345,
        solver: str = "L-BFGS-B",
        max_iter: int = 200,
        tol: float = 1e-10,
    ) -> None:
        self.alpha = alpha
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
        from tsrnn._summary import summarize

        return summarize(self)

    def to_rnn(self) -> RNN:
        """Return the network that is this smoother; see `DoubleExpSmoothingRNN.to_rnn`."""
        return _as_network(self)

    def _validate_parameters(self) -> None:
        _check_common(self)

    def _fit_model(self, values, regressors):
        bounds = {"alpha": _interval(SES, "alpha", self.alpha)}
        return fit_smoothing_model(
            SES, values, regressors, bounds, 1, _initial_state(self, SES, values), _settings(self)
        )


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
    initial_state : {"learned", "heuristic"} or array-like of shape (2,)
        Level and trend before the first value: learned with the rest, taken from the first two
        values as (2 y_1 - y_2, y_2 - y_1), or given (one row a series for several). With
        regressors, that of `y - X @ coef_`.
    loss : {"likelihood", "absolute_error", "huber"}
        What is minimised over the one-step-ahead errors. "likelihood" is the squared error.
    huber_delta : float
        Where Huber's loss turns linear, in robust standard deviations of the residuals of the
        squared-error fit.
    solver : str
        A method of `scipy.optimize.minimize` that keeps to bounds: "L-BFGS-B", "TNC", "SLSQP",
        "trust-constr" (by BPTT gradients), "Nelder-Mead", "Powell", "COBYQA" (without).
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
        initial_state: Any = "learned",
        loss: str = "likelihood",
        huber_delta: float = 1.345,
        solver: str = "L-BFGS-B",
        max_iter: int = 200,
        tol: float = 1e-10,
    ) -> None:
        self.alpha = alpha
        self.beta = beta
        self.phi = phi
        self.damped = damped
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
        from tsrnn._summary import summarize

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
        return _as_network(self)

    def _validate_parameters(self) -> None:
        _check_common(self)
        if self.beta is not None:
            check_number("beta", self.beta, 0.0, 1.0)
        damped = check_flag("damped", self.damped)
        if self.phi is not None:
            check_number("phi", self.phi, 0.0, 1.0, include_lower=False)
            if not damped:
                raise InvalidParameterError("phi is given, but damped=False: set damped=True")

    def _fit_model(self, values, regressors):
        bounds = {
            "alpha": _interval(HOLT, "alpha", self.alpha),
            "beta": _interval(HOLT, "beta", self.beta),
            "phi": _interval(HOLT, "phi", self.phi) if self.damped else (1.0, 1.0),
        }
        return fit_smoothing_model(
            HOLT,
            values,
            regressors,
            bounds,
            3 if self.damped else 2,
            _initial_state(self, HOLT, values),
            _settings(self),
        )


def _check_common(forecaster: SimpleExpSmoothingRNN | DoubleExpSmoothingRNN) -> None:
    """Check what all smoothers take."""
    if forecaster.alpha is not None:
        check_number("alpha", forecaster.alpha, 0.0, 1.0)
    check_choice("loss", forecaster.loss, _LOSSES)
    check_number("huber_delta", forecaster.huber_delta, 0.0, np.inf, include_lower=False)
    check_choice("solver", forecaster.solver, SOLVERS)
    check_count("max_iter", forecaster.max_iter)
    check_number("tol", forecaster.tol, 0.0, np.inf, include_lower=False)


def _interval(cell: Cell, name: str, value: float | None) -> tuple[float, float]:
    """Return what a parameter is searched in: its bounds, or its one value."""
    if value is not None:
        return float(value), float(value)
    parameter = next(parameter for parameter in cell.parameters if parameter.name == name)
    return parameter.lower, parameter.upper


def _settings(forecaster: SimpleExpSmoothingRNN | DoubleExpSmoothingRNN) -> Settings:
    return Settings(
        forecaster.loss,
        forecaster.huber_delta,
        forecaster.solver,
        forecaster.max_iter,
        forecaster.tol,
    )


def _initial_state(
    forecaster: SimpleExpSmoothingRNN | DoubleExpSmoothingRNN, cell: Cell, values: np.ndarray
) -> str | np.ndarray:
    """Check `initial_state`: one of two words, or numbers."""
    given, size = forecaster.initial_state, cell.n_state
    if isinstance(given, str):
        check_choice("initial_state", given, ("learned", "heuristic"))
        return given
    names = ", ".join(cell.state_names)
    accepted = (
        f"initial_state must be 'learned', 'heuristic' or ({names}) before the first value"
        f"{', one row a series,' if values.shape[1] > 1 else ''} as finite numbers, got {given!r}"
    )
    try:
        # By way of what numpy makes of them: words that read as numbers are words.
        states = np.asarray(given)
        states = states.astype(float) if states.dtype.kind in "biufO" else np.empty(0)
    except (TypeError, ValueError) as error:
        raise InvalidParameterError(accepted) from error
    if states.shape not in {(size,), (values.shape[1], size)} or not np.isfinite(states).all():
        raise InvalidParameterError(accepted)
    return states


def _as_network(forecaster: SimpleExpSmoothingRNN | DoubleExpSmoothingRNN) -> RNN:
    """Lay a linear smoother out as weights: h_t = (F - g w') h_{t-1} + g x_t, y_t = w' h_t."""
    from scipy.linalg import block_diag
    from sklearn.utils.validation import check_is_fitted

    check_is_fitted(forecaster)
    if forecaster.n_features_in_ > 0:
        raise TypeError(
            f"to_rnn has no input for the {forecaster.n_features_in_} regressors of this fit: "
            "subtract X @ coef_ from the series and fit that"
        )
    model: SmoothingModel = forecaster._model
    forms = [one.form for one in model.series]
    network = RNN(len(forms), sum(form.gain.size for form in forms), len(forms), "identity")
    network.W_hx = block_diag(*[form.gain[:, None] for form in forms])
    network.W_hh = block_diag(
        *[form.transition - np.outer(form.gain, form.observation) for form in forms]
    )
    network.W_yh = block_diag(*[form.observation[None, :] for form in forms])
    network.b_h = np.zeros(network.n_hidden)
    network.b_y = np.zeros(network.n_outputs)
    network.h_init = np.ravel(forecaster.initial_state_).copy()
    return network
