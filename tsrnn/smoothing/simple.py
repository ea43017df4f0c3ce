"""Simple exponential smoothing: a level."""

from __future__ import annotations

from typing import Any

from tsrnn.smoothing.base import SmoothingForecaster
from tsrnn.smoothing.structure import Structure


class SimpleExpSmoothingRNN(SmoothingForecaster):
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

    def _structure(self) -> Structure:
        return Structure(self.error)
