"""Pictures of forecasts, by scikit-learn's convention for displays.

matplotlib is imported when a picture is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class ForecastDisplay:
    """A series, its one-step-ahead predictions, its forecast and the intervals about it.

    Made by `from_estimator`; `plot` draws it again on other axes.

    Parameters
    ----------
    y : Series
        The training series; its index is the time axis.
    fitted : Series
        One-step-ahead predictions of it.
    forecast : Series
        What lies ahead.
    intervals : dict of DataFrame
        Level -> columns lower, upper, with the index of `forecast`.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    y_line_, fitted_line_, forecast_line_ : matplotlib Line2D
    interval_areas_ : list of matplotlib PolyCollection
        The widest first.

    Examples
    --------
    >>> from tsrnn import DoubleExpSmoothingRNN, datasets
    >>> from tsrnn.plotting import ForecastDisplay
    >>> model = DoubleExpSmoothingRNN().fit(datasets.load_co2(adjusted=True))
    >>> display = ForecastDisplay.from_estimator(model, 24)
    >>> display.ax_.get_ylabel()
    'co2'
    """

    def __init__(
        self,
        *,
        y: pd.Series,
        fitted: pd.Series,
        forecast: pd.Series,
        intervals: dict[float, pd.DataFrame],
    ) -> None:
        self.y = y
        self.fitted = fitted
        self.forecast = forecast
        self.intervals = intervals

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        *,
        level: float | Sequence[float] = (0.8, 0.95),
        series: Any = None,
        last: int | None = None,
        ax: Axes | None = None,
        **line_kw: Any,
    ) -> Self:
        """Draw the forecast of a fitted forecaster.

        Parameters
        ----------
        estimator : fitted forecaster
        X : int or rows
            As for the forecaster's `predict`: usually a horizon.
        level : float or sequence of float
            Of the shaded intervals; an empty sequence draws none.
        series : label or int, optional
            Which of several series: its name, or its position where it has none.
        last : int, optional
            Draw only so many of the last values of the series.
        ax : matplotlib Axes, optional
            Where to draw; new axes by default.
        **line_kw
            For the line of the forecast.

        Returns
        -------
        display : ForecastDisplay
        """
        fitted = _frame(estimator.fitted_values_)
        column = _column(fitted, series)
        residuals = _frame(estimator.residuals_)
        forecast = _frame(estimator.predict(X))
        levels = [level] if np.isscalar(level) else list(level)
        n_series = fitted.shape[1]
        intervals = {
            one: _bounds(estimator.predict_interval(X, level=one), column, n_series)
            for one in sorted(levels, reverse=True)
        }
        if not isinstance(estimator.fitted_values_, pd.Series | pd.DataFrame):
            # Plain rows follow the series.
            forecast.index = forecast.index + len(fitted)
        shown = slice(None) if last is None else slice(-last, None)
        display = cls(
            y=(fitted + residuals).iloc[shown, column],
            fitted=fitted.iloc[shown, column],
            forecast=forecast.iloc[:, column],
            intervals={
                one: bounds.set_axis(forecast.index, axis=0) for one, bounds in intervals.items()
            },
        )
        return display.plot(ax=ax, **line_kw)

    def plot(self, *, ax: Axes | None = None, **line_kw: Any) -> Self:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            New axes by default.
        **line_kw
            For the line of the forecast.

        Returns
        -------
        self
        """
        if ax is None:
            import matplotlib.pyplot as plt

            _, ax = plt.subplots(figsize=(9, 4), layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        # A series of few or scattered values would be invisible as a line.
        marker = "." if len(self.y) <= 60 or self.y.isna().any() else None
        (self.y_line_,) = ax.plot(
            _times(self.y), self.y, color="0.25", linewidth=1.2, marker=marker, label="data"
        )
        (self.fitted_line_,) = ax.plot(
            _times(self.fitted),
            self.fitted,
            color="tab:blue",
            linewidth=1.0,
            alpha=0.8,
            label="one-step-ahead prediction",
        )
        style = {"color": "tab:red", "linewidth": 1.8, "label": "forecast"} | line_kw
        (self.forecast_line_,) = ax.plot(
            _times(self.forecast),
            self.forecast,
            marker="." if len(self.forecast) <= 24 else None,
            **style,
        )
        self.interval_areas_ = [
            ax.fill_between(
                _times(bounds),
                bounds["lower"],
                bounds["upper"],
                color=self.forecast_line_.get_color(),
                alpha=0.18,
                linewidth=0,
                label=f"{100 * level:g}% interval",
            )
            for level, bounds in self.intervals.items()
        ]
        if isinstance(self.y.index, pd.DatetimeIndex | pd.PeriodIndex):
            import matplotlib.dates as mdates

            locator = mdates.AutoDateLocator()
            ax.xaxis.set_major_locator(locator)
            ax.xaxis.set_major_formatter(mdates.ConciseDateFormatter(locator))
        else:
            ax.set_xlabel(self.y.index.name or "time step")
        if self.y.name is not None:
            ax.set_ylabel(str(self.y.name))
        ax.legend(frameon=False, fontsize="small")
        ax.margins(x=0.01)
        ax.spines[["top", "right"]].set_visible(False)
        return self


def _frame(values: Any) -> pd.DataFrame:
    """Return one number a row and series as a DataFrame."""
    if isinstance(values, pd.Series):
        return values.to_frame(name=values.name)
    if isinstance(values, pd.DataFrame):
        return values
    array = np.asarray(values)
    frame = pd.DataFrame(array.reshape(len(array), -1))
    return frame.set_axis([None], axis=1) if frame.shape[1] == 1 else frame


def _column(frame: pd.DataFrame, series: Any) -> int:
    """Return the position of the series to draw."""
    names = list(frame.columns)
    if series is None:
        if len(names) == 1:
            return 0
        raise ValueError(f"the forecaster has {len(names)} series: pass series=, one of {names}")
    if series not in names:
        raise ValueError(f"series must be one of {names}, got {series!r}")
    return names.index(series)


def _bounds(intervals: Any, column: int, n_series: int) -> pd.DataFrame:
    """Return lower and upper of one series."""
    values = np.asarray(intervals)
    if isinstance(intervals, pd.DataFrame):
        values = values.reshape(len(values), n_series, 2)[:, column]
    elif values.ndim == 3:
        values = values[:, :, column]
    return pd.DataFrame(values, columns=["lower", "upper"])


def _times(rows: pd.Series | pd.DataFrame) -> pd.Index:
    """Return the time axis as matplotlib takes it."""
    return rows.index.to_timestamp() if isinstance(rows.index, pd.PeriodIndex) else rows.index
