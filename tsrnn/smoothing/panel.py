"""Exponential smoothing of panels: what `Forecaster.fit_panel` returns of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tsrnn._input.ragged import Batch
from tsrnn.forecasting.blocks import Block, fit_blocks, partition
from tsrnn.forecasting.fitted_model import Progress
from tsrnn.smoothing.fit import unnamed
from tsrnn.smoothing.fit_batch import fit_batch
from tsrnn.smoothing.model import SmoothingModel
from tsrnn.smoothing.shares import Fitted, shares_of
from tsrnn.smoothing.spec import FitSpec
from tsrnn.smoothing.structure import Structure, refuse_not_positive

# Series that are fitted at a time, which bounds the memory that it takes. It does not depend on the
# number of threads.
_BLOCK = 16384


def fit_panel(
    spec: FitSpec, batch: Batch, n_jobs: int | None, progress: Progress | None
) -> SmoothingModel:
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
    return SmoothingModel(found.parts, batch.n_series, failures | found.failures, found.notes)


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
