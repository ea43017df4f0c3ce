"""Parts that displays share: axes to draw on, time along them, and marks for short lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Up to so many points a line shows where each of them is.
FEW_POINTS = 30


def new_axes(n_axes: int = 1, *, size: tuple[float, float]) -> list[Axes]:
    """Open a figure with axes side by side."""
    import matplotlib.pyplot as plt

    _, axes = plt.subplots(1, n_axes, figsize=size, layout="constrained", squeeze=False)
    return list(axes[0])


def line_style(defaults: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Return options of a line: those given, under any of their names, before the defaults."""
    from matplotlib.cbook import normalize_kwargs
    from matplotlib.lines import Line2D

    return defaults | normalize_kwargs(given, Line2D)


def whole_ordinals(axis: Any) -> None:
    """Let ticks stand at whole numbers."""
    from matplotlib.ticker import MaxNLocator

    locator = MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10], min_n_ticks=1)
    axis.set_major_locator(locator)


def times_of(index: pd.Index) -> pd.Index:
    """Return time stamps as matplotlib takes them."""
    if isinstance(index, pd.TimedeltaIndex):
        return index / pd.Timedelta("1D")
    return index.to_timestamp() if isinstance(index, pd.PeriodIndex) else index


def label_times(ax: Axes, index: pd.Index) -> None:
    """Label a time axis."""
    times = times_of(index)
    if isinstance(times, pd.DatetimeIndex):
        from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

        by_date = AutoDateLocator(tz=times.tz)
        ax.xaxis.set_major_formatter(ConciseDateFormatter(by_date, tz=times.tz))
        ax.xaxis.set_major_locator(by_date)
    else:
        from matplotlib.ticker import MaxNLocator

        locator = MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10])
        unit = "days" if isinstance(index, pd.TimedeltaIndex) else "time step"
        ax.set_xlabel(times.name or unit)
        ax.xaxis.set_major_locator(locator)
