"""Columns that members read beside the values: known in advance, past covariates, static ones."""

import pickle
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from panels import quietly
from sklearn.base import clone
from sklearn.linear_model import Ridge

import tsrnn
from tsrnn import (
    EnsembleForecaster,
    NaiveForecaster,
    PanelForecaster,
    RegressionForecaster,
    RNNForecaster,
)
from tsrnn._input.ragged import Batch
from tsrnn._optim.losses import NumberLoss
from tsrnn.exceptions import InvalidParameterError, UnusedColumnsWarning
from tsrnn.windows.columns import N_UNITS, AheadLoss, StaticRead, around, initial_weights

pytestmark = [
    pytest.mark.filterwarnings("ignore::tsrnn.exceptions.UnreliableForecastWarning"),
    pytest.mark.filterwarnings("ignore:.*index.*:UserWarning"),
]

RNG = np.random.default_rng(0)
H, N_STEPS, SEEN = 4, 72, 60
PROMOTED = (RNG.random(N_STEPS) < 0.3).astype(float)
WEATHER = RNG.normal(size=N_STEPS)
X = np.column_stack([PROMOTED, WEATHER])
NOISE = RNG.normal(size=(N_STEPS, 5))
# The weather of a step acts three steps later.
Y = 100.0 + 30.0 * PROMOTED[:, None] + NOISE + np.r_[np.zeros(3), 10.0 * WEATHER[:-3]][:, None]
FRAME = pd.DataFrame(X, columns=["promoted", "weather"])
SMALL = {"horizon": H, "window": 6, "n_members": 2, "random_state": 0}
MODEL = RNNForecaster(**SMALL, past_covariates=["weather"])


def fitted_to(model, columns=FRAME, seen=SEEN):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return clone(model).fit(columns[:seen], Y[:seen])


@pytest.fixture(scope="module")
def fitted():
    return fitted_to(MODEL)


def copy_of(model):
    return pickle.loads(pickle.dumps(model))


# The path from columns ahead.


class Halved(NumberLoss):
    """Half of the squares of outputs, each times its weight."""

    def value_and_gradient(self, outputs, targets, weights):
        return 0.5 * np.sum(weights[:, None] * outputs**2), weights[:, None] * outputs


def slow_outputs(outputs, ahead, theta):
    """The outputs by loops, of complex numbers as well."""
    n, n_ahead, p = ahead.shape[0], ahead.shape[1], ahead.shape[2] // 2
    K = N_UNITS
    U, V, B = theta[: K * p].reshape(K, p), theta[K * p : K * p + 3 * K].reshape(3, K), None
    B = theta[K * p + 3 * K :].reshape(3, p)
    read = outputs[:, : 3 * n_ahead].copy()
    for i in range(n):
        for j in range(n_ahead):
            z = U @ ahead[i, j, :p] + outputs[i, 3 * n_ahead :]
            z = np.where(z.real > 0.0, z, 0.0)
            for kind in range(3):
                read[i, kind * n_ahead + j] += V[kind] @ z + B[kind] @ ahead[i, j, p:]
    return read


def test_the_gradient_of_the_path_is_that_of_complex_steps():
    rng, n, p = np.random.default_rng(1), 3, 2
    outputs = rng.normal(size=(n, 3 * H + N_UNITS))
    ahead, weights = rng.normal(size=(n, H, 2 * p)), rng.uniform(1.0, 2.0, n)
    theta = initial_weights(p, np.random.RandomState(0)).astype(float)
    theta += rng.normal(size=theta.size)
    loss = AheadLoss(Halved(), theta, p)
    targets = np.concatenate([np.zeros((n, 1)), ahead.reshape(n, -1)], axis=1)
    value, d_outputs = loss.value_and_gradient(outputs, targets, weights)

    def slow(outputs, theta):
        return 0.5 * np.sum(weights[:, None] * slow_outputs(outputs, ahead, theta) ** 2)

    # Sums in another order: some units in the last place.
    assert value == pytest.approx(slow(outputs, theta), rel=1e-12)
    step = 1e-30
    for found, at in ((loss.gradient, 1), (d_outputs.ravel(), 0)):
        expected = np.empty(found.size)
        for k in range(found.size):
            moved = [outputs.astype(complex), theta.astype(complex)]
            moved[at].reshape(-1)[k] += step * 1j
            expected[k] = slow(*moved).imag / step
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


def test_columns_around_a_row_are_zeros_beyond_its_series():
    batch = Batch(np.zeros(9), np.array([0, 5, 9]), np.arange(1.0, 10.0)[:, None])
    found = around(batch, np.array([3, 8]), 2, 3)[:, :, 0]
    np.testing.assert_array_equal(found, [[2, 3, 4, 5, 0], [7, 8, 9, 0, 0]])


def test_static_numbers_are_standardised_and_categories_are_not():
    numbers = np.column_stack([[1.0, 3.0, 5.0], [0.0, 1.0, 0.0], np.ones(3)])
    read = StaticRead.learned(numbers).read
    np.testing.assert_allclose(read[:, 0], [-(1.5**0.5), 0.0, 1.5**0.5], rtol=1e-12)
    np.testing.assert_array_equal(read[:, 1], numbers[:, 1])
    assert StaticRead.learned(np.ones((3, 2))).read is None


# What is learned.


def error_of(model, columns, ahead):
    return np.abs(fitted_to(model, columns).predict(ahead) - Y[SEEN : SEEN + H]).mean()


def test_what_is_known_in_advance_and_what_led_in_the_past_are_learned():
    one = SMALL | {"n_members": 1}
    plain, model = RNNForecaster(**one), RNNForecaster(**one, past_covariates=["weather"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        without = np.abs(plain.fit(Y[:SEEN]).predict(H) - Y[SEEN : SEEN + H]).mean()
    rows = slice(SEEN, SEEN + H)
    promoted = error_of(plain, FRAME[["promoted"]], FRAME[["promoted"]][rows])
    both = error_of(model, FRAME, FRAME[rows])
    assert promoted < 0.7 * without
    assert both < 0.6 * promoted


@pytest.mark.parametrize("kind", ["gru", "lstm", "ridge"])
def test_members_of_every_kind_read_columns(kind):
    options = SMALL | {"n_members": 1}
    rows = FRAME[SEEN : SEEN + H]
    model = RNNForecaster(**options, members=kind, past_covariates=["weather"])
    without = RNNForecaster(**options, members=kind, past_covariates=["promoted", "weather"])
    assert error_of(model, FRAME, rows) < 0.7 * error_of(without, FRAME, rows)


def panel_of(n_series, n_steps, seed):
    """Series with a slope of their own, that their noise hides, and what says it."""
    rng = np.random.default_rng(seed)
    slope, t = rng.choice([-2.0, 2.0], n_series), np.arange(n_steps)
    y = 1000.0 + slope[:, None] * t + 8.0 * rng.normal(size=(n_series, n_steps))
    return pd.DataFrame(
        {
            "unique_id": np.repeat(np.arange(n_series), n_steps),
            "ds": np.tile(t + 7, n_series),
            "y": y.ravel(),
            "slope": np.repeat(slope, n_steps),
            "way": np.repeat(np.where(slope > 0.0, "up", "down"), n_steps),
        }
    )


PANEL = panel_of(12, 30, 0)
OF_PANEL = RNNForecaster(horizon=7, window=2, n_members=1, random_state=0)


@pytest.mark.parametrize("name", ["slope", "way"])
def test_a_static_column_that_says_the_slope_is_learned(name):
    slope = PANEL.groupby("unique_id")["slope"].first().to_numpy()
    errors = []
    for static in ([], [name]):
        panel = PanelForecaster(OF_PANEL, regressors=[], static=static, alias="f")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            warnings.simplefilter("error", UnusedColumnsWarning)
            forecast = panel.fit(PANEL[["unique_id", "ds", "y", *static]]).predict(7)["f"]
        ahead = forecast.to_numpy().reshape(12, 7)
        errors.append(np.abs((ahead[:, 6] - ahead[:, 0]) / 6.0 - slope).mean())
    assert errors[1] < 0.5 * errors[0]


def test_a_category_says_which_way_a_known_column_acts():
    rng, n = np.random.default_rng(0), 60
    opened = (rng.random(n) < 0.5).astype(float)
    way = np.repeat([1.0, -1.0], 4)[:, None]
    y = 200.0 + 40.0 * way * (opened - 0.5) + 2.0 * rng.normal(size=(8, n))
    frame = pd.DataFrame(
        {
            "unique_id": np.repeat(np.arange(8), n),
            "ds": np.tile(np.arange(n) + 3, 8),
            "y": y.ravel(),
            "open": np.tile(opened, 8),
            "kind": np.repeat(np.where(way[:, 0] > 0, "summer", "winter"), n),
        }
    )
    late = frame["ds"] >= n
    errors = []
    for static in ([], ["kind"]):
        model = RNNForecaster(horizon=3, window=2, n_members=1, random_state=0)
        panel = PanelForecaster(model, regressors=["open"], static=static, alias="f")
        quietly(panel.fit, frame[~late])
        ahead = frame.loc[late, ["unique_id", "ds", "open"]]
        forecast = quietly(panel.predict, 3, ahead)["f"].to_numpy()
        errors.append(np.abs(forecast - frame.loc[late, "y"].to_numpy()).mean())
    assert errors[1] < 0.5 * errors[0]


# What must not be read.


def test_a_past_covariate_is_not_read_after_the_origin(fitted):
    ahead, other = FRAME[SEEN:], FRAME[SEEN:].assign(weather=1e3)
    for ask in (
        lambda model, rows: model.predict(rows),
        lambda model, rows: model.predict_interval(rows, 0.9),
        lambda model, rows: model.simulate(len(rows), 3, X=rows, random_state=0),
        lambda model, rows: model.score(rows, Y[SEEN:]),
    ):
        expected = ask(fitted, ahead)
        for rows in (other, other.assign(weather=np.nan), FRAME[SEEN:][["promoted"]]):
            np.testing.assert_array_equal(ask(fitted, rows), expected)


def test_a_step_reads_what_is_known_of_itself_and_of_no_later_one(fitted):
    rows = FRAME[SEEN:]
    expected = fitted.predict(rows)
    for k in (1, 3, 4, 6, len(rows)):
        np.testing.assert_array_equal(fitted.predict(rows[:k]), expected[:k])
        changed = rows.copy()
        changed.iloc[k:, 0] += 1.0
        np.testing.assert_array_equal(fitted.predict(changed)[:k], expected[:k])


def test_backtests_do_not_look_ahead_of_their_origins():
    series, model = pd.Series(Y[:, 0], index=FRAME.index + 5), MODEL
    columns = FRAME.set_index(series.index)
    late = columns.copy()
    late.iloc[-H:, 1] = 50.0
    frames = [
        quietly(tsrnn.backtest, model, series, one, horizon=H, n_windows=2, refit=False)
        for one in (columns, late)
    ]
    np.testing.assert_array_equal(frames[0]["forecast"], frames[1]["forecast"])


# Missing values, updates, the contract.


@pytest.mark.parametrize("n_missing", [1, 3, 4, 6])
def test_missing_values_in_an_update_are_what_was_forecast(fitted, n_missing):
    # Without what was seen of the weather since, which forecasts beyond the horizon would read.
    rows = FRAME[SEEN : SEEN + 8].assign(weather=np.r_[[FRAME["weather"][SEEN - 1]] * 8])
    nothing = np.full((n_missing, Y.shape[1]), np.nan)
    moved = copy_of(fitted).update(nothing, rows[:n_missing])
    expected = fitted.predict(rows)[n_missing:]
    # Sums of as many terms, in another order where windows are read from a later row.
    np.testing.assert_allclose(moved.predict(rows[n_missing:]), expected, rtol=1e-6)
    if n_missing < H:
        bounds = fitted.predict_interval(rows[:H], 0.9)[n_missing:]
        ahead = rows[n_missing:H]
        np.testing.assert_allclose(moved.predict_interval(ahead, 0.9), bounds, rtol=1e-6)


def test_an_update_is_one_step_predicted_and_reads_on(fitted):
    moved = copy_of(fitted).update(Y[SEEN : SEEN + 2], FRAME[SEEN : SEEN + 2])
    _, predicted = moved._observed_and_predicted()
    one = fitted.predict(FRAME[SEEN : SEEN + 1])
    np.testing.assert_allclose(predicted[SEEN], one[0], rtol=1e-6)
    by_one = copy_of(fitted)
    for i in (SEEN, SEEN + 1):
        by_one.update(Y[i : i + 1], FRAME[i : i + 1])
    rows = FRAME[SEEN + 2 :]
    np.testing.assert_allclose(moved.predict(rows), by_one.predict(rows), rtol=1e-6)


def test_what_is_not_known_is_refused_with_its_place(fitted):
    rows, holes = FRAME[SEEN:], FRAME.copy()
    holes.iloc[2, 0] = np.nan
    with pytest.raises(ValueError, match="NaN at row 2, column 'promoted'"):
        fitted.predict(holes[:4])
    holes = FRAME.copy()
    holes.iloc[3, 1] = np.nan
    with pytest.raises(ValueError, match="NaN at row 3, column 'weather'"):
        fitted_to(MODEL, holes)
    with pytest.raises(ValueError, match="NaN at row 0, column 'weather'"):
        copy_of(fitted).update(Y[:1], rows[:1].assign(weather=np.nan))
    with pytest.raises(ValueError, match="pass X with their values"):
        fitted.predict(3)
    with pytest.raises(ValueError, match="promoted"):
        fitted.predict(rows[["weather"]])


def test_where_all_is_past_a_horizon_is_enough_and_arrays_have_positions():
    model = fitted_to(RNNForecaster(**SMALL, past_covariates=[1, -2]), X)
    given = X[SEEN : SEEN + 5].copy()
    given[:, 1] = np.nan
    expected = model.predict(5)
    np.testing.assert_array_equal(model.predict(given), expected)
    assert np.isfinite(model.simulate(5, 2, random_state=0)).all()
    assert np.isnan(given[:, 1]).all() and np.isfinite(given[:, 0]).all()
    with pytest.raises(ValueError, match="pass X with their values"):
        model.update(Y[:1])


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ("weather", InvalidParameterError, "past_covariates must be None or a list"),
        ([1.5], InvalidParameterError, "must hold names or positions"),
        (["weather", "weather"], InvalidParameterError, "once more"),
        (["sun"], ValueError, "'sun', but there is no such column.*promoted"),
        (["weather", 1], ValueError, "'weather' twice"),
    ],
)
def test_other_past_covariates_are_refused(given, error, words):
    with pytest.raises(error, match=words):
        fitted_to(RNNForecaster(**SMALL, past_covariates=given))


def test_a_single_regressor_says_who_reads_columns():
    with pytest.raises(InvalidParameterError, match="past_covariates is for the members"):
        RNNForecaster(Ridge(), window=4, past_covariates=["weather"]).fit(FRAME, Y)
    with pytest.raises(ValueError, match="takes no regressors.*members"):
        RNNForecaster(Ridge(), window=4, horizon=3).fit(FRAME, Y)


def test_threads_files_and_copies_change_nothing(fitted, tmp_path):
    rows = FRAME[SEEN:]
    expected = fitted.predict(rows)
    np.testing.assert_array_equal(fitted_to(MODEL.set_params(n_jobs=2)).predict(rows), expected)
    MODEL.set_params(n_jobs=None)
    tsrnn.save(fitted, tmp_path / "model")
    loaded = tsrnn.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.predict(rows), expected)
    assert loaded.past_covariates == ["weather"]
    more = [one.update(Y[SEEN:65], FRAME[SEEN:65]) for one in (loaded, copy_of(fitted))]
    np.testing.assert_array_equal(*(one.predict_interval(FRAME[65:], 0.8) for one in more))


@pytest.mark.parametrize("factor", [1e-200, 1e200])
def test_columns_and_series_may_be_of_any_size(fitted, factor):
    rows = FRAME * factor
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = clone(MODEL).fit(rows[:SEEN], Y[:SEEN] * factor)
    # Networks compute in single precision.
    expected = fitted.predict(FRAME[SEEN:])
    np.testing.assert_allclose(model.predict(rows[SEEN:]) / factor, expected, rtol=1e-5)


def test_constant_columns_and_series_go_on():
    rows = FRAME.assign(promoted=1.0, weather=0.0)
    y = Y.copy()
    y[:, 0] = 7.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = clone(MODEL).fit(rows[:SEEN], y[:SEEN])
    forecast = model.predict(rows[SEEN:])
    assert np.isfinite(forecast).all()
    # Of what never changed nothing was learned, so that it has no effect when it does.
    np.testing.assert_array_equal(model.predict(rows[SEEN:].assign(promoted=5.0)), forecast)


def test_members_of_an_ensemble_read_columns_by_their_names():
    other = clone(MODEL).set_params(random_state=1)
    both = EnsembleForecaster([("one", MODEL), ("other", other)], method="mean")
    ahead = FRAME[SEEN:].drop(columns="weather")
    expected = [fitted_to(one).predict(ahead) for one in (MODEL, other)]
    np.testing.assert_allclose(fitted_to(both).predict(ahead), np.mean(expected, axis=0))
    knows = clone(MODEL).set_params(past_covariates=None)
    mixed = fitted_to(EnsembleForecaster([("one", MODEL), ("knows", knows)]))
    with pytest.raises(ValueError, match="yet now missing:\n- weather"):
        mixed.predict(ahead)


def test_a_regression_around_members_takes_the_columns_itself():
    plain = RNNForecaster(**SMALL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = RegressionForecaster(plain).fit(FRAME[:SEEN], Y[:SEEN])
        assert np.isfinite(model.predict(FRAME[SEEN:])).all()
        with pytest.raises(ValueError, match="'weather', but no regressors are read here"):
            RegressionForecaster(MODEL).fit(FRAME[:SEEN], Y[:SEEN])


# Panels.


def long_frame():
    parts = [
        FRAME.assign(unique_id=name, ds=np.arange(N_STEPS) + 5, y=Y[:, i], size=float(i), town=town)
        for i, (name, town) in enumerate(zip("abc", ["Ulm", "Bonn", "Ulm"], strict=True))
    ]
    return pd.concat(parts, ignore_index=True)


LONG = long_frame()
IN_PANEL = PanelForecaster(
    RNNForecaster(**SMALL | {"n_members": 1}, past_covariates=["weather"]),
    regressors=["promoted", "weather"],
    static=["size", "town"],
    alias="f",
)


@pytest.fixture(scope="module")
def panel():
    return quietly(clone(IN_PANEL).fit, LONG[LONG["ds"] < 60])


def test_a_panel_needs_no_past_covariates_ahead(panel, tmp_path):
    ahead = LONG.loc[LONG["ds"] >= 60, ["unique_id", "ds", "promoted", "weather"]]
    expected = panel.predict(ahead, level=90)
    for rows in (ahead.drop(columns="weather"), ahead.assign(weather=np.nan)):
        pd.testing.assert_frame_equal(panel.predict(rows, level=90), expected)
    with pytest.raises(ValueError, match=r"pass X_df with the values of \['promoted'\]"):
        panel.predict(3)
    with pytest.raises(ValueError, match="promoted"):
        panel.predict(ahead.drop(columns="promoted"))
    tsrnn.save(panel, tmp_path / "panel")
    pd.testing.assert_frame_equal(tsrnn.load(tmp_path / "panel").predict(ahead, level=90), expected)
    assert len(panel.simulate(3, ahead[ahead["ds"] < 63], random_state=0)) == 9


def test_a_panel_of_past_covariates_alone_takes_a_horizon():
    model = clone(IN_PANEL).set_params(regressors=["weather"], static=None)
    frame = LONG.drop(columns=["promoted", "size", "town"])
    panel = quietly(model.fit, frame[frame["ds"] < 60])
    assert np.isfinite(panel.predict(6)["f"]).all()
    with_naive = PanelForecaster(
        [("net", model.forecaster), ("naive", NaiveForecaster())], regressors=["weather"]
    )
    both = quietly(with_naive.fit, frame[frame["ds"] < 60]).predict(6)
    np.testing.assert_array_equal(both["net"], panel.predict(6)["f"])


def test_polars_frames_updates_and_cross_validation_read_alike(panel):
    cut, ahead = LONG[LONG["ds"] < 60], LONG.loc[LONG["ds"] >= 60]
    of_polars = quietly(clone(IN_PANEL).fit, pl.from_pandas(cut))
    rows = ahead[["unique_id", "ds", "promoted"]]
    forecast = of_polars.predict(pl.from_pandas(rows))
    np.testing.assert_array_equal(forecast["f"].to_numpy(), panel.predict(rows)["f"])
    moved = copy_of(panel).update(ahead[ahead["ds"] < 64])
    later = rows[rows["ds"] >= 64]
    assert (moved.predict(later)["f"].to_numpy() != panel.predict(rows)["f"].tail(39)).any()
    past = quietly(clone(IN_PANEL).cross_validation, LONG, H, 2, refit=False)
    hidden = LONG.assign(weather=LONG["weather"].where(LONG["ds"] < 73, 99.0))
    again = quietly(clone(IN_PANEL).cross_validation, hidden, H, 2, refit=False)
    pd.testing.assert_frame_equal(past, again)


def test_static_columns_that_others_do_not_read_are_told(panel):
    both = PanelForecaster(
        [("net", OF_PANEL), ("naive", NaiveForecaster())], regressors=[], static=["way"]
    )
    frame = PANEL.drop(columns="slope")
    with pytest.warns(UnusedColumnsWarning, match=r"^naive does not look at .*\['way'\]"):
        quiet = warnings.catch_warnings()
        with quiet:
            warnings.simplefilter("ignore")
            warnings.simplefilter("always", UnusedColumnsWarning)
            both.fit(frame)
    alone = PanelForecaster(OF_PANEL, regressors=[], static=["way"])
    np.testing.assert_array_equal(
        both.predict(3)["net"], quietly(alone.fit, frame).predict(3)["RNNForecaster"]
    )
    assert panel.static_["town"].tolist() == ["Ulm", "Bonn", "Ulm"]


def test_a_series_whose_static_columns_are_not_known_is_a_failure():
    frame = LONG.assign(size=LONG["size"].replace(1.0, np.nan))
    with pytest.warns(UserWarning, match="'size' has no known value but nan, and f reads it"):
        model = clone(IN_PANEL)
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            model.fit(frame)
    assert model.ids_.tolist() == ["a", "c"]


def test_of_many_categories_the_most_common_are_told_apart():
    frame = panel_of(70, 12, 1).assign(way=lambda df: "town " + df["unique_id"].astype(str))
    model = PanelForecaster(OF_PANEL, regressors=[], static=["way"])
    with pytest.warns(UnusedColumnsWarning, match="70 categories: RNN.* the 64 of most series"):
        model.fit(frame.drop(columns="slope"))
    assert model._training[0].static.shape == (70, 64)


def test_numbers_that_are_names_of_columns_of_a_panel_are_no_positions():
    roles = {"regressors": ["promoted", "weather"], "static": []}
    named = PanelForecaster(MODEL, **roles)
    numbered = PanelForecaster(clone(MODEL).set_params(past_covariates=[0]), regressors=[1, 0])
    new = {"promoted": 1, "weather": 0}
    seen = LONG[LONG["ds"] < 5 + SEEN].drop(columns=["size", "town"])
    ahead = LONG.loc[LONG["ds"] >= 5 + SEEN, ["unique_id", "ds", "promoted"]]
    expected = quietly(named.fit, seen).predict(ahead)
    found = quietly(numbered.fit, seen.rename(columns=new)).predict(ahead.rename(columns=new))
    pd.testing.assert_frame_equal(found, expected)


# Training that goes on, and other series.


def test_what_reads_columns_is_applied_to_others_and_stopped_early():
    model = RNNForecaster(**SMALL | {"n_members": 1}, past_covariates=["weather"])
    early = fitted_to(clone(model).set_params(early_stopping=True))
    assert "val_loss" in early.members_[0].history
    trained = fitted_to(model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other = trained.apply(FRAME[:SEEN], Y[:SEEN, :1])
    rows = FRAME[SEEN:]
    # Columns keep the units that they were trained in; single precision, other batches.
    expected = trained.predict(rows)[:, 0]
    np.testing.assert_allclose(other.predict(rows)[:, 0], expected, rtol=1e-5)


def test_training_goes_on_with_the_same_columns_alone(panel):
    model = RNNForecaster(**SMALL | {"n_members": 1}, warm_start=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(FRAME[["promoted"]][:SEEN], Y[:SEEN])
        model.fit(FRAME[["promoted"]][:SEEN], Y[:SEEN])
        with pytest.raises(ValueError, match="the same regressors and static columns"):
            model.fit(FRAME[:SEEN], Y[:SEEN])
    seen = LONG[(LONG["unique_id"] == "a") & (LONG["ds"] < 60)]
    other = quietly(panel.apply, seen.assign(unique_id="new"))
    rows = LONG.loc[(LONG["unique_id"] == "a") & (LONG["ds"] >= 60), ["ds", "promoted"]]
    expected = panel.predict(LONG.loc[LONG["ds"] >= 60, ["unique_id", "ds", "promoted"]])
    found = other.predict(rows.assign(unique_id="new"))["f"]
    # Single precision, in batches of other sizes.
    np.testing.assert_allclose(found, expected.loc[expected["unique_id"] == "a", "f"], rtol=1e-5)
