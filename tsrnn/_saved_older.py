"""What files of older versions hold, made what it is now."""

from __future__ import annotations

from typing import Any

from tsrnn._panel_state import FittedPanel
from tsrnn._smoother_batch import SmootherBatch
from tsrnn.auto import AutoExpSmoothingRNN
from tsrnn.deseasonalize import DeseasonalizedForecaster
from tsrnn.naive import NaiveForecaster
from tsrnn.panel import PanelForecaster
from tsrnn.smoothing import TripleExpSmoothingRNN

# What was added to classes since files of them were first saved, and what it is in those files.
_LATER = {
    PanelForecaster: {"fill": None, "aggregate": None},
    FittedPanel: {"rows": None, "n_filled": None},
    SmootherBatch: {"ahead": None},
}

# Forecasters that keep the period that was taken: of older ones it is the one they were given.
_WITH_PERIOD = (
    TripleExpSmoothingRNN,
    AutoExpSmoothingRNN,
    NaiveForecaster,
    DeseasonalizedForecaster,
)


def bring_up_to_date(kind: type, attributes: dict[str, Any]) -> None:
    """Add to what a file says of an object what it would say today.

    Parameters
    ----------
    kind : type
    attributes : dict
        As read, and not checked yet; changed in place.

    Raises
    ------
    ValueError, TypeError, LookupError
        For what no version saves.
    """
    for name, value in _LATER.get(kind, {}).items():
        attributes.setdefault(name, value)
    if kind is FittedPanel and isinstance(attributes.get("gone"), set):
        attributes["gone"] = frozenset(attributes["gone"])  # of a panel that was updated
    if "_model" in attributes:
        attributes.setdefault("_followed", ())
        if kind in _WITH_PERIOD:
            attributes.setdefault("period_", attributes.get("period"))
