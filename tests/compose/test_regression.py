"""Regression beside any forecaster: coefficients, effects, and what is made of them ahead."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy.linalg import solve_triangular
from sklearn.base import clone
from statsmodels.tsa.statespace.sarimax import SARIMAX

from tsrnn import (
    AutoExpSmoothingRNN,
    CrostonForecaster,
    DoubleExpSmoothingRNN,
    EnsembleForecaster,
    NaiveForecaster,
    PanelForecaster,
    RegressionForecaster,
    SimpleExpSmoothingRNN,
    ThetaForecaster,
    TransformedForecaster,
    TripleExpSmoothingRNN,
    backtest,
)
from tsrnn.exceptions import InvalidParameterError
from tsrnn.features import CalendarFeatures, FourierFeatures, HolidayFeatures, StepFeatures
from tsrnn.plotting import ComponentsDisplay

DAYS = pd.date_range("2023-01-01", periods=200, name="day")
FAIRS = {"2023-02-04": "fair", "2023-05-06": "fair", "2023-07-22": "fair", "2023-03-11": "match"}
FEATURES = [CalendarFeatures("weekday"), HolidayFeatures(FAIRS), FourierFeatures(30.5, 1)]


def walk(n=200, seed=0, alpha=0.3):
    """A level that wanders, with noise."""
    errors = np.random.default_rng(seed).normal(size=n)
    return 50.0 + errors + alpha * np.r_[0.0, np.cumsum(errors)[:-1]]


def daily(seed=0, effects=True):
    """A daily series with effects of the features above, and 20 at each fair."""
    y = pd.Series(walk(seed=seed), DAYS, name="sales")
    if effects:
        y += 4.0 * (DAYS.day_of_week == 5)
        y[["2023-02-04", "2023-05-06"]] += 20.0
    return y


def regressors(n=200, p=3, seed=1):
    return np.random.default_rng(seed).normal(size=(n, p))


# Coefficients.


@pytest.mark.parametrize(
    "smoother",
    [
        SimpleExpSmoothingRNN(),
        DoubleExpSmoothingRNN(damped=True, prior="cautious"),
        TripleExpSmoothingRNN(period=4, trend=None),
    ],
    ids=lambda one: type(one).__name__,
)
def test_around_a_linear_smoother_it_is_the_smoother_with_regressors(smoother):
    X, y = regressors(), walk() + np.tile([3.0, -1.0, 0.0, -2.0], 50)
    y[40:44] = np.nan
    y += np.nan_to_num(X @ [1.0, 2.0, -3.0])
    alone = clone(smoother).fit(X[:190], y[:190])
    found = RegressionForecaster(smoother).fit(X[:190], y[:190])
    # The same least squares, solved once more; then parameters of a search of its own.
    np.testing.assert_allclose(found.coef_, alone.coef_, rtol=1e-8)
    np.testing.assert_allclose(found.predict(X[190:]), alone.predict(X[190:]), rtol=1e-4)


def generalised_least_squares(y, X, alpha):
    """Coefficients and their covariance, by that of a level with noise written out."""
    n = len(y)
    # y = 1 l + X c + L e: an error moves all later values by alpha.
    L = np.eye(n) + alpha * np.tril(np.ones((n, n)), -1)
    design = np.column_stack([np.ones(n), X])
    precision = np.linalg.inv(L @ L.T)
    information = design.T @ precision @ design
    solution = np.linalg.solve(information, design.T @ precision @ y)
    errors = solve_triangular(L, y - design @ solution, lower=True)
    sigma2 = errors @ errors / (n - design.shape[1] - 1)
    return solution[1:], sigma2 * np.linalg.inv(information)[1:, 1:]


def test_coefficients_and_errors_are_generalised_least_squares_with_the_covariance_written_out():
    X, y = regressors(80), walk(80)
    y += X @ [1.0, 2.0, -3.0]
    model = RegressionForecaster(SimpleExpSmoothingRNN()).fit(X, y)
    values, covariance = generalised_least_squares(y, X, model.forecaster_.alpha_)
    # The parameter is that of the second fit, which is near that of the first to 1e-6 or so.
    np.testing.assert_allclose(model.coef_, values, rtol=1e-5)
    np.testing.assert_allclose(model.bse_, np.sqrt(np.diag(covariance)), rtol=1e-5)
    fixed = RegressionForecaster(SimpleExpSmoothingRNN(alpha=0.3)).fit(X, y)
    values, covariance = generalised_least_squares(y, X, 0.3)
    np.testing.assert_allclose(fixed.coef_, values, rtol=1e-9)
    # The number of parameters counts one that is given as one that is learned, as sigma2_ does.
    np.testing.assert_allclose(fixed.bse_, np.sqrt(np.diag(covariance)), rtol=1e-9)
    # Ahead effects are off by coefficients times columns, counted from the median.
    ahead = regressors(5, seed=2)
    off = ahead - np.median(X, axis=0)
    variance = np.einsum("hp,pq,hq->h", off, covariance, off)
    alone = np.diff(fixed.forecaster_.predict_interval(5)).ravel()
    widths = np.diff(fixed.predict_interval(ahead)).ravel()
    sigma = alone / (2 * 1.959963984540054)
    expected = alone * np.sqrt(1 + variance / sigma**2)
    np.testing.assert_allclose(widths, expected, rtol=1e-9)
    paths = fixed.simulate(5, 20000, X=ahead, random_state=0)
    # Standard deviations of 20,000 draws are off by half a percent.
    np.testing.assert_allclose(paths.std(axis=1), expected / (2 * 1.96), rtol=0.03)


def test_they_are_those_of_a_regression_with_arima_errors():
    X, y = regressors(80), walk(80)
    y += X @ [1.0, 2.0, -3.0]
    model = RegressionForecaster(SimpleExpSmoothingRNN(alpha=0.3)).fit(X, y)
    # A level with noise is ARIMA(0, 1, 1). Coefficients are states of it, without a prior.
    peer = SARIMAX(y, exog=X, order=(0, 1, 1), mle_regression=False)
    variance = np.mean(model.residuals_**2) * 80 / 75  # 80 values less 3 + 1 + 1 parameters
    found = peer.smooth([0.3 - 1.0, variance])
    states = slice(-3, None)
    # Its diffuse states have a large variance, and no infinite one.
    np.testing.assert_allclose(model.coef_, found.smoothed_state[states, -1], rtol=1e-5)
    peer_errors = np.sqrt(np.diag(found.smoothed_state_cov[states, states, -1]))
    np.testing.assert_allclose(model.bse_, peer_errors, rtol=1e-4)


def test_two_standard_errors_hold_the_truth_in_about_95_of_100():
    rng = np.random.default_rng(3)
    frames, truth = [], rng.normal(0.0, 5.0, (40, 3))
    for i in range(40):
        X = (rng.random((120, 3)) < 0.15).astype(float)
        y = walk(120, seed=i, alpha=rng.uniform(0.05, 0.6)) + X @ truth[i]
        frame = pd.DataFrame(X, columns=list("abc")).assign(unique_id=i, y=y)
        frames.append(frame.assign(ds=np.arange(1, 121)))
    panel = PanelForecaster(RegressionForecaster(SimpleExpSmoothingRNN()))
    found = panel.fit(pd.concat(frames)).coef_
    held = np.abs(found["coef"] - truth.ravel()) <= 2.0 * found["bse"]
    # 120 of 95.4 percent have a standard deviation of 1.9 percent.
    assert 0.89 <= held.mean() <= 0.99


@pytest.mark.parametrize("unit", [1e-200, 1e-3, 1e200])
def test_coefficients_and_forecasts_are_in_the_units_of_the_series_and_of_columns(unit):
    X, y = regressors(), walk()
    y += X @ [1.0, 2.0, -3.0]
    first = RegressionForecaster(SimpleExpSmoothingRNN()).fit(X, y)
    second = RegressionForecaster(SimpleExpSmoothingRNN()).fit(X * 8.0, y * unit)
    np.testing.assert_allclose(second.coef_ * 8.0 / unit, first.coef_, rtol=1e-8)
    np.testing.assert_allclose(second.bse_ * 8.0 / unit, first.bse_, rtol=1e-8)
    bounds = second.predict_interval(X[:4] * 8.0) / unit
    np.testing.assert_allclose(bounds, first.predict_interval(X[:4]), rtol=1e-8)


@pytest.mark.parametrize("y", [np.full(200, 3.0), np.zeros(200), np.arange(200.0)])
def test_of_constants_and_lines_nothing_is_left_for_effects(y):
    model = RegressionForecaster(features=FEATURES).fit(pd.Series(y, DAYS))
    np.testing.assert_allclose(model.coef_, 0.0, atol=1e-10)
    ahead = y[-1] + np.arange(1, 4) * (y[-1] - y[-2])
    np.testing.assert_allclose(model.predict(3), ahead, atol=1e-9)


def test_what_nothing_is_known_of_is_said_and_is_0():
    y = daily()
    X = pd.DataFrame(regressors(), DAYS, columns=["a", "b", "c"])
    X["twice"], X["constant"] = 2.0 * X["a"] - X["b"], 7.0
    later = HolidayFeatures(FAIRS)
    steps = StepFeatures(["2024-01-01", ("2023-03-01", "2023-03-02")])
    y[["2023-03-01", "2023-03-02"]] = np.nan  # so that the second step is never seen
    message = "tells nothing of the effect of twice, constant, step 2024-01-01, 2023-03-01 to"
    with pytest.warns(UserWarning, match=message):
        model = RegressionForecaster(SimpleExpSmoothingRNN(), [later, steps]).fit(X, y)
    names = list(model.coef_names_)
    for name in ("twice", "constant", "step 2024-01-01", "2023-03-01 to 2023-03-02"):
        assert model.coef_[names.index(name)] == 0.0 and np.isnan(model.bse_[name])
    plain = RegressionForecaster(SimpleExpSmoothingRNN(), later).fit(X[["a", "b", "c"]], y)
    ahead = pd.DataFrame(np.ones((5, 5)), columns=X.columns)
    # The same least squares with columns that are nothing; the searches end alike.
    np.testing.assert_allclose(
        model.predict(ahead), plain.predict(ahead[["a", "b", "c"]]), rtol=1e-6
    )


def test_columns_of_one_name_are_told_apart():
    other = HolidayFeatures({"2023-02-04": "fair", "2023-04-01": "fair"})
    X = pd.DataFrame({"match": np.arange(200.0) % 5}, DAYS)
    model = RegressionForecaster(NaiveForecaster(), [HolidayFeatures(FAIRS), other])
    model.fit(X, daily())
    names = ["match", "fair", "match (2)", "fair (2)"]
    assert list(model.coef_names_) == list(model.effects_) == list(model.bse_.index) == names
    frame = X.assign(unique_id=0, ds=DAYS, y=daily())
    assert list(PanelForecaster(model).fit(frame).coef_["column"]) == names


def test_a_holiday_that_never_was_is_told_where_it_comes():
    y = daily()["2023-03-01":"2023-05-01"]
    model = RegressionForecaster(NaiveForecaster(), HolidayFeatures(FAIRS)).fit(y)
    assert list(model.coef_names_) == ["match"]
    with pytest.warns(UserWarning, match="fair did not occur at the fit"):
        forecast = model.predict(7)
    assert np.ptp(forecast) == 0.0


def test_more_columns_than_values_are_told():
    y, X = walk(12), regressors(12, 15)
    with pytest.warns(UserWarning, match="tells nothing of the effect|too few observed values"):
        model = RegressionForecaster(NaiveForecaster()).fit(X, y)
    assert np.isnan(model.bse_).all() and np.isfinite(model.predict(X[:3])).all()


# Ahead.


FORECASTERS = [
    None,
    NaiveForecaster(),
    ThetaForecaster(),
    EnsembleForecaster([("a", NaiveForecaster()), ("b", ThetaForecaster())], method="mean"),
    TransformedForecaster(SimpleExpSmoothingRNN(), "log"),
]


@pytest.mark.parametrize("forecaster", FORECASTERS, ids=lambda one: type(one).__name__)
def test_any_forecaster_forecasts_what_is_left_and_effects_are_added(forecaster):
    y = daily()
    model = RegressionForecaster(forecaster, FEATURES).fit(y)
    effect = model.effects_.sum(axis=1)
    inner = clone(forecaster or AutoExpSmoothingRNN())
    inner = inner.fit(y - effect)
    X = pd.concat([one.fit(DAYS).transform(100) for one in map(clone, FEATURES)], axis=1)
    ahead = (
        X @ model.coef_
        - np.median(pd.concat([clone(one).fit_transform(DAYS) for one in FEATURES], axis=1), axis=0)
        @ model.coef_
    )
    # Sums in another order.
    np.testing.assert_allclose(model.predict(100), inner.predict(100) + ahead, rtol=1e-10)
    assert model.predict(100).index.equals(X.index)
    found = [model.predict_quantiles(20, [0.1, 0.7]), model.predict_interval(20, 0.8)]
    alone = [inner.predict_quantiles(20, [0.1, 0.7]), inner.predict_interval(20, 0.8)]
    for whole, part in zip(found, alone, strict=True):
        # Wider, for coefficients are estimates; on both sides of the forecast by the same factor.
        above = whole.sub(model.predict(20), axis=0) / part.sub(inner.predict(20), axis=0)
        assert (above > 1.0).all(axis=None) and (above < 1.4).all(axis=None)
        np.testing.assert_allclose(above.iloc[:, 0], above.iloc[:, 1], rtol=1e-8)
    assert model.simulate(9, 4, random_state=0).shape == (9, 4)
    np.testing.assert_allclose(model.fitted_values_, inner.fitted_values_ + effect, rtol=1e-10)
    fair = model.predict(100)["2023-07-22"]
    assert fair > model.predict(100)["2023-07-29"] + 10.0  # the same weekday, and 20 more


def test_intervals_know_that_a_holiday_came_once():
    y = pd.Series(np.random.default_rng(0).normal(size=120), DAYS[:120])
    model = RegressionForecaster(
        SimpleExpSmoothingRNN(alpha=0.0),
        HolidayFeatures({"2023-02-04": "fair", "2023-05-03": "fair"}),
    )
    widths = np.diff(model.fit(y).predict_interval(5)).ravel()
    # The error of the effect is as large as that of a value. The level's is not looked at.
    np.testing.assert_allclose(widths[2] / widths[0], np.sqrt(2.0), rtol=0.01)
    np.testing.assert_allclose(widths[[1, 3, 4]], widths[0], rtol=1e-12)


def test_rows_are_asked_for_by_stamps_and_by_columns_where_there_are_some():
    y = daily()
    model = RegressionForecaster(ThetaForecaster(), FEATURES).fit(y)
    asked = pd.DatetimeIndex(["2023-07-22", "2023-02-04", "2023-07-20"])
    found = model.predict(asked)
    assert found.iloc[0] == model.predict(5)["2023-07-22"]
    assert found.iloc[1] == model.fitted_values_["2023-02-04"]
    promo = pd.DataFrame({"promo": np.arange(200) % 9 == 0}, DAYS)
    model.fit(promo, y + 5.0 * promo["promo"])
    assert list(model.coef_names_[:2]) == ["promo", "weekday=Tue"]
    assert abs(model.coef_[0] - 5.0) < 3.0 * model.bse_.iloc[0]
    with pytest.raises(ValueError, match="was fitted with 1 regressors: pass X"):
        model.predict(12)
    with_promo = model.predict(pd.DataFrame({"promo": [True] * 3}))
    without = model.predict(pd.DataFrame({"promo": [False] * 3}))
    np.testing.assert_allclose(with_promo - without, model.coef_[0], rtol=1e-10)
    with pytest.raises(
        ValueError, match="X must continue the series: at row 0 expected 2023-07-20"
    ):
        model.simulate(1, X=pd.DataFrame({"promo": [True]}, DAYS[:1]))


def test_where_a_column_starts_makes_no_difference():
    X = regressors()
    y = walk() + X @ [1.0, 2.0, -3.0]
    models = [
        RegressionForecaster(AutoExpSmoothingRNN(models=["MNN"])).fit(X + shift, y)
        for shift in (0.0, 100.0)
    ]
    first, second = (
        one.predict_interval(X[:5] + s) for one, s in zip(models, (0, 100), strict=True)
    )
    # Of 100 the columns lose two digits.
    np.testing.assert_allclose(first, second, rtol=1e-8)


def test_an_update_goes_on_net_of_effects():
    y = daily()
    model = RegressionForecaster(NaiveForecaster(), FEATURES).fit(y)
    ahead = model.predict(4)
    effect = ahead - (y - model.effects_.sum(axis=1)).iloc[-1]  # of the next days
    new = pd.Series([70.0, 75.0, 100.0], ahead.index[:3])
    model.update(new)
    expected = 100.0 - effect.iloc[2] + effect.iloc[3]
    np.testing.assert_allclose(model.predict(1), expected, rtol=1e-12)
    assert model.predict(1).index[0] == ahead.index[3]
    again = RegressionForecaster(NaiveForecaster(), FEATURES).fit(y)
    for stamp, value in new.items():
        again.update(pd.Series([value], [stamp]))
    np.testing.assert_allclose(again.predict(3), model.predict(3), rtol=1e-12)


def test_effects_are_columns_times_coefficients_of_each_series():
    table = pd.DataFrame({"a": daily(0), "b": daily(1, effects=False)})
    model = RegressionForecaster(SimpleExpSmoothingRNN(), FEATURES).fit(table)
    one = RegressionForecaster(SimpleExpSmoothingRNN(), FEATURES).fit(table["b"])
    assert model.coef_.shape == model.bse_.shape == (2, len(one.coef_))
    # A search of two series works in chunks of another size than of one.
    pd.testing.assert_frame_equal(model.effects_["b"], one.effects_, check_freq=False, rtol=1e-6)
    columns = pd.concat([clone(f).fit_transform(DAYS) for f in FEATURES], axis=1)
    expected = (columns - columns.median()) * one.coef_
    np.testing.assert_allclose(one.effects_, expected, atol=1e-12)
    assert not one.effects_["match"].drop(pd.Timestamp("2023-03-11")).any()
    plain = RegressionForecaster(SimpleExpSmoothingRNN()).fit(regressors(), walk())
    assert plain.effects_.shape == (200, 3) and list(plain.coef_names_) == ["x0", "x1", "x2"]
    several = RegressionForecaster(SimpleExpSmoothingRNN()).fit(regressors(), table.to_numpy())
    assert several.effects_.shape == (200, 3, 2)


def test_on_a_logarithmic_scale_effects_multiply():
    y = np.exp(daily() / 20.0)
    found = TransformedForecaster(RegressionForecaster(ThetaForecaster(), FEATURES), "log").fit(y)
    logs = RegressionForecaster(ThetaForecaster(), FEATURES).fit(np.log(y))
    np.testing.assert_allclose(found.predict(9), np.exp(logs.predict(9)), rtol=1e-12)
    assert list(found.forecaster_.coef_names_) == list(logs.coef_names_)
    found.update(y.iloc[:1].set_axis(found.predict(1).index))
    logs.update(np.log(y.iloc[:1]).set_axis(logs.predict(1).index))
    np.testing.assert_allclose(found.predict(9), np.exp(logs.predict(9)), rtol=1e-12)


def test_without_features_and_regressors_it_is_the_forecaster():
    y = daily()
    model = RegressionForecaster(ThetaForecaster()).fit(y)
    pd.testing.assert_series_equal(model.predict(9), ThetaForecaster().fit(y).predict(9))
    assert model.effects_.shape == (200, 0) and model.smoother_ == ""
    assert "Theta" in str(model.summary())


def test_effects_that_leave_the_domain_of_the_forecaster_are_told_as_the_reason():
    y = pd.Series((np.arange(200) % 5 == 0) * 3.0, DAYS)
    y["2023-02-04"] += 30.0  # and nothing was asked for at the next fair
    model = RegressionForecaster(CrostonForecaster(), HolidayFeatures(FAIRS))
    with pytest.raises(ValueError, match="net of effects .* demand is 0 or more"):
        model.fit(y)


# Panels.


def frame_of_series():
    parts = []
    for i in range(3):
        y = daily(i)[DAYS[7 * i] :]
        parts.append(pd.DataFrame({"unique_id": f"s{i}", "ds": y.index, "y": y.to_numpy()}))
    return pd.concat(parts, ignore_index=True)


def test_a_series_of_a_panel_is_as_it_is_alone():
    frame = frame_of_series()
    frame.loc[frame.index[20:23], "y"] = np.nan
    model = RegressionForecaster(ThetaForecaster(), FEATURES)
    panel = PanelForecaster(model, alias="m").fit(frame)
    more = panel.predict(2).rename(columns={"m": "y"})
    for i in range(3):
        part = frame[frame["unique_id"] == f"s{i}"]
        alone = clone(model).fit(part.set_index("ds")["y"])
        found = panel.predict(30, level=80).query(f"unique_id == 's{i}'")
        # Searches of a chunk of series add up in the same order.
        np.testing.assert_allclose(found["m"], alone.predict(30), rtol=1e-10)
        bounds = alone.predict_interval(30, level=0.8)
        np.testing.assert_allclose(found[["m-lo-80", "m-hi-80"]], bounds, rtol=1e-8)
        own = panel.coef_.query(f"unique_id == 's{i}'")
        assert list(own["column"]) == list(alone.coef_names_)
        np.testing.assert_allclose(own[["coef", "bse"]].T, [alone.coef_, alone.bse_], rtol=1e-8)
    before = panel.predict(5)
    panel.update(more[more["unique_id"] != "s2"])
    after = panel.predict(3)
    third = after.query("unique_id == 's2'")["m"]
    np.testing.assert_array_equal(third, before.query("unique_id == 's2'")["m"].iloc[:3])
    alone = clone(model).fit(frame.query("unique_id == 's1'").set_index("ds")["y"])
    alone.update(more.query("unique_id == 's1'").set_index("ds")["y"])
    np.testing.assert_allclose(after.query("unique_id == 's1'")["m"], alone.predict(3), rtol=1e-10)


def test_panels_are_backtested_with_the_features_of_each_stamp():
    frame = frame_of_series()
    model = RegressionForecaster(NaiveForecaster(), HolidayFeatures(FAIRS))
    found = PanelForecaster(model, alias="m").cross_validation(frame, h=5, n_windows=2)
    own = frame.query("unique_id == 's1'").set_index("ds")["y"]
    alone = backtest(model, own, horizon=5, n_windows=2)
    np.testing.assert_allclose(found.query("unique_id == 's1'")["m"], alone["forecast"], rtol=1e-10)
    panel = PanelForecaster(model, conformal_windows=2).fit(frame)
    total = panel.predict(9, level=80, total=True).query("unique_id == 's1'")
    alone = clone(model).fit(own)
    bounds = alone.predict_interval(9, level=0.8, total=True)
    np.testing.assert_allclose(total.iloc[0, 3:].astype(float), bounds.iloc[0], rtol=1e-10)
    bounds = panel.predict(2, level=50, method="conformal").iloc[:, 3:]
    assert np.isfinite(bounds.to_numpy()).all()
    with pytest.raises(AttributeError, match="is no regression"):
        PanelForecaster(NaiveForecaster()).fit(frame).coef_  # noqa: B018 - to look is what fails
    with pytest.raises(ValueError, match="freq='rows' takes rows for steps"):
        PanelForecaster(model, freq="rows").fit(frame)


def test_a_panel_has_the_steps_of_each_series_or_refuses_them():
    christmas = HolidayFeatures({f"{year}-12-25": "Christmas" for year in range(2010, 2030)})
    model = RegressionForecaster(SimpleExpSmoothingRNN(alpha=0.3), christmas)

    def frame_of(freqs):
        indexes = [pd.date_range("2018-01-01", periods=60, freq=freq) for freq in freqs]
        return pd.concat(
            pd.DataFrame({"unique_id": freq, "ds": index, "y": walk(60, seed=i)})
            for i, (freq, index) in enumerate(zip(freqs, indexes, strict=True))
        )

    for freqs in (["MS", "ME"], ["QE-JAN", "QE-FEB"]):
        frame = frame_of(freqs)
        found = PanelForecaster(model).fit(frame).coef_["coef"]
        for freq, coefficient in zip(sorted(freqs), found, strict=True):
            alone = clone(model).fit(frame[frame["unique_id"] == freq].set_index("ds")["y"])
            np.testing.assert_allclose(coefficient, alone.coef_, rtol=1e-8)
    message = "'W-SUN' has steps of 'W-SUN', but 'W-MON' of 'W-MON': fit them apart"
    with pytest.raises(ValueError, match=message):
        PanelForecaster(model).fit(frame_of(["W-MON", "W-SUN"]))
    with pytest.raises(ValueError, match="fit them apart"):
        christmas.fit(frame_of(["MS", "D"]))
    # One row has no steps of its own.
    frame = pd.concat([frame_of(["MS"]).head(1).assign(unique_id="first"), frame_of(["ME"])])
    assert christmas.fit_transform(frame)["Christmas"].sum() == 5.0


def test_steps_that_are_put_into_a_panel_have_their_features():
    frame = frame_of_series()
    gaps = frame.drop(frame.query("unique_id == 's1'").index[[30, 31, 60]])
    model = RegressionForecaster(NaiveForecaster(), FEATURES)
    panel = PanelForecaster(model, alias="m", fill="missing").fit(gaps)
    whole = frame.query("unique_id == 's1'").set_index("ds")["y"]
    whole.iloc[[30, 31, 60]] = np.nan
    alone = clone(model).fit(whole)
    rows = pd.DataFrame({"unique_id": "s1", "ds": alone.predict(9).index[[2, 8]]})
    found = panel.predict(rows, level=80)
    np.testing.assert_allclose(found["m"], alone.predict(9).iloc[[2, 8]], rtol=1e-10)
    bounds = alone.predict_interval(9, level=0.8).iloc[[2, 8]]
    np.testing.assert_allclose(found[["m-lo-80", "m-hi-80"]], bounds, rtol=1e-8)
    later = alone.predict(3).index[[0, 2]]
    panel.update(pd.DataFrame({"unique_id": "s1", "ds": later, "y": [55.0, 60.0]}))
    alone.update([55.0, np.nan, 60.0])
    found = panel.predict(4).query("unique_id == 's1'")["m"]
    np.testing.assert_allclose(found, alone.predict(4), rtol=1e-10)


def test_coefficients_of_a_panel_on_a_scale_are_those_of_each_series_there():
    frame = frame_of_series().assign(y=lambda one: np.exp(one["y"] / 20.0))
    frame.loc[frame["unique_id"] == "s1", "y"] *= -1.0
    model = TransformedForecaster(RegressionForecaster(NaiveForecaster(), FEATURES), "log")
    with pytest.warns(UserWarning, match="1 of 3 series failed"):
        panel = PanelForecaster(model).fit(frame)
    found = panel.coef_
    assert list(found["unique_id"].unique()) == ["s0", "s2"]
    alone = clone(model).fit(frame.query("unique_id == 's2'").set_index("ds")["y"])
    own = found.query("unique_id == 's2'")
    np.testing.assert_allclose(own["coef"], alone.forecaster_.coef_, rtol=1e-8)
    assert list(own["column"]) == list(alone.forecaster_.coef_names_)


# Around it.


@pytest.mark.parametrize(
    ("arguments", "y", "error", "message"),
    [
        ({"features": "month"}, daily(), InvalidParameterError, "features must be features of"),
        ({"features": [FEATURES]}, daily(), InvalidParameterError, "features must be features of"),
        ({"forecaster": "theta"}, daily(), InvalidParameterError, "forecaster must be a"),
        ({"features": FEATURES}, walk(), TypeError, "CalendarFeatures needs dates or periods"),
        ({"features": CalendarFeatures("moon")}, daily(), InvalidParameterError, "parts must be"),
    ],
)
def test_wrong_arguments_are_told_and_leave_the_fit_as_it_was(arguments, y, error, message):
    model = RegressionForecaster(NaiveForecaster()).fit(walk())
    before = dict(vars(model))
    with pytest.raises(error, match=message):
        model.set_params(**arguments).fit(y)
    assert vars(model).keys() == before.keys() and model.coef_ is before["coef_"]


def test_features_within_a_combination_are_refused():
    model = RegressionForecaster(NaiveForecaster(), FEATURES)
    combination = EnsembleForecaster([("a", model), ("b", NaiveForecaster())])
    with pytest.raises(InvalidParameterError, match="put RegressionForecaster around it"):
        combination.fit(daily())


def test_the_summary_and_the_picture_have_the_coefficients_and_effects():
    model = RegressionForecaster(ThetaForecaster(), FEATURES).fit(daily())
    text = str(model.summary())
    position = list(model.coef_names_).index("fair")
    assert f"{model.coef_[position]:.4f}" in text and f"{model.bse_.iloc[position]:.3g}" in text
    display = ComponentsDisplay.from_estimator(model)
    groups = ["weekday", "holidays", "waves of 30.5"]
    assert list(display.lines_) == ["data", "fitted", *groups, "residuals"]
    drawn = display.lines_["holidays"].get_ydata()
    np.testing.assert_allclose(drawn, model.effects_[["fair", "match"]].sum(axis=1))
    net = daily() - model.effects_.sum(axis=1)
    np.testing.assert_allclose(display.lines_["data"].get_ydata(), net, rtol=1e-12)
    table = pd.DataFrame({"level": daily(0), "b": daily(1)}).to_numpy()
    model = RegressionForecaster(SimpleExpSmoothingRNN()).fit(regressors(p=2), table)
    display = ComponentsDisplay.from_estimator(model, series=1)
    np.testing.assert_allclose(display.lines_["x1"].get_ydata(), model.effects_[:, 1, 1])
    assert list(display.lines_) == ["data", "level", "x0", "x1", "residuals"]
    plt.close("all")
