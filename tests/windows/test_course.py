"""How members are trained: looked on at, judged by what is held back, stopped, and gone on with."""

import pickle
import threading
import warnings

import numpy as np
import pandas as pd
import pytest
from panels import make_frame, quietly
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Ridge
from sklearn.model_selection import TimeSeriesSplit, cross_val_score

import tsrnn
from tsrnn import (
    ElmanRNNRegressor,
    NaiveForecaster,
    PanelForecaster,
    PretrainedRNNForecaster,
    RNNForecaster,
    WindowForecaster,
)
from tsrnn.exceptions import (
    InvalidParameterError,
    TrainingDivergedError,
    UnreliableForecastWarning,
)
from tsrnn.plotting import TrainingHistoryDisplay
from tsrnn.windows import members

pytestmark = pytest.mark.filterwarnings("ignore::tsrnn.exceptions.UnreliableForecastWarning")

RNG = np.random.default_rng(0)
TIMES = np.arange(48.0)
WAVE = 10.0 * np.sin(2.0 * np.pi * TIMES / 4.0)
SERIES = np.column_stack([50.0 + 0.3 * i * TIMES + WAVE + RNG.normal(size=48) for i in range(4)])
# Networks read windows in single precision, and products of fewer rows sum in another order.
SINGLE = 1e-5

GIVEN = {"horizon": 4, "period": 4, "n_members": 2, "random_state": 0}


def model(**options):
    return RNNForecaster(**GIVEN | options)


def one(**options):
    """One member that is soon trained, and looks at the season."""
    return model(n_members=1, window=6, **options)


@pytest.fixture(scope="module")
def plain():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model().fit(SERIES)


@pytest.fixture(scope="module")
def held_back():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model(early_stopping=True).fit(SERIES)


def state_of(forecaster):
    return pickle.dumps({k: v for k, v in vars(forecaster).items() if k != "callback"})


# Looking on.


def test_looking_on_changes_no_bit(plain, capsys):
    seen = []
    watched = model(verbose=1, callback=seen.append, n_jobs=2).fit(SERIES)
    np.testing.assert_array_equal(watched.predict(9), plain.predict(9))
    for mine, its in zip(watched.members_, plain.members_, strict=True):
        np.testing.assert_array_equal(mine.weights, its.weights)
        assert mine.history == its.history
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "RNNForecaster: 100%" in shown.err
    assert "member=2/2, loss=" in shown.err and "val_loss" not in shown.err
    assert {state.member for state in seen} == {0, 1}


def test_a_callback_sees_each_epoch_of_each_member_and_ends_its_training():
    states = []

    def at_third_of_first(state):
        states.append(state)
        return state.member == 0 and state.epoch == 3

    fitted = model(callback=at_third_of_first).fit(SERIES)
    counts = [len(member.history["loss"]) for member in fitted.members_]
    assert counts[0] == 3 < counts[1]
    of_first = [state for state in states if state.member == 0]
    assert [state.epoch for state in of_first] == [1, 2, 3]
    assert of_first[-1].history == fitted.members_[0].history
    views = fitted.members_[0].spec.architecture().unpack(fitted.members_[0].weights)
    for name, array in of_first[-1].weights.items():
        np.testing.assert_array_equal(array, views[name])
        array[:] = np.nan  # a copy
    assert np.isfinite(fitted.predict(4)).all()


def test_a_callback_is_called_once_at_a_time_whatever_the_threads():
    within, most = [], []

    def look(state):
        within.append(state.member)
        threading.Event().wait(0.002)  # the others have the time to come, were they let in
        most.append(len(within))
        within.remove(state.member)

    model(callback=look, n_jobs=2).fit(SERIES)
    assert set(most) == {1}


@pytest.mark.parametrize("answer", [[], [0.0, 1.0]])
def test_an_array_has_no_truth_that_a_callback_could_tell(answer):
    network = ElmanRNNRegressor(
        hidden_layer_sizes=2, max_iter=2, callback=lambda _: np.array(answer)
    )
    for fit in (one(callback=network.callback).fit, lambda y: network.fit(y.T, y[0])):
        with pytest.raises(TypeError, match="callback must return something true or false, got an"):
            fit(SERIES)
    seen = []
    one(callback=lambda state: seen.append(state) or np.array([True])).fit(SERIES)
    assert len(seen) == 1


def test_what_fails_in_a_callback_fails_the_fit_and_leaves_the_forecaster_as_it_was(plain):
    def fail(state):
        raise RuntimeError("stop here")

    again = pickle.loads(pickle.dumps(plain))
    before = state_of(again)
    with pytest.raises(RuntimeError, match="stop here"):
        again.set_params(callback=fail).fit(2.0 * SERIES)
    assert state_of(again.set_params(callback=None)) == before


def test_a_panel_is_told_of_each_member_that_has_come_to_its_end():
    told = []
    batch = np.tile(SERIES[:, 0], 7)
    forecaster = model(n_members=3, window=6)
    forecaster.fit_panel(batch, np.arange(8) * 48, np.empty((batch.size, 0)), progress=told.append)
    assert told == [2, 2, 3]


# What is held back.


def test_the_last_horizon_is_held_back_and_watched(held_back):
    for member in held_back.members_:
        assert list(member.history) == ["loss", "val_loss"]
        assert len(member.history["loss"]) == len(member.history["val_loss"])
        assert min(member.history["val_loss"]) < member.history["val_loss"][0]


def test_what_is_held_back_has_no_part_in_the_training():
    """But for the unit of a series, its mean change, which is told by all of it."""
    other = SERIES.copy()
    # The mean change of the whole stays what it is.
    other[-4:] = other[-5] - (other[-4:] - other[-5])
    fits = [one(early_stopping=True, units="std").fit(y) for y in (SERIES, other)]
    losses = [fit.members_[0].history for fit in fits]
    naive = losses[0]["loss"][0] / losses[1]["loss"][0]  # losses are in units of it
    np.testing.assert_allclose(np.array(losses[0]["loss"]) / naive, losses[1]["loss"], rtol=0.05)
    assert losses[0]["val_loss"] != losses[1]["val_loss"]


def test_the_weights_kept_are_those_of_the_epoch_with_the_least_loss_of_what_was_held_back():
    kept = []

    def keep(state):
        kept.append(state)

    fitted = one(early_stopping=True, callback=keep).fit(SERIES)
    (member,) = fitted.members_
    best = int(np.argmin(member.history["val_loss"]))
    views = member.spec.architecture().unpack(member.weights)
    for name, array in kept[best].weights.items():
        np.testing.assert_array_equal(array, views[name])


def test_series_too_short_to_hold_anything_back_are_refused_in_words():
    with pytest.raises(ValueError, match="early_stopping=True holds the last horizon"):
        RNNForecaster(horizon=4, early_stopping=True).fit(np.arange(1.0, 9.0))


def test_a_last_horizon_that_nobody_has_seen_cannot_be_held_back():
    ends_unseen = np.r_[SERIES, np.full((4, 4), np.nan)]
    with pytest.raises(ValueError, match="no series that changes .* observed value there"):
        one(early_stopping=True).fit(ends_unseen)
    ends_unseen[-1, 0] = 70.0  # a single value of one series is enough
    assert len(one(early_stopping=True).fit(ends_unseen).members_[0].history["val_loss"]) > 0


def test_networks_that_ridge_is_as_good_as_are_told_of():
    y = np.column_stack([SERIES] * 2)
    lazy = one(early_stopping=True, callback=lambda state: True)  # after an epoch
    with pytest.warns(UnreliableForecastWarning, match="a ridge regression on the same windows"):
        lazy.fit(y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", "trained on")
        one(early_stopping=True, members="ridge").fit(y)  # is the floor itself


# Ctrl-C and divergence.


def interrupt_at(epoch, member=0):
    def interrupt(state):
        if (state.member, state.epoch) == (member, epoch):
            raise KeyboardInterrupt

    return interrupt


def test_ctrl_c_keeps_the_members_that_have_come_through_an_epoch():
    with pytest.warns(ConvergenceWarning, match="interrupted: 2 of 3 members"):
        fitted = model(n_members=3, callback=interrupt_at(2, member=1)).fit(SERIES)
    counts = [len(member.history["loss"]) for member in fitted.members_]
    assert len(counts) == 2 and counts[1] == 2
    assert np.isfinite(fitted.predict(7)).all()
    assert threading.active_count() < 10


def test_ctrl_c_before_an_epoch_has_ended_leaves_the_forecaster_as_it_was(plain, monkeypatch):
    again = pickle.loads(pickle.dumps(plain))
    before = state_of(again)

    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(members._Objective, "loss_and_gradient", interrupted)
    with pytest.raises(KeyboardInterrupt):
        again.fit(2.0 * SERIES)
    assert state_of(again) == before


def test_ctrl_c_ends_a_panel_a_backtest_and_a_search():
    interrupted = one(callback=interrupt_at(2))
    with pytest.raises(KeyboardInterrupt):
        PanelForecaster(interrupted).fit(make_frame([40, 40]))
    index = pd.date_range("2020", periods=48, freq="QS")
    y = pd.Series(SERIES[:, 0], index)
    with pytest.raises(KeyboardInterrupt):
        tsrnn.backtest(interrupted, y, horizon=4, n_windows=2)
    with pytest.raises(KeyboardInterrupt):
        cross_val_score(
            interrupted, pd.DataFrame(index=index), y, cv=TimeSeriesSplit(2, test_size=4)
        )


def test_training_that_diverges_says_so_and_leaves_the_forecaster_as_it_was(monkeypatch):
    fitted = one().fit(SERIES)
    before = state_of(fitted)
    monkeypatch.setitem(members._RATES, "dense", 1e30)
    with pytest.raises(TrainingDivergedError, match="Take logarithms by") as caught:
        fitted.fit(2.0 * SERIES)
    assert caught.value.step is not None and "(dense, window 6)" in str(caught.value)
    assert state_of(fitted) == before


def test_training_that_makes_the_loss_worse_keeps_the_best_and_says_so(monkeypatch):
    monkeypatch.setitem(members._RATES, "dense", 3.0)
    with pytest.warns(ConvergenceWarning, match="came to nothing better"):
        fitted = one().fit(SERIES)
    assert np.isfinite(fitted.predict(7)).all()


@pytest.mark.parametrize(
    "y",
    [
        [1e-30, 1e30] * 12,
        [1e-300, 1e5] * 12,
        np.r_[np.arange(1.0, 24.0), 1e300],
        np.exp(8.0 * np.arange(24.0)),
        -np.exp(8.0 * np.arange(24.0)),
        np.r_[np.full(12, 1e-40), 1.0, np.full(12, 1e-40)],
    ],
)
def test_orders_of_magnitude_are_forecast_finitely_or_refused_in_words(y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert np.isfinite(RNNForecaster(horizon=2, n_members=1, period=1).fit(y).predict(3)).all()


# Going on.


def test_a_warm_start_goes_on_from_the_weights_and_the_history(plain):
    first = model(warm_start=True).fit(SERIES)
    np.testing.assert_array_equal(first.predict(9), plain.predict(9))
    counts = [len(member.history["loss"]) for member in first.members_]
    begun = [member.history["loss"][0] for member in first.members_]
    first.fit(1.5 * SERIES[:, :2] + 3.0)
    for member, n, start in zip(first.members_, counts, begun, strict=True):
        assert len(member.history["loss"]) > n
        # Better than where it began at first: it knows the season.
        assert member.history["loss"][n] < 0.9 * start
    assert first.predict(9).shape == (9, 2)
    assert "_before" not in vars(first)


def test_a_warm_start_with_another_period_is_refused_and_leaves_the_forecaster_as_it_was():
    warm = one(warm_start=True, members="ridge").fit(SERIES)
    before = state_of(warm.set_params(period=6))
    words = "training cannot go on: .* with period 4, and that of these series is 6, .* stamps"
    with pytest.raises(ValueError, match=words):
        warm.fit(SERIES)
    assert state_of(warm) == before
    warm.set_params(warm_start=False).fit(SERIES)
    anew = one(members="ridge", period=6).fit(SERIES)
    np.testing.assert_array_equal(warm.predict(6), anew.predict(6))


def test_a_panel_whose_stamps_were_forgotten_does_not_go_on():
    frame = make_frame([40, 40])
    quarters = frame.assign(ds=np.tile(pd.date_range("2010", periods=40, freq="QS"), 2))
    warm = one(warm_start=True, members="ridge", period="auto")
    panel = quietly(PanelForecaster(warm, alias="f").fit, quarters)
    expected = panel.predict(4)
    with pytest.raises(ValueError, match="give them the stamps that the others had"):
        quietly(panel.fit, frame.assign(ds=np.tile(np.arange(40), 2)))
    pd.testing.assert_frame_equal(panel.predict(4), expected)


def test_a_warm_start_with_series_that_say_nothing_forgets_nothing():
    warm = one(warm_start=True).fit(SERIES)
    (before,) = warm.members_
    (after,) = warm.fit(np.full((20, 2), 3.0)).members_
    np.testing.assert_array_equal(after.weights, before.weights)
    assert after.history == before.history
    np.testing.assert_array_equal(warm.predict(6), 3.0)


def test_a_warm_start_with_other_wishes_is_refused_and_leaves_the_forecaster_as_it_was():
    fitted = one(warm_start=True, members="dense").fit(SERIES)
    for name, value in {"horizon": 3, "window": 8, "members": "gru", "units": "std"}.items():
        old = fitted.get_params()[name]
        before = state_of(fitted.set_params(**{name: value}))
        with pytest.raises(ValueError, match=f"training cannot go on: .* {name} "):
            fitted.fit(SERIES)
        assert state_of(fitted) == before
        fitted.set_params(**{name: old})
    with pytest.raises(ValueError, match="units='ratio' needs positive values"):
        fitted.fit(SERIES - 100.0)
    assert fitted.set_params(warm_start=False, window=8).fit(SERIES).members_[0].spec.window == 8


def test_conformal_intervals_are_not_learned_by_members_that_have_seen_what_they_forecast():
    warm = one(warm_start=True).fit(SERIES[:, :1])
    cold = one().fit(SERIES[:, :1])
    np.testing.assert_array_equal(
        warm.predict_interval(2, 0.5, method="conformal"),
        cold.predict_interval(2, 0.5, method="conformal"),
    )


def test_a_panel_goes_on_too():
    frame = make_frame([40, 40, 40])
    panel = PanelForecaster(one(warm_start=True, period=1), alias="f")
    quietly(panel.fit, frame)
    before = panel._fitted.members[0].model.state.network.members[0]
    quietly(panel.fit, frame[frame["unique_id"] != frame["unique_id"].iloc[0]])
    after = panel._fitted.members[0].model.state.network.members[0]
    n = len(before.history["loss"])
    assert after.history["loss"][:n] == before.history["loss"]
    assert len(after.history["loss"]) > n
    assert len(panel.ids_) == 2


# Other series without training.


def test_series_are_followed_as_if_they_had_been_there(plain):
    other = plain.apply(SERIES[:, 1:3])
    for found, expected in (
        (other.predict(9), plain.predict(9)[:, 1:3]),
        (other.predict_interval(9, 0.9), plain.predict_interval(9, 0.9)[..., 1:3]),
        (other.fitted_values_, plain.fitted_values_[:, 1:3]),
    ):
        np.testing.assert_allclose(found, expected, rtol=SINGLE)
    single = plain.apply(pd.Series(SERIES[:, 0], pd.date_range("2020", periods=48, freq="QS")))
    np.testing.assert_allclose(single.predict(9), plain.predict(9)[:, 0], rtol=SINGLE)
    assert single.predict(1).index[0] == pd.Timestamp("2032-01-01")
    assert plain.n_windows_ == other.n_windows_


@pytest.mark.parametrize("units", ["ratio", "std"])
@pytest.mark.parametrize("kind", ["dense", "gru", "lstm", "ridge"])
def test_constant_series_are_forecast_as_constant(kind, units):
    third = np.full(48, 1.0 / 3.0)
    both = one(members=kind, units=units).fit(np.column_stack([SERIES, third]))
    np.testing.assert_array_equal(both.predict(6)[:, -1], 1.0 / 3.0)
    np.testing.assert_array_equal(both.predict_interval(6)[:, :, -1], 1.0 / 3.0)
    followed = both.apply(np.full(20, 7.3e200))
    np.testing.assert_array_equal(followed.predict(6), 7.3e200)


def test_what_follows_other_series_is_updated_saved_and_fitted_as_any(plain, tmp_path):
    before = state_of(plain)
    other = plain.apply(SERIES[:40, :2]).update(SERIES[40:, :2])
    tsrnn.save(other, tmp_path / "model")
    np.testing.assert_array_equal(tsrnn.load(tmp_path / "model").predict(9), other.predict(9))
    assert vars(other).keys() == vars(plain).keys()
    again = other.fit(SERIES)  # and fitted anew
    np.testing.assert_array_equal(again.predict(9), plain.predict(9))
    assert state_of(plain) == before


def test_a_panel_follows_series_that_it_has_never_seen():
    frame = make_frame([40, 40, 40])
    frame["y"] += 100.0  # all are positive, and read as ratios
    names = frame["unique_id"].unique()
    panel = quietly(PanelForecaster(one(period=1), alias="f").fit, frame)
    new = frame[frame["unique_id"] == names[1]].assign(unique_id="new")
    other = quietly(panel.apply, new)
    assert list(other.ids_) == ["new"] and list(panel.ids_) == list(names)
    expected = panel.predict(6, level=[80]).query("unique_id == @names[1]")
    found = other.predict(6, level=[80])
    np.testing.assert_allclose(found.iloc[:, 2:], expected.iloc[:, 2:], rtol=SINGLE)
    # Of a bad series the others hear nothing.
    bad = new.assign(unique_id="bad", y=-1.0)
    both = quietly(panel.apply, pd.concat([new, bad]))
    assert list(both.failures_["unique_id"]) == ["bad"]
    assert "trained on series of positive values" in both.failures_["reason"][0]
    np.testing.assert_allclose(both.predict(6)["f"], found["f"], rtol=SINGLE)


def test_of_several_forecasters_each_is_applied_and_gone_on_with_by_its_name():
    frame = make_frame([40, 40])
    dense, ridge = (("d", one(warm_start=True, period=1)), ("r", one(members="ridge", period=1)))
    panel = quietly(PanelForecaster([dense, ridge]).fit, frame)
    expected = panel.predict(4)
    panel.set_params(forecaster=[ridge, dense])
    found = quietly(panel.apply, frame).predict(4)
    np.testing.assert_allclose(found["d"], expected["d"], rtol=SINGLE)
    np.testing.assert_allclose(found["r"], expected["r"], rtol=SINGLE)
    before = panel._fitted.members[0].model.state.network.members[0]
    after = quietly(panel.fit, frame)._fitted.members[1].model.state.network.members[0]
    assert len(after.history["loss"]) > len(before.history["loss"])
    panel.set_params(forecaster=[ridge, ("other", dense[1])])
    with pytest.raises(ValueError, match="others than those that were fitted"):
        panel.apply(frame)


def test_seasons_that_no_member_was_trained_for_are_failures():
    frame = make_frame([40, 40])
    quarters = frame.assign(ds=np.tile(pd.date_range("2010", periods=40, freq="QS"), 2))
    panel = quietly(PanelForecaster(one(period="auto"), alias="f").fit, quarters)
    months = frame.assign(ds=np.tile(pd.date_range("2010", periods=40, freq="MS"), 2))
    assert quietly(panel.apply, quarters).failures_.empty
    with pytest.raises(ValueError, match="a season of 12 steps, .* on series with period 4: set"):
        quietly(panel.apply, months)
    with pytest.raises(ValueError, match="has no season, or is too short for one"):
        quietly(panel.apply, quarters[:3])


@pytest.mark.parametrize(
    "forecaster",
    [RNNForecaster(Ridge(), window=3), WindowForecaster(Ridge(), lags=(1, 2))],
    ids=["windows", "lags"],
)
def test_a_single_regressor_follows_other_series_too(forecaster):
    fitted = forecaster.fit(SERIES)
    other = fitted.apply(SERIES[:, 2])
    np.testing.assert_allclose(other.predict(9), fitted.predict(9)[:, 2], rtol=1e-12)
    # Those that the regressor learned of the series that it was trained on.
    np.testing.assert_allclose(
        other.predict_interval(3, 0.8), fitted.predict_interval(3, 0.8)[..., 2], rtol=1e-12
    )
    with pytest.raises(ValueError, match="there are 1 regressors"):
        fitted.apply(TIMES[:, None], SERIES[:, 0])


@pytest.mark.parametrize(
    "forecaster", [RNNForecaster(Ridge(), window=12), WindowForecaster(Ridge(), lags=(1, 12))]
)
def test_series_shorter_than_what_was_trained_reads_are_not_followed(forecaster):
    with pytest.raises(ValueError, match="has 5 time steps .* and what was trained reads 12: give"):
        forecaster.fit(SERIES).apply(SERIES[:5, 0])


def test_forecasters_of_single_series_have_nothing_to_apply():
    panel = PanelForecaster(NaiveForecaster()).fit(make_frame([9, 9]))
    with pytest.raises(TypeError, match="NaiveForecaster cannot be applied to series that"):
        panel.apply(make_frame([9]))
    several = [NaiveForecaster(), ("drift", NaiveForecaster(strategy="drift"))]
    with pytest.raises(ValueError, match="others than those that were fitted"):
        panel.set_params(forecaster=several).apply(make_frame([9]))


# Arguments, and the picture.


@pytest.mark.parametrize(
    "arguments",
    [{"verbose": -1}, {"callback": "print"}, {"early_stopping": 1.5}, {"warm_start": "yes"}],
)
def test_other_arguments_are_refused(arguments):
    with pytest.raises(InvalidParameterError, match=next(iter(arguments))):
        model(**arguments).fit(SERIES)


@pytest.mark.parametrize(
    "arguments",
    [{"verbose": 1}, {"callback": print}, {"early_stopping": True}, {"warm_start": True}],
)
def test_arguments_that_a_single_regressor_would_ignore_are_refused(arguments):
    with pytest.raises(InvalidParameterError, match="set that of the estimator"):
        RNNForecaster(Ridge(), **arguments).fit(SERIES)


def test_the_losses_of_all_members_are_drawn(held_back):
    display = TrainingHistoryDisplay.from_estimator(held_back)
    assert list(display.lines_) == ["loss_0", "val_loss_0", "loss_1", "val_loss_1"]
    for i, member in enumerate(held_back.members_):
        drawn = display.lines_[f"val_loss_{i}"].get_ydata()
        np.testing.assert_array_equal(drawn, member.history["val_loss"])
    labels = [text.get_text() for text in display.axes_[0].get_legend().get_texts()]
    assert labels == ["training", "validation"]


def test_the_losses_of_members_of_a_panel_are_drawn():
    panel = quietly(PanelForecaster(one(period=1)).fit, make_frame([40, 40]))
    assert list(TrainingHistoryDisplay.from_estimator(panel).lines_) == ["loss_0"]


def test_the_losses_of_members_that_read_series_whole_are_drawn():
    whole = RNNForecaster(horizon=2, period=1, window="all", n_members=1, random_state=0)
    alone, panel = whole.fit(SERIES[:12]), PanelForecaster(clone(whole))
    for fitted in (alone, quietly(panel.fit, make_frame([12, 12]))):
        (line,) = TrainingHistoryDisplay.from_estimator(fitted).lines_.values()
        assert len(line.get_ydata()) > 1
    drawn = TrainingHistoryDisplay.from_estimator(alone).lines_["loss_0"].get_ydata()
    np.testing.assert_array_equal(drawn, alone.members_[0].history["loss"])
    with pytest.raises(TypeError, match="keeps no history"):
        TrainingHistoryDisplay.from_estimator(PretrainedRNNForecaster(period=4).fit(SERIES[:, 0]))
