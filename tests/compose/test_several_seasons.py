"""Forecasts of series with several seasons against MSTL and the definition, by hand."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from statsmodels.tsa.seasonal import MSTL

import tsrnn
from tsrnn import (
    AutoExpSmoothingRNN,
    ComplexExpSmoothingRNN,
    DeseasonalizedForecaster,
    DoubleExpSmoothingRNN,
    EnsembleForecaster,
    NaiveForecaster,
    PanelForecaster,
    SimpleExpSmoothingRNN,
    ThetaForecaster,
    TripleExpSmoothingRNN,
)
from tsrnn.cli.command import main
from tsrnn.exceptions import InvalidParameterError

# Neither is a multiple of the other, nor the length of either.
PERIODS = (6, 21)
N = 150
DAY = np.array([-4.0, -1.0, 3.0, 5.0, 0.0, -3.0])
WEEK = 6.0 * np.sin(np.arange(21) * 2.0 * np.pi / 21) + np.where(np.arange(21) > 15, -5.0, 1.5)
WALK = 60.0 + np.random.default_rng(2).normal(size=N + 30).cumsum() * 0.5
BOTH = np.resize(DAY, N + 30) + np.resize(WEEK, N + 30)
SERIES = {"add": WALK + BOTH, "mul": WALK * np.exp(BOTH / 40.0)}
models = pytest.mark.parametrize("model", ["add", "mul"])


def make(model="add", forecaster=None, **options):
    forecaster = SimpleExpSmoothingRNN(alpha=0.4) if forecaster is None else forecaster
    return DeseasonalizedForecaster(forecaster, period=PERIODS, model=model, **options)


def by_hand(y, model, n_ahead=30):
    """The series without its seasons, these along it, and the last of each over and over."""
    seasons = MSTL(np.log(y) if model == "mul" else y, periods=PERIODS).fit().seasonal
    ahead = sum(seasons[len(y) - m + np.arange(n_ahead) % m, k] for k, m in enumerate(PERIODS))
    along = seasons.sum(axis=1)
    if model == "mul":
        return y / np.exp(along), np.exp(along), np.exp(ahead)
    return y - along, along, ahead


def put(values, season, model):
    return values * season if model == "mul" else values + season


# To the rounding of logarithms and of what is divided by.
RTOL = 1e-10


@models
def test_all_answers_are_those_of_the_adjusted_series_with_the_last_seasons_put_back(model):
    y = SERIES[model][:N]
    found = make(model).fit(y)
    adjusted, along, ahead = by_hand(y, model)
    inner = SimpleExpSmoothingRNN(alpha=0.4).fit(adjusted)
    np.testing.assert_array_equal(found.is_seasonal_, [True, True])
    assert found.period_ == PERIODS
    np.testing.assert_allclose(found.predict(30), put(inner.predict(30), ahead, model), rtol=RTOL)
    fitted = put(inner.fitted_values_, along, model)
    np.testing.assert_allclose(found.fitted_values_, fitted, rtol=RTOL)
    # Errors of one step, and what the seasons add to those of all.
    spread = found._model.seasons.spread
    shares = np.array([0.025, 0.3, 0.975])
    wider = np.hypot(inner._model.deviation(30)[:, 0], spread)[:, None] * norm.ppf(shares)
    quantiles = put(inner.predict(30)[:, None] + wider, ahead[:, None], model)
    np.testing.assert_allclose(found.predict_quantiles(30, shares), quantiles, rtol=RTOL)
    np.testing.assert_allclose(found.predict_interval(30), quantiles[:, [0, 2]], rtol=RTOL)
    paths = found.simulate(30, 4000, random_state=0)
    # The 2.5% and 97.5% points of 4000 draws, and the middle, to three standard errors.
    np.testing.assert_allclose(
        np.quantile(paths, shares, axis=1).T, quantiles, atol=0.2 * np.ptp(quantiles[:, [0, 2]])
    )
    for m, indices in zip(PERIODS, found.seasonal_indices_, strict=True):
        assert indices.shape == (m,)
    turned = [np.resize(np.roll(indices, -N), 30) for indices in found.seasonal_indices_]
    together = np.prod(turned, axis=0) if model == "mul" else np.sum(turned, axis=0)
    np.testing.assert_allclose(together, ahead, rtol=RTOL, atol=1e-12)


@models
def test_intervals_know_that_seasons_take_some_of_the_noise(model):
    rng = np.random.default_rng(5)
    noise = rng.normal(size=(N + 30, 25))
    y = 60.0 + 2.0 * BOTH[:, None] + noise
    if model == "mul":
        y = 60.0 * np.exp(BOTH / 40.0)[:, None] * np.exp(noise / 60.0)
    found = make(model, SimpleExpSmoothingRNN(alpha=0.0)).fit(y[:N])
    bounds = found.predict_interval(30)
    held = np.mean((y[N:] >= bounds[:, 0]) & (y[N:] <= bounds[:, 1]))
    # 95% of 750 values, which are not independent; without it 73% are.
    assert 0.92 < held < 0.98
    inner = found._model.inner.deviation(1)[0]
    assert (found._model.seasons.spread > 0.5 * inner).all()


@models
def test_an_update_in_pieces_keeps_the_phase_of_each_season(model):
    y = SERIES[model]
    _, _, ahead = by_hand(y[:N], model, 60)
    adjusted = y[N:] / ahead[:30] if model == "mul" else y[N:] - ahead[:30]
    inner = SimpleExpSmoothingRNN(alpha=0.4).fit(by_hand(y[:N], model)[0]).update(adjusted)
    expected = put(inner.predict(30), ahead[30:], model)
    for cuts in ([], [1], [7, 8, 20]):
        found = make(model).fit(y[:N])
        for piece in np.split(y[N:], cuts):
            found.update(piece)
        np.testing.assert_allclose(found.predict(30), expected, rtol=RTOL)


@models
def test_missing_values_are_filled_for_the_decomposition_alone(model):
    y = SERIES[model][:N].copy()
    holes = [30, 31, 77, 78, 79, 120]
    y[holes] = np.nan
    filled = y.copy()
    for t in holes:  # on the line between those a long season before and after
        around = filled[t % 21 :: 21]
        place = np.arange(len(around))
        seen = ~np.isnan(y[t % 21 :: 21])
        filled[t] = np.interp(t // 21, place[seen], around[seen])
    adjusted, _, ahead = by_hand(filled, model)
    adjusted[holes] = np.nan
    inner = SimpleExpSmoothingRNN(alpha=0.4).fit(adjusted)
    found = make(model).fit(y)
    np.testing.assert_allclose(found.predict(30), put(inner.predict(30), ahead, model), rtol=RTOL)
    assert np.isnan(found.residuals_[holes]).all()


@pytest.mark.filterwarnings("ignore:series 0 is not adjusted for a season of 21")
def test_a_place_of_the_long_season_that_was_never_observed_is_told_by_the_short_one():
    y = SERIES["add"][:N].copy()
    whole = make(test=False).fit(y)
    y[10::21] = np.nan
    with pytest.warns(UserWarning, match="never observed at 1 of the 21 positions.*is a guess"):
        found = make(test=False).fit(y)
    # On the line between the same places of the short season around it, and half of its season.
    assert found.predict(30) == pytest.approx(whole.predict(30), abs=6.0)
    y[2::6] = np.nan
    match = "not adjusted for a season of 6 time steps: it was never observed at 1 of its positions"
    with pytest.warns(UserWarning, match=match):
        assert not make().fit(y).is_seasonal_.any()


@models
def test_what_is_missing_before_and_after_moves_no_phase(model):
    y = SERIES[model][:N]
    whole = make(model).fit(y)
    padded = make(model).fit(np.r_[np.full(4, np.nan), y, np.full(5, np.nan)])
    np.testing.assert_allclose(padded.predict(25), whole.predict(30)[5:], rtol=RTOL)
    turned = [np.roll(one, 4) for one in whole.seasonal_indices_]
    for found, expected in zip(padded.seasonal_indices_, turned, strict=True):
        np.testing.assert_allclose(found, expected, rtol=RTOL)


@models
def test_columns_and_series_of_a_panel_are_what_they_are_alone(model):
    long, short = SERIES[model][:N], SERIES[model][30:N][::-1]
    both = np.column_stack([long, np.r_[np.full(30, np.nan), short]])
    found = make(model).fit(both)
    assert found.is_seasonal_.shape == (2, 2)
    alone = [make(model).fit(y) for y in (long, short)]
    expected = np.column_stack([one.predict(9) for one in alone])
    np.testing.assert_allclose(found.predict(9), expected, rtol=RTOL)
    frame = pd.concat(
        pd.DataFrame({"unique_id": name, "ds": np.arange(len(y)), "y": y})
        for name, y in (("a", long), ("b", short))
    )
    panel = PanelForecaster(make(model), alias="f").fit(frame)
    np.testing.assert_allclose(panel.predict(9)["f"], expected.T.ravel(), rtol=RTOL)
    assert panel.period_.tolist() == [21, 21]
    more = pd.DataFrame(
        {"unique_id": "a", "ds": np.arange(N, N + 5), "y": SERIES[model][N : N + 5]}
    )
    ahead = panel.update(more).predict(9)
    expected = alone[0].update(SERIES[model][N : N + 5]).predict(9)
    np.testing.assert_allclose(ahead[ahead["unique_id"] == "a"]["f"], expected, rtol=RTOL)


def test_seasons_are_tested_for_one_after_the_other():
    noise = np.random.default_rng(0).normal(size=N)
    for season, expected in (
        (np.resize(DAY, N), [True, False]),
        (np.resize(WEEK, N), [False, True]),
        (np.zeros(N), [False, False]),
    ):
        found = make().fit(50.0 + 2.0 * season + noise)
        assert found.is_seasonal_.tolist() == expected
        for indices, is_taken in zip(found.seasonal_indices_, expected, strict=True):
            assert np.ptp(indices) > 0.0 if is_taken else not indices.any()
    assert make(test=False).fit(50.0 + noise).is_seasonal_.all()


@pytest.mark.parametrize(
    ("n", "options", "reason"),
    [
        (40, {}, "21 time steps: it does not show more than two of them"),
        (42, {"test": False}, "21 time steps: it does not show more than two of them"),
        (60, {}, "21 time steps: it has 60 observed values, and whether .* with three of them, 63"),
    ],
)
def test_a_season_that_a_series_is_too_short_for_is_left_out_with_a_word(n, options, reason):
    y = SERIES["add"][:n] + 3.0 * np.resize(DAY, n)
    with pytest.warns(UserWarning, match=f"series 0 is not adjusted for a season of {reason}"):
        found = make(**options).fit(y)
    assert found.is_seasonal_.tolist() == [True, False]
    season = MSTL(y, periods=(6,)).fit().seasonal
    inner = SimpleExpSmoothingRNN(alpha=0.4).fit(y - season)
    expected = inner.predict(6) + season[-6:]
    np.testing.assert_allclose(found.predict(6), expected, rtol=RTOL)


def test_a_value_that_hides_seasons_is_told_by_its_row():
    y = np.r_[np.nan, SERIES["add"][:N]]
    y[70] = 1e6
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert not make().fit(y).is_seasonal_.any()
    wanted = [f"the value in row 70 hides its season of {m} time steps" for m in PERIODS]
    assert all(part in str(one.message) for part, one in zip(wanted, told, strict=True))
    y[70] = np.nan
    assert make().fit(y).is_seasonal_.all()


def test_a_series_that_is_not_positive_is_not_divided():
    y = SERIES["add"][:N] - 60.0
    with pytest.warns(UserWarning, match="series 0 is not seasonally adjusted: its values are not"):
        found = make("mul").fit(y)
    np.testing.assert_array_equal(found.predict(3), make().forecaster.fit(y).predict(3))
    assert not found.is_seasonal_.any()


@pytest.mark.parametrize("unit", [1e-300, 1e300])
@models
def test_scale_goes_through(model, unit):
    expected = make(model).fit(SERIES[model][:N]).predict(5)
    found = make(model).fit(unit * SERIES[model][:N]).predict(5)
    np.testing.assert_allclose(found / unit, expected, rtol=1e-9)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("y", [np.full(90, 7.0), np.zeros(90), [3.0, 5.0], [np.nan, 2.0, 3.0]])
@pytest.mark.parametrize("test", [True, False])
@models
def test_constant_and_short_series_are_forecast_in_numbers(y, test, model):
    found = make(model, NaiveForecaster(), test=test).fit(y)
    np.testing.assert_allclose(found.predict(25), np.full(25, y[-1]), rtol=1e-9, atol=1e-12)


def test_regressors_add_to_the_series_beside_its_seasons():
    X = np.random.default_rng(8).normal(size=(N, 1)) + np.resize(WEEK, N)[:, None] / 5.0
    y = SERIES["add"][:N] + 4.0 * X[:, 0]
    found = make(forecaster=DoubleExpSmoothingRNN()).fit(X, y)
    # Noise of 0.5 a step, and 150 values of a regressor of deviation 1.
    assert found.forecaster_.coef_ == pytest.approx(4.0, abs=0.3)
    ahead = found.predict(X[:5])
    assert np.abs(ahead - X[:5, 0] * 4.0 - SERIES["add"][N : N + 5]).max() < 6.0


def test_the_default_forecaster_is_the_cautious_damped_trend():
    damped = DoubleExpSmoothingRNN(damped=True, prior="cautious")
    for period in (6, PERIODS):
        named = DeseasonalizedForecaster(damped, period=period).fit(SERIES["mul"][:N])
        found = DeseasonalizedForecaster(period=period).fit(SERIES["mul"][:N])
        assert found.forecaster is None
        np.testing.assert_array_equal(found.predict(8), named.predict(8))


@models
def test_saved_models_answer_and_go_on_as_before(tmp_path, model):
    found = make(model).fit(
        pd.Series(SERIES[model][:N], pd.date_range("2024", periods=N, freq="h"))
    )
    tsrnn.save(found, tmp_path / "seasons.tsrnn")
    loaded = tsrnn.load(tmp_path / "seasons.tsrnn")
    assert loaded.period == PERIODS and loaded.period_ == PERIODS
    for one in (found, loaded):
        one.update(SERIES[model][N : N + 4])
    pd.testing.assert_frame_equal(loaded.predict_interval(9), found.predict_interval(9))


@pytest.mark.parametrize(
    ("period", "message"),
    [
        ((24,), "the time steps of one season, or of several, all different"),
        ((), "the time steps of one season, or of several"),
        ((24, 24), "all different integers"),
        ((24, 1), r"all different integers >= 2 .* got \(24, 1\)"),
        ((24, 168.5), r"all different integers >= 2 .* got \(24, 168.5\)"),
        ((24, "auto"), "all different integers >= 2"),
        (((6, 21), 5), "all different integers >= 2"),
        ((24, 10**9), "must be at most"),
        (np.array([24, 168]), r"period=\(24, 168\)"),
    ],
)
def test_wrong_seasons_are_refused(period, message):
    with pytest.raises(InvalidParameterError, match=message):
        DeseasonalizedForecaster(period=period).fit(SERIES["add"])


@pytest.mark.parametrize(
    "kind",
    [
        TripleExpSmoothingRNN,
        AutoExpSmoothingRNN,
        ThetaForecaster,
        ComplexExpSmoothingRNN,
        EnsembleForecaster,
        NaiveForecaster,
    ],
)
def test_elsewhere_several_seasons_are_refused_with_the_way_to_them(kind):
    for period in ((24, 168), [24, 168]):
        with pytest.raises(InvalidParameterError, match="are for DeseasonalizedForecaster"):
            kind(period=period).fit(SERIES["add"])


def test_the_command_refuses_them_with_the_way_to_them(tmp_path, capsys):
    path = tmp_path / "y.csv"
    path.write_text("\n".join(["y", *map(str, range(30))]), encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["forecast", str(path), "--period", "4,12"])
    assert "are for DeseasonalizedForecaster" in capsys.readouterr().err


def test_an_ensemble_and_a_backtest_take_it_as_a_member():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        both = EnsembleForecaster([("one", make()), ("last", NaiveForecaster())], method="mean")
        found = both.fit(SERIES["add"][:N]).predict(4)
    expected = (make().fit(SERIES["add"][:N]).predict(4) + SERIES["add"][N - 1]) / 2.0
    np.testing.assert_allclose(found, expected, rtol=RTOL)
