"""Requests to fitted forecasters, and further values of theirs, at their place in time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from tsrnn._input.series import is_single, read_series
from tsrnn._input.validation import refuse_dates, refuse_unknown
from tsrnn._time.grid import is_time_index
from tsrnn.exceptions import InvalidParameterError
from tsrnn.features.hosts import with_features
from tsrnn.forecasting.fitted_model import FittedModel
from tsrnn.forecasting.horizons import MOST_AHEAD, check_horizon
from tsrnn.forecasting.rows import as_rows, unmasked


class Request(NamedTuple):
    """Rows to predict: their positions, the index of the answer, what regressors add, (n, k).

    And the model that knows the regressors of what lies ahead.
    """

    positions: np.ndarray
    index: pd.Index
    effect: np.ndarray
    model: FittedModel


class RequestReader(BaseEstimator):
    """Base of forecasters: turns a horizon, or rows with time stamps, into positions in its time.

    Positions count from the first time step of the training series.
    """

    n_features_in_: int
    feature_names_in_: np.ndarray

    def _read_request(self, X: Any) -> Request:
        """Read what X asks for."""
        check_is_fitted(self)
        if X is None:
            raise TypeError("predict takes a horizon, such as 12, or rows; got None")
        if is_single(X):
            if isinstance(X, date | np.datetime64 | pd.Period | str):
                raise InvalidParameterError(
                    f"horizon must be an integer >= 1, got {X!r}: to predict at a time stamp, pass "
                    "pd.Index([X])"
                )
            horizon = check_horizon(X)
            regressors = self._following_regressors(None, horizon, ahead=True)
            return self._make_request(*self._following(horizon), regressors)
        X = as_rows(X)
        regressors = self._read_regressors(X, None, ahead=True)
        if len(regressors) == 0:
            raise ValueError("X has no rows: ask for at least one prediction")
        if isinstance(X, pd.DataFrame) and is_time_index(X.index):
            positions, index = self._grid.positions(X.index), X.index
        else:
            positions, index = self._following(len(regressors))
        regressors = with_features(regressors, self._features, self._grid, positions)
        return self._make_request(positions, index, regressors)

    def _make_request(
        self, positions: np.ndarray, index: pd.Index, regressors: np.ndarray
    ) -> Request:
        """Make a request of positions; regressors of the future are laid out in its order."""
        ahead = positions - self._n_seen
        known = np.empty((0, regressors.shape[1]))
        if regressors.shape[1] and 0 <= ahead.max() < MOST_AHEAD:
            known = np.full((ahead.max() + 1, regressors.shape[1]), np.nan)
            known[ahead[ahead >= 0]] = regressors[ahead >= 0]
        effect, model = self._model.effect(regressors), self._model.with_regressors(known)
        return Request(positions, index, effect, model)

    def _following(self, n_timesteps: int) -> tuple[np.ndarray, pd.Index]:
        """Return positions and stamps of the next time steps."""
        start, stop = self._n_seen, self._n_seen + n_timesteps
        return np.arange(start, stop), self._grid.stamps(start, stop)

    def _following_regressors(self, X: Any, n_timesteps: int, *, ahead: bool = False) -> np.ndarray:
        """Read the regressors of the next time steps, (n, p), which may still lie ahead."""
        X = as_rows(X)
        regressors = self._read_regressors(X, n_timesteps, ahead=ahead)
        positions = np.arange(self._n_seen, self._n_seen + n_timesteps)
        if isinstance(X, pd.DataFrame):
            self._check_stamps(X.index, positions, "X must continue the series")
        return with_features(regressors, self._features, self._grid, positions)

    def _unknown_ahead(self, names: Sequence[Any]) -> frozenset[int]:
        """Return which regressors are read up to the end of what was seen, and not ahead of it.

        Parameters
        ----------
        names : sequence
            Of all columns.
        """
        return frozenset()

    def _read_regressors(
        self, X: Any, n_timesteps: int | None, *, reset: bool = False, ahead: bool = False
    ) -> np.ndarray:
        """Read regressors, (n, p): none from None, and from a DataFrame without columns.

        Of steps ahead those that nobody can know may be left out, or missing: they are NaN.
        """
        unknown: list[int] = []
        if ahead and self.n_features_in_:
            names = _names_of_columns(self)
            unknown = sorted(self._unknown_ahead(names))
            if X is None and n_timesteps is not None and len(unknown) == len(names):
                return np.full((n_timesteps, len(names)), np.nan)
            X = _with_columns(X, names, unknown)
        if X is None or (isinstance(X, pd.DataFrame) and X.shape[1] == 0):
            if not reset and self.n_features_in_ > 0:
                raise ValueError(
                    f"{type(self).__name__} was fitted with {self.n_features_in_} regressors: pass "
                    "X with their values in the time steps asked, one row each"
                )
            regressors = np.empty((n_timesteps if X is None else len(X), 0))  # type: ignore[type-var]
            self.n_features_in_ = 0
        else:
            refuse_dates(X)
            regressors = validate_data(
                self, unmasked(X), reset=reset, dtype=np.float64, ensure_all_finite=False
            )
            if unknown:
                regressors = regressors.copy()
                regressors[:, unknown] = 0.0
            refuse_unknown(regressors, X)
            if unknown:
                regressors[:, unknown] = np.nan
        if n_timesteps is not None and len(regressors) != n_timesteps:
            raise ValueError(
                f"X has {len(regressors)} rows, but there are {n_timesteps} time steps"
            )
        return regressors

    def _read_more(self, y: Any, name: str) -> tuple[np.ndarray, pd.Index | None]:
        """Read further values, (n, k), of the series that the forecaster was fitted on."""
        values, layout, index = read_series(y, name)
        n_series = self._seen[0][0].shape[1]
        if values.shape[1] != n_series:
            raise ValueError(
                f"{name} has {values.shape[1]} series, but the forecaster was fitted on "
                f"{n_series}: pass shape (n_timesteps, {n_series})"
            )
        fitted, given = self._layout.names, layout.names
        if n_series > 1 and not (given is None or fitted is None or given.equals(fitted)):
            raise ValueError(
                f"{name} has the columns {list(given)}, but the forecaster was fitted on "
                f"{list(fitted)}, in that order"
            )
        return values, index

    def _check_stamps(self, index: pd.Index | None, positions: np.ndarray, problem: str) -> None:
        """Refuse other time stamps than those of some positions."""
        if index is None or not is_time_index(index):
            return
        wrong = np.flatnonzero(self._grid.positions(index) != positions)
        if wrong.size:
            row = wrong[0]
            stamp = self._grid.stamps(positions[row], positions[row] + 1)[0]
            raise ValueError(f"{problem}: at row {row} expected {stamp}, got {index[row]}")


def unknown_to_all(readers: Sequence[RequestReader], names: Sequence[Any]) -> frozenset[int]:
    """Return which regressors none of several readers of them reads ahead."""
    unknown = [one._unknown_ahead(names) for one in readers]
    return frozenset.intersection(*unknown) if unknown else frozenset()


def _names_of_columns(forecaster: RequestReader) -> list[Any]:
    """Return the names of the columns of X at the fit."""
    given = vars(forecaster).get("feature_names_in_")
    n_columns = forecaster.n_features_in_
    return [f"x{i}" for i in range(n_columns)] if given is None else list(given)


def _with_columns(X: Any, names: list[Any], unknown: list[int]) -> Any:
    """Return X with the columns that nobody can know where a frame leaves them out."""
    if not unknown or not isinstance(X, pd.DataFrame):
        return X
    absent = [names[i] for i in unknown if names[i] not in X.columns]
    if not absent or {*X.columns, *absent} != set(names):
        return X  # what else is wrong is told where it is read
    return X.assign(**dict.fromkeys(absent, 0.0))[names]
