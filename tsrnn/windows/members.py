"""Members: small networks that are trained on the windows of many series, each in its own way.

What they have in common is the engine of the sequence estimators, steps by Adam with a rate that
rises for the first steps and then falls to zero along a cosine, and the time that they take: about
as many samples are looked at whatever their number, unless they are few.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from tsrnn._compute.threads import one_blas_thread
from tsrnn._dense.architecture import DenseArchitecture
from tsrnn._dense.engine import DenseEngine
from tsrnn._input.ragged import Batch
from tsrnn._input.sequences import Sequences
from tsrnn._optim.minibatch import Adam, Schedule
from tsrnn._optim.training import train as descend
from tsrnn._optim.watch import Plan, Training
from tsrnn._recurrent.architecture import Architecture
from tsrnn._recurrent.engine import Engine
from tsrnn.forecasting.season import Seasons
from tsrnn.windows.lags import spreads_of
from tsrnn.windows.level_losses import LevelLoss, distance, first_biases, loss_of
from tsrnn.windows.readings import Reading
from tsrnn.windows.ridge import fit_ridge
from tsrnn.windows.samples import Samples, filled, naive_scales, origins_of, padded

# The longest gradient.
_CLIP = 1.0

# Epochs at most: of 91 windows of a single series 300 steps or more forecast worse than 75.
_MOST_EPOCHS = 25

# Samples of a batch: at most, at least, and the share of all between these.
_BATCH, _SMALL_BATCH, _BATCHES = 512, 32, 16

# Steps in which the rate rises, and the share of all steps that these are at most.
_WARM_UP, _SHARE_OF_WARM_UP = 100, 0.1

_RATES = {"dense": 0.001, "gru": 0.003, "lstm": 0.003}

MemberKind = Literal["dense", "gru", "lstm", "ridge"]

# Networks that read a window step by step.
RECURRENT = ("gru", "lstm")

# Numbers that are read at a time, which bounds the memory that predictions take.
_CHUNK = 2**22

# Samples that the loss before training, and its errors, are known by.
_MEASURED = 4096


@dataclass(frozen=True)
class MemberSpec:
    """A network to train, and what on.

    Attributes
    ----------
    kind : {"dense", "gru", "lstm", "ridge"}
        The last is no network, but a linear map (see `tsrnn.windows.ridge`), and has no layers.
    hidden_sizes : tuple of int
    window, n_ahead : int
        Values that are read (T), and that are predicted (H).
    reading : Reading
    is_adjusted : bool
        Whether seasons are taken off before, and put back on.
    loss : {"smape", "mase", "owa"}
    least : int
        Values that a series has before the first origin.
    most_samples : int
    n_looked_at : int
        Samples that are looked at in all epochs together, about.
    anchors : tuple of int
        Periods of the seasons by whose repetition the linear path begins.
    seed : int
    """

    kind: str
    hidden_sizes: tuple[int, ...]
    window: int
    n_ahead: int
    reading: Reading
    is_adjusted: bool
    loss: str
    least: int
    most_samples: int
    n_looked_at: int
    anchors: tuple[int, ...]
    seed: int

    def architecture(self) -> Architecture | DenseArchitecture:
        """Return the shape of the network."""
        if self.kind in RECURRENT:
            return Architecture(self.kind, 1, self.hidden_sizes, 3 * self.n_ahead)
        linear = bool(self.anchors)
        return DenseArchitecture(
            "relu", self.window, 1, self.hidden_sizes, 3 * self.n_ahead, linear
        )

    def engine(self) -> Engine | DenseEngine:
        """Return what runs it, in one thread."""
        shape = self.architecture()
        kind: Any = Engine if self.kind in RECURRENT else DenseEngine
        return kind(shape, n_jobs=1)

    def initial(self) -> np.ndarray:
        """Draw weights to begin from, whose answer is the level, or the seasons' repetition."""
        shape = self.architecture()
        theta = shape.initial(np.random.RandomState(self.seed), np.float32)
        weights = shape.unpack(theta)
        weights["W_yh"][:] = 0.0
        weights["b_y"][:] = 0.0
        if self.anchors:
            weights["W_yx"][: self.n_ahead] = self._repetition()
        return theta

    def _repetition(self) -> np.ndarray:
        """Return the linear path (H, T) that repeats the last season, or the mean of two kinds.

        The longer of two seasons is repeated from the level of the shorter one before it.
        """
        path, steps, T = np.zeros((self.n_ahead, self.window)), np.arange(self.n_ahead), self.window
        first = self.anchors[0]
        path[steps, T - first + steps % first] = 1.0
        if len(self.anchors) == 2:
            second = self.anchors[1]
            path[steps, T - second + steps % second] += 1.0
            path[:, T - second - first : T - second] -= 1.0 / first
            path *= 0.5
        return path if self.reading.units == "std" else 0.5 * path  # (1) reads twice the logarithm


@dataclass(frozen=True)
class Member:
    """A trained network.

    Attributes
    ----------
    spec : MemberSpec
    weights : (K,) float32 array
    n_samples : int
        What it was trained on.
    history : dict
        "loss" of each epoch.
    """

    spec: MemberSpec
    weights: np.ndarray
    n_samples: int
    history: dict[str, list[float]]

    def forecast(
        self, windows: np.ndarray, change: np.ndarray, seasons: Seasons | None
    ) -> np.ndarray:
        """Predict what follows windows.

        Parameters
        ----------
        windows : (n, T') array
            T' at least T.
        change : (n,) array
            Mean changes of the series.
        seasons : Seasons or None
            Of the steps of each window, and on.

        Returns
        -------
        forecasts : (3, n, H) array
            The points, and the quantiles of levels `TAIL` and 1 - `TAIL`.
        """
        spec, T_all = self.spec, windows.shape[1]
        T, H = spec.window, spec.n_ahead
        windows = windows[:, T_all - T :]
        if spec.is_adjusted and seasons is not None:
            factor, offset = seasons.of_steps(T_all - T, T + H)
            windows = (windows - offset[:, :T]) / factor[:, :T]
        level, unit = spec.reading.level_and_unit(windows, change)
        x = spec.reading.inputs(windows, level, unit)
        o, o_low, o_high = np.split(self._outputs(x), 3, axis=1)
        spread = spreads_of(windows, change)[:, None]
        points = level[:, None] + unit[:, None] * o
        ends = points - spread * distance(o_low), points + spread * distance(o_high)
        forecasts = np.stack([points, *ends])
        if spec.is_adjusted and seasons is not None:
            forecasts = forecasts * factor[:, T:] + offset[:, T:]
        return forecasts

    def _outputs(self, x: np.ndarray) -> np.ndarray:
        n_rows = max(1, _CHUNK // x.shape[1])
        with self.spec.engine() as engine:
            parts = [
                engine.predict(self.weights, _sequences(x[start : start + n_rows]))
                for start in range(0, len(x), n_rows)
            ]
        return (
            np.concatenate(parts).astype(float) if parts else np.empty((0, 3 * self.spec.n_ahead))
        )


def _some(n: int) -> np.ndarray:
    """Return an even choice among so many samples."""
    return np.unique(np.linspace(0, n - 1, _MEASURED).astype(np.int64))


def _sequences(x: np.ndarray) -> Sequences:
    n, T = x.shape
    return Sequences(x.reshape(-1, 1), np.arange(n + 1) * T, True)


class _Objective:
    """The sum of losses over samples that are gathered when they are asked for."""

    best_constant_loss = 0.0
    explosion = 1e3

    def __init__(
        self,
        engine: Engine | DenseEngine,
        samples: Samples,
        loss: LevelLoss,
        stop: np.ndarray,
    ) -> None:
        self.n_rows = self.n_samples = samples.n_samples
        self.total_weight = float(samples.n_samples)
        self._engine, self._samples, self._loss, self._stop = engine, samples, loss, stop
        chosen = _some(self.n_rows)
        _, context = samples.gather(chosen)
        nothing = np.zeros((len(chosen), 3 * samples.n_ahead), np.float32)
        value, _ = loss.value_and_gradient(nothing, context, np.ones(len(chosen)))
        self.constant_loss = max(value / len(chosen), 1e-12)

    def loss(self, theta: np.ndarray, rows: np.ndarray) -> float:
        """Return the sum over the rows."""
        total, n_rows = 0.0, max(1, _CHUNK // self._samples.window)
        for start in range(0, len(rows), n_rows):
            x, context = self._samples.gather(rows[start : start + n_rows])
            outputs = self._engine.predict(theta, _sequences(x))
            weights = np.ones(len(x), np.float32)
            total += self._loss.value_and_gradient(outputs, context, weights)[0]
        return total

    def loss_and_gradient(self, theta: np.ndarray, rows: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the sum over the rows, and its gradient."""
        if self._stop[0]:
            raise KeyboardInterrupt
        x, context = self._samples.gather(rows)
        every, weights = np.arange(len(rows)), np.ones(len(rows), np.float32)
        return self._engine.loss_and_gradient(
            theta, _sequences(x), every, context, weights, self._loss
        )


def _begin_quantiles(
    theta: np.ndarray, spec: MemberSpec, engine: Engine | DenseEngine, samples: Samples
) -> None:
    """Write the biases with which quantiles begin at those of the errors before training."""
    chosen = _some(samples.n_samples)
    x, context = samples.gather(chosen)
    y, (b, u, _, v) = context[:, :-4], context[:, -4:].T[:, :, None]
    H = spec.n_ahead
    points = b + u * engine.predict(theta, _sequences(x))[:, :H]
    bias = spec.architecture().unpack(theta)["b_y"]
    bias[H:] = first_biases(y - points, v[:, 0])


def samples_of(
    spec: MemberSpec, batch: Batch, seasons: Seasons | None, change: np.ndarray
) -> Samples:
    """Return the samples of series that a member is trained on.

    Parameters
    ----------
    spec : MemberSpec
    batch : Batch
        Each series begins with an observed value.
    seasons : Seasons or None
        Of the first steps of the series.
    change : (N,) array
        Their mean changes.
    """
    if spec.is_adjusted and seasons is not None:
        factor, offset = seasons.along(batch.offsets)
        batch = replace(batch, values=(batch.values - offset) / factor)
    period = spec.reading.period if spec.reading.center == "season" else 1
    whole, _ = padded(batch, spec.window, period)
    for least in dict.fromkeys((spec.least, 2, 1)):  # of short series whatever there is
        origins = origins_of(whole, spec.window, spec.n_ahead, least, spec.most_samples)
        if origins.size:
            break
    else:
        raise ValueError(
            f"no series has a value and horizon={spec.n_ahead} steps after it with an observed one "
            "to train on: set a shorter horizon, or give longer series"
        )
    # Constant series have no unit: their forecasts are their levels whatever is learned.
    varies = change[whole.series_of_row[origins]] > 0.0
    origins = origins[varies] if varies.any() else origins[:1]
    scale = naive_scales(whole, spec.window, spec.reading.period, origins)
    of_origin = change[whole.series_of_row[origins]]
    values = filled(whole, period)
    return Samples(
        values, whole.values, origins, scale, of_origin, spec.window, spec.n_ahead, spec.reading
    )


def train_member(
    spec: MemberSpec, samples: Samples, naive: tuple[float, float], stop: np.ndarray
) -> Member:
    """Train a network on samples, of which there is one at least.

    Parameters
    ----------
    spec : MemberSpec
    samples : Samples
    naive : tuple of two floats
        sMAPE and MASE of Naive2.
    stop : (1,) int8 array
        Ends training by a KeyboardInterrupt once it is 1.
    """
    n = samples.n_samples
    if not samples.change.any():
        return Member(spec, spec.initial(), n, {"loss": [0.0]})
    if spec.kind == "ridge":
        return _closed_form(spec, samples, naive, stop)
    batch_size = int(np.clip(n // _BATCHES, _SMALL_BATCH, _BATCH))
    n_batches = -(-n // batch_size)
    n_epochs = int(np.clip(round(spec.n_looked_at / n), 1, _MOST_EPOCHS))
    n_steps = n_epochs * n_batches
    warm_up = int(min(_WARM_UP, _SHARE_OF_WARM_UP * n_steps))
    plan = Plan(
        Adam(_RATES[spec.kind]),
        batch_size,
        n_epochs,
        0.0,
        n_epochs + 1,
        clip_norm=_CLIP,
        schedule=Schedule(n_steps, warm_up, falls=True),
        max_iter_is_meant=True,
    )
    training = Training(spec.initial())
    with one_blas_thread(), spec.engine() as engine:
        _begin_quantiles(training.theta, spec, engine, samples)
        objective = _Objective(engine, samples, loss_of(spec.loss, naive), stop)
        descend(objective, training, plan, np.random.RandomState(spec.seed))
    if training.was_interrupted:
        raise KeyboardInterrupt
    if training.error is not None:
        raise training.error
    return Member(spec, training.theta, n, training.history)


def _closed_form(
    spec: MemberSpec, samples: Samples, naive: tuple[float, float], stop: np.ndarray
) -> Member:
    """Fit what needs no training; its history has the one loss that it comes to."""
    theta = spec.initial()
    weights = spec.architecture().unpack(theta)
    with one_blas_thread(), spec.engine() as engine:
        weights["W_yh"][:], weights["b_y"][:] = fit_ridge(samples)
        objective = _Objective(engine, samples, loss_of(spec.loss, naive), stop)
        loss = objective.loss(theta, np.arange(samples.n_samples)) / samples.n_samples
    return Member(spec, theta, samples.n_samples, {"loss": [loss]})
