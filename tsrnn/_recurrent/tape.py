"""Sequences on a tape: many of unequal lengths, one after the other in each of a vector's lanes.

A tape has as many tracks as a vector has lanes. A sequence begins where the one before it in its
lane has ended, so that lanes are full however lengths differ: no step is spent on padding but at
the end of the tape, where lanes run out at different times. Long ones are placed first, each where
most room is left, which leaves little of that. Lanes are sorted by what they hold: at each step the
first `n_active` ones read and the others idle.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from tsrnn._compute.compile import kernel
from tsrnn._compute.declare import Integers
from tsrnn._input.ragged import rows_between


@dataclass(frozen=True, eq=False)
class Schedule:
    """Places of sequences of some lengths on a tape, whatever they hold.

    Attributes
    ----------
    lane, start, length : (n,) int arrays
    n_steps : int
        Steps of the tape.
    n_lanes : int
    is_reversed : bool
        Whether each sequence is read from its end to its beginning.
    goes_on : (n,) bool array or None
        Which of them are the rest of a longer one, that brings its state along.
    """

    lane: np.ndarray
    start: np.ndarray
    length: np.ndarray
    n_steps: int
    n_lanes: int
    is_reversed: bool = False
    goes_on: np.ndarray | None = None

    @cached_property
    def reversed(self) -> Schedule:
        """The same tape read backwards."""
        start = self.n_steps - self.start - self.length
        return replace(self, start=start, is_reversed=not self.is_reversed)

    @cached_property
    def begin_order(self) -> np.ndarray:
        """The sequences in the order in which they begin, (n,)."""
        return np.argsort(self.start, kind="stable")

    @cached_property
    def begins(self) -> np.ndarray:
        """(n, 3) ints, by `begin_order`: step and lane at which a sequence begins, and 0."""
        places = np.stack([self.start, self.lane, np.zeros_like(self.lane)], axis=1)
        return places[self.begin_order]

    @cached_property
    def ends(self) -> np.ndarray:
        """(n, 3) ints, sorted by step: last step, lane and number on this tape of a sequence."""
        last = self.start + self.length - 1
        order = np.argsort(last, kind="stable")
        return np.stack([last[order], self.lane[order], order], axis=1)

    @cached_property
    def _known_cuts(self) -> dict[int | None, np.ndarray]:
        return {}

    def cuts(self, bptt_steps: int | None) -> np.ndarray:
        """Return where no gradient passes on to the step before.

        At the beginning of each sequence, and at every `bptt_steps` steps before its end as it is
        read.

        Returns
        -------
        cuts : (n, 3) int array
            Sorted by step: step, lane, and 1 where a sequence begins, 0 elsewhere.
        """
        known = self._known_cuts
        if bptt_steps not in known:
            known[bptt_steps] = self._cuts(bptt_steps)
        return known[bptt_steps]

    def _cuts(self, bptt_steps: int | None) -> np.ndarray:
        is_first = np.ones(len(self.lane), bool) if self.goes_on is None else ~self.goes_on
        cuts = self.begins.copy()
        cuts[:, 2] = is_first[self.begin_order]
        if bptt_steps is None:
            return cuts
        n_cuts = (self.length - 1) // bptt_steps
        before_end = (rows_between(np.zeros_like(n_cuts), n_cuts) + 1) * bptt_steps
        steps = np.repeat(self.start + self.length, n_cuts) - before_end
        inner = np.stack([steps, np.repeat(self.lane, n_cuts), np.zeros_like(steps)], axis=1)
        cuts = np.concatenate([cuts, inner])
        return cuts[np.argsort(cuts[:, 0], kind="stable")]

    @cached_property
    def n_active(self) -> np.ndarray:
        """The number of lanes that read at each step, (n_steps,)."""
        filled = np.zeros(self.n_lanes, dtype=np.int64)
        np.add.at(filled, self.lane, self.length)
        # Of lanes sorted by what they hold, longest first.
        active = np.searchsorted(-filled, -np.arange(self.n_steps), side="left")
        return active[::-1].copy() if self.is_reversed else active


@dataclass(frozen=True, eq=False)
class Tape:
    """Sequences in the lanes of one tape.

    Attributes
    ----------
    schedule : Schedule
    sequences : (n,) int array
        Which ones.
    first_row : (n,) int array
        Where the steps of each begin among those of all sequences.
    """

    schedule: Schedule
    sequences: np.ndarray
    first_row: np.ndarray

    @property
    def reversed(self) -> Tape:
        """The same tape read backwards."""
        return Tape(self.schedule.reversed, self.sequences, self.first_row)

    @property
    def rows(self) -> np.ndarray:
        """The steps on the tape among those of all, one sequence after the other."""
        return rows_between(self.first_row, self.schedule.length)

    @property
    def begins(self) -> np.ndarray:
        """(n, 3) ints, sorted by step: step, lane and row at which a sequence begins."""
        schedule = self.schedule
        row = self.first_row + schedule.length - 1 if schedule.is_reversed else self.first_row
        begins = schedule.begins.copy()
        begins[:, 2] = row[schedule.begin_order]
        return begins


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
    placed = _placed(offsets[sequences + 1] - first_row, n_tapes, n_lanes)
    return [Tape(schedule, sequences[which], first_row[which]) for schedule, which in placed]


def lay_pieces(
    tape: Tape, which: np.ndarray, begin: np.ndarray, end: np.ndarray
) -> tuple[Tape, np.ndarray]:
    """Place pieces of some of a tape's sequences on a tape of their own.

    Parameters
    ----------
    tape : Tape
    which : (n,) int array
        Numbers of the sequences on the tape.
    begin, end : (n,) int arrays
        Steps of these sequences, the first of the piece and the one after its last.

    Returns
    -------
    pieces : Tape
    which : (n,) int array
        As given, in the order of the new tape.
    """
    ((schedule, order),) = _placed(end - begin, 1, tape.schedule.n_lanes)
    which, begin = which[order], begin[order]
    if begin.any():
        schedule = replace(schedule, goes_on=begin > 0)
    return Tape(schedule, tape.sequences[which], tape.first_row[which] + begin), which


def _placed(length: np.ndarray, n_tapes: int, n_lanes: int) -> list[tuple[Schedule, np.ndarray]]:
    if (length == length[0]).all():
        # As batch after batch of windows has them.
        return _schedules_of_equal(len(length), int(length[0]), n_tapes, n_lanes)
    return _schedules(length, n_tapes, n_lanes)


@functools.lru_cache(maxsize=16)
def _schedules_of_equal(
    n: int, length: int, n_tapes: int, n_lanes: int
) -> list[tuple[Schedule, np.ndarray]]:
    return _schedules(np.full(n, length), n_tapes, n_lanes)


def _schedules(length: np.ndarray, n_tapes: int, n_lanes: int) -> list[tuple[Schedule, np.ndarray]]:
    """Return each tape's schedule, and which of the lengths are on it."""
    order = np.argsort(-length, kind="stable")
    lane, start = np.empty_like(order), np.empty_like(order)
    filled = np.zeros(n_tapes * n_lanes, dtype=np.int64)
    _place(length[order], lane, start, filled, np.arange(filled.size))
    # Full lanes go together, so that a tape is not kept running by a single one.
    rank = np.empty_like(filled)
    rank[np.argsort(-filled, kind="stable")] = np.arange(filled.size)
    lane = rank[lane]
    tape = lane // n_lanes
    by_tape = np.argsort(tape, kind="stable")
    schedules = []
    for chosen in np.split(by_tape, np.cumsum(np.bincount(tape, minlength=n_tapes))[:-1]):
        if not chosen.size:
            continue
        which, first = order[chosen], start[chosen]
        n_steps = int((first + length[which]).max())
        own_lane = lane[chosen] % n_lanes
        schedules.append((Schedule(own_lane, first, length[which], n_steps, n_lanes), which))
    return schedules


@kernel
def _place(
    length: Integers,
    lane: Integers,
    start: Integers,
    filled: Integers,
    heap: Integers,
):
    """Place sequences, longest first, each in the lane that holds least: on top of a heap."""
    n = filled.size
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
