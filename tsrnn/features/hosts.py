"""Features of time within forecasters, which make regressors of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from tsrnn._time.grid import TimeGrid
from tsrnn.exceptions import InvalidParameterError
from tsrnn.features.time_features import TimeFeatures


class ReadyColumns(TimeFeatures):
    """Columns that X has already, made by who knows the time stamps.

    Parameters
    ----------
    names : sequence of str
        Of all columns of X.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names

    def validate_parameters(self) -> None:
        """Accept all; see `TimeFeatures.validate_parameters`."""

    def learn(self, stamps: pd.Index) -> None:
        """Learn nothing; see `TimeFeatures.learn`."""
        self.feature_names_ = []

    @property
    def n_columns(self) -> int:
        """The number of those that it makes; see `TimeFeatures.n_columns`."""
        return 0

    def columns_at(self, stamps: pd.Index, positions: np.ndarray) -> np.ndarray:
        """Return none; see `TimeFeatures.columns_at`."""
        return np.empty((len(positions), 0))


def checked_features(features: Any) -> tuple[TimeFeatures, ...]:
    """Return features, one or a collection of them, as a tuple.

    Raises
    ------
    InvalidParameterError
        For anything else.
    """
    is_many = isinstance(features, list | tuple)
    every = tuple(features) if is_many else (features,)
    for one in every:
        if not isinstance(one, TimeFeatures):
            raise InvalidParameterError(
                "features must be features of time, such as CalendarFeatures('month'), or a list "
                f"of them, got {one!r}"
            )
        one.validate_parameters()
    return every


def learned_features(
    features: Iterable[TimeFeatures],
    stamps: pd.Index,
    parts: Sequence[tuple[Any, pd.Index]] | None = None,
) -> tuple[TimeFeatures, ...]:
    """Return clones of features that have learned from stamps, sorted and each once.

    Where they are of several series, parts are the stamps of each, with its id.
    """
    clones = tuple(clone(one) for one in features)
    for one in clones:
        one.look_at([(None, stamps)] if parts is None else parts)
        one.learn(stamps)
    return clones


def columns_of(
    features: Iterable[TimeFeatures], stamps: pd.Index, positions: np.ndarray
) -> np.ndarray:
    """Return the columns of all features that have learned, (n_rows, n_features)."""
    parts = [one.columns_at(stamps, positions) for one in features]
    return np.hstack([np.empty((len(positions), 0)), *parts])


def names_beside(given: Iterable[Any], features: Iterable[TimeFeatures]) -> list[str]:
    """Return the names of given columns, and then of those of features that have learned.

    One of a feature that is taken, as New Year's Day is by another country, is numbered.
    """
    names = [str(name) for name in given]
    for one in features:
        for name in one.feature_names_:
            free = (f"{name} ({i})" if i > 1 else name for i in count(1))
            names.append(next(shown for shown in free if shown not in names))
    return names


def with_features(
    regressors: np.ndarray,
    features: tuple[TimeFeatures, ...],
    grid: TimeGrid,
    positions: np.ndarray,
) -> np.ndarray:
    """Put the columns of features beside the regressors (n, p) of rows at some positions."""
    if not features or not len(positions):
        return regressors
    start = int(positions.min())
    stamps = grid.stamps(start, int(positions.max()) + 1).take(positions - start)
    return np.hstack([regressors, columns_of(features, stamps, positions)])
