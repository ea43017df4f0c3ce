"""Warnings of forecasts from lag windows: worse than repetition, running away, nothing learned."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from window_loops import Recorder

from tsrnn import (
    DeseasonalizedForecaster,
    ElmanRNNRegressor,
    PanelForecaster,
    RNNForecaster,
)
from tsrnn._input.ragged import Batch
from tsrnn.exceptions import UnreliableForecastWarning
from tsrnn.windows.doubts import Ranges, of_most
from tsrnn.windows.trends import trends

PEAKS = np.array(([100.0] * 5 + [300.0]) * 8)
RIDGE = RNNForecaster(Ridge(), window=4)
RNG = np.random.default_rng(0)
WALK = np.cumsum(RNG.normal(size=120))


def told(call, *arguments, **options):
    """What a call returns, and the warnings of this category that it gives."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", UnreliableForecastWarning)
        answer = call(*arguments, **options)
    return answer, [str(one.message) for one in caught]


@pytest.fixture(scope="module")
def of_peaks():
    return told(RIDGE.fit, PEAKS)[0]


# Forecasts that run away.


@pytest.mark.parametrize(
    "ask",
    [
        lambda model: model.predict(6),
        lambda model: model.predict_interval(6, 0.5),
        lambda model: model.predict_interval(6, 0.5, method="conformal"),
        lambda model: model.predict_quantiles(6, [0.4, 0.6]),
        lambda model: model.simulate(6, 3, random_state=0),
    ],
    ids=["predict", "interval", "conformal", "quantiles", "simulate"],
)
def test_every_way_of_asking_tells_once_that_a_forecast_runs_away(of_peaks, ask):
    _, messages = told(ask, of_peaks)
    assert len(messages) == 1 and "leaves the range of the series at step 2" in messages[0]


def test_the_distance_told_is_that_of_the_forecast_in_ranges(of_peaks):
    forecast, (message,) = told(of_peaks.predict, 6)
    assert f"lie {(forecast.max() - 300.0) / 200.0:.3g} times that range outside" in message
    # Half the range, 100, is left at the first step that lies above 400.
    assert forecast[0] < 400.0 < forecast[1]
    assert not told(of_peaks.predict, 1)[1]


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize(
    "y",
    [
        3.0 * np.arange(40.0),
        3.0 * np.arange(40.0) + RNG.normal(size=40),
        100.0 * 1.1 ** np.arange(30.0),
        np.where(np.arange(40) % 7 == 3, np.nan, 3.0 * np.arange(40.0)),
    ],
    ids=["line", "noisy line", "growth", "gaps"],
)
def test_a_series_that_rises_all_along_may_go_on_rising(y, sign):
    model = RNNForecaster(Ridge(1e-3), window=4).fit(sign * y)
    forecast, messages = told(model.predict, 60)
    # It has left the range by more than half of it, and with cause.
    assert sign * forecast[-1] > np.nanmax(y) + 0.5 * (np.nanmax(y) - np.nanmin(y))
    assert not messages


class Step(Recorder):
    """Goes on by a fixed change, in units of the window."""

    def __init__(self, step=1.0):
        self.step = step
        super().__init__()

    def predict(self, X):
        return np.full(len(X), self.step)


def moving(step):
    return RNNForecaster(Step(step), window=4)


def test_a_rising_series_is_told_of_where_its_forecast_falls_or_rises_far_too_fast():
    line = np.arange(40.0) + 0.1 * RNG.normal(size=40)
    assert not told(told(moving(1.7).fit, line)[0].predict, 60)[1]
    for step in (-1.2, 3.0):
        assert told(told(moving(step).fit, line)[0].predict, 60)[1]


def test_new_values_widen_the_range(of_peaks):
    assert told(of_peaks.predict, 3)[1]
    moved = told(RIDGE.fit, PEAKS)[0]
    seen_more = told(moved.update, [900.0, 100.0, 100.0, 100.0, 100.0, 300.0])[0]
    assert not told(seen_more.predict, 3)[1]
    # In one piece or several.
    once, pieces = (told(RIDGE.fit, PEAKS)[0] for _ in range(2))
    once.update([np.nan, 700.0, -50.0])
    for one in (np.nan, 700.0, -50.0):
        pieces.update(one)
    for name in ("low", "high"):
        expected = getattr(once._model.state.ranges, name)
        np.testing.assert_array_equal(getattr(pieces._model.state.ranges, name), expected)


def test_one_warning_tells_how_many_series_are_concerned():
    two = np.column_stack([np.full(48, 7.0), PEAKS])
    model, messages = told(RIDGE.fit, two)
    assert len(messages) == 1 and messages[0].startswith("1 of 2 series, the first series 1: ")
    _, messages = told(model.predict, 6)
    assert len(messages) == 1 and messages[0].startswith("1 of 2 series, the first series 1: ")


@pytest.mark.parametrize("around", [lambda one: one, DeseasonalizedForecaster])
def test_a_panel_lists_the_fits_and_tells_once_of_the_forecasts(around):
    frame = pd.DataFrame(
        {
            "unique_id": np.repeat(["calm", "peaks"], 48),
            "ds": np.tile(np.arange(48), 2),
            "y": np.r_[np.full(48, 7.0), PEAKS],
        }
    )
    panel, messages = told(PanelForecaster(around(RIDGE)).fit, frame)
    notes = panel.notes_[panel.notes_["note"].str.contains("repeating the last value")]
    assert len(messages) == 1 and notes["unique_id"].tolist() == ["peaks"]
    for options in ({}, {"level": [50, 60]}):
        _, messages = told(panel.predict, 6, **options)
        assert len(messages) == 1 and "1 of 2 series, the first 'peaks'" in messages[0]


MONTHS = np.arange(120)
SHORT_MONTHS = np.arange(40)


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize(
    ("y", "window", "horizon"),
    [
        (np.exp(0.02 * SHORT_MONTHS) * (1 + 0.3 * np.sin(SHORT_MONTHS * np.pi / 6)), 13, 24),
        (1.5 ** (MONTHS / 12) * (1 + 0.25 * np.sin(MONTHS * np.pi / 6)), 13, 24),
        (np.exp(0.2 * SHORT_MONTHS), 5, 40),
        (np.abs(np.arange(80.0) - 45.0) * 2.0 + 100.0, 5, 60),
        (np.maximum(np.arange(90.0) - 45.0, 0.0) + np.tile([0.0, 9.0, 4.0], 30), 4, 60),
    ],
    ids=["growth under a season", "growth with a season", "growth", "turn", "rise from a level"],
)
def test_a_series_that_grows_or_has_turned_may_go_on_so(y, window, horizon, sign):
    model = RNNForecaster(Ridge(1e-6), window=window).fit(sign * y)
    forecast, messages = told(model.predict, horizon)
    assert sign * forecast.max() > sign * y[-1] or sign * forecast.min() > sign * y[-1]
    assert not messages


STEPS = np.arange(200)
CALM = {
    "sines": np.sin(STEPS * np.pi / 6) + 0.5 * np.sin(STEPS * 2 * np.pi / 31 + 1.0),
    "peaks": np.where(STEPS % 7 == 6, 300.0, 100.0) + RNG.normal(0.0, 5.0, 200),
    "two slow cycles": 5.0 + np.sin(STEPS * np.pi / 50),
    "noise": 9.0 + RNG.normal(size=200),
}


@pytest.mark.parametrize("name", CALM)
def test_a_series_that_stays_where_it_is_has_no_cause_to_leave(name):
    y = CALM[name]
    range_ = Ranges.of(Batch.of_columns(y[:, None], np.empty((200, 0))), np.zeros(1))
    steps = np.arange(1, 121)
    for sign in (1.0, -1.0):
        line = y[-1] + sign * steps / 120.0 * 1.6 * np.ptp(y)  # by at least .6 of the range
        distance, _ = range_.left_by(line[None])
        assert distance[0] > 0.5


def test_series_of_many_lengths_are_looked_at_as_each_by_itself():
    pieces = [np.cumsum(RNG.normal(0.3, 1.0, n)) for n in (1, 2, 5, 30, 31, 30)]
    pieces[4][[3, 20]] = np.nan  # as many values as others have, at other times
    offsets = np.r_[0, np.cumsum([len(one) for one in pieces])]
    together = Batch(np.concatenate(pieces), offsets, np.empty((offsets[-1], 0)))
    zero = np.full(6, -3.0)
    found = trends(together, zero)
    assert (found[0] > 0.0).sum() >= 3
    for i, one in enumerate(pieces):
        alone = Batch.of_columns(one[:, None], np.empty((len(one), 0)))
        for rows, own in zip(found, trends(alone, zero[:1]), strict=True):
            assert rows[i] == pytest.approx(own[0], rel=1e-12)


def test_simulate_tells_that_most_paths_run_away_where_the_forecast_does_not():
    y = np.tile([0.0, 1.0, 2.0, 3.0, 2.0, 1.0], 10)
    model = told(moving(0.0).fit, y)[0]
    assert not told(model.predict, 40)[1]
    paths, messages = told(model.simulate, 400, 50, random_state=0)
    share = ((paths.max(axis=0) > 4.5) | (paths.min(axis=0) < -1.5)).mean()
    assert share > 0.5 and len(messages) == 1
    assert f"{100 * share:.0f}% of them leave the range" in messages[0]
    assert not told(model.simulate, 1, 50, random_state=0)[1]
    both = told(moving(0.0).fit, np.column_stack([np.full(60, 7.0), y]))[0]
    _, messages = told(both.simulate, 400, 50, random_state=0)
    assert len(messages) == 1 and messages[0].startswith("1 of 2 series, the first series 1: ")


# Fits that are worse than repetition.


def test_a_fit_with_smaller_squares_is_none_to_tell_of_though_most_errors_are_larger():
    """Of rare counts repetition is mostly right, and twice wrong about each of them."""
    rare = np.random.default_rng(4).poisson(0.1, 200).astype(float)
    model, messages = told(RNNForecaster(Ridge(), window=24).fit, rare)
    changes = np.diff(rare[23:])
    assert np.nanmean(np.abs(model.residuals_)) > np.abs(changes).mean()
    assert np.nanmean(model.residuals_**2) < (changes**2).mean() and not messages


def test_a_fit_that_is_worse_than_repetition_says_how_much():
    model, (message,) = told(RIDGE.fit, PEAKS)
    own = np.nanmean(np.abs(model.residuals_))
    naive = np.mean(np.abs(np.diff(PEAKS[3:])))
    assert f"are {own / naive:.3g} times those of repeating" in message and own > naive


@pytest.mark.parametrize(
    "y", [WALK, np.full(30, 2.0), np.arange(30.0), np.tile([1.0, 4.0, 2.0], 9)]
)
def test_a_fit_that_is_about_as_good_as_repetition_is_none_to_tell_of(y):
    assert not told(RNNForecaster(Ridge(), window=4).fit, y)[1]


# One window.

SHORT = [10.0, 12, 9, 11, 10, 13, 8, 12, 10, 11, 5]


@pytest.mark.parametrize(
    ("window", "options"), [(10, {}), (8, {"strategy": "direct", "horizon": 3})], ids=str
)
@pytest.mark.parametrize("estimator", [ElmanRNNRegressor(), Ridge()], ids=str)
def test_one_window_is_too_little_to_learn_from_so_the_last_value_is_repeated(
    estimator, window, options
):
    model, messages = told(RNNForecaster(estimator, window=window, **options).fit, SHORT)
    assert len(messages) == 1 and "repeats the last value" in messages[0]
    np.testing.assert_array_equal(model.predict(30), 5.0)


@pytest.mark.parametrize(
    ("window", "options"), [(10, {}), (8, {"strategy": "direct", "horizon": 3})], ids=str
)
def test_futures_after_one_window_are_walks_by_the_changes_that_were_seen(window, options):
    model = told(RNNForecaster(Ridge(), window=window, **options).fit, SHORT)[0]
    paths = told(model.simulate, 4, 2000, random_state=0)[0]
    changes = np.diff(SHORT)
    # In units of the last window, as errors are: its mean change by that of the one trained on.
    changes *= np.abs(np.diff(SHORT[-window:])).mean() / np.abs(np.diff(SHORT[:window])).mean()
    steps = paths[0] - 5.0
    assert np.unique(steps.round(9)).size == np.unique(changes).size
    # 2000 draws: three standard errors of the mean, and some more of the spread.
    assert abs(steps.mean()) < 3.0 * changes.std() / 2000**0.5
    assert steps.std() == pytest.approx(changes.std(), rel=0.1)
    assert paths[3].std() == pytest.approx(2.0 * steps.std(), rel=0.25)


def test_one_window_of_a_line_goes_on_as_the_line_does():
    model = RNNForecaster(Ridge(), window=10).fit(np.arange(11.0))
    np.testing.assert_allclose(model.predict(3), [11.0, 12.0, 13.0])


# Few windows.


@pytest.mark.parametrize(
    ("options", "n", "advice"),
    [({}, 60, "set horizon"), ({"horizon": 5}, 30, "take EnsembleForecaster()")],
    ids=str,
)
def test_networks_of_ours_trained_on_few_windows_say_so(options, n, advice):
    _, messages = told(RNNForecaster(random_state=0, **options).fit, WALK[:n])
    assert any("window(s), few enough" in one and advice in one for one in messages)


def test_a_regressor_that_was_given_is_not_held_to_have_few_windows():
    assert not told(RNNForecaster(Ridge(), window=4, horizon=5).fit, WALK[:30])[1]


# Members of many series.


def panel_of(n, n_wrong):
    """Positive series, of which some have a zero."""
    y = np.random.default_rng(0).uniform(1.0, 100.0, (30, n))
    y[12, n - n_wrong :] = np.where(np.arange(n_wrong) % 2, -1.0, 0.0)
    return y


def ridge(**options):
    return RNNForecaster(horizon=2, period=1, members="ridge", n_members=1, **options)


def test_few_series_that_keep_all_others_from_ratios_are_told_of():
    def units_told(model, y):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model.fit(y)
        return [str(one.message) for one in caught if "standard deviations" in str(one.message)]

    (message,) = units_told(ridge(), panel_of(20, 2))
    assert message.startswith("2 of 20 series, the first series 18: it has values that are not pos")
    assert "the first, 0, in row 12, and so all 20 series are read in standard dev" in message
    for model, y in [
        (ridge(units="std"), panel_of(20, 2)),  # as was wished
        (ridge(), panel_of(20, 3)),  # not few
        (ridge(), panel_of(20, 0)),
        (ridge(), panel_of(1, 1)),
        (RNNForecaster(Ridge(), window=3), panel_of(20, 2)),
    ]:
        assert not units_told(model, y)
    frame = pd.DataFrame(
        {
            "unique_id": np.repeat([f"s{i:02}" for i in range(20)], 30),
            "ds": np.tile(np.arange(30), 20),
            "y": panel_of(20, 1).T.ravel(),
        }
    )
    panel = PanelForecaster(ridge())
    with pytest.warns(UserWarning, match="the first, of 's19': .* are read in standard deviations"):
        panel.fit(frame)
    notes = panel.notes_[panel.notes_["note"].str.contains("standard deviations")]
    assert notes["unique_id"].tolist() == ["s19"]


def test_errors_of_members_are_told_of_where_most_series_have_them():
    notes = {i: UnreliableForecastWarning("worse") for i in range(3)}
    assert of_most(notes, 5) == notes and of_most(notes, 6) == {}
    alone = {0: notes[0]}
    assert of_most(alone, 1) == alone
