"""Forecasts of the seasonally adjusted series, with the season put back: as the M competitions do.

What is a season, which series are adjusted, and the source: see `tsrnn.forecasting.season`, and of
several seasons `tsrnn.forecasting.several_seasons`. The forecaster of adjusted series estimates its
own coefficients of regressors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from sklearn.base import clone

from tsrnn._input.numbers import AnyInt
from tsrnn._input.validation import check_choice, check_flag, check_period, check_periods
from tsrnn._time.season_length import LONGEST, Season
from tsrnn.compose.inner import InnerFit, fit_inner, refuse_no_forecaster
from tsrnn.exceptions import InvalidParameterError
from tsrnn.forecasting.answers import PerSeries
from tsrnn.forecasting.deseasonalized import DeseasonalizedModel
from tsrnn.forecasting.fitted_model import Either, PanelModel
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.forecasting.season import Seasons, find_season
from tsrnn.forecasting.several_seasons import SeveralSeasons, decompose
from tsrnn.smoothing.double import DoubleExpSmoothingRNN

SeasonalModel = Literal["mul", "add"]

# What is left when the season is taken off.
_ADJUSTED = Season(1, "seasonally adjusted series")

# What adjusted series are forecast by where nothing is said of it.
_DEFAULT = DoubleExpSmoothingRNN(damped=True, prior="cautious")


class _Found(NamedTuple):
    """The seasons of N series.

    Attributes
    ----------
    seasons : Seasons or SeveralSeasons
        As they go on, those of the first row first.
    factor, offset : (n_rows,) arrays
        Of the rows of all series, one after the other.
    is_taken : (N, n_seasons) array
        Which are taken off.
    """

    seasons: Seasons | SeveralSeasons
    factor: np.ndarray
    offset: np.ndarray
    is_taken: np.ndarray

    def end(
        self, model: Either, n_steps: int | np.ndarray, *n_jobs: int | None
    ) -> Seasons | SeveralSeasons:
        """Return the seasons after so many steps, with what they add to errors of a model."""
        seasons = self.seasons.after(n_steps)
        if isinstance(seasons, Seasons):
            return seasons
        deviation = model.deviation(1, *n_jobs)[0]
        return replace(seasons, spread=seasons.spread * np.where(deviation > 0.0, deviation, 0.0))

    @property
    def is_seasonal(self) -> np.ndarray:
        """A mask of the series that are adjusted, (N,)."""
        return np.asarray(self.is_taken.any(axis=1))


class DeseasonalizedForecaster(Forecaster):
    """Take the season off, or several, forecast what is left, put the season back.

    Parameters
    ----------
    forecaster : forecaster or None
        Fitted, as a clone, to the seasonally adjusted series. With `NaiveForecaster()` this is the
        M competitions' Naive2. What is left has no season, so where the period of this forecaster
        is "auto" it is 1. None is `DoubleExpSmoothingRNN(damped=True, prior="cautious")`, see the
        notes.
    period : int, "auto" or tuple of int
        Time steps of a season; 1 for no season. "auto" is that of the time stamps: 12 for months, 4
        for quarters, 52 for weeks, 7 for days, 5 for business days, 24, 48 and 96 for hours, halves
        and quarters of them, and 1 for all else. A season of which the series has fewer than two
        full periods is not looked for. A tuple is several seasons, such as those of the day and of
        the week, `(24, 168)`, of hourly data.
    model : {"mul", "add"}
        Whether the season multiplies the series, which must be positive then, or is added to it.
    test : bool
        Adjust a series only if its autocorrelation at the lag of the season is significant at 90%,
        and it has three seasons; otherwise adjust every series that has two. Shorter ones are
        forecast as they are. Of several seasons each is tested in the series without those that
        were found, the short ones first.

    Attributes
    ----------
    period_ : int or tuple of int
        The period that was looked for; 1 for none. Of several seasons those that were given; a
        panel tells the longest.
    is_seasonal_ : bool or (n_series,) array
        Whether a series was adjusted. Of several seasons an array, (n_seasons,) or
        (n_series, n_seasons): for which of them.
    seasonal_indices_ : (period,) or (n_series, period) array
        The season that begins at the first time step of the series; ones ("mul") or zeros ("add")
        where it was not adjusted. Of several seasons a tuple with an array for each, as they go on
        after the series.
    forecaster_ : forecaster
        The clone, as `fit` left it: it holds plain arrays, and `update` does not move it.
    fitted_values_, residuals_ : array, Series or DataFrame, shaped as y
        One-step-ahead predictions of the training series, season included. The season is that of
        the whole series, so the first of them know more than forecasts do.

    Warns
    -----
    UserWarning
        For a series that is not adjusted because it has values that are not positive and the model
        is multiplicative, or because of one value beside which the season is not significant, or,
        without the test or with several seasons, because it is too short; or of fewer than five
        seasons that are plainly alike, in which the test overlooks a smooth one.
        With `period="auto"` as `AutoExpSmoothingRNN` warns.

    Notes
    -----
    Every series has its own test and indices. Missing values are left out of the test; for the
    decomposition they are interpolated between the same seasons of the years around. Regressors
    are handed on to the forecaster, and add to the series beside the season, whose test and indices
    are those of the series net of them. What they add is told from the season by their changes from
    one step to the next that are not those of a season before: a regressor that does the same in
    every season is no other than the season. Where a multiplicative season is taken off, they are
    accepted with one series only. Intervals do not know that the indices of one season are
    estimates.

    One season has the same indices in every year, by the classical decomposition [1]_. Several are
    those of MSTL [2]_ as statsmodels has it, of the logarithms with `model="mul"`: they change
    along the series, and the last of each is carried on. Intervals, quantiles and paths are wider
    by what MSTL takes of noise and adds to it. A series shows a season if it has a step more than
    two of it. MSTL takes 60 ms for 700 hours with the seasons of the day and of the week, a panel's
    one series after the other.

    On the last two days of the training parts of M4's hourly series, held back, both seasons
    together had a third less of error (OWA) than that of the day, and it mattered little what
    forecast the rest: with the damped trend OWA was 0.511, with the theta method 0.507, with
    automatic smoothing 0.525 (`benchmarks/several_seasons.py`). The damped trend is the default
    since it takes regressors, and was the best on adjusted series of M3.

    References
    ----------
    .. [1] S. Makridakis, E. Spiliotis, V. Assimakopoulos (2020). The M4 Competition: 100,000 time
       series and 61 forecasting methods. International Journal of Forecasting, 36(1), 54-74.
    .. [2] K. Bandara, R. J. Hyndman, C. Bergmeir (2025). MSTL: a seasonal-trend decomposition
       algorithm for time series with multiple seasonal patterns. International Journal of
       Operational Research, 52(1), 79-98.

    Examples
    --------
    >>> from tsrnn import DeseasonalizedForecaster, NaiveForecaster
    >>> naive2 = DeseasonalizedForecaster(NaiveForecaster(), period=2)
    >>> naive2.fit([8.0, 12.0] * 6).seasonal_indices_
    array([0.8, 1.2])
    >>> naive2.predict(3)
    array([ 8., 12.,  8.])
    """

    is_seasonal_: PerSeries
    seasonal_indices_: Any
    forecaster_: Any

    def __init__(
        self,
        forecaster: Forecaster | None = None,
        *,
        period: AnyInt | Literal["auto"] | Sequence[int] = "auto",
        model: SeasonalModel = "mul",
        test: bool = True,
    ) -> None:
        self.forecaster = forecaster
        self.period: Any = period
        self.model = model
        self.test = test

    def validate_parameters(self) -> None:
        """Refuse arguments; see `Forecaster.validate_parameters`."""
        if isinstance(self.forecaster, int | list | tuple):
            raise InvalidParameterError(
                f"forecaster must be a forecaster of this library, got {self.forecaster!r}: name "
                f"a season, as in DeseasonalizedForecaster(period={self.forecaster!r})"
            )
        refuse_no_forecaster(self._given())
        if self._has_several():
            check_periods(self.period)
        else:
            check_period(self.period)
        check_choice("model", self.model, get_args(SeasonalModel))
        check_flag("test", self.test)

    def _seeks_season(self) -> bool:
        return isinstance(self.period, str) and self.period == "auto"

    def _in_season(self, season: Season) -> Forecaster:
        return clone(self).set_params(period=season.taken) if self._seeks_season() else self

    def _has_season(self) -> bool:
        return False

    def _given(self) -> Forecaster:
        """Return the forecaster of adjusted series."""
        return _DEFAULT if self.forecaster is None else self.forecaster

    def _inner(self) -> Forecaster:
        """Return what to fit to adjusted series."""
        forecaster = clone(self._given())
        forecaster.validate_parameters()
        return clone(forecaster._in_season(_ADJUSTED))

    def fit_model(self, values, regressors):
        """Fit series; see `Forecaster.fit_model`."""
        notes: list[Warning] = []
        X = self._used(regressors)
        found = self._found(
            [(y, X, f"series {i}", notes) for i, y in enumerate(values.T)],
            np.arange(values.shape[1] + 1) * len(values),
        )
        factor, offset = (
            np.ascontiguousarray(part.reshape(values.T.shape).T)
            for part in (found.factor, found.offset)
        )
        is_seasonal = found.is_seasonal
        inner = self._fit_inner((values - offset) / factor, regressors, factor, is_seasonal)
        constant = np.zeros(is_seasonal.size)
        if self.model == "mul" and is_seasonal.any() and regressors.shape[1]:
            constant = inner.model.effect(np.zeros((1, regressors.shape[1])))[0]
        end = found.end(inner.model, len(values))
        model = DeseasonalizedModel(inner.model, end, constant, notes=(*notes, *inner.model.notes))
        predictions = (inner.predictions + constant) * factor + offset
        attributes = self._told(found) | {"forecaster_": inner.forecaster}
        return model, predictions, inner.deviations * factor, attributes

    def fit_panel(self, values, offsets, regressors, n_jobs=None, progress=None) -> PanelModel:
        """Fit the series of a panel; see `Forecaster.fit_panel`."""
        notes: dict[int, list[Warning]] = {i: [] for i in range(len(offsets) - 1)}
        X = self._used(regressors)
        ends = enumerate(zip(offsets[:-1], offsets[1:], strict=True))
        found = self._found(
            [(values[i:j], X[i:j], "the series", notes[k]) for k, (i, j) in ends], offsets
        )
        factor, offset, is_seasonal = found.factor, found.offset, found.is_seasonal
        inner = self._inner().fit_panel(
            (values - offset) / factor, offsets, regressors / factor[:, None], n_jobs, progress
        )
        constant = np.zeros(is_seasonal.size)
        if self.model == "mul" and regressors.shape[1]:
            nowhere = np.zeros((is_seasonal.size, regressors.shape[1]))
            effect = inner.effect(nowhere, np.arange(is_seasonal.size + 1))
            constant = np.where(is_seasonal, effect, 0.0)
        all_notes = {
            i: (*own, *inner.notes.get(i, ()))
            for i, own in notes.items()
            if i not in inner.failures and (own or i in inner.notes)
        }
        end = found.end(inner, np.diff(offsets), n_jobs)
        return DeseasonalizedModel(inner, end, constant, inner.failures, all_notes)

    def _has_several(self) -> bool:
        return isinstance(self.period, tuple | list)

    def _taken_period(self) -> int:
        # What others do by the length of a season they do by the longest.
        return max(map(int, self.period)) if self._has_several() else super()._taken_period() or 1

    def _needed_steps(self) -> int:
        # What a series is too short to tell of is not taken off; a slip would be large arrays.
        longest = 1 if self._seeks_season() else self._taken_period()
        return max(longest if longest > LONGEST else 1, self._given()._needed_steps())

    def _would_take(self, period: int, n_observed: int) -> bool:
        return False

    def _uses_regressors(self) -> bool:
        return self._given()._uses_regressors()

    def _used(self, regressors: np.ndarray) -> np.ndarray:
        """Return the regressors that the forecaster uses: what they add is no season."""
        return regressors if self._uses_regressors() else regressors[:, :0]

    def _found(
        self, series: list[tuple[np.ndarray, np.ndarray, str, list[Warning]]], offsets: np.ndarray
    ) -> _Found:
        """Look for the seasons of series net of regressors.

        Each comes with its regressors, its name, and the notes that what is said of it goes to.
        """
        if self._has_several():
            return self._several_found(series)
        taken = []
        for y, X, name, notes in series:
            indices, reason = find_season(y, X, self.period, self.model, test=self.test)
            if reason is not None:
                notes.append(UserWarning(f"{name} is not seasonally adjusted: {reason}"))
            taken.append(indices)
        neutral = np.full(self.period, 1.0 if self.model == "mul" else 0.0)
        indices = np.array([neutral if one is None else one for one in taken])
        seasons = Seasons.of(indices, self.model)
        return _Found(
            seasons, *seasons.along(offsets), np.array([[one is not None] for one in taken])
        )

    def _several_found(
        self, series: list[tuple[np.ndarray, np.ndarray, str, list[Warning]]]
    ) -> _Found:
        """Look for several seasons of series."""
        each = []
        for y, X, name, notes in series:
            each.append(decompose(y, X, self.period, self.model, test=self.test))
            notes += [UserWarning(f"{name} {reason}") for reason in each[-1].reasons]
        cycles = zip(*(one.cycles for one in each), strict=True)
        parts = tuple(Seasons.of(np.array(part), self.model) for part in cycles)
        seasons = SeveralSeasons(parts, np.array([one.widening for one in each]))
        along = np.concatenate([one.along for one in each])
        neutral = Seasons.of(along, self.model)
        return _Found(
            seasons, neutral.factor, neutral.offset, np.array([one.is_taken for one in each])
        )

    def _told(self, found: _Found) -> dict[str, Any]:
        """Return the fitted attributes that tell of seasons."""
        seasons = found.seasons
        parts = seasons.parts if isinstance(seasons, SeveralSeasons) else (seasons,)
        indices = [part.factor if self.model == "mul" else part.offset for part in parts]
        taken = found.is_taken
        if len(taken) == 1:
            indices, taken = [one[0] for one in indices], taken[0]
        if self._has_several():
            period = tuple(map(int, self.period))
            return {"is_seasonal_": taken, "seasonal_indices_": tuple(indices), "period_": period}
        is_seasonal = taken[..., 0]
        return {
            "is_seasonal_": bool(is_seasonal) if is_seasonal.ndim == 0 else is_seasonal,
            "seasonal_indices_": indices[0],
        }

    def _fit_inner(
        self,
        adjusted: np.ndarray,
        regressors: np.ndarray,
        factor: np.ndarray,
        is_seasonal: np.ndarray,
    ) -> InnerFit:
        """Fit a clone of the forecaster to series from which seasons were taken off."""
        n_series = is_seasonal.size
        if regressors.shape[1] and self.model == "mul" and is_seasonal.any():
            if n_series > 1:
                raise ValueError(
                    f"series {int(np.argmax(is_seasonal))} has a multiplicative season: with "
                    f"regressors fit the {n_series} series one by one, or set model='add'"
                )
            # y = s z + X b is y / s = z + (X / s) b: so what they add has no season.
            regressors = regressors / factor
        return fit_inner(self._inner(), adjusted, regressors)
