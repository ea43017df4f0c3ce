"""F with its gradient and curvature, as a round of the compiled search computes them."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from tsrnn._compute import code_cache
from tsrnn._compute.compile import Kernel
from tsrnn._compute.declare import Integers, Slab, Slabs, Stop, Vector
from tsrnn._compute.threads import NEVER_STOPPED
from tsrnn._scan.curvature import (
    Curved,
    Lanes,
    Scratch,
    accumulate_curvature,
    curved_of,
    scratch_of,
)
from tsrnn.cells.smoother_cell import step_at, tangent_at
from tsrnn.smoothing.search.compiled.fit import model_of
from tsrnn.smoothing.search.compiled.rounds import Model, fill_lanes, lanes_of, searched_value
from tsrnn.smoothing.search.task import Series


class KeptKernel(Kernel):
    """A kernel of this file, whose code is kept as the package's is: compiling takes seconds."""

    def _found(self):
        sources = code_cache.reachable_sources(Path(__file__))
        digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(code_cache, "sources_digest", lambda module: digest)
            return super()._found()


@KeptKernel
def _evaluate(
    model: Model,
    series: Series,
    v: Slab,
    which: Integers,
    lanes: Lanes,
    curved: Curved,
    scratch: Scratch,
    stop: Stop,
    loss: Vector,
    gradient: Slab,
    curvature: Slabs,
):
    """What a round of `minimize_lanes` computes at v (N, D), one problem a series, all in lanes."""
    n_timesteps = fill_lanes(model, series, 1, which, v, lanes)
    accumulate_curvature(
        step_at(model.step),
        tangent_at(model.tangent),
        model.is_relative,
        model.is_linear,
        n_timesteps,
        lanes,
        scratch,
        curved,
        stop,
    )
    for b in range(v.shape[0]):
        loss[b] = searched_value(b, model, v[b], curved)
        for d in range(v.shape[1]):
            gradient[b, d] = curved.gradient[d, b]
            for c in range(v.shape[1]):
                curvature[b, d, c] = curved.curvature[d, c, b]


def evaluate(task, v):
    """F, half its gradient (N, D) and half its curvature (N, D, D) at v (N, D)."""
    order = np.argsort(-task.batch.lengths, kind="stable")  # lanes come the longest first
    task, v, place = task.take(order), v[order], np.argsort(order)
    n_series, n_unknowns = v.shape
    loss, gradient = np.empty(n_series), np.empty((n_series, n_unknowns))
    curvature = np.empty((n_series, n_unknowns, n_unknowns))
    model, series = model_of(task), task.series
    lanes = lanes_of(model, series, n_unknowns, n_series)
    curved, scratch = curved_of(n_unknowns, n_series), scratch_of(n_unknowns, n_series)
    # What is in them before must not matter.
    lanes.states[:], lanes.d_states[:] = np.nan, np.nan
    curved.gradient[:], curved.curvature[:] = np.nan, np.nan
    which = np.arange(n_series)
    room = which, lanes, curved, scratch, NEVER_STOPPED
    _evaluate(model, series, v, *room, loss, gradient, curvature)
    lower = np.tril(curvature)
    whole = lower + np.tril(curvature, -1).transpose(0, 2, 1)
    return loss[place], gradient[place], whole[place]
