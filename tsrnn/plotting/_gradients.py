"""A picture of how far back in time the gradient of a network reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from tsrnn.plotting._axes import FEW_POINTS, line_style, new_axes, whole_ordinals

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D


class GradientFlowDisplay:
    r"""The norm of the gradient with respect to the hidden state, by the state's distance in time.

    A line that falls on this logarithmic scale is a gradient that vanishes: what happened so many
    steps before the end hardly tells the weights anything. One that rises is a gradient that
    explodes. Made by `from_estimator`; pass ``ax=display.ax_`` to compare several networks.

    Parameters
    ----------
    norms : array of shape (n_layers, n_lags)
        The norm of :math:`\partial \mathrm{loss} / \partial h_t` by lag: 0 is the last step.
    name : str
        What the lines are called in the legend.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    lines_ : list of matplotlib Line2D
        One a layer.

    Examples
    --------
    >>> import numpy as np
    >>> from tsrnn import ElmanRNNRegressor, GRURegressor
    >>> from tsrnn.plotting import GradientFlowDisplay
    >>> X = np.random.default_rng(0).normal(size=(60, 8))
    >>> y = X.sum(axis=1)
    >>> networks = [
    ...     make(hidden_layer_sizes=4, solver="lbfgs", tol=0.01, random_state=0).fit(X, y)
    ...     for make in (ElmanRNNRegressor, GRURegressor)
    ... ]
    >>> display = GradientFlowDisplay.from_estimator(networks[0], X, y)
    >>> display = GradientFlowDisplay.from_estimator(networks[1], X, y, ax=display.ax_)
    >>> [line.get_label() for line in display.ax_.lines]
    ['ElmanRNNRegressor', 'GRURegressor']
    """

    ax_: Axes
    figure_: Figure
    lines_: list[Line2D]

    def __init__(self, *, norms: Any, name: str) -> None:
        self.norms = norms
        self.name = name

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        relative: bool = False,
        name: str | None = None,
        ax: Axes | None = None,
        **line_kw: Any,
    ) -> Self:
        """Draw how the gradient flows back through a fitted network.

        Parameters
        ----------
        estimator : fitted sequence estimator
            With the method `gradient_norms`.
        X, y : sequences and targets
            As for the estimator's `fit`.
        relative : bool, default=False
            Whether to divide by the norm at lag 0, which compares networks whose losses differ.
        name : str, optional
            The name in the legend; by default that of the estimator's class.
        ax : matplotlib Axes, optional
            Where to draw; new axes by default.
        **line_kw
            For the lines.

        Returns
        -------
        display : GradientFlowDisplay

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        """
        check_is_fitted(estimator)
        norms = estimator.gradient_norms(X, y)
        name = type(estimator).__name__ if name is None else name
        return cls(norms=norms, name=name).plot(relative=relative, ax=ax, **line_kw)

    def plot(self, *, relative: bool = False, ax: Axes | None = None, **line_kw: Any) -> Self:
        """Draw.

        Parameters
        ----------
        relative : bool, default=False
            Whether to divide by the norm at lag 0.
        ax : matplotlib Axes, optional
            New axes by default.
        **line_kw
            For the lines.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If `norms` is not a table of numbers that are 0 or more.
        """
        norms = np.asarray(self.norms, dtype=float)
        if norms.ndim != 2 or not norms.size or np.isnan(norms).any() or (norms < 0.0).any():
            raise ValueError(
                "norms must be an array of shape (n_layers, n_lags) of numbers that are 0 or more, "
                f"got the shape {norms.shape}"
            )
        if relative:
            norms = _relative(norms)
        # Zero has no place on the axis: the line ends where the gradient does.
        shown = np.where((norms > 0.0) & np.isfinite(norms), norms, np.nan)
        ax = new_axes(size=(6.4, 4.0))[0] if ax is None else ax
        self.ax_, self.figure_ = ax, ax.figure  # type: ignore[assignment]  # or a part of one
        self.lines_ = []
        for layer, values in enumerate(shown):
            style = {
                "linewidth": 1.5,
                "marker": "." if len(values) <= FEW_POINTS else None,
                "label": self.name if len(shown) == 1 else f"{self.name}, layer {layer + 1}",
            }
            self.lines_ += ax.plot(np.arange(len(values)), values, **line_style(style, line_kw))
        if np.isfinite(shown).any():
            ax.set_yscale("log")
        ax.set_xlabel("lag (time steps before the last)")
        ax.set_ylabel(_LABELS[relative])
        whole_ordinals(ax.xaxis)
        ax.spines[["top", "right"]].set_visible(False)
        ax.legend(frameon=False, fontsize="small")
        return self


_LABELS = {
    False: r"norm of $\partial\,\mathrm{loss} / \partial h_t$",
    True: r"norm of $\partial\,\mathrm{loss} / \partial h_t$, relative to lag 0",
}


def _relative(norms: np.ndarray) -> np.ndarray:
    """Divide by the last layer's norm at lag 0, which all gradients of the network come from."""
    last = norms[-1, 0]
    return norms / last if last > 0.0 else norms
