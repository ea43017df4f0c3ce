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
    DeseasonalizedForecaster,
    DoubleExpSmoothingRNN,
    NaiveForecaster,
    PanelForecaster,
    SimpleExpSmoothingRNN,
    TripleExpSmoothingRNN,
)
from tsrnn.priors import ExponentialPrior

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
    "simple": SimpleExpSmoothingRNN(),
    "damped": DoubleExpSmoothingRNN(damped=True, alpha=np.float64(0.4), phi=np.float32(0.9)),
    "huber": DoubleExpSmoothingRNN(loss="huber", initial_state=(50.0, 0.0)),
    "prior": DoubleExpSmoothingRNN(prior=ExponentialPrior(alpha=1.0, beta=2.5)),
    "triple": TripleExpSmoothingRNN(period=PERIOD),
    "multiplicative": TripleExpSmoothingRNN(period=PERIOD, seasonal="mul", error="mul"),
    "auto": AutoExpSmoothingRNN(models=("ANN", "AAN")),
    "auto_seasonal": AutoExpSmoothingRNN(models=["ANA", "AAdA"], period=PERIOD),
}


def series(index_name="rows"):
    index = INDEXES[index_name]
    return VALUES.copy() if index is None else pd.Series(VALUES, index, name=index_name)


def fitted(name, y, X=None):
    """A forecaster of the table, fitted."""
    with warnings.catch_warnings(action="ignore"):  # what a fit warns of is not the subject
        return clone(FORECASTERS[name]).fit(X, y)


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
}


def fitted_panel(name, **options):
    ds, forecaster = PANELS[name]
    freq = ds.freq if name == "holidays" else None
    panel = PanelForecaster(clone(FORECASTERS[forecaster]), freq=freq, **options)
    with warnings.catch_warnings(action="ignore"):
        return panel.fit(long_frame(ds))


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
        assert one.tolist() == other.tolist() if one.dtype == object else _same_bits(one, other), (
            name
        )
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
    elif isinstance(one, np.random.RandomState):
        assert_same(one.get_state(), other.get_state(), name)
    elif isinstance(one, BaseEstimator | RNN):
        assert_same(vars(one), vars(other), name)
    elif one is not other:
        assert one == other or (one != one and other != other), name


def _same_bits(one, other):
    return one.tobytes() == other.tobytes()
