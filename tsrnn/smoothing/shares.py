"""Series of a batch that learn all of a structure, those too short for it, and their fits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from tsrnn._input.ragged import Batch
from tsrnn._input.scaling import ColumnScaling, redundant_columns
from tsrnn.smoothing.fit import Fit
from tsrnn.smoothing.smoothers import SmootherBatch
from tsrnn.smoothing.spec import FitSpec


@dataclass(frozen=True)
class Share:
    """Those series of a batch that learn the same.

    Attributes
    ----------
    series : (n,) array
        Their positions.
    spec : FitSpec
    batch : Batch
        Themselves.
    name : callable
        What to call the i-th of them in warnings.
    notes : dict
        What the user should know of each that is too short; empty where they are not.
    """

    series: np.ndarray
    spec: FitSpec
    batch: Batch
    name: Callable[[int], str]
    notes: dict[int, Warning]

    def take(self, places: np.ndarray) -> Share:
        """Return the share of those of its series at these places."""
        name = self.name
        return Share(
            self.series[places],
            self.spec.take(places),
            self.batch.take(places),
            lambda k: name(int(places[k])),
            {k: self.notes[i] for k, i in enumerate(places.tolist()) if i in self.notes},
        )


def shares_of(
    spec: FitSpec, batch: Batch, name: Callable[[int], str], series: np.ndarray | None = None
) -> Iterator[Share]:
    """Yield the series that are long enough for a spec, then those that are not, if there are any.

    Of all series, or of those at some positions; `name` says what to call series i of the batch.
    """
    series = np.arange(batch.n_series) if series is None else series
    n_observed, needed = batch.count_observed(), n_to_learn(spec, batch)
    is_short = n_observed[series] < needed[series]
    for positions, learned in ((series[~is_short], spec), (series[is_short], spec.for_short())):
        if not positions.size:
            continue
        notes: dict[int, Warning] = {
            k: _too_short(int(n_observed[i]), int(needed[i]), learned, name(i))
            for k, i in enumerate(positions.tolist())
            if learned is not spec
        }
        yield Share(
            positions,
            learned.take(positions),
            batch if positions.size == batch.n_series else batch.take(positions),
            lambda k, positions=positions: name(positions[k]),  # type: ignore[misc]
            notes,
        )


def n_to_learn(spec: FitSpec, batch: Batch) -> np.ndarray:
    """Return how many values it takes to learn what is free of each series, (N,)."""
    n_free = sum(low < high for low, high in spec.bounds.values())
    if spec.is_state_learned or spec.structure.has_own_start:
        n_free += spec.structure.n_free_state
    needed = np.full(batch.n_series, n_free)
    if batch.regressors.shape[1]:
        columns = ColumnScaling.of(batch, from_mean=spec.structure.is_positive)
        scaled = replace(batch, regressors=columns.scale(batch))
        needed += np.count_nonzero(~redundant_columns(scaled), axis=1)
    return needed


def _too_short(n_observed: int, needed: int, spec: FitSpec, name: str) -> UserWarning:
    """Return what the user should know of a series that is smoothed with all of a spec fixed."""
    values = ", ".join(f"{parameter}={low:g}" for parameter, (low, _) in spec.bounds.items())
    starts = {"heuristic": " from the heuristic initial state", "level": " from its first value"}
    start = "" if spec.is_state_given else starts[spec.initial_state]
    return UserWarning(
        f"{name} has {n_observed} observed values, fewer than the {needed} parameters to learn: "
        f"it is smoothed with {values}{start}"
    )


class Fitted:
    """Series that were fitted so far, share after share.

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

    def note(self, i: int, *notes: Warning) -> None:
        """Take further notes on series i."""
        self.notes[i] = (*self.notes.get(i, ()), *notes)

    def add(self, share: Share, fit: Fit) -> None:
        """Take the fit of a share."""
        series = share.series
        for k, note in share.notes.items():
            self.note(int(series[k]), note)
        for k, lines in fit.notes.items():
            self.note(int(series[k]), *lines)
        for k, error in fit.failures.items():
            self.failures[int(series[k])] = error
        kept = np.setdiff1d(np.arange(series.size), list(fit.failures))
        if kept.size:
            self.parts.append((series[kept], fit.model.take(kept) if fit.failures else fit.model))
        if self._keeps_rows:
            self.fits.append((series, fit))
