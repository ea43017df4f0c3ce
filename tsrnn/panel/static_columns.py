"""Static columns of a panel as numbers, for forecasters that read them.

A column of numbers is one number a series, and one of words, categories or True and False has a
number for each category, 1 in the series that are of it and 0 in all others. Which categories there
are is learned from the series that are trained on, and other series are told by these.
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


# Categories that an error lists.
_MOST_LISTED = 8


def static_numbers(
    table: pd.DataFrame,
    names: Sequence[Hashable],
    readers: str,
    learned: pd.DataFrame | None = None,
) -> StaticNumbers:
    """Make numbers of static columns.

    Parameters
    ----------
    table : DataFrame
        A row a series.
    names : sequence
        Of the columns.
    readers : str
        What to call what reads them.
    learned : DataFrame, optional
        The table of the series that were trained on, which says how columns are read; `table` by
        default. Of categories that it does not have there are failures.
    """
    parts, told = [np.empty((len(table), 0))], []
    failures: dict[int, Exception] = {}
    cure = ", such as a category of its own" if learned is None else ""
    for name in names:
        column = table[name]
        known = column if learned is None else learned[name]
        if holds_numbers(known) and not pd.api.types.is_bool_dtype(known.dtype):
            numbers, words = read_floats(column, repr(name))
            is_known = np.isfinite(numbers)
            if words is not None and learned is not None:
                for i in np.flatnonzero(words).tolist():
                    failures.setdefault(i, _no_number(name, column, i))
            parts.append(np.where(is_known, numbers, 0.0)[:, None])
        else:
            is_known = column.notna().to_numpy()
            every, n_kept = _categories(known[known.notna()])
            n_categories = len(every)
            cells = pd.Index(column, dtype=object, tupleize_cols=False)
            codes = every.get_indexer(cells)  # type: ignore[no-untyped-call]
            parts.append((codes[:, None] == np.arange(n_kept)).astype(float))
            for i in np.flatnonzero(is_known & (codes < 0)).tolist():
                failures.setdefault(i, _no_category(name, column, i, every))
            if n_categories > MOST_CATEGORIES and learned is None:
                told.append(
                    f"the static column {name!r} has {n_categories} categories: {readers} tells "
                    f"apart the {MOST_CATEGORIES} of most series, and reads the others as one"
                )
        for i in np.flatnonzero(~is_known).tolist():
            failures.setdefault(
                i,
                ValueError(
                    f"the static column {name!r} has no known value but {column.iloc[i]}, and "
                    f"{readers} reads it: give it one{cure}"
                ),
            )
    return StaticNumbers(np.concatenate(parts, axis=1), failures, told)


def _categories(column: pd.Series) -> tuple[pd.Index, int]:
    """Return the categories of a column, first those told apart, and how many these are."""
    codes, categories = pd.factorize(column.astype(object))
    names = np.asarray([str(one) for one in categories])
    order = np.lexsort((names, -np.bincount(codes)))
    kept, others = order[:MOST_CATEGORIES], order[MOST_CATEGORIES:]
    by_name = kept[np.argsort(names[kept], kind="stable")]
    every = pd.Index(categories, dtype=object, tupleize_cols=False)
    return every.take(np.concatenate([by_name, others])), len(kept)


def _no_category(name: Hashable, column: pd.Series, i: int, known: pd.Index) -> ValueError:
    listed = ", ".join(map(repr, known[:_MOST_LISTED].tolist()))
    more = f" and {len(known) - _MOST_LISTED} more" if len(known) > _MOST_LISTED else ""
    return ValueError(
        f"the static column {name!r} is {column.iloc[i]!r}, and no series trained on is of that: "
        f"known are {listed}{more}. Give one of these, or fit anew with such series"
    )


def _no_number(name: Hashable, column: pd.Series, i: int) -> ValueError:
    return ValueError(
        f"the static column {name!r} is {column.iloc[i]!r}, and was one of numbers in the series "
        "trained on: give a number"
    )
