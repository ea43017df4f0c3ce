"""A picture of what the units of a network do while it reads a sequence."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from sklearn.utils import _safe_indexing, check_scalar
from sklearn.utils.validation import _num_samples, check_is_fitted

from tsrnn.plotting._axes import FEW_POINTS, line_style, new_axes, whole_ordinals

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colorbar import Colorbar
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage
    from matplotlib.lines import Line2D

# More units than this are a heat map rather than lines.
_MOST_LINES = 5

Kind = Literal["auto", "heatmap", "lines"]


class HiddenStateDisplay:
    """The hidden state of a network at every step of one sequence.

    A heat map of units by time, red above zero and blue below, or a line a unit where there are
    few. Made by `from_estimator`; `plot` draws it again on other axes.

    Parameters
    ----------
    states : array of shape (n_timesteps, n_units)

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    image_ : matplotlib AxesImage or None
        The heat map.
    colorbar_ : matplotlib Colorbar or None
    lines_ : list of matplotlib Line2D
        One a unit; empty for a heat map.

    Examples
    --------
    >>> import numpy as np
    >>> from tsrnn import ElmanRNNRegressor
    >>> from tsrnn.plotting import HiddenStateDisplay
    >>> X = np.random.default_rng(0).normal(size=(60, 12))
    >>> network = ElmanRNNRegressor(hidden_layer_sizes=8, early_stopping=True, random_state=0)
    >>> display = HiddenStateDisplay.from_estimator(network.fit(X, X.sum(axis=1)), X, sample=3)
    >>> display.image_.get_array().shape
    (8, 12)
    """

    ax_: Axes
    figure_: Figure
    image_: AxesImage | None
    colorbar_: Colorbar | None
    lines_: list[Line2D]

    def __init__(self, *, states: Any) -> None:
        self.states = states

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        *,
        sample: int = 0,
        kind: Kind = "auto",
        ax: Axes | None = None,
        **draw_kw: Any,
    ) -> Self:
        """Draw the states of a fitted network while it reads a sequence.

        Parameters
        ----------
        estimator : fitted sequence estimator
            With the method `hidden_states`.
        X : sequences
            As for the estimator's `predict`.
        sample : int, default=0
            Which of the sequences.
        kind : {"auto", "heatmap", "lines"}, default="auto"
            How to draw; "auto" draws lines for up to five units.
        ax : matplotlib Axes, optional
            Where to draw; new axes by default.
        **draw_kw
            For the heat map (`imshow`) or for the lines.

        Returns
        -------
        display : HiddenStateDisplay

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        TypeError
            If X is one text, rather than a list of them.
        ValueError
            If there is no such sequence.
        """
        check_scalar(sample, "sample", Integral)
        check_is_fitted(estimator)
        if isinstance(X, str | bytes):
            raise TypeError("X is a single text: pass a list of texts, [X]")
        n_samples = _num_samples(X)
        if not -n_samples <= sample < n_samples:
            raise ValueError(f"sample must be below {n_samples}, the number of X, got {sample}")
        # One sequence alone: the states of all of them may not fit into memory.
        states = estimator.hidden_states(_safe_indexing(X, [sample]))[0]
        return cls(states=states).plot(kind=kind, ax=ax, **draw_kw)

    def plot(self, *, kind: Kind = "auto", ax: Axes | None = None, **draw_kw: Any) -> Self:
        """Draw.

        Parameters
        ----------
        kind : {"auto", "heatmap", "lines"}, default="auto"
            How to draw; "auto" draws lines for up to five units.
        ax : matplotlib Axes, optional
            New axes by default.
        **draw_kw
            For the heat map (`imshow`) or for the lines.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If `states` is not a table of numbers, or there is no such `kind`.
        """
        states = np.asarray(self.states, dtype=float)
        if states.ndim != 2 or not states.size:
            raise ValueError(
                f"states must be an array of shape (n_timesteps, n_units), got {states.shape}"
            )
        if kind not in ("auto", "heatmap", "lines"):
            raise ValueError(f"kind must be 'auto', 'heatmap' or 'lines', got {kind!r}")
        as_lines = kind == "lines" or (kind == "auto" and states.shape[1] <= _MOST_LINES)
        ax = new_axes(size=(8.0, 3.6))[0] if ax is None else ax
        self.ax_, self.figure_ = ax, ax.figure  # type: ignore[assignment]  # or a part of one
        self.image_ = self.colorbar_ = None
        self.lines_ = []
        if as_lines:
            self._draw_lines(states, draw_kw)
        else:
            self._draw_heat_map(states, draw_kw)
        ax.set_xlabel("time step")
        whole_ordinals(ax.xaxis)
        return self

    def _draw_lines(self, states: np.ndarray, line_kw: dict[str, Any]) -> None:
        ax = self.ax_
        ax.axhline(0.0, color="0.8", linewidth=0.8)
        for unit, values in enumerate(states.T):
            style = {
                "linewidth": 1.5,
                "marker": "." if len(values) <= FEW_POINTS else None,
                "label": f"unit {unit}",
            }
            self.lines_ += ax.plot(values, **line_style(style, line_kw))
        ax.set_ylabel("hidden state")
        ax.margins(x=0.01)
        ax.spines[["top", "right"]].set_visible(False)
        # Beside the lines, which leave no corner free.
        ax.legend(frameon=False, fontsize="small", loc="center left", bbox_to_anchor=(1.0, 0.5))

    def _draw_heat_map(self, states: np.ndarray, image_kw: dict[str, Any]) -> None:
        largest = float(np.abs(states).max()) or 1.0
        style: dict[str, Any] = {
            "cmap": "RdBu_r",
            "vmin": -largest,
            "vmax": largest,
            "aspect": "auto",
            "interpolation": "nearest",
        }
        self.image_ = self.ax_.imshow(states.T, **(style | image_kw))
        self.colorbar_ = self.figure_.colorbar(self.image_, ax=self.ax_, label="hidden state")
        self.ax_.set_ylabel("unit")
        whole_ordinals(self.ax_.yaxis)
