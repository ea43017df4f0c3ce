"""A series with its forecast."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from numbers import Integral
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from sklearn.utils import check_scalar
from sklearn.utils.validation import check_is_fitted

from tsrnn.plotting._axes import label_times, times_of
from tsrnn.plotting._long import Names, drawn_of
from tsrnn.plotting._series import column_of, frame_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import FillBetweenPolyCollection
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D


class ForecastDisplay:
    """A series, its one-step-ahead predictions, its forecast and the intervals about it.

    Made by `from_estimator`, or for a panel by `from_frames`; `plot` draws it again on other axes.

    Parameters
    ----------
    y : Series
        What was seen of the series, by `update` too; its index is the time axis.
    fitted : Series
        One-step-ahead predictions of it; none draws none.
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

    ax_: Axes
    figure_: Figure
    y_line_: Line2D
    fitted_line_: Line2D
    forecast_line_: Line2D
    interval_areas_: list[FillBetweenPolyCollection]

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

        Raises
        ------
        ValueError
            If `last` is below 1, or it is not clear which series to draw.
        TypeError
            If the estimator is a `PanelForecaster`.
        NotFittedError
            If the forecaster is not fitted.
        """
        if last is not None:
            check_scalar(last, "last", Integral, min_val=1)
        check_is_fitted(estimator)
        if callable(getattr(estimator, "cross_validation", None)):
            raise TypeError(
                "estimator must be a forecaster of series side by side, got "
                f"{type(estimator).__name__}: ForecastDisplay.from_frames(df, panel.predict(h)) "
                "draws a series of a panel"
            )
        forecast = frame_of(estimator.predict(X))
        column = column_of(forecast, series)
        levels: list[Any] = [level] if np.isscalar(level) else list(level)  # type: ignore[arg-type]
        n_series = forecast.shape[1]
        intervals = {
            one: _bounds(estimator.predict_interval(X, level=one), column, n_series)
            for one in sorted(levels, reverse=True)
        }
        observed, fitted = (part[:, column] for part in estimator._observed_and_predicted())
        # Where rows lie in time the grid knows, whatever arrays or labels came in.
        request = estimator._read_request(X).positions
        stamps = estimator._grid.stamps(0, max(len(observed), int(request.max()) + 1))
        one_by_one = bool((np.diff(request) == 1).all())  # a slice keeps the frequency
        ahead = stamps[request[0] : request[-1] + 1] if one_by_one else stamps[request]
        seen, name = stamps[: len(observed)], forecast.columns[column]
        shown = slice(None) if last is None else slice(-last, None)
        display = cls(
            y=pd.Series(observed, seen, name=name).iloc[shown],
            fitted=pd.Series(fitted, seen, name=name).iloc[shown],
            forecast=forecast.set_axis(ahead, axis=0).iloc[:, column],
            intervals={one: bounds.set_axis(ahead, axis=0) for one, bounds in intervals.items()},
        )
        return display.plot(ax=ax, **line_kw)

    @classmethod
    def from_frames(
        cls,
        df: Any,
        forecasts: Any,
        *,
        series: Any = None,
        model: Any = None,
        last: int | None = None,
        id_col: Hashable = "unique_id",
        time_col: Hashable = "ds",
        target_col: Hashable = "y",
        ax: Axes | None = None,
        **line_kw: Any,
    ) -> Self:
        """Draw the forecast of one series of a panel.

        Parameters
        ----------
        df : DataFrame
            The long frame that the panel was fitted to, of pandas, polars or pyarrow.
        forecasts : DataFrame
            What its `predict` has answered, with the intervals that are to be drawn.
        series : label, optional
            Which of the series; not needed where there is one alone.
        model : str, optional
            Which of the models, by its column; not needed where there is one alone.
        last : int, optional
            Draw only so many of the last values of the series.
        id_col, time_col, target_col : label
            What the columns of series, time stamps and values are called.
        ax : matplotlib Axes, optional
            Where to draw; new axes by default.
        **line_kw
            For the line of the forecast.

        Returns
        -------
        display : ForecastDisplay

        Raises
        ------
        ValueError
            If `last` is below 1, a column is not there, or it is not clear what to draw.

        Examples
        --------
        >>> from tsrnn import NaiveForecaster, PanelForecaster, datasets
        >>> from tsrnn.plotting import ForecastDisplay
        >>> co2 = datasets.load_co2().rename_axis("ds").rename("y").reset_index()
        >>> df = co2.assign(unique_id="Mauna Loa")
        >>> panel = PanelForecaster(NaiveForecaster(strategy="seasonal")).fit(df)
        >>> display = ForecastDisplay.from_frames(df, panel.predict(24, level=80), last=60)
        >>> display.ax_.get_ylabel()
        'Mauna Loa'
        """
        if last is not None:
            check_scalar(last, "last", Integral, min_val=1)
        found = drawn_of(df, forecasts, series, model, Names(id_col, time_col, target_col))
        y = found.y if last is None else found.y.iloc[-last:]
        display = cls(y=y, fitted=y[:0], forecast=found.forecast, intervals=found.intervals)
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
        from matplotlib.cbook import normalize_kwargs
        from matplotlib.lines import Line2D

        if ax is None:
            import matplotlib.pyplot as plt

            _, ax = plt.subplots(figsize=(9, 4), layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure  # type: ignore[assignment]  # or a part of one
        # A series of few or scattered values would be invisible as a line.
        marker = "." if len(self.y) <= 60 or self.y.isna().any() else None
        (self.y_line_,) = ax.plot(
            times_of(self.y.index), self.y, color="0.25", linewidth=1.2, marker=marker, label="data"
        )
        (self.fitted_line_,) = ax.plot(
            times_of(self.fitted.index),
            self.fitted,
            color="tab:blue",
            linewidth=1.0,
            alpha=0.8,
            label="one-step-ahead prediction" if len(self.fitted) else "_",
        )
        style: dict[str, Any] = {
            "color": "tab:red",
            "linewidth": 1.8,
            "marker": "." if len(self.forecast) <= 24 else None,
            "label": "forecast",
        } | normalize_kwargs(line_kw, Line2D)
        (self.forecast_line_,) = ax.plot(times_of(self.forecast.index), self.forecast, **style)
        self.interval_areas_ = [
            ax.fill_between(
                *_band(times_of(bounds.index), bounds, times_of(self.y.index)),
                color=self.forecast_line_.get_color(),
                alpha=min(0.15 + 0.15 * i, 0.6),  # the narrower the darker, in the legend too
                linewidth=0,
                label=f"{100 * level:g}% interval",
            )
            for i, (level, bounds) in enumerate(self.intervals.items())
        ]
        label_times(ax, self.y.index)
        if self.y.name is not None:
            ax.set_ylabel(str(self.y.name))
        ax.legend(frameon=False, fontsize="small")
        ax.margins(x=0.01)
        ax.spines[["top", "right"]].set_visible(False)
        return self


def _bounds(intervals: Any, column: int, n_series: int) -> pd.DataFrame:
    """Return lower and upper of one series."""
    values = np.asarray(intervals)
    if isinstance(intervals, pd.DataFrame):
        values = values.reshape(len(values), n_series, 2)[:, column]
    elif values.ndim == 3:
        values = values[:, :, column]
    return pd.DataFrame(values, columns=["lower", "upper"])


def _band(times: pd.Index, bounds: pd.DataFrame, seen: pd.Index) -> tuple[Any, Any, Any]:
    """Return the times, lower and upper bounds of an area: of a single step, too, a bar."""
    lower, upper = bounds["lower"].to_numpy(), bounds["upper"].to_numpy()
    if len(times) > 1:
        return times, lower, upper
    step = abs(times[0] - seen[-1]) or abs(seen[-1] - seen[0]) / max(len(seen) - 1, 1)
    half = 0.3 * min(step, abs(seen[-1] - seen[0]) / max(len(seen) - 1, 1) or step)
    return pd.Index([times[0] - half, times[0] + half]), lower.repeat(2), upper.repeat(2)
