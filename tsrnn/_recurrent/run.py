"""One tape on its way through a network: up through the layers, and down again.

Each layer, in each direction, has slabs of its own: operands, gates, further states. The layer
above copies what it reads from those below, and hands the gradient with respect to it down.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from tsrnn._compute.declare import code_of
from tsrnn._compute.work_arrays import WorkArrays
from tsrnn._input.ragged import offsets_of, rows_between
from tsrnn._optim.network import NetworkLoss
from tsrnn._recurrent.layout import Layer, PackedNetwork
from tsrnn._recurrent.scan import (
    Cuts,
    GradientBelow,
    Input,
    Lanes,
    Slabs,
    StateGradient,
    States,
    WeightGradient,
    backward_layer,
    distinct_tokens,
    forward_layer,
    move_rows,
    move_steps,
)
from tsrnn._recurrent.tape import Tape

# No call into a kernel lasts longer than a few hundredths of a second, on a machine that has
# nothing else to do: an interruption waits for it. The weight gradient is added up piece by piece
# from the end of a share of a tape, which takes some calls.
_SHARE_FLOPS = 5e8
_CALLS_PER_SHARE = 8

# Bytes of a tape whose weight gradient is taken at a time: they stay in a core's own cache.
_PIECE_BYTES = 2**18

_NO_TOKENS = np.empty(0, np.int32)
_NOT_LOOKED_UP = np.empty((0, 0), np.int64)


@dataclass(frozen=True)
class Dropout:
    """Numbers put to zero at random in training, the others raised so that means stay.

    Attributes
    ----------
    words : float
        Share of the distinct tokens whose embedding is left out, wherever in a tape they stand.
    states : float
        Share of what the head reads.
    seed : int
    """

    words: float
    states: float
    seed: int


@dataclass(frozen=True)
class TapeGradient:
    """The loss of a tape, and its gradient.

    Attributes
    ----------
    loss : float
    theta : (K,) array, without what belongs to E
    tokens : (n,) int array
    embeddings : (n, n_inputs) array
        Of the rows of E of these tokens.
    """

    loss: float
    theta: np.ndarray
    tokens: np.ndarray
    embeddings: np.ndarray

    def plus(self, other: TapeGradient) -> TapeGradient:
        """Add what another part of the tape has, of a network without an embedding."""
        np.add(self.theta, other.theta, out=self.theta)
        return replace(self, loss=self.loss + other.loss)


@dataclass
class _LayerPass:
    """Results of a layer, in one direction, on a tape, and the gradient with respect to them.

    Attributes
    ----------
    slabs : Slabs
    out : (n_steps, D, n_lanes) array
        States at all steps, where they are kept.
    last, last_c : (n, D) arrays
        Last states of sequences; of the second one no columns where nobody asks for it.
    d_out, d_last : arrays
        What the loss, or the layer above, says of them.
    """

    slabs: Slabs
    out: np.ndarray
    last: np.ndarray
    last_c: np.ndarray
    d_out: np.ndarray
    d_last: np.ndarray


class StoppedError(Exception):
    """Another thread was interrupted: what this one computes is not wanted any more."""


class Workspace(WorkArrays):
    """Memory of a tape's work, and the word to break it off.

    Parameters
    ----------
    dtype : dtype
    n_tokens : int
    stop : threading.Event
        Set where work is to be broken off at the next call of a kernel.
    """

    def __init__(self, dtype: np.dtype, n_tokens: int, stop: threading.Event) -> None:
        super().__init__(dtype)
        self._stop = stop
        # For each token a number while a tape's are counted, and -1 at all other times.
        self.numbers = np.full(n_tokens, -1, np.int32)

    def steps(self, n_steps: int, most: int) -> Iterator[tuple[int, int]]:
        """Yield the bounds of calls that a run over so many steps is made in.

        Raises
        ------
        StoppedError
        """
        for begin in range(0, n_steps, most):
            if self._stop.is_set():
                raise StoppedError
            yield begin, min(begin + most, n_steps)


class Run:
    """One tape on its way.

    Parameters
    ----------
    network : PackedNetwork
    values : (R, p) array of the network's type, or (R,) int32 array of tokens
        Steps of all sequences.
    tape : Tape
    workspace : Workspace
        Nobody else's as long as this is used.
    trains : bool
        Whether there will be a way back.
    dropout : Dropout or None
    begins_at : list of (h, c), optional
        For each layer the states that the sequences begin in, (n, D) arrays, where each is a piece
        of one that has been begun. No layer reads backwards then.
    """

    def __init__(
        self,
        network: PackedNetwork,
        values: np.ndarray,
        tape: Tape,
        workspace: Workspace,
        *,
        trains: bool,
        dropout: Dropout | None = None,
        begins_at: list[tuple[np.ndarray, np.ndarray]] | None = None,
    ) -> None:
        self.network = network
        self.layers = network.layout.layers
        self.cell = network.layout.architecture.network_cell
        self.values = values
        self.tape = self._given = tape
        self.workspace = workspace
        self.trains = trains
        self.begins_at = begins_at
        self.dtype = workspace.dtype
        self.code = code_of(self.dtype)
        self.n_lanes = tape.schedule.n_lanes
        self.length = tape.schedule.length
        self.random: Any = None
        if dropout is not None:
            self.dropout = dropout
            # The same whichever thread takes the tape.
            self.random = np.random.default_rng([dropout.seed, int(tape.sequences[0])])
        self.passes: dict[tuple[int, int], _LayerPass] = {}
        self.norms: dict[tuple[int, int], np.ndarray] = {}
        self.d_embeddings = np.empty((0, 0), self.dtype)
        self.none = np.empty((0, 0, self.n_lanes), self.dtype)
        self.no_steps = np.empty((0, 0), self.dtype)
        flops = network.layout.flops_per_step * self.n_lanes
        self.steps_per_share = max(1, int(3 * _SHARE_FLOPS / flops))
        self.steps_per_call = max(1, self.steps_per_share // _CALLS_PER_SHARE)
        self.tokens = _NO_TOKENS
        if network.layout.architecture.n_tokens:
            self._look_up()

    def _look_up(self) -> None:
        """Give the distinct tokens of the tape numbers, and take their embeddings."""
        self.tokens, ids = np.empty((2, int(self.length.sum())), np.int32)
        count = np.zeros(1, np.int64)
        distinct_tokens(
            self.values,
            self.tape.first_row,
            self.length,
            self.workspace.numbers,
            ids,
            self.tokens,
            count,
        )
        if count[0] < 0:
            token = self.values[-1 - count[0]]
            raise ValueError(
                f"a word has the id {token}, but the network knows {self.workspace.numbers.size} "
                "ids, from 0: the vocabulary is not that of its weights"
            )
        self.ids = ids[: count[0]]
        # From here on the tape's steps are its own.
        self.tape = replace(self.tape, first_row=offsets_of(self.length)[:-1])
        self.embeddings = self.network.layout.embedding(self.network.theta)[self.ids]
        self.kept = None
        if self.random is not None and self.dropout.words:
            self.kept = self._kept(self.dropout.words, self.ids.size)[:, None]
            self.embeddings *= self.kept

    def _kept(self, share: float, *shape: int) -> np.ndarray:
        """Draw what a dropout of some share multiplies by."""
        kept = self.random.random(shape, np.float32) >= share
        return kept.astype(self.dtype) / self.dtype.type(1.0 - share)

    def _tape(self, direction: int) -> Tape:
        return self.tape.reversed if direction else self.tape

    def _array(self, name: str, i: int, d: int, *shape: int) -> np.ndarray:
        return self.workspace.array((name, i, d), *shape, self.n_lanes)

    def forward(self, *, keeps_steps: bool) -> None:
        """Go up through the layers; `keeps_steps` of the top one, too."""
        self.keeps_steps = keeps_steps
        for i, directions in enumerate(self.layers):
            for d, layer in enumerate(directions):
                self._forward_layer(i, d, layer, keeps_steps or i + 1 < len(self.layers))

    def _forward_layer(self, i: int, d: int, layer: Layer, keeps_steps: bool) -> None:
        cell, weights, tape = self.cell, self.network.layers[i][d], self._tape(d)
        T, D = tape.schedule.n_steps, layer.shape.n_hidden
        is_whole = self.trains or i > 0  # else it turns round in two steps
        has_table = layer.table is not None
        n_kept = D if cell.has_c and self.begins_at is not None else 0
        made = _LayerPass(
            Slabs(
                u=self._array("u", i, d, T + 1 if is_whole else 2, _odd(layer.n_operands)),
                first_h=layer.first_h,
                gates=self._array("gates", i, d, T if self.trains else 1, _odd(cell.n_saved * D)),
                c=self._array("c", i, d, T + 1 if self.trains else 2, D if cell.has_c else 0),
                which=np.empty((T if self.trains else 1, self.n_lanes), np.int64)
                if has_table
                else _NOT_LOOKED_UP,
                n_looked_up=len(weights.table) if has_table else 0,
            ),
            out=self._array("out", i, d, T, D) if keeps_steps else self.none,
            last=np.empty((len(tape.sequences), D), self.dtype),
            last_c=np.empty((len(tape.sequences), n_kept), self.dtype),
            d_out=self.none,
            d_last=self.no_steps,
        )
        self.passes[i, d] = made
        slabs = made.slabs
        slabs.u[0, layer.first_h : layer.n_operands] = weights.h_init[:, None]
        slabs.c[0] = 0.0
        if i > 0:
            self._read_layer_below(i, d)
        table = self.no_steps
        if has_table:
            table = self._table()
            np.matmul(self.embeddings, weights.table.T, out=table[:-1, : slabs.n_looked_up])
        read = Input(
            values=self.values if i == 0 and not has_table else self.no_steps,
            tokens=self.tokens,
            table=table,
            rows=np.zeros(self.n_lanes, np.int64),
            direction=-1 if d else 1,
        )
        lanes = Lanes(tape.begins, tape.schedule.ends, tape.schedule.n_active)
        states = States(weights.h_init, *self._begins_at(i, tape), made.last, made.last_c)
        for begin, end in self.workspace.steps(T, self.steps_per_call):
            forward_layer[self.code](
                cell.step[self.code].address,
                weights.forward,
                states,
                read,
                lanes,
                begin,
                end,
                slabs,
                made.out,
            )

    def _begins_at(self, i: int, tape: Tape) -> tuple[np.ndarray, np.ndarray]:
        """Return the states that the sequences begin in, in the order in which they do."""
        if self.begins_at is None:
            return self.no_steps, self.no_steps
        h, c = self.begins_at[i]
        return h[tape.schedule.begin_order], c[tape.schedule.begin_order]

    def _table(self) -> np.ndarray:
        """Return zeros, a row for each distinct token and one more, in whole vectors."""
        n_columns = len(self.layers[0][0].table)
        n_columns += -n_columns % self.n_lanes
        return np.zeros((self.ids.size + 1, n_columns), self.dtype)

    def _read_layer_below(self, i: int, d: int) -> None:
        """Copy what the layer below gave to the operands of this one."""
        first = 0
        for below in range(len(self.layers[i - 1])):
            out = self.passes[i - 1, below].out
            n_rows = out.shape[1]
            u = self.passes[i, d].slabs.u
            move_rows[self.code](out, 0, u, first, n_rows, below != d, False)
            first += n_rows

    def top(self) -> np.ndarray:
        """Return what the head reads: (n, D), or one row for each step."""
        top, directions = len(self.layers) - 1, range(len(self.layers[-1]))
        if not self.keeps_steps:
            parts = [self.passes[top, d].last for d in directions]
            return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)
        D = self.layers[top][0].shape.n_hidden
        steps = np.empty((self.rows.size, D * len(directions)), self.dtype)
        for d in directions:
            self._move_steps(self.passes[top, d].out, d, steps, d * D, False)
        return steps

    def _move_steps(
        self, slabs: np.ndarray, d: int, steps: np.ndarray, first: int, writes_slabs: bool
    ) -> None:
        on = self._tape(d).schedule
        move_steps[self.code](
            slabs, on.lane, on.start, on.length, bool(d), steps, first, writes_slabs
        )

    def backward(
        self,
        targets: np.ndarray,
        weights: np.ndarray,
        loss: NetworkLoss,
        *,
        keeps_norms: bool = False,
    ) -> TapeGradient:
        """Go through the head and the loss, and down.

        Parameters
        ----------
        targets, weights, loss
            As for the engine.
        keeps_norms : bool
            Whether `squares_by_lag` will be asked for.
        """
        theta = self.network.theta
        n_embedding = theta.size - self._n_others
        gradient = np.zeros(self._n_others, theta.dtype)
        W_yh, b_y = self.network.head
        top = self.top()
        kept = None
        if self.random is not None and self.dropout.states:
            kept = self._kept(self.dropout.states, len(self.tape.sequences), top.shape[1])
            kept = np.repeat(kept, self.length, axis=0) if self.keeps_steps else kept
            top = top * kept
        which, own_weights = self.tape.sequences, weights[self.tape.sequences]
        if self.keeps_steps:
            which, own_weights = self.rows, np.repeat(own_weights, self.length)
        outputs, W_yx = top @ W_yh.T + b_y, self.network.W_yx
        if W_yx is not None:
            x = self.values.reshape(-1, W_yx.shape[1])[which]
            outputs += x @ W_yx.T
        value, d_outputs = loss.value_and_gradient(outputs, targets[which], own_weights)
        if W_yx is not None:
            np.matmul(d_outputs.T, x, out=self.network.layout.linear_path(gradient))
        d_W_yh, d_b_y = self.network.layout.head(gradient)
        np.matmul(d_outputs.T, top, out=d_W_yh)
        np.sum(d_outputs, axis=0, out=d_b_y)
        d_top = d_outputs @ W_yh
        self._spread(d_top if kept is None else d_top * kept)
        for i in reversed(range(len(self.layers))):
            for d, layer in enumerate(self.layers[i]):
                self._backward_layer(i, d, layer, gradient, n_embedding, keeps_norms)
        if not n_embedding:
            return TapeGradient(value, gradient, _NO_TOKENS, self.no_steps)
        if self.kept is not None:
            self.d_embeddings *= self.kept
        return TapeGradient(value, gradient, self.ids, self.d_embeddings)

    @cached_property
    def rows(self) -> np.ndarray:
        """The steps on the tape among those of all, one sequence after the other."""
        return self._given.rows

    @cached_property
    def _n_others(self) -> int:
        """Weights that are not the embedding's."""
        return self.network.theta.size - self.network.layout.embedding(self.network.theta).size

    def _spread(self, d_top: np.ndarray) -> None:
        """Hand the gradient with respect to what the head reads to the top layer."""
        top = len(self.layers) - 1
        D = self.layers[top][0].shape.n_hidden
        for d in range(len(self.layers[top])):
            made = self.passes[top, d]
            if self.keeps_steps:
                made.d_out = self._d_out(top, d)
                self._move_steps(made.d_out, d, d_top, d * D, True)
            else:
                made.d_last = np.ascontiguousarray(d_top[:, d * D : (d + 1) * D])

    def _d_out(self, i: int, d: int) -> np.ndarray:
        """Return slabs for the gradient with respect to a layer's states, all zero."""
        d_out = self._array(
            "d_out", i, d, self.tape.schedule.n_steps, self.layers[i][d].shape.n_hidden
        )
        d_out[:] = 0.0
        return d_out

    def _backward_layer(
        self,
        i: int,
        d: int,
        layer: Layer,
        gradient: np.ndarray,
        n_embedding: int,
        keeps_norms: bool,
    ) -> None:
        cell, weights, schedule = self.cell, self.network.layers[i][d], self._tape(d).schedule
        T, D = schedule.n_steps, layer.shape.n_hidden
        made, products = self.passes[i, d], layer.products
        slabs = made.slabs
        tape_cuts = Cuts(schedule.ends, schedule.cuts(self.network.layout.bptt_steps))
        is_looked_up = layer.table is not None
        d_states = StateGradient(
            h=np.zeros((D, self.n_lanes), self.dtype),
            c=np.zeros((slabs.c.shape[1], self.n_lanes), self.dtype),
            last=made.d_last,
            out=made.d_out,
            norms=np.zeros((T if keeps_norms else 0, self.n_lanes), self.dtype),
        )
        below = GradientBelow(
            x=self._array("d_x", i, d, T, layer.n_inputs) if i > 0 else self.none,
            table=self._table() if is_looked_up else self.no_steps,
        )
        d_weights = WeightGradient(
            matrix=np.zeros((cell.n_blocks * D, layer.n_operands), self.dtype),
            tiles=products.tiles,
            piece=max(16, _PIECE_BYTES // (slabs.u[0].nbytes + slabs.gates[0].nbytes)),
            h_init=np.zeros(D, self.dtype),
        )
        for begin, end in self._calls_back(T, d_weights.piece):
            backward_layer[self.code](
                cell.adjoint[self.code].address,
                cell.feeds_h,
                weights.to_state,
                weights.to_input,
                tape_cuts,
                begin,
                end,
                slabs,
                d_states,
                below,
                d_weights,
            )
        gradient[products.positions - n_embedding] = d_weights.matrix.ravel()[products.places]
        if layer.h_init is not None:
            gradient[layer.h_init - n_embedding] = d_weights.h_init
        if is_looked_up:
            d_rows = below.table[:-1, : slabs.n_looked_up]
            gradient[layer.table - n_embedding] = d_rows.T @ self.embeddings
            d_embeddings = d_rows @ weights.table
            self.d_embeddings = d_embeddings if d == 0 else self.d_embeddings + d_embeddings
        self.norms[i, d] = d_states.norms
        if i > 0:
            self._hand_down(i, d, below.x)

    def _calls_back(self, n_steps: int, piece: int) -> Iterator[tuple[int, int]]:
        """Yield the bounds of calls that go back over so many steps, from the last on."""
        most = piece * max(1, self.steps_per_call // piece)
        for first in range(0, n_steps, self.steps_per_share):
            last = n_steps - first
            for begin, end in self.workspace.steps(min(last, self.steps_per_share), most):
                yield last - end, last - begin

    def _hand_down(self, i: int, d: int, d_x: np.ndarray) -> None:
        """Add the gradient with respect to a layer's input to that of what the layer below gave."""
        first = 0
        for below in range(len(self.layers[i - 1])):
            made = self.passes[i - 1, below]
            if made.d_out is self.none:
                made.d_out = self._d_out(i - 1, below)
            n_rows = made.d_out.shape[1]
            move_rows[self.code](d_x, first, made.d_out, 0, n_rows, below != d, True)
            first += n_rows

    def squares_by_lag(self, longest: int) -> np.ndarray:
        """Add squared gradients with respect to states up by lag, (n_layers, longest)."""
        squares = np.zeros((len(self.layers), longest))
        lengths = self.length
        lag = np.repeat(lengths, lengths) - 1 - rows_between(np.zeros_like(lengths), lengths)
        lane = np.repeat(self.tape.schedule.lane, lengths)
        for (i, d), norms in self.norms.items():
            steps = rows_between(self._tape(d).schedule.start, lengths)
            values = norms[steps, lane].astype(float)
            squares[i] += np.bincount(lag, weights=values, minlength=longest)
        return squares


def _odd(n_rows: int) -> int:
    """Return an odd number of rows: slabs a power of two apart would share few lines of a cache."""
    return n_rows | 1
