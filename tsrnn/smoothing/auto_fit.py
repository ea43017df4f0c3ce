"""Selecting and fitting the structure of each of many series, as columns or as a panel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from tsrnn._input.ragged import Batch
from tsrnn.forecasting.blocks import Block, fit_blocks, partition
from tsrnn.forecasting.panel_model import Progress
from tsrnn.smoothing.arguments import bounds_of
from tsrnn.smoothing.columns import SmoothingModel, as_columns
from tsrnn.smoothing.fit_batch import Fitted, fit_batch
from tsrnn.smoothing.panel import SmootherPanel, unnamed
from tsrnn.smoothing.search.task import Settings
from tsrnn.smoothing.selection import Selection, chosen_parts, found_for, select
from tsrnn.smoothing.structure import Structure

# Series of a panel that are worked on at a time.
_BLOCK = 4096

# How many models are named in a note.
_MOST_NAMED = 3

# What a parameter is where a structure does not have it.
_ABSENT = {"beta_": 0.0, "gamma_": 0.0, "phi_": 1.0}


def fit_auto_columns(
    structures: tuple[Structure, ...],
    values: np.ndarray,
    regressors: np.ndarray,
    rates: Mapping[str, float],
    criterion: str,
    settings: Settings,
) -> tuple[SmoothingModel, np.ndarray, np.ndarray, dict[str, Any], pd.DataFrame]:
    """Fit columns; what `Forecaster.fit_model` returns, and a table of the candidates."""
    batch = Batch.of_columns(values, regressors).without_leading()
    fitted, selection = _fit_all(structures, batch, rates, criterion, settings, "series {}".format)
    for error in fitted.failures.values():
        raise error
    model, predictions, deviations, attributes = as_columns(fitted, values.shape, _ABSENT)
    labels = [None] * batch.n_series
    for series, one in fitted.parts:
        for i in series.tolist():
            labels[i] = one.structure.label
    attributes["model_"] = labels[0] if len(labels) == 1 else np.array(labels)
    return model, predictions, deviations, attributes, _table(selection)


def fit_auto_panel(
    structures: tuple[Structure, ...],
    values: np.ndarray,
    offsets: np.ndarray,
    regressors: np.ndarray,
    rates: Mapping[str, float],
    criterion: str,
    settings: Settings,
    n_jobs: int | None,
    progress: Progress | None,
) -> SmootherPanel:
    """Fit the series of a panel; see `Forecaster.fit_panel`."""
    batch = Batch(values, offsets, regressors).without_leading()

    def fit(block: Block) -> Fitted:
        fitted, _ = _fit_all(structures, block.batch, rates, criterion, settings, unnamed, n_jobs)
        if progress is not None:
            progress(block.series.size)
        return fitted

    found = fit_blocks(fit, partition(batch, _BLOCK))
    return SmootherPanel(found.parts, batch.n_series, found.failures, found.notes)


def _fit_all(
    structures: tuple[Structure, ...],
    batch: Batch,
    rates: Mapping[str, float],
    criterion: str,
    settings: Settings,
    name: Callable[[int], str],
    n_jobs: int | None = None,
) -> tuple[Fitted, Selection]:
    """Select, and fit what was selected once more from where its search ended."""
    selection = select(structures, batch, rates, criterion, settings, n_jobs)
    fitted = Fitted(batch.n_series, keeps_rows=name is not unnamed)
    to_fit = np.arange(batch.n_series)
    while to_fit.size:
        for structure, series in chosen_parts(selection, to_fit):
            found = found_for(series, structure, *selection.found[structure], like=structure)
            _fit_chosen(
                fitted, structure, batch, series, rates, settings, name, n_jobs, related=(found,)
            )
        # A search that ends where its model has no meaning is one more reason against it.
        to_fit = np.array(sorted(fitted.failures), dtype=np.int64)
        to_fit = to_fit[selection.chosen[to_fit] >= 0]
        for i in to_fit.tolist():
            selection.leave_out(i, str(fitted.failures.pop(i)), criterion)
    rest = np.flatnonzero(selection.chosen < 0)
    if rest.size:
        _fit_chosen(fitted, Structure(), batch, rest, rates, settings, name, n_jobs)
        for i in rest.tolist():
            against = [
                f"{one.label}: {reason}"
                for one, reason in zip(structures, selection.reasons[:, i], strict=True)
            ]
            note = UserWarning(
                f"{name(i)} is fitted by {Structure().label}, for none of the models will do "
                f"({'; '.join(against[:_MOST_NAMED])}{', ..' if against[_MOST_NAMED:] else ''})"
            )
            fitted.notes[i] = (note, *fitted.notes.get(i, ()))
    return fitted, selection


def _fit_chosen(
    fitted: Fitted,
    structure: Structure,
    batch: Batch,
    series: np.ndarray,
    rates: Mapping[str, float],
    settings: Settings,
    name: Callable[[int], str],
    n_jobs: int | None,
    related: tuple[dict[str, np.ndarray], ...] = (),
) -> None:
    """Fit one structure."""
    fit_batch(
        fitted,
        structure,
        batch,
        series,
        bounds_of(structure),
        "learned",
        rates,
        settings,
        name,
        n_jobs,
        related=related,
    )


def _table(selection: Selection) -> pd.DataFrame:
    """Lay the candidates of each series out, the best first."""
    structures, n_series = selection.structures, selection.chosen.size
    labels = pd.Index([one.label for one in structures], name="model")
    tables = []
    for i in range(n_series):
        table = pd.DataFrame(
            {
                # As objects, for pandas makes NaN of None among words.
                "error": pd.Series([one.error for one in structures], labels, dtype=object),
                "trend": pd.Series([one.trend for one in structures], labels, dtype=object),
                "damped": [one.damped for one in structures],
                "seasonal": pd.Series([one.seasonal for one in structures], labels, dtype=object),
                "n_parameters": [one.n_smoothing + one.n_free_state for one in structures],
                **{name: scores[:, i] for name, scores in selection.scores.items()},
                "selected": np.arange(len(structures)) == selection.chosen[i],
                "reason": selection.reasons[:, i],
            },
            index=labels,
        )
        left_out = table["reason"] != ""
        table.loc[left_out, list(selection.scores)] = np.nan
        tables.append(table)
    if n_series == 1:
        return tables[0]
    return pd.concat(tables, keys=range(n_series), names=["series", "model"])
