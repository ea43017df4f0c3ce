"""Parts that the displays of networks share: axes to draw on, and marks for short lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
