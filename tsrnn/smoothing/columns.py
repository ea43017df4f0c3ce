"""Exponential smoothing of columns: what `Forecaster.fit_model` returns of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tsrnn.smoothing.model import SmoothingModel, collect
from tsrnn.smoothing.shares import Fitted


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
    notes = tuple(note for i in range(fitted.n_series) for note in fitted.notes.get(i, ()))
    model = SmoothingModel(tuple(fitted.parts), fitted.n_series, notes=notes)
    return model, predictions, deviations, attributes
