"""The search of many series: which by compiled code, in chunks that go to threads, which by SciPy.

Neither the chunks nor anything computed in them depend on how many threads there are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from tsrnn._compute.threads import in_threads
from tsrnn.smoothing.search.compiled.fit import fit_chunk
from tsrnn.smoothing.search.scipy_methods.fit import fit_each
from tsrnn.smoothing.search.scipy_methods.squared import LONG
from tsrnn.smoothing.search.task import Settings, Solution, Task, joined

# Work in a chunk, in steps times unknowns, and how many series it has at most.
_CHUNK_WORK = 400_000
_CHUNK_SERIES = 1024

# From so much work on Ctrl-C is listened for, which costs a thread: a twentieth of a second or so.
_LONG_WORK = 10_000


def solve(
    task: Task,
    settings: Settings,
    n_jobs: int | None = None,
    progress: Callable[[int], Any] | None = None,
) -> Solution:
    """Fit every series of a task.

    Which method searches a series depends on that alone, so that it comes out as it would without
    the others.
    """
    is_by_scipy = _are_by_scipy(task, settings)
    with_scipy = settings
    if settings.solver == "auto":
        with_scipy = replace(settings, solver="L-BFGS-B")
    if is_by_scipy.all():
        return fit_each(task, with_scipy, progress)
    order = np.argsort(-task.batch.lengths, kind="stable")
    by_scipy, compiled = np.flatnonzero(is_by_scipy), order[~is_by_scipy[order]]
    parts = [fit_each(task.take(by_scipy), with_scipy, progress)] if by_scipy.size else []
    work, stop = _work(task)[compiled], np.zeros(1, dtype=np.int8)
    jobs = [(task.take(compiled[chunk]), settings, stop) for chunk in _chunks(work)]
    for part in in_threads(fit_chunk, jobs, n_jobs, stop if work.sum() > _LONG_WORK else None):
        parts.append(part)
        if progress is not None:
            progress(part.loss.size)
    return joined(parts, np.argsort(np.concatenate([by_scipy, compiled])))


def _are_by_scipy(task: Task, settings: Settings) -> np.ndarray:
    """Return which series a SciPy method searches, (N,).

    "auto" is the compiled search for the likelihood, but for series so long that windows of them
    are faster, and L-BFGS-B elsewhere.
    """
    if settings.solver == "auto" and settings.loss == "likelihood":
        has_windows = task.structure.seasonal is None and not task.structure.is_relative
        return has_windows & (task.batch.lengths > LONG)
    return np.full(task.batch.n_series, settings.solver != "gauss-newton")


def _work(task: Task) -> np.ndarray:
    """Return the work of each series, in steps times unknowns."""
    return task.batch.lengths * (len(task.free) + task.states.shape[2])


def _chunks(work: np.ndarray) -> list[np.ndarray]:
    """Cut series into chunks of so much work."""
    before = np.cumsum(work) // _CHUNK_WORK
    count = np.arange(work.size) // _CHUNK_SERIES
    breaks = np.flatnonzero((np.diff(before) > 0) | (np.diff(count) > 0)) + 1
    return np.split(np.arange(work.size), breaks)
