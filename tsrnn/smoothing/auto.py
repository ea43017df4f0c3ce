"""Exponential smoothing of the structure that suits a series best."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Literal, get_args

import pandas as pd

from tsrnn._input.numbers import AnyFloat, AnyInt
from tsrnn._input.ragged import Batch
from tsrnn._input.validation import check_choice, check_period
from tsrnn._time.season_length import NO_DATES, Season
from tsrnn.exceptions import InvalidParameterError
from tsrnn.forecasting.answers import PerSeries, Rows
from tsrnn.forecasting.fitted_model import PanelModel
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.smoothing.arguments import Loss, Solver, penalty_rates, settings_of
from tsrnn.smoothing.auto_fit import fit_auto_columns, fit_auto_panel
from tsrnn.smoothing.base import SmoothingForecaster
from tsrnn.smoothing.docs import documented
from tsrnn.smoothing.selection import (
    Candidates,
    Criterion,
    all_structures,
    usual_penalties,
    usual_structures,
)
from tsrnn.smoothing.structure import Structure


@documented
class AutoExpSmoothingRNN(SmoothingForecaster):
    r"""Exponential smoothing that chooses its errors, trend and season from the series.

    Every structure that the series allows is fitted, and the best by a criterion is kept.

    Parameters
    ----------
    period : int or "auto"
        Time steps in a season; 1 for none. "auto" is that of the time stamps: 12 for months, 4 for
        quarters, 52 for weeks, 7 for days, 5 for business days, 24, 48 and 96 for hours, halves and
        quarters of them, and 1 for all else. A season of which the series has fewer than two full
        periods is then not looked for. A period that is given must not be longer than the series.
    criterion : {"aic", "aicc", "bic", "backtest"}, default="aic"
        What is lowest for the structure that is kept: an information criterion, with the penalty
        that `models` tells of, or the mean absolute error of forecasts of the last values (a
        period, or six; a quarter of the series at most) from those before. On held-back training
        values of the M3 and M4 competitions errors were by 3 to 5 percent smaller with "aic" than
        with "aicc" on yearly series and M3's quarterly ones, and else alike: with a prior there is
        less to correct for in short series.
    models : sequence of str or None
        Structures to choose from, in the letters of the literature: errors A or M, trend N, A or
        Ad, season N, A or M, such as ["ANN", "AAN", "MAdM"]. With `period="auto"` those with a
        season are left out where the time stamps tell of none, or of one that the series is too
        short for; without time stamps `period` must be given for them. None stands for all but
        those of additive errors with a multiplicative season; beside a period of more than 4 a
        trend without damping ("A") then has a penalty of 4, added to its information criterion, and
        beside one of more than 12 there are neither such trends nor multiplicative seasons. On
        held-back training values of the M3 and M4 competitions errors were by 4 percent smaller
        than by AIC without a penalty on monthly series, and by 30 on hourly ones. Where none that
        is named will do, the series is fitted by ANN, and a warning says so. Point forecasts were a
        little better without multiplicative errors beside additive or no seasons, but intervals far
        too narrow: errors often grow with the level.
    prior : None, "cautious" or `tsrnn.priors.ExponentialPrior`
        What is known of the parameters before the series is seen. "cautious", the default, had the
        smaller errors on held-back training values of the M3 and M4 competitions: by one percent on
        average, by two to four on monthly and quarterly series; on M4's yearly series they were one
        percent larger. See `tsrnn.priors`.
    solver, max_iter, tol
        As in `DoubleExpSmoothingRNN`.

    Attributes
    ----------
    period_ : int
        The period that was looked for; 1 for none.
    model_ : str or (n_series,) array
        The structure that was kept, such as "AAdN".
    selection_ : DataFrame
        A row for each candidate (for several series in the first level of the index, series): its
        parts, number of parameters, criteria, its penalty if there are any, whether it was
        selected, and where the series rules it out the reason.
    alpha_, beta_, gamma_, phi_ : float or (n_series,) array
        `beta_` and `gamma_` are 0, and `phi_` is 1, where a structure has no such parameter.
    initial_state_, state_ : (n_state,) array, or an array of those
        Level, trend and seasons, as far as the structure has them, before the first value, and at
        the end of what was seen.
    coef_ : (n_features,) or (n_series, n_features) array
        Coefficients of the regressors, where there are any.
    {rows}
    sse_, sigma2_, loglik_, aic_, aicc_, bic_ : float or (n_series,) array
        As in `TripleExpSmoothingRNN`.
    bse_ : Series or DataFrame
        Standard errors of parameters, initial state and coefficients, by name.
    n_iter_, converged_ : int, bool or (n_series,) arrays

    Warns
    -----
    UserWarning
        With `period="auto"`: where the series is too short for the season of its time stamps; and
        where it has no dates, so that no season is taken, but its autocorrelation shows one of 4,
        7, 12 or 24 steps. The test of the M competitions is made at a limit so high that it errs in
        one or two percent at most of white noise, random walks, and trends with noise.
        And where more than half of a series is zero, and nothing negative: for demand that comes
        now and then there is `CrostonForecaster`, which theory prefers from 24 percent of zeros on,
        an average interval of 1.32 periods between demands.

    References
    ----------
    .. [1] R. J. Hyndman, A. B. Koehler, R. D. Snyder and S. Grose, A state space framework for
       automatic forecasting using exponential smoothing methods, International Journal of
       Forecasting 18 (2002).

    Examples
    --------
    >>> import numpy as np
    >>> from tsrnn import AutoExpSmoothingRNN
    >>> y = 20 + np.arange(24) + np.tile([3.0, -2.0, 4.0, -5.0], 6)
    >>> noise = np.random.default_rng(0).normal(size=24)
    >>> model = AutoExpSmoothingRNN(period=4).fit(y + noise)
    >>> model.selection_.loc[model.model_, ["trend", "seasonal"]].to_list()
    ['add', 'add']
    """

    alpha_: PerSeries
    beta_: PerSeries
    gamma_: PerSeries
    phi_: PerSeries
    model_: PerSeries
    selection_: pd.DataFrame

    def __init__(
        self,
        *,
        period: AnyInt | Literal["auto"] = "auto",
        criterion: Criterion = "aic",
        models: Sequence[str] | None = None,
        prior: Any = "cautious",
        solver: Solver = "auto",
        max_iter: AnyInt = 200,
        tol: AnyFloat = 1e-10,
    ) -> None:
        self.period = period
        self.criterion = criterion
        self.models = models
        self.prior = prior
        self.solver = solver
        self.max_iter = max_iter
        self.tol = tol

    # What is not for choosing: criteria are of likelihoods.
    loss: Loss = "likelihood"
    huber_delta = 1.345

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
        check_period(self.period)
        check_choice("criterion", self.criterion, get_args(Criterion))
        self._structures()

    def _structures(self) -> tuple[Structure, ...]:
        # Which labels there are does not depend on how long a season is.
        period = 2 if self.period == "auto" else int(self.period)
        if self.models is None:
            return usual_structures(period)
        known = {one.label: one for one in all_structures(period)}
        is_one = isinstance(self.models, str) or not isinstance(self.models, Collection)
        if is_one or not len(self.models):
            raise InvalidParameterError(
                f"models must be a list of structures such as ['ANN', 'AAN'], got {self.models!r}"
            )
        for label in self.models:
            if not isinstance(label, str) or label not in known:
                raise InvalidParameterError(
                    f"models holds {label!r}: with period={self.period} there are "
                    f"{', '.join(known)}"
                )
        # In the order of `known`, the simple first: between equals it is the order that chooses.
        return tuple(one for label, one in known.items() if label in self.models)

    def _in_season(self, season: Season) -> Forecaster:
        settled = super()._in_season(season)
        if settled is self or self.models is None or season.taken > 1:
            return settled
        plain = [label for label in self.models if label.endswith("N")]
        if len(plain) < len(self.models) and not season.is_short:
            seasonal = next(label for label in self.models if label not in plain)
            if season == NO_DATES:
                raise ValueError(
                    f"models holds {seasonal!r}, but y has no dates to tell its season by: set "
                    "period to its time steps"
                )
            if not plain:
                raise ValueError(
                    f"models holds none without a season, of which {season.data} tell nothing: "
                    "add one such as 'AAN', or set period to the time steps of a season"
                )
        # What is fitted to a series that is too short for all there are.
        return settled.set_params(models=plain or ["ANN"])

    def _candidates(self) -> Candidates:
        structures, rates = self._structures(), penalty_rates(self.prior)
        penalties = (0.0,) * len(structures)
        if self.models is None and self.period != "auto":
            penalties = usual_penalties(int(self.period))
        return Candidates(structures, self.criterion, rates, settings_of(self), penalties)

    def fit_model(self, values, regressors):
        """Fit series; see `Forecaster.fit_model`."""
        return fit_auto_columns(self._candidates(), values, regressors)

    def _fit(self, X: Any, y: Any) -> None:
        super()._fit(X, y)
        if isinstance(self.selection_.index, pd.MultiIndex) and self._layout.names is not None:
            names = dict(enumerate(self._layout.names))
            self.selection_ = self.selection_.rename(index=names, level="series")

    def fit_panel(self, values, offsets, regressors, n_jobs=None, progress=None) -> PanelModel:
        """Fit the series of a panel; see `Forecaster.fit_panel`."""
        batch = Batch(values, offsets, regressors).without_leading()
        return fit_auto_panel(self._candidates(), batch, n_jobs, progress)
