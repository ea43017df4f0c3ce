"""Networks at work: predictions, losses and gradients of many sequences at once, in threads.

Sequences are placed on tapes (see `tape`), and a tape is what one thread works on at a time: up
through the layers, through the head and the loss, and down again (see `run`). Tapes are cut and
their gradients added up in an order that the data alone decide, so that results are the same to the
last bit whatever the number of threads.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import reduce
from typing import Self

import numpy as np

from tsrnn._compute.declare import writable
from tsrnn._compute.threads import Team, one_blas_thread
from tsrnn._compute.vector_sizes import n_lanes_of
from tsrnn._input.sequences import Sequences
from tsrnn._recurrent.architecture import Architecture
from tsrnn._recurrent.layout import PackedNetwork, layout_of
from tsrnn._recurrent.pieces import LayerStates, Pieces, first_states, steps_of_pieces
from tsrnn._recurrent.run import Dropout, NetworkLoss, Run, TapeGradient, Workspace
from tsrnn._recurrent.tape import Tape, lay_tapes

# What a tape should take at least: a tenth of a millisecond or two, against which handing it to a
# thread costs little.
_TAPE_FLOPS = 1e7

# Bytes that the slabs of one tape may take.
_TAPE_BYTES = 2**27


class Engine:
    """Runs a network forwards and backwards over sequences.

    Used in a `with` block, it keeps threads between calls and BLAS to one thread.

    Parameters
    ----------
    architecture : Architecture
    n_jobs : int or None
        Threads, as joblib counts them.
    bptt_steps : int or None
        Cut gradients at every so many steps before the end of a sequence.
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
        self.return_sequences = return_sequences
        self._layout = layout_of(architecture, bptt_steps)
        self._workspaces: list[Workspace] = []
        self._resources = ExitStack()
        self._team = Team(n_jobs)

    def __enter__(self) -> Self:
        """Hold BLAS to one thread."""
        self._resources.enter_context(one_blas_thread())
        return self

    def __exit__(self, *exception: object) -> None:
        """Let threads go."""
        self.close()

    def close(self) -> None:
        """Let threads go, and BLAS have its own again."""
        self._team.close()
        self._resources.close()

    def predict(self, theta: np.ndarray, sequences: Sequences) -> np.ndarray:
        """Return raw outputs, (N, m), or (R, m) with one for each step."""
        W_yh, b_y = self._layout.head(theta)
        outputs = self._read_all(theta, sequences, self.return_sequences) @ W_yh.T + b_y
        W_yx = self._layout.linear_path(theta)
        if W_yx is not None:
            outputs += sequences.values.reshape(-1, W_yx.shape[1]) @ W_yx.T
        return outputs

    def read_on(
        self,
        theta: np.ndarray,
        sequences: Sequences,
        states: LayerStates | None = None,
        *,
        by_step: bool,
    ) -> tuple[np.ndarray, LayerStates]:
        """Read sequences on from states that earlier ones ended in.

        Parameters
        ----------
        theta : (K,) array
        sequences : Sequences
            Of a network without layers that read backwards, and without an embedding.
        states : list of (h, c), optional
            For each layer (N, D) arrays, c without columns where the cell has none; those that
            sequences begin in where there are none.
        by_step : bool

        Returns
        -------
        top : (N, D) or, by step, (R, D) array
            The last layer's states.
        states : list of (h, c)
        """
        network, values = PackedNetwork(self._layout, theta), writable(sequences.values)
        n_rows = sequences.n_steps if by_step else sequences.n_sequences
        top = np.empty((n_rows, self.architecture.n_features_out), theta.dtype)
        if states is None:
            states = first_states(network, sequences.n_sequences)
        after = [(h.copy(), c.copy()) for h, c in states]

        def work(tape: Tape) -> None:
            with self._workspace(theta.dtype) as workspace:
                own = [(h[tape.sequences], c[tape.sequences]) for h, c in states]
                pieces = Pieces(network, values, tape, workspace, own)
                for run in pieces.read(by_step=by_step):
                    if by_step:
                        top[run.rows] = run.top()
                if not by_step:
                    top[tape.sequences] = pieces.last_states
                for (h, c), (own_h, own_c) in zip(after, own, strict=True):
                    h[tape.sequences], c[tape.sequences] = own_h, own_c

        rows = np.arange(sequences.n_sequences)
        self._team.each(work, self._tapes(theta.dtype, sequences, rows, trains=False))
        return top, after

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
        dropout: Dropout | None = None,
    ) -> tuple[float, np.ndarray]:
        """Return the weighted sum of losses over some sequences, and its gradient.

        Parameters
        ----------
        theta : (K,) array
        sequences : Sequences
            Of features, or of tokens where the architecture has an embedding.
        rows : (n,) int array
            Which of the sequences.
        targets : (N,) or (N, m) array, (R,) or (R, m) with one for each step
            Of all sequences.
        weights : (N,) array
            Of all sequences; with one output for each step they count for every step.
        loss : NetworkLoss
        dropout : Dropout, optional

        Returns
        -------
        loss : float
        gradient : (K,) array
        """
        network, values = PackedNetwork(self._layout, theta), writable(sequences.values)

        def work(tape: Tape) -> TapeGradient:
            with self._workspace(theta.dtype) as workspace:
                if dropout is None and self._is_cut(network, tape):
                    runs = Pieces(network, values, tape, workspace).train(
                        by_step=self.return_sequences
                    )
                    return reduce(
                        TapeGradient.plus, (run.backward(targets, weights, loss) for run in runs)
                    )
                run = Run(network, values, tape, workspace, trains=True, dropout=dropout)
                run.forward(keeps_steps=self.return_sequences)
                return run.backward(targets, weights, loss)

        parts = self._team.each(work, self._tapes(theta.dtype, sequences, rows, trains=True))
        gradient = np.zeros(theta.size, theta.dtype)
        embeddings, others = self._layout.embedding(gradient), gradient[-parts[0].theta.size :]
        for part in parts:
            others += part.theta
            if part.tokens.size:
                embeddings[part.tokens] += part.embeddings
        return sum(part.loss for part in parts), gradient

    def _is_cut(self, network: PackedNetwork, tape: Tape) -> bool:
        """Whether gradients of sequences end before their beginning, and memory can follow them."""
        bptt_steps = self._layout.bptt_steps
        if bptt_steps is None or not self._reads_on:
            return False
        if self.return_sequences:
            return self._is_long(network, tape)
        return bool(tape.schedule.length.max() > bptt_steps)

    @property
    def _reads_on(self) -> bool:
        """Whether a sequence can be read a piece at a time.

        A layer that reads backwards has read all of it where the one above begins; and words are
        looked up for a whole tape.
        """
        return not (self.architecture.bidirectional or self.architecture.n_tokens)

    def _is_long(self, network: PackedNetwork, tape: Tape) -> bool:
        n_steps = steps_of_pieces(network, tape.schedule.n_lanes)
        return bool(tape.schedule.length.max() > n_steps)

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
            directions), of the squared gradient with respect to the state k steps before the
            sequence's last one.
        """
        # In double precision, in which squares of gradients that have all but vanished do not.
        theta, values = theta.astype(float), writable(sequences.values)
        if values.dtype.kind == "f":
            values = values.astype(float)
        network = PackedNetwork(self._layout, theta)
        longest = int(sequences.lengths.max())

        def work(tape: Tape) -> np.ndarray:
            with self._workspace(theta.dtype) as workspace:
                run = Run(network, values, tape, workspace, trains=True)
                run.forward(keeps_steps=self.return_sequences)
                run.backward(targets, weights, loss, keeps_norms=True)
                return run.squares_by_lag(longest)

        rows = np.arange(sequences.n_sequences)
        tapes = self._tapes(theta.dtype, sequences, rows, trains=True)
        return np.sqrt(sum(self._team.each(work, tapes)))

    def _read_all(self, theta: np.ndarray, sequences: Sequences, by_step: bool) -> np.ndarray:
        """Return the top layer's states: at the end of each sequence, (N, D), or at all steps."""
        network, values = PackedNetwork(self._layout, theta), writable(sequences.values)
        n_rows = sequences.n_steps if by_step else sequences.n_sequences
        states = np.empty((n_rows, self.architecture.n_features_out), theta.dtype)

        def work(tape: Tape) -> None:
            with self._workspace(theta.dtype) as workspace:
                if self._reads_on and self._is_long(network, tape):
                    pieces = Pieces(network, values, tape, workspace)
                    for run in pieces.read(by_step=by_step):
                        if by_step:
                            states[run.rows] = run.top()
                    if not by_step:
                        states[tape.sequences] = pieces.last_states
                    return
                run = Run(network, values, tape, workspace, trains=False)
                run.forward(keeps_steps=by_step)
                states[run.rows if by_step else tape.sequences] = run.top()

        rows = np.arange(sequences.n_sequences)
        self._team.each(work, self._tapes(theta.dtype, sequences, rows, trains=False))
        return states

    def _tapes(
        self, dtype: np.dtype, sequences: Sequences, rows: np.ndarray, *, trains: bool
    ) -> list[Tape]:
        """Place sequences on as many tapes as are worth a thread's while."""
        n_lanes = n_lanes_of(dtype)
        lengths = sequences.offsets[rows + 1] - sequences.offsets[rows]
        n_steps = int(lengths.sum())
        work = n_steps * self._layout.flops_per_step / _TAPE_FLOPS
        memory = n_steps * self._layout.numbers_per_step * dtype.itemsize / _TAPE_BYTES
        most = -(-len(rows) // n_lanes)
        n_tapes = min(most, max(2, round(work if trains else work / 3.0), int(np.ceil(memory))))
        return lay_tapes(rows, sequences.offsets, n_tapes, n_lanes)

    @contextmanager
    def _workspace(self, dtype: np.dtype) -> Iterator[Workspace]:
        """Lend a workspace: one that is free, or a new one."""
        free = self._workspaces
        workspace = free.pop() if free else None
        if workspace is None or workspace.dtype != dtype:
            workspace = Workspace(dtype, self.architecture.n_tokens, self._team.stopped)
        yield workspace
        free.append(workspace)
