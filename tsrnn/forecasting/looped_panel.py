"""Panels of any method: a fitted model for each series.

A method that can compute a whole panel at once overrides `Forecaster.fit_panel` and brings a
`PanelModel` of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from joblib import Parallel, delayed

from tsrnn._compute.threads import one_blas_thread
from tsrnn.exceptions import TrainingDivergedError
from tsrnn.forecasting.fitted_model import FittedModel, Progress
from tsrnn.forecasting.series_error import NumberedSeriesError

# What the library raises for a series that will not do. Whatever else comes up is a fault of ours
# or of the machine, and stops the panel.
SERIES_ERRORS = (ValueError, TypeError, ArithmeticError, TrainingDivergedError)

# Series in a unit of work. It does not depend on the number of threads, so nor do results.
_CHUNK = 32


@dataclass(frozen=True)
class LoopedPanel:
    """One `FittedModel` of one series each, None for a failure; a `PanelModel`."""

    models: tuple[FittedModel | None, ...]
    failures: Mapping[int, Exception]
    notes: Mapping[int, tuple[Warning, ...]] = field(default_factory=dict)

    def effect(self, regressors: np.ndarray, offsets: np.ndarray) -> np.ndarray:
        """Return what regressors (n_rows, p) add to the series, (n_rows,)."""
        total = np.full(len(regressors), np.nan)
        for model, rows in zip(self.models, _slices(offsets), strict=True):
            if model is not None:
                total[rows] = model.effect(regressors[rows])[:, 0]
        return total

    def with_regressors(self, regressors: np.ndarray, offsets: np.ndarray) -> LoopedPanel:
        """Return the model that knows regressors (n_rows, p) of the next steps of each series."""
        models = (
            None if model is None else model.with_regressors(regressors[rows])
            for model, rows in zip(self.models, _slices(offsets), strict=True)
        )
        return replace(self, models=tuple(models))

    def forecast(self, horizon: int, n_jobs: int | None = None) -> np.ndarray:
        """Predict the next steps, (horizon, n_series)."""
        return self._each(lambda model: model.forecast(horizon), (horizon,), n_jobs)

    def deviation(self, horizon: int, n_jobs: int | None = None) -> np.ndarray:
        """Return standard deviations of the errors of `forecast`, (horizon, n_series)."""
        return self._each(lambda model: model.deviation(horizon), (horizon,), n_jobs)

    def quantiles(
        self, horizon: int, quantiles: np.ndarray, n_jobs: int | None = None
    ) -> np.ndarray:
        """Return quantiles of the next values, (horizon, n_quantiles, n_series)."""
        shape = (horizon, len(quantiles))
        return self._each(lambda model: model.quantiles(horizon, quantiles), shape, n_jobs)

    def alone(self, i: int) -> Any:
        """Return the model of the series at a position."""
        return self.models[i]

    def doubts(self, horizon: int) -> dict[int, Warning]:
        """Return what the user should know of the forecasts, by position."""
        known = ((i, one) for i, one in enumerate(self.models) if one is not None)
        return {i: note for i, one in known for note in one.doubts(horizon).values()}

    def coefficients(self) -> dict[str, np.ndarray]:
        """Return none: regressions make panels of their own."""
        return {}

    def named_weights(self) -> dict[str, np.ndarray]:
        """Return none: combinations make panels of their own."""
        return {}

    def advance(
        self, values: np.ndarray, offsets: np.ndarray, n_jobs: int | None = None
    ) -> tuple[LoopedPanel, np.ndarray, np.ndarray]:
        """See further values (n_rows,): the model then, one-step predictions, their deviations."""
        rows = _slices(offsets)
        predictions, deviations = np.full((2, len(values)), np.nan)

        def move(i: int) -> FittedModel | None:
            model = self.models[i]
            if model is None or rows[i].start == rows[i].stop:
                return model
            later, *found = model.advance(values[rows[i], None])
            predictions[rows[i]], deviations[rows[i]] = (one[:, 0] for one in found)
            return later

        moved = _over_series(move, len(self.models), n_jobs)
        failures = dict(self.failures)
        failures |= {i: one for i, one in enumerate(moved) if isinstance(one, Exception)}
        models = tuple(None if i in failures else one for i, one in enumerate(moved))
        return LoopedPanel(models, failures), predictions, deviations

    def _each(
        self,
        compute: Callable[[FittedModel], np.ndarray],
        shape: tuple[int, ...],
        n_jobs: int | None,
    ) -> np.ndarray:
        """Stack what is computed of each model, NaN for failures."""
        result = np.full((*shape, len(self.models)), np.nan)

        def fill(i: int) -> None:
            model = self.models[i]
            if model is not None:
                result[..., i] = compute(model)[..., 0]

        for outcome in _over_series(fill, len(self.models), n_jobs):
            if isinstance(outcome, Exception):  # a fitted model predicts: not a failure of data
                raise outcome
        return result


def fit_each(
    fit_model: Callable[[np.ndarray, np.ndarray], tuple],
    values: np.ndarray,
    offsets: np.ndarray,
    regressors: np.ndarray,
    n_jobs: int | None,
    progress: Progress | None,
) -> LoopedPanel:
    """Fit one series after another; see `Forecaster.fit_panel`."""
    rows = _slices(offsets)

    def fit(i: int) -> FittedModel:
        return fit_model(values[rows[i], None], regressors[rows[i]])[0]

    fitted = _over_series(fit, len(rows), n_jobs, progress)
    failures = {i: one for i, one in enumerate(fitted) if isinstance(one, Exception)}
    models = tuple(None if i in failures else one for i, one in enumerate(fitted))
    notes = {i: one.notes for i, one in enumerate(models) if one is not None and one.notes}
    return LoopedPanel(models, failures, notes)


def _slices(offsets: np.ndarray) -> list[slice]:
    ends = offsets.tolist()
    return [slice(start, stop) for start, stop in zip(ends[:-1], ends[1:], strict=True)]


def _over_series(
    work: Callable[[int], Any], n_series: int, n_jobs: int | None, progress: Progress | None = None
) -> list[Any]:
    """Call for every series, in threads: what comes back, or the exception that it fails with."""

    def work_on(chunk: Iterable[int]) -> list[Any]:
        return [_outcome(work, i) for i in chunk]

    chunks = [range(start, min(start + _CHUNK, n_series)) for start in range(0, n_series, _CHUNK)]
    outcomes: list[Any] = []
    with one_blas_thread():
        parallel = Parallel(n_jobs=n_jobs, backend="threading", return_as="generator")
        for done in parallel(delayed(work_on)(chunk) for chunk in chunks):
            outcomes += done
            if progress is not None:
                progress(len(done))
    return outcomes


def _outcome(work: Callable[[int], Any], i: int) -> Any:
    try:
        return work(i)
    except NumberedSeriesError as error:
        return ValueError(error.reason)  # of the only series, which has another name in the panel
    except SERIES_ERRORS as error:
        # Its frames hold on to the arrays of the fit.
        return error.with_traceback(None)
