"""Fits structures to the series of a batch, those that are too short with parameters held."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tsrnn._input.ragged import Batch
from tsrnn._input.scaling import ColumnScaling, redundant_columns
from tsrnn.cells import SMOOTHING_PARAMETERS
from tsrnn.smoothing.fit import Fit, fit_structure
from tsrnn.smoothing.smoothers import SmootherBatch
from tsrnn.smoothing.spec import FitSpec


class Fitted:
    """Series that were fitted so far, structure after structure.

    Parameters
    ----------
    n_series : int
    keeps_rows : bool
        Whether predictions and fitted attributes are kept, and not only the models.

    Attributes
    ----------
    parts : list of (array, SmootherBatch)
        Which series, and their smoothers, failures left out.
    failures, notes : dict
        By position of the series.
    fits : list of (array, Fit)
        Which series, and all that was found of them; empty without `keeps_rows`.
    """

    def __init__(self, n_series: int, *, keeps_rows: bool = True) -> None:
        self.n_series = n_series
        self.parts: list[tuple[np.ndarray, SmootherBatch]] = []
        self.failures: dict[int, Exception] = {}
        self.notes: dict[int, tuple[Warning, ...]] = {}
        self._keeps_rows = keeps_rows
        self.fits: list[tuple[np.ndarray, Fit]] = []

    def add(self, series: np.ndarray, fit: Fit) -> None:
        """Take the fit of the series at these positions."""
        for k, lines in fit.notes.items():
            self.notes[int(series[k])] = lines
        for k, error in fit.failures.items():
            self.failures[int(series[k])] = error
        kept = np.setdiff1d(np.arange(series.size), list(fit.failures))
        if kept.size:
            self.parts.append((series[kept], fit.model.take(kept) if fit.failures else fit.model))
        if self._keeps_rows:
            self.fits.append((series, fit))


def fit_batch(
    fitted: Fitted,
    spec: FitSpec,
    batch: Batch,
    series: np.ndarray,
    name: Callable[[int], str],
    n_jobs: int | None = None,
    progress: Callable[[int], Any] | None = None,
    related: Sequence[dict[str, np.ndarray]] = (),
) -> None:
    """Fit a structure to some series of a batch, those too short for it with parameters held.

    The arguments are those of `fit_structure`, for the whole batch, but for `related`, which is of
    `series`, none of them too short.
    """
    n_observed, needed = batch.count_observed(), n_to_learn(spec, batch)
    is_short = n_observed < needed
    long, short = series[~is_short[series]], series[is_short[series]]
    for some, wanted in ((long, spec), (short, held(spec))):
        if not some.size:
            continue
        fit = fit_structure(
            wanted.take(some),
            batch if some.size == batch.n_series else batch.take(some),
            lambda k, some=some: name(some[k]),
            n_jobs,
            progress,
            related,
        )
        if some is short:
            for k, i in enumerate(some.tolist()):
                note = shortage(int(n_observed[i]), int(needed[i]), wanted, name(i))
                fit.notes[k] = (note, *fit.notes.get(k, ()))
            origins = replace(wanted, bounds=spec.bounds).origins("held")
            fit = replace(fit, model=replace(fit.model, origins=origins))
        fitted.add(some, fit)


def n_to_learn(spec: FitSpec, batch: Batch) -> np.ndarray:
    """Return how many values it takes to learn what is free of each series, (N,)."""
    n_free = sum(low < high for low, high in spec.bounds.values())
    n_free += spec.structure.n_free_state if spec.is_state_learned else 0
    needed = np.full(batch.n_series, n_free)
    if batch.regressors.shape[1]:
        columns = ColumnScaling.of(batch, from_mean=spec.structure.is_positive)
        scaled = replace(batch, regressors=columns.scale(batch))
        needed += np.count_nonzero(~redundant_columns(scaled), axis=1)
    return needed


def held(spec: FitSpec) -> FitSpec:
    """Return what is fitted to series that are too short to learn all of: it holds that fixed."""
    fixed = {
        name: (SMOOTHING_PARAMETERS[name].fallback,) * 2 if low < high else (low, high)
        for name, (low, high) in spec.bounds.items()
    }
    if "gamma" in fixed and fixed["gamma"][0] > 1.0 - fixed["alpha"][0]:
        fixed["gamma"] = (1.0 - fixed["alpha"][0],) * 2
    if not spec.is_state_learned:
        return replace(spec, bounds=fixed)
    # A trend from the first two values may take a positive series below zero at once.
    start = "level" if spec.structure.is_positive else "heuristic"
    return replace(spec, bounds=fixed, initial_state=start)


def shortage(n_observed: int, needed: int, spec: FitSpec, name: str) -> UserWarning:
    """Return what the user should know of a series that is too short for all but a held spec."""
    values = ", ".join(f"{parameter}={low:g}" for parameter, (low, _) in spec.bounds.items())
    starts = {"heuristic": " from the heuristic initial state", "level": " from its first value"}
    start = "" if spec.is_state_given else starts[spec.initial_state]
    return UserWarning(
        f"{name} has {n_observed} observed values, fewer than the {needed} parameters to learn: "
        f"it is smoothed with {values}{start}"
    )
