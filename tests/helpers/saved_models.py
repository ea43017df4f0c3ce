"""Fitted models of every public class and kind, and what makes two of them equal."""

import warnings
from dataclasses import fields, is_dataclass

import numpy as np
import pandas as pd
from pandas.testing import assert_frame_equal, assert_index_equal, assert_series_equal
from sklearn.base import BaseEstimator, clone

from tsrnn import (
    RNN,
    AutoExpSmoothingRNN,
    ComplexExpSmoothingRNN,
    CrostonForecaster,
    DenseWindowRegressor,
    DeseasonalizedForecaster,
    DoubleExpSmoothingRNN,
    ElmanRNNClassifier,
    ElmanRNNRegressor,
    EnsembleForecaster,
    GRUClassifier,
    GRURegressor,
    LSTMClassifier,
    LSTMRegressor,
    NaiveForecaster,
    PanelForecaster,
    PretrainedRNNForecaster,
    RegressionForecaster,
    SimpleExpSmoothingRNN,
    TextRNNClassifier,
    ThetaForecaster,
    TransformedForecaster,
    TripleExpSmoothingRNN,
)
from tsrnn.features import FourierFeatures
from tsrnn.priors import ExponentialPrior
from tsrnn.windows import RNNForecaster

N, PERIOD = 36, 4
RNG = np.random.default_rng(0)
VALUES = 50.0 + np.cumsum(RNG.normal(size=N)) + np.tile([3.0, 0.0, -4.0, 1.0], N // PERIOD)

# Where rows lie in time; each keeps other things.
INDEXES = {
    "rows": None,
    "labels": pd.Index([f"row {i}" for i in range(N)]),
    "years": pd.RangeIndex(1960, 1960 + N, name="year"),
    "every_third": pd.Index(range(3, 3 * N + 3, 3)),
    "months": pd.date_range("2020-01", periods=N, freq="MS", name="month"),
    "month_ends": pd.date_range("2020-01", periods=N, freq="ME"),
    "quarters": pd.period_range("2020Q1", periods=N, freq="Q"),
    "weeks": pd.date_range("2020-01-01", periods=N, freq="W-WED"),
    "business_days": pd.date_range("2020-01-01", periods=N, freq="B"),
    "holidays": pd.bdate_range(
        "2020-01-01", periods=N, freq="C", weekmask="Mon Tue Wed Thu", holidays=["2020-01-06"]
    ),
    "seconds": pd.date_range("2020-01-01", periods=N, freq="15s", unit="s"),
    "berlin": pd.date_range("2020-03-28", periods=N, freq="h", tz="Europe/Berlin"),
    "utc": pd.date_range("2020-03-28", periods=N, freq="D", tz="UTC"),
    "offset": pd.date_range("2020-03-28", periods=N, freq="D", tz="+02:00"),
    "without_freq": pd.DatetimeIndex(pd.date_range("2020-01", periods=N, freq="MS").to_list()),
    "date_objects": pd.Index(pd.date_range("2020-01-01", periods=N).date),
    "own_offset": pd.date_range("2020-01-01", periods=N, freq=pd.DateOffset(months=2)),
}

FORECASTERS = {
    "naive": NaiveForecaster(),
    "drift": NaiveForecaster(strategy="drift"),
    "seasonal_naive": NaiveForecaster(strategy="seasonal", period=PERIOD),
    "deseasonalized": DeseasonalizedForecaster(DoubleExpSmoothingRNN(), period=PERIOD),
    "croston": CrostonForecaster(),
    "tsb": CrostonForecaster(variant="tsb", beta=0.2, initial_state=(50.0, 0.9)),
    "powers": TransformedForecaster(
        DoubleExpSmoothingRNN(damped=True), "boxcox", lower=-5, bias_adjust=True
    ),
    "cut_off": DeseasonalizedForecaster(
        TransformedForecaster(NaiveForecaster(), None, upper=70.5), period=PERIOD
    ),
    "simple": SimpleExpSmoothingRNN(),
    "damped": DoubleExpSmoothingRNN(damped=True, alpha=np.float64(0.4), phi=np.float32(0.9)),
    "huber": DoubleExpSmoothingRNN(loss="huber", initial_state=(50.0, 0.0)),
    "prior": DoubleExpSmoothingRNN(prior=ExponentialPrior(alpha=1.0, beta=2.5)),
    "triple": TripleExpSmoothingRNN(period=PERIOD),
    "multiplicative": TripleExpSmoothingRNN(period=PERIOD, seasonal="mul", error="mul"),
    "auto": AutoExpSmoothingRNN(models=("ANN", "AAN")),
    "auto_seasonal": AutoExpSmoothingRNN(models=["ANA", "AAdA"], period=PERIOD),
    "complex": ComplexExpSmoothingRNN(),
    "complex_seasonal": ComplexExpSmoothingRNN(period=PERIOD),
    "theta": ThetaForecaster(PERIOD),
    "theta_of_a_line": ThetaForecaster(variant="standard", initial_level="learned"),
    "ensemble": EnsembleForecaster(
        [
            ("last", NaiveForecaster()),
            ("season", NaiveForecaster(strategy="seasonal", period=PERIOD)),
            ("adjusted", DeseasonalizedForecaster(SimpleExpSmoothingRNN(), period=PERIOD)),
        ],
        method="mean",
        weights=[1.0, 2.0, 1.0],
    ),
    "windows": RNNForecaster(
        ElmanRNNRegressor(hidden_layer_sizes=4, max_iter=3, random_state=0), window=5
    ),
    "direct": RNNForecaster(
        GRURegressor(hidden_layer_sizes=3, max_iter=2, random_state=np.random.RandomState(0)),
        window=5,
        strategy="direct",
        horizon=2,
    ),
    "members": RNNForecaster(horizon=2, period=PERIOD, n_members=1, random_state=0),
    "pretrained": PretrainedRNNForecaster(PERIOD, frequency="quarterly"),
    "two_seasons": DeseasonalizedForecaster(NaiveForecaster(), period=(PERIOD, 6), test=False),
    "regression": RegressionForecaster(SimpleExpSmoothingRNN(), FourierFeatures(PERIOD, 1)),
}


def series(index_name="rows"):
    index = INDEXES[index_name]
    return VALUES.copy() if index is None else pd.Series(VALUES, index, name=index_name)


def fitted(name, y, X=None):
    """A forecaster of the table, fitted."""
    with warnings.catch_warnings(action="ignore"):  # what a fit warns of is not the subject
        return clone(FORECASTERS[name]).fit(X, y)


def with_states_of_two_sizes():
    """A level alone for one column, and a trend for the other."""
    noise = np.sin(np.arange(24.0) ** 2)
    return fitted("auto", np.column_stack([noise, 5.0 * np.arange(24.0) + noise]))


def long_frame(ds):
    """Three series with the same values and stamps."""
    parts = [pd.DataFrame({"unique_id": name, "ds": ds, "y": VALUES}) for name in "abc"]
    return pd.concat(parts, ignore_index=True)


PANELS = {
    "months": (INDEXES["months"], "drift"),
    "business_days": (INDEXES["business_days"], "simple"),
    "weeks": (INDEXES["weeks"], "damped"),
    "berlin": (INDEXES["berlin"], "simple"),
    "utc": (INDEXES["utc"], "deseasonalized"),
    "quarters": (INDEXES["quarters"], "multiplicative"),
    "years": (INDEXES["years"], "triple"),
    "holidays": (INDEXES["holidays"], "prior"),
    "auto": (INDEXES["seconds"], "auto"),
    "theta": (INDEXES["quarters"], "theta"),
    "windows": (INDEXES["months"], "windows"),
    "croston": (INDEXES["months"], "croston"),
    "ensemble": (INDEXES["quarters"], "ensemble"),
    "powers": (INDEXES["months"], "powers"),
    "regression": (INDEXES["weeks"], "regression"),
}


def fitted_panel(name, **options):
    ds, forecaster = PANELS[name]
    freq = ds.freq if name == "holidays" else None
    panel = PanelForecaster(clone(FORECASTERS[forecaster]), freq=freq, **options)
    with warnings.catch_warnings(action="ignore"):
        return panel.fit(long_frame(ds))


# Networks: an estimator, sequences and targets.
_X = RNG.normal(size=(30, 6))
_LABELS = np.array(["no", "yes", "perhaps"], dtype=object)
NETWORKS = {
    "elman": (ElmanRNNRegressor(hidden_layer_sizes=8, solver="lbfgs", max_iter=5), _X, _X[:, 0]),
    "elman_classes": (
        ElmanRNNClassifier(hidden_layer_sizes=(4, 3), max_iter=2),
        _X,
        _LABELS[np.arange(30) % 3],
    ),
    "gru": (
        GRURegressor(hidden_layer_sizes=4, solver="sgd", max_iter=3),
        _X[:, :, None],
        _X[:, :2],
    ),
    "gru_classes": (
        GRUClassifier(hidden_layer_sizes=4, bidirectional=True, max_iter=2),
        list(_X),
        _X[:, 0] > 0,
    ),
    "gru_linear": (
        GRURegressor(hidden_layer_sizes=4, linear_path=True, max_iter=2),
        _X.reshape(30, 3, 2),
        _X[:, :2],
    ),
    "dense": (
        DenseWindowRegressor(hidden_layer_sizes=(4, 3), max_iter=2),
        _X.reshape(30, 3, 2),
        _X[:, :2],
    ),
    "lstm": (
        LSTMRegressor(hidden_layer_sizes=4, return_sequences=True, max_iter=2),
        _X.astype("float32"),
        _X,
    ),
    "quantiles": (
        GRURegressor(hidden_layer_sizes=4, loss="quantile", quantiles=(0.1, 0.9), max_iter=2),
        _X,
        _X[:, :2],
    ),
    "rates": (
        LSTMRegressor(hidden_layer_sizes=4, loss="poisson", max_iter=2),
        _X,
        np.where(_X[:, 0] > 1.0, np.nan, np.round(np.exp(_X[:, 1]))),
    ),
    "huber": (
        ElmanRNNRegressor(hidden_layer_sizes=2, loss="huber", huber_delta=0.5, max_iter=2),
        _X,
        _X[:, 0],
    ),
    "squares": (
        GRURegressor(hidden_layer_sizes=2, max_iter=2),
        _X,
        np.where(_X[:, 0] > 1.0, np.nan, _X[:, 1]),
    ),
    "medians": (
        ElmanRNNRegressor(hidden_layer_sizes=2, loss="absolute_error", max_iter=2),
        _X,
        _X[:, 0],
    ),
    "texts": (
        TextRNNClassifier(hidden_layer_sizes=3, cell="gru", stop_words=["the"], max_iter=2),
        ["a good film", "the worst film I've seen", "naïve, but good", "bad \U0001f600"] * 4,
        ["pos", "neg"] * 8,
    ),
    "text_ids": (
        TextRNNClassifier(embedding_dim=2, max_features=9, dropout=0.5, max_iter=2),
        [[1, 2, 3], [4], [8, 8, 8, 1]] * 4,
        [0, 1, 2] * 4,
    ),
    "lstm_classes": (
        LSTMClassifier(hidden_layer_sizes=4, early_stopping=True, max_iter=2),
        _X,
        np.arange(30) % 2,
    ),
}


def fitted_network(name):
    estimator, X, y = NETWORKS[name]
    with warnings.catch_warnings(action="ignore"):
        return clone(estimator).set_params(random_state=0).fit(X, y), X, y


def assert_same(one, other, name="model"):
    """Check that two objects hold the same: types, numbers to the last bit, whatever they hold."""
    assert type(one) is type(other), name
    if isinstance(one, pd.Series):
        assert_series_equal(one, other, check_exact=True, check_freq=True)
    elif isinstance(one, pd.DataFrame):
        assert_frame_equal(one, other, check_exact=True, check_freq=True)
    elif isinstance(one, pd.Index):
        assert_index_equal(one, other, exact=True)
        assert getattr(one, "freq", None) == getattr(other, "freq", None), name
    elif isinstance(one, np.ndarray):
        assert one.dtype == other.dtype and one.shape == other.shape, name
        if one.dtype == object:
            assert_same(list(one.flat), list(other.flat), name)
        else:
            assert one.tobytes() == other.tobytes(), name
    elif isinstance(one, dict):
        assert list(one) == list(other), name
        for key in one:
            assert_same(one[key], other[key], f"{name}[{key!r}]")
    elif isinstance(one, list | tuple):
        assert len(one) == len(other), name
        for i, pair in enumerate(zip(one, other, strict=True)):
            assert_same(*pair, f"{name}[{i}]")
    elif is_dataclass(one):
        for field in fields(one):
            pair = getattr(one, field.name), getattr(other, field.name)
            assert_same(*pair, f"{name}.{field.name}")
    elif isinstance(one, Exception):
        assert one.args == other.args, name
    elif isinstance(one, np.random.RandomState):
        assert_same(one.get_state(), other.get_state(), name)
    elif isinstance(one, BaseEstimator | RNN):
        assert_same(vars(one), vars(other), name)
    elif one is not other:
        assert one == other or (one != one and other != other), name
