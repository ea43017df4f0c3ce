"""Errors of the command about input that will not do."""

from __future__ import annotations

from collections.abc import Iterable

_MOST_QUOTED = 60  # characters of a cell: enough to find it
_MOST_LISTED = 12  # names of columns


class UsageError(Exception):
    """An error that the user can mend: in a file, a column, a value."""


def quoted(text: object) -> str:
    """Quote a cell or a name, cut where it is long."""
    text = str(text)
    return repr(text if len(text) <= _MOST_QUOTED else text[: _MOST_QUOTED - 3] + "...")


def listed(names: Iterable[object]) -> str:
    """Quote names, the first of many."""
    names = list(names)
    words = ", ".join(quoted(name) for name in names[:_MOST_LISTED])
    n_more = len(names) - _MOST_LISTED
    return words if n_more <= 0 else f"{words} and {n_more:,} more"
