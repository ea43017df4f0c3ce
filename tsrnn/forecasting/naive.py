"""The yardsticks: forecasts that repeat the last value, the last season, or the mean change.

With season length m (1 where there is none) and drift d (0 where there is none), the prediction of
y_{T+h} is that of the last observed value of its season, plus d for every step since. Its error
after j seasons is the sum of j changes of variance sigma^2, and of j times what d is off by:

    last, seasonal    sigma^2 j,   j = ceil(h / m)                                      (1)
    drift             sigma^2 h (1 + h / (T - 1))                                       (2)

Source: Hyndman and Athanasopoulos, Forecasting: Principles and Practice, sections 5.2 and 5.5.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from tsrnn._input.numbers import AnyInt
from tsrnn._input.validation import check_choice, check_period
from tsrnn.exceptions import InvalidParameterError
from tsrnn.forecasting.answers import PerSeries
from tsrnn.forecasting.fitted_model import FittedModel
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.forecasting.infinities import beyond_floats
from tsrnn.forecasting.series_error import NumberedSeriesError

Strategy = Literal["last", "seasonal", "drift"]


class NaiveForecaster(Forecaster):
    """Forecast by repetition: the yardstick that every other method has to beat.

    Parameters
    ----------
    strategy : {"last", "seasonal", "drift"}
        Repeat the last value, the last season, or go on from the last value by the mean change.
    period : int or "auto"
        Time steps of a season, with `strategy="seasonal"`. "auto" is that of the time stamps: 12
        for months, 4 for quarters, 52 for weeks, 7 for days, 5 for business days, 24, 48 and 96
        for hours, halves and quarters of them, and 1 for all else. A season of which the series has
        fewer than two full periods is then not looked for. A period that is given must be shorter
        than the series.

    Attributes
    ----------
    fitted_values_, residuals_ : array, Series or DataFrame, shaped as y
        One-step-ahead predictions of the training series, NaN before there is a value to repeat.
    period_ : int
        The period that was taken; 1 for the other strategies.
    drift_ : float or (n_series,) array
        The mean change a step; 0 for the other strategies.
    sigma2_ : float or (n_series,) array
        The mean squared residual.

    Warns
    -----
    UserWarning
        With `period="auto"`, where the series is too short for the season of its time stamps, or
        has none but shows a season all the same (see `AutoExpSmoothingRNN`); and where a position
        of the season was never observed.

    Notes
    -----
    Regressors are accepted and ignored, as by scikit-learn's dummies. Intervals take changes to be
    independent and normal. For a position of the season at which nothing was ever observed, the
    last value of all stands in; a warning names it, and its interval is wider by how far the last
    values of other positions are from that.

    Examples
    --------
    >>> from tsrnn import NaiveForecaster
    >>> NaiveForecaster(strategy="seasonal", period=2).fit([1.0, 10.0, 2.0, 11.0]).predict(3)
    array([ 2., 11.,  2.])
    """

    drift_: PerSeries
    sigma2_: PerSeries

    def __init__(
        self, *, strategy: Strategy = "last", period: AnyInt | Literal["auto"] = "auto"
    ) -> None:
        self.strategy = strategy
        self.period = period

    def validate_parameters(self) -> None:
        """Refuse arguments; see `Forecaster.validate_parameters`."""
        check_choice("strategy", self.strategy, get_args(Strategy))
        check_period(self.period)
        if self.period not in ("auto", 1) and self.strategy != "seasonal":
            raise InvalidParameterError(
                f"period is {self.period}, but strategy={self.strategy!r} has no season: "
                "set strategy='seasonal'"
            )

    def _seeks_season(self) -> bool:
        return self.strategy == "seasonal" and super()._seeks_season()

    def _uses_regressors(self) -> bool:
        return False

    def fit_model(self, values, regressors):
        """Fit series; see `Forecaster.fit_model`."""
        n_timesteps, n_series = values.shape
        period = self._taken_period()
        drift = _mean_change(values) if self.strategy == "drift" else np.zeros(n_series)
        start = NaiveModel(
            last=np.full((period, n_series), np.nan),
            age=np.zeros((period, n_series)),
            drift=drift,
            sigma=np.zeros(n_series),
            n_changes=_spans(values) if self.strategy == "drift" else np.inf,
        )
        _, predictions, _ = start.advance(values)
        residuals = values - predictions
        n_residuals = np.count_nonzero(~np.isnan(residuals), axis=0)
        if not n_residuals.all():
            raise NumberedSeriesError(
                int(np.argmin(n_residuals)),
                f"has no value a season of {period} steps after another: take a longer series or a "
                "shorter period",
            )
        # Scaled, for squares of what a float can hold may be beyond it.
        unit = np.nanmax(np.abs(residuals), axis=0)
        unit[unit == 0.0] = 1.0
        # One after the other, so that what is missing before a series begins changes no rounding.
        squares = np.cumsum(np.nan_to_num(residuals / unit) ** 2, axis=0)[-1]
        sigma = unit * np.sqrt(squares / n_residuals)
        model, predictions, deviations = replace(start, sigma=sigma).advance(values)
        one = (lambda numbers: float(numbers[0])) if n_series == 1 else np.array
        with np.errstate(over="ignore", under="ignore"):
            sigma2 = sigma**2
        return model, predictions, deviations, {"drift_": one(drift), "sigma2_": one(sigma2)}


@dataclass(frozen=True)
class NaiveModel(FittedModel):
    """Values that are repeated.

    Attributes
    ----------
    last : (m, k) array
        Last observed values, the season of the next time step first.
    age : (m, k) array
        Seasons that have passed since, missing ones.
    drift : (k,) array
    sigma : (k,) array
        Standard deviation of a change.
    n_changes : (k,) array or float
        How many changes the drift is the mean of; infinity where it is known to be 0.
    """

    last: np.ndarray
    age: np.ndarray
    drift: np.ndarray
    sigma: np.ndarray
    n_changes: np.ndarray | float
    notes: tuple[Warning, ...] = ()

    def effect(self, regressors: np.ndarray) -> np.ndarray:
        """Return nothing: regressors are ignored."""
        return np.zeros((len(regressors), self.drift.size))

    def advance(self, values: np.ndarray) -> tuple[NaiveModel, np.ndarray, np.ndarray]:
        """See further values (n, k): the model then, one-step predictions, their deviations."""
        m, (n, k) = len(self.last), values.shape
        last, age = np.empty((m, k)), np.empty((m, k))
        predictions, steps = np.empty((n, k)), np.empty((n, k))
        for season in range(m):
            filled, ages = _carried(self.last[season], self.age[season], values[season::m])
            steps[season::m] = ages[:-1] + 1.0
            with np.errstate(over="ignore"):  # infinite beyond what a float holds
                predictions[season::m] = filled[:-1] + self.drift * steps[season::m]
            last[season], age[season] = filled[-1], ages[-1]
        turned = replace(self, last=np.roll(last, -n, axis=0), age=np.roll(age, -n, axis=0))
        return turned, predictions, self._deviation(steps)

    def forecast(self, horizon: int) -> np.ndarray:
        """Predict, (horizon, k)."""
        complete, _ = self._complete()
        return complete.advance(np.full((horizon, self.drift.size), np.nan))[1]

    def deviation(self, horizon: int) -> np.ndarray:
        """Return standard deviations of the forecast errors, (horizon, k)."""
        complete, spread = self._complete()
        deviation = complete.advance(np.full((horizon, self.drift.size), np.nan))[2]
        return np.hypot(deviation, spread[np.arange(horizon) % len(spread)])

    def simulate(
        self, horizon: int, n_paths: int, random_state: np.random.RandomState
    ) -> np.ndarray:
        """Draw futures with normal changes, (horizon, n_paths, k)."""
        m, k = self.last.shape
        complete, spread = self._complete()
        drift_error = random_state.standard_normal((n_paths, k)) / np.sqrt(self.n_changes)
        changes = random_state.standard_normal((horizon, n_paths, k)) + drift_error
        for season in range(min(m, horizon)):
            age = complete.age[season]
            missed = np.sqrt(age) * random_state.standard_normal((n_paths, k)) + age * drift_error
            changes[season] += missed
            changes[season::m] = np.cumsum(changes[season::m], axis=0)
        with np.errstate(over="ignore", invalid="ignore"):
            paths = self.forecast(horizon)[:, None, :] + self.sigma * changes
            for season in np.flatnonzero(spread[:horizon].any(axis=1)).tolist():
                paths[season::m] += spread[season] * random_state.standard_normal((n_paths, k))
        return beyond_floats(paths)

    def _complete(self) -> tuple[NaiveModel, np.ndarray]:
        """Let the last value of all stand for positions of the season without any.

        And say how far off those may be, (m, k): what the last values of others differ from it by.
        """
        unseen = np.isnan(self.last)
        if not unseen.any():
            return self, np.zeros_like(self.last)
        m = len(self.last)
        ahead = np.arange(1.0, m + 1.0)[:, None]
        # How many steps before the end each was observed.
        before = np.where(unseen, np.inf, self.age * m + m - ahead)
        latest = before.argmin(axis=0)[None]
        value = np.take_along_axis(self.last, latest, axis=0)
        age = np.ceil((before.min(axis=0) + ahead) / m) - 1.0
        far = np.where(unseen, 0.0, self.last - value)
        unit = np.maximum(np.abs(far).max(axis=0), np.finfo(float).tiny)
        spread = unit * np.sqrt(((far / unit) ** 2).sum(axis=0) / (~unseen).sum(axis=0))
        complete = replace(
            self, last=np.where(unseen, value, self.last), age=np.where(unseen, age, self.age)
        )
        return complete, np.where(unseen, spread, 0.0)

    def _deviation(self, steps: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore"):
            return self.sigma * np.sqrt(steps * (1.0 + steps / self.n_changes))  # (1), (2)


def _carried(
    last: np.ndarray, age: np.ndarray, values: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the last observed values before and after each row, (n + 1, k), and their ages."""
    rows = np.concatenate([last[None], values])
    number = np.arange(len(rows))[:, None]
    observed = np.where(np.isnan(rows), 0, number)
    source = np.maximum.accumulate(observed, axis=0)
    ages = number - source + np.where(source == 0, age, 0.0)
    return np.take_along_axis(rows, source, axis=0), ages


def _mean_change(values: np.ndarray) -> np.ndarray:
    """Return the slope of the line through the first and the last value of each series."""
    ends = [y[~np.isnan(y)][[0, -1]] for y in values.T]
    return np.array([last - first for first, last in ends]) / _spans(values)


def _spans(values: np.ndarray) -> np.ndarray:
    """Return how many steps lie between the first and the last value of each series, (k,)."""
    observed = [np.flatnonzero(~np.isnan(y)) for y in values.T]
    return np.array([float(rows[-1] - rows[0]) for rows in observed])
