"""Forecasters as estimators: in scikit-learn's tools, copied, cloned, and after a failure."""

import copy
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import NotFittedError
from sklearn.metrics import r2_score
from sklearn.model_selection import (
    GridSearchCV,
    TimeSeriesSplit,
    cross_val_predict,
    cross_val_score,
    cross_validate,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from tsrnn import DoubleExpSmoothingRNN, SimpleExpSmoothingRNN, TripleExpSmoothingRNN
from tsrnn.datasets import load_co2

CO2 = load_co2(adjusted=True)[-120:]
VALUES = CO2.to_numpy()
ROWS = pd.DataFrame(index=CO2.index)
AFTER = pd.date_range("2002-01", periods=4, freq="MS", name="month")
FOLDS = TimeSeriesSplit(5, test_size=12)


@pytest.fixture(
    params=[
        DoubleExpSmoothingRNN(),
        TripleExpSmoothingRNN(),
        TripleExpSmoothingRNN(seasonal="mul", trend=None, error="mul", period=6),
        SimpleExpSmoothingRNN(error="mul"),
    ],
    ids=repr,
)
def model(request):
    return clone(request.param).fit(CO2)


def state_of(estimator):
    """Everything an estimator holds, to compare with later."""
    return pickle.dumps(vars(estimator))


def scores_by_hand(y, folds, **parameters):
    """Scores of forecasts from the end of the training part over any gap, by plain arrays."""
    scores = []
    for train, test in folds.split(y):
        model = DoubleExpSmoothingRNN(**parameters).fit(np.asarray(y)[train])
        forecast = model.predict(test[-1] - train[-1])[-len(test) :]
        scores.append(r2_score(np.asarray(y)[test], forecast))
    return scores


# In scikit-learn's tools.


@pytest.mark.parametrize("gap", [0, 3])
@pytest.mark.parametrize(
    "y",
    [CO2, CO2.reset_index(drop=True), CO2.set_axis(range(1, 121))],
    ids=["dates", "rows from 0", "rows from 1"],
)
def test_cross_validation_forecasts_each_fold_even_over_a_gap(y, gap):
    folds = TimeSeriesSplit(5, test_size=12, gap=gap)
    scores = cross_val_score(DoubleExpSmoothingRNN(), pd.DataFrame(index=y.index), y, cv=folds)
    # Series on the way there differ by nothing, and arrays by nothing but their type.
    np.testing.assert_allclose(scores, scores_by_hand(y, folds), rtol=1e-12)


def test_cross_validation_takes_missing_values_arrays_and_processes():
    missing = CO2.copy()
    missing.iloc[[5, 70, 110]] = np.nan
    assert np.isfinite(cross_val_score(DoubleExpSmoothingRNN(), ROWS, missing, cv=FOLDS)).all()
    expected = cross_val_score(DoubleExpSmoothingRNN(), ROWS, CO2, cv=FOLDS)
    arrays = cross_val_score(DoubleExpSmoothingRNN(), ROWS, VALUES, cv=FOLDS)
    np.testing.assert_allclose(arrays, expected, rtol=1e-12)
    result = cross_validate(
        DoubleExpSmoothingRNN(),
        ROWS,
        CO2,
        cv=FOLDS,
        n_jobs=2,
        return_estimator=True,
        return_train_score=True,
        scoring="r2",
    )
    np.testing.assert_allclose(result["test_score"], expected, rtol=1e-12)
    # One-step-ahead predictions of a smooth series are close.
    assert result["train_score"].min() > 0.9
    assert all(len(other.predict(3)) == 3 for other in result["estimator"])


def test_folds_that_do_not_follow_in_time_are_an_error():
    with pytest.raises(ValueError, match="before the start|irregular"):
        cross_val_predict(DoubleExpSmoothingRNN(), ROWS, CO2, cv=3)
    numbered = CO2.reset_index(drop=True)
    with pytest.raises(ValueError, match="is not 0, 1, 2 and so on|before the start|irregular"):
        cross_val_predict(DoubleExpSmoothingRNN(), pd.DataFrame(index=numbered.index), numbered)


def test_a_grid_search_over_damping_finds_the_better_score():
    search = GridSearchCV(DoubleExpSmoothingRNN(), {"damped": [False, True]}, cv=FOLDS)
    search.fit(ROWS, CO2)
    means = [np.mean(scores_by_hand(CO2, FOLDS, damped=damped)) for damped in (False, True)]
    np.testing.assert_allclose(search.cv_results_["mean_test_score"], means, rtol=1e-10)
    assert search.best_params_ == {"damped": bool(np.argmax(means))}
    best = DoubleExpSmoothingRNN(**search.best_params_).fit(CO2)
    pd.testing.assert_series_equal(search.predict(3), best.predict(3))
    assert search.predict(pd.DataFrame(index=AFTER)).index.equals(AFTER)


def test_a_transformed_target_is_fitted_and_forecast_as_transformed_by_hand():
    model = TransformedTargetRegressor(
        DoubleExpSmoothingRNN(), func=np.log, inverse_func=np.exp
    ).fit(ROWS, CO2)
    expected = np.exp(DoubleExpSmoothingRNN().fit(np.log(CO2)).predict(4))
    np.testing.assert_allclose(model.predict(pd.DataFrame(index=AFTER)), expected, rtol=1e-13)
    np.testing.assert_allclose(model.predict(4), expected, rtol=1e-13)
    two = pd.DataFrame({"a": CO2, "b": 2.0 * CO2})
    both = TransformedTargetRegressor(
        DoubleExpSmoothingRNN(), func=np.log, inverse_func=np.exp
    ).fit(ROWS, two)
    np.testing.assert_allclose(both.predict(4)[:, 1], 2.0 * expected, rtol=1e-6)
    scaled = TransformedTargetRegressor(DoubleExpSmoothingRNN(), transformer=StandardScaler())
    forecast = scaled.fit(ROWS, CO2).predict(4)
    # The series in another unit, and so its minimum found within the search's tolerance.
    np.testing.assert_allclose(forecast, DoubleExpSmoothingRNN().fit(CO2).predict(4), rtol=1e-8)


@pytest.mark.parametrize(
    "steps", [[], [("nothing", "passthrough")], [("same", FunctionTransformer())]]
)
def test_in_a_pipeline_a_forecaster_forecasts_the_same(steps):
    pipeline = Pipeline([*steps, ("model", DoubleExpSmoothingRNN())]).fit(ROWS, CO2)
    expected = DoubleExpSmoothingRNN().fit(CO2)
    pd.testing.assert_series_equal(pipeline.predict(4), expected.predict(4))
    assert pipeline.score(ROWS, CO2) == pytest.approx(expected.score(ROWS, CO2), rel=1e-13)
    search = GridSearchCV(pipeline, {"model__alpha": [0.2, 0.8]}, cv=FOLDS).fit(ROWS, CO2)
    assert search.best_estimator_["model"].alpha_ in (0.2, 0.8)


def test_the_transformers_of_a_pipeline_need_columns():
    # scikit-learn's own refusal: there is nothing to scale.
    with pytest.raises(ValueError):
        make_pipeline(StandardScaler(), DoubleExpSmoothingRNN()).fit(ROWS, CO2)


def test_in_threads_fits_are_the_same_as_one_after_the_other():
    series = [np.random.default_rng(seed).normal(size=100).cumsum() for seed in range(8)]
    together = threading.Barrier(8)

    def forecast(y):
        together.wait()
        return DoubleExpSmoothingRNN(damped=True).fit(y).predict(3)

    with ThreadPoolExecutor(8) as pool:
        forecasts = list(pool.map(forecast, series))
    for y, found in zip(series, forecasts, strict=True):
        expected = DoubleExpSmoothingRNN(damped=True).fit(y).predict(3)
        np.testing.assert_array_equal(found, expected)


# Copied, cloned, fitted again.


def test_before_fit_every_method_says_that_fit_comes_first():
    model = DoubleExpSmoothingRNN()
    for name, arguments in {
        "predict": (3,),
        "predict_interval": (3,),
        "predict_quantiles": (3, 0.5),
        "simulate": (3,),
        "update": (1.0,),
        "score": (3, [1.0, 2.0, 3.0]),
        "summary": (),
        "to_rnn": (),
    }.items():
        with pytest.raises(NotFittedError):
            getattr(model, name)(*arguments)


def test_copies_predict_the_same_and_go_their_own_way(model):
    expected = model.predict_interval(4)
    for other in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model), copy.copy(model)):
        pd.testing.assert_frame_equal(other.predict_interval(4), expected)
        other.update([1.0, 2.0])
        pd.testing.assert_frame_equal(model.predict_interval(4), expected)
        assert other.predict(1).index[0] == AFTER[2]


def test_a_clone_has_the_parameters_and_no_fit():
    model = DoubleExpSmoothingRNN(alpha=0.3, damped=True, initial_state=(1.0, 2.0)).fit(CO2)
    other = clone(model)
    assert other.get_params() == model.get_params()
    assert not [name for name in vars(other) if name.endswith("_")]
    np.testing.assert_array_equal(other.fit(CO2).predict(3), model.predict(3))


class Renamed(SimpleExpSmoothingRNN):
    def __init__(self, *, alpha=None, label="none"):
        super().__init__(alpha=alpha)
        self.label = label


def test_a_subclass_with_a_parameter_of_its_own_is_cloned_and_fitted():
    other = clone(Renamed(alpha=0.5, label="mine")).fit(CO2)
    assert other.get_params() == {"alpha": 0.5, "label": "mine"}
    expected = SimpleExpSmoothingRNN(alpha=0.5).fit(CO2).predict(3)
    pd.testing.assert_series_equal(other.predict(3), expected)


def test_the_repr_shows_what_differs_from_the_defaults():
    assert repr(DoubleExpSmoothingRNN()) == "DoubleExpSmoothingRNN()"
    model = DoubleExpSmoothingRNN(alpha=0.3, damped=True)
    assert repr(model) == "DoubleExpSmoothingRNN(alpha=0.3, damped=True)"


def test_fit_stores_arguments_as_given_and_returns_self():
    start = [np.float64(1.0), 2]
    model = DoubleExpSmoothingRNN(initial_state=start, max_iter=np.int64(50))
    assert model.fit(CO2) is model
    assert model.initial_state is start
    assert model.set_params(alpha=0.25).fit(CO2).alpha_ == 0.25


def test_a_second_fit_forgets_the_first(model):
    fresh = clone(model).fit(VALUES[:30])
    model.update([1.0]).fit(VALUES[:30])
    assert vars(model).keys() == vars(fresh).keys()
    np.testing.assert_array_equal(model.predict_interval(4), fresh.predict_interval(4))


def test_fit_leaves_the_series_and_numpys_settings_alone():
    y = VALUES.copy()
    y.flags.writeable = False
    # The old global generator is looked at here precisely because nothing of ours may use it.
    before = np.geterr(), np.random.get_state()[1].copy()  # noqa: NPY002
    DoubleExpSmoothingRNN(loss="huber").fit(y).predict_interval(3)
    assert np.geterr() == before[0]
    # As above.
    np.testing.assert_array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002


@pytest.mark.parametrize(
    "fail",
    [
        lambda model: model.fit([1.0]),
        lambda model: model.fit([1.0, np.inf, 2.0]),
        lambda model: model.fit(["a", "b"]),
        lambda model: model.fit(np.zeros((3, 2)), VALUES),
        lambda model: model.set_params(alpha=2.0).fit(VALUES),
        lambda model: model.set_params(initial_state="best").fit(VALUES),
        lambda model: model.update([1.0, np.inf]),
        lambda model: model.update([[1.0, 2.0]]),
        lambda model: model.update("a"),
        lambda model: model.update([1.0], X=np.zeros((1, 1))),
        lambda model: model.predict(0),
        lambda model: model.score(3, [1.0]),
    ],
)
def test_what_fails_leaves_the_estimator_as_it_was(model, fail):
    model.update([371.0])
    kept = {name: pickle.dumps(value) for name, value in vars(model).items()}
    with pytest.raises((ValueError, TypeError)):
        fail(model)
    for name in ("alpha", "initial_state"):  # set_params is no part of the failure
        kept.pop(name)
    assert {name: pickle.dumps(vars(model)[name]) for name in kept} == kept
    assert vars(model).keys() == kept.keys() | {"alpha", "initial_state"}


@pytest.mark.filterwarnings("error")
def test_a_warning_turned_into_an_error_leaves_the_estimator_as_it_was(model):
    before = state_of(model)
    n_values = max(2, model._needed_steps())  # fewer than a season are refused
    with pytest.raises(UserWarning):
        model.fit([1.0, 2.0, 1.5, 2.5, 1.0, 3.0][:n_values])
    assert state_of(model) == before
