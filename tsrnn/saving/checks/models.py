"""Checks of fitted models, of columns and of panels, and of how they hold each other."""

from __future__ import annotations

from typing import Any

import numpy as np

from tsrnn.compose.ensemble_model import EnsembleModel
from tsrnn.compose.regression_model import RegressionModel
from tsrnn.compose.scales import KINDS, Scale
from tsrnn.compose.transformed_model import TransformedModel
from tsrnn.forecasting.deseasonalized import DeseasonalizedModel
from tsrnn.forecasting.looped_panel import LoopedPanel
from tsrnn.forecasting.naive import NaiveModel
from tsrnn.forecasting.season import Seasons
from tsrnn.forecasting.several_seasons import SeveralSeasons
from tsrnn.panel.seasons import GroupedPanel
from tsrnn.saving.checks import fields
from tsrnn.saving.checks.fields import require
from tsrnn.smoothing.demand_model import DemandModel
from tsrnn.smoothing.model import SmoothingModel
from tsrnn.theta.model import ThetaModel
from tsrnn.windows.model import WindowModel

# Models around another one.
_AROUND = (DeseasonalizedModel, RegressionModel, TransformedModel)

# Models of columns alone, of panels alone, and of either.
_OF_BOTH = (*_AROUND, DemandModel, EnsembleModel, SmoothingModel, ThetaModel, WindowModel)
_OF_COLUMNS = (*_OF_BOTH, NaiveModel)
_OF_PANELS = (*_OF_BOTH, GroupedPanel, LoopedPanel)


def n_series_of(model: Any) -> int:
    """Return how many series a model has."""
    if isinstance(model, NaiveModel):
        return model.drift.size
    if isinstance(model, LoopedPanel):
        return len(model.models)
    is_one_to_one = isinstance(model, DeseasonalizedModel | RegressionModel)
    return n_series_of(model.inner) if is_one_to_one else model.n_series


def n_regressors_of(model: Any) -> set[int | None]:
    """Return how many regressors the parts of a model read, None where any number will do."""
    if isinstance(model, RegressionModel):
        return {len(model.names)}
    if isinstance(model, _AROUND):
        return n_regressors_of(model.inner)
    if isinstance(model, GroupedPanel):
        return set().union(*(n_regressors_of(one) for _, one in model.parts))
    if isinstance(model, LoopedPanel):
        return set().union(*(n_regressors_of(one) for one in model.models if one is not None))
    if isinstance(model, EnsembleModel):
        return {model.past.regressors.shape[1]}
    if isinstance(model, WindowModel):
        return {model.state.n_regressors}
    if isinstance(model, ThetaModel):
        return {0}
    if isinstance(model, SmoothingModel):
        return {smoothers.coefficients.shape[1] for _, smoothers in model.parts}
    return {None}


def of_columns(model: Any, *kinds: type) -> Any:
    """Check a model of columns: none of them has failed."""
    fields.kind(model, "the model", *(kinds or _OF_COLUMNS))
    fields.tuple_of(model.notes, "notes", Warning)
    if isinstance(model, _OF_BOTH):
        require(not model.failures, "no column may have failed")
    if isinstance(model, _AROUND):
        of_columns(model.inner)
    return model


def of_panel(model: Any, n_series: int | None = None) -> Any:
    """Check a model of a panel of so many series, and what it says of them."""
    fields.kind(model, "the model", *_OF_PANELS)
    n = n_series_of(model)
    require(n_series in (None, n), f"the model must be of {n_series} series")
    if not isinstance(model.notes, tuple) or model.notes:  # none of a model that has moved on
        fields.notes(model.notes, n)
    if isinstance(model, _AROUND):
        of_panel(model.inner)
    return model


def of_either(model: Any) -> Any:
    """Check a model of columns or of a panel."""
    return fields.kind(model, "the model", *_OF_COLUMNS, *_OF_PANELS)


def check_season(one: Seasons) -> None:
    """Check the seasons of columns or of a panel."""
    factor = fields.numbers(one.factor, "factor", None, None)
    require(factor.size and (factor != 0.0).all(), "factor must not be 0, or empty")
    fields.numbers(one.offset, "offset", *factor.shape)


def check_several_seasons(one: SeveralSeasons) -> None:
    """Check seasons that are put on each other."""
    parts = fields.tuple_of(one.parts, "parts", Seasons)
    require(len(parts) > 1, "parts must be several")
    spread = fields.numbers(one.spread, "spread", None, low=0.0)
    sizes = {len(part.factor) for part in parts}
    require(sizes == {spread.size}, "parts and spread must be of the same series")


def check_deseasonalized(one: DeseasonalizedModel) -> None:
    """Check the model of adjusted series."""
    n = n_series_of(fields.kind(one.inner, "inner", *_OF_COLUMNS, *_OF_PANELS))
    seasons = fields.kind(one.seasons, "seasons", Seasons, SeveralSeasons)
    first = seasons.parts[0] if isinstance(seasons, SeveralSeasons) else seasons
    require(len(first.factor) == n, f"seasons must be of {n} series")
    fields.array(one.constant, "constant", float, n)
    failed = fields.failures(one.failures, "failures", n)
    within = () if isinstance(one.inner, NaiveModel) else one.inner.failures
    require(failed.keys() == set(within), "failures must be those within")
    good = np.setdiff1d(np.arange(n), list(failed)) if failed else slice(None)
    require(np.isfinite(one.constant[good]).all(), "constant must be finite")
    check_notes(one.notes, n)


def check_scale(one: Scale) -> None:
    """Check the scales of series."""
    fields.choice(one.kind, "kind", (None, *KINDS))
    lower, upper = fields.number(one.lower, "lower"), fields.number(one.upper, "upper")
    require(lower < upper, "lower must be below upper")
    is_finite = (np.isfinite(lower), np.isfinite(upper))
    needs = {None: (False, False), "logit": (True, True)}.get(one.kind, (True, False))
    require(all(map(np.greater_equal, is_finite, needs)), "the kind needs finite bounds")
    exponent = fields.numbers(one.exponent, "exponent", None, low=0.0)
    unit = fields.numbers(one.unit, "unit", exponent.size, low=0.0)
    require((unit > 0.0).all(), "unit must not be 0")
    fields.array(one.falls, "falls", bool, exponent.size)
    fields.numbers(one.reach, "reach", 2, exponent.size)
    require(one.functions is None, "functions are not read from files")


def check_transformed(one: TransformedModel) -> None:
    """Check the model of series on a scale."""
    n = fields.whole(one.n_series, "n_series", 1)
    k = n_series_of(fields.kind(one.inner, "inner", *_OF_COLUMNS, *_OF_PANELS))
    series = fields.positions(one.series, "series", n, k).tolist()
    scale = fields.kind(one.scale, "scale", Scale)
    require(scale.exponent.size == k, f"the scale must be of {k} series")
    fields.flag(one.bias_adjust, "bias_adjust")
    failed = fields.failures(one.failures, "failures", n)
    within = () if isinstance(one.inner, NaiveModel) else one.inner.failures
    require({series[i] for i in within} <= failed.keys(), "what failed within must have failed")
    require(len({*series, *failed}) == n, "the model must hold all series but failures")
    if one.known is not None:
        fields.array(one.known, "known", float, None, k)
    latest = fields.tuple_of(one.latest, "latest", np.ndarray)
    further = len(one.inner.latest) if isinstance(one.inner, TransformedModel) else 0
    told = "latest must be predictions and deviations on each scale"
    require(len(latest) in (0, 2 + further), told)
    for part in latest:
        fields.array(part, "latest", float, len(latest[0]), k)
    check_notes(one.notes, n)


def check_looped(one: LoopedPanel) -> None:
    """Check a model for each series that has not failed."""
    fields.kind(one.models, "models", tuple)
    n = len(one.models)
    failed = fields.failures(one.failures, "failures", n)
    for i, model in enumerate(one.models):
        require((model is None) == (i in failed), "there must be a model, or a failure")
        require(model is None or n_series_of(of_columns(model)) == 1, "a model is of one series")
    fields.notes(one.notes, n)


def check_grouped(one: GroupedPanel) -> None:
    """Check groups of series: each series has a place in one of them, or a failure."""
    n = fields.whole(one.n_series, "n_series", 1)
    failed = fields.failures(one.failures, "failures", n)
    seen: set[int] = set()
    for part in fields.tuple_of(one.parts, "parts", tuple):
        require(len(part) == 2, "a part must be series and their model")
        series = fields.positions(part[0], "series", n).tolist()
        model = of_panel(part[1], len(series))
        require(seen.isdisjoint(series), "a series must be in one group")
        lost = {series[i] for i in fields.failures(model.failures, "failures", len(series))}
        require(lost <= failed.keys(), "what failed in a group must have failed")
        seen.update(series)
    require(len(seen | failed.keys()) == n, "groups must hold all series but failures")
    fields.notes(one.notes, n)


def check_found(one: DemandModel | SmoothingModel | WindowModel, found: np.ndarray) -> None:
    """Check that a model holds all series but failures, and what it says of them."""
    n = fields.whole(one.n_series, "n_series", 1)
    held, failed = set(found.tolist()), fields.failures(one.failures, "failures", n)
    require(len(held | failed.keys()) == n, "the model must hold all series but failures")
    require(held.isdisjoint(failed), "the model must hold no failures")
    check_notes(one.notes, n)


def check_notes(notes: Any, n: int) -> None:
    """Check notes of columns or of a panel."""
    if isinstance(notes, tuple):
        fields.tuple_of(notes, "notes", Warning)
    else:
        fields.notes(notes, n)


CHECKS = {
    DeseasonalizedModel: check_deseasonalized,
    GroupedPanel: check_grouped,
    LoopedPanel: check_looped,
    Scale: check_scale,
    Seasons: check_season,
    SeveralSeasons: check_several_seasons,
    TransformedModel: check_transformed,
}
