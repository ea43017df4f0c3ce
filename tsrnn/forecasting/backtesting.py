"""Backtests of one series or several: forecasts from points in their past, beside what came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from tsrnn._input.frames import opened
from tsrnn._input.series import is_single, read_series
from tsrnn._input.validation import check_count, check_level
from tsrnn._time.grid import is_time_index, training_grid
from tsrnn._time.labels import same_labels
from tsrnn.exceptions import InvalidParameterError
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.forecasting.rows import as_rows


def backtest(
    forecaster: Any,
    y: Any,
    X: Any = None,
    *,
    horizon: int,
    n_windows: int = 5,
    step_size: int | None = None,
    refit: bool | int = True,
    max_train: int | None = None,
    gap: int = 0,
    level: Any = None,
) -> pd.DataFrame:
    """Forecast a series from points in its past, and put beside it what came.

    The last point lies `horizon` steps before the end of the series, with a gap so many more, the
    others `step_size` steps apart before it. From each the forecaster sees nothing of what follows.
    `tsrnn.metrics.evaluate` makes scores of the answer, by model, step or cutoff. For many series
    of unequal lengths there is `PanelForecaster.cross_validation`.

    Parameters
    ----------
    forecaster : forecaster or scikit-learn regressor
        Whatever is fitted to rows in the order of time: a forecaster of this package, a pipeline or
        search around one, or a regressor on `X`. It is cloned, and not changed.
    y : array-like of shape (n_timesteps,) or (n_timesteps, n_series), Series or DataFrame
        The series, as for the forecasters' `fit`; NaN is a missing value.
    X : array-like of shape (n_timesteps, n_features), optional
        Regressors known in advance, one row a time step; a forecast reads those of its steps.
    horizon : int
        Steps to forecast from each point.
    n_windows : int, default=5
        How many points.
    step_size : int, optional
        Steps between them; `horizon` by default.
    refit : bool or int, default=True
        True fits at every point, False only at the first (from there the forecaster is moved on by
        its `update`, parameters kept), an integer at every so many.
    max_train : int, optional
        How many values a fit sees at most, the last ones before its point; all by default.
    gap : int, default=0
        Steps between a point and the first step that is forecast, such as days until figures are
        known.
    level : float or sequence of float, optional
        Levels of prediction intervals, as fractions.

    Returns
    -------
    frame : DataFrame
        A row a point and step, with the columns cutoff (the last time stamp that was known), step
        (how many steps after it: from 1, or with a gap from the one that follows it), time, y and
        forecast. Time stamps are those of the index of `y`, or positions where it has none. Of one
        level the bounds are the columns lower and upper, of a sequence of levels lower-80, upper-80
        and so on, in percent. Of several series the first column is series, its name or position,
        and rows are sorted by it. Of a `y` of polars or pyarrow it is a frame of that library.

    Raises
    ------
    ValueError
        If the series is too short for the windows, its index not regular, an argument out of range,
        two series have one name, a regressor of scikit-learn's is given without `X`,
        or a forecast not of the time steps that it should be of; and whatever a fit refuses.
    TypeError
        If `forecaster` has no `fit` and `predict`; if `level`, or `refit` other than True, is asked
        of what is no forecaster of this package.

    Examples
    --------
    >>> from tsrnn import DoubleExpSmoothingRNN, backtest
    >>> from tsrnn.datasets import load_co2
    >>> frame = backtest(
    ...     DoubleExpSmoothingRNN(), load_co2(adjusted=True), horizon=2, n_windows=2, level=0.8
    ... )
    >>> frame.round({"y": 1, "forecast": 1, "lower": 1, "upper": 1})
          cutoff  step       time      y  forecast  lower  upper
    0 2001-08-01     1 2001-09-01  371.1     371.2  370.8  371.5
    1 2001-08-01     2 2001-10-01  371.3     371.3  370.9  371.7
    2 2001-10-01     1 2001-11-01  371.3     371.4  371.1  371.7
    3 2001-10-01     2 2001-12-01  371.6     371.5  371.1  371.9
    """
    check_forecaster(forecaster)
    windows = Windows.read(horizon, n_windows, step_size, refit, max_train, gap)
    levels = _levels(level)
    if not isinstance(forecaster, Forecaster):
        _refuse_of_others(forecaster, levels, windows.every)
    y, kind = opened(y, "y")
    data = Rows.read(y, X)
    needs_columns = X is None and not _holds_forecaster(forecaster)
    if data.n_timesteps - windows.span < 2:
        raise ValueError(
            f"y has {data.n_timesteps} rows, too few: {windows.in_words} take the last "
            f"{windows.span}, and two values before them; set n_windows, horizon or step_size lower"
        )
    ends = windows.ends(data.n_timesteps)
    shape = (windows.n_windows, windows.horizon, 1 + 2 * len(levels), data.n_series)
    answers = np.empty(shape)
    model: Any = None
    for number, end in enumerate(ends.tolist()):
        if windows.is_fitted(number):
            try:
                model = data.fit(clone(forecaster), windows.starts(end), end)
            except (TypeError, ValueError) as error:
                if not needs_columns:
                    raise
                raise ValueError(
                    f"X must be given for {type(forecaster).__name__}, which is no forecaster and "
                    f"learns from its columns; without it: {error}"
                ) from error
        else:
            model = data.move_on(model, end - windows.step, end)
        answers[number, :, :1] = data.forecast(model, end, windows.ahead)[windows.gap :]
        for i, one in enumerate(levels):
            bounds = data.bounds(model, end, windows.ahead, one)[windows.gap :]
            answers[number, :, 1 + 2 * i : 3 + 2 * i] = bounds
    names = ["forecast", *_bound_names(level, levels)]
    columns = dict(zip(names, np.moveaxis(answers, 2, 0), strict=True))
    return kind.answer(data.frame(ends, windows.gap, columns))


@dataclass(frozen=True)
class Windows:
    """Points in the past of series that forecasts are made from, and what is known there.

    Attributes
    ----------
    horizon : int
        Steps that are forecast from each.
    n_windows : int
        How many points.
    step : int
        Steps between them.
    every : int
        At every how many of them there is a fit.
    max_train : int or None
        Rows that a fit sees at most.
    gap : int
        Steps between a point and the first that is forecast.
    """

    horizon: int
    n_windows: int
    step: int
    every: int
    max_train: int | None
    gap: int

    @classmethod
    def read(
        cls,
        horizon: Any,
        n_windows: Any,
        step_size: Any,
        refit: Any,
        max_train: Any,
        gap: Any,
        name: str = "horizon",
    ) -> Windows:
        """Read arguments as users give them, the horizon by its name."""
        horizon, n_windows = check_count(name, horizon), check_count("n_windows", n_windows)
        step = horizon if step_size is None else check_count("step_size", step_size)
        if isinstance(refit, bool | np.bool_):
            every = 1 if refit else n_windows
        else:
            every = check_count("refit", refit)
        longest = None if max_train is None else check_count("max_train", max_train, 2)
        return cls(horizon, n_windows, step, every, longest, check_count("gap", gap, 0))

    @property
    def ahead(self) -> int:
        """Steps from a point to the last that is forecast."""
        return self.gap + self.horizon

    @property
    def span(self) -> int:
        """Steps from the first point to the end of the series."""
        return self.ahead + self.step * (self.n_windows - 1)

    @property
    def n_fits(self) -> int:
        """The number of fits of each series."""
        return -(-self.n_windows // self.every)

    @property
    def in_words(self) -> str:
        """Windows, as the subject of a sentence about what they take."""
        after = f", {self.gap} after their points," if self.gap else ""
        return f"{self.n_windows} window(s) of {self.horizon} steps{after}"

    def ends(self, n_rows: Any) -> np.ndarray:
        """Return the row after each point, (n_windows,), of so many rows; with theirs first."""
        return np.asarray(n_rows)[..., None] - self.span + self.step * np.arange(self.n_windows)

    def starts(self, ends: Any, first: Any = 0) -> Any:
        """Return the first rows that fits see, of series whose first row is known."""
        return first if self.max_train is None else np.maximum(first, ends - self.max_train)

    def is_fitted(self, number: int) -> bool:
        """Tell whether there is a fit at a point."""
        return number % self.every == 0


@dataclass(frozen=True)
class Rows:
    """Rows of series and regressors, cut at points in time; see `backtest`.

    `series` and `regressors` are what a forecaster is given rows of, `index` what these are called.
    """

    series: Any
    regressors: Any
    values: np.ndarray
    index: pd.Index
    names: pd.Index | None

    @classmethod
    def read(cls, y: Any, X: Any) -> Rows:
        """Read what a user passes as series and regressors."""
        values, layout, index = read_series(y)
        if layout.names is not None and not layout.names.is_unique:
            twice = layout.names[layout.names.duplicated()][0]
            raise ValueError(f"y has two columns {twice!r}: give each series a name of its own")
        n_timesteps = len(values)
        X = as_rows(X)
        if isinstance(X, list | tuple):
            X = np.asarray(X)
        if X is not None and X.shape[0] != n_timesteps:
            raise ValueError(f"X has {X.shape[0]} rows, but there are {n_timesteps} time steps")
        training_grid(index, X, n_timesteps)  # refuses what is not in order
        if index is None:
            has_index = isinstance(X, pd.DataFrame)
            index = X.index if has_index else pd.RangeIndex(n_timesteps)
        series = y if layout.is_pandas else values[:, 0] if layout.is_flat else values
        return cls(series, X, values, index, layout.names)

    @property
    def n_timesteps(self) -> int:
        """Length of the series."""
        return len(self.values)

    @property
    def n_series(self) -> int:
        """Number of series."""
        return self.values.shape[1]

    def fit(self, model: Any, start: int, end: int) -> Any:
        """Fit a forecaster to the rows between two points."""
        if isinstance(model, Forecaster) and self.regressors is None:
            return model.fit(_cut(self.series, start, end))
        return model.fit(self._given(start, end), _cut(self.series, start, end))

    def move_on(self, model: Forecaster, start: int, end: int) -> Forecaster:
        """Move a forecaster on through the rows between two points."""
        X = None if self.regressors is None else self._given(start, end)
        return model.update(_cut(self.series, start, end), X)

    def forecast(self, model: Any, end: int, horizon: int) -> np.ndarray:
        """Forecast the rows that follow a point, (horizon, 1, n_series)."""
        answer = model.predict(self._asked(model, end, horizon))
        values = self._checked(answer, end, horizon, 1)
        return values.reshape(horizon, 1, self.n_series)

    def bounds(self, model: Forecaster, end: int, horizon: int, level: float) -> np.ndarray:
        """Return the bounds of intervals of these forecasts, (horizon, 2, n_series)."""
        answer = model.predict_interval(self._asked(model, end, horizon), level=level)
        values = self._checked(answer, end, horizon, 2)
        if isinstance(answer, pd.DataFrame):  # which has both bounds of a series side by side
            return values.reshape(horizon, self.n_series, 2).transpose(0, 2, 1)
        return values.reshape(horizon, 2, self.n_series)

    def frame(self, ends: np.ndarray, gap: int, columns: dict[str, np.ndarray]) -> pd.DataFrame:
        """Lay answers out, of shape (n_windows, horizon, n_series) each."""
        n_windows, horizon, n_series = columns["forecast"].shape
        ahead = np.arange(gap, gap + horizon)
        rows = np.tile((ends[:, None] + ahead).ravel(), n_series)
        steps = np.tile(ahead + 1, n_windows * n_series)
        of_series = np.repeat(np.arange(n_series), n_windows * horizon)
        names = pd.RangeIndex(n_series) if self.names is None else self.names
        series = {"series": names.take(of_series)} if n_series > 1 else {}
        return pd.DataFrame(
            {
                **series,
                "cutoff": self.index.take(rows - steps),
                "step": steps,
                "time": self.index.take(rows),
                "y": self.values[rows, of_series],
                **{name: np.moveaxis(part, 2, 0).ravel() for name, part in columns.items()},
            }
        )

    def _given(self, start: int, end: int) -> Any:
        """Return the regressors between two points, or rows that only have their labels."""
        if self.regressors is None:
            return pd.DataFrame(index=self.index[start:end])
        return _cut(self.regressors, start, end)

    def _asked(self, model: Any, end: int, horizon: int) -> Any:
        if isinstance(model, Forecaster) and self.regressors is None:
            return horizon
        return self._given(end, end + horizon)

    def _checked(self, answer: Any, end: int, horizon: int, n_columns: int) -> np.ndarray:
        """Return what a forecaster answers as an array: it must be of the rows that follow."""
        following = self.index[end : end + horizon]
        if isinstance(answer, pd.Series | pd.DataFrame) and is_time_index(following):
            if not same_labels(answer.index, following):
                raise ValueError(
                    f"after the rows up to {self.index[end - 1]} the forecaster answers for "
                    f"{list(answer.index[:2])} and so on, not for {list(following[:2])}: its "
                    "training rows do not tell the steps of the series; give them a freq, or take "
                    "fewer windows"
                )
        values = np.asarray(answer, dtype=float)
        if len(values) != horizon or values.size != horizon * n_columns * self.n_series:
            raise ValueError(
                f"the forecaster answers with the shape {values.shape} to {horizon} rows of "
                f"{self.n_series} series"
            )
        return values


def _cut(rows: Any, start: int, end: int) -> Any:
    return rows.iloc[start:end] if isinstance(rows, pd.Series | pd.DataFrame) else rows[start:end]


def _levels(level: Any) -> list[float]:
    """Read levels of intervals."""
    if level is None:
        return []
    levels = [check_level(one) for one in ([level] if is_single(level) else list(level))]
    if not levels or len(set(levels)) < len(levels):
        raise InvalidParameterError(f"level must be different fractions, one at least, got {level}")
    if not is_single(level):
        names = [f"{100.0 * one:g}" for one in levels]
        unlike = [name for name in names if "e" in name or not 0.0 < float(name) < 100.0]
        if unlike or len(set(names)) < len(names):
            raise InvalidParameterError(
                f"level must be fractions that name columns, of which six digits of percents are "
                f"taken: {level} would be {names}"
            )
    return levels


def bound_names(percent: float) -> list[str]:
    """Return what the columns of an interval's two bounds are called."""
    return [f"lower-{percent:g}", f"upper-{percent:g}"]


def _bound_names(level: Any, levels: list[float]) -> list[str]:
    """Return what the columns of bounds are called; of one level by itself without it."""
    if is_single(level):
        return ["lower", "upper"] if levels else []
    return [name for one in levels for name in bound_names(100.0 * one)]


def _holds_forecaster(estimator: Any) -> bool:
    """Tell whether an estimator is a tool around a forecaster, which needs no regressors."""
    parts = estimator.get_params().values() if hasattr(estimator, "get_params") else []
    return any(isinstance(part, Forecaster) for part in (estimator, *parts))


def check_forecaster(forecaster: Any) -> None:
    """Refuse what cannot be fitted to rows in the order of time."""
    wanted = "forecaster must be a forecaster such as DoubleExpSmoothingRNN(), or a regressor"
    if isinstance(forecaster, type):
        raise TypeError(f"{wanted}, got the class {forecaster.__name__}: make one of it")
    methods = [callable(getattr(forecaster, name, None)) for name in ("fit", "predict")]
    if not all(methods):
        raise TypeError(f"{wanted}, with fit and predict, got {forecaster!r}")
    if callable(getattr(forecaster, "cross_validation", None)):
        raise TypeError(
            f"{wanted}, got {type(forecaster).__name__}, whose backtest is its cross_validation"
        )


def _refuse_of_others(forecaster: Any, levels: list[float], every: int) -> None:
    """Refuse what only the package's forecasters can do."""
    kind = type(forecaster).__name__
    if levels:
        raise TypeError(f"level is for forecasters with intervals of their own, not for {kind}")
    if every > 1:
        raise TypeError(f"refit must be True: {kind} has no update that moves it on")
