"""A structure fitted to a batch of series: a task in scaled units, searched, and what follows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tsrnn._input.ragged import Batch
from tsrnn._input.scaling import ColumnScaling, Scaling, redundant_columns
from tsrnn.exceptions import InvalidParameterError
from tsrnn.smoothing.fit import Fit, fit_of
from tsrnn.smoothing.search.solve import solve
from tsrnn.smoothing.search.starts import heuristic_states, level_states, nearby_start
from tsrnn.smoothing.search.task import Task
from tsrnn.smoothing.spec import FitSpec


def fit_batch(
    spec: FitSpec,
    batch: Batch,
    name: Callable[[int], str],
    n_jobs: int | None = None,
    progress: Callable[[int], Any] | None = None,
    related: Sequence[dict[str, np.ndarray]] = (),
) -> Fit:
    """Fit a structure to series that it can be fitted to.

    Parameters
    ----------
    spec : FitSpec
    batch : Batch
        In the units of the series; each has two observed values at least, and is positive where
        the structure is.
    name : callable
        What to call series i in warnings.
    n_jobs : int or None
    progress : callable or None
        Called with numbers of series done.
    related : sequence of dict
        Fitted numbers of the same series by related structures, to start from as well: parameters,
        the initial state as the cell of this structure has it, (N, S), and, with regressors, their
        coefficients, (N, C).
    """
    structure = spec.structure
    task, scaling, columns = scaled_task(spec, batch)
    starts = [_related_start(task, one, scaling, columns) for one in related]
    is_thorough = spec.settings.effort == "thorough"
    if structure.seasonal is not None and spec.is_state_learned and is_thorough:
        starts.append(_start_without_season(task, spec, n_jobs))
    if starts:
        task = replace(task, nearby=np.stack(starts, axis=1))
    solution = solve(task, spec.settings, n_jobs, progress)
    return fit_of(task, solution, batch, scaling, columns, spec.origins, name)


def scaled_task(spec: FitSpec, batch: Batch) -> tuple[Task, Scaling, ColumnScaling]:
    """Return the task of fitting series, in scaled units, and the way to these."""
    scaling = Scaling.of(batch, centred=spec.structure.is_movable)
    columns = ColumnScaling.of(batch, from_mean=spec.structure.is_positive)
    scaled = replace(
        batch,
        values=scaling.take(batch.series_of_row).scale(batch.values),
        regressors=columns.scale(batch),
    )
    if not spec.is_state_given:  # a level that is given cannot stand in for any
        # Columns of zeros have coefficients of 0.
        scaled.regressors[redundant_columns(scaled)[batch.series_of_row]] = 0.0
    return spec.task(scaled, _state_maps(spec, scaled, scaling, columns)), scaling, columns


def _state_maps(
    spec: FitSpec, scaled: Batch, scaling: Scaling, columns: ColumnScaling
) -> np.ndarray:
    """Return what takes (1, free numbers, coefficients) to the initial state, (N or 1, S, ..)."""
    structure, initial_state = spec.structure, spec.initial_state
    n_columns = scaled.regressors.shape[1]
    if spec.is_state_learned:
        return structure.learned_states(n_columns)
    maps = np.zeros((scaled.n_series, structure.cell.n_state, 1 + n_columns))
    if not spec.is_state_given:
        find = level_states if initial_state == "level" else heuristic_states
        maps[:, :, 0] = find(structure, scaled)
        for j in range(n_columns):
            # The state is that of the series net of its regressors.
            column = np.where(np.isnan(scaled.values), np.nan, scaled.regressors[:, j])
            if structure.seasonal != "mul":
                maps[:, :, 1 + j] = -find(structure, replace(scaled, values=column))
        return maps
    states = structure.cell_state(initial_state)
    maps[:, :, 0] = scaling.scale_state(states.T.copy(), structure.is_share).T
    if structure.is_linear:
        maps[:, 0, 1:] = columns.offset / columns.unit
    if not np.isfinite(maps).all():
        raise InvalidParameterError(
            f"initial_state {tuple(initial_state[0].tolist())} is too far from the series to "
            "compute with"
        )
    return maps


def _related_start(
    task: Task, found: dict[str, np.ndarray], scaling: Scaling, columns: ColumnScaling
) -> np.ndarray:
    """Return a start from fitted numbers of a related structure, (N, Q + U + C)."""
    states, coefficients = found["states"].T.copy(), found.get("coefficients")
    if coefficients is not None and task.structure.is_linear:
        # They are those of the series net of all that regressors add: see `unscaled_state`.
        states[0] += (columns.offset * coefficients).sum(axis=1)
    start = nearby_start(task, found, scaling.scale_state(states, task.structure.is_share))
    if coefficients is not None:
        effect_of_unit = (coefficients * columns.unit).T
        start[:, -task.n_columns :] = scaling.scale_difference(effect_of_unit).T
    return start


def _start_without_season(task: Task, spec: FitSpec, n_jobs: int | None) -> np.ndarray:
    """Return a start at the fit without a season, (N, Q + U + C): none may end above it."""
    plain = replace(spec, structure=replace(task.structure, seasonal=None, period=1))
    without_season = plain.task(task.batch, plain.structure.learned_states(task.n_columns))
    found = solve(without_season, spec.settings, n_jobs)
    is_found = np.isfinite(found.loss)
    states = level_states(task.structure, task.batch).T
    n_plain = min(len(found.states), 2)
    states[:n_plain, is_found] = found.states[:n_plain, is_found]
    of_plain = zip(plain.structure.parameters, found.theta, strict=True)
    parameters = {one.name: np.where(is_found, row, one.neutral) for one, row in of_plain}
    start = nearby_start(task, parameters, states)
    if task.n_columns:
        start[:, -task.n_columns :] = np.where(is_found, found.coefficients, 0.0).T
    return start
