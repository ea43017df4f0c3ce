"""The period of scaled errors: the one that is given, or that of the stamps of training series."""

from __future__ import annotations

import warnings
from typing import Any, Literal

import numpy as np
import pandas as pd

from tsrnn._time.period_of_stamps import periods_of_stamps
from tsrnn.metrics.reading import check_period, numbers


def period_of(y_train: Any, period: int | Literal["auto"]) -> int:
    """Return the number of time steps in a season of training series, one or side by side.

    Raises
    ------
    ValueError, TypeError
        If `period` is neither "auto" nor a positive int.
    """
    period = check_period(period)
    if period != "auto":
        return period
    if not isinstance(y_train, pd.Series | pd.DataFrame) or not len(y_train):
        return 1
    n_observed = np.count_nonzero(~np.isnan(numbers(y_train, "y_train")), axis=0)
    offsets = np.array([0, len(y_train)])
    return int(periods_of_rows(y_train.index, offsets, np.atleast_1d(np.max(n_observed)))[0])


def periods_of_rows(labels: pd.Index, offsets: np.ndarray, n_observed: np.ndarray) -> np.ndarray:
    """Return the periods of series below one another, (n_series,), as `periods_of_stamps`.

    Warns where stamps tell of none because they have gaps.
    """
    periods, are_irregular = periods_of_stamps(labels, offsets, n_observed)
    if are_irregular.any():
        row = labels[offsets[are_irregular.argmax()]]
        which = f"of {are_irregular.sum()} series of y_train" if len(periods) > 1 else "of y_train"
        warnings.warn(
            f"the time stamps {which}, from {row} on, lie on no regular grid, and tell of no "
            "season: errors are scaled by the changes from row to row, which period=1 says; "
            "give period where there is a season, or y_train without gaps, of which "
            "tsrnn.fill_gaps makes rows",
            UserWarning,
            stacklevel=4,
        )
    return periods
