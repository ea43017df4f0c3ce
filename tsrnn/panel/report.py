"""What a panel's users are told: which series failed and why, and what will not do at all."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from tsrnn._input.notes import warn_user
from tsrnn._input.validation import check_count
from tsrnn._time.labels import dates_in_integers
from tsrnn._time.stamps import MISSING, Dates, Dial, Periods, WholeNumbers, period_alias
from tsrnn.exceptions import InvalidParameterError
from tsrnn.panel.errors import AllFailedError
from tsrnn.panel.frame import Columns, Panel

_CUTOFF = "cutoff"  # a column of cross-validations
_OF_SERIES = ("reason", "exception", "note", "n_filled")  # beside the ids, in tables of series


def failure_table(failures: Mapping[int, Exception], ids: pd.Index, id_col: str) -> pd.DataFrame:
    """List failures by the position of their series among `ids`."""
    places = sorted(failures)
    return pd.DataFrame(
        {
            id_col: ids.take(np.array(places, dtype=np.int64)),
            "reason": pd.Series([str(failures[i]) for i in places], dtype=object),
            "exception": pd.Series([_kind_of(failures[i]) for i in places], dtype=object),
        }
    )


def note_table(notes: Mapping[int, Sequence[Warning]], ids: pd.Index, id_col: str) -> pd.DataFrame:
    """List notes by the position of their series among `ids`."""
    listed = [(i, str(note)) for i in sorted(notes) for note in notes[i]]
    return pd.DataFrame(
        {
            id_col: ids.take(np.array([i for i, _ in listed], dtype=np.int64)),
            "note": pd.Series([note for _, note in listed], dtype=object),
        }
    )


def filled_table(ids: pd.Index, n_filled: np.ndarray | None, id_col: str) -> pd.DataFrame:
    """List the series that rows were put into; None for none at all."""
    n_filled = np.zeros(len(ids), dtype=np.int64) if n_filled is None else n_filled
    places = np.flatnonzero(n_filled)
    return pd.DataFrame({id_col: ids.take(places), "n_filled": n_filled[places]})


def id_of(ids: pd.Index, i: int) -> Hashable:
    """Return the id of a series, as an object of Python."""
    return ids[i : i + 1].tolist()[0]


def refuse_all_failed(failures: Mapping[int, Exception], ids: pd.Index) -> None:
    """Raise where no series is left."""
    if len(failures) < len(ids):
        return
    first = min(failures)
    raise AllFailedError(len(ids), id_of(ids, first), failures[first])


def warn_of_failures(table: pd.DataFrame, n_series: int, where: str) -> None:
    """Tell how many series failed."""
    if len(table):
        name, reason = id_of(pd.Index(table.iloc[:1, 0]), 0), table.iloc[0, 1]
        warn_user(
            f"{len(table)} of {n_series} series failed and are left out, see {where}; the first, "
            f"{name!r}: {reason}",
        )


def warn_of_notes(notes: Iterable[Warning]) -> None:
    """Tell how many notes of each kind there are."""
    by_kind: dict[type[Warning], list[Warning]] = {}
    for note in notes:
        by_kind.setdefault(type(note), []).append(note)
    for kind, found in by_kind.items():
        warn_user(
            f"{len(found)} note(s) on the fits of single series, see notes_; the first: {found[0]}",
            kind,
        )


def check_names(columns: Columns, alias: Any, name: str) -> None:
    """Check what columns are called: of what a panel returns none may overwrite another.

    Parameters
    ----------
    columns : Columns
    alias : str or None
        As the user gave it.
    name : str
        What the forecasts are called.

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
    if columns.id in _OF_SERIES:
        raise InvalidParameterError(
            f"id_col must not be {columns.id!r}, which is a column of failures_, notes_ or "
            "filled_: rename it, as in df.rename(columns={'note': 'series'})"
        )
    taken.append(_CUTOFF)
    if alias is not None and (not isinstance(alias, str) or not alias.strip() or alias in taken):
        raise InvalidParameterError(
            f"alias must be None or a name other than {taken}, got {alias!r}"
        )
    if name in taken:
        argument = next(argument for argument, column in given if column == name)
        raise InvalidParameterError(
            f"{argument} is {name!r}, which is what the column of forecasts is called: set alias "
            "to another name"
        )


def interval_names(name: str, levels: Sequence[float], columns: Columns) -> list[tuple[str, str]]:
    """Return what the bounds of intervals are called.

    Raises
    ------
    InvalidParameterError
        If a column of the panel is called so.
    """
    names = [(f"{name}-lo-{level:g}", f"{name}-hi-{level:g}") for level in levels]
    for bound in [bound for pair in names for bound in pair]:
        if bound in (columns.id, columns.time):
            raise InvalidParameterError(
                f"the bounds of intervals would be called {bound!r}, as is a column of the panel: "
                "set alias to another name"
            )
    return names


def check_levels(level: Any) -> list[float]:
    """Return levels in percent.

    Raises
    ------
    InvalidParameterError
    """
    if level is None:
        return []
    levels = [level] if isinstance(level, Real) else list(level)
    for one in levels:
        if isinstance(one, bool) or not isinstance(one, Real) or not 1 <= one < 100:
            raise InvalidParameterError(
                f"level is in percent, from 1 to below 100, as in [80, 95]; got {one!r}"
            )
    if len({f"{one:g}" for one in levels}) < len(levels):  # as they name columns
        raise InvalidParameterError(f"level has a value twice: {levels}")
    return [float(one) for one in levels]


def refit_every(refit: bool | int, n_windows: int) -> int:
    """Return at every how many windows a panel is fitted anew."""
    if isinstance(refit, bool | np.bool_):
        return 1 if refit else n_windows
    return check_count("refit", refit)


def refuse_dates_in_integers(panel: Panel, name: str) -> None:
    """Refuse stamps such as 202012, which would be counted on to 202013.

    Raises
    ------
    ValueError
    """
    if not isinstance(panel.dial, WholeNumbers):
        return
    found = dates_in_integers(panel.ticks[panel.ticks != MISSING], name)
    if found:
        raise ValueError(f"{found}; freq=1 counts them on all the same")


def ticks_as_read(panel: Panel, dial: Dial, name: str) -> np.ndarray:
    """Return a panel's ticks as another dial, that of the fit, would have read its stamps.

    Raises
    ------
    ValueError
        If these are stamps of another kind.
    """
    given, fitted = _kind(panel.dial), _kind(dial)
    are_zoned = [isinstance(one, Dates) and one.tz is not None for one in (panel.dial, dial)]
    if given != fitted and not all(are_zoned):
        raise ValueError(
            f"{name} holds {given}, but the panel was fitted with {fitted}"
            f"{zones_advice(panel.dial, dial)}"
        )
    if not isinstance(dial, Dates) or panel.dial.unit == dial.unit:
        return panel.ticks
    index = pd.DatetimeIndex(panel.ticks.view(f"M8[{panel.dial.unit}]"))
    try:
        converted = index.as_unit(dial.unit)
    except pd.errors.OutOfBoundsDatetime as error:
        raise ValueError(
            f"{name} holds a stamp that the unit of the fit, {dial.unit!r}, does not reach "
            f"({error}): if it is right, fit the panel with stamps in seconds, as column.astype"
            "('datetime64[s]') makes them"
        ) from error
    wrong = np.flatnonzero(converted != index)
    if wrong.size:
        raise ValueError(
            f"{name} holds {index[wrong[0]]}, finer than the unit of the fit, {dial.unit!r}"
        )
    return converted.asi8


def zones_advice(given: Dial, fitted: Dial) -> str:
    """Say what to do with dates of another time zone than that of the fit."""
    if not isinstance(given, Dates) or not isinstance(fitted, Dates):
        return ""
    if str(given.tz) == str(fitted.tz):
        return ""
    to_fitted = "" if fitted.tz is None else f".dt.tz_localize({str(fitted.tz)!r})"
    if given.tz is None:
        return f": say of which zone they are, as in column{to_fitted}"
    if fitted.tz is None:
        return ": column.dt.tz_localize(None) keeps what their clocks show"
    return (
        f". They are in {given.tz}, those of the fit in {fitted.tz}: "
        f"column.dt.tz_localize(None){to_fitted} keeps what their clocks show"
    )


def _kind_of(failure: Exception) -> str:
    """Return the name of an error's type, or of the nearest above it that users know."""
    known = (
        kind
        for kind in type(failure).__mro__
        if not kind.__module__.startswith("tsrnn.") or kind.__module__ == "tsrnn.exceptions"
    )
    return next(known).__name__


def _kind(dial: Dial) -> str:
    if isinstance(dial, Dates):
        return "dates without a time zone" if dial.tz is None else f"dates in {dial.tz}"
    return f"periods of {period_alias(dial.freq)!r}" if isinstance(dial, Periods) else "integers"
