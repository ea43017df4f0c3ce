"""Ridge regression in closed form, and members of the kinds that users name."""

import warnings

import numpy as np
import pytest

import tsrnn
from tsrnn import RNNForecaster
from tsrnn.exceptions import InvalidParameterError
from tsrnn.windows import ridge
from tsrnn.windows.ridge import fit_line

pytestmark = pytest.mark.filterwarnings("ignore::tsrnn.exceptions.UnreliableForecastWarning")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(30, 4)).astype(np.float32) + 5.0
Y = X @ RNG.normal(size=(4, 3)) + 0.3 * RNG.normal(size=(30, 3))
TIMES = np.arange(48.0)
WAVE = 10.0 * np.sin(2.0 * np.pi * TIMES / 4.0)
SERIES = np.column_stack([50.0 + 0.3 * i * TIMES + WAVE + RNG.normal(size=48) for i in range(4)])
ALL_KINDS = ("dense", "gru", "lstm", "ridge")


def penalties(x):
    """Of the grid, by what they are shares of."""
    centred = x - x.mean(axis=0)
    return np.trace(centred.T @ centred) / x.shape[1] * ridge._SHARES


def regression(x, y, penalty):
    """The weights and the constant, which costs nothing."""
    center = x.mean(axis=0)
    inner = (x - center).T @ (x - center) + penalty * np.eye(x.shape[1])
    weights = np.linalg.solve(inner, (x - center).T @ (y - y.mean()))
    return weights, y.mean() - center @ weights


@pytest.mark.parametrize("step", range(3))
def test_penalties_and_errors_are_those_of_fits_without_each_sample_in_turn(step, monkeypatch):
    monkeypatch.setattr(ridge, "_CUT_OFF", 1e9)
    x, y = X.astype(float), Y[:, step]
    missed = np.empty((len(penalties(x)), len(y)))
    for k, penalty in enumerate(penalties(x)):
        for i in range(len(y)):
            others = np.arange(len(y)) != i
            weights, bias = regression(x[others], y[others], penalty)
            missed[k, i] = y[i] - x[i] @ weights - bias
    best = int(np.mean(missed**2, axis=1).argmin())
    line = fit_line(X, Y)
    weights, bias = regression(x, y, penalties(x)[best])
    # Of sums in another order, at a condition of the squares of up to 1e8.
    np.testing.assert_allclose(line.weights[step], weights, rtol=1e-6)
    np.testing.assert_allclose(line.bias[step], bias, rtol=1e-6)
    # Leaving one out moves the mean as well, which (2) counts as 1/n.
    np.testing.assert_allclose(Y[:, step] - line.predictions[:, step], missed[best], rtol=1e-6)


def test_noise_is_shrunk_and_a_line_is_followed():
    noise = RNG.normal(size=(40, 2))
    x = RNG.normal(size=(40, 6)).astype(np.float32)
    of_noise = [regression(x.astype(float), one, 0.0)[0] for one in noise.T]
    assert (np.linalg.norm(fit_line(x, noise).weights, axis=1) < np.linalg.norm(of_noise)).all()
    y = x @ np.arange(12.0).reshape(6, 2)
    np.testing.assert_allclose(fit_line(x, y).weights.T, np.arange(12.0).reshape(6, 2), atol=1e-3)


def test_outputs_that_are_unknown_are_left_out():
    y = Y.copy()
    y[3, 1] = y[7, 2] = np.nan
    known = np.delete(np.arange(30), [3, 7])
    np.testing.assert_allclose(fit_line(X, y).weights, fit_line(X[known], Y[known]).weights)
    y[::3, 0] = y[1::3, 1] = y[2::3, 2] = np.nan  # no sample is whole: step by step
    line = fit_line(X, y)
    kept = ~np.isnan(y[:, 1])
    alone = fit_line(X[kept], y[kept, 1:2])
    np.testing.assert_allclose(line.weights[1], alone.weights[0])
    assert np.isnan(line.predictions[~kept, 1]).all()


def test_windows_that_are_all_alike_are_forecast_by_the_mean():
    line = fit_line(np.full((5, 3), 2.0, np.float32), Y[:5])
    np.testing.assert_allclose(line.bias + 2.0 * line.weights.sum(axis=1), Y[:5].mean(axis=0))


@pytest.fixture(scope="module")
def of_all_kinds():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return RNNForecaster(horizon=4, period=4, members=ALL_KINDS, random_state=0).fit(SERIES)


def test_members_are_of_the_kinds_that_were_named(of_all_kinds):
    assert tuple(one.spec.kind for one in of_all_kinds.members_) == ALL_KINDS
    more = RNNForecaster(
        horizon=4, period=4, members=["ridge", "dense"], n_members=3, random_state=0
    )
    assert [one.spec.kind for one in more.fit(SERIES).members_] == ["ridge", "dense", "ridge"]
    one = RNNForecaster(horizon=4, period=4, members="ridge", random_state=0).fit(SERIES)
    assert [one.spec.kind for one in one.members_] == ["ridge"]


@pytest.mark.parametrize("place", range(4))
def test_each_kind_forecasts_a_season_with_a_trend(of_all_kinds, place):
    member, state = of_all_kinds.members_[place], of_all_kinds._model.state
    points, low, high = member.forecast(state.values, state.units.change, state.units.seasons)
    assert (low < points).all() and (points < high).all()
    ahead = state.scaling.unscale(points.T)
    t = 48.0 + np.arange(4.0)
    truth = 50.0 + 0.3 * np.arange(4) * t[:, None] + 10.0 * np.sin(np.pi * t / 2.0)[:, None]
    naive = np.abs(SERIES[-1] - truth).mean()
    assert np.abs(ahead - truth).mean() < 0.5 * naive


def test_ridge_has_the_one_loss_that_it_comes_to_and_depends_on_no_seed():
    models = [
        RNNForecaster(horizon=3, period=4, members="ridge", random_state=seed).fit(SERIES)
        for seed in (0, 1)
    ]
    assert len(models[0].members_[0].history["loss"]) == 1
    np.testing.assert_array_equal(models[0].predict(7), models[1].predict(7))


@pytest.mark.parametrize("factor", [1e-200, 8.0, 1e200])
def test_ridge_forecasts_series_in_other_units_in_these(factor):
    one, other = (
        RNNForecaster(horizon=3, period=4, members="ridge").fit(y).predict(5)
        for y in (SERIES, SERIES * factor)
    )
    np.testing.assert_allclose(other / factor, one, rtol=1e-8)


@pytest.mark.parametrize("y", [np.full(20, 3.0), np.zeros(20), np.arange(20.0), np.r_[1.0, 2.0, 4]])
def test_ridge_takes_constants_lines_and_three_values(y):
    model = RNNForecaster(horizon=2, members="ridge").fit(y)
    assert np.isfinite(model.predict(5)).all()
    assert np.isfinite(model.predict_interval(5)).all()


def test_ridge_leaves_missing_values_out():
    holes = SERIES.copy()
    holes[20:23, 0] = holes[:5, 1] = holes[-3:, 2] = np.nan
    model = RNNForecaster(horizon=3, period=4, members="ridge").fit(holes)
    assert np.isfinite(model.predict(9)).all()
    assert np.abs(model.predict(9)[:, 0] - SERIES[:, 0].mean()).max() < 20.0


def test_saved_members_of_all_kinds_forecast_as_before(of_all_kinds, tmp_path):
    tsrnn.save(of_all_kinds, tmp_path / "model")
    loaded = tsrnn.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.predict(9), of_all_kinds.predict(9))
    assert loaded.members == ALL_KINDS


@pytest.mark.parametrize("members", ["forest", (), ("dense", "forest"), 3, None, {"ridge"}])
def test_other_kinds_are_refused(members):
    with pytest.raises(InvalidParameterError, match="members must be 'auto', one of 'dense'"):
        RNNForecaster(horizon=3, members=members).fit(SERIES)


def test_kinds_that_would_have_no_effect_are_refused():
    with pytest.raises(InvalidParameterError, match="n_members=1 is fewer"):
        RNNForecaster(horizon=3, members=("dense", "gru"), n_members=1).fit(SERIES)
    with pytest.raises(InvalidParameterError, match="members is for the members"):
        RNNForecaster(members="gru").fit(SERIES)
