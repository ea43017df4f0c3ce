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
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

_COLORS = {
    "level": "tab:blue",
    "trend": "tab:green",
    "season": "tab:purple",
    "effect": "tab:orange",
    "fitted": "tab:blue",
    "residuals": "0.4",
}


class ComponentsDisplay:
    """The level, trend and season of a series, as a smoother learned them along it.

    One picture above the other: the data with the level, then the trend, the season, the effect of
    regressors, and the residuals. What the smoother does not have is left out. With regressors the
    data is drawn net of their effect, as the level is. A `RegressionForecaster` has a picture for
    the effects of each of its features and regressors; around a forecaster without a level, fitted
    are the one-step predictions, net of effects. Made by `from_estimator`; `plot` draws it again on
    other axes.

    Parameters
    ----------
    components : DataFrame
        The columns data, level or fitted, as far as they are to be drawn trend, season and effect,
        and residuals; its index is the time axis. The data is net of effects.
    name : str, optional
        What the series is called.
    effects : sequence of str
        Further columns of `components`, each the effects of something.

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

    axes_: list[Axes]
    figure_: Figure
    lines_: dict[str, Line2D]

    def __init__(
        self,
        *,
        components: pd.DataFrame,
        name: str | None = None,
        effects: Sequence[str] = (),
    ) -> None:
        self.components = components
        self.name = name
        self.effects = effects

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
        estimator : fitted exponential-smoothing forecaster, or RegressionForecaster
            With the attribute `level_`, or `effects_`. What `update` has seen is not drawn.
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
        if not hasattr(estimator, "level_") and not hasattr(estimator, "effects_"):
            raise TypeError(
                f"{type(estimator).__name__} has no level_ along time: pass a forecaster by "
                "exponential smoothing, such as AutoExpSmoothingRNN(), or a RegressionForecaster"
            )
        residuals = frame_of(estimator.residuals_)
        column = column_of(residuals, series)
        missed = residuals.iloc[:, column]
        fitted = frame_of(estimator.fitted_values_).iloc[:, column]
        effects, within = {}, estimator
        if hasattr(estimator, "effects_"):
            effects, within = _effects_of(estimator, column, missed.index), estimator.forecaster_
        drawn = _drawn_parts(within, column, missed.index)
        net = sum([*effects.values(), drawn.get("effect", 0.0)])
        if "level" not in drawn:
            drawn = {"fitted": fitted - net, **drawn}
        columns = {"data": fitted + missed - net, **drawn, **effects, "residuals": missed}
        components = pd.DataFrame(columns, index=missed.index)
        shown = slice(None) if last is None else slice(-last, None)
        name = residuals.columns[column]
        display = cls(
            components=components.iloc[shown],
            name=None if name is None else str(name),
            effects=list(effects),
        )
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
        unknown = [name for name in names if name not in (*_COLORS, *self.effects)]
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
        self.axes_, self.lines_ = axes, {}
        self.figure_ = axes[0].figure  # type: ignore[assignment]  # or a part of one
        times = times_of(self.components.index)
        data = self.components["data"]
        # A series of few or scattered values would be invisible as a line.
        marker = "." if len(data) <= 60 or data.isna().any() else None
        style: dict[str, Any] = {
            "color": "0.25",
            "linewidth": 1.0,
            "marker": marker,
            "markersize": 3,
        }
        (self.lines_["data"],) = axes[0].plot(times, data, label="data", **style)
        if "effect" in names or self.effects:
            self.lines_["data"].set_label("data, net of regressors")
        for name, one in zip(names, axes, strict=True):
            color = _COLORS["effect"] if name in self.effects else _COLORS[name]
            style = {"color": color, "linewidth": 1.5, "label": name}
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
        axes[0].set_ylabel(self.name or names[0])
        axes[0].legend(frameon=False, fontsize="small")
        return self


def _drawn_parts(smoother: Any, column: int, index: pd.Index) -> dict[str, pd.Series]:
    """Return what a forecaster has of a level, a trend, a season and an effect that is not 0."""
    drawn = {}
    for name in ("level", "trend", "season", "effect"):
        part = getattr(smoother, f"{name}_", None)
        if part is not None:
            part = frame_of(part).iloc[:, column].set_axis(index)
            if name == "level" or part.fillna(0.0).any():
                drawn[name] = part
    return drawn


def _effects_of(regression: Any, column: int, index: pd.Index) -> dict[str, pd.Series]:
    """Return the effects of each group of a regression's columns, on one of its series."""
    groups, effects = regression.coef_groups_, regression.effects_
    if isinstance(effects, pd.DataFrame):  # the columns of each series follow one another
        effects = effects.to_numpy().reshape(len(index), -1, len(groups)).transpose(0, 2, 1)
    own = np.reshape(effects, (len(index), len(groups), -1))[:, :, column]
    found = {}
    for group in dict.fromkeys(groups.tolist()):
        name = f"effect of {group}" if group in (*_COLORS, "data") else group
        found[name] = pd.Series(own[:, groups == group].sum(axis=1), index)
    return found


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
