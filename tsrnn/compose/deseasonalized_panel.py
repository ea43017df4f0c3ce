"""Seasonally adjusted series of a panel, and the model of all of them that is fitted to these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from tsrnn._input.ragged import counted
from tsrnn.forecasting.panel_model import PanelModel


@dataclass(frozen=True)
class Seasons:
    """Seasons of N series as y = factor z + offset, (N, m) each, that of the next step first."""

    factor: np.ndarray
    offset: np.ndarray

    def rows(self, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return factors and offsets of the next rows of each series, (n_rows,)."""
        series, step = counted(np.diff(offsets))
        place = series, step % self.factor.shape[1]
        return self.factor[place], self.offset[place]

    def steps(self, horizon: int) -> tuple[np.ndarray, np.ndarray]:
        """Return factors and offsets of the next steps, (N, horizon)."""
        step = np.arange(horizon) % self.factor.shape[1]
        return self.factor[:, step], self.offset[:, step]

    def after(self, lengths: np.ndarray) -> Seasons:
        """Return the seasons after so many steps of each series."""
        period = self.factor.shape[1]
        place = (np.arange(period) + lengths[:, None]) % period
        return Seasons(
            np.take_along_axis(self.factor, place, axis=1),
            np.take_along_axis(self.offset, place, axis=1),
        )


@dataclass(frozen=True)
class DeseasonalizedPanel:
    """A model of the adjusted series, and the seasons; a `PanelModel`.

    Attributes
    ----------
    inner : PanelModel
    seasons : Seasons
    constant : (N,) array
        What regressors of 0 add to an adjusted series; see `DeseasonalizedModel`.
    failures, notes : dict
    """

    inner: PanelModel
    seasons: Seasons
    constant: np.ndarray
    failures: Mapping[int, Exception]
    notes: Mapping[int, tuple[Warning, ...]] = field(default_factory=dict)

    def effect(self, regressors: np.ndarray, offsets: np.ndarray) -> np.ndarray:
        """Return what regressors (n_rows, p) add to the series, (n_rows,)."""
        return self.inner.effect(regressors, offsets) - np.repeat(self.constant, np.diff(offsets))

    def with_regressors(self, regressors: np.ndarray, offsets: np.ndarray) -> DeseasonalizedPanel:
        """Return the model that knows regressors (n_rows, p) of the next steps of each series."""
        factor, _ = self.seasons.rows(offsets)
        return replace(
            self, inner=self.inner.with_regressors(regressors / factor[:, None], offsets)
        )

    def forecast(self, horizon: int, n_jobs: int | None = None) -> np.ndarray:
        """Predict the next steps, (n_series, horizon)."""
        factor, offset = self.seasons.steps(horizon)
        return factor * (self.inner.forecast(horizon, n_jobs) + self.constant[:, None]) + offset

    def deviation(self, horizon: int, n_jobs: int | None = None) -> np.ndarray:
        """Return standard deviations of the errors of `forecast`, (n_series, horizon)."""
        return self.seasons.steps(horizon)[0] * self.inner.deviation(horizon, n_jobs)

    def quantiles(
        self, horizon: int, quantiles: np.ndarray, n_jobs: int | None = None
    ) -> np.ndarray:
        """Return quantiles of the next values, (n_series, horizon, n_quantiles)."""
        factor, offset = (part[:, :, None] for part in self.seasons.steps(horizon))
        adjusted = self.inner.quantiles(horizon, quantiles, n_jobs)
        return factor * (adjusted + self.constant[:, None, None]) + offset

    def advance(
        self, values: np.ndarray, offsets: np.ndarray, n_jobs: int | None = None
    ) -> tuple[DeseasonalizedPanel, np.ndarray]:
        """See further values (n_rows,): the model then, and one-step predictions, (n_rows,)."""
        factor, offset = self.seasons.rows(offsets)
        constant = np.repeat(self.constant, np.diff(offsets))
        adjusted = (values - offset) / factor - constant
        inner, predictions = self.inner.advance(adjusted, offsets, n_jobs)
        later = DeseasonalizedPanel(
            inner, self.seasons.after(np.diff(offsets)), self.constant, inner.failures
        )
        return later, factor * (predictions + constant) + offset
