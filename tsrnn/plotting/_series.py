"""Series that are drawn: one of those that an estimator answers with."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd


def frame_of(values: Any) -> pd.DataFrame:
    """Return one number a row and series as a DataFrame."""
    if isinstance(values, pd.Series):
        return values.to_frame(name=values.name)
    if isinstance(values, pd.DataFrame):
        return values
    array = np.asarray(values)
    frame = pd.DataFrame(array.reshape(len(array), -1))
    return frame.set_axis([None], axis=1) if frame.shape[1] == 1 else frame


def refuse_several(series: Any) -> None:
    """Refuse several series to draw; a tuple may be the label of one.

    Raises
    ------
    ValueError
    """
    if isinstance(series, list | set | np.ndarray | pd.Index | pd.Series):
        raise ValueError(
            f"series must be one, for a picture has one series, got {series!r}: draw a picture of "
            "each, with ax= for axes side by side"
        )


def column_of(frame: pd.DataFrame, series: Any) -> int:
    """Return the position of the series to draw."""
    refuse_several(series)
    names = list(frame.columns)
    is_first = isinstance(series, Integral) and not isinstance(series, bool) and series == 0
    if series is None:
        if len(names) == 1:
            return 0
        raise ValueError(f"the forecaster has {len(names)} series: pass series=, one of {names}")
    if len(names) == 1 and names[0] is None and is_first:
        return 0
    if series not in names:
        raise ValueError(f"series must be one of {names}, got {series!r}")
    return names.index(series)
