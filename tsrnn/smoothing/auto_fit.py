"""Selecting and fitting the structure of each of many series, as columns or as a panel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from tsrnn._input.ragged import Batch
from tsrnn.cells import ABSENT
from tsrnn.forecasting.blocks import Block, fit_blocks, partition
from tsrnn.forecasting.fitted_model import Progress
from tsrnn.smoothing.columns import as_columns
from tsrnn.smoothing.fit import unnamed
from tsrnn.smoothing.fit_batch import fit_batch
from tsrnn.smoothing.intermittence import intermittence_notes
from tsrnn.smoothing.model import SmoothingModel
from tsrnn.smoothing.selection import Candidates, Selection, chosen_parts, found_for, select
from tsrnn.smoothing.shares import Fitted, shares_of
from tsrnn.smoothing.spec import FitSpec
from tsrnn.smoothing.structure import Structure

# Series of a panel that are worked on at a time.
_BLOCK = 4096

# How many models are named in a note.
_MOST_NAMED = 3


def fit_auto_columns(
    candidates: Candidates, values: np.ndarray, regressors: np.ndarray
) -> tuple[SmoothingModel, np.ndarray, np.ndarray, dict[str, Any]]:
    """Fit columns; what `Forecaster.fit_model` returns, a table of the candidates included."""
    batch = Batch.of_columns(values, regressors).without_leading()
    fitted, selection = _fit_all(candidates, batch, "series {}".format)
    absent = {f"{name}_": value for name, value in ABSENT.items()}
    model, predictions, deviations, attributes = as_columns(fitted, values.shape, absent)
    labels: list[Any] = [None] * batch.n_series
    for series, one in fitted.parts:
        for i in series.tolist():
            labels[i] = one.structure.label
    attributes["model_"] = labels[0] if len(labels) == 1 else np.array(labels)
    attributes["selection_"] = _table(selection)
    return model, predictions, deviations, attributes


def fit_auto_panel(
    candidates: Candidates, batch: Batch, n_jobs: int | None, progress: Progress | None
) -> SmoothingModel:
    """Fit the series of a panel; see `Forecaster.fit_panel`."""

    def fit(block: Block) -> Fitted:
        fitted, _ = _fit_all(candidates, block.batch, unnamed, n_jobs, keeps_rows=False)
        if progress is not None:
            progress(block.series.size)
        return fitted

    found = fit_blocks(fit, partition(batch, _BLOCK))
    return SmoothingModel(found.parts, batch.n_series, found.failures, found.notes)


def _fit_all(
    candidates: Candidates,
    batch: Batch,
    name: Callable[[int], str],
    n_jobs: int | None = None,
    *,
    keeps_rows: bool = True,
) -> tuple[Fitted, Selection]:
    """Select, and fit what was selected once more from where its search ended."""
    selection = select(candidates, batch, n_jobs)
    fitted = Fitted(batch.n_series, keeps_rows=keeps_rows)
    rates, settings = candidates.rates, candidates.settings
    to_fit = np.arange(batch.n_series)
    while to_fit.size:
        for structure, series in chosen_parts(selection, to_fit):
            found = found_for(series, structure, *selection.found[structure], like=structure)
            spec = FitSpec.learning_all(structure, rates, settings)
            # None is too short for what was chosen: they are one share.
            for share in shares_of(spec, batch, name, series):
                related: Any = (found,)  # it was fitted to all that have chosen it
                fit = fit_batch(share.spec, share.batch, share.name, n_jobs, related=related)
                fitted.add(share, fit)
        # A search that ends where its model has no meaning is one more reason against it.
        to_fit = np.array(sorted(fitted.failures), dtype=np.int64)
        to_fit = to_fit[selection.chosen[to_fit] >= 0]
        for i in to_fit.tolist():
            selection.leave_out(i, str(fitted.failures.pop(i)), candidates.criterion)
    rest = np.flatnonzero(selection.chosen < 0)
    if rest.size:
        plain = FitSpec.learning_all(Structure(), rates, settings)
        for share in shares_of(plain, batch, name, rest):
            fitted.add(share, fit_batch(share.spec, share.batch, share.name, n_jobs))
        for i in rest.tolist():
            against = [
                f"{one.label}: {reason}"
                for one, reason in zip(candidates.structures, selection.reasons[:, i], strict=True)
            ]
            note = UserWarning(
                f"{name(i)} is fitted by {plain.structure.label}, for none of the models will do "
                f"({'; '.join(against[:_MOST_NAMED])}{', ..' if against[_MOST_NAMED:] else ''})"
            )
            fitted.notes[i] = (note, *fitted.notes.get(i, ()))
    for i, doubt in intermittence_notes(batch, name).items():
        fitted.notes[i] = (*fitted.notes.get(i, ()), doubt)
    return fitted, selection


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
                **({"penalty": selection.penalties} if selection.penalties.any() else {}),
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
