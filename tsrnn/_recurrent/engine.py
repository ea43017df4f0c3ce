"""Networks at work: predictions, losses and gradients of many sequences at once, in threads.

Sequences are placed on tapes (see `tape`), and a tape is what one thread works on at a time: up
through the layers, through the head and the loss, and down again. Tapes are cut and their
gradients added up in an order that the data alone decide, so that results are the same to the last
bit whatever the number of threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
from joblib import effective_n_jobs

from tsrnn._network_cell import code_of
from tsrnn._ragged import rows_between
from tsrnn._recurrent.architecture import Architecture, LayerShape
from tsrnn._recurrent.products import LayerProducts, layer_products
from tsrnn._recurrent.scan import _backward, _forward, _move_rows, _move_steps
from tsrnn._recurrent.tape import Tape, lay_tapes
from tsrnn._scan import writable
from tsrnn._sequences import Sequences
from tsrnn._simd import n_lanes_of, tile_shape
from tsrnn._threads import one_blas_thread

# What a tape should take at least: a tenth of a millisecond or two, against which handing it to a
# thread costs little.
_TAPE_FLOPS = 1e7

# No call into a kernel lasts longer than some hundredths of a second: an interruption waits for it.
_CALL_FLOPS = 5e8

# Bytes of a tape whose weight gradient is taken at a time: they stay in a core's own cache.
_PIECE_BYTES = 2**18

# Bytes that the slabs of one tape may take.
_TAPE_BYTES = 2**27


class NetworkLoss(Protocol):
    """A loss of raw outputs, summed over rows."""

    def value_and_gradient(
        self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray
    ) -> tuple[float, np.ndarray]:
        """Return the weighted sum of losses, and its gradient with respect to the outputs."""


@dataclass(frozen=True)
class _Layer:
    """One layer in one direction: its shape, its products, and where its h_init is in theta."""

    shape: LayerShape
    products: LayerProducts
    h_init: np.ndarray | None


class _Weights:
    """The weights of a layer in the order in which kernels read them."""

    def __init__(self, layer: _Layer, theta: np.ndarray) -> None:
        self.forward = theta[layer.products.forward.order]
        self.to_state = theta[layer.products.to_state.order]
        self.to_input = theta[layer.products.to_input.order]
        self.h_init = (
            np.zeros(layer.shape.n_hidden, theta.dtype)
            if layer.h_init is None
            else theta[layer.h_init]
        )


class _Workspace:
    """Arrays that are used again: fresh memory costs more than what is done with it here."""

    def __init__(self, dtype: np.dtype) -> None:
        self._dtype = dtype
        self._arrays: dict[Any, np.ndarray] = {}

    def array(self, name: Any, *shape: int) -> np.ndarray:
        """Return an array of this shape, whatever is in it."""
        size = int(np.prod(shape))
        flat = self._arrays.get(name)
        if flat is None or flat.size < size:
            flat = self._arrays[name] = np.empty(max(size, 1), self._dtype)
        return flat[:size].reshape(shape)


class Engine:
    """Runs a network forwards and backwards over sequences.

    Used in a `with` block, it keeps threads between calls and BLAS to one thread.

    Parameters
    ----------
    architecture : Architecture
    n_jobs : int or None
        Threads, as joblib counts them.
    bptt_steps : int or None
        Cut gradients at every so many steps of a sequence.
    return_sequences : bool
        Whether there is an output at every step, or one for a sequence.
    """

    def __init__(
        self,
        architecture: Architecture,
        *,
        n_jobs: int | None = None,
        bptt_steps: int | None = None,
        return_sequences: bool = False,
    ) -> None:
        self.architecture = architecture
        self.bptt_steps = bptt_steps
        self.return_sequences = return_sequences
        self.n_threads = effective_n_jobs(n_jobs)
        self._cell = architecture.network_cell
        self._layers = tuple(self._lay_out())
        self._workspaces: list[_Workspace] = []
        self._resources = ExitStack()
        self._pool: ThreadPoolExecutor | None = None

    def __enter__(self) -> Self:
        """Hold BLAS to one thread."""
        self._resources.enter_context(one_blas_thread())
        return self

    def __exit__(self, *exception: object) -> None:
        """Let threads go."""
        self.close()

    def close(self) -> None:
        """Let threads go, and BLAS have its own again."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None
        self._resources.close()

    def predict(self, theta: np.ndarray, sequences: Sequences) -> np.ndarray:
        """Return raw outputs, (N, m), or (R, m) with one for each step."""
        W_yh, b_y = self._head(theta)
        return self._read_all(theta, sequences, self.return_sequences) @ W_yh.T + b_y

    def hidden_states(self, theta: np.ndarray, sequences: Sequences) -> np.ndarray:
        """Return the last layer's states at all steps, (R, D)."""
        return self._read_all(theta, sequences, True)

    def loss_and_gradient(
        self,
        theta: np.ndarray,
        sequences: Sequences,
        rows: np.ndarray,
        targets: np.ndarray,
        weights: np.ndarray,
        loss: NetworkLoss,
    ) -> tuple[float, np.ndarray]:
        """Return the weighted sum of losses over some sequences, and its gradient.

        Parameters
        ----------
        theta : (K,) array
        sequences : Sequences
        rows : (n,) int array
            Which of the sequences.
        targets : (N,) or (N, m) array, (R,) or (R, m) with one for each step
            Of all sequences.
        weights : (N,) array
            Of all sequences; with one output for each step they count for every step.
        loss : NetworkLoss

        Returns
        -------
        loss : float
        gradient : (K,) array
        """
        values = writable(sequences.values)
        packed = [[_Weights(layer, theta) for layer in directions] for directions in self._layers]

        def work(tape: Tape) -> tuple[float, np.ndarray]:
            with _borrowed_workspace(self._workspaces, theta.dtype) as workspace:
                run = _Run(self, packed, values, tape, workspace, trains=True)
                run.forward(keeps_steps=self.return_sequences)
                return run.backward(theta, targets, weights, loss)

        results = self._each(work, self._tapes(sequences, rows, trains=True))
        gradient = results[0][1]
        for _, other in results[1:]:
            gradient += other
        return sum(value for value, _ in results), gradient

    def gradient_norms(
        self,
        theta: np.ndarray,
        sequences: Sequences,
        targets: np.ndarray,
        weights: np.ndarray,
        loss: NetworkLoss,
    ) -> np.ndarray:
        """Return norms of the gradient of the loss with respect to states, by lag.

        Returns
        -------
        norms : (n_layers, longest) array
            Column k is the root of the sum, over all sequences that are so long (and both
            directions), of the squared gradient with respect to the state k steps before the last
            one read.
        """
        values = writable(sequences.values)
        packed = [[_Weights(layer, theta) for layer in directions] for directions in self._layers]
        longest = int(sequences.lengths.max())

        def work(tape: Tape) -> np.ndarray:
            with _borrowed_workspace(self._workspaces, theta.dtype) as workspace:
                run = _Run(self, packed, values, tape, workspace, trains=True)
                run.forward(keeps_steps=self.return_sequences)
                run.backward(theta, targets, weights, loss, keeps_norms=True)
                return run.squares_by_lag(longest)

        rows = np.arange(sequences.n_sequences)
        return np.sqrt(sum(self._each(work, self._tapes(sequences, rows, trains=True))))

    def _lay_out(self) -> Iterator[tuple[_Layer, ...]]:
        architecture = self.architecture
        positions = architecture.unpack(np.arange(architecture.n_parameters))
        for directions in architecture.layers:
            layers = []
            for shape in directions:
                own = {
                    weight.name: positions[weight.name + shape.suffix]
                    for weight in architecture.layer_parameters(shape)
                }
                products = layer_products(self._cell, own, tile_shape())
                layers.append(_Layer(shape, products, own.get("h_init")))
            yield tuple(layers)

    def _head(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        m, D = self.architecture.n_outputs, self.architecture.n_features_out
        return theta[-m * (D + 1) : -m].reshape(m, D), theta[-m:]

    def flops_per_step(self) -> float:
        """Multiplications and additions of one step of one sequence, forward and backward."""
        return 6.0 * sum(
            layer.products.forward.order.size for directions in self._layers for layer in directions
        )

    def _bytes_per_step(self, dtype: np.dtype) -> int:
        n_lanes = n_lanes_of(dtype)
        return (
            dtype.itemsize
            * n_lanes
            * sum(
                layer.shape.n_inputs * 2 + layer.shape.n_hidden * (self._cell.n_saved + 5)
                for directions in self._layers
                for layer in directions
            )
        )

    def _tapes(self, sequences: Sequences, rows: np.ndarray, *, trains: bool) -> list[Tape]:
        """Place sequences on as many tapes as are worth a thread's while."""
        n_lanes = n_lanes_of(sequences.dtype)
        lengths = sequences.offsets[rows + 1] - sequences.offsets[rows]
        n_steps = int(lengths.sum())
        work = n_steps * self.flops_per_step() / _TAPE_FLOPS
        memory = n_steps / n_lanes * self._bytes_per_step(sequences.dtype) / _TAPE_BYTES
        most = -(-len(rows) // n_lanes)
        n_tapes = min(most, max(2, round(work if trains else work / 3.0), int(np.ceil(memory))))
        return lay_tapes(rows, sequences.offsets, n_tapes, n_lanes)

    def _read_all(self, theta: np.ndarray, sequences: Sequences, by_step: bool) -> np.ndarray:
        """Return the top layer's states: at the end of each sequence, (N, D), or at all steps."""
        values = writable(sequences.values)
        packed = [[_Weights(layer, theta) for layer in directions] for directions in self._layers]
        n_rows = sequences.n_steps if by_step else sequences.n_sequences
        states = np.empty((n_rows, self.architecture.n_features_out), theta.dtype)

        def work(tape: Tape) -> None:
            with _borrowed_workspace(self._workspaces, theta.dtype) as workspace:
                run = _Run(self, packed, values, tape, workspace, trains=False)
                run.forward(keeps_steps=by_step)
                states[run.rows if by_step else tape.sequences] = run.top()

        rows = np.arange(sequences.n_sequences)
        for _ in self._each(work, self._tapes(sequences, rows, trains=False)):
            pass
        return states

    def _each(self, work: Callable[[Tape], Any], tapes: Sequence[Tape]) -> list[Any]:
        """Do work on every tape, in threads, this one among them."""

        def quietly(tape: Tape) -> Any:
            # Numpy's settings belong to a thread. What overflows is told by a loss of infinity.
            with np.errstate(over="ignore", invalid="ignore"):
                return work(tape)

        n_threads = min(self.n_threads, len(tapes))
        if n_threads <= 1:
            return [quietly(tape) for tape in tapes]
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self.n_threads - 1)
        results: list[Any] = [None] * len(tapes)
        numbers = iter(range(len(tapes)))

        def drain() -> None:
            for i in numbers:
                results[i] = quietly(tapes[i])

        helpers = [self._pool.submit(drain) for _ in range(n_threads - 1)]
        try:
            drain()
        finally:
            # After a failure or an interruption, what has not begun is not worth waiting for.
            for _ in numbers:
                pass
            for helper in helpers:
                helper.result()
        return results


class _borrowed_workspace:
    """A workspace for the length of a block: one that is free, or a new one."""

    def __init__(self, free: list[_Workspace], dtype: np.dtype) -> None:
        self._free, self._dtype = free, dtype

    def __enter__(self) -> _Workspace:
        try:
            self._workspace = self._free.pop()
        except IndexError:
            self._workspace = _Workspace(self._dtype)
        return self._workspace

    def __exit__(self, *exception: object) -> None:
        self._free.append(self._workspace)


class _Run:
    """One tape on its way through the layers and back."""

    def __init__(
        self,
        engine: Engine,
        packed: list[list[_Weights]],
        values: np.ndarray,
        tape: Tape,
        workspace: _Workspace,
        *,
        trains: bool,
    ) -> None:
        self.engine = engine
        self.cell = engine._cell
        self.packed = packed
        self.values = values
        self.tape = tape
        self.workspace = workspace
        self.trains = trains
        self.code = code_of(values.dtype)
        self.n_lanes = tape.n_lanes
        self.none = np.empty((0, 0, self.n_lanes), values.dtype)
        self.no_steps = np.empty((0, 0), values.dtype)
        self.slabs: dict[tuple[int, int], dict[str, np.ndarray]] = {}
        self.steps_per_call = max(1, int(3 * _CALL_FLOPS / engine.flops_per_step() / self.n_lanes))

    @property
    def rows(self) -> np.ndarray:
        """The steps of the tape's sequences among those of all, one sequence after the other."""
        return rows_between(self.tape.first_row, self.tape.length)

    def _tape(self, direction: int) -> Tape:
        return self.tape.reversed if direction else self.tape

    def forward(self, *, keeps_steps: bool) -> None:
        """Go up through the layers; `keeps_steps` of the top one, too."""
        self.keeps_steps = keeps_steps
        n_layers = len(self.engine._layers)
        for i, directions in enumerate(self.engine._layers):
            for d, layer in enumerate(directions):
                self._forward_layer(i, d, layer, keeps_steps or i + 1 < n_layers)

    def _forward_layer(self, i: int, d: int, layer: _Layer, keeps_steps: bool) -> None:
        shape, tape, dtype = layer.shape, self._tape(d), self.values.dtype
        T, D, n_lanes, cell = tape.n_steps, shape.n_hidden, self.n_lanes, self.cell
        array = lambda name, *shape: self.workspace.array((name, i, d), *shape, n_lanes)  # noqa: E731
        full = self.trains or i > 0
        slabs = {
            "u": array("u", T + 1 if full else 2, shape.n_inputs + 1 + D),
            "gates": array("gates", T if self.trains else 1, cell.n_saved * D),
            "c": array("c", T + 1 if self.trains else 2, D) if cell.has_c else array("c", 1, 0),
            "out": array("out", T, D) if keeps_steps else self.none,
            "last": np.empty((len(tape.sequences), D), dtype),
        }
        self.slabs[i, d] = slabs
        u = slabs["u"]
        weights = self.packed[i][d]
        u[0, shape.n_inputs + 1 :] = weights.h_init[:, None]
        slabs["c"][0] = 0.0
        if i > 0:
            self._read_layer_below(i, d, u)
        cursor, rows = np.zeros(2, np.int64), np.zeros(n_lanes, np.int64)
        for begin in range(0, T, self.steps_per_call):
            span = np.array([begin, min(begin + self.steps_per_call, T), -1 if d else 1])
            _forward[self.code](
                cell.step[self.code].address,
                weights.forward,
                layer.products.forward.panels,
                self.values if i == 0 else self.no_steps,
                self.no_steps,
                _NO_TOKENS,
                tape.begins,
                tape.ends,
                tape.n_active,
                span,
                cursor,
                rows,
                u,
                slabs["gates"],
                slabs["c"],
                slabs["out"],
                slabs["last"],
                weights.h_init,
            )

    def _read_layer_below(self, i: int, d: int, u: np.ndarray) -> None:
        """Copy what the layer below gave to the operands of this one."""
        first = 0
        for below in range(len(self.engine._layers[i - 1])):
            out = self.slabs[i - 1, below]["out"]
            _move_rows[self.code](out, 0, u, first, out.shape[1], below != d, False)
            first += out.shape[1]

    def top(self) -> np.ndarray:
        """Return what the head reads: (n, D), or one row for each step."""
        top = len(self.engine._layers) - 1
        n_directions = len(self.engine._layers[top])
        if not self.keeps_steps:
            parts = [self.slabs[top, d]["last"] for d in range(n_directions)]
            return parts[0] if n_directions == 1 else np.concatenate(parts, axis=1)
        D = self.engine.architecture.hidden_sizes[-1]
        steps = np.empty((int(self.tape.length.sum()), D * n_directions), self.values.dtype)
        for d in range(n_directions):
            self._move_steps(self.slabs[top, d]["out"], d, steps, d * D, False)
        return steps

    def _move_steps(
        self, slabs: np.ndarray, d: int, steps: np.ndarray, first: int, writes_slabs: bool
    ) -> None:
        tape = self._tape(d)
        _move_steps[self.code](
            slabs, tape.lane, tape.start, tape.length, bool(d), steps, first, writes_slabs
        )

    def backward(
        self,
        theta: np.ndarray,
        targets: np.ndarray,
        weights: np.ndarray,
        loss: NetworkLoss,
        *,
        keeps_norms: bool = False,
    ) -> tuple[float, np.ndarray]:
        """Go through the head and the loss, and down: the loss, and its gradient, (K,)."""
        engine = self.engine
        gradient = np.zeros(theta.size, theta.dtype)
        W_yh, b_y = engine._head(theta)
        top = self.top()
        outputs = top @ W_yh.T + b_y
        which, own_weights = self.tape.sequences, weights[self.tape.sequences]
        if self.keeps_steps:
            which, own_weights = self.rows, np.repeat(own_weights, self.tape.length)
        value, d_outputs = loss.value_and_gradient(outputs, targets[which], own_weights)
        d_W_yh, d_b_y = engine._head(gradient)
        d_W_yh[:] = d_outputs.T @ top
        d_b_y[:] = d_outputs.sum(axis=0)
        d_top = d_outputs @ W_yh
        self._spread(d_top)
        self.norms: dict[tuple[int, int], np.ndarray] = {}
        for i in reversed(range(len(engine._layers))):
            for d, layer in enumerate(engine._layers[i]):
                self._backward_layer(i, d, layer, gradient, keeps_norms)
        return value, gradient

    def _spread(self, d_top: np.ndarray) -> None:
        """Hand the gradient with respect to what the head reads to the top layer."""
        top = len(self.engine._layers) - 1
        D = self.engine.architecture.hidden_sizes[-1]
        for d in range(len(self.engine._layers[top])):
            slabs = self.slabs[top, d]
            if self.keeps_steps:
                slabs["d_out"] = self._d_out(top, d)
                self._move_steps(slabs["d_out"], d, d_top, d * D, True)
            else:
                slabs["d_last"] = np.ascontiguousarray(d_top[:, d * D : (d + 1) * D])

    def _d_out(self, i: int, d: int) -> np.ndarray:
        """Return slabs for the gradient with respect to a layer's states, all zero."""
        D = self.engine._layers[i][d].shape.n_hidden
        d_out = self.workspace.array(("d_out", i, d), self.tape.n_steps, D, self.n_lanes)
        d_out[:] = 0.0
        return d_out

    def _backward_layer(
        self, i: int, d: int, layer: _Layer, gradient: np.ndarray, keeps_norms: bool
    ) -> None:
        shape, tape, dtype, cell = layer.shape, self._tape(d), self.values.dtype, self.cell
        T, D, n_lanes = tape.n_steps, shape.n_hidden, self.n_lanes
        slabs, products, weights = self.slabs[i, d], layer.products, self.packed[i][d]
        u, gates = slabs["u"], slabs["gates"]
        d_x = (
            self.workspace.array(("d_x", i, d), T, shape.n_inputs, n_lanes) if i > 0 else self.none
        )
        norms = np.zeros((T, n_lanes), dtype) if keeps_norms else np.empty((0, n_lanes), dtype)
        ends = tape.ends
        cuts = tape.cuts(self.engine.bptt_steps)
        cursor = np.array([len(cuts), len(ends)])
        d_matrix = np.zeros((cell.n_blocks * D, u.shape[1]), dtype)
        d_h = np.zeros((D, n_lanes), dtype)
        d_c = np.zeros((slabs["c"].shape[1], n_lanes), dtype)
        d_h_init = np.zeros(D, dtype)
        piece = max(8, _PIECE_BYTES // (u[0].nbytes + gates[0].nbytes))
        for end in range(T, 0, -self.steps_per_call):
            _backward[self.code](
                cell.adjoint[self.code].address,
                cell.feeds_h,
                weights.to_state,
                products.to_state.panels,
                weights.to_input,
                products.to_input.panels,
                products.tiles,
                ends,
                cuts,
                np.array([max(0, end - self.steps_per_call), end, piece]),
                cursor,
                u,
                gates,
                slabs["c"],
                d_h,
                d_c,
                slabs.get("d_last", self.no_steps),
                slabs.get("d_out", self.none),
                d_x,
                norms,
                d_matrix,
                d_h_init,
            )
        gradient[products.positions] = d_matrix.ravel()[products.places]
        if layer.h_init is not None:
            gradient[layer.h_init] = d_h_init
        self.norms[i, d] = norms
        if i > 0:
            self._hand_down(i, d, d_x)

    def _hand_down(self, i: int, d: int, d_x: np.ndarray) -> None:
        """Add the gradient with respect to a layer's input to that of what the layer below gave."""
        first = 0
        for below in range(len(self.engine._layers[i - 1])):
            slabs = self.slabs[i - 1, below]
            if "d_out" not in slabs:
                slabs["d_out"] = self._d_out(i - 1, below)
            n_rows = slabs["d_out"].shape[1]
            _move_rows[self.code](d_x, first, slabs["d_out"], 0, n_rows, below != d, True)
            first += n_rows

    def squares_by_lag(self, longest: int) -> np.ndarray:
        """Add squared gradients with respect to states up by lag, (n_layers, longest)."""
        squares = np.zeros((len(self.engine._layers), longest))
        lengths = self.tape.length
        lag = np.repeat(lengths, lengths) - 1 - rows_between(np.zeros_like(lengths), lengths)
        for (i, d), norms in self.norms.items():
            tape = self._tape(d)
            steps = rows_between(tape.start, lengths)
            values = norms[steps, np.repeat(tape.lane, lengths)].astype(float)
            squares[i] += np.bincount(lag, weights=values, minlength=longest)
        return squares


_NO_TOKENS = np.empty(0, np.int32)
