"""Single values far from all others: found, read as if they lay nearer, and told of."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import Ridge

from tsrnn import PanelForecaster, RNNForecaster, WindowForecaster
from tsrnn._input.ragged import Batch
from tsrnn.datasets import load_co2
from tsrnn.exceptions import UnreliableForecastWarning
from tsrnn.windows.outliers import fences_of, settled

STEPS = np.arange(120)
NOISE = 100.0 + np.random.default_rng(0).normal(0.0, 3.0, 120)


def with_values(y, places, values):
    """A copy that has other values at some places."""
    y = y.copy()
    y[places] = values
    return y


def batch_of(*series):
    """Series one after another."""
    offsets = np.r_[0, np.cumsum([len(one) for one in series])].astype(np.int64)
    return Batch(np.concatenate(series), offsets, np.empty((offsets[-1], 0)))


def read(*series):
    """What series without a shift are read as."""
    batch = batch_of(*series)
    values = settled(batch, fences_of(batch, np.zeros(len(series))))
    return np.split(values, batch.offsets[1:-1])


def warned(call, *arguments):
    """What a call returns, and what it says."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", UnreliableForecastWarning)
        answer = call(*arguments)
    return answer, [str(one.message) for one in caught]


def median(values):
    """Of up to three, the nearest ones coming first; of two it is their mean."""
    return np.median(values if len(values) >= 3 else (values * 2)[:2])


def slow_surroundings(y):
    """Of each value: the medians beside it in order, the room at the start, and the reach."""
    n, found = len(y), []
    for t in range(n):
        before, after = list(y[max(t - 3, 0) : t][::-1]), list(y[t + 1 : t + 4])
        room = 0.0
        if t < 2 and len(after) == 3:
            before, room = after, 10.0 * np.ptp(after)
        low, high = sorted(median(side) if side else y[t] for side in (before, after))
        found.append((low, high, room, max(y[t] - high, low - y[t], 0.0)))
    return found


def slow_reading(y):
    """The docstring of the module as an obvious loop, of a series with all values, not mostly 0."""
    n = len(y)
    if n < 10:
        return y
    most = max(2, int(0.005 * n))
    changes = sorted(np.abs(np.diff(y)))[: n - 1 - 2 * most]
    reaches = sorted(reach for *_, reach in slow_surroundings(y))
    fence = 10.0 * max(reaches[-1 - most], np.mean(changes))
    for _ in range(2):
        looked_at = y.copy()
        for t, (low, high, room, reach) in enumerate(slow_surroundings(looked_at)):
            room = max(room, fence)
            if reach > room:
                y[t] = np.clip(y[t], low - room, high + room)
    return y


@given(st.integers(0, 2**32 - 1), st.integers(5, 130))
def test_outliers_are_those_of_an_obvious_loop(seed, n):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=n).cumsum() if rng.random() < 0.5 else rng.normal(size=n)
    n_far = rng.integers(0, 4)
    y[rng.integers(0, n, n_far)] += 10.0 ** rng.uniform(0.0, 6.0, n_far)
    if rng.random() < 0.3:  # some in a row
        y[n // 2 : n // 2 + rng.integers(2, 5)] += 1e4
    # Sums are taken in another order.
    np.testing.assert_allclose(
        read(NOISE, y, NOISE)[1], slow_reading(y.copy()), rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize(
    "y",
    [
        NOISE,
        np.cumsum(NOISE - 100.0),
        np.random.default_rng(1).standard_t(3, size=400),
        np.where(STEPS % 12 == 5, 300.0, 0.0) + NOISE,
        np.where(STEPS % 40 == 5, 300.0, 100.0),
        np.where(STEPS > 70, 500.0, 0.0) + NOISE,
        np.where(STEPS == 119, 500.0, 0.0) + NOISE,
        1.2**STEPS,
        1.2**-STEPS,
        1e4 * 0.5**STEPS + NOISE,
        np.where(np.isin(STEPS, (20, 71)), 4.0, 0.0),
        load_co2().to_numpy(),
        np.full(30, 7.0),
        np.array([1.0, 2.0, 1e6, 3.0]),
    ],
    ids=[
        *("noise", "walk", "heavy tails", "peaks", "three peaks", "new level", "last value"),
        *(
            "growth",
            "decay",
            "high start",
            "two demands",
            "carbon dioxide",
            "constant",
            "four values",
        ),
    ],
)
def test_what_repeats_itself_stays_or_goes_on_is_no_outlier(y):
    np.testing.assert_array_equal(read(y)[0], y)


def test_three_in_a_row_are_outliers_and_four_are_a_new_level():
    three, four = (np.where((STEPS >= 60) & (STEPS < end), 1e6, NOISE) for end in (63, 64))
    # The one in the middle at ten reaches at most, the others at ten from that.
    assert np.ptp(read(three)[0]) < 21.0 * np.ptp(NOISE)
    np.testing.assert_array_equal(read(four)[0], four)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = WindowForecaster(Ridge(), lags=(1, 2, 3)).fit(three).predict(4)
    assert "3 of the values lie more than ten times" in str(caught[0].message)
    assert np.abs(found - 100.0).max() < np.ptp(NOISE)


PLACES = {
    "first": ([0], [1e6]),
    "second": ([1], [1e6]),
    "middle": ([60], [1e6]),
    "late": ([112], [-1e6]),
    "last but one": ([118], [1e6]),
    "two": ([30, 90], [1e6, -1e6]),
    "next to each other": ([60, 61], [1e6, 2e6]),
}


@pytest.mark.parametrize("name", PLACES)
def test_an_outlier_is_read_at_most_ten_times_as_far_out_as_all_others_are(name):
    places, values = PLACES[name]
    (found,) = read(with_values(NOISE, places, values))
    others = np.setdiff1d(STEPS, places)
    np.testing.assert_array_equal(found[others], NOISE[others])
    # The values differ by three standard deviations at most on either side of the mean.
    assert np.all(np.abs(found[places] - 100.0) < 10.0 * 12.0)


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize(
    "model",
    [
        RNNForecaster(Ridge()),
        RNNForecaster(horizon=6, n_members=1, random_state=0),
        WindowForecaster(lags=6, random_state=0),
    ],
    ids=["ridge", "members", "tree"],
)
def test_far_ahead_forecasts_stay_with_the_series(model, name):
    places, values = PLACES[name]
    fitted, messages = warned(model.fit, with_values(NOISE, places, values))
    assert any(f"{len(places)} of the values lie more than ten times" in one for one in messages)
    forecast, messages = warned(fitted.predict, 100)
    # What is read lies up to 120 from the mean, and is fresh where it stands among the last.
    assert np.abs(forecast - 100.0).max() < (150.0 if places[0] > 110 else 40.0)


def test_a_constant_with_one_spike_goes_on():
    model, _ = warned(RNNForecaster(Ridge()).fit, with_values(np.full(60, 7.0), [30], [1000.0]))
    np.testing.assert_array_equal(warned(model.predict, 5)[0], 7.0)


@pytest.mark.parametrize("units", ["window", "raw"])
def test_a_fit_names_the_first_outlier_and_raw_values_are_read_as_they_are(units):
    y = with_values(NOISE, [60, 90], [1e6, 2e6])
    model, (message,) = warned(WindowForecaster(Ridge(), 3, units=units).fit, y)
    assert "2 of the values" in message and "the first, 1e+06, in row 60" in message
    assert ("read as they are" in message) == (units == "raw")
    (regressor,) = model.estimators_
    plain = Ridge().fit(np.column_stack([y[2:-1], y[1:-2], y[:-3]]), y[3:])
    assert np.allclose(regressor.coef_, plain.coef_, rtol=1e-6) == (units == "raw")


@pytest.mark.parametrize("units", ["window", "raw"])
def test_a_forecast_that_follows_the_last_value_out_of_all_others_is_told_of(units):
    model = WindowForecaster(Ridge(), 3, units=units)
    far, _ = warned(model.fit, with_values(NOISE, [119], [1e6]))
    forecast, messages = warned(far.predict, 3)
    assert forecast[0] > 1e4 and any("leaves the range" in one for one in messages)


def test_an_outlier_in_an_update_is_one_as_soon_as_the_next_value_is_back():
    model = RNNForecaster(Ridge()).fit(NOISE)
    expected = model.predict(2)
    model.update([1e6])
    forecast, messages = warned(model.predict, 2)
    assert forecast[0] > 1e4 and messages  # nobody knows yet
    model.update([101.0, 99.0])
    at_once = RNNForecaster(Ridge()).fit(NOISE).update([1e6, 101.0, 99.0])
    forecast, messages = warned(model.predict, 2)
    assert not messages
    np.testing.assert_array_equal(forecast, at_once.predict(2))
    np.testing.assert_allclose(forecast, expected, atol=30.0)  # that far from 1e4


def test_a_level_that_stays_is_taken_into_the_range_with_its_third_value():
    model = RNNForecaster(Ridge()).fit(NOISE)
    assert warned(model.update([1e4]).predict, 1)[1]
    model.update([1e4 + 5.0]).update([1e4 - 5.0])
    assert model._model.state.ranges.high[0] > model._model.state.scaling.scale(np.full(1, 9e3))[0]


def test_other_series_of_a_panel_and_units_are_as_without_an_outlier():
    y = with_values(NOISE, [60], [1e6])
    first, second, third = read(NOISE[::-1], y, NOISE[:40])
    np.testing.assert_array_equal(first, NOISE[::-1])
    np.testing.assert_array_equal(second, read(y)[0])
    np.testing.assert_array_equal(third, NOISE[:40])
    np.testing.assert_array_equal(read(np.ldexp(y, 40))[0], np.ldexp(read(y)[0], 40))
    np.testing.assert_array_equal(read(-y)[0], -read(y)[0])
    gaps = np.insert(y, [10, 60, 61, 100], np.nan)
    found = read(gaps)[0]
    np.testing.assert_array_equal(found[~np.isnan(gaps)], read(y)[0])
    frame = pd.DataFrame({"unique_id": np.repeat(["a", "b"], 120), "ds": np.tile(STEPS, 2)})
    frame["y"] = np.r_[NOISE, y]
    panel, _ = warned(PanelForecaster(RNNForecaster(Ridge())).fit, frame)
    notes = panel.notes_[panel.notes_["note"].str.contains("ten times as far")]
    assert notes["unique_id"].tolist() == ["b"]


def test_what_was_looked_at_before_is_left_as_it_was_but_for_its_last_two_values():
    y = np.r_[5.0, 6.0, 900.0, 5.0, 6.0, 5.0, 6.0, 5.0, 800.0, 5.0, 6.0, 700.0, 5.0, 6.0, 5.0]
    found = settled(batch_of(y), np.ones(1), n_known=10)
    np.testing.assert_array_equal(found, with_values(y, [8, 11], 7.0))


# Last values, of which nobody knows.

AROUND_50 = np.column_stack([50.0 + np.random.default_rng(i).normal(size=60) for i in range(4)])


def members_of(kind, y):
    """Members of a kind at the ends of series, and what their fit says."""
    options = {"window": "all"} if kind == "all" else {"members": kind}
    model = RNNForecaster(horizon=3, period=1, n_members=1, random_state=0, **options)
    return warned(model.fit, y)


@pytest.mark.parametrize("kind", ["dense", "gru", "lstm", "ridge", "all"])
def test_a_fit_names_a_last_value_that_is_far_from_all_before(kind):
    y = AROUND_50.copy()
    y[-1, 2] = 1e6
    model, messages = members_of(kind, y)
    assert any(
        "series 2: the last value, 1e+06 in row 59, lies more than" in one for one in messages
    )
    assert any("leaves the range" in one for one in warned(model.predict, 3)[1])


def test_last_values_are_told_of_apart_from_outliers_and_no_value_twice():
    y = with_values(AROUND_50[:, 0], [30, 58, 59], 1e6)
    _, (message,) = warned(RNNForecaster(Ridge(), window=3).fit, y)
    assert "the last 2 values, from 1e+06 in row 58, lie more than" in message
    assert "And 1 of the values lie more than ten times" in message and "row 30" in message
    _, (message,) = warned(RNNForecaster(Ridge(), window=3).fit, with_values(y, [30, 59], 50.0))
    assert "the last" not in message and "row 58" in message
    for calm in (AROUND_50[:, 0], 1.3**STEPS, np.arange(30.0), np.tile([1.0, 9.0, 2.0, 5.0], 9)):
        assert not any("the last" in one for one in warned(RNNForecaster(Ridge()).fit, calm)[1])


@pytest.mark.parametrize(
    ("kind", "place", "period"),
    [("dense", -1, 4), ("dense", -2, 1), ("gru", -1, 1), ("lstm", -1, 1), ("ridge", -1, 4)],
)
def test_ratios_of_positive_values_are_never_below_zero(kind, place, period):
    """A network whose outputs say that all is lost, as those beside a huge level may."""
    y = AROUND_50.copy()
    y[place, 2] = 1e6
    model = RNNForecaster(horizon=3, period=period, n_members=2, members=kind, random_state=0)
    model, _ = warned(model.fit, y)
    levels = [0.01, 0.1, 0.5, 0.9, 0.99]
    for member in model.members_:
        bias = member.spec.architecture().unpack(member.weights)["b_y"]
        bias[:3] -= 1.5
    model._model.state._forecasts.clear()
    found, _ = warned(model.predict, 7)
    quantiles, _ = warned(model.predict_quantiles, 7, levels)
    paths, _ = warned(model.simulate, 5, 20)
    assert found.min() == 0.0 and min(quantiles.min(), np.min(paths)) >= 0.0
    assert (np.diff(quantiles, axis=1) >= 0.0).all()
    # What has been below zero may be so again.
    moved, _ = warned(model.update, np.full((1, 4), -50.0))
    assert warned(moved.predict, 3)[0].min() < 0.0
