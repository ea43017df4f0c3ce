"""A tree, or any regressor, as a forecaster: it reads chosen lags and rolling statistics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal, get_args

import numpy as np
from sklearn.base import BaseEstimator, clone, is_regressor
from sklearn.utils import get_tags

from tsrnn._input.ragged import Batch
from tsrnn._input.validation import check_choice, check_count
from tsrnn.exceptions import InvalidParameterError
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.sequence.arguments import check_seed
from tsrnn.windows.arguments import Strategy, check_horizon, steps_together
from tsrnn.windows.base import OnWindows
from tsrnn.windows.columns import StaticRead
from tsrnn.windows.lag_features import STATISTICS, LagFeatures
from tsrnn.windows.lagged import LagSpec
from tsrnn.windows.lags import from_first_observed
from tsrnn.windows.model import WindowState, fit_windows
from tsrnn.windows.network import with_seed

LagUnits = Literal["window", "raw"]


class WindowForecaster(OnWindows):
    r"""Forecast by a tree, or any regressor of scikit-learn's, that reads chosen lags.

    All series train one regressor together: columns of `y`, or with `PanelForecaster` the series of
    a panel. A row of what it reads are values before a step, so many steps back, and statistics of
    the last values.

    Parameters
    ----------
    estimator : regressor or None
        Any regressor of scikit-learn's that takes a matrix. It is cloned, and not changed. None is
        ``HistGradientBoostingRegressor()``.
    lags : int or sequence of int
        Which values are read, in steps back: ``(1, 7, 28)`` are the last value, that of a week ago
        and of four weeks ago, of days. A number n is 1, 2, .., n.
    rolling : sequence of (int, str)
        Statistics of the last values: ``((7, "mean"), (28, "std"))`` are the mean of the last 7 and
        the standard deviation of the last 28. There are "mean", "std" (with n - 1), "min", "max"
        and "median".
    strategy : {"auto", "recursive", "direct"}
        Predict one step ahead, and further ahead from what was predicted; or predict `horizon`
        steps at once, by one regressor for each where it has a single output or there are X. "auto"
        is direct where there is a horizon.
    horizon : int or None
        How many steps are predicted at once; forecasts further ahead go on from them.
    units : {"window", "raw"}
        What is read and predicted is measured from the last value, in units of the changes before
        it; or is as it came. A tree says no more than it has seen: in raw units its forecasts never
        leave the range of the values that it was trained on, which rising series do.
    random_state : int, RandomState or None
        The `random_state` of an estimator that has none of its own: of its parts, too.
    n_jobs : int or None
        Threads, as joblib counts them: each step of "direct" has one, or they are those of an
        estimator that does not say. `PanelForecaster` has its own, which counts where this is None.

    Attributes
    ----------
    estimators_ : tuple of regressor
        As they were trained: of each step with "direct", if they have a single output or read X;
        else one.
    lag_names_ : list of str
        What the first columns hold that the regressors read: "lag_1", "rolling_mean_7". Columns of
        X come after them, and then what is static.
    fitted_values_, residuals_ : array, Series or DataFrame, shaped as y
        One-step-ahead predictions of the training series, and what they miss; NaN for the first
        steps of a series, which have not all lags. Those of trees are far smaller than errors on
        what comes next.
    sigma2_ : float or (n_series,) array
        The mean squared residual.
    n_windows_ : int
        How many rows the regressor of the next step was trained on.

    Warns
    -----
    UnreliableForecastWarning
        As by `RNNForecaster`, whose notes have the rules: by `fit` where one-step errors on the
        series itself are worse than those of repeating the last value, and by `predict` and its
        like where the forecast runs away.

    Notes
    -----
    With :math:`T` the farthest step that lags and statistics reach, 2 at least, and the values
    :math:`w_1, \ldots, w_T` before a step, what is read are lags and statistics of

    .. math::

        z_t = (w_t - w_T) / s, \qquad s = \max(\overline{|w_t - w_{t-1}|}, 0.1\,c),

    where :math:`c` is the mean change of the series, and what is predicted is
    :math:`(y_{T+j} - w_T) / s`. So lag 1 is zero in every row. With ``units="raw"`` they are lags
    and statistics of :math:`w_t`, and :math:`y_{T+j}` itself.

    Every step is trained on all rows whose :math:`T` values and whose target are observed; one
    regressor for all steps on those with all targets. A regressor that takes missing values, by
    scikit-learn's tag `allow_nan`, is also trained on rows with gaps, of which :math:`w_T` alone
    must be observed: the lags and statistics that a gap touches are NaN, and :math:`s` is of the
    changes that are known. What is forecast from has predictions in the place of missing values,
    or, among the first :math:`T` values of a series, the last value before.

    Regressors known in advance come after the lags: those of the step that is predicted,
    standardised but for ``units="raw"``. With "direct" each step reads its own, and X is asked for
    as far as forecasts are. With X, :math:`s` is :math:`c`. In recursion the unit of what is
    predicted is bounded, as `RNNForecaster` says.

    The `static` columns of a `PanelForecaster` come last: numbers, standardised but for
    ``units="raw"``, and for each category a column that is 1 in its series and 0 in all others.

    In training, targets are cut off at 20 units, but for ``units="raw"``.

    Outliers are read as if they lay nearer, as by `RNNForecaster`, but with ``units="raw"``: they
    are then read as they are, which the fit says.

    A fitted one holds regressors of another library, which `tsrnn.save` does not take: pickle and
    joblib do.

    Intervals and quantiles are those of `RNNForecaster`: the first call trains once more on the
    beginnings of the series, and takes the errors of forecasts of the rest. `simulate` draws from
    the same errors.

    References
    ----------
    .. [1] T. Januschowski, Y. Wang, K. Torkkola, T. Erkkilä, H. Hasson, J. Gasthaus, Forecasting
       with trees, International Journal of Forecasting 38 (2022).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.ensemble import HistGradientBoostingRegressor
    >>> from tsrnn import WindowForecaster
    >>> y = 5.0 * np.arange(120.0) + np.tile([0.0, 40.0, 10.0, -20.0], 30)
    >>> tree = HistGradientBoostingRegressor()
    >>> model = WindowForecaster(tree, lags=(1, 2, 4), rolling=((4, "mean"),), horizon=4).fit(y)
    >>> model.predict(4).round()
    array([600., 645., 620., 595.])
    >>> model.lag_names_
    ['lag_1', 'lag_2', 'lag_4', 'rolling_mean_4']
    """

    estimators_: tuple[Any, ...]
    lag_names_: list[str]

    def __init__(
        self,
        estimator: Any = None,
        lags: int | Sequence[int] = 10,
        *,
        rolling: Sequence[tuple[int, str]] = (),
        strategy: Strategy = "auto",
        horizon: int | None = None,
        units: LagUnits = "window",
        random_state: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.estimator = estimator
        self.lags = lags
        self.rolling = rolling
        self.strategy = strategy
        self.horizon = horizon
        self.units = units
        self.random_state = random_state
        self.n_jobs = n_jobs

    def validate_parameters(self) -> None:
        """Refuse arguments; see `Forecaster.validate_parameters`."""
        _check_estimator(self.estimator)
        features_of(self.lags, self.rolling)
        check_choice("strategy", self.strategy, get_args(Strategy))
        check_horizon(self)
        check_choice("units", self.units, get_args(LagUnits))
        check_seed(self)

    def _attributes_of(self, network: Any) -> dict[str, Any]:
        return {"estimators_": network.estimators, "lag_names_": network.spec.features.names}

    def _too_short(self, batch: Batch, name: Callable[[int], str]) -> dict[int, ValueError]:
        trimmed, _ = from_first_observed(batch)
        window = features_of(self.lags, self.rolling).window
        return {
            i: ValueError(
                f"{name(i)} has {trimmed.lengths[i]} time steps from its first value on, and lags "
                f"and rolling reach {window} back: take shorter ones, or give a longer series"
            )
            for i in np.flatnonzero(trimmed.lengths < window).tolist()
        }

    def _fitted(
        self,
        batch: Batch,
        n_jobs: int | None,
        told: Callable[[int, int], Any] | None,
        static: np.ndarray | None = None,
    ) -> tuple[WindowState, np.ndarray, np.ndarray, dict[int, UserWarning]]:
        spec = self._spec(n_jobs if self.n_jobs is None else self.n_jobs, batch.regressors.shape[1])
        if static is None:
            return fit_windows(spec, batch)
        read = StaticRead.raw(static) if spec.is_raw else StaticRead.learned(static)
        return fit_windows(spec, batch, read)

    def _reads_static(self) -> bool:
        return True

    def _spec(self, n_jobs: int | None, n_regressors: int) -> LagSpec:
        """Return what is to be trained."""
        estimator = with_seed(_estimator_of(self.estimator), self.random_state)
        features = features_of(self.lags, self.rolling)
        n_ahead, is_raw = steps_together(self), self.units == "raw"
        spec = LagSpec(estimator, features, n_ahead, is_raw, n_jobs, n_regressors)
        if spec.is_one_a_step or n_jobs is None:
            return spec
        if estimator.get_params().get("n_jobs", n_jobs) is None:
            estimator = clone(estimator).set_params(n_jobs=n_jobs)
        return replace(spec, estimator=estimator, n_jobs=None)


def features_of(lags: Any, rolling: Any) -> LagFeatures:
    """Read the arguments of these names.

    Raises
    ------
    InvalidParameterError
        It names the argument, the place and what would be accepted.
    """
    features = LagFeatures(_lags_of(lags), _rolling_of(rolling))
    if not features.names:
        raise InvalidParameterError(
            "lags and rolling are both empty, and there is nothing to read: set lags, such as "
            "(1, 2, 12)"
        )
    return features


def _lags_of(lags: Any) -> tuple[int, ...]:
    if isinstance(lags, str) or not np.iterable(lags):
        try:
            return tuple(range(1, check_count("lags", lags) + 1))
        except InvalidParameterError as error:
            raise InvalidParameterError(f"{error}; or several, such as (1, 7, 28)") from None
    found = tuple(check_count(f"lags[{i}]", lag) for i, lag in enumerate(lags))
    _refuse_twice("lags", found)
    return found


def _rolling_of(rolling: Any) -> tuple[tuple[int, str], ...]:
    is_listed = np.iterable(rolling) and not isinstance(rolling, str)
    pairs = list(rolling) if is_listed else []
    if not is_listed or any(not isinstance(one, list | tuple) or len(one) != 2 for one in pairs):
        raise InvalidParameterError(
            "rolling must be pairs of a number of values and a statistic, such as "
            f"((7, 'mean'), (28, 'std')), got {rolling!r}"
        )
    found = []
    for i, (length, statistic) in enumerate(pairs):
        check_choice(f"the statistic of rolling[{i}]", statistic, tuple(STATISTICS))
        least = 2 if statistic == "std" else 1
        found.append((check_count(f"the length of rolling[{i}]", length, least), statistic))
    _refuse_twice("rolling", found)
    return tuple(found)


def _refuse_twice(name: str, found: Sequence[Any]) -> None:
    for i, one in enumerate(found):
        if one in found[:i]:
            raise InvalidParameterError(f"{name}[{i}] is {one!r} once more: leave it out")


def _check_estimator(estimator: Any) -> None:
    if estimator is None:
        return
    if (
        not isinstance(estimator, BaseEstimator)
        or not is_regressor(estimator)
        or isinstance(estimator, Forecaster)
    ):
        raise InvalidParameterError(
            "estimator must be a regressor, such as scikit-learn's HistGradientBoostingRegressor() "
            f"or Ridge(), got {estimator!r}"
        )
    if get_tags(estimator).input_tags.three_d_array:
        raise InvalidParameterError(
            f"estimator reads sequences, and lags are a matrix, got {estimator!r}: "
            "RNNForecaster(estimator, window) reads windows"
        )


def _estimator_of(estimator: Any) -> Any:
    if estimator is not None:
        return estimator
    from sklearn.ensemble import HistGradientBoostingRegressor  # nobody else waits for it

    return HistGradientBoostingRegressor()
