"""Ragged series one after the other, their units, and the structures fitted to them."""

import numpy as np
import pytest
from cases import relative_error
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from smoothers import PERIOD, STRUCTURES, batch_of

from tsrnn._input.ragged import Batch
from tsrnn._input.scaling import ColumnScaling, Scaling
from tsrnn.smoothing.structure import Structure

every_structure = pytest.mark.parametrize("label", STRUCTURES)


def three():
    series = [np.array([1.0, np.nan, 3.0]), np.array([4.0]), np.array([np.nan, 6.0])]
    columns = [np.arange(2.0 * len(y)).reshape(-1, 2) + 10.0 * i for i, y in enumerate(series)]
    return series, columns, batch_of(series, columns)


# Batches.


def test_a_batch_knows_its_series_their_lengths_and_who_owns_each_row():
    series, columns, batch = three()
    assert batch.n_series == 3
    np.testing.assert_array_equal(batch.lengths, [3, 1, 2])
    np.testing.assert_array_equal(batch.series_of_row, [0, 0, 0, 1, 2, 2])
    np.testing.assert_array_equal(batch.count_observed(), [2, 1, 1])
    assert batch.count_observed().dtype == np.int64
    for i, (y, X) in enumerate(zip(series, columns, strict=True)):
        np.testing.assert_array_equal(batch.one(i), np.vstack([y, X.T]))


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0], [1], [1, 1, 0, 2, 2], []])
def test_some_series_of_a_batch_come_in_the_order_asked_for(order):
    series, columns, batch = three()
    some = batch.take(np.array(order, dtype=np.int64))
    assert some.n_series == len(order)
    assert some.offsets.dtype == np.int64
    for place, i in enumerate(order):
        np.testing.assert_array_equal(some.one(place), batch.one(i))


def test_sums_and_maxima_are_taken_by_series():
    batch = three()[2]
    rows = np.array([1.0, 2.0, 3.0, -4.0, 5.0, -6.0])
    np.testing.assert_array_equal(batch.sums(rows), [6.0, -4.0, -1.0])
    np.testing.assert_array_equal(batch.largest(rows), [3.0, -4.0, 5.0])
    np.testing.assert_array_equal(
        batch.largest(np.column_stack([rows, -rows])), [[3.0, -1.0], [-4.0, 4.0], [5.0, 6.0]]
    )


def test_columns_of_an_array_become_series_with_the_same_regressors():
    values = np.arange(8.0).reshape(4, 2)
    X = np.arange(12.0).reshape(4, 3)
    batch = Batch.of_columns(values, X)
    for i in range(2):
        np.testing.assert_array_equal(batch.one(i), np.vstack([values[:, i], X.T]))
    assert batch.values.flags.c_contiguous and batch.regressors.flags.c_contiguous


# Units.

numbers = st.floats(-1e9, 1e9, allow_subnormal=False) | st.just(np.nan)
ragged = st.lists(st.lists(numbers, min_size=1, max_size=6), min_size=1, max_size=4)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(ragged, st.integers(-900, 900), st.booleans())
def test_scaled_series_are_of_order_one_and_come_back(series, exponent, centred):
    series = [np.ldexp(np.array([*y, 1.5]), exponent) for y in series]
    batch = batch_of(series)
    scaling = Scaling.of(batch, centred=centred)
    each = scaling.take(batch.series_of_row)
    z = each.scale(batch.values)
    # Exactly: the largest distance is divided by itself.
    largest = batch.largest(np.where(np.isnan(z), 0.0, np.abs(z)))
    assert ((largest == 1.0) | (largest == 0.0)).all()
    for i, y in enumerate(series):
        rows = slice(batch.offsets[i], batch.offsets[i + 1])
        # Two roundings at the size of the series.
        size = np.nanmax(np.abs(y))
        np.testing.assert_allclose(each.unscale(z)[rows], y, atol=4e-16 * size)
        alone = Scaling.of(batch_of([y]), centred=centred)
        np.testing.assert_array_equal(alone.scale(y), z[rows])
        assert (centred and z[rows][~np.isnan(y)][0] == 0.0) or alone.centre[0] == 0.0


@settings(max_examples=100, deadline=None, derandomize=True)
@given(ragged, st.integers(-900, 900))
def test_a_power_of_two_as_a_unit_changes_no_bit_of_a_scaled_series(series, exponent):
    batch = batch_of([np.array([*y, 1.5]) for y in series])
    moved = batch_of([np.ldexp(np.array([*y, 1.5]), exponent) for y in series])
    # No digit is lost at the lower end of the range.
    assume(np.array_equal(np.ldexp(moved.values, -exponent), batch.values, equal_nan=True))
    one, other = Scaling.of(batch), Scaling.of(moved)
    np.testing.assert_array_equal(
        one.take(batch.series_of_row).scale(batch.values),
        other.take(moved.series_of_row).scale(moved.values),
    )
    np.testing.assert_allclose(
        other.log_unit, one.log_unit + exponent * np.log(2.0), atol=1e-12
    )  # rounding of hundreds


@pytest.mark.parametrize("value", [0.0, 7.0, -3e300, 5e-324, 1.7e308])
def test_a_constant_series_has_a_unit_and_comes_back(value):
    batch = batch_of([np.full(4, value)])
    for centred in (True, False):
        scaling = Scaling.of(batch, centred=centred)
        z = scaling.scale(batch.values)
        assert np.isfinite(z).all() and (scaling.spread > 0.0).all()
        np.testing.assert_array_equal(scaling.unscale(z), batch.values)


def test_states_and_differences_are_scaled_as_what_they_are():
    batch = batch_of([np.array([10.0, 14.0, 12.0]), np.array([1.0, 2.0, 9.0])])
    scaling = Scaling.of(batch)
    unit = scaling.unscale_difference(np.ones(2))
    np.testing.assert_allclose(unit, [4.0, 8.0], rtol=1e-15)
    np.testing.assert_allclose(scaling.log_unit, np.log(unit), rtol=1e-14)
    state = np.array([[14.0, 9.0], [2.0, -4.0], [0.5, 0.25]])
    for last, is_share in ((state[2] / unit, False), (state[2], True)):
        shares = np.array([False, False, is_share])
        scaled = scaling.scale_state(state.copy(), shares)
        np.testing.assert_allclose(scaled, [[1.0, 1.0], [0.5, -0.5], last], rtol=1e-15)
        np.testing.assert_allclose(scaling.unscale_state(scaled, shares), state, rtol=1e-15)


def test_regressors_are_scaled_by_series_and_constant_ones_are_zero():
    _, columns, _ = three()
    columns[0][:, 1] = 7.0
    batch = batch_of([np.zeros(3), np.zeros(1), np.zeros(2)], columns)
    scaling = ColumnScaling.of(batch)
    scaled = scaling.scale(batch)
    np.testing.assert_array_equal(scaled[:3], [[0.0, 0.0], [0.5, 0.0], [1.0, 0.0]])
    np.testing.assert_array_equal(scaled[3], [0.0, 0.0])
    np.testing.assert_array_equal(scaled[4:], [[0.0, 0.0], [1.0, 1.0]])
    last = np.array([2])
    np.testing.assert_array_equal(scaling.take(last).scale(batch.take(last)), scaled[4:])


# Structures.


@every_structure
def test_a_structure_counts_what_it_learns(label):
    structure = STRUCTURES[label]
    n_smoothing = 1 + ("A" in label[1:-1]) + ("d" in label) + (label[-1] != "N")
    n_state = 1 + ("A" in label[1:-1]) + (PERIOD if label[-1] != "N" else 0)
    assert structure.label == label
    assert structure.n_smoothing == n_smoothing
    assert len(structure.state_names) == n_state
    assert structure.n_free_state == n_state - (label[-1] != "N")
    assert structure.is_relative == (label[0] == "M")
    assert structure.is_linear == (label[-1] != "M")
    assert structure.is_positive == ("M" in label)
    assert structure.state_names[0] == "level"


@every_structure
def test_normalised_states_are_read_back_and_their_seasons_are_neutral(label):
    structure = STRUCTURES[label]
    free = np.random.default_rng(0).normal(size=(5, structure.n_free_state))
    states = np.hstack([np.ones((5, 1)), free]) @ structure.normalised.T
    np.testing.assert_allclose(structure.free_state(states), free, rtol=1e-13)
    if structure.seasonal is not None:
        expected = 1.0 if structure.seasonal == "mul" else 0.0
        # A sum of four roundings.
        np.testing.assert_allclose(states[:, 2:].mean(axis=1), expected, atol=1e-14)
        if structure.trend is None:
            assert not states[:, 1].any()
    own = np.ascontiguousarray(states[:, structure.kept])
    assert relative_error(structure.cell_state(own), states) == 0.0


def test_structures_of_other_periods_share_everything_but_the_state():
    short, long = Structure("mul", "add", True, "mul", 2), Structure("mul", "add", True, "mul", 24)
    assert short.label == long.label == "MAdM"
    assert long.n_free_state - short.n_free_state == 22
    assert (short.cell.step is long.cell.step) and long.cell.n_state == 26
    assert Structure() == STRUCTURES["ANN"] and hash(Structure()) == hash(STRUCTURES["ANN"])
