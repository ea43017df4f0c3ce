"""Samples of many series, the units they are read in, and losses in the units of the series."""

import numpy as np
import pytest

from tsrnn._input.ragged import Batch, offsets_of
from tsrnn.windows.level_losses import LevelLoss, loss_of
from tsrnn.windows.readings import Reading
from tsrnn.windows.samples import Samples, filled, naive_scales, origins_of, padded

RNG = np.random.default_rng(0)
SERIES = [RNG.uniform(5.0, 20.0, n) for n in (9, 3, 30, 17)]
SERIES[2][[7, 8, 20]] = np.nan
T, H = 5, 3


def batch_of(series):
    values = np.concatenate(series)
    return Batch(values, offsets_of(np.array([len(y) for y in series])), np.empty((values.size, 0)))


def stretches(batch):
    return [batch.values[a:b] for a, b in zip(batch.offsets[:-1], batch.offsets[1:], strict=True)]


@pytest.mark.parametrize("period", [1, 4])
def test_a_series_is_led_by_its_first_value_or_its_first_season_again_and_again(period):
    whole, rows = padded(batch_of(SERIES), T, period)
    np.testing.assert_array_equal(whole.values[rows], np.concatenate(SERIES))
    for y, long in zip(SERIES, stretches(whole), strict=True):
        m = period if len(y) >= period else 1
        expected = [y[k % m] for k in range(-T, 0)]
        np.testing.assert_array_equal(long, [*expected, *y])


@pytest.mark.parametrize("period", [1, 4])
def test_gaps_are_filled_by_a_season_before_or_the_last_value(period):
    whole, _ = padded(batch_of(SERIES), T, period)
    values = filled(whole, period)
    start = whole.offsets[2] + T
    expected = SERIES[2].copy()
    for t in np.flatnonzero(np.isnan(expected)):
        expected[t] = expected[t - period]
    np.testing.assert_array_equal(values[start : start + 30], expected)


@pytest.mark.parametrize("most", [1, 10, 1000])
def test_origins_are_the_last_of_each_series_with_history_and_a_known_value_ahead(most):
    least = 4
    whole, _ = padded(batch_of(SERIES), T, 1)
    origins = origins_of(whole, T, H, least, most)
    every = {}
    for i, y in enumerate(SERIES):
        every[i] = [t for t in range(least, len(y) - H + 1)]
    k = max(
        (k for k in range(1, 31) if sum(min(len(one), k) for one in every.values()) <= most),
        default=1,
    )
    expected = [
        whole.offsets[i] + T + t
        for i, one in every.items()
        for t in one[-k:]
        if not np.isnan(SERIES[i][t : t + H]).all()
    ]
    np.testing.assert_array_equal(origins, expected)


@pytest.mark.parametrize("period", [1, 4])
def test_the_scale_of_an_origin_is_the_naive_error_before_it(period):
    whole, _ = padded(batch_of(SERIES), T, period)
    origins = origins_of(whole, T, H, 1, 1000)
    scales = naive_scales(whole, T, period, origins)
    for origin, scale in zip(origins, scales, strict=True):
        i = whole.series_of_row[origin]
        place = origin - whole.offsets[i] - T
        changes = np.abs(
            SERIES[i][period:] - SERIES[i][: -period or None][: len(SERIES[i]) - period]
        )
        before = changes[: max(place - period, 0)]
        known = before if np.isfinite(before).any() else changes
        expected = np.nanmean(known) if np.isfinite(known).any() else 0.0
        assert scale == pytest.approx(expected, rel=1e-12)  # sums of other terms


@pytest.mark.parametrize(
    "reading",
    [Reading("ratio", "last", 1), Reading("std", "last", 1), Reading("std", "season", 2)],
    ids=str,
)
def test_a_batch_is_what_a_loop_over_origins_reads(reading):
    whole, _ = padded(batch_of(SERIES), T, 1)
    origins = origins_of(whole, T, H, 2, 1000)
    scale = naive_scales(whole, T, 1, origins)
    change = np.linspace(0.5, 2.0, 4)[whole.series_of_row[origins]]
    samples = Samples(filled(whole, 1), whole.values, origins, scale, change, T, H, reading)
    chosen = np.array([3, 0, 11])
    x, context = samples.gather(chosen)
    for k, row_x, row in zip(chosen, x, context, strict=True):
        window = samples.values[origins[k] - T : origins[k]]
        level = window[-reading.period :].mean() if reading.center == "season" else window[-1]
        if reading.units == "ratio":
            unit = max(abs(level), change[k])
            expected = [2.0 * np.clip(np.log(max(w / unit, 0.02)), -4.0, 4.0) for w in window]
        else:
            stretch = window[-2 * reading.period :] if reading.period > 1 else window
            unit = max(stretch.std(), 0.5 * change[k])
            expected = [np.clip((w - level) / unit, -8.0, 8.0) for w in window]
        size = max(abs(level), unit)
        y = whole.values[origins[k] : origins[k] + H] / size
        spread = max(np.abs(np.diff(window)).mean(), 0.1 * change[k])
        numbers = [*y, level / size, unit / size, max(scale[k] / size, 1e-6), spread / size]
        # Single precision, a few operations.
        np.testing.assert_allclose(row_x, expected, rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(row, numbers, rtol=1e-6)


@pytest.mark.parametrize("value", [0.0, 3.0, 1.0 / 3.0, -0.1])
@pytest.mark.parametrize("center", ["last", "season"])
@pytest.mark.parametrize("units", ["ratio", "std"])
def test_a_constant_series_has_no_unit_and_is_read_as_zeros(units, center, value):
    reading, windows = Reading(units, center, 7), np.full((1, T), value)
    level, unit = reading.level_and_unit(windows, np.zeros(1))
    assert level == value and unit == 0.0  # the mean of seven thirds is not a third to the bit
    np.testing.assert_array_equal(reading.inputs(windows, level, unit), 0.0)


@pytest.mark.parametrize("units, expected", [("ratio", 5.0), ("std", np.std([3.0, 3.0, 3.0, 5.0]))])
def test_a_window_that_varies_has_a_unit_though_its_series_was_constant(units, expected):
    windows = np.array([[3.0, 3.0, 3.0, 5.0]])
    level, unit = Reading(units, "last", 1).level_and_unit(windows, np.zeros(1))
    assert level == 5.0 and unit == expected


# Losses.


def pinball(level, error):
    return max(level * error, (level - 1.0) * error)


def loop_of(loss, outputs, targets):
    """The loss of one sample."""
    *y, b, u, s, v = targets
    terms = []
    for (o, o_low, o_high), one in zip(outputs.reshape(3, -1).T, y, strict=True):
        if not np.isnan(one):
            f = b + u * o
            low, high = (
                f + way * v * 2.0 * np.log1p(np.exp(o)) for way, o in ((-1, o_low), (1, o_high))
            )
            smape = 200.0 * abs(f - one) / (abs(f) + abs(one) + 0.01)
            ends = [
                pinball(q, np.clip((one - end) / s, -50.0, 50.0))
                for q, end in ((0.025, low), (0.975, high))
            ]
            terms.append(
                loss.smape * smape
                + loss.mase * min(abs(f - one) / s, 50.0)
                + loss.quantiles * sum(ends)
            )
    return np.mean(terms) if terms else 0.0


def draw(n=6):
    outputs = RNG.normal(scale=0.3, size=(n, 3 * H))
    context = np.ones(n), RNG.uniform(0.2, 1.0, n), np.full(n, 0.3), RNG.uniform(0.02, 0.2, n)
    targets = np.c_[RNG.normal(1.0, 0.5, (n, H)), *context]
    targets[1, 1] = targets[2, 0] = np.nan
    targets[3, :H] = np.nan
    targets[4, 0] = 100.0  # beyond the largest scaled error
    return outputs, targets, RNG.uniform(0.5, 2.0, n)


@pytest.mark.parametrize("kind", ["smape", "mase", "owa"])
def test_a_loss_in_units_of_the_series_is_what_its_loop_says_missing_targets_left_out(kind):
    loss = loss_of(kind, (12.0, 1.5))
    outputs, targets, weights = draw()
    value, _ = loss.value_and_gradient(outputs, targets, weights)
    each = [loop_of(loss, o, y) for o, y in zip(outputs, targets, strict=True)]
    assert value == pytest.approx(weights @ each, rel=1e-12)  # sums in another order


@pytest.mark.parametrize("kind", ["smape", "mase", "owa"])
def test_its_gradient_is_that_of_central_differences(kind):
    loss = loss_of(kind, (12.0, 1.5))
    outputs, targets, weights = draw()
    _, gradient = loss.value_and_gradient(outputs, targets, weights)
    step = 1e-6
    for place in np.ndindex(outputs.shape):
        moved = [outputs.copy(), outputs.copy()]
        moved[0][place] += step
        moved[1][place] -= step
        high, low = (loss.value_and_gradient(one, targets, weights)[0] for one in moved)
        # Second-order differences of smooth pieces; no draw lies within a step of a kink.
        assert gradient[place] == pytest.approx((high - low) / (2.0 * step), rel=1e-6, abs=1e-6)


def test_owa_is_half_of_each_over_those_of_naive_2():
    assert loss_of("owa", (10.0, 2.0)) == LevelLoss(0.05, 0.25, 0.125)
