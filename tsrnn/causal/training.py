"""Training of networks that read series whole: batches of real series, or of new ones each time.

A batch is read once, and its loss is the mean over all steps and all steps ahead whose values are
known. Long series are cut into pieces that train by themselves: each is read from the state that
the reading has come to, the network's own is that of a beginning, and its first steps are not
trained on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from tsrnn._compute.threads import NEVER_STOPPED, one_blas_thread
from tsrnn._input.ragged import rows_between
from tsrnn._input.sequences import Sequences
from tsrnn._optim.minibatch import Adam, Schedule
from tsrnn._optim.training import train as descend
from tsrnn._optim.watch import Hook, Plan, Training
from tsrnn._recurrent.engine import Engine
from tsrnn.causal.losses import CausalLoss
from tsrnn.causal.network import CausalSpec
from tsrnn.causal.readings import Read, Reading, ReadingState, SeriesBatch, Stretches


@dataclass(frozen=True)
class Course:
    """The course of a training: Adam, its rate rising at first and then falling along a cosine.

    Attributes
    ----------
    n_epochs : int
    batch_size : int
        Series, or pieces of them.
    learning_rate : float
    warmup_steps : int
        At most; no more than a tenth of all steps.
    clip_norm : float
        The longest gradient.
    average : float or None
        Momentum of the average of weights that is kept in place of the last ones.
    """

    n_epochs: int
    batch_size: int
    learning_rate: float = 0.003
    warmup_steps: int = 100
    clip_norm: float = 1.0
    average: float | None = None

    def plan(self, n_samples: int) -> Plan:
        """Return the plan of training on so many samples."""
        n_steps = self.n_epochs * -(-n_samples // self.batch_size)
        return Plan(
            Adam(self.learning_rate),
            self.batch_size,
            self.n_epochs,
            0.0,
            self.n_epochs + 1,
            clip_norm=self.clip_norm,
            ema_momentum=self.average,
            schedule=Schedule(n_steps, min(self.warmup_steps, n_steps // 10), falls=True),
            max_iter_is_meant=True,
        )


class Source(Protocol):
    """The place that batches come from."""

    @property
    def n_samples(self) -> int:
        """The number of samples in an epoch."""

    def gather(self, chosen: np.ndarray) -> Read:
        """Return what is read of some samples, with targets."""


@dataclass(frozen=True)
class Panel:
    """Pieces of series that are at hand.

    Attributes
    ----------
    reading : Reading
    stretches : Stretches
    state : ReadingState
        Before each.
    n_warm : (n,) int array
        Steps at the beginning of each that are not trained on.
    """

    reading: Reading
    stretches: Stretches
    state: ReadingState
    n_warm: np.ndarray

    @classmethod
    def of(
        cls, reading: Reading, series: SeriesBatch, longest: int | None = None, n_warm: int = 0
    ) -> Panel:
        """Cut series into pieces.

        Parameters
        ----------
        reading : Reading
        series : SeriesBatch
            The last value of each is no input: nothing follows it.
        longest : int, optional
            Steps of a piece at most, besides those that are not trained on.
        n_warm : int
            Steps at the beginning of a piece that are not trained on, but for those of the first
            piece of a series.
        """
        lengths = np.maximum(series.lengths - 1, 0)
        n_pieces = np.ones_like(lengths) if longest is None else -(-lengths // longest)
        n_pieces[lengths == 0] = 0
        which = np.repeat(np.arange(series.n_series), n_pieces)
        place = rows_between(np.zeros_like(n_pieces), n_pieces)
        # Counted from the end, so that what is shorter is at the beginning.
        stops = lengths[which] - (n_pieces[which] - 1 - place) * (longest or 0)
        starts = np.where(place > 0, stops - (longest or 0), 0)
        warm = np.where(place > 0, np.minimum(n_warm, starts), 0)
        starts = starts - warm
        first = series.offsets[:-1][which]
        static = series.static[which]
        stretches = Stretches(
            series.values,
            first + starts,
            first + stops,
            series.offsets[1:][which],
            series.periods[which],
            static,
        )
        state = reading.begin(stretches.periods, static)
        if starts.any():
            before = Stretches(
                series.values, first, first + starts, first + starts, stretches.periods, static
            )
            state = reading.read(before, state).state
        return cls(reading, stretches, state, warm)

    @property
    def n_samples(self) -> int:
        """The number of pieces."""
        return len(self.n_warm)

    def gather(self, chosen: np.ndarray) -> Read:
        """Return what is read of some pieces."""
        of_all = self.stretches
        some = Stretches(
            of_all.values,
            of_all.starts[chosen],
            of_all.stops[chosen],
            of_all.limits[chosen],
            of_all.periods[chosen],
            of_all.static[chosen],
        )
        read = self.reading.read(some, self.state.take(chosen), has_targets=True)
        warm = self.n_warm[chosen]
        if warm.any():
            read.targets[rows_between(read.offsets[:-1], warm), : self.reading.horizon] = np.nan
        return read


@dataclass(frozen=True)
class Stream:
    """Series that are new in each batch.

    Attributes
    ----------
    reading : Reading
    draw : callable
        (n) -> SeriesBatch of n series.
    n_samples : int
        Series of an epoch.
    """

    reading: Reading
    draw: Callable[[int], SeriesBatch]
    n_samples: int

    def gather(self, chosen: np.ndarray) -> Read:
        """Return what is read of as many new series."""
        return self.reading.read(Stretches.of(self.draw(len(chosen))), has_targets=True)


class _Objective:
    """The loss of samples that are gathered when they are asked for."""

    best_constant_loss = 0.0
    explosion = 1e3

    def __init__(
        self, spec: CausalSpec, engine: Engine, source: Source, loss: CausalLoss, stop: np.ndarray
    ) -> None:
        self.n_rows = self.n_samples = source.n_samples
        self.total_weight = float(source.n_samples)
        self._spec, self._engine, self._source = spec, engine, source
        self._loss, self._stop = loss, stop
        self.constant_loss = 1.0

    def loss(self, theta: np.ndarray, rows: np.ndarray) -> float:
        """Return the sum over samples."""
        read = self._source.gather(rows)
        outputs = self._engine.predict(theta, Sequences(read.inputs, read.offsets))
        weights = np.full(len(outputs), self._weight(read, len(rows)), theta.dtype)
        return self._loss.value_and_gradient(outputs, read.targets, weights)[0]

    def loss_and_gradient(self, theta: np.ndarray, rows: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the sum over samples, and its gradient."""
        if self._stop[0]:
            raise KeyboardInterrupt
        read = self._source.gather(rows)
        weights = np.full(len(rows), self._weight(read, len(rows)), theta.dtype)
        return self._engine.loss_and_gradient(
            theta,
            Sequences(read.inputs, read.offsets),
            np.arange(len(rows)),
            read.targets,
            weights,
            self._loss,
        )

    def _weight(self, read: Read, n: int) -> float:
        """Return what steps weigh: so their sum is n times the mean of those that are known."""
        H = self._spec.reading.horizon
        n_known = int(np.count_nonzero(~np.isnan(read.targets[:, :H])))
        return n * H / max(n_known, 1)


def train(
    spec: CausalSpec,
    source: Source,
    course: Course,
    loss: CausalLoss,
    *,
    seed: int = 0,
    theta: np.ndarray | None = None,
    hook: Hook | None = None,
    stop: np.ndarray = NEVER_STOPPED,
    n_jobs: int | None = 1,
) -> Training:
    """Train a network.

    Parameters
    ----------
    spec : CausalSpec
    source : Panel or Stream
    course : Course
    loss : CausalLoss
    seed : int
        Of the first weights and of the order of samples.
    theta : (K,) array, optional
        Weights to begin with; it is not written to.
    hook : callable, optional
        (theta, history) -> bool; called at the end of each epoch. True ends training.
    stop : (1,) int8 array
        Ends training by a KeyboardInterrupt once it is 1.
    n_jobs : int or None
        Threads; the result does not depend on it.

    Returns
    -------
    training : Training
        Its `theta` and `history`.

    Raises
    ------
    KeyboardInterrupt, TrainingDivergedError
    """
    training = Training(spec.initial(seed) if theta is None else theta.copy())
    with one_blas_thread(), spec.engine(n_jobs) as engine:
        objective = _Objective(spec, engine, source, loss, stop)
        descend(
            objective,
            training,
            course.plan(source.n_samples),
            np.random.RandomState(seed),
            hook=hook,
        )
    if training.was_interrupted:
        raise KeyboardInterrupt
    if training.error is not None:
        raise training.error
    return training
