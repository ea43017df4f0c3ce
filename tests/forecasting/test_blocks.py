"""Panels cut into blocks, and their fits put together."""

from types import SimpleNamespace

import numpy as np
import pytest
from smoothers import batch_of

from tsrnn.forecasting.blocks import fit_blocks, partition


def five():
    series = [np.arange(n, dtype=float) for n in (3, 1, 2, 5, 4)]
    return series, batch_of(series, [np.zeros((len(y), 0)) for y in series])


@pytest.mark.parametrize("size", [1, 2, 5, 9])
def test_blocks_hold_each_series_once_and_in_order(size):
    series, batch = five()
    blocks = list(partition(batch, size))
    assert [block.series.size for block in blocks[:-1]] == [size] * (len(blocks) - 1)
    np.testing.assert_array_equal(np.concatenate([block.series for block in blocks]), range(5))
    np.testing.assert_array_equal(
        np.concatenate([block.batch.values for block in blocks]), np.concatenate(series)
    )


def test_blocks_of_chosen_series_hold_those_alone():
    series, batch = five()
    first, second = partition(batch, 2, np.array([4, 0, 3]))
    np.testing.assert_array_equal(first.series, [4, 0])
    np.testing.assert_array_equal(second.batch.values, series[3])


def test_fits_of_blocks_are_joined_by_the_positions_of_the_panel():
    _, batch = five()

    def fit(block):
        # The first series of each block fails, the others are a part; the last has a note.
        rest = np.arange(1, block.series.size)
        return SimpleNamespace(
            parts=[(rest, block.batch.lengths[rest])] if rest.size else [],
            failures={0: ValueError(f"{block.batch.lengths[0]}")},
            notes={int(i): (UserWarning("n"),) for i in rest[-1:]},
        )

    found = fit_blocks(fit, partition(batch, 3))
    assert {i: str(error) for i, error in found.failures.items()} == {0: "3", 3: "5"}
    assert sorted(found.notes) == [2, 4]
    (one, lengths), (other, rest) = found.parts
    np.testing.assert_array_equal([one, lengths], [[1, 2], [1, 2]])
    np.testing.assert_array_equal([other, rest], [[4], [4]])
