"""Arguments of a panel: what columns are called, levels of intervals, how often it is refitted."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from tsrnn.exceptions import InvalidParameterError
from tsrnn.panel.frame import Columns

_CUTOFF = "cutoff"  # a column of cross-validations
# What tsrnn.metrics.evaluate takes for the number of a step, series and time stamps.
_EVALUATED = ("step", "series", "unique_id", "time", "ds")
_MODEL = "model"  # beside the ids, in tables of several
_OF_SERIES = ("reason", "exception", "note", "n_filled")  # beside the ids, in tables of series


def check_names(columns: Columns, alias: Any, names: Sequence[str], several: bool = False) -> None:
    """Check what columns are called: of what a panel returns none may overwrite another.

    Parameters
    ----------
    columns : Columns
    alias : str or None
        As the user gave it.
    names : sequence of str
        What the forecasts are called.
    several : bool
        Whether they are of a list of forecasters, which tables name in a column.

    Raises
    ------
    InvalidParameterError
    """
    given = (("id_col", columns.id), ("time_col", columns.time), ("target_col", columns.target))
    for argument, column in given:
        if column is None or column is pd.NA or not pd.api.types.is_hashable(column):
            raise InvalidParameterError(
                f"{argument} must be the name of a column, such as 'unique_id', got {column!r}"
            )
    taken = [column for _, column in given]
    if len({*taken, _CUTOFF}) < len(taken) + 1:
        raise InvalidParameterError(
            f"id_col, time_col and target_col must be three names, none of them {_CUTOFF!r}, got "
            f"{taken}"
        )
    if columns.id in (*_OF_SERIES, *([_MODEL] if several else [])):
        raise InvalidParameterError(
            f"id_col must not be {columns.id!r}, which is a column of failures_, notes_ or "
            f"filled_: rename it, as in df.rename(columns={{{columns.id!r}: 'series'}})"
        )
    taken += [_CUTOFF, *(name for name in _EVALUATED if name not in taken)]
    if alias is not None and (not isinstance(alias, str) or not alias.strip() or alias in taken):
        raise InvalidParameterError(
            f"alias must be None or a name other than {taken}, got {alias!r}"
        )
    for name in names:
        if name in taken:
            said = next((argument for argument, column in given if column == name), "a column")
            cure = "name the forecaster otherwise" if several else "set alias to another name"
            raise InvalidParameterError(
                f"{said} is {name!r}, which is what the column of forecasts is called: {cure}"
            )


def interval_names(
    names: Sequence[str], levels: Sequence[float], taken: Collection[Hashable]
) -> list[list[str]]:
    """Return what the forecasts and bounds of each model are called, beside other columns.

    Raises
    ------
    InvalidParameterError
        If another column is called so.
    """
    columns = [
        [name, *(f"{name}-{side}-{level:g}" for level in levels for side in ("lo", "hi"))]
        for name in names
    ]
    for bound in [bound for _, *bounds in columns for bound in bounds]:
        if bound in (*taken, *names):
            raise InvalidParameterError(
                f"the bounds of intervals would be called {bound!r}, as is a column of the panel: "
                f"{'set alias to another name' if len(names) == 1 else 'rename one of the two'}"
            )
    return columns


def check_levels(level: Any) -> list[float]:
    """Return levels in percent.

    Raises
    ------
    InvalidParameterError
    """
    if level is None:
        return []
    levels = [level] if isinstance(level, Real | str) else list(level)
    for one in levels:
        if isinstance(one, bool) or not isinstance(one, Real) or not 1 <= one < 100:  # type: ignore[operator]
            raise InvalidParameterError(
                f"level is in percent, from 1 to below 100, as in [80, 95]; got {one!r}"
            )
    if len({f"{one:g}" for one in levels}) < len(levels):  # as they name columns
        raise InvalidParameterError(f"level has a value twice: {levels}")
    return [float(one) for one in levels]


def tails_of(levels: Sequence[float]) -> np.ndarray:
    """Return the probabilities below the bounds of intervals of levels in percent."""
    halves = [0.5 * (one / 100.0) for one in levels]
    return np.array([0.5 + side * half for half in halves for side in (-1.0, 1.0)])
