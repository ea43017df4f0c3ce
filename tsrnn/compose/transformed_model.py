"""Fitted models on a scale of their own, and the way back to the units of the series."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tsrnn._input.ragged import Batch, counted, rows_of
from tsrnn._input.wording import Message
from tsrnn.compose.scales import Scale
from tsrnn.exceptions import InvalidParameterError
from tsrnn.forecasting.fitted_model import Either, FittedModel, Notes
from tsrnn.forecasting.series_error import NumberedSeriesError


@dataclass(frozen=True)
class TransformedModel(FittedModel):
    """A fitted model of series on a scale, of columns or of a panel.

    Regressors add to the series on the scale, so that off it their effect depends on what they add
    to: the model knows them, and its own `effect` is none.

    Attributes
    ----------
    inner : FittedModel
        Of K of the series.
    scale : Scale
        Of these.
    bias_adjust : bool
        Whether points are means, not medians.
    series : (K,) int array
        Which they are.
    n_series : int
    failures, notes
    known : (n, K) array or None
        What regressors add on the scale to the next steps, NaN where that is unknown.
    latest : tuple of (n, k) arrays
        Of columns what is kept of the rows seen last, on the scale: one-step predictions and
        deviations, and where `inner` is on another scale the same of that.
    """

    inner: Either
    scale: Scale
    bias_adjust: bool
    series: np.ndarray
    n_series: int
    failures: Mapping[int, Exception] = field(default_factory=dict)
    notes: Notes = ()
    known: np.ndarray | None = None
    latest: tuple[np.ndarray, ...] = ()

    def effect(self, regressors: np.ndarray, *offsets: np.ndarray) -> np.ndarray:
        """Return zeros: what regressors do is part of the forecasts."""
        return np.zeros(len(regressors) if offsets else (len(regressors), self.n_series))

    def with_regressors(self, regressors: np.ndarray, *offsets: np.ndarray) -> TransformedModel:
        """Return the model that knows regressors of the next time steps."""
        if not regressors.shape[1]:
            return self
        if not offsets:
            known = self.inner.effect(regressors)
            return replace(self, inner=self.inner.with_regressors(regressors), known=known)
        rows, own = rows_of(offsets[0], self.series)
        inner = self.inner.with_regressors(regressors[rows], own)
        lengths = np.diff(own)
        series, step = counted(lengths)
        known = np.full((lengths.max(initial=0), len(self.series)), np.nan)
        known[step, series] = self.inner.effect(regressors[rows], own)
        return replace(self, inner=inner, known=known)

    def advance(
        self, values: np.ndarray, *panel: Any
    ) -> tuple[TransformedModel, np.ndarray, np.ndarray]:
        """See further values: the model then, one-step predictions, their deviations."""
        if panel:
            return self._advance_panel(values, *panel)
        batch = Batch.of_columns(values, np.empty((len(values), 0)))
        by_row = self.scale.take(batch.series_of_row)
        for error in misfit_errors(by_row, batch.values, batch.offsets, self.n_series > 1).values():
            raise error
        added = self._added(len(values))
        z = self.scale.forward(values) - added
        with on_scale(self.scale):
            inner, predictions, deviations = self.inner.advance(z)
        latest = seen_of(inner, predictions + added, deviations)
        later = replace(self, inner=inner, known=None, latest=latest, notes=())
        return later, *later.carried_back()

    def carried_back(self) -> tuple[np.ndarray, np.ndarray]:
        """Return predictions and deviations of the rows of columns seen last."""
        z = self.latest[:2]
        return self.points(*z), self.scale.spread(*z)

    def points(self, z: np.ndarray, deviations: np.ndarray) -> np.ndarray:
        """Carry forecasts on the scale back, as medians or as means."""
        return self.scale.mean(z, deviations) if self.bias_adjust else self.scale.backward(z)

    def forecast(self, horizon: int, *n_jobs: int | None) -> np.ndarray:
        """Predict the next steps, (horizon, N)."""
        z = self.inner.forecast(horizon, *n_jobs) + self._added(horizon)
        if not self.bias_adjust:
            return self._of_all(self.scale.backward(z))
        return self._of_all(self.scale.mean(z, self.inner.deviation(horizon, *n_jobs)))

    def deviation(self, horizon: int, *n_jobs: int | None) -> np.ndarray:
        """Return half the widths of what holds 68% of values, (horizon, N)."""
        z = self.inner.forecast(horizon, *n_jobs) + self._added(horizon)
        return self._of_all(self.scale.spread(z, self.inner.deviation(horizon, *n_jobs)))

    def quantiles(self, horizon: int, quantiles: np.ndarray, *n_jobs: int | None) -> np.ndarray:
        """Return quantiles of the next values, (horizon, n_quantiles, N)."""
        z = self._turned(lambda these: self.inner.quantiles(horizon, these, *n_jobs), quantiles)
        return self._of_all(self.scale.backward(z + self._added(horizon)[:, None]))

    @property
    def never_too_small(self) -> bool:
        """Tell whether that is so on the scale."""
        return self.inner.never_too_small

    def errors_of(
        self, values: np.ndarray, seen: Sequence[np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return errors on the scale, upwards where the series is above what is expected."""
        errors, units = self.inner.errors_of(self.scale.forward(values), seen[2:])
        return np.where(self.scale.falls, -errors, errors), units

    def values_at(self, errors: np.ndarray, seen: Sequence[np.ndarray]) -> np.ndarray:
        """Return the values that have such errors."""
        z = self.inner.values_at(np.where(self.scale.falls, -errors, errors), seen[2:])
        return self.scale.backward(z)

    def quantiles_seen(self, seen: Sequence[np.ndarray], quantiles: np.ndarray) -> np.ndarray:
        """Return quantiles of values that were seen: those on the scale, carried back."""
        z = self._turned(lambda these: self.inner.quantiles_seen(seen[2:], these), quantiles)
        return self.scale.backward(z)

    def _turned(
        self, find: Callable[[np.ndarray], np.ndarray], quantiles: np.ndarray
    ) -> np.ndarray:
        """Find quantiles on the scale: for series that it falls for, the opposite ones."""
        z = find(quantiles)
        return np.where(self.scale.falls, find(1.0 - quantiles), z) if self.scale.falls.any() else z

    def alone(self, i: int) -> TransformedModel:
        """Return the model of the series at a position."""
        k = int(np.flatnonzero(self.series == i)[0])
        known = None if self.known is None else self.known[:, [k]]
        return TransformedModel(
            self.inner.alone(k),
            self.scale.take(np.array([k])),
            self.bias_adjust,
            np.zeros(1, dtype=np.int64),
            1,
            known=known,
        )

    def doubts(self, horizon: int) -> Mapping[int, Warning]:
        """Return what the user should know of the forecasts on the scale."""
        found = self.inner.doubts(horizon)
        return {int(self.series[k]): note for k, note in found.items()}

    def coefficients(self) -> dict[str, np.ndarray]:
        """Return what a regression has learned on the scale."""
        found = self.inner.coefficients().items()
        return {name: self._of_all(values.T).T for name, values in found}

    def simulate(
        self, horizon: int, n_paths: int, random_state: np.random.RandomState
    ) -> np.ndarray:
        """Draw futures, (horizon, n_paths, N)."""
        paths = self.inner.simulate(horizon, n_paths, random_state)
        return self._of_all(self.scale.backward(paths + self._added(horizon)[:, None]))

    def _advance_panel(
        self, values: np.ndarray, offsets: np.ndarray, n_jobs: int | None = None
    ) -> tuple[TransformedModel, np.ndarray, np.ndarray]:
        rows, own = rows_of(offsets, self.series)
        series, step = counted(np.diff(own))
        by_row = self.scale.take(series)
        errors = misfit_errors(by_row, values[rows], own, False)
        seen = np.where(np.isin(series, list(errors)), np.nan, values[rows])
        added = self._added(int(np.diff(own).max(initial=0)))[step, series]
        inner, *found = self.inner.advance(by_row.forward(seen) - added, own, n_jobs)
        latest = found[0] + added, found[1]
        predictions, deviations = np.full((2, len(values)), np.nan)
        back = replace(self, scale=by_row)
        predictions[rows], deviations[rows] = back.points(*latest), by_row.spread(*latest)
        failures = dict(self.failures)
        told = {k: told_of_scale(self.scale, error) for k, error in inner.failures.items()}
        for k, error in (told | errors).items():
            failures.setdefault(int(self.series[k]), error)
        later = replace(self, inner=inner, known=None, failures=failures, notes={})
        return later, predictions, deviations

    def _added(self, n: int) -> np.ndarray:
        """Return what regressors add to the next n steps on the scale, (n, K)."""
        if self.known is None:
            return np.zeros((n, len(self.series)))
        added = np.full((n, len(self.series)), np.nan)
        added[: len(self.known)] = self.known[:n]
        return added

    def _of_all(self, of_some: np.ndarray) -> np.ndarray:
        """Lay out what there is of series, (.., K), among all of them, NaN for failures."""
        if len(self.series) == self.n_series and not self.failures:
            return of_some
        result = np.full((*of_some.shape[:-1], self.n_series), np.nan)
        result[..., self.series] = of_some
        result[..., list(self.failures)] = np.nan
        return result


@contextmanager
def on_scale(scale: Scale) -> Iterator[None]:
    """Say of errors about values that these are those on the scale."""
    try:
        yield
    except InvalidParameterError:
        raise
    except ValueError as error:
        raise told_of_scale(scale, error) from error


def told_of_scale(scale: Scale, error: Exception) -> Exception:
    """Return an error about values on a scale that says so."""
    if scale.kind is None or not isinstance(error, ValueError):
        return error
    if isinstance(error, NumberedSeriesError):
        return NumberedSeriesError(error.series, f"on the scale {name_of(scale)} {error.reason}")
    return ValueError(Message("on the scale {name}: {error}", name=name_of(scale), error=error))


def name_of(scale: Scale) -> str:
    """Return how users ask for a scale."""
    return f"transform={scale.kind!r}" if scale.functions is None else "transform=(f, inverse)"


def seen_of(
    model: Either, predictions: np.ndarray, deviations: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Return what is kept of rows that a model has just seen, with what it has on its scale."""
    further = model.latest if isinstance(model, TransformedModel) else ()
    return predictions, deviations, *further


def misfit_errors(
    scale: Scale, values: np.ndarray, offsets: np.ndarray, numbered: bool
) -> dict[int, Exception]:
    """Return why some series, rows one after another, cannot be carried to the scale of each row.

    Parameters
    ----------
    scale, values, offsets
    numbered : bool
        Whether to name series by their numbers.
    """
    errors: dict[int, Exception] = {}
    for i, (row, what) in scale.misfits(values, offsets).items():
        of_series = f" of series {i}" if numbered else ""
        errors[i] = ValueError(
            f"y is {values[row]:g} at position {row - int(offsets[i])}{of_series}, but "
            f"{name_of(scale)} needs {what}"
        )
    return errors
