"""Fitting one structure of exponential smoothing to many series at once, in compiled code.

The likelihood (see `tsrnn._scan.curvature`) is minimised from the lowest points of a scan, many
series and starts side by side; chunks of series go to threads. Neither the chunks nor anything
computed in them depend on how many threads there are.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tsrnn._compute.compile import borrowed, inlined, kernel
from tsrnn._compute.threads import NEVER_STOPPED, in_threads
from tsrnn._input.ragged import Batch
from tsrnn._scan.unroll import SLAB, take_step
from tsrnn.cells.smoother_cell import step_at
from tsrnn.smoothing.search.compiled.rounds import OUT_OF_ITERATIONS, minimize_lanes
from tsrnn.smoothing.search.profile import best_unknowns
from tsrnn.smoothing.search.starts import grid_of, profiled_starts, seasonal_states, spread_starts
from tsrnn.smoothing.structure import Structure

# Starts of the search, by the number of free smoothing parameters: the more, the coarser the scan.
_N_STARTS = {0: 1, 1: 2, 2: 4, 3: 4}

# Rounds after which only promising starts go on, and how much higher than the best, as a factor of
# F, a start may be then. A fit that is one of many candidates may end in another optimum at times.
_PROBING = {"thorough": (5, 3.0), "quick": (1, 1.2)}

# beta of a trend that hardly changes.
_STEADY = 0.0005

# Parameters of a level that follows the series, and of nothing else that does: however it jumps,
# its predictions stay between its values.
_FLAT = {"alpha": 0.5, "beta": 0.0, "gamma": 0.0, "phi": 0.9}

# How many of the usual starts of a seasonal smoother go along with those from related structures.
_N_BESIDE = 1

# An alpha below which the optimum may as well be at none.
_NEAR_NOTHING = 0.1

# Lanes: what a step of all of them reads and writes should stay in the L2 cache.
_LANES = 64

# Work in a chunk, in steps times unknowns.
_CHUNK_WORK = 400_000

# From so much work on Ctrl-C is listened for, which costs a thread: a twentieth of a second or so.
_LONG_WORK = 10_000
_CHUNK_SERIES = 1024


@dataclass(frozen=True)
class Task:
    """What to fit: series in scaled units, what is free of each, and the prior.

    Attributes
    ----------
    structure : Structure
    batch : Batch
        Of order one.
    bounds : (K, 2) array
        Of the cell's parameters; equal where one is fixed. gamma, where free, is bounded by
        1 - alpha besides.
    states : (N or 1, S, 1 + U + C) array
        What takes (1, free numbers of the initial state, coefficients) to the initial state.
    rates : (K,) array
        Of the prior (see `tsrnn.priors`).
    effort : {"thorough", "quick"}
        How many starts are followed.
    nearby : (N, n_starts, Q + U + C) array or None
        Where to start besides; then few other starts will do.
    """

    structure: Structure
    batch: Batch
    bounds: np.ndarray
    states: np.ndarray
    rates: np.ndarray
    effort: str = "thorough"
    nearby: np.ndarray | None = None

    @functools.cached_property
    def free(self) -> np.ndarray:
        """Which parameters are free."""
        return np.flatnonzero(self.bounds[:, 0] < self.bounds[:, 1])

    @functools.cached_property
    def free_names(self) -> list[str]:
        """What these are called."""
        return [self.structure.cell.parameters[k].name for k in self.free]

    @property
    def n_free_state(self) -> int:
        """How many numbers of the initial state are free (U)."""
        return self.states.shape[2] - 1 - self.n_columns

    @property
    def n_columns(self) -> int:
        """How many regressors there are (C)."""
        return self.batch.regressors.shape[1]

    @functools.cached_property
    def gamma_at(self) -> int:
        """The place of gamma among the free parameters, or -1."""
        return self.free_names.index("gamma") if "gamma" in self.free_names else -1

    @functools.cached_property
    def search_bounds(self) -> np.ndarray:
        """What is searched, (2, Q): of gamma, where free, its share of 1 - alpha."""
        bounds = self.bounds[self.free].T.copy()
        names = [parameter.name for parameter in self.structure.cell.parameters]
        if self.gamma_at >= 0:
            bounds[:, self.gamma_at] = 0.0, 1.0
        elif "gamma" in names and 0 in self.free:
            bounds[1, 0] = min(bounds[1, 0], 1.0 - self.bounds[names.index("gamma"), 0])
        return bounds

    def some(self, series: np.ndarray) -> Task:
        """Return the task of the series at these positions, in this order."""
        states = self.states[series] if len(self.states) > 1 else self.states
        nearby = None if self.nearby is None else self.nearby[series]
        return replace(self, batch=self.batch.some(series), states=states, nearby=nearby)


@dataclass(frozen=True)
class Solution:
    """Fitted smoothers of N series in scaled units.

    Attributes
    ----------
    theta : (K, N) array
    states : (S, N) array
        Before the first value.
    coefficients : (C, N) array
    loss : (N,) array
        F with the prior, up to a factor where a SciPy method searched; infinite where no finite one
        was found.
    n_iter : (N,) array
    converged : (N,) array
    message : str
        Of an optimiser that stopped early.
    """

    theta: np.ndarray
    states: np.ndarray
    coefficients: np.ndarray
    loss: np.ndarray
    n_iter: np.ndarray
    converged: np.ndarray
    message: str = "the limit of iterations was reached"


def fit_lanes(
    task: Task,
    max_iter: int,
    tol: float,
    n_jobs: int | None = None,
    progress: Callable[[int], object] | None = None,
) -> Solution:
    """Fit every series of a task."""
    lengths = task.batch.lengths
    order = np.argsort(-lengths, kind="stable")
    chunks = _chunks(lengths[order], task)
    sorted_task = task.some(order)
    stop = np.zeros(1, dtype=np.int8)
    jobs = [(sorted_task.some(chunk), max_iter, tol, stop) for chunk in chunks]
    parts = []
    takes_long = _work(lengths, task).sum() > _LONG_WORK
    for part in in_threads(_fit_chunk, jobs, n_jobs, stop if takes_long else None):
        parts.append(part)
        if progress is not None:
            progress(part.loss.size)
    return joined(parts, np.argsort(order))


def joined(parts: Sequence[Solution], place: np.ndarray) -> Solution:
    """Put solutions one after the other, and take those at these places."""
    return Solution(
        *(
            np.ascontiguousarray(
                np.concatenate([getattr(part, name) for part in parts], axis=-1)[..., place]
            )
            for name in ("theta", "states", "coefficients", "loss", "n_iter", "converged")
        ),
        message=parts[0].message,
    )


def _chunks(lengths: np.ndarray, task: Task) -> list[np.ndarray]:
    """Cut series into chunks of so much work."""
    before = np.cumsum(_work(lengths, task)) // _CHUNK_WORK
    count = np.arange(lengths.size) // _CHUNK_SERIES
    breaks = np.flatnonzero((np.diff(before) > 0) | (np.diff(count) > 0)) + 1
    return np.split(np.arange(lengths.size), breaks)


def _work(lengths: np.ndarray, task: Task) -> np.ndarray:
    """Return the work of each series, in steps times unknowns."""
    return lengths * (len(task.free) + task.states.shape[2])


def _fit_chunk(task: Task, max_iter: int, tol: float, stop: np.ndarray) -> Solution:
    """Fit series whose lengths do not increase."""
    solution = _search(task, starts_of(task, stop), max_iter, tol, stop)
    names = task.free_names
    lost = np.flatnonzero(~np.isfinite(solution.loss))
    if lost.size and task.structure.is_positive:
        # From every start a prediction of theirs is not positive.
        some = task.some(lost)
        found = _search(some, _flat(some, names), max_iter, tol, stop)
        solution = _lower(solution, found, lost)
    if task.structure.seasonal is None and "alpha" in names and task.bounds[0, 0] == 0.0:
        is_there = (solution.theta[0] == 0.0) & ("phi" not in names)
        near = np.flatnonzero((solution.theta[0] < _NEAR_NOTHING) & ~is_there)
        if near.size:
            corner = _at_nothing(task.some(near), names)
            found = _search(corner, starts_of(corner, stop), max_iter, tol, stop)
            solution = _lower(solution, found, near)
    return solution


def _lower(solution: Solution, found: Solution, series: np.ndarray) -> Solution:
    """Return a solution, or where it is lower what was found for these series."""
    is_lower = found.loss < solution.loss[series]
    place = np.arange(solution.loss.size)
    place[series[is_lower]] = place.size + np.flatnonzero(is_lower)
    return joined([solution, found], place)


def _at_nothing(task: Task, names: list[str]) -> Task:
    """Return the task of smoothers that learn nothing from the series after its beginning.

    At alpha = 0 there may be another optimum, with a ridge before it, that no grid has a point of.
    """
    bounds = task.bounds.copy()
    for k, name in zip(task.free, names, strict=True):
        if name != "phi":
            bounds[k] = 0.0
    return replace(task, bounds=bounds, nearby=None)


def _search(
    task: Task, starts: np.ndarray, max_iter: int, tol: float, stop: np.ndarray
) -> Solution:
    """Search from every start, (N, n_starts, Q + U + C), and return the best ends."""
    structure, batch, free = task.structure, task.batch, task.free
    cell, n_series = structure.cell, task.batch.n_series
    step, tangent = cell.step.address, cell.tangent.address
    bounds = task.search_bounds
    n_starts = starts.shape[1]
    v = np.ascontiguousarray(starts.reshape(n_series * n_starts, -1))
    loss = np.empty(len(v))
    status, n_iter = np.empty((2, len(v)), dtype=np.int64)
    floors = batch.count_observed() * (8.0 * np.finfo(float).eps) ** 2
    minimize_lanes(
        step,
        tangent,
        structure.is_relative,
        structure.is_linear,
        batch.values,
        batch.offsets,
        batch.regressors,
        task.states,
        task.bounds[:, 0].copy(),
        free,
        bounds,
        task.gamma_at,
        task.rates[free],
        floors,
        n_starts,
        *_PROBING[task.effort],
        min(_LANES, len(v)),
        max_iter,
        tol,
        stop,
        v,
        loss,
        status,
        n_iter,
    )
    best = np.arange(n_series) * n_starts + np.argmin(loss.reshape(n_series, n_starts), axis=1)
    if v.shape[1]:
        n_iter = np.maximum(n_iter, 1)  # to see that it is the minimum already is one
    return _solution(task, v[best], loss[best], n_iter[best], status[best] != OUT_OF_ITERATIONS)


def starts_of(task: Task, stop: np.ndarray = NEVER_STOPPED) -> np.ndarray:
    """Return where to start, (N, n_starts, Q + U + C)."""
    names = task.free_names
    points = spread_starts(names, task.search_bounds)
    if task.structure.seasonal is None:
        if task.nearby is not None and task.effort == "quick":
            return np.concatenate([task.nearby, _flat(task, names)], axis=1)
        starts = _scanned(task, names, stop)
        if "beta" in names:
            # Next to where the trend does not change there are often other optima: several along
            # phi.
            phis = (0.993, 0.9) if "phi" in names else (1.0,)
            steady = [_steady(starts, names, phi) for phi in phis]
            starts = np.concatenate([starts, *steady], axis=1)
        if task.nearby is not None:
            return np.concatenate([starts, task.nearby], axis=1)
        if not task.structure.is_relative or not names:
            return starts
        # The squared error is not what is minimised: its minima may be far from it.
        further = np.repeat(starts[:, :1], len(points), axis=1)
        further[:, :, : len(names)] = points
        return np.concatenate([starts, further, _flat(task, names)], axis=1)
    if task.nearby is not None and task.effort == "quick":
        points = points[:_N_BESIDE]
    n_starts, n_free = points.shape
    starts = np.zeros((task.batch.n_series, n_starts, n_free + task.states.shape[2] - 1))
    starts[:, :, :n_free] = points
    if task.n_free_state:
        states = heuristic_states(task.structure, task.batch)
        free_states = task.structure.free_state(states)
        starts[:, :, n_free : n_free + task.n_free_state] = free_states[:, None]
    if task.nearby is not None:
        return np.concatenate([starts, task.nearby], axis=1)
    if task.structure.is_positive and names:
        return np.concatenate([starts, _flat(task, names)], axis=1)
    return starts


def _steady(starts: np.ndarray, names: list[str], phi: float) -> np.ndarray:
    """Return the first start of each series with a trend that hardly changes, (N, 1, ..)."""
    steady = starts[:, :1].copy()
    steady[:, :, names.index("beta")] = _STEADY
    if "phi" in names:
        steady[:, :, names.index("phi")] = phi
    return steady


def _flat(task: Task, names: list[str]) -> np.ndarray:
    """Return a start whose predictions of a positive series are positive, (N, 1, Q + U + C).

    A level that follows the series, with no trend and no season to speak of.
    """
    batch, structure = task.batch, task.structure
    start = np.zeros((batch.n_series, len(names) + task.states.shape[2] - 1))
    start[:, : len(names)] = np.clip([_FLAT[name] for name in names], *task.search_bounds)
    if task.n_free_state:
        free_state = structure.free_state(level_states(structure, batch))
        start[:, len(names) : len(names) + task.n_free_state] = free_state
    return start[:, None]


def nearby_start(task: Task, parameters: dict[str, np.ndarray], states: np.ndarray) -> np.ndarray:
    """Return a start from the fit of a related structure, (N, Q + U + C).

    Parameters
    ----------
    task : Task
    parameters : dict of (N,) arrays
        By name; a parameter that the structure does not have is 0, and phi is 1.
    states : (S, N) array
        In scaled units.
    """
    names = task.free_names
    n_linear = task.states.shape[2] - 1
    start = np.zeros((task.batch.n_series, len(names) + n_linear))
    for j, name in enumerate(names):
        values = parameters[name].copy()
        if name == "gamma":
            rest = 1.0 - parameters["alpha"]
            values = np.divide(values, rest, out=np.zeros_like(values), where=rest > 0.0)
        # A little inside of what the related structure is an end of.
        values = np.where((name == "phi") & (values >= 1.0), 0.97, values)
        values = np.where((name == "beta") & (values == 0.0), 0.01, values)
        start[:, j] = np.clip(values, *task.search_bounds[:, j])
    free_state = task.structure.free_state(states.T)
    start[:, len(names) : len(names) + task.n_free_state] = free_state
    return start


def level_states(structure: Structure, batch: Batch) -> np.ndarray:
    """Return states (N, S) at the first value, with no trend and no season."""
    states = np.zeros((batch.n_series, structure.cell.n_state))
    observed = np.flatnonzero(~np.isnan(batch.values))
    states[:, 0] = batch.values[observed[np.searchsorted(observed, batch.offsets[:-1])]]
    states[:, structure.is_share] = 1.0
    return states


def heuristic_states(structure: Structure, batch: Batch) -> np.ndarray:
    """Return states (N, S) before the first value, from the first values.

    Without a season from the first two: (2 y_1 - y_2, y_2 - y_1), and y_1 where there is no trend;
    missing values between the two are steps of the trend. With one from the first cycles; see
    `tsrnn.smoothing.search.starts.seasonal_states`.
    """
    states = np.zeros((batch.n_series, structure.cell.n_state))
    if structure.seasonal is not None:
        seasonal_states(
            batch.values, batch.offsets, structure.period, structure.seasonal == "mul", states
        )
        if structure.trend is None:
            states[:, 0] += states[:, 1] * 0.5 * structure.period
            states[:, 1] = 0.0
        return states
    observed = np.flatnonzero(~np.isnan(batch.values))
    place = np.searchsorted(observed, batch.offsets[:-1])
    first, second = observed[place], observed[place + 1]
    states[:, 0] = batch.values[first]
    if structure.trend is not None:
        states[:, 1] = (batch.values[second] - batch.values[first]) / (second - first)
        states[:, 0] -= (first - batch.offsets[:-1] + 1) * states[:, 1]
    return states


def _scanned(task: Task, names: list[str], stop: np.ndarray) -> np.ndarray:
    """Return the lowest minima of the profiled squared error."""
    batch, cell, free = task.batch, task.structure.cell, task.free
    n_columns, n_linear = batch.regressors.shape[1], task.states.shape[2] - 1
    n_free_state = n_linear - n_columns
    points, shape = grid_of(names, task.search_bounds)
    thetas = np.repeat(task.bounds[:, :1], points.shape[1], axis=1)
    thetas[free] = points
    n_starts = _N_STARTS[free.size]
    starts = np.zeros((batch.n_series, n_starts, free.size + n_linear))
    # The unknowns there are the coefficients first, then the state.
    maps = np.zeros((len(task.states), 1 + n_columns + cell.n_state, 1 + n_linear))
    maps[:, : 1 + n_columns, : 1 + n_columns] = np.eye(1 + n_columns)
    maps[:, 1 + n_columns :, 0] = task.states[:, :, 0]
    maps[:, 1 + n_columns :, 1 : 1 + n_columns] = task.states[:, :, 1 + n_free_state :]
    maps[:, 1 + n_columns :, 1 + n_columns :] = task.states[:, :, 1 : 1 + n_free_state]
    profiled_starts(
        cell.step.address,
        batch.values,
        batch.offsets,
        batch.regressors,
        maps,
        thetas,
        points,
        shape,
        task.rates[free],
        np.r_[n_columns : n_columns + n_free_state, :n_columns].astype(np.int64),
        stop,
        starts,
    )
    return starts


def _solution(
    task: Task, v: np.ndarray, loss: np.ndarray, n_iter: np.ndarray, converged: np.ndarray
) -> Solution:
    """Take the numbers that were searched to those of the cell."""
    free, n_free = task.free, task.free.size
    theta = np.repeat(task.bounds[:, :1], len(v), axis=1)
    theta[free] = v[:, :n_free].T
    if task.gamma_at >= 0:
        theta[free[task.gamma_at]] *= 1.0 - theta[0]
    linear = np.concatenate([np.ones((len(v), 1)), v[:, n_free:]], axis=1)
    states = np.einsum(
        "nsu,nu->sn", np.broadcast_to(task.states, (len(v), *task.states.shape[1:])), linear
    )
    coefficients = v[:, n_free + task.n_free_state :].T.copy()
    if coefficients.size and task.structure.is_linear and not task.structure.is_relative:
        _solve_again(task, theta, states, coefficients)
    return Solution(theta, states, coefficients, loss, n_iter, converged)


def _solve_again(
    task: Task, theta: np.ndarray, states: np.ndarray, coefficients: np.ndarray
) -> None:
    """Solve for coefficients and initial states once more, in place.

    A damped search leaves columns that say the same with a share each; a solution of the normal
    equations leaves the later ones out.
    """
    n_columns, n_free_state = len(coefficients), task.n_free_state
    order = np.r_[0, 1 + n_free_state : 1 + n_free_state + n_columns, 1 : 1 + n_free_state]
    for i in range(theta.shape[1]):
        of_state = np.ascontiguousarray(task.states[i if len(task.states) > 1 else 0][:, order])
        series = np.ascontiguousarray(task.batch.one(i))
        one = np.ascontiguousarray(theta[:, [i]])
        unknowns = best_unknowns(task.structure.cell, one, series, of_state)
        coefficients[:, i], states[:, i] = unknowns[:n_columns], unknowns[n_columns:]


def follow(
    structure: Structure, batch: Batch, theta: np.ndarray, states: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Move smoothers along their series, net of regressors: states at the end, and predictions.

    Parameters
    ----------
    structure : Structure
    batch : Batch
        Its regressors are not looked at.
    theta : (K, N) array
    states : (S, N) array

    Returns
    -------
    states : (S, N) array
    predictions : (R,) array
    """
    cell, n_series = structure.cell, batch.n_series
    # Compiled code would read on beyond the ends of what is smaller.
    if theta.shape != (cell.n_parameters, n_series) or states.shape != (cell.n_state, n_series):
        raise ValueError(
            f"{n_series} smoothers have {cell.n_parameters} parameters and {cell.n_state} states "
            f"each, got shapes {theta.shape} and {states.shape}"
        )
    ends = states.T.copy()
    predictions = np.empty(batch.values.size)
    _follow(
        structure.cell.step.address,
        np.ascontiguousarray(theta.T),
        batch.values,
        batch.offsets,
        ends,
        predictions,
    )
    return np.ascontiguousarray(ends.T), predictions


@kernel(f"void(i8, {SLAB}, f8[::1], i8[::1], {SLAB}, f8[::1])")
def _follow(step_address, thetas, values, offsets, ends, predictions):
    _follow_each(
        step_at(step_address),
        thetas,
        values,
        offsets,
        ends,
        predictions,
        np.empty((2, ends.shape[1], 1)),
        np.empty((thetas.shape[1], 1)),
        np.empty((1, 1)),
        np.empty((1, 1)),
    )


@inlined
def _follow_each(step, thetas, values, offsets, ends, predictions, states, theta, x, out):
    n_state = ends.shape[1]
    for i in range(ends.shape[0]):
        for k in range(theta.shape[0]):
            theta[k, 0] = thetas[i, k]
        for s in range(n_state):
            states[offsets[i] % 2, s, 0] = ends[i, s]
        for t in range(offsets[i], offsets[i + 1]):
            old, new = borrowed(states[t % 2]), borrowed(states[(t + 1) % 2])
            x[0, 0] = values[t]
            take_step(step, borrowed(theta), borrowed(x), old, new, borrowed(out), 1)
            predictions[t] = out[0, 0]
        for s in range(n_state):
            ends[i, s] = states[offsets[i + 1] % 2, s, 0]
