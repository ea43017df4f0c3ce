"""Standard errors of what a smoother has learned, from the curvature of its likelihood.

With F as in `tsrnn._scan.curvature`, n values seen and the prior's rates r of the numbers v that
were learned, what the search minimises is minus twice the logarithm of likelihood and prior,

    Q(v) = n log F(v) + r'v,    Q'' = n (F'' / F - F' F'^T / F^2)                       (1)

in which the variance of the errors is at its best. Where Q is lowest its curvature tells how
exactly v is known: the covariance of the estimates is

    n / (n - k) (Q'' / 2)^-1                                                            (2)

With k as in `sigma2_` the first factor makes it that of linear regression. F'' are central
differences of the exact slope of F, which comes from backpropagation through time. An exponential
prior is a line in Q: it adds no curvature, but moves the place where that is taken.

A number at its bound has no such error, and the others have those that they have while it stays
there; a season's gamma at 1 - alpha moves along with alpha. Nor has a number that the likelihood
does not tell, such as phi beside a trend of zero.

Source: Y. Pawitan, In All Likelihood (2001), chapters 2 and 9, for the observed information.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from tsrnn._input.ragged import Batch
from tsrnn.smoothing.fit_batch import scaled_task
from tsrnn.smoothing.search.scipy_methods.likelihood import squares_and_gradients
from tsrnn.smoothing.search.scipy_methods.problem import Problem, rounding
from tsrnn.smoothing.search.task import Settings
from tsrnn.smoothing.smoothers import SmootherBatch
from tsrnn.smoothing.spec import FitSpec

AT_BOUND = "at its bound"
UNTOLD = "not identified"
NO_FREEDOM = "no degrees of freedom"
EXACT = "no errors"

# Of the differences, in parameters between 0 and 1 and in a series of order one.
_STEP = 1e-6

# Searches end at bounds, or nearer to them than this.
_AT_BOUND = 1e-6

# An eigenvalue of a curvature of unit diagonal below the first is rounding, and a number that has
# more than the second of its direction is not told.
_SINGULAR, _SHARE = 1e-8, 1e-3


class StandardErrors(NamedTuple):
    """Standard errors of all numbers of one smoother.

    Attributes
    ----------
    names : list of str
        Parameters of the structure, "initial .." for the numbers of the initial state,
        "coefficient .." for features.
    errors : (n,) array
        NaN where there is none.
    correlations : (n, n) array
        Of the estimates; NaN where there is no error.
    reasons : list of str
        Why there is none: "given", "held", "heuristic" or "level", as a number came about, or one
        of the words above. Empty where there is one.
    """

    names: list[str]
    errors: np.ndarray
    correlations: np.ndarray
    reasons: list[str]


def standard_errors(
    smoother: SmootherBatch,
    initial_state: np.ndarray,
    values: np.ndarray,
    regressors: np.ndarray,
    features: Iterable[Any],
) -> StandardErrors:
    """Find the standard errors of a smoother of one series, fitted by its likelihood.

    Parameters
    ----------
    smoother : SmootherBatch
    initial_state : (n_state,) array
        Before the first value, in the units of the series net of all that regressors add.
    values : (n_timesteps,) array
        What it was fitted to, NaN where missing.
    regressors : (n_timesteps, n_features) array
    features : iterable
        Names of the regressors.
    """
    start = int(np.argmax(~np.isnan(values)))
    rows = Batch.of_columns(values[start:, None], regressors[start:])
    end = _end_of(smoother, np.asarray(initial_state, dtype=float), rows)
    covariance, words = _covariance(end)
    names, origins = _names(smoother, features)
    matrix, own, units = _numbers(end)
    reasons = np.array([words[k] if k >= 0 else "" for k in own], dtype=object)
    for k in np.flatnonzero((words != "") & ~end.is_held):
        reasons[matrix[:, k] != 0.0] = words[k]
    told = [why if how == "learned" else how for why, how in zip(reasons, origins, strict=True)]
    is_told = np.array([why == "" for why in told])
    known = matrix @ np.nan_to_num(covariance, nan=0.0) @ matrix.T
    deviations = np.sqrt(np.where(is_told, np.diag(known), np.nan))
    with np.errstate(over="ignore", under="ignore"):
        errors = deviations * units
    return StandardErrors(names, errors, known / np.outer(deviations, deviations), told)


def inverse_information(information: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Invert a matrix of information, (n, n), as far as it tells.

    Returns
    -------
    inverse : (n, n) array
        NaN in rows and columns of what is not told.
    is_told : (n,) array
    """
    diagonal = np.diag(information)
    is_told = np.isfinite(information).all(axis=1) & (diagonal > 0.0)
    inverse, place = np.full_like(information, np.nan), np.flatnonzero(is_told)
    scale = np.sqrt(diagonal[place])
    values, vectors = np.linalg.eigh(information[np.ix_(place, place)] / np.outer(scale, scale))
    flat = values < _SINGULAR
    is_told[place[(np.abs(vectors[:, flat]) > _SHARE).any(axis=1)]] = False
    kept = vectors[:, ~flat] / scale[:, None]
    inverse[np.ix_(place, place)] = (kept / values[~flat]) @ kept.T
    inverse[~is_told], inverse[:, ~is_told] = np.nan, np.nan
    return inverse, is_told


class _End(NamedTuple):
    """The problem of one series in scaled units, and where its search ended.

    Attributes
    ----------
    smoother : SmootherBatch
    problem : Problem
    v : (p,) array
        What was learned: parameters, that of the season as a share of 1 - alpha, coefficients, and
        free numbers of the initial state.
    is_held : (p,) array
        Which of them are at a bound, or stay at 0 because they say nothing of their own.
    """

    smoother: SmootherBatch
    problem: Problem
    v: np.ndarray
    is_held: np.ndarray


def _end_of(smoother: SmootherBatch, initial_state: np.ndarray, rows: Batch) -> _End:
    """Set up the problem that a smoother has solved."""
    structure, theta = smoother.structure, smoother.theta[:, 0]
    task, scaling, columns = scaled_task(_spec_of(smoother, initial_state), rows)
    problem = Problem(task, 0)
    searched, is_at_bound = _searched(problem, theta)
    coefficients = scaling.scale_difference(smoother.coefficients[0] * columns.unit[0])
    free_state = np.empty(0)
    if task.n_free_state:
        state = structure.cell_state(initial_state)[:, None]
        if structure.is_linear:
            state[0] += columns.offset[0] @ smoother.coefficients[0]
        free_state = structure.free_state(scaling.scale_state(state, structure.is_share).T)[0]
    v = np.concatenate([searched, coefficients, free_state])
    is_held = np.concatenate([is_at_bound, coefficients == 0.0, np.zeros(free_state.size, bool)])
    return _End(smoother, problem, v, is_held)


def _spec_of(smoother: SmootherBatch, initial_state: np.ndarray) -> FitSpec:
    """Return the specification of a fit by what came of it, without its prior."""
    *origins, origin = smoother.origins
    parameters = smoother.structure.parameters
    bounds = {
        one.name: (one.lower, one.upper) if how == "learned" else (value, value)
        for one, value, how in zip(parameters, smoother.theta[:, 0], origins, strict=True)
    }
    settings = Settings("likelihood", 1.0, "auto", 1, 1.0)
    start = initial_state[None] if origin == "given" else origin
    return FitSpec(smoother.structure, bounds, start, {}, settings)


def _searched(problem: Problem, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what is searched of the parameters (K,), and which of it is at a bound.

    But the real parts of pairs are what they are, and at a bound where their share is.
    """
    free, share_at, pairs = problem.free, problem.share_at, problem.pairs_at
    searched, ends = theta[free].copy(), np.array(problem.free_bounds).reshape(-1, 2).T.copy()
    for end in ends if pairs.size else ():
        point = searched.copy()
        point[pairs] = end[pairs]
        end[pairs] = problem.theta(point)[free[pairs], 0]
    if share_at >= 0:
        rest = 1.0 - theta[0]
        searched[share_at] = searched[share_at] / rest if rest > 0.0 else 0.0
    return searched, (np.abs(searched - ends) <= _AT_BOUND).any(axis=0)


def _value_and_slope(problem: Problem, v: np.ndarray) -> tuple[float, np.ndarray]:
    """Return F and its slope in what was learned; NaN outside of the model's domain."""
    n_free = problem.free.size
    theta = problem.lower[:, None].copy()
    theta[problem.free, 0] = v[:n_free]
    if problem.share_at >= 0:
        theta[problem.free[problem.share_at]] *= 1.0 - theta[0]
    unknowns = (problem.unknown_map @ np.r_[1.0, v[n_free:]])[1:]
    value, d_theta, d_unknowns = squares_and_gradients(problem, theta, unknowns)
    if not np.isfinite(value):
        return np.nan, np.full(v.size, np.nan)
    slope = problem.slope(v[:n_free], d_theta)
    return value, np.r_[slope, d_unknowns @ problem.unknown_map[1:, 1:]]


def _covariance(end: _End) -> tuple[np.ndarray, np.ndarray]:
    """Return the covariance (2) of what was learned, and why there is none, (p,)."""
    problem, n_learned = end.problem, end.v.size
    covariance = np.full((n_learned, n_learned), np.nan)
    words = np.where(end.is_held, AT_BOUND, "").astype(object)
    words[problem.free.size :][end.is_held[problem.free.size :]] = UNTOLD
    structure = end.smoother.structure
    n_numbers = structure.n_smoothing + structure.n_free_state
    n_spare = problem.n_observed - n_numbers - np.count_nonzero(end.smoother.coefficients)
    value, _ = _value_and_slope(problem, end.v)
    if n_spare <= 0 or value <= rounding(problem):
        words[~end.is_held] = NO_FREEDOM if n_spare <= 0 else EXACT
        return covariance, words
    place = np.flatnonzero(~end.is_held)
    inverse, is_told = inverse_information(0.5 * _curvature(end, place))
    covariance[np.ix_(place, place)] = inverse * (problem.n_observed / n_spare)
    words[place[~is_told]] = UNTOLD
    return covariance, words


def _curvature(end: _End, place: np.ndarray) -> np.ndarray:
    """Return Q'' by (1) in the numbers at these places."""
    second = np.empty((place.size, place.size))
    for row, k in zip(second, place, strict=True):
        ends = np.repeat(end.v[None], 2, axis=0)
        ends[:, k] += _STEP, -_STEP
        (_, above), (_, below) = (_value_and_slope(end.problem, v) for v in ends)
        row[:] = (above - below)[place] / (ends[0, k] - ends[1, k])
    value, slope = _value_and_slope(end.problem, end.v)
    second, slope = 0.5 * (second + second.T) / value, slope[place] / value
    return end.problem.n_observed * (second - np.outer(slope, slope))


def _names(smoother: SmootherBatch, features: Iterable[Any]) -> tuple[list[str], list[str]]:
    """Return the names of all numbers of a smoother, and how each came about."""
    *origins, origin = smoother.origins
    structure = smoother.structure
    both = zip(structure.parameters, origins, strict=True)
    pairs = [(one.name, how) for one, how in both if one.part in structure.parts]
    pairs += [(f"initial {name}", origin) for name in structure.state_names]
    pairs += [(f"coefficient {name}", "learned") for name in features]
    return [name for name, _ in pairs], [how for _, how in pairs]


def _numbers(end: _End) -> tuple[np.ndarray, list[int], np.ndarray]:
    """Return how all numbers of a smoother depend on what was learned.

    Returns
    -------
    matrix : (n, p) array
        Their derivatives, in scaled units.
    own : list of int
        For each the place of itself in what was learned, or -1.
    units : (n,) array
        What a scaled unit of it is in its own.
    """
    smoother, problem, v = end.smoother, end.problem, end.v
    structure, scaling, columns = smoother.structure, smoother.scaling, smoother.columns
    free, n_columns = problem.free, columns.unit.shape[1]
    parameters = np.zeros((theta_size := structure.cell.n_parameters, v.size))
    parameters[free, np.arange(free.size)] = 1.0
    if problem.share_at >= 0:
        gamma, share = free[problem.share_at], v[problem.share_at]
        # gamma = share (1 - alpha)
        parameters[gamma] = (1.0 - smoother.theta[0, 0]) * parameters[gamma] - share * parameters[0]
    linear = np.zeros((n_columns + structure.cell.n_state, v.size))
    linear[:, free.size :] = problem.unknown_map[1:, 1:]
    coefficients, state = linear[:n_columns], linear[n_columns:]
    if structure.is_linear:
        state[0] -= (columns.offset[0] / columns.unit[0]) @ coefficients
    kept, has = structure.kept, [one.part in structure.parts for one in structure.parameters]
    places = np.full(theta_size, -1)
    places[free] = np.arange(free.size)
    own = [*places[has], *[-1] * kept.size, *range(free.size, free.size + n_columns)]
    unit = scaling.unscale_difference(np.ones(1))
    of_state = np.where(structure.is_share, 1.0, unit)[kept]
    units = np.concatenate([np.ones(sum(has)), of_state, unit / columns.unit[0]])
    return np.vstack([parameters[has], state[kept], coefficients]), own, units
