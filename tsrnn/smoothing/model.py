"""Fitted smoothers of one or more structures: all series at once, no Python object for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np

from tsrnn._compute.threads import in_threads, one_blas_thread
from tsrnn._input.ragged import Batch, laid_out, rows_of
from tsrnn.forecasting.fitted_model import FittedModel, Notes
from tsrnn.forecasting.infinities import beyond_floats
from tsrnn.smoothing.extent import Extent
from tsrnn.smoothing.smoothers import SmootherBatch, lost

Parts: TypeAlias = tuple[tuple[np.ndarray, SmootherBatch], ...]
"""Positions of series, with their smoothers."""

# Series whose futures are computed at a time. It does not depend on the number of threads.
_CHUNK = 2048


@dataclass(frozen=True)
class SmoothingModel(FittedModel):
    """Smoothers of series: of columns, or with `offsets` of a panel.

    Attributes
    ----------
    parts : tuple of (array, SmootherBatch)
        Which series, and their smoothers.
    n_series : int
        With those that have no smoother.
    failures, notes
    extent : Extent or None
        Of the series, where forecasts may leave all reason.
    """

    parts: Parts
    n_series: int
    failures: Mapping[int, Exception] = field(default_factory=dict)
    notes: Notes = ()
    extent: Extent | None = None

    @property
    def series(self) -> list[SmootherBatch]:
        """The smoothers of columns one by one."""
        found = {
            int(i): batch.take(np.array([k]))
            for series, batch in self.parts
            for k, i in enumerate(series)
        }
        return [found[i] for i in range(self.n_series)]

    @property
    def without_season(self) -> frozenset[int]:
        """Series whose structure has no season."""
        plain = (series for series, one in self.parts if one.structure.seasonal is None)
        return frozenset(int(i) for series in plain for i in series)

    def effect(self, regressors: np.ndarray, offsets: np.ndarray | None = None) -> np.ndarray:
        """Return what regressors add to each series, NaN where there is no smoother."""
        total = np.full(len(regressors) * (self.n_series if offsets is None else 1), np.nan)
        for _, smoothers, rows, where in self._each(self._unseen(regressors, offsets)):
            total[where] = smoothers.effect(rows)
        return laid_out(total, self.n_series, offsets)

    def with_regressors(
        self, regressors: np.ndarray, offsets: np.ndarray | None = None
    ) -> SmoothingModel:
        """Return the model that knows regressors of the next steps.

        They matter to errors that are shares of the prediction; where they are unknown, NaN, these
        are shares of it at the regressors' mean.
        """
        if not regressors.shape[1]:
            return self
        parts = tuple(
            (series, smoothers.with_regressors(rows))
            for series, smoothers, rows, _ in self._each(self._unseen(regressors, offsets))
        )
        return replace(self, parts=parts)

    def advance(
        self, values: np.ndarray, offsets: np.ndarray | None = None, n_jobs: int | None = None
    ) -> tuple[SmoothingModel, np.ndarray, np.ndarray]:
        """See further values: the model then, one-step predictions, their deviations."""
        batch = Batch.of_either(values, offsets)
        predictions, deviations = np.full((2, batch.values.size), np.nan)
        parts, failures = [], dict(self.failures)
        for series, smoothers, rows, where in self._each(batch):
            later, predictions[where], deviations[where] = smoothers.advance(rows)
            reasons = lost(smoothers, later, rows, predictions[where])
            failures |= {int(series[k]): ValueError(reason) for k, reason in reasons.items()}
            if reasons:
                kept = np.setdiff1d(np.arange(series.size), list(reasons))
                series, later = series[kept], later.take(kept)
            parts.append((series, later))
        if offsets is None and failures:
            raise next(iter(failures.values()))
        extent = None if self.extent is None else self.extent.widened(batch)
        model = SmoothingModel(tuple(parts), self.n_series, failures, extent=extent)
        both = (laid_out(one, self.n_series, offsets) for one in (predictions, deviations))
        predictions, deviations = both
        return model, predictions, deviations

    def attributes(self) -> dict[str, Any]:
        """Return the fitted attributes of columns that move with the series."""
        return {"state_": collect([one.unscaled_state(one.state)[:, 0] for one in self.series])}

    def forecast(self, horizon: int, n_jobs: int | None = None) -> np.ndarray:
        """Predict the next steps, (horizon, N)."""
        return self._computed(lambda batch: batch.forecast(horizon), n_jobs, horizon)

    def deviation(self, horizon: int, n_jobs: int | None = None) -> np.ndarray:
        """Return standard deviations of the errors of `forecast`, (horizon, N)."""
        return self._computed(lambda batch: batch.deviation(horizon), n_jobs, horizon)

    def quantiles(
        self, horizon: int, quantiles: np.ndarray, n_jobs: int | None = None
    ) -> np.ndarray:
        """Return quantiles of the next values, (horizon, n_quantiles, N)."""
        shape = (horizon, len(quantiles))
        return self._computed(lambda batch: batch.quantiles(horizon, quantiles), n_jobs, *shape)

    def alone(self, i: int) -> SmoothingModel:
        """Return the model of the series at a position."""
        series, batch = next(part for part in self.parts if (part[0] == i).any())
        return SmoothingModel(
            ((np.zeros(1, np.int64), batch.take(np.flatnonzero(series == i))),), 1
        )

    def doubts(self, horizon: int) -> Mapping[int, Warning]:
        """Return what the user should know of the forecast of so many steps, by position."""
        return {} if self.extent is None else self.extent.left_by(self.forecast(horizon))

    def simulate(
        self, horizon: int, n_paths: int, random_state: np.random.RandomState
    ) -> np.ndarray:
        """Draw futures, (horizon, n_paths, N), the series independent of each other."""
        # One part after the other, for they draw from the same stream.
        shape = (horizon, n_paths)
        return self._computed(lambda one: one.simulate(horizon, n_paths, random_state), 1, *shape)

    def _computed(
        self, compute: Callable[[SmootherBatch], np.ndarray], n_jobs: int | None, *shape: int
    ) -> np.ndarray:
        """Put together what is computed of each part, (*shape, N), NaN for failures."""
        if len(self.parts) == 1 and self.n_series == 1:
            # A forecast of one series takes microseconds, as putting together does.
            with np.errstate(over="ignore", invalid="ignore"):
                return beyond_floats(compute(self.parts[0][1]))
        result = np.full((*shape, self.n_series), np.nan)
        chunks = [
            (smoothers, start, series[start : start + _CHUNK])
            for series, smoothers in self.parts
            for start in range(0, series.size, _CHUNK)
        ]

        def work(smoothers: SmootherBatch, start: int, series: np.ndarray) -> None:
            if series.size < smoothers.n_series:
                smoothers = smoothers.take(np.arange(start, start + series.size))
            with np.errstate(over="ignore", invalid="ignore"):
                result[..., series] = beyond_floats(compute(smoothers))

        # Simulated futures are products of matrices, and there is nothing else for BLAS to do.
        with one_blas_thread() if len(shape) > 1 else nullcontext():
            for _ in in_threads(work, chunks, n_jobs):
                pass
        return result

    def _each(
        self, rows: Batch
    ) -> Iterator[tuple[np.ndarray, SmootherBatch, Batch, np.ndarray | slice]]:
        """Yield the series of each part, their smoothers, their rows, and where these are."""
        for series, smoothers in self.parts:
            if np.array_equal(series, np.arange(self.n_series)):
                yield series, smoothers, rows, slice(None)
            else:
                where, _ = rows_of(rows.offsets, series)
                yield series, smoothers, rows.take(series), where

    def _unseen(self, regressors: np.ndarray, offsets: np.ndarray | None) -> Batch:
        """Return rows of each series of which no more is known than regressors."""
        n_rows = len(regressors)
        shape = (n_rows, self.n_series) if offsets is None else n_rows
        return Batch.of_either(np.zeros(shape), offsets, regressors)


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
