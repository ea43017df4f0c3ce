"""Double exponential smoothing, Holt's method: a level and a trend."""

from __future__ import annotations

from typing import Any

from tsrnn._input.numbers import AnyFloat, AnyInt
from tsrnn.forecasting.answers import PerSeries, Rows
from tsrnn.smoothing.arguments import Error, Loss, Solver, check_trend
from tsrnn.smoothing.base import OneStructureForecaster
from tsrnn.smoothing.docs import documented
from tsrnn.smoothing.structure import Structure


@documented
class DoubleExpSmoothingRNN(OneStructureForecaster):
    r"""Double exponential smoothing (Holt's method) as a recurrent network: a level and a trend.

    Parameters
    ----------
    alpha, beta : float in [0, 1] or None
        Smoothing parameters of the level and of the trend; None learns them.
    phi : float in (0, 1] or None
        Damping of the trend, with `damped=True`; None learns it in [0.8, 0.995].
    damped : bool
        Whether the trend dies out.
    {error, prior}
    initial_state : {"learned", "heuristic"} or array-like of shape (2,)
        Level and trend before the first value: learned with the rest, taken from the first two
        values as (2 y_1 - y_2, y_2 - y_1), or given (one row a series for several). With
        regressors, that of `y - X @ coef_`.
    {loss}
    {search}

    Attributes
    ----------
    alpha_, beta_, phi_ : float or (n_series,) array
        `phi_` is 1 without damping. `beta_` is the beta* of the literature on ETS models, whose own
        beta is `alpha_ * beta_`.
    initial_state_, state_ : (2,) or (n_series, 2) array
        Level and trend before the first value, and at the end of what was seen.
    {fitted}

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

    alpha_: PerSeries
    beta_: PerSeries
    phi_: PerSeries

    def __init__(
        self,
        *,
        alpha: AnyFloat | None = None,
        beta: AnyFloat | None = None,
        phi: AnyFloat | None = None,
        damped: bool = False,
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

    @property
    def trend_(self) -> Rows:
        """The trend, a time step, after each value of the training series; 0 without one."""
        return self._component("trend")

    def validate_parameters(self) -> None:
        """Refuse arguments; see `Forecaster.validate_parameters`."""
        super().validate_parameters()
        check_trend(self.beta, self.phi, self.damped)

    def _structure(self) -> Structure:
        return Structure(self.error, "add", bool(self.damped))
