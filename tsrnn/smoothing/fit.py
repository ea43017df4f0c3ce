"""Fitted exponential smoothers of several series: what the smoothing forecasters share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from tsrnn._input.ragged import Batch
from tsrnn._input.scaling import ColumnScaling, Scaling, redundant_columns
from tsrnn.exceptions import InvalidParameterError
from tsrnn.smoothing.search.compiled.fit import (
    Solution,
    Task,
    follow,
    heuristic_states,
    level_states,
    nearby_start,
)
from tsrnn.smoothing.search.solve import Settings, solve
from tsrnn.smoothing.smoothers import SmootherBatch
from tsrnn.smoothing.structure import Structure

# What smoothing parameters are set to where a series is too short to learn them from.
_FALLBACK = {"alpha": 0.5, "beta": 0.1, "gamma": 0.1, "phi": 0.9}

# Errors of a series of order one that are rounding alone.
_ROUNDING = 1e-13

# The largest standard deviation of relative errors that makes sense: normal errors of half a
# prediction turn one value in forty negative.
_LARGEST_SHARE = 0.5

# How many times a value a prediction may be. Relative errors are never below -1, so that a model
# which predicts one huge value again and again is hardly punished by them.
_MOST_TIMES = 4.0

Bounds = Mapping[str, tuple[float, float]]


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


def fit_structure(
    structure: Structure,
    batch: Batch,
    bounds: Bounds,
    initial_state: str | np.ndarray,
    rates: Mapping[str, float],
    settings: Settings,
    name: Callable[[int], str],
    n_jobs: int | None = None,
    progress: Callable[[int], Any] | None = None,
    related: Sequence[dict[str, np.ndarray]] = (),
) -> Fit:
    """Fit a structure to series that it can be fitted to.

    Parameters
    ----------
    structure : Structure
    batch : Batch
        In the units of the series; each has two observed values at least, and is positive where
        the structure is.
    bounds : dict
        For each of the cell's parameters what it is searched in; equal ends where it is fixed.
    initial_state : "learned", "heuristic", "level" or (N, n_state) array
        "level" is the first value, without a trend and a season to speak of.
    rates : dict
        Of the prior, by parameter.
    settings : Settings
    name : callable
        What to call series i in warnings.
    n_jobs : int or None
    progress : callable or None
        Called with numbers of series done.
    related : sequence of dict
        Fitted numbers of the same series by related structures, to start from as well: parameters,
        the initial state as the cell of this structure has it, (N, S), and, with regressors, their
        coefficients, (N, C).
    """
    names = [parameter.name for parameter in structure.cell.parameters]
    scaling = Scaling.of(batch, centred=not structure.is_positive)
    columns = ColumnScaling.of(batch, from_mean=structure.is_positive)
    scaled = replace(
        batch,
        values=scaling.some(batch.owners).scale(batch.values),
        regressors=columns.scale(batch),
    )
    is_word = isinstance(initial_state, str)
    if is_word:  # a level that is given cannot stand in for any
        # Columns of zeros have coefficients of 0.
        scaled.regressors[redundant_columns(scaled)[batch.owners]] = 0.0
    task = Task(
        structure,
        scaled,
        np.array([bounds[parameter] for parameter in names], dtype=float),
        _state_maps(structure, scaled, scaling, columns, initial_state),
        np.array([rates.get(parameter, 0.0) for parameter in names]),
        settings.effort,
    )
    if related:
        starts = [_related_start(task, one, scaling, columns) for one in related]
        task = replace(task, nearby=np.stack(starts, axis=1))
    is_learned = is_word and initial_state == "learned"
    if structure.seasonal is not None and is_learned and settings.effort == "thorough":
        plain = _start_without_season(task, bounds, rates, settings, n_jobs)
        nearby = plain if task.nearby is None else np.concatenate([task.nearby, plain], axis=1)
        task = replace(task, nearby=nearby)
    solution = solve(task, settings, n_jobs, progress)
    origins = tuple("learned" if low < high else "given" for low, high in task.bounds)
    origins += (initial_state if is_word else "given",)
    return _as_fit(task, solution, batch, scaling, columns, origins, name)


def _related_start(
    task: Task, found: dict[str, np.ndarray], scaling: Scaling, columns: ColumnScaling
) -> np.ndarray:
    """Return a start from fitted numbers of a related structure, (N, Q + U + C)."""
    states, coefficients = found["states"].T.copy(), found.get("coefficients")
    if coefficients is not None and task.structure.is_linear:
        # Told as those of the series net of all that regressors add: see `unscaled_state`.
        states[0] += (columns.offset * coefficients).sum(axis=1)
    start = nearby_start(task, found, scaling.scale_state(states, task.structure.is_share))
    if coefficients is not None:
        effect_of_unit = (coefficients * columns.unit).T
        start[:, -task.n_columns :] = scaling.scale_difference(effect_of_unit).T
    return start


def _start_without_season(
    task: Task,
    bounds: Bounds,
    rates: Mapping[str, float],
    settings: Settings,
    n_jobs: int | None,
) -> np.ndarray:
    """Return a start at the fit without a season, (N, 1, Q + U + C): none may end above it."""
    structure = task.structure
    plain = replace(structure, seasonal=None, period=1)
    names = [parameter.name for parameter in plain.cell.parameters]
    # An exponent of the trend that the other cell does not have is as good as none.
    limits = [bounds.get(name, (1.0, 1.0)) for name in names]
    free_state = np.hstack([plain.normalised, np.zeros((plain.cell.n_state, task.n_columns))])
    found = solve(
        Task(
            plain,
            task.batch,
            np.array(limits, dtype=float),
            free_state[None],
            np.array([rates.get(name, 0.0) for name in names]),
        ),
        settings,
        n_jobs,
    )
    states = level_states(structure, task.batch).T
    is_found = np.isfinite(found.loss)
    n_plain = min(plain.cell.n_state, 2)
    states[:n_plain, is_found] = found.states[:n_plain, is_found]
    parameters = {"alpha": 0.5, "beta": 0.01, "gamma": 0.0, "phi": 1.0}
    start = nearby_start(
        task,
        {
            name: np.where(is_found, found.theta[names.index(name)], value)
            if name in names
            else np.full(is_found.size, value)
            for name, value in parameters.items()
        },
        states,
    )
    if task.n_columns:
        start[:, -task.n_columns :] = np.where(is_found, found.coefficients, 0.0).T
    return start[:, None]


def _as_fit(
    task: Task,
    solution: Solution,
    batch: Batch,
    scaling: Scaling,
    columns: ColumnScaling,
    origins: tuple[str, ...],
    name: Callable[[int], str],
) -> Fit:
    """Take a solution to the units of the series, with all that follows from it."""
    structure, scaled, owners = task.structure, task.batch, task.batch.owners
    effect = (scaled.regressors * solution.coefficients.T[owners]).sum(axis=1)
    net = replace(scaled, values=scaled.values - effect)
    ends, predictions = follow(structure, net, solution.theta, solution.states)
    n_parameters = structure.n_smoothing + structure.n_free_state
    n_parameters += np.count_nonzero(solution.coefficients, axis=0)
    errors = np.where(np.isnan(net.values), 0.0, net.values - predictions)
    numbers, sigma = _fitted_numbers(
        structure, net, errors, predictions + effect, scaling, n_parameters
    )
    is_exact = net.add_up(errors**2) <= batch.count_observed() * _ROUNDING**2
    with np.errstate(over="ignore"):  # told as a failure
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
    each = scaling.some(owners)
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
    n, k = net.add_up(seen), n_parameters
    sse = net.add_up(errors**2)
    squares, log_predictions = sse, np.zeros(len(n))
    if structure.is_relative:
        with np.errstate(divide="ignore", invalid="ignore"):
            squares = net.add_up((errors / predictions) ** 2)
            log_predictions = net.add_up(np.where(seen, np.log(np.abs(predictions)), 0.0))
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
            f"{name(i)}: the columns {alike.tolist()} of X say nothing that the columns before "
            "them and the level do not, so their coefficients are 0"
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


def _state_maps(
    structure: Structure,
    scaled: Batch,
    scaling: Scaling,
    columns: ColumnScaling,
    initial_state: str | np.ndarray,
) -> np.ndarray:
    """Return what takes (1, free numbers, coefficients) to the initial state, (N or 1, S, ..)."""
    n_columns = scaled.regressors.shape[1]
    size = structure.cell.n_state
    if isinstance(initial_state, str) and initial_state == "learned":
        return np.hstack([structure.normalised, np.zeros((size, n_columns))])[None]
    maps = np.zeros((scaled.n_series, size, 1 + n_columns))
    if isinstance(initial_state, str):
        find = level_states if initial_state == "level" else heuristic_states
        maps[:, :, 0] = find(structure, scaled)
        for j in range(n_columns):
            # The state is that of the series net of its regressors.
            column = np.where(np.isnan(scaled.values), np.nan, scaled.regressors[:, j])
            if structure.seasonal != "mul":
                maps[:, :, 1 + j] = -find(structure, replace(scaled, values=column))
        return maps
    states = structure.cell_state(initial_state)
    maps[:, :, 0] = scaling.scale_state(states.T.copy(), structure.is_share).T
    if structure.is_linear:
        maps[:, 0, 1:] = columns.offset / columns.unit
    if not np.isfinite(maps).all():
        raise InvalidParameterError(
            f"initial_state {tuple(initial_state[0].tolist())} is too far from the series to "
            "compute with"
        )
    return maps


def n_to_learn(
    structure: Structure, batch: Batch, bounds: Bounds, *, with_state: bool
) -> np.ndarray:
    """Return how many values it takes to learn what is free of each series, (N,)."""
    n_free = sum(low < high for low, high in bounds.values())
    n_free += structure.n_free_state if with_state else 0
    needed = np.full(batch.n_series, n_free)
    if batch.regressors.shape[1]:
        columns = ColumnScaling.of(batch, from_mean=structure.is_positive)
        scaled = replace(batch, regressors=columns.scale(batch))
        needed += np.count_nonzero(~redundant_columns(scaled), axis=1)
    return needed


def held(
    structure: Structure, batch: Batch, bounds: Bounds, initial_state: str | np.ndarray
) -> tuple[np.ndarray, Bounds, str | np.ndarray]:
    """Return which series are too short to learn all of, and what is held fixed for them."""
    is_learned = isinstance(initial_state, str) and initial_state == "learned"
    # A trend from the first two values may take a positive series below zero at once.
    fallback = "level" if structure.is_positive else "heuristic"
    fixed = {
        name: (_FALLBACK[name], _FALLBACK[name]) if low < high else (low, high)
        for name, (low, high) in bounds.items()
    }
    if "gamma" in fixed and fixed["gamma"][0] > 1.0 - fixed["alpha"][0]:
        fixed["gamma"] = (1.0 - fixed["alpha"][0],) * 2
    needed = n_to_learn(structure, batch, bounds, with_state=is_learned)
    too_short = np.flatnonzero(batch.count_observed() < needed)
    return too_short, fixed, fallback if is_learned else initial_state


def shortage(
    n_observed: int, needed: int, fixed: Bounds, initial_state: str | np.ndarray, name: str
) -> UserWarning:
    """Return what the user should know of a series that is too short."""
    values = ", ".join(f"{parameter}={low:g}" for parameter, (low, _) in fixed.items())
    starts = {"heuristic": " from the heuristic initial state", "level": " from its first value"}
    start = starts[initial_state] if isinstance(initial_state, str) else ""
    return UserWarning(
        f"{name} has {n_observed} observed values, fewer than the {needed} parameters to learn: "
        f"it is smoothed with {values}{start}"
    )


@dataclass(frozen=True)
class SmoothingModel:
    """Fitted smoothers, one a series, of one or more structures; a `FittedModel`.

    Attributes
    ----------
    parts : tuple of (array, SmootherBatch)
        Which series, and their smoothers.
    n_series : int
    notes : tuple of Warning
    """

    parts: tuple[tuple[np.ndarray, SmootherBatch], ...]
    n_series: int
    notes: tuple[Warning, ...] = ()

    @property
    def series(self) -> list[SmootherBatch]:
        """The smoothers one by one."""
        found = {
            int(i): batch.some(np.array([k]))
            for series, batch in self.parts
            for k, i in enumerate(series)
        }
        return [found[i] for i in range(self.n_series)]

    def effect(self, regressors: np.ndarray) -> np.ndarray:
        """Return what regressors (n, p) add to each series, (n, k)."""
        total = np.zeros((len(regressors), self.n_series))
        for series, batch in self.parts:
            rows = Batch.of_columns(np.zeros((len(regressors), series.size)), regressors)
            total[:, series] = batch.effect(rows).reshape(series.size, -1).T
        return total

    def with_regressors(self, regressors: np.ndarray) -> SmoothingModel:
        """Return the model that knows regressors (n, p) of the next steps.

        They matter to errors that are shares of the prediction; where they are not told, NaN,
        these are shares of it at the regressors' mean.
        """
        if not regressors.shape[1]:
            return self
        parts = []
        for series, batch in self.parts:
            rows = Batch.of_columns(np.zeros((len(regressors), series.size)), regressors)
            parts.append((series, batch.with_regressors(rows)))
        return replace(self, parts=tuple(parts))

    def advance(self, values: np.ndarray) -> tuple[SmoothingModel, np.ndarray, np.ndarray]:
        """See further values, (n, k)."""
        predictions, deviations = np.empty(values.shape), np.empty(values.shape)
        parts = []
        for series, batch in self.parts:
            rows = Batch.of_columns(values[:, series], np.empty((len(values), 0)))
            later, mean, deviation = batch.advance(rows)
            for reason in lost(batch, later, rows, mean).values():
                raise ValueError(reason)
            predictions[:, series] = mean.reshape(series.size, -1).T
            deviations[:, series] = deviation.reshape(series.size, -1).T
            parts.append((series, later))
        return SmoothingModel(tuple(parts), self.n_series), predictions, deviations

    def attributes(self) -> dict[str, Any]:
        """Return the fitted attributes that move with the series."""
        return {"state_": collect([one.unscaled_state(one.state)[:, 0] for one in self.series])}

    def forecast(self, horizon: int) -> np.ndarray:
        """Predict, (horizon, k)."""
        return self._stacked(lambda batch: batch.forecast(horizon))

    def deviation(self, horizon: int) -> np.ndarray:
        """Return standard deviations of the forecast errors, (horizon, k)."""
        return self._stacked(lambda batch: batch.deviation(horizon))

    def quantiles(self, horizon: int, quantiles: np.ndarray) -> np.ndarray:
        """Return quantiles of the next values, (horizon, n_quantiles, k)."""
        return self._stacked(lambda batch: batch.quantiles(horizon, quantiles))

    def simulate(
        self, horizon: int, n_paths: int, random_state: np.random.RandomState
    ) -> np.ndarray:
        """Draw futures, (horizon, n_paths, k), the series independent of each other."""
        return self._stacked(lambda batch: batch.simulate(horizon, n_paths, random_state))

    def _stacked(self, compute: Callable[[SmootherBatch], np.ndarray]) -> np.ndarray:
        """Put together arrays whose last axis is that of the series."""
        pieces = [compute(batch) for _, batch in self.parts]
        result = np.empty((*pieces[0].shape[:-1], self.n_series))
        for (series, _), piece in zip(self.parts, pieces, strict=True):
            result[..., series] = piece
        return result


def collect(per_series: Sequence[Any]) -> Any:
    """Stack what each series has: as it is for one, (n_series, ..) for several."""
    if len(per_series) == 1:
        one = np.asarray(per_series[0])
        return one.item() if one.ndim == 0 else one
    if len({np.shape(one) for one in per_series}) > 1:
        # States of unlike structures.
        ragged = np.empty(len(per_series), dtype=object)
        ragged[:] = per_series
        return ragged
    return np.array(per_series)


class Fitted:
    """Series that were fitted so far, structure after structure.

    Parameters
    ----------
    n_series : int
    keeps_rows : bool
        Whether predictions and fitted attributes are kept, and not only the models.
    """

    def __init__(self, n_series: int, *, keeps_rows: bool = True) -> None:
        self.n_series = n_series
        self.parts: list[tuple[np.ndarray, SmootherBatch]] = []
        self.failures: dict[int, Exception] = {}
        self.notes: dict[int, tuple[Warning, ...]] = {}
        self._keeps_rows = keeps_rows
        self._fits: list[tuple[np.ndarray, Fit]] = []

    def add(self, series: np.ndarray, fit: Fit) -> None:
        """Take the fit of the series at these positions."""
        for k, lines in fit.notes.items():
            self.notes[int(series[k])] = lines
        for k, error in fit.failures.items():
            self.failures[int(series[k])] = error
        kept = np.setdiff1d(np.arange(series.size), list(fit.failures))
        if kept.size:
            self.parts.append((series[kept], fit.model.some(kept) if fit.failures else fit.model))
        if self._keeps_rows:
            self._fits.append((series, fit))

    def as_columns(
        self, shape: tuple[int, int], absent: Mapping[str, float]
    ) -> tuple[SmoothingModel, np.ndarray, np.ndarray, dict[str, Any]]:
        """Return what `Forecaster._fit_model` does of series that are columns of this shape.

        What was left out before they begin has no prediction. `absent` are fitted attributes of
        those that have none of that name.
        """
        predictions, deviations = np.full(shape, np.nan), np.full(shape, np.nan)
        rows: dict[int, dict[str, Any]] = {}
        for series, fit in self._fits:
            for k, i in enumerate(series.tolist()):
                own = slice(fit.offsets[k], fit.offsets[k + 1])
                began = shape[0] - (own.stop - own.start)
                predictions[began:, i] = fit.predictions[own]
                deviations[began:, i] = fit.deviations[own]
                rows[i] = {**absent, **{name: numbers[k] for name, numbers in fit.numbers.items()}}
        attributes = {
            name: collect([rows[i][name] for i in range(self.n_series)]) for name in rows[0]
        }
        told = tuple(note for i in range(self.n_series) for note in self.notes.get(i, ()))
        model = SmoothingModel(tuple(self.parts), self.n_series, told)
        return model, predictions, deviations, attributes


def fit_batch(
    fitted: Fitted,
    structure: Structure,
    batch: Batch,
    series: np.ndarray,
    bounds: Bounds,
    initial_state: str | np.ndarray,
    rates: Mapping[str, float],
    settings: Settings,
    name: Callable[[int], str],
    n_jobs: int | None = None,
    progress: Callable[[int], Any] | None = None,
    related: Sequence[dict[str, np.ndarray]] = (),
) -> None:
    """Fit a structure to some series of a batch, those too short for it with parameters held.

    The arguments are those of `fit_structure`, for the whole batch, but for `related`, which is of
    `series`, none of them too short.
    """
    is_word = isinstance(initial_state, str)
    too_short, fixed, fallback = held(structure, batch, bounds, initial_state)
    needed = n_to_learn(structure, batch, bounds, with_state=is_word and initial_state == "learned")
    is_short = np.zeros(batch.n_series, dtype=bool)
    is_short[too_short] = True
    long, short = series[~is_short[series]], series[is_short[series]]
    for some, limits, start in ((long, bounds, initial_state), (short, fixed, fallback)):
        if not some.size:
            continue
        fit = fit_structure(
            structure,
            batch if some.size == batch.n_series else batch.some(some),
            limits,
            start if is_word else start[some],
            rates,
            settings,
            lambda k, some=some: name(some[k]),
            n_jobs,
            progress,
            related,
        )
        if some is short:
            n_observed = batch.count_observed()
            for k, i in enumerate(some.tolist()):
                note = shortage(int(n_observed[i]), int(needed[i]), fixed, fallback, name(i))
                fit.notes[k] = (note, *fit.notes.get(k, ()))
            origins = tuple("held" if low < high else "given" for low, high in bounds.values())
            origins += (fallback if is_word else "given",)
            fit = replace(fit, model=replace(fit.model, origins=origins))
        fitted.add(some, fit)


def fit_columns(
    structure: Structure,
    values: np.ndarray,
    regressors: np.ndarray,
    bounds: Bounds,
    initial_state: str | np.ndarray,
    rates: Mapping[str, float],
    settings: Settings,
) -> tuple[SmoothingModel, np.ndarray, np.ndarray, dict[str, Any]]:
    """Fit a structure to every column; what `Forecaster._fit_model` returns."""
    whole = Batch.of_columns(values, regressors)
    batch = whole.without_leading()
    refuse_not_positive(structure, whole)
    fitted = Fitted(batch.n_series)
    series = np.arange(batch.n_series)
    fit_batch(
        fitted, structure, batch, series, bounds, initial_state, rates, settings, "series {}".format
    )
    for error in fitted.failures.values():
        raise error
    return fitted.as_columns(values.shape, {})


def lost(
    before: SmootherBatch, later: SmootherBatch, rows: Batch, predictions: np.ndarray
) -> dict[int, str]:
    """Return for which series new values have left a state that nothing can be predicted from.

    Of a multiplicative smoother it is predictions that must be positive, and not values: those of
    the series itself where errors are shares of them, and those net of regressors where a season
    is one. The predictions of the new rows, (R,), are looked at as well, so that it makes no
    difference in how many pieces values come; the next one is at the regressors' mean.
    """
    reasons = {
        i: "the values are too large beside those that the forecaster was fitted to: the state "
        "would not be finite"
        for i in np.flatnonzero(~np.isfinite(later.state).all(axis=0)).tolist()
    }
    if not later.structure.is_positive:
        return reasons
    effect = before.known_effect(rows)
    is_low = rows.values + effect <= 0.0
    if is_low.any():
        wrong = predictions + effect <= 0.0
        if not later.structure.is_linear:
            wrong |= predictions <= 0.0
        # From the first value on that is not positive.
        n_low = np.r_[0, np.cumsum(is_low)]
        after_low = n_low[:-1] > n_low[rows.offsets[:-1]][rows.owners]
        has_low = rows.add_up(is_low) > 0
        is_lost = rows.add_up(after_low & wrong) > 0
        is_lost |= has_low & ~(later.forecast(1)[0] > 0.0)
        for i in np.flatnonzero(is_lost).tolist():
            reasons[i] = (
                "after values that are not positive a prediction would not be either, which "
                f"has no meaning with {later.structure.positive_part}: fit anew, with additive "
                "parts, or add a constant"
            )
    return reasons


def refuse_not_positive(structure: Structure, batch: Batch) -> None:
    """Refuse a series with values that a multiplicative part has no meaning for."""
    if not structure.is_positive:
        return
    wrong = np.flatnonzero(batch.values <= 0.0)
    if wrong.size:
        row = int(wrong[0])
        i = int(np.searchsorted(batch.offsets, row, side="right")) - 1
        of_series = f" of series {i}" if batch.n_series > 1 else ""
        raise ValueError(
            f"{structure.positive_part} needs a series of positive values, but y is "
            f"{batch.values[row]:g} at position {row - int(batch.offsets[i])}{of_series}: use "
            "additive parts, or add a constant"
        )
