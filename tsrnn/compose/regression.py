"""Regression on what is known of time and of the future, and any forecaster of what is left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from tsrnn._input.ragged import Batch
from tsrnn._input.validation import of_one_moment
from tsrnn._time.season_length import Season
from tsrnn.compose.coefficients import Coefficients, learn_coefficients, smoother_beside
from tsrnn.compose.inner import fit_inner, refuse_no_forecaster
from tsrnn.compose.regression_model import RegressionModel
from tsrnn.compose.regression_summary import summarize_regression
from tsrnn.features.hosts import ReadyColumns, checked_features
from tsrnn.features.time_features import TimeFeatures
from tsrnn.forecasting.answers import PerSeries, Rows
from tsrnn.forecasting.fitted_model import PanelModel
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.smoothing.auto import AutoExpSmoothingRNN

if TYPE_CHECKING:
    from statsmodels.iolib.summary import Summary

# How many columns are named in a note.
_MOST_NAMED = 5


class RegressionForecaster(Forecaster):
    r"""Effects of holidays, the calendar, events and regressors, beside any forecaster.

    The series is a sum of effects, each a coefficient times a column, and of what is left, which
    the forecaster forecasts. Columns are made of time stamps, those ahead too, so that
    ``predict(12)`` needs no more than the horizon; X has those that only the user knows.

    Parameters
    ----------
    forecaster : forecaster or None
        Fitted, as a clone, to the series net of the effects. None is `AutoExpSmoothingRNN()`.
    features : features of time, or a list of them
        Whose columns become regressors, such as ``[HolidayFeatures("DE", before=1),
        CalendarFeatures("month_end")]``: see `tsrnn.features`. All but `FourierFeatures` and
        `StepFeatures` need dates.

    Attributes
    ----------
    coef_ : (n_columns,) or (n_series, n_columns) array
        Coefficients: of the regressors in X, then of the columns of features in their order; 0 of a
        column of which nothing can be told.
    bse_ : Series or DataFrame
        Their standard errors by name, of several series with a row each; NaN of such a column.
    coef_names_ : (n_columns,) array of str
        What the columns are called; a name that is taken has a number, as in "Easter (2)".
    coef_groups_ : (n_columns,) array of str
        What each column is one of: a regressor, or features such as "month, weekday".
    smoother_ : str or (n_series,) array
        The smoother that the coefficients were learned beside, such as "AAN"; "" without any.
    effects_ : (n_timesteps, n_columns) array or DataFrame, (n_timesteps, n_columns, n_series)
        What each column added to the series along time; a DataFrame of several series has two
        levels of columns.
    period_ : int
        The period that the forecaster took; where it takes one.
    forecaster_ : forecaster
        The clone, as `fit` left it: it holds plain arrays net of effects, and `update` does not
        move it.
    fitted_values_, residuals_ : array, Series or DataFrame, shaped as y
        One-step-ahead predictions of the training series, effects included, and what they miss.

    Warns
    -----
    UserWarning
        For columns of which nothing can be told: those that are the same in all rows observed, and
        those that are sums of others before them. In `predict`, for holidays and parts of dates
        that the training series had none of. And whatever the forecaster warns of.

    Notes
    -----
    Coefficients are learned together with a smoother, by its exact likelihood, so that what is left
    may wander and have a season: `forecaster` itself where it is exponential smoothing with
    additive errors and parts, which then ends where its own regressors would, and otherwise the
    best by AIC of such smoothers, with the season that `forecaster` takes. Standard errors are
    those of the likelihood's curvature, with the smoothing parameters as they are.

    The effect of a column counts from its median, so that it is 0 on most days for a holiday, and
    where X is as usual: where the numbers of a column start makes no difference. Effects add up. To
    multiply, put a transform around: ``TransformedForecaster(RegressionForecaster(...), "log")``,
    whose coefficients are shares, nearly. Intervals, quantiles and paths ahead know that
    coefficients are estimates: they are those of the forecaster, moved by the effects, and wider by
    the standard errors of these, as on a holiday that came once.

    There is no penalty on coefficients: with about as many columns as observed values they follow
    the noise.

    References
    ----------
    .. [1] R. J. Hyndman, A. B. Koehler, J. K. Ord, R. D. Snyder (2008). Forecasting with
       Exponential Smoothing, chapter 9.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from tsrnn import RegressionForecaster, ThetaForecaster
    >>> from tsrnn.features import HolidayFeatures
    >>> days = pd.date_range("2024-01-01", periods=100)
    >>> sales = pd.Series(50 + np.sin(np.arange(100.0) ** 2), days)
    >>> fairs = {"2024-02-03": "fair", "2024-03-02": "fair", "2024-04-13": "fair"}
    >>> sales[["2024-02-03", "2024-03-02"]] += 20
    >>> model = RegressionForecaster(ThetaForecaster(), HolidayFeatures(fairs)).fit(sales)
    >>> model.coef_.round()
    array([21.])
    >>> model.predict(5).round().to_list()  # of 10 to 14 April
    [50.0, 50.0, 50.0, 71.0, 50.0]
    """

    coef_: np.ndarray
    coef_names_: np.ndarray
    coef_groups_: np.ndarray
    smoother_: PerSeries
    forecaster_: Any

    def __init__(
        self,
        forecaster: Forecaster | None = None,
        features: TimeFeatures | Sequence[TimeFeatures] = (),
    ) -> None:
        self.forecaster = forecaster
        self.features = features

    def validate_parameters(self) -> None:
        """Refuse arguments; see `Forecaster.validate_parameters`."""
        if self.forecaster is not None:
            refuse_no_forecaster(self.forecaster)
        checked_features(self.features)

    def time_features(self) -> tuple[TimeFeatures, ...]:
        """Return its features, and those of the forecaster within; see `Forecaster`."""
        own = checked_features(self.features)
        own = tuple(one for one in own if not isinstance(one, ReadyColumns))
        return (*own, *super().time_features())

    def reading_columns(self, names: Sequence[str]) -> Self:
        """Return the forecaster of regressors that are all there; see `Forecaster`."""
        # All effects are its own, so that none are left for a forecaster within.
        forecaster = self._chosen().reading_columns(())
        ready = self.features
        # Within another forecaster names have come from outside, and here there are none.
        if not (isinstance(ready, ReadyColumns) and len(ready.names) == len(names)):
            ready = ReadyColumns(tuple(names))
        return clone(self).set_params(forecaster=forecaster, features=ready)

    def _unknown_ahead(self, names: Sequence[Any]) -> frozenset[int]:
        return frozenset()  # effects are of all steps

    def summary(self) -> Summary:
        """Summarise the fit: coefficients with standard errors, and tests of the residuals.

        Returns
        -------
        statsmodels.iolib.summary.Summary
        """
        check_is_fitted(self)
        return summarize_regression(self)

    @property
    @of_one_moment
    def bse_(self) -> PerSeries:
        """The standard errors of the coefficients, by the names of columns."""
        check_is_fitted(self)
        errors = self._model.learned.errors  # type: ignore[attr-defined]
        if len(errors) == 1:
            return pd.Series(errors[0], self.coef_names_, name="bse")
        index = pd.RangeIndex(len(errors)) if self._layout.names is None else self._layout.names
        return pd.DataFrame(errors, index, self.coef_names_)

    @property
    @of_one_moment
    def effects_(self) -> Rows:
        """The effect of each column on each value of the training series."""
        check_is_fitted(self)
        _, regressors = self._training
        found = self._model.learned  # type: ignore[attr-defined]
        effects = (regressors[:, None] - found.origin) * found.values + 0.0  # no -0
        index = self._grid.stamps(0, len(regressors))
        return self._layout.columns(
            effects.transpose(0, 2, 1), index, list(self.coef_names_), "effect"
        )

    def _chosen(self) -> Forecaster:
        return AutoExpSmoothingRNN() if self.forecaster is None else self.forecaster

    def _fit(self, X: Any, y: Any) -> None:
        super()._fit(X, y)
        groups = list(self.coef_names_[: len(self.coef_names_) - _n_columns(self._features)])
        for i, one in enumerate(self._features):
            is_taken = one.label in groups
            groups += [f"{one.label} ({i + 1})" if is_taken else one.label] * one.n_columns
        self.coef_groups_ = np.array(groups, dtype=object)

    def _seeks_season(self) -> bool:
        return self._chosen()._seeks_season()

    def _in_season(self, season: Season) -> Self:
        return clone(self).set_params(forecaster=self._chosen()._in_season(season))

    def _taken_period(self) -> int | None:
        return self._chosen()._taken_period()

    def _needed_steps(self) -> int:
        return self._chosen()._needed_steps()

    def _would_take(self, period: int, n_observed: int) -> bool:
        return self._chosen()._would_take(period, n_observed)

    def _wants_note(self, period: int) -> bool:
        return self._chosen()._wants_note(period)

    def _has_season(self) -> bool:
        return self._chosen()._has_season()

    def _inner(self) -> Forecaster:
        """Return what to fit to series net of effects."""
        forecaster = clone(self._chosen())
        forecaster.validate_parameters()
        return forecaster

    def fit_model(self, values, regressors):
        """Fit series; see `Forecaster.fit_model`."""
        batch = Batch.of_columns(values, regressors)
        found, failures, notes = self._learned(batch, "series {}".format)
        for error in failures.values():
            raise error
        adjusted = values - found.effect(regressors)
        try:
            inner = fit_inner(self._inner(), adjusted, regressors[:, :0])
        except ValueError as error:
            if np.nanmin(adjusted) >= 0.0 or np.nanmin(values) < 0.0:
                raise
            raise ValueError(
                f"net of effects y is no longer above 0, as the forecaster needs it: {error}. With "
                "TransformedForecaster(RegressionForecaster(...), 'log') around it effects multiply"
            ) from error
        own = tuple(note for i in sorted(notes) for note in notes[i])
        names = self._names(regressors.shape[1])
        model = RegressionModel(inner.model, found, names, notes=(*own, *inner.model.notes))
        one = values.shape[1] == 1
        attributes: dict[str, Any] = {
            "coef_": (found.values[0] if one else found.values).copy(),
            "coef_names_": np.array(names, dtype=object),
            "smoother_": found.labels[0] if one else found.labels,
            "forecaster_": inner.forecaster,
        }
        return model, inner.predictions, inner.deviations, attributes

    def fit_panel(self, values, offsets, regressors, n_jobs=None, progress=None) -> PanelModel:
        """Fit the series of a panel; see `Forecaster.fit_panel`."""
        batch = Batch(values, offsets, regressors)
        found, failures, notes = self._learned(batch, lambda i: "the series", n_jobs)
        adjusted = values - found.effect_of_rows(regressors, batch.series_of_row)
        inner = self._inner().fit_panel(adjusted, offsets, regressors[:, :0], n_jobs, progress)
        failures |= dict(inner.failures)
        all_notes = {
            i: (*notes.get(i, ()), *inner.notes.get(i, ()))
            for i in sorted({*notes, *inner.notes})
            if i not in failures
        }
        all_notes = {i: lines for i, lines in all_notes.items() if lines}
        names = self._names(regressors.shape[1])
        return RegressionModel(inner, found, names, failures, all_notes)

    def _names(self, n_columns: int) -> tuple[str, ...]:
        """Return the names of the regressors."""
        for one in checked_features(self.features):
            if isinstance(one, ReadyColumns) and len(one.names) == n_columns:
                return tuple(one.names)
        return tuple(f"x{i}" for i in range(n_columns))

    def _learned(
        self, batch: Batch, name: Any, n_jobs: int | None = None
    ) -> tuple[Coefficients, dict[int, Exception], dict[int, list[Warning]]]:
        """Learn the coefficients of a batch: with failures, and notes on what is not known."""
        names = self._names(batch.regressors.shape[1])
        if not names:
            return Coefficients.empty(batch.n_series, 0), {}, {}
        smoother = smoother_beside(self._chosen(), self._taken_period() or 1)
        found, failures, notes = learn_coefficients(smoother, batch, n_jobs)
        for i in range(batch.n_series):
            if i in failures:
                continue
            is_unknown = np.isnan(found.errors[i]) & (found.values[i] == 0.0)
            unknown = [names[j] for j in np.flatnonzero(is_unknown)]
            if unknown:
                listed = ", ".join(unknown[:_MOST_NAMED])
                more = len(unknown) - _MOST_NAMED
                note = UserWarning(
                    f"{name(i)} tells nothing of the effect of {listed}"
                    f"{f' and {more} more' if more > 0 else ''}: the same in all rows observed, or "
                    "a sum of columns before; the coefficient is 0"
                )
                notes.setdefault(i, []).append(note)
            elif np.isnan(found.errors[i]).any():
                note = UserWarning(
                    f"{name(i)} has too few observed values for as many coefficients as "
                    f"{len(names)}: there are no standard errors, and effects follow the noise"
                )
                notes.setdefault(i, []).append(note)
        return found, failures, notes


def _n_columns(features: Sequence[TimeFeatures]) -> int:
    """Return how many columns features make together."""
    return sum(one.n_columns for one in features)
