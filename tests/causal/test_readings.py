"""What is read of whole series: against the slow loop, step by step, and what it must not know."""

import causal_loops
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsrnn.causal.readings import Reading, ReadingState, SeriesBatch, Stretches

# Running means are sums in another order than the loop's.
ROUNDING = 1e-9


def noisy_seasons(n, m, seed=0, share_missing=0.0):
    random = np.random.default_rng(seed)
    y = 20.0 + np.cumsum(random.normal(size=n)) + 5.0 * np.sin(2.0 * np.pi * np.arange(n) / m)
    y[random.random(n) < share_missing] = np.nan
    if share_missing and n > 2:
        y[:2] = np.nan, 3.0
    return y


@pytest.mark.parametrize("share_missing", [0.0, 0.3])
@pytest.mark.parametrize(
    ("m", "n_pattern", "memory"), [(1, 0, np.inf), (1, 2, 6.0), (4, 4, np.inf), (3, 7, 5.0)]
)
def test_the_compiled_reading_is_the_slow_loop(m, n_pattern, memory, share_missing):
    reading = Reading(5, 4, n_pattern, memory=memory)
    all_y = [noisy_seasons(n, m, n, share_missing) for n in (1, 2, 3, 9, 31)]
    all_y = [y for y in all_y if not np.isnan(y).all()]
    series = SeriesBatch.of(all_y, m)
    read = reading.read(Stretches.of(series), has_targets=True, dtype=float)
    for i, y in enumerate(all_y):
        rows = slice(series.offsets[i], series.offsets[i + 1])
        inputs, targets = causal_loops.read(y, m, horizon=5, n_pattern=n_pattern, memory=memory)
        np.testing.assert_allclose(read.inputs[rows], inputs, rtol=ROUNDING, atol=ROUNDING)
        np.testing.assert_allclose(read.targets[rows], targets, rtol=ROUNDING, atol=ROUNDING)


def test_one_step_at_a_time_is_the_whole_at_once_to_the_last_bit():
    reading = Reading(6, 12, 6, n_static=2)
    all_y = [noisy_seasons(40, 12, 1, 0.2), noisy_seasons(7, 4, 2), noisy_seasons(20, 1, 3)]
    static = np.arange(6.0).reshape(3, 2)
    series = SeriesBatch.of(all_y, np.array([12, 4, 1]), static)
    whole = reading.read(Stretches.of(series))
    for i, y in enumerate(all_y):
        state = reading.begin(series.periods[i : i + 1], static[i : i + 1])
        rows = []
        for value in y:
            one = SeriesBatch(np.array([value]), np.array([0, 1]), state.periods, static[i : i + 1])
            read = reading.read(Stretches.of(one), state)
            rows.append(read.inputs[0])
            state = read.state
        of_series = slice(series.offsets[i], series.offsets[i + 1])
        np.testing.assert_array_equal(np.array(rows), whole.inputs[of_series])
        np.testing.assert_array_equal(state.ring[0], whole.state.ring[i])
        np.testing.assert_array_equal(state.numbers[0], whole.state.numbers[i])
        np.testing.assert_array_equal(rows[-1][9 + 24 :], static[i])


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 6), st.integers(2, 30), st.integers(0, 29), st.integers(0, 2**31), st.booleans()
)
def test_no_input_knows_of_later_values(m, n, last, seed, has_gaps):
    last = min(last, n - 1)
    random = np.random.default_rng(seed)
    y = random.normal(size=n)
    if has_gaps:
        y[random.random(n) < 0.3] = np.nan
    other = y.copy()
    other[last + 1 :] = random.choice([np.nan, 1e9, -3.0], size=n - last - 1)
    reading = Reading(3, 6, 4)
    one, two = (reading.read(Stretches.of(SeriesBatch.of([each], m))) for each in (y, other))
    np.testing.assert_array_equal(one.inputs[: last + 1], two.inputs[: last + 1])
    np.testing.assert_array_equal(one.ahead[: last + 1], two.ahead[: last + 1])


@pytest.mark.parametrize("scale", [1e-200, 3.7e-5, 1e8, 1e200])
def test_what_is_read_is_the_same_in_any_unit(scale):
    reading = Reading(4, 4, 4)
    y = noisy_seasons(40, 4, 5, 0.1)
    one, two = (
        reading.read(Stretches.of(SeriesBatch.of([each], 4)), has_targets=True, dtype=float)
        for each in (y, scale * y)
    )
    # A product is rounded once, and differences of values by a digit or two more.
    np.testing.assert_allclose(two.inputs, one.inputs, rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(two.targets, one.targets, rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(two.ahead[3:], scale * one.ahead[3:], rtol=1e-11)


def test_a_large_value_is_forgotten_by_the_profile_of_later_seasons():
    reading = Reading(4, 4, 4)
    y = noisy_seasons(60, 4, 5)
    y[6] = 1e18
    mean = reading.read(Stretches.of(SeriesBatch.of([y], 4))).state.numbers[0, 10] / 4.0
    assert mean == pytest.approx(y[-4:].mean(), rel=1e-12)  # not 1e18's last digit, which is 128


def test_what_is_read_is_the_same_of_a_shifted_series_but_for_the_level():
    reading = Reading(4, 4, 4, reads_level=False)
    y = np.round(noisy_seasons(40, 4, 6) * 2.0**20) / 2.0**20  # exact after the shift, too
    one, two = (
        reading.read(Stretches.of(SeriesBatch.of([each], 4)), has_targets=True, dtype=float)
        for each in (y, y + 2.0**20)
    )
    np.testing.assert_array_equal(two.inputs, one.inputs)
    np.testing.assert_array_equal(two.targets[:, :4], one.targets[:, :4])
    np.testing.assert_array_equal(two.ahead[:, 0], one.ahead[:, 0] + 2.0**20)


@pytest.mark.parametrize("y", [[0.0] * 9, [5.0] * 9, [np.nan] * 9, [np.nan, 7.0, np.nan], [3.0]])
def test_constants_and_gaps_alone_have_no_unit_and_nothing_to_learn(y):
    reading = Reading(3, 4, 3)
    for m in (1, 4):
        read = reading.read(Stretches.of(SeriesBatch.of([np.array(y)], m)), has_targets=True)
        assert np.isfinite(read.inputs).all()
        assert np.isnan(read.targets[:, :3]).all() and (read.targets[:, 3:] == 0.0).all()
        assert (reading.units(read.state) == 0.0).all()
        known = [one for one in y if one == one]
        expected = known[-1] if known else np.nan
        np.testing.assert_array_equal(reading.anchors(read.state), np.full((1, 3), expected))


def test_stretches_from_the_state_before_them_are_parts_of_the_whole():
    reading = Reading(4, 4, 4)
    series = SeriesBatch.of([noisy_seasons(30, 4, 7, 0.1), noisy_seasons(17, 4, 8)], 4)
    whole = reading.read(Stretches.of(series), has_targets=True)
    starts, stops = np.array([11, 35]), np.array([22, 47])
    before = Stretches(
        series.values, series.offsets[:-1], starts, starts, series.periods, series.static
    )
    state = reading.read(before).state
    kept = state.ring.copy()
    part = Stretches(
        series.values, starts, stops, series.offsets[1:], series.periods, series.static
    )
    read = reading.read(part, state, has_targets=True)
    rows = np.r_[11:22, 35:47]
    np.testing.assert_array_equal(read.inputs, whole.inputs[rows])
    np.testing.assert_array_equal(read.targets, whole.targets[rows])
    np.testing.assert_array_equal(state.ring, kept)


def test_periods_and_numbers_that_are_not_those_of_the_reading_are_refused():
    reading = Reading(4, 4, 4, n_static=1)
    for period in (0, 5):
        with pytest.raises(ValueError, match="periods must be from 1 to 4"):
            reading.begin(np.array([period]), np.zeros((1, 1)))
    with pytest.raises(ValueError, match=r"static must have shape \(1, 1\)"):
        reading.begin(np.array([4]), np.zeros((1, 0)))
    assert isinstance(reading.begin(np.array([4]), np.zeros((1, 1))), ReadingState)
