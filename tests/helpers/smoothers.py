"""The eighteen structures of exponential smoothing, tasks of fitting them, and F by naive loops."""

import functools
from itertools import product

import naive
import numpy as np

from tsrnn._input.ragged import Batch
from tsrnn.smoothing.search.solve import solve
from tsrnn.smoothing.search.task import Settings, Solution, Task
from tsrnn.smoothing.structure import Structure

PERIOD = 4

# Label -> structure: every error, trend and season.
STRUCTURES = {
    structure.label: structure
    for structure in (
        Structure(error, trend, damped, seasonal, PERIOD if seasonal else 1)
        for error, (trend, damped), seasonal in product(
            ("add", "mul"), ((None, False), ("add", False), ("add", True)), (None, "add", "mul")
        )
    )
}


def bounds_of(structure, **fixed):
    """Bounds of the cell's parameters, (K, 2), those given by name and those it lacks fixed."""
    if structure.trend is None:
        fixed["beta"] = 0.0
    if not structure.damped:
        fixed["phi"] = 1.0
    limits = {p.name: (p.lower, p.upper) for p in structure.cell.parameters}
    limits |= {name: (value, value) for name, value in fixed.items() if name in limits}
    return np.array(list(limits.values()))


def batch_of(series, regressors=None):
    """Series of any lengths, each with regressors (T, C) of its own."""
    offsets = np.r_[0, np.cumsum([len(y) for y in series])].astype(np.int64)
    columns = [np.empty((len(y), 0)) for y in series] if regressors is None else regressors
    return Batch(np.concatenate(series).astype(float), offsets, np.concatenate(columns))


def task_of(structure, series, regressors=None, *, state=None, rates=None, **fixed):
    """Fitting a structure to series, its initial state learned unless it is given, (S,) or (N, S).

    `fixed` are smoothing parameters by name, `rates` those of the prior.
    """
    batch = batch_of(series, regressors)
    n_columns, size = batch.regressors.shape[1], structure.cell.n_state
    if state is None:
        states = np.hstack([structure.normalised, np.zeros((size, n_columns))])[None]
    else:
        states = np.zeros((batch.n_series, size, 1 + n_columns))
        states[:, :, 0] = state
    names = [parameter.name for parameter in structure.cell.parameters]
    rates = np.array([(rates or {}).get(name, 0.0) for name in names])
    return Task(structure, batch, bounds_of(structure, **fixed), states, rates)


def settings_of(solver="gauss-newton", loss="likelihood", *, max_iter=200, tol=1e-10):
    return Settings(loss, huber_delta=1.345, solver=solver, max_iter=max_iter, tol=tol)


def fit(structure, series, regressors=None, *, solver="gauss-newton", **options) -> Solution:
    """The solution of a task, see `task_of`."""
    return solve(task_of(structure, series, regressors, **options), settings_of(solver))


def weighted_residuals(structure, theta, state, y, effect=0.0):
    """z_t of `tsrnn._scan.curvature`, whose squares add up to F; of observed values, complex too.

    `effect` is what regressors add to y. Infinite where the structure is one of positive
    predictions and they are not.
    """
    x = y - effect
    outputs = naive.NAIVE[structure.cell.name](theta, x[:, None], state)[1][:, 0]
    seen, predictions = ~np.isnan(np.real(x)), outputs + effect
    positive = [outputs] * (not structure.is_linear) + [predictions] * structure.is_relative
    if any((np.real(one) <= 0.0).any() for one in positive):
        return np.full(np.count_nonzero(seen), np.inf)
    errors, predictions = (x - outputs)[seen], predictions[seen]
    if not structure.is_relative:
        return errors
    return np.exp(np.mean(np.log(predictions))) * errors / predictions


def squares_of(structure, theta, state, y, effect=0.0):
    """F, by the naive loop."""
    return np.sum(weighted_residuals(structure, theta, state, y, effect) ** 2)


def squares_of_solution(task, solution):
    """F of every series of a solution, without the prior, by the naive loop."""
    found = []
    for i in range(task.batch.n_series):
        rows = task.batch.one(i)
        effect = solution.coefficients[:, i] @ rows[1:]
        numbers = solution.theta[:, i], solution.states[:, i]
        found.append(squares_of(task.structure, *numbers, rows[0], effect))
    return np.array(found)


@functools.cache
def make_series(label, n_timesteps, seed=0, missing=False):
    """A positive series of order one that a structure makes, with parameters drawn for it."""
    structure, rng = STRUCTURES[label], np.random.default_rng(seed)
    alpha = rng.uniform(0.05, 0.7)
    drawn = {
        "alpha": alpha,
        "beta": rng.uniform(0.0, 0.25) if structure.trend else 0.0,
        "gamma": rng.uniform(0.0, 0.7) * (1.0 - alpha),
        "phi": rng.uniform(0.85, 0.98) if structure.damped else 1.0,
    }
    theta = np.array([drawn[parameter.name] for parameter in structure.cell.parameters])
    free = 0.002 * rng.normal(size=structure.n_free_state)
    if structure.seasonal is not None:
        free[1 - structure.period :] = rng.uniform(-0.3, 0.3, structure.period - 1)
    free[0] = 1.0
    state = structure.normalised @ np.r_[1.0, free]
    innovations = 0.03 * rng.normal(size=(n_timesteps, 1))
    y = naive.generate(structure.cell.name, theta, state, innovations)[:, 0]
    y = np.maximum(y, 0.2)
    if missing:
        y[rng.random(n_timesteps) < 0.15] = np.nan
    y.flags.writeable = False
    return y
