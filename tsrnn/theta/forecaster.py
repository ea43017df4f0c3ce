"""The theta method, on the seasonally adjusted series."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from sklearn.utils.validation import check_is_fitted

from tsrnn._input.numbers import AnyInt
from tsrnn._input.ragged import Batch
from tsrnn._input.validation import check_choice, check_flag, check_period, of_one_moment
from tsrnn._input.wording import Message
from tsrnn.forecasting.answers import PerSeries
from tsrnn.forecasting.deseasonalized import DeseasonalizedModel
from tsrnn.forecasting.fitted_model import PanelModel
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.forecasting.rows import refuse_regressors
from tsrnn.forecasting.season import find_seasons
from tsrnn.theta.fit import VARIANTS, Variant, VariantName, fit_series
from tsrnn.theta.summary import summarize

if TYPE_CHECKING:
    from statsmodels.iolib.summary import Summary

InitialLevel = Literal["first", "learned"]

_ALONE = (
    "put RegressionForecaster around it, which takes their effects off first, or fit the series "
    "alone, with X=None or rows that only carry a time index"
)


class ThetaForecaster(Forecaster):
    r"""The theta method: simple exponential smoothing beside a line whose slope is changed.

    Parameters
    ----------
    period : int or "auto"
        Time steps of a season; 1 for no season. "auto" is that of the time stamps: 12 for months, 4
        for quarters, 52 for weeks, 7 for days, 5 for business days, 24, 48 and 96 for hours, halves
        and quarters of them, and 1 for all else; of a series with fewer than two full periods it is
        1, too. Given or found, it is only where a season is looked for: see `test`.
    variant : {"dynamic-optimized", "optimized", "dynamic", "standard"}
        With "optimized" theta is learned; otherwise it is 2, as it was in the M3 competition.
        "dynamic" takes the line through the values so far, which goes on with the series, where
        others take that through all that the forecaster is fitted to. The default forecasts the
        series of M3 best.
    test : bool
        Take off only a season that the M competitions' test finds, in the series or in what is left
        of it without its line; or, of a series of two full periods but fewer than five, of which
        that test asks too much, one whose periods are like those before. With False the season of
        every series with two full periods is taken off.
    initial_level : {"first", "learned"}
        The level before the first value. "first" is y_1 / theta, by which the first prediction of
        the variants that are dynamic is y_1, and a constant series is predicted exactly; alpha and
        theta are then learned from all errors of one step.
        "learned" learns it as well, from the errors from the fourth value on: that is what the
        authors of the method minimise. It fits more closely, and forecasts less well.

    Attributes
    ----------
    period_ : int
        The period that was looked for; 1 for none.
    is_seasonal_ : bool or (n_series,) array
        Whether a season was taken off.
    seasonal_ : {"mul", "add", None} or (n_series,) object array
        What a season does to the series: multiply it or add to it. None where none was taken off.
    seasonal_indices_ : (period,) or (n_series, period) array
        The season that begins at the first time step of the series: what it is multiplied by, or
        what is added to it, as `seasonal_` says; ones where none was taken off.
    alpha_ : float or (n_series,) array
        The smoothing parameter of the level, in [0.1, 0.99].
    theta_ : float or (n_series,) array
        The larger, the more does the forecast follow the line: at least 1.5 where it is learned, or
        1, which is simple smoothing, with a level that is learned, too.
    sse_, sigma2_ : float or (n_series,) array
        Sum of squared errors of one step of the adjusted series, and their variance: the sum by
        the number of errors less three, or less two where theta is not learned. Of a series that is
        too short to learn from, the variance is the mean squared change.
    n_iter_, converged_ : int and bool, or (n_series,) arrays
        Of the search.
    fitted_values_, residuals_ : array, Series or DataFrame, shaped as y
        One-step-ahead predictions of the training series, season included; NaN for the first three
        values with a level that is learned. The season is that of the whole series, and so is the
        line of variants that are not dynamic: the first of them know more than forecasts do.

    Raises
    ------
    ValueError
        At `fit`, for regressors: it takes none; for a given period that is longer than the series.

    Warns
    -----
    UserWarning
        For a series of fewer than seven values (six where theta is not learned): it is smoothed
        with alpha = 0.5 and theta = 2. For a series that is not seasonally adjusted because it is
        too short: of fewer values than two periods, or with a position of the season at which
        nothing was observed. With `period="auto"` as `AutoExpSmoothingRNN` warns.

    Notes
    -----
    Seasons are looked for as in the M competitions, in series of three periods or more, by their
    autocorrelation at that lag at 90%, and taken off by the classical decomposition. They are
    multiplicative where all values are positive and no index is below 0.2, and additive elsewhere:
    a value at a position with a small index would move forecasts at all others by a multiple of
    what is new in it. Forecasts get them back. Beside a strong trend the competitions' test
    overlooks seasons, for autocorrelations are large at all lags then: so it is also made of what a
    line leaves of the series. Of series of two to five periods, in which that test cannot find a
    smooth season, or not beside some noise, one is also taken off where what a line leaves has a
    correlation of more than 1/2 with itself a period before.

    With level :math:`l`, a line :math:`A + B t` and :math:`n` values seen, the forecast of the
    next one is

    .. math::

        l_n + \left(1 - \frac{1}{\theta}\right) \left[(1 - \alpha)^n A
        + \frac{1 - (1 - \alpha)^{n + 1}}{\alpha} B\right],
        \qquad l_t = \alpha y_t + (1 - \alpha) l_{t-1},

    and those further ahead come of going on with forecasts for values. Missing values are replaced
    by their predictions in the same way. Intervals are those of normal errors of one step, added up
    as the equations say, and of a slope that is as uncertain as the series is short, in the share
    in which the forecast follows it; they do not know that seasonal indices are estimates.

    References
    ----------
    .. [1] V. Assimakopoulos, K. Nikolopoulos (2000). The theta model: a decomposition approach to
       forecasting. International Journal of Forecasting, 16(4), 521-530.
    .. [2] J. A. Fiorucci, T. R. Pellegrini, F. Louzada, F. Petropoulos, A. B. Koehler (2016).
       Models for optimising the theta method and their relationship to state space models.
       International Journal of Forecasting, 32(4), 1151-1161.

    Examples
    --------
    >>> from tsrnn import ThetaForecaster
    >>> model = ThetaForecaster().fit([3.0, 5.0, 6.9, 9.1, 11.0, 13.2, 14.9, 17.1])
    >>> model.predict(3).round(1)
    array([19.1, 21.1, 23.1])
    """

    is_seasonal_: PerSeries
    seasonal_: PerSeries
    seasonal_indices_: np.ndarray
    alpha_: PerSeries
    theta_: PerSeries
    sse_: PerSeries
    sigma2_: PerSeries
    n_iter_: PerSeries
    converged_: PerSeries

    def __init__(
        self,
        period: AnyInt | Literal["auto"] = "auto",
        *,
        variant: VariantName = "dynamic-optimized",
        test: bool = True,
        initial_level: InitialLevel = "first",
    ) -> None:
        self.period = period
        self.variant = variant
        self.test = test
        self.initial_level = initial_level

    def validate_parameters(self) -> None:
        """Refuse arguments; see `Forecaster.validate_parameters`."""
        check_period(self.period)
        check_choice("variant", self.variant, get_args(VariantName))
        check_flag("test", self.test)
        check_choice("initial_level", self.initial_level, get_args(InitialLevel))

    def _variant(self) -> Variant:
        """Return what is fitted."""
        learns_level = self.initial_level == "learned"
        return replace(VARIANTS[self.variant], learns_level=learns_level)

    def fit_model(self, values, regressors):
        """Fit series; see `Forecaster.fit_model`."""
        refuse_regressors(regressors, type(self).__name__, _ALONE)
        (n_timesteps, n_series), period = values.shape, self._taken_period()
        offsets = np.arange(n_series + 1) * n_timesteps
        seasons, kinds, reasons = find_seasons(values.T.ravel(), offsets, period, test=self.test)
        factor, offset = seasons.ahead(n_timesteps)
        batch = Batch.of_columns((values - offset) / factor, regressors).without_leading()
        fit = fit_series(self._variant(), batch, "series {}".format)
        predictions, deviations = np.full((2, n_timesteps, n_series), np.nan)
        for i in range(n_series):
            own = slice(batch.offsets[i], batch.offsets[i + 1])
            began = n_timesteps - (own.stop - own.start)
            predictions[began:, i], deviations[began:, i] = (
                fit.predictions[own],
                fit.deviations[own],
            )
        notes = [note for i in range(n_series) for note in _notes(i, f"series {i}", reasons, fit)]
        model = DeseasonalizedModel(
            fit.model, seasons.after(n_timesteps), np.zeros(n_series), notes=tuple(notes)
        )
        attributes = {
            **fit.numbers,
            "is_seasonal_": kinds != None,  # noqa: E711, of each
            "seasonal_": kinds,
            "seasonal_indices_": np.where(
                (kinds == "add")[:, None], seasons.offset, seasons.factor
            ),
        }
        if n_series == 1:
            attributes = {name: _only(numbers) for name, numbers in attributes.items()}
        return model, predictions * factor + offset, deviations * factor, attributes

    def fit_panel(self, values, offsets, regressors, n_jobs=None, progress=None) -> PanelModel:
        """Fit the series of a panel; see `Forecaster.fit_panel`."""
        refuse_regressors(regressors, type(self).__name__, _ALONE)
        period = self._taken_period() or 1
        seasons, _, reasons = find_seasons(values, offsets, period, test=self.test)
        factor, offset = seasons.along(offsets)
        batch = Batch((values - offset) / factor, offsets, regressors).without_leading()
        fit = fit_series(self._variant(), batch, lambda i: "the series", n_jobs, progress)
        found = {i: _notes(i, "the series", reasons, fit) for i in sorted({*reasons, *fit.notes})}
        return DeseasonalizedModel(
            fit.model, seasons.after(np.diff(offsets)), np.zeros(len(offsets) - 1), notes=found
        )

    def _uses_regressors(self) -> bool:
        return False

    def _would_take(self, period: int, n_observed: int) -> bool:
        return False

    def _has_season(self) -> bool:
        return False  # what it does not show enough of is said where it is looked for

    @of_one_moment
    def summary(self) -> Summary:
        """Summarise the fit: parameters, season and a test of the residuals.

        Returns
        -------
        statsmodels.iolib.summary.Summary
        """
        check_is_fitted(self)
        return summarize(self, self._training[0], self._grid.season)


def _notes(i: int, name: str, reasons: dict[int, str], fit: Any) -> tuple[Warning, ...]:
    """Return what the user should know of series i."""
    of_fit = fit.notes.get(i, ())
    if i not in reasons:
        return of_fit
    text = Message("{name} is not seasonally adjusted: {reason}", name=name, reason=reasons[i])
    return (UserWarning(text), *of_fit)


def _only(numbers: np.ndarray) -> Any:
    """Return what the only series has: a plain number, or its row."""
    if numbers.ndim > 1 or numbers.dtype == object:
        return numbers[0]
    return numbers[0].item()
