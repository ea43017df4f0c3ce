"""Members: small networks that are trained on the windows of many series, each in its own way.

What they have in common is the engine of the sequence estimators, steps by Adam with a rate that
rises for the first steps and then falls to zero along a cosine, and the time that they take: about
as many samples are looked at whatever their number, unless they are few.
"""

from __future__ import annotations

from collections.abc import Callable
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
from tsrnn._optim.watch import Hook, Measure, Plan, Training
from tsrnn._recurrent.architecture import Architecture
from tsrnn._recurrent.engine import Engine
from tsrnn.exceptions import TrainingDivergedError
from tsrnn.forecasting.season import Seasons
from tsrnn.windows.columns import (
    N_UNITS,
    NO_COLUMNS,
    AheadLoss,
    AheadPath,
    Beside,
    ReadColumns,
    columns_ahead,
    initial_weights,
    network_inputs,
    regression_start,
)
from tsrnn.windows.lags import spreads_of
from tsrnn.windows.level_losses import LevelLoss, distance, first_biases, loss_of
from tsrnn.windows.readings import Reading
from tsrnn.windows.ridge import fit_ridge
from tsrnn.windows.samples import SampleColumns, Samples, filled, naive_scales, origins_of, padded
from tsrnn.windows.want import NothingToTrainOnError

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

# Samples that tell the floor beside networks: of windows of two weeks of hours it then takes some
# hundredths of the time that these do.
_ENOUGH_FOR_RIDGE = 50_000

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
    columns : ReadColumns
        What is read beside the values.
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
    columns: ReadColumns = NO_COLUMNS

    @property
    def n_inputs(self) -> int:
        """Numbers that are read of a window."""
        return self.window * (1 + self.columns.n_beside) + self.columns.n_static

    def architecture(self) -> Architecture | DenseArchitecture:
        """Return the shape of the network that reads windows."""
        columns = self.columns
        n_outputs = 3 * self.n_ahead + (N_UNITS if columns.known else 0)
        if self.kind in RECURRENT:
            n_inputs = 1 + columns.n_beside + columns.n_static
            return Architecture(self.kind, n_inputs, self.hidden_sizes, n_outputs)
        return DenseArchitecture(
            "relu", self.n_inputs, 1, self.hidden_sizes, n_outputs, bool(self.anchors)
        )

    @property
    def n_weights(self) -> int:
        """Weights of the network, and then of the path from columns ahead."""
        return self.architecture().n_parameters + self.columns.n_weights()

    def engine(self) -> Engine | DenseEngine:
        """Return what runs it, in one thread."""
        shape = self.architecture()
        kind: Any = Engine if self.kind in RECURRENT else DenseEngine
        return kind(shape, n_jobs=1)

    def initial(self) -> np.ndarray:
        """Draw weights to begin from, whose answer is the level, or the seasons' repetition."""
        shape, random_state = self.architecture(), np.random.RandomState(self.seed)
        theta = shape.initial(random_state, np.float32)
        weights = shape.unpack(theta)
        weights["W_yh"][:] = 0.0
        weights["b_y"][:] = 0.0
        if self.anchors:
            weights["W_yx"][: self.n_ahead, : self.window] = self._repetition()
        if not self.columns.known:
            return theta
        context = weights["W_yh"][3 * self.n_ahead :]
        width = np.sqrt(6.0 / sum(context.shape))
        context[:] = random_state.uniform(-width, width, context.shape)
        return np.concatenate([theta, initial_weights(len(self.columns.known), random_state)])

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
        "loss" of each epoch; and where the last horizon of each series was held back, its
        "val_loss".
    """

    spec: MemberSpec
    weights: np.ndarray
    n_samples: int
    history: dict[str, list[float]]

    def forecast(
        self,
        windows: np.ndarray,
        change: np.ndarray,
        seasons: Seasons | None,
        beside: Beside | None = None,
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
        beside : Beside or None
            What columns say of these windows, where they are read.

        Returns
        -------
        forecasts : (3, n, H) array
            The points, and the quantiles of levels `TAIL` and 1 - `TAIL`. Points that would lie
            below 0, and cannot, are lifted there, and their quantiles with them.
        """
        spec, T_all = self.spec, windows.shape[1]
        T, H = spec.window, spec.n_ahead
        seen = windows = windows[:, T_all - T :]
        if beside is not None:
            beside = beside.from_step(T_all - T)
        if spec.is_adjusted and seasons is not None:
            factor, offset = seasons.of_steps(T_all - T, T + H)
            windows = (windows - offset[:, :T]) / factor[:, :T]
        level, unit = spec.reading.level_and_unit(windows, change)
        x = spec.reading.inputs(windows, level, unit)
        o, o_low, o_high = np.split(self._outputs(x, beside), 3, axis=1)
        spread = spreads_of(windows, change)[:, None]
        points = level[:, None] + unit[:, None] * o
        ends = points - spread * distance(o_low), points + spread * distance(o_high)
        forecasts = np.stack([points, *ends])
        if spec.is_adjusted and seasons is not None:
            forecasts = forecasts * factor[:, T:] + offset[:, T:]
        return forecasts + spec.reading.below_zero(forecasts[0], seen)

    def _outputs(self, x: np.ndarray, beside: Beside | None) -> np.ndarray:
        spec = self.spec
        n_rows = max(1, _CHUNK // spec.n_inputs)
        parts = []
        with spec.engine() as engine:
            network = _Network(spec, engine)
            for start in range(0, len(x), n_rows):
                some = slice(start, start + n_rows)
                of_some = None if beside is None else beside.take(some)
                parts.append(network.predict(self.weights, x[some], of_some))
        return np.concatenate(parts).astype(float) if parts else np.empty((0, 3 * spec.n_ahead))


class _Network:
    """The network of a member, and the path from columns ahead if there is one.

    Attributes
    ----------
    spec : MemberSpec
    engine : Engine or DenseEngine
    n_own, n_known : int
        The size of the network's theta, what follows being the path's; columns known in advance.
    """

    def __init__(self, spec: MemberSpec, engine: Engine | DenseEngine) -> None:
        self.spec, self.engine = spec, engine
        self.n_own, self.n_known = spec.architecture().n_parameters, len(spec.columns.known)

    def predict(self, theta: np.ndarray, x: np.ndarray, beside: Beside | None) -> np.ndarray:
        """Return outputs, (n, 3 H), of windows read as x (n, T), and of what columns say."""
        sequences, ahead = self._sequences(x, beside), self.ahead(beside)
        outputs = self.engine.predict(theta[: self.n_own], sequences)
        if ahead is None:
            return outputs
        return AheadPath(theta[self.n_own :], self.n_known).forward(outputs, ahead)[0]

    def loss_and_gradient(
        self,
        theta: np.ndarray,
        x: np.ndarray,
        beside: Beside | None,
        context: np.ndarray,
        loss: LevelLoss,
    ) -> tuple[float, np.ndarray]:
        """Return the sum of losses, and its gradient."""
        every, weights = np.arange(len(x)), np.ones(len(x), np.float32)
        own, sequences, ahead = theta[: self.n_own], self._sequences(x, beside), self.ahead(beside)
        if ahead is None:
            return self.engine.loss_and_gradient(own, sequences, every, context, weights, loss)
        whole = AheadLoss(loss, theta[self.n_own :], self.n_known)
        context = np.concatenate([context, ahead.reshape(len(ahead), -1)], axis=1)
        value, gradient = self.engine.loss_and_gradient(
            own, sequences, every, context, weights, whole
        )
        return value, np.concatenate([gradient, whole.gradient])

    def ahead(self, beside: Beside | None) -> np.ndarray | None:
        """Return the columns of the steps ahead as they are read; None where there are none."""
        if beside is None or not self.n_known:
            return None
        return columns_ahead(
            beside, self.spec.columns, self.spec.n_ahead, self.spec.reading.n_level
        )

    def read(self, x: np.ndarray, beside: Beside | None) -> tuple[np.ndarray, np.ndarray | None]:
        """Return what is read of windows in a row, (n, N), and changes of columns, (n, H, p)."""
        ahead = self.ahead(beside)
        inputs = self._sequences(x, beside).values.reshape(len(x), -1)
        return inputs, None if ahead is None else ahead[:, :, self.n_known :]

    def _sequences(self, x: np.ndarray, beside: Beside | None) -> Sequences:
        columns = self.spec.columns
        if beside is not None and not columns.is_empty:
            x = network_inputs(x, beside, columns, by_step=self.spec.kind in RECURRENT)
        n, T = x.shape[:2]
        return Sequences(x.reshape(n * T, -1), np.arange(n + 1) * T, True)


def _some(n: int) -> np.ndarray:
    """Return an even choice among so many samples."""
    return np.unique(np.linspace(0, n - 1, _MEASURED).astype(np.int64))


class _Objective:
    """The sum of losses over samples that are gathered when they are asked for."""

    best_constant_loss = 0.0
    explosion = 1e3

    def __init__(
        self,
        network: _Network,
        samples: Samples,
        loss: LevelLoss,
        stop: np.ndarray,
    ) -> None:
        self.n_rows = self.n_samples = samples.n_samples
        self.total_weight = float(samples.n_samples)
        self.network, self._samples, self._loss, self._stop = network, samples, loss, stop
        chosen = _some(self.n_rows)
        _, context = samples.gather(chosen)
        nothing = np.zeros((len(chosen), 3 * samples.n_ahead), np.float32)
        value, _ = loss.value_and_gradient(nothing, context, np.ones(len(chosen)))
        self.constant_loss = max(value / len(chosen), 1e-12)

    def loss(self, theta: np.ndarray, rows: np.ndarray) -> float:
        """Return the sum over the rows."""
        total, n_rows = 0.0, max(1, _CHUNK // self.network.spec.n_inputs)
        for start in range(0, len(rows), n_rows):
            some = rows[start : start + n_rows]
            x, context = self._samples.gather(some)
            outputs = self.network.predict(theta, x, self._samples.beside(some))
            weights = np.ones(len(x), np.float32)
            total += self._loss.value_and_gradient(outputs, context, weights)[0]
        return total

    def loss_and_gradient(self, theta: np.ndarray, rows: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the sum over the rows, and its gradient."""
        if self._stop[0]:
            raise KeyboardInterrupt
        x, context = self._samples.gather(rows)
        beside = self._samples.beside(rows)
        return self.network.loss_and_gradient(theta, x, beside, context, self._loss)


def _begin_path(theta: np.ndarray, network: _Network, samples: Samples) -> None:
    """Let the path from columns ahead begin with what a regression on them says of points."""
    chosen = _some(samples.n_samples)
    x, context = samples.gather(chosen)
    beside = samples.beside(chosen)
    y, (b, u, *_) = context[:, :-4], context[:, -4:].T[:, :, None]
    H, p = network.spec.n_ahead, network.n_known
    o = network.predict(theta, x, beside)[:, :H]
    targets = np.where(u > 0.0, (y - b) / np.where(u > 0.0, u, 1.0), np.nan)
    ahead: Any = network.ahead(beside)
    path = AheadPath(theta[network.n_own :], p)
    path.B[0] = regression_start(targets, ahead[:, :, p:], o)


def _begin_quantiles(theta: np.ndarray, network: _Network, samples: Samples) -> None:
    """Write the biases with which quantiles begin at those of the errors before training."""
    chosen = _some(samples.n_samples)
    x, context = samples.gather(chosen)
    y, (b, u, _, v) = context[:, :-4], context[:, -4:].T[:, :, None]
    H = network.spec.n_ahead
    points = b + u * network.predict(theta, x, samples.beside(chosen))[:, :H]
    bias = network.spec.architecture().unpack(theta[: network.n_own])["b_y"]
    bias[H : 3 * H] = first_biases(y - points, v[:, 0])


def ridge_beside(spec: MemberSpec) -> MemberSpec:
    """Return ridge regression on the last windows that a network reads, enough for a linear map."""
    most = min(spec.most_samples, _ENOUGH_FOR_RIDGE)
    return replace(spec, kind="ridge", hidden_sizes=(), anchors=(), most_samples=most)


def samples_of(
    spec: MemberSpec,
    batch: Batch,
    seasons: Seasons | None,
    change: np.ndarray,
    static: np.ndarray | None = None,
    spare: int = 0,
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
    static : (N, S) array or None
        What static columns say of them, if these are read.
    spare : int
        Values at the end of each series that are no targets.
    """
    whole, period = _whole(spec, batch, seasons)
    for least in dict.fromkeys((spec.least, 2, 1)):  # of short series whatever there is
        origins = origins_of(whole, spec.window, spec.n_ahead, least, spec.most_samples, spare)
        if origins.size:
            break
    else:
        held = "early_stopping=True holds the last horizon of each series back, and " * bool(spare)
        raise NothingToTrainOnError(
            f"{held}no series has a value and horizon={spec.n_ahead} steps after it with an "
            "observed one to train on: set a shorter horizon, or give longer series"
        )
    # Constant series have no unit: their forecasts are their levels whatever is learned.
    varies = change[whole.series_of_row[origins]] > 0.0
    origins = origins[varies] if varies.any() else origins[:1]
    return _at(spec, whole, origins, period, change, static)


def held_back_of(
    spec: MemberSpec,
    batch: Batch,
    seasons: Seasons | None,
    change: np.ndarray,
    static: np.ndarray | None = None,
) -> Samples:
    """Return a sample of each series that changes: its last horizon, and the window before it."""
    whole, period = _whole(spec, batch, seasons)
    origins = origins_of(whole, spec.window, spec.n_ahead, 2, whole.values.size)
    origins = np.intersect1d(origins, whole.offsets[1:] - spec.n_ahead)
    origins = origins[change[whole.series_of_row[origins]] > 0.0]
    if not origins.size and change.any():
        raise NothingToTrainOnError(
            f"early_stopping=True judges training by the last horizon={spec.n_ahead} steps of each "
            "series, and no series that changes is long enough and has an observed value there: "
            "leave missing values at the ends out, or set early_stopping=False"
        )
    return _at(spec, whole, origins, period, change, static)


def _whole(spec: MemberSpec, batch: Batch, seasons: Seasons | None) -> tuple[Batch, int]:
    """Return the series as a member reads them, padded, and the period that they are filled by."""
    if spec.is_adjusted and seasons is not None:
        factor, offset = seasons.along(batch.offsets)
        batch = replace(batch, values=(batch.values - offset) / factor)
    period = spec.reading.period if spec.reading.center == "season" else 1
    return padded(batch, spec.window, period)[0], period


def _at(
    spec: MemberSpec,
    whole: Batch,
    origins: np.ndarray,
    period: int,
    change: np.ndarray,
    static: np.ndarray | None,
) -> Samples:
    scale = naive_scales(whole, spec.window, spec.reading.period, origins)
    of_origin = change[whole.series_of_row[origins]]
    values = filled(whole, period)
    return Samples(
        values,
        whole.values,
        origins,
        scale,
        of_origin,
        spec.window,
        spec.n_ahead,
        spec.reading,
        None if spec.columns.is_empty else SampleColumns(whole, static),
    )


def train_member(
    spec: MemberSpec,
    samples: Samples,
    naive: tuple[float, float],
    stop: np.ndarray,
    held_back: Samples | None = None,
    hook_of: Callable[[int], Hook] | None = None,
    before: Member | None = None,
) -> tuple[Member, Training]:
    """Train a network on samples, of which there is one at least.

    Parameters
    ----------
    spec : MemberSpec
    samples : Samples
    naive : tuple of two floats
        sMAPE and MASE of Naive2.
    stop : (1,) int8 array
        Ends training by a KeyboardInterrupt once it is 1: what there is after an epoch is kept.
    held_back : Samples or None
        What each epoch is judged by: the best one's weights are kept.
    hook_of : callable or None
        Gets the number of epochs, and returns what is called after each.
    before : Member or None
        Whose weights training goes on from.

    Returns
    -------
    member : Member
    training : Training
        How it has ended.

    Raises
    ------
    TrainingDivergedError
        If the loss is not finite, or the weights blow up.
    """
    n, loss = samples.n_samples, loss_of(spec.loss, naive)
    if not samples.change.any():  # there is nothing to learn, nor is anything forgotten
        known = Member(spec, spec.initial(), n, {"loss": [0.0]}) if before is None else before
        return known, Training(known.weights, known.history)
    history: dict[str, list[float]] = {} if before is None else before.history
    training = Training(
        spec.initial() if before is None else before.weights.copy(),
        {name: list(values) for name, values in history.items()},
    )
    if held_back is not None and before is not None:
        training.history.setdefault("val_loss", [np.nan] * training.n_epochs)
    with one_blas_thread(), spec.engine() as engine:
        network = _Network(spec, engine)
        objective = _Objective(network, samples, loss, stop)
        measure = None if held_back is None else _measure_of(network, held_back, loss, stop)
        if spec.kind == "ridge":
            _fit_in_closed_form(training, spec, samples, objective, measure)
        else:
            if before is None and spec.columns.known:
                _begin_path(training.theta, network, samples)
            if before is None:
                _begin_quantiles(training.theta, network, samples)
            plan = _plan_of(spec, n, holds_back=held_back is not None)
            descend(
                objective,
                training,
                plan,
                np.random.RandomState(spec.seed),
                measure=measure,
                hook=None if hook_of is None else hook_of(plan.max_iter),
                goes_on=before is not None,
            )
    if training.error is not None:
        raise _told_of_members(training.error, spec)
    if held_back is None and "val_loss" in training.history:
        n_more = training.n_epochs - len(training.history["val_loss"])
        training.history["val_loss"] += [np.nan] * n_more
    return Member(spec, training.theta, n, training.history), training


def _plan_of(spec: MemberSpec, n: int, *, holds_back: bool) -> Plan:
    """Say how a network is trained on so many samples."""
    batch_size = int(np.clip(n // _BATCHES, _SMALL_BATCH, _BATCH))
    n_batches = -(-n // batch_size)
    n_epochs = int(np.clip(round(spec.n_looked_at / n), 1, _MOST_EPOCHS))
    n_steps = n_epochs * n_batches
    warm_up = int(min(_WARM_UP, _SHARE_OF_WARM_UP * n_steps))
    return Plan(
        Adam(_RATES[spec.kind]),
        batch_size,
        n_epochs,
        0.0,
        n_epochs + 1,
        early_stopping=holds_back,
        clip_norm=_CLIP,
        schedule=Schedule(n_steps, warm_up, falls=True),
        max_iter_is_meant=True,
    )


def _measure_of(
    network: _Network, held_back: Samples, loss: LevelLoss, stop: np.ndarray
) -> Measure:
    """Make what measures the loss of what was held back."""
    objective = _Objective(network, held_back, loss, stop)
    rows = np.arange(held_back.n_samples)

    def measure(theta: np.ndarray) -> dict[str, float]:
        with np.errstate(over="ignore", invalid="ignore"):
            return {"val_loss": objective.loss(theta, rows) / len(rows)}

    return measure


def _told_of_members(error: TrainingDivergedError, spec: MemberSpec) -> TrainingDivergedError:
    """Say what to do where the rate of training, and its batches, are not the user's."""
    told = TrainingDivergedError(
        f"the training of a member ({spec.kind}, window {spec.window}) diverged at step "
        f"{error.step}, where the mean loss was {error.loss:g}: values of these series lie too "
        "many orders of magnitude from those before them, as seen in "
        f"units={spec.reading.units!r}. Take logarithms by TransformedForecaster around the "
        "forecaster, set other units, or leave such series out",
        step=error.step,
        loss=error.loss,
        gradient_norm=error.gradient_norm,
    )
    told.best_theta = error.best_theta
    return told


def _fit_in_closed_form(
    training: Training,
    spec: MemberSpec,
    samples: Samples,
    objective: _Objective,
    measure: Measure | None,
) -> None:
    """Fit what needs no training; its history has the one loss that it comes to."""
    network, H = objective.network, spec.n_ahead
    weights = spec.architecture().unpack(training.theta[: network.n_own])
    weights["W_yh"][: 3 * H], weights["b_y"][: 3 * H], path = fit_ridge(samples, network.read)
    if network.n_known:
        AheadPath(training.theta[network.n_own :], network.n_known).B[0] = path
    loss = objective.loss(training.theta, np.arange(samples.n_samples)) / samples.n_samples
    measured = {"loss": loss} | ({} if measure is None else measure(training.theta))
    training.history = {name: [value] for name, value in measured.items()}
