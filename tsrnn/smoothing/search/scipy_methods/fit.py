"""Fitting exponential smoothers by a SciPy method, one series at a time.

Gradients come by backpropagation through time: of the squared error at the best initial state where
predictions and errors are linear in it, and of parameters and state together elsewhere, and for
losses other than the likelihood.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tsrnn._optim.scipy_minimize import Minimum
from tsrnn.smoothing.search.scipy_methods.likelihood import minimize_likelihood
from tsrnn.smoothing.search.scipy_methods.problem import Problem
from tsrnn.smoothing.search.scipy_methods.robust import minimize_robust
from tsrnn.smoothing.search.scipy_methods.squared import minimize_squared, parameter_starts
from tsrnn.smoothing.search.task import Settings, Solution, Task


def fit_each(task: Task, settings: Settings, progress: Callable[[int], Any] | None) -> Solution:
    """Fit every series of a task by a SciPy method."""
    parts = []
    for i in range(task.batch.n_series):
        parts.append(_fit_one(Problem(task, i), settings))
        if progress is not None:
            progress(1)
    thetas, unknowns, minima = zip(*parts, strict=True)
    n_columns = task.batch.regressors.shape[1]
    return Solution(
        np.concatenate(thetas, axis=1),
        np.stack([one[n_columns:] for one in unknowns], axis=1),
        np.stack([one[:n_columns] for one in unknowns], axis=1),
        np.array([minimum.loss for minimum in minima]),
        np.array([minimum.n_iter for minimum in minima]),
        np.array([minimum.converged for minimum in minima]),
        minima[0].message,
    )


def _fit_one(problem: Problem, settings: Settings) -> tuple[np.ndarray, np.ndarray, Minimum]:
    """Return theta (K, 1), coefficients and initial state (C + S,), and how they were found."""
    structure = problem.structure
    if structure.is_relative or not structure.is_linear:
        minimum = minimize_likelihood(problem, settings)
        return *problem.split(minimum.theta), minimum
    starts = parameter_starts(problem)
    minimum = minimize_squared(problem, starts, settings)
    if settings.loss != "likelihood":
        minimum = minimize_robust(problem, [minimum.theta, *starts], settings)
    return *problem.split(minimum.theta), minimum
