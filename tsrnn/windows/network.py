"""A regressor trained on the lag windows of many series, and what it predicts after one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.dummy import DummyRegressor
from sklearn.utils import check_random_state, get_tags

from tsrnn._input.numbers import AnyFloat
from tsrnn._input.ragged import Batch
from tsrnn.exceptions import InvalidParameterError
from tsrnn.sequence.repeated import repeated_predictions
from tsrnn.windows.default import fit_default
from tsrnn.windows.lags import (
    ReadsByLag,
    Units,
    inputs,
    relative,
    rows_after_windows,
    windows_before,
)

# Windows that are read at a time, which bounds the memory that it takes.
_CHUNK = 65536

# Errors that are kept, for futures to be drawn from.
_MOST_ERRORS = 10_000

# Walks that futures are drawn from where several steps are predicted together.
_WALKS = 1000

# Targets that differ by no more than this share of them are alike, but for rounding.
_ALIKE = 1e-9

# What targets of one step differ by at most, in differences of those of the step that has the
# largest, to be taken for rounding: networks compute in single precision, which is no finer.
_ROUNDING = 1e-6

# What a target counts at most in the root mean square by which targets are cut off.
_LARGEST_COUNTED = 20.0


@dataclass(frozen=True)
class WindowSpec(ReadsByLag):
    """A regressor to train, and the windows to train it on.

    Attributes
    ----------
    estimator : regressor
        Not fitted.
    window : int
        Lags (T).
    n_ahead : int
        Values after a window that are predicted together (H).
    as_sequences : bool
        Whether it reads 3-D arrays.
    cut_off : float or None
        Targets are cut off at so many times their root mean square: a squared error would otherwise
        be about a few outliers.
    is_default : bool
        Whether the estimator is `default_network`, which is trained as suits the windows.
    """

    estimator: Any
    window: int
    n_ahead: int
    as_sequences: bool
    cut_off: AnyFloat | None
    is_default: bool = False

    def train(self, batch: Batch, units: Units) -> WindowNetwork:
        """Train on series; see `train`."""
        return train(self, batch, units)

    n_unseen = 0
    is_raw = False
    draws_past_errors = False

    def padded(self, batch: Batch) -> tuple[Batch, np.ndarray]:
        """Return the series, and where their rows are: they are read as they are."""
        return batch, np.arange(batch.values.size)

    def of_past(self) -> WindowSpec:
        """Return what past errors are learned with: what is trained again is then as before."""
        return replace(self, estimator=with_seed(self.estimator, 0))


@dataclass(frozen=True)
class WindowNetwork:
    """A spec after training.

    Attributes
    ----------
    spec : WindowSpec
    estimator : regressor
        Fitted.
    errors : (n, H) array
        Of training windows, in units of their spreads: of all, or an even choice among many.
    deviation : float
        Root mean square of the errors one step ahead, in spreads.
    n_windows : int
        How many windows it was trained on.
    """

    spec: WindowSpec
    estimator: Any
    errors: np.ndarray
    deviation: float
    n_windows: int

    @property
    def is_naive(self) -> bool:
        """Whether the last value is repeated for want of anything to learn from but one window."""
        return self.n_windows == 1 and bool(self.errors.any())

    @contextmanager
    def steps(self) -> Iterator[Callable[..., tuple[np.ndarray, np.ndarray]]]:
        """Lend `step`, which predicts the values after windows, to be called again and again.

        Its arguments are `windows` (n, T), `regressors` (n, T, p), of the steps after each of the
        lags, their `units`, and `ceilings` (n,), what the units of predictions are at most, or
        None. It returns the values, (n, H), and their units, (n,).
        """
        with repeated_predictions(self.estimator) as predict:

            def step(
                windows: np.ndarray,
                regressors: np.ndarray,
                units: Units,
                ceilings: np.ndarray | None = None,
            ) -> tuple[np.ndarray, np.ndarray]:
                z, level, spread = relative(windows, units)
                if ceilings is not None:
                    spread = np.minimum(spread, ceilings)
                outputs = outputs_of(self.spec, predict, z, regressors)
                return level[:, None] + spread[:, None] * outputs, spread

            yield step


def outputs_of(
    spec: WindowSpec,
    predict: Callable[[np.ndarray], np.ndarray],
    z: np.ndarray,
    regressors: np.ndarray,
) -> np.ndarray:
    """Predict the values after relative windows (n, T), in their spreads, (n, H)."""
    pieces = [
        predict(
            inputs(
                z[start : start + _CHUNK],
                regressors[start : start + _CHUNK],
                as_sequences=spec.as_sequences,
            )
        )
        for start in range(0, len(z), _CHUNK)
    ]
    outputs = np.concatenate(pieces) if pieces else np.empty(0)
    return outputs.reshape(len(z), spec.n_ahead).astype(float)


def train(spec: WindowSpec, batch: Batch, units: Units) -> WindowNetwork:
    """Train on every window of the series without missing values.

    Parameters
    ----------
    spec : WindowSpec
    batch : Batch
        In scaled units, regressors too; every series begins with an observed value.
    units : Units

    Raises
    ------
    ValueError
        If there is no such window.
    """
    T, H = spec.window, spec.n_ahead
    rows = rows_after_windows(batch, T, H)
    if rows.size == 0:
        raise ValueError(_no_windows(batch, T, H))
    z, level, spread = relative(
        windows_before(batch.values, rows, T), units.take(batch.series_of_row[rows])
    )
    targets = batch.values[rows[:, None] + np.arange(H)] - level[:, None]
    varies = spread > 0.0
    if not varies.any():  # all are constant: that is learned, then
        varies[:], spread = True, np.ones(len(rows))
    z, spread, rows = z[varies], spread[varies], rows[varies]
    targets = targets[varies] / spread[:, None]
    regressors = windows_before(batch.regressors, rows + 1, T)
    X = inputs(z, regressors, as_sequences=spec.as_sequences)
    y = targets if spec.cut_off is None else without_outliers(targets, spec.cut_off)
    y = _without_rounding(y)
    estimator, changes = clone(spec.estimator), None
    if np.ptp(y, axis=0).max() <= _ALIKE * np.abs(y).max():
        # Of a line, or constants: there is nothing to learn, and training would only add noise.
        # One window by itself says as little, unless it is of a line: the last value is repeated.
        estimator = DummyRegressor()
        if len(y) == 1 and not _is_line(np.append(z, y)):
            changes = np.diff(np.append(z, targets))
            y = np.zeros_like(y)
    y = y[:, 0] if H == 1 else y
    if spec.is_default and not isinstance(estimator, DummyRegressor):
        fit_default(estimator, X, y, batch.series_of_row[rows])
    else:
        _fit(estimator, X, y)
    errors = targets - outputs_of(spec, estimator.predict, z, regressors)
    if changes is not None:
        errors = _errors_of_repetition(changes, H)
    kept = np.unique(np.linspace(0, len(errors) - 1, _MOST_ERRORS).astype(np.int64))
    return WindowNetwork(
        spec, estimator, errors[kept], float(np.sqrt(np.mean(errors[:, 0] ** 2))), len(z)
    )


def _fit(estimator: Any, X: np.ndarray, y: np.ndarray) -> None:
    """Fit, and say what to do where a regressor of one output is asked for several."""
    try:
        estimator.fit(X, y)
    except ValueError as error:
        if y.ndim == 1 or get_tags(estimator).target_tags.multi_output:
            raise
        clone(estimator).fit(X, y[:, 0])  # raises what is not about the number of outputs
        name = type(estimator).__name__
        raise InvalidParameterError(
            f"estimator {name} does not take the {y.shape[1]} steps together that "
            f"strategy='direct' asks for: set estimator=MultiOutputRegressor({name}(...)), of "
            f"sklearn.multioutput, which fits one a step, or strategy='recursive' ({error})"
        ) from error


def with_seed(estimator: Any, random_state: Any) -> Any:
    """Return the estimator, or a copy with a seed where it draws random numbers and has none."""
    names = [
        name
        for name, value in estimator.get_params().items()
        if value is None and (name == "random_state" or name.endswith("__random_state"))
    ]
    if random_state is None or not names:
        return estimator
    seed = random_state
    if not isinstance(random_state, Integral):
        seed = int(check_random_state(random_state).randint(np.iinfo(np.int32).max))
    return clone(estimator).set_params(**dict.fromkeys(names, seed))


def _errors_of_repetition(changes: np.ndarray, n_ahead: int) -> np.ndarray:
    """Return errors (n, H) of repeating the last value: of walks by the changes, less their mean.

    The one error that there is would be the same in every future that is drawn.
    """
    centred = changes - changes.mean()
    if n_ahead == 1:
        return centred[:, None]
    drawn = np.random.RandomState(0).choice(centred, size=(_WALKS, n_ahead))
    return drawn.cumsum(axis=1)


def without_outliers(targets: np.ndarray, cut_off: AnyFloat) -> np.ndarray:
    """Return targets (n, H) cut off at so many times the root mean square of each step."""
    counted = np.clip(targets, -_LARGEST_COUNTED, _LARGEST_COUNTED)
    limit = cut_off * np.sqrt(np.mean(counted**2, axis=0))
    return np.clip(targets, -limit, limit)


def _without_rounding(targets: np.ndarray) -> np.ndarray:
    """Return the targets (n, H), a constant where those of a step differ by next to nothing.

    As the changes over a season do where there is no noise: they are rounding alone, which a
    network that standardises its targets would be trained on as much as on those of other steps.
    """
    differ = np.ptp(targets, axis=0)
    return np.where(differ <= _ROUNDING * differ.max(), targets.mean(axis=0), targets)


def _is_line(values: np.ndarray) -> bool:
    return bool(np.abs(np.diff(values, 2)).max() <= _ALIKE * np.abs(values).max())


def _no_windows(batch: Batch, window: int, n_ahead: int) -> str:
    """Say why there is no window to train on, and what would do."""
    after = "the value" if n_ahead == 1 else f"the {n_ahead} values"
    missing = np.flatnonzero(np.isnan(batch.values))
    breaks = np.unique(np.concatenate([batch.offsets, missing, missing + 1]))
    stretches = np.diff(breaks)
    most = int(stretches.max()) - n_ahead
    if most > 2 and np.count_nonzero(stretches == stretches.max()) == 1:
        most -= 1  # lest there be a single window
    cure = f"set window to {most} or less" if most >= 2 else "a longer series is needed"
    return (
        f"no series has a window of {window} values and {after} after it without a missing one to "
        f"train on: {cure}, or train on more and longer series at once"
    )
