"""Frames of past forecasts, as backtests give them, turned into tables of scores."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from tsrnn.metrics.columns import (
    Bounds,
    Columns,
    bounds_of,
    columns_of,
    each_model,
    keys_of,
    models_of,
    read_frame,
    refuse_repeated,
    with_steps,
)
from tsrnn.metrics.reading import check_period, numbers
from tsrnn.metrics.shared import forecast_by_all
from tsrnn.metrics.table import METRICS, Interval, Rows, needs_of, terms_of
from tsrnn.metrics.terms import ratio
from tsrnn.metrics.training import Scales, has_scale, scales_of


def evaluate(
    frame: Any,
    metrics: str | Sequence[str] | None = None,
    by: Hashable | Sequence[Hashable] | None = None,
    *,
    y_train: Any = None,
    period: int | Literal["auto"] = "auto",
    level: float | None = None,
    id_col: Hashable | None = None,
    time_col: Hashable | None = None,
    target_col: Hashable = "y",
) -> pd.DataFrame:
    """Score the forecasts of a frame, as backtests give them.

    In each row of the answer the errors of a series are averaged, whatever their cutoff and step,
    and then the averages over the series. Only "wape" and "weighted_quantile_loss" are ratios of
    sums over all series. Rows whose value is missing are left out; where there is no other, the
    score is NaN. Models in columns are compared on the same windows: those of a series and cutoff
    that one of them has no forecast for, since its fit failed, are left out for all. Rows that name
    their models are all scored, and a warning tells of models in different windows.

    Parameters
    ----------
    frame : DataFrame
        As `tsrnn.backtest` and `PanelForecaster.cross_validation` give it. Models are the columns
        of numbers that are none of those named here, so that the frames of several may be merged;
        the column forecast of a backtest is one. It may be of polars or pyarrow, and so is the
        answer then. Frames of backtests may also lie one below the
        other, with a column model. Bounds of intervals are the columns lower and upper, or, by
        percents, lower-80 and upper-80, of the column forecast or of a model that is the only one;
        auto-lo-80 and auto-hi-80 are those of a model auto.
    metrics : str or sequence of str, optional
        Names of

        - "mae", "rmse", "smape", "wape", "bias";
        - with `y_train`, "mase", "rmsse";
        - of intervals, one column a level, "coverage", "winkler_score", and with `y_train` "msis";
        - of quantiles, "pinball_loss", "weighted_quantile_loss", "crps", and with `y_train`
          "scaled_quantile_loss". The quantiles are the bounds of all intervals, and the forecast is
          the median: levels 20, 40, 60 and 80 make the deciles.

        By default mae, rmse and smape, and mase with `y_train`.
    by : label or sequence of labels, optional
        Columns by which rows are told apart, such as "step", "cutoff", "series" or "unique_id", or
        others that say what a series is. A frame without the column step has steps all the same.
        None gives a row a model.
    y_train : array-like, Series or DataFrame, optional
        The series that errors are measured by, for metrics that are scaled: the y that was given to
        `backtest`, or the long frame. Of each series what lies behind a cutoff is not looked at;
        with a frame that has no cutoffs all of it is. One row a time step, up to the last cutoff at
        least; labels that are no time stamps have the order of its rows.
    period : int or "auto", default="auto"
        Number of time steps in a season, for metrics that are scaled. "auto" takes for each series
        that of its time stamps in `y_train`, as forecasters do: 12 for months, and 1 where there
        are no dates, or fewer than two seasons of values up to the first cutoff.
    level : float, optional
        The level of the columns lower and upper, a fraction; "coverage" does without.
    id_col, time_col, target_col : label, optional
        What the columns of series, time stamps and values are called: series, time and y, or
        unique_id, ds and y, by default.

    Returns
    -------
    scores : DataFrame
        The columns model, those of `by`, and one for each metric.

    Raises
    ------
    ValueError
        If a column is not there, or it is not clear what one is; if a forecast is infinite, or
        missing beside others of its window, where a value is observed; if a bound is missing
        there or above the other, or infinite with metrics of quantiles; if no window is forecast by
        all models; if there are two rows of a model for the same series, cutoff and time; if a
        metric needs what is not given, or something is given that no metric needs.
    TypeError
        If `frame` is no DataFrame, a metric a function, or `period` neither an int nor "auto".

    Warns
    -----
    UserWarning
        Of windows that some models do not forecast, and which these are; if dates of `y_train` lie
        on no regular grid, so that "auto" takes 1.

    Examples
    --------
    >>> from tsrnn import NaiveForecaster, backtest
    >>> from tsrnn.datasets import load_co2
    >>> from tsrnn.metrics import evaluate
    >>> co2 = load_co2()
    >>> frame = backtest(NaiveForecaster(), co2, horizon=12, n_windows=3)
    >>> evaluate(frame, ["mae", "mase"], y_train=co2).round(2)
          model   mae  mase
    0  forecast  1.95  1.48
    """
    frame, kind = read_frame(frame, "frame")
    y_train, _ = read_frame(y_train, "y_train")
    columns = columns_of(frame, id_col, time_col, target_col)
    by, period = keys_of(frame, by, columns), check_period(period)
    metrics = _named(metrics, y_train, period)
    needs = needs_of(metrics)
    models = models_of(frame, by, columns)
    bounds = bounds_of(frame, models, level, needs)
    refuse_repeated(frame, columns)
    frame = forecast_by_all(with_steps(frame, by, columns), models, columns)
    y = numbers(frame[columns.target], f"frame[{columns.target!r}]")
    scales = scales_of(frame, columns, y_train, period) if "train" in needs else None
    group = frame.groupby(by, dropna=False).ngroup().to_numpy() if by else np.zeros(len(y), int)
    answers = []
    for name, column, is_own in each_model(frame, models):
        seen = is_own & ~np.isnan(y)
        if not seen.any():
            raise ValueError(f"frame[{columns.target!r}] has no value to score {name!r} by")
        rows = Rows(
            y[seen],
            _beside(frame, column, seen, name),
            None if scales is None else Scales(*(one[seen] for one in scales)),
            _intervals(frame, bounds[column], seen, name, infinite="quantiles" not in needs),
        )
        units = _Units.of(frame[seen], columns, group[seen], int(group.max()) + 1)
        groups, first = np.unique(group[is_own], return_index=True)
        scores = frame.loc[is_own, by].iloc[first].reset_index(drop=True)
        scores.insert(0, "model", name)
        for label, terms, mean in terms_of(metrics, rows):
            scores[label] = units.mean(terms, mean, np.abs(rows.y))[groups]
        answers.append(scores)
    return kind.answer(pd.concat(answers, ignore_index=True))


def measurable(
    frame: pd.DataFrame, y_train: Any, period: int | Literal["auto"] = "auto"
) -> np.ndarray:
    """Tell of which rows of a frame errors have a unit: of others `evaluate` has no scaled ones.

    Parameters
    ----------
    frame, y_train, period
        As for `evaluate`.

    Returns
    -------
    (n_rows,) bool array
    """
    return has_scale(frame, columns_of(frame, None, None, "y"), y_train, check_period(period))


def _named(
    metrics: str | Sequence[str] | None, y_train: Any, period: int | Literal["auto"]
) -> list[str]:
    """Read which metrics are asked for; refuse what none of them looks at, and what one lacks."""
    if metrics is None:
        metrics = ["mae", "rmse", "smape", *(["mase"] if y_train is not None else [])]
    alone = isinstance(metrics, str) or not np.iterable(metrics)
    names: list[Any] = [metrics] if alone else list(metrics)
    for name in names:
        if callable(name):
            raise TypeError(
                f"metrics must be names, among {', '.join(map(repr, METRICS))}, got {name}"
            )
        if not isinstance(name, str) or name not in METRICS:
            raise ValueError(f"metrics must be among {', '.join(METRICS)}, got {name!r}")
    if not names or len(set(names)) < len(names):
        raise ValueError(f"metrics must be different names, one at least, got {names}")
    scaled = [name for name in names if "train" in METRICS[name].needs]
    if scaled and y_train is None:
        raise ValueError(f"{scaled[0]} is measured by the training series: give them as y_train")
    if not scaled and (y_train is not None or period != "auto"):
        given = "period" if y_train is None else "y_train"
        raise ValueError(f"{given} is given, but none of the metrics {names} looks at it")
    return names


def _beside(
    frame: pd.DataFrame,
    column: Hashable,
    seen: np.ndarray,
    model: Hashable,
    *,
    infinite: bool = False,
) -> np.ndarray:
    """Return the numbers of a column where values are observed: they must be there."""
    values = numbers(frame[column].to_numpy()[seen], f"frame[{column!r}]", infinite=infinite)
    absent = np.flatnonzero(np.isnan(values))
    if absent.size:
        row = frame[seen].iloc[absent[0]].drop(column)
        of_model = "" if model == column else f" of model {model!r}"
        raise ValueError(
            f"frame[{column!r}]{of_model} is NaN where a value is observed, in the row "
            f"{row.to_dict()}: leave that window out for all models, so that they are compared on "
            "the same rows"
        )
    return values


def _intervals(
    frame: pd.DataFrame,
    bounds: Sequence[Bounds],
    seen: np.ndarray,
    model: Hashable,
    *,
    infinite: bool,
) -> list[Interval]:
    """Return the intervals of a model where values are observed, their bounds in order."""
    intervals = []
    for one in bounds:
        lower, upper = (
            _beside(frame, column, seen, model, infinite=infinite)
            for column in (one.lower, one.upper)
        )
        crossed = np.flatnonzero(lower > upper)
        if crossed.size:
            row = crossed[0]
            raise ValueError(
                f"frame[{one.lower!r}] must not be above frame[{one.upper!r}], got {lower[row]} "
                f"and {upper[row]} of model {model!r}"
            )
        intervals.append(Interval(one.mark, one.level, lower, upper))
    return intervals


@dataclass(frozen=True)
class _Units:
    """Series within groups of rows: what errors are averaged in, first and then over."""

    of_row: np.ndarray
    group: np.ndarray
    n_groups: int

    @classmethod
    def of(cls, rows: pd.DataFrame, columns: Columns, group: np.ndarray, n_groups: int) -> _Units:
        if columns.series is None:
            series = np.zeros(len(rows), dtype=np.int64)
        else:
            series = pd.factorize(rows[columns.series], use_na_sentinel=False)[0]
        n_series = int(series.max(initial=0)) + 1
        units, of_row = np.unique(group * n_series + series, return_inverse=True)
        return cls(of_row, units // n_series, n_groups)

    def mean(self, terms: np.ndarray, mean: str, size: np.ndarray) -> np.ndarray:
        """Average the terms of rows as a metric does, (n_groups,); NaN where there are none."""
        if mean == "weighted":
            group = self.group[self.of_row]
            both = [np.bincount(group, one, minlength=self.n_groups) for one in (terms, size)]
            return np.where(self._count() > 0, ratio(*both), np.nan)
        unit = 1.0
        if mean == "root":
            unit = float(np.max(terms, initial=0.0, where=np.isfinite(terms))) or 1.0
            terms = np.square(terms / unit)  # which stay finite
        of_units = np.bincount(self.of_row, terms) / np.bincount(self.of_row)
        of_units = np.sqrt(of_units) * unit if mean == "root" else of_units
        sums = np.bincount(self.group, of_units, minlength=self.n_groups)
        count = self._count()
        return np.divide(sums, count, out=np.full(self.n_groups, np.nan), where=count > 0)

    def _count(self) -> np.ndarray:
        return np.bincount(self.group, minlength=self.n_groups)
