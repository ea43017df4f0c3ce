"""What fitted panels must hold: a model, a grid and a name for each of their series."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tsrnn._time.panel_grid import PanelGrid
from tsrnn.compose.deseasonalize import DeseasonalizedPanel
from tsrnn.forecasting.panel_model import LoopedPanel
from tsrnn.forecasting.season import PanelSeasons
from tsrnn.panel.calibration import Scores
from tsrnn.panel.forecaster import PanelForecaster
from tsrnn.panel.frame import Panel
from tsrnn.panel.labels import Reach
from tsrnn.panel.seasons import GroupedPanel
from tsrnn.panel.state import FittedPanel, SeenRows
from tsrnn.saving.checks import fields
from tsrnn.saving.checks.fields import INT, require
from tsrnn.saving.checks.forecasters import (
    FITTED_MODELS,
    check_season,
    n_regressors_of,
    n_series_of,
)
from tsrnn.saving.checks.times import CODECS, goes_on
from tsrnn.smoothing.panel import SmootherPanel
from tsrnn.windows.model import WindowPanel

_MODELS = (DeseasonalizedPanel, GroupedPanel, LoopedPanel, SmootherPanel, WindowPanel)
_LEARNED = "feature_names_in_ _fitted ids_ _training _scores failures_ notes_".split()


def _n_series(model: Any) -> int:
    if isinstance(model, LoopedPanel):
        return len(model.models)
    return _n_series(model.inner) if isinstance(model, DeseasonalizedPanel) else model.n_series


def _n_regressors(model: Any) -> set[int | None]:
    """Return how many regressors the parts of a model read."""
    if isinstance(model, DeseasonalizedPanel):
        return _n_regressors(model.inner)
    if isinstance(model, GroupedPanel):
        return set().union(*(_n_regressors(one) for _, one in model.parts))
    if isinstance(model, LoopedPanel):
        return {n_regressors_of(one) for one in model.models if one is not None}
    if isinstance(model, WindowPanel):
        return {model.state.known.shape[2]}
    return {smoothers.coefficients.shape[1] for _, smoothers in model.parts}


def check_looped(one: LoopedPanel) -> None:
    """Check a model for each series that has not failed."""
    fields.tuple_of(one.models, "models", *FITTED_MODELS, type(None))
    n = len(one.models)
    failed = fields.failures(one.failures, "failures", n)
    for i, model in enumerate(one.models):
        require((model is None) == (i in failed), "there must be a model, or a failure")
        require(model is None or n_series_of(model) == 1, "a model must be of one series")
    fields.notes(one.notes, n)


def check_grouped(one: GroupedPanel) -> None:
    """Check groups of series: each series has a place in one of them, or a failure."""
    n = fields.whole(one.n_series, "n_series", 1)
    failed = fields.failures(one.failures, "failures", n)
    seen: set[int] = set()
    for part in fields.tuple_of(one.parts, "parts", tuple):
        require(len(part) == 2, "a part must be series and their model")
        series = fields.positions(part[0], "series", n).tolist()
        model = fields.kind(part[1], "the model of a group", *_MODELS)
        require(_n_series(model) == len(series), "the model must be of the series of its group")
        require(seen.isdisjoint(series), "a series must be in one group")
        gone = {series[i] for i in fields.failures(model.failures, "failures", len(series))}
        require(gone <= failed.keys(), "what failed in a group must have failed")
        seen.update(series)
    require(len(seen | failed.keys()) == n, "groups must hold all series but failures")
    fields.notes(one.notes, n)


def check_rows(one: SeenRows) -> None:
    """Check the last stamps of series whose rows are numbered."""
    fields.kind(one.codec, "codec", *CODECS)
    fields.array(one.last, "last", INT, None)


def check_deseasonalized(one: DeseasonalizedPanel) -> None:
    """Check the model of adjusted series."""
    n = _n_series(fields.kind(one.inner, "inner", *_MODELS))
    seasons = fields.kind(one.seasons, "seasons", PanelSeasons)
    require(len(seasons.factor) == n, f"seasons must be of {n} series")
    fields.array(one.constant, "constant", float, n)
    failed = fields.failures(one.failures, "failures", n)
    require(failed.keys() == one.inner.failures.keys(), "failures must be those within")
    good = np.setdiff1d(np.arange(n), list(failed)) if failed else slice(None)
    require(np.isfinite(one.constant[good]).all(), "constant must be finite")
    fields.notes(one.notes, n)


def check_panel(one: Panel) -> None:
    """Check series one after the other, with their stamps."""
    ids = fields.labels(one.ids, "ids")
    require(ids.is_unique, "ids must be different")
    values = fields.observations(one.values, "values", None)
    fields.numbers(one.regressors, "regressors", values.size, None)
    fields.array(one.ordinals, "ordinals", INT, values.size)  # of a fitted panel they are all 0
    fields.offsets(one.offsets, "offsets", values.size, len(ids))
    fields.kind(one.codec, "codec", *CODECS)


def check_fitted(one: FittedPanel) -> None:
    """Check that names, models and grids are of the same series."""
    ids = fields.labels(one.ids, "ids")
    n = len(ids)
    require(n and ids.is_unique, "ids must be different")
    model = fields.kind(one.model, "model", *_MODELS)
    require(_n_series(model) == n, f"the model must be of {n} series")
    grid = fields.kind(one.grid, "grid", PanelGrid)
    require(grid.group.size == n, f"the grid must be of {n} series")
    require(all(map(goes_on, grid.groups)), "stamps must go on")
    for i in fields.kind(one.gone, "gone", frozenset):
        fields.whole(i, "a series that is gone", 0, n - 1)
    require(one.gone >= set(model.failures), "what failed must be gone")
    if one.rows is not None:
        rows = fields.kind(one.rows, "rows", SeenRows)
        require(rows.last.size == n, f"rows must be of {n} series")
    if one.n_filled is not None:
        n_filled = fields.array(one.n_filled, "n_filled", INT, n)
        require((n_filled >= 0).all(), "n_filled must not be below 0")
    fields.kind(one.reach, "reach", Reach, type(None))


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


def check_forecaster(one: PanelForecaster) -> None:
    """Check a panel forecaster, if it is fitted."""
    if not fields.is_fitted(one):
        return
    if "_fitted" not in vars(one):  # a cross-validation alone keeps what failed in it
        left = {name for name in vars(one) if name.endswith("_")}
        require(left == {"cross_validation_failures_"}, "a fitted panel has its series")
        return
    fields.members(one, _LEARNED)
    fields.arguments(one)
    fitted = fields.kind(one._fitted, "the series", FittedPanel)
    panel = fields.kind(one._training, "the training series", Panel)
    require(panel.ids.equals(fitted.ids), "the training series must be those that were fitted")
    codec = fitted.grid.codec if fitted.rows is None else fitted.rows.codec
    require(type(panel.codec) is type(codec), "stamps must be of one kind")
    require(panel.codec == codec, "stamps must be of one kind")
    require((panel.lengths >= 2).all(), "a series has two rows")
    p = panel.regressors.shape[1]
    require(_n_regressors(fitted.model) <= {None, p}, f"models must read {p} regressors")
    fields.labels(one.ids_, "ids_", len(fitted.active))
    names = fields.array(one.feature_names_in_, "feature_names_in_", object, p)
    require(all(pd.api.types.is_hashable(name) for name in names), "names must be labels")
    for horizon, scores in fields.kind(one._scores, "scores", dict).items():
        fields.kind(scores, "scores", Scores)
        fields.whole(horizon, "a horizon", 1)
        require(scores.errors.shape[1] == horizon, "scores must be of the horizon")
    for name, others in (("failures_", ["reason", "exception"]), ("notes_", ["note"])):
        table = fields.kind(getattr(one, name), name, pd.DataFrame)
        is_one = list(table.columns[1:]) == others
        require(is_one, f"{name} must have the columns id, {', '.join(others)}")


CHECKS = {
    DeseasonalizedPanel: check_deseasonalized,
    FittedPanel: check_fitted,
    GroupedPanel: check_grouped,
    LoopedPanel: check_looped,
    Panel: check_panel,
    PanelForecaster: check_forecaster,
    Reach: check_reach,
    Scores: check_scores,
    SeenRows: check_rows,
    PanelSeasons: check_season,
}
