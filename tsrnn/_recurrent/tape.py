"""Sequences on a tape: many of unequal lengths, one after the other in each of a vector's lanes.

A tape has as many tracks as a vector has lanes. A sequence begins where the one before it in its
lane has ended, so that lanes are full however lengths differ: no step is spent on padding but at
the end of the tape, where lanes run out at different times. Long ones are placed first, each where
most room is left, which leaves little of that. Lanes are sorted by what they hold: at each step the
first `n_active` ones read and the others idle.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tsrnn._compile import kernel
from tsrnn._ragged import rows_between


@dataclass(frozen=True)
class Tape:
    """Sequences in the lanes of one tape.

    Attributes
    ----------
    sequences : (n,) int array
        Which ones.
    lane, start, length : (n,) int arrays
        Where each lies on the tape.
    first_row : (n,) int array
        Where its steps begin among those of all sequences.
    n_steps : int
        Steps of the tape.
    n_lanes : int
    is_reversed : bool
        Whether each sequence is read from its end to its beginning.
    """

    sequences: np.ndarray
    lane: np.ndarray
    start: np.ndarray
    length: np.ndarray
    first_row: np.ndarray
    n_steps: int
    n_lanes: int
    is_reversed: bool = False

    @cached_property
    def reversed(self) -> Tape:
        """The same tape read backwards."""
        return Tape(
            self.sequences,
            self.lane,
            self.n_steps - self.start - self.length,
            self.length,
            self.first_row,
            self.n_steps,
            self.n_lanes,
            not self.is_reversed,
        )

    @cached_property
    def begins(self) -> np.ndarray:
        """(n, 3) ints, sorted by step: step, lane and row at which a sequence begins."""
        row = self.first_row + (self.length - 1 if self.is_reversed else 0)
        order = np.argsort(self.start, kind="stable")
        return np.stack([self.start, self.lane, row], axis=1)[order]

    @cached_property
    def ends(self) -> np.ndarray:
        """(n, 3) ints, sorted by step: last step, lane and number on this tape of a sequence."""
        last = self.start + self.length - 1
        order = np.argsort(last, kind="stable")
        return np.stack([last, self.lane, np.arange(len(last))], axis=1)[order]

    def cuts(self, bptt_steps: int | None) -> np.ndarray:
        """Return where no gradient passes on to the step before.

        (n, 3) ints, sorted by step: step, lane, and 1 where a sequence begins, 0 where its
        backpropagation is truncated.
        """
        begins = np.stack([self.start, self.lane, np.ones_like(self.lane)], axis=1)
        if bptt_steps is None:
            return begins[np.argsort(self.start, kind="stable")]
        n_cuts = (self.length - 1) // bptt_steps
        within = rows_between(np.zeros_like(n_cuts), n_cuts) + 1
        steps = np.repeat(self.start, n_cuts) + within * bptt_steps
        inner = np.stack([steps, np.repeat(self.lane, n_cuts), np.zeros_like(steps)], axis=1)
        cuts = np.concatenate([begins, inner])
        return cuts[np.argsort(cuts[:, 0], kind="stable")]

    @cached_property
    def n_active(self) -> np.ndarray:
        """How many lanes read at each step, (n_steps,)."""
        filled = np.zeros(self.n_lanes, dtype=np.int64)
        np.add.at(filled, self.lane, self.length)
        # Of lanes sorted by what they hold, longest first.
        active = np.searchsorted(-filled, -np.arange(self.n_steps), side="left")
        return active[::-1].copy() if self.is_reversed else active


def lay_tapes(sequences: np.ndarray, offsets: np.ndarray, n_tapes: int, n_lanes: int) -> list[Tape]:
    """Place sequences on tapes.

    Parameters
    ----------
    sequences : (n,) int array
        Which of all sequences; none is of length 0.
    offsets : (N + 1,) int array
        Where each of all sequences begins among the rows of all, and the end.
    n_tapes, n_lanes : int
        Tapes, and lanes of each.
    """
    first_row = offsets[sequences]
    length = offsets[sequences + 1] - first_row
    order = np.argsort(-length, kind="stable")
    lane, start = np.empty_like(order), np.empty_like(order)
    filled = np.zeros(n_tapes * n_lanes, dtype=np.int64)
    _place(length[order], lane, start, filled)
    # Full lanes go together, so that a tape is not kept running by a single one.
    rank = np.empty_like(filled)
    rank[np.argsort(-filled, kind="stable")] = np.arange(filled.size)
    lane = rank[lane]
    tapes = []
    tape = lane // n_lanes
    for i in range(n_tapes):
        chosen = np.flatnonzero(tape == i)
        if not chosen.size:
            continue
        which = order[chosen]
        tapes.append(
            Tape(
                sequences[which],
                lane[chosen] - i * n_lanes,
                start[chosen],
                length[which],
                first_row[which],
                int((start[chosen] + length[which]).max()),
                n_lanes,
            )
        )
    return tapes


@kernel("void(i8[::1], i8[::1], i8[::1], i8[::1])")
def _place(length, lane, start, filled):
    """Place sequences, longest first, each in the lane that holds least: a heap of lanes."""
    n = filled.size
    heap = np.arange(n)
    for i in range(length.size):
        first = heap[0]
        lane[i] = first
        start[i] = filled[first]
        filled[first] += length[i]
        hole = 0
        while True:
            child = 2 * hole + 1
            if child >= n:
                break
            right = child + 1
            if right < n and (
                filled[heap[right]] < filled[heap[child]]
                or (filled[heap[right]] == filled[heap[child]] and heap[right] < heap[child])
            ):
                child = right
            if filled[heap[child]] > filled[first] or (
                filled[heap[child]] == filled[first] and heap[child] > first
            ):
                break
            heap[hole] = heap[child]
            hole = child
        heap[hole] = first
