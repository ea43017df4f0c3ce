"""Simple exponential smoothing: a level."""

from __future__ import annotations

from typing import Any

from tsrnn._input.numbers import AnyFloat, AnyInt
from tsrnn.forecasting.answers import PerSeries
from tsrnn.smoothing.arguments import Error, Loss, Solver
from tsrnn.smoothing.base import OneStructureForecaster
from tsrnn.smoothing.docs import documented
from tsrnn.smoothing.structure import Structure


@documented
class SimpleExpSmoothingRNN(OneStructureForecaster):
    r"""Simple exponential smoothing as a recurrent network: a level that follows the series.

    Parameters
    ----------
    alpha : float in [0, 1] or None
        Smoothing parameter of the level; None learns it.
    {error, prior}
    initial_state : {"learned", "heuristic"} or array-like of shape (1,)
        The level before the first value: learned with the rest, the first value, or given
        (one row a series for several). With regressors, that of `y - X @ coef_`.
    {loss}
    {search}

    Attributes
    ----------
    alpha_ : float or (n_series,) array
    initial_state_, state_ : (1,) or (n_series, 1) array
        The level before the first value, and at the end of what was seen.
    {fitted}

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

    alpha_: PerSeries

    def __init__(
        self,
        *,
        alpha: AnyFloat | None = None,
        error: Error = "add",
        prior: Any = None,
        initial_state: Any = "learned",
        loss: Loss = "likelihood",
        huber_delta: AnyFloat = 1.345,
        solver: Solver = "auto",
        max_iter: AnyInt = 200,
        tol: AnyFloat = 1e-10,
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
