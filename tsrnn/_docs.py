"""Docstrings put together from parts that several classes share."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

Documented = TypeVar("Documented", bound=type)


def filled_in(parts: Mapping[str, str]) -> Callable[[Documented], Documented]:
    """Return a decorator that puts parts into a class's docstring.

    Parameters
    ----------
    parts : dict of str to str
        By the mark that each stands for, such as "{solver}", in the order in which they are put
        in: a part may have marks of later ones.
    """

    def fill(described: Documented) -> Documented:
        text = described.__doc__
        if text is not None:  # it is under python -OO
            for mark, part in parts.items():
                text = _replaced(text, mark, part)
            described.__doc__ = text
        return described

    return fill


def _replaced(text: str, mark: str, part: str) -> str:
    """Replace a mark; a block that stands on lines of its own takes over their indentation."""
    lines = []
    for line in text.split("\n"):
        indent = line[: len(line) - len(line.lstrip())]
        lines.append(line.replace(mark, re.sub(r"\n(?!\n)", "\n" + indent, part)))
    return "\n".join(lines)
