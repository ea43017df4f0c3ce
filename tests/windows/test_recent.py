"""Values that later ones may say were outliers: read again, in whatever pieces they come."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsrnn._input.ragged import Batch, offsets_of
from tsrnn.windows.outliers import settled, without_outliers
from tsrnn.windows.recent import Recent, n_unsettled_from

FENCES = np.full(2, 3.0)


def batch_of(*series):
    values = np.concatenate(series)
    return Batch(values, offsets_of([len(one) for one in series]), np.empty((values.size, 0)))


# A usual value, one far away, and none.
SERIES = st.lists(st.sampled_from([0.0, 1.0, 2.0, 50.0, -70.0, np.nan]), min_size=1, max_size=40)


@given(SERIES, SERIES, st.lists(st.integers(1, 41), max_size=8))
def test_what_is_settled_is_what_a_look_at_all_values_makes_of_them(first, second, cuts):
    series = [np.r_[1.0, first], np.r_[1.0, second]]
    ends = [1, *sorted(cuts), 41]
    begun = batch_of(*(one[:1] for one in series))
    recent = Recent.of(begun, FENCES)
    found = [[[], []], [[], []]]
    for start, stop in zip(ends[:-1], ends[1:], strict=True):
        more = batch_of(*(one[start:stop] for one in series))
        again = recent.then(more.values, more.offsets)
        np.testing.assert_array_equal(np.isnan(again.values[again.new]), np.isnan(more.values))
        for i in range(2):
            own = slice(again.offsets[i], again.offsets[i] + again.n_settled[i])
            found[0][i] += again.values[own].tolist()
            found[1][i] += again.bounded[own].tolist()
        recent = again.recent
    last = recent.then(np.empty(0), np.zeros(3, dtype=np.int64))
    whole = batch_of(*series)
    for look, rest, seen in zip(
        (settled, without_outliers), (last.values, last.bounded), found, strict=True
    ):
        expected = look(whole, FENCES)
        for i in range(2):
            both = seen[i] + rest[last.offsets[i] : last.offsets[i + 1]].tolist()
            own = slice(whole.offsets[i], whole.offsets[i + 1])
            np.testing.assert_array_equal(both, expected[own])


def test_of_a_series_the_last_six_values_are_not_settled_and_their_gaps_are_kept():
    y = np.r_[np.arange(8.0), np.nan, 8.0, np.nan, np.nan]
    batch = batch_of(y, y[:3])
    assert n_unsettled_from(batch).tolist() == [3, 0]
    recent = Recent.of(batch, FENCES)
    np.testing.assert_array_equal(recent.values[0], np.r_[[np.nan] * 3, np.arange(9.0)])
    assert recent.gaps.tolist() == [[0, 0, 0, 0, 1, 2], [0] * 6]
    assert recent.take(np.array([1])).values[0, -3:].tolist() == [0.0, 1.0, 2.0]


@pytest.mark.parametrize("n", [0, 3])
def test_nothing_is_settled_by_missing_values(n):
    recent = Recent.of(batch_of(np.arange(9.0), np.arange(9.0)), FENCES)
    again = recent.then(np.full(2 * n, np.nan), n * np.arange(3))
    assert again.n_settled.tolist() == [0, 0]
    assert (again.recent.gaps[:, -1] == n).all()
