"""Reports to a panel's users on series: which failed and why, notes, and rows put in."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from tsrnn._input.notes import warn_user
from tsrnn.exceptions import UnfinishedStepWarning
from tsrnn.panel.errors import AllFailedError

Told = Sequence[tuple[str | None, Mapping[int, Any]]]
"""What is told of series, by their position, for each model; first what is told of all models."""


def by_model(
    shared: Mapping[int, Any], of_models: Sequence[Mapping[int, Any]], names: Sequence[str | None]
) -> Told:
    """Put together what is told of all models, and of each; a single one has no name."""
    if list(names) == [None]:
        return [(None, {**shared, **of_models[0]})]
    return [(None, shared), *zip(names, of_models, strict=True)]


def listed(told: Told) -> list[tuple[int, str | None, Any]]:
    """Return what is told of which series and model, sorted by series."""
    entries = [(i, model, one) for model, of_model in told for i, one in of_model.items()]
    return sorted(entries, key=lambda entry: entry[0])


def failure_table(failures: Told, ids: pd.Index, id_col: Hashable) -> pd.DataFrame:
    """List failures by the position of their series among `ids`, of several models by model."""
    entries = listed(failures)
    columns = {
        "reason": [str(error) for *_, error in entries],
        "exception": [_kind_of(error) for *_, error in entries],
    }
    return _table(entries, ids, id_col, columns, has_models=len(failures) > 1)


def note_table(notes: Told, ids: pd.Index, id_col: Hashable) -> pd.DataFrame:
    """List notes by the position of their series among `ids`, of several models by model."""
    entries = listed_notes(notes)
    columns = {"note": [str(note) for *_, note in entries]}
    return _table(entries, ids, id_col, columns, has_models=len(notes) > 1)


def listed_notes(notes: Told) -> list[tuple[int, str | None, Warning]]:
    """Return notes, the series and the model that each is on, sorted by series."""
    return [(i, model, note) for i, model, lines in listed(notes) for note in lines]


def _table(
    entries: Sequence[tuple[int, str | None, Any]],
    ids: pd.Index,
    id_col: Hashable,
    columns: Mapping[str, list[str]],
    has_models: bool,
) -> pd.DataFrame:
    models = {"model": [model for _, model, _ in entries]} if has_models else {}
    return pd.DataFrame(
        {  # type: ignore[misc]  # names of columns may be of any kind
            id_col: ids.take(np.array([i for i, *_ in entries], dtype=np.int64)),
            **{name: pd.Series(of, dtype=object) for name, of in {**models, **columns}.items()},
        }
    )


def filled_table(ids: pd.Index, n_filled: np.ndarray | None, id_col: Hashable) -> pd.DataFrame:
    """List the series that rows were put into; None for none at all."""
    n_filled = np.zeros(len(ids), dtype=np.int64) if n_filled is None else n_filled
    places = np.flatnonzero(n_filled)
    return pd.DataFrame({id_col: ids.take(places), "n_filled": n_filled[places]})


def id_of(ids: pd.Index | pd.Series, i: int) -> Hashable:
    """Return the id of a series, or another cell, as an object of Python."""
    return ids[i : i + 1].tolist()[0]


def refuse_all_failed(failures: Mapping[int, Exception], ids: pd.Index) -> None:
    """Raise where no series is left."""
    if len(failures) < len(ids):
        return
    first = min(failures)
    raise AllFailedError(len(ids), id_of(ids, first), failures[first])


def refuse_none_moved(told: Told, lost: Iterable[int], series: np.ndarray, ids: pd.Index) -> None:
    """Raise where all series that an update was for are lost, for the first reason told."""
    if len(series) and set(series.tolist()) <= set(lost):
        first, _, error = listed(told)[0]
        raise AllFailedError(len(series), id_of(ids, first), error)


def _is(models: pd.Series, model: Any) -> pd.Series:
    return models.isna() if pd.isna(model) else models == model


def warn_of_failures(table: pd.DataFrame, n_series: int, where: str) -> None:
    """Tell how many series failed: altogether, and for single models."""
    parts = [(None, table)]
    if "model" in table:
        # Not grouped, for older pandas does not list groups without a name.
        parts = [(model, table[_is(table["model"], model)]) for model in table["model"].unique()]
    for model, part in parts if len(table) else []:
        name, reason = id_of(pd.Index(part.iloc[:1, 0]), 0), part["reason"].iloc[0]
        outcome = "failed and are left out"
        if not pd.isna(model):
            outcome = f"failed for {model!r}, whose forecasts of them are missing"
        warn_user(
            f"{len(part)} of {n_series} series {outcome}, see {where}; the first, {name!r}: "
            f"{reason}"
        )


def warn_of_last_step(doubt: str | None) -> None:
    """Tell that the last step may be unfinished, if it may."""
    if doubt is not None:
        warn_user(doubt, UnfinishedStepWarning)


def tell_failures(table: pd.DataFrame, n_series: int) -> None:
    """Tell which series failed, where no attribute does."""
    if len(table):
        told = [f"{name!r}: {why}" for name, why in table.iloc[:5, :2].itertuples(index=False)]
        more = " and so on" if len(table) > 5 else ""
        warn_user(
            f"{len(table)} of {n_series} series failed and are left out: {'; '.join(told)}{more}"
        )


def warn_of_notes(notes: Told, ids: pd.Index, where: str) -> None:
    """Tell how many notes of each kind there are."""
    by_kind: dict[type[Warning], list[tuple[int, Warning]]] = {}
    for i, _, note in listed_notes(notes):
        by_kind.setdefault(type(note), []).append((i, note))
    for kind, found in by_kind.items():
        first, note = found[0]
        warn_user(
            f"{len(found)} note(s) on the fits of single series, see {where}; the first, of "
            f"{id_of(ids, first)!r}: {note}",
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
