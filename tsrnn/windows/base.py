"""The base of forecasters on windows of lags: one fit of all series."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from tsrnn._input.notes import together
from tsrnn._input.ragged import Batch, others
from tsrnn._input.validation import at_this_moment
from tsrnn._time.grid import TimeGrid
from tsrnn.forecasting.answers import PerSeries
from tsrnn.forecasting.fitted_model import PanelModel, Progress
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.forecasting.looped_panel import LoopedPanel
from tsrnn.windows.model import (
    State,
    WindowModel,
    cannot_follow,
    follow,
    trained_for,
)
from tsrnn.windows.summary import summarize_windows
from tsrnn.windows.want import NothingToTrainOnError

if TYPE_CHECKING:
    from statsmodels.iolib.summary import Summary


class OnWindows(Forecaster):
    """A forecaster that learns from the windows of all series."""

    n_windows_: int
    sigma2_: PerSeries
    _model: WindowModel

    # What was trained on other series, where these are followed and nothing is learned of them.
    _follows: tuple[State, ...] = ()

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

    def shares_season(self) -> bool:
        """Tell that series too short for a season have that of others, learned from all.

        Returns
        -------
        does : bool
        """
        return True

    def apply(self, X: Any, y: Any = None) -> Self:
        """Follow other series with what was trained, without any training.

        As if they had been among the series that it was trained on, and had had no part in it.

        Parameters
        ----------
        X : array-like of shape (n_timesteps, n_features) or None
            As for `fit`, with as many regressors; where `y` is omitted, this is the series.
        y : array-like of shape (n_timesteps,) or (n_timesteps, n_series)

        Returns
        -------
        forecaster : forecaster
            Another one, at the end of these series: it predicts, is updated and saved as if it had
            been fitted to them. This one is as it was.

        Raises
        ------
        ValueError
            As `fit` raises; and if the series have another season or other regressors than what
            was trained knows, or values that are not positive, where it reads ratios.
        """
        check_is_fitted(self)
        new = at_this_moment(self)
        new._follows = (self._model.state,)
        new.fit(X, y)
        del new._follows
        return new

    def following(self, models: Sequence[PanelModel]) -> Self:
        """Return the forecaster that follows series; see `Forecaster.following`."""
        new = at_this_moment(self)
        new._follows = tuple(one.state for one in models if isinstance(one, WindowModel))
        if not new._follows:
            raise ValueError("nothing was trained that could be applied: fit the panel")
        return new

    def _settled(self, values: np.ndarray, grid: TimeGrid) -> Self:
        settled = super()._settled(values, grid)
        if settled is not self and self._follows:
            settled._follows = self._follows
        return settled

    def fit_model(self, values, regressors):
        """Fit series; see `Forecaster.fit_model`."""
        batch = Batch.of_columns(values, regressors)
        name = "series {}".format
        for error in self._refused(batch, name).values():
            raise error
        state, predictions, deviations, notes = self._seen_to_the_end(batch, None)
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
        static: np.ndarray | None = None,
    ) -> PanelModel:
        """Fit the series of a panel; see `Forecaster.fit_panel`.

        What static columns say of them, (n_series, S), is given to what reads it.
        """
        batch = Batch(values, offsets, regressors)
        failures: dict[int, Exception] = {**self._refused(batch, lambda i: "the series", static)}
        kept = others(batch.n_series, failures)
        if not kept.size:
            return LoopedPanel((None,) * batch.n_series, failures)
        some = batch.take(kept) if failures else batch
        steps = Steps(batch.n_series, progress)
        read = None if static is None else static[kept]
        try:
            state, _, _, notes = self._seen_to_the_end(some, n_jobs, steps.told, read)
        except NothingToTrainOnError as error:
            steps.told(1, 1)
            failures |= dict.fromkeys(kept.tolist(), error.with_traceback(None))
            return LoopedPanel((None,) * batch.n_series, failures)
        steps.told(1, 1)
        told = {int(kept[i]): (note,) for i, note in notes.items()}
        return WindowModel(kept, state, batch.n_series, failures, told)

    def _refused(
        self, batch: Batch, name: Callable[[int], str], static: np.ndarray | None = None
    ) -> dict[int, ValueError]:
        """Return the errors of series that cannot be fitted, or followed, by position."""
        if self._follows:
            return cannot_follow(self._follows, self._taken_period() or 1, batch, name, static)
        return self._too_short(batch, name)

    def _seen_to_the_end(
        self,
        batch: Batch,
        n_jobs: int | None,
        told: Callable[[int, int], Any] | None = None,
        static: np.ndarray | None = None,
    ) -> tuple[State, np.ndarray, np.ndarray, dict[int, UserWarning]]:
        """Train on series, none of them refused, or follow them with what was trained before."""
        trained = trained_for(self._follows, self._taken_period() or 1)
        if trained is not None:
            return follow(trained, batch, static)
        return self._fitted(batch, n_jobs, told, *(() if static is None else (static,)))

    @abstractmethod
    def _too_short(self, batch: Batch, name: Callable[[int], str]) -> dict[int, ValueError]:
        """Return the errors of series that there is nothing to forecast from."""

    @abstractmethod
    def _fitted(
        self,
        batch: Batch,
        n_jobs: int | None,
        told: Callable[[int, int], Any] | None,
        static: np.ndarray | None = None,
    ) -> tuple[State, np.ndarray, np.ndarray, dict[int, UserWarning]]:
        """Train on series, none of them too short; `told` of parts that have come to their end."""

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


class Steps:
    """A panel's progress, made of that of the training on all of its series."""

    def __init__(self, n_series: int, progress: Progress | None) -> None:
        self._n_series, self._progress, self._n_told = n_series, progress, 0

    def told(self, n_done: int, n_parts: int) -> None:
        """Take note that so many parts of the training have come to their end."""
        n_now = self._n_series * n_done // n_parts
        if self._progress is not None and n_now > self._n_told:
            self._progress(n_now - self._n_told)
        self._n_told = n_now
