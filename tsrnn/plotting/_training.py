"""A picture of how loss and score changed while a network was trained."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from tsrnn.plotting._axes import FEW_POINTS, line_style, new_axes, whole_ordinals

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

# The scores of a history, as they are written on an axis.
_SCORES = {"accuracy": "accuracy", "r2": "R²"}

# Attributes under which what is made of another estimator keeps it, fitted.
_INSIDE = ("estimator_", "forecaster_", "best_estimator_", "regressor_")

# Fields of what a panel keeps of its fit that lead to a regressor.
_IN_PANELS = ("members", "model", "models", "parts", "inner", "state", "network", "estimator")

Kind = Literal["both", "loss", "score"]

History = Mapping[str, Sequence[float]]


class TrainingHistoryDisplay:
    """Loss and score of a network, on training and validation data, by epoch.

    Made by `from_estimator` or `from_history`; `plot` draws it again on other axes. A ring marks
    the best validation loss and the best validation score.

    Parameters
    ----------
    history : dict of list, or list of these
        One number an epoch under each key: ``loss``, and where they were recorded ``val_loss``,
        ``accuracy`` and ``val_accuracy``, or ``r2`` and ``val_r2``. Other keys are not drawn. A
        list is of several networks, which are drawn on the same axes.

    Attributes
    ----------
    axes_ : list of matplotlib Axes
        The one of the loss, then the one of the score, as far as they are drawn.
    figure_ : matplotlib Figure
    lines_ : dict of matplotlib Line2D
        By the keys of `history`; of several networks these end in "_0", "_1" and so on.

    Examples
    --------
    >>> import numpy as np
    >>> from tsrnn import ElmanRNNRegressor
    >>> from tsrnn.plotting import TrainingHistoryDisplay
    >>> X = np.random.default_rng(0).normal(size=(60, 5))
    >>> y = X.sum(axis=1)
    >>> network = ElmanRNNRegressor(hidden_layer_sizes=4, tol=0.01, random_state=0)
    >>> network = network.fit(X[:40], y[:40], X_val=X[40:], y_val=y[40:])
    >>> display = TrainingHistoryDisplay.from_estimator(network)
    >>> list(display.lines_)
    ['loss', 'val_loss', 'r2', 'val_r2']

    A history from elsewhere will do as well:

    >>> history = {"loss": [0.7, 0.4, 0.3], "val_loss": [0.8, 0.6, 0.7]}
    >>> display = TrainingHistoryDisplay.from_history(history)
    >>> list(display.lines_)
    ['loss', 'val_loss']
    """

    axes_: list[Axes]
    figure_: Figure
    lines_: dict[str, Line2D]

    def __init__(self, *, history: History | Sequence[History]) -> None:
        self.history = history

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        kind: Kind = "both",
        ax: Axes | Sequence[Axes] | None = None,
        **line_kw: Any,
    ) -> Self:
        """Draw how a fitted network was trained.

        Parameters
        ----------
        estimator : fitted sequence estimator or RNN, or what has one inside
            With the attribute `history_`. Of a pipeline, a search, a forecaster or a panel of
            forecasters that is made of one it is the network inside; of several the first. Of an
            `RNNForecaster`, or a panel of one, that trained members it is all of these.
        kind : {"both", "loss", "score"}, default="both"
            What to draw; "both" draws the loss alone where no score was recorded.
        ax : matplotlib Axes or sequence of two, optional
            Where to draw: one for the loss and one for the score. New axes by default.
        **line_kw
            For all lines.

        Returns
        -------
        display : TrainingHistoryDisplay

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        TypeError
            If there is no network inside that keeps a history.
        ValueError
            As `from_history` raises.
        """
        return cls.from_history(_history_of(estimator), kind=kind, ax=ax, **line_kw)

    @classmethod
    def from_history(
        cls,
        history: History | Sequence[History],
        *,
        kind: Kind = "both",
        ax: Axes | Sequence[Axes] | None = None,
        **line_kw: Any,
    ) -> Self:
        """Draw a history of losses and scores.

        Parameters
        ----------
        history : dict of list, or list of these
            As the class takes it.
        kind : {"both", "loss", "score"}, default="both"
            What to draw; "both" draws the loss alone where no score was recorded.
        ax : matplotlib Axes or sequence of two, optional
            Where to draw: one for the loss and one for the score. New axes by default.
        **line_kw
            For all lines.

        Returns
        -------
        display : TrainingHistoryDisplay

        Raises
        ------
        ValueError
            If what `kind` asks for was not recorded, if the lists have unequal lengths, or if there
            are not as many axes as pictures.
        """
        return cls(history=history).plot(kind=kind, ax=ax, **line_kw)

    def plot(
        self,
        *,
        kind: Kind = "both",
        ax: Axes | Sequence[Axes] | None = None,
        **line_kw: Any,
    ) -> Self:
        """Draw.

        Parameters
        ----------
        kind : {"both", "loss", "score"}, default="both"
            What to draw; "both" draws the loss alone where no score was recorded.
        ax : matplotlib Axes or sequence of two, optional
            New axes by default.
        **line_kw
            For all lines.

        Returns
        -------
        self
        """
        names = self._names(kind)
        self._check_lengths(names)
        if ax is None:
            axes = new_axes(len(names), size=(4.7 * len(names), 3.6))
        else:
            axes = list(np.ravel(np.asarray(ax, dtype=object)))
        if len(axes) != len(names):
            raise ValueError(
                f"ax must be {len(names)} Axes, for {' and '.join(names)}, got {len(axes)}: "
                'pass kind="loss" or kind="score" to draw one of them'
            )
        self.axes_, self.lines_ = axes, {}
        self.figure_ = axes[0].figure  # type: ignore[assignment]  # or a part of one
        for name, one in zip(names, axes, strict=True):
            self._draw(name, one, line_kw)
        return self

    def _names(self, kind: Kind) -> list[str]:
        """Return the keys that get axes of their own."""
        if kind not in ("both", "loss", "score"):
            raise ValueError(f"kind must be 'both', 'loss' or 'score', got {kind!r}")
        known = {key for _, one in self._histories() for key in one}
        scores = [name for name in _SCORES if name in known or f"val_{name}" in known]
        names = {"both": ["loss", *scores], "loss": ["loss"], "score": scores}[kind]
        if not names or (kind != "score" and "loss" not in known):
            wanted = " or ".join(_SCORES) if kind == "score" else "loss"
            found = list(self._histories()[0][1]) if self._histories() else []
            raise ValueError(f"the history has no {wanted}, only {found}")
        return names

    def _histories(self) -> list[tuple[str, History]]:
        """Return the history of each network, and what its lines' names end in."""
        if isinstance(self.history, Mapping):
            return [("", self.history)]
        return [(f"_{i}", one) for i, one in enumerate(self.history)]

    def _check_lengths(self, names: Sequence[str]) -> None:
        for _, one in self._histories():
            lengths = {key: len(one[key]) for name in names for key in _keys(name, one)}
            if len(set(lengths.values())) > 1 or 0 in lengths.values():
                raise ValueError(f"the history must have a number for every epoch, got {lengths}")

    def _draw(self, name: str, ax: Axes, line_kw: dict[str, Any]) -> None:
        for suffix, history in self._histories():
            for key in _keys(name, history):
                values = np.asarray(history[key], dtype=float)
                is_first = suffix in ("", "_0")
                line = _draw_line(ax, values, key, is_first=is_first, line_kw=line_kw)
                self.lines_[f"{key}{suffix}"] = line
        ax.set(xlabel="epoch", ylabel=_SCORES.get(name, name))
        whole_ordinals(ax.xaxis)
        ax.spines[["top", "right"]].set_visible(False)
        ax.legend(frameon=False, fontsize="small")


def _keys(name: str, history: History) -> list[str]:
    return [key for key in (name, f"val_{name}") if key in history]


def _draw_line(
    ax: Axes, values: np.ndarray, key: str, *, is_first: bool, line_kw: dict[str, Any]
) -> Line2D:
    """Draw the numbers of a key, with a ring around the best one that was validated."""
    is_validation = key.startswith("val_")
    label = "validation" if is_validation else "training"
    style = {
        "color": "tab:red" if is_validation else "0.25",
        "linewidth": 1.5,
        "marker": "." if len(values) <= FEW_POINTS else None,
        "label": label if is_first else None,
    }
    epochs = np.arange(1, len(values) + 1)
    (line,) = ax.plot(epochs, values, **line_style(style, line_kw))
    if is_validation and np.isfinite(values).any():
        best = np.nanargmin(values) if key.endswith("loss") else np.nanargmax(values)
        ring: dict[str, Any] = {
            "markersize": 9,
            "markerfacecolor": "none",
            "color": line.get_color(),
        }
        ax.plot(epochs[best], values[best], "o", **ring)
    return line


def _history_of(estimator: Any) -> History | Sequence[History]:
    """Return the history of a fitted network, or of those inside of what is made of them."""
    if "history_" in getattr(estimator, "__dict__", {}):
        return estimator.history_
    if hasattr(estimator, "fit") and not isinstance(estimator, BaseEstimator):
        raise NotFittedError(f"{type(estimator).__name__} has no history_: fit it first")
    check_is_fitted(estimator)
    one = estimator
    while "history_" not in vars(one):
        of_members = _histories_in(vars(one).get("_model", vars(one).get("_fitted")))
        if of_members:
            return of_members
        inside = _inside(one)
        if not isinstance(inside, BaseEstimator):
            within = "" if one is estimator else f" made of {type(one).__name__}"
            raise TypeError(
                f"{type(estimator).__name__}{within} keeps no history of training: pass a sequence "
                "estimator, or what has one inside, such as RNNForecaster(GRURegressor())"
            )
        one = inside
    return one.history_


def _inside(one: Any) -> Any:
    """Return the fitted estimator that another is made of; None if there is none."""
    if isinstance(one, Pipeline):
        return one.steps[-1][1]
    kept = vars(one)
    inside = [kept[name] for name in _INSIDE if name in kept]
    return inside[0] if inside else _regressor_of(kept.get("_fitted"))


def _regressor_of(part: Any) -> Any:
    """Return the first regressor in what a panel keeps of its fit; None if there is none."""
    if isinstance(part, BaseEstimator):
        return part
    pieces: Sequence[Any] = part if isinstance(part, tuple) else ()
    if dataclasses.is_dataclass(part):
        pieces = [getattr(part, name) for name in _IN_PANELS if hasattr(part, name)]
    return next((one for one in map(_regressor_of, pieces) if one is not None), None)


def _is_trained_member(part: Any) -> bool:
    is_member = hasattr(part, "history") and hasattr(part, "n_samples")
    return is_member and bool(part.history.get("loss"))


def _histories_in(part: Any) -> list[History]:
    """Return the histories of the first members in what is kept of a fit."""
    pieces: Sequence[Any] = part if isinstance(part, tuple) else ()
    if dataclasses.is_dataclass(part):
        pieces = [getattr(part, name) for name in _IN_PANELS if hasattr(part, name)]
    own = [one.history for one in pieces if _is_trained_member(one)]
    if own:
        return own
    return next((found for found in map(_histories_in, pieces) if found), [])
