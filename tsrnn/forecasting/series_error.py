"""Errors of one of several series, for callers that have other names for them."""

from __future__ import annotations


class NumberedSeriesError(ValueError):
    """One of several series will not do.

    Parameters
    ----------
    series : int
        Its number.
    reason : str
        What is wrong with it, as the end of a sentence about it.
    """

    def __init__(self, series: int, reason: str) -> None:
        super().__init__(series, reason)  # so that it can be copied
        self.series, self.reason = series, reason

    def __str__(self) -> str:
        """Return the message, which names the series by its number."""
        return f"series {self.series} {self.reason}"
