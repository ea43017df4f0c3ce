"""Smoothers of one structure fitted to many series: all that follows from where a search ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from tsrnn._input.ragged import Batch, rows_of
from tsrnn._input.scaling import ColumnScaling, Scaling
from tsrnn._input.wording import ColumnsOfX, Message
from tsrnn._scan.filtering import filter_series
from tsrnn.smoothing.search.task import Solution, Task
from tsrnn.smoothing.smoothers import SmootherBatch
from tsrnn.smoothing.structure import Structure

# Errors of a series of order one that are rounding alone.
_ROUNDING = 1e-13

# The largest standard deviation of relative errors that makes sense: normal errors of half a
# prediction turn one value in forty negative.
_LARGEST_SHARE = 0.5

# How many times a value a prediction may be. Relative errors are never below -1, so that a model
# which predicts one huge value again and again is hardly punished by them.
_MOST_TIMES = 4.0


@dataclass(frozen=True)
class Fit:
    """Smoothers of one structure fitted to N series.

    Attributes
    ----------
    model : SmootherBatch
    predictions, deviations : (R,) arrays
        One-step-ahead, net of the regressors, in the units of the series.
    offsets : (N + 1,) array
        Where each series begins in these.
    is_exact : (N,) array
        Whether the series is followed to the last digits: its likelihood is one of rounding then.
    numbers : dict of arrays
        Fitted attributes, (N,) or (N, ..).
    notes : dict
        What the user should know of the series at these positions.
    failures : dict
        Why the series at these positions have no fit; their other entries mean nothing.
    unreasonable : dict
        Why multiplicative errors mean nothing for the series at these positions.
    """

    model: SmootherBatch
    predictions: np.ndarray
    deviations: np.ndarray
    offsets: np.ndarray
    is_exact: np.ndarray
    numbers: dict[str, np.ndarray]
    notes: dict[int, tuple[Warning, ...]] = field(default_factory=dict)
    failures: dict[int, Exception] = field(default_factory=dict)
    unreasonable: dict[int, str] = field(default_factory=dict)

    def take(self, series: np.ndarray) -> Fit:
        """Return the fit of the series at these positions."""
        rows, offsets = rows_of(self.offsets, series)
        place = {i: k for k, i in enumerate(series.tolist())}

        def taken(table: dict[int, Any]) -> dict[int, Any]:
            return {place[i]: entry for i, entry in table.items() if i in place}

        return Fit(
            self.model.take(series),
            self.predictions[rows],
            self.deviations[rows],
            offsets,
            self.is_exact[series],
            {name: values[series] for name, values in self.numbers.items()},
            taken(self.notes),
            taken(self.failures),
            taken(self.unreasonable),
        )


def unnamed(i: int) -> str:
    """Name a series whose id stands beside what is said of it."""
    return "the series"


def fit_of(
    task: Task,
    solution: Solution,
    batch: Batch,
    scaling: Scaling,
    columns: ColumnScaling,
    origins: tuple[str, ...],
    name: Callable[[int], str],
) -> Fit:
    """Take a solution to the units of the series, with all that follows from it."""
    structure, scaled, series_of_row = task.structure, task.batch, task.batch.series_of_row
    effect = (scaled.regressors * solution.coefficients.T[series_of_row]).sum(axis=1)
    net = replace(scaled, values=scaled.values - effect)
    ends, predictions = filter_series(structure.cell, net, solution.theta, solution.states)
    n_parameters = structure.n_smoothing + structure.n_free_state
    n_parameters += np.count_nonzero(solution.coefficients, axis=0)
    errors = np.where(np.isnan(net.values), 0.0, net.values - predictions)
    numbers, sigma = _fitted_numbers(
        structure, net, errors, predictions + effect, scaling, n_parameters
    )
    is_exact = net.sums(errors**2) <= batch.count_observed() * _ROUNDING**2
    with np.errstate(over="ignore"):  # which is a failure
        coefficients = (scaling.unscale_difference(solution.coefficients) / columns.unit.T).T
    size = len(ends)
    model = SmootherBatch(
        structure,
        solution.theta,
        scaling,
        ends,
        sigma,
        np.empty(0, dtype=np.int64),
        np.empty((0, size, size)),
        columns,
        coefficients,
        origins,
    )
    deviations, uncertain, covariances = model.deviations_along(
        np.isnan(net.values), predictions + effect, net.offsets
    )
    model = replace(model, uncertain=uncertain, covariances=covariances)
    for parameter, values in zip(structure.cell.parameters, solution.theta, strict=True):
        numbers[f"{parameter.name}_"] = values
    numbers["initial_state_"] = model.unscaled_state(solution.states).T
    numbers["n_iter_"] = solution.n_iter
    numbers["converged_"] = solution.converged
    if batch.regressors.shape[1]:
        numbers["coef_"] = coefficients
    each = scaling.take(series_of_row)
    failures = _failures(solution, coefficients, ends, name)
    notes = _notes(structure, solution, coefficients, batch.count_observed(), n_parameters, name)
    doubts = _unreasonable(structure, net, errors, predictions + effect, sigma)
    for i, reason in doubts.items():
        notes[i] = (*notes.get(i, ()), UserWarning(f"{name(i)}: {reason}"))
    return Fit(
        model,
        each.unscale(predictions),
        each.unscale_difference(deviations),
        batch.offsets,
        is_exact,
        numbers,
        {i: lines for i, lines in notes.items() if i not in failures},
        failures,
        doubts,
    )


def _fitted_numbers(
    structure: Structure,
    net: Batch,
    errors: np.ndarray,
    predictions: np.ndarray,
    scaling: Scaling,
    n_parameters: np.ndarray,
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return sums of squares and criteria in the units of the series, and the scaled sigma.

    Errors are 0 where a value is missing, and predictions of the series itself.
    """
    seen = ~np.isnan(net.values)
    n, k = net.sums(seen), n_parameters
    sse = net.sums(errors**2)
    squares, log_predictions = sse, np.zeros(len(n))
    if structure.is_relative:
        with np.errstate(divide="ignore", invalid="ignore"):
            squares = net.sums((errors / predictions) ** 2)
            log_predictions = net.sums(np.where(seen, np.log(np.abs(predictions)), 0.0))
    # Without degrees of freedom there is no better estimate, and a note says so.
    sigma = np.sqrt(squares / np.where(n > k, n - k, n))
    with np.errstate(divide="ignore"):  # a series that is followed exactly is infinitely likely
        log_variance = np.log(squares / n)
    loglik = -0.5 * n * (np.log(2.0 * np.pi) + log_variance + 1.0)
    loglik -= log_predictions + n * scaling.log_unit
    aic = -2.0 * loglik + 2.0 * (k + 1)
    spare = n - k - 2
    correction = np.full(len(n), np.inf)
    np.divide(2.0 * (k + 1) * (k + 2), spare, out=correction, where=spare > 0)
    unit = scaling.unscale_difference(np.ones(len(n)))
    with np.errstate(over="ignore", under="ignore", divide="ignore"):
        numbers = {
            "sse_": sse * unit * unit,
            "sigma2_": sigma**2 if structure.is_relative else (sigma * unit) ** 2,
            "loglik_": loglik,
            "aic_": aic,
            "aicc_": np.where(spare > 0, aic, 0.0) + correction,
            "bic_": -2.0 * loglik + (k + 1) * np.log(n),
        }
    return numbers, sigma


def _unreasonable(
    structure: Structure,
    net: Batch,
    errors: np.ndarray,
    predictions: np.ndarray,
    sigma: np.ndarray,
) -> dict[int, str]:
    """Return for which series, and why, errors are too large to be shares of predictions.

    With errors about as large as predictions the likelihood grows as predictions go to nothing.
    """
    if not structure.is_relative:
        return {}
    with np.errstate(divide="ignore", invalid="ignore"):
        times = predictions / (predictions + errors)
    most = net.largest(np.where(np.isnan(net.values), 0.0, times))
    reasons = {
        i: f"a prediction is {most[i]:.2g} times the value: more than {_MOST_TIMES:g} times is "
        "beyond what multiplicative errors can mean; use error='add', or mend outliers"
        for i in np.flatnonzero(most > _MOST_TIMES).tolist()
    }
    for i in np.flatnonzero(sigma > _LARGEST_SHARE).tolist():
        reasons[i] = (
            f"errors are {sigma[i]:.2g} times the predictions (one standard deviation): more than "
            f"{_LARGEST_SHARE:g} is beyond what multiplicative errors can mean; use error='add'"
        )
    return reasons


def _failures(
    solution: Solution, coefficients: np.ndarray, ends: np.ndarray, name: Callable[[int], str]
) -> dict[int, Exception]:
    """Return which series have no fit to go on with."""
    failures: dict[int, Exception] = {}
    is_finite = np.isfinite(solution.loss) & np.isfinite(ends).all(axis=0)
    for i in np.flatnonzero(~is_finite).tolist():
        failures[i] = ValueError(
            f"{name(i)}: no finite fit was found; a given parameter or initial state may not suit "
            "the series, or another structure may"
        )
    for i, column in np.argwhere(~np.isfinite(coefficients)).tolist():
        failures[i] = ValueError(
            f"{name(i)}: the coefficient of column {column} of X is beyond the range of floats: "
            "choose other units"
        )
    return failures


def _notes(
    structure: Structure,
    solution: Solution,
    coefficients: np.ndarray,
    n_observed: np.ndarray,
    n_parameters: np.ndarray,
    name: Callable[[int], str],
) -> dict[int, tuple[Warning, ...]]:
    """Return what the user should know of fits."""
    notes: dict[int, tuple[Warning, ...]] = {}
    for i in np.flatnonzero(~solution.converged).tolist():
        note = ConvergenceWarning(
            f"{name(i)}: the optimiser stopped early after {solution.n_iter[i]} iterations "
            f"({solution.message}): raise max_iter, or try another solver"
        )
        notes[i] = (*notes.get(i, ()), note)
    for i in np.flatnonzero((coefficients == 0.0).any(axis=1)).tolist():
        alike = np.flatnonzero(coefficients[i] == 0.0)
        note = UserWarning(
            Message(
                "{series}: {columns} say nothing that the columns before them and the level do "
                "not, so their coefficients are 0",
                series=name(i),
                columns=ColumnsOfX(tuple(alike.tolist())),
            )
        )
        notes[i] = (*notes.get(i, ()), note)
    for i in np.flatnonzero(n_observed <= n_parameters).tolist():
        note = UserWarning(
            f"{name(i)} has {n_observed[i]} observed values for {n_parameters[i]} parameters and "
            "states: no degrees of freedom are left, so sigma2_ is SSE / n and the intervals "
            "are too narrow"
        )
        notes[i] = (*notes.get(i, ()), note)
    for i in np.flatnonzero(n_observed < 2 * structure.period).tolist():
        if structure.seasonal is None:
            break
        note = UserWarning(
            f"{name(i)} has {n_observed[i]} observed values, fewer than two periods of "
            f"{structure.period}: its season can hardly be told from its trend and noise"
        )
        notes[i] = (*notes.get(i, ()), note)
    return notes
