"""Exponential smoothing of whole panels: all series at once, with no Python object for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tsrnn._compute.threads import in_threads, one_blas_thread
from tsrnn._input.ragged import Batch
from tsrnn.forecasting.blocks import Block, fit_blocks, partition
from tsrnn.forecasting.panel_model import Progress
from tsrnn.smoothing.fit import unnamed
from tsrnn.smoothing.fit_batch import Fitted, fit_batch
from tsrnn.smoothing.smoothers import SmootherBatch, lost
from tsrnn.smoothing.spec import FitSpec
from tsrnn.smoothing.structure import Structure, refuse_not_positive

# Series that are fitted at a time, which bounds the memory that it takes, and those whose futures
# are computed at a time. Neither depends on the number of threads.
_BLOCK = 16384
_CHUNK = 2048


@dataclass(frozen=True)
class SmootherPanel:
    """Fitted smoothers of a panel, of one or more structures; a `PanelModel`.

    Attributes
    ----------
    parts : tuple of (array, SmootherBatch)
        Which series, and their smoothers.
    n_series : int
    failures : dict
    notes : dict
    """

    parts: tuple[tuple[np.ndarray, SmootherBatch], ...]
    n_series: int
    failures: Mapping[int, Exception] = field(default_factory=dict)
    notes: Mapping[int, tuple[Warning, ...]] = field(default_factory=dict)

    def effect(self, regressors: np.ndarray, offsets: np.ndarray) -> np.ndarray:
        """Return what regressors (n_rows, p) add to the series, (n_rows,)."""
        total = np.full(len(regressors), np.nan)
        rows = Batch(np.zeros(len(regressors)), offsets, regressors)
        place = np.arange(len(regressors), dtype=float)
        for series, smoothers in self.parts:
            some = rows.some(series)
            where = replace(rows, values=place).some(series).values.astype(np.int64)
            total[where] = smoothers.effect(some)
        return total

    def with_regressors(self, regressors: np.ndarray, offsets: np.ndarray) -> SmootherPanel:
        """Return the model that knows regressors (n_rows, p) of the next steps of each series.

        See `SmoothingModel.with_regressors`.
        """
        rows = Batch(np.zeros(len(regressors)), offsets, regressors)
        parts = tuple(
            (series, smoothers.with_regressors(rows.some(series)))
            for series, smoothers in self.parts
        )
        return replace(self, parts=parts)

    def forecast(self, horizon: int, n_jobs: int | None = None) -> np.ndarray:
        """Predict the next steps, (n_series, horizon)."""
        return self._stacked(lambda batch: batch.forecast(horizon), (horizon,), n_jobs)

    def deviation(self, horizon: int, n_jobs: int | None = None) -> np.ndarray:
        """Return standard deviations of the errors of `forecast`, (n_series, horizon)."""
        return self._stacked(lambda batch: batch.deviation(horizon), (horizon,), n_jobs)

    def quantiles(
        self, horizon: int, quantiles: np.ndarray, n_jobs: int | None = None
    ) -> np.ndarray:
        """Return quantiles of the next values, (n_series, horizon, n_quantiles)."""
        shape = (horizon, len(quantiles))
        return self._stacked(lambda batch: batch.quantiles(horizon, quantiles), shape, n_jobs)

    def advance(
        self, values: np.ndarray, offsets: np.ndarray, n_jobs: int | None = None
    ) -> tuple[SmootherPanel, np.ndarray]:
        """See further values (n_rows,): the model then, and one-step predictions, (n_rows,)."""
        rows = Batch(values, offsets, np.arange(len(values), dtype=float)[:, None])
        predictions = np.full(len(values), np.nan)
        failures, parts = dict(self.failures), []
        for series, smoothers in self.parts:
            some = rows.some(series)
            later, predicted, _ = smoothers.advance(some)
            predictions[some.regressors[:, 0].astype(np.int64)] = predicted
            reasons = lost(smoothers, later, some, predicted)
            failures |= {int(series[k]): ValueError(reason) for k, reason in reasons.items()}
            kept = np.setdiff1d(np.arange(series.size), list(reasons))
            parts.append((series[kept], later.some(kept) if reasons else later))
        return SmootherPanel(tuple(parts), self.n_series, failures), predictions

    def _stacked(
        self,
        compute: Callable[[SmootherBatch], np.ndarray],
        shape: tuple[int, ...],
        n_jobs: int | None,
    ) -> np.ndarray:
        """Put together arrays whose last axis is that of the series, NaN for failures."""
        result = np.full((self.n_series, *shape), np.nan)
        chunks = [
            (smoothers, start, series[start : start + _CHUNK])
            for series, smoothers in self.parts
            for start in range(0, series.size, _CHUNK)
        ]

        def work(smoothers: SmootherBatch, start: int, series: np.ndarray) -> None:
            if series.size < smoothers.n_series:
                smoothers = smoothers.some(np.arange(start, start + series.size))
            result[series] = np.moveaxis(compute(smoothers), -1, 0)

        with one_blas_thread():
            for _ in in_threads(work, chunks, n_jobs):
                pass
        return result


def fit_panel(
    spec: FitSpec, batch: Batch, n_jobs: int | None, progress: Progress | None
) -> SmootherPanel:
    """Fit one structure to every series of a panel; see `Forecaster.fit_panel`."""
    failures = not_positive(spec.structure, batch)
    eligible = np.setdiff1d(np.arange(batch.n_series), list(failures))
    if progress is not None and failures:
        progress(len(failures))

    def fit(block: Block) -> Fitted:
        fitted = Fitted(block.series.size, keeps_rows=False)
        every, wanted = np.arange(block.series.size), spec.some(block.series)
        fit_batch(fitted, wanted, block.batch, every, unnamed, n_jobs, progress)
        return fitted

    found = fit_blocks(fit, partition(batch, _BLOCK, eligible))
    return SmootherPanel(found.parts, batch.n_series, failures | found.failures, found.notes)


def not_positive(structure: Structure, batch: Batch) -> dict[int, Exception]:
    """Return why a structure with multiplicative parts cannot be fitted to some of the series."""
    if not structure.is_positive:
        return {}
    failures: dict[int, Any] = {}
    for i in np.flatnonzero(batch.add_up(batch.values <= 0.0) > 0).tolist():
        try:
            refuse_not_positive(structure, batch.some(np.array([i])))
        except ValueError as error:
            failures[i] = error.with_traceback(None)
    return failures
