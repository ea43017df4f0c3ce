"""Members that are trained together for a known horizon: what is chosen, forecast and kept."""

import pickle
import warnings

import numpy as np
import pytest
from panels import make_frame, quietly
from scipy.stats import norm

import tsrnn
from tsrnn import DeseasonalizedForecaster, NaiveForecaster, PanelForecaster, RNNForecaster
from tsrnn.windows.rule import Series, Wishes, members_for

pytestmark = pytest.mark.filterwarnings("ignore::tsrnn.exceptions.UnreliableForecastWarning")

RNG = np.random.default_rng(0)
TIMES = np.arange(48.0)
WAVE = 10.0 * np.sin(2.0 * np.pi * TIMES / 4.0)
SERIES = np.column_stack([50.0 + 0.3 * i * TIMES + WAVE + RNG.normal(size=48) for i in range(4)])
MODEL = RNNForecaster(horizon=4, period=4, n_members=2, random_state=0)


@pytest.fixture(scope="module")
def fitted():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return tsrnn.RNNForecaster(**MODEL.get_params()).fit(SERIES)


def copy_of(model):
    return pickle.loads(pickle.dumps(model))


# The rule.


def chosen(period, horizon, length, *, seasonal=0.9, is_positive=True, n_series=1000, **wishes):
    wishes = Wishes(
        **{"window": None, "n_members": None, "center": None, "units": None, **wishes}, seed=0
    )
    return members_for(
        Series(period, horizon, length, is_positive, seasonal, n_series * length), wishes
    )


def test_without_a_season_windows_are_of_two_and_three_horizons_within_the_length():
    members = chosen(1, 6, 29)
    assert [one.window for one in members] == [12, 18] * 3
    assert [one.kind for one in members] == ["dense", "dense", "gru"] * 2
    assert {one.window for one in chosen(1, 6, 12)} == {8}
    assert {(one.reading.units, one.reading.center) for one in members} == {("ratio", "last")}


def test_few_values_of_all_series_together_are_read_a_twelfth_at_a_time():
    assert {one.window for one in chosen(1, 100, 300, n_series=1)} == {25}
    assert {one.window for one in chosen(1, 100, 300, n_series=7)} == {175}
    assert {one.window for one in chosen(1, 6, 20, n_series=1)} == {4}


def test_long_series_without_a_season_are_read_farther_back():
    members = chosen(1, 13, 934)
    assert [one.window for one in members] == [65, 52] * 3
    assert {one.kind for one in members} == {"dense"}


def test_with_a_season_members_read_series_as_they_are_and_adjusted_ones():
    members = chosen(12, 18, 120)
    assert {one.window for one in members} == {30}
    assert sum(one.is_adjusted for one in members) == 3
    assert len({(one.reading, one.is_adjusted, one.least) for one in members}) == 6
    assert not any(one.is_adjusted for one in chosen(12, 18, 120, seasonal=0.01))


def test_hours_are_read_for_two_weeks_from_the_mean_of_a_day():
    members = chosen(24, 48, 900)
    assert [(one.window, one.anchors) for one in members] == [(336, (24, 168))] * 4
    assert {(one.reading.units, one.reading.center) for one in members} == {("std", "season")}
    assert {one.window for one in chosen(24, 48, 300)} == {72}  # less than three weeks of them


def test_values_that_are_not_positive_have_no_ratios():
    members = chosen(12, 18, 120, is_positive=False)
    assert {(one.reading.units, one.loss) for one in members} == {("std", "mase")}


def test_what_the_user_sets_goes_before_the_rule():
    members = chosen(4, 8, 60, window=20, n_members=3, center="last", units="std")
    assert [one.window for one in members] == [20] * 3
    assert {(one.reading.units, one.reading.center) for one in members} == {("std", "last")}


# Forecasts.


def test_forecasts_are_the_medians_of_the_members(fitted):
    alone = []
    for i in range(2):
        member = fitted.members_[i]
        state = fitted._model.state
        scaled, low, high = member.forecast(state.values, state.units.change, state.units.seasons)
        assert (low < scaled).all() and (scaled < high).all()
        alone.append(state.scaling.unscale(scaled.T))
    np.testing.assert_allclose(fitted.predict(4), np.median(alone, axis=0), rtol=1e-12)


def test_forecasts_of_seasonal_series_beat_their_naive_forecast():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = RNNForecaster(horizon=4, period=4, n_members=2, random_state=0).fit(SERIES[:-4])
    naive = DeseasonalizedForecaster(NaiveForecaster(), period=4).fit(SERIES[:-4])
    errors = [np.abs(one.predict(4) - SERIES[-4:]).mean() for one in (model, naive)]
    assert errors[0] < errors[1]


def test_the_same_bits_come_out_whatever_the_number_of_threads(fitted):
    threads = RNNForecaster(**{**MODEL.get_params(), "n_jobs": 2}).fit(SERIES)
    np.testing.assert_array_equal(threads.predict(9), fitted.predict(9))
    other = RNNForecaster(**{**MODEL.get_params(), "random_state": 1}).fit(SERIES)
    assert (other.predict(4) != fitted.predict(4)).any()


@pytest.mark.parametrize("factor", [1e-200, 8.0, 1e200])
def test_series_in_other_units_are_forecast_in_these(fitted, factor):
    scaled = RNNForecaster(**MODEL.get_params()).fit(SERIES * factor)
    np.testing.assert_allclose(scaled.predict(7) / factor, fitted.predict(7), rtol=1e-8)


def test_a_panel_of_the_same_series_is_forecast_alike():
    frame = make_frame([40, 40, 40])
    series = np.column_stack([rows["y"].to_numpy() for _, rows in frame.groupby("unique_id")])
    model = RNNForecaster(horizon=3, period=1, n_members=1, random_state=0)
    panel = quietly(PanelForecaster(model, alias="f").fit, frame)
    columns = model.fit(series)
    of_panel = quietly(panel.predict, 6)["f"].to_numpy().reshape(3, 6).T
    np.testing.assert_allclose(of_panel, columns.predict(6), rtol=1e-12)


def test_series_of_two_values_are_forecast_by_what_others_taught():
    frame = make_frame([40, 2, 3])
    model = RNNForecaster(horizon=3, period=1, n_members=1, random_state=0)
    panel = quietly(PanelForecaster(model, alias="f").fit, frame)
    assert panel.failures_.empty
    assert np.isfinite(quietly(panel.predict, 5)["f"]).all()


def test_no_horizon_within_any_series_is_an_error_that_says_so():
    with pytest.raises(ValueError, match="set a shorter horizon"):
        RNNForecaster(horizon=10).fit(np.arange(1.0, 9.0))


def test_an_update_reads_on_where_the_fit_has_ended(fitted):
    moved = copy_of(fitted).update(SERIES[:8] + 14.4)
    state = moved._model.state
    # Windows are the last values, and the season has moved on with them.
    T = state.network.spec.window
    seen = np.concatenate([SERIES, SERIES[:8] + 14.4])[-T:]
    np.testing.assert_allclose(state.scaling.unscale(state.values.T), seen, rtol=1e-12)
    parts = state.units.seasons.of_steps(0, 4)
    before = fitted._model.state.units.seasons.of_steps(0, 4)
    np.testing.assert_array_equal(parts[0], before[0])  # eight steps are two seasons
    one = copy_of(fitted).update(SERIES[:1] + 14.4)._model.state.units.seasons.of_steps(0, 3)
    np.testing.assert_array_equal(one[0], before[0][:, 1:])


def test_missing_values_are_read_as_forecasts_of_them_and_not_trained_on():
    holes = SERIES.copy()
    holes[20:23, 0] = holes[:5, 1] = holes[-3:, 2] = np.nan
    model = RNNForecaster(**MODEL.get_params()).fit(holes)
    assert np.isfinite(model.predict(12)).all()
    assert np.isnan(model.residuals_[20:23, 0]).all()
    kept = model._model.state.scaling.unscale(model._model.state.values.T)[-3:, 2]
    assert np.isfinite(kept).all() and np.abs(kept - SERIES[-3:, 2]).max() < 20.0


def test_far_ahead_forecasts_stay_near_bounded_series():
    t = np.arange(240.0)
    y = np.sin(t / 3.0) + 0.5 * np.sin(t / 1.7)
    model = RNNForecaster(horizon=12, n_members=1, random_state=0).fit(y)
    assert np.abs(model.predict(120)).max() < 4.5  # three times the range


def test_constant_series_and_zeros_go_on():
    y = np.column_stack([np.full(30, 3.0), np.zeros(30), np.linspace(1.0, 30.0, 30)])
    model = RNNForecaster(horizon=3, n_members=1, random_state=0).fit(y)
    forecast = model.predict(5)
    np.testing.assert_allclose(forecast[:, 1], 0.0, atol=1e-12)
    assert np.isfinite(forecast).all()


def test_ratios_of_values_that_are_not_positive_are_refused():
    with pytest.raises(ValueError, match="units='ratio' needs positive values"):
        RNNForecaster(horizon=3, units="ratio").fit(np.arange(-5.0, 20.0))


def test_quantiles_are_those_of_the_networks_and_of_normal_sides_between_them(fitted):
    levels = [0.025, 0.1, 0.5, 0.975]
    low, tenth, middle, high = np.moveaxis(fitted.predict_quantiles(9, levels), 1, 0)
    np.testing.assert_allclose(middle, fitted.predict(9), rtol=1e-12)
    state = fitted._model.state
    ends = state.network.forecast(state.values, state.units)
    for end, of_network in ((low, ends[1]), (high, ends[2])):
        np.testing.assert_allclose(end[:4], state.scaling.unscale(of_network.T), rtol=1e-12)
    ratio = norm.ppf(0.1) / norm.ppf(0.025)
    np.testing.assert_allclose(middle - tenth, ratio * (middle - low), rtol=1e-9)
    # Beyond the horizon they widen as those of a random walk.
    np.testing.assert_allclose((high - middle)[7], (high - middle)[3] * 2.0**0.5, rtol=1e-9)


def test_quantiles_after_missing_values_are_those_of_as_many_steps_more_ahead():
    holes = SERIES.copy()
    holes[-3:, 2] = np.nan
    model = RNNForecaster(**MODEL.get_params()).fit(holes)
    bounds = model.predict_interval(1, 0.95)[0]
    state = model._model.state
    forecast, low, high = state.network.forecast(state.values, state.units)
    distance = (high - low)[2, 3] * state.scaling.spread[2] * 2.0 ** state.scaling.exponent[2]
    assert bounds[1, 2] - bounds[0, 2] == pytest.approx(distance, rel=1e-9)


def test_members_say_what_was_chosen_and_a_single_regressor_has_none(fitted):
    assert [one.spec.is_adjusted for one in fitted.members_] == [False, True]
    assert all(one.history["loss"][-1] < one.history["loss"][0] for one in fitted.members_)
    assert "1 dense" not in str(fitted.summary()) and "2 dense" in str(fitted.summary())
    with pytest.raises(AttributeError, match="no members"):
        RNNForecaster().members_  # noqa: B018


def test_saved_members_forecast_as_before(fitted, tmp_path):
    tsrnn.save(fitted, tmp_path / "model")
    loaded = tsrnn.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.predict(9), fitted.predict(9))
    np.testing.assert_array_equal(
        loaded.update(SERIES[:3]).predict_interval(5, 0.9),
        copy_of(fitted).update(SERIES[:3]).predict_interval(5, 0.9),
    )
