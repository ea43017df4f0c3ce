"""Texts for users of Python that others can word anew, such as the command line.

What differs between the two, arguments and their values above all, are fields of a text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True)
class Argument:
    """An argument with a value, or alone where any value is meant."""

    name: str
    value: Any = ...

    @property
    def has_value(self) -> bool:
        """Whether a value is named."""
        return self.value is not ...

    def __str__(self) -> str:
        """Return it as Python writes it."""
        return f"{self.name}={self.value!r}" if self.has_value else f"{self.name}="


@dataclass(frozen=True)
class ArgumentName:
    """An argument as the subject of a sentence."""

    name: str

    def __str__(self) -> str:
        """Return the name."""
        return self.name


@dataclass(frozen=True)
class Rows:
    """The word for rows, or "row"."""

    word: str = "rows"

    def __str__(self) -> str:
        """Return the word."""
        return self.word


@dataclass(frozen=True)
class Phrase:
    """A phrase for what only users of Python can do, or read: others know it and have their own."""

    text: str

    def __str__(self) -> str:
        """Return the text."""
        return self.text


@dataclass(frozen=True)
class ColumnsOfX:
    """Columns of regressors by their places, which a panel has names for."""

    places: tuple[int, ...]

    def __str__(self) -> str:
        """Return them as they are found in X."""
        return f"the columns {list(self.places)} of X"


Term: TypeAlias = Argument | ArgumentName | Rows | Phrase
Write: TypeAlias = Callable[[Term], str]


class Message(str):
    """A text made of a template, as `str.format` takes it, and of its fields.

    Examples
    --------
    >>> text = Message("set {how}", how=Argument("freq", "D"))
    >>> text
    "set freq='D'"
    >>> text.worded(lambda field: f"--{field.name} {field.value}")
    'set --freq D'
    """

    template: str
    fields: dict[str, Any]

    def __new__(cls, template: str, /, **fields: Any) -> Message:
        """Make the text for users of Python."""
        text = super().__new__(cls, template.format(**fields))
        text.template, text.fields = template, fields
        return text

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        """Return what copies are made of."""
        return (self.template,), self.fields

    def worded(self, write: Write) -> str:
        """Return the text with fields as somebody else writes them; other values stay."""
        words = {name: worded(value, write) for name, value in self.fields.items()}
        return self.template.format(**words)


def worded(value: Any, write: Write) -> Any:
    """Return the text of an error or of a field as somebody else writes it."""
    if isinstance(value, Exception):
        value = value.args[0] if value.args and isinstance(value.args[0], Message) else str(value)
    if isinstance(value, Message):
        return value.worded(write)
    return write(value) if isinstance(value, Term) else value
