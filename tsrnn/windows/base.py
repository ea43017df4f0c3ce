"""The base of forecasters on windows of lags: one fit of all series."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from tsrnn._input.notes import together
from tsrnn._input.ragged import Batch, others
from tsrnn.exceptions import UnreliableForecastWarning
from tsrnn.forecasting.answers import PerSeries
from tsrnn.forecasting.fitted_model import PanelModel, Progress
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.forecasting.looped_panel import LoopedPanel
from tsrnn.windows.model import WindowModel, WindowState
from tsrnn.windows.summary import summarize_windows

if TYPE_CHECKING:
    from statsmodels.iolib.summary import Summary


class OnWindows(Forecaster):
    """A forecaster that learns from the windows of all series."""

    n_windows_: int
    sigma2_: PerSeries
    _model: WindowModel

    def summary(self) -> Summary:
        """Summarise the fit: what was trained, on how much, and tests of the residuals.

        Returns
        -------
        statsmodels.iolib.summary.Summary
        """
        check_is_fitted(self)
        return summarize_windows(self, self._model.state.network)

    def _learns_from_all(self) -> bool:
        return True

    def fit_model(self, values, regressors):
        """Fit series; see `Forecaster.fit_model`."""
        batch = Batch.of_columns(values, regressors)
        state, predictions, deviations, notes = self._fitted(batch, None, "series {}".format)
        predictions, deviations = (
            rows.reshape(values.T.shape).T.copy() for rows in (predictions, deviations)
        )
        attributes = {
            "n_windows_": state.network.n_windows,
            "sigma2_": _mean_squares(values - predictions),
        }
        attributes |= self._attributes_of(state.network)
        told = together(notes, batch.n_series)
        model = WindowModel(np.arange(batch.n_series), state, batch.n_series, notes=told)
        return model, predictions, deviations, attributes

    def fit_panel(
        self,
        values: np.ndarray,
        offsets: np.ndarray,
        regressors: np.ndarray,
        n_jobs: int | None = None,
        progress: Progress | None = None,
    ) -> PanelModel:
        """Fit the series of a panel; see `Forecaster.fit_panel`."""
        batch = Batch(values, offsets, regressors)
        failures = self._too_short(batch, lambda i: "the series")
        kept = others(batch.n_series, failures)
        if not kept.size:
            return LoopedPanel((None,) * batch.n_series, failures)
        some = batch.take(kept) if failures else batch
        state, _, _, notes = self._fitted(some, n_jobs, None)
        if progress is not None:
            progress(batch.n_series)
        told = {int(kept[i]): (note,) for i, note in notes.items()}
        return WindowModel(kept, state, batch.n_series, failures, told)

    @abstractmethod
    def _too_short(self, batch: Batch, name: Callable[[int], str]) -> dict[int, ValueError]:
        """Return the errors of series that there is nothing to forecast from."""

    @abstractmethod
    def _fitted(
        self, batch: Batch, n_jobs: int | None, name: Callable[[int], str] | None
    ) -> tuple[WindowState, np.ndarray, np.ndarray, dict[int, UnreliableForecastWarning]]:
        """Train on series, of which those that are too short are errors where they have a name."""

    @abstractmethod
    def _attributes_of(self, network: Any) -> dict[str, Any]:
        """Return attributes of what was trained, by their names."""


def _mean_squares(residuals: np.ndarray) -> float | np.ndarray:
    """Return the mean of the squares in each column (n, k), without missing ones."""
    size = np.abs(residuals).max(axis=0, where=~np.isnan(residuals), initial=0.0)
    unit = np.where(size > 0.0, size, 1.0)
    count = np.count_nonzero(~np.isnan(residuals), axis=0)
    with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
        means = np.nansum((residuals / unit) ** 2, axis=0) / count * unit * unit
    return float(means[0]) if means.size == 1 else means
