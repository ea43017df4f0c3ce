"""The problem of fitting a smoother to one series: a series, a cell, and what is free."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tsrnn._input.ragged import Batch
from tsrnn._optim.scipy_minimize import Minimum, minimize
from tsrnn._scan.unroll import backpropagate, unroll
from tsrnn.smoothing.search.profile import best_unknowns, profile, unknown_map
from tsrnn.smoothing.search.scipy_methods.losses import Loss
from tsrnn.smoothing.search.task import Settings, Task

# L-BFGS-B stops at a gradient of so many times the tolerance. What a step of a smaller one can gain
# is below the rounding of a sum of squares: the line search would try twenty times in vain.
_GRADIENT_TOLERANCE = 3000.0


class Problem:
    """One series of a task, and which of its numbers are free.

    `series` (1 + C, T) are y and the regressors; the linear unknowns are the coefficients of these
    and the initial state, in that order.
    """

    def __init__(self, task: Task, i: int) -> None:
        n_columns, n_free_state = task.batch.regressors.shape[1], task.n_free_state
        states = task.states[i if len(task.states) > 1 else 0]
        order = np.r_[0, 1 + n_free_state : 1 + n_free_state + n_columns, 1 : 1 + n_free_state]
        self._task, self._place = task, i
        self.structure = task.structure
        self.cell = task.structure.cell
        self.series = np.ascontiguousarray(task.batch.one(i))
        self.y = self.series[0]
        self.regressors = self.series[1:]
        self.lower, self.upper = task.bounds.T.copy()
        self.free = task.free
        self.free_parameters = task.free_parameters
        self.share_at = task.share_at
        self.pairs_at = task.pairs_at
        self.lower[self.free], self.upper[self.free] = task.search_bounds
        self.rates = task.rates[self.free]
        self.initial_state = np.ascontiguousarray(states[:, order])
        self.unknown_map = unknown_map(self.cell, self.series, self.initial_state)
        self.n_observed = int(np.count_nonzero(~np.isnan(self.y)))

    @property
    def bounds(self) -> tuple[tuple[float, float], ...]:
        """The bounds of each parameter."""
        return tuple(zip(self.lower.tolist(), self.upper.tolist(), strict=True))

    @property
    def free_bounds(self) -> list[tuple[float, float]]:
        """The bounds of the parameters that are learned."""
        return [(low, high) for low, high in self.bounds if low < high]

    def profiled(self, points: np.ndarray) -> np.ndarray:
        """Return F at free parameters (Q, n), linear unknowns at their best."""
        thetas = np.concatenate([self.theta(point) for point in points.T], axis=1)
        sse, _ = profile(self.cell, thetas, self.series, self.initial_state)
        return sse * np.exp(self.rates @ points / self.n_observed)

    def theta(self, free_values: np.ndarray) -> np.ndarray:
        """All parameters, (K, 1), given what is searched of them; see `Task.theta_of`."""
        return self._task.theta_of(free_values[:, None])

    def slope(self, free_values: np.ndarray, d_theta: np.ndarray) -> np.ndarray:
        """Take a gradient in theta, (K, 1), to that in the free values."""
        slope = d_theta[self.free, 0]
        if self.share_at >= 0:
            alpha = free_values[0] if self.free[0] == 0 else self.lower[0]
            if self.free[0] == 0:
                slope[0] -= free_values[self.share_at] * slope[self.share_at]
            slope[self.share_at] *= 1.0 - alpha
        return slope

    def with_prior(
        self, free_values: np.ndarray, sse: float, slope: np.ndarray
    ) -> tuple[float, np.ndarray]:
        """Multiply a sum of squares and its slope in the free values by what the prior says."""
        factor = np.exp(self.rates @ free_values / self.n_observed)
        return factor * sse, factor * (slope + sse * self.rates / self.n_observed)

    @property
    def n_unknowns(self) -> int:
        """The number of free linear unknowns: coefficients, and the state unless it is given."""
        return self.unknown_map.shape[1] - 1

    def split(self, variables: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Theta and the linear unknowns; these at their best where only theta is searched."""
        theta = self.theta(variables[: self.free.size])
        free_unknowns = variables[self.free.size :]
        if free_unknowns.size < self.n_unknowns:
            return theta, self.best_unknowns(theta)
        return theta, (self.unknown_map @ np.r_[1.0, free_unknowns])[1:]

    def best_unknowns(self, theta: np.ndarray) -> np.ndarray:
        """Return coefficients and initial state, given or with the least SSE."""
        return best_unknowns(self.cell, theta, self.series, self.initial_state)

    def with_unknowns(self, free_values: np.ndarray) -> np.ndarray:
        """Return free parameters, and the free unknowns with the least SSE there."""
        unknowns = self.best_unknowns(self.theta(free_values))
        return np.concatenate([free_values, unknowns[: self.n_unknowns]])

    def as_task(self) -> Task:
        """Return the task of this series alone."""
        return self._task.take(np.array([self._place]))

    def recent(self, n_timesteps: int) -> Problem:
        """Return the problem of the last values alone, their initial state to be learned."""
        rows = slice(-n_timesteps, None)
        batch = Batch(
            self.y[rows].copy(),
            np.array([0, min(n_timesteps, self.y.size)], dtype=np.int64),
            np.ascontiguousarray(self.regressors[:, rows].T),
        )
        n_columns = len(self.regressors)
        learned = np.hstack([self.structure.normalised, np.zeros((self.cell.n_state, n_columns))])
        return Problem(replace(self._task, batch=batch, states=learned[None]), 0)

    def effect(self, unknowns: np.ndarray) -> np.ndarray:
        """Return what the regressors add to the series, (T, 1, 1)."""
        return (unknowns[: len(self.regressors)] @ self.regressors)[:, None, None]

    def net(self, unknowns: np.ndarray) -> np.ndarray:
        """Return the series net of its regressors, (T, 1, 1)."""
        return self.y[:, None, None] - self.effect(unknowns)

    def residuals(self, theta: np.ndarray, unknowns: np.ndarray) -> np.ndarray:
        """Errors of the one-step predictions, (T,)."""
        x, state = self.net(unknowns), unknowns[len(self.regressors) :]
        return (x - unroll(self.cell, theta, x, state[:, None])[1])[:, 0, 0]

    def loss_and_gradients(
        self, theta: np.ndarray, unknowns: np.ndarray, loss: Loss
    ) -> tuple[float, np.ndarray, np.ndarray]:
        """Return the loss and its gradients with respect to theta and the unknowns."""
        x, state = self.net(unknowns), unknowns[len(self.regressors) :]
        states, outputs = unroll(self.cell, theta, x, state[:, None])
        value, d_residuals = loss.value_and_gradient(x - outputs)
        d_theta, d_state, d_x = backpropagate(
            self.cell, theta, x, states, outputs, d_outputs=-d_residuals
        )
        d_coefficients = -self.regressors @ (d_residuals + d_x)[:, 0, 0]
        return value, d_theta, np.concatenate([d_coefficients, d_state[:, 0]])


def minimize_scaled(objective, start, bounds, settings: Settings) -> Minimum:
    """Minimise a loss that is of order one at the start."""
    return minimize(
        objective,
        start,
        bounds,
        solver=settings.solver,
        max_iter=settings.max_iter,
        tol=settings.tol,
        gradient_tolerance=min(_GRADIENT_TOLERANCE * settings.tol, 1e-5),
    )


def rounding(problem: Problem) -> float:
    """Return an SSE that is rounding: the series, of order one, is followed exactly."""
    return problem.n_observed * (8.0 * np.finfo(float).eps) ** 2
