"""The forecaster within another one: what may be one, and its fit to series made of those given."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tsrnn.exceptions import InvalidParameterError
from tsrnn.forecasting.fitted_model import FittedModel
from tsrnn.forecasting.forecaster import Forecaster


class InnerFit(NamedTuple):
    """A fitted forecaster, its model, and one-step predictions net of regressors, (n, k)."""

    forecaster: Forecaster
    model: FittedModel
    predictions: np.ndarray
    deviations: np.ndarray

    @property
    def fitted(self) -> np.ndarray:
        """One-step predictions with what regressors add, (n, k)."""
        return np.asarray(self.forecaster.fitted_values_).reshape(self.predictions.shape)


def refuse_no_forecaster(forecaster: Any) -> None:
    """Raise an error for anything but a forecaster."""
    if not isinstance(forecaster, Forecaster):
        raise InvalidParameterError(
            "forecaster must be a forecaster of this library, such as NaiveForecaster(), got "
            f"{forecaster!r}"
        )


def fit_inner(forecaster: Forecaster, values: np.ndarray, regressors: np.ndarray) -> InnerFit:
    """Fit a forecaster, which is a clone already, to series (n, k) with regressors (n, p).

    It warns of nothing: what there is to know is in the notes of the model.
    """
    X = regressors if regressors.shape[1] else None
    forecaster._fit(X, values[:, 0] if values.shape[1] == 1 else values)
    (predictions, deviations, *_), *_ = forecaster._seen
    return InnerFit(forecaster, forecaster._model, predictions, deviations)
