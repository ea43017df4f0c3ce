"""A series taken apart: its level, trend and season along time, and what they miss."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from sklearn.utils import check_scalar
from sklearn.utils.validation import check_is_fitted

from tsrnn.plotting._axes import label_times, line_style, times_of
from tsrnn.plotting._series import column_of, frame_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLORS = {
    "level": "tab:blue",
    "trend": "tab:green",
    "season": "tab:purple",
    "effect": "tab:orange",
    "residuals": "0.4",
}


class ComponentsDisplay:
    """The level, trend and season of a series, as a smoother learned them along it.

    One picture above the other: the data with the level, then the trend, the season, the effect of
    regressors, and the residuals. What the smoother does not have is left out. With regressors the
    data is drawn net of their effect, as the level is. Made by `from_estimator`; `plot` draws it
    again on other axes.

    Parameters
    ----------
    components : DataFrame
        The columns data, level, as far as they are to be drawn trend, season and effect, and
        residuals; its index is the time axis. The data is net of the effect.
    name : str, optional
        What the series is called.

    Attributes
    ----------
    axes_ : list of matplotlib Axes
        From the top.
    figure_ : matplotlib Figure
    lines_ : dict of matplotlib Line2D
        By the columns of `components`.

    Examples
    --------
    >>> from tsrnn import TripleExpSmoothingRNN, datasets
    >>> from tsrnn.plotting import ComponentsDisplay
    >>> model = TripleExpSmoothingRNN().fit(datasets.load_co2())
    >>> display = ComponentsDisplay.from_estimator(model)
    >>> list(display.lines_)
    ['data', 'level', 'trend', 'season', 'residuals']
    """

    def __init__(self, *, components: pd.DataFrame, name: str | None = None) -> None:
        self.components = components
        self.name = name

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        series: Any = None,
        last: int | None = None,
        ax: Sequence[Axes] | None = None,
        **line_kw: Any,
    ) -> Self:
        """Draw the components of a fitted smoother.

        Parameters
        ----------
        estimator : fitted exponential-smoothing forecaster
            With the attribute `level_`. What `update` has seen is not drawn.
        series : label or int, optional
            Which of several series: its name, or its position where it has none.
        last : int, optional
            Draw only so many of the last values of the series.
        ax : sequence of matplotlib Axes, optional
            Where to draw: as many as there are pictures. New axes by default.
        **line_kw
            For the lines of level, trend and season.

        Returns
        -------
        display : ComponentsDisplay

        Raises
        ------
        ValueError
            If `last` is below 1, it is not clear which series to draw, or there are not as many
            axes as pictures.
        TypeError
            If the estimator has no components.
        NotFittedError
            If it is not fitted.
        """
        if last is not None:
            check_scalar(last, "last", Integral, min_val=1)
        check_is_fitted(estimator)
        if not hasattr(estimator, "level_"):
            raise TypeError(
                f"{type(estimator).__name__} has no level_ along time: pass a forecaster by "
                "exponential smoothing, such as AutoExpSmoothingRNN()"
            )
        residuals = frame_of(estimator.residuals_)
        column = column_of(residuals, series)
        missed = residuals.iloc[:, column]
        parts = {
            name: getattr(estimator, f"{name}_", None)
            for name in ("level", "trend", "season", "effect")
        }
        parts = {
            name: frame_of(part).iloc[:, column] for name, part in parts.items() if part is not None
        }
        drawn = {
            name: part for name, part in parts.items() if name == "level" or part.fillna(0.0).any()
        }
        data = frame_of(estimator.fitted_values_).iloc[:, column] + missed
        if "effect" in drawn:
            data = data - drawn["effect"]
        components = pd.DataFrame({"data": data, **drawn, "residuals": missed})
        shown = slice(None) if last is None else slice(-last, None)
        name = residuals.columns[column]
        display = cls(components=components.iloc[shown], name=None if name is None else str(name))
        return display.plot(ax=ax, **line_kw)

    def plot(self, *, ax: Sequence[Axes] | None = None, **line_kw: Any) -> Self:
        """Draw.

        Parameters
        ----------
        ax : sequence of matplotlib Axes, optional
            As many as there are pictures. New axes by default.
        **line_kw
            For the lines of level, trend and season.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If `components` has other columns than it should, or there are not as many axes as
            pictures.
        """
        names = [name for name in self.components if name != "data"]
        unknown = [name for name in names if name not in _COLORS]
        if unknown or "data" not in self.components or not names:
            raise ValueError(
                f"components must have the columns data, and some of {', '.join(_COLORS)}, got "
                f"{list(self.components)}"
            )
        axes = _new_axes(len(names)) if ax is None else list(np.ravel(np.asarray(ax, dtype=object)))
        if len(axes) != len(names):
            raise ValueError(
                f"ax must be {len(names)} Axes, for {', '.join(names)}, got {len(axes)}"
            )
        self.axes_, self.figure_, self.lines_ = axes, axes[0].figure, {}
        times = times_of(self.components.index)
        data = self.components["data"]
        # A series of few or scattered values would be invisible as a line.
        marker = "." if len(data) <= 60 or data.isna().any() else None
        style = {"color": "0.25", "linewidth": 1.0, "marker": marker, "markersize": 3}
        (self.lines_["data"],) = axes[0].plot(times, data, label="data", **style)
        if "effect" in names:
            self.lines_["data"].set_label("data, net of regressors")
        for name, one in zip(names, axes, strict=True):
            style = {"color": _COLORS[name], "linewidth": 1.5, "label": name}
            if name == "residuals":
                one.axhline(0.0, color="0.8", linewidth=0.8)
                style |= {"linestyle": "none", "marker": ".", "markersize": 3}
            else:
                style = line_style(style, line_kw)
            (self.lines_[name],) = one.plot(times, self.components[name], **style)
            one.set_ylabel(name)
            one.margins(x=0.01)
            one.spines[["top", "right"]].set_visible(False)
            label_times(one, self.components.index)
        for one in axes[:-1]:
            one.set_xlabel("")
        axes[0].set_ylabel(self.name or "level")
        axes[0].legend(frameon=False, fontsize="small")
        return self


def _new_axes(n_axes: int) -> list[Axes]:
    """Open a figure with axes one above the other, the first of them the highest."""
    import matplotlib.pyplot as plt

    heights = [2.0] + [1.0] * (n_axes - 1)
    _, axes = plt.subplots(
        n_axes,
        1,
        figsize=(9, 1.6 * (n_axes + 1)),
        height_ratios=heights,
        sharex=True,
        layout="constrained",
        squeeze=False,
    )
    return list(axes[:, 0])
