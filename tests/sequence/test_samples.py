"""Samples on their way to training: merged, split, in units."""

import numpy as np
import pytest

from tsrnn._input.sequences import Sequences
from tsrnn._optim.units import mean_and_deviation
from tsrnn.sequence.number_targets import r2
from tsrnn.sequence.samples import Samples, in_order, merged, split_off


def samples_of(sequences, targets, weights=None, by_step=False):
    values = np.concatenate([np.asarray(one, float).reshape(len(one), -1) for one in sequences])
    offsets = np.cumsum([0, *map(len, sequences)])
    weights = np.ones(len(sequences)) if weights is None else np.asarray(weights, float)
    return Samples(Sequences(values, offsets), np.asarray(targets, float), weights, by_step)


def listed(samples):
    """The sequences, targets and weights as plain lists, in their order."""
    bounds = samples.sequences.offsets
    found = []
    for i in range(samples.sequences.n_sequences):
        steps = slice(*bounds[i : i + 2])
        targets = samples.targets[steps if samples.by_step else i]
        values = samples.sequences.values[steps].tolist()
        found.append((values, np.asarray(targets).tolist(), float(samples.weights[i])))
    return found


def test_what_is_the_same_is_made_one_with_the_sum_of_weights():
    sequences = [[1, 2], [1, 2], [1, 2, 3], [1, 2], [2, 1], [1, 2]]
    targets = [[5], [6], [5], [5], [5], [5]]
    samples = samples_of(sequences, targets, [1, 2, 4, 8, 16, 32])
    found = listed(merged(in_order(samples, samples.targets)))
    expected = [
        ([[1.0], [2.0]], [5.0], 41.0),
        ([[1.0], [2.0]], [6.0], 2.0),
        ([[1.0], [2.0], [3.0]], [5.0], 4.0),
        ([[2.0], [1.0]], [5.0], 16.0),
    ]
    assert sorted(found) == sorted(expected)


def test_targets_of_every_step_are_compared():
    sequences = [[1, 2], [1, 2], [1, 2]]
    samples = samples_of(sequences, [[5], [6], [5], [7], [5], [6]], by_step=True)
    found = listed(merged(in_order(samples, samples.targets)))
    assert sorted(weight for _, _, weight in found) == [1.0, 2.0]


@pytest.mark.parametrize("n_features", [1, 3])
@pytest.mark.parametrize("by_step", [False, True])
def test_the_order_hangs_on_the_samples_alone_and_not_on_their_units(n_features, by_step):
    rng = np.random.default_rng(0)
    # Ties in the first and last numbers, and in targets.
    sequences = [rng.integers(0, 3, (n, n_features)) for n in rng.integers(1, 5, 200)]
    counts = [len(one) for one in sequences]
    targets = [rng.integers(0, 2, (n if by_step else 1, 1)) for n in counts]
    order = rng.permutation(200)
    plain = samples_of(sequences, np.concatenate(targets), by_step=by_step)
    shuffled = samples_of(
        [sequences[i] for i in order],
        np.concatenate([targets[i] for i in order]),
        by_step=by_step,
    )
    found = listed(merged(in_order(plain, plain.targets)))
    assert len(found) < 200
    assert listed(merged(in_order(shuffled, shuffled.targets))) == found
    distinct = [rng.standard_normal((n, n_features)) for n in counts]
    plain = samples_of(distinct, np.concatenate(targets), by_step=by_step)
    other = samples_of([1e3 * one + 7.0 for one in distinct], plain.targets, by_step=by_step)
    assert [length for length in merged(in_order(plain, plain.targets)).sequences.lengths] == [
        length for length in merged(in_order(other, other.targets)).sequences.lengths
    ]


def test_many_long_sequences_are_compared_piece_by_piece():
    rng = np.random.default_rng(0)
    sequences = [rng.standard_normal(length) for length in (70_000, 3, 40_000, 30_000, 1)]
    samples = samples_of(sequences * 2, np.zeros((10, 1)))
    assert merged(in_order(samples, samples.targets)).weights.tolist() == [2.0] * 5


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scale", [1.0, 1e-30, 1e30])
def test_centre_and_spread_are_weighted_moments(dtype, scale):
    rng = np.random.default_rng(0)
    values = (scale * (rng.standard_normal((70_000, 2)) * [1.0, 5.0] + [3.0, -1.0])).astype(dtype)
    weights = rng.uniform(size=70_000)
    center, spread = mean_and_deviation(values, weights)
    expected = np.average(values.astype(float), axis=0, weights=weights)
    # Sums of 70,000 numbers, in another order and in units of the largest, which is rounded.
    tolerance = 1e-10 if dtype == np.float64 else 1e-6
    np.testing.assert_allclose(center, expected, rtol=tolerance)
    variance = np.average((values.astype(float) - expected) ** 2, axis=0, weights=weights)
    np.testing.assert_allclose(spread, np.sqrt(variance), rtol=tolerance)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("value", [0.0, 0.1, -1e-20, 1e20, 123456.7])
def test_a_constant_has_a_spread_of_one(dtype, value):
    """Whatever its mean is rounded to."""
    values = np.full((1001, 1), value, dtype)
    center, spread = mean_and_deviation(values, np.random.default_rng(0).uniform(size=1001))
    assert center[0] == pytest.approx(float(dtype(value)), rel=1e-6)
    assert spread[0] == 1.0


def test_the_largest_numbers_have_units_too():
    center, spread = mean_and_deviation(np.array([[-1.5e308], [1.5e308]]), np.ones(2))
    assert (center[0], spread[0]) == (0.0, 1.5e308)


def test_a_part_is_set_aside_with_as_many_of_each_label():
    sequences = [[i, i] for i in range(50)]
    labels = np.repeat([0, 1], [40, 10])
    samples = samples_of(sequences, labels)
    kept, held_out = split_off(samples, 0.2, labels, np.random.RandomState(0))
    assert np.bincount(held_out.targets.astype(int)).tolist() == [8, 2]
    together = sorted(listed(kept) + listed(held_out))
    assert together == sorted(listed(samples))
    _, other = split_off(samples, 0.2, labels, np.random.RandomState(1))
    assert listed(other) != listed(held_out)


@pytest.mark.parametrize("n", [1, 2])
def test_too_few_to_set_some_aside_are_refused(n):
    samples = samples_of([[1.0]] * n, np.arange(n))
    with pytest.raises(ValueError, match=f"n_samples={n}"):
        split_off(samples, 0.9 if n == 2 else 0.5, None, np.random.RandomState(0))


def test_r2_is_scikit_learns():
    from sklearn.metrics import r2_score

    rng = np.random.default_rng(0)
    targets, outputs = rng.standard_normal((2, 30, 3))
    targets[:, 1] = 2.0
    outputs[:, 2] = targets[:, 2] = 3.0
    weights = rng.uniform(size=30)
    expected = r2_score(targets, outputs, sample_weight=weights)
    # The same sums, divided earlier.
    assert r2(outputs, targets, weights) == pytest.approx(expected, rel=1e-12)
