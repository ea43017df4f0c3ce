"""Truncated backpropagation through time: sequences read a piece at a time.

States are carried on from piece to piece, gradients are not. Pieces are counted from the end of
each sequence, so that the gradient of what is said there reaches as far back as it is meant to. Of
what is before it nothing is kept but the state: what a gradient takes in memory grows with the
piece, and not with the sequence.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from tsrnn._recurrent.layout import PackedNetwork
from tsrnn._recurrent.run import Run, Workspace
from tsrnn._recurrent.tape import Tape, lay_pieces

# Bytes that a piece of one sequence in each lane may take, if it has steps enough: a call for each
# step would cost more than the step.
_PIECE_BYTES = 2**24

# For each layer the states of sequences, h and c, (N, D) each; c without columns where there is
# none.
LayerStates = list[tuple[np.ndarray, np.ndarray]]


def first_states(network: PackedNetwork, n: int) -> LayerStates:
    """Return the states that so many sequences begin in, of layers that read forward."""
    has_c = network.layout.architecture.network_cell.has_c
    return [
        (
            np.tile(weights.h_init, (n, 1)),
            np.zeros((n, weights.h_init.size if has_c else 0), network.theta.dtype),
        )
        for (weights,) in network.layers
    ]


def steps_of_pieces(network: PackedNetwork, n_lanes: int) -> int:
    """Return how long pieces are: a multiple of the steps that a gradient reaches back."""
    layout = network.layout
    of_step = layout.numbers_per_step * network.theta.itemsize * n_lanes
    n_steps = max(1, _PIECE_BYTES // of_step)
    reach = layout.bptt_steps or 1
    return reach * max(1, n_steps // reach)


class Pieces:
    """The sequences of a tape, read a piece at a time.

    Parameters
    ----------
    network : PackedNetwork
        Without layers that read backwards, and without an embedding.
    values : (R, p) array
    tape : Tape
    workspace : Workspace
    states : list of (h, c), optional
        Of the tape's sequences before their first steps; they are written to.
    """

    def __init__(
        self,
        network: PackedNetwork,
        values: np.ndarray,
        tape: Tape,
        workspace: Workspace,
        states: LayerStates | None = None,
    ) -> None:
        self._tape = tape
        self._run = partial(Run, network, values, workspace=workspace)
        self._n_steps = steps_of_pieces(network, tape.schedule.n_lanes)
        self._bptt_steps: Any = network.layout.bptt_steps  # None where nothing is cut
        self._states = first_states(network, len(tape.sequences)) if states is None else states

    @property
    def last_states(self) -> np.ndarray:
        """The top layer's states where reading has come to, (n, D)."""
        return self._states[-1][0]

    def read(self, *, by_step: bool) -> Iterator[Run]:
        """Yield runs that have gone forward, and have no way back."""
        length = self._tape.schedule.length
        for which, begin, end in self._rounds(np.zeros_like(length), length):
            yield self._read(which, begin, end, trains=False, keeps_steps=by_step)

    def train(self, *, by_step: bool) -> Iterator[Run]:
        """Yield runs that have gone forward, each with its own way back to be gone at once.

        Parameters
        ----------
        by_step : bool
            Whether something is said at every step: then all pieces are there, with cuts at every
            so many steps where they are longer than that. Else it is the last steps of each
            sequence, as many as a gradient reaches back.
        """
        length = self._tape.schedule.length
        reached = length if by_step else np.minimum(length, self._bptt_steps)
        for which, begin, end in self._rounds(np.zeros_like(length), length - reached):
            self._read(which, begin, end, trains=False, keeps_steps=False)
        for which, begin, end in self._rounds(length - reached, length):
            yield self._read(which, begin, end, trains=True, keeps_steps=by_step)

    def _rounds(
        self, first: np.ndarray, last: np.ndarray
    ) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Yield pieces of sequences, counted back from the last step, that are read side by side.

        Each as: which of the sequences have one, and its first step and the one after its last.
        """
        n_rounds = -(-int((last - first).max()) // self._n_steps)
        for k in reversed(range(n_rounds)):
            end = last - k * self._n_steps
            which = np.flatnonzero(end > first)
            begin = np.maximum(first, end - self._n_steps)
            yield which, begin[which], end[which]

    def _read(
        self,
        which: np.ndarray,
        begin: np.ndarray,
        end: np.ndarray,
        *,
        trains: bool,
        keeps_steps: bool,
    ) -> Run:
        tape, which = lay_pieces(self._tape, which, begin, end)
        begins_at = [(h[which], c[which]) for h, c in self._states]
        run = self._run(tape, trains=trains, begins_at=begins_at)
        run.forward(keeps_steps=keeps_steps)
        for i, (h, c) in enumerate(self._states):
            h[which], c[which] = run.passes[i, 0].last, run.passes[i, 0].last_c
        return run
