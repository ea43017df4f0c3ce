"""Regressors trained on chosen lags of many series: one for each step, or one for all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils import get_tags
from sklearn.utils.parallel import Parallel, delayed

from tsrnn._input.ragged import Batch, offsets_of, rows_between
from tsrnn.windows.columns import around
from tsrnn.windows.lag_features import LagFeatures
from tsrnn.windows.lags import Units, relative, windows_before
from tsrnn.windows.network import with_seed
from tsrnn.windows.want import NothingToTrainOnError

# Numbers of windows that are read at a time, about, which bounds the memory that it takes.
_NUMBERS = 2**23

# Targets are cut off at so many units of their windows, lest a tree that has seen a new level once
# should forecast another again and again.
_FAR = 20.0

# Errors that are kept.
_MOST_ERRORS = 10_000


@dataclass(frozen=True)
class Rows:
    """Rows that are read of windows.

    Attributes
    ----------
    lags : (n, F) array
        Lags and rolling statistics.
    ahead : (n, H, p) array
        Regressors of the steps after the window.
    static : (n, S) array
        What static columns say of the series.
    """

    lags: np.ndarray
    ahead: np.ndarray
    static: np.ndarray

    def of_step(self, step: int) -> np.ndarray:
        """Return the matrix that a step is predicted from, a new one."""
        return np.column_stack([self.lags, self.ahead[:, step], self.static])

    def take(self, chosen: np.ndarray) -> Rows:
        """Return some of them."""
        return Rows(self.lags[chosen], self.ahead[chosen], self.static[chosen])

    @classmethod
    def together(cls, parts: Sequence[Rows]) -> Rows:
        """Return what is read of windows, and then of others."""
        return cls(
            np.concatenate([one.lags for one in parts]),
            np.concatenate([one.ahead for one in parts]),
            np.concatenate([one.static for one in parts]),
        )


@dataclass(frozen=True)
class LagSpec:
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
    n_regressors : int
        Columns known in advance (p), of which a step reads its own.
    """

    estimator: Any
    features: LagFeatures
    n_ahead: int
    is_raw: bool
    n_jobs: int | None = None
    n_regressors: int = 0

    n_unseen = 0
    # A tree's errors on what it was grown on are next to none.
    draws_past_errors = True

    @property
    def window(self) -> int:
        """The number of values that are kept of a series (T).

        Those that are read, and with regressors as many more as can have been forecast together
        with the next one: these are forecast again when more is known of the regressors.
        """
        return self.features.window + self._n_before

    @property
    def reads_ahead(self) -> bool:
        """Whether steps that are predicted together read regressors of their own."""
        return self.n_ahead > 1 and self.n_regressors > 0

    @property
    def _n_before(self) -> int:
        return self.n_ahead - 1 if self.reads_ahead else 0

    @property
    def is_one_a_step(self) -> bool:
        """Whether each step has an estimator of its own."""
        is_one_of_all = get_tags(self.estimator).target_tags.multi_output and not self.reads_ahead
        return self.n_ahead > 1 and not is_one_of_all

    def padded(self, batch: Batch) -> tuple[Batch, np.ndarray]:
        """Return the series with what is kept before them, and where their rows are.

        It is their first value, and no window that is read has any of it.
        """
        if not self._n_before:
            return batch, np.arange(batch.values.size)
        offsets = offsets_of(batch.lengths + self._n_before)
        rows = rows_between(offsets[:-1] + self._n_before, batch.lengths)
        source = np.repeat(batch.offsets[:-1], batch.lengths + self._n_before)
        source[rows] = np.arange(batch.values.size)
        return Batch(batch.values[source], offsets, batch.regressors[source]), rows

    def regressors_at(self, batch: Batch, rows: np.ndarray, n_less: int = 0) -> np.ndarray:
        """Return the regressors of the H steps from rows on, (n, H, p)."""
        if not self.n_regressors:
            return np.empty((len(rows), self.n_ahead, 0))
        return around(batch, rows, 0, self.n_ahead)

    def laid_ahead(self, known: np.ndarray, future: np.ndarray) -> np.ndarray:
        """Return the regressors of windows (n, T, p) and of the steps that follow, in a row."""
        beyond = np.zeros((len(known), self.n_ahead, known.shape[2]))
        return np.concatenate([known, future, beyond], axis=1)

    def regressors_from(self, laid: np.ndarray, step: int) -> np.ndarray:
        """Return what of these is read with windows that end so many steps later."""
        return laid[:, self.window + step : self.window + step + self.n_ahead]

    def of_past(self) -> LagSpec:
        """Return what past errors are learned with: what is trained again is then as before."""
        return replace(self, estimator=with_seed(self.estimator, 0))

    def read(
        self, windows: np.ndarray, regressors: np.ndarray, units: Units
    ) -> tuple[Rows, np.ndarray, np.ndarray]:
        """Return what is read of windows (n, T), their levels and their spreads, (n,).

        With `regressors` (n, H, p) of the steps after them.
        """
        windows = windows[:, -self.features.window :]
        z, level, spread = relative(windows, units)
        static = np.empty((len(windows), 0)) if units.static is None else units.static
        lags = self.features.of(windows if self.is_raw else z)
        return Rows(lags, regressors, static), level, spread

    def train(self, batch: Batch, units: Units) -> LagNetwork:
        """Train on every window without missing values; a step on those whose value is known.

        A regressor that takes missing ones has the windows with gaps as well, but at their ends.

        Raises
        ------
        ValueError
            If there are not two windows with all values after them.
        """
        T, H = self.features.window, self.n_ahead
        rows = self._rows_with_windows(batch)
        values = _values_after(batch, rows, H)
        n_whole = int(np.count_nonzero(~np.isnan(values).any(axis=1)))
        if n_whole < 2:
            raise NothingToTrainOnError(_too_few(n_whole, T, H) + self._advice_on_gaps(batch))
        pieces = [
            self.read(
                windows_before(batch.values, some, T),
                self.regressors_at(batch, some),
                units.take(batch.series_of_row[some]),
            )
            for some in np.array_split(rows, max(1, rows.size * T // _NUMBERS))
        ]
        X = Rows.together([one for one, _, _ in pieces])
        level, spread = (np.concatenate(one) for one in list(zip(*pieces, strict=True))[1:])
        targets = values if self.is_raw else (values - level[:, None]) / _positive(spread)
        is_used = (spread > 0.0) | self.is_raw
        if not is_used.any():  # all are constant: that is learned, then
            is_used[:] = True
        X, targets, spread = X.take(is_used), targets[is_used], spread[is_used]
        estimators = self._fitted(X, targets if self.is_raw else np.clip(targets, -_FAR, _FAR))
        whole = np.flatnonzero(~np.isnan(targets).any(axis=1))
        kept = whole[np.unique(np.linspace(0, whole.size - 1, _MOST_ERRORS).astype(np.int64))]
        errors = targets[kept] - outputs_of(estimators, X.take(kept))
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

    def _fitted(self, X: Rows, targets: np.ndarray) -> tuple[Any, ...]:
        """Fit clones on the rows whose targets (n, H) are known."""
        if not self.is_one_a_step:
            rows = ~np.isnan(targets).any(axis=1)
            y = targets[rows, 0] if self.n_ahead == 1 else targets[rows]
            return (_fit(clone(self.estimator), X.take(rows).of_step(0), y),)
        known = ~np.isnan(targets)
        fits = (
            delayed(_fit)(clone(self.estimator), X.take(rows).of_step(j), y[rows])
            for j, (rows, y) in enumerate(zip(known.T, targets.T, strict=True))
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


def outputs_of(estimators: tuple[Any, ...], X: Rows) -> np.ndarray:
    """Predict the steps after windows, (n, H)."""
    outputs = [
        np.asarray(one.predict(X.of_step(j)), dtype=float).reshape(len(X.lags), -1)
        for j, one in enumerate(estimators)
    ]
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
