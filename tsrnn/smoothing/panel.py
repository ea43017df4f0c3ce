"""Exponential smoothing of whole panels: all series at once, with no Python object for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tsrnn._compute.threads import one_blas_thread
from tsrnn._input.ragged import Batch
from tsrnn.forecasting.blocks import Block, fit_blocks, partition
from tsrnn.forecasting.panel_model import Progress
from tsrnn.smoothing.fit import unnamed
from tsrnn.smoothing.fit_batch import fit_batch
from tsrnn.smoothing.parts import SmootherParts
from tsrnn.smoothing.shares import Fitted, shares_of
from tsrnn.smoothing.smoothers import SmootherBatch
from tsrnn.smoothing.spec import FitSpec
from tsrnn.smoothing.structure import Structure, refuse_not_positive

# Series that are fitted at a time, which bounds the memory that it takes. It does not depend on the
# number of threads.
_BLOCK = 16384


@dataclass(frozen=True)
class SmootherPanel(SmootherParts):
    """Fitted smoothers of a panel, of one or more structures; a `PanelModel`.

    Attributes
    ----------
    parts : tuple of (array, SmootherBatch)
        Which series, and their smoothers.
    n_series : int
    failures : dict
    notes : dict
    """

    failures: Mapping[int, Exception] = field(default_factory=dict)
    notes: Mapping[int, tuple[Warning, ...]] = field(default_factory=dict)

    def effect(self, regressors: np.ndarray, offsets: np.ndarray) -> np.ndarray:
        """Return what regressors (n_rows, p) add to the series, (n_rows,)."""
        return self._effect(_unseen(regressors, offsets))

    def with_regressors(self, regressors: np.ndarray, offsets: np.ndarray) -> SmootherPanel:
        """Return the model that knows regressors (n_rows, p) of the next steps of each series.

        See `SmoothingModel.with_regressors`.
        """
        return replace(self, parts=self._knowing(_unseen(regressors, offsets)))

    def forecast(self, horizon: int, n_jobs: int | None = None) -> np.ndarray:
        """Predict the next steps, (n_series, horizon)."""
        return self._computed(lambda batch: batch.forecast(horizon), (horizon,), n_jobs)

    def deviation(self, horizon: int, n_jobs: int | None = None) -> np.ndarray:
        """Return standard deviations of the errors of `forecast`, (n_series, horizon)."""
        return self._computed(lambda batch: batch.deviation(horizon), (horizon,), n_jobs)

    def quantiles(
        self, horizon: int, quantiles: np.ndarray, n_jobs: int | None = None
    ) -> np.ndarray:
        """Return quantiles of the next values, (n_series, horizon, n_quantiles)."""
        shape = (horizon, len(quantiles))
        return self._computed(lambda batch: batch.quantiles(horizon, quantiles), shape, n_jobs)

    def advance(
        self, values: np.ndarray, offsets: np.ndarray, n_jobs: int | None = None
    ) -> tuple[SmootherPanel, np.ndarray]:
        """See further values (n_rows,): the model then, and one-step predictions, (n_rows,)."""
        moved = self._moved(Batch(values, offsets, np.empty((len(values), 0))))
        failures = {i: ValueError(reason) for i, reason in moved.lost.items()}
        later = SmootherPanel(moved.parts, self.n_series, {**self.failures, **failures})
        return later, moved.predictions

    def _computed(
        self,
        compute: Callable[[SmootherBatch], np.ndarray],
        shape: tuple[int, ...],
        n_jobs: int | None,
    ) -> np.ndarray:
        """Put together what is computed of each part, NaN for failures."""
        with one_blas_thread():
            return self._of_each(compute, shape, n_jobs)


def _unseen(regressors: np.ndarray, offsets: np.ndarray) -> Batch:
    """Return rows of which no more is known than regressors."""
    return Batch(np.zeros(len(regressors)), offsets, regressors)


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
        for share in shares_of(spec.take(block.series), block.batch, unnamed):
            fitted.add(share, fit_batch(share.spec, share.batch, share.name, n_jobs, progress))
        return fitted

    found = fit_blocks(fit, partition(batch, _BLOCK, eligible))
    return SmootherPanel(found.parts, batch.n_series, failures | found.failures, found.notes)


def not_positive(structure: Structure, batch: Batch) -> dict[int, Exception]:
    """Return why a structure with multiplicative parts cannot be fitted to some of the series."""
    if not structure.is_positive:
        return {}
    failures: dict[int, Any] = {}
    for i in np.flatnonzero(batch.sums(batch.values <= 0.0) > 0).tolist():
        try:
            refuse_not_positive(structure, batch.take(np.array([i])))
        except ValueError as error:
            failures[i] = error.with_traceback(None)
    return failures
