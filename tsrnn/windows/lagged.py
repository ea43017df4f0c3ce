"""Regressors trained on chosen lags of many series: one for each step, or one for all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils import get_tags
from sklearn.utils.parallel import Parallel, delayed

from tsrnn._input.ragged import Batch
from tsrnn.windows.lag_features import LagFeatures
from tsrnn.windows.lags import ReadsByLag, Units, relative, windows_before
from tsrnn.windows.network import with_seed

# Numbers of windows that are read at a time, about, which bounds the memory that it takes.
_NUMBERS = 2**23

# Targets are cut off at so many units of their windows, lest a tree that has seen a new level once
# should forecast another again and again.
_FAR = 20.0

# Errors that are kept.
_MOST_ERRORS = 10_000


@dataclass(frozen=True)
class LagSpec(ReadsByLag):
    """A regressor to train, and what it reads.

    Attributes
    ----------
    estimator : regressor
        Not fitted.
    features : LagFeatures
    n_ahead : int
        Values after a window that are predicted together (H).
    is_raw : bool
        Whether it reads and predicts values as they are, not in units of their window.
    n_jobs : int or None
        Steps that are trained at a time.
    """

    estimator: Any
    features: LagFeatures
    n_ahead: int
    is_raw: bool
    n_jobs: int | None = None

    n_unseen = 0
    # A tree's errors on what it was grown on are next to none.
    draws_past_errors = True

    @property
    def window(self) -> int:  # type: ignore[override]
        """The number of values that are read (T)."""
        return self.features.window

    @property
    def is_one_a_step(self) -> bool:
        """Whether each step has a regressor of its own."""
        return self.n_ahead > 1 and not get_tags(self.estimator).target_tags.multi_output

    def padded(self, batch: Batch) -> tuple[Batch, np.ndarray]:
        """Return the series, and where their rows are: they are read as they are."""
        return batch, np.arange(batch.values.size)

    def of_past(self) -> LagSpec:
        """Return what past errors are learned with: what is trained again is then as before."""
        return replace(self, estimator=with_seed(self.estimator, 0))

    def read(
        self, windows: np.ndarray, regressors: np.ndarray, units: Units
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return what is read of windows (n, T), their levels and their spreads, (n,).

        Of `regressors` (n, T, p), of the steps after each lag, those of the step after the window.
        """
        z, level, spread = relative(windows, units)
        columns = self.features.of(windows if self.is_raw else z)
        return np.column_stack([columns, regressors[:, -1]]), level, spread

    def train(self, batch: Batch, units: Units) -> LagNetwork:
        """Train on every window without missing values; a step on those whose value is known.

        A regressor that takes missing ones has the windows with gaps as well, but at their ends.

        Raises
        ------
        ValueError
            If there are not two windows with all values after them.
        """
        T, H = self.window, self.n_ahead
        rows = self._rows_with_windows(batch)
        values = _values_after(batch, rows, H)
        n_whole = int(np.count_nonzero(~np.isnan(values).any(axis=1)))
        if n_whole < 2:
            raise ValueError(_too_few(n_whole, T, H) + self._advice_on_gaps(batch))
        pieces = [
            self.read(
                windows_before(batch.values, some, T),
                windows_before(batch.regressors, some + 1, T),
                units.take(batch.series_of_row[some]),
            )
            for some in np.array_split(rows, max(1, rows.size * T // _NUMBERS))
        ]
        X, level, spread = (np.concatenate(one) for one in zip(*pieces, strict=True))
        targets = values if self.is_raw else (values - level[:, None]) / _positive(spread)
        is_used = (spread > 0.0) | self.is_raw
        if not is_used.any():  # all are constant: that is learned, then
            is_used[:] = True
        X, targets, spread = X[is_used], targets[is_used], spread[is_used]
        estimators = self._fitted(X, targets if self.is_raw else np.clip(targets, -_FAR, _FAR))
        whole = np.flatnonzero(~np.isnan(targets).any(axis=1))
        kept = whole[np.unique(np.linspace(0, whole.size - 1, _MOST_ERRORS).astype(np.int64))]
        errors = targets[kept] - outputs_of(estimators, X[kept])
        if self.is_raw:
            errors = errors / _positive(spread[kept])
        deviation = float(np.sqrt(np.mean(errors[:, 0] ** 2)))
        n_windows = int(np.count_nonzero(~np.isnan(targets[:, 0])))
        return LagNetwork(self, estimators, errors, deviation, n_windows)

    def _advice_on_gaps(self, batch: Batch) -> str:
        """Say who could be trained on rows with gaps, where there are some that nobody reads."""
        if get_tags(self.estimator).input_tags.allow_nan or not np.isnan(batch.values).any():
            return ""
        return (
            "; or a regressor that takes missing values, such as HistGradientBoostingRegressor(), "
            "which is trained on rows with gaps too"
        )

    def _rows_with_windows(self, batch: Batch) -> np.ndarray:
        """Return the rows with a window before them that can be read, known or not themselves."""
        place = np.arange(batch.values.size) - batch.offsets[:-1][batch.series_of_row]
        rows = np.flatnonzero(place >= self.window)
        is_missing = np.isnan(batch.values)
        if get_tags(self.estimator).input_tags.allow_nan:
            return rows[~is_missing[rows - 1]]
        n_missing = np.r_[0, np.cumsum(is_missing)]
        return rows[n_missing[rows] == n_missing[rows - self.window]]

    def _fitted(self, X: np.ndarray, targets: np.ndarray) -> tuple[Any, ...]:
        """Fit clones on the rows whose targets (n, H) are known."""
        if not self.is_one_a_step:
            rows = ~np.isnan(targets).any(axis=1)
            y = targets[rows, 0] if self.n_ahead == 1 else targets[rows]
            return (_fit(clone(self.estimator), X[rows], y),)
        known = ~np.isnan(targets)
        fits = (
            delayed(_fit)(clone(self.estimator), X[rows], y[rows])
            for rows, y in zip(known.T, targets.T, strict=True)
        )
        return tuple(Parallel(n_jobs=self.n_jobs, prefer="threads")(fits))


@dataclass(frozen=True)
class LagNetwork:
    """A spec after training.

    Attributes
    ----------
    spec : LagSpec
    estimators : tuple of regressor
        Fitted: one for each step, or one for all.
    errors : (n, H) array
        Of training windows, in units of their spreads: of all, or an even choice among many.
    deviation : float
        Root mean square of the errors one step ahead, in spreads.
    n_windows : int
        How many windows it was trained on.
    """

    spec: LagSpec
    estimators: tuple[Any, ...]
    errors: np.ndarray
    deviation: float
    n_windows: int

    is_naive = False

    @property
    def estimator(self) -> Any:
        """The regressor of the first step."""
        return self.estimators[0]

    @contextmanager
    def steps(self) -> Iterator[Callable[..., tuple[np.ndarray, np.ndarray]]]:
        """Lend `step`, which predicts the values after windows; see `WindowNetwork.steps`."""

        def step(
            windows: np.ndarray,
            regressors: np.ndarray,
            units: Units,
            ceilings: np.ndarray | None = None,
        ) -> tuple[np.ndarray, np.ndarray]:
            if not len(windows):
                return np.empty((0, self.spec.n_ahead)), np.empty(0)
            X, level, spread = self.spec.read(windows, regressors, units)
            if ceilings is not None:
                spread = np.minimum(spread, ceilings)
            outputs = outputs_of(self.estimators, X)
            if self.spec.is_raw:
                return outputs, spread
            return level[:, None] + spread[:, None] * outputs, spread

        yield step


def outputs_of(estimators: tuple[Any, ...], X: np.ndarray) -> np.ndarray:
    """Predict the steps after windows, (n, H)."""
    outputs = [np.asarray(one.predict(X), dtype=float).reshape(len(X), -1) for one in estimators]
    return np.concatenate(outputs, axis=1)


def _fit(estimator: Any, X: np.ndarray, y: np.ndarray) -> Any:
    """Fit on rows (n, p), a copy: a column of which nothing is known, which some refuse, is 0."""
    X[:, np.isnan(X).all(axis=0)] = 0.0
    return estimator.fit(X, y)


def _positive(spread: np.ndarray) -> np.ndarray:
    """Return spreads as a column, 1 where there is none."""
    return np.where(spread > 0.0, spread, 1.0)[:, None]


def _values_after(batch: Batch, rows: np.ndarray, n_ahead: int) -> np.ndarray:
    """Return the values from rows on, (n, n_ahead), NaN after the end of a series."""
    steps = rows[:, None] + np.arange(n_ahead)
    stops = batch.offsets[1:][batch.series_of_row[rows]][:, None]
    return np.where(steps < stops, batch.values[np.minimum(steps, stops - 1)], np.nan)


def _too_few(n_windows: int, window: int, n_ahead: int) -> str:
    """Say that there is too little to train on."""
    after = "the value" if n_ahead == 1 else f"the {n_ahead} values"
    number = "no window" if n_windows == 0 else "one window"
    return (
        f"lags and rolling reach {window} values back, and there is {number} of so many and "
        f"{after} after it without a missing one to train on, where two are needed: take shorter "
        "ones, a shorter horizon, or longer series or more of them"
    )
