"""Reports to a panel's users on series: which failed and why, notes, and rows put in."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from tsrnn._input.notes import warn_user
from tsrnn.panel.errors import AllFailedError


def failure_table(
    failures: Mapping[int, Exception], ids: pd.Index, id_col: Hashable
) -> pd.DataFrame:
    """List failures by the position of their series among `ids`."""
    places = sorted(failures)
    return pd.DataFrame(
        {
            id_col: ids.take(np.array(places, dtype=np.int64)),
            "reason": pd.Series([str(failures[i]) for i in places], dtype=object),
            "exception": pd.Series([_kind_of(failures[i]) for i in places], dtype=object),
        }
    )


def note_table(
    notes: Mapping[int, Sequence[Warning]], ids: pd.Index, id_col: Hashable
) -> pd.DataFrame:
    """List notes by the position of their series among `ids`."""
    listed = [(i, str(note)) for i in sorted(notes) for note in notes[i]]
    return pd.DataFrame(
        {
            id_col: ids.take(np.array([i for i, _ in listed], dtype=np.int64)),
            "note": pd.Series([note for _, note in listed], dtype=object),
        }
    )


def filled_table(ids: pd.Index, n_filled: np.ndarray | None, id_col: Hashable) -> pd.DataFrame:
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


def tell_failures(table: pd.DataFrame, n_series: int) -> None:
    """Tell which series failed, where no attribute does."""
    if len(table):
        told = [f"{name!r}: {why}" for name, why in table.iloc[:5, :2].itertuples(index=False)]
        more = " and so on" if len(table) > 5 else ""
        warn_user(
            f"{len(table)} of {n_series} series failed and are left out: {'; '.join(told)}{more}"
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


def _kind_of(failure: Exception) -> str:
    """Return the name of an error's type, or of the nearest above it that users know."""
    known = (
        kind
        for kind in type(failure).__mro__
        if not kind.__module__.startswith("tsrnn.") or kind.__module__ == "tsrnn.exceptions"
    )
    return next(known).__name__
