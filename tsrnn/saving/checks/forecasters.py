"""Rules for fitted forecasters of columns: the model, the series, and their place in time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, get_args

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from tsrnn._input.series import Layout
from tsrnn._registry import ESTIMATORS
from tsrnn._time.grid import TimeGrid
from tsrnn.compose.deseasonalize import DeseasonalizedForecaster
from tsrnn.compose.ensemble import EnsembleForecaster
from tsrnn.compose.ensemble_model import EnsembleModel
from tsrnn.compose.regression import RegressionForecaster
from tsrnn.compose.regression_model import RegressionModel
from tsrnn.compose.transform import TransformedForecaster
from tsrnn.compose.transformed_model import TransformedModel
from tsrnn.features.time_features import TimeFeatures
from tsrnn.forecasting.deseasonalized import DeseasonalizedModel
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.forecasting.naive import NaiveForecaster, NaiveModel
from tsrnn.pretrained.forecaster import PretrainedRNNForecaster
from tsrnn.pretrained.frequencies import Frequency
from tsrnn.saving.checks import fields
from tsrnn.saving.checks.fields import require
from tsrnn.saving.checks.models import n_regressors_of, n_series_of, of_columns
from tsrnn.saving.checks.networks import check_names
from tsrnn.smoothing.base import SmoothingForecaster
from tsrnn.smoothing.croston import CrostonForecaster
from tsrnn.smoothing.demand_model import DemandModel
from tsrnn.smoothing.model import SmoothingModel
from tsrnn.theta.forecaster import ThetaForecaster
from tsrnn.theta.model import ThetaModel
from tsrnn.windows.forecaster import RNNForecaster
from tsrnn.windows.lag_forecaster import WindowForecaster
from tsrnn.windows.model import WindowModel
from tsrnn.windows.network import WindowNetwork
from tsrnn.windows.whole import WholeState

_MODEL_OF: dict[type, Any] = {
    NaiveForecaster: NaiveModel,
    CrostonForecaster: DemandModel,
    DeseasonalizedForecaster: DeseasonalizedModel,
    EnsembleForecaster: EnsembleModel,
    RegressionForecaster: RegressionModel,
    TransformedForecaster: TransformedModel,
    RNNForecaster: WindowModel,
    WindowForecaster: WindowModel,
    ThetaForecaster: DeseasonalizedModel,
    PretrainedRNNForecaster: WindowModel,
    **{one: SmoothingModel for one in ESTIMATORS.values() if issubclass(one, SmoothingForecaster)},
}
_LEARNED = (
    "fitted_values_ residuals_ _model _training _layout _grid _seen _followed _n_seen".split()
)
_LEARNED += ["n_features_in_", "_features"]
_OF_SMOOTHERS = "sse_ sigma2_ loglik_ aic_ aicc_ bic_ converged_ n_iter_".split()


def check_layout(one: Layout) -> None:
    """Check how the series came."""
    fields.flag(one.is_pandas, "is_pandas")
    fields.flag(one.is_flat, "is_flat")
    require(one.names is not None or not one.is_pandas, "names come with pandas")
    if one.names is not None:
        names = fields.labels(one.names, "names", 1 if one.is_flat else None)
        require(all(map(pd.api.types.is_hashable, names)), "names must be labels")


def check_forecaster(one: Forecaster) -> None:
    """Check a forecaster of columns, if it is fitted."""
    if not fields.is_fitted(one):
        return
    fields.members(one, _LEARNED)
    fields.arguments(one)
    model = of_columns(one._model, _MODEL_OF[type(one)])
    k = n_series_of(model)
    n = _check_training(one, model, k)
    layout = fields.kind(one._layout, "the layout", Layout)
    require(k == 1 or not layout.is_flat, "a flat series is one")
    require(layout.names is None or len(layout.names) == k, f"names must be of {k} series")
    for name in ("fitted_values_", "residuals_"):
        _check_rows(getattr(one, name), name, layout, n, k)
    grid = fields.kind(one._grid, "the grid", TimeGrid)
    require(len(grid.index) == n, f"the grid must be of {n} rows")
    if isinstance(one, SmoothingForecaster):
        _check_smoothing(one, k)
    if isinstance(one, NaiveForecaster):
        _check_numbers(one, ["drift_", "sigma2_"], k)
    if isinstance(one, CrostonForecaster):
        _check_croston(one, k)
    if isinstance(one, PretrainedRNNForecaster):
        fields.kind(model.state, "state", WholeState)
        fields.members(one, ["frequency_", "model_card_", "period_"])
        fields.choice(one.frequency_, "frequency_", get_args(Frequency))
        fields.kind(one.model_card_, "model_card_", dict)
        _check_numbers(one, ["sigma2_"], k)
    if isinstance(one, RNNForecaster):
        fields.members(one, ["n_windows_"])
        if isinstance(model.state.network, WindowNetwork):
            fields.members(one, ["estimator_"])
            fields.kind(one.estimator_, "estimator_", BaseEstimator)
        fields.whole(one.n_windows_, "n_windows_", 1)
        _check_numbers(one, ["sigma2_"], k)
    if isinstance(one, DeseasonalizedForecaster):
        fields.members(one, ["forecaster_", "seasonal_indices_", "is_seasonal_"])
        fields.kind(one.forecaster_, "forecaster_", Forecaster)
    if isinstance(one, EnsembleForecaster):
        _check_ensemble(one, k)
    if isinstance(one, RegressionForecaster):
        _check_regression(one, k)
    if isinstance(one, TransformedForecaster):
        fields.members(one, ["forecaster_"])
        fields.kind(one.forecaster_, "forecaster_", Forecaster)
    if isinstance(one, ThetaForecaster):
        fields.kind(model.inner, "inner", ThetaModel)
        fields.members(one, ["is_seasonal_", "seasonal_", "seasonal_indices_"])
        _check_numbers(one, "alpha_ theta_ sse_ sigma2_ n_iter_ converged_".split(), k)


def _check_training(one: Forecaster, model: Any, k: int) -> int:
    """Check the series and what was seen of them; return how many rows they had at the fit."""
    require(isinstance(one._training, tuple) and len(one._training) == 2, "series, regressors")
    values, regressors = one._training
    n = fields.observations(values, "the series", None, k).shape[0]
    p = fields.whole(one.n_features_in_, "n_features_in_")
    q = sum(part.n_columns for part in fields.tuple_of(one._features, "features", TimeFeatures))
    fields.numbers(regressors, "the regressors", n, p + q)
    require(n_regressors_of(model) <= {None, p + q}, f"the model must read {p + q} regressors")
    check_names(one, p)
    require(n >= 2, "a series has two rows")
    require(one._seen, "what was seen must not be empty")
    seen = ["predictions", "deviations"]
    if isinstance(one, TransformedForecaster):
        scales = range(1, 1 + len(model.latest) // 2)
        seen += [f"{name} on scale {number}" for number in scales for name in seen]
    n_seen = _check_pieces(one._seen, seen, k)
    require(fields.whole(one._n_seen, "the rows seen", n) == n_seen, "the rows seen must be all")
    n_followed = _check_pieces(one._followed, ("values", "predictions"), k)
    require(n_followed == n_seen - n, "what followed must be what was seen after the fit")
    return n


def _check_pieces(pieces: Any, names: Sequence[str], k: int) -> int:
    """Check tuples of arrays with the same rows, and return how many rows there are."""
    total = 0
    for part in fields.tuple_of(pieces, " and ".join(names), tuple):
        require(len(part) == len(names), " and ".join(names))
        n_rows = fields.array(part[0], names[0], float, None, k).shape[0]
        for array, name in zip(part[1:], names[1:], strict=True):
            fields.array(array, name, float, n_rows, k)
        total += n_rows
    return total


def _check_rows(value: Any, name: str, layout: Layout, n: int, k: int) -> None:
    if layout.is_pandas:
        fields.kind(value, name, pd.Series if layout.is_flat else pd.DataFrame)
        value = value.to_numpy()
    fields.array(value, name, float, *((n,) if layout.is_flat else (n, k)))


def _check_ensemble(one: EnsembleForecaster, k: int) -> None:
    """Check the members of a combination, and what it tells of them."""
    fields.members(one, ["members_", "method_", "weights_", "dropped_", "period_"])
    fields.choice(one.method_, "method_", ("best", "mean", "median"))
    names = one._model.names  # type: ignore[attr-defined]  # an EnsembleModel's
    for name, member in fields.kind(one.members_, "members_", dict).items():
        fields.choice(name, "the name of a member", names)
        fields.kind(member, f"the member {name}", Forecaster, dict)
        if isinstance(member, dict):
            for i, of_column in member.items():
                fields.whole(i, "a column", 0, k - 1)
                fields.kind(of_column, f"the member {name}", Forecaster)
    shape = (len(names),) if k == 1 else (len(names), k)
    fields.numbers(one.weights_, "weights_", *shape, low=0.0)
    for name, reason in fields.kind(one.dropped_, "dropped_", dict).items():
        fields.choice(name, "the name of a member", names)
        fields.kind(reason, "a reason", str)


def _check_regression(one: RegressionForecaster, k: int) -> None:
    """Check the coefficients that a regression tells."""
    fields.members(one, ["coef_", "coef_names_", "coef_groups_", "smoother_"])
    fields.members(one, ["forecaster_"])
    fields.kind(one.forecaster_, "forecaster_", Forecaster)
    p = len(one._model.names)  # type: ignore[attr-defined]  # a RegressionModel's
    for name in ("coef_names_", "coef_groups_"):
        names = fields.array(getattr(one, name), name, object, p)
        require(all(isinstance(word, str) for word in names), f"{name} must be words")
    fields.numbers(one.coef_, "coef_", *((p,) if k == 1 else (k, p)))
    if k == 1:
        fields.kind(one.smoother_, "smoother_", str)
    else:
        fields.array(one.smoother_, "smoother_", object, k)


def _check_smoothing(one: Forecaster, k: int) -> None:
    """Check the numbers that a smoother tells of itself."""
    fields.members(one, ["initial_state_", "state_"])
    _check_numbers(one, _OF_SMOOTHERS, k)
    for name in ("initial_state_", "state_"):
        states = getattr(one, name)
        if k > 1:
            is_sized = isinstance(states, np.ndarray) and len(states) == k
            require(is_sized, f"{name} must be of {k} series")
        smoothers = one._model.series  # type: ignore[attr-defined]  # a SmoothingModel's
        for state, smoother in zip([states] if k == 1 else states, smoothers, strict=True):
            fields.array(state, name, float, len(smoother.structure.kept))


def _check_croston(one: CrostonForecaster, k: int) -> None:
    """Check the numbers that smoothed demand tells of itself."""
    fields.members(one, ["initial_state_", "state_"])
    _check_numbers(one, ["alpha_", "beta_", "sigma2_"], k)
    sizes = {"initial_state_": 2, "state_": one._model.cell.n_state}
    for name, size in sizes.items():
        fields.array(getattr(one, name), name, float, *((size,) if k == 1 else (k, size)))


def _check_numbers(one: Forecaster, names: Iterable[str], k: int) -> None:
    """Check numbers of each series, or of the only one."""
    fields.members(one, names)
    for name in names:
        value = getattr(one, name)
        if k == 1:
            fields.kind(value, name, float, int, bool, np.number, np.bool_)
        else:
            fields.kind(value, name, np.ndarray)
            is_one = value.shape == (k,) and value.dtype.kind in "biuf"
            require(is_one, f"{name} must be a number for each of {k} series")


CHECKS = {
    Layout: check_layout,
    **dict.fromkeys(_MODEL_OF, check_forecaster),
}
