"""Static columns of a panel as numbers, for forecasters that read them.

A column of numbers is one number a series, and one of words, categories or True and False has a
number for each category, 1 in the series that are of it and 0 in all others.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from tsrnn._input.numbers import read_floats
from tsrnn.panel.frame import holds_numbers

# Categories of a column that are told apart: beyond them those of most series.
MOST_CATEGORIES = 64


class StaticNumbers(NamedTuple):
    """Numbers made of static columns.

    Attributes
    ----------
    numbers : (n_series, S) array
        0 for failures.
    failures : dict
        Why series, by their position, will not do.
    told : list of str
        Columns with more categories than are told apart.
    """

    numbers: np.ndarray
    failures: dict[int, Exception]
    told: list[str]


def static_numbers(table: pd.DataFrame, names: Sequence[Hashable], readers: str) -> StaticNumbers:
    """Make numbers of static columns.

    Parameters
    ----------
    table : DataFrame
        A row a series.
    names : sequence
        Of the columns.
    readers : str
        What to call what reads them.
    """
    parts, told = [np.empty((len(table), 0))], []
    failures: dict[int, Exception] = {}
    for name in names:
        column = table[name]
        if holds_numbers(column) and not pd.api.types.is_bool_dtype(column.dtype):
            numbers, _ = read_floats(column, repr(name))
            is_known = np.isfinite(numbers)
            parts.append(np.where(is_known, numbers, 0.0)[:, None])
        else:
            is_known = column.notna().to_numpy()
            of_column, n_categories = _indicators(column[is_known])
            found = np.zeros((len(table), of_column.shape[1]))
            found[is_known] = of_column
            parts.append(found)
            if n_categories > MOST_CATEGORIES:
                told.append(
                    f"the static column {name!r} has {n_categories} categories: {readers} tells "
                    f"apart the {MOST_CATEGORIES} of most series, and reads the others as one"
                )
        for i in np.flatnonzero(~is_known).tolist():
            failures.setdefault(
                i,
                ValueError(
                    f"the static column {name!r} has no known value but {column.iloc[i]}, and "
                    f"{readers} reads it: give it one, such as a category of its own"
                ),
            )
    return StaticNumbers(np.concatenate(parts, axis=1), failures, told)


def _indicators(column: pd.Series) -> tuple[np.ndarray, int]:
    """Return a column for each category, (n, k), and how many categories there are."""
    codes, categories = pd.factorize(column.astype(object))
    order = np.lexsort((np.asarray([str(one) for one in categories]), -np.bincount(codes)))
    kept = order[:MOST_CATEGORIES]
    by_name = kept[np.argsort([str(categories[i]) for i in kept], kind="stable")]
    return (codes[:, None] == by_name).astype(float), len(categories)
