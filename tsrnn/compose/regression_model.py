"""Fitted models of series net of the effects of regressors, with these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tsrnn.compose.coefficients import Coefficients
from tsrnn.forecasting.fitted_model import FittedModel, Notes, PanelModel


@dataclass(frozen=True)
class RegressionModel(FittedModel):
    """A fitted model of series net of effects, of columns or of a panel.

    Attributes
    ----------
    inner : FittedModel
        Of all series; it knows no regressors.
    learned : Coefficients
    names : tuple of str
        Of the regressors.
    failures, notes
        Those within, too.
    """

    inner: FittedModel | PanelModel
    learned: Coefficients
    names: tuple[str, ...]
    failures: Mapping[int, Exception] = field(default_factory=dict)
    notes: Notes = ()

    def effect(self, regressors: np.ndarray, *offsets: np.ndarray) -> np.ndarray:
        """Return what regressors add to the series."""
        if not offsets:
            return self.learned.effect(regressors)
        lengths = np.diff(offsets[0])
        series = np.repeat(np.arange(lengths.size), lengths)
        return self.learned.effect_of_rows(regressors, series)

    def with_regressors(self, regressors: np.ndarray, *offsets: np.ndarray) -> RegressionModel:
        """Return itself: effects are all that regressors have."""
        return self

    def advance(
        self, values: np.ndarray, *panel: Any
    ) -> tuple[RegressionModel, np.ndarray, np.ndarray]:
        """See further values: the model then, one-step predictions, their deviations."""
        inner, predictions, deviations = self.inner.advance(values, *panel)
        failures = dict(self.failures) | dict(inner.failures if panel else {})
        notes: Notes = {} if panel else ()
        return (replace(self, inner=inner, failures=failures, notes=notes), predictions, deviations)

    def forecast(self, horizon: int, *n_jobs: int | None) -> np.ndarray:
        """Predict the next steps, (horizon, N)."""
        return self._without_failures(self.inner.forecast(horizon, *n_jobs))

    def deviation(self, horizon: int, *n_jobs: int | None) -> np.ndarray:
        """Return standard deviations of the forecast errors, (horizon, N)."""
        return self._without_failures(self.inner.deviation(horizon, *n_jobs))

    def quantiles(self, horizon: int, quantiles: np.ndarray, *n_jobs: int | None) -> np.ndarray:
        """Return quantiles of the next values, (horizon, n_quantiles, N)."""
        return self._without_failures(self.inner.quantiles(horizon, quantiles, *n_jobs))

    def doubts(self, horizon: int) -> Mapping[int, Warning]:
        """Return what the user should know of the forecasts net of effects."""
        return {i: note for i, note in self.inner.doubts(horizon).items() if i not in self.failures}

    def coefficients(self) -> dict[str, np.ndarray]:
        """Return coefficients and their standard errors, (N, p)."""
        return {"coef": self.learned.values, "bse": self.learned.errors}

    def simulate(
        self, horizon: int, n_paths: int, random_state: np.random.RandomState
    ) -> np.ndarray:
        """Draw futures, (horizon, n_paths, N)."""
        return self.inner.simulate(horizon, n_paths, random_state)

    def _without_failures(self, of_all: np.ndarray) -> np.ndarray:
        if self.failures:
            of_all[..., list(self.failures)] = np.nan
        return of_all
