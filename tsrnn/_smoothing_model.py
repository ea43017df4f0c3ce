"""Fitted exponential smoothers of several series: what the smoothing forecasters share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from tsrnn._cell import Cell
from tsrnn._scaling import ColumnScaling, Scaling
from tsrnn._scan import generate, unroll
from tsrnn._smoother import SmootherFit, fit_smoother
from tsrnn._smoother_problem import Settings
from tsrnn.exceptions import InvalidParameterError
from tsrnn.intervals import LinearForm

# What smoothing parameters are set to where a series is too short to learn them from.
_FALLBACK = {"alpha": 0.5, "beta": 0.1, "phi": 0.9}


@dataclass(frozen=True)
class SmoothedSeries:
    """One fitted smoother at the end of what it has seen, in scaled units.

    Attributes
    ----------
    cell : Cell
    theta : (K, 1) array
    form : LinearForm
    scaling : Scaling
    state : (S,) array
    covariance : (S, S) array
        Of the state's error, in units of the innovations' variance.
    sigma : float
        Standard deviation of the innovations.
    columns : ColumnScaling
    coefficients : (p,) array
        Of the regressors, in the units of the series and of theirs.
    origins : tuple of str
        How each parameter and then the initial state came about: learned, given, held, heuristic.

    What these methods take and give is the series net of `effect`.
    """

    cell: Cell
    theta: np.ndarray
    form: LinearForm
    scaling: Scaling
    state: np.ndarray
    covariance: np.ndarray
    sigma: float
    columns: ColumnScaling
    coefficients: np.ndarray
    origins: tuple[str, ...]

    def effect(self, regressors: np.ndarray) -> np.ndarray:
        """Return what regressors (n, p) add to the series, less a constant, (n,)."""
        return (regressors - self.columns.offset) @ self.coefficients

    def unscaled_state(self, state: np.ndarray) -> np.ndarray:
        """Return a scaled state in the units of the series net of all that regressors add."""
        unscaled = self.scaling.unscale_state(state)
        unscaled[0] -= self.columns.offset @ self.coefficients
        return unscaled

    def advance(self, y: np.ndarray) -> tuple[SmoothedSeries, np.ndarray, np.ndarray]:
        """See further values: the smoother then, one-step predictions, their deviations."""
        z = self.scaling.scale(y)
        states, outputs = unroll(self.cell, self.theta, z[:, None, None], self.state[:, None])
        factors, covariance = self.form.variance_factors(np.isnan(z), self.covariance)
        if not np.isfinite(states[-1]).all():
            raise ValueError(
                "the values are too large beside those that the forecaster was fitted to: the "
                "state would not be finite"
            )
        later = replace(self, state=states[-1, :, 0], covariance=covariance)
        return later, self.scaling.unscale(outputs[:, 0, 0]), self._deviation(factors)

    def forecast(self, horizon: int) -> np.ndarray:
        """Predict, (horizon,)."""
        return self.advance(np.full(horizon, np.nan))[1]

    def deviation(self, horizon: int) -> np.ndarray:
        """Return standard deviations of the forecast errors, (horizon,)."""
        missing = np.ones(horizon, dtype=bool)
        return self._deviation(self.form.variance_factors(missing, self.covariance)[0])

    def simulate(
        self, horizon: int, n_paths: int, random_state: np.random.RandomState
    ) -> np.ndarray:
        """Draw futures with normal innovations, (horizon, n_paths)."""
        values, vectors = np.linalg.eigh(self.covariance)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        draws = self.sigma * random_state.standard_normal((self.state.size + horizon, n_paths))
        start = self.state[:, None] + root @ draws[: self.state.size]
        theta = np.repeat(self.theta, n_paths, axis=1)
        innovations = np.ascontiguousarray(draws[self.state.size :, None, :])
        return self.scaling.unscale(generate(self.cell, theta, start, innovations)[:, 0, :])

    def _deviation(self, factors: np.ndarray) -> np.ndarray:
        return self.scaling.unscale_difference(self.sigma * np.sqrt(factors))


@dataclass(frozen=True)
class SmoothingModel:
    """Fitted smoothers, one a series; a `tsrnn.forecaster.FittedModel`."""

    series: tuple[SmoothedSeries, ...]
    notes: tuple[Warning, ...] = ()

    def effect(self, regressors: np.ndarray) -> np.ndarray:
        """Return what regressors (n, p) add to each series, (n, k)."""
        return np.column_stack([one.effect(regressors) for one in self.series])

    def advance(self, values: np.ndarray) -> tuple[SmoothingModel, np.ndarray, np.ndarray]:
        """See further values, (n, k)."""
        moved = [one.advance(column) for one, column in zip(self.series, values.T, strict=True)]
        later, predictions, deviations = zip(*moved, strict=True)
        return SmoothingModel(later), np.column_stack(predictions), np.column_stack(deviations)

    def attributes(self) -> dict[str, Any]:
        """Return the fitted attributes that move with the series."""
        return _collect([{"state_": one.unscaled_state(one.state)} for one in self.series])

    def forecast(self, horizon: int) -> np.ndarray:
        """Predict, (horizon, k)."""
        return np.column_stack([one.forecast(horizon) for one in self.series])

    def deviation(self, horizon: int) -> np.ndarray:
        """Return standard deviations of the forecast errors, (horizon, k)."""
        return np.column_stack([one.deviation(horizon) for one in self.series])

    def simulate(
        self, horizon: int, n_paths: int, random_state: np.random.RandomState
    ) -> np.ndarray:
        """Draw futures, (horizon, n_paths, k), the series independent of each other."""
        paths = [one.simulate(horizon, n_paths, random_state) for one in self.series]
        return np.stack(paths, axis=2)


def fit_smoothing_model(
    cell: Cell,
    values: np.ndarray,
    regressors: np.ndarray,
    bounds: dict[str, tuple[float, float]],
    n_smoothing: int,
    initial_state: Any,
    settings: Settings,
) -> tuple[SmoothingModel, np.ndarray, np.ndarray, dict[str, Any]]:
    """Fit a smoother to every column; what `Forecaster._fit_model` returns.

    Parameters
    ----------
    cell : Cell
    values : (n_timesteps, n_series) array
    regressors : (n_timesteps, p) array
    bounds : dict
        For each of the cell's parameters what it is searched in; equal ends where it is fixed.
    n_smoothing : int
        How many of them the model has (phi is none without damping).
    initial_state : "learned", "heuristic" or array-like (n_state,) or (n_series, n_state)
    settings : Settings
    """
    given = _given_states(cell, initial_state, values.shape[1])
    notes: list[Warning] = []
    fits = [
        _fit_series(
            cell,
            y,
            regressors,
            bounds,
            n_smoothing,
            initial_state if given is None else given[i],
            settings,
            f"series {i}",
            notes,
        )
        for i, y in enumerate(values.T)
    ]
    model = SmoothingModel(tuple(one for one, *_ in fits), tuple(notes))
    predictions = np.column_stack([prediction for _, prediction, *_ in fits])
    deviations = np.column_stack([deviation for _, _, deviation, _ in fits])
    return model, predictions, deviations, _collect([numbers for *_, numbers in fits])


def _collect(per_series: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Stack what each series has: scalars and (k,) for one, (n_series,) and (n_series, k) else."""
    if len(per_series) == 1:
        return per_series[0]
    return {name: np.array([numbers[name] for numbers in per_series]) for name in per_series[0]}


def _given_states(cell: Cell, initial_state: Any, n_series: int) -> np.ndarray | None:
    """Return initial states that the user gave, (n_series, n_state)."""
    if isinstance(initial_state, str):
        return None
    states = np.asarray(initial_state, dtype=float)
    return np.broadcast_to(states, (n_series, cell.n_state))


def _fit_series(
    cell: Cell,
    y: np.ndarray,
    regressors: np.ndarray,
    bounds: dict[str, tuple[float, float]],
    n_smoothing: int,
    initial_state: Any,
    settings: Settings,
    name: str,
    notes: list[Warning],
) -> tuple[SmoothedSeries, np.ndarray, np.ndarray, dict[str, Any]]:
    """Fit one series: the smoother at its end, predictions, deviations, fitted numbers."""
    scaling, columns = Scaling.of(y), ColumnScaling.of(regressors)
    series = np.vstack([scaling.scale(y), columns.scale(regressors).T])
    n_observed = int(np.count_nonzero(~np.isnan(y)))
    n_regressors = regressors.shape[1]
    origins = ["learned" if low < high else "given" for low, high in bounds.values()]
    is_word = isinstance(initial_state, str)
    origins.append(initial_state if is_word else "given")
    n_learned = n_regressors + origins.count("learned")
    n_learned += cell.n_state - 1 if origins[-1] == "learned" else 0
    if n_observed < n_learned:
        bounds, origins = _held(bounds, origins)
        held = ", ".join(f"{parameter}={low:g}" for parameter, (low, _) in bounds.items())
        notes.append(
            UserWarning(
                f"{name} has {n_observed} observed values, fewer than the {n_learned} parameters "
                f"to learn: it is smoothed with {held}"
                f"{' from the heuristic initial state' if is_word else ''}"
            )
        )
    if origins[-1] == "learned":
        state = None
    elif is_word:
        state = _heuristic_states(cell, series)
    else:
        state = _scaled_state(scaling, columns, np.array(initial_state, dtype=float))
    fit = fit_smoother(cell, series, list(bounds.values()), state, settings)
    coefficients = scaling.unscale_difference(fit.coefficients) / columns.unit
    n_parameters = n_smoothing + n_regressors + cell.n_state
    notes += _notes(name, fit, coefficients, n_observed, n_parameters)
    net = series[0] - fit.coefficients @ series[1:]
    numbers, sigma = _fitted_numbers(cell, net, fit, scaling, n_parameters)
    form = LinearForm.of(cell, fit.theta)
    factors, covariance = form.variance_factors(np.isnan(y), np.zeros((cell.n_state, cell.n_state)))
    end = SmoothedSeries(
        cell,
        fit.theta,
        form,
        scaling,
        fit.states[-1],
        covariance,
        sigma,
        columns,
        coefficients,
        tuple(origins),
    )
    numbers["initial_state_"] = end.unscaled_state(fit.states[0])
    if n_regressors:
        numbers["coef_"] = coefficients
    deviations = scaling.unscale_difference(sigma * np.sqrt(factors))
    return end, scaling.unscale(fit.predictions), deviations, numbers


def _held(
    bounds: dict[str, tuple[float, float]], origins: list[str]
) -> tuple[dict[str, tuple[float, float]], list[str]]:
    """Hold what was to be learned of a series that is too short for it."""
    held = {
        name: (_FALLBACK[name], _FALLBACK[name]) if low < high else (low, high)
        for name, (low, high) in bounds.items()
    }
    parameters = ["held" if origin == "learned" else origin for origin in origins[:-1]]
    return held, [*parameters, "heuristic" if origins[-1] == "learned" else origins[-1]]


def _heuristic_states(cell: Cell, series: np.ndarray) -> np.ndarray:
    """Return the heuristic state, (S, 1 + p): constant, and slopes in the coefficients."""
    missing = np.isnan(series[0])
    states = [heuristic_state(cell, np.where(missing, np.nan, row)) for row in series]
    return np.column_stack([states[0], *(-state for state in states[1:])])


def _scaled_state(
    scaling: Scaling, columns: ColumnScaling, initial_state: np.ndarray
) -> np.ndarray:
    """Return a given state, (S, 1 + p): it is that of the series net of all regressors add."""
    slopes = np.zeros((initial_state.size, 1 + columns.unit.size))
    with np.errstate(over="ignore", invalid="ignore"):
        slopes[:, 0] = scaling.scale_state(initial_state)
    slopes[0, 1:] = columns.offset / columns.unit
    if not np.isfinite(slopes).all():
        raise InvalidParameterError(
            f"initial_state {tuple(initial_state)} is too far from the series to compute with"
        )
    return slopes


def _notes(
    name: str, fit: SmootherFit, coefficients: np.ndarray, n_observed: int, n_parameters: int
) -> list[Warning]:
    """Return what the user should know of a fit."""
    if not np.isfinite(coefficients).all():
        raise ValueError(
            f"{name}: the coefficient of column {int(np.argmin(np.isfinite(coefficients)))} of X "
            "is beyond the range of floats: choose other units"
        )
    notes: list[Warning] = []
    if not fit.converged:
        notes.append(
            ConvergenceWarning(
                f"{name}: the optimiser stopped early after {fit.n_iter} iterations "
                f"({fit.message}): raise max_iter, or try another solver"
            )
        )
    alike = np.flatnonzero(coefficients == 0.0)
    if alike.size:
        notes.append(
            UserWarning(
                f"{name}: the columns {alike.tolist()} of X say nothing that the columns before "
                "them and the level do not, so their coefficients are 0"
            )
        )
    if n_observed <= n_parameters:
        notes.append(
            UserWarning(
                f"{name} has {n_observed} observed values for {n_parameters} parameters and "
                "states: no degrees of freedom are left, so sigma2_ is SSE / n and the intervals "
                "are too narrow"
            )
        )
    return notes


def heuristic_state(cell: Cell, z: np.ndarray) -> np.ndarray:
    """Return the state before the first value from the first two: (2 y_1 - y_2, y_2 - y_1).

    A cell of a level alone starts at y_1. Missing values before the first are steps of the trend,
    and so are those between the two.
    """
    first, second = np.flatnonzero(~np.isnan(z))[:2]
    if cell.n_state == 1:
        return z[[first]]
    trend = (z[second] - z[first]) / (second - first)
    return np.array([z[first] - (first + 1) * trend, trend])


def _fitted_numbers(
    cell: Cell,
    z: np.ndarray,
    fit: SmootherFit,
    scaling: Scaling,
    n_parameters: int,
) -> tuple[dict[str, Any], float]:
    """Return the fitted attributes of one series in its own units, and the scaled sigma."""
    residuals = (z - fit.predictions)[~np.isnan(z)]
    n, k = residuals.size, n_parameters
    sse = float(residuals @ residuals)
    # Without degrees of freedom there is no better estimate, and a note says so.
    sigma = np.sqrt(sse / (n - k if n > k else n))
    with np.errstate(divide="ignore"):  # a series that is followed exactly is infinitely likely
        log_variance = np.log(sse / n) + 2.0 * scaling.log_unit
    loglik = -0.5 * n * (np.log(2.0 * np.pi) + log_variance + 1.0)
    aic = -2.0 * loglik + 2.0 * (k + 1)
    spare = n - k - 2
    numbers = {
        f"{parameter.name}_": float(value)
        for parameter, value in zip(cell.parameters, fit.theta[:, 0], strict=True)
    }
    unit = scaling.unscale_difference(np.ones(1))[0]
    with np.errstate(over="ignore", under="ignore"):
        numbers |= {
            "sse_": float(sse * unit * unit),
            "sigma2_": float((sigma * unit) ** 2),
        }
    numbers |= {
        "loglik_": float(loglik),
        "aic_": float(aic),
        "aicc_": float(aic + 2.0 * (k + 1) * (k + 2) / spare) if spare > 0 else np.inf,
        "bic_": float(-2.0 * loglik + (k + 1) * np.log(n)),
        "n_iter_": fit.n_iter,
        "converged_": fit.converged,
    }
    return numbers, float(sigma)
