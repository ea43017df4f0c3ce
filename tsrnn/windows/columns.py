"""Columns that members read beside the values of a window.

A column is known in advance, as a price or a holiday is: then it is read in the window and of the
steps ahead; or it is known only up to the origin, as weather is: then it is read in the window
alone. What is static says the same of all steps of a series.

The forecast of a step ahead reads the columns of that step and of the window, and of no other step:
so forecasts of few steps are those of more, and columns are needed as far ahead as is asked. With
r_j the columns of step j, c what the network makes of the window (K numbers), and b the mean of the
columns over the steps that the level of the window is of, a network's three outputs a step are

    o_j + B (r_j - b) + V max(U r_j + c, 0)                                             (1)

with o_j what it would say without columns ahead, and B, V and U the same for all steps: what a
column adds in proportion to its change since the level, and what else it does, which may hang on
the window. Training begins with V = 0 and the B of a regression on all samples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tsrnn._input.ragged import Batch
from tsrnn._optim.losses import NumberLoss

# Numbers that the network makes of the window for the steps ahead (K).
N_UNITS = 16

# The unit of a column that never changed: whatever it is later is nothing in it.
_NO_UNIT = np.finfo(float).max

# What is added to the variances of columns of the regression that training begins with.
_RIDGE = 1e-3


@dataclass(frozen=True)
class ReadColumns:
    """Columns that are read, by when they are known.

    Attributes
    ----------
    known, past : tuple of int
        Positions of those known in advance, and of those known up to the origin.
    n_static : int
        How many numbers say what is static (S).
    """

    known: tuple[int, ...] = ()
    past: tuple[int, ...] = ()
    n_static: int = 0

    @property
    def n_beside(self) -> int:
        """Columns that are read in the window."""
        return len(self.known) + len(self.past)

    @property
    def is_empty(self) -> bool:
        """Whether nothing but values is read."""
        return not (self.n_beside or self.n_static)

    def n_weights(self) -> int:
        """Return the size of B, V and U together."""
        return len(self.known) * (3 + N_UNITS) + 3 * N_UNITS if self.known else 0


NO_COLUMNS = ReadColumns()
"""Nothing but values."""


@dataclass(frozen=True)
class RegressorScaling:
    """The map between regressors and what a network reads: (x - center) / unit.

    Attributes
    ----------
    center, unit : (p,) arrays
        Mean and standard deviation over all series.
    """

    center: np.ndarray
    unit: np.ndarray

    @classmethod
    def of(cls, regressors: np.ndarray) -> RegressorScaling:
        """Find the scaling of regressors (R, p); one that never changed is zero whatever it is."""
        size = np.abs(regressors).max(axis=0, initial=0.0)
        size = np.where(size > 0.0, size, 1.0)
        center = (regressors / size).mean(axis=0)
        spread = (regressors / size).std(axis=0)
        # Weights of what never changed are those that training began with.
        return cls(center * size, np.where(spread > 1e-14, spread * size, _NO_UNIT))

    @classmethod
    def none(cls, n_regressors: int) -> RegressorScaling:
        """Return the scaling of regressors that are read as they are."""
        return cls(np.zeros(n_regressors), np.ones(n_regressors))

    def scale(self, regressors: np.ndarray) -> np.ndarray:
        """Take regressors (.., p) to what is read."""
        return (regressors - self.center) / self.unit


@dataclass(frozen=True)
class Beside:
    """Columns around windows, and what is static of each.

    Attributes
    ----------
    around : (n, T + H, C) array
        Of the steps of each window and those ahead; anything where they are not known.
    static : (n, S) array
    """

    around: np.ndarray
    static: np.ndarray

    @classmethod
    def of(
        cls, around: np.ndarray, static: np.ndarray | None, series: np.ndarray | None = None
    ) -> Beside:
        """Return what they say of windows, which are of these series if there are any static."""
        if static is None:
            return cls(around, np.empty((len(around), 0)))
        return cls(around, static if series is None else static[series])

    def from_step(self, step: int) -> Beside:
        """Return what they say of windows that begin so many steps later."""
        return Beside(self.around[:, step:], self.static)

    def take(self, chosen: slice) -> Beside:
        """Return what they say of some of the windows."""
        return Beside(self.around[chosen], self.static[chosen])


@dataclass(frozen=True)
class StaticRead:
    """Numbers read of static columns.

    Attributes
    ----------
    read : (N, k) array or None
        None where all series that were trained on have the same.
    scaling : RegressorScaling
        By which it was made of the numbers (N, S): those that never changed are not read.
    """

    read: np.ndarray | None
    scaling: RegressorScaling

    @classmethod
    def raw(cls, numbers: np.ndarray) -> StaticRead:
        """Read numbers (N, S) as they are."""
        return cls(numbers, RegressorScaling.none(numbers.shape[1]))

    @classmethod
    def learned(cls, numbers: np.ndarray) -> StaticRead:
        """Find how static numbers (N, S) are read.

        Those other than 0 and 1, which tell categories, are standardised.
        """
        varies = np.ptp(numbers, axis=0) > 0.0
        tells = np.isin(numbers, (0.0, 1.0)).all(axis=0)
        center, unit = numbers[0].astype(float), np.full(numbers.shape[1], _NO_UNIT)
        some = numbers[:, varies]
        size = np.abs(some).max(axis=0)
        center[varies], unit[varies] = (some / size).mean(axis=0) * size, (some / size).std(axis=0)
        unit[varies] *= size
        center[varies & tells], unit[varies & tells] = 0.0, 1.0
        return cls.by(RegressorScaling(center, unit), numbers)

    @classmethod
    def by(cls, scaling: RegressorScaling, numbers: np.ndarray) -> StaticRead:
        """Read numbers (N, S) as those that the scaling was found for."""
        is_read = scaling.unit < _NO_UNIT
        read = scaling.scale(numbers)[:, is_read] if is_read.any() else None
        return cls(read, scaling)


def never_told(scaling: RegressorScaling, numbers: np.ndarray) -> np.ndarray:
    """Return which series (N,) are of a category that nothing trained on was of, by (N, S)."""
    is_new = (scaling.unit == _NO_UNIT) & (scaling.center == 0.0) & (numbers == 1.0)
    return is_new.any(axis=1)


def around(batch: Batch, rows: np.ndarray, before: int, ahead: int) -> np.ndarray:
    """Return the columns of the steps before rows and from there on, (n, before + ahead, C).

    Zeros beyond the end of the series.
    """
    steps = rows[:, None] + np.arange(-before, ahead)
    stops = batch.offsets[1:][np.searchsorted(batch.offsets, rows - 1, side="right") - 1]
    found = batch.regressors[np.minimum(steps, len(batch.regressors) - 1)]
    found[steps >= stops[:, None]] = 0.0
    return found


def laid_ahead(
    known: np.ndarray, future: np.ndarray, columns: ReadColumns, n_more: int
) -> np.ndarray:
    """Lay the columns of windows (n, T, C), those that follow, and `n_more` of zeros, in a row.

    Of columns that are not known in advance the last that was seen stands for those that follow,
    whatever is given.
    """
    future = future.copy()
    past = list(columns.past)
    future[:, :, past] = known[:, -1:, past]
    zeros = np.zeros((len(known), n_more, known.shape[2]))
    return np.concatenate([known, future, zeros], axis=1)


def network_inputs(
    x: np.ndarray, beside: Beside, columns: ReadColumns, *, by_step: bool
) -> np.ndarray:
    """Put the columns of windows beside their values x (n, T), in single precision.

    By step as sequences (n, T, 1 + C + S), or all in a row: values, then columns, then the static.
    """
    n, T = x.shape
    chosen = [*columns.known, *columns.past]
    within = beside.around[:, :T][:, :, chosen]
    if by_step:
        static = np.broadcast_to(beside.static[:, None], (n, T, columns.n_static))
        return np.concatenate([x[:, :, None], within, static], axis=2).astype(np.float32)
    parts = [x, within.reshape(n, -1), beside.static]
    return np.concatenate(parts, axis=1).astype(np.float32)


def columns_ahead(beside: Beside, columns: ReadColumns, n_ahead: int, n_level: int) -> np.ndarray:
    """Return r and r - b of (1) for steps ahead, (n, H, 2 p), in single precision.

    The level of a window is of its last `n_level` values.
    """
    known = beside.around[:, :, list(columns.known)]
    T = known.shape[1] - n_ahead
    level = known[:, max(T - n_level, 0) : T].mean(axis=1, keepdims=True)
    ahead = known[:, T:]
    return np.concatenate([ahead, ahead - level], axis=2).astype(np.float32)


class AheadPath:
    """The part of (1) that reads the columns of the steps ahead.

    Parameters
    ----------
    weights : (K p + 3 K + 3 p,) array
        U, V and B, one after the other; views of it are what is computed with.
    n_known : int
        Columns (p).
    """

    def __init__(self, weights: np.ndarray, n_known: int) -> None:
        K, p = N_UNITS, n_known
        self.U, self.V, self.B = (
            part.reshape(shape)
            for part, shape in zip(
                np.split(weights, [K * p, K * p + 3 * K]), [(K, p), (3, K), (3, p)], strict=True
            )
        )

    def forward(self, outputs: np.ndarray, ahead: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the outputs (n, 3 H) of outputs (n, 3 H + K) of the network, and z (n, H, K)."""
        n, H, _ = ahead.shape
        p = self.U.shape[1]
        o, context = outputs[:, : 3 * H], outputs[:, 3 * H :]
        z = np.maximum(ahead[:, :, :p] @ self.U.T + context[:, None], 0.0)
        more = z @ self.V.T + ahead[:, :, p:] @ self.B.T  # (1)
        return o + more.transpose(0, 2, 1).reshape(n, -1), z

    def backward(
        self, d_outputs: np.ndarray, z: np.ndarray, ahead: np.ndarray, gradient: AheadPath
    ) -> np.ndarray:
        """Add the gradient by weights to `gradient`, and return that by the network's outputs."""
        n, H, _ = ahead.shape
        p = self.U.shape[1]
        d_more = np.ascontiguousarray(d_outputs.reshape(n, 3, H).transpose(0, 2, 1))
        flat = d_more.reshape(n * H, 3)
        d_z = np.where(z > 0.0, d_more @ self.V, 0.0)
        ahead = ahead.reshape(n * H, -1)
        gradient.U += d_z.reshape(n * H, -1).T @ ahead[:, :p]
        gradient.V += flat.T @ z.reshape(n * H, -1)
        gradient.B += flat.T @ ahead[:, p:]
        return np.concatenate([d_outputs, d_z.sum(axis=1)], axis=1)


class AheadLoss(NumberLoss):
    """A loss of outputs that have read columns ahead; the gradient of that path adds up in it.

    Parameters
    ----------
    loss : NumberLoss
        Of these outputs.
    path : AheadPath
    n_known : int
        Columns (p).
    """

    def __init__(self, loss: NumberLoss, weights: np.ndarray, n_known: int) -> None:
        self._loss, self._n_known = loss, n_known
        self._path = AheadPath(weights, n_known)
        self.gradient = np.zeros_like(weights)
        self._gradient = AheadPath(self.gradient, n_known)

    def value_and_gradient(
        self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray
    ) -> tuple[float, np.ndarray]:
        """Return the sum of losses and its gradient; the columns ahead end the targets."""
        n_ahead = (outputs.shape[1] - N_UNITS) // 3
        n_columns = 2 * self._n_known * n_ahead
        ahead = targets[:, -n_columns:].reshape(len(targets), n_ahead, -1)
        read, z = self._path.forward(outputs, ahead)
        value, d_read = self._loss.value_and_gradient(read, targets[:, :-n_columns], weights)
        return value, self._path.backward(d_read, z, ahead, self._gradient)


def initial_weights(n_known: int, random_state: np.random.RandomState) -> np.ndarray:
    """Draw U uniform of Glorot's width; V and B are 0, so that columns ahead say nothing yet."""
    weights = np.zeros(ReadColumns(tuple(range(n_known))).n_weights(), np.float32)
    width = np.sqrt(6.0 / (n_known + N_UNITS))
    weights[: N_UNITS * n_known] = random_state.uniform(-width, width, N_UNITS * n_known)
    return weights


def regression_start(targets: np.ndarray, changes: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return the row of B that points begin with: by least squares on all steps, (p,).

    Parameters
    ----------
    targets : (n, H) array
        In units of windows from their levels; NaN where unknown.
    changes : (n, H, p) array
        r - b of (1).
    points : (n, H) array
        What is said of the targets without columns.
    """
    is_known = ~np.isnan(targets)
    X, y = changes[is_known].astype(float), (targets - points)[is_known].astype(float)
    y = y - y.mean()
    X = X - X.mean(axis=0)
    gram = X.T @ X / len(X)
    return np.linalg.solve(gram + _RIDGE * np.eye(len(gram)), X.T @ y / len(X))
