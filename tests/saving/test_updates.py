"""Models that go on are saved wherever they stand: after an update as after a fit."""

import warnings

import numpy as np
import pandas as pd
import pytest
from paths import GOLDEN
from saved_models import INDEXES, assert_same, fitted_network, with_states_of_two_sizes
from sklearn.base import clone
from sklearn.linear_model import Ridge

import tsrnn
from tsrnn import (
    DeseasonalizedForecaster,
    DoubleExpSmoothingRNN,
    ElmanRNNRegressor,
    NaiveForecaster,
    PanelForecaster,
    RNNForecaster,
    SimpleExpSmoothingRNN,
    TripleExpSmoothingRNN,
)
from tsrnn._time.grid import is_time_index
from tsrnn.exceptions import InvalidParameterError
from tsrnn.forecasting.deseasonalized import DeseasonalizedModel
from tsrnn.forecasting.season import Seasons
from tsrnn.saving.older import bring_up_to_date
from tsrnn.windows.doubts import Ranges
from tsrnn.windows.model import WindowState

N = 14  # rows of a series that are fitted; those after it are for updates
Y = 50.0 + np.tile([3.0, 0.0, -4.0, 1.0], 5) + np.arange(20.0) ** 0.5

STAMPS = {name: index[:20] for name, index in INDEXES.items() if index is not None}
del STAMPS["labels"]
STAMPS |= {
    "half_months": pd.date_range("2020-01-01", periods=20, freq="SMS"),
    "first_business_days": pd.date_range("2020-01-01", periods=20, freq="BMS"),
    "nanoseconds": pd.date_range("2020-01-01", periods=20, freq="7ns", unit="ns"),
    "words": pd.Index([f"2020-01-{day:02}" for day in range(1, 21)]),
    "from_0": pd.RangeIndex(20),
    "small_integers": pd.Index(np.arange(1, 21, dtype="int8")),
    "nullable": pd.Index(np.arange(5, 25), dtype="Int64"),
}

# Parameters that are given make fits cheap.
FORECASTERS = {
    "naive": NaiveForecaster(),
    "drift": NaiveForecaster(strategy="drift"),
    "seasonal": NaiveForecaster(strategy="seasonal", period=4),
    "adjusted": DeseasonalizedForecaster(NaiveForecaster(), period=4, test=False),
    "simple": SimpleExpSmoothingRNN(alpha=0.5, initial_state="heuristic"),
    "shares": SimpleExpSmoothingRNN(alpha=0.5, error="mul", initial_state="heuristic"),
    "damped": DoubleExpSmoothingRNN(
        alpha=0.5, beta=0.1, phi=0.9, damped=True, initial_state="heuristic"
    ),
    "triple": TripleExpSmoothingRNN(
        alpha=0.5, beta=0.1, gamma=0.1, period=4, initial_state="heuristic"
    ),
    "windows": RNNForecaster(
        ElmanRNNRegressor(hidden_layer_sizes=2, max_iter=1, random_state=0), window=3
    ),
}


@pytest.fixture
def again(tmp_path):
    """Save a model, load it, and compare the two."""

    def save_and_load(model):
        tsrnn.save(model, tmp_path / "model")
        loaded = tsrnn.load(tmp_path / "model")
        assert_same(model, loaded)
        return loaded

    return save_and_load


def rows_of(start, stop, ds=STAMPS["months"], **columns):
    """Rows of two series."""
    parts = [
        pd.DataFrame({"unique_id": name, "ds": ds[start:stop], "y": Y[start:stop] + i, **columns})
        for i, name in enumerate("ab")
    ]
    return pd.concat(parts, ignore_index=True)


def check_that_it_goes_on(again, forecaster, pieces, **options):
    """Fit to the first piece and go on to the others, saved in between and not."""
    with warnings.catch_warnings(action="ignore"):  # what a fit warns of is not the subject
        panel = PanelForecaster(clone(forecaster), **options).fit(pieces[0])
        loaded = again(panel)
        for piece in pieces[1:]:
            panel.update(piece)
            loaded = again(loaded.update(piece))
    assert_same(panel, loaded)
    return panel, loaded


@pytest.mark.parametrize("name", STAMPS)
def test_a_panel_on_stamps_of_any_kind_goes_on_after_each_update(again, name):
    ds = STAMPS[name]
    freq = ds.freq if name in ("holidays", "half_months") else None
    pieces = [rows_of(0, N, ds), rows_of(N, 17, ds), rows_of(17, 20, ds)]
    panel, loaded = check_that_it_goes_on(again, NaiveForecaster(), pieces, freq=freq)
    assert len(panel.ids_) == 2
    assert_same(panel.predict(2), loaded.predict(2))


@pytest.mark.parametrize("name", FORECASTERS)
def test_a_panel_of_any_forecaster_goes_on_after_each_update(again, name):
    pieces = [rows_of(0, N), rows_of(N, 17).iloc[:3], rows_of(17, 20).iloc[:3]]
    panel, loaded = check_that_it_goes_on(again, FORECASTERS[name], pieces)
    assert_same(panel.predict(3), loaded.predict(3))


@pytest.mark.parametrize("name", FORECASTERS)
@pytest.mark.parametrize("reason", ["gap", "word", "too large"])
def test_a_panel_that_lost_a_series_goes_on(again, name, reason):
    lost = rows_of(N, 17)
    if reason == "gap":
        lost = lost.drop(0)
    elif reason == "word":
        lost["y"] = lost["y"].astype(object)
        lost.loc[0, "y"] = "zz"
    elif reason == "too large":
        lost.loc[0, "y"] = 1e308
    pieces = [rows_of(0, N), lost]
    panel, loaded = check_that_it_goes_on(again, FORECASTERS[name], pieces)
    assert reason == "too large" or list(panel.ids_) == ["b"]
    assert_same(panel.predict(2), loaded.predict(2))


@pytest.mark.parametrize("options", [{"fill": 0}, {"fill": "missing"}, {"freq": "rows"}], ids=str)
def test_a_panel_with_gaps_goes_on(again, options):
    gappy = [rows_of(0, N).drop([4, 5]), rows_of(N, 17).drop(1), rows_of(18, 20)]
    panel, loaded = check_that_it_goes_on(again, NaiveForecaster(), gappy, **options)
    assert_same(panel.predict(2), loaded.predict(2))
    assert len(panel.filled_) == (2 if "fill" in options else 0)


@pytest.mark.parametrize("name", ["naive", "simple", "adjusted", "windows"])
def test_a_panel_with_regressors_goes_on(again, name):
    pieces = [rows_of(*ends, price=0.5) for ends in ((0, N), (N, 17), (17, 18))]
    for piece in pieces:
        piece["price"] += np.cos(np.arange(len(piece)))
    panel, loaded = check_that_it_goes_on(again, FORECASTERS[name], pieces)
    ahead = rows_of(18, 20, price=0.25).drop(columns="y")
    assert_same(panel.predict(ahead), loaded.predict(ahead))


def test_a_panel_whose_series_have_seasons_of_different_lengths_goes_on(again):
    days = rows_of(0, 20, STAMPS["utc"].tz_localize(None)).assign(unique_id="c")
    years = rows_of(0, 20, pd.date_range("1990", periods=20, freq="YS")).assign(unique_id="d")
    whole = [pd.concat([one.iloc[:20] for one in (days, years)])]
    parts = [whole[0].groupby("unique_id").nth(slice(*ends)) for ends in ((0, 15), (15, 20))]
    panel, loaded = check_that_it_goes_on(again, NaiveForecaster(strategy="seasonal"), parts)
    assert set(panel.period_) == {1, 7}
    assert_same(panel.predict(2), loaded.predict(2))


@pytest.mark.parametrize("name", FORECASTERS)
@pytest.mark.parametrize("with_X", [False, True])
def test_a_forecaster_goes_on_after_each_update(again, name, with_X):
    X = np.cos(np.arange(20.0))[:, None] if with_X else None
    part = (lambda *ends: X[slice(*ends)]) if with_X else (lambda *ends: None)
    with warnings.catch_warnings(action="ignore"):
        model = clone(FORECASTERS[name]).fit(part(0, N), Y[:N])
    loaded = again(model)
    for ends in ((N, 15), (15, 18), (18, 19)):
        model.update(Y[slice(*ends)], part(*ends))
        loaded = again(loaded.update(Y[slice(*ends)], part(*ends)))
    assert_same(model, loaded)
    for one, other in zip(*map(type(model)._observed_and_predicted, (model, loaded)), strict=True):
        assert_same(one, other)


def test_columns_whose_states_have_different_sizes_go_on(again):
    model = with_states_of_two_sizes()
    assert [len(state) for state in model.initial_state_] == [1, 2]
    loaded = again(model)
    for one in (model, loaded):
        one.update([[0.5, 120.0]])
    assert_same(model, again(loaded))
    assert_same(model.predict(3), loaded.predict(3))
    assert str(model.summary().tables[1]) == str(loaded.summary().tables[1])


@pytest.mark.parametrize("label", [5, ("a", "b"), pd.Timestamp("2020"), "", 0.5], ids=str)
def test_the_names_of_the_regressors_of_a_panel_may_be_any_labels(again, label):
    pieces = [rows_of(*ends, price=0.5) for ends in ((0, N), (N, 17))]
    pieces = [piece.rename(columns={"price": label}) for piece in pieces]
    panel, loaded = check_that_it_goes_on(again, NaiveForecaster(), pieces)
    ahead = rows_of(17, 19, price=0.25).rename(columns={"price": label}).drop(columns="y")
    assert_same(panel.predict(ahead), loaded.predict(ahead))


# Arguments for the next fit.

OTHERS = {
    "naive": ({"strategy": "zz"}, {"period": -5}, {"strategy": "seasonal"}),
    "adjusted": ({"period": 0}, {"model": "zz"}),
    "simple": ({"alpha": 3.0}, {"tol": 5.0}, {"max_iter": 0}, {"solver": "zz"}, {"alpha": None}),
    "damped": ({"damped": False}, {"beta": np.float32(-1.0)}, {"initial_state": "zz"}),
    "triple": ({"period": 10**9}, {"gamma": 0.9}, {"seasonal": "zz"}, {"trend": None}),
    "windows": (
        {"window": 1},
        {"window": 10**9},
        {"strategy": "direct"},
        {"cut_off": -1.0},
        {"estimator__tol": 5.0},
        {"estimator__return_sequences": True},
        {"estimator__hidden_layer_sizes": 10**9},
        {"estimator__random_state": -1},
        {"estimator__activation": "zz"},
    ),
}


@pytest.mark.parametrize(
    ("name", "changed"),
    [(name, one) for name, found in OTHERS.items() for one in found],
    ids=lambda one: str(one),
)
def test_a_forecaster_is_saved_whatever_its_next_fit_would_say_to_its_arguments(
    again, name, changed
):
    with warnings.catch_warnings(action="ignore"):
        model = clone(FORECASTERS[name]).fit(Y)
        expected = model.predict(3)
        loaded = again(model.set_params(**changed))
        assert_same(loaded.predict(3), expected)
        assert_same(loaded.update(50.0).predict(3), model.update(50.0).predict(3))
        # What fits again reads them, and no kernel without.
        try:
            loaded.predict_interval(2, method="conformal")
        except ValueError:
            pass
        try:
            loaded.fit(Y)
        except ValueError:
            return
    assert changed in ({"strategy": "seasonal"}, {"alpha": None}, {"estimator__tol": 5.0})


@pytest.mark.parametrize(
    "changed",
    [
        {"forecaster__alpha": 3.0},
        {"conformal_windows": 0},
        {"id_col": "store"},
        {"id_col": "ds"},
        {"id_col": pd.NA},
        {"n_jobs": 0},
        {"n_jobs": 10**9},
        {"fill": np.inf},
        {"fill": 10**400},
        {"aggregate": "zz"},
        {"freq": "zz"},
        {"alias": "unique_id"},
    ],
    ids=str,
)
def test_a_panel_is_saved_whatever_its_next_fit_would_say_to_its_arguments(again, changed):
    panel = PanelForecaster(clone(FORECASTERS["simple"])).fit(rows_of(0, N))
    bounds = panel.predict(2, level=80, method="conformal")
    loaded = again(panel.set_params(**changed))
    is_no_name = str(changed.get("id_col")) in ("ds", "<NA>")
    if not {"n_jobs", "alias"} & changed.keys() and not is_no_name:
        assert_same(panel.predict(2), loaded.predict(2))
    else:
        with pytest.raises(InvalidParameterError, match=next(iter(changed))):
            loaded.predict(2)
    if {"n_jobs", "alias", "fill", "aggregate"} & changed.keys() or is_no_name:
        with pytest.raises(InvalidParameterError, match=next(iter(changed))):
            loaded.update(rows_of(N, 16))
    if "conformal_windows" in changed:
        with pytest.raises(InvalidParameterError, match="conformal_windows"):
            loaded.predict(2, level=80, method="conformal")
    if "forecaster__alpha" in changed:  # which is of the next fit, and not of this one's errors
        assert_same(loaded.predict(2, level=80, method="conformal"), bounds)


def test_a_panel_goes_on_under_other_names_of_columns(again):
    panel = PanelForecaster(NaiveForecaster()).fit(rows_of(0, N))
    panel.set_params(id_col="store", time_col="day", target_col="sales")
    names = {"unique_id": "store", "ds": "day", "y": "sales"}
    more = rows_of(N, 17).rename(columns=names)
    loaded = again(panel)
    with pytest.warns(UserWarning, match="1 of 2 series failed"):
        loaded.update(more.drop(1))
    loaded = again(loaded)
    assert list(loaded.failures_.columns) == ["unique_id", "reason", "exception"]
    more = rows_of(17, 19).rename(columns=names)
    assert list(again(loaded.update(more)).predict(1)["store"]) == ["b"]


@pytest.mark.parametrize(
    ("name", "changed", "used"),
    [
        ("elman", {"activation": "relu"}, None),
        ("elman", {"hidden_layer_sizes": 0, "solver": "zz", "tol": 5.0}, None),
        ("gru", {"return_sequences": True, "early_stopping": True}, None),
        ("gru", {"n_jobs": 0}, "n_jobs"),
        ("gru", {"n_jobs": 10**30}, "n_jobs"),
        ("gru", {"bptt_steps": -1}, "bptt_steps"),
        ("lstm_classes", {"class_weight": "zz", "random_state": -1}, None),
        ("texts", {"cell": "lstm", "dropout": 5.0, "embedding_dim": 0}, None),
        ("texts", {"max_length": -1}, "max_length"),
        ("text_ids", {"max_length": 0}, "max_length"),
        ("texts", {"ngram_range": (2, 1)}, "ngram_range"),
        ("texts", {"token_pattern": "("}, "token_pattern"),
    ],
    ids=str,
)
def test_a_network_is_saved_whatever_its_next_fit_would_say_to_its_arguments(
    again, name, changed, used
):
    model, X, y = fitted_network(name)
    expected = model.predict(X)
    loaded = again(model.set_params(**changed))
    if used is None:
        assert_same(loaded.predict(X), expected)
    else:
        with pytest.raises(InvalidParameterError, match=used):
            loaded.predict(X)


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("simple", {"alpha": "zz"}),
        ("simple", {"alpha": [0.5]}),
        ("simple", {"max_iter": 2.5}),
        ("simple", {"tol": True}),
        ("triple", {"period": 4.0}),
        ("triple", {"period": None}),
        ("damped", {"damped": 1}),
        ("damped", {"damped": None}),
        ("adjusted", {"forecaster": "holt"}),
        ("naive", {"strategy": ("last",)}),
    ],
    ids=str,
)
def test_arguments_of_another_type_than_the_constructor_has_are_refused(tmp_path, name, changed):
    model = clone(FORECASTERS[name]).fit(Y).set_params(**changed)
    with pytest.raises(TypeError, match=f"{next(iter(changed))} must not be a "):
        tsrnn.save(model, tmp_path / "model")


@pytest.mark.parametrize(
    "changed",
    [
        {"alpha": 1},
        {"alpha": np.float32(0.5)},
        {"max_iter": np.int64(7)},
        {"initial_state": [5.0]},
        {"prior": "zz"},
    ],
    ids=str,
)
def test_arguments_of_types_that_will_do_are_taken(again, changed):
    again(clone(FORECASTERS["simple"]).fit(Y).set_params(**changed))


# Stamps of every kind, in whatever holds them.
_DATES = STAMPS["months"]
_PERIODS = pd.period_range("2020-01", periods=20, freq="M")
_DURATIONS = pd.timedelta_range("1h", periods=20, freq="90s", name="after")
LAST = np.iinfo(np.int64).max - np.arange(20)[::-1]  # the last integers that there are
HELD = STAMPS | {
    "periods": _PERIODS,
    "every_other_period": pd.period_range("2020-01", periods=40, freq="M")[::2],
    "durations": _DURATIONS,
    "durations_in_seconds": _DURATIONS.as_unit("s"),
    "durations_in_nanoseconds": pd.TimedeltaIndex(np.arange(1, 21) * 7),
    "durations_without_freq": pd.TimedeltaIndex(list(_DURATIONS)),
    "negative_durations": pd.timedelta_range("-5D", periods=20, freq="D"),
    "objects_of_dates": pd.Index(list(_DATES), dtype=object),
    "objects_of_periods": pd.Index(list(_PERIODS), dtype=object),
    "objects_of_durations": pd.Index(list(_DURATIONS), dtype=object),
    "python_durations": pd.Index([one.to_pytimedelta() for one in _DURATIONS], dtype=object),
    "categories_of_dates": pd.CategoricalIndex(_DATES),
    "categories_of_periods": pd.CategoricalIndex(_PERIODS),
    "categories_of_durations": pd.CategoricalIndex(_DURATIONS),
    "categories_of_integers": pd.CategoricalIndex(range(3, 23)),
    "floats": pd.Index(np.arange(3.0, 23.0)),
    "unsigned": pd.Index(np.arange(3, 23, dtype="uint16")),
    "timestamps_with_zones": pd.Index(list(STAMPS["berlin"]), dtype=object),
    "words_with_zones": pd.Index([f"2020-01-{day:02}T00:00+02:00" for day in range(1, 21)]),
    "near_the_end": pd.date_range("2262-03-22", "2262-04-10", unit="ns"),
    "months_near_the_end": pd.date_range("2260-09-01", periods=20, freq="MS", unit="ns"),
    "business_days_near_the_end": pd.date_range("2262-03-17", periods=20, freq="B", unit="ns"),
    "half_months_near_the_end": pd.date_range("2261-06-15", periods=20, freq="SMS", unit="ns"),
    "durations_near_the_end": pd.TimedeltaIndex(LAST.view("m8[ns]")),
    "integers_near_the_end": pd.Index(LAST),
}


@pytest.mark.parametrize("name", HELD)
def test_a_forecaster_on_stamps_of_any_kind_goes_on_after_each_update(again, name):
    y = pd.Series(Y, HELD[name])
    assert is_time_index(y.index) or name == "from_0"
    model = NaiveForecaster().fit(y[:N])
    loaded = again(model)
    for one in (model, loaded):
        one.update(y[N:18])
    loaded = again(loaded)
    assert_same(model.predict(2), loaded.predict(2))
    assert_same(model.predict(y.index[3:5]), loaded.predict(y.index[3:5]))
    again(NaiveForecaster().fit(y))  # which, near the end, cannot go on


@pytest.mark.parametrize("name", [name for name in HELD if "near" in name and "dur" not in name])
def test_a_panel_near_the_end_of_its_stamps_comes_back(again, name):
    freq = "SMS" if name.startswith("half") else None
    again(PanelForecaster(NaiveForecaster(), freq=freq).fit(rows_of(0, 20, HELD[name])))


# What older versions did not keep.

SAVED = GOLDEN / "saved"


def test_values_that_an_older_version_did_not_keep_are_missing(again):
    model = tsrnn.load(SAVED / "drift_updated.tsrnn")
    n = len(model.fitted_values_)
    model.update([52.0])
    observed, predicted = again(model)._observed_and_predicted()
    assert len(observed) == len(predicted) == n + 3
    assert np.isnan(observed[n : n + 2]).all() and observed[n + 2, 0] == 52.0
    # The drift was added to the values that were seen, 51 and 50.
    assert predicted[n + 1, 0] == 51.0 + model.drift_
    assert predicted[n + 2, 0] == 50.0 + model.drift_


def test_what_regressors_added_before_it_was_kept_is_missing(again):
    model = tsrnn.load(SAVED / "columns_updated.tsrnn")
    n = len(model.fitted_values_)
    with pytest.warns(UserWarning, match="feature names"):
        model.update([[52.0, 50.0]], [[0.1]])
    observed, predicted = again(model)._observed_and_predicted()
    assert np.isnan(observed[n:-1]).all() and np.isnan(predicted[n:-1]).all()
    assert list(observed[-1]) == [52.0, 50.0] and np.isfinite(predicted[-1]).all()


def test_the_period_of_an_older_panel_is_the_one_that_it_was_given(again):
    panel = again(tsrnn.load(SAVED / "panel_utc.tsrnn"))
    assert panel.period_.to_dict() == dict.fromkeys("abc", 4) and panel.period_.name == "period"


@pytest.mark.parametrize("n_kept", [0, 1, 3])
def test_what_followed_is_all_that_was_seen_after_the_fit(tmp_path, n_kept):
    model = NaiveForecaster().fit(Y[:N]).update(Y[N:16])
    ((values, predictions),) = model._followed
    model._followed = ((np.resize(values, (n_kept, 1)), np.resize(predictions, (n_kept, 1))),)
    with pytest.raises(TypeError, match="what followed must be what was seen after the fit"):
        tsrnn.save(model, tmp_path / "model")


def test_seasons_of_columns_are_turned_from_how_older_versions_laid_them_out():
    factor = np.arange(1.0, 9.0).reshape(4, 2)
    attributes = {"turn": Seasons(factor, 0.0 * factor)}
    bring_up_to_date(DeseasonalizedModel, attributes)
    np.testing.assert_array_equal(attributes["seasons"].factor, factor.T)
    assert attributes["seasons"].offset.shape == (2, 4) and "turn" not in attributes


def test_windows_of_older_versions_learn_of_ranges_and_of_growth():
    model = RNNForecaster(Ridge(), window=4).fit(np.exp(0.1 * np.arange(40.0)))
    state = model._model.state
    attributes = dict(vars(state))
    del attributes["ranges"]
    bring_up_to_date(WindowState, attributes)
    for name in ("low", "high", "pace", "growth", "zero"):
        expected = getattr(state.ranges, name)
        np.testing.assert_array_equal(getattr(attributes["ranges"], name), expected)
    assert state.ranges.growth[0] == pytest.approx(0.1)
    kept = {name: getattr(state.ranges, name) for name in ("low", "high", "pace")}
    bring_up_to_date(Ranges, kept)
    assert kept["growth"].tolist() == kept["zero"].tolist() == [0.0]
