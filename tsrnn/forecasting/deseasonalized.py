"""A fitted model of seasonally adjusted series, with their seasons: what both are together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tsrnn.forecasting.fitted_model import Either, FittedModel, Notes
from tsrnn.forecasting.season import Seasons
from tsrnn.forecasting.several_seasons import SeveralSeasons


@dataclass(frozen=True)
class DeseasonalizedModel(FittedModel):
    """A fitted model of adjusted series, of columns or of a panel, and their seasons.

    Attributes
    ----------
    inner : FittedModel
    seasons : Seasons or SeveralSeasons
    constant : (N,) array
        What regressors of 0 add to the adjusted series, where these are divided by the season:
        what they add must be proportional to them to be free of it.
    failures, notes
    """

    inner: Either
    seasons: Seasons | SeveralSeasons
    constant: np.ndarray
    failures: Mapping[int, Exception] = field(default_factory=dict)
    notes: Notes = ()

    def effect(self, regressors: np.ndarray, *offsets: np.ndarray) -> np.ndarray:
        """Return what regressors add to the series."""
        return self.inner.effect(regressors, *offsets) - self._constants(*offsets)

    def with_regressors(self, regressors: np.ndarray, *offsets: np.ndarray) -> DeseasonalizedModel:
        """Return the model that knows regressors of the next time steps."""
        factor, _ = self._along(len(regressors), *offsets)
        # Several columns have regressors only where their factors are 1.
        adjusted = regressors / (factor[:, None] if offsets else factor[:, :1])
        return replace(self, inner=self.inner.with_regressors(adjusted, *offsets))

    def advance(
        self, values: np.ndarray, *panel: Any
    ) -> tuple[DeseasonalizedModel, np.ndarray, np.ndarray]:
        """See further values: the model then, one-step predictions, their deviations."""
        factor, offset = self._along(len(values), *panel[:1])
        constant = self._constants(*panel[:1])
        adjusted = (values - offset) / factor - constant
        inner, predictions, deviations = self.inner.advance(adjusted, *panel)
        seasons = self.seasons.after(np.diff(panel[0]) if panel else len(values))
        failures = inner.failures if panel else self.failures
        later = DeseasonalizedModel(inner, seasons, self.constant, failures)
        if self._is_spread():
            owner = (
                np.repeat(self.seasons.spread, np.diff(panel[0])) if panel else self.seasons.spread
            )
            deviations = np.hypot(deviations, owner)
        return later, (predictions + constant) * factor + offset, deviations * factor

    def forecast(self, horizon: int, *n_jobs: int | None) -> np.ndarray:
        """Predict the next steps, (horizon, N)."""
        factor, offset = self.seasons.ahead(horizon)
        return factor * (self.inner.forecast(horizon, *n_jobs) + self.constant) + offset

    def deviation(self, horizon: int, *n_jobs: int | None) -> np.ndarray:
        """Return standard deviations of the forecast errors, (horizon, N)."""
        deviations = self.inner.deviation(horizon, *n_jobs)
        if self._is_spread():
            deviations = np.hypot(deviations, self.seasons.spread)
        return self.seasons.ahead(horizon)[0] * deviations

    def quantiles(self, horizon: int, quantiles: np.ndarray, *n_jobs: int | None) -> np.ndarray:
        """Return quantiles of the next values, (horizon, n_quantiles, N)."""
        values = self.inner.quantiles(horizon, quantiles, *n_jobs)
        if self._is_spread():
            centre = self.inner.forecast(horizon, *n_jobs)[:, None]
            deviations = self.inner.deviation(horizon, *n_jobs)[:, None]
            wider = np.hypot(deviations, self.seasons.spread)
            ratio = np.divide(wider, deviations, out=np.ones_like(wider), where=deviations > 0.0)
            values = centre + ratio * (values - centre)
        return self._seasonal_paths(values)

    def doubts(self, horizon: int) -> Mapping[int, Warning]:
        """Return what the user should know of the forecasts of the adjusted series."""
        return self.inner.doubts(horizon)

    def alone(self, i: int) -> DeseasonalizedModel:
        """Return the model of the series at a position."""
        return DeseasonalizedModel(self.inner.alone(i), self.seasons.alone(i), self.constant[[i]])

    def simulate(
        self, horizon: int, n_paths: int, random_state: np.random.RandomState
    ) -> np.ndarray:
        """Draw futures, (horizon, n_paths, N)."""
        paths = self.inner.simulate(horizon, n_paths, random_state)
        if self._is_spread():
            paths = paths + self.seasons.spread * random_state.normal(size=paths.shape)
        return self._seasonal_paths(paths)

    def _is_spread(self) -> bool:
        """Tell whether the seasons add to errors."""
        return bool(self.seasons.spread.any())

    def _along(self, n_rows: int, *offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return factors and offsets of rows of columns, or of those of a panel."""
        return self.seasons.along(*offsets) if offsets else self.seasons.ahead(n_rows)

    def _constants(self, *offsets: np.ndarray) -> np.ndarray:
        """Return the constants of columns, or of the rows of a panel."""
        return np.repeat(self.constant, np.diff(offsets[0])) if offsets else self.constant

    def _seasonal_paths(self, values: np.ndarray) -> np.ndarray:
        """Put the seasons on adjusted values (horizon, .., N)."""
        factor, offset = (part[:, None] for part in self.seasons.ahead(len(values)))
        return factor * (values + self.constant) + offset
