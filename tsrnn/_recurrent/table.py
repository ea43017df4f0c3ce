"""A table as text that shows as it is: printed, at the prompt and in notebooks."""

from __future__ import annotations

import html
from collections.abc import Iterable


class Table(str):
    """Lines of text: a str whose `repr` is the text itself."""

    def __repr__(self) -> str:
        """Show the lines."""
        return str(self)

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self)}</pre>"


def table_of_counts(
    title: str, names: tuple[str, str], rows: Iterable[tuple[str, str, int | None]]
) -> Table:
    """Lay out parts of a network: a name, a shape and a number of parameters each.

    Parameters
    ----------
    title : str
    names : (str, str)
        Of the first two columns.
    rows : iterable of (str, str, int or None)
        The number is None where it is not known yet.
    """
    rows = list(rows)
    counts = [count for _, _, count in rows]
    total = None if None in counts else sum(counts)  # type: ignore[arg-type]
    width = max(len(names[0]), *(len(name) for name, _, _ in rows)) + 2
    lines = [title, f"{names[0]:<{width}}{names[1]:<14}{'parameters':>10}"]
    for name, shape, count in [*rows, ("total", "", total)]:
        lines.append(f"{name:<{width}}{shape:<14}{'?' if count is None else count:>10}")
    return Table("\n".join(lines))
