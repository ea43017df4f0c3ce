"""F with its gradient and curvature, as a round of the compiled search computes them."""

import numpy as np

from tsrnn._compute.compile import SLAB, SLABS, borrowed, kernel
from tsrnn._scan.curvature import accumulate_curvature
from tsrnn.cells.smoother_cell import step_at, tangent_at
from tsrnn.smoothing.search.compiled.rounds import _fill_lanes, _of_search


@kernel(
    f"void(i8, i8, b1, b1, f8[::1], i8[::1], {SLAB}, {SLABS}, f8[::1], i8[::1], i8, f8[::1], "
    f"{SLAB}, f8[::1], {SLAB}, {SLABS})"
)
def _evaluate(
    step_address,
    tangent_address,
    is_relative,
    is_linear,
    values,
    offsets,
    regressors,
    state_maps,
    theta,
    free,
    gamma_at,
    rates,
    v,
    loss,
    gradient,
    curvature,
):
    """What a round of `minimize_lanes` computes at v (N, D), one problem a series, all in lanes."""
    n_lanes, n_unknowns = v.shape
    longest, n_state, n_parameters = offsets[1] - offsets[0], state_maps.shape[1], theta.shape[0]
    lane_theta, lanes = np.zeros((n_parameters, n_lanes)), np.zeros((11, n_lanes))
    x, active = np.zeros((longest, 2, n_lanes)), np.zeros(longest, dtype=np.int64)
    d_x = np.zeros((longest, regressors.shape[1], n_lanes))
    # What is in them before must not matter.
    states = np.full((2, n_state, n_lanes), np.nan)
    d_states = np.full((n_unknowns, n_state, n_lanes), np.nan)
    d_theta, scratch = np.zeros((n_unknowns, n_parameters)), np.zeros((4, n_lanes))
    directions, squares = np.zeros((4, n_unknowns, n_lanes)), np.zeros(n_lanes)
    of_lanes = np.full((n_unknowns, n_unknowns, n_lanes), np.nan)
    slopes = np.full((n_unknowns, n_lanes), np.nan)
    for j in range(free.shape[0]):
        d_theta[j, free[j]] = 1.0
    _fill_lanes(
        values,
        offsets,
        regressors,
        state_maps,
        theta,
        free,
        gamma_at,
        1,
        np.arange(n_lanes),
        v,
        lane_theta,
        x,
        d_x,
        active,
        states,
        d_states,
    )
    accumulate_curvature(
        step_at(step_address),
        tangent_at(tangent_address),
        is_relative,
        is_linear,
        lane_theta,
        x,
        d_x,
        active,
        states,
        d_states,
        d_theta,
        lanes,
        scratch,
        directions,
        squares,
        slopes,
        of_lanes,
        np.zeros(1, dtype=np.int8),
    )
    for b in range(n_lanes):
        loss[b] = _of_search(
            b, squares, slopes, of_lanes, gamma_at, free, theta, borrowed(v[b]), rates, lanes[8, b]
        )
        gradient[b] = slopes[:, b]
        curvature[b] = of_lanes[:, :, b]


def evaluate(task, v):
    """F, half its gradient (N, D) and half its curvature (N, D, D) at v (N, D)."""
    order = np.argsort(-task.batch.lengths, kind="stable")  # lanes come the longest first
    task, v, place = task.some(order), v[order], np.argsort(order)
    cell, batch = task.structure.cell, task.batch
    n_series, n_unknowns = v.shape
    loss, gradient = np.empty(n_series), np.empty((n_series, n_unknowns))
    curvature = np.empty((n_series, n_unknowns, n_unknowns))
    _evaluate(
        cell.step.address,
        cell.tangent.address,
        task.structure.is_relative,
        task.structure.is_linear,
        batch.values,
        batch.offsets,
        batch.regressors,
        task.states,
        task.bounds[:, 0].copy(),
        task.free,
        task.gamma_at,
        task.rates[task.free],
        v,
        loss,
        gradient,
        curvature,
    )
    lower = np.tril(curvature)
    whole = lower + np.tril(curvature, -1).transpose(0, 2, 1)
    return loss[place], gradient[place], whole[place]
