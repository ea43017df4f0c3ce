"""The compiled search for alpha, theta and the level of many series, side by side.

The level before the first value is either held, where it makes the first prediction that of a
constant series, and squared errors of one step are summed from the first value on; or it is learned
as well, and they are summed from the fourth value on, as the authors of the method do. What the
first three leave besides the level depends on alpha alone, by way of q_t: so it is the level after
them that is free, and there the search begins.

Given alpha, predictions of a complete series are linear in w = 1 - 1/theta and in the level (see
`tsrnn.cells.theta`). So the best of these is known at each of a row of alphas, and the search goes
on from the lowest by the steps of Gauss and Newton that other smoothers take.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tsrnn._compute.compile import kernel
from tsrnn._compute.declare import Booleans, Integers, Slab, Slabs, Stop, Vector, inlined
from tsrnn._compute.threads import in_threads
from tsrnn._input.ragged import Batch, offsets_of, rows_between
from tsrnn._scan.filtering import filter_series
from tsrnn._scan.linear import add_products_of_runs
from tsrnn.cells.smoother_cell import SmootherCell, step_at
from tsrnn.smoothing.search.compiled.gauss_newton import OUT_OF_ITERATIONS
from tsrnn.smoothing.search.compiled.rounds import Ends, Model, Rules, minimize_lanes, room_of
from tsrnn.smoothing.search.task import Series

# Values whose errors are left out where the level is learned.
N_FIRST = 3

# What a series is smoothed with that is too short to learn it from.
HELD = np.array([0.5, 0.5])

_ALPHAS = np.array(
    [0.1, 0.13, 0.17, 0.22, 0.28, 0.35, 0.42, 0.5, 0.58, 0.66, 0.74, 0.82, 0.9, 0.99]
)
_N_STARTS = 2
_MAX_ITER, _TOL = 200, 1e-10
_PROBING, _MARGIN = 5, 3.0
_LANES = 64

# Series that a thread takes at a time; it does not depend on the number of threads.
_CHUNK = 512
_LONG_WORK = 100_000


@dataclass(frozen=True)
class Free:
    """Numbers learned besides alpha: the level perhaps, and w between bounds, unless equal."""

    level: bool
    share: tuple[float, float]

    @property
    def n_searched(self) -> int:
        """The number of smoothing parameters that are searched for."""
        return 2 if self.share[0] < self.share[1] else 1


@dataclass(frozen=True)
class Begun:
    """Series, scaled, after their first values.

    Attributes
    ----------
    rest : Batch
        The values that follow.
    n_first : (N,) array
        How many steps came before them.
    states : (S, N) array
        The cell's, with the parameters `HELD`.
    """

    rest: Batch
    n_first: np.ndarray
    states: np.ndarray

    def take(self, series: np.ndarray) -> Begun:
        """Return the series at these positions."""
        return Begun(self.rest.take(series), self.n_first[series], self.states[:, series])


@dataclass(frozen=True)
class Learned:
    """Parameters (K, N), states (S, N) after the first values, and how the search ended, (N,)."""

    theta: np.ndarray
    states: np.ndarray
    n_iter: np.ndarray
    converged: np.ndarray


def begin(cell: SmootherCell, batch: Batch, states: np.ndarray, free: Free) -> Begun:
    """Run a cell along the first values, if any, of series that begin with an observed one.

    Missing ones between them count as on the lines from one to the next. `states` (S, N) are those
    before the first value.
    """
    if not free.level:
        return Begun(batch, np.zeros(batch.n_series, dtype=np.int64), states)
    observed = np.flatnonzero(~np.isnan(batch.values))
    last = np.searchsorted(observed, batch.offsets[:-1])
    last += np.minimum(batch.count_observed(), N_FIRST) - 1
    n_first = observed[last] - batch.offsets[:-1] + 1
    rows = rows_between(batch.offsets[:-1], n_first)
    first = Batch(
        np.interp(rows, observed, batch.values[observed]),
        offsets_of(n_first),
        np.empty((rows.size, 0)),
    )
    held = np.repeat(HELD[:, None], batch.n_series, axis=1)
    states, _ = filter_series(cell, first, held, states)
    n_rest = batch.lengths - n_first
    rows = rows_between(batch.offsets[:-1] + n_first, n_rest)
    rest = Batch(batch.values[rows], offsets_of(n_rest), np.empty((rows.size, 0)))
    return Begun(rest, n_first, states)


def learn(
    cell: SmootherCell,
    begun: Begun,
    free: Free,
    n_jobs: int | None = None,
    progress: Callable[[int], Any] | None = None,
) -> Learned:
    """Learn what is free of each series.

    Each needs more values after the first ones than there is to learn.
    """
    order = np.argsort(-begun.rest.lengths, kind="stable")
    stop = np.zeros(1, dtype=np.int8)
    chunks = np.split(order, range(_CHUNK, order.size, _CHUNK))
    jobs = [(cell, begun.take(chunk), free, stop) for chunk in chunks]
    is_long = begun.rest.values.size > _LONG_WORK
    parts = []
    for part in in_threads(_learn_chunk, jobs, n_jobs, stop if is_long else None):
        parts.append(part)
        if progress is not None:
            progress(part.n_iter.size)
    place = np.argsort(order)
    return Learned(
        *(
            np.concatenate([getattr(part, name) for part in parts], axis=-1)[..., place]
            for name in ("theta", "states", "n_iter", "converged")
        )
    )


def _learn_chunk(cell: SmootherCell, begun: Begun, free: Free, stop: np.ndarray) -> Learned:
    """Learn from series whose lengths do not increase."""
    n_series = begun.n_first.size
    v = _starts(cell, begun, free, stop).reshape(n_series * _N_STARTS, -1)
    model = _model(cell, begun, free)
    ends = Ends(v, np.empty(len(v)), *np.empty((2, len(v)), dtype=np.int64))
    floors = begun.rest.count_observed() * (8.0 * np.finfo(float).eps) ** 2
    rules = Rules(_N_STARTS, _PROBING, _MARGIN, min(_LANES, len(v)), _MAX_ITER, _TOL, floors)
    series = Series(begun.rest.values, begun.rest.offsets, begun.rest.regressors)
    minimize_lanes(model, series, rules, stop, ends, *room_of(model, series, rules, ends))
    best = np.arange(n_series) * _N_STARTS
    best += np.argmin(ends.loss.reshape(n_series, _N_STARTS), axis=1)
    theta = np.repeat(model.theta[:, None], n_series, axis=1)
    theta[model.free] = v[best, : model.free.size].T
    states = begun.states.copy()
    if free.level:
        states[0] = v[best, -1]
    states[model.decaying] = (1.0 - theta[0]) ** begun.n_first
    return Learned(
        theta, states, np.maximum(ends.n_iter[best], 1), ends.status[best] != OUT_OF_ITERATIONS
    )


def _model(cell: SmootherCell, begun: Begun, free: Free) -> Model:
    """Return what is fitted, as the search takes it."""
    alpha, share = cell.parameters[0], free.share
    places = np.arange(free.n_searched)
    bounds = np.array([[alpha.lower, share[0]], [alpha.upper, share[1]]])
    maps = begun.states.T[:, :, None].copy()
    if free.level:
        maps = np.concatenate([maps, np.zeros_like(maps)], axis=2)
        maps[:, 0] = 0.0, 1.0
    return Model(
        cell.step.address,
        cell.tangent.address,
        is_relative=False,
        is_linear=True,
        theta=np.array([HELD[0], share[0]]),
        free=places,
        bounds=np.ascontiguousarray(bounds[:, places]),
        share_at=-1,
        rates=np.zeros(places.size),
        state_maps=maps,
        pairs=np.zeros(0, dtype=np.int64),
        most=np.zeros(0),
        decaying=cell.state_names.index("decay"),
        ages=begun.n_first.astype(float),
    )


def _starts(cell: SmootherCell, begun: Begun, free: Free, stop: np.ndarray) -> np.ndarray:
    """Return the lowest minima of the squared error over a row of alphas, (N, n_starts, D)."""
    rest, n_alphas, n_series = begun.rest, _ALPHAS.size, begun.n_first.size
    seen = ~np.isnan(rest.values)
    found = np.empty((3, n_series, n_alphas))
    _profile(
        cell.step.address,
        _filled(rest, seen),
        seen,
        rest.offsets,
        begun.states.T.copy(),
        begun.n_first.astype(float),
        _ALPHAS,
        free.level,
        np.array(free.share),
        cell.state_names.index("decay"),
        stop,
        found[0],
        found[1],
        found[2],
        np.empty((2, cell.n_state, 3 * n_alphas)),
        np.empty((2, 3 * n_alphas)),
        np.empty((2, 1, 3 * n_alphas)),
        np.empty((3, 3, n_alphas)),
    )
    losses, shares, levels = found
    around = np.pad(losses, ((0, 0), (1, 1)), constant_values=np.inf)
    is_lowest = (losses <= around[:, :-2]) & (losses <= around[:, 2:])
    lowest = np.argsort(np.where(is_lowest, losses, np.inf), axis=1, kind="stable")
    lowest = lowest[:, :_N_STARTS]
    is_one = np.take_along_axis(is_lowest, lowest, axis=1)
    lowest = np.where(is_one, lowest, lowest[:, :1])  # a start that is repeated is left out
    parts = [_ALPHAS[lowest]]
    if free.n_searched > 1:
        parts.append(np.take_along_axis(shares, lowest, axis=1))
    if free.level:
        parts.append(np.take_along_axis(levels, lowest, axis=1))
    return np.ascontiguousarray(np.stack(parts, axis=2))


def _filled(batch: Batch, seen: np.ndarray) -> np.ndarray:
    """Return values with the last one before what is missing, or else the next, in its place.

    For a start it does not matter much what it is.
    """
    observed = np.flatnonzero(seen)
    last = np.searchsorted(observed, np.arange(seen.size), side="right") - 1
    first = np.searchsorted(observed, batch.offsets[:-1])
    return batch.values[observed[np.maximum(last, first[batch.series_of_row])]]


@kernel
def _profile(
    step_address: int,
    values: Vector,
    seen: Booleans,
    offsets: Integers,
    begun: Slab,
    ages: Vector,
    alphas: Vector,
    has_level: bool,
    share: Vector,
    decaying: int,
    stop: Stop,
    losses: Slab,
    shares: Slab,
    levels: Slab,
    states: Slabs,
    theta: Slab,
    scratch: Slabs,
    sums: Slabs,
):
    """Write the least squared error at each alpha, (N, G), and the w and the level that have it.

    Lanes are predictions from a level of 0 with w = 0, then from one of 1, then with w = 1: what
    level and line add is the difference of these. `begun` (N, S) are states after the first values.
    """
    step = step_at(step_address)
    n_alphas, n_state = alphas.shape[0], begun.shape[1]
    for g in range(n_alphas):
        for k in range(3):
            theta[0, k * n_alphas + g] = alphas[g]
            theta[1, k * n_alphas + g] = 1.0 if k == 2 else 0.0
    for i in range(begun.shape[0]):
        if stop[0] != 0:
            return
        first = states[offsets[i] % 2]
        for b in range(3 * n_alphas):
            for s in range(n_state):
                first[s, b] = begun[i, s]
            first[0, b] = 1.0 if b // n_alphas == 1 else 0.0
            first[decaying, b] = (1.0 - theta[0, b]) ** ages[i]
        sums[:] = 0.0
        rows = offsets[i], offsets[i + 1]
        add_products_of_runs(step, theta, values, seen, rows, states, scratch, sums)
        for g in range(n_alphas):
            _solve(g, sums, has_level, share, losses[i], shares[i], levels[i])


@inlined
def _solve(g, sums, has_level, share, losses, shares, levels):
    """Solve the normal equations of w, within its bounds, and of the level, if it is free."""
    square, with_level, with_line = sums[0, 0, g], sums[0, 1, g], sums[0, 2, g]
    level_square, both, line_square = sums[1, 1, g], sums[1, 2, g], sums[2, 2, g]
    if not has_level:
        level_square, both = 0.0, 0.0
    slope = both / level_square if level_square > 0.0 else 0.0
    rest = line_square - slope * both
    w = share[0]
    if rest > 1e-12 * line_square:
        w = (with_line - slope * with_level) / rest
    w = min(max(w, share[0]), share[1])
    level = (with_level - w * both) / level_square if level_square > 0.0 else 0.0
    loss = square - 2.0 * (level * with_level + w * with_line)
    loss += level * level * level_square + w * (2.0 * level * both + w * line_square)
    losses[g], shares[g], levels[g] = max(loss, 0.0), w, level
