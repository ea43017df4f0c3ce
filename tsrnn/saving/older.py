"""Contents of files of older versions, made what they are now."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tsrnn._input.scaling import Scaling
from tsrnn._optim.losses import SquaredErrorLoss
from tsrnn._recurrent.architecture import Architecture
from tsrnn._time.grid import TimeGrid
from tsrnn._time.panel_grid import PanelGrid
from tsrnn._time.steps import BusinessSteps, EvenSteps, ListedSteps, MonthSteps
from tsrnn.compose.combining import Span
from tsrnn.compose.deseasonalize import DeseasonalizedForecaster
from tsrnn.forecasting.deseasonalized import DeseasonalizedModel
from tsrnn.forecasting.naive import NaiveForecaster
from tsrnn.forecasting.season import Seasons
from tsrnn.panel.forecaster import PanelForecaster
from tsrnn.panel.forms import FrameForm
from tsrnn.panel.frame import Panel
from tsrnn.panel.reading import FittedFrame
from tsrnn.panel.state import FittedMember, FittedPanel, SeenRows
from tsrnn.saving.older_times import bring_panel_up_to_date, bring_series_up_to_date
from tsrnn.sequence import (
    ElmanRNNClassifier,
    ElmanRNNRegressor,
    GRUClassifier,
    GRURegressor,
    LSTMClassifier,
    LSTMRegressor,
)
from tsrnn.smoothing.auto import AutoExpSmoothingRNN
from tsrnn.smoothing.extent import Extent, whole_range
from tsrnn.smoothing.model import SmoothingModel
from tsrnn.smoothing.smoothers import SmootherBatch
from tsrnn.smoothing.triple import TripleExpSmoothingRNN
from tsrnn.text.classifier import TextRNNClassifier
from tsrnn.theta.forecaster import ThetaForecaster
from tsrnn.theta.model import ThetaModel
from tsrnn.windows.columns import NO_COLUMNS
from tsrnn.windows.doubts import Ranges
from tsrnn.windows.errors import PastErrors
from tsrnn.windows.forecaster import RNNForecaster
from tsrnn.windows.lags import Units
from tsrnn.windows.members import MemberSpec
from tsrnn.windows.model import WindowModel, WindowState
from tsrnn.windows.network import WindowNetwork, WindowSpec
from tsrnn.windows.together import MembersSpec

# What was called otherwise in older files, and its tag now.
OLDER_TAGS = {  # beside "dates" and "periods", which are indexes of pandas
    "Dates": "DateStamps",
    "Periods": "PeriodStamps",
    # Models of panels were of other classes than those of columns.
    "DeseasonalizedPanel": "DeseasonalizedModel",
    "SmootherPanel": "SmoothingModel",
    "WindowPanel": "WindowModel",
    "_Turn": "Seasons",
}

# Attributes that were called otherwise, and what they are called now.
_RENAMED = {
    BusinessSteps: {"last": "origin"},
    EvenSteps: {"last": "origin"},
    FittedPanel: {"gone": "left_out"},
    ListedSteps: {"position": "origin"},
    MonthSteps: {"last": "origin"},
    Panel: {"dial": "codec", "ticks": "ordinals"},
    PanelGrid: {"dial": "codec"},
    PastErrors: {"recipe": "spec"},
    SeenRows: {"dial": "codec"},
    WindowNetwork: {"recipe": "spec"},
}

# The learning rate of networks, and the loss of those that predict numbers, had no choice.
_RATE = {"learning_rate": "constant", "warmup_steps": 0}
_LOSS = {"loss": "squared_error", "quantiles": None, "huber_delta": 1.0}
_REGRESSORS = (ElmanRNNRegressor, GRURegressor, LSTMRegressor)

# What was added to classes since files of them were first saved, and what it is in those files.
_LATER: dict[type, dict[str, Any]] = {
    PanelForecaster: {"fill": None, "aggregate": None, "regressors": None, "static": None},
    FittedPanel: {"rows": None, "n_filled": None, "reach": None, "n_seen": None},
    SmootherBatch: {"ahead": None},
    TextRNNClassifier: {"vocabulary": None, "init": "random", "normalize": False},
    RNNForecaster: {
        "random_state": None,
        "n_jobs": None,
        "callback": None,
        **dict.fromkeys(("early_stopping", "warm_start", "verbose"), False),
        **dict.fromkeys(("period", "center", "units", "n_members", "members"), "auto"),
        "past_covariates": None,
    },
    Units: {"seasons": None, "static": None},
    **dict.fromkeys((MemberSpec, MembersSpec), {"columns": NO_COLUMNS}),
    Panel: {"static": None},
    WindowState: {"static": None},
    FittedFrame: {"learned": None},
    ThetaForecaster: {"test": True},
    WindowSpec: {"is_default": False},
    SmoothingModel: {"failures": {}, "extent": None},
    Architecture: {"n_linear": 0},
    **dict.fromkeys((ElmanRNNClassifier, GRUClassifier, LSTMClassifier), _RATE),
    **dict.fromkeys(_REGRESSORS, _RATE | _LOSS | {"linear_path": False}),
    **dict.fromkeys((DeseasonalizedModel, WindowModel), {"failures": {}}),
}

# Forecasters that keep the period that was taken, as panels of them do: of older ones it is the one
# that they were given.
_WITH_PERIOD = (
    TripleExpSmoothingRNN,
    AutoExpSmoothingRNN,
    NaiveForecaster,
    DeseasonalizedForecaster,
)


def bring_up_to_date(kind: type, attributes: dict[str, Any]) -> None:
    """Add to what a file says of an object what it would say today.

    Parameters
    ----------
    kind : type
    attributes : dict
        As read, and not checked yet; changed in place.

    Raises
    ------
    ValueError, TypeError, LookupError
        For what no version saves.
    """
    for older, name in _RENAMED.get(kind, {}).items():
        if older in attributes and name not in attributes:
            attributes[name] = attributes.pop(older)
    for name, value in _LATER.get(kind, {}).items():
        attributes.setdefault(name, value)
    if kind is TimeGrid:
        bring_series_up_to_date(attributes)
    if kind is PanelGrid:
        bring_panel_up_to_date(attributes)
    if kind is FittedPanel and "model" in attributes:  # there was one forecaster
        left_out = frozenset(attributes.pop("left_out"))  # a set, of a panel that was updated
        features = attributes.pop("features", ())
        member = FittedMember(attributes.pop("model"), left_out, features)
        attributes["members"] = (member,)
    if kind is DeseasonalizedModel and isinstance(attributes.get("turn"), Seasons):
        turn = attributes.pop("turn")  # of columns, which seasons were laid out as
        attributes["seasons"] = Seasons(turn.factor.T, turn.offset.T)
    if kind is Extent and "whole" not in attributes:
        low, high = (np.asarray(attributes[name], dtype=float) for name in ("low", "high"))
        attributes["whole"] = whole_range(low, high)
    if kind is Span and "middle" not in attributes:  # as that of a line
        low, high = (np.asarray(attributes[name], dtype=float) for name in ("low", "high"))
        attributes["middle"] = 0.5 * low + 0.5 * high
    if kind is Ranges and "pace" in attributes:
        for name in ("growth", "zero"):
            attributes.setdefault(name, np.zeros(np.shape(attributes["pace"])))
    if kind is ThetaModel and "n_missed" not in attributes:
        attributes["n_missed"] = np.zeros(np.shape(attributes["sigma"]), dtype=np.int64)
    if kind in _REGRESSORS and "weights_" in attributes:
        attributes.setdefault("_loss", SquaredErrorLoss())
    if kind is WindowState:
        _add_to_state(attributes)
    if kind is WindowModel and isinstance(attributes.get("state"), WindowState):
        n_series = attributes["state"].n_series  # of columns, all of which were in the state
        attributes.setdefault("series", np.arange(n_series))
        attributes.setdefault("n_series", n_series)
    if "_model" in attributes:
        attributes.setdefault("_features", ())
        if not attributes.get("_followed"):
            attributes["_followed"] = _followed(attributes["_training"], attributes["_seen"])
        if kind is ThetaForecaster and isinstance(attributes["_model"], DeseasonalizedModel):
            seasons: Any = attributes["_model"].seasons
            attributes.setdefault("seasonal_", _kinds_of(seasons))
        if kind in _WITH_PERIOD:
            attributes.setdefault("period_", attributes.get("period"))
        if kind is RNNForecaster:
            attributes.setdefault("period_", 1)
    if kind is PanelForecaster and "_fitted" in attributes and "_frame" not in attributes:
        static = pd.DataFrame({attributes["id_col"]: attributes["ids_"]})
        names = attributes["feature_names_in_"].tolist()
        attributes["_frame"] = FittedFrame(FrameForm(), names, (), static)
    if kind is PanelForecaster and isinstance(attributes.get("_training"), Panel):
        attributes |= {name: (attributes[name],) for name in ("_training", "_scores")}
        attributes["_forecasters"] = (attributes["forecaster"],)
    if kind is PanelForecaster and "_fitted" in attributes and "period_" not in attributes:
        given = getattr(attributes["forecaster"], "__dict__", {})  # a list has none
        if "period" in given:
            ids = attributes["ids_"]
            period = 1 if given["period"] == "auto" else given["period"]  # RNNForecaster had none
            taken = np.full(len(ids), period, dtype=np.int64)
            attributes["period_"] = pd.Series(taken, ids, name="period")


def _kinds_of(seasons: Seasons) -> np.ndarray | str | None:
    """Return what seasons do to each of several series, or to the only one."""
    adds, multiplies = (seasons.offset != 0.0).any(axis=1), (seasons.factor != 1.0).any(axis=1)
    kinds = np.where(adds, "add", np.where(multiplies, "mul", None))  # type: ignore[call-overload]
    return kinds[0] if kinds.size == 1 else kinds


def _add_to_state(attributes: dict[str, Any]) -> None:
    """Add what windows after missing values, and forecasts that run away, are told by."""
    parts: list[Any] = [attributes.get(name) for name in ("network", "values", "past")]
    network, values, past = parts
    if np.ndim(values) == 2:
        attributes.setdefault("fences", np.full(len(values), np.inf))  # nothing was an outlier
    is_known = isinstance(network, WindowNetwork) and isinstance(past, PastErrors)
    is_known &= isinstance(attributes.get("scaling"), Scaling)
    if not is_known or np.ndim(values) != 2:
        return  # as will be told
    n_series = len(values)
    attributes.setdefault("pending", np.full((n_series, network.spec.n_ahead - 1), np.nan))
    if "ranges" not in attributes:
        unbounded = np.full((2, n_series), np.inf) * [[-1.0], [1.0]]
        ranges = Ranges(*unbounded, *np.zeros((3, n_series)))
        if past.batch.n_series == n_series:  # but for those that failed since
            zero = attributes["scaling"].scale(np.zeros(n_series))
            ranges = Ranges.of(past.batch, zero)
        attributes["ranges"] = ranges


def _followed(training: Any, seen: Any) -> tuple:
    """Return what is known of rows seen after a fit, where no more was kept than predictions.

    Their values are not, nor what regressors added to the predictions.
    """
    values, regressors = training
    predictions = np.concatenate([net for net, *_ in seen])[len(values) :]
    if not len(predictions):
        return ()
    unknown = np.full(predictions.shape, np.nan)
    return ((unknown, unknown if regressors.shape[1] else predictions),)
