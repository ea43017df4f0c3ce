"""Forecasts on another scale, carried back: within bounds, and with the skew that they have there.

The scales, with their equations: see `tsrnn.compose.scales`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone

from tsrnn._input.numbers import AnyFloat
from tsrnn._input.ragged import Batch, others
from tsrnn._input.validation import check_flag, check_number
from tsrnn.compose.boxcox import geometric_means, learn_exponents
from tsrnn.compose.inner import fit_inner, refuse_no_forecaster
from tsrnn.compose.scales import KINDS, Function, Kind, Scale, with_direction
from tsrnn.compose.transformed_model import (
    TransformedModel,
    misfit_errors,
    on_scale,
    seen_of,
    told_of_scale,
)
from tsrnn.exceptions import InvalidParameterError
from tsrnn.forecasting.answers import PerSeries
from tsrnn.forecasting.fitted_model import FittedModel, PanelModel
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.forecasting.looped_panel import LoopedPanel
from tsrnn.forecasting.summary import residual_tests, series_name, two_columns
from tsrnn.smoothing.fit import unnamed
from tsrnn.smoothing.intermittence import borne_out

if TYPE_CHECKING:
    from statsmodels.iolib.summary import Summary


class TransformedForecaster(Forecaster):
    r"""Forecast on another scale, such as that of logarithms, and carry what comes out back.

    Forecasts, intervals, quantiles and simulated paths lie within bounds: sales that are never
    negative, shares between 0 and 1. Where the size of changes goes with the level of a series,
    logarithms also make intervals that grow with it, and are wider above than below.

    Parameters
    ----------
    forecaster : forecaster
        Fitted, as a clone, to the series on the scale.
    transform : {"log", "boxcox", "sqrt", "logit"}, pair of functions, or None
        The scale: logarithms of what the series is above `lower`; powers of it, the exponent
        learned; its square root; the log odds of its place between `lower` and `upper`. A pair
        (f, inverse) of functions of flat arrays, number by number, such as ``(np.cbrt,
        lambda z: z**3)``, must be monotone. None leaves the series as it is: whatever is answered
        is cut off at the bounds.
    lower, upper : float or None
        What everything answered lies within. None is no bound; but 0 is the lower one of the four
        named scales, and 1 the upper one of "logit". Values of the series must lie above `lower`
        ("sqrt": not below), and with "logit" below `upper`; elsewhere a bound does no more than
        cut off. A series with zeros needs a `lower` below 0 for its logarithms, such as -1: it is
        never guessed.
    bias_adjust : bool
        Points are the means of what lies ahead, as far as it is normal on the scale. By default
        they are the medians, half of the values lying above, as far as those of the forecaster are.

    Attributes
    ----------
    lambda_ : float or (n_series,) array
        With "boxcox", the exponent: 0 is the logarithm, 1 the series as it is.
    period_ : int
        The period that the forecaster took; where it takes one.
    forecaster_ : forecaster
        The clone, as `fit` left it: it holds plain arrays on the scale, and `update` does not move
        it.
    fitted_values_, residuals_ : array, Series or DataFrame, shaped as y
        One-step-ahead predictions of the training series, carried back, and what they miss.

    Warns
    -----
    UserWarning
        With "boxcox", for a series too short to learn an exponent from, which is taken as it is.
        And whatever the forecaster warns of.

    Notes
    -----
    Quantiles and paths on the scale are carried back one by one, so that an interval keeps its
    level, unless the scale falls where the series rises: then its bounds change places. Conformal
    intervals are symmetric about the forecast as elsewhere, their unit half the width of what
    holds 68% of values, and cut off at the bounds.

    The exponent of "boxcox" is that under which changes from one step to the next are most likely
    normal and alike, but for a mean change of each position in the season of the forecaster. It
    lies between 0 and 1, for below 0 intervals could have no upper bound. On the scale the series
    is in units of the geometric mean of its values above `lower`.

    Regressors are handed on to the forecaster, so that they act on the scale: with logarithms they
    multiply the series. Functions must be finite for all that is carried back, and are looked at
    between, so that one that turns beyond the values of the series, as the square below 0, is an
    error and no wrong interval. A model with functions cannot be saved by `tsrnn.save`.

    References
    ----------
    .. [1] G. E. P. Box, D. R. Cox (1964). An analysis of transformations. Journal of the Royal
       Statistical Society, Series B, 26(2), 211-252.
    .. [2] R. J. Hyndman, G. Athanasopoulos. Forecasting: Principles and Practice, sections 3.1
       and 5.6.

    Examples
    --------
    >>> from tsrnn import NaiveForecaster, TransformedForecaster
    >>> shares = [0.91, 0.94, 0.93, 0.96, 0.97, 0.96, 0.98]
    >>> NaiveForecaster().fit(shares).predict_interval(3)[-1].round(3)
    array([0.911, 1.049])
    >>> model = TransformedForecaster(NaiveForecaster(), "logit").fit(shares)
    >>> model.predict_interval(3)[-1].round(3)
    array([0.912, 0.996])
    """

    lambda_: PerSeries
    forecaster_: Any

    def __init__(
        self,
        forecaster: Forecaster,
        transform: Kind | tuple[Function, Function] | list[Function] | None = "log",
        *,
        lower: AnyFloat | None = None,
        upper: AnyFloat | None = None,
        bias_adjust: bool = False,
    ) -> None:
        self.forecaster = forecaster
        self.transform = transform
        self.lower = lower
        self.upper = upper
        self.bias_adjust = bias_adjust

    def validate_parameters(self) -> None:
        """Refuse arguments; see `Forecaster.validate_parameters`."""
        refuse_no_forecaster(self.forecaster)
        self._check_transform()
        for name in ("lower", "upper"):
            if (bound := getattr(self, name)) is not None:
                check_number(name, bound, -np.inf, np.inf, include_lower=False, include_upper=False)
        check_flag("bias_adjust", self.bias_adjust)
        lower, upper = self._scale(1).lower, self._scale(1).upper
        if lower >= upper:
            raise InvalidParameterError(f"lower must be below upper, got {lower:g} and {upper:g}")
        if self.transform == "logit" and upper - lower == np.inf:
            raise InvalidParameterError(
                f"upper - lower must be a number, but {upper:g} and {lower:g} are too far apart"
            )
        if self.transform is None and self.lower is None and self.upper is None:
            raise InvalidParameterError(
                "transform=None does no more than cut off at bounds: set lower or upper, or a "
                f"transform, one of {KINDS}"
            )
        if self.transform is None and self.bias_adjust:
            raise InvalidParameterError(
                "bias_adjust is for a transform: with transform=None nothing is carried back"
            )

    def _check_transform(self) -> None:
        transform: Any = self.transform
        is_pair = isinstance(transform, tuple | list) and len(transform) == 2
        is_pair = is_pair and all(map(callable, transform))
        is_name = isinstance(transform, str) and transform in KINDS
        if not (transform is None or is_name or is_pair):
            raise InvalidParameterError(
                f"transform must be one of {', '.join(map(repr, KINDS))}, a pair of functions "
                f"(f, inverse), or None, got {transform!r}"
            )

    def limits(self) -> tuple[float, float]:
        """Return the bounds that all answers lie within, whatever the series.

        Returns
        -------
        lower, upper : float
            Infinite where there is none.
        """
        scale = self._scale(1)
        if scale.kind is not None:
            return scale.lower, scale.upper
        lower, upper = self.forecaster.limits()
        return max(lower, scale.lower), min(upper, scale.upper)

    def nearest_values(self, bounds: np.ndarray) -> np.ndarray:
        """Return the values nearest to ends of intervals that series may have.

        Parameters
        ----------
        bounds : array
            Of intervals that are symmetric about forecasts.

        Returns
        -------
        values : array
            Within `limits`.
        """
        if self._scale(1).kind is None:
            bounds = self.forecaster.nearest_values(bounds)
        return np.clip(bounds, *self.limits())

    def summary(self) -> Summary:
        """Summarise the fit: the scale and its bounds, and each series with tests of residuals.

        The residuals tested are those on the scale, where the forecaster takes them as normal.

        Returns
        -------
        statsmodels.iolib.summary.Summary
        """
        from sklearn.utils.validation import check_is_fitted
        from statsmodels.iolib.summary import Summary

        check_is_fitted(self)
        model: Any = self._model
        scale = model.scale
        name = scale.kind if scale.functions is None else "functions"
        period = vars(self).get("period_", "none")
        left = {"Forecaster": type(self.forecaster_).__name__, "Transform": name, "Period": period}
        right = {"Lower": f"{scale.lower:g}", "Upper": f"{scale.upper:g}"}
        right["Points"] = "means" if model.bias_adjust else "medians"
        summary = Summary()
        summary.tables.append(two_columns(left, right, type(self).__name__))
        residuals = np.asarray(self.forecaster_.residuals_)
        for i, column in enumerate(residuals.reshape(len(residuals), -1).T):
            learned: dict[str, object] = {"Residuals": np.count_nonzero(~np.isnan(column))}
            if scale.kind == "boxcox":
                learned = {"lambda": f"{scale.exponent[i]:.4f}"}
            summary.tables.append(two_columns({"Series": series_name(self, i)}, learned))
            summary.tables.append(residual_tests(column))
        return summary

    def __sklearn_tags__(self):
        """Tell scikit-learn what to expect."""
        tags = super().__sklearn_tags__()
        above_0 = isinstance(self.transform, str) and self.transform != "logit"
        tags.target_tags.positive_only = above_0 and self.lower is None
        return tags

    def _taken_period(self) -> int | None:
        return self.forecaster._taken_period()

    def _would_take(self, period: int, n_observed: int) -> bool:
        return self.forecaster._would_take(period, n_observed)

    def _wants_note(self, period: int) -> bool:
        return self.forecaster._wants_note(period)

    def _has_season(self) -> bool:
        return self.forecaster._has_season()

    def _uses_regressors(self) -> bool:
        return self.forecaster._uses_regressors()

    def _inner(self) -> Forecaster:
        """Return what to fit to series on the scale."""
        forecaster = clone(self.forecaster)
        forecaster.validate_parameters()
        return forecaster

    def fit_model(self, values, regressors):
        """Fit series; see `Forecaster.fit_model`."""
        batch = Batch.of_columns(values, regressors[:, :0])
        scale, errors, notes = self._learned(batch, "series {}".format, values.shape[1] > 1)
        for error in errors.values():
            raise error
        with on_scale(scale):
            inner = fit_inner(self._inner(), scale.forward(values), regressors)
        effect = inner.model.effect(regressors)
        model = TransformedModel(
            inner.model,
            scale,
            bool(self.bias_adjust),
            np.arange(values.shape[1]),
            values.shape[1],
            notes=(*notes.values(), *borne_out(inner.model.notes, batch, "series {}".format)),
            latest=seen_of(inner.model, inner.predictions + effect, inner.deviations),
        )
        attributes: dict[str, Any] = {"forecaster_": inner.forecaster}
        if scale.kind == "boxcox":
            one = scale.exponent.size == 1
            attributes["lambda_"] = float(scale.exponent[0]) if one else scale.exponent
        return model, *model.carried_back(), attributes

    def fit_panel(self, values, offsets, regressors, n_jobs=None, progress=None) -> PanelModel:
        """Fit the series of a panel; see `Forecaster.fit_panel`."""
        batch = Batch(values, offsets, regressors)
        scale, failures, own = self._learned(batch, lambda i: "the series", False)
        series = others(batch.n_series, failures)
        if progress is not None and failures:
            progress(len(failures))
        if not series.size:
            return LoopedPanel((None,) * batch.n_series, failures)
        batch, scale = batch.take(series), scale.take(series)
        z = scale.take(batch.series_of_row).forward(batch.values)
        inner = self._inner().fit_panel(z, batch.offsets, batch.regressors, n_jobs, progress)
        for k, error in inner.failures.items():
            failures[int(series[k])] = told_of_scale(scale, error)
        notes = {i: (note,) for i, note in own.items() if i not in failures}
        for k, more in inner.notes.items():
            i = int(series[k])
            more = borne_out(more, batch.take(np.array([k])), unnamed)
            notes[i] = (*notes.get(i, ()), *more)
        n_series = len(offsets) - 1
        return TransformedModel(
            inner, scale, bool(self.bias_adjust), series, n_series, failures, notes
        )

    def _scale(self, n_series: int) -> Scale:
        return Scale.plain(self.transform, self.lower, self.upper, n_series)

    def _learned(
        self, batch: Batch, name: Any, numbered: bool
    ) -> tuple[Scale, dict[int, Exception], dict[int, Warning]]:
        """Return the scale of series, why some have none, and what to know of others."""
        scale = with_direction(self._scale(batch.n_series), batch.values, batch.offsets)
        by_row = scale.take(batch.series_of_row)
        errors = misfit_errors(by_row, batch.values, batch.offsets, numbered)
        if scale.kind != "boxcox":
            return scale, errors, {}
        with np.errstate(all="ignore"):  # of values without a place
            logs = np.log(batch.values - scale.lower)
        logs[np.isin(batch.series_of_row, list(errors))] = np.nan
        unit = geometric_means(logs, batch.offsets)
        logs -= np.log(unit)[batch.series_of_row]
        exponent, told = learn_exponents(logs, batch.offsets, self._taken_period() or 1)
        notes: dict[int, Warning] = {
            i: UserWarning(
                f"{name(i)} has too few changes to learn the exponent of transform='boxcox' from: "
                "it is 1, the series as it is"
            )
            for i in np.flatnonzero(~told).tolist()
            if i not in errors
        }
        return replace(scale, exponent=exponent, unit=unit), errors, notes

    def _remembered(
        self, model: FittedModel, predictions: np.ndarray, deviations: np.ndarray
    ) -> tuple[np.ndarray, ...]:
        return seen_of(model, predictions, deviations)
