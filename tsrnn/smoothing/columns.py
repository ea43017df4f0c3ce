"""Fitted smoothers of series that are columns of an array: a `FittedModel`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tsrnn._input.ragged import Batch
from tsrnn.smoothing.parts import SmootherParts
from tsrnn.smoothing.shares import Fitted
from tsrnn.smoothing.smoothers import SmootherBatch


@dataclass(frozen=True)
class SmoothingModel(SmootherParts):
    """Fitted smoothers of columns, of one or more structures; a `FittedModel`.

    Attributes
    ----------
    parts : tuple of (array, SmootherBatch)
        Which series, and their smoothers.
    n_series : int
    notes : tuple of Warning
    """

    notes: tuple[Warning, ...] = ()

    @property
    def series(self) -> list[SmootherBatch]:
        """The smoothers one by one."""
        found = {
            int(i): batch.take(np.array([k]))
            for series, batch in self.parts
            for k, i in enumerate(series)
        }
        return [found[i] for i in range(self.n_series)]

    def effect(self, regressors: np.ndarray) -> np.ndarray:
        """Return what regressors (n, p) add to each series, (n, k)."""
        return self._as_columns(self._effect(self._unseen(regressors)))

    def with_regressors(self, regressors: np.ndarray) -> SmoothingModel:
        """Return the model that knows regressors (n, p) of the next steps.

        They matter to errors that are shares of the prediction; where they are not told, NaN,
        these are shares of it at the regressors' mean.
        """
        if not regressors.shape[1]:
            return self
        return replace(self, parts=self._knowing(self._unseen(regressors)))

    def advance(self, values: np.ndarray) -> tuple[SmoothingModel, np.ndarray, np.ndarray]:
        """See further values, (n, k)."""
        moved = self._moved(Batch.of_columns(values, np.empty((len(values), 0))))
        for reason in moved.lost.values():
            raise ValueError(reason)
        later = SmoothingModel(moved.parts, self.n_series)
        return later, self._as_columns(moved.predictions), self._as_columns(moved.deviations)

    def attributes(self) -> dict[str, Any]:
        """Return the fitted attributes that move with the series."""
        return {"state_": collect([one.unscaled_state(one.state)[:, 0] for one in self.series])}

    def forecast(self, horizon: int) -> np.ndarray:
        """Predict, (horizon, k)."""
        return self._computed(lambda batch: batch.forecast(horizon), horizon)

    def deviation(self, horizon: int) -> np.ndarray:
        """Return standard deviations of the forecast errors, (horizon, k)."""
        return self._computed(lambda batch: batch.deviation(horizon), horizon)

    def quantiles(self, horizon: int, quantiles: np.ndarray) -> np.ndarray:
        """Return quantiles of the next values, (horizon, n_quantiles, k)."""
        shape = (horizon, len(quantiles))
        return self._computed(lambda batch: batch.quantiles(horizon, quantiles), *shape)

    def simulate(
        self, horizon: int, n_paths: int, random_state: np.random.RandomState
    ) -> np.ndarray:
        """Draw futures, (horizon, n_paths, k), the series independent of each other."""
        shape = (horizon, n_paths)
        return self._computed(lambda one: one.simulate(horizon, n_paths, random_state), *shape)

    def _computed(self, compute: Callable[[SmootherBatch], np.ndarray], *shape: int) -> np.ndarray:
        """Put together what is computed of each part, (*shape, k), one after the other."""
        if len(self.parts) == 1 and self.n_series == 1:
            # A forecast of one series takes microseconds, as putting together does.
            return compute(self.parts[0][1])
        found = self._of_each(compute, shape, n_jobs=1)
        return np.ascontiguousarray(np.moveaxis(found, 0, -1))

    def _unseen(self, regressors: np.ndarray) -> Batch:
        """Return rows (n, p) of each series of which no more is known than regressors."""
        return Batch.of_columns(np.zeros((len(regressors), self.n_series)), regressors)

    def _as_columns(self, rows: np.ndarray) -> np.ndarray:
        """Lay rows of the series, (k n,), beside each other, (n, k)."""
        return np.ascontiguousarray(rows.reshape(self.n_series, -1).T)


def as_columns(
    fitted: Fitted, shape: tuple[int, int], absent: Mapping[str, float]
) -> tuple[SmoothingModel, np.ndarray, np.ndarray, dict[str, Any]]:
    """Return what `Forecaster.fit_model` does of series that are columns of this shape.

    What was left out before they begin has no prediction. `absent` are fitted attributes of
    those that have none of that name. One that could not be fitted is an error.
    """
    for error in fitted.failures.values():
        raise error
    predictions, deviations = np.full(shape, np.nan), np.full(shape, np.nan)
    rows: dict[int, dict[str, Any]] = {}
    for series, fit in fitted.fits:
        for k, i in enumerate(series.tolist()):
            own = slice(fit.offsets[k], fit.offsets[k + 1])
            began = shape[0] - (own.stop - own.start)
            predictions[began:, i] = fit.predictions[own]
            deviations[began:, i] = fit.deviations[own]
            rows[i] = {**absent, **{name: numbers[k] for name, numbers in fit.numbers.items()}}
    attributes = {
        name: collect([rows[i][name] for i in range(fitted.n_series)]) for name in rows[0]
    }
    message = tuple(note for i in range(fitted.n_series) for note in fitted.notes.get(i, ()))
    model = SmoothingModel(tuple(fitted.parts), fitted.n_series, message)
    return model, predictions, deviations, attributes


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
