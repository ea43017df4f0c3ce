"""The likelihood of a smoother as a function of parameters and initial state together.

For the structures whose initial state has no closed form: those with a multiplicative season, or
with errors that are shares of the prediction. With the notation of `tsrnn._scan.curvature`, and
o_t from backpropagation through time,

    dF/do_t = -2 w^2 r_t (1 + r_t) / m_t + 2 F / (n m_t)   for multiplicative errors    (1)

and -2 r_t for additive ones. What regressors add moves x_t, of which the opposite is the derivative
besides what goes through o_t.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tsrnn._optim.scipy_minimize import Minimum, Objective, lowest
from tsrnn._scan.curvature import MOST_OF_A_STATE
from tsrnn._scan.unroll import backpropagate, unroll
from tsrnn.smoothing.search.scipy_methods.problem import Problem, minimize_scaled
from tsrnn.smoothing.search.starts import starts_of
from tsrnn.smoothing.search.task import Settings

# What a point outside of the model's domain costs, in units of F at the start.
_OUTSIDE = 1e6


def minimize_likelihood(problem: Problem, settings: Settings) -> Minimum:
    """Search from where the compiled solver would, and return the best that was found."""
    n_free, n_columns = problem.free.size, len(problem.regressors)
    minima = []
    for start in starts_of(problem.as_task())[0]:
        state, coefficients = np.split(start[n_free:], [start.size - n_free - n_columns])
        variables = np.r_[start[:n_free], coefficients, state]
        objective = _objective(problem, variables)
        if objective is None:
            continue
        bounds = problem.free_bounds + [(-np.inf, np.inf)] * (variables.size - n_free)
        if not bounds:
            return Minimum(variables, 1.0, 0, True, "nothing to search")
        minimum = minimize_scaled(objective[0], variables, bounds, settings)
        minima.append(replace(minimum, loss=minimum.loss * objective[1]))
    if not minima:
        return Minimum(variables, np.inf, 0, True, "no start has a likelihood")
    return lowest(minima)


def _objective(problem: Problem, start: np.ndarray) -> tuple[Objective, float] | None:
    """Return F / F(start) with its gradient, and F(start); None where that is not finite."""
    n_free = problem.free.size

    def unscaled(variables):
        free_values = variables[:n_free]
        value, d_theta, d_unknowns = squares_and_gradients(problem, *problem.split(variables))
        if not np.isfinite(value):
            return value, np.zeros_like(variables)
        slope = problem.slope(free_values, d_theta)
        unknown_slope = d_unknowns @ problem.unknown_map[1:, 1:]
        factor = np.exp(problem.rates @ free_values / problem.n_observed)
        value, slope = problem.with_prior(free_values, value, slope)
        return value, np.r_[slope, factor * unknown_slope]

    scale = unscaled(start)[0]
    if not np.isfinite(scale):
        return None
    scale = scale or 1.0

    def objective(variables):
        value, gradient = unscaled(variables)
        if not (np.isfinite(value) and np.isfinite(gradient).all()):
            return _OUTSIDE, np.zeros_like(gradient)
        return value / scale, gradient / scale

    return objective, scale


def squares_and_gradients(
    problem: Problem, theta: np.ndarray, unknowns: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray]:
    """Return F and its gradients with respect to theta, (K, 1), and the unknowns, (C + S,)."""
    structure, n_columns = problem.structure, len(problem.regressors)
    x, state = problem.net(unknowns), unknowns[n_columns:]
    with np.errstate(all="ignore"):
        states, outputs = unroll(problem.cell, theta, x, state[:, None])
        seen = ~np.isnan(x)
        predictions = outputs + problem.effect(unknowns) if structure.is_relative else outputs
        if structure.is_positive:
            largest = np.abs(states[1:, [0, -1]]).max()
            is_positive = (predictions[seen] > 0.0).all()
            is_positive &= structure.is_linear or (outputs[seen] > 0.0).all()
            if not (is_positive and largest < MOST_OF_A_STATE):
                return np.inf, theta, unknowns
        errors = np.where(seen, x - outputs, 0.0)
        if structure.is_relative:
            n, residuals = problem.n_observed, errors / predictions
            weight = np.exp(2.0 * np.log(predictions[seen]).sum() / n)
            value = weight * (residuals**2).sum()
            d_outputs = -2.0 * weight * residuals * (1.0 + residuals) / predictions
            d_outputs += np.where(seen, 2.0 * value / (n * predictions), 0.0)
        else:
            value = (errors**2).sum()
            d_outputs = -2.0 * errors
        d_theta, d_state, d_x = backpropagate(
            problem.cell, theta, x, states, outputs, d_outputs=d_outputs
        )
    d_coefficients = -problem.regressors @ (d_x - d_outputs)[:, 0, 0]
    return float(value), d_theta, np.r_[d_coefficients, d_state[:, 0]]
