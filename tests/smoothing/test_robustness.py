"""Smoothers on series that break careless ones: outliers, zeros, two values, long beside short."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from tsrnn import (
    AutoExpSmoothingRNN,
    DoubleExpSmoothingRNN,
    PanelForecaster,
    SimpleExpSmoothingRNN,
    TripleExpSmoothingRNN,
)


def long_frame(series):
    return pd.concat(
        pd.DataFrame({"unique_id": f"{i:04d}", "ds": np.arange(1, len(y) + 1), "y": y})
        for i, y in enumerate(series)
    )


def panel_forecasts(model, series, h=3):
    panel = PanelForecaster(model, alias="model").fit(long_frame(series))
    return panel.predict(h)["model"].to_numpy().reshape(-1, h)


# A panel gives each series what it gives alone.


@pytest.mark.parametrize("prior", [None, "cautious"])
@pytest.mark.parametrize("model", [SimpleExpSmoothingRNN, DoubleExpSmoothingRNN])
def test_a_long_series_in_a_panel_changes_no_other_and_is_itself(model, prior):
    """Series above some length are searched by another method."""
    rng = np.random.default_rng(0)
    short = [50.0 + rng.normal(size=n).cumsum() for n in (40, 41, 60, 12)]
    long = [50.0 + rng.normal(size=n).cumsum() for n in (4200, 4097, 4096)]
    together = panel_forecasts(model(prior=prior), short[:2] + long[:2] + short[2:] + long[2:])
    order = short[:2] + long[:2] + short[2:] + long[2:]
    for y, forecast in zip(order, together, strict=True):
        alone = panel_forecasts(model(prior=prior), [y])[0]
        np.testing.assert_array_equal(forecast, alone)
        np.testing.assert_array_equal(model(prior=prior).fit(y).predict(3), alone)


@pytest.mark.parametrize("solver", ["L-BFGS-B", "SLSQP", "TNC", "Powell", "Nelder-Mead"])
def test_with_a_prior_every_method_finds_the_same_optimum(solver):
    """Of two minima the prior prefers the one that the squared error alone does not."""
    y = [10, 9, 6, 2, -2, -5, -7, -9, -10, -12, -18, -23]
    compiled = DoubleExpSmoothingRNN(prior="cautious").fit(y)
    assert compiled.alpha_ == pytest.approx(1.0, abs=1e-6)
    model = DoubleExpSmoothingRNN(prior="cautious", solver=solver).fit(y)
    # Optimisers without derivatives stop at 1e-4 or so of a parameter.
    np.testing.assert_allclose(model.predict(3), compiled.predict(3), atol=0.01)


# Multiplicative errors, where they make no sense.


def with_outlier(seed, factor=10.0):
    rng = np.random.default_rng(seed)
    y = 100.0 + 5.0 * rng.normal(size=36)
    y[rng.integers(36)] *= factor
    return y


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("factor", [10.0, 100.0, 0.001])
def test_one_outlier_makes_no_automatic_forecast_absurd(seed, factor):
    y = with_outlier(seed, factor)
    model = AutoExpSmoothingRNN().fit(y)
    forecast, interval = model.predict(12), model.predict_interval(12)
    assert (np.abs(forecast - np.median(y)) <= np.ptp(y)).all()
    assert (np.abs(interval) < 10.0 * np.abs(y).max()).all()


@pytest.mark.parametrize(
    "y",
    [
        [*[100.0, 103, 98, 101, 99, 102, 100, 97, 103, 101, 98, 100] * 2, 10_000.0],
        [20.0, 25.0] * 6 + [200.0],
        [1.0] * 10 + [1e6] + [2.0] * 10,
    ],
    ids=["at the end", "after a pattern", "a million"],
)
def test_forecasts_after_an_outlier_stay_within_the_data(y):
    model = AutoExpSmoothingRNN().fit(y)
    assert model.model_[0] == "A"
    assert min(y) <= model.predict(1)[0] <= max(y)
    assert model.selection_.loc["MNN", "reason"].startswith("errors are")


@pytest.mark.parametrize("period", [4, 7, 12])
@pytest.mark.parametrize("place", [0, 30], ids=["first", "middle"])
@pytest.mark.parametrize("factor", [12.0, 30.0])
def test_one_outlier_is_no_season(period, place, factor):
    """What came once is not forecast once a season, which relative errors hardly punish."""
    y = 100.0 + 5.0 * np.random.default_rng(period).normal(size=10 * period)
    y[place] *= factor
    model = AutoExpSmoothingRNN(period=period).fit(y)
    forecast = model.predict(2 * period)
    assert model.model_[0] == "A"
    assert np.ptp(forecast) < 1.0 and abs(forecast[0] - np.median(y)) < 0.1 * np.ptp(y)
    reasons = model.selection_["reason"][model.selection_["error"] == "mul"]
    assert reasons.str.contains("times the").all()


@pytest.mark.parametrize(
    "models", [["MNN"], ["MAN", "MAdN"], ["MNN", "MNA", "MAM", "MNM"]], ids=repr
)
def test_a_user_is_told_where_none_of_the_models_asked_for_will_do(models):
    y = np.exp(2.0 * np.random.default_rng(0).normal(size=80))
    forecaster = AutoExpSmoothingRNN(period=4, models=models)
    with pytest.warns(UserWarning, match=r"series 0 is fitted by ANN, for none .*\(M\w+: "):
        model = forecaster.fit(y)
    assert model.model_ == "ANN"
    with pytest.warns(UserWarning, match="is fitted by ANN, for none"):
        panel = PanelForecaster(forecaster).fit(long_frame([y, y]))
    assert list(panel.notes_["unique_id"]) == ["0000", "0001"]


@pytest.mark.parametrize("size", [1e3, 1e6])
@pytest.mark.parametrize("place", [0, 25, -1])
@pytest.mark.parametrize(
    "model",
    [
        DoubleExpSmoothingRNN(error="mul", damped=True),
        DoubleExpSmoothingRNN(error="mul"),
        TripleExpSmoothingRNN(period=4, seasonal="mul"),
        TripleExpSmoothingRNN(period=4, seasonal="mul", error="mul", damped=True),
    ],
    ids=repr,
)
def test_positive_models_of_a_huge_value_have_a_fit(model, place, size):
    y = 20.0 + np.random.default_rng(3).normal(size=50)
    y[place] = size
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of errors beyond reason, which they are
        assert np.isfinite(model.fit(y).predict(3)).all()


@pytest.mark.parametrize("model", [SimpleExpSmoothingRNN(error="mul", alpha=0.9)], ids=repr)
@pytest.mark.parametrize("later", [[-100.0, 500.0, 50.0], [0.0, -300.0, 50.0, 60.0]])
def test_an_update_is_refused_at_once_and_in_pieces_alike(model, later):
    y = 50.0 + np.random.default_rng(0).normal(size=40)
    with pytest.raises(ValueError, match="a prediction would not be"):
        clone(model).fit(y).update(later)
    one_by_one = clone(model).fit(y)
    with pytest.raises(ValueError, match="a prediction would not be"):
        for value in later:
            one_by_one.update([value])
    panel = PanelForecaster(clone(model)).fit(long_frame([y, y]))
    rows = pd.DataFrame({"unique_id": "0000", "ds": np.arange(len(later)) + 41, "y": later})
    with pytest.raises(ValueError, match="all 1 series failed; .* a prediction would not be"):
        panel.update(rows)
    good = pd.DataFrame({"unique_id": "0001", "ds": [41], "y": 50.0})
    with pytest.warns(UserWarning, match="1 of 2 series failed"):
        panel.update(pd.concat([rows, good]))
    assert list(panel.failures_["unique_id"]) == ["0000"]


def test_a_user_who_asks_for_multiplicative_errors_is_told_where_they_are_beyond_reason():
    y = [20.0, 25.0] * 6 + [200.0]
    with pytest.warns(UserWarning, match="beyond what multiplicative errors can mean"):
        SimpleExpSmoothingRNN(error="mul").fit(y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        SimpleExpSmoothingRNN(error="mul").fit([20.0, 25.0] * 6)


def growing(seed=4, n=40):
    noise = np.random.default_rng(seed).normal(size=n)
    return 20.0 * np.exp(0.04 * np.arange(n)) * (1.0 + 0.05 * noise)


def test_a_zero_after_the_fit_breaks_nothing_that_was_chosen():
    y = growing()
    model = AutoExpSmoothingRNN().fit(y)
    assert model.model_[0] == "M"
    assert (model.update([0.0]).predict(3) > 0.0).all()
    panel = PanelForecaster(AutoExpSmoothingRNN(), alias="model").fit(long_frame([y]))
    stamp = {"unique_id": ["0000"], "ds": [len(y) + 1], "y": [0.0]}
    panel.update(pd.DataFrame(stamp))
    assert panel.failures_.empty
    np.testing.assert_array_equal(panel.predict(3)["model"], model.predict(3))


@pytest.mark.parametrize("y", [[2.0, 2, 1, 2, 1, 2, 0, 0, 0], [5.0, 6, 5, 7, 6, 5, 0, 4, 5, 0]])
@pytest.mark.filterwarnings("ignore:.*conformal:UserWarning")
def test_conformal_intervals_stand_zeros_in_the_second_half(y):
    model = AutoExpSmoothingRNN().fit(y)
    assert np.isfinite(model.predict_interval(1, 0.5, method="conformal")).all()


def test_cross_validation_without_refitting_keeps_series_with_zeros():
    y = growing()
    y[-2:] = 0.0
    panel = PanelForecaster(AutoExpSmoothingRNN(), alias="model")
    past = panel.cross_validation(long_frame([y]), h=1, n_windows=4, refit=False)
    assert len(past) == 4
    assert panel.cross_validation_failures_.empty


# Two values or more fit what they can, without a word of numpy's.


@pytest.mark.parametrize("y", [[1.0, 100.0], [5.0, 1, 1, 1], [3.0, 1e-9], [1e6, 1.0, 1.0]], ids=str)
@pytest.mark.parametrize(
    "model",
    [
        DoubleExpSmoothingRNN(error="mul"),
        DoubleExpSmoothingRNN(error="mul", damped=True),
        TripleExpSmoothingRNN(error="mul", damped=True, period=2),
        TripleExpSmoothingRNN(seasonal="mul", period=2),
        TripleExpSmoothingRNN(error="mul", seasonal="mul", trend=None, period=2),
    ],
    ids=repr,
)
@pytest.mark.filterwarnings("ignore:series 0:UserWarning")
def test_positive_series_of_two_values_or_more_are_fitted(y, model):
    assert np.isfinite(model.fit(y).predict(3)).all()


@pytest.mark.parametrize(
    "y", [[3.0] * 4, [3.0] * 5, [0.0] * 6, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]], ids=str
)
@pytest.mark.parametrize("model", [SimpleExpSmoothingRNN(), DoubleExpSmoothingRNN()], ids=repr)
@pytest.mark.filterwarnings("ignore:series 0 has . observed values:UserWarning")
def test_exact_fits_divide_by_nothing(y, model):
    """Warnings are errors in these tests."""
    assert not np.isnan(model.fit(y).aicc_)
