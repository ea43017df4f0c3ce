"""Fitted models of series net of the effects of regressors, with these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy.special import ndtri

from tsrnn._input.ragged import counted
from tsrnn.compose.coefficients import Coefficients
from tsrnn.forecasting.fitted_model import Either, FittedModel, Notes


@dataclass(frozen=True)
class RegressionModel(FittedModel):
    """A fitted model of series net of effects, of columns or of a panel.

    Coefficients are estimates, so that effects ahead may be off: by normal errors with their
    covariance, beside those of the forecasts and independent of them.

    Attributes
    ----------
    inner : FittedModel
        Of all series; it knows no regressors.
    learned : Coefficients
    names : tuple of str
        Of the regressors.
    failures, notes
        Those within, too.
    known : (n, N, p) array or None
        What multiplies p normal draws to be the errors of the effects of the next steps.
    """

    inner: Either
    learned: Coefficients
    names: tuple[str, ...]
    failures: Mapping[int, Exception] = field(default_factory=dict)
    notes: Notes = ()
    known: np.ndarray | None = None

    def effect(self, regressors: np.ndarray, *offsets: np.ndarray) -> np.ndarray:
        """Return what regressors add to the series."""
        if not offsets:
            return self.learned.effect(regressors)
        lengths = np.diff(offsets[0])
        series = np.repeat(np.arange(lengths.size), lengths)
        return self.learned.effect_of_rows(regressors, series)

    def with_regressors(self, regressors: np.ndarray, *offsets: np.ndarray) -> RegressionModel:
        """Return the model that knows how far the effects of the next steps may be off."""
        if not regressors.shape[1]:
            return self
        if not offsets:
            return replace(self, known=np.nan_to_num(self.learned.doubt(regressors)))
        series, step = counted(np.diff(offsets[0]))
        shape = (int(step.max(initial=-1)) + 1, *self.learned.values.shape)
        known = np.zeros(shape)
        known[step, series] = np.nan_to_num(self.learned.doubt_of_rows(regressors, series))
        return replace(self, known=known)

    def advance(
        self, values: np.ndarray, *panel: Any
    ) -> tuple[RegressionModel, np.ndarray, np.ndarray]:
        """See further values: the model then, one-step predictions, their deviations."""
        inner, predictions, deviations = self.inner.advance(values, *panel)
        failures = dict(self.failures) | dict(inner.failures if panel else {})
        notes: Notes = {} if panel else ()
        later = replace(self, inner=inner, failures=failures, notes=notes, known=None)
        return later, predictions, deviations

    def forecast(self, horizon: int, *n_jobs: int | None) -> np.ndarray:
        """Predict the next steps, (horizon, N)."""
        return self._without_failures(self.inner.forecast(horizon, *n_jobs))

    def deviation(self, horizon: int, *n_jobs: int | None) -> np.ndarray:
        """Return standard deviations of the forecast errors, (horizon, N)."""
        deviation = self.inner.deviation(horizon, *n_jobs)
        return self._without_failures(np.hypot(deviation, self._off(horizon)))

    def quantiles(self, horizon: int, quantiles: np.ndarray, *n_jobs: int | None) -> np.ndarray:
        """Return quantiles of the next values, (horizon, n_quantiles, N)."""
        values, off = self.inner.quantiles(horizon, quantiles, *n_jobs), self._off(horizon)
        if off.any():
            # As much wider about the forecast as the deviation is larger.
            deviation = self.inner.deviation(horizon, *n_jobs)
            center = self.inner.forecast(horizon, *n_jobs)[:, None]
            normal = center + off[:, None] * ndtri(quantiles)[:, None]
            with np.errstate(divide="ignore", invalid="ignore"):
                wider = np.hypot(deviation, off) / deviation
                values = center + (values - center) * wider[:, None]
            values = np.where(deviation[:, None] > 0.0, values, normal)
        return self._without_failures(values)

    def doubts(self, horizon: int) -> Mapping[int, Warning]:
        """Return what the user should know of the forecasts net of effects."""
        return {i: note for i, note in self.inner.doubts(horizon).items() if i not in self.failures}

    def alone(self, i: int) -> RegressionModel:
        """Return the model of the series at a position."""
        known = None if self.known is None else self.known[:, [i]]
        learned = self.learned.take(np.array([i]))
        return RegressionModel(self.inner.alone(i), learned, self.names, known=known)

    def coefficients(self) -> dict[str, np.ndarray]:
        """Return coefficients and their standard errors, (N, p)."""
        return {"coef": self.learned.values, "bse": self.learned.errors}

    def simulate(
        self, horizon: int, n_paths: int, random_state: np.random.RandomState
    ) -> np.ndarray:
        """Draw futures, (horizon, n_paths, N)."""
        paths = self.inner.simulate(horizon, n_paths, random_state)
        if self.known is None:
            return paths
        n = min(horizon, len(self.known))
        _, n_series, n_columns = self.known.shape
        draws = random_state.standard_normal((n_series, n_columns, n_paths))
        paths[:n] += np.einsum("hip,ipk->hki", self.known[:n], draws)
        return paths

    def _off(self, horizon: int) -> np.ndarray:
        """Return the standard deviations of the effects of the next steps, (horizon, N)."""
        off = np.zeros((horizon, self.learned.values.shape[0]))
        if self.known is not None:
            known = self.known[:horizon]
            unit = np.abs(known).max(axis=(0, 2), initial=0.0)  # whose square may be no number
            unit = np.where(unit > 0.0, unit, 1.0)
            off[: len(known)] = unit * np.linalg.norm(known / unit[:, None], axis=2)
        return off

    def _without_failures(self, of_all: np.ndarray) -> np.ndarray:
        if self.failures:
            of_all[..., list(self.failures)] = np.nan
        return of_all
