"""F with its gradient and curvature, as a round of the compiled search computes them."""

import numpy as np

from tsrnn._compute.compile import SLAB, SLABS, kernel
from tsrnn._scan.curvature import accumulate_curvature, curved_of, scratch_of
from tsrnn.cells.smoother_cell import step_at, tangent_at
from tsrnn.smoothing.search.compiled.fit import model_of
from tsrnn.smoothing.search.compiled.rounds import Model, fill_lanes, lanes_of, searched_value
from tsrnn.smoothing.search.task import Series


@kernel(f"void(Model, Series, {SLAB}, f8[::1], {SLAB}, {SLABS})", Model, Series)
def _evaluate(model, series, v, loss, gradient, curvature):
    """What a round of `minimize_lanes` computes at v (N, D), one problem a series, all in lanes."""
    n_lanes, n_unknowns = v.shape
    lanes = lanes_of(model, series, n_unknowns, n_lanes)
    curved, scratch = curved_of(n_unknowns, n_lanes), scratch_of(n_unknowns, n_lanes)
    # What is in them before must not matter.
    lanes.states[:], lanes.d_states[:] = np.nan, np.nan
    curved.gradient[:], curved.curvature[:] = np.nan, np.nan
    n_timesteps = fill_lanes(model, series, 1, np.arange(n_lanes), v, lanes)
    accumulate_curvature(
        step_at(model.step),
        tangent_at(model.tangent),
        model.is_relative,
        model.is_linear,
        n_timesteps,
        lanes,
        scratch,
        curved,
        np.zeros(1, dtype=np.int8),
    )
    for b in range(n_lanes):
        loss[b] = searched_value(b, model, v[b], curved)
        gradient[b] = curved.gradient[:, b]
        curvature[b] = curved.curvature[:, :, b]


def evaluate(task, v):
    """F, half its gradient (N, D) and half its curvature (N, D, D) at v (N, D)."""
    order = np.argsort(-task.batch.lengths, kind="stable")  # lanes come the longest first
    task, v, place = task.take(order), v[order], np.argsort(order)
    n_series, n_unknowns = v.shape
    loss, gradient = np.empty(n_series), np.empty((n_series, n_unknowns))
    curvature = np.empty((n_series, n_unknowns, n_unknowns))
    _evaluate(model_of(task), task.series, v, loss, gradient, curvature)
    lower = np.tril(curvature)
    whole = lower + np.tril(curvature, -1).transpose(0, 2, 1)
    return loss[place], gradient[place], whole[place]
