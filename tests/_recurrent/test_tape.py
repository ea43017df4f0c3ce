"""Sequences on tapes: each is there once, none overlaps another, and little is wasted."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsrnn._recurrent.tape import lay_pieces, lay_tapes

LENGTHS = st.lists(st.integers(1, 50), min_size=1, max_size=60)


def lay(lengths, n_tapes=2, n_lanes=4):
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return lay_tapes(np.arange(len(lengths)), offsets, n_tapes, n_lanes), offsets


def occupied(tape):
    """Which sequence is at each step of each lane, -1 where a lane idles."""
    on = tape.schedule
    table = np.full((on.n_steps, on.n_lanes), -1)
    for i, (lane, start, length) in enumerate(zip(on.lane, on.start, on.length, strict=True)):
        assert (table[start : start + length, lane] == -1).all()
        table[start : start + length, lane] = i
    return table


@settings(deadline=None)
@given(LENGTHS, st.integers(1, 5), st.sampled_from([1, 4, 8]))
def test_every_sequence_is_on_one_tape_and_lanes_have_no_gaps(lengths, n_tapes, n_lanes):
    tapes, offsets = lay(lengths, n_tapes, n_lanes)
    which = np.concatenate([tape.sequences for tape in tapes])
    np.testing.assert_array_equal(np.sort(which), np.arange(len(lengths)))
    for tape in tapes:
        np.testing.assert_array_equal(tape.schedule.length, np.array(lengths)[tape.sequences])
        np.testing.assert_array_equal(tape.first_row, offsets[tape.sequences])
        used = occupied(tape) >= 0
        # Once a lane idles it does so to the end, and lanes that hold more come first.
        np.testing.assert_array_equal(used, np.sort(used, axis=0)[::-1])
        np.testing.assert_array_equal(used.sum(axis=1), tape.schedule.n_active)
        np.testing.assert_array_equal(used, np.arange(n_lanes) < tape.schedule.n_active[:, None])
        assert used[-1].any()


@settings(deadline=None)
@given(LENGTHS, st.integers(1, 3))
def test_a_reversed_tape_holds_the_same_steps_backwards(lengths, n_tapes):
    for tape in lay(lengths, n_tapes)[0]:
        back = tape.reversed
        np.testing.assert_array_equal(occupied(back)[::-1], occupied(tape))
        np.testing.assert_array_equal(back.schedule.n_active[::-1], tape.schedule.n_active)
        assert back.schedule.is_reversed and not back.reversed.schedule.is_reversed


@settings(deadline=None)
@given(LENGTHS, st.booleans())
def test_what_begins_and_ends_is_listed_in_order(lengths, backwards):
    for tape in lay(lengths)[0]:
        tape = tape.reversed if backwards else tape
        table = occupied(tape)
        for t, lane, row in tape.begins:
            i = table[t, lane]
            assert t == 0 or table[t - 1, lane] != i
            last = tape.first_row[i] + tape.schedule.length[i] - 1
            assert row == (last if backwards else tape.first_row[i])
        for t, lane, i in tape.schedule.ends:
            assert table[t, lane] == i
            assert t == tape.schedule.n_steps - 1 or table[t + 1, lane] != i
        assert len(tape.begins) == len(tape.schedule.ends) == len(tape.sequences)
        assert (np.diff(tape.begins[:, 0]) >= 0).all() and (
            np.diff(tape.schedule.ends[:, 0]) >= 0
        ).all()


def places(tape):
    return tape.schedule.lane, tape.schedule.start, tape.schedule.length


@settings(deadline=None)
@given(LENGTHS, st.integers(1, 60), st.booleans())
def test_cuts_are_at_beginnings_and_every_so_many_steps_before_the_end(
    lengths, bptt_steps, backwards
):
    for tape in lay(lengths)[0]:
        tape = tape.reversed if backwards else tape
        expected = sorted(
            (start + k, lane, int(k == 0))
            for lane, start, length in zip(*places(tape), strict=True)
            for k in {0, *range(length - bptt_steps, 0, -bptt_steps)}
        )
        assert sorted(map(tuple, tape.schedule.cuts(bptt_steps).tolist())) == expected
        whole = tape.schedule.cuts(None)
        assert len(whole) == len(tape.sequences) and (whole[:, 2] == 1).all()


@settings(deadline=None)
@given(LENGTHS, st.data())
def test_pieces_of_sequences_are_tapes_of_their_steps(lengths, data):
    for tape in lay(lengths)[0]:
        begin = np.array([data.draw(st.integers(0, n - 1)) for n in tape.schedule.length])
        pieces, which = lay_pieces(tape, np.arange(len(begin)), begin, tape.schedule.length)
        rest = tape.schedule.length[which] - begin[which]
        np.testing.assert_array_equal(pieces.schedule.length, rest)
        np.testing.assert_array_equal(pieces.sequences, tape.sequences[which])
        np.testing.assert_array_equal(pieces.first_row, tape.first_row[which] + begin[which])
        cuts = pieces.schedule.cuts(None)
        is_first = begin[which] == 0
        np.testing.assert_array_equal(cuts[:, 2], is_first[pieces.schedule.begin_order])


def test_sequences_of_equal_lengths_have_the_schedule_that_any_have():
    tapes, _ = lay([7] * 50)
    again, _ = lay([7] * 50)
    assert all(one.schedule is other.schedule for one, other in zip(tapes, again, strict=True))
    lengths = [7] * 49 + [6]
    for one, other in zip(tapes, lay(lengths)[0], strict=True):
        np.testing.assert_array_equal(one.sequences, other.sequences)


@pytest.mark.parametrize("seed", range(3))
def test_lanes_of_ragged_sequences_are_full_but_for_less_than_the_longest(seed):
    rng = np.random.default_rng(seed)
    lengths = np.exp(rng.normal(5.0, 0.6, size=400)).astype(int) + 1
    tapes, _ = lay(lengths, 2, 16)
    # Each is placed in the lane with most room, so no lane exceeds the mean by more than one.
    assert max(tape.schedule.n_steps for tape in tapes) <= lengths.sum() / 32 + lengths.max()
    steps = sum(tape.schedule.n_steps * tape.schedule.n_lanes for tape in tapes)
    assert lengths.sum() / steps > 0.95
