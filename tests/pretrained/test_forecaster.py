"""The forecaster that needs no training: what must hold whatever its network has learned."""

import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

import tsrnn
from tsrnn import NaiveForecaster, PanelForecaster, PretrainedRNNForecaster, RegressionForecaster
from tsrnn.exceptions import InvalidParameterError, UnreliableForecastWarning
from tsrnn.features import FourierFeatures
from tsrnn.pretrained.weights import shipped
from tsrnn.windows.recent import Recent

# The network computes in single precision, of 24 bits, some steps of which add up.
SINGLE = 1e-6

HORIZON = shipped()[0].spec.reading.horizon


def series(n=60, period=12, seed=0):
    random = np.random.default_rng(seed)
    season = 8.0 * np.sin(2.0 * np.pi * np.arange(n) / max(period, 2))
    return 50.0 + 0.3 * np.arange(n) + (season if period > 1 else 0.0) + random.normal(size=n)


def monthly(n=60):
    return pd.Series(series(n), pd.date_range("2015-01", periods=n, freq="MS"), name="sales")


@pytest.mark.parametrize("scale", [1e-300, 1e-12, 3.7, 1e9, 1e300])
@pytest.mark.parametrize("period", [1, 12])
def test_forecasts_are_the_same_in_any_unit(scale, period):
    y = series(period=period)
    plain = PretrainedRNNForecaster(period).fit(y)
    scaled = PretrainedRNNForecaster(period).fit(y * scale)
    for h in (3, HORIZON + 5):
        np.testing.assert_allclose(scaled.predict(h) / scale, plain.predict(h), rtol=SINGLE)
        np.testing.assert_allclose(
            scaled.predict_interval(h) / scale, plain.predict_interval(h), rtol=SINGLE
        )
    with np.errstate(over="ignore"):
        variance = plain.sigma2_ * np.square(np.float64(scale))
    assert scaled.sigma2_ == pytest.approx(variance, rel=1e-5)


@pytest.mark.parametrize("period", [1, 4])
def test_a_series_read_in_pieces_is_forecast_as_one_read_at_once(period):
    y = series(40, period)
    y[[7, 30]] = np.nan
    whole = PretrainedRNNForecaster(period).fit(y)
    pieces = PretrainedRNNForecaster(period).fit(y[:25])
    for value in y[25:31]:
        pieces.update(value)
    pieces.update(y[31:])
    # Products of matrices have their sums in an order that hangs on how many rows there are.
    np.testing.assert_allclose(pieces.predict(30), whole.predict(30), rtol=SINGLE)
    np.testing.assert_allclose(pieces.predict_interval(9), whole.predict_interval(9), rtol=SINGLE)


def test_columns_and_panels_are_forecast_as_each_series_alone_whatever_the_threads():
    columns = np.column_stack([series(seed=0), 1e5 * series(period=1, seed=1), -series(seed=2)])
    alone = [PretrainedRNNForecaster(12).fit(y).predict(30) for y in columns.T]
    beside = PretrainedRNNForecaster(12).fit(columns).predict(30)
    np.testing.assert_allclose(beside.T, alone, rtol=SINGLE)
    lengths = (60, 35, 50)
    frame = pd.concat(
        pd.DataFrame({"unique_id": str(i), "ds": np.arange(n), "y": columns[-n:, i]})
        for i, n in enumerate(lengths)
    )
    tables = [
        PanelForecaster(PretrainedRNNForecaster(12), freq=1, n_jobs=jobs)
        .fit(frame)
        .predict(7, level=[80])
        for jobs in (1, 2)
    ]
    pd.testing.assert_frame_equal(*tables, check_exact=True)
    for i, n in enumerate(lengths):
        own = PretrainedRNNForecaster(12).fit(columns[-n:, i])
        rows = tables[0][tables[0]["unique_id"] == str(i)].iloc[:, 2:].to_numpy()
        np.testing.assert_allclose(rows[:, 0], own.predict(7), rtol=SINGLE)
        np.testing.assert_allclose(rows[:, 1:], own.predict_interval(7, 0.8), rtol=SINGLE)


def test_a_panel_goes_on_as_its_series_do_and_one_that_breaks_stops_no_other():
    frame = pd.DataFrame(
        {"unique_id": np.repeat(["a", "b"], 30), "ds": np.tile(np.arange(30), 2)}
    ).assign(y=np.r_[series(30, 1), series(30, 1, 1)])
    panel = PanelForecaster(PretrainedRNNForecaster(), freq=1).fit(frame)
    new = pd.DataFrame({"unique_id": ["a", "b"], "ds": [30, 30], "y": [60.0, 1e300]})
    with pytest.warns(UserWarning, match="1 of 2 series failed"):
        panel.update(new)
    assert list(panel.failures_["unique_id"]) == ["b"]
    own = PretrainedRNNForecaster().fit(series(30, 1)).update(60.0).predict(3)
    got = panel.predict(3).set_index("unique_id").loc["a"].iloc[:, 1]
    np.testing.assert_allclose(got, own, rtol=SINGLE)


@pytest.mark.parametrize("period", [1, 4, 12, 30])
def test_a_longer_horizon_begins_with_the_shorter_one_and_widens(period):
    model = PretrainedRNNForecaster(period).fit(series(120, period))
    longest = model.predict_quantiles(3 * HORIZON, [0.1, 0.5, 0.9])
    for h in (1, HORIZON, HORIZON + 1):
        np.testing.assert_allclose(
            model.predict_quantiles(h, [0.1, 0.5, 0.9]), longest[:h], rtol=1e-12
        )
    width = longest[HORIZON - 1 :, 2] - longest[HORIZON - 1 :, 0]
    # Of a walk: the root of the number of steps.
    expected = width[0] * np.sqrt(np.arange(HORIZON, 3 * HORIZON + 1) / HORIZON)
    np.testing.assert_allclose(width, expected, rtol=1e-9)


def test_beyond_its_horizon_the_last_season_said_is_said_again():
    model = PretrainedRNNForecaster(12).fit(series(90, 12))
    said = model.predict(HORIZON + 24)
    np.testing.assert_allclose(said[HORIZON:], np.tile(said[HORIZON - 12 : HORIZON], 2), rtol=1e-12)


def test_quantiles_ascend_about_the_forecast_and_tails_go_on():
    model = PretrainedRNNForecaster().fit(series(50, 1))
    levels = [1e-6, 0.01, 0.025, 0.2, 0.5, 0.77, 0.99, 1 - 1e-6]
    values = model.predict_quantiles(HORIZON + 3, levels)
    assert np.isfinite(values).all() and (np.diff(values, axis=1) > 0.0).all()
    np.testing.assert_allclose(values[:, 4], model.predict(HORIZON + 3), rtol=1e-12)
    interval = model.predict_interval(5, 0.95)
    np.testing.assert_allclose(interval[:, 0], values[:5, 2], rtol=1e-12)


def test_paths_have_the_quantiles_of_each_step_and_hang_together():
    model = PretrainedRNNForecaster().fit(series(50, 1))
    paths = model.simulate(6, 4000, random_state=0)
    levels = [0.1, 0.5, 0.9]
    wanted = model.predict_quantiles(6, levels)
    # Of 4000 draws a quantile's own deviation is about 2% of the width of 80%: five of them.
    width = (wanted[:, 2] - wanted[:, 0])[:, None]
    assert (np.abs(np.quantile(paths, levels, axis=1).T - wanted) < 0.1 * width).all()
    found = np.corrcoef(paths)[4, 5]
    assert found == pytest.approx(np.sqrt(5 / 6), abs=0.05)  # but for quantiles that are not normal
    again = model.simulate(6, 4000, random_state=0)
    assert np.array_equal(paths, again)


@pytest.mark.parametrize(
    "y", [[3.0] * 5, [0.0] * 4, [np.nan, 2.0, 2.0], [-1e300] * 3, [5e-324, 5e-324]]
)
def test_a_series_that_has_never_changed_stays_as_it_is(y):
    model = PretrainedRNNForecaster().fit(y)
    assert (model.predict(HORIZON + 2) == y[-1]).all()
    assert (model.predict_interval(3) == y[-1]).all()


# What is told of a season that was hardly seen, and of forecasts in doubt, is not the subject.
@pytest.mark.filterwarnings("ignore:series 0 was never observed at")
@pytest.mark.filterwarnings("ignore::tsrnn.exceptions.UnreliableForecastWarning")
@pytest.mark.parametrize("period", [1, 4])
@pytest.mark.parametrize(
    "y",
    [
        [3.0, 5.0],
        [0.0, 0.0, 0.0, 9.0, 0.0, 0.0, 0.0, 7.0],
        [1.0, np.nan, np.nan, np.nan, 2.0, np.nan],
        np.r_[np.full(20, 7.0), 1e12],
        np.exp(np.arange(60.0)),
        np.arange(30.0) % 4,
        -series(30, 4),
    ],
    ids=["two", "zeros", "gaps", "jump", "growth", "exact", "negative"],
)
def test_odd_series_have_forecasts_that_are_finite_and_of_their_size(y, period):
    y = np.asarray(y)
    if len(y) < period:
        pytest.skip("a period longer than the series is an error")
    model = PretrainedRNNForecaster(period).fit(y)
    values = model.predict_interval(2 * HORIZON, 0.99)
    size = np.nanmax(np.abs(y))
    # No more than some tens of mean changes, which the largest value bounds.
    assert np.isfinite(values).all() and np.abs(values).max() < 1000.0 * size


def test_a_forecast_that_leaves_its_series_says_so_and_what_to_do():
    model = PretrainedRNNForecaster().fit(series(30, 1))
    state = model._model.state
    # As if it had been seen far above what is forecast.
    ranges = replace(state.ranges, low=state.ranges.low + 9.0, high=state.ranges.high + 9.0)
    recent = Recent(np.full((1, 12), np.nan), np.zeros((1, 6), np.int64), state.recent.fences)
    state = replace(state, ranges=ranges, recent=recent)
    model._model = replace(model._model, state=state)
    with pytest.warns(UnreliableForecastWarning, match="Look at the series, and compare"):
        model.predict(3)


def test_missing_values_before_a_series_begins_change_nothing():
    y = series(30, 1)
    late = PretrainedRNNForecaster().fit(np.r_[np.full(17, np.nan), y])
    np.testing.assert_allclose(
        late.predict(5), PretrainedRNNForecaster().fit(y).predict(5), rtol=SINGLE
    )
    assert np.isnan(late.fitted_values_[:18]).all() and np.isfinite(late.fitted_values_[18:]).all()


def test_time_stamps_tell_the_season_and_the_frequency():
    model = PretrainedRNNForecaster().fit(monthly())
    assert (model.period_, model.frequency_) == (12, "monthly")
    forecast = model.predict(2)
    assert list(forecast.index) == list(pd.date_range("2020-01", periods=2, freq="MS"))
    given = PretrainedRNNForecaster(12).fit(monthly().to_numpy())
    assert (given.period_, given.frequency_) == (12, "monthly")
    np.testing.assert_allclose(given.predict(2), forecast, rtol=SINGLE)
    years = pd.Series(series(30, 1), pd.period_range("1990", periods=30, freq="Y"))
    model = PretrainedRNNForecaster().fit(years)
    assert (model.period_, model.frequency_) == (1, "yearly")
    unknown = PretrainedRNNForecaster().fit(years.to_numpy())
    assert unknown.frequency_ == "unknown"
    told = PretrainedRNNForecaster(frequency="yearly").fit(years.to_numpy())
    np.testing.assert_allclose(told.predict(6), model.predict(6), rtol=SINGLE)
    assert not np.allclose(told.predict(6), unknown.predict(6), rtol=1e-4)
    hours = pd.Series(series(96, 24), pd.date_range("2020", periods=96, freq="30min"))
    assert PretrainedRNNForecaster().fit(hours).frequency_ == "hourly"


# A season of twelve days is none that the network is told of.
@pytest.mark.filterwarnings("ignore:.*one-step errors on the series itself are")
def test_frequencies_are_told_by_series_in_a_panel():
    frames = [
        pd.DataFrame({"unique_id": name, "ds": ds, "y": series(48, 12)})
        for name, ds in (
            ("months", pd.date_range("2010-01", periods=48, freq="MS")),
            ("days", pd.date_range("2010-01", periods=48, freq="D")),
        )
    ]
    table = PanelForecaster(PretrainedRNNForecaster(), alias="f").fit(pd.concat(frames)).predict(3)
    for frame in frames:
        own = PretrainedRNNForecaster().fit(frame.set_index("ds")["y"]).predict(3)
        got = table.loc[table["unique_id"] == frame["unique_id"].iloc[0], "f"]
        np.testing.assert_allclose(got, own, rtol=SINGLE)


def test_regressors_are_refused_and_taken_by_a_regression_around_it():
    y, x = series(40, 1), np.cos(np.arange(46.0))[:, None]
    with pytest.raises(ValueError, match="takes no regressors"):
        PretrainedRNNForecaster().fit(x[:40], y)
    around = RegressionForecaster(PretrainedRNNForecaster()).fit(x[:40], y + 30.0 * x[:40, 0])
    plain = PretrainedRNNForecaster().fit(y).predict(6)
    # The coefficient is found to within the noise of the series' changes.
    np.testing.assert_allclose(around.predict(x[40:]), plain + 30.0 * x[40:, 0], atol=3.0)
    with_waves = RegressionForecaster(PretrainedRNNForecaster(), FourierFeatures(12, 1))
    assert len(with_waves.fit(monthly()).predict(4)) == 4


@pytest.mark.parametrize("argument", [{"frequency": "monthly data"}, {"frequency": None}])
def test_a_frequency_that_is_none_is_refused(argument):
    with pytest.raises(InvalidParameterError, match="frequency must be one of"):
        PretrainedRNNForecaster(**argument).fit([1.0, 2.0, 3.0])


def test_an_update_that_fails_leaves_the_forecaster_as_it_was():
    model = PretrainedRNNForecaster().fit(series(30, 1))
    before = model.predict(4)
    with pytest.raises(ValueError, match="too large"):
        model.update(1e300)
    with pytest.raises(ValueError):
        model.update(np.inf)
    assert np.array_equal(model.predict(4), before)


def test_copies_and_files_forecast_the_same_bits(tmp_path):
    model = PretrainedRNNForecaster().fit(monthly())
    expected = model.predict(HORIZON + 3)
    tsrnn.save(model, tmp_path / "model.tsrnn")
    for other in (pickle.loads(pickle.dumps(model)), tsrnn.load(tmp_path / "model.tsrnn")):
        pd.testing.assert_series_equal(other.predict(HORIZON + 3), expected, check_exact=True)
        other.update(pd.Series([70.0], [pd.Timestamp("2020-01-01")]))
        assert other.model_card_ == model.model_card_
    assert clone(model).get_params() == {"period": "auto", "frequency": "auto"}


def test_noise_and_lines_are_forecast_as_such():
    noise = 10.0 + np.random.default_rng(0).normal(size=200)
    flat = PretrainedRNNForecaster().fit(noise).predict(12)
    assert np.abs(flat - 10.0).max() < 0.8  # the last value is no forecast of noise
    line = PretrainedRNNForecaster(frequency="yearly").fit(np.arange(30.0)).predict(5)
    np.testing.assert_allclose(line, 30.0 + np.arange(5.0), atol=1.5)
    season = np.tile([10.0, 20.0, 15.0, 5.0], 10)
    again = PretrainedRNNForecaster(4).fit(season).predict(8)
    np.testing.assert_allclose(again, season[:8], atol=1.0)


def test_the_yardstick_is_beaten_on_a_series_with_a_season():
    y = monthly(84)
    errors = {
        type(one).__name__: np.abs(one.fit(y[:-12]).predict(12) - y[-12:]).mean()
        for one in (PretrainedRNNForecaster(), NaiveForecaster(strategy="seasonal", period=12))
    }
    assert errors["PretrainedRNNForecaster"] < 0.8 * errors["NaiveForecaster"]
