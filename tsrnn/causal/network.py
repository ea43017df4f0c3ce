"""Networks that read whole series, what they forecast at the end, and how they go on from there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from tsrnn._compute.threads import one_blas_thread
from tsrnn._input.ragged import rows_between
from tsrnn._input.sequences import Sequences
from tsrnn._recurrent.architecture import Architecture
from tsrnn._recurrent.engine import Engine
from tsrnn._recurrent.pieces import LayerStates
from tsrnn.causal.losses import CausalLoss
from tsrnn.causal.readings import Read, Reading, ReadingState, SeriesBatch, Stretches

# Numbers of inputs that are made at a time, which bounds the memory that reading takes.
_NUMBERS = 2**24


@dataclass(frozen=True)
class CausalSpec:
    """A network that reads series whole.

    Attributes
    ----------
    reading : Reading
    levels : tuple of float
        Of the quantiles that it says, ascending, 1/2 among them.
    cell : {"gru", "lstm"}
    hidden_sizes : tuple of int
    has_linear_path : bool
        Whether inputs lead to the outputs of their step by a path of their own.
    """

    reading: Reading
    levels: tuple[float, ...] = (0.025, 0.5, 0.975)
    cell: str = "gru"
    hidden_sizes: tuple[int, ...] = (32,)
    has_linear_path: bool = True

    @property
    def middle(self) -> int:
        """The place of the median among the levels."""
        return self.levels.index(0.5)

    @cached_property
    def architecture(self) -> Architecture:
        """The shape of the network."""
        n_inputs = self.reading.n_inputs
        return Architecture(
            self.cell,
            n_inputs,
            self.hidden_sizes,
            self.reading.horizon * len(self.levels),
            n_linear=n_inputs if self.has_linear_path else 0,
        )

    def engine(self, n_jobs: int | None = 1) -> Engine:
        """Return what trains it."""
        return Engine(self.architecture, n_jobs=n_jobs, return_sequences=True)

    def initial(self, seed: int, dtype: np.dtype | type = np.float32) -> np.ndarray:
        """Draw weights to begin from, whose medians are the anchors."""
        theta = self.architecture.initial(np.random.RandomState(seed), dtype)
        self.architecture.unpack(theta)["W_yh"][:] = 0.0
        return theta


@dataclass(frozen=True)
class CausalNetwork:
    """A trained network.

    Attributes
    ----------
    spec : CausalSpec
    weights : (K,) float32 array
    """

    spec: CausalSpec
    weights: np.ndarray

    def begin(self, periods: np.ndarray, static: np.ndarray | None = None) -> CausalState:
        """Return the states of series of which nothing has been read.

        Parameters
        ----------
        periods : (N,) int array
        static : (N, k) array, optional
        """
        if static is None:
            static = np.zeros((len(periods), 0))
        reading = self.spec.reading.begin(periods, static)
        cell, dtype = self.spec.architecture.network_cell, self.weights.dtype
        n = len(periods)
        layers = [
            (np.zeros((n, D), dtype), np.zeros((n, D if cell.has_c else 0), dtype))
            for D in self.spec.hidden_sizes
        ]
        outputs = np.zeros((n, self.spec.architecture.n_outputs), dtype)
        return CausalState(self, reading, layers, outputs)

    def read(self, series: SeriesBatch, n_jobs: int | None = 1) -> CausalState:
        """Return the states at the ends of series."""
        state = self.begin(series.periods, series.static)
        return state.advance(series.values, series.offsets, n_jobs)

    def along(
        self, series: SeriesBatch, state: CausalState | None = None, n_jobs: int | None = 1
    ) -> tuple[CausalState, np.ndarray]:
        """Read series, and say how each step was forecast from the one before.

        Parameters
        ----------
        series : SeriesBatch
        state : CausalState, optional
            Before their first steps; that of series of which nothing has been read where there is
            none.
        n_jobs : int or None

        Returns
        -------
        state : CausalState
            After their last steps.
        ahead : (R, Q) array
            Quantiles of the value of each step; NaN where nothing was known before it.
        """
        if state is None:
            state = self.begin(series.periods, series.static)
        return state.follow(series.values, series.offsets, n_jobs)


@dataclass(frozen=True)
class CausalState:
    """Series at the end of what was seen of them.

    Attributes
    ----------
    network : CausalNetwork
    reading : ReadingState
    layers : list of (h, c)
        Of each layer the states, (N, D).
    outputs : (N, H Q) array
        What the network says at the last step.
    """

    network: CausalNetwork
    reading: ReadingState
    layers: LayerStates
    outputs: np.ndarray

    @property
    def n_series(self) -> int:
        """The number of series (N)."""
        return self.reading.n_series

    def take(self, series: np.ndarray) -> CausalState:
        """Return the states of the series at these positions."""
        return replace(
            self,
            reading=self.reading.take(series),
            layers=[(h[series], c[series]) for h, c in self.layers],
            outputs=self.outputs[series],
        )

    @property
    def units(self) -> np.ndarray:
        """The units s of the series, (N,); 0 of those that have been constant."""
        return self.network.spec.reading.units(self.reading)

    def within(self) -> np.ndarray:
        """Return quantiles of the next H values, (N, H, Q); NaN of what has not begun."""
        spec = self.network.spec
        said = CausalLoss(spec.levels).quantiles(self.outputs.astype(float))
        unit = spec.reading.unit_of_steps(self.units)
        return spec.reading.anchors(self.reading)[:, :, None] + unit[:, :, None] * said

    def forecast(self, horizon: int, n_jobs: int | None = 1) -> np.ndarray:
        """Return quantiles of the next values, (N, horizon, Q).

        Beyond the H steps that the network says at once it goes on from their medians; the
        distances of other quantiles from these grow as those of a random walk.
        """
        H, middle = self.network.spec.reading.horizon, self.network.spec.middle
        parts, state, n_done = [self.within()], self, H
        last = parts[0][:, -1:] - parts[0][:, -1:, middle : middle + 1]
        while n_done < horizon:
            medians = parts[-1][:, :, middle]
            offsets = np.arange(self.n_series + 1) * medians.shape[1]
            state = state.advance(np.ascontiguousarray(medians).ravel(), offsets, n_jobs)
            medians = state.within()[:, :, middle]
            growth = np.sqrt(np.arange(n_done + 1, n_done + H + 1) / H)
            parts.append(medians[:, :, None] + growth[:, None] * last)
            n_done += H
        return np.concatenate(parts, axis=1)[:, :horizon]

    def advance(
        self, values: np.ndarray, offsets: np.ndarray, n_jobs: int | None = 1
    ) -> CausalState:
        """Return the states after further values (R,) of each series, none of some perhaps."""
        return self._read(values, offsets, n_jobs, by_step=False)[0]

    def follow(
        self, values: np.ndarray, offsets: np.ndarray, n_jobs: int | None = 1
    ) -> tuple[CausalState, np.ndarray]:
        """Return the states after further values, and quantiles of each, (R, Q), before it."""
        return self._read(values, offsets, n_jobs, by_step=True)

    def _read(
        self, values: np.ndarray, offsets: np.ndarray, n_jobs: int | None, *, by_step: bool
    ) -> tuple[CausalState, np.ndarray]:
        lengths = np.diff(offsets)
        ahead = np.full((len(values) if by_step else 0, len(self.network.spec.levels)), np.nan)
        after = replace(
            self,
            reading=self.reading.take(np.arange(self.n_series)),
            layers=[(h.copy(), c.copy()) for h, c in self.layers],
            outputs=self.outputs.copy(),
        )
        chunk = max(1, _NUMBERS // self.network.spec.reading.n_inputs)
        going = np.flatnonzero(lengths > 0)
        turns = (np.cumsum(lengths[going]) - 1) // chunk
        with one_blas_thread(), self.network.spec.engine(n_jobs) as engine:
            for turn in np.unique(turns).tolist():
                some = going[turns == turn]
                part = _Part(values, offsets[:-1][some], offsets[1:][some], some)
                self._read_part(engine, part, after, ahead)
        return after, ahead

    def _read_part(
        self, engine: Engine, part: _Part, after: CausalState, ahead: np.ndarray
    ) -> None:
        """Read some series on, and write what they come to."""
        network, own = self.network, self.take(part.series)
        reading, by_step = network.spec.reading, bool(len(ahead))
        stretches = Stretches(
            part.values,
            part.starts,
            part.stops,
            part.stops,
            own.reading.periods,
            own.reading.static,
        )
        read = reading.read(stretches, own.reading, dtype=network.weights.dtype)
        sequences = Sequences(read.inputs, read.offsets)
        top, layers = engine.read_on(
            network.weights, sequences, own.layers, by_step=bool(len(ahead))
        )
        last = read.offsets[1:] - 1
        if by_step:
            rows = rows_between(part.starts, part.stops - part.starts)
            ahead[rows] = self._one_step(own, read, top)
            top = top[last]
        after.outputs[part.series] = self._outputs(top, read.inputs[last], slice(None))
        after.reading.ring[part.series] = read.state.ring
        after.reading.numbers[part.series] = read.state.numbers
        for (h, c), (own_h, own_c) in zip(after.layers, layers, strict=True):
            h[part.series], c[part.series] = own_h, own_c

    def _one_step(self, own: CausalState, read: Read, top: np.ndarray) -> np.ndarray:
        """Return quantiles of the value of each step, (R, Q), said at the step before it."""
        loss = CausalLoss(self.network.spec.levels)
        said = self._outputs(top, read.inputs, slice(0, len(loss.levels))).astype(float)
        anchor, unit = read.ahead.T
        after_each = anchor[:, None] + unit[:, None] * loss.quantiles(said)[:, 0]
        before = np.empty_like(after_each)
        before[1:] = after_each[:-1]
        before[read.offsets[:-1]] = own.within()[:, 0]
        return before

    def _outputs(self, top: np.ndarray, inputs: np.ndarray, which: slice) -> np.ndarray:
        """Return what the network says, given the last layer's states and inputs of some steps."""
        weights = self.network.spec.architecture.unpack(self.network.weights)
        outputs = top @ weights["W_yh"][which].T + weights["b_y"][which]
        if self.network.spec.has_linear_path:
            outputs += inputs @ weights["W_yx"][which].T
        return outputs


@dataclass(frozen=True)
class _Part:
    """Some series that are read together: their rows among all, and which they are."""

    values: np.ndarray
    starts: np.ndarray
    stops: np.ndarray
    series: np.ndarray
