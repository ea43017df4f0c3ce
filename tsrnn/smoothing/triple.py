"""Triple exponential smoothing, Holt and Winters' method: a level, a trend and a season."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
from sklearn.base import clone

from tsrnn._input.numbers import AnyFloat, AnyInt
from tsrnn._input.validation import check_choice, check_number, check_period
from tsrnn._input.wording import Message, Phrase
from tsrnn._time.season_length import NO_DATES, Season
from tsrnn.cells import ABSENT
from tsrnn.exceptions import InvalidParameterError
from tsrnn.forecasting.answers import PerSeries, Rows
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.smoothing.arguments import Error, Loss, Solver, check_trend
from tsrnn.smoothing.base import OneStructureForecaster
from tsrnn.smoothing.docs import documented
from tsrnn.smoothing.double import DoubleExpSmoothingRNN
from tsrnn.smoothing.simple import SimpleExpSmoothingRNN
from tsrnn.smoothing.structure import Structure

Seasonal = Literal["add", "mul"]
Trend = Literal["add", None]

# The period where neither the user nor dates name one.
_WITHOUT_DATES = 12

WITHOUT_SEASON = Phrase("use DoubleExpSmoothingRNN, or set period to the time steps of one")


@documented
class TripleExpSmoothingRNN(OneStructureForecaster):
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
    {error, prior}
    initial_state : {"learned", "heuristic"} or array-like of shape (n_state,)
        The state before the first value: level, trend (where there is one) and `period` seasons,
        that of the first value first. Learned with the rest, the seasons then adding up to zero (or
        with a mean of one), found from the first four periods, or given (one row a series for
        several). With regressors, that of `y - X @ coef_`.
    {loss}
        The other losses are for additive errors and seasons.
    {search}

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
    {fitted}

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

    alpha_: PerSeries
    beta_: PerSeries
    gamma_: PerSeries
    phi_: PerSeries

    def __init__(
        self,
        *,
        alpha: AnyFloat | None = None,
        beta: AnyFloat | None = None,
        gamma: AnyFloat | None = None,
        phi: AnyFloat | None = None,
        period: AnyInt | Literal["auto"] = "auto",
        seasonal: Seasonal = "add",
        trend: Trend = "add",
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

    @property
    def trend_(self) -> Rows:
        """The trend, a time step, after each value of the training series; 0 without one."""
        return self._component("trend")

    @property
    def season_(self) -> Rows:
        """The season of each value of the training series, as learned from it; 0 without one."""
        return self._component("season")

    def validate_parameters(self) -> None:
        """Refuse arguments; see `Forecaster.validate_parameters`."""
        super().validate_parameters()
        check_trend(self.beta, self.phi, self.damped)
        check_period(self.period)
        if self.period == 1:
            raise InvalidParameterError(
                "period must be at least 2, got 1: without a season, use DoubleExpSmoothingRNN"
            )
        check_choice("seasonal", self.seasonal, get_args(Seasonal))
        if self.trend is not None:
            check_choice("trend", self.trend, get_args(Trend))
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
                Message("{data} tell of no season: {cure}", data=season.data, cure=WITHOUT_SEASON)
            )
        # What it is without a season.
        kind = SimpleExpSmoothingRNN if self.trend is None else DoubleExpSmoothingRNN
        shared = kind._get_param_names()
        return clone(kind(**{name: getattr(self, name) for name in shared}))

    def _wants_note(self, period: int) -> bool:
        return super()._wants_note(period) and period != _WITHOUT_DATES

    def _fit(self, X: Any, y: Any) -> None:
        super()._fit(X, y)
        for name, value in ABSENT.items():
            # Fitted without a season it may lack them.
            self.__dict__.setdefault(f"{name}_", value * np.ones_like(self.alpha_))

    def _structure(self) -> Structure:
        return Structure(self.error, self.trend, bool(self.damped), self.seasonal, int(self.period))
