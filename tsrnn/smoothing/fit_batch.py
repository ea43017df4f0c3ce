"""Fits structures to the series of a batch, those that are too short with parameters held."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tsrnn._input.ragged import Batch
from tsrnn._input.scaling import ColumnScaling, redundant_columns
from tsrnn.smoothing.fit import Bounds, Fit, fit_structure
from tsrnn.smoothing.search.task import Settings
from tsrnn.smoothing.smoothers import SmootherBatch
from tsrnn.smoothing.structure import Structure

# What smoothing parameters are set to where a series is too short to learn them from.
_FALLBACK = {"alpha": 0.5, "beta": 0.1, "gamma": 0.1, "phi": 0.9}


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
            self.parts.append((series[kept], fit.model.some(kept) if fit.failures else fit.model))
        if self._keeps_rows:
            self.fits.append((series, fit))


def fit_batch(
    fitted: Fitted,
    structure: Structure,
    batch: Batch,
    series: np.ndarray,
    bounds: Bounds,
    initial_state: str | np.ndarray,
    rates: Mapping[str, float],
    settings: Settings,
    name: Callable[[int], str],
    n_jobs: int | None = None,
    progress: Callable[[int], Any] | None = None,
    related: Sequence[dict[str, np.ndarray]] = (),
) -> None:
    """Fit a structure to some series of a batch, those too short for it with parameters held.

    The arguments are those of `fit_structure`, for the whole batch, but for `related`, which is of
    `series`, none of them too short.
    """
    is_word = isinstance(initial_state, str)
    too_short, fixed, fallback = held(structure, batch, bounds, initial_state)
    needed = n_to_learn(structure, batch, bounds, with_state=is_word and initial_state == "learned")
    is_short = np.zeros(batch.n_series, dtype=bool)
    is_short[too_short] = True
    long, short = series[~is_short[series]], series[is_short[series]]
    for some, limits, start in ((long, bounds, initial_state), (short, fixed, fallback)):
        if not some.size:
            continue
        fit = fit_structure(
            structure,
            batch if some.size == batch.n_series else batch.some(some),
            limits,
            start if is_word else start[some],
            rates,
            settings,
            lambda k, some=some: name(some[k]),
            n_jobs,
            progress,
            related,
        )
        if some is short:
            n_observed = batch.count_observed()
            for k, i in enumerate(some.tolist()):
                note = shortage(int(n_observed[i]), int(needed[i]), fixed, fallback, name(i))
                fit.notes[k] = (note, *fit.notes.get(k, ()))
            origins = tuple("held" if low < high else "given" for low, high in bounds.values())
            origins += (fallback if is_word else "given",)
            fit = replace(fit, model=replace(fit.model, origins=origins))
        fitted.add(some, fit)


def n_to_learn(
    structure: Structure, batch: Batch, bounds: Bounds, *, with_state: bool
) -> np.ndarray:
    """Return how many values it takes to learn what is free of each series, (N,)."""
    n_free = sum(low < high for low, high in bounds.values())
    n_free += structure.n_free_state if with_state else 0
    needed = np.full(batch.n_series, n_free)
    if batch.regressors.shape[1]:
        columns = ColumnScaling.of(batch, from_mean=structure.is_positive)
        scaled = replace(batch, regressors=columns.scale(batch))
        needed += np.count_nonzero(~redundant_columns(scaled), axis=1)
    return needed


def held(
    structure: Structure, batch: Batch, bounds: Bounds, initial_state: str | np.ndarray
) -> tuple[np.ndarray, Bounds, str | np.ndarray]:
    """Return which series are too short to learn all of, and what is held fixed for them."""
    is_learned = isinstance(initial_state, str) and initial_state == "learned"
    # A trend from the first two values may take a positive series below zero at once.
    fallback = "level" if structure.is_positive else "heuristic"
    fixed = {
        name: (_FALLBACK[name], _FALLBACK[name]) if low < high else (low, high)
        for name, (low, high) in bounds.items()
    }
    if "gamma" in fixed and fixed["gamma"][0] > 1.0 - fixed["alpha"][0]:
        fixed["gamma"] = (1.0 - fixed["alpha"][0],) * 2
    needed = n_to_learn(structure, batch, bounds, with_state=is_learned)
    too_short = np.flatnonzero(batch.count_observed() < needed)
    return too_short, fixed, fallback if is_learned else initial_state


def shortage(
    n_observed: int, needed: int, fixed: Bounds, initial_state: str | np.ndarray, name: str
) -> UserWarning:
    """Return what the user should know of a series that is too short."""
    values = ", ".join(f"{parameter}={low:g}" for parameter, (low, _) in fixed.items())
    starts = {"heuristic": " from the heuristic initial state", "level": " from its first value"}
    start = starts[initial_state] if isinstance(initial_state, str) else ""
    return UserWarning(
        f"{name} has {n_observed} observed values, fewer than the {needed} parameters to learn: "
        f"it is smoothed with {values}{start}"
    )
