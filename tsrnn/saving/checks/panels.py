"""Rules for fitted panels: a model, a grid and a name for each of their series."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tsrnn._input.frames import LIBRARIES, TYPES, FrameKind
from tsrnn._time.panel_grid import PanelGrid
from tsrnn.features.time_features import TimeFeatures
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.panel.calibration import Scores
from tsrnn.panel.forecaster import PanelForecaster
from tsrnn.panel.forms import FrameForm
from tsrnn.panel.frame import Panel
from tsrnn.panel.labels import Reach
from tsrnn.panel.reading import FittedFrame
from tsrnn.panel.state import FittedMember, FittedPanel, SeenRows
from tsrnn.saving.checks import fields
from tsrnn.saving.checks.fields import INT, require
from tsrnn.saving.checks.models import n_regressors_of, of_panel
from tsrnn.saving.checks.times import CODECS, goes_on

_LEARNED = "feature_names_in_ ids_ failures_ notes_".split()
_LEARNED += "_fitted _frame _forecasters _training _scores".split()


def check_rows(one: SeenRows) -> None:
    """Check the last stamps of series whose rows are numbered."""
    fields.kind(one.codec, "codec", *CODECS)
    fields.array(one.last, "last", INT, None)


def check_panel(one: Panel) -> None:
    """Check series one after the other, with their stamps."""
    ids = fields.labels(one.ids, "ids")
    require(ids.is_unique, "ids must be different")
    values = fields.observations(one.values, "values", None)
    fields.numbers(one.regressors, "regressors", values.size, None)
    fields.array(one.ordinals, "ordinals", INT, values.size)  # all 0 in those saved before 0.2
    fields.offsets(one.offsets, "offsets", values.size, len(ids))
    fields.kind(one.codec, "codec", *CODECS)
    if one.static is not None:
        fields.numbers(one.static, "static", len(ids), None)


def check_fitted(one: FittedPanel) -> None:
    """Check that names, models and grids are of the same series."""
    ids = fields.labels(one.ids, "ids")
    n = len(ids)
    require(n and ids.is_unique, "ids must be different")
    members = fields.tuple_of(one.members, "members", FittedMember)
    require(members, "there must be a model")
    names = [member.name for member in members]
    require(len({*names}) == len(names), "names must be different")
    require(names == [None] or None not in names, "several models must have names")
    grid = fields.kind(one.grid, "grid", PanelGrid)
    require(grid.group.size == n, f"the grid must be of {n} series")
    require(all(map(goes_on, grid.groups)), "stamps must go on")
    for member in members:
        model = of_panel(member.model, n)
        for i in member.left_out:
            fields.whole(i, "a series that is left out", 0, n - 1)
        require(member.left_out >= set(model.failures), "what failed must be left out")
    if one.rows is not None:
        rows = fields.kind(one.rows, "rows", SeenRows)
        require(rows.last.size == n, f"rows must be of {n} series")
    if one.n_filled is not None:
        n_filled = fields.array(one.n_filled, "n_filled", INT, n)
        require((n_filled >= 0).all(), "n_filled must not be below 0")
    fields.kind(one.reach, "reach", Reach, type(None))
    if any(member.features for member in members):
        n_seen = fields.array(one.n_seen, "n_seen", INT, n)
        require((n_seen >= 1).all(), "n_seen must be positive")


def check_kind(one: FrameKind) -> None:
    """Check which library a frame is of, and the types of its columns."""
    fields.choice(one.library, "library", ("pandas", *LIBRARIES))
    for name, parts in fields.kind(one.types, "types", dict).items():
        fields.kind(name, "the name of a column", str)
        first, *_ = fields.tuple_of(parts, "a type", str)
        fields.choice(first, "a type", TYPES)


def check_form(one: FrameForm) -> None:
    """Check what a frame looked like."""
    fields.kind(one.kind, "kind", FrameKind)
    levels = fields.tuple_of(one.levels, "levels", tuple)
    require(all(len(pair) == 2 for pair in levels), "levels must be pairs")
    labels = [*(name for _, name in levels), one.name]
    require(all(map(pd.api.types.is_hashable, labels)), "names must be labels")
    fields.flag(one.is_flat, "is_flat")
    if one.series is not None:
        fields.labels(one.series, "series")
    roles = sorted(fields.kind(role, "a role", str) for role, _ in levels)
    accepted: tuple[list[str], ...] = ([], ["id", "time"]) if one.series is None else ([], ["time"])
    require(roles in accepted, "levels are the series and the time, of a wide frame the time")


def check_frame(one: FittedFrame) -> None:
    """Check what further frames are read by."""
    fields.kind(one.form, "form", FrameForm)
    names = [
        *fields.kind(one.regressors, "regressors", list),
        *fields.tuple_of(one.left_alone, "left_alone", object),
    ]
    require(all(map(pd.api.types.is_hashable, names)), "names must be labels")
    table = fields.kind(one.static, "static", pd.DataFrame)
    require(table.shape[1] >= 1, "static must name the series")
    if one.learned is not None:
        known = fields.kind(one.learned, "learned", pd.DataFrame)
        require({*known.columns[1:]} == {*table.columns[1:]}, "learned must be of static columns")


def check_member(one: FittedMember) -> None:
    """Check what is known of a forecaster."""
    fields.kind(one.left_out, "left_out", frozenset)
    fields.tuple_of(one.features, "features", TimeFeatures)
    fields.kind(one.name, "name", str, type(None))


def check_reach(one: Reach) -> None:
    """Check how far rows reached into their steps."""
    fields.whole(one.n_steps, "n_steps")
    fields.whole(one.least, "least", -(2**63), 2**63 - 1)
    fields.whole(one.pause, "pause", 0, 2**63 - 1)
    require(np.isfinite(fields.number(one.length, "length", 0.0)), "length must be finite")


def check_scores(one: Scores) -> None:
    """Check errors of past forecasts."""
    errors = fields.observations(one.errors, "errors", None, None)
    fields.array(one.lengths, "lengths", INT, len(errors))


def _check_learned(
    fitted: FittedPanel, member: FittedMember, n_names: int, training: Panel, scores: dict
) -> None:
    """Check what a forecaster has learned from."""
    require(training.ids.equals(fitted.ids), "the training series must be those that were fitted")
    codec = fitted.grid.codec if fitted.rows is None else fitted.rows.codec
    require(type(training.codec) is type(codec), "stamps must be of one kind")
    require(training.codec == codec, "stamps must be of one kind")
    require((training.lengths >= 2).all(), "a series has two rows")
    p = training.regressors.shape[1]
    require(n_regressors_of(member.model) <= {None, p}, f"models must read {p} regressors")
    p -= sum(part.n_columns for part in member.features)
    require(n_names == p, f"feature_names_in_ must be {p} names")
    for horizon, one in scores.items():
        fields.kind(one, "scores", Scores)
        fields.whole(horizon, "a horizon", 1)
        require(one.errors.shape[1] == horizon, "scores must be of the horizon")


def check_forecaster(one: PanelForecaster) -> None:
    """Check a panel forecaster, if it is fitted."""
    if not fields.is_fitted(one):
        return
    if "_fitted" not in vars(one):  # a cross-validation alone keeps what it has to tell
        left = {name for name in vars(one) if name.endswith("_")}
        told = {"cross_validation_failures_", "cross_validation_notes_"}
        require(left <= told, "a fitted panel has its series")
        return
    fields.members(one, _LEARNED)
    fields.arguments(one)
    fitted = fields.kind(one._fitted, "the series", FittedPanel)
    names = fields.array(one.feature_names_in_, "feature_names_in_", object, None)
    require(all(pd.api.types.is_hashable(name) for name in names), "names must be labels")
    fields.labels(one.ids_, "ids_", len(fitted.active))
    frame = fields.kind(one._frame, "the frame", FittedFrame)
    require(frame.regressors == names.tolist(), "regressors must be those that were fitted")
    known = pd.Index(frame.static.iloc[:, 0])
    require(known.is_unique and one.ids_.isin(known).all(), "static must tell of every series")
    form = frame.form
    if form.series is not None:
        named = form.series.to_flat_index()
        require(named.is_unique and one.ids_.isin(named).all(), "series must be those of the frame")
    forecasters = fields.tuple_of(one._forecasters, "the forecasters", Forecaster)
    require(len(forecasters) == len(fitted.members), "each forecaster has a model")
    training = fields.tuple_of(one._training, "the training series", Panel)
    scores = fields.tuple_of(one._scores, "scores", dict)
    for member, *of_member in zip(fitted.members, training, scores, strict=True):
        _check_learned(fitted, member, names.size, *of_member)
    model = [] if fitted.members[0].name is None else ["model"]
    for name, others in (("failures_", ["reason", "exception"]), ("notes_", ["note"])):
        table = fields.kind(getattr(one, name), name, pd.DataFrame)
        is_one = list(table.columns[1:]) == model + others
        require(is_one, f"{name} must have the columns id, {', '.join(others)}")


CHECKS = {
    FittedFrame: check_frame,
    FittedMember: check_member,
    FittedPanel: check_fitted,
    FrameForm: check_form,
    FrameKind: check_kind,
    Panel: check_panel,
    PanelForecaster: check_forecaster,
    Reach: check_reach,
    Scores: check_scores,
    SeenRows: check_rows,
}
