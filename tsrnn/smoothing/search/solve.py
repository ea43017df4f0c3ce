"""Fitting exponential smoothers: which series by compiled code, and which by a SciPy method."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from tsrnn.smoothing.search.compiled.fit import fit_lanes
from tsrnn.smoothing.search.scipy_methods.fit import fit_each
from tsrnn.smoothing.search.scipy_methods.squared import LONG
from tsrnn.smoothing.search.task import Settings, Solution, Task, joined


def solve(
    task: Task,
    settings: Settings,
    n_jobs: int | None = None,
    progress: Callable[[int], Any] | None = None,
) -> Solution:
    """Fit every series of a task.

    "auto" is the compiled solver for the likelihood, but for series so long that windows of them
    are faster, and L-BFGS-B elsewhere. Which it is depends on each series alone, so that one comes
    out as it would without the others.
    """
    if settings.solver == "gauss-newton":
        return fit_lanes(task, settings.max_iter, settings.tol, n_jobs, progress)
    if settings.solver != "auto":
        return fit_each(task, settings, progress)
    by_scipy = replace(settings, solver="L-BFGS-B")
    if settings.loss != "likelihood":
        return fit_each(task, by_scipy, progress)
    has_windows = task.structure.seasonal is None and not task.structure.is_relative
    is_long = has_windows & (task.batch.lengths > LONG)
    if not is_long.any():
        return fit_lanes(task, settings.max_iter, settings.tol, n_jobs, progress)
    long, short = np.flatnonzero(is_long), np.flatnonzero(~is_long)
    parts = [fit_each(task.take(long), by_scipy, progress)]
    if short.size:
        parts.append(fit_lanes(task.take(short), settings.max_iter, settings.tol, n_jobs, progress))
    return joined(parts, np.argsort(np.concatenate([long, short])))
