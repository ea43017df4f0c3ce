"""Forecasters fitted as parts of another: on arrays, and then at its place in time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tsrnn.forecasting.fitted_model import FittedModel

if TYPE_CHECKING:
    from tsrnn.forecasting.forecaster import Forecaster


@dataclass(frozen=True)
class Within:
    """A forecaster fitted to some columns of another's series.

    Attributes
    ----------
    forecaster : Forecaster
        Fitted to arrays.
    model : FittedModel
    fitted, deviations : (n_timesteps, k) arrays
        One-step predictions, with what regressors add, and their standard deviations.
    """

    forecaster: Forecaster
    model: FittedModel
    fitted: np.ndarray
    deviations: np.ndarray


def fit_within(forecaster: Forecaster, values: np.ndarray, regressors: np.ndarray) -> Within:
    """Fit a forecaster to series (n_timesteps, k) with regressors (n_timesteps, p).

    It warns of nothing: what there is to know is in the notes of the model.
    """
    forecaster._fit(regressors if regressors.shape[1] else None, values)
    deviations = forecaster._seen[0][1]
    fitted = np.asarray(forecaster.fitted_values_)
    return Within(forecaster, forecaster._model, fitted, deviations)


def give_place(member: Forecaster, host: Forecaster, columns: np.ndarray) -> None:
    """Give a forecaster that was fitted within another its time stamps and names of columns."""
    layout, index = host._layout, host._grid.stamps(0, len(host._training[0]))
    names = None if layout.names is None else layout.names[columns]
    layout = replace(layout, names=names)
    member._layout, member._grid = layout, host._grid
    for name in ("fitted_values_", "residuals_"):
        setattr(member, name, layout.rows(np.asarray(getattr(member, name)), index))
    if member.n_features_in_ and hasattr(host, "feature_names_in_"):
        member.feature_names_in_ = host.feature_names_in_
