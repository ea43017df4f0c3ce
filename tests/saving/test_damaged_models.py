"""Models whose parts do not fit each other are neither saved nor loaded."""

import datetime
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from saved_models import (
    INDEXES,
    fitted,
    fitted_network,
    fitted_panel,
    long_frame,
    with_states_of_two_sizes,
)
from saved_models import series as y_of

import tsrnn
from tsrnn import NaiveForecaster, PanelForecaster
from tsrnn._time.stamps import Durations, WholeNumbers
from tsrnn._time.steps import BusinessSteps
from tsrnn.exceptions import ModelFormatError
from tsrnn.forecasting.looped_panel import LoopedPanel
from tsrnn.forecasting.season import Seasons
from tsrnn.saving import file as saving


@pytest.fixture
def loaded(tmp_path, monkeypatch):
    """Save a model whatever it holds, and load it."""

    def save_and_load(model):
        with monkeypatch.context() as patch:
            unchecked = {kind: one._replace(check=None) for kind, one in saving._CODECS.items()}
            patch.setattr(saving, "_CODECS", unchecked)
            tsrnn.save(model, tmp_path / "model")
        return tsrnn.load(tmp_path / "model")

    return save_and_load


def _smoothers(name="damped", **changes):
    """A fitted smoother with parts of another size."""
    model = fitted(name, y_of())
    ((series, batch),) = model._model.parts
    changes = {key: change(getattr(batch, key)) for key, change in changes.items()}
    model._model = replace(model._model, parts=((series, replace(batch, **changes)),))
    return model


def _model_of(name, **changes):
    """A forecaster of a column with a changed model."""
    model = fitted(name, y_of())
    model._model = replace(model._model, **changes)
    return model


def _naive(**changes):
    return _model_of("seasonal_naive", **changes)


def _two_sizes(change, name="initial_state_"):
    """States of columns one after the other, as an array of arrays."""
    model = with_states_of_two_sizes()
    states = np.empty(2, dtype=object)
    states[0], states[1] = getattr(model, name)
    setattr(model, name, change(states))
    return model


def _in_place(states, place, value):
    states[place] = value
    return states


def _of_durations(**changes):
    index = pd.timedelta_range("1s", periods=36, freq="s")
    model = fitted("naive", pd.Series(y_of(), index))
    changes = {name: change(getattr(model._grid, name)) for name, change in changes.items()}
    model._grid = replace(model._grid, **changes)
    return model


def _laid_out(**changes):
    model = fitted("naive", y_of())
    model._layout = replace(model._layout, **changes)
    return model


def _without(name, attribute):
    model = fitted(name, y_of())
    delattr(model, attribute)
    return model


def _listed(**changes):
    def changed(one):
        (steps,) = one.grid.groups
        return replace(one, grid=replace(one.grid, groups=(replace(steps, **changes),)))

    return _panel(changed, "holidays")


def _network(name="texts", **changes):
    model, *_ = fitted_network(name)
    vars(model).update(changes)
    return model


def _optimizer(change):
    model, *_ = fitted_network("gru_classes")
    solver, state = model._optimizer_state
    model._optimizer_state = (solver, change(state))
    return model


def _panel(change, name="weeks"):
    panel = fitted_panel(name)
    panel._fitted = change(panel._fitted)
    return panel


def _named(name):
    """A panel with a regressor of some name."""
    frame = long_frame(INDEXES["months"])
    panel = PanelForecaster(NaiveForecaster()).fit(frame.assign(price=1.0))
    panel.feature_names_in_[0] = name
    return panel


def _with_model(fitted_panel, model):
    (member,) = fitted_panel.members
    return replace(fitted_panel, members=(replace(member, model=model),))


def _smoother_panel(change):
    def changed(fitted_panel):
        model = fitted_panel.members[0].model
        ((series, batch),) = model.parts
        return _with_model(fitted_panel, replace(model, parts=(change(series, batch),)))

    return _panel(changed)


def _grid(**changes):
    def changed(one):
        changed = {key: change(getattr(one.grid, key)) for key, change in changes.items()}
        return replace(one, grid=replace(one.grid, **changed))

    return _panel(changed)


NAN, INF = np.nan, np.inf
DAMAGED = {
    "word beyond the embedding": lambda: _network(vocabulary_={"zz": 50}),
    "word below 0": lambda: _network(vocabulary_={"zz": -1}),
    "word of half an id": lambda: _network(vocabulary_={"zz": 1.5}),
    "more words than rows": lambda: _network(_n_tokens=11),
    "more ids than rows": lambda: _network("text_ids", _n_tokens=10**6),
    "another embedding": lambda: _network(_network=replace(_network()._network, n_tokens=11)),
    "classes of another number": lambda: _network(classes_=np.array(["a", "b", "c"])),
    "classes that descend": lambda: _network(classes_=np.array(["b", "a"])),
    "weights that are NaN": lambda: _network(
        "gru", weights_=fitted_network("gru")[0].weights_ | {"b_y": np.full(2, NAN)}
    ),
    "features of another number": lambda: _network("gru", n_features_in_=2),
    "units of another number": lambda: _network("gru", input_center_=np.zeros(2)),
    "a unit of 0": lambda: _network("gru", target_spread_=np.zeros(2)),
    "optimiser too short": lambda: _optimizer(lambda state: (state[0][:-1], *state[1:])),
    "optimiser of another type": lambda: _optimizer(
        lambda state: (state[0].astype("f4"), *state[1:])
    ),
    "optimiser without steps": lambda: _optimizer(lambda state: state[:2]),
    "states in another order": lambda: _two_sizes(lambda states: states[::-1].copy()),
    "too few states": lambda: _two_sizes(lambda states: states[:1].copy()),
    "states that are words": lambda: _two_sizes(lambda states: _in_place(states, 0, "zz")),
    "a state of integers": lambda: _two_sizes(lambda states: _in_place(states, 0, np.array([1]))),
    "a state that is none": lambda: _two_sizes(lambda states: _in_place(states, 1, None)),
    "states within states": lambda: _two_sizes(lambda states: _in_place(states, 1, states[:1])),
    "last states in another order": lambda: _two_sizes(lambda s: s[::-1].copy(), "state_"),
    "states of two axes": lambda: _two_sizes(lambda states: states[:, None]),
    "classes of several types": lambda: _network(classes_=np.array(["neg", 5], dtype=object)),
    "a name that is a list": lambda: _named(["zz"]),
    "a name that is an array": lambda: _named(np.zeros(2)),
    "a series whose name is a list": lambda: _laid_out(
        names=pd.Index(np.array([["zz"], None], dtype=object)[:1])
    ),
    "state of too few rows": lambda: _smoothers(state=lambda state: state[:1]),
    "state of no rows": lambda: _smoothers(state=lambda state: state[:0]),
    "state of other columns": lambda: _smoothers(state=lambda state: np.c_[state, state]),
    "state that is NaN": lambda: _smoothers(state=lambda state: state * NAN),
    "state of floats of half": lambda: _smoothers(state=lambda state: state.astype("f4")),
    "theta of no columns": lambda: _smoothers(theta=lambda theta: theta[:, :0]),
    "theta of too few rows": lambda: _smoothers("triple", theta=lambda theta: theta[:3]),
    "theta above 1": lambda: _smoothers(theta=lambda theta: theta + 1.5),
    "deviation below 0": lambda: _smoothers(sigma=lambda sigma: -sigma),
    "spread of 0": lambda: _smoothers(scaling=lambda one: replace(one, spread=0 * one.spread)),
    "another period": lambda: _smoothers("triple", structure=lambda one: replace(one, period=5)),
    "a huge period": lambda: _smoothers("triple", structure=lambda one: replace(one, period=10**9)),
    "a season of 0": lambda: _smoothers(
        "multiplicative", state=lambda s: s * np.r_[1, 1, 0, 1, 1, 1][:, None]
    ),
    "uncertain beyond": lambda: _smoothers(uncertain=lambda old: np.array([3])),
    "more series than there is memory for": lambda: _panel(
        lambda one: _with_model(one, replace(one.members[0].model, n_series=10**30))
    ),
    "a part shorter than its smoothers": lambda: _smoother_panel(lambda s, batch: (s[:-1], batch)),
    "a series in two places": lambda: _smoother_panel(lambda s, batch: (s * 0, batch)),
    "a series beyond": lambda: _smoother_panel(lambda s, batch: (s + 1, batch)),
    "durations on a codec of integers": lambda: _of_durations(
        grid=lambda one: replace(one, codec=WholeNumbers(np.dtype(np.int64)))
    ),
    "durations of another unit": lambda: _of_durations(
        grid=lambda one: replace(one, codec=Durations("ns"))
    ),
    "durations with steps of dates": lambda: _of_durations(
        grid=lambda one: replace(one, groups=(BusinessSteps(np.array([1]), np.array([0]), 1),))
    ),
    "durations off their steps": lambda: _of_durations(
        index=lambda _: pd.timedelta_range("2s", periods=36, freq="2s")
    ),
    "a grid of two series": lambda: _of_durations(
        grid=lambda one: one.take(np.zeros(2, dtype=np.int64))
    ),
    "an offset that lists other dates": lambda: _listed(
        offset=pd.offsets.CustomBusinessDay(offset=datetime.timedelta(seconds=1))
    ),
    "an offset that goes back": lambda: _listed(offset=pd.offsets.CustomBusinessDay(-1)),
    "an offset that stays where it is": lambda: _listed(offset=pd.offsets.Day(0)),
    "no windows": lambda: _without("windows", "n_windows_"),
    "no trained regressor": lambda: _without("windows", "estimator_"),
    "no variance": lambda: _without("windows", "sigma2_"),
    "no change": lambda: _without("drift", "drift_"),
    "no criterion": lambda: _without("damped", "aicc_"),
    "no value to repeat": lambda: _naive(last=np.zeros((0, 1)), age=np.zeros((0, 1))),
    "ages of another shape": lambda: _naive(age=np.zeros((3, 1))),
    "what was seen is lacking": lambda: _naive(last=np.full((4, 1), NAN)),
    "groups that miss a series": lambda: _grid(group=lambda group: group - [0, 0, 1]),
    "members in two places": lambda: _grid(member=lambda member: member * 0),
    "no groups": lambda: _grid(groups=lambda groups: ()),
    "another number of names": lambda: _panel(lambda one: replace(one, ids=one.ids[:2])),
    "a column that failed": lambda: _model_of("damped", failures={0: ValueError("e")}),
    "notes of a panel on a column": lambda: _model_of("damped", notes={}),
    "a window on a column lacking": lambda: _model_of("windows", n_series=2),
    "a panel within a column": lambda: _model_of(
        "deseasonalized", inner=LoopedPanel((fitted("naive", y_of())._model,), {})
    ),
    "a column within a panel": lambda: _panel(
        lambda one: _with_model(one, fitted("naive", np.c_[y_of(), y_of(), y_of()])._model)
    ),
    "an adjusted panel of a column's model": lambda: _panel(
        lambda one: _with_model(
            one,
            replace(
                model := one.members[0].model,
                inner=replace(model.inner, notes=(UserWarning("n"),)),
            ),
        ),
        "utc",
    ),
    "seasons of other series": lambda: _model_of(
        "deseasonalized", constant=np.zeros(2), seasons=Seasons(np.ones((2, 4)), np.ones((2, 4)))
    ),
    "left out that there is not": lambda: _panel(
        lambda one: replace(one, members=(replace(one.members[0], left_out=frozenset({7})),))
    ),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_parts_that_do_not_fit_each_other_are_refused(loaded, name, tmp_path):
    model = DAMAGED[name]()
    with pytest.raises(ModelFormatError, match="model holds no model that tsrnn 0"):
        loaded(model)
    with pytest.raises(TypeError, match="cannot be saved: "):
        tsrnn.save(model, tmp_path / "another")
