"""Docstrings that the exponential-smoothing forecasters have in common."""

from __future__ import annotations

from tsrnn._docs import filled_in

_ERROR_PRIOR = """\
error : {"add", "mul"}
    Whether errors are differences from the prediction or shares of it, which is another
    likelihood and other intervals; "mul" needs a positive series.
prior : None, "cautious" or `tsrnn.priors.ExponentialPrior`
    What is known of the parameters before the series is seen; None fits the series alone, as
    textbooks and other libraries do. Where forecasts are the aim, "cautious" has smaller errors
    on short series; see `tsrnn.priors`."""

_LOSS = """\
loss : {"likelihood", "absolute_error", "huber"}
    What is minimised over the one-step-ahead errors. "likelihood" is the squared error where
    errors are additive."""

_SEARCH = """\
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
    The solver's tolerance."""

_FITTED = """\
coef_ : (n_features,) or (n_series, n_features) array
    Coefficients of the regressors, where there are any; the smoother is then fitted to
    `y - X @ coef_`, and its states are those of that series.
{rows}
sse_, sigma2_, loglik_, aic_, aicc_, bic_ : float or (n_series,) array
    Sum of squared errors, its mean over n less the number of parameters, states and
    coefficients, the Gaussian log-likelihood and the information criteria that follow from it.
bse_ : Series or DataFrame
    Standard errors of parameters, initial state and coefficients, by name.
n_iter_, converged_ : int, bool or (n_series,) arrays"""

_ROWS = """\
fitted_values_, residuals_ : array, Series or DataFrame, shaped as y
    One-step-ahead predictions of the training series, and what they miss."""

documented = filled_in(
    {
        "{error, prior}": _ERROR_PRIOR,
        "{loss}": _LOSS,
        "{search}": _SEARCH,
        "{fitted}": _FITTED,
        "{rows}": _ROWS,
    }
)
"""Fill in what a class's docstring leaves to this module."""
