"""Faults of series of a panel: errors with fields, for callers that have their own words.

A panel speaks of rows and columns of a frame; who makes the frame of something else, such as a file
or a single series, says the same of lines and of its index.
"""

from __future__ import annotations

from collections.abc import Hashable
from enum import Enum
from typing import Any

from tsrnn._input.wording import Message


class CellProblem(Enum):
    """A fault of a cell of a long frame that its series does not stand."""

    NO_STAMP = "{column} is missing or no ISO date ({value!r})"
    REPEATED_STAMP = "{column} holds {value} a second time"
    NO_NUMBER = "{column} must be a number, got {value!r}"
    INFINITE = "{column} is infinite ({value})"
    UNKNOWN_REGRESSOR = "the regressor {column!r} must be known, not {value!r},"


class CellError(ValueError):
    """A cell of a long frame will not do, which is the end of its series.

    Parameters
    ----------
    problem : CellProblem
    column : hashable
        What the column is called.
    value : object
        What stands there.
    row : int
        The place of its row in the frame, from 0.
    cure : str
        What can be done, as the end of a sentence.
    """

    def __init__(
        self, problem: CellProblem, column: Hashable, value: Any, row: int, cure: str = ""
    ) -> None:
        super().__init__(problem, column, value, row, cure)  # so that it can be copied
        self.problem, self.column, self.value = problem, column, value
        self.row, self.cure = row, cure

    def message(self, place: str, column: Hashable | None = None) -> Message:
        """Say what is wrong at a place, such as "in row 3", of a column by another name."""
        column = self.column if column is None else column
        what = self.problem.value.format(column=column, value=self.value)
        return Message("{what} {place}{cure}", what=what, place=place, cure=self.cure)

    def __str__(self) -> str:
        """Return the message, which names the row."""
        return str(self.message(f"in row {self.row}"))


class SeriesError(ValueError):
    """A series of a frame will not do.

    Parameters
    ----------
    series : hashable
        Its id.
    failure : Exception
        Why.
    """

    def __init__(self, series: Hashable, failure: Exception) -> None:
        super().__init__(series, failure)
        self.series, self.failure = series, failure

    def __str__(self) -> str:
        """Return the message, which names the series."""
        return f"series {self.series!r}: {self.failure}"


class AllFailedError(ValueError):
    """No series of a panel is left.

    Parameters
    ----------
    n_series : int
    series : hashable
        The id of the first.
    failure : Exception
        Why that failed.
    """

    def __init__(self, n_series: int, series: Hashable, failure: Exception) -> None:
        super().__init__(n_series, series, failure)
        self.n_series, self.series, self.failure = n_series, series, failure

    def __str__(self) -> str:
        """Return the message, which tells of the first series."""
        return f"all {self.n_series} series failed; the first, {self.series!r}: {self.failure}"
