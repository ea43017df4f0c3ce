"""Warnings to users, at the line of theirs that each is about."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from tsrnn._input.wording import Message

_PACKAGE = f"{Path(__file__).parents[1]}{os.sep}"


def warn_user(message: str | Warning, category: type[Warning] = UserWarning) -> None:
    """Warn at the line outside the package that has called into it, however deep this is called.

    Parameters
    ----------
    message : str or Warning
        A warning has its own category.
    category : type
    """
    level = 1
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def together(
    notes: Mapping[int, Warning], n_series: int, name: Callable[[int], Any] = "series {}".format
) -> tuple[Warning, ...]:
    """Make one warning of those about series at some positions: how many, and the first of them.

    Those of different categories are warnings of their own.

    Parameters
    ----------
    notes : mapping of int to Warning
    n_series : int
        Among how many they are; of a single one there is nothing to add.
    name : callable
        Names the series at a position.
    """
    if not notes or n_series == 1:
        return tuple(notes.values())
    by_category: dict[type[Warning], list[int]] = {}
    for i in sorted(notes):
        by_category.setdefault(type(notes[i]), []).append(i)
    return tuple(
        category(
            Message(
                "{count} of {n_series} series, the first {name}: {note}",
                count=len(series),
                n_series=n_series,
                name=name(series[0]),
                note=notes[series[0]],
            )
        )
        for category, series in by_category.items()
    )
