"""Complex exponential smoothing: a level and its information potential."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from tsrnn._input.numbers import AnyFloat, AnyInt
from tsrnn._input.ragged import Batch
from tsrnn._input.validation import check_choice, check_period
from tsrnn._input.wording import Message
from tsrnn._time.season_length import NO_DATES, Season
from tsrnn.exceptions import InvalidParameterError
from tsrnn.forecasting.answers import PerSeries
from tsrnn.forecasting.fitted_model import PanelModel
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.forecasting.rows import refuse_regressors
from tsrnn.smoothing.arguments import Loss, Solver, settings_of
from tsrnn.smoothing.base import SmoothingForecaster
from tsrnn.smoothing.columns import as_columns
from tsrnn.smoothing.complex.fit import fit_complex, fit_complex_panel
from tsrnn.smoothing.complex.structure import SEASONAL_FORMS, ComplexStructure, SeasonalForm
from tsrnn.smoothing.docs import documented
from tsrnn.smoothing.extent import Extent

# What fitted attributes are where a form has no such parameter.
_ANOTHER = "put RegressionForecaster around it, which takes their effects off first, or leave X out"
_ABSENT = {"beta_0_": 0.0, "beta_1_": 0.0}


@documented
class ComplexExpSmoothingRNN(SmoothingForecaster):
    r"""Complex exponential smoothing as a recurrent network: a level and its potential.

    One complex smoothing parameter does for level, trend and all between them: no structure of the
    trend is chosen. Its errors are unlike those of `AutoExpSmoothingRNN`: the mean of both is often
    better than either.

    Parameters
    ----------
    period : int or "auto"
        Time steps in a season; 1 for none. "auto" is that of the time stamps: 12 for months, 4 for
        quarters, 52 for weeks, 7 for days, 5 for business days, 24, 48 and 96 for hours, halves and
        quarters of them, and 1 for all else. A season of which the series has fewer than two full
        periods is then not looked for. A period that is given must not be longer than the series.
    seasonal : {"auto", None, "simple", "partial", "full"}
        The form of the season: a pair of level and potential for each season ("simple"), an
        additive season beside the pair ("partial"), or a second pair for each season beside it
        ("full"). "auto" takes the form, or none, with the lowest AICc, where the series has two
        full periods.
    max_iter : int
        Iterations of the search at most.
    tol : float
        Its tolerance.

    Attributes
    ----------
    alpha_0_, alpha_1_ : float or (n_series,) array
        Real and imaginary part of the smoothing parameter.
    beta_0_, beta_1_ : float or (n_series,) array
        Those of the season's: `beta_1_` with a full season, `beta_0_` with a partial one too; 0
        where the form has none.
    seasonal_ : str or None, or (n_series,) object array
        The form that was taken.
    period_ : int
        The period that was looked for; 1 for none.
    initial_state_, state_ : (n_state,) array, or an array of those
        Level and potential before the first value, and at the end of what was seen; then seasons,
        the oldest, which is that of the next value, first. Of a simple season as many levels, then
        as many potentials; of a full one also the seasons' potentials. The initial ones are not
        learned: see the notes.
    {rows}
    sse_, sigma2_, loglik_, aic_, aicc_, bic_ : float or (n_series,) array
        As in `DoubleExpSmoothingRNN`; parameters are those of smoothing, and the level and the
        seasons of the initial state.
    bse_ : Series or DataFrame
        Standard errors of the parameters, by name.
    n_iter_, converged_ : int, bool or (n_series,) arrays

    Raises
    ------
    ValueError
        For regressors, which it does not take; and for a form of season where `period="auto"` finds
        none.

    Warns
    -----
    UnreliableForecastWarning
        At `predict` and its like, where the forecast lies more than twice the range of the series
        outside of it, its wildest values left aside. Trends are exponentials: what is right some
        steps ahead may be nonsense at a hundred.
    UserWarning
        At `fit`, where a period is given of which the series has fewer than two, and the form is to
        be chosen: no season is looked for.

    Notes
    -----
    With :math:`e_t = y_t - l_{t-1}` the level :math:`l` and the potential :math:`c` are

    .. math::

        l_t &= l_{t-1} - (1 - \alpha_1) c_{t-1} + (\alpha_0 - \alpha_1) e_t, \\
        c_t &= l_{t-1} + (1 - \alpha_0) c_{t-1} + (\alpha_0 + \alpha_1) e_t,

    and :math:`y_{t+1}` is predicted as :math:`l_t`. At :math:`\alpha_1 = 1` this is simple
    smoothing by :math:`\alpha_0 - 1`; above it the forecast goes on with the trend of the series,
    below it falls towards zero. A simple season has :math:`t - m` for :math:`t - 1`; a partial one
    adds :math:`s_{t-m}` to the prediction, where :math:`s_t = s_{t-m} + \beta_0 e_t`; a full one
    adds a second pair with lag :math:`m`, smoothed by :math:`\beta_0 + i \beta_1`.

    The initial level is the mean of the first ten values (of the first season, where there is one),
    the potential the level by 1.1; a simple season begins with the first values, the others with
    the seasons of the classical decomposition. Nothing of it is learned: values more than ten times
    as far from the median as the others are on average do not count there. So it matters where zero
    is: a constant added to the series changes more than the forecasts' level.

    Intervals know of the errors to come, and not of how uncertain the parameters are: of short
    series they are too narrow. `predict_interval(..., method="conformal")` learns from past errors.

    Learned is the minimum of the squared error next to :math:`\alpha_0 = 1.3, \alpha_1 = 1`, within
    :math:`\alpha_0 \le 1.8`, :math:`0.5 \le \alpha_1 \le 1.7`, :math:`\beta_0, \beta_1 \le 1.5`,
    and where the smoother forgets its beginning. On held-back training values of M3 that forecast
    better than the lowest of all minima there, and that better than the lowest of the whole box.

    References
    ----------
    .. [1] I. Svetunkov, N. Kourentzes and J. K. Ord, Complex exponential smoothing, Naval Research
       Logistics 69 (2022).

    Examples
    --------
    >>> from tsrnn import ComplexExpSmoothingRNN
    >>> model = ComplexExpSmoothingRNN().fit([12.0, 13.1, 13.8, 15.2, 16.1, 16.8, 18.1, 19.2])
    >>> model.predict(3).round(1)
    array([20. , 21. , 21.9])
    """

    alpha_0_: PerSeries
    alpha_1_: PerSeries
    beta_0_: PerSeries
    beta_1_: PerSeries
    seasonal_: PerSeries

    def __init__(
        self,
        period: AnyInt | Literal["auto"] = "auto",
        seasonal: SeasonalForm | Literal["auto"] = "auto",
        *,
        max_iter: AnyInt = 200,
        tol: AnyFloat = 1e-10,
    ) -> None:
        self.period = period
        self.seasonal = seasonal
        self.max_iter = max_iter
        self.tol = tol

    # What is not for choosing.
    prior = None
    loss: Loss = "likelihood"
    huber_delta = 1.345
    solver: Solver = "gauss-newton"

    def validate_parameters(self) -> None:
        """Refuse arguments; see `Forecaster.validate_parameters`."""
        super().validate_parameters()
        check_period(self.period)
        if self.seasonal is not None:
            check_choice("seasonal", self.seasonal, ("auto", *SEASONAL_FORMS))
        if self.seasonal is None and self.period not in ("auto", 1):
            raise InvalidParameterError(
                f"period is {self.period}, but seasonal=None has no season: set seasonal='auto'"
            )
        if self._has_form() and self.period == 1:
            raise InvalidParameterError(
                f"seasonal={self.seasonal!r} needs a period of at least 2, got 1: set seasonal=None"
            )

    def _has_form(self) -> bool:
        """Tell whether a form of season is asked for by name."""
        return self.seasonal is not None and self.seasonal != "auto"

    def _seeks_season(self) -> bool:
        return self.seasonal is not None and super()._seeks_season()

    def _in_season(self, season: Season) -> Forecaster:
        settled = super()._in_season(season)
        if settled is self or not self._has_form() or season.taken > 1:
            return settled
        if season.is_short:
            return settled.set_params(seasonal=None)
        if season == NO_DATES:
            raise ValueError(
                f"seasonal={self.seasonal!r} needs a season, but y has no dates to tell it by: set "
                "period to its time steps"
            )
        raise ValueError(
            Message(
                "{data} tell of no season: set seasonal=None, or period to the time steps of one",
                data=season.data,
            )
        )

    def _would_take(self, period: int, n_observed: int) -> bool:
        return self._has_form() and super()._would_take(period, n_observed)

    def _structures(self) -> list[ComplexStructure]:
        """Return what is fitted, or chosen from, when the season is settled."""
        period = self._taken_period() or 1
        if self.seasonal == "auto":
            forms = SEASONAL_FORMS if period > 1 else (None,)
        else:
            forms = (self.seasonal,)
        return [ComplexStructure(form, 1 if form is None else period) for form in forms]

    def _uses_regressors(self) -> bool:
        return False

    def fit_model(self, values, regressors):
        """Fit series; see `Forecaster.fit_model`."""
        refuse_regressors(regressors, type(self).__name__, _ANOTHER)
        batch = Batch.of_columns(values, regressors).without_leading()
        name = "series {}".format
        fitted = fit_complex(self._structures(), batch, settings_of(self), name)
        model, predictions, deviations, attributes = as_columns(fitted, values.shape, _ABSENT)
        forms = np.empty(batch.n_series, dtype=object)
        for series, one in fitted.parts:
            forms[series] = one.structure.seasonal
        attributes["seasonal_"] = forms[0] if forms.size == 1 else forms
        model = replace(model, extent=Extent.of(batch))
        return model, predictions, deviations, attributes

    def fit_panel(self, values, offsets, regressors, n_jobs=None, progress=None) -> PanelModel:
        """Fit the series of a panel; see `Forecaster.fit_panel`."""
        refuse_regressors(regressors, type(self).__name__, _ANOTHER)
        batch = Batch(values, offsets, regressors).without_leading()
        return fit_complex_panel(self._structures(), batch, settings_of(self), n_jobs, progress)
