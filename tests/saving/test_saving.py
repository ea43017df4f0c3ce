"""Models come back from a file as they were; what cannot is refused by its name."""

import datetime
import json
import os
import pickle
import subprocess
import sys
import warnings
from inspect import isclass
from pathlib import Path

import dateutil.tz
import numpy as np
import pandas as pd
import pytest
import saved_models
from saved_models import (
    FORECASTERS,
    INDEXES,
    NETWORKS,
    PANELS,
    assert_same,
    fitted,
    fitted_network,
    fitted_panel,
    long_frame,
    series,
)
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Ridge

import tsrnn
from tsrnn import (
    RNN,
    DenseWindowRegressor,
    DeseasonalizedForecaster,
    DoubleExpSmoothingRNN,
    GRURegressor,
    NaiveForecaster,
    PanelForecaster,
    SimpleExpSmoothingRNN,
)
from tsrnn.saving.classes import MODELS, PARTS
from tsrnn.saving.pandas_values import PANDAS
from tsrnn.saving.values import VALUES, Decoder, Encoder
from tsrnn.windows import RNNForecaster, WindowForecaster

# Networks are trained for a few steps, and again when intervals are asked for.
pytestmark = pytest.mark.filterwarnings(
    "ignore:training stopped at max_iter:sklearn.exceptions.ConvergenceWarning"
)


@pytest.fixture
def again(tmp_path):
    """Save a model and load it."""

    def save_and_load(model):
        tsrnn.save(model, tmp_path / "model")
        assert os.listdir(tmp_path) == ["model"]
        return tsrnn.load(tmp_path / "model")

    return save_and_load


def test_every_public_model_can_be_saved():
    public = {name: getattr(tsrnn, name) for name in tsrnn.__all__}
    assert MODELS == {name: one for name, one in public.items() if isclass(one)}
    assert MODELS.keys() - {"RNN"} == dict(tsrnn.all_estimators()).keys()


def test_tags_are_told_apart_by_more_than_their_case():
    tags = [*MODELS, *PARTS, *(one.tag for one in {*VALUES.values(), *PANDAS.values()})]
    tags = [tag.casefold() for tag in tags]
    scalars = tags.count("scalar") - 1  # one codec of numpy's scalars for each of their types
    assert len(set(tags)) == len(tags) - scalars


# There and back.


@pytest.mark.parametrize("name", FORECASTERS)
@pytest.mark.parametrize("index_name", ["rows", "months"])
def test_a_fitted_forecaster_comes_back_as_it_was(again, name, index_name):
    model = fitted(name, series(index_name))
    loaded = again(model)
    assert_same(model, loaded)
    assert_same(model.get_params(), loaded.get_params())
    assert_same(model.predict(5), loaded.predict(5))
    assert_same(model.predict_interval(5, 0.8), loaded.predict_interval(5, 0.8))
    assert_same(model.simulate(3, 2, random_state=0), loaded.simulate(3, 2, random_state=0))
    # The streaming use: what comes next is learned in the same way.
    for one in (model, loaded):
        one.update([51.5, np.nan, 49.0])
    assert_same(model, again(loaded))
    assert_same(model.predict(5), loaded.predict(5))


@pytest.mark.parametrize("index_name", INDEXES)
def test_the_place_in_time_comes_back(again, index_name):
    model = fitted("simple", series(index_name))
    loaded = again(model)
    assert_same(model, loaded)
    assert_same(model.predict(5), loaded.predict(5))
    if index_name in ("rows", "labels"):
        return
    request = INDEXES[index_name][[3, 4]]
    assert_same(model.predict(request), loaded.predict(request))


@pytest.mark.parametrize("name", ["drift", "damped", "auto", "triple"])
def test_several_series_with_regressors_come_back(again, name):
    y = pd.DataFrame({"a": series(), "b": series()[::-1]}, INDEXES["months"])
    X = pd.DataFrame({"price": np.cos(np.arange(len(y)))}, y.index)
    model = fitted(name, y, X)
    loaded = again(model)
    assert_same(model, loaded)
    ahead = pd.DataFrame({"price": [0.5, 0.25]}, pd.date_range("2023-01", periods=2, freq="MS"))
    assert_same(model.predict(ahead), loaded.predict(ahead))


@pytest.mark.parametrize("name", PANELS)
def test_a_fitted_panel_comes_back(again, name):
    panel = fitted_panel(name, conformal_windows=2)
    loaded = again(panel)
    assert_same(panel, loaded)
    for one in (panel, loaded):
        one.predict(2, level=[80], method="conformal")  # keeps what it has computed for that
    assert_same(panel, again(panel))
    more = panel.predict(2).rename(
        columns=lambda column: {"unique_id": column, "ds": "ds"}.get(column, "y")
    )
    for one in (panel, loaded):
        one.update(more)
    assert_same(panel, again(loaded))
    assert_same(panel.predict(3), loaded.predict(3))


@pytest.mark.parametrize("name", NETWORKS)
def test_a_trained_network_comes_back_and_trains_on(again, name):
    model, X, y = fitted_network(name)
    loaded = again(model)
    assert_same(model, loaded)
    assert_same(model.predict(X), loaded.predict(X))
    if name != "dense":
        assert_same(model.hidden_states(X), loaded.hidden_states(X))
    if "classes_" in vars(model):
        assert_same(model.predict_proba(X), loaded.predict_proba(X))
    # Batches are drawn, and the optimiser remembers steps, as they would have been.
    for one in (model, loaded):
        one.set_params(early_stopping=False, warm_start=True, max_iter=2)
        with warnings.catch_warnings(action="ignore"):
            one.fit(X, y)
            if one.solver != "lbfgs":
                one.partial_fit(X, y)
    assert_same(model, loaded)
    assert_same(model.predict(X), loaded.predict(X))


@pytest.mark.parametrize("n_regressors", [0, 2])
@pytest.mark.parametrize(
    "network",
    [DenseWindowRegressor(), GRURegressor(loss="quantile", quantiles=(0.1, 0.9))],
    ids=["dense", "quantiles"],
)
@pytest.mark.filterwarnings("ignore:training stopped")
@pytest.mark.filterwarnings("ignore:.*learned nothing")
def test_a_forecaster_made_of_any_network_comes_back(again, network, n_regressors):
    """Of one that reads windows at once, and of one with several outputs a target."""
    network = clone(network).set_params(hidden_layer_sizes=2, max_iter=1, random_state=0)
    X = np.random.default_rng(0).normal(size=(len(series()), n_regressors))
    model = RNNForecaster(network, window=5).fit(*([X] if n_regressors else []), series())
    ahead = X[:3] if n_regressors else 3
    np.testing.assert_array_equal(again(model).predict(ahead), model.predict(ahead))


def test_what_a_fit_warned_of_and_what_failed_comes_back(again):
    short = fitted("triple", [1.0, 2.0, 4.0, 3.0])
    assert short._model.notes
    assert_same(short, again(short))
    frame = long_frame(INDEXES["months"])
    frame.loc[frame["unique_id"] == "b", "y"] -= 50.0
    panel = PanelForecaster(clone(FORECASTERS["multiplicative"]))
    with pytest.warns(UserWarning, match="1 of 3 series failed|failures_"):
        panel.fit(frame)
    assert panel._fitted.members[0].model.failures
    loaded = again(panel)
    assert_same(panel, loaded)
    assert_same(panel.predict(2), loaded.predict(2))


def test_a_part_kept_twice_is_one(again):
    loaded = again(fitted("windows", series()))
    assert loaded.estimator_ is loaded._model.state.network.estimator


@pytest.mark.parametrize("name", FORECASTERS)
def test_a_model_that_is_not_fitted_comes_back(again, name):
    model = clone(FORECASTERS[name])
    assert_same(model, again(model))


def test_a_network_comes_back(again):
    network = RNN(2, 3, 1, activation="relu", random_state=0)
    x = np.arange(8.0).reshape(4, 2)
    network.fit(x, x[:, :1])
    network.step([1.0, 2.0])
    loaded = again(network)
    assert_same(network, loaded)
    assert_same(network.run(x), loaded.run(x))
    assert_same(network.step([0.5, 0.5]), loaded.step([0.5, 0.5]))
    smoother = fitted("damped", series())
    assert_same(smoother.to_rnn().run(series()), again(smoother).to_rnn().run(series()))


def test_saving_leaves_the_model_as_it_is(tmp_path):
    model = fitted("auto_seasonal", series("months"))
    before = pickle.dumps(model)
    tsrnn.save(model, tmp_path / "model")
    assert pickle.dumps(model) == before


def test_the_same_model_gives_the_same_bytes_in_every_process(tmp_path):
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import tsrnn, saved_models\n"
        "model = saved_models.fitted_panel('months')\n"
        "model.kept = frozenset({'a', 'b', 'c', 1, 2})\n"
        "tsrnn.save(model, sys.argv[2])"
    )
    contents = []
    for seed in ("1", "2"):
        path = tmp_path / seed
        subprocess.run(
            [sys.executable, "-c", code, str(Path(saved_models.__file__).parent), str(path)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
        )
        contents.append(path.read_bytes())
    assert contents[0] == contents[1]


# Values.


CLOSED = VALUES | PANDAS

KEPT = [
    None,
    True,
    -7,
    10**30,
    0.1,
    -0.0,
    float("nan"),
    float("-inf"),
    2.5 - 1j,
    "naïve\ud800\x00",
    b"\x00\xff",
    (),
    (1, [2.0, {"a": (None,), 3: {4}}], frozenset({"x"})),
    slice(1, None, 2),
    np.float32(0.1),
    np.float64(np.nan),
    np.int8(-3),
    np.bool_(True),
    np.str_("abc"),
    np.datetime64("2020-01", "M"),
    np.timedelta64(5, "s"),
    np.zeros((0, 3)),
    np.array(5.0),
    np.array(["a", "bcd"]),
    np.array([b"a", b"bcd"]),
    np.array(["a", "bcd"], dtype=object),
    np.array([["a"], ["bcd"]], dtype=object),
    np.array([1, "a", None, ("b", 2)], dtype=object),
    np.array([np.zeros(2), np.ones(3)], dtype=object),
    np.array([None, np.zeros(2), np.zeros(2)], dtype=object)[1:],
    np.array(None, dtype=object),
    np.array([[]], dtype=object),
    np.array(["2020-01", "NaT"], dtype="datetime64[D]"),
    np.arange(6, dtype=">i4").reshape(2, 3),
    np.broadcast_to(np.int64(3), (4,)),
    np.array([1.5 + 2j], dtype=np.complex64),
    np.random.RandomState(3),
    pd.RangeIndex(3, 20, 4, name="n"),
    pd.Index([1, 2], dtype="int8"),
    pd.Index([0.5, np.nan], name="x"),
    pd.Index([True, False]),
    pd.Index(["a", "b"], name=("two", "parts")),
    pd.Index(["a", None], dtype=object),
    pd.Index([None]),
    pd.Index([1, "a", (2, "b"), pd.Timestamp("2020-01-01"), np.int64(3)], dtype=object),
    pd.Index([1, pd.NA], dtype="Int64"),
    pd.timedelta_range("1s", periods=3),
    pd.Index(["b", "a", None], dtype="category", name="c"),
    pd.Series(["a", "b"], dtype=pd.CategoricalDtype(["b", "a"], ordered=True)),
    pd.Series(["a", "b"], dtype=object),
    pd.Series([0.1, 0.2], dtype="float32"),
    pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["x", None]),
    pd.DatetimeIndex(["2020-03-29 00:30", "2020-10-25 02:30"], tz="UTC").tz_convert("Europe/Paris"),
    pd.DatetimeIndex(["2020-01-01", "NaT"]),
    pd.DatetimeIndex([], freq="D"),
    pd.PeriodIndex(["2020-01", "NaT"], freq="M"),
    pd.Series([1, 2], dtype="int32", name="n"),
    pd.Series(["a", None], index=[2, 1]),
    pd.Series(pd.date_range("2020", periods=2, tz="UTC")),
    pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]}),
    pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"], "c": [True, False]}, index=["p", "q"]),
    pd.DataFrame(columns=["a", "b"]),
    pd.DataFrame([[1, "a"]], columns=["same", "same"]),
    pd.Timestamp("2020-01-01 12:00", tz="Europe/Berlin"),
    pd.Timedelta("3h"),
    pd.Period("2020Q1", freq="Q-MAR"),
    pd.NaT,
    pd.NA,
    np.dtype("float32"),
    pd.StringDtype(),
    pd.Int64Dtype(),
    pd.UInt8Dtype(),
    ValueError("series 3 fails", 7),
    UserWarning("beware"),
    ConvergenceWarning("stopped early"),
    np.linalg.LinAlgError("singular"),
    *[index.freq for index in INDEXES.values() if getattr(index, "freq", None) is not None],
    pd.offsets.BusinessHour(start="10:00"),
    pd.offsets.FY5253Quarter(variation="last", startingMonth=3),
    *[index.tz for index in INDEXES.values() if getattr(index, "tz", None) is not None],
]


@pytest.mark.parametrize("value", KEPT, ids=lambda value: f"{type(value).__name__}")
def test_a_value_comes_back(value):
    encoder = Encoder(CLOSED)
    node = json.loads(json.dumps(encoder.encode(value, "it"), allow_nan=False))
    found = Decoder(CLOSED.values(), encoder.arrays, {}).decode(node)
    assert_same(value, found)


@pytest.mark.parametrize("missing", [pd.NA, np.nan])
def test_words_are_stored_as_they_are_where_the_file_is_read(missing):
    # pandas 2 knows no words of which missing ones are NaN.
    options = {} if missing is pd.NA else {"na_value": missing}
    if options and not hasattr(pd.StringDtype(), "na_value"):
        pytest.skip("this pandas knows one missing value of words")
    encoder = Encoder(CLOSED)
    node = encoder.encode(pd.StringDtype("python", **options), "it")
    found = Decoder(CLOSED.values(), encoder.arrays, {}).decode(node)
    assert found == pd.StringDtype(**options)


def test_ids_of_words_are_kept_however_they_are_stored(again):
    model = NaiveForecaster()
    model.ids = pd.Index(["a", None], dtype=pd.StringDtype("python"), name="id")
    ids = again(model).ids
    assert ids.dtype == pd.StringDtype() and ids.name == "id" and ids.tolist() == ["a", pd.NA]


def test_an_array_kept_twice_is_one_and_keeps_its_order(again):
    model = NaiveForecaster()
    model.first = model.second = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    loaded = again(model)
    assert loaded.first is loaded.second
    assert loaded.first.flags.f_contiguous and not loaded.first.flags.c_contiguous
    loaded.first[0, 0] = 7.0


class Unknown:
    pass


class OwnTuple(tuple):
    pass


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (print, "builtin_function_or_method is a function; set it to None"),
        (lambda: 0, "function is a function; set it to None"),
        (Ridge(), "sklearn.linear_model._ridge.Ridge is none of the types that tsrnn.save knows"),
        (Ridge, "type is none of the types|ABCMeta is none of the types"),
        (Unknown(), "test_saving.Unknown is none"),
        (OwnTuple(), "test_saving.OwnTuple is none"),
        (np.random.default_rng(0), "Generator is none"),
        (np.random.RandomState(np.random.PCG64(0)), "it is a RandomState on PCG64"),
        (np.zeros(2, dtype="f8,i4"), r"it is an array of \[\('f0'"),
        (
            np.zeros(2, dtype=np.longdouble),
            "it is an array of float128|it is an array of longdouble",
        ),
        (np.ma.masked_array([1.0]), "MaskedArray is none"),
        (pd.interval_range(0, 2), "IntervalIndex is none"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_cannot_be_saved_is_refused_by_its_name(tmp_path, value, message):
    model = NaiveForecaster()
    model.kept = {"here": [0, value]}
    place = r"NaiveForecaster\.kept\['here'\]\[1\]"
    with pytest.raises(TypeError, match=rf"{place}.* cannot be saved: .*({message})"):
        tsrnn.save(model, tmp_path / "model")
    assert os.listdir(tmp_path) == []


ZONES = {
    "dateutil's": dateutil.tz.gettz("Europe/Berlin"),
    "dateutil's UTC": dateutil.tz.tzutc(),
    "dateutil's offset": dateutil.tz.tzoffset("X", 3600),
    "the local one": dateutil.tz.tzlocal(),
    "an offset with a name": datetime.timezone(datetime.timedelta(hours=2), "EET"),
}


@pytest.mark.parametrize("name", ZONES)
def test_a_time_zone_that_cannot_be_saved_is_told_with_those_that_can(tmp_path, name):
    dates = pd.date_range("2020-01-01", periods=5, tz=ZONES[name])
    frame = pd.DataFrame({"unique_id": "a", "ds": dates, "y": np.arange(5.0)})
    message = (
        "it is the time zone .*; those of the module zoneinfo and offsets from UTC can be saved"
    )
    for model in (
        NaiveForecaster().fit(pd.Series(np.arange(5.0), dates)),
        PanelForecaster(NaiveForecaster()).fit(frame),
    ):
        with pytest.raises(TypeError, match=message):
            tsrnn.save(model, tmp_path / "model")
    model = NaiveForecaster()
    for value in (dates.dtype, dates[0], dates):
        model.kept = value
        with pytest.raises(TypeError, match=message):
            tsrnn.save(model, tmp_path / "model")


@pytest.mark.parametrize("y", [np.full(30, 7.0), 3.0 * np.arange(30.0)], ids=["constant", "line"])
@pytest.mark.parametrize("horizon", [None, 3])
def test_a_forecaster_that_has_nothing_to_learn_comes_back(again, y, horizon):
    """The regressor that it then has is scikit-learn's, and none that the user has chosen."""
    model = RNNForecaster(GRURegressor(), 4, horizon=horizon, strategy="auto").fit(y)
    assert type(model.estimator_).__module__.startswith("sklearn")
    loaded = again(model)
    np.testing.assert_array_equal(loaded.predict(5), model.predict(5))
    assert loaded.estimator_.n_features_in_ == 4
    network = model._model.state.network
    object.__setattr__(
        network, "estimator", type(model.estimator_)().fit(np.zeros((1, 4)), [[1.0] * 7])
    )
    with pytest.raises(TypeError, match="the constants must be n_ahead values"):
        again(model)


def test_a_part_of_another_library_is_named(tmp_path):
    with pytest.raises(TypeError, match=r"DeseasonalizedForecaster\.forecaster cannot be .*Ridge"):
        tsrnn.save(DeseasonalizedForecaster(Ridge()), tmp_path / "model")
    windows = RNNForecaster(Ridge(), window=3).fit(series())
    with pytest.raises(
        TypeError, match=r"RNNForecaster\.estimator cannot .*skops save models with"
    ):
        tsrnn.save(windows, tmp_path / "model")
    trees = WindowForecaster(lags=3).fit(series())
    with pytest.raises(
        TypeError, match=r"estimators_\[0\] cannot .*HistGradient.* joblib or skops"
    ):
        tsrnn.save(trees, tmp_path / "model")
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(trees)).predict(4), trees.predict(4))
    with pytest.raises(TypeError, match=r"GRURegressor\.callback cannot be saved: function is a f"):
        tsrnn.save(GRURegressor(callback=lambda state: None), tmp_path / "model")
    with pytest.raises(TypeError, match=r"PanelForecaster\.forecaster\.prior cannot .*Unknown"):
        model = PanelForecaster(DoubleExpSmoothingRNN(prior=Unknown()))
        tsrnn.save(model, tmp_path / "model")


class Own(SimpleExpSmoothingRNN):
    pass


@pytest.mark.parametrize("model", [Own(), Ridge(), None, SimpleExpSmoothingRNN])
def test_only_models_of_this_library_are_saved(tmp_path, model):
    with pytest.raises(TypeError, match="model must be one of AutoExpSmoothingRNN, .* got "):
        tsrnn.save(model, tmp_path / "model")
