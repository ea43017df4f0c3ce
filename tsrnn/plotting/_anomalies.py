"""A series with its anomalies."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any, Self

import pandas as pd
from sklearn.utils import check_scalar

from tsrnn.plotting._axes import label_times, line_style, new_axes, times_of
from tsrnn.plotting._series import refuse_several

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import FillBetweenPolyCollection
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

_ADDED = ["expected", "lower", "upper", "score", "is_anomaly", "cleaned"]


class AnomaliesDisplay:
    """A series, what was expected of it, the bounds of usual values, and those outside of them.

    Made by `from_frame`; `plot` draws it again on other axes.

    Parameters
    ----------
    anomalies : DataFrame
        The columns y, expected, lower, upper and is_anomaly; its index is the time axis.
    name : str, optional
        What the series is called.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    y_line_, expected_line_, anomaly_points_ : matplotlib Line2D
    usual_area_ : matplotlib PolyCollection

    Examples
    --------
    >>> from tsrnn import DoubleExpSmoothingRNN, datasets, detect_anomalies
    >>> from tsrnn.plotting import AnomaliesDisplay
    >>> y = datasets.load_co2(adjusted=True)["1990":].copy()
    >>> y["1995-03"] += 2.0
    >>> frame = detect_anomalies(DoubleExpSmoothingRNN(), y)
    >>> display = AnomaliesDisplay.from_frame(frame)
    >>> int(display.anomalies["is_anomaly"].sum())
    1
    """

    ax_: Axes
    figure_: Figure
    y_line_: Line2D
    expected_line_: Line2D
    anomaly_points_: Line2D
    usual_area_: FillBetweenPolyCollection

    def __init__(self, *, anomalies: pd.DataFrame, name: str | None = None) -> None:
        self.anomalies = anomalies
        self.name = name

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        series: Any = None,
        last: int | None = None,
        ax: Axes | None = None,
        **line_kw: Any,
    ) -> Self:
        """Draw what `tsrnn.detect_anomalies` has found.

        Parameters
        ----------
        frame : DataFrame
            Its answer, of one series, several, or a panel, of any library.
        series : label, optional
            Which of several series: what it is called in the first column. A frame of one needs
            none.
        last : int, optional
            Draw only so many of the last rows.
        ax : matplotlib Axes, optional
            Where to draw; new axes by default.
        **line_kw
            For the points of anomalies.

        Returns
        -------
        display : AnomaliesDisplay

        Raises
        ------
        ValueError
            If `last` is below 1, `frame` has no rows, or it is not clear which series to draw.
        TypeError
            If `frame` is no such answer.
        """
        if last is not None:
            check_scalar(last, "last", Integral, min_val=1)
        frame = _as_pandas(frame)
        if not isinstance(frame, pd.DataFrame) or not _is_answer(list(frame.columns)):
            raise TypeError(
                "frame must be what tsrnn.detect_anomalies answers, with the columns time, y, "
                f"{', '.join(_ADDED)}; got {type(frame).__name__}"
            )
        if frame.empty:
            raise ValueError("frame has no rows")
        *first, time, target = frame.columns[: -len(_ADDED)]
        if first:
            frame = _rows_of(frame, first[0], series)
        elif series is not None:
            raise ValueError(f"series must be left out, for there is one alone; got {series!r}")
        rows = frame.set_index(time).rename(columns={target: "y"})
        rows.index.name = None
        rows = rows[["y", *_ADDED[:3], "is_anomaly"]]
        name = frame[first[0]].iloc[0] if first else target
        shown = rows if last is None else rows.iloc[-last:]
        return cls(anomalies=shown, name=str(name)).plot(ax=ax, **line_kw)

    def plot(self, *, ax: Axes | None = None, **line_kw: Any) -> Self:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            New axes by default.
        **line_kw
            For the points of anomalies.

        Returns
        -------
        self
        """
        (ax,) = new_axes(size=(9, 4)) if ax is None else (ax,)
        self.ax_, self.figure_ = ax, ax.figure  # type: ignore[assignment]  # or a part of one
        rows = self.anomalies
        times = times_of(rows.index)
        self.usual_area_ = ax.fill_between(
            times, rows.lower, rows.upper, color="tab:blue", alpha=0.2, linewidth=0, label="usual"
        )
        thin: dict[str, Any] = {"color": "tab:blue", "linewidth": 1.0, "alpha": 0.8}
        (self.expected_line_,) = ax.plot(times, rows.expected, label="expected", **thin)
        # A series of few or scattered values would be invisible as a line.
        marker = "." if len(rows) <= 60 or rows.y.isna().any() else None
        (self.y_line_,) = ax.plot(
            times, rows.y, color="0.25", linewidth=1.2, marker=marker, label="data"
        )
        wrong = rows.is_anomaly.to_numpy(dtype=bool)
        points = {"color": "tab:red", "marker": "o", "markersize": 6, "linestyle": "none"}
        style = line_style({**points, "label": "anomaly", "zorder": 3}, line_kw)
        (self.anomaly_points_,) = ax.plot(times[wrong], rows.y[wrong], **style)
        label_times(ax, rows.index)
        if self.name is not None:
            ax.set_ylabel(self.name)
        ax.legend(frameon=False, fontsize="small")
        ax.margins(x=0.01)
        ax.spines[["top", "right"]].set_visible(False)
        return self


def _as_pandas(frame: Any) -> Any:
    """Return a frame of another library as one of pandas, and all else as it is."""
    if isinstance(frame, pd.DataFrame):
        return frame
    import narwhals as nw

    given = nw.from_native(frame, eager_only=True, pass_through=True)
    if not isinstance(given, nw.DataFrame):
        return frame
    return pd.DataFrame({one.name: one.to_numpy() for one in given.iter_columns()})


def _is_answer(columns: list) -> bool:
    return columns[-len(_ADDED) :] == _ADDED and len(columns) - len(_ADDED) in (2, 3)


def _rows_of(frame: pd.DataFrame, column: Any, series: Any) -> pd.DataFrame:
    refuse_several(series)
    names = frame[column].unique().tolist()
    if series is None and len(names) == 1:
        return frame
    if series not in names:
        problem = "pass series=" if series is None else f"there is no series {series!r}: pass"
        shown = ", ".join(map(repr, names[:5])) + (" and so on" if len(names) > 5 else "")
        raise ValueError(f"{problem} one of {shown}")
    return frame[frame[column] == series]
